//! 論理端末: the terminals that a service centre has given to its customers.

use casework::identity::{GrantId, OrganisationId};
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::{Day, Instant};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::{NewEvent, OfficeChange, Store, event};
use crate::fault::Fault;

/// A terminal.
#[derive(Clone, PartialEq, Eq)]
pub struct TerminalRow {
    /// At which office.
    pub office: String,
    /// Which one.
    pub terminal: Terminal,
    /// Whose.
    pub organisation: OrganisationId,
    /// 認証コード2, sealed; `None` where it never had one.
    pub code: Option<Vec<u8>>,
    /// Its latest grant.
    pub grant: Option<GrantId>,
    /// 発行日 of a certificate that was issued before this program knew the terminal.
    pub issued_on: Option<Day>,
    /// The last instant of that certificate.
    pub valid_until: Option<Instant>,
    /// 未取得停止
    pub suspended: bool,
}

/// A terminal as a file brings it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTerminal {
    /// Which one.
    pub terminal: Terminal,
    /// Whose.
    pub organisation: OrganisationId,
    /// 認証コード2, sealed, where the file has one.
    pub code: Option<Vec<u8>>,
    /// 発行日 of the certificate that it has.
    pub issued_on: Option<Day>,
    /// The last instant of that certificate.
    pub valid_until: Option<Instant>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportedTerminals {
    /// Terminals that were not known.
    pub added: usize,
    /// Terminals of which something is another.
    pub changed: usize,
    /// Terminals that are as they were.
    pub same: usize,
}

impl Store {
    /// A terminal.
    pub async fn terminal(&self, office: &str, terminal: Terminal) -> Result<Option<TerminalRow>, Fault> {
        one(&mut self.reader().await?, office, terminal).await
    }

    /// The terminals of a customer, in the order of their lists.
    pub async fn terminals_of(&self, organisation: OrganisationId) -> Result<Vec<TerminalRow>, Fault> {
        let rows = self.reader().await?.rows(OF, values![&organisation.0]).await?;
        rows.iter().map(read).collect()
    }

    /// Takes in terminals, all of them or none. What this program itself gave a terminal since stays: its codes are those of
    /// its latest grant, whatever a file says.
    pub async fn import_terminals(
        &self,
        office: &str,
        terminals: Vec<NewTerminal>,
        event: NewEvent,
        at: Instant,
    ) -> Result<ImportedTerminals, Fault> {
        let tell = move |_: &ImportedTerminals| event;
        self.import_terminal_list(office, terminals, tell, at, Arc::default())
            .await
    }

    /// The same of a list that an operator waits for: the audit is told what became of it, and `done` counts its lines.
    pub async fn import_terminal_list(
        &self,
        office: &str,
        terminals: Vec<NewTerminal>,
        tell: impl FnOnce(&ImportedTerminals) -> NewEvent + Send + 'static,
        at: Instant,
        done: Arc<AtomicUsize>,
    ) -> Result<ImportedTerminals, Fault> {
        let office = office.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let mut imported = ImportedTerminals::default();
                    let mut known = HashMap::new();
                    for row in connection.rows(OF_OFFICE, values![&office]).await? {
                        let row = read(&row)?;
                        known.insert(row.terminal, row);
                    }
                    for new in &terminals {
                        done.fetch_add(1, Ordering::Relaxed);
                        let count = match known.remove(&new.terminal) {
                            None => &mut imported.added,
                            Some(before) if new.says_the_same_as(&before) => {
                                imported.same += 1;
                                continue;
                            }
                            Some(_) => &mut imported.changed,
                        };
                        *count += 1;
                        let [division, device, name] = key(new.terminal);
                        connection
                            .execute(
                                KEEP,
                                values![
                                    &office,
                                    &division,
                                    &device,
                                    &name,
                                    &new.organisation.0,
                                    new.code.as_deref(),
                                    new.issued_on.map(|day| i64::from(day.0)),
                                    new.valid_until.map(|until| until.0),
                                    at.0,
                                ],
                            )
                            .await?;
                    }
                    if imported.added + imported.changed > 0 {
                        event::append(connection, &OfficeChange::case(&office), &tell(&imported), at).await?;
                    }
                    Ok(imported)
                })
            })
            .await
    }
}

