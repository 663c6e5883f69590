//! A request of a browser, as every page needs it: the office, the language, the session, the time; and what ends it
//! early.

use axum::Form;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, OriginalUri, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::Refusal;
use casework::time::Instant;
use http_body_util::BodyExt as _;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use wire::code::Code;

use crate::catalogue::{Message, Words};
use crate::desk::Failure;
use crate::fault::Fault;
use crate::office::{Authority, Bidding, Office};
use crate::portal::bidding::Whose;
use crate::portal::limit::Wait;
use crate::portal::page::{Page, render};
use crate::portal::session::{Session, Visitor, hashed};
use crate::portal::{BODY_LIMIT, Portal, bidding, console, language, refusal, view};

/// A request of a browser.
pub(crate) struct Visit {
    pub(crate) portal: Portal,
    pub(crate) words: Words,
    pub(crate) now: Instant,
    pub(crate) visitor: Visitor,
    pub(crate) query: Option<String>,
    /// From where, for budgets alone.
    pub(crate) from: IpAddr,
    office: Option<Arc<Office>>,
    path: String,
    method: Method,
}

/// A form that was sent from a page of ours, in the session that the page was made for.
pub(crate) struct Post {
    pub(crate) visit: Visit,
    fields: Vec<(String, String)>,
}

/// The answer that ends a request early.
pub(crate) struct Stop(Box<Response>);

impl Visit {
    /// The office of the address. Its absence is an answer too, given before any page is made.
    pub(crate) fn office(&self) -> Result<Arc<Office>, Stop> {
        self.office.clone().ok_or_else(|| self.not_found())
    }

    /// What only a certification authority has. A page of such a thing is not there at any other office.
    pub(crate) fn authority(&self) -> Result<Arc<Authority>, Stop> {
        let office = self.office()?;
        office.authority().cloned().map_err(|_| self.not_found())
    }

    /// What only an ordering body has, in the same way.
    #[expect(dead_code, reason = "the pages of the ordering bodies come next")]
    pub(crate) fn bidding(&self) -> Result<Arc<Bidding>, Stop> {
        let office = self.office()?;
        office.bidding().cloned().map_err(|_| self.not_found())
    }

    /// The session, where one is needed.
    pub(crate) fn session(&self) -> Result<&Session, Stop> {
        match &self.visitor {
            Visitor::Known(session) => Ok(session),
            Visitor::Late => {
                let mut stop = self.problem(StatusCode::CONFLICT, Code::Timeout, &[]);
                stop.0
                    .headers_mut()
                    .append(header::SET_COOKIE, self.portal.cookie().clear());
                Err(stop)
            }
            // The cookie that it has by now must not be taken from it.
            Visitor::Former(_) => Err(self.problem(StatusCode::CONFLICT, Code::Timeout, &[])),
            Visitor::Stranger => Err(self.problem(StatusCode::CONFLICT, Code::Stale, &[])),
        }
    }

    /// The session on the way back from the agent, by its token or for a minute by the one before: the answer that
    /// brought the new one may be the one that was lost.
    pub(crate) fn session_or_former(&self) -> Result<&Session, Stop> {
        match &self.visitor {
            Visitor::Known(session) | Visitor::Former(session) => Ok(session),
            Visitor::Late => Err(self.problem(StatusCode::CONFLICT, Code::Timeout, &[])),
            Visitor::Stranger => self.session(),
        }
    }

    /// A value of the query.
    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        let query = self.query.as_deref()?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The address, as a page may lead back to it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether a page was asked for, and nothing sent.
    pub(crate) fn is_page(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }

    /// The frame of the page that answers.
    pub(crate) fn page(&self) -> Page {
        let csrf = match &self.visitor {
            Visitor::Known(session) => Some(session.csrf()),
            Visitor::Stranger | Visitor::Late | Visitor::Former(_) => None,
        };
        self.page_with(csrf)
    }

    /// The frame of a page for a session that began, or ended, just now.
    pub(crate) fn page_with(&self, csrf: Option<String>) -> Page {
        Page {
            words: self.words,
            office: self.office.clone(),
            session: csrf,
            path: self.path.clone(),
            idle: self.portal.site().idle,
            now: self.now,
            bidder: None,
            user: None,
        }
    }

    /// A page that says what happened and what to do.
    pub(crate) fn problem(&self, status: StatusCode, code: Code, values: &[(&str, &str)]) -> Stop {
        self.told(status, self.words.message(code, values))
    }

    /// The desk did not do it.
    pub(crate) fn failed(&self, failure: &Failure) -> Stop {
        match failure {
            Failure::Refused(no) => self.refused(no),
            Failure::Fault(fault) => self.fault(fault),
        }
    }

