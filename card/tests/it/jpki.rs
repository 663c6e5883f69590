//! A citizen's card as a program uses it, over the virtual card in this process.

use card::{
    CardFault, LastTryConsent, TriesLeft,
    apdu::instruction,
    certificate::{Fingerprint, KeyKind},
    drawer::Drawer,
    fault::ProtocolFault,
    jpki::{Jpki, PrintedNumber},
    piv::{Piv, Slot},
    reader::Readers,
    virtual_card::{Fault, VirtualCard},
};

use crate::{
    citizens::{self, Context, NEW_PASSWORD, PASSWORD, PIN4, password, pin4, printed},
    example,
};

struct Table {
    drawer: Drawer,
    readers: Readers,
}

impl Table {
    fn with(card: VirtualCard) -> Self {
        let (drawer, readers) = Drawer::new(1);
        drawer.insert(1, card);
        Self { drawer, readers }
    }

    fn new() -> Self {
        Self::with(citizens::card())
    }

    fn card(&self) -> Jpki {
        Jpki::open(self.readers.open(&self.readers.list().unwrap()[0].name).unwrap()).unwrap()
    }

    fn tries(&self, slot: Slot, left: u8) {
        self.drawer.card(1, |card| card.set_tries_left_of(slot, left).unwrap());
    }

    fn put_back(&self) {
        let card = self.drawer.eject(1).expect("the card that fell out");
        self.drawer.insert(1, card);
    }
}

fn consent() -> LastTryConsent {
    LastTryConsent::given_by_holder()
}

#[test]
fn a_card_tells_everything_but_the_signature_certificate_without_a_pin() {
    let table = Table::new();
    let told = table.card().summary().unwrap();
    assert_eq!(told.label, "JPKIAPICCTOKEN2");
    assert_eq!(
        (told.authentication_tries, told.signature_tries),
        (TriesLeft::Known(3), TriesLeft::Known(5))
    );
    let standing = told.standing.unwrap();
    assert_eq!(
        Some(standing.number),
        table.drawer.card(1, |card| card.number()).unwrap()
    );
    assert_eq!((standing.key_version, standing.counter, standing.receipt), (1, 0, None));
    let held = table
        .drawer
        .card(1, |card| card.certificate(Slot::Authentication))
        .unwrap();
    assert_eq!(Some(told.authentication), held);
    table.tries(Slot::Authentication, 0);
    table.tries(Slot::Signature, 0);
    let told = table.card().summary().unwrap();
    assert_eq!(
        (told.authentication_tries, told.signature_tries),
        (TriesLeft::Blocked, TriesLeft::Blocked)
    );
}

#[test]
fn each_kind_of_card_is_told_from_the_other() {
    let table = Table::with(example::card(KeyKind::P256));
    let transport = || table.readers.open(&table.readers.list().unwrap()[0].name).unwrap();
    assert_eq!(Jpki::open(transport()).err(), Some(CardFault::WrongType));
    assert!(Piv::open(transport()).is_ok(), "control");
    let table = Table::new();
    let transport = table.readers.open(&table.readers.list().unwrap()[0].name).unwrap();
    assert_eq!(Piv::open(transport).err(), Some(CardFault::WrongType));
}

#[test]
fn both_keys_sign_and_each_certificate_confirms_its_own() {
    let table = Table::new();
    let mut card = table.card();
    let known = card.summary().unwrap().authentication;
    let signed = card
        .sign_authentication(&known.fingerprint(), &pin4(PIN4), None, b"nonce")
        .unwrap();
    assert!(known.confirms(b"nonce", &signed.bytes) && !known.confirms(b"other", &signed.bytes));
    let password = password(PASSWORD);
    let certificate = card
        .signature_certificate(&known.fingerprint(), &password, None)
        .unwrap();
    let signed = card
        .sign(
            &known.fingerprint(),
            &certificate.fingerprint(),
            &password,
            None,
            b"text",
        )
        .unwrap();
    assert!(certificate.confirms(b"text", &signed.bytes) && !known.confirms(b"text", &signed.bytes));
    let refused = card.sign(&known.fingerprint(), &known.fingerprint(), &password, None, b"text");
    assert_eq!(refused, Err(CardFault::Changed));
}

