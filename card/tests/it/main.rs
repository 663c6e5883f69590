//! The tests of this crate that go through its public surface.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in what its tests share")]

mod apdus;
mod citizen_card;
mod citizens;
mod drawer;
mod example;
mod jpki;
mod jpki_pins;
mod management;
mod pins;
mod properties;
mod scripts;
mod suite;
mod unblock;
mod virtual_card;
