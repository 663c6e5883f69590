//! Procedure 000.

use casework::application::{Application, Ground};
use casework::evidence::{Informed, Possession, Presented};
use casework::identity::Digest;
use casework::number::Number;
use casework::refund::{Purchase, Refund, Terms};
use casework::revocation::{Case, Command, Decision, Errand, Event, Facts, Letter, Policy, Subject, Write, decide};
use casework::time::{Date, Day, Instant};
use casework::{Answer, Refusal};

use crate::{ANOTHER_CARD, CARD, FLOW, TERMS, TEXT, application, certificate, clock, day, login};

#[test]
fn the_thirtieth_day_before_expiry_is_the_last_and_its_midnight_ends_it() {
    // DOMAIN §3.2: the three vectors, each E−31, E−30 and E−29. 2028 has a 29 February between.
    for (expiry, last) in [
        ((2026, 12, 31), (2026, 12, 1)),
        ((2027, 3, 1), (2027, 1, 30)),
        ((2028, 3, 1), (2028, 1, 31)),
    ] {
        let facts = expiring(day(expiry.0, expiry.1, expiry.2));
        let last = Date::new(last.0, last.1, last.2).unwrap().as_day();
        assert_eq!(policy().last_day(facts.validity.unwrap().1), last);
        for open in [last.plus(-1).begins(), last.begins(), last.ends()] {
            assert!(opened_at(&facts, open).is_ok(), "{expiry:?} at {open:?}");
        }
        for closed in [last.plus(1).begins(), last.plus(1).ends()] {
            assert_eq!(opened_at(&facts, closed).unwrap_err(), Refusal::Late { last });
        }
    }
}

#[test]
fn a_session_begun_at_23_58_and_confirmed_at_00_01_is_late() {
    let facts = expiring(day(2026, 12, 31));
    let begun = clock(day(2026, 12, 1), 23, 58, 0);
    let case = awaiting(&facts, begun);
    let confirm = |at| decide(&case, &confirm(at), &facts, &policy(), at);
    assert!(confirm(clock(day(2026, 12, 1), 23, 59, 59)).is_ok());
    let last = Date::new(2026, 12, 1).unwrap().as_day();
    assert_eq!(
        confirm(clock(day(2026, 12, 2), 0, 1, 0)).unwrap_err(),
        Refusal::Late { last }
    );
}

#[test]
fn the_expiry_day_is_the_day_in_japan() {
    // 2026-12-31T14:59:59Z is the last second of 31 December in Japan (G-T1); a second later is 1 January.
    let end = Instant(1_798_729_199);
    assert_eq!(end.day().date(), Date::new(2026, 12, 31).unwrap());
    assert_eq!(policy().last_day(end).date(), Date::new(2026, 12, 1).unwrap());
    assert_eq!(
        policy().last_day(end.plus_seconds(1)).date(),
        Date::new(2026, 12, 2).unwrap()
    );
}

#[test]
fn acceptance_revokes_both_certificates_in_the_same_decision_and_queues_their_lists_and_three_letters() {
    let now = day(2026, 6, 1);
    let facts = expiring(day(2026, 12, 31));
    let case = awaiting(&facts, now);
    let decision = decide(&case, &confirm(now), &facts, &policy(), now).unwrap();
    assert_eq!(
        decision.writes,
        [
            Write::Revoke {
                certificate: certificate(),
                ground: Ground::KeyCompromise,
                at: now,
                event_day: Some(now.day()),
            },
            Write::Revoke {
                certificate: login(),
                ground: Ground::KeyCompromise,
                at: now,
                event_day: Some(now.day()),
            },
            Write::Number { number: number() },
        ]
    );
    assert_eq!(
        decision.errands,
        [
            Errand::PublishCrl {
                certificate: certificate()
            },
            Errand::PublishCrl { certificate: login() },
            Errand::Mail(Letter::Accepted),
            Errand::Mail(Letter::Revoked),
            Errand::Mail(Letter::Refund),
        ]
    );
    assert_eq!(decision.answer, Answer::Done);
    assert_eq!(
        decision.event,
        Event::Revoked {
            card: CARD,
            ground: Ground::KeyCompromise,
            text: TEXT,
            number: number(),
        }
    );
    let Case::Revoked { at, number: given, .. } = decision.next else {
        panic!("accepted means revoked");
    };
    assert_eq!((at, given), (now, number()));
}

