//! Setting a forgotten signature password anew, by a right that the card's issuer gives (docs/formats.md, "Unblock application").

use std::fmt;

use super::{Application, Command, Jpki, SIGNATURE_REFERENCE, SignaturePassword, UNBLOCK_APPLICATION, UNBLOCK_KEY};
use crate::{
    apdu::StatusWord,
    fault::{CardFault, ProtocolFault},
    pin::TriesLeft,
    tlv::Tag,
    transport::CardAfter,
};

/// The number of a citizen's card: sixteen digits, the last of which is Luhn's check digit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardNumber([u8; 16]);

impl CardNumber {
    /// Takes sixteen ASCII digits that check.
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let number: [u8; 16] = digits.try_into().ok()?;
        (number.iter().all(u8::is_ascii_digit) && luhn(&number) == 0).then_some(Self(number))
    }

    /// The number that begins with these fifteen digits; a digit is the remainder by ten.
    pub fn beginning(fifteen: [u8; 15]) -> Self {
        let mut number = [b'0'; 16];
        for (to, from) in number.iter_mut().zip(fifteen) {
            *to = b'0' + from % 10;
        }
        // The last digit counts once, so it fills the sum up to a multiple of ten.
        if let [.., check] = &mut number[..] {
            *check = b'0';
        }
        let missing = (10 - luhn(&number)) % 10;
        if let [.., check] = &mut number[..] {
            *check = b'0' + missing;
        }
        Self(number)
    }

    /// Its sixteen ASCII digits.
    pub fn digits(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The sum by ISO/IEC 7812-1, annex B, modulo ten: every second digit from the right but one counts twice, by its cross sum.
fn luhn(number: &[u8; 16]) -> u8 {
    let sum: u32 = number
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            if at % 2 == 0 {
                digit
            } else {
                digit * 2 / 10 + digit * 2 % 10
            }
        })
        .sum();
    // A remainder by ten fits.
    (sum % 10) as u8
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the unblock application tells without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The card's number.
    pub number: CardNumber,
    /// The version of the key that this card's unblock keys come from.
    pub key_version: u8,
    /// How often the signature password was set by an unblock; below 2^24.
    pub counter: u32,
    /// The receipt of the last time: the counter as it was, three octets, and sixteen that only this card and its issuer can make.
    pub receipt: Option<[u8; 19]>,
}

/// The conversation in which a card is told its new password. The card is held exclusively until it ends.
///
/// Between [`Unblocking::challenge`] and [`Unblocking::finish`] the kiosk asks the server. The card waits meanwhile: other
/// programs get [`CardFault::Busy`] after about ten seconds, and whoever asks bounds the asking, well below the time after which
/// the answer counts no more. Windows resets a card that nobody speaks to for five seconds inside a transaction; that, a
/// removal and a power cut all end alike: the card has forgotten its challenge, [`Unblocking::finish`] is
/// [`CardFault::RightLost`] or [`CardFault::Removed`], nothing has changed, and the conversation begins again with another
/// challenge.
///
/// Dropped, it ends without effect: the card is reset.
pub struct Unblocking<'j> {
    application: Application<'j>,
    standing: Standing,
    challenge: [u8; 16],
}

/// The card has its new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unblocked {
    /// The card's answer to the cryptogram: the server checks it.
    pub card_cryptogram: [u8; 16],
    /// The card afterwards: the counter is one more, and there is a receipt of this time.
    pub standing: Standing,
}

impl Jpki {
    /// What the unblock application tells; without one it is [`CardFault::NoUnblock`].
    pub fn standing(&mut self) -> Result<Standing, CardFault> {
        self.read(|card| card.standing())
    }

    /// Begins to set the signature password anew: what the card tells of itself, and its challenge.
    pub fn unblock(&mut self) -> Result<Unblocking<'_>, CardFault> {
        let mut application = self.begin()?;
        let standing = application.standing()?;
        let challenge = application.sixteen("ask for a challenge", &Command::GetChallenge)?;
        Ok(Unblocking {
            application,
            standing,
            challenge,
        })
    }
}

impl Unblocking<'_> {
    /// What the card told of itself in this conversation.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The card's challenge, which counts in this conversation alone.
    pub fn challenge(&self) -> [u8; 16] {
        self.challenge
    }

    /// Brings the server's random number and cryptogram to the card, and with the very next command the new password.
    ///
    /// After [`CardFault::RightRefused`], [`CardFault::UnblockKeyBlocked`], [`CardFault::RightLost`] and
    /// [`CardFault::PasswordRefused`] the old password holds. After any other fault [`Jpki::standing`] says which one does:
    /// with the counter the password has changed.
    pub fn finish(
        mut self,
        host_random: [u8; 16],
        cryptogram: [u8; 16],
        password: &SignaturePassword,
    ) -> Result<Unblocked, CardFault> {
        let card_cryptogram = self.application.mutual_authenticate(host_random, cryptogram)?;
        self.application.reset_retry_counter(password)?;
        let standing = self.application.standing_of_current()?;
        self.application.exclusive.finish(CardAfter::Reset)?;
        Ok(Unblocked {
            card_cryptogram,
            standing,
        })
    }
}

