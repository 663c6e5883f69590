//! CMP over HTTP (RFC 9811, profile of RFC 9483): `ir`, `cr` and `p10cr` under the authentication codes as a shared secret,
//! `kur` and `rr` signed by the terminal's certificate, `certConf`.
//!
//! Each transaction is remembered in the store: a message that comes again is refused as a replay for as long as its clock
//! could pass, on every node, and a confirmation may come to another node than the request did.

mod refusal;
mod transaction;

use casework::acquisition::Flaw;
use casework::certificate::Reason;
use casework::identity::{CertificateId, Fingerprint, Serial};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Method, Response, StatusCode};
use pki::certificate::Certificate;
use pki::cmp::{
    Asks, Authentic, Body as Said, By, CmpFault, Disposition, ErrorContent, Header, MEDIA_TYPE, MacParameters, Message,
    Nonce, Opened, Outgoing, Party, Protection, Protector, Revocation, Secret,
};
use pki::csr::NotAdmitted;
use pki::reason::ReasonCode;
use std::sync::Arc;

pub(super) use transaction::REMEMBERED;

use super::{Body, Enrolment, plain, whole};
use crate::authority::enrolment::Answering;
use crate::desk::acquisition::{Recognised, Request};
use crate::desk::{Failure, evidence};
use crate::office::Office;

/// Why a message gets an error for its answer.
enum No {
    /// Its form, its protection, or its place.
    Cmp(CmpFault),
    /// The desk.
    Desk(Failure),
    /// Who asks has more transactions than one has reason to.
    TooMany,
}

/// A message that was believed, and what the answer needs of it.
struct Heard {
    authentic: Authentic,
    office: Arc<Office>,
    by: Whose,
}

enum Whose {
    /// These codes', which are the secret too.
    Codes(Recognised, Secret, MacParameters),
    /// A terminal's, by this certificate.
    Terminal(Fingerprint),
}

