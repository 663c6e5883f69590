//! A citizen's card (マイナンバーカード) as the holder's program uses it: 公的個人認証 (JPKI), the face of the card (券面), and the
//! application by which its issuer lets a forgotten signature password be set anew.
//!
//! Every method is one exclusive transaction that begins with SELECT, so that no other program's selection or verified PIN can slip in between.
//! A transaction in which a PIN was sent ends with a card reset.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of a type with a lifetime is not general enough"
)]

mod command;
mod pin;
mod unblock;

use aws_lc_rs::digest::{SHA256, digest};

pub use command::{Command, FileId};
pub(crate) use pin::PRINTED_NUMBER;
pub use pin::{AuthenticationPin, PasswordFormat, PasswordRule, PrintedNumber, PrintedNumberFormat, SignaturePassword};
pub(crate) use unblock::{COUNTER, KEY_VERSION, NUMBER, RECEIPT};
pub use unblock::{CardNumber, Standing, Unblocked, Unblocking};

use crate::{
    apdu::{CommandSecret, Length, Response, StatusWord},
    certificate::{Certificate, Fingerprint, KeyKind},
    fault::{CardFault, ProtocolFault},
    pin::{LastTryConsent, PinFormat, TriesLeft},
    piv::{SHA256_DIGEST_INFO, Signature, SignatureAlgorithm},
    tlv,
    transport::{CardAfter, Exclusive, Transport},
};

/// A citizen's card in a reader.
pub struct Jpki {
    transport: Box<dyn Transport>,
}

/// What a citizen's card tells without a PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The token's label.
    pub label: String,
    /// 利用者証明用電子証明書. The signature certificate is told to who knows the password alone.
    pub authentication: Certificate,
    /// How many tries the four-digit PIN has left.
    pub authentication_tries: TriesLeft,
    /// How many tries the signature password has left.
    pub signature_tries: TriesLeft,
    /// What the unblock application tells, on a card that has one.
    pub standing: Option<Standing>,
}

impl Jpki {
    /// Looks whether a citizen's card is there; another card is [`CardFault::WrongType`].
    pub fn open(transport: Box<dyn Transport>) -> Result<Self, CardFault> {
        let mut card = Self { transport };
        card.read(|_| Ok(()))?;
        Ok(card)
    }

    /// Everything that can be told without a PIN.
    pub fn summary(&mut self) -> Result<Summary, CardFault> {
        self.read(|card| {
            let label = card.label()?;
            Ok(Summary {
                label,
                authentication: card.certificate(AUTHENTICATION_CERTIFICATE)?,
                authentication_tries: card.tries_left(Lock::Authentication)?,
                signature_tries: card.tries_left(Lock::Signature)?,
                standing: card.standing_if_any()?,
            })
        })
    }

    /// Signs `message` with the authentication key: RSA, PKCS#1 v1.5, SHA-256.
    ///
    /// The authentication certificate is compared with `card` first: another one is [`CardFault::Changed`], and the PIN is not sent (A05).
    pub fn sign_authentication(
        &mut self,
        card: &Fingerprint,
        pin: &AuthenticationPin,
        consent: Option<LastTryConsent>,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        self.with_pin(|application| {
            let certificate = application.recognise(card)?;
            application.verify(Lock::Authentication, pin.secret(), consent)?;
            application.sign(AUTHENTICATION_KEY, &certificate, message)
        })
    }

    /// The signature certificate, which the card tells after the password alone.
    ///
    /// The card is recognised as in [`Jpki::sign_authentication`] before the password is sent.
    pub fn signature_certificate(
        &mut self,
        card: &Fingerprint,
        password: &SignaturePassword,
        consent: Option<LastTryConsent>,
    ) -> Result<Certificate, CardFault> {
        self.with_pin(|application| {
            application.recognise(card)?;
            application.verify(Lock::Signature, password.secret(), consent)?;
            application.certificate(SIGNATURE_CERTIFICATE)
        })
    }

    /// Signs `message` with the signature key: RSA, PKCS#1 v1.5, SHA-256.
    ///
    /// The card is recognised as in [`Jpki::sign_authentication`] before the password is sent. Where its signature certificate
    /// is then not `expected`, nothing is signed, and it is [`CardFault::Changed`].
    pub fn sign(
        &mut self,
        card: &Fingerprint,
        expected: &Fingerprint,
        password: &SignaturePassword,
        consent: Option<LastTryConsent>,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        self.with_pin(|application| {
            application.recognise(card)?;
            application.verify(Lock::Signature, password.secret(), consent)?;
            let certificate = application.certificate(SIGNATURE_CERTIFICATE)?;
            if certificate.fingerprint() != *expected {
                return Err(CardFault::Changed);
            }
            application.sign(SIGNATURE_KEY, &certificate, message)
        })
    }

