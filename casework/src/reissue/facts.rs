//! What an applicant may do, and what officers decided.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{
    Answer, Approvals, Case, Decision, Draft, Errand, Event, Facts, Letter, Policy, Progress, Step, Submitted, Wish,
    Write, ended, looked_at,
};
use crate::Refusal;
use crate::calendar::DesiredDay;
use crate::identity::{Digest, OrganisationId};
use crate::officer::{Officer, Role};
use crate::review::{Review, Ruled};
use crate::terminal::Terminal;
use crate::time::Instant;

impl Facts {
    pub(super) fn acts(&self, organisation: OrganisationId) -> Result<(), Refusal> {
        (self.by == Some(organisation)).then_some(()).ok_or(Refusal::NotYours)
    }

    pub(super) fn acting(&self, role: Role) -> Result<&Officer, Refusal> {
        let officer = self.officer.as_ref().ok_or(Refusal::NotAnOfficer)?;
        officer.must(role)?;
        Ok(officer)
    }

    /// The applicant's own again, until an officer has it (DOMAIN §6.6).
    pub(super) fn corrects(&self, submitted: &Submitted, review: &Review, now: Instant) -> Result<(), Refusal> {
        self.acts(submitted.opened.organisation)?;
        let examined = review.first.is_some() || review.standing_claim(now).is_some();
        if examined { Err(Refusal::UnderReview) } else { Ok(()) }
    }

    /// R305, R306, G-S3; the first that fails is told.
    pub(super) fn applicable(
        &self,
        organisation: OrganisationId,
        wish: &Wish,
        day: DesiredDay,
        policy: &Policy,
        now: Instant,
    ) -> Result<(), Refusal> {
        // Checked for the day on which it is sent, in Japan: midnight may lie between the page and the button.
        if day.day() != wish.day || day.applied_on() != now.day() {
            return Err(Refusal::DayGone);
        }
        if wish.terminals.is_empty() {
            return Err(Refusal::NoTerminal);
        }
        if wish.terminals.len() > policy.most_terminals {
            return Err(Refusal::TooMany {
                most: policy.most_terminals,
            });
        }
        let twice = |at: usize, terminal| wish.terminals.iter().skip(at + 1).any(|other| other == terminal);
        if wish
            .terminals
            .iter()
            .enumerate()
            .any(|(at, terminal)| twice(at, terminal))
        {
            return Err(Refusal::Stale);
        }
        self.owned(organisation, &wish.terminals)?;
        let taken = |terminal: &Terminal| self.open.iter().find(|(open, _)| open == terminal);
        match wish.terminals.iter().find_map(taken) {
            Some((terminal, number)) => Err(Refusal::TerminalTaken {
                terminal: *terminal,
                number: *number,
            }),
            None => Ok(()),
        }
    }

    pub(super) fn owned(&self, organisation: OrganisationId, terminals: &[Terminal]) -> Result<(), Refusal> {
        let strange = |terminal: &&Terminal| !self.known.contains(&(**terminal, organisation));
        match terminals.iter().find(strange) {
            Some(terminal) => Err(Refusal::NoSuchTerminal { terminal: *terminal }),
            None => Ok(()),
        }
    }

    pub(super) fn corrected(
        &self,
        submitted: &Submitted,
        draft: Draft,
        (day, content): (DesiredDay, Digest),
        policy: &Policy,
        now: Instant,
    ) -> Result<Decision, Refusal> {
        let (contact, wish) = draft.whole()?;
        self.applicable(submitted.opened.organisation, &wish, day, policy, now)?;
        let terminals = wish.terminals.clone();
        let submitted = Box::new(Submitted {
            contact,
            wish,
            content,
            ..submitted.clone()
        });
        Ok(Decision {
            event: Event::Corrected {
                number: submitted.number,
                content,
                day: submitted.wish.day,
                terminals: terminals.clone(),
            },
            next: Case::Received {
                review: Review::of(content, now),
                submitted,
                draft: None,
            },
            writes: vec![Write::Occupy { terminals }, Write::Queue],
            errands: Vec::new(),
            answer: Answer::Done,
        })
    }

    pub(super) fn follow(&self, submitted: &Submitted, ruled: Ruled) -> Result<Decision, Refusal> {
        let number = submitted.number;
        let kept = || Box::new(submitted.clone());
        match ruled {
            Ruled::Second(review) => {
                let first = review.first.as_ref().ok_or(Refusal::Stale)?;
                let event = Event::Seconded {
                    by: first.officer,
                    text: first.text,
                };
                Ok(looked_at(submitted, review, event))
            }
            Ruled::Approved { first, last } => {
                // Again, at the irreversible step (A20).
                self.owned(submitted.opened.organisation, &submitted.wish.terminals)?;
                let waits = |terminal: &Terminal| Progress {
                    terminal: *terminal,
                    step: Step::Waiting,
                };
                Ok(Decision {
                    event: Event::Approved {
                        by: last.officer,
                        text: last.text,
                        number,
                    },
                    next: Case::Approved {
                        submitted: kept(),
                        progress: submitted.wish.terminals.iter().map(waits).collect(),
                        approvals: Box::new(Approvals { first, last }),
                    },
                    writes: vec![
                        Write::Await {
                            day: submitted.wish.day,
                        },
                        Write::Queue,
                    ],
                    errands: Vec::new(),
                    answer: Answer::Done,
                })
            }
            Ruled::Denied(reason, by) => {
                let event = Event::Denied {
                    by: by.officer,
                    text: by.text,
                    reason: reason.key.clone(),
                    number,
                };
                let next = Case::Denied {
                    submitted: kept(),
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
                    submitted: kept(),
                    reason,
                    by,
                    draft: None,
                },
                writes: vec![Write::Queue],
                errands: vec![Errand::Mail(Letter::Returned)],
                answer: Answer::Done,
            }),
        }
    }
}
