//! APDUs as bytes: what is sent, what is understood, and what is never shown.

use card::{
    CardFault, PinFormat, TransportFault, TriesLeft,
    apdu::{Apdu, Command, Header, Length, Parsed, PinReference, Response, StatusWord},
    fault::ProtocolFault,
    piv::Piv,
    recorded::{OFF_SCRIPT, RecordedCard, Recorder},
};

use crate::{
    example::{PIN, WRONG_PIN, pin},
    suite::send,
    virtual_card::{contains, forms},
};

fn play(script: &str) -> (RecordedCard, card::recorded::Progress) {
    RecordedCard::parse(script).expect("a script")
}

/// SELECT and what follows it, in one transaction.
fn conversation(steps: &str, end: &str) -> String {
    let select = "> 00 A4 04 00 09 A0 00 00 03 08 00 00 10 00 00\n< 61 04 4F 02 00 01 90 00";
    format!("begin\n{select}\nend left\nbegin\n{select}\n{steps}\nend {end}\n")
}

#[test]
fn every_status_word_has_one_name_and_comes_back_as_it_was() {
    for word in 0..=u16::MAX {
        assert_eq!(u16::from(StatusWord::from(word)), word);
    }
    assert_eq!(StatusWord::from(0x6100), StatusWord::MoreData(256));
    assert_eq!(StatusWord::from(0x6C10), StatusWord::WrongExpected(16));
    assert_eq!(StatusWord::from(0x63C0), StatusWord::TriesLeft(0));
    assert_eq!(StatusWord::from(0x6300), StatusWord::Wrong);
    assert_eq!(StatusWord::from(0x6301), StatusWord::Other(0x6301));
}

#[test]
fn each_answer_to_a_pin_has_its_own_meaning() {
    let cases: [(&str, Result<(), CardFault>); 13] = [
        ("90 00", Ok(())),
        (
            "63 C9",
            Err(CardFault::PinWrong {
                left: TriesLeft::Known(9),
            }),
        ),
        (
            "63 C1",
            Err(CardFault::PinWrong {
                left: TriesLeft::Known(1),
            }),
        ),
        ("63 C0", Err(CardFault::PinBlocked)),
        ("69 83", Err(CardFault::PinBlocked)),
        ("69 84", Err(CardFault::PinBlocked)),
        ("6A 80", Err(CardFault::PinFormat(PinFormat::Refused))),
        ("65 81", Err(status(0x6581))),
        ("67 00", Err(status(0x6700))),
        ("69 82", Err(status(0x6982))),
        ("6A 88", Err(status(0x6A88))),
        ("6D 00", Err(status(0x6D00))),
        ("6F 00", Err(status(0x6F00))),
    ];
    for (answer, expected) in cases {
        let end = if expected.is_ok() {
            "reset"
        } else {
            "reset  # also after an error"
        };
        let steps = format!("> 00 20 00 80\n< 63 CA\n> 00 20 00 80 08 ** ** ** ** ** ** ** **\n< {answer}");
        let (card, progress) = play(&conversation(&steps, end));
        let mut piv = Piv::open(Box::new(card)).unwrap();
        assert_eq!(piv.verify(&pin(PIN), None), expected, "{answer}");
        assert_eq!(progress.steps_left(), 0, "{answer}: the transaction ended with a reset");
    }
}

/// Nitrokey's card answers so to CHANGE REFERENCE DATA and blocks without a word of its own.
#[test]
fn a_card_that_only_says_wrong_is_asked_how_many_tries_are_left() {
    for (left, expected) in [
        (
            "63 C2",
            CardFault::PinWrong {
                left: TriesLeft::Known(2),
            },
        ),
        ("63 C0", CardFault::PinBlocked),
        ("69 83", CardFault::PinBlocked),
        (
            "6D 00",
            CardFault::PinWrong {
                left: TriesLeft::Unknown,
            },
        ),
    ] {
        for command in [
            "20 00 80 08 ** ** ** ** ** ** ** **",
            "24 00 80 10 ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** **",
        ] {
            let steps = format!("> 00 20 00 80\n< 63 C3\n> 00 {command}\n< 63 00\n> 00 20 00 80\n< {left}");
            let (card, progress) = play(&conversation(&steps, "reset"));
            let mut piv = Piv::open(Box::new(card)).unwrap();
            let said = if command.starts_with("20") {
                piv.verify(&pin(PIN), None)
            } else {
                piv.change_pin(&pin(PIN), &pin("975310"), None)
            };
            assert_eq!(said, Err(expected.clone()), "{command}: {left}");
            assert_eq!(progress.steps_left(), 0, "{command}: {left}");
        }
    }
}

