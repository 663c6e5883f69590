//! `kagimori doctor`.

use std::fmt::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{CliFault, Operator};
use crate::clock::Clock;
use crate::doctor::{self, Finding, State};
use crate::serve::StartFault;
use crate::store::OpenFault;

pub(super) const EXAMPLES: &str = "Examples:
  kagimori doctor
  kagimori doctor --json | jq '.findings[] | select(.state != \"ok\")'

Asks the CRL and OCSP addresses that stand in the issued certificates as a relying party does, and looks at certificates,
outbox, disk, clock, mail server and files. Nothing is changed and no mail is sent. Exit status: 0 without a failure, 1
otherwise; a warning is no failure.";

pub(super) async fn run(operator: &Operator) -> Result<ExitCode, CliFault> {
    let config = operator.configuration()?;
    let found = match operator.store(&config).await {
        Ok(store) => {
            let found = doctor::examine(&config, &store, Clock::system().now()).await;
            store.close().await;
            found
        }
        Err(CliFault::Start(
            why @ (StartFault::Store(OpenFault::Behind(_) | OpenFault::Journal(_))
            | StartFault::OlderThanPublished { .. }),
        )) => vec![doctor::not_opened(&why)],
        Err(other) => return Err(other),
    };
    let worst = found.iter().map(|finding| finding.state).max().unwrap_or(State::Ok);
    let findings: Vec<Value> = found.iter().map(value).collect();
    operator.tell(&told(&found), &json!({ "state": worst.word(), "findings": findings }))?;
    Ok(if worst == State::Failure {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn told(found: &[Finding]) -> String {
    let mut text = String::new();
    for finding in found {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{:8} {:10} {}: {}",
            finding.state.word(),
            finding.what.word(),
            finding.about,
            finding.says
        );
        if !finding.next.is_empty() {
            let _ = writeln!(text, "{:20}next: {}", "", finding.next);
        }
    }
    text
}

fn value(finding: &Finding) -> Value {
    json!({
        "what": finding.what.word(),
        "about": finding.about,
        "state": finding.state.word(),
        "says": finding.says,
        "next": finding.next,
    })
}
