//! Revocation along a path: lists of every kind, and OCSP answers.

use pki::certificate::Certificate;
use pki::ocsp::BasicResponse;
use pki::validation::{
    Anchors, Budget, Fault, Inputs, Outcome, Question, Revocation, RevocationList, Verified, validate,
};

use crate::judge::tlv;
use crate::made::{
    Ca, DAY, Draft, GOOD, List, NOW, answer, answers_ocsp, ask, common_name, directory, extension, key, key_usage,
    nocheck, revoked, said, uri,
};

const UNKNOWN: &str = "undetermined: nothing current that was shown tells its status";
const KEY_COMPROMISE: u8 = 1;
const HOLD: u8 = 6;
const REMOVED: u8 = 8;
/// The serial of the leaf.
const LEAF: u8 = 7;

/// A root, its only list being empty, and a leaf of it.
struct House {
    root: Ca,
    leaf: Certificate,
}

impl House {
    fn new() -> Self {
        Self::with(&Draft::holder("Leaf"))
    }

    fn with(leaf: &Draft) -> Self {
        let root = Ca::root(&Draft::authority("Root"));
        let leaf = root.holder(leaf);
        Self { root, leaf }
    }

    fn by_lists(&self, lists: &[RevocationList]) -> String {
        self.by(&[], lists, &[])
    }

    fn by(&self, others: &[Certificate], lists: &[RevocationList], answers: &[BasicResponse]) -> String {
        let question = Question::at(NOW);
        said(&ask(
            &self.leaf,
            &self.root.certificate,
            others,
            lists,
            answers,
            &question,
        ))
    }

    fn list(&self, number: u8, entries: &[(u8, u8)]) -> RevocationList {
        self.root.list(&List::new(number, entries))
    }

    fn delta(&self, number: u8, base: u8, entries: &[(u8, u8)]) -> RevocationList {
        self.root.list(&List::delta(number, base, entries))
    }
}

/// The reasons of a list that was made `n` days ago.
fn since(number: u8, reason: &str) -> String {
    let at = NOW - DAY * i64::from(100 - number) - DAY;
    let day = 15 - (NOW - at) / DAY;
    let date = if day > 0 {
        format!("2027-01-{day:02}")
    } else {
        format!("2026-12-{:02}", 31 + day)
    };
    format!("invalid: it is {reason} since {date}T08:00:00Z")
}

#[test]
fn p06_the_newest_list_wins_in_whatever_order_the_lists_come() {
    let house = House::new();
    let (old, new) = (house.list(98, &[]), house.list(99, &[(LEAF, KEY_COMPROMISE)]));
    assert_eq!(
        house.by_lists(std::slice::from_ref(&old)),
        "valid",
        "the control must pass"
    );
    let revoked = since(99, "revoked") + " (keyCompromise)";
    assert_eq!(house.by_lists(&[old.clone(), new.clone()]), revoked);
    assert_eq!(house.by_lists(&[new, old]), revoked);
    // A hold that the next complete list does not know any more has ended.
    let (held, freed) = (house.list(98, &[(LEAF, HOLD)]), house.list(99, &[]));
    assert_eq!(house.by_lists(std::slice::from_ref(&held)), since(98, "suspended"));
    assert_eq!(house.by_lists(&[freed.clone(), held.clone()]), "valid");
    assert_eq!(house.by_lists(&[held, freed]), "valid");
    // An older number with a later time, or the other way round: both are heard.
    let odd = house.root.list(&List {
        number: 99,
        ..List::new(98, &[(LEAF, KEY_COMPROMISE)])
    });
    let even = house.root.list(&List {
        number: 98,
        ..List::new(99, &[])
    });
    assert!(
        house
            .by_lists(&[odd.clone(), even.clone()])
            .starts_with("invalid: it is revoked")
    );
    assert!(house.by_lists(&[even, odd]).starts_with("invalid: it is revoked"));
    // The newest one is stale, or of tomorrow: the one before does not come back to life in the first case.
    let stale = house.root.list(&List {
        next_update: NOW - 1,
        ..List::new(99, &[])
    });
    assert_eq!(house.by_lists(&[house.list(98, &[]), stale]), UNKNOWN);
    let tomorrow = house.root.list(&List {
        this_update: NOW + 1,
        ..List::new(99, &[(LEAF, KEY_COMPROMISE)])
    });
    assert_eq!(house.by_lists(&[house.list(98, &[]), tomorrow]), "valid");
    // What was revoked for good stays so, however old the list; a hold might have ended.
    for (reason, wanted) in [
        (KEY_COMPROMISE, since(97, "revoked") + " (keyCompromise)"),
        (HOLD, UNKNOWN.to_owned()),
    ] {
        let stale = house.root.list(&List {
            next_update: NOW - 1,
            ..List::new(97, &[(LEAF, reason)])
        });
        assert_eq!(house.by_lists(&[stale]), wanted);
    }
    // A forged newer list takes nothing away.
    let forged = List::new(99, &[]).signed(house.root.name(), &key());
    let revoking = house.list(98, &[(LEAF, KEY_COMPROMISE)]);
    assert!(
        house
            .by_lists(&[forged, revoking])
            .starts_with("invalid: it is revoked")
    );
}