#[test]
fn each_answer_to_the_question_for_tries_has_its_own_meaning() {
    for (answer, expected) in [
        ("63 CF", TriesLeft::Known(15)),
        ("63 C1", TriesLeft::Known(1)),
        ("63 C0", TriesLeft::Blocked),
        ("69 83", TriesLeft::Blocked),
        ("69 84", TriesLeft::Blocked),
        ("90 00", TriesLeft::Unknown),
        ("67 00", TriesLeft::Unknown),
        ("6D 00", TriesLeft::Unknown),
    ] {
        let (card, _) = play(&conversation(&format!("> 00 20 00 80\n< {answer}"), "left"));
        assert_eq!(
            Piv::open(Box::new(card)).unwrap().tries_left(),
            Ok(expected),
            "{answer}"
        );
    }
}

#[test]
fn a_card_without_piv_is_of_the_wrong_type() {
    for answer in ["6A 82", "6D 00", "6E 00", "69 99", "90 00", "6F 00 90 00"] {
        let script = format!("begin\n> 00 A4 04 00 09 A0 00 00 03 08 00 00 10 00 00\n< {answer}\nend reset");
        let (card, _) = play(&script);
        assert_eq!(Piv::open(Box::new(card)).err(), Some(CardFault::WrongType), "{answer}");
    }
}

#[test]
fn each_fault_of_the_transport_is_told_by_its_own_name() {
    for (line, expected) in [
        ("! removed", CardFault::Removed),
        ("! mute", CardFault::Unreadable),
        ("! busy", CardFault::Busy),
        ("! gone", CardFault::NoReader),
        ("! service down", CardFault::PcscDown),
    ] {
        let (card, _) = play(&conversation(&format!("> 00 20 00 80\n{line}"), "reset"));
        assert_eq!(Piv::open(Box::new(card)).unwrap().tries_left(), Err(expected));
    }
    let (card, _) = play(&conversation("> 00 20 00 81\n< 90 00", "left"));
    let off = Piv::open(Box::new(card)).unwrap().tries_left();
    assert_eq!(off, Err(ProtocolFault::Reader(OFF_SCRIPT).into()));
    assert_eq!(
        CardFault::from(TransportFault::Reader(7)),
        ProtocolFault::Reader(7).into()
    );
}

#[test]
fn an_answer_in_pieces_is_put_together_and_a_wrong_length_is_asked_again() {
    let steps = "\
        > 00 CB 3F FF 05 5C 03 5F C1 02 00\n< 6C 16\n\
        > 00 CB 3F FF 05 5C 03 5F C1 02 16\n< 53 12 34 10 61 0A\n\
        > 00 C0 00 00 0A\n< 01 02 03 04 05 61 0B\n\
        > 00 C0 00 00 0B\n< 06 07 08 09 0A 0B 0C 0D 0E 0F 10 90 00";
    let (card, progress) = play(&conversation(steps, "left"));
    let identifier = Piv::open(Box::new(card)).unwrap().identifier().unwrap();
    assert_eq!(identifier.to_string(), "0102030405060708090a0b0c0d0e0f10");
    assert_eq!(progress.steps_left(), 0);
}

#[test]
fn an_answer_without_end_is_given_up() {
    let steps = "> 00 CB 3F FF 05 5C 03 5F C1 02 00\n< 61 10\n> 00 C0 00 00 10\n< 61 10";
    let (card, _) = play(&conversation(steps, "reset"));
    assert_eq!(
        Piv::open(Box::new(card)).unwrap().identifier(),
        Err(ProtocolFault::Endless.into())
    );
}

#[test]
fn objects_that_make_no_sense_are_refused_as_such() {
    for (answer, expected) in [
        ("6A 82", CardFault::NoCertificate),
        ("53 00 90 00", CardFault::NoCertificate),
        ("53 02 70 00 90 00", CardFault::NoCertificate),
        (
            "69 82",
            ProtocolFault::Status {
                step: "read object",
                status: StatusWord::SecurityStatusNotSatisfied,
            }
            .into(),
        ),
        (
            "53 05 70 90 00",
            ProtocolFault::Tlv(card::tlv::TlvFault::Truncated).into(),
        ),
        (
            "70 00 90 00",
            ProtocolFault::Tlv(card::tlv::TlvFault::Missing(0x53)).into(),
        ),
    ] {
        let end = if answer.ends_with("90 00") {
            "reset"
        } else {
            "reset # after an error"
        };
        let steps = format!("> 00 CB 3F FF 05 5C 03 5F C1 0A 00\n< {answer}");
        let (card, _) = play(&conversation(&steps, end));
        let read = Piv::open(Box::new(card))
            .unwrap()
            .certificate(card::piv::Slot::Signature);
        assert_eq!(read.err(), Some(expected), "{answer}");
    }
}

