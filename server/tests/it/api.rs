//! `/api/v1` as a program uses it: with tokens of officers, cards of holders, and signatures of both.

#![allow(clippy::unwrap_used, reason = "what cannot go on has failed")]

mod authority;
mod bid;
mod bidder;
mod city;
mod client;
mod described;
mod guard;
mod idempotency;
mod lookup;
pub(crate) mod stand;
mod token;
mod walk;
