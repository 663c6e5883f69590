//! The card's other side while it is personalised (SP 800-73-4 part 2): whoever has the management key, by APDUs alone.

use std::fmt;

use des::TdesEde3;
use des::cipher::{BlockEncrypt as _, KeyInit as _};

use crate::apdu::Conversation;
use crate::tlv::{element, find, joined};

/// The PIN of a card as it left the factory.
pub(crate) const PIN: &str = "123456";
/// The management key of a card as it left the factory, for 3DES.
const MANAGEMENT_KEY: [u8; 24] = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8];

/// The places for a key and its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Authentication,
    Signature,
}

impl Slot {
    pub(crate) const BOTH: [Self; 2] = [Self::Authentication, Self::Signature];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Signature => "signature",
        }
    }

    fn key(self) -> u8 {
        match self {
            Self::Authentication => 0x9A,
            Self::Signature => 0x9C,
        }
    }

    fn object(self) -> [u8; 3] {
        match self {
            Self::Authentication => [0x5F, 0xC1, 0x05],
            Self::Signature => [0x5F, 0xC1, 0x0A],
        }
    }
}

/// The kinds of keys that our authority certifies and this card makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rsa2048,
    P256,
    P384,
}

impl Algorithm {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "rsa-2048" => Ok(Self::Rsa2048),
            "p256" => Ok(Self::P256),
            "p384" => Ok(Self::P384),
            _ => Err(format!("{name} is no kind of key")),
        }
    }

    /// SP 800-78-4 table 6-2.
    fn identifier(self) -> u8 {
        match self {
            Self::Rsa2048 => 0x07,
            Self::P256 => 0x11,
            Self::P384 => 0x14,
        }
    }
}

/// A public key as the card told it when it made the pair.
pub(crate) struct PublicKey {
    pub(crate) algorithm: Algorithm,
    /// RSA: modulus and exponent. EC: the point, uncompressed, and nothing.
    pub(crate) parts: (Vec<u8>, Vec<u8>),
}

/// The card said no, or something that is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) step: &'static str,
    pub(crate) status: u16,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the card refused to {}: {:04X}", self.step, self.status)
    }
}

impl std::error::Error for Refused {}

/// Whoever talks to a card that has power.
pub(crate) struct Host<'c, 'a> {
    card: &'c mut Conversation<'a>,
}

