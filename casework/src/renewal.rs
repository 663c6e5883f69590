//! ICカード更新, procedures 001 and 002: two policies of one procedure (DOMAIN §4, §5).
//!
//! Both cards are read and sign in one ceremony; the confirmation page follows; at 更新 the new card signs that page. From
//! the commit that says so the old card is refused and the new one accepted. Under review, a card whose names differ from
//! the register's is held, and while it is held nothing has changed (DOMAIN §5.3).

mod event;
mod policy;
mod state;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub use event::{Errand, Event, Letter, Write};
pub use policy::{Policy, ReviewPolicy, Variant, Warning, warnings};
pub use state::{Approvals, Case, Opened, Submitted};

use crate::card::{self, Binding, Standing};
use crate::evidence::{Possession, ReadBoth};
use crate::identity::{Digest, Fingerprint, RegistrationId};
use crate::names::TABLE_VERSION;
use crate::number::Number;
use crate::officer::{Officer, Role};
use crate::register::Compared;
use crate::review::{Parties, Review, Ruled, Verdict};
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
    use Case::{Abandoned, Awaiting, Confirming, Denied, Held, Lapsed, New, Renewed, Returned, Withdrawn};
    use Command::{
        Abandon, Answer, Ask, Back, Claim, Confirm, Decide, Lapse, Open, Propose, Reassign, Release, Withdraw,
    };
    let rule = &policy.rule;
    match (case, command) {
        (New, Open { read, person }) => {
            let opened = Opened {
                registration: read.registration(),
                from: read.from(),
                to: read.to(),
                texts: read.texts(),
                person: person.clone(),
                at: read.at(),
            };
            facts.renewable(&opened, now)?;
            let event = Event::Opened {
                from: opened.from,
                to: opened.to,
                texts: opened.texts,
            };
            Ok(quiet(Confirming { opened }, event))
        }
        (Confirming { opened } | Awaiting { opened, .. }, Ask { text }) => {
            facts.renewable(opened, now)?;
            let next = Awaiting {
                opened: opened.clone(),
                text: *text,
                until: now.plus_seconds(policy.signature_within),
            };
            Ok(quiet(next, Event::Asked { text: *text }))
        }
        (Awaiting { opened, .. }, Back) => {
            let opened = opened.clone();
            Ok(quiet(Confirming { opened }, Event::Back))
        }
        (Awaiting { opened, text, until }, Confirm { signed, number }) => {
            if signed.card() != opened.to {
                return Err(Refusal::AnotherCard); // R117: a third card at 更新
            }
            if signed.text() != *text {
                return Err(Refusal::AnotherText);
            }
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            facts.renewable(opened, now)?; // again, at the irreversible step (G-T2, R117)
            let submitted = Submitted {
                opened: opened.clone(),
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
                renewed(submitted, now)
            })
        }
        (Confirming { opened } | Awaiting { opened, .. }, Abandon) => Ok(quiet(
            Abandoned { at: now },
            Event::Abandoned {
                from: opened.from,
                to: opened.to,
            },
        )),
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
            if *by != submitted.opened.from {
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
            if *by != submitted.opened.from {
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
            let number = submitted.number;
            Ok(Decision {
                next: Held {
                    review: Review::of(*content, now),
                    submitted: Box::new(submitted),
                },
                event: Event::Answered {
                    number,
                    content: *content,
                },
                writes: vec![Write::Queue],
                errands: Vec::new(),
                answer: crate::Answer::Done,
            })
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
        (
            New,
            Ask { .. }
            | Back
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
            Confirming { .. },
            Open { .. }
            | Back
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
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. }
            | Withdraw { .. }
            | Answer { .. }
            | Lapse,
        )
        | (Held { .. }, Open { .. } | Ask { .. } | Back | Confirm { .. } | Abandon | Answer { .. } | Lapse)
        | (
            Returned { .. },
            Open { .. }
            | Ask { .. }
            | Back
            | Confirm { .. }
            | Abandon
            | Claim
            | Release
            | Reassign
            | Propose { .. }
            | Decide { .. },
        )
        | (
            Renewed { .. } | Denied { .. } | Withdrawn { .. } | Lapsed { .. } | Abandoned { .. },
            Open { .. }
            | Ask { .. }
            | Back
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

/// What holder and officers do. Who the officer is stands in [`Facts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Both cards were read, and have signed (A1 to A3).
    Open {
        /// The two signatures.
        read: ReadBoth,
        /// 担当者, where the PIN dialog was told one. It is kept with the case's history.
        person: Option<String>,
    },
    /// 「更新」: the page goes out for the new card's signature; again for another page.
    Ask {
        /// Of the text to be signed.
        text: Digest,
    },
    /// 「戻る」, from the page that is out for signature.
    Back,
    /// The new card has signed it.
    Confirm {
        /// The signature.
        signed: Possession,
        /// The receipt number to give, drawn by the caller.
        number: Number,
    },
    /// 中止, or nobody came back.
    Abandon,
    /// 担当する
    Claim,
    /// 担当を外れる
    Release,
    /// An administrator hands it to [`Facts::hand_to`].
    Reassign,
    /// 承認, 否認 or 差戻し: the text goes out for the officer's signature.
    Propose {
        /// What is to be decided.
        verdict: Verdict,
        /// Of the text to be signed.
        text: Digest,
    },
    /// The officer's card has signed it.
    Decide {
        /// The signature.
        signed: Possession,
    },
    /// 取下げ, by the company while it is not decided.
    Withdraw {
        /// The card that the company is logged in with.
        by: Fingerprint,
    },
    /// The company's answer to a 差戻し.
    Answer {
        /// The card that the company is logged in with.
        by: Fingerprint,
        /// What it says, checked.
        remark: String,
        /// Of what is decided upon from here on, the answer included.
        content: Digest,
    },
    /// The time for an answer is over.
    Lapse,
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
    /// The current card. What the office knows of it is guarded by [`Write::Bind`].
    pub from: Known,
    /// The new card.
    pub to: Known,
    /// Another application about one of the two cards that is not decided. Guarded by [`Write::Occupy`].
    pub open: Option<Number>,
    /// The new card, compared with the register's entry; `None` where the register has none that counts today.
    pub compared: Option<Compared>,
}

/// A card at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// How the office knows it, if it does.
    pub binding: Option<Binding>,
    /// Whether it is accepted.
    pub standing: Standing,
}

