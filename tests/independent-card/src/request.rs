//! Certificate requests (PKCS #10, RFC 2986), signed by the card's own keys before it has certificates.

use sha2::{Digest as _, Sha256, Sha384};

use crate::host::{Algorithm, Host, PublicKey, Refused, Slot};
use crate::tlv::{element, joined};

/// The request for a key that the card has made, signed with it.
pub(crate) fn made(host: &mut Host<'_, '_>, slot: Slot, key: &PublicKey, pin: &str) -> Result<Vec<u8>, Refused> {
    let name = sequence(&element(
        &[0x31],
        &sequence(&joined(&[COMMON_NAME, &element(&[0x0C], slot.word().as_bytes())])),
    ));
    let info = sequence(&joined(&[
        &[0x02, 0x01, 0x00],
        &name,
        &public_key_info(key),
        &[0xA0, 0x00],
    ]));
    let (algorithm, block) = match key.algorithm {
        Algorithm::Rsa2048 => (RSA_SHA256, pkcs1_block(&Sha256::digest(&info))),
        Algorithm::P256 => (ECDSA_SHA256, Sha256::digest(&info).to_vec()),
        Algorithm::P384 => (ECDSA_SHA384, Sha384::digest(&info).to_vec()),
    };
    host.verify(pin)?;
    let signature = host.sign(slot, key.algorithm, &block)?;
    Ok(sequence(&joined(&[&info, algorithm, &bits(&signature)])))
}

fn public_key_info(key: &PublicKey) -> Vec<u8> {
    let (first, second) = &key.parts;
    match key.algorithm {
        Algorithm::Rsa2048 => sequence(&joined(&[
            RSA,
            &bits(&sequence(&joined(&[&integer(first), &integer(second)]))),
        ])),
        Algorithm::P256 => sequence(&joined(&[P256, &bits(first)])),
        Algorithm::P384 => sequence(&joined(&[P384, &bits(first)])),
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) for 2048 bits: the card only raises to the power.
fn pkcs1_block(hash: &[u8]) -> Vec<u8> {
    let info = sequence(&joined(&[SHA256, &element(&[0x04], hash)]));
    let mut block = vec![0x00, 0x01];
    block.resize(256 - 1 - info.len(), 0xFF);
    block.push(0x00);
    block.extend(info);
    block
}

fn sequence(content: &[u8]) -> Vec<u8> {
    element(&[0x30], content)
}

fn bits(content: &[u8]) -> Vec<u8> {
    element(&[0x03], &joined(&[&[0x00], content]))
}

/// A number that is never negative.
fn integer(magnitude: &[u8]) -> Vec<u8> {
    let digits = &magnitude[magnitude.iter().take_while(|octet| **octet == 0).count()..];
    let sign: &[u8] = if digits.first().is_none_or(|first| first & 0x80 != 0) {
        &[0]
    } else {
        &[]
    };
    element(&[0x02], &joined(&[sign, digits]))
}

/// id-at-commonName.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
/// AlgorithmIdentifier rsaEncryption, with NULL (RFC 3279 §2.3.1).
const RSA: &[u8] = &[
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// AlgorithmIdentifier sha256WithRSAEncryption, with NULL (RFC 4055 §5).
const RSA_SHA256: &[u8] = &[
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
];
/// AlgorithmIdentifier id-sha256, with NULL (RFC 8017 appendix B.1).
const SHA256: &[u8] = &[
    0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];
/// AlgorithmIdentifier id-ecPublicKey with secp256r1 (RFC 5480 §2.1).
const P256: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
    0x01, 0x07,
];
/// The same with secp384r1.
const P384: &[u8] = &[
    0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22,
];
/// AlgorithmIdentifier ecdsa-with-SHA256 (RFC 5758 §3.2).
const ECDSA_SHA256: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
/// AlgorithmIdentifier ecdsa-with-SHA384.
const ECDSA_SHA384: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];
