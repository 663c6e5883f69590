//! OCSP answers, read and checked as a relying party does.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::{CertId, ErrorResponse, IssuerId, Nonce, Status};
use crate::algorithm::SignatureAlgorithm;
use crate::certificate::Certificate;
use crate::decode::{Decoder, Malformed, only};
use crate::encode::{OCTET_STRING, SEQUENCE, context_constructed, context_primitive};
use crate::extension;
use crate::key::PublicKey;
use crate::oid;
use crate::reason::ReasonCode;
use crate::serial::Serial;

/// An answer.
#[derive(Clone, Debug)]
pub enum Response {
    /// An unsigned "no".
    Error(ErrorResponse),
    /// A signed answer, not verified by having been read: see [`BasicResponse::status_of`].
    Basic(Box<BasicResponse>),
}

/// A signed answer.
#[derive(Clone, Debug)]
pub struct BasicResponse {
    data: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    responder: ResponderId,
    produced_at: i64,
    singles: Vec<SingleResponse>,
    nonce: Option<Nonce>,
    certificates: Vec<Certificate>,
}

/// What an answer says of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleResponse {
    /// Which certificate.
    pub id: CertId,
    /// What is known of it.
    pub status: Status,
    /// When that was known to be right, unix seconds.
    pub this_update: i64,
    /// Until when it may be relied upon, unix seconds.
    pub next_update: Option<i64>,
    /// Whether "revoked" means suspended (certificateHold), which may end.
    pub held: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ResponderId {
    ByName(Vec<u8>),
    ByKey(Vec<u8>),
}

impl Response {
    /// Reads the DER of an OCSPResponse.
    pub fn parse(der: &[u8]) -> Result<Self, Malformed> {
        let what = "OCSP response";
        let mut outer = only(der, SEQUENCE, what)?.content();
        let error = match outer.enumerated(what)? {
            0 => None,
            1 => Some(ErrorResponse::MalformedRequest),
            2 => Some(ErrorResponse::InternalError),
            3 => Some(ErrorResponse::TryLater),
            6 => Some(ErrorResponse::Unauthorized),
            _ => return Err(Malformed("status of an OCSP response")),
        };
        let bytes = outer.context(0, what)?;
        outer.finish(what)?;
        match (error, bytes) {
            (Some(error), None) => Ok(Self::Error(error)),
            (None, Some(mut explicit)) => {
                let mut fields = explicit.sequence(what)?;
                explicit.finish(what)?;
                if fields.oid(what)? != oid::OCSP_BASIC {
                    return Err(Malformed("type of an OCSP response"));
                }
                let basic = fields.octets(what)?;
                fields.finish(what)?;
                BasicResponse::parse(basic).map(Box::new).map(Self::Basic)
            }
            _ => Err(Malformed(what)),
        }
    }
}

impl BasicResponse {
    /// When it was signed, unix seconds.
    pub fn produced_at(&self) -> i64 {
        self.produced_at
    }

    /// The nonce it repeats.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// What it says of each certificate; unverified.
    pub fn singles(&self) -> &[SingleResponse] {
        &self.singles
    }

    /// What it says of one certificate of `issuer` at a moment, after its signature was verified: by the issuer itself, or by
    /// a delegate that the issuer signed, with id-kp-OCSPSigning and nocheck, valid at that moment (RFC 6960 §3.2, 4.2.2.2;
    /// THREATS P10).
    pub fn status_of(&self, serial: &Serial, issuer: &Certificate, at: i64) -> Result<Status, NotAcceptable> {
        let key = self.signing_key(issuer, at)?;
        key.verify(self.algorithm, &self.data, &self.signature)
            .map_err(|_| NotAcceptable::Signature)?;
        let issuer = IssuerId::of(issuer);
        let single = self
            .singles
            .iter()
            .find(|single| issuer.serial_of(&single.id) == Some(*serial))
            .ok_or(NotAcceptable::Silent)?;
        if at < single.this_update || single.next_update.is_some_and(|until| at > until) {
            return Err(NotAcceptable::Stale);
        }
        Ok(single.status)
    }

    /// Whether it says to be this one's answer. That is a claim until the signature shows it.
    pub(crate) fn names(&self, responder: &Certificate) -> bool {
        match &self.responder {
            ResponderId::ByName(name) => responder.subject().der() == name,
            ResponderId::ByKey(id) => responder.public_key().sha1_id() == id.as_slice(),
        }
    }

    pub(crate) fn is_signed_with(&self, key: &PublicKey) -> bool {
        key.verify(self.algorithm, &self.data, &self.signature).is_ok()
    }

    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    fn signing_key(&self, issuer: &Certificate, at: i64) -> Result<PublicKey, NotAcceptable> {
        if self.names(issuer) {
            return Ok(issuer.public_key().clone());
        }
        let delegate = self
            .certificates
            .iter()
            .find(|certificate| self.names(certificate))
            .ok_or(NotAcceptable::Responder)?;
        let may_answer = delegate.verify_signed_by(issuer).is_ok()
            && delegate.is_ocsp_responder()
            && delegate.extensions().has(oid::OCSP_NOCHECK)
            && delegate.is_valid_at(at);
        if may_answer {
            Ok(delegate.public_key().clone())
        } else {
            Err(NotAcceptable::Responder)
        }
    }

