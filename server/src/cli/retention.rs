//! `kagimori retention`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casework::time::Instant;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{CliFault, Operator, actor, file, operator_name, time};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::retention::{self, Kind, Plan};
use crate::store::Tombstone;

#[derive(Subcommand)]
pub(super) enum Retention {
    /// What a run would mark and erase now; nothing is changed
    #[command(after_help = EXAMPLES)]
    Plan {
        /// Write the lists there, one file for each kind and step, so that two plans can be compared with diff
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Mark what is past its time, and erase what was marked long enough ago
    #[command(after_help = EXAMPLES)]
    Run,
    /// Take marks back: these things stay until they are let go
    #[command(after_help = EXAMPLES)]
    Restore(Named),
    /// Let go of what was taken back: the next run marks it again
    #[command(after_help = EXAMPLES)]
    Release(Named),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Named {
    /// Ids as `retention plan` shows them
    ids: Vec<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori retention plan --out plan-2037-01
  diff -r plan-2036-12 plan-2037-01
  kagimori retention run
  kagimori retention restore --all
  kagimori retention release 4d6968...

A run erases nothing that was not marked by an earlier run, `retention.marked_days` before (30 days). Before that, restore
takes the marks back. What is kept, and for how long, is in docs/operations.md.";

impl Retention {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let config = operator.configuration()?;
        let store = operator.store(&config).await?;
        let (now, chance) = (Clock::system().now(), Chance::system());
        let name = operator_name();
        let actor = actor(&name);
        let told = match self {
            Self::Plan { out } => {
                let plan = retention::plan(&store, config.retention, now).await?;
                if let Some(out) = out {
                    write_out(&out, &plan)?;
                }
                (described(&plan), value(&plan))
            }
            Self::Run => {
                let done = retention::run(&store, config.retention, &actor, now, || chance.octets()).await?;
                let text = format!(
                    "{} marked; {} erased; {} marks dropped, for they are to be kept longer by now\nnext: `kagimori \
                     retention plan` shows what will be erased, and when",
                    done.marked,
                    done.erased.len(),
                    done.unmarked
                );
                let erased: Vec<Value> = done
                    .erased
                    .iter()
                    .map(|(kind, gone)| {
                        json!({
                            "kind": kind.word(),
                            "documents": gone.documents,
                            "evidence": gone.evidence,
                        })
                    })
                    .collect();
                (
                    text,
                    json!({ "marked": done.marked, "unmarked": done.unmarked, "erased": erased }),
                )
            }
            Self::Restore(named) => {
                let mut changed = 0;
                for mark in named.of(store.tombstones().await?, |mark| mark.erase_at.is_some())? {
                    changed += usize::from(store.hold(&mark, &actor.to_string(), now, chance.octets()).await?);
                }
                (
                    format!("{changed} taken back; they stay until `kagimori retention release`"),
                    json!({ "held": changed }),
                )
            }
            Self::Release(named) => {
                let mut changed = 0;
                for mark in named.of(store.tombstones().await?, |mark| mark.erase_at.is_none())? {
                    changed += usize::from(store.unmark(&mark, &actor.to_string(), now, chance.octets()).await?);
                }
                (
                    format!("{changed} let go; the next run marks them again"),
                    json!({ "released": changed }),
                )
            }
        };
        store.close().await;
        operator.tell(&told.0, &told.1)
    }
}

impl Named {
    fn of(&self, marks: Vec<Tombstone>, fits: impl Fn(&Tombstone) -> bool) -> Result<Vec<Tombstone>, CliFault> {
        let marks: Vec<Tombstone> = marks.into_iter().filter(fits).collect();
        if self.all {
            return Ok(marks);
        }
        let mut named = Vec::new();
        for id in &self.ids {
            let mark = marks.iter().find(|mark| hex(&mark.id) == *id);
            named.push(mark.cloned().ok_or_else(|| {
                CliFault::Usage(format!(
                    "there is no such mark {id}; `kagimori retention plan --json` lists them"
                ))
            })?);
        }
        Ok(named)
    }
}

fn described(plan: &Plan) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let of = |marks: &[Tombstone]| marks.iter().filter(|mark| mark.kind == kind).count();
        let mark = plan.mark.iter().filter(|candidate| candidate.kind == kind).count();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{:12} {mark} to be marked, {} to be erased, {} marked and waiting, {} taken back  ({})",
            kind.word(),
            of(&plan.erase),
            of(&plan.wait),
            of(&plan.held),
            kind.rule()
        );
    }
    let first = plan.wait.iter().filter_map(|mark| mark.erase_at).min();
    if let Some(first) = first {
        let _ = writeln!(text, "the next erasure is due {}", time::shown(first));
    }
    text.push_str("nothing was changed; `kagimori retention run` does it");
    text
}

fn value(plan: &Plan) -> Value {
    let marks = |marks: &[Tombstone]| -> Vec<Value> {
        marks
            .iter()
            .map(|mark| {
                json!({
                    "kind": mark.kind.word(),
                    "id": hex(&mark.id),
                    "expired_at": time::shown(mark.expires),
                    "marked_at": time::shown(mark.marked_at),
                    "erase_at": mark.erase_at.map(time::shown),
                })
            })
            .collect()
    };
    let new: Vec<Value> = plan
        .mark
        .iter()
        .map(|new| {
            json!({
                "kind": new.kind.word(),
                "id": hex(&new.id),
                "expired_at": time::shown(new.expires),
                "kept_until": time::shown(new.kept_until),
            })
        })
        .collect();
    json!({ "mark": new, "erase": marks(&plan.erase), "wait": marks(&plan.wait), "held": marks(&plan.held) })
}

/// One sorted file for each kind and step.
fn write_out(directory: &Path, plan: &Plan) -> Result<(), CliFault> {
    std::fs::create_dir_all(directory).map_err(|fault| CliFault::file(directory, &fault))?;
    for kind in Kind::ALL {
        let line = |id: &[u8], expires: Instant, at: Option<Instant>| {
            let at = at.map_or_else(|| "held".to_owned(), time::shown);
            format!("{},{},{at}\n", hex(id), time::shown(expires))
        };
        let marks = |marks: &[Tombstone]| {
            let of = marks.iter().filter(|mark| mark.kind == kind);
            of.map(|mark| line(&mark.id, mark.expires, mark.erase_at))
                .collect::<Vec<_>>()
        };
        let new = plan.mark.iter().filter(|new| new.kind == kind);
        let new = new
            .map(|new| line(&new.id, new.expires, Some(new.kept_until)))
            .collect();
        let steps = [
            ("mark", new),
            ("erase", marks(&plan.erase)),
            ("wait", marks(&plan.wait)),
            ("held", marks(&plan.held)),
        ];
        for (step, mut lines) in steps {
            lines.sort();
            let text = format!("id,expired_at,at\n{}", lines.concat());
            file::write(&directory.join(format!("{}-{step}.csv", kind.word())), text.as_bytes())?;
        }
    }
    Ok(())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
