//! The management key (9B) by itself: proofs, and what they open.

use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use card::{
    apdu::{Apdu, Header, Length, Response},
    certificate::KeyKind,
    tlv,
    virtual_card::{Answer, VirtualCard},
};

use crate::example;

/// A card with PIV selected, and the conversation with its management key.
struct Desk(VirtualCard);

impl Desk {
    fn new() -> Self {
        let mut desk = Self(example::card(KeyKind::P256));
        assert_eq!(desk.ask([0, 0xA4, 4, 0], &[0xA0, 0, 0, 3, 8]).0, 0x9000);
        desk
    }

    fn ask(&mut self, [cla, ins, p1, p2]: [u8; 4], data: &[u8]) -> (u16, Vec<u8>) {
        let apdu = Apdu::encode(Header { cla, ins, p1, p2 }, data, Some(65_536), Length::Extended).unwrap();
        match self.0.respond(apdu.bytes()) {
            Answer::Response(bytes) => {
                let response = Response::parse(&bytes).unwrap();
                (response.status.into(), response.data)
            }
            other => panic!("{other:?}"),
        }
    }

    /// GENERAL AUTHENTICATE with 9B; the fields of the answer's template.
    fn authenticate(&mut self, fields: &[(u32, &[u8])]) -> (u16, Vec<u8>) {
        let mut template = Vec::new();
        for (tag, value) in fields {
            tlv::push(&mut template, *tag, value);
        }
        let (status, data) = self.ask([0, 0x87, 0x0C, 0x9B], &tlv::element(0x7C, &template));
        let fields = tlv::find(&data, 0x7C).map(<[u8]>::to_vec).unwrap_or_default();
        (status, fields)
    }

    fn may_write(&mut self) -> bool {
        let (status, _) = self.ask([0, 0xDB, 0x3F, 0xFF], &[0x5C, 3, 0x5F, 0xC1, 0x09, 0x53, 1, 0xAA]);
        assert!(matches!(status, 0x9000 | 0x6982));
        status == 0x9000
    }

    fn encrypted(&self, block: &[u8]) -> Vec<u8> {
        let mut block = block.to_vec();
        let key = UnboundCipherKey::new(&AES_256, self.0.management_key().expect("a PIV card")).unwrap();
        EncryptingKey::ecb(key)
            .unwrap()
            .less_safe_encrypt(&mut block, EncryptionContext::None)
            .unwrap();
        block
    }

    fn decrypted(&self, block: &[u8]) -> Vec<u8> {
        let mut block = block.to_vec();
        let key = UnboundCipherKey::new(&AES_256, self.0.management_key().expect("a PIV card")).unwrap();
        DecryptingKey::ecb(key)
            .unwrap()
            .decrypt(&mut block, DecryptionContext::None)
            .unwrap();
        block
    }

    /// The whole external authentication.
    fn open(&mut self) {
        let (_, asked) = self.authenticate(&[(0x81, &[])]);
        let answer = self.encrypted(tlv::find(&asked, 0x81).unwrap());
        assert_eq!(self.authenticate(&[(0x82, &answer)]).0, 0x9000);
    }
}

#[test]
fn external_authentication_opens_the_card_once_and_not_by_replay() {
    let mut desk = Desk::new();
    assert!(!desk.may_write());
    let (status, asked) = desk.authenticate(&[(0x81, &[])]);
    assert_eq!(status, 0x9000);
    let answer = desk.encrypted(tlv::find(&asked, 0x81).unwrap());
    assert_eq!(desk.authenticate(&[(0x82, &[0; 16])]).0, 0x6982, "a wrong answer");
    assert_eq!(
        desk.authenticate(&[(0x82, &answer)]).0,
        0x6A80,
        "the challenge is used up"
    );
    assert!(!desk.may_write());
    desk.open();
    assert!(desk.may_write());
    desk.0.reset();
    desk.ask([0, 0xA4, 4, 0], &[0xA0, 0, 0, 3, 8]);
    assert!(!desk.may_write(), "forgotten by a reset");
    desk.authenticate(&[(0x81, &[])]);
    assert_eq!(
        desk.authenticate(&[(0x82, &answer)]).0,
        0x6982,
        "an old answer to a new challenge"
    );
}

#[test]
fn mutual_authentication_proves_both_sides() {
    let mut desk = Desk::new();
    let (_, asked) = desk.authenticate(&[(0x80, &[])]);
    let witness = desk.decrypted(tlv::find(&asked, 0x80).unwrap());
    assert_eq!(
        desk.authenticate(&[(0x80, &[1; 16]), (0x81, &[2; 16])]).0,
        0x6982,
        "a wrong witness"
    );
    assert_eq!(
        desk.authenticate(&[(0x80, &witness), (0x81, &[2; 16])]).0,
        0x6A80,
        "used up"
    );
    assert!(!desk.may_write());
    let (_, asked) = desk.authenticate(&[(0x80, &[])]);
    let witness = desk.decrypted(tlv::find(&asked, 0x80).unwrap());
    let (status, proof) = desk.authenticate(&[(0x80, &witness), (0x81, &[2; 16])]);
    assert_eq!(status, 0x9000);
    assert_eq!(
        desk.decrypted(tlv::find(&proof, 0x82).unwrap()),
        [2; 16],
        "the card knows the key, too"
    );
    assert!(desk.may_write());
}

#[test]
fn a_managed_card_takes_objects_and_makes_keys() {
    let mut desk = Desk::new();
    desk.open();
    let put = [0, 0xDB, 0x3F, 0xFF];
    let get = |desk: &mut Desk| desk.ask([0, 0xCB, 0x3F, 0xFF], &[0x5C, 3, 0x5F, 0xC1, 0x09]);
    assert_eq!(desk.ask(put, &[0x5C, 3, 0x5F, 0xC1, 0x09, 0x53, 2, 1, 2]).0, 0x9000);
    assert_eq!(get(&mut desk), (0x9000, vec![0x53, 2, 1, 2]));
    assert_eq!(desk.ask(put, &[0x5C, 3, 0x5F, 0xC1, 0x09, 0x53, 0]).0, 0x9000);
    assert_eq!(get(&mut desk).0, 0x6A82, "an empty one is none");
    assert_eq!(desk.ask(put, &[0x5C, 3, 0x5F, 0xC1, 0x09, 0x53, 2, 1]).0, 0x6A80);
    assert_eq!(
        desk.ask(put, &[0x5C, 3, 0x5F, 0xC1, 0x02, 0x53, 0]).0,
        0x6A82,
        "the card's own number stays"
    );
    for (algorithm, tag) in [(0x07, 0x81), (0x11, 0x86), (0x14, 0x86)] {
        let (status, made) = desk.ask([0, 0x47, 0, 0x9D], &[0xAC, 3, 0x80, 1, algorithm]);
        assert_eq!(status, 0x9000);
        assert!(tlv::find(tlv::find(&made, 0x7F49).unwrap(), tag).is_ok());
    }
    assert_eq!(desk.ask([0, 0x47, 0, 0x9B], &[0xAC, 3, 0x80, 1, 0x11]).0, 0x6A88);
    assert_eq!(
        desk.ask([0, 0x47, 0, 0x9A], &[0xAC, 3, 0x80, 1, 0x06]).0,
        0x6A80,
        "RSA-1024"
    );
}
