//! What a decision on an application says and does.

use alloc::string::String;
use alloc::vec::Vec;

use crate::identity::{Digest, OfficerId, OrganisationId};
use crate::number::Number;
use crate::terminal::Terminal;
use crate::time::Day;

/// What the audit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A draft was begun.
    Opened {
        /// By this customer.
        organisation: OrganisationId,
    },
    /// 申込担当者 was entered.
    Entered,
    /// 論理端末 was entered.
    Chosen {
        /// So many terminals.
        terminals: usize,
    },
    /// 申込内容を登録する
    Applied {
        /// Under this number.
        number: Number,
        /// What is decided upon.
        content: Digest,
        /// 再発行希望日
        day: Day,
        /// Which terminals.
        terminals: Vec<Terminal>,
    },
    /// It was corrected and sent off anew.
    Corrected {
        /// Under this number.
        number: Number,
        /// What is decided upon from here on.
        content: Digest,
        /// 再発行希望日
        day: Day,
        /// Which terminals.
        terminals: Vec<Terminal>,
    },
    /// The draft was given up.
    Abandoned,
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
    Seconded {
        /// Who.
        by: OfficerId,
        /// By this text.
        text: Digest,
    },
    /// 審査終了
    Approved {
        /// By this officer.
        by: OfficerId,
        /// By this text.
        text: Digest,
        /// Under this number.
        number: Number,
    },
    /// 不承認
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
    /// 確認事項あり
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
    /// 取り下げ
    Withdrawn {
        /// Under this number.
        number: Number,
    },
    /// The morning has done some of its terminals, or failed with others.
    Progressed {
        /// Under this number.
        number: Number,
        /// So many are done now.
        opened: usize,
        /// So many are troubled.
        troubled: usize,
    },
    /// 再発行完了
    Reissued {
        /// Under this number.
        number: Number,
        /// So many terminals.
        terminals: usize,
    },
}

/// Must be true the moment the decision is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// These terminals are in this open application, and in no other one (G-S3). Those that it held before and that are not
    /// among them are free again.
    Occupy {
        /// Which.
        terminals: Vec<Terminal>,
    },
    /// They are not any more.
    Vacate,
    /// The morning of this day looks at it.
    Await {
        /// 再発行希望日
        day: Day,
    },
    /// No morning looks at it any more.
    Done,
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
    /// To 申込担当者, at most once for each case and letter; a return is told each time.
    Mail(Letter),
}

/// The letters of this procedure (DOMAIN §6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// デジタル証明書の再発行受付完了
    Received,
    /// デジタル証明書再発行申込に関する確認事項のお知らせ
    Returned,
    /// デジタル証明書再発行申込確認完了のお知らせ (A20)
    Completed,
    /// デジタル証明書再発行申込の不承認のお知らせ
    Denied,
    /// デジタル証明書再発行申込の取り下げのお知らせ
    Withdrawn,
}

impl Letter {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Received,
        Self::Returned,
        Self::Completed,
        Self::Denied,
        Self::Withdrawn,
    ];
}
