//! Whether a database may be overwritten.

use super::database::{Connection, Database, Statement, statements, values};
use super::{OpenFault, StoreAddress};
use crate::fault::Fault;

/// What stands in a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occupancy {
    /// There is more in it than `kagimori init` makes.
    pub(crate) has_content: bool,
    /// Another process works on it.
    pub(crate) served_by: Option<String>,
}

/// Looks; a database that is not there is empty. On SQLite the log is taken into the file by that.
pub(crate) async fn occupancy(address: &StoreAddress) -> Result<Occupancy, OpenFault> {
    if let StoreAddress::Sqlite(path) = address
        && !path.exists()
    {
        return Ok(Occupancy::default());
    }
    let database = Database::open(address).await?;
    let mut connection = database.writer().await?;
    let found = look(&mut connection).await;
    drop(connection);
    database.close().await;
    Ok(found?)
}

async fn look(connection: &mut Connection) -> Result<Occupancy, Fault> {
    let there = match connection {
        Connection::Sqlite(_) => SQLITE_TABLE,
        Connection::Postgres(_) => POSTGRES_TABLE,
    };
    let has_tables = connection.row(there, values![]).await?.is_some();
    let has_content = has_tables && connection.searched(CONTENT, values![]).await?.is_some();
    let served_by = match connection {
        // There the journal's lock tells.
        Connection::Sqlite(_) => {
            connection.command("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            None
        }
        Connection::Postgres(_) => connection
            .row(OTHERS, values![])
            .await?
            .map(|row| row.column::<String>("who"))
            .transpose()?,
    };
    Ok(Occupancy { has_content, served_by })
}

statements! {
    CONTENT = "SELECT id AS found FROM authority_key UNION ALL SELECT case_id FROM certificate
               UNION ALL SELECT id FROM office_case LIMIT 1";
}

const SQLITE_TABLE: Statement =
    Statement("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'authority_key'");
const POSTGRES_TABLE: Statement = Statement(
    "SELECT table_name::text AS name FROM information_schema.tables
     WHERE table_schema = current_schema() AND table_name = 'authority_key'",
);
/// Connections of this program's other processes. Those of this one are all from one pool, and one of them asks.
const OTHERS: Statement = Statement(
    "SELECT 'a process at ' || COALESCE(client_addr::text, 'the local socket') AS who FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'kagimori' AND pid <> pg_backend_pid() LIMIT 1",
);
