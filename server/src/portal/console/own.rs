//! ご自身の設定: what the account is, and its passkeys. They log in beside the card and sign nothing.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::identity::Digest;
use wire::code::Code;

use super::frame::Tab;
use super::seat::{Seat, SeatPost};
use super::view;
use crate::catalogue::Message;
use crate::desk::officer::{Command, OfficerAccount};
use crate::desk::{CaseId, Failure};
use crate::fault::Fault;
use crate::portal::page::render;
use crate::portal::passkey::{self, NEW, Unmade};
use crate::portal::refusal;
use crate::portal::session::unhex;
use crate::portal::visit::Stop;
use crate::webauthn;

/// `GET /console/{office}/own`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    shown(&seat, StatusCode::OK, None).await
}

/// A passkey that the browser has just made.
pub(super) async fn add(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let visit = &seat.visit;
    let new = match passkey::made(visit, seat.session(), &seat.office, |name| post.field(name)).await? {
        Ok(new) => new,
        Err(Unmade::Label(message)) => return shown(seat, StatusCode::UNPROCESSABLE_ENTITY, Some(message)).await,
        Err(Unmade::Stale) => return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
        Err(Unmade::Refused) => {
            let message = Message {
                code: Code::Signature,
                happened: visit.words.say("desk-passkey-refused"),
                next: visit.words.say("desk-passkey-again"),
            };
            return shown(seat, StatusCode::CONFLICT, Some(message)).await;
        }
    };
    perform(seat, &Command::AddPasskey(new)).await
}

/// One passkey less.
pub(super) async fn remove(post: SeatPost) -> Result<Response, Stop> {
    let Some(credential) = unhex(post.field("passkey")).map(Digest) else {
        return Err(post.seat.visit.not_found());
    };
    perform(&post.seat, &Command::RemovePasskey { credential }).await
}

async fn perform(seat: &Seat, command: &Command) -> Result<Response, Stop> {
    let own: CaseId<OfficerAccount> = CaseId::from_octets(seat.acting.officer.id.0);
    match seat.visit.portal.desk().perform(&seat.actor(), own, command).await {
        Ok(_) => Ok(seat.to("/own?notice=saved").into_response()),
        Err(Failure::Refused(no @ (Refusal::TooMany { .. } | Refusal::CardTaken))) => {
            let (status, message) = refusal::refused(seat.visit.words, &no);
            shown(seat, status, Some(message)).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

async fn shown(seat: &Seat, status: StatusCode, error: Option<Message>) -> Result<Response, Stop> {
    let visit = &seat.visit;
    let passkeys = visit.portal.store().passkeys(seat.acting.officer.id.0).await;
    let passkeys = passkeys.map_err(|fault: Fault| seat.fault(&fault))?;
    let challenge = passkey::challenge(visit, seat.session(), &seat.office, NEW).await?;
    let page = seat.frame(Tab::Own);
    let view = view::Own {
        error,
        saved: visit.asked("notice") == Some("saved"),
        facts: vec![
            page.fact("desk-officer-name", &seat.acting.name),
            page.fact("desk-officer-person", &seat.acting.officer.person.0),
            page.fact("desk-officer-company", &seat.acting.officer.company.0),
            page.fact(
                "desk-officer-roles",
                super::officers::roles_said(page.words, seat.acting.officer.roles),
            ),
        ],
        passkeys: passkey::lines(&page, &passkeys),
        challenge,
        party: webauthn::party(&visit.portal.site().origin).to_owned(),
        user: URL_SAFE_NO_PAD.encode(seat.acting.officer.id.0),
        name: seat.acting.name.clone(),
        known: passkey::known(&passkeys),
        page,
    };
    Ok(render(status, &view))
}
