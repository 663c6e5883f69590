//! Which part of the node answers a request. Validation comes first and without the web framework.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ConnectInfo;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::ready::Ready;
use crate::config::{Listen, Serves};
use crate::enrolment::{self, Enrolment, Peer};
use crate::metrics::{self, Metrics};
use crate::validation::{self, Validation};

/// The body of an answer: whole from validation, whatever the framework makes from the portal.
pub(super) type Answer = Either<validation::Body, axum::body::Body>;

/// Everything that can be reached on this node.
pub(super) struct Site {
    pub(super) portal: Option<axum::Router>,
    pub(super) validation: Option<Arc<Validation>>,
    pub(super) enrolment: Option<Enrolment>,
    pub(super) metrics: Metrics,
    pub(super) ready: Ready,
    pub(super) ids: RequestIds,
}

/// Where a request came in, and from whom.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) listen: &'a Listen,
    pub(super) peer: SocketAddr,
    /// As which terminal, where TLS has shown one.
    pub(super) terminal: Option<&'a Peer>,
}

/// Who asks: the peer, or, where that is a proxy of ours, whom it names last; what stands before that anyone may have
/// written.
fn asker<B>(request: &Request<B>, visit: Visit<'_>) -> SocketAddr {
    if !visit.listen.behind.contains(&visit.peer.ip().to_canonical()) {
        return visit.peer;
    }
    let last = request.headers().get_all("x-forwarded-for").iter().next_back();
    let named = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    named.map_or(visit.peer, |address| SocketAddr::new(address, 0))
}

/// Names a request in the log and in its answer, so that a person can tell an operator which one it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// A random beginning for this process and a number for each request.
pub(super) struct RequestIds {
    beginning: u32,
    given: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(random: [u8; 4]) -> Self {
        Self {
            beginning: u32::from_be_bytes(random),
            given: AtomicU64::new(0),
        }
    }

    fn next(&self) -> RequestId {
        RequestId(format!(
            "{:08x}-{:x}",
            self.beginning,
            self.given.fetch_add(1, Ordering::Relaxed)
        ))
    }
}

impl Site {
    pub(super) async fn answer(&self, request: Request<Incoming>, visit: Visit<'_>) -> Response<Answer> {
        let path = request.uri().path().to_owned();
        let surface = Surface::of(&path);
        let (name, response) = match surface {
            Surface::Enrolment(place) => match &self.enrolment {
                Some(enrolment) if visit.listen.serves(Serves::Enrolment) => {
                    ("enrolment", self.enrolled(enrolment, place, request, visit).await)
                }
                _ => ("none", nothing_here()),
            },
            Surface::Validation(_) if !visit.listen.serves(Serves::Validation) => ("none", nothing_here()),
            Surface::Validation(place) => match &self.validation {
                Some(validation) => (place.name(), validation.answer(place, request).await.map(Either::Left)),
                None => ("none", nothing_here()),
            },
            Surface::Health => ("operation", plain(StatusCode::OK, "alive\n".to_owned())),
            Surface::Readiness => ("operation", self.readiness().await),
            Surface::Metrics if visit.listen.serves(Serves::Metrics) => ("operation", self.metrics(request.method())),
            Surface::Metrics => ("none", nothing_here()),
            Surface::Portal => match &self.portal {
                Some(portal) if visit.listen.serves(Serves::Portal) => {
                    ("portal", self.page(portal, request, visit).await)
                }
                _ => ("none", nothing_here()),
            },
        };
        let counted = metrics::Request {
            surface: name,
            status: response.status().as_u16(),
        };
        self.metrics.requests.get_or_create(&counted).inc();
        response
    }

    async fn enrolled(
        &self,
        enrolment: &Enrolment,
        place: enrolment::Place<'_>,
        request: Request<Incoming>,
        visit: Visit<'_>,
    ) -> Response<Answer> {
        let id = self.ids.next();
        let span = tracing::info_span!("request", id = %id.0, method = %request.method(), path = request.uri().path());
        let caller = enrolment::Caller {
            address: asker(&request, visit).ip(),
            peer: visit.terminal.cloned(),
        };
        let answered = async {
            let response = enrolment.answer(place, request, caller).await;
            tracing::info!(status = response.status().as_u16(), "answered");
            response
        };
        // Its decisions are many, and other requests shall not carry them about.
        Box::pin(answered.instrument(span)).await.map(Either::Left)
    }

