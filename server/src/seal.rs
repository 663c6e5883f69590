//! Short secrets at rest: 認証コード2, which the holder reads on a page and CMP's protection is computed from, so that it
//! cannot be kept as a hash.
//!
//! ChaCha20-Poly1305 under one key of the house, with a random nonce, bound to what the secret is of: a sealed code that is
//! put into another terminal's row does not open. The key lies in the database as an age file that opens with the
//! passphrase of the authorities' keys, so that the database and its backups hold nothing that can be read without it.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::backup::sealed::{Opener, Sealer};
use crate::chance::Chance;
use crate::fault::{Bug, Fault};

/// Seals and opens. Cheap to clone; it shows nothing of its key.
#[derive(Clone)]
pub struct Seal {
    key: Arc<LessSafeKey>,
}

impl Seal {
    /// With this key.
    pub fn new(key: &[u8; 32]) -> Result<Self, Fault> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| defect())?;
        Ok(Self {
            key: Arc::new(LessSafeKey::new(key)),
        })
    }

    /// A fresh key as it will lie at rest.
    pub fn fresh(passphrase: &[u8], chance: &Chance) -> Result<Vec<u8>, Fault> {
        fresh_at_rest(passphrase, chance)
    }

    /// Of the key at rest; `None` where the passphrase is another one, or it was changed.
    pub fn opened(sealed: &[u8], passphrase: &[u8]) -> Option<Self> {
        Self::new(&*opened_at_rest(sealed, passphrase)?).ok()
    }

    /// A secret as it will lie at rest, bound to `of`.
    pub fn seal(&self, of: &str, secret: &[u8], chance: &Chance) -> Result<Vec<u8>, Fault> {
        let nonce: [u8; NONCE] = chance.octets();
        let mut sealed = secret.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(of), &mut sealed)
            .map_err(|_| defect())?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// The secret; `None` where it was sealed with another key or for something else, or was changed.
    pub fn open(&self, of: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length = self.key.open_in_place(nonce, Aad::from(of), &mut opened).ok()?.len();
        opened.truncate(length);
        Some(opened)
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(..)")
    }
}

/// A fresh key of 32 octets as it will lie at rest.
pub(crate) fn fresh_at_rest(passphrase: &[u8], chance: &Chance) -> Result<Vec<u8>, Fault> {
    let key = Zeroizing::new(chance.octets::<32>());
    let sealed = Sealer::new(Vec::new(), passphrase, chance).and_then(|mut sealer| {
        sealer.write_all(&*key)?;
        sealer.finish()
    });
    sealed.map_err(|why| Fault::Bug(Bug(why.to_string())))
}

/// The key at rest, open; `None` where the passphrase is another one, or it was changed.
pub(crate) fn opened_at_rest(sealed: &[u8], passphrase: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let mut opener = Opener::new(sealed, passphrase).ok()?;
    opener.read_exact(&mut *key).ok()?;
    // Nothing follows, and what was read is authenticated to its end.
    (opener.read(&mut [0]).ok()? == 0).then_some(key)
}

fn defect() -> Fault {
    Fault::Bug(Bug("a key of 32 octets seals".to_owned()))
}

const NONCE: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a54_a_sealed_code_opens_for_its_own_terminal_under_its_own_key_alone() {
        let chance = Chance::system();
        let at_rest = Seal::fresh(b"correct horse", &chance).unwrap();
        assert!(Seal::opened(&at_rest, b"wrong horse").is_none());
        let seal = Seal::opened(&at_rest, b"correct horse").unwrap();
        let sealed = seal.seal("sea webnaccs 11110A", b"ABCDE00001", &chance).unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"ABCDE"));
        assert_ne!(
            sealed,
            seal.seal("sea webnaccs 11110A", b"ABCDE00001", &chance).unwrap()
        );
        assert_eq!(&**seal.open("sea webnaccs 11110A", &sealed).unwrap(), b"ABCDE00001");
        assert!(seal.open("sea webnaccs 11110B", &sealed).is_none());
        let other = Seal::new(&[7; 32]).unwrap();
        assert!(other.open("sea webnaccs 11110A", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open("sea webnaccs 11110A", &changed).is_none(), "octet {at}");
        }
    }
}
