//! 書面による失効申込, entered by an officer and approved by another (DOMAIN §3.1, R003).
//!
//! Who cannot apply with the card applies on paper: a lost card, a holder who left or died, the last thirty days. The
//! officer who enters it signs what was entered; a second person approves it, by signature too.

mod entry;
mod event;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

pub use entry::{Applicant, Complaint, Document, Enclosure, Entry, FILES, Field, File, Form};
pub use event::Event;

use crate::application::Ground;
use crate::evidence::Possession;
use crate::identity::{CertificateId, Digest};
use crate::number::Number;
use crate::officer::{Officer, Role};
use crate::refund::{self, Purchase, Refund};
use crate::review::{Approval, Parties, Reason, Review, Rule, Ruled, Verdict};
use crate::time::{Day, Instant};
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
    use Case::{Denied, Drafting, New, Returned, Revoked, Waiting, Withdrawn};
    use Command::{Ask, Claim, Decide, Enter, Present, Reassign, Release, Submit, Withdraw};
    let rule = &policy.rule;
    match (case, command) {
        (New | Drafting { .. } | Waiting { .. } | Returned { .. }, Enter { entry, content }) => {
            let officer = facts.acting(Role::Entry)?;
            // Whoever has it before them shall not see it change (A23); put back, it can be edited, and is approved anew.
            if let Waiting { review, .. } = case
                && let Some(claim) = review.standing_claim(now)
            {
                return Err(Refusal::Claimed { until: claim.until });
            }
            facts.revocable(now)?;
            let next = Drafting {
                entry: entry.clone(),
                content: *content,
                number: case.number(),
                asked: None,
            };
            let event = Event::Entered {
                by: officer.id,
                content: *content,
                ground: entry.ground,
            };
            Ok(quiet(next, event))
        }
        (
            Drafting {
                entry, content, number, ..
            },
            Present { text },
        ) => {
            let officer = facts.acting(Role::Entry)?;
            facts.parties.strange_to(officer, rule)?;
            facts.revocable(now)?;
            let next = Drafting {
                entry: entry.clone(),
                content: *content,
                number: *number,
                asked: Some((*text, now.plus_seconds(rule.signature_within))),
            };
            Ok(quiet(
                next,
                Event::Presented {
                    by: officer.id,
                    text: *text,
                },
            ))
        }
        (
            Drafting {
                entry,
                content,
                number: given,
                asked: Some((text, until)),
            },
            Submit { signed, number },
        ) => {
            let officer = facts.acting(Role::Entry)?;
            facts.parties.strange_to(officer, rule)?;
            if signed.card() != officer.card {
                return Err(Refusal::AnotherCard);
            }
            if signed.text() != *text {
                return Err(Refusal::AnotherText);
            }
            if now > *until {
                return Err(Refusal::Lapsed);
            }
            facts.revocable(now)?;
            let first = Approval::by(officer, *content, signed, now);
            let number = given.unwrap_or(*number);
            let mut errands = Vec::new();
            let mut writes = vec![Write::Queue];
            if given.is_none() {
                writes.push(Write::Number { number });
                errands.push(Errand::Write(Letter::Received));
            }
            Ok(Decision {
                next: Waiting {
                    entry: entry.clone(),
                    number,
                    review: Review::entered(*content, first, now),
                },
                event: Event::Submitted {
                    by: officer.id,
                    content: *content,
                    text: *text,
                    number,
                },
                writes,
                errands,
                answer: Answer::Done,
            })
        }
        (Waiting { review, .. }, Claim) => {
            let officer = facts.acting(Role::Approval)?;
            let review = review.claimed(officer, &facts.parties, rule, now)?;
            Ok(quiet(case.reviewed(review), Event::Claimed { by: officer.id }))
        }
        (Waiting { review, .. }, Release) => {
            let officer = facts.acting(Role::Approval)?;
            let review = review.released(officer, now)?;
            Ok(quiet(case.reviewed(review), Event::Released { by: officer.id }))
        }
        (Waiting { review, .. }, Reassign) => {
            let officer = facts.acting(Role::Administration)?;
            let to = facts.to.as_ref().ok_or(Refusal::NotAnOfficer)?;
            let review = review.reassigned(officer, to, &facts.parties, rule, now)?;
            Ok(quiet(
                case.reviewed(review),
                Event::Reassigned {
                    by: officer.id,
                    to: to.id,
                },
            ))
        }
        (Waiting { review, .. }, Ask { verdict, text }) => {
            let officer = facts.acting(Role::Approval)?;
            if *verdict == Verdict::Approve {
                facts.revocable(now)?;
            }
            let review = review.asked(officer, verdict, *text, &facts.parties, rule, now)?;
            Ok(quiet(
                case.reviewed(review),
                Event::Asked {
                    by: officer.id,
                    text: *text,
                },
            ))
        }
        (Waiting { entry, number, review }, Decide { signed }) => {
            let officer = facts.acting(Role::Approval)?;
            let ruled = review.ruled(officer, signed, facts.first.as_ref(), &facts.parties, rule, now)?;
            facts.follow(case, entry, *number, ruled, policy, now)
        }
        (Drafting { number, .. }, Withdraw) => {
            let officer = facts.acting(Role::Entry)?;
            Ok(quiet(
                Withdrawn {
                    number: *number,
                    at: now,
                },
                Event::Withdrawn { by: officer.id },
            ))
        }
        (Waiting { number, review, .. }, Withdraw) => {
            let officer = facts.acting(Role::Entry)?;
            if let Some(claim) = review.standing_claim(now) {
                return Err(Refusal::Claimed { until: claim.until });
            }
            Ok(quiet(
                Withdrawn {
                    number: Some(*number),
                    at: now,
                },
                Event::Withdrawn { by: officer.id },
            ))
        }
        (Returned { number, .. }, Withdraw) => {
            let officer = facts.acting(Role::Entry)?;
            Ok(quiet(
                Withdrawn {
                    number: Some(*number),
                    at: now,
                },
                Event::Withdrawn { by: officer.id },
            ))
        }
        (New, Present { .. } | Submit { .. } | Claim | Release | Reassign | Ask { .. } | Decide { .. } | Withdraw)
        | (Drafting { .. }, Claim | Release | Reassign | Ask { .. } | Decide { .. })
        | (Drafting { asked: None, .. }, Submit { .. })
        | (Waiting { .. }, Present { .. } | Submit { .. })
        | (Returned { .. }, Present { .. } | Submit { .. } | Claim | Release | Reassign | Ask { .. } | Decide { .. })
        | (
            Revoked { .. } | Denied { .. } | Withdrawn { .. },
            Enter { .. }
            | Present { .. }
            | Submit { .. }
            | Claim
            | Release
            | Reassign
            | Ask { .. }
            | Decide { .. }
            | Withdraw,
        ) => Err(Refusal::Stale),
    }
}

