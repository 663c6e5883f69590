//! Random walks of one card between an app, two kiosks and a server that lose their power and their messages: the card and the
//! case never disagree for good, and no honest card is ever halted.

use casework::evidence::{FaceMatched, Informed, Possession, Receipted};
use casework::identity::{Digest, KioskId};
use casework::pin_reset::{Announcement, Case, Command, Facts, Known, Told, Write, decide};
use casework::time::Instant;
use casework::{Answer, Refusal};
use proptest::prelude::*;

use super::made::{card, comparison, facts, known, now, number, policy};
use crate::{FLOW, TERMS};

#[derive(Clone, Debug)]
enum Step {
    /// STEP 1, whole; an earlier reservation is replaced.
    Reserve,
    Cancel,
    /// The card is set at a kiosk, which reads it and asks the server; the card forgets its challenge.
    Set {
        kiosk: usize,
    },
    /// The card gives a challenge and the server is asked for a cryptogram; the answer arrives, or is lost.
    Announce {
        kiosk: usize,
        arrives: bool,
    },
    /// A kiosk brings the cryptogram it has to the card.
    Write {
        kiosk: usize,
    },
    /// A kiosk brings the card's receipt to the server.
    Report {
        kiosk: usize,
    },
    /// A kiosk loses its power, and what it knows.
    PowerCut {
        kiosk: usize,
    },
    Wait {
        seconds: i64,
    },
}

/// The honest card: it takes a cryptogram for its last challenge, once, and keeps the receipt.
#[derive(Default)]
struct Card {
    counter: u32,
    challenge: Option<[u8; 16]>,
    receipt: Option<(u32, [u8; 16])>,
    written: u32,
}

#[derive(Default)]
struct World {
    card: Card,
    cases: Vec<Case>,
    confirmed: u32,
    kiosks: [Option<Announcement>; 2],
    nonce: u8,
    halted: u32,
    used: u32,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a13_card_and_case_agree_in_the_end_and_a_reservation_is_used_once(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        walk(&steps)?;
    }
}

/// The control: a straight walk writes the card twice, and both times are known.
#[test]
fn a_straight_walk_sets_two_passwords() {
    let once = [
        Step::Reserve,
        Step::Set { kiosk: 0 },
        Step::Announce {
            kiosk: 0,
            arrives: true,
        },
        Step::Write { kiosk: 0 },
    ];
    let crash = [
        Step::PowerCut { kiosk: 0 },
        Step::Wait { seconds: 90 },
        Step::Set { kiosk: 1 },
    ];
    let steps: Vec<Step> = once
        .iter()
        .chain(&crash)
        .chain(&once)
        .chain(&[Step::Report { kiosk: 0 }])
        .cloned()
        .collect();
    let world = walk(&steps).unwrap();
    assert_eq!((world.card.written, world.used, world.confirmed), (2, 2, 2));
}

fn walk(steps: &[Step]) -> Result<World, TestCaseError> {
    let mut world = World::default();
    let mut at = now();
    for step in steps {
        world.step(step, &mut at);
        prop_assert_eq!(world.halted, 0, "an honest card is never halted: {:?}", step);
        prop_assert!(world.card.counter - world.confirmed <= 1);
        prop_assert_eq!(world.used, world.confirmed);
        let live = world
            .cases
            .iter()
            .filter(|case| matches!(case, Case::Reserved { .. } | Case::Announced { .. }));
        prop_assert!(live.count() <= 1);
    }
    // Whatever was left open: set once more, after every cryptogram has lapsed, and server and card agree.
    at = at.plus_seconds(61);
    world.step(&Step::Set { kiosk: 1 }, &mut at);
    prop_assert_eq!(world.card.counter, world.confirmed);
    prop_assert_eq!(world.card.written, world.used);
    Ok(world)
}

impl World {
    fn step(&mut self, step: &Step, at: &mut Instant) {
        let now = *at;
        match step {
            Step::Wait { seconds } => *at = at.plus_seconds(*seconds),
            Step::Reserve => self.reserve(now),
            Step::Cancel => {
                if let Some(live) = self.live() {
                    let _ = self.perform(live, &Command::Cancel, now);
                }
            }
            Step::Set { kiosk } => {
                self.card.challenge = None;
                self.report(*kiosk, now);
                if let Some(live) = self.live() {
                    let command = Command::Visit {
                        kiosk: id(*kiosk),
                        told: self.told(),
                        text: text(*kiosk),
                    };
                    let _ = self.perform(live, &command, now);
                }
            }
            Step::Announce { kiosk, arrives } => {
                self.report(*kiosk, now);
                let Some(live) = self.live() else { return };
                self.nonce = self.nonce.wrapping_add(1);
                let challenge = [self.nonce; 16];
                self.card.challenge = Some(challenge);
                let command = Command::Announce {
                    kiosk: id(*kiosk),
                    possession: Possession::verified(card().authentication, text(*kiosk), now),
                    told: self.told(),
                    challenge,
                    host_random: [7; 16],
                };
                if self.perform(live, &command, now).is_ok() && *arrives {
                    self.kiosks[*kiosk] = self.cases[live].announcements().last().copied();
                }
            }
            Step::Write { kiosk } => {
                let Some(announced) = self.kiosks[*kiosk] else { return };
                let asked = self.card.challenge.take();
                if asked == Some(announced.challenge) && announced.counter == self.card.counter {
                    self.card.receipt = Some((self.card.counter, announced.challenge));
                    self.card.counter += 1;
                    self.card.written += 1;
                }
            }
            Step::Report { kiosk } => self.report(*kiosk, now),
            Step::PowerCut { kiosk } => self.kiosks[*kiosk] = None,
        }
    }

