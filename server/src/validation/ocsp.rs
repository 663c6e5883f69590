//! OCSP over HTTP (RFC 6960 appendix A, RFC 5019, RFC 9654).

use std::sync::Arc;

use casework::identity::Serial;
use casework::time::Instant;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use pki::ocsp::{self, CertId, ErrorResponse, HashAlgorithm, Request as Question, Times};

use super::status::{Answer, Kind, Revoked, Standing};
use super::{Body, Document, Freshness, Issuer, Place, Validation, etag, http_date, place_of, refused};
use crate::metrics::{Ocsp, Signature};

impl Validation {
    pub(super) async fn ocsp(&self, request: Request<Incoming>, now: Instant) -> Response<Body> {
        let (name, encoded) = match place_of(&request, Place::Ocsp).split_once('/') {
            Some((name, encoded)) => (name, Some(encoded)),
            None => (place_of(&request, Place::Ocsp), None),
        };
        let Some(issuer) = self.issuer(name) else {
            return refused(StatusCode::NOT_FOUND, "there is no such authority\n");
        };
        // Who cannot tell what happened in the last minute tells nothing.
        let Some(age) = self.knowledge.age() else {
            return self.unsigned(&issuer, ErrorResponse::TryLater);
        };
        let moment = Moment {
            now,
            known: now.plus_seconds(-age),
        };
        match (request.method().clone(), encoded) {
            (Method::GET | Method::HEAD, Some(encoded)) => match Question::from_get(encoded) {
                Ok(question) => self.answer_by_get(&issuer, &question, &request, moment),
                Err(_) => self.unsigned(&issuer, ErrorResponse::MalformedRequest),
            },
            (Method::POST, None | Some("")) => match body_of(request).await {
                Ok(der) => match Question::parse(&der) {
                    Ok(question) => self.answer_by_post(&issuer, &question, moment),
                    Err(_) => self.unsigned(&issuer, ErrorResponse::MalformedRequest),
                },
                Err(refusal) => refusal,
            },
            _ => {
                let mut response = refused(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "POST here, or GET with a request in base64\n",
                );
                response
                    .headers_mut()
                    .insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
                response
            }
        }
    }

    fn answer_by_get<B>(
        &self,
        issuer: &Issuer,
        question: &Question,
        request: &Request<B>,
        moment: Moment,
    ) -> Response<Body> {
        match self.presigned(issuer, question, moment) {
            Some(Ok(answer)) => {
                let document = Document {
                    der: answer.der.clone(),
                    etag: answer.etag.clone(),
                    changed: answer.last_modified.clone(),
                    kind: RESPONSE,
                };
                document.response(
                    request,
                    Freshness {
                        now: moment.now,
                        until: answer.next_update,
                        at_most: self.policy.max_age,
                    },
                )
            }
            Some(Err(error)) => self.unsigned(issuer, error),
            None => self.live(issuer, question, moment),
        }
    }

    fn answer_by_post(&self, issuer: &Issuer, question: &Question, moment: Moment) -> Response<Body> {
        match self.presigned(issuer, question, moment) {
            Some(Ok(answer)) => uncached(answer.der.clone()),
            Some(Err(error)) => self.unsigned(issuer, error),
            None => self.live(issuer, question, moment),
        }
    }

