//! Card requests: what a portal session asks of a card, who took it, and what was answered (DESIGN, part 4).

use casework::time::Instant;

use super::case::corrupt;
use super::database::{Row, statements, values};
use super::{Clash, Store};
use crate::fault::Fault;

/// A card request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRequestRow {
    /// Fresh.
    pub id: [u8; 16],
    /// SHA-256 of the token of the session that it belongs to.
    pub session: [u8; 32],
    /// Who asks.
    pub office: String,
    /// The noun of the procedure.
    pub procedure: String,
    /// Which of the procedure's requests this is, for example `open` or `confirm`.
    pub purpose: String,
    /// The case, once there is one.
    pub case: Option<[u8; 16]>,
    /// Fresh.
    pub nonce: [u8; 32],
    /// What is asked, as the portal writes it.
    pub document: String,
    /// SHA-256 of the agent's key, once an agent took it.
    pub agent_key: Option<[u8; 32]>,
    /// How many steps were answered with go.
    pub answered: u32,
    /// Where it stands.
    pub state: CardRequestState,
    /// What became of it, in the portal's words.
    pub outcome: Option<String>,
    /// When it was made.
    pub made_at: Instant,
    /// Until when it may be answered.
    pub expires_at: Instant,
}

/// Where a card request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardRequestState {
    /// It may be answered.
    Open,
    /// All steps are answered; the browser may come back with the code.
    Done,
    /// It was given up; the browser may come back with the code.
    Cancelled,
    /// The browser came back.
    Returned,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is this agent's, now or since before.
    Yes,
    /// Another agent has it.
    ByAnother,
}

impl CardRequestRow {
    /// It waits for an agent.
    pub fn is_unclaimed(&self) -> bool {
        self.state == CardRequestState::Open && self.agent_key.is_none()
    }

    /// All its steps were answered, whether or not the browser came back with it.
    pub fn is_answered(&self) -> bool {
        match self.state {
            CardRequestState::Done => true,
            CardRequestState::Returned => self.outcome.as_deref() == Some(ANSWERED),
            CardRequestState::Open | CardRequestState::Cancelled => false,
        }
    }
}

impl CardRequestState {
    const ALL: [Self; 4] = [Self::Open, Self::Done, Self::Cancelled, Self::Returned];

    const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }
}

impl Store {
    /// Makes a card request. Open ones of the same session are given up: there is one at a time.
    pub async fn make_card_request(&self, request: CardRequestRow) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection.execute(GIVE_UP, values![&request.session]).await?;
                    let case = request.case.as_ref().map(<[u8; 16]>::as_slice);
                    connection
                        .execute(
                            MAKE,
                            values![
                                &request.id,
                                &request.session,
                                &request.office,
                                &request.procedure,
                                &request.purpose,
                                case,
                                &request.nonce,
                                &request.document,
                                request.made_at.0,
                                request.expires_at.0,
                            ],
                        )
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// A card request by its id.
    pub async fn card_request(&self, id: [u8; 16]) -> Result<Option<CardRequestRow>, Fault> {
        self.reader()
            .await?
            .row(LOAD, values![&id])
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// The last card request of a session.
    pub async fn card_request_of_session(&self, session: [u8; 32]) -> Result<Option<CardRequestRow>, Fault> {
        self.reader()
            .await?
            .row(OF_SESSION, values![&session])
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// An agent takes the request for itself, by the SHA-256 of its key. The same key may claim again.
    pub async fn claim_card_request(&self, id: [u8; 16], agent_key: [u8; 32]) -> Result<Claimed, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let touched = connection.execute(CLAIM, values![&id, &agent_key]).await?;
                    Ok(if touched == 1 { Claimed::Yes } else { Claimed::ByAnother })
                })
            })
            .await
    }

    /// Keeps the answer to the step that is open, and with it the request as it reads from now on, where the answer
    /// changed what is asked next. [`Clash::Moved`] if it was answered meanwhile or the request is over.
    pub async fn answer_card_request(
        &self,
        id: [u8; 16],
        step: u32,
        document: String,
        rewritten: Option<String>,
        at: Instant,
    ) -> Result<(), Clash> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let step = i64::from(step);
                    if connection.execute(ADVANCE, values![&id, step, at.0]).await? == 0 {
                        return Err(Clash::Moved);
                    }
                    connection
                        .execute(KEEP_ANSWER, values![&id, step, &document, at.0])
                        .await?;
                    if let Some(rewritten) = &rewritten {
                        connection.execute(REWRITE, values![&id, rewritten]).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Ends an open request with the SHA-256 of a fresh one-time code. `false` if it was ended already: the code that
    /// was given then counts.
    pub async fn end_card_request(
        &self,
        id: [u8; 16],
        state: CardRequestState,
        code: [u8; 32],
        outcome: String,
    ) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let ended = connection
                        .execute(END, values![&id, state.key(), &code, &outcome])
                        .await?;
                    Ok(ended == 1)
                })
            })
            .await
    }

    /// Gives up a request that nobody came back with, even one that is answered in full: from then on its code leads to
    /// nothing but the news that it was cancelled. `false` if the browser came back first. What was said against a card
    /// stays its outcome.
    pub async fn cancel_card_request(&self, id: [u8; 16], code: [u8; 32]) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let cancelled = connection.execute(CANCEL, values![&id, &code]).await?;
                    Ok(cancelled == 1)
                })
            })
            .await
    }

    /// What is to be told about the open request when the browser is back: why its card was refused.
    pub async fn note_card_request(&self, id: [u8; 16], outcome: String) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(TELL, values![&id, &outcome]).await.map(drop) })
            })
            .await
    }

    /// The request to which a code leads, if it belongs to this session. The same code again finds the same request.
    pub async fn return_card_request(
        &self,
        session: [u8; 32],
        code: [u8; 32],
    ) -> Result<Option<CardRequestRow>, Fault> {
        let found = self.reader().await?.row(BY_CODE, values![&session, &code]).await?;
        found.as_ref().map(read).transpose()
    }

    /// The browser came back with it: from now on it cannot be given up. `false` if it was given up before.
    pub async fn close_card_request(&self, id: [u8; 16]) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(CLOSE, values![&id]).await.map(|rows| rows == 1) })
            })
            .await
    }

    /// The case that came of it: this one, or the one that was named first.
    pub async fn set_card_request_case(&self, id: [u8; 16], case: [u8; 16]) -> Result<[u8; 16], Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection.execute(SET_CASE, values![&id, &case]).await?;
                    let row = connection.row(CASE, values![&id]).await?;
                    Ok(row.map_or(Ok(None), |row| optional(&row, "case_id"))?.unwrap_or(case))
                })
            })
            .await
    }

    /// The answers so far, in the order of their steps.
    pub async fn card_answers(&self, id: [u8; 16]) -> Result<Vec<String>, Fault> {
        let rows = self.reader().await?.few(ANSWERS, values![&id]).await?;
        rows.iter().map(|row| row.column("document")).collect()
    }

    /// Removes the requests, with their answers, that could be answered until `before` at the latest.
    pub async fn forget_card_requests(&self, before: Instant) -> Result<u64, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection.execute(FORGET_ANSWERS, values![before.0]).await?;
                    connection.execute(FORGET, values![before.0]).await
                })
            })
            .await
    }
}

