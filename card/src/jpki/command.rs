//! The commands of a citizen's card: what the host encodes and the virtual card decodes, as [`crate::apdu::Command`] is for PIV.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    apdu::{
        Apdu, CommandFault, CommandSecret, Header, Length, Parsed, chain,
        instruction::{
            CHANGE_REFERENCE_DATA, GET_CHALLENGE, GET_SIMPLE_DATA, MUTUAL_AUTHENTICATE, PERFORM_SECURITY_OPERATION,
            READ_BINARY, RESET_RETRY_COUNTER, SELECT, VERIFY,
        },
    },
    tlv::Tag,
};

/// An elementary file, by its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub u16);

/// A command to a citizen's card.
///
/// It may hold a PIN, so its `Debug` shows header and length of data alone.
pub enum Command {
    /// SELECT an application by its AID, without asking for its description.
    SelectApplication {
        /// Five to sixteen bytes.
        application: Vec<u8>,
    },
    /// SELECT an elementary file of the current application: the one that the next commands are about.
    SelectFile {
        /// Which one.
        file: FileId,
    },
    /// READ BINARY of the current file.
    ReadBinary {
        /// From here on; fifteen bits.
        offset: u16,
        /// So many bytes, 1 to 256.
        length: u16,
    },
    /// VERIFY without data: how many tries does the current file's PIN have left?
    TriesLeft,
    /// VERIFY with the current file's PIN.
    Verify {
        /// The PIN, as typed.
        secret: CommandSecret,
    },
    /// CHANGE REFERENCE DATA of the current file's PIN, which was verified before.
    Change {
        /// The new PIN.
        secret: CommandSecret,
    },
    /// PERFORM SECURITY OPERATION, COMPUTE DIGITAL SIGNATURE with the current file's key.
    Sign {
        /// DER of a DigestInfo; the card pads it.
        digest_info: Vec<u8>,
    },
    /// GET DATA: one data object of the unblock application.
    GetData {
        /// Its tag, two bytes.
        object: Tag,
    },
    /// GET CHALLENGE: sixteen random octets.
    GetChallenge,
    /// MUTUAL AUTHENTICATE of the unblock application.
    MutualAuthenticate {
        /// Which key: `92` unblocks the signature PIN, `91` the authentication PIN.
        key: u8,
        /// The host's random number and its cryptogram, sixteen octets each.
        proof: Vec<u8>,
    },
    /// RESET RETRY COUNTER with new reference data only.
    ResetRetryCounter {
        /// Which PIN: `82` is the signature PIN, `81` the authentication PIN.
        reference: u8,
        /// The new PIN.
        secret: CommandSecret,
    },
}

impl Command {
    /// The APDUs that carry this command: one, or a chain. Citizen's cards are spoken to in short ones.
    pub fn apdus(&self) -> Vec<Apdu> {
        chain(self.header(), &self.data(), self.expected(), Length::Short)
    }

