//! The virtual card by itself: what it keeps, what it demands, what it answers.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use card::{
    TriesLeft,
    apdu::{Apdu, Header, Length, Response, instruction},
    certificate::{Certificate, KeyKind},
    piv::Slot,
    virtual_card::{Answer, CardFileFault, Fault, Personalisation, Storage, VirtualCard},
};

use crate::example::{self, PIN, PUK, WRONG_PIN, design, self_signed};

fn ask(card: &mut VirtualCard, header: [u8; 4], data: &[u8], expected: Option<u32>) -> Response {
    let [cla, ins, p1, p2] = header;
    let apdu = Apdu::encode(Header { cla, ins, p1, p2 }, data, expected, Length::Extended).unwrap();
    match card.respond(apdu.bytes()) {
        Answer::Response(bytes) => Response::parse(&bytes).unwrap(),
        other => panic!("no response: {other:?}"),
    }
}

fn status(card: &mut VirtualCard, header: [u8; 4], data: &[u8]) -> u16 {
    ask(card, header, data, Some(65_536)).status.into()
}

fn selected(kind: KeyKind) -> VirtualCard {
    let mut card = example::card(kind);
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    card
}

fn block(text: &str) -> Vec<u8> {
    let mut block = text.as_bytes().to_vec();
    block.resize(8, 0xFF);
    block
}

/// `7C { 82, 81 hash }` for P-256.
fn to_be_signed() -> Vec<u8> {
    let mut template = vec![0x7C, 0x24, 0x82, 0x00, 0x81, 0x20];
    template.extend([0x5A; 32]);
    template
}

#[test]
fn every_status_word_of_the_card_is_the_one_the_standard_names() {
    let cases: &[(&str, [u8; 4], &[u8], u16)] = &[
        ("unknown application", SELECT, &[0xA0, 0, 0, 0, 3, 1], 0x6A82),
        ("application name of four bytes", SELECT, &[0xA0, 0, 0, 3], 0x6A80),
        ("select by file", [0, 0xA4, 0x02, 0x0C], &[0, 1], 0x6A86),
        (
            "right-truncated application",
            SELECT,
            &[0xA0, 0x00, 0x00, 0x03, 0x08],
            0x9000,
        ),
        ("with P2 0C", [0, 0xA4, 0x04, 0x0C], AID, 0x9000),
        ("unknown object", GET_DATA, &[0x5C, 3, 0x5F, 0xC1, 0x09], 0x6A82),
        ("discovery", GET_DATA, &[0x5C, 1, 0x7E], 0x9000),
        ("object list that is none", GET_DATA, &[0x5D, 1, 0x7E], 0x6A80),
        (
            "object list with more behind it",
            GET_DATA,
            &[0x5C, 1, 0x7E, 0x00],
            0x6A80,
        ),
        ("vendor's version question", [0, 0xCA, 0xDF, 0x30], &[], 0x6D00),
        ("unknown instruction", [0, 0xFD, 0, 0], &[], 0x6D00),
        ("secure messaging", [0x0C, 0xCB, 0x3F, 0xFF], &[0x5C, 1, 0x7E], 0x6E00),
        ("proprietary class", [0x80, 0xCB, 0x3F, 0xFF], &[0x5C, 1, 0x7E], 0x6E00),
        (
            "get data by another way",
            [0, 0xCB, 0x00, 0x00],
            &[0x5C, 1, 0x7E],
            0x6A86,
        ),
        ("tries left", VERIFY, &[], 0x63CA),
        ("PIN too short", VERIFY, b"12345\xFF\xFF\xFF", 0x6A80),
        ("PIN not filled", VERIFY, b"123456", 0x6A80),
        ("PIN with letters", VERIFY, b"12345a\xFF\xFF", 0x6A80),
        ("PIN filled in the middle", VERIFY, b"123456\xFF7", 0x6A80),
        ("global PIN", [0, 0x20, 0x00, 0x00], &[], 0x6A88),
        ("verify the PUK", [0, 0x20, 0x00, 0x81], b"86421357", 0x6A88),
        ("signature without PIN", SIGN_9C, &[0x7C, 0x00], 0x6982),
        (
            "authentication without PIN",
            [0, 0x87, 0x11, 0x9A],
            &[0x7C, 0x00],
            0x6982,
        ),
        ("key that is not there", [0, 0x87, 0x11, 0x9D], &[0x7C, 0x00], 0x6A88),
        ("key that cannot be", [0, 0x87, 0x11, 0x00], &[0x7C, 0x00], 0x6A88),
        ("algorithm of another key", [0, 0x87, 0x07, 0x9C], &[0x7C, 0x00], 0x6A86),
        (
            "generate without management",
            [0, 0x47, 0x00, 0x9A],
            &[0xAC, 3, 0x80, 1, 0x11],
            0x6982,
        ),
        (
            "write without management",
            [0, 0xDB, 0x3F, 0xFF],
            &[0x5C, 3, 0x5F, 0xC1, 0x05, 0x53, 0],
            0x6982,
        ),
        (
            "3DES for the management key",
            [0, 0x87, 0x03, 0x9B],
            &[0x7C, 2, 0x80, 0],
            0x6A86,
        ),
        (
            "answer to no question",
            [0, 0x87, 0x0C, 0x9B],
            &[0x7C, 2, 0x82, 0],
            0x6A80,
        ),
        ("rest of nothing", [0, 0xC0, 0, 0], &[], 0x6985),
        ("change with half a field", [0, 0x24, 0, 0x80], b"1234", 0x6700),
        (
            "unblock another reference",
            [0, 0x2C, 0, 0x81],
            b"8642135712345678",
            0x6A88,
        ),
    ];
    let mut card = selected(KeyKind::P256);
    for (what, header, data, expected) in cases {
        let told = status(&mut card, *header, data);
        assert_eq!(told, *expected, "{what}: {told:04X} instead of {expected:04X}");
    }
    assert_eq!(card.tries_left(), TriesLeft::Known(10), "none of these spends a try");
    // And bytes that are no APDU at all.
    for bytes in [
        &[][..],
        &[0, 0xA4, 4],
        &[0, 0xA4, 4, 0, 9, 1],
        &[0, 0xA4, 4, 0, 0, 0, 0, 0],
    ] {
        assert_eq!(card.respond(bytes), Answer::Response(vec![0x67, 0x00]));
    }
}

