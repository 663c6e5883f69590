//! Requests at an enrolment door: good ones of OpenSSL, and a corpus of bad ones, each beside the good one it was made from.

use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::{CertificateRequest, Demands, KeyHistory, NotAdmitted, RequestFault, Subject};
use pki::key::{KeyFault, SoftwareKey};

use crate::judge::{Desk, openssl, tlv};
use crate::made::{self, Ca, Draft, common_name, dns, extension, oid};
use crate::weak_rsa;

#[test]
fn r18_openssl_s_requests_are_admitted_with_every_key_that_is_certified() {
    for (algorithm, options) in [
        (Algorithm::Rsa2048, ["rsa:2048", "rsa_keygen_bits:2048"]),
        (Algorithm::Rsa3072, ["rsa:3072", "rsa_keygen_bits:3072"]),
        (Algorithm::P256, ["ec", "ec_paramgen_curve:P-256"]),
        (Algorithm::P384, ["ec", "ec_paramgen_curve:P-384"]),
        (Algorithm::Ed25519, ["ed25519", ""]),
    ] {
        let desk = Desk::new();
        let (key, out) = (desk.path("key.pem"), desk.path("request.pem"));
        let mut arguments = vec!["req", "-new", "-newkey", options[0], "-nodes"];
        if !options[1].is_empty() {
            arguments.extend(["-pkeyopt", options[1]]);
        }
        arguments.extend(["-keyout", key.to_str().unwrap(), "-out", out.to_str().unwrap()]);
        arguments.extend(["-subj", "/C=JP/O=Kagimori/CN=NAC001", "-utf8"]);
        arguments.extend(["-addext", "keyUsage=digitalSignature"]);
        arguments.extend(["-addext", "subjectAltName=DNS:nac001.example"]);
        arguments.extend(["-addext", "certificatePolicies=1.2.3.4"]);
        openssl(&arguments).accepts("");
        let pem = String::from_utf8(desk.read("request.pem")).unwrap();
        let request = CertificateRequest::from_pem(&pem).unwrap();
        assert_eq!(request.public_key().algorithm(), algorithm);
        let admitted = request.admit(&anyone()).unwrap();
        assert_eq!(admitted.public_key(), request.public_key());
        // A32: a policy is nobody's to ask for.
        let set_aside: Vec<String> = admitted.set_aside().iter().map(ToString::to_string).collect();
        assert_eq!(set_aside, ["2.5.29.32"]);
        // The same in the body of an EST request, with lines or without, and with PEM's markers.
        let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let broken = bare.as_bytes().chunks(40).collect::<Vec<_>>().join(&b"\r\n"[..]);
        for body in [pem.as_bytes(), bare.as_bytes(), &broken] {
            assert_eq!(CertificateRequest::from_est(body).unwrap().der(), request.der());
        }
    }
}

#[test]
fn r18_a_challenge_password_is_read_and_what_windows_says_of_itself_is_set_aside() {
    let key = made::key();
    let challenge = attribute("1.2.840.113549.1.9.7", &tlv(0x13, b"dGxzLXVuaXF1ZQ=="));
    let windows = attribute("1.3.6.1.4.1.311.13.2.3", &tlv(0x16, b"10.0.19045.2"));
    let request = parse(&signed(&common_name("NAC001"), &[challenge, windows], &key)).unwrap();
    assert_eq!(request.challenge_password(), Some("dGxzLXVuaXF1ZQ=="));
    let admitted = request.admit(&anyone()).unwrap();
    assert_eq!(admitted.set_aside()[0].to_string(), "1.3.6.1.4.1.311.13.2.3");
    // Attributes left out altogether, and an empty list of extensions.
    let empty = attribute("1.2.840.113549.1.9.14", &tlv(0x30, &[]));
    assert!(parse(&signed(&common_name("NAC001"), &[empty], &key)).is_ok());
    let info = [&tlv(2, &[0])[..], &common_name("x"), key.public_key().spki_der()].concat();
    assert!(parse(&sealed(&tlv(0x30, &info), &key)).is_ok());
}

#[test]
fn a32_who_asks_to_be_an_authority_is_refused() {
    let key = made::key();
    let asking = |extensions: &[Vec<u8>]| parse(&signed(&common_name("x"), &[asked(extensions)], &key)).unwrap();
    let end_entity = extension(&[0x55, 0x1d, 19], true, &tlv(0x30, &[]));
    for harmless in [end_entity, made::key_usage(&[0, 1, 2])] {
        assert!(asking(&[harmless]).admit(&anyone()).is_ok(), "the control must pass");
    }
    for bad in [
        made::basic_constraints(None),
        made::basic_constraints(Some(0)),
        made::key_usage(&[5]),
        made::key_usage(&[0, 6]),
    ] {
        assert_eq!(asking(&[bad]).admit(&anyone()).unwrap_err(), NotAdmitted::Authority);
    }
}

