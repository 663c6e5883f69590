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
        3,
        "the office has officers",
        include_str!("../../migrations/sqlite/0003_the_office_has_officers.sql"),
    ),
];
const POSTGRES: &[(i64, &str, &str)] = &[
    (
        1,
        "the house stands",
        include_str!("../../migrations/postgres/0001_the_house_stands.sql"),
    ),
    (
        3,
        "the office has officers",
        include_str!("../../migrations/postgres/0003_the_office_has_officers.sql"),
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
