//! OCSP: requests read, answers signed by a delegated responder (RFC 6960, 5019, 9654).
//!
//! A live answer costs one signature and little else: what never changes of it is encoded once, when the [`Responder`] is made.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod request;
mod response;

pub use request::{CertId, HashAlgorithm, IssuerId, Nonce, Request, RequestFault};
pub use response::{BasicResponse, NotAcceptable, Response, SingleResponse};

use crate::certificate::{Certificate, NotSignedBy};
use crate::encode::{Encoder, context_constructed, context_primitive};
use crate::extension::{self, Criticality};
use crate::oid;
use crate::reason::ReasonCode;
use crate::serial::Serial;
use crate::signer::{SignFault, Signer, sign_as};

/// What is known of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Issued and not revoked. Never said of a serial that was not issued (THREATS A34).
    Good,
    /// Revoked.
    Revoked {
        /// When, unix seconds.
        at: i64,
        /// Why; `None` is unspecified.
        reason: Option<ReasonCode>,
    },
    /// Not one of ours.
    Unknown,
}

/// The times in an answer, unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When the answer was signed.
    pub produced_at: i64,
    /// When the status was known to be right.
    pub this_update: i64,
    /// Until when it may be relied upon.
    pub next_update: i64,
}

/// Answers without a signature (RFC 6960 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorResponse {
    /// The request cannot be read.
    MalformedRequest,
    /// The responder failed.
    InternalError,
    /// The responder cannot answer just now.
    TryLater,
    /// The responder does not speak for this issuer (RFC 5019 §2.2.3).
    Unauthorized,
}

impl ErrorResponse {
    /// The DER of the OCSPResponse.
    pub fn der(self) -> &'static [u8; 5] {
        match self {
            Self::MalformedRequest => &[0x30, 3, 0x0a, 1, 1],
            Self::InternalError => &[0x30, 3, 0x0a, 1, 2],
            Self::TryLater => &[0x30, 3, 0x0a, 1, 3],
            Self::Unauthorized => &[0x30, 3, 0x0a, 1, 6],
        }
    }
}

/// A delegated responder of one issuer: its certificate, its key, and what never changes in its answers.
pub struct Responder<S> {
    issuer: IssuerId,
    certificate: Certificate,
    signer: S,
    /// ResponderID byKey
    by_key: Vec<u8>,
    /// signatureAlgorithm
    algorithm: Vec<u8>,
    /// certs
    certificates: Vec<u8>,
}

impl<S: Signer> Responder<S> {
    /// Takes up the office: `certificate` must be `issuer`'s delegate (id-kp-OCSPSigning and nocheck, issued directly by it;
    /// RFC 6960 §4.2.2.2), and `signer` must hold its key, which is tried once.
    pub fn new(issuer: &Certificate, certificate: Certificate, signer: S) -> Result<Self, ResponderFault> {
        certificate.verify_signed_by(issuer)?;
        if !certificate.is_ocsp_responder() || !certificate.extensions().has(oid::OCSP_NOCHECK) {
            return Err(ResponderFault::NotDelegated);
        }
        sign_as(
            certificate.public_key(),
            &signer,
            b"Kagimori: the responder's key is tried before it takes office",
        )?;
        let key_id = certificate.public_key().sha1_id();
        Ok(Self {
            issuer: IssuerId::of(issuer),
            by_key: Encoder::der(|id| id.context(2, |by_key| by_key.octets(&key_id))),
            algorithm: Encoder::der(|algorithm| certificate.public_key().algorithm().signature().encode(algorithm)),
            certificates: Encoder::der(|certs| {
                certs.context(0, |certs| certs.sequence(|list| list.raw(certificate.der())));
            }),
            certificate,
            signer,
        })
    }

