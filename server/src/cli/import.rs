//! `kagimori import` and `kagimori register`: an office's data, and a company's letter.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use casework::register::BusinessNumber;
use clap::{Args, Subcommand};
use serde_json::json;

use super::holidays::{self, Holidays};
use super::terminals::{self, Terminals};
use super::{CliFault, Operator, actor, operator_name};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::desk::{Desk, offices};
use crate::register;
use crate::store::Imported;

/// What is imported.
#[derive(Subcommand)]
pub(super) enum Import {
    /// A list of qualified bidders (入札参加資格者名簿), whole or not at all
    #[command(after_help = REGISTER_EXAMPLES)]
    Register(Register),
    /// Holidays, as the Cabinet Office publishes them (syukujitsu.csv), a year at a time
    #[command(after_help = holidays::EXAMPLES)]
    Holidays(Holidays),
    /// The terminals of a service centre's customers, whole or not at all
    #[command(after_help = terminals::EXAMPLES)]
    Terminals(Terminals),
}

/// What is done with one company of the list.
#[derive(Subcommand)]
pub(super) enum Company {
    /// Make a code for a letter, with which the company proves itself: it is printed once
    #[command(after_help = COMPANY_EXAMPLES)]
    LetterCode {
        /// Which office
        #[arg(long)]
        office: String,
        /// The company's 登録番号
        number: String,
    },
    /// Make what the column 登録用パスワード takes, of a password from standard input
    #[command(after_help = COMPANY_EXAMPLES)]
    PasswordHash,
}

/// A list and its office.
#[derive(Args)]
pub(super) struct Register {
    /// The file: CSV in UTF-8 or Shift_JIS, with a header
    file: PathBuf,
    /// Which office's list it is; may be left out where there is one ordering body
    #[arg(long)]
    office: Option<String>,
    /// Take the good lines and leave the bad ones
    #[arg(long)]
    partial: bool,
    /// Take companies off the list that the file does not have; without this they stay
    #[arg(long)]
    replace: bool,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori import register meibo.csv --office mihon-shi
  kagimori import holidays syukujitsu.csv
  kagimori import terminals terminals.csv --office mihon-center

Every bad line is named with line, column and reason, and nothing is imported unless all are good.";

const REGISTER_EXAMPLES: &str = "Examples:
  kagimori import register meibo.csv --office mihon-shi
  kagimori import register meibo.csv --office mihon-shi --replace --json

Columns: 登録番号, 商号又は名称, フリガナ, 所在地, 代表者氏名, 受任者氏名, 委任開始日, 委任終了日, 法人番号, 有効期間開始日,
有効期間終了日, 登録用パスワード. Every bad line is named with line, column and reason, and nothing is imported unless all are
good. The same file again changes nothing. docs/operations.md says what each column takes.";

pub(super) const COMPANY_EXAMPLES: &str = "Examples:
  kagimori register letter-code --office mihon-shi 100-1
  kagimori register password-hash < password.txt

A new code voids the one before. Post it to the company's address; the console prints the same as a letter.";

impl Import {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        match self {
            Self::Register(register) => register.run(operator).await,
            Self::Holidays(holidays) => holidays.run(operator).await,
            Self::Terminals(terminals) => terminals.run(operator).await,
        }
    }
}

impl Register {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let octets = std::fs::read(&self.file).map_err(|fault| CliFault::file(&self.file, &fault))?;
        let sheet = register::read(&octets).map_err(|no| CliFault::file(&self.file, &no))?;
        let bad: Vec<_> = sheet
            .bad
            .iter()
            .map(|bad| json!({ "line": bad.line, "column": bad.column, "reason": bad.why.to_string() }))
            .collect();
        if self.partial && self.replace && !bad.is_empty() {
            return Err(CliFault::Refused(
                "a list with bad lines replaces nothing: companies would be taken off for a slip of the pen".to_owned(),
            ));
        }
        if !bad.is_empty() && !self.partial {
            let text = format!("{}\nnothing was imported", named(&self.file, &sheet.bad));
            operator.tell(
                &text,
                &json!({ "imported": false, "bad": bad, "encoding": sheet.encoding.to_string() }),
            )?;
            return Ok(ExitCode::FAILURE);
        }
        let desk = desk(operator).await?;
        let office = office_of(&desk, self.office.as_deref())?;
        let (encoding, widened, count) = (sheet.encoding.to_string(), sheet.widened, sheet.lines.len());
        let done = Arc::new(AtomicUsize::new(0));
        let name = operator_name();
        let file = crate::desk::evidence::sha256(&octets);
        let actor = actor(&name);
        let importing = desk.import_register(&actor, &office, sheet.lines, (self.replace, file), Arc::clone(&done));
        let imported = watched(importing, &done, count).await;
        desk.store().close().await;
        let imported = imported?;
        let mut told = vec![said(&office, &imported, self.replace)];
        if widened > 0 {
            told.push(format!("{widened} values in half-width kana are kept in full width"));
        }
        if !bad.is_empty() {
            told.push(format!("left out:\n{}", named(&self.file, &sheet.bad)));
        }
        let Imported {
            added,
            changed,
            same,
            missing,
            removed,
            passwords,
        } = imported;
        operator.tell(
            &told.join("\n"),
            &json!({
                "imported": true, "office": office, "encoding": encoding, "added": added, "changed": changed, "same": same,
                "missing": missing, "removed": removed, "passwords": passwords, "widened": widened, "bad": bad,
            }),
        )
    }
}

