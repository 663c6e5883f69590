//! The whole store as it is at one moment, and a store filled from that.
//!
//! Both databases give a consistent view to one transaction that only reads (SQLite: the log as it was; PostgreSQL:
//! REPEATABLE READ), and nobody who writes waits for it. It is read a page at a time.

use rusqlite::types::Value as Owned;
use sqlx::{AssertSqlSafe, Column as _, Postgres, Row as _, TypeInfo as _, ValueRef as _};

use super::case::corrupt;
use super::database::{Connection, Database, Row, Statement, fault, statements, values};
use super::{OpenFault, StoreAddress, migration};
use crate::backup::record::{Cell, ListNumber, Manifest, Table};
use crate::fault::{Bug, Fault};

/// A view of the store that does not change any more.
pub(crate) struct Snapshot {
    database: Database,
    connection: Connection,
    schema: Vec<i64>,
}

/// A store into which rows are put; nothing is there before [`Loading::finish`].
pub(crate) struct Loading {
    database: Database,
    connection: Connection,
    table: Option<Table>,
    kinds: Vec<Kind>,
    waiting: Vec<Vec<Cell>>,
}

/// What a column of PostgreSQL holds: a NULL is sent with its type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Text,
    Octets,
}

impl Snapshot {
    /// The store as it is now.
    pub(crate) async fn of(address: &StoreAddress) -> Result<Self, OpenFault> {
        let database = Database::open_existing(address).await?;
        let mut connection = database.reader().await?;
        let begin = match connection {
            Connection::Sqlite(_) => "BEGIN",
            Connection::Postgres(_) => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
                 SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            }
        };
        connection.command(begin).await?;
        let mut schema = Vec::new();
        for row in connection.rows(SCHEMA, values![]).await? {
            schema.push(row.column("version")?);
        }
        if let Some(unknown) = schema.iter().find(|version| !migration::knows(**version)) {
            return Err(OpenFault::Schema(format!("it has seen migration {unknown}")));
        }
        Ok(Self {
            database,
            connection,
            schema,
        })
    }

    /// What it says of itself.
    pub(crate) async fn manifest(&mut self, made_at: i64) -> Result<Manifest, Fault> {
        let connection = &mut self.connection;
        let mut counted = [0; 2];
        for (value, statement) in counted.iter_mut().zip([REVOKED, ISSUED]) {
            let row = connection.row(statement, values![]).await?;
            *value = row.map_or(Ok(0), |row| row.column("value"))?;
        }
        let last = connection.row(LAST_EVENT, values![]).await?;
        let (events, head) = match last {
            Some(row) => (row.column("sequence")?, hex(&row.octets::<32>("head")?)),
            None => (0, String::new()),
        };
        let lists = connection.rows(LISTS, values![]).await?;
        let [revocations, certificates] = counted;
        Ok(Manifest {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            schema: self.schema.clone(),
            revocations,
            certificates,
            events,
            head,
            lists: lists
                .iter()
                .map(|row| {
                    Ok(ListNumber {
                        authority: row.column("authority")?,
                        number: row.column("number")?,
                    })
                })
                .collect::<Result<_, Fault>>()?,
        })
    }

    /// The tables, in the order in which they are filled.
    pub(crate) async fn tables(&mut self) -> Result<Vec<Table>, Fault> {
        let mut tables = Vec::new();
        for name in migration::tables(&self.schema) {
            if !LEFT_OUT.contains(&name.as_str()) {
                tables.push(described(&mut self.connection, &name).await?);
            }
        }
        Ok(tables)
    }

    /// Gives every row of a table to `each`, a page at a time.
    pub(crate) async fn read<E: From<Fault>>(
        &mut self,
        table: &Table,
        mut each: impl AsyncFnMut(Vec<Vec<Cell>>) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns = table.columns.join(", ");
        let name = &table.name;
        if matches!(self.connection, Connection::Postgres(_)) {
            let cursor = format!("DECLARE page NO SCROLL CURSOR FOR SELECT {columns} FROM {name}");
            run(&mut self.connection, cursor).await?;
        }
        let mut after = i64::MIN;
        loop {
            let sql = match self.connection {
                Connection::Sqlite(_) => {
                    format!(
                        "SELECT {columns}, rowid AS page FROM {name} WHERE rowid > {after} ORDER BY rowid LIMIT {PAGE}"
                    )
                }
                Connection::Postgres(_) => format!("FETCH FORWARD {PAGE} FROM page"),
            };
            let rows = fetched(&mut self.connection, sql).await?;
            let Some(last) = rows.last() else { break };
            if let Row::Sqlite(last) = last {
                after = last.column("page")?;
            }
            let wanted = table.columns.len();
            let page = rows
                .into_iter()
                .map(|row| cells(row, wanted))
                .collect::<Result<_, Fault>>()?;
            each(page).await?;
        }
        if matches!(self.connection, Connection::Postgres(_)) {
            run(&mut self.connection, "CLOSE page".to_owned()).await?;
        }
        Ok(())
    }

    /// Lets go of the view.
    pub(crate) async fn end(mut self) {
        // Nothing was changed: there is nothing that could be lost.
        let _ = self.connection.command("ROLLBACK").await;
        drop(self.connection);
        self.database.close().await;
    }
}

