//! Browser sessions. The cookie's token is never stored, only its SHA-256.

use casework::time::Instant;

use super::Store;
use super::database::{Connection, Row, statements, values};
use crate::fault::Fault;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the cookie's token.
    pub token: [u8; 32],
    /// Names the session to the agent; not the cookie, and no way to it.
    pub mark: [u8; 16],
    /// The secret of its forms.
    pub csrf: [u8; 32],
    /// When it began: the absolute limit counts from here.
    pub began_at: Instant,
    /// When it was seen last: the idle limit counts from here.
    pub seen_at: Instant,
}

/// Something that was noted in a session, for example that a text was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFact {
    /// What was noted.
    pub name: String,
    /// For example the version hash of the text.
    pub value: String,
    /// When.
    pub at: Instant,
}

impl Store {
    /// Begins a session.
    pub async fn begin_session(&self, session: SessionRow) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(
                            BEGIN,
                            values![
                                &session.token,
                                &session.mark,
                                &session.csrf,
                                session.began_at.0,
                                session.seen_at.0,
                            ],
                        )
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// A session by the SHA-256 of its token, whether or not it has timed out.
    pub async fn session(&self, token: [u8; 32]) -> Result<Option<SessionRow>, Fault> {
        self.reader()
            .await?
            .row(LOAD, values![&token])
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// It was seen.
    pub async fn touch_session(&self, token: [u8; 32], at: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(TOUCH, values![&token, at.0]).await.map(drop) })
            })
            .await
    }

    /// The session goes on under another token and with other secrets, its facts with it (A45). Until `former_until` it
    /// is still found by the old token. What is noted with it is never seen under the old one. `false` if there is no such
    /// session any more, and nothing is noted: somebody was faster.
    pub async fn rotate_session(
        &self,
        old: [u8; 32],
        new: [u8; 32],
        csrf: [u8; 32],
        former_until: Instant,
        noted: Option<SessionFact>,
    ) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let rotated = values![&old, &new, &csrf, former_until.0];
                    if connection.execute(ROTATE, rotated).await? == 0 {
                        return Ok(false);
                    }
                    connection.execute(ROTATE_FACTS, values![&old, &new]).await?;
                    connection.execute(ROTATE_REQUESTS, values![&old, &new]).await?;
                    if let Some(fact) = noted {
                        let values = values![&new, &fact.name, &fact.value, fact.at.0];
                        connection.execute(NOTE, values).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// The session that this token was changed in, as long as it may still be used for the answer that was lost.
    pub async fn session_formerly(&self, token: [u8; 32], now: Instant) -> Result<Option<SessionRow>, Fault> {
        self.reader()
            .await?
            .row(FORMERLY, values![&token, now.0])
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// 終了: the session and everything noted in it.
    pub async fn end_session(&self, token: [u8; 32]) -> Result<(), Fault> {
        self.writer
            .write(move |connection| Box::pin(async move { end(connection, &token).await }))
            .await
    }

    /// Ends the sessions that were not seen since `idle_since` or began before `began_before`; says how many.
    pub async fn end_idle_sessions(&self, idle_since: Instant, began_before: Instant) -> Result<u64, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(FORGET_FACTS, values![idle_since.0, began_before.0])
                        .await?;
                    connection.execute(FORGET, values![idle_since.0, began_before.0]).await
                })
            })
            .await
    }

    /// Notes something in a session that is there. The same name again replaces the value and the time.
    pub async fn note(&self, token: [u8; 32], fact: SessionFact) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.row(LOAD, values![&token]).await?.is_none() {
                        return Ok(());
                    }
                    connection
                        .execute(NOTE, values![&token, &fact.name, &fact.value, fact.at.0])
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// Notes something in the session that a card request belongs to, if that is still there. By the request, since a
    /// session may change its token at the same time.
    pub async fn note_of_request(&self, request: [u8; 16], fact: SessionFact) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(NOTE_OF_REQUEST, values![&request, &fact.name, &fact.value, fact.at.0])
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// Takes something back; says whether it was noted.
    pub async fn forget(&self, token: [u8; 32], name: &str) -> Result<bool, Fault> {
        let name = name.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(DROP, values![&token, &name])
                        .await
                        .map(|rows| rows == 1)
                })
            })
            .await
    }

    /// Takes something back in every session where exactly this was noted; says in how many.
    pub async fn forget_everywhere(&self, name: &str, value: &str) -> Result<u64, Fault> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(DROP_EVERYWHERE, values![&name, &value]).await })
            })
            .await
    }

    /// What was noted in a session.
    pub async fn session_facts(&self, token: [u8; 32]) -> Result<Vec<SessionFact>, Fault> {
        let rows = self.reader().await?.few(FACTS, values![&token]).await?;
        rows.iter()
            .map(|row| {
                Ok(SessionFact {
                    name: row.column("name")?,
                    value: row.column("value")?,
                    at: Instant(row.column("at")?),
                })
            })
            .collect()
    }
}

statements! {
    BEGIN = "INSERT INTO session (token, mark, csrf, began_at, seen_at) VALUES ($1, $2, $3, $4, $5)";
    LOAD = "SELECT token, mark, csrf, began_at, seen_at FROM session WHERE token = $1";
    FORMERLY = "SELECT token, mark, csrf, began_at, seen_at FROM session WHERE former = $1 AND former_until >= $2";
    TOUCH = "UPDATE session SET seen_at = $2 WHERE token = $1 AND seen_at < $2";
    ROTATE = "UPDATE session SET token = $2, csrf = $3, former = token, former_until = $4 WHERE token = $1";
    ROTATE_FACTS = "UPDATE session_fact SET session = $2 WHERE session = $1";
    ROTATE_REQUESTS = "UPDATE card_request SET session = $2 WHERE session = $1";
    END = "DELETE FROM session WHERE token = $1";
    END_FACTS = "DELETE FROM session_fact WHERE session = $1";
    FORGET = "DELETE FROM session WHERE seen_at < $1 OR began_at < $2";
    FORGET_FACTS = "DELETE FROM session_fact
                    WHERE session IN (SELECT token FROM session WHERE seen_at < $1 OR began_at < $2)";
    NOTE = "INSERT INTO session_fact (session, name, value, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (session, name) DO UPDATE SET value = excluded.value, at = excluded.at";
    NOTE_OF_REQUEST =
        "INSERT INTO session_fact (session, name, value, at)
            SELECT s.token, $2, $3, $4 FROM card_request r JOIN session s ON s.token = r.session WHERE r.id = $1
            ON CONFLICT (session, name) DO UPDATE SET value = excluded.value, at = excluded.at";
    DROP = "DELETE FROM session_fact WHERE session = $1 AND name = $2";
    DROP_EVERYWHERE = "DELETE FROM session_fact WHERE name = $1 AND value = $2";
    FACTS = "SELECT name, value, at FROM session_fact WHERE session = $1 ORDER BY name";
}

async fn end(connection: &mut Connection, token: &[u8; 32]) -> Result<(), Fault> {
    connection.execute(END_FACTS, values![token]).await?;
    connection.execute(END, values![token]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<SessionRow, Fault> {
    Ok(SessionRow {
        token: row.octets("token")?,
        mark: row.octets("mark")?,
        csrf: row.octets("csrf")?,
        began_at: Instant(row.column("began_at")?),
        seen_at: Instant(row.column("seen_at")?),
    })
}
