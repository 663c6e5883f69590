//! The tables, by numbered files that are never changed once they were released.

use sqlx::migrate::{Migrate as _, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::OpenFault;
use super::database::{Connection, Database, fault, statements, values};

/// Brings the tables to this program's version. Several nodes may do it at once; a database of a later version refuses.
pub(crate) async fn migrate(database: &Database) -> Result<(), OpenFault> {
    let schema = |why: sqlx::migrate::MigrateError| OpenFault::Schema(why.to_string());
    match database {
        Database::Sqlite { writer, .. } => migrator(SQLITE).run(writer).await.map_err(schema),
        Database::Postgres(pool) => migrator(POSTGRES).run(pool).await.map_err(schema),
    }
}

/// Gives a database without tables those of an earlier state of this program, what these migrations made, in the
/// transaction that was begun.
pub(crate) async fn migrate_to(connection: &mut Connection, schema: &[i64]) -> Result<(), OpenFault> {
    if let Some(unknown) = schema.iter().find(|version| !knows(**version)) {
        return Err(OpenFault::Schema(format!("it has seen migration {unknown}")));
    }
    let wrong = |why: sqlx::migrate::MigrateError| OpenFault::Schema(why.to_string());
    let files = match connection {
        Connection::Sqlite(connection) => {
            connection.ensure_migrations_table(TABLE).await.map_err(wrong)?;
            SQLITE
        }
        Connection::Postgres(connection) => {
            connection.ensure_migrations_table(TABLE).await.map_err(wrong)?;
            POSTGRES
        }
    };
    // As sqlx does it, but for the transaction: that one has its own.
    for migration in migrator(files).iter().filter(|made| schema.contains(&made.version)) {
        let (version, description, checksum) = (migration.version, &*migration.description, &*migration.checksum);
        let sql = migration.sql.clone();
        match connection {
            Connection::Sqlite(connection) => sqlx::raw_sql(sql).execute(&mut **connection).await.map(drop),
            Connection::Postgres(connection) => sqlx::raw_sql(sql).execute(&mut **connection).await.map(drop),
        }
        .map_err(fault)?;
        connection
            .execute(MADE, values![version, description, checksum])
            .await?;
    }
    Ok(())
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
}

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
