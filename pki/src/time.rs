//! Unix seconds to and from the two ASN.1 times, and the civil days of Japan.

/// A moment of the proleptic Gregorian calendar, UTC unless a function says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) second_of_day: i64,
}

impl Civil {
    /// Moments outside years 0000–9999 have no ASN.1 encoding and are brought to the nearest that has;
    /// [`crate::profile::Validity`] and the lints refuse them before they get here.
    #[inline]
    pub(crate) fn of(unix: i64) -> Self {
        let unix = unix.clamp(FIRST, LAST);
        let (year, month, day) = civil_from_days(unix.div_euclid(DAY));
        Self {
            year,
            month,
            day,
            second_of_day: unix.rem_euclid(DAY),
        }
    }

    /// The moment, if the fields name a real day and second.
    #[inline]
    pub(crate) fn unix(self) -> Option<i64> {
        let real = (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && (0..DAY).contains(&self.second_of_day);
        real.then(|| days_from_civil(self.year, self.month, self.day) * DAY + self.second_of_day)
    }

    /// `YYYYMMDDHHMMSSZ`.
    #[expect(clippy::many_single_char_names, reason = "fourteen digits, each in its place")]
    #[inline]
    pub(crate) fn digits(self) -> [u8; 15] {
        let [a, b] = two_digits(self.year / 100);
        let [c, d] = two_digits(self.year % 100);
        let [e, f] = two_digits(self.month);
        let [g, h] = two_digits(self.day);
        let [i, j] = two_digits(self.second_of_day / 3_600);
        let [k, l] = two_digits(self.second_of_day / 60 % 60);
        let [m, n] = two_digits(self.second_of_day % 60);
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, b'Z']
    }

    /// Reads `YYYYMMDDHHMMSSZ`, or `YYMMDDHHMMSSZ` with the pivot of RFC 5280 §4.1.2.5.1 (50 is 1950).
    /// Fractions, offsets and missing seconds are not DER for X.509 and are `None`.
    #[expect(clippy::many_single_char_names, reason = "fourteen digits, each in its place")]
    #[inline]
    pub(crate) fn read(digits: &[u8]) -> Option<i64> {
        let (year, rest) = match *digits {
            [a, b, c, d, ref rest @ ..] if digits.len() == 15 => (number(a, b)? * 100 + number(c, d)?, rest),
            [a, b, ref rest @ ..] if digits.len() == 13 => match number(a, b)? {
                late @ 50.. => (1900 + late, rest),
                early => (2000 + early, rest),
            },
            _ => return None,
        };
        let &[a, b, c, d, e, f, g, h, i, j, b'Z'] = rest else {
            return None;
        };
        let (month, day) = (number(a, b)?, number(c, d)?);
        let (hour, minute, second) = (number(e, f)?, number(g, h)?, number(i, j)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Self {
            year,
            month,
            day,
            second_of_day: hour * 3_600 + minute * 60 + second,
        }
        .unix()
    }
}

/// The civil day in Japan at a moment: (year, month, day). Japan has no summer time.
pub(crate) fn day_in_japan(unix: i64) -> (i64, i64, i64) {
    civil_from_days((unix + JAPAN).div_euclid(DAY))
}

/// The last second of a civil day in Japan, as unix seconds.
pub(crate) fn end_of_day_in_japan(days: i64) -> i64 {
    (days + 1) * DAY - JAPAN - 1
}

/// Days since 1970-01-01. (Howard Hinnant's algorithm for the proleptic Gregorian calendar.)
#[inline]
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    // Below 400, 12 and 31: 32 bits divide faster.
    let year_of_era = u32::try_from(year.rem_euclid(400)).unwrap_or_default();
    let shifted_month = u32::try_from((month + 9) % 12).unwrap_or_default();
    let day_of_year = i64::from((153 * shifted_month + 2) / 5) + day - 1;
    era * 146_097 + i64::from(year_of_era * 365 + year_of_era / 4 - year_of_era / 100) + day_of_year - 719_468
}

#[inline]
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Two decimal digits of a number below 100.
#[inline]
fn two_digits(number: i64) -> [u8; 2] {
    let [.., low] = number.to_be_bytes();
    let (tens, ones) = (u16::from(low / 10), u16::from(low % 10));
    // One store of two octets instead of two of one.
    (0x3030 | tens << 8 | ones).to_be_bytes()
}

/// The number that two decimal digits write.
#[inline]
fn number(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens * 10 + ones))
}

#[inline]
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    // Below 146,097, and so is all that comes of it: 32 bits divide faster.
    let day_of_era = u32::try_from(shifted.rem_euclid(146_097)).unwrap_or_default();
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (
        i64::from(year_of_era) + era * 400 + i64::from(month <= 2),
        month.into(),
        day.into(),
    )
}

pub(crate) const DAY: i64 = 86_400;
const JAPAN: i64 = 9 * 3_600;

/// 1950-01-01T00:00:00Z, where UTCTime begins.
pub(crate) const FIRST: i64 = -631_152_000;
/// 2050-01-01T00:00:00Z.
pub(crate) const GENERALIZED_FROM: i64 = 2_524_608_000;
/// 9999-12-31T23:59:59Z (RFC 5280 §4.1.2.5: "no well-defined expiration").
pub(crate) const LAST: i64 = 253_402_300_799;
