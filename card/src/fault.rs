//! What can go wrong between a program and a card, each with its own name, so that each has its own message.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use crate::{
    apdu::StatusWord,
    pin::{PinFormat, TriesLeft},
    tlv::TlvFault,
    transport::TransportFault,
};

/// Why a card did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardFault {
    /// No reader is connected, or not the one that was named.
    #[error("no card reader is connected")]
    NoReader,
    /// The reader is empty.
    #[error("there is no card in the reader")]
    NoCard,
    /// The card does not answer: wrong side, dirty or broken.
    #[error("the card cannot be read")]
    Unreadable,
    /// The card answers, but is not of a kind that is known here.
    #[error("the card is of another kind")]
    WrongType,
    /// The card left the reader in the middle.
    #[error("the card was removed")]
    Removed,
    /// The card is not the one that was shown before.
    #[error("the card was exchanged for another one")]
    Changed,
    /// More than one card is in the readers, and none was chosen.
    #[error("there is more than one card")]
    Multiple,
    /// The system has no PC/SC library; the reason is the loader's.
    #[error("PC/SC is not installed: {reason}")]
    PcscMissing {
        /// What the loader said.
        reason: String,
    },
    /// The PC/SC service does not run.
    #[error("the PC/SC service does not run")]
    PcscDown,
    /// Another program holds the card.
    #[error("another program is using the card")]
    Busy,
    /// The card compared the PIN and it was wrong.
    #[error("the PIN is wrong")]
    PinWrong {
        /// What the card forgives from now on; never [`TriesLeft::Blocked`], which is [`CardFault::PinBlocked`].
        left: TriesLeft,
    },
    /// The PIN is blocked; nothing was compared, or the last try is just spent.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// One try is left and no [`LastTryConsent`](crate::LastTryConsent) was given; the PIN was not sent (G-P3).
    #[error("one try is left; the holder must consent to it")]
    LastTry,
    /// Fewer tries are left than were to be spared, or the card does not tell; the PIN was not sent.
    #[error("too few tries are left for a PIN that nobody typed for this card")]
    FewTries,
    /// The PIN has not the form that the card wants; no try was spent.
    #[error(transparent)]
    PinFormat(#[from] PinFormat),
    /// The four-digit PIN of a citizen's card (利用者証明用暗証番号) is blocked.
    #[error("the four-digit PIN is blocked")]
    AuthenticationPinBlocked,
    /// The signature password of a citizen's card (署名用暗証番号) is blocked.
    #[error("the signature password is blocked")]
    SignaturePasswordBlocked,
    /// The number that is printed on a citizen's card (照合番号B) is another one.
    #[error("the number printed on the card is another one")]
    PrintedNumberWrong {
        /// What the card forgives from now on.
        left: TriesLeft,
    },
    /// The number that is printed on the card was wrong too often; nothing was compared, or the last try is just spent.
    #[error("the number printed on the card was wrong too often")]
    PrintedNumberBlocked,
    /// The card has no application for setting a forgotten password anew.
    #[error("the password of this card cannot be set anew here")]
    NoUnblock,
    /// The card does not take the cryptogram that was to give the right to set the password: it is not this card's, or not this
    /// conversation's.
    #[error("the card refused the right to set its password")]
    RightRefused {
        /// How many wrong ones its key forgives from now on.
        left: TriesLeft,
    },
    /// The card's key for setting the password was blocked by wrong cryptograms.
    #[error("the card takes no right to set its password any more")]
    UnblockKeyBlocked,
    /// What the card had asked, or the right that it had given, is gone: it lost its power or was spoken to in between.
    #[error("the card has forgotten the conversation; begin it again")]
    RightLost,
    /// The card does not take a password of this form, and the right to set one is used up.
    #[error("the card does not take this password")]
    PasswordRefused,
    /// The card holds no certificate in this place.
    #[error("the card holds no certificate here")]
    NoCertificate,
    /// The key of the card is of an algorithm that is not known here.
    #[error("the key on the card is of an unknown kind")]
    UnknownKey,
    /// The card or the reader broke the rules of conversation.
    #[error(transparent)]
    Protocol(#[from] ProtocolFault),
}

/// How a card or a reader broke the rules of conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolFault {
    /// An answer that is not what the command promises.
    #[error("the card's answer makes no sense")]
    Answer,
    /// A data object that is not BER-TLV.
    #[error("the card's answer makes no sense: {0}")]
    Tlv(#[from] TlvFault),
    /// An answer that does not come to an end.
    #[error("the card's answer does not end")]
    Endless,
    /// A status word that the command does not foresee.
    #[error("the card refused with status {status} what {step} asked")]
    Status {
        /// The step of the conversation.
        step: &'static str,
        /// The card's word.
        status: StatusWord,
    },
    /// A signature that the card's own certificate does not confirm.
    #[error("the card's signature does not fit its certificate")]
    Signature,
    /// The reader reported this code of its own.
    #[error("the reader reported {0:#010X}")]
    Reader(u32),
}

impl From<TransportFault> for CardFault {
    fn from(fault: TransportFault) -> Self {
        match fault {
            TransportFault::Removed => Self::Removed,
            TransportFault::Mute => Self::Unreadable,
            TransportFault::Busy => Self::Busy,
            TransportFault::Gone => Self::NoReader,
            TransportFault::ServiceDown => Self::PcscDown,
            TransportFault::Reader(code) => ProtocolFault::Reader(code).into(),
        }
    }
}

impl From<TlvFault> for CardFault {
    fn from(fault: TlvFault) -> Self {
        ProtocolFault::Tlv(fault).into()
    }
}
