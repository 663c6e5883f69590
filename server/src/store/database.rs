//! Two databases, one way to speak to them: SQL written once with `$1` placeholders, three column types.

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{PgPool, Postgres, Row as _};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use super::sqlite::{self, Access, Leased, Pool, SqliteRow};
use crate::fault::{Bug, Fault};

/// Where the store lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAddress {
    /// A file of this machine: `sqlite:///var/lib/kagimori/kagimori.db` or `sqlite://relative.db`.
    Sqlite(PathBuf),
    /// A PostgreSQL server: `postgres://user@host/database`. Never printed, it may hold a password.
    Postgres(String),
}

/// Neither `sqlite://…` nor `postgres://…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of a store begins with sqlite:// or postgres://")]
pub struct NotAStore;

impl std::str::FromStr for StoreAddress {
    type Err = NotAStore;

    fn from_str(text: &str) -> Result<Self, NotAStore> {
        match text.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            _ => Err(NotAStore),
        }
    }
}

/// A statement of ours. Made by [`statements!`] only, so that a test can prepare every one on both databases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement(pub(crate) &'static str);

/// Declares the statements of a file and lists them.
macro_rules! statements {
    ($($name:ident = $sql:literal;)+) => {
        $(const $name: $crate::store::database::Statement = $crate::store::database::Statement($sql);)+
        /// Every statement of this file.
        pub(crate) const STATEMENTS: &[$crate::store::database::Statement] = &[$($name),+];
    };
}
pub(crate) use statements;

/// A value for a placeholder.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Text(Option<&'a str>),
    Integer(Option<i64>),
    Octets(Option<&'a [u8]>),
}

/// The values for `$1`, `$2`, …
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::database::Value::from($value)),*] };
}
pub(crate) use values;

/// The pools of one database.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite { readers: Pool, writer: Pool },
    Postgres(PgPool),
}

/// One connection, by whom nobody else is served meanwhile.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(Leased),
    Postgres(PoolConnection<Postgres>),
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as.
pub(crate) trait Column: sqlite::Read + for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres> {}

impl<T> Column for T where T: sqlite::Read + for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres> {}

impl Database {
    pub(crate) async fn open(address: &StoreAddress) -> Result<Self, Fault> {
        match address {
            StoreAddress::Sqlite(path) => {
                let (readers, writer) = (Pool::of(path, Access::Read, READERS), Pool::of(path, Access::Write, 1));
                // It is there, and it is one, before anybody reads.
                drop(writer.acquire().await?);
                Ok(Self::Sqlite { readers, writer })
            }
            StoreAddress::Postgres(url) => {
                let options: PgConnectOptions = url.parse().map_err(fault)?;
                // A server, or another node, that stands still costs this node a refusal and never its life. COMMIT is
                // not bounded by them: what it waits for is the disk, and it is given up by this side alone.
                let options = options.application_name("kagimori").options([
                    ("lock_timeout", LOCK),
                    ("statement_timeout", STATEMENT),
                    ("idle_in_transaction_session_timeout", IDLE),
                    ("tcp_keepalives_idle", KEEPALIVE),
                    ("tcp_keepalives_interval", KEEPALIVE),
                    ("tcp_keepalives_count", KEEPALIVES),
                ]);
                let pool = PgPoolOptions::new()
                    .max_connections(READERS + 1)
                    .acquire_timeout(PATIENCE)
                    .connect_with(options)
                    .await
                    .map_err(fault)?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// The same, of a database that is there.
    pub(crate) async fn open_existing(address: &StoreAddress) -> Result<Self, Fault> {
        match address {
            StoreAddress::Sqlite(path) if !path.exists() => Err(Fault::Storage {
                why: format!("there is no database {}", path.display()),
            }),
            _ => Self::open(address).await,
        }
    }

    /// A connection to read with.
    pub(crate) async fn reader(&self) -> Result<Connection, Fault> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Connection::Sqlite(readers.acquire().await?),
            Self::Postgres(pool) => Connection::Postgres(Box::pin(pool.acquire()).await.map_err(fault)?),
        })
    }