#[test]
fn p06_a_delta_is_applied_and_a_hold_is_lifted_only_by_one_that_says_so() {
    let house = House::new();
    let complete = |entries: &[(u8, u8)]| house.list(90, entries);
    for (base, delta, wanted) in [
        (&[][..], &[][..], "valid".to_owned()),
        (
            &[],
            &[(LEAF, KEY_COMPROMISE)],
            since(95, "revoked") + " (keyCompromise)",
        ),
        (&[], &[(LEAF, HOLD)], since(95, "suspended")),
        (&[(LEAF, HOLD)], &[], since(90, "suspended")),
        (&[(LEAF, HOLD)], &[(9, REMOVED)], since(90, "suspended")),
        (&[(LEAF, HOLD)], &[(LEAF, REMOVED)], "valid".to_owned()),
        (
            &[(LEAF, HOLD)],
            &[(LEAF, KEY_COMPROMISE)],
            since(95, "revoked") + " (keyCompromise)",
        ),
        (
            &[(LEAF, KEY_COMPROMISE)],
            &[(LEAF, REMOVED)],
            since(90, "revoked") + " (keyCompromise)",
        ),
        (
            &[(LEAF, KEY_COMPROMISE)],
            &[],
            since(90, "revoked") + " (keyCompromise)",
        ),
    ] {
        let lists = [house.delta(95, 90, delta), complete(base)];
        assert_eq!(house.by_lists(&lists), wanted, "{base:?} and {delta:?}");
    }
    // Of several deltas the newest counts.
    let lists = [
        complete(&[(LEAF, HOLD)]),
        house.delta(95, 90, &[(LEAF, HOLD)]),
        house.delta(96, 90, &[(LEAF, REMOVED)]),
    ];
    assert_eq!(house.by_lists(&lists), "valid");
    // A delta on a later list, one of another key, and one alone.
    let lifting = &[(LEAF, REMOVED)];
    for other in [
        house.delta(95, 91, lifting),
        house.delta(90, 80, lifting),
        List::delta(95, 90, lifting).signed(house.root.name(), &key()),
    ] {
        assert_eq!(
            house.by_lists(&[complete(&[(LEAF, HOLD)]), other]),
            since(90, "suspended")
        );
    }
    assert_eq!(house.by_lists(&[house.delta(95, 90, &[])]), UNKNOWN);
    // A current delta makes an old complete list current (RFC 5280 §5.2.4).
    let old = house.root.list(&List {
        next_update: NOW - 1,
        ..List::new(90, &[])
    });
    assert_eq!(house.by_lists(std::slice::from_ref(&old)), UNKNOWN, "control");
    assert_eq!(house.by_lists(&[old, house.delta(95, 90, &[])]), "valid");
}

