//! Names of a register and of a card, compared (DOMAIN §9): the same, the same in other glyphs, or another.
//!
//! A text is never normalised where it comes in (A41): here alone, and only as a key that lives as long as the comparison
//! does. A difference leads back to the octets and code points that were received.
//!
//! What this never does: fold two characters that are not one and the same, or call equal what cannot be read.

mod difference;
mod form;
mod key;
mod variant;

use alloc::vec::Vec;

pub use difference::{Difference, Passage};
use key::{Key, Letter};
pub use variant::{TABLE, TABLE_VERSION};

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 商号又は名称: its legal form counts, and where it stands.
    Company,
    /// 氏名: spaces do not count, and a part in brackets (旧氏, 通称) is another name of the same person.
    Person,
}

/// How alike two names are, the likest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// One name; width, spaces, hyphens and the short form of 株式会社 make no other.
    Match,
    /// One name in other glyphs of the same characters, as 髙 and 高.
    Variant,
    /// Nothing can be said: a side is empty or has a character that only its own system can draw, a person's name is in
    /// Latin letters on one side alone, or the card's issuer may have cut it.
    NotComparable,
    /// Two names.
    Mismatch,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How alike they are.
    pub class: Class,
    /// Where they are not, from the beginning on and without overlap. Nothing where the texts match or cannot be compared.
    pub differences: Vec<Difference>,
}

/// A name as a card carries it, with what its issuer lets one know of it.
#[derive(Clone, Copy, Debug)]
pub struct Certified<'a> {
    /// As it was received.
    pub text: &'a str,
    /// After how many characters the issuer cuts a name.
    pub cut_after: Option<usize>,
    /// JPKI's 代替文字の使用位置: a digit for each character, `1` where it stands in for one that the certificate cannot hold.
    pub substitutes: Option<&'a str>,
}

impl<'a> From<&'a str> for Certified<'a> {
    fn from(text: &'a str) -> Self {
        Self {
            text,
            cut_after: None,
            substitutes: None,
        }
    }
}

impl Comparison {
    /// The glyphs that stand for each other, for the audit and the letter.
    pub fn variants(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.variant)
    }
}

/// Compares the register's name with the card's. Which is which matters only to the category 【…】 that a register
/// appends (R207).
pub fn compare(kind: Kind, register: &str, card: &str) -> Comparison {
    compare_certified(kind, register, card.into())
}

/// [`compare`], for a card whose issuer says more.
pub fn compare_certified(kind: Kind, register: &str, card: Certified<'_>) -> Comparison {
    let (name, category) = match kind {
        Kind::Company => split_category(register),
        Kind::Person => (register, ""),
    };
    if register == card.text && key::legible(name.chars()) {
        return Comparison {
            class: Class::Match,
            differences: Vec::new(),
        };
    }
    let pair = Pair { kind, register, card };
    match kind {
        Kind::Company => {
            let (plain, same) = split_category(card.text);
            // A card that carries the very category carries the register's name.
            let both = !category.is_empty() && Key::of(kind, same) == Key::of(kind, category);
            let carried = if both { plain } else { card.text };
            pair.likest([(&Key::of(kind, name), &Key::of(kind, carried))])
        }
        Kind::Person => {
            let (listed, carried) = (Key::of(kind, name), Key::of(kind, card.text));
            let (parts, card_parts) = (listed.parts(), carried.parts());
            let own = parts.as_ref().map_or(&listed, |(own, _)| own);
            let card_own = card_parts.as_ref().map_or(&carried, |(own, _)| own);
            // Two other names say nothing of each other: one of the two is the name itself.
            let pairs = [
                Some((&listed, &carried)),
                Some((own, card_own)),
                parts.as_ref().map(|(_, other)| (other, card_own)),
                card_parts.as_ref().map(|(_, other)| (own, other)),
            ];
            pair.likest(pairs.into_iter().flatten())
        }
    }
}

/// The name, and the category that a register appends to it, as in 「株式会社A【物品】」 (R207). For what is compared, never
/// for what is shown.
fn split_category(text: &str) -> (&str, &str) {
    let mut name = text.trim_end();
    while let Some((before, _)) = name.strip_suffix('】').and_then(|open| open.rsplit_once('【')) {
        name = before.trim_end();
    }
    text.split_at(name.len())
}

/// What is compared, as it was received.
struct Pair<'a> {
    kind: Kind,
    register: &'a str,
    card: Certified<'a>,
}

impl Pair<'_> {
    /// The likest pair of keys decides; the first of them where several are as like.
    fn likest<'k>(&self, keys: impl IntoIterator<Item = (&'k Key, &'k Key)>) -> Comparison {
        let mut likest = None;
        for (listed, carried) in keys {
            let class = self.class(listed, carried);
            if likest.is_none_or(|(best, _, _)| class < best) {
                likest = Some((class, listed, carried));
            }
            if class == Class::Match {
                break;
            }
        }
        match likest {
            Some((class @ (Class::Variant | Class::Mismatch), listed, carried)) => Comparison {
                class,
                differences: difference::between(
                    (self.register, listed.letters()),
                    (self.card.text, carried.letters()),
                ),
            },
            other => Comparison {
                class: other.map_or(Class::NotComparable, |(class, _, _)| class),
                differences: Vec::new(),
            },
        }
    }

    fn class(&self, listed: &Key, carried: &Key) -> Class {
        if !listed.is_legible() || !carried.is_legible() {
            return Class::NotComparable;
        }
        let (register, card) = (listed.letters(), carried.letters());
        let beginning = register.iter().zip(card);
        if register.len() == card.len() {
            if beginning.clone().all(|(one, other)| self.same(one, other)) {
                return Class::Match;
            }
            if beginning.clone().all(|(one, other)| one.is_variant_of(other)) {
                return Class::Variant;
            }
        }
        let in_latin_alone = |latin: &Key, other: &Key| latin.is_latin() && other.is_japanese();
        if self.kind == Kind::Person && (in_latin_alone(listed, carried) || in_latin_alone(carried, listed)) {
            return Class::NotComparable;
        }
        let cut = self
            .card
            .cut_after
            .is_some_and(|longest| self.card.text.chars().count() >= longest);
        if cut && register.len() > card.len() && beginning.clone().all(|(one, other)| one.is_variant_of(other)) {
            return Class::NotComparable;
        }
        Class::Mismatch
    }

    /// Whether two letters are one, or the issuer says that the card's stands in for the register's.
    fn same(&self, register: &Letter, card: &Letter) -> bool {
        register.character == card.character || (register.is_variant_of(card) && self.stands_in(card))
    }

    fn stands_in(&self, letter: &Letter) -> bool {
        let place = self
            .card
            .text
            .get(..letter.range.start)
            .map(|before| before.chars().count());
        self.card
            .substitutes
            .zip(place)
            .is_some_and(|(digits, place)| digits.chars().nth(place) == Some('1'))
    }
}
