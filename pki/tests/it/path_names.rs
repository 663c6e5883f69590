//! Names along a path: constraints, comparison, and the name that is wanted.

use pki::ObjectIdentifier;
use pki::certificate::Certificate;
use pki::validation::{Question, WantedName};

use crate::judge::tlv;
use crate::made::{
    Ca, Draft, alternative_names, ask, common_name, directory, distinguished, dns, ip, mail, name_constraints, oid,
    outcome, said, uri, without_status,
};

/// Whether a leaf with this name is valid below a CA with these constraints.
fn allowed(permitted: &[Vec<u8>], excluded: &[Vec<u8>], name: Vec<u8>) -> bool {
    let leaf = Draft::holder("Leaf").with(alternative_names(&[name]));
    is_valid(permitted, excluded, &leaf)
}

fn is_valid(permitted: &[Vec<u8>], excluded: &[Vec<u8>], leaf: &Draft) -> bool {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let ca = anchor.authority(&Draft::authority("CA").with(name_constraints(permitted, excluded)));
    let leaf = ca.holder(leaf);
    match said(&outcome(&leaf, &anchor, &[&ca])).as_str() {
        "valid" => true,
        refused => {
            assert!(
                refused.starts_with("invalid: CN=CA may not certify the name "),
                "{refused}"
            );
            false
        }
    }
}

#[test]
fn p08_a_wildcard_that_can_reach_an_excluded_subtree_is_rejected() {
    for (excluded, name, wanted) in [
        ("example.com", "example.com", false),
        ("example.com", "EXAMPLE.com", false),
        ("example.com", "a.b.example.com", false),
        ("example.com", "*.example.com", false),
        ("bad.example.com", "*.example.com", false),
        ("x.bad.example.com", "*.example.com", false),
        (".example.com", "example.com", false),
        ("", "example.org", false),
        ("example.com", "*", false),
        ("example.com", "*.com", false),
        ("example.com", "b*.example.org", false),
        ("example.com", "a.*.org", false),
        ("example.com", "example.org.", false),
        ("example.com", "a..org", false),
        ("example.com", "example.org", true),
        ("example.com", "notexample.com", true),
        ("bad.example.com", "good.example.com", true),
        ("bad.example.com", "*.good.example.com", true),
        ("bad.example.com", "*.example.org", true),
    ] {
        assert_eq!(
            allowed(&[], &[dns(excluded)], dns(name)),
            wanted,
            "{name}, excluded {excluded}"
        );
    }
}

#[test]
fn p08_a_wildcard_is_permitted_only_where_all_is_that_it_stands_for() {
    for (permitted, name, wanted) in [
        ("example.com", "example.com", true),
        ("EXAMPLE.COM", "www.example.com", true),
        ("example.com", "*.example.com", true),
        ("example.com", "*.www.example.com", true),
        (".example.com", "www.example.com", true),
        ("", "www.example.com", true),
        (".example.com", "example.com", false),
        ("www.example.com", "*.example.com", false),
        ("example.com", "*.com", false),
        ("example.com", "*", false),
        ("example.com", "badexample.com", false),
        ("example.com", "example.com.evil.org", false),
        ("example.com", "w*.example.com", false),
        ("example.com", "www.example.com.", false),
        ("example.com", " .example.com", false),
    ] {
        assert_eq!(
            allowed(&[dns(permitted)], &[], dns(name)),
            wanted,
            "{name}, permitted {permitted}"
        );
    }
    // Other forms are not constrained by it.
    assert!(allowed(&[dns("example.com")], &[], mail("a@example.org")));
}

