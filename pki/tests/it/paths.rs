//! Finding a path, and what holds along it: THREATS "Traps of path validation", each row with a control.

use std::time::{Duration, Instant};

use pki::certificate::Certificate;
use pki::validation::{Budget, Outcome, Policies, Question};
use pki::{ObjectIdentifier, Signer as _};

use crate::made::{
    Ca, Draft, NOW, alternative_names, ask, authority_key_identifier, basic_constraints, common_name, dns, extension,
    key, key_identifier, key_usage, name_constraints, outcome, policies, policy_mappings, require_explicit_policy,
    said, without_status,
};

const NO_ISSUER: &str = "invalid: no accepted issuer signed it";
const TOO_MUCH: &str = "undetermined: what was shown takes more work to check than is allowed";
const NO_POLICY: &str = "invalid: the path is not valid under an acceptable certificate policy";

#[test]
fn p01_an_unsigned_certificate_with_an_anchors_key_is_never_valid_whatever_its_subject() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let spki = anchor.key.public_key().spki_der();
    let forger = key();
    for subject in ["Anchor", "Anyone"] {
        for issuer in ["Anchor", "Anyone"] {
            for draft in [Draft::authority(subject), Draft::holder(subject)] {
                let forged = draft.der(&common_name(issuer), spki, &forger);
                let forged = Certificate::parse(&forged).unwrap();
                assert_eq!(
                    said(&outcome(&forged, &anchor, &[])),
                    NO_ISSUER,
                    "{subject} by {issuer}"
                );
            }
        }
    }
    // Nor does it lend its key to another: a leaf that its forger signed for the anchor's name.
    let lookalike = Ca {
        certificate: Certificate::parse(&Draft::authority("Anchor").serial(9).der(anchor.name(), spki, &forger))
            .unwrap(),
        key: forger,
    };
    let leaf = lookalike.holder(&Draft::holder("Leaf"));
    assert_eq!(said(&outcome(&leaf, &anchor, &[&lookalike])), NO_ISSUER);
    // What the anchor's key signed is valid, by the anchor and not by its lookalike.
    let leaf = anchor.holder(&Draft::holder("Leaf"));
    let Outcome::Valid(valid) = outcome(&leaf, &anchor, &[&lookalike]) else {
        panic!("the control must pass");
    };
    assert_eq!(valid.path, [leaf, anchor.certificate]);
}

#[test]
fn p02_an_extension_that_is_double_undecodable_or_not_of_version_3_is_refused_at_parse() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let parse = |draft: &Draft| {
        let der = draft.der(anchor.name(), anchor.key.public_key().spki_der(), &anchor.key);
        Certificate::parse(&der).map(|_| ())
    };
    let names = |host| alternative_names(&[dns(host)]);
    let constraints = || name_constraints(&[dns("example.com")], &[]);
    let good = Draft::authority("CA").with(names("a.example.com")).with(constraints());
    assert_eq!(parse(&good), Ok(()), "the control must pass");
    for (bad, why) in [
        (good.clone().with(names("b.example.com")), "a second subjectAltName"),
        (good.clone().with(constraints()), "a second nameConstraints"),
        (good.clone().with(key_usage(&[0])), "a second keyUsage"),
    ] {
        assert!(parse(&bad).is_err(), "{why}");
    }
    for critical in [false, true] {
        for (last, value, why) in [
            (17, &[0x30, 0][..], "no alternative name"),
            (17, &[0x30, 2, 0x89, 0], "a name of no form"),
            (17, &[0x30, 3, 0x82, 1, 0xe9], "a host that is not ASCII"),
            (17, &[0x30, 5, 0x87, 3, 10, 0, 0], "an address of three octets"),
            (30, &[0x30, 0], "constraints that constrain nothing"),
            (
                30,
                &[0x30, 2, 0xa0, 0],
                "no permitted subtree, and yet the list of them",
            ),
            (
                30,
                &[0x30, 12, 0xa0, 10, 0x30, 8, 0x87, 6, 10, 0, 0, 255, 0, 0],
                "a network of six octets",
            ),
            (
                30,
                &[0x30, 14, 0xa0, 12, 0x30, 10, 0x87, 8, 10, 0, 0, 0, 255, 0, 255, 0],
                "a mask with a hole",
            ),
            (30, &[0x30, 9, 0xa0, 7, 0x30, 5, 0x82, 0, 0x80, 1, 1], "a minimum"),
            (32, &[0x30, 0], "no policy"),
            (
                32,
                &[0x30, 10, 0x30, 3, 6, 1, 42, 0x30, 3, 6, 1, 42],
                "a policy given twice",
            ),
            (33, &[0x30, 0], "no mapping"),
            (36, &[0x30, 0], "policy constraints that constrain nothing"),
            (54, &[2, 1, 0xff], "a negative number of certificates"),
            (31, &[0x30, 2, 0x30, 0], "a distribution point of nothing"),
            (
                31,
                &[0x30, 5, 0x30, 3, 0x81, 1, 0],
                "a distribution point of reasons only",
            ),
        ] {
            let draft = Draft::holder("Leaf").with(extension(&[0x55, 0x1d, last], critical, value));
            assert!(parse(&draft).is_err(), "{why}, critical: {critical}");
        }
    }
    // Version 2 with extensions.
    let leaf = anchor.holder(&Draft::holder("Leaf"));
    let mut older = leaf.der().to_vec();
    let at = older
        .windows(5)
        .position(|window| window == [0xa0, 3, 2, 1, 2])
        .unwrap();
    older[at + 4] = 1;
    assert!(Certificate::parse(&older).is_err());
}