impl<'c, 'a> Host<'c, 'a> {
    pub(crate) fn select(card: &'c mut Conversation<'a>) -> Result<Self, Refused> {
        let mut host = Self { card };
        let aid = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];
        host.ask("be selected", [0xA4, 0x04, 0x00], &aid)?;
        Ok(host)
    }

    /// External authentication: the card's challenge, encrypted with the key.
    pub(crate) fn prove_management_key(&mut self) -> Result<(), Refused> {
        let step = "take the management key";
        let answer = self.ask(step, [0x87, 0x03, 0x9B], &element(&[0x7C], &element(&[0x81], &[])))?;
        let challenge = find(&answer, &[0x7C]).and_then(|inner| find(inner, &[0x81]));
        let mut block =
            *des::cipher::Block::<TdesEde3>::from_slice(challenge.filter(|c| c.len() == 8).ok_or(odd(step))?);
        TdesEde3::new(&MANAGEMENT_KEY.into()).encrypt_block(&mut block);
        self.ask(step, [0x87, 0x03, 0x9B], &element(&[0x7C], &element(&[0x82], &block)))?;
        Ok(())
    }

    pub(crate) fn change_pin(&mut self, old: &str, new: &str) -> Result<(), Refused> {
        let data = joined(&[&padded(old), &padded(new)]);
        self.ask("change its PIN", [0x24, 0x00, 0x80], &data).map(|_| ())
    }

    pub(crate) fn verify(&mut self, pin: &str) -> Result<(), Refused> {
        self.ask("take the PIN", [0x20, 0x00, 0x80], &padded(pin)).map(|_| ())
    }

    /// GENERATE ASYMMETRIC KEY PAIR.
    pub(crate) fn generate(&mut self, slot: Slot, algorithm: Algorithm) -> Result<PublicKey, Refused> {
        let step = "make a key";
        let template = element(&[0xAC], &element(&[0x80], &[algorithm.identifier()]));
        let answer = self.ask(step, [0x47, 0x00, slot.key()], &template)?;
        let public = find(&answer, &[0x7F, 0x49]).ok_or(odd(step))?;
        let part = |tag: u8| find(public, &[tag]).map(<[u8]>::to_vec).ok_or(odd(step));
        let parts = match algorithm {
            Algorithm::Rsa2048 => (part(0x81)?, part(0x82)?),
            Algorithm::P256 | Algorithm::P384 => (part(0x86)?, Vec::new()),
        };
        Ok(PublicKey { algorithm, parts })
    }

    /// GENERAL AUTHENTICATE over a padded block (RSA) or a digest (EC); 9C wants the PIN in the command before.
    pub(crate) fn sign(&mut self, slot: Slot, algorithm: Algorithm, block: &[u8]) -> Result<Vec<u8>, Refused> {
        let step = "sign";
        let template = element(&[0x7C], &joined(&[&element(&[0x82], &[]), &element(&[0x81], block)]));
        let answer = self.ask(step, [0x87, algorithm.identifier(), slot.key()], &template)?;
        let signature = find(&answer, &[0x7C]).and_then(|inner| find(inner, &[0x82]));
        Ok(signature.ok_or(odd(step))?.to_vec())
    }

    /// PUT DATA of `53 { 70 certificate, 71 not compressed, FE }`.
    pub(crate) fn put_certificate(&mut self, slot: Slot, der: &[u8]) -> Result<(), Refused> {
        let object = joined(&[&element(&[0x70], der), &element(&[0x71], &[0]), &element(&[0xFE], &[])]);
        let data = joined(&[&element(&[0x5C], &slot.object()), &element(&[0x53], &object)]);
        self.ask("keep a certificate", [0xDB, 0x3F, 0xFF], &data).map(|_| ())
    }

    /// One command in short APDUs, chained if need be, its answer collected.
    pub(crate) fn ask(&mut self, step: &'static str, [ins, p1, p2]: [u8; 3], data: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut links: Vec<&[u8]> = data.chunks(255).collect();
        let last = links.pop().unwrap_or_default();
        for link in links {
            let apdu = joined(&[&[0x10, ins, p1, p2, link.len() as u8], link]);
            self.send(step, &apdu, &mut Vec::new())?;
        }
        let mut answer = Vec::new();
        let lc: &[u8] = if last.is_empty() { &[] } else { &[last.len() as u8] };
        let mut left = self.send(step, &joined(&[&[0x00, ins, p1, p2], lc, last, &[0x00]]), &mut answer)?;
        while let Some(more) = left {
            left = self.send(step, &[0x00, 0xC0, 0x00, 0x00, more], &mut answer)?;
        }
        Ok(answer)
    }

    /// Appends the data to `answer`; says how much more there is (`61xx`).
    fn send(&mut self, step: &'static str, apdu: &[u8], answer: &mut Vec<u8>) -> Result<Option<u8>, Refused> {
        let response = self.card.respond(apdu);
        let (data, status) = response.split_last_chunk::<2>().ok_or(odd(step))?;
        answer.extend_from_slice(data);
        match *status {
            [0x90, 0x00] => Ok(None),
            [0x61, more] => Ok(Some(more)),
            status => Err(Refused {
                step,
                status: u16::from_be_bytes(status),
            }),
        }
    }
}

/// An answer that says 9000 and is none.
fn odd(step: &'static str) -> Refused {
    Refused { step, status: 0x9000 }
}

fn padded(pin: &str) -> [u8; 8] {
    let mut block = [0xFF; 8];
    for (to, from) in block.iter_mut().zip(pin.bytes()) {
        *to = from;
    }
    block
}
