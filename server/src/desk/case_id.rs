//! The id of a case, typed by its procedure.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// 128 random bits; as text 26 letters of Crockford's base 32, which a person can read out.
pub struct CaseId<P> {
    octets: [u8; 16],
    procedure: PhantomData<fn() -> P>,
}

/// Not 26 letters of the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a case")]
pub struct NotACaseId;

impl<P> CaseId<P> {
    /// From its octets, fresh ones for a new case.
    pub const fn from_octets(octets: [u8; 16]) -> Self {
        Self {
            octets,
            procedure: PhantomData,
        }
    }

    /// Its octets.
    pub const fn octets(&self) -> [u8; 16] {
        self.octets
    }
}

impl<P> fmt::Display for CaseId<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u128::from_be_bytes(self.octets);
        let mut letters = [0_u8; LETTERS];
        for letter in letters.iter_mut().rev() {
            *letter = ALPHABET.get((rest % 32) as usize).copied().unwrap_or(b'0');
            rest /= 32;
        }
        letters
            .iter()
            .try_for_each(|letter| fmt::Write::write_char(f, char::from(*letter)))
    }
}

impl<P> FromStr for CaseId<P> {
    type Err = NotACaseId;

    fn from_str(text: &str) -> Result<Self, NotACaseId> {
        if text.len() != LETTERS {
            return Err(NotACaseId);
        }
        let value = text.bytes().try_fold(0_u128, |value, letter| {
            let digit = ALPHABET
                .iter()
                .position(|known| *known == letter.to_ascii_lowercase())?;
            // 26 letters hold 130 bits: the first one may not use its upper two.
            value.checked_mul(32)?.checked_add(digit as u128)
        });
        value
            .map(|value| Self::from_octets(value.to_be_bytes()))
            .ok_or(NotACaseId)
    }
}

impl<P> fmt::Debug for CaseId<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseId({self})")
    }
}

// Derived, these would ask the same of `P`.
impl<P> Clone for CaseId<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for CaseId<P> {}

impl<P> PartialEq for CaseId<P> {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
    }
}

impl<P> Eq for CaseId<P> {}

const LETTERS: usize = 26;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[cfg(test)]
mod tests {
    use super::CaseId;

    #[test]
    fn an_id_reads_as_it_prints() {
        for octets in [[0; 16], [0xff; 16], *b"0123456789abcdef"] {
            let id = CaseId::<()>::from_octets(octets);
            assert_eq!(id.to_string().len(), 26);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        }
        assert!("8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<CaseId<()>>().is_err(), "129 bits");
        assert!("".parse::<CaseId<()>>().is_err());
    }
}
