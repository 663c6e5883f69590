//! The master keys that unblock keys of cards come from, as they lie at rest: one for each version.

use casework::time::Instant;

use super::Store;
use super::database::{statements, values};
use crate::fault::Fault;
use crate::unblock::KeyVersion;

impl Store {
    /// The keys at rest, the oldest version first. A house has a few.
    pub(crate) async fn unblock_keys(&self) -> Result<Vec<(KeyVersion, Vec<u8>)>, Fault> {
        let rows = self.reader().await?.few(ALL, values![]).await?;
        rows.iter()
            .map(|row| Ok((KeyVersion::read(row.column("version")?)?, row.column("sealed")?)))
            .collect()
    }

    /// A version that cards were issued under and that is not there any more.
    pub(crate) async fn missing_unblock_key(&self) -> Result<Option<KeyVersion>, Fault> {
        let row = self.reader().await?.searched(MISSING, values![]).await?;
        row.map(|row| KeyVersion::read(row.column("key_version")?)).transpose()
    }

    /// Keeps this one as the version after the last, unless another was kept as that before, or cards were issued under a
    /// version that is gone: whoever asked looks again which ones there are.
    pub(crate) async fn keep_unblock_key(&self, new: KeyVersion, sealed: Vec<u8>, at: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.searched(MISSING, values![]).await?.is_some() {
                        return Ok(());
                    }
                    let values = values![i64::from(new.get()), &sealed, at.0];
                    connection.execute(KEEP, values).await.map(drop)
                })
            })
            .await
    }
}

statements! {
    ALL = "SELECT version, sealed FROM unblock_key ORDER BY version";
    MISSING = "SELECT key_version FROM citizen_card
               WHERE NOT EXISTS (SELECT 1 FROM unblock_key k WHERE k.version = citizen_card.key_version)
               ORDER BY key_version LIMIT 1";
    KEEP = "INSERT INTO unblock_key (version, sealed, made_at) VALUES ($1, $2, $3) ON CONFLICT (version) DO NOTHING";
}
