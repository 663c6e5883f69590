//! 受付番号: unique over all procedures.

use casework::number::{CheckCode, Number};
use casework::time::Instant;

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::{Clash, Store};
use crate::fault::Fault;

/// A receipt to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    /// 受付番号
    pub number: Number,
    /// What only the receipt tells, for a look-up without a session.
    pub check_code: CheckCode,
}

/// A receipt that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// 受付番号
    pub number: Number,
    /// What only the receipt tells.
    pub check_code: CheckCode,
    /// Of which case.
    pub case: [u8; 16],
    /// 受付日時
    pub given_at: Instant,
}

impl Store {
    /// The receipt of a case.
    pub async fn receipt(&self, case: [u8; 16]) -> Result<Option<ReceiptRow>, Fault> {
        let row = self.reader().await?.row(OF_CASE, values![&case]).await?;
        row.as_ref().map(read).transpose()
    }

    /// A receipt by its number. Whoever asks without a session must know the check code too.
    pub async fn receipt_by_number(&self, number: Number) -> Result<Option<ReceiptRow>, Fault> {
        let row = self
            .reader()
            .await?
            .row(BY_NUMBER, values![&number.to_string()])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Of which case a number was given, and when. It is known of an application that was erased too (DOMAIN §2.5).
    pub async fn numbered(&self, number: Number) -> Result<Option<([u8; 16], Instant)>, Fault> {
        let row = self.reader().await?.row(NUMBERED, values![&number.to_string()]).await?;
        row.map(|row| Ok((row.octets("case_id")?, Instant(row.column("given_at")?))))
            .transpose()
    }
}

/// Gives a number to a case. A taken number clashes, and another one is drawn.
pub(crate) async fn give(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &NewReceipt,
    at: Instant,
) -> Result<(), Clash> {
    let (number, code) = (new.number.to_string(), new.check_code.to_string());
    let given = connection.execute(GIVE, values![&number, &code, case, at.0]).await?;
    if given == 1 { Ok(()) } else { Err(Clash::Number) }
}

pub(crate) fn read_number(text: &str) -> Result<Number, Fault> {
    Number::parse(text).ok_or_else(|| corrupt("number", text))
}

statements! {
    GIVE = "INSERT INTO receipt (number, check_code, case_id, given_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    // Nobody has the check code of one that was erased.
    OF_CASE = "SELECT number, check_code, case_id, given_at FROM receipt WHERE case_id = $1 AND check_code <> ''";
    BY_NUMBER = "SELECT number, check_code, case_id, given_at FROM receipt WHERE number = $1 AND check_code <> ''";
    NUMBERED = "SELECT case_id, given_at FROM receipt WHERE number = $1";
}

fn read(row: &Row) -> Result<ReceiptRow, Fault> {
    let code: String = row.column("check_code")?;
    Ok(ReceiptRow {
        number: read_number(&row.column::<String>("number")?)?,
        check_code: CheckCode::parse(&code)
            .ok_or_else(|| corrupt("check code", "not eight letters of its alphabet"))?,
        case: row.octets("case_id")?,
        given_at: Instant(row.column("given_at")?),
    })
}
