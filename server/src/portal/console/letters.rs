//! Letters for which there is no mail address: an officer prints them, posts them, and says so.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use casework::officer::Role;

use super::case::{Officers, postal_code};
use super::{Frame, Seat, SeatPost, Tab};
use crate::catalogue::Words;
use crate::desk::CaseId;
use crate::desk::paper::Paper;
use crate::fault::Fault;
use crate::portal::visit::Stop;
use crate::portal::{Portal, date};
use crate::store::LetterRow;

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/letters", get(list))
        .route("/letters/{letter}", get(sheet))
        .route("/letters/{letter}/posted", post(posted))
}

#[derive(Template)]
#[template(path = "console/letters.html")]
struct Letters {
    page: Frame,
    lines: Vec<Line>,
    notice: bool,
}

struct Line {
    path: String,
    name: String,
    subject: String,
    made: String,
}

#[derive(Template)]
#[template(path = "console/letter.html")]
struct Sheet {
    page: Frame,
    /// Of the letter, in its language.
    day: String,
    postal_code: String,
    address: String,
    name: String,
    subject: String,
    body: String,
    lang: &'static str,
    posted: Option<String>,
    path: String,
    case: String,
    may: bool,
}

/// `GET …/letters`
async fn list(seat: Seat) -> Result<Response, Stop> {
    let rows = seat.visit.portal.store().letters_to_print(&seat.office.id).await;
    let page = seat.frame(Tab::Queue);
    let lines = rows
        .map_err(|fault| seat.fault(&fault))?
        .into_iter()
        .map(|letter| Line {
            path: format!("{}/letters/{}", page.base(), id(&letter)),
            made: date::minute(page.words, letter.made_at),
            name: letter.name,
            subject: letter.subject,
        })
        .collect();
    let notice = seat.visit.asked("notice") == Some("posted");
    Ok(seat.render(&Letters { page, lines, notice }))
}

/// A letter as it is printed.
async fn sheet(Path((_, letter)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let letter = find(&seat, &letter).await?;
    let page = seat.frame(Tab::Queue);
    let officers = Officers::of(&seat).await?;
    let path = format!("{}/letters/{}", page.base(), id(&letter));
    let view = Sheet {
        path,
        case: CaseId::<Paper>::from_octets(letter.case).to_string(),
        posted: letter.printed.map(|(at, by)| {
            page.words.say_with(
                "case-letter-posted-by",
                &[("time", &date::minute(page.words, at)), ("who", &officers.name(by))],
            )
        }),
        may: may(&seat),
        postal_code: format!("〒{}", postal_code(&letter.postal_code)),
        day: date::day(Words::of(letter.language), letter.made_at.day()),
        address: letter.address,
        name: letter.name,
        subject: letter.subject,
        body: letter.body,
        lang: letter.language.tag(),
        page,
    };
    Ok(seat.render(&view))
}

/// 「投函済みにする」
async fn posted(Path((_, letter)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    if !may(seat) {
        seat.must(Role::Entry)?;
    }
    let letter = find(seat, &letter).await?;
    let told = async {
        let desk = seat.visit.portal.desk();
        let case: CaseId<Paper> = CaseId::from_octets(letter.case);
        let details = vec![("letter", crate::portal::session::hex(&letter.id))];
        let event = desk
            .event_beside(&seat.actor(), case, "letter_printed", details)
            .await?;
        let officer = seat.acting.officer.id;
        desk.store().print_letter(&letter, officer, seat.visit.now, event).await
    };
    told.await.map_err(|fault: Fault| seat.fault(&fault))?;
    Ok(seat.to("/letters?notice=posted"))
}

/// Whoever works on applications posts their letters.
fn may(seat: &Seat) -> bool {
    let roles = seat.acting.officer.roles;
    roles.contains(Role::Entry) || roles.contains(Role::Approval)
}

async fn find(seat: &Seat, letter: &str) -> Result<LetterRow, Stop> {
    let id: CaseId<Paper> = letter.parse().map_err(|_| seat.visit.not_found())?;
    let row = seat.visit.portal.store().letter(id.octets()).await;
    row.map_err(|fault| seat.fault(&fault))?
        .filter(|row| row.office == seat.office.id)
        .ok_or_else(|| seat.visit.not_found())
}

fn id(letter: &LetterRow) -> CaseId<Paper> {
    CaseId::from_octets(letter.id)
}
