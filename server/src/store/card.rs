//! Cards of bidders, as they were read.

use casework::identity::Fingerprint;
use casework::time::Instant;

use super::Store;
use super::database::{Connection, Row, statements, values};
use crate::fault::Fault;

/// A card as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRow {
    /// Of its signature certificate.
    pub card: Fingerprint,
    /// Of its authentication certificate.
    pub authentication: Fingerprint,
    /// Of its issuer's certificate, as it was pinned then.
    pub issuer: Fingerprint,
    /// The signature certificate.
    pub signature_der: Vec<u8>,
    /// The authentication certificate.
    pub authentication_der: Vec<u8>,
}

impl Store {
    /// A card that was read here before.
    pub async fn card(&self, card: Fingerprint) -> Result<Option<CardRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&card.0]).await?;
        row.as_ref().map(read).transpose()
    }
}

/// What it says is kept as it was read first: the fingerprint is of these very octets.
pub(crate) async fn keep(connection: &mut Connection, card: &CardRow, at: Instant) -> Result<(), Fault> {
    connection
        .execute(
            KEEP,
            values![
                &card.card.0,
                &card.authentication.0,
                &card.signature_der,
                &card.authentication_der,
                &card.issuer.0,
                at.0
            ],
        )
        .await
        .map(drop)
}

statements! {
    KEEP = "INSERT INTO card (fingerprint, authentication, signature_der, authentication_der, issuer, seen_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (fingerprint) DO NOTHING";
    ONE = "SELECT fingerprint, authentication, signature_der, authentication_der, issuer FROM card WHERE fingerprint = $1";
}

fn read(row: &Row) -> Result<CardRow, Fault> {
    Ok(CardRow {
        card: Fingerprint(row.octets("fingerprint")?),
        authentication: Fingerprint(row.octets("authentication")?),
        issuer: Fingerprint(row.octets("issuer")?),
        signature_der: row.column("signature_der")?,
        authentication_der: row.column("authentication_der")?,
    })
}
