//! GENERAL AUTHENTICATE as a signature (SP 800-73-4 part 2, appendix A.3).

use aws_lc_rs::digest::{SHA256, SHA384, digest};

use super::{Application, Slot};
use crate::{
    apdu::{Command, StatusWord},
    certificate::{Fingerprint, KeyKind},
    fault::{CardFault, ProtocolFault},
    pin::{LastTryConsent, Pin},
    tlv,
};

/// A signature that a card made and its certificate confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// How it was made.
    pub algorithm: SignatureAlgorithm,
    /// RSA: as long as the modulus. ECDSA: DER `ECDSA-Sig-Value`.
    pub bytes: Vec<u8>,
}

/// How a card signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// sha256WithRSAEncryption (RFC 8017 §8.2).
    RsaPkcs1Sha256,
    /// ecdsa-with-SHA256 over P-256 (FIPS 186-5 §6).
    EcdsaP256Sha256,
    /// ecdsa-with-SHA384 over P-384.
    EcdsaP384Sha384,
}

impl KeyKind {
    /// How a key of this kind signs.
    pub fn signature_algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa2048 => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::P256 => SignatureAlgorithm::EcdsaP256Sha256,
            Self::P384 => SignatureAlgorithm::EcdsaP384Sha384,
        }
    }
}

impl Application<'_> {
    /// Compare, VERIFY, sign: nothing comes between the last two, or 9C would refuse.
    pub(super) fn sign(
        &mut self,
        slot: Slot,
        expected: &Fingerprint,
        pin: &Pin,
        consent: Option<LastTryConsent>,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        let certificate = self.certificate(slot)?;
        if certificate.fingerprint() != *expected {
            return Err(CardFault::Changed);
        }
        let kind = certificate.key_kind();
        let command = Command::GeneralAuthenticate {
            algorithm: kind.piv_algorithm(),
            key: slot.key(),
            template: signature_template(kind, message),
        };
        self.verify(pin, consent)?;
        let answer = self.exclusive.exchange(&command)?;
        if answer.status != StatusWord::Success {
            return Err(ProtocolFault::Status {
                step: "sign",
                status: answer.status,
            }
            .into());
        }
        let bytes = tlv::find(tlv::find(&answer.data, 0x7C)?, 0x82)?.to_vec();
        if !certificate.confirms(message, &bytes) {
            return Err(ProtocolFault::Signature.into());
        }
        Ok(Signature {
            algorithm: kind.signature_algorithm(),
            bytes,
        })
    }
}

/// `7C { 82 empty: the answer wanted, 81: what is signed }`.
fn signature_template(kind: KeyKind, message: &[u8]) -> Vec<u8> {
    let challenge = match kind {
        KeyKind::Rsa2048 => pkcs1_block(digest(&SHA256, message).as_ref(), RSA_2048_BYTES),
        KeyKind::P256 => digest(&SHA256, message).as_ref().to_vec(),
        KeyKind::P384 => digest(&SHA384, message).as_ref().to_vec(),
    };
    let mut fields = tlv::element(0x82, &[]);
    tlv::push(&mut fields, 0x81, &challenge);
    tlv::element(0x7C, &fields)
}

/// EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §9.2): the card only raises to the power.
fn pkcs1_block(hash: &[u8], size: usize) -> Vec<u8> {
    let mut block = vec![0x00, 0x01];
    block.resize(size - 1 - SHA256_DIGEST_INFO.len() - hash.len(), 0xFF);
    block.push(0x00);
    block.extend_from_slice(SHA256_DIGEST_INFO);
    block.extend_from_slice(hash);
    block
}

const RSA_2048_BYTES: usize = 256;

/// DER of DigestInfo for SHA-256 up to the hash (RFC 8017 §9.2, note 1).
pub(crate) const SHA256_DIGEST_INFO: &[u8] = &[
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];
