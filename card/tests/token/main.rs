//! Keys on a PKCS#11 token, by the real SoftHSM through the real module loader; OpenSC's and OpenSSL's tools are the judges.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in what its tests share")]

mod soft;

use std::process::Command;

use card::certificate::KeyKind;
use card::token::{KeyId, Module, Opened, Token, TokenFault};
use card::{Pin, TriesLeft};

use soft::{PIN, Soft, alone};

fn pin(token: &Token, text: &str) -> Pin {
    Pin::parse(text.to_owned(), &token.pin_rule).unwrap()
}

fn only(soft: &Soft) -> Token {
    soft.issue("terminal");
    let module = Module::load(soft.module()).unwrap();
    let mut tokens = module.tokens().unwrap();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    tokens.remove(0)
}

fn open(token: &Token) -> Opened {
    token.open(Some(&pin(token, PIN)), None).unwrap()
}

const ID: KeyId = KeyId([7; 20]);

#[test]
fn a_key_is_made_on_the_token_and_can_never_leave_it() {
    alone("a_key_is_made_on_the_token_and_can_never_leave_it", |soft| {
        let token = only(soft);
        assert_eq!((token.label.as_str(), token.own_keys), ("terminal", false));
        for (n, kind) in [(1, KeyKind::P256), (2, KeyKind::P384), (3, KeyKind::Rsa2048)] {
            let opened = open(&token);
            let key = opened.make(&KeyId([n; 20]), "NAC11110A", kind).unwrap();
            assert_eq!(key.kind(), kind);
            assert!(key.is_confined().unwrap(), "{kind:?}");
            // Both judge their own signature; this is the control that they do not say yes to anything.
            key.sign(b"a certificate request").unwrap();
            assert_eq!(key.sign_pss(b"a handshake").is_ok(), kind == KeyKind::Rsa2048);
        }
        // The judge: a tool of others' making sees three keys and is given none of them.
        let listed = Command::new("pkcs11-tool")
            .args([
                "--module",
                soft.module().to_str().unwrap(),
                "--login",
                "--pin",
                PIN,
                "-O",
                "--type",
                "privkey",
            ])
            .output()
            .unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        assert_eq!(listed.matches("never extractable").count(), 3, "{listed}");
        assert_eq!(
            listed.matches("sensitive").count(),
            6,
            "always sensitive, and sensitive: {listed}"
        );
    });
}

#[test]
fn the_same_name_is_the_same_key_however_often_it_is_made() {
    alone("the_same_name_is_the_same_key_however_often_it_is_made", |soft| {
        let token = only(soft);
        let first = open(&token)
            .make(&ID, "NAC11110A", KeyKind::P256)
            .unwrap()
            .public_key()
            .to_vec();
        let again = open(&token)
            .make(&ID, "NAC11110A", KeyKind::P256)
            .unwrap()
            .public_key()
            .to_vec();
        assert_eq!(first, again);
        let other = open(&token).make(&KeyId([8; 20]), "NAC11110A", KeyKind::P256).unwrap();
        assert_ne!(other.public_key(), first);
        assert!(open_after(other, &token).key(&KeyId([9; 20])).unwrap().is_none());
    });
}

/// A conversation begins when the one before has ended, which it does with its last key.
fn open_after<T>(before: T, token: &Token) -> Opened {
    drop(before);
    open(token)
}

#[test]
fn a_wrong_pin_is_told_and_a_malformed_one_never_sent() {
    alone("a_wrong_pin_is_told_and_a_malformed_one_never_sent", |soft| {
        let token = only(soft);
        assert_eq!(token.tries_left, TriesLeft::Unknown);
        assert!(Pin::parse("1".to_owned(), &token.pin_rule).is_err());
        let wrong = token.open(Some(&pin(&token, "tok3n-PIN.0000")), None).err();
        assert!(matches!(wrong, Some(TokenFault::PinWrong { .. })), "{wrong:?}");
        let told = token.module().tokens().unwrap().remove(0);
        assert!(told.was_wrong, "the token's flag says so");
        open(&token);
        assert!(!token.module().tokens().unwrap().remove(0).was_wrong);
    });
}

