//! SQLite, called where one stands: its pool, its connections, its rows.
//!
//! A row that is found by its key comes in tens of microseconds; to hand the question to another thread and the answer back
//! costs more than that. So nothing is handed over but what may take long, and that as a whole: see [`Leased::apart`].

use memchr::memmem;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{CachedStatement, ErrorCode};
use std::collections::HashMap;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::database::Value;
use crate::fault::{Bug, Fault};

/// Connections to one file, of which so many are used at once.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    access: Access,
    most: u32,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Link>>,
    closed: AtomicBool,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It changes nothing. It is used on the threads that serve everybody.
    Read,
    /// It is the only one that changes anything, and whoever has it may stand still.
    Write,
}

/// A connection to the file, and what is known of our statements.
struct Link {
    sqlite: rusqlite::Connection,
    /// By where its text lies and how long it is, which says what a text is that lies there for good.
    shapes: HashMap<(usize, usize), Shape>,
}

/// Which value a place of a statement takes, and what its columns are called.
#[derive(Clone)]
struct Shape {
    places: Arc<[usize]>,
    names: Names,
}

/// What the columns of an answer are called.
type Names = Arc<[Box<str>]>;

/// A connection, by whom nobody else is served meanwhile. It goes back to its pool, unless it stands inside a transaction.
#[derive(Debug)]
pub(crate) struct Leased {
    access: Access,
    /// Nothing, while another thread works on it.
    held: Option<Held>,
}

/// The connection on its way, with its place in the pool.
#[derive(Debug)]
struct Held {
    link: Option<Link>,
    pool: Pool,
    _place: OwnedSemaphorePermit,
}

/// A row of SQLite.
#[derive(Debug)]
pub(crate) struct SqliteRow {
    names: Names,
    values: Box<[Owned]>,
}

/// What a value of SQLite can be read as.
pub(crate) trait Read: Sized {
    /// `None` if it is of another kind.
    fn read(value: &Owned) -> Option<Self>;
}

impl Pool {
    /// Nothing is opened yet.
    pub(crate) fn of(path: &Path, access: Access, most: u32) -> Self {
        Self(Arc::new(Kept {
            path: path.to_owned(),
            access,
            most,
            places: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1))),
            idle: Mutex::new(Vec::new()),
            closed: AtomicBool::new(false),
        }))
    }

    /// A connection, waited for with patience.
    pub(crate) async fn acquire(&self) -> Result<Leased, Fault> {
        let kept = &self.0;
        if kept.closed.load(Ordering::Acquire) {
            return Err(unreachable("it was closed"));
        }
        // Whoever waits stands before whoever comes: a place that is free is nobody's.
        let place = match Arc::clone(&kept.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => Box::pin(self.place()).await?,
        };
        let idle = self.idle().pop();
        let link = if let Some(link) = idle {
            link
        } else {
            let (path, access) = (kept.path.clone(), kept.access);
            let opened = tokio::task::spawn_blocking(move || Link::open(&path, access)).await;
            opened.map_err(|why| unreachable(&why.to_string()))??
        };
        Ok(Leased {
            access: kept.access,
            held: Some(Held {
                link: Some(link),
                pool: self.clone(),
                _place: place,
            }),
        })
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, Fault> {
        tokio::time::timeout(PATIENCE, Arc::clone(&self.0.places).acquire_owned())
            .await
            .map_err(|_| unreachable("all connections are in use"))?
            .map_err(|_| unreachable("it was closed"))
    }

    /// Waits for those that are used, and closes all. Nobody gets one any more.
    pub(crate) async fn close(&self) {
        let kept = Arc::clone(&self.0);
        kept.closed.store(true, Ordering::Release);
        let all = kept.places.acquire_many(kept.most).await;
        kept.places.close();
        let idle = std::mem::take(&mut *self.idle());
        // The last one takes the log into the file. A runtime that ends does that as well, by dropping it.
        let _ = tokio::task::spawn_blocking(move || drop(idle)).await;
        drop(all);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Link>> {
        // A list of connections is whole, whoever panicked while he had it.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // One that stands inside a transaction is closed, which undoes it.
        if let Some(link) = self.link.take()
            && link.sqlite.is_autocommit()
            && !self.pool.0.closed.load(Ordering::Acquire)
        {
            self.pool.idle().push(link);
        }
    }
}

impl Leased {
    /// Asks on this thread: for what is found by a key, and for whoever writes.
    pub(crate) fn here<T>(&mut self, ask: impl FnOnce(&mut Asking<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        ask(&mut Asking(self.link()?))
    }

    /// Asks on a thread that may stand still, if this is one of those that serve everybody: for what may take long. One
    /// hop for a whole answer. Whoever stops waiting loses the answer and the lease; the connection goes back to its pool
    /// as soon as the answer is there.
    pub(crate) async fn apart<T: Send + 'static>(
        &mut self,
        ask: impl FnOnce(&mut Asking<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        if self.access == Access::Write {
            return self.here(ask);
        }
        let mut held = self.held.take().ok_or_else(gone)?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = held
                .link
                .as_mut()
                .ok_or_else(gone)
                .and_then(|link| ask(&mut Asking(link)));
            (held, answer)
        });
        let (held, answer) = done.await.map_err(|why| unreachable(&why.to_string()))?;
        self.held = Some(held);
        answer
    }

    /// Closes the connection without a word, which undoes what was not committed.
    pub(crate) fn hang_up(mut self) {
        if let Some(held) = &mut self.held {
            drop(held.link.take());
        }
    }

    fn link(&mut self) -> Result<&mut Link, Fault> {
        self.held.as_mut().and_then(|held| held.link.as_mut()).ok_or_else(gone)
    }
}

