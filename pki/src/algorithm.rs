//! Key algorithms we make, and signature algorithms we can check.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Algorithm as HashAlgorithm, Digest, SHA256, SHA384, SHA512, digest};
use der::asn1::ObjectIdentifier;

use crate::decode::{Decoder, Malformed};
use crate::encode::Encoder;
use crate::oid;

/// What kind of key signs. Each has one signature algorithm of ours: [`Algorithm::signature`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on NIST P-256 with SHA-256.
    P256,
    /// ECDSA on NIST P-384 with SHA-384.
    P384,
    /// RSA of 2048 bits, PKCS #1 v1.5 with SHA-256.
    Rsa2048,
    /// RSA of 3072 bits, PKCS #1 v1.5 with SHA-256.
    Rsa3072,
    /// RSA of 4096 bits, PKCS #1 v1.5 with SHA-256.
    Rsa4096,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// ML-DSA-44 (FIPS 204, RFC 9881).
    MlDsa44,
    /// ML-DSA-65 (FIPS 204, RFC 9881).
    MlDsa65,
    /// ML-DSA-87 (FIPS 204, RFC 9881).
    MlDsa87,
}

impl Algorithm {
    /// Every algorithm, in the order in which operators are shown them.
    pub const ALL: [Self; 9] = [
        Self::P256,
        Self::P384,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Ed25519,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
    ];

    /// The signature algorithm with which a key of this kind signs here.
    pub fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::P256 => SignatureAlgorithm::EcdsaSha256,
            Self::P384 => SignatureAlgorithm::EcdsaSha384,
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => SignatureAlgorithm::RsaSha256,
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
            Self::MlDsa44 => SignatureAlgorithm::MlDsa44,
            Self::MlDsa65 => SignatureAlgorithm::MlDsa65,
            Self::MlDsa87 => SignatureAlgorithm::MlDsa87,
        }
    }

    /// The name used in commands and configuration: `p256`, `rsa-2048`…
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::Ed25519 => "ed25519",
            Self::MlDsa44 => "ml-dsa-44",
            Self::MlDsa65 => "ml-dsa-65",
            Self::MlDsa87 => "ml-dsa-87",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

/// No algorithm of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown algorithm {0:?}; use p256, p384, rsa-2048, rsa-3072, rsa-4096, ed25519, ml-dsa-44, ml-dsa-65 or ml-dsa-87"
)]
pub struct UnknownAlgorithm(pub String);

/// How a signature was made. SHA-1 and MD5 have no name here, so nothing signed with them can be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA256 (RFC 5758).
    EcdsaSha256,
    /// ecdsa-with-SHA384 (RFC 5758).
    EcdsaSha384,
    /// sha256WithRSAEncryption (RFC 4055).
    RsaSha256,
    /// sha384WithRSAEncryption (RFC 4055).
    RsaSha384,
    /// sha512WithRSAEncryption (RFC 4055).
    RsaSha512,
    /// id-Ed25519 (RFC 8410).
    Ed25519,
    /// id-ml-dsa-44 (RFC 9881): pure ML-DSA with an empty context.
    MlDsa44,
    /// id-ml-dsa-65 (RFC 9881).
    MlDsa65,
    /// id-ml-dsa-87 (RFC 9881).
    MlDsa87,
}

impl SignatureAlgorithm {
    const ALL: [Self; 9] = [
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::Ed25519,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
    ];

    /// The object identifier.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::EcdsaSha256 => oid::ECDSA_WITH_SHA256,
            Self::EcdsaSha384 => oid::ECDSA_WITH_SHA384,
            Self::RsaSha256 => oid::SHA256_WITH_RSA,
            Self::RsaSha384 => oid::SHA384_WITH_RSA,
            Self::RsaSha512 => oid::SHA512_WITH_RSA,
            Self::Ed25519 => oid::ED25519,
            Self::MlDsa44 => oid::ML_DSA_44,
            Self::MlDsa65 => oid::ML_DSA_65,
            Self::MlDsa87 => oid::ML_DSA_87,
        }
    }

    fn is_rsa(self) -> bool {
        matches!(self, Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512)
    }

    /// The hash of a message that is signed this way; `None` for Ed25519 and ML-DSA, which have no single one.
    pub(crate) fn hash(self, message: &[u8]) -> Option<Digest> {
        self.hash_algorithm().map(|algorithm| digest(algorithm, message))
    }

    pub(crate) fn hash_algorithm(self) -> Option<&'static HashAlgorithm> {
        match self {
            Self::EcdsaSha256 | Self::RsaSha256 => Some(&SHA256),
            Self::EcdsaSha384 | Self::RsaSha384 => Some(&SHA384),
            Self::RsaSha512 => Some(&SHA512),
            Self::Ed25519 | Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => None,
        }
    }

    /// The AlgorithmIdentifier: NULL parameters for RSA (RFC 4055 §5), none for the others.
    pub(crate) fn encode(self, encoder: &mut Encoder) {
        encoder.sequence(|identifier| {
            identifier.oid(self.oid());
            if self.is_rsa() {
                identifier.null();
            }
        });
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let what = "signature algorithm";
        let mut identifier = decoder.sequence(what)?;
        let oid = identifier.oid(what)?;
        let algorithm = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.oid() == oid)
            .ok_or(Malformed("signature algorithm not supported"))?;
        if algorithm.is_rsa() && !identifier.is_empty() {
            identifier.null(what)?;
        }
        identifier.finish(what)?;
        Ok(algorithm)
    }
}
