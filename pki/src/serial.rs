//! Serial numbers: positive, of at most 20 octets, and far beyond any machine integer.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::decode::{Decoder, Malformed};
use crate::encode::{Encoder, INTEGER};

/// A certificate's serial number (RFC 5280 §4.1.2.2). Printed in decimal: 48 digits are normal, so it is never a
/// machine integer nor a floating-point number (DOMAIN §1, 6). Ordered by value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Serial {
    octets: [u8; Serial::MAX],
    /// How many leading octets of `octets` are used; they hold the value without leading zeros.
    length: u8,
    /// Foreign certificates only: then `octets` holds the two's complement (RFC 5280 §4.1.2.2).
    negative: bool,
}

impl Serial {
    /// The greatest number of octets a serial may have (RFC 5280 §4.1.2.2).
    pub const MAX: usize = 20;

    /// A serial of 158 random bits and constant length: the top bit is clear, so it is positive in 20 octets, and
    /// the next is set, so it always takes all 20 (THREATS R1). `random` must be fresh and from a cryptographic source.
    pub fn from_random(mut random: [u8; Self::MAX]) -> Self {
        random[0] = random[0] & 0x7f | 0x40;
        Self {
            octets: random,
            length: 20,
            negative: false,
        }
    }

    /// A serial from big-endian octets; leading zeros are dropped. Zero, and what does not fit 20 octets of DER, is refused.
    #[inline]
    pub fn from_bytes(big_endian: &[u8]) -> Result<Self, NotASerial> {
        if let Ok(octets @ [0x01..=0x7f, ..]) = <[u8; Self::MAX]>::try_from(big_endian) {
            return Ok(Self {
                octets,
                length: 20,
                negative: false,
            });
        }
        let zeros = big_endian.iter().take_while(|octet| **octet == 0).count();
        let significant = big_endian.get(zeros..).unwrap_or_default();
        let fits = match significant {
            [] => false,
            [first, ..] => significant.len() < Self::MAX || significant.len() == Self::MAX && *first < 0x80,
        };
        if !fits {
            return Err(NotASerial);
        }
        let mut octets = [0; Self::MAX];
        if let Some(place) = octets.get_mut(..significant.len()) {
            place.copy_from_slice(significant);
        }
        Ok(Self {
            octets,
            length: u8::try_from(significant.len()).map_err(|_| NotASerial)?,
            negative: false,
        })
    }

    /// Reads an INTEGER as a serial number: positive, and nothing else.
    #[inline]
    pub(crate) fn decode(fields: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Self::from_bytes(fields.unsigned("serial number")?).map_err(|_| Malformed("serial number"))
    }

    /// Reads an INTEGER as the serial number of a certificate that another CA issued: also zero and a negative one, which no
    /// CA may issue and which those who check certificates should take gracefully (RFC 5280 §4.1.2.2).
    pub(crate) fn decode_foreign(fields: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let bad = Malformed("serial number");
        let element = fields.clone().tagged(INTEGER, "serial number")?;
        match element.value {
            [0] => {}
            [first @ 0x80..=0xff, rest @ ..] => {
                let minimal = *first != 0xff || rest.first().is_none_or(|next| *next < 0x80);
                if !minimal || element.value.len() > Self::MAX {
                    return Err(bad);
                }
            }
            _ => return Self::decode(fields),
        }
        fields.tagged(INTEGER, "serial number")?;
        let mut octets = [0; Self::MAX];
        octets
            .get_mut(..element.value.len())
            .ok_or(bad)?
            .copy_from_slice(element.value);
        Ok(Self {
            octets,
            length: u8::try_from(element.value.len()).map_err(|_| bad)?,
            negative: octets[0] >= 0x80,
        })
    }

    /// The value, big-endian, without leading zeros: 1 to 20 octets. Of a negative one, which only a foreign certificate that
    /// was read as such can have, its two's complement.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// [`Self::as_bytes`] and zeros after it.
    #[inline]
    pub(crate) fn octets(&self) -> &[u8; Self::MAX] {
        &self.octets
    }

    /// The value in lower-case hexadecimal, two digits per octet.
    pub fn hex(&self) -> String {
        let mut digits = String::with_capacity(2 * Self::MAX);
        for octet in self.as_bytes() {
            digits.extend([octet >> 4, octet & 0x0f].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')));
        }
        digits
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        if self.negative {
            encoder.primitive(INTEGER, self.as_bytes());
        } else {
            encoder.unsigned(self.as_bytes());
        }
    }

    /// How many octets [`Self::encode`] writes.
    pub(crate) fn encoded_len(&self) -> usize {
        2 + self.as_bytes().len() + usize::from(self.octets[0] >= 0x80 && !self.negative)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            // Nobody reads these aloud; that it is none of ours must be seen.
            return f.pad(&format!("-(complement {})", self.hex()));
        }
        if self.as_bytes() == [0] {
            return f.pad("0");
        }
        let mut rest = self.octets;
        let rest = rest.get_mut(..usize::from(self.length)).unwrap_or_default();
        // 2^159 has 48 digits: filled from the right by repeated division.
        let mut digits = [b'0'; 48];
        for digit in digits.iter_mut().rev() {
            let mut remainder = 0_u16;
            for octet in rest.iter_mut() {
                let dividend = remainder << 8 | u16::from(*octet);
                *octet = low(dividend / 10);
                remainder = dividend % 10;
            }
            *digit = b'0' + low(remainder);
        }
        let text: String = digits
            .iter()
            .skip_while(|digit| **digit == b'0')
            .map(|digit| char::from(*digit))
            .collect();
        f.pad(&text)
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl FromStr for Serial {
    type Err = NotASerial;

    /// Reads decimal digits, as [`Display`](fmt::Display) writes them.
    fn from_str(decimal: &str) -> Result<Self, NotASerial> {
        if decimal.is_empty() || decimal.len() > 49 {
            return Err(NotASerial);
        }
        let mut octets = [0_u8; 21];
        for digit in decimal.bytes() {
            if !digit.is_ascii_digit() {
                return Err(NotASerial);
            }
            let mut carry = u16::from(digit - b'0');
            for octet in octets.iter_mut().rev() {
                let product = u16::from(*octet) * 10 + carry;
                *octet = low(product);
                carry = product >> 8;
            }
        }
        Self::from_bytes(&octets)
    }
}

impl Serial {
    /// Sorts as the value does: octets beyond the length are zero, so equal lengths compare as whole numbers.
    #[inline]
    fn rank(&self) -> (bool, u8, u128, u32) {
        let high = self.octets.first_chunk().copied().map_or(0, u128::from_be_bytes);
        let low = self.octets.last_chunk().copied().map_or(0, u32::from_be_bytes);
        (!self.negative, self.length, high, low)
    }
}

impl Ord for Serial {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Serial {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Not a serial number: zero, negative, longer than 20 octets, or not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a serial number: it must be positive and fit 20 octets")]
pub struct NotASerial;

/// The low octet. What stands above it was carried on.
fn low(number: u16) -> u8 {
    number.to_be_bytes()[1]
}
