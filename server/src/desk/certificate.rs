//! 発行 at the desk: two commits, with the signature between them (DESIGN, part 3.9).

use casework::application::Ground;
use casework::certificate::{self, Case, Errand as Later, Event, Facts, Intent, Policy, Reason, Write as Now};
use casework::evidence::Signed;
use casework::identity::CertificateId;
use casework::time::{Day, Instant};
use pki::certificate::Certificate;
use pki::reason::ReasonCode;
use wire::office::Language;

use super::{Actor, Desk, Failure, Place, Procedure, Proposal, Standing};
use crate::fault::Fault;
use crate::store::{self, Document, Errand, NewStatus, Write};

/// The procedure of issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issuance;

/// What an authority asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// First commit: this will be signed.
    Intend {
        /// What.
        intent: Box<Intent>,
        /// The to-be-signed octets, linted.
        octets: Vec<u8>,
        /// The last instant of the issuer's own certificate; `None` where a root signs itself.
        issuer_until: Option<Instant>,
        /// The longest validity that the profile gives, in seconds.
        longest: i64,
    },
    /// Second commit: it was signed.
    Bind {
        /// The proof that it was these octets and this key.
        signed: Signed,
        /// The certificate.
        der: Vec<u8>,
    },
    /// It was signed elsewhere, before; one commit.
    Import {
        /// What was signed.
        intent: Box<Intent>,
        /// The octets that were signed.
        octets: Vec<u8>,
        /// The last instant of the issuer's own certificate.
        issuer_until: Instant,
        /// The proof that it was the issuer's key.
        signed: Signed,
        /// The certificate.
        der: Vec<u8>,
    },
    /// The operator revokes it.
    Revoke {
        /// Why.
        reason: Reason,
    },
}

impl Procedure for Issuance {
    const NOUN: &'static str = "certificate";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::certificate_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Intend { .. } => "intend",
            Command::Bind { .. } => "bind",
            Command::Import { .. } => "import",
            Command::Revoke { .. } => "revoke",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::certificate_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::certificate_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            (Case::Intended { intent }, Command::Intend { intent: again, .. }) => intent == again,
            // A signature made again over the same octets may differ; the one that was bound stays.
            (Case::Issued { fingerprint, .. }, Command::Bind { signed, .. })
            | (Case::Issued { fingerprint, .. } | Case::Revoked { fingerprint, .. }, Command::Import { signed, .. }) => {
                *fingerprint == signed.certificate()
            }
            _ => false,
        }
    }

    fn about(case: &Case, command: &Command) -> Vec<(&'static str, String)> {
        let intent = match (case, command) {
            (Case::Intended { intent } | Case::Issued { intent, .. } | Case::Revoked { intent, .. }, _)
            | (Case::New, Command::Intend { intent, .. } | Command::Import { intent, .. }) => intent,
            (Case::New, Command::Bind { .. } | Command::Revoke { .. }) => return Vec::new(),
        };
        about_certificate(&intent.certificate)
    }

    async fn propose(
        desk: &Desk,
        _: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        let certificate = match (&standing.case, command) {
            (Case::Intended { intent } | Case::Issued { intent, .. } | Case::Revoked { intent, .. }, _)
            | (Case::New, Command::Intend { intent, .. } | Command::Import { intent, .. }) => Some(&intent.certificate),
            (Case::New, Command::Bind { .. } | Command::Revoke { .. }) => None,
        };
        let status = match certificate {
            Some(certificate) => desk.store().status(certificate).await?,
            None => None,
        };
        let (issuer_until, longest) = match command {
            Command::Intend {
                issuer_until, longest, ..
            } => (*issuer_until, *longest),
            // Whoever signed it chose its length.
            Command::Import {
                issuer_until, intent, ..
            } => (Some(*issuer_until), intent.validity.1.0 - intent.validity.0.0 + 1),
            Command::Bind { .. } | Command::Revoke { .. } => (None, 0),
        };
        let key = match command {
            Command::Intend { octets, .. } => desk.store().key_use(octets).await?,
            Command::Bind { .. } | Command::Import { .. } | Command::Revoke { .. } => None,
        };
        let facts = Facts {
            issuer_until,
            revoked: status.map(|(row, number)| (row.revoked_at, number)),
            key,
        };
        let asked = match command.clone() {
            Command::Intend { intent, octets, .. } => certificate::Command::Intend { intent, octets },
            Command::Bind { signed, der } => certificate::Command::Bind { signed, der },
            Command::Import {
                intent,
                octets,
                signed,
                der,
                ..
            } => certificate::Command::Import {
                intent,
                octets,
                signed,
                der,
            },
            Command::Revoke { reason } => certificate::Command::Revoke { reason },
        };
        let decision =
            certificate::decide(&standing.case, &asked, &facts, &Policy { longest }, now).map_err(Failure::Refused)?;
        let office = certificate.map_or_else(String::new, |certificate| certificate.authority.0.clone());
        let (event, details) = tell(&decision.event);
        Ok(Proposal {
            place: Place {
                office,
                language: Language::default(),
            },
            next: decision.next,
            answer: decision.answer,
            event,
            details,
            writes: decision.writes.into_iter().map(write).collect(),
            errands: decision
                .errands
                .into_iter()
                .map(|Later::PublishCrl { certificate }| Errand::PublishCrl { certificate })
                .collect(),
            evidence: Vec::new(),
        })
    }
}

