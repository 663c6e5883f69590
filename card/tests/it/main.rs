//! The tests of this crate that go through its public surface.