/// The outcome of a request whose steps were all answered.
pub const ANSWERED: &str = "answered";

statements! {
    GIVE_UP = "UPDATE card_request SET state = 'returned' WHERE session = $1 AND state = 'open'";
    MAKE = "INSERT INTO card_request
                (id, session, office, procedure, purpose, case_id, nonce, document, answered, state, made_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 'open', $9, $10)";
    LOAD = "SELECT id, session, office, procedure, purpose, case_id, nonce, document, agent_key, answered, state, outcome,
                made_at, expires_at FROM card_request WHERE id = $1";
    OF_SESSION =
        "SELECT id, session, office, procedure, purpose, case_id, nonce, document, agent_key, answered, state, outcome,
            made_at, expires_at FROM card_request WHERE session = $1 ORDER BY made_at DESC, state LIMIT 1";
    CLAIM = "UPDATE card_request SET agent_key = $2
             WHERE id = $1 AND state = 'open' AND (agent_key IS NULL OR agent_key = $2)";
    ADVANCE = "UPDATE card_request SET answered = answered + 1, outcome = NULL
               WHERE id = $1 AND state = 'open' AND answered = $2 AND expires_at >= $3";
    REWRITE = "UPDATE card_request SET document = $2 WHERE id = $1";
    KEEP_ANSWER = "INSERT INTO card_answer (request, step, document, at) VALUES ($1, $2, $3, $4)";
    END = "UPDATE card_request SET state = $2, code = $3, outcome = $4 WHERE id = $1 AND state = 'open'";
    BY_CODE = "SELECT id, session, office, procedure, purpose, case_id, nonce, document, agent_key, answered, state, outcome,
                made_at, expires_at FROM card_request WHERE session = $1 AND code = $2";
    CANCEL = "UPDATE card_request SET state = 'cancelled', code = $2, outcome = CASE WHEN state <> 'done' THEN outcome END
              WHERE id = $1 AND state IN ('open', 'done', 'cancelled')";
    TELL = "UPDATE card_request SET outcome = $2 WHERE id = $1 AND state = 'open'";
    CLOSE = "UPDATE card_request SET state = 'returned' WHERE id = $1 AND state IN ('done', 'returned')";
    SET_CASE = "UPDATE card_request SET case_id = $2 WHERE id = $1 AND case_id IS NULL";
    CASE = "SELECT case_id FROM card_request WHERE id = $1";
    ANSWERS = "SELECT document FROM card_answer WHERE request = $1 ORDER BY step";
    FORGET = "DELETE FROM card_request WHERE expires_at < $1";
    FORGET_ANSWERS = "DELETE FROM card_answer WHERE request IN (SELECT id FROM card_request WHERE expires_at < $1)";
}

fn read(row: &Row) -> Result<CardRequestRow, Fault> {
    let state: String = row.column("state")?;
    let answered: i64 = row.column("answered")?;
    Ok(CardRequestRow {
        id: row.octets("id")?,
        session: row.octets("session")?,
        office: row.column("office")?,
        procedure: row.column("procedure")?,
        purpose: row.column("purpose")?,
        case: optional(row, "case_id")?,
        nonce: row.octets("nonce")?,
        document: row.column("document")?,
        agent_key: optional(row, "agent_key")?,
        answered: u32::try_from(answered).map_err(|_| corrupt("answered", answered))?,
        state: CardRequestState::ALL
            .into_iter()
            .find(|known| known.key() == state)
            .ok_or_else(|| corrupt("state", state))?,
        outcome: row.column("outcome")?,
        made_at: Instant(row.column("made_at")?),
        expires_at: Instant(row.column("expires_at")?),
    })
}

fn optional<const N: usize>(row: &Row, name: &'static str) -> Result<Option<[u8; N]>, Fault> {
    let octets: Option<Vec<u8>> = row.column(name)?;
    octets
        .map(|octets| octets.try_into().map_err(|_| corrupt(name, format!("not {N} octets"))))
        .transpose()
}
