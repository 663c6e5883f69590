//! The token suite over the virtual card in this process, and what the drawer's readers tell.

use std::{sync::mpsc, time::Duration};

use card::{
    CardFault, Transport, TransportFault, TriesLeft,
    apdu::instruction,
    certificate::KeyKind,
    drawer::Drawer,
    piv::Piv,
    reader::{CardState, Readers},
    virtual_card::Fault,
};

use crate::{
    example::{self, PIN, WRONG_PIN, pin},
    suite::{self, Token},
};

struct InProcess {
    drawer: Drawer,
    readers: Readers,
}

impl InProcess {
    fn with(kind: KeyKind) -> Self {
        let (drawer, readers) = Drawer::new(2);
        drawer.insert(1, example::card(kind));
        Self { drawer, readers }
    }

    fn reader(&self, number: usize) -> String {
        self.readers.list().unwrap()[number - 1].name.clone()
    }
}

impl Token for InProcess {
    fn connect(&self) -> Box<dyn Transport> {
        self.readers.open(&self.reader(1)).expect("a card in reader 1")
    }
}

#[test]
fn each_kind_of_card_tells_everything_without_a_pin() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        suite::tells_everything_without_a_pin(&InProcess::with(kind), kind);
    }
}

#[test]
fn each_kind_of_card_signs_with_both_keys() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        suite::signs_with_both_keys_and_each_certificate_confirms_its_own(&InProcess::with(kind));
    }
}

#[test]
fn a05_a_certificate_other_than_the_expected_one_costs_no_try() {
    suite::a_certificate_other_than_the_expected_one_costs_no_try(&InProcess::with(KeyKind::P256));
}

#[test]
fn a03_nine_wrong_pins_are_forgiven_and_the_tenth_blocks() {
    suite::nine_wrong_pins_are_forgiven_and_the_tenth_blocks(&InProcess::with(KeyKind::P256));
}

#[test]
fn a_changed_pin_replaces_the_old_one() {
    suite::a_changed_pin_replaces_the_old_one(&InProcess::with(KeyKind::P256));
}

#[test]
fn a08_no_verified_pin_is_left_behind() {
    suite::no_verified_pin_is_left_behind(&InProcess::with(KeyKind::P256));
}

#[test]
fn a05_a_card_swapped_in_its_reader_is_never_talked_to_by_the_old_connection() {
    let token = InProcess::with(KeyKind::P256);
    let mut piv = token.piv();
    let first = piv.summary().unwrap();
    let before = token.drawer.insert(1, example::card(KeyKind::P256)).unwrap();
    let refused = piv.sign_with_signature_key(&first.signature.fingerprint(), &pin(PIN), None, b"text");
    assert_eq!(refused, Err(CardFault::Removed));
    // A new connection reaches the other card, which is recognised as another before the PIN is sent.
    let refused = token
        .piv()
        .sign_with_signature_key(&first.signature.fingerprint(), &pin(PIN), None, b"text");
    assert_eq!(refused, Err(CardFault::Changed));
    // The first card put back is another insertion, and the same card.
    token.drawer.insert(1, before);
    assert_eq!(piv.tries_left(), Err(CardFault::Removed));
    assert!(
        token
            .piv()
            .sign_with_signature_key(&first.signature.fingerprint(), &pin(PIN), None, b"text")
            .is_ok()
    );
}

#[test]
fn a06_a_card_removed_in_the_middle_of_verify_has_spent_the_try() {
    let token = InProcess::with(KeyKind::P256);
    token
        .drawer
        .card(1, |card| card.inject(Fault::RemovedDuring(instruction::VERIFY)));
    assert_eq!(token.piv().verify(&pin(PIN), None), Err(CardFault::Removed));
    assert_eq!(token.readers.list().unwrap()[0].card, CardState::Absent);
    let card = token.drawer.eject(1).expect("the card that fell out");
    assert_eq!(card.tries_left(), TriesLeft::Known(9), "written before it was compared");
    token.drawer.insert(1, card);
    // The control: the same right PIN without the fault gives the tries back.
    assert_eq!(token.piv().verify(&pin(PIN), None), Ok(()));
    assert_eq!(token.piv().tries_left(), Ok(TriesLeft::Known(10)));
}

#[test]
fn a06_a_card_removed_in_the_middle_of_a_change_has_the_old_pin_and_one_try_less() {
    let token = InProcess::with(KeyKind::P256);
    let change = instruction::CHANGE_REFERENCE_DATA;
    token.drawer.card(1, |card| card.inject(Fault::RemovedDuring(change)));
    let cut = token.piv().change_pin(&pin(PIN), &pin("975310"), None);
    assert_eq!(cut, Err(CardFault::Removed));
    let card = token.drawer.eject(1).unwrap();
    token.drawer.insert(1, card);
    assert_eq!(token.piv().tries_left(), Ok(TriesLeft::Known(9)));
    assert_eq!(token.piv().verify(&pin(PIN), None), Ok(()));
    // Cut a moment later, the same change is done, though nobody heard of it.
    token.drawer.card(1, |card| card.inject(Fault::RemovedAfter(change)));
    let cut = token.piv().change_pin(&pin(PIN), &pin("975310"), None);
    assert_eq!(cut, Err(CardFault::Removed));
    let card = token.drawer.eject(1).unwrap();
    token.drawer.insert(1, card);
    assert_eq!(token.piv().verify(&pin("975310"), None), Ok(()));
}

