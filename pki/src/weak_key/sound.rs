//! RSA keys in which no weakness was found lately. Looking for one takes a tenth of a millisecond, and a busy house reads the
//! same certificates again and again.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The SHA-256 of an `RSAPublicKey`.
type Hash = [u8; 32];

/// When the newer half is full, it becomes the older one, and what was there is forgotten.
#[derive(Default)]
struct Sound {
    newer: HashSet<Hash>,
    older: HashSet<Hash>,
}

impl Sound {
    fn knows(&self, key: &Hash) -> bool {
        self.newer.contains(key) || self.older.contains(key)
    }

    fn remember(&mut self, key: Hash) {
        if self.newer.len() >= HALF {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(key);
    }
}

/// Whether the key was remembered, and not too long ago.
pub(super) fn is_known(key: &Hash) -> bool {
    SOUND.lock().unwrap_or_else(PoisonError::into_inner).knows(key)
}

/// Of a key in which no weakness was found.
pub(super) fn remember(key: Hash) {
    SOUND.lock().unwrap_or_else(PoisonError::into_inner).remember(key);
}

static SOUND: LazyLock<Mutex<Sound>> = LazyLock::new(Mutex::default);

/// So many keys in each half: half a megabyte in all.
const HALF: usize = 4096;

#[cfg(test)]
mod tests {
    use super::{HALF, Sound};

    #[test]
    fn the_latest_keys_are_known_and_never_more_than_two_halves() {
        let key = |count: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&count.to_be_bytes());
            key
        };
        let mut sound = Sound::default();
        for count in 0..10 * HALF {
            assert!(!sound.knows(&key(count)));
            sound.remember(key(count));
            assert!(sound.knows(&key(count)));
            assert!(count < HALF || sound.knows(&key(count - HALF + 1)));
            assert!(sound.newer.len() + sound.older.len() <= 2 * HALF);
        }
        assert!(!sound.knows(&key(0)));
    }
}
