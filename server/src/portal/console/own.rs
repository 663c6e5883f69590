//! ご自身の設定: what the account is, and its passkeys. They log in beside the card and sign nothing.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::application::Complaint;
use casework::characters;
use casework::identity::Digest;
use wire::code::Code;

use super::frame::Tab;
use super::passkey::{self, NEW};
use super::seat::{Seat, SeatPost};
use super::view;
use crate::catalogue::Message;
use crate::desk::officer::{Command, NewPasskey, OfficerAccount};
use crate::desk::{CaseId, Failure};
use crate::fault::Fault;
use crate::portal::page::render;
use crate::portal::session::unhex;
use crate::portal::visit::Stop;
use crate::portal::{date, refusal};
use crate::webauthn::{self, Asked, Registration};

/// `GET /console/{office}/own`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    shown(&seat, StatusCode::OK, None).await
}

/// A passkey that the browser has just made.
pub(super) async fn add(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let visit = &seat.visit;
    let label = post.field("label").trim();
    if let Err(complaint) = fits(label) {
        let field = visit.words.say("desk-passkey-label");
        let message = refusal::complained(visit.words, &field, complaint, "");
        return shown(seat, StatusCode::UNPROCESSABLE_ENTITY, Some(message)).await;
    }
    let stale = || visit.problem(StatusCode::CONFLICT, Code::Stale, &[]);
    let challenge = passkey::challenge_of(seat.session(), &seat.office, NEW, visit.now).ok_or_else(stale)?;
    if !passkey::take(visit, seat.session(), &seat.office, NEW).await? {
        return Err(stale());
    }
    let asked = Asked {
        origin: &visit.portal.site().origin,
        challenge: &challenge,
    };
    let made = Registration::read(|name| post.field(name)).map(|registration| registration.verify(asked));
    let Some(Ok(credential)) = made else {
        if let Some(Err(why)) = made {
            tracing::info!(%why, "a passkey was not registered");
        }
        let message = Message {
            code: Code::Signature,
            happened: visit.words.say("desk-passkey-refused"),
            next: visit.words.say("desk-passkey-again"),
        };
        return shown(seat, StatusCode::CONFLICT, Some(message)).await;
    };
    let command = Command::AddPasskey(NewPasskey {
        credential: credential.id,
        public_key: credential.public_key,
        counter: credential.counter,
        label: label.to_owned(),
    });
    perform(seat, &command).await
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
    let passkeys = visit.portal.store().passkeys(seat.acting.officer.id).await;
    let passkeys = passkeys.map_err(|fault: Fault| seat.fault(&fault))?;
    let challenge = passkey::challenge(visit, seat.session(), &seat.office, NEW).await?;
    let page = seat.frame(Tab::Own);
    let known: Vec<_> = passkeys
        .iter()
        .map(|row| URL_SAFE_NO_PAD.encode(&row.credential))
        .collect();
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
        passkeys: passkeys
            .iter()
            .map(|row| view::Passkey {
                digest: row.digest.to_string(),
                label: row.label.clone(),
                added: date::minute(page.words, row.added_at),
                used: row
                    .used_at
                    .map_or_else(|| page.t("desk-passkey-unused"), |at| date::minute(page.words, at)),
            })
            .collect(),
        challenge,
        party: webauthn::party(&visit.portal.site().origin).to_owned(),
        user: URL_SAFE_NO_PAD.encode(seat.acting.officer.id.0),
        name: seat.acting.name.clone(),
        known: known.join(" "),
        page,
    };
    Ok(render(status, &view))
}

fn fits(label: &str) -> Result<(), Complaint> {
    if label.is_empty() {
        Err(Complaint::Empty)
    } else if let Some(character) = characters::forbidden(label) {
        Err(Complaint::Character { character })
    } else if characters::count(label) > LONGEST_LABEL {
        Err(Complaint::TooLong { most: LONGEST_LABEL })
    } else {
        Ok(())
    }
}

const LONGEST_LABEL: usize = 40;
