//! The register beside a card: what differs is marked, down to the characters and their code points (DOMAIN §5.6, §9).

use casework::names::{Class, Comparison};
use casework::register::{Compared, Entry, Person};
use std::fmt::Write as _;

use super::fact::label;
use crate::desk::bidder::CardFace;
use crate::office::Bidding;
use crate::portal::marked::{Piece, marked};
use crate::portal::page::Page;

/// A name of the register beside the card's.
pub(crate) struct Beside {
    pub(crate) label: String,
    pub(crate) register: Vec<Piece>,
    pub(crate) card: Vec<Piece>,
    pub(crate) tag: &'static str,
    pub(crate) class: String,
    /// 髙 U+9AD9 ↔ 高 U+9AD8
    pub(crate) points: Vec<String>,
}

/// The company and, where the office reviews, the person. Nothing where the register has no entry that counts.
pub(crate) fn names(
    page: &Page,
    bidding: &Bidding,
    (entry, compared): (Option<&Entry>, Option<&Compared>),
    card: &CardFace,
) -> Vec<Beside> {
    let (Some(entry), Some(compared)) = (entry, compared) else {
        return Vec::new();
    };
    let company = beside(
        page,
        page.t(&label(bidding, "bidder-company")),
        (&entry.name, &card.company),
        &compared.company,
    );
    let mut all = vec![company];
    if bidding.reviews() {
        all.push(beside(
            page,
            page.t("registration-confirm-person"),
            (against(entry, compared), &card.holder),
            &compared.person,
        ));
    }
    all
}

fn beside(page: &Page, label: String, (register, card): (&str, &str), comparison: &Comparison) -> Beside {
    let (tag, class) = class(page, comparison.class);
    let differences = &comparison.differences;
    let points = differences.iter().filter_map(|one| {
        let long = |text: &str| text.chars().count() > MOST_POINTS;
        (!long(&one.register.text) && !long(&one.card.text)).then(|| {
            let side = |text: &str, points: String| if text.is_empty() { "—".to_owned() } else { points };
            let register = side(&one.register.text, pointed(&one.register.text));
            format!("{register} ↔ {}", side(&one.card.text, pointed(&one.card.text)))
        })
    });
    Beside {
        label,
        register: marked(register, differences.iter().map(|one| one.register.range())),
        card: marked(card, differences.iter().map(|one| one.card.range())),
        tag,
        class,
        points: points.collect(),
    }
}

/// Whose name the holder's was compared with.
pub(crate) fn against<'a>(entry: &'a Entry, compared: &Compared) -> &'a str {
    match (compared.against, entry.covering_delegate()) {
        (Person::Delegate, Some(delegate)) => &delegate.name,
        _ => &entry.representative,
    }
}

/// The class of a tag, and its words.
pub(crate) fn class(page: &Page, class: Class) -> (&'static str, String) {
    let (tag, key) = match class {
        Class::Match => ("tag ok", "same"),
        Class::Variant => ("tag var", "variant"),
        Class::NotComparable => ("tag ng", "not-comparable"),
        Class::Mismatch => ("tag ng", "differs"),
    };
    (tag, page.t(&format!("registration-confirm-{key}")))
}

/// Each character with its code point.
pub(crate) fn pointed(text: &str) -> String {
    let mut said = String::new();
    for character in text.chars() {
        if !said.is_empty() {
            said.push(' ');
        }
        // Writing to a string does not fail.
        let _ = write!(said, "{character} U+{:04X}", u32::from(character));
    }
    said
}

/// Longer parts are other names, and no slip of a glyph.
pub(crate) const MOST_POINTS: usize = 8;
