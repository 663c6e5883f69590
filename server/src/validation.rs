//! OCSP, CRLs and the authorities' certificates, served on hyper below the web framework.
//!
//! Two hops from the socket to the answer: [`Validation::answer`] finds the authority, `ocsp` or `crl` answers.

pub mod crl;
mod follow;
mod knowledge;
mod membership;
mod ocsp;
pub mod status;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use casework::identity::Authority;
use casework::time::{Day, Instant, Weekday};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, HeaderValue, IF_NONE_MATCH, LAST_MODIFIED};
use hyper::{Method, Request, Response, StatusCode};
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::ocsp::Responder;
use prometheus_client::metrics::counter::Counter;

use crate::clock::Clock;
use crate::config;
use crate::metrics::{self, Metrics, OfAuthority};
use crl::{List, Lists};
pub use follow::follow;
use knowledge::Knowledge;
use status::{Register, Status};

/// The body of every answer here: it is there before the first octet goes out.
pub type Body = Full<Bytes>;

/// What relying parties ask.
pub struct Validation {
    pub(crate) status: Status,
    pub(crate) lists: Lists,
    pub(crate) policy: config::Validation,
    pub(crate) metrics: Metrics,
    issuers: RwLock<BTreeMap<String, Arc<Issuer>>>,
    clock: Clock,
    knowledge: Knowledge,
}

/// One authority, as relying parties see it.
pub(crate) struct Issuer {
    pub(crate) name: Authority,
    pub(crate) certificate: Certificate,
    /// `None` until the first responder's certificate is issued: OCSP then answers *tryLater*.
    pub(crate) responder: Option<Responder<Arc<SoftwareKey>>>,
    pub(crate) register: Arc<Register>,
    etag: HeaderValue,
    /// Counted for every answer that was kept: looked up once, not in each request.
    kept_good: Counter,
    kept_revoked: Counter,
}

/// The three kinds of place, told apart by the first segment of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `/ocsp/{ca}`, `/ocsp/{ca}/{base64}`
    Ocsp,
    /// `/crl/{ca}/{shard}.crl`
    Crl,
    /// `/ca/{ca}.cer`
    Certificate,
}

impl Place {
    /// Whether a path lies in one of them.
    pub fn of(path: &str) -> Option<Self> {
        [Self::Ocsp, Self::Crl, Self::Certificate]
            .into_iter()
            .find(|place| path.starts_with(place.prefix()))
    }

    /// As the metrics call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ocsp => "ocsp",
            Self::Crl => "crl",
            Self::Certificate => "ca",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Ocsp => "/ocsp/",
            Self::Crl => "/crl/",
            Self::Certificate => "/ca/",
        }
    }
}

impl Validation {
    /// Knows no authority yet; [`follow`] tells it of them. `data` is the data directory.
    pub fn new(policy: config::Validation, data: &Path, clock: Clock, metrics: Metrics) -> Self {
        Self {
            status: Status::new(policy.answers_kept),
            lists: Lists::new(data),
            policy,
            metrics,
            issuers: RwLock::default(),
            clock,
            knowledge: Knowledge::of_itself(),
        }
    }

    /// Answers a request that [`Place::of`] found to be for here.
    pub async fn answer(&self, place: Place, request: Request<Incoming>) -> Response<Body> {
        let now = self.clock.now();
        match place {
            Place::Ocsp => self.ocsp(request, now).await,
            Place::Crl => read_only(&request).unwrap_or_else(|| self.crl(&request, now)),
            Place::Certificate => read_only(&request).unwrap_or_else(|| self.certificate(&request, now)),
        }
    }

    /// The standing of every certificate, as it is answered from.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Whether every revocation is followed, every authority has a responder in office and its lists are current; `Err` says what is missing.
    pub fn is_ready(&self) -> Result<(), String> {
        let now = self.clock.now();
        if self.knowledge.age().is_none() {
            return Err("the revocations cannot be followed".to_owned());
        }
        for issuer in self.issuers() {
            match &issuer.responder {
                None => return Err(format!("the authority {} has no OCSP responder yet", issuer.name.0)),
                Some(responder) if responder.certificate().not_after() < now.0 => {
                    return Err(format!("the OCSP responder of {} has expired", issuer.name.0));
                }
                Some(_) => {}
            }
            if let Some(shard) = self.lists.overdue(&issuer.name, now) {
                return Err(format!(
                    "the list {} of {} is past its nextUpdate",
                    shard.0, issuer.name.0
                ));
            }
        }
        Ok(())
    }

    /// Brings the gauges up to date.
    pub(crate) fn measure(&self) {
        for issuer in self.issuers() {
            let labels = OfAuthority {
                authority: issuer.name.0.clone(),
            };
            let size = issuer.register.size();
            self.metrics.certificates.get_or_create(&labels).set(gauge(size.issued));
            self.metrics
                .certificate_octets
                .get_or_create(&labels)
                .set(gauge(size.octets));
            self.metrics
                .answers_kept
                .get_or_create(&labels)
                .set(gauge(size.answers));
            if let Some(responder) = &issuer.responder {
                self.metrics
                    .responder_not_after
                    .get_or_create(&labels)
                    .set(responder.certificate().not_after());
            }
        }
        self.lists.measure(&self.metrics);
    }

    /// Takes an authority up, or its new responder. Answers of the responder before are forgotten.
    pub fn take_up(&self, name: Authority, certificate: Certificate, responder: Option<Responder<Arc<SoftwareKey>>>) {
        let register = self.status.register(&name);
        register.forget_answers();
        let kept = |answer| {
            let labels = metrics::Ocsp {
                authority: name.0.clone(),
                answer,
                signed: "kept",
            };
            self.metrics.ocsp.get_or_create_owned(&labels)
        };
        let issuer = Issuer {
            etag: etag(&certificate.fingerprint()),
            kept_good: kept("good"),
            kept_revoked: kept("revoked"),
            certificate,
            responder,
            register,
            name,
        };
        self.issuers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(issuer.name.0.clone(), Arc::new(issuer));
    }