    pub(super) fn too_slow() -> Response<Answer> {
        let mut response = plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "this took too long; please try again\n".to_owned(),
        );
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("5"));
        response
    }

    async fn page(&self, portal: &axum::Router, request: Request<Incoming>, visit: Visit<'_>) -> Response<Answer> {
        let id = self.ids.next();
        let span = tracing::info_span!("request", id = %id.0, method = %request.method(), path = request.uri().path());
        let named = HeaderValue::from_str(&id.0);
        let mut request = request.map(axum::body::Body::new);
        let asker = asker(&request, visit);
        request.extensions_mut().insert(ConnectInfo(asker));
        request.extensions_mut().insert(id);
        let answered = async {
            let response = match portal.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            tracing::info!(status = response.status().as_u16(), "answered");
            response
        };
        let mut response = answered.instrument(span).await.map(Either::Right);
        if let Ok(named) = named {
            response
                .headers_mut()
                .insert(HeaderName::from_static("x-request-id"), named);
        }
        response
    }

    async fn readiness(&self) -> Response<Answer> {
        match self.ready.asked(self.validation.as_deref()).await {
            Ok(()) => plain(StatusCode::OK, "ready\n".to_owned()),
            Err(reason) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
        }
    }

    fn metrics(&self, method: &Method) -> Response<Answer> {
        if method != Method::GET {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".to_owned());
        }
        if let Some(validation) = &self.validation {
            validation.measure();
        }
        let mut response = plain(StatusCode::OK, self.metrics.text());
        let openmetrics = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, openmetrics);
        response
    }
}

/// What a path asks for. These names are reserved: no office is called like that.
#[derive(Clone, Copy)]
enum Surface<'a> {
    Validation(validation::Place),
    Enrolment(enrolment::Place<'a>),
    Health,
    Readiness,
    Metrics,
    Portal,
}

impl<'a> Surface<'a> {
    fn of(path: &'a str) -> Self {
        if let Some(place) = validation::Place::of(path) {
            return Self::Validation(place);
        }
        if let Some(place) = enrolment::Place::of(path) {
            return Self::Enrolment(place);
        }
        match path {
            "/healthz" => Self::Health,
            "/readyz" => Self::Readiness,
            "/metrics" => Self::Metrics,
            _ => Self::Portal,
        }
    }
}

fn nothing_here() -> Response<Answer> {
    plain(StatusCode::NOT_FOUND, "nothing is here\n".to_owned())
}

fn plain(status: StatusCode, text: String) -> Response<Answer> {
    let mut response = Response::new(Either::Left(validation::Body::from(Full::from(Bytes::from(text)))));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_is_believed_of_our_own_proxy_alone() {
        let listen = Listen {
            address: ([127, 0, 0, 1], 8080).into(),
            serves: vec![Serves::Portal],
            tls: None,
            behind: vec![[10, 0, 0, 1].into()],
        };
        let asked = |peer: [u8; 4], header: &str| {
            let request = Request::builder().header("x-forwarded-for", header).body(()).unwrap();
            let visit = Visit {
                listen: &listen,
                peer: (peer, 9).into(),
                terminal: None,
            };
            asker(&request, visit).ip().to_string()
        };
        assert_eq!(asked([10, 0, 0, 1], "203.0.113.7"), "203.0.113.7");
        assert_eq!(
            asked([10, 0, 0, 1], "198.51.100.1, 203.0.113.7"),
            "203.0.113.7",
            "the first is anybody's word"
        );
        assert_eq!(asked([10, 0, 0, 1], "2001:db8::7"), "2001:db8::7");
        assert_eq!(asked([10, 0, 0, 1], "nonsense"), "10.0.0.1");
        assert_eq!(
            asked([10, 0, 0, 2], "203.0.113.7"),
            "10.0.0.2",
            "a stranger names nobody"
        );
    }
}
