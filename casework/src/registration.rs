//! 利用者登録: 登録 and 変更 (DOMAIN §4.2 A0, §5.2).
//!
//! A company shows that it is the one in the register, says whom to write to, and signs that with the card it is to be
//! known by. One card has one registration, and a company may have several (R107). Under review it is compared and held
//! by the same rule as a renewal.

mod command;
mod event;
mod form;
mod state;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

pub use command::Command;
pub use event::{Errand, Event, Letter, Write};
pub use form::{Contact, Field, Form};
pub use state::{Case, Kind, Opened, Submitted};

use crate::card;
use crate::evidence::Possession;
use crate::names::TABLE_VERSION;
use crate::number::Number;
use crate::officer::{Officer, Role};
use crate::register::{BusinessNumber, Compared};
pub use crate::renewal::{Approvals, Known, ReviewPolicy};
use crate::review::{Parties, Review, Rule, Ruled, Verdict};
use crate::time::Instant;
use crate::{Answer, Refusal};

/// What this procedure decides.
pub type Decision = crate::Decision<Case, Event, Write, Errand>;

/// Decides one command. Pure and total: time is `now`, and everything else it needs stands in its arguments.
pub fn decide(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    use Case::{Abandoned, Awaiting, Denied, Entering, Held, Lapsed, New, Registered, Returned, Reviewing, Withdrawn};
    use Command::{
        Abandon, Answer, Ask, Claim, Confirm, Decide, Edit, Enter, Lapse, Open, Propose, Prove, Reassign, Release,
        Withdraw,
    };
    let rule = &policy.rule;
    match (case, command) {
        (New, Open { kind, presented }) => {
            let opened = Opened {
                kind: *kind,
                card: presented.card(),
                at: presented.at(),
            };
            facts.registrable(&opened, now)?;
            let event = Event::Opened { card: opened.card };
            // A company that is registered has been proved when it was.
            let business = facts.business.clone().filter(|_| opened.kind != Kind::New);
            let draft = None;
            Ok(quiet(
                Entering {
                    opened,
                    business,
                    draft,
                },
                event,
            ))
        }
        (Entering { opened, draft, .. }, Prove(proved)) => {
            if opened.kind != Kind::New {
                return Err(Refusal::Stale);
            }
            let next = Entering {
                opened: opened.clone(),
                business: Some(proved.business().clone()),
                draft: draft.clone(),
            };
            Ok(quiet(next, Event::Proved))
        }
        (
            Entering {
                opened,
                business: Some(business),
                ..
            }
            | Reviewing { opened, business, .. },
            Enter(contact),
        ) => {
            facts.registrable(opened, now)?;
            let next = Reviewing {
                opened: opened.clone(),
                business: business.clone(),
                contact: contact.clone(),
            };
            Ok(quiet(next, Event::Entered))
        }
        (
            Reviewing {
                opened,
                business,
                contact,
            }
            | Awaiting {
                opened,
                business,
                contact,
                ..
            },
            Edit,
        ) => {
            let next = Entering {
                opened: opened.clone(),
                business: Some(business.clone()),
                draft: Some(contact.clone()),
            };
            Ok(quiet(next, Event::Edited))
        }
        (
            Reviewing {
                opened,
                business,
                contact,
            },
            Ask { text },
        ) => {
            facts.registrable(opened, now)?;
            let next = Awaiting {
                opened: opened.clone(),
                business: business.clone(),
                contact: contact.clone(),
                text: *text,
                until: now.plus_seconds(policy.signature_within),
            };
            Ok(quiet(next, Event::Asked { text: *text }))
        }
        (
            Awaiting {
                opened,
                business,
                contact,
                text,
                until,
            },
            Confirm { signed, number },
        ) => {
            if signed.card() != opened.card {
                return Err(Refusal::AnotherCard);
            }
            if signed.text() != *text {
                return Err(Refusal::AnotherText);
            }
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            facts.registrable(opened, now)?; // again, at the irreversible step (G-T2)
            let submitted = Submitted {
                opened: opened.clone(),
                business: business.clone(),
                contact: contact.clone(),
                compared: facts.compared.clone(),
                table: TABLE_VERSION,
                text: *text,
                content: *text,
                number: *number,
                at: now,
                answer: None,
            };
            Ok(if policy.review.holds(facts.compared.as_ref()) {
                held(submitted, now)
            } else {
                registered(submitted, None, now)
            })
        }
        (Entering { opened, .. } | Reviewing { opened, .. } | Awaiting { opened, .. }, Abandon) => {
            Ok(quiet(Abandoned { at: now }, Event::Abandoned { card: opened.card }))
        }
        (Held { submitted, review }, Claim) => {
            let officer = facts.acting(Role::Approval)?;
            let review = review.claimed(officer, &facts.parties, rule, now)?;
            Ok(looked_at(submitted, review, Event::Claimed { by: officer.id }))
        }
        (Held { submitted, review }, Release) => {
            let officer = facts.acting(Role::Approval)?;
            let review = review.released(officer, now)?;
            Ok(looked_at(submitted, review, Event::Released { by: officer.id }))
        }
        (Held { submitted, review }, Reassign) => {
            let officer = facts.acting(Role::Administration)?;
            let to = facts.hand_to.as_ref().ok_or(Refusal::NotAnOfficer)?;
            let review = review.reassigned(officer, to, &facts.parties, rule, now)?;
            let (by, to) = (officer.id, to.id);
            Ok(looked_at(submitted, review, Event::Reassigned { by, to }))
        }
        (Held { submitted, review }, Propose { verdict, text }) => {
            let officer = facts.acting(Role::Approval)?;
            verdict.reasoned()?;
            if *verdict == Verdict::Approve {
                facts.approvable(&submitted.opened, now)?;
            }
            let review = review.asked(officer, verdict, *text, &facts.parties, rule, now)?;
            let event = Event::Proposed {
                by: officer.id,
                text: *text,
            };
            Ok(looked_at(submitted, review, event))
        }
        (Held { submitted, review }, Decide { signed }) => {
            let officer = facts.acting(Role::Approval)?;
            let ruled = review.ruled(officer, signed, facts.first.as_ref(), &facts.parties, rule, now)?;
            facts.follow(submitted, review, ruled, policy, now)
        }
        // The applicant's own word ends it, whoever has it on the desk: nothing has changed yet (DOMAIN §5.3).
        (Held { submitted, .. } | Returned { submitted, .. }, Withdraw { by }) => {
            if *by != submitted.opened.card {
                return Err(Refusal::AnotherCard);
            }
            let next = Withdrawn {
                submitted: submitted.clone(),
                at: now,
            };
            let number = submitted.number;
            Ok(ended(next, Event::Withdrawn { number }, Letter::Withdrawn))
        }
        (Returned { submitted, until, .. }, Answer { by, remark, content }) => {
            if *by != submitted.opened.card {
                return Err(Refusal::AnotherCard);
            }
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            let submitted = Submitted {
                compared: facts.compared.clone(),
                table: TABLE_VERSION,
                content: *content,
                answer: Some(remark.clone()),
                ..submitted.as_ref().clone()
            };
            let event = Event::Answered {
                number: submitted.number,
                content: *content,
            };
            Ok(looked_at(&submitted, Review::of(*content, now), event))
        }
        (Returned { submitted, until, .. }, Lapse) => {
            if now <= *until {
                return Err(Refusal::Stale);
            }
            let next = Lapsed {
                submitted: submitted.clone(),
                at: now,
            };
            let number = submitted.number;
            Ok(ended(next, Event::Lapsed { number }, Letter::Lapsed))
        }
        (Entering { business: None, .. }, Enter(_)) => Err(Refusal::CompanyUnproven),
        (
            New,
            Prove(_)
            | Enter(_)
            | Edit
            | Ask { .. }
            | Confirm { .. }
            | Abandon
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Withdraw { .. }
            | Answer { .. }
            | Lapse,
        )
        | (
            Entering { .. },
            Open { .. }
            | Edit
            | Ask { .. }
            | Confirm { .. }
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Withdraw { .. }
            | Answer { .. }
            | Lapse,
        )
        | (
            Reviewing { .. },
            Open { .. }
            | Prove(_)
            | Confirm { .. }
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Withdraw { .. }
            | Answer { .. }
            | Lapse,
        )
        | (
            Awaiting { .. },
            Open { .. }
            | Prove(_)
            | Enter(_)
            | Ask { .. }
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Withdraw { .. }
            | Answer { .. }
            | Lapse,
        )
        | (
            Held { .. },
            Open { .. } | Prove(_) | Enter(_) | Edit | Ask { .. } | Confirm { .. } | Abandon | Answer { .. } | Lapse,
        )
        | (
            Returned { .. },
            Open { .. }
            | Prove(_)
            | Enter(_)
            | Edit
            | Ask { .. }
            | Confirm { .. }
            | Abandon
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. },
        )
        | (
            Registered { .. } | Denied { .. } | Withdrawn { .. } | Lapsed { .. } | Abandoned { .. },
            Open { .. }
            | Prove(_)
            | Enter(_)
            | Edit
            | Ask { .. }
            | Confirm { .. }
            | Abandon
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Withdraw { .. }
            | Answer { .. }
            | Lapse,
        ) => Err(Refusal::Stale),
    }
}

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