    fn reserve(&mut self, now: Instant) {
        let ask = Command::Ask {
            informed: Informed::opened(FLOW, TERMS, now),
            text: Digest([1; 32]),
        };
        let prove = Command::Prove {
            possession: Possession::verified(card().authentication, Digest([1; 32]), now),
            shot: Digest([2; 32]),
        };
        let compare = Command::Compare {
            shot: Digest([2; 32]),
            compared: FaceMatched::compared(card().number, comparison(900), now),
            next: Digest([3; 32]),
            number: number(),
        };
        let before = self.live();
        self.cases.push(Case::New);
        let new = self.cases.len() - 1;
        for command in [&ask, &prove, &compare] {
            self.perform(new, command, now).unwrap();
        }
        if let Some(before) = before {
            self.perform(before, &Command::Replace, now).unwrap();
        }
    }

    /// As the desk does whenever a kiosk shows a card: its receipt is looked for in every case of the card.
    fn report(&mut self, kiosk: usize, now: Instant) {
        let Some((counter, challenge)) = self.card.receipt else {
            return;
        };
        let of = |case: &Case| {
            let mut all = case.announcements().iter();
            all.any(|announced| (announced.counter, announced.challenge) == (counter, challenge))
        };
        if let Some(case) = self.cases.iter().position(of) {
            let command = Command::Report {
                kiosk: id(kiosk),
                told: self.told(),
                receipt: Receipted::verified(card().number, counter, challenge),
            };
            self.perform(case, &command, now).unwrap();
        }
    }

    fn perform(&mut self, case: usize, command: &Command, now: Instant) -> Result<(), Refusal> {
        let known = Known {
            counter: self.confirmed,
            authentication: accepted(now),
            signature: accepted(now),
            ..known()
        };
        let facts = Facts {
            card: Some(known),
            ..facts()
        };
        let decision = decide(&self.cases[case], command, &facts, &policy(), now)?;
        for write in &decision.writes {
            if let Write::Count { from, to, .. } = write {
                assert_eq!(*from, self.confirmed);
                self.confirmed = *to;
            }
        }
        self.halted += u32::from(decision.answer == Answer::Refused(Refusal::Halted));
        self.used += u32::from(matches!(decision.next, Case::Used { .. }));
        self.cases[case] = decision.next;
        Ok(())
    }

    fn live(&self) -> Option<usize> {
        let live = |case: &Case| matches!(case, Case::Reserved { .. } | Case::Announced { .. });
        self.cases.iter().position(live)
    }

    fn told(&self) -> Told {
        Told {
            card: card(),
            key_version: 1,
            counter: self.card.counter,
        }
    }
}

fn accepted(now: Instant) -> casework::card::Standing {
    casework::card::Standing::Accepted {
        until: now.plus_seconds(60),
    }
}

fn id(kiosk: usize) -> KioskId {
    KioskId([u8::try_from(kiosk).unwrap() + 1; 32])
}

fn text(kiosk: usize) -> Digest {
    Digest([u8::try_from(kiosk).unwrap() + 100; 32])
}

fn step() -> impl Strategy<Value = Step> {
    let kiosk = 0_usize..2;
    prop_oneof![
        2 => Just(Step::Reserve),
        1 => Just(Step::Cancel),
        4 => kiosk.clone().prop_map(|kiosk| Step::Set { kiosk }),
        4 => (kiosk.clone(), any::<bool>()).prop_map(|(kiosk, arrives)| Step::Announce { kiosk, arrives }),
        4 => kiosk.clone().prop_map(|kiosk| Step::Write { kiosk }),
        3 => kiosk.clone().prop_map(|kiosk| Step::Report { kiosk }),
        1 => kiosk.prop_map(|kiosk| Step::PowerCut { kiosk }),
        2 => prop_oneof![Just(5_i64), Just(61), Just(3_600), Just(43_200)].prop_map(|seconds| Step::Wait { seconds }),
    ]
}