#[test]
fn an_authentication_certificate_that_was_revoked_before_is_left_as_it_is() {
    let now = day(2026, 6, 1);
    let facts = Facts {
        authentication_revoked: Some(now.plus_seconds(-60)),
        ..expiring(day(2026, 12, 31))
    };
    let case = awaiting(&facts, now);
    let decision = decide(&case, &confirm(now), &facts, &policy(), now).unwrap();
    let revoked: Vec<_> = decision
        .writes
        .iter()
        .filter_map(|write| match write {
            Write::Revoke { certificate, .. } => Some(certificate.clone()),
            Write::Number { .. } => None,
        })
        .collect();
    assert_eq!(revoked, [certificate()]);
}

#[test]
fn nothing_but_the_confirmation_writes() {
    let now = day(2026, 6, 1);
    let facts = expiring(day(2026, 12, 31));
    let mut writing = 0;
    for case in cases(&facts, now) {
        for command in commands(now) {
            if let Ok(Decision { writes, errands, .. }) = decide(&case.1, &command.1, &facts, &policy(), now) {
                assert_eq!(writes.is_empty(), errands.is_empty());
                writing += usize::from(!writes.is_empty());
                assert!(writes.is_empty() || matches!(command.1, Command::Confirm { .. }));
            }
        }
    }
    assert_eq!(writing, 1);
}

#[test]
fn a05_evidence_of_another_card_opens_and_confirms_nothing() {
    let now = day(2026, 6, 1);
    let facts = expiring(day(2026, 12, 31));
    let foreign = Command::Open {
        informed: Informed::opened(FLOW, TERMS, now),
        presented: Presented::verified(ANOTHER_CARD, now),
        subject: subject(),
    };
    assert_eq!(
        decide(&Case::New, &foreign, &facts, &policy(), now).unwrap_err(),
        Refusal::AnotherCard
    );
    let swapped = Command::Confirm {
        signed: Possession::verified(ANOTHER_CARD, TEXT, now),
        number: number(),
    };
    let case = awaiting(&facts, now);
    assert_eq!(
        decide(&case, &swapped, &facts, &policy(), now).unwrap_err(),
        Refusal::AnotherCard
    );
}

#[test]
fn a_signature_over_another_text_or_after_its_time_confirms_nothing() {
    let now = day(2026, 6, 1);
    let facts = expiring(day(2026, 12, 31));
    let case = awaiting(&facts, now);
    let other = Command::Confirm {
        signed: Possession::verified(CARD, Digest([9; 32]), now),
        number: number(),
    };
    assert_eq!(
        decide(&case, &other, &facts, &policy(), now).unwrap_err(),
        Refusal::AnotherText
    );
    let last = now.plus_seconds(policy().signature_within);
    assert!(decide(&case, &confirm(last), &facts, &policy(), last).is_ok());
    let late = last.plus_seconds(1);
    assert_eq!(
        decide(&case, &confirm(late), &facts, &policy(), late).unwrap_err(),
        Refusal::Lapsed
    );
}

#[test]
fn texts_that_changed_since_they_were_opened_must_be_opened_again() {
    let now = day(2026, 6, 1);
    for changed in [
        Facts {
            flow: TEXT,
            ..expiring(day(2026, 12, 31))
        },
        Facts {
            terms: TEXT,
            ..expiring(day(2026, 12, 31))
        },
    ] {
        assert_eq!(opened_at(&changed, now).unwrap_err(), Refusal::NotInformed);
    }
}

#[test]
fn a_certificate_that_cannot_be_revoked_is_told_apart_at_every_step() {
    let now = day(2026, 6, 1);
    let good = expiring(day(2026, 12, 31));
    let (not_before, not_after) = good.validity.unwrap();
    for (facts, at, refusal) in [
        (
            Facts {
                validity: None,
                ..good.clone()
            },
            now,
            Refusal::NeverIssued,
        ),
        (
            Facts {
                revoked: Some((now, None)),
                ..good.clone()
            },
            now,
            Refusal::AlreadyRevoked { at: now },
        ),
        (
            Facts {
                revoked: Some((now, Some(number()))),
                ..good.clone()
            },
            now,
            Refusal::AlreadyApplied { number: number() },
        ),
        (
            good.clone(),
            not_before.plus_seconds(-1),
            Refusal::NotYetValid { from: not_before },
        ),
        (
            good.clone(),
            not_after.plus_seconds(1),
            Refusal::Expired { at: not_after },
        ),
    ] {
        assert_eq!(opened_at(&facts, at).unwrap_err(), refusal);
        let reviewing = reviewing(&good, now);
        assert_eq!(
            decide(&reviewing, &Command::Ask { text: TEXT }, &facts, &policy(), at).unwrap_err(),
            refusal
        );
        let Case::Awaiting {
            opened,
            application,
            refund,
            text,
            ..
        } = awaiting(&good, now)
        else {
            unreachable!()
        };
        let patient = Case::Awaiting {
            opened,
            application,
            refund,
            text,
            until: at,
        };
        assert_eq!(
            decide(&patient, &confirm(at), &facts, &policy(), at).unwrap_err(),
            refusal
        );
    }
}

