//! Times as operators write and read them (RFC 3339).

use casework::time::{Date, Instant};

/// In Japan, to the second.
pub(super) fn shown(at: Instant) -> String {
    let second = at.second_of_day();
    format!(
        "{}T{:02}:{:02}:{:02}+09:00",
        at.day().date(),
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// Reads `2026-12-01T09:00:00+09:00` or `2026-12-01T00:00:00Z`.
pub(super) fn parse(text: &str) -> Result<Instant, String> {
    read(text).ok_or_else(|| format!("{text:?} is no time; write one as 2026-12-01T09:00:00+09:00"))
}

fn read(text: &str) -> Option<Instant> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let (time, offset) = if let Some(time) = rest.strip_suffix(['Z', 'z']) {
        (time, 0)
    } else {
        let (time, offset) = rest.split_at(rest.rfind(['+', '-'])?);
        let (hours, minutes) = offset.get(1..)?.split_once(':')?;
        let seconds = number(hours, 23)? * 3_600 + number(minutes, 59)? * 60;
        (time, if offset.starts_with('-') { -seconds } else { seconds })
    };
    let mut parts = time.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    // Fractions are cut: certificates know seconds.
    let seconds = seconds.split_once('.').map_or(seconds, |(whole, _)| whole);
    let second = number(hours, 23)? * 3_600 + number(minutes, 59)? * 60 + number(seconds, 60)?;
    // A day begins in Japan nine hours before it does in UTC.
    let midnight = Date::from_iso(date)?.as_day().begins().plus_seconds(9 * 3_600);
    Some(midnight.plus_seconds(second - offset))
}

fn number(text: &str, most: i64) -> Option<i64> {
    if text.len() != 2 || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again() {
        for at in [0, 784_111_777, 1_795_260_000, 4_102_444_799] {
            assert_eq!(parse(&shown(Instant(at))), Ok(Instant(at)));
        }
        assert_eq!(parse("1994-11-06T08:49:37Z"), Ok(Instant(784_111_777)));
        assert_eq!(parse("1994-11-06T08:49:37.5-01:30"), Ok(Instant(784_111_777 + 5_400)));
        for wrong in [
            "",
            "2026-12-01",
            "2026-02-30T00:00:00Z",
            "2026-12-01T24:00:00Z",
            "2026-12-01T09:00Z",
            "2026-12-01T09:00:00",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