impl Loading {
    /// Into a file of its own (SQLite), or in the place of what is there (PostgreSQL), which stays until [`Self::finish`]
    /// and comes back if that is never reached. The tables are those of this schema.
    pub(crate) async fn into(address: &StoreAddress, schema: &[i64]) -> Result<Self, OpenFault> {
        let database = Database::open(address).await?;
        let mut connection = database.writer().await?;
        let begin = match connection {
            Connection::Sqlite(_) => "BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON",
            Connection::Postgres(_) => {
                "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            }
        };
        connection.command(begin).await?;
        migration::remove(&mut connection).await?;
        migration::migrate_to(&mut connection, schema).await?;
        Ok(Self {
            database,
            connection,
            table: None,
            kinds: Vec::new(),
            waiting: Vec::new(),
        })
    }

    /// What follows are rows of this table.
    pub(crate) async fn table(&mut self, table: Table) -> Result<(), Fault> {
        self.flush().await?;
        let known = migration::all_tables().contains(&table.name);
        let here = if known {
            described(&mut self.connection, &table.name).await?.columns
        } else {
            Vec::new()
        };
        if !table.columns.iter().all(|column| here.contains(column)) || table.columns.is_empty() {
            return Err(corrupt(
                "the backup",
                format!("the table {:?} is not as this program knows it", table.name),
            ));
        }
        run(&mut self.connection, format!("DELETE FROM {}", table.name)).await?;
        if matches!(self.connection, Connection::Postgres(_)) {
            self.kinds = kinds(&mut self.connection, &table).await?;
        }
        self.table = Some(table);
        Ok(())
    }

    /// A row of the table.
    pub(crate) async fn row(&mut self, row: Vec<Cell>) -> Result<(), Fault> {
        let columns = self.table.as_ref().map_or(0, |table| table.columns.len());
        if row.len() != columns {
            return Err(corrupt(
                "the backup",
                "a row with another number of values than its table",
            ));
        }
        self.waiting.push(row);
        if self.waiting.len() * columns >= VALUES {
            self.flush().await?;
        }
        Ok(())
    }

    /// All of it is there when this returns.
    pub(crate) async fn finish(mut self) -> Result<(), OpenFault> {
        self.flush().await?;
        self.connection.command("COMMIT").await?;
        drop(self.connection);
        migration::migrate(&self.database).await?;
        self.database.close().await;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        let Some(table) = &self.table else { return Ok(()) };
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return Ok(());
        }
        let width = table.columns.len();
        let sign = match self.connection {
            // Looked up by number and not by name.
            Connection::Sqlite(_) => '?',
            Connection::Postgres(_) => '$',
        };
        let places: Vec<String> = (0..rows.len())
            .map(|row| {
                let row: Vec<String> = (1..=width)
                    .map(|column| format!("{sign}{}", row * width + column))
                    .collect();
                format!("({})", row.join(", "))
            })
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            table.name,
            table.columns.join(", "),
            places.join(", ")
        );
        match &mut self.connection {
            Connection::Sqlite(connection) => {
                let values = rows.into_iter().flatten().map(|cell| match cell {
                    Cell::Null => Owned::Null,
                    Cell::Integer(value) => Owned::Integer(value),
                    Cell::Text(text) => Owned::Text(text),
                    Cell::Octets(octets) => Owned::Blob(octets),
                });
                connection.here(|asking| asking.once(&sql, values)).map(drop)
            }
            Connection::Postgres(connection) => {
                let mut query = sqlx::query::<Postgres>(AssertSqlSafe(sql));
                for (place, cell) in rows.into_iter().flatten().enumerate() {
                    query = match (cell, self.kinds.get(place % width)) {
                        (Cell::Integer(value), _) => query.bind(value),
                        (Cell::Text(text), _) => query.bind(text),
                        (Cell::Octets(octets), _) => query.bind(octets),
                        (Cell::Null, Some(Kind::Text)) => query.bind(None::<String>),
                        (Cell::Null, Some(Kind::Octets)) => query.bind(None::<Vec<u8>>),
                        (Cell::Null, _) => query.bind(None::<i64>),
                    };
                }
                query.execute(&mut **connection).await.map(drop).map_err(fault)
            }
        }
    }
}

