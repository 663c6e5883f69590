//! The card's visual file (券面, EF 0002): what is printed on a card, signed by its issuer (docs/formats.md). It is written here
//! when a card is made, and read here when a face is compared.
//!
//! It is read by whoever knows 照合番号B and sent to us by an app that nobody vouches for, so all of it is checked before a
//! picture in it is looked at: the shape octet by octet, the issuer's signature over every field, and that the signer is one
//! that the office names. Number and picture come out together: a picture says nothing without the card that it belongs to.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used))]

use casework::identity::CardNumber;
use casework::time::{Date, Instant};
use pki::certificate::Certificate;
use pki::cms::{self, CmsFault};
use pki::{SignFault, Signer};
use std::fmt;
use zeroize::Zeroizing;

/// What is taken from a visual file whose signature holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Visual {
    /// カード番号
    pub number: CardNumber,
    /// 顔写真, as it stands in the file: JPEG or JPEG 2000. It is compared and dropped.
    pub picture: Zeroizing<Vec<u8>>,
}

/// Neither of the two is for a log.
impl fmt::Debug for Visual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visual(..)")
    }
}

impl Visual {
    /// Reads and verifies a file. `signers` are the certificates that the office names for this and nothing else: a chain is
    /// not enough, since the issuer of the signer's certificate may have issued certificates to its citizens too. A signer
    /// counts for what it signed in its time; cards outlive the certificates of their makers.
    pub fn read(file: &[u8], signers: &[Certificate]) -> Result<Self, Unfit> {
        let fields = Signed::parse(file)?;
        let by = cms::verify(fields.signature, &fields.content)?;
        if !signers.contains(&by.certificate) {
            return Err(Unfit::Signer);
        }
        if !by.certificate.is_valid_at(by.signing_time) {
            return Err(Unfit::SignerNotValid);
        }
        Ok(Self {
            number: fields.number,
            picture: Zeroizing::new(fields.picture.to_vec()),
        })
    }
}

/// What is printed on a card beside the face.
pub struct Printed {
    /// カード番号
    pub number: CardNumber,
    /// 生年月日
    pub birth: Date,
    /// 性別, as its one digit.
    pub sex: &'static str,
    /// The card's last day.
    pub expires: Date,
    /// The security code, four digits.
    pub code: Zeroizing<String>,
}

impl Printed {
    /// 照合番号B: birth YYMMDD, year of expiry, security code.
    pub fn number_b(&self) -> Zeroizing<String> {
        let birth = eight(self.birth);
        let birth = birth.get(2..).unwrap_or_default();
        Zeroizing::new(format!("{birth}{:04}{}", self.expires.year, *self.code))
    }

    /// The file, signed over every field but the signature.
    pub fn signed(
        &self,
        face: &[u8],
        certificate: &Certificate,
        signer: &dyn Signer,
        at: Instant,
    ) -> Result<Zeroizing<Vec<u8>>, SignFault> {
        let (number, birth) = (self.number.to_string(), eight(self.birth));
        let mut before = Zeroizing::new(Vec::with_capacity(MOST_OCTETS));
        for (tag, value) in [
            (HEADER, number.as_bytes()),
            (BIRTH, birth.as_bytes()),
            (SEX, self.sex.as_bytes()),
            // No key, and neither name nor address as a picture.
            (PUBLIC_KEY, &[]),
            (NAME, &[]),
            (ADDRESS, &[]),
            (PICTURE, face),
        ] {
            push(&mut before, [CLASS, tag], value);
        }
        let mut after = Zeroizing::new(Vec::new());
        push(&mut after, [CLASS, EXPIRES], eight(self.expires).as_bytes());
        push(&mut after, [CLASS, CODE], self.code.as_bytes());
        let signed = Zeroizing::new([before.as_slice(), &after].concat());
        let signature = cms::sign(&signed, certificate, signer, at.0)?;
        push(&mut before, [CLASS, SIGNATURE], &signature);
        before.extend_from_slice(&after);
        let mut file = Zeroizing::new(Vec::with_capacity(before.len() + 8));
        push(&mut file, OUTER, &before);
        Ok(file)
    }
}

/// Whether a face is a picture that a chip has room for, with everything beside it.
pub fn fits(face: &[u8]) -> bool {
    let jpeg = face.starts_with(b"\xff\xd8\xff");
    let jpeg_2000 = face.starts_with(b"\0\0\0\x0cjP  \r\n\x87\n") || face.starts_with(b"\xff\x4f\xff\x51");
    (jpeg || jpeg_2000) && face.len() <= MOST_FACE
}

