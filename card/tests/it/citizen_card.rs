//! The virtual card of a citizen by itself: what it keeps, what it demands, what it answers.

use card::{
    TriesLeft,
    certificate::KeyKind,
    piv::Slot,
    virtual_card::{
        Answer, CardFileFault, CitizenDesign, CitizenPersonalisation, Issue, Personalisation, Storage, UnblockKeys,
        VirtualCard,
    },
};
use proptest::prelude::*;

use crate::{
    citizens::{self, NEW_PASSWORD, PASSWORD, PIN4, password, pin4},
    example,
    unblock::{Bench, SELECT_JPKI, SELECT_UNBLOCK, with_data},
    virtual_card::{contains, forms},
};

const SELECT_VISUAL: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02";

fn file(id: u8) -> [u8; 7] {
    [0, 0xA4, 2, 0x0C, 2, 0, id]
}

const READ: &[u8] = &[0, 0xB0, 0, 0, 0];
const TRIES: &[u8] = &[0, 0x20, 0, 0x80];

#[test]
fn every_status_word_of_the_card_is_the_one_that_is_written_down() {
    let mut bench = Bench::of(citizens::card());
    let verify = |secret: &[u8]| with_data([0, 0x20, 0, 0x80], secret);
    let change = |secret: &[u8]| with_data([0, 0x24, 1, 0x80], secret);
    let sign = |data: &[u8]| [with_data([0x80, 0x2A, 0, 0x80], data), vec![0]].concat();
    let sha1 = sign(
        &[
            &[0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 14, 3, 2, 0x1A, 5, 0, 4, 20][..],
            &[1; 20],
        ]
        .concat(),
    );
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("a file before any application", file(0x0A).to_vec(), 0x6A82),
        ("a read before any application", READ.to_vec(), 0x6986),
        (
            "an unknown application with P2 0C",
            b"\x00\xA4\x04\x0C\x05\xA0\x00\x00\x03\x08".to_vec(),
            0x6A82,
        ),
        ("JPKI", SELECT_JPKI.to_vec(), 0x9000),
        (
            "an application name of four bytes",
            b"\x00\xA4\x04\x0C\x04\xA0\x00\x00\x03".to_vec(),
            0x6A80,
        ),
        ("a read before any file", READ.to_vec(), 0x6986),
        ("a vendor's question", vec![0, 0xCA, 0xDF, 0x30, 5], 0x6D00),
        ("an unknown file", file(0x05).to_vec(), 0x6A82),
        ("the label", file(0x06).to_vec(), 0x9000),
        ("its text", vec![0, 0xB0, 0, 0, 0x20], 0x9000),
        ("beyond its end", vec![0, 0xB0, 0, 0x20, 1], 0x6B00),
        ("a read by short file identifier", vec![0, 0xB0, 0x81, 0, 0], 0x6A86),
        ("the signature certificate", file(0x01).to_vec(), 0x9000),
        ("its content without the password", READ.to_vec(), 0x6982),
        ("no PIN's file", verify(b"1234"), 0x6986),
        ("nor its tries", TRIES.to_vec(), 0x6986),
        ("nor a key", sign(b"1"), 0x6986),
        ("the authentication key", file(0x17).to_vec(), 0x9000),
        ("a signature without PIN", sign(b"1"), 0x6982),
        ("a key cannot be read", READ.to_vec(), 0x6986),
        ("the four-digit PIN", file(0x18).to_vec(), 0x9000),
        ("nor can a PIN", READ.to_vec(), 0x6986),
        ("its tries", TRIES.to_vec(), 0x63C3),
        ("five digits", verify(b"12345"), 0x6A80),
        ("four letters", verify(b"ABCD"), 0x6A80),
        ("still its tries", TRIES.to_vec(), 0x63C3),
        ("a change without PIN", change(b"1234"), 0x6982),
        ("a wrong one", verify(b"0000"), 0x63C2),
        ("the right one", verify(PIN4.as_bytes()), 0x9000),
        ("its tries again, also while verified", TRIES.to_vec(), 0x63C3),
        ("a change to what is none", change(b"12345"), 0x6A80),
        ("a change", change(b"1234"), 0x9000),
        ("and back", change(PIN4.as_bytes()), 0x9000),
        ("another file leaves it verified", file(0x17).to_vec(), 0x9000),
        ("SHA-1", sha1, 0x6A80),
        ("no DigestInfo", sign(&[1; 32]), 0x6A80),
        ("the other key wants the other PIN", file(0x1A).to_vec(), 0x9000),
        ("and does not sign", sign(b"1"), 0x6982),
        ("nor is the other certificate told", file(0x01).to_vec(), 0x9000),
        ("by this PIN", READ.to_vec(), 0x6982),
        ("the application again", SELECT_JPKI.to_vec(), 0x9000),
        ("forgets the PIN", file(0x17).to_vec(), 0x9000),
        ("so nothing is signed", sign(b"1"), 0x6982),
        ("the signature PIN", file(0x1B).to_vec(), 0x9000),
        ("small letters", verify(b"kagi2468"), 0x6A80),
        ("its tries", TRIES.to_vec(), 0x63C5),
        ("a wrong one", verify(b"KAGI2469"), 0x63C4),
        ("the right one", verify(PASSWORD.as_bytes()), 0x9000),
        ("now the certificate", file(0x01).to_vec(), 0x9000),
        ("is told", READ.to_vec(), 0x9000),
        ("the face", SELECT_VISUAL.to_vec(), 0x9000),
        ("its file", file(0x02).to_vec(), 0x9000),
        ("without the printed number", READ.to_vec(), 0x6982),
        ("no number A", file(0x13).to_vec(), 0x6A82),
        ("number B", file(0x12).to_vec(), 0x9000),
        ("its tries", TRIES.to_vec(), 0x63CA),
        ("thirteen digits", verify(b"9004122031482"), 0x6A80),
        ("another birthday", verify(b"90041320314827"), 0x63C9),
        ("the right number", verify(b"90041220314827"), 0x9000),
        ("which cannot be changed", change(b"90041220314827"), 0x6986),
        ("its file again", file(0x02).to_vec(), 0x9000),
        ("is told", READ.to_vec(), 0x9000),
        (
            "text application",
            b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08".to_vec(),
            0x6A82,
        ),
        ("and its owner stays", READ.to_vec(), 0x9000),
        (
            "challenge outside of the unblock application",
            vec![0, 0x84, 0, 0, 16],
            0x6D00,
        ),
        (
            "proof outside of it",
            [&[0, 0x82, 0, 0x92, 32], &[0; 32][..], &[16]].concat(),
            0x6D00,
        ),
        (
            "password outside of it",
            [&[0, 0x2C, 2, 0x82, 6], &b"ABC123"[..]].concat(),
            0x6D00,
        ),
        ("the unblock application", SELECT_UNBLOCK.to_vec(), 0x9000),
        ("has no files", file(0x01).to_vec(), 0x6A82),
        ("its number", vec![0, 0xCA, 0xDF, 0x20, 0], 0x9000),
        ("no such object", vec![0, 0xCA, 0xDF, 0x24, 0], 0x6A88),
        ("no receipt yet", vec![0, 0xCA, 0xDF, 0x23, 0], 0x6A88),
        (
            "a proof without challenge",
            [&[0, 0x82, 0, 0x92, 32], &[0; 32][..], &[16]].concat(),
            0x6985,
        ),
        (
            "a proof of no key",
            [&[0, 0x82, 0, 0x93, 32], &[0; 32][..], &[16]].concat(),
            0x6A88,
        ),
        (
            "a proof of 31 octets",
            [&[0, 0x82, 0, 0x92, 31], &[0; 31][..], &[16]].concat(),
            0x6700,
        ),
        ("another PIN", [&[0, 0x2C, 2, 0x83, 6], &b"ABC123"[..]].concat(), 0x6A88),
        (
            "with the old PIN",
            [&[0, 0x2C, 0, 0x82, 6], &b"ABC123"[..]].concat(),
            0x6A86,
        ),
        ("a chain", vec![0x10, 0x2C, 2, 0x82, 1, 0], 0x6E00),
        ("an unknown instruction", vec![0, 0xFD, 0, 0], 0x6D00),
        ("no APDU", vec![0, 0xA4, 4], 0x6700),
    ];
    for (what, command, expected) in cases {
        let told = bench.status(&command);
        assert_eq!(told, expected, "{what}: {told:04X} instead of {expected:04X}");
    }
    assert_eq!(bench.card.tries_left(), TriesLeft::Known(3));
}