    /// Reads a command whose links were already joined.
    pub fn decode(apdu: &Parsed<'_>) -> Result<Self, CommandFault> {
        let Header { cla, ins, p1, p2 } = apdu.header;
        match (cla, ins, p1, p2) {
            (0x00, SELECT, 0x04, 0x00 | 0x0C) => match apdu.data.len() {
                5..=16 => Ok(Self::SelectApplication {
                    application: apdu.data.to_vec(),
                }),
                _ => Err(CommandFault::Data),
            },
            (0x00, SELECT, 0x02, 0x00 | 0x0C) => match apdu.data {
                [high, low] => Ok(Self::SelectFile {
                    file: FileId(u16::from_be_bytes([*high, *low])),
                }),
                _ => Err(CommandFault::Data),
            },
            (0x00, READ_BINARY, 0x00..=0x7F, _) => Ok(Self::ReadBinary {
                offset: u16::from_be_bytes([p1, p2]),
                length: apdu.expected.and_then(|ne| ne.try_into().ok()).unwrap_or(256),
            }),
            (0x00, VERIFY, 0x00, CURRENT) if apdu.data.is_empty() => Ok(Self::TriesLeft),
            (0x00, VERIFY, 0x00, CURRENT) => Ok(Self::Verify {
                secret: CommandSecret::copied(apdu.data),
            }),
            (0x00, CHANGE_REFERENCE_DATA, 0x01, CURRENT) => Ok(Self::Change {
                secret: CommandSecret::copied(apdu.data),
            }),
            (0x80, PERFORM_SECURITY_OPERATION, 0x00, CURRENT) => Ok(Self::Sign {
                digest_info: apdu.data.to_vec(),
            }),
            (0x00, GET_SIMPLE_DATA, _, _) => Ok(Self::GetData {
                object: Tag::from(u16::from_be_bytes([p1, p2])),
            }),
            (0x00, GET_CHALLENGE, 0x00, 0x00) => Ok(Self::GetChallenge),
            (0x00, MUTUAL_AUTHENTICATE, 0x00, key) => match apdu.data.len() {
                PROOF => Ok(Self::MutualAuthenticate {
                    key,
                    proof: apdu.data.to_vec(),
                }),
                _ => Err(CommandFault::Length),
            },
            (0x00, RESET_RETRY_COUNTER, 0x02, reference) => Ok(Self::ResetRetryCounter {
                reference,
                secret: CommandSecret::copied(apdu.data),
            }),
            (
                0x00,
                SELECT
                | READ_BINARY
                | VERIFY
                | CHANGE_REFERENCE_DATA
                | GET_CHALLENGE
                | MUTUAL_AUTHENTICATE
                | RESET_RETRY_COUNTER,
                ..,
            )
            | (0x80, PERFORM_SECURITY_OPERATION, ..) => Err(CommandFault::Parameters),
            (0x00, ..) => Err(CommandFault::Instruction),
            _ => Err(CommandFault::Class),
        }
    }

    fn header(&self) -> Header {
        let (cla, ins, p1, p2) = match self {
            Self::SelectApplication { .. } => (0x00, SELECT, 0x04, 0x0C),
            Self::SelectFile { .. } => (0x00, SELECT, 0x02, 0x0C),
            Self::ReadBinary { offset, .. } => {
                let [high, low] = offset.to_be_bytes();
                (0x00, READ_BINARY, high & 0x7F, low)
            }
            Self::TriesLeft | Self::Verify { .. } => (0x00, VERIFY, 0x00, CURRENT),
            Self::Change { .. } => (0x00, CHANGE_REFERENCE_DATA, 0x01, CURRENT),
            Self::Sign { .. } => (0x80, PERFORM_SECURITY_OPERATION, 0x00, CURRENT),
            Self::GetData { object } => {
                let [_, _, high, low] = object.to_be_bytes();
                (0x00, GET_SIMPLE_DATA, high, low)
            }
            Self::GetChallenge => (0x00, GET_CHALLENGE, 0x00, 0x00),
            Self::MutualAuthenticate { key, .. } => (0x00, MUTUAL_AUTHENTICATE, 0x00, *key),
            Self::ResetRetryCounter { reference, .. } => (0x00, RESET_RETRY_COUNTER, 0x02, *reference),
        };
        Header { cla, ins, p1, p2 }
    }

    fn data(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::SelectApplication { application } => application.clone(),
            Self::SelectFile { file } => file.0.to_be_bytes().to_vec(),
            Self::Verify { secret } | Self::Change { secret } | Self::ResetRetryCounter { secret, .. } => {
                secret.bytes().to_vec()
            }
            Self::Sign { digest_info } => digest_info.clone(),
            Self::MutualAuthenticate { proof, .. } => proof.clone(),
            Self::ReadBinary { .. } | Self::TriesLeft | Self::GetData { .. } | Self::GetChallenge => Vec::new(),
        })
    }

    fn expected(&self) -> Option<u32> {
        match self {
            Self::ReadBinary { length, .. } => Some(u32::from(*length)),
            Self::Sign { .. } | Self::GetData { .. } => Some(256),
            Self::GetChallenge | Self::MutualAuthenticate { .. } => Some(16),
            Self::SelectApplication { .. }
            | Self::SelectFile { .. }
            | Self::TriesLeft
            | Self::Verify { .. }
            | Self::Change { .. }
            | Self::ResetRetryCounter { .. } => None,
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} (data {} bytes)", self.header(), self.data().len())
    }
}

/// P2: what the current file holds.
const CURRENT: u8 = 0x80;

/// A random number and a cryptogram.
const PROOF: usize = 32;