/// A paper application's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// 入力中: an officer enters what the paper says.
    Drafting {
        /// What was entered, complete.
        entry: Box<Entry>,
        /// Of exactly that, with its files.
        content: Digest,
        /// 受付番号, once it was submitted before.
        number: Option<Number>,
        /// The text that is out for the entering officer's signature, and until when.
        asked: Option<(Digest, Instant)>,
    },
    /// 承認待ち: signed by the officer who entered it, it waits for a second person.
    Waiting {
        /// What was entered.
        entry: Box<Entry>,
        /// 受付番号
        number: Number,
        /// Who has it, and who approved it.
        review: Review,
    },
    /// 差戻し: something is to be corrected or asked for.
    Returned {
        /// What was entered.
        entry: Box<Entry>,
        /// 受付番号
        number: Number,
        /// What is to be done.
        reason: Box<Reason>,
        /// By whom, and when.
        by: Approval,
    },
    /// 失効完了
    Revoked {
        /// What was entered.
        entry: Box<Entry>,
        /// 受付番号
        number: Number,
        /// By the officer who entered it.
        first: Option<Approval>,
        /// By the one who approved it.
        last: Approval,
        /// 返金額の目安
        refund: Refund,
        /// 失効日時
        at: Instant,
    },
    /// 不受理
    Denied {
        /// What was entered.
        entry: Box<Entry>,
        /// 受付番号
        number: Number,
        /// Why.
        reason: Box<Reason>,
        /// By whom, and when.
        by: Approval,
    },
    /// 取下げ
    Withdrawn {
        /// 受付番号, once it was submitted.
        number: Option<Number>,
        /// When.
        at: Instant,
    },
}

