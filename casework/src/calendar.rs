//! Days on which an office works (DOMAIN §6.2, §10).
//!
//! Holidays are data, and a year without data has no open days and no closed ones: it is refused ([`NoData`]), never assumed
//! open. [`rules`] computes what the law says of a year, to check the data with, and to tell apart what a file calls 「休日」.

mod desired;
pub mod rules;
pub mod typed;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::time::{Date, Day, Weekday};

pub use desired::{DesiredDay, WrongDay};

/// The holidays that this version knew when it was made, as CSV: `date,name,kind,status`.
pub const SHIPPED: &str = include_str!("../data/holidays.csv");

/// The days of one office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    holidays: Arc<Holidays>,
    closures: Closures,
}

/// Holidays as data. It knows every year of which it has one, and no other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    days: BTreeMap<Day, Listed>,
    years: BTreeMap<i32, Status>,
}

/// A holiday of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the law makes of the day.
    pub holiday: Holiday,
    /// Whether that is certain.
    pub status: Status,
}

/// A 休日 of 国民の祝日に関する法律.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Which day.
    pub day: Day,
    /// What it is called.
    pub name: String,
    /// By which rule.
    pub kind: Kind,
}

/// By which rule a day is a 休日.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 祝日 (2条)
    National,
    /// 振替休日 (3条2項)
    Substitute,
    /// 国民の休日 (3条3項)
    Between,
}

/// Whether the data of a day is certain: equinoxes are fixed each February for the year that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Announced.
    Official,
    /// 見込み: computed, and not announced yet.
    Forecast,
}

/// When an office is closed besides weekends and holidays, and how far ahead a day can be wished for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closures {
    /// 年末年始, 12/29 to 1/3 (A15).
    pub year_end: bool,
    /// Days of its own. What they are called is the office's to say.
    pub own: Vec<When>,
    /// 再発行希望日 lies at most so many days ahead (A17).
    pub days_ahead: u16,
}

/// A day, once or each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Once.
    Once(Day),
    /// Each year: 慰霊の日 is 6/23 in 沖縄. 2/29 is closed where there is one.
    Yearly {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
}

/// Why an office is closed on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed<'a> {
    /// 祝日, 振替休日 or 国民の休日
    Holiday(&'a Holiday),
    /// 土曜日
    Saturday,
    /// 日曜日
    Sunday,
    /// 年末年始
    YearEnd,
    /// A day of the office's own, this one.
    Own(When),
}

/// Nobody has said yet which days of a year are holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoData {
    /// Which year.
    pub year: i32,
}

impl Calendar {
    /// The calendar of an office with these closures.
    pub const fn new(holidays: Arc<Holidays>, closures: Closures) -> Self {
        Self { holidays, closures }
    }

    /// Whether the office is closed on that day.
    pub fn is_closed(&self, day: Day) -> Result<bool, NoData> {
        self.closed(day).map(|closed| closed.is_some())
    }

    /// Why the office is closed on that day, or `None` where it is open. A holiday that falls on a weekend is told as one.
    pub fn closed(&self, day: Day) -> Result<Option<Closed<'_>>, NoData> {
        self.status(day)?;
        if let Some(listed) = self.holidays.days.get(&day) {
            return Ok(Some(Closed::Holiday(&listed.holiday)));
        }
        let by_weekday = match day.weekday() {
            Weekday::Saturday => Some(Closed::Saturday),
            Weekday::Sunday => Some(Closed::Sunday),
            _ => None,
        };
        let year_end = || (self.closures.year_end && is_year_end(day.date())).then_some(Closed::YearEnd);
        let own = || self.closures.own.iter().find(|own| own.is(day));
        Ok(by_weekday
            .or_else(year_end)
            .or_else(|| own().map(|own| Closed::Own(*own))))
    }

    /// 翌営業日: the first open day strictly after this one.
    pub fn next_business_day(&self, after: Day) -> Result<Day, NoData> {
        let mut day = after.plus(1);
        // It ends, as the data does.
        while self.is_closed(day)? {
            day = day.plus(1);
        }
        Ok(day)
    }

    /// Whether what is said of that day's year is certain. An open day of a forecast year may yet become a holiday.
    pub fn status(&self, day: Day) -> Result<Status, NoData> {
        let year = day.date().year;
        self.holidays.status(year).ok_or(NoData { year })
    }

    /// The holidays it was made of.
    pub fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// The closures it was made of.
    pub const fn closures(&self) -> &Closures {
        &self.closures
    }
}

impl Holidays {
    /// The data of these rows. Of two rows of one day the last one counts.
    pub fn new(rows: impl IntoIterator<Item = Listed>) -> Self {
        let mut holidays = Self::default();
        for listed in rows {
            let day = listed.holiday.day;
            let year = holidays.years.entry(day.date().year).or_insert(Status::Official);
            *year = listed.status.max(*year);
            holidays.days.insert(day, listed);
        }
        holidays
    }

    /// The years it knows, with the least certain status of a row in each.
    pub fn years(&self) -> impl Iterator<Item = (i32, Status)> {
        self.years.iter().map(|(year, status)| (*year, *status))
    }

    /// Whether what it knows of the year is certain; `None` where it knows nothing.
    pub fn status(&self, year: i32) -> Option<Status> {
        self.years.get(&year).copied()
    }

    /// The row of that day.
    pub fn on(&self, day: Day) -> Option<&Listed> {
        self.days.get(&day)
    }

    /// The rows of a year, in order.
    pub fn of(&self, year: i32) -> impl Iterator<Item = &Listed> {
        let first = |year| Date { year, month: 1, day: 1 }.as_day();
        self.days.range(first(year)..first(year + 1)).map(|(_, listed)| listed)
    }

    /// The day from which on nothing is known, counted from the year of `from`: the first day of the first unknown year.
    pub fn ends(&self, from: Day) -> Day {
        let mut year = from.date().year;
        while self.years.contains_key(&year) {
            year += 1;
        }
        let unknown = Date { year, month: 1, day: 1 };
        unknown.as_day()
    }
}

/// As DOMAIN recommends where a source is silent (A15, A17).
impl Default for Closures {
    fn default() -> Self {
        Self {
            year_end: true,
            own: Vec::new(),
            days_ahead: 60,
        }
    }
}

impl When {
    /// Whether it is that day.
    pub fn is(self, day: Day) -> bool {
        match self {
            Self::Once(once) => once == day,
            Self::Yearly { month, day: of_month } => {
                let date = day.date();
                (date.month, date.day) == (month, of_month)
            }
        }
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::National, Self::Substitute, Self::Between];

    /// What the law calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::National => "祝日",
            Self::Substitute => "振替休日",
            Self::Between => "国民の休日",
        }
    }

    /// The name under which rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Substitute => "substitute",
            Self::Between => "between",
        }
    }
}

impl Status {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Official, Self::Forecast];

    /// The name under which rows, files and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::Forecast => "forecast",
        }
    }
}

const fn is_year_end(date: Date) -> bool {
    matches!((date.month, date.day), (12, 29..=31) | (1, 1..=3))
}
