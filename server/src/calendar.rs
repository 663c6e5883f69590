//! Holidays as a file: the Cabinet Office's `syukujitsu.csv`, or this house's own form, which says what that one leaves out.
//!
//! The file is read whole, with everything that is wrong in it named by line, column and reason. What it says wins over what
//! the law's rules compute ([`rules`]): a law may have changed. Where the two differ, it is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use casework::calendar::{Holiday, Kind, Listed, SHIPPED, Status, rules};
use casework::characters::{self, half_width};
use casework::time::Day;

use crate::register::{self, Encoding, csv};

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// How it was written.
    pub encoding: Encoding,
    /// The days that can be taken, in the order of the file.
    pub rows: Vec<Listed>,
    /// Everything that is wrong, in the order of the file.
    pub bad: Vec<Bad>,
}

/// Something that is wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Which line of the file, from 1.
    pub line: usize,
    /// The column as its header calls it; empty where it is the whole line.
    pub column: &'static str,
    /// What is wrong, and what is wanted.
    pub why: Why,
    /// Of which year the line speaks, where that can be read.
    year: Option<i32>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nothing stands there.
    #[error("nothing stands there, and something must")]
    Empty,
    /// No day.
    #[error("wanted: a day that there is, as 2027/1/1 or 2027-01-01")]
    Day,
    /// The day stands in the file twice.
    #[error("the same day stands in line {0}")]
    Twice(usize),
    /// More than a name has.
    #[error("{LONGEST_NAME} characters are the most that a name may have")]
    TooLong,
    /// A character that cannot stand in a name.
    #[error("the character U+{:04X} cannot stand there", *.0 as u32)]
    Character(char),
    /// Another program would run it (A38).
    #[error("it begins with {0:?}, which a spreadsheet takes for a formula")]
    Formula(char),
    /// No kind.
    #[error("wanted: 祝日, 振替休日 or 国民の休日")]
    Kind,
    /// No status.
    #[error("wanted: official or forecast")]
    Status,
    /// More or fewer values than the header has columns.
    #[error("it has {found} values, and the header has {wanted} columns")]
    Width {
        /// How many it has.
        found: usize,
        /// How many the header has.
        wanted: usize,
    },
    /// It is no record of a CSV file.
    #[error(transparent)]
    Record(register::Why),
}

/// Why a file has no holidays at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSheet {
    /// Nothing is in it.
    #[error("the file is empty, or has no day")]
    Empty,
    /// Neither encoding.
    #[error("the file is neither UTF-8 nor Shift_JIS (it looks like {0}); save it as CSV UTF-8")]
    Encoding(&'static str),
    /// Another header.
    #[error(
        "the header is {0:?}; wanted: 国民の祝日・休日月日,国民の祝日・休日名称 as the Cabinet Office writes it, or date,name,kind,status"
    )]
    Header(String),
    /// More than any calendar has.
    #[error("the file has more than {MOST_OCTETS} octets")]
    TooLong,
}

/// Where a file and the law's rules differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The rules have a day that the file does not have.
    Missing(Holiday),
    /// The file has a day that the rules do not have.
    Extra(Holiday),
    /// Both have the day, and call it something else.
    Other {
        /// What the file says.
        file: Holiday,
        /// What the rules say.
        rules: Holiday,
    },
}

/// The holidays that this version was shipped with.
pub fn shipped() -> Vec<Listed> {
    // A test holds that nothing is wrong in them.
    read(SHIPPED.as_bytes()).map(|sheet| sheet.rows).unwrap_or_default()
}

/// Reads a file.
pub fn read(octets: &[u8]) -> Result<Sheet, NoSheet> {
    if octets.len() > MOST_OCTETS {
        return Err(NoSheet::TooLong);
    }
    let is_header = |names: &[String]| Form::of(names).is_some();
    let (encoding, octets) = csv::encoding_of(octets, is_header).map_err(NoSheet::Encoding)?;
    let mut records = csv::records(octets, encoding);
    let header = records.next().ok_or(NoSheet::Empty)?;
    let Some(form) = Form::of(&header.values) else {
        return Err(NoSheet::Header(header.values.join(",").chars().take(80).collect()));
    };
    let mut sheet = Sheet {
        encoding,
        ..Sheet::default()
    };
    let (mut seen, mut rest) = (BTreeMap::new(), Vec::new());
    for record in records {
        if record.wrong.is_none() && record.values.iter().all(|value| trimmed(value).is_empty()) {
            continue;
        }
        let mut line = Line::new(form, &record);
        let day = line.day();
        if let Some(day) = day
            && let Some(before) = seen.insert(day, record.line)
        {
            line.complain(line.column(0), Why::Twice(before));
        }
        let (name, kind, status) = (line.name(), line.kind(), line.status());
        if line.bad.is_empty()
            && let (Some(day), Some(name)) = (day, name)
        {
            if form == Form::CabinetOffice && name == REST {
                rest.push(sheet.rows.len());
            }
            let holiday = Holiday { day, name, kind };
            sheet.rows.push(Listed { holiday, status });
        }
        sheet.bad.append(&mut line.bad);
    }
    tell_apart(&mut sheet.rows, &rest);
    if sheet.rows.is_empty() && sheet.bad.is_empty() {
        return Err(NoSheet::Empty);
    }
    Ok(sheet)
}

