//! What is asked of an application, and what is known when it is decided.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::state::{Cause, Trouble};
use crate::applicant::Applicant;
use crate::calendar::DesiredDay;
use crate::evidence::Possession;
use crate::identity::{Digest, GrantId, OrganisationId};
use crate::number::Number;
use crate::officer::Officer;
use crate::review::{Parties, Verdict};
use crate::terminal::Terminal;

/// What the applicant, officers and the morning do. Who the applicant is stands in [`Facts::by`], who the officer is in
/// [`Facts::officer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 申込担当者入力へ進む: a draft is begun.
    Open,
    /// 申込担当者, checked.
    Enter(Box<Applicant>),
    /// 論理端末, checked.
    Choose {
        /// 再発行希望日
        day: DesiredDay,
        /// 再発行理由
        cause: Cause,
        /// 再発行を希望する論理端末
        terminals: Vec<Terminal>,
    },
    /// 申込内容を登録する
    Apply {
        /// 再発行希望日, checked again for the day of 登録 (R305, A16).
        day: DesiredDay,
        /// Of exactly what is decided upon.
        content: Digest,
        /// The receipt number to give, drawn by the caller.
        number: Number,
    },
    /// 修正: what was sent off is sent off anew, under its number.
    Correct {
        /// 再発行希望日, checked for today: one that has passed must be chosen anew.
        day: DesiredDay,
        /// Of exactly what is decided upon from here on.
        content: Digest,
    },
    /// The draft is given up, or nobody came back for it.
    Abandon,
    /// 取り下げ
    Withdraw,
    /// 担当する
    Claim,
    /// 担当を外れる
    Release,
    /// An administrator hands it to [`Facts::hand_to`].
    Reassign,
    /// 承認, 不承認 or 差戻し: the text goes out for the officer's signature.
    Propose {
        /// What is to be decided.
        verdict: Verdict,
        /// Of the text to be signed.
        text: Digest,
    },
    /// The officer's card has signed it.
    Decide {
        /// The signature.
        signed: Possession,
    },
    /// The morning has been at its terminals: what was opened stands in [`Facts::granted`].
    Grant {
        /// What came to nothing.
        troubles: Vec<(Terminal, Trouble)>,
    },
}

/// What the store knows at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The customer who acts, if one is logged in.
    pub by: Option<OrganisationId>,
    /// The officer who acts, if the account is active at this moment.
    pub officer: Option<Officer>,
    /// To whom a claim is handed, if that account is active.
    pub hand_to: Option<Officer>,
    /// Who and what it is about.
    pub parties: Parties,
    /// The first approval as its kept signature proves it now (A25).
    pub first: Option<Possession>,
    /// Of the terminals that it is about, those that the office knows, and whose they are.
    pub known: Vec<(Terminal, OrganisationId)>,
    /// Of the terminals that it is about, those in another open application. Guarded by [`Write::Occupy`](super::Write).
    pub open: Vec<(Terminal, Number)>,
    /// What was opened for this application. A grant is never taken back.
    pub granted: Vec<(Terminal, GrantId)>,
}