    pub(crate) fn issuer(&self, name: &str) -> Option<Arc<Issuer>> {
        self.issuers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    pub(crate) fn issuers(&self) -> Vec<Arc<Issuer>> {
        self.issuers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    fn crl(&self, request: &Request<Incoming>, now: Instant) -> Response<Body> {
        let list = crl::Name::parse(place_of(request, Place::Crl)).and_then(|name| self.lists.list(&name));
        let Some(list) = list else {
            return refused(StatusCode::NOT_FOUND, "there is no such list\n");
        };
        let List {
            der,
            number: _,
            this_update,
            next_update,
            etag,
        } = &*list;
        let document = Document {
            der: der.clone(),
            etag: etag.clone(),
            changed: http_date(*this_update),
            kind: "application/pkix-crl",
        };
        document.response(
            request,
            Freshness {
                now,
                until: *next_update,
                at_most: self.policy.max_age,
            },
        )
    }

    fn certificate(&self, request: &Request<Incoming>, now: Instant) -> Response<Body> {
        let issuer = place_of(request, Place::Certificate)
            .strip_suffix(".cer")
            .and_then(|name| self.issuer(name));
        let Some(issuer) = issuer else {
            return refused(StatusCode::NOT_FOUND, "there is no such authority\n");
        };
        let document = Document {
            der: Bytes::copy_from_slice(issuer.certificate.der()),
            etag: issuer.etag.clone(),
            changed: http_date(Instant(issuer.certificate.not_before())),
            kind: "application/pkix-cert",
        };
        let until = Instant(issuer.certificate.not_after());
        document.response(
            request,
            Freshness {
                now,
                until,
                at_most: A_DAY,
            },
        )
    }
}

impl Issuer {
    fn kept(&self, said: &str) -> &Counter {
        if said == "good" {
            &self.kept_good
        } else {
            &self.kept_revoked
        }
    }
}

/// Something that others may keep.
struct Document {
    der: Bytes,
    etag: HeaderValue,
    changed: HeaderValue,
    kind: &'static str,
}

/// How long others may keep it: `at_most`, and never up to `until` (RFC 5019 §6.2, INTERFACES).
#[derive(Clone, Copy)]
struct Freshness {
    now: Instant,
    until: Instant,
    at_most: Duration,
}

impl Freshness {
    fn seconds(self) -> i64 {
        let most = i64::try_from(self.at_most.as_secs()).unwrap_or(i64::MAX);
        most.min(self.until.0 - self.now.0 - 1).max(0)
    }
}

impl Document {
    fn response<B>(self, request: &Request<B>, freshness: Freshness) -> Response<Body> {
        let unchanged = request
            .headers()
            .get(IF_NONE_MATCH)
            .is_some_and(|known| names(known, &self.etag));
        let mut response = Response::new(Full::from(if unchanged { Bytes::new() } else { self.der }));
        let headers = response.headers_mut();
        if !unchanged {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        }
        let seconds = freshness.seconds();
        headers.insert(ETAG, self.etag);
        headers.insert(LAST_MODIFIED, self.changed);
        headers.insert(EXPIRES, http_date(freshness.now.plus_seconds(seconds)));
        headers.insert(CACHE_CONTROL, cache_control(seconds));
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    }
}

/// What stands behind the place's prefix.
fn place_of<B>(request: &Request<B>, place: Place) -> &str {
    request.uri().path().strip_prefix(place.prefix()).unwrap_or_default()
}

fn read_only<B>(request: &Request<B>) -> Option<Response<Body>> {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return None;
    }
    let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(response)
}

fn refused(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Full::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else {
        return false;
    };
    known
        .split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// A strong entity tag of a digest.
fn etag(digest: &[u8]) -> HeaderValue {
    let mut text = String::with_capacity(34);
    text.push('"');
    // Writing to a String does not fail.
    for octet in digest.iter().take(16) {
        let _ = write!(text, "{octet:02x}");
    }
    text.push('"');
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}

fn cache_control(seconds: i64) -> HeaderValue {
    let text = format!("max-age={seconds}, public, no-transform, must-revalidate");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("no-store"))
}

/// `Sat, 21 Nov 2026 11:04:01 GMT` (RFC 9110 §5.6.7).
fn http_date(at: Instant) -> HeaderValue {
    let days = i32::try_from(at.0.div_euclid(86_400)).unwrap_or(0);
    let second = at.0.rem_euclid(86_400);
    let (day, date) = (Day(days), Day(days).date());
    let weekday = match day.weekday() {
        Weekday::Sunday => "Sun",
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
    };
    let month = MONTHS.get(usize::from(date.month) - 1).copied().unwrap_or_default();
    let text = format!(
        "{weekday}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
        date.day,
        date.year,
        second / 3_600,
        second / 60 % 60,
        second % 60
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("0"))
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const A_DAY: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        assert_eq!(http_date(Instant(784_111_777)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(Instant(951_782_400)), "Tue, 29 Feb 2000 00:00:00 GMT");
    }

    #[test]
    fn what_may_be_kept_ends_before_the_next_update() {
        let freshness = |now, until| Freshness {
            now: Instant(now),
            until: Instant(until),
            at_most: Duration::from_mins(5),
        };
        assert_eq!(freshness(0, 10_000).seconds(), 300);
        assert_eq!(freshness(0, 200).seconds(), 199);
        assert_eq!(freshness(500, 200).seconds(), 0);
    }
}
