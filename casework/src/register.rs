//! 入札参加資格者名簿: who may bid, and whether a card names the same company and person (DOMAIN §5.2, R204–R208).

use crate::characters::half_width;
use crate::names::{self, Certified, Class, Comparison, Kind};
use crate::time::Day;
use alloc::string::String;
use core::fmt;

/// 業者番号 (登録番号): what a company is called by at an office, in one way of writing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessNumber(String);

/// A company of the register. Its texts are as the office wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 業者番号
    pub number: BusinessNumber,
    /// 商号又は名称, a category 【…】 at its end included.
    pub name: String,
    /// フリガナ, by which lists are sorted.
    pub name_kana: String,
    /// 所在地: shown, never compared (R208).
    pub address: String,
    /// 代表者氏名
    pub representative: String,
    /// 受任者, where there is one.
    pub delegate: Option<Delegate>,
    /// 法人番号, where the office knows it.
    pub corporate_number: Option<String>,
    /// The first and the last day of the qualification.
    pub valid: (Day, Day),
}

/// 受任者: who may conclude contracts in the representative's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// 氏名
    pub name: String,
    /// The first day of the delegation.
    pub from: Day,
    /// Its last day.
    pub until: Day,
}

/// What a card says of its company and its holder, as it was received; a text that it does not have is empty.
#[derive(Clone, Copy, Debug)]
pub struct CardNames<'a> {
    /// 商号・名称
    pub company: &'a str,
    /// 氏名, in Latin letters where the card has no other.
    pub holder: &'a str,
    /// 法人番号
    pub corporate_number: Option<&'a str>,
    /// After how many characters its issuer cuts a name.
    pub cut_after: Option<usize>,
}

/// An entry beside a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// 商号又は名称. Its class is what the 法人番号 decided where both sides have one; its differences are those of the texts.
    pub company: Comparison,
    /// 氏名
    pub person: Comparison,
    /// Whose name the holder's was compared with.
    pub against: Person,
    /// What the two 法人番号 say.
    pub numbers: Numbers,
}

/// Who of a company may hold its card (R205).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// 代表者
    Representative,
    /// 受任者
    Delegate,
}

/// The 法人番号 of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// One side has none, or nothing that could be one.
    Unknown,
    /// One legal person.
    Equal,
    /// Two legal persons, whatever their names.
    Different,
}

impl BusinessNumber {
    /// Reads a number as typed or imported: letters, digits and hyphens, width, case and spaces not mattering. At most 20.
    pub fn parse(text: &str) -> Option<Self> {
        let number: String = text
            .chars()
            .map(|typed| half_width(typed).to_ascii_uppercase())
            .filter(|typed| *typed != ' ')
            .collect();
        let fits = number
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        (fits && number.bytes().any(|octet| octet != b'-') && number.len() <= 20).then_some(Self(number))
    }

    /// The number in its one way of writing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BusinessNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Entry {
    /// Whether this day lies in 資格の登録有効期間, both ends included.
    pub fn counts_on(&self, day: Day) -> bool {
        let (first, last) = self.valid;
        first <= day && day <= last
    }

    /// The delegate whose delegation covers the whole qualification; a shorter one counts for nothing (R206).
    pub fn covering_delegate(&self) -> Option<&Delegate> {
        let (first, last) = self.valid;
        self.delegate
            .as_ref()
            .filter(|delegate| delegate.from <= first && last <= delegate.until)
    }

    /// What pages show as 代表者氏名: the delegate's where there is one for the whole qualification (R205).
    pub fn shown_representative(&self) -> &str {
        self.covering_delegate()
            .map_or(&self.representative, |delegate| &delegate.name)
    }
}

impl Compared {
    /// The less alike of company and person: either of them holds a case (R204).
    pub fn class(&self) -> Class {
        self.company.class.max(self.person.class)
    }
}

/// Compares an entry with a card. The holder may be the representative or the covering delegate (R205, R206); the likest is
/// told, the representative where both are as like.
pub fn compare(entry: &Entry, card: &CardNames<'_>) -> Compared {
    let certified = |text| Certified {
        cut_after: card.cut_after,
        ..Certified::from(text)
    };
    let person = |name: &str| names::compare_certified(Kind::Person, name, certified(card.holder));
    let mut company = names::compare_certified(Kind::Company, &entry.name, certified(card.company));
    let numbers = Numbers::of(entry.corporate_number.as_deref(), card.corporate_number);
    company.class = match (numbers, company.class) {
        (Numbers::Different, _) => Class::Mismatch,
        (Numbers::Equal, Class::Variant) => Class::Match,
        (_, class) => class,
    };
    let representative = person(&entry.representative);
    let delegate = entry.covering_delegate().map(|delegate| person(&delegate.name));
    let (person, against) = match delegate {
        Some(delegate) if delegate.class < representative.class => (delegate, Person::Delegate),
        _ => (representative, Person::Representative),
    };
    Compared {
        company,
        person,
        against,
        numbers,
    }
}

impl Numbers {
    fn of(register: Option<&str>, card: Option<&str>) -> Self {
        match (register.and_then(thirteen_digits), card.and_then(thirteen_digits)) {
            (Some(one), Some(other)) if one == other => Self::Equal,
            (Some(_), Some(_)) => Self::Different,
            _ => Self::Unknown,
        }
    }
}

/// The digits of a 法人番号, whatever their width and what stands between them.
fn thirteen_digits(text: &str) -> Option<u64> {
    let mut number = 0;
    let mut digits = 0;
    for character in text.chars().map(half_width).filter(|typed| !matches!(typed, ' ' | '-')) {
        number = u64::from(character.to_digit(10)?) + 10 * (digits < 13).then_some(number)?;
        digits += 1;
    }
    (digits == 13).then_some(number)
}
