//! `kagimori verify`: three answers, never two (THREATS I7).

use std::path::PathBuf;
use std::process::ExitCode;

use casework::time::Instant;
use clap::Args;
use pki::KeyUsage;
use pki::certificate::Certificate;
use pki::crl::Crl;
use pki::ocsp::{BasicResponse, Response, Status};
use pki::validation::{ChainFault, issued_by};
use serde_json::json;

use super::file::{self, Content};
use super::{CliFault, Operator, time};
use crate::clock::Clock;

#[derive(Args)]
pub(super) struct Verify {
    /// A certificate that is trusted (repeatable)
    #[arg(long, required = true, value_name = "FILE")]
    anchor: Vec<PathBuf>,
    /// A CA certificate that may lie between (repeatable)
    #[arg(long, value_name = "FILE")]
    intermediate: Vec<PathBuf>,
    /// A revocation list (repeatable)
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// An OCSP answer (repeatable)
    #[arg(long, value_name = "FILE")]
    ocsp: Vec<PathBuf>,
    /// The moment that counts; now, if it is not given
    #[arg(long, value_name = "RFC3339", value_parser = time::parse)]
    time: Option<Instant>,
    /// Undetermined, unless the status of every certificate below the anchor is shown
    #[arg(long)]
    require_revocation: bool,
    /// The certificate to check
    leaf: PathBuf,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori verify --anchor root.cer --intermediate mihon.cer card.pem
  kagimori verify --anchor root.cer --intermediate mihon.cer --crl mihon-0.crl --require-revocation card.pem

Prints {\"result\":\"valid\"|\"invalid\"|\"undetermined\",\"reason\":…,\"path\":[…]}.
Exit status: 0 valid, 1 invalid, 2 undetermined, 64 usage.";

/// What a check came to.
enum Verdict {
    Valid,
    Invalid(String),
    Undetermined(String),
}

impl Verify {
    pub(super) fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let at = self.time.unwrap_or_else(|| Clock::system().now()).0;
        let leaf = file::certificate(&self.leaf)?;
        let certificates = |paths: &[PathBuf]| {
            paths
                .iter()
                .map(|path| file::certificate(path))
                .collect::<Result<Vec<_>, _>>()
        };
        let anchors = certificates(&self.anchor)?;
        let pinned: Vec<Certificate> = anchors
            .iter()
            .cloned()
            .chain(certificates(&self.intermediate)?)
            .collect();
        let shown = Shown::read(&self.crl, &self.ocsp)?;
        let (verdict, path) = match path_of(&leaf, &anchors, &pinned, at) {
            Ok(path) => (shown.verdict(&path, at, self.required()), path),
            Err(reason) => (Verdict::Invalid(reason), vec![leaf]),
        };
        let (result, reason, code) = match verdict {
            Verdict::Valid => ("valid", None, 0),
            Verdict::Invalid(reason) => ("invalid", Some(reason), 1),
            Verdict::Undetermined(reason) => ("undetermined", Some(reason), 2),
        };
        let path: Vec<String> = path
            .iter()
            .map(|certificate| certificate.subject().to_string())
            .collect();
        let value = json!({ "result": result, "reason": reason, "path": path });
        // This command's output is read by programs with or without --json.
        operator.tell(&value.to_string(), &value)?;
        Ok(ExitCode::from(code))
    }

    fn required(&self) -> Required {
        if self.require_revocation {
            Required::Everywhere
        } else {
            Required::WhereShown
        }
    }
}

/// Which certificates need a determined status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Required {
    Everywhere,
    WhereShown,
}

/// The lists and answers that were shown.
struct Shown {
    lists: Vec<Crl>,
    answers: Vec<BasicResponse>,
}

impl Shown {
    fn read(lists: &[PathBuf], answers: &[PathBuf]) -> Result<Self, CliFault> {
        let lists = lists
            .iter()
            .map(|path| Crl::parse(&file::der(path, Content::Crl)?).map_err(|fault| CliFault::file(path, &fault)));
        let answers = answers
            .iter()
            .map(|path| match Response::parse(&file::der(path, Content::Ocsp)?) {
                Ok(Response::Basic(answer)) => Ok(*answer),
                Ok(Response::Error(error)) => Err(CliFault::file(path, &format!("is the OCSP error {error:?}"))),
                Err(fault) => Err(CliFault::file(path, &fault)),
            });
        Ok(Self {
            lists: lists.collect::<Result<_, _>>()?,
            answers: answers.collect::<Result<_, _>>()?,
        })
    }

