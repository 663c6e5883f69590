//! The seam to a private key.

use crate::algorithm::Algorithm;
use crate::key::PublicKey;

/// A private key that signs, wherever it lives: in memory, in a card, in an HSM.
///
/// `sign` signs the message itself (it hashes where the algorithm hashes) and returns the signature as X.509
/// carries it: ECDSA as the DER of `Ecdsa-Sig-Value`, all others raw. It may be called from many threads.
/// The callers in this crate check what comes back wherever a CA key signs, so a `Signer` need not.
pub trait Signer: Send + Sync {
    /// The kind of key.
    fn algorithm(&self) -> Algorithm;

    /// The public half. It never changes during the life of the value.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message` with [`Algorithm::signature`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault>;

    /// Signs a message of which only the hash is given, made with [`Algorithm::signature`]'s hash: so a list of millions is
    /// hashed once and never sent whole to an HSM. `None` (what a signer says that does not know better): only whole
    /// messages are signed, as with Ed25519, which hashes twice (RFC 8032 §5.1.6), and with ML-DSA,
    /// whose hash begins with the key (FIPS 204 §6.2).
    fn sign_hash(&self, hash: &[u8]) -> Option<Result<Vec<u8>, SignFault>> {
        let _ = hash;
        None
    }
}

impl<S: Signer + ?Sized> Signer for &S {
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        (**self).sign(message)
    }

    fn sign_hash(&self, hash: &[u8]) -> Option<Result<Vec<u8>, SignFault>> {
        (**self).sign_hash(hash)
    }
}

impl<S: Signer + ?Sized> Signer for std::sync::Arc<S> {
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        (**self).sign(message)
    }

    fn sign_hash(&self, hash: &[u8]) -> Option<Result<Vec<u8>, SignFault>> {
        (**self).sign_hash(hash)
    }
}

impl<S: Signer + ?Sized> Signer for Box<S> {
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        (**self).sign(message)
    }

    fn sign_hash(&self, hash: &[u8]) -> Option<Result<Vec<u8>, SignFault>> {
        (**self).sign_hash(hash)
    }
}

/// A signature was not made, or must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignFault {
    /// The key store failed; trying again may help. The text is for the operator.
    #[error("the signer failed: {0}")]
    Failed(String),
    /// The signer holds another key than the one whose name the signature would bear (THREATS A51).
    #[error("the signer holds another key than the issuer's certificate")]
    AnotherKey,
    /// What came back does not verify under the issuer's public key (THREATS A51). Nothing was released.
    #[error("the signer's answer does not verify with the issuer's public key")]
    BadSignature,
}

/// Signs and verifies before anything is released (THREATS A51).
pub(crate) fn sign_as(expected: &PublicKey, signer: &dyn Signer, message: &[u8]) -> Result<Vec<u8>, SignFault> {
    if signer.public_key() != expected {
        return Err(SignFault::AnotherKey);
    }
    let algorithm = expected.algorithm().signature();
    let Some(hash) = algorithm.hash(message) else {
        let signature = signer.sign(message)?;
        expected
            .verify(algorithm, message, &signature)
            .map_err(|_| SignFault::BadSignature)?;
        return Ok(signature);
    };
    // The hash by which the answer is checked is ours, whoever made the signature.
    let signature = signer
        .sign_hash(hash.as_ref())
        .unwrap_or_else(|| signer.sign(message))?;
    expected
        .verify_hash(&hash, &signature)
        .map_err(|_| SignFault::BadSignature)?;
    Ok(signature)
}
