//! Passkeys of officers and of organisations' people: the public half. They log in; they sign nothing.

use casework::identity::Digest;
use casework::time::Instant;

use super::database::{Connection, Row, statements, values};
use super::{Clash, Store};
use crate::fault::Fault;

/// A passkey as it was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// The credential id (WebAuthn Level 3 §4).
    pub credential: Vec<u8>,
    /// SHA-256 of it: what the account's case keeps.
    pub digest: Digest,
    /// The case of the account whose it is.
    pub owner: [u8; 16],
    /// Its public key, as the COSE_Key that the authenticator gave (RFC 9052 §7).
    pub public_key: Vec<u8>,
    /// The last signature counter; 0 where the authenticator has none.
    pub counter: u32,
    /// What its owner calls it.
    pub label: String,
    /// When it was registered.
    pub added_at: Instant,
    /// The last login with it.
    pub used_at: Option<Instant>,
}

impl Store {
    /// A passkey by its credential id.
    pub async fn passkey(&self, credential: &[u8]) -> Result<Option<PasskeyRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![credential]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The passkeys of an account, oldest first.
    pub async fn passkeys(&self, owner: [u8; 16]) -> Result<Vec<PasskeyRow>, Fault> {
        let rows = self.reader().await?.few(OF_OWNER, values![&owner]).await?;
        rows.iter().map(read).collect()
    }

    /// It was used: its counter from here on (WebAuthn Level 3 §7.2, 22). A counter that another login has raised
    /// meanwhile stays.
    pub async fn use_passkey(&self, credential: Vec<u8>, counter: u32, now: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(USED, values![&credential, i64::from(counter), now.0])
                        .await
                        .map(drop)
                })
            })
            .await
    }
}

/// Registers one. A credential id that is registered already clashes.
pub(crate) async fn add(connection: &mut Connection, new: &PasskeyRow) -> Result<(), Clash> {
    let added = connection
        .execute(
            ADD,
            values![
                &new.credential,
                &new.digest.0,
                &new.owner,
                &new.public_key,
                i64::from(new.counter),
                &new.label,
                new.added_at.0,
            ],
        )
        .await?;
    if added == 1 { Ok(()) } else { Err(Clash::Moved) }
}

/// What the account's case does not name any more goes.
pub(super) async fn keep_only(connection: &mut Connection, owner: [u8; 16], kept: &[Digest]) -> Result<(), Fault> {
    for row in connection.few(OF_OWNER, values![&owner]).await? {
        let passkey = read(&row)?;
        if !kept.contains(&passkey.digest) {
            connection.execute(REMOVE, values![&passkey.credential]).await?;
        }
    }
    Ok(())
}

statements! {
    ADD = "INSERT INTO passkey (credential, digest, officer, public_key, counter, label, added_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    ONE = "SELECT credential, digest, officer, public_key, counter, label, added_at, used_at FROM passkey
           WHERE credential = $1";
    OF_OWNER = "SELECT credential, digest, officer, public_key, counter, label, added_at, used_at FROM passkey
                  WHERE officer = $1 ORDER BY added_at, credential";
    USED = "UPDATE passkey SET counter = CASE WHEN counter < $2 THEN $2 ELSE counter END, used_at = $3
            WHERE credential = $1";
    REMOVE = "DELETE FROM passkey WHERE credential = $1";
}

fn read(row: &Row) -> Result<PasskeyRow, Fault> {
    Ok(PasskeyRow {
        credential: row.column("credential")?,
        digest: Digest(row.octets("digest")?),
        owner: row.octets("officer")?,
        public_key: row.column("public_key")?,
        counter: u32::try_from(row.column::<i64>("counter")?).unwrap_or(u32::MAX),
        label: row.column("label")?,
        added_at: Instant(row.column("added_at")?),
        used_at: row.column::<Option<i64>>("used_at")?.map(Instant),
    })
}
