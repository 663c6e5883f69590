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
    pub(crate) fn unix(self) -> Option<i64> {
        let real = (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && (0..DAY).contains(&self.second_of_day);
        real.then(|| days_from_civil(self.year, self.month, self.day) * DAY + self.second_of_day)
    }

    /// `YYYYMMDDHHMMSSZ`.
    pub(crate) fn digits(self) -> [u8; 15] {
        let mut digits = [b'Z'; 15];
        let fields = [
            (self.year / 100, 0),
            (self.year % 100, 2),
            (self.month, 4),
            (self.day, 6),
            (self.second_of_day / 3_600, 8),
            (self.second_of_day / 60 % 60, 10),
            (self.second_of_day % 60, 12),
        ];
        for (field, at) in fields {
            if let Some([tens, ones]) = digits.get_mut(at..at + 2) {
                // Every field lies in 0..100, so both digits fit the low octet.
                *tens = b'0' + (field / 10).to_be_bytes()[7];
                *ones = b'0' + (field % 10).to_be_bytes()[7];
            }
        }
        digits
    }

    /// Reads `YYYYMMDDHHMMSSZ`, or `YYMMDDHHMMSSZ` with the pivot of RFC 5280 §4.1.2.5.1 (50 is 1950).
    /// Fractions, offsets and missing seconds are not DER for X.509 and are `None`.
    pub(crate) fn read(digits: &[u8]) -> Option<i64> {
        let (fields, zulu) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
        if zulu != b"Z" {
            return None;
        }
        let mut pairs = fields.chunks_exact(2).map(|pair| match pair {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0')),
            _ => None,
        });
        let mut pair = || pairs.next().flatten();
        let year = match fields.len() {
            14 => pair()? * 100 + pair()?,
            12 => match pair()? {
                late @ 50.. => 1900 + late,
                early => 2000 + early,
            },
            _ => return None,
        };
        let (month, day) = (pair()?, pair()?);
        let (hour, minute, second) = (pair()?, pair()?, pair()?);
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
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

pub(crate) const DAY: i64 = 86_400;
const JAPAN: i64 = 9 * 3_600;

/// 1950-01-01T00:00:00Z, where UTCTime begins.
pub(crate) const FIRST: i64 = -631_152_000;
/// 2050-01-01T00:00:00Z.
pub(crate) const GENERALIZED_FROM: i64 = 2_524_608_000;
/// 9999-12-31T23:59:59Z (RFC 5280 §4.1.2.5: "no well-defined expiration").
pub(crate) const LAST: i64 = 253_402_300_799;
