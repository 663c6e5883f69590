//! How a message is protected: PasswordBasedMac (RFC 9810 §5.1.3.1), PBMAC1 (RFC 9481 §6.1.2, RFC 8018 §7.1), or a signature.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::{hmac, pbkdf2};
use der::asn1::ObjectIdentifier;
use zeroize::Zeroizing;

use super::fault::CmpFault;
use crate::algorithm::SignatureAlgorithm;
use crate::cms::Digest;
use crate::decode::{Decoder, Element};
use crate::encode::{Encoder, INTEGER, SEQUENCE};
use crate::oid;

/// What holder and authority share before there is a certificate. Wiped when dropped, and never printed.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The octets as they were agreed on; text is its UTF-8.
    pub fn new(octets: &[u8]) -> Self {
        Self(Zeroizing::new(octets.to_vec()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// protectionAlg
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// A MAC under a key that comes from a shared secret.
    Mac(MacParameters),
    /// A signature.
    Signature(SignatureAlgorithm),
}

/// How the key of a MAC comes from the secret, and which MAC it is. An answer takes those of its question, with a new salt, so
/// that both ends know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MacParameters {
    /// id-PasswordBasedMac: secret and salt hashed over and over, then an HMAC.
    PasswordBased {
        /// At most 64 octets.
        salt: Vec<u8>,
        /// The one-way function.
        hash: Digest,
        /// How often it is applied.
        iterations: u32,
        /// The hash of the HMAC.
        mac: Digest,
    },
    /// id-PBMAC1: PBKDF2, then an HMAC.
    Pbmac1 {
        /// At most 64 octets.
        salt: Vec<u8>,
        /// The hash of PBKDF2's HMAC.
        hash: Digest,
        /// How often it is applied.
        iterations: u32,
        /// Length of the derived key in octets, if it is said.
        key_length: Option<u32>,
        /// The hash of the HMAC.
        mac: Digest,
    },
}

impl MacParameters {
    /// PBMAC1 with SHA-256, for who begins.
    pub fn new(salt: [u8; 16]) -> Self {
        Self::Pbmac1 {
            salt: salt.to_vec(),
            hash: Digest::Sha256,
            iterations: OUR_ITERATIONS,
            key_length: Some(32),
            mac: Digest::Sha256,
        }
    }

    /// The same with another salt.
    pub fn with_salt(mut self, fresh: [u8; 16]) -> Self {
        let (Self::PasswordBased { salt, .. } | Self::Pbmac1 { salt, .. }) = &mut self;
        *salt = fresh.to_vec();
        self
    }

    /// The MAC of `message`.
    pub(super) fn mac(&self, secret: &Secret, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key(secret), message).as_ref().to_vec()
    }

    pub(super) fn verify(&self, secret: &Secret, message: &[u8], mac: &[u8]) -> Result<(), CmpFault> {
        // Constant in time.
        hmac::verify(&self.key(secret), message, mac).map_err(|_| CmpFault::Mac)
    }

    fn key(&self, secret: &Secret) -> hmac::Key {
        match self {
            Self::PasswordBased {
                salt,
                hash,
                iterations,
                mac,
            } => {
                let mut input = Zeroizing::new(Vec::with_capacity(secret.0.len() + salt.len()));
                input.extend_from_slice(&secret.0);
                input.extend_from_slice(salt);
                let mut key = Zeroizing::new(hash.hash(&input).as_ref().to_vec());
                for _ in 1..*iterations {
                    let next = hash.hash(&key);
                    key.copy_from_slice(next.as_ref());
                }
                // HMAC takes a key of any length, so the "basekey" is neither cut nor stretched (RFC 4211 §4.4).
                hmac::Key::new(hmac_of(*mac), &key)
            }
            Self::Pbmac1 {
                salt,
                hash,
                iterations,
                key_length,
                mac,
            } => {
                let length =
                    key_length.map_or(length_of(*mac), |length| usize::try_from(length).unwrap_or(LONGEST_KEY));
                let mut key = Zeroizing::new(vec![0; length.min(LONGEST_KEY)]);
                let iterations = NonZeroU32::new(*iterations).unwrap_or(NonZeroU32::MIN);
                pbkdf2::derive(pbkdf2_of(*hash), iterations, salt, &secret.0, &mut key);
                hmac::Key::new(hmac_of(*mac), &key)
            }
        }
    }
}

