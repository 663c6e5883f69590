//! A list of qualified bidders as a file: CSV in UTF-8 or Shift_JIS, read whole, with everything that is wrong in it named by
//! line, column and reason.
//!
//! Nothing is guessed. What another program would run as a formula is refused (A38), and so is a character that is another
//! picture on every machine (外字). Half-width kana alone is written in full width, and it is told how often.

mod column;
pub(crate) mod csv;
mod field;

pub(crate) use field::day;

use casework::register::{BusinessNumber, Delegate, Entry};
use casework::time::Day;
use std::collections::HashMap;
use std::fmt;

use column::Column;
use field::Field;

/// A line of the file that can be taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// What the line says of the company.
    pub entry: Entry,
    /// The registration password as it is to be kept, where the file brings one.
    pub password: Option<String>,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// How it was written.
    pub encoding: Encoding,
    /// The lines that can be taken, in the order of the file.
    pub lines: Vec<Line>,
    /// Everything that is wrong, in the order of the file.
    pub bad: Vec<Bad>,
    /// How many values were written in half-width kana.
    pub widened: usize,
}

/// How a file was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    #[default]
    Utf8,
    /// Shift_JIS as Windows writes it (CP932).
    ShiftJis,
}

/// Something that is wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Which line of the file, from 1; a value with line breaks has more than one, and its first counts.
    pub line: usize,
    /// The column as its header calls it; empty where it is the whole line.
    pub column: &'static str,
    /// What is wrong, and what is wanted.
    pub why: Why,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nothing stands there.
    #[error("nothing stands there, and something must")]
    Empty,
    /// More than fits.
    #[error("{0} characters are the most that it may have")]
    TooLong(usize),
    /// A character of one machine alone.
    #[error("the character U+{:04X} is private to one machine (外字): write it in another form", *.0 as u32)]
    Private(char),
    /// A control character, one without a picture, or one that turns the writing around.
    #[error("the character U+{:04X} cannot stand there", *.0 as u32)]
    Character(char),
    /// Another program would run it.
    #[error("it begins with {0:?}, which a spreadsheet takes for a formula")]
    Formula(char),
    /// No number of a company.
    #[error("wanted: 1 to 20 letters, digits and hyphens")]
    Number,
    /// It stands in the file twice.
    #[error("the same number stands in line {0}")]
    Twice(usize),
    /// No reading.
    #[error("wanted: katakana")]
    Kana,
    /// No day.
    #[error("wanted: a day that there is, as 2026-04-01, 2026/4/1 or 20260401")]
    Day,
    /// Two days in the wrong order.
    #[error("it ends before it begins")]
    Order,
    /// A delegate without a period, or a period without a delegate.
    #[error("a delegate has a name, a first day and a last day, or none of the three")]
    Delegate,
    /// No 法人番号.
    #[error("wanted: a 法人番号 of thirteen digits whose check digit is right")]
    CorporateNumber,
    /// No password as it is kept.
    #[error("wanted: an Argon2id hash as a PHC string; a password itself does not belong into a file")]
    Password,
    /// More or fewer values than the header has columns.
    #[error("it has {found} values, and the header has {wanted} columns")]
    Width {
        /// How many it has.
        found: usize,
        /// How many the header has.
        wanted: usize,
    },
    /// Octets that are no characters.
    #[error("it has octets that are no {0}")]
    Octets(&'static str),
    /// A quotation mark where none can be.
    #[error("a quotation mark stands within a value, or is not closed")]
    Quotes,
}

