//! Typed identities: no bare string or integer crosses a function.

use alloc::string::String;
use core::fmt;

/// A certificate's serial number: 1 to 20 octets, big-endian, positive (RFC 5280 §4.1.2.2). Never a 64-bit number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial {
    octets: [u8; 20],
}

/// SHA-256 of a certificate's DER.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// SHA-256 of a text or another document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// An authority of ours, by its name in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority(pub String);

/// A certificate of one of our authorities.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId {
    /// Who issued it.
    pub authority: Authority,
    /// Its number there.
    pub serial: Serial,
}

/// An officer's account, by the octets of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficerId(pub [u8; 16]);

/// A person's number at the organisation they work for: a staff number, never a number of the state.
///
/// It is kept as it was typed. Compared are its letters, whatever their width and case and the spaces between: a person whose
/// number was typed in two ways is one person (A22).
#[derive(Clone, Debug)]
pub struct PersonNumber(pub String);

/// An organisation: its 法人番号 of thirteen digits, or its name where it has none.
///
/// Compared as a [`PersonNumber`] is.
#[derive(Clone, Debug)]
pub struct Company(pub String);

/// The contract of a company's 事業所 with a service centre, by the octets of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationId(pub [u8; 16]);

/// A person who logs in for an organisation, by the octets of the account's case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub [u8; 16]);

/// A 利用者登録, by the octets of the case that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(pub [u8; 16]);

/// An application for terminals, by the octets of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReissueId(pub [u8; 16]);

/// The right to get a certificate for a terminal, by the octets of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId(pub [u8; 16]);

/// A certificate that is being made, by the octets of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuanceId(pub [u8; 16]);

/// カード番号 of a citizen's card: sixteen digits, the last one a check digit (ISO/IEC 7812-1 annex B).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber([u8; 16]);

/// An enrolled kiosk: SHA-256 of its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KioskId(pub [u8; 32]);

impl CardNumber {
    /// The number that these sixteen digits write. `None` if they are not sixteen digits whose last one fits the others.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 16] = text.as_bytes().try_into().ok()?;
        let all = digits.iter().all(u8::is_ascii_digit);
        (all && luhn(&digits)).then_some(Self(digits))
    }

    /// Its digits as a card writes them, in ASCII.
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Whether the last digit is the one that makes the sum a multiple of ten, every second digit from the right doubled.
fn luhn(digits: &[u8; 16]) -> bool {
    let sum = digits.iter().rev().enumerate().map(|(place, digit)| {
        let value = u32::from(digit.saturating_sub(b'0'));
        match place % 2 {
            0 => value,
            _ => value * 2 / 10 + value * 2 % 10,
        }
    });
    sum.sum::<u32>().is_multiple_of(10)
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber({self})")
    }
}

impl fmt::Display for KioskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for KioskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KioskId({self})")
    }
}

impl Serial {
    /// From big-endian octets; leading zeros do not count. `None` if it is zero or longer than 20 octets.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let significant = octets.get(zeros..)?;
        if significant.is_empty() || significant.len() > 20 {
            return None;
        }
        let mut padded = [0; 20];
        let (_, tail) = padded.split_at_mut(20 - significant.len());
        tail.copy_from_slice(significant);
        Some(Self { octets: padded })
    }

    /// From decimal digits, as [`fmt::Display`] writes them; leading zeros do not count. `None` if it is zero, longer than 20
    /// octets or no number.
    pub fn from_decimal(text: &str) -> Option<Self> {
        let mut octets = [0_u8; 20];
        for digit in text.chars() {
            let mut carry = digit.to_digit(10)?;
            for octet in octets.iter_mut().rev() {
                carry += u32::from(*octet) * 10;
                *octet = (carry & 0xff) as u8;
                carry >>= 8;
            }
            if carry > 0 {
                return None;
            }
        }
        Self::from_octets(&octets)
    }

    /// All 20 octets, big-endian, zeros in front.
    pub const fn octets(&self) -> &[u8; 20] {
        &self.octets
    }
}

impl PartialEq for PersonNumber {
    fn eq(&self, other: &Self) -> bool {
        letters(&self.0).eq(letters(&other.0))
    }
}

impl Eq for PersonNumber {}

impl PartialEq for Company {
    fn eq(&self, other: &Self) -> bool {
        letters(&self.0).eq(letters(&other.0))
    }
}

impl Eq for Company {}

/// Without spaces, ASCII narrow and in capitals. Nothing else is alike: other characters are other names (DOMAIN §9).
fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|letter| !letter.is_whitespace()).map(|letter| {
        let narrow = match letter {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
            letter => letter,
        };
        narrow.to_ascii_uppercase()
    })
}

/// Decimal, in full: certificates of the field carry 48 digits.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0_u8; 49];
        for octet in self.octets {
            let mut carry = u32::from(octet);
            for digit in digits.iter_mut().rev() {
                carry += u32::from(*digit) * 256;
                *digit = (carry % 10) as u8;
                carry /= 10;
            }
        }
        digits
            .iter()
            .skip_while(|digit| **digit == 0)
            .try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}