#[test]
fn nothing_but_select_is_answered_before_select() {
    let mut card = example::card(KeyKind::P256);
    for (header, data) in [(GET_DATA, &[0x5C, 1, 0x7E][..]), (VERIFY, &[]), (SIGN_9C, &[0x7C, 0])] {
        assert_eq!(status(&mut card, header, data), 0x6985);
    }
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    assert_eq!(status(&mut card, SELECT, &[0xD3, 0x92, 0xF0, 0, 0x26]), 0x6A82);
    assert_eq!(
        status(&mut card, GET_DATA, &[0x5C, 1, 0x7E]),
        0x9000,
        "an unknown name changes nothing"
    );
}

#[test]
fn a_wrong_format_spends_no_try_and_a_wrong_pin_does() {
    let mut card = selected(KeyKind::P256);
    for malformed in [
        &b"12345\xFF\xFF\xFF"[..],
        b"1234567890",
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    ] {
        assert_eq!(status(&mut card, VERIFY, malformed), 0x6A80);
    }
    assert_eq!(card.tries_left(), TriesLeft::Known(10));
    assert_eq!(status(&mut card, VERIFY, &block(WRONG_PIN)), 0x63C9);
    assert_eq!(card.tries_left(), TriesLeft::Known(9));
}

#[test]
fn the_signature_key_wants_the_pin_before_each_use() {
    let mut card = selected(KeyKind::P256);
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
    assert_eq!(status(&mut card, SIGN_9C, &to_be_signed()), 0x9000);
    assert_eq!(status(&mut card, SIGN_9C, &to_be_signed()), 0x6982, "used up");
    assert_eq!(status(&mut card, SIGN_9A, &to_be_signed()), 0x9000, "9A wants it once");
    assert_eq!(status(&mut card, SIGN_9A, &to_be_signed()), 0x9000);
    for between in [(GET_DATA, &[0x5C, 1, 0x7E][..]), (VERIFY, &[]), (SELECT, AID)] {
        assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
        assert_eq!(status(&mut card, between.0, between.1), 0x9000);
        assert_eq!(
            status(&mut card, SIGN_9C, &to_be_signed()),
            0x6982,
            "something came between"
        );
    }
    assert_eq!(status(&mut card, [0, 0x20, 0xFF, 0x80], &[]), 0x9000);
    assert_eq!(
        status(&mut card, SIGN_9A, &to_be_signed()),
        0x6982,
        "forgotten on demand"
    );
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
    card.reset();
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    assert_eq!(
        status(&mut card, SIGN_9A, &to_be_signed()),
        0x6982,
        "forgotten by a reset"
    );
}

