//! What can go wrong at a token.

use std::path::PathBuf;

use cryptoki::error::{Error, RvError};

use crate::pin::{PinFormat, TriesLeft};

/// Why a token did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// The module is not there, or is none.
    #[error("the PKCS#11 module {} cannot be used: {reason}", path.display())]
    Module {
        /// Which file.
        path: PathBuf,
        /// What the loader or the module said.
        reason: String,
    },
    /// The token left its place, or another one is in it.
    #[error("the token is not there any more")]
    Gone,
    /// Its PIN was never set.
    #[error("the token's PIN was never set")]
    NoPin,
    /// The token compared the PIN and it was wrong.
    #[error("the PIN is wrong")]
    PinWrong {
        /// What the token forgives from now on; never [`TriesLeft::Blocked`], which is [`TokenFault::PinBlocked`].
        left: TriesLeft,
    },
    /// The PIN is blocked; nothing was compared, or the last try is just spent.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// One try is left and no [`LastTryConsent`](crate::LastTryConsent) was given; the PIN was not sent (G-P3).
    #[error("one try is left; the holder must consent to it")]
    LastTry,
    /// The PIN has not the form that the token wants; no try was spent.
    #[error(transparent)]
    PinFormat(#[from] PinFormat),
    /// The token may not be written to, has no room, or does not make keys of this kind.
    #[error("the token does not allow it: {0}")]
    NotAllowed(String),
    /// A key of this name is there and is of another kind, or its public half is missing.
    #[error("the token holds another key in this place")]
    AnotherKey,
    /// The certificate is for another key.
    #[error("the certificate is for another key than the token's")]
    AnotherCertificate,
    /// The token made a signature that its own key does not confirm.
    #[error("the token's signature does not fit its key")]
    Signature,
    /// The module failed at something that is not foreseen.
    #[error("the token failed: {0}")]
    Failed(String),
}

impl From<Error> for TokenFault {
    fn from(cause: Error) -> Self {
        let Error::Pkcs11(word, _) = &cause else {
            return Self::Failed(cause.to_string());
        };
        match word {
            RvError::PinIncorrect => Self::PinWrong {
                left: TriesLeft::Unknown,
            },
            RvError::PinLocked => Self::PinBlocked,
            RvError::PinInvalid | RvError::PinLenRange => Self::PinFormat(PinFormat::Refused),
            RvError::UserPinNotInitialized => Self::NoPin,
            RvError::TokenNotPresent
            | RvError::TokenNotRecognized
            | RvError::DeviceRemoved
            | RvError::SlotIdInvalid
            | RvError::SessionHandleInvalid
            | RvError::SessionClosed => Self::Gone,
            RvError::TokenWriteProtected
            | RvError::SessionReadOnly
            | RvError::DeviceMemory
            | RvError::MechanismInvalid
            | RvError::MechanismParamInvalid
            | RvError::CurveNotSupported
            | RvError::KeySizeRange
            | RvError::ActionProhibited
            | RvError::FunctionNotSupported
            | RvError::AttributeValueInvalid
            | RvError::AttributeTypeInvalid
            | RvError::AttributeReadOnly
            | RvError::TemplateInconsistent => Self::NotAllowed(cause.to_string()),
            _ => Self::Failed(cause.to_string()),
        }
    }
}
