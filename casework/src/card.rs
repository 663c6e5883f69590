//! A holder's card as an ordering body knows it: what its certificates say, and what they are worth at a moment.

use alloc::string::String;

use crate::Refusal;
use crate::identity::{Fingerprint, RegistrationId, Serial};
use crate::time::Instant;

/// A card with both its certificates. It is known by the signature certificate; texts are exactly as received, and empty
/// where the certificate says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The signature certificate, which stands for the card.
    pub card: Fingerprint,
    /// The certificate that answers challenges.
    pub authentication: Fingerprint,
    /// The certificate of the issuer, as it is pinned.
    pub issuer: Fingerprint,
    /// The number of the signature certificate at its issuer.
    pub serial: Serial,
    /// First and last second of the signature certificate.
    pub valid: (Instant, Instant),
    /// 商号・名称, in Latin letters where the certificate has no other.
    pub company: String,
    /// 本店住所
    pub company_address: String,
    /// 氏名, in Latin letters where the certificate has no other.
    pub holder: String,
    /// 自宅住所
    pub holder_address: String,
    /// 法人番号, thirteen digits.
    pub corporate_number: String,
}

/// What a card is worth at an office at a moment (DOMAIN §2.3, 2–5). Undetermined is neither valid nor invalid: a rule
/// refuses it with its own message and stores nothing of it (THREATS I7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Both certificates are accepted; what was found out holds until then.
    Accepted {
        /// The last second for which this may be relied upon.
        until: Instant,
    },
    /// Its validity has not begun.
    NotYetValid {
        /// First second of validity.
        from: Instant,
    },
    /// Its validity has ended.
    Expired {
        /// Last second of validity.
        at: Instant,
    },
    /// It was revoked.
    Revoked {
        /// Since when.
        at: Instant,
    },
    /// No issuer that is accepted at this office signed it.
    Unaccepted,
    /// It does not verify, or is none of a holder's card.
    Broken,
    /// Whether it is revoked could not be found out.
    Undetermined,
}

/// How an office knows a card: bound to one registration, once and never again (R107, R112).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// To which registration.
    pub registration: RegistrationId,
    /// Since when.
    pub from: Instant,
    /// 更新済(使用不可): since when another card has taken its place.
    pub until: Option<Instant>,
}

impl Standing {
    /// What is said to whoever wants to use the card now.
    pub const fn accepted(self, now: Instant) -> Result<(), Refusal> {
        match self {
            Self::Accepted { until } if now.0 <= until.0 => Ok(()),
            Self::Accepted { .. } | Self::Undetermined => Err(Refusal::Undetermined),
            Self::NotYetValid { from } => Err(Refusal::NotYetValid { from }),
            Self::Expired { at } => Err(Refusal::Expired { at }),
            Self::Revoked { at } => Err(Refusal::AlreadyRevoked { at }),
            Self::Unaccepted => Err(Refusal::Unaccepted),
            Self::Broken => Err(Refusal::Broken),
        }
    }
}

/// Whether a card is one with which a company is registered here and now (R102, R104, R201–R203).
pub fn registered(known: Option<Binding>, standing: Standing, now: Instant) -> Result<RegistrationId, Refusal> {
    let binding = known.ok_or(Refusal::CardNotRegistered)?;
    if let Some(since) = binding.until {
        return Err(Refusal::CardRenewed { since });
    }
    standing.accepted(now)?;
    Ok(binding.registration)
}

/// Whether a card is one that a company may be registered with from now on (R112–R114).
pub const fn fresh(known: Option<Binding>, standing: Standing, now: Instant) -> Result<(), Refusal> {
    if known.is_some() {
        return Err(Refusal::CardRegistered);
    }
    standing.accepted(now)
}
