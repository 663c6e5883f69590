//! The key that seals 認証コード2, as it lies at rest: one for the house.

use casework::time::Instant;

use super::Store;
use super::database::{statements, values};
use crate::fault::Fault;

impl Store {
    /// The key at rest, once there is one.
    pub(crate) async fn sealing_key(&self) -> Result<Option<Vec<u8>>, Fault> {
        let row = self.reader().await?.row(ONE, values![]).await?;
        row.map(|row| row.column("sealed")).transpose()
    }

    /// Keeps this one, unless another was kept before: whoever asked looks again which one it is.
    pub(crate) async fn keep_sealing_key(&self, sealed: Vec<u8>, at: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(KEEP, values![&sealed, at.0]).await.map(drop) })
            })
            .await
    }
}

statements! {
    ONE = "SELECT sealed FROM sealing_key WHERE id = 1";
    KEEP = "INSERT INTO sealing_key (id, sealed, made_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING";
}
