//! The tests of this crate that go through its public surface.

mod apdus;
mod drawer;
mod example;
mod properties;
mod scripts;
mod suite;
mod virtual_card;
