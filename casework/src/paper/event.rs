//! What the audit says of a paper application: accounts, digests and numbers, never a name.

use alloc::string::String;

use crate::application::Ground;
use crate::identity::{Digest, OfficerId};
use crate::number::Number;

/// What the audit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was entered or changed; whatever was approved before is void.
    Entered {
        /// By this officer.
        by: OfficerId,
        /// With this content.
        content: Digest,
        /// For this reason.
        ground: Ground,
    },
    /// The text went out for the entering officer's signature.
    Presented {
        /// To this officer.
        by: OfficerId,
        /// Which text.
        text: Digest,
    },
    /// It was signed and waits.
    Submitted {
        /// By this officer.
        by: OfficerId,
        /// With this content.
        content: Digest,
        /// By this text.
        text: Digest,
        /// Under this number.
        number: Number,
    },
    /// An officer took it.
    Claimed {
        /// Who.
        by: OfficerId,
    },
    /// The officer put it back.
    Released {
        /// Who.
        by: OfficerId,
    },
    /// It was handed to another officer.
    Reassigned {
        /// By this administrator.
        by: OfficerId,
        /// To this officer.
        to: OfficerId,
    },
    /// A decision's text went out for signature.
    Asked {
        /// To this officer.
        by: OfficerId,
        /// Which text.
        text: Digest,
    },
    /// One person approved it, another has to.
    Approved {
        /// Who.
        by: OfficerId,
        /// By this text.
        text: Digest,
    },
    /// Approved, and revoked.
    Revoked {
        /// By this officer.
        by: OfficerId,
        /// By this text.
        text: Digest,
        /// For this reason.
        ground: Ground,
        /// Under this number.
        number: Number,
    },
    /// 不受理
    Denied {
        /// By this officer.
        by: OfficerId,
        /// By this text.
        text: Digest,
        /// The saved reason.
        reason: String,
    },
    /// 差戻し
    Returned {
        /// By this officer.
        by: OfficerId,
        /// By this text.
        text: Digest,
        /// The saved reason.
        reason: String,
    },
    /// 取下げ
    Withdrawn {
        /// Entered by this officer.
        by: OfficerId,
    },
}
