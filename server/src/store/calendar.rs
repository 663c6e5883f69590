//! 休日: holidays as data, a year at a time, the same on every node.
//!
//! A year is known when it has a row of its own, and then it is whole: nothing writes a part of one. What this program was
//! shipped with is put in when the store is opened, by `kagimori migrate` and by every start, and not by a migration: a
//! migration is never changed once it was released, and holidays are. A year of an operator's file is never touched by it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use casework::calendar::{Holiday, Holidays, Kind, Listed, Status};
use casework::time::{Day, Instant};

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::{NewEvent, Store, event, writer};
use crate::desk::evidence::sha256;
use crate::fault::Fault;

/// What became of a file of holidays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HolidaysImported {
    /// Years of the file.
    pub years: usize,
    /// Years that say something else now, or are new.
    pub changed: usize,
    /// Days that were no holiday before.
    pub added: usize,
    /// Days that are none any more.
    pub removed: usize,
    /// Days that are called or counted otherwise, or are announced now.
    pub altered: usize,
}

impl HolidaysImported {
    /// Under which the audit tells of the house's holidays: they are of no office and of no case.
    pub fn case() -> [u8; 16] {
        let mut octets = [0; 16];
        for (octet, hashed) in octets.iter_mut().zip(sha256(b"KAGIMORI holidays 1\0").0) {
            *octet = hashed;
        }
        octets
    }
}

impl Store {
    /// The holidays of these years, as far as anybody said something of them.
    pub async fn holidays(&self, years: RangeInclusive<i32>) -> Result<Holidays, Fault> {
        let (first, last) = (i64::from(*years.start()), i64::from(*years.end()));
        let rows = self.reader().await?.rows(OF_YEARS, values![first, last]).await?;
        let rows: Result<Vec<Listed>, Fault> = rows.iter().map(read).collect();
        Ok(Holidays::new(rows?))
    }

    /// Takes the years of a file, whole or not at all, with its line in the audit. A year takes the place of what was known
    /// of it; other years stay. `done` counts the days, for whoever watches.
    pub async fn import_holidays(
        &self,
        rows: Vec<Listed>,
        tell: impl FnOnce(&HolidaysImported) -> NewEvent + Send + 'static,
        at: Instant,
        done: Arc<AtomicUsize>,
    ) -> Result<HolidaysImported, Fault> {
        self.writer
            .write(move |connection| {
                let years = by_year(&rows);
                Box::pin(async move {
                    let mut imported = HolidaysImported::default();
                    let known = known(connection).await?;
                    for (year, rows) in years {
                        imported.years += 1;
                        let (source, was) = known.get(&year).copied().unwrap_or_default();
                        let is = digest(&rows);
                        if was != Some(is) {
                            imported.changed += 1;
                            let before: Vec<Listed> = of_year(connection, year).await?;
                            imported.count(&before, &rows);
                            put(connection, year, Source::Imported, &rows).await?;
                        } else if source != Source::Imported {
                            // It says the same, and from now on it is the operator's.
                            connection
                                .execute(YEAR, values![i64::from(year), Source::Imported.key(), &is])
                                .await?;
                        }
                        done.fetch_add(rows.len(), Ordering::Relaxed);
                    }
                    if imported.changed > 0 {
                        event::append(connection, &HolidaysImported::case(), &tell(&imported), at).await?;
                    }
                    Ok(imported)
                })
            })
            .await
    }
}

/// Puts in the years that this program was shipped with, where nobody said anything else of them. Several nodes may do it at
/// once, one after the other.
pub(super) async fn ship(connection: &mut Connection, rows: &[Listed]) -> Result<(), Fault> {
    let years = by_year(rows);
    let is_there = |known: &Known, year: &i32, rows: &[Listed]| match known.get(year) {
        None => false,
        Some((Source::Imported, _)) => true,
        Some((Source::Shipped, was)) => *was == Some(digest(rows)),
    };
    // The usual start writes nothing.
    let before = known(connection).await?;
    if years.iter().all(|(year, rows)| is_there(&before, year, rows)) {
        return Ok(());
    }
    writer::begin(connection).await?;
    let before = known(connection).await?;
    for (year, rows) in &years {
        if !is_there(&before, year, rows) {
            put(connection, *year, Source::Shipped, rows).await?;
        }
    }
    connection.command("COMMIT").await
}

/// Who said what is known of a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Source {
    /// This program.
    #[default]
    Shipped,
    /// An operator's file.
    Imported,
}

