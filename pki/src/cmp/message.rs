//! PKIMessage (RFC 9810 §5.1): its frame, and the proof of who sent it.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::MOST_OCTETS;
use super::body::Body;
use super::fault::CmpFault;
use super::header::Header;
use super::protection::{Protection, Secret};
use crate::certificate::Certificate;
use crate::decode::{Decoder, Malformed, only};
use crate::encode::{Encoder, SEQUENCE};

/// A message of which nothing is believed yet: its header is read, its body is not.
#[derive(Clone, Debug)]
pub struct Message {
    header: Header,
    /// ProtectedPart: header and body as they stood, in a SEQUENCE.
    protected: Vec<u8>,
    body: Vec<u8>,
    protection: Option<Vec<u8>>,
    certificates: Vec<Certificate>,
}

impl Message {
    /// Reads frame and header. A fault here has no transaction to answer in.
    pub fn parse(der: &[u8]) -> Result<Self, CmpFault> {
        let what = "CMP message";
        if der.len() > MOST_OCTETS {
            return Err(CmpFault::TooLarge);
        }
        let mut fields = only(der, SEQUENCE, what)?.content();
        let header = fields.tagged(SEQUENCE, what)?;
        let body = fields.any(what)?;
        let protection = match fields.context(0, what)? {
            Some(mut explicit) => {
                let bits = explicit.bits(what)?;
                explicit.finish(what)?;
                Some(bits.to_vec())
            }
            None => None,
        };
        let mut certificates = Vec::new();
        if let Some(mut explicit) = fields.context(1, what)? {
            let mut list = explicit.sequence(what)?;
            explicit.finish(what)?;
            let mut count = 0;
            while !list.is_empty() {
                count += 1;
                if count > MOST_CERTIFICATES {
                    return Err(Malformed("too many certificates in a CMP message").into());
                }
                // Any kind may stand there; what cannot be read cannot be the signer's either.
                certificates.extend(Certificate::parse(list.tagged(SEQUENCE, what)?.whole));
            }
        }
        fields.finish(what)?;
        Ok(Self {
            header: Header::decode(header)?,
            protected: Encoder::der(|part| {
                part.sequence(|part| {
                    part.raw(header.whole);
                    part.raw(body.whole);
                });
            }),
            body: body.whole.to_vec(),
            protection,
            certificates,
        })
    }

    /// The header, as its sender claims it.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// extraCerts, as far as they can be read: the signer's first (RFC 9483 §3.3). Nothing protects them.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// How the message is protected.
    pub fn protection(&self) -> Result<&Protection, CmpFault> {
        match (&self.header.protection, &self.protection) {
            (Some(Ok(protection)), Some(_)) => Ok(protection),
            (Some(Err(fault)), _) => Err(fault.clone()),
            _ => Err(CmpFault::NoProtection),
        }
    }

    /// Believes the message if its MAC is made with this secret, which is the one that senderKID names.
    pub fn verify_secret(self, secret: &Secret) -> Result<Authentic, CmpFault> {
        let Protection::Mac(parameters) = self.protection()? else {
            return Err(CmpFault::OtherProtection);
        };
        let mac = self.protection.as_deref().ok_or(CmpFault::NoProtection)?;
        parameters.verify(secret, &self.protected, mac)?;
        let reference = self.header.sender_key_id.clone().unwrap_or_default();
        Ok(Authentic {
            by: By::Secret { reference },
            message: self,
        })
    }

    /// Believes the message if this certificate's key signed it, and the sender bears its name. Whether the certificate is
    /// valid is another question ([`crate::validation`]).
    pub fn verify_signature(self, signer: &Certificate) -> Result<Authentic, CmpFault> {
        let Protection::Signature(algorithm) = self.protection()? else {
            return Err(CmpFault::OtherProtection);
        };
        let signature = self.protection.as_deref().ok_or(CmpFault::NoProtection)?;
        signer.public_key().verify(*algorithm, &self.protected, signature)?;
        // RFC 9810 §5.1.1: the sender is the subject of the protecting certificate.
        let is_named = self
            .header
            .sender
            .name()
            .is_some_and(|name| name.matches(signer.subject()));
        let key_id = signer.subject_key_identifier();
        let is_meant = match (&self.header.sender_key_id, key_id) {
            (Some(meant), Some(id)) => meant == id,
            _ => true,
        };
        if !is_named || !is_meant {
            return Err(CmpFault::OtherProtection);
        }
        Ok(Authentic {
            by: By::Signature {
                certificate: signer.clone(),
            },
            message: self,
        })
    }
}

/// Who vouches for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever knows the secret of this reference number.
    Secret {
        /// senderKID
        reference: Vec<u8>,
    },
    /// The holder of this certificate's key.
    Signature {
        /// Of the signer.
        certificate: Certificate,
    },
}

/// A message whose protection was verified: there is no other way to have one.
#[derive(Clone, Debug)]
pub struct Authentic {
    message: Message,
    by: By,
}

impl Authentic {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.message.header
    }

    /// extraCerts, which the protection does not cover.
    pub fn certificates(&self) -> &[Certificate] {
        &self.message.certificates
    }

    /// Who vouches for it.
    pub fn by(&self) -> &By {
        &self.by
    }

    /// What the message says. Proofs of possession in it are verified by reading it.
    pub fn body(&self) -> Result<Body, CmpFault> {
        let what = "body of a CMP message";
        let mut decoder = Decoder::new(&self.message.body);
        let element = decoder.any(what)?;
        decoder.finish(what)?;
        Body::decode(element)
    }
}

const MOST_CERTIFICATES: usize = 16;
