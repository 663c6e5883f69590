//! Who a certificate is about: typed names going in, distinguished names coming out.
//!
//! Text is never normalised (THREATS A41): what was given is written, code point by code point, as UTF8String.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod authority;
mod citizen;
mod comparison;
mod terminal;

pub use authority::AuthorityName;
pub(crate) use citizen::issuer_alternative;
pub use citizen::{BirthDate, Citizen, Resident, Sex, SubjectNumber, Substituted};
pub(crate) use comparison::Prepared;
pub use terminal::TerminalName;

use std::fmt;
use std::str::FromStr;

use der::asn1::ObjectIdentifier;

use crate::decode::{Decoder, Element, Malformed, only};
use crate::encode::{BMP_STRING, Encoder, IA5_STRING, PRINTABLE_STRING, SEQUENCE, TELETEX_STRING, UTF8_STRING};
use crate::oid;

/// The person in whose name a card is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    name: String,
    name_romaji: String,
    address_romaji: Option<String>,
}

impl Holder {
    /// `name` as it is written (漢字), `name_romaji` in Latin letters, the home address in Latin letters if it shall stand
    /// in the certificate (DOMAIN §11.1).
    pub fn new(name: &str, name_romaji: &str, address_romaji: Option<&str>) -> Result<Self, NameFault> {
        Ok(Self {
            name: text("name", name, UB_COMMON_NAME)?,
            name_romaji: latin("name in romaji", name_romaji, UB_COMMON_NAME)?,
            address_romaji: address_romaji
                .map(|address| latin("address in romaji", address, UB_STREET_ADDRESS))
                .transpose()?,
        })
    }

    /// 氏名(漢字)
    pub fn name(&self) -> &str {
        &self.name
    }

    /// 氏名(ローマ字)
    pub fn name_romaji(&self) -> &str {
        &self.name_romaji
    }

    /// 自宅住所(ローマ字)
    pub fn address_romaji(&self) -> Option<&str> {
        self.address_romaji.as_deref()
    }
}

/// The organisation to which the holder belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    name: String,
    name_romaji: String,
    address: String,
    corporate_number: Option<CorporateNumber>,
}

impl Organisation {
    /// `name` (商号・名称) and `address` (本店住所) as they are written, `name_romaji` in Latin letters.
    pub fn new(
        name: &str,
        name_romaji: &str,
        address: &str,
        corporate_number: Option<CorporateNumber>,
    ) -> Result<Self, NameFault> {
        Ok(Self {
            name: text("organisation", name, UB_ORGANISATION)?,
            name_romaji: latin("organisation in romaji", name_romaji, UB_ORGANISATION)?,
            address: text("address of the organisation", address, UB_STREET_ADDRESS)?,
            corporate_number,
        })
    }

    /// 商号・名称(漢字)
    pub fn name(&self) -> &str {
        &self.name
    }

    /// 商号・名称(ローマ字)
    pub fn name_romaji(&self) -> &str {
        &self.name_romaji
    }

    /// 本店住所(漢字)
    pub fn address(&self) -> &str {
        &self.address
    }

    /// 法人番号
    pub fn corporate_number(&self) -> Option<&CorporateNumber> {
        self.corporate_number.as_ref()
    }
}

/// 法人番号: thirteen digits, the first of which is a check digit (法人番号の指定等に関する省令 §2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CorporateNumber(String);

impl CorporateNumber {
    /// The thirteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CorporateNumber {
    type Err = NameFault;

    fn from_str(digits: &str) -> Result<Self, NameFault> {
        let values: Vec<u32> = digits.chars().map_while(|digit| digit.to_digit(10)).collect();
        let [check, base @ ..] = values.as_slice() else {
            return Err(NameFault::CorporateNumber);
        };
        if values.len() != 13 || digits.len() != 13 {
            return Err(NameFault::CorporateNumber);
        }
        // Counted from the right, odd places weigh 1 and even places 2.
        let sum: u32 = base
            .iter()
            .rev()
            .zip([1, 2].into_iter().cycle())
            .map(|(digit, weight)| digit * weight)
            .sum();
        if *check == 9 - sum % 9 {
            Ok(Self(digits.to_owned()))
        } else {
            Err(NameFault::CorporateNumber)
        }
    }
}

