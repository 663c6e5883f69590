//! Setting a forgotten password anew, from the card's side: every promise of docs/formats.md, kept by the honest card and
//! broken by each control card.

use card::{
    apdu::{Apdu, Header, Length, Response, instruction},
    jpki::CardNumber,
    virtual_card::{Answer, Fault, Flaw, Storage, VirtualCard},
};

use crate::citizens::{self, Context, NEW_PASSWORD, PASSWORD, unblock_key};

/// A card that is spoken to octet by octet, and its issuer.
pub(crate) struct Bench {
    pub(crate) card: VirtualCard,
    number: CardNumber,
}

pub(crate) const SELECT_UNBLOCK: &[u8] = b"\x00\xA4\x04\x0C\x0A\xF0KAGIMORI\x01";
pub(crate) const SELECT_JPKI: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";

/// A short command without Le.
pub(crate) fn with_data(header: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).expect("short data");
    [&header[..], &[length], data].concat()
}

impl Bench {
    pub(crate) fn of(card: VirtualCard) -> Self {
        let number = card.number().expect("a citizen's card");
        Self { card, number }
    }

    pub(crate) fn bytes(&mut self, command: &[u8]) -> Response {
        match self.card.respond(command) {
            Answer::Response(bytes) => Response::parse(&bytes).unwrap(),
            other => panic!("no response: {other:?}"),
        }
    }

    pub(crate) fn status(&mut self, command: &[u8]) -> u16 {
        self.bytes(command).status.into()
    }

    pub(crate) fn ask(&mut self, [ins, p1, p2]: [u8; 3], data: &[u8], expected: Option<u32>) -> Response {
        let header = Header { cla: 0, ins, p1, p2 };
        let apdu = Apdu::encode(header, data, expected, Length::Short).unwrap();
        self.bytes(apdu.bytes())
    }

    fn counter(&mut self) -> u32 {
        assert_eq!(self.status(SELECT_UNBLOCK), 0x9000);
        let told = self.bytes(&[0, 0xCA, 0xDF, 0x22, 0]).data;
        told.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet))
    }

    fn challenge(&mut self) -> [u8; 16] {
        self.bytes(&[0, 0x84, 0, 0, 0x10])
            .data
            .try_into()
            .expect("sixteen octets")
    }

    /// What this card is to hear, with a challenge of its own.
    fn context(&mut self) -> Context {
        let counter = self.counter();
        Context {
            number: self.number,
            reference: 0x82,
            counter,
            challenge: self.challenge(),
            host_random: [0x52; 16],
        }
    }

    fn prove(&mut self, host_random: [u8; 16], cryptogram: [u8; 16]) -> Response {
        self.ask([0x82, 0, 0x92], &[host_random, cryptogram].concat(), Some(16))
    }

    /// A right, honestly come by.
    fn right(&mut self) -> Context {
        let context = self.context();
        let answer = self.prove(context.host_random, context.said(1));
        assert_eq!(u16::from(answer.status), 0x9000);
        assert_eq!(answer.data, context.said(2), "the card proves itself");
        context
    }

    fn set(&mut self, password: &str) -> u16 {
        self.ask([0x2C, 2, 0x82], password.as_bytes(), None).status.into()
    }

    pub(crate) fn is_password(&mut self, password: &str) -> bool {
        assert_eq!(self.status(SELECT_JPKI), 0x9000);
        assert_eq!(self.status(&[0, 0xA4, 2, 0x0C, 2, 0, 0x1B]), 0x9000);
        let right = u16::from(self.ask([0x20, 0, 0x80], password.as_bytes(), None).status) == 0x9000;
        assert_eq!(self.status(SELECT_JPKI), 0x9000);
        right
    }
}