impl Sheet {
    /// The years of which it has a day.
    pub fn years(&self) -> BTreeSet<i32> {
        self.rows.iter().map(|row| year(row.holiday.day)).collect()
    }

    /// Leaves out whole years: a holiday that is missing would be an open day. A year goes with any bad line of it; where a
    /// bad line does not say its year, every year goes in which the rules have a day that the file does not have, and every
    /// year for which there are no rules. Says which.
    pub fn leave_out_bad_years(&mut self) -> BTreeSet<i32> {
        let mut out: BTreeSet<i32> = self.bad.iter().filter_map(|bad| bad.year).collect();
        if self.bad.iter().any(|bad| bad.year.is_none()) {
            out.extend(self.years().into_iter().filter(|year| !rules::YEARS.contains(year)));
            out.extend(self.differences().iter().filter_map(|difference| match difference {
                Difference::Missing(holiday) => Some(year(holiday.day)),
                Difference::Extra(_) | Difference::Other { .. } => None,
            }));
        }
        let had = self.years();
        self.rows.retain(|row| !out.contains(&year(row.holiday.day)));
        had.intersection(&out).copied().collect()
    }

    /// Where its years and the rules differ, in order. Years for which there are no rules are not compared.
    pub fn differences(&self) -> Vec<Difference> {
        let file: BTreeMap<Day, &Holiday> = self.rows.iter().map(|row| (row.holiday.day, &row.holiday)).collect();
        let mut differences = Vec::new();
        for year in self.years().into_iter().filter(|year| rules::YEARS.contains(year)) {
            let law = rules::holidays(year);
            differences.extend(law.iter().filter_map(|rules| match file.get(&rules.day) {
                None => Some(Difference::Missing(rules.clone())),
                Some(file) if *file != rules => Some(Difference::Other {
                    file: (*file).clone(),
                    rules: rules.clone(),
                }),
                Some(_) => None,
            }));
            let extra = file.values().filter(|holiday| self::year(holiday.day) == year);
            let extra = extra.filter(|holiday| law.iter().all(|rules| rules.day != holiday.day));
            differences.extend(extra.map(|holiday| Difference::Extra((*holiday).clone())));
        }
        differences.sort_by_key(Difference::day);
        differences
    }
}

impl Difference {
    /// On which day.
    pub const fn day(&self) -> Day {
        match self {
            Self::Missing(holiday) | Self::Extra(holiday) | Self::Other { file: holiday, .. } => holiday.day,
        }
    }
}

/// The forms that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// 国民の祝日・休日月日, 国民の祝日・休日名称: all of it is announced, and 「休日」 may be either kind.
    CabinetOffice,
    /// date, name, kind, status
    House,
}

impl Form {
    fn of(names: &[String]) -> Option<Self> {
        let names: Vec<&str> = names.iter().map(|name| trimmed(name)).collect();
        [Self::CabinetOffice, Self::House]
            .into_iter()
            .find(|form| form.columns() == names)
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::CabinetOffice => &["国民の祝日・休日月日", "国民の祝日・休日名称"],
            Self::House => &["date", "name", "kind", "status"],
        }
    }
}

/// A line as it is checked.
struct Line<'a> {
    form: Form,
    record: &'a csv::Record,
    bad: Vec<Bad>,
}

impl<'a> Line<'a> {
    fn new(form: Form, record: &'a csv::Record) -> Self {
        let mut line = Self {
            form,
            record,
            bad: Vec::new(),
        };
        let (found, wanted) = (record.values.len(), form.columns().len());
        if let Some(wrong) = &record.wrong {
            line.complain("", Why::Record(wrong.clone()));
        } else if found != wanted {
            line.complain("", Why::Width { found, wanted });
        }
        line
    }