#[test]
fn going_back_keeps_what_was_entered_and_the_preview_is_stored_as_shown() {
    let now = day(2026, 6, 1);
    let facts = expiring(day(2026, 12, 31));
    let Case::Reviewing { refund, .. } = reviewing(&facts, now) else {
        unreachable!()
    };
    assert_eq!(refund, Refund::Estimate { yen: 300 });
    let back = decide(&awaiting(&facts, now), &Command::Edit, &facts, &policy(), now).unwrap();
    let Case::Entering { draft, .. } = back.next else {
        panic!("修正する leads to the form");
    };
    assert_eq!(draft, Some(Box::new(entered(now))));
}

pub(crate) fn cases(facts: &Facts, now: Instant) -> [(&'static str, Case); 6] {
    let entering = opened_at(facts, now).unwrap().next;
    let awaiting = awaiting(facts, now);
    let revoked = decide(&awaiting, &confirm(now), facts, &policy(), now).unwrap().next;
    [
        ("New", Case::New),
        ("Entering", entering),
        ("Reviewing", reviewing(facts, now)),
        ("Awaiting", awaiting),
        ("Revoked", revoked),
        ("Abandoned", Case::Abandoned { at: now }),
    ]
}

pub(crate) fn commands(now: Instant) -> [(&'static str, Command); 6] {
    [
        ("Open", open(now)),
        ("Enter", Command::Enter(Box::new(entered(now)))),
        ("Edit", Command::Edit),
        ("Ask", Command::Ask { text: TEXT }),
        ("Confirm", confirm(now)),
        ("Abandon", Command::Abandon),
    ]
}

pub(crate) fn expiring(expiry: Instant) -> Facts {
    let last: Day = expiry.day();
    Facts {
        flow: FLOW,
        terms: TERMS,
        validity: Some((last.plus(-364).begins(), last.ends())),
        revoked: None,
        authentication_revoked: None,
        purchase: Some(Purchase { price: 12_600 }),
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        last_day_before_expiry: 30,
        signature_within: 1_800,
        refund: Terms {
            fee: 7_000,
            unit: 100,
            minimum: 100,
        },
    }
}

pub(crate) fn number() -> Number {
    Number::from_random([0, 0, 0, 0, 7, 91, 205, 21])
}

fn opened_at(facts: &Facts, now: Instant) -> Result<Decision, Refusal> {
    decide(&Case::New, &open(now), facts, &policy(), now)
}

fn open(now: Instant) -> Command {
    Command::Open {
        informed: Informed::opened(FLOW, TERMS, now),
        presented: Presented::verified(CARD, now),
        subject: subject(),
    }
}

fn subject() -> Subject {
    Subject {
        certificate: certificate(),
        authentication: login(),
        card: CARD,
    }
}

fn entered(now: Instant) -> Application {
    application::form(now)
        .check("日本　太郎", now.plus_seconds(-86_400), now)
        .unwrap()
}

fn reviewing(facts: &Facts, now: Instant) -> Case {
    let entering = opened_at(facts, now).unwrap().next;
    let enter = Command::Enter(Box::new(entered(now)));
    decide(&entering, &enter, facts, &policy(), now).unwrap().next
}

fn awaiting(facts: &Facts, now: Instant) -> Case {
    decide(
        &reviewing(facts, now),
        &Command::Ask { text: TEXT },
        facts,
        &policy(),
        now,
    )
    .unwrap()
    .next
}

fn confirm(now: Instant) -> Command {
    Command::Confirm {
        signed: Possession::verified(CARD, TEXT, now),
        number: number(),
    }
}
