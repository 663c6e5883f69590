//! Kiosks that may ask: the public half of the key that signs their requests.

use casework::identity::KioskId;
use casework::time::Instant;

use super::database::{Row, statements, values};
use super::{Clash, NewEvent, OfficeChange, Store, event};
use crate::fault::Fault;

/// A kiosk as it was enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KioskRow {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub id: KioskId,
    /// For which office it works.
    pub office: String,
    /// Where it stands, in the operator's words.
    pub place: String,
    /// Its SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// Since when.
    pub enrolled_at: Instant,
    /// Who enrolled it.
    pub enrolled_by: String,
    /// Since when it is not heard any more.
    pub revoked_at: Option<Instant>,
}

impl Store {
    /// A kiosk by its key, whether or not it was revoked.
    pub async fn kiosk(&self, id: KioskId) -> Result<Option<KioskRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&id.0]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All kiosks, those of one office together, the oldest first.
    pub async fn kiosks(&self) -> Result<Vec<KioskRow>, Fault> {
        let rows = self.reader().await?.rows(ALL, values![]).await?;
        rows.iter().map(read).collect()
    }

    /// Enrols a kiosk, with the line of the audit that tells of it. The same one again changes nothing and is the one that is
    /// there; a key that was revoked, or that works for another office or elsewhere, clashes.
    pub async fn enrol_kiosk(&self, new: KioskRow, event: NewEvent) -> Result<KioskRow, Clash> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if let Some(row) = connection.row(ONE, values![&new.id.0]).await? {
                        let known = read(&row)?;
                        let same = known.office == new.office && known.place == new.place && known.revoked_at.is_none();
                        return if same { Ok(known) } else { Err(Clash::Moved) };
                    }
                    connection
                        .execute(
                            ENROL,
                            values![
                                &new.id.0,
                                &new.office,
                                &new.place,
                                &new.public_key,
                                new.enrolled_at.0,
                                &new.enrolled_by
                            ],
                        )
                        .await?;
                    event::append(connection, &OfficeChange::case(&new.office), &event, new.enrolled_at).await?;
                    Ok(new)
                })
            })
            .await
    }

    /// Revokes a kiosk for good, with the line of the audit that tells of it. `false` where it was revoked before.
    pub async fn revoke_kiosk(&self, kiosk: KioskRow, event: NewEvent, at: Instant) -> Result<bool, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.execute(REVOKE, values![&kiosk.id.0, at.0]).await? == 0 {
                        return Ok(false);
                    }
                    let office = OfficeChange::case(&kiosk.office);
                    event::append(connection, &office, &event, at).await.map(|()| true)
                })
            })
            .await
    }
}

statements! {
    ONE = "SELECT * FROM kiosk WHERE id = $1";
    ALL = "SELECT * FROM kiosk ORDER BY office, enrolled_at, id LIMIT 100000";
    ENROL = "INSERT INTO kiosk (id, office, place, public_key, enrolled_at, enrolled_by) VALUES ($1, $2, $3, $4, $5, $6)";
    REVOKE = "UPDATE kiosk SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
}

fn read(row: &Row) -> Result<KioskRow, Fault> {
    Ok(KioskRow {
        id: KioskId(row.octets("id")?),
        office: row.column("office")?,
        place: row.column("place")?,
        public_key: row.column("public_key")?,
        enrolled_at: Instant(row.column("enrolled_at")?),
        enrolled_by: row.column("enrolled_by")?,
        revoked_at: row.column::<Option<i64>>("revoked_at")?.map(Instant),
    })
}
