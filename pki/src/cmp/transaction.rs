//! What must match what between the messages of one transaction (RFC 9483 §3.5, §4.1). Nothing here reads a clock or keeps
//! anything: time, and whether an identifier was seen before, are facts of whoever does.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::body::{Body, CertificateStatus};
use super::failure::Disposition;
use super::fault::CmpFault;
use super::header::{Header, Nonce, Party, TransactionId, Version};
use super::message::{Authentic, By};
use super::outgoing::Outgoing;
use crate::certificate::Certificate;
use crate::name::DistinguishedName;

/// Whether the identifier of a transaction was met before: a fact of whoever keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never.
    New,
    /// It was; this is a replay, or two clients that drew the same number.
    Before,
}

/// A first message that may be answered.
#[derive(Clone, Debug)]
pub struct Opened {
    version: Version,
    sender: Party,
    transaction: TransactionId,
    nonce: Nonce,
    by: By,
    implicit_confirm: bool,
}

impl Opened {
    /// Checks what must hold for a first message: an identifier that was never used, a nonce, none to repeat, a clock that is
    /// not more than `tolerance` seconds from `now` where it says one.
    pub fn by(message: &Authentic, seen: Seen, now: i64, tolerance: i64) -> Result<Self, CmpFault> {
        let header = message.header();
        let transaction = header.transaction.clone().ok_or(CmpFault::TransactionId)?;
        if seen == Seen::Before {
            return Err(CmpFault::TransactionIdInUse);
        }
        let nonce = header.sender_nonce.clone().ok_or(CmpFault::SenderNonce)?;
        if header.recipient_nonce.is_some() {
            return Err(CmpFault::RecipientNonce);
        }
        check_time(header, now, tolerance)?;
        Ok(Self {
            version: header.version,
            sender: header.sender.clone(),
            transaction,
            nonce,
            by: message.by().clone(),
            implicit_confirm: header.implicit_confirm,
        })
    }

    /// The transaction.
    pub fn transaction(&self) -> &TransactionId {
        &self.transaction
    }

    /// Who asks.
    pub fn asker(&self) -> &By {
        &self.by
    }

    /// Whether he asks to be spared the confirmation. Granting it is the authority's choice.
    pub fn asks_implicit_confirm(&self) -> bool {
        self.implicit_confirm
    }

    /// The answer, still to be protected: `nonce` is fresh.
    pub fn answer<'a>(
        &self,
        body: &'a Body,
        from: &DistinguishedName,
        nonce: Nonce,
        now: i64,
        grant_implicit_confirm: bool,
        certificates: &'a [Certificate],
    ) -> Outgoing<'a> {
        Outgoing {
            version: self.version,
            sender: Party::of(from),
            recipient: self.sender.clone(),
            time: now,
            transaction: self.transaction.clone(),
            sender_nonce: nonce,
            recipient_nonce: Some(self.nonce.clone()),
            implicit_confirm: grant_implicit_confirm && self.implicit_confirm,
            body,
            certificates,
        }
    }

    /// What has to be kept until the confirmation comes: `nonce` is the one of the answer.
    pub fn awaiting(&self, nonce: Nonce, request: i32, certificate: Certificate) -> Awaiting {
        Awaiting {
            transaction: self.transaction.clone(),
            nonce,
            asked_with: self.nonce.clone(),
            by: self.by.clone(),
            request,
            certificate,
        }
    }
}

/// A certificate that was handed out and not confirmed yet: plain data, so that it can be kept and taken up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaiting {
    /// The transaction.
    pub transaction: TransactionId,
    /// The nonce of our answer, which the confirmation repeats.
    pub nonce: Nonce,
    /// The nonce of the request, which the confirmation must not repeat.
    pub asked_with: Nonce,
    /// Who asked: nobody else confirms.
    pub by: By,
    /// certReqId
    pub request: i32,
    /// The certificate.
    pub certificate: Certificate,
}

/// What the holder says of his certificate.
#[derive(Clone, Debug)]
pub enum Confirmation {
    /// He takes it.
    Taken(Opened),
    /// He does not; it has to be revoked.
    Refused(Opened, Option<Disposition>),
}

impl Awaiting {
    /// Checks a certConf: of this transaction, by who asked, with both nonces right, about this certificate. The result
    /// answers with pkiconf in either case.
    pub fn confirm(&self, message: &Authentic, now: i64, tolerance: i64) -> Result<Confirmation, CmpFault> {
        let header = message.header();
        if header.transaction.as_ref() != Some(&self.transaction) {
            return Err(CmpFault::NoSuchTransaction);
        }
        if message.by() != &self.by {
            return Err(CmpFault::OtherProtection);
        }
        if header.recipient_nonce.as_ref() != Some(&self.nonce) {
            return Err(CmpFault::RecipientNonce);
        }
        let nonce = header.sender_nonce.clone().ok_or(CmpFault::SenderNonce)?;
        if nonce == self.asked_with || nonce == self.nonce {
            return Err(CmpFault::SenderNonce);
        }
        check_time(header, now, tolerance)?;
        let opened = Opened {
            version: header.version,
            sender: header.sender.clone(),
            transaction: self.transaction.clone(),
            nonce,
            by: self.by.clone(),
            implicit_confirm: false,
        };
        match message.body()? {
            Body::Confirm(None) => Ok(Confirmation::Refused(opened, None)),
            Body::Confirm(Some(status)) => self.judge(opened, status, header.version),
            Body::Error(error) => Ok(Confirmation::Refused(opened, Some(error.status))),
            _ => Err(CmpFault::Body),
        }
    }

    fn judge(&self, opened: Opened, status: CertificateStatus, version: Version) -> Result<Confirmation, CmpFault> {
        // RFC 9480 §2.10: who says a hash says version 3.
        if status.digest.is_some() && version != Version::Three {
            return Err(CmpFault::Version);
        }
        if status.id != self.request || !status.is_of(&self.certificate) {
            return Err(CmpFault::CertificateHash);
        }
        Ok(if status.is_taken() {
            Confirmation::Taken(opened)
        } else {
            Confirmation::Refused(opened, status.status)
        })
    }
}

/// A message that was sent and waits for its answer: the client's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The transaction.
    pub transaction: TransactionId,
    /// The nonce that was sent.
    pub nonce: Nonce,
}

impl Asked {
    /// Checks that an answer belongs to the question, and gives the nonce that the next message repeats.
    pub fn answered(&self, message: &Authentic) -> Result<Nonce, CmpFault> {
        let header = message.header();
        if header.transaction.as_ref() != Some(&self.transaction) {
            return Err(CmpFault::NoSuchTransaction);
        }
        if header.recipient_nonce.as_ref() != Some(&self.nonce) {
            return Err(CmpFault::RecipientNonce);
        }
        match &header.sender_nonce {
            Some(nonce) if *nonce != self.nonce => Ok(nonce.clone()),
            _ => Err(CmpFault::SenderNonce),
        }
    }
}

fn check_time(header: &Header, now: i64, tolerance: i64) -> Result<(), CmpFault> {
    match header.time {
        Some(time) if (time - now).abs() > tolerance => Err(CmpFault::Time),
        _ => Ok(()),
    }
}
