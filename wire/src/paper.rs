//! 書面による失効申込, by program: what an officer enters, reviews and decides.

use crate::api::ToSign;
use crate::office::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the paper says, with its scans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The language of the letters to the applicant.
    pub language: Language,
    /// The signature certificate that the paper names.
    pub certificate: Named,
    /// 失効届
    pub form: Form,
    /// The scans that are sent with it, as JPEG or PNG. Each is made anew; what is kept is named by its digest.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub scans: Vec<Scan>,
    /// The files that are kept already and stay, by their digests.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub kept: Vec<Kept>,
}

/// A certificate by its issuer and number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The authority that issued it.
    #[schemars(regex(pattern = r"^[A-Za-z0-9._-]{1,64}$"))]
    pub authority: String,
    /// Its serial number, decimal.
    #[schemars(regex(pattern = r"^[1-9][0-9]{0,48}$"))]
    pub serial: String,
}

/// A scanned paper as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// JPEG or PNG.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    pub content: String,
}

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// SHA-256 of its octets.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub digest: String,
    /// So many octets.
    pub size: u32,
}

/// 失効届, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Form {
    /// 受付日
    #[schemars(length(max = 1_000))]
    pub received: String,
    /// 申込者の区分: `holder`, `representative` or `third_party`.
    #[schemars(length(max = 1_000))]
    pub applicant: String,
    /// 失効理由: its key.
    #[schemars(length(max = 1_000))]
    pub reason: String,
    /// 失効理由の補足
    #[schemars(length(max = 1_000))]
    pub reason_detail: String,
    /// 事由発生日
    #[schemars(length(max = 1_000))]
    pub event_date: String,
    /// 申込者氏名
    #[schemars(length(max = 1_000))]
    pub name: String,
    /// 申込者氏名(フリガナ)
    #[schemars(length(max = 1_000))]
    pub kana: String,
    /// 郵便番号
    #[schemars(length(max = 1_000))]
    pub postal_code: String,
    /// 住所
    #[schemars(length(max = 1_000))]
    pub address: String,
    /// 連絡先電話番号
    #[schemars(length(max = 1_000))]
    pub phone: String,
    /// メールアドレス, or nothing: letters are posted then.
    #[schemars(length(max = 1_000))]
    pub mail: String,
    /// 添付書類
    #[schemars(length(max = 20))]
    pub enclosures: Vec<Enclosure>,
    /// 金融機関名, where a refund is asked for.
    #[schemars(length(max = 1_000))]
    pub bank: String,
    /// 支店名
    #[schemars(length(max = 1_000))]
    pub branch: String,
    /// 預金種目: `ordinary` or `current`.
    #[schemars(length(max = 1_000))]
    pub account_type: String,
    /// 口座番号
    #[schemars(length(max = 1_000))]
    pub account_number: String,
    /// 口座名義(カナ)
    #[schemars(length(max = 1_000))]
    pub account_holder: String,
}

/// A paper that is enclosed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Enclosure {
    /// What it is: `notice`, `seal_certificate`, `resident_record`, `family_register`, `company_register`, `public_proof`.
    #[schemars(length(max = 100))]
    pub document: String,
    /// Its day of issue, where that counts.
    #[schemars(length(max = 100))]
    pub issued: String,
}

/// To whom a claim is handed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reassign {
    /// The officer's account.
    #[schemars(regex(pattern = r"^[0-7][0-9a-hjkmnp-tv-z]{25}$"))]
    pub to: String,
}

/// What is to be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// In which language the text is written.
    pub language: Language,
    /// The decision.
    pub verdict: Verdict,
    /// The key of one of the office's reasons; needed with `deny` and `return`.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub reason: Option<String>,
    /// A remark of one line, at most 400 characters.
    #[serde(default)]
    #[schemars(length(max = 400))]
    pub remark: Option<String>,
}

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 承認
    Approve,
    /// 否認
    Deny,
    /// 差戻し
    Return,
}

/// An application on paper, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Its case.
    pub id: String,
    /// At which office.
    pub office: String,
    /// Where it stands.
    pub state: State,
    /// How many commits the case has seen: the ETag.
    pub version: i64,
    /// 受付番号, once there is one.
    pub number: Option<String>,
    /// What was entered; nothing of a case that was withdrawn.
    pub entry: Option<Entered>,
    /// SHA-256 of all that was entered, which the signed texts quote.
    pub content: Option<String>,
    /// The text that is out for signature.
    pub to_sign: Option<ToSign>,
    /// The account whose officer signed first.
    pub first_by: Option<String>,
    /// The account that has it, while the claim holds.
    pub claimed_by: Option<String>,
    /// Until when.
    pub claimed_until: Option<i64>,
    /// The account whose officer decided.
    pub decided_by: Option<String>,
    /// The office's reason, where one was given.
    pub reason: Option<String>,
    /// 失効日時
    pub revoked_at: Option<i64>,
}

/// Where an application on paper stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is being entered.
    Drafting,
    /// It waits for a second person.
    Waiting,
    /// Something is to be corrected.
    Returned,
    /// 失効完了
    Revoked,
    /// 不受理
    Denied,
    /// 取下げ
    Withdrawn,
}

/// What was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entered {
    /// The signature certificate that the paper names.
    pub certificate: Named,
    /// 失効届, as it was taken.
    pub form: Form,
    /// The scanned papers that are kept.
    pub files: Vec<Kept>,
}
