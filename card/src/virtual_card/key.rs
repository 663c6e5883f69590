//! A private key in the card.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use aws_lc_rs::{
    digest::{self, Digest, SHA256, SHA384, SHA512},
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    error::Unspecified,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding,
    },
};
use zeroize::Zeroizing;

use crate::{certificate::KeyKind, tlv};

/// A private key, which can sign and nothing else.
pub(super) enum CardKey {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair, KeyKind),
}

impl CardKey {
    pub(super) fn generate(kind: KeyKind) -> Result<Self, Unspecified> {
        Ok(match kind {
            KeyKind::Rsa2048 => Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048)?)),
            KeyKind::P256 => Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?, kind),
            KeyKind::P384 => Self::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING)?, kind),
        })
    }

    pub(super) fn from_pkcs8(kind: KeyKind, pkcs8: &[u8]) -> Result<Self, Unspecified> {
        let ec = |algorithm: &'static EcdsaSigningAlgorithm| {
            EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).map(|key| Self::Ec(key, kind))
        };
        match kind {
            KeyKind::Rsa2048 => RsaKeyPair::from_pkcs8(pkcs8).map(|key| Self::Rsa(Box::new(key))),
            KeyKind::P256 => ec(&ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyKind::P384 => ec(&ECDSA_P384_SHA384_ASN1_SIGNING),
        }
        .map_err(|_| Unspecified)
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        Ok(Zeroizing::new(match self {
            Self::Rsa(key) => AsDer::<Pkcs8V1Der<'_>>::as_der(&**key)?.as_ref().to_vec(),
            Self::Ec(key, _) => key.to_pkcs8v1()?.as_ref().to_vec(),
        }))
    }

    pub(super) fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(_) => KeyKind::Rsa2048,
            Self::Ec(_, kind) => *kind,
        }
    }

    /// SubjectPublicKeyInfo, DER.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, Unspecified> {
        Ok(match self {
            Self::Rsa(key) => AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key())?
                .as_ref()
                .to_vec(),
            Self::Ec(key, _) => AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key())?
                .as_ref()
                .to_vec(),
        })
    }

    /// `7F49 { 81 modulus, 82 exponent }` or `7F49 { 86 point }` (SP 800-73-4 part 2 §3.3.2).
    pub(super) fn public_key_template(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        match self {
            Self::Rsa(key) => {
                tlv::push(
                    &mut fields,
                    0x81,
                    key.public_key().modulus().big_endian_without_leading_zero(),
                );
                tlv::push(
                    &mut fields,
                    0x82,
                    key.public_key().exponent().big_endian_without_leading_zero(),
                );
            }
            Self::Ec(key, _) => tlv::push(&mut fields, 0x86, key.public_key().as_ref()),
        }
        tlv::element(0x7F49, &fields)
    }

    /// Signs a message as a certificate request wants it.
    pub(super) fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Rsa(key) => rsa_signature(key, &RSA_PKCS1_SHA256, &digest::digest(&SHA256, message)),
            Self::Ec(key, kind) => {
                let algorithm = if *kind == KeyKind::P384 { &SHA384 } else { &SHA256 };
                Ok(key.sign_digest(&digest::digest(algorithm, message))?.as_ref().to_vec())
            }
        }
    }

    /// Signs the hash in a DigestInfo, as a card does that pads by itself. Only an RSA key does, and only SHA-2.
    pub(super) fn sign_digest_info(&self, info: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let Self::Rsa(key) = self else {
            return Err(Unspecified);
        };
        let (encoding, digest) = digest_info(info)?;
        rsa_signature(key, encoding, &digest)
    }

    /// Signs what a host sent as challenge: a PKCS#1 v1.5 block for RSA, a hash for EC.
    ///
    /// Only blocks with a SHA-2 DigestInfo are taken: a card that raised anything to the power would sign more than was shown.
    pub(super) fn sign_challenge(&self, challenge: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Rsa(key) => {
                let (encoding, digest) = pkcs1_digest(challenge, key.public_modulus_len())?;
                rsa_signature(key, encoding, &digest)
            }
            Self::Ec(key, kind) => {
                let algorithm = if *kind == KeyKind::P384 { &SHA384 } else { &SHA256 };
                // FIPS 186-5 §6.4.1: the leftmost bits of a longer hash; a shorter one is the same number with zeros before it.
                let size = algorithm.output_len();
                let mut hash = vec![0; size.saturating_sub(challenge.len())];
                hash.extend(challenge.iter().take(size));
                let digest = Digest::import_less_safe(&hash, algorithm)?;
                Ok(key.sign_digest(&digest)?.as_ref().to_vec())
            }
        }
    }
}

/// Reads a DigestInfo of a SHA-2 hash (RFC 8017 §9.2, note 1).
fn digest_info(info: &[u8]) -> Result<(&'static dyn RsaEncoding, Digest), Unspecified> {
    let encodings: [(u8, &'static dyn RsaEncoding, &'static digest::Algorithm); 3] = [
        (0x01, &RSA_PKCS1_SHA256, &SHA256),
        (0x02, &RSA_PKCS1_SHA384, &SHA384),
        (0x03, &RSA_PKCS1_SHA512, &SHA512),
    ];
    for (arc, encoding, algorithm) in encodings {
        // nistAlgorithm 2.16.840.1.101.3.4.2.{1,2,3} with NULL parameters.
        let mut identifier = tlv::element(0x06, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc]);
        tlv::push(&mut identifier, 0x05, &[]);
        let prefix = tlv::element(0x30, &identifier);
        let (outer, after) = tlv::first(info).map_err(|_| Unspecified)?;
        let Some(hash) = outer.value.strip_prefix(prefix.as_slice()) else {
            continue;
        };
        let (hash, tail) = tlv::first(hash).map_err(|_| Unspecified)?;
        if outer.tag != 0x30 || hash.tag != 0x04 || !after.is_empty() || !tail.is_empty() {
            return Err(Unspecified);
        }
        return Ok((encoding, Digest::import_less_safe(hash.value, algorithm)?));
    }
    Err(Unspecified)
}

fn rsa_signature(
    key: &RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
    digest: &Digest,
) -> Result<Vec<u8>, Unspecified> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign_digest(encoding, digest, &mut signature)?;
    Ok(signature)
}

/// Reads `00 01 FF…FF 00 DigestInfo` (RFC 8017 §9.2) back into the digest.
fn pkcs1_digest(block: &[u8], size: usize) -> Result<(&'static dyn RsaEncoding, Digest), Unspecified> {
    let [0x00, 0x01, rest @ ..] = block else {
        return Err(Unspecified);
    };
    let filling = rest.iter().take_while(|byte| **byte == 0xFF).count();
    let (_, info) = rest.split_at_checked(filling).ok_or(Unspecified)?;
    let [0x00, info @ ..] = info else {
        return Err(Unspecified);
    };
    if block.len() != size || filling < 8 {
        return Err(Unspecified);
    }
    digest_info(info)
}
