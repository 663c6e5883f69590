//! Whether a certificate is to be believed: path validation as RFC 5280 §6 has it, of our own.
//!
//! Bytes in, bytes out: certificates, lists and answers are given, nothing is fetched, and the moment is an argument. There
//! are three results, and no two of them may ever be taken for one another: valid, invalid, undetermined (THREATS I7).
//!
//! An anchor is a certificate that was configured, and nothing else is one (THREATS P1). Signatures are checked before
//! anything else that a certificate says is looked at (P3), and what a check may cost is stated beforehand (P4): see [`Budget`].
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod list;
mod name_constraints;
mod names;
mod outcome;
mod path;
mod pinned;
mod policy;
mod revocation;
mod verified;
mod work;

pub use list::RevocationList;
pub use outcome::{Doubt, Fault, Invalid, Lacking, Outcome, Undetermined, ValidPath};
pub use pinned::{Chain, ChainFault, issued_by};
pub use verified::Verified;
pub use work::Budget;

use crate::ObjectIdentifier;
use crate::certificate::Certificate;
use crate::extension::KeyUsage;
use crate::ocsp::BasicResponse;

/// The certificates that were configured as trusted. They are anchors by what they are, octet for octet: neither a subject
/// nor a key makes another certificate one. What an anchor says of itself (its validity, basicConstraints, keyUsage,
/// nameConstraints, policies) holds as it does for any CA on the path (THREATS P9, RFC 5937).
#[derive(Clone, Debug, Default)]
pub struct Anchors(Vec<Certificate>);

impl Anchors {
    /// These, each once.
    pub fn new(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let mut anchors = Self::default();
        for certificate in certificates {
            if !anchors.contains(&certificate) {
                anchors.0.push(certificate);
            }
        }
        anchors
    }

    /// Whether this very certificate is one.
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.0.contains(certificate)
    }

    /// The certificates.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }
}

/// What is known when the question is asked. None of it is trusted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'a> {
    /// Certificates that may lie between: of CAs, and of those who sign lists for them.
    pub intermediates: &'a [Certificate],
    /// Revocation lists, complete and delta.
    pub lists: &'a [RevocationList],
    /// OCSP answers.
    pub answers: &'a [BasicResponse],
    /// Which signatures were verified before; `None`: all are verified now.
    pub verified: Option<&'a Verified>,
}

/// What is asked of a certificate.
#[derive(Clone, Debug)]
pub struct Question {
    /// The moment that counts, unix seconds.
    pub at: i64,
    /// Who may bear it.
    pub subject: Subject,
    /// For what its key must be usable: at least one of these; empty: not asked.
    pub usages: Vec<KeyUsage>,
    /// For what purpose (extendedKeyUsage); `None`: not asked.
    pub purpose: Option<ObjectIdentifier>,
    /// Under which policies.
    pub policies: Policies,
    /// Whom it must name; `None`: not asked.
    pub name: Option<WantedName>,
    /// What must be known of revocation.
    pub revocation: Revocation,
    /// What the answer may cost.
    pub budget: Budget,
}

impl Question {
    /// Whether a certificate is valid at a moment (unix seconds), under any policy and for any use, and its status and those of
    /// all CAs below the anchor known. The fields say more where more is to be asked.
    pub fn at(at: i64) -> Self {
        Self {
            at,
            subject: Subject::Any,
            usages: Vec::new(),
            purpose: None,
            policies: Policies::default(),
            name: None,
            revocation: Revocation::Required,
            budget: Budget::default(),
        }
    }
}

/// Who may bear the certificate that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Anyone.
    Any,
    /// Not a CA: a CA's key in a holder's place is refused (DOMAIN §2.3).
    Holder,
}

/// The inputs of RFC 5280 §6.1.1 (c) and (e) to (g).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// user-initial-policy-set; empty: any policy.
    pub acceptable: Vec<ObjectIdentifier>,
    /// initial-explicit-policy: the path must be valid under one of the acceptable policies.
    pub explicit: bool,
    /// initial-policy-mapping-inhibit
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit
    pub inhibit_any: bool,
}

/// A name that a certificate must bear in its subjectAltName.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedName {
    /// A host's name; a certificate may answer with a wildcard as its leftmost label.
    Host(String),
    /// An address of four or sixteen octets.
    Address(std::net::IpAddr),
    /// A mailbox.
    Mailbox(String),
}

impl std::fmt::Display for WantedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(name) | Self::Mailbox(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// What must be known of revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The status of every certificate below the anchor; otherwise the result is undetermined.
    Required,
    /// What the inputs tell counts. Undetermined only where they speak of a certificate and do not tell.
    WhereShown,
    /// Nothing. Lists and answers are not looked at.
    NotAsked,
}

/// Answers a question about `leaf`.
pub fn validate(leaf: &Certificate, anchors: &Anchors, inputs: Inputs<'_>, question: &Question) -> Outcome {
    path::Search::new(anchors, inputs, question).outcome(leaf)
}
