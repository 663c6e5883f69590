//! 入札参加資格者名簿: the companies that may bid at an office, and every version that each entry had.

use casework::identity::OfficerId;
use casework::register::{BusinessNumber, Delegate, Entry};
use casework::time::{Day, Instant};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::{Clash, NewEvent, OfficeChange, Store, event};
use crate::desk::evidence::sha256;
use crate::fault::Fault;
use crate::register::Line;

/// An entry as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRow {
    /// What it says.
    pub entry: Entry,
    /// How many times it was changed, from 1.
    pub version: i64,
    /// Since when it says so.
    pub changed_at: Instant,
    /// Whether it was taken off the list: its history stays.
    pub removed: bool,
}

/// What an entry said at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterVersion {
    /// What it says, and since when.
    pub row: RegisterRow,
    /// Who said so; `None` where an operator's file did.
    pub changed_by: Option<OfficerId>,
    /// Why, in the words of who changed it.
    pub reason: String,
}

/// A change of one entry by an officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterChange {
    /// Which office.
    pub office: String,
    /// The version that was changed. If it is not the last one any more, nothing is.
    pub from: i64,
    /// What it says from now on.
    pub entry: Entry,
    /// Who.
    pub by: OfficerId,
    /// Why.
    pub reason: String,
    /// What the audit says, under [`OfficeChange::case`].
    pub event: NewEvent,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Companies that were not there, or had been taken off.
    pub added: usize,
    /// Entries that say something else now.
    pub changed: usize,
    /// Entries that say what they said.
    pub same: usize,
    /// Entries that the file does not have. They stay, unless the file was to replace the list.
    pub missing: usize,
    /// Those of them that were taken off.
    pub removed: usize,
    /// Registration passwords that are new or other ones.
    pub passwords: usize,
}

impl Store {
    /// A company's entry, if it is on the list.
    pub async fn entry(&self, office: &str, number: &BusinessNumber) -> Result<Option<RegisterRow>, Fault> {
        let row = self.register_row(office, number).await?;
        Ok(row.filter(|row| !row.removed))
    }

    /// The same, where it was taken off too.
    pub async fn register_row(&self, office: &str, number: &BusinessNumber) -> Result<Option<RegisterRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![office, number.as_str()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The entries in whose number, name or reading this stands, in the order of their readings, at most so many.
    pub async fn search_register(&self, office: &str, wanted: &str, most: u32) -> Result<Vec<RegisterRow>, Fault> {
        let wanted = searchable(wanted);
        let rows = self
            .reader()
            .await?
            .rows(SEARCH, values![office, &wanted, i64::from(most)])
            .await?;
        rows.iter().map(read).collect()
    }

    /// How many companies are on the list.
    pub async fn count_register(&self, office: &str) -> Result<i64, Fault> {
        let row = self.reader().await?.searched(COUNT, values![office]).await?;
        row.map_or(Ok(0), |row| row.column("held"))
    }

    /// Every version of an entry, the last one first.
    pub async fn register_versions(
        &self,
        office: &str,
        number: &BusinessNumber,
    ) -> Result<Vec<RegisterVersion>, Fault> {
        let mut reader = self.reader().await?;
        let now = reader.row(ONE, values![office, number.as_str()]).await?;
        let former = reader.rows(FORMER, values![office, number.as_str()]).await?;
        now.iter().chain(&former).map(read_version).collect()
    }

    /// Takes a list, whole or not at all, with its line in the audit. Entries that it does not have stay, unless it is to
    /// `replace` the list. `done` counts the lines, for whoever watches.
    pub async fn import_register(
        &self,
        office: &str,
        lines: Vec<Line>,
        replace: bool,
        tell: impl FnOnce(&Imported) -> NewEvent + Send + 'static,
        at: Instant,
        done: Arc<AtomicUsize>,
    ) -> Result<Imported, Fault> {
        let office = office.to_owned();
        let mut tell = Some(tell);
        self.writer
            .write(move |connection| {
                let tell = tell.take();
                Box::pin(async move {
                    let imported = import(connection, &office, &lines, replace, at, &done).await?;
                    if imported.writes()
                        && let Some(tell) = tell
                    {
                        let case = OfficeChange::case(&office);
                        event::append(connection, &case, &tell(&imported), at).await?;
                    }
                    Ok(imported)
                })
            })
            .await
    }

    /// An officer changes an entry, with its line in the audit.
    pub async fn change_register(&self, change: RegisterChange, at: Instant) -> Result<(), Clash> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let (office, number) = (&change.office, change.entry.number.as_str());
                    let row = connection.row(ONE, values![office, number]).await?;
                    let now = row.as_ref().map(read).transpose()?;
                    if now.is_none_or(|now| now.version != change.from) {
                        return Err(Clash::Moved);
                    }
                    let write = Write {
                        by: Some(change.by),
                        reason: &change.reason,
                        removed: false,
                        at,
                    };
                    write.over(connection, office, &change.entry).await?;
                    event::append(connection, &OfficeChange::case(office), &change.event, at).await?;
                    Ok(())
                })
            })
            .await
    }
}