impl Application<'_> {
    fn standing(&mut self) -> Result<Standing, CardFault> {
        if !self.select(&UNBLOCK_APPLICATION)? {
            return Err(CardFault::NoUnblock);
        }
        self.standing_of_current()
    }

    /// As [`Jpki::summary`] wants it.
    pub(super) fn standing_if_any(&mut self) -> Result<Option<Standing>, CardFault> {
        match self.standing() {
            Err(CardFault::NoUnblock) => Ok(None),
            told => told.map(Some),
        }
    }

    fn standing_of_current(&mut self) -> Result<Standing, CardFault> {
        let number = self.object(NUMBER)?.ok_or(ProtocolFault::Answer)?;
        let number = CardNumber::parse(&number).ok_or(ProtocolFault::Answer)?;
        let key_version = match self.object(KEY_VERSION)?.as_deref() {
            Some([version]) => *version,
            _ => return Err(ProtocolFault::Answer.into()),
        };
        let counter = match self.object(COUNTER)?.as_deref() {
            Some([high, middle, low]) => u32::from_be_bytes([0, *high, *middle, *low]),
            _ => return Err(ProtocolFault::Answer.into()),
        };
        let receipt = match self.object(RECEIPT)? {
            Some(receipt) => Some(receipt.try_into().map_err(|_| ProtocolFault::Answer)?),
            None => None,
        };
        Ok(Standing {
            number,
            key_version,
            counter,
            receipt,
        })
    }

    /// The content of a data object; `None` where there is none.
    fn object(&mut self, object: Tag) -> Result<Option<Vec<u8>>, CardFault> {
        let answer = self.exchange(&Command::GetData { object })?;
        match answer.status {
            StatusWord::Success => Ok(Some(answer.data)),
            StatusWord::ReferenceNotFound => Ok(None),
            status => Err(ProtocolFault::Status {
                step: "read object",
                status,
            }
            .into()),
        }
    }

    fn mutual_authenticate(&mut self, host_random: [u8; 16], cryptogram: [u8; 16]) -> Result<[u8; 16], CardFault> {
        let command = Command::MutualAuthenticate {
            key: UNBLOCK_KEY,
            proof: [host_random, cryptogram].concat(),
        };
        self.sixteen("prove the right", &command).map_err(|fault| match fault {
            CardFault::Protocol(ProtocolFault::Status { status, .. }) => match status {
                // The last wrong one and any after it.
                StatusWord::TriesLeft(0) | StatusWord::Blocked | StatusWord::ReferenceDataUnusable => {
                    CardFault::UnblockKeyBlocked
                }
                StatusWord::TriesLeft(left) => CardFault::RightRefused {
                    left: TriesLeft::Known(left),
                },
                StatusWord::Wrong => CardFault::RightRefused {
                    left: TriesLeft::Unknown,
                },
                // No challenge any more, or not even the application: the card was reset.
                StatusWord::ConditionsNotSatisfied | StatusWord::InstructionNotSupported => CardFault::RightLost,
                _ => fault,
            },
            _ => fault,
        })
    }

    fn reset_retry_counter(&mut self, password: &SignaturePassword) -> Result<(), CardFault> {
        let answer = self.exchange(&Command::ResetRetryCounter {
            reference: SIGNATURE_REFERENCE,
            secret: password.secret(),
        })?;
        match answer.status {
            StatusWord::Success => Ok(()),
            StatusWord::WrongData => Err(CardFault::PasswordRefused),
            StatusWord::ConditionsNotSatisfied
            | StatusWord::SecurityStatusNotSatisfied
            | StatusWord::InstructionNotSupported => Err(CardFault::RightLost),
            status => Err(ProtocolFault::Status {
                step: "set the password",
                status,
            }
            .into()),
        }
    }

    fn sixteen(&mut self, step: &'static str, command: &Command) -> Result<[u8; 16], CardFault> {
        let answer = self.exchange(command)?;
        match answer.status {
            StatusWord::Success => Ok(answer.data.try_into().map_err(|_| ProtocolFault::Answer)?),
            status => Err(ProtocolFault::Status { step, status }.into()),
        }
    }
}

/// カード番号
pub(crate) const NUMBER: Tag = 0xDF20;
/// The version of the issuer's key.
pub(crate) const KEY_VERSION: Tag = 0xDF21;
/// The unblock counter of the signature password.
pub(crate) const COUNTER: Tag = 0xDF22;
/// The receipt of its last unblock.
pub(crate) const RECEIPT: Tag = 0xDF23;
