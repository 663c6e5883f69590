//! PKIStatusInfo: what became of a request, and what was wrong with it (RFC 9810 §5.2.3).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use crate::decode::{Decoder, Malformed};
use crate::encode::{BIT_STRING, Encoder, SEQUENCE, UTF8_STRING};

/// PKIStatus
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// You got exactly what you asked for.
    Accepted,
    /// You got something like what you asked for.
    GrantedWithMods,
    /// You do not get it.
    Rejection,
    /// It was not decided yet.
    Waiting,
    /// A revocation is imminent.
    RevocationWarning,
    /// A revocation has happened.
    RevocationNotification,
    /// The key is updated already.
    KeyUpdateWarning,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Accepted,
        Self::GrantedWithMods,
        Self::Rejection,
        Self::Waiting,
        Self::RevocationWarning,
        Self::RevocationNotification,
        Self::KeyUpdateWarning,
    ];

    /// Whether it was granted.
    pub fn is_granted(self) -> bool {
        matches!(self, Self::Accepted | Self::GrantedWithMods)
    }

    fn code(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::GrantedWithMods => 1,
            Self::Rejection => 2,
            Self::Waiting => 3,
            Self::RevocationWarning => 4,
            Self::RevocationNotification => 5,
            Self::KeyUpdateWarning => 6,
        }
    }
}

/// A bit of PKIFailureInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are those of RFC 9810 §5.2.3, which explains them")]
pub enum Failure {
    BadAlg = 0,
    BadMessageCheck = 1,
    BadRequest = 2,
    BadTime = 3,
    BadCertId = 4,
    BadDataFormat = 5,
    WrongAuthority = 6,
    IncorrectData = 7,
    MissingTimeStamp = 8,
    BadPop = 9,
    CertRevoked = 10,
    CertConfirmed = 11,
    WrongIntegrity = 12,
    BadRecipientNonce = 13,
    TimeNotAvailable = 14,
    UnacceptedPolicy = 15,
    UnacceptedExtension = 16,
    AddInfoNotAvailable = 17,
    BadSenderNonce = 18,
    BadCertTemplate = 19,
    SignerNotTrusted = 20,
    TransactionIdInUse = 21,
    UnsupportedVersion = 22,
    NotAuthorized = 23,
    SystemUnavail = 24,
    SystemFailure = 25,
    DuplicateCertReq = 26,
}

impl Failure {
    /// Every bit, in their order.
    pub const ALL: [Self; 27] = [
        Self::BadAlg,
        Self::BadMessageCheck,
        Self::BadRequest,
        Self::BadTime,
        Self::BadCertId,
        Self::BadDataFormat,
        Self::WrongAuthority,
        Self::IncorrectData,
        Self::MissingTimeStamp,
        Self::BadPop,
        Self::CertRevoked,
        Self::CertConfirmed,
        Self::WrongIntegrity,
        Self::BadRecipientNonce,
        Self::TimeNotAvailable,
        Self::UnacceptedPolicy,
        Self::UnacceptedExtension,
        Self::AddInfoNotAvailable,
        Self::BadSenderNonce,
        Self::BadCertTemplate,
        Self::SignerNotTrusted,
        Self::TransactionIdInUse,
        Self::UnsupportedVersion,
        Self::NotAuthorized,
        Self::SystemUnavail,
        Self::SystemFailure,
        Self::DuplicateCertReq,
    ];
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// In one word.
    pub status: Status,
    /// For people.
    pub text: Vec<String>,
    /// What was wrong.
    pub failures: Vec<Failure>,
}

impl Disposition {
    /// All is well.
    pub fn accepted() -> Self {
        Self {
            status: Status::Accepted,
            text: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// A refusal with its reason, for programs and for people.
    pub fn rejected(failure: Failure, text: &str) -> Self {
        Self {
            status: Status::Rejection,
            text: vec![text.to_owned()],
            failures: vec![failure],
        }
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|info| {
            info.unsigned(&[self.status.code()]);
            if !self.text.is_empty() {
                info.sequence(|texts| self.text.iter().for_each(|text| texts.utf8(text)));
            }
            if !self.failures.is_empty() {
                info.primitive(BIT_STRING, &bits(&self.failures));
            }
        });
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let what = "CMP status";
        let mut fields = decoder.sequence(what)?;
        let code = fields.small(what)?;
        let status = Status::ALL
            .into_iter()
            .find(|status| u32::from(status.code()) == code)
            .ok_or(Malformed(what))?;
        let mut text = Vec::new();
        if let Some(texts) = fields.optional(SEQUENCE, what)? {
            let mut texts = texts.content();
            while !texts.is_empty() {
                let octets = texts.tagged(UTF8_STRING, what)?.value;
                if text.len() == MOST_TEXTS {
                    return Err(Malformed(what));
                }
                text.push(std::str::from_utf8(octets).map_err(|_| Malformed(what))?.to_owned());
            }
        }
        let failures = match fields.optional(BIT_STRING, what)? {
            Some(bits) => read_bits(bits.value).ok_or(Malformed(what))?,
            None => Vec::new(),
        };
        fields.finish(what)?;
        Ok(Self { status, text, failures })
    }
}

/// The value of a BIT STRING with these bits, without trailing zeros.
fn bits(failures: &[Failure]) -> Vec<u8> {
    let set = failures
        .iter()
        .fold(0_u32, |set, failure| set | 1 << 31 >> (*failure as u8));
    let octets = set.to_be_bytes();
    let used = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    let unused = u8::try_from(set.trailing_zeros() % 8).unwrap_or_default();
    [&[unused], octets.get(..used).unwrap_or_default()].concat()
}

/// Bits that have no name yet are passed over: they say that something is wrong, which the status says too.
fn read_bits(value: &[u8]) -> Option<Vec<Failure>> {
    let (unused, octets) = value.split_first()?;
    if octets.len() > 8 || *unused > 7 || octets.is_empty() && *unused != 0 {
        return None;
    }
    let is_set = |failure: &Failure| {
        let place = *failure as u8;
        octets
            .get(usize::from(place / 8))
            .is_some_and(|octet| octet & (0x80 >> (place % 8)) != 0)
    };
    Some(Failure::ALL.into_iter().filter(is_set).collect())
}

const MOST_TEXTS: usize = 16;
