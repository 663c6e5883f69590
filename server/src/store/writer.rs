//! Group commit: one task owns the transaction, and whoever writes hands it a piece of work.
//!
//! All pieces that wait are done in one transaction, each behind its own savepoint, so that one that fails takes
//! nothing with it. Then, in this order: commit (synced), journal (synced), the subscribers of the status, the signed head
//! of the audit (written), and only then everyone is told. A client that hangs up cancels nothing: the piece belongs to
//! the task by then.
//!
//! On SQLite the task has a thread of its own: its statements, and the sync in the middle of them, stand still where nobody
//! else is served. On PostgreSQL it waits among the others.
//!
//! If the file system refuses or loses a write, the process stops on the spot and nobody is told anything (A30): after
//! a failed fsync nothing that this process believes about the disk is known to be true.

use std::pin::Pin;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

use super::Clash;
use super::audit;
use super::database::{Connection, Database, statements, values};
use super::follow::{Follower, Subscriber};
use crate::audit::heads::Heads;
use crate::fault::Fault;

/// A future that a piece of work returns; it borrows the connection.
pub(crate) type Work<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;

/// The way to the task that writes. Cheap to clone; the task ends when the last one is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Order>,
    follows: watch::Receiver<u64>,
}

enum Order {
    Write(Box<dyn Piece>),
    Subscribe(Subscriber, oneshot::Sender<Result<(), Fault>>),
    Close(oneshot::Sender<()>),
}

/// A piece of work that waits for its transaction.
trait Piece: Send {
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> Work<'c, Outcome>;
    /// Tells the one who waits; `Err` if the transaction came to nothing.
    fn tell(self: Box<Self>, settled: Result<(), Fault>);
}

enum Outcome {
    Keep,
    Undo,
    /// The transaction itself cannot go on.
    Break(Fault),
}

/// An error of a piece of work that may be the world's and not its own.
pub(crate) trait MayBeFault {
    /// The fault, if it is one.
    fn fault(&self) -> Option<&Fault>;
}

impl MayBeFault for Fault {
    fn fault(&self) -> Option<&Fault> {
        Some(self)
    }
}

impl MayBeFault for Clash {
    fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault(fault) => Some(fault),
            Self::Moved | Self::Revoked | Self::Number | Self::Serial | Self::Older => None,
        }
    }
}

struct Waiting<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    told: oneshot::Sender<Result<T, E>>,
}

impl Writer {
    /// Starts the task.
    pub(crate) fn start(database: Database, follower: Follower, heads: Heads) -> Result<Self, Fault> {
        let (queue, orders) = mpsc::channel(WAITING);
        let (followed, follows) = watch::channel(0);
        let stands_still = matches!(database, Database::Sqlite { .. });
        let desk = Desk {
            database,
            follower,
            heads,
            connection: None,
            orders,
            rounds: rounds(),
            followed,
        };
        if stands_still {
            let runtime = tokio::runtime::Handle::current();
            let thread = std::thread::Builder::new().name("writer".to_owned());
            let started = thread.spawn(move || runtime.block_on(desk.serve()));
            started.map(drop).map_err(|why| Fault::Unreachable {
                what: "the writer",
                why: why.to_string(),
            })?;
        } else {
            tokio::spawn(desk.serve());
        }
        Ok(Self { queue, follows })
    }

