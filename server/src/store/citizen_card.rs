//! Citizens' cards: which certificates belong to which number. Nothing of a person stands here, and no key of a card.

use casework::identity::{Authority, CardNumber, CertificateId, Fingerprint, Serial};
use casework::time::Instant;

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::{Clash, NewEvent, OfficeChange, Store, event};
use crate::fault::Fault;
use crate::unblock::KeyVersion;

/// A citizen's card as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitizenCardRow {
    /// カード番号
    pub number: CardNumber,
    /// Which office issued it.
    pub office: String,
    /// The version of the master key that its unblock keys come from.
    pub key_version: KeyVersion,
    /// Its 利用者証明用電子証明書.
    pub authentication: CertificateId,
    /// Of that certificate.
    pub fingerprint: Fingerprint,
    /// Its 署名用電子証明書.
    pub signature: CertificateId,
    /// The unblock counter of the signature PIN as it was confirmed last.
    pub counter: u32,
    /// When it was issued.
    pub issued_at: Instant,
}

/// A counter that went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedCard {
    /// Of which card.
    pub number: CardNumber,
    /// Where it stood. If it does not any more, nothing is done.
    pub from: u32,
    /// Where it stands from now on.
    pub to: u32,
}

impl Store {
    /// A card by its number.
    pub async fn citizen_card(&self, number: CardNumber) -> Result<Option<CitizenCardRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&number.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// A card by its 利用者証明用電子証明書.
    pub async fn citizen_card_of(&self, fingerprint: Fingerprint) -> Result<Option<CitizenCardRow>, Fault> {
        let values = values![&fingerprint.0];
        let row = self.reader().await?.row(BY_FINGERPRINT, values).await?;
        row.as_ref().map(read).transpose()
    }

    /// Registers a card, with the line of the audit that tells of it. The same card again changes nothing; a number or a
    /// certificate that another card has clashes, and so does a version of the master key that is not there.
    pub async fn register_citizen_card(&self, card: CitizenCardRow, event: NewEvent) -> Result<(), Clash> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if let Some(row) = connection.row(ONE, values![&card.number.to_string()]).await? {
                        let known = read(&row)?;
                        let same = known.office == card.office
                            && known.fingerprint == card.fingerprint
                            && known.signature == card.signature
                            && known.key_version == card.key_version;
                        return if same { Ok(()) } else { Err(Clash::Moved) };
                    }
                    let registered = connection
                        .execute(
                            REGISTER,
                            values![
                                &card.number.to_string(),
                                &card.office,
                                i64::from(card.key_version.get()),
                                &card.authentication.authority.0,
                                card.authentication.serial.octets(),
                                &card.fingerprint.0,
                                &card.signature.authority.0,
                                card.signature.serial.octets(),
                                i64::from(card.counter),
                                card.issued_at.0,
                            ],
                        )
                        .await?;
                    if registered == 0 {
                        return Err(Clash::Moved);
                    }
                    event::append(connection, &OfficeChange::case(&card.office), &event, card.issued_at).await?;
                    Ok(())
                })
            })
            .await
    }
}

/// A counter that moved meanwhile clashes: load, and decide again.
pub(crate) async fn count(connection: &mut Connection, counted: &CountedCard) -> Result<(), Clash> {
    let number = counted.number.to_string();
    let values = values![&number, i64::from(counted.from), i64::from(counted.to)];
    if connection.execute(COUNT, values).await? == 1 {
        Ok(())
    } else {
        Err(Clash::Moved)
    }
}

statements! {
    ONE = "SELECT * FROM citizen_card WHERE number = $1";
    BY_FINGERPRINT = "SELECT * FROM citizen_card WHERE fingerprint = $1";
    // The master key is there in this transaction: a card whose unblock keys nobody can make is none.
    REGISTER = "INSERT INTO citizen_card (number, office, key_version, authority, serial, fingerprint, signature_authority,
                   signature_serial, counter, issued_at)
                SELECT $1, $2, version, $4, $5, $6, $7, $8, $9, $10 FROM unblock_key WHERE version = $3
                ON CONFLICT DO NOTHING";
    COUNT = "UPDATE citizen_card SET counter = $3 WHERE number = $1 AND counter = $2";
}

fn read(row: &Row) -> Result<CitizenCardRow, Fault> {
    let number: String = row.column("number")?;
    let certificate = |authority: &str, serial: &'static str| {
        Ok::<_, Fault>(CertificateId {
            authority: Authority(row.column(authority)?),
            serial: Serial::from_octets(&row.octets::<20>(serial)?).ok_or_else(|| corrupt("serial", "zero"))?,
        })
    };
    let counter: i64 = row.column("counter")?;
    Ok(CitizenCardRow {
        number: CardNumber::parse(&number).ok_or_else(|| corrupt("a card's number", &number))?,
        office: row.column("office")?,
        key_version: KeyVersion::read(row.column("key_version")?)?,
        authentication: certificate("authority", "serial")?,
        fingerprint: Fingerprint(row.octets("fingerprint")?),
        signature: certificate("signature_authority", "signature_serial")?,
        counter: u32::try_from(counter).map_err(|_| corrupt("an unblock counter", counter))?,
        issued_at: Instant(row.column("issued_at")?),
    })
}
