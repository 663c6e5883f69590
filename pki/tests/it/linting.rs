//! Our own lints: silent on what we make, loud on what OpenSSL is told to make wrong.

use pki::algorithm::Algorithm;
use pki::crl::CrlNumber;
use pki::lint::{self, Findings, Severity};
use pki::ocsp::{HashAlgorithm, Status, Times};
use pki::profile::Profile;

use crate::authority::{DAY, authority, card_content, serial};
use crate::judge::{Desk, openssl};

pub(crate) fn rules(findings: &Findings) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule).collect()
}

/// A certificate as OpenSSL makes it with these extensions.
pub(crate) fn openssl_made(days: &str, subject: &str, extensions: &[&str]) -> Vec<u8> {
    let desk = Desk::new();
    let (key, out) = (desk.path("key.pem"), desk.path("certificate.der"));
    let lines = extensions.join("\n");
    let configuration = desk.file(
        "configuration",
        format!("[req]\ndistinguished_name=name\nx509_extensions=ext\n[name]\n[ext]\n{lines}\n"),
    );
    openssl(&[
        "req",
        "-x509",
        "-utf8",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        key.to_str().unwrap(),
        "-subj",
        subject,
        "-days",
        days,
        "-config",
        &configuration,
        "-outform",
        "DER",
        "-out",
        out.to_str().unwrap(),
    ])
    .accepts("");
    desk.read("certificate.der")
}

#[test]
fn what_we_issue_has_no_finding() {
    for algorithm in Algorithm::ALL {
        let authority = authority(algorithm);
        let card = authority.card(
            &Profile::AuthoritySignature(card_content()),
            authority.responder.public_key(),
        );
        for certificate in [&authority.root, &authority.issuing, &authority.responder, &card] {
            assert_eq!(lint::certificate(certificate.der()).to_string(), "");
        }
        assert_eq!(lint::crl(authority.list(CrlNumber::FIRST, []).der()).to_string(), "");
        assert_eq!(lint::crl(authority.root_list().der()).to_string(), "");
        let id = authority.responder().issuer().cert_id(&serial(), HashAlgorithm::Sha1);
        let times = |days| Times {
            produced_at: authority.now,
            this_update: authority.now,
            next_update: authority.now + days * DAY,
        };
        let answer = |days| authority.responder().presigned(&id, Status::Good, times(days)).unwrap();
        assert_eq!(lint::ocsp_response(&answer(7)).to_string(), "");
        assert_eq!(rules(&lint::ocsp_response(&answer(11))), ["O-NEXT-LATE"]);
    }
}

