//! `kagimori restore`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::backup::{Passphrase, described, value_of};
use super::{BESIDE, CliFault, Operator, actor, file, operator_name};
use crate::audit::heads;
use crate::backup::{self, Replaced, Restored};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::Config;
use crate::journal::{self, Journal};
use crate::serve::StartFault;
use crate::store::{self, Behind, Bounds, JournalIs, OpenFault, Replayed, StoreAddress, Voided};
use crate::validation::crl::published;

#[derive(Args)]
pub(super) struct Restore {
    /// The backup; without it, the database stays as it is and only the rest is done
    #[arg(required_unless_present = "replay")]
    file: Option<PathBuf>,
    /// Enter the revocations that the database has forgotten, from the journals and the published lists
    #[arg(long)]
    replay: bool,
    /// Put a database aside that has content
    #[arg(long, requires = "file")]
    replace: bool,
    /// One more journal, of another node: its file or its data directory (repeatable)
    #[arg(long, value_name = "PLACE", requires = "replay")]
    journal: Vec<PathBuf>,
    /// One more published list, or a directory of them (repeatable)
    #[arg(long, value_name = "PLACE", requires = "replay")]
    crl: Vec<PathBuf>,
    /// The journal of this node is lost for good: the published lists alone say what was revoked
    #[arg(long, requires = "replay")]
    journal_lost: bool,
    #[command(flatten)]
    passphrase: Passphrase,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori restore /mnt/backup/kagimori-2026-11-20-030000.backup.age
  kagimori restore yesterday.backup.age --replace --replay
  kagimori restore --replay --journal /srv/node2/data --crl lists/
  kagimori restore yesterday.backup.age --replay --journal-lost --crl lists/

A restored database has forgotten what was revoked after the backup. The revocation journal in the data directory and the
last published lists have not: a database behind them is not served. With --replay their revocations are entered again,
each with its line in the audit, and the lists count on from the last number that was published. Where events of the audit
are lost, somebody's right may have ended by one of them: every account of an officer is blocked and every token revoked,
until an administrator gives them anew.

What the journal does not know is gone: applications, receipts and certificates since the backup. A certificate that was
issued since then and not revoked is unknown to OCSP until `kagimori ca import` takes it in again.";

impl Restore {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let config = operator.configuration()?;
        let address: StoreAddress = config.store.parse().map_err(StartFault::from)?;
        std::fs::create_dir_all(&config.data_dir).map_err(|fault| CliFault::file(&config.data_dir, &fault))?;
        let chance = Chance::system();
        // Held to the end of the work: no server of this node begins meanwhile.
        let own = Journal::open(&config.data_dir, &chance).map_err(|fault| StartFault::from(OpenFault::from(fault)))?;
        let (mut text, mut value) = (
            String::new(),
            json!({ "restored": Value::Null, "replayed": Value::Null }),
        );
        if let Some(path) = &self.file {
            let passphrase = self.passphrase.secret(&config).read()?;
            let replaced = if self.replace {
                Replaced::PutAside
            } else {
                Replaced::Never
            };
            let restored = backup::restore(path, &passphrase, &address, replaced, Clock::system().now()).await?;
            tell_restored(path, &restored, &mut text, &mut value);
        }
        if self.replay {
            let bounds = self.bounds(&config, &address).await?;
            let name = operator_name();
            let actor = actor(&name).to_string();
            let now = Clock::system().now();
            let replayed = store::replay(&address, &bounds, &actor, (now, &chance)).await;
            let replayed = replayed.map_err(StartFault::from)?;
            tell_replayed(&replayed, &mut text, &mut value);
            if replayed.events_lost > 0 {
                put_heads_aside(&config.data_dir, &mut text, &mut value)?;
            }
        }
        drop(own);
        // The last word has whoever would serve it.
        match crate::serve::open(&config, &chance).await {
            Ok(store) => {
                store.close().await;
                value["may_be_served"] = json!(true);
                text.push_str("nothing that was published or journalled is forgotten\nnext: `kagimori serve`, then `kagimori doctor`\n");
            }
            Err(
                behind @ (StartFault::Store(OpenFault::Behind(_) | OpenFault::Audit(_))
                | StartFault::OlderThanPublished { .. }),
            ) => {
                value["may_be_served"] = json!(false);
                value["why"] = json!(behind.to_string());
                let _ = writeln!(text, "NOT to be served yet: {behind}");
                let _ = writeln!(text, "next: {}", next(&behind, self.replay));
            }
            Err(other) => return Err(other.into()),
        }
        operator.tell(&text, &value)
    }

