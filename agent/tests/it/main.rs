//! The agent as a browser and a portal meet it: its pages on the loopback, a virtual card in its reader, and a portal of this test at the other end.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod bench;
mod cards;
mod portal;
mod walk;
