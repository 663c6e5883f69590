use super::*;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};

const ASKED: Asked<'_> = Asked {
    origin: "https://ca.example.jp:8443",
    challenge: "Y2hhbGxlbmdl",
};

fn client(kind: &str) -> Vec<u8> {
    let (challenge, origin) = (ASKED.challenge, ASKED.origin);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false,"later":1}}"#)
        .into_bytes()
}

fn data(flags: u8, after: &[u8]) -> Vec<u8> {
    let mut data = digest::digest(&digest::SHA256, b"ca.example.jp").as_ref().to_vec();
    data.push(flags);
    data.extend_from_slice(&7_u32.to_be_bytes());
    data.extend_from_slice(after);
    data
}

fn assertion(authenticator: Vec<u8>, sign: impl Fn(&[u8]) -> Vec<u8>) -> Assertion {
    let client = client("webauthn.get");
    let mut signed = authenticator.clone();
    signed.extend_from_slice(digest::digest(&digest::SHA256, &client).as_ref());
    Assertion {
        credential: b"id".to_vec(),
        client,
        signature: sign(&signed),
        authenticator,
        user: b"user".to_vec(),
    }
}

fn ed25519() -> (Ed25519KeyPair, Vec<u8>) {
    let key = Ed25519KeyPair::generate().unwrap();
    let mut cose = vec![0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32];
    cose.extend_from_slice(key.public_key().as_ref());
    (key, cose)
}

fn registration(cose: &[u8], flags: u8) -> Registration {
    let mut attested = vec![0; 16];
    attested.extend_from_slice(&[0, 2, b'i', b'd']);
    attested.extend_from_slice(cose);
    let data = data(flags, &attested);
    let mut object = vec![0xa3, 0x63];
    object.extend_from_slice(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
    object.push(u8::try_from(data.len()).unwrap());
    object.extend_from_slice(&data);
    Registration {
        client: client("webauthn.create"),
        attestation: object,
    }
}

#[test]
fn the_relying_party_is_the_host_of_the_origin() {
    for (origin, host) in [
        ("https://ca.example.jp", "ca.example.jp"),
        ("https://ca.example.jp:8443", "ca.example.jp"),
        ("http://localhost:8080", "localhost"),
    ] {
        assert_eq!(party(origin), host);
    }
}

#[test]
fn a_signature_of_ed25519_and_of_rsa_is_verified() {
    let (key, cose) = ed25519();
    let made = registration(&cose, 0x45).verify(ASKED).unwrap();
    assert_eq!((made.id.as_slice(), made.counter), (b"id".as_slice(), 7));
    assert_eq!(made.public_key, cose);
    let used = assertion(data(0x05, &[]), |signed| key.sign(signed).as_ref().to_vec());
    assert_eq!(used.verify(&made.public_key, b"user", ASKED), Ok(7));

    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let modulus = key.public_key().modulus().big_endian_without_leading_zero().to_vec();
    let mut cose = vec![0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0];
    cose.extend_from_slice(&modulus);
    cose.extend_from_slice(&[0x21, 0x43, 1, 0, 1]);
    let used = assertion(data(0x05, &[]), |signed| {
        let mut signature = vec![0; 256];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature)
            .unwrap();
        signature
    });
    assert_eq!(used.verify(&cose, b"user", ASKED), Ok(7));
    let mut other = used.clone();
    other.signature[9] ^= 1;
    assert_eq!(other.verify(&cose, b"user", ASKED), Err(NotProven::Signature));
}

#[test]
fn whatever_is_cut_or_added_is_nothing() {
    let (key, cose) = ed25519();
    let whole = registration(&cose, 0x45);
    for length in 0..whole.attestation.len() {
        let mut cut = whole.clone();
        cut.attestation.truncate(length);
        assert!(cut.verify(ASKED).is_err(), "{length}");
    }
    let mut longer = whole.clone();
    longer.attestation.push(0);
    assert!(longer.verify(ASKED).is_err());
    let sign = |signed: &[u8]| key.sign(signed).as_ref().to_vec();
    let used = data(0x05, &[]);
    for length in 0..used.len() {
        let cut = assertion(used[..length].to_vec(), sign);
        assert!(cut.verify(&cose, b"user", ASKED).is_err(), "{length}");
    }
    assert!(assertion(data(0x05, &[0]), sign).verify(&cose, b"user", ASKED).is_err());
    assert!(
        assertion(used, sign).verify(&cose, b"user", ASKED).is_ok(),
        "the control"
    );
}

#[test]
fn flags_say_who_was_there_and_what_follows() {
    let (key, cose) = ed25519();
    let verify = |flags, after: &[u8]| {
        let used = assertion(data(flags, after), |signed| key.sign(signed).as_ref().to_vec());
        used.verify(&cose, b"user", ASKED)
    };
    assert_eq!(verify(0x05, &[]), Ok(7));
    assert_eq!(verify(0x1d, &[]), Ok(7), "a passkey that was copied by its owner");
    assert_eq!(verify(0x85, &[0xa0]), Ok(7), "extensions");
    assert_eq!(verify(0x01, &[]), Err(NotProven::Unverified));
    assert_eq!(verify(0x04, &[]), Err(NotProven::Unverified));
    for (flags, after) in [(0x15, &[][..]), (0x85, &[][..]), (0x85, &[0x00][..]), (0x45, &[][..])] {
        assert!(matches!(verify(flags, after), Err(NotProven::Form(_))), "{flags:02x}");
    }
}

#[test]
fn a_key_of_another_kind_is_not_taken() {
    let (_, good) = ed25519();
    assert!(registration(&good, 0x45).verify(ASKED).is_ok(), "the control");
    let mut twice = good.clone();
    twice[0] = 0xa5;
    twice.extend_from_slice(&[0x20, 6]);
    let mut more = good.clone();
    more[0] = 0xa5;
    more.extend_from_slice(&[0x22, 0]);
    let mut algorithm = good.clone();
    algorithm[4] = 0x26;
    let mut curve = good.clone();
    curve[6] = 1;
    for wrong in [twice, more, algorithm, curve] {
        assert!(registration(&wrong, 0x45).verify(ASKED).is_err(), "{wrong:02x?}");
    }
}

#[test]
fn the_client_data_is_the_one_that_was_asked_for() {
    let (_, cose) = ed25519();
    let good = registration(&cose, 0x45);
    let text = String::from_utf8(good.client.clone()).unwrap();
    for (from, to) in [
        ("webauthn.create", "webauthn.get"),
        (ASKED.challenge, "Y2hhbGxlbmdm"),
        (":8443", ":8444"),
        ("\"crossOrigin\":false", "\"crossOrigin\":true"),
        ("\"later\":1", "\"topOrigin\":\"https://evil.example\""),
        ("\"later\":1", "\"origin\":\"https://evil.example\""),
        ("{", "["),
    ] {
        let mut other = good.clone();
        other.client = text.replacen(from, to, 1).into_bytes();
        assert!(other.verify(ASKED).is_err(), "{from} -> {to}");
    }
    assert!(good.verify(ASKED).is_ok(), "the control");
}