    /// Does `work` inside a transaction. It is durable, journalled and told to the subscribers when this returns `Ok`;
    /// it left no trace when `work` returned `Err`.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + MayBeFault + Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> Work<'c, Result<T, E>> + Send + 'static,
    {
        let (told, answer) = oneshot::channel();
        let piece = Waiting {
            work: Some(work),
            result: None,
            told,
        };
        self.queue
            .send(Order::Write(Box::new(piece)))
            .await
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Does what was asked before and ends the task: the journal is let go of when this returns.
    pub(crate) async fn close(&self) {
        let (told, answer) = oneshot::channel();
        if self.queue.send(Order::Close(told)).await.is_ok() {
            // Nobody answers where the task has ended already.
            let _ = answer.await;
        }
    }

    /// Changes each time both sequences were read to their ends and told.
    pub(crate) fn follows(&self) -> watch::Receiver<u64> {
        self.follows.clone()
    }

    /// From the beginning of the store on, in order, without a gap.
    pub(crate) async fn subscribe(&self, subscriber: Subscriber) -> Result<(), Fault> {
        let (told, answer) = oneshot::channel();
        self.queue
            .send(Order::Subscribe(subscriber, told))
            .await
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl<T, E, F> Piece for Waiting<T, E, F>
where
    T: Send,
    E: From<Fault> + MayBeFault + Send,
    F: for<'c> FnOnce(&'c mut Connection) -> Work<'c, Result<T, E>> + Send,
{
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> Work<'c, Outcome> {
        Box::pin(async move {
            // A piece is run once: the task takes it out of the queue and runs it in one transaction only.
            let Some(work) = self.work.take() else {
                return Outcome::Undo;
            };
            let result = work(connection).await;
            let outcome = match result.as_ref().err().map(MayBeFault::fault) {
                None => Outcome::Keep,
                Some(Some(fault @ (Fault::Storage { .. } | Fault::Unreachable { .. }))) => {
                    Outcome::Break(fault.clone())
                }
                Some(_) => Outcome::Undo,
            };
            self.result = Some(result);
            outcome
        })
    }

    fn tell(self: Box<Self>, settled: Result<(), Fault>) {
        let answer = match (settled, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(E::from(closed())),
            // What the work itself found out says more than that the others' transaction failed.
            (Err(_), Some(Err(error))) => Err(error),
            (Err(fault), _) => Err(E::from(fault)),
        };
        // Nobody listens any more when the client hung up; what was written stays written.
        let _ = self.told.send(answer);
    }
}

/// The task's own things.
struct Desk {
    database: Database,
    follower: Follower,
    heads: Heads,
    connection: Option<Connection>,
    orders: mpsc::Receiver<Order>,
    /// When to look for what others committed.
    rounds: mpsc::Receiver<()>,
    /// How often both sequences were read to their ends.
    followed: watch::Sender<u64>,
}

impl Desk {
    async fn serve(mut self) {
        let mut orders = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                received = self.orders.recv_many(&mut orders, BATCH) => {
                    if received == 0 {
                        break;
                    }
                    if let Some(closed) = self.serve_batch(&mut orders).await {
                        if let Err(fault) = self.heads.sync().await {
                            tracing::error!(%fault, "the last heads of the audit were not synced");
                        }
                        // Connection and journal first: whoever waits may open both again.
                        drop(self);
                        let _ = closed.send(());
                        break;
                    }
                }
                // What other nodes committed; on SQLite the operator's commands, which are processes of their own.
                Some(()) = self.rounds.recv() => {
                    if let Err(fault) = self.follow().await {
                        tracing::warn!(%fault, "the revocation sequence could not be followed");
                    }
                    if let Err(fault) = self.heads.sync_meanwhile().await {
                        stop_if_storage(&fault);
                    }
                }
            }
        }
    }

    async fn serve_batch(&mut self, orders: &mut Vec<Order>) -> Option<oneshot::Sender<()>> {
        let mut pieces = Vec::with_capacity(orders.len());
        let mut subscriptions = Vec::new();
        let mut close = None;
        for order in orders.drain(..) {
            match order {
                Order::Write(piece) => pieces.push(piece),
                Order::Subscribe(subscriber, told) => subscriptions.push((subscriber, told)),
                Order::Close(told) => close = Some(told),
            }
        }
        if !pieces.is_empty() {
            let settled = self.commit(&mut pieces).await;
            if let Err(fault) = &settled {
                stop_if_storage(fault);
                tracing::error!(%fault, pieces = pieces.len(), "a transaction came to nothing");
            }
            for piece in pieces {
                piece.tell(settled.clone());
            }
        }
        for (subscriber, told) in subscriptions {
            let begun = self.subscribe(subscriber).await;
            // Whoever does not wait any more does not want it.
            let _ = told.send(begun);
        }
        close
    }

    /// One transaction for all pieces, then journal and subscribers.
    async fn commit(&mut self, pieces: &mut [Box<dyn Piece>]) -> Result<(), Fault> {
        let mut connection = self.connection().await?;
        let written = self.write(&mut connection, pieces).await;
        self.put_back(connection, &written);
        written?;
        // It is committed. Until it is journalled too nobody is told; if that fails now, the next round does it.
        self.follow().await.map_err(|fault| match fault {
            fault @ Fault::Storage { .. } => fault,
            fault => Fault::Unknown { why: fault.to_string() },
        })
    }

    async fn write(&mut self, connection: &mut Connection, pieces: &mut [Box<dyn Piece>]) -> Result<(), Fault> {
        begin(connection).await?;
        self.follower.refuse_if_behind(connection).await?;
        let marked = self.follower.mark(connection).await?;
        for piece in pieces {
            connection.command("SAVEPOINT piece").await?;
            match piece.run(connection).await {
                Outcome::Keep => connection.command("RELEASE SAVEPOINT piece").await?,
                Outcome::Undo => {
                    connection
                        .command("ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece")
                        .await?;
                }
                Outcome::Break(fault) => return Err(fault),
            }
        }
        connection.command("COMMIT").await.map_err(|fault| match fault {
            Fault::Unreachable { why, .. } => Fault::Unknown { why },
            fault => fault,
        })?;
        self.follower.has_marked(marked);
        Ok(())
    }

    async fn follow(&mut self) -> Result<(), Fault> {
        let mut connection = self.connection().await?;
        let followed = match self.follower.follow(&mut connection).await {
            Ok(()) => audit::follow(&mut self.heads, &mut connection).await,
            Err(fault) => Err(fault),
        };
        self.put_back(connection, &followed);
        if followed.is_ok() {
            self.followed.send_modify(|times| *times += 1);
        }
        followed.inspect_err(stop_if_storage)
    }

    async fn subscribe(&mut self, subscriber: Subscriber) -> Result<(), Fault> {
        let mut connection = self.connection().await?;
        let begun = self.follower.subscribe(&mut connection, subscriber).await;
        self.put_back(connection, &begun);
        begun.inspect_err(stop_if_storage)
    }

    async fn connection(&mut self) -> Result<Connection, Fault> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.database.writer().await,
        }
    }

    /// A connection on which something failed may stand inside a transaction: it is closed, not used again.
    fn put_back<T>(&mut self, connection: Connection, used: &Result<T, Fault>) {
        match used {
            Ok(_) => self.connection = Some(connection),
            Err(_) => connection.hang_up(),
        }
    }
}