#[test]
fn p08_names_are_compared_without_case_spaces_and_encoding() {
    const UTF8: u8 = 0x0c;
    const PRINTABLE: u8 = 0x13;
    const BMP: u8 = 0x1e;
    let base = distinguished(&[(6, PRINTABLE, "JP"), (10, UTF8, "Kagimori Works")]);
    let below = |tag, organisation| distinguished(&[(6, PRINTABLE, "JP"), (10, tag, organisation), (3, UTF8, "Leaf")]);
    for (name, same) in [
        (below(UTF8, "Kagimori Works"), true),
        (below(PRINTABLE, "KAGIMORI works"), true),
        (below(BMP, " kagimori \u{3000} WORKS  "), true),
        (below(UTF8, "Ｋａｇｉｍｏｒｉ Works"), true),
        (below(UTF8, "Kagi\u{ad}mori Works"), true),
        (below(UTF8, "KagimoriWorks"), false),
        (below(UTF8, "Kagimori Works 2"), false),
        (
            distinguished(&[(10, UTF8, "Kagimori Works"), (6, PRINTABLE, "JP")]),
            false,
        ),
        (distinguished(&[(6, PRINTABLE, "JP")]), false),
    ] {
        // As a subject and as an alternative name.
        let mut leaf = Draft::holder("Leaf");
        leaf.subject = name.clone();
        assert_eq!(is_valid(&[directory(&base)], &[], &leaf), same, "permitted");
        assert_eq!(is_valid(&[], &[directory(&base)], &leaf), !same, "excluded");
        assert_eq!(
            allowed(&[], &[directory(&base)], directory(&name)),
            !same,
            "excluded, alternative"
        );
    }
    // Nor do they break the chain; the signature decides.
    let anchor = Ca::root(&Draft::authority("An Anchor"));
    let leaf = |issuer: &str, signer: &Ca| {
        let der = Draft::holder("Leaf").der(
            &distinguished(&[(3, BMP, issuer)]),
            anchor.certificate.public_key().spki_der(),
            &signer.key,
        );
        Certificate::parse(&der).unwrap()
    };
    assert_eq!(said(&outcome(&leaf("an  ANCHOR", &anchor), &anchor, &[])), "valid");
    let other = Ca::root(&Draft::authority("Other"));
    for bad in [leaf("another anchor", &anchor), leaf("an  ANCHOR", &other)] {
        assert_eq!(
            said(&outcome(&bad, &anchor, &[])),
            "invalid: no accepted issuer signed it"
        );
    }
}

#[test]
fn p08_mailboxes_addresses_and_uris_are_constrained_and_in_doubt_refused() {
    let v4 = [10, 0, 0, 0, 255, 0, 0, 0];
    let mapped = [&[0; 10][..], &[0xff, 0xff, 10, 1, 2, 3]].concat();
    for (base, name, permits, excludes) in [
        (mail("a@example.com"), mail("a@EXAMPLE.com"), true, true),
        (mail("a@example.com"), mail("A@example.com"), false, true),
        (mail("a@example.com"), mail("\"a\"@example.com"), false, true),
        (mail("a@example.com"), mail("b@example.com"), false, false),
        (mail("example.com"), mail("a@example.com"), true, true),
        (mail("example.com"), mail("a@www.example.com"), false, false),
        (mail(".example.com"), mail("a@www.example.com"), true, true),
        (mail(".example.com"), mail("a@example.com"), false, false),
        (mail("example.com"), mail("no mailbox"), false, true),
        (mail("example.com"), mail("a@example.com@example.org"), false, false),
        (uri("example.com"), uri("https://example.com/x"), true, true),
        (uri("example.com"), uri("https://u:p@EXAMPLE.com:8443?x"), true, true),
        (uri("example.com"), uri("https://www.example.com/"), false, false),
        (uri(".example.com"), uri("https://www.example.com/"), true, true),
        (
            uri(".example.com"),
            uri("https://example.org/.example.com"),
            false,
            false,
        ),
        (
            uri("example.com"),
            uri("https://example.org#@example.com"),
            false,
            false,
        ),
        (uri("example.com"), uri("https://10.0.0.1/"), false, true),
        (uri("example.com"), uri("https://[2001:db8::1]/"), false, true),
        (uri("example.com"), uri("https://0x7f000001/"), false, true),
        (uri("example.com"), uri("https://*.example.org/"), false, true),
        (uri("example.com"), uri("urn:example:com"), false, true),
        (ip(&v4), ip(&[10, 1, 2, 3]), true, true),
        (ip(&v4), ip(&[11, 1, 2, 3]), false, false),
        (ip(&v4), ip(&mapped), false, true),
        (ip(&v4), ip(&[0x20; 16]), false, false),
    ] {
        let shown = || {
            format!(
                "{:?} under {:?}",
                String::from_utf8_lossy(&name),
                String::from_utf8_lossy(&base)
            )
        };
        assert_eq!(
            allowed(std::slice::from_ref(&base), &[], name.clone()),
            permits,
            "permitted: {}",
            shown()
        );
        assert_eq!(
            allowed(&[], std::slice::from_ref(&base), name.clone()),
            !excludes,
            "excluded: {}",
            shown()
        );
    }
    // A mailbox with letters beyond ASCII, and an address in the subject, are mailboxes too.
    let utf8 = |address: &str| {
        let kind = oid("1.3.6.1.5.5.7.8.9");
        tlv(0xa0, &[kind, tlv(0xa0, &tlv(0x0c, address.as_bytes()))].concat())
    };
    assert!(!allowed(&[], &[mail("example.com")], utf8("é@example.com")));
    assert!(!allowed(&[], &[mail("example.com")], utf8("a@例.example.org")));
    assert!(allowed(&[], &[mail("example.com")], utf8("é@example.org")));
    let kind = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
    let mut leaf = Draft::holder("Leaf");
    let pair = [tlv(6, kind.as_bytes()), tlv(0x16, b"a@example.com")].concat();
    leaf.subject = tlv(0x30, &tlv(0x31, &tlv(0x30, &pair)));
    assert!(!is_valid(&[], &[mail("example.com")], &leaf));
    assert!(is_valid(&[], &[mail("example.org")], &leaf));
    // A form that cannot be applied refuses names of that form, and no others.
    let registered = || tlv(0x88, &[0x2a, 3]);
    assert!(!allowed(&[], &[registered()], registered()));
    assert!(!allowed(&[registered()], &[], registered()));
    assert!(allowed(&[registered()], &[], dns("example.com")));
}