/// The years that are known: who said so, and the digest of what.
type Known = BTreeMap<i32, (Source, Option<[u8; 32]>)>;

impl Source {
    const fn key(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Imported => "imported",
        }
    }
}

impl HolidaysImported {
    fn count(&mut self, before: &[Listed], after: &[Listed]) {
        let days = |rows: &[Listed]| rows.iter().map(|row| row.holiday.day).collect::<BTreeSet<Day>>();
        let (old, new) = (days(before), days(after));
        self.added += new.difference(&old).count();
        self.removed += old.difference(&new).count();
        let altered = |row: &&Listed| old.contains(&row.holiday.day) && !before.contains(row);
        self.altered += after.iter().filter(altered).count();
    }
}

async fn known(connection: &mut Connection) -> Result<Known, Fault> {
    let rows = connection.rows(YEARS, values![]).await?;
    let read = |row: &Row| {
        let year: i64 = row.column("year")?;
        let year = i32::try_from(year).map_err(|_| corrupt("a year of holidays", "it is no year"))?;
        let source: String = row.column("source")?;
        let source = [Source::Shipped, Source::Imported]
            .into_iter()
            .find(|known| known.key() == source)
            .ok_or_else(|| corrupt("a year of holidays", "nobody said it"))?;
        Ok((year, (source, Some(row.octets("digest")?))))
    };
    rows.iter().map(read).collect()
}

async fn of_year(connection: &mut Connection, year: i32) -> Result<Vec<Listed>, Fault> {
    let year = i64::from(year);
    let rows = connection.rows(OF_YEARS, values![year, year]).await?;
    rows.iter().map(read).collect()
}

async fn put(connection: &mut Connection, year: i32, source: Source, rows: &[Listed]) -> Result<(), Fault> {
    let digest = digest(rows);
    let count = i64::from(year);
    connection.execute(CLEAR, values![count]).await?;
    for Listed { holiday, status } in rows {
        let day = i64::from(holiday.day.0);
        let values = values![day, count, &holiday.name, holiday.kind.key(), status.key()];
        connection.execute(DAY, values).await?;
    }
    connection
        .execute(YEAR, values![count, source.key(), &digest])
        .await
        .map(drop)
}

fn by_year(rows: &[Listed]) -> BTreeMap<i32, Vec<Listed>> {
    let mut years: BTreeMap<i32, Vec<Listed>> = BTreeMap::new();
    for row in rows {
        years.entry(row.holiday.day.date().year).or_default().push(row.clone());
    }
    for rows in years.values_mut() {
        rows.sort_by_key(|row| row.holiday.day);
    }
    years
}

/// Of what a year says: two of them are the same exactly if it is.
fn digest(rows: &[Listed]) -> [u8; 32] {
    let mut octets = Vec::with_capacity(1_024);
    for Listed { holiday, status } in rows {
        octets.extend_from_slice(&holiday.day.0.to_be_bytes());
        for text in [holiday.name.as_str(), holiday.kind.key(), status.key()] {
            octets.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            octets.extend_from_slice(text.as_bytes());
        }
    }
    sha256(&octets).0
}

fn read(row: &Row) -> Result<Listed, Fault> {
    let wrong = |why| corrupt("a holiday", why);
    let (kind, status): (String, String) = (row.column("kind")?, row.column("status")?);
    Ok(Listed {
        holiday: Holiday {
            day: Day(i32::try_from(row.column::<i64>("day")?).map_err(|_| wrong("it is no day"))?),
            name: row.column("name")?,
            kind: Kind::ALL
                .into_iter()
                .find(|known| known.key() == kind)
                .ok_or_else(|| wrong("no rule makes it one"))?,
        },
        status: Status::ALL
            .into_iter()
            .find(|known| known.key() == status)
            .ok_or_else(|| wrong("neither official nor a forecast"))?,
    })
}

statements! {
    OF_YEARS = "SELECT day, name, kind, status FROM holiday WHERE year >= $1 AND year <= $2 ORDER BY day";
    YEARS = "SELECT year, source, digest FROM holiday_year ORDER BY year";
    CLEAR = "DELETE FROM holiday WHERE year = $1";
    DAY = "INSERT INTO holiday (day, year, name, kind, status) VALUES ($1, $2, $3, $4, $5)";
    YEAR = "INSERT INTO holiday_year (year, source, digest) VALUES ($1, $2, $3)
            ON CONFLICT (year) DO UPDATE SET source = excluded.source, digest = excluded.digest";
}
