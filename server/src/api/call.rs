//! A call: whose it is, what it may, how often, and whether it was made before.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, OriginalUri, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, on};
use casework::identity::{Digest, OfficerId};
use casework::officer::Role;
use casework::time::Instant;
use std::net::IpAddr;
use std::sync::Arc;
use wire::api::Scope;
use wire::code::Code;
use wire::office::Language;

use super::idempotency::Key;
use super::input::Part;
use super::operation::{Door, Operation, Work};
use super::problem::No;
use crate::catalogue::Words;
use crate::desk::officer::Acting;
use crate::desk::revocation::Revocation;
use crate::desk::{Actor, CaseId, Desk};
use crate::kiosk::{self, Asked, EnrolledKiosk, Signed};
use crate::office::Office;
use crate::portal::Portal;
use crate::portal::page::Page;
use crate::portal::session::{hashed, unhex};
use crate::portal::visit::{address, read_within};
use crate::store::{Store, TokenRow};

/// A call of an operation.
pub(super) struct Call {
    pub(super) portal: Portal,
    pub(super) now: Instant,
    pub(super) from: IpAddr,
    caller: Option<Caller>,
    kiosk: Option<EnrolledKiosk>,
    case_key: Option<String>,
    path: Vec<(String, String)>,
    query: Option<String>,
    seen: Option<i64>,
    key: Option<Key>,
    success: StatusCode,
}

/// Whose program it is.
pub(super) struct Caller {
    pub(super) acting: Acting,
    /// The token's row.
    pub(super) row: TokenRow,
    /// The token itself, for what only its holder may read.
    pub(super) secret: String,
}

/// The route of an operation.
pub(super) fn route(operation: Arc<Operation>) -> MethodRouter<Portal> {
    if let Work::Route(route) = &operation.work {
        return (**route).clone();
    }
    on(
        operation.filter(),
        move |State(portal): State<Portal>, request: Request| {
            let operation = Arc::clone(&operation);
            async move {
                answer(&operation, portal, request)
                    .await
                    .unwrap_or_else(IntoResponse::into_response)
            }
        },
    )
}

async fn answer(operation: &Arc<Operation>, portal: Portal, request: Request) -> Result<Response, No> {
    let (mut parts, body) = request.into_parts();
    let from = address(&parts);
    let portal = portal.asked_from(from.into());
    let path = path_of(&mut parts, &portal).await;
    let (mut caller, mut signed, mut case_key) = (None, None, None);
    match operation.door {
        Door::Open => portal.gauge().stranger(from).map_err(No::too_often)?,
        Door::Token(scope) => caller = Some(self::caller(&portal, &parts.headers, from, scope).await?),
        Door::Kiosk => signed = Some(by_kiosk(&portal, &parts, part(&path, "office"), from).await?),
        Door::CaseKey => case_key = Some(self::case_key(&portal, &parts.headers, from)?),
    }
    acceptable(&parts.headers, operation.kind)?;
    let octets = body_of(operation, &parts.headers, body).await?;
    let kiosk = signed.map(|signed| signed.over(&octets)).transpose()?;
    let seen = seen(operation, &parts.headers)?;
    let key = match &caller {
        Some(caller) if operation.writes() => Key::of(&parts, &octets, &caller.secret)?,
        _ => None,
    };
    let call = Call {
        now: portal.clock().now(),
        from,
        caller,
        kiosk,
        case_key,
        path,
        query: parts.uri.query().map(str::to_owned),
        seen,
        success: operation.success,
        key: key.clone(),
        portal: portal.clone(),
    };
    if let Some(caller) = &call.caller
        && call
            .path
            .iter()
            .any(|(name, value)| name == "office" && *value != caller.acting.office)
    {
        // Another office is not there, whatever it has (A17).
        return Err(No::not_found());
    }
    if let Ok(office) = call.office()
        && !office.offers(noun_of(operation.path))
    {
        return Err(No::not_found());
    }
    let Work::Call(_) = &operation.work else {
        return Err(No::not_found());
    };
    let operation = Arc::clone(operation);
    let work = async move {
        match &operation.work {
            Work::Call(work) => work(call, octets).await,
            Work::Route(_) => Err(No::not_found()),
        }
    };
    match key {
        Some(key) => key.once(&portal, work).await,
        None => work.await,
    }
}

impl Call {
    pub(super) fn desk(&self) -> &Desk {
        self.portal.desk()
    }

    pub(super) fn store(&self) -> &Store {
        self.portal.store()
    }

    pub(super) fn success(&self) -> StatusCode {
        self.success
    }

    pub(super) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The office of the address.
    pub(super) fn office(&self) -> Result<Arc<Office>, No> {
        self.desk().office(self.part("office")).ok_or_else(No::not_found)
    }

    /// Whose program it is, where the operation has a scope.
    pub(super) fn caller(&self) -> Result<&Caller, No> {
        self.caller.as_ref().ok_or_else(No::no_token)
    }

    /// Which kiosk it is, where the operation is for kiosks.
    pub(super) fn kiosk(&self) -> Result<&EnrolledKiosk, No> {
        self.kiosk.as_ref().ok_or_else(No::no_kiosk)
    }

