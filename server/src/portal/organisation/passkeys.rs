//! パスキー of a person: the ways to log in without a password. Changed only soon after a login, and added with the password
//! alone, so that nobody who finds a browser makes a way in of their own.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::identity::Digest;
use casework::{Answer, Refusal};
use wire::code::Code;

use super::crumbs::crumbs;
use super::{Seat, SeatPost, view};
use crate::catalogue::Message;
use crate::desk::user::{Command, UserAccount};
use crate::desk::{CaseId, Done, Failure};
use crate::portal::page::render;
use crate::portal::passkey::{self, NEW, Unmade};
use crate::portal::refusal::refused;
use crate::portal::session::unhex;
use crate::portal::visit::Stop;
use crate::webauthn;

/// `GET /{office}/passkeys`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    shown(&seat, StatusCode::OK, None).await
}

/// A passkey that the browser has just made.
pub(super) async fn add(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let visit = &seat.visit;
    if !seat.is_fresh() {
        return Ok(seat.to("/passkeys"));
    }
    let new = match passkey::made(visit, seat.session(), &seat.office, |name| post.field(name)).await? {
        Ok(new) => new,
        Err(Unmade::Label(message)) => return shown(seat, StatusCode::UNPROCESSABLE_ENTITY, Some(message)).await,
        Err(Unmade::Stale) => return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
        Err(Unmade::Refused) => return shown(seat, StatusCode::CONFLICT, Some(not_taken(seat))).await,
    };
    let desk = visit.portal.desk();
    let typed = async {
        let row = desk.store().user(seat.present.id).await?;
        desk.typed(&seat.terminals, row.as_ref(), post.field("present")).await
    };
    let typed = typed.await.map_err(|fault| visit.fault(&fault))?;
    perform(seat, &Command::AddPasskey { typed, new }).await
}

/// One passkey less.
pub(super) async fn remove(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    if !seat.is_fresh() {
        return Ok(seat.to("/passkeys"));
    }
    let credential = unhex(post.field("passkey")).map(Digest);
    let credential = credential.ok_or_else(|| seat.visit.not_found())?;
    perform(seat, &Command::RemovePasskey { credential }).await
}

async fn perform(seat: &Seat, command: &Command) -> Result<Response, Stop> {
    let own: CaseId<UserAccount> = CaseId::from_octets(seat.present.id.0);
    match seat.visit.portal.desk().perform(&seat.actor(), own, command).await {
        Ok(Done {
            answer: Answer::Refused(no),
            ..
        })
        | Err(Failure::Refused(no @ (Refusal::TooMany { .. } | Refusal::WrongLogin | Refusal::LockedOut { .. }))) => {
            let (status, message) = refused(seat.visit.words, &no);
            shown(seat, status, Some(message)).await
        }
        // Somebody has it already, whose is nobody's to know.
        Err(Failure::Refused(Refusal::CardTaken)) => shown(seat, StatusCode::CONFLICT, Some(not_taken(seat))).await,
        Ok(_) => Ok(seat.to("/passkeys?notice=saved")),
        Err(failure) => Err(seat.visit.failed(&failure)),
    }
}

fn not_taken(seat: &Seat) -> Message {
    Message {
        code: Code::Signature,
        happened: seat.visit.words.say("user-passkey-refused"),
        next: seat.visit.words.say("desk-passkey-again"),
    }
}

async fn shown(seat: &Seat, status: StatusCode, error: Option<Message>) -> Result<Response, Stop> {
    let visit = &seat.visit;
    let rows = visit.portal.store().passkeys(seat.present.id.0).await;
    let rows = rows.map_err(|fault| visit.fault(&fault))?;
    let challenge = passkey::challenge(visit, seat.session(), &seat.office, NEW).await?;
    let page = seat.page();
    let view = view::PasskeysPage {
        error,
        saved: visit.asked("notice") == Some("saved"),
        fresh: seat.is_fresh(),
        passkeys: passkey::lines(&page, &rows),
        challenge,
        party: webauthn::party(&visit.portal.site().origin).to_owned(),
        user: URL_SAFE_NO_PAD.encode(seat.present.id.0),
        name: seat.present.account.login.to_string(),
        known: passkey::known(&rows),
        crumbs: crumbs(&page, &["user-menu-user", "user-passkeys-title"]),
        office: seat.office.clone(),
        page,
    };
    Ok(render(status, &view))
}
