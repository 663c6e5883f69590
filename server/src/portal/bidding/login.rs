//! ログイン by card, ログアウト, and the page after a login's end.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use casework::Refusal;
use casework::card;
use casework::identity::Fingerprint;
use std::time::Duration;
use wire::card_request::{SamePin, Step, Watch};
use wire::code::Code;

use super::seat::{self, Glance, SeatPost, glance, logged_in};
use super::view;
use crate::catalogue::both;
use crate::desk::Actor;
use crate::fault::Fault;
use crate::office::{Bidding, Office};
use crate::portal::ask::Ask;
use crate::portal::card_request::{Onward, Stands, told, told_before};
use crate::portal::date;
use crate::portal::menu::is_ours;
use crate::portal::page::render;
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor, hashed, hex};
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::{CardRequestRow, CardRequestState, NewEvent};

/// The noun under which cards are asked to log in, and logins stand in the audit.
pub(crate) const NOUN: &str = "login";

/// `GET /{office}/login`. The session begins here, since the card request belongs to one.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let late = matches!(visit.visitor, Visitor::Late);
    let visit = match glance(visit).await? {
        Glance::Seated(seat) => return Ok(to_target(&seat.visit, &seat.office)),
        Glance::Nobody(visit) => *visit,
    };
    let (office, _) = visit.ordering_body()?;
    let begun = match &visit.visitor {
        Visitor::Known(_) => None,
        Visitor::Stranger | Visitor::Late | Visitor::Former(_) => {
            let begun = visit.portal.begin_session(visit.now).await;
            Some(begun.map_err(|fault| visit.fault(&fault))?)
        }
    };
    let session = match &begun {
        Some((session, _)) => session,
        None => visit.session()?,
    };
    let open = visit.portal.card_request_of(session, &office).await;
    let open = open
        .map_err(|fault| visit.fault(&fault))?
        .filter(|row| row.is_unclaimed() && Purpose::of(row) == Some(Purpose::Enter));
    let page = visit.page_with(Some(session.csrf()));
    let to = target(&visit, &office);
    let until = open
        .as_ref()
        .map_or(visit.now.plus_seconds(WITHIN), |row| row.expires_at);
    let view = view::LogIn {
        notice: match visit.asked("notice") {
            Some("cancelled") => Some(page.t("bidder-login-cancelled")),
            _ if late => Some(page.t("bidder-login-late")),
            _ if !to.is_empty() => Some(page.t("bidder-login-first")),
            _ => None,
        },
        to,
        until: date::minute(page.words, until),
        link: open.as_ref().map(|row| visit.portal.agent_link(row)),
        office,
        page,
    };
    let page = render(StatusCode::OK, &view);
    Ok(match begun {
        Some((_, cookie)) => ([(header::SET_COOKIE, cookie)], page).into_response(),
        None => page,
    })
}

/// 「ICカードでログイン」: the browser is led to the agent.
pub(super) async fn ask(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, bidding) = visit.ordering_body()?;
    let session = visit.session()?;
    let fault = |fault: Fault| visit.fault(&fault);
    let to = post.field("to");
    let to = if leads_here(to, &office) { to } else { "" };
    let noted = visit
        .portal
        .note(session, &office.id, TARGET, to.to_owned(), visit.now)
        .await;
    noted.map_err(fault)?;
    let ask = Ask {
        office: &office,
        procedure: NOUN,
        purpose: Purpose::Enter,
        case: None,
        title: both("bidder-request-title"),
        language: visit.words.language(),
        same_pin: SamePin::Off,
        watch: watch(&bidding),
        steps: vec![
            Step::Present {
                says: both("bidder-request-present"),
            },
            Step::Authenticate {
                says: both("bidder-request-authenticate"),
            },
        ],
        return_to: format!("/{}/login/return", office.id),
        until: visit.now.plus_seconds(WITHIN),
    };
    let row = visit.portal.ask_card(session, ask).await.map_err(fault)?;
    Ok(visit.portal.lead_to_agent(&row))
}