#[test]
fn an_rsa_key_signs_a_padded_hash_and_nothing_else() {
    let mut card = selected(KeyKind::Rsa2048);
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
    let raw = |content: &[u8]| {
        let mut fields = vec![0x82, 0x00, 0x81, 0x82, 0x01, 0x00];
        fields.resize(6 + 256 - content.len(), 0x00);
        fields.extend_from_slice(content);
        let mut template = vec![0x7C, 0x82, 0x01, 0x06];
        template.extend(fields);
        template
    };
    let rsa_9a = [0, 0x87, 0x07, 0x9A];
    assert_eq!(status(&mut card, rsa_9a, &raw(&[2])), 0x6A80);
    assert_eq!(status(&mut card, rsa_9a, &raw(&[])), 0x6A80);
}

#[test]
fn a09_the_counter_and_everything_else_survive_a_restart_and_the_file_holds_no_pin() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    let mut card = example::card_in(Storage::File(path.clone()), KeyKind::P256);
    let (identifier, certificate) = (card.identifier(), card.certificate(Slot::Signature));
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    assert_eq!(status(&mut card, VERIFY, &block(WRONG_PIN)), 0x63C9);
    assert_eq!(status(&mut card, VERIFY, &block(WRONG_PIN)), 0x63C8);
    drop(card);

    let mut card = VirtualCard::open(&path).unwrap();
    assert_eq!(card.tries_left(), TriesLeft::Known(8));
    assert_eq!(
        (card.identifier(), card.certificate(Slot::Signature)),
        (identifier, certificate)
    );
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
    assert_eq!(status(&mut card, SIGN_9C, &to_be_signed()), 0x9000);
    drop(card);
    assert_eq!(VirtualCard::open(&path).unwrap().tries_left(), TriesLeft::Known(10));

    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read(&path).unwrap();
    for secret in [PIN, PUK] {
        for form in forms(secret) {
            assert!(!contains(&text, &form), "the file holds a PIN");
        }
    }
    // The control: the same search finds what is there.
    let mut seeded = text.clone();
    seeded.extend_from_slice(&forms(PIN)[2]);
    assert!(contains(&seeded, &forms(PIN)[2]));
    assert!(contains(&text, b"most_tries"));
}

#[test]
fn a06_the_try_is_on_the_disk_before_the_pin_is_compared() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    let mut card = example::card_in(Storage::File(path.clone()), KeyKind::P256);
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    card.inject(Fault::RemovedDuring(instruction::VERIFY));
    let verify = Apdu::encode(
        Header {
            cla: 0,
            ins: 0x20,
            p1: 0,
            p2: 0x80,
        },
        &block(PIN),
        None,
        Length::Short,
    )
    .unwrap();
    assert_eq!(card.respond(verify.bytes()), Answer::Removed);
    drop(card);
    let mut card = VirtualCard::open(&path).unwrap();
    assert_eq!(card.tries_left(), TriesLeft::Known(9));
    // The control: without the power cut the right PIN leaves ten.
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
    drop(card);
    assert_eq!(VirtualCard::open(&path).unwrap().tries_left(), TriesLeft::Known(10));
}

