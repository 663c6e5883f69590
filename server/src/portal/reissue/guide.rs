//! N1, 証明書再発行申込 ガイダンス.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::Refusal;
use casework::reissue::Case;

use super::{Current, perform, stale, view};
use crate::desk::reissue::{Command, Reissue};
use crate::desk::{CaseId, Failure};
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::page::render;
use crate::portal::visit::Stop;

/// `GET /{office}/reissue`. The form carries the id of the application that it begins, so that a second click begins no
/// second one.
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    let unfinished = unfinished(&seat).await?;
    let fresh: CaseId<Reissue> = seat.visit.portal.desk().new_case();
    Ok(shown(&seat, fresh.to_string(), None, unfinished))
}

/// `GET /{office}/reissue/{case}`: the same page, for an application that is entered or corrected.
pub(super) async fn again(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let current = Current::of(&seat, &case).await?;
    current.draft(&seat)?;
    let back = if current.is_sent() {
        Some(format!("/{}/applications/{case}", seat.office.id))
    } else {
        None
    };
    Ok(shown(&seat, String::new(), Some((case, back)), None))
}

/// 「申込担当者入力へ進む」
pub(super) async fn open(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let case: CaseId<Reissue> = post.field("case").parse().map_err(|_| stale(seat))?;
    let command = Command::Open {
        office: seat.office.id.clone(),
        language: seat.visit.words.language(),
    };
    match perform(seat, case, &command).await {
        // A second click, or Back and once more: it was begun.
        Ok(_) | Err(Failure::Refused(Refusal::Stale)) => {}
        Err(failure) => return Err(seat.visit.failed(&failure)),
    }
    let current = Current::of(seat, &case.to_string()).await?;
    let portal = &seat.visit.portal;
    let noted = portal
        .note(seat.session(), &seat.office.id, BEGUN, case.to_string(), seat.visit.now)
        .await;
    noted.map_err(|fault| seat.visit.fault(&fault))?;
    Ok(current.to(seat, "/contact"))
}

/// The page on which somebody goes on who left an application unfinished in this session.
async fn unfinished(seat: &Seat) -> Result<Option<String>, Stop> {
    let Some(noted) = seat.session().noted(&seat.office.id, BEGUN) else {
        return Ok(None);
    };
    let Ok(case) = noted.value.parse::<CaseId<Reissue>>() else {
        return Ok(None);
    };
    let standing = seat.visit.portal.desk().look(case).await;
    let Case::Drafting { opened, draft } = standing.map_err(|fault| seat.visit.fault(&fault))? else {
        return Ok(None);
    };
    let page = match (&draft.contact, &draft.wish) {
        (None, _) => "contact",
        (Some(_), None) => "terminals",
        (Some(_), Some(_)) => "confirm",
    };
    let own = opened.organisation == seat.present.organisation.id;
    Ok(own.then(|| format!("/{}/reissue/{case}/{page}", seat.office.id)))
}

fn shown(
    seat: &Seat,
    fresh: String,
    goes_on: Option<(String, Option<String>)>,
    unfinished: Option<String>,
) -> Response {
    let page = seat.page();
    let (contact, back) = match goes_on {
        Some((case, back)) => (Some(format!("/{}/reissue/{case}/contact", seat.office.id)), back),
        None => (None, None),
    };
    let view = view::Guide {
        stages: page.stages(view::STAGES, &1),
        steps: (1..=5)
            .map(|step| {
                let words = |part| page.t(&format!("reissue-guide-step-{step}{part}"));
                (words(""), words("-text"))
            })
            .collect(),
        fresh,
        contact,
        back,
        unfinished,
        office: seat.office.clone(),
        page,
    };
    render(StatusCode::OK, &view)
}

/// The note of the application that was begun in this session.
pub(super) const BEGUN: &str = "reissue";
