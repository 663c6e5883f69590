//! The offices as they are open: the file's text, and every version that it had.

use casework::identity::OfficerId;
use casework::time::Instant;

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::{Clash, NewEvent, Store, event};
use crate::fault::Fault;

/// An office's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeRow {
    /// Path segment under which its pages live.
    pub id: String,
    /// How many times it was changed, from 1.
    pub version: i64,
    /// The file, as it is now.
    pub document: String,
    /// When it was changed last.
    pub changed_at: Instant,
}

/// A version that an office's file had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeVersion {
    /// Which, from 1.
    pub version: i64,
    /// The file, as it was then.
    pub document: String,
    /// Since when.
    pub changed_at: Instant,
    /// Who saved it in the console; `None` where an operator loaded it.
    pub changed_by: Option<OfficerId>,
    /// Why, in the words of who changed it; empty where nobody asked.
    pub reason: String,
}

/// A change of an office's file by an officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeChange {
    /// Which office.
    pub id: String,
    /// The version that was changed. If it is not the last one any more, nothing is.
    pub from: i64,
    /// The file from now on.
    pub document: String,
    /// Who.
    pub by: OfficerId,
    /// Why; empty where nobody asks.
    pub reason: String,
    /// What the audit says, under [`OfficeChange::case`].
    pub event: NewEvent,
}

impl OfficeChange {
    /// Under which the audit tells what happened to an office: offices have no case.
    pub fn case(office: &str) -> [u8; 16] {
        let mut octets = [0; 16];
        let named = crate::desk::evidence::sha256(format!("KAGIMORI office 1\0{office}").as_bytes());
        for (octet, hashed) in octets.iter_mut().zip(named.0) {
            *octet = hashed;
        }
        octets
    }
}

impl Store {
    /// All offices, in the order of their ids.
    pub async fn offices(&self) -> Result<Vec<OfficeRow>, Fault> {
        let rows = self.reader().await?.rows(ALL, values![]).await?;
        rows.iter()
            .map(|row| {
                Ok(OfficeRow {
                    id: row.column("id")?,
                    version: row.column("version")?,
                    document: row.column("document")?,
                    changed_at: Instant(row.column("changed_at")?),
                })
            })
            .collect()
    }

    /// Loads an office's file. The same text again changes nothing.
    pub async fn load_office(&self, id: &str, document: &str, at: Instant) -> Result<(), Fault> {
        let (id, document) = (id.to_owned(), document.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.execute(LOAD, values![&id, &document, at.0]).await? == 1 {
                        remember(connection, &id, None, "").await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// An officer changes an office's file, with its line in the audit.
    pub async fn change_office(&self, change: OfficeChange, at: Instant) -> Result<(), Clash> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let OfficeChange {
                        id,
                        from,
                        document,
                        by,
                        reason,
                        event,
                    } = &change;
                    let changed = connection.execute(CHANGE, values![id, *from, document, at.0]).await?;
                    if changed == 0 {
                        return Err(Clash::Moved);
                    }
                    remember(connection, id, Some(*by), reason).await?;
                    event::append(connection, &OfficeChange::case(id), event, at).await?;
                    Ok(())
                })
            })
            .await
    }

    /// The versions of an office, the last one first, at most so many.
    pub async fn office_versions(&self, id: &str, most: u32) -> Result<Vec<OfficeVersion>, Fault> {
        let rows = self
            .reader()
            .await?
            .rows(VERSIONS, values![id, i64::from(most)])
            .await?;
        rows.iter().map(read).collect()
    }

    /// One version of an office.
    pub async fn office_version(&self, id: &str, version: i64) -> Result<Option<OfficeVersion>, Fault> {
        let row = self.reader().await?.row(VERSION, values![id, version]).await?;
        row.as_ref().map(read).transpose()
    }
}

statements! {
    ALL = "SELECT id, version, document, changed_at FROM office ORDER BY id";
    LOAD = "INSERT INTO office (id, version, document, changed_at) VALUES ($1, 1, $2, $3)
            ON CONFLICT (id) DO UPDATE
            SET version = office.version + 1, document = excluded.document, changed_at = excluded.changed_at
            WHERE office.document <> excluded.document";
    CHANGE = "UPDATE office SET version = version + 1, document = $3, changed_at = $4 WHERE id = $1 AND version = $2";
    REMEMBER = "INSERT INTO office_version (office, version, document, changed_at, changed_by, reason)
                SELECT id, version, document, changed_at, $2, $3 FROM office WHERE id = $1";
    VERSIONS = "SELECT version, document, changed_at, changed_by, reason FROM office_version
                WHERE office = $1 ORDER BY version DESC LIMIT $2";
    VERSION = "SELECT version, document, changed_at, changed_by, reason FROM office_version
               WHERE office = $1 AND version = $2";
}

async fn remember(connection: &mut Connection, id: &str, by: Option<OfficerId>, reason: &str) -> Result<(), Fault> {
    let by = by.as_ref().map(|officer| officer.0.as_slice());
    connection.execute(REMEMBER, values![id, by, reason]).await.map(drop)
}

fn read(row: &Row) -> Result<OfficeVersion, Fault> {
    let by = row.column::<Option<Vec<u8>>>("changed_by")?;
    let by = by.map(|octets| octets.try_into().map(OfficerId)).transpose();
    Ok(OfficeVersion {
        version: row.column("version")?,
        document: row.column("document")?,
        changed_at: Instant(row.column("changed_at")?),
        changed_by: by.map_err(|_| corrupt("an office", "an officer's id has 16 octets"))?,
        reason: row.column("reason")?,
    })
}
