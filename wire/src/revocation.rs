//! 失効申込, procedure 000, by program: what a holder's page shows and takes.

use crate::api::{CardCertificate, Challenge, ToSign};
use crate::office::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Both texts were read, in these versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// In which language the holder reads.
    pub language: Language,
    /// SHA-256 of 手続きの流れ, as the office tells it.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub flow: String,
    /// SHA-256 of 利用規約, as the office tells it.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub terms: String,
}

/// 失効申込情報, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Form {
    /// 失効理由: its key.
    #[schemars(length(max = 1_000))]
    pub reason: String,
    /// 失効理由の補足
    #[schemars(length(max = 1_000))]
    pub reason_detail: String,
    /// 事由発生日
    #[schemars(length(max = 1_000))]
    pub event_date: String,
    /// 申込者氏名(フリガナ)
    #[schemars(length(max = 1_000))]
    pub applicant_kana: String,
    /// 連絡先電話番号
    #[schemars(length(max = 1_000))]
    pub phone: String,
    /// メールアドレス
    #[schemars(length(max = 1_000))]
    pub mail: String,
    /// メールアドレス(確認)
    #[schemars(length(max = 1_000))]
    pub mail_again: String,
    /// 金融機関名
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
    /// 新たな電子証明書の申込予定: `yes`, `no` or nothing.
    #[schemars(length(max = 1_000))]
    pub new_issue: String,
}

/// A form that nothing is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Always: a form with complaints is answered with a problem that has all of them.
    pub complete: bool,
}

/// An application, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its case.
    pub id: String,
    /// At which office.
    pub office: String,
    /// Where it stands.
    pub state: State,
    /// How many commits the case has seen: the ETag.
    pub version: i64,
    /// What the card is to answer, while the state is `begun`.
    pub challenge: Option<Challenge>,
    /// What is to be revoked, once the card was shown.
    pub certificate: Option<CardCertificate>,
    /// Until when the office takes it online, once the card was shown.
    pub last_moment: Option<i64>,
    /// 返金額の目安 in yen, once a form was taken and where one can be told.
    pub refund_estimate: Option<u32>,
    /// The text that is to be signed, while the state is `awaiting`.
    pub to_sign: Option<ToSign>,
    /// 受付番号, once it was accepted.
    pub number: Option<String>,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The texts were read; the card is to be shown.
    Begun,
    /// The card was shown; the form is to be filled in.
    Entering,
    /// The form was taken; it is to be confirmed.
    Reviewing,
    /// The text is out for signature.
    Awaiting,
    /// Accepted, and revoked.
    Revoked,
    /// Given up.
    Abandoned,
}

/// What was accepted, and since when others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// 受付番号
    pub number: String,
    /// 確認コード
    pub check_code: String,
    /// 受付日時 and 失効日時; OCSP answers `revoked` from this moment on.
    pub accepted_at: i64,
    /// What was revoked.
    pub certificate: CardCertificate,
    /// 失効理由: its key.
    pub reason: String,
    /// SHA-256 of the text that was signed.
    pub text: String,
    /// When the first list that names the signature certificate was made; nothing while it is being made.
    pub listed_at: Option<i64>,
}