    /// The connection to write with.
    pub(crate) async fn writer(&self) -> Result<Connection, Fault> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Connection::Sqlite(writer.acquire().await?),
            Self::Postgres(pool) => Connection::Postgres(Box::pin(pool.acquire()).await.map_err(fault)?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// On PostgreSQL every question waits for the server. On SQLite there is nobody to wait for: it is asked where we stand.
impl Connection {
    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<u64, Fault> {
        match self {
            Self::Sqlite(connection) => connection.here(|asking| asking.execute(statement.0, values)),
            Self::Postgres(connection) => {
                let query = bind(statement, values);
                let done = answered(query.execute(&mut **connection)).await;
                done.map(|done| done.rows_affected()).map_err(fault)
            }
        }
    }

    /// The row that a key has, or that stands at one end of an index; or what one change of that kind returns. A row that
    /// must be searched or counted for is [`Self::searched`].
    pub(crate) async fn row(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<Option<Row>, Fault> {
        match self {
            Self::Sqlite(connection) => connection
                .here(|asking| asking.row(statement.0, values))
                .map(|row| row.map(Row::Sqlite)),
            Self::Postgres(connection) => {
                let query = bind(statement, values);
                let row = answered(query.fetch_optional(&mut **connection)).await;
                row.map(|row| row.map(Row::Postgres)).map_err(fault)
            }
        }
    }

    /// The one row that a search or a count gives: it may take as long as the table is.
    pub(crate) async fn searched(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<Option<Row>, Fault> {
        match self {
            Self::Sqlite(connection) => {
                let values = owned(values);
                let row = connection
                    .apart(move |asking| asking.row(statement.0, &borrowed(&values)))
                    .await;
                row.map(|row| row.map(Row::Sqlite))
            }
            Self::Postgres(_) => self.row(statement, values).await,
        }
    }

    /// The few rows that one key has by its nature: the cards of a registration, the letters of a case. What a table or an
    /// office has is [`Self::rows`].
    pub(crate) async fn few(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        match self {
            Self::Sqlite(connection) => connection
                .here(|asking| asking.rows(statement.0, values))
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Self::Postgres(_) => self.rows(statement, values).await,
        }
    }

    /// All rows of an answer. Whoever asks bounds how many there can be.
    pub(crate) async fn rows(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        match self {
            Self::Sqlite(connection) => {
                let values = owned(values);
                let rows = connection
                    .apart(move |asking| asking.rows(statement.0, &borrowed(&values)))
                    .await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(connection) => {
                let query = bind(statement, values);
                let rows = answered(query.fetch_all(&mut **connection)).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
                    .map_err(fault)
            }
        }
    }

    /// A command that takes no values and is not worth preparing.
    pub(crate) async fn command(&mut self, sql: &'static str) -> Result<(), Fault> {
        match self {
            Self::Sqlite(connection) => connection.here(|asking| asking.batch(sql)),
            Self::Postgres(connection) => answered(sqlx::raw_sql(sql).execute(&mut **connection))
                .await
                .map(drop)
                .map_err(fault),
        }
    }

    /// Closes the connection without a word: the server undoes what was not committed.
    pub(crate) fn hang_up(self) {
        match self {
            Self::Sqlite(connection) => connection.hang_up(),
            Self::Postgres(connection) => drop(connection.detach()),
        }
    }

    /// Whether the database understands a statement.
    pub(crate) async fn prepare(&mut self, statement: Statement) -> Result<(), Fault> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        match self {
            Self::Sqlite(connection) => connection.here(|asking| asking.prepare(statement.0)),
            Self::Postgres(connection) => {
                let prepared = answered((&mut **connection).prepare(statement.0.into_sql_str())).await;
                prepared.map(drop).map_err(fault)
            }
        }
    }
}

impl Row {
    /// A column by its name.
    pub(crate) fn column<T: Column>(&self, name: &str) -> Result<T, Fault> {
        match self {
            Self::Sqlite(row) => row.column(name),
            Self::Postgres(row) => row.try_get(name).map_err(fault),
        }
    }

    /// A column of exactly so many octets.
    pub(crate) fn octets<const N: usize>(&self, name: &'static str) -> Result<[u8; N], Fault> {
        let octets: Vec<u8> = self.column(name)?;
        let length = octets.len();
        octets.try_into().map_err(|_| Fault::Corrupt {
            what: name,
            why: format!("{length} octets instead of {N}"),
        })
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Octets(Some(value))
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Octets(Some(value))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Octets(Some(value))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        Self::Octets(value)
    }
}

/// Values for another thread, and these as they are bound there.
fn owned(values: &[Value<'_>]) -> Vec<rusqlite::types::Value> {
    values.iter().copied().map(Into::into).collect()
}

fn borrowed(values: &[rusqlite::types::Value]) -> Vec<Value<'_>> {
    values.iter().map(sqlite::borrowed).collect()
}

fn bind<'q>(statement: Statement, values: &[Value<'_>]) -> Query<'q, Postgres, PgArguments> {
    values
        .iter()
        .fold(sqlx::query(statement.0), |query, value| match value {
            Value::Text(value) => query.bind(*value),
            Value::Integer(value) => query.bind(*value),
            Value::Octets(value) => query.bind(*value),
        })
}

/// An answer of PostgreSQL, if it comes in time. Where none comes the connection is of no use any more, and of a COMMIT
/// it is not known what became of it.
///
/// On the heap: every future of this program that may ask a database would be as large as this one, on SQLite as well,
/// and most of them are moved about.
fn answered<'a, T>(
    answer: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'a>> {
    Box::pin(async move {
        tokio::time::timeout(ANSWER, answer)
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
    })
}

/// Who is to blame on PostgreSQL: its world, the way to it, the others, or we.
pub(crate) fn fault(error: sqlx::Error) -> Fault {
    use sqlx::Error;
    let why = error.to_string();
    match &error {
        Error::Database(told) => match told.code().as_deref() {
            // SQLSTATE: serialization failure, deadlock, lock not available.
            Some("40001" | "40P01" | "55P03") => Fault::Contended,
            // The server closed a connection that stood inside a transaction for too long: none of its statements failed.
            Some("25P03") => Fault::Unreachable {
                what: "the database",
                why,
            },
            Some(sqlstate) if sqlstate.len() == 5 => match sqlstate.get(..2) {
                // Connection, resources, operator intervention, system error: the server's world.
                Some("08" | "53" | "57" | "58") => Fault::Unreachable {
                    what: "the database",
                    why,
                },
                Some("XX") => Fault::Corrupt {
                    what: "the database",
                    why,
                },
                _ => Fault::Bug(Bug(why)),
            },
            _ => Fault::Bug(Bug(why)),
        },
        Error::Io(_)
        | Error::Tls(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::Protocol(_) => Fault::Unreachable {
            what: "the database",
            why,
        },
        Error::ColumnDecode { .. } | Error::Decode(_) => Fault::Corrupt { what: "a row", why },
        _ => Fault::Bug(Bug(why)),
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

// PostgreSQL, on every connection. A lock is waited for less long than a statement may take, that less long than an answer
// is: the server's own word, which undoes the statement for certain, comes before this side gives up.
const LOCK: &str = "5s";
const STATEMENT: &str = "20s";
const IDLE: &str = "30s";
const ANSWER: Duration = Duration::from_secs(30);
/// In seconds.
const KEEPALIVE: &str = "10";
const KEEPALIVES: &str = "3";