impl Protection {
    /// Reads an AlgorithmIdentifier. One that is well formed and not ours is [`CmpFault::Algorithm`].
    pub(super) fn decode(element: Element<'_>) -> Result<Self, CmpFault> {
        let what = "protection algorithm";
        let mut identifier = element.content();
        let kind = identifier.oid(what)?;
        if kind == oid::CMP_PASSWORD_BASED_MAC {
            let mut fields = identifier.sequence(what)?;
            identifier.finish(what)?;
            let salt = salt(&mut fields)?;
            let hash = digest(&mut fields)?;
            let iterations = iterations(&mut fields, FEWEST_HASHES)?;
            let mac = hmac_digest(&mut fields)?;
            fields.finish(what)?;
            return Ok(Self::Mac(MacParameters::PasswordBased {
                salt,
                hash,
                iterations,
                mac,
            }));
        }
        if kind == oid::PBMAC1 {
            let mut fields = identifier.sequence(what)?;
            identifier.finish(what)?;
            let mut derivation = fields.sequence(what)?;
            if derivation.oid(what)? != oid::PBKDF2 {
                return Err(CmpFault::Algorithm);
            }
            let mut pbkdf2 = derivation.sequence(what)?;
            derivation.finish(what)?;
            let salt = salt(&mut pbkdf2)?;
            let iterations = iterations(&mut pbkdf2, FEWEST_ROUNDS)?;
            let key_length = match pbkdf2.optional(INTEGER, what)? {
                Some(element) => Some(key_length(element)?),
                None => None,
            };
            // prf DEFAULT algid-hmacWithSHA1, which is not taken.
            if pbkdf2.is_empty() {
                return Err(CmpFault::Algorithm);
            }
            let hash = hmac_digest(&mut pbkdf2)?;
            pbkdf2.finish(what)?;
            let mac = hmac_digest(&mut fields)?;
            fields.finish(what)?;
            return Ok(Self::Mac(MacParameters::Pbmac1 {
                salt,
                hash,
                iterations,
                key_length,
                mac,
            }));
        }
        SignatureAlgorithm::decode(&mut Decoder::new(element.whole))
            .map(Self::Signature)
            .map_err(|_| CmpFault::Algorithm)
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        let iterations_of = |fields: &mut Encoder, count: u32| fields.unsigned(&count.to_be_bytes());
        match self {
            Self::Signature(algorithm) => algorithm.encode(encoder),
            Self::Mac(MacParameters::PasswordBased {
                salt,
                hash,
                iterations,
                mac,
            }) => encoder.sequence(|identifier| {
                identifier.oid(oid::CMP_PASSWORD_BASED_MAC);
                identifier.sequence(|fields| {
                    fields.octets(salt);
                    hash.encode(fields);
                    iterations_of(fields, *iterations);
                    encode_hmac(fields, *mac);
                });
            }),
            Self::Mac(MacParameters::Pbmac1 {
                salt,
                hash,
                iterations,
                key_length,
                mac,
            }) => encoder.sequence(|identifier| {
                identifier.oid(oid::PBMAC1);
                identifier.sequence(|fields| {
                    fields.sequence(|derivation| {
                        derivation.oid(oid::PBKDF2);
                        derivation.sequence(|pbkdf2| {
                            pbkdf2.octets(salt);
                            iterations_of(pbkdf2, *iterations);
                            if let Some(length) = key_length {
                                pbkdf2.unsigned(&length.to_be_bytes());
                            }
                            encode_hmac(pbkdf2, *hash);
                        });
                    });
                    encode_hmac(fields, *mac);
                });
            }),
        }
    }
}

