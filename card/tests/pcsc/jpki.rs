//! A citizen's card over the real pcscd, with OpenSC and OpenSSL as judges (CARDS §4.6).

use card::{
    CardFault, TriesLeft,
    apdu::instruction,
    jpki::Jpki,
    piv::{Piv, Slot},
    virtual_card::{Fault, VirtualCard},
};

use crate::{
    ThroughPcscd,
    citizens::{self, Context, NEW_PASSWORD, PASSWORD, PIN4, password, pin4, printed},
    opensc::{Bench, MODULE, text},
    suite::Token as _,
};

fn bench() -> Bench {
    Bench::of(ThroughPcscd::with_card(citizens::card()))
}

fn held(bench: &Bench, slot: Slot) -> Vec<u8> {
    let certificate = bench.token.plugged().card(|card| card.certificate(slot));
    certificate.expect("a certificate").der().to_vec()
}

fn tries(bench: &Bench) -> (TriesLeft, TriesLeft) {
    let left = |slot| bench.token.plugged().card(|card| card.tries_left_of(slot));
    (left(Slot::Authentication), left(Slot::Signature))
}

/// Writes the public key of a certificate, PEM.
fn public_key(bench: &Bench, slot: Slot) -> String {
    let (der, key) = (bench.path("certificate.der"), bench.path("key.pem"));
    std::fs::write(&der, held(bench, slot)).unwrap();
    bench.ok(
        "openssl",
        &["x509", "-inform", "DER", "-in", &der, "-pubkey", "-noout", "-out", &key],
    );
    key
}

/// OpenSSL says yes to this text, and no to another.
fn judged(bench: &Bench, slot: Slot, signature: &str) {
    let key = public_key(bench, slot);
    let judge = |of: &str| {
        bench.run(
            "openssl",
            &[
                "dgst",
                "-sha256",
                "-verify",
                &key,
                "-signature",
                signature,
                &bench.path(of),
            ],
        )
    };
    assert!(judge("text").status.success(), "{slot:?}: {:?}", judge("text"));
    assert!(!judge("other").status.success(), "the control: another text");
}

fn texts(bench: &Bench) {
    std::fs::write(bench.path("text"), "暗証番号の初期化を予約します。").unwrap();
    std::fs::write(bench.path("other"), "別の内容").unwrap();
}

#[test]
fn opensc_takes_the_card_for_a_jpki_card_and_finds_what_is_on_it() {
    let bench = bench();
    let name = bench.ok("opensc-tool", &["--reader", bench.reader(), "--name"]);
    assert!(name.to_lowercase().contains("jpki"), "{name}");

    let dump = bench.ok("pkcs15-tool", &["--reader", bench.reader(), "--dump"]);
    let count = |what: &str| dump.matches(what).count();
    assert_eq!(count("X.509 Certificate ["), 4, "{dump}");
    assert_eq!(
        (count("PIN ["), count("Private RSA Key ["), count("Public RSA Key [")),
        (2, 2, 2),
        "{dump}"
    );
    let left: Vec<&str> = dump
        .lines()
        .filter(|line| line.contains("Tries left"))
        .map(|line| line.rsplit(':').next().unwrap_or_default().trim())
        .collect();
    assert_eq!(left, ["3", "5"], "{dump}");

    let file = bench.path("certificate.pem");
    bench.ok(
        "pkcs15-tool",
        &["--reader", bench.reader(), "--read-certificate", "1", "--output", &file],
    );
    let der = bench.path("read.der");
    bench.ok("openssl", &["x509", "-in", &file, "-outform", "DER", "-out", &der]);
    assert_eq!(std::fs::read(&der).unwrap(), held(&bench, Slot::Authentication));
}

#[test]
fn a_wrong_pin_that_opensc_asks_spends_a_try_of_that_pin_alone() {
    let bench = bench();
    let verify = |pin: &str| {
        let reader = bench.reader();
        bench.run(
            "pkcs15-tool",
            &["--reader", reader, "--verify-pin", "--auth-id", "01", "--pin", pin],
        )
    };
    assert!(!verify("9999").status.success());
    assert_eq!(tries(&bench), (TriesLeft::Known(2), TriesLeft::Known(5)));
    let pins = bench.ok("pkcs15-tool", &["--reader", bench.reader(), "--list-pins"]);
    let told = pins
        .lines()
        .find(|line| line.contains("Tries left"))
        .unwrap_or_default();
    assert!(told.trim_end().ends_with(": 2"), "{pins}");
    let right = verify(PIN4);
    assert!(right.status.success(), "{}", text(&right));
    assert_eq!(tries(&bench), (TriesLeft::Known(3), TriesLeft::Known(5)));
}

#[test]
fn what_opensc_signs_with_either_key_openssl_verifies() {
    let bench = bench();
    let slots = bench.ok("pkcs11-tool", &["--module", MODULE, "--list-slots"]);
    assert_eq!(
        slots.matches("token initialized").count(),
        2,
        "one card is two slots: {slots}"
    );
    texts(&bench);
    let (content, signature) = (bench.path("text"), bench.path("signature"));
    for (index, pin, id, slot) in [
        ("0", PIN4, "01", Slot::Authentication),
        ("1", PASSWORD, "02", Slot::Signature),
    ] {
        bench.ok(
            "pkcs11-tool",
            &[
                "--module",
                MODULE,
                "--slot-index",
                index,
                "--login",
                "--pin",
                pin,
                "--sign",
                "--mechanism",
                "SHA256-RSA-PKCS",
                "--id",
                id,
                "--input-file",
                &content,
                "--output-file",
                &signature,
            ],
        );
        judged(&bench, slot, &signature);
    }
    let digest = bench.path("digest");
    bench.ok("openssl", &["dgst", "-sha256", "-binary", "-out", &digest, &content]);
    bench.ok(
        "pkcs15-crypt",
        &[
            "--reader",
            bench.reader(),
            "--sign",
            "--pkcs1",
            "--sha-256",
            "--key",
            "01",
            "--pin",
            PIN4,
            "--input",
            &digest,
            "--output",
            &signature,
            "--raw",
        ],
    );
    judged(&bench, Slot::Authentication, &signature);
}

