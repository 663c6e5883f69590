//! The certificate management protocol (CMP, RFC 9810 for RFC 4210 and 9480; algorithms of RFC 9481, the shape of messages of
//! RFC 9483): messages read and verified, what must match what in a transaction, and answers written.
//!
//! The way of a message: [`Message::parse`] reads its frame and header, [`Message::verify_secret`] or
//! [`Message::verify_signature`] makes an [`Authentic`] of it, and only that opens its body. [`Opened`] and [`Awaiting`] hold
//! what the answers, and the confirmation, must agree with. [`Outgoing`] writes. Nothing here decides about a certificate.
//!
//! Spoken: ir, cr, kur and p10cr with one request each, rr with one certificate, certConf, their answers, and error. Not:
//! polling, nested and general messages, cross certification, key recovery, keys made by the CA, proof of possession by
//! encryption, `raVerified`, and anything with SHA-1 (OpenSSL's command wants `-mac hmacWithSHA256` for it).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod body;
mod failure;
mod fault;
mod header;
mod message;
mod outgoing;
mod protection;
mod request;
mod transaction;

pub use body::{Asks, Body, CertificateStatus, ErrorContent, Granted};
pub use failure::{Disposition, Failure, Status};
pub use fault::CmpFault;
pub use header::{Header, Nonce, Party, TransactionId, Version};
pub use message::{Authentic, By, Message};
pub use outgoing::{Outgoing, Protector};
pub use protection::{MacParameters, Protection, Secret};
pub use request::{Request, Revocation};
pub use transaction::{Asked, Awaiting, Confirmation, Opened, Seen};

/// The media type of every message over HTTP (RFC 6712 §3.4).
pub const MEDIA_TYPE: &str = "application/pkixcmp";

/// A request with an RSA-4096 key and the signer's chain takes some 10 kB.
pub const MOST_OCTETS: usize = 64 * 1024;
