//! Who may speak to the agent: this computer's own user, through pages of the agent itself (A3, A4).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use wire::code::Code;

use crate::origin::Origin;
use crate::pages;

/// The port on which this agent listens, for the comparison with `Host`.
#[derive(Clone, Copy)]
pub(crate) struct Port(pub(crate) u16);

/// Which portal a page's forms may lead to, beside the agent itself.
#[derive(Clone)]
pub(crate) struct LeadsTo(pub(crate) Origin);

/// Lets a request in or turns it away, and dresses every answer.
pub(crate) async fn guard(State(port): State<Port>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    // The path alone: a query may hold an id, a header a cookie, a body a PIN.
    let path = request.uri().path().to_owned();
    let mut response = match judge(port, &method, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(turned_away) => pages::turned_away(turned_away, request.headers()).into_response(),
    };
    dress(&mut response);
    tracing::debug!(%method, path, status = response.status().as_u16(), "served");
    response
}

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// A name that is not ours: another host's name was pointed at the loopback (DNS rebinding).
    Host,
    /// Sent by a page that is not ours.
    Foreign,
    /// Neither GET nor POST.
    Method,
}

impl TurnedAway {
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Host | Self::Foreign | Self::Method => Code::Origin,
        }
    }
}

fn judge(port: Port, method: &Method, headers: &HeaderMap) -> Result<(), TurnedAway> {
    let host = single(headers, &header::HOST).ok_or(TurnedAway::Host)?;
    if host != format!("127.0.0.1:{}", port.0) && host != format!("[::1]:{}", port.0) {
        return Err(TurnedAway::Host);
    }
    let site = single(headers, &SEC_FETCH_SITE);
    let says = |name: &HeaderName| headers.contains_key(name);
    match *method {
        // A GET navigation has no Origin and may come from a portal; nothing else may come from elsewhere.
        Method::GET | Method::HEAD => match site {
            None if !says(&SEC_FETCH_SITE) => Ok(()),
            Some("same-origin" | "none") => Ok(()),
            _ => {
                let navigates = single(headers, &SEC_FETCH_MODE) == Some("navigate")
                    && single(headers, &SEC_FETCH_DEST) == Some("document");
                navigates.then_some(()).ok_or(TurnedAway::Foreign)
            }
        },
        Method::POST => {
            let own = format!("http://{host}");
            let from = single(headers, &header::ORIGIN).ok_or(TurnedAway::Foreign)?;
            let same_site = match site {
                None => !says(&SEC_FETCH_SITE),
                Some(site) => site == "same-origin",
            };
            (from == own && same_site).then_some(()).ok_or(TurnedAway::Foreign)
        }
        _ => Err(TurnedAway::Method),
    }
}

/// The value of a header that stands once; twice is as good as absent.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn dress(response: &mut Response) {
    let portal = response.extensions_mut().remove::<LeadsTo>();
    let target = portal.map_or_else(String::new, |LeadsTo(portal)| format!(" {portal}"));
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'{target}"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        // `no-referrer` would turn our own POST into `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Shared state of the pages, for the handlers.
pub(crate) type Held = Arc<crate::local::Local>;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
