//! Why a message is refused, and which bit of PKIFailureInfo says so.

use super::failure::{Disposition, Failure};
use crate::certificate::CertificateFault;
use crate::csr::{NotAdmitted, RequestFault};
use crate::decode::Malformed;
use crate::key::{BadSignature, KeyFault};

/// A message was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmpFault {
    /// Larger than any message has reason to be; it was not looked at.
    #[error("the message is larger than {} octets", super::MOST_OCTETS)]
    TooLarge,
    /// Not DER, or not a message.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A version other than 2 and 3.
    #[error("only versions 2 and 3 of the protocol are spoken")]
    Version,
    /// A kind of message that is not spoken here, or that has no place at this point.
    #[error("this kind of message is not expected here")]
    Body,
    /// Several requests in one message.
    #[error("one message carries one request")]
    NotOneRequest,
    /// Nobody vouches for the message.
    #[error("the message has no protection")]
    NoProtection,
    /// Protected by a signature where a shared secret is expected, or the other way round, or by someone else than before.
    #[error("the message is protected in another way than is expected here")]
    OtherProtection,
    /// The protection's algorithm is none of ours.
    #[error("the algorithm of the protection is not accepted; use SHA-256 or better, also for the MAC")]
    Algorithm,
    /// So few rounds that the secret can be guessed, or so many that they are an attack.
    #[error("the number of iterations of the protection is not accepted")]
    Iterations,
    /// The MAC is not of this message and secret.
    #[error("the message does not agree with its MAC")]
    Mac,
    /// The signature is not of this message and key.
    #[error("the message does not agree with its signature")]
    Signature(#[from] BadSignature),
    /// No transaction identifier, or one that is too short or too long.
    #[error("the transaction identifier must have 16 to 64 octets")]
    TransactionId,
    /// A first message with the identifier of a transaction that was opened before (replay).
    #[error("the transaction identifier was used before")]
    TransactionIdInUse,
    /// Another transaction than the one that waits.
    #[error("no transaction with this identifier waits for such a message")]
    NoSuchTransaction,
    /// The sender's nonce is missing, too short, or the same as before.
    #[error("the sender's nonce must be fresh and have 16 to 64 octets")]
    SenderNonce,
    /// The recipient's nonce is not the one that was sent, or stands where there is none to repeat.
    #[error("the recipient's nonce is not the one that was sent")]
    RecipientNonce,
    /// The sender's clock is too far from ours.
    #[error("the time of the message is too far from ours")]
    Time,
    /// The template has no key.
    #[error("the certificate template has no public key")]
    NoKey,
    /// The template has no subject, without which its proof of possession proves nothing (RFC 4211 §4.1).
    #[error("the certificate template has no subject")]
    NoSubject,
    /// The key must not be certified.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The holder does not show that he has the private key (THREATS A33).
    #[error("no proof of possession by a signature of the key")]
    Possession,
    /// A PKCS #10 request inside is refused.
    #[error(transparent)]
    Request(#[from] RequestFault),
    /// The door does not let the request in.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
    /// A certificate inside cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    /// What is confirmed is not the certificate that was granted.
    #[error("the hash is not that of the certificate that was granted")]
    CertificateHash,
    /// A confirmation that says the opposite of the one before.
    #[error("the certificate was confirmed or refused before")]
    Settled,
}

impl CmpFault {
    /// The bit that says it to a program.
    pub fn failure(&self) -> Failure {
        match self {
            Self::TooLarge | Self::Malformed(_) | Self::Certificate(_) => Failure::BadDataFormat,
            Self::Version => Failure::UnsupportedVersion,
            Self::Body | Self::NotOneRequest | Self::NoSuchTransaction | Self::TransactionId => Failure::BadRequest,
            Self::NoProtection | Self::Mac | Self::Signature(_) => Failure::BadMessageCheck,
            Self::OtherProtection => Failure::WrongIntegrity,
            Self::Algorithm | Self::Iterations => Failure::BadAlg,
            Self::TransactionIdInUse => Failure::TransactionIdInUse,
            Self::SenderNonce => Failure::BadSenderNonce,
            Self::RecipientNonce => Failure::BadRecipientNonce,
            Self::Time => Failure::BadTime,
            Self::NoKey | Self::NoSubject | Self::Key(_) => Failure::BadCertTemplate,
            Self::Possession => Failure::BadPop,
            Self::Request(fault) => match fault {
                RequestFault::TooLarge
                | RequestFault::Malformed(_)
                | RequestFault::NotPem(_)
                | RequestFault::NotBase64 => Failure::BadDataFormat,
                RequestFault::Key(_) => Failure::BadCertTemplate,
                RequestFault::Possession(_) => Failure::BadPop,
            },
            Self::NotAdmitted(fault) => match fault {
                NotAdmitted::Algorithm(_) => Failure::BadAlg,
                NotAdmitted::Authority | NotAdmitted::AlternativeNames => Failure::UnacceptedExtension,
                NotAdmitted::Subject => Failure::BadCertTemplate,
                NotAdmitted::KeyAgain => Failure::DuplicateCertReq,
                NotAdmitted::KeyOfAnother | NotAdmitted::KeyCompromised => Failure::NotAuthorized,
            },
            Self::CertificateHash => Failure::BadCertId,
            Self::Settled => Failure::CertConfirmed,
        }
    }

    /// As an answer says it.
    pub fn status(&self) -> Disposition {
        Disposition::rejected(self.failure(), &self.to_string())
    }
}
