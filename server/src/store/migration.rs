//! The tables, by numbered files that are never changed once they were released.

use sqlx::migrate::{Migrate as _, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::OpenFault;
use super::database::{Connection, Database, Statement, fault, statements, values};
use crate::fault::Fault;

/// Brings the tables to this program's version. Several nodes may do it at once; a database of a later version refuses.
pub(crate) async fn migrate(database: &Database) -> Result<(), OpenFault> {
    match database {
        Database::Sqlite { .. } => migrate_sqlite(&mut database.writer().await?).await,
        Database::Postgres(pool) => migrator(POSTGRES)
            .run(pool)
            .await
            .map_err(|why| OpenFault::Schema(why.to_string())),
    }
}

/// As sqlx does it, and in its table, so that a file may come from it.
async fn migrate_sqlite(connection: &mut Connection) -> Result<(), OpenFault> {
    // Whoever finds everything done waits for nobody.
    if connection.row(HAS_TABLE, values![]).await?.is_some() && missing(connection).await?.is_empty() {
        return Ok(());
    }
    connection.command("BEGIN IMMEDIATE").await?;
    let done = migrate_in_transaction(connection).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.command(end).await;
    done.and(ended.map_err(OpenFault::from))
}

/// Everything that is missing, or nothing.
async fn migrate_in_transaction(connection: &mut Connection) -> Result<(), OpenFault> {
    connection.command(MAKE_TABLE).await?;
    for migration in missing(connection).await? {
        make(connection, &migration).await?;
    }
    Ok(())
}

/// The migrations that a database has not seen. It has seen none that this program does not know, and all as they are.
async fn missing(connection: &mut Connection) -> Result<Vec<Migration>, OpenFault> {
    let mut seen = Vec::new();
    for row in connection.few(SEEN, values![]).await? {
        let (version, checksum): (i64, Vec<u8>) = (row.column("version")?, row.column("checksum")?);
        seen.push((version, checksum));
    }
    if let Some((unknown, _)) = seen.iter().find(|(version, _)| !knows(*version)) {
        return Err(OpenFault::Schema(format!("it has seen migration {unknown}")));
    }
    let mut missing = Vec::new();
    for migration in migrator(SQLITE).iter() {
        match seen.iter().find(|(version, _)| *version == migration.version) {
            None => missing.push(migration.clone()),
            Some((_, checksum)) if **checksum == *migration.checksum => {}
            Some((version, _)) => {
                return Err(OpenFault::Schema(format!(
                    "migration {version} was another one when it saw it"
                )));
            }
        }
    }
    Ok(missing)
}

/// Gives a database without tables those of an earlier state of this program, what these migrations made, in the
/// transaction that was begun.
pub(crate) async fn migrate_to(connection: &mut Connection, schema: &[i64]) -> Result<(), OpenFault> {
    if let Some(unknown) = schema.iter().find(|version| !knows(**version)) {
        return Err(OpenFault::Schema(format!("it has seen migration {unknown}")));
    }
    let files = match connection {
        Connection::Sqlite(_) => {
            connection.command(MAKE_TABLE).await?;
            SQLITE
        }
        Connection::Postgres(connection) => {
            let made = connection.ensure_migrations_table(TABLE).await;
            made.map_err(|why| OpenFault::Schema(why.to_string()))?;
            POSTGRES
        }
    };
    for migration in migrator(files).iter().filter(|made| schema.contains(&made.version)) {
        make(connection, migration).await?;
    }
    Ok(())
}

/// Makes one, as sqlx does it, but for the transaction: that one has its own.
async fn make(connection: &mut Connection, migration: &Migration) -> Result<(), Fault> {
    let (version, description, checksum) = (migration.version, &*migration.description, &*migration.checksum);
    let sql = migration.sql.clone();
    match connection {
        Connection::Sqlite(connection) => connection.here(|asking| asking.batch(sql.as_str()))?,
        Connection::Postgres(connection) => {
            let made = sqlx::raw_sql(sql).execute(&mut **connection).await;
            made.map(drop).map_err(fault)?;
        }
    }
    connection
        .execute(MADE, values![version, description, checksum])
        .await
        .map(drop)
}

/// Drops every table of ours, in the transaction that was begun. SQLite's are not dropped: its file is another one.
pub(crate) async fn remove(connection: &mut Connection) -> Result<(), OpenFault> {
    let tables = [all_tables(), vec![TABLE.to_owned()]].concat();
    let sql = AssertSqlSafe(format!("DROP TABLE IF EXISTS {} CASCADE", tables.join(", ")));
    if let Connection::Postgres(connection) = connection {
        sqlx::raw_sql(sql).execute(&mut **connection).await.map_err(fault)?;
    }
    Ok(())
}

statements! {
    MADE = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES ($1, $2, TRUE, $3, 0)";
    SEEN = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
}

const HAS_TABLE: Statement =
    Statement("SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'");

/// sqlx's own, on SQLite.
const MAKE_TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
)";