#[test]
fn p03_signatures_come_before_forty_thousand_names_and_those_are_counted() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let constraints = |count: u32| -> Vec<Vec<u8>> { (0..count).map(|n| dns(&format!("x{n}.example.net"))).collect() };
    let names: Vec<Vec<u8>> = (0..40_000).map(|n| dns(&format!("h{n}.example.com"))).collect();
    let many = Draft::holder("Leaf").with(alternative_names(&names));
    let broad = anchor.authority(&Draft::authority("Broad").with(name_constraints(&[], &constraints(40_000))));
    let narrow = anchor.authority(&Draft::authority("Narrow").with(name_constraints(&[], &constraints(1))));
    // A forged one: no comparison is made, so none needs to be allowed.
    let forger = key();
    let forged = many.der(broad.name(), forger.public_key().spki_der(), &forger);
    let forged = Certificate::parse(&forged).unwrap();
    let none = Question {
        budget: Budget {
            comparisons: 0,
            ..Budget::default()
        },
        ..without_status()
    };
    let between = [broad.certificate.clone(), narrow.certificate.clone()];
    let begun = Instant::now();
    let refused = ask(&forged, &anchor.certificate, &between, &[], &[], &none);
    assert_eq!(said(&refused), NO_ISSUER);
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    // Signed by a CA that means harm: the work ends with the budget, and nobody takes that for an answer.
    let leaf = broad.holder(&many);
    let begun = Instant::now();
    assert_eq!(said(&outcome(&leaf, &anchor, &[&broad])), TOO_MUCH);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // Signed by an honest one.
    let leaf = narrow.holder(&many);
    assert_eq!(
        said(&outcome(&leaf, &anchor, &[&narrow])),
        "valid",
        "the control must pass"
    );
    assert_eq!(
        said(&ask(&leaf, &anchor.certificate, &between, &[], &[], &none)),
        TOO_MUCH,
        "without a budget nothing is compared"
    );
}

/// `count` CAs, each of which has certified each other one. The first comes with a certificate by `anchor`.
fn mesh(anchor: Option<&Ca>, count: usize) -> (Vec<Ca>, Vec<Certificate>) {
    let draft = |n: usize| Draft::authority(&format!("Mesh {n}"));
    let members: Vec<Ca> = (0..count).map(|n| Ca::root(&draft(n))).collect();
    let mut between = Vec::new();
    for issuer in &members {
        for (n, subject) in members.iter().enumerate() {
            if issuer.name() != subject.name() {
                between.push(issuer.issue(&draft(n), &subject.key));
            }
        }
    }
    between.extend(anchor.map(|anchor| anchor.issue(&draft(0), &members[0].key)));
    (members, between)
}

#[test]
fn p04_a_mesh_of_eight_cross_certified_cas_is_searched_within_the_budget() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    for count in 6..=8 {
        let (members, between) = mesh(Some(&anchor), count);
        let leaf = members[count - 1].holder(&Draft::holder("Leaf"));
        let asked = |anchor: &Certificate, between: &[Certificate], question: &Question| {
            let begun = Instant::now();
            let said = said(&ask(&leaf, anchor, between, &[], &[], question));
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{count}: {:?}",
                begun.elapsed()
            );
            said
        };
        assert_eq!(asked(&anchor.certificate, &between, &without_status()), "valid");
        // As many signatures as there are certificates, at most.
        let frugal = Question {
            budget: Budget {
                signatures: u32::try_from(between.len()).unwrap() + 1,
                steps: 200,
                comparisons: 1_000,
            },
            ..without_status()
        };
        assert_eq!(asked(&anchor.certificate, &between, &frugal), "valid", "of {count}");
        // No way leads out of the mesh: no path is walked to find that.
        let elsewhere = Ca::root(&Draft::authority("Elsewhere")).certificate;
        assert_eq!(asked(&elsewhere, &between, &without_status()), NO_ISSUER);
        // Every way leads to a path that is not valid: as many as there are, or as the budget has.
        let explicit = Question {
            policies: Policies {
                explicit: true,
                ..Policies::default()
            },
            ..without_status()
        };
        let none = asked(&anchor.certificate, &between, &explicit);
        assert!(none == NO_POLICY || none == TOO_MUCH, "{none}");
        let starved = Question {
            budget: Budget {
                signatures: 3,
                ..Budget::default()
            },
            ..explicit
        };
        assert_eq!(asked(&anchor.certificate, &between, &starved), TOO_MUCH);
    }
}

