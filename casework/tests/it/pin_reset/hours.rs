//! 6:30～23:00, and what is left of 24 hours (DOMAIN §7.2).

use casework::pin_reset::{Hours, Policy, Span};
use casework::time::{Date, Instant};
use proptest::prelude::*;

use crate::{clock, day};

#[test]
fn r410_a_reservation_of_half_past_eleven_is_usable_the_next_day_only() {
    let since = clock(day(2026, 11, 20), 23, 30, 0);
    assert_eq!(
        hours().usable(since, since.plus_seconds(86_400)),
        [Span {
            from: clock(day(2026, 11, 21), 6, 30, 0),
            until: clock(day(2026, 11, 21), 23, 0, 0),
        }]
    );
}

#[test]
fn r411_a_reservation_of_22_59_30_is_usable_to_the_same_second_of_the_next_day() {
    let since = clock(day(2026, 11, 20), 22, 59, 30);
    let spans = hours().usable(since, since.plus_seconds(86_400));
    let last = clock(day(2026, 11, 21), 22, 59, 30);
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[1].until, last.plus_seconds(1), "the last instant itself counts");
}

#[test]
fn r411_a_reservation_of_six_twenty_nine_is_usable_on_the_first_day_only() {
    let since = clock(day(2026, 11, 20), 6, 29, 0);
    let spans = hours().usable(since, since.plus_seconds(86_400));
    assert_eq!(spans.len(), 1, "it ends a minute before the kiosk opens");
    assert_eq!(spans[0].from, clock(day(2026, 11, 20), 6, 30, 0));
}

#[test]
fn a_closed_day_is_closed_all_day() {
    let closed = Hours {
        closed: vec![Date::new(2026, 11, 21).unwrap().as_day()],
        ..hours()
    };
    let since = clock(day(2026, 11, 20), 23, 30, 0);
    assert_eq!(closed.usable(since, since.plus_seconds(86_400)), []);
    assert!(!closed.open(clock(day(2026, 11, 21), 12, 0, 0)));
    let opens = clock(day(2026, 11, 22), 6, 30, 0);
    assert_eq!(closed.change(since), Some(opens));
}

#[test]
fn the_next_change_is_told() {
    let noon = clock(day(2026, 11, 20), 12, 0, 0);
    assert_eq!(hours().change(noon), Some(clock(day(2026, 11, 20), 23, 0, 0)));
    let night = clock(day(2026, 11, 20), 23, 0, 0);
    assert_eq!(hours().change(night), Some(clock(day(2026, 11, 21), 6, 30, 0)));
    let always = Hours {
        opens: 0,
        closes: 86_400,
        closed: vec![],
    };
    assert_eq!(always.change(noon), None);
    let since = noon;
    let whole = Span {
        from: since,
        until: since.plus_seconds(86_401),
    };
    assert_eq!(always.usable(since, since.plus_seconds(86_400)), [whole]);
}

proptest! {
    #[test]
    fn a_second_is_usable_exactly_when_it_is_reserved_and_a_kiosk_is_open(
        begin in 0_i64..10_000_000, length in 0_i64..200_000, ask in -10_i64..200_010,
    ) {
        let since = Instant(1_790_000_000 + begin);
        let last = since.plus_seconds(length);
        let at = since.plus_seconds(ask);
        let spans = hours().usable(since, last);
        let usable = spans.iter().any(|span| span.from <= at && at < span.until);
        prop_assert_eq!(usable, (since..=last).contains(&at) && hours().open(at));
    }
}

fn hours() -> Hours {
    Policy::default().hours
}
