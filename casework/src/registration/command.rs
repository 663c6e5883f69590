//! What is asked of a registration.

use alloc::boxed::Box;
use alloc::string::String;

use super::{Contact, Kind};
use crate::evidence::{Possession, Presented, ProvedCompany};
use crate::identity::{Digest, Fingerprint};
use crate::number::Number;
use crate::review::Verdict;

/// What holder and officers do. Who the officer is stands in [`Facts`](super::Facts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The card was shown.
    Open {
        /// 登録 or 変更.
        kind: Kind,
        /// The card.
        presented: Presented,
    },
    /// The company told the secret that it was given for its entry in the register.
    Prove(ProvedCompany),
    /// A checked form.
    Enter(Box<Contact>),
    /// 「修正する」
    Edit,
    /// 「登録」 or 「変更」: the page goes out for signature.
    Ask {
        /// Of the text to be signed.
        text: Digest,
    },
    /// The card has signed it.
    Confirm {
        /// The signature.
        signed: Possession,
        /// The receipt number to give, drawn by the caller.
        number: Number,
    },
    /// 中止, or nobody came back.
    Abandon,
    /// 担当する
    Claim,
    /// 担当を外れる
    Release,
    /// An administrator hands it to [`Facts::hand_to`](super::Facts::hand_to).
    Reassign,
    /// 承認, 否認 or 差戻し: the text goes out for the officer's signature.
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
    /// 取下げ, by the company while it is not decided.
    Withdraw {
        /// The card that was shown in this session.
        by: Fingerprint,
    },
    /// The company's answer to a 差戻し.
    Answer {
        /// The card that was shown in this session.
        by: Fingerprint,
        /// What it says, checked.
        remark: String,
        /// Of what is decided upon from here on, the answer included.
        content: Digest,
    },
    /// The time for an answer is over.
    Lapse,
}
