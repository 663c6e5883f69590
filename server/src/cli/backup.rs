//! `kagimori backup`.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{CliFault, Operator, time};
use crate::backup::{self, Contents, Progress};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::store::StoreAddress;

#[derive(Args)]
pub(super) struct Backup {
    /// Where it goes: a file that is not there yet, or a directory in which it gets a name with its time
    #[arg(long, value_name = "FILE|DIR", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Read a backup to its end instead, and say what it holds
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    check: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
}

/// What opens a backup.
#[derive(Args)]
pub(super) struct Passphrase {
    /// The file with the backup's passphrase; that of the keys, if not given
    #[arg(long, value_name = "FILE", group = "passphrase")]
    passphrase_file: Option<PathBuf>,
    /// The environment variable with the backup's passphrase
    #[arg(long, value_name = "NAME", group = "passphrase")]
    passphrase_env: Option<String>,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori backup --out /mnt/backup
  kagimori backup --out yesterday.backup.age --passphrase-file /etc/kagimori/backup-passphrase
  kagimori backup --check yesterday.backup.age
  age -d yesterday.backup.age > content      # the format is age's: the content can be reached without this program

The server may go on: nobody who writes waits for a backup. Sessions, the revocation journal and the published CRLs are
not part of it; keep copies of the data directory elsewhere, and the passphrase apart from both.";

impl Backup {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let config = operator.configuration()?;
        let passphrase = self.passphrase.secret(&config).read()?;
        let now = Clock::system().now();
        let (done, path, contents) = match (self.check, self.out) {
            (Some(path), _) => {
                let contents = backup::check(&path, &passphrase).await?;
                ("is whole", path, contents)
            }
            (None, out) => {
                let out = out.unwrap_or_else(|| PathBuf::from("."));
                let path = if out.is_dir() {
                    out.join(backup::name_at(now))
                } else {
                    out
                };
                let address: StoreAddress = config.store.parse().map_err(crate::serve::StartFault::from)?;
                let chance = Chance::system();
                let contents = backup::write(&address, &path, &passphrase, (now, &chance), shown_progress()).await?;
                end_progress();
                ("is written", path, contents)
            }
        };
        let text = format!(
            "{} {done}\n{}next: keep it, and its passphrase, where this machine's end does not reach; \
             try it with `kagimori restore` on another machine (docs/operations.md)",
            path.display(),
            described(&contents)
        );
        let mut value = value_of(&contents);
        value["file"] = json!(path.display().to_string());
        operator.tell(&text, &value)
    }
}

impl Passphrase {
    pub(super) fn secret(&self, config: &Config) -> Secret {
        match (&self.passphrase_file, &self.passphrase_env) {
            (Some(path), _) => Secret::File(path.clone()),
            (None, Some(name)) => Secret::Environment(name.clone()),
            (None, None) => config.keys.passphrase.clone(),
        }
    }
}

/// What a backup holds, line by line.
pub(super) fn described(contents: &Contents) -> String {
    let mut text = format!(
        "  made at       {} by {}\n  tables        of migration {}, {} rows\n  certificates  {}\n  revocations   {}\n  audit         {} events\n",
        time::shown(contents.made_at),
        contents.program,
        contents.schema.last().copied().unwrap_or(0),
        contents.rows,
        contents.certificates,
        contents.revocations,
        contents.audit.0,
    );
    for (authority, number) in &contents.lists {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  lists         {authority}: up to number {number}");
    }
    let _ = writeln!(text, "  SHA-256       {}", hex(&contents.digest));
    text
}

pub(super) fn value_of(contents: &Contents) -> Value {
    let lists: Vec<Value> = contents
        .lists
        .iter()
        .map(|(authority, number)| json!({ "authority": authority, "number": number }))
        .collect();
    json!({
        "made_at": time::shown(contents.made_at),
        "program": contents.program,
        "schema": contents.schema,
        "rows": contents.rows,
        "certificates": contents.certificates,
        "revocations": contents.revocations,
        "audit": { "events": contents.audit.0, "head": contents.audit.1 },
        "lists": lists,
        "sha256": hex(&contents.digest),
    })
}

/// On a terminal only, on one line.
fn shown_progress() -> impl FnMut(Progress) {
    let terminal = std::io::stderr().is_terminal();
    let mut shown = 0;
    move |progress| {
        if terminal && progress.rows >= shown + EVERY {
            shown = progress.rows;
            // A terminal that went away takes nothing with it.
            let _ = write!(
                std::io::stderr(),
                "\r\x1b[K{} rows, now {} ({} certificates in all)",
                progress.rows,
                progress.table,
                progress.certificates
            );
        }
    }
}

fn end_progress() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

const EVERY: u64 = 10_000;