    /// The rules say no.
    pub(crate) fn refused(&self, no: &Refusal) -> Stop {
        let (status, message) = refusal::refused(self.words, no);
        self.told(status, message)
    }

    /// The world failed. Where a commit's outcome is not known, that is never called a failure (DOMAIN §3.6).
    pub(crate) fn fault(&self, fault: &Fault) -> Stop {
        let code = match fault {
            Fault::Unknown { .. } => Code::NetUnknown,
            Fault::Unreachable { .. }
            | Fault::Contended
            | Fault::Storage { .. }
            | Fault::Corrupt { .. }
            | Fault::Bug(_) => Code::Fault,
        };
        // What was searched stands in the query, and in no log.
        let path = self.path.split('?').next();
        tracing::error!(%fault, path, "a page could not be made");
        self.problem(StatusCode::SERVICE_UNAVAILABLE, code, &[])
    }

    /// Nothing here for this session: the same answer whether or not it exists for another one (A17, A55).
    pub(crate) fn not_found(&self) -> Stop {
        self.problem(StatusCode::NOT_FOUND, Code::NotFound, &[])
    }

    /// To another page of the procedure.
    pub(crate) fn to(&self, page: &str) -> Result<Response, Stop> {
        let office = self.office()?;
        Ok(Redirect::to(&format!("/{}/revocation{page}", office.id)).into_response())
    }

    /// A message, with what is to be done about it at this kind of office.
    pub(crate) fn told(&self, status: StatusCode, message: Message) -> Stop {
        self.told_of(Whose::Registered, status, message)
    }

    /// The same, where it may be about a card that is to be registered.
    pub(crate) fn told_of(&self, whose: Whose, status: StatusCode, message: Message) -> Stop {
        let bidders = self.office.as_ref().is_some_and(|office| office.bidding().is_ok());
        let of_the_office = self.path.starts_with("/console/");
        if bidders && !of_the_office {
            self.told_as_it_is(status, bidding::advised(self.words, whose, message))
        } else {
            self.told_as_it_is(status, message)
        }
    }

    /// A message that says itself what is to be done.
    pub(crate) fn told_as_it_is(&self, status: StatusCode, message: Message) -> Stop {
        let paper = matches!(
            message.code,
            Code::RevLate | Code::Online | Code::CertNotyet | Code::PinLockedAos
        );
        let page = self.page();
        if let Some(office) = &self.office
            && self.path.starts_with("/console/")
        {
            return console::problem(status, page, office, message).into();
        }
        let paper = paper && self.office.as_ref().is_none_or(|office| office.bidding().is_err());
        Stop(Box::new(render(status, &view::Problem { page, message, paper })))
    }

    /// Opens a request: session, office and language; a budget is spent.
    pub(crate) async fn open(parts: &mut Parts, portal: &Portal) -> Result<Self, Stop> {
        let now = portal.clock().now();
        let query = parts.uri.query().map(str::to_owned);
        let mut visit = Self {
            portal: portal.asked_from(address(parts).into()),
            words: Words::of(language::of(&parts.headers, query.as_deref())),
            now,
            visitor: Visitor::Stranger,
            query,
            from: address(parts),
            office: None,
            path: address_of(parts),
            method: parts.method.clone(),
        };
        let token = portal.cookie().read(&parts.headers);
        if let Some(token) = token {
            let named = portal.gauge().named(hashed(token.as_bytes()), address(parts));
            named.map_err(|wait| visit.too_often(wait))?;
        }
        visit.visitor = portal.visitor(token, now).await.map_err(|fault| visit.fault(&fault))?;
        let spent = match &visit.visitor {
            Visitor::Known(session) | Visitor::Former(session) => {
                if let Some(token) = token {
                    portal.gauge().meet(hashed(token.as_bytes()));
                }
                portal.gauge().session(session.row.mark)
            }
            // A cookie that leads nowhere has paid already, unless it led somewhere a moment ago.
            Visitor::Late => {
                if let Some(token) = token {
                    portal.gauge().part(hashed(token.as_bytes()));
                }
                Ok(())
            }
            Visitor::Stranger => portal.gauge().stranger(address(parts)),
        };
        spent.map_err(|wait| visit.too_often(wait))?;
        let named = match RawPathParams::from_request_parts(parts, portal).await {
            Ok(parameters) => parameters
                .iter()
                .find_map(|(name, value)| (name == "office").then(|| value.to_owned())),
            Err(_) => None,
        };
        if let Some(named) = named {
            // A procedure that this kind of office does not have is not there, whatever else its pages would say.
            let offered = portal
                .office(&named)
                .filter(|office| office.offers(noun_of(&visit.path)));
            visit.office = Some(offered.ok_or_else(|| visit.not_found())?);
        }
        Ok(visit)
    }