#[test]
fn a05_another_card_than_the_expected_one_costs_no_try() {
    let table = Table::new();
    let mut card = table.card();
    let other = Fingerprint::of(b"another card's certificate");
    assert_eq!(
        card.sign_authentication(&other, &pin4("0000"), None, b"x"),
        Err(CardFault::Changed)
    );
    let wrong = password("ABC123");
    assert_eq!(
        card.signature_certificate(&other, &wrong, None),
        Err(CardFault::Changed)
    );
    assert_eq!(card.sign(&other, &other, &wrong, None, b"x"), Err(CardFault::Changed));
    let told = card.summary().unwrap();
    assert_eq!(
        (told.authentication_tries, told.signature_tries),
        (TriesLeft::Known(3), TriesLeft::Known(5))
    );
    let own = told.authentication.fingerprint();
    let wrong = card.sign_authentication(&own, &pin4("0000"), None, b"x");
    let left = TriesLeft::Known(2);
    assert_eq!(wrong, Err(CardFault::PinWrong { left }), "the control");
}

#[test]
fn the_last_try_wants_consent_and_each_lock_has_a_fault_of_its_own() {
    let table = Table::new();
    let mut card = table.card();
    let own = card.summary().unwrap().authentication.fingerprint();
    table.tries(Slot::Authentication, 1);
    table.tries(Slot::Signature, 1);
    let (wrong4, wrong) = (pin4("0000"), password("ABC123"));
    assert_eq!(
        card.sign_authentication(&own, &wrong4, None, b"x"),
        Err(CardFault::LastTry)
    );
    assert_eq!(card.signature_certificate(&own, &wrong, None), Err(CardFault::LastTry));
    let blocked = card.sign_authentication(&own, &wrong4, Some(consent()), b"x");
    assert_eq!(blocked, Err(CardFault::AuthenticationPinBlocked));
    let blocked = card.sign_authentication(&own, &pin4(PIN4), Some(consent()), b"x");
    assert_eq!(blocked, Err(CardFault::AuthenticationPinBlocked), "also the right one");
    let blocked = card.signature_certificate(&own, &wrong, Some(consent()));
    assert_eq!(blocked, Err(CardFault::SignaturePasswordBlocked));
    assert_eq!(
        card.signature_certificate(&own, &password(PASSWORD), Some(consent())),
        Err(CardFault::SignaturePasswordBlocked)
    );
}

#[test]
fn the_face_is_read_whole_by_the_printed_number_which_has_a_counter_of_its_own() {
    let table = Table::new();
    let mut card = table.card();
    let number = table.drawer.card(1, |card| card.number()).unwrap().unwrap();
    assert_eq!(card.visual_file(&printed(), None).unwrap(), citizens::visual(number));
    let wrong = PrintedNumber::parse("19900412".into(), "2031".into(), "0000".into()).unwrap();
    for left in (1..10).rev() {
        let left = TriesLeft::Known(left);
        assert_eq!(
            card.visual_file(&wrong, None),
            Err(CardFault::PrintedNumberWrong { left })
        );
    }
    assert_eq!(card.visual_file(&printed(), None), Err(CardFault::LastTry));
    assert!(card.visual_file(&printed(), Some(consent())).is_ok());
    for _ in 0..9 {
        card.visual_file(&wrong, None).unwrap_err();
    }
    assert_eq!(
        card.visual_file(&wrong, Some(consent())),
        Err(CardFault::PrintedNumberBlocked)
    );
    assert_eq!(card.visual_file(&printed(), None), Err(CardFault::PrintedNumberBlocked));
    let told = card.summary().unwrap();
    assert_eq!(
        told.authentication_tries,
        TriesLeft::Known(3),
        "the PINs' counters are others"
    );
}

/// What the server makes of what the kiosk relays.
fn answer(unblocking: &card::jpki::Unblocking<'_>) -> Context {
    Context {
        number: unblocking.standing().number,
        reference: 0x82,
        counter: unblocking.standing().counter,
        challenge: unblocking.challenge(),
        host_random: [0xA7; 16],
    }
}

