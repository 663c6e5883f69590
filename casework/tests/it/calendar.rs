//! Open days, closed days, and the days that nobody knows of (DOMAIN §6.2, §10).

mod desired;
mod rules;

use std::sync::Arc;

use casework::calendar::{Calendar, Closed, Closures, Holiday, Holidays, Kind, Listed, NoData, Status, When};
use casework::time::{Date, Day};
use proptest::prelude::*;

#[test]
fn r305_the_earliest_day_is_the_next_business_day_in_both_closure_settings() {
    // DOMAIN §6.2, as it stands there: applied on, with 12/29–1/3 closed, and open.
    for (applied, closed, open) in [
        ("2026-11-20", "2026-11-24", "2026-11-24"), // Friday, before 勤労感謝の日
        ("2026-11-21", "2026-11-24", "2026-11-24"), // Saturday
        ("2026-09-18", "2026-09-24", "2026-09-24"), // 敬老の日, 国民の休日, 秋分の日
        ("2026-05-01", "2026-05-07", "2026-05-07"), // 5/3 on a Sunday: 5/6 is the 振替休日
        ("2027-03-19", "2027-03-23", "2027-03-23"), // 春分の日 on a Sunday
        ("2029-04-27", "2029-05-01", "2029-05-01"),
        ("2026-12-28", "2027-01-04", "2026-12-29"),
        ("2027-12-28", "2028-01-04", "2027-12-29"),
        ("2025-12-26", "2026-01-05", "2025-12-29"),
    ] {
        for (calendar, earliest) in [(year_end_closed(), closed), (year_end_open(), open)] {
            let (applied, earliest) = (day(applied), day(earliest));
            assert_eq!(calendar.next_business_day(applied), Ok(earliest), "{}", applied.date());
            let wished = calendar.desired_day(earliest, applied).unwrap();
            assert_eq!((wished.day(), wished.applied_on()), (earliest, applied));
            assert_eq!(calendar.desired_days(applied).next(), Some(wished));
            for before in (1..earliest.0 - applied.0).map(|ahead| applied.plus(ahead)) {
                assert!(calendar.desired_day(before, applied).is_err(), "{}", before.date());
            }
        }
    }
}

#[test]
fn why_a_day_is_closed_is_told() {
    let summer = When::Once(day("2026-08-13"));
    let memorial = When::Yearly { month: 6, day: 23 }; // 慰霊の日
    let leap = When::Yearly { month: 2, day: 29 };
    let calendar = of(Closures {
        own: vec![summer, memorial, leap],
        ..Closures::default()
    });
    let why = |iso| calendar.closed(day(iso)).unwrap();
    for (iso, name, kind) in [
        ("2026-09-22", "国民の休日", Kind::Between),
        ("2026-05-06", "振替休日", Kind::Substitute),
        ("2026-05-03", "憲法記念日", Kind::National), // and a Sunday
        ("2027-01-01", "元日", Kind::National),       // and the year's beginning
    ] {
        let holiday = Holiday {
            day: day(iso),
            name: name.to_owned(),
            kind,
        };
        assert_eq!(why(iso), Some(Closed::Holiday(&holiday)));
    }
    for (iso, closed) in [
        ("2026-11-21", Closed::Saturday),
        ("2026-11-22", Closed::Sunday),
        ("2026-12-29", Closed::YearEnd),
        ("2027-01-02", Closed::Saturday),
        ("2029-01-03", Closed::YearEnd),
        ("2026-08-13", Closed::Own(summer)),
        ("2026-06-23", Closed::Own(memorial)),
        ("2027-06-23", Closed::Own(memorial)),
        ("2028-02-29", Closed::Own(leap)),
    ] {
        assert_eq!(why(iso), Some(closed), "{iso}");
    }
    for iso in [
        "2026-12-28",
        "2027-01-04",
        "2027-08-13",
        "2026-06-24",
        "2027-03-01",
        "2028-02-28",
    ] {
        assert_eq!(why(iso), None, "{iso}");
    }
}

#[test]
fn the_twenty_ninth_of_february_is_a_day_like_others() {
    let calendar = year_end_closed();
    let leap = day("2028-02-29"); // a Tuesday
    assert_eq!(calendar.next_business_day(day("2028-02-28")), Ok(leap));
    assert_eq!(calendar.next_business_day(leap), Ok(day("2028-03-01")));
    assert!(calendar.desired_day(leap, day("2028-02-25")).is_ok());
    assert_eq!(
        calendar.next_business_day(day("2027-02-26")),
        Ok(day("2027-03-01")),
        "2027 has none"
    );
}

#[test]
fn the_last_business_day_of_each_year_is_followed_by_the_first_of_the_next() {
    for (last, first) in [
        ("2025-12-26", "2026-01-05"),
        ("2026-12-28", "2027-01-04"),
        ("2027-12-28", "2028-01-04"),
        ("2028-12-28", "2029-01-04"),
        ("2029-12-28", "2030-01-04"),
    ] {
        assert_eq!(year_end_closed().next_business_day(day(last)), Ok(day(first)));
        for between in day(last).0 + 1..day(first).0 {
            assert_eq!(year_end_closed().is_closed(Day(between)), Ok(true), "{last}");
        }
    }
    assert_eq!(
        year_end_open().next_business_day(day("2026-12-31")),
        Ok(day("2027-01-04")),
        "元日 is a Friday"
    );
}