#[test]
fn a08_one_file_is_one_card_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    let begun = Personalisation::begin(Storage::File(path.clone()), &design(KeyKind::P256)).unwrap();
    let in_use = |fault: Option<CardFileFault>| {
        let said = fault.map(|fault| fault.to_string()).unwrap_or_default();
        assert!(said.contains("card.json is in use: end the"), "{said:?}");
    };
    in_use(Personalisation::reopen(&path).err());
    in_use(Personalisation::begin(Storage::File(path.clone()), &design(KeyKind::P256)).err());
    drop(begun);
    let mut card = VirtualCard::open(&path).expect("control: nobody has it any more");
    in_use(VirtualCard::open(&path).err());
    // The file is another one after each write; the hold stays.
    card.set_tries_left(3).unwrap();
    in_use(VirtualCard::open(&path).err());
    drop(card);
    assert_eq!(VirtualCard::open(&path).unwrap().tries_left(), TriesLeft::Known(3));
    let elsewhere = directory.path().join("none.json");
    assert!(matches!(VirtualCard::open(&elsewhere), Err(CardFileFault::File(_))));
    assert!(!directory.path().join("none.json.lock").exists());
}

#[test]
fn a_card_that_cannot_write_compares_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inner").join("card.json");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let mut card = example::card_in(Storage::File(path.clone()), KeyKind::P256);
    assert_eq!(status(&mut card, SELECT, AID), 0x9000);
    std::fs::rename(path.parent().unwrap(), directory.path().join("elsewhere")).unwrap();
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x6581);
    assert_eq!(
        status(&mut card, SIGN_9A, &to_be_signed()),
        0x6982,
        "and so nothing is verified"
    );
    std::fs::rename(directory.path().join("elsewhere"), path.parent().unwrap()).unwrap();
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
}

#[test]
fn ten_wrong_puks_make_a_blocked_card_useless_for_good() {
    let mut card = selected(KeyKind::P256);
    card.set_tries_left(0).unwrap();
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x6983);
    let unblock = |puk: &str| [block(puk), block(PIN)].concat();
    for left in (0..10).rev() {
        assert_eq!(
            status(&mut card, [0, 0x2C, 0, 0x80], &unblock("11111111")),
            0x63C0 | left
        );
    }
    assert_eq!(status(&mut card, [0, 0x2C, 0, 0x80], &unblock(PUK)), 0x6983);
    assert_eq!(card.tries_left(), TriesLeft::Blocked);
    assert!(matches!(card.set_tries_left(11), Err(CardFileFault::Tries)));
}

#[test]
fn an_answer_is_given_in_the_pieces_that_are_asked_for() {
    let mut card = selected(KeyKind::Rsa2048);
    let object = [0x5C, 3, 0x5F, 0xC1, 0x05];
    let whole = ask(&mut card, GET_DATA, &object, Some(65_536)).data;
    assert!(whole.len() > 512);
    let first = ask(&mut card, GET_DATA, &object, Some(8));
    assert_eq!((first.data.len(), u16::from(first.status)), (8, 0x6100));
    let mut pieces = first.data;
    loop {
        let piece = ask(&mut card, [0, 0xC0, 0, 0], &[], Some(200));
        pieces.extend(piece.data);
        if u16::from(piece.status) == 0x9000 {
            break;
        }
        assert_eq!(u16::from(piece.status) & 0xFF00, 0x6100);
    }
    assert_eq!(pieces, whole);
    // Another command in between drops the rest.
    ask(&mut card, GET_DATA, &object, Some(8));
    ask(&mut card, VERIFY, &[], None);
    assert_eq!(status(&mut card, [0, 0xC0, 0, 0], &[]), 0x6985);
}

#[test]
fn a_chain_broken_by_another_command_is_given_up() {
    let mut card = selected(KeyKind::P256);
    assert_eq!(status(&mut card, VERIFY, &block(PIN)), 0x9000);
    let template = to_be_signed();
    let (head, tail) = template.split_at(10);
    assert_eq!(status(&mut card, [0x10, 0x87, 0x11, 0x9A], head), 0x9000);
    assert_eq!(status(&mut card, SIGN_9A, tail), 0x9000, "joined");
    assert_eq!(status(&mut card, [0x10, 0x87, 0x11, 0x9A], head), 0x9000);
    assert_eq!(status(&mut card, GET_DATA, &[0x5C, 1, 0x7E]), 0x9000);
    assert_eq!(status(&mut card, SIGN_9A, tail), 0x6A80, "the head is forgotten");
    for _ in 0..64 {
        status(&mut card, [0x10, 0x87, 0x11, 0x9A], &[0; 255]);
    }
    assert_eq!(
        status(&mut card, [0x10, 0x87, 0x11, 0x9A], &[0; 255]),
        0x6700,
        "a chain has an end"
    );
}

