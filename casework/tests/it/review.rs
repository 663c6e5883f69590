//! 審査: claim, two persons, never one's own, and a decision that is bound to what was decided upon.

use casework::Refusal;
use casework::evidence::Possession;
use casework::identity::{Company, Digest, PersonNumber};
use casework::officer::{Officer, Role};
use casework::review::{Approval, OwnCompany, Parties, Persons, Reason, Review, Rule, Ruled, Verdict};
use casework::time::Instant;

use crate::office::{HOLDERS_COMPANY, hanako, hanako_again, insider, jiro, kanri, rule, saburo};
use crate::{CARD, TEXT};

#[test]
fn a21_of_two_officers_one_has_it_and_the_other_is_told_until_when() {
    let taken = claimed(&jiro());
    let until = NOW.plus_seconds(rule().claim_for);
    let other = taken.claimed(&saburo(), &parties(), &rule(), NOW);
    assert_eq!(other.unwrap_err(), Refusal::Claimed { until });
    let ask = |review: &Review, officer: &Officer, now| {
        review.asked(officer, &Verdict::Approve, TEXT, &parties(), &rule(), now)
    };
    assert_eq!(ask(&taken, &saburo(), NOW).unwrap_err(), Refusal::Claimed { until });
    let later = until.plus_seconds(1);
    let claimed = taken.claimed(&saburo(), &parties(), &rule(), later);
    assert!(claimed.is_ok(), "a claim ends by itself");
    assert_eq!(ask(&taken, &jiro(), later).unwrap_err(), Refusal::NotClaimed);
    let back = taken.released(&jiro(), NOW).unwrap();
    assert!(back.claimed(&saburo(), &parties(), &rule(), NOW).is_ok());
    assert_eq!(back.released(&jiro(), NOW).unwrap_err(), Refusal::NotClaimed);
}

#[test]
fn an_administrator_hands_it_over_and_the_officer_before_is_out() {
    let taken = claimed(&jiro());
    let hand = |by: &Officer, to: &Officer| taken.reassigned(by, to, &parties(), &rule(), NOW);
    let handed = hand(&kanri(), &saburo()).unwrap();
    let ask = handed.asked(&jiro(), &Verdict::Approve, TEXT, &parties(), &rule(), NOW);
    assert!(matches!(ask, Err(Refusal::Claimed { .. })));
    let role = Role::Administration;
    assert_eq!(hand(&saburo(), &saburo()).unwrap_err(), Refusal::NoRole { role });
    assert_eq!(
        hand(&kanri(), &hanako_again()).unwrap_err(),
        Refusal::SamePerson,
        "not to the first person either"
    );
    assert_eq!(hand(&kanri(), &insider()).unwrap_err(), Refusal::OwnApplication);
}

#[test]
fn a22_the_first_person_is_not_the_second_under_any_account() {
    // Another person with the first one's card is not another person.
    let borrowed = Officer {
        card: hanako().card,
        ..jiro()
    };
    for same in [hanako(), hanako_again(), borrowed] {
        let refused = waiting().claimed(&same, &parties(), &rule(), NOW);
        assert_eq!(refused.unwrap_err(), Refusal::SamePerson);
    }
}

#[test]
fn a22_nobody_decides_on_the_own_card_person_or_company() {
    let claim = |officer: &Officer, parties: &Parties, rule: &Rule| waiting().claimed(officer, parties, rule, NOW);
    assert_eq!(
        claim(&insider(), &parties(), &rule()).unwrap_err(),
        Refusal::OwnApplication
    );
    let own_house = Rule {
        own_company: OwnCompany::Taken,
        ..rule()
    };
    assert!(
        claim(&insider(), &parties(), &own_house).is_ok(),
        "an organisation may look after its own cards"
    );
    let own_card = Parties {
        cards: vec![jiro().card],
        ..parties()
    };
    let own_person = Parties {
        persons: vec![PersonNumber("1002".into())],
        ..parties()
    };
    for own in [own_card, own_person] {
        assert_eq!(claim(&jiro(), &own, &own_house).unwrap_err(), Refusal::OwnApplication);
        assert!(claim(&saburo(), &own, &own_house).is_ok());
    }
}