/// Which registration the current card has, when it is shown (A1): before its PIN is asked for. A card that nobody is
/// registered with is probably the new one (R111).
pub fn current_card(card: Known, now: Instant) -> Result<RegistrationId, Refusal> {
    card::registered(card.binding, card.standing, now).map_err(|refusal| match refusal {
        Refusal::CardNotRegistered => Refusal::CardsSwapped,
        refusal => refusal,
    })
}

/// Whether a card can take another one's place, when it is shown (A2): before its PIN is asked for.
pub fn new_card(from: Fingerprint, to: Fingerprint, card: Known, now: Instant) -> Result<(), Refusal> {
    if from == to {
        return Err(Refusal::SameCard);
    }
    card::fresh(card.binding, card.standing, now)
}

impl Facts {
    fn acting(&self, role: Role) -> Result<&Officer, Refusal> {
        let officer = self.officer.as_ref().ok_or(Refusal::NotAnOfficer)?;
        officer.must(role)?;
        Ok(officer)
    }

    /// R110 to R114, R102, R201 to R203, G-S3; the first that fails is told.
    fn renewable(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
        if opened.from == opened.to {
            return Err(Refusal::SameCard);
        }
        if current_card(self.from, now)? != opened.registration {
            return Err(Refusal::AnotherCard);
        }
        new_card(opened.from, opened.to, self.to, now)?;
        self.open
            .map_or(Ok(()), |number| Err(Refusal::AlreadyApplied { number }))
    }

    /// What an approval needs: the new card as at 更新. The current card may have expired meanwhile (DOMAIN §5.3).
    fn approvable(&self, opened: &Opened, now: Instant) -> Result<(), Refusal> {
        let binding = self.from.binding.ok_or(Refusal::CardNotRegistered)?;
        if let Some(since) = binding.until {
            return Err(Refusal::CardRenewed { since });
        }
        if binding.registration != opened.registration {
            return Err(Refusal::AnotherCard);
        }
        card::fresh(self.to.binding, self.to.standing, now).map_err(|refusal| match refusal {
            Refusal::NotYetValid { .. }
            | Refusal::Expired { .. }
            | Refusal::AlreadyRevoked { .. }
            | Refusal::Unaccepted
            | Refusal::Broken => Refusal::UnfitCard {
                standing: self.to.standing,
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
            // Again, at the irreversible step (A20). That the card is unfit is an answer of its own and is recorded;
            // the application stays held, and its text is void.
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
                Ok(()) => Ok(approved(submitted, Approvals { first, last }, now)),
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
    let Opened { from, to, .. } = submitted.opened;
    let number = submitted.number;
    Decision {
        event: Event::Held {
            from,
            to,
            text: submitted.text,
            number,
        },
        next: Case::Held {
            review: Review::of(submitted.content, now),
            submitted: Box::new(submitted),
        },
        writes: vec![
            Write::Number { number },
            Write::Occupy { cards: [from, to] },
            Write::Queue,
        ],
        errands: vec![Errand::Mail(Letter::Held)],
        answer: Answer::Done,
    }
}

fn renewed(submitted: Submitted, now: Instant) -> Decision {
    let number = submitted.number;
    Decision {
        event: Event::renewed(&submitted, None),
        writes: vec![Write::Number { number }, bind(&submitted.opened, now), Write::Queue],
        errands: vec![Errand::Mail(Letter::Completed)],
        next: Case::Renewed {
            submitted: Box::new(submitted),
            approvals: None,
            at: now,
        },
        answer: Answer::Done,
    }
}

fn approved(submitted: &Submitted, approvals: Approvals, now: Instant) -> Decision {
    Decision {
        event: Event::renewed(submitted, Some(&approvals)),
        writes: vec![bind(&submitted.opened, now), Write::Vacate, Write::Queue],
        errands: vec![Errand::Mail(Letter::Approved), Errand::Mail(Letter::Completed)],
        next: Case::Renewed {
            submitted: Box::new(submitted.clone()),
            approvals: Some(Box::new(approvals)),
            at: now,
        },
        answer: Answer::Done,
    }
}

const fn bind(opened: &Opened, at: Instant) -> Write {
    Write::Bind {
        registration: opened.registration,
        from: opened.from,
        to: opened.to,
        at,
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

/// Before 更新 nobody but the holder sees anything.
fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: Vec::new(),
        errands: Vec::new(),
        answer: Answer::Done,
    }
}
