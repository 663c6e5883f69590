//! Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the same request again gets the same answer, on every
//! node and after every restart (A14).
//!
//! Answers are sealed with a key that follows from the token, which is kept nowhere: what was told once (a code) or is
//! personal is not readable in the database. What a request makes is drawn from the same, so that a request which a crash
//! interrupted finds what it had made.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use std::time::Duration;
use wire::code::Code;

use super::problem::No;
use crate::fault::{Bug, Fault};
use crate::portal::Portal;
use crate::portal::session::hashed;
use crate::store::Repeat;

/// A key, with the request that it came with.
#[derive(Clone)]
pub(super) struct Key {
    /// Of the answer.
    name: [u8; 32],
    /// Of what was asked.
    request: [u8; 32],
    /// Follows from the token, which only its holder has.
    secret: [u8; 32],
}

impl Key {
    /// The key of a request, if it has one.
    pub(super) fn of(parts: &Parts, octets: &[u8], token: &str) -> Result<Option<Self>, No> {
        let mut values = parts.headers.get_all(NAME).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let written = value.to_str().unwrap_or_default();
        // A structured string (RFC 9651) or, as most clients send it, a bare one.
        let bare = written
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(written);
        let fits = (1..=LONGEST).contains(&bare.len()) && bare.bytes().all(|octet| octet.is_ascii_graphic());
        if !fits || values.next().is_some() {
            return Err(No::malformed(
                "",
                "Idempotency-Key has 1 to 128 visible ASCII characters",
            ));
        }
        let seen = parts
            .headers
            .get(header::IF_MATCH)
            .map(HeaderValue::as_bytes)
            .unwrap_or_default();
        let secret = labelled(b"secret", &[token.as_bytes(), bare.as_bytes()]);
        Ok(Some(Self {
            name: labelled(b"name", &[&secret]),
            request: labelled(
                b"request",
                &[
                    // Keyed: a body may hold a company's password, and its digest alone would let one try passwords on it.
                    &secret,
                    parts.method.as_str().as_bytes(),
                    parts.uri.to_string().as_bytes(),
                    seen,
                    octets,
                ],
            ),
            secret,
        }))
    }

    /// Octets that are the same for the same request.
    pub(super) fn draw<const N: usize>(&self, purpose: &str) -> [u8; N] {
        let mut drawn = [0; N];
        for (count, part) in (0_u8..).zip(drawn.chunks_mut(32)) {
            let block = labelled(b"draw", &[&self.secret, &self.request, purpose.as_bytes(), &[count]]);
            part.copy_from_slice(block.get(..part.len()).unwrap_or(&block));
        }
        drawn
    }

    /// Does the work once. Whoever hangs up cancels nothing: the work is a task of its own.
    pub(super) async fn once(
        self,
        portal: &Portal,
        work: impl Future<Output = Result<Response, No>> + Send + 'static,
    ) -> Result<Response, No> {
        let now = portal.clock().now();
        let given_up = now.plus_seconds(-GIVEN_UP_AFTER);
        let begin = || portal.store().begin_request(self.name, self.request, now, given_up);
        let mut repeat = begin().await?;
        // Sent to two nodes at once, or again before the answer: whoever comes second gets the answer of the first.
        if repeat == Repeat::Running && self.is_settled(portal).await? {
            repeat = begin().await?;
        }
        match repeat {
            Repeat::Another => Err(No::of(StatusCode::UNPROCESSABLE_ENTITY, Code::Idempotency, &[])),
            Repeat::Running => Err(No::stale()),
            Repeat::Answered(sealed) => self.opened(&sealed).ok_or_else(|| {
                No::from(Fault::Corrupt {
                    what: "a kept answer",
                    why: "its token does not open it".to_owned(),
                })
            }),
            Repeat::First => {
                let portal = portal.clone();
                let done = tokio::spawn(async move { self.kept(&portal, work).await });
                done.await.map_err(|why| No::from(Fault::Bug(Bug(why.to_string()))))?
            }
        }
    }

    /// Waits for whoever works on it, for a while; `false` where they still do.
    async fn is_settled(&self, portal: &Portal) -> Result<bool, Fault> {
        for _ in 0..LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            if !portal.store().is_request_running(self.name).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn kept(
        self,
        portal: &Portal,
        work: impl Future<Output = Result<Response, No>> + Send,
    ) -> Result<Response, No> {
        let response = work.await.unwrap_or_else(IntoResponse::into_response);
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            portal.store().end_request(self.name, None).await?;
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let octets = body.collect().await.map(http_body_util::Collected::to_bytes);
        let octets = octets.map_err(|why| No::from(Fault::Bug(Bug(why.to_string()))))?;
        let mut plain = status.as_u16().to_be_bytes().to_vec();
        for name in KEPT {
            let value = parts.headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
            // Our own headers, some dozens of octets.
            plain.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
            plain.extend_from_slice(value);
        }
        plain.extend_from_slice(&octets);
        let sealed = self.sealed(plain, portal.chance().octets());
        portal.store().end_request(self.name, sealed).await?;
        Ok(Response::from_parts(parts, Body::from(octets)))
    }

    fn sealed(&self, mut plain: Vec<u8>, nonce: [u8; NONCE_LEN]) -> Option<Vec<u8>> {
        let sealed = self.cipher()?.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(self.request),
            &mut plain,
        );
        sealed.ok().map(|()| [nonce.as_slice(), &plain].concat())
    }

    fn opened(&self, sealed: &[u8]) -> Option<Response> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut octets = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut plain: &[u8] = self
            .cipher()?
            .open_in_place(nonce, Aad::from(self.request), &mut octets)
            .ok()?;
        let mut take = |length: usize| -> Option<&[u8]> {
            let (taken, rest) = plain.split_at_checked(length)?;
            plain = rest;
            Some(taken)
        };
        let number = |octets: &[u8]| Some(u16::from_be_bytes(octets.try_into().ok()?));
        let status = StatusCode::from_u16(number(take(2)?)?).ok()?;
        let mut response = status.into_response();
        for name in KEPT {
            let length = number(take(2)?)?;
            let value = take(usize::from(length))?;
            if !value.is_empty() {
                response
                    .headers_mut()
                    .insert(name, HeaderValue::from_bytes(value).ok()?);
            }
        }
        *response.body_mut() = Body::from(plain.to_vec());
        Some(response)
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        let key = labelled(b"seal", &[&self.secret]);
        UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new)
    }
}

/// SHA-256 over parts of any length, each after its own, for one purpose.
fn labelled(purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut octets = b"KAGIMORI idempotency 1\0".to_vec();
    for part in [&[purpose], parts].concat() {
        octets.extend_from_slice(&(part.len() as u64).to_be_bytes());
        octets.extend_from_slice(part);
    }
    hashed(&octets)
}

const NAME: HeaderName = HeaderName::from_static("idempotency-key");
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];
/// Characters of a key.
const LONGEST: usize = 128;
/// Seconds after which work that was not answered is taken to have died with its node.
const GIVEN_UP_AFTER: i64 = 60;
/// How often, and after how long each time, the answer of whoever came first is looked for: five seconds in all.
const LOOKS: usize = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Seconds for which an answer is kept.
pub(crate) const KEPT_FOR: i64 = 24 * 3_600;
