//! Revocation lists before OpenSSL, and the guards around them.

use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::crl::{Crl, CrlFault, CrlNumber, CrlPlan, NotPublishable, Revoked, Scope, TbsCrl, never_smaller, publishable};
use pki::key::SoftwareKey;
use pki::profile::Profile;
use pki::reason::ReasonCode;
use pki::serial::Serial;
use pki::tbs::Linted;
use pki::{SignFault, Signer};
use proptest::prelude::*;

use crate::authority::{Authority, DAY, authority, card_content, sign_list};
use crate::judge::{Desk, OPENSSL_KNOWS, Verdict, octets, openssl};

fn card(authority: &Authority) -> Certificate {
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    authority.card(&Profile::AuthoritySignature(card_content()), key.public_key())
}

fn revoked(serial: Serial, at: i64) -> Revoked {
    Revoked {
        serial,
        at,
        reason: None,
        invalidity_date: None,
    }
}

/// `count` serials in ascending order.
fn serials(label: &str, count: u64) -> Vec<Serial> {
    let mut serials: Vec<Serial> = (0..count)
        .map(|place| Serial::from_random(octets(label, place)))
        .collect();
    serials.sort();
    serials
}

fn crl_check(authority: &Authority, card: &Certificate, list: &Crl) -> Verdict {
    let desk = Desk::new();
    let (root, issuing) = authority.files(&desk);
    let lists = pem(list) + &pem(&authority.root_list());
    let (lists, card) = (desk.file("lists.pem", lists), desk.file("card.pem", card.to_pem()));
    let files = ["-CAfile", &root, "-untrusted", &issuing, "-CRLfile", &lists, &card];
    openssl(&[&["verify", "-x509_strict", "-crl_check_all"], files.as_slice()].concat())
}

fn pem(list: &Crl) -> String {
    pki::pem::encode("X509 CRL", list.der())
}

#[test]
fn openssl_says_revoked_for_every_algorithm_and_nothing_of_the_neighbour() {
    for algorithm in OPENSSL_KNOWS {
        let authority = authority(algorithm);
        let (bad, good) = (card(authority), card(authority));
        let entry = Revoked {
            reason: Some(ReasonCode::KeyCompromise),
            ..revoked(bad.serial(), authority.now - 5)
        };
        let list = authority.list(CrlNumber::FIRST, [entry]);
        crl_check(authority, &bad, &list).refuses("certificate revoked");
        crl_check(authority, &good, &list).accepts("OK");
        // Control: a list of another shard is no answer.
        let plan = CrlPlan {
            distribution_point: Some("http://crl.example/crl/ca/8.crl"),
            ..authority.plan(CrlNumber::FIRST)
        };
        let other = sign_list(&plan, [], &authority.issuing_key);
        crl_check(authority, &good, &other).refuses("CRL");
    }
}

#[test]
fn openssl_reads_every_field_of_a_list() {
    let authority = authority(Algorithm::P256);
    let numbers = serials("fields", ReasonCode::ALL.len() as u64 + 1);
    let mut entries: Vec<Revoked> = numbers
        .iter()
        .map(|serial| revoked(*serial, authority.now - 90))
        .collect();
    for (entry, reason) in entries.iter_mut().zip(ReasonCode::ALL) {
        entry.reason = Some(reason);
        entry.invalidity_date = Some(authority.now - DAY);
    }
    let list = authority.list(CrlNumber::recorded(0x1234), entries.clone());
    assert_eq!(list.entries(), entries);
    let desk = Desk::new();
    let path = desk.file("list.pem", pem(&list));
    let issuing = desk.file("issuing.pem", authority.issuing.to_pem());
    openssl(&["crl", "-in", &path, "-CAfile", &issuing, "-noout"]).accepts("verify OK");
    let text = openssl(&["crl", "-in", &path, "-noout", "-text"]);
    for words in [
        "Version 2",
        "0x1234",
        "Issuing Distribution Point: critical",
        "Only User Certificates",
        "Key Compromise",
        "CA Compromise",
        "Affiliation Changed",
        "Superseded",
        "Cessation Of Operation",
        "Privilege Withdrawn",
        "Invalidity Date",
    ] {
        if words == "0x1234" {
            text.accepts("4660");
        } else {
            text.accepts(words);
        }
    }
    for serial in numbers {
        text.accepts(&serial.hex().to_uppercase());
    }
    assert!(
        !text.text.contains("Unspecified"),
        "unspecified is written by leaving it out"
    );
}

