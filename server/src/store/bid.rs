//! Open bids as bidding systems tell them (PUT /api/v1/offices/{office}/bids). Nothing is decided by them: they are what a
//! holder is told before a card is renewed or revoked.

use casework::identity::{Fingerprint, Serial};
use casework::register::BusinessNumber;
use casework::time::{Day, Instant};

use super::case::corrupt;
use super::database::{Row, statements, values};
use super::{NewEvent, OfficeChange, Store, event};
use crate::fault::Fault;

/// An open bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidRow {
    /// What the system calls it.
    pub id: String,
    /// 案件名
    pub title: String,
    /// 開札日
    pub opens_on: Day,
    /// Whose it is.
    pub bidder: BidderOf,
}

/// Whose a bid is, as the system knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BidderOf {
    /// The card with this signature certificate.
    Card(Fingerprint),
    /// The same by serial number and the certificate of its issuer.
    Serial {
        /// The issuer's certificate.
        issuer: Fingerprint,
        /// シリアル番号
        serial: Serial,
    },
    /// Every card of this company.
    Number(BusinessNumber),
}

impl Store {
    /// A bidding system tells all its open bids: the list before is replaced by this one, whole. `false` where it is the
    /// same one.
    pub async fn tell_bids(
        &self,
        office: &str,
        system: &str,
        bids: Vec<BidRow>,
        event: NewEvent,
        at: Instant,
    ) -> Result<bool, Fault> {
        let (office, system) = (office.to_owned(), system.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let there = connection.rows(OF_SYSTEM, values![&office, &system]).await?;
                    let there: Vec<BidRow> = there.iter().map(read).collect::<Result<_, _>>()?;
                    if there == bids {
                        return Ok(false);
                    }
                    connection.execute(FORGET, values![&office, &system]).await?;
                    for (line, bid) in (1_i64..).zip(&bids) {
                        let (card, issuer, serial, number) = match &bid.bidder {
                            BidderOf::Card(card) => (Some(card.0.as_slice()), None, None, None),
                            BidderOf::Serial { issuer, serial } => {
                                (None, Some(issuer.0.as_slice()), Some(serial.octets().as_slice()), None)
                            }
                            BidderOf::Number(number) => (None, None, None, Some(number.as_str())),
                        };
                        let row = values![
                            &office,
                            &system,
                            line,
                            &bid.id,
                            &bid.title,
                            i64::from(bid.opens_on.0),
                            card,
                            issuer,
                            serial,
                            number,
                            at.0,
                        ];
                        connection.execute(TELL, row).await?;
                    }
                    event::append(connection, &OfficeChange::case(&office), &event, at).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// The bids that are told of a card and are opened on this day or later, at whichever office, in the order of their
    /// days; each office once for each bid.
    pub async fn bids_of_card(
        &self,
        card: Fingerprint,
        issuer: Fingerprint,
        serial: Serial,
        from: Day,
    ) -> Result<Vec<(String, BidRow)>, Fault> {
        let values = values![&card.0, &issuer.0, serial.octets(), i64::from(from.0)];
        let rows = self.reader().await?.rows(OF_CARD, values).await?;
        let rows = rows.iter().map(|row| Ok((row.column("office")?, read(row)?)));
        rows.collect::<Result<_, Fault>>().map(once)
    }

    /// The same of a company at one office.
    pub async fn bids_of_business(
        &self,
        office: &str,
        number: &BusinessNumber,
        from: Day,
    ) -> Result<Vec<(String, BidRow)>, Fault> {
        let values = values![office, number.as_str(), i64::from(from.0)];
        let rows = self.reader().await?.rows(OF_NUMBER, values).await?;
        let rows = rows.iter().map(|row| Ok((row.column("office")?, read(row)?)));
        rows.collect::<Result<_, Fault>>().map(once)
    }
}

/// Two systems, or one twice, may tell the same bid of one office.
fn once(rows: Vec<(String, BidRow)>) -> Vec<(String, BidRow)> {
    let mut kept: Vec<(String, BidRow)> = Vec::new();
    for (office, bid) in rows {
        let known = kept
            .iter()
            .any(|(there, other)| *there == office && other.id == bid.id && other.opens_on == bid.opens_on);
        if !known {
            kept.push((office, bid));
        }
    }
    kept
}

statements! {
    OF_SYSTEM = "SELECT bid, title, opens_on, card, issuer, serial, number FROM bid
                 WHERE office = $1 AND system = $2 ORDER BY line";
    FORGET = "DELETE FROM bid WHERE office = $1 AND system = $2";
    TELL = "INSERT INTO bid (office, system, line, bid, title, opens_on, card, issuer, serial, number, told_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    OF_CARD = "SELECT office, bid, title, opens_on, card, issuer, serial, number FROM bid
               WHERE (card = $1 OR (issuer = $2 AND serial = $3)) AND opens_on >= $4
               ORDER BY opens_on, office, bid LIMIT 200";
    OF_NUMBER = "SELECT office, bid, title, opens_on, card, issuer, serial, number FROM bid
                 WHERE office = $1 AND number = $2 AND opens_on >= $3 ORDER BY opens_on, bid LIMIT 200";
}

fn read(row: &Row) -> Result<BidRow, Fault> {
    let wrong = |why: &str| corrupt("a bid", why);
    let print = |name: &'static str| -> Result<Option<Fingerprint>, Fault> {
        let octets: Option<Vec<u8>> = row.column(name)?;
        let octets = octets.map(|octets| octets.try_into().map(Fingerprint)).transpose();
        octets.map_err(|_| wrong("a fingerprint has 32 octets"))
    };
    let (serial, number): (Option<Vec<u8>>, Option<String>) = (row.column("serial")?, row.column("number")?);
    let bidder = match (print("card")?, print("issuer")?, serial, number) {
        (Some(card), None, None, None) => BidderOf::Card(card),
        (None, Some(issuer), Some(serial), None) => BidderOf::Serial {
            issuer,
            serial: Serial::from_octets(&serial).ok_or_else(|| wrong("no serial number"))?,
        },
        (None, None, None, Some(number)) => {
            BidderOf::Number(BusinessNumber::parse(&number).ok_or_else(|| wrong("no number"))?)
        }
        _ => return Err(wrong("nobody's")),
    };
    let day = i32::try_from(row.column::<i64>("opens_on")?).map_err(|_| wrong("no day"))?;
    Ok(BidRow {
        id: row.column("bid")?,
        title: row.column("title")?,
        opens_on: Day(day),
        bidder,
    })
}
