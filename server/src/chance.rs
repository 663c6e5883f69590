//! The one file of this crate that draws randomness. Everything else is given octets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{digest, rand};

/// Draws random octets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chance {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
}

impl Chance {
    /// The cryptographic source of this machine.
    pub const fn system() -> Self {
        Self { source: Source::System }
    }

    /// The same octets in the same order for the same seed: for tests that must be repeatable, and for nothing else.
    pub fn seeded(seed: u64) -> Self {
        Self {
            source: Source::Seeded {
                seed,
                drawn: Arc::new(AtomicU64::new(0)),
            },
        }
    }

    /// Fresh octets.
    ///
    /// # Panics
    /// If the machine has no randomness to give: nothing that needs it may go on then.
    pub fn octets<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        match &self.source {
            Source::System => {
                #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
                rand::fill(&mut octets).expect("the machine gives randomness");
            }
            Source::Seeded { seed, drawn } => {
                for part in octets.chunks_mut(digest::SHA256_OUTPUT_LEN) {
                    let count = drawn.fetch_add(1, Ordering::Relaxed);
                    let block = digest::digest(&digest::SHA256, &[seed.to_be_bytes(), count.to_be_bytes()].concat());
                    part.iter_mut().zip(block.as_ref()).for_each(|(to, from)| *to = *from);
                }
            }
        }
        octets
    }
}
