//! 署名用暗証番号の初期化・再設定: a reservation, and a kiosk within its time (source document 004, DOMAIN §7).
//!
//! The card and this case are two systems that cannot change at once. So what is about to be done is announced here first; the
//! card then changes its password and its counter in one, and keeps a receipt; and the receipt, whoever brings it and however
//! late, closes the case. Where the receipt is missing the counter tells: as announced, nothing was written; one further,
//! everything was; anything else is no card of ours.

mod command;
mod decision;
mod event;
mod facts;
mod letters;
mod policy;
mod state;

use alloc::boxed::Box;

pub use command::{Command, Told};
pub use event::{Errand, Event, Letter, Write};
pub use facts::{Facts, Known, Letters};
pub use policy::{Hours, Policy, Span};
pub use state::{Announcement, Card, Case, Document, Doubt, Identification, Proof, Reservation, Tries, Visit};

use decision::{announced, announcement, halted, quiet, replaced};
use letters::woken;

use crate::evidence::{FaceMatched, FaceUnlike, Possession};
use crate::identity::{Digest, KioskId};
use crate::number::Number;
use crate::time::Instant;
use crate::{Answer, Refusal};

/// What this procedure decides.
pub type Decision = crate::Decision<Case, Event, Write, Errand>;

/// So many times one reservation is announced.
pub const MOST_ANNOUNCEMENTS: usize = 16;

