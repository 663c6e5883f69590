//! What becomes of a commit after it: the journal, and everyone who answers for the status of certificates.
//!
//! Both sequences are read from the database by number, whoever committed: this task a moment ago, the same task
//! before it was killed, or another node. There is no other way in, so there is nothing to repair.

use casework::identity::CertificateId;
use casework::time::Instant;
use pki::reason::ReasonCode;

use super::certificate::{self, IssuedRow};
use super::database::{Connection, statements, values};
use super::status::{self, StatusRow};
use crate::fault::Fault;
use crate::journal::{Chain, Entry, Journal};

/// What was committed, in the order in which it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// A certificate was bound: from here on it is `good`.
    Issued {
        /// Which one.
        certificate: CertificateId,
        /// Until when it is valid.
        not_after: Instant,
    },
    /// A certificate is revoked, for good.
    Revoked {
        /// Which one.
        certificate: CertificateId,
        /// Since when.
        at: Instant,
        /// Why; `None` is `unspecified`.
        reason: Option<ReasonCode>,
    },
}

/// Someone who must know before it is acknowledged.
pub(crate) type Subscriber = Box<dyn FnMut(&Committed) + Send>;

/// Follows both sequences, to the journal and to the subscribers.
pub(crate) struct Follower {
    journal: Journal,
    /// The revocation with which the journal ends.
    last: Option<StatusRow>,
    /// The last certificate that the subscribers know.
    issued: i64,
    /// How far the database knows that the journal is synced.
    marked: i64,
    subscribers: Vec<Subscriber>,
}

impl Follower {
    /// Goes on behind the journal's end.
    pub(crate) async fn begin(journal: Journal, connection: &mut Connection) -> Result<Self, Fault> {
        let issued = certificate::last_issued(connection).await?;
        // The database was compared with the journal before: this row is the journal's last line.
        let (_, last) = status::last_and(connection, journal.end().sequence()).await?;
        let mut follower = Self {
            journal,
            last,
            issued,
            marked: 0,
            subscribers: Vec::new(),
        };
        // What a crash left between the commit and the journal.
        follower.follow(connection).await?;
        Ok(follower)
    }

    /// Reads on from where it stands: revoked rows to the journal, synced, then everything to the subscribers.
    pub(crate) async fn follow(&mut self, connection: &mut Connection) -> Result<(), Fault> {
        loop {
            // Revoked first: who is read here was issued before, and stands in the rows that are read next.
            let revoked = status::after(connection, self.journal.end().sequence()).await?;
            loop {
                let issued = certificate::issued_after(connection, self.issued).await?;
                if issued.is_empty() {
                    break;
                }
                for row in issued {
                    self.issued = row.sequence;
                    self.tell(&committed_issue(row));
                }
            }
            if revoked.is_empty() {
                return Ok(());
            }
            let entries: Vec<Entry> = revoked.iter().map(entry).collect();
            self.journal.append(&entries).await?;
            self.last = revoked.last().cloned();
            for row in revoked {
                self.tell(&committed_revocation(row));
            }
        }
    }

    /// Refuses to write into a database that has forgotten what was journalled: one that took over from another, or was
    /// restored, under a running node. Numbers would be given twice there, and the second revocation of a number would
    /// never be followed. To be asked while nobody else writes.
    pub(crate) async fn refuse_if_behind(&mut self, connection: &mut Connection) -> Result<(), Fault> {
        let end = self.journal.end().sequence();
        let (database, last) = status::last_and(connection, end).await?;
        if database >= end && last == self.last {
            return Ok(());
        }
        Err(Fault::Storage {
            why: format!(
                "the database counts {database} revocations, the journal {} {end}, and the last ones are not the same: \
                 the database was restored from an older copy, or an older one took over",
                self.journal.path().display()
            ),
        })
    }

    /// Notes in the running transaction how far the journal is synced: a journal that ends before this was cut. What it
    /// returns is to be told to [`Self::has_marked`] once that transaction is committed.
    pub(crate) async fn mark(&mut self, connection: &mut Connection) -> Result<i64, Fault> {
        let end = self.journal.end();
        if end.sequence() > self.marked {
            connection
                .execute(MARK, values![&self.journal.key(), end.sequence(), &end.head()])
                .await?;
        }
        Ok(end.sequence())
    }

    /// The mark is committed.
    pub(crate) fn has_marked(&mut self, sequence: i64) {
        self.marked = sequence;
    }

    /// Tells a new subscriber everything up to here; from here on it hears what the others hear.
    pub(crate) async fn subscribe(
        &mut self,
        connection: &mut Connection,
        mut subscriber: Subscriber,
    ) -> Result<(), Fault> {
        self.follow(connection).await?;
        // Both reads stop at what this task has seen: what others commit meanwhile comes with the next round.
        let mut sequence = 0;
        while sequence < self.issued {
            for row in certificate::issued_after(connection, sequence).await? {
                sequence = row.sequence;
                if sequence <= self.issued {
                    subscriber(&committed_issue(row));
                }
            }
        }
        let (mut sequence, end) = (0, self.journal.end().sequence());
        while sequence < end {
            for row in status::after(connection, sequence).await? {
                sequence = row.sequence;
                if sequence <= end {
                    subscriber(&committed_revocation(row));
                }
            }
        }
        self.subscribers.push(subscriber);
        Ok(())
    }

