//! Tokens of programs, by program: an officer's own.

use crate::api::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The tokens of the officer who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The oldest first; those that ended are among them.
    pub tokens: Vec<Token>,
}

/// A token, without what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Which token.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub made_at: i64,
    /// After this it is worth nothing.
    pub expires_at: i64,
    /// Since when it is worth nothing, where that was before its time.
    pub revoked_at: Option<i64>,
    /// When it was used last, to the hour.
    pub used_at: Option<i64>,
}

/// What is wanted of a new token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Make {
    /// What to call it: the program that has it.
    #[schemars(length(min = 1, max = 60))]
    pub label: String,
    /// What it may be used for: scopes of the token that asks, and no others.
    #[schemars(length(min = 1, max = 10))]
    pub scopes: Vec<Scope>,
    /// After so many days it is worth nothing, 90 where nothing is said; at the latest with the token that asks.
    #[schemars(range(min = 1, max = 366))]
    pub days: Option<i64>,
}

/// A token that was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Which token.
    pub id: String,
    /// The token. It is told this once.
    pub token: String,
    /// After this it is worth nothing.
    pub expires_at: i64,
}

/// Names itself and not its secret.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Made({})", self.id)
    }
}
