//! As much of a certificate as a card conversation needs: its fingerprint, and which kind of key it certifies.
//!
//! What a certificate says and whether it is to be believed is not this crate's to judge.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
        VerificationAlgorithm,
    },
};

use crate::{fault::CardFault, tlv};

/// A certificate as the card holds it, DER.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    public_key: Vec<u8>,
    kind: KeyKind,
}

impl Certificate {
    /// Takes DER; a key that cannot be used here is [`CardFault::UnknownKey`].
    pub fn parse(der: &[u8]) -> Result<Self, CardFault> {
        let (certificate, _) = tlv::first(der)?;
        let public_key = subject_public_key_info(certificate.value)?;
        Ok(Self {
            der: certificate.whole.to_vec(),
            public_key: public_key.to_vec(),
            kind: KeyKind::of(public_key)?,
        })
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 over the DER.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Its SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Which kind of key it certifies.
    pub fn key_kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether this certificate's key made `signature` over `message`.
    pub fn confirms(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self.kind {
            KeyKind::Rsa2048 => &RSA_PKCS1_2048_8192_SHA256,
            KeyKind::P256 => &ECDSA_P256_SHA256_ASN1,
            KeyKind::P384 => &ECDSA_P384_SHA384_ASN1,
        };
        UnparsedPublicKey::new(algorithm, &self.public_key)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({:?}, {})", self.kind, self.fingerprint())
    }
}

/// The keys that cards of this house have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA, 2048 bits; signs with PKCS#1 v1.5 and SHA-256.
    Rsa2048,
    /// NIST P-256; signs with SHA-256.
    P256,
    /// NIST P-384; signs with SHA-384.
    P384,
}

impl KeyKind {
    /// The kind of a SubjectPublicKeyInfo, DER.
    pub fn of(public_key: &[u8]) -> Result<Self, CardFault> {
        let (info, _) = tlv::first(public_key)?;
        let (algorithm, rest) = tlv::first(info.value)?;
        match algorithm.whole {
            P256_ALGORITHM => Ok(Self::P256),
            P384_ALGORITHM => Ok(Self::P384),
            RSA_ALGORITHM => {
                // BIT STRING { SEQUENCE { modulus, exponent } }; a positive modulus of 2048 bits has 257 bytes.
                let bits = tlv::find(rest, 0x03)?;
                let key = bits.split_first().map_or(bits, |(_, key)| key);
                let modulus = tlv::find(tlv::find(key, 0x30)?, 0x02)?;
                match modulus.len() {
                    257 => Ok(Self::Rsa2048),
                    _ => Err(CardFault::UnknownKey),
                }
            }
            _ => Err(CardFault::UnknownKey),
        }
    }

    /// PIV's identifier of the algorithm (SP 800-78-4 table 6-2).
    pub fn piv_algorithm(self) -> u8 {
        match self {
            Self::Rsa2048 => 0x07,
            Self::P256 => 0x11,
            Self::P384 => 0x14,
        }
    }
}

/// SHA-256 of a certificate: by this a card is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate, DER.
    pub fn of(der: &[u8]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest(&SHA256, der).as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// A fingerprint that was kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Walks `Certificate { tbsCertificate { [0] version?, serial, signature, issuer, validity, subject, spki, … } … }` (RFC 5280 §4.1).
fn subject_public_key_info(certificate: &[u8]) -> Result<&[u8], CardFault> {
    let (tbs, _) = tlv::first(certificate)?;
    let mut fields = tlv::elements(tbs.value).filter(|field| !matches!(field, Ok(element) if element.tag == 0xA0));
    let spki = fields.nth(5).ok_or(tlv::TlvFault::Missing(0x30))??;
    Ok(spki.whole)
}

/// AlgorithmIdentifier rsaEncryption with NULL (RFC 3279 §2.3.1).
pub(crate) const RSA_ALGORITHM: &[u8] = &[
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// AlgorithmIdentifier id-ecPublicKey with secp256r1 (RFC 5480 §2.1).
pub(crate) const P256_ALGORITHM: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
    0x01, 0x07,
];
/// AlgorithmIdentifier id-ecPublicKey with secp384r1 (RFC 5480 §2.1).
pub(crate) const P384_ALGORITHM: &[u8] = &[
    0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22,
];
