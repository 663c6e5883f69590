//! What can go wrong at an HSM.

use std::path::PathBuf;
use std::time::Duration;

use cryptoki::error::{Error, RvError};

use crate::key::KeyFault;
use crate::signer::SignFault;

/// An HSM did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HsmFault {
    /// The module is not there, or is none.
    #[error("the PKCS#11 module {} cannot be used: {reason}", path.display())]
    Module {
        /// Which file.
        path: PathBuf,
        /// What the loader or the module said.
        reason: String,
    },
    /// No token of this name is there, or not any more.
    #[error("no token {0} is there")]
    NoToken(String),
    /// More than one is.
    #[error("more than one token is {0}; name it by its serial number")]
    Tokens(String),
    /// The PIN cannot be read.
    #[error("the PIN of the HSM cannot be read: {0}")]
    NoPin(String),
    /// The PIN was wrong. It is not tried again by this process, so that it is not locked.
    #[error("the HSM says that the PIN is wrong; it is not tried again until the server is started anew")]
    PinWrong,
    /// The PIN is locked.
    #[error("the PIN of the HSM is locked")]
    PinLocked,
    /// No key has this id.
    #[error("the HSM holds no key with the id {0}")]
    NoKey(String),
    /// Two keys have it.
    #[error("the HSM holds more than one key with the id {0}")]
    Keys(String),
    /// Another key than the one that is known by this id (THREATS A51).
    #[error("the HSM holds another key in this place than the one that is known")]
    AnotherKey,
    /// The public half is none that is trusted.
    #[error("the HSM's public key cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// A kind of key that is not made there.
    #[error("the HSM does not make keys of this kind: {0}")]
    Unsupported(String),
    /// No answer in time. Whatever comes later is thrown away (THREATS A51).
    #[error("the HSM gave no answer within {} seconds", .0.as_secs())]
    Late(Duration),
    /// More is waiting than is let in.
    #[error("too much is waiting for the HSM")]
    Busy,
    /// Anything else. The text is for the operator.
    #[error("the HSM failed: {0}")]
    Failed(String),
    /// The conversation broke; a new one may go on.
    #[error("the conversation with the HSM broke: {0}")]
    Lost(String),
}

impl From<Error> for HsmFault {
    fn from(cause: Error) -> Self {
        let Error::Pkcs11(word, _) = &cause else {
            return Self::Failed(cause.to_string());
        };
        match word {
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange | RvError::PinExpired => Self::PinWrong,
            RvError::PinLocked => Self::PinLocked,
            RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::DeviceRemoved
            | RvError::DeviceError
            | RvError::GeneralError
            | RvError::FunctionFailed
            | RvError::TokenNotPresent
            | RvError::TokenNotRecognized
            | RvError::SlotIdInvalid
            | RvError::UserNotLoggedIn
            | RvError::KeyHandleInvalid
            | RvError::ObjectHandleInvalid
            | RvError::OperationActive
            | RvError::CryptokiNotInitialized => Self::Lost(cause.to_string()),
            RvError::MechanismInvalid
            | RvError::MechanismParamInvalid
            | RvError::CurveNotSupported
            | RvError::KeySizeRange
            | RvError::AttributeValueInvalid
            | RvError::TemplateInconsistent
            | RvError::FunctionNotSupported => Self::Unsupported(cause.to_string()),
            _ => Self::Failed(cause.to_string()),
        }
    }
}

impl From<HsmFault> for SignFault {
    fn from(fault: HsmFault) -> Self {
        match fault {
            HsmFault::AnotherKey => Self::AnotherKey,
            other => Self::Failed(other.to_string()),
        }
    }
}
