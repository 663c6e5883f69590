//! What the portal and the agent promise each other, and what `/api/v1` promises to programs.
//!
//! Everything here is public and serialisable; a change here is a change of a promise (`docs/interfaces.md`).
//! Other crates keep their rows and domain values to themselves.
//!
//! The exchange (one card request):
//!
//! | who | sends | to |
//! | --- | --- | --- |
//! | browser | top-level navigation | `http://127.0.0.1:24817/request?portal=ORIGIN&id=ID` |
//! | agent | [`card_request::Claim`] | `POST ORIGIN/api/v1/card-requests/{id}/claim`, answered by a [`card_request::CardRequest`] |
//! | agent | [`card_request::Answer`] | `POST ORIGIN/api/v1/card-requests/{id}/steps/{n}`, answered by a [`card_request::Verdict`] |
//! | agent | nothing | `POST ORIGIN/api/v1/card-requests/{id}/cancel`, answered by [`card_request::Cancelled`] |
//! | agent | [`card_request::WatchReport`] | `POST ORIGIN/api/v1/card-requests/{id}/watch`, where the request asks for it, until 404 or 410 |
//! | browser | 303 | `ORIGIN` + `return_to` + `?code=CODE` |
//!
//! The agent proves that it is the one that claimed by `Authorization: Bearer KEY` with the key it chose in its claim.

#![forbid(unsafe_code)]

pub mod acquisition;
pub mod api;
pub mod bid;
pub mod bidder;
pub mod card_request;
pub mod code;
pub mod held;
pub mod office;
pub mod officer;
pub mod paper;
pub mod pin_reset;
pub mod problem;
pub mod queue;
pub mod registration;
pub mod renewal;
pub mod revocation;
pub mod token;

/// The version of the exchange. An agent that meets a higher one asks its user to update it.
pub const PROTOCOL: u32 = 3;

/// Where the agent listens unless told otherwise (loopback only).
pub const AGENT_PORT: u16 = 24817;
