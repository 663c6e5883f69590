//! The offices as the operator loaded them: the file's text, and how many times it was changed.

use casework::time::Instant;

use super::Store;
use super::database::{statements, values};
use crate::fault::Fault;

/// An office's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeRow {
    /// Path segment under which its pages live.
    pub id: String,
    /// How many times it was loaded.
    pub version: i64,
    /// The file, as it was loaded.
    pub document: String,
    /// When it was loaded last.
    pub changed_at: Instant,
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
                Box::pin(async move { connection.execute(LOAD, values![&id, &document, at.0]).await.map(drop) })
            })
            .await
    }
}

statements! {
    ALL = "SELECT id, version, document, changed_at FROM office ORDER BY id";
    LOAD = "INSERT INTO office (id, version, document, changed_at) VALUES ($1, 1, $2, $3)
            ON CONFLICT (id) DO UPDATE
            SET version = office.version + 1, document = excluded.document, changed_at = excluded.changed_at
            WHERE office.document <> excluded.document";
}
