//! The card's own random generator, as the chip of a real card has one.

use aws_lc_rs::{error::Unspecified, rand};

/// Fills the array with random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Unspecified> {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "this is the card's chance.rs")]
    rand::fill(&mut bytes)?;
    Ok(bytes)
}
