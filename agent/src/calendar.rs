//! Days and hours in Japan, as pages write them (G-T1, G-T6).

use wire::office::Language;
use wire::pin_reset::Hours;

/// A moment in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    year: i64,
    month: i64,
    day: i64,
    /// From Sunday on.
    weekday: usize,
    /// Of the day.
    second: i64,
}

impl Moment {
    /// Of Unix seconds; days to a date after Hinnant's `civil_from_days`.
    pub(crate) fn of(unix: i64) -> Self {
        let local = unix + 9 * 3_600;
        let since = local.div_euclid(DAY);
        let days = since + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            // 1970-01-01 was a Thursday.
            weekday: usize::try_from((since + 4).rem_euclid(7)).unwrap_or_default(),
            second: local.rem_euclid(DAY),
        }
    }

    /// `2027/03/31`
    pub(crate) fn short(self) -> String {
        format!("{:04}/{:02}/{:02}", self.year, self.month, self.day)
    }

    /// The day as it is said.
    pub(crate) fn day(self, language: Language) -> String {
        let Self { year, month, day, .. } = self;
        match language {
            Language::Ja => format!("{year}年{month}月{day}日（{}）", named(&WEEKDAYS_JA, self.weekday)),
            Language::En => {
                let month = usize::try_from(month - 1).unwrap_or_default();
                format!(
                    "{}, {day} {} {year}",
                    named(&WEEKDAYS_EN, self.weekday),
                    named(&MONTHS, month)
                )
            }
        }
    }

    /// The hour and the minute that has begun.
    pub(crate) fn hour(self) -> String {
        hour(self.second)
    }

    /// Day, hour and minute.
    pub(crate) fn full(self, language: Language) -> String {
        format!("{} {}", self.day(language), self.hour())
    }

    fn is_same_day(self, other: Self) -> bool {
        (self.year, self.month, self.day) == (other.year, other.month, other.day)
    }
}

/// `6:30` of so many seconds of a day.
pub(crate) fn hour(second: i64) -> String {
    format!("{}:{:02}", second / 3_600, second / 60 % 60)
}

/// When kiosks work.
pub(crate) fn hours(kiosk: Hours, language: Language) -> String {
    let [opens, closes] = [kiosk.opens, kiosk.closes].map(|second| hour(i64::from(second)));
    match language {
        Language::Ja => format!("{opens}～{closes}"),
        Language::En => format!("{opens} to {closes}"),
    }
}

/// From when to when, with the day once where it is one.
pub(crate) fn span(from: i64, until: i64, language: Language) -> String {
    let (begin, end) = (Moment::of(from), Moment::of(until));
    let end = if begin.is_same_day(end) {
        end.hour()
    } else {
        end.full(language)
    };
    match language {
        Language::Ja => format!("{}～{end}", begin.full(language)),
        Language::En => format!("{} to {end}", begin.full(language)),
    }
}

fn named<'n>(names: &[&'n str], at: usize) -> &'n str {
    names.get(at).copied().unwrap_or_default()
}

const DAY: i64 = 86_400;
const WEEKDAYS_JA: [&str; 7] = ["日", "月", "火", "水", "木", "金", "土"];
const WEEKDAYS_EN: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_day_in_japan() {
        for (unix, day) in [
            (0, "1970/01/01"),
            (1_798_729_199, "2026/12/31"), // 2026-12-31T14:59:59Z
            (1_798_729_200, "2027/01/01"),
            (1_835_449_199, "2028/02/29"),
        ] {
            assert_eq!(Moment::of(unix).short(), day);
        }
    }

    #[test]
    fn a_moment_is_said_in_both_languages() {
        // 2026-11-24 10:00 in Japan, a Tuesday.
        let moment = Moment::of(1_795_482_000);
        assert_eq!(moment.full(Language::Ja), "2026年11月24日（火） 10:00");
        assert_eq!(moment.full(Language::En), "Tue, 24 November 2026 10:00");
        let (from, until) = (1_795_482_000, 1_795_482_000 + 13 * 3_600);
        assert_eq!(span(from, until, Language::Ja), "2026年11月24日（火） 10:00～23:00");
        let kiosk = Hours {
            opens: 23_400,
            closes: 82_800,
            open: true,
            until,
        };
        assert_eq!(hours(kiosk, Language::Ja), "6:30～23:00");
        assert_eq!(hours(kiosk, Language::En), "6:30 to 23:00");
        assert!(span(from, until + 3_600, Language::En).ends_with("to Wed, 25 November 2026 0:00"));
    }
}
