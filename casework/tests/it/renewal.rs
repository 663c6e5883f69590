//! ICカード更新: what is refused at the reader, what is held, and what takes effect when.

use casework::Refusal;
use casework::card::{Binding, Standing};
use casework::evidence::{Possession, ReadBoth};
use casework::identity::{Company, Digest, Fingerprint, RegistrationId};
use casework::names::{Class, Comparison, Kind, compare};
use casework::number::Number;
use casework::officer::Officer;
use casework::register::{Compared, Numbers, Person};
use casework::renewal::{
    Case, Command, Decision, Errand, Event, Facts, Known, Letter, Policy, ReviewPolicy, Variant, Warning, Write,
    current_card, decide, new_card, warnings,
};
use casework::review::{Parties, Persons, Reason, Rule, Verdict};
use casework::time::Instant;

use crate::office::{HOLDERS_COMPANY, jiro, kanri, rule, saburo};
use crate::{ANOTHER_CARD, CARD, TEXT, clock, day};

#[test]
fn r104_a_matching_renewal_binds_the_new_card_in_the_same_decision() {
    let decision = confirm(&facts(), &review()).unwrap();
    assert_eq!(
        decision.writes,
        [
            Write::Number { number: NUMBER },
            Write::Bind {
                registration: REGISTRATION,
                from: CARD,
                to: ANOTHER_CARD,
                at: now(),
            },
            Write::Queue,
        ]
    );
    assert_eq!(decision.errands, [Errand::Mail(Letter::Completed)]);
    assert!(matches!(decision.next, Case::Renewed { approvals: None, .. }));
}

#[test]
fn r110_the_same_card_twice_is_no_renewal() {
    let same = Command::Open {
        read: ReadBoth::verified(REGISTRATION, CARD, CARD, (TEXT, TEXT), now()),
        person: None,
    };
    assert_eq!(step(&Case::New, &same).unwrap_err(), Refusal::SameCard);
    assert_eq!(new_card(CARD, CARD, unknown(), now()), Err(Refusal::SameCard));
}

#[test]
fn r111_an_unregistered_card_where_the_current_one_was_asked_for_is_probably_the_new_one() {
    assert_eq!(current_card(unknown(), now()), Err(Refusal::CardsSwapped));
    let swapped = Facts {
        from: unknown(),
        to: bound(None),
        ..facts()
    };
    assert_eq!(open(&swapped).unwrap_err(), Refusal::CardsSwapped);
}

#[test]
fn r107_the_current_card_renews_its_own_registration_alone() {
    let elsewhere = Facts {
        from: Known {
            binding: Some(Binding {
                registration: RegistrationId([8; 16]),
                from: day(2025, 1, 1),
                until: None,
            }),
            ..bound(None)
        },
        ..facts()
    };
    assert_eq!(open(&elsewhere).unwrap_err(), Refusal::AnotherCard);
}

#[test]
fn r112_a_card_that_the_office_has_ever_known_is_not_registered_again() {
    for until in [None, Some(day(2026, 1, 1))] {
        let known = Facts {
            to: bound(until),
            ..facts()
        };
        assert_eq!(open(&known).unwrap_err(), Refusal::CardRegistered);
        assert_eq!(confirm(&known, &core()).unwrap_err(), Refusal::CardRegistered);
    }
}

#[test]
fn r102_r104_r203_an_expired_revoked_or_replaced_card_is_not_renewed() {
    for (standing, refusal) in unfit() {
        let from = Known {
            standing,
            ..bound(None)
        };
        assert_eq!(open(&Facts { from, ..facts() }).unwrap_err(), refusal);
    }
    let since = day(2026, 5, 1);
    let replaced = Facts {
        from: bound(Some(since)),
        ..facts()
    };
    assert_eq!(open(&replaced).unwrap_err(), Refusal::CardRenewed { since });
}

#[test]
fn r113_r114_a_new_card_that_is_not_accepted_is_refused_at_once_and_again_at_the_end() {
    for (standing, refusal) in unfit() {
        let to = Known { standing, ..unknown() };
        let unfit = Facts { to, ..facts() };
        assert_eq!(open(&unfit).unwrap_err(), refusal);
        assert_eq!(confirm(&unfit, &core()).unwrap_err(), refusal, "R117, G-T2");
        assert_eq!(new_card(CARD, ANOTHER_CARD, to, now()), Err(refusal));
    }
}

