//! OCSP before OpenSSL, and the edges of its requests.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::ocsp::{
    BasicResponse, ErrorResponse, HashAlgorithm, IssuerId, Nonce, NotAcceptable, Request, RequestFault, Responder,
    ResponderFault, Response, Status, Times,
};
use pki::profile::Profile;
use pki::reason::ReasonCode;
use pki::serial::Serial;
use pki::{SignFault, Signer};

use crate::authority::{Authority, DAY, authority, card_content, serial};
use crate::judge::{Desk, OPENSSL_KNOWS, Verdict, keep, octets, openssl, tlv};

fn times(authority: &Authority) -> Times {
    Times {
        produced_at: authority.now,
        this_update: authority.now,
        next_update: authority.now + DAY,
    }
}

fn card(authority: &Authority) -> Certificate {
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    authority.card(&Profile::AuthoritySignature(card_content()), key.public_key())
}

fn basic(der: &[u8]) -> BasicResponse {
    keep("ocsp", der);
    match Response::parse(der).unwrap() {
        Response::Basic(basic) => *basic,
        Response::Error(error) => panic!("wanted a signed answer, got {error:?}"),
    }
}

/// A request as OpenSSL makes it.
fn openssl_request(authority: &Authority, card: &Certificate, options: &[&str]) -> Vec<u8> {
    let desk = Desk::new();
    let (_, issuing) = authority.files(&desk);
    let card = desk.file("card.pem", card.to_pem());
    let out = desk.path("request.der");
    let made = Command::new("openssl")
        .args(["ocsp"])
        .args(options)
        .args(["-issuer", &issuing, "-cert", &card, "-reqout"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    desk.read("request.der")
}

fn openssl_judges(authority: &Authority, card: &Certificate, answer: &[u8], options: &[&str]) -> Verdict {
    let desk = Desk::new();
    let (root, issuing) = authority.files(&desk);
    let (card, answer) = (desk.file("card.pem", card.to_pem()), desk.file("answer.der", answer));
    let files = [
        "-issuer",
        &issuing,
        "-cert",
        &card,
        "-respin",
        &answer,
        "-CAfile",
        &root,
        "-verify_other",
        &issuing,
    ];
    openssl(&[&["ocsp"], options, files.as_slice()].concat())
}

#[test]
fn openssl_believes_good_revoked_and_unknown_of_every_algorithm() {
    for algorithm in OPENSSL_KNOWS {
        let authority = authority(algorithm);
        let card = card(authority);
        let responder = authority.responder();
        let revoked = Status::Revoked {
            at: authority.now - 9,
            reason: Some(ReasonCode::KeyCompromise),
        };
        for (status, words) in [
            (Status::Good, "card.pem: good"),
            (revoked, "card.pem: revoked"),
            (Status::Unknown, "card.pem: unknown"),
        ] {
            let id = responder.issuer().cert_id(&card.serial(), HashAlgorithm::Sha1);
            let presigned = responder.presigned(&id, status, times(authority)).unwrap();
            let verdict = openssl_judges(authority, &card, &presigned, &["-no_nonce"]);
            verdict.accepts("Response verify OK");
            verdict.accepts(words);
            if status == revoked {
                verdict.accepts("Reason: keyCompromise");
            }
            assert_eq!(
                basic(&presigned).status_of(&card.serial(), &authority.issuing, authority.now),
                Ok(status)
            );
        }
        // Control: another authority's root does not believe it.
        let other = crate::authority::authority(if algorithm == Algorithm::P256 {
            Algorithm::P384
        } else {
            Algorithm::P256
        });
        let id = responder.issuer().cert_id(&card.serial(), HashAlgorithm::Sha1);
        let answer = responder.presigned(&id, Status::Good, times(authority)).unwrap();
        let desk = Desk::new();
        let (root, _) = other.files(&desk);
        let issuing = desk.file("own.pem", authority.issuing.to_pem());
        let (path, card) = (desk.file("answer.der", &answer), desk.file("card.pem", card.to_pem()));
        openssl(&[
            "ocsp",
            "-issuer",
            &issuing,
            "-cert",
            &card,
            "-respin",
            &path,
            "-CAfile",
            &root,
            "-no_nonce",
        ])
        .refuses("Response Verify Failure");
    }
}

#[test]
fn a_nonce_is_repeated_octet_by_octet() {
    let authority = authority(Algorithm::P256);
    let card = card(authority);
    let request = Request::parse(&openssl_request(authority, &card, &["-nonce"])).unwrap();
    assert!(request.nonce().is_some() && request.takes_presigned().is_none());
    let answer = authority
        .responder()
        .answer(&request, times(authority), |_| Status::Good)
        .unwrap();
    assert_eq!(basic(&answer).nonce(), request.nonce());

    let request = Request::parse(&openssl_request(authority, &card, &["-no_nonce"])).unwrap();
    assert_eq!(
        request
            .takes_presigned()
            .and_then(|id| authority.responder().issuer().serial_of(id)),
        Some(card.serial())
    );
    let answer = authority
        .responder()
        .answer(&request, times(authority), |_| Status::Good)
        .unwrap();
    assert_eq!(basic(&answer).nonce(), None);
    openssl_judges(authority, &card, &answer, &["-no_nonce"]).accepts("card.pem: good");
}

#[test]
fn r7_both_hashes_name_the_same_certificate_and_are_answered_as_asked() {
    let authority = authority(Algorithm::P256);
    let card = card(authority);
    for (option, algorithm) in [("-sha1", HashAlgorithm::Sha1), ("-sha256", HashAlgorithm::Sha256)] {
        let request = Request::parse(&openssl_request(authority, &card, &["-no_nonce", option])).unwrap();
        let [id] = request.ids() else { panic!("one certificate") };
        assert_eq!(id.hash_algorithm(), Some(algorithm));
        assert_eq!(*id, authority.responder().issuer().cert_id(&card.serial(), algorithm));
        let answer = authority
            .responder()
            .answer(&request, times(authority), |_| Status::Good)
            .unwrap();
        assert_eq!(basic(&answer).singles()[0].id, *id);
        openssl_judges(authority, &card, &answer, &["-no_nonce", option]).accepts("card.pem: good");
    }
}

#[test]
fn a34_another_issuers_certificate_is_unknown_whatever_its_serial() {
    let (other, authority) = (authority(Algorithm::P384), authority(Algorithm::P256));
    let card = card(authority);
    let ids = vec![
        IssuerId::of(&other.issuing).cert_id(&card.serial(), HashAlgorithm::Sha1),
        IssuerId::of(&authority.issuing).cert_id(&card.serial(), HashAlgorithm::Sha256),
    ];
    let request = Request::parse(&Request::new(ids, None).to_der()).unwrap();
    let mut asked = Vec::new();
    let answer = authority
        .responder()
        .answer(&request, times(authority), |serial| {
            asked.push(*serial);
            Status::Good
        })
        .unwrap();
    let statuses: Vec<Status> = basic(&answer).singles().iter().map(|single| single.status).collect();
    assert_eq!(statuses, [Status::Unknown, Status::Good]);
    assert_eq!(asked, [card.serial()], "nobody was asked about the other issuer's");
}

#[test]
fn r8_nonces_of_1_to_128_octets_are_taken() {
    let authority = authority(Algorithm::P256);
    let id = authority.responder().issuer().cert_id(&serial(), HashAlgorithm::Sha1);
    for (length, taken) in [
        (0, false),
        (1, true),
        (15, true),
        (16, true),
        (32, true),
        (128, true),
        (129, false),
    ] {
        let octets = vec![0xa5; length];
        assert_eq!(Nonce::new(&octets).is_ok(), taken);
        // A request with a nonce of that length, whatever `Nonce::new` thinks of it: one of 16 octets, its lengths mended.
        let parsed = Request::parse(&request_with_nonce(id.der(), &octets));
        match parsed {
            Ok(request) => {
                assert!(taken, "{length} octets were taken");
                let answer = authority
                    .responder()
                    .answer(&request, times(authority), |_| Status::Good)
                    .unwrap();
                assert_eq!(basic(&answer).nonce().unwrap().as_bytes(), octets);
            }
            Err(fault) => assert_eq!((fault, taken), (RequestFault::Nonce, false), "{length} octets"),
        }
    }
}

fn request_with_nonce(id: &[u8], nonce: &[u8]) -> Vec<u8> {
    let value = tlv(4, &tlv(4, nonce));
    let kind = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
    let extensions = tlv(0xa2, &tlv(0x30, &tlv(0x30, &[&kind, value.as_slice()].concat())));
    let list = tlv(0x30, &tlv(0x30, id));
    tlv(0x30, &tlv(0x30, &[list, extensions].concat()))
}

#[test]
fn r7_get_takes_base64_with_plus_slash_and_equals_bare_or_percent_encoded() {
    let authority = authority(Algorithm::P256);
    // Serials until the base64 has all three characters.
    let (der, text) = (0..100_000)
        .map(|count| {
            let serial = Serial::from_random(octets("get", count));
            let id = authority.responder().issuer().cert_id(&serial, HashAlgorithm::Sha1);
            let der = Request::new(vec![id], None).to_der();
            let text = STANDARD.encode(&der);
            (der, text)
        })
        .find(|(_, text)| text.contains('+') && text.contains('/'))
        .unwrap();
    let wanted = Request::parse(&der).unwrap();
    let escaped = text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let lower = text.replace('+', "%2b").replace('/', "%2f").replace('=', "%3d");
    for form in [&text, &escaped, &lower] {
        assert_eq!(Request::from_get(form), Ok(wanted.clone()), "{form}");
    }
    let nonce = Nonce::new(&octets::<32>("pad", 0)).unwrap();
    let padded = Request::new(wanted.ids().to_vec(), Some(nonce));
    let text = STANDARD.encode(padded.to_der());
    for form in [text.clone(), text.replace('=', "%3D")] {
        assert_eq!(Request::from_get(&form), Ok(padded.clone()));
    }
    for bad in [
        "",
        "%",
        "%4",
        "%zz",
        "not base64!",
        "AAAA",
        &text[1..],
        &"A".repeat(20_000),
        "%E3%81%82",
    ] {
        assert!(Request::from_get(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a34_a_request_has_bounds() {
    let authority = authority(Algorithm::P256);
    let id = authority.responder().issuer().cert_id(&serial(), HashAlgorithm::Sha256);
    let of = |count: usize| Request::parse(&Request::new(vec![id.clone(); count], None).to_der());
    assert_eq!(
        of(Request::MOST_CERTIFICATES).unwrap().ids().len(),
        Request::MOST_CERTIFICATES
    );
    assert_eq!(of(Request::MOST_CERTIFICATES + 1), Err(RequestFault::TooLarge));
    assert!(of(0).is_err());
    assert_eq!(Request::parse(&vec![0x30; 128 * 1024]), Err(RequestFault::TooLarge));
    let der = Request::new(vec![id], None).to_der();
    for length in 0..der.len() {
        assert!(
            Request::parse(&der[..length]).is_err(),
            "a request of {length} octets was taken"
        );
    }
    assert!(
        Request::parse(&[der.as_slice(), &[0]].concat()).is_err(),
        "trailing octets"
    );
}

#[test]
fn unsigned_errors_are_what_openssl_expects() {
    let authority = authority(Algorithm::P256);
    let card = card(authority);
    for (error, words) in [
        (ErrorResponse::MalformedRequest, "malformedrequest"),
        (ErrorResponse::InternalError, "internalerror"),
        (ErrorResponse::TryLater, "trylater"),
        (ErrorResponse::Unauthorized, "unauthorized"),
    ] {
        let text = openssl_judges(authority, &card, error.der(), &["-no_nonce"]).text;
        assert!(text.contains(words), "{error:?}: {text}");
        assert!(matches!(Response::parse(error.der()), Ok(Response::Error(read)) if read == error));
    }
}

#[test]
fn an_answer_is_not_believed_beyond_its_time_its_issuer_or_its_serial() {
    let (other, authority) = (authority(Algorithm::P384), authority(Algorithm::P256));
    let (own, times) = (serial(), times(authority));
    let id = authority.responder().issuer().cert_id(&own, HashAlgorithm::Sha1);
    let der = authority.responder().presigned(&id, Status::Good, times).unwrap();
    let answer = basic(&der);
    let at = |at| answer.status_of(&own, &authority.issuing, at);
    assert_eq!(
        (at(times.this_update), at(times.next_update)),
        (Ok(Status::Good), Ok(Status::Good)),
        "both ends inclusive"
    );
    assert_eq!(
        (at(times.this_update - 1), at(times.next_update + 1)),
        (Err(NotAcceptable::Stale), Err(NotAcceptable::Stale))
    );
    assert_eq!(
        answer.status_of(&serial(), &authority.issuing, authority.now),
        Err(NotAcceptable::Silent)
    );
    assert_eq!(
        answer.status_of(&own, &other.issuing, authority.now),
        Err(NotAcceptable::Responder)
    );

    // A revoked answer turned into a good one does not verify: the control is the same answer untouched.
    let revoked = Status::Revoked {
        at: authority.now - 5,
        reason: None,
    };
    let mut der = authority.responder().presigned(&id, revoked, times).unwrap();
    assert_eq!(
        basic(&der).status_of(&own, &authority.issuing, authority.now),
        Ok(revoked)
    );
    let at = der
        .windows(4)
        .position(|window| window == [0xa1, 0x11, 0x18, 0x0f])
        .unwrap();
    der[at + 4] = b'1';
    let forged = match Response::parse(&der).unwrap() {
        Response::Basic(basic) => basic.status_of(&own, &authority.issuing, authority.now),
        Response::Error(_) => unreachable!("the status octet was not touched"),
    };
    assert_eq!(forged, Err(NotAcceptable::Signature));
}

#[test]
fn only_the_issuers_own_delegate_with_its_own_key_takes_office() {
    let (other, authority) = (authority(Algorithm::P384), authority(Algorithm::P256));
    let office = |issuer: &Certificate, certificate: &Certificate, key: &SoftwareKey| {
        Responder::new(issuer, certificate.clone(), key).map(|_| ())
    };
    assert_eq!(
        office(&authority.issuing, &authority.responder, &authority.responder_key),
        Ok(()),
        "the control must pass"
    );
    let fault = office(&other.issuing, &authority.responder, &authority.responder_key);
    assert!(matches!(fault, Err(ResponderFault::Issuer(_))));
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    assert_eq!(
        office(&authority.issuing, &authority.responder, &key),
        Err(ResponderFault::Signer(SignFault::AnotherKey))
    );
    let card = authority.card(&Profile::AuthoritySignature(card_content()), key.public_key());
    assert_eq!(
        office(&authority.issuing, &card, &key),
        Err(ResponderFault::NotDelegated)
    );
}