#[test]
fn p05_a_list_that_the_cas_other_key_signed_is_heard_if_that_key_is_the_cas() {
    let root = Ca::root(&Draft::authority("Root"));
    let ca = root.authority(&Draft::authority("CA").serial(2));
    let other = root.authority(&Draft::authority("CA").serial(3).instead(key_usage(&[6])));
    let unlisted = Ca::root(&Draft::authority("CA").serial(4));
    let leaf = ca.holder(&Draft::holder("Leaf"));
    let of_root = root.list(&List::new(90, &[]));
    let asked = |others: &[&Ca], lists: &[RevocationList]| {
        let others: Vec<Certificate> = others.iter().map(|ca| ca.certificate.clone()).collect();
        said(&ask(&leaf, &root.certificate, &others, lists, &[], &Question::at(NOW)))
    };
    for order in [[&ca, &other], [&other, &ca]] {
        let good = other.list(&List::new(90, &[]));
        let revoking = other.list(&List::new(91, &[(LEAF, KEY_COMPROMISE)]));
        assert_eq!(asked(&order, &[of_root.clone(), good.clone()]), "valid");
        assert!(asked(&order, &[of_root.clone(), good, revoking]).starts_with("invalid: it is revoked"));
    }
    // Not without its certificate, nor if that leads to no anchor, may not sign lists, or is revoked itself.
    let good = [of_root, other.list(&List::new(90, &[]))];
    assert_eq!(asked(&[&ca], &good), UNKNOWN);
    assert_eq!(
        asked(
            &[&ca, &unlisted],
            &[good[0].clone(), unlisted.list(&List::new(90, &[]))]
        ),
        UNKNOWN
    );
    let deaf = root.authority(&Draft::authority("CA").serial(5).instead(key_usage(&[5])));
    assert_eq!(
        asked(&[&ca, &deaf], &[good[0].clone(), deaf.list(&List::new(90, &[]))]),
        UNKNOWN
    );
    let revoked = root.list(&List::new(91, &[(3, KEY_COMPROMISE)]));
    assert_eq!(asked(&[&ca, &other], &[revoked, good[1].clone()]), UNKNOWN);
    // Another anchor of that name, or one below it, speaks for another house (RFC 5280 §6.3.3 f).
    let apart = Ca::root(&Draft::authority("CA").serial(6));
    let foreign = [good[0].clone(), apart.list(&List::new(90, &[]))];
    let anchors = Anchors::new([root.certificate.clone(), apart.certificate.clone()]);
    let inputs = Inputs {
        intermediates: std::slice::from_ref(&ca.certificate),
        lists: &foreign,
        answers: &[],
        verified: None,
    };
    assert_eq!(said(&validate(&leaf, &anchors, inputs, &Question::at(NOW))), UNKNOWN);
    // Both keys sign lists: what either revokes is revoked, whichever counts higher.
    let both = [
        good[0].clone(),
        ca.list(&List::new(80, &[(LEAF, KEY_COMPROMISE)])),
        other.list(&List::new(90, &[])),
    ];
    assert!(asked(&[&ca, &other], &both).starts_with("invalid: it is revoked"));
}

