//! ログイン: by the officer's card through the agent, or by a passkey; and log out.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::evidence::Presented;
use casework::identity::OfficerId;
use casework::officer::Proof;
use std::time::Duration;
use wire::card_request::{SamePin, Step};
use wire::code::Code;

use super::frame::Frame;
use super::seat::{SeatPost, is_no_officer, logged_in, returned as brought_back};
use super::view;
use crate::catalogue::{Message, both};
use crate::desk::officer::{Command, OfficerAccount};
use crate::desk::{Actor, CaseId, Failure, Procedure as _};
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::ask::Ask;
use crate::portal::card_request::{told, told_before};
use crate::portal::menu::is_ours;
use crate::portal::page::render;
use crate::portal::passkey::{self, CHALLENGE};
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor};
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::{CardRequestRow, CardRequestState};
use crate::webauthn;

/// `GET /console/{office}/login`. The session begins here, since the card request and the passkey's challenge belong to
/// one.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let office = visit.office()?;
    let late = matches!(visit.visitor, Visitor::Late);
    let begun = begin(&visit).await?;
    let session = match &begun {
        Some((session, _)) => session,
        None => visit.session()?,
    };
    let challenge = passkey::challenge(&visit, session, &office, CHALLENGE).await?;
    let frame = Frame::open(visit.page_with(Some(session.csrf())), &office);
    let site = visit.portal.site();
    let view = view::LogIn {
        notice: match visit.asked("notice") {
            Some("cancelled") => Some(frame.t("notice-cancelled")),
            _ if late => Some(frame.t("desk-login-late")),
            _ => None,
        },
        to: target(&visit, &office),
        link: open_link(&visit, session, &office, Purpose::LogIn).await?,
        challenge,
        party: webauthn::party(&site.origin).to_owned(),
        page: frame,
    };
    Ok(with_cookie(begun, render(StatusCode::OK, &view)))
}

/// 「ICカードでログイン」: the browser is led to the agent.
pub(super) async fn ask(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, session) = (visit.office()?, visit.session()?);
    remember_target(&post, session, &office).await?;
    let row = ask_card(visit, session, &office, Purpose::LogIn, "login").await?;
    Ok(visit.portal.lead_to_agent(&row))
}

/// The way back from the agent. It may be walked again by a browser that never saw the first answer.
pub(super) async fn returned(visit: Visit) -> Result<Response, Stop> {
    let (office, session) = (visit.office()?, visit.session_or_former()?);
    let row = brought_back(&visit, session, &office).await?;
    let presented = match came_back(&visit, session, &office, &row, Purpose::LogIn, "login").await? {
        Back::There(response) => return Ok(response),
        Back::Answered => presence(&visit, &office, &row).await?,
    };
    // Whether the card is unknown or its account blocked, the answer and its time are the same (A55).
    let (officer, ()) = tokio::join!(by_card(&visit, session, &office, presented), settled());
    take_seat(&visit, session, &office, officer?, &row).await
}

/// The second way: a passkey answered the challenge of the login page.
pub(super) async fn by_passkey(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, session) = (visit.office()?, visit.session()?);
    let (officer, ()) = tokio::join!(asserted(&post, session, &office), settled());
    let seated = visit.portal.seat(session, &office, officer?, visit.now).await;
    let cookie = seated.map_err(|fault| visit.fault(&fault))?;
    Ok(([(header::SET_COOKIE, cookie)], lead_to(post.field("to"), &office)).into_response())
}

/// ログアウト: the session ends, with everything noted in it.
pub(super) async fn log_out(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let portal = &seat.visit.portal;
    let over = async {
        portal.withdraw_card_request(seat.session(), &seat.office).await?;
        portal.store().end_session(seat.session().row.token).await
    };
    over.await.map_err(|fault: Fault| seat.fault(&fault))?;
    let cookie = [(header::SET_COOKIE, portal.cookie().clear())];
    Ok((cookie, seat.to("/ended")).into_response())
}

/// The page after the session.
pub(super) async fn ended(visit: Visit) -> Result<Response, Stop> {
    let office = visit.office()?;
    let page = Frame::open(visit.page(), &office);
    Ok(render(StatusCode::OK, &view::Ended { page }))
}

/// What a request of a visitor who is not logged in came back with.
pub(super) enum Back {
    /// All steps are answered and nothing was done with them yet.
    Answered,
    /// Nothing is left to do but to go there.
    There(Response),
}

