//! Certificates of citizens' cards, before OpenSSL and before our own lints.

use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::lint;
use pki::name::{AuthorityName, BirthDate, Citizen, Resident, Sex, SubjectNumber, Substituted};
use pki::profile::{Profile, Publication, Validity};
use pki::tbs::{Issuer, Tbs};
use pki::{KeyUsage, Signer as _};

use crate::authority::{SHARD, authority, serial};
use crate::judge::{Desk, openssl};
use crate::linting::{openssl_made, rules};

fn publication() -> Publication {
    Publication::new(
        SHARD,
        Some("http://ocsp.example/ocsp/ca"),
        Some("http://crl.example/ca/ca.cer"),
    )
    .unwrap()
}

fn citizen() -> Citizen {
    Citizen::new(
        Substituted::name("見本 太郎", Some("01000")).unwrap(),
        Substituted::address("東京都見本区見本一丁目1番1号", None).unwrap(),
        Sex::Male,
        BirthDate::new(1990, 4, 1).unwrap(),
    )
}

fn signature() -> Profile {
    Profile::CitizenSignature {
        resident: Resident::new("東京都", "見本区", SubjectNumber::from_random([7; 16])).unwrap(),
        citizen: Box::new(citizen()),
        publication: publication(),
    }
}

fn authentication() -> Profile {
    Profile::CitizenAuthentication {
        number: SubjectNumber::from_random([8; 16]),
        publication: publication(),
    }
}

/// By an RSA authority, as the real ones are.
fn issued(profile: &Profile, key: &SoftwareKey) -> Certificate {
    let ca = authority(Algorithm::Rsa2048);
    let validity = Validity::of_citizen(ca.now, citizen().birth()).unwrap();
    let issuer = Issuer::Authority(&ca.issuing);
    let tbs = Tbs::new(profile, serial(), issuer, key.public_key(), validity).unwrap();
    tbs.lint().unwrap().sign(&ca.issuing_key).unwrap().into_certificate()
}

fn key() -> SoftwareKey {
    SoftwareKey::generate(Algorithm::Rsa2048).unwrap()
}

#[test]
fn openssl_takes_both_certificates_of_a_card_and_prints_the_four_data_of_one_alone() {
    let ca = authority(Algorithm::Rsa2048);
    let desk = Desk::new();
    let (root, issuing) = ca.files(&desk);
    let texts: Vec<String> = [signature(), authentication()]
        .iter()
        .zip(["signature.pem", "authentication.pem"])
        .map(|(profile, name)| {
            let certificate = issued(profile, &key());
            assert_eq!(lint::certificate(certificate.der()).to_string(), "");
            let file = desk.file(name, certificate.to_pem());
            openssl(&[
                "verify",
                "-x509_strict",
                "-CAfile",
                &root,
                "-untrusted",
                &issuing,
                &file,
            ])
            .accepts("OK");
            let shown = openssl(&[
                "x509",
                "-in",
                &file,
                "-noout",
                "-text",
                "-nameopt",
                "utf8,sep_comma_plus",
            ]);
            shown.accepts("Certificate");
            shown.text
        })
        .collect();
    let [signature, authentication] = &texts[..] else {
        panic!("two")
    };
    for said in [
        "C=JP,L=東京都,L=見本区,CN=07070707070707070707070707070707",
        "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation",
        "Policy: 1.2.392.200149.8.5.1.0.20",
        "X509v3 Issuer Alternative Name",
        "sha256WithRSAEncryption",
        // 23:59:59 in Japan.
        "14:59:59",
    ] {
        assert!(signature.contains(said), "{said}\n{signature}");
    }
    assert_eq!(signature.matches("othername").count(), 6, "{signature}");
    for said in [
        "C=JP,CN=08080808080808080808080808080808",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "Policy: 1.2.392.200149.8.5.1.3.30",
    ] {
        assert!(authentication.contains(said), "{said}\n{authentication}");
    }
    assert!(!authentication.contains("Subject Alternative Name"));
}

