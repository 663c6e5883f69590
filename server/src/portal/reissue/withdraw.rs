//! 取り下げ: asked once more, since it cannot be undone.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Current, shown, stale, view};
use crate::desk::reissue::Command;
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::page::render;
use crate::portal::visit::Stop;

/// `GET /{office}/applications/{case}/withdraw`
pub(super) async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let current = Current::of(&seat, &case).await?;
    current.draft(&seat)?;
    // A draft that was never sent off has nothing to withdraw.
    let submitted = current.case().submitted().ok_or_else(|| seat.visit.not_found())?;
    let page = seat.page();
    let view = view::Withdraw {
        number: submitted.number.to_string(),
        facts: shown::wish(&page, &submitted.wish),
        case,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「取り下げる」. A second click finds it withdrawn.
pub(super) async fn withdraw(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = Current::of(seat, &case).await?;
    if current.case().submitted().is_none() {
        return Err(stale(seat));
    }
    let withdrawn = current.perform(seat, &Command::Withdraw).await;
    withdrawn.map_err(|failure| seat.visit.failed(&failure))?;
    Ok(seat.to(&format!("/applications/{case}?notice=withdrawn")))
}
