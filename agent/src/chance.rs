//! Randomness: the one place that draws it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `N` octets of the operating system's randomness.
#[expect(
    clippy::disallowed_methods,
    reason = "the agent draws randomness here and nowhere else"
)]
pub fn octets<const N: usize>() -> [u8; N] {
    let mut drawn = [0; N];
    // aws-lc fails here only when the operating system has no randomness left to give, and then nothing may go on.
    aws_lc_rs::rand::fill(&mut drawn).expect("the operating system gives randomness");
    drawn
}

/// 32 random octets as base64url, for tokens and keys.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(octets::<32>())
}
