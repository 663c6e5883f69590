//! From when to when.

use pki::profile::{CardTerm, ProfileFault, Validity};
use proptest::prelude::*;

use crate::authority::DAY;

/// 2027-01-31 10:20:30 JST
const JANUARY: i64 = 1_801_358_430;
const JST: i64 = 9 * 3_600;

#[test]
fn r12_both_ends_are_inclusive() {
    let ninety = Validity::of_days(JANUARY, 90).unwrap();
    assert_eq!(ninety.not_after() - ninety.not_before() + 1, 90 * DAY);
    assert_eq!(Validity::of_days(JANUARY, 0), Err(ProfileFault::Validity));
    assert_eq!(Validity::between(1, 0), Err(ProfileFault::Validity));
    assert!(Validity::between(7, 7).is_ok(), "one second");
    assert_eq!(Validity::between(0, i64::MAX), Err(ProfileFault::Validity));
    assert_eq!(Validity::between(i64::MIN, 0), Err(ProfileFault::Validity));
    for from in [i64::MAX, i64::MIN, 253_402_300_799] {
        assert_eq!(Validity::of_days(from, 90), Err(ProfileFault::Validity));
        assert_eq!(Validity::of_card(from, CardTerm::OneYear), Err(ProfileFault::Validity));
    }
}

#[test]
fn cards_end_at_the_last_second_of_a_day_in_japan() {
    // Ends worked out by calendar, each at 14:59:59Z.
    for (from, term, wanted) in [
        // 2027-01-31 + 1 year = 2028-01-31, + 30 days = 2028-03-01 (a leap year)
        (JANUARY, CardTerm::OneYear, "2028-03-01"),
        (JANUARY, CardTerm::TwoYears, "2029-03-02"),
        (JANUARY, CardTerm::ThreeYears, "2030-03-02"),
        (JANUARY, CardTerm::FourYears, "2031-03-02"),
        (JANUARY, CardTerm::FiveYears, "2032-01-30"),
        // 2028-02-29 00:00:00 JST: the anniversary is the last day of February.
        (1_835_362_800, CardTerm::OneYear, "2029-03-30"),
        (1_835_362_800, CardTerm::FourYears, "2032-03-30"),
        // One second before, it is still the 28th in Japan.
        (1_835_362_799, CardTerm::FourYears, "2032-03-29"),
    ] {
        let validity = Validity::of_card(from, term).unwrap();
        let seconds = validity.not_after().to_string();
        let output = std::process::Command::new("date")
            .args(["-u", "-d", &format!("@{seconds}"), "+%F %T"])
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap().trim(),
            format!("{wanted} 14:59:59"),
            "{term:?}"
        );
    }
}

proptest! {
    #[test]
    fn a_card_ends_with_a_day_and_never_lives_beyond_five_years(from in 0..4_000_000_000_i64) {
        let terms = [CardTerm::OneYear, CardTerm::TwoYears, CardTerm::ThreeYears, CardTerm::FourYears, CardTerm::FiveYears];
        let mut last = 0;
        for (years, term) in (1..).zip(terms) {
            let validity = Validity::of_card(from, term).unwrap();
            prop_assert_eq!((validity.not_after() + 1 + JST).rem_euclid(DAY), 0);
            prop_assert!(validity.not_after() > last);
            last = validity.not_after();
            let days = (validity.not_after() + 1 - from) / DAY;
            if years < 5 {
                prop_assert!((years * 365 + 30..=years * 365 + 32).contains(&days), "{} days for {} years", days, years);
            } else {
                prop_assert!((5 * 365 - 1..=5 * 365 + 2).contains(&days));
            }
        }
    }

    #[test]
    fn r12_days_are_of_86400_seconds(from in -600_000_000..4_000_000_000_i64, days in 1..20_000_u32) {
        let validity = Validity::of_days(from, days).unwrap();
        prop_assert_eq!(validity.not_after(), from + i64::from(days) * DAY - 1);
    }
}