impl Company {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        match self {
            Self::LetterCode { office, number } => {
                let Some(number) = BusinessNumber::parse(&number) else {
                    return Err(CliFault::Usage(format!("{number:?} is no 登録番号")));
                };
                let desk = desk(operator).await?;
                let office = office_of(&desk, Some(&office))?;
                let name = operator_name();
                let given = desk.give_letter_code(&actor(&name), &office, &number).await;
                desk.store().close().await;
                let Some((code, until)) = given? else {
                    return Err(CliFault::Refused(format!(
                        "no company {number} is on the list of {office}"
                    )));
                };
                let until = crate::portal::date::minute(crate::catalogue::Words::of(wire::office::Language::En), until);
                let text = format!("code    {}\nuntil   {until}\nit is shown this once", code.written());
                operator.tell(
                    &text,
                    &json!({ "code": code.written(), "number": number.as_str(), "until": until }),
                )
            }
            Self::PasswordHash => {
                let mut typed = zeroize::Zeroizing::new(String::new());
                std::io::stdin()
                    .read_line(&mut typed)
                    .map_err(|fault| CliFault::Usage(fault.to_string()))?;
                let password = typed.trim_end_matches(['\r', '\n']);
                if password.chars().count() < SHORTEST_PASSWORD {
                    return Err(CliFault::Usage(format!(
                        "a registration password has at least {SHORTEST_PASSWORD} characters"
                    )));
                }
                let phc = crate::store::registration_password(password, &Chance::system())?;
                operator.tell(&phc, &json!({ "hash": phc }))
            }
        }
    }
}

pub(super) async fn desk(operator: &Operator) -> Result<Desk, CliFault> {
    let config = operator.configuration()?;
    let store = operator.store(&config).await?;
    let rows = store.offices().await?;
    let offices = offices::read(&rows).map_err(crate::serve::StartFault::from)?;
    Ok(Desk::new(store, Clock::system(), Chance::system(), offices))
}

/// The office that is named, or the only one that has a list.
fn office_of(desk: &Desk, named: Option<&str>) -> Result<String, CliFault> {
    let offices = desk.offices();
    let bodies: Vec<_> = offices.iter().filter(|office| office.bidding().is_ok()).collect();
    match (named, bodies.as_slice()) {
        (Some(named), _) => match bodies.iter().find(|office| office.id == named) {
            Some(office) => Ok(office.id.clone()),
            None => Err(CliFault::Refused(format!(
                "there is no ordering body {named}; `kagimori office list` shows the offices"
            ))),
        },
        (None, [office]) => Ok(office.id.clone()),
        (None, _) => Err(CliFault::Usage("say whose list it is, with --office".to_owned())),
    }
}

/// Shows how far it is while it goes on, on a terminal only.
pub(super) async fn watched<T>(work: impl Future<Output = T>, done: &AtomicUsize, count: usize) -> T {
    let shown = std::io::stderr().is_terminal();
    tokio::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => {
                if shown {
                    let _ = write!(std::io::stderr(), "\r\x1b[K");
                }
                return outcome;
            }
            () = tokio::time::sleep(EVERY), if shown => {
                let at = done.load(Ordering::Relaxed);
                // Nothing is left to tell it to if standard error is closed.
                let _ = write!(std::io::stderr(), "\r{at} of {count} lines");
            }
        }
    }
}

fn named(file: &Path, bad: &[register::Bad]) -> String {
    let lines: Vec<_> = bad.iter().map(|bad| format!("{}: {bad}", file.display())).collect();
    lines.join("\n")
}

fn said(office: &str, imported: &Imported, replace: bool) -> String {
    let Imported {
        added,
        changed,
        same,
        missing,
        removed,
        passwords,
    } = imported;
    let mut parts = vec![format!(
        "the list of {office}: {added} added, {changed} changed, {same} as they were"
    )];
    if *passwords > 0 {
        parts.push(format!("{passwords} registration passwords are new"));
    }
    if replace {
        parts.push(format!("{removed} taken off, which the file does not have"));
    } else if *missing > 0 {
        parts.push(format!(
            "{missing} that the file does not have stay (--replace takes them off)"
        ));
    }
    parts.join("; ")
}

const EVERY: Duration = Duration::from_millis(200);
const SHORTEST_PASSWORD: usize = 8;
