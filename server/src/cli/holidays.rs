//! `kagimori import holidays`: which days are holidays, for every office of this house.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::Args;
use serde_json::{Value, json};

use super::import::{desk, watched};
use super::{CliFault, Operator, actor, operator_name};
use crate::calendar::{self, Bad, Difference};
use crate::store::HolidaysImported;

/// A file of holidays.
#[derive(Args)]
pub(super) struct Holidays {
    /// The file: CSV in UTF-8 or Shift_JIS, as the Cabinet Office publishes it (syukujitsu.csv)
    file: PathBuf,
    /// Take the good years and leave those with a bad line
    #[arg(long)]
    partial: bool,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori import holidays syukujitsu.csv
  kagimori import holidays syukujitsu.csv --json

The file is https://www8.cao.go.jp/chosei/shukujitsu/syukujitsu.csv, with the columns 国民の祝日・休日月日 and
国民の祝日・休日名称; or one of your own with date, name, kind and status (official or forecast). Every bad line is named with
line, column and reason, and nothing is imported unless all are good; with --partial a year with a bad line is left out whole,
since a holiday that is missing would be an open day. A year of the file takes the place of what was known of it. Where the
file and the rules of the law differ it is said, and the file is taken. The same file again changes nothing.";

impl Holidays {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let octets = std::fs::read(&self.file).map_err(|fault| CliFault::file(&self.file, &fault))?;
        let mut sheet = calendar::read(&octets).map_err(|no| CliFault::file(&self.file, &no))?;
        let bad: Vec<Value> = sheet
            .bad
            .iter()
            .map(|bad| json!({ "line": bad.line, "column": bad.column, "reason": bad.why.to_string() }))
            .collect();
        let encoding = sheet.encoding.to_string();
        if !bad.is_empty() && !self.partial {
            let text = format!("{}\nnothing was imported", named(&self.file, &sheet.bad));
            operator.tell(&text, &json!({ "imported": false, "bad": bad, "encoding": encoding }))?;
            return Ok(ExitCode::FAILURE);
        }
        let left_out = sheet.leave_out_bad_years();
        if sheet.rows.is_empty() {
            let text = format!(
                "{}\nno year of it is whole: nothing was imported",
                named(&self.file, &sheet.bad)
            );
            let value = json!({ "imported": false, "bad": bad, "left_out": left_out, "encoding": encoding });
            operator.tell(&text, &value)?;
            return Ok(ExitCode::FAILURE);
        }
        let (differences, count, years) = (sheet.differences(), sheet.rows.len(), sheet.years());
        let desk = desk(operator).await?;
        let done = Arc::new(AtomicUsize::new(0));
        let (name, file) = (operator_name(), crate::desk::evidence::sha256(&octets));
        let actor = actor(&name);
        let importing = desk.import_holidays(&actor, sheet.rows, (file, differences.len()), Arc::clone(&done));
        let imported = watched(importing, &done, count).await;
        desk.store().close().await;
        let imported = imported?;
        let span = match (years.first(), years.last()) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => String::new(),
        };
        let mut told = vec![said(&span, &imported)];
        if !differences.is_empty() {
            told.push(format!(
                "the file is taken; it differs from the rules of the law:\n{}",
                lines(&differences)
            ));
        }
        if !bad.is_empty() {
            let years: Vec<_> = left_out.iter().map(ToString::to_string).collect();
            let years = if years.is_empty() {
                "no year".to_owned()
            } else {
                years.join(", ")
            };
            told.push(format!("left out: {years}\n{}", named(&self.file, &sheet.bad)));
        }
        let HolidaysImported {
            years: _,
            changed,
            added,
            removed,
            altered,
        } = imported;
        let differs: Vec<_> = differences.iter().map(ToString::to_string).collect();
        operator.tell(
            &told.join("\n"),
            &json!({
                "imported": true, "encoding": encoding, "first_year": years.first(), "last_year": years.last(),
                "years": years.len(), "changed": changed, "added": added, "removed": removed, "altered": altered,
                "differences": differs, "left_out": left_out, "bad": bad,
            }),
        )
    }
}

fn said(span: &str, imported: &HolidaysImported) -> String {
    let HolidaysImported {
        years,
        changed,
        added,
        removed,
        altered,
    } = imported;
    if *changed == 0 {
        return format!("the holidays of {span}: {years} years, all of them as they were");
    }
    format!(
        "the holidays of {span}: {years} years, of which {changed} say something new: {added} days added, {removed} taken off, \
         {altered} changed. Running nodes go by them from now on"
    )
}

fn lines(differences: &[Difference]) -> String {
    let lines: Vec<_> = differences.iter().map(|difference| format!("  {difference}")).collect();
    lines.join("\n")
}

fn named(file: &Path, bad: &[Bad]) -> String {
    let lines: Vec<_> = bad.iter().map(|bad| format!("{}: {bad}", file.display())).collect();
    lines.join("\n")
}
