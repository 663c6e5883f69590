//! A PIV card as the holder's program uses it (SP 800-73-4 part 2).
//!
//! Every method is one exclusive transaction that begins with SELECT, so that no other program's selection or verified PIN can slip in between.
//! A transaction in which a PIN was sent ends with a card reset.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of a type with a lifetime is not general enough"
)]

mod signing;

use std::fmt;

pub(crate) use signing::SHA256_DIGEST_INFO;
pub use signing::{Signature, SignatureAlgorithm};

use crate::{
    apdu::{Command, CommandSecret, KeyReference, Length, PinReference, Response, StatusWord},
    certificate::{Certificate, Fingerprint},
    fault::{CardFault, ProtocolFault},
    pin::{LastTryConsent, Pin, PinFormat, PinRule, TriesLeft},
    tlv::{self, Tag},
    transport::{CardAfter, Exclusive, Transport},
};

/// A PIV card in a reader.
pub struct Piv {
    transport: Box<dyn Transport>,
    length: Length,
}

impl Piv {
    /// Looks whether a PIV card is there; another card is [`CardFault::WrongType`].
    pub fn open(transport: Box<dyn Transport>) -> Result<Self, CardFault> {
        let mut piv = Self {
            transport,
            length: Length::Short,
        };
        piv.read(|_| Ok(()))?;
        Ok(piv)
    }

    /// Uses this form of APDU from now on; short, which every card knows, is where it begins.
    pub fn with_length(self, length: Length) -> Self {
        Self { length, ..self }
    }

    /// What a PIN of this card looks like.
    pub fn pin_rule(&self) -> PinRule {
        PinRule::PIV
    }

    /// Everything that can be told without a PIN.
    pub fn summary(&mut self) -> Result<Summary, CardFault> {
        self.read(|card| {
            Ok(Summary {
                identifier: card.identifier()?,
                authentication: card.certificate(Slot::Authentication)?,
                signature: card.certificate(Slot::Signature)?,
                tries_left: card.tries_left()?,
            })
        })
    }

    /// The certificate in a slot; none is [`CardFault::NoCertificate`].
    pub fn certificate(&mut self, slot: Slot) -> Result<Certificate, CardFault> {
        self.read(|card| card.certificate(slot))
    }

    /// The number by which the card itself is told from every other.
    pub fn identifier(&mut self) -> Result<CardIdentifier, CardFault> {
        self.read(|card| card.identifier())
    }

    /// How many tries the PIN has left. Spends none.
    pub fn tries_left(&mut self) -> Result<TriesLeft, CardFault> {
        self.read(|card| card.tries_left())
    }

    /// Whether the PIN is right. A wrong one spends a try.
    pub fn verify(&mut self, pin: &Pin, consent: Option<LastTryConsent>) -> Result<(), CardFault> {
        self.with_pin(|card| card.verify(pin, consent))
    }

    /// Signs `message` with the authentication key (9A).
    ///
    /// The certificate in the slot is compared with `expected` first: another one is [`CardFault::Changed`], and the PIN is not sent (A05).
    pub fn authenticate(
        &mut self,
        expected: &Fingerprint,
        pin: &Pin,
        consent: Option<LastTryConsent>,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        self.with_pin(|card| card.sign(Slot::Authentication, expected, pin, consent, message))
    }

    /// Signs `message` with the signature key (9C): compare the certificate, VERIFY, and at once GENERAL AUTHENTICATE, since this key wants the PIN anew each time.
    ///
    /// Another certificate than `expected` is [`CardFault::Changed`], and the PIN is not sent (A05).
    pub fn sign_with_signature_key(
        &mut self,
        expected: &Fingerprint,
        pin: &Pin,
        consent: Option<LastTryConsent>,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        self.with_pin(|card| card.sign(Slot::Signature, expected, pin, consent, message))
    }

    /// The same with a PIN that nobody typed for this card: it is sent only where the card says, in the same transaction,
    /// that at least so many tries are left, and is [`CardFault::FewTries`] otherwise.
    pub fn sign_sparing(
        &mut self,
        expected: &Fingerprint,
        pin: &Pin,
        at_least: u8,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        self.with_pin(|card| {
            card.spare(at_least)?;
            card.sign(Slot::Signature, expected, pin, None, message)
        })
    }

