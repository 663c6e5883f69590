//! A holder's card as an ordering body knows it: what its certificates say, and what they are worth at a moment.

use alloc::string::String;

use crate::identity::{Fingerprint, Serial};
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