#[test]
fn i07_what_could_not_be_found_out_is_neither_accepted_nor_kept() {
    let stale = Known {
        standing: Standing::Accepted {
            until: now().plus_seconds(-1),
        },
        ..unknown()
    };
    for to in [
        stale,
        Known {
            standing: Standing::Undetermined,
            ..unknown()
        },
    ] {
        let unclear = Facts { to, ..facts() };
        assert_eq!(open(&unclear).unwrap_err(), Refusal::Undetermined);
        let approve = at(
            &proposed(&Verdict::Approve),
            &decided(),
            &by(unclear, &jiro()),
            &review(),
            now(),
        );
        assert_eq!(
            approve.unwrap_err(),
            Refusal::Undetermined,
            "an approval waits, and is not unfit"
        );
    }
}

#[test]
fn r202_a_card_is_current_through_its_last_second() {
    let until = clock(day(2026, 6, 1), 23, 59, 59);
    let last = Known {
        standing: Standing::Accepted { until },
        ..bound(None)
    };
    assert_eq!(current_card(last, until), Ok(REGISTRATION));
    assert!(current_card(last, until.plus_seconds(1)).is_err());
}

#[test]
fn r117_a_third_card_another_text_or_a_late_signature_changes_nothing() {
    let asked = awaiting();
    let confirm = |card, text, now| at(&asked, &confirmed(card, text), &facts(), &core(), now);
    assert_eq!(
        confirm(Fingerprint([9; 32]), TEXT, now()).unwrap_err(),
        Refusal::AnotherCard
    );
    assert_eq!(
        confirm(CARD, TEXT, now()).unwrap_err(),
        Refusal::AnotherCard,
        "nor the old card"
    );
    assert_eq!(
        confirm(ANOTHER_CARD, FIRST_TEXT, now()).unwrap_err(),
        Refusal::AnotherText
    );
    let late = now().plus_seconds(core().signature_within + 1);
    assert_eq!(confirm(ANOTHER_CARD, TEXT, late).unwrap_err(), Refusal::Lapsed);
    assert!(confirm(ANOTHER_CARD, TEXT, now().plus_seconds(core().signature_within)).is_ok());
}

#[test]
fn g_s3_a_card_is_in_one_open_application() {
    let open_one = Facts {
        open: Some(NUMBER),
        ..facts()
    };
    assert_eq!(open(&open_one).unwrap_err(), Refusal::AlreadyApplied { number: NUMBER });
    assert_eq!(
        confirm(&open_one, &review()).unwrap_err(),
        Refusal::AlreadyApplied { number: NUMBER }
    );
}

#[test]
fn r116_under_core_names_that_differ_are_shown_and_change_nothing() {
    for compared in [Some(other()), None, Some(variant())] {
        let decision = confirm(&Facts { compared, ..facts() }, &core()).unwrap();
        assert!(matches!(decision.next, Case::Renewed { .. }));
    }
}

#[test]
fn r204_r209_a_mismatch_in_either_name_always_holds_and_a_match_never_does() {
    let person = Compared {
        company: same(),
        ..other()
    };
    let company = Compared {
        person: same(),
        ..other()
    };
    let unreadable = Compared {
        person: Comparison {
            class: Class::NotComparable,
            differences: Vec::new(),
        },
        ..matching()
    };
    for compared in [Some(person), Some(company), Some(unreadable), Some(other()), None] {
        let decision = confirm(&Facts { compared, ..facts() }, &review()).unwrap();
        assert!(matches!(decision.next, Case::Held { .. }));
        assert_eq!(decision.errands, [Errand::Mail(Letter::Held)]);
        assert_eq!(
            decision.writes,
            [
                Write::Number { number: NUMBER },
                Write::Occupy {
                    cards: [CARD, ANOTHER_CARD]
                },
                Write::Queue
            ],
            "§5.3: nothing has changed yet"
        );
    }
    assert!(matches!(
        confirm(&facts(), &review()).unwrap().next,
        Case::Renewed { .. }
    ));
}

#[test]
fn a11_variants_pass_and_are_told_or_are_held_as_the_office_says() {
    let glyphs = Facts {
        compared: Some(variant()),
        ..facts()
    };
    let decision = confirm(&glyphs, &review()).unwrap();
    let Event::Renewed { variants, .. } = decision.event else {
        panic!("{:?}", decision.event)
    };
    assert_eq!(variants.len(), 1);
    assert_eq!(
        (variants[0].register.text.as_str(), variants[0].card.text.as_str()),
        ("髙", "高")
    );
    let strict = Policy {
        review: ReviewPolicy::OnMismatch { variant: Variant::Hold },
        ..review()
    };
    assert!(matches!(confirm(&glyphs, &strict).unwrap().next, Case::Held { .. }));
}