#[test]
fn a08_conversations_take_turns_and_each_ends_with_a_logout() {
    alone("a08_conversations_take_turns_and_each_ends_with_a_logout", |soft| {
        let token = only(soft);
        let made: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let talks: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        open(&token)
                            .make(&ID, "one", KeyKind::P256)
                            .unwrap()
                            .public_key()
                            .to_vec()
                    })
                })
                .collect();
            talks.into_iter().map(|talk| talk.join().unwrap()).collect()
        });
        assert!(
            made.windows(2).all(|two| two[0] == two[1]),
            "eight at once made one key"
        );
        // Whoever comes without the right PIN finds nobody logged in.
        let wrong = token.open(Some(&pin(&token, "tok3n-PIN.0000")), None).err();
        assert!(matches!(wrong, Some(TokenFault::PinWrong { .. })), "{wrong:?}");
    });
}

#[test]
fn a_certificate_stands_beside_its_own_key_and_beside_no_other() {
    alone("a_certificate_stands_beside_its_own_key_and_beside_no_other", |soft| {
        let token = only(soft);
        let opened = open(&token);
        let key = opened.make(&ID, "one", KeyKind::P256).unwrap();
        let stranger = self_signed(soft, "stranger");
        assert_eq!(key.install("one", &stranger), Err(TokenFault::AnotherCertificate));
        assert_eq!(
            key.install("one", b"no certificate"),
            Err(TokenFault::AnotherCertificate)
        );
        assert_eq!(opened.certificate(&ID).unwrap(), None);
        let first = certified(soft, key.public_key(), "first");
        key.install("one", &first).unwrap();
        key.install("one", &first).unwrap();
        assert_eq!(opened.certificate(&ID).unwrap(), Some(first));
        // A renewed certificate takes its place.
        let second = certified(soft, key.public_key(), "second");
        key.install("one", &second).unwrap();
        assert_eq!(opened.certificate(&ID).unwrap(), Some(second.clone()));
        drop((key, opened));
        let read = Command::new("pkcs11-tool")
            .args([
                "--module",
                soft.module().to_str().unwrap(),
                "-r",
                "--type",
                "cert",
                "--id",
                &"07".repeat(20),
            ])
            .args(["-o", soft.dir().join("read.der").to_str().unwrap()])
            .status()
            .unwrap();
        assert!(read.success());
        assert_eq!(std::fs::read(soft.dir().join("read.der")).unwrap(), second);
    });
}

#[test]
fn what_is_no_module_is_said_to_be_none() {
    for path in ["/nowhere/pkcs11.so", "/etc/passwd"] {
        let fault = Module::load(path.as_ref()).err();
        assert!(matches!(fault, Some(TokenFault::Module { .. })), "{path}: {fault:?}");
    }
}

/// A certificate by OpenSSL for a key of OpenSSL.
fn self_signed(soft: &Soft, name: &str) -> Vec<u8> {
    openssl(
        soft,
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
        ],
        name,
        &["-subj", "/CN=stranger"],
    )
}

/// A certificate by OpenSSL for a key of the token, whose public half is all that it is given.
fn certified(soft: &Soft, public_key: &[u8], name: &str) -> Vec<u8> {
    let authority = soft.dir().join("authority.key");
    if !authority.exists() {
        self_signed(soft, "authority");
    }
    std::fs::write(soft.dir().join("public.der"), public_key).unwrap();
    let subject = format!("/CN={name}");
    let arguments = [
        "x509",
        "-new",
        "-subj",
        &subject,
        "-force_pubkey",
        "public.der",
        "-CAkey",
        "authority.key",
        "-CA",
        "authority.pem",
    ];
    let out = format!("{name}.der");
    let made = Command::new("openssl")
        .args(arguments)
        .args(["-set_serial", "5", "-outform", "DER", "-out", &out])
        .current_dir(soft.dir())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(soft.dir().join(out)).unwrap()
}

fn openssl(soft: &Soft, arguments: &[&str], name: &str, more: &[&str]) -> Vec<u8> {
    let made = Command::new("openssl")
        .args(arguments)
        .arg(format!("{name}.key"))
        .args(more)
        .args(["-out", &format!("{name}.pem")])
        .current_dir(soft.dir())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let der = Command::new("openssl")
        .args(["x509", "-in", &format!("{name}.pem"), "-outform", "DER"])
        .current_dir(soft.dir())
        .output()
        .unwrap();
    der.stdout
}
