//! Example cards of citizens for tests: an issuer that knows its master key, and certificates that a card's own keys sign.

use aws_lc_rs::cmac::{self, AES_256};
use card::{
    jpki::{AuthenticationPin, CardNumber, PrintedNumber, SignaturePassword},
    piv::Slot,
    tlv,
    virtual_card::{CitizenDesign, CitizenPersonalisation, Flaw, Issue, Storage, UnblockKeys, VirtualCard},
};
use zeroize::Zeroizing;

use crate::example::certificate_of;

pub(crate) const PIN4: &str = "4862";
pub(crate) const PASSWORD: &str = "KAGI2468";
pub(crate) const NEW_PASSWORD: &str = "MORI1357";

pub(crate) fn pin4(text: &str) -> AuthenticationPin {
    AuthenticationPin::parse(text.to_owned()).expect("four digits")
}

pub(crate) fn password(text: &str) -> SignaturePassword {
    SignaturePassword::parse(text.to_owned()).expect("a password of the right form")
}

/// What is printed on the example card.
pub(crate) fn printed() -> PrintedNumber {
    PrintedNumber::parse("19900412".into(), "2031".into(), "4827".into()).expect("a number of the right form")
}

/// A card without a flaw, in memory.
pub(crate) fn card() -> VirtualCard {
    card_in(Storage::Memory, None)
}

pub(crate) fn card_in(storage: Storage, flaw: Option<Flaw>) -> VirtualCard {
    let design = CitizenDesign {
        authentication: pin4(PIN4),
        signature: password(PASSWORD),
        flaw,
    };
    issue(CitizenPersonalisation::begin(storage, &design).expect("a card"))
}

/// Does what its issuer does.
pub(crate) fn issue(blank: CitizenPersonalisation) -> VirtualCard {
    let certificate = |slot, name| {
        let key = blank.public_key(slot).expect("a public key");
        certificate_of(&key, name, blank.number().digits(), |message| {
            blank.sign(slot, message).expect("a signature")
        })
    };
    let authentication = certificate(Slot::Authentication, "Example citizen (authentication)");
    let signature = certificate(Slot::Signature, "Example citizen (signature)");
    let visual = visual(blank.number());
    let keys = unblock_keys(blank.number(), 1);
    blank
        .load(Issue {
            authentication: &authentication,
            authentication_authority: &authentication,
            signature: &signature,
            signature_authority: &signature,
            visual: &visual,
            unblock: keys,
        })
        .expect("a card that takes what was made for it")
}

/// The face of the example card. Its signature is another crate's matter, and its picture nobody's.
pub(crate) fn visual(number: CardNumber) -> Vec<u8> {
    let picture = [&[0xFF, 0xD8][..], &[0x5A; 3_000], &[0xFF, 0xD9]].concat();
    let mut fields = Vec::new();
    for (tag, value) in [
        (0xDF21, &number.digits()[..]),
        (0xDF22, b"19900412"),
        (0xDF23, b"2"),
        (0xDF24, b""),
        (0xDF25, b"name"),
        (0xDF26, b""),
        (0xDF27, &picture),
        (0xDF28, b"signature"),
        (0xDF29, b"20310412"),
        (0xDF2A, b"4827"),
    ] {
        tlv::push(&mut fields, tag, value);
    }
    tlv::element(0xFF20, &fields)
}

/// The master key of the example issuer: `00` to `1f`, as in the worked example of docs/formats.md.
const MASTER: [u8; 32] = {
    let mut octets = [0; 32];
    let mut at: u8 = 0;
    while at < 32 {
        octets[at as usize] = at;
        at += 1;
    }
    octets
};

/// SP 800-108r1 in counter mode, as docs/formats.md writes it down; made here once more, from the text.
pub(crate) fn unblock_key(number: CardNumber, version: u8, reference: u8) -> [u8; 32] {
    let half = |block: u16| {
        let mut input = block.to_be_bytes().to_vec();
        input.extend(b"PIN-UNBLOCK\0");
        input.extend(number.digits());
        input.extend([version, reference, 0x01, 0x00]);
        mac(&MASTER, &input)
    };
    let mut key = [0; 32];
    key[..16].copy_from_slice(&half(1));
    key[16..].copy_from_slice(&half(2));
    key
}

fn unblock_keys(number: CardNumber, version: u8) -> UnblockKeys {
    UnblockKeys {
        version,
        authentication: Zeroizing::new(unblock_key(number, version, 0x91)),
        signature: Zeroizing::new(unblock_key(number, version, 0x92)),
    }
}

/// What a cryptogram is over.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    pub(crate) number: CardNumber,
    pub(crate) reference: u8,
    pub(crate) counter: u32,
    pub(crate) challenge: [u8; 16],
    pub(crate) host_random: [u8; 16],
}

impl Context {
    /// What host (1), card (2) or receipt (3) say to it with this key.
    pub(crate) fn said_with(&self, key: &[u8; 32], who: u8) -> [u8; 16] {
        let mut message = vec![who];
        message.extend(self.number.digits());
        message.push(self.reference);
        message.extend(&self.counter.to_be_bytes()[1..]);
        message.extend(self.challenge);
        message.extend(self.host_random);
        mac(key, &message)
    }

    pub(crate) fn said(&self, who: u8) -> [u8; 16] {
        self.said_with(&unblock_key(self.number, 1, 0x92), who)
    }

    pub(crate) fn receipt(&self) -> [u8; 19] {
        let mut receipt = [0; 19];
        receipt[..3].copy_from_slice(&self.counter.to_be_bytes()[1..]);
        receipt[3..].copy_from_slice(&self.said(3));
        receipt
    }
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 16] {
    let key = cmac::Key::new(AES_256, key).expect("a key");
    let tag = cmac::sign(&key, message).expect("a tag");
    tag.as_ref().try_into().expect("sixteen octets")
}
