//! ログイン by ID and password or by a passkey, and ログアウト.
//!
//! Whether an ID exists, waits or is blocked, the answer, its words and its time are the same (A55): the password is
//! hashed in every case, a case that never began refuses in the same way and leaves the same trace, and no answer comes
//! sooner than [`NO_SOONER`].

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use casework::identity::UserId;
use casework::user::{Attempt, LoginId};
use casework::{Answer, Refusal};
use std::time::Duration;
use wire::code::Code;

use super::seat::{SeatPost, logged_in};
use super::view;
use crate::catalogue::Message;
use crate::desk::user::{Command, UserAccount};
use crate::desk::{Actor, CaseId, Done, Failure};
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::menu::is_ours;
use crate::portal::page::render;
use crate::portal::passkey::{self, CHALLENGE};
use crate::portal::refusal::refused;
use crate::portal::session::{Session, Visitor, hashed};
use crate::portal::visit::{Post, Stop, Visit};
use crate::webauthn;

/// `GET /{office}/sign-in`. The session begins here, so that the form and the passkey's challenge are its own.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.centre()?;
    if let Visitor::Known(session) = &visit.visitor
        && logged_in(session, &office).is_some()
    {
        return Ok(Redirect::to(&format!("/{}", office.id)).into_response());
    }
    let notice = match visit.asked("notice") {
        Some("chosen") => Some("user-login-chosen"),
        _ if matches!(visit.visitor, Visitor::Late) => Some("user-login-late"),
        _ => None,
    };
    let to = target(&visit, &office);
    shown(&visit, StatusCode::OK, &to, notice, None).await
}

/// 「ログイン」
pub(super) async fn log_in(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, terminals) = visit.centre()?;
    let session = visit.session()?;
    let login = LoginId::typed(post.field("login"));
    let key = hashed(login.as_ref().map_or("", LoginId::as_str).as_bytes());
    let spent = visit.portal.gauge().log_in(visit.from, key);
    spent.map_err(|wait| visit.too_often(wait))?;
    let tried = async {
        let desk = visit.portal.desk();
        let row = match &login {
            Some(login) => desk.store().user_of_login(&office.id, login).await?,
            None => None,
        };
        let typed = desk.typed(&terminals, row.as_ref(), post.field("password")).await?;
        let case: CaseId<UserAccount> = match &row {
            Some(row) => CaseId::from_octets(row.id.0),
            None => desk.new_case(),
        };
        let actor = Actor::Holder {
            session: session.row.mark,
        };
        let done = desk
            .perform(&actor, case, &Command::LogIn(Attempt::Password(typed)))
            .await;
        Ok::<_, Failure>((case, done?))
    };
    let (tried, ()) = tokio::join!(tried, tokio::time::sleep(NO_SOONER));
    match tried {
        Ok((
            _,
            Done {
                answer: Answer::Refused(no),
                ..
            },
        ))
        | Err(Failure::Refused(no)) => {
            let (status, message) = refused(visit.words, &no);
            shown(visit, status, target_of(&post, &office), None, Some(message)).await
        }
        Ok((case, done)) => seated(&post, session, &office, (UserId(case.octets()), done.case.generation())).await,
        Err(failure) => Err(visit.failed(&failure)),
    }
}

/// 「パスキーでログイン」: a passkey answered the challenge of the login page. Of one that is nobody's here nothing more is told
/// than that.
pub(super) async fn by_passkey(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, _) = visit.centre()?;
    let session = visit.session()?;
    let (tried, ()) = tokio::join!(asserted(&post, session, &office), tokio::time::sleep(NO_SOONER));
    if let Some(who) = tried? {
        return seated(&post, session, &office, who).await;
    }
    let message = Message {
        code: Code::Login,
        happened: visit.words.say("user-passkey-refused"),
        next: visit.words.say("user-passkey-refused-next"),
    };
    shown(
        visit,
        StatusCode::FORBIDDEN,
        target_of(&post, &office),
        None,
        Some(message),
    )
    .await
}