/// Why a file is no list at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSheet {
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// Neither encoding.
    #[error("the file is neither UTF-8 nor Shift_JIS (it looks like {0}); save it as CSV UTF-8")]
    Encoding(&'static str),
    /// A column that nobody knows.
    #[error("the header has the column {0:?}; wanted: {known}", known = column::known())]
    Unknown(String),
    /// A column twice.
    #[error("the header has the column {0} twice")]
    Twice(&'static str),
    /// A column that must be there.
    #[error("the header has no column {0}")]
    Missing(&'static str),
    /// More than this house takes.
    #[error("the file has more than {MOST_LINES} lines or {MOST_OCTETS} octets")]
    TooLong,
}

/// Reads a file.
pub fn read(octets: &[u8]) -> Result<Sheet, NoSheet> {
    if octets.len() > MOST_OCTETS {
        return Err(NoSheet::TooLong);
    }
    let is_header = |names: &[String]| column::header(names).is_ok();
    let (encoding, octets) = csv::encoding_of(octets, is_header).map_err(NoSheet::Encoding)?;
    let mut records = csv::records(octets, encoding);
    let Some(header) = records.next() else {
        return Err(NoSheet::Empty);
    };
    let columns = column::header(&header.values)?;
    let mut sheet = Sheet {
        encoding,
        ..Sheet::default()
    };
    let mut seen: HashMap<BusinessNumber, usize> = HashMap::new();
    for record in records {
        if sheet.lines.len() + sheet.bad.len() > MOST_LINES {
            return Err(NoSheet::TooLong);
        }
        let whole = |why| Bad {
            line: record.line,
            column: "",
            why,
        };
        if let Some(why) = record.wrong {
            sheet.bad.push(whole(why));
            continue;
        }
        if record.values.iter().all(String::is_empty) {
            continue;
        }
        if record.values.len() != columns.len() {
            sheet.bad.push(whole(Why::Width {
                found: record.values.len(),
                wanted: columns.len(),
            }));
            continue;
        }
        let mut field = Field::new(&columns, &record.values);
        let line = line_of(&mut field);
        sheet.widened += field.widened;
        let number = line.as_ref().map(|line| line.entry.number.clone());
        if let Some(number) = number
            && let Some(before) = seen.insert(number, record.line)
        {
            field.bad.push((Column::Number, Why::Twice(before)));
        }
        let good = field.bad.is_empty();
        sheet.bad.extend(field.bad.into_iter().map(|(column, why)| Bad {
            line: record.line,
            column: column.header(),
            why,
        }));
        sheet.lines.extend(line.filter(|_| good));
    }
    Ok(sheet)
}

/// The fields of an entry besides its number, in the order of a form.
pub const FIELDS: [&str; 10] = [
    "name",
    "name_kana",
    "address",
    "representative",
    "delegate",
    "delegate_from",
    "delegate_until",
    "corporate_number",
    "valid_from",
    "valid_until",
];

/// An entry of values in the order of [`FIELDS`], by the rules that a file is read by; or what is wrong with which field.
pub fn checked(number: &BusinessNumber, values: &[String]) -> Result<Entry, Vec<(&'static str, Why)>> {
    let columns: Vec<Column> = [Column::Number].into_iter().chain(FIELDS.map(Column::of)).collect();
    let values: Vec<String> = [number.to_string()].into_iter().chain(values.iter().cloned()).collect();
    let mut field = Field::new(&columns, &values);
    let line = line_of(&mut field);
    if let Some(line) = line.filter(|_| field.bad.is_empty()) {
        return Ok(line.entry);
    }
    let bad = field.bad.into_iter();
    Err(bad.filter_map(|(column, why)| Some((column.field()?, why))).collect())
}

/// What a line says; everything that is wrong in it is collected in the field.
fn line_of(field: &mut Field<'_>) -> Option<Line> {
    let number = field.must(Column::Number, 20);
    let number = number.and_then(|text| field.read(Column::Number, Why::Number, BusinessNumber::parse(&text)));
    let name = field.must(Column::Name, LONGEST);
    let name_kana = field.may(Column::NameKana, LONGEST).unwrap_or_default();
    if let Some(wrong) = name_kana.chars().find(|character| !is_reading(*character)) {
        let why = if wrong.is_control() {
            Why::Character(wrong)
        } else {
            Why::Kana
        };
        field.bad.push((Column::NameKana, why));
    }
    let address = field.may(Column::Address, LONGEST).unwrap_or_default();
    let representative = field.must(Column::Representative, LONGEST);
    let delegate = delegate_of(field);
    let corporate_number = field.may(Column::CorporateNumber, 20).and_then(|text| {
        let number = field::corporate_number(&text);
        field.read(Column::CorporateNumber, Why::CorporateNumber, number)
    });
    let valid_from = field.day(Column::ValidFrom, true);
    let valid_until = field.day(Column::ValidUntil, true);
    let valid = ordered(field, Column::ValidUntil, valid_from, valid_until);
    let password = field.may(Column::Password, 300);
    if password
        .as_deref()
        .is_some_and(|phc| !crate::store::is_registration_password(phc))
    {
        field.bad.push((Column::Password, Why::Password));
    }
    Some(Line {
        entry: Entry {
            number: number?,
            name: name.unwrap_or_default(),
            name_kana,
            address,
            representative: representative.unwrap_or_default(),
            delegate,
            corporate_number,
            valid: valid.unwrap_or((Day(0), Day(0))),
        },
        password,
    })
}

fn delegate_of(field: &mut Field<'_>) -> Option<Delegate> {
    let name = field.may(Column::Delegate, LONGEST);
    let from = field.day(Column::DelegateFrom, false);
    let until = field.day(Column::DelegateUntil, false);
    let there = [Column::Delegate, Column::DelegateFrom, Column::DelegateUntil].map(|column| field.has(column));
    match there {
        [false, false, false] => None,
        [true, true, true] => {
            let (from, until) = ordered(field, Column::DelegateUntil, from, until)?;
            name.map(|name| Delegate { name, from, until })
        }
        _ => {
            field.bad.push((Column::Delegate, Why::Delegate));
            None
        }
    }
}

fn ordered(field: &mut Field<'_>, column: Column, from: Option<Day>, until: Option<Day>) -> Option<(Day, Day)> {
    let (from, until) = (from?, until?);
    if until < from {
        field.bad.push((column, Why::Order));
    }
    Some((from, until))
}

/// Readings are katakana; names that are written in letters are read as such.
fn is_reading(character: char) -> bool {
    casework::characters::katakana(character)
        || character.is_ascii_graphic()
        || matches!(character, ' ' | '！'..='～' | '゛' | '゜')
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::ShiftJis => "Shift_JIS",
        })
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            "" => write!(f, "line {}: {}", self.line, self.why),
            column => write!(f, "line {}, {column}: {}", self.line, self.why),
        }
    }
}

/// The password's hash stands in no log.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// Characters of a name or an address.
const LONGEST: usize = 200;
/// Lines of a file: five times what a prefecture has.
const MOST_LINES: usize = 500_000;
const MOST_OCTETS: usize = 256 << 20;

#[cfg(test)]
mod tests;