#[test]
fn each_pin_has_its_own_counter_which_survives_and_the_file_holds_none_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    let mut bench = Bench::of(citizens::card_in(Storage::File(path.clone()), None));
    bench.status(SELECT_JPKI);
    bench.status(&file(0x18));
    for left in [0x63C2, 0x63C1, 0x63C0, 0x6983] {
        assert_eq!(bench.status(b"\x00\x20\x00\x80\x040000"), left);
    }
    assert_eq!(bench.status(TRIES), 0x63C0, "OpenSC wants to hear it so");
    bench.status(&file(0x1B));
    assert_eq!(bench.status(b"\x00\x20\x00\x80\x06ABC123"), 0x63C4);
    drop(bench);
    let mut bench = Bench::of(VirtualCard::open(&path).unwrap());
    assert_eq!(bench.card.tries_left(), TriesLeft::Blocked);
    assert_eq!(bench.card.tries_left_of(Slot::Signature), TriesLeft::Known(4));
    assert!(bench.is_password(PASSWORD), "a right one gives its own tries back");
    assert_eq!(bench.card.tries_left_of(Slot::Signature), TriesLeft::Known(5));
    assert_eq!(bench.card.tries_left(), TriesLeft::Blocked, "and nobody else's");
    drop(bench);
    let text = std::fs::read(&path).unwrap();
    for secret in [PASSWORD, "90041220314827"] {
        for form in forms(secret) {
            assert!(!contains(&text, &form), "the file holds a PIN");
        }
    }
    let seeded = [&text[..], PASSWORD.as_bytes()].concat();
    assert!(contains(&seeded, PASSWORD.as_bytes()), "control");
    assert!(
        matches!(Personalisation::reopen(&path), Err(CardFileFault::Malformed(_))),
        "no PIV card"
    );
    assert!(matches!(
        CitizenPersonalisation::reopen(&path),
        Err(CardFileFault::Issued)
    ));
    let other = directory.path().join("piv.json");
    drop(example::card_in(Storage::File(other.clone()), KeyKind::P256));
    assert!(matches!(
        CitizenPersonalisation::reopen(&other),
        Err(CardFileFault::Malformed(_))
    ));
    assert_eq!(VirtualCard::open(&other).unwrap().number(), None);
}

