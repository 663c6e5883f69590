//! A0, 利用者登録メニュー, and what a bidder can read before.

use axum::http::StatusCode;
use axum::response::Response;

use super::seat::{Glance, glance};
use super::view;
use crate::portal::page::render;
use crate::portal::visit::{Stop, Visit};

/// `GET /{office}` of an ordering body. It tells who is logged in; nobody has to be.
pub(crate) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (office, bidding) = visit.ordering_body()?;
    let (visit, bidder) = match glance(visit).await? {
        Glance::Seated(seat) => {
            let bidder = seat.bidder();
            (seat.visit, Some(bidder))
        }
        Glance::Nobody(visit) => (*visit, None),
    };
    let page = visit.page().of(bidder);
    Ok(render(StatusCode::OK, &view::Menu { page, office, bidding }))
}

/// ご利用にあたって
pub(super) async fn guide(visit: Visit) -> Result<Response, Stop> {
    let (_, bidding) = visit.ordering_body()?;
    let page = visit.page();
    let view = view::Guide {
        version: page.text(&bidding.guide.version).to_owned(),
        blocks: bidding.guide.blocks(page.words.language()),
        page: visit.page(),
    };
    Ok(render(StatusCode::OK, &view))
}
