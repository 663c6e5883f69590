//! Random walks through procedure 000: whatever is sent, in whatever order, by whichever card, the same things hold.

use casework::evidence::{Informed, Possession, Presented};
use casework::identity::{Digest, Fingerprint};
use casework::number::Number;
use casework::revocation::{Case, Command, Facts, Subject, Write, decide};
use casework::time::Instant;
use proptest::prelude::*;

use crate::revocation::{expiring, policy};
use crate::{ANOTHER_CARD, CARD, FLOW, TERMS, application, certificate, day, login};

/// What may happen to a case. Where a card is named, 0 is the case's own.
#[derive(Clone, Debug)]
enum Step {
    Open {
        presented: u8,
        subject: u8,
    },
    Enter,
    Edit,
    Ask {
        text: u8,
    },
    Confirm {
        card: u8,
        text: u8,
    },
    Abandon,
    /// Somebody else revokes the certificate: an operator, or an application in another session.
    RevokedElsewhere,
    Wait {
        seconds: i64,
    },
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_certificate_is_revoked_at_most_once_by_its_own_card_over_the_text_it_was_asked_to_sign(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        walk(&steps)?;
    }
}

/// The control of the walk: it does reach acceptance, and the rules that it checks are met there.
#[test]
fn a_straight_walk_is_accepted() {
    let accepted = walk(&[
        Step::Open {
            presented: 0,
            subject: 0,
        },
        Step::Enter,
        Step::Ask { text: 7 },
        Step::Confirm { card: 0, text: 7 },
        Step::Confirm { card: 0, text: 7 },
    ]);
    assert_eq!(accepted.unwrap(), 1);
}

/// Walks, and counts the revocations.
fn walk(steps: &[Step]) -> Result<usize, TestCaseError> {
    let mut now = day(2026, 11, 30);
    let mut facts = expiring(day(2026, 12, 31));
    let mut case = Case::New;
    let mut asked = None;
    let mut revocations = 0;
    for step in steps {
        let command = match step {
            Step::RevokedElsewhere => {
                facts.revoked.get_or_insert((now, None));
                continue;
            }
            Step::Wait { seconds } => {
                now = now.plus_seconds(*seconds);
                continue;
            }
            step => command(step, now),
        };
        let before = case.clone();
        // The decision speaks for itself: asked twice, it says the same.
        let decided = decide(&case, &command, &facts, &policy(), now);
        prop_assert_eq!(&decided, &decide(&case, &command, &facts, &policy(), now));
        let Ok(decision) = decided else { continue };
        if let Command::Ask { text } = &command {
            asked = Some(*text);
        }
        let rightly = confirmed_rightly(&before, &command, asked, now, &facts);
        for write in &decision.writes {
            if let Write::Revoke {
                certificate: revoked,
                at,
                ..
            } = write
            {
                prop_assert!(rightly, "{:?} in {:?}", command, before);
                prop_assert_eq!(*at, now);
                if *revoked == certificate() {
                    facts.revoked = Some((now, None));
                    revocations += 1;
                } else {
                    prop_assert_eq!(revoked, &login());
                    facts.authentication_revoked = Some(now);
                }
            }
        }
        prop_assert!(
            !matches!(before, Case::Revoked { .. } | Case::Abandoned { .. }),
            "an end is an end"
        );
        prop_assert_eq!(
            matches!(decision.next, Case::Revoked { .. }),
            !decision.writes.is_empty()
        );
        case = decision.next;
    }
    prop_assert!(revocations <= 1);
    Ok(revocations)
}

/// By the case's own card, over the text that is out for signature, in time, before the last day's end, and not a
/// certificate that is revoked already.
fn confirmed_rightly(before: &Case, command: &Command, asked: Option<Digest>, now: Instant, facts: &Facts) -> bool {
    let (
        Case::Awaiting {
            opened, text, until, ..
        },
        Command::Confirm { signed, .. },
    ) = (before, command)
    else {
        return false;
    };
    signed.card() == opened.subject.card
        && opened.subject.card == CARD
        && Some(signed.text()) == asked
        && signed.text() == *text
        && now <= *until
        && now < day(2026, 12, 2)
        && facts.revoked.is_none()
}

fn command(step: &Step, now: Instant) -> Command {
    match step {
        Step::Open { presented, subject } => Command::Open {
            informed: Informed::opened(FLOW, TERMS, now),
            presented: Presented::verified(card(*presented), now),
            subject: Subject {
                certificate: certificate(),
                authentication: login(),
                card: card(*subject),
            },
        },
        Step::Enter => {
            let form = application::form(now);
            Command::Enter(Box::new(
                form.check("日本　太郎", now.plus_seconds(-86_400), now).unwrap(),
            ))
        }
        Step::Edit => Command::Edit,
        Step::Ask { text } => Command::Ask {
            text: Digest([*text; 32]),
        },
        Step::Confirm { card: by, text } => Command::Confirm {
            signed: Possession::verified(card(*by), Digest([*text; 32]), now),
            number: Number::from_random([*text; 8]),
        },
        Step::Abandon => Command::Abandon,
        Step::RevokedElsewhere | Step::Wait { .. } => unreachable!("handled before"),
    }
}

fn card(which: u8) -> Fingerprint {
    if which == 0 { CARD } else { ANOTHER_CARD }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..2).prop_map(|presented| Step::Open { presented, subject: 0 }),
        6 => Just(Step::Enter),
        1 => Just(Step::Edit),
        6 => (0_u8..3).prop_map(|text| Step::Ask { text }),
        6 => (0_u8..2, 0_u8..3).prop_map(|(card, text)| Step::Confirm { card, text }),
        1 => Just(Step::Abandon),
        1 => Just(Step::RevokedElsewhere),
        2 => (0_i64..40_000).prop_map(|seconds| Step::Wait { seconds }),
    ]
}
