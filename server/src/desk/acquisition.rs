//! デジタル証明書の取得 at the desk: grants, what comes of their codes, and the renewal of what came of them.
//!
//! One room behind every door: the page, EST and CMP parse, and ask [`Desk::recognised`], [`Desk::acquire`],
//! [`Desk::renew_terminal`] and [`Desk::installed`]. The morning opens with [`Desk::open_grant`], time with
//! [`Desk::wake_grants`].

mod codes;
mod enrol;
mod propose;
mod request;
mod wake;

use casework::acquisition::{self, Case, Event, Flaw, Issued};
use casework::evidence::{Authenticated, Requested};
use casework::identity::IssuanceId;
use casework::reissue::Due;
use casework::time::Instant;
use wire::office::Language;

pub(crate) use codes::sealed_for;
pub use codes::{Codes, Recognised};
pub(super) use enrol::grant_of;
pub use request::Request;

use super::{Actor, Desk, Failure, Procedure, Proposal, Standing};
use crate::fault::Fault;
use crate::store::{self, Document};
use codes::Judged;

/// The procedure of acquisitions. A grant's id is its case's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acquisition;

/// What is asked of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The morning of the desired date.
    Open {
        /// At which office.
        office: String,
        /// The language of its letters.
        language: Language,
        /// That it has come.
        due: Due,
    },
    /// デジタル証明書の取得
    Acquire {
        /// Whether the codes that were given are this grant's.
        codes: Judged,
        /// The request, or why it is none that can be certified.
        request: Result<Requested, Flaw>,
        /// The case of its issuance, fresh.
        issuance: IssuanceId,
    },
    /// The certificate was made.
    Bind {
        /// As it becomes bound in the same transaction; `None`: as the record has it.
        issued: Option<Box<Issued>>,
    },
    /// 更新
    Renew {
        /// By this certificate.
        by: Authenticated,
        /// The request, or why it is none that can be certified.
        request: Result<Requested, Flaw>,
        /// The case of its issuance, fresh.
        issuance: IssuanceId,
    },
    /// The terminal works with it.
    Install {
        /// With this certificate.
        by: Authenticated,
    },
    /// What only time brings.
    Wake,
}

impl Procedure for Acquisition {
    const NOUN: &'static str = "acquisition";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::acquisition_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Open { .. } => "open",
            Command::Acquire { .. } => "acquire",
            Command::Bind { .. } => "bind",
            Command::Renew { .. } => "renew",
            Command::Install { .. } => "install",
            Command::Wake => "wake",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::acquisition_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::acquisition_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match command {
            Command::Open { due, .. } => case
                .grant()
                .is_some_and(|grant| (grant.application, grant.terminal) == (due.application(), due.terminal())),
            Command::Bind { issued: Some(issued) } => {
                case.held().is_some_and(|held| held.fingerprint == issued.fingerprint)
            }
            Command::Install { by } => case
                .held()
                .is_some_and(|held| held.fingerprint == by.certificate() && held.installed.is_some()),
            Command::Acquire { .. } | Command::Bind { issued: None } | Command::Renew { .. } | Command::Wake => false,
        }
    }

    fn about(case: &Case, command: &Command) -> Vec<(&'static str, String)> {
        let terminal = match (case.grant(), command) {
            (Some(grant), _) => grant.terminal,
            (None, Command::Open { due, .. }) => due.terminal(),
            (None, _) => return Vec::new(),
        };
        vec![(
            "terminal",
            format!(
                "{} {} {}",
                terminal.division.key(),
                terminal.device.key(),
                terminal.name
            ),
        )]
    }

    async fn propose(
        desk: &Desk,
        _: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        Box::pin(propose::propose(desk, standing, command, now)).await
    }
}

/// What the audit says of an event: fingerprints and digests, never a code.
fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Opened { number, until } => (
            "opened",
            vec![("number", number.to_string()), ("until", until.0.to_string())],
        ),
        Event::Wrong { times } => ("wrong", vec![("times", times.to_string())]),
        Event::Begun { key, issuance } => (
            "begun",
            vec![("key", key.to_string()), ("issuance", super::hex(&issuance.0))],
        ),
        Event::Repeated { key } => ("repeated", vec![("key", key.to_string())]),
        Event::Acquired {
            certificate,
            fingerprint,
        } => ("acquired", certified(certificate, *fingerprint)),
        Event::Renewed {
            certificate,
            fingerprint,
            from,
        } => {
            let mut details = certified(certificate, *fingerprint);
            details.push(("from", from.to_string()));
            ("renewed", details)
        }
        Event::Renewing { key, issuance, by } => (
            "renewing",
            vec![
                ("key", key.to_string()),
                ("issuance", super::hex(&issuance.0)),
                ("by", by.to_string()),
            ],
        ),
        Event::Unrenewed => ("unrenewed", Vec::new()),
        Event::Installed { fingerprint } => ("installed", vec![("fingerprint", fingerprint.to_string())]),
        Event::Retired => ("retired", Vec::new()),
        Event::Reminded { days } => ("reminded", vec![("days", days.to_string())]),
        Event::Unreminded => ("unreminded", Vec::new()),
        Event::Suspended => ("suspended", Vec::new()),
        Event::Replaced => ("replaced", Vec::new()),
    }
}

fn certified(
    certificate: &casework::identity::CertificateId,
    fingerprint: casework::identity::Fingerprint,
) -> Vec<(&'static str, String)> {
    let mut details = super::certificate::about_certificate(certificate);
    details.push(("fingerprint", fingerprint.to_string()));
    details
}

/// What an authority that could not work is to whoever asked for a certificate.
pub(super) fn unable(fault: crate::authority::AuthorityFault) -> Failure {
    use crate::authority::AuthorityFault;
    use crate::fault::Bug;
    match fault {
        AuthorityFault::Refused(refusal) => Failure::Refused(refusal),
        AuthorityFault::UsedKey(_) => Failure::Refused(casework::Refusal::WrongRequest { flaw: Flaw::KnownKey }),
        AuthorityFault::Fault(fault) => Failure::Fault(fault),
        fault @ (AuthorityFault::Key { .. }
        | AuthorityFault::Seal
        | AuthorityFault::Master(_)
        | AuthorityFault::Secret(_)) => Failure::Fault(Fault::Unreachable {
            what: "a key of this house",
            why: fault.to_string(),
        }),
        other => Failure::Fault(Fault::Bug(Bug(other.to_string()))),
    }
}

/// The policy of the office at which a grant is.
fn policy(office: &crate::office::Office) -> Result<&acquisition::Policy, Fault> {
    Ok(&office.terminals()?.acquisition)
}
