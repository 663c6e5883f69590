//! Public keys that were checked, and private keys kept in software.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ML_DSA_44,
    ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87, ML_DSA_87_SIGNING, ParsedPublicKey, PqdsaKeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use der::asn1::ObjectIdentifier;
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, SignatureAlgorithm};
use crate::decode::{Malformed, only};
use crate::encode::{Encoder, SEQUENCE};
use crate::signer::{SignFault, Signer};
use crate::{oid, weak_key};

/// A public key that passed the checks of THREATS R2: RSA of a size we accept with an odd exponent of at least
/// 65537 and no known weakness, or a point on its curve. Cheap to clone. Equal when the SPKI DER is.
#[derive(Clone)]
pub struct PublicKey(Arc<Checked>);

struct Checked {
    algorithm: Algorithm,
    spki: Vec<u8>,
    /// Content of the SPKI's BIT STRING, at the end of `spki`.
    bits: usize,
    parsed: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) and checks the key in it.
    pub fn from_spki_der(spki: &[u8]) -> Result<Self, KeyFault> {
        let what = "subject public key info";
        let mut decoder = only(spki, SEQUENCE, what)?.content();
        let mut identifier = decoder.sequence(what)?;
        let kind = identifier.oid(what)?;
        let algorithm = if kind == oid::RSA_ENCRYPTION {
            identifier.null(what)?;
            weak_key::check_rsa(decoder.clone().bits(what)?)?
        } else if kind == oid::EC_PUBLIC_KEY {
            match identifier.oid(what)? {
                curve if curve == oid::CURVE_P256 => Algorithm::P256,
                curve if curve == oid::CURVE_P384 => Algorithm::P384,
                _ => return Err(KeyFault::Unsupported),
            }
        } else if kind == oid::ED25519 {
            Algorithm::Ed25519
        } else {
            ml_dsa(kind).ok_or(KeyFault::Unsupported)?
        };
        // Parameters are absent but where they were read above (RFC 8410 §3, RFC 9881 §2).
        identifier.finish(what)?;
        let bits = decoder.bits(what)?;
        decoder.finish(what)?;
        // Only uncompressed points: RFC 5480 §2.2 allows others, no peer of ours needs them.
        if matches!(algorithm, Algorithm::P256 | Algorithm::P384) && bits.first() != Some(&0x04) {
            return Err(KeyFault::Weak("the point is not in uncompressed form"));
        }
        let parsed = ParsedPublicKey::new(verification(algorithm.signature()), bits)
            .map_err(|_| KeyFault::Weak("the key is not a point of its curve, or not a key at all"))?;
        Ok(Self(Arc::new(Checked {
            algorithm,
            spki: spki.to_vec(),
            bits: bits.len(),
            parsed,
        })))
    }

    /// The kind of key.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// The DER of the SubjectPublicKeyInfo.
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// The content of the BIT STRING: a point, an `RSAPublicKey`, or the bare octets of Ed25519 and ML-DSA.
    pub fn key_bits(&self) -> &[u8] {
        // `bits` was counted from the end of this very SPKI.
        self.0.spki.get(self.0.spki.len() - self.0.bits..).unwrap_or_default()
    }

    /// SHA-1 of [`Self::key_bits`]: the subject key identifier (RFC 5280 §4.2.1.2, method 1) and OCSP's issuerKeyHash.
    pub fn sha1_id(&self) -> [u8; 20] {
        let mut id = [0; 20];
        id.copy_from_slice(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, self.key_bits()).as_ref());
        id
    }

    /// SHA-256 of [`Self::key_bits`]: OCSP's issuerKeyHash when the CertID is of SHA-256.
    pub fn sha256_id(&self) -> [u8; 32] {
        sha256(self.key_bits())
    }

    /// SHA-256 of the SPKI DER: names the key itself, whoever certifies it.
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.0.spki)
    }

    /// Checks a signature over `message`.
    pub fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        // RFC 5758 ties no hash to a curve: OpenSSL hashes with SHA-256 whatever the curve is, unless it is told otherwise.
        let verification: &'static dyn VerificationAlgorithm = match (self.0.algorithm, algorithm) {
            (own, asked) if own.signature() == asked => {
                return self.0.parsed.verify_sig(message, signature).map_err(|_| BadSignature);
            }
            (
                Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096,
                SignatureAlgorithm::RsaSha384 | SignatureAlgorithm::RsaSha512,
            ) => verification(algorithm),
            (Algorithm::P384, SignatureAlgorithm::EcdsaSha256) => &ECDSA_P384_SHA256_ASN1,
            (Algorithm::P256, SignatureAlgorithm::EcdsaSha384) => &ECDSA_P256_SHA384_ASN1,
            _ => return Err(BadSignature),
        };
        UnparsedPublicKey::new(verification, self.key_bits())
            .verify(message, signature)
            .map_err(|_| BadSignature)
    }
}

