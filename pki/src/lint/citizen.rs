//! Lints over the certificates of a citizen's card (DOMAIN §11.3). Which one it is says its policy.

use der::asn1::ObjectIdentifier;

use super::Findings;
use crate::algorithm::Algorithm;
use crate::certificate::Content;
use crate::decode::Decoder;
use crate::encode::UTF8_STRING;
use crate::extension::KeyUsage;
use crate::general_name::GeneralName;
use crate::oid;
use crate::time::{DAY, day_in_japan, days_from_civil, end_of_day_in_japan};

/// Whether it is of a citizen's card.
pub(super) fn is_one(content: &Content) -> bool {
    signs(content) || authenticates(content)
}

pub(super) fn content(content: &Content, findings: &mut Findings) {
    if !is_one(content)
        || content
            .extensions
            .basic_constraints
            .is_some_and(|constraints| constraints.ca)
    {
        return;
    }
    if content.public_key.algorithm() != Algorithm::Rsa2048 {
        findings.error("J-KEY", "the key of a citizen's certificate is RSA of 2,048 bits");
    }
    let usage = content.extensions.key_usage.map_or(0, |usage| usage.0);
    let wanted = if signs(content) {
        KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION)
    } else {
        KeyUsage::DIGITAL_SIGNATURE
    };
    if usage != wanted.0 || content.extensions.criticality(oid::KEY_USAGE) != Some(true) {
        findings.error(
            "J-KU",
            "key usage is critical, digitalSignature and, in a 署名用電子証明書, nonRepudiation",
        );
    }
    if !content.extensions.has(oid::ISSUER_ALT_NAME) {
        findings.error("J-ISSUER", "no issuer alternative name");
    }
    validity(content, findings);
    subject(content, findings);
    let names: Vec<_> = content.extensions.alternatives.iter().collect();
    let person = names.iter().filter_map(|name| match name {
        GeneralName::Other(kind, value) if oid::CITIZEN.contains(kind) => Some((*kind, text(value))),
        _ => None,
    });
    let person: Vec<_> = person.collect();
    if signs(content) {
        of_a_person(&person, findings);
    } else if !names.is_empty() {
        findings.error("J-PERSON", "a 利用者証明用電子証明書 says something of its holder");
    }
}

/// The data of a person: each once, in the order of the real ones, each in its form.
fn of_a_person(person: &[(ObjectIdentifier, Option<String>)], findings: &mut Findings) {
    let kinds: Vec<_> = person.iter().map(|(kind, _)| *kind).collect();
    let of = |wanted| {
        let found = person.iter().find(|(kind, _)| *kind == wanted);
        found.and_then(|(_, text)| text.as_deref())
    };
    for (kind, what) in [
        (oid::CITIZEN_NAME, "氏名"),
        (oid::CITIZEN_BIRTH, "生年月日"),
        (oid::CITIZEN_SEX, "性別"),
        (oid::CITIZEN_ADDRESS, "住所"),
    ] {
        if of(kind).is_none_or(str::is_empty) {
            findings.error("J-MISSING", format!("{what} is missing"));
        }
    }
    let in_order = oid::CITIZEN.iter().filter(|kind| kinds.contains(kind));
    if !in_order.eq(&kinds) {
        findings.error("J-ORDER", "the data of the person stand twice, or in another order");
    }
    if of(oid::CITIZEN_BIRTH).is_some_and(|birth| !is_birth(birth)) {
        findings.error("J-BIRTH", "生年月日 is not the digit of an era and a day as YYYYMMDD");
    }
    if of(oid::CITIZEN_SEX).is_some_and(|sex| !matches!(sex, "1" | "2" | "3")) {
        findings.error("J-SEX", "性別 is not 1, 2 or 3");
    }
    for (places, of_what) in [
        (oid::CITIZEN_NAME_PLACES, oid::CITIZEN_NAME),
        (oid::CITIZEN_ADDRESS_PLACES, oid::CITIZEN_ADDRESS),
    ] {
        let characters = of(of_what).map_or(0, |text| text.chars().count());
        let fits =
            |places: &str| places.len() == characters && places.bytes().all(|place| matches!(place, b'0' | b'1'));
        if of(places).is_some_and(|places| !fits(places)) {
            findings.error("J-PLACES", "代替文字の使用位置 has not a 0 or a 1 for each character");
        }
    }
}

fn subject(content: &Content, findings: &mut Findings) {
    let kinds: Vec<_> = content.subject.texts().map(|(kind, _)| kind).collect();
    let wanted: &[ObjectIdentifier] = if signs(content) {
        &[oid::COUNTRY, oid::LOCALITY, oid::LOCALITY, oid::COMMON_NAME]
    } else {
        &[oid::COUNTRY, oid::COMMON_NAME]
    };
    if kinds != wanted {
        findings.error(
            "J-SUBJECT",
            "the subject is not C, L, L, CN, or in a 利用者証明用電子証明書 C and CN",
        );
    }
}

fn validity(content: &Content, findings: &mut Findings) {
    let (year, month, day) = day_in_japan(content.not_after);
    if content.not_after != end_of_day_in_japan(days_from_civil(year, month, day)) {
        findings.error("J-END", "it does not end with the last second of a day in Japan");
    }
    // From the first second of a birthday to the last one of the sixth after it: of a renewal three months before.
    if content.not_after - content.not_before > 6 * 366 * DAY {
        findings.error("J-LONG", "it is valid beyond the sixth birthday");
    }
}

fn is_birth(text: &str) -> bool {
    let digits = text.len() == 9 && text.bytes().all(|octet| octet.is_ascii_digit());
    let number = |place: std::ops::Range<usize>| text.get(place).and_then(|digits| digits.parse::<u32>().ok());
    let in_calendar = number(5..7).is_some_and(|month| month <= 12) && number(7..9).is_some_and(|day| day <= 31);
    digits && in_calendar && matches!(text.as_bytes().first(), Some(b'0'..=b'5'))
}

fn text(value: &[u8]) -> Option<String> {
    let mut decoder = Decoder::new(value);
    let element = decoder.any("name of a person").ok()?;
    let fits = element.tag == UTF8_STRING && decoder.is_empty();
    fits.then(|| String::from_utf8(element.value.to_vec()).ok())?
}

fn signs(content: &Content) -> bool {
    let policies = &content.extensions.policies;
    oid::CITIZEN_SIGNATURE.iter().any(|policy| policies.contains(policy))
}

fn authenticates(content: &Content) -> bool {
    content.extensions.policies.contains(&oid::CITIZEN_AUTHENTICATION)
}