/// The way back from the agent. It may be walked again by a browser that never saw the first answer.
pub(super) async fn returned(mut visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.ordering_body()?;
    let mut row = asked_by(&visit, &office).await?;
    if row.is_none() {
        // Another way back may have been faster, and taken it along under a new token since this session was read.
        let by_now = visit.portal.look_again(visit.session_or_former()?, visit.now).await;
        visit.visitor = by_now.map_err(|fault| visit.fault(&fault))?;
        row = asked_by(&visit, &office).await?;
    }
    let row = row.ok_or_else(|| visit.not_found())?;
    let session = visit.session_or_former()?;
    let is_in = logged_in(session, &office).is_some();
    if let Visitor::Former(session) = &visit.visitor {
        // The token changes with the login alone: it was done, and what was to follow did not arrive.
        if row.state != CardRequestState::Returned || !is_in {
            return Err(visit.not_found());
        }
        let cookie = visit.portal.rotated(session);
        return Ok(([(header::SET_COOKIE, cookie)], to_noted(session, &office)).into_response());
    }
    match row.state {
        CardRequestState::Open => Err(visit.not_found()),
        CardRequestState::Cancelled => {
            let there = format!("/{}/login?notice=cancelled", office.id);
            told_before(&visit, &row).map_or_else(|| Ok(Redirect::to(&there).into_response()), Err)
        }
        CardRequestState::Returned if is_in => Ok(to_noted(session, &office)),
        CardRequestState::Returned => meanwhile(&visit, session, &office).await,
        CardRequestState::Done if visit.now > row.expires_at => {
            Err(visit.problem(StatusCode::CONFLICT, Code::Timeout, &[]))
        }
        CardRequestState::Done => take_seat(&visit, session, &office, &row).await,
    }
}

/// The request of this session that the code in the address is of.
async fn asked_by(visit: &Visit, office: &Office) -> Result<Option<CardRequestRow>, Stop> {
    let session = visit.session_or_former()?;
    let code = visit.asked("code").unwrap_or_default();
    let row = visit
        .portal
        .store()
        .return_card_request(session.row.token, hashed(code.as_bytes()))
        .await
        .map_err(|fault| visit.fault(&fault))?;
    Ok(row.filter(|row| row.office == office.id && Purpose::of(row) == Some(Purpose::Enter)))
}

/// ログアウト: the session ends with everything noted in it, and the agent's next report with 410. The PIN that the agent has
/// for this session leaves it with the card, at the latest after its half hour; the page says so.
pub(super) async fn log_out(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let portal = &seat.visit.portal;
    let over = async {
        portal.withdraw_card_request(seat.session(), &seat.office).await?;
        portal.end_watch(seat.session(), &seat.office.id).await?;
        let card = seat.registration.card;
        note(
            &seat.visit,
            seat.session(),
            seat.registration.id.0,
            "logged_out",
            card,
            None,
        )
        .await?;
        portal.store().end_session(seat.session().row.token).await
    };
    over.await.map_err(|fault: Fault| seat.visit.fault(&fault))?;
    let page = Redirect::to(&format!("/{}/ended?why={}", seat.office.id, seat::OUT));
    Ok(([(header::SET_COOKIE, portal.cookie().clear())], page).into_response())
}

/// The page after a login's end, which says why it ended.
pub(super) async fn ended(visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.ordering_body()?;
    let why = match visit.asked("why") {
        Some(seat::CARD) => "bidder-ended-card",
        Some(seat::LATE) => "bidder-login-late",
        Some(seat::QUIT) => "bidder-ended-quit",
        Some(seat::DONE) => "bidder-ended-done",
        _ => "bidder-ended-out",
    };
    let page = visit.page();
    let view = view::Ended {
        why: page.t(why),
        done: visit.asked("why") == Some(seat::DONE),
        office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// What is said to a card before its PIN is asked for: a card that nobody is registered with costs nobody a try.
pub(crate) async fn says(stands: Stands<'_>) -> Result<Onward, Fault> {
    let Some(shown) = stands.shown.and_then(|shown| shown.bidder()) else {
        return Ok(Onward::GO);
    };
    let (portal, office) = (stands.portal, stands.office);
    let known = portal
        .store()
        .registration_of_card(&office.id, shown.card().card)
        .await?;
    let binding = known.map(|row| row.binding);
    Ok(
        match card::registered(binding, shown.standing(), portal.clock().now()) {
            Ok(_) => Onward::GO,
            Err(no) => Onward::no(&no, true),
        },
    )
}

/// Another of several ways back was faster. One answer of a card is one login (A1): whoever is not in by now is so in a moment
/// by that one's answer, and does not get in by this one.
async fn meanwhile(visit: &Visit, session: &Session, office: &Office) -> Result<Response, Stop> {
    for _ in 0..LOOKS {
        let by_now = visit.portal.look_again(session, visit.now).await;
        match by_now.map_err(|fault| visit.fault(&fault))? {
            Visitor::Known(session) if logged_in(&session, office).is_some() => return Ok(to_noted(&session, office)),
            Visitor::Former(session) if logged_in(&session, office).is_some() => {
                let cookie = visit.portal.rotated(&session);
                return Ok(([(header::SET_COOKIE, cookie)], to_noted(&session, office)).into_response());
            }
            _ => tokio::time::sleep(A_LOOK).await,
        }
    }
    Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))
}

