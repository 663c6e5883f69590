//! The token of a link that is sent by mail: 256 random bits, of which the account keeps a digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::identity::{Digest, UserId};
use std::fmt;

use crate::chance::Chance;
use crate::desk::evidence::sha256;

/// The token of a link. It opens an account: it is printed nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; 32]);

impl LinkToken {
    /// A fresh one.
    pub fn new(chance: &Chance) -> Self {
        Self(chance.octets())
    }

    /// What the account keeps of it.
    pub fn digest(&self) -> Digest {
        sha256(&self.0)
    }

    /// As it stands in a link, with the account that it opens.
    pub fn text(&self, user: UserId) -> String {
        let mut octets = user.0.to_vec();
        octets.extend_from_slice(&self.0);
        URL_SAFE_NO_PAD.encode(octets)
    }

    /// From a link.
    pub fn read(text: &str) -> Option<(UserId, Self)> {
        let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (user, token) = octets.split_at_checked(16)?;
        Some((UserId(user.try_into().ok()?), Self(token.try_into().ok()?)))
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_its_account_and_shows_itself_nowhere() {
        let token = LinkToken::new(&Chance::seeded(7));
        let text = token.text(UserId([5; 16]));
        assert_eq!(LinkToken::read(&text), Some((UserId([5; 16]), token.clone())));
        assert_eq!(format!("{token:?}"), "LinkToken(..)");
        for wrong in ["", "abc", "!", &text[..text.len() - 2]] {
            assert_eq!(LinkToken::read(wrong), None, "{wrong}");
        }
    }
}