impl fmt::Display for CorporateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A name was refused. Nothing is ever shortened or replaced to make it fit (THREATS A42).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing, or only spaces.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// More characters than X.520 allows. Ideographic variation selectors count as characters.
    #[error("the {field} has {length} characters; {most} are allowed")]
    TooLong {
        /// Which name.
        field: &'static str,
        /// Its characters.
        length: usize,
        /// How many are allowed.
        most: usize,
    },
    /// A control character, a bidirectional override, an invisible separator or a noncharacter.
    #[error("the {field} contains U+{:04X}, which cannot stand in a name", u32::from(*character))]
    Character {
        /// Which name.
        field: &'static str,
        /// The character.
        character: char,
    },
    /// A character outside printable ASCII where Latin letters are wanted.
    #[error("the {field} contains {character:?}; only printable Latin characters are allowed")]
    NotLatin {
        /// Which name.
        field: &'static str,
        /// The character.
        character: char,
    },
    /// Not a 0 or a 1 for each character.
    #[error("the places of substituted characters in the {0} need a 0 or a 1 for each character")]
    Places(&'static str),
    /// Not thirteen digits with the right check digit.
    #[error("the corporate number must have 13 digits and a right check digit")]
    CorporateNumber,
}

/// What an authority card says about its holder, as far as it says it. Texts are those of the certificate, unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HolderContent {
    /// 利用者氏名(漢字)
    pub name: Option<String>,
    /// 利用者氏名(ローマ字)
    pub name_romaji: Option<String>,
    /// 自宅住所(ローマ字)
    pub address_romaji: Option<String>,
    /// 商号・名称(漢字)
    pub organisation: Option<String>,
    /// 商号・名称(ローマ字)
    pub organisation_romaji: Option<String>,
    /// 本店住所(漢字)
    pub organisation_address: Option<String>,
    /// 法人番号, thirteen digits
    pub corporate_number: Option<String>,
}

/// A distinguished name as it stands in a certificate. Equal only when the DER is (DOMAIN §2.3, 2); see also [`DistinguishedName::matches`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistinguishedName {
    der: Vec<u8>,
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Attribute {
    kind: ObjectIdentifier,
    /// `Err` holds the DER of a value that is not text.
    value: Result<String, Vec<u8>>,
    /// Whether this is not the first attribute of its RelativeDistinguishedName.
    joined: bool,
}

impl DistinguishedName {
    /// The DER of the Name.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// CN, if there is one. The last one speaks if there are several.
    pub fn common_name(&self) -> Option<&str> {
        self.text(oid::COMMON_NAME)
    }

    /// O
    pub fn organisation(&self) -> Option<&str> {
        self.text(oid::ORGANISATION)
    }

    /// The name as people read it: from the most particular to the most general, values only.
    pub fn readable(&self) -> String {
        let values = self
            .attributes
            .iter()
            .rev()
            .filter(|attribute| attribute.kind != oid::COUNTRY);
        let texts: Vec<&str> = values.filter_map(|attribute| attribute.value.as_deref().ok()).collect();
        texts.join(", ")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    pub(crate) fn text(&self, kind: ObjectIdentifier) -> Option<&str> {
        self.attributes
            .iter()
            .rev()
            .find(|attribute| attribute.kind == kind)?
            .value
            .as_deref()
            .ok()
    }

    /// Each attribute's kind and text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (ObjectIdentifier, Option<&str>)> {
        self.attributes
            .iter()
            .map(|attribute| (attribute.kind, attribute.value.as_deref().ok()))
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let what = "distinguished name";
        let element = decoder.tagged(SEQUENCE, what)?;
        let mut rdns = element.content();
        let mut attributes = Vec::new();
        while !rdns.is_empty() {
            let mut rdn = rdns.set(what)?;
            let mut joined = false;
            while !rdn.is_empty() || !joined {
                let mut pair = rdn.sequence(what)?;
                let kind = pair.oid(what)?;
                let value = pair.any(what)?;
                pair.finish(what)?;
                attributes.push(Attribute {
                    kind,
                    value: read_text(value)?,
                    joined,
                });
                joined = true;
            }
        }
        Ok(Self {
            der: element.whole.to_vec(),
            attributes,
        })
    }

    /// Reads the DER of a name.
    pub fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        only(der, SEQUENCE, "distinguished name")?;
        Self::decode(&mut Decoder::new(der))
    }
}