    /// The file of the card's face with its signature, opened by the number that is printed on the card.
    ///
    /// A wrong number is [`CardFault::PrintedNumberWrong`] and counts.
    pub fn visual_file(
        &mut self,
        number: &PrintedNumber,
        consent: Option<LastTryConsent>,
    ) -> Result<Vec<u8>, CardFault> {
        self.with_pin(|application| {
            if !application.select(&VISUAL_APPLICATION)? {
                return Err(CardFault::WrongType);
            }
            application.verify(Lock::Printed, number.secret(), consent)?;
            application.file(VISUAL_FILE)
        })
    }

    fn begin(&mut self) -> Result<Application<'_>, CardFault> {
        let exclusive = Exclusive::begin(&mut *self.transport, Length::Short)?;
        let mut application = Application { exclusive };
        if application.select(&JPKI_APPLICATION)? {
            Ok(application)
        } else {
            Err(CardFault::WrongType)
        }
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
        let mut application = self.begin()?;
        let outcome = f(&mut application)?;
        application.exclusive.finish(after)?;
        Ok(outcome)
    }
}

/// What is unlocked: a PIN's file, and how its faults are told.
#[derive(Clone, Copy)]
enum Lock {
    Authentication,
    Signature,
    Printed,
}

impl Lock {
    fn file(self) -> FileId {
        match self {
            Self::Authentication => AUTHENTICATION_PIN,
            Self::Signature => SIGNATURE_PIN,
            Self::Printed => PRINTED_NUMBER_FILE,
        }
    }

    fn blocked(self) -> CardFault {
        match self {
            Self::Authentication => CardFault::AuthenticationPinBlocked,
            Self::Signature => CardFault::SignaturePasswordBlocked,
            Self::Printed => CardFault::PrintedNumberBlocked,
        }
    }

    fn wrong(self, left: TriesLeft) -> CardFault {
        match self {
            Self::Authentication | Self::Signature => CardFault::PinWrong { left },
            Self::Printed => CardFault::PrintedNumberWrong { left },
        }
    }
}

/// A citizen's card within one transaction.
struct Application<'t> {
    exclusive: Exclusive<'t>,
}

impl Application<'_> {
    fn exchange(&mut self, command: &Command) -> Result<Response, CardFault> {
        self.exclusive.send(&command.apdus())
    }

    /// Whether the card has this application; it is the current one then, with no PIN verified.
    fn select(&mut self, application: &[u8]) -> Result<bool, CardFault> {
        let answer = self.exchange(&Command::SelectApplication {
            application: application.to_vec(),
        })?;
        Ok(answer.status == StatusWord::Success)
    }

    fn select_file(&mut self, file: FileId) -> Result<(), CardFault> {
        let answer = self.exchange(&Command::SelectFile { file })?;
        match answer.status {
            StatusWord::Success => Ok(()),
            StatusWord::NotFound => Err(CardFault::NoCertificate),
            status => Err(unforeseen("select file", status)),
        }
    }

    /// One BER-TLV file, whole: as long as its first bytes announce, read in pieces.
    fn file(&mut self, file: FileId) -> Result<Vec<u8>, CardFault> {
        self.select_file(file)?;
        let mut content = self.piece(0, HEAD)?;
        if content.is_empty() {
            return Err(CardFault::NoCertificate);
        }
        let whole = tlv::announced(&content)?;
        if whole > LONGEST_FILE {
            return Err(ProtocolFault::Endless.into());
        }
        while content.len() < whole {
            // Both fit, since a file is no longer than fifteen bits can say.
            let offset = u16::try_from(content.len()).map_err(|_| ProtocolFault::Endless)?;
            let length = u16::try_from(whole - content.len()).unwrap_or(PIECE).min(PIECE);
            let piece = self.piece(offset, length)?;
            if piece.is_empty() {
                return Err(tlv::TlvFault::Truncated.into());
            }
            content.extend(piece);
        }
        content.truncate(whole);
        Ok(content)
    }

    fn piece(&mut self, offset: u16, length: u16) -> Result<Vec<u8>, CardFault> {
        let answer = self.exchange(&Command::ReadBinary { offset, length })?;
        match answer.status {
            StatusWord::Success | END_OF_FILE => Ok(answer.data),
            status => Err(unforeseen("read file", status)),
        }
    }

    fn certificate(&mut self, file: FileId) -> Result<Certificate, CardFault> {
        Certificate::parse(&self.file(file)?)
    }

    fn label(&mut self) -> Result<String, CardFault> {
        self.select_file(LABEL)?;
        let label = self.piece(0, LABEL_LENGTH)?;
        let text = String::from_utf8(label).map_err(|_| ProtocolFault::Answer)?;
        Ok(text.trim_end_matches(['\0', ' ']).to_owned())
    }

    /// The certificate by which the card is told from every other without a PIN.
    fn recognise(&mut self, card: &Fingerprint) -> Result<Certificate, CardFault> {
        let certificate = self.certificate(AUTHENTICATION_CERTIFICATE)?;
        if certificate.fingerprint() == *card {
            Ok(certificate)
        } else {
            Err(CardFault::Changed)
        }
    }

    /// Selects the PIN's file, too.
    fn tries_left(&mut self, lock: Lock) -> Result<TriesLeft, CardFault> {
        self.select_file(lock.file())?;
        let answer = self.exchange(&Command::TriesLeft)?;
        Ok(match answer.status {
            StatusWord::TriesLeft(0) | StatusWord::Blocked | StatusWord::ReferenceDataUnusable => TriesLeft::Blocked,
            StatusWord::TriesLeft(left) => TriesLeft::Known(left),
            _ => TriesLeft::Unknown,
        })
    }

    fn verify(&mut self, lock: Lock, secret: CommandSecret, consent: Option<LastTryConsent>) -> Result<(), CardFault> {
        match (self.tries_left(lock)?, consent) {
            (TriesLeft::Blocked, _) => return Err(lock.blocked()),
            (TriesLeft::Known(1), None) => return Err(CardFault::LastTry),
            (TriesLeft::Known(_) | TriesLeft::Unknown, _) => {}
        }
        let answer = self.exchange(&Command::Verify { secret })?;
        match answer.status {
            StatusWord::Success => Ok(()),
            // Cards say the one or the other for blocked.
            StatusWord::TriesLeft(0) | StatusWord::Blocked | StatusWord::ReferenceDataUnusable => Err(lock.blocked()),
            StatusWord::TriesLeft(left) => Err(lock.wrong(TriesLeft::Known(left))),
            StatusWord::Wrong => match self.tries_left(lock)? {
                TriesLeft::Blocked => Err(lock.blocked()),
                left => Err(lock.wrong(left)),
            },
            StatusWord::WrongData | StatusWord::WrongLength => Err(PinFormat::Refused.into()),
            status => Err(unforeseen("verify PIN", status)),
        }
    }

    fn sign(&mut self, key: FileId, certificate: &Certificate, message: &[u8]) -> Result<Signature, CardFault> {
        if certificate.key_kind() != KeyKind::Rsa2048 {
            return Err(CardFault::UnknownKey);
        }
        self.select_file(key)?;
        let digest_info = [SHA256_DIGEST_INFO, digest(&SHA256, message).as_ref()].concat();
        let answer = self.exchange(&Command::Sign { digest_info })?;
        if answer.status != StatusWord::Success {
            return Err(unforeseen("sign", answer.status));
        }
        if !certificate.confirms(message, &answer.data) {
            return Err(ProtocolFault::Signature.into());
        }
        Ok(Signature {
            algorithm: SignatureAlgorithm::RsaPkcs1Sha256,
            bytes: answer.data,
        })
    }
}