#[test]
fn each_mistake_is_found_by_its_rule() {
    for (subject, extensions, rule) in [
        (
            "/CN=x",
            &[
                "basicConstraints=critical,CA:TRUE",
                "keyUsage=critical,digitalSignature",
                "subjectKeyIdentifier=hash",
            ][..],
            "C-KU-CA",
        ),
        (
            "/CN=x",
            &[
                "basicConstraints=critical,CA:FALSE",
                "keyUsage=critical,keyCertSign",
                "subjectKeyIdentifier=hash",
            ],
            "C-KU-CA",
        ),
        (
            "/CN=x",
            &[
                "basicConstraints=CA:TRUE",
                "keyUsage=critical,keyCertSign",
                "subjectKeyIdentifier=hash",
            ],
            "C-CRITICAL-BC",
        ),
        (
            "/CN=x",
            &[
                "basicConstraints=critical,CA:TRUE",
                "keyUsage=keyCertSign",
                "subjectKeyIdentifier=hash",
            ],
            "C-CRITICAL-KU",
        ),
        (
            "/CN=x",
            &["basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash"],
            "C-KU",
        ),
        (
            "/CN=x",
            &[
                "basicConstraints=critical,CA:TRUE",
                "keyUsage=critical,keyCertSign",
                "subjectKeyIdentifier=none",
            ],
            "C-SKI",
        ),
        (
            "/C=jp/CN=x",
            &[
                "basicConstraints=critical,CA:TRUE",
                "keyUsage=critical,keyCertSign",
                "subjectKeyIdentifier=hash",
            ],
            "C-COUNTRY",
        ),
        (
            "/CN= x",
            &[
                "basicConstraints=critical,CA:TRUE",
                "keyUsage=critical,keyCertSign",
                "subjectKeyIdentifier=hash",
            ],
            "C-NAME-SPACE",
        ),
        (
            "/CN=x",
            &[
                "keyUsage=critical,digitalSignature",
                "extendedKeyUsage=OCSPSigning",
                "subjectKeyIdentifier=hash",
            ],
            "C-NOCHECK",
        ),
        (
            "/CN=x",
            &[
                "keyUsage=critical,digitalSignature",
                "2.5.29.56=DER:0500",
                "authorityInfoAccess=OCSP;URI:http://o/",
            ],
            "C-NOREVAVAIL",
        ),
        (
            "/CN=x",
            &[
                "keyUsage=critical,digitalSignature",
                "crlDistributionPoints=URI:https://c/",
            ],
            "C-ADDRESS",
        ),
        (
            "/CN=x",
            &["keyUsage=critical,digitalSignature", "1.2.3.4=critical,DER:0500"],
            "C-UNKNOWN",
        ),
        (
            "/CN=x",
            &["keyUsage=critical,cRLSign", "subjectKeyIdentifier=hash"],
            "C-KU-CRL",
        ),
    ] {
        let found = rules(&lint::certificate(&openssl_made("30", subject, extensions)));
        assert!(
            found.contains(&rule),
            "wanted {rule}, found {found:?} for {extensions:?}"
        );
    }
    // The control: the same frame with everything right.
    let good = [
        "basicConstraints=critical,CA:TRUE",
        "keyUsage=critical,keyCertSign",
        "subjectKeyIdentifier=hash",
    ];
    assert_eq!(
        lint::certificate(&openssl_made("30", "/C=JP/CN=x", &good)).to_string(),
        ""
    );
}

#[test]
fn what_cannot_be_read_is_an_error() {
    for findings in [lint::certificate(b"no"), lint::crl(b"no"), lint::ocsp_response(b"no")] {
        assert_eq!(
            (findings.worst(), rules(&findings)),
            (Some(Severity::Error), vec!["X-READ"])
        );
    }
}

#[test]
fn foreign_lists_are_linted_too() {
    let desk = Desk::new();
    let (key, ca) = (desk.path("key.pem"), desk.path("ca.pem"));
    let (key, ca) = (key.to_str().unwrap(), ca.to_str().unwrap());
    openssl(&[
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", "/CN=x", "-days", "9", "-out", ca,
    ])
    .accepts("");
    let index = desk.file("index", "R\t301231235959Z\t260101000000Z,unspecified\t7B\tunknown\t/CN=y\nR\t301231235959Z\t260101000000Z,certificateHold\t7A\tunknown\t/CN=z\n");
    let configuration = format!(
        "[ca]\ndefault_ca=c\n[c]\ndatabase={index}\ndefault_md=sha256\ndefault_crl_days=30\ncrl_extensions=e\n[e]\n"
    );
    let configuration = desk.file("configuration", configuration);
    let out = desk.path("list.pem");
    openssl(&[
        "ca",
        "-config",
        &configuration,
        "-gencrl",
        "-keyfile",
        key,
        "-cert",
        ca,
        "-out",
        out.to_str().unwrap(),
    ])
    .accepts("");
    let der = pki::pem::decode(&String::from_utf8(desk.read("list.pem")).unwrap(), "X509 CRL").unwrap();
    let found = lint::crl(&der);
    // OpenSSL without extensions writes version 1, which we do not read at all.
    assert!(found.worst() == Some(Severity::Error), "{found}");
}