#[test]
fn a06_a_card_removed_in_the_middle_of_a_signature_gives_none() {
    for fault in [
        Fault::RemovedDuring(instruction::GENERAL_AUTHENTICATE),
        Fault::RemovedAfter(instruction::GENERAL_AUTHENTICATE),
        Fault::RemovedDuring(instruction::GET_DATA),
        Fault::RemovedDuring(instruction::SELECT),
    ] {
        let token = InProcess::with(KeyKind::P256);
        let mut piv = token.piv();
        let fingerprint = piv.summary().unwrap().signature.fingerprint();
        token.drawer.card(1, |card| card.inject(fault));
        let refused = piv.sign_with_signature_key(&fingerprint, &pin(PIN), None, b"text");
        assert_eq!(refused, Err(CardFault::Removed));
        let card = token.drawer.eject(1).unwrap();
        token.drawer.insert(1, card);
        assert!(
            token
                .piv()
                .sign_with_signature_key(&fingerprint, &pin(PIN), None, b"text")
                .is_ok()
        );
    }
}

#[test]
fn a_mute_card_is_told_from_an_absent_one_and_costs_no_try() {
    let token = InProcess::with(KeyKind::P256);
    let mut piv = token.piv();
    token.drawer.card(1, |card| card.inject(Fault::Mute));
    assert_eq!(token.readers.list().unwrap()[0].card, CardState::Mute);
    assert_eq!(piv.verify(&pin(WRONG_PIN), None), Err(CardFault::Unreadable));
    assert_eq!(token.readers.open(&token.reader(1)).err(), Some(CardFault::Unreadable));
    assert_eq!(token.readers.only_card().err(), Some(CardFault::Unreadable));
    token.drawer.card(1, card::virtual_card::VirtualCard::heal);
    assert_eq!(token.piv().tries_left(), Ok(TriesLeft::Known(10)));
}

#[test]
fn a07_two_cards_are_never_chosen_between_silently() {
    let token = InProcess::with(KeyKind::P256);
    assert_eq!(token.readers.only_card().unwrap().name, token.reader(1));
    token.drawer.insert(2, example::card(KeyKind::P256));
    assert_eq!(token.readers.only_card().err(), Some(CardFault::Multiple));
    token.drawer.eject(1);
    assert_eq!(token.readers.only_card().unwrap().name, token.reader(2));
    token.drawer.eject(2);
    assert_eq!(token.readers.only_card().err(), Some(CardFault::NoCard));
    assert_eq!(Drawer::new(0).1.only_card().err(), Some(CardFault::NoReader));
    assert_eq!(token.readers.open(&token.reader(2)).err(), Some(CardFault::NoCard));
    assert_eq!(token.readers.open("no such reader").err(), Some(CardFault::NoReader));
}

#[test]
fn a08_a_second_connection_waits_until_the_transaction_ends() {
    let token = InProcess::with(KeyKind::P256);
    let mut first = token.connect();
    first.begin().unwrap();
    let second = token.connect();
    let (tell, hear) = mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let mut piv = Piv::open(second).unwrap();
        tell.send("through").unwrap();
        piv.tries_left()
    });
    assert!(hear.recv_timeout(Duration::from_millis(100)).is_err(), "it must wait");
    first.end(card::transport::CardAfter::Left).unwrap();
    assert_eq!(hear.recv_timeout(Duration::from_secs(5)), Ok("through"));
    assert_eq!(waiting.join().unwrap(), Ok(TriesLeft::Known(10)));
}

#[test]
fn a08_a_transaction_ends_with_its_owner_also_by_panic_or_forgetfulness() {
    let token = InProcess::with(KeyKind::P256);
    let mut first = token.connect();
    first.begin().unwrap();
    drop(first);
    assert_eq!(token.piv().tries_left(), Ok(TriesLeft::Known(10)));
}

#[test]
fn a_wait_ends_with_the_change_and_sees_it() {
    let (drawer, readers) = Drawer::new(1);
    let seen = readers.list().unwrap();
    let waiting = {
        let (readers, seen) = (readers.clone(), seen.clone());
        std::thread::spawn(move || readers.wait_change(&seen, Duration::from_secs(20)).unwrap())
    };
    drawer.insert(1, example::card(KeyKind::P256));
    let inserted = waiting.join().unwrap();
    assert!(matches!(inserted[0].card, CardState::Present(_)));
    // What changed before the wait began is not missed.
    let card = drawer.eject(1).unwrap();
    drawer.insert(1, card);
    let again = readers.wait_change(&inserted, Duration::from_secs(20)).unwrap();
    assert_ne!(again, inserted, "the same card put back is another insertion");
    // Nothing changes: the wait ends with its time.
    assert_eq!(readers.wait_change(&again, Duration::from_millis(20)).unwrap(), again);
}

#[test]
fn a_wait_can_be_ended_from_another_thread() {
    let (_drawer, readers) = Drawer::new(1);
    let seen = readers.list().unwrap();
    let (tell, hear) = mpsc::channel();
    let waiting = {
        let readers = readers.clone();
        std::thread::spawn(move || {
            let now = readers.wait_change(&seen, Duration::from_mins(1)).unwrap();
            tell.send(now == seen).unwrap();
        })
    };
    let until = std::time::Instant::now() + Duration::from_secs(20);
    let woken = loop {
        readers.wake();
        match hear.recv_timeout(Duration::from_millis(10)) {
            Ok(unchanged) => break unchanged,
            Err(_) => assert!(std::time::Instant::now() < until, "the wait did not end"),
        }
    };
    assert!(woken);
    waiting.join().unwrap();
}

#[test]
fn what_was_removed_stays_removed_for_an_old_transport() {
    let token = InProcess::with(KeyKind::P256);
    let mut transport = token.connect();
    token.drawer.eject(1);
    assert_eq!(transport.begin(), Err(TransportFault::Removed));
    assert_eq!(
        transport.end(card::transport::CardAfter::Left),
        Err(TransportFault::Removed)
    );
}
