//! `kagimori audit`.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casework::number::Number;
use clap::Subcommand;
use serde_json::json;

use super::{CliFault, Operator, time};
use crate::audit::case;
use crate::audit::export::{self, Documents};
use crate::audit::note::{self, Note, VerifierKey};
use crate::audit::verify::{self, Trust, Verdict};
use crate::clock::Clock;

#[derive(Subcommand)]
pub(super) enum Audit {
    /// The key by which auditors check the heads of this node
    #[command(after_help = EXAMPLES)]
    Key,
    /// The head as it stands, signed: to be kept elsewhere
    #[command(after_help = EXAMPLES)]
    Head,
    /// Write the whole log, or the evidence of one case, to a directory
    #[command(after_help = EXAMPLES)]
    Export {
        /// The directory; an earlier export in it is continued
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// With documents and salts, for those who may see them
        #[arg(long, conflicts_with = "case")]
        documents: bool,
        /// The evidence of the case with this receipt number
        #[arg(long, value_name = "NUMBER", value_parser = number)]
        case: Option<Number>,
    },
    /// Check an exported log, with neither the database nor trust in whoever made it
    #[command(after_help = EXAMPLES)]
    Verify {
        /// The directory of the export
        directory: PathBuf,
        /// A key of the log, as `kagimori audit key` prints it (repeatable)
        #[arg(long, value_name = "VKEY")]
        key: Vec<VerifierKey>,
        /// A file with such keys, one in a line (repeatable)
        #[arg(long, value_name = "FILE")]
        key_file: Vec<PathBuf>,
        /// Heads that were kept elsewhere (repeatable)
        #[arg(long, value_name = "FILE")]
        heads: Vec<PathBuf>,
    },
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori audit key > ca.example.jp.vkey
  kagimori audit head >> /media/elsewhere/heads
  kagimori audit export --out /srv/audit
  kagimori audit verify /srv/audit --key-file ca.example.jp.vkey --heads /media/elsewhere/heads
  kagimori audit export --case 12345678903 --out /srv/evidence && bash /srv/evidence/verify.sh /srv/evidence

Exit status of verify: 0 everything fits, 1 something does not, 64 usage.";

impl Audit {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        match self {
            Self::Key => {
                let config = operator.configuration()?;
                // Opening makes the key if the node has none yet.
                operator.store(&config).await?.close().await;
                let key = export::key(&config.data_dir)?.verifier().to_string();
                operator.tell(&key, &json!({ "key": key }))
            }
            Self::Head => {
                let config = operator.configuration()?;
                let store = operator.store(&config).await?;
                let tree = store.audit_tree().await?;
                store.close().await;
                let note = export::key(&config.data_dir)?.sign(tree.size(), tree.root(), Vec::new());
                let value = json!({ "events": tree.size(), "root": hex(&tree.root()), "note": note.to_string() });
                if operator.json {
                    return operator.tell("", &value);
                }
                // With the empty line that parts heads in a file of them.
                let mut out = std::io::stdout().lock();
                let told = writeln!(out, "{note}").and_then(|()| out.flush());
                told.map_err(|fault| CliFault::Output(fault.to_string()))?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Export {
                out,
                documents,
                case: None,
            } => {
                let documents = if documents { Documents::With } else { Documents::Without };
                log(operator, &out, documents).await
            }
            Self::Export {
                out,
                case: Some(number),
                ..
            } => evidence(operator, &out, number).await,
            Self::Verify {
                directory,
                key,
                key_file,
                heads,
            } => {
                let trust = trust(key, &key_file, &heads)?;
                if !directory.is_dir() {
                    return Err(CliFault::file(&directory, &"is no directory"));
                }
                tell_verdict(
                    operator,
                    &directory,
                    &verify::log(&directory, &trust, progress("checked")),
                )
            }
        }
    }
}

async fn log(operator: &Operator, out: &Path, documents: Documents) -> Result<ExitCode, CliFault> {
    let config = operator.configuration()?;
    let store = operator.store(&config).await?;
    let exported = export::log(&store, &config.data_dir, out, documents, progress("written")).await;
    store.close().await;
    let exported = exported?;
    let text = format!(
        "{} events, {} of them new, and {} heads are in {}; whoever has the key checks them with `kagimori audit verify`",
        exported.events,
        exported.events - exported.before,
        exported.heads,
        out.display()
    );
    let value = json!({
        "events": exported.events, "new": exported.events - exported.before, "heads": exported.heads,
        "root": hex(&exported.root), "directory": out,
    });
    operator.tell(&text, &value)
}

async fn evidence(operator: &Operator, out: &Path, number: Number) -> Result<ExitCode, CliFault> {
    let (config, registrar) = operator.registrar().await?;
    let written = case::evidence(&registrar, &config.data_dir, number, out).await;
    registrar.desk().store().close().await;
    let written = written?;
    let text = format!(
        "the evidence of {number} is in {0}: {1} events, {2} signed texts, {3} revoked certificates; \
         `bash {0}/verify.sh {0}` verifies it",
        out.display(),
        written.events,
        written.signed,
        written.revoked
    );
    let value = json!({
        "number": number.to_string(), "events": written.events, "signed": written.signed, "revoked": written.revoked,
        "files": written.files, "directory": out,
    });
    operator.tell(&text, &value)
}

fn trust(mut keys: Vec<VerifierKey>, key_files: &[PathBuf], heads: &[PathBuf]) -> Result<Trust, CliFault> {
    let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|fault| CliFault::file(path, &fault));
    for path in key_files {
        for line in read(path)?.lines().filter(|line| !line.trim().is_empty()) {
            keys.push(line.trim().parse().map_err(|fault| CliFault::file(path, &fault))?);
        }
    }
    if keys.is_empty() {
        return Err(CliFault::Usage(
            "give the key of the log with --key or --key-file; have it from `kagimori audit key`, and not from the export"
                .to_owned(),
        ));
    }
    let mut kept = Vec::new();
    for path in heads {
        // A single head may come without the empty line behind it.
        let text = format!("{}\n\n", read(path)?.trim_end());
        let (notes, whole) = note::notes(&text);
        if whole != text.len() {
            return Err(CliFault::file(
                path,
                &"does not hold signed heads, each followed by an empty line",
            ));
        }
        for text in notes {
            kept.push(text.parse::<Note>().map_err(|fault| CliFault::file(path, &fault))?);
        }
    }
    let now = Some(Clock::system().now());
    Ok(Trust { keys, kept, now })
}

