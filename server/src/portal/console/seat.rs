//! The seat of an officer: who is logged in at an office's desk, asked anew at every request.
//!
//! A page behind the login takes [`Seat`], a form [`SeatPost`], a body that is read elsewhere (files) [`Knock`]. There is
//! no other way to a seat.

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::identity::OfficerId;
use casework::officer::{Case, Role};
use casework::time::Instant;
use std::sync::Arc;
use wire::card_request::{SamePin, Step};
use wire::code::Code;
use wire::office::Text;

use super::frame::{Frame, Tab};
use super::view;
use crate::catalogue::both;
use crate::desk::evidence::Signature;
use crate::desk::officer::{Acting, OfficerAccount};
use crate::desk::{Actor, CaseId, Failure};
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::Portal;
use crate::portal::ask::Ask;
use crate::portal::card_request::{told, told_before};
use crate::portal::page::render;
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor, hashed, hex, unhex};
use crate::portal::visit::{Stop, Visit, fields_of, is_from_here};
use crate::store::{CardRequestRow, CardRequestState};

/// An officer who is logged in at this office at this moment.
pub(crate) struct Seat {
    pub(crate) visit: Visit,
    pub(crate) office: Arc<Office>,
    pub(crate) acting: Acting,
}

/// A form that an officer sent from a page of ours, in the session that the page was made for.
pub(crate) struct SeatPost {
    pub(crate) seat: Seat,
    fields: Vec<(String, String)>,
}

/// A POST of an officer from our origin whose body is still to be read; [`Knock::open`] takes what its form carried.
pub(crate) struct Knock(Seat);

/// What a card request of an officer came back with.
pub(crate) enum Brought {
    /// The card has signed the text that was asked for.
    Signed {
        /// Of this case.
        case: [u8; 16],
        /// The text with its signature.
        signature: Signature,
    },
    /// It was given up at the agent.
    GivenUp,
}

/// What is asked of an officer's card: to sign this text.
pub(crate) struct Wish {
    pub(crate) case: [u8; 16],
    /// The noun of the case's procedure.
    pub(crate) procedure: &'static str,
    /// [`Purpose::Submit`] or [`Purpose::Decide`].
    pub(crate) purpose: Purpose,
    /// The agent's heading.
    pub(crate) title: Text,
    /// Exactly what is shown and signed.
    pub(crate) text: String,
    /// Below `/console/{office}`: where the signature is taken, with [`Seat::brought`].
    pub(crate) return_to: String,
    /// The path of the page that one goes back to instead.
    pub(crate) back: String,
    /// Until when it may be signed.
    pub(crate) until: Instant,
}