/// What the card promises, each with a name: all on one card, one after the other, and each leaves it usable but the last.
type Promise = (&'static str, fn(&mut Bench) -> bool);

const PROMISES: &[Promise] = &[
    ("nothing is set without a right", |bench| {
        bench.counter();
        bench.set(NEW_PASSWORD) == 0x6982
    }),
    ("the issuer's cryptogram sets the password", |bench| {
        let context = bench.right();
        let set = bench.set(NEW_PASSWORD);
        let receipt = bench.bytes(&[0, 0xCA, 0xDF, 0x23, 0]).data;
        set == 0x9000 && receipt == context.receipt() && bench.counter() == context.counter + 1
    }),
    ("a second password wants a second right", |bench| {
        bench.right();
        bench.set(NEW_PASSWORD) == 0x9000 && bench.set(NEW_PASSWORD) != 0x9000
    }),
    ("a cryptogram that was used is refused", |bench| {
        let context = bench.right();
        bench.set(NEW_PASSWORD);
        bench.challenge();
        refused(bench, &context, context.said(1))
    }),
    ("a cryptogram over another challenge is refused", |bench| {
        let context = bench.context();
        bench.challenge();
        refused(bench, &context, context.said(1))
    }),
    ("a challenge counts once, also after a wrong cryptogram", |bench| {
        let context = bench.context();
        let wrong = bench.prove(context.host_random, [0; 16]).status.into();
        let again: u16 = bench.prove(context.host_random, context.said(1)).status.into();
        let after_right = {
            let context = bench.right();
            u16::from(bench.prove(context.host_random, context.said(1)).status)
        };
        is_wrong(wrong) && again == 0x6985 && after_right == 0x6985
    }),
    ("a cryptogram for another card is refused", |bench| {
        let context = bench.context();
        let other = Context {
            number: CardNumber::beginning(*b"123456789012345"),
            ..context
        };
        // Once with its key, and once with this card's.
        refused(bench, &context, other.said(1)) && {
            let context = bench.context();
            let key = unblock_key(context.number, 1, 0x92);
            refused(
                bench,
                &context,
                Context {
                    challenge: context.challenge,
                    ..other
                }
                .said_with(&key, 1),
            )
        }
    }),
    ("a cryptogram for the other PIN is refused", |bench| {
        let context = bench.context();
        let other = Context {
            reference: 0x81,
            ..context
        };
        let same_key = refused(bench, &context, other.said(1));
        let context = bench.context();
        let key = unblock_key(context.number, 1, 0x91);
        same_key && refused(bench, &context, context.said_with(&key, 1))
    }),
    ("a cryptogram for another count is refused", |bench| {
        [1, u32::MAX].into_iter().all(|step| {
            let context = bench.context();
            let counter = context.counter.wrapping_add(step) & 0xFF_FFFF;
            refused(bench, &context, Context { counter, ..context }.said(1))
        })
    }),
    ("a cryptogram of another key version is refused", |bench| {
        let context = bench.context();
        let key = unblock_key(context.number, 2, 0x92);
        refused(bench, &context, context.said_with(&key, 1))
    }),
    (
        "the card's own cryptogram and receipt are not taken for the host's",
        |bench| {
            [2, 3].into_iter().all(|who| {
                let context = bench.context();
                refused(bench, &context, context.said(who))
            })
        },
    ),
    ("whatever comes between drops the right", |bench| {
        let between: &[&[u8]] = &[
            &[0, 0xCA, 0xDF, 0x20, 0],
            &[0, 0x84, 0, 0, 0x10],
            SELECT_UNBLOCK,
            SELECT_JPKI,
            b"\x00\xA4\x04\x0C\x05\xA0\x00\x00\x03\x08",
            &[0, 0xC0, 0, 0, 0],
            &[0, 0x20, 0, 0x80],
            &[0, 0xFD, 0, 0],
            &[0x0C, 0xCA, 0xDF, 0x20, 0],
            &[0, 0x2C, 2, 0x81, 1, b'1'],
            &[0, 0x82],
            &[],
        ];
        between.iter().all(|command| {
            bench.right();
            bench.bytes(command);
            bench.set(NEW_PASSWORD) != 0x9000
        })
    }),
    ("a reset drops the right and the challenge", |bench| {
        bench.right();
        bench.card.reset();
        let right = bench.status(SELECT_UNBLOCK) == 0x9000 && bench.set(NEW_PASSWORD) == 0x6982;
        let context = bench.context();
        bench.card.reset();
        bench.status(SELECT_UNBLOCK);
        right && u16::from(bench.prove(context.host_random, context.said(1)).status) == 0x6985
    }),
    (
        "a password without its form is refused, and the right is gone",
        |bench| {
            [
                "",
                "ABC12",
                "ABCDEFGH123456789",
                "ABCDEF",
                "123456",
                "abc123",
                "ABC-123",
            ]
            .into_iter()
            .all(|wrong| {
                bench.right();
                bench.set(wrong) == 0x6A80 && bench.set(NEW_PASSWORD) == 0x6982
            })
        },
    ),
    ("the four-digit PIN is never set", |bench| {
        bench.right();
        let set: u16 = bench.ask([0x2C, 2, 0x81], b"1357", None).status.into();
        let context = bench.context();
        let key = unblock_key(context.number, 1, 0x91);
        let proof = [
            context.host_random,
            Context {
                reference: 0x81,
                ..context
            }
            .said_with(&key, 1),
        ]
        .concat();
        set == 0x6985 && u16::from(bench.ask([0x82, 0, 0x91], &proof, Some(16)).status) == 0x6985
    }),
    ("ten wrong cryptograms block the key", |bench| {
        let wrong = (0..10_u16).rev().all(|left| {
            let context = bench.context();
            u16::from(bench.prove(context.host_random, [7; 16]).status) == 0x63C0 | left
        });
        let context = bench.context();
        wrong && u16::from(bench.prove(context.host_random, context.said(1)).status) == 0x6983
    }),
];

/// The issuer that judges the card here is judged itself, by what Python's `cryptography` computed from the document alone.
#[test]
fn the_tests_own_issuer_says_what_the_worked_example_says() {
    let counted = |from: u8| std::array::from_fn(|at| from + u8::try_from(at).expect("sixteen"));
    let context = Context {
        number: CardNumber::parse(b"1234567890123452").unwrap(),
        reference: 0x82,
        counter: 7,
        challenge: counted(0x10),
        host_random: counted(0x20),
    };
    let hex = |octets: &[u8]| {
        octets
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<Vec<_>>()
            .concat()
    };
    let said = [1, 2, 3].map(|who| hex(&context.said(who)));
    let document = include_str!("../../../docs/formats.md");
    for expected in [
        hex(&unblock_key(context.number, 1, 0x91)),
        hex(&unblock_key(context.number, 1, 0x92)),
        said[0].clone(),
        said[1].clone(),
        hex(&context.receipt()),
    ] {
        assert!(document.contains(&expected), "{expected} stands in docs/formats.md");
    }
    assert_eq!(said[0], "0a6ada02ab8037e34954595f5b07f49a");
    assert_eq!(hex(&context.receipt()), "0000079737a83d6ad5bb9377d86241434dfef7");
}

fn is_wrong(status: u16) -> bool {
    status & 0xFFF0 == 0x63C0
}

/// Whether the card refuses it, and gives no right. A right cryptogram afterwards gives the tries of the key back.
fn refused(bench: &mut Bench, context: &Context, cryptogram: [u8; 16]) -> bool {
    let answer = bench.prove(context.host_random, cryptogram);
    let refused = is_wrong(answer.status.into()) && answer.data.is_empty() && bench.set(NEW_PASSWORD) != 0x9000;
    bench.right();
    refused
}

/// The promises that a card breaks.
fn broken(flaw: Option<Flaw>) -> Vec<&'static str> {
    let mut bench = Bench::of(citizens::card_in(Storage::Memory, flaw));
    PROMISES
        .iter()
        .filter(|(_, keeps)| !keeps(&mut bench))
        .map(|(promise, _)| *promise)
        .collect()
}