fn tell_verdict(operator: &Operator, directory: &Path, verdict: &Verdict) -> Result<ExitCode, CliFault> {
    let findings: Vec<_> = verdict
        .findings
        .iter()
        .map(|finding| json!({ "file": finding.file, "what": finding.what }))
        .collect();
    let value = json!({
        "sound": verdict.is_sound(), "events": verdict.events, "root": verdict.root.map(|root| hex(&root)),
        "heads": verdict.heads, "kept": verdict.kept, "documents": verdict.documents, "erased": verdict.erased,
        "erased_until": verdict.erased_until.map(time::shown), "findings": findings,
    });
    let erased = verdict.erased_until.map_or_else(String::new, |until| {
        let until = time::shown(until);
        format!(
            ", {} erased as the log tells (nothing of what ended after {until})",
            verdict.erased
        )
    });
    let said = if verdict.is_sound() {
        format!(
            "{} fits: {} events, {} heads, {} of {} documents{erased}, {} heads that were kept elsewhere",
            directory.display(),
            verdict.events,
            verdict.heads,
            verdict.documents,
            verdict.events,
            verdict.kept
        )
    } else {
        format!("{} does NOT fit:", directory.display())
    };
    let found = verdict
        .findings
        .iter()
        .map(|finding| format!("{}: {}", finding.file.display(), finding.what));
    let text = std::iter::once(said).chain(found).collect::<Vec<_>>().join("\n");
    operator.tell(&text, &value)?;
    Ok(if verdict.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How far it is, on a terminal.
fn progress(word: &'static str) -> impl FnMut(u64, u64) {
    let shown = std::io::stderr().is_terminal();
    let mut last = None;
    move |done, of| {
        let percent = done * 100 / of.max(1);
        if shown && last != Some(percent) {
            last = Some(percent);
            let end = if done == of { "\n" } else { "" };
            // Nobody has to see it.
            let _ = write!(std::io::stderr(), "\r{word}: {done} of {of} events, {percent} %{end}");
        }
    }
}

fn number(text: &str) -> Result<Number, String> {
    Number::parse(text).ok_or_else(|| format!("{text:?} is not a receipt number"))
}

fn hex(hash: &[u8; 32]) -> String {
    casework::identity::Digest(*hash).to_string()
}
