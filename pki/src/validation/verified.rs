//! Signatures of certificates that were verified before.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Remembers which certificates are signed with which keys, for whoever asks about the same ones again and again.
///
/// That is safe because a signature is a matter of octets alone: the same ones verify with the same key for ever, and the
/// two fingerprints (SHA-256 of the whole certificate with its signature, and of the key) name exactly these octets. What
/// changes with time or with the question (validity, revocation, policies, names, who is an anchor) is not remembered and
/// is judged anew each time. Only what verified is remembered: nobody's rubbish takes a place, and a mistake that refuses
/// is made anew.
#[derive(Debug, Default)]
pub struct Verified(Mutex<Generations>);

/// The newer one fills up, then it is the older one: what is asked for comes along, the rest is forgotten.
#[derive(Debug, Default)]
struct Generations {
    newer: HashSet<Pair>,
    older: HashSet<Pair>,
}

/// The fingerprints of a certificate and of a key.
type Pair = ([u8; 32], [u8; 32]);

impl Verified {
    pub(super) fn knows(&self, pair: Pair) -> bool {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if generations.newer.contains(&pair) {
            return true;
        }
        let known = generations.older.contains(&pair);
        if known {
            generations.take(pair);
        }
        known
    }

    pub(super) fn remember(&self, pair: Pair) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(pair);
    }
}

impl Generations {
    fn take(&mut self, pair: Pair) {
        if self.newer.len() >= MOST {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(pair);
    }
}

/// So many of each generation: both together are less than 2 MiB.
const MOST: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(number: usize) -> Pair {
        let mut octets = [0; 32];
        for (place, octet) in octets.iter_mut().zip(number.to_be_bytes()) {
            *place = octet;
        }
        (octets, [7; 32])
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten_in_time() {
        let verified = Verified::default();
        for number in 0..10 * MOST {
            verified.remember(pair(number));
            assert!(verified.knows(pair(0)), "{number}");
        }
        assert!(!verified.knows(pair(1)));
        let generations = verified.0.lock().unwrap();
        assert!(generations.newer.len() <= MOST && generations.older.len() <= MOST);
    }
}
