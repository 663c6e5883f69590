//! 審査: an application before officers (DESIGN, part 3.13).
//!
//! Claim with a time-out, two persons, a reason, never one's own, and every decision bound to the hash of exactly what
//! was decided upon. Procedures hold a [`Review`] in their waiting state and ask it; it writes nothing of its own.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Refusal;
use crate::evidence::Possession;
use crate::identity::{Company, Digest, Fingerprint, OfficerId, PersonNumber};
use crate::officer::{Officer, Role};
use crate::time::Instant;

/// An application that waits for officers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Of exactly what is decided upon. An edit is another content, and voids what was approved before (A23).
    pub content: Digest,
    /// The first person's approval, where the rule wants two.
    pub first: Option<Approval>,
    /// Who has it on the desk.
    pub claim: Option<Claim>,
    /// Since when it waits.
    pub since: Instant,
}

/// An officer has taken it, and nobody else decides until the time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub by: OfficerId,
    /// After this anybody may take it.
    pub until: Instant,
    /// The decision whose text is out for this officer's signature.
    pub asked: Option<Asked>,
}

/// A decision that waits for its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is to be decided.
    pub verdict: Verdict,
    /// Of the text to be signed. It names the content, the verdict, the time and a mark drawn for it alone, so that no
    /// other signature fits (A24).
    pub text: Digest,
    /// After this the signature comes too late.
    pub until: Instant,
}

/// What an officer decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 承認
    Approve,
    /// 否認
    Deny(Box<Reason>),
    /// 差戻し
    Return(Box<Reason>),
}

/// Why: one of the office's saved reasons, and free words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The saved reason's key in the office's data.
    pub key: String,
    /// At most 400 characters (DOMAIN §5.4).
    pub remark: Option<String>,
}

/// A person's approval, by signature of the officer's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// By which account.
    pub officer: OfficerId,
    /// Whose account that is: two accounts of one person are one person (A22).
    pub person: PersonNumber,
    /// By which card.
    pub card: Fingerprint,
    /// What was approved.
    pub content: Digest,
    /// What was signed.
    pub text: Digest,
    /// When.
    pub at: Instant,
}

/// Who and what an application is about: an officer who is one of them does not decide it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// Persons, where the office knows their numbers.
    pub persons: Vec<PersonNumber>,
    /// Cards that it is about.
    pub cards: Vec<Fingerprint>,
    /// Companies that it is about.
    pub companies: Vec<Company>,
}

/// What an office may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How many persons decide.
    pub persons: Persons,
    /// Seconds for which a claim holds.
    pub claim_for: i64,
    /// Seconds within which a decision must come back signed.
    pub signature_within: i64,
    /// Whether an officer may decide on an application of the own company.
    pub own_company: OwnCompany,
}

/// How many persons decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persons {
    /// One.
    One,
    /// Two different ones.
    Two,
}

/// Whether an officer may decide on an application of the own company. Never on one's own in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnCompany {
    /// Another officer has to.
    Refused,
    /// Where the organisation looks after its own cards.
    Taken,
}

/// What a signed decision leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruled {
    /// Approved, and another person has to approve it too.
    Second(Review),
    /// Approved by everyone who must.
    Approved {
        /// The first person's, where the rule wants two.
        first: Option<Approval>,
        /// The last one.
        last: Approval,
    },
    /// 否認
    Denied(Box<Reason>, Approval),
    /// 差戻し
    Returned(Box<Reason>, Approval),
}