impl Seat {
    /// As the desk records who asks.
    pub(crate) fn actor(&self) -> Actor<'static> {
        Actor::Officer {
            id: self.acting.officer.id,
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

    /// The frame of a page, with this part of the navigation marked.
    pub(crate) fn frame(&self, tab: Tab) -> Frame {
        Frame::seated(self.visit.page(), &self.office, &self.acting, tab)
    }

    #[expect(clippy::unused_self, reason = "what a seat shows")]
    pub(crate) fn render(&self, page: &impl Template) -> Response {
        render(StatusCode::OK, page)
    }

    /// The account needs this role for what was asked; the desk asks again.
    pub(crate) fn must(&self, role: Role) -> Result<(), Stop> {
        let has = self.acting.officer.must(role);
        has.map_err(|refusal| self.visit.refused(&refusal))
    }

    /// To another page of this office's console: `path` begins with `/` or is empty.
    pub(crate) fn to(&self, path: &str) -> Response {
        Redirect::to(&format!("/console/{}{path}", self.office.id)).into_response()
    }

    pub(crate) fn fault(&self, fault: &Fault) -> Stop {
        self.visit.fault(fault)
    }

    pub(crate) fn failed(&self, failure: &Failure) -> Stop {
        self.visit.failed(failure)
    }

    /// Asks the officer's card to sign. The answer is a page that leads to the agent: `seat.to("/card")`.
    pub(crate) async fn ask(&self, wish: Wish) -> Result<CardRequestRow, Stop> {
        let asked = self.visit.portal.ask_officer(self, wish).await;
        asked.map_err(|fault| self.fault(&fault))
    }

    /// What the code of this address brings back, for the handler of a [`Wish::return_to`]. May be walked again.
    ///
    /// Who gave up at the agent is not decided for, and what is decided cannot be given up any more: the request's row
    /// says which, before anything is performed.
    pub(crate) async fn brought(&self, purpose: Purpose) -> Result<Brought, Stop> {
        let row = returned(&self.visit, self.session(), &self.office).await?;
        let (Some(case), true) = (row.case, Purpose::of(&row) == Some(purpose)) else {
            return Err(self.visit.not_found());
        };
        match row.state {
            CardRequestState::Open => return Err(self.visit.not_found()),
            CardRequestState::Cancelled => {
                return told_before(&self.visit, &row).map_or(Ok(Brought::GivenUp), Err);
            }
            CardRequestState::Done | CardRequestState::Returned => {}
        }
        let signature = self.visit.portal.answered_signature(&row).await.map_err(|unproven| {
            let message = told(self.visit.words, &unproven, &self.office.name, "");
            self.visit.told(StatusCode::CONFLICT, message)
        })?;
        let closed = self.visit.portal.store().close_card_request(row.id).await;
        if !closed.map_err(|fault| self.fault(&fault))? {
            return Ok(Brought::GivenUp);
        }
        Ok(Brought::Signed { case, signature })
    }

    /// Who is logged in here, if the account may act at this moment. Everybody else is led to the login.
    async fn take(visit: Visit) -> Result<Self, Stop> {
        let office = visit.office()?;
        let session = match &visit.visitor {
            Visitor::Known(session) => session,
            Visitor::Stranger | Visitor::Late | Visitor::Former(_) => return Err(to_login(&visit, &office)),
        };
        let Some((officer, since)) = logged_in(session, &office) else {
            return Err(to_login(&visit, &office));
        };
        if visit.now > since.plus_seconds(LONGEST) {
            return Err(to_login(&visit, &office));
        }
        let acting = visit.portal.desk().acting(officer).await;
        let acting = acting.map_err(|fault| visit.fault(&fault))?;
        match acting.filter(|acting| acting.office == office.id) {
            Some(acting) => Ok(Self { visit, office, acting }),
            None => Err(put_out(&visit, &office, officer).await),
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

    /// Every value of a field that may be sent more than once.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter_map(move |(key, value)| (key == name).then_some(value.as_str()))
    }
}

impl Knock {
    /// The request, for what has to be said before the body is read.
    pub(crate) fn visit(&self) -> &Visit {
        &self.0.visit
    }

    /// The seat, if this is the secret of its session's forms.
    pub(crate) fn open(self, csrf: &str) -> Result<Seat, Stop> {
        own_form(&self.0, csrf)?;
        Ok(self.0)
    }
}

impl Portal {
    /// Asks an officer's card to sign a text. The PIN is wiped after it.
    pub(crate) async fn ask_officer(&self, seat: &Seat, wish: Wish) -> Result<CardRequestRow, Fault> {
        let step = Step::Sign {
            says: both("desk-card-sign"),
            text: Some(wish.text),
            language: seat.visit.words.language(),
            certificate: Some(URL_SAFE_NO_PAD.encode(seat.acting.officer.card.0)),
            at: seat.visit.now.0,
            person: false,
        };
        let ask = Ask {
            office: &seat.office,
            procedure: wish.procedure,
            purpose: wish.purpose,
            case: Some(wish.case),
            title: wish.title,
            language: seat.visit.words.language(),
            same_pin: SamePin::Off,
            watch: None,
            steps: vec![step],
            return_to: format!("/console/{}{}", seat.office.id, wish.return_to),
            until: wish.until,
        };
        self.note(seat.session(), &seat.office.id, BACK, wish.back, seat.visit.now)
            .await?;
        self.ask_card(seat.session(), ask).await
    }

    /// From here on the session is that officer's, under another token (A45).
    pub(crate) async fn seat(
        &self,
        session: &Session,
        office: &Office,
        officer: OfficerId,
        now: Instant,
    ) -> Result<axum::http::HeaderValue, Fault> {
        self.rotate_noting(session, &office.id, (OFFICER, hex(&officer.0)), now)
            .await
    }
}

/// Who is logged in at this office in this session, and since when. Whether they may act is another question.
pub(super) fn logged_in(session: &Session, office: &Office) -> Option<(OfficerId, Instant)> {
    let fact = session.noted(&office.id, OFFICER)?;
    Some((OfficerId(unhex(&fact.value)?), fact.at))
}

/// The request of this session and office that the address's code brings back.
pub(super) async fn returned(visit: &Visit, session: &Session, office: &Office) -> Result<CardRequestRow, Stop> {
    let code = visit.asked("code").unwrap_or_default();
    visit
        .portal
        .store()
        .return_card_request(session.row.token, hashed(code.as_bytes()))
        .await
        .map_err(|fault| visit.fault(&fault))?
        .filter(|row| row.office == office.id)
        .ok_or_else(|| visit.not_found())
}

/// The fact's value as the session's note has it, for ending all sessions of an account.
pub(super) fn fact_of(office: &Office, officer: OfficerId) -> (String, String) {
    (format!("{}/{OFFICER}", office.id), hex(&officer.0))
}

impl FromRequestParts<Portal> for Seat {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Stop> {
        let visit = Visit::open(parts, portal).await?;
        // What changes something is taken by `SeatPost` and `Knock`, which look at where it came from.
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Err(visit.problem(StatusCode::FORBIDDEN, Code::Origin, &[]));
        }
        Self::take(visit).await
    }
}

impl FromRequestParts<Portal> for Knock {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Stop> {
        let visit = Visit::open(parts, portal).await?;
        is_from_here(&visit, parts)?;
        Seat::take(visit).await.map(Self)
    }
}

impl FromRequest<Portal> for SeatPost {
    type Rejection = Stop;

