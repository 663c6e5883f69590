//! The key that seals 認証コード2, as it lies at rest: one for the house.

use casework::time::Instant;

use super::Store;
use super::database::{statements, values};
use super::terminal::{self, TerminalRow};
use crate::fault::Fault;

impl Store {
    /// The key at rest, once there is one.
    pub(crate) async fn sealing_key(&self) -> Result<Option<Vec<u8>>, Fault> {
        let row = self.reader().await?.row(ONE, values![]).await?;
        row.map(|row| row.column("sealed")).transpose()
    }

    /// Two terminals that have a sealed 認証コード2: the one that was changed first, and the one that was changed last.
    pub(crate) async fn sealed_codes(&self) -> Result<Vec<TerminalRow>, Fault> {
        let mut connection = self.reader().await?;
        let first = connection.searched(FIRST, values![]).await?;
        let last = connection.searched(LAST, values![]).await?;
        first.iter().chain(&last).map(terminal::read).collect()
    }

    /// Keeps this one, unless another was kept before, or terminals have codes already, which another one has sealed: whoever
    /// asked looks again which one it is.
    pub(crate) async fn keep_sealing_key(&self, sealed: Vec<u8>, at: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.row(FIRST, values![]).await?.is_some() {
                        return Ok(());
                    }
                    connection.execute(KEEP, values![&sealed, at.0]).await.map(drop)
                })
            })
            .await
    }
}

statements! {
    FIRST = "SELECT * FROM terminal WHERE code IS NOT NULL ORDER BY changed_at LIMIT 1";
    LAST = "SELECT * FROM terminal WHERE code IS NOT NULL ORDER BY changed_at DESC LIMIT 1";
    ONE = "SELECT sealed FROM sealing_key WHERE id = 1";
    KEEP = "INSERT INTO sealing_key (id, sealed, made_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING";
}
