//! The tables, by numbered files that are never changed once they were released.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::OpenFault;
use super::database::Database;

/// Brings the tables to this program's version. Several nodes may do it at once; a database of a later version refuses.
pub(crate) async fn migrate(database: &Database) -> Result<(), OpenFault> {
    let schema = |why: sqlx::migrate::MigrateError| OpenFault::Schema(why.to_string());
    match database {
        Database::Sqlite { writer, .. } => migrator(SQLITE).run(writer).await.map_err(schema),
        Database::Postgres(pool) => migrator(POSTGRES).run(pool).await.map_err(schema),
    }
}

/// Gives a database without tables those of an earlier state of this program: what these migrations made.
pub(crate) async fn migrate_to(database: &Database, schema: &[i64]) -> Result<(), OpenFault> {
    if let Some(unknown) = schema.iter().find(|version| !knows(**version)) {
        return Err(OpenFault::Schema(format!("it has seen migration {unknown}")));
    }
    let wrong = |why: sqlx::migrate::MigrateError| OpenFault::Schema(why.to_string());
    let only = |files: &[(i64, &'static str, &'static str)]| {
        let files: Vec<_> = files
            .iter()
            .filter(|(version, ..)| schema.contains(version))
            .copied()
            .collect();
        migrator(&files)
    };
    match database {
        Database::Sqlite { writer, .. } => only(SQLITE).run(writer).await.map_err(wrong),
        Database::Postgres(pool) => only(POSTGRES).run(pool).await.map_err(wrong),
    }
}

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
