//! `kagimori office`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{CliFault, Operator};
use crate::clock::Clock;
use crate::office;
use crate::store::OfficeRow;

#[derive(Subcommand)]
pub(super) enum Office {
    /// Load an office's file into the database; a running server opens it within a second or so
    #[command(after_help = EXAMPLES)]
    Load {
        /// The office's file
        file: PathBuf,
    },
    /// The offices in the database
    #[command(after_help = EXAMPLES)]
    List,
    /// A commented example file
    #[command(after_help = EXAMPLES)]
    Example {
        /// For which kind of organisation
        #[arg(long, value_enum, default_value = "authority")]
        kind: Kind,
    },
}

/// The kinds of organisation, and the two policies of an ordering body.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// A certification authority with 失効申込
    Authority,
    /// An ordering body whose renewals are in force at once
    BiddingCore,
    /// An ordering body that reviews what does not match its register
    BiddingReview,
    /// A service centre with the certificates of its customers' terminals
    Terminals,
    /// An issuer of citizens' cards with 署名用暗証番号の初期化・再設定
    Citizen,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori office example > office.toml
  kagimori office example --kind bidding-review > office.toml
  kagimori office load office.toml
  kagimori office list --json";

impl Office {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        match self {
            Self::Load { file: path } => {
                let text = std::fs::read_to_string(&path).map_err(|fault| CliFault::file(&path, &fault))?;
                let office = office::Office::from_toml(&text).map_err(|fault| one_line(&path, &text, &fault))?;
                let config = operator.configuration()?;
                let store = operator.store(&config).await?;
                store.load_office(&office.id, &text, Clock::system().now()).await?;
                store.close().await;
                let said = format!(
                    "the office {} is loaded; a running server opens it within a second or so",
                    office.id
                );
                operator.tell(&said, &json!({ "office": office.id, "loaded": true }))
            }
            Self::List => {
                let config = operator.configuration()?;
                let store = operator.store(&config).await?;
                let rows = store.offices().await?;
                store.close().await;
                let lines: Vec<_> = rows
                    .iter()
                    .map(|row| format!("{}  {}  (version {})", row.id, kind_of(row), row.version))
                    .collect();
                let none = "there is no office yet; load one with `kagimori office load`".to_owned();
                let text = if lines.is_empty() { none } else { lines.join("\n") };
                let list: Vec<_> = rows
                    .iter()
                    .map(|row| json!({ "id": row.id, "kind": kind_of(row), "version": row.version }))
                    .collect();
                operator.tell(&text, &json!({ "offices": list }))
            }
            Self::Example { kind } => {
                let text = match kind {
                    Kind::Authority => office::AUTHORITY_EXAMPLE,
                    Kind::BiddingCore => office::BIDDING_CORE_EXAMPLE,
                    Kind::BiddingReview => office::BIDDING_REVIEW_EXAMPLE,
                    Kind::Terminals => office::TERMINALS_EXAMPLE,
                    Kind::Citizen => office::CITIZEN_EXAMPLE,
                };
                operator.tell(text, &json!({ "toml": text }))
            }
        }
    }
}

/// What its file says of the kind; a file of another version of this program may say nothing that is known.
fn kind_of(row: &OfficeRow) -> &'static str {
    office::Office::from_toml(&row.document).map_or("unreadable", |office| office.desk.key())
}

fn one_line(path: &std::path::Path, text: &str, fault: &office::OfficeError) -> CliFault {
    match fault {
        office::OfficeError::Toml(fault) => {
            let before = fault.span().map_or(0, |span| span.start);
            let line = text.bytes().take(before).filter(|octet| *octet == b'\n').count() + 1;
            CliFault::file(path, &format!("line {line}: {}", fault.message()))
        }
        office::OfficeError::Value { .. } => CliFault::file(path, fault),
    }
}