#[test]
fn lists_of_some_reasons_and_of_some_points_speak_only_of_those() {
    let point = |url: &str| tlv(0xa0, &tlv(0xa0, &uri(url)));
    let points = |points: &[Vec<u8>]| {
        let each: Vec<u8> = points.iter().flat_map(|point| tlv(0x30, point)).collect();
        extension(&[0x55, 0x1d, 31], false, &tlv(0x30, &each))
    };
    let scope = |fields: &[Vec<u8>]| extension(&[0x55, 0x1d, 28], true, &tlv(0x30, &fields.concat()));
    let (one, two) = (point("http://a.example/1"), point("http://a.example/2"));
    let house = House::with(&Draft::holder("Leaf").with(points(std::slice::from_ref(&one))));
    let list = |fields: &[Vec<u8>], entries: &[(u8, u8)]| house.root.list(&List::new(90, entries).with(scope(fields)));
    let flag = |number: u8| tlv(0x80 | number, &[0xff]);
    // keyCompromise and cACompromise; the rest.
    let (some, rest) = (tlv(0x83, &[5, 0x60]), tlv(0x83, &[7, 0x1f, 0x80]));
    assert_eq!(
        house.by_lists(&[list(std::slice::from_ref(&one), &[])]),
        "valid",
        "the control must pass"
    );
    for (fields, why) in [
        (vec![two], "another shard"),
        (vec![flag(2)], "of CAs only"),
        (vec![flag(5)], "of attribute certificates only"),
        (vec![one.clone(), some.clone()], "of some reasons only"),
    ] {
        assert_eq!(house.by_lists(&[list(&fields, &[])]), UNKNOWN, "{why}");
    }
    assert_eq!(house.by_lists(&[list(&[one.clone(), flag(1)], &[])]), "valid");
    let both = [
        list(&[one.clone(), some.clone()], &[]),
        list(&[one.clone(), rest.clone()], &[]),
    ];
    assert_eq!(house.by_lists(&both), "valid");
    let both = [
        list(&[one.clone(), some], &[(LEAF, KEY_COMPROMISE)]),
        list(&[one.clone(), rest], &[]),
    ];
    assert!(house.by_lists(&both).starts_with("invalid: it is revoked"));
    // An extension that must be understood and is not.
    let strange = List::new(91, &[]).with(extension(&[0x55, 0x1d, 99], true, &[5, 0]));
    assert_eq!(house.by_lists(&[house.root.list(&strange)]), UNKNOWN);
}

#[test]
fn an_indirect_list_speaks_of_those_who_name_its_issuer_and_of_whom_its_entries_name() {
    let root = Ca::root(&Draft::authority("Root"));
    let ca = root.authority(&Draft::authority("CA").serial(2));
    let lister = root.authority(&Draft::holder("Lister").serial(3).instead(key_usage(&[6])));
    let point = tlv(0xa2, &directory(lister.name()));
    let points = extension(&[0x55, 0x1d, 31], false, &tlv(0x30, &tlv(0x30, &point)));
    let indirect = extension(&[0x55, 0x1d, 28], true, &tlv(0x30, &tlv(0x84, &[0xff])));
    let named = ca.holder(&Draft::holder("Leaf").with(points));
    let unnamed = ca.holder(&Draft::holder("Leaf"));
    let others = [ca.certificate.clone(), lister.certificate.clone()];
    let asked = |leaf: &Certificate, list: &RevocationList| {
        let lists = [root.list(&List::new(90, &[])), list.clone()];
        said(&ask(leaf, &root.certificate, &others, &lists, &[], &Question::at(NOW)))
    };
    let silent = lister.list(&List::new(90, &[]).with(indirect.clone()));
    assert_eq!(asked(&named, &silent), "valid", "the control must pass");
    assert_eq!(asked(&unnamed, &silent), UNKNOWN);
    assert_eq!(
        asked(&named, &lister.list(&List::new(90, &[]))),
        UNKNOWN,
        "not indirect"
    );
    // The same serial, of the list's own issuer: another certificate.
    let own = lister.list(&List::new(90, &[(LEAF, KEY_COMPROMISE)]).with(indirect));
    assert_eq!(asked(&named, &own), "valid");
    assert_eq!(lister.certificate.subject().der(), common_name("Lister"));
}

