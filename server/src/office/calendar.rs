//! 営業日 of an office: when it is closed besides weekends and holidays, and how far ahead a day can be wished for.

use casework::calendar::{Closures, When};
use casework::characters;
use casework::time::{Date, Day};
use serde::Deserialize;
use wire::office::Text;

use super::OfficeError;
use super::row::Words;

/// The calendar of an office, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Whether 12/29 to 1/3 is closed (A15).
    pub year_end: bool,
    /// 再発行希望日 lies at most so many days ahead (A17).
    pub days_ahead: u16,
    /// Days of its own, in the order of the file.
    pub closed: Vec<ClosedDay>,
}

/// A day on which this office is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedDay {
    /// Which day, or which day of each year.
    pub on: When,
    /// Why.
    pub name: Text,
}

impl Calendar {
    /// What the rules ask of it.
    pub fn closures(&self) -> Closures {
        Closures {
            year_end: self.year_end,
            own: self.closed.iter().map(|closed| closed.on).collect(),
            days_ahead: self.days_ahead,
        }
    }

    /// What a day of its own is called.
    pub fn name_of(&self, when: When) -> Option<&Text> {
        self.closed
            .iter()
            .find(|closed| closed.on == when)
            .map(|closed| &closed.name)
    }
}

/// What a file that says nothing of it has (A15, A17).
impl Default for Calendar {
    fn default() -> Self {
        let Closures {
            year_end, days_ahead, ..
        } = Closures::default();
        Self {
            year_end,
            days_ahead,
            closed: Vec::new(),
        }
    }
}

/// A day as the file writes it: `2026-08-13`, or `06-23` for each year.
pub fn when(text: &str) -> Option<When> {
    if let Some(date) = Date::from_iso(text) {
        let in_bounds = (FIRST_YEAR..=LAST_YEAR).contains(&date.year);
        return in_bounds.then(|| When::Once(date.as_day()));
    }
    // Of each year, 29 February is a day too.
    let date = Date::from_iso(&format!("2000-{text}"))?;
    Some(When::Yearly {
        month: date.month,
        day: date.day,
    })
}

/// The same, written.
pub fn written(when: When) -> String {
    match when {
        When::Once(day) => Day::date(day).to_string(),
        When::Yearly { month, day } => format!("{month:02}-{day:02}"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CalendarRow {
    #[serde(default = "closed")]
    year_end_closed: bool,
    #[serde(default = "two_months")]
    days_ahead: u16,
    #[serde(default)]
    closed: Vec<ClosedRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosedRow {
    on: String,
    name: Words,
}

impl CalendarRow {
    pub(super) fn checked(self) -> Result<Calendar, OfficeError> {
        if !(1..=366).contains(&self.days_ahead) {
            return refuse("calendar.days_ahead", "wanted: 1 to 366".to_owned());
        }
        if self.closed.len() > MOST_DAYS {
            return refuse(
                "calendar.closed",
                format!("{MOST_DAYS} days are the most that there may be"),
            );
        }
        let mut days: Vec<ClosedDay> = Vec::new();
        for row in self.closed {
            let Some(on) = when(&row.on) else {
                let why = format!("{:?} is no day: wanted 2026-08-13, or 08-13 for each year", row.on);
                return refuse("calendar.closed.on", why);
            };
            if days.iter().any(|known| known.on == on) {
                return refuse("calendar.closed.on", format!("{} stands twice", row.on));
            }
            for name in [&row.name.ja, &row.name.en] {
                if !is_name(name) {
                    let why = format!("{}: wanted 1 to {LONGEST_NAME} characters, each with a picture", row.on);
                    return refuse("calendar.closed.name", why);
                }
            }
            days.push(ClosedDay {
                on,
                name: row.name.into(),
            });
        }
        Ok(Calendar {
            year_end: self.year_end_closed,
            days_ahead: self.days_ahead,
            closed: days,
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && characters::forbidden(name).is_none() && characters::count(name) <= LONGEST_NAME
}

fn refuse<T>(key: &'static str, why: String) -> Result<T, OfficeError> {
    Err(OfficeError::Value { key, why })
}

fn closed() -> bool {
    true
}

fn two_months() -> u16 {
    60
}

/// Characters of what a day is called.
pub const LONGEST_NAME: usize = 60;
/// Days of its own that an office may have.
pub const MOST_DAYS: usize = 400;
const FIRST_YEAR: i32 = 2000;
const LAST_YEAR: i32 = 2199;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE, Office};

    fn calendar(text: &str) -> Result<Calendar, String> {
        // A table at the end of the file is the office's.
        let read = Office::from_toml(&format!("{AUTHORITY_EXAMPLE}\n{text}"));
        read.map(|office| office.calendar).map_err(|why| why.to_string())
    }

    #[test]
    fn a_file_that_says_nothing_is_closed_at_the_years_end_and_takes_sixty_days() {
        assert_eq!(calendar("").unwrap(), Calendar::default());
        assert_eq!(calendar("[calendar]").unwrap(), Calendar::default());
        let office = Office::from_toml(BIDDING_CORE_EXAMPLE).unwrap();
        assert!(office.calendar.year_end && office.calendar.closed.is_empty());
        assert_eq!(office.calendar.closures(), Closures::default());
    }

    #[test]
    fn days_of_its_own_are_of_one_year_or_of_each() {
        let text = "[calendar]\nyear_end_closed = false\ndays_ahead = 30\n[[calendar.closed]]\non = \"2026-08-13\"\n\
                    name = { ja = \"夏季休業\", en = \"Summer closure\" }\n[[calendar.closed]]\non = \"06-23\"\n\
                    name = { ja = \"慰霊の日\", en = \"Memorial day\" }\n[[calendar.closed]]\non = \"02-29\"\n\
                    name = { ja = \"閏日\", en = \"Leap day\" }\n";
        let calendar = calendar(text).unwrap();
        let memorial = When::Yearly { month: 6, day: 23 };
        assert_eq!(
            (calendar.year_end, calendar.days_ahead, calendar.closed.len()),
            (false, 30, 3)
        );
        assert_eq!(calendar.closures().own[1], memorial);
        assert_eq!(calendar.name_of(memorial).unwrap().en, "Memorial day");
        let written: Vec<_> = calendar.closed.iter().map(|closed| written(closed.on)).collect();
        assert_eq!(written, ["2026-08-13", "06-23", "02-29"]);
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_key() {
        let day = |on: &str, ja: &str| {
            format!("[[calendar.closed]]\non = \"{on}\"\nname = {{ ja = \"{ja}\", en = \"x\" }}\n")
        };
        for (text, key) in [
            ("[calendar]\ndays_ahead = 0".to_owned(), "calendar.days_ahead"),
            ("[calendar]\ndays_ahead = 367".to_owned(), "calendar.days_ahead"),
            ("[calendar]\nyear_end = false".to_owned(), "year_end"),
            (day("2027-02-29", "甲"), "calendar.closed.on"),
            (day("02-30", "甲"), "calendar.closed.on"),
            (day("1999-12-31", "甲"), "calendar.closed.on"),
            (day("8-13", "甲"), "calendar.closed.on"),
            (day("08-13", "甲") + &day("08-13", "乙"), "calendar.closed.on"),
            (day("08-13", " "), "calendar.closed.name"),
            (day("08-13", "甲\u{202e}"), "calendar.closed.name"),
            (day("08-13", &"長".repeat(61)), "calendar.closed.name"),
        ] {
            let said = calendar(&text).unwrap_err();
            assert!(said.contains(key), "{key}: {said}");
        }
    }
}
