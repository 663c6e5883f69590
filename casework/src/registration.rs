//! 利用者登録: 登録 and 変更 (DOMAIN §4.2 A0, §5.2).
//!
//! A company shows that it is the one in the register, says whom to write to, and signs that with the card it is to be
//! known by. One card has one registration, and a company may have several (R107). Under review it is compared and held
//! by the same rule as a renewal.

mod command;
mod event;
mod facts;
mod form;
mod state;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

pub use command::Command;
pub use event::{Errand, Event, Letter, Write};
pub use facts::Facts;
pub use form::{Contact, Field, Form};
pub use state::{Case, Correction, Kind, Opened, Out, Submitted};

use crate::names::TABLE_VERSION;
use crate::officer::Role;
pub use crate::renewal::{Approvals, Known, ReviewPolicy};
use crate::review::{Review, Rule, Verdict};
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
            facts.qualified(opened)?;
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
            facts.qualified(opened)?;
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
            // Again, at the irreversible step (G-T2).
            facts.qualified(opened)?;
            facts.registrable(opened, now)?;
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
        (Returned { submitted, until, .. }, Enter(contact)) => {
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            facts.fits(&submitted.opened, now)?;
            let contact = contact.clone();
            Ok(quiet(
                case.corrected(Some(Correction { contact, out: None })),
                Event::Entered,
            ))
        }
        (
            Returned {
                submitted,
                until,
                correction: Some(Correction { contact, out: None }),
                ..
            },
            Ask { text },
        ) => {
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            facts.fits(&submitted.opened, now)?;
            let correction = Correction {
                contact: contact.clone(),
                out: Some(Out {
                    text: *text,
                    until: now.plus_seconds(policy.signature_within).min(*until),
                }),
            };
            Ok(quiet(case.corrected(Some(correction)), Event::Asked { text: *text }))
        }
        (
            Returned {
                correction: Some(Correction { contact, .. }),
                ..
            },
            Edit,
        ) => {
            let contact = contact.clone();
            Ok(quiet(
                case.corrected(Some(Correction { contact, out: None })),
                Event::Edited,
            ))
        }
        // What was sent off before is replaced whole, under its number: the page that the card signs now is what is decided
        // upon from here on.
        (
            Returned {
                submitted,
                correction:
                    Some(Correction {
                        contact,
                        out: Some(out),
                    }),
                ..
            },
            Confirm { signed, .. },
        ) => {
            if signed.card() != submitted.opened.card {
                return Err(Refusal::AnotherCard);
            }
            if signed.text() != out.text {
                return Err(Refusal::AnotherText);
            }
            if now > out.until {
                return Err(Refusal::Lapsed);
            }
            facts.fits(&submitted.opened, now)?;
            let submitted = Submitted {
                contact: contact.clone(),
                compared: facts.compared.clone(),
                table: TABLE_VERSION,
                text: out.text,
                content: out.text,
                answer: None,
                ..submitted.as_ref().clone()
            };
            let event = Event::Answered {
                number: submitted.number,
                content: out.text,
            };
            Ok(looked_at(&submitted, Review::of(out.text, now), event))
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
