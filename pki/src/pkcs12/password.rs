//! The password of a PKCS #12 file.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt;

use zeroize::Zeroizing;

/// A password as RFC 7292 can take it: a BMPString, so each character within the basic multilingual plane, no control
/// characters, not empty. Wiped when dropped, and never printed.
///
/// The MAC takes it as UTF-16 with two zero octets after it (§B.1); PBES2 takes it as UTF-8, as OpenSSL and RFC 9579 §3 do.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Checks a password.
    pub fn new(text: &str) -> Result<Self, PasswordFault> {
        if text.is_empty() {
            return Err(PasswordFault::Empty);
        }
        if text.chars().count() > LONGEST {
            return Err(PasswordFault::TooLong);
        }
        let cannot_stand = |character: char| character.is_control() || u32::from(character) > 0xffff;
        if text.chars().any(cannot_stand) {
            return Err(PasswordFault::Character);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    pub(super) fn as_utf8(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// UTF-16, big-endian, with its two zero octets (RFC 7292 §B.1).
    pub(super) fn as_bmp(&self) -> Zeroizing<Vec<u8>> {
        // Room for all of it at once: a vector that grows leaves copies behind.
        let mut octets = Zeroizing::new(Vec::with_capacity(2 * self.0.len() + 2));
        for unit in self.0.encode_utf16().chain([0]) {
            octets.extend_from_slice(&unit.to_be_bytes());
        }
        octets
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A password cannot be used. The error does not say which character it was: it may be shown and logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Nothing.
    #[error("the password is empty")]
    Empty,
    /// More characters than programs take.
    #[error("the password has more than {LONGEST} characters")]
    TooLong,
    /// A control character, or one beyond the basic multilingual plane, for which no two programs use the same octets.
    #[error("the password has a control character, or one beyond the basic multilingual plane")]
    Character,
}

/// Windows takes no more.
const LONGEST: usize = 127;
