//! Open bids, as a bidding system tells them: what a holder reads before a card is renewed or revoked. Nothing is decided by
//! them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All open bids of one bidding system. They replace the ones that it told before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bids {
    /// Which system of the office tells them: small letters, digits and hyphens.
    #[schemars(regex(pattern = r"^[a-z0-9-]{1,40}$"))]
    pub system: String,
    /// The bids, once for each bidder.
    #[schemars(length(max = 10_000))]
    pub bids: Vec<Bid>,
}

/// An open bid of one bidder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bid {
    /// What the system calls it.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// 案件名
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// 開札日
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub opens_on: String,
    /// Whose it is.
    pub bidder: Bidder,
}

/// Whose a bid is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Bidder {
    /// The card with this signature certificate: its SHA-256.
    Card(#[schemars(regex(pattern = r"^[0-9a-f]{64}$"))] String),
    /// The card with this serial number of this issuer.
    Certificate {
        /// SHA-256 of the issuer's certificate.
        #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
        issuer: String,
        /// Serial number of the signature certificate, decimal.
        #[schemars(regex(pattern = r"^[0-9]{1,49}$"))]
        serial: String,
    },
    /// Every card of the company with this 登録番号.
    Number(#[schemars(length(min = 1, max = 20))] String),
}

/// The bids were taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidsTold {
    /// How many there are now.
    pub bids: u32,
    /// Whether they are other ones than before.
    pub changed: bool,
}