async fn take_seat(visit: &Visit, session: &Session, office: &Office, row: &CardRequestRow) -> Result<Response, Stop> {
    let answered = visit.portal.answered_card(office, row).await;
    let (shown, presented) = answered.map_err(|unproven| {
        let message = told(visit.words, &unproven, &office.name, "");
        visit.told(StatusCode::CONFLICT, message)
    })?;
    let fault = |fault: Fault| visit.fault(&fault);
    let known = visit
        .portal
        .store()
        .registration_of_card(&office.id, presented.card())
        .await;
    let known = known.map_err(fault)?;
    let subject = known.as_ref().map_or(row.id, |registration| registration.id.0);
    let in_force = card::registered(known.map(|row| row.binding), shown.standing(), visit.now);
    let refusal = in_force.as_ref().err().copied();
    let recorded = note(visit, session, subject, "logged_in", presented.card(), refusal.as_ref()).await;
    recorded.map_err(fault)?;
    if let Some(no) = refusal {
        return Err(visit.refused(&no));
    }
    // One of two ways back at once closes it; the other finds it returned, and the session seated.
    let seated = async {
        visit.portal.store().close_card_request(row.id).await?;
        visit
            .portal
            .seat_bidder(session, office, (presented.card(), row.id), visit.now)
            .await
    };
    let cookie = seated.await.map_err(fault)?;
    Ok(([(header::SET_COOKIE, cookie)], to_noted(session, office)).into_response())
}

/// A line of the audit: who came and went, by card and session.
async fn note(
    visit: &Visit,
    session: &Session,
    subject: [u8; 16],
    name: &'static str,
    card: Fingerprint,
    refusal: Option<&Refusal>,
) -> Result<(), Fault> {
    let states = match (name, refusal) {
        (_, Some(_)) => ("out", "out"),
        ("logged_in", None) => ("out", "in"),
        (_, None) => ("in", "out"),
    };
    let actor = Actor::Holder {
        session: session.row.mark,
    };
    let event = NewEvent {
        procedure: NOUN,
        name,
        actor: actor.to_string(),
        states: (states.0.to_owned(), states.1.to_owned()),
        refusal: refusal.map(|no| crate::desk::rule(*no).to_owned()),
        details: vec![("certificate", hex(&card.0))],
        salt: visit.portal.chance().octets(),
    };
    visit.portal.store().record(subject, event, visit.now).await
}

/// How closely the card is watched, where the office says that the login ends with it.
fn watch(bidding: &Bidding) -> Option<Watch> {
    bidding.session_ends_with_card.then_some(Watch { every: EVERY })
}

/// The page that was asked for: whatever follows `to=`, if it is one of this office's.
fn target(visit: &Visit, office: &Office) -> String {
    let query = visit.query.as_deref().unwrap_or_default();
    let asked = query.strip_prefix("to=").or_else(|| Some(query.split_once("&to=")?.1));
    asked
        .filter(|path| leads_here(path, office))
        .unwrap_or_default()
        .to_owned()
}

fn to_target(visit: &Visit, office: &Office) -> Response {
    lead_to(&target(visit, office), office)
}

fn to_noted(session: &Session, office: &Office) -> Response {
    let noted = session.noted(&office.id, TARGET).map(|fact| fact.value.as_str());
    lead_to(noted.unwrap_or_default(), office)
}

/// To that page of the office, or to what is registered where the page is none of it.
fn lead_to(path: &str, office: &Office) -> Response {
    if leads_here(path, office) {
        Redirect::to(path).into_response()
    } else {
        Redirect::to(&format!("/{}/account", office.id)).into_response()
    }
}

fn leads_here(path: &str, office: &Office) -> bool {
    is_ours(path) && path.starts_with(&format!("/{}/", office.id)) && !path.contains("/..") && !path.contains("/login")
}

/// The note that holds where to go after the login.
const TARGET: &str = "bidder-to";
/// Seconds for which a card may be asked to log in.
const WITHIN: i64 = 600;
/// Seconds between two reports that the card is still there.
const EVERY: u32 = 5;
/// How often, and how long after each other, it is looked whether another way back has led in by now: a second in all.
const LOOKS: u32 = 20;
const A_LOOK: Duration = Duration::from_millis(50);
