//! ICカード更新 at an ordering body by program: what a company's pages show and take, with both cards in the program's hands.

use crate::api::{CardShown, ToSign};
use crate::bidder::{Because, BidderCard, Compared, Listed};
use crate::code::Code;
use crate::office::{Language, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The current card, and the new one as soon as it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardsShown {
    /// 現在使用しているICカード
    pub current: CardShown,
    /// 新規に使用するICカード; nothing before the swap.
    pub new: Option<CardShown>,
}

/// What the two cards sign before anything is shown: that both are there, for this registration. Nothing changes by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CeremonyTexts {
    /// For the current card.
    pub current: ToSign,
    /// For the new card, once it was shown.
    pub new: Option<ToSign>,
}

/// A card that has signed its text of the ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardSigned {
    /// DER of the certificate of the authentication key (PIV 9A).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub authentication: String,
    /// DER of the certificate of the signature key (PIV 9C).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub signature: String,
    /// DER of the CMS SignedData without the content.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 20_000))]
    pub cms: String,
}

/// Both cards have signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardsSigned {
    /// 現在使用しているICカード
    pub current: CardSigned,
    /// 新規に使用するICカード
    pub new: CardSigned,
    /// 担当者, one line, where there is something to say.
    #[schemars(length(min = 1, max = 20))]
    pub person: Option<String>,
}

/// 「更新」: everything that was shown is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRenewal {
    /// In which language the text is written.
    pub language: Language,
    /// That the new card ends before the current one was read (W-OLDER); needed where it does.
    #[serde(default)]
    pub older: bool,
}

/// A renewal, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// Its case.
    pub id: String,
    /// At which office.
    pub office: String,
    /// Where it stands.
    pub state: RenewalState,
    /// How many commits the case has seen: the ETag.
    pub version: i64,
    /// 現在使用しているICカード, once both have signed.
    pub current: Option<BidderCard>,
    /// 新規に使用するICカード
    pub new: Option<BidderCard>,
    /// 担当者
    pub person: Option<String>,
    /// The company's entry, where it has one that counts today.
    pub listed: Option<Listed>,
    /// The entry beside the new card.
    pub compared: Option<Compared>,
    /// Whether it is held for review once it is signed, while it is not.
    pub will_be_held: Option<bool>,
    /// What is to be read before 更新.
    pub warnings: Vec<Warning>,
    /// The open bids that bidding systems told of the current card or its company here, while it is not signed.
    pub bids: Vec<OpenBid>,
    /// The text that is to be signed by the new card, while the state is `awaiting`.
    pub to_sign: Option<ToSign>,
    /// 受付番号, once it was applied for.
    pub receipt: Option<String>,
    /// When the new card took the current one's place.
    pub renewed_at: Option<i64>,
    /// Why it was denied or given back.
    pub because: Option<Because>,
    /// The company's answer to a 差戻し.
    pub answer: Option<String>,
}

/// What is to be read before 更新, and does not hinder it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Which one.
    pub code: Code,
    /// The same in words.
    pub detail: Text,
}

/// An open bid, as a bidding system told it. Nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBid {
    /// The ordering body.
    pub office: String,
    /// What the system calls it.
    pub id: String,
    /// 案件名
    pub title: String,
    /// 開札日
    pub opens_on: String,
    /// Whether it is opened after the current card has ended.
    pub after_card: bool,
}

/// Where a renewal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RenewalState {
    /// Both cards are to be shown, and to sign.
    Begun,
    /// 電子証明書更新確認
    Confirming,
    /// The text is out for the new card's signature.
    Awaiting,
    /// 保留・審査待ち: the current card goes on.
    Held,
    /// 差戻し: it waits for the company's answer.
    Returned,
    /// The new card is in use, the other one is not any more.
    Renewed,
    /// 否認
    Denied,
    /// 取下げ
    Withdrawn,
    /// Nobody answered a 差戻し.
    Lapsed,
    /// Given up.
    Abandoned,
}
