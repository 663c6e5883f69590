//! The states of a registration.

use alloc::boxed::Box;
use alloc::string::String;

use super::form::Contact;
use crate::identity::{Digest, Fingerprint, RegistrationId};
use crate::number::Number;
use crate::register::{BusinessNumber, Compared};
use crate::renewal::Approvals;
use crate::review::{Approval, Reason, Review, Stage};
use crate::time::Instant;

/// A registration's, or a change's, life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// The card was shown; the company proves itself and fills in the form.
    Entering {
        /// What was proved.
        opened: Opened,
        /// The company, once it has shown that it is the one in the register.
        business: Option<BusinessNumber>,
        /// What was entered before 「修正する」.
        draft: Option<Box<Contact>>,
    },
    /// Everything is shown once more.
    Reviewing {
        /// What was proved.
        opened: Opened,
        /// The company.
        business: BusinessNumber,
        /// What was entered.
        contact: Box<Contact>,
    },
    /// The page is out for signature.
    Awaiting {
        /// What was proved.
        opened: Opened,
        /// The company.
        business: BusinessNumber,
        /// What was entered.
        contact: Box<Contact>,
        /// The text to be signed.
        text: Digest,
        /// After this the signature comes too late.
        until: Instant,
    },
    /// 保留・審査待ち
    Held {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Who has it, and who approved it.
        review: Review,
    },
    /// 差戻し
    Returned {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// What is wanted.
        reason: Box<Reason>,
        /// By whom, and when.
        by: Approval,
        /// After this it lapses.
        until: Instant,
        /// What the company corrects before it signs anew.
        correction: Option<Correction>,
    },
    /// 登録完了, 変更完了
    Registered {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Who approved it, where it had been held.
        approvals: Option<Box<Approvals>>,
        /// Since when it is so.
        at: Instant,
    },
    /// 否認
    Denied {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Why.
        reason: Box<Reason>,
        /// By whom, and when.
        by: Approval,
    },
    /// 取下げ
    Withdrawn {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// When.
        at: Instant,
    },
    /// 期限切れ: nobody answered a 差戻し.
    Lapsed {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// When.
        at: Instant,
    },
    /// 中止, or nobody came back.
    Abandoned {
        /// When.
        at: Instant,
    },
}

/// What a company corrects of an application that was given back. What was sent off stands until it is signed anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// What was entered.
    pub contact: Box<Contact>,
    /// The page that is out for signature.
    pub out: Option<Out>,
}

/// A page that is out for signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Out {
    /// The text to be signed.
    pub text: Digest,
    /// After this the signature comes too late.
    pub until: Instant,
}

/// 登録 or 変更.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 登録
    New,
    /// 変更
    Change {
        /// Of which registration.
        registration: RegistrationId,
    },
}

/// What was proved when the case began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// 登録 or 変更.
    pub kind: Kind,
    /// The card: the one that it is to have, or has.
    pub card: Fingerprint,
    /// When it was shown.
    pub at: Instant,
}

/// What was applied for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// What was proved before.
    pub opened: Opened,
    /// The company.
    pub business: BusinessNumber,
    /// What was entered.
    pub contact: Box<Contact>,
    /// The card, compared with the register's entry; `None` where the register had none that counted.
    pub compared: Option<Compared>,
    /// The version of the table of variants that it was compared with.
    pub table: u32,
    /// The page that the card signed.
    pub text: Digest,
    /// Of exactly what is decided upon: that page, and the answer to a 差戻し.
    pub content: Digest,
    /// 受付番号
    pub number: Number,
    /// 受付日時
    pub at: Instant,
    /// The company's answer to a 差戻し.
    pub answer: Option<String>,
}

impl Case {
    /// What was proved, while it is kept.
    pub const fn opened(&self) -> Option<&Opened> {
        match self {
            Self::New | Self::Abandoned { .. } => None,
            Self::Entering { opened, .. } | Self::Reviewing { opened, .. } | Self::Awaiting { opened, .. } => {
                Some(opened)
            }
            Self::Held { submitted, .. }
            | Self::Returned { submitted, .. }
            | Self::Registered { submitted, .. }
            | Self::Denied { submitted, .. }
            | Self::Withdrawn { submitted, .. }
            | Self::Lapsed { submitted, .. } => Some(&submitted.opened),
        }
    }

    /// The company, once it is known.
    pub const fn business(&self) -> Option<&BusinessNumber> {
        match self {
            Self::New | Self::Abandoned { .. } => None,
            Self::Entering { business, .. } => business.as_ref(),
            Self::Reviewing { business, .. } | Self::Awaiting { business, .. } => Some(business),
            Self::Held { submitted, .. }
            | Self::Returned { submitted, .. }
            | Self::Registered { submitted, .. }
            | Self::Denied { submitted, .. }
            | Self::Withdrawn { submitted, .. }
            | Self::Lapsed { submitted, .. } => Some(&submitted.business),
        }
    }

    /// What was applied for, once it was sent off.
    pub const fn submitted(&self) -> Option<&Submitted> {
        match self {
            Self::New
            | Self::Entering { .. }
            | Self::Reviewing { .. }
            | Self::Awaiting { .. }
            | Self::Abandoned { .. } => None,
            Self::Held { submitted, .. }
            | Self::Returned { submitted, .. }
            | Self::Registered { submitted, .. }
            | Self::Denied { submitted, .. }
            | Self::Withdrawn { submitted, .. }
            | Self::Lapsed { submitted, .. } => Some(submitted),
        }
    }

    /// What was entered and is shown once more, for the first time or corrected.
    pub const fn entered(&self) -> Option<&Contact> {
        match self {
            Self::Reviewing { contact, .. } | Self::Awaiting { contact, .. } => Some(contact),
            Self::Returned {
                correction: Some(correction),
                ..
            } => Some(&correction.contact),
            Self::New
            | Self::Entering { .. }
            | Self::Held { .. }
            | Self::Returned { correction: None, .. }
            | Self::Registered { .. }
            | Self::Denied { .. }
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. }
            | Self::Abandoned { .. } => None,
        }
    }

    /// The page that is out for signature.
    pub const fn out(&self) -> Option<Out> {
        match self {
            Self::Awaiting { text, until, .. } => Some(Out {
                text: *text,
                until: *until,
            }),
            Self::Returned {
                correction: Some(correction),
                ..
            } => correction.out,
            Self::New
            | Self::Entering { .. }
            | Self::Reviewing { .. }
            | Self::Held { .. }
            | Self::Returned { correction: None, .. }
            | Self::Registered { .. }
            | Self::Denied { .. }
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. }
            | Self::Abandoned { .. } => None,
        }
    }

    /// Where it stands, once it was sent off.
    pub const fn stage(&self) -> Option<Stage<'_>> {
        Some(match self {
            Self::New
            | Self::Entering { .. }
            | Self::Reviewing { .. }
            | Self::Awaiting { .. }
            | Self::Abandoned { .. } => return None,
            Self::Held { review, .. } => Stage::Held(review),
            Self::Returned { reason, until, .. } => Stage::Returned { reason, until: *until },
            Self::Registered { .. } => Stage::Done,
            Self::Denied { reason, .. } => Stage::Denied(reason),
            Self::Withdrawn { .. } => Stage::Withdrawn,
            Self::Lapsed { .. } => Stage::Lapsed,
        })
    }

    /// The same case with another correction; one that was not given back has none.
    pub(super) fn corrected(&self, correction: Option<Correction>) -> Self {
        let mut case = self.clone();
        if let Self::Returned { correction: own, .. } = &mut case {
            *own = correction;
        }
        case
    }
}
