//! The commands, by verb. The host encodes them, the virtual card decodes them: one table for both.

use std::fmt;

use zeroize::Zeroizing;

use self::instruction::{
    CHANGE_REFERENCE_DATA, GENERAL_AUTHENTICATE, GENERATE_KEY_PAIR, GET_DATA, GET_RESPONSE, PUT_DATA,
    RESET_RETRY_COUNTER, SELECT, VERIFY,
};
use super::{Apdu, CHAINED, Header, Length, Parsed, SHORT_DATA};
use crate::{
    pin::Secret,
    tlv::{self, Tag},
};

/// Which PIN a command is about (SP 800-73-4 part 2, table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinReference {
    /// `80`: the PIN of the PIV application.
    Application,
    /// `81`: the PUK, which can only change and unblock.
    Unblocking,
}

/// Which key a command is about (SP 800-73-4 part 1, table 4b).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReference {
    /// `9A`: authentication; PIN once.
    Authentication,
    /// `9C`: signature; PIN always.
    Signature,
    /// `9D`: key management.
    KeyManagement,
    /// `9E`: card authentication.
    CardAuthentication,
    /// `9B`: the key of whoever manages the card.
    Management,
}

/// A command to a card (ISO 7816-4 §11, SP 800-73-4 part 2).
///
/// It may hold a PIN, so its `Debug` shows header and length of data alone.
pub enum Command {
    /// SELECT an application by its AID, which may be cut at the right.
    Select {
        /// Five to sixteen bytes.
        application: Vec<u8>,
    },
    /// GET DATA: one data object.
    GetData {
        /// Its tag.
        object: Tag,
    },
    /// PUT DATA: replaces one data object.
    PutData {
        /// Its tag.
        object: Tag,
        /// Everything after `5C`, with its own tag (`53` for most objects).
        content: Vec<u8>,
    },
    /// VERIFY with reference data.
    Verify {
        /// Which PIN.
        reference: PinReference,
        /// The PIN, filled up.
        secret: CommandSecret,
    },
    /// VERIFY without data: how many tries are left?
    TriesLeft {
        /// Which PIN.
        reference: PinReference,
    },
    /// VERIFY with P1 `FF`: forget that the PIN was verified.
    Forget {
        /// Which PIN.
        reference: PinReference,
    },
    /// CHANGE REFERENCE DATA: the current value and the new one.
    ChangeReferenceData {
        /// Which PIN.
        reference: PinReference,
        /// Both, each filled up to eight bytes.
        secrets: CommandSecret,
    },
    /// RESET RETRY COUNTER: the PUK and the new PIN.
    ResetRetryCounter {
        /// Which PIN is unblocked.
        reference: PinReference,
        /// Both, each filled up to eight bytes.
        secrets: CommandSecret,
    },
    /// GENERAL AUTHENTICATE: signs, or proves the management key.
    GeneralAuthenticate {
        /// The algorithm's identifier (SP 800-78-4 table 6-2).
        algorithm: u8,
        /// Which key.
        key: KeyReference,
        /// The dynamic authentication template `7C`, whole.
        template: Vec<u8>,
    },
    /// GENERATE ASYMMETRIC KEY PAIR.
    GenerateKeyPair {
        /// Which key is made anew.
        key: KeyReference,
        /// The control template `AC`, whole.
        template: Vec<u8>,
    },
    /// GET RESPONSE: the rest of an answer.
    GetResponse {
        /// Ne, 1 to 256.
        expected: u32,
    },
}

/// Bytes of a command that are wiped when dropped and cannot be printed.
pub struct CommandSecret(pub(crate) Secret);

/// Why bytes are not a command that this table knows. The card's answer to each is in the variant's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// `6700`: the lengths do not add up.
    #[error("the lengths in the command do not add up")]
    Length,
    /// `6E00`: neither plain nor chained; secure messaging is not spoken.
    #[error("the class is not known")]
    Class,
    /// `6D00`: an instruction that is not in the table.
    #[error("the instruction is not known")]
    Instruction,
    /// `6A86`: P1 or P2 that the instruction does not have.
    #[error("the parameters are not known")]
    Parameters,
    /// `6A88`: a PIN or a key that does not exist.
    #[error("the reference is not known")]
    Reference,
    /// `6A80`: the data field is not what the instruction demands.
    #[error("the data field is malformed")]
    Data,
}

impl Command {
    /// The APDUs that carry this command: one, or a chain.
    pub fn apdus(&self, length: Length) -> Vec<Apdu> {
        chain(self.header(), &self.data(), self.expected(length), length)
    }

