//! 新着情報, and 「詳細」 of one piece of it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::crumbs::crumbs;
use super::seat::Seat;
use super::view;
use crate::portal::date;
use crate::portal::page::{Page, render};
use crate::portal::session::{hex, unhex};
use crate::portal::visit::Stop;
use crate::store::NewsRow;

/// `GET /{office}/news/{id}`
pub(super) async fn page(Path((_, id)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let id = unhex(&id).ok_or_else(|| seat.visit.not_found())?;
    let row = seat
        .visit
        .portal
        .store()
        .one_news(seat.present.organisation.id, id)
        .await;
    let row = row.map_err(|fault| seat.visit.fault(&fault))?;
    let row = row.ok_or_else(|| seat.visit.not_found())?;
    let page = seat.page();
    let view = view::News {
        crumbs: crumbs(&page, &["news-title"]),
        line: line(&page, &row),
        next: page.t(&format!("news-{}-next", row.words)),
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// A piece of news as a line of the list.
pub(super) fn line(page: &Page, row: &NewsRow) -> view::NewsLine {
    let number = row.number.map(|number| number.to_string());
    view::NewsLine {
        id: hex(&row.id),
        day: date::slashed(row.at.day()),
        category: page.t(&format!("news-category-{}", row.category.key())),
        says: page.t1(
            &format!("news-{}", row.words),
            "number",
            number.as_deref().unwrap_or_default(),
        ),
        number,
    }
}