    /// The value of a column; nothing where the line as a whole was complained about.
    fn value(&self, place: usize) -> Option<&'a str> {
        if self.bad.iter().any(|bad| bad.column.is_empty()) {
            return None;
        }
        self.record.values.get(place).map(|value| trimmed(value))
    }

    fn complain(&mut self, column: &'static str, why: Why) {
        let day = self.record.values.first().and_then(|value| day(trimmed(value)));
        let year = day.map(year);
        self.bad.push(Bad {
            line: self.record.line,
            column,
            why,
            year,
        });
    }

    fn column(&self, place: usize) -> &'static str {
        self.form.columns().get(place).copied().unwrap_or_default()
    }

    fn day(&mut self) -> Option<Day> {
        let value = self.value(0)?;
        let read = day(value);
        if read.is_none() {
            let why = if value.is_empty() { Why::Empty } else { Why::Day };
            self.complain(self.column(0), why);
        }
        read
    }

    fn name(&mut self) -> Option<String> {
        let value = self.value(1)?;
        let wrong = if value.is_empty() {
            Some(Why::Empty)
        } else if let Some(first) = value
            .chars()
            .next()
            .filter(|first| matches!(half_width(*first), '=' | '+' | '-' | '@'))
        {
            Some(Why::Formula(first))
        } else if let Some(character) = characters::forbidden(value) {
            Some(Why::Character(character))
        } else {
            (characters::count(value) > LONGEST_NAME).then_some(Why::TooLong)
        };
        if let Some(why) = wrong {
            self.complain(self.column(1), why);
            return None;
        }
        Some(value.to_owned())
    }

    /// What the line says; of the Cabinet Office's, what its name says, before 「休日」 is told apart.
    fn kind(&mut self) -> Kind {
        if self.form == Form::CabinetOffice {
            let named = self.value(1).and_then(kind);
            return named.unwrap_or(Kind::National);
        }
        let Some(value) = self.value(2) else {
            return Kind::National;
        };
        kind(value).unwrap_or_else(|| {
            self.complain(self.column(2), Why::Kind);
            Kind::National
        })
    }

    fn status(&mut self) -> Status {
        let Some(value) = self.value(3) else {
            return Status::Official;
        };
        let status = Status::ALL.into_iter().find(|status| status.key() == value);
        status.unwrap_or_else(|| {
            self.complain(self.column(3), Why::Status);
            Status::Official
        })
    }
}

/// Gives each 「休日」 of the file its kind and its name, by the rules and the 祝日 of the file itself. One that no rule
/// explains was made by a law of its own: it stays what the file calls it.
fn tell_apart(rows: &mut [Listed], rest: &[usize]) {
    let national: BTreeSet<Day> = rows
        .iter()
        .enumerate()
        .filter(|(place, row)| !rest.contains(place) && row.holiday.kind == Kind::National)
        .map(|(_, row)| row.holiday.day)
        .collect();
    for place in rest {
        let Some(row) = rows.get_mut(*place) else { continue };
        if let Some(kind) = rules::rest(row.holiday.day, |day| national.contains(&day)) {
            kind.name().clone_into(&mut row.holiday.name);
            row.holiday.kind = kind;
        }
    }
}

fn kind(name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// `2027/1/1`, `2027-01-01` or `20270101`, in digits of either width.
fn day(text: &str) -> Option<Day> {
    register::day(text).filter(|day| year(*day) >= FIRST_YEAR)
}

fn trimmed(value: &str) -> &str {
    value.trim_matches([' ', '\u{3000}'])
}

fn year(day: Day) -> i32 {
    day.date().year
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            "" => write!(f, "line {}: {}", self.line, self.why),
            column => write!(f, "line {}, {column}: {}", self.line, self.why),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |holiday: &Holiday| match holiday.kind {
            Kind::National => format!("{} (祝日)", holiday.name),
            Kind::Substitute | Kind::Between => holiday.name.clone(),
        };
        let day = self.day().date();
        match self {
            Self::Missing(rules) => write!(f, "{day}: the rules have {}, the file has nothing", told(rules)),
            Self::Extra(file) => write!(f, "{day}: the file has {}, the rules have nothing", told(file)),
            Self::Other { file, rules } => {
                write!(f, "{day}: the file has {}, the rules have {}", told(file), told(rules))
            }
        }
    }
}

/// What the Cabinet Office calls a 振替休日 and a 国民の休日.
const REST: &str = "休日";
const LONGEST_NAME: usize = 40;
/// The law is of 1948.
const FIRST_YEAR: i32 = 1948;
const MOST_OCTETS: usize = 1 << 20;

#[cfg(test)]
mod tests;