#[test]
fn a_second_reader_sees_the_same_list() {
    let authority = authority(Algorithm::P384);
    for count in [0, 1, 2, 300, 2_000] {
        let entries: Vec<Revoked> = serials("second", count)
            .into_iter()
            .map(|serial| revoked(serial, authority.now))
            .collect();
        let list = authority.list(CrlNumber::FIRST, entries.clone());
        let read: x509_cert::crl::CertificateList = der::Decode::from_der(list.der()).unwrap();
        let theirs = read.tbs_cert_list.revoked_certificates.unwrap_or_default();
        let theirs: Vec<&[u8]> = theirs.iter().map(|entry| entry.serial_number.as_bytes()).collect();
        let ours: Vec<&[u8]> = entries.iter().map(|entry| entry.serial.as_bytes()).collect();
        assert_eq!(theirs, ours);
    }
}

#[test]
fn times_are_utc_through_2049_and_generalized_from_2050() {
    let authority = authority(Algorithm::P256);
    let year_2050 = 2_524_608_000;
    let plan = CrlPlan {
        this_update: year_2050,
        next_update: year_2050 + DAY,
        ..authority.plan(CrlNumber::FIRST)
    };
    let numbers = serials("2050", 2);
    let entries = [revoked(numbers[0], year_2050 - 1), revoked(numbers[1], year_2050)];
    let list = TbsCrl::new(&plan, entries)
        .unwrap()
        .lint()
        .unwrap()
        .sign(&authority.issuing_key)
        .unwrap();
    let has = |text: &[u8]| list.der().windows(text.len()).any(|window| window == text);
    assert!(has(b"\x17\x0d491231235959Z") && has(b"\x18\x0f20500101000000Z"));
    assert_eq!(Crl::parse(list.der()).unwrap().entries(), entries);
}

#[test]
fn an_entry_may_not_stand_twice_out_of_order_or_in_the_future() {
    let authority = authority(Algorithm::P256);
    let numbers = serials("order", 2);
    let (one, two) = (revoked(numbers[0], authority.now), revoked(numbers[1], authority.now));
    let build = |entries: Vec<Revoked>| TbsCrl::new(&authority.plan(CrlNumber::FIRST), entries).map(|_| ());
    assert_eq!(build(vec![one, two]), Ok(()), "the control must pass");
    assert_eq!(build(vec![two, one]), Err(CrlFault::Order { serial: one.serial }));
    assert_eq!(build(vec![one, one]), Err(CrlFault::Order { serial: one.serial }));
    assert_eq!(
        build(vec![revoked(one.serial, authority.now + 1)]),
        Err(CrlFault::Future { serial: one.serial })
    );
    let plan = CrlPlan {
        next_update: authority.now,
        ..authority.plan(CrlNumber::FIRST)
    };
    assert_eq!(TbsCrl::new(&plan, []).map(|_| ()), Err(CrlFault::Times));
    let plan = CrlPlan {
        issuer: &authority.responder,
        ..authority.plan(CrlNumber::FIRST)
    };
    assert_eq!(TbsCrl::new(&plan, []).map(|_| ()), Err(CrlFault::NotAnIssuer));
}

#[test]
fn a51_a_list_signed_by_another_key_is_not_released() {
    let authority = authority(Algorithm::P256);
    let linted = || {
        TbsCrl::new(&authority.plan(CrlNumber::FIRST), [])
            .unwrap()
            .lint()
            .unwrap()
    };
    assert_eq!(
        linted().sign(&authority.root_key).map(|_| ()),
        Err(SignFault::AnotherKey)
    );
    let recorded = linted().to_be_signed().to_vec();
    let resumed = Linted::<TbsCrl>::resume(&recorded, &authority.issuing)
        .unwrap()
        .sign(&authority.issuing_key)
        .unwrap();
    assert!(
        resumed.der().windows(recorded.len()).any(|window| window == recorded),
        "the same bytes were signed"
    );
    assert!(
        Crl::parse(resumed.der())
            .unwrap()
            .verify_signed_by(&authority.issuing)
            .is_ok()
    );
    assert!(Linted::<TbsCrl>::resume(&recorded[1..], &authority.issuing).is_err());
}

