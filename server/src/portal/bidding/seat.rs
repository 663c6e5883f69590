//! The seat of a bidder: which registration somebody is logged in to, asked anew at every request.
//!
//! A page behind the login takes [`Seat`], a form [`SeatPost`]. There is no other way to a seat: the registration must have
//! this card as its current one, both certificates of the card must be accepted now, and where the office says so the card
//! must still be in its reader.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use casework::Refusal;
use casework::card;
use casework::evidence::Presented;
use casework::identity::Fingerprint;
use casework::register::Entry;
use casework::time::Instant;
use std::sync::Arc;
use wire::code::Code;

use super::known;
use crate::desk::bidder::CardFace;
use crate::desk::card::ShownCard;
use crate::desk::evidence::Unproven;
use crate::fault::Fault;
use crate::office::{Bidding, Office};
use crate::portal::card_request::watch;
use crate::portal::page::{Bidder, Page};
use crate::portal::session::{Session, Visitor, hashed, hex, unhex};
use crate::portal::visit::{Stop, Visit, address, is_from_here, read_form};
use crate::portal::{Portal, date};
use crate::store::RegistrationRow;

/// A bidder who is logged in at this office at this moment.
pub(crate) struct Seat {
    pub(crate) visit: Visit,
    pub(crate) office: Arc<Office>,
    pub(crate) bidding: Arc<Bidding>,
    pub(crate) registration: RegistrationRow,
    /// The registration's current card, as its certificate says.
    pub(crate) card: CardFace,
    /// The company in the register, as long as it stands there today.
    pub(crate) entry: Option<Entry>,
    /// The card request that the card answered to log in.
    request: [u8; 16],
}

/// A form that a bidder sent from a page of ours, in the session that the page was made for.
pub(crate) struct SeatPost {
    pub(crate) seat: Seat,
    fields: Vec<(String, String)>,
}

/// Who is behind a request.
pub(crate) enum Glance {
    /// Somebody who is logged in.
    Seated(Box<Seat>),
    /// Nobody is; the request is given back.
    Nobody(Box<Visit>),
}

impl Seat {
    pub(crate) fn session(&self) -> &Session {
        match &self.visit.visitor {
            Visitor::Known(session) => session,
            // `glance` makes a seat of a known session alone.
            Visitor::Stranger | Visitor::Late | Visitor::Former(_) => unreachable!("a seat has a session"),
        }
    }

    /// That the card was there at the login, by its answer that is kept, verified once more.
    pub(crate) async fn presented(&self) -> Result<(ShownCard, Presented), Unproven> {
        let portal = &self.visit.portal;
        let row = portal.store().card_request(self.request).await?;
        let row = row.ok_or_else(|| Unproven::Signature("the login's answer is not kept any more".to_owned()))?;
        portal.answered_card(&self.office, &row).await
    }

    /// The frame of a page, which tells who is logged in.
    pub(crate) fn page(&self) -> Page {
        self.visit.page().of(Some(self.bidder()))
    }

    /// Who is logged in, as the header tells it.
    pub(crate) fn bidder(&self) -> Bidder {
        let digits = &self.card.serial;
        let end = digits.len().saturating_sub(SERIAL_END);
        let company = self.entry.as_ref().map_or(&self.card.company, |entry| &entry.name);
        Bidder {
            company: company.clone(),
            serial: digits.get(end..).unwrap_or(digits).to_owned(),
            until: date::slashed(self.card.valid.1.day()),
            watched: self.session().card(&self.office.id, self.visit.now) != watch::Card::Unwatched,
        }
    }
}

impl Glance {
    /// The request, whoever is behind it.
    pub(crate) fn visit(&self) -> &Visit {
        match self {
            Self::Seated(seat) => &seat.visit,
            Self::Nobody(visit) => visit,
        }
    }

    /// Whoever is logged in.
    pub(crate) fn seat(&self) -> Option<&Seat> {
        match self {
            Self::Seated(seat) => Some(seat),
            Self::Nobody(_) => None,
        }
    }
}

