//! `kagimori verify`: three answers, never two (THREATS I7).

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casework::time::Instant;
use clap::Args;
use pki::ObjectIdentifier;
use pki::certificate::Certificate;
use pki::ocsp::{BasicResponse, Response};
use pki::validation::{Anchors, Inputs, Outcome, Policies, Question, Revocation, RevocationList, WantedName, validate};
use serde_json::{Value, json};

use super::file::{self, Content};
use super::{CliFault, Operator, time};
use crate::clock::Clock;

#[derive(Args)]
pub(super) struct Verify {
    /// Certificates that are trusted, and nothing else is (repeatable)
    #[arg(long, required = true, value_name = "FILE")]
    anchor: Vec<PathBuf>,
    /// Certificates that may lie between, or sign lists (repeatable)
    #[arg(long, value_name = "FILE")]
    intermediate: Vec<PathBuf>,
    /// A revocation list, complete or delta (repeatable)
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// An OCSP answer (repeatable)
    #[arg(long, value_name = "FILE")]
    ocsp: Vec<PathBuf>,
    /// The moment that counts; now, if it is not given
    #[arg(long, value_name = "RFC3339", value_parser = time::parse)]
    time: Option<Instant>,
    /// A certificate policy that is acceptable; any, if none is given (repeatable)
    #[arg(long, value_name = "OID", value_delimiter = ',', value_parser = policy)]
    policy: Vec<ObjectIdentifier>,
    /// Invalid, unless the whole path is under an acceptable policy
    #[arg(long)]
    explicit_policy: bool,
    /// No policy may be mapped to another one
    #[arg(long)]
    inhibit_policy_mapping: bool,
    /// anyPolicy stands for no policy
    #[arg(long)]
    inhibit_any_policy: bool,
    /// The host, address or mailbox that the certificate must name in its subjectAltName
    #[arg(long, value_name = "NAME", value_parser = name)]
    name_check: Option<WantedName>,
    /// Undetermined, unless the status of every certificate below the anchor is shown
    #[arg(long)]
    require_revocation: bool,
    /// The certificate to check
    leaf: PathBuf,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori verify --anchor root.cer --intermediate mihon.cer card.pem
  kagimori verify --anchor root.cer --intermediate mihon.cer --crl mihon-0.crl --require-revocation card.pem
  kagimori verify --anchor root.cer --policy 1.2.392.200999.1.1 --explicit-policy card.pem

Certificates, lists and answers are PEM or DER; a PEM file may hold several certificates.
Prints {\"result\":\"valid\"|\"invalid\"|\"undetermined\",\"reason\":…,\"path\":[…],…}.
Exit status: 0 valid, 1 invalid, 2 undetermined, 64 usage.";

impl Verify {
    pub(super) fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let mut shown = Shown::default();
        shown.read(&self)?;
        let leaf = match single(&self.leaf)? {
            Ok(leaf) => leaf,
            // A certificate that cannot be read is no valid one, and asking again changes nothing.
            Err(reason) => return tell(operator, "invalid", Some(reason), Report::default(), &shown),
        };
        let inputs = Inputs {
            intermediates: &shown.intermediates,
            lists: &shown.lists,
            answers: &shown.answers,
            verified: None,
        };
        match validate(&leaf, &shown.anchors, inputs, &self.question()) {
            Outcome::Valid(valid) => {
                let report = Report {
                    path: subjects(&valid.path),
                    policies: valid.policies.iter().map(ToString::to_string).collect(),
                    until: Some(time::shown(Instant(valid.until))),
                };
                // What could not be read may have been the list that revokes it.
                match shown.unread_status() {
                    None => tell(operator, "valid", None, report, &shown),
                    Some(_) if self.require_revocation => tell(operator, "valid", None, report, &shown),
                    Some(unread) => tell(operator, "undetermined", Some(unread), report, &shown),
                }
            }
            Outcome::Invalid(invalid) => {
                let report = Report::of(&invalid.path);
                tell(operator, "invalid", Some(invalid.to_string()), report, &shown)
            }
            Outcome::Undetermined(undetermined) => {
                let report = Report::of(&undetermined.path);
                tell(operator, "undetermined", Some(undetermined.to_string()), report, &shown)
            }
        }
    }

    fn question(&self) -> Question {
        Question {
            policies: Policies {
                acceptable: self.policy.clone(),
                explicit: self.explicit_policy,
                inhibit_mapping: self.inhibit_policy_mapping,
                inhibit_any: self.inhibit_any_policy,
            },
            name: self.name_check.clone(),
            revocation: if self.require_revocation {
                Revocation::Required
            } else {
                Revocation::WhereShown
            },
            ..Question::at(self.time.unwrap_or_else(|| Clock::system().now()).0)
        }
    }
}

/// What was shown, as far as it could be read.
#[derive(Default)]
struct Shown {
    anchors: Anchors,
    intermediates: Vec<Certificate>,
    lists: Vec<RevocationList>,
    answers: Vec<BasicResponse>,
    unread: Vec<Unread>,
}

/// A file that does not hold what it should.
struct Unread {
    file: String,
    reason: String,
    /// Whether a status was expected of it.
    is_status: bool,
}

impl Shown {
    fn read(&mut self, asked: &Verify) -> Result<(), CliFault> {
        let mut anchors = Vec::new();
        for path in &asked.anchor {
            // An anchor is the operator's own: there is no going on without it.
            let unusable = |reason: String| CliFault::Usage(format!("{}: {reason}", path.display()));
            for der in opened(path, Content::Certificate)?.map_err(unusable)? {
                let anchor = Certificate::parse_foreign(&der).map_err(|fault| unusable(fault.to_string()))?;
                anchors.push(anchor);
            }
        }
        self.anchors = Anchors::new(anchors);
        let Self {
            intermediates,
            lists,
            answers,
            unread,
            ..
        } = self;
        for path in &asked.intermediate {
            let read = |der: &[u8]| Certificate::parse_foreign(der).map_err(|fault| fault.to_string());
            read_each(path, Content::Certificate, read, intermediates, unread)?;
        }
        for path in &asked.crl {
            let read = |der: &[u8]| RevocationList::parse(der).map_err(|fault| fault.to_string());
            read_each(path, Content::Crl, read, lists, unread)?;
        }
        for path in &asked.ocsp {
            let read = |der: &[u8]| match Response::parse(der) {
                Ok(Response::Basic(answer)) => Ok(*answer),
                Ok(Response::Error(error)) => Err(format!("it is the OCSP error {error:?}")),
                Err(fault) => Err(fault.to_string()),
            };
            read_each(path, Content::Ocsp, read, answers, unread)?;
        }
        Ok(())
    }