#[test]
fn constraints_hold_for_every_certificate_below_but_those_by_which_a_ca_certifies_itself() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let only = distinguished(&[(10, 0x0c, "Kagimori")]);
    let constrained = anchor.authority(&Draft::authority("CA").with(name_constraints(&[directory(&only)], &[])));
    let inside = |name| distinguished(&[(10, 0x0c, "Kagimori"), (3, 0x0c, name)]);
    let leaf = |issuer: &Ca| {
        let mut draft = Draft::holder("Leaf");
        draft.subject = inside("Leaf");
        issuer.holder(&draft)
    };
    let mut draft = Draft::authority("x");
    draft.subject = inside("Sub");
    let good = constrained.authority(&draft);
    let bad = constrained.authority(&Draft::authority("Outside"));
    let itself = constrained.authority(&Draft::authority("CA").serial(9));
    for (issuer, wanted) in [
        (&constrained, "valid"),
        (&good, "valid"),
        (&bad, "invalid: CN=CA may not certify the name CN=Outside"),
        (&itself, "valid"),
    ] {
        assert_eq!(said(&outcome(&leaf(issuer), &anchor, &[&constrained, issuer])), wanted);
    }
    // The last certificate counts even then.
    let last = constrained.holder(&Draft::holder("CA"));
    assert_eq!(
        said(&outcome(&last, &anchor, &[&constrained])),
        "invalid: CN=CA may not certify the name CN=CA"
    );
}

#[test]
fn a_wanted_name_is_looked_for_in_the_alternative_names_only() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let names = [
        dns("www.example.com"),
        dns("*.example.org"),
        dns("*.com"),
        mail("Taro@example.com"),
        ip(&[192, 0, 2, 1]),
    ];
    let mut draft = Draft::holder("Leaf").with(alternative_names(&names));
    draft.subject = common_name("subject.example.com");
    let leaf = anchor.holder(&draft);
    let host = |name: &str| WantedName::Host(name.to_owned());
    let mailbox = |name: &str| WantedName::Mailbox(name.to_owned());
    let address = |text: &str| WantedName::Address(text.parse().unwrap());
    for (name, borne) in [
        (host("www.example.com"), true),
        (host("WWW.Example.COM."), true),
        (host("a.example.org"), true),
        (host("a.b.example.org"), false),
        (host("example.org"), false),
        (host("*.example.org"), false),
        (host("example.com"), false),
        (host("subject.example.com"), false),
        (host("192.0.2.1"), false),
        (mailbox("Taro@EXAMPLE.com"), true),
        (mailbox("taro@example.com"), false),
        (address("192.0.2.1"), true),
        (address("192.0.2.2"), false),
        (address("::ffff:192.0.2.1"), false),
    ] {
        let shown = name.to_string();
        let question = Question {
            name: Some(name),
            ..without_status()
        };
        let said = said(&ask(&leaf, &anchor.certificate, &[], &[], &[], &question));
        let wanted = if borne {
            "valid".to_owned()
        } else {
            format!("invalid: it does not bear the name {shown}")
        };
        assert_eq!(said, wanted);
    }
}