/// What an officer does. Who that is stands in [`Facts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What the paper says, checked; again for each change.
    Enter {
        /// What it says.
        entry: Box<Entry>,
        /// Of exactly that, with its files.
        content: Digest,
    },
    /// The entering officer looked it through: the text goes out for signature.
    Present {
        /// Of the text to be signed.
        text: Digest,
    },
    /// The entering officer's card has signed it.
    Submit {
        /// The signature.
        signed: Possession,
        /// The receipt number to give, drawn by the caller.
        number: Number,
    },
    /// 担当する
    Claim,
    /// 担当を外れる
    Release,
    /// An administrator hands it to [`Facts::to`].
    Reassign,
    /// 承認, 否認 or 差戻し: the text goes out for signature.
    Ask {
        /// What is to be decided.
        verdict: Verdict,
        /// Of the text to be signed.
        text: Digest,
    },
    /// The deciding officer's card has signed it.
    Decide {
        /// The signature.
        signed: Possession,
    },
    /// 取下げ, at the applicant's wish.
    Withdraw,
}

/// Must be true the moment the decision is: OCSP answers from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The revoked row, unique per certificate.
    Revoke {
        /// Which certificate.
        certificate: CertificateId,
        /// Why.
        ground: Ground,
        /// The moment of approval (DOMAIN §2.3).
        at: Instant,
        /// 事由発生日, for invalidityDate.
        event_day: Option<Day>,
    },
    /// The receipt number, unique over all procedures.
    Number {
        /// To be taken.
        number: Number,
    },
    /// The queue says what the case says.
    Queue,
}

/// May be a little late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// The shard that holds this certificate.
    PublishCrl {
        /// Which certificate.
        certificate: CertificateId,
    },
    /// To the applicant, by mail where there is an address, to be printed and posted otherwise.
    Write(Letter),
}

/// The letters of the paper route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// 失効申込（書面）受付のお知らせ
    Received,
    /// 電子証明書失効完了のお知らせ
    Revoked,
    /// 失効申込（書面）不受理のお知らせ
    Denied,
}

/// What the store knows at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The officer who acts, if the account is active at this moment.
    pub officer: Option<Officer>,
    /// To whom a claim is handed, if that account is active.
    pub to: Option<Officer>,
    /// Who and what it is about.
    pub parties: Parties,
    /// The first approval as its kept signature proves it now (A25).
    pub first: Option<Possession>,
    /// First and last instant of the signature certificate; `None` where it was never issued here.
    pub validity: Option<(Instant, Instant)>,
    /// Since when it is revoked, and by which application, if any. Guarded by the unique row.
    pub revoked: Option<(Instant, Option<Number>)>,
    /// The other certificates of the same card that are not revoked yet.
    pub others: Vec<CertificateId>,
    /// What was paid for it.
    pub purchase: Option<Purchase>,
}

/// What an office may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How it is reviewed.
    pub rule: Rule,
    /// The refund's terms.
    pub refund: refund::Terms,
}

impl Case {
    /// 受付番号, once there is one.
    pub const fn number(&self) -> Option<Number> {
        match self {
            Self::New => None,
            Self::Drafting { number, .. } | Self::Withdrawn { number, .. } => *number,
            Self::Waiting { number, .. }
            | Self::Returned { number, .. }
            | Self::Revoked { number, .. }
            | Self::Denied { number, .. } => Some(*number),
        }
    }