#[test]
fn a33_a_key_of_another_or_a_compromised_one_or_the_same_again_is_refused() {
    let request = CertificateRequest::new("x", &made::key()).unwrap();
    let with = |history, may_keep_key| {
        request.admit(&Demands {
            history,
            may_keep_key,
            ..anyone()
        })
    };
    assert!(with(KeyHistory::New, false).is_ok());
    assert!(with(KeyHistory::SameHolder, true).is_ok());
    assert_eq!(with(KeyHistory::SameHolder, false).unwrap_err(), NotAdmitted::KeyAgain);
    for keep in [false, true] {
        assert_eq!(
            with(KeyHistory::AnotherHolder, keep).unwrap_err(),
            NotAdmitted::KeyOfAnother
        );
        assert_eq!(
            with(KeyHistory::Compromised, keep).unwrap_err(),
            NotAdmitted::KeyCompromised
        );
    }
    let refused = request.admit(&Demands {
        algorithms: &[Algorithm::Rsa2048, Algorithm::Ed25519],
        ..anyone()
    });
    assert_eq!(refused.unwrap_err(), NotAdmitted::Algorithm(Algorithm::P256));
}

#[test]
fn r18_a_renewal_asks_for_subject_and_alternative_names_of_its_certificate_and_for_no_others() {
    let ca = Ca::root(&Draft::authority("CA"));
    let names = made::alternative_names(&[dns("nac001.example")]);
    let held = ca.holder(&Draft::holder("NAC001").with(names.clone()));
    let plain = ca.holder(&Draft::holder("NAC001"));
    let key = made::key();
    let request = |name: &str, extensions: &[Vec<u8>]| {
        let attributes = if extensions.is_empty() {
            vec![]
        } else {
            vec![asked(extensions)]
        };
        parse(&signed(&common_name(name), &attributes, &key)).unwrap()
    };
    let renews = |request: &CertificateRequest, certificate: &Certificate| {
        let subject = Subject::Renewed(certificate);
        request.admit(&Demands { subject, ..anyone() }).map(|_| ())
    };
    let same = request("NAC001", std::slice::from_ref(&names));
    assert_eq!(renews(&same, &held), Ok(()), "the control must pass");
    assert_eq!(renews(&request("NAC001", &[]), &plain), Ok(()), "the control must pass");
    assert_eq!(renews(&request("NAC002", &[names]), &held), Err(NotAdmitted::Subject));
    assert_eq!(
        renews(&request("NAC001", &[]), &held),
        Err(NotAdmitted::AlternativeNames)
    );
    assert_eq!(renews(&same, &plain), Err(NotAdmitted::AlternativeNames));
    let other = made::alternative_names(&[dns("nac002.example")]);
    assert_eq!(
        renews(&request("NAC001", &[other]), &held),
        Err(NotAdmitted::AlternativeNames)
    );
    // A named subject may be left out, as OpenSSL's users do with -subj /.
    let named = |request: &CertificateRequest| {
        let subject = Subject::Named(plain.subject());
        request.admit(&Demands { subject, ..anyone() }).map(|_| ())
    };
    assert_eq!(named(&same), Ok(()));
    assert_eq!(named(&parse(&signed(&tlv(0x30, &[]), &[], &key)).unwrap()), Ok(()));
    assert_eq!(named(&request("NAC002", &[])), Err(NotAdmitted::Subject));
}