impl Imported {
    fn writes(&self) -> bool {
        self.added + self.changed + self.removed + self.passwords > 0
    }
}

/// An entry that is written, and what is said of it.
#[derive(Clone, Copy)]
struct Write<'a> {
    by: Option<OfficerId>,
    reason: &'a str,
    removed: bool,
    at: Instant,
}

impl Write<'_> {
    /// A company that was never there.
    async fn at_first(self, connection: &mut Connection, office: &str, entry: &Entry) -> Result<(), Fault> {
        self.put(connection, NEW, office, entry).await
    }

    /// What was there is kept beside.
    async fn over(self, connection: &mut Connection, office: &str, entry: &Entry) -> Result<(), Fault> {
        connection
            .execute(REMEMBER, values![office, entry.number.as_str()])
            .await?;
        self.put(connection, OVER, office, entry).await
    }

    async fn put(
        self,
        connection: &mut Connection,
        statement: super::database::Statement,
        office: &str,
        entry: &Entry,
    ) -> Result<(), Fault> {
        let delegate = entry.delegate.as_ref();
        let day = |day: Day| i64::from(day.0);
        let (digest, search) = (digest(entry), search(entry));
        let values = values![
            office,
            entry.number.as_str(),
            &entry.name,
            &entry.name_kana,
            &entry.address,
            &entry.representative,
            delegate.map(|delegate| delegate.name.as_str()),
            delegate.map(|delegate| day(delegate.from)),
            delegate.map(|delegate| day(delegate.until)),
            entry.corporate_number.as_deref(),
            day(entry.valid.0),
            day(entry.valid.1),
            &digest,
            &search,
            self.at.0,
            self.by.as_ref().map(|officer| officer.0.as_slice()),
            self.reason,
            i64::from(self.removed),
        ];
        connection.execute(statement, values).await.map(drop)
    }
}

async fn import(
    connection: &mut Connection,
    office: &str,
    lines: &[Line],
    replace: bool,
    at: Instant,
    done: &AtomicUsize,
) -> Result<Imported, Fault> {
    let mut imported = Imported::default();
    let mut there: HashMap<String, ([u8; 16], bool)> = HashMap::new();
    for row in connection.rows(DIGESTS, values![office]).await? {
        let removed = row.column::<i64>("removed")? != 0;
        there.insert(row.column("number")?, (row.octets("digest")?, removed));
    }
    let write = Write {
        by: None,
        reason: "",
        removed: false,
        at,
    };
    for line in lines {
        let entry = &line.entry;
        match there.remove(entry.number.as_str()) {
            None => {
                write.at_first(connection, office, entry).await?;
                imported.added += 1;
            }
            Some((was, false)) if was == digest(entry) => imported.same += 1,
            Some((_, removed)) => {
                write.over(connection, office, entry).await?;
                imported.added += usize::from(removed);
                imported.changed += usize::from(!removed);
            }
        }
        if let Some(phc) = &line.password {
            let values = values![office, entry.number.as_str(), phc];
            if connection.execute(PASSWORD, values).await? > 0 {
                imported.passwords += 1;
            }
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    for (number, (_, removed)) in &there {
        if *removed {
            continue;
        }
        imported.missing += 1;
        if replace {
            connection.execute(REMEMBER, values![office, number]).await?;
            connection.execute(REMOVE, values![office, number, at.0]).await?;
            imported.removed += 1;
        }
    }
    Ok(imported)
}

statements! {
    ONE = "SELECT number, name, name_kana, address, representative, delegate, delegate_from, delegate_until,
               corporate_number, valid_from, valid_until, version, changed_at, changed_by, reason, removed
           FROM register_entry WHERE office = $1 AND number = $2";
    SEARCH = "SELECT number, name, name_kana, address, representative, delegate, delegate_from, delegate_until,
                  corporate_number, valid_from, valid_until, version, changed_at, changed_by, reason, removed
              FROM register_entry WHERE office = $1 AND strpos(search, $2) > 0 ORDER BY name_kana, number LIMIT $3";
    FORMER = "SELECT number, name, name_kana, address, representative, delegate, delegate_from, delegate_until,
                  corporate_number, valid_from, valid_until, version, changed_at, changed_by, reason, removed
              FROM register_former WHERE office = $1 AND number = $2 ORDER BY version DESC LIMIT 1000";
    COUNT = "SELECT COUNT(*) AS held FROM register_entry WHERE office = $1 AND removed = 0";
    DIGESTS = "SELECT number, digest, removed FROM register_entry WHERE office = $1";
    NEW = "INSERT INTO register_entry (office, number, name, name_kana, address, representative, delegate, delegate_from,
               delegate_until, corporate_number, valid_from, valid_until, digest, search, version, changed_at, changed_by,
               reason, removed)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $17, $18)";
    OVER = "UPDATE register_entry SET name = $3, name_kana = $4, address = $5, representative = $6, delegate = $7,
                delegate_from = $8, delegate_until = $9, corporate_number = $10, valid_from = $11, valid_until = $12,
                digest = $13, search = $14, version = version + 1, changed_at = $15, changed_by = $16, reason = $17,
                removed = $18
            WHERE office = $1 AND number = $2";
    REMEMBER = "INSERT INTO register_former (office, number, version, name, name_kana, address, representative, delegate,
                    delegate_from, delegate_until, corporate_number, valid_from, valid_until, changed_at, changed_by,
                    reason, removed)
                SELECT office, number, version, name, name_kana, address, representative, delegate, delegate_from,
                    delegate_until, corporate_number, valid_from, valid_until, changed_at, changed_by, reason, removed
                FROM register_entry WHERE office = $1 AND number = $2";
    REMOVE = "UPDATE register_entry SET removed = 1, version = version + 1, changed_at = $3, changed_by = NULL, reason = ''
              WHERE office = $1 AND number = $2";
    PASSWORD = "INSERT INTO registration_password (office, number, phc) VALUES ($1, $2, $3)
                ON CONFLICT (office, number) DO UPDATE SET phc = excluded.phc
                WHERE registration_password.phc <> excluded.phc";
}

