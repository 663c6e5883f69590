//! Revocation lists of other authorities, as they were fetched: a node that starts has those of before, and whichever node
//! fetched one, the others take it from here.

use casework::identity::Fingerprint;
use casework::time::Instant;

use super::Store;
use super::database::{Row, statements, values};
use crate::fault::Fault;

/// A list that was verified as its issuer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedListRow {
    /// The issuer's certificate.
    pub issuer: Fingerprint,
    /// Where it was fetched.
    pub url: String,
    /// Its thisUpdate.
    pub this_update: Instant,
    /// When it was last found there.
    pub fetched_at: Instant,
    /// When a certificate was last looked up in it.
    pub asked_at: Instant,
    /// As the server there names it.
    pub tag: Option<String>,
    /// The list.
    pub der: Vec<u8>,
}

/// The same without the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedListTimes {
    /// The issuer's certificate.
    pub issuer: Fingerprint,
    /// Where it was fetched.
    pub url: String,
    /// When it was last found there.
    pub fetched_at: Instant,
    /// When a certificate was last looked up in it.
    pub asked_at: Instant,
}

impl Store {
    /// Keeps a list, unless a later one is kept: another node may have been faster.
    pub async fn keep_trusted_list(&self, row: TrustedListRow) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(
                            KEEP,
                            values![
                                &row.issuer.0,
                                &row.url,
                                row.this_update.0,
                                row.fetched_at.0,
                                row.asked_at.0,
                                row.tag.as_deref(),
                                &row.der,
                            ],
                        )
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// The list was there again: fetched at the first time, needed at the second.
    pub async fn saw_trusted_list(
        &self,
        issuer: Fingerprint,
        url: String,
        times: (Instant, Instant),
    ) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(SAW, values![&issuer.0, &url, times.0.0, times.1.0])
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// The list of an issuer from an address.
    pub async fn trusted_list(&self, issuer: Fingerprint, url: &str) -> Result<Option<TrustedListRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&issuer.0, url]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Which lists there are.
    pub async fn trusted_lists(&self) -> Result<Vec<TrustedListTimes>, Fault> {
        let mut connection = self.reader().await?;
        let rows = connection.rows(ALL, values![]).await?;
        rows.iter()
            .map(|row| {
                Ok(TrustedListTimes {
                    issuer: Fingerprint(row.octets("issuer")?),
                    url: row.column("url")?,
                    fetched_at: Instant(row.column("fetched_at")?),
                    asked_at: Instant(row.column("asked_at")?),
                })
            })
            .collect()
    }

    /// Forgets the lists that nobody has needed since then.
    pub async fn forget_trusted_lists(&self, before: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(FORGET, values![before.0]).await.map(drop) })
            })
            .await
    }
}

statements! {
    KEEP = "INSERT INTO trusted_list (issuer, url, this_update, fetched_at, asked_at, tag, der)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (issuer, url) DO UPDATE SET this_update = EXCLUDED.this_update, fetched_at = EXCLUDED.fetched_at,
                asked_at = EXCLUDED.asked_at, tag = EXCLUDED.tag, der = EXCLUDED.der
            WHERE trusted_list.this_update <= EXCLUDED.this_update";
    SAW = "UPDATE trusted_list SET fetched_at = $3, asked_at = $4 WHERE issuer = $1 AND url = $2 AND fetched_at < $3";
    ONE = "SELECT issuer, url, this_update, fetched_at, asked_at, tag, der FROM trusted_list
           WHERE issuer = $1 AND url = $2";
    ALL = "SELECT issuer, url, fetched_at, asked_at FROM trusted_list ORDER BY asked_at DESC LIMIT 10000";
    FORGET = "DELETE FROM trusted_list WHERE asked_at < $1";
}

fn read(row: &Row) -> Result<TrustedListRow, Fault> {
    Ok(TrustedListRow {
        issuer: Fingerprint(row.octets("issuer")?),
        url: row.column("url")?,
        this_update: Instant(row.column("this_update")?),
        fetched_at: Instant(row.column("fetched_at")?),
        asked_at: Instant(row.column("asked_at")?),
        tag: row.column("tag")?,
        der: row.column("der")?,
    })
}
