//! N0, メニュー画面: what is new, where one can go, and where to ask.

use axum::http::StatusCode;
use axum::response::Response;

use super::seat::Seat;
use super::{news, view};
use crate::portal::Portal;
use crate::portal::page::render;
use crate::portal::visit::Stop;

/// `GET /{office}` of a service centre, for whoever is logged in.
pub(crate) async fn page(seat: Seat) -> Result<Response, Stop> {
    let portal: &Portal = &seat.visit.portal;
    let rows = portal.store().news(seat.present.organisation.id, LATEST).await;
    let rows = rows.map_err(|fault| seat.visit.fault(&fault))?;
    let page = seat.page();
    let view = view::Menu {
        news: rows.iter().map(|row| news::line(&page, row)).collect(),
        desks: view::desks(&page, &seat.terminals),
        terminals: seat.terminals.clone(),
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「最新の10件を表示」
const LATEST: i64 = 10;