fn unforeseen(step: &'static str, status: StatusWord) -> CardFault {
    ProtocolFault::Status { step, status }.into()
}

/// 公的個人認証
pub(crate) const JPKI_APPLICATION: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
/// 券面
pub(crate) const VISUAL_APPLICATION: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02];
/// `F0`, proprietary, then `KAGIMORI` and `01`.
pub(crate) const UNBLOCK_APPLICATION: [u8; 10] = *b"\xF0KAGIMORI\x01";

/// 署名用電子証明書; read after the signature password.
pub(crate) const SIGNATURE_CERTIFICATE: FileId = FileId(0x0001);
/// The certificate of its authority.
pub(crate) const SIGNATURE_AUTHORITY: FileId = FileId(0x0002);
/// The token's label.
pub(crate) const LABEL: FileId = FileId(0x0006);
/// 利用者証明用電子証明書
pub(crate) const AUTHENTICATION_CERTIFICATE: FileId = FileId(0x000A);
/// The certificate of its authority.
pub(crate) const AUTHENTICATION_AUTHORITY: FileId = FileId(0x000B);
/// The authentication key.
pub(crate) const AUTHENTICATION_KEY: FileId = FileId(0x0017);
/// 利用者証明用暗証番号
pub(crate) const AUTHENTICATION_PIN: FileId = FileId(0x0018);
/// The signature key.
pub(crate) const SIGNATURE_KEY: FileId = FileId(0x001A);
/// 署名用暗証番号
pub(crate) const SIGNATURE_PIN: FileId = FileId(0x001B);
/// The face of the card, in the visual application.
pub(crate) const VISUAL_FILE: FileId = FileId(0x0002);
/// 照合番号B, in the visual application.
pub(crate) const PRINTED_NUMBER_FILE: FileId = FileId(0x0012);

/// The signature password, to the unblock application.
pub(crate) const SIGNATURE_REFERENCE: u8 = 0x82;
/// The key that gives the right to set it.
pub(crate) const UNBLOCK_KEY: u8 = 0x92;

/// So many bytes of label, filled with spaces or zeros.
pub(crate) const LABEL_LENGTH: u16 = 32;

/// Enough for any tag and length; no file is shorter.
const HEAD: u16 = 8;
const PIECE: u16 = 256;

/// READ BINARY has fifteen bits of offset.
const LONGEST_FILE: usize = 1 << 15;

/// `6282`: the file ended before Le.
const END_OF_FILE: StatusWord = StatusWord::Other(0x6282);
