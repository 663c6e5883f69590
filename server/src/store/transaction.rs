//! Transactions of CMP: which were met, on every node and after every restart, and which wait for their confirmation.
//!
//! Nothing here is secret: nonces and identifiers went over the wire, and who asked is a digest.

use casework::identity::{Digest, Fingerprint};
use casework::time::Instant;
use pki::cmp::{Nonce, TransactionId};

use super::Store;
use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use crate::fault::Fault;

/// A transaction that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransactionRow {
    /// Who began it: of the codes' terminal, or of the certificate that signed.
    pub(crate) asker: Digest,
    /// How it stands.
    pub(crate) state: TransactionState,
}

/// How a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TransactionState {
    /// Nothing in it is to be confirmed, or not yet.
    Begun,
    /// Its certificate waits for its confirmation.
    Waiting(HandedOut),
    /// The holder takes it.
    Taken(HandedOut),
    /// The holder does not.
    Refused(HandedOut),
}

/// A certificate that was handed out, and what its confirmation must agree with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HandedOut {
    /// Of the certificate.
    pub(crate) certificate: Fingerprint,
    /// certReqId
    pub(crate) request: i32,
    /// The nonce of the answer.
    pub(crate) nonce: Nonce,
    /// The nonce of the request.
    pub(crate) asked_with: Nonce,
}

/// What came of beginning a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// It is the first of its name.
    First,
    /// Its name was met before, here or on another node.
    Before,
    /// Who asks has as many as anybody may have; it was not begun.
    TooMany,
}

impl Store {
    /// A transaction by its identifier.
    pub(crate) async fn transaction(&self, id: &TransactionId) -> Result<Option<TransactionRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![id.as_bytes()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Begins one, of which its asker may have `most`. Of two nodes that are asked at once, one begins it.
    pub(crate) async fn begin_transaction(
        &self,
        id: TransactionId,
        asker: Digest,
        at: Instant,
        most: i64,
    ) -> Result<Beginning, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection
                        .execute(BEGIN, values![id.as_bytes(), &asker.0, at.0])
                        .await?
                        == 0
                    {
                        return Ok(Beginning::Before);
                    }
                    if count(connection, asker).await? > most {
                        connection.execute(DROP, values![id.as_bytes()]).await?;
                        return Ok(Beginning::TooMany);
                    }
                    Ok(Beginning::First)
                })
            })
            .await
    }

    /// Its certificate was made, and waits for its confirmation.
    pub(crate) async fn await_confirmation(&self, id: TransactionId, handed: HandedOut) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let handed = values![
                        id.as_bytes(),
                        &handed.certificate.0,
                        i64::from(handed.request),
                        handed.nonce.as_bytes(),
                        handed.asked_with.as_bytes(),
                    ];
                    connection.execute(AWAIT, handed).await.map(drop)
                })
            })
            .await
    }

    /// The holder has said whether he takes it. `false` if he has said the opposite before: what was said first counts.
    pub(crate) async fn settle_transaction(&self, id: TransactionId, is_taken: bool) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let state = if is_taken { TAKEN } else { REFUSED };
                    let said = values![id.as_bytes(), state];
                    Ok(connection.execute(SETTLE, said).await? == 1)
                })
            })
            .await
    }

    /// Forgets some of those that were begun before: the earliest.
    pub(crate) async fn forget_transactions(&self, before: Instant) -> Result<u64, Fault> {
        self.writer
            .write(move |connection| Box::pin(async move { connection.execute(FORGET, values![before.0]).await }))
            .await
    }
}

async fn count(connection: &mut Connection, asker: Digest) -> Result<i64, Fault> {
    let row = connection.row(COUNT, values![&asker.0]).await?;
    row.map_or(Ok(0), |row| row.column("count"))
}

statements! {
    ONE = "SELECT asker, state, certificate, request, nonce, asked_with FROM cmp_transaction WHERE id = $1";
    BEGIN = "INSERT INTO cmp_transaction (id, asker, state, begun_at) VALUES ($1, $2, 'begun', $3) ON CONFLICT DO NOTHING";
    COUNT = "SELECT COUNT(*) AS count FROM cmp_transaction WHERE asker = $1";
    DROP = "DELETE FROM cmp_transaction WHERE id = $1";
    AWAIT = "UPDATE cmp_transaction SET state = 'waiting', certificate = $2, request = $3, nonce = $4, asked_with = $5
             WHERE id = $1 AND state = 'begun'";
    SETTLE = "UPDATE cmp_transaction SET state = $2 WHERE id = $1 AND state IN ('waiting', $2)";
    FORGET = "DELETE FROM cmp_transaction WHERE id IN
                (SELECT id FROM cmp_transaction WHERE begun_at < $1 ORDER BY begun_at LIMIT 10000)";
}

fn read(row: &Row) -> Result<TransactionRow, Fault> {
    let state: String = row.column("state")?;
    let state = match state.as_str() {
        "begun" => TransactionState::Begun,
        "waiting" => TransactionState::Waiting(handed_out(row)?),
        TAKEN => TransactionState::Taken(handed_out(row)?),
        REFUSED => TransactionState::Refused(handed_out(row)?),
        _ => return Err(corrupt("a transaction's state", &state)),
    };
    Ok(TransactionRow {
        asker: Digest(row.octets("asker")?),
        state,
    })
}

fn handed_out(row: &Row) -> Result<HandedOut, Fault> {
    let nonce = |name: &'static str| {
        let octets: Vec<u8> = row.column(name)?;
        Nonce::try_from(octets).map_err(|_| corrupt(name, "too short or too long"))
    };
    let request: i64 = row.column("request")?;
    Ok(HandedOut {
        certificate: Fingerprint(row.octets("certificate")?),
        request: i32::try_from(request).map_err(|_| corrupt("certReqId", request))?,
        nonce: nonce("nonce")?,
        asked_with: nonce("asked_with")?,
    })
}

const TAKEN: &str = "taken";
const REFUSED: &str = "refused";
