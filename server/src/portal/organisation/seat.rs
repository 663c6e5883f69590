//! The seat of an organisation's person: who is logged in, asked anew at every request.
//!
//! A session ends after a while without a request, and after a longest time however busy (R22): `portal/session.rs` sees to it.
//! A page behind the login takes [`Seat`], a form [`SeatPost`]. There is no other way to a seat.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use casework::identity::UserId;
use casework::time::Instant;
use std::sync::Arc;
use wire::code::Code;

use crate::desk::Actor;
use crate::desk::user::Present;
use crate::fault::Fault;
use crate::office::{Office, Terminals};
use crate::portal::Portal;
use crate::portal::date;
use crate::portal::page::{Page, SignedIn};
use crate::portal::session::{self, Session, Visitor, hex, unhex};
use crate::portal::visit::{Stop, Visit, read_form};
use crate::store::SessionFact;

/// A person of an organisation who is logged in at this centre at this moment.
pub(crate) struct Seat {
    pub(crate) visit: Visit,
    pub(crate) office: Arc<Office>,
    pub(crate) terminals: Arc<Terminals>,
    pub(crate) present: Present,
    /// Since when.
    since: Instant,
}

/// A form that such a person sent from a page of ours, in the session that the page was made for.
pub(crate) struct SeatPost {
    pub(crate) seat: Seat,
    fields: Vec<(String, String)>,
}

impl Seat {
    /// As the desk records who asks.
    pub(crate) fn actor(&self) -> Actor<'static> {
        Actor::User {
            id: self.present.id,
            session: self.session().row.mark,
        }
    }

    pub(crate) fn session(&self) -> &Session {
        match &self.visit.visitor {
            Visitor::Known(session) => session,
            // `take` makes a seat of a known session alone.
            Visitor::Stranger | Visitor::Late | Visitor::Former(_) => unreachable!("a seat has a session"),
        }
    }

    /// The frame of a page, which tells who is logged in and since when.
    pub(crate) fn page(&self) -> Page {
        let contract = &self.present.organisation.contract;
        let since = date::login(self.since);
        self.visit.page().signed_in(SignedIn {
            company: contract.company.clone(),
            place: contract.office.clone(),
            since: self.visit.words.say_with("user-since", &[("time", &since)]),
        })
    }

    /// Whether the login was a moment ago: whoever finds a browser that was left alone makes no passkey of their own (R22).
    pub(crate) fn is_fresh(&self) -> bool {
        self.visit.now <= self.since.plus_seconds(FRESH)
    }

    /// To another page of this centre: `path` begins with `/` or is empty.
    pub(crate) fn to(&self, path: &str) -> Response {
        Redirect::to(&format!("/{}{path}", self.office.id)).into_response()
    }

    /// Who is logged in here, if the account may go on at this moment. Everybody else is led to the login.
    pub(crate) async fn take(visit: Visit) -> Result<Self, Stop> {
        let (office, terminals) = visit.centre()?;
        let session = match &visit.visitor {
            Visitor::Known(session) => session,
            Visitor::Stranger | Visitor::Late | Visitor::Former(_) => return Err(to_login(&visit, &office)),
        };
        let Some((user, generation, since)) = logged_in(session, &office) else {
            return Err(to_login(&visit, &office));
        };
        let present = visit.portal.desk().present(user, generation).await;
        let present = present.map_err(|fault| visit.fault(&fault))?;
        match present.filter(|present| present.organisation.office == office.id) {
            Some(present) => Ok(Self {
                visit,
                office,
                terminals,
                present,
                since,
            }),
            // Blocked, another password since, or a contract that ended: the session is over.
            None => Err(put_out(&visit, &office).await),
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

/// Who is logged in with a session whose browser is elsewhere.
pub(crate) struct Seated {
    pub(crate) present: Present,
    /// The session's mark, for the audit.
    pub(crate) mark: [u8; 16],
}

impl Portal {
    /// Who is logged in at this centre in the session of this token's hash, if session and account may go on at this moment.
    pub(crate) async fn seated(&self, token: [u8; 32], office: &Office) -> Result<Option<Seated>, Fault> {
        let now = self.clock().now();
        let Some((row, facts)) = self.alive(token, now).await? else {
            return Ok(None);
        };
        let name = session::fact_name(&office.id, USER);
        let noted = facts.iter().find(|fact| fact.name == name).and_then(read);
        let Some((user, generation, _)) = noted else {
            return Ok(None);
        };
        let present = self.desk().present(user, generation).await?;
        let present = present.filter(|present| present.organisation.office == office.id);
        Ok(present.map(|present| Seated {
            present,
            mark: row.mark,
        }))
    }

    /// From here on the session is that person's, under another token (A45).
    pub(super) async fn seat_user(
        &self,
        session: &Session,
        office: &Office,
        (user, generation): (UserId, u32),
        now: Instant,
    ) -> Result<HeaderValue, Fault> {
        let value = format!("{} {generation}", hex(&user.0));
        self.rotate_noting(session, &office.id, (USER, value), now).await
    }
}

/// Who is logged in at this centre in this session, under which password and since when. Whether they may is another
/// question.
pub(super) fn logged_in(session: &Session, office: &Office) -> Option<(UserId, u32, Instant)> {
    read(session.noted(&office.id, USER)?)
}

fn read(fact: &SessionFact) -> Option<(UserId, u32, Instant)> {
    let (user, generation) = fact.value.split_once(' ')?;
    Some((UserId(unhex(user)?), generation.parse().ok()?, fact.at))
}

impl FromRequestParts<Portal> for Seat {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Stop> {
        let visit = Visit::open(parts, portal).await?;
        // What changes something is taken by `SeatPost`, which looks at where it came from.
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Err(visit.problem(StatusCode::FORBIDDEN, Code::Origin, &[]));
        }
        Self::take(visit).await
    }
}

impl FromRequest<Portal> for SeatPost {
    type Rejection = Stop;

    async fn from_request(request: Request<Body>, portal: &Portal) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::open(&mut parts, portal).await?;
        let fields = read_form(&visit, parts, body).await?;
        let seat = Seat::take(visit).await?;
        let post = Self { seat, fields };
        // A form of another session, or of this one before its token changed, is a page out of date (A45).
        if post.seat.session().is_own_form(post.field("csrf")) {
            Ok(post)
        } else {
            Err(post.seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))
        }
    }
}

/// To the login, and from there back to the page that was asked for.
fn to_login(visit: &Visit, office: &Office) -> Stop {
    let asked = visit.path();
    let to = if visit.is_page() && asked != format!("/{}", office.id) {
        format!("?to={asked}")
    } else {
        String::new()
    };
    Redirect::to(&format!("/{}/sign-in{to}", office.id))
        .into_response()
        .into()
}

async fn put_out(visit: &Visit, office: &Office) -> Stop {
    if let Visitor::Known(session) = &visit.visitor {
        let ended = visit.portal.store().end_session(session.row.token).await;
        if let Err(fault) = ended {
            return visit.fault(&fault);
        }
    }
    let cookie = [(header::SET_COOKIE, visit.portal.cookie().clear())];
    let page = Redirect::to(&format!("/{}/signed-out?why=changed", office.id));
    (cookie, page).into_response().into()
}

/// The note that holds the session's person.
const USER: &str = "user";
/// Seconds after a login in which the ways to log in may be changed without another one.
const FRESH: i64 = 15 * 60;
