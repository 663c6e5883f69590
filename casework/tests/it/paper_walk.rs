//! Random walks through the paper route: whatever officers send, in whatever order, under whichever account, the same
//! things hold.

use casework::evidence::Possession;
use casework::identity::{Digest, Fingerprint};
use casework::number::Number;
use casework::officer::{Officer, Role};
use casework::paper::{Case, Command, Facts, Write};
use casework::review::{Approval, Reason, Verdict};
use proptest::prelude::*;

use crate::certificate;
use crate::office::everybody;
use crate::paper::{at, entry, facts, now};

/// What may happen to a case. Officers are by their place among everybody.
#[derive(Clone, Debug)]
enum Step {
    Enter {
        by: usize,
        content: u8,
    },
    Present {
        by: usize,
        text: u8,
    },
    Submit {
        by: usize,
        card: usize,
        text: u8,
    },
    Claim {
        by: usize,
    },
    Release {
        by: usize,
    },
    Reassign {
        by: usize,
        to: usize,
    },
    Ask {
        by: usize,
        verdict: u8,
        text: u8,
    },
    Decide {
        by: usize,
        card: usize,
        text: u8,
        proof: Proof,
    },
    Withdraw {
        by: usize,
    },
    RevokedElsewhere,
    Wait {
        seconds: i64,
    },
}

/// What the kept signature of the first approval proves.
#[derive(Clone, Copy, Debug)]
enum Proof {
    Kept,
    Nothing,
    AnotherCard,
    AnotherText,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn two_different_persons_who_are_not_concerned_approve_the_same_content_or_nothing_is_revoked(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        walk(&steps)?;
    }

    /// The straight walk with steps thrown in between: most of these do reach a decision.
    #[test]
    fn what_is_thrown_into_a_straight_walk_does_not_change_what_holds(
        thrown in prop::collection::vec((0_usize..7, step()), 0..6),
    ) {
        let mut steps = straight();
        for (place, step) in thrown {
            steps.insert(place.min(steps.len()), step);
        }
        walk(&steps)?;
    }
}

/// The control of the walk: it does reach the revocation, and the rules that it checks are met there.
#[test]
fn a_straight_walk_on_paper_revokes_once() {
    assert_eq!(walk(&straight()).unwrap(), 1);
    let mut unproven = straight();
    unproven.pop();
    unproven.push(Step::Decide {
        by: JIRO,
        card: JIRO,
        text: 2,
        proof: Proof::Nothing,
    });
    assert_eq!(walk(&unproven).unwrap(), 0, "the same walk without the first signature");
}

fn straight() -> Vec<Step> {
    vec![
        Step::Enter { by: HANAKO, content: 1 },
        Step::Present { by: HANAKO, text: 1 },
        Step::Submit {
            by: HANAKO,
            card: HANAKO,
            text: 1,
        },
        Step::Claim { by: JIRO },
        Step::Ask {
            by: JIRO,
            verdict: 0,
            text: 2,
        },
        Step::Decide {
            by: JIRO,
            card: JIRO,
            text: 2,
            proof: Proof::Kept,
        },
    ]
}

/// What was signed first, as a witness beside the case saw it.
#[derive(Clone)]
struct Witnessed {
    person: usize,
    content: Digest,
    text: Digest,
}

/// Walks, and counts the revocations.
fn walk(steps: &[Step]) -> Result<usize, TestCaseError> {
    let everybody = everybody();
    let mut time = now();
    let mut case = Case::New;
    let mut revoked = None;
    let mut ends = 0;
    let mut revocations = 0;
    let mut first: Option<Witnessed> = None;
    let mut content = Digest([0; 32]);
    for step in steps {
        let (command, by) = match step {
            Step::RevokedElsewhere => {
                revoked.get_or_insert((time, None));
                continue;
            }
            Step::Wait { seconds } => {
                time = time.plus_seconds(*seconds);
                continue;
            }
            step => command(step, &everybody),
        };
        let officer = &everybody[by];
        let facts = Facts {
            to: match step {
                Step::Reassign { to, .. } => Some(everybody[*to].clone()),
                _ => None,
            },
            first: proof(&case, step),
            revoked,
            ..facts(officer)
        };
        let before = case.clone();
        let decided = at(&case, &command, &facts, time);
        prop_assert_eq!(&decided, &at(&case, &command, &facts, time));
        let Ok(decision) = decided else { continue };
        prop_assert!(
            !matches!(
                before,
                Case::Revoked { .. } | Case::Denied { .. } | Case::Withdrawn { .. }
            ),
            "an end is an end"
        );
        prop_assert!(officer.roles.contains(role(&command)), "{:?} by {:?}", command, officer);
        if before.number().is_some() {
            prop_assert_eq!(before.number(), decision.next.number(), "a number stays");
        }
        match &command {
            Command::Enter { content: entered, .. } => {
                content = *entered;
                first = None;
            }
            Command::Submit { signed, .. } => {
                prop_assert_eq!(signed.card(), officer.card);
                first = Some(Witnessed {
                    person: by,
                    content,
                    text: signed.text(),
                });
            }
            _ => {}
        }
        for write in &decision.writes {
            let Write::Revoke {
                certificate: gone, at, ..
            } = write
            else {
                continue;
            };
            prop_assert_eq!(*at, time);
            prop_assert!(revoked.is_none(), "{:?}", revoked);
            if *gone != certificate() {
                continue;
            }
            revocations += 1;
            let Some(witnessed) = &first else {
                return Err(TestCaseError::fail(
                    "revoked without a first signature over this content",
                ));
            };
            prop_assert_ne!(&everybody[witnessed.person].person, &officer.person);
            prop_assert_ne!(everybody[witnessed.person].card, officer.card);
            prop_assert!(facts.parties.strange_to(officer, &crate::office::rule()).is_ok());
            prop_assert!(
                facts
                    .parties
                    .strange_to(&everybody[witnessed.person], &crate::office::rule())
                    .is_ok()
            );
            let Case::Revoked {
                first: Some(approval),
                last,
                ..
            } = &decision.next
            else {
                return Err(TestCaseError::fail("revoked without two approvals"));
            };
            prop_assert_eq!((approval.content, last.content), (witnessed.content, witnessed.content));
            prop_assert_eq!(approval.text, witnessed.text);
            prop_assert!(proves(facts.first.as_ref(), approval));
        }
        if revocations > 0 && revoked.is_none() {
            revoked = Some((time, decision.next.number()));
        }
        case = decision.next;
        ends += usize::from(matches!(
            case,
            Case::Revoked { .. } | Case::Denied { .. } | Case::Withdrawn { .. }
        ));
    }
    prop_assert!(revocations <= 1 && ends <= 1, "one terminal decision");
    Ok(revocations)
}