    fn parse(der: &[u8]) -> Result<Self, Malformed> {
        let what = "basic OCSP response";
        let mut outer = only(der, SEQUENCE, what)?.content();
        let data = outer.tagged(SEQUENCE, what)?;
        let algorithm = SignatureAlgorithm::decode(&mut outer)?;
        let signature = outer.bits(what)?;
        let mut certificates = Vec::new();
        if let Some(mut explicit) = outer.context(0, what)? {
            let mut list = explicit.sequence(what)?;
            explicit.finish(what)?;
            while !list.is_empty() {
                let der = list.tagged(SEQUENCE, what)?.whole;
                certificates.push(Certificate::parse(der).map_err(|_| Malformed("certificate in an OCSP response"))?);
            }
        }
        outer.finish(what)?;

        let mut fields = data.content();
        if let Some(mut version) = fields.context(0, what)?
            && version.small(what)? != 0
        {
            return Err(Malformed(what));
        }
        let responder = responder_id(&mut fields)?;
        let produced_at = fields.generalized_time(what)?;
        let mut list = fields.sequence(what)?;
        let mut singles = vec![single_response(&mut list)?];
        while !list.is_empty() {
            singles.push(single_response(&mut list)?);
        }
        let mut nonce = None;
        if let Some(mut explicit) = fields.context(1, what)? {
            for extension in extension::split(&mut explicit, what)? {
                if extension.kind == oid::OCSP_NONCE {
                    let octets = only(extension.value, OCTET_STRING, "nonce")?.value;
                    nonce = Some(Nonce::new(octets).map_err(|_| Malformed("nonce"))?);
                } else if extension.critical {
                    return Err(Malformed("critical extension of an OCSP response"));
                }
            }
        }
        fields.finish(what)?;
        Ok(Self {
            data: data.whole.to_vec(),
            algorithm,
            signature: signature.to_vec(),
            responder,
            produced_at,
            singles,
            nonce,
            certificates,
        })
    }
}

/// An answer says nothing that may be relied upon. None of these is "good", and none is "revoked" (THREATS I7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAcceptable {
    /// Neither the issuer nor a delegate of its signed the answer.
    #[error("the answer is not signed by the issuer or a delegate of its")]
    Responder,
    /// The signature does not verify.
    #[error("the answer's signature does not verify")]
    Signature,
    /// The answer does not speak of this certificate.
    #[error("the answer does not speak of this certificate")]
    Silent,
    /// The answer is of another time.
    #[error("the answer is not valid at this time")]
    Stale,
}

fn responder_id(fields: &mut Decoder<'_>) -> Result<ResponderId, Malformed> {
    let what = "responder of an OCSP response";
    if let Some(mut by_name) = fields.context(1, what)? {
        let name = by_name.tagged(SEQUENCE, what)?.whole.to_vec();
        by_name.finish(what)?;
        return Ok(ResponderId::ByName(name));
    }
    let mut by_key = fields.context(2, what)?.ok_or(Malformed(what))?;
    let id = by_key.octets(what)?.to_vec();
    by_key.finish(what)?;
    Ok(ResponderId::ByKey(id))
}

fn single_response(list: &mut Decoder<'_>) -> Result<SingleResponse, Malformed> {
    let what = "single OCSP response";
    let mut fields = list.sequence(what)?;
    let id = CertId::decode(&mut fields)?;
    let choice = fields.any(what)?;
    let mut held = false;
    let status = if choice.tag == context_primitive(0) && choice.value.is_empty() {
        Status::Good
    } else if choice.tag == context_constructed(1) {
        let mut revoked = choice.content();
        let at = revoked.generalized_time(what)?;
        let reason = match revoked.context(0, what)? {
            Some(mut explicit) => {
                let code = explicit.enumerated(what)?;
                explicit.finish(what)?;
                held = code == CERTIFICATE_HOLD;
                ReasonCode::from_code(code)
            }
            None => None,
        };
        revoked.finish(what)?;
        Status::Revoked { at, reason }
    } else if choice.tag == context_primitive(2) && choice.value.is_empty() {
        Status::Unknown
    } else {
        return Err(Malformed(what));
    };
    let this_update = fields.generalized_time(what)?;
    let next_update = match fields.context(0, what)? {
        Some(mut explicit) => {
            let until = explicit.generalized_time(what)?;
            explicit.finish(what)?;
            Some(until)
        }
        None => None,
    };
    if let Some(mut explicit) = fields.context(1, what)? {
        for extension in extension::split(&mut explicit, what)? {
            // RFC 6960 §4.4: what must be understood and is not makes the answer unusable.
            if extension.critical {
                return Err(Malformed("critical extension of an OCSP response"));
            }
        }
    }
    fields.finish(what)?;
    Ok(SingleResponse {
        id,
        status,
        this_update,
        next_update,
        held,
    })
}

const CERTIFICATE_HOLD: u8 = 6;
