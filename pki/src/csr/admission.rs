//! Whether an enrolment door lets a request in, beyond its being well made (THREATS A32, A33, R18).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;

use super::CertificateRequest;
use crate::algorithm::Algorithm;
use crate::certificate::Certificate;
use crate::extension::{Extensions, KeyUsage};
use crate::key::PublicKey;
use crate::name::DistinguishedName;
use crate::oid;

/// What a door wants of a request.
#[derive(Clone, Copy, Debug)]
pub struct Demands<'a> {
    /// The kinds of key that are certified here.
    pub algorithms: &'a [Algorithm],
    /// Which name the request may ask for.
    pub subject: Subject<'a>,
    /// What is known of the key: a fact of whoever keeps the certificates.
    pub history: KeyHistory,
    /// Whether a key of the same holder may be certified once more.
    pub may_keep_key: bool,
}

/// Which name a request may ask for.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Any: the profile gives the name, whatever the request says.
    OfProfile,
    /// This one, or none.
    Named(&'a DistinguishedName),
    /// Subject and subjectAltName of the certificate that is renewed, neither more nor less (RFC 7030 §4.2.2).
    Renewed(&'a Certificate),
}

/// What is known of a key before it is certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHistory {
    /// It was never certified here.
    New,
    /// It is in a certificate of the same holder.
    SameHolder,
    /// It is in a certificate of someone else.
    AnotherHolder,
    /// It is in a certificate that was revoked because the key was compromised, or is on a list of such keys.
    Compromised,
}

/// A request that a door lets in: of it only the key goes into a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    public_key: PublicKey,
    set_aside: Vec<ObjectIdentifier>,
}

impl Admitted {
    /// The key, which the sender holds and which may be certified.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The extensions and attributes that were asked for and that nobody gets by asking: for the record of the case.
    pub fn set_aside(&self) -> &[ObjectIdentifier] {
        &self.set_aside
    }
}

impl CertificateRequest {
    /// Whether the request fulfils what the door demands.
    pub fn admit(&self, demands: &Demands<'_>) -> Result<Admitted, NotAdmitted> {
        let wanted = Wanted {
            subject: &self.subject,
            public_key: &self.public_key,
            extensions: &self.asked.extensions,
            others: &self.asked.others,
        };
        wanted.admit(demands)
    }
}

/// What a request says, whatever its format is. Possession of the key is proved.
pub(crate) struct Wanted<'a> {
    pub(crate) subject: &'a DistinguishedName,
    pub(crate) public_key: &'a PublicKey,
    pub(crate) extensions: &'a Extensions,
    pub(crate) others: &'a [ObjectIdentifier],
}

impl Wanted<'_> {
    pub(crate) fn admit(&self, demands: &Demands<'_>) -> Result<Admitted, NotAdmitted> {
        let algorithm = self.public_key.algorithm();
        if !demands.algorithms.contains(&algorithm) {
            return Err(NotAdmitted::Algorithm(algorithm));
        }
        let extensions = self.extensions;
        let authority = KeyUsage::KEY_CERT_SIGN.0 | KeyUsage::CRL_SIGN.0;
        if extensions.basic_constraints.is_some_and(|constraints| constraints.ca)
            || extensions.key_usage.is_some_and(|usage| usage.0 & authority != 0)
        {
            return Err(NotAdmitted::Authority);
        }
        match demands.subject {
            Subject::OfProfile => {}
            Subject::Named(name) => {
                if !self.subject.is_empty() && !self.subject.matches(name) {
                    return Err(NotAdmitted::Subject);
                }
            }
            Subject::Renewed(certificate) => {
                if !self.subject.matches(certificate.subject()) {
                    return Err(NotAdmitted::Subject);
                }
                if extensions.alternatives != certificate.extensions().alternatives {
                    return Err(NotAdmitted::AlternativeNames);
                }
            }
        }
        match demands.history {
            KeyHistory::New => {}
            KeyHistory::SameHolder if demands.may_keep_key => {}
            KeyHistory::SameHolder => return Err(NotAdmitted::KeyAgain),
            KeyHistory::AnotherHolder => return Err(NotAdmitted::KeyOfAnother),
            KeyHistory::Compromised => return Err(NotAdmitted::KeyCompromised),
        }
        let asked = extensions.present.iter().map(|(kind, _)| *kind);
        // Compared above where they count; what a certificate has of these comes from its profile all the same.
        let expected = [oid::SUBJECT_ALT_NAME, oid::KEY_USAGE, oid::EXTENDED_KEY_USAGE];
        let set_aside = asked
            .filter(|kind| !expected.contains(kind))
            .chain(self.others.iter().copied());
        Ok(Admitted {
            public_key: self.public_key.clone(),
            set_aside: set_aside.collect(),
        })
    }
}

/// A door does not let a request in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// A good key of a kind that is not certified here.
    #[error("keys of the kind {0} are not certified here")]
    Algorithm(Algorithm),
    /// It asks to be a CA's, or for a key that signs certificates or lists (THREATS A32).
    #[error("the request asks for the rights of a certification authority")]
    Authority,
    /// It asks for another name.
    #[error("the request asks for another subject")]
    Subject,
    /// Its alternative names are not those of the certificate that is renewed.
    #[error("the request asks for other alternative names than the certificate that it renews")]
    AlternativeNames,
    /// The holder's key is certified already, and may not be once more.
    #[error("the key is in a certificate of the holder already; a new key is needed")]
    KeyAgain,
    /// The key is in a certificate of someone else (THREATS A33).
    #[error("the key is in another holder's certificate")]
    KeyOfAnother,
    /// The key is known to be in wrong hands (THREATS A33).
    #[error("the key is known to be compromised")]
    KeyCompromised,
}