/// What a reason is on revocation lists; *unspecified* is written by leaving it out (RFC 5280 §5.3.1).
pub const fn reason_code(reason: Reason) -> Option<ReasonCode> {
    match reason {
        Reason::Unspecified => None,
        Reason::KeyCompromise => Some(ReasonCode::KeyCompromise),
        Reason::CaCompromise => Some(ReasonCode::CaCompromise),
        Reason::AffiliationChanged => Some(ReasonCode::AffiliationChanged),
        Reason::Superseded => Some(ReasonCode::Superseded),
        Reason::CessationOfOperation => Some(ReasonCode::CessationOfOperation),
        Reason::PrivilegeWithdrawn => Some(ReasonCode::PrivilegeWithdrawn),
    }
}

/// Revokes a certificate for one of the grounds that people give: at that moment, and if they know since which day, with
/// that day's begin as what relying parties count from (RFC 5280 §5.3.2).
pub(super) fn revoke(certificate: CertificateId, ground: Ground, at: Instant, event_day: Option<Day>) -> Write {
    Write::Revoke(NewStatus {
        certificate,
        reason: reason_code(ground.reason()),
        revoked_at: at,
        invalid_from: event_day.map(Day::begins),
    })
}

/// Whom officers read in the queue: the holder and the company of a certificate, each empty where it names none.
pub(super) fn names(certificate: Option<&Certificate>) -> (String, String) {
    let holder = certificate.and_then(Certificate::holder).unwrap_or_default();
    (holder.name.unwrap_or_default(), holder.organisation.unwrap_or_default())
}

/// How the audit names a certificate.
pub(super) fn about_certificate(certificate: &CertificateId) -> Vec<(&'static str, String)> {
    vec![
        ("authority", certificate.authority.0.clone()),
        ("serial", certificate.serial.to_string()),
    ]
}

fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Intended {
            certificate: _,
            tbs,
            profile,
        } => (
            "intended",
            vec![("tbs", tbs.to_string()), ("profile", profile.0.clone())],
        ),
        Event::Issued {
            certificate: _,
            fingerprint,
        } => ("issued", vec![("fingerprint", fingerprint.to_string())]),
        Event::Imported {
            certificate: _,
            fingerprint,
        } => ("imported", vec![("fingerprint", fingerprint.to_string())]),
        Event::Revoked {
            certificate: _,
            fingerprint,
            reason,
        } => (
            "revoked",
            vec![
                ("fingerprint", fingerprint.to_string()),
                ("reason", store::reason_key(*reason).to_owned()),
            ],
        ),
    }
}

fn write(write: Now) -> Write {
    match write {
        Now::Intend { intent, octets } => Write::Intend { intent, octets },
        Now::Import {
            intent,
            octets,
            fingerprint,
            der,
        } => Write::Import {
            intent,
            octets,
            fingerprint,
            der,
        },
        Now::Issue {
            intent,
            fingerprint,
            der,
        } => Write::Issue {
            intent,
            fingerprint,
            der,
        },
        Now::Revoke {
            certificate,
            reason,
            at,
        } => Write::Revoke(NewStatus {
            certificate,
            reason: reason_code(reason),
            revoked_at: at,
            invalid_from: None,
        }),
    }
}