    /// Replaces the PIN. A wrong current one spends a try.
    pub fn change_pin(&mut self, current: &Pin, new: &Pin, consent: Option<LastTryConsent>) -> Result<(), CardFault> {
        self.with_pin(|card| {
            card.refuse_last_try(consent)?;
            let rule = PinRule::PIV;
            let answer = card.exclusive.exchange(&Command::ChangeReferenceData {
                reference: PinReference::Application,
                secrets: CommandSecret::pair(&current.block(rule), &new.block(rule)),
            })?;
            card.pin_answer("change PIN", &answer)
        })
    }

    /// Sets a new PIN by the PUK, also after the old one was blocked. A wrong PUK spends a try of the PUK.
    pub fn unblock(&mut self, puk: &Pin, new: &Pin) -> Result<(), CardFault> {
        self.with_pin(|card| {
            let answer = card.exclusive.exchange(&Command::ResetRetryCounter {
                reference: PinReference::Application,
                secrets: CommandSecret::pair(&puk.block(PinRule::PIV_PUK), &new.block(PinRule::PIV)),
            })?;
            reference_data_answer("unblock PIN", &answer)
        })
    }

    fn read<T>(&mut self, f: impl FnOnce(&mut Application<'_>) -> Result<T, CardFault>) -> Result<T, CardFault> {
        self.transact(CardAfter::Left, f)
    }

    fn with_pin<T>(&mut self, f: impl FnOnce(&mut Application<'_>) -> Result<T, CardFault>) -> Result<T, CardFault> {
        self.transact(CardAfter::Reset, f)
    }

    fn transact<T>(
        &mut self,
        after: CardAfter,
        f: impl FnOnce(&mut Application<'_>) -> Result<T, CardFault>,
    ) -> Result<T, CardFault> {
        let exclusive = Exclusive::begin(&mut *self.transport, self.length)?;
        let mut application = Application::select(exclusive)?;
        let outcome = f(&mut application)?;
        application.exclusive.finish(after)?;
        Ok(outcome)
    }
}

/// What a PIV card tells without a PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The card's own number.
    pub identifier: CardIdentifier,
    /// The certificate of key 9A.
    pub authentication: Certificate,
    /// The certificate of key 9C.
    pub signature: Certificate,
    /// How many tries the PIN has left.
    pub tries_left: TriesLeft,
}

/// The GUID of a card's CHUID (SP 800-73-4 part 1 §3.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardIdentifier([u8; 16]);

impl CardIdentifier {
    /// An identifier that was kept.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for CardIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CardIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The places for a key and its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// 9A.
    Authentication,
    /// 9C.
    Signature,
}

impl Slot {
    /// The key of this slot.
    pub fn key(self) -> KeyReference {
        match self {
            Self::Authentication => KeyReference::Authentication,
            Self::Signature => KeyReference::Signature,
        }
    }

    /// The data object of this slot's certificate (SP 800-73-4 part 1, table 3).
    pub fn object(self) -> Tag {
        match self {
            Self::Authentication => 0x5F_C105,
            Self::Signature => 0x5F_C10A,
        }
    }
}

/// The PIV application, selected, within one transaction.
struct Application<'t> {
    exclusive: Exclusive<'t>,
}

impl<'t> Application<'t> {
    fn select(mut exclusive: Exclusive<'t>) -> Result<Self, CardFault> {
        let answer = exclusive.exchange(&Command::Select {
            application: APPLICATION.to_vec(),
        })?;
        if answer.status != StatusWord::Success || tlv::find(&answer.data, 0x61).is_err() {
            return Err(CardFault::WrongType);
        }
        Ok(Self { exclusive })
    }

    fn object(&mut self, object: Tag) -> Result<Vec<u8>, CardFault> {
        let answer = self.exclusive.exchange(&Command::GetData { object })?;
        match answer.status {
            StatusWord::Success => Ok(tlv::find(&answer.data, 0x53)?.to_vec()),
            StatusWord::NotFound | StatusWord::ReferenceNotFound => Err(CardFault::NoCertificate),
            status => Err(ProtocolFault::Status {
                step: "read object",
                status,
            }
            .into()),
        }
    }