impl PublicKey {
    /// Checks a signature of ours ([`Algorithm::signature`]) over a message of this hash.
    pub(crate) fn verify_hash(&self, hash: &digest::Digest, signature: &[u8]) -> Result<(), BadSignature> {
        self.0
            .parsed
            .verify_digest_sig(hash, signature)
            .map_err(|_| BadSignature)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.spki == other.0.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} ", self.0.algorithm)?;
        self.sha1_id().iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
        f.write_str(")")
    }
}

/// A private key in this process's memory; at rest it exists only encrypted. Not `Clone`, and prints its public half.
pub struct SoftwareKey {
    pair: Pair,
    public: PublicKey,
}

// The larger variants are boxed inside aws-lc-rs; these are pointers.
enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
    Ed25519(Ed25519KeyPair),
    MlDsa(PqdsaKeyPair),
}

impl SoftwareKey {
    /// A new key. The randomness is drawn inside the cryptographic library.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyFault> {
        let rsa = |size| rsa::KeyPair::generate(size).map(Pair::Rsa);
        let ml_dsa = |signing| PqdsaKeyPair::generate(signing).map(Pair::MlDsa);
        let pair = match algorithm {
            Algorithm::P256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map(Pair::Ecdsa),
            Algorithm::P384 => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).map(Pair::Ecdsa),
            Algorithm::Rsa2048 => rsa(KeySize::Rsa2048),
            Algorithm::Rsa3072 => rsa(KeySize::Rsa3072),
            Algorithm::Rsa4096 => rsa(KeySize::Rsa4096),
            Algorithm::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
            Algorithm::MlDsa44 => ml_dsa(&ML_DSA_44_SIGNING),
            Algorithm::MlDsa65 => ml_dsa(&ML_DSA_65_SIGNING),
            Algorithm::MlDsa87 => ml_dsa(&ML_DSA_87_SIGNING),
        };
        Self::of(pair.map_err(|_| KeyFault::Library)?, algorithm)
    }

    /// Reads an unencrypted PKCS #8 PrivateKeyInfo.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyFault> {
        let what = "private key info";
        let mut decoder = only(der, SEQUENCE, what)?.content();
        decoder.small(what)?;
        let mut identifier = decoder.sequence(what)?;
        let kind = identifier.oid(what)?;
        let refused = |_| KeyFault::Weak("the private key is not consistent");
        if kind == oid::RSA_ENCRYPTION {
            let pair = rsa::KeyPair::from_pkcs8(der).map_err(refused)?;
            let algorithm = match pair.public_modulus_len() {
                256 => Algorithm::Rsa2048,
                384 => Algorithm::Rsa3072,
                512 => Algorithm::Rsa4096,
                _ => return Err(KeyFault::Unsupported),
            };
            Self::of(Pair::Rsa(pair), algorithm)
        } else if kind == oid::EC_PUBLIC_KEY {
            let (signing, algorithm) = match identifier.oid(what)? {
                curve if curve == oid::CURVE_P256 => (&ECDSA_P256_SHA256_ASN1_SIGNING, Algorithm::P256),
                curve if curve == oid::CURVE_P384 => (&ECDSA_P384_SHA384_ASN1_SIGNING, Algorithm::P384),
                _ => return Err(KeyFault::Unsupported),
            };
            Self::of(
                Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(signing, der).map_err(refused)?),
                algorithm,
            )
        } else if kind == oid::ED25519 {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(refused)?;
            Self::of(Pair::Ed25519(pair), Algorithm::Ed25519)
        } else {
            // Seed, expanded key or both (RFC 9881 §6); where both are there, they must agree.
            let (algorithm, signing) = match ml_dsa(kind) {
                Some(algorithm @ Algorithm::MlDsa44) => (algorithm, &ML_DSA_44_SIGNING),
                Some(algorithm @ Algorithm::MlDsa65) => (algorithm, &ML_DSA_65_SIGNING),
                Some(algorithm @ Algorithm::MlDsa87) => (algorithm, &ML_DSA_87_SIGNING),
                _ => return Err(KeyFault::Unsupported),
            };
            let pair = PqdsaKeyPair::from_pkcs8(signing, der).map_err(refused)?;
            Self::of(Pair::MlDsa(pair), algorithm)
        }
    }

    /// The key as PEM "ENCRYPTED PRIVATE KEY": PKCS #8, PBES2 of PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018).
    /// `random` is fresh for every call; salt and initialisation vector are taken from it.
    pub fn to_encrypted_pem(&self, passphrase: &[u8], random: [u8; 32]) -> Result<String, KeyFault> {
        let plain = self.to_pkcs8()?;
        let info = PrivateKeyInfoRef::try_from(plain.as_slice()).map_err(|_| KeyFault::Library)?;
        let (salt, rest) = random.split_at(16);
        let mut iv = [0; 16];
        iv.copy_from_slice(rest);
        let scheme = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ITERATIONS, salt, iv)
            .map_err(|_| KeyFault::Library)?;
        let sealed = info
            .encrypt_with_params(scheme, passphrase)
            .map_err(|_| KeyFault::Library)?;
        let pem = sealed
            .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
            .map_err(|_| KeyFault::Library)?;
        Ok(pem.to_string())
    }

    /// Opens what [`Self::to_encrypted_pem`] made, or what `openssl pkcs8 -topk8 -v2 aes-256-cbc` did.
    pub fn from_encrypted_pem(pem: &str, passphrase: &[u8]) -> Result<Self, KeyFault> {
        let (label, sealed) = SecretDocument::from_pem(pem).map_err(|_| KeyFault::NotPem)?;
        if label != "ENCRYPTED PRIVATE KEY" {
            return Err(KeyFault::NotEncrypted);
        }
        let info = EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes()).map_err(|_| KeyFault::NotPem)?;
        let plain = info.decrypt(passphrase).map_err(|_| KeyFault::Passphrase)?;
        Self::from_pkcs8(plain.as_bytes())
    }

    /// The unencrypted PKCS #8, wiped when dropped.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
        let octets = match &self.pair {
            Pair::Ecdsa(pair) => pair
                .to_pkcs8v1()
                .map(|document| Zeroizing::new(document.as_ref().to_vec())),
            Pair::Ed25519(pair) => pair
                .to_pkcs8v1()
                .map(|document| Zeroizing::new(document.as_ref().to_vec())),
            Pair::MlDsa(pair) => pair
                .to_pkcs8v1()
                .map(|document| Zeroizing::new(document.as_ref().to_vec())),
            Pair::Rsa(pair) => {
                AsDer::<Pkcs8V1Der<'static>>::as_der(pair).map(|der| Zeroizing::new(der.as_ref().to_vec()))
            }
        };
        octets.map_err(|_| KeyFault::Library)
    }

    fn of(pair: Pair, algorithm: Algorithm) -> Result<Self, KeyFault> {
        let bits = match &pair {
            Pair::Ecdsa(pair) => pair.public_key().as_ref(),
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
            Pair::MlDsa(pair) => pair.public_key().as_ref(),
        };
        let public = PublicKey::from_spki_der(&spki(algorithm, bits))?;
        Ok(Self { pair, public })
    }
}