#[test]
fn a_locked_password_is_set_anew_by_the_issuers_answer() {
    let table = Table::new();
    table.tries(Slot::Signature, 0);
    let mut card = table.card();
    let own = card.summary().unwrap().authentication.fingerprint();
    for (round, new) in [(0, NEW_PASSWORD), (1, PASSWORD)] {
        let unblocking = card.unblock().unwrap();
        assert_eq!(unblocking.standing().counter, round);
        let context = answer(&unblocking);
        let done = unblocking
            .finish(context.host_random, context.said(1), &password(new))
            .unwrap();
        assert_eq!(done.card_cryptogram, context.said(2));
        assert_eq!(
            (done.standing.counter, done.standing.receipt),
            (round + 1, Some(context.receipt()))
        );
        assert_eq!(card.standing(), Ok(done.standing), "and so it stays");
        assert!(card.signature_certificate(&own, &password(new), None).is_ok());
        let old = if round == 0 { PASSWORD } else { NEW_PASSWORD };
        let left = TriesLeft::Known(4);
        let refused = card.signature_certificate(&own, &password(old), None);
        assert_eq!(refused, Err(CardFault::PinWrong { left }));
    }
}

#[test]
fn a_conversation_that_is_not_finished_has_no_effect() {
    let table = Table::new();
    let mut card = table.card();
    let before = card.standing().unwrap();
    drop(card.unblock().unwrap());
    assert_eq!(card.standing(), Ok(before));
    let unblocking = card.unblock().unwrap();
    let stale = answer(&unblocking);
    drop(unblocking);
    for left in (1..10).rev() {
        let refused = card
            .unblock()
            .unwrap()
            .finish(stale.host_random, stale.said(1), &password(NEW_PASSWORD));
        let left = TriesLeft::Known(left);
        assert_eq!(
            refused,
            Err(CardFault::RightRefused { left }),
            "an answer to another challenge"
        );
    }
    let finish = |card: &mut Jpki| {
        card.unblock()
            .unwrap()
            .finish(stale.host_random, stale.said(1), &password(NEW_PASSWORD))
    };
    assert_eq!(finish(&mut card), Err(CardFault::UnblockKeyBlocked));
    assert_eq!(finish(&mut card), Err(CardFault::UnblockKeyBlocked));
    assert_eq!(card.standing(), Ok(before));
}

#[test]
fn a08_the_card_is_held_while_the_server_is_asked_and_a_reset_in_between_ends_it() {
    let table = Table::new();
    let mut card = table.card();
    let before = card.standing().unwrap();
    let unblocking = card.unblock().unwrap();
    let context = answer(&unblocking);
    table.drawer.card(1, VirtualCard::reset);
    let lost = unblocking.finish(context.host_random, context.said(1), &password(NEW_PASSWORD));
    assert_eq!(lost, Err(CardFault::RightLost));
    assert_eq!(card.standing(), Ok(before));
    // The control: the same without the reset.
    let unblocking = card.unblock().unwrap();
    let context = answer(&unblocking);
    assert!(
        unblocking
            .finish(context.host_random, context.said(1), &password(NEW_PASSWORD))
            .is_ok()
    );
}

#[test]
fn a06_a_card_pulled_at_any_step_has_the_old_password_or_the_new_one_and_its_counter_says_which() {
    let mutual = instruction::MUTUAL_AUTHENTICATE;
    let reset = instruction::RESET_RETRY_COUNTER;
    let table = Table::new();
    let own = table.card().summary().unwrap().authentication.fingerprint();
    for (fault, is_done) in [
        (Fault::RemovedDuring(mutual), false),
        (Fault::RemovedAfter(mutual), false),
        (Fault::RemovedDuring(reset), false),
        (Fault::RemovedAfter(reset), true),
    ] {
        let mut card = table.card();
        let before = card.standing().unwrap();
        table.drawer.card(1, |card| card.inject(fault));
        let unblocking = card.unblock().unwrap();
        let context = answer(&unblocking);
        let cut = unblocking.finish(context.host_random, context.said(1), &password(NEW_PASSWORD));
        assert_eq!(cut, Err(CardFault::Removed), "{fault:?}");
        table.put_back();
        let mut card = table.card();
        let after = card.standing().unwrap();
        assert_eq!(after.counter, before.counter + u32::from(is_done), "{fault:?}");
        assert_eq!(after.receipt, is_done.then(|| context.receipt()), "{fault:?}");
        let holds = if is_done { NEW_PASSWORD } else { PASSWORD };
        assert!(
            card.signature_certificate(&own, &password(holds), None).is_ok(),
            "{fault:?}"
        );
    }
}

