//! The tests of this crate that go through its public surface.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in what its tests share")]

mod apdus;
mod drawer;
mod example;
mod jpki_pins;
mod management;
mod pins;
mod properties;
mod scripts;
mod suite;
mod virtual_card;
