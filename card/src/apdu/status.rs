//! Status words (ISO 7816-4 §5.6), each with a name.

use std::fmt;

/// SW1 SW2. Every one of the 65,536 values has exactly one variant, and comes back as it was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StatusWord {
    /// `9000`.
    Success,
    /// `61xx`: so many bytes are left for GET RESPONSE; 256 for `00`.
    MoreData(u16),
    /// `6300`: the reference data was wrong, and the card does not say how many tries are left.
    Wrong,
    /// `63Cx`: the reference data was wrong, or none was sent; so many tries are left.
    TriesLeft(u8),
    /// `6581`: the card could not write.
    MemoryFailure,
    /// `6700`: the lengths do not fit.
    WrongLength,
    /// `6882`: secure messaging is not spoken.
    NoSecureMessaging,
    /// `6883`: the last link of a chain was expected.
    ChainBroken,
    /// `6884`: chaining is not spoken.
    NoChaining,
    /// `6982`: a PIN or key must be proved first.
    SecurityStatusNotSatisfied,
    /// `6983`: the reference data is blocked.
    Blocked,
    /// `6984`: the reference data cannot be used; some cards say so for blocked.
    ReferenceDataUnusable,
    /// `6985`: not now.
    ConditionsNotSatisfied,
    /// `6986`: no current file or application.
    NotAllowed,
    /// `6A80`: the data field is malformed.
    WrongData,
    /// `6A81`: the function does not exist.
    FunctionNotSupported,
    /// `6A82`: no such application or object.
    NotFound,
    /// `6A84`: the object is too large for the card.
    NoSpace,
    /// `6A86`: P1 or P2 is wrong.
    WrongParameters,
    /// `6A88`: no such PIN or key.
    ReferenceNotFound,
    /// `6B00`: an offset outside of the file.
    WrongOffset,
    /// `6Cxx`: ask again for exactly so many bytes; 256 for `00`.
    WrongExpected(u16),
    /// `6D00`: no such instruction.
    InstructionNotSupported,
    /// `6E00`: no such class.
    ClassNotSupported,
    /// `6F00`: the card has no diagnosis.
    NoDiagnosis,
    /// Any other value.
    Other(u16),
}

impl From<u16> for StatusWord {
    fn from(word: u16) -> Self {
        let low = word & 0xFF;
        let count = if low == 0 { 256 } else { low };
        match word {
            0x9000 => Self::Success,
            0x6100..=0x61FF => Self::MoreData(count),
            0x6300 => Self::Wrong,
            // The mask leaves four bits.
            0x63C0..=0x63CF => Self::TriesLeft((low & 0x0F) as u8),
            0x6581 => Self::MemoryFailure,
            0x6700 => Self::WrongLength,
            0x6882 => Self::NoSecureMessaging,
            0x6883 => Self::ChainBroken,
            0x6884 => Self::NoChaining,
            0x6982 => Self::SecurityStatusNotSatisfied,
            0x6983 => Self::Blocked,
            0x6984 => Self::ReferenceDataUnusable,
            0x6985 => Self::ConditionsNotSatisfied,
            0x6986 => Self::NotAllowed,
            0x6A80 => Self::WrongData,
            0x6A81 => Self::FunctionNotSupported,
            0x6A82 => Self::NotFound,
            0x6A84 => Self::NoSpace,
            0x6A86 => Self::WrongParameters,
            0x6A88 => Self::ReferenceNotFound,
            0x6B00 => Self::WrongOffset,
            0x6C00..=0x6CFF => Self::WrongExpected(count),
            0x6D00 => Self::InstructionNotSupported,
            0x6E00 => Self::ClassNotSupported,
            0x6F00 => Self::NoDiagnosis,
            other => Self::Other(other),
        }
    }
}

impl From<StatusWord> for u16 {
    fn from(status: StatusWord) -> Self {
        match status {
            StatusWord::Success => 0x9000,
            StatusWord::MoreData(count) => 0x6100 | (count & 0xFF),
            StatusWord::Wrong => 0x6300,
            StatusWord::TriesLeft(left) => 0x63C0 | Self::from(left & 0x0F),
            StatusWord::MemoryFailure => 0x6581,
            StatusWord::WrongLength => 0x6700,
            StatusWord::NoSecureMessaging => 0x6882,
            StatusWord::ChainBroken => 0x6883,
            StatusWord::NoChaining => 0x6884,
            StatusWord::SecurityStatusNotSatisfied => 0x6982,
            StatusWord::Blocked => 0x6983,
            StatusWord::ReferenceDataUnusable => 0x6984,
            StatusWord::ConditionsNotSatisfied => 0x6985,
            StatusWord::NotAllowed => 0x6986,
            StatusWord::WrongData => 0x6A80,
            StatusWord::FunctionNotSupported => 0x6A81,
            StatusWord::NotFound => 0x6A82,
            StatusWord::NoSpace => 0x6A84,
            StatusWord::WrongParameters => 0x6A86,
            StatusWord::ReferenceNotFound => 0x6A88,
            StatusWord::WrongOffset => 0x6B00,
            StatusWord::WrongExpected(count) => 0x6C00 | (count & 0xFF),
            StatusWord::InstructionNotSupported => 0x6D00,
            StatusWord::ClassNotSupported => 0x6E00,
            StatusWord::NoDiagnosis => 0x6F00,
            StatusWord::Other(word) => word,
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", u16::from(*self))
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
