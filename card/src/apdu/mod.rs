//! Command and response APDUs (ISO 7816-4 §5), short and extended, chained where they are too long.
//!
//! [`Command`] says what is asked, by verb; [`Apdu`] is its bytes on the way to the card.
//! An [`Apdu`] may carry a PIN: its bytes are wiped when dropped and its `Debug` shows header and length alone.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod command;
mod response;
mod status;

use std::fmt;

use zeroize::Zeroizing;

pub(crate) use command::chain;
pub use command::{Command, CommandFault, CommandSecret, KeyReference, PinReference, instruction};
pub use response::Response;
pub use status::StatusWord;

/// How lengths are written: a property of card and reader (ISO 7816-4 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// One length byte; longer data goes in several chained APDUs. Every card knows this.
    Short,
    /// Three bytes, up to 65,535 of data in one APDU.
    Extended,
}

/// CLA, INS, P1 and P2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Class: `00`, or `10` on all links of a chain but the last.
    pub cla: u8,
    /// Instruction.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
}

impl Header {
    /// Whether more links of this command follow (ISO 7816-4 §5.3.3).
    pub fn is_chained(self) -> bool {
        self.cla & CHAINED != 0
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} {:02X} {:02X} {:02X}", self.cla, self.ins, self.p1, self.p2)
    }
}

/// One command APDU as it goes over the wire.
#[derive(PartialEq, Eq)]
pub struct Apdu(Zeroizing<Vec<u8>>);

impl Apdu {
    /// Encodes one APDU. `expected` is Ne: how many bytes of answer are wanted, none for no data, 0 never.
    ///
    /// Data that does not fit (255 short, 65,535 extended) is `None`: chain it.
    pub fn encode(header: Header, data: &[u8], expected: Option<u32>, length: Length) -> Option<Self> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(data.len() + 9));
        bytes.extend([header.cla, header.ins, header.p1, header.p2]);
        match length {
            Length::Short => {
                if !data.is_empty() {
                    bytes.push(u8::try_from(data.len()).ok()?);
                    bytes.extend_from_slice(data);
                }
                if let Some(ne) = expected {
                    // Le 00 stands for 256 (§5.1).
                    bytes.push(u8::try_from(ne).unwrap_or(0));
                }
            }
            Length::Extended => {
                if !data.is_empty() {
                    bytes.push(0);
                    bytes.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
                    bytes.extend_from_slice(data);
                }
                if let Some(ne) = expected {
                    if data.is_empty() {
                        bytes.push(0);
                    }
                    bytes.extend(u16::try_from(ne).unwrap_or(0).to_be_bytes());
                }
            }
        }
        Some(Self(bytes))
    }

    /// Takes bytes that were encoded elsewhere, if they are a command APDU.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CommandFault> {
        Parsed::parse(bytes)?;
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// The bytes for the card. They may hold a PIN: send them, never show them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same command with another Ne; `None` when these bytes are no command.
    pub(crate) fn expecting(&self, expected: u16) -> Option<Self> {
        let parsed = Parsed::parse(&self.0).ok()?;
        Self::encode(parsed.header, parsed.data, Some(u32::from(expected)), parsed.length)
    }

    /// CLA, INS, P1 and P2.
    pub fn header(&self) -> Header {
        match *self.0.as_slice() {
            [cla, ins, p1, p2, ..] => Header { cla, ins, p1, p2 },
            // Both constructors write or check four header bytes.
            _ => unreachable!("an APDU has a header"),
        }
    }
}

impl fmt::Debug for Apdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} bytes)", self.header(), self.0.len())
    }
}

/// A command APDU taken apart, as a card reads it. Its `Debug` too shows header and length alone.
#[derive(Clone, Copy)]
pub struct Parsed<'a> {
    /// CLA, INS, P1 and P2.
    pub header: Header,
    /// The data field, empty when absent.
    pub data: &'a [u8],
    /// Ne: the largest number of bytes wanted; `None` when no data is.
    pub expected: Option<u32>,
    /// How the lengths were written.
    pub length: Length,
}

impl<'a> Parsed<'a> {
    /// Reads any of the seven cases of ISO 7816-4 §5.1.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CommandFault> {
        let [cla, ins, p1, p2, body @ ..] = bytes else {
            return Err(CommandFault::Length);
        };
        let header = Header {
            cla: *cla,
            ins: *ins,
            p1: *p1,
            p2: *p2,
        };
        let short = |data, expected| Self {
            header,
            data,
            expected,
            length: Length::Short,
        };
        let extended = |data, expected| Self {
            header,
            data,
            expected,
            length: Length::Extended,
        };
        let short_ne = |le: u8| if le == 0 { 256 } else { u32::from(le) };
        let extended_ne = |high: u8, low: u8| match u16::from_be_bytes([high, low]) {
            0 => 65_536,
            ne => u32::from(ne),
        };
        match body {
            [] => Ok(short(&[], None)),
            [le] => Ok(short(&[], Some(short_ne(*le)))),
            [0, high, low] => Ok(extended(&[], Some(extended_ne(*high, *low)))),
            [0, high, low, rest @ ..] => {
                let (data, tail) = rest
                    .split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))
                    .filter(|(data, _)| !data.is_empty())
                    .ok_or(CommandFault::Length)?;
                match tail {
                    [] => Ok(extended(data, None)),
                    [high, low] => Ok(extended(data, Some(extended_ne(*high, *low)))),
                    _ => Err(CommandFault::Length),
                }
            }
            [lc, rest @ ..] => {
                let (data, tail) = rest
                    .split_at_checked(usize::from(*lc))
                    .filter(|(data, _)| !data.is_empty())
                    .ok_or(CommandFault::Length)?;
                match tail {
                    [] => Ok(short(data, None)),
                    [le] => Ok(short(data, Some(short_ne(*le)))),
                    _ => Err(CommandFault::Length),
                }
            }
        }
    }
}

impl fmt::Debug for Parsed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} (data {} bytes, expects {:?})",
            self.header,
            self.data.len(),
            self.expected
        )
    }
}

/// The chaining bit of CLA.
pub(crate) const CHAINED: u8 = 0x10;

/// The most data a short APDU carries.
pub(crate) const SHORT_DATA: usize = 255;
