//! What is kept to prove, years later, what was shown and what was signed.

use casework::identity::Digest;
use casework::time::Instant;

use super::Store;
use super::case::corrupt;
use super::database::{Connection, statements, values};
use super::event::{self, NewEvent};
use crate::fault::Fault;

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// The text that was to be signed: UTF-8, lines end with LF.
    Text,
    /// The detached CMS over such a text; its digest is the text's.
    Signature,
    /// What such texts quote by its digest: all that was entered.
    Content,
    /// A scanned paper, made anew from what was sent.
    File,
}

/// A piece of evidence to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// SHA-256 of its octets; of the text that it signs, where it is a signature.
    pub digest: Digest,
    /// Its octets.
    pub content: Vec<u8>,
}

/// A text that went out for signature, of which it is not settled whether it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnsettledText {
    /// Of which case.
    pub(crate) case: [u8; 16],
    /// Of the text.
    pub(crate) digest: Digest,
    /// Whether its signature is kept.
    pub(crate) signed: bool,
}

impl EvidenceKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Signature => "signature",
            Self::Content => "content",
            Self::File => "file",
        }
    }
}

impl Store {
    /// A piece of evidence of a case.
    pub async fn evidence(&self, case: [u8; 16], kind: EvidenceKind, digest: Digest) -> Result<Option<Vec<u8>>, Fault> {
        let row = self
            .reader()
            .await?
            .row(LOAD, values![&case, kind.key(), &digest.0])
            .await?;
        row.map(|row| row.column("content")).transpose()
    }

    /// The text with this digest that a case was asked to sign.
    pub async fn text(&self, case: [u8; 16], digest: Digest) -> Result<Option<String>, Fault> {
        let octets = self.evidence(case, EvidenceKind::Text, digest).await?;
        octets
            .map(|octets| String::from_utf8(octets).map_err(|why| corrupt("text", why)))
            .transpose()
    }

    /// Some of the texts that went out before then and are not settled; none that its case still waits for.
    pub(crate) async fn unsettled_texts(&self, before: Instant) -> Result<Vec<UnsettledText>, Fault> {
        let rows = self.reader().await?.rows(UNSETTLED, values![before.0]).await?;
        rows.iter()
            .map(|row| {
                Ok(UnsettledText {
                    case: row.octets("case_id")?,
                    digest: Digest(row.octets("digest")?),
                    signed: row.column::<i64>("signed")? == 1,
                })
            })
            .collect()
    }

    /// These are signed, for good: nobody needs to look again.
    pub(crate) async fn settle_signed_texts(&self, texts: Vec<UnsettledText>) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    for UnsettledText { case, digest, .. } in &texts {
                        connection.execute(SETTLE, values![case, &digest.0]).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Deletes a text and records it. `false`, and nothing is done, where it is gone, signed, or waited for.
    pub(crate) async fn forget_text(&self, text: UnsettledText, event: NewEvent, at: Instant) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let UnsettledText { case, digest, .. } = &text;
                    if connection.execute(FORGET, values![case, &digest.0]).await? == 0 {
                        return Ok(false);
                    }
                    event::append(connection, case, &event, at).await?;
                    Ok(true)
                })
            })
            .await
    }
}

pub(crate) async fn keep(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &NewEvidence,
    at: Instant,
) -> Result<(), Fault> {
    let unsettled_since = match new.kind {
        EvidenceKind::Text => Some(at.0),
        EvidenceKind::Signature | EvidenceKind::Content | EvidenceKind::File => None,
    };
    let row = values![case, new.kind.key(), &new.digest.0, &new.content, at.0, unsettled_since];
    connection.execute(KEEP, row).await?;
    Ok(())
}

statements! {
    KEEP = "INSERT INTO evidence (case_id, kind, digest, content, kept_at, unsettled_since) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (case_id, kind, digest) DO NOTHING";
    LOAD = "SELECT content FROM evidence WHERE case_id = $1 AND kind = $2 AND digest = $3";
    UNSETTLED = "SELECT case_id, digest, CAST(CASE WHEN EXISTS
                    (SELECT 1 FROM evidence s
                     WHERE s.case_id = evidence.case_id AND s.kind = 'signature' AND s.digest = evidence.digest)
                    THEN 1 ELSE 0 END AS BIGINT) AS signed
                 FROM evidence WHERE unsettled_since < $1
                    AND NOT EXISTS (SELECT 1 FROM office_case c WHERE c.id = evidence.case_id AND c.state IN ('awaiting', 'confirming', 'drafting', 'held', 'waiting'))
                 ORDER BY unsettled_since LIMIT 64";
    SETTLE = "UPDATE evidence SET unsettled_since = NULL WHERE case_id = $1 AND kind = 'text' AND digest = $2";
    FORGET = "DELETE FROM evidence WHERE case_id = $1 AND kind = 'text' AND digest = $2
                AND NOT EXISTS (SELECT 1 FROM evidence s
                                WHERE s.case_id = $1 AND s.kind = 'signature' AND s.digest = $2)
                AND NOT EXISTS (SELECT 1 FROM office_case c WHERE c.id = $1 AND c.state IN ('awaiting', 'confirming', 'drafting', 'held', 'waiting'))";
}
