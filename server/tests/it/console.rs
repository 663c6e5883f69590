//! The console: officers log in, are looked after and look after the office; and what becomes of everything else that is
//! sent to it.

#![allow(clippy::unwrap_used, reason = "what cannot go on has failed")]

mod authority;
mod calendar;
mod case;
mod citizen;
mod counter;
mod examined;
mod files;
mod guard;
pub(crate) mod held;
mod office;
mod officers;
mod paper;
mod passkey;
mod queue;
pub(crate) mod seat;
mod session;
mod tokens;
mod users;
mod walk;
