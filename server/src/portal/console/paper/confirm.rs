//! What was entered is looked through once more, signed by the officer's card, and gets its number.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::officer::Role;
use casework::paper::Case;
use wire::code::Code;

use crate::catalogue::{Message, both};
use crate::desk::paper::{Command, Paper};
use crate::desk::{CaseId, Procedure as _, Standing};
use crate::fault::{Bug, Fault};
use crate::portal::console::case::{self, FileView};
use crate::portal::console::{Brought, Frame, Seat, SeatPost, Tab, Wish};
use crate::portal::page::Fact;
use crate::portal::purpose::Purpose;
use crate::portal::visit::Stop;

#[derive(Template)]
#[template(path = "console/paper-confirm.html")]
struct Confirm {
    page: Frame,
    case: String,
    notice: Option<Message>,
    cancelled: bool,
    certificate: Vec<Fact>,
    entry: Vec<Fact>,
    enclosures: Vec<Fact>,
    files: Vec<FileView>,
    others: Vec<case::OtherView>,
    /// It had a number before: what was approved then is void.
    again: bool,
    version: i64,
}

/// `GET …/paper/{case}/confirm`
pub(super) async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let standing = drafting(&seat, &case).await?;
    show(&seat, &standing, None).await
}

/// 「ICカードで署名する」
pub(super) async fn ask(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let standing = drafting(seat, &case).await?;
    // What is signed is what this page showed.
    if post.field("version") != standing.version.to_string() {
        let notice = Message {
            happened: seat.visit.words.say("case-changed"),
            next: seat.visit.words.say("case-changed-next"),
            ..seat.visit.words.message(Code::Stale, &[])
        };
        return show(seat, &standing, Some(notice)).await;
    }
    let language = seat.visit.words.language();
    let desk = seat.visit.portal.desk();
    let done = desk
        .perform(&seat.actor(), standing.id, &Command::Present { language })
        .await;
    let done = done.map_err(|failure| seat.failed(&failure))?;
    let Case::Drafting {
        asked: Some((text, until)),
        ..
    } = done.case
    else {
        return Err(seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    let written = case::text(seat, standing.id.octets(), text).await?;
    seat.ask(Wish {
        case: standing.id.octets(),
        procedure: Paper::NOUN,
        purpose: Purpose::Submit,
        title: both("case-sign-entry"),
        text: written,
        return_to: format!("/paper/{}/return", standing.id),
        back: format!("/console/{}/paper/{}/confirm", seat.office.id, standing.id),
        until,
    })
    .await?;
    Ok(seat.to("/card"))
}

/// The way back from the agent.
pub(super) async fn returned(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Entry)?;
    let id: CaseId<Paper> = case.parse().map_err(|_| seat.visit.not_found())?;
    match seat.brought(Purpose::Submit).await? {
        Brought::GivenUp => Ok(seat.to(&format!("/paper/{id}/confirm?notice=cancelled"))),
        Brought::Signed { case, signature } if case == id.octets() => {
            let desk = seat.visit.portal.desk();
            let done = desk.perform(&seat.actor(), id, &Command::Submit(signature)).await;
            done.map_err(|failure| seat.failed(&failure))?;
            Ok(seat.to(&format!("/cases/{id}?notice=submitted")))
        }
        Brought::Signed { .. } => Err(seat.visit.not_found()),
    }
}

async fn drafting(seat: &Seat, case: &str) -> Result<Standing<Paper>, Stop> {
    seat.must(Role::Entry)?;
    let standing = case::standing::<Paper>(seat, case).await?;
    match standing.case {
        Case::Drafting { .. } => Ok(standing),
        // Submitted or given up meanwhile, by this officer or another one.
        _ => Err(seat.to(&format!("/cases/{}", standing.id)).into()),
    }
}

async fn show(seat: &Seat, standing: &Standing<Paper>, notice: Option<Message>) -> Result<Response, Stop> {
    let Case::Drafting { entry, number, .. } = &standing.case else {
        return Err(seat.fault(&Fault::from(Bug("a page of drafts shows nothing else".to_owned()))));
    };
    let page = seat.frame(Tab::Paper);
    let known = case::certificate(seat, &entry.certificate).await?;
    let view = Confirm {
        case: standing.id.to_string(),
        notice,
        cancelled: seat.visit.asked("notice") == Some("cancelled"),
        certificate: case::certificate_facts(seat, &page, &entry.certificate, &known).await?,
        entry: case::entry_facts(&page, entry),
        enclosures: case::enclosure_facts(&page, entry),
        files: case::files(&page, standing.id.octets(), entry),
        others: case::others(seat, &page, &entry.certificate, standing.id.octets()).await?,
        again: number.is_some(),
        version: standing.version,
        page,
    };
    Ok(seat.render(&view))
}
