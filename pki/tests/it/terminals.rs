//! Certificates of terminals, and of who signs CMP's answers, before OpenSSL; pkilint reads them at the end.

use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use pki::name::{AuthorityName, TerminalName};
use pki::profile::{Profile, Publication, Terminal};
use pki::{KeyUsage, Signer as _};

use crate::authority::{SHARD, authority, policy};
use crate::judge::{Desk, OPENSSL_KNOWS, openssl};

fn terminal() -> Terminal {
    Terminal {
        name: TerminalName::new("鍵守認証局", ["海上", "webNACCS"], "NAC11110A").unwrap(),
        publication: publication(),
        policy: Some(policy()),
    }
}

fn publication() -> Publication {
    Publication::new(
        SHARD,
        Some("http://ocsp.example/ocsp/ca"),
        Some("http://crl.example/ca/ca.cer"),
    )
    .unwrap()
}

#[test]
fn r302_openssl_takes_a_terminals_certificate_of_every_algorithm_for_a_tls_client_and_for_nothing_else() {
    for algorithm in OPENSSL_KNOWS {
        let authority = authority(algorithm);
        let desk = Desk::new();
        let (root, issuing) = authority.files(&desk);
        for kind in [Algorithm::P256, Algorithm::Rsa2048] {
            let key = SoftwareKey::generate(kind).unwrap();
            let issued = authority.card(&Profile::Terminal(terminal()), key.public_key());
            assert_eq!(issued.subject(), &terminal().name.distinguished());
            assert_eq!(issued.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
            let file = desk.file("terminal.pem", issued.to_pem());
            let verify = |purpose: &str| {
                openssl(&[
                    "verify",
                    "-x509_strict",
                    "-purpose",
                    purpose,
                    "-CAfile",
                    &root,
                    "-untrusted",
                    &issuing,
                    &file,
                ])
            };
            verify("sslclient").accepts("OK");
            verify("sslserver").refuses("");
            verify("smimesign").refuses("");
        }
    }
}

#[test]
fn a_certificate_for_cmps_answers_names_its_purpose_and_where_its_status_is() {
    let authority = authority(Algorithm::P256);
    let profile = Profile::Enrolment {
        name: AuthorityName::new("Kagimori", "Kagimori CMP").unwrap(),
        publication: publication(),
    };
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let issued = authority.card(&profile, key.public_key());
    assert_eq!(issued.crl_urls(), [SHARD]);
    let desk = Desk::new();
    let (root, issuing) = authority.files(&desk);
    let file = desk.file("cmp.pem", issued.to_pem());
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
    openssl(&["x509", "-in", &file, "-noout", "-text"]).accepts("CMC Certificate Authority");
}
