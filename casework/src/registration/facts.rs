//! What a decision on a registration relies upon, and what follows from an officer's.

use alloc::boxed::Box;
use alloc::vec;

use super::{
    Approvals, Case, Decision, Errand, Event, Kind, Known, Letter, Opened, Policy, Submitted, Write, ended, looked_at,
    registered,
};
use crate::card;
use crate::evidence::Possession;
use crate::number::Number;
use crate::officer::{Officer, Role};
use crate::register::{BusinessNumber, Compared};
use crate::review::{Parties, Review, Ruled};
use crate::time::Instant;
use crate::{Answer, Refusal};

/// What the store and the issuers know at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The officer who acts, if the account is active at this moment.
    pub officer: Option<Officer>,
    /// To whom a claim is handed, if that account is active.
    pub hand_to: Option<Officer>,
    /// Who and what it is about.
    pub parties: Parties,
    /// The first approval as its kept signature proves it now (A25).
    pub first: Option<Possession>,
    /// The card. How the office knows it is guarded by the writes.
    pub card: Known,
    /// Whose the registration is that is to be changed.
    pub business: Option<BusinessNumber>,
    /// Another application about this card that is not decided. Guarded by [`Write::Occupy`].
    pub open: Option<Number>,
    /// The card, compared with the register's entry; `None` where the register has none that counts today.
    pub compared: Option<Compared>,
}

impl Facts {
    pub(super) fn acting(&self, role: Role) -> Result<&Officer, Refusal> {
        let officer = self.officer.as_ref().ok_or(Refusal::NotAnOfficer)?;
        officer.must(role)?;
        Ok(officer)
    }

    /// A company that proved itself is registered while its qualification counts, whatever the office reviews: it may end
    /// between the proof and the signature.
    pub(super) fn qualified(&self, opened: &Opened) -> Result<(), Refusal> {
        match opened.kind {
            Kind::New if self.compared.is_none() => Err(Refusal::Unqualified),
            Kind::New | Kind::Change { .. } => Ok(()),
        }
    }

    /// R112 to R114 for a new one; for a change the card is the one that it has.
    pub(super) fn registrable(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
        self.fits(opened, now)?;
        self.open
            .map_or(Ok(()), |number| Err(Refusal::AlreadyApplied { number }))
    }

    pub(super) fn fits(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
        match opened.kind {
            Kind::New => card::fresh(self.card.binding, self.card.standing, now),
            Kind::Change { registration } => {
                let known = card::registered(self.card.binding, self.card.standing, now)?;
                (known == registration).then_some(()).ok_or(Refusal::AnotherCard)
            }
        }
    }

    pub(super) fn approvable(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
        self.fits(opened, now).map_err(|refusal| match refusal {
            Refusal::NotYetValid { .. }
            | Refusal::Expired { .. }
            | Refusal::AlreadyRevoked { .. }
            | Refusal::Unaccepted
            | Refusal::Broken => Refusal::UnfitCard {
                standing: self.card.standing,
            },
            // Not to be found out is no reason to say no for good: later (I7).
            other => other,
        })
    }

    pub(super) fn follow(
        &self,
        submitted: &Submitted,
        review: &Review,
        ruled: Ruled,
        policy: &Policy,
        now: Instant,
    ) -> Result<Decision, Refusal> {
        let number = submitted.number;
        match ruled {
            Ruled::Second(next) => {
                let first = next.first.as_ref().ok_or(Refusal::Stale)?;
                let event = Event::Approved {
                    by: first.officer,
                    text: first.text,
                };
                Ok(looked_at(submitted, next, event))
            }
            // Again, at the irreversible step (A20); an unfit card is an answer of its own, and the text is void.
            Ruled::Approved { first, last } => match self.approvable(&submitted.opened, now) {
                Err(unfit @ Refusal::UnfitCard { .. }) => Ok(Decision {
                    answer: Answer::Refused(unfit),
                    ..looked_at(
                        submitted,
                        review.unasked(),
                        Event::Unfit {
                            by: last.officer,
                            number,
                        },
                    )
                }),
                Err(refusal) => Err(refusal),
                Ok(()) => Ok(registered(submitted.clone(), Some(Approvals { first, last }), now)),
            },
            Ruled::Denied(reason, by) => {
                let event = Event::Denied {
                    by: by.officer,
                    text: by.text,
                    reason: reason.key.clone(),
                    number,
                };
                let next = Case::Denied {
                    submitted: Box::new(submitted.clone()),
                    reason,
                    by,
                };
                Ok(ended(next, event, Letter::Denied))
            }
            Ruled::Returned(reason, by) => Ok(Decision {
                event: Event::Returned {
                    by: by.officer,
                    text: by.text,
                    reason: reason.key.clone(),
                    number,
                },
                next: Case::Returned {
                    submitted: Box::new(submitted.clone()),
                    reason,
                    by,
                    until: now.day().plus(policy.returned_for_days).ends(), // G-T3: the first day does not count
                    correction: None,
                },
                writes: vec![Write::Queue],
                errands: vec![Errand::Mail(Letter::Returned)],
                answer: Answer::Done,
            }),
        }
    }
}
