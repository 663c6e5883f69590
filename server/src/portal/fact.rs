//! What a card, an application and a receipt say, line by line, as pages and print views show it.

use casework::application::{AccountKind, Application, NewIssue};
use casework::refund::{Refund, Terms};
use casework::time::{Day, Instant};
use pki::certificate::Certificate;

use crate::catalogue::Words;
use crate::desk::revocation::Authentication;
use crate::portal::date;
use crate::portal::page::{Fact, Page};

/// The rows of DOMAIN §3.3, S3, of the signature certificate, with the serial number of the other one. What the
/// certificate does not say has no row.
pub(crate) fn certificate(page: &Page, certificate: &Certificate, authentication: &Authentication) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |key: &str, value: Option<&str>| {
        facts.extend(value.map(|value| page.fact(key, value)));
    };
    let holder = certificate.holder();
    let holder = holder.as_ref();
    say("certificate-holder", holder.and_then(|holder| holder.name.as_deref()));
    say(
        "certificate-holder-romaji",
        holder.and_then(|holder| holder.name_romaji.as_deref()),
    );
    say(
        "certificate-home",
        holder.and_then(|holder| holder.address_romaji.as_deref()),
    );
    say(
        "certificate-organisation",
        holder.and_then(|holder| holder.organisation.as_deref()),
    );
    say(
        "certificate-organisation-romaji",
        holder.and_then(|holder| holder.organisation_romaji.as_deref()),
    );
    say(
        "certificate-office-address",
        holder.and_then(|holder| holder.organisation_address.as_deref()),
    );
    say(
        "certificate-corporate-number",
        holder.and_then(|holder| holder.corporate_number.as_deref()),
    );
    say("certificate-serial-signature", Some(&certificate.serial().to_string()));
    let authentication = serial_of(page.words, authentication);
    say("certificate-serial-authentication", Some(&authentication));
    say("certificate-issuer", Some(&certificate.issuer().readable()));
    let (from, to) = (Instant(certificate.not_before()), Instant(certificate.not_after()));
    let validity = page.words.say_with(
        "certificate-validity-text",
        &[
            ("from", &date::minute(page.words, from)),
            ("to", &date::minute(page.words, to)),
        ],
    );
    say("certificate-validity", Some(&validity));
    facts
}

/// The serial number of a card's authentication certificate, and since when it is revoked if it was before.
pub(crate) fn serial_of(words: Words, authentication: &Authentication) -> String {
    let serial = authentication.serial.to_string();
    match authentication.revoked_before {
        None => serial,
        Some(at) => {
            let time = date::minute(words, at);
            words.say_with("certificate-serial-before", &[("serial", &serial), ("time", &time)])
        }
    }
}

/// The holder's name as the application carries it: in kanji, or in Latin letters where there is no other.
pub(crate) fn applicant(certificate: &Certificate) -> String {
    let holder = certificate.holder();
    holder
        .and_then(|holder| holder.name.or(holder.name_romaji))
        .or_else(|| certificate.subject().common_name().map(str::to_owned))
        .unwrap_or_default()
}

/// Until when the office takes an application for this certificate online (G-T5).
pub(crate) fn deadline(page: &Page, last: Day) -> String {
    date::minute(page.words, last.ends())
}

/// What was entered on S4.
pub(crate) fn application(page: &Page, application: &Application) -> Vec<Fact> {
    let Application {
        ground,
        detail,
        event_day,
        applicant,
        kana,
        phone,
        mail,
        account,
        new_issue,
    } = application;
    let nothing = || page.t("not-entered");
    let kind = match account.kind {
        AccountKind::Ordinary => page.t("account-ordinary"),
        AccountKind::Current => page.t("account-current"),
    };
    let wish = match new_issue {
        Some(NewIssue::Yes) => page.t("issue-yes"),
        Some(NewIssue::No) => page.t("issue-no"),
        None => nothing(),
    };
    vec![
        page.fact("field-reason", page.t(&format!("reason-{}", ground.key()))),
        page.fact("field-reason-detail", detail.clone().unwrap_or_else(nothing)),
        page.fact(
            "field-event-date",
            event_day.map_or_else(nothing, |day| date::day(page.words, day)),
        ),
        page.fact("field-applicant-name", applicant),
        page.fact("field-applicant-kana", kana),
        page.fact("field-phone", phone),
        page.fact("field-mail", mail),
        page.fact("field-bank", &account.bank),
        page.fact("field-branch", &account.branch),
        page.fact("field-account-type", kind),
        page.fact("field-account-number", &account.number),
        page.fact("field-account-holder", &account.holder),
        page.fact("field-new-issue", wish),
    ]
}

/// The refund's preview: an estimate, and called so.
pub(crate) fn refund(page: &Page, refund: Refund, terms: &Terms) -> String {
    match refund {
        Refund::Estimate { yen } => page.t1("confirm-refund-estimate", "amount", &grouped(yen)),
        Refund::None => page.t1("confirm-refund-none", "minimum", &grouped(terms.minimum)),
        Refund::Unknown => page.t("confirm-refund-unknown"),
    }
}

/// A number with a comma before each third digit from the end.
pub(crate) fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (100, "100"),
            (7_000, "7,000"),
            (12_300, "12,300"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