impl SeatPost {
    /// A field of the form, empty where it was not sent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value.as_str()))
            .unwrap_or_default()
    }
}

/// Who is logged in at the ordering body of the address. Who was, and may not be any more, is told why, and the session is
/// over.
pub(crate) async fn glance(visit: Visit) -> Result<Glance, Stop> {
    let (office, bidding) = visit.ordering_body()?;
    let session = match &visit.visitor {
        Visitor::Known(session) => session,
        Visitor::Stranger | Visitor::Late | Visitor::Former(_) => return Ok(Glance::Nobody(Box::new(visit))),
    };
    let Some(login) = logged_in(session, &office) else {
        return Ok(Glance::Nobody(Box::new(visit)));
    };
    if visit.now > login.since.plus_seconds(LONGEST) {
        return Err(put_out(&visit, &office, LATE).await);
    }
    if session.card(&office.id, visit.now) == watch::Card::Left {
        return Err(put_out(&visit, &office, CARD).await);
    }
    let known = known(&visit.portal, &office, login.card)
        .await
        .map_err(|fault| visit.fault(&fault))?;
    match card::registered(known.binding(), known.standing, visit.now) {
        Ok(_) => {}
        // What could not be found out is told and ends nothing (I7).
        Err(no @ Refusal::Undetermined) => return Err(visit.refused(&no)),
        Err(no) => {
            end(&visit).await?;
            let mut stop = visit.refused(&no);
            stop.set_cookie(visit.portal.cookie().clear());
            return Err(stop);
        }
    }
    let (Some(registration), Some(card)) = (known.registration, known.card) else {
        return Err(visit.refused(&Refusal::CardNotRegistered));
    };
    let entry = visit.portal.desk().entry(&office.id, &registration.business).await;
    let entry = entry.map_err(|fault| visit.fault(&fault))?;
    Ok(Glance::Seated(Box::new(Seat {
        visit,
        office,
        bidding,
        registration,
        card,
        entry,
        request: login.request,
    })))
}

impl Portal {
    /// From here on the session is that card's, under another token (A45).
    pub(super) async fn seat_bidder(
        &self,
        session: &Session,
        office: &Office,
        (card, request): (Fingerprint, [u8; 16]),
        now: Instant,
    ) -> Result<HeaderValue, Fault> {
        let value = format!("{} {}", hex(&card.0), hex(&request));
        self.rotate_noting(session, &office.id, (BIDDER, value), now).await
    }
}

/// Nobody is logged in at this office any more, and nobody watches a card. What else the session holds stays.
pub(crate) async fn unseat(portal: &Portal, session: &Session, office: &Office) -> Result<(), Fault> {
    portal.end_watch(session, &office.id).await?;
    portal.forget(session, &office.id, BIDDER).await
}

/// A login, as the session notes it.
pub(crate) struct Login {
    pub(crate) card: Fingerprint,
    /// The card request that the card answered.
    request: [u8; 16],
    since: Instant,
}

/// With which card somebody is logged in at this office in this session. Whether they may is another question.
pub(crate) fn logged_in(session: &Session, office: &Office) -> Option<Login> {
    let fact = session.noted(&office.id, BIDDER)?;
    let (card, request) = fact.value.split_once(' ')?;
    Some(Login {
        card: Fingerprint(unhex(card)?),
        request: unhex(request)?,
        since: fact.at,
    })
}

/// `GET /{office}/there`: 204 while the login stands, 410 with the reason where it has ended. A page asks each second; that
/// nobody is there for a while must still end the session, so being asked keeps nothing alive.
pub(super) async fn there(State(portal): State<Portal>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match still_there(&portal, &id, &parts).await {
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Ok(Some(why)) => (StatusCode::GONE, why).into_response(),
        Err(status) => status.into_response(),
    }
}

