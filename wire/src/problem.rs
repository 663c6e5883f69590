//! Errors of the HTTP interfaces, as RFC 9457 problem documents (`application/problem+json`).

use crate::code::Code;
use crate::office::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A problem document with the house's stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `about:blank` or an address that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP reason phrase.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// What happened and what to do, in both languages.
    pub detail: Text,
    /// What is wrong with each field, where the form as such was understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Complaint>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Complaint {
    /// Where it stands in what was sent (RFC 6901).
    pub pointer: String,
    /// The stable code.
    pub code: Code,
    /// What is wrong and what to do, in both languages.
    pub detail: Text,
}
