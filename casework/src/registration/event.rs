//! What a registration leads to: what the audit says, what must be true at once, and what is sent.

use alloc::boxed::Box;
use alloc::string::String;

use super::form::Contact;
use crate::identity::{Digest, Fingerprint, OfficerId, RegistrationId};
use crate::number::Number;
use crate::register::BusinessNumber;
use crate::time::Instant;

/// What the audit says: fingerprints, digests and numbers, never a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A card was shown.
    Opened {
        /// Which.
        card: Fingerprint,
    },
    /// The company told the secret of its entry.
    Proved,
    /// The form was complete.
    Entered,
    /// 「修正する」
    Edited,
    /// The page went out for signature.
    Asked {
        /// Which text.
        text: Digest,
    },
    /// The names differ: it is held.
    Held {
        /// The card.
        card: Fingerprint,
        /// By this text.
        text: Digest,
        /// Under this number.
        number: Number,
    },
    /// It is registered, or changed.
    Registered {
        /// With this card.
        card: Fingerprint,
        /// By the applicant's text.
        text: Digest,
        /// Under this number.
        number: Number,
        /// Approved by this officer and this text, where it had been held.
        approved: Option<(OfficerId, Digest)>,
    },
    /// The company gave up, or did not come back.
    Abandoned {
        /// The card.
        card: Fingerprint,
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
    /// The case's registration, with its first card. It fails where the office knows the card already; the caller decides
    /// again.
    Register {
        /// Of which company.
        business: BusinessNumber,
        /// With this card.
        card: Fingerprint,
        /// Whom to write to.
        contact: Box<Contact>,
        /// When.
        at: Instant,
    },
    /// A registration's contact. It fails where the registration has another card than `card`; the caller decides again.
    Change {
        /// Which registration.
        registration: RegistrationId,
        /// The card that it has.
        card: Fingerprint,
        /// Whom to write to.
        contact: Box<Contact>,
        /// When.
        at: Instant,
    },
    /// The card is in an open application (G-S3). Unique per card and office.
    Occupy {
        /// Which.
        card: Fingerprint,
    },
    /// It is not any more.
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

/// The letters of this procedure, as those of a renewal (DOMAIN §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// 利用者登録申請受付（審査中）のお知らせ
    Held,
    /// 利用者登録申請承認
    Approved,
    /// 利用者登録完了のお知らせ
    Completed,
    /// 利用者登録申請否認
    Denied,
    /// 利用者登録申請の差戻しのお知らせ
    Returned,
    /// 利用者登録申請の取下げのお知らせ
    Withdrawn,
    /// 利用者登録申請の期限切れのお知らせ
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