    /// Why nobody knows what a list or an answer would have said.
    fn unread_status(&self) -> Option<String> {
        let unread = self.unread.iter().find(|unread| unread.is_status)?;
        Some(format!(
            "{} was shown and cannot be read: {}",
            unread.file, unread.reason
        ))
    }
}

/// Adds what a file holds; what cannot be read is noted.
fn read_each<T>(
    path: &Path,
    content: Content,
    read: impl Fn(&[u8]) -> Result<T, String>,
    into: &mut Vec<T>,
    unread: &mut Vec<Unread>,
) -> Result<(), CliFault> {
    let mut note = |reason| {
        unread.push(Unread {
            file: path.display().to_string(),
            reason,
            is_status: content != Content::Certificate,
        });
    };
    match opened(path, content)? {
        Ok(ders) => {
            for der in ders {
                match read(&der) {
                    Ok(one) => into.push(one),
                    Err(reason) => note(reason),
                }
            }
        }
        Err(reason) => note(reason),
    }
    Ok(())
}

/// What is told beside the result.
#[derive(Default)]
struct Report {
    path: Vec<String>,
    policies: Vec<String>,
    until: Option<String>,
}

impl Report {
    fn of(path: &[Certificate]) -> Self {
        Self {
            path: subjects(path),
            ..Self::default()
        }
    }
}

fn tell(
    operator: &Operator,
    result: &str,
    reason: Option<String>,
    report: Report,
    shown: &Shown,
) -> Result<ExitCode, CliFault> {
    let unread = shown
        .unread
        .iter()
        .map(|unread| json!({ "file": unread.file, "reason": unread.reason }));
    let value = json!({
        "result": result,
        "reason": reason,
        "path": report.path,
        "policies": report.policies,
        "until": report.until,
        "unread": unread.collect::<Vec<Value>>(),
    });
    // This command's output is read by programs with or without --json.
    operator.tell(&value.to_string(), &value)?;
    Ok(ExitCode::from(match result {
        "valid" => 0,
        "invalid" => 1,
        _ => 2,
    }))
}

fn subjects(path: &[Certificate]) -> Vec<String> {
    path.iter()
        .map(|certificate| certificate.subject().to_string())
        .collect()
}

fn single(path: &Path) -> Result<Result<Certificate, String>, CliFault> {
    let ders = opened(path, Content::Certificate)?;
    // Of several certificates in one file the first is asked about, as everywhere.
    let first = ders.map(|ders| ders.into_iter().next().unwrap_or_default());
    Ok(first.and_then(|der| Certificate::parse_foreign(&der).map_err(|fault| fault.to_string())))
}

/// The DERs in a file. That it cannot be opened is wrong usage: it says nothing of the certificate.
fn opened(path: &Path, content: Content) -> Result<Result<Vec<Vec<u8>>, String>, CliFault> {
    file::ders(path, content).map_err(|fault| CliFault::Usage(fault.to_string()))
}

fn policy(text: &str) -> Result<ObjectIdentifier, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no object identifier; write one as 1.2.392.200999.1.1"))
}

fn name(text: &str) -> Result<WantedName, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(WantedName::Address(address));
    }
    match text.rsplit_once('@') {
        Some((local, host)) if !local.is_empty() && !host.is_empty() => Ok(WantedName::Mailbox(text.to_owned())),
        None if !text.is_empty() && text.is_ascii() && !text.contains(char::is_whitespace) => {
            Ok(WantedName::Host(text.to_owned()))
        }
        _ => Err(format!(
            "{text:?} is no host, address or mailbox; write a host in ASCII, as xn--… where it has other letters"
        )),
    }
}
