//! Paper: receipts as PDF, for keeping (DOMAIN §2.6).
//!
//! What is printed is the stored text, character for character. A character that neither font has is refused by name
//! before there is anything to print ([`printable`]); it is never drawn as an empty box (A39).

pub mod bidder;
mod font;
mod line;
pub mod notice;
pub mod revocation;
mod sheet;

pub use sheet::{Section, Sheet};

use crate::fault::Bug;

/// Whether every character of `text` can be printed; `Err` names the first that cannot.
pub fn printable(text: &str) -> Result<(), char> {
    font::set(text).map(|_| ())
}

/// A line of a table: what it is, and the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// The value, as stored.
    pub value: String,
}

/// Why a sheet was not printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprinted {
    /// This character is in neither font.
    #[error("the character U+{:04X} cannot be printed", u32::from(*character))]
    Character {
        /// The first one.
        character: char,
    },
    /// Ours.
    #[error(transparent)]
    Bug(#[from] Bug),
}

impl From<char> for Unprinted {
    fn from(character: char) -> Self {
        Self::Character { character }
    }
}