#[test]
fn a24_a_signature_over_another_text_by_another_card_or_too_late_decides_nothing() {
    let asked = asked(&Verdict::Approve);
    let ruled = |card, text, now| {
        let signed = Possession::verified(card, text, now);
        asked.ruled(&jiro(), &signed, Some(&proof()), &parties(), &rule(), now)
    };
    assert_eq!(
        ruled(saburo().card, TEXT, NOW).unwrap_err(),
        Refusal::AnotherCard,
        "a colleague's"
    );
    assert_eq!(
        ruled(jiro().card, FIRST_TEXT, NOW).unwrap_err(),
        Refusal::AnotherText,
        "that of the first approval"
    );
    let late = NOW.plus_seconds(rule().signature_within + 1);
    assert_eq!(ruled(jiro().card, TEXT, late).unwrap_err(), Refusal::Lapsed);
    assert!(matches!(ruled(jiro().card, TEXT, NOW), Ok(Ruled::Approved { .. })));
}

#[test]
fn a25_a_first_approval_that_nothing_proves_does_not_count() {
    let rule_on =
        |asked: &Review, proved: Option<&Possession>| asked.ruled(&jiro(), &signed(), proved, &parties(), &rule(), NOW);
    let approve = asked(&Verdict::Approve);
    let of_another_card = Possession::verified(CARD, FIRST_TEXT, NOW);
    let of_another_text = Possession::verified(hanako().card, TEXT, NOW);
    for proved in [None, Some(&of_another_card), Some(&of_another_text)] {
        assert_eq!(rule_on(&approve, proved).unwrap_err(), Refusal::Unproven);
    }
    let edited = Review {
        content: Digest([0xee; 32]),
        ..approve.clone()
    };
    let refused = rule_on(&edited, Some(&proof()));
    assert_eq!(refused.unwrap_err(), Refusal::Unproven, "it approved another content");
    assert!(rule_on(&approve, Some(&proof())).is_ok());
    let denied = rule_on(&asked(&Verdict::Deny(Box::new(reason()))), None);
    assert!(
        matches!(denied, Ok(Ruled::Denied(..))),
        "what is denied needs no approval"
    );
}

#[test]
fn one_person_is_enough_only_where_the_rule_says_so() {
    for persons in [Persons::One, Persons::Two] {
        let rule = Rule { persons, ..rule() };
        let asked = Review::of(CONTENT, NOW)
            .claimed(&jiro(), &parties(), &rule, NOW)
            .unwrap()
            .asked(&jiro(), &Verdict::Approve, TEXT, &parties(), &rule, NOW)
            .unwrap();
        let ruled = asked.ruled(&jiro(), &signed(), None, &parties(), &rule, NOW).unwrap();
        match (ruled, persons) {
            (Ruled::Second(review), Persons::Two) => {
                let again = review.claimed(&jiro(), &parties(), &rule, NOW);
                assert_eq!(again.unwrap_err(), Refusal::SamePerson);
            }
            (Ruled::Approved { first: None, .. }, Persons::One) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_new_claim_takes_back_what_was_out_for_signature() {
    let again = asked(&Verdict::Approve)
        .claimed(&jiro(), &parties(), &rule(), NOW)
        .unwrap();
    let refused = again.ruled(&jiro(), &signed(), Some(&proof()), &parties(), &rule(), NOW);
    assert_eq!(refused.unwrap_err(), Refusal::Stale);
}

fn waiting() -> Review {
    let first = Approval::by(&hanako(), CONTENT, &proof(), NOW);
    Review::entered(CONTENT, first, NOW)
}

fn claimed(officer: &Officer) -> Review {
    waiting().claimed(officer, &parties(), &rule(), NOW).unwrap()
}

fn asked(verdict: &Verdict) -> Review {
    claimed(&jiro())
        .asked(&jiro(), verdict, TEXT, &parties(), &rule(), NOW)
        .unwrap()
}

fn signed() -> Possession {
    Possession::verified(jiro().card, TEXT, NOW)
}

/// The first approval as its kept signature proves it.
fn proof() -> Possession {
    Possession::verified(hanako().card, FIRST_TEXT, NOW)
}

fn parties() -> Parties {
    Parties {
        persons: Vec::new(),
        cards: vec![CARD],
        companies: vec![Company(HOLDERS_COMPANY.into())],
    }
}

fn reason() -> Reason {
    Reason {
        key: "not_entitled".into(),
        remark: None,
    }
}

/// 2026-06-01 00:00 in Japan.
const NOW: Instant = Instant(1_780_239_600);
const CONTENT: Digest = Digest([0xcc; 32]);
const FIRST_TEXT: Digest = Digest([0xf1; 32]);