#[test]
fn p05_of_two_keys_under_one_name_the_right_one_is_found_whatever_the_key_identifiers_say() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let draft = Draft::authority("CA");
    let one = anchor.authority(&draft.clone().serial(1).with(key_identifier(&[1])));
    let two = anchor.authority(&draft.clone().serial(2).with(key_identifier(&[2])));
    for order in [[&one, &two], [&two, &one]] {
        for identifier in [None, Some(1), Some(2), Some(3)] {
            let mut draft = Draft::holder("Leaf");
            if let Some(identifier) = identifier {
                draft = draft.with(authority_key_identifier(&[identifier]));
            }
            let leaf = two.holder(&draft);
            let Outcome::Valid(valid) = outcome(&leaf, &anchor, &order) else {
                panic!("by {identifier:?}");
            };
            assert_eq!(valid.path[1], two.certificate);
            // Control: without the right key there is no path.
            assert_eq!(said(&outcome(&leaf, &anchor, &[&one])), NO_ISSUER);
        }
    }
    // A key that rolled over: the anchor knows the old one, and the CA certified the new one with it, and the old one with it.
    let new = one.authority(&draft.clone().serial(3));
    let old_with_new = new.issue(&draft.clone().serial(4), &one.key);
    let leaf = new.holder(&Draft::holder("Leaf"));
    let between = [old_with_new, new.certificate.clone(), one.certificate.clone()];
    let rolled = ask(&leaf, &anchor.certificate, &between, &[], &[], &without_status());
    assert_eq!(rolled.path().len(), 4);
    assert_eq!(said(&rolled), "valid");
    // A certificate for itself does not count against the length (RFC 5280 §4.2.1.9); one for another does.
    let short = anchor.authority(&Draft::authority("Short").instead(basic_constraints(Some(0))));
    let again = short.authority(&Draft::authority("Short").serial(8));
    let other = short.authority(&Draft::authority("Other"));
    let said_of = |issuer: &Ca| {
        let leaf = issuer.holder(&Draft::holder("Leaf"));
        said(&outcome(&leaf, &anchor, &[&short, issuer]))
    };
    assert_eq!(said_of(&again), "valid");
    let too_long = "invalid: more CAs stand below it than its path length constraint allows";
    assert_eq!(said_of(&other), too_long);
}

