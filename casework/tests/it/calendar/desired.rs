//! 再発行希望日, and how it is typed.

use casework::calendar::typed::{self, NotADay};
use casework::calendar::{Closed, Closures, DesiredDay, NoData, WrongDay};
use proptest::prelude::*;

use super::{day, of, year_end_closed, year_end_open};

#[test]
fn a_passed_day_and_the_day_of_application_are_refused() {
    let calendar = year_end_closed();
    let friday = day("2026-11-20");
    let first = day("2026-11-24");
    for passed in ["2026-11-19", "2012-03-11", "0001-01-01"] {
        assert_eq!(calendar.desired_day(day(passed), friday), Err(WrongDay::Past));
    }
    assert_eq!(calendar.desired_day(friday, friday), Err(WrongDay::SameDay { first }));
    // A Saturday's application: the same day is told as that, Sunday as closed, Monday is 勤労感謝の日.
    let saturday = day("2026-11-21");
    assert_eq!(
        calendar.desired_day(saturday, saturday),
        Err(WrongDay::SameDay { first })
    );
    assert_eq!(
        calendar.desired_day(day("2026-11-22"), saturday),
        Err(WrongDay::Closed {
            why: Closed::Sunday,
            first
        })
    );
    assert!(matches!(
        calendar.desired_day(day("2026-11-23"), saturday),
        Err(WrongDay::Closed { why: Closed::Holiday(holiday), first: told }) if holiday.name == "勤労感謝の日" && told == first
    ));
    assert!(calendar.desired_day(first, saturday).is_ok());
}

#[test]
fn a15_the_years_end_is_closed_unless_it_is_switched() {
    let (wanted, applied) = (day("2026-12-29"), day("2026-12-28"));
    assert_eq!(
        year_end_closed().desired_day(wanted, applied),
        Err(WrongDay::Closed {
            why: Closed::YearEnd,
            first: day("2027-01-04")
        })
    );
    assert!(year_end_open().desired_day(wanted, applied).is_ok());
}

#[test]
fn a17_sixty_days_ahead_are_taken_and_sixty_one_are_not() {
    let calendar = year_end_closed();
    let applied = day("2026-11-20");
    let last = applied.plus(60); // Tuesday, 2027-01-19
    assert!(calendar.desired_day(last, applied).is_ok());
    for far in [last.plus(1), day("2027-01-23"), day("2030-12-31"), day("2999-12-31")] {
        assert_eq!(
            calendar.desired_day(far, applied),
            Err(WrongDay::Far { last }),
            "far is told before closed and before what nobody knows"
        );
    }
    // Where the sixtieth day is closed, the last open one before it is named.
    let applied = day("2026-11-18"); // the sixtieth is Sunday, 2027-01-17
    assert_eq!(
        calendar.desired_day(day("2027-01-18"), applied),
        Err(WrongDay::Far {
            last: day("2027-01-15")
        })
    );
    let short = of(Closures {
        days_ahead: 5,
        ..Closures::default()
    });
    assert!(short.desired_day(day("2026-11-24"), day("2026-11-20")).is_ok());
    assert_eq!(
        short.desired_day(day("2026-11-26"), day("2026-11-20")),
        Err(WrongDay::Far {
            last: day("2026-11-25")
        })
    );
}

#[test]
fn where_the_data_ends_the_days_that_can_be_chosen_end() {
    let calendar = year_end_closed();
    let applied = day("2030-12-02");
    let no_data = NoData { year: 2031 };
    assert_eq!(
        calendar.desired_day(day("2031-01-06"), applied),
        Err(WrongDay::NoData(no_data))
    );
    let offered: Vec<_> = calendar.desired_days(applied).collect();
    assert_eq!(offered.last().unwrap().day(), day("2030-12-27"));
    assert_eq!(
        calendar.desired_day(day("2030-12-30"), day("2030-12-27")),
        Err(WrongDay::NoData(no_data)),
        "which day would be the first is not known either"
    );
    assert_eq!(calendar.desired_days(day("2030-12-27")).count(), 0);
    assert_eq!(
        calendar.desired_day(day("2031-02-01"), day("2030-12-02")),
        Err(WrongDay::Far {
            last: day("2030-12-27")
        })
    );
}

#[test]
fn a_day_is_typed_in_eight_digits_of_either_width() {
    for (typed, iso) in [
        ("20261124", "2026-11-24"),
        ("２０２６１１２４", "2026-11-24"),
        ("2026１１２4", "2026-11-24"),
        (" 20280229　", "2028-02-29"),
        ("20120311", "2012-03-11"),
    ] {
        assert_eq!(typed::day(typed), Ok(day(iso)), "{typed}");
    }
    for empty in ["", "  ", "　"] {
        assert_eq!(typed::day(empty), Err(NotADay::Empty));
    }
    for malformed in [
        "2026112",
        "202611240",
        "2026/11/24",
        "2026-11-24",
        "２０２６年１１月２４日",
        "二〇二六一一二四",
        "2026112a",
        "+2026112",
        "-2026112",
        "٢٠٢٦١١٢٤",
        "20261124\u{0}",
        "2026 1124",
    ] {
        assert_eq!(typed::day(malformed), Err(NotADay::Form), "{malformed}");
    }
    for missing in [
        "20270229", "20261301", "20260001", "20261100", "20260431", "00000101", "21000229", "99999999",
    ] {
        assert_eq!(typed::day(missing), Err(NotADay::NoSuchDay), "{missing}");
    }
}

proptest! {
    #[test]
    fn what_can_be_chosen_is_what_is_taken(applied in 20_089_i32..22_280, year_end: bool) {
        let calendar = if year_end { year_end_closed() } else { year_end_open() };
        let applied = casework::time::Day(applied);
        let offered: Vec<_> = calendar.desired_days(applied).map(DesiredDay::day).collect();
        for ahead in -5..=70 {
            let wanted = applied.plus(ahead);
            let taken = calendar.desired_day(wanted, applied);
            prop_assert_eq!(taken.is_ok(), offered.contains(&wanted));
            if taken.is_ok() {
                prop_assert!((1..=60).contains(&ahead));
                prop_assert_eq!(calendar.is_closed(wanted), Ok(false));
            }
        }
        prop_assert_eq!(offered.first().copied(), calendar.next_business_day(applied).ok());
    }

    #[test]
    fn whatever_is_typed_is_read_or_refused(text in "\\PC*") {
        let _ = typed::day(&text);
    }
}
