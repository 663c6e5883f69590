//! The audit: what was done or refused, by whom and when, chained in the order of commits (DOMAIN §2.5).
//!
//! A leaf is SHA-256 over a fresh salt and the event's document; the head is SHA-256 over the previous head and the
//! leaf. Leaves can be published: the salt keeps what they commit to from being guessed. Documents hold fingerprints
//! and digests, never a name, an address or a PIN.

use aws_lc_rs::digest;
use casework::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Store;
use super::case::{self, corrupt};
use super::database::{Connection, Row, statements, values};
use crate::fault::{Bug, Fault};

/// An event to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The noun of the procedure.
    pub procedure: &'static str,
    /// What happened, or what was refused.
    pub name: &'static str,
    /// Who did it.
    pub actor: String,
    /// State before and after.
    pub states: (String, String),
    /// The rule that refused; `None` where nothing was.
    pub refusal: Option<String>,
    /// Fingerprints, digests and numbers, by their names.
    pub details: Vec<(&'static str, String)>,
    /// Fresh.
    pub salt: [u8; 16],
}

/// An event that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the order of commits, from 1.
    pub sequence: i64,
    /// When.
    pub at: Instant,
    /// Of which case.
    pub case: [u8; 16],
    /// What happened, or what was refused.
    pub name: String,
    /// Who did it.
    pub actor: String,
    /// The rule that refused; `None` where nothing was.
    pub refusal: Option<String>,
    /// Everything, as it was hashed.
    pub document: String,
    /// The head of the chain from here on.
    pub head: [u8; 32],
}

/// What the whole chain says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// Every event follows from the one before.
    Whole {
        /// How many there are.
        events: i64,
        /// The last head, to be kept elsewhere.
        head: [u8; 32],
    },
    /// Somebody changed, removed or reordered events from here on.
    Broken {
        /// The first event that does not follow.
        at: i64,
    },
}

impl Store {
    /// The events of a case, in order.
    pub async fn events(&self, case: [u8; 16]) -> Result<Vec<EventRow>, Fault> {
        self.reader()
            .await?
            .rows(OF_CASE, values![&case])
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Computes the whole chain anew. `known` is a head that was kept elsewhere, with its number: a chain that ends
    /// before it was cut.
    pub async fn audit(&self, known: Option<(i64, [u8; 32])>) -> Result<Audit, Fault> {
        let mut connection = self.reader().await?;
        let (mut last, mut head) = (0, [0; 32]);
        loop {
            let rows = connection.rows(AFTER, values![last]).await?;
            if rows.is_empty() {
                let cut = known.is_some_and(|(sequence, _)| sequence > last);
                return Ok(if cut {
                    Audit::Broken { at: last + 1 }
                } else {
                    Audit::Whole { events: last, head }
                });
            }
            for row in rows {
                let event = read(&row)?;
                let leaf = leaf(
                    &row.octets("salt")?,
                    event.sequence,
                    event.at,
                    &event.case,
                    &event.document,
                );
                let forged = known.is_some_and(|(sequence, known)| sequence == event.sequence && known != event.head);
                if event.sequence != last + 1 || next(&head, &leaf) != event.head || forged {
                    return Ok(Audit::Broken { at: last + 1 });
                }
                (last, head) = (event.sequence, event.head);
            }
        }
    }

    /// Records a refusal: nothing else changed.
    pub(crate) async fn record(&self, case: [u8; 16], event: NewEvent, at: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| Box::pin(async move { append(connection, &case, &event, at).await }))
            .await
    }
}

/// Appends to the chain, inside the transaction of what it tells.
pub(crate) async fn append(
    connection: &mut Connection,
    case: &[u8; 16],
    event: &NewEvent,
    at: Instant,
) -> Result<(), Fault> {
    let last = connection.row(LAST, values![]).await?;
    let (last, head) = match last {
        Some(row) => (row.column::<i64>("sequence")?, row.octets("head")?),
        None => (0, [0; 32]),
    };
    let document = document(event)?;
    let leaf = leaf(&event.salt, last + 1, at, case, &document);
    let head = next(&head, &leaf);
    connection
        .execute(
            APPEND,
            values![last + 1, at.0, case, &document, &event.salt, &leaf, &head],
        )
        .await?;
    Ok(())
}

statements! {
    LAST = "SELECT sequence, head FROM event ORDER BY sequence DESC LIMIT 1";
    APPEND = "INSERT INTO event (sequence, at, case_id, document, salt, leaf, head) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    OF_CASE = "SELECT sequence, at, case_id, document, salt, head FROM event WHERE case_id = $1 ORDER BY sequence";
    AFTER = "SELECT sequence, at, case_id, document, salt, head FROM event
             WHERE sequence > $1 ORDER BY sequence LIMIT 4096";
}

#[derive(Serialize, Deserialize)]
struct Document {
    procedure: String,
    event: String,
    actor: String,
    before: String,
    after: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    refusal: Option<String>,
    #[serde(flatten)]
    details: serde_json::Map<String, Json>,
}

fn document(event: &NewEvent) -> Result<String, Fault> {
    let (before, after) = event.states.clone();
    let details = event
        .details
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Json::from(value.as_str())));
    serde_json::to_string(&Document {
        procedure: event.procedure.to_owned(),
        event: event.name.to_owned(),
        actor: event.actor.clone(),
        before,
        after,
        refusal: event.refusal.clone(),
        details: details.collect(),
    })
    .map_err(|why| Fault::Bug(Bug(why.to_string())))
}

fn read(row: &Row) -> Result<EventRow, Fault> {
    let text: String = row.column("document")?;
    let document: Document = case::parse(&text).map_err(|why| corrupt("event", why))?;
    Ok(EventRow {
        sequence: row.column("sequence")?,
        at: Instant(row.column("at")?),
        case: row.octets("case_id")?,
        name: document.event,
        actor: document.actor,
        refusal: document.refusal,
        document: text,
        head: row.octets("head")?,
    })
}

fn leaf(salt: &[u8; 16], sequence: i64, at: Instant, case: &[u8; 16], document: &str) -> [u8; 32] {
    // Every part but the last has a fixed length.
    sha256(&[
        b"\0KAGIMORI event 1\0",
        salt,
        &sequence.to_be_bytes(),
        &at.0.to_be_bytes(),
        case,
        document.as_bytes(),
    ])
}

fn next(head: &[u8; 32], leaf: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"\x01KAGIMORI event 1\0", head, leaf])
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut octets = [0; 32];
    octets.copy_from_slice(context.finish().as_ref());
    octets
}