    fn tell(&mut self, committed: &Committed) {
        for subscriber in &mut self.subscribers {
            subscriber(committed);
        }
    }
}

/// Compares database and journal line by line, before anything is served (A26, A28).
pub(crate) async fn reconcile(journal: &Journal, connection: &mut Connection, begun: Begun) -> Result<(), Behind> {
    let (end, path) = (journal.end(), journal.path().display().to_string());
    let marked = marked(connection, &journal.key()).await?;
    if let Some((marked, _)) = marked
        && end.sequence() < marked
    {
        return Err(Behind::JournalCut {
            path,
            journal: end.sequence(),
            marked,
        });
    }
    if begun == Begun::WithTheStore
        && marked.is_none()
        && end.sequence() == 0
        && matches!(connection, Connection::Sqlite(_))
        && has_journal(connection).await?
    {
        return Err(Behind::JournalMissing { path });
    }
    let mut chain = Chain::default();
    let mut known = marked.is_none();
    while chain.sequence() < end.sequence() {
        let rows = status::after(connection, chain.sequence()).await?;
        if rows.is_empty() {
            return Err(Behind::Database {
                path,
                journal: end.sequence(),
                database: chain.sequence(),
            });
        }
        for row in rows {
            if chain.sequence() == end.sequence() {
                break;
            }
            let sequence = chain.sequence();
            chain = chain.after(&entry(&row)).ok_or(Behind::Gap { after: sequence })?;
            known |= marked == Some((chain.sequence(), chain.head()));
        }
    }
    if chain == end && known {
        Ok(())
    } else {
        Err(Behind::Differs { path })
    }
}

/// When a journal may have been begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// With the store: on SQLite an empty one beside a store that had one was lost.
    WithTheStore,
    /// At any time: one more journal, of an operator's command beside a running server.
    AtAnyTime,
}

/// The database and the journal beside it tell different stories. Nothing is served then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Behind {
    /// The database lacks revocations that were acknowledged.
    #[error(
        "the database ends with revocation {database}, the journal {path} with {journal}: the database was restored from \
         an older copy. Restore a later one, or enter the missing revocations with `kagimori restore --replay`"
    )]
    Database {
        /// The journal's file.
        path: String,
        /// Its last number.
        journal: i64,
        /// The database's last number.
        database: i64,
    },
    /// The journal ends before a place that this database knows to have been synced.
    #[error(
        "the journal {path} ends with revocation {journal}, but {marked} were written to it: it was cut or replaced. \
         Put back the file as this node wrote it"
    )]
    JournalCut {
        /// The journal's file.
        path: String,
        /// Its last number.
        journal: i64,
        /// The number up to which it was synced.
        marked: i64,
    },
    /// The database was served with a journal before, and there is none now.
    #[error(
        "the journal {path} is missing, with which this database was served before. Put it back, and its key beside it"
    )]
    JournalMissing {
        /// Where it should lie.
        path: String,
    },
    /// A revocation in one is not the revocation in the other.
    #[error(
        "the revocations of the database are not those of the journal {path}: one of them was changed by hand. Compare both"
    )]
    Differs {
        /// The journal's file.
        path: String,
    },
    /// A number of the revocation sequence is missing in the database.
    #[error("the database has no revocation {}: a row was deleted by hand. Compare it with the journal", after + 1)]
    Gap {
        /// The last number before the gap.
        after: i64,
    },
    /// The database could not be asked.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// How far the database knows the journal with this key to be synced: number and head.
async fn marked(connection: &mut Connection, key: &[u8; 32]) -> Result<Option<(i64, [u8; 32])>, Fault> {
    let row = connection.row(MARKED, values![key]).await?;
    row.map(|row| Ok((row.column("sequence")?, row.octets("head")?)))
        .transpose()
}

/// Whether any journal was ever kept beside this database.
async fn has_journal(connection: &mut Connection) -> Result<bool, Fault> {
    Ok(connection.row(ANY_MARK, values![]).await?.is_some())
}

statements! {
    MARK = "INSERT INTO journal (key, sequence, head) VALUES ($1, $2, $3)
            ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, head = excluded.head";
    ANY_MARK = "SELECT sequence FROM journal LIMIT 1";
    MARKED = "SELECT sequence, head FROM journal WHERE key = $1";
}

/// A revoked row as the journal keeps it.
pub(crate) fn entry(row: &StatusRow) -> Entry {
    Entry {
        sequence: row.sequence,
        certificate: row.certificate.clone(),
        at: row.revoked_at,
        reason: row.reason.map_or(0, ReasonCode::code),
    }
}

fn committed_issue(row: IssuedRow) -> Committed {
    Committed::Issued {
        certificate: row.certificate,
        not_after: row.not_after,
    }
}

fn committed_revocation(row: StatusRow) -> Committed {
    Committed::Revoked {
        certificate: row.certificate,
        at: row.revoked_at,
        reason: row.reason,
    }
}