/// Where an application to an ordering body stands, whichever procedure it is of (DOMAIN §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage<'a> {
    /// 保留・審査待ち, and 審査中 while an officer has it.
    Held(&'a Review),
    /// 差戻し
    Returned {
        /// What is wanted.
        reason: &'a Reason,
        /// After this it lapses.
        until: Instant,
    },
    /// 更新完了, 登録完了, 変更完了
    Done,
    /// 否認
    Denied(&'a Reason),
    /// 取下げ
    Withdrawn,
    /// 期限切れ
    Lapsed,
}

impl Review {
    /// It waits for its first officer.
    pub const fn of(content: Digest, now: Instant) -> Self {
        Self {
            content,
            first: None,
            claim: None,
            since: now,
        }
    }

    /// It waits for its second person: the one who entered it has signed what was entered.
    pub const fn entered(content: Digest, first: Approval, now: Instant) -> Self {
        Self {
            content,
            first: Some(first),
            claim: None,
            since: now,
        }
    }

    /// An officer takes it, or takes it again for another while.
    pub fn claimed(&self, officer: &Officer, parties: &Parties, rule: &Rule, now: Instant) -> Result<Self, Refusal> {
        self.open_to(officer, parties, rule)?;
        if let Some(claim) = self.standing_claim(now)
            && claim.by != officer.id
        {
            return Err(Refusal::Claimed { until: claim.until });
        }
        Ok(self.on_the_desk_of(officer, rule, now))
    }

    /// The officer puts it back.
    pub fn released(&self, officer: &Officer, now: Instant) -> Result<Self, Refusal> {
        self.claim_of(officer, now)?;
        Ok(Self {
            claim: None,
            ..self.clone()
        })
    }

    /// An administrator hands it to another officer, whoever has it.
    pub fn reassigned(
        &self,
        by: &Officer,
        to: &Officer,
        parties: &Parties,
        rule: &Rule,
        now: Instant,
    ) -> Result<Self, Refusal> {
        by.must(Role::Administration)?;
        to.must(Role::Approval)?;
        self.open_to(to, parties, rule)?;
        Ok(self.on_the_desk_of(to, rule, now))
    }

    /// The officer who has it wants to decide: the text goes out for signature.
    pub fn asked(
        &self,
        officer: &Officer,
        verdict: &Verdict,
        text: Digest,
        parties: &Parties,
        rule: &Rule,
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.open_to(officer, parties, rule)?;
        let claim = self.claim_of(officer, now)?;
        let until = now.plus_seconds(rule.signature_within);
        let asked = Some(Asked {
            verdict: verdict.clone(),
            text,
            until,
        });
        Ok(Self {
            claim: Some(Claim {
                by: claim.by,
                until: claim.until.max(until),
                asked,
            }),
            ..self.clone()
        })
    }

    /// The officer's card has signed. `proved` is the first approval as its kept signature proves it *now*: a row that
    /// somebody wrote into the database proves nothing (A25).
    pub fn ruled(
        &self,
        officer: &Officer,
        signed: &Possession,
        proved: Option<&Possession>,
        parties: &Parties,
        rule: &Rule,
        now: Instant,
    ) -> Result<Ruled, Refusal> {
        self.open_to(officer, parties, rule)?;
        let asked = self.claim_of(officer, now)?.asked.as_ref().ok_or(Refusal::Stale)?;
        if signed.card() != officer.card {
            return Err(Refusal::AnotherCard);
        }
        if signed.text() != asked.text {
            return Err(Refusal::AnotherText);
        }
        if now > asked.until {
            return Err(Refusal::Lapsed);
        }
        let approval = Approval::by(officer, self.content, signed, now);
        Ok(match (&asked.verdict, &self.first, rule.persons) {
            (Verdict::Deny(reason), ..) => Ruled::Denied(reason.clone(), approval),
            (Verdict::Return(reason), ..) => Ruled::Returned(reason.clone(), approval),
            (Verdict::Approve, None, Persons::One) => Ruled::Approved {
                first: None,
                last: approval,
            },
            (Verdict::Approve, None, Persons::Two) => Ruled::Second(Self::entered(self.content, approval, self.since)),
            (Verdict::Approve, Some(first), _) => {
                first.stands(self.content, proved)?;
                Ruled::Approved {
                    first: Some(first.clone()),
                    last: approval,
                }
            }
        })
    }

    /// What was out for signature is void; the officer who has it keeps it.
    pub fn unasked(&self) -> Self {
        Self {
            claim: self.claim.as_ref().map(|claim| Claim {
                asked: None,
                ..claim.clone()
            }),
            ..self.clone()
        }
    }

    /// The claim that still holds.
    pub fn standing_claim(&self, now: Instant) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| now <= claim.until)
    }

    fn claim_of(&self, officer: &Officer, now: Instant) -> Result<&Claim, Refusal> {
        match self.standing_claim(now) {
            Some(claim) if claim.by == officer.id => Ok(claim),
            Some(claim) => Err(Refusal::Claimed { until: claim.until }),
            None => Err(Refusal::NotClaimed),
        }
    }

    /// Whether this officer may decide it at all: by role, not the first person again, and never one's own (A22).
    fn open_to(&self, officer: &Officer, parties: &Parties, rule: &Rule) -> Result<(), Refusal> {
        officer.must(Role::Approval)?;
        parties.strange_to(officer, rule)?;
        match &self.first {
            Some(first) if first.person == officer.person || first.card == officer.card => Err(Refusal::SamePerson),
            _ => Ok(()),
        }
    }

    fn on_the_desk_of(&self, officer: &Officer, rule: &Rule, now: Instant) -> Self {
        Self {
            claim: Some(Claim {
                by: officer.id,
                until: now.plus_seconds(rule.claim_for),
                asked: None,
            }),
            ..self.clone()
        }
    }
}

impl Verdict {
    /// Whether a denial or a return says why (DOMAIN §5.4).
    pub fn reasoned(&self) -> Result<(), Refusal> {
        match self {
            Self::Deny(reason) | Self::Return(reason) if reason.key.is_empty() => Err(Refusal::NoReason),
            Self::Approve | Self::Deny(_) | Self::Return(_) => Ok(()),
        }
    }
}

impl Approval {
    /// This officer signed that text about this content.
    pub fn by(officer: &Officer, content: Digest, signed: &Possession, at: Instant) -> Self {
        Self {
            officer: officer.id,
            person: officer.person.clone(),
            card: officer.card,
            content,
            text: signed.text(),
            at,
        }
    }

    fn stands(&self, content: Digest, proved: Option<&Possession>) -> Result<(), Refusal> {
        let proved = proved.ok_or(Refusal::Unproven)?;
        (self.content == content && proved.card() == self.card && proved.text() == self.text)
            .then_some(())
            .ok_or(Refusal::Unproven)
    }
}

impl Parties {
    /// Whether this officer is none of them.
    pub fn strange_to(&self, officer: &Officer, rule: &Rule) -> Result<(), Refusal> {
        let own_company = match rule.own_company {
            OwnCompany::Refused => self.companies.contains(&officer.company),
            OwnCompany::Taken => false,
        };
        let own = own_company || self.persons.contains(&officer.person) || self.cards.contains(&officer.card);
        if own { Err(Refusal::OwnApplication) } else { Ok(()) }
    }
}