    pub(crate) fn too_often(&self, Wait(seconds): Wait) -> Stop {
        let mut stop = self.problem(StatusCode::TOO_MANY_REQUESTS, Code::Limit, &[]);
        stop.0
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        stop
    }
}

impl Post {
    /// A field of the form, empty where it was not sent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value.as_str()))
            .unwrap_or_default()
    }
}

impl FromRequestParts<Portal> for Visit {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Stop> {
        Self::open(parts, portal).await
    }
}

impl FromRequest<Portal> for Post {
    type Rejection = Stop;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::open(&mut parts, portal).await?;
        let fields = read_form(&visit, parts, body).await?;
        let post = Self { visit, fields };
        // A form of another session, or of this one before its token changed, is a page out of date (A45).
        if post.visit.session()?.is_own_form(post.field("csrf")) {
            Ok(post)
        } else {
            Err(post.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))
        }
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl Stop {
    /// The answer also sets this cookie.
    pub(crate) fn set_cookie(&mut self, cookie: HeaderValue) {
        self.0.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

/// The fields of a form that came from a page of ours.
pub(crate) async fn read_form(visit: &Visit, parts: Parts, body: Body) -> Result<Vec<(String, String)>, Stop> {
    is_from_here(visit, &parts)?;
    fields_of(visit, parts, body, BODY_LIMIT).await
}

/// Whether something was sent from a page of ours.
pub(crate) fn is_from_here(visit: &Visit, parts: &Parts) -> Result<(), Stop> {
    if same_origin(&parts.headers, &visit.portal.site().origin) {
        Ok(())
    } else {
        Err(visit.problem(StatusCode::FORBIDDEN, Code::Origin, &[]))
    }
}

/// The fields of a form of at most so many octets.
pub(crate) async fn fields_of(
    visit: &Visit,
    parts: Parts,
    body: Body,
    most: usize,
) -> Result<Vec<(String, String)>, Stop> {
    let Some(octets) = read_within(body, most).await else {
        let said = format!("{} KiB", most >> 10);
        return Err(visit.problem(StatusCode::PAYLOAD_TOO_LARGE, Code::Size, &[("limit", &said)]));
    };
    let request = Request::from_parts(parts, Body::from(octets));
    match Form::<Vec<(String, String)>>::from_request(request, &()).await {
        Ok(Form(fields)) => Ok(fields),
        Err(_) => Err(visit.problem(StatusCode::BAD_REQUEST, Code::Stale, &[])),
    }
}

/// A body of the usual length.
pub(crate) async fn read_body(body: Body) -> Option<Vec<u8>> {
    read_within(body, BODY_LIMIT).await
}

/// A body within a limit. What goes beyond is read and dropped up to a bound, since a browser shows the answer only
/// after it could send everything.
pub(crate) async fn read_within(mut body: Body, most: usize) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > DRAINED {
            return None;
        }
        if seen <= most {
            octets.extend_from_slice(&data);
        }
    }
    (seen <= most).then_some(octets)
}

/// Every browser names the origin of a POST; where it does not, nothing is taken. `Sec-Fetch-Site` must agree if it is
/// there.
fn same_origin(headers: &HeaderMap, origin: &str) -> bool {
    let named = headers
        .get(header::ORIGIN)
        .is_some_and(|named| named.as_bytes() == origin.as_bytes());
    let site = headers
        .get("sec-fetch-site")
        .is_none_or(|site| site.as_bytes() == b"same-origin");
    named && site
}

/// The address of the page, for coming back after the language was switched: what it says of the
/// language is left out, and a one-time code stands on no page.
fn address_of(parts: &Parts) -> String {
    // Where routers are nested, the URI of the request has lost the outer part.
    let uri = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |OriginalUri(uri)| uri);
    let pairs = uri.query().unwrap_or_default().split('&');
    let pairs: Vec<&str> = pairs
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && !pair.starts_with("code="))
        .collect();
    if pairs.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), pairs.join("&"))
    }
}

/// What stands behind the office in an address: `revocation` in `/mihon-ca/revocation/card`, `paper` in
/// `/console/mihon-ca/paper`.
fn noun_of(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/console").unwrap_or(path);
    path.split('/').nth(2).unwrap_or_default()
}

pub(crate) fn address(parts: &Parts) -> IpAddr {
    match parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        Some(ConnectInfo(address)) => address.ip(),
        // Without a connection behind it (a test) everybody is one stranger.
        None => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

const DRAINED: usize = 16 << 20;
