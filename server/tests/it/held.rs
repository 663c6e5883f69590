//! The one write transaction, held by a test: whoever decides meanwhile decides before anybody else has committed.

use std::time::Duration;

use server::store::StoreAddress;
use sqlx::{Connection as _, PgConnection};

/// Ends with [`Held::end`], or with its connection.
pub(crate) enum Held {
    Sqlite(rusqlite::Connection),
    Postgres {
        holder: PgConnection,
        watcher: PgConnection,
    },
}

impl Held {
    pub(crate) async fn take(address: &StoreAddress) -> Self {
        match address {
            StoreAddress::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(connection)
            }
            StoreAddress::Postgres(url) => {
                let mut holder = PgConnection::connect(url).await.unwrap();
                let baton = "BEGIN; UPDATE counter SET value = value WHERE name = 'baton'";
                sqlx::raw_sql(baton).execute(&mut holder).await.unwrap();
                let watcher = PgConnection::connect(url).await.unwrap();
                Self::Postgres { holder, watcher }
            }
        }
    }

    /// Until so many nodes stand before the transaction. SQLite does not say who waits for it: there it is a while.
    pub(crate) async fn until_waiting(&mut self, nodes: i64) {
        let Self::Postgres { watcher, .. } = self else {
            return tokio::time::sleep(Duration::from_millis(500)).await;
        };
        let waiting =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let begun = tokio::time::Instant::now();
        while sqlx::query_scalar::<_, i64>(waiting)
            .fetch_one(&mut *watcher)
            .await
            .unwrap()
            < nodes
        {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "nobody waits for the transaction"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn end(self) {
        match self {
            Self::Sqlite(connection) => connection.close().unwrap(),
            Self::Postgres { holder, watcher } => {
                holder.close().await.unwrap();
                watcher.close().await.unwrap();
            }
        }
    }
}
