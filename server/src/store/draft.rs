//! What an officer copies from a paper until it is complete: the form as it was typed, and the scanned papers.

use casework::identity::{Digest, OfficerId};
use casework::time::Instant;

use super::Store;
use super::database::{Row, statements, values};
use crate::fault::Fault;

/// Whose draft of which case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftKey {
    /// The case, which may not exist yet.
    pub case: [u8; 16],
    /// The officer: two who correct one case do not write into each other's form.
    pub officer: OfficerId,
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// Whose.
    pub key: DraftKey,
    /// At which office.
    pub office: String,
    /// The form as it was typed.
    pub document: String,
    /// When it was kept last.
    pub kept_at: Instant,
}

impl Store {
    /// Keeps a draft, with the scans that came with it. The latest one stays, and of its scans those that it still holds: a
    /// picture that was taken out shows another person, as often as not.
    pub async fn keep_draft(
        &self,
        draft: DraftRow,
        scans: Vec<(Digest, Vec<u8>)>,
        held: Vec<Digest>,
    ) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let DraftKey { case, officer } = &draft.key;
                    connection
                        .execute(
                            KEEP,
                            values![case, &officer.0, &draft.office, &draft.document, draft.kept_at.0],
                        )
                        .await?;
                    for (digest, octets) in &scans {
                        connection
                            .execute(SCAN, values![case, &officer.0, &digest.0, octets, draft.kept_at.0])
                            .await?;
                    }
                    for row in connection.rows(SCANS, values![case, &officer.0]).await? {
                        let digest: [u8; 32] = row.octets("digest")?;
                        if !held.contains(&Digest(digest)) {
                            connection
                                .execute(DROP_SCAN, values![case, &officer.0, &digest])
                                .await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    /// A draft.
    pub async fn draft(&self, key: DraftKey) -> Result<Option<DraftRow>, Fault> {
        let mut connection = self.reader().await?;
        let row = connection.row(LOAD, values![&key.case, &key.officer.0]).await?;
        row.as_ref().map(read).transpose()
    }

    /// What this officer has begun at this office, the latest first.
    pub async fn drafts_of(&self, officer: OfficerId, office: &str) -> Result<Vec<DraftRow>, Fault> {
        let rows = self
            .reader()
            .await?
            .rows(OF_OFFICER, values![&officer.0, office])
            .await?;
        rows.iter().map(read).collect()
    }

    /// A scanned paper of a draft.
    pub async fn scan(&self, key: DraftKey, digest: Digest) -> Result<Option<Vec<u8>>, Fault> {
        let mut connection = self.reader().await?;
        let row = connection
            .row(LOAD_SCAN, values![&key.case, &key.officer.0, &digest.0])
            .await?;
        row.map(|row| row.column("octets")).transpose()
    }

    /// It became a case, or was given up.
    pub async fn drop_draft(&self, key: DraftKey) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection.execute(DROP, values![&key.case, &key.officer.0]).await?;
                    connection
                        .execute(DROP_SCANS, values![&key.case, &key.officer.0])
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// What nobody came back to since then goes.
    pub async fn forget_drafts(&self, before: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection.execute(FORGET, values![before.0]).await?;
                    connection.execute(FORGET_SCANS, values![before.0]).await?;
                    Ok(())
                })
            })
            .await
    }
}

statements! {
    KEEP = "INSERT INTO paper_draft (case_id, officer, office, document, kept_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (case_id, officer) DO UPDATE SET office = $3, document = $4, kept_at = $5";
    SCAN = "INSERT INTO paper_scan (case_id, officer, digest, octets, kept_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (case_id, officer, digest) DO NOTHING";
    LOAD = "SELECT case_id, officer, office, document, kept_at FROM paper_draft WHERE case_id = $1 AND officer = $2";
    OF_OFFICER = "SELECT case_id, officer, office, document, kept_at FROM paper_draft WHERE officer = $1 AND office = $2
                  ORDER BY kept_at DESC LIMIT 50";
    LOAD_SCAN = "SELECT octets FROM paper_scan WHERE case_id = $1 AND officer = $2 AND digest = $3";
    SCANS = "SELECT digest FROM paper_scan WHERE case_id = $1 AND officer = $2";
    DROP_SCAN = "DELETE FROM paper_scan WHERE case_id = $1 AND officer = $2 AND digest = $3";
    DROP = "DELETE FROM paper_draft WHERE case_id = $1 AND officer = $2";
    DROP_SCANS = "DELETE FROM paper_scan WHERE case_id = $1 AND officer = $2";
    FORGET = "DELETE FROM paper_draft WHERE kept_at < $1";
    FORGET_SCANS = "DELETE FROM paper_scan WHERE kept_at < $1 AND NOT EXISTS
                       (SELECT 1 FROM paper_draft d WHERE d.case_id = paper_scan.case_id AND d.officer = paper_scan.officer)";
}

fn read(row: &Row) -> Result<DraftRow, Fault> {
    Ok(DraftRow {
        key: DraftKey {
            case: row.octets("case_id")?,
            officer: OfficerId(row.octets("officer")?),
        },
        office: row.column("office")?,
        document: row.column("document")?,
        kept_at: Instant(row.column("kept_at")?),
    })
}
