//! 契約 at the desk: the organisations that a service centre serves.

use casework::identity::{OfficerId, OrganisationId};
use casework::organisation::{self, By, Case, Command as Asked, Contract, Event, Facts, Write as Now};
use casework::time::Instant;
use wire::office::Language;

use super::{Actor, Desk, Failure, Place, Procedure, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::store::{self, Document, OrganisationRow, Write};

/// The procedure of contracts. A contract's [`OrganisationId`] is its case's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Organisation;

/// What is asked of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 契約の登録
    Conclude {
        /// With which centre.
        office: String,
        /// The language of its letters.
        language: Language,
        /// What it says.
        contract: Box<Contract>,
    },
    /// 契約内容の変更
    Amend(Box<Contract>),
    /// 契約の終了
    End,
}

impl Procedure for Organisation {
    const NOUN: &'static str = "organisation";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::organisation_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Conclude { .. } => "conclude",
            Command::Amend(_) => "amend",
            Command::End => "end",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::organisation_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::organisation_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            (Case::InForce { contract }, Command::Conclude { contract: again, .. } | Command::Amend(again)) => {
                contract == again
            }
            (Case::Ended { .. }, Command::End) => true,
            _ => false,
        }
    }

    /// The case is the contract; its company is not named.
    fn about(_: &Case, _: &Command) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    async fn propose(
        desk: &Desk,
        actor: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        let id = OrganisationId(standing.id.octets());
        let place = standing.place(match command {
            Command::Conclude { office, language, .. } => Some((office, *language)),
            Command::Amend(_) | Command::End => None,
        })?;
        desk.office_of("a contract", &place)?.terminals().map_err(Fault::from)?;
        let (asked, contract) = match command {
            Command::Conclude { contract, .. } => (Asked::Conclude(contract.clone()), Some(contract)),
            Command::Amend(contract) => (Asked::Amend(contract.clone()), Some(contract)),
            Command::End => (Asked::End, None),
        };
        let known = match contract {
            Some(contract) => {
                desk.store()
                    .organisation_of_number(&place.office, &contract.number)
                    .await?
            }
            None => None,
        };
        let facts = Facts {
            by: by(desk, actor, &place.office).await?,
            taken: known.is_some_and(|row| row.id != id),
        };
        let decision = organisation::decide(&standing.case, &asked, &facts, now).map_err(Failure::Refused)?;
        let mut writes = Vec::with_capacity(decision.writes.len());
        for write in &decision.writes {
            writes.push(match write {
                Now::Administers(by) => administers(&place, *by),
                Now::Register => register(id, &place, &decision.next, now)?,
            });
        }
        Ok(Proposal {
            place,
            next: decision.next,
            answer: decision.answer,
            event: match decision.event {
                Event::Concluded => "concluded",
                Event::Amended => "amended",
                Event::Ended => "ended",
            },
            details: Vec::new(),
            writes,
            errands: Vec::new(),
            evidence: Vec::new(),
        })
    }
}

async fn by(desk: &Desk, actor: &Actor<'_>, office: &str) -> Result<By, Fault> {
    if let Actor::Operator { .. } = actor {
        return Ok(By::Operator);
    }
    let acting = desk.acting_at(actor, office).await?;
    Ok(acting.map_or(By::Nobody, |acting| By::Officer(acting.officer)))
}

pub(super) fn administers(place: &Place, by: OfficerId) -> Write {
    Write::Administers {
        office: place.office.clone(),
        by,
    }
}

/// What the list says once the case is this one.
fn register(id: OrganisationId, place: &Place, case: &Case, now: Instant) -> Result<Write, Fault> {
    let contract = case
        .contract()
        .ok_or_else(|| Bug("a contract that nothing was decided about is not listed".to_owned()))?;
    Ok(Write::Organisation(Box::new(OrganisationRow {
        id,
        office: place.office.clone(),
        contract: contract.clone(),
        in_force: matches!(case, Case::InForce { .. }),
        changed_at: now,
    })))
}