impl Signer for SoftwareKey {
    fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        let failed = |_| SignFault::Failed("the cryptographic library refused to sign".to_owned());
        match &self.pair {
            Pair::Ecdsa(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &signature::RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .map_err(failed)?;
                Ok(signature)
            }
            Pair::Ed25519(pair) => pair
                .try_sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Pair::MlDsa(pair) => {
                let mut signature = vec![0; pair.algorithm().signature_len()];
                pair.sign(message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }

    fn sign_hash(&self, hash: &[u8]) -> Option<Result<Vec<u8>, SignFault>> {
        let algorithm = self.algorithm().signature().hash_algorithm()?;
        let failed = |_| SignFault::Failed("the cryptographic library refused to sign".to_owned());
        match digest::Digest::import_less_safe(hash, algorithm) {
            Ok(hash) => sign_hash(&self.pair, &hash).map(|signed| signed.map_err(failed)),
            Err(fault) => Some(Err(failed(fault))),
        }
    }
}

/// See [`Signer::sign_hash`].
fn sign_hash(pair: &Pair, hash: &digest::Digest) -> Option<Result<Vec<u8>, Unspecified>> {
    match pair {
        Pair::Ecdsa(pair) => Some(pair.sign_digest(hash).map(|signature| signature.as_ref().to_vec())),
        Pair::Rsa(pair) => {
            let mut signature = vec![0; pair.public_modulus_len()];
            let signed = pair.sign_digest(&signature::RSA_PKCS1_SHA256, hash, &mut signature);
            Some(signed.map(|()| signature))
        }
        Pair::Ed25519(_) | Pair::MlDsa(_) => None,
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SoftwareKey").field(&self.public).finish()
    }
}

/// A key was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not the DER of a key.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A well-formed key of an algorithm, curve or size that is not used here.
    #[error("the key's algorithm, curve or size is not supported")]
    Unsupported,
    /// A key that must not be trusted (THREATS R2). Says why.
    #[error("the key is weak: {0}")]
    Weak(&'static str),
    /// The text is not a PEM of an encrypted private key.
    #[error("not a PEM of an encrypted private key")]
    NotPem,
    /// The private key is not encrypted; such files are not read.
    #[error("the private key is not encrypted; encrypt it with a passphrase first")]
    NotEncrypted,
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the key")]
    Passphrase,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
}

/// The signature does not belong to this message and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// SHA-256.
pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&SHA256, octets).as_ref());
    hash
}