#[test]
fn r2_the_corpus_of_bad_requests_is_refused_each_for_its_reason() {
    let key = made::key();
    let good = signed(&common_name("NAC001"), &[], &key);
    assert!(parse(&good).is_ok(), "the control must pass");

    let malformed = |der: &[u8], what: &str| {
        assert!(
            matches!(parse(der), Err(RequestFault::Malformed(_))),
            "{what}: {:?}",
            parse(der)
        );
    };
    malformed(&[good.as_slice(), &[0]].concat(), "trailing bytes");
    malformed(&good[..good.len() - 1], "truncated");
    let info = info(&common_name("x"), &[], key.public_key().spki_der());
    let mut version = info.clone();
    let at = version.windows(3).position(|window| window == [2, 1, 0]).unwrap();
    version[at + 2] = 1;
    malformed(&sealed(&version, &key), "version 2");
    let sha1 = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let signature = tlv(3, &[&[0], key.sign(&info).unwrap().as_slice()].concat());
    malformed(
        &tlv(0x30, &[&info[..], &sha1, &signature].concat()),
        "signed with SHA-1",
    );
    let challenge = attribute("1.2.840.113549.1.9.7", &tlv(0x13, b"x"));
    malformed(
        &signed(&common_name("x"), &[challenge.clone(), challenge], &key),
        "an attribute twice",
    );
    let usage = made::key_usage(&[0]);
    malformed(
        &signed(&common_name("x"), &[asked(&[usage.clone(), usage])], &key),
        "an extension twice",
    );
    let two = tlv(0x31, &tlv(0x13, b"x").repeat(2));
    let two = tlv(0x30, &[oid("1.2.840.113549.1.9.7"), two].concat());
    malformed(&signed(&common_name("x"), &[two], &key), "two passwords");
    let long = attribute("1.2.840.113549.1.9.7", &tlv(0x13, &[b'x'; 256]));
    malformed(
        &signed(&common_name("x"), &[long], &key),
        "a password of 256 characters",
    );
    let many: Vec<Vec<u8>> = (0..17)
        .map(|last| attribute(&format!("1.2.3.{last}"), &tlv(5, &[])))
        .collect();
    malformed(&signed(&common_name("x"), &many, &key), "seventeen attributes");

    let mut broken = good.clone();
    *broken.last_mut().unwrap() ^= 1;
    assert!(
        matches!(parse(&broken), Err(RequestFault::Possession(_))),
        "bad signature"
    );
    let of_another = sealed(
        &self::info(&common_name("x"), &[], made::key().public_key().spki_der()),
        &key,
    );
    assert!(
        matches!(parse(&of_another), Err(RequestFault::Possession(_))),
        "another's key"
    );

    for size in [64 * 1024 + 1, 1024 * 1024] {
        let great = signed(&common_name(&"x".repeat(size)), &[], &key);
        assert_eq!(parse(&great).unwrap_err(), RequestFault::TooLarge, "{size} octets");
    }
    assert_eq!(
        CertificateRequest::from_est(&vec![b'A'; 1024 * 1024]).unwrap_err(),
        RequestFault::TooLarge
    );
    for body in [&b"not base64!"[..], &[0xff, 0xfe], b"QUJD*"] {
        assert_eq!(CertificateRequest::from_est(body).unwrap_err(), RequestFault::NotBase64);
    }

    // Whoever signs them, these keys are not even asked for a signature.
    for (spki, words) in weak_rsa::corpus() {
        let refused = parse(&sealed(&self::info(&common_name("x"), &[], &spki), &key)).unwrap_err();
        assert!(
            matches!(refused, RequestFault::Key(KeyFault::Weak(text)) if text.contains(words)),
            "{words}: {refused:?}"
        );
    }
    let mut off_curve = key.public_key().spki_der().to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    let refused = parse(&sealed(&self::info(&common_name("x"), &[], &off_curve), &key)).unwrap_err();
    assert!(
        matches!(refused, RequestFault::Key(KeyFault::Weak(text)) if text.contains("curve")),
        "{refused:?}"
    );
}

/// A door for keys of every kind, new to it, of whatever name.
fn anyone() -> Demands<'static> {
    Demands {
        algorithms: &Algorithm::ALL,
        subject: Subject::OfProfile,
        history: KeyHistory::New,
        may_keep_key: false,
    }
}

fn parse(der: &[u8]) -> Result<CertificateRequest, RequestFault> {
    CertificateRequest::parse(der)
}

/// extensionRequest
fn asked(extensions: &[Vec<u8>]) -> Vec<u8> {
    attribute("1.2.840.113549.1.9.14", &tlv(0x30, &extensions.concat()))
}

fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[oid(kind), tlv(0x31, value)].concat())
}

fn info(subject: &[u8], attributes: &[Vec<u8>], spki: &[u8]) -> Vec<u8> {
    let attributes = tlv(0xa0, &attributes.concat());
    tlv(0x30, &[&tlv(2, &[0])[..], subject, spki, &attributes].concat())
}

fn signed(subject: &[u8], attributes: &[Vec<u8>], key: &SoftwareKey) -> Vec<u8> {
    sealed(&info(subject, attributes, key.public_key().spki_der()), key)
}

/// With the signature of a P-256 key.
fn sealed(info: &[u8], key: &SoftwareKey) -> Vec<u8> {
    let algorithm = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let signature = tlv(3, &[&[0], key.sign(info).unwrap().as_slice()].concat());
    tlv(0x30, &[info, &algorithm, &signature].concat())
}