#[test]
fn the_signature_certificate_is_told_to_nobody_without_its_password() {
    let bench = bench();
    let reader = bench.reader();
    let sent = |apdus: &[&str]| {
        let mut arguments = vec!["--reader", reader, "--card-driver", "default"];
        for apdu in apdus {
            arguments.extend(["--send-apdu", apdu]);
        }
        bench.ok("opensc-tool", &arguments)
    };
    let (application, file, read) = ("00A4040C0AD392F000260100000001", "00A4020C020001", "00B0000000");
    let refused = sent(&[application, file, read]);
    assert!(refused.contains("SW1=0x69, SW2=0x82"), "{refused}");
    assert!(!refused.contains("30 82"), "{refused}");
    // The four digits do not open it either.
    let four = sent(&[application, "00A4020C020018", "002000800434383632", file, read]);
    assert!(four.contains("SW1=0x69, SW2=0x82"), "{four}");
    // The control: the other certificate by the same commands, and this one after its password.
    let other = sent(&[application, "00A4020C02000A", read]);
    assert!(!other.contains("SW1=0x69") && other.contains("30 82"), "{other}");
    let opened = sent(&[application, "00A4020C02001B", "00200080084B41474932343638", file, read]);
    assert!(!opened.contains("SW1=0x69") && opened.contains("30 82"), "{opened}");
}

#[test]
fn the_password_is_set_anew_over_the_real_pcscd() {
    let bench = bench();
    bench
        .token
        .plugged()
        .card(|card| card.set_tries_left_of(Slot::Signature, 0).unwrap());
    let mut card = Jpki::open(bench.token.connect()).unwrap();
    let told = card.summary().unwrap();
    assert_eq!(
        (told.authentication_tries, told.signature_tries),
        (TriesLeft::Known(3), TriesLeft::Blocked)
    );
    let own = told.authentication.fingerprint();
    let signed = card.sign_authentication(&own, &pin4(PIN4), None, b"nonce").unwrap();
    assert!(told.authentication.confirms(b"nonce", &signed.bytes));
    let number = told.standing.unwrap().number;
    assert_eq!(card.visual_file(&printed(), None).unwrap(), citizens::visual(number));

    let unblocking = card.unblock().unwrap();
    let context = Context {
        number,
        reference: 0x82,
        counter: 0,
        challenge: unblocking.challenge(),
        host_random: [9; 16],
    };
    let done = unblocking
        .finish(context.host_random, context.said(1), &password(NEW_PASSWORD))
        .unwrap();
    assert_eq!(
        (done.card_cryptogram, done.standing.receipt),
        (context.said(2), Some(context.receipt()))
    );
    assert!(card.signature_certificate(&own, &password(NEW_PASSWORD), None).is_ok());

    // OpenSC knows the new one, too.
    texts(&bench);
    let (content, signature) = (bench.path("text"), bench.path("signature"));
    bench.ok(
        "pkcs11-tool",
        &[
            "--module",
            MODULE,
            "--slot-index",
            "1",
            "--login",
            "--pin",
            NEW_PASSWORD,
            "--sign",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--id",
            "02",
            "--input-file",
            &content,
            "--output-file",
            &signature,
        ],
    );
    judged(&bench, Slot::Signature, &signature);
}

#[test]
fn a13_a_card_pulled_from_pcscd_inside_the_reset_says_by_its_counter_what_became_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("card.json");
    drop(citizens::card_in(card::virtual_card::Storage::File(path.clone()), None));
    let mut counter = 0;
    for (fault, is_done) in [
        (Fault::RemovedAfter(instruction::MUTUAL_AUTHENTICATE), false),
        (Fault::RemovedDuring(instruction::RESET_RETRY_COUNTER), false),
        (Fault::RemovedAfter(instruction::RESET_RETRY_COUNTER), true),
    ] {
        let mut token = ThroughPcscd::with_card(VirtualCard::open(&path).unwrap());
        token.plugged().card(|card| card.inject(fault));
        let mut card = Jpki::open(token.connect()).unwrap();
        let unblocking = card.unblock().unwrap();
        let context = Context {
            number: unblocking.standing().number,
            reference: 0x82,
            counter,
            challenge: unblocking.challenge(),
            host_random: [9; 16],
        };
        let cut = unblocking.finish(context.host_random, context.said(1), &password(NEW_PASSWORD));
        assert_eq!(cut, Err(CardFault::Removed), "{fault:?}");
        token.eject();
        token.insert(VirtualCard::open(&path).unwrap());
        let standing = Jpki::open(token.connect()).unwrap().standing().unwrap();
        counter += u32::from(is_done);
        assert_eq!(standing.counter, counter, "{fault:?}");
        assert_eq!(standing.receipt, is_done.then(|| context.receipt()), "{fault:?}");
        token.eject();
    }
}

#[test]
fn each_kind_of_card_is_told_from_the_other_over_the_real_pcscd() {
    let bench = bench();
    assert_eq!(Piv::open(bench.token.connect()).err(), Some(CardFault::WrongType));
    assert!(Jpki::open(bench.token.connect()).is_ok());
}