#[test]
fn a_card_is_personalised_once_and_with_certificates_of_its_own_keys() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    let begun = Personalisation::begin(Storage::File(path.clone()), &design(KeyKind::P256)).unwrap();
    let (authentication, signature) = (
        self_signed(&begun, Slot::Authentication).unwrap(),
        self_signed(&begun, Slot::Signature).unwrap(),
    );
    drop(begun);
    assert!(matches!(
        Personalisation::begin(Storage::File(path.clone()), &design(KeyKind::P256)),
        Err(CardFileFault::Exists)
    ));
    let reopen = |path: &Path| Personalisation::reopen(path);
    let foreign = example::card(KeyKind::P256).certificate(Slot::Signature).unwrap();
    assert!(matches!(
        reopen(&path).unwrap().load(&[&authentication, foreign.der()]),
        Err(CardFileFault::ForeignCertificate(1))
    ));
    assert!(matches!(
        reopen(&path).unwrap().load(&[&authentication]),
        Err(CardFileFault::NoCertificate(Slot::Signature))
    ));
    assert!(matches!(
        reopen(&path).unwrap().load(&[&[0x30, 0x00]]),
        Err(CardFileFault::Certificate { index: 0, .. })
    ));
    let card = reopen(&path).unwrap().load(&[&signature, &authentication]).unwrap();
    assert_eq!(
        card.certificate(Slot::Signature).map(|c| c.der().to_vec()),
        Some(signature)
    );
    drop(card);
    assert!(matches!(reopen(&path), Err(CardFileFault::Issued)));
}

#[test]
fn a_broken_file_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    drop(example::card_in(Storage::File(path.clone()), KeyKind::P256));
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("\"version\": 1", "\"version\": 2"),
        ("\"tries_left\": 10", "\"tries_left\": 11"),
        ("\"kind\": \"p256\"", "\"kind\": \"p521\""),
        ("\"place\": \"9C\"", "\"place\": \"9Z\""),
        ("\"identifier\": \"", "\"identifier\": \"!"),
        ("{", "["),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{from} is there to be broken");
        std::fs::write(&path, broken).unwrap();
        assert!(
            matches!(VirtualCard::open(&path), Err(CardFileFault::Malformed(_))),
            "{from}"
        );
    }
    std::fs::write(&path, text).unwrap();
    assert!(VirtualCard::open(&path).is_ok());
}

#[test]
fn a_self_signed_example_is_confirmed_by_its_own_key() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        let card = example::card(kind);
        let certificate = card.certificate(Slot::Authentication).unwrap();
        assert_eq!(Certificate::parse(certificate.der()).unwrap(), certificate);
        assert_eq!(certificate.key_kind(), kind);
    }
}

/// Plain, filled with FF, UTF-16, hex of both, base64 of both.
pub(crate) fn forms(secret: &str) -> Vec<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    let filled = block(secret);
    let pairs = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>();
    vec![
        secret.as_bytes().to_vec(),
        filled.clone(),
        secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        pairs(secret.as_bytes()).concat().into_bytes(),
        pairs(&filled).concat().into_bytes(),
        pairs(&filled).join(" ").into_bytes(),
        STANDARD_NO_PAD.encode(secret).into_bytes(),
        STANDARD_NO_PAD.encode(filled).into_bytes(),
    ]
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window.eq_ignore_ascii_case(needle))
}

const AID: &[u8] = &[0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];
const SELECT: [u8; 4] = [0, 0xA4, 0x04, 0x00];
const GET_DATA: [u8; 4] = [0, 0xCB, 0x3F, 0xFF];
const VERIFY: [u8; 4] = [0, 0x20, 0x00, 0x80];
const SIGN_9A: [u8; 4] = [0, 0x87, 0x11, 0x9A];
const SIGN_9C: [u8; 4] = [0, 0x87, 0x11, 0x9C];
