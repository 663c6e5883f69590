//! The tokens of a PKCS#11 module, as a command or the doctor looks at them. No PIN is asked.

use std::path::Path;

use card::TriesLeft;
use card::token::{Module, TokenFault};

/// A token that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSeen {
    /// What its issuer calls it.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Who made it, and which model it is.
    pub model: String,
    /// What its PIN forgives.
    pub tries: Tries,
}

/// What a PIN forgives, as far as a token tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// More than one wrong entry, or the token does not say.
    Some,
    /// One wrong entry more locks it.
    Last,
    /// It is locked.
    None,
}

/// Loads a module and looks at its tokens. Blocks.
pub fn look(module: &Path) -> Result<Vec<TokenSeen>, TokenFault> {
    let tokens = Module::load(module)?.tokens()?;
    let seen = tokens.into_iter().map(|token| TokenSeen {
        label: token.label,
        serial: token.serial,
        model: token.model,
        tries: match token.tries_left {
            TriesLeft::Blocked => Tries::None,
            TriesLeft::Known(1) => Tries::Last,
            TriesLeft::Known(_) | TriesLeft::Unknown => Tries::Some,
        },
    });
    Ok(seen.collect())
}
