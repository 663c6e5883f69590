//! 契約: a company's 事業所 that a service centre serves, and whom the centre turns to there.
//!
//! One contract is one organisation, with terminals and with users of its own; a company with three offices has three.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

pub use crate::applicant::{Applicant as Contact, Field, Form};

use crate::identity::OfficerId;
use crate::officer::{Officer, Role};
use crate::time::Instant;
use crate::{Answer, Refusal};

/// What this procedure decides.
pub type Decision = crate::Decision<Case, Event, Write, Errand>;

/// Decides one command. Pure and total: time is `now`, and everything else it needs stands in its arguments.
pub fn decide(case: &Case, command: &Command, facts: &Facts, now: Instant) -> Result<Decision, Refusal> {
    use Case::{Ended, InForce, New};
    use Command::{Amend, Conclude, End};
    match (case, command) {
        (New | Ended { .. }, Conclude(contract)) => {
            let next = InForce {
                contract: contract.clone(),
            };
            facts.administered(next, Event::Concluded)
        }
        (InForce { .. }, Amend(contract)) => {
            let next = InForce {
                contract: contract.clone(),
            };
            facts.administered(next, Event::Amended)
        }
        (InForce { contract }, End) => {
            let next = Ended {
                contract: contract.clone(),
                at: now,
            };
            facts.administered(next, Event::Ended)
        }
        (New | Ended { .. }, Amend(_) | End) | (InForce { .. }, Conclude(_)) => Err(Refusal::Stale),
    }
}

/// A contract's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// 契約中
    InForce {
        /// What it says.
        contract: Box<Contract>,
    },
    /// 契約終了: its users are out from the next request on. Concluded anew, it goes on with what it had.
    Ended {
        /// What it said.
        contract: Box<Contract>,
        /// Since when.
        at: Instant,
    },
}

/// What a contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// 契約番号
    pub number: ContractNumber,
    /// 会社名
    pub company: String,
    /// 事業所名
    pub office: String,
    /// Whom the centre turns to; an application begins with it (DOMAIN §6.4).
    pub contact: Contact,
}

/// 契約番号: by which a centre knows a contract. Letters are capitals, whatever was typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractNumber(String);

/// What is asked of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 契約の登録
    Conclude(Box<Contract>),
    /// 契約内容の変更
    Amend(Box<Contract>),
    /// 契約の終了
    End,
}

/// What the audit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// 契約の登録
    Concluded,
    /// 契約内容の変更
    Amended,
    /// 契約の終了
    Ended,
}

/// Must be true the moment the decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Whoever asked is an administrator still, or the transaction fails and it is decided again.
    Administers(OfficerId),
    /// The list of contracts says what the case says. A number stands there once; a taken one fails the transaction.
    Register,
}

/// May be a little late: nothing is. Who may log in learns it by the own account's letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {}

/// What the store knows at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who asks.
    pub by: By,
    /// Whether another contract has the number. Guarded by the list's unique index.
    pub taken: bool,
}

/// Who asks for something about a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever operates the server.
    Operator,
    /// An officer of the centre.
    Officer(Officer),
    /// Nobody who may.
    Nobody,
}

impl Case {
    /// The contract, once there is one.
    pub fn contract(&self) -> Option<&Contract> {
        match self {
            Self::New => None,
            Self::InForce { contract } | Self::Ended { contract, .. } => Some(contract),
        }
    }
}

impl ContractNumber {
    /// 1 to 20 of `A–Z`, `0–9` and `-`, beginning with a letter or a digit. What was typed wide or small is taken as it
    /// was meant.
    pub fn typed(text: &str) -> Option<Self> {
        let number: String = text
            .trim()
            .chars()
            .map(|character| crate::characters::half_width(character).to_ascii_uppercase())
            .collect();
        let fits = |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit() || octet == b'-';
        (number.len() <= 20 && number.bytes().all(fits) && number.bytes().next().is_some_and(|first| first != b'-'))
            .then_some(Self(number))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContractNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Facts {
    /// Contracts are looked after by the centre's administrators.
    fn administered(&self, next: Case, event: Event) -> Result<Decision, Refusal> {
        let mut writes = vec![Write::Register];
        match &self.by {
            By::Operator => {}
            By::Officer(officer) => {
                officer.must(Role::Administration)?;
                writes.push(Write::Administers(officer.id));
            }
            By::Nobody => return Err(Refusal::NotAnOfficer),
        }
        if self.taken {
            return Err(Refusal::ContractTaken);
        }
        Ok(Decision {
            next,
            event,
            writes,
            errands: Vec::new(),
            answer: Answer::Done,
        })
    }
}