    /// Everything that lies beside the database, and what was named.
    async fn bounds(&self, config: &Config, address: &StoreAddress) -> Result<Bounds, CliFault> {
        let keys = store::journal_keys(address).await.map_err(StartFault::from)?;
        let mut places = vec![config.data_dir.clone()];
        let beside = config.data_dir.join(BESIDE);
        if beside.is_dir() {
            places.push(beside);
        }
        places.extend(self.journal.iter().cloned());
        let mut journals = Vec::new();
        for place in places {
            let lines = journal::lines(&place, &keys).map_err(|fault| StartFault::from(OpenFault::from(fault)))?;
            journals.push((place.display().to_string(), lines));
        }
        let mut lists = Vec::new();
        let own = published(&config.data_dir).map_err(|fault| CliFault::file(&config.data_dir, &fault))?;
        for place in own.into_iter().map(|list| list.place).chain(named(&self.crl)?) {
            lists.push((place.display().to_string(), file::der(&place, file::Content::Crl)?));
        }
        Ok(Bounds {
            journals,
            lists,
            head: heads::last(&config.data_dir).map_err(|fault| CliFault::file(&config.data_dir, &fault))?,
            journal: if self.journal_lost {
                JournalIs::Lost
            } else {
                JournalIs::Kept
            },
            shards: config.validation.crl_shards,
        })
    }
}

/// Heads of events that are lost for good: the node goes on without them, and the auditors get them.
fn put_heads_aside(data: &Path, text: &mut String, value: &mut Value) -> Result<(), CliFault> {
    let mut aside = Vec::new();
    for directory in [data.to_owned(), data.join(BESIDE)] {
        let moved = heads::set_aside(&directory).map_err(|fault| CliFault::file(&directory, &fault))?;
        aside.extend(moved.map(|path| path.display().to_string()));
    }
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "the heads of what is lost are kept for the auditors: {}",
        aside.join(", ")
    );
    value["heads_put_aside"] = json!(aside);
    Ok(())
}

fn next(behind: &StartFault, replayed: bool) -> &'static str {
    match behind {
        StartFault::Store(OpenFault::Behind(Behind::JournalMissing { .. })) => {
            "put the node's data directory back; if it is lost for good, `kagimori restore --replay --journal-lost --crl PLACE` \
             with the last lists that were published"
        }
        _ if replayed => "compare journal and database; this is not a matter of a backup alone",
        _ => "`kagimori restore --replay`, with --journal for the data directory of every other node",
    }
}

/// Files, and all files with this ending in directories, at any depth.
fn named(places: &[PathBuf]) -> Result<Vec<PathBuf>, CliFault> {
    let (mut found, mut open) = (Vec::new(), places.to_vec());
    while let Some(place) = open.pop() {
        if place.is_dir() {
            for entry in std::fs::read_dir(&place).map_err(|fault| CliFault::file(&place, &fault))? {
                let path = entry.map_err(|fault| CliFault::file(&place, &fault))?.path();
                if path.is_dir() || path.extension().is_some_and(|ending| ending == "crl") {
                    open.push(path);
                }
            }
        } else {
            found.push(place);
        }
    }
    found.sort();
    Ok(found)
}

fn tell_restored(path: &Path, restored: &Restored, text: &mut String, value: &mut Value) {
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} is restored\n{}",
        path.display(),
        described(&restored.contents).trim_end()
    );
    if let Some(aside) = &restored.put_aside {
        let _ = writeln!(text, "the database that was there is {}", aside.display());
    }
    value["restored"] = value_of(&restored.contents);
    value["put_aside"] = json!(restored.put_aside.as_ref().map(|path| path.display().to_string()));
}

fn tell_replayed(replayed: &Replayed, text: &mut String, value: &mut Value) {
    let Replayed {
        before,
        now,
        from_journal,
        from_lists,
        without_certificate,
        lists,
        events_lost,
        voided,
        unknown_authorities,
    } = replayed;
    let _ = writeln!(
        text,
        "the revocation sequence went from {before} to {now}: {from_journal} from the journal, {from_lists} from published \
         lists; {lists} lists count on from their published number"
    );
    if *events_lost > 0 {
        let _ = writeln!(
            text,
            "{events_lost} events of the audit are lost; the audit says so from here on"
        );
    }
    if *voided != Voided::default() {
        let _ = writeln!(
            text,
            "whatever right was taken away by one of them would be there again: {} accounts of officers are blocked and {} \
             tokens revoked\nnext: `kagimori officer list --office OFFICE`, `kagimori officer unblock ACCOUNT` for an \
             administrator who is one today; that one unblocks the others in the console",
            voided.accounts, voided.tokens
        );
    }
    for id in without_certificate {
        let _ = writeln!(
            text,
            "  {} of {} is revoked, its certificate is not in the backup",
            id.serial, id.authority.0
        );
    }
    for name in unknown_authorities {
        let _ = writeln!(
            text,
            "  the authority {name} is not in the backup: its key is lost, and nobody answers for its certificates"
        );
    }
    let lost: Vec<Value> = without_certificate
        .iter()
        .map(|id| json!({ "authority": id.authority.0, "serial": id.serial.to_string() }))
        .collect();
    value["replayed"] = json!({
        "before": before,
        "now": now,
        "from_journal": from_journal,
        "from_lists": from_lists,
        "lists": lists,
        "events_lost": events_lost,
        "accounts_blocked": voided.accounts,
        "tokens_revoked": voided.tokens,
        "without_certificate": lost,
        "unknown_authorities": unknown_authorities,
    });
}