#[test]
fn a_year_without_data_is_refused_and_never_assumed_open() {
    let (closed, open) = (year_end_closed(), year_end_open());
    let no_data = NoData { year: 2031 };
    // A Saturday and a Tuesday: neither is said anything of.
    for iso in ["2031-01-04", "2031-01-07", "2031-12-31"] {
        assert_eq!(closed.is_closed(day(iso)), Err(no_data));
        assert_eq!(closed.closed(day(iso)), Err(no_data));
        assert_eq!(closed.status(day(iso)), Err(no_data));
    }
    assert_eq!(closed.is_closed(day("2024-12-31")), Err(NoData { year: 2024 }));
    assert_eq!(closed.next_business_day(day("2030-12-26")), Ok(day("2030-12-27")));
    assert_eq!(closed.next_business_day(day("2030-12-27")), Err(no_data));
    assert_eq!(open.next_business_day(day("2030-12-30")), Ok(day("2030-12-31")));
    assert_eq!(open.next_business_day(day("2030-12-31")), Err(no_data));
    // A gap is an end as well.
    let gap = rows().filter(|listed| listed.holiday.day.date().year != 2027);
    let gap = Calendar::new(Arc::new(Holidays::new(gap)), Closures::default());
    assert_eq!(gap.next_business_day(day("2026-12-28")), Err(NoData { year: 2027 }));
    assert_eq!(gap.holidays().ends(day("2026-06-01")), day("2027-01-01"));
    assert_eq!(gap.holidays().ends(day("2027-06-01")), day("2027-01-01"));
    assert_eq!(gap.holidays().ends(day("2028-06-01")), day("2031-01-01"));
    assert_eq!(
        Holidays::default().ends(day("2028-02-29")),
        day("2028-01-01"),
        "no data at all"
    );
}

#[test]
fn a_forecast_is_kept_as_one() {
    let calendar = year_end_closed();
    for (iso, status) in [
        ("2027-12-31", Status::Official),
        ("2028-01-01", Status::Forecast),
        ("2028-06-01", Status::Forecast), // no holiday, and yet no more certain than its year
    ] {
        assert_eq!(calendar.status(day(iso)), Ok(status), "{iso}");
    }
    let wished = calendar.desired_day(day("2028-01-05"), day("2027-12-28")).unwrap();
    assert_eq!(wished.status(), Status::Forecast);
    // One forecast row makes the year one.
    let mixed = Holidays::new(rows().map(|mut listed| {
        listed.status = Status::Official;
        if listed.holiday.day == day("2028-09-22") {
            listed.status = Status::Forecast;
        }
        listed
    }));
    let forecast: Vec<_> = mixed
        .years()
        .filter(|(_, status)| *status == Status::Forecast)
        .collect();
    assert_eq!(forecast, [(2028, Status::Forecast)]);
}

#[test]
fn the_rows_of_a_year_are_its_own() {
    let holidays = holidays();
    for (year, count) in [
        (2024, 0),
        (2025, 19),
        (2026, 18),
        (2027, 17),
        (2028, 16),
        (2029, 19),
        (2030, 19),
        (2031, 0),
    ] {
        let of: Vec<_> = holidays.of(year).collect();
        assert_eq!(of.len(), count, "{year}");
        assert!(of.iter().all(|listed| listed.holiday.day.date().year == year));
    }
    assert_eq!(holidays.on(day("2026-09-22")).unwrap().holiday.kind, Kind::Between);
    assert_eq!(holidays.on(day("2026-09-24")), None);
}

proptest! {
    #[test]
    fn the_next_business_day_is_open_and_strictly_after_and_nothing_between_is_open(
        after in 20_089_i32..22_280, // 2025-01-01 to 2030-12-31
        year_end: bool,
        own in prop::collection::vec((1_u8..=12, 1_u8..=31), 0..20),
        once in prop::collection::vec(20_089_i32..22_280, 0..20),
    ) {
        let yearly = own.into_iter().map(|(month, day)| When::Yearly { month, day });
        let once = once.into_iter().map(|day| When::Once(Day(day)));
        let calendar = of(Closures { year_end, own: yearly.chain(once).collect(), ..Closures::default() });
        let after = Day(after);
        match calendar.next_business_day(after) {
            Ok(next) => {
                prop_assert!(next > after);
                prop_assert_eq!(calendar.is_closed(next), Ok(false));
                for between in after.0 + 1..next.0 {
                    prop_assert_eq!(calendar.is_closed(Day(between)), Ok(true));
                }
            }
            Err(no_data) => {
                prop_assert_eq!(no_data, NoData { year: 2031 });
                for between in after.0 + 1..=day("2030-12-31").0 {
                    prop_assert_eq!(calendar.is_closed(Day(between)), Ok(true));
                }
            }
        }
    }
}

fn day(iso: &str) -> Day {
    Date::from_iso(iso).unwrap().as_day()
}

fn of(closures: Closures) -> Calendar {
    Calendar::new(Arc::new(holidays()), closures)
}

pub(crate) fn year_end_closed() -> Calendar {
    of(Closures::default())
}

fn year_end_open() -> Calendar {
    of(Closures {
        year_end: false,
        ..Closures::default()
    })
}

fn holidays() -> Holidays {
    Holidays::new(rows())
}

/// The shipped rows; one that cannot be read stops the test.
fn rows() -> impl Iterator<Item = Listed> {
    casework::calendar::SHIPPED.lines().skip(1).map(|line| {
        let [iso, name, kind, status] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Listed {
            holiday: Holiday {
                day: day(iso),
                name: name.to_owned(),
                kind: Kind::ALL.into_iter().find(|known| known.name() == kind).unwrap(),
            },
            status: Status::ALL.into_iter().find(|known| known.key() == status).unwrap(),
        }
    })
}