fn read(row: &Row) -> Result<RegisterRow, Fault> {
    let wrong = |why: &str| corrupt("an entry of the register", why);
    let day = |name: &str| -> Result<Option<Day>, Fault> {
        let count: Option<i64> = row.column(name)?;
        let day = count.map(i32::try_from).transpose().map_err(|_| wrong("no day"))?;
        Ok(day.map(Day))
    };
    let a_day = |name: &str| day(name)?.ok_or_else(|| wrong("a day is missing"));
    let number: String = row.column("number")?;
    let delegate = match (row.column("delegate")?, day("delegate_from")?, day("delegate_until")?) {
        (Some(name), Some(from), Some(until)) => Some(Delegate { name, from, until }),
        (None, None, None) => None,
        _ => return Err(wrong("a delegate is half there")),
    };
    Ok(RegisterRow {
        entry: Entry {
            number: BusinessNumber::parse(&number).ok_or_else(|| wrong("no number"))?,
            name: row.column("name")?,
            name_kana: row.column("name_kana")?,
            address: row.column("address")?,
            representative: row.column("representative")?,
            delegate,
            corporate_number: row.column("corporate_number")?,
            valid: (a_day("valid_from")?, a_day("valid_until")?),
        },
        version: row.column("version")?,
        changed_at: Instant(row.column("changed_at")?),
        removed: row.column::<i64>("removed")? != 0,
    })
}

fn read_version(row: &Row) -> Result<RegisterVersion, Fault> {
    let by = row.column::<Option<Vec<u8>>>("changed_by")?;
    let by = by.map(|octets| octets.try_into().map(OfficerId)).transpose();
    Ok(RegisterVersion {
        row: read(row)?,
        changed_by: by.map_err(|_| corrupt("an entry of the register", "an officer's id has 16 octets"))?,
        reason: row.column("reason")?,
    })
}

/// Of what an entry says: two of them are the same exactly if it is.
fn digest(entry: &Entry) -> [u8; 16] {
    let mut octets = Vec::with_capacity(256);
    let mut text = |text: Option<&str>| {
        // A text that is not there is not an empty one.
        let length = text.map_or(u32::MAX, |text| u32::try_from(text.len()).unwrap_or(u32::MAX - 1));
        octets.extend_from_slice(&length.to_be_bytes());
        octets.extend_from_slice(text.unwrap_or_default().as_bytes());
    };
    text(Some(&entry.name));
    text(Some(&entry.name_kana));
    text(Some(&entry.address));
    text(Some(&entry.representative));
    text(entry.corporate_number.as_deref());
    text(entry.delegate.as_ref().map(|delegate| delegate.name.as_str()));
    let delegation = entry
        .delegate
        .as_ref()
        .map_or((0, 0), |delegate| (delegate.from.0, delegate.until.0));
    for day in [entry.valid.0.0, entry.valid.1.0, delegation.0, delegation.1] {
        octets.extend_from_slice(&day.to_be_bytes());
    }
    let mut short = [0; 16];
    for (octet, hashed) in short.iter_mut().zip(sha256(&octets).0) {
        *octet = hashed;
    }
    short
}

fn search(entry: &Entry) -> String {
    searchable(&format!("{} {} {}", entry.number, entry.name, entry.name_kana))
}

/// As texts are searched: width and case do not matter.
fn searchable(text: &str) -> String {
    text.chars()
        .map(casework::characters::half_width)
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .trim()
        .to_owned()
}