/// Whose passkey it is that answered, and under which password. Where nobody is known, a case that never began refuses in
/// the same way and leaves the same trace.
async fn asserted(post: &Post, session: &Session, office: &Office) -> Result<Option<(UserId, u32)>, Stop> {
    let visit = &post.visit;
    let Some(answered) = passkey::answered(post, session, office).await? else {
        return Ok(None);
    };
    let desk = visit.portal.desk();
    let known = desk.store().user(UserId(answered.owner)).await;
    let known = known.map_err(|fault| visit.fault(&fault))?;
    let case: CaseId<UserAccount> = match known {
        Some(row) if row.office == office.id => CaseId::from_octets(row.id.0),
        _ => desk.new_case(),
    };
    let actor = Actor::Holder {
        session: session.row.mark,
    };
    let command = Command::LogIn(Attempt::Passkey(answered.asserted));
    match desk.perform(&actor, case, &command).await {
        Ok(done) => {
            answered.used(visit).await?;
            Ok(Some((UserId(case.octets()), done.case.generation())))
        }
        Err(Failure::Refused(no)) if tells_nothing(no) => Ok(None),
        Err(failure) => Err(visit.failed(&failure)),
    }
}

/// The session is that person's, and the browser goes on to the page that was asked for.
async fn seated(post: &Post, session: &Session, office: &Office, who: (UserId, u32)) -> Result<Response, Stop> {
    let visit = &post.visit;
    let seated = visit.portal.seat_user(session, office, who, visit.now).await;
    let cookie = seated.map_err(|fault: Fault| visit.fault(&fault))?;
    let there = match target_of(post, office) {
        "" => format!("/{}", office.id),
        to => to.to_owned(),
    };
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&there)).into_response())
}

/// ログアウト: the session ends, with everything noted in it. Whoever is to log in anew for a page is led to it.
pub(super) async fn log_out(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let portal = &seat.visit.portal;
    let over = portal.store().end_session(seat.session().row.token).await;
    over.map_err(|fault| seat.visit.fault(&fault))?;
    let cookie = [(header::SET_COOKIE, portal.cookie().clear())];
    let to = post.field("to");
    let page = if !to.is_empty() && leads_here(to, &seat.office) {
        seat.to(&format!("/sign-in?to={to}"))
    } else {
        seat.to("/signed-out")
    };
    Ok((cookie, page).into_response())
}

/// The page after the session.
pub(super) async fn out(visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.centre()?;
    let page = visit.page_with(None);
    let view = view::Out {
        why: page.t(if visit.asked("why") == Some("changed") {
            "user-out-changed"
        } else {
            "user-out-done"
        }),
        office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

async fn shown(
    visit: &Visit,
    status: StatusCode,
    to: &str,
    notice: Option<&'static str>,
    error: Option<Message>,
) -> Result<Response, Stop> {
    let (office, terminals) = visit.centre()?;
    let begun = begin(visit).await?;
    let session = match &begun {
        Some((session, _)) => session,
        None => visit.session()?,
    };
    let challenge = passkey::challenge(visit, session, &office, CHALLENGE).await?;
    let page = visit.page_with(Some(session.csrf()));
    let view = view::LogIn {
        challenge,
        party: webauthn::party(&visit.portal.site().origin).to_owned(),
        notice: notice.map(|key| page.t(key)),
        error,
        to: to.to_owned(),
        desks: view::desks(&page, &terminals),
        office,
        page,
    };
    Ok(with_cookie(begun, render(status, &view)))
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

/// Whether a refusal is one that tells nothing of an account.
pub(super) const fn tells_nothing(no: Refusal) -> bool {
    matches!(
        no,
        Refusal::WrongLogin | Refusal::LinkSent { .. } | Refusal::ContractEnded
    )
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

/// What a form carries of it.
fn target_of<'a>(post: &'a Post, office: &Office) -> &'a str {
    let to = post.field("to");
    if leads_here(to, office) { to } else { "" }
}

fn leads_here(path: &str, office: &Office) -> bool {
    is_ours(path) && path.starts_with(&format!("/{}/", office.id)) && !path.contains("/..") && !path.contains("/sign-")
}

/// Longer than the store takes, and than one hash does on a machine with nothing else to do.
pub(super) const NO_SOONER: Duration = Duration::from_millis(400);
