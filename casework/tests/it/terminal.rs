//! 論理端末, and the days that their certificates are counted by.

use casework::acquisition;
use casework::application::Complaint;
use casework::reissue::Cause;
use casework::terminal::TerminalName;

use crate::reissue::{date, terminal};
use crate::{clock, day};

#[test]
fn a21_another_reason_wants_words() {
    assert_eq!(Cause::check("other", " ", true), Err(Complaint::Empty));
    assert_eq!(Cause::check("other", "", false), Ok(Cause::Other(None)));
    assert_eq!(
        Cause::check("other", "PC故障", true),
        Ok(Cause::Other(Some("ＰＣ故障".into())))
    );
    let long = "あ".repeat(101);
    assert_eq!(
        Cause::check("other", &long, true),
        Err(Complaint::TooLong { most: 100 })
    );
    assert_eq!(Cause::check("lost", "", true), Err(Complaint::NotOffered));
}

#[test]
fn s6_5_a_terminal_is_six_letters_and_its_first_code_names_it() {
    assert_eq!(TerminalName::parse(" １１１１０ａ "), TerminalName::parse("11110A"));
    for wrong in ["", "11110", "11110AB", "1111-A", "11110端"] {
        assert_eq!(TerminalName::parse(wrong), None, "{wrong}");
    }
    assert_eq!(terminal("11110A").first_code(), "NAC11110A");
    assert_eq!(terminal("11110A").third_code(), "NACCS");
    assert_eq!(
        TerminalName::from_first_code("nac11110a"),
        TerminalName::parse("11110A")
    );
    assert_eq!(TerminalName::from_first_code("11110A"), None);
}

#[test]
fn a19_a_month_without_such_a_day_ends_on_its_last() {
    for (from, months, to) in [
        ((2028, 2, 29), 12, (2029, 2, 28)),
        ((2026, 4, 20), 12, (2027, 4, 20)),
        ((2026, 12, 31), 2, (2027, 2, 28)),
        ((2026, 11, 30), 1, (2026, 12, 30)),
        ((2027, 12, 31), 2, (2028, 2, 29)),
    ] {
        let later = date(from.0, from.1, from.2).plus_months(months);
        assert_eq!(later, date(to.0, to.1, to.2));
    }
}

#[test]
fn r303_the_window_has_both_its_ends() {
    let until = clock(day(2026, 12, 31), 23, 59, 59);
    let window = acquisition::window(until, 28);
    assert_eq!(
        (*window.start(), *window.end()),
        (date(2026, 12, 3), date(2026, 12, 31))
    );
}