/// Where sqlx keeps which migrations a database has seen.
const TABLE: &str = "_sqlx_migrations";

/// Whether this program has a migration of this number.
pub(crate) fn knows(version: i64) -> bool {
    SQLITE.iter().any(|(known, ..)| *known == version)
}

/// The tables that these migrations made, in their order.
pub(crate) fn tables(schema: &[i64]) -> Vec<String> {
    let made = SQLITE.iter().filter(|(version, ..)| schema.contains(version));
    made.flat_map(|(_, _, sql)| sql.lines())
        .filter_map(|line| line.strip_prefix("CREATE TABLE "))
        .filter_map(|rest| rest.split_once(" ("))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Every table of this program.
pub(crate) fn all_tables() -> Vec<String> {
    let all: Vec<i64> = SQLITE.iter().map(|(version, ..)| *version).collect();
    tables(&all)
}

fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().map(|(version, name, sql)| {
        Migration::new(
            *version,
            (*name).into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

const SQLITE: &[(i64, &str, &str)] = &[
    (
        1,
        "the house stands",
        include_str!("../../migrations/sqlite/0001_the_house_stands.sql"),
    ),
    (
        2,
        "the audit is a tree",
        include_str!("../../migrations/sqlite/0002_the_audit_is_a_tree.sql"),
    ),
    (
        3,
        "the office has officers",
        include_str!("../../migrations/sqlite/0003_the_office_has_officers.sql"),
    ),
    (
        4,
        "programs have tokens",
        include_str!("../../migrations/sqlite/0004_programs_have_tokens.sql"),
    ),
    (
        5,
        "the house is looked after",
        include_str!("../../migrations/sqlite/0005_the_house_is_looked_after.sql"),
    ),
    (
        6,
        "offices remember",
        include_str!("../../migrations/sqlite/0006_offices_remember.sql"),
    ),
    (
        7,
        "a paper is copied in peace",
        include_str!("../../migrations/sqlite/0007_a_paper_is_copied_in_peace.sql"),
    ),
    (
        8,
        "events may be erased",
        include_str!("../../migrations/sqlite/0008_events_may_be_erased.sql"),
    ),
    (
        9,
        "every holder is found",
        include_str!("../../migrations/sqlite/0009_every_holder_is_found.sql"),
    ),
    (
        10,
        "cards are registered",
        include_str!("../../migrations/sqlite/0010_cards_are_registered.sql"),
    ),
    (
        11,
        "bidders are on a list",
        include_str!("../../migrations/sqlite/0011_bidders_are_on_a_list.sql"),
    ),
    (
        12,
        "lists of others are kept",
        include_str!("../../migrations/sqlite/0012_lists_of_others_are_kept.sql"),
    ),
    (
        13,
        "programs register and renew",
        include_str!("../../migrations/sqlite/0013_programs_register_and_renew.sql"),
    ),
    (
        14,
        "the last word is kept",
        include_str!("../../migrations/sqlite/0014_the_last_word_is_kept.sql"),
    ),
    (
        15,
        "the days are known",
        include_str!("../../migrations/sqlite/0015_the_days_are_known.sql"),
    ),
    (
        16,
        "terminals have certificates",
        include_str!("../../migrations/sqlite/0016_terminals_have_certificates.sql"),
    ),
    (
        17,
        "centres have customers",
        include_str!("../../migrations/sqlite/0017_centres_have_customers.sql"),
    ),
    (
        18,
        "drafts are found",
        include_str!("../../migrations/sqlite/0018_drafts_are_found.sql"),
    ),
    (
        19,
        "customers follow their applications",
        include_str!("../../migrations/sqlite/0019_customers_follow_their_applications.sql"),
    ),
    (
        20,
        "transactions are remembered",
        include_str!("../../migrations/sqlite/0020_transactions_are_remembered.sql"),
    ),
    (
        21,
        "kiosks and citizens' cards",
        include_str!("../../migrations/sqlite/0021_kiosks_and_citizens_cards.sql"),
    ),
    (
        22,
        "cards are reserved",
        include_str!("../../migrations/sqlite/0022_cards_are_reserved.sql"),
    ),
    (
        23,
        "letters about a reservation",
        include_str!("../../migrations/sqlite/0023_letters_about_a_reservation.sql"),
    ),
];
const POSTGRES: &[(i64, &str, &str)] = &[
    (
        1,
        "the house stands",
        include_str!("../../migrations/postgres/0001_the_house_stands.sql"),
    ),
    (
        2,
        "the audit is a tree",
        include_str!("../../migrations/postgres/0002_the_audit_is_a_tree.sql"),
    ),
    (
        3,
        "the office has officers",
        include_str!("../../migrations/postgres/0003_the_office_has_officers.sql"),
    ),
    (
        4,
        "programs have tokens",
        include_str!("../../migrations/postgres/0004_programs_have_tokens.sql"),
    ),
    (
        5,
        "the house is looked after",
        include_str!("../../migrations/postgres/0005_the_house_is_looked_after.sql"),
    ),
    (
        6,
        "offices remember",
        include_str!("../../migrations/postgres/0006_offices_remember.sql"),
    ),
    (
        7,
        "a paper is copied in peace",
        include_str!("../../migrations/postgres/0007_a_paper_is_copied_in_peace.sql"),
    ),
    (
        8,
        "events may be erased",
        include_str!("../../migrations/postgres/0008_events_may_be_erased.sql"),
    ),
    (
        9,
        "every holder is found",
        include_str!("../../migrations/postgres/0009_every_holder_is_found.sql"),
    ),
    (
        10,
        "cards are registered",
        include_str!("../../migrations/postgres/0010_cards_are_registered.sql"),
    ),
    (
        11,
        "bidders are on a list",
        include_str!("../../migrations/postgres/0011_bidders_are_on_a_list.sql"),
    ),
    (
        12,
        "lists of others are kept",
        include_str!("../../migrations/postgres/0012_lists_of_others_are_kept.sql"),
    ),
    (
        13,
        "programs register and renew",
        include_str!("../../migrations/postgres/0013_programs_register_and_renew.sql"),
    ),
    (
        14,
        "the last word is kept",
        include_str!("../../migrations/postgres/0014_the_last_word_is_kept.sql"),
    ),
    (
        15,
        "the days are known",
        include_str!("../../migrations/postgres/0015_the_days_are_known.sql"),
    ),
    (
        16,
        "terminals have certificates",
        include_str!("../../migrations/postgres/0016_terminals_have_certificates.sql"),
    ),
    (
        17,
        "centres have customers",
        include_str!("../../migrations/postgres/0017_centres_have_customers.sql"),
    ),
    (
        18,
        "drafts are found",
        include_str!("../../migrations/postgres/0018_drafts_are_found.sql"),
    ),
    (
        19,
        "customers follow their applications",
        include_str!("../../migrations/postgres/0019_customers_follow_their_applications.sql"),
    ),
    (
        20,
        "transactions are remembered",
        include_str!("../../migrations/postgres/0020_transactions_are_remembered.sql"),
    ),
    (
        21,
        "kiosks and citizens' cards",
        include_str!("../../migrations/postgres/0021_kiosks_and_citizens_cards.sql"),
    ),
    (
        22,
        "cards are reserved",
        include_str!("../../migrations/postgres/0022_cards_are_reserved.sql"),
    ),
    (
        23,
        "letters about a reservation",
        include_str!("../../migrations/postgres/0023_letters_about_a_reservation.sql"),
    ),
];

#[cfg(test)]
mod tests {
    #[test]
    fn both_dialects_have_the_same_tables() {
        assert_eq!(super::SQLITE.len(), super::POSTGRES.len());
        for (sqlite, postgres) in super::SQLITE.iter().zip(super::POSTGRES) {
            assert_eq!((sqlite.0, sqlite.1), (postgres.0, postgres.1));
            assert_eq!(sqlite.2, postgres.2.replace("BYTEA", "BLOB"));
        }
    }
}