impl Enrolment {
    pub(super) async fn cmp(
        &self,
        authority: &str,
        (method, headers): (&Method, &HeaderMap),
        body: &[u8],
    ) -> Response<Body> {
        if *method != Method::POST {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "POST is wanted here");
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(MEDIA_TYPE)) {
            return plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the message is wanted as application/pkixcmp",
            );
        }
        let offices = self.offices_of(authority);
        let Some(office) = offices.first() else {
            return plain(
                StatusCode::NOT_FOUND,
                "no terminals are certified by an authority of this name",
            );
        };
        let message = match Message::parse(body) {
            Ok(message) => message,
            // There is no header to answer to (RFC 9811 §3.1).
            Err(fault) => return plain(StatusCode::BAD_REQUEST, &fault.to_string()),
        };
        let answering = match self.desk.answering(office).await {
            Ok(answering) => answering,
            Err(failure) => return self.refused(&failure),
        };
        let header = message.header().clone();
        let answer = match self.decided(&offices, message, &answering).await {
            Ok(answer) => Ok(answer),
            Err(no) => self.error(&header, &no, &answering),
        };
        match answer {
            Ok(der) => whole(StatusCode::OK, Some(MEDIA_TYPE), der),
            Err(fault) => {
                tracing::error!(%fault, "an answer could not be protected");
                plain(StatusCode::INTERNAL_SERVER_ERROR, "this could not be answered")
            }
        }
    }

    async fn decided(&self, offices: &[Arc<Office>], message: Message, answering: &Answering) -> Result<Vec<u8>, No> {
        let heard = self.heard(offices, message).await?;
        let header = heard.authentic.header();
        let id = header.transaction.clone().ok_or(CmpFault::TransactionId)?;
        let said = heard.authentic.body()?;
        let met = self.met(&id).await?;
        if let Said::Confirm(_) | Said::Error(_) = said {
            return self.confirmed(&heard, id, met, answering).await;
        }
        let opened = self.opened(&heard, met).await?;
        match said {
            Said::Request(asks, request) => {
                let id = request.id();
                let old = request.old_certificate().cloned();
                let request = Request::Crmf(request);
                let certificate = match (&heard.by, asks) {
                    (Whose::Codes(recognised, ..), Asks::Initial | Asks::Another) => {
                        self.acquired(&heard.office, recognised, &request).await?
                    }
                    (Whose::Terminal(_), Asks::Update) => self.renewed(&heard, old, &request).await?,
                    _ => return Err(CmpFault::OtherProtection.into()),
                };
                self.granted(&heard, &opened, (asks, id), certificate, answering).await
            }
            Said::Pkcs10(request) => {
                let Whose::Codes(recognised, ..) = &heard.by else {
                    return Err(CmpFault::OtherProtection.into());
                };
                let request = Request::Pkcs10(request);
                let certificate = self.acquired(&heard.office, recognised, &request).await?;
                self.granted(&heard, &opened, (Asks::Another, PKCS10), certificate, answering)
                    .await
            }
            Said::Revocation(revocation) => self.revoked(&heard, &opened, revocation, answering).await,
            _ => Err(CmpFault::Body.into()),
        }
    }

    /// Who vouches for the message. A secret that fits none of the terminals of its reference number is a try that counts.
    async fn heard(&self, offices: &[Arc<Office>], message: Message) -> Result<Heard, No> {
        let protection = message.protection()?.clone();
        let Protection::Mac(parameters) = protection else {
            let signer = message
                .certificates()
                .first()
                .cloned()
                .ok_or(CmpFault::OtherProtection)?;
            let fingerprint = Fingerprint(signer.fingerprint());
            let row = self.desk.store().terminal_certificate(fingerprint).await;
            let row = row.map_err(Failure::from)?;
            let row = row.ok_or(Failure::Refused(casework::Refusal::NotYours))?;
            let office = offices.iter().find(|office| office.id == row.office);
            let office = office.cloned().ok_or(Failure::Refused(casework::Refusal::NotYours))?;
            let authentic = message.verify_signature(&signer)?;
            return Ok(Heard {
                authentic,
                office,
                by: Whose::Terminal(fingerprint),
            });
        };
        let reference = message.header().sender_key_id.clone().unwrap_or_default();
        let reference = String::from_utf8(reference).unwrap_or_default();
        let mut wrong = Vec::new();
        for office in offices {
            let mut found = None;
            let is_right = |octets: &[u8]| {
                let secret = Secret::new(octets);
                let verified = message.clone().verify_secret(&secret).ok();
                found = found.take().or(verified.map(|authentic| (authentic, secret)));
                found.is_some()
            };
            let recognised = self.desk.recognised_by_secret(office, &reference, is_right);
            let recognised = recognised.await.map_err(Failure::from)?;
            if let Some((authentic, secret)) = found {
                return Ok(Heard {
                    authentic,
                    office: Arc::clone(office),
                    by: Whose::Codes(recognised, secret, parameters),
                });
            }
            wrong.push((office, recognised));
        }
        for (office, recognised) in wrong {
            let counted = self
                .desk
                .acquire_recognised(None, office, &recognised, Err(Flaw::Unreadable))
                .await;
            if let Err(fault @ Failure::Fault(_)) = counted {
                return Err(fault.into());
            }
        }
        Err(CmpFault::Mac.into())
    }

    async fn acquired(&self, office: &Office, recognised: &Recognised, request: &Request) -> Result<Certificate, No> {
        let acquired = self.desk.acquire_recognised(None, office, recognised, Ok(request));
        Ok(acquired.await?)
    }

    async fn renewed(
        &self,
        heard: &Heard,
        old: Option<(pki::name::DistinguishedName, pki::serial::Serial)>,
        request: &Request,
    ) -> Result<Certificate, No> {
        let By::Signature { certificate } = heard.authentic.by() else {
            return Err(CmpFault::OtherProtection.into());
        };
        // The certificate that is updated is the one that asks (RFC 9483 §4.1.3).
        if old.is_some_and(|(issuer, serial)| issuer != *certificate.issuer() || serial != certificate.serial()) {
            return Err(CmpFault::OtherProtection.into());
        }
        let now = self.desk.clock().now();
        let by = evidence::by_cmp(&heard.authentic, now).ok_or(CmpFault::OtherProtection)?;
        Ok(self.desk.renew_terminal(by, Ok(request)).await?)
    }

    async fn revoked(
        &self,
        heard: &Heard,
        opened: &Opened,
        revocation: Revocation,
        answering: &Answering,
    ) -> Result<Vec<u8>, No> {
        let now = self.desk.clock().now();
        let by = evidence::by_cmp(&heard.authentic, now).ok_or(CmpFault::OtherProtection)?;
        let authority = answering.authority();
        if revocation.issuer != *authority.certificate().subject() {
            return Err(CmpFault::NotAdmitted(NotAdmitted::Subject).into());
        }
        let serial = Serial::from_octets(revocation.serial.as_bytes());
        let which = CertificateId {
            authority: authority.name().clone(),
            serial: serial.ok_or(CmpFault::CertificateHash)?,
        };
        self.desk.revoke_terminal(by, &which, reason(revocation.reason)).await?;
        let body = Said::Revoked(
            Disposition::accepted(),
            Some((revocation.issuer.clone(), revocation.serial)),
        );
        self.reply(heard, (opened, self.nonce()), &body, &[], answering)
    }

    fn reply(
        &self,
        heard: &Heard,
        (opened, nonce): (&Opened, Nonce),
        body: &Said,
        chain: &[Certificate],
        answering: &Answering,
    ) -> Result<Vec<u8>, No> {
        let now = self.desk.clock().now().0;
        let codes = (&heard.by, heard.authentic.by());
        let protected = if let (Whose::Codes(_, secret, parameters), By::Secret { reference }) = codes {
            let from = answering.authority().certificate().subject();
            let parameters = parameters.clone().with_salt(self.desk.chance().octets());
            let with = Protector::Secret {
                secret,
                reference,
                parameters: &parameters,
            };
            opened.answer(body, from, nonce, now, true, chain).protect(with)
        } else {
            let from = answering.certificate().subject();
            opened
                .answer(body, from, nonce, now, true, chain)
                .protect(answering.protector())
        };
        protected.map_err(|fault| No::Desk(Failure::Fault(crate::fault::Bug(fault.to_string()).into())))
    }

    /// Signed, so that also who came with a wrong secret can believe it.
    fn error(&self, header: &Header, no: &No, answering: &Answering) -> Result<Vec<u8>, String> {
        let status = no.status();
        tracing::info!(?status, "a message of CMP was refused");
        let body = Said::Error(ErrorContent { status });
        let fresh: [u8; 16] = self.desk.chance().octets();
        let transaction = header.transaction.clone().map_or_else(|| fresh.to_vec().try_into(), Ok);
        let outgoing = Outgoing {
            version: header.version,
            sender: Party::of(answering.certificate().subject()),
            recipient: header.sender.clone(),
            time: self.desk.clock().now().0,
            transaction: transaction.map_err(|fault: CmpFault| fault.to_string())?,
            sender_nonce: self.nonce(),
            recipient_nonce: header.sender_nonce.clone(),
            implicit_confirm: false,
            body: &body,
            certificates: &[],
        };
        outgoing
            .protect(answering.protector())
            .map_err(|fault| fault.to_string())
    }

    fn nonce(&self) -> Nonce {
        self.desk.chance().octets::<16>().into()
    }
}

fn reason(code: Option<ReasonCode>) -> Reason {
    match code {
        None => Reason::Unspecified,
        Some(ReasonCode::KeyCompromise) => Reason::KeyCompromise,
        Some(ReasonCode::AffiliationChanged) => Reason::AffiliationChanged,
        Some(ReasonCode::Superseded) => Reason::Superseded,
        Some(ReasonCode::PrivilegeWithdrawn) => Reason::PrivilegeWithdrawn,
        // An authority's own reasons are not a terminal's to give.
        Some(ReasonCode::CessationOfOperation | ReasonCode::CaCompromise) => Reason::CessationOfOperation,
    }
}

impl From<CmpFault> for No {
    fn from(fault: CmpFault) -> Self {
        Self::Cmp(fault)
    }
}

impl From<Failure> for No {
    fn from(failure: Failure) -> Self {
        Self::Desk(failure)
    }
}

/// So many seconds may the other end's clock be wrong.
const TOLERANCE: i64 = 300;

/// certReqId of a p10cr (RFC 9483 §4.1.4).
const PKCS10: i32 = -1;
