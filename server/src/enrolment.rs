//! The doors by which a terminal's own programs get its certificate: EST and CMP. They parse and answer;
//! [`crate::desk::acquisition`] decides.
//!
//! A request has at most 64 KiB of content, and one address may knock sixty times a minute; the listener bounds how long a
//! request may take, and the grant how often its codes are tried.

mod cmp;
mod est;

use casework::time::Instant;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use pki::certificate::Certificate;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::desk::evidence;
use crate::desk::{Desk, Failure};
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::limit::network;
use crate::store::Store;

/// The content of an answer: whole.
pub(crate) type Body = Full<Bytes>;

/// The terminal at the other end of a TLS connection: its handshake was signed by the key of this certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(Certificate);

/// The doors of a node.
pub struct Enrolment {
    desk: Desk,
    knocks: DefaultKeyedRateLimiter<IpAddr>,
    knocked: AtomicU32,
    clock: DefaultClock,
}

/// Who stands at a door.
pub(crate) struct Caller {
    /// From where.
    pub(crate) address: IpAddr,
    /// As which terminal.
    pub(crate) peer: Option<Peer>,
}

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// `/.well-known/est/{authority}/{operation}`
    Est(&'a str, est::Operation),
    /// `/.well-known/cmp/{authority}`
    Cmp(&'a str),
    /// Where a terminal shows that its certificate works.
    Installed,
    /// Below the doors, and nothing there.
    Nothing,
}

impl Peer {
    /// Who is at the other end, if a certificate was shown that can be read.
    pub(crate) fn of(connection: &rustls::ServerConnection) -> Option<Self> {
        let shown = connection.peer_certificates()?.first()?;
        Certificate::parse(shown).ok().map(Self)
    }

    /// What it showed.
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }
}

impl<'a> Place<'a> {
    /// What a path asks for, if it is a door's.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        if path == INSTALLED {
            return Some(Self::Installed);
        }
        if let Some(rest) = path.strip_prefix("/.well-known/est/") {
            let asked = rest.split_once('/');
            let asked = asked.and_then(|(authority, word)| Some((authority, est::Operation::of(word)?)));
            return Some(asked.map_or(Self::Nothing, |(authority, operation)| Self::Est(authority, operation)));
        }
        let authority = path.strip_prefix("/.well-known/cmp/")?;
        // RFC 9811 §3.3 has an operation's label behind a profile's; what is asked says the message.
        let authority = authority.strip_prefix("p/").unwrap_or(authority);
        Some(Self::Cmp(authority.split('/').next().unwrap_or_default()))
    }
}

impl Enrolment {
    /// The doors of this desk.
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            knocks: DefaultKeyedRateLimiter::keyed(Quota::per_minute(KNOCKS)),
            knocked: AtomicU32::new(0),
            clock: DefaultClock::default(),
        }
    }

    pub(crate) async fn answer(&self, place: Place<'_>, request: Request<Incoming>, caller: Caller) -> Response<Body> {
        if let Err(seconds) = self.knock(caller.address) {
            let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, "too many requests from this address");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            return answer;
        }
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, LARGEST).collect().await {
            Ok(body) => body.to_bytes(),
            Err(fault) if fault.is::<http_body_util::LengthLimitError>() => {
                return plain(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "the request is larger than any has reason to be",
                );
            }
            Err(_) => return plain(StatusCode::BAD_REQUEST, "the request broke off"),
        };
        let peer = caller.peer.as_ref();
        match place {
            Place::Est(authority, operation) => {
                self.est(authority, operation, (&head.method, &head.headers), &body, peer)
                    .await
            }
            Place::Cmp(authority) => self.cmp(authority, (&head.method, &head.headers), &body).await,
            Place::Installed => self.installed(&head.method, peer).await,
            Place::Nothing => plain(StatusCode::NOT_FOUND, "nothing is here"),
        }
    }

    /// The terminal shows its certificate to see whether it works, and by that it does.
    async fn installed(&self, method: &Method, peer: Option<&Peer>) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::POST) {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "GET is wanted here");
        }
        let Some(peer) = peer else {
            return plain(
                StatusCode::FORBIDDEN,
                "the terminal's certificate is wanted in the TLS handshake",
            );
        };
        let by = evidence::by_tls(peer, self.desk.clock().now());
        match self.desk.installed(by).await {
            Ok(()) => plain(StatusCode::OK, "the terminal works with this certificate"),
            // It works, and another one is being made for it at this moment.
            Err(Failure::Refused(casework::Refusal::Stale)) => plain(StatusCode::OK, "the certificate works"),
            Err(failure) => self.refused(&failure),
        }
    }

    /// The offices whose terminals an authority certifies.
    fn offices_of(&self, authority: &str) -> Vec<Arc<Office>> {
        let certifies = |office: &&Arc<Office>| {
            office.terminals().is_ok() && office.authorities.first().is_some_and(|first| first.0 == authority)
        };
        self.desk.offices().iter().filter(certifies).cloned().collect()
    }

    /// Whether one more request is taken from there, or in so many seconds.
    fn knock(&self, address: IpAddr) -> Result<(), u64> {
        if self.knocked.fetch_add(1, Ordering::Relaxed) % SWEPT_EVERY == SWEPT_EVERY - 1 {
            self.knocks.retain_recent();
        }
        self.knocks.check_key(&network(address)).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            wait.as_secs() + 1
        })
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    whole(
        status,
        Some("text/plain; charset=utf-8"),
        format!("{text}\n").into_bytes(),
    )
}

fn whole(status: StatusCode, kind: Option<&'static str>, body: Vec<u8>) -> Response<Body> {
    let mut answer = Response::new(Full::from(Bytes::from(body)));
    *answer.status_mut() = status;
    if let Some(kind) = kind {
        answer
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Forgets the transactions of CMP that no message could repeat any more: ten thousand at a time.
pub async fn sweep(store: &Store, now: Instant) -> Result<u64, Fault> {
    store.forget_transactions(now.plus_seconds(-cmp::REMEMBERED)).await
}

/// Where a terminal shows that its certificate works: the address of the test that follows an acquisition.
pub const INSTALLED: &str = "/.well-known/kagimori/installed";

/// What a request may hold: base64 of 64 KiB, with its line breaks.
const LARGEST: usize = 96 * 1024;

/// So many requests in a minute are taken from one address (one /64 of IPv6).
const KNOCKS: NonZeroU32 = NonZeroU32::new(60).unwrap();

const SWEPT_EVERY: u32 = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_authority_and_what_is_asked_of_it() {
        let est = |operation| Some(Place::Est("centre", operation));
        assert_eq!(
            Place::of("/.well-known/est/centre/cacerts"),
            est(est::Operation::CaCerts)
        );
        assert_eq!(
            Place::of("/.well-known/est/centre/simpleenroll"),
            est(est::Operation::SimpleEnroll)
        );
        for nothing in [
            "/.well-known/est/",
            "/.well-known/est/cacerts",
            "/.well-known/est/centre/serverkeygen",
        ] {
            assert_eq!(Place::of(nothing), Some(Place::Nothing), "{nothing}");
        }
        for path in [
            "/.well-known/cmp/centre",
            "/.well-known/cmp/p/centre",
            "/.well-known/cmp/centre/initialization",
        ] {
            assert_eq!(Place::of(path), Some(Place::Cmp("centre")), "{path}");
        }
        assert_eq!(Place::of(INSTALLED), Some(Place::Installed));
        assert_eq!(Place::of("/.well-known/acme"), None);
    }
}