#[test]
fn p07_two_policies_that_map_to_one_are_valid_under_either_and_mappings_do_not_multiply() {
    let (one, two, three) = ("1.2.3.1", "1.2.3.2", "1.2.3.3");
    let anchor = Ca::root(&Draft::authority("Anchor"));
    let both = policy_mappings(&[(one, three), (two, three)]);
    let ca = anchor.authority(&Draft::authority("CA").with(policies(&[one, two])).with(both));
    let leaf = ca.holder(&Draft::holder("Leaf").with(policies(&[three])));
    let under = |leaf: &Certificate, between: &[Certificate], acceptable: &[&str]| {
        let question = Question {
            policies: Policies {
                acceptable: acceptable.iter().map(|policy| policy.parse().unwrap()).collect(),
                explicit: true,
                ..Policies::default()
            },
            ..without_status()
        };
        ask(leaf, &anchor.certificate, between, &[], &[], &question)
    };
    let between = [ca.certificate.clone()];
    for acceptable in [&[one][..], &[two], &[one, two], &[]] {
        let outcome = under(&leaf, &between, acceptable);
        assert_eq!(said(&outcome), "valid", "{acceptable:?}");
        let Outcome::Valid(valid) = outcome else { continue };
        let found: Vec<String> = valid.policies.iter().map(ObjectIdentifier::to_string).collect();
        let wanted = if acceptable.is_empty() {
            &[one, two][..]
        } else {
            acceptable
        };
        assert_eq!(found, wanted);
    }
    // The policy of the subject's domain is none of the issuer's.
    assert_eq!(said(&under(&leaf, &between, &[three])), NO_POLICY);
    // Each of fourteen CAs maps each of four policies to all four: a tree has 4^14 leaves.
    let four = [one, two, three, "1.2.3.4"];
    let all: Vec<(&str, &str)> = four.iter().flat_map(|from| four.map(|to| (*from, to))).collect();
    let mut chain = vec![anchor.authority(&Draft::authority("0").with(policies(&four)).with(policy_mappings(&all)))];
    for n in 1..14 {
        let draft = Draft::authority(&n.to_string())
            .with(policies(&four))
            .with(policy_mappings(&all));
        let next = chain[n - 1].authority(&draft);
        chain.push(next);
    }
    let leaf = chain[13].holder(&Draft::holder("Leaf").with(policies(&four)));
    let between: Vec<Certificate> = chain.iter().map(|ca| ca.certificate.clone()).collect();
    let begun = Instant::now();
    assert_eq!(said(&under(&leaf, &between, &[one])), "valid");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn p09_what_an_anchor_says_of_itself_holds() {
    let held = |draft: Draft, below: &[&str], leaf: &Draft| {
        let anchor = Ca::root(&draft);
        let mut chain: Vec<Ca> = Vec::new();
        for name in below {
            let next = chain.last().unwrap_or(&anchor).authority(&Draft::authority(name));
            chain.push(next);
        }
        let leaf = chain.last().unwrap_or(&anchor).holder(leaf);
        said(&outcome(&leaf, &anchor, &chain.iter().collect::<Vec<_>>()))
    };
    let draft = || Draft::authority("Anchor");
    let leaf = Draft::holder("Leaf").with(alternative_names(&[dns("www.example.com")]));
    let bearing = |policy| leaf.clone().with(policies(&[policy]));
    assert_eq!(held(draft(), &["CA"], &leaf), "valid", "the control must pass");
    let short = draft().instead(basic_constraints(Some(0)));
    assert_eq!(
        held(short.clone(), &["CA"], &leaf),
        "invalid: more CAs stand below it than its path length constraint allows"
    );
    assert_eq!(held(short, &[], &leaf), "valid");
    let excluding = draft().with(name_constraints(&[], &[dns("example.com")]));
    assert_eq!(
        held(excluding, &["CA"], &leaf),
        "invalid: CN=Anchor may not certify the name www.example.com"
    );
    let no_issuer = "invalid: it is not the certificate of a CA that may issue certificates";
    assert_eq!(held(draft().instead(key_usage(&[6])), &[], &leaf), no_issuer);
    assert_eq!(held(Draft::holder("Anchor"), &[], &leaf), no_issuer);
    let mut ended = draft();
    ended.not_after = NOW - 1;
    assert_eq!(
        held(ended, &[], &leaf),
        "invalid: it was valid until 2027-01-15T07:59:59Z"
    );
    let unknown = draft().with(extension(&[0x55, 0x1d, 99], true, &[5, 0]));
    assert_eq!(
        held(unknown, &[], &leaf),
        "invalid: it has a critical extension 2.5.29.99 that is not processed here"
    );
    let explicit = draft().with(require_explicit_policy(0));
    assert_eq!(held(explicit.clone(), &[], &leaf), NO_POLICY);
    assert_eq!(held(explicit.clone(), &[], &bearing("1.2.3.1")), "valid");
    let of_one = explicit.with(policies(&["1.2.3.1"]));
    assert_eq!(held(of_one.clone(), &[], &bearing("1.2.3.1")), "valid");
    assert_eq!(held(of_one, &[], &bearing("1.2.3.2")), NO_POLICY);
}

#[test]
fn a_path_may_have_sixteen_certificates_and_no_more() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    for (between, wanted) in [(14, "valid"), (15, NO_ISSUER)] {
        let mut chain = vec![anchor.authority(&Draft::authority("0"))];
        for n in 1..between {
            let next = chain[n - 1].authority(&Draft::authority(&n.to_string()));
            chain.push(next);
        }
        let leaf = chain[between - 1].holder(&Draft::holder("Leaf"));
        assert_eq!(
            said(&outcome(&leaf, &anchor, &chain.iter().collect::<Vec<_>>())),
            wanted
        );
    }
}

#[test]
fn an_anchor_that_is_asked_about_is_valid_by_itself_and_its_lookalike_is_not() {
    let anchor = Ca::root(&Draft::authority("Anchor"));
    assert_eq!(said(&outcome(&anchor.certificate, &anchor, &[])), "valid");
    let other = Ca::root(&Draft::authority("Anchor"));
    assert_eq!(said(&outcome(&other.certificate, &anchor, &[])), NO_ISSUER);
}
