//! The revocation lists that were made: their numbers never go back, nor what they were made from (I6).

use casework::certificate::Shard;
use casework::identity::{Authority, Digest};
use casework::time::Instant;

use super::case::corrupt;
use super::database::{Row, statements, values};
use super::status::{self, StatusRow};
use super::{Clash, Store};
use crate::fault::Fault;

/// A list that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlRow {
    /// Whose it is.
    pub authority: Authority,
    /// Which part.
    pub shard: Shard,
    /// CRLNumber: one sequence for each authority, over all shards and nodes.
    pub number: i64,
    /// The last revocation that it takes into account.
    pub sequence: i64,
    /// thisUpdate
    pub this_update: Instant,
    /// nextUpdate
    pub next_update: Instant,
    /// How many entries it has.
    pub entries: i64,
    /// SHA-256 of its DER, once it is published.
    pub digest: Option<Digest>,
}

impl Store {
    /// The last list of a shard.
    pub async fn last_crl(&self, authority: &Authority, shard: Shard) -> Result<Option<CrlRow>, Fault> {
        let mut connection = self.reader().await?;
        let row = connection
            .row(LAST_OF_SHARD, values![authority.0.as_str(), i64::from(shard.0)])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The first signed list of a shard that takes the revocation of this sequence into account.
    pub async fn first_crl(&self, authority: &Authority, shard: Shard, sequence: i64) -> Result<Option<CrlRow>, Fault> {
        let mut connection = self.reader().await?;
        let row = connection
            .searched(FIRST_WITH, values![authority.0.as_str(), i64::from(shard.0), sequence])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Takes the next CRLNumber of an authority: the row is written before the list is signed (I2), and a number that
    /// was taken is never given again, whatever becomes of the list. `made` says what the list will be; its `number` is
    /// filled in. [`Clash::Older`] if a list of this shard was made from a later revocation or at a later time.
    pub async fn begin_crl(&self, made: CrlRow) -> Result<CrlRow, Clash> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let mut made = made;
                    let (authority, shard) = (made.authority.0.as_str(), i64::from(made.shard.0));
                    if let Some(last) = connection.row(LAST_OF_SHARD, values![authority, shard]).await? {
                        let last = read(&last)?;
                        if last.sequence > made.sequence || last.this_update > made.this_update {
                            return Err(Clash::Older);
                        }
                    }
                    let row = connection.row(LAST_NUMBER, values![authority]).await?;
                    made.number = row
                        .map_or(Ok(None), |row| row.column::<Option<i64>>("number"))?
                        .unwrap_or(0)
                        + 1;
                    connection
                        .execute(
                            INSERT,
                            values![
                                authority,
                                shard,
                                made.number,
                                made.sequence,
                                made.this_update.0,
                                made.next_update.0,
                                made.entries,
                            ],
                        )
                        .await?;
                    Ok(made)
                })
            })
            .await
    }

    /// Second commit: the list was signed and may be served, here and on every other node. Of the lists before it only
    /// the row stays.
    pub async fn publish_crl(
        &self,
        authority: &Authority,
        shard: Shard,
        number: i64,
        digest: Digest,
        der: Vec<u8>,
    ) -> Result<(), Fault> {
        let authority = authority.0.clone();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let (authority, shard) = (authority.as_str(), i64::from(shard.0));
                    connection
                        .execute(PUBLISH, values![authority, shard, number, &digest.0, &der])
                        .await?;
                    connection.execute(FORGET, values![authority, shard, number]).await?;
                    Ok(())
                })
            })
            .await
    }

    /// The published list of a shard, with its DER.
    pub async fn published_crl(&self, authority: &Authority, shard: Shard) -> Result<Option<(CrlRow, Vec<u8>)>, Fault> {
        let mut connection = self.reader().await?;
        let row = connection
            .row(PUBLISHED, values![authority.0.as_str(), i64::from(shard.0)])
            .await?;
        row.map(|row| Ok((read(&row)?, row.column("der")?))).transpose()
    }

    /// The numbers of all published lists: who serves them asks for those that are new to it.
    pub async fn published_crl_numbers(&self) -> Result<Vec<(Authority, Shard, i64)>, Fault> {
        let rows = self.reader().await?.rows(PUBLISHED_NAMES, values![]).await?;
        rows.iter()
            .map(|row| {
                let shard: i64 = row.column("shard")?;
                let shard = u32::try_from(shard).map_err(|_| corrupt("shard", shard))?;
                Ok((Authority(row.column("authority")?), Shard(shard), row.column("number")?))
            })
            .collect()
    }

    /// Whether the database knows a list that lies published. `false`: the database is older than what it published,
    /// and must not serve (A28).
    pub async fn knows_crl(&self, authority: &Authority, number: i64) -> Result<bool, Fault> {
        let row = self
            .reader()
            .await?
            .row(LAST_NUMBER, values![authority.0.as_str()])
            .await?;
        Ok(row
            .map_or(Ok(None), |row| row.column::<Option<i64>>("number"))?
            .unwrap_or(0)
            >= number)
    }

    /// The revocations of one shard that follow `sequence`, in order, some thousands at a time: ask again behind the
    /// last one until none comes.
    pub async fn revocations_of_shard(
        &self,
        authority: &Authority,
        shard: Shard,
        sequence: i64,
    ) -> Result<Vec<StatusRow>, Fault> {
        status::of_shard(&mut self.reader().await?, &authority.0, shard, sequence).await
    }

    /// The number of the last revocation.
    pub async fn last_revocation(&self) -> Result<i64, Fault> {
        status::last(&mut self.reader().await?).await
    }
}