#[test]
fn a_lookup_finds_what_is_there_and_nothing_else() {
    let authority = authority(Algorithm::P256);
    let numbers = serials("lookup", 500);
    let entries = numbers.iter().step_by(2).map(|serial| revoked(*serial, authority.now));
    let list = authority.list(CrlNumber::FIRST, entries);
    for (place, serial) in numbers.iter().enumerate() {
        assert_eq!(list.lookup(serial).is_some(), place % 2 == 0);
    }
}

#[test]
fn i6_a_list_replaces_only_an_older_one_of_its_own_shard() {
    let authority = authority(Algorithm::P256);
    let other = crate::authority::authority(Algorithm::P384);
    let never = |_: &Serial| None;
    let number = CrlNumber::after(CrlNumber::recorded(7));
    let published = authority.list(number, []);
    let now = authority.now + 10;
    let next = |plan: &CrlPlan<'_>| sign_list(plan, [], &authority.issuing_key);
    let plan = CrlPlan {
        this_update: authority.now + 10,
        ..authority.plan(CrlNumber::after(number))
    };
    let may = |next: &Crl| publishable(next, &authority.issuing, Some(&published), now, never);

    assert_eq!(may(&next(&plan)), Ok(()), "the control must pass");
    assert_eq!(
        may(&next(&CrlPlan { number, ..plan.clone() })),
        Err(NotPublishable::Number)
    );
    assert_eq!(
        may(&next(&CrlPlan {
            number: CrlNumber::FIRST,
            ..plan.clone()
        })),
        Err(NotPublishable::Number)
    );
    assert_eq!(
        may(&next(&CrlPlan {
            this_update: authority.now - 1,
            ..plan.clone()
        })),
        Err(NotPublishable::Older)
    );
    assert_eq!(
        may(&next(&CrlPlan {
            scope: Scope::All,
            ..plan.clone()
        })),
        Err(NotPublishable::Shard)
    );
    let elsewhere = CrlPlan {
        distribution_point: Some("http://crl.example/crl/ca/8.crl"),
        ..plan.clone()
    };
    assert_eq!(may(&next(&elsewhere)), Err(NotPublishable::Shard));
    let stale = CrlPlan {
        next_update: now - 1,
        this_update: authority.now,
        ..plan.clone()
    };
    assert_eq!(may(&next(&stale)), Err(NotPublishable::NotNow));
    let future = CrlPlan {
        this_update: now + 1,
        ..plan.clone()
    };
    assert_eq!(may(&next(&future)), Err(NotPublishable::NotNow));
    // The incident of 2048626: another CA's list at our address.
    let foreign = other.list(CrlNumber::after(number), []);
    assert!(matches!(may(&foreign), Err(NotPublishable::Signature(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn r5_an_entry_leaves_only_after_it_stood_on_a_list_beyond_its_expiry(
        // For each certificate: days from its expiry to the first list, and whether the second list still has it.
        certificates in prop::collection::vec((-3_i64..=3, any::<bool>()), 1..12),
    ) {
        let authority = authority(Algorithm::P256);
        let numbers = serials("r5", certificates.len() as u64);
        let rows: Vec<(Serial, i64, bool)> = numbers.iter().zip(&certificates)
            .map(|(serial, (days, stays))| (*serial, authority.now - days * DAY, *stays)).collect();
        let first = authority.list(CrlNumber::FIRST, rows.iter().map(|row| revoked(row.0, authority.now - 1)));
        let plan = CrlPlan { this_update: authority.now + 1, ..authority.plan(CrlNumber::after(CrlNumber::FIRST)) };
        let kept = rows.iter().filter(|row| row.2).map(|row| revoked(row.0, authority.now - 1));
        let second = sign_list(&plan, kept, &authority.issuing_key);
        let expiry = |serial: &Serial| rows.iter().find(|row| row.0 == *serial).map(|row| row.1);
        let lost = rows.iter().find(|row| !row.2 && row.1 >= first.this_update()).map(|row| row.0);
        let wanted = lost.map_or(Ok(()), |serial| Err(NotPublishable::Smaller { serial }));
        prop_assert_eq!(never_smaller(&first, &second, expiry), wanted);
        // An unknown expiry never lets an entry go.
        let gone = rows.iter().any(|row| !row.2);
        prop_assert_eq!(never_smaller(&first, &second, |_| None).is_err(), gone);
    }

    #[test]
    fn crl_numbers_only_grow(number in any::<u64>()) {
        let number = CrlNumber::recorded(number);
        prop_assert!(CrlNumber::after(number) > number);
    }
}
