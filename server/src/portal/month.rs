//! Months of an office with the days on which it is closed: in the console, and where a day is chosen.

use casework::calendar::rules::National;
use casework::calendar::{Calendar, Closed, Holiday, Kind, Status};
use casework::time::{Date, Day};

use super::date;
use super::page::Page;
use crate::office::Office;

/// A month as it is shown.
pub(crate) struct Month {
    pub(crate) title: String,
    pub(crate) forecast: bool,
    pub(crate) weekdays: Vec<(String, String)>,
    pub(crate) weeks: Vec<Vec<Option<Cell>>>,
    /// What is closed besides weekends.
    pub(crate) named: Vec<String>,
}

/// A day of a month.
pub(crate) struct Cell {
    pub(crate) day: Day,
    pub(crate) number: u8,
    pub(crate) class: &'static str,
    /// Why it is closed, for who does not see the colour.
    pub(crate) why: Option<String>,
    pub(crate) today: bool,
    /// What choosing the day sends, and what it is called, where it can be chosen.
    pub(crate) pick: Option<(String, String)>,
}

/// A month of an office.
pub(crate) fn month(page: &Page, office: &Office, calendar: &Calendar, first: Day, today: Day) -> Month {
    let last = later(first, 1).plus(-1);
    let mut cells: Vec<Option<Cell>> = (0..first.weekday() as usize).map(|_| None).collect();
    let mut named = Vec::new();
    for day in (first.0..=last.0).map(Day) {
        let closed = calendar.closed(day);
        let why = match closed {
            Ok(closed) => closed.map(|closed| why(page, office, &closed)),
            Err(_) => Some(page.t("calendar-not-known")),
        };
        let class = match closed {
            Err(_) => "unknown",
            Ok(None) => "open",
            Ok(Some(Closed::Saturday | Closed::Sunday)) => "closed",
            Ok(Some(Closed::Holiday(_) | Closed::YearEnd | Closed::Own(_))) => "closed named",
        };
        if class == "closed named" {
            let told = [
                ("day", date::day(page.words, day)),
                ("name", why.clone().unwrap_or_default()),
            ];
            let told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
            named.push(page.words.say_with("calendar-named", &told));
        }
        cells.push(Some(Cell {
            day,
            number: day.date().day,
            class,
            why,
            today: day == today,
            pick: None,
        }));
    }
    let mut weeks: Vec<Vec<Option<Cell>>> = Vec::new();
    for cell in cells {
        match weeks.last_mut() {
            Some(week) if week.len() < 7 => week.push(cell),
            _ => weeks.push(vec![cell]),
        }
    }
    let date = first.date();
    let (year, month) = (date.year.to_string(), page.t(&format!("month-{}", date.month)));
    Month {
        title: page
            .words
            .say_with("calendar-month", &[("year", &year), ("month", &month)]),
        forecast: calendar.status(first) == Ok(Status::Forecast),
        weekdays: (0..7)
            .map(|weekday| {
                let name = page.t(&format!("weekday-{weekday}"));
                (name.chars().take(2).collect(), name)
            })
            .collect(),
        weeks,
        named,
    }
}

/// Why a day is closed, in the language of the page.
pub(crate) fn why(page: &Page, office: &Office, closed: &Closed<'_>) -> String {
    match closed {
        Closed::Holiday(holiday) => holiday_name(page, holiday),
        Closed::Saturday => page.t("calendar-saturday"),
        Closed::Sunday => page.t("calendar-sunday"),
        Closed::YearEnd => page.t("calendar-year-end-short"),
        Closed::Own(when) => {
            let name = office.calendar.name_of(*when);
            name.map_or_else(|| page.t("calendar-own-short"), |name| page.text(name).to_owned())
        }
    }
}

fn holiday_name(page: &Page, holiday: &Holiday) -> String {
    match (holiday.kind, National::from_name(&holiday.name)) {
        (Kind::Substitute, _) => page.t("holiday-substitute"),
        (Kind::Between, _) => page.t("holiday-between"),
        (Kind::National, Some(national)) => page.t(&format!("holiday-{}", national.key())),
        // Of a law that this version does not know: as the file calls it.
        (Kind::National, None) => holiday.name.clone(),
    }
}

/// The first day of a day's month.
pub(crate) fn first_of(day: Day) -> Day {
    Date { day: 1, ..day.date() }.as_day()
}

/// The first day of the month so many months later.
pub(crate) fn later(first: Day, months: i32) -> Day {
    let Date { year, month, .. } = first.date();
    let count = year * 12 + i32::from(month) - 1 + months;
    Date {
        year: count.div_euclid(12),
        month: u8::try_from(count.rem_euclid(12)).map_or(1, |month| month + 1),
        day: 1,
    }
    .as_day()
}
