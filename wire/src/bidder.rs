//! What registration, renewal and their review share at an ordering body (発注機関), by program: cards, the company's entry
//! in the register, both compared, and what a company says about an application that it sent.

use crate::office::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A card as its signature certificate says it. A text that it does not have is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidderCard {
    /// SHA-256 of the signature certificate.
    pub card: String,
    /// ICカード企業名称; ICカード商号又は名称
    pub company: String,
    /// ICカード企業住所; ICカード取得者業者所在地
    pub company_address: String,
    /// ICカード取得者氏名
    pub holder: String,
    /// ICカード取得者住所
    pub holder_address: String,
    /// 法人番号
    pub corporate_number: String,
    /// 証明書シリアル番号, in full.
    pub serial: String,
    /// 証明書発行者
    pub issuer: String,
    /// Begin of its validity.
    pub not_before: i64,
    /// 証明書有効期限
    pub not_after: i64,
}

/// A company's entry in the register (入札参加資格者名簿), where it has one that counts today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// 登録番号
    pub number: String,
    /// 企業名称; 商号又は名称
    pub name: String,
    /// 企業住所; 所在地
    pub address: String,
    /// 代表者氏名, or 受任者氏名 where one is delegated for the whole qualification.
    pub representative: String,
    /// 法人番号
    pub corporate_number: Option<String>,
    /// The first day of the qualification.
    pub valid_from: String,
    /// Its last day.
    pub valid_until: String,
}

/// The register's entry beside the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// 商号又は名称
    pub company: Likeness,
    /// 氏名
    pub person: Likeness,
    /// Whose name the holder's was compared with.
    pub against: Against,
}

/// How alike two names are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Likeness {
    /// What came out.
    pub class: Class,
    /// Where they are not alike, from the beginning on.
    pub differences: Vec<Difference>,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// One name.
    Match,
    /// One name in other glyphs of the same characters.
    Variant,
    /// Nothing can be said.
    NotComparable,
    /// Two names.
    Mismatch,
}

/// A part in which two names differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// In the register; empty where nothing stands there.
    pub register: String,
    /// On the card.
    pub card: String,
    /// Whether they are glyphs of one character.
    pub variant: bool,
}

/// Who of a company may hold its card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// 代表者
    Representative,
    /// 受任者
    Delegate,
}

/// Whom the office writes to, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// 部署名
    pub department: String,
    /// 連絡先氏名
    pub name: String,
    /// 連絡先電話番号
    pub phone: String,
    /// 連絡先FAX番号
    pub fax: Option<String>,
    /// 連絡先メールアドレス
    pub mail: String,
}

/// Why an application was denied or given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// The key of the office's reason.
    pub key: String,
    /// The reason in words; the key again where the office has forgotten it.
    pub says: Text,
    /// What the officer added.
    pub remark: Option<String>,
    /// Until when a 差戻し must be answered.
    pub until: Option<i64>,
}

/// The answer to a 差戻し, by the card in use, which has signed the challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// DER of the certificate of the authentication key (PIV 9A).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub authentication: String,
    /// DER of the certificate of the signature key (PIV 9C).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub signature: String,
    /// Signature over the challenge's message.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 2_000))]
    pub proof: String,
    /// One line.
    #[schemars(length(min = 1, max = 400))]
    pub remark: String,
}

/// What was applied for, for whoever applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidderReceipt {
    /// 受付番号
    pub number: String,
    /// 確認コード
    pub check_code: String,
    /// 受付日時
    pub accepted_at: i64,
    /// The word for what has become of it.
    pub state: String,
    /// Since when it is in force, where it is.
    pub done_at: Option<i64>,
    /// SHA-256 of the text that was signed.
    pub text: String,
}
