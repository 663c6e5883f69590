//! Bytes from strangers: nothing of them may panic, hang, or take memory that they did not send.

use der::{Decode as _, Reader as _};
use pki::algorithm::Algorithm;
use pki::certificate::{Certificate, CertificateFault};
use pki::cmp::Message;
use pki::crl::{Crl, CrlNumber, Revoked};
use pki::csr::CertificateRequest;
use pki::key::{PublicKey, SoftwareKey};
use pki::ocsp::{HashAlgorithm, Nonce, Request, Response, Status, Times};
use pki::profile::Profile;
use pki::validation::RevocationList;
use pki::{Signer, cms, lint};
use proptest::prelude::*;

use crate::authority::{authority, card_content, serial};
use crate::judge::{octets, tlv};

/// Every reader of the crate, and whether it took the bytes.
fn read_as_everything(der: &[u8]) -> [bool; 7] {
    let _ = (
        Certificate::parse_foreign(der).is_ok(),
        RevocationList::parse(der).is_ok(),
        lint::certificate(der),
        lint::crl(der),
        lint::ocsp_response(der),
        SoftwareKey::from_pkcs8(der).is_ok(),
        CertificateRequest::from_est(der).is_ok(),
        cms::read_certificates_only(der).is_ok(),
        Message::parse(der).is_ok(),
    );
    [
        Certificate::parse(der).is_ok(),
        Crl::parse(der).is_ok(),
        CertificateRequest::parse(der).is_ok(),
        Request::parse(der).is_ok(),
        Response::parse(der).is_ok(),
        cms::verify(der, b"text").is_ok(),
        PublicKey::from_spki_der(der).is_ok(),
    ]
}

/// One good example of each, in the order of [`read_as_everything`].
fn corpus() -> [Vec<u8>; 7] {
    let authority = authority(Algorithm::P256);
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let card = authority.card(&Profile::AuthoritySignature(card_content()), key.public_key());
    let entry = Revoked {
        serial: card.serial(),
        at: authority.now,
        reason: Some(pki::reason::ReasonCode::Superseded),
        invalidity_date: Some(0),
    };
    let responder = authority.responder();
    let id = responder.issuer().cert_id(&card.serial(), HashAlgorithm::Sha256);
    let request = Request::new(vec![id], Some(Nonce::new(&[7; 32]).unwrap()));
    let times = Times {
        produced_at: authority.now,
        this_update: authority.now,
        next_update: authority.now + 60,
    };
    let revoked = Status::Revoked {
        at: authority.now,
        reason: Some(pki::reason::ReasonCode::KeyCompromise),
    };
    [
        card.der().to_vec(),
        authority.list(CrlNumber::FIRST, [entry]).der().to_vec(),
        CertificateRequest::new("x", &key).unwrap().der().to_vec(),
        request.to_der(),
        responder.answer(&request, times, |_| revoked).unwrap(),
        cms::sign(b"text", &card, &key, authority.now).unwrap(),
        key.public_key().spki_der().to_vec(),
    ]
}

#[test]
fn a46_each_reader_takes_its_own_and_no_truncation_of_it() {
    for (place, der) in corpus().into_iter().enumerate() {
        let mut own = [false; 7];
        own[place] = true;
        assert_eq!(read_as_everything(&der), own, "the control must pass");
        for length in 0..der.len() {
            assert_eq!(
                read_as_everything(&der[..length]),
                [false; 7],
                "reader {place}, {length} octets"
            );
        }
        assert_eq!(
            read_as_everything(&[der.as_slice(), &[0]].concat()),
            [false; 7],
            "something follows"
        );
    }
}

#[test]
fn a46_lengths_of_two_and_four_gigabytes_cost_nothing() {
    for bomb in [
        &[0x30, 0x84, 0x80, 0, 0, 0][..],
        &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x30, 0x84, 0x7f, 0xff, 0xff, 0xf0],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x85, 1, 0, 0, 0, 0],
        &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x80, 0, 0],
        &[0x30, 0x81, 0x7f],
        &[0x3f, 0xff, 0xff, 0xff, 0x7f],
        &[0x30],
        &[],
    ] {
        assert_eq!(read_as_everything(bomb), [false; 7]);
    }
    // Inside a good frame too: each octet that may be a length is made a great one.
    for der in corpus() {
        for place in 1..der.len() {
            let mut bomb = der.clone();
            bomb[place] = 0x84;
            read_as_everything(&bomb);
        }
    }
}

#[test]
fn a46_a_hundred_thousand_levels_do_not_overflow_the_stack() {
    let mut nested = Vec::new();
    for depth in (0..100_000_u32).rev() {
        // Indefinite in effect: each header claims what follows it.
        let length = depth.saturating_mul(6).to_be_bytes();
        nested.extend_from_slice(&[0x30, 0x84]);
        nested.extend_from_slice(&length);
    }
    assert_eq!(read_as_everything(&nested), [false; 7]);
}