#[test]
fn a_card_takes_only_what_was_made_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    let design = CitizenDesign {
        authentication: pin4(PIN4),
        signature: password(PASSWORD),
        flaw: None,
    };
    drop(CitizenPersonalisation::begin(Storage::File(path.clone()), &design).unwrap());
    assert!(matches!(
        CitizenPersonalisation::begin(Storage::File(path.clone()), &design),
        Err(CardFileFault::Exists)
    ));
    let mut waiting = Bench::of(VirtualCard::open(&path).unwrap());
    assert_eq!(waiting.status(SELECT_JPKI), 0x9000);
    assert_eq!(waiting.status(&file(0x0A)), 0x6A82, "no certificate yet");
    assert_eq!(
        (waiting.status(SELECT_VISUAL), waiting.status(SELECT_UNBLOCK)),
        (0x6A82, 0x6A82)
    );
    drop(waiting);

    let other = citizens::card();
    let foreign = other.certificate(Slot::Signature).unwrap();
    let load = |visual: &[u8]| {
        let blank = CitizenPersonalisation::reopen(&path).unwrap();
        let own = |slot| {
            let key = blank.public_key(slot).unwrap();
            example::certificate_of(&key, "Example", b"1", |message| blank.sign(slot, message).unwrap())
        };
        let (authentication, signature) = (own(Slot::Authentication), own(Slot::Signature));
        let issue = |authentication, signature| Issue {
            authentication,
            authentication_authority: foreign.der(),
            signature,
            signature_authority: foreign.der(),
            visual,
            unblock: UnblockKeys::random().unwrap(),
        };
        let swapped = CitizenPersonalisation::reopen(&path);
        assert!(matches!(swapped, Err(CardFileFault::InUse(_))));
        (
            blank.load(issue(&authentication, &signature)).err(),
            authentication,
            signature,
        )
    };
    let (fault, ..) = load(&citizens::visual(other.number().unwrap()));
    assert!(
        matches!(fault, Some(CardFileFault::Visual(_))),
        "another card's face: {fault:?}"
    );
    let number = CitizenPersonalisation::reopen(&path).unwrap().number();
    let own = citizens::visual(number);
    assert!(matches!(load(&own[..own.len() - 1]).0, Some(CardFileFault::Visual(_))));
    let blank = CitizenPersonalisation::reopen(&path).unwrap();
    let fault = blank.load(Issue {
        authentication: foreign.der(),
        authentication_authority: foreign.der(),
        signature: foreign.der(),
        signature_authority: foreign.der(),
        visual: &own,
        unblock: UnblockKeys::random().unwrap(),
    });
    assert!(matches!(fault.err(), Some(CardFileFault::ForeignCertificate(0))));
    assert!(load(&own).0.is_none(), "the control: what was made for it");
    assert!(matches!(
        CitizenPersonalisation::reopen(&path),
        Err(CardFileFault::Issued)
    ));
}

