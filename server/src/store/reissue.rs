//! 再発行: which terminals are in an open application, and whose morning comes.

mod document;

use casework::identity::{GrantId, OrganisationId};
use casework::number::Number;
use casework::terminal::Terminal;
use casework::time::{Day, Instant};

use super::database::{Connection, statements, values};
use super::receipt::read_number;
use super::terminal::{key, read_terminal};
use super::{Clash, Store};
use crate::fault::Fault;

pub(crate) use document::{from_document, state, to_document};

/// The terminals of an open application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OccupiedTerminals {
    /// At which office.
    pub office: String,
    /// Which ones: those it held before and that are not among them are free.
    pub terminals: Vec<Terminal>,
    /// By this application.
    pub number: Number,
}

/// An application and whose morning comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedMorning {
    /// At which office.
    pub office: String,
    /// 再発行希望日
    pub day: Day,
}

impl Store {
    /// The open application that a terminal is in: its case and its number.
    pub async fn application_for(&self, office: &str, terminal: Terminal) -> Result<Option<([u8; 16], Number)>, Fault> {
        let [division, device, name] = key(terminal);
        let values = values![office, &division, &device, &name];
        let row = self.reader().await?.row(OCCUPIED, values).await?;
        row.map(|row| Ok((row.octets("case_id")?, read_number(&row.column::<String>("number")?)?)))
            .transpose()
    }

    /// The applications that an organisation has sent off, the last one first, behind `before` where that is one of them.
    pub async fn applications_of(
        &self,
        organisation: OrganisationId,
        before: Option<[u8; 16]>,
        most: usize,
    ) -> Result<Vec<[u8; 16]>, Fault> {
        let mut reader = self.reader().await?;
        let from = match before {
            Some(case) => reader.row(FOLLOWED_ONE, values![&organisation.0, &case]).await?,
            None => None,
        };
        let at = from.map_or(Ok(i64::MAX), |row| row.column("at"))?;
        let case = before.unwrap_or([0xff; 16]);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = reader.rows(FOLLOWED, values![&organisation.0, at, &case, most]).await?;
        rows.iter().map(|row| row.octets("case_id")).collect()
    }

    /// What was opened for an application.
    pub async fn grants_of(&self, application: &[u8; 16]) -> Result<Vec<(Terminal, GrantId)>, Fault> {
        let rows = self.reader().await?.rows(GRANTED, values![application]).await?;
        rows.iter()
            .map(|row| Ok((read_terminal(row)?, GrantId(row.octets("id")?))))
            .collect()
    }

    /// Some of the applications whose day has come by `today`, with their offices; the oldest first, behind `last`.
    pub async fn mornings(
        &self,
        today: Day,
        last: Option<(Day, [u8; 16])>,
    ) -> Result<Vec<(Day, [u8; 16], String)>, Fault> {
        let (day, case) = last.unwrap_or((Day(i32::MIN), [0; 16]));
        let values = values![i64::from(today.0), i64::from(day.0), &case];
        let rows = self.reader().await?.rows(MORNINGS, values).await?;
        rows.iter()
            .map(|row| {
                let day = i32::try_from(row.column::<i64>("day")?).map_err(|_| super::case::corrupt("a day", "far"))?;
                Ok((Day(day), row.octets("case_id")?, row.column("office")?))
            })
            .collect()
    }
}

/// One open application for each terminal; another one clashes.
pub(crate) async fn occupy(connection: &mut Connection, case: &[u8; 16], new: &OccupiedTerminals) -> Result<(), Clash> {
    vacate(connection, case).await?;
    let number = new.number.to_string();
    for terminal in &new.terminals {
        let [division, device, name] = key(*terminal);
        let values = values![&new.office, &division, &device, &name, case, &number];
        if connection.execute(OCCUPY, values).await? != 1 {
            return Err(Clash::Moved);
        }
    }
    Ok(())
}

pub(crate) async fn vacate(connection: &mut Connection, case: &[u8; 16]) -> Result<(), Clash> {
    connection.execute(VACATE, values![case]).await?;
    Ok(())
}

/// Sent off once, it is in its place of the list for good.
pub(crate) async fn follow(
    connection: &mut Connection,
    case: &[u8; 16],
    organisation: OrganisationId,
    at: Instant,
) -> Result<(), Clash> {
    connection.execute(FOLLOW, values![case, &organisation.0, at.0]).await?;
    Ok(())
}

pub(crate) async fn wait(connection: &mut Connection, case: &[u8; 16], new: &AwaitedMorning) -> Result<(), Clash> {
    let values = values![case, &new.office, i64::from(new.day.0)];
    connection.execute(AWAIT, values).await?;
    Ok(())
}

pub(crate) async fn done(connection: &mut Connection, case: &[u8; 16]) -> Result<(), Clash> {
    connection.execute(DONE, values![case]).await?;
    Ok(())
}

statements! {
    OCCUPIED = "SELECT case_id, number FROM occupied_terminal
                WHERE office = $1 AND division = $2 AND device = $3 AND name = $4";
    OCCUPY = "INSERT INTO occupied_terminal (office, division, device, name, case_id, number)
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (office, division, device, name) DO NOTHING";
    VACATE = "DELETE FROM occupied_terminal WHERE case_id = $1";
    FOLLOW = "INSERT INTO organisation_application (case_id, organisation, at) VALUES ($1, $2, $3)
              ON CONFLICT (case_id) DO NOTHING";
    FOLLOWED = "SELECT case_id FROM organisation_application
                WHERE organisation = $1 AND (at < $2 OR (at = $2 AND case_id < $3)) ORDER BY at DESC, case_id DESC LIMIT $4";
    FOLLOWED_ONE = "SELECT at FROM organisation_application WHERE organisation = $1 AND case_id = $2";
    GRANTED = "SELECT division, device, name, id FROM terminal_grant WHERE application = $1";
    AWAIT = "INSERT INTO awaited_morning (case_id, office, day) VALUES ($1, $2, $3)
             ON CONFLICT (case_id) DO UPDATE SET day = excluded.day";
    DONE = "DELETE FROM awaited_morning WHERE case_id = $1";
    MORNINGS = "SELECT case_id, office, day FROM awaited_morning
                WHERE day <= $1 AND (day > $2 OR (day = $2 AND case_id > $3)) ORDER BY day, case_id LIMIT 64";
}
