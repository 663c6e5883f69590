//! Detached signatures before OpenSSL and a second reader.

use pki::Signer;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::cms::{self, CmsFault, Draft};
use pki::key::SoftwareKey;
use pki::profile::Profile;

use crate::authority::{Authority, authority, card_content};
use crate::judge::{Desk, keep, openssl};

const TEXT: &[u8] = "失効申込書\n申込者　髙﨑　𠮷郎\n失効理由　秘密鍵の危殆化\n".as_bytes();

fn card(authority: &Authority, algorithm: Algorithm) -> (Certificate, SoftwareKey) {
    let key = SoftwareKey::generate(algorithm).unwrap();
    (
        authority.card(&Profile::AuthoritySignature(card_content()), key.public_key()),
        key,
    )
}

#[test]
fn openssl_verifies_what_a_card_signed() {
    let authority = authority(Algorithm::P256);
    for algorithm in [
        Algorithm::P256,
        Algorithm::P384,
        Algorithm::Rsa2048,
        Algorithm::Rsa3072,
        Algorithm::Rsa4096,
    ] {
        let (certificate, key) = card(authority, algorithm);
        let draft = Draft::new(TEXT, &certificate, authority.now);
        let signature = key.sign(draft.to_be_signed()).unwrap();
        let der = draft.finish(&signature).unwrap();
        keep("cms", &der);
        let signed = cms::verify(&der, TEXT).unwrap();
        assert_eq!(
            (&signed.certificate, signed.signing_time),
            (&certificate, authority.now)
        );

        let desk = Desk::new();
        let anchors = desk.file("anchors.pem", authority.root.to_pem() + &authority.issuing.to_pem());
        let path = desk.file("signed.der", &der);
        let judge = |text: &[u8]| {
            let text = desk.file("text", text);
            let out = desk.path("out");
            let out = out.to_str().unwrap();
            openssl(&[
                "cms", "-verify", "-binary", "-inform", "DER", "-in", &path, "-content", &text, "-CAfile", &anchors,
                "-cades", "-out", out,
            ])
        };
        judge(TEXT).accepts("Verification successful");
        judge(b"another text").refuses("content verify error");
    }
}

#[test]
fn what_openssl_signed_is_verified_here() {
    let authority = authority(Algorithm::P256);
    for algorithm in [Algorithm::P256, Algorithm::P384, Algorithm::Rsa2048] {
        let (certificate, key) = card(authority, algorithm);
        let desk = Desk::new();
        let private = desk.file("key.pem", pki::pem::encode("PRIVATE KEY", &key.to_pkcs8().unwrap()));
        let (text, signer) = (desk.file("text", TEXT), desk.file("card.pem", certificate.to_pem()));
        let digest = if algorithm == Algorithm::P384 {
            "sha384"
        } else {
            "sha256"
        };
        let out = desk.path("signed.der");
        let sign = |attributes: &str| {
            openssl(&[
                "cms",
                "-sign",
                "-binary",
                attributes,
                "-md",
                digest,
                "-in",
                &text,
                "-signer",
                &signer,
                "-inkey",
                &private,
                "-outform",
                "DER",
                "-out",
                out.to_str().unwrap(),
            ])
            .accepts("");
            desk.read("signed.der")
        };
        assert_eq!(cms::verify(&sign("-cades"), TEXT).unwrap().certificate, certificate);
        // Without the bound certificate, and without signed attributes at all, it is refused.
        assert!(matches!(
            cms::verify(&sign("-binary"), TEXT),
            Err(CmsFault::Attributes(_))
        ));
        assert!(matches!(
            cms::verify(&sign("-noattr"), TEXT),
            Err(CmsFault::Attributes(_))
        ));
    }
}

#[test]
fn ed25519_signs_with_sha_512() {
    let authority = authority(Algorithm::Ed25519);
    let (certificate, key) = card(authority, Algorithm::Ed25519);
    let der = cms::sign(TEXT, &certificate, &key, authority.now).unwrap();
    keep("cms", &der);
    assert_eq!(cms::verify(&der, TEXT).unwrap().certificate, certificate);
}

#[test]
fn a05_another_cards_signature_does_not_finish_a_draft() {
    let authority = authority(Algorithm::P256);
    let (certificate, key) = card(authority, Algorithm::P256);
    let (_, other) = card(authority, Algorithm::P256);
    let draft = Draft::new(TEXT, &certificate, authority.now);
    assert!(
        draft
            .clone()
            .finish(&other.sign(draft.to_be_signed()).unwrap())
            .is_err()
    );
    assert!(
        draft.clone().finish(&key.sign(TEXT).unwrap()).is_err(),
        "the attributes are signed, not the text"
    );
    assert!(
        draft.clone().finish(&key.sign(draft.to_be_signed()).unwrap()).is_ok(),
        "the control must pass"
    );
}

#[test]
fn any_flipped_octet_breaks_the_signature() {
    let authority = authority(Algorithm::P256);
    let (certificate, key) = card(authority, Algorithm::P256);
    let der = cms::sign(TEXT, &certificate, &key, authority.now).unwrap();
    assert!(cms::verify(&der, TEXT).is_ok(), "the control must pass");
    for place in 0..der.len() {
        let mut flipped = der.clone();
        flipped[place] ^= 0x01;
        assert!(cms::verify(&flipped, TEXT).is_err(), "octet {place} is not protected");
    }
    assert_eq!(cms::verify(&der, b"another text"), Err(CmsFault::AnotherContent));
}

#[test]
fn a_second_reader_sees_one_signer_and_four_attributes() {
    let authority = authority(Algorithm::P256);
    let (certificate, key) = card(authority, Algorithm::P256);
    let der = cms::sign(TEXT, &certificate, &key, authority.now).unwrap();
    let info: ::cms::content_info::ContentInfo = der::Decode::from_der(&der).unwrap();
    let signed: ::cms::signed_data::SignedData = info.content.decode_as().unwrap();
    assert_eq!(signed.signer_infos.0.len(), 1);
    let signer = signed.signer_infos.0.iter().next().unwrap();
    assert_eq!(signer.signed_attrs.as_ref().unwrap().len(), 4);
    assert_eq!(der::Encode::to_der(&info).unwrap(), der, "it is DER in their eyes too");
}

#[test]
fn a_signature_that_carries_its_own_content_is_refused() {
    let authority = authority(Algorithm::P256);
    let (certificate, key) = card(authority, Algorithm::P256);
    let desk = Desk::new();
    let private = desk.file("key.pem", pki::pem::encode("PRIVATE KEY", &key.to_pkcs8().unwrap()));
    let (text, signer) = (desk.file("text", TEXT), desk.file("card.pem", certificate.to_pem()));
    let out = desk.path("signed.der");
    openssl(&[
        "cms",
        "-sign",
        "-binary",
        "-nodetach",
        "-cades",
        "-in",
        &text,
        "-signer",
        &signer,
        "-inkey",
        &private,
        "-outform",
        "DER",
        "-out",
        out.to_str().unwrap(),
    ])
    .accepts("");
    assert_eq!(cms::verify(&desk.read("signed.der"), TEXT), Err(CmsFault::NotDetached));
}
