//! PKCS #12's own way from a password to a key (RFC 7292 §B.2), for the MAC alone.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use aws_lc_rs::digest::{Context, SHA256};
use zeroize::Zeroizing;

use super::Password;

/// The key of an HMAC-SHA-256: one block of the derivation, since the hash is as long as the key.
pub(super) fn mac_key(password: &Password, salt: &[u8], iterations: u32) -> Zeroizing<[u8; 32]> {
    // Steps 1 to 5: D, then S and P, each repeated up to whole blocks of the hash.
    let mut input = Zeroizing::new(Vec::with_capacity(BLOCK + fill(salt.len()) + fill(2 * 128 + 2)));
    input.extend_from_slice(&[FOR_INTEGRITY; BLOCK]);
    let bmp = password.as_bmp();
    for part in [salt, &bmp] {
        input.extend(part.iter().copied().cycle().take(fill(part.len())));
    }
    // Step 6.A. Step 6.B and C would be for a second block.
    let mut key = hash(&input);
    for _ in 1..iterations {
        let next = hash(key.as_slice());
        key = next;
    }
    key
}

fn hash(octets: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut context = Context::new(&SHA256);
    context.update(octets);
    let mut hash = Zeroizing::new([0; 32]);
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// `length` up to the next multiple of the block.
fn fill(length: usize) -> usize {
    length.div_ceil(BLOCK) * BLOCK
}

/// Of SHA-256, in octets.
const BLOCK: usize = 64;

/// ID 3 (RFC 7292 §B.3).
const FOR_INTEGRITY: u8 = 3;