#[test]
fn a_card_keeps_every_promise_of_the_unblock_application_and_the_control_cards_are_found_out() {
    assert_eq!(broken(None), Vec::<&str>::new());
    let deaf = broken(Some(Flaw::AcceptsAnyCryptogram));
    for promise in [
        "a cryptogram that was used is refused",
        "a cryptogram for another card is refused",
    ] {
        assert!(deaf.contains(&promise), "{deaf:?}");
    }
    let lasting = broken(Some(Flaw::KeepsItsRight));
    for promise in [
        "a second password wants a second right",
        "whatever comes between drops the right",
    ] {
        assert!(lasting.contains(&promise), "{lasting:?}");
    }
    // And what each does right is told as right.
    assert!(!deaf.contains(&"the issuer's cryptogram sets the password"));
    assert!(!lasting.contains(&"a cryptogram for another card is refused"));
}

/// A06, A13: whichever moment the power goes, either nothing has happened or all of it.
#[test]
fn a13_a_power_cut_around_the_new_password_leaves_the_old_one_or_the_new_one_with_its_receipt() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    drop(citizens::card_in(Storage::File(path.clone()), None));
    let blank = std::fs::read(&path).unwrap();
    for (fault, is_done) in [
        (Fault::RemovedDuring(instruction::GET_CHALLENGE), false),
        (Fault::RemovedDuring(instruction::MUTUAL_AUTHENTICATE), false),
        (Fault::RemovedAfter(instruction::MUTUAL_AUTHENTICATE), false),
        (Fault::RemovedDuring(instruction::RESET_RETRY_COUNTER), false),
        (Fault::RemovedAfter(instruction::RESET_RETRY_COUNTER), true),
    ] {
        std::fs::write(&path, &blank).unwrap();
        let mut bench = Bench::of(VirtualCard::open(&path).unwrap());
        bench.card.set_tries_left_of(card::piv::Slot::Signature, 0).unwrap();
        bench.card.inject(fault);
        bench.counter();
        let receipt = until_it_falls(&mut bench);
        drop(bench);
        let mut bench = Bench::of(VirtualCard::open(&path).unwrap());
        assert_eq!(bench.counter(), u32::from(is_done), "{fault:?}");
        let told = bench.bytes(&[0, 0xCA, 0xDF, 0x23, 0]);
        assert_eq!(
            u16::from(told.status),
            if is_done { 0x9000 } else { 0x6A88 },
            "{fault:?}"
        );
        assert_eq!(bench.set(NEW_PASSWORD), 0x6982, "no right survives: {fault:?}");
        if is_done {
            assert_eq!(told.data, receipt.expect("it came so far").to_vec());
        }
        // Still blocked, or unblocked with the new one; never the other way round.
        let left = bench.card.tries_left_of(card::piv::Slot::Signature);
        assert_eq!(left == card::TriesLeft::Known(5), is_done, "{fault:?}: {left:?}");
        bench.card.set_tries_left_of(card::piv::Slot::Signature, 5).unwrap();
        assert_eq!(bench.is_password(NEW_PASSWORD), is_done, "{fault:?}");
        assert_eq!(bench.is_password(PASSWORD), !is_done, "{fault:?}");
    }
}