fn proves(proved: Option<&Possession>, approval: &Approval) -> bool {
    proved.is_some_and(|proved| proved.card() == approval.card && proved.text() == approval.text)
}

/// What each command takes at least.
fn role(command: &Command) -> Role {
    match command {
        Command::Enter { .. } | Command::Present { .. } | Command::Submit { .. } | Command::Withdraw => Role::Entry,
        Command::Claim | Command::Release | Command::Ask { .. } | Command::Decide { .. } => Role::Approval,
        Command::Reassign => Role::Administration,
    }
}

fn proof(case: &Case, step: &Step) -> Option<Possession> {
    let (Case::Waiting { review, .. }, Step::Decide { proof, .. }) = (case, step) else {
        return None;
    };
    let first = review.first.as_ref()?;
    match proof {
        Proof::Kept => Some(Possession::verified(first.card, first.text, first.at)),
        Proof::Nothing => None,
        Proof::AnotherCard => Some(Possession::verified(Fingerprint([0; 32]), first.text, first.at)),
        Proof::AnotherText => Some(Possession::verified(first.card, Digest([0; 32]), first.at)),
    }
}

fn command(step: &Step, everybody: &[Officer]) -> (Command, usize) {
    let signed = |card: usize, text: u8| Possession::verified(everybody[card].card, Digest([text; 32]), now());
    match step {
        Step::Enter { by, content } => {
            let enter = Command::Enter {
                entry: Box::new(entry()),
                content: Digest([*content; 32]),
            };
            (enter, *by)
        }
        Step::Present { by, text } => (
            Command::Present {
                text: Digest([*text; 32]),
            },
            *by,
        ),
        Step::Submit { by, card, text } => {
            let submit = Command::Submit {
                signed: signed(*card, *text),
                number: Number::from_random([*text; 8]),
            };
            (submit, *by)
        }
        Step::Claim { by } => (Command::Claim, *by),
        Step::Release { by } => (Command::Release, *by),
        Step::Reassign { by, .. } => (Command::Reassign, *by),
        Step::Ask { by, verdict, text } => {
            let reason = || {
                Box::new(Reason {
                    key: "papers_missing".into(),
                    remark: None,
                })
            };
            let verdict = match verdict {
                0..=3 => Verdict::Approve,
                4 => Verdict::Deny(reason()),
                _ => Verdict::Return(reason()),
            };
            let ask = Command::Ask {
                verdict,
                text: Digest([*text; 32]),
            };
            (ask, *by)
        }
        Step::Decide { by, card, text, .. } => {
            let decide = Command::Decide {
                signed: signed(*card, *text),
            };
            (decide, *by)
        }
        Step::Withdraw { by } => (Command::Withdraw, *by),
        Step::RevokedElsewhere | Step::Wait { .. } => unreachable!("handled before"),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let by = || 0_usize..6;
    let text = || 1_u8..4;
    prop_oneof![
        4 => (by(), 1_u8..3).prop_map(|(by, content)| Step::Enter { by, content }),
        6 => (by(), text()).prop_map(|(by, text)| Step::Present { by, text }),
        4 => (by(), by(), text()).prop_map(|(by, card, text)| Step::Submit { by, card, text }),
        6 => (by(), text()).prop_map(|(by, text)| Step::Submit { by, card: by, text }),
        6 => by().prop_map(|by| Step::Claim { by }),
        1 => by().prop_map(|by| Step::Release { by }),
        2 => (by(), by()).prop_map(|(by, to)| Step::Reassign { by, to }),
        6 => (by(), 0_u8..6, text()).prop_map(|(by, verdict, text)| Step::Ask { by, verdict, text }),
        2 => (by(), by(), text(), proofs()).prop_map(|(by, card, text, proof)| Step::Decide { by, card, text, proof }),
        6 => (by(), text(), proofs()).prop_map(|(by, text, proof)| Step::Decide { by, card: by, text, proof }),
        1 => by().prop_map(|by| Step::Withdraw { by }),
        1 => Just(Step::RevokedElsewhere),
        2 => (0_i64..2_000).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn proofs() -> impl Strategy<Value = Proof> {
    prop_oneof![
        4 => Just(Proof::Kept),
        1 => Just(Proof::Nothing),
        1 => Just(Proof::AnotherCard),
        1 => Just(Proof::AnotherText),
    ]
}

const HANAKO: usize = 0;
const JIRO: usize = 2;