/// Sorts out a request that came back: given up, lapsed, or walked before.
pub(super) async fn came_back(
    visit: &Visit,
    session: &Session,
    office: &Office,
    row: &CardRequestRow,
    purpose: Purpose,
    path: &str,
) -> Result<Back, Stop> {
    if Purpose::of(row) != Some(purpose) {
        return Err(visit.not_found());
    }
    let seated = logged_in(session, office).is_some();
    if let Visitor::Former(session) = &visit.visitor {
        // The token changes with the login alone: it was done, and what was to follow did not arrive.
        if row.state != CardRequestState::Returned || !seated {
            return Err(visit.not_found());
        }
        let cookie = visit.portal.rotated(session);
        let page = to_target(session, office);
        return Ok(Back::There(([(header::SET_COOKIE, cookie)], page).into_response()));
    }
    match row.state {
        CardRequestState::Open => Err(visit.not_found()),
        CardRequestState::Cancelled => {
            let there = format!("/console/{}/{path}?notice=cancelled", office.id);
            told_before(visit, row).map_or_else(|| Ok(Back::There(Redirect::to(&there).into_response())), Err)
        }
        CardRequestState::Returned if seated => Ok(Back::There(to_target(session, office))),
        // One answer of a card is one login.
        CardRequestState::Returned => Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
        CardRequestState::Done if visit.now > row.expires_at => {
            Err(visit.problem(StatusCode::CONFLICT, Code::Timeout, &[]))
        }
        CardRequestState::Done => Ok(Back::Answered),
    }
}

/// The session is the officer's, and the browser goes on to the page that was asked for.
pub(super) async fn take_seat(
    visit: &Visit,
    session: &Session,
    office: &Office,
    officer: OfficerId,
    row: &CardRequestRow,
) -> Result<Response, Stop> {
    let seated = async {
        visit.portal.store().close_card_request(row.id).await?;
        visit.portal.seat(session, office, officer, visit.now).await
    };
    let cookie = seated.await.map_err(|fault| visit.fault(&fault))?;
    Ok(([(header::SET_COOKIE, cookie)], to_target(session, office)).into_response())
}

/// A card is asked to prove itself.
pub(super) async fn ask_card(
    visit: &Visit,
    session: &Session,
    office: &Office,
    purpose: Purpose,
    path: &str,
) -> Result<CardRequestRow, Stop> {
    let ask = Ask {
        office,
        procedure: OfficerAccount::NOUN,
        purpose,
        case: None,
        title: both(if purpose == Purpose::Enrol {
            "desk-card-enrol"
        } else {
            "desk-card-login"
        }),
        language: visit.words.language(),
        same_pin: SamePin::Off,
        watch: None,
        steps: vec![
            Step::Present {
                says: both("desk-card-present"),
            },
            Step::Authenticate {
                says: both("desk-card-authenticate"),
            },
        ],
        return_to: format!("/console/{}/{path}/return", office.id),
        until: visit.now.plus_seconds(LOGIN_WITHIN),
    };
    let asked = visit.portal.ask_card(session, ask).await;
    asked.map_err(|fault| visit.fault(&fault))
}

/// The link that starts the agent, once a request waits for it.
pub(super) async fn open_link(
    visit: &Visit,
    session: &Session,
    office: &Office,
    purpose: Purpose,
) -> Result<Option<String>, Stop> {
    let row = visit.portal.card_request_of(session, office).await;
    let row = row.map_err(|fault| visit.fault(&fault))?;
    let open = row.filter(|row| row.is_unclaimed() && Purpose::of(row) == Some(purpose));
    Ok(open.map(|row| visit.portal.agent_link(&row)))
}

/// A session where there is none, with its cookie.
pub(super) async fn begin(visit: &Visit) -> Result<Option<(Session, axum::http::HeaderValue)>, Stop> {
    match &visit.visitor {
        Visitor::Known(_) => Ok(None),
        Visitor::Stranger | Visitor::Late | Visitor::Former(_) => {
            let begun = visit.portal.begin_session(visit.now).await;
            begun.map(Some).map_err(|fault| visit.fault(&fault))
        }
    }
}

pub(super) fn with_cookie(begun: Option<(Session, axum::http::HeaderValue)>, page: Response) -> Response {
    match begun {
        Some((_, cookie)) => ([(header::SET_COOKIE, cookie)], page).into_response(),
        None => page,
    }
}

