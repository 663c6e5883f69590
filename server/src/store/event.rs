//! The audit: what was done or refused, by whom and when, a tree in the order of commits (DOMAIN §2.5).
//!
//! An entry of the tree is SHA-256 over a fresh salt and the event; the head is the root of the tree that ends with it
//! (RFC 9162). Entries can be published: the salt keeps what they commit to from being guessed. Documents hold
//! fingerprints and digests, never a name, an address or a PIN.

use casework::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Store;
use super::audit::{self, Content};
use super::case::{self, corrupt};
use super::database::{Connection, Row, statements, values};
use crate::audit::entry::commitment;
use crate::audit::erasure::Erasures;
use crate::audit::tree::{self, Frontier};
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
    /// The root of the tree that ends with it.
    pub head: [u8; 32],
}

/// What the whole audit says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// Every event is what its head says.
    Whole {
        /// How many there are.
        events: i64,
        /// The last head, to be kept elsewhere.
        head: [u8; 32],
    },
    /// Somebody changed, removed or reordered events from here on.
    Broken {
        /// The first event that is not, or not the one whose head it has.
        at: i64,
    },
}

impl Store {
    /// The events of a case, in order. Those that were erased tell nothing any more, and are left out.
    pub async fn events(&self, case: [u8; 16]) -> Result<Vec<EventRow>, Fault> {
        self.reader()
            .await?
            .few(OF_CASE, values![&case])
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Computes the whole tree anew. `known` is a head that was kept elsewhere, with its number: a chain that ends
    /// before it was cut.
    pub async fn audit(&self, known: Option<(i64, [u8; 32])>) -> Result<Audit, Fault> {
        let mut connection = self.reader().await?;
        let (mut last, mut frontier) = (0, Frontier::default());
        let (mut erasures, mut wrong) = (Erasures::default(), Vec::new());
        loop {
            let rows = connection.rows(AFTER, values![last]).await?;
            if rows.is_empty() {
                let cut = known.is_some_and(|(sequence, _)| sequence > last).then_some(last + 1);
                erasures.end(None, &mut wrong);
                return Ok(match wrong.iter().map(|(sequence, _)| *sequence).chain(cut).min() {
                    Some(at) => Audit::Broken { at },
                    None => Audit::Whole {
                        events: last,
                        head: frontier.root(),
                    },
                });
            }
            for row in rows {
                let record = audit::record(&row)?;
                let entry = match &record.content {
                    Content::Kept {
                        at,
                        case,
                        salt,
                        document,
                    } => commitment(salt, record.sequence, *at, case, document),
                    Content::Erased { .. } => record.commitment,
                };
                frontier.push(tree::leaf(&entry));
                let head: [u8; 32] = row.octets("head")?;
                let forged = known.is_some_and(|(sequence, known)| sequence == record.sequence && known != head);
                let other = entry != record.commitment || frontier.root() != head;
                if record.sequence != last + 1 || other || forged {
                    return Ok(Audit::Broken { at: last + 1 });
                }
                erasures.next(&record, &mut wrong);
                last = record.sequence;
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

/// Appends to the tree, inside the transaction of what it tells, while nobody else writes.
pub(crate) async fn append(
    connection: &mut Connection,
    case: &[u8; 16],
    event: &NewEvent,
    at: Instant,
) -> Result<(), Fault> {
    // A database that was restored may be written to before it is served.
    let mut frontier = audit::planted(connection).await?;
    let sequence = i64::try_from(frontier.size() + 1).map_err(|_| corrupt("the audit", "no number is left"))?;
    let document = document(event)?;
    let entry = commitment(&event.salt, sequence, at, case, &document);
    frontier.push(tree::leaf(&entry));
    connection
        .execute(
            APPEND,
            values![sequence, at.0, case, &document, &event.salt, &entry, &frontier.root()],
        )
        .await?;
    audit::keep(connection, &frontier).await
}

statements! {
    APPEND = "INSERT INTO event (sequence, at, case_id, document, salt, leaf, head) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    OF_CASE = "SELECT sequence, at, case_id, document, head FROM event
               WHERE case_id = $1 AND erased_by IS NULL ORDER BY sequence";
    AFTER = "SELECT sequence, at, case_id, document, salt, leaf, head, erased_by FROM event
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