/// Decides one command. Pure and total: time is `now`, and everything else it needs stands in its arguments.
pub fn decide(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    use Case::{Announced, Asked, Cancelled, Halted, Identifying, New, Proved, Replaced, Reserved, Used};
    use Command::{Admit, Announce, Ask, Cancel, Compare, Identify, Prove, Replace, Report, Wake};
    match (case, command) {
        (New, Ask { informed, text }) => {
            policy.takes_reservations(now)?;
            if (informed.flow(), informed.terms()) != facts.texts {
                return Err(Refusal::NotInformed);
            }
            let card = facts.eligible(now)?.card;
            facts.tries.unpaused(now)?;
            let next = Asked {
                card,
                text: *text,
                until: now.plus_seconds(policy.session),
            };
            let event = Event::Asked {
                flow: informed.flow(),
                terms: informed.terms(),
            };
            Ok(quiet(next, event))
        }
        (Asked { card, text, until }, Prove { possession, shot }) => {
            signed(possession, *card, *text)?;
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            policy.takes_reservations(now)?;
            facts.is_eligible(*card, now)?;
            let next = Proved {
                card: *card,
                tries: facts.tries.unpaused(now)?,
                shot: *shot,
                spent: None,
                until: *until,
            };
            let open = Write::Open { card: *card };
            Ok(quiet(next, Event::Proved).writing(open))
        }
        (
            Proved {
                card,
                tries,
                shot: awaited,
                spent,
                until,
            },
            Compare {
                shot,
                compared,
                next,
                number,
            },
        ) => {
            if *spent == Some(*shot) {
                return Err(tries.refusal(policy)); // the same picture again: it was counted
            }
            if shot != awaited {
                return Err(Refusal::Stale);
            }
            let tries = tries.unpaused(now)?;
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            policy.takes_reservations(now)?;
            facts.is_eligible(*card, now)?;
            match compared {
                Ok(matched) => {
                    is_of(matched, *card)?;
                    let proof = Proof::Face {
                        shot: *shot,
                        comparison: matched.comparison().clone(),
                    };
                    Ok(policy.reserved(*card, *number, proof, (facts.letters, now)))
                }
                Err(unlike) => {
                    is_unlike_of(unlike, *card)?;
                    let tries = tries.and_another(policy, now);
                    let next = Proved {
                        card: *card,
                        tries,
                        shot: *next,
                        spent: Some(*shot),
                        until: *until,
                    };
                    let event = Event::Unlike {
                        comparison: unlike.comparison().clone(),
                        times: tries.unlike,
                    };
                    Ok(Decision {
                        answer: Answer::Refused(tries.refusal(policy)),
                        ..quiet(next, event)
                    })
                }
            }
        }
        (New, Identify { document, text }) => {
            let officer = facts.clerk(policy)?;
            policy.takes_reservations(now)?;
            let card = facts.eligible(now)?.card;
            let identification = Identification {
                officer: officer.id,
                document: *document,
            };
            let next = Identifying {
                card,
                identification,
                text: *text,
                until: now.plus_seconds(policy.session),
            };
            Ok(quiet(next, Event::Identifying { identification }))
        }
        (
            Identifying {
                card,
                identification,
                text,
                until,
            },
            Admit { possession, number },
        ) => {
            let officer = facts.clerk(policy)?;
            if officer.id != identification.officer || possession.card() != officer.card {
                return Err(Refusal::AnotherCard);
            }
            if possession.text() != *text {
                return Err(Refusal::AnotherText);
            }
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            policy.takes_reservations(now)?;
            facts.is_eligible(*card, now)?;
            let proof = Proof::Counter {
                identification: *identification,
                text: *text,
            };
            Ok(policy.reserved(*card, *number, proof, (facts.letters, now)))
        }
        (Reserved { reservation, .. }, Cancel) => {
            reservation.counts(now)?;
            let next = Cancelled {
                reservation: reservation.clone(),
                at: now,
            };
            let release = Write::Release { card: reservation.card };
            Ok(quiet(next, Event::Cancelled).writing(release))
        }
        (Announced { .. }, Cancel) => Err(Refusal::AtAnotherKiosk),
        (Proved { card, .. }, Replace) => Ok(replaced(*card, None, &[], now)),
        (Reserved { reservation, .. }, Replace) => Ok(replaced(reservation.card, Some(reservation), &[], now)),
        (
            Announced {
                reservation,
                announcements,
                ..
            },
            Replace,
        ) => Ok(replaced(reservation.card, Some(reservation), announcements, now)),
        (Reserved { reservation, .. }, Command::Visit { kiosk, told, text }) => {
            if let Some(why) = facts.at_kiosk(reservation, *told, policy, now)? {
                return Ok(halted(reservation, &[], *kiosk, *told, why, now));
            }
            let next = Reserved {
                reservation: reservation.clone(),
                visit: Some(policy.visit(*kiosk, *text, now)),
            };
            Ok(quiet(next, Event::Visited { kiosk: *kiosk }))
        }
        (
            Announced {
                reservation,
                announcements,
                ..
            },
            Command::Visit { kiosk, told, text },
        ) => {
            policy.elsewhere(announcements, *kiosk, now)?;
            if let Some(why) = facts.at_kiosk(reservation, *told, policy, now)? {
                return Ok(halted(reservation, announcements, *kiosk, *told, why, now));
            }
            let next = Announced {
                reservation: reservation.clone(),
                announcements: announcements.clone(),
                visit: Some(policy.visit(*kiosk, *text, now)),
            };
            Ok(quiet(next, Event::Visited { kiosk: *kiosk }))
        }
        (
            Reserved { reservation, visit },
            Announce {
                kiosk,
                possession,
                told,
                challenge,
                host_random,
            },
        ) => {
            visited(visit.as_ref(), *kiosk, possession, reservation, now)?;
            if let Some(why) = facts.at_kiosk(reservation, *told, policy, now)? {
                return Ok(halted(reservation, &[], *kiosk, *told, why, now));
            }
            let announcement = announcement(*kiosk, *told, (*challenge, *host_random), now);
            Ok(announced(reservation, &[], announcement, *visit))
        }
        (
            Announced {
                reservation,
                announcements,
                visit,
            },
            Announce {
                kiosk,
                possession,
                told,
                challenge,
                host_random,
            },
        ) => {
            policy.elsewhere(announcements, *kiosk, now)?;
            visited(visit.as_ref(), *kiosk, possession, reservation, now)?;
            if let Some(why) = facts.at_kiosk(reservation, *told, policy, now)? {
                return Ok(halted(reservation, announcements, *kiosk, *told, why, now));
            }
            // A challenge that was answered is answered once: what comes again within its time is done already.
            if announcements.iter().any(|before| before.challenge == *challenge) {
                return Err(Refusal::Lapsed);
            }
            if announcements.len() >= MOST_ANNOUNCEMENTS {
                return Err(Refusal::TooMany {
                    most: MOST_ANNOUNCEMENTS,
                });
            }
            let announcement = announcement(*kiosk, *told, (*challenge, *host_random), now);
            Ok(announced(reservation, announcements, announcement, *visit))
        }
        // Neither hours nor the reservation's time are asked here: the card has done it.
        (
            Announced {
                reservation,
                announcements,
                ..
            }
            | Replaced {
                reservation: Some(reservation),
                announcements,
                ..
            },
            Report { kiosk, told, receipt },
        ) => {
            let by = announcements.iter().find(|announced| {
                announced.counter == receipt.counter()
                    && announced.challenge == receipt.challenge()
                    && reservation.card.number == receipt.card()
            });
            let by = by.ok_or(Refusal::AnotherReservedCard)?;
            let (from, to) = (by.counter, by.counter.saturating_add(1));
            if told.card != reservation.card || told.counter != to {
                return Ok(halted(reservation, announcements, *kiosk, *told, Doubt::Counter, now));
            }
            let next = Used {
                reservation: reservation.clone(),
                by: *by,
                told_by: *kiosk,
                at: now,
            };
            let event = Event::Used {
                kiosk: *kiosk,
                counter: by.counter,
            };
            let card = reservation.card;
            let count = Write::Count {
                card: card.number,
                from,
                to,
            };
            let used = quiet(next, event).writing(count).writing(Write::Release { card });
            Ok(used.telling(facts.letters, Letter::Completed))
        }
        (Reserved { reservation, visit }, Wake) => woken(reservation, *visit, facts, policy, now),
        (
            Reserved { reservation, .. }
            | Announced { reservation, .. }
            | Replaced {
                reservation: Some(reservation),
                ..
            },
            Command::Doubt { kiosk, told, why },
        ) => Ok(halted(reservation, case.announcements(), *kiosk, *told, *why, now)),
        // What was confirmed, cancelled or put aside stays so, and says why.
        (Used { .. }, Ask { .. } | Cancel | Replace | Command::Visit { .. } | Announce { .. } | Report { .. }) => {
            Err(Refusal::ReservationUsed)
        }
        (Halted { .. }, Cancel | Replace | Command::Visit { .. } | Announce { .. } | Report { .. }) => {
            Err(Refusal::Halted)
        }
        (
            New | Asked { .. } | Proved { .. } | Identifying { .. } | Cancelled { .. } | Replaced { .. },
            Command::Visit { .. } | Announce { .. },
        ) => Err(Refusal::NoReservation),
        // Time brings nothing to what is no reservation that waits for its card.
        (
            New
            | Asked { .. }
            | Proved { .. }
            | Identifying { .. }
            | Announced { .. }
            | Used { .. }
            | Cancelled { .. }
            | Replaced { .. }
            | Halted { .. },
            Wake,
        )
        | (
            New,
            Prove { .. } | Compare { .. } | Admit { .. } | Cancel | Replace | Report { .. } | Command::Doubt { .. },
        )
        | (
            Asked { .. },
            Ask { .. }
            | Compare { .. }
            | Identify { .. }
            | Admit { .. }
            | Cancel
            | Replace
            | Report { .. }
            | Command::Doubt { .. },
        )
        | (
            Proved { .. },
            Ask { .. } | Prove { .. } | Identify { .. } | Admit { .. } | Cancel | Report { .. } | Command::Doubt { .. },
        )
        | (
            Identifying { .. },
            Ask { .. }
            | Prove { .. }
            | Compare { .. }
            | Identify { .. }
            | Cancel
            | Replace
            | Report { .. }
            | Command::Doubt { .. },
        )
        | (
            Reserved { .. },
            Ask { .. } | Prove { .. } | Compare { .. } | Identify { .. } | Admit { .. } | Report { .. },
        )
        | (Announced { .. }, Ask { .. } | Prove { .. } | Compare { .. } | Identify { .. } | Admit { .. })
        | (Used { .. }, Prove { .. } | Compare { .. } | Identify { .. } | Admit { .. } | Command::Doubt { .. })
        | (
            Cancelled { .. },
            Ask { .. }
            | Prove { .. }
            | Compare { .. }
            | Identify { .. }
            | Admit { .. }
            | Cancel
            | Replace
            | Report { .. }
            | Command::Doubt { .. },
        )
        | (
            Replaced { .. },
            Ask { .. }
            | Prove { .. }
            | Compare { .. }
            | Identify { .. }
            | Admit { .. }
            | Cancel
            | Replace
            | Report { .. }
            | Command::Doubt { .. },
        )
        | (
            Halted { .. },
            Ask { .. } | Prove { .. } | Compare { .. } | Identify { .. } | Admit { .. } | Command::Doubt { .. },
        ) => Err(Refusal::Stale),
    }
}