#[test]
fn p2_an_extension_given_twice_or_undecodable_is_refused() {
    let authority = authority(Algorithm::P256);
    let card = authority.card(
        &Profile::AuthoritySignature(card_content()),
        authority.responder.public_key(),
    );
    // The subjectKeyIdentifier's OID becomes the authorityKeyIdentifier's: now there are two.
    let oid = |last: u8| [6, 3, 0x55, 0x1d, last];
    let mut twice = card.der().to_vec();
    let at = twice.windows(5).position(|window| window == oid(14)).unwrap();
    twice[at + 4] = 35;
    assert!(matches!(
        Certificate::parse(&twice),
        Err(CertificateFault::Malformed(_))
    ));
    // It becomes an unknown extension: taken, since its value is still DER; then its value is broken.
    twice[at + 4] = 99;
    assert!(Certificate::parse(&twice).is_ok(), "the control must pass");
    twice[at + 8] = 0x19;
    assert!(matches!(
        Certificate::parse(&twice),
        Err(CertificateFault::Malformed(_))
    ));
    // Version 2 and version 1.
    let mut older = card.der().to_vec();
    let at = older
        .windows(5)
        .position(|window| window == [0xa0, 3, 2, 1, 2])
        .unwrap();
    older[at + 4] = 1;
    assert_eq!(Certificate::parse(&older).unwrap_err(), CertificateFault::NotVersion3);
}

#[test]
fn p3_forty_thousand_names_are_read_in_no_time() {
    let name = tlv(
        0x30,
        &tlv(0x31, &tlv(0x30, &[&[6, 3, 0x55, 4, 3][..], &tlv(0x0c, b"x")].concat())),
    );
    let names = tlv(0x30, &tlv(0xa4, &name).repeat(40_000));
    let started = std::time::Instant::now();
    assert!(Certificate::parse(&with_only_extension(17, &names)).is_ok());
    assert!(started.elapsed().as_secs() < 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a46_random_octets_never_panic(der in prop::collection::vec(any::<u8>(), 0..400)) {
        read_as_everything(&der);
        let _ = Request::from_get(&String::from_utf8_lossy(&der));
    }

    #[test]
    fn a46_good_ones_with_random_damage_never_panic(
        which in 0..7_usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        static CORPUS: std::sync::OnceLock<[Vec<u8>; 7]> = std::sync::OnceLock::new();
        let mut der = CORPUS.get_or_init(corpus)[which].clone();
        for (place, octet) in damage {
            let place = place.index(der.len());
            der[place] = octet;
        }
        read_as_everything(&der);
        der.truncate(cut.index(der.len()));
        read_as_everything(&der);
    }

    /// Our reader of headers and the `der` crate's agree on what is one element (ours refuses long-form tags, theirs tags
    /// that it does not know).
    #[test]
    fn headers_are_read_as_the_der_crate_reads_them(
        tag in prop::sample::select(vec![0x30_u8, 0x31, 0x02, 0x04]),
        header in prop::collection::vec(any::<u8>(), 1..6),
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let element = [&[tag], header.as_slice(), body.as_slice()].concat();
        // As the value of an unknown extension, which must be exactly one element.
        let theirs = der::SliceReader::new(&element).and_then(|mut reader| {
            der::Header::decode(&mut reader).and_then(|header| reader.read_slice(header.length())).and_then(|_| reader.finish())
        });
        prop_assert_eq!(is_one_element(&element), theirs.is_ok());
    }
}

/// Whether this crate takes `value` as the value of an extension it does not know.
fn is_one_element(value: &[u8]) -> bool {
    Certificate::parse(&with_only_extension(99, value)).is_ok()
}

/// The root's certificate with one extension, 2.5.29.`kind`, in place of its own; its signature means nothing.
fn with_only_extension(kind: u8, value: &[u8]) -> Vec<u8> {
    let root = authority(Algorithm::P256).root.to_be_signed();
    let extension = tlv(0x30, &[&[6, 3, 0x55, 0x1d, kind][..], &tlv(4, value)].concat());
    let extensions = tlv(0xa3, &tlv(0x30, &extension));
    let spki = authority(Algorithm::P256).root.public_key().spki_der();
    let end = root.windows(spki.len()).position(|window| window == spki).unwrap() + spki.len();
    let tbs = tlv(0x30, &[&root[content_start(root)..end], &extensions].concat());
    let algorithm = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    tlv(0x30, &[&tbs[..], &algorithm, &tlv(3, &[0, 1])].concat())
}

fn content_start(der: &[u8]) -> usize {
    match der[1] {
        0x82 => 4,
        0x81 => 3,
        _ => 2,
    }
}

#[test]
fn the_corpus_uses_fresh_serials() {
    // `octets` and `serial` are deterministic, and still never give one value twice in a run.
    assert_ne!(serial(), serial());
    assert_ne!(octets::<16>("a", 1), octets::<16>("a", 2));
}