/// What an office may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What happens when the names differ.
    pub review: ReviewPolicy,
    /// Seconds within which the page must come back signed.
    pub signature_within: i64,
    /// Days within which a 差戻し must be answered.
    pub returned_for_days: i32,
    /// How it is reviewed.
    pub rule: Rule,
}

impl Facts {
    fn acting(&self, role: Role) -> Result<&Officer, Refusal> {
        let officer = self.officer.as_ref().ok_or(Refusal::NotAnOfficer)?;
        officer.must(role)?;
        Ok(officer)
    }

    /// R112 to R114 for a new one; for a change the card is the one that it has.
    fn registrable(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
        self.fits(opened, now)?;
        self.open
            .map_or(Ok(()), |number| Err(Refusal::AlreadyApplied { number }))
    }

    fn fits(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
        match opened.kind {
            Kind::New => card::fresh(self.card.binding, self.card.standing, now),
            Kind::Change { registration } => {
                let known = card::registered(self.card.binding, self.card.standing, now)?;
                (known == registration).then_some(()).ok_or(Refusal::AnotherCard)
            }
        }
    }

    fn approvable(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
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

    fn follow(
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
                },
                writes: vec![Write::Queue],
                errands: vec![Errand::Mail(Letter::Returned)],
                answer: Answer::Done,
            }),
        }
    }
}