#[test]
fn p10_an_answer_of_a_delegate_whose_own_status_is_undetermined_is_undetermined() {
    let house = House::new();
    let delegate = |draft: Draft| {
        let key = key();
        let certificate = house.root.issue(&draft, &key);
        (answer(&house.root, LEAF, &GOOD, &certificate, &key), certificate)
    };
    let responder = || Draft::holder("Responder").serial(50).with(answers_ocsp());
    let by = |answer: &BasicResponse, lists: &[RevocationList]| house.by(&[], lists, std::slice::from_ref(answer));
    let (checked, _) = delegate(responder().with(nocheck()));
    assert_eq!(by(&checked, &[]), "valid", "the control must pass");
    let (unchecked, _) = delegate(responder());
    assert_eq!(by(&unchecked, &[]), UNKNOWN);
    // Shards that speak of the delegate and not of the leaf: here, by its kind only.
    let of_itself = answer(&house.root, 50, &GOOD, &house.root.certificate, &house.root.key);
    assert_eq!(house.by(&[], &[], &[unchecked.clone(), of_itself]), "valid");
    let revoked_itself = answer(&house.root, 50, &revoked(), &house.root.certificate, &house.root.key);
    assert_eq!(house.by(&[], &[], &[unchecked.clone(), revoked_itself]), UNKNOWN);
    // An answer by which a delegate vouches for itself is no answer of its own status.
    let own_key = key();
    let itself = house.root.issue(&responder(), &own_key);
    let vouching = answer(&house.root, 50, &GOOD, &itself, &own_key);
    let good = answer(&house.root, LEAF, &GOOD, &itself, &own_key);
    assert_eq!(house.by(&[], &[], &[good, vouching]), UNKNOWN);
    // Not a delegate at all: without the purpose, of another CA, ended.
    let (no_delegate, _) = delegate(Draft::holder("Responder").serial(50).with(nocheck()));
    assert_eq!(by(&no_delegate, &[]), UNKNOWN);
    let other = Ca::root(&Draft::authority("Root"));
    let foreign = other.issue(&responder().with(nocheck()), &own_key);
    assert_eq!(by(&answer(&house.root, LEAF, &GOOD, &foreign, &own_key), &[]), UNKNOWN);
    let mut ended = responder().with(nocheck());
    ended.not_after = NOW - 1;
    assert_eq!(by(&delegate(ended).0, &[]), UNKNOWN);
    // The issuer itself answers.
    let own = answer(&house.root, LEAF, &GOOD, &house.root.certificate, &house.root.key);
    assert_eq!(by(&own, &[]), "valid");
    let unknown = answer(&house.root, LEAF, &[0x82, 0], &house.root.certificate, &house.root.key);
    assert_eq!(by(&unknown, &[]), UNKNOWN);
    let bad = answer(&house.root, LEAF, &revoked(), &house.root.certificate, &house.root.key);
    assert_eq!(
        house.by(&[], &[house.list(90, &[])], &[bad, own]),
        "invalid: it is revoked since 2027-01-14T08:00:00Z"
    );
}

#[test]
fn i7_what_is_lacking_is_named_and_nothing_is_asked_where_it_is_not_wanted() {
    let root = Ca::root(&Draft::authority("Root"));
    let ca = root.authority(&Draft::authority("CA").serial(2));
    let leaf = ca.holder(&Draft::holder("Leaf"));
    let asked = |lists: &[RevocationList], revocation| {
        let question = Question {
            revocation,
            ..Question::at(NOW)
        };
        ask(
            &leaf,
            &root.certificate,
            std::slice::from_ref(&ca.certificate),
            lists,
            &[],
            &question,
        )
    };
    let Outcome::Undetermined(undetermined) = asked(&[], Revocation::Required) else {
        panic!("nothing was shown");
    };
    let lacking: Vec<_> = undetermined
        .lacking
        .iter()
        .map(|lacking| (&lacking.certificate, &lacking.issuer))
        .collect();
    assert_eq!(
        lacking,
        [(&leaf, &ca.certificate), (&ca.certificate, &root.certificate)]
    );
    assert_eq!(said(&asked(&[], Revocation::WhereShown)), "valid");
    let stale = ca.list(&List {
        next_update: NOW - 1,
        ..List::new(90, &[])
    });
    assert_eq!(
        said(&asked(std::slice::from_ref(&stale), Revocation::WhereShown)),
        UNKNOWN
    );
    assert_eq!(said(&asked(&[stale], Revocation::NotAsked)), "valid");
    // A CA that is revoked takes everything below it along, whatever that says of itself.
    let lists = [
        root.list(&List::new(90, &[(2, KEY_COMPROMISE)])),
        ca.list(&List::new(90, &[])),
    ];
    let Outcome::Invalid(invalid) = asked(&lists, Revocation::Required) else {
        panic!("the CA is revoked");
    };
    assert!(matches!(invalid.fault, Fault::Revoked { .. }) && !invalid.is_of_leaf());
    // What is valid says until when.
    let lists = [root.list(&List::new(90, &[])), ca.list(&List::new(90, &[]))];
    let Outcome::Valid(valid) = asked(&lists, Revocation::Required) else {
        panic!("the control must pass");
    };
    assert_eq!(valid.until, NOW + DAY);
}