    /// The key of the case that the address names, where this is its hash. Anything else finds nothing (A17), and pays for
    /// its next guess.
    pub(super) fn case_key(&self, hash: Option<[u8; 32]>) -> Result<String, No> {
        let key = self.case_key.as_deref().ok_or_else(No::no_token)?;
        let own = hashed(key.as_bytes());
        if hash.is_some_and(|hash| verify_slices_are_equal(&hash, &own).is_ok()) {
            self.portal.gauge().meet(own);
            Ok(key.to_owned())
        } else {
            self.portal.gauge().part(own);
            Err(No::not_found())
        }
    }

    pub(super) fn acting(&self) -> Result<&Acting, No> {
        Ok(&self.caller()?.acting)
    }

    /// As the desk records who asks.
    pub(super) fn actor(&self) -> Result<Actor<'static>, No> {
        let caller = self.caller()?;
        Ok(Actor::Program {
            id: caller.acting.officer.id,
            token: caller.row.id,
        })
    }

    /// The account needs one of these roles for what is read; the desk asks by itself for what is done.
    pub(super) fn must(&self, roles: &[Role]) -> Result<(), No> {
        let officer = &self.acting()?.officer;
        match roles {
            [] => Ok(()),
            [first, ..] => {
                if roles.iter().any(|role| officer.roles.contains(*role)) {
                    Ok(())
                } else {
                    officer.must(*first).map_err(No::from)
                }
            }
        }
    }

    /// A part of the address.
    pub(super) fn part(&self, name: &str) -> &str {
        part(&self.path, name)
    }

    /// An id of the address. What is none names nothing.
    pub(super) fn id(&self, name: &str) -> Result<[u8; 16], No> {
        id_of(self.part(name)).ok_or_else(No::not_found)
    }

    /// A digest of the address.
    pub(super) fn digest(&self, name: &str) -> Result<Digest, No> {
        lower_hex(self.part(name)).map(Digest).ok_or_else(No::not_found)
    }

    /// What was relied on is what is there.
    pub(super) fn is_seen(&self, version: i64) -> Result<(), No> {
        match self.seen {
            Some(seen) if seen != version => Err(No::of(StatusCode::PRECONDITION_FAILED, Code::Stale, &[])),
            _ => Ok(()),
        }
    }

    /// The version that If-Match names.
    pub(super) fn seen(&self) -> Option<i64> {
        self.seen
    }

    /// Random octets for what is made. A repeated request draws the same: what a crash left half done is found again.
    pub(super) fn draw<const N: usize>(&self, purpose: &str) -> [u8; N] {
        match &self.key {
            Some(key) => key.draw(purpose),
            None => self.portal.chance().octets(),
        }
    }

    /// A page's frame, for what pages say in one language.
    pub(super) fn page(&self, office: &Arc<Office>, language: Language) -> Page {
        Page {
            bidder: None,
            user: None,
            words: Words::of(language),
            office: Some(Arc::clone(office)),
            session: None,
            path: String::new(),
            idle: 0,
            now: self.now,
        }
    }
}

/// What stands behind the office in an operation's path.
fn noun_of(path: &str) -> &str {
    path.strip_prefix("/offices/{office}/")
        .map_or("", |rest| rest.split('/').next().unwrap_or_default())
}

/// Lower-case hexadecimal alone: one name for each thing.
pub(super) fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.bytes().any(|octet| octet.is_ascii_uppercase()) {
        return None;
    }
    unhex(text)
}

/// Whose token it is, if it is worth anything at this moment and for this.
async fn caller(portal: &Portal, headers: &HeaderMap, from: IpAddr, scope: Scope) -> Result<Caller, No> {
    let Some(secret) = bearer(headers) else {
        portal.gauge().stranger(from).map_err(No::too_often)?;
        return Err(No::no_token());
    };
    let hash = hashed(secret.as_bytes());
    portal.gauge().named(hash, from).map_err(No::too_often)?;
    let now = portal.clock().now();
    let row = portal.store().token(hash).await?;
    let Some(row) = row.filter(|row| row.holds(now)) else {
        portal.gauge().part(hash);
        return Err(No::dead_token());
    };
    portal.gauge().meet(hash);
    portal.gauge().token(row.id).map_err(No::too_often)?;
    let acting = portal.desk().acting(row.officer).await?;
    let acting = acting
        .filter(|acting| acting.office == row.office)
        .ok_or_else(No::dead_token)?;
    if !row.scopes.contains(&scope) {
        return Err(No::out_of_scope(scope));
    }
    if row.used_at.is_none_or(|used| used.plus_seconds(HOUR) <= now) {
        portal.store().touch_token(row.id, now).await?;
    }
    Ok(Caller {
        acting,
        row,
        secret: secret.to_owned(),
    })
}

