//! Certificates alone in CMS, before OpenSSL and a second reader.

use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _};
use pki::algorithm::Algorithm;
use pki::cms::{CertsOnlyFault, CmsFault, certificates_only, read_certificates_only, sign};
use pki::profile::Profile;
use pki::{Signer as _, key::SoftwareKey};

use crate::authority::{authority, card_content};
use crate::judge::{Desk, openssl, tlv};

#[test]
fn r18_openssl_prints_the_certificates_of_an_answer_and_so_does_a_second_reader() {
    let authority = authority(Algorithm::P256);
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let card = authority.card(&Profile::AuthoritySignature(card_content()), key.public_key());
    for chain in [vec![&card], vec![&authority.issuing, &authority.root]] {
        let der = certificates_only(chain.iter().copied());
        let desk = Desk::new();
        let path = desk.file("answer.p7b", &der);
        let verdict = openssl(&["pkcs7", "-inform", "DER", "-in", &path, "-print_certs"]);
        for certificate in &chain {
            verdict.accepts(&certificate.to_pem());
        }
        assert_eq!(verdict.text.matches("-----BEGIN ").count(), chain.len());

        let info = ContentInfo::from_der(&der).unwrap();
        let signed: SignedData = info.content.decode_as().unwrap();
        let theirs = signed.certificates.unwrap();
        assert_eq!(theirs.0.len(), chain.len());
        assert!(signed.signer_infos.0.is_empty());
        let ours = read_certificates_only(&der).unwrap();
        for certificate in &chain {
            assert!(ours.contains(certificate));
            assert!(theirs.0.iter().any(|one| one.to_der().unwrap() == certificate.der()));
        }
        // What OpenSSL makes of the same certificates is read as well.
        let pem: String = chain.iter().map(|one| one.to_pem()).collect();
        let (file, out) = (desk.file("chain.pem", pem), desk.path("theirs.p7b"));
        let out = out.to_str().unwrap();
        openssl(&[
            "crl2pkcs7",
            "-nocrl",
            "-certfile",
            &file,
            "-outform",
            "DER",
            "-out",
            out,
        ])
        .accepts("");
        assert_eq!(
            read_certificates_only(&desk.read("theirs.p7b")).unwrap().len(),
            chain.len()
        );
    }
}

#[test]
fn an_answer_without_certificates_or_with_a_signer_or_with_too_many_is_refused() {
    let authority = authority(Algorithm::P256);
    let cms = |fault| Err(CertsOnlyFault::Cms(fault));
    assert_eq!(
        read_certificates_only(&certificates_only([])),
        cms(CmsFault::NoCertificate)
    );
    let great = certificates_only(std::iter::repeat_n(&authority.root, 17));
    assert!(read_certificates_only(&great).is_err());
    let at_most = certificates_only(std::iter::repeat_n(&authority.root, 16));
    assert_eq!(
        read_certificates_only(&at_most).unwrap().len(),
        16,
        "the control must pass"
    );
    let signed = sign(b"text", &authority.responder, &authority.responder_key, authority.now).unwrap();
    assert!(read_certificates_only(&signed).is_err());
    let good = certificates_only([&authority.root]);
    assert!(read_certificates_only(&[good.as_slice(), &[0]].concat()).is_err());
    for length in 0..good.len() {
        assert!(read_certificates_only(&good[..length]).is_err(), "{length} octets");
    }
    let data = tlv(0x30, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);
    assert_eq!(read_certificates_only(&data), cms(CmsFault::NotSignedData));
}
