//! RSA keys that must not be certified (THREATS R2): wrong sizes and exponents, small factors, ROCA, close primes.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod close_primes;
mod sound;

use crate::algorithm::Algorithm;
use crate::decode::only;
use crate::encode::SEQUENCE;
use crate::key::{KeyFault, sha256};

/// Reads an `RSAPublicKey` (RFC 8017 §A.1.1) and says which algorithm of ours it is.
pub(crate) fn check_rsa(der: &[u8]) -> Result<Algorithm, KeyFault> {
    let what = "RSA public key";
    let mut decoder = only(der, SEQUENCE, what)?.content();
    let modulus = decoder.unsigned(what)?;
    let exponent = decoder.unsigned(what)?;
    decoder.finish(what)?;
    let algorithm = match (modulus.len(), modulus.first()) {
        (256, Some(0x80..)) => Algorithm::Rsa2048,
        (384, Some(0x80..)) => Algorithm::Rsa3072,
        (512, Some(0x80..)) => Algorithm::Rsa4096,
        (0..256, _) => return Err(KeyFault::Weak("the RSA modulus has fewer than 2048 bits")),
        _ => return Err(KeyFault::Unsupported),
    };
    if modulus.last().is_none_or(|last| last % 2 == 0) {
        return Err(KeyFault::Weak("the RSA modulus is even"));
    }
    // BR 6.1.6: odd, 2^16+1 or more. Above 2^32 no implementation needs it, and verification becomes costly.
    let exponent = match exponent.len() {
        0..=4 => exponent
            .iter()
            .fold(0_u32, |value, octet| value << 8 | u32::from(*octet)),
        _ => return Err(KeyFault::Weak("the RSA exponent has more than 32 bits")),
    };
    if exponent < 65_537 || exponent % 2 == 0 {
        return Err(KeyFault::Weak("the RSA exponent is even or less than 65537"));
    }
    let key = sha256(der);
    if !sound::is_known(&key) {
        search(modulus)?;
        sound::remember(key);
    }
    Ok(algorithm)
}

/// Looks for the weaknesses that are a matter of the factors.
fn search(modulus: &[u8]) -> Result<(), KeyFault> {
    // BR 6.1.6, NIST SP 800-89 §5.3.3.
    if has_small_factor(modulus) {
        return Err(KeyFault::Weak("the RSA modulus has a small factor"));
    }
    if is_roca(modulus) {
        return Err(KeyFault::Weak("the RSA key has the ROCA fingerprint (CVE-2017-15361)"));
    }
    if close_primes::factors_within(FERMAT_ROUNDS, modulus) {
        return Err(KeyFault::Weak(
            "the two primes of the RSA key are so close that its modulus is factored at once",
        ));
    }
    Ok(())
}

/// By three primes at a time: their product is below 2^32.
fn has_small_factor(modulus: &[u8]) -> bool {
    SMALL_PRIMES.chunks(3).any(|primes| {
        let rest = remainder(modulus, primes.iter().product());
        primes.iter().any(|prime| rest.is_multiple_of(*prime))
    })
}

/// Primes of the faulty library are 65537^a mod M, so the modulus is a power of 65537 modulo every prime of M
/// (Nemec et al. 2017). A sound key passes all of these primes by chance about once in 2^27.
fn is_roca(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|prime| {
        let wanted = remainder(modulus, *prime);
        let generator = 65_537 % prime;
        let mut power = 1;
        (0..*prime).any(|_| {
            power = power * generator % prime;
            power == wanted
        })
    })
}

fn remainder(big_endian: &[u8], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    let rest = big_endian.rchunks(4).rev().fold(0, |rest, word| {
        word.iter().fold(rest, |rest: u64, octet| rest << 8 | u64::from(*octet)) % divisor
    });
    // Below the divisor.
    u32::try_from(rest).unwrap_or_default()
}

/// The odd primes below 752.
#[expect(
    clippy::indexing_slicing,
    reason = "the compiler computes it, and stops where an index is out of bounds"
)]
const fn small_primes() -> [u32; 132] {
    let mut primes = [0; 132];
    let (mut found, mut candidate) = (0, 3);
    while candidate < 752 {
        let mut divisor = 3;
        while divisor * divisor <= candidate && candidate % divisor != 0 {
            divisor += 2;
        }
        if divisor * divisor > candidate {
            primes[found] = candidate;
            found += 1;
        }
        candidate += 2;
    }
    primes
}

/// Primes modulo which 65537 generates a small subgroup only.
const ROCA_PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

const SMALL_PRIMES: [u32; 132] = small_primes();

/// BR 6.1.1.3 asks for as many.
const FERMAT_ROUNDS: u32 = 100;