#[test]
fn the_seven_cases_of_a_command_are_told_apart() {
    let short = |bytes: &'static [u8]| Parsed::parse(bytes).map(|p| (p.data.len(), p.expected, p.length)).ok();
    assert_eq!(short(&[0, 1, 2, 3]), Some((0, None, Length::Short)));
    assert_eq!(short(&[0, 1, 2, 3, 0]), Some((0, Some(256), Length::Short)));
    assert_eq!(short(&[0, 1, 2, 3, 1, 9]), Some((1, None, Length::Short)));
    assert_eq!(short(&[0, 1, 2, 3, 1, 9, 8]), Some((1, Some(8), Length::Short)));
    assert_eq!(short(&[0, 1, 2, 3, 0, 0, 0]), Some((0, Some(65_536), Length::Extended)));
    assert_eq!(short(&[0, 1, 2, 3, 0, 0, 1, 9]), Some((1, None, Length::Extended)));
    assert_eq!(
        short(&[0, 1, 2, 3, 0, 0, 1, 9, 1, 0]),
        Some((1, Some(256), Length::Extended))
    );
    for malformed in [
        &[][..],
        &[0, 1, 2],
        &[0, 1, 2, 3, 2, 9],
        &[0, 1, 2, 3, 0, 0],
        &[0, 1, 2, 3, 1, 9, 8, 7],
    ] {
        assert!(Parsed::parse(malformed).is_err());
        assert!(Apdu::from_bytes(malformed).is_err());
    }
}

#[test]
fn a09_nothing_that_is_printed_shows_the_pin() {
    let header = Header {
        cla: 0,
        ins: 0x20,
        p1: 0,
        p2: 0x80,
    };
    let mut block = PIN.as_bytes().to_vec();
    block.resize(8, 0xFF);
    for length in [Length::Short, Length::Extended] {
        let apdu = Apdu::encode(header, &block, None, length).unwrap();
        let parsed = Parsed::parse(apdu.bytes()).unwrap();
        let command = Command::decode(&parsed).unwrap();
        assert!(matches!(
            command,
            Command::Verify {
                reference: PinReference::Application,
                ..
            }
        ));
        let printed = format!("{apdu:?} {apdu:#?} {parsed:?} {command:?} {command:#?}");
        assert!(printed.contains("00 20 00 80"), "the header is shown");
        assert!(!shows_pin(&printed), "{printed}");
        // The control: the bytes hold it, and each way of printing them would have been found.
        let bytes = apdu.bytes();
        for shown in [
            format!("{bytes:?}"),
            format!("{bytes:02x?}"),
            format!("{bytes:#04X?}"),
            String::from_utf8_lossy(bytes).into_owned(),
        ] {
            assert!(shows_pin(&shown), "{shown}");
        }
    }
}

/// In any form of [`forms`], or as a list of hexadecimal or decimal numbers, however they are separated.
fn shows_pin(printed: &str) -> bool {
    let packed: String = printed
        .replace("0x", "")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let decimal: String = PIN.bytes().map(|byte| byte.to_string()).collect();
    forms(PIN)
        .iter()
        .any(|form| contains(printed.as_bytes(), form) || contains(packed.as_bytes(), form))
        || contains(packed.as_bytes(), decimal.as_bytes())
}

#[test]
fn a09_a_recording_never_holds_a_pin() {
    let (drawer, readers) = card::drawer::Drawer::new(1);
    drawer.insert(1, crate::example::card(card::certificate::KeyKind::P256));
    let connect = || readers.open(&readers.list().unwrap()[0].name).unwrap();
    let (recorder, recording) = Recorder::new(connect());
    let mut piv = Piv::open(Box::new(recorder)).unwrap();
    piv.verify(&pin(PIN), None).unwrap();
    piv.verify(&pin(WRONG_PIN), None).unwrap_err();
    piv.change_pin(&pin(PIN), &pin("975310"), None).unwrap();
    piv.unblock(&crate::example::puk(crate::example::PUK), &pin(PIN))
        .unwrap();
    let script = recording.script();
    for secret in [PIN, WRONG_PIN, "975310", crate::example::PUK] {
        for form in forms(secret) {
            assert!(!contains(script.as_bytes(), &form), "{script}");
        }
    }
    assert!(script.contains("> 00 20 00 80 08 ** ** ** ** ** ** ** **\n< 90 00"));
    assert!(script.contains("> 00 24 00 80 10 ** **"));
    assert!(script.contains("> 00 2C 00 80 10 ** **"));
    // The control: the same recorder writes what is no PIN, also when it looks like one.
    let (mut recorder, recording) = Recorder::new(connect());
    send(&mut recorder, 0xA4, 0x04, 0x00, PIN.as_bytes());
    assert!(contains(recording.script().as_bytes(), b"32 34 36 38 31 33"));
}

#[test]
fn an_answer_shorter_than_a_status_word_is_none() {
    assert_eq!(Response::parse(&[]), None);
    assert_eq!(Response::parse(&[0x90]), None);
    assert_eq!(Response::parse(&[0x90, 0x00]).unwrap().status, StatusWord::Success);
}

fn status(word: u16) -> CardFault {
    ProtocolFault::Status {
        step: "verify PIN",
        status: StatusWord::from(word),
    }
    .into()
}
