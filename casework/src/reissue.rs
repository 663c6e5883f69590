//! デジタル証明書の再発行, procedure 003: from the application to the morning of the desired date (DOMAIN §6).
//!
//! A customer applies for several terminals at once; officers look at it; on the morning of 再発行希望日 each terminal gets
//! the right to a new certificate, a *grant*, and nothing more: the key is made on the terminal, so the certificate is
//! issued when it is acquired ([`acquisition`](crate::acquisition), R302).

mod command;
mod due;
mod event;
mod facts;
mod form;
mod policy;
mod state;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

pub use command::{Command, Facts};
pub use due::{Due, morning};
use due::{further, progressed};
pub use event::{Errand, Event, Letter, Write};
pub use policy::{Policy, Warning, warnings};
pub use state::{Case, Cause, Draft, Opened, Progress, Step, Submitted, Trouble, Wish};

use crate::applicant::Applicant;
use crate::calendar::DesiredDay;
use crate::identity::Digest;
use crate::number::Number;
use crate::officer::Role;
pub use crate::renewal::Approvals;
use crate::review::{Review, Verdict};
use crate::terminal::Terminal;
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
    use Case::{Abandoned, Approved, Denied, Drafting, Examining, New, Received, Reissued, Returned, Withdrawn};
    use Command::{
        Abandon, Apply, Choose, Claim, Correct, Decide, Enter, Grant, Open, Propose, Reassign, Release, Withdraw,
    };
    let rule = &policy.rule;
    match (case, command) {
        (New, Open) => {
            let organisation = facts.by.ok_or(Refusal::NotYours)?;
            let opened = Opened { organisation, at: now };
            let draft = Draft::default();
            Ok(quiet(Drafting { opened, draft }, Event::Opened { organisation }))
        }
        (Drafting { opened, draft }, Enter(contact)) => {
            facts.acts(opened.organisation)?;
            let next = Drafting {
                opened: *opened,
                draft: draft.with_contact(contact),
            };
            Ok(quiet(next, Event::Entered))
        }
        (Drafting { opened, draft }, Choose { day, cause, terminals }) => {
            facts.acts(opened.organisation)?;
            let wish = Wish::of(*day, cause, terminals);
            facts.applicable(opened.organisation, &wish, *day, policy, now)?;
            let next = Drafting {
                opened: *opened,
                draft: draft.with_wish(wish),
            };
            Ok(quiet(
                next,
                Event::Chosen {
                    terminals: terminals.len(),
                },
            ))
        }
        (Drafting { opened, draft }, Apply { day, content, number }) => {
            facts.acts(opened.organisation)?;
            let (contact, wish) = draft.whole()?;
            // Again, at the irreversible step (G-T2).
            facts.applicable(opened.organisation, &wish, *day, policy, now)?;
            Ok(applied(*opened, contact, wish, *content, *number, now))
        }
        (Drafting { opened, .. }, Abandon) => {
            // Nobody came back: the server itself gives it up.
            if facts.by.is_some() {
                facts.acts(opened.organisation)?;
            }
            Ok(quiet(Abandoned { at: now }, Event::Abandoned))
        }
        (Received { submitted, review, .. } | Examining { submitted, review }, Enter(contact)) => {
            facts.corrects(submitted, review, now)?;
            let draft = Some(Box::new(case.draft_of(submitted).with_contact(contact)));
            Ok(quiet(waiting(submitted, review, draft), Event::Entered))
        }
        (Received { submitted, review, .. } | Examining { submitted, review }, Choose { day, cause, terminals }) => {
            facts.corrects(submitted, review, now)?;
            let wish = Wish::of(*day, cause, terminals);
            facts.applicable(submitted.opened.organisation, &wish, *day, policy, now)?;
            let draft = Some(Box::new(case.draft_of(submitted).with_wish(wish)));
            let event = Event::Chosen {
                terminals: terminals.len(),
            };
            Ok(quiet(waiting(submitted, review, draft), event))
        }
        (Received { submitted, review, .. } | Examining { submitted, review }, Correct { day, content }) => {
            facts.corrects(submitted, review, now)?;
            facts.corrected(submitted, case.draft_of(submitted), (*day, *content), policy, now)
        }
        (Received { submitted, review, .. } | Examining { submitted, review }, Withdraw) => {
            facts.corrects(submitted, review, now)?;
            Ok(withdrawn(submitted, now))
        }
        (
            Returned {
                submitted, reason, by, ..
            },
            Enter(contact),
        ) => {
            facts.acts(submitted.opened.organisation)?;
            let next = Returned {
                submitted: submitted.clone(),
                reason: reason.clone(),
                by: by.clone(),
                draft: Some(Box::new(case.draft_of(submitted).with_contact(contact))),
            };
            Ok(quiet(next, Event::Entered))
        }
        (
            Returned {
                submitted, reason, by, ..
            },
            Choose { day, cause, terminals },
        ) => {
            let organisation = submitted.opened.organisation;
            facts.acts(organisation)?;
            let wish = Wish::of(*day, cause, terminals);
            facts.applicable(organisation, &wish, *day, policy, now)?;
            let next = Returned {
                submitted: submitted.clone(),
                reason: reason.clone(),
                by: by.clone(),
                draft: Some(Box::new(case.draft_of(submitted).with_wish(wish))),
            };
            Ok(quiet(
                next,
                Event::Chosen {
                    terminals: terminals.len(),
                },
            ))
        }
        (Returned { submitted, .. }, Correct { day, content }) => {
            facts.acts(submitted.opened.organisation)?;
            facts.corrected(submitted, case.draft_of(submitted), (*day, *content), policy, now)
        }
        (Returned { submitted, .. }, Withdraw) => {
            facts.acts(submitted.opened.organisation)?;
            Ok(withdrawn(submitted, now))
        }
        // What the applicant was correcting and did not send off is not what the officer looks at: it goes.
        (Received { submitted, review, .. } | Examining { submitted, review }, Claim) => {
            let officer = facts.acting(Role::Approval)?;
            let review = review.claimed(officer, &facts.parties, rule, now)?;
            Ok(looked_at(submitted, review, Event::Claimed { by: officer.id }))
        }
        (Examining { submitted, review }, Release) => {
            let officer = facts.acting(Role::Approval)?;
            let review = review.released(officer, now)?;
            let event = Event::Released { by: officer.id };
            Ok(match review.first {
                None => listed(waiting(submitted, &review, None), event),
                Some(_) => looked_at(submitted, review, event),
            })
        }
        (Received { submitted, review, .. } | Examining { submitted, review }, Reassign) => {
            let officer = facts.acting(Role::Administration)?;
            let to = facts.hand_to.as_ref().ok_or(Refusal::NotAnOfficer)?;
            let review = review.reassigned(officer, to, &facts.parties, rule, now)?;
            let (by, to) = (officer.id, to.id);
            Ok(looked_at(submitted, review, Event::Reassigned { by, to }))
        }
        (Examining { submitted, review }, Propose { verdict, text }) => {
            let officer = facts.acting(Role::Approval)?;
            verdict.reasoned()?;
            if *verdict == Verdict::Approve {
                facts.owned(submitted.opened.organisation, &submitted.wish.terminals)?;
            }
            let review = review.asked(officer, verdict, *text, &facts.parties, rule, now)?;
            let event = Event::Proposed {
                by: officer.id,
                text: *text,
            };
            Ok(looked_at(submitted, review, event))
        }
        (Examining { submitted, review }, Decide { signed }) => {
            let officer = facts.acting(Role::Approval)?;
            let ruled = review.ruled(officer, signed, facts.first.as_ref(), &facts.parties, rule, now)?;
            facts.follow(submitted, ruled)
        }
        (
            Approved {
                submitted,
                approvals,
                progress,
            },
            Grant { troubles },
        ) => {
            if now < morning(submitted.wish.day, policy) {
                return Err(Refusal::Stale);
            }
            let further = further(progress, &facts.granted, troubles, now);
            if further == *progress {
                return Err(Refusal::Stale);
            }
            Ok(progressed(submitted, approvals, further, now))
        }
        (
            New,
            Enter(_)
            | Choose { .. }
            | Apply { .. }
            | Correct { .. }
            | Abandon
            | Withdraw
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Grant { .. },
        )
        | (
            Drafting { .. },
            Open
            | Correct { .. }
            | Withdraw
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Grant { .. },
        )
        | (Received { .. }, Open | Apply { .. } | Abandon | Release | Propose { .. } | Decide { .. } | Grant { .. })
        | (Examining { .. }, Open | Apply { .. } | Abandon | Grant { .. })
        | (
            Returned { .. },
            Open | Apply { .. } | Abandon | Claim | Release | Reassign | Propose { .. } | Decide { .. } | Grant { .. },
        )
        | (
            Approved { .. },
            Open
            | Enter(_)
            | Choose { .. }
            | Apply { .. }
            | Correct { .. }
            | Abandon
            | Withdraw
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. },
        )
        | (
            Reissued { .. } | Denied { .. } | Withdrawn { .. } | Abandoned { .. },
            Open
            | Enter(_)
            | Choose { .. }
            | Apply { .. }
            | Correct { .. }
            | Abandon
            | Withdraw
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Grant { .. },
        ) => Err(Refusal::Stale),
    }
}