/// The connection, on the thread where it is asked.
pub(crate) struct Asking<'l>(&'l mut Link);

impl Asking<'_> {
    /// Runs a statement to its end and says how many rows it touched.
    pub(crate) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Fault> {
        let (mut statement, _) = self.0.bound(sql, values)?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(fault)?.is_some() {}
        drop(rows);
        drop(statement);
        Ok(self.0.sqlite.changes())
    }

    /// The first row of an answer.
    pub(crate) fn row(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<SqliteRow>, Fault> {
        let (mut statement, names) = self.0.bound(sql, values)?;
        let mut rows = statement.raw_query();
        let row = rows.next().map_err(fault)?;
        row.map(|row| SqliteRow::of(row, &names)).transpose()
    }

    /// All rows of an answer.
    pub(crate) fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<SqliteRow>, Fault> {
        let (mut statement, names) = self.0.bound(sql, values)?;
        all(statement.raw_query(), &names)
    }

    /// Statements without values, one after the other.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.0.sqlite.execute_batch(sql).map_err(fault)
    }

    /// All rows of a statement that was made for this once. Its places are numbered in the order in which they stand.
    pub(crate) fn once(&mut self, sql: &str, values: impl IntoIterator<Item = Owned>) -> Result<Vec<SqliteRow>, Fault> {
        let mut statement = self.0.sqlite.prepare(sql).map_err(fault)?;
        for (place, value) in (1_usize..).zip(values) {
            statement.raw_bind_parameter(place, value).map_err(fault)?;
        }
        let names = names(&statement);
        all(statement.raw_query(), &names)
    }

    /// Whether a statement is understood.
    pub(crate) fn prepare(&mut self, sql: &'static str) -> Result<(), Fault> {
        self.0.shaped(sql).map(drop)
    }
}

impl Link {
    fn open(path: &Path, access: Access) -> Result<Self, Fault> {
        // Keys and persons lie in it: whoever begins it is the only one who reads it. What is there stays.
        let _ = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let sqlite = rusqlite::Connection::open(path).map_err(fault)?;
        sqlite.busy_timeout(PATIENCE).map_err(fault)?;
        sqlite.set_prepared_statement_cache_capacity(PREPARED);
        sqlite
            .execute_batch(match access {
                Access::Read => READING,
                Access::Write => WRITING,
            })
            .map_err(fault)?;
        // As PostgreSQL has it; LIKE folds capitals and is three times as slow.
        sqlite
            .create_scalar_function("strpos", 2, OF_WORDS_ALONE, |called| {
                let (words, part) = (called.get_raw(0).as_bytes()?, called.get_raw(1).as_bytes()?);
                Ok(memmem::find(words, part).map_or(0, |before| i64::try_from(before).unwrap_or(i64::MAX - 1) + 1))
            })
            .map_err(fault)?;
        Ok(Self {
            sqlite,
            shapes: HashMap::new(),
        })
    }

    /// A statement, prepared once, with its values.
    fn bound(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<(CachedStatement<'_>, Names), Fault> {
        let (mut statement, shape) = self.shaped(sql)?;
        for (place, value) in (1_usize..).zip(&*shape.places) {
            let value = values.get(*value).ok_or_else(|| unbound(sql))?;
            statement.raw_bind_parameter(place, value).map_err(fault)?;
        }
        Ok((statement, shape.names))
    }

    fn shaped(&mut self, sql: &'static str) -> Result<(CachedStatement<'_>, Shape), Fault> {
        let Self { sqlite, shapes } = self;
        let statement = sqlite.prepare_cached(sql).map_err(fault)?;
        let key = (sql.as_ptr().addr(), sql.len());
        let shape = if let Some(shape) = shapes.get(&key) {
            shape.clone()
        } else {
            let shape = Shape::of(&statement, sql)?;
            shapes.insert(key, shape.clone());
            shape
        };
        Ok((statement, shape))
    }
}

impl Shape {
    /// `$3` is the third value wherever it stands; SQLite counts places in the order in which they are first named.
    fn of(statement: &rusqlite::Statement<'_>, sql: &str) -> Result<Self, Fault> {
        let places = (1..=statement.parameter_count()).map(|place| {
            let name = statement.parameter_name(place)?;
            let number: usize = name.strip_prefix('$')?.parse().ok()?;
            number.checked_sub(1)
        });
        Ok(Self {
            places: places.collect::<Option<_>>().ok_or_else(|| unbound(sql))?,
            names: names(statement),
        })
    }
}

impl SqliteRow {
    fn of(row: &rusqlite::Row<'_>, names: &Names) -> Result<Self, Fault> {
        let values = (0..names.len()).map(|place| row.get(place).map_err(fault));
        Ok(Self {
            names: Arc::clone(names),
            values: values.collect::<Result<_, _>>()?,
        })
    }

