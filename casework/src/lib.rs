//! The procedures: what the office decides.
//!
//! This crate is `no_std`. It names no clock, no socket and no environment: time, chance and every fact are
//! arguments. Each procedure is one module with one `decide`, a total function over (case, command).

#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod acquisition;
pub mod applicant;
pub mod application;
pub mod calendar;
pub mod card;
pub mod certificate;
pub mod characters;
pub mod evidence;
pub mod identity;
pub mod names;
pub mod number;
pub mod officer;
pub mod organisation;
pub mod paper;
pub mod password;
pub mod pin_reset;
pub mod refund;
pub mod refusal;
pub mod register;
pub mod registration;
pub mod reissue;
pub mod renewal;
pub mod review;
pub mod revocation;
pub mod terminal;
pub mod time;
pub mod user;
pub mod width;

use alloc::vec::Vec;

pub use refusal::Refusal;

/// What a procedure decided, complete and not yet done: nothing is left to choose when it is executed.
///
/// `next`, `event` and `writes` are stored in one transaction; `errands` are queued in it and run later, at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<Case, Event, Write, Errand> {
    /// The state the case has from here on.
    pub next: Case,
    /// What the audit says of it.
    pub event: Event,
    /// What must be true the moment the decision is.
    pub writes: Vec<Write>,
    /// What may be a little late. Each one is safe to run twice.
    pub errands: Vec<Errand>,
    /// What the person is told.
    pub answer: Answer,
}

/// A refusal that counts (a wrong code, an unlike face) is a decision; `Err(Refusal)` changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is refused, and that was recorded.
    Refused(Refusal),
}
