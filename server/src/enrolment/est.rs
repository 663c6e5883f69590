//! Enrolment over Secure Transport (RFC 7030, with RFC 8951's corrections): `cacerts`, `simpleenroll` by the authentication
//! codes as HTTP Basic, `simplereenroll` by the terminal's certificate in TLS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casework::Refusal;
use casework::acquisition::Flaw;
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, Response, StatusCode};
use pki::certificate::Certificate;
use pki::cms::certificates_only;
use zeroize::Zeroizing;

use super::{Body, Enrolment, Peer, plain, whole};
use crate::clock::Instant;
use crate::desk::Failure;
use crate::desk::acquisition::{Codes, Request};
use crate::desk::evidence;

/// What is asked of EST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The authority's certificates (§4.1).
    CaCerts,
    /// What a request should hold beside its key (§4.5): nothing.
    CsrAttrs,
    /// デジタル証明書の取得 (§4.2.1).
    SimpleEnroll,
    /// 更新 (§4.2.2).
    SimpleReenroll,
}

impl Operation {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "cacerts" => Self::CaCerts,
            "csrattrs" => Self::CsrAttrs,
            "simpleenroll" => Self::SimpleEnroll,
            "simplereenroll" => Self::SimpleReenroll,
            _ => return None,
        })
    }

    fn method(self) -> Method {
        match self {
            Self::CaCerts | Self::CsrAttrs => Method::GET,
            Self::SimpleEnroll | Self::SimpleReenroll => Method::POST,
        }
    }
}

impl Enrolment {
    pub(super) async fn est(
        &self,
        authority: &str,
        operation: Operation,
        (method, headers): (&Method, &HeaderMap),
        body: &[u8],
        peer: Option<&Peer>,
    ) -> Response<Body> {
        if *method != operation.method() {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "another method is wanted here");
            if let Ok(allowed) = HeaderValue::from_str(operation.method().as_str()) {
                answer.headers_mut().insert(ALLOW, allowed);
            }
            return answer;
        }
        let offices = self.offices_of(authority);
        let Some(office) = offices.first() else {
            return plain(
                StatusCode::NOT_FOUND,
                "no terminals are certified by an authority of this name",
            );
        };
        match operation {
            Operation::CsrAttrs => whole(StatusCode::NO_CONTENT, None, Vec::new()),
            Operation::CaCerts => match self.desk.terminals_chain(office).await {
                Ok(chain) => certificates("application/pkcs7-mime", &chain),
                Err(failure) => self.refused(&failure),
            },
            Operation::SimpleEnroll => {
                let Some(request) = read(headers, body) else {
                    return unannounced();
                };
                let Some(codes) = basic(headers) else {
                    return unauthorized(
                        "the authentication codes are wanted as HTTP Basic: code 1, and code 2 - code 3",
                    );
                };
                match self
                    .enrolled(&offices, &codes, request.as_ref().map_err(|flaw| *flaw))
                    .await
                {
                    Ok(certificate) => certificates(CERTS_ONLY, &[certificate]),
                    Err(failure) => self.refused(&failure),
                }
            }
            Operation::SimpleReenroll => {
                let Some(request) = read(headers, body) else {
                    return unannounced();
                };
                let Some(peer) = peer else {
                    return plain(
                        StatusCode::FORBIDDEN,
                        "the terminal's current certificate is wanted in the TLS handshake",
                    );
                };
                let by = evidence::by_tls(peer, self.desk.clock().now());
                let renewed = self
                    .desk
                    .renew_terminal(by, request.as_ref().map_err(|flaw| *flaw))
                    .await;
                match renewed {
                    Ok(certificate) => certificates(CERTS_ONLY, &[certificate]),
                    Err(failure) => self.refused(&failure),
                }
            }
        }
    }

    async fn enrolled(
        &self,
        offices: &[std::sync::Arc<crate::office::Office>],
        codes: &Codes,
        request: Result<&Request, Flaw>,
    ) -> Result<Certificate, Failure> {
        let mut all = Vec::new();
        for office in offices {
            let recognised = self.desk.recognised(office, codes).await?;
            if recognised.right().is_some() {
                return self.desk.acquire_recognised(None, office, &recognised, request).await;
            }
            all.push((office, recognised));
        }
        let mut outcome = Err(Failure::Refused(Refusal::WrongCodes));
        for (office, recognised) in all {
            outcome = self.desk.acquire_recognised(None, office, &recognised, request).await;
        }
        outcome
    }

    /// What the rules say no to, in HTTP's words, with one sentence for whoever reads the log of the client.
    pub(super) fn refused(&self, failure: &Failure) -> Response<Body> {
        let refusal = match failure {
            Failure::Refused(refusal) => *refusal,
            Failure::Fault(fault) => {
                tracing::error!(%fault, "an enrolment failed");
                let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, "this could not be done now; try again");
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
                return answer;
            }
        };
        let (status, text) = said(refusal);
        match refusal {
            Refusal::WrongCodes => unauthorized(&text),
            Refusal::CodesBlocked { until } => {
                let mut answer = plain(status, &text);
                let seconds = (until.0 - self.desk.clock().now().0 + 1).max(1);
                if let Ok(seconds) = HeaderValue::from_str(&seconds.to_string()) {
                    answer.headers_mut().insert(RETRY_AFTER, seconds);
                }
                answer
            }
            _ => plain(status, &text),
        }
    }
}

