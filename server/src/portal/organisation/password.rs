//! パスワードの変更

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use casework::Answer;
use casework::password::prepared;
use wire::code::Code;

use super::crumbs::crumbs;
use super::{Seat, SeatPost, typed, view};
use crate::catalogue::Message;
use crate::desk::user::{Command, UserAccount};
use crate::desk::{CaseId, Done, Failure};
use crate::fault::Fault;
use crate::portal::page::render;
use crate::portal::refusal::refused;
use crate::portal::visit::Stop;

/// `GET /{office}/password`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    let saved = seat.visit.asked("notice") == Some("saved");
    Ok(shown(&seat, StatusCode::OK, saved, (None, None)))
}

/// The present password and the new one. The sessions of before are over, and this one goes on under another token.
pub(super) async fn change(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let (visit, words) = (&seat.visit, seat.visit.words);
    let fault = |fault: Fault| visit.fault(&fault);
    let desk = visit.portal.desk();
    let wrong = |status, present, new| Ok(shown(seat, status, false, (present, new)));
    let passwords = (post.field("password"), post.field("again"));
    if prepared(post.field("present")) == prepared(passwords.0) {
        let message = words.message(Code::PasswordSame, &[]);
        return wrong(StatusCode::UNPROCESSABLE_ENTITY, None, Some(message));
    }
    let about = typed::about_present(&seat.office, &seat.present);
    let chosen = typed::chosen(desk, (&seat.terminals, words), passwords, &about).await;
    let password = match chosen.map_err(fault)? {
        Ok(password) => password,
        Err(message) => return wrong(StatusCode::UNPROCESSABLE_ENTITY, None, Some(message)),
    };
    let row = desk.store().user(seat.present.id).await.map_err(fault)?;
    let present = desk.typed(&seat.terminals, row.as_ref(), post.field("present")).await;
    let command = Command::ChangePassword {
        typed: present.map_err(fault)?,
        password,
    };
    let case: CaseId<UserAccount> = CaseId::from_octets(seat.present.id.0);
    let done = match desk.perform(&seat.actor(), case, &command).await {
        Ok(Done {
            answer: Answer::Refused(no),
            ..
        })
        | Err(Failure::Refused(no)) => {
            let (status, message) = refused(words, &no);
            return wrong(status, Some(message), None);
        }
        Ok(done) => done,
        Err(failure) => return Err(visit.failed(&failure)),
    };
    let who = (seat.present.id, done.case.generation());
    let seated = visit
        .portal
        .seat_user(seat.session(), &seat.office, who, visit.now)
        .await;
    let cookie = [(header::SET_COOKIE, seated.map_err(fault)?)];
    Ok((cookie, seat.to("/password?notice=saved")).into_response())
}

fn shown(
    seat: &Seat,
    status: StatusCode,
    saved: bool,
    (present_error, error): (Option<Message>, Option<Message>),
) -> Response {
    let page = seat.page();
    let least = seat.terminals.password.shortest.to_string();
    let view = view::Password {
        shortest: page.t1("user-password-help", "least", &least),
        saved,
        crumbs: crumbs(&page, &["user-menu-user", "user-password-title"]),
        present_error,
        error,
        office: seat.office.clone(),
        page,
    };
    render(status, &view)
}