statements! {
    LAST_OF_SHARD = "SELECT authority, shard, number, sequence, this_update, next_update, entries, digest
                     FROM crl WHERE authority = $1 AND shard = $2 ORDER BY number DESC LIMIT 1";
    FIRST_WITH = "SELECT authority, shard, number, sequence, this_update, next_update, entries, digest
                  FROM crl WHERE authority = $1 AND shard = $2 AND sequence >= $3 AND digest IS NOT NULL
                  ORDER BY number LIMIT 1";
    LAST_NUMBER = "SELECT MAX(number) AS number FROM crl WHERE authority = $1";
    INSERT = "INSERT INTO crl (authority, shard, number, sequence, this_update, next_update, entries)
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    PUBLISH = "UPDATE crl SET digest = $4, der = $5 WHERE authority = $1 AND shard = $2 AND number = $3 AND digest IS NULL";
    FORGET = "UPDATE crl SET der = NULL WHERE authority = $1 AND shard = $2 AND number < $3 AND der IS NOT NULL";
    PUBLISHED = "SELECT authority, shard, number, sequence, this_update, next_update, entries, digest, der
                 FROM crl WHERE authority = $1 AND shard = $2 AND der IS NOT NULL ORDER BY number DESC LIMIT 1";
    PUBLISHED_NAMES = "SELECT authority, shard, MAX(number) AS number FROM crl
                       WHERE der IS NOT NULL GROUP BY authority, shard ORDER BY authority, shard";
}

fn read(row: &Row) -> Result<CrlRow, Fault> {
    let shard: i64 = row.column("shard")?;
    let digest: Option<Vec<u8>> = row.column("digest")?;
    Ok(CrlRow {
        authority: Authority(row.column("authority")?),
        shard: Shard(u32::try_from(shard).map_err(|_| corrupt("shard", shard))?),
        number: row.column("number")?,
        sequence: row.column("sequence")?,
        this_update: Instant(row.column("this_update")?),
        next_update: Instant(row.column("next_update")?),
        entries: row.column("entries")?,
        digest: digest
            .map(|octets| {
                octets
                    .try_into()
                    .map(Digest)
                    .map_err(|_| corrupt("digest", "not 32 octets"))
            })
            .transpose()?,
    })
}
