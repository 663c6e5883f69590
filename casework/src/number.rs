//! 受付番号: eleven digits, ten sparse random ones and a check digit (DESIGN, part 3.14).

use core::fmt;

use crate::characters::half_width;

/// A receipt number. Looking it up without a session needs its check code too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u64);

/// Eight characters that only the receipt tells, from an alphabet without look-alikes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CheckCode([u8; 8]);

impl Number {
    /// From eight random octets. The store's unique index decides; a taken number is drawn again.
    pub const fn from_random(octets: [u8; 8]) -> Self {
        let ten = u64::from_be_bytes(octets) % 10_000_000_000;
        Self(ten * 10 + check_digit(ten))
    }

    /// Reads eleven digits, full-width ones too, spaces and hyphens between them allowed. `None` unless the check digit fits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut value = 0_u64;
        let mut digits = 0;
        for character in text
            .chars()
            .map(half_width)
            .filter(|character| !matches!(character, ' ' | '-'))
        {
            value = value.checked_mul(10)?.checked_add(u64::from(character.to_digit(10)?))?;
            digits += 1;
        }
        (digits == 11 && check_digit(value / 10) == value % 10).then_some(Self(value))
    }
}

/// All eleven digits.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:011}", self.0)
    }
}

impl CheckCode {
    /// From eight random octets: 40 bits.
    pub fn from_random(octets: [u8; 8]) -> Self {
        Self(octets.map(|octet| {
            // The alphabet has 32 letters, so the remainder indexes it.
            ALPHABET.get(usize::from(octet % 32)).copied().unwrap_or(b'2')
        }))
    }

    /// Reads a code as typed: case, width, spaces and hyphens do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = [0; 8];
        let mut typed = text
            .chars()
            .map(half_width)
            .filter(|character| !matches!(character, '-' | ' '));
        for place in &mut code {
            let octet = u8::try_from(typed.next()?).ok()?.to_ascii_uppercase();
            *place = ALPHABET.contains(&octet).then_some(octet)?;
        }
        typed.next().is_none().then_some(Self(code))
    }

    /// The eight characters.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|octet| fmt::Write::write_char(f, char::from(*octet)))
    }
}

/// The code lets strangers look a receipt up, so a log line does not show it.
impl fmt::Debug for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckCode(..)")
    }
}

/// By the quasigroup of Damm (2004): finds every single wrong digit and every swap of neighbours.
const fn check_digit(mut ten: u64) -> u64 {
    let mut digits = [0_usize; 10];
    let mut place = 10;
    while place > 0 {
        place -= 1;
        #[expect(clippy::indexing_slicing, reason = "place is below ten")]
        {
            digits[place] = (ten % 10) as usize;
        }
        ten /= 10;
    }
    let mut interim = 0_usize;
    while place < 10 {
        #[expect(clippy::indexing_slicing, reason = "both indexes are digits")]
        {
            interim = DAMM[interim][digits[place]] as usize;
        }
        place += 1;
    }
    interim as u64
}

const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];