/// Which kiosk has signed it. One that is not met costs its guesser, and one that is met has a budget of its own.
async fn by_kiosk(portal: &Portal, parts: &Parts, office: &str, from: IpAddr) -> Result<Signed, No> {
    let claimed = parts.headers.get("signature-input").map(HeaderValue::as_bytes);
    let claimed = hashed(claimed.and_then(kiosk::claimed).unwrap_or_default());
    portal.gauge().named(claimed, from).map_err(No::too_often)?;
    let path = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |original| &original.0);
    let path = path.path_and_query().map_or("/", PathAndQuery::as_str);
    let asked = Asked {
        method: &parts.method,
        target: &format!("{}{path}", portal.site().origin),
        headers: &parts.headers,
    };
    match kiosk::signed(portal.store(), office, &asked, portal.clock().now()).await {
        Ok(signed) => {
            portal.gauge().meet(claimed);
            let [mark @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = signed.id().0;
            portal.gauge().token(mark).map_err(No::too_often)?;
            Ok(signed)
        }
        Err(not) => {
            portal.gauge().part(claimed);
            Err(not.into())
        }
    }
}

/// The key of a case, which is looked at with its case. One that was not met here costs whoever guesses.
fn case_key(portal: &Portal, headers: &HeaderMap, from: IpAddr) -> Result<String, No> {
    let Some(key) = bearer(headers) else {
        portal.gauge().stranger(from).map_err(No::too_often)?;
        return Err(No::no_token());
    };
    let hash = hashed(key.as_bytes());
    portal.gauge().named(hash, from).map_err(No::too_often)?;
    let [mark @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hash;
    portal.gauge().token(mark).map_err(No::too_often)?;
    Ok(key.to_owned())
}

fn part<'a>(path: &'a [(String, String)], name: &str) -> &'a str {
    let found = path.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

/// RFC 6750 §2.1: in the header, and nowhere else.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, secret) = values.next()?.to_str().ok()?.split_once(' ')?;
    let alone = values.next().is_none() && scheme.eq_ignore_ascii_case("bearer");
    Some(secret.trim()).filter(|secret| alone && !secret.is_empty())
}

/// RFC 9110 §12.5.1. Problems are sent whatever was asked for.
fn acceptable(headers: &HeaderMap, kind: &str) -> Result<(), No> {
    let mut asked = headers.get_all(header::ACCEPT).iter().peekable();
    if kind.is_empty() || asked.peek().is_none() {
        return Ok(());
    }
    let (main, _) = kind.split_once('/').unwrap_or((kind, ""));
    let fits = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let named = name == "*/*" || name.eq_ignore_ascii_case(kind);
        let whole = name
            .split_once('/')
            .is_some_and(|(asked, rest)| asked.eq_ignore_ascii_case(main) && (rest == "*" || kind.ends_with("/*")));
        !refused && (named || whole)
    };
    let any = asked
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| fits(range.trim()));
    if any {
        Ok(())
    } else {
        let why = format!("Accept: {kind}");
        Err(No::of(StatusCode::NOT_ACCEPTABLE, Code::Malformed, &[("why", &why)]))
    }
}

async fn body_of(operation: &Operation, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, No> {
    let octets = read_within(body, operation.most)
        .await
        .ok_or_else(|| No::too_large(operation.most))?;
    if operation.takes != Part::Body {
        return Ok(octets);
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let json = kind.is_some_and(|kind| {
        let name = kind.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("application/json")
    });
    if json {
        Ok(octets)
    } else {
        let why = [("why", "Content-Type: application/json")];
        Err(No::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::Malformed, &why))
    }
}

/// The version that the caller has seen (RFC 9110 §13.1.1), where something relies on it.
fn seen(operation: &Operation, headers: &HeaderMap) -> Result<Option<i64>, No> {
    let said = headers
        .get(header::IF_MATCH)
        .map(|said| said.to_str().unwrap_or_default());
    let version = |said: &str| said.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
    match said {
        None if operation.seen => Err(No::of(StatusCode::PRECONDITION_REQUIRED, Code::Stale, &[])),
        // Any version at all is none that was seen.
        Some("*") if operation.seen => Err(No::malformed("", "If-Match names a version")),
        None | Some("*") => Ok(None),
        // A weak or a foreign tag matches nothing.
        Some(said) => Ok(Some(version(said).unwrap_or(NONE))),
    }
}

async fn path_of(parts: &mut Parts, portal: &Portal) -> Vec<(String, String)> {
    let Ok(parameters) = RawPathParams::from_request_parts(parts, portal).await else {
        return Vec::new();
    };
    parameters
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// An id as addresses, bodies and `kagimori` write it, in small letters alone: one name for each thing.
pub(super) fn id_of(text: &str) -> Option<[u8; 16]> {
    let id = text.parse::<CaseId<Revocation>>().ok()?;
    (id.to_string() == text).then(|| id.octets())
}

/// An id as it is written.
pub(super) fn written(id: [u8; 16]) -> String {
    CaseId::<Revocation>::from_octets(id).to_string()
}

/// The account of an address or a body.
pub(super) fn officer_id(text: &str) -> Option<OfficerId> {
    id_of(text).map(OfficerId)
}

const HOUR: i64 = 3_600;
/// No case has this version.
const NONE: i64 = -1;