    /// `path` is leaf first, anchor last; the anchor's own status is nobody's to tell.
    fn verdict(&self, path: &[Certificate], at: i64, required: Required) -> Verdict {
        let mut undetermined = None;
        for pair in path.windows(2) {
            let [certificate, issuer] = pair else { continue };
            match self.status(certificate, issuer, at) {
                Some(Status::Revoked { at, .. }) => {
                    let since = time::shown(Instant(at));
                    return Verdict::Invalid(format!("{} is revoked since {since}", certificate.subject()));
                }
                Some(Status::Unknown) => {
                    return Verdict::Invalid(format!("its issuer does not know {}", certificate.subject()));
                }
                None if required == Required::Everywhere || self.speaks_of(certificate, issuer) => {
                    let reason = format!(
                        "nothing current that was shown tells the status of {}",
                        certificate.subject()
                    );
                    undetermined.get_or_insert(reason);
                }
                Some(Status::Good) | None => {}
            }
        }
        undetermined.map_or(Verdict::Valid, Verdict::Undetermined)
    }

    /// "Revoked" from any source counts before "good" from another.
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Option<Status> {
        let serial = certificate.serial();
        let from_lists = self
            .lists
            .iter()
            .filter(|list| is_for(list, certificate) && list.verify_signed_by(issuer).is_ok())
            .filter(|list| list.this_update() <= at && list.next_update().is_some_and(|until| at <= until))
            .max_by_key(|list| (list.number(), list.this_update()))
            .map(|list| match list.lookup(&serial) {
                Some(revoked) => Status::Revoked {
                    at: revoked.at,
                    reason: revoked.reason,
                },
                None => Status::Good,
            });
        let from_answers = self
            .answers
            .iter()
            .filter_map(|answer| answer.status_of(&serial, issuer, at).ok());
        let mut known: Vec<Status> = from_answers.chain(from_lists).collect();
        known.sort_by_key(|status| match status {
            Status::Revoked { .. } => 0,
            Status::Unknown => 1,
            Status::Good => 2,
        });
        known.into_iter().next()
    }

    /// Whether anything shown, stale or not, is about this certificate.
    fn speaks_of(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let listed = self
            .lists
            .iter()
            .any(|list| list.issuer() == issuer.subject() && is_for(list, certificate));
        let serial = certificate.serial();
        listed
            || self
                .answers
                .iter()
                .any(|answer| answer.singles().iter().any(|single| single.id.serial() == Some(serial)))
    }
}

/// A shard speaks of the certificates that name it (RFC 5280 §6.3.3 b).
fn is_for(list: &Crl, certificate: &Certificate) -> bool {
    use pki::crl::Scope;
    let in_scope = match list.scope() {
        Scope::All => true,
        Scope::Users => !certificate.is_ca(),
        Scope::Authorities => certificate.is_ca(),
    };
    let point = list.distribution_point();
    in_scope && (point.is_empty() || certificate.crl_urls().iter().any(|url| point.contains(url)))
}

/// Leaf first, one of the anchors last.
fn path_of(
    leaf: &Certificate,
    anchors: &[Certificate],
    pinned: &[Certificate],
    at: i64,
) -> Result<Vec<Certificate>, String> {
    let chain = match issued_by(leaf, pinned, KeyUsage::DIGITAL_SIGNATURE, at) {
        Err(ChainFault::KeyUsage) => issued_by(leaf, pinned, KeyUsage::NON_REPUDIATION, at),
        other => other,
    };
    let chain = chain.map_err(|fault| fault.to_string())?;
    let path = chain.certificates().to_vec();
    match path.last() {
        Some(last) if anchors.contains(last) => Ok(path),
        _ => Err("the path does not end at an anchor".to_owned()),
    }
}
