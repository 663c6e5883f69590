//! PKCS #12 files before OpenSSL.

use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use pki::pkcs12::{Chance, Contents, Password, PasswordFault, Pkcs12Fault};
use pki::profile::Profile;

use crate::authority::{authority, card_content};
use crate::judge::{Desk, octets, openssl};

#[test]
fn openssl_opens_a_file_with_its_password_and_finds_key_certificate_chain_and_names() {
    let authority = authority(Algorithm::P256);
    let chain = [authority.issuing.clone(), authority.root.clone()];
    for (algorithm, password) in [
        (Algorithm::Rsa2048, "ABCDE00001-NACCS"),
        (Algorithm::P256, "鍵守の合言葉　十二"),
        (Algorithm::P384, "pässwörd"),
        (Algorithm::Ed25519, "x"),
    ] {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let certificate = authority.card(&Profile::AuthoritySignature(card_content()), key.public_key());
        let contents = Contents {
            key: &key,
            certificate: &certificate,
            chain: &chain,
            friendly_name: "端末　NAC001（海上）",
        };
        let file = contents.seal(&Password::new(password).unwrap(), chance(1)).unwrap();
        let desk = Desk::new();
        let path = desk.file("terminal.p12", &file);
        let open = |password: &str, more: &[&str]| {
            let password = format!("pass:{password}");
            openssl(&[&["pkcs12", "-in", &path, "-passin", &password][..], more].concat())
        };
        let seen = open(password, &["-nodes"]);
        for expected in [&certificate, &authority.issuing, &authority.root] {
            seen.accepts(&expected.to_pem());
        }
        assert_eq!(seen.text.matches("-----BEGIN CERTIFICATE-----").count(), 3);
        assert_eq!(seen.text.matches("-----BEGIN PRIVATE KEY-----").count(), 1);
        // OpenSSL 3.0 shows a BMPString of more than ASCII as octets or as text, by its output; twice, for key and certificate.
        assert_eq!(seen.text.matches("friendlyName: ").count(), 2, "{}", seen.text);
        assert_eq!(seen.text.matches("localKeyID: ").count(), 2);
        let pkcs8 = openssl_key(&desk, &path, password);
        assert_eq!(
            SoftwareKey::from_pkcs8(&pkcs8).unwrap().public_key(),
            key.public_key(),
            "{algorithm}"
        );
        open(password, &["-noout", "-info"]).accepts("MAC: sha256, Iteration 150000");
        open(password, &["-noout", "-info"])
            .accepts("PBES2, PBKDF2, AES-256-CBC, Iteration 150000, PRF hmacWithSHA256");
        let mut nearly = password.to_owned();
        nearly.pop();
        for wrong in ["", "wrong", nearly.as_str()] {
            open(wrong, &["-nodes"]).refuses("");
        }
    }
}

#[test]
fn a_changed_file_is_noticed_and_two_files_of_one_key_share_nothing() {
    let authority = authority(Algorithm::P256);
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let certificate = authority.card(&Profile::AuthoritySignature(card_content()), key.public_key());
    let contents = Contents {
        key: &key,
        certificate: &certificate,
        chain: &[],
        friendly_name: "",
    };
    let password = Password::new("secret").unwrap();
    let one = contents.seal(&password, chance(1)).unwrap();
    let two = contents.seal(&password, chance(2)).unwrap();
    assert_eq!(one.len(), two.len());
    let same_run = one.windows(24).filter(|run| two.windows(24).any(|other| other == *run));
    // Identifiers are the same; what is encrypted is not.
    assert!(same_run.count() < 300);
    let secret = key.to_pkcs8().unwrap();
    assert!(!one.windows(32).any(|run| secret.windows(32).any(|other| other == run)));

    let desk = Desk::new();
    let accepts = |file: &[u8]| {
        let path = desk.file("changed.p12", file);
        openssl(&["pkcs12", "-in", &path, "-passin", "pass:secret", "-nodes"]).accepted
    };
    assert!(accepts(&one), "the control must pass");
    for part in 1..6 {
        let mut changed = one.clone();
        changed[one.len() * part / 6] ^= 1;
        assert!(!accepts(&changed), "octet {}", one.len() * part / 6);
    }
}

#[test]
fn a_key_does_not_go_into_a_file_with_another_s_certificate_nor_under_a_name_that_cannot_be_written() {
    let authority = authority(Algorithm::P256);
    let (key, other) = (made_key(), made_key());
    let certificate = authority.card(&Profile::AuthoritySignature(card_content()), key.public_key());
    let password = Password::new("secret").unwrap();
    let sealed = |key, friendly_name: &str| {
        let contents = Contents {
            key,
            certificate: &certificate,
            chain: &[],
            friendly_name,
        };
        contents.seal(&password, chance(3)).map(|_| ())
    };
    assert_eq!(sealed(&key, "端末"), Ok(()), "the control must pass");
    assert_eq!(sealed(&other, "端末"), Err(Pkcs12Fault::AnotherKey));
    assert_eq!(sealed(&key, "𠮷野家"), Err(Pkcs12Fault::FriendlyName));
    assert_eq!(sealed(&key, &"あ".repeat(256)), Err(Pkcs12Fault::FriendlyName));
}

#[test]
fn a_password_is_a_bmpstring_that_never_prints_itself() {
    for (text, fault) in [
        ("", PasswordFault::Empty),
        ("a\u{0}b", PasswordFault::Character),
        ("a\nb", PasswordFault::Character),
        ("𠮷", PasswordFault::Character),
        (&"x".repeat(128), PasswordFault::TooLong),
    ] {
        assert_eq!(Password::new(text).unwrap_err(), fault, "{text:?}");
    }
    for good in ["a", "鍵", "\u{ffdc}", &"x".repeat(127)] {
        let password = Password::new(good).unwrap();
        assert_eq!(format!("{password:?}"), "Password(..)");
    }
    assert_eq!(format!("{:?}", chance(1)), "Chance(..)");
}

/// The private key in the file, as OpenSSL takes it out.
fn openssl_key(desk: &Desk, path: &str, password: &str) -> Vec<u8> {
    let (pem, der) = (desk.path("key.pem"), desk.path("key.der"));
    let (pem, der) = (pem.to_str().unwrap(), der.to_str().unwrap());
    let password = format!("pass:{password}");
    openssl(&[
        "pkcs12", "-in", path, "-passin", &password, "-nocerts", "-nodes", "-out", pem,
    ])
    .accepts("");
    openssl(&[
        "pkcs8", "-topk8", "-nocrypt", "-in", pem, "-outform", "DER", "-out", der,
    ])
    .accepts("");
    desk.read("key.der")
}

fn made_key() -> SoftwareKey {
    SoftwareKey::generate(Algorithm::P256).unwrap()
}

fn chance(count: u64) -> Chance {
    Chance(octets("pkcs12", count))
}