/// The certificates of the card that answered, checked anew, and its proof.
async fn presence(visit: &Visit, office: &Office, row: &CardRequestRow) -> Result<Presented, Stop> {
    let answered = visit.portal.answered_presence(office, row).await;
    let (_, presented) = answered.map_err(|unproven| {
        let message = told(visit.words, &unproven, &office.name, "");
        visit.told(StatusCode::CONFLICT, message)
    })?;
    Ok(presented)
}

async fn by_card(visit: &Visit, session: &Session, office: &Office, presented: Presented) -> Result<OfficerId, Stop> {
    let known = visit.portal.store().officer_by_card(presented.card()).await;
    let known = known.map_err(|fault| visit.fault(&fault))?;
    let officer = known.filter(|row| row.office == office.id).map(|row| row.id);
    log_in(visit, session, officer, Proof::Card(presented)).await
}

/// Whose passkey it is that answered. An account of another office, and one that is no officer's, is nobody here and was not
/// logged in to (A17).
async fn asserted(post: &Post, session: &Session, office: &Office) -> Result<OfficerId, Stop> {
    let visit = &post.visit;
    let answered = passkey::answered(post, session, office).await?;
    let answered = answered.ok_or_else(|| no_officer(visit))?;
    let officers = visit.portal.store().officers(&office.id).await;
    let officers = officers.map_err(|fault| visit.fault(&fault))?;
    let known = officers.iter().map(|row| row.id).find(|id| id.0 == answered.owner);
    let officer = log_in(visit, session, known, Proof::Passkey(answered.asserted)).await?;
    answered.used(visit).await?;
    Ok(officer)
}

/// Where nobody is known, a case that never began refuses in the same way and leaves the same trace.
async fn log_in(visit: &Visit, session: &Session, officer: Option<OfficerId>, proof: Proof) -> Result<OfficerId, Stop> {
    let desk = visit.portal.desk();
    let account: CaseId<OfficerAccount> = match officer {
        Some(officer) => CaseId::from_octets(officer.0),
        None => desk.new_case(),
    };
    let actor = Actor::Holder {
        session: session.row.mark,
    };
    match desk.perform(&actor, account, &Command::LogIn(proof)).await {
        Ok(_) => Ok(OfficerId(account.octets())),
        Err(Failure::Refused(refusal)) if is_no_officer(&refusal) => Err(no_officer(visit)),
        Err(failure) => Err(visit.failed(&failure)),
    }
}

/// One answer for everybody who has no seat here.
fn no_officer(visit: &Visit) -> Stop {
    let message = Message {
        code: Code::Officer,
        happened: visit.words.say("desk-login-unknown"),
        next: visit.words.say("desk-login-unknown-next"),
    };
    visit.told(StatusCode::FORBIDDEN, message)
}

/// The page that was asked for: whatever follows `to=`, if it is one of this office's console.
fn target(visit: &Visit, office: &Office) -> String {
    let query = visit.query.as_deref().unwrap_or_default();
    let asked = query.strip_prefix("to=").or_else(|| Some(query.split_once("&to=")?.1));
    asked
        .filter(|path| leads_here(path, office))
        .unwrap_or_default()
        .to_owned()
}

async fn remember_target(post: &Post, session: &Session, office: &Office) -> Result<(), Stop> {
    let to = post.field("to");
    let to = if leads_here(to, office) { to } else { "" };
    let noted = post
        .visit
        .portal
        .note(session, &office.id, TARGET, to.to_owned(), post.visit.now)
        .await;
    noted.map_err(|fault| post.visit.fault(&fault))
}

fn to_target(session: &Session, office: &Office) -> Response {
    let noted = session.noted(&office.id, TARGET).map(|fact| fact.value.as_str());
    lead_to(noted.unwrap_or_default(), office)
}

/// To that page of the console, or to its first one where the page is none of it.
fn lead_to(path: &str, office: &Office) -> Response {
    if leads_here(path, office) {
        Redirect::to(path).into_response()
    } else {
        Redirect::to(&format!("/console/{}", office.id)).into_response()
    }
}

fn leads_here(path: &str, office: &Office) -> bool {
    is_ours(path) && path.starts_with(&format!("/console/{}/", office.id)) && !path.contains("/..")
}

/// However an attempt ends, it ends no sooner.
async fn settled() {
    tokio::time::sleep(NO_SOONER).await;
}

/// The note that holds where to go after the login.
const TARGET: &str = "officer-to";
/// Seconds for which a card may be asked to prove itself.
const LOGIN_WITHIN: i64 = 600;
/// Longer than the store takes.
const NO_SOONER: Duration = Duration::from_millis(250);