/// The card has signed this text.
fn signed(possession: &Possession, card: Card, text: Digest) -> Result<(), Refusal> {
    if possession.card() != card.authentication {
        return Err(Refusal::AnotherCard);
    }
    if possession.text() != text {
        return Err(Refusal::AnotherText);
    }
    Ok(())
}

fn is_of(matched: &FaceMatched, card: Card) -> Result<(), Refusal> {
    (matched.card() == card.number)
        .then_some(())
        .ok_or(Refusal::AnotherCard)
}

fn is_unlike_of(unlike: &FaceUnlike, card: Card) -> Result<(), Refusal> {
    (unlike.card() == card.number).then_some(()).ok_or(Refusal::AnotherCard)
}

/// This kiosk has the card that was set there, and the card has signed so.
fn visited(
    visit: Option<&Visit>,
    kiosk: KioskId,
    possession: &Possession,
    reservation: &Reservation,
    now: Instant,
) -> Result<(), Refusal> {
    let visit = visit.ok_or(Refusal::Stale)?;
    if visit.kiosk != kiosk {
        return Err(Refusal::AtAnotherKiosk);
    }
    signed(possession, reservation.card, visit.text)?;
    if now > visit.until {
        return Err(Refusal::Lapsed);
    }
    Ok(())
}

