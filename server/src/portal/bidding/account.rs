//! 利用者情報: what is registered, and from where it is changed.

use axum::http::StatusCode;
use axum::response::Response;
use casework::time::Day;

use super::held::Note;
use super::seat::Seat;
use super::{fact, view};
use crate::portal::date;
use crate::portal::page::render;
use crate::portal::registration;
use crate::portal::visit::Stop;

/// `GET /{office}/account`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    let page = seat.page();
    let application = Note::of(&seat).await?;
    let (registration, bidding) = (&seat.registration, &seat.bidding);
    let mut card = fact::card(&page, bidding, &seat.card);
    card.push(page.fact("bidder-since", date::minute(page.words, registration.registered_at)));
    let last = seat.card.valid.1.day();
    let view = view::Account {
        soon: ends_soon(seat.visit.now.day(), last).then(|| date::slashed(last)),
        company: fact::company(&page, bidding, &registration.business, seat.entry.as_ref()),
        contact: registration::contact(&page, &registration.contact),
        card,
        last: application,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

fn ends_soon(today: Day, last: Day) -> bool {
    last.0 - today.0 <= SOON
}

/// Days: the authorities write about two months before (DOMAIN §11.2).
const SOON: i32 = 60;
