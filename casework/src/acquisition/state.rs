//! The states of an acquisition (DOMAIN §6.6, R302, R303, R308).

use crate::identity::{CertificateId, Digest, Fingerprint, IssuanceId, OrganisationId, ReissueId};
use crate::number::Number;
use crate::terminal::Terminal;
use crate::time::Instant;

/// The life of a grant, and of the certificates that come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// 未取得
    Open {
        /// The right.
        grant: Grant,
        /// What was tried in vain.
        tries: Tries,
        /// So many days before its end was reminded of it last.
        reminded: Option<u16>,
    },
    /// The codes were right and are spent; the certificate is being made.
    Issuing {
        /// The right.
        grant: Grant,
        /// What was tried in vain.
        tries: Tries,
        /// What is being made.
        making: Making,
    },
    /// 取得済
    Acquired {
        /// The right.
        grant: Grant,
        /// What was tried in vain.
        tries: Tries,
        /// The certificate that counts.
        held: Held,
    },
    /// 更新: the next certificate is being made, for the one that counts.
    Renewing {
        /// The right.
        grant: Grant,
        /// What was tried in vain.
        tries: Tries,
        /// The certificate that counts.
        held: Held,
        /// What is being made.
        making: Making,
    },
    /// 未取得停止: it was not acquired, or not renewed, in time (R308).
    Suspended {
        /// The right.
        grant: Grant,
        /// When.
        at: Instant,
    },
    /// The terminal has a later grant.
    Replaced {
        /// The right.
        grant: Grant,
        /// When that was seen.
        at: Instant,
    },
}

/// The right to get a certificate for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// By which application.
    pub application: ReissueId,
    /// Its number.
    pub number: Number,
    /// Whose.
    pub organisation: OrganisationId,
    /// For which terminal.
    pub terminal: Terminal,
    /// Since when.
    pub opened_at: Instant,
    /// The last instant at which its codes are taken.
    pub until: Instant,
}

/// Codes that were tried in vain, since the last right ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many times.
    pub wrong: u32,
    /// Until then nothing is tried.
    pub blocked_until: Option<Instant>,
}

/// A certificate that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Making {
    /// Of the public key. No other one is certified for this right.
    pub key: Digest,
    /// The case of its issuance.
    pub issuance: IssuanceId,
    /// When it was decided.
    pub at: Instant,
    /// Its last instant (A19).
    pub until: Instant,
}

/// A certificate that was acquired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of the public key.
    pub key: Digest,
    /// The case of its issuance.
    pub issuance: IssuanceId,
    /// Issuer and serial number.
    pub certificate: CertificateId,
    /// Of the certificate.
    pub fingerprint: Fingerprint,
    /// First and last instant of validity.
    pub validity: (Instant, Instant),
    /// When it was acquired.
    pub at: Instant,
    /// The certificate that it was renewed from; `None` where the codes were given for it.
    pub renewed_from: Option<Fingerprint>,
    /// Since when the terminal is known to work with it.
    pub installed: Option<Instant>,
    /// Until then the certificate before it counts too, where policy says so.
    pub overlap: Option<Instant>,
    /// So many days before its end was reminded of it last.
    pub reminded: Option<u16>,
}

impl Case {
    /// The right, from the moment it was opened.
    pub const fn grant(&self) -> Option<&Grant> {
        match self {
            Self::New => None,
            Self::Open { grant, .. }
            | Self::Issuing { grant, .. }
            | Self::Acquired { grant, .. }
            | Self::Renewing { grant, .. }
            | Self::Suspended { grant, .. }
            | Self::Replaced { grant, .. } => Some(grant),
        }
    }

    /// The certificate that counts.
    pub const fn held(&self) -> Option<&Held> {
        match self {
            Self::Acquired { held, .. } | Self::Renewing { held, .. } => Some(held),
            Self::New | Self::Open { .. } | Self::Issuing { .. } | Self::Suspended { .. } | Self::Replaced { .. } => {
                None
            }
        }
    }

    /// What is being made.
    pub const fn making(&self) -> Option<&Making> {
        match self {
            Self::Issuing { making, .. } | Self::Renewing { making, .. } => Some(making),
            Self::New | Self::Open { .. } | Self::Acquired { .. } | Self::Suspended { .. } | Self::Replaced { .. } => {
                None
            }
        }
    }
}
