//! 論理端末 as a file: CSV in UTF-8 or Shift_JIS, read whole, with everything that is wrong in it named by line, column and
//! reason. What stands in the column of 認証コード2 is a secret: no message repeats it, and no log.

mod column;

use casework::characters::half_width;
use casework::organisation::ContractNumber;
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::{Day, Instant};
use std::collections::HashMap;
use std::fmt;
use zeroize::Zeroizing;

use crate::register::{self, Encoding, csv};
use column::Column;

/// A line of the file that can be taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Whose terminal it is.
    pub contract: ContractNumber,
    /// Which one.
    pub terminal: Terminal,
    /// 認証コード2, where the file has one.
    pub code: Option<Zeroizing<String>>,
    /// 発行日 of the certificate that the terminal has, and the last instant of that certificate.
    pub certificate: Option<(Day, Instant)>,
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
    /// No number of a contract.
    #[error("wanted: 1 to 20 letters, digits and hyphens")]
    Contract,
    /// The centre has no such contract.
    #[error("the centre has no contract of this number that is in force")]
    NoContract,
    /// No 区分.
    #[error("wanted: 海上 or 航空")]
    Division,
    /// No 利用機器区分.
    #[error("wanted: netNACCS or webNACCS")]
    Device,
    /// No 論理端末名.
    #[error("wanted: six letters and digits")]
    Name,
    /// It stands in the file twice.
    #[error("the same terminal stands in line {0}")]
    Twice(usize),
    /// Another code than the terminal's.
    #[error("wanted: {0}, as the terminal is called, or nothing")]
    FirstCode(String),
    /// No 認証コード2. What it is stays untold.
    #[error("wanted: ten letters and digits, or nothing")]
    SecondCode,
    /// Another code than everybody's.
    #[error("wanted: {0}, or nothing")]
    ThirdCode(&'static str),
    /// No day.
    #[error("wanted: a day that there is, as 2026-04-01, 2026/4/1 or 20260401")]
    Day,
    /// Two days in the wrong order.
    #[error("it ends before it begins")]
    Order,
    /// A certificate without a beginning or an end.
    #[error("a certificate has a first day and a last day, or none of the two")]
    Half,
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
    let header = records.next().ok_or(NoSheet::Empty)?;
    let columns = column::header(&header.values)?;
    let mut sheet = Sheet {
        encoding,
        ..Sheet::default()
    };
    let mut seen: HashMap<Terminal, usize> = HashMap::new();
    for record in records {
        if sheet.lines.len() + sheet.bad.len() > MOST_LINES {
            return Err(NoSheet::TooLong);
        }
        if record.wrong.is_none() && record.values.iter().all(|value| trimmed(value).is_empty()) {
            continue;
        }
        let mut fields = Fields {
            columns: &columns,
            record: &record,
            bad: Vec::new(),
        };
        let line = fields.line(&mut seen);
        let good = fields.bad.is_empty();
        sheet.bad.append(&mut fields.bad);
        sheet.lines.extend(line.filter(|_| good));
    }
    Ok(sheet)
}

impl Line {
    /// The complaint of whoever knows the contracts, and not this one.
    pub fn of_no_contract(&self) -> Bad {
        Bad {
            line: self.line,
            column: Column::Contract.header(),
            why: Why::NoContract,
        }
    }
}

/// The values of a line, and what was found wrong in them.
struct Fields<'a> {
    columns: &'a [Column],
    record: &'a csv::Record,
    bad: Vec<Bad>,
}

