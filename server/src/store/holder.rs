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

/// The holder's name of a certificate that was bound just now.
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
}