#[test]
fn a06_a_card_pulled_while_it_signs_gives_nothing() {
    for fault in [
        Fault::RemovedDuring(instruction::VERIFY),
        Fault::RemovedAfter(instruction::VERIFY),
        Fault::RemovedDuring(instruction::PERFORM_SECURITY_OPERATION),
        Fault::RemovedAfter(instruction::PERFORM_SECURITY_OPERATION),
        Fault::RemovedDuring(instruction::READ_BINARY),
    ] {
        let table = Table::new();
        let mut card = table.card();
        let own = card.summary().unwrap().authentication.fingerprint();
        table.drawer.card(1, |card| card.inject(fault));
        assert_eq!(
            card.sign_authentication(&own, &pin4(PIN4), None, b"x"),
            Err(CardFault::Removed)
        );
        table.put_back();
        let left = table.card().summary().unwrap().authentication_tries;
        let spent = u8::from(fault == Fault::RemovedDuring(instruction::VERIFY));
        assert_eq!(left, TriesLeft::Known(3 - spent), "{fault:?}");
    }
}

#[test]
fn a08_no_verified_pin_is_left_behind() {
    let table = Table::new();
    let mut card = table.card();
    let own = card.summary().unwrap().authentication.fingerprint();
    card.sign_authentication(&own, &pin4(PIN4), None, b"x").unwrap();
    // Selected again or not, the key wants its PIN.
    let asked = table
        .drawer
        .card(1, |card| card.respond(&[0, 0xA4, 2, 0x0C, 2, 0, 0x17]))
        .unwrap();
    assert_eq!(
        asked,
        card::virtual_card::Answer::Response(vec![0x6A, 0x82]),
        "no application is selected"
    );
}

#[test]
fn a_signature_that_does_not_fit_the_certificate_is_never_handed_on() {
    // The card's keys are exchanged for another card's by its file alone; here the two certificates are told in each other's place.
    let table = Table::new();
    let mut card = table.card();
    let (drawer, readers) = (&table.drawer, &table.readers);
    let (recorder, recording) = card::recorded::Recorder::new(readers.open(&readers.list().unwrap()[0].name).unwrap());
    let own = card.summary().unwrap().authentication.fingerprint();
    let mut recorded = Jpki::open(Box::new(recorder)).unwrap();
    recorded.sign_authentication(&own, &pin4(PIN4), None, b"x").unwrap();
    let script = recording.script();
    assert!(!script.contains(&hex(PIN4.as_bytes())), "a recording holds no PIN");
    let play = |script: &str, message: &[u8]| {
        let card = card::recorded::RecordedCard::parse(script).unwrap().0;
        Jpki::open(Box::new(card))
            .unwrap()
            .sign_authentication(&own, &pin4("1111"), None, message)
    };
    assert!(
        play(&script, b"x").is_ok(),
        "the control: {}",
        drawer.card(1, |_| ()).is_some()
    );
    let sign = script.find("> 80 2A 00 80").unwrap();
    let end = sign + script[sign..].find(" 90 00").unwrap();
    let last = u8::from_str_radix(&script[end - 2..end], 16).unwrap();
    let changed = format!("{}{:02X}{}", &script[..end - 2], last ^ 1, &script[end..]);
    assert_eq!(play(&changed, b"x"), Err(ProtocolFault::Signature.into()));
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(" ")
}