    /// The kept answer, signed now where there is none; `None` where only a live one will do: several certificates, a
    /// nonce, an unusual form of the CertID, or a serial that was never issued. The last would let strangers fill the
    /// cache, and must not outlive the issuance of that very serial.
    fn presigned(
        &self,
        issuer: &Issuer,
        question: &Question,
        Moment { now, known }: Moment,
    ) -> Option<Result<Arc<Answer>, ErrorResponse>> {
        let responder = issuer.responder.as_ref()?;
        let id = question.takes_presigned()?;
        let asked = responder.issuer().serial_of(id)?;
        let algorithm = id.hash_algorithm()?;
        if !is_of_usual_form(id, algorithm) {
            return None;
        }
        let (serial, kind) = (Serial::from_octets(asked.as_bytes())?, kind(algorithm));
        let standing = match issuer.register.answer(&serial, kind, now) {
            Ok(answer) => {
                issuer.kept(answer.said).inc();
                return Some(Ok(answer));
            }
            Err(Standing::NeverIssued) => return None,
            Err(standing) => standing,
        };
        let lives = i64::try_from(self.policy.answer_lives.as_secs()).unwrap_or(i64::MAX);
        // Both ends count (THREATS R6, R12); nobody believes a responder longer than its certificate.
        let next_update = known
            .plus_seconds(lives - 1)
            .min(Instant(responder.certificate().not_after()));
        let times = Times {
            produced_at: now.0,
            this_update: known.0,
            next_update: next_update.0,
        };
        self.signed(issuer);
        Some(match responder.presigned(id, status(standing), times) {
            Ok(der) => {
                let answer = Arc::new(Answer {
                    etag: etag(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der).as_ref()),
                    der: Bytes::from(der),
                    said: said(standing),
                    last_modified: http_date(known),
                    this_update: known,
                    next_update,
                    renew_at: known.plus_seconds((next_update.0 - known.0) / 2),
                });
                issuer.register.keep(&serial, kind, standing, Arc::clone(&answer));
                self.count(issuer, answer.said, "presigned");
                Ok(answer)
            }
            Err(fault) => Err(not_signed(issuer, &fault)),
        })
    }

    /// Signed for this question alone.
    fn live(&self, issuer: &Issuer, question: &Question, Moment { now, known }: Moment) -> Response<Body> {
        let Some(responder) = &issuer.responder else {
            return self.unsigned(issuer, ErrorResponse::TryLater);
        };
        if !question.ids().iter().any(|id| names_ours(issuer, id)) {
            return self.unsigned(issuer, ErrorResponse::Unauthorized);
        }
        let lives = i64::try_from(self.policy.answer_lives.as_secs()).unwrap_or(i64::MAX);
        let next_update = known
            .plus_seconds(lives - 1)
            .min(Instant(responder.certificate().not_after()));
        let times = Times {
            produced_at: now.0,
            this_update: known.0,
            next_update: next_update.0,
        };
        self.signed(issuer);
        let mut last = "unknown";
        let answered = responder.answer(question, times, |serial| {
            let standing = Serial::from_octets(serial.as_bytes())
                .map_or(Standing::NeverIssued, |serial| issuer.register.standing(&serial));
            last = said(standing);
            status(standing)
        });
        match answered {
            Ok(der) => {
                self.count(issuer, last, "live");
                uncached(Bytes::from(der))
            }
            Err(fault) => {
                let error = not_signed(issuer, &fault);
                self.unsigned(issuer, error)
            }
        }
    }

    /// Errors are not signed (RFC 6960 §2.3), and travel with status 200 as every OCSP response does.
    fn unsigned(&self, issuer: &Issuer, error: ErrorResponse) -> Response<Body> {
        let name = match error {
            ErrorResponse::MalformedRequest => "malformedRequest",
            ErrorResponse::InternalError => "internalError",
            ErrorResponse::TryLater => "tryLater",
            ErrorResponse::Unauthorized => "unauthorized",
        };
        self.count(issuer, name, "none");
        uncached(Bytes::from_static(error.der()))
    }

    fn count(&self, issuer: &Issuer, answer: &'static str, signed: &'static str) {
        self.metrics
            .ocsp
            .get_or_create(&Ocsp {
                authority: issuer.name.0.clone(),
                answer,
                signed,
            })
            .inc();
    }

    fn signed(&self, issuer: &Issuer) {
        self.metrics
            .signatures
            .get_or_create(&Signature {
                authority: issuer.name.0.clone(),
                what: "ocsp",
            })
            .inc();
    }
}

/// When it is asked, and as of when it is known.
#[derive(Clone, Copy)]
struct Moment {
    now: Instant,
    known: Instant,
}

fn not_signed(issuer: &Issuer, fault: &pki::SignFault) -> ErrorResponse {
    tracing::error!(%fault, authority = issuer.name.0, "an OCSP answer was not signed");
    ErrorResponse::TryLater
}

/// Reads the body, but never more than a request may have: of a larger one not an octet is kept.
async fn body_of(request: Request<Incoming>) -> Result<Bytes, Response<Body>> {
    let too_large = || {
        refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "an OCSP request has at most 16384 octets\n",
        )
    };
    let most = Question::MOST_OCTETS;
    if request.body().size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    match Limited::new(request.into_body(), most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(fault) if fault.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(refused(StatusCode::BAD_REQUEST, "the request did not arrive whole\n")),
    }
}

fn uncached(der: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::from(der));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(RESPONSE));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn names_ours(issuer: &Issuer, id: &CertId) -> bool {
    issuer
        .responder
        .as_ref()
        .is_some_and(|responder| responder.issuer().serial_of(id).is_some())
}

/// Answers repeat the CertID octet by octet, so only the form that practically everybody sends has kept ones: that with
/// NULL parameters. Lengths and integers are minimal in every CertID that was read.
fn is_of_usual_form(id: &CertId, algorithm: HashAlgorithm) -> bool {
    let identifier: &[u8] = match algorithm {
        HashAlgorithm::Sha1 => &[0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0],
        HashAlgorithm::Sha256 => &[0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0],
    };
    id.der().get(2..).is_some_and(|content| content.starts_with(identifier))
}

fn kind(algorithm: HashAlgorithm) -> Kind {
    match algorithm {
        HashAlgorithm::Sha1 => Kind::Sha1,
        HashAlgorithm::Sha256 => Kind::Sha256,
    }
}

fn status(standing: Standing) -> ocsp::Status {
    match standing {
        Standing::NeverIssued => ocsp::Status::Unknown,
        Standing::Good => ocsp::Status::Good,
        Standing::Revoked(Revoked { at, reason }) => ocsp::Status::Revoked { at: at.0, reason },
    }
}

fn said(standing: Standing) -> &'static str {
    match standing {
        Standing::NeverIssued => "unknown",
        Standing::Good => "good",
        Standing::Revoked(_) => "revoked",
    }
}

const RESPONSE: &str = "application/ocsp-response";
