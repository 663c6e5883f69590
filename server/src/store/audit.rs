//! The tree over the events: its right edge, the comparison with the heads kept outside, and what an export reads.

use std::sync::Arc;

use casework::identity::{Authority, CertificateId, Digest, Serial};
use casework::time::Instant;

use super::Store;
use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::errand::{self, ErrandRow};
use super::status::{self, StatusRow};
use crate::audit::heads::{self, Heads, HeadsFault};
use crate::audit::tree::{Frontier, Hash};
use crate::fault::Fault;

/// An event with all that is left of what its commitment is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Its place in the order of commits, from 1.
    pub sequence: i64,
    /// What it says.
    pub content: Content,
    /// The commitment: the log's entry.
    pub commitment: Hash,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// All that its commitment is made of.
    Kept {
        /// When.
        at: Instant,
        /// Of which case.
        case: [u8; 16],
        /// What keeps the commitment from being guessed.
        salt: [u8; 16],
        /// Everything else, as it was hashed.
        document: String,
    },
    /// It was past its time (DOMAIN §2.5).
    Erased {
        /// The number of the event that tells of it.
        by: i64,
    },
}

/// A head as it lies outside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// How many events it counts.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// When the last of them was recorded.
    pub at: Option<Instant>,
    /// Whether the database has the same root at that size.
    pub agrees: bool,
}

/// A piece of evidence of a case, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The kind's word.
    pub kind: String,
    /// SHA-256 of the text that it is, or that it signs.
    pub digest: Digest,
    /// Its octets.
    pub content: Vec<u8>,
    /// When it was kept.
    pub kept_at: Instant,
}

impl Store {
    /// The tree as it stands: its right edge.
    pub async fn audit_tree(&self) -> Result<Frontier, Fault> {
        frontier(&mut self.reader().await?).await
    }

    /// The root when there were so many events, as it was stored then; `None` if there never were.
    pub async fn audit_root(&self, size: u64) -> Result<Option<Hash>, Fault> {
        root_at(&mut self.reader().await?, size).await
    }

    /// The newest head that this node has signed and keeps outside the database; `None` before the first one.
    pub async fn signed_head(&self) -> Result<Option<SignedHead>, Fault> {
        let data = Arc::clone(&self.data);
        let read = tokio::task::spawn_blocking(move || heads::newest(&data)).await;
        let outside = |why: String| Fault::Storage { why };
        let head = read.map_err(|why| outside(why.to_string()))?;
        let Some(head) = head.map_err(|why| outside(why.to_string()))? else {
            return Ok(None);
        };
        let event = self.record_at(number(head.size)?).await?;
        Ok(Some(SignedHead {
            size: head.size,
            root: head.root,
            at: event.and_then(|event| match event.content {
                Content::Kept { at, .. } => Some(at),
                Content::Erased { .. } => None,
            }),
            agrees: self.audit_root(head.size).await? == Some(head.root),
        }))
    }

    /// The commitments that follow event `sequence`, some thousands at a time.
    pub async fn commitments_after(&self, sequence: i64) -> Result<Vec<(i64, Hash)>, Fault> {
        commitments_after(&mut self.reader().await?, sequence).await
    }

    /// The events that follow event `sequence`, some hundreds at a time.
    pub async fn events_after(&self, sequence: i64) -> Result<Vec<EventRecord>, Fault> {
        let rows = self.reader().await?.rows(RECORDS_AFTER, values![sequence]).await?;
        rows.iter().map(record).collect()
    }

    /// One event.
    pub async fn record_at(&self, sequence: i64) -> Result<Option<EventRecord>, Fault> {
        let row = self.reader().await?.row(RECORD_AT, values![sequence]).await?;
        row.as_ref().map(record).transpose()
    }

    /// The last event by which some of the first `size` events were erased; 0 if none was.
    pub async fn last_erasure(&self, size: u64) -> Result<i64, Fault> {
        let row = self
            .reader()
            .await?
            .searched(LAST_ERASURE, values![number(size)?])
            .await?;
        row.map_or(Ok(0), |row| row.column("by_event"))
    }

    /// Of the files of `width` documents that the first `size` events fill: those from which events were erased later.
    pub async fn erased_since(&self, size: u64, width: u64) -> Result<Vec<u64>, Fault> {
        let values = values![number(size)?, number(width)?];
        let rows = self.reader().await?.rows(ERASED_SINCE, values).await?;
        rows.iter().map(|row| counted(row.column("file")?)).collect()
    }

    /// The events of a case with their salts, in order.
    pub async fn records_of(&self, case: [u8; 16]) -> Result<Vec<EventRecord>, Fault> {
        let rows = self.reader().await?.rows(RECORDS_OF_CASE, values![&case]).await?;
        rows.iter().map(record).collect()
    }