    /// Reads a command whose links were already joined.
    pub fn decode(apdu: &Parsed<'_>) -> Result<Self, CommandFault> {
        let Header { cla, ins, p1, p2 } = apdu.header;
        if cla & !CHAINED != 0 {
            return Err(CommandFault::Class);
        }
        match (ins, p1, p2) {
            (SELECT, 0x04, 0x00 | 0x0C) => match apdu.data.len() {
                5..=16 => Ok(Self::Select {
                    application: apdu.data.to_vec(),
                }),
                _ => Err(CommandFault::Data),
            },
            (GET_DATA, 0x3F, 0xFF) => match object_in(apdu.data)? {
                (object, []) => Ok(Self::GetData { object }),
                _ => Err(CommandFault::Data),
            },
            (PUT_DATA, 0x3F, 0xFF) => {
                let (object, content) = object_in(apdu.data)?;
                Ok(Self::PutData {
                    object,
                    content: content.to_vec(),
                })
            }
            (VERIFY, 0x00, reference) => {
                let reference = PinReference::from_p2(reference)?;
                if apdu.data.is_empty() {
                    return Ok(Self::TriesLeft { reference });
                }
                Ok(Self::Verify {
                    reference,
                    secret: CommandSecret::copied(apdu.data),
                })
            }
            (VERIFY, 0xFF, reference) if apdu.data.is_empty() => Ok(Self::Forget {
                reference: PinReference::from_p2(reference)?,
            }),
            (CHANGE_REFERENCE_DATA, 0x00, reference) => Ok(Self::ChangeReferenceData {
                reference: PinReference::from_p2(reference)?,
                secrets: CommandSecret::copied(apdu.data),
            }),
            (RESET_RETRY_COUNTER, 0x00, reference) => Ok(Self::ResetRetryCounter {
                reference: PinReference::from_p2(reference)?,
                secrets: CommandSecret::copied(apdu.data),
            }),
            (GENERAL_AUTHENTICATE, algorithm, key) => Ok(Self::GeneralAuthenticate {
                algorithm,
                key: KeyReference::from_p2(key)?,
                template: apdu.data.to_vec(),
            }),
            (GENERATE_KEY_PAIR, 0x00, key) => Ok(Self::GenerateKeyPair {
                key: KeyReference::from_p2(key)?,
                template: apdu.data.to_vec(),
            }),
            (GET_RESPONSE, 0x00, 0x00) => Ok(Self::GetResponse {
                expected: apdu.expected.unwrap_or(256),
            }),
            (
                SELECT
                | GET_DATA
                | PUT_DATA
                | VERIFY
                | CHANGE_REFERENCE_DATA
                | RESET_RETRY_COUNTER
                | GENERATE_KEY_PAIR
                | GET_RESPONSE,
                ..,
            ) => Err(CommandFault::Parameters),
            _ => Err(CommandFault::Instruction),
        }
    }

    /// The header of the unchained command.
    pub fn header(&self) -> Header {
        let (ins, p1, p2) = match self {
            Self::Select { .. } => (SELECT, 0x04, 0x00),
            Self::GetData { .. } => (GET_DATA, 0x3F, 0xFF),
            Self::PutData { .. } => (PUT_DATA, 0x3F, 0xFF),
            Self::Verify { reference, .. } | Self::TriesLeft { reference } => (VERIFY, 0x00, reference.p2()),
            Self::Forget { reference } => (VERIFY, 0xFF, reference.p2()),
            Self::ChangeReferenceData { reference, .. } => (CHANGE_REFERENCE_DATA, 0x00, reference.p2()),
            Self::ResetRetryCounter { reference, .. } => (RESET_RETRY_COUNTER, 0x00, reference.p2()),
            Self::GeneralAuthenticate { algorithm, key, .. } => (GENERAL_AUTHENTICATE, *algorithm, key.p2()),
            Self::GenerateKeyPair { key, .. } => (GENERATE_KEY_PAIR, 0x00, key.p2()),
            Self::GetResponse { .. } => (GET_RESPONSE, 0x00, 0x00),
        };
        Header { cla: 0x00, ins, p1, p2 }
    }

    fn data(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::Select { application } => application.clone(),
            Self::GetData { object } => object_list(*object),
            Self::PutData { object, content } => {
                let mut data = object_list(*object);
                data.extend_from_slice(content);
                data
            }
            Self::Verify { secret, .. } => secret.bytes().to_vec(),
            Self::ChangeReferenceData { secrets, .. } | Self::ResetRetryCounter { secrets, .. } => {
                secrets.bytes().to_vec()
            }
            Self::GeneralAuthenticate { template, .. } | Self::GenerateKeyPair { template, .. } => template.clone(),
            Self::TriesLeft { .. } | Self::Forget { .. } | Self::GetResponse { .. } => Vec::new(),
        })
    }

    fn expected(&self, length: Length) -> Option<u32> {
        match self {
            Self::GetResponse { expected } => Some(*expected),
            Self::Select { .. }
            | Self::GetData { .. }
            | Self::GeneralAuthenticate { .. }
            | Self::GenerateKeyPair { .. } => Some(match length {
                Length::Short => 256,
                Length::Extended => 65_536,
            }),
            Self::PutData { .. }
            | Self::Verify { .. }
            | Self::TriesLeft { .. }
            | Self::Forget { .. }
            | Self::ChangeReferenceData { .. }
            | Self::ResetRetryCounter { .. } => None,
        }
    }
}