#[test]
fn r103_r106_r115_r116_what_does_not_hinder_is_said_before() {
    let (old, new) = (
        (day(2024, 1, 1), day(2026, 11, 14)),
        (day(2026, 1, 1), day(2026, 11, 13)),
    );
    let openings = [day(2026, 11, 14).day(), day(2026, 11, 15).day()];
    let said = warnings((old, new), &openings, Some(&other()), &core(), day(2026, 3, 12));
    assert_eq!(
        said,
        [
            Warning::Older { new: new.1, old: old.1 },
            Warning::Early { days: 247 },
            Warning::Bid {
                opening: day(2026, 11, 15).day()
            },
            Warning::Name
        ]
    );
    let equal = warnings((old, old), &[], Some(&matching()), &core(), day(2026, 11, 1));
    assert_eq!(equal, [], "R115: equal is silent, as in 001's own sample");
}

pub(crate) fn cases() -> [(&'static str, Case); 12] {
    let done = |verdict: &Verdict| officer(&proposed(verdict), &decided(), &jiro()).unwrap().next;
    let returned = done(&back());
    let late = now().day().plus(15).ends();
    [
        ("New", Case::New),
        ("Confirming", confirming()),
        ("Awaiting", awaiting()),
        ("Held", held()),
        ("Held+", officer(&held(), &Command::Claim, &jiro()).unwrap().next),
        ("Held++", proposed(&Verdict::Approve)),
        ("Returned", returned.clone()),
        ("Renewed", done(&Verdict::Approve)),
        ("Denied", done(&deny())),
        ("Withdrawn", step(&held(), &withdrawn()).unwrap().next),
        (
            "Lapsed",
            at(&returned, &Command::Lapse, &facts(), &review(), late).unwrap().next,
        ),
        ("Abandoned", step(&confirming(), &Command::Abandon).unwrap().next),
    ]
}

/// Each with the officer who acts, where it is one.
pub(crate) fn commands() -> [(&'static str, Command, Officer); 13] {
    [
        ("Open", opened(), jiro()),
        ("Ask", Command::Ask { text: TEXT }, jiro()),
        ("Back", Command::Back, jiro()),
        ("Confirm", confirmed(ANOTHER_CARD, TEXT), jiro()),
        ("Abandon", Command::Abandon, jiro()),
        ("Claim", Command::Claim, jiro()),
        ("Release", Command::Release, jiro()),
        ("Reassign", Command::Reassign, kanri()),
        (
            "Propose",
            Command::Propose {
                verdict: Verdict::Approve,
                text: TEXT,
            },
            jiro(),
        ),
        ("Decide", decided(), jiro()),
        ("Withdraw", withdrawn(), jiro()),
        ("Answer", answer(CARD), jiro()),
        ("Lapse", Command::Lapse, jiro()),
    ]
}

/// Under review, with names that differ.
pub(crate) fn officer(case: &Case, command: &Command, officer: &Officer) -> Result<Decision, Refusal> {
    let differing = Facts {
        compared: Some(other()),
        ..by(facts(), officer)
    };
    at(case, command, &differing, &review(), now())
}

pub(crate) fn step(case: &Case, command: &Command) -> Result<Decision, Refusal> {
    officer(case, command, &jiro())
}

pub(crate) fn at(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    decide(case, command, facts, policy, now)
}

fn open(facts: &Facts) -> Result<Decision, Refusal> {
    at(&Case::New, &opened(), facts, &core(), now())
}

fn confirm(facts: &Facts, policy: &Policy) -> Result<Decision, Refusal> {
    at(&awaiting(), &confirmed(ANOTHER_CARD, TEXT), facts, policy, now())
}

fn confirming() -> Case {
    open(&facts()).unwrap().next
}

fn awaiting() -> Case {
    at(&confirming(), &Command::Ask { text: TEXT }, &facts(), &core(), now())
        .unwrap()
        .next
}

pub(crate) fn held() -> Case {
    step(&awaiting(), &confirmed(ANOTHER_CARD, TEXT)).unwrap().next
}

pub(crate) fn proposed(verdict: &Verdict) -> Case {
    let claimed = officer(&held(), &Command::Claim, &jiro()).unwrap().next;
    let propose = Command::Propose {
        verdict: verdict.clone(),
        text: TEXT,
    };
    officer(&claimed, &propose, &jiro()).unwrap().next
}

pub(crate) fn opened() -> Command {
    Command::Open {
        read: ReadBoth::verified(REGISTRATION, CARD, ANOTHER_CARD, (FIRST_TEXT, SECOND_TEXT), now()),
        person: Some("入札　花子".into()),
    }
}

pub(crate) fn confirmed(card: Fingerprint, text: Digest) -> Command {
    Command::Confirm {
        signed: Possession::verified(card, text, now()),
        number: NUMBER,
    }
}

pub(crate) fn decided() -> Command {
    Command::Decide {
        signed: Possession::verified(jiro().card, TEXT, now()),
    }
}

pub(crate) fn withdrawn() -> Command {
    Command::Withdraw { by: CARD }
}

pub(crate) fn answer(by: Fingerprint) -> Command {
    Command::Answer {
        by,
        remark: "名簿の変更届を提出しました。".into(),
        content: ANSWERED,
    }
}

pub(crate) fn deny() -> Verdict {
    Verdict::Deny(Box::new(reason()))
}

pub(crate) fn back() -> Verdict {
    Verdict::Return(Box::new(reason()))
}

pub(crate) fn reason() -> Reason {
    Reason {
        key: "name_differs".into(),
        remark: None,
    }
}

/// Everything a card can be instead of accepted.
pub(crate) fn unfit() -> [(Standing, Refusal); 6] {
    let at = day(2026, 5, 1);
    [
        (Standing::NotYetValid { from: at }, Refusal::NotYetValid { from: at }),
        (Standing::Expired { at }, Refusal::Expired { at }),
        (Standing::Revoked { at }, Refusal::AlreadyRevoked { at }),
        (Standing::Unaccepted, Refusal::Unaccepted),
        (Standing::Broken, Refusal::Broken),
        (Standing::Undetermined, Refusal::Undetermined),
    ]
}

pub(crate) fn by(facts: Facts, officer: &Officer) -> Facts {
    Facts {
        officer: Some(officer.clone()),
        ..facts
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        officer: None,
        hand_to: Some(saburo()),
        parties: Parties {
            persons: Vec::new(),
            cards: vec![CARD, ANOTHER_CARD],
            companies: vec![Company(HOLDERS_COMPANY.into())],
        },
        first: None,
        from: bound(None),
        to: unknown(),
        open: None,
        compared: Some(matching()),
    }
}

pub(crate) fn bound(until: Option<Instant>) -> Known {
    Known {
        binding: Some(Binding {
            registration: REGISTRATION,
            from: day(2025, 1, 1),
            until,
        }),
        standing: accepted(),
    }
}

pub(crate) fn unknown() -> Known {
    Known {
        binding: None,
        standing: accepted(),
    }
}

/// For longer than any test waits.
fn accepted() -> Standing {
    Standing::Accepted { until: day(2027, 6, 1) }
}

pub(crate) fn matching() -> Compared {
    Compared {
        company: same(),
        person: same(),
        against: Person::Representative,
        numbers: Numbers::Unknown,
    }
}

pub(crate) fn variant() -> Compared {
    Compared {
        person: compare(Kind::Person, "髙橋　一郎", "高橋　一郎"),
        ..matching()
    }
}

pub(crate) fn other() -> Compared {
    Compared {
        company: compare(Kind::Company, "株式会社テスト工務店", "テスト工務店株式会社"),
        person: compare(Kind::Person, "渡辺", "渡部"),
        ..matching()
    }
}

fn same() -> Comparison {
    compare(Kind::Company, "株式会社テスト工務店", "（株）テスト工務店")
}

pub(crate) const fn core() -> Policy {
    Policy {
        review: ReviewPolicy::None,
        early_after_days: 183,
        signature_within: 1_800,
        returned_for_days: 14,
        rule: one(),
    }
}

pub(crate) const fn review() -> Policy {
    Policy {
        review: ReviewPolicy::OnMismatch {
            variant: Variant::Accept,
        },
        ..core()
    }
}

pub(crate) const fn one() -> Rule {
    Rule {
        persons: Persons::One,
        ..rule()
    }
}

pub(crate) fn now() -> Instant {
    clock(day(2026, 6, 1), 10, 0, 0)
}

pub(crate) const REGISTRATION: RegistrationId = RegistrationId([7; 16]);
const NUMBER: Number = Number::from_random([3; 8]);
pub(crate) const FIRST_TEXT: Digest = Digest([0x11; 32]);
pub(crate) const SECOND_TEXT: Digest = Digest([0x22; 32]);
pub(crate) const ANSWERED: Digest = Digest([0x33; 32]);
