//! 国民の祝日に関する法律 as a function of the year (DOMAIN §10.1), in the form that has been in force since 2022.
//!
//! It says what the data should be. What an office goes by is the data: a law may change, and equinoxes are announced.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::{Holiday, Kind};
use crate::time::{Date, Day, Weekday};

/// The 休日 of a year, in order.
pub fn holidays(year: i32) -> Vec<Holiday> {
    let national = National::ALL.map(|national| (national.day(year), national.name()));
    let days: BTreeSet<Day> = national.iter().map(|(day, _)| *day).collect();
    let mut holidays: Vec<Holiday> = national
        .into_iter()
        .map(|(day, name)| Holiday {
            day,
            name: name.into(),
            kind: Kind::National,
        })
        .collect();
    // Whatever is one of the other two stands right behind a 祝日, or at the end of a row of them.
    let beside: BTreeSet<Day> = days.iter().map(|day| day.plus(1)).collect();
    holidays.extend(beside.into_iter().filter(|day| !days.contains(day)).filter_map(|day| {
        let kind = rest(day, |day| days.contains(&day))?;
        Some(Holiday {
            day,
            name: kind.name().into(),
            kind,
        })
    }));
    holidays.sort_by_key(|holiday| holiday.day);
    holidays
}

/// Why a day that is no 祝日 itself is a 休日 all the same; `None` where it is none. `national` says which days are 祝日.
///
/// A day that both rules name counts as 振替休日: 3条3項 is of days that are no 休日 yet.
pub fn rest(day: Day, national: impl Fn(Day) -> bool) -> Option<Kind> {
    if national(day) {
        return None;
    }
    // 3条2項: the first day after a Sunday's 祝日 that is none. 5/3 on a Sunday gives 5/6.
    let mut before = day.plus(-1);
    while national(before) {
        if before.weekday() == Weekday::Sunday {
            return Some(Kind::Substitute);
        }
        before = before.plus(-1);
    }
    (national(day.plus(-1)) && national(day.plus(1))).then_some(Kind::Between)
}

/// The years of which [`holidays`] is the law: 2020 and 2021 had days of their own (オリンピック特措法), and the formula of
/// the equinoxes is one for 1980 to 2099.
pub const YEARS: RangeInclusive<i32> = 2022..=2099;

/// 国民の祝日
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum National {
    /// 元日
    NewYear,
    /// 成人の日
    ComingOfAge,
    /// 建国記念の日
    Foundation,
    /// 天皇誕生日
    Emperor,
    /// 春分の日
    VernalEquinox,
    /// 昭和の日
    Showa,
    /// 憲法記念日
    Constitution,
    /// みどりの日
    Greenery,
    /// こどもの日
    Children,
    /// 海の日
    Marine,
    /// 山の日
    Mountain,
    /// 敬老の日
    RespectForTheAged,
    /// 秋分の日
    AutumnalEquinox,
    /// スポーツの日
    Sports,
    /// 文化の日
    Culture,
    /// 勤労感謝の日
    Thanksgiving,
}

impl National {
    /// All sixteen, in the order of the year.
    pub const ALL: [Self; 16] = [
        Self::NewYear,
        Self::ComingOfAge,
        Self::Foundation,
        Self::Emperor,
        Self::VernalEquinox,
        Self::Showa,
        Self::Constitution,
        Self::Greenery,
        Self::Children,
        Self::Marine,
        Self::Mountain,
        Self::RespectForTheAged,
        Self::AutumnalEquinox,
        Self::Sports,
        Self::Culture,
        Self::Thanksgiving,
    ];

    /// What the law calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewYear => "元日",
            Self::ComingOfAge => "成人の日",
            Self::Foundation => "建国記念の日",
            Self::Emperor => "天皇誕生日",
            Self::VernalEquinox => "春分の日",
            Self::Showa => "昭和の日",
            Self::Constitution => "憲法記念日",
            Self::Greenery => "みどりの日",
            Self::Children => "こどもの日",
            Self::Marine => "海の日",
            Self::Mountain => "山の日",
            Self::RespectForTheAged => "敬老の日",
            Self::AutumnalEquinox => "秋分の日",
            Self::Sports => "スポーツの日",
            Self::Culture => "文化の日",
            Self::Thanksgiving => "勤労感謝の日",
        }
    }

    /// The name under which catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NewYear => "new-year",
            Self::ComingOfAge => "coming-of-age",
            Self::Foundation => "foundation",
            Self::Emperor => "emperor",
            Self::VernalEquinox => "vernal-equinox",
            Self::Showa => "showa",
            Self::Constitution => "constitution",
            Self::Greenery => "greenery",
            Self::Children => "children",
            Self::Marine => "marine",
            Self::Mountain => "mountain",
            Self::RespectForTheAged => "respect-for-the-aged",
            Self::AutumnalEquinox => "autumnal-equinox",
            Self::Sports => "sports",
            Self::Culture => "culture",
            Self::Thanksgiving => "thanksgiving",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|national| national.name() == name)
    }

    /// On which day of a year it is.
    pub const fn day(self, year: i32) -> Day {
        match self {
            Self::NewYear => on(year, 1, 1),
            Self::ComingOfAge => monday(year, 1, 2),
            Self::Foundation => on(year, 2, 11),
            Self::Emperor => on(year, 2, 23),
            Self::VernalEquinox => on(year, 3, equinox(year, 20_843_100)),
            Self::Showa => on(year, 4, 29),
            Self::Constitution => on(year, 5, 3),
            Self::Greenery => on(year, 5, 4),
            Self::Children => on(year, 5, 5),
            Self::Marine => monday(year, 7, 3),
            Self::Mountain => on(year, 8, 11),
            Self::RespectForTheAged => monday(year, 9, 3),
            Self::AutumnalEquinox => on(year, 9, equinox(year, 23_248_800)),
            Self::Sports => monday(year, 10, 2),
            Self::Culture => on(year, 11, 3),
            Self::Thanksgiving => on(year, 11, 23),
        }
    }
}

const fn on(year: i32, month: u8, day: u8) -> Day {
    Date { year, month, day }.as_day()
}

/// The so manieth Monday of a month.
const fn monday(year: i32, month: u8, count: i32) -> Day {
    let first = on(year, month, 1);
    // 1970-01-05 was a Monday.
    first.plus((4 - first.0).rem_euclid(7) + 7 * (count - 1))
}

/// The day of the month of an equinox, by the usual formula of 1980 to 2099: where the sun stood in 1980, in millionths of a
/// day, what it is later each year, and a day earlier after each leap year.
const fn equinox(year: i32, in_1980: i32) -> u8 {
    let years = year - 1980;
    let day = (in_1980 + 242_194 * years).div_euclid(1_000_000) - years.div_euclid(4);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 18 and 25 for every year of four digits up to 2200, and a day of a month is asked of no other"
    )]
    {
        day as u8
    }
}
