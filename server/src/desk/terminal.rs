//! 論理端末 at the desk: a list of them, as an operator brings it. The list is data of the office and no case.

use casework::identity::{Digest, OrganisationId};
use casework::organisation::ContractNumber;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::acquisition::sealed_for;
use super::{Actor, Desk};
use crate::fault::Fault;
use crate::seal::Seal;
use crate::store::{ImportedTerminals, NewEvent, NewTerminal};
use crate::terminal::{Bad, Line};

/// Lines of a list, told apart by whether their contracts are in force.
#[derive(Debug, Default)]
pub struct Assigned {
    /// Each with whose terminal it is.
    pub lines: Vec<(Line, OrganisationId)>,
    /// Those of no contract of the office.
    pub bad: Vec<Bad>,
}

impl Desk {
    /// Whose terminals these lines are.
    pub async fn assigned(&self, office: &str, lines: Vec<Line>) -> Result<Assigned, Fault> {
        let contracts = self.store().organisations(office).await?.into_iter();
        let contracts: HashMap<ContractNumber, OrganisationId> = contracts
            .filter(|row| row.in_force)
            .map(|row| (row.contract.number, row.id))
            .collect();
        let mut assigned = Assigned::default();
        for line in lines {
            match contracts.get(&line.contract) {
                Some(organisation) => assigned.lines.push((line, *organisation)),
                None => assigned.bad.push(line.of_no_contract()),
            }
        }
        Ok(assigned)
    }

    /// Takes in a list, whole or not at all; `done` counts its lines. The codes are sealed before the store sees them.
    pub async fn import_terminals(
        &self,
        actor: &Actor<'_>,
        office: &str,
        lines: Vec<(Line, OrganisationId)>,
        (seal, file): (&Seal, Digest),
        done: Arc<AtomicUsize>,
    ) -> Result<ImportedTerminals, Fault> {
        let mut terminals = Vec::with_capacity(lines.len());
        for (line, organisation) in lines {
            let sealed = |code: &str| seal.seal(&sealed_for(office, line.terminal), code.as_bytes(), self.chance());
            terminals.push(NewTerminal {
                terminal: line.terminal,
                organisation,
                code: line.code.as_ref().map(|code| sealed(code)).transpose()?,
                issued_on: line.certificate.map(|(issued, _)| issued),
                valid_until: line.certificate.map(|(_, until)| until),
            });
        }
        let mut event = NewEvent {
            procedure: "acquisition",
            name: "terminals_imported",
            actor: actor.to_string(),
            states: ("open".to_owned(), "open".to_owned()),
            refusal: None,
            details: vec![("office", office.to_owned()), ("file", file.to_string())],
            salt: self.chance().octets(),
        };
        let tell = move |imported: &ImportedTerminals| {
            let counts = [("added", imported.added), ("changed", imported.changed)];
            event
                .details
                .extend(counts.map(|(name, count)| (name, count.to_string())));
            event
        };
        let now = self.clock().now();
        self.store()
            .import_terminal_list(office, terminals, tell, now, done)
            .await
    }
}