/// RFC 4514: most particular first, values escaped, unknown attribute types in dotted form.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // RDNs are printed in reverse order, the attributes of one RDN in theirs.
        let mut rdns: Vec<Vec<&Attribute>> = Vec::new();
        for attribute in &self.attributes {
            match rdns.last_mut() {
                Some(rdn) if attribute.joined => rdn.push(attribute),
                _ => rdns.push(vec![attribute]),
            }
        }
        for (place, rdn) in rdns.iter().rev().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            for (place, attribute) in rdn.iter().enumerate() {
                if place > 0 {
                    f.write_str("+")?;
                }
                attribute.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistinguishedName({self})")
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SHORT_NAMES.iter().find(|(kind, _)| *kind == self.kind) {
            Some((_, short)) => write!(f, "{short}=")?,
            None => write!(f, "{}=", self.kind)?,
        }
        match &self.value {
            Ok(text) => write_escaped(f, text),
            Err(der) => {
                f.write_str("#")?;
                der.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

/// The subject of an authority card, in Latin letters.
pub(crate) fn card_subject(
    encoder: &mut Encoder,
    holder: &Holder,
    organisation: &Organisation,
    holder_number: Option<&str>,
) {
    encoder.sequence(|name| {
        country(name);
        attribute(name, oid::ORGANISATION, &organisation.name_romaji);
        if let Some(number) = &organisation.corporate_number {
            attribute(
                name,
                oid::ORGANISATION_IDENTIFIER,
                &format!("{CORPORATE_NUMBER_PREFIX}{number}"),
            );
        }
        if let Some(address) = &holder.address_romaji {
            attribute(name, oid::STREET_ADDRESS, address);
        }
        if let Some(number) = holder_number {
            rdn(name, oid::SERIAL_NUMBER, |value| value.printable(number));
        }
        attribute(name, oid::COMMON_NAME, &holder.name_romaji);
    });
}

/// The same persons as they are written in Japanese, for the directoryName of the subjectAltName.
pub(crate) fn card_alternative(encoder: &mut Encoder, holder: &Holder, organisation: &Organisation) {
    encoder.sequence(|name| {
        country(name);
        attribute(name, oid::ORGANISATION, &organisation.name);
        attribute(name, oid::STREET_ADDRESS, &organisation.address);
        attribute(name, oid::COMMON_NAME, &holder.name);
    });
}

/// A name of one common name, for requests.
pub(crate) fn common_name_only(encoder: &mut Encoder, text: &str) {
    encoder.sequence(|name| attribute(name, oid::COMMON_NAME, text));
}

/// Reads back what [`card_subject`] and [`card_alternative`] wrote. Other issuers' cards are read the same way; what they
/// do not say stays `None`. Nothing at all is `None`.
pub(crate) fn holder_content(
    subject: &DistinguishedName,
    alternative: Option<&DistinguishedName>,
) -> Option<HolderContent> {
    let in_subject = |kind| subject.text(kind).map(str::to_owned);
    let in_alternative = |kind| alternative.and_then(|name| name.text(kind)).map(str::to_owned);
    let content = HolderContent {
        name: in_alternative(oid::COMMON_NAME),
        name_romaji: in_subject(oid::COMMON_NAME),
        address_romaji: in_subject(oid::STREET_ADDRESS),
        organisation: in_alternative(oid::ORGANISATION),
        organisation_romaji: in_subject(oid::ORGANISATION),
        organisation_address: in_alternative(oid::STREET_ADDRESS),
        corporate_number: in_subject(oid::ORGANISATION_IDENTIFIER)
            .and_then(|identifier| identifier.strip_prefix(CORPORATE_NUMBER_PREFIX).map(str::to_owned)),
    };
    (content != HolderContent::default()).then_some(content)
}

/// The upper bound of RFC 5280 §A.1 or X.520 on an attribute's characters, where there is one.
pub(crate) fn upper_bound(kind: ObjectIdentifier) -> Option<usize> {
    if kind == oid::COMMON_NAME
        || kind == oid::ORGANISATION
        || kind == oid::ORGANISATIONAL_UNIT
        || kind == oid::SERIAL_NUMBER
    {
        Some(UB_COMMON_NAME)
    } else if kind == oid::LOCALITY || kind == oid::STATE || kind == oid::STREET_ADDRESS {
        Some(UB_STREET_ADDRESS)
    } else {
        None
    }
}

/// X.520 allows PrintableString only in serialNumber; 64 characters (RFC 5280 §A.1 ub-serial-number).
pub(crate) fn holder_number(number: &str) -> Result<String, NameFault> {
    let number = latin("holder number", number, UB_COMMON_NAME)?;
    match number.chars().find(|character| !is_printable_string(*character)) {
        Some(character) => Err(NameFault::NotLatin {
            field: "holder number",
            character,
        }),
        None => Ok(number),
    }
}

pub(crate) fn is_printable_string(character: char) -> bool {
    character.is_ascii_alphanumeric() || " '()+,-./:=?".contains(character)
}

fn country(name: &mut Encoder) {
    rdn(name, oid::COUNTRY, |value| value.printable("JP"));
}

fn attribute(name: &mut Encoder, kind: ObjectIdentifier, text: &str) {
    rdn(name, kind, |value| value.utf8(text));
}

fn rdn(name: &mut Encoder, kind: ObjectIdentifier, value: impl FnOnce(&mut Encoder)) {
    name.set(|rdn| {
        rdn.sequence(|pair| {
            pair.oid(kind);
            value(pair);
        });
    });
}

fn text(field: &'static str, given: &str, most: usize) -> Result<String, NameFault> {
    if given.trim().is_empty() {
        return Err(NameFault::Empty(field));
    }
    if let Some(character) = given.chars().find(|character| cannot_stand_in_a_name(*character)) {
        return Err(NameFault::Character { field, character });
    }
    let length = given.chars().count();
    if length > most {
        return Err(NameFault::TooLong { field, length, most });
    }
    Ok(given.to_owned())
}

fn latin(field: &'static str, given: &str, most: usize) -> Result<String, NameFault> {
    match given.chars().find(|character| !matches!(character, ' '..='~')) {
        Some(character) => Err(NameFault::NotLatin { field, character }),
        None => text(field, given, most),
    }
}

/// Characters that are not seen or that change how their neighbours are seen (THREATS A39, A41). Variation selectors
/// (IVS) are seen and stay.
fn cannot_stand_in_a_name(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

pub(crate) fn read_text(value: Element<'_>) -> Result<Result<String, Vec<u8>>, Malformed> {
    let bad = Malformed("text of a distinguished name");
    Ok(match value.tag {
        UTF8_STRING => Ok(std::str::from_utf8(value.value).map_err(|_| bad)?.to_owned()),
        PRINTABLE_STRING | IA5_STRING if value.value.is_ascii() => {
            Ok(value.value.iter().map(|octet| char::from(*octet)).collect())
        }
        PRINTABLE_STRING | IA5_STRING => return Err(bad),
        // T.61 in certificates has always meant Latin-1 in practice.
        TELETEX_STRING => Ok(value.value.iter().map(|octet| char::from(*octet)).collect()),
        BMP_STRING => {
            let units: Vec<u16> = value
                .value
                .chunks(2)
                .map(|pair| match pair {
                    [high, low] => Ok(u16::from_be_bytes([*high, *low])),
                    _ => Err(bad),
                })
                .collect::<Result<_, _>>()?;
            Ok(String::from_utf16(&units).map_err(|_| bad)?)
        }
        _ => Err(value.whole.to_vec()),
    })
}

/// RFC 4514 §2.4.
fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let last = text.chars().count().saturating_sub(1);
    for (place, character) in text.chars().enumerate() {
        let escape = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            '#' => place == 0,
            ' ' => place == 0 || place == last,
            _ => false,
        };
        if character.is_control() {
            let mut octets = [0; 4];
            character
                .encode_utf8(&mut octets)
                .bytes()
                .try_for_each(|octet| write!(f, "\\{octet:02X}"))?;
            continue;
        }
        if escape {
            f.write_str("\\")?;
        }
        write!(f, "{character}")?;
    }
    Ok(())
}

const SHORT_NAMES: [(ObjectIdentifier, &str); 9] = [
    (oid::COMMON_NAME, "CN"),
    (oid::LOCALITY, "L"),
    (oid::STATE, "ST"),
    (oid::ORGANISATION, "O"),
    (oid::ORGANISATIONAL_UNIT, "OU"),
    (oid::COUNTRY, "C"),
    (oid::STREET_ADDRESS, "STREET"),
    (oid::DOMAIN_COMPONENT, "DC"),
    (oid::USER_ID, "UID"),
];

/// ETSI EN 319 412-1 §5.1.4: national trade register of Japan.
const CORPORATE_NUMBER_PREFIX: &str = "NTRJP-";

const UB_COMMON_NAME: usize = 64;
const UB_ORGANISATION: usize = 64;
const UB_STREET_ADDRESS: usize = 128;