    fn certificate(&mut self, slot: Slot) -> Result<Certificate, CardFault> {
        let object = self.object(slot.object())?;
        let der = match tlv::find(&object, 0x70) {
            Ok(der) if !der.is_empty() => der,
            Err(fault) if !object.is_empty() => return Err(fault.into()),
            // Some cards answer an empty object, or an empty certificate in it, instead of 6A82.
            _ => return Err(CardFault::NoCertificate),
        };
        Certificate::parse(der)
    }

    fn identifier(&mut self) -> Result<CardIdentifier, CardFault> {
        let object = self.object(CHUID)?;
        let guid = tlv::find(&object, 0x34)?;
        Ok(CardIdentifier(guid.try_into().map_err(|_| ProtocolFault::Answer)?))
    }

    fn tries_left(&mut self) -> Result<TriesLeft, CardFault> {
        let answer = self.exclusive.exchange(&Command::TriesLeft {
            reference: PinReference::Application,
        })?;
        Ok(match answer.status {
            StatusWord::TriesLeft(0) | StatusWord::Blocked | StatusWord::ReferenceDataUnusable => TriesLeft::Blocked,
            StatusWord::TriesLeft(left) => TriesLeft::Known(left),
            // 9000: the PIN is verified at this moment. Anything else: a card that does not answer the question.
            _ => TriesLeft::Unknown,
        })
    }

    fn refuse_last_try(&mut self, consent: Option<LastTryConsent>) -> Result<(), CardFault> {
        match (self.tries_left()?, consent) {
            (TriesLeft::Blocked, _) => Err(CardFault::PinBlocked),
            (TriesLeft::Known(1), None) => Err(CardFault::LastTry),
            (TriesLeft::Known(_) | TriesLeft::Unknown, _) => Ok(()),
        }
    }

    fn spare(&mut self, at_least: u8) -> Result<(), CardFault> {
        match self.tries_left()? {
            TriesLeft::Known(left) if left >= at_least => Ok(()),
            TriesLeft::Blocked => Err(CardFault::PinBlocked),
            TriesLeft::Known(_) | TriesLeft::Unknown => Err(CardFault::FewTries),
        }
    }

    fn verify(&mut self, pin: &Pin, consent: Option<LastTryConsent>) -> Result<(), CardFault> {
        self.refuse_last_try(consent)?;
        let answer = self.exclusive.exchange(&Command::Verify {
            reference: PinReference::Application,
            secret: CommandSecret(pin.block(PinRule::PIV)),
        })?;
        self.pin_answer("verify PIN", &answer)
    }

    /// What the card says to a PIN. Where it only says that the PIN is wrong, it is asked how many tries are left, which spends none.
    fn pin_answer(&mut self, step: &'static str, answer: &Response) -> Result<(), CardFault> {
        match reference_data_answer(step, answer) {
            Err(CardFault::PinWrong {
                left: TriesLeft::Unknown,
            }) => match self.tries_left()? {
                TriesLeft::Blocked => Err(CardFault::PinBlocked),
                left => Err(CardFault::PinWrong { left }),
            },
            judged => judged,
        }
    }
}

/// What a card says to reference data, whichever command carried it.
fn reference_data_answer(step: &'static str, answer: &Response) -> Result<(), CardFault> {
    match answer.status {
        StatusWord::Success => Ok(()),
        StatusWord::TriesLeft(0) | StatusWord::Blocked | StatusWord::ReferenceDataUnusable => {
            Err(CardFault::PinBlocked)
        }
        StatusWord::TriesLeft(left) => Err(CardFault::PinWrong {
            left: TriesLeft::Known(left),
        }),
        StatusWord::Wrong => Err(CardFault::PinWrong {
            left: TriesLeft::Unknown,
        }),
        StatusWord::WrongData => Err(PinFormat::Refused.into()),
        status => Err(ProtocolFault::Status { step, status }.into()),
    }
}

/// The PIV application's AID, cut before the version (SP 800-73-4 part 1 §2.2).
const APPLICATION: [u8; 9] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];

/// Card Holder Unique Identifier.
const CHUID: Tag = 0x5F_C102;
