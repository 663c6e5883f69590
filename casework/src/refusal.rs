//! The ways in which the rules say no. A refusal knows no HTTP status and no language.

use crate::number::Number;
use crate::time::{Day, Instant};

/// A "no" that belongs to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// E-GATE-1: the two texts shown now are not the versions that were opened.
    NotInformed,
    /// E-CARD-CHANGED: the evidence is of another card than the case.
    AnotherCard,
    /// E-SIGNATURE: the evidence is of another text than the one shown.
    AnotherText,
    /// E-CERT-UNKNOWN: no such certificate was issued here.
    NeverIssued,
    /// E-CERT-NOTYET
    NotYetValid {
        /// When validity begins.
        from: Instant,
    },
    /// E-CERT-EXPIRED (R007)
    Expired {
        /// The last instant of validity.
        at: Instant,
    },
    /// E-CERT-REVOKED (R007)
    AlreadyRevoked {
        /// Since when.
        at: Instant,
    },
    /// The validity asked for is empty, or longer than the authority may give.
    ValidityOutside {
        /// The last instant that could be given.
        until: Instant,
    },
    /// E-DUP: an application for this certificate was accepted.
    AlreadyApplied {
        /// Its receipt number.
        number: Number,
    },
    /// E-REV-LATE (R002)
    Late {
        /// The last day on which it was possible.
        last: Day,
    },
    /// E-STALE: what was sent belongs to an earlier page.
    Stale,
    /// E-STALE: the time for the signature has passed.
    Lapsed,
}