    /// Everything that is kept as evidence of a case, in the order in which it was kept.
    pub async fn evidence_of(&self, case: [u8; 16]) -> Result<Vec<EvidenceRow>, Fault> {
        let rows = self.reader().await?.rows(EVIDENCE_OF_CASE, values![&case]).await?;
        let read = |row: &Row| {
            Ok(EvidenceRow {
                kind: row.column("kind")?,
                digest: Digest(row.octets("digest")?),
                content: row.column("content")?,
                kept_at: Instant(row.column("kept_at")?),
            })
        };
        rows.iter().map(read).collect()
    }
}

impl Store {
    /// What was queued for a case, and when it was done, if it was.
    pub async fn errands_of(&self, case: [u8; 16]) -> Result<Vec<(ErrandRow, Option<Instant>)>, Fault> {
        let rows = self.reader().await?.few(ERRANDS_OF_CASE, values![&case]).await?;
        let read = |row: &Row| Ok((errand::read(row)?, row.column::<Option<i64>>("done_at")?.map(Instant)));
        rows.iter().map(read).collect()
    }

    /// What a case revoked, in the order in which it did.
    pub async fn statuses_of(&self, case: [u8; 16]) -> Result<Vec<StatusRow>, Fault> {
        let mut connection = self.reader().await?;
        let mut statuses = Vec::new();
        for row in connection.few(STATUSES_OF_CASE, values![&case]).await? {
            let certificate = CertificateId {
                authority: Authority(row.column("authority")?),
                serial: Serial::from_octets(&row.octets::<20>("serial")?).ok_or_else(|| corrupt("serial", "zero"))?,
            };
            statuses.extend(
                status::of(&mut connection, &certificate)
                    .await?
                    .map(|(status, _)| status),
            );
        }
        Ok(statuses)
    }
}

/// The right edge, to be read by whoever numbers events while nobody else does.
pub(crate) async fn frontier(connection: &mut Connection) -> Result<Frontier, Fault> {
    standing(connection)
        .await?
        .ok_or_else(|| corrupt("the audit", "its tree is missing"))
}

/// The same, of a database that may have none yet: then it gets one, an empty one or that of events from before there were
/// trees. In a transaction in which nobody else writes.
pub(crate) async fn planted(connection: &mut Connection) -> Result<Frontier, Fault> {
    match standing(connection).await? {
        Some(frontier) => Ok(frontier),
        None => plant(connection).await,
    }
}

async fn standing(connection: &mut Connection) -> Result<Option<Frontier>, Fault> {
    let Some(row) = connection.row(TREE, values![]).await? else {
        return Ok(None);
    };
    let size = row.column::<i64>("size")?;
    let peaks: Vec<u8> = row.column("frontier")?;
    let frontier = Frontier::read(counted(size)?, &peaks);
    frontier
        .map(Some)
        .ok_or_else(|| corrupt("the audit", "its tree has another size than it says"))
}

/// Writes the right edge back, in the transaction that it was read in.
pub(crate) async fn keep(connection: &mut Connection, frontier: &Frontier) -> Result<(), Fault> {
    let size = number(frontier.size())?;
    connection.execute(KEEP, values![size, &frontier.octets()]).await?;
    Ok(())
}

async fn plant(connection: &mut Connection) -> Result<Frontier, Fault> {
    let mut frontier = Frontier::default();
    loop {
        let rows = commitments_after(connection, number(frontier.size())?).await?;
        if rows.is_empty() {
            break;
        }
        for (sequence, commitment) in rows {
            frontier.push(crate::audit::tree::leaf(&commitment));
            if number(frontier.size())? != sequence {
                return Err(corrupt("the audit", format!("event {} is missing", frontier.size())));
            }
            connection.execute(REROOT, values![sequence, &frontier.root()]).await?;
        }
    }
    connection
        .execute(PLANT, values![number(frontier.size())?, &frontier.octets()])
        .await?;
    Ok(frontier)
}

/// Whether there is a tree.
pub(crate) async fn is_planted(connection: &mut Connection) -> Result<bool, Fault> {
    Ok(standing(connection).await?.is_some())
}

/// Compares the database with the heads kept outside, before anything is served (A27).
pub(crate) async fn compare(heads: &Heads, connection: &mut Connection) -> Result<Result<(), HeadsFault>, Fault> {
    let frontier = frontier(connection).await?;
    let last = connection.row(LAST, values![]).await?;
    let (events, root) = match last {
        Some(row) => (counted(row.column("sequence")?)?, row.octets("head")?),
        None => (0, Frontier::default().root()),
    };
    let path = || heads.path().to_owned();
    if let Some((signed, root)) = heads.last() {
        if frontier.size() < signed {
            return Ok(Err(HeadsFault::Behind {
                path: path(),
                signed,
                database: frontier.size(),
            }));
        }
        if root_at(connection, signed).await? != Some(root) {
            return Ok(Err(HeadsFault::Forked { path: path(), signed }));
        }
    }
    if events != frontier.size() || root != frontier.root() {
        return Ok(Err(HeadsFault::Uneven {
            events,
            tree: frontier.size(),
        }));
    }
    Ok(Ok(()))
}