impl Fields<'_> {
    fn line(&mut self, seen: &mut HashMap<Terminal, usize>) -> Option<Line> {
        let (found, wanted) = (self.record.values.len(), self.columns.len());
        if let Some(wrong) = &self.record.wrong {
            self.complain("", Why::Record(wrong.clone()));
            return None;
        }
        if found != wanted {
            self.complain("", Why::Width { found, wanted });
            return None;
        }
        let contract = self.must(Column::Contract, Why::Contract, ContractNumber::typed);
        let division = self.must(Column::Division, Why::Division, division);
        let device = self.must(Column::Device, Why::Device, device);
        let name = self.must(Column::Name, Why::Name, TerminalName::parse);
        let code = self.may(Column::SecondCode, Why::SecondCode, second_code);
        let issued = self.may(Column::Issued, Why::Day, register::day);
        let until = self.may(Column::Until, Why::Day, register::day);
        let certificate = self.certificate(issued, until);
        let terminal = Terminal {
            division: division?,
            device: device?,
            name: name?,
        };
        self.other_codes(terminal);
        if let Some(before) = seen.insert(terminal, self.record.line) {
            self.complain(Column::Name.header(), Why::Twice(before));
        }
        Some(Line {
            line: self.record.line,
            contract: contract?,
            terminal,
            code,
            certificate,
        })
    }

    fn certificate(&mut self, issued: Option<Day>, until: Option<Day>) -> Option<(Day, Instant)> {
        if self.value(Column::Issued).is_empty() != self.value(Column::Until).is_empty() {
            self.complain(Column::Until.header(), Why::Half);
        }
        let (issued, until) = (issued?, until?);
        if until < issued {
            self.complain(Column::Until.header(), Why::Order);
        }
        Some((issued, until.ends()))
    }

    /// 認証コード1 and 3 are what the terminal's name says; a file that says something else is about another terminal.
    fn other_codes(&mut self, terminal: Terminal) {
        let first = self.value(Column::FirstCode);
        if !first.is_empty() && TerminalName::from_first_code(first) != Some(terminal.name) {
            self.complain(Column::FirstCode.header(), Why::FirstCode(terminal.first_code()));
        }
        let third = self.value(Column::ThirdCode);
        if !third.is_empty() && !narrow(third).eq_ignore_ascii_case(terminal.third_code()) {
            self.complain(Column::ThirdCode.header(), Why::ThirdCode(terminal.third_code()));
        }
    }

    fn value(&self, column: Column) -> &str {
        let place = self.columns.iter().position(|known| *known == column);
        let value = place.and_then(|place| self.record.values.get(place));
        value.map_or("", |value| trimmed(value))
    }

    fn must<T>(&mut self, column: Column, why: Why, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        if self.value(column).is_empty() {
            self.complain(column.header(), Why::Empty);
            return None;
        }
        self.may(column, why, read)
    }

    fn may<T>(&mut self, column: Column, why: Why, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.value(column);
        if value.is_empty() {
            return None;
        }
        let read = read(value);
        if read.is_none() {
            self.complain(column.header(), why);
        }
        read
    }

    fn complain(&mut self, column: &'static str, why: Why) {
        self.bad.push(Bad {
            line: self.record.line,
            column,
            why,
        });
    }
}

fn division(text: &str) -> Option<Division> {
    let typed = narrow(text).to_ascii_lowercase();
    Division::ALL
        .into_iter()
        .find(|division| [division.label(), division.key()].contains(&typed.as_str()))
}

fn device(text: &str) -> Option<Device> {
    let typed = narrow(text).to_ascii_lowercase();
    Device::ALL.into_iter().find(|device| device.key() == typed)
}

/// Ten letters and digits; small letters are written in capitals, full-width ones narrow.
fn second_code(text: &str) -> Option<Zeroizing<String>> {
    let code = Zeroizing::new(narrow(text).to_ascii_uppercase());
    let fits = code.len() == SECOND_CODE && code.bytes().all(|octet| octet.is_ascii_alphanumeric());
    fits.then_some(code)
}

fn narrow(text: &str) -> String {
    text.chars().map(half_width).collect()
}

fn trimmed(value: &str) -> &str {
    value.trim_matches([' ', '\u{3000}'])
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            "" => write!(f, "line {}: {}", self.line, self.why),
            column => write!(f, "line {}, {column}: {}", self.line, self.why),
        }
    }
}

/// The code stands in no log.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({}: {} {:?})", self.line, self.contract, self.terminal)
    }
}

/// Characters of a 認証コード2.
const SECOND_CODE: usize = 10;
/// Lines of a file: ten times what a country's customs brokers have.
const MOST_LINES: usize = 500_000;
const MOST_OCTETS: usize = 64 << 20;

#[cfg(test)]
mod tests;
