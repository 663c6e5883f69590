//! The states of an application (DOMAIN §6.6).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::applicant::Applicant;
use crate::identity::{Digest, GrantId, OrganisationId};
use crate::number::Number;
use crate::renewal::Approvals;
use crate::review::{Approval, Reason, Review};
use crate::terminal::Terminal;
use crate::time::{Day, Instant};

/// An application's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// 下書き
    Drafting {
        /// Whose.
        opened: Opened,
        /// What was entered so far.
        draft: Draft,
    },
    /// 受付
    Received {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Since when it waits.
        review: Review,
        /// What the applicant corrects, before it is sent off anew.
        draft: Option<Box<Draft>>,
    },
    /// 審査中: an officer has it, or had it, or one of two persons has approved it.
    Examining {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Who has it, and who approved it.
        review: Review,
    },
    /// 確認事項あり
    Returned {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// What is to be corrected.
        reason: Box<Reason>,
        /// By whom, and when.
        by: Approval,
        /// What the applicant corrects, before it is sent off anew.
        draft: Option<Box<Draft>>,
    },
    /// 審査終了: the desired day is waited for, or some terminals are not done yet.
    Approved {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Who approved it.
        approvals: Box<Approvals>,
        /// How far each terminal is, in the application's order.
        progress: Vec<Progress>,
    },
    /// 再発行完了
    Reissued {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Who approved it.
        approvals: Box<Approvals>,
        /// What was opened, in the application's order.
        grants: Vec<(Terminal, GrantId)>,
        /// When the last one was.
        at: Instant,
    },
    /// 不承認
    Denied {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// Why.
        reason: Box<Reason>,
        /// By whom, and when.
        by: Approval,
    },
    /// 取り下げ
    Withdrawn {
        /// What was applied for.
        submitted: Box<Submitted>,
        /// When.
        at: Instant,
    },
    /// A draft that was given up, or that nobody came back for.
    Abandoned {
        /// When.
        at: Instant,
    },
}

/// Who began it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The customer.
    pub organisation: OrganisationId,
    /// When.
    pub at: Instant,
}

/// What was entered so far, each part checked. Either one can be gone back to without loss of the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// 申込担当者
    pub contact: Option<Box<Applicant>>,
    /// 論理端末
    pub wish: Option<Wish>,
}

/// What is applied for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// 再発行希望日
    pub day: Day,
    /// 再発行理由
    pub cause: Cause,
    /// 再発行を希望する論理端末 (R306)
    pub terminals: Vec<Terminal>,
}

/// 再発行理由
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// 有効期限切れ
    Expired,
    /// 端末の入れ替え
    Exchanged,
    /// その他の理由, in the applicant's words (A21).
    Other(Option<String>),
}

/// What was sent off with 「申込内容を登録する」.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Who began it.
    pub opened: Opened,
    /// 申込担当者
    pub contact: Box<Applicant>,
    /// 論理端末
    pub wish: Wish,
    /// Of exactly what is decided upon.
    pub content: Digest,
    /// 申込受付番号
    pub number: Number,
    /// 申込受付日時
    pub at: Instant,
}

/// How far a terminal of an approved application is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which terminal.
    pub terminal: Terminal,
    /// How far.
    pub step: Step,
}

/// How far a terminal of an approved application is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its day has not come, or nobody has looked at it yet.
    Waiting,
    /// It was tried, and came to nothing; it is tried again.
    Troubled {
        /// Why.
        trouble: Trouble,
        /// Since when.
        since: Instant,
    },
    /// The right to its new certificate is open.
    Opened(GrantId),
}

/// Why a terminal could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The customer has no such terminal any more.
    Gone,
    /// The machine could not do it.
    Failed,
}

impl Case {
    /// Who began it, while that is kept.
    pub const fn opened(&self) -> Option<Opened> {
        match self {
            Self::New | Self::Abandoned { .. } => None,
            Self::Drafting { opened, .. } => Some(*opened),
            Self::Received { submitted, .. }
            | Self::Examining { submitted, .. }
            | Self::Returned { submitted, .. }
            | Self::Approved { submitted, .. }
            | Self::Reissued { submitted, .. }
            | Self::Denied { submitted, .. }
            | Self::Withdrawn { submitted, .. } => Some(submitted.opened),
        }
    }

    /// What was applied for, once it was sent off.
    pub const fn submitted(&self) -> Option<&Submitted> {
        match self {
            Self::New | Self::Drafting { .. } | Self::Abandoned { .. } => None,
            Self::Received { submitted, .. }
            | Self::Examining { submitted, .. }
            | Self::Returned { submitted, .. }
            | Self::Approved { submitted, .. }
            | Self::Reissued { submitted, .. }
            | Self::Denied { submitted, .. }
            | Self::Withdrawn { submitted, .. } => Some(submitted),
        }
    }

    /// What officers look at, while they do.
    pub const fn review(&self) -> Option<&Review> {
        match self {
            Self::Received { review, .. } | Self::Examining { review, .. } => Some(review),
            Self::New
            | Self::Drafting { .. }
            | Self::Returned { .. }
            | Self::Approved { .. }
            | Self::Reissued { .. }
            | Self::Denied { .. }
            | Self::Withdrawn { .. }
            | Self::Abandoned { .. } => None,
        }
    }

    /// What the applicant's pages show to be entered or corrected: the draft, or what was sent off where nothing of it was
    /// corrected yet. `None` where nothing can be entered any more.
    pub fn draft(&self) -> Option<Draft> {
        match self {
            Self::Drafting { draft, .. } => Some(draft.clone()),
            Self::Received { submitted, draft, .. } | Self::Returned { submitted, draft, .. } => {
                Some(draft.as_deref().cloned().unwrap_or_else(|| Draft::of(submitted)))
            }
            Self::New
            | Self::Examining { .. }
            | Self::Approved { .. }
            | Self::Reissued { .. }
            | Self::Denied { .. }
            | Self::Withdrawn { .. }
            | Self::Abandoned { .. } => None,
        }
    }
}

impl Draft {
    /// What was sent off, to be corrected.
    pub fn of(submitted: &Submitted) -> Self {
        Self {
            contact: Some(submitted.contact.clone()),
            wish: Some(submitted.wish.clone()),
        }
    }
}

impl Cause {
    /// Its key in forms and rows.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Exchanged => "exchanged",
            Self::Other(_) => "other",
        }
    }
}