fn salt(fields: &mut Decoder<'_>) -> Result<Vec<u8>, CmpFault> {
    let salt = fields.octets("salt")?;
    if (SHORTEST_SALT..=LONGEST_SALT).contains(&salt.len()) {
        Ok(salt.to_vec())
    } else {
        Err(CmpFault::Algorithm)
    }
}

fn iterations(fields: &mut Decoder<'_>, fewest: u32) -> Result<u32, CmpFault> {
    let octets = fields.unsigned("iteration count")?;
    let count = match octets.len() {
        0..=4 => octets
            .iter()
            .fold(0, |count: u32, octet| count << 8 | u32::from(*octet)),
        _ => return Err(CmpFault::Iterations),
    };
    if (fewest..=MOST_ITERATIONS).contains(&count) {
        Ok(count)
    } else {
        Err(CmpFault::Iterations)
    }
}

fn key_length(element: Element<'_>) -> Result<u32, CmpFault> {
    match element.unsigned("key length")? {
        [length @ 16..=64] => Ok(u32::from(*length)),
        _ => Err(CmpFault::Algorithm),
    }
}

fn digest(fields: &mut Decoder<'_>) -> Result<Digest, CmpFault> {
    fields.clone().tagged(SEQUENCE, "hash algorithm")?;
    Digest::decode(fields).map_err(|_| CmpFault::Algorithm)
}

/// hmacWithSHA256 and so on, with or without NULL.
fn hmac_digest(fields: &mut Decoder<'_>) -> Result<Digest, CmpFault> {
    let what = "MAC algorithm";
    let mut identifier = fields.sequence(what)?;
    let kind = identifier.oid(what)?;
    if !identifier.is_empty() {
        identifier.null(what)?;
    }
    identifier.finish(what)?;
    [Digest::Sha256, Digest::Sha384, Digest::Sha512]
        .into_iter()
        .find(|digest| hmac_oid(*digest) == kind)
        .ok_or(CmpFault::Algorithm)
}

/// With NULL (RFC 8018 §B.1.2).
fn encode_hmac(encoder: &mut Encoder, digest: Digest) {
    encoder.sequence(|identifier| {
        identifier.oid(hmac_oid(digest));
        identifier.null();
    });
}

fn hmac_oid(digest: Digest) -> ObjectIdentifier {
    match digest {
        Digest::Sha256 => oid::HMAC_SHA256,
        Digest::Sha384 => oid::HMAC_SHA384,
        Digest::Sha512 => oid::HMAC_SHA512,
    }
}

fn hmac_of(digest: Digest) -> hmac::Algorithm {
    match digest {
        Digest::Sha256 => hmac::HMAC_SHA256,
        Digest::Sha384 => hmac::HMAC_SHA384,
        Digest::Sha512 => hmac::HMAC_SHA512,
    }
}

fn length_of(digest: Digest) -> usize {
    match digest {
        Digest::Sha256 => 32,
        Digest::Sha384 => 48,
        Digest::Sha512 => 64,
    }
}

fn pbkdf2_of(digest: Digest) -> pbkdf2::Algorithm {
    match digest {
        Digest::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Digest::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
        Digest::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
    }
}

/// Of what we begin ourselves.
const OUR_ITERATIONS: u32 = 20_000;

/// RFC 9810 §5.1.3.1 wants a hundred of PasswordBasedMac at least; OpenSSL has 500.
const FEWEST_HASHES: u32 = 100;

/// RFC 8018 §4.2.
const FEWEST_ROUNDS: u32 = 1_000;

/// Some twenty milliseconds, and any stranger can ask for them.
const MOST_ITERATIONS: u32 = 100_000;

/// RFC 8018 §4.1.
const SHORTEST_SALT: usize = 8;

const LONGEST_SALT: usize = 64;

const LONGEST_KEY: usize = 64;