#[test]
fn no_changed_octet_of_a_certificate_or_a_list_makes_it_good() {
    let root = Ca::root(&Draft::authority("Root"));
    let ca = root.authority(&Draft::authority("CA").serial(2));
    let leaf = ca.holder(&Draft::holder("Leaf"));
    let lists = [root.list(&List::new(90, &[])), ca.list(&List::new(90, &[]))];
    let asked = |leaf: &Certificate, ca: &Certificate, lists: &[RevocationList]| {
        said(&ask(
            leaf,
            &root.certificate,
            std::slice::from_ref(ca),
            lists,
            &[],
            &Question::at(NOW),
        ))
    };
    assert_eq!(asked(&leaf, &ca.certificate, &lists), "valid", "the control must pass");
    let mut changed = 0;
    for (part, der) in [leaf.der(), ca.certificate.der(), lists[1].der()]
        .into_iter()
        .enumerate()
    {
        for place in 0..der.len() {
            let mut der = der.to_vec();
            der[place] ^= 1 << (place % 8);
            let said = match part {
                0 => Certificate::parse_foreign(&der)
                    .map(|leaf| asked(&leaf, &ca.certificate, &lists))
                    .ok(),
                1 => Certificate::parse_foreign(&der)
                    .map(|ca| asked(&leaf, &ca, &lists))
                    .ok(),
                _ => RevocationList::parse(&der)
                    .map(|list| asked(&leaf, &ca.certificate, &[lists[0].clone(), list]))
                    .ok(),
            };
            changed += usize::from(said.is_some());
            assert_ne!(said.as_deref(), Some("valid"), "octet {place} of part {part}");
        }
    }
    assert!(changed > 250, "most can still be read: {changed}");
}

#[test]
fn p03_a_signature_that_is_remembered_says_nothing_of_time_of_revocation_or_of_other_octets() {
    let house = House::new();
    let anchors = Anchors::new([house.root.certificate.clone()]);
    let verified = Verified::default();
    let asked = |leaf: &Certificate, lists: &[RevocationList], at: i64, revocation: Revocation, signatures: u32| {
        let budget = Budget {
            signatures,
            ..Budget::default()
        };
        let question = Question {
            revocation,
            budget,
            ..Question::at(at)
        };
        let inputs = Inputs {
            lists,
            verified: Some(&verified),
            ..Inputs::default()
        };
        validate(leaf, &anchors, inputs, &question)
    };
    let not_asked = Revocation::NotAsked;
    let tries = [0, 1, 0].map(|signatures| said(&asked(&house.leaf, &[], NOW, not_asked, signatures)));
    assert!(tries[0].starts_with("undetermined"), "{tries:?}");
    assert_eq!(tries[1..], ["valid", "valid"], "once verified it costs nothing");
    let later = asked(&house.leaf, &[], house.leaf.not_after() + 1, not_asked, 0);
    assert!(
        matches!(&later, Outcome::Invalid(why) if matches!(why.fault, Fault::Expired { .. })),
        "{later:?}"
    );
    let list = house.list(80, &[(LEAF, KEY_COMPROMISE)]);
    let revoked = asked(&house.leaf, &[list], NOW, Revocation::Required, 9);
    assert!(
        matches!(&revoked, Outcome::Invalid(why) if matches!(why.fault, Fault::Revoked { .. })),
        "{revoked:?}"
    );
    // The same certificate under another signature was never verified, and does not verify twice either.
    let mut forged = house.leaf.der().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = Certificate::parse(&forged).unwrap();
    for _ in 0..2 {
        let outcome = asked(&forged, &[], NOW, not_asked, 1);
        assert!(
            matches!(&outcome, Outcome::Invalid(why) if why.fault == Fault::Issuer),
            "{outcome:?}"
        );
    }
}
