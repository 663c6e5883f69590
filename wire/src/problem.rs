//! Errors of the HTTP interfaces, as RFC 9457 problem documents (`application/problem+json`).

use crate::code::Code;
use crate::office::Text;
use serde::{Deserialize, Serialize};

/// A problem document with the house's stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}
