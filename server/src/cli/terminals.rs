//! `kagimori import terminals`: which terminals a service centre's customers have.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::Args;
use serde_json::{Value, json};

use super::import::watched;
use super::{CliFault, Operator, actor, operator_name};
use crate::desk::Desk;
use crate::store::ImportedTerminals;
use crate::terminal::{self, Bad};

/// A list of terminals and its office.
#[derive(Args)]
pub(super) struct Terminals {
    /// The file: CSV in UTF-8 or Shift_JIS, with a header
    file: PathBuf,
    /// Which office's list it is; may be left out where there is one service centre
    #[arg(long)]
    office: Option<String>,
    /// Take the good lines and leave the bad ones
    #[arg(long)]
    partial: bool,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori import terminals terminals.csv --office mihon-center
  kagimori import terminals terminals.csv --office mihon-center --json

Columns: 契約番号, 区分, 利用機器区分, 論理端末名; and, where there is something to say, 認証コード1, 認証コード2, 認証コード3, 発行日,
有効期限. Every bad line is named with line, column and reason, and nothing is imported unless all are good. 認証コード2 is sealed
before it is kept, and a terminal that has one keeps its own. Terminals that the file does not have stay. The same file again
changes nothing. docs/operations.md says what each column takes.";

impl Terminals {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let octets = std::fs::read(&self.file).map_err(|fault| CliFault::file(&self.file, &fault))?;
        let sheet = terminal::read(&octets).map_err(|no| CliFault::file(&self.file, &no))?;
        let (encoding, mut bad) = (sheet.encoding.to_string(), sheet.bad);
        let (_, registrar) = operator.registrar().await?;
        let desk = &registrar.desk;
        let office = office_of(desk, self.office.as_deref())?;
        let assigned = desk.assigned(&office, sheet.lines).await?;
        bad.extend(assigned.bad);
        bad.sort_by_key(|bad| bad.line);
        let told: Vec<Value> = bad
            .iter()
            .map(|bad| json!({ "line": bad.line, "column": bad.column, "reason": bad.why.to_string() }))
            .collect();
        if !bad.is_empty() && !self.partial {
            let text = format!("{}\nnothing was imported", named(&self.file, &bad));
            operator.tell(&text, &json!({ "imported": false, "bad": told, "encoding": encoding }))?;
            return Ok(ExitCode::FAILURE);
        }
        let seal = registrar
            .keyring
            .seal_of_codes(desk.store(), desk.clock(), desk.chance())
            .await?;
        let (count, done) = (assigned.lines.len(), Arc::new(AtomicUsize::new(0)));
        let (name, file) = (operator_name(), crate::desk::evidence::sha256(&octets));
        let by = actor(&name);
        let importing = desk.import_terminals(&by, &office, assigned.lines, (&seal, file), Arc::clone(&done));
        let imported = watched(importing, &done, count).await;
        desk.store().close().await;
        let ImportedTerminals { added, changed, same } = imported?;
        let mut says = vec![format!(
            "the terminals of {office}: {added} added, {changed} changed, {same} as they were"
        )];
        if !bad.is_empty() {
            says.push(format!("left out:\n{}", named(&self.file, &bad)));
        }
        operator.tell(
            &says.join("\n"),
            &json!({
                "imported": true, "office": office, "encoding": encoding, "added": added, "changed": changed, "same": same,
                "bad": told,
            }),
        )
    }
}

/// The office that is named, or the only service centre.
fn office_of(desk: &Desk, named: Option<&str>) -> Result<String, CliFault> {
    let offices = desk.offices();
    let centres: Vec<_> = offices.iter().filter(|office| office.terminals().is_ok()).collect();
    match (named, centres.as_slice()) {
        (Some(named), _) => match centres.iter().find(|office| office.id == named) {
            Some(office) => Ok(office.id.clone()),
            None => Err(CliFault::Refused(format!(
                "there is no service centre {named}; `kagimori office list` shows the offices"
            ))),
        },
        (None, [office]) => Ok(office.id.clone()),
        (None, _) => Err(CliFault::Usage(
            "say whose terminals they are, with --office".to_owned(),
        )),
    }
}

fn named(file: &Path, bad: &[Bad]) -> String {
    let lines: Vec<_> = bad.iter().map(|bad| format!("{}: {bad}", file.display())).collect();
    lines.join("\n")
}
