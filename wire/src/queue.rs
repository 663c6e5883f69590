//! The officers' queue, by program.

use crate::api::CardCertificate;
use crate::office::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which cases are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Which of them; `waiting` where nothing is said.
    #[serde(default)]
    pub show: Show,
    /// A whole 受付番号, or a part of a name of applicant, holder or organisation.
    #[schemars(length(max = 100))]
    pub search: Option<String>,
    /// The place to go on from: `next` of the page before.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]{32}$"))]
    pub cursor: Option<String>,
    /// So many at most; 50 where nothing is said.
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u32>,
}

/// Which cases of an office.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// What waits for approval, oldest first.
    #[default]
    Waiting,
    /// What the token's officer has taken, oldest first.
    Mine,
    /// What is being entered or was given back, oldest first.
    Drafts,
    /// What is done, latest first.
    Done,
    /// All of them, latest first.
    All,
}

/// A page of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The cases.
    pub cases: Vec<Row>,
    /// For [`Query::cursor`]; nothing at the end.
    pub next: Option<String>,
}

/// A case as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Which case.
    pub id: String,
    /// The noun of its procedure.
    pub procedure: String,
    /// 受付番号, once there is one.
    pub number: Option<String>,
    /// 申込者氏名
    pub name: String,
    /// The holder of the certificate.
    pub holder: String,
    /// That holder's organisation.
    pub company: String,
    /// The key of the reason.
    pub reason: Option<String>,
    /// The word for the case's state.
    pub state: String,
    /// Since when it stands there.
    pub since: i64,
    /// The officer who entered it.
    pub entered_by: Option<String>,
    /// The officer who has it.
    pub claimed_by: Option<String>,
    /// Until when.
    pub claimed_until: Option<i64>,
    /// How many commits the case has seen.
    pub version: i64,
}

/// A case as the queue shows it, with what was applied for online.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Which case.
    pub id: String,
    /// The noun of its procedure.
    pub procedure: String,
    /// 受付番号, once there is one.
    pub number: Option<String>,
    /// 申込者氏名
    pub name: String,
    /// The holder of the certificate.
    pub holder: String,
    /// That holder's organisation.
    pub company: String,
    /// The key of the reason.
    pub reason: Option<String>,
    /// The word for the case's state.
    pub state: String,
    /// Since when it stands there.
    pub since: i64,
    /// The officer who entered it.
    pub entered_by: Option<String>,
    /// The officer who has it.
    pub claimed_by: Option<String>,
    /// Until when.
    pub claimed_until: Option<i64>,
    /// How many commits the case has seen.
    pub version: i64,
    /// What was revoked, of an accepted online application.
    pub certificate: Option<CardCertificate>,
    /// What the holder entered and signed, of an accepted online application; an application on paper has its entry at
    /// `/papers/{case}`.
    pub application: Option<Applied>,
}

/// 失効申込情報 of an accepted online application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// 失効理由: its key.
    pub reason: String,
    /// 失効理由の補足
    pub reason_detail: Option<String>,
    /// 事由発生日
    pub event_date: Option<String>,
    /// 申込者氏名, as on the certificate.
    pub applicant: String,
    /// 申込者氏名(フリガナ)
    pub applicant_kana: String,
    /// 連絡先電話番号
    pub phone: String,
    /// メールアドレス
    pub mail: String,
    /// 金融機関名
    pub bank: String,
    /// 支店名
    pub branch: String,
    /// 預金種目: `ordinary` or `current`.
    pub account_type: String,
    /// 口座番号
    pub account_number: String,
    /// 口座名義(カナ)
    pub account_holder: String,
    /// 新たな電子証明書の申込予定: `yes` or `no`, where it was said.
    pub new_issue: Option<String>,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// So many wait for approval.
    pub waiting: i64,
    /// The oldest of them waits since then.
    pub oldest: Option<i64>,
    /// So many of them are taken at this moment.
    pub claimed: i64,
    /// So many are being entered or were given back.
    pub drafts: i64,
}

/// What happened to a case, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The events.
    pub events: Vec<Event>,
}

/// An event of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its place in the audit.
    pub sequence: i64,
    /// When.
    pub at: i64,
    /// What happened, or what was refused.
    pub event: String,
    /// Who did it.
    pub actor: String,
    /// The rule that refused.
    pub refusal: Option<String>,
}

/// What became of an application, for whoever holds its number and check code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// 受付番号
    pub number: String,
    /// The noun of its procedure.
    pub procedure: String,
    /// The office.
    pub office: Text,
    /// The word for its state.
    pub state: String,
    /// The same in words.
    pub says: Text,
    /// Why it was denied or given back, in the office's saved words: of registrations and renewals.
    pub reason: Option<Text>,
    /// 受付日時
    pub accepted_at: i64,
    /// 失効日時, where it led to a revocation.
    pub revoked_at: Option<i64>,
    /// When the first list that names the certificate was made.
    pub listed_at: Option<i64>,
}

/// Number and check code of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUp {
    /// 確認コード, eight letters.
    #[schemars(length(max = 40))]
    pub check_code: String,
}
