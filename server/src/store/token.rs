//! Tokens of programs. The token is never stored, only its SHA-256.

use casework::identity::OfficerId;
use casework::time::Instant;
use wire::api::Scope;

use super::Store;
use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::event::{self, NewEvent};
use crate::fault::Fault;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its mark: what the audit and the operator call it.
    pub id: [u8; 16],
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// The account it works for.
    pub officer: OfficerId,
    /// That account's office.
    pub office: String,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub made_at: Instant,
    /// After this it is worth nothing.
    pub expires_at: Instant,
    /// Since when it is worth nothing, where that was before its time.
    pub revoked_at: Option<Instant>,
    /// When it was used last, to the hour.
    pub used_at: Option<Instant>,
}

impl TokenRow {
    /// Whether it is worth anything at this moment. What its account may do is another question.
    pub fn holds(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

impl Store {
    /// Keeps a token, with the event that tells of it, while its account has fewer than `most` that hold. The same token
    /// again is the one that is there.
    pub(crate) async fn make_token(
        &self,
        token: TokenRow,
        event: NewEvent,
        at: Instant,
        most: usize,
    ) -> Result<Making, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if let Some(row) = connection.row(OF_ID, values![&token.id]).await? {
                        let same = row.octets::<32>("hash")? == token.hash;
                        return Ok(if same { Making::Kept } else { Making::Taken });
                    }
                    let held = connection.row(HELD, values![&token.officer.0, at.0]).await?;
                    let held = held.map_or(Ok(0), |row| row.column::<i64>("held"))?;
                    if usize::try_from(held).is_ok_and(|held| held >= most) {
                        return Ok(Making::Full);
                    }
                    let scopes = scopes_text(&token.scopes);
                    let row = values![
                        &token.id,
                        &token.hash,
                        &token.officer.0,
                        &token.office,
                        &token.label,
                        &scopes,
                        token.made_at.0,
                        token.expires_at.0,
                    ];
                    connection.execute(MAKE, row).await?;
                    event::append(connection, &token.officer.0, &event, at).await?;
                    Ok(Making::Kept)
                })
            })
            .await
    }

    /// Revokes a token, with the event that tells of it. `false` where it was revoked before, or there is none.
    pub(crate) async fn revoke_token(&self, token: TokenRow, event: NewEvent, at: Instant) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.execute(REVOKE, values![&token.id, at.0]).await? == 0 {
                        return Ok(false);
                    }
                    event::append(connection, &token.officer.0, &event, at)
                        .await
                        .map(|()| true)
                })
            })
            .await
    }

    /// A token by the SHA-256 of it, whether or not it is worth anything.
    pub(crate) async fn token(&self, hash: [u8; 32]) -> Result<Option<TokenRow>, Fault> {
        let row = self.reader().await?.row(BY_HASH, values![&hash]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The tokens of an office, the oldest first. An office has some dozens.
    pub async fn tokens(&self, office: &str) -> Result<Vec<TokenRow>, Fault> {
        let rows = self.reader().await?.rows(OF_OFFICE, values![office]).await?;
        rows.iter().map(read).collect()
    }

    /// It was used.
    pub(crate) async fn touch_token(&self, id: [u8; 16], at: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(TOUCH, values![&id, at.0]).await.map(drop) })
            })
            .await
    }
}

/// The account's tokens are worth nothing from now on. The event that ended them is the account's.
pub(crate) async fn revoke_all(connection: &mut Connection, officer: OfficerId, at: Instant) -> Result<(), Fault> {
    connection
        .execute(REVOKE_ALL, values![&officer.0, at.0])
        .await
        .map(drop)
}

/// What became of a token that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    /// It is kept.
    Kept,
    /// Another one has its mark.
    Taken,
    /// The account has as many as it may have.
    Full,
}

statements! {
    REVOKE_ALL = "UPDATE token SET revoked_at = $2 WHERE officer = $1 AND revoked_at IS NULL";
    OF_ID = "SELECT hash FROM token WHERE id = $1";
    HELD = "SELECT COUNT(*) AS held FROM token WHERE officer = $1 AND revoked_at IS NULL AND expires_at > $2";
    MAKE = "INSERT INTO token (id, hash, officer, office, label, scopes, made_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    REVOKE = "UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    BY_HASH = "SELECT id, hash, officer, office, label, scopes, made_at, expires_at, revoked_at, used_at
               FROM token WHERE hash = $1";
    OF_OFFICE = "SELECT id, hash, officer, office, label, scopes, made_at, expires_at, revoked_at, used_at
                 FROM token WHERE office = $1 ORDER BY made_at, id LIMIT 10000";
    TOUCH = "UPDATE token SET used_at = $2 WHERE id = $1";
}

pub(crate) fn scopes_text(scopes: &[Scope]) -> String {
    let keys: Vec<_> = scopes.iter().map(|scope| scope.key()).collect();
    keys.join(" ")
}

fn read(row: &Row) -> Result<TokenRow, Fault> {
    let scopes: String = row.column("scopes")?;
    let scope = |key: &str| Scope::from_key(key).ok_or_else(|| corrupt("a token's scope", key));
    Ok(TokenRow {
        id: row.octets("id")?,
        hash: row.octets("hash")?,
        officer: OfficerId(row.octets("officer")?),
        office: row.column("office")?,
        label: row.column("label")?,
        scopes: scopes.split_whitespace().map(scope).collect::<Result<_, _>>()?,
        made_at: Instant(row.column("made_at")?),
        expires_at: Instant(row.column("expires_at")?),
        revoked_at: row.column::<Option<i64>>("revoked_at")?.map(Instant),
        used_at: row.column::<Option<i64>>("used_at")?.map(Instant),
    })
}