async fn still_there(portal: &Portal, id: &str, parts: &Parts) -> Result<Option<&'static str>, StatusCode> {
    let office = portal.office(id).ok_or(StatusCode::NOT_FOUND)?;
    let Some(token) = portal.cookie().read(&parts.headers) else {
        return Ok(Some(OUT));
    };
    let too_often = |_| StatusCode::TOO_MANY_REQUESTS;
    let fault = |_| StatusCode::SERVICE_UNAVAILABLE;
    let named = portal.gauge().named(hashed(token.as_bytes()), address(parts));
    named.map_err(too_often)?;
    let now = portal.clock().now();
    let Some(session) = portal.glimpse(token, now).await.map_err(fault)? else {
        return Ok(Some(LATE));
    };
    portal.gauge().session(session.row.mark).map_err(too_often)?;
    if logged_in(&session, &office).is_none() {
        return Ok(Some(OUT));
    }
    if session.card(&office.id, now) == watch::Card::Left {
        portal.store().end_session(session.row.token).await.map_err(fault)?;
        return Ok(Some(CARD));
    }
    Ok(None)
}

impl FromRequestParts<Portal> for Seat {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Stop> {
        let visit = Visit::open(parts, portal).await?;
        // What changes something is taken by `SeatPost`, which looks at where it came from.
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Err(visit.problem(StatusCode::FORBIDDEN, Code::Origin, &[]));
        }
        take(visit).await
    }
}

impl FromRequest<Portal> for SeatPost {
    type Rejection = Stop;

    async fn from_request(request: Request<Body>, portal: &Portal) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::open(&mut parts, portal).await?;
        is_from_here(&visit, &parts)?;
        let seat = take(visit).await?;
        let fields = read_form(&seat.visit, parts, body).await?;
        let post = Self { seat, fields };
        // A form of another session, or of this one before its token changed, is a page out of date (A45).
        if post.seat.session().is_own_form(post.field("csrf")) {
            Ok(post)
        } else {
            Err(post.seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))
        }
    }
}

async fn take(visit: Visit) -> Result<Seat, Stop> {
    match glance(visit).await? {
        Glance::Seated(seat) => Ok(*seat),
        Glance::Nobody(visit) => Err(to_login(&visit)),
    }
}

/// To the login, and from there back to the page that was asked for. A form that arrives without a session is not sent
/// again by the login, and its address may be no page.
fn to_login(visit: &Visit) -> Stop {
    let home = visit.page().home();
    let to = if visit.is_page() { visit.path() } else { "" };
    let to = if to.is_empty() {
        String::new()
    } else {
        format!("?to={to}")
    };
    Redirect::to(&format!("{home}/login{to}")).into_response().into()
}

/// The login is over, and the page after it says why.
async fn put_out(visit: &Visit, office: &Office, why: &'static str) -> Stop {
    if let Err(stop) = end(visit).await {
        return stop;
    }
    let page = Redirect::to(&format!("/{}/ended?why={why}", office.id));
    ([(header::SET_COOKIE, visit.portal.cookie().clear())], page)
        .into_response()
        .into()
}

async fn end(visit: &Visit) -> Result<(), Stop> {
    let Visitor::Known(session) = &visit.visitor else {
        return Ok(());
    };
    let ended = visit.portal.store().end_session(session.row.token).await;
    ended.map_err(|fault| visit.fault(&fault))
}

/// Why a login has ended, as the page after it is told.
pub(crate) const DONE: &str = "done";
pub(crate) const QUIT: &str = "quit";
pub(super) const OUT: &str = "out";
pub(super) const CARD: &str = "card";
pub(super) const LATE: &str = "late";
/// The note that holds the card of the session's bidder.
const BIDDER: &str = "bidder";
/// Seconds after which the card is shown again, however busy (R16).
const LONGEST: i64 = 12 * 3_600;
/// Digits of a serial number by which people tell their cards apart; two of one order differ in the last ones.
const SERIAL_END: usize = 8;
