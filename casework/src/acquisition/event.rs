//! What a decision on an acquisition says and does.

use crate::identity::{CertificateId, Digest, Fingerprint, IssuanceId};
use crate::number::Number;
use crate::terminal::Terminal;
use crate::time::{Day, Instant};

/// What the audit says. A code never stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The right was opened.
    Opened {
        /// By the application under this number.
        number: Number,
        /// The last instant at which its codes are taken.
        until: Instant,
    },
    /// Wrong codes were tried.
    Wrong {
        /// So many times in a row.
        times: u32,
    },
    /// The codes were right: a certificate is made for this key.
    Begun {
        /// Which key.
        key: Digest,
        /// In which case.
        issuance: IssuanceId,
    },
    /// What was made, or is being made, was asked for again with the same key.
    Repeated {
        /// Which key.
        key: Digest,
    },
    /// 取得
    Acquired {
        /// Under this number.
        certificate: CertificateId,
        /// With this fingerprint.
        fingerprint: Fingerprint,
    },
    /// 更新
    Renewed {
        /// Under this number.
        certificate: CertificateId,
        /// With this fingerprint.
        fingerprint: Fingerprint,
        /// From this one.
        from: Fingerprint,
    },
    /// A renewal was begun, by the certificate that counts.
    Renewing {
        /// Which key.
        key: Digest,
        /// In which case.
        issuance: IssuanceId,
        /// By this certificate.
        by: Fingerprint,
    },
    /// A renewal that came to nothing was given up.
    Unrenewed,
    /// The terminal works with it.
    Installed {
        /// This certificate.
        fingerprint: Fingerprint,
    },
    /// The time in which the former certificate counted too is over.
    Retired,
    /// The holder was reminded.
    Reminded {
        /// So many days before the end.
        days: u16,
    },
    /// There is nothing to remind of any more: the certificate was revoked.
    Unreminded,
    /// 未取得停止
    Suspended,
    /// A later grant stands in its place.
    Replaced,
}

/// Must be true the moment the decision is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The grant's row, with a fresh 認証コード2, which is from here on the terminal's only one. Unique per application and
    /// terminal. The terminal is not suspended any more.
    Open {
        /// Which terminal.
        terminal: Terminal,
        /// The last instant at which the codes are taken.
        until: Instant,
    },
    /// The terminal has this certificate.
    Certify {
        /// Which terminal.
        terminal: Terminal,
        /// Which certificate.
        certificate: CertificateId,
        /// Of the certificate.
        fingerprint: Fingerprint,
        /// First and last instant of validity.
        validity: (Instant, Instant),
    },
    /// The terminal works with it.
    Install {
        /// Which certificate.
        certificate: CertificateId,
        /// Since when.
        at: Instant,
    },
    /// The revoked row, with *superseded* as its reason. Unique per certificate, whoever revokes.
    Supersede {
        /// Which certificate.
        certificate: CertificateId,
        /// Since when.
        at: Instant,
    },
    /// 未取得停止
    Suspend {
        /// Which terminal.
        terminal: Terminal,
    },
    /// When [`Command::Wake`](super::Command::Wake) has something to do next, if ever.
    Wake {
        /// Then.
        at: Option<Instant>,
    },
}

/// May be a little late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// The shard that holds this certificate.
    PublishCrl {
        /// Which certificate.
        certificate: CertificateId,
    },
    /// To 申込担当者, at most once for each case and letter.
    Mail(Letter),
}

/// The letters of this procedure (DOMAIN §6.6, R303, R308).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// It was not acquired yet.
    Unacquired {
        /// So many days are left.
        days: u16,
    },
    /// The certificate ends soon, and can be renewed.
    Expiring {
        /// So many days before its end.
        days: u16,
        /// Its last day.
        last: Day,
    },
    /// 未取得停止
    Suspended {
        /// The last day on which it was possible.
        last: Day,
    },
}