/// Signs and keeps a head if events were told of since the last one, by whomever.
pub(crate) async fn follow(heads: &mut Heads, connection: &mut Connection) -> Result<(), Fault> {
    let signed = heads.last().map_or(0, |(size, _)| size);
    let Some(grown) = connection.row(GROWN, values![number(signed)?]).await? else {
        return Ok(());
    };
    let size = counted(grown.column("size")?)?;
    let peaks: Vec<u8> = grown.column("frontier")?;
    let frontier =
        Frontier::read(size, &peaks).ok_or_else(|| corrupt("the audit", "its tree has another size than it says"))?;
    let forgotten = size < signed
        || match heads.last() {
            Some((signed, root)) => root_at(connection, signed).await? != Some(root),
            None => false,
        };
    if forgotten {
        return Err(Fault::Storage {
            why: format!(
                "the database has {size} audit events, and not those of which {} has a head of {signed}: it was restored \
                 from an older copy, or an older one took over",
                heads.path().display()
            ),
        });
    }
    heads.keep(size, frontier.root())
}

pub(crate) async fn root_at(connection: &mut Connection, size: u64) -> Result<Option<Hash>, Fault> {
    if size == 0 {
        return Ok(Some(Frontier::default().root()));
    }
    let row = connection.row(ROOT_AT, values![number(size)?]).await?;
    row.map(|row| row.octets("head")).transpose()
}

async fn commitments_after(connection: &mut Connection, sequence: i64) -> Result<Vec<(i64, Hash)>, Fault> {
    let rows = connection.rows(COMMITMENTS_AFTER, values![sequence]).await?;
    rows.iter()
        .map(|row| Ok((row.column("sequence")?, row.octets("leaf")?)))
        .collect()
}

pub(super) fn record(row: &Row) -> Result<EventRecord, Fault> {
    Ok(EventRecord {
        sequence: row.column("sequence")?,
        content: match row.column("erased_by")? {
            Some(by) => Content::Erased { by },
            None => Content::Kept {
                at: Instant(row.column("at")?),
                case: row.octets("case_id")?,
                salt: row.octets("salt")?,
                document: row.column("document")?,
            },
        },
        commitment: row.octets("leaf")?,
    })
}

fn counted(size: i64) -> Result<u64, Fault> {
    u64::try_from(size).map_err(|_| corrupt("the audit", format!("a size of {size}")))
}

pub(super) fn number(size: u64) -> Result<i64, Fault> {
    i64::try_from(size).map_err(|_| corrupt("the audit", format!("a size of {size}")))
}

statements! {
    TREE = "SELECT size, frontier FROM audit_tree WHERE id = 1";
    // Rows are compared with the one number that whoever asks knows: most of the time nothing is told.
    GROWN = "SELECT size, frontier FROM audit_tree WHERE id = 1 AND size <> $1";
    KEEP = "UPDATE audit_tree SET size = $1, frontier = $2 WHERE id = 1";
    PLANT = "INSERT INTO audit_tree (id, size, frontier) VALUES (1, $1, $2)";
    REROOT = "UPDATE event SET head = $2 WHERE sequence = $1";
    LAST = "SELECT sequence, head FROM event ORDER BY sequence DESC LIMIT 1";
    ROOT_AT = "SELECT head FROM event WHERE sequence = $1";
    COMMITMENTS_AFTER = "SELECT sequence, leaf FROM event WHERE sequence > $1 ORDER BY sequence LIMIT 4096";
    RECORDS_AFTER = "SELECT sequence, at, case_id, document, salt, leaf, erased_by FROM event
                     WHERE sequence > $1 ORDER BY sequence LIMIT 512";
    RECORDS_OF_CASE = "SELECT sequence, at, case_id, document, salt, leaf, erased_by FROM event
                       WHERE case_id = $1 ORDER BY sequence";
    RECORD_AT = "SELECT sequence, at, case_id, document, salt, leaf, erased_by FROM event WHERE sequence = $1";
    LAST_ERASURE = "SELECT COALESCE(MAX(erased_by), 0) AS by_event FROM event WHERE erased_by IS NOT NULL AND sequence <= $1";
    ERASED_SINCE = "SELECT DISTINCT (sequence - 1) / $2 AS file FROM event WHERE erased_by > $1 AND sequence <= $1";
    EVIDENCE_OF_CASE = "SELECT kind, digest, content, kept_at FROM evidence WHERE case_id = $1
                        ORDER BY kept_at, kind, digest";
    ERRANDS_OF_CASE = "SELECT id, case_id, document, queued_at, attempts, done_at FROM errand WHERE case_id = $1
                       ORDER BY name";
    STATUSES_OF_CASE = "SELECT authority, serial FROM status WHERE case_id = $1 ORDER BY sequence";
}
