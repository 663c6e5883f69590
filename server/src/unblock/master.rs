//! A master key: at rest as the key that seals authentication codes is, in an age file under the authorities' passphrase.

use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::fault::Fault;
use crate::seal::{fresh_at_rest, opened_at_rest};

/// A master key, open. It is shown nowhere, and wiped at its end.
#[derive(Clone)]
pub(crate) struct Master(Zeroizing<[u8; 32]>);

impl Master {
    /// A fresh one as it will lie at rest.
    pub(crate) fn fresh(passphrase: &[u8], chance: &Chance) -> Result<Vec<u8>, Fault> {
        fresh_at_rest(passphrase, chance)
    }

    /// Of the key at rest; `None` where the passphrase is another one, or it was changed.
    pub(crate) fn opened(sealed: &[u8], passphrase: &[u8]) -> Option<Self> {
        opened_at_rest(sealed, passphrase).map(Self)
    }

    #[cfg(test)]
    pub(super) fn of(octets: [u8; 32]) -> Self {
        Self(Zeroizing::new(octets))
    }

    pub(super) fn octets(&self) -> &[u8; 32] {
        &self.0
    }
}
