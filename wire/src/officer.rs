//! 職員, by program: accounts, invitations, and the office's own file.

use crate::api::Challenge;
use crate::office::{Language, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The officers of an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Officers {
    /// By name.
    pub officers: Vec<Officer>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Which account.
    pub id: String,
    /// The person's number at the organisation.
    pub person: String,
    /// The person's name.
    pub name: String,
    /// For whom the person works.
    pub company: String,
    /// What the account may do.
    pub roles: Vec<Role>,
    /// Where its notices go.
    pub mail: String,
    /// How it stands.
    pub state: State,
    /// The last login, the end of the invitation, or the blocking.
    pub at: i64,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 招待中
    Invited,
    /// 有効
    Active,
    /// 停止
    Blocked,
}

/// What an officer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 受付
    Entry,
    /// 承認
    Approval,
    /// 監査
    Audit,
    /// 管理
    Administration,
}

/// Who is invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// The person's number at the organisation. One person may have several accounts.
    #[schemars(length(min = 1, max = 64))]
    pub person: String,
    /// The person's name, as the officer's card has it.
    #[schemars(length(min = 1, max = 60))]
    pub name: String,
    /// For whom the person works; the office's own company where nothing is said.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    pub company: Option<String>,
    /// What the account may do.
    #[schemars(length(min = 1, max = 4))]
    pub roles: Vec<Role>,
    /// Where its notices go.
    #[schemars(length(min = 3, max = 254))]
    pub mail: String,
    /// The language of its letters.
    pub language: Language,
}

/// An invitation. Its code is told this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// The account.
    pub id: String,
    /// What the invited person enters, with the card in the reader.
    pub code: String,
    /// After this it is worth nothing.
    pub until: i64,
}

/// The code of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// As it was handed over.
    #[schemars(length(min = 1, max = 40))]
    pub code: String,
    /// DER of the certificate of the card's authentication key.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub authentication: String,
}

/// The invited person's card, proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// As it was handed over.
    #[schemars(length(min = 1, max = 40))]
    pub code: String,
    /// DER of the certificate of the card's authentication key.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub authentication: String,
    /// DER of the certificate of the card's signature key.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub signature: String,
    /// Signature by the authentication key over the challenge's message.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 2_000))]
    pub proof: String,
}

/// What the card of an invited person is to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolChallenge {
    /// The account.
    pub id: String,
    /// The message.
    pub challenge: Challenge,
}

/// Other roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// From now on.
    #[schemars(length(min = 1, max = 4))]
    pub roles: Vec<Role>,
}

/// An office's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeFile {
    /// TOML, as `kagimori office load` takes it.
    #[schemars(length(max = 500_000))]
    pub document: String,
}

/// An office's file, as it is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeVersion {
    /// TOML.
    pub document: String,
    /// How many times it was changed: the ETag.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: i64,
}

/// What a holder reads at an office before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// 手続きの流れ
    pub flow: Document,
    /// 利用規約
    pub terms: Document,
}

/// A text with its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// For example 「2026年4月1日版」.
    pub version: Text,
    /// The text.
    pub text: Text,
    /// SHA-256 over version and text in both languages: what [`crate::revocation::Begin`] sends back.
    pub digest: String,
}
