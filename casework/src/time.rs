//! Instants and days. Japan has no summer time, so a fixed offset is the whole time zone (G-T1).

use core::fmt;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// A calendar day in Japan, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// A day as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Gregorian year.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// The days of the week, Sunday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    /// 日
    Sunday,
    /// 月
    Monday,
    /// 火
    Tuesday,
    /// 水
    Wednesday,
    /// 木
    Thursday,
    /// 金
    Friday,
    /// 土
    Saturday,
}

impl Instant {
    /// The day in Japan on which this instant falls.
    pub const fn day(self) -> Day {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an i32 of days reaches five million years"
        )]
        Day((self.0 + JAPAN).div_euclid(DAY) as i32)
    }

    /// Seconds since midnight in Japan.
    pub const fn second_of_day(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is below 86,400")]
        {
            (self.0 + JAPAN).rem_euclid(DAY) as u32
        }
    }

    /// Reads `2026-12-01T09:00:00+09:00` or `…Z` (RFC 3339 §5.6), whole seconds only.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once('T')?;
        let (time, offset) = if let Some(time) = rest.strip_suffix('Z') {
            (time, 0)
        } else {
            let (time, offset) = rest.split_at_checked(rest.rfind(['+', '-'])?)?;
            let seconds = clock_seconds(offset.get(1..)?, 2)?;
            (time, if offset.starts_with('-') { -seconds } else { seconds })
        };
        let midnight = i64::from(Date::from_iso(date)?.as_day().0) * DAY;
        Some(Self(midnight + clock_seconds(time, 3)? - offset))
    }

    /// This instant and so many seconds.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl Day {
    /// Midnight in Japan, at which this day begins.
    pub const fn begins(self) -> Instant {
        Instant(self.0 as i64 * DAY - JAPAN)
    }

    /// The last second of this day in Japan.
    pub const fn ends(self) -> Instant {
        Instant(self.begins().0 + DAY - 1)
    }

    /// So many days later, or earlier where negative.
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// The same day so many months later; the month's last one where it has no such day: 2/29 and a year is 2/28 (A19).
    pub fn plus_months(self, months: u16) -> Self {
        let Date { year, month, day } = self.date();
        let since = year * 12 + i32::from(month) - 1 + i32::from(months);
        let (year, month) = (since.div_euclid(12), since.rem_euclid(12) + 1);
        let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let first = |year, month: i32| Date {
            year,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a month is 1 to 12"
            )]
            month: month as u8,
            day: 1,
        };
        let last = first(next_year, next_month).as_day().plus(-1);
        first(year, month).as_day().plus(i32::from(day) - 1).min(last)
    }

    /// The weekday; 1970-01-01 was a Thursday.
    pub const fn weekday(self) -> Weekday {
        match (self.0 + 4).rem_euclid(7) {
            0 => Weekday::Sunday,
            1 => Weekday::Monday,
            2 => Weekday::Tuesday,
            3 => Weekday::Wednesday,
            4 => Weekday::Thursday,
            5 => Weekday::Friday,
            _ => Weekday::Saturday,
        }
    }

    /// The calendar date (proleptic Gregorian; the algorithm is the usual one on years that begin in March).
    pub const fn date(self) -> Date {
        let z = self.0 as i64 + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "month and day are small, the year fits a day count of i32"
        )]
        Date {
            year: year as i32,
            month: month as u8,
            day: (day_of_year - (153 * march_month + 2) / 5 + 1) as u8,
        }
    }
}

impl Date {
    /// The date, if the calendar has it.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        (1..=9_999).contains(&year).then_some(())?;
        (1..=12).contains(&month).then_some(())?;
        (day >= 1 && date.as_day().date() == date).then_some(date)
    }

    /// The day it names. For a date that the calendar does not have, the day that follows the month's last.
    pub const fn as_day(self) -> Day {
        let (month, day) = (self.month as i64, self.day as i64);
        let year = self.year as i64 - if month <= 2 { 1 } else { 0 };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the year is an i32 and at most four digits long"
        )]
        Day((era * 146_097 + day_of_era - 719_468) as i32)
    }

    /// Reads `YYYY-MM-DD`, what a date field sends.
    pub fn from_iso(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, length| part.len() == length && part.bytes().all(|octet| octet.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Whole months from `self` to `later`, a begun month not counted; zero where `later` lies before.
    pub fn months_until(self, later: Self) -> u32 {
        let months = (later.year - self.year) * 12 + i32::from(later.month) - i32::from(self.month);
        let begun = i32::from(later.day < self.day);
        u32::try_from(months - begun).unwrap_or(0)
    }
}

/// RFC 3339 in Japan's time, `2026-12-01T09:00:00+09:00`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.second_of_day();
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        write!(
            f,
            "{}T{hour:02}:{minute:02}:{:02}+09:00",
            self.day().date(),
            second % 60
        )
    }
}

/// ISO 8601, `2026-12-01`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Seconds since midnight of `hh:mm` (two parts) or `hh:mm:ss` (three).
fn clock_seconds(text: &str, parts: usize) -> Option<i64> {
    let mut read = 0;
    let mut seconds = 0;
    for (part, (unit, below)) in text.split(':').zip([(3_600, 24), (60, 60), (1, 60)]) {
        let digits = part.len() == 2 && part.bytes().all(|octet| octet.is_ascii_digit());
        let value = part.parse::<i64>().ok().filter(|value| digits && *value < below)?;
        seconds += value * unit;
        read += 1;
    }
    (read == parts && text.split(':').count() == parts).then_some(seconds)
}

const JAPAN: i64 = 9 * 3_600;
const DAY: i64 = 86_400;
