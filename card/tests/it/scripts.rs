//! The token suite over recorded cards: a holder's day, as it was when the card was there.

use card::{
    Transport, TriesLeft,
    certificate::KeyKind,
    drawer::Drawer,
    fault::ProtocolFault,
    piv::{Piv, Slot},
    recorded::{RecordedCard, Recorder},
};

use crate::example::{self, PIN, WRONG_PIN, pin};

/// Looks at the card, mistypes the PIN, logs in, signs.
fn a_holders_day(card: Box<dyn Transport>) {
    let mut piv = Piv::open(card).expect("a PIV card");
    let summary = piv.summary().expect("a summary");
    assert!(matches!(summary.tries_left, TriesLeft::Known(_)));
    piv.verify(&pin(WRONG_PIN), None).expect_err("a wrong PIN");
    let text = "この内容で失効を申し込みます。".as_bytes();
    let login = piv
        .authenticate(&summary.authentication.fingerprint(), &pin(PIN), None, b"nonce")
        .expect("a login");
    let signed = piv
        .sign_with_signature_key(&summary.signature.fingerprint(), &pin(PIN), None, text)
        .expect("a signature");
    assert!(summary.authentication.confirms(b"nonce", &login.bytes));
    assert!(summary.signature.confirms(text, &signed.bytes));
    assert_eq!(
        piv.certificate(Slot::Signature).expect("a certificate"),
        summary.signature
    );
}

fn record(kind: KeyKind) -> String {
    let (drawer, readers) = Drawer::new(1);
    drawer.insert(1, example::card(kind));
    let (recorder, recording) = Recorder::new(readers.open(&readers.list().unwrap()[0].name).unwrap());
    a_holders_day(Box::new(recorder));
    recording.script()
}

#[test]
fn every_recorded_model_lives_its_day_again() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");
    let mut played = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "apdu") {
            let (card, progress) = RecordedCard::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            a_holders_day(Box::new(card));
            assert_eq!(progress.steps_left(), 0, "{} was played to its end", path.display());
            played += 1;
        }
    }
    assert!(played >= 3, "the scripts are there: {played}");
}

#[test]
fn what_is_recorded_today_can_be_played_and_one_changed_byte_cannot() {
    let script = record(KeyKind::P256);
    // `KAGIMORI_RECORD=DIR` keeps fresh recordings of the three kinds of virtual card.
    if let Ok(directory) = std::env::var("KAGIMORI_RECORD") {
        for (name, kind) in [
            ("rsa-2048", KeyKind::Rsa2048),
            ("p256", KeyKind::P256),
            ("p384", KeyKind::P384),
        ] {
            let head = format!("# The virtual authority card with {name} keys.\n");
            std::fs::write(format!("{directory}/virtual-{name}.apdu"), head + &record(kind)).unwrap();
        }
    }
    a_holders_day(Box::new(RecordedCard::parse(&script).unwrap().0));
    let changed = script.replacen("> 00 87 11 9C", "> 00 87 11 9D", 1);
    assert_ne!(changed, script);
    let played = std::panic::catch_unwind(|| a_holders_day(Box::new(RecordedCard::parse(&changed).unwrap().0)));
    assert!(played.is_err());
}

/// A51: what leaves the card is judged by its own certificate before anyone else sees it.
#[test]
fn a_signature_that_does_not_fit_the_certificate_is_never_handed_on() {
    let script = record(KeyKind::P256);
    let sign = script.find("> 00 87 11 9A").unwrap();
    let end = sign + script[sign..].find(" 90 00").unwrap();
    let last = u8::from_str_radix(&script[end - 2..end], 16).unwrap();
    let changed = format!("{}{:02X}{}", &script[..end - 2], last ^ 1, &script[end..]);
    let login = |script: &str| {
        let mut piv = Piv::open(Box::new(RecordedCard::parse(script).unwrap().0)).unwrap();
        let summary = piv.summary().unwrap();
        piv.verify(&pin(WRONG_PIN), None).unwrap_err();
        piv.authenticate(&summary.authentication.fingerprint(), &pin(PIN), None, b"nonce")
    };
    assert!(login(&script).is_ok());
    assert_eq!(login(&changed), Err(ProtocolFault::Signature.into()));
}

#[test]
fn a_line_that_is_no_step_is_named() {
    for (script, line) in [
        ("begin\nbegun", 2),
        ("> 0", 1),
        ("# remark\n\n< GG", 3),
        ("! tired", 1),
        ("end", 1),
    ] {
        assert_eq!(
            RecordedCard::parse(script).err().map(|fault| fault.line),
            Some(line),
            "{script}"
        );
    }
}