fn held(submitted: Submitted, now: Instant) -> Decision {
    let (card, number) = (submitted.opened.card, submitted.number);
    Decision {
        event: Event::Held {
            card,
            text: submitted.text,
            number,
        },
        next: Case::Held {
            review: Review::of(submitted.content, now),
            submitted: Box::new(submitted),
        },
        writes: vec![Write::Number { number }, Write::Occupy { card }, Write::Queue],
        errands: vec![Errand::Mail(Letter::Held)],
        answer: Answer::Done,
    }
}

fn registered(submitted: Submitted, approvals: Option<Approvals>, now: Instant) -> Decision {
    let Submitted { opened, number, .. } = &submitted;
    let bound = match opened.kind {
        Kind::New => Write::Register {
            business: submitted.business.clone(),
            card: opened.card,
            contact: submitted.contact.clone(),
            at: now,
        },
        Kind::Change { registration } => Write::Change {
            registration,
            card: opened.card,
            contact: submitted.contact.clone(),
            at: now,
        },
    };
    let freed = match approvals {
        None => Write::Number { number: *number },
        Some(_) => Write::Vacate,
    };
    let mut errands: Vec<Errand> = approvals.iter().map(|_| Errand::Mail(Letter::Approved)).collect();
    errands.push(Errand::Mail(Letter::Completed));
    Decision {
        event: Event::Registered {
            card: opened.card,
            text: submitted.text,
            number: *number,
            approved: approvals
                .as_ref()
                .map(|approvals| (approvals.last.officer, approvals.last.text)),
        },
        writes: vec![freed, bound, Write::Queue],
        errands,
        next: Case::Registered {
            submitted: Box::new(submitted),
            approvals: approvals.map(Box::new),
            at: now,
        },
        answer: Answer::Done,
    }
}

/// It is over, and nothing has changed.
fn ended(next: Case, event: Event, letter: Letter) -> Decision {
    Decision {
        next,
        event,
        writes: vec![Write::Vacate, Write::Queue],
        errands: vec![Errand::Mail(letter)],
        answer: Answer::Done,
    }
}

fn looked_at(submitted: &Submitted, review: Review, event: Event) -> Decision {
    Decision {
        next: Case::Held {
            submitted: Box::new(submitted.clone()),
            review,
        },
        event,
        writes: vec![Write::Queue],
        errands: Vec::new(),
        answer: Answer::Done,
    }
}

/// Before it is sent off nobody but the company sees anything.
fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: Vec::new(),
        errands: Vec::new(),
        answer: Answer::Done,
    }
}
