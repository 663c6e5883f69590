//! Example cards for tests: a design, and an issuer that certifies a card's own key with itself.

use card::{
    Pin, PinRule,
    certificate::KeyKind,
    piv::{Signature, SignatureAlgorithm, Slot},
    tlv,
    virtual_card::{CardFileFault, Design, Personalisation, Profile, Storage, VirtualCard},
};

pub(crate) const PIN: &str = "246813";
pub(crate) const WRONG_PIN: &str = "135790";
pub(crate) const PUK: &str = "86421357";

pub(crate) fn pin(text: &str) -> Pin {
    Pin::parse(text.to_owned(), &PinRule::PIV).expect("a PIN of the right form")
}

pub(crate) fn puk(text: &str) -> Pin {
    Pin::parse(text.to_owned(), &PinRule::PIV_PUK).expect("a PUK of the right form")
}

pub(crate) fn design(kind: KeyKind) -> Design {
    Design {
        profile: Profile::AUTHORITY,
        authentication: kind,
        signature: kind,
        pin: pin(PIN),
        puk: puk(PUK),
    }
}

pub(crate) fn card(kind: KeyKind) -> VirtualCard {
    card_in(Storage::Memory, kind)
}

pub(crate) fn card_in(storage: Storage, kind: KeyKind) -> VirtualCard {
    VirtualCard::new_example::<CardFileFault>(storage, &design(kind), self_signed).expect("an example card")
}

/// A certificate that the slot's key signs for itself.
pub(crate) fn self_signed(card: &Personalisation, slot: Slot) -> Result<Vec<u8>, CardFileFault> {
    let name = match slot {
        Slot::Authentication => "Example holder (authentication)",
        Slot::Signature => "Example holder (signature)",
    };
    let key = card.public_key(slot)?;
    Ok(certificate_of(&key, name, card.identifier().bytes(), |message| {
        card.sign(slot, message).expect("a signature")
    }))
}

/// An X.509 version 3 certificate that a key signs for itself (RFC 5280 §4.1).
pub(crate) fn certificate_of(
    public_key: &[u8],
    common_name: &str,
    number: &[u8],
    sign: impl Fn(&[u8]) -> Signature,
) -> Vec<u8> {
    let algorithm = sequence(match sign(b"which algorithm?").algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &[
            0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
        ],
        SignatureAlgorithm::EcdsaP256Sha256 => &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02],
        SignatureAlgorithm::EcdsaP384Sha384 => &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03],
    });
    let name = name(common_name);
    let mut serial = vec![0x01];
    serial.extend_from_slice(number);
    let validity = sequence(&[time("260101000000Z"), time("491231235959Z")].concat());
    // digitalSignature alone: which is all that either key does.
    let key_usage = sequence(
        &[
            &[0x06, 0x03, 0x55, 0x1D, 0x0F][..],
            &[0x04, 0x04, 0x03, 0x02, 0x07, 0x80],
        ]
        .concat(),
    );
    let tbs = sequence(
        &[
            tlv::element(0xA0, &[0x02, 0x01, 0x02]),
            tlv::element(0x02, &serial),
            algorithm.clone(),
            name.clone(),
            validity,
            name,
            public_key.to_vec(),
            tlv::element(0xA3, &sequence(&key_usage)),
        ]
        .concat(),
    );
    let mut signature = vec![0x00];
    signature.extend(sign(&tbs).bytes);
    sequence(&[tbs, algorithm, tlv::element(0x03, &signature)].concat())
}

fn name(common_name: &str) -> Vec<u8> {
    let attribute = [
        tlv::element(0x06, &[0x55, 0x04, 0x03]),
        tlv::element(0x0C, common_name.as_bytes()),
    ]
    .concat();
    sequence(&tlv::element(0x31, &sequence(&attribute)))
}

fn time(text: &str) -> Vec<u8> {
    tlv::element(0x17, text.as_bytes())
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tlv::element(0x30, content)
}
