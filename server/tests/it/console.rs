//! The console: officers log in, are looked after and look after the office; and what becomes of everything else that is
//! sent to it.

#![allow(clippy::unwrap_used, reason = "what cannot go on has failed")]

mod guard;
mod office;
mod officers;
mod passkey;
mod seat;
mod session;
mod walk;
