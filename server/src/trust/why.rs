//! Why a status could not be found out.

/// Nothing could be found out from there. None of these is *good*, and none is *revoked* (THREATS I7).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The certificate names no address that is asked, and the office none either.
    #[error("no address to ask is named")]
    NoAddress,
    /// Not an address that is asked.
    #[error("{0:?} is no http address")]
    Address(String),
    /// The address lies in a network that is not asked.
    #[error("{0} lies in no public network and in none that `private` under [trust] names")]
    Inside(String),
    /// Nobody answered.
    #[error("nobody answered: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("no answer in time")]
    Slow,
    /// Something else than the content.
    #[error("the answer was HTTP status {0}")]
    Status(u16),
    /// Sent from one to the other.
    #[error("one address led to another too often")]
    Redirects,
    /// More octets than are taken.
    #[error("it is larger than is taken")]
    TooLarge,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Somebody else's, or signed by nobody who may.
    #[error("it is not the issuer's: {0}")]
    Foreign(String),
    /// A later one was seen before.
    #[error("it is older than the one that was seen before")]
    Older,
    /// Of another time.
    #[error("it does not speak of this time")]
    Stale,
    /// What is there speaks of other certificates.
    #[error("it does not speak of this certificate")]
    Silent,
    /// The responder does not know the certificate.
    #[error("the responder does not know the certificate")]
    Unknown,
    /// The responder said that it does not answer.
    #[error("the responder does not answer: {0}")]
    Refused(&'static str),
    /// This program failed at it.
    #[error("it could not be looked at: {0}")]
    Failed(String),
}

impl Why {
    /// Whether the whole place is of no use at the moment, and not its answer about one certificate.
    pub(super) const fn is_of_the_place(&self) -> bool {
        matches!(
            self,
            Self::Address(_) | Self::Inside(_) | Self::Unreachable(_) | Self::Slow | Self::Status(_) | Self::Redirects
        )
    }

    /// One word, for metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NoAddress | Self::Address(_) => "no_address",
            Self::Inside(_) => "inside",
            Self::Unreachable(_) => "unreachable",
            Self::Slow => "slow",
            Self::Status(_) => "status",
            Self::Redirects => "redirects",
            Self::TooLarge => "too_large",
            Self::Unreadable(_) => "unreadable",
            Self::Foreign(_) => "foreign",
            Self::Older => "older",
            Self::Stale => "stale",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }
}