#[test]
fn the_data_of_a_person_stand_in_the_order_of_the_real_certificates() {
    let certificate = issued(&signature(), &key());
    let der = certificate.der();
    // 1.2.392.200149.8.5.5.n: what differs is its last octet.
    let head = [0x06, 0x0a, 0x2a, 0x83, 0x08, 0x8c, 0x9b, 0x55, 0x08, 0x05, 0x05];
    let kinds: Vec<u8> = der
        .windows(12)
        .filter(|part| part.starts_with(&head))
        .map(|part| part[11])
        .collect();
    assert_eq!(kinds, [1, 4, 3, 5, 2, 6]);
    for said in ["見本 太郎", "419900401", "東京都見本区見本一丁目1番1号", "01000"] {
        assert!(der.windows(said.len()).any(|part| part == said.as_bytes()), "{said}");
    }
    assert_eq!(
        certificate.key_usage(),
        Some(KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION))
    );
}

#[test]
fn a_certificate_ends_with_the_fifth_birthday_after_its_day() {
    // 2026-11-22T03:00:00Z is noon in Japan.
    let noon = 1_795_316_400;
    for ((year, month, day), end) in [
        // Still to come this year, today, and gone; and whoever has a birthday every fourth year.
        ((1990, 11, 23), "2030-11-23"),
        ((1990, 11, 22), "2031-11-22"),
        ((1990, 4, 1), "2031-04-01"),
        ((2000, 2, 29), "2031-02-28"),
    ] {
        let birth = BirthDate::new(year, month, day).unwrap();
        let validity = Validity::of_citizen(noon, birth).unwrap();
        let shown = std::process::Command::new("date")
            .args(["-d", &format!("@{}", validity.not_after()), "+%F %T"])
            .env("TZ", "JST-9")
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(shown.stdout).unwrap().trim(),
            format!("{end} 23:59:59")
        );
    }
    assert!(BirthDate::new(2001, 2, 29).is_none());
    for wrong in ["", "0", "010000", "0100x"] {
        assert!(Substituted::name("見本 太郎", Some(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a32_a_citizens_certificate_for_another_kind_of_key_is_not_signed() {
    let ca = authority(Algorithm::Rsa2048);
    let validity = Validity::of_citizen(ca.now, citizen().birth()).unwrap();
    for algorithm in [Algorithm::P256, Algorithm::Rsa3072] {
        let key = SoftwareKey::generate(algorithm).unwrap();
        for profile in [signature(), authentication()] {
            let tbs = Tbs::new(
                &profile,
                serial(),
                Issuer::Authority(&ca.issuing),
                key.public_key(),
                validity,
            )
            .unwrap();
            assert!(tbs.lint().unwrap_err().to_string().contains("J-KEY"));
        }
    }
}

#[test]
fn who_signs_the_pictures_says_so_and_an_authority_may_be_named_by_its_units() {
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let profile = Profile::VisualSigner {
        name: AuthorityName::new("見本市", "券面情報署名者").unwrap(),
        publication: publication(),
    };
    let ca = authority(Algorithm::Rsa2048);
    let certificate = ca.card(&profile, key.public_key());
    assert_eq!(lint::certificate(certificate.der()).to_string(), "");
    let desk = Desk::new();
    let file = desk.file("visual.pem", certificate.to_pem());
    openssl(&["x509", "-in", &file, "-noout", "-ext", "extendedKeyUsage"]).accepts("1.3.6.1.4.1.32473.2");
    let units = [
        "JPKI for digital signature",
        "Japan Agency for Local Authority Information Systems",
    ];
    let root = SoftwareKey::generate(Algorithm::Rsa2048).unwrap();
    let name = AuthorityName::of_units("JPKI-TEST", &units).unwrap();
    let tbs = Tbs::new(
        &Profile::Root { name },
        serial(),
        Issuer::Itself,
        root.public_key(),
        Validity::of_days(ca.now, 3_650).unwrap(),
    );
    let made = tbs.unwrap().lint().unwrap().sign(&root).unwrap();
    assert_eq!(
        made.certificate().subject().to_string(),
        "OU=Japan Agency for Local Authority Information Systems,OU=JPKI for digital signature,O=JPKI-TEST,C=JP"
    );
    assert!(AuthorityName::of_units::<&str>("JPKI-TEST", &[]).is_err());
}

#[test]
fn each_mistake_in_a_citizens_certificate_is_found_by_its_rule() {
    let name = |of: u8, text: &str| format!("otherName:1.2.392.200149.8.5.5.{of};UTF8:{text}");
    let right = || {
        vec![
            name(1, "Mihon"),
            name(4, "419900401"),
            name(3, "1"),
            name(5, "Tokyo"),
            name(2, "00000"),
            name(6, "00000"),
        ]
    };
    let with = |place: usize, wrong: String| {
        let mut names = right();
        names[place] = wrong;
        names
    };
    let without = |place: usize| {
        let mut names = right();
        names.remove(place);
        names
    };
    let mut swapped = right();
    swapped.swap(1, 2);
    let (resident, nobody) = ("/C=JP/L=Tokyo/L=Mihon/CN=1", "/C=JP/CN=1");
    let (signs, proves) = ("1.2.392.200149.8.5.1.0.20", "1.2.392.200149.8.5.1.3.30");
    let (both, one) = ("critical,digitalSignature,nonRepudiation", "critical,digitalSignature");
    let found = |subject: &str, names: &[String], usage: &str, policy: &str, issuer: bool| {
        let mut extensions = vec![format!("keyUsage={usage}"), format!("certificatePolicies={policy}")];
        extensions.extend((!names.is_empty()).then(|| format!("subjectAltName={}", names.join(","))));
        extensions.extend(issuer.then(|| "issuerAltName=email:issuer@mihon.example".to_owned()));
        let lines: Vec<&str> = extensions.iter().map(String::as_str).collect();
        let findings = lint::certificate(&openssl_made("365", subject, &lines));
        // Its key is on a curve, and it ends in the middle of a day: these two are found in each.
        let (mut always, mut more) = (Vec::new(), Vec::new());
        for rule in rules(&findings).into_iter().filter(|rule| rule.starts_with("J-")) {
            if matches!(rule, "J-KEY" | "J-END") {
                always.push(rule);
            } else {
                more.push(rule);
            }
        }
        assert_eq!(always, ["J-KEY", "J-END"]);
        more
    };
    assert_eq!(
        found(resident, &right(), both, signs, true),
        [] as [&str; 0],
        "the control"
    );
    assert_eq!(found(nobody, &[], one, proves, true), [] as [&str; 0], "the control");
    assert_eq!(
        found(resident, &right()[..4], both, signs, true),
        [] as [&str; 0],
        "nothing is substituted"
    );
    for place in 0..4 {
        assert_eq!(found(resident, &without(place), both, signs, true)[0], "J-MISSING");
    }
    assert_eq!(found(resident, &[], both, signs, true), ["J-MISSING"; 4]);
    for (names, rule) in [
        (swapped, "J-ORDER"),
        ([right(), vec![name(1, "Mihon")]].concat(), "J-ORDER"),
        (with(1, name(4, "19900401")), "J-BIRTH"),
        (with(1, name(4, "619900401")), "J-BIRTH"),
        (with(1, name(4, "419901301")), "J-BIRTH"),
        (with(2, name(3, "4")), "J-SEX"),
        (with(4, name(2, "0000")), "J-PLACES"),
        (with(5, name(6, "0000x")), "J-PLACES"),
    ] {
        assert_eq!(found(resident, &names, both, signs, true), [rule], "{names:?}");
    }
    assert_eq!(found(resident, &right(), one, signs, true), ["J-KU"]);
    assert_eq!(
        found(resident, &right(), "digitalSignature,nonRepudiation", signs, true),
        ["J-KU"]
    );
    assert_eq!(found(nobody, &[], both, proves, true), ["J-KU"]);
    assert_eq!(found(resident, &right(), both, signs, false), ["J-ISSUER"]);
    assert_eq!(found(nobody, &right(), both, signs, true), ["J-SUBJECT"]);
    assert_eq!(found(resident, &[], one, proves, true), ["J-SUBJECT"]);
    assert_eq!(found(nobody, &right()[..1], one, proves, true), ["J-PERSON"]);
}
