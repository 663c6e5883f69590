//! The three results, each with its reason in words.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt;

use crate::ObjectIdentifier;
use crate::certificate::Certificate;
use crate::reason::ReasonCode;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is to be believed.
    Valid(Box<ValidPath>),
    /// It is not, and asking again changes nothing at this moment.
    Invalid(Box<Invalid>),
    /// Nobody can tell from what was given. Never to be stored as either of the others (THREATS I7).
    Undetermined(Box<Undetermined>),
}

impl Outcome {
    /// `valid`, `invalid` or `undetermined`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Valid(_) => "valid",
            Self::Invalid(_) => "invalid",
            Self::Undetermined(_) => "undetermined",
        }
    }

    /// Leaf first, as far as a path was found.
    pub fn path(&self) -> &[Certificate] {
        match self {
            Self::Valid(valid) => &valid.path,
            Self::Invalid(invalid) => &invalid.path,
            Self::Undetermined(undetermined) => &undetermined.path,
        }
    }
}

/// A path that was found valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidPath {
    /// Leaf first, the anchor last.
    pub path: Vec<Certificate>,
    /// The policies under which it is valid (user-constrained-policy-set); anyPolicy among them stands for every one.
    pub policies: Vec<ObjectIdentifier>,
    /// The last second (unix) until which all that was relied upon holds: certificates, lists, answers.
    pub until: i64,
}

/// Why a certificate is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong.
    pub fault: Fault,
    /// With which certificate; the leaf's own faults come first.
    pub certificate: Certificate,
    /// Leaf first, as far as a path was found.
    pub path: Vec<Certificate>,
}

impl Invalid {
    /// Whether it is the certificate that was asked about, and not one above it.
    pub fn is_of_leaf(&self) -> bool {
        self.path.first() == Some(&self.certificate)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Named(&self.certificate), self.fault)
    }
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No path of good signatures leads from it to an anchor.
    #[error("no accepted issuer signed it")]
    Issuer,
    /// A CA's certificate where a holder's is wanted.
    #[error("it is the certificate of a CA")]
    IsAuthority,
    /// Its key may not be used for this.
    #[error("its key usage does not allow this use")]
    KeyUsage,
    /// Its extendedKeyUsage, or that of a CA above, does not hold the purpose.
    #[error("it may not be used for the purpose {0}")]
    Purpose(ObjectIdentifier),
    /// A critical extension that is not processed here (RFC 5280 §4.2).
    #[error("it has a critical extension {0} that is not processed here")]
    UnprocessedCritical(ObjectIdentifier),
    /// Its validity has not begun.
    #[error("it is not valid before {}", Second(*.not_before))]
    NotYetValid {
        /// First second of validity, unix.
        not_before: i64,
    },
    /// Its validity has ended.
    #[error("it was valid until {}", Second(*.not_after))]
    Expired {
        /// Last second of validity, unix.
        not_after: i64,
    },
    /// It was revoked for good.
    #[error("it is revoked since {}{}", Second(*.at), Because(*.reason))]
    Revoked {
        /// When, unix seconds.
        at: i64,
        /// Why; `None` is unspecified, or a reason that our own lists do not carry.
        reason: Option<ReasonCode>,
    },
    /// It is suspended (certificateHold).
    #[error("it is suspended since {}", Second(*.at))]
    Held {
        /// Since when, unix seconds.
        at: i64,
    },
    /// It issued another one and is no CA, or its key may not sign certificates.
    #[error("it is not the certificate of a CA that may issue certificates")]
    NotAnAuthority,
    /// More CAs stand below it than it allows (RFC 5280 §4.2.1.9).
    #[error("more CAs stand below it than its path length constraint allows")]
    PathLength,
    /// A name in it is not one that a CA above it may certify.
    #[error("{0}")]
    NameConstraint(String),
    /// The path is not valid under an acceptable policy.
    #[error("the path is not valid under an acceptable certificate policy")]
    Policy,
    /// It does not bear the wanted name.
    #[error("it does not bear the name {0}")]
    Name(String),
}

/// Why nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undetermined {
    /// What is not known.
    pub doubt: Doubt,
    /// Leaf first, as far as a path was found.
    pub path: Vec<Certificate>,
    /// Of which certificates the status could not be told. Whoever can fetch looks at [`Certificate::crl_urls`],
    /// [`Certificate::delta_urls`] and [`Certificate::ocsp_urls`] of each and asks again.
    pub lacking: Vec<Lacking>,
}

impl fmt::Display for Undetermined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.doubt, self.lacking.first()) {
            (Doubt::Status, Some(lacking)) => {
                write!(f, "{}: {}", Named(&lacking.certificate), self.doubt)?;
                match &lacking.why {
                    Some(why) => write!(f, " ({why})"),
                    None => Ok(()),
                }
            }
            _ => self.doubt.fmt(f),
        }
    }
}

/// What is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The status of a certificate on the path.
    #[error("nothing current that was shown tells its status")]
    Status,
    /// The budget ran out before an answer was found.
    #[error("what was shown takes more work to check than is allowed")]
    Work,
}

/// A certificate whose status nobody told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// Of which certificate.
    pub certificate: Certificate,
    /// Who issued it, on the path that was tried: an OCSP request names it.
    pub issuer: Certificate,
    /// Why what was shown did not tell, where something was shown.
    pub why: Option<String>,
}

/// A certificate as a message names it: by its subject, or by its serial where it has none.
struct Named<'a>(&'a Certificate);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subject().is_empty() {
            write!(f, "the certificate with serial {}", self.0.serial())
        } else {
            self.0.subject().fmt(f)
        }
    }
}

/// A second as RFC 3339 writes it.
struct Second(i64);

impl fmt::Display for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = crate::time::Civil::of(self.0).digits();
        let text = std::str::from_utf8(&digits).unwrap_or_default();
        for (place, digit) in text.char_indices() {
            match place {
                4 | 6 => f.write_str("-")?,
                8 => f.write_str("T")?,
                10 | 12 => f.write_str(":")?,
                _ => {}
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

struct Because(Option<ReasonCode>);

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}
