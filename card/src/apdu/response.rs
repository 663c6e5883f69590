//! Response APDUs (ISO 7816-4 §5.1).

use std::fmt;

use super::StatusWord;

/// What a card answered: data, then the status word.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The data field.
    pub data: Vec<u8>,
    /// SW1 SW2.
    pub status: StatusWord,
}

impl Response {
    /// Takes an answer apart; `None` when it is shorter than a status word.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (data, [sw1, sw2]) = bytes.split_last_chunk()?;
        Some(Self {
            data: data.to_vec(),
            status: StatusWord::from(u16::from_be_bytes([*sw1, *sw2])),
        })
    }

    /// The bytes a card sends.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.data.clone();
        bytes.extend(u16::from(self.status).to_be_bytes());
        bytes
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} bytes)", self.status, self.data.len())
    }
}
