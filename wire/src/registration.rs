//! 利用者登録 at an ordering body, 登録 and 変更, by program: what a company's pages show and take.

use crate::api::ToSign;
use crate::bidder::{Because, BidderCard, Compared, Contact, Listed};
use crate::office::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginRegistration {
    /// 登録 or 変更.
    pub kind: Kind,
    /// In which language the company reads.
    pub language: Language,
}

/// 登録 or 変更.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 登録: the card becomes one of the company's.
    New,
    /// 変更 of what is registered with the card.
    Change,
}

/// The company shows that it is the one in the register: by its number, and a secret that it was given for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanyProof {
    /// 登録番号
    #[schemars(length(max = 100))]
    pub number: String,
    /// Which secret it is.
    pub kind: SecretKind,
    /// The secret. It is compared, and kept nowhere.
    #[schemars(length(max = 200))]
    pub secret: String,
}

/// With what a company proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// 登録用パスワード
    Password,
    /// The code of a letter.
    Code,
}

/// ICカード利用部署情報, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContactForm {
    /// 部署名
    #[schemars(length(max = 1_000))]
    pub department: String,
    /// 連絡先氏名
    #[schemars(length(max = 1_000))]
    pub name: String,
    /// 連絡先電話番号
    #[schemars(length(max = 1_000))]
    pub phone: String,
    /// 連絡先FAX番号; it may be left out.
    #[schemars(length(max = 1_000))]
    pub fax: String,
    /// 連絡先メールアドレス
    #[schemars(length(max = 1_000))]
    pub mail: String,
    /// 連絡先メールアドレス(確認)
    #[schemars(length(max = 1_000))]
    pub mail_again: String,
}

/// A registration, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Its case.
    pub id: String,
    /// At which office.
    pub office: String,
    /// 登録 or 変更.
    pub kind: Kind,
    /// Where it stands.
    pub state: RegistrationState,
    /// How many commits the case has seen: the ETag.
    pub version: i64,
    /// The card, once it has proved itself.
    pub card: Option<BidderCard>,
    /// 登録番号, once the company is known.
    pub number: Option<String>,
    /// The company's entry, where it has one that counts today.
    pub listed: Option<Listed>,
    /// The entry beside the card.
    pub compared: Option<Compared>,
    /// Whether it is held for review once it is signed, while it is not.
    pub will_be_held: Option<bool>,
    /// What was entered.
    pub contact: Option<Contact>,
    /// What is registered now, of a change.
    pub before: Option<Contact>,
    /// The text that is to be signed, while the state is `awaiting`.
    pub to_sign: Option<ToSign>,
    /// 受付番号, once it was applied for.
    pub receipt: Option<String>,
    /// Why it was denied or given back.
    pub because: Option<Because>,
    /// The company's answer to a 差戻し.
    pub answer: Option<String>,
}

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// The card is to be shown.
    Begun,
    /// The card has proved itself; the company is to.
    Proving,
    /// The form is to be filled in.
    Entering,
    /// The form was taken; it is to be confirmed.
    Reviewing,
    /// The text is out for signature.
    Awaiting,
    /// 保留・審査待ち
    Held,
    /// 差戻し: it waits for the company's answer.
    Returned,
    /// In force.
    Registered,
    /// 否認
    Denied,
    /// 取下げ
    Withdrawn,
    /// Nobody answered a 差戻し.
    Lapsed,
    /// Given up.
    Abandoned,
}

impl fmt::Debug for CompanyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompanyProof")
            .field("number", &self.number)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
