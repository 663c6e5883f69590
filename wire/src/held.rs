//! What is held at an ordering body, by an officer's program: 名簿, 旧カード and 新カード, who has it, and its decision.

use crate::api::ToSign;
use crate::bidder::{Because, BidderCard, Compared, Contact, Listed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An application that is held, or was, as officers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Its case.
    pub id: String,
    /// At which office.
    pub office: String,
    /// `registration` or `renewal`.
    pub procedure: String,
    /// The word for its state.
    pub state: String,
    /// How many commits the case has seen: the ETag.
    pub version: i64,
    /// 受付番号
    pub number: String,
    /// 受付日時
    pub accepted_at: i64,
    /// 業者番号
    pub business: Option<String>,
    /// 名簿, where the company has an entry that counts today.
    pub listed: Option<Listed>,
    /// 旧カード, of a renewal.
    pub old: Option<BidderCard>,
    /// 新カード, or the one that is to be registered.
    pub new: BidderCard,
    /// Register and new card, as they were compared when it was applied for.
    pub compared: Option<Compared>,
    /// 担当者, of a renewal.
    pub person: Option<String>,
    /// What was entered, of a registration.
    pub contact: Option<Contact>,
    /// The company's answer to a 差戻し.
    pub answer: Option<String>,
    /// SHA-256 of what is decided upon, while it is.
    pub content: Option<String>,
    /// The text that the token's officer is to sign, while one is out.
    pub to_sign: Option<ToSign>,
    /// Who approved it first, where the office wants two.
    pub first_by: Option<String>,
    /// Who has it.
    pub claimed_by: Option<String>,
    /// Until when.
    pub claimed_until: Option<i64>,
    /// Who decided it.
    pub decided_by: Option<String>,
    /// Why it was denied or given back.
    pub because: Option<Because>,
}
