//! A day as a person types it: `YYYYMMDD` (G-T6, §6.5). Full-width digits are converted, not refused.

use alloc::string::String;

use crate::characters::half_width;
use crate::time::{Date, Day};

/// Why what was typed is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotADay {
    /// E-REQ
    Empty,
    /// E-DATE-FORMAT
    Form,
    /// E-DATE-INVALID
    NoSuchDay,
}

/// Reads eight digits of either width; spaces around them do not matter.
pub fn day(text: &str) -> Result<Day, NotADay> {
    let digits: String = text.trim().chars().map(half_width).collect();
    if digits.is_empty() {
        return Err(NotADay::Empty);
    }
    if digits.len() != 8 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(NotADay::Form);
    }
    let part = |from, to| digits.get(from..to).and_then(|part| part.parse().ok());
    // Eight digits have these parts, and each fits its number.
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 6), part(6, 8)) else {
        return Err(NotADay::Form);
    };
    let (Ok(month), Ok(day)) = (u8::try_from(month), u8::try_from(day)) else {
        return Err(NotADay::Form);
    };
    Date::new(year, month, day).map(Date::as_day).ok_or(NotADay::NoSuchDay)
}