/// SHA-1, for identifiers only (RFC 6960 CertID, key identifiers): never for a signature.
pub(crate) fn sha1(octets: &[u8]) -> [u8; 20] {
    let mut hash = [0; 20];
    hash.copy_from_slice(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref());
    hash
}

fn verification(algorithm: SignatureAlgorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        SignatureAlgorithm::EcdsaSha256 => &ECDSA_P256_SHA256_ASN1,
        SignatureAlgorithm::EcdsaSha384 => &ECDSA_P384_SHA384_ASN1,
        SignatureAlgorithm::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
        SignatureAlgorithm::RsaSha384 => &RSA_PKCS1_2048_8192_SHA384,
        SignatureAlgorithm::RsaSha512 => &RSA_PKCS1_2048_8192_SHA512,
        SignatureAlgorithm::Ed25519 => &signature::ED25519,
        SignatureAlgorithm::MlDsa44 => &ML_DSA_44,
        SignatureAlgorithm::MlDsa65 => &ML_DSA_65,
        SignatureAlgorithm::MlDsa87 => &ML_DSA_87,
    }
}

/// The parameter set of ML-DSA with this name (RFC 9881 §2).
fn ml_dsa(kind: ObjectIdentifier) -> Option<Algorithm> {
    match kind {
        oid::ML_DSA_44 => Some(Algorithm::MlDsa44),
        oid::ML_DSA_65 => Some(Algorithm::MlDsa65),
        oid::ML_DSA_87 => Some(Algorithm::MlDsa87),
        _ => None,
    }
}

pub(crate) fn spki(algorithm: Algorithm, bits: &[u8]) -> Vec<u8> {
    Encoder::der(|info| {
        info.sequence(|info| {
            info.sequence(|identifier| match algorithm {
                Algorithm::P256 | Algorithm::P384 => {
                    identifier.oid(oid::EC_PUBLIC_KEY);
                    identifier.oid(if algorithm == Algorithm::P256 {
                        oid::CURVE_P256
                    } else {
                        oid::CURVE_P384
                    });
                }
                Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => {
                    identifier.oid(oid::RSA_ENCRYPTION);
                    identifier.null();
                }
                Algorithm::Ed25519 => identifier.oid(oid::ED25519),
                Algorithm::MlDsa44 => identifier.oid(oid::ML_DSA_44),
                Algorithm::MlDsa65 => identifier.oid(oid::ML_DSA_65),
                Algorithm::MlDsa87 => identifier.oid(oid::ML_DSA_87),
            });
            info.bits(bits);
        });
    })
}

/// OWASP's figure for PBKDF2-HMAC-SHA256. A passphrase of an operator is opened once per start, not per request.
const PBKDF2_ITERATIONS: u32 = 600_000;
