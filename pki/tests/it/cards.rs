//! Issued certificates before OpenSSL and a second reader.

use der::Decode as _;
use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use pki::profile::Profile;
use pki::{KeyUsage, Signer};

use crate::authority::{SHARD, authority, card_content, holder, organisation};
use crate::judge::{Desk, OPENSSL_KNOWS, openssl};

#[test]
fn openssl_verifies_cards_of_every_algorithm_strictly() {
    for algorithm in OPENSSL_KNOWS {
        let authority = authority(algorithm);
        let key = SoftwareKey::generate(Algorithm::P256).unwrap();
        let desk = Desk::new();
        let (root, issuing) = authority.files(&desk);
        for (profile, purpose) in [
            (Profile::AuthorityAuthentication(card_content()), "sslclient"),
            (Profile::AuthoritySignature(card_content()), "smimesign"),
        ] {
            let card = desk.file("card.pem", authority.card(&profile, key.public_key()).to_pem());
            let verify = |anchor: &str| {
                openssl(&[
                    "verify",
                    "-x509_strict",
                    "-purpose",
                    purpose,
                    "-CAfile",
                    anchor,
                    "-untrusted",
                    &issuing,
                    &card,
                ])
            };
            verify(&root).accepts("OK");
            // Control: another root of the same name.
            let other = OPENSSL_KNOWS.into_iter().find(|other| *other != algorithm).unwrap();
            verify(&desk.file("other.pem", crate::authority::authority(other).root.to_pem())).refuses("unable to get");
        }
    }
}

#[test]
fn openssl_prints_the_japanese_and_the_latin_names() {
    let authority = authority(Algorithm::P256);
    let card = authority.card(
        &Profile::AuthoritySignature(card_content()),
        authority.responder.public_key(),
    );
    let desk = Desk::new();
    let path = desk.file("card.pem", card.to_pem());
    let text = openssl(&[
        "x509",
        "-in",
        &path,
        "-noout",
        "-text",
        "-nameopt",
        "utf8,sep_comma_plus_space,sname",
        "-certopt",
        "ext_parse",
    ]);
    text.accepts("CN=Takasaki Yoshiro");
    text.accepts("organizationIdentifier=NTRJP-7000012050002");
    text.accepts("Digital Signature, Non Repudiation");
    text.accepts(SHARD);
    text.accepts("OCSP - URI:http://ocsp.example/ocsp/ca");
    text.accepts("Full Name");
}

#[test]
fn a41_names_come_back_code_point_by_code_point() {
    let authority = authority(Algorithm::P256);
    let card = authority.card(
        &Profile::AuthorityAuthentication(card_content()),
        authority.responder.public_key(),
    );
    let content = card.holder().unwrap();
    assert_eq!(content.name.as_deref(), Some(holder().name()));
    assert_eq!(content.name.as_deref(), Some("髙\u{fa11}\u{e0101}　𠮷郎"));
    assert_eq!(content.name_romaji.as_deref(), Some("Takasaki Yoshiro"));
    assert_eq!(
        content.address_romaji.as_deref(),
        Some("1-1 Marunouchi, Chiyoda-ku, Tokyo")
    );
    assert_eq!(content.organisation.as_deref(), Some(organisation().name()));
    assert_eq!(
        content.organisation_romaji.as_deref(),
        Some("Kagimori Construction Co., Ltd.")
    );
    assert_eq!(
        content.organisation_address.as_deref(),
        Some("東京都千代田区霞が関３－１－１")
    );
    assert_eq!(content.corporate_number.as_deref(), Some("7000012050002"));
}

#[test]
fn a_card_without_number_and_address_says_so_by_silence() {
    let authority = authority(Algorithm::P256);
    let holder = pki::name::Holder::new("山田　太郎", "Yamada Taro", None).unwrap();
    let organisation =
        pki::name::Organisation::new("山田工務店", "Yamada Komuten", "佐賀県佐賀市１－１", None).unwrap();
    let publication = pki::profile::Publication::new(SHARD, None, None).unwrap();
    let card = pki::profile::Card::new(holder, organisation, publication, crate::authority::policy());
    let issued = authority.card(
        &Profile::AuthoritySignature(card.clone()),
        authority.responder.public_key(),
    );
    let content = issued.holder().unwrap();
    assert_eq!((content.corporate_number, content.address_romaji), (None, None));
    assert!(issued.ocsp_urls().is_empty() && issued.crl_urls() == [SHARD]);

    let numbered = Profile::AuthoritySignature(card.with_holder_number("A-0001").unwrap());
    let issued = authority.card(&numbered, authority.responder.public_key());
    assert!(
        issued.subject().to_string().contains("2.5.4.5=A-0001"),
        "{}",
        issued.subject()
    );
}

#[test]
fn each_profile_has_its_usages_and_no_other() {
    let authority = authority(Algorithm::P256);
    let key = authority.responder.public_key();
    let authentication = authority.card(&Profile::AuthorityAuthentication(card_content()), key);
    let signature = authority.card(&Profile::AuthoritySignature(card_content()), key);
    let usage = |certificate: &pki::certificate::Certificate| certificate.key_usage().unwrap();
    let both = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION);
    assert_eq!(usage(&authentication), KeyUsage::DIGITAL_SIGNATURE);
    assert_eq!(usage(&signature), both);
    assert_eq!(usage(&authority.responder), KeyUsage::DIGITAL_SIGNATURE);
    for ca in [&authority.root, &authority.issuing] {
        assert_eq!(usage(ca), KeyUsage::KEY_CERT_SIGN.and(KeyUsage::CRL_SIGN));
        assert!(ca.is_ca());
    }
    for leaf in [&authentication, &signature, &authority.responder] {
        assert!(!leaf.is_ca());
    }
    assert!(authority.responder.is_ocsp_responder() && !authentication.is_ocsp_responder());
    assert!(signature.extended_key_usage().is_empty());
    assert_eq!(signature.policies(), [crate::authority::policy()]);
}

#[test]
fn a_second_reader_sees_the_same_certificate() {
    let authority = authority(Algorithm::Rsa2048);
    let card = authority.card(
        &Profile::AuthoritySignature(card_content()),
        authority.responder.public_key(),
    );
    for certificate in [&authority.root, &authority.issuing, &authority.responder, &card] {
        let read = x509_cert::Certificate::from_der(certificate.der()).unwrap();
        let tbs = read.tbs_certificate();
        assert_eq!(
            Some(tbs.serial_number().as_bytes()),
            Some(certificate.serial().as_bytes())
        );
        assert_eq!(
            tbs.validity().not_after.to_unix_duration().as_secs(),
            certificate.not_after().cast_unsigned()
        );
        assert_eq!(
            tbs.validity().not_before.to_unix_duration().as_secs(),
            certificate.not_before().cast_unsigned()
        );
        let spki = der::Encode::to_der(tbs.subject_public_key_info()).unwrap();
        assert_eq!(spki, certificate.public_key().spki_der());
        assert_eq!(der::Encode::to_der(&read).unwrap(), certificate.der());
    }
}

#[test]
fn pem_comes_back() {
    let root = &authority(Algorithm::P256).root;
    let read = pki::certificate::Certificate::from_pem(&format!("Subject: text before\n{}", root.to_pem())).unwrap();
    assert_eq!(&read, root);
    assert!(pki::certificate::Certificate::from_pem("no pem").is_err());
}
