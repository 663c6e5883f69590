//! Days and times as people read them, in Japan time (G-T1, G-T6).

use casework::time::{Day, Instant, Weekday};

use crate::catalogue::Words;

/// The header clock: 「2026年11月20日 10時00分」.
pub(crate) fn clock(words: Words, at: Instant) -> String {
    say(words, "clock", at)
}

/// 「2026年12月1日(火)」
pub(crate) fn day(words: Words, day: Day) -> String {
    say(words, "date", day.begins())
}

/// 「2026年12月1日(火) 23:59」
pub(crate) fn minute(words: Words, at: Instant) -> String {
    say(words, "date-time", at)
}

/// 「2026年12月1日(火) 23:59:59」
pub(crate) fn second(words: Words, at: Instant) -> String {
    say(words, "date-time-second", at)
}

/// 「2029/12/13」, as the ordering bodies write a day (G-T6).
pub(crate) fn slashed(day: Day) -> String {
    let date = day.date();
    format!("{}/{:02}/{:02}", date.year, date.month, date.day)
}

/// 「2012/04/19 08:40」, as the login line of a service centre writes it (G-T6).
pub(crate) fn login(at: Instant) -> String {
    let minutes = at.second_of_day() / 60;
    format!("{} {:02}:{:02}", slashed(at.day()), minutes / 60, minutes % 60)
}

/// 「6:30」, of so many seconds of a day.
pub(crate) fn of_day(second: u32) -> String {
    format!("{}:{:02}", second / 3_600, second / 60 % 60)
}

/// For `<time datetime="…">`, with Japan's offset.
pub(crate) fn machine(at: Instant) -> String {
    let second = at.second_of_day();
    format!(
        "{}T{:02}:{:02}:{:02}+09:00",
        at.day().date(),
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

fn say(words: Words, key: &str, at: Instant) -> String {
    let date = at.day().date();
    let second = at.second_of_day();
    let weekday = words.say(match at.day().weekday() {
        Weekday::Sunday => "weekday-0",
        Weekday::Monday => "weekday-1",
        Weekday::Tuesday => "weekday-2",
        Weekday::Wednesday => "weekday-3",
        Weekday::Thursday => "weekday-4",
        Weekday::Friday => "weekday-5",
        Weekday::Saturday => "weekday-6",
    });
    let two = |number: u32| format!("{number:02}");
    // Only the clock shows months and days with two digits (G-T6).
    let (month, day) = if key == "clock" {
        (two(date.month.into()), two(date.day.into()))
    } else {
        (date.month.to_string(), date.day.to_string())
    };
    words.say_with(
        key,
        &[
            ("year", &date.year.to_string()),
            ("month", &month),
            ("monthname", &words.say(&format!("month-{}", date.month))),
            ("day", &day),
            ("weekday", &weekday),
            ("hour", &two(second / 3_600)),
            ("minute", &two(second / 60 % 60)),
            ("second", &two(second % 60)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use casework::time::Date;
    use wire::office::Language;

    #[test]
    fn the_last_day_reads_as_the_domain_writes_it() {
        let ends = Date::new(2026, 12, 1).unwrap().as_day().ends();
        assert_eq!(minute(Words::of(Language::Ja), ends), "2026年12月1日(火) 23:59");
        assert_eq!(
            minute(Words::of(Language::En), ends),
            "Tuesday, 1 December 2026, 23:59 (Japan time)"
        );
        assert_eq!(clock(Words::of(Language::Ja), ends), "2026年12月01日 23時59分");
        assert_eq!(machine(ends), "2026-12-01T23:59:59+09:00");
        assert_eq!(slashed(ends.day()), "2026/12/01");
    }

    #[test]
    fn every_month_has_its_name() {
        for month in 1..=12 {
            let text = day(Words::of(Language::En), Date::new(2026, month, 1).unwrap().as_day());
            assert!(!text.contains('⟦'), "{text}");
        }
    }
}