/// Goes through the conversation until the card is out; the receipt that it then should have.
fn until_it_falls(bench: &mut Bench) -> Option<[u8; 19]> {
    let challenge = match bench.card.respond(&[0, 0x84, 0, 0, 0x10]) {
        Answer::Response(bytes) => Response::parse(&bytes).unwrap().data.try_into().unwrap(),
        _ => return None,
    };
    let context = Context {
        number: bench.number,
        reference: 0x82,
        counter: 0,
        challenge,
        host_random: [0x52; 16],
    };
    let proof = [context.host_random, context.said(1)].concat();
    let prove = [&[0, 0x82, 0, 0x92, 32], &proof[..], &[16]].concat();
    let Answer::Response(_) = bench.card.respond(&prove) else {
        return None;
    };
    let set = with_data([0, 0x2C, 2, 0x82], NEW_PASSWORD.as_bytes());
    assert_eq!(bench.card.respond(&set), Answer::Removed);
    Some(context.receipt())
}

#[test]
fn a_card_that_cannot_write_gives_no_right_and_sets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (here, elsewhere) = (directory.path().join("here"), directory.path().join("elsewhere"));
    std::fs::create_dir(&here).unwrap();
    let mut bench = Bench::of(citizens::card_in(Storage::File(here.join("card.json")), None));
    bench.right();
    std::fs::rename(&here, &elsewhere).unwrap();
    assert_eq!(bench.set(NEW_PASSWORD), 0x6581);
    let context = bench.context();
    assert_eq!(
        u16::from(bench.prove(context.host_random, context.said(1)).status),
        0x6581
    );
    assert_eq!((bench.set(NEW_PASSWORD), bench.counter()), (0x6982, 0));
    assert_eq!(u16::from(bench.bytes(&[0, 0xCA, 0xDF, 0x23, 0]).status), 0x6A88);
    // The control: with its place back, the same card does it.
    std::fs::rename(&elsewhere, &here).unwrap();
    bench.right();
    assert_eq!((bench.set(NEW_PASSWORD), bench.counter()), (0x9000, 1));
    assert!(bench.is_password(NEW_PASSWORD) && !bench.is_password(PASSWORD));
}
