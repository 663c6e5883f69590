//! What is kept to prove, years later, what was shown and what was signed.

use casework::identity::Digest;
use casework::time::Instant;

use super::Store;
use super::case::corrupt;
use super::database::{Connection, statements, values};
use crate::fault::Fault;

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// The text that was to be signed: UTF-8, lines end with LF.
    Text,
    /// The detached CMS over such a text; its digest is the text's.
    Signature,
}

/// A piece of evidence to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// SHA-256 of the text that it is, or that it signs.
    pub digest: Digest,
    /// Its octets.
    pub content: Vec<u8>,
}

impl EvidenceKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Signature => "signature",
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
}

pub(crate) async fn keep(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &NewEvidence,
    at: Instant,
) -> Result<(), Fault> {
    connection
        .execute(KEEP, values![case, new.kind.key(), &new.digest.0, &new.content, at.0])
        .await?;
    Ok(())
}

statements! {
    KEEP = "INSERT INTO evidence (case_id, kind, digest, content, kept_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (case_id, kind, digest) DO NOTHING";
    LOAD = "SELECT content FROM evidence WHERE case_id = $1 AND kind = $2 AND digest = $3";
}