#[test]
fn a_file_of_unblock_keys_is_read_strictly() {
    let (one, two) = ("ab".repeat(32), "0F".repeat(32));
    let keys = UnblockKeys::parse(&format!("7\n91 {one}\n92 {two}\n")).unwrap();
    assert_eq!(
        (keys.version, *keys.authentication, *keys.signature),
        (7, [0xAB; 32], [0x0F; 32])
    );
    for wrong in [
        String::new(),
        format!("0\n91 {one}\n92 {two}\n"),
        format!("256\n91 {one}\n92 {two}\n"),
        format!("91 {one}\n92 {two}\n"),
        format!("1\n92 {two}\n91 {one}\n"),
        format!("1\n91 {one}\n"),
        format!("1\n91 {one}\n92 {two}\n93 {two}\n"),
        format!("1\n91 {one}0\n92 {two}\n"),
        format!("1\n91 {}\n92 {two}\n", "+f".repeat(32)),
        format!("1\n91{one}\n92 {two}\n"),
    ] {
        assert!(
            matches!(UnblockKeys::parse(&wrong), Err(CardFileFault::UnblockKeys)),
            "{wrong}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_sequence_of_commands_makes_the_card_panic_or_sets_a_password_without_a_right(
        commands in proptest::collection::vec(command_bytes(), 1..60),
    ) {
        let mut bench = shared().lock().unwrap();
        bench.card.reset();
        bench.card.set_tries_left_of(Slot::Signature, 5).unwrap();
        for command in &commands {
            match bench.card.respond(command) {
                Answer::Response(bytes) => prop_assert!(bytes.len() >= 2),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        bench.status(SELECT_UNBLOCK);
        prop_assert_eq!(bench.bytes(&[0, 0xCA, 0xDF, 0x22, 0]).data, vec![0, 0, 0]);
        prop_assert_eq!(bench.status(&[0, 0xCA, 0xDF, 0x23, 0]), 0x6A88);
        bench.card.set_tries_left_of(Slot::Signature, 5).unwrap();
        prop_assert!(bench.is_password(PASSWORD));
        prop_assert!(!bench.is_password(NEW_PASSWORD));
    }
}

fn shared() -> &'static std::sync::Mutex<Bench> {
    static CARD: std::sync::OnceLock<std::sync::Mutex<Bench>> = std::sync::OnceLock::new();
    CARD.get_or_init(|| std::sync::Mutex::new(Bench::of(citizens::card())))
}

/// Mostly what the card knows, the proof and the new password among it.
fn command_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop_oneof![
            Just(SELECT_JPKI.to_vec()),
            Just(SELECT_VISUAL.to_vec()),
            Just(SELECT_UNBLOCK.to_vec()),
        ],
        3 => (0_u8..0x20).prop_map(|id| file(id).to_vec()),
        2 => Just(vec![0, 0x84, 0, 0, 16]),
        2 => any::<[u8; 32]>().prop_map(|proof| [&[0, 0x82, 0, 0x92, 32], &proof[..], &[16]].concat()),
        3 => Just([&[0, 0x2C, 2, 0x82, 8], NEW_PASSWORD.as_bytes()].concat()),
        2 => Just([&[0, 0x24, 1, 0x80, 8], NEW_PASSWORD.as_bytes()].concat()),
        2 => (any::<u16>(), any::<u8>()).prop_map(|(offset, le)| {
            let [high, low] = offset.to_be_bytes();
            vec![0, 0xB0, high, low, le]
        }),
        1 => Just(TRIES.to_vec()),
        2 => any::<[u8; 4]>().prop_map(|header| header.to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..40),
    ]
}
