//! Certificate requests.

use pki::Signer;
use pki::algorithm::Algorithm;
use pki::csr::{CertificateRequest, RequestFault};
use pki::key::SoftwareKey;

use crate::judge::{Desk, OPENSSL_KNOWS, openssl};

#[test]
fn openssl_verifies_our_requests_and_we_verify_its() {
    for algorithm in OPENSSL_KNOWS {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let request = CertificateRequest::new("virtual card 仮想カード", &key).unwrap();
        let desk = Desk::new();
        let path = desk.file("request.pem", request.to_pem());
        openssl(&["req", "-in", &path, "-noout", "-verify"]).accepts("verify OK");
        let read = CertificateRequest::from_pem(&request.to_pem()).unwrap();
        assert_eq!((read.public_key(), read.der()), (key.public_key(), request.der()));
        assert_eq!(read.subject().common_name(), Some("virtual card 仮想カード"));
    }
    let desk = Desk::new();
    let (key, out) = (desk.path("key.pem"), desk.path("request.der"));
    openssl(&[
        "req",
        "-new",
        "-newkey",
        "rsa:3072",
        "-nodes",
        "-keyout",
        key.to_str().unwrap(),
        "-subj",
        "/CN=x",
        "-addext",
        "basicConstraints=CA:TRUE",
        "-outform",
        "DER",
        "-out",
        out.to_str().unwrap(),
    ])
    .accepts("");
    // A32: what it asks for beside the key is not even kept.
    let request = CertificateRequest::parse(&desk.read("request.der")).unwrap();
    assert_eq!(request.public_key().algorithm(), Algorithm::Rsa3072);
}

#[test]
fn a33_a_request_without_proof_of_possession_is_refused() {
    let (key, other) = (
        SoftwareKey::generate(Algorithm::P256).unwrap(),
        SoftwareKey::generate(Algorithm::P256).unwrap(),
    );
    let der = CertificateRequest::new("x", &key).unwrap().der().to_vec();
    assert!(CertificateRequest::parse(&der).is_ok(), "the control must pass");
    // Another person's key in our request.
    let at = der
        .windows(65)
        .position(|window| window == key.public_key().key_bits())
        .unwrap();
    let mut stolen = der.clone();
    stolen[at..at + 65].copy_from_slice(other.public_key().key_bits());
    assert!(matches!(
        CertificateRequest::parse(&stolen),
        Err(RequestFault::Possession(_))
    ));
    let mut renamed = der.clone();
    let at = der
        .iter()
        .rposition(|octet| *octet == b'x')
        .filter(|at| *at < 40)
        .unwrap_or_else(|| der.iter().position(|octet| *octet == b'x').unwrap());
    renamed[at] = b'y';
    assert!(matches!(
        CertificateRequest::parse(&renamed),
        Err(RequestFault::Possession(_))
    ));
}

#[test]
fn r2_a_request_with_a_weak_key_is_refused() {
    let desk = Desk::new();
    let (key, out) = (desk.path("key.pem"), desk.path("request.der"));
    for (option, value) in [
        ("rsa_keygen_bits:1024", "RSA"),
        ("rsa_keygen_pubexp:3", "RSA"),
        ("ec_paramgen_curve:secp256k1", "EC"),
    ] {
        openssl(&[
            "genpkey",
            "-algorithm",
            value,
            "-pkeyopt",
            option,
            "-out",
            key.to_str().unwrap(),
        ])
        .accepts("");
        openssl(&[
            "req",
            "-new",
            "-key",
            key.to_str().unwrap(),
            "-subj",
            "/CN=x",
            "-outform",
            "DER",
            "-out",
            out.to_str().unwrap(),
        ])
        .accepts("");
        assert!(
            matches!(
                CertificateRequest::parse(&desk.read("request.der")),
                Err(RequestFault::Key(_))
            ),
            "{option}"
        );
    }
}
