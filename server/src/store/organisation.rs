//! 契約: a contract's case as its row's document, and the list in which a number stands once.

use casework::identity::OrganisationId;
use casework::organisation::{Case, Contact, Contract, ContractNumber};
use casework::terminal::Terminal;
use casework::time::{Day, Instant};
use serde::{Deserialize, Serialize};

use super::case::{self, corrupt, new_is_not_stored};
use super::database::{Connection, Row, statements, values};
use super::terminal::read_terminal;
use super::{Clash, Store};
use crate::fault::Fault;

/// A contract as the list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationRow {
    /// Which one.
    pub id: OrganisationId,
    /// At which centre.
    pub office: String,
    /// What it says.
    pub contract: Contract,
    /// Whether it is in force.
    pub in_force: bool,
    /// Since when it says so.
    pub changed_at: Instant,
}

/// A terminal of an organisation, with the certificate that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldTerminal {
    /// Which one.
    pub terminal: Terminal,
    /// From and until when its certificate is valid, once it has one.
    pub validity: Option<(Day, Option<Instant>)>,
    /// Whether that certificate is revoked.
    pub revoked: bool,
    /// 未取得停止
    pub suspended: bool,
    /// Whether a newer one waits to be acquired.
    pub waits: bool,
}

impl Store {
    /// The terminals of an organisation in the order of their lists, each with the certificate that counts: the latest that
    /// is not revoked, or the one that it had before this program knew it.
    pub async fn held_terminals(&self, organisation: OrganisationId) -> Result<Vec<HeldTerminal>, Fault> {
        let rows = self.reader().await?.rows(HELD, values![&organisation.0]).await?;
        let mut held: Vec<HeldTerminal> = Vec::new();
        for row in &rows {
            let next = held_terminal(row)?;
            // The certificates of one terminal follow each other, those that count last.
            match held.last_mut() {
                Some(last) if last.terminal == next.terminal => *last = next,
                _ => held.push(next),
            }
        }
        Ok(held)
    }

    /// The contracts of a centre, by number.
    pub async fn organisations(&self, office: &str) -> Result<Vec<OrganisationRow>, Fault> {
        let rows = self.reader().await?.rows(OF_OFFICE, values![office]).await?;
        rows.iter().map(read).collect()
    }

    /// A contract by its id.
    pub async fn organisation(&self, id: OrganisationId) -> Result<Option<OrganisationRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&id.0]).await?;
        row.as_ref().map(read).transpose()
    }

    /// A contract by its number.
    pub async fn organisation_of_number(
        &self,
        office: &str,
        number: &ContractNumber,
    ) -> Result<Option<OrganisationRow>, Fault> {
        let row = self
            .reader()
            .await?
            .row(NUMBERED, values![office, number.as_str()])
            .await?;
        row.as_ref().map(read).transpose()
    }
}

/// The list says what the case says. A number that another contract has clashes: load, and decide again.
pub(crate) async fn register(connection: &mut Connection, row: &OrganisationRow) -> Result<(), Clash> {
    let OrganisationRow {
        id,
        office,
        contract,
        in_force,
        changed_at,
    } = row;
    let taken = values![office, contract.number.as_str(), &id.0];
    if connection.row(TAKEN, taken).await?.is_some() {
        return Err(Clash::Moved);
    }
    let document = case::Document::of("", &contract_row(contract))?;
    connection
        .execute(
            REGISTER,
            values![
                &id.0,
                office,
                contract.number.as_str(),
                &contract.company,
                &contract.office,
                i64::from(*in_force),
                changed_at.0,
                &document.text,
            ],
        )
        .await?;
    Ok(())
}

statements! {
    REGISTER = "INSERT INTO organisation (id, office, number, company, place, in_force, changed_at, document)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (id) DO UPDATE SET number = $3, company = $4, place = $5, in_force = $6, changed_at = $7,
                   document = $8";
    TAKEN = "SELECT id FROM organisation WHERE office = $1 AND number = $2 AND id <> $3";
    ONE = "SELECT id, office, in_force, changed_at, document FROM organisation WHERE id = $1";
    NUMBERED = "SELECT id, office, in_force, changed_at, document FROM organisation WHERE office = $1 AND number = $2";
    HELD = "SELECT t.division, t.device, t.name, t.issued_on, t.valid_until, t.suspended, t.grant_id,
               c.grant_id AS held_by, c.not_before, c.not_after, s.revoked_at
            FROM terminal t
            LEFT JOIN terminal_certificate c
               ON c.office = t.office AND c.division = t.division AND c.device = t.device AND c.name = t.name
            LEFT JOIN status s ON s.authority = c.authority AND s.serial = c.serial
            WHERE t.organisation = $1
            ORDER BY t.division, t.name, t.device, (s.revoked_at IS NULL), c.since_at, c.serial";
    OF_OFFICE = "SELECT id, office, in_force, changed_at, document FROM organisation WHERE office = $1 ORDER BY number";
}