statements! {
    SCHEMA = "SELECT version FROM _sqlx_migrations ORDER BY version";
    REVOKED = "SELECT value FROM counter WHERE name = 'revoked'";
    ISSUED = "SELECT value FROM counter WHERE name = 'issued'";
    LAST_EVENT = "SELECT sequence, head FROM event ORDER BY sequence DESC LIMIT 1";
    LISTS = "SELECT authority, MAX(number) AS number FROM crl GROUP BY authority ORDER BY authority";
}

/// The columns of a table, as SQLite knows them.
const SQLITE_COLUMNS: Statement = Statement("SELECT name, type AS kind FROM pragma_table_info($1) ORDER BY cid");
/// The columns of a table, as PostgreSQL knows them.
const POSTGRES_COLUMNS: Statement = Statement(
    "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
);

/// What is worth nothing tomorrow, or dangerous: sessions and requests to cards that were open, and lists of other
/// authorities, which are fetched anew.
const LEFT_OUT: &[&str] = &["session", "session_fact", "card_request", "card_answer", "trusted_list"];

/// So many rows are read at once.
const PAGE: usize = 256;
/// So many values are written at once.
const VALUES: usize = 1_000;

async fn described(connection: &mut Connection, table: &str) -> Result<Table, Fault> {
    let columns = columns(connection, table).await?;
    Ok(Table {
        name: table.to_owned(),
        columns: columns.into_iter().map(|(name, _)| name).collect(),
    })
}

/// The kinds of a table's columns, in its order.
async fn kinds(connection: &mut Connection, table: &Table) -> Result<Vec<Kind>, Fault> {
    let here = columns(connection, &table.name).await?;
    let kind = |column: &String| match here.iter().find(|(name, _)| name == column) {
        Some((_, kind)) if kind == "bytea" => Kind::Octets,
        Some((_, kind)) if kind == "text" => Kind::Text,
        _ => Kind::Integer,
    };
    Ok(table.columns.iter().map(kind).collect())
}

async fn columns(connection: &mut Connection, table: &str) -> Result<Vec<(String, String)>, Fault> {
    let statement = match connection {
        Connection::Sqlite(_) => SQLITE_COLUMNS,
        Connection::Postgres(_) => POSTGRES_COLUMNS,
    };
    let rows = connection.rows(statement, values![table]).await?;
    rows.iter()
        .map(|row| Ok((row.column("name")?, row.column("kind")?)))
        .collect()
}

/// Names in `sql` are those of our migrations, and numbers.
async fn run(connection: &mut Connection, sql: String) -> Result<(), Fault> {
    match connection {
        Connection::Sqlite(connection) => connection.here(|asking| asking.batch(&sql)),
        Connection::Postgres(connection) => sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut **connection)
            .await
            .map(drop)
            .map_err(fault),
    }
}

/// The same.
async fn fetched(connection: &mut Connection, sql: String) -> Result<Vec<Row>, Fault> {
    match connection {
        Connection::Sqlite(connection) => {
            let rows = connection.apart(move |asking| asking.once(&sql, [])).await?;
            Ok(rows.into_iter().map(Row::Sqlite).collect())
        }
        Connection::Postgres(connection) => {
            // A FETCH is the same text for every cursor, and its columns are not.
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            let rows = query.fetch_all(&mut **connection).await.map_err(fault)?;
            Ok(rows.into_iter().map(Row::Postgres).collect())
        }
    }
}

fn cells(row: Row, wanted: usize) -> Result<Vec<Cell>, Fault> {
    match row {
        Row::Sqlite(row) => {
            let (names, values) = row.into_parts();
            let columns = names.iter().zip(values).take(wanted);
            columns.map(|(name, value)| sqlite_cell(name, value)).collect()
        }
        Row::Postgres(row) => (0..wanted).map(|place| postgres_cell(&row, place)).collect(),
    }
}

fn sqlite_cell(name: &str, value: Owned) -> Result<Cell, Fault> {
    Ok(match value {
        Owned::Null => Cell::Null,
        Owned::Integer(value) => Cell::Integer(value),
        Owned::Text(text) => Cell::Text(text),
        Owned::Blob(octets) => Cell::Octets(octets),
        Owned::Real(_) => return Err(unknown_kind(name, "REAL")),
    })
}

fn postgres_cell(row: &sqlx::postgres::PgRow, place: usize) -> Result<Cell, Fault> {
    let value = row.try_get_raw(place).map_err(fault)?;
    let kind = value.type_info();
    match kind.name() {
        _ if value.is_null() => Ok(Cell::Null),
        "INT8" => row.try_get(place).map(Cell::Integer),
        "TEXT" => row.try_get(place).map(Cell::Text),
        "BYTEA" => row.try_get(place).map(Cell::Octets),
        other => return Err(unknown_kind(row.column(place).name(), other)),
    }
    .map_err(fault)
}

fn unknown_kind(column: &str, kind: &str) -> Fault {
    Fault::Bug(Bug(format!("the column {column} holds {kind}, which no backup knows")))
}

fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
