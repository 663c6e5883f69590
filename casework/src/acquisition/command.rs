//! What is asked of an acquisition, and what is known when it is decided.

use alloc::vec::Vec;

use crate::evidence::{Authenticated, Requested};
use crate::identity::{CertificateId, Digest, Fingerprint, IssuanceId, OrganisationId};
use crate::reissue::Due;
use crate::time::Instant;

/// What the morning, the terminal and the server do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The morning of the desired date.
    Open {
        /// That it has come, for a terminal of an approved application.
        due: Due,
    },
    /// デジタル証明書の取得: the codes were given, with a request for a certificate. Whether they are right stands in
    /// [`Facts::codes`].
    Acquire {
        /// The request, or why it is none that can be certified.
        request: Result<Requested, Flaw>,
        /// The case of its issuance, drawn by the caller.
        issuance: IssuanceId,
    },
    /// It was made: [`Facts::issuance`] has it.
    Bind,
    /// 更新, by the terminal with the certificate that counts (R303).
    Renew {
        /// The certificate that the terminal showed to be its own.
        by: Authenticated,
        /// The request, or why it is none that can be certified.
        request: Result<Requested, Flaw>,
        /// The case of its issuance, drawn by the caller.
        issuance: IssuanceId,
    },
    /// The terminal works with it.
    Install {
        /// The certificate that the terminal showed to be its own.
        by: Authenticated,
    },
    /// What only time brings: a reminder, the end of an overlap, 未取得停止. The caller asks when [`Write::Wake`](super::Write)
    /// says.
    Wake,
}

/// Why a request for a certificate cannot be certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// It is no PKCS#10.
    Unreadable,
    /// It is not signed by the key that it names (A33).
    Signature,
    /// The key is too weak, or of a kind that is not taken (R2).
    WeakKey,
    /// The key is known to others, or certified for another holder (A33).
    KnownKey,
    /// It names another subject than the terminal.
    Subject,
    /// It asks to be an authority (A32).
    Authority,
}

/// What the store knows at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whose the terminal is, if the office knows it.
    pub owner: Option<OrganisationId>,
    /// Whether the codes that were given are this grant's; `None` where none were given. Compared in constant time.
    pub codes: Option<Codes>,
    /// Whether this is the terminal's latest grant. Guarded by [`Write::Open`](super::Write).
    pub latest: bool,
    /// The terminal's certificates that count: neither revoked nor expired. Guarded by [`Write::Supersede`](super::Write).
    pub live: Vec<Live>,
    /// Since when the certificate that this case holds is revoked.
    pub revoked: Option<Instant>,
    /// How far the certificate is that is being made.
    pub issuance: Issuance,
}

/// Whether codes are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// All three.
    Right,
    /// At least one is not.
    Wrong,
}

/// A certificate of a terminal that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Which one.
    pub certificate: CertificateId,
    /// Since when the terminal has it.
    pub since: Instant,
    /// Whether the terminal is known to work with it.
    pub installed: bool,
}

/// How far a certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuance {
    /// Nothing is on record.
    Nothing,
    /// What will be signed is on record.
    Intended,
    /// It was signed and bound.
    Bound(Issued),
}

/// A certificate that was signed and bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Of its public key.
    pub key: Digest,
    /// Issuer and serial number.
    pub certificate: CertificateId,
    /// Of the certificate.
    pub fingerprint: Fingerprint,
    /// First and last instant of validity.
    pub validity: (Instant, Instant),
}
