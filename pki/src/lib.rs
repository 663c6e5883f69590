//! Certificates, CRLs, OCSP, CMS and CMP: bytes in, bytes out.
//!
//! This crate encodes and checks. It reads no clock and draws no randomness but what a signature or a new key needs inside
//! the cryptographic library; time is unix seconds in `i64`, everywhere. It has one seam: [`Signer`], a private key, in memory
//! ([`key`]) or in an HSM ([`hsm`], which alone waits for something outside).
//!
//! What is issued goes through types that cannot be passed by: [`tbs::Tbs`] → [`tbs::Linted`] → signed by value.
#![forbid(unsafe_code)]

pub mod algorithm;
pub mod certificate;
pub mod cmp;
pub mod cms;
pub mod crl;
pub mod csr;
mod decode;
mod encode;
mod extension;
mod general_name;
pub mod hsm;
pub mod key;
pub mod lint;
pub mod name;
pub mod ocsp;
mod oid;
pub mod pem;
pub mod pkcs12;
pub mod profile;
pub mod reason;
pub mod serial;
mod signer;
pub mod tbs;
mod time;
pub mod validation;
mod weak_key;

pub use decode::Malformed;
pub use der::asn1::ObjectIdentifier;
pub use extension::KeyUsage;
pub use signer::{SignFault, Signer};
