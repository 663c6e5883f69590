//! What the law says of a year, beside the data that is shipped.

use std::collections::BTreeMap;

use casework::calendar::rules::{self, National};
use casework::calendar::{Kind, Listed};
use casework::time::{Date, Day, Weekday};

use super::{day, rows};

#[test]
fn the_rules_agree_with_the_data_on_every_day_of_2025_to_2030() {
    let rows: Vec<_> = rows().collect();
    assert_eq!(disagreements(&rows), []);
    assert_eq!(rows.len(), 108);
    // The control: a row that is missing, moved, renamed or of another kind is seen, whichever row it is.
    for place in 0..rows.len() {
        let altered = |alter: fn(&mut Listed)| {
            let mut rows = rows.clone();
            alter(&mut rows[place]);
            disagreements(&rows)
        };
        let at = rows[place].holiday.day;
        let mut deleted = rows.clone();
        deleted.remove(place);
        assert_eq!(disagreements(&deleted), [at]);
        assert!(altered(|row| row.holiday.day = row.holiday.day.plus(90)).contains(&at));
        assert_eq!(altered(|row| row.holiday.name.push('日')), [at]);
        assert_eq!(
            altered(|row| {
                row.holiday.kind = match row.holiday.kind {
                    Kind::National => Kind::Between,
                    Kind::Substitute | Kind::Between => Kind::National,
                };
            }),
            [at]
        );
    }
    let mut added = rows.clone();
    added[0].holiday.day = day("2026-09-24");
    added.push(rows[0].clone());
    assert_eq!(disagreements(&added), [day("2026-09-24")]);
}

#[test]
fn every_year_has_the_sixteen_holidays_in_their_order() {
    for year in rules::YEARS {
        let holidays = rules::holidays(year);
        let national: Vec<_> = holidays
            .iter()
            .filter(|holiday| holiday.kind == Kind::National)
            .map(|holiday| holiday.name.as_str())
            .collect();
        assert_eq!(national, National::ALL.map(National::name), "{year}");
        assert!(holidays.is_sorted_by(|one, next| one.day < next.day), "{year}");
        assert!(holidays.iter().all(|holiday| holiday.day.date().year == year));
    }
}

#[test]
fn mondays_are_mondays_and_equinoxes_are_where_they_were_announced() {
    for year in rules::YEARS {
        for (national, month, first) in [
            (National::ComingOfAge, 1, 8),
            (National::Marine, 7, 15),
            (National::RespectForTheAged, 9, 15),
            (National::Sports, 10, 8),
        ] {
            let on = national.day(year);
            assert_eq!(on.weekday(), Weekday::Monday, "{year}");
            assert!(on.date().month == month && (first..first + 7).contains(&on.date().day));
        }
    }
    for (year, vernal, autumnal) in [
        (1980, 20, 23),
        (1992, 20, 23),
        (2000, 20, 23),
        (2003, 21, 23),
        (2011, 21, 23),
        (2012, 20, 22), // the first 9/22 since 1896
        (2013, 20, 23),
        (2016, 20, 22),
        (2019, 21, 23),
        (2020, 20, 22),
        (2023, 21, 23),
        (2024, 20, 22),
        (2025, 20, 23),
        (2026, 20, 23),
        (2027, 21, 23),
    ] {
        let date = |month, day| Date::new(year, month, day).unwrap().as_day();
        assert_eq!(National::VernalEquinox.day(year), date(3, vernal), "{year}");
        assert_eq!(National::AutumnalEquinox.day(year), date(9, autumnal), "{year}");
    }
}

#[test]
fn a_holiday_on_a_sunday_gives_the_next_day_that_is_none() {
    // 5/3 on a Sunday passes over two holidays; 5/4 passes over one; a Saturday gives nothing.
    for (sunday, substitute) in [
        ("2026-05-03", "2026-05-06"),
        ("2025-05-04", "2025-05-06"),
        ("2030-05-05", "2030-05-06"),
        ("2027-03-21", "2027-03-22"),
        ("2025-11-23", "2025-11-24"),
    ] {
        assert_eq!(day(sunday).weekday(), Weekday::Sunday);
        let found = of_kind(day(sunday).date().year, Kind::Substitute);
        assert!(found.contains(&day(substitute)), "{sunday}: {found:?}");
    }
    assert_eq!(
        of_kind(2028, Kind::Substitute),
        [],
        "2028 has two Saturdays and no Sunday"
    );
}

#[test]
fn a_day_between_two_holidays_is_one_unless_it_is_something_else() {
    let between: Vec<_> = (2022..=2040).flat_map(|year| of_kind(year, Kind::Between)).collect();
    let wanted = ["2026-09-22", "2032-09-21", "2037-09-22"].map(day);
    assert_eq!(between, wanted);
    // Both rules at once: the day is 振替休日.
    let sunday = day("2026-11-01");
    let national = |day: Day| day == sunday || day == sunday.plus(2);
    assert_eq!(rules::rest(sunday.plus(1), national), Some(Kind::Substitute));
    assert_eq!(rules::rest(sunday, national), None, "a 祝日 is no 休日 besides");
    // 2019-04-30 and 05-02 stood beside the day of the enthronement.
    let spring = ["2019-04-29", "2019-05-01", "2019-05-03"].map(day);
    for iso in ["2019-04-30", "2019-05-02"] {
        assert_eq!(rules::rest(day(iso), |day| spring.contains(&day)), Some(Kind::Between));
    }
}

#[test]
fn every_holiday_has_a_name_and_a_key_of_its_own() {
    for national in National::ALL {
        assert_eq!(National::from_name(national.name()), Some(national));
        let same = National::ALL.into_iter().filter(|other| other.key() == national.key());
        assert_eq!(same.count(), 1, "{national:?}");
    }
    assert_eq!(National::from_name("体育の日"), None);
}

/// The days of 2025 to 2030 on which rows and rules differ.
fn disagreements(rows: &[Listed]) -> Vec<Day> {
    let law: BTreeMap<_, _> = (2025..=2030)
        .flat_map(rules::holidays)
        .map(|holiday| (holiday.day, holiday))
        .collect();
    let listed: BTreeMap<_, _> = rows.iter().map(|row| (row.holiday.day, &row.holiday)).collect();
    (day("2025-01-01").0..=day("2030-12-31").0)
        .map(Day)
        .filter(|day| listed.get(day).copied() != law.get(day))
        .collect()
}

fn of_kind(year: i32, kind: Kind) -> Vec<Day> {
    let holidays = rules::holidays(year).into_iter();
    holidays
        .filter(|holiday| holiday.kind == kind)
        .map(|holiday| holiday.day)
        .collect()
}
