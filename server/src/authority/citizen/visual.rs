//! What is printed on a card, signed: EF 0002 of the 券面 application (docs/formats.md).

use casework::identity::CardNumber;
use casework::time::{Date, Instant};
use pki::certificate::Certificate;
use pki::{SignFault, Signer, cms};
use zeroize::Zeroizing;

use super::{CitizenFault, Person};
use crate::chance::Chance;

/// What is printed beside the face.
pub(super) struct Printed {
    number: CardNumber,
    birth: String,
    sex: &'static str,
    expires: String,
    code: Zeroizing<String>,
}

impl Printed {
    pub(super) fn of(number: CardNumber, person: &Person, signature: &Certificate, chance: &Chance) -> Self {
        // A card is sold for two of its certificates' lives: ten years.
        let certified = Instant(signature.not_after()).day().date();
        let ends = Date {
            year: certified.year + 5,
            ..certified
        };
        let code = person.code.clone().unwrap_or_else(|| {
            let drawn = u32::from_be_bytes(chance.octets());
            Zeroizing::new(format!("{:04}", drawn % 10_000))
        });
        Self {
            number,
            birth: digits(person.birth),
            sex: person.printed_sex(),
            expires: digits(person.expires.unwrap_or(ends)),
            code,
        }
    }

    /// Birth YYMMDD, year of expiry, security code.
    pub(super) fn number_b(&self) -> Zeroizing<String> {
        let (birth, year) = (
            self.birth.get(2..).unwrap_or_default(),
            self.expires.get(..4).unwrap_or_default(),
        );
        Zeroizing::new(format!("{birth}{year}{}", *self.code))
    }

    /// The file, signed over every field but the signature.
    pub(super) fn signed(
        &self,
        face: &[u8],
        certificate: &Certificate,
        signer: &dyn Signer,
        at: Instant,
    ) -> Result<Zeroizing<Vec<u8>>, SignFault> {
        let number = self.number.to_string();
        let mut before = Zeroizing::new(Vec::with_capacity(face.len() + MOST_BESIDE));
        for (tag, value) in [
            (0x21, number.as_bytes()),
            (0x22, self.birth.as_bytes()),
            (0x23, self.sex.as_bytes()),
            // No key, and neither name nor address as a picture.
            (0x24, &[]),
            (0x25, &[]),
            (0x26, &[]),
            (0x27, face),
        ] {
            push(&mut before, [0xdf, tag], value);
        }
        let mut after = Zeroizing::new(Vec::new());
        push(&mut after, [0xdf, 0x29], self.expires.as_bytes());
        push(&mut after, [0xdf, 0x2a], self.code.as_bytes());
        let signed = Zeroizing::new([before.as_slice(), &after].concat());
        let signature = cms::sign(&signed, certificate, signer, at.0)?;
        push(&mut before, [0xdf, 0x28], &signature);
        before.extend_from_slice(&after);
        let mut file = Zeroizing::new(Vec::with_capacity(before.len() + 8));
        push(&mut file, [0xff, 0x20], &before);
        Ok(file)
    }
}

/// A face that a chip has room for.
pub(super) fn fits(face: &[u8]) -> Result<(), CitizenFault> {
    let jpeg = face.starts_with(b"\xff\xd8\xff");
    let jpeg_2000 = face.starts_with(b"\0\0\0\x0cjP  \r\n\x87\n") || face.starts_with(b"\xff\x4f\xff\x51");
    if (jpeg || jpeg_2000) && face.len() <= MOST_FACE {
        Ok(())
    } else {
        Err(CitizenFault::Face(MOST_FACE))
    }
}

fn digits(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year, date.month, date.day)
}

/// BER-TLV, its length in as few octets as it needs. No value is longer than what two octets say.
fn push(to: &mut Vec<u8>, tag: [u8; 2], value: &[u8]) {
    to.extend_from_slice(&tag);
    let [.., high, low] = value.len().to_be_bytes();
    match value.len() {
        0..=0x7f => to.push(low),
        0x80..=0xff => to.extend_from_slice(&[0x81, low]),
        _ => to.extend_from_slice(&[0x82, high, low]),
    }
    to.extend_from_slice(value);
}

/// Octets of a picture.
const MOST_FACE: usize = 24_000;
/// Octets of everything else in the file.
const MOST_BESIDE: usize = 4_000;
