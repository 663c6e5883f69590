//! The token suite over a real pcscd with the virtual card plugged into vpcd, and OpenSC as its judge.
//!
//! Fails where no pcscd runs. `KAGIMORI_TEST_VPCD` names the address of the first of two neighbouring vpcd slots (127.0.0.1:35963 when unset); `PCSCLITE_CSOCK_NAME` is heeded by the PC/SC library itself.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in what its tests share")]

#[path = "it/citizens.rs"]
mod citizens;
#[path = "it/example.rs"]
mod example;
#[path = "pcsc/jpki.rs"]
mod jpki;
#[path = "pcsc/opensc.rs"]
mod opensc;
#[path = "it/suite.rs"]
mod suite;

use std::{
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    time::{Duration, Instant},
};

use card::{
    CardFault, Transport, TransportFault, TriesLeft,
    apdu::instruction,
    certificate::KeyKind,
    piv::Piv,
    reader::{CardState, Readers},
    transport::CardAfter,
    virtual_card::{Fault, VirtualCard},
    vpcd::Plugged,
};

use example::{PIN, WRONG_PIN, pin};
use suite::Token;

/// A virtual card in the first slot, seen through pcscd. One at a time.
pub(crate) struct ThroughPcscd {
    readers: Readers,
    reader: String,
    card: Option<Plugged>,
    _turn: MutexGuard<'static, ()>,
}

impl ThroughPcscd {
    pub(crate) fn with(kind: KeyKind) -> Self {
        Self::with_card(example::card(kind))
    }

    pub(crate) fn with_card(card: VirtualCard) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let readers = Readers::pcsc().expect("the PC/SC library");
        until(&readers, "all readers empty", |reader| {
            reader.iter().all(|(_, card)| *card == CardState::Absent)
        });
        let card = plug(0, card);
        let names = until(&readers, "one card", |readers| {
            readers.iter().filter(|(_, card)| is_in(card)).count() == 1
        });
        let reader = names.into_iter().find(|(_, card)| is_in(card)).expect("just seen").0;
        Self {
            readers,
            reader,
            card: Some(card),
            _turn: turn,
        }
    }

    fn plugged(&self) -> &Plugged {
        self.card.as_ref().expect("not yet ejected")
    }

    fn eject(&mut self) {
        self.card = None;
        until(&self.readers, "no card", |readers| {
            readers.iter().all(|(_, card)| *card == CardState::Absent)
        });
    }

    fn insert(&mut self, card: VirtualCard) {
        self.card = Some(plug(0, card));
        until(&self.readers, "a card again", |readers| {
            readers.iter().any(|(_, card)| is_in(card))
        });
    }
}

impl Token for ThroughPcscd {
    fn connect(&self) -> Box<dyn Transport> {
        self.readers.open(&self.reader).expect("the card in the reader")
    }
}

fn plug(slot: u16, card: VirtualCard) -> Plugged {
    let address = std::env::var("KAGIMORI_TEST_VPCD").unwrap_or_else(|_| "127.0.0.1:35963".to_owned());
    let mut address: SocketAddr = address.parse().expect("an address");
    address.set_port(address.port() + slot);
    Plugged::insert(address, card).expect("vpcd listens")
}

fn is_in(card: &CardState) -> bool {
    matches!(card, CardState::Present(_))
}

/// Waits by events until the readers are as wished; no longer than twenty seconds.
fn until(readers: &Readers, what: &str, wish: impl Fn(&[(String, CardState)]) -> bool) -> Vec<(String, CardState)> {
    let end = Instant::now() + Duration::from_secs(20);
    let mut now = readers.list().expect("a running pcscd");
    loop {
        let seen: Vec<_> = now
            .iter()
            .map(|reader| (reader.name.clone(), reader.card.clone()))
            .collect();
        if wish(&seen) {
            return seen;
        }
        assert!(Instant::now() < end, "{what}: {seen:?}");
        now = readers
            .wait_change(&now, Duration::from_secs(5))
            .expect("a running pcscd");
    }
}

#[test]
fn each_kind_of_card_tells_everything_without_a_pin() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        suite::tells_everything_without_a_pin(&ThroughPcscd::with(kind), kind);
    }
}

#[test]
fn each_kind_of_card_signs_with_both_keys() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        suite::signs_with_both_keys_and_each_certificate_confirms_its_own(&ThroughPcscd::with(kind));
    }
}

#[test]
fn a05_a_certificate_other_than_the_expected_one_costs_no_try() {
    suite::a_certificate_other_than_the_expected_one_costs_no_try(&ThroughPcscd::with(KeyKind::P256));
}

#[test]
fn a03_nine_wrong_pins_are_forgiven_and_the_tenth_blocks() {
    suite::nine_wrong_pins_are_forgiven_and_the_tenth_blocks(&ThroughPcscd::with(KeyKind::P256));
}

#[test]
fn a_changed_pin_replaces_the_old_one() {
    suite::a_changed_pin_replaces_the_old_one(&ThroughPcscd::with(KeyKind::P256));
}

#[test]
fn a08_no_verified_pin_is_left_behind() {
    suite::no_verified_pin_is_left_behind(&ThroughPcscd::with(KeyKind::P256));
}

