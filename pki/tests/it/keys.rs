//! Keys at rest, and keys that are refused.

use pki::algorithm::{Algorithm, SignatureAlgorithm};
use pki::key::{BadSignature, KeyFault, PublicKey, SoftwareKey};
use pki::{SignFault, Signer};

use crate::judge::{Desk, OPENSSL_KNOWS, hex, octets, openssl};

#[test]
fn openssl_opens_every_sealed_key_with_the_passphrase_only() {
    for algorithm in OPENSSL_KNOWS {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let pem = key
            .to_encrypted_pem("鍵守 passphrase".as_bytes(), octets("salt", 1))
            .unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let desk = Desk::new();
        let (sealed, out) = (desk.file("key.pem", &pem), desk.path("public.der"));
        let open = |passphrase: &str| {
            let passphrase = format!("file:{}", desk.file("passphrase", passphrase));
            openssl(&[
                "pkey",
                "-in",
                &sealed,
                "-passin",
                &passphrase,
                "-pubout",
                "-outform",
                "DER",
                "-out",
                out.to_str().unwrap(),
            ])
        };
        open("鍵守 passphrase").accepts("");
        assert_eq!(desk.read("public.der"), key.public_key().spki_der());
        open("wrong").refuses("");
    }
}

#[test]
fn a_sealed_key_comes_back_and_signs_alike() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        let key = SoftwareKey::generate(algorithm).unwrap();
        let pem = key.to_encrypted_pem(b"passphrase", octets("salt", 2)).unwrap();
        let opened = SoftwareKey::from_encrypted_pem(&pem, b"passphrase").unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        let signature = opened.sign(b"message").unwrap();
        let verify = |message: &[u8]| key.public_key().verify(algorithm.signature(), message, &signature);
        assert_eq!((verify(b"message"), verify(b"massage")), (Ok(()), Err(BadSignature)));
    }
    assert!("rsa-1024".parse::<Algorithm>().is_err());
}

#[test]
fn fresh_randomness_makes_another_sealing_of_the_same_key() {
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let seal = |count| key.to_encrypted_pem(b"passphrase", octets("salt", count)).unwrap();
    assert_ne!(seal(3), seal(4));
    assert_eq!(seal(3), seal(3));
}

#[test]
fn keys_that_openssl_sealed_are_opened() {
    let desk = Desk::new();
    let (plain, sealed) = (desk.path("plain.pem"), desk.path("sealed.pem"));
    let (plain, sealed) = (plain.to_str().unwrap(), sealed.to_str().unwrap());
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-out",
        plain,
    ])
    .accepts("");
    openssl(&[
        "pkcs8",
        "-topk8",
        "-v2",
        "aes-256-cbc",
        "-in",
        plain,
        "-passout",
        "pass:secret",
        "-out",
        sealed,
    ])
    .accepts("");
    let pem = String::from_utf8(desk.read("sealed.pem")).unwrap();
    assert_eq!(
        SoftwareKey::from_encrypted_pem(&pem, b"secret").unwrap().algorithm(),
        Algorithm::P384
    );
    let refused = |pem: &str, passphrase: &[u8]| {
        SoftwareKey::from_encrypted_pem(pem, passphrase)
            .map(|_| ())
            .unwrap_err()
    };
    assert_eq!(refused(&pem, b"wrong"), KeyFault::Passphrase);
    assert_eq!(
        refused(&String::from_utf8(desk.read("plain.pem")).unwrap(), b"secret"),
        KeyFault::NotEncrypted
    );
    assert_eq!(refused("nothing", b"secret"), KeyFault::NotPem);
}

#[test]
fn a_private_key_never_prints_itself() {
    let key = SoftwareKey::generate(Algorithm::Ed25519).unwrap();
    let text = format!("{key:?}");
    assert!(text.starts_with("SoftwareKey(PublicKey(ed25519 "), "{text}");
    let pkcs8 = key.to_pkcs8().unwrap();
    let secret = hex(&pkcs8[pkcs8.len() - 32..]);
    assert!(!text.contains(&secret) && !text.contains(&secret[..8]));
}

#[test]
fn a_signature_of_one_algorithm_is_none_of_another() {
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let signature = key.sign(b"message").unwrap();
    for algorithm in [
        SignatureAlgorithm::EcdsaSha384,
        SignatureAlgorithm::RsaSha256,
        SignatureAlgorithm::Ed25519,
    ] {
        assert_eq!(
            key.public_key().verify(algorithm, b"message", &signature),
            Err(BadSignature)
        );
    }
}

#[test]
fn r2_points_off_their_curve_are_refused() {
    for algorithm in [Algorithm::P256, Algorithm::P384] {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let good = key.public_key().spki_der().to_vec();
        assert!(PublicKey::from_spki_der(&good).is_ok(), "the control must pass");
        let mut off = good.clone();
        *off.last_mut().unwrap() ^= 1;
        assert!(matches!(PublicKey::from_spki_der(&off), Err(KeyFault::Weak(_))));
        // The point at infinity, and a compressed point.
        let mut compressed = good.clone();
        let point = good.len() - key.public_key().key_bits().len();
        compressed[point] = 2;
        assert!(PublicKey::from_spki_der(&compressed).is_err());
        let zero = [&good[..=point], &vec![0; good.len() - point - 1]].concat();
        assert!(PublicKey::from_spki_der(&zero).is_err());
    }
    let desk = Desk::new();
    let (key, public) = (desk.path("key.pem"), desk.path("public.der"));
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:secp256k1",
        "-out",
        key.to_str().unwrap(),
    ])
    .accepts("");
    openssl(&[
        "pkey",
        "-in",
        key.to_str().unwrap(),
        "-pubout",
        "-outform",
        "DER",
        "-out",
        public.to_str().unwrap(),
    ])
    .accepts("");
    assert_eq!(
        PublicKey::from_spki_der(&desk.read("public.der")).map(|_| ()),
        Err(KeyFault::Unsupported)
    );
}

#[test]
fn a_key_pair_that_does_not_belong_together_is_refused() {
    let (one, other) = (
        SoftwareKey::generate(Algorithm::P256).unwrap(),
        SoftwareKey::generate(Algorithm::P256).unwrap(),
    );
    let mut pkcs8 = one.to_pkcs8().unwrap().to_vec();
    let point = other.public_key().key_bits();
    let at = pkcs8.len() - point.len();
    pkcs8[at..].copy_from_slice(point);
    assert!(SoftwareKey::from_pkcs8(&pkcs8).is_err());
    assert!(!matches!(one.sign(b""), Err(SignFault::Failed(_))));
}

#[test]
fn a_signature_of_a_hash_is_one_of_the_message() {
    use aws_lc_rs::digest::{SHA256, SHA384, digest};
    for algorithm in Algorithm::ALL {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let hash = digest(if algorithm == Algorithm::P384 { &SHA384 } else { &SHA256 }, b"message");
        let Some(signed) = key.sign_hash(hash.as_ref()) else {
            let whole = [
                Algorithm::Ed25519,
                Algorithm::MlDsa44,
                Algorithm::MlDsa65,
                Algorithm::MlDsa87,
            ];
            assert!(whole.contains(&algorithm), "{algorithm} signs hashes");
            continue;
        };
        let verify = |message: &[u8]| {
            key.public_key()
                .verify(algorithm.signature(), message, signed.as_ref().unwrap())
        };
        assert_eq!((verify(b"message"), verify(b"massage")), (Ok(()), Err(BadSignature)));
        assert!(key.sign_hash(b"short").is_some_and(|signed| signed.is_err()));
    }
}
