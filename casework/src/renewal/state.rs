//! The states of a renewal (DOMAIN §4.5, §5.4).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::identity::{Digest, Fingerprint, RegistrationId};
use crate::names::{Class, Comparison, Difference};
use crate::number::Number;
use crate::register::Compared;
use crate::review::{Approval, Reason, Review, Stage};
use crate::time::Instant;

/// A renewal's life. Before it is renewed nothing has changed, in whichever state it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// 電子証明書更新確認: both cards were read, and their content is shown.
    Confirming {
        /// What was proved.
        opened: Opened,
    },
    /// 「更新」 was pressed: the page is out for the new card's signature.
    Awaiting {
        /// What was proved.
        opened: Opened,
        /// The text to be signed.
        text: Digest,
        /// After this the signature comes too late.
        until: Instant,
    },
    /// 保留・審査待ち, and 審査中 while an officer has it.
    Held {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Who has it, and who approved it.
        review: Review,
    },
    /// 差戻し: an explanation, or another entry in the register, is waited for.
    Returned {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// What is wanted.
        reason: Box<Reason>,
        /// By whom, and when.
        by: Approval,
        /// After this it lapses.
        until: Instant,
    },
    /// 更新完了
    Renewed {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Who approved it, where it had been held.
        approvals: Option<Box<Approvals>>,
        /// When the one card took the other's place.
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
    /// 中止, or nobody came back before 更新.
    Abandoned {
        /// When.
        at: Instant,
    },
}

/// What was proved when the case began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Which registration.
    pub registration: RegistrationId,
    /// 現在使用しているICカード
    pub from: Fingerprint,
    /// 新規に使用するICカード
    pub to: Fingerprint,
    /// What the one signed, and what the other.
    pub texts: (Digest, Digest),
    /// 担当者, as it was typed at the reader.
    pub person: Option<String>,
    /// When both had signed.
    pub at: Instant,
}

/// What was applied for with 更新.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// What was proved before.
    pub opened: Opened,
    /// The new card, compared with the register's entry; `None` where the register had none that counted.
    pub compared: Option<Compared>,
    /// The version of the table of variants that it was compared with.
    pub table: u32,
    /// The page that the new card signed.
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

/// Who approved what had been held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// The first person, where the rule wants two.
    pub first: Option<Approval>,
    /// The last one.
    pub last: Approval,
}

impl Case {
    /// What was proved, while it is kept.
    pub const fn opened(&self) -> Option<&Opened> {
        match self {
            Self::New | Self::Abandoned { .. } => None,
            Self::Confirming { opened } | Self::Awaiting { opened, .. } => Some(opened),
            Self::Held { submitted, .. }
            | Self::Returned { submitted, .. }
            | Self::Renewed { submitted, .. }
            | Self::Denied { submitted, .. }
            | Self::Withdrawn { submitted, .. }
            | Self::Lapsed { submitted, .. } => Some(&submitted.opened),
        }
    }

    /// What was applied for, from 更新 on.
    pub const fn submitted(&self) -> Option<&Submitted> {
        match self {
            Self::New | Self::Confirming { .. } | Self::Awaiting { .. } | Self::Abandoned { .. } => None,
            Self::Held { submitted, .. }
            | Self::Returned { submitted, .. }
            | Self::Renewed { submitted, .. }
            | Self::Denied { submitted, .. }
            | Self::Withdrawn { submitted, .. }
            | Self::Lapsed { submitted, .. } => Some(submitted),
        }
    }

    /// Where it stands, once it was sent off.
    pub const fn stage(&self) -> Option<Stage<'_>> {
        Some(match self {
            Self::New | Self::Confirming { .. } | Self::Awaiting { .. } | Self::Abandoned { .. } => return None,
            Self::Held { review, .. } => Stage::Held(review),
            Self::Returned { reason, until, .. } => Stage::Returned { reason, until: *until },
            Self::Renewed { .. } => Stage::Done,
            Self::Denied { reason, .. } => Stage::Denied(reason),
            Self::Withdrawn { .. } => Stage::Withdrawn,
            Self::Lapsed { .. } => Stage::Lapsed,
        })
    }
}

impl Submitted {
    /// The glyphs in which names differ that were taken for the same (DOMAIN §9.3).
    pub fn variants(&self) -> Vec<Difference> {
        let Some(Compared { company, person, .. }) = &self.compared else {
            return Vec::new();
        };
        [company, person]
            .into_iter()
            .filter(|comparison| comparison.class == Class::Variant)
            .flat_map(Comparison::variants)
            .cloned()
            .collect()
    }
}
