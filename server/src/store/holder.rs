//! Holders' names, so that a certificate is found by what a paper says.

use casework::identity::CertificateId;
use pki::certificate::Certificate;

use super::Store;
use super::certificate::read_id;
use super::database::{Connection, statements, values};
use super::queue::folded;
use crate::fault::Fault;

impl Store {
    /// Certificates whose holder's name begins like this, however it is spaced and capitalised: a bounded number of them.
    pub async fn certificates_of_holder(&self, name: &str) -> Result<Vec<CertificateId>, Fault> {
        let from = folded(name).into_bytes();
        if from.is_empty() {
            return Ok(Vec::new());
        }
        // No octet of UTF-8 is 0xff: everything that begins like this stands before it.
        let mut to = from.clone();
        to.push(0xff);
        let rows = self.reader().await?.rows(FOUND, values![&from, &to]).await?;
        rows.iter().map(read_id).collect()
    }
}

impl Store {
    /// Enters the names of some holders whose certificates were bound before names were kept, the latest first; `true`
    /// while others are left. Each call is one short transaction: what it did stays done, on whichever node.
    pub async fn name_holders(&self) -> Result<bool, Fault> {
        // Asked in every round, and on all days but the first there is nothing to do.
        if unnamed(&mut self.reader().await?).await? == 0 {
            return Ok(false);
        }
        self.writer
            .write(|connection| {
                Box::pin(async move {
                    let last = unnamed(connection).await?;
                    let rows = connection.rows(BOUND, values![last]).await?;
                    let mut left = 0;
                    for row in &rows {
                        left = row.column::<i64>("sequence")? - 1;
                        let id = read_id(row)?;
                        let der: Vec<u8> = row.column("der")?;
                        // What cannot be read has no holder to be found by.
                        if let Ok(certificate) = Certificate::parse(&der) {
                            name(connection, &id, &certificate).await?;
                        }
                    }
                    connection.execute(LEFT, values![left]).await?;
                    Ok(left > 0)
                })
            })
            .await
    }
}

/// Up to here certificates may lack their holder's name.
async fn unnamed(connection: &mut Connection) -> Result<i64, Fault> {
    let row = connection.row(UNNAMED, values![]).await?;
    row.map_or(Ok(0), |row| row.column("value"))
}

/// The holder's name of a certificate that is bound.
pub(crate) async fn name(
    connection: &mut Connection,
    id: &CertificateId,
    certificate: &Certificate,
) -> Result<(), Fault> {
    let Some(holder) = certificate.holder() else {
        return Ok(());
    };
    let names = [holder.name, holder.name_romaji];
    let Some(name) = names
        .into_iter()
        .flatten()
        .map(|name| folded(&name))
        .find(|name| !name.is_empty())
    else {
        return Ok(());
    };
    let (authority, serial) = (id.authority.0.as_str(), id.serial.octets());
    connection
        .execute(NAME, values![authority, serial, name.as_bytes()])
        .await
        .map(drop)
}

statements! {
    NAME = "INSERT INTO certificate_holder (authority, serial, searched) VALUES ($1, $2, $3)
            ON CONFLICT (authority, serial) DO NOTHING";
    FOUND = "SELECT authority, serial FROM certificate_holder WHERE searched >= $1 AND searched < $2
             ORDER BY searched, serial LIMIT 40";
    UNNAMED = "SELECT value FROM counter WHERE name = 'unnamed'";
    BOUND = "SELECT authority, serial, sequence, der FROM certificate WHERE sequence <= $1
             ORDER BY sequence DESC LIMIT 500";
    LEFT = "UPDATE counter SET value = $1 WHERE name = 'unnamed'";
}
