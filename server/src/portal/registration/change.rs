//! 変更: what is registered, and the beginning of a change. The card that logged in is the one that signs.

use axum::http::StatusCode;
use axum::response::Response;
use casework::registration::Kind;

use super::{to, view};
use crate::desk::registration::{Command, Registration};
use crate::portal::bidding::course::{self, note_case};
use crate::portal::bidding::{Seat, SeatPost};
use crate::portal::card_request::told;
use crate::portal::page::render;
use crate::portal::visit::Stop;
use crate::store::CardRow;

/// `GET /{office}/registration/change`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    let page = seat.page();
    let view = view::Change {
        facts: super::form::contact(&page, &seat.registration.contact),
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「変更する」. The card has proved itself at the login, by an answer that is kept and is verified once more here.
pub(super) async fn begin(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let visit = &seat.visit;
    let session = seat.session();
    course::leave_former::<Registration>(visit, session, &seat.office).await?;
    let (card, presented) = seat.presented().await.map_err(|unproven| {
        let message = told(visit.words, &unproven, &seat.office.name, "");
        visit.told(StatusCode::CONFLICT, message)
    })?;
    let case = visit.portal.desk().new_case::<Registration>();
    let command = Command::Open {
        office: seat.office.id.clone(),
        language: visit.words.language(),
        kind: Kind::Change {
            registration: seat.registration.id,
        },
        presented,
        card: Box::new(CardRow::from(&card)),
    };
    course::begin(visit, case, &command).await?;
    note_case(visit, session, &seat.office, case).await?;
    to(visit, "/form")
}
