//! Days in Japan.

use casework::time::{Date, Day, Instant, Weekday};
use proptest::prelude::*;

#[test]
fn known_dates_have_their_days_and_weekdays() {
    for (iso, day, weekday) in [
        ("1970-01-01", 0, Weekday::Thursday),
        ("2000-02-29", 11_016, Weekday::Tuesday),
        ("2012-03-11", 15_410, Weekday::Sunday), // 003's own placeholder
        ("2026-12-01", 20_788, Weekday::Tuesday),
        ("2028-02-29", 21_243, Weekday::Tuesday),
        ("2100-03-01", 47_541, Weekday::Monday), // 2100 has no 29 February
        ("1969-12-31", -1, Weekday::Wednesday),
    ] {
        let date = Date::from_iso(iso).unwrap();
        assert_eq!(date.as_day(), Day(day), "{iso}");
        assert_eq!(Day(day).date(), date);
        assert_eq!(Day(day).weekday(), weekday, "{iso}");
        assert_eq!(date.to_string(), iso);
    }
}

#[test]
fn a_day_begins_and_ends_at_midnight_in_japan() {
    // 2026-11-30T15:00:00Z
    let midnight = Instant(1_796_050_800);
    let day = Date::new(2026, 12, 1).unwrap().as_day();
    assert_eq!(day.begins(), midnight);
    assert_eq!(midnight.plus_seconds(-1).day(), day.plus(-1));
    assert_eq!((day.ends().day(), day.ends().plus_seconds(1).day()), (day, day.plus(1)));
    assert_eq!((midnight.second_of_day(), day.ends().second_of_day()), (0, 86_399));
}

#[test]
fn dates_that_no_calendar_has_are_not_read() {
    for text in [
        "",
        "2026-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "0000-01-01",
        "2026-1-1",
        "20260101",
        "2026-01-01-01",
        "+026-01-01",
        "2026-+1-01",
        "２０２６-01-01",
        " 2026-01-01",
        "2026-01-01\0",
        "2100-02-29",
    ] {
        assert_eq!(Date::from_iso(text), None, "{text}");
    }
    assert!(Date::from_iso("2028-02-29").is_some());
}

#[test]
fn a_begun_month_is_not_a_month() {
    let date = |iso| Date::from_iso(iso).unwrap();
    for (from, until, months) in [
        ("2026-07-01", "2027-01-01", 6),
        ("2026-07-02", "2027-01-01", 5),
        ("2026-01-31", "2026-02-28", 0),
        ("2026-01-31", "2026-03-31", 2),
        ("2026-05-05", "2026-05-05", 0),
        ("2027-01-01", "2026-01-01", 0),
    ] {
        assert_eq!(date(from).months_until(date(until)), months, "{from} to {until}");
    }
}

#[test]
fn an_instant_is_read_from_rfc_3339_and_written_in_japans_time() {
    let written = "2026-12-01T09:00:00+09:00";
    assert_eq!(
        Instant::from_rfc3339(written)
            .map(|instant| instant.to_string())
            .as_deref(),
        Some(written)
    );
    assert_eq!(
        Instant::from_rfc3339("2026-12-01T00:00:00Z"),
        Instant::from_rfc3339(written)
    );
    assert_eq!(
        Instant::from_rfc3339("2026-11-30T19:00:00-05:00"),
        Instant::from_rfc3339(written)
    );
    assert_eq!(Instant::from_rfc3339("1970-01-01T00:00:00Z"), Some(Instant(0)));
    for wrong in [
        "2026-12-01",
        "2026-12-01T09:00",
        "2026-12-01T09:00:00",
        "2026-12-01T24:00:00Z",
        "2026-12-01T9:00:00Z",
        "2026-13-01T09:00:00Z",
        "2026-12-01T09:00:00+0900",
        "2026-12-01T09:00:00+09:00:00",
        "2026-12-01T09:00:00:00Z",
        "",
    ] {
        assert_eq!(Instant::from_rfc3339(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn every_day_is_its_date_and_the_date_its_day(day in -719_162_i32..=2_932_896) {
        let date = Day(day).date();
        prop_assert_eq!(date.as_day(), Day(day));
        prop_assert_eq!(Date::new(date.year, date.month, date.day), Some(date));
        prop_assert_eq!(Date::from_iso(&date.to_string()), Some(date));
        prop_assert!(Day(day + 1).date() > date);
    }

    #[test]
    fn every_instant_lies_in_its_day(seconds in -60_000_000_000_i64..=250_000_000_000) {
        let instant = Instant(seconds);
        let day = instant.day();
        prop_assert!(day.begins() <= instant && instant <= day.ends());
        prop_assert_eq!(day.begins().plus_seconds(i64::from(instant.second_of_day())), instant);
    }
}