impl Case {
    fn draft_of(&self, submitted: &Submitted) -> Draft {
        self.draft().unwrap_or_else(|| Draft::of(submitted))
    }
}

impl Draft {
    fn with_contact(&self, contact: &Applicant) -> Self {
        Self {
            contact: Some(Box::new(contact.clone())),
            wish: self.wish.clone(),
        }
    }

    fn with_wish(&self, wish: Wish) -> Self {
        Self {
            contact: self.contact.clone(),
            wish: Some(wish),
        }
    }

    /// Both parts; a page that was jumped over is a stale one.
    fn whole(&self) -> Result<(Box<Applicant>, Wish), Refusal> {
        self.contact.clone().zip(self.wish.clone()).ok_or(Refusal::Stale)
    }
}

impl Wish {
    fn of(day: DesiredDay, cause: &Cause, terminals: &[Terminal]) -> Self {
        Self {
            day: day.day(),
            cause: cause.clone(),
            terminals: terminals.to_vec(),
        }
    }
}

fn applied(
    opened: Opened,
    contact: Box<Applicant>,
    wish: Wish,
    content: Digest,
    number: Number,
    now: Instant,
) -> Decision {
    let terminals = wish.terminals.clone();
    Decision {
        event: Event::Applied {
            number,
            content,
            day: wish.day,
            terminals: terminals.clone(),
        },
        next: Case::Received {
            submitted: Box::new(Submitted {
                opened,
                contact,
                wish,
                content,
                number,
                at: now,
            }),
            review: Review::of(content, now),
            draft: None,
        },
        writes: vec![Write::Number { number }, Write::Occupy { terminals }, Write::Queue],
        errands: vec![Errand::Mail(Letter::Received)],
        answer: Answer::Done,
    }
}

