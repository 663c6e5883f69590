//! Messages on their way out.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::body::Body;
use super::header::{Header, Nonce, Party, TransactionId, Version};
use super::message::Message;
use super::protection::{MacParameters, Protection, Secret};
use crate::certificate::Certificate;
use crate::encode::Encoder;
use crate::signer::{SignFault, Signer, sign_as};

/// A message that is not protected yet.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// The version to speak.
    pub version: Version,
    /// Who sends.
    pub sender: Party,
    /// To whom.
    pub recipient: Party,
    /// The sender's clock, unix seconds.
    pub time: i64,
    /// The transaction.
    pub transaction: TransactionId,
    /// A fresh one.
    pub sender_nonce: Nonce,
    /// The one that is answered.
    pub recipient_nonce: Option<Nonce>,
    /// Whether implicit confirmation is asked for, or granted.
    pub implicit_confirm: bool,
    /// What it says.
    pub body: &'a Body,
    /// Certificates that help the other end.
    pub certificates: &'a [Certificate],
}

/// What a message is protected with.
#[derive(Clone, Copy)]
pub enum Protector<'a> {
    /// A shared secret.
    Secret {
        /// The secret.
        secret: &'a Secret,
        /// Its reference number, for senderKID.
        reference: &'a [u8],
        /// How the MAC is made; salt fresh.
        parameters: &'a MacParameters,
    },
    /// A key and its certificate, which goes first into extraCerts.
    Signature {
        /// The key.
        signer: &'a dyn Signer,
        /// Its certificate.
        certificate: &'a Certificate,
    },
    /// Nothing: for an error to somebody whose credential is unknown, which he has no reason to believe.
    Nothing,
}

impl Outgoing<'_> {
    /// The DER of the message. A signature is verified before anything is released (THREATS A51).
    pub fn protect(self, with: Protector<'_>) -> Result<Vec<u8>, SignFault> {
        let (protection, key_id) = match with {
            Protector::Secret {
                reference, parameters, ..
            } => (Some(Protection::Mac(parameters.clone())), Some(reference.to_vec())),
            Protector::Signature { certificate, .. } => (
                Some(Protection::Signature(certificate.public_key().algorithm().signature())),
                certificate.subject_key_identifier().map(<[u8]>::to_vec),
            ),
            Protector::Nothing => (None, None),
        };
        let header = Header {
            version: if self.body.needs_version_three() {
                Version::Three
            } else {
                self.version
            },
            sender: self.sender,
            recipient: self.recipient,
            time: Some(self.time),
            protection: protection.map(Ok),
            sender_key_id: key_id,
            recipient_key_id: None,
            transaction: Some(self.transaction),
            sender_nonce: Some(self.sender_nonce),
            recipient_nonce: self.recipient_nonce,
            implicit_confirm: self.implicit_confirm,
        };
        let parts = Encoder::der(|parts| {
            header.encode(parts);
            self.body.encode(parts);
        });
        let protected = Encoder::der(|part| part.sequence(|part| part.raw(&parts)));
        let (bits, first) = match with {
            Protector::Secret { secret, parameters, .. } => (Some(parameters.mac(secret, &protected)), None),
            Protector::Signature { signer, certificate } => (
                Some(sign_as(certificate.public_key(), signer, &protected)?),
                Some(certificate),
            ),
            Protector::Nothing => (None, None),
        };
        let mut certificates: Vec<&Certificate> = first.into_iter().collect();
        certificates.extend(self.certificates.iter().filter(|one| Some(*one) != first));
        let der = Encoder::der(|message| {
            message.sequence(|message| {
                message.raw(&parts);
                if let Some(bits) = bits {
                    message.context(0, |explicit| explicit.bits(&bits));
                }
                if !certificates.is_empty() {
                    message.context(1, |explicit| {
                        explicit.sequence(|list| certificates.iter().for_each(|one| list.raw(one.der())));
                    });
                }
            });
        });
        Message::parse(&der).map_err(|fault| SignFault::Failed(format!("the message cannot be read back: {fault}")))?;
        Ok(der)
    }
}