#[test]
fn a05_a_card_swapped_in_its_reader_is_never_talked_to_by_the_old_connection() {
    let mut token = ThroughPcscd::with(KeyKind::P256);
    let mut piv = token.piv();
    let first = piv.summary().unwrap().signature.fingerprint();
    token.eject();
    assert_eq!(token.readers.open(&token.reader).err(), Some(CardFault::NoCard));
    token.insert(example::card(KeyKind::P256));
    assert_eq!(
        piv.sign_with_signature_key(&first, &pin(PIN), None, b"text"),
        Err(CardFault::Removed)
    );
    assert_eq!(
        token.piv().sign_with_signature_key(&first, &pin(PIN), None, b"text"),
        Err(CardFault::Changed)
    );
}

#[test]
fn a06_a_card_removed_in_the_middle_of_verify_is_told_as_removed() {
    let token = ThroughPcscd::with(KeyKind::P256);
    token
        .plugged()
        .card(|card| card.inject(Fault::RemovedDuring(instruction::VERIFY)));
    assert_eq!(token.piv().verify(&pin(PIN), None), Err(CardFault::Removed));
    assert_eq!(token.plugged().card(|card| card.tries_left()), TriesLeft::Known(9));
    until(&token.readers, "no card", |readers| {
        readers.iter().all(|(_, card)| *card == CardState::Absent)
    });
}

#[test]
fn a07_two_cards_are_never_chosen_between_silently() {
    let token = ThroughPcscd::with(KeyKind::P256);
    assert_eq!(token.readers.only_card().unwrap().name, token.reader);
    let second = plug(1, example::card(KeyKind::P384));
    until(&token.readers, "two cards", |readers| {
        readers.iter().filter(|(_, card)| is_in(card)).count() == 2
    });
    assert_eq!(token.readers.only_card().err(), Some(CardFault::Multiple));
    second.eject();
    until(&token.readers, "one card", |readers| {
        readers.iter().filter(|(_, card)| is_in(card)).count() == 1
    });
    assert_eq!(token.readers.only_card().unwrap().name, token.reader);
}

#[test]
fn a08_a_second_connection_waits_until_the_transaction_ends_and_gives_up_in_time() {
    let token = ThroughPcscd::with(KeyKind::P256);
    let (mut first, second, mut third) = (token.connect(), token.connect(), token.connect());
    first.begin().unwrap();
    let (tell, hear) = mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let mut piv = Piv::open(second).unwrap();
        tell.send("through").unwrap();
        piv.tries_left()
    });
    assert!(hear.recv_timeout(Duration::from_millis(200)).is_err(), "it must wait");
    first.end(CardAfter::Left).unwrap();
    assert_eq!(hear.recv_timeout(Duration::from_secs(9)), Ok("through"));
    assert_eq!(waiting.join().unwrap(), Ok(TriesLeft::Known(10)));

    first.begin().unwrap();
    let (readers, reader) = (token.readers.clone(), token.reader.clone());
    let fourth = std::thread::spawn(move || readers.open(&reader).err());
    assert_eq!(third.begin(), Err(TransportFault::Busy));
    assert_eq!(
        fourth.join().unwrap(),
        Some(CardFault::Busy),
        "connecting waits and gives up, too"
    );
    first.end(CardAfter::Reset).unwrap();
    assert_eq!(
        token.piv().tries_left(),
        Ok(TriesLeft::Known(10)),
        "and the one that gave up holds nothing"
    );
}

#[test]
fn a08_a_reset_by_another_program_is_taken_note_of() {
    let token = ThroughPcscd::with(KeyKind::P256);
    let mut piv = token.piv();
    token.piv().verify(&pin(PIN), None).unwrap();
    token.piv().verify(&pin(WRONG_PIN), None).unwrap_err();
    assert_eq!(piv.tries_left(), Ok(TriesLeft::Known(9)));
}

#[test]
fn a_wait_sees_insertion_and_removal_and_can_be_ended() {
    let mut token = ThroughPcscd::with(KeyKind::P256);
    let with_card = token.readers.list().unwrap();
    assert_eq!(
        token
            .readers
            .wait_change(&with_card, Duration::from_millis(50))
            .unwrap(),
        with_card
    );
    token.eject();
    token.insert(example::card(KeyKind::P256));
    assert_ne!(
        token.readers.list().unwrap(),
        with_card,
        "another insertion has another number"
    );

    let seen = token.readers.list().unwrap();
    let (tell, hear) = mpsc::channel();
    let readers = token.readers.clone();
    let waiting = std::thread::spawn(move || {
        let outcome = readers.wait_change(&seen, Duration::from_mins(1));
        tell.send(()).unwrap();
        outcome.unwrap() == seen
    });
    let begun = Instant::now();
    while hear.recv_timeout(Duration::from_millis(50)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the wait did not end");
        token.readers.wake();
    }
    assert!(waiting.join().unwrap());
}

#[test]
fn a_service_that_does_not_run_is_told_as_such() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    // The same test that passes beside this one, with the library sent where nobody listens.
    command.args(["--exact", "each_kind_of_card_tells_everything_without_a_pin"]);
    let output = command
        .env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("a running pcscd: PcscDown"), "{said}");
}
