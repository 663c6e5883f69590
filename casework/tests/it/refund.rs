//! 返金額の目安 (DOMAIN §3.4). The expected amounts were computed by hand, by the formula on paper.

use casework::refund::{Purchase, Refund, Terms, preview};
use casework::time::Instant;
use proptest::prelude::*;

use crate::{clock, day};

#[test]
fn three_prices_and_ages_give_the_amounts_of_the_formula() {
    for (price, bought, expires, now, expected) in [
        // 12 of 24 months left: 30,000 × 12/24 − 7,000 = 8,000.
        (
            30_000,
            (2025, 4, 1),
            (2027, 3, 31),
            (2026, 4, 1),
            Refund::Estimate { yen: 8_000 },
        ),
        // 22 of 36 left: 41,900 × 22/36 = 25,605; − 7,000 = 18,605; cut to 18,600.
        (
            41_900,
            (2025, 1, 1),
            (2027, 12, 31),
            (2026, 2, 15),
            Refund::Estimate { yen: 18_600 },
        ),
        // 6 of 12 left: 15,800 × 6/12 − 7,000 = 900: under 1,000, so nothing.
        (15_800, (2026, 1, 1), (2026, 12, 31), (2026, 7, 1), Refund::None),
    ] {
        assert_eq!(at(price, bought, expires, now), expected, "{price} yen");
    }
}

#[test]
fn amounts_are_cut_to_hundreds_and_exactly_one_thousand_is_paid() {
    // Half of the validity is left; the fee is 7,000.
    for (price, expected) in [
        (16_000, Refund::Estimate { yen: 1_000 }),
        (16_199, Refund::Estimate { yen: 1_000 }), // 8,099 − 7,000 = 1,099
        (16_200, Refund::Estimate { yen: 1_100 }), // 8,100 − 7,000 = 1,100, nothing to cut
        (15_999, Refund::None),                    // 7,999 − 7,000 = 999
        (14_000, Refund::None),
        (100, Refund::None), // the fee is more than the share
    ] {
        assert_eq!(
            at(price, (2026, 1, 1), (2026, 12, 31), (2026, 7, 1)),
            expected,
            "{price} yen"
        );
    }
}

#[test]
fn a_begun_month_does_not_count() {
    let validity = ((2026, 1, 1), (2026, 12, 31));
    // On the first of July six whole months are left; a day later five.
    assert_eq!(
        at(36_000, validity.0, validity.1, (2026, 7, 1)),
        Refund::Estimate { yen: 11_000 }
    );
    assert_eq!(
        at(36_000, validity.0, validity.1, (2026, 7, 2)),
        Refund::Estimate { yen: 8_000 }
    );
}

#[test]
fn without_a_price_or_a_validity_the_office_will_tell() {
    let validity = Some((day(2026, 1, 1), day(2026, 12, 31).day().ends()));
    assert_eq!(preview(None, validity, &TERMS, day(2026, 7, 1)), Refund::Unknown);
    assert_eq!(
        preview(Some(&Purchase { price: 1 }), None, &TERMS, day(2026, 7, 1)),
        Refund::Unknown
    );
}

#[test]
fn a_validity_of_less_than_a_month_refunds_nothing() {
    let validity = Some((day(2026, 1, 1), day(2026, 1, 30).day().ends()));
    let purchase = Purchase { price: 1_000_000 };
    assert_eq!(
        preview(Some(&purchase), validity, &TERMS, day(2026, 1, 2)),
        Refund::None
    );
}

proptest! {
    #[test]
    fn nobody_gets_more_than_was_paid_less_the_fee_and_waiting_never_pays(
        price in 0_u32..=u32::MAX, age in 0_i32..800, wait in 0_i32..400,
    ) {
        let validity = Some((day(2025, 4, 1), day(2027, 3, 31).day().ends()));
        let yen = |days: i32| {
            let now: Instant = clock(day(2025, 4, 1).day().plus(days).begins(), 12, 0, 0);
            match preview(Some(&Purchase { price }), validity, &TERMS, now) {
                Refund::Estimate { yen } => yen,
                Refund::None => 0,
                Refund::Unknown => unreachable!("price and validity are known"),
            }
        };
        prop_assert!(yen(age) <= price.saturating_sub(TERMS.fee));
        prop_assert!(yen(age) == 0 || yen(age) >= TERMS.minimum);
        prop_assert_eq!(yen(age) % TERMS.unit, 0);
        prop_assert!(yen(age + wait) <= yen(age));
    }
}

fn at(price: u32, bought: (i32, u8, u8), expires: (i32, u8, u8), now: (i32, u8, u8)) -> Refund {
    let validity = (
        day(bought.0, bought.1, bought.2),
        day(expires.0, expires.1, expires.2).day().ends(),
    );
    let now = clock(day(now.0, now.1, now.2), 9, 30, 0);
    preview(Some(&Purchase { price }), Some(validity), &TERMS, now)
}

const TERMS: Terms = Terms {
    fee: 7_000,
    unit: 100,
    minimum: 1_000,
};