statements! {
    // Whoever holds this row writes; over all nodes transactions that write are one sequence, which numbers need.
    TAKE_BATON = "UPDATE counter SET value = value + 1 WHERE name = 'baton'";
}

pub(super) async fn begin(connection: &mut Connection) -> Result<(), Fault> {
    match connection {
        Connection::Sqlite(_) => connection.command("BEGIN IMMEDIATE").await,
        Connection::Postgres(_) => {
            connection.command("BEGIN").await?;
            connection.execute(TAKE_BATON, values![]).await.map(drop)
        }
    }
}

/// Beats the time of the runtime on which the store was opened, until the writer has ended: without that runtime there is
/// nobody who would want to know what others committed.
fn rounds() -> mpsc::Receiver<()> {
    let (beat, rounds) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut time = tokio::time::interval(ROUND);
        time.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = beat.closed() => break,
                _ = time.tick() => {}
            }
            if beat.send(()).await.is_err() {
                break;
            }
        }
    });
    rounds
}

fn stop_if_storage(fault: &Fault) {
    if let Fault::Storage { why } = fault {
        tracing::error!(%why, "the storage failed; this process stops before it acknowledges anything else");
        std::process::exit(STORAGE_FAILED);
    }
}

fn closed() -> Fault {
    Fault::Unreachable {
        what: "the writer",
        why: "it has stopped".to_owned(),
    }
}

/// The exit status of a process whose storage failed (`EX_IOERR` of sysexits.h).
pub const STORAGE_FAILED: i32 = 74;

/// So many orders wait at most; whoever comes then waits for a place in the queue.
const WAITING: usize = 4_096;
/// So many pieces share a transaction at most.
const BATCH: usize = 256;
/// How often the other nodes' commits are looked for, below the second that DESIGN §5 promises.
const ROUND: Duration = Duration::from_millis(250);
