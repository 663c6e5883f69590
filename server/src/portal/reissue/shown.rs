//! What an application says, as its confirmation, its receipt and the page of the list show it (N4 to N6).

use casework::applicant::Applicant;
use casework::reissue::{Cause, Wish};
use casework::terminal::Terminal;
use casework::time::Day;

use super::view;
use crate::desk::reissue::OfferedTerminal;
use crate::portal::page::{Fact, Page};

/// 申込担当者に関する項目
pub(super) fn contact(page: &Page, contact: &Applicant) -> Vec<Fact> {
    let none = || page.t("contract-none");
    let two = |one: &str, other: &str| format!("{one}　{other}");
    vec![
        page.fact("contract-name", two(&contact.surname, &contact.given)),
        page.fact("contract-kana", two(&contact.surname_kana, &contact.given_kana)),
        page.fact("contract-department", contact.department.clone().unwrap_or_else(none)),
        page.fact("contract-title", contact.title.clone().unwrap_or_else(none)),
        page.fact("contract-phone", contact.phone.as_str()),
        page.fact("contract-fax", contact.fax.clone().unwrap_or_else(none)),
        page.fact("contract-mail", contact.mail.as_str()),
    ]
}

/// 再発行希望日 and 再発行理由
pub(super) fn wish(page: &Page, wish: &Wish) -> Vec<Fact> {
    let cause = page.t(&format!("reissue-cause-{}", wish.cause.key()));
    let mut facts = vec![
        page.fact("reissue-day", day(wish.day)),
        page.fact("reissue-cause", cause),
    ];
    if let Cause::Other(Some(words)) = &wish.cause {
        facts.push(page.fact("reissue-cause-words", words.as_str()));
    }
    facts
}

/// A day as the confirmation writes it, without zeros in front: 2026/4/20 (G-T6).
pub(super) fn day(day: Day) -> String {
    let date = day.date();
    format!("{}/{}/{}", date.year, date.month, date.day)
}

/// The lines of an application's terminals, in its order; what the customer has no more is told by its name alone.
pub(super) fn lines(page: &Page, terminals: &[Terminal], offered: &[OfferedTerminal]) -> Vec<view::Line> {
    let known = |terminal: &Terminal| offered.iter().find(|one| one.terminal == *terminal);
    let gone = |terminal: &Terminal| OfferedTerminal {
        terminal: *terminal,
        issued_on: None,
        valid_until: None,
        suspended: false,
        has_code: false,
        open: None,
    };
    let line = |terminal| match known(terminal) {
        Some(offered) => line(page, offered),
        None => line(page, &gone(terminal)),
    };
    terminals.iter().map(line).collect()
}

/// A terminal as its row says it. 認証コード2 is the secret one, and is shown where the certificate is acquired.
pub(super) fn line(page: &Page, offered: &OfferedTerminal) -> view::Line {
    let terminal = offered.terminal;
    view::Line {
        division: page.t(&format!("division-{}", terminal.division.key())),
        device: terminal.device.label(),
        name: terminal.name.to_string(),
        first_code: terminal.first_code(),
        third_code: terminal.third_code().to_owned(),
        issued: offered.issued_on.map_or_else(String::new, day),
        suspended: offered.suspended,
        has_code: offered.has_code,
    }
}
