//! Certificates by the moment at which they expire.

use casework::identity::{Authority, CertificateId, Serial};
use casework::time::Instant;

use super::Store;
use super::case::corrupt;
use super::database::{statements, values};
use crate::fault::Fault;

impl Store {
    /// The bound certificates of an authority whose last instant is this one, with their DER, in the order of their
    /// issuance. As many as were issued on one day.
    pub(crate) async fn expiring_at(
        &self,
        authority: &Authority,
        not_after: Instant,
    ) -> Result<Vec<(CertificateId, Vec<u8>)>, Fault> {
        let mut connection = self.reader().await?;
        let rows = connection
            .rows(EXPIRING, values![authority.0.as_str(), not_after.0])
            .await?;
        rows.iter()
            .map(|row| {
                let serial =
                    Serial::from_octets(&row.octets::<20>("serial")?).ok_or_else(|| corrupt("serial", "zero"))?;
                let id = CertificateId {
                    authority: authority.clone(),
                    serial,
                };
                Ok((id, row.column("der")?))
            })
            .collect()
    }
}

statements! {
    EXPIRING = "SELECT serial, der FROM certificate WHERE authority = $1 AND not_after = $2 AND der IS NOT NULL
                ORDER BY sequence";
}
