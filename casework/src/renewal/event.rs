//! What a renewal leads to: what the audit says, what must be true at once, and what is sent.

use alloc::string::String;
use alloc::vec::Vec;

use super::state::{Approvals, Submitted};
use crate::identity::{Digest, Fingerprint, OfficerId, RegistrationId};
use crate::names::Difference;
use crate::number::Number;
use crate::time::Instant;

/// What the audit says: fingerprints, digests and numbers, never a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Both cards were read and have signed.
    Opened {
        /// The current card.
        from: Fingerprint,
        /// The new card.
        to: Fingerprint,
        /// What they signed.
        texts: (Digest, Digest),
    },
    /// The page went out for the new card's signature.
    Asked {
        /// Which text.
        text: Digest,
    },
    /// 「戻る」
    Back,
    /// The names differ: it is held.
    Held {
        /// The current card, which stays.
        from: Fingerprint,
        /// The new card, which waits.
        to: Fingerprint,
        /// By this text.
        text: Digest,
        /// Under this number.
        number: Number,
    },
    /// The new card has taken the current one's place.
    Renewed {
        /// The card that is refused from now on.
        from: Fingerprint,
        /// The card that is accepted from now on.
        to: Fingerprint,
        /// By the applicant's text.
        text: Digest,
        /// Under this number.
        number: Number,
        /// Approved by this officer and this text, where it had been held.
        approved: Option<(OfficerId, Digest)>,
        /// The glyphs in which the names differ and were taken for the same (DOMAIN §9.3).
        variants: Vec<Difference>,
    },
    /// The holder gave up before 更新, or did not come back.
    Abandoned {
        /// The current card.
        from: Fingerprint,
        /// The new card.
        to: Fingerprint,
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
    Proposed {
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
    /// It was approved, and the new card is not accepted any more: it stays held.
    Unfit {
        /// By this officer.
        by: OfficerId,
        /// Under this number.
        number: Number,
    },
    /// 否認
    Denied {
        /// By this officer.
        by: OfficerId,
        /// By this text.
        text: Digest,
        /// The saved reason.
        reason: String,
        /// Under this number.
        number: Number,
    },
    /// 差戻し
    Returned {
        /// By this officer.
        by: OfficerId,
        /// By this text.
        text: Digest,
        /// The saved reason.
        reason: String,
        /// Under this number.
        number: Number,
    },
    /// The company answered a 差戻し.
    Answered {
        /// Under this number.
        number: Number,
        /// What is decided upon from here on.
        content: Digest,
    },
    /// 取下げ
    Withdrawn {
        /// Under this number.
        number: Number,
    },
    /// Nobody answered a 差戻し.
    Lapsed {
        /// Under this number.
        number: Number,
    },
}

/// Must be true the moment the decision is: whoever logs in is told by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The registration has that card from now on, and the card before is 更新済(使用不可). It fails where the registration
    /// has another card than `from`, or the office knows `to` already; the caller decides again.
    Bind {
        /// Which registration.
        registration: RegistrationId,
        /// The card that it has.
        from: Fingerprint,
        /// The card that it gets.
        to: Fingerprint,
        /// When.
        at: Instant,
    },
    /// Both cards are in an open application (G-S3). Unique per card and office.
    Occupy {
        /// The current one and the new one.
        cards: [Fingerprint; 2],
    },
    /// They are not any more.
    Vacate,
    /// The receipt number, unique over all procedures. A taken one fails the transaction.
    Number {
        /// To be taken.
        number: Number,
    },
    /// The queue says what the case says.
    Queue,
}

/// May be a little late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// To the registered address, at most once for each case and letter.
    Mail(Letter),
}

/// The letters of this procedure (DOMAIN §4.5, §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// ICカード更新申請受付（審査中）のお知らせ
    Held,
    /// ICカード更新申請承認
    Approved,
    /// ICカード更新完了通知; under `core` ICカード更新完了のお知らせ.
    Completed,
    /// ICカード更新申請否認
    Denied,
    /// ICカード更新申請の差戻しのお知らせ
    Returned,
    /// ICカード更新申請の取下げのお知らせ
    Withdrawn,
    /// ICカード更新申請の期限切れのお知らせ
    Lapsed,
}

impl Letter {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Held,
        Self::Approved,
        Self::Completed,
        Self::Denied,
        Self::Returned,
        Self::Withdrawn,
        Self::Lapsed,
    ];
}

impl Event {
    pub(super) fn renewed(submitted: &Submitted, approvals: Option<&Approvals>) -> Self {
        Self::Renewed {
            from: submitted.opened.from,
            to: submitted.opened.to,
            text: submitted.text,
            number: submitted.number,
            approved: approvals.map(|approvals| (approvals.last.officer, approvals.last.text)),
            variants: submitted.variants(),
        }
    }
}