/// A refusal as both protocols tell it: a status of HTTP's, and a sentence.
pub(super) fn said(refusal: Refusal) -> (StatusCode, String) {
    let time = |at: Instant| crate::portal::date::machine(at);
    match refusal {
        Refusal::WrongCodes => (
            StatusCode::UNAUTHORIZED,
            "these are not the authentication codes of a terminal; the try was counted".to_owned(),
        ),
        Refusal::CodesBlocked { until } => (
            StatusCode::TOO_MANY_REQUESTS,
            format!(
                "wrong authentication codes were tried too often; none is looked at before {}",
                time(until)
            ),
        ),
        Refusal::GrantOver { at } => (
            StatusCode::FORBIDDEN,
            format!(
                "the certificate could be acquired until {}; apply for a reissue",
                time(at)
            ),
        ),
        Refusal::GrantReplaced => (
            StatusCode::FORBIDDEN,
            "the terminal has newer authentication codes".to_owned(),
        ),
        Refusal::AnotherKey => (
            StatusCode::CONFLICT,
            "a certificate was made for another key already, or the key is that of the current certificate".to_owned(),
        ),
        Refusal::WrongRequest { flaw } => (StatusCode::BAD_REQUEST, flawed(flaw).to_owned()),
        Refusal::TooEarly { from } => {
            let date = from.date();
            (
                StatusCode::FORBIDDEN,
                format!(
                    "it can be renewed from {}-{:02}-{:02} on",
                    date.year, date.month, date.day
                ),
            )
        }
        Refusal::Expired { at } => (
            StatusCode::FORBIDDEN,
            format!("the certificate expired at {}; apply for a reissue", time(at)),
        ),
        Refusal::AlreadyRevoked { at } => (
            StatusCode::FORBIDDEN,
            format!("the certificate was revoked at {}", time(at)),
        ),
        Refusal::NotYours => (
            StatusCode::FORBIDDEN,
            "the certificate is none of a terminal's current ones".to_owned(),
        ),
        other => (StatusCode::CONFLICT, format!("refused: {}", crate::desk::rule(other))),
    }
}

pub(super) const fn flawed(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Unreadable => "the request cannot be read as PKCS#10",
        Flaw::Signature => "the request is not signed by its own key",
        Flaw::WeakKey => "the key is too weak, or of a kind that is not certified here",
        Flaw::KnownKey => "the key is certified for another, or known to be compromised; make a new one",
        Flaw::Subject => "the request asks for another subject than the terminal's",
        Flaw::Authority => "the request asks for the rights of an authority",
    }
}

/// The request, or why it is none; `None` where the body is not announced as one.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<Result<Request, Flaw>> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    (kind.as_deref() == Some("application/pkcs10")).then(|| Request::read_est(body))
}

fn unannounced() -> Response<Body> {
    plain(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the request is wanted as application/pkcs10",
    )
}

/// HTTP Basic (RFC 7617), with the codes in its two fields.
fn basic(headers: &HeaderMap) -> Option<Codes> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(Codes::in_two(user, password))
}

fn unauthorized(text: &str) -> Response<Body> {
    let mut answer = plain(StatusCode::UNAUTHORIZED, text);
    answer.headers_mut().insert(
        WWW_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=\"certificates of terminals\", charset=\"UTF-8\""),
    );
    answer
}

/// CMS of certificates alone, as base64 in lines.
fn certificates(kind: &'static str, certificates: &[Certificate]) -> Response<Body> {
    let der = certificates_only(certificates);
    let encoded = STANDARD.encode(der);
    let mut body = Vec::with_capacity(encoded.len() + encoded.len() / 76 * 2 + 2);
    for line in encoded.as_bytes().chunks(76) {
        body.extend_from_slice(line);
        body.extend_from_slice(b"\r\n");
    }
    let mut answer = whole(StatusCode::OK, Some(kind), body);
    answer.headers_mut().insert(
        HeaderName::from_static("content-transfer-encoding"),
        HeaderValue::from_static("base64"),
    );
    answer
}

const CERTS_ONLY: &str = "application/pkcs7-mime; smime-type=certs-only";
