//! What a repeated request is answered with: the same as the first time, on every node and after every restart.

use casework::time::Instant;

use super::Store;
use super::database::{statements, values};
use crate::fault::Fault;

/// How a request with a key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Nobody works on it: whoever is told this does.
    First,
    /// Somebody works on it.
    Running,
    /// It was answered with this.
    Answered(Vec<u8>),
    /// The key came with something else.
    Another,
}

impl Store {
    /// Takes a key for a request. What was begun before `given_up_before` and not answered is taken over.
    pub(crate) async fn begin_request(
        &self,
        name: [u8; 32],
        request: [u8; 32],
        now: Instant,
        given_up_before: Instant,
    ) -> Result<Repeat, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.execute(BEGIN, values![&name, &request, now.0]).await? == 1 {
                        return Ok(Repeat::First);
                    }
                    let Some(row) = connection.row(LOAD, values![&name]).await? else {
                        return Ok(Repeat::Running);
                    };
                    if row.octets::<32>("request")? != request {
                        return Ok(Repeat::Another);
                    }
                    if let Some(answer) = row.column::<Option<Vec<u8>>>("answer")? {
                        return Ok(Repeat::Answered(answer));
                    }
                    let taken = connection
                        .execute(TAKE, values![&name, now.0, given_up_before.0])
                        .await?;
                    Ok(if taken == 1 { Repeat::First } else { Repeat::Running })
                })
            })
            .await
    }

    /// Whether somebody works on it: it was begun, and neither answered nor given up.
    pub(crate) async fn is_request_running(&self, name: [u8; 32]) -> Result<bool, Fault> {
        let row = self.reader().await?.row(LOAD, values![&name]).await?;
        let answer = row.map(|row| row.column::<Option<Vec<u8>>>("answer")).transpose()?;
        Ok(matches!(answer, Some(None)))
    }

    /// It was answered with this; `None` where nothing was settled, and the key may be used again.
    pub(crate) async fn end_request(&self, name: [u8; 32], answer: Option<Vec<u8>>) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    match &answer {
                        Some(answer) => connection.execute(END, values![&name, answer]).await,
                        None => connection.execute(DROP, values![&name]).await,
                    }
                    .map(drop)
                })
            })
            .await
    }

    /// Forgets the keys of requests that were begun before.
    pub(crate) async fn forget_requests(&self, before: Instant) -> Result<u64, Fault> {
        self.writer
            .write(move |connection| Box::pin(async move { connection.execute(FORGET, values![before.0]).await }))
            .await
    }
}

statements! {
    BEGIN = "INSERT INTO idempotency (name, request, begun_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    LOAD = "SELECT request, answer FROM idempotency WHERE name = $1";
    TAKE = "UPDATE idempotency SET begun_at = $2 WHERE name = $1 AND answer IS NULL AND begun_at < $3";
    END = "UPDATE idempotency SET answer = $2 WHERE name = $1";
    DROP = "DELETE FROM idempotency WHERE name = $1 AND answer IS NULL";
    FORGET = "DELETE FROM idempotency WHERE begun_at < $1";
}