impl Policy {
    fn takes_reservations(&self, now: Instant) -> Result<(), Refusal> {
        match self.maintained(now) {
            Some(until) => Err(Refusal::Maintenance { until }),
            None => Ok(()),
        }
    }

    fn reserved(&self, card: Card, number: Number, proof: Proof, (letters, now): (Letters, Instant)) -> Decision {
        let until = now.plus_seconds(self.reserved_for);
        let (comparison, officer) = match &proof {
            Proof::Face { comparison, .. } => (Some(comparison.clone()), None),
            Proof::Counter { identification, .. } => (None, Some(identification.officer)),
        };
        let event = Event::Reserved {
            number,
            until,
            comparison,
            officer,
        };
        let reservation = Reservation {
            number,
            card,
            since: now,
            until,
            proof,
        };
        let next = Case::Reserved {
            reservation: Box::new(reservation.clone()),
            visit: None,
        };
        let decision = quiet(next, event).writing(Write::Reserve { card });
        decision.telling_of(letters, &reservation, self)
    }

    const fn visit(&self, kiosk: KioskId, text: Digest, now: Instant) -> Visit {
        Visit {
            kiosk,
            text,
            until: now.plus_seconds(self.visit),
        }
    }

    /// While a cryptogram can be used, no other kiosk gets one (A11).
    fn elsewhere(&self, announcements: &[Announcement], kiosk: KioskId, now: Instant) -> Result<(), Refusal> {
        let fresh = |announced: &&Announcement| now <= announced.at.plus_seconds(self.announced_for);
        match announcements.last().filter(fresh) {
            Some(announced) if announced.kiosk != kiosk => Err(Refusal::AtAnotherKiosk),
            Some(_) | None => Ok(()),
        }
    }
}