fn withdrawn(submitted: &Submitted, now: Instant) -> Decision {
    let next = Case::Withdrawn {
        submitted: Box::new(submitted.clone()),
        at: now,
    };
    let number = submitted.number;
    ended(next, Event::Withdrawn { number }, Letter::Withdrawn)
}

/// It is over, and nothing was reissued.
fn ended(next: Case, event: Event, letter: Letter) -> Decision {
    Decision {
        next,
        event,
        writes: vec![Write::Vacate, Write::Queue],
        errands: vec![Errand::Mail(letter)],
        answer: Answer::Done,
    }
}

/// 受付: no officer has it.
fn waiting(submitted: &Submitted, review: &Review, draft: Option<Box<Draft>>) -> Case {
    Case::Received {
        submitted: Box::new(submitted.clone()),
        review: Review {
            claim: None,
            ..review.clone()
        },
        draft,
    }
}

fn looked_at(submitted: &Submitted, review: Review, event: Event) -> Decision {
    let next = Case::Examining {
        submitted: Box::new(submitted.clone()),
        review,
    };
    listed(next, event)
}

fn listed(next: Case, event: Event) -> Decision {
    Decision {
        writes: vec![Write::Queue],
        ..quiet(next, event)
    }
}

/// Nobody but the applicant sees anything.
fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: Vec::new(),
        errands: Vec::new(),
        answer: Answer::Done,
    }
}
