//! N5, 登録完了: the number, and everything that was applied for, to be printed.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Current, offered, shown, view};
use crate::portal::date;
use crate::portal::organisation::Seat;
use crate::portal::page::render;
use crate::portal::receipt::check_code;
use crate::portal::visit::Stop;

/// `GET /{office}/reissue/{case}/done`
pub(super) async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let current = Current::of(&seat, &case).await?;
    let Some(submitted) = current.case().submitted() else {
        return Ok(current.to(&seat, "/confirm"));
    };
    let check_code = check_code(&seat.visit.portal, current.id().octets()).await;
    let check_code = check_code.map_err(|fault| seat.visit.fault(&fault))?;
    let offered = offered(&seat).await?;
    let page = seat.page();
    let view = view::Sent {
        stages: page.stages(view::STAGES, &5),
        corrected: seat.visit.asked("notice") == Some("corrected"),
        number: submitted.number.to_string(),
        facts: vec![
            page.fact("reissue-applied-at", date::second(page.words, submitted.at)),
            page.fact("receipt-check-code", check_code.to_string()),
        ],
        contact: shown::contact(&page, &submitted.contact),
        wish: shown::wish(&page, &submitted.wish),
        lines: shown::lines(&page, &submitted.wish.terminals, &offered),
        mail: submitted.contact.mail.clone(),
        case,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}
