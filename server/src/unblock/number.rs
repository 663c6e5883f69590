//! カード番号: fifteen digits that say nothing, and one that tells a slip of the finger.

use std::fmt;
use std::str::FromStr;

/// カード番号: sixteen digits, the last one by Luhn (ISO/IEC 7812-1, annex B).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber([u8; 16]);

/// It is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a card's number has sixteen digits, of which the last one checks the others")]
pub struct NotACardNumber;

impl CardNumber {
    /// Of fifteen digits.
    pub fn of_digits(digits: &str) -> Result<Self, NotACardNumber> {
        let last = (10 - sum(&[digits.as_bytes(), b"0"].concat()).ok_or(NotACardNumber)? % 10) % 10;
        format!("{digits}{last}").parse()
    }

    /// Sixteen digits of ASCII.
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// Sixteen digits.
    pub fn as_str(&self) -> &str {
        // They are digits of ASCII: nothing else is made.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for CardNumber {
    type Err = NotACardNumber;

    fn from_str(text: &str) -> Result<Self, NotACardNumber> {
        let octets: [u8; 16] = text.as_bytes().try_into().map_err(|_| NotACardNumber)?;
        match sum(&octets) {
            Some(sum) if sum % 10 == 0 => Ok(Self(octets)),
            _ => Err(NotACardNumber),
        }
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber({self})")
    }
}

/// Of sixteen digits: every second one from the left is doubled, and its own digits are added.
fn sum(digits: &[u8]) -> Option<u32> {
    if digits.len() != 16 {
        return None;
    }
    let mut sum = 0;
    for (place, octet) in digits.iter().enumerate() {
        let digit = char::from(*octet).to_digit(10)?;
        sum += match place % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => digit,
        };
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_digit_is_told_and_so_are_two_that_changed_places() {
        let number = CardNumber::of_digits("123456789012345").unwrap();
        assert_eq!(number.as_str(), "1234567890123452");
        assert_eq!("1234567890123452".parse(), Ok(number));
        for at in 0..16 {
            for digit in b'0'..=b'9' {
                let mut octets = *number.octets();
                octets[at] = digit;
                let text = std::str::from_utf8(&octets).unwrap();
                assert_eq!(
                    text.parse::<CardNumber>().is_ok(),
                    digit == number.octets()[at],
                    "{text}"
                );
            }
        }
        for wrong in [
            "",
            "123456789012345",
            "12345678901234520",
            "１234567890123452",
            "2134567890123452",
        ] {
            assert!(wrong.parse::<CardNumber>().is_err(), "{wrong}");
        }
    }
}