/// A visual file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// More than [`MOST_OCTETS`].
    #[error("the visual file is too large")]
    Octets,
    /// Not the fields that are wanted, each once and in order, with lengths as short as they can be.
    #[error("the visual file is not of the wanted shape: {0}")]
    Shape(&'static str),
    /// The signature does not hold over these fields.
    #[error("the signature of the visual file does not hold: {0}")]
    Signature(#[from] CmsFault),
    /// Somebody else signed it.
    #[error("the visual file is not signed by one of the office's signers")]
    Signer,
    /// The signer's certificate did not count when it signed.
    #[error("the signer of the visual file was not valid when it signed")]
    SignerNotValid,
}

/// The parts of a file before its signature is looked at.
struct Signed<'a> {
    number: CardNumber,
    picture: &'a [u8],
    signature: &'a [u8],
    /// All fields but the signature, with their tags and lengths.
    content: Zeroizing<Vec<u8>>,
}

impl<'a> Signed<'a> {
    fn parse(file: &'a [u8]) -> Result<Self, Unfit> {
        if file.len() > MOST_OCTETS {
            return Err(Unfit::Octets);
        }
        let mut rest = file;
        let mut all = taken(&mut rest, OUTER, "FF20")?.value;
        if !rest.is_empty() {
            return Err(Unfit::Shape("something follows it"));
        }
        let number = taken(&mut all, [CLASS, HEADER], "DF21")?;
        let birth = taken(&mut all, [CLASS, BIRTH], "DF22")?;
        let sex = taken(&mut all, [CLASS, SEX], "DF23")?;
        let public_key = taken(&mut all, [CLASS, PUBLIC_KEY], "DF24")?;
        let name = taken(&mut all, [CLASS, NAME], "DF25")?;
        let address = taken(&mut all, [CLASS, ADDRESS], "DF26")?;
        let picture = taken(&mut all, [CLASS, PICTURE], "DF27")?;
        let signature = taken(&mut all, [CLASS, SIGNATURE], "DF28")?;
        let expires = taken(&mut all, [CLASS, EXPIRES], "DF29")?;
        let code = taken(&mut all, [CLASS, CODE], "DF2A")?;
        for (fits, what) in [
            (all.is_empty(), "something follows DF2A"),
            (digits(birth.value, 8), "DF22 is no date"),
            (digits(sex.value, 1), "DF23 is no digit"),
            (!picture.value.is_empty(), "DF27 holds no picture"),
            (digits(expires.value, 8), "DF29 is no date"),
            (digits(code.value, 4), "DF2A is no code of four digits"),
        ] {
            if !fits {
                return Err(Unfit::Shape(what));
            }
        }
        let card = std::str::from_utf8(number.value)
            .ok()
            .and_then(CardNumber::parse)
            .ok_or(Unfit::Shape("DF21 is no card number"))?;
        let content = [number, birth, sex, public_key, name, address, picture, expires, code]
            .map(|field| field.whole)
            .concat();
        Ok(Self {
            number: card,
            picture: picture.value,
            signature: signature.value,
            content: Zeroizing::new(content),
        })
    }
}

#[derive(Clone, Copy)]
struct Field<'a> {
    value: &'a [u8],
    whole: &'a [u8],
}

/// The next field, which must have this tag, and a definite length in as few octets as it needs.
fn taken<'a>(rest: &mut &'a [u8], tag: [u8; 2], what: &'static str) -> Result<Field<'a>, Unfit> {
    let start = *rest;
    let shape = Unfit::Shape(what);
    let (length, after) = match start {
        [first, second, length @ 0..=0x7f, after @ ..] if [*first, *second] == tag => (usize::from(*length), after),
        [first, second, 0x81, length @ 0x80..=0xff, after @ ..] if [*first, *second] == tag => {
            (usize::from(*length), after)
        }
        [first, second, 0x82, high @ 1..=0xff, low, after @ ..] if [*first, *second] == tag => {
            (usize::from(u16::from_be_bytes([*high, *low])), after)
        }
        _ => return Err(shape),
    };
    let (value, after) = after.split_at_checked(length).ok_or(Unfit::Shape(what))?;
    let whole = start.get(..start.len() - after.len()).ok_or(shape)?;
    *rest = after;
    Ok(Field { value, whole })
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

/// `YYYYMMDD`
fn eight(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year, date.month, date.day)
}

fn digits(value: &[u8], count: usize) -> bool {
    value.len() == count && value.iter().all(u8::is_ascii_digit)
}

/// Octets of a whole file: READ BINARY has fifteen bits of offset. In base64url it is what the API takes.
pub const MOST_OCTETS: usize = (1 << 15) - 1;
/// Octets of a face. What else stands in a file, above all the signature with its certificate, has the rest.
pub const MOST_FACE: usize = 28_000;

/// The file itself: private, constructed, number 32.
const OUTER: [u8; 2] = [0xff, 0x20];
/// Each field: private, primitive, a number above 30.
const CLASS: u8 = 0xdf;
const HEADER: u8 = 0x21;
const BIRTH: u8 = 0x22;
const SEX: u8 = 0x23;
const PUBLIC_KEY: u8 = 0x24;
const NAME: u8 = 0x25;
const ADDRESS: u8 = 0x26;
const PICTURE: u8 = 0x27;
const SIGNATURE: u8 = 0x28;
const EXPIRES: u8 = 0x29;
const CODE: u8 = 0x2a;

#[cfg(test)]
#[path = "visual_test.rs"]
mod tests;
