//! 返金額の目安 (DOMAIN §3.4): price × (months left / months of validity) − fee, cut to hundreds, none below a minimum.

use crate::time::Instant;

/// What was paid for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// ご購入時の料金, in yen.
    pub price: u32,
}

/// What an office may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// 手数料, in yen.
    pub fee: u32,
    /// Amounts are cut down to a multiple of this, in yen.
    pub unit: u32,
    /// Below this nothing is refunded, in yen.
    pub minimum: u32,
}

/// What the preview says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refund {
    /// So many yen, as an estimate (目安).
    Estimate {
        /// In yen.
        yen: u32,
    },
    /// The computed amount lies under the minimum.
    None,
    /// The purchase price is not on record; the office will tell.
    Unknown,
}

/// The estimate at `now`. Months are whole ones: of the full validity rounded down, of the rest rounded down.
pub fn preview(
    purchase: Option<&Purchase>,
    validity: Option<(Instant, Instant)>,
    terms: &Terms,
    now: Instant,
) -> Refund {
    let (Some(purchase), Some((not_before, not_after))) = (purchase, validity) else {
        return Refund::Unknown;
    };
    // The validity ends with the last second of a day, so the day after it closes the last month.
    let end = not_after.day().plus(1).date();
    let whole = not_before.day().date().months_until(end);
    let left = now.day().date().months_until(end).min(whole);
    if whole == 0 {
        return Refund::None;
    }
    let share = u64::from(purchase.price) * u64::from(left) / u64::from(whole);
    let after_fee = share.saturating_sub(u64::from(terms.fee));
    let cut = after_fee - after_fee % u64::from(terms.unit.max(1));
    match u32::try_from(cut) {
        Ok(yen) if yen >= terms.minimum => Refund::Estimate { yen },
        _ => Refund::None,
    }
}
