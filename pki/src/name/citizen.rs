//! What the certificates of a citizen's card are about (DOMAIN §11.3): the four data in the 署名用電子証明書, and nothing of a
//! person in the 利用者証明用電子証明書.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;

use super::{NameFault, UB_COMMON_NAME, UB_STREET_ADDRESS, attribute, country, text};
use crate::encode::Encoder;
use crate::oid;
use crate::time;

/// 基本4情報, as the 署名用電子証明書 has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Citizen {
    name: Substituted,
    address: Substituted,
    sex: Sex,
    birth: BirthDate,
}

/// A text, and which of its characters stand in for others (代替文字): a 1 for each that does.
#[derive(Clone, PartialEq, Eq)]
pub struct Substituted {
    text: String,
    places: String,
}

/// 性別
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
    /// 不明
    Unknown,
}

/// 生年月日
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate {
    year: i64,
    month: i64,
    day: i64,
}

/// The subject of a 署名用電子証明書: where the holder lives, and a number that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resident {
    prefecture: String,
    municipality: String,
    number: SubjectNumber,
}

/// A number that stands for a holder and says nothing of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectNumber(String);

impl Citizen {
    /// As a 住民票 has them.
    pub fn new(name: Substituted, address: Substituted, sex: Sex, birth: BirthDate) -> Self {
        Self {
            name,
            address,
            sex,
            birth,
        }
    }

    /// 生年月日
    pub fn birth(&self) -> BirthDate {
        self.birth
    }

    /// otherNames in the order in which the real ones have them.
    pub(crate) fn encode_names(&self, names: &mut Encoder) {
        let birth = self.birth.with_era();
        for (kind, value) in [
            (oid::CITIZEN_NAME, self.name.text.as_str()),
            (oid::CITIZEN_BIRTH, &birth),
            (oid::CITIZEN_SEX, self.sex.digit()),
            (oid::CITIZEN_ADDRESS, &self.address.text),
            (oid::CITIZEN_NAME_PLACES, &self.name.places),
            (oid::CITIZEN_ADDRESS_PLACES, &self.address.places),
        ] {
            other_name(names, kind, value);
        }
    }
}

/// What a citizen is called stands in no log.
impl std::fmt::Debug for Citizen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Citizen(..)")
    }
}

impl Substituted {
    /// 氏名; `places` has a 0 or a 1 for each character, and may be left out where none stands in for another.
    pub fn name(text: &str, places: Option<&str>) -> Result<Self, NameFault> {
        Self::new("name", text, places)
    }

    /// 住所, likewise.
    pub fn address(text: &str, places: Option<&str>) -> Result<Self, NameFault> {
        Self::new("address", text, places)
    }

    fn new(field: &'static str, given: &str, places: Option<&str>) -> Result<Self, NameFault> {
        let text = text(field, given, UB_CITIZEN)?;
        let characters = text.chars().count();
        let places = places.map_or_else(|| "0".repeat(characters), str::to_owned);
        if places.len() != characters || !places.bytes().all(|place| matches!(place, b'0' | b'1')) {
            return Err(NameFault::Places(field));
        }
        Ok(Self { text, places })
    }
}

/// What a citizen is called stands in no log.
impl std::fmt::Debug for Substituted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Substituted(..)")
    }
}

impl Sex {
    /// As the certificate and the card have it.
    pub const fn digit(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
            Self::Unknown => "3",
        }
    }
}

impl BirthDate {
    /// A day of the calendar, Gregorian; `None` if there is none.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let there = (1868..=9999).contains(&year) && (1..=12).contains(&month);
        let there = there && (1..=time::days_in_month(year, month)).contains(&day);
        there.then_some(Self { year, month, day })
    }

    /// EYYYYMMDD: the era's digit, then the Gregorian day.
    pub(crate) fn with_era(self) -> String {
        let Self { year, month, day } = self;
        let began = ERAS.iter().rev().find(|(_, first)| (year, month, day) >= *first);
        let era = began.map_or('0', |(era, _)| *era);
        format!("{era}{year:04}{month:02}{day:02}")
    }

    /// The last second of a certificate that is issued at this moment: the end of the fifth birthday after that day, in Japan.
    pub(crate) fn fifth_after(self, unix: i64) -> i64 {
        let (year, month, day) = time::day_in_japan(unix);
        let is_still_to_come = (self.month, self.birthday(year)) > (month, day);
        let year = year + if is_still_to_come { 4 } else { 5 };
        time::end_of_day_in_japan(time::days_from_civil(year, self.month, self.birthday(year)))
    }

    /// Whoever was born on the last day of a February of 29 days has it on the last one of every February.
    fn birthday(self, year: i64) -> i64 {
        self.day.min(time::days_in_month(year, self.month))
    }
}

/// When somebody was born stands in no log.
impl std::fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BirthDate(..)")
    }
}

impl Resident {
    /// 都道府県 and 市区町村.
    pub fn new(prefecture: &str, municipality: &str, number: SubjectNumber) -> Result<Self, NameFault> {
        Ok(Self {
            prefecture: text("prefecture", prefecture, UB_STREET_ADDRESS)?,
            municipality: text("municipality", municipality, UB_STREET_ADDRESS)?,
            number,
        })
    }

    /// C=JP, L=prefecture, L=municipality, CN=number.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|name| {
            country(name);
            attribute(name, oid::LOCALITY, &self.prefecture);
            attribute(name, oid::LOCALITY, &self.municipality);
            attribute(name, oid::COMMON_NAME, &self.number.0);
        });
    }
}

impl SubjectNumber {
    /// Of octets that were drawn for this certificate.
    pub fn from_random(octets: [u8; 16]) -> Self {
        Self(format!("{:032X}", u128::from_be_bytes(octets)))
    }

    /// C=JP, CN=number.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|name| {
            country(name);
            attribute(name, oid::COMMON_NAME, &self.0);
        });
    }
}

/// Who issues citizens' certificates, in every one of them: C=JP, O=公的個人認証サービス.
pub(crate) fn issuer_alternative(encoder: &mut Encoder) {
    encoder.sequence(|name| {
        country(name);
        attribute(name, oid::ORGANISATION, "公的個人認証サービス");
    });
}

/// RFC 5280 §4.2.1.6, its value a UTF8String.
fn other_name(names: &mut Encoder, kind: ObjectIdentifier, text: &str) {
    names.context(0, |other| {
        other.oid(kind);
        other.context(0, |value| value.utf8(text));
    });
}

/// Each era with its first day.
const ERAS: [(char, (i64, i64, i64)); 5] = [
    ('1', (1868, 1, 25)),
    ('2', (1912, 7, 30)),
    ('3', (1926, 12, 25)),
    ('4', (1989, 1, 8)),
    ('5', (2019, 5, 1)),
];

const UB_CITIZEN: usize = 200;
const _: () = assert!(UB_COMMON_NAME >= 32, "a number is 32 letters");