/// One APDU, or a chain of short ones where the data is too long for it (ISO 7816-4 §5.3.3).
pub(crate) fn chain(header: Header, data: &[u8], expected: Option<u32>, length: Length) -> Vec<Apdu> {
    if let Some(single) = Apdu::encode(header, data, expected, length) {
        return vec![single];
    }
    let links = data.chunks(SHORT_DATA);
    let last = links.len() - 1;
    links
        .enumerate()
        .map(|(index, link)| {
            let (cla, expected) = match index {
                index if index == last => (header.cla, expected),
                _ => (header.cla | CHAINED, None),
            };
            Apdu::encode(Header { cla, ..header }, link, expected, Length::Short)
                .expect("a link is at most 255 bytes long")
        })
        .collect()
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} (data {} bytes)", self.header(), self.data().len())
    }
}

impl CommandSecret {
    pub(crate) fn copied(bytes: &[u8]) -> Self {
        Self(Secret::from_slice(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    pub(crate) fn pair(first: &Secret, second: &Secret) -> Self {
        let mut both = Zeroizing::new(Vec::with_capacity(first.bytes().len() + second.bytes().len()));
        both.extend_from_slice(first.bytes());
        both.extend_from_slice(second.bytes());
        Self(Secret::from_slice(&both))
    }
}

impl PinReference {
    fn p2(self) -> u8 {
        match self {
            Self::Application => 0x80,
            Self::Unblocking => 0x81,
        }
    }

    fn from_p2(p2: u8) -> Result<Self, CommandFault> {
        match p2 {
            0x80 => Ok(Self::Application),
            0x81 => Ok(Self::Unblocking),
            _ => Err(CommandFault::Reference),
        }
    }
}

impl KeyReference {
    fn p2(self) -> u8 {
        match self {
            Self::Authentication => 0x9A,
            Self::Management => 0x9B,
            Self::Signature => 0x9C,
            Self::KeyManagement => 0x9D,
            Self::CardAuthentication => 0x9E,
        }
    }

    fn from_p2(p2: u8) -> Result<Self, CommandFault> {
        match p2 {
            0x9A => Ok(Self::Authentication),
            0x9B => Ok(Self::Management),
            0x9C => Ok(Self::Signature),
            0x9D => Ok(Self::KeyManagement),
            0x9E => Ok(Self::CardAuthentication),
            _ => Err(CommandFault::Reference),
        }
    }
}

/// `5C L tag`, the list of one object that GET DATA and PUT DATA begin with.
fn object_list(object: Tag) -> Vec<u8> {
    let mut tag = Vec::with_capacity(3);
    tlv::push_tag(&mut tag, object);
    tlv::element(0x5C, &tag)
}

fn object_in(data: &[u8]) -> Result<(Tag, &[u8]), CommandFault> {
    let (list, rest) = tlv::first(data).map_err(|_| CommandFault::Data)?;
    if list.tag != 0x5C || !(1..=3).contains(&list.value.len()) {
        return Err(CommandFault::Data);
    }
    let object = list.value.iter().fold(0, |tag: Tag, byte| tag << 8 | Tag::from(*byte));
    Ok((object, rest))
}

/// The instruction bytes (ISO 7816-4 §11).
pub mod instruction {
    /// VERIFY.
    pub const VERIFY: u8 = 0x20;
    /// CHANGE REFERENCE DATA.
    pub const CHANGE_REFERENCE_DATA: u8 = 0x24;
    /// RESET RETRY COUNTER.
    pub const RESET_RETRY_COUNTER: u8 = 0x2C;
    /// GENERATE ASYMMETRIC KEY PAIR.
    pub const GENERATE_KEY_PAIR: u8 = 0x47;
    /// PERFORM SECURITY OPERATION.
    pub const PERFORM_SECURITY_OPERATION: u8 = 0x2A;
    /// EXTERNAL or MUTUAL AUTHENTICATE.
    pub const MUTUAL_AUTHENTICATE: u8 = 0x82;
    /// GET CHALLENGE.
    pub const GET_CHALLENGE: u8 = 0x84;
    /// GENERAL AUTHENTICATE.
    pub const GENERAL_AUTHENTICATE: u8 = 0x87;
    /// SELECT.
    pub const SELECT: u8 = 0xA4;
    /// READ BINARY.
    pub const READ_BINARY: u8 = 0xB0;
    /// GET RESPONSE.
    pub const GET_RESPONSE: u8 = 0xC0;
    /// GET DATA of one object that P1 and P2 name.
    pub const GET_SIMPLE_DATA: u8 = 0xCA;
    /// GET DATA of the objects that a tag list names.
    pub const GET_DATA: u8 = 0xCB;
    /// PUT DATA.
    pub const PUT_DATA: u8 = 0xDB;

    /// Whether the data of such a command may be a PIN, and so must never be written down.
    pub fn carries_pin(ins: u8) -> bool {
        matches!(ins, VERIFY | CHANGE_REFERENCE_DATA | RESET_RETRY_COUNTER)
    }
}