    /// A column by its name.
    pub(crate) fn column<T: Read>(&self, name: &str) -> Result<T, Fault> {
        let mut columns = self.names.iter().zip(&self.values);
        let value = columns.find(|(known, _)| &***known == name).map(|(_, value)| value);
        let value = value.ok_or_else(|| Fault::Bug(Bug(format!("no column is called {name}"))))?;
        T::read(value).ok_or_else(|| Fault::Corrupt {
            what: "a row",
            why: format!("the column {name} holds a value of the type {}", value.data_type()),
        })
    }

    /// What its columns are called, and their values.
    pub(crate) fn into_parts(self) -> (Arc<[Box<str>]>, Box<[Owned]>) {
        (self.names, self.values)
    }
}

impl Read for i64 {
    fn read(value: &Owned) -> Option<Self> {
        match value {
            Owned::Integer(value) => Some(*value),
            _ => None,
        }
    }
}

impl Read for String {
    fn read(value: &Owned) -> Option<Self> {
        match value {
            Owned::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl Read for Vec<u8> {
    fn read(value: &Owned) -> Option<Self> {
        match value {
            Owned::Blob(octets) => Some(octets.clone()),
            _ => None,
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Owned) -> Option<Self> {
        match value {
            Owned::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Integer(Some(value)) => ValueRef::Integer(*value),
            Self::Octets(Some(octets)) => ValueRef::Blob(octets),
            Self::Text(None) | Self::Integer(None) | Self::Octets(None) => ValueRef::Null,
        }))
    }
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Text(Some(text)) => Self::Text(text.to_owned()),
            Value::Integer(Some(value)) => Self::Integer(value),
            Value::Octets(Some(octets)) => Self::Blob(octets.to_owned()),
            Value::Text(None) | Value::Integer(None) | Value::Octets(None) => Self::Null,
        }
    }
}

/// Borrows a value that was kept for another thread.
pub(crate) fn borrowed(value: &Owned) -> Value<'_> {
    match value {
        Owned::Text(text) => Value::Text(Some(text)),
        Owned::Integer(value) => Value::Integer(Some(*value)),
        Owned::Blob(octets) => Value::Octets(Some(octets)),
        // No value of ours is a fraction.
        Owned::Null | Owned::Real(_) => Value::Integer(None),
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Link").finish_non_exhaustive()
    }
}

fn all(mut rows: rusqlite::Rows<'_>, names: &Names) -> Result<Vec<SqliteRow>, Fault> {
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(fault)? {
        all.push(SqliteRow::of(row, names)?);
    }
    Ok(all)
}

fn names(statement: &rusqlite::Statement<'_>) -> Names {
    statement.column_names().into_iter().map(Box::from).collect()
}

/// Who is to blame: the file and what carries it, the others, or we.
fn fault(error: rusqlite::Error) -> Fault {
    use rusqlite::Error;
    let why = match &error {
        Error::SqliteFailure(told, _) => format!("{error} (code {})", told.extended_code),
        _ => error.to_string(),
    };
    match &error {
        Error::SqliteFailure(told, _) => match told.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Fault::Contended,
            ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::DiskFull
            | ErrorCode::CannotOpen
            | ErrorCode::NotADatabase => Fault::Storage { why },
            _ => Fault::Bug(Bug(why)),
        },
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => Fault::Corrupt { what: "a row", why },
        _ => Fault::Bug(Bug(why)),
    }
}

fn unreachable(why: &str) -> Fault {
    Fault::Unreachable {
        what: "the database",
        why: why.to_owned(),
    }
}

/// Whoever stopped waiting for an answer asks again on the same lease.
fn gone() -> Fault {
    Fault::Bug(Bug("a connection was used whose answer nobody waited for".to_owned()))
}

fn unbound(sql: &str) -> Fault {
    Fault::Bug(Bug(format!("a place of this statement has no value: {sql}")))
}

/// How long a connection, or a lock that another process has, is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of what stands at a place of a text: the same for the same words, always.
const OF_WORDS_ALONE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_DIRECTONLY);
/// More statements than this program has.
const PREPARED: usize = 1_024;

/// FULL syncs the log at every commit: what was acknowledged is on the disk. What was erased is overwritten, and not only
/// forgotten (DOMAIN §2.5).
const WRITING: &str = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
    PRAGMA secure_delete = ON";
/// Nothing can be changed by it.
const READING: &str = "PRAGMA query_only = ON";