    async fn from_request(request: Request<Body>, portal: &Portal) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::open(&mut parts, portal).await?;
        is_from_here(&visit, &parts)?;
        let seat = Seat::take(visit).await?;
        let fields = fields_of(&seat.visit, parts, body, LONGEST_FORM).await?;
        let post = Self { seat, fields };
        own_form(&post.seat, post.field("csrf"))?;
        Ok(post)
    }
}

/// A form of another session, or of this one before its token changed, is a page out of date (A45).
fn own_form(seat: &Seat, csrf: &str) -> Result<(), Stop> {
    if seat.session().is_own_form(csrf) {
        Ok(())
    } else {
        Err(seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))
    }
}

/// To the login, and from there back to the page that was asked for.
fn to_login(visit: &Visit, office: &Office) -> Stop {
    let home = format!("/console/{}", office.id);
    let asked = visit.path();
    // A form that arrives without a session is not sent again by the login; its address alone may be no page.
    let back = if asked == home || !visit.is_page() { "" } else { asked };
    let to = if back.is_empty() {
        String::new()
    } else {
        format!("?to={back}")
    };
    Redirect::to(&format!("{home}/login{to}")).into_response().into()
}

/// The account cannot act any more: the session ends at once, with a page that says why.
async fn put_out(visit: &Visit, office: &Arc<Office>, officer: OfficerId) -> Stop {
    let why = match why_out(visit, officer).await {
        Ok(why) => why,
        Err(fault) => return visit.fault(&fault),
    };
    if let Visitor::Known(session) = &visit.visitor {
        let ended = visit.portal.store().end_session(session.row.token).await;
        if let Err(fault) = ended {
            return visit.fault(&fault);
        }
    }
    let frame = Frame::open(visit.page_with(None), office);
    let message = frame.message(Code::Officer, &[]);
    let why = frame.t(why);
    let mut page = render(
        StatusCode::FORBIDDEN,
        &view::Out {
            page: frame,
            why,
            message,
        },
    );
    page.headers_mut()
        .append(header::SET_COOKIE, visit.portal.cookie().clear());
    page.into()
}

/// The session was this account's until now, so it may be told.
async fn why_out(visit: &Visit, officer: OfficerId) -> Result<&'static str, Fault> {
    let account: CaseId<OfficerAccount> = CaseId::from_octets(officer.0);
    Ok(match visit.portal.desk().look(account).await? {
        Case::Blocked { .. } => "desk-out-blocked",
        Case::Invited { .. } => "desk-out-invited",
        Case::Active { .. } => "desk-out-card",
        Case::New => "desk-out-unknown",
    })
}

/// Refusals of a login that must not tell an unknown card from a blocked account (A55).
pub(super) fn is_no_officer(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NotAnOfficer | Refusal::Stale | Refusal::AnotherCard)
}

/// The note that holds where one goes back from the hand-over to the agent.
pub(super) const BACK: &str = "officer-back";
/// The note that holds the session's officer.
const OFFICER: &str = "officer";
/// Seconds after which an officer shows the card again, however busy (R16).
const LONGEST: i64 = 12 * 3_600;
/// Octets of a form: an office's text of some ten thousand characters, each of them nine octets on the way.
const LONGEST_FORM: usize = 512 << 10;