    /// What was entered, while it is kept.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::New | Self::Withdrawn { .. } => None,
            Self::Drafting { entry, .. }
            | Self::Waiting { entry, .. }
            | Self::Returned { entry, .. }
            | Self::Revoked { entry, .. }
            | Self::Denied { entry, .. } => Some(entry),
        }
    }

    fn reviewed(&self, review: Review) -> Self {
        let mut next = self.clone();
        if let Self::Waiting { review: held, .. } = &mut next {
            *held = review;
        }
        next
    }
}

impl Facts {
    fn acting(&self, role: Role) -> Result<&Officer, Refusal> {
        let officer = self.officer.as_ref().ok_or(Refusal::NotAnOfficer)?;
        officer.must(role)?;
        Ok(officer)
    }

    /// R007. The window of thirty days is the online application's; on paper a certificate goes until it expires.
    fn revocable(&self, now: Instant) -> Result<(), Refusal> {
        let (_, not_after) = self.validity.ok_or(Refusal::NeverIssued)?;
        match self.revoked {
            Some((_, Some(number))) => Err(Refusal::AlreadyApplied { number }),
            Some((at, None)) => Err(Refusal::AlreadyRevoked { at }),
            None if now > not_after => Err(Refusal::Expired { at: not_after }),
            None => Ok(()),
        }
    }

    fn follow(
        &self,
        case: &Case,
        entry: &Entry,
        number: Number,
        ruled: Ruled,
        policy: &Policy,
        now: Instant,
    ) -> Result<Decision, Refusal> {
        let entry = Box::new(entry.clone());
        match ruled {
            Ruled::Second(review) => {
                let (by, text) = review
                    .first
                    .as_ref()
                    .map(|first| (first.officer, first.text))
                    .ok_or(Refusal::Stale)?;
                Ok(quiet(case.reviewed(review), Event::Approved { by, text }))
            }
            Ruled::Approved { first, last } => {
                self.revocable(now)?; // again, at the irreversible step (A20)
                let mut gone = vec![entry.certificate.clone()];
                gone.extend(self.others.iter().cloned());
                let mut writes: Vec<Write> = gone
                    .iter()
                    .map(|certificate| Write::Revoke {
                        certificate: certificate.clone(),
                        ground: entry.ground,
                        at: now,
                        event_day: entry.event_day,
                    })
                    .collect();
                writes.push(Write::Queue);
                let mut errands: Vec<Errand> = gone
                    .into_iter()
                    .map(|certificate| Errand::PublishCrl { certificate })
                    .collect();
                errands.push(Errand::Write(Letter::Revoked));
                Ok(Decision {
                    event: Event::Revoked {
                        by: last.officer,
                        text: last.text,
                        ground: entry.ground,
                        number,
                    },
                    next: Case::Revoked {
                        refund: refund::preview(self.purchase.as_ref(), self.validity, &policy.refund, now),
                        entry,
                        number,
                        first,
                        last,
                        at: now,
                    },
                    writes,
                    errands,
                    answer: Answer::Done,
                })
            }
            Ruled::Denied(reason, by) => Ok(Decision {
                event: Event::Denied {
                    by: by.officer,
                    text: by.text,
                    reason: reason.key.clone(),
                },
                next: Case::Denied {
                    entry,
                    number,
                    reason,
                    by,
                },
                writes: vec![Write::Queue],
                errands: vec![Errand::Write(Letter::Denied)],
                answer: Answer::Done,
            }),
            Ruled::Returned(reason, by) => Ok(Decision {
                event: Event::Returned {
                    by: by.officer,
                    text: by.text,
                    reason: reason.key.clone(),
                },
                next: Case::Returned {
                    entry,
                    number,
                    reason,
                    by,
                },
                writes: vec![Write::Queue],
                errands: Vec::new(),
                answer: Answer::Done,
            }),
        }
    }
}

fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: vec![Write::Queue],
        errands: Vec::new(),
        answer: Answer::Done,
    }
}