    /// The responder's certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The issuer for which it speaks.
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// An answer for one certificate and nobody's nonce, to be kept and given to many (RFC 5019). The signature is verified
    /// before it is released, since it will be used until `next_update`.
    pub fn presigned(&self, id: &CertId, status: Status, times: Times) -> Result<Vec<u8>, SignFault> {
        let data = self.response_data(std::iter::once((id, status)), None, times);
        let signature = sign_as(self.certificate.public_key(), &self.signer, &data)?;
        Ok(self.seal(&data, &signature))
    }

    /// An answer to this very request, with its nonce if it has one. `status` is asked for each serial of this issuer; a
    /// certificate of any other issuer is unknown here whatever its serial.
    pub fn answer(
        &self,
        request: &Request,
        times: Times,
        mut status: impl FnMut(&Serial) -> Status,
    ) -> Result<Vec<u8>, SignFault> {
        let statuses = request.ids().iter().map(|id| {
            let status = self
                .issuer
                .serial_of(id)
                .map_or(Status::Unknown, |serial| status(&serial));
            (id, status)
        });
        let data = self.response_data(statuses, request.nonce(), times);
        let signature = self.signer.sign(&data)?;
        Ok(self.seal(&data, &signature))
    }

    fn response_data<'a>(
        &self,
        statuses: impl Iterator<Item = (&'a CertId, Status)>,
        nonce: Option<&Nonce>,
        times: Times,
    ) -> Vec<u8> {
        let mut encoder = Encoder::with_capacity(512);
        encoder.sequence(|data| {
            data.raw(&self.by_key);
            data.generalized_time(times.produced_at);
            data.sequence(|responses| statuses.for_each(|(id, status)| encode_single(responses, id, status, times)));
            if let Some(nonce) = nonce {
                data.context(1, |explicit| {
                    explicit.sequence(|extensions| {
                        extension::put(extensions, oid::OCSP_NONCE, Criticality::Plain, |value| {
                            value.octets(nonce.as_bytes());
                        });
                    });
                });
            }
        });
        encoder.finish()
    }

    fn seal(&self, data: &[u8], signature: &[u8]) -> Vec<u8> {
        let parts = data.len() + self.algorithm.len() + signature.len() + self.certificates.len();
        let mut encoder = Encoder::with_capacity(parts + 64);
        encoder.sequence(|response| {
            response.enumerated(0);
            response.context(0, |explicit| {
                explicit.sequence(|bytes| {
                    bytes.oid(oid::OCSP_BASIC);
                    bytes.octets_of(|basic| {
                        basic.sequence(|basic| {
                            basic.raw(data);
                            basic.raw(&self.algorithm);
                            basic.bits(signature);
                            basic.raw(&self.certificates);
                        });
                    });
                });
            });
        });
        encoder.finish()
    }
}

impl<S> std::fmt::Debug for Responder<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Responder").field(&self.certificate).finish()
    }
}

/// A certificate and a key do not make a responder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponderFault {
    /// The issuer did not sign the responder's certificate.
    #[error("the responder's certificate is not the issuer's: {0}")]
    Issuer(#[from] NotSignedBy),
    /// The certificate lacks id-kp-OCSPSigning or id-pkix-ocsp-nocheck.
    #[error("the certificate is not one of a delegated responder")]
    NotDelegated,
    /// The signer failed, or holds another key.
    #[error(transparent)]
    Signer(#[from] SignFault),
}

fn encode_single(responses: &mut Encoder, id: &CertId, status: Status, times: Times) {
    responses.sequence(|single| {
        single.raw(id.der());
        match status {
            Status::Good => single.primitive(context_primitive(0), &[]),
            Status::Revoked { at, reason } => single.constructed(context_constructed(1), |revoked| {
                revoked.generalized_time(at);
                if let Some(reason) = reason {
                    revoked.context(0, |explicit| explicit.enumerated(reason.code()));
                }
            }),
            Status::Unknown => single.primitive(context_primitive(2), &[]),
        }
        single.generalized_time(times.this_update);
        single.context(0, |explicit| explicit.generalized_time(times.next_update));
    });
}
