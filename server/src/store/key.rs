//! The keys of our authorities, encrypted, with the certificate of each.

use casework::identity::Authority;
use casework::time::Instant;

use super::Store;
use super::case::corrupt;
use super::database::{Row, statements, values};
use crate::fault::Fault;

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Certificates and revocation lists.
    Authority,
    /// OCSP answers, by delegation.
    Responder,
    /// What the enrolment door answers by CMP.
    Enrolment,
    /// What is printed on citizens' cards.
    VisualSigner,
}

/// A key at rest.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Fresh.
    pub id: [u8; 16],
    /// Whose it is.
    pub authority: Authority,
    /// What it signs.
    pub purpose: KeyPurpose,
    /// The name of its algorithm.
    pub algorithm: String,
    /// PKCS#8, encrypted (PBES2).
    pub pem: String,
    /// Its certificate as DER, once it has one.
    pub certificate: Option<Vec<u8>>,
    /// When it was made.
    pub made_at: Instant,
}

/// Names the key and shows nothing of it.
impl std::fmt::Debug for KeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRow({} {})", self.authority.0, self.purpose.key())
    }
}

impl KeyPurpose {
    const ALL: [Self; 4] = [Self::Authority, Self::Responder, Self::Enrolment, Self::VisualSigner];

    const fn key(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Responder => "responder",
            Self::Enrolment => "enrolment",
            Self::VisualSigner => "visual",
        }
    }
}

impl Store {
    /// Keeps a new key.
    pub async fn keep_key(&self, key: KeyRow) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(
                            KEEP,
                            values![
                                &key.id,
                                key.authority.0.as_str(),
                                key.purpose.key(),
                                &key.algorithm,
                                &key.pem,
                                key.certificate.as_deref(),
                                key.made_at.0,
                            ],
                        )
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// Sets the certificate of a key.
    pub async fn certify_key(&self, id: [u8; 16], certificate: Vec<u8>) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(CERTIFY, values![&id, &certificate]).await.map(drop) })
            })
            .await
    }

    /// The keys of all authorities that are in use, the latest of each purpose first.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, Fault> {
        self.reader()
            .await?
            .rows(ALL, values![])
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Takes a key out of use. Its row stays.
    pub async fn retire_key(&self, id: [u8; 16], at: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(RETIRE, values![&id, at.0]).await.map(drop) })
            })
            .await
    }
}

statements! {
    KEEP = "INSERT INTO authority_key (id, authority, purpose, algorithm, pem, certificate, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CERTIFY = "UPDATE authority_key SET certificate = $2 WHERE id = $1";
    ALL = "SELECT id, authority, purpose, algorithm, pem, certificate, made_at FROM authority_key
           WHERE retired_at IS NULL ORDER BY authority, purpose, made_at DESC";
    RETIRE = "UPDATE authority_key SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
}

fn read(row: &Row) -> Result<KeyRow, Fault> {
    let purpose: String = row.column("purpose")?;
    Ok(KeyRow {
        id: row.octets("id")?,
        authority: Authority(row.column("authority")?),
        purpose: KeyPurpose::ALL
            .into_iter()
            .find(|known| known.key() == purpose)
            .ok_or_else(|| corrupt("purpose", purpose))?,
        algorithm: row.column("algorithm")?,
        pem: row.column("pem")?,
        certificate: row.column("certificate")?,
        made_at: Instant(row.column("made_at")?),
    })
}