fn held_terminal(row: &Row) -> Result<HeldTerminal, Fault> {
    let day = |day: i64| i32::try_from(day).map(Day).map_err(|_| corrupt("a day", day));
    let (grant, held_by): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.column("grant_id")?, row.column("held_by")?);
    let (from, until): (Option<i64>, Option<i64>) = (row.column("not_before")?, row.column("not_after")?);
    let validity = if let Some(from) = from {
        Some((Instant(from).day(), until.map(Instant)))
    } else {
        let until = row.column::<Option<i64>>("valid_until")?.map(Instant);
        let issued = row.column::<Option<i64>>("issued_on")?.map(day).transpose()?;
        issued.map(|issued| (issued, until))
    };
    Ok(HeldTerminal {
        terminal: read_terminal(row)?,
        validity,
        revoked: row.column::<Option<i64>>("revoked_at")?.is_some(),
        suspended: row.column::<i64>("suspended")? != 0,
        waits: grant.is_some() && grant != held_by,
    })
}

fn read(row: &Row) -> Result<OrganisationRow, Fault> {
    Ok(OrganisationRow {
        id: OrganisationId(row.octets("id")?),
        office: row.column("office")?,
        contract: case::parse::<ContractRow>(&row.column::<String>("document")?)?.read()?,
        in_force: row.column::<i64>("in_force")? != 0,
        changed_at: Instant(row.column("changed_at")?),
    })
}

/// The contract's state and document, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::InForce { contract } => Document::InForce {
            contract: contract_row(contract),
        },
        Case::Ended { contract, at } => Document::Ended {
            contract: contract_row(contract),
            at: at.0,
        },
    };
    case::Document::of(state(case), &document)
}

/// The contract that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::InForce { contract } => Case::InForce {
            contract: Box::new(contract.read()?),
        },
        Document::Ended { contract, at } => Case::Ended {
            contract: Box::new(contract.read()?),
            at: Instant(at),
        },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::InForce { .. } => "in_force",
        Case::Ended { .. } => "ended",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    InForce { contract: ContractRow },
    Ended { contract: ContractRow, at: i64 },
}

#[derive(Serialize, Deserialize)]
struct ContractRow {
    number: String,
    company: String,
    office: String,
    contact: ContactRow,
}

#[derive(Serialize, Deserialize)]
struct ContactRow {
    surname: String,
    given: String,
    surname_kana: String,
    given_kana: String,
    department: Option<String>,
    title: Option<String>,
    phone: String,
    fax: Option<String>,
    mail: String,
}

fn contract_row(contract: &Contract) -> ContractRow {
    let contact = &contract.contact;
    ContractRow {
        number: contract.number.as_str().to_owned(),
        company: contract.company.clone(),
        office: contract.office.clone(),
        contact: ContactRow {
            surname: contact.surname.clone(),
            given: contact.given.clone(),
            surname_kana: contact.surname_kana.clone(),
            given_kana: contact.given_kana.clone(),
            department: contact.department.clone(),
            title: contact.title.clone(),
            phone: contact.phone.clone(),
            fax: contact.fax.clone(),
            mail: contact.mail.clone(),
        },
    }
}

impl ContractRow {
    fn read(self) -> Result<Contract, Fault> {
        let number = ContractNumber::typed(&self.number).ok_or_else(|| corrupt("a contract's number", &self.number))?;
        Ok(Contract {
            number,
            company: self.company,
            office: self.office,
            contact: Contact {
                surname: self.contact.surname,
                given: self.contact.given,
                surname_kana: self.contact.surname_kana,
                given_kana: self.contact.given_kana,
                department: self.contact.department,
                title: self.contact.title,
                phone: self.contact.phone,
                fax: self.contact.fax,
                mail: self.contact.mail,
            },
        })
    }
}