impl NewTerminal {
    /// A code that is sealed twice is twice another text; a terminal that has one keeps it.
    fn says_the_same_as(&self, row: &TerminalRow) -> bool {
        self.organisation == row.organisation
            && self.issued_on == row.issued_on
            && self.valid_until == row.valid_until
            && (self.code.is_none() || row.code.is_some())
    }
}

pub(super) async fn one(
    connection: &mut Connection,
    office: &str,
    terminal: Terminal,
) -> Result<Option<TerminalRow>, Fault> {
    let [division, device, name] = key(terminal);
    let row = connection.row(ONE, values![office, &division, &device, &name]).await?;
    row.as_ref().map(read).transpose()
}

/// The three columns that are a terminal.
pub(super) fn key(terminal: Terminal) -> [String; 3] {
    [
        terminal.division.key().to_owned(),
        terminal.device.key().to_owned(),
        terminal.name.to_string(),
    ]
}

pub(super) fn read_terminal(row: &Row) -> Result<Terminal, Fault> {
    terminal_of(
        &row.column::<String>("division")?,
        &row.column::<String>("device")?,
        &row.column::<String>("name")?,
    )
}

/// A terminal in a document.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct TerminalDocument([String; 3]);

impl TerminalDocument {
    pub(super) fn of(terminal: Terminal) -> Self {
        Self(key(terminal))
    }

    pub(super) fn read(self) -> Result<Terminal, Fault> {
        let [division, device, name] = self.0;
        terminal_of(&division, &device, &name)
    }
}

fn terminal_of(division: &str, device: &str, name: &str) -> Result<Terminal, Fault> {
    let wrong = || corrupt("a terminal", format!("{division} {device} {name}"));
    Ok(Terminal {
        division: Division::ALL
            .into_iter()
            .find(|known| known.key() == division)
            .ok_or_else(wrong)?,
        device: Device::ALL
            .into_iter()
            .find(|known| known.key() == device)
            .ok_or_else(wrong)?,
        name: TerminalName::parse(name).ok_or_else(wrong)?,
    })
}

statements! {
    ONE = "SELECT * FROM terminal WHERE office = $1 AND division = $2 AND device = $3 AND name = $4";
    OF_OFFICE = "SELECT * FROM terminal WHERE office = $1";
    OF = "SELECT * FROM terminal WHERE organisation = $1 ORDER BY division, name, device";
    KEEP = "INSERT INTO terminal (office, division, device, name, organisation, code, grant_id, issued_on, valid_until,
               suspended, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8, 0, $9)
            ON CONFLICT (office, division, device, name) DO UPDATE SET organisation = excluded.organisation,
               code = COALESCE(terminal.code, excluded.code), issued_on = excluded.issued_on,
               valid_until = excluded.valid_until, changed_at = excluded.changed_at";
}

pub(super) fn read(row: &Row) -> Result<TerminalRow, Fault> {
    let grant: Option<Vec<u8>> = row.column("grant_id")?;
    let grant = grant.map(|octets| octets.try_into().map(GrantId)).transpose();
    let day = |day: i64| i32::try_from(day).map(Day).map_err(|_| corrupt("a day", day));
    Ok(TerminalRow {
        office: row.column("office")?,
        terminal: read_terminal(row)?,
        organisation: OrganisationId(row.octets("organisation")?),
        code: row.column("code")?,
        grant: grant.map_err(|_| corrupt("a grant", "its id has 16 octets"))?,
        issued_on: row.column::<Option<i64>>("issued_on")?.map(day).transpose()?,
        valid_until: row.column::<Option<i64>>("valid_until")?.map(Instant),
        suspended: row.column::<i64>("suspended")? != 0,
    })
}

/// A code stands in no log, sealed or not.
impl std::fmt::Debug for TerminalRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TerminalRow({} {:?})", self.office, self.terminal)
    }
}

impl std::fmt::Debug for NewTerminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewTerminal({:?})", self.terminal)
    }
}
