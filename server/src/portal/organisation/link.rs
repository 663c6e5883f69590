//! パスワードの再設定 by mail, and the first password by the link of an invitation.
//!
//! Opening a link has no effect, since scanners open links (A43): the form behind it does. Who asks for a link is told the
//! same whether or not there is such an account, at the same time (A55).

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use casework::Refusal;
use casework::user::LoginId;

use super::login::{NO_SOONER, begin, tells_nothing, with_cookie};
use super::{typed, view};
use crate::catalogue::Message;
use crate::desk::user::{Command, LinkToken, UserAccount};
use crate::desk::{Actor, CaseId, Failure};
use crate::fault::Fault;
use crate::portal::page::render;
use crate::portal::session::hashed;
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::{UserRow, UserState};

/// 「パスワードを忘れた方」
pub(super) async fn forgotten(visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.centre()?;
    let begun = begin(&visit).await?;
    let csrf = match &begun {
        Some((session, _)) => session.csrf(),
        None => visit.session()?.csrf(),
    };
    let view = view::Forgotten {
        sent: visit.asked("notice") == Some("sent"),
        office,
        page: visit.page_with(Some(csrf)),
    };
    Ok(with_cookie(begun, render(StatusCode::OK, &view)))
}

/// A link is sent to the account with this ID, if there is one.
pub(super) async fn ask(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, _) = visit.centre()?;
    let session = visit.session()?;
    let login = LoginId::typed(post.field("login"));
    let key = hashed(login.as_ref().map_or("", LoginId::as_str).as_bytes());
    let spent = visit.portal.gauge().log_in(visit.from, key);
    spent.map_err(|wait| visit.too_often(wait))?;
    let asked = async {
        let desk = visit.portal.desk();
        let row = match &login {
            Some(login) => desk.store().user_of_login(&office.id, login).await?,
            None => None,
        };
        let case: CaseId<UserAccount> = match row {
            Some(row) => CaseId::from_octets(row.id.0),
            None => desk.new_case(),
        };
        let actor = Actor::Holder {
            session: session.row.mark,
        };
        let token = LinkToken::new(desk.chance());
        desk.perform(&actor, case, &Command::AskReset { token }).await
    };
    let (asked, ()) = tokio::join!(asked, tokio::time::sleep(NO_SOONER));
    match asked {
        Ok(_) => {}
        Err(Failure::Refused(no)) if tells_nothing(no) => {}
        Err(failure) => return Err(visit.failed(&failure)),
    }
    Ok(Redirect::to(&format!("/{}/forgotten?notice=sent", office.id)).into_response())
}

/// `GET /{office}/link?token=…`: the form, while the link may be good for something.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    visit.centre()?;
    let token = visit.asked("token").unwrap_or_default().to_owned();
    shown(&visit, StatusCode::OK, &token, None).await
}

/// The password is chosen.
pub(super) async fn open(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, terminals) = visit.centre()?;
    let session = visit.session()?;
    let text = post.field("token");
    let spent = visit.portal.gauge().log_in(visit.from, hashed(text.as_bytes()));
    spent.map_err(|wait| visit.too_often(wait))?;
    let (row, token) = account(visit, text).await?;
    let fault = |fault: Fault| visit.fault(&fault);
    let desk = visit.portal.desk();
    let passwords = (post.field("password"), post.field("again"));
    let about = typed::about(&office, &row);
    let chosen = typed::chosen(desk, (&terminals, visit.words), passwords, &about).await;
    let password = match chosen.map_err(fault)? {
        Ok(password) => password,
        Err(message) => return shown(visit, StatusCode::UNPROCESSABLE_ENTITY, text, Some(message)).await,
    };
    let command = match row.state {
        UserState::Invited => Command::Accept { token, password },
        UserState::Active | UserState::Blocked => Command::Reset { token, password },
    };
    let actor = Actor::Holder {
        session: session.row.mark,
    };
    let case: CaseId<UserAccount> = CaseId::from_octets(row.id.0);
    let done = desk.perform(&actor, case, &command).await;
    done.map_err(|failure| visit.failed(&failure))?;
    Ok(Redirect::to(&format!("/{}/sign-in?notice=chosen", office.id)).into_response())
}

async fn shown(visit: &Visit, status: StatusCode, token: &str, error: Option<Message>) -> Result<Response, Stop> {
    let (office, terminals) = visit.centre()?;
    let (row, _) = account(visit, token).await?;
    let begun = begin(visit).await?;
    let csrf = match &begun {
        Some((session, _)) => session.csrf(),
        None => visit.session()?.csrf(),
    };
    let page = visit.page_with(Some(csrf));
    let first = row.state == UserState::Invited;
    let view = view::Link {
        title: page.t(if first { "user-first-title" } else { "user-reset-title" }),
        lead: page.t(if first { "user-first-lead" } else { "user-reset-lead" }),
        shortest: page.t1("user-password-help", "least", &terminals.password.shortest.to_string()),
        login: row.account.login.to_string(),
        token: token.to_owned(),
        error,
        office,
        page,
    };
    Ok(with_cookie(begun, render(status, &view)))
}

/// Whose link it is. One that leads nowhere is told as one that was used, before anything is hashed for it.
async fn account(visit: &Visit, text: &str) -> Result<(UserRow, LinkToken), Stop> {
    let spent = || visit.refused(&Refusal::LinkSpent);
    let (user, token) = LinkToken::read(text).ok_or_else(spent)?;
    let (office, _) = visit.centre()?;
    let desk = visit.portal.desk();
    let found = async {
        let case: CaseId<UserAccount> = CaseId::from_octets(user.0);
        let Some(row) = desk.store().user(user).await? else {
            return Ok(None);
        };
        let opens = desk.look(case).await?.is_opened_by(&token.digest(), visit.now);
        Ok((opens && row.office == office.id).then_some(row))
    };
    let row = found.await.map_err(|fault: Fault| visit.fault(&fault))?;
    row.map(|row| (row, token)).ok_or_else(spent)
}
