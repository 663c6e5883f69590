//! A renewal that was held, for the company that is logged in with the card in use: how it stands, 取下げ, the answer to a
//! 差戻し, and why it was denied (DOMAIN §5.3, §5.4).

use axum::response::Response;
use casework::review::Stage;

use super::{Current, to};
use crate::desk::renewal::Command;
use crate::portal::bidding::held::{self, Own, Typed};
use crate::portal::bidding::seat::{Seat, SeatPost};
use crate::portal::bidding::{beside, course};
use crate::portal::date;
use crate::portal::visit::Stop;

/// `GET /{office}/renewal/case`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    shown(&seat, Typed::default()).await
}

/// 「申請を取り下げる」
pub(super) async fn sure(seat: Seat) -> Result<Response, Stop> {
    let current = current(&seat).await?;
    held::sure(&seat.visit, seat.page(), &current.office, &current.standing)
}

/// 「取り下げる」
pub(super) async fn withdraw(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = current(seat).await?;
    let withdraw = Command::Withdraw { by: seat.card.card };
    perform(seat, &current, &withdraw).await?;
    to(&seat.visit, "/done")
}

/// The answer to a 差戻し.
pub(super) async fn answer(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = current(seat).await?;
    // What was read is what this page showed.
    if post.field("version") != current.standing.version.to_string() {
        return Err(seat.visit.stale());
    }
    let typed = held::typed(seat.visit.words, post.field("remark"));
    if typed.error.is_some() {
        return shown(seat, typed).await;
    }
    let (by, remark) = (seat.card.card, typed.remark);
    perform(seat, &current, &Command::Answer { by, remark }).await?;
    to(&seat.visit, "/case")
}

/// Who has none may have been led here by a page that was open before.
async fn current(seat: &Seat) -> Result<Current, Stop> {
    let found = held::about(&seat.visit.portal, &seat.office, seat.card.card).await;
    let standing = found.map_err(|fault| seat.visit.fault(&fault))?;
    Ok(Current {
        office: seat.office.clone(),
        bidding: seat.bidding.clone(),
        standing: standing.ok_or_else(|| seat.visit.not_found())?,
    })
}

/// The session shows from then on what became of the case.
async fn perform(seat: &Seat, current: &Current, command: &Command) -> Result<(), Stop> {
    let visit = &seat.visit;
    course::note_case(visit, seat.session(), &current.office, current.id()).await?;
    let done = course::perform(visit, current.id(), command).await?;
    done.map(drop).map_err(|failure| visit.failed(&failure))
}

async fn shown(seat: &Seat, typed: Typed) -> Result<Response, Stop> {
    let current = current(seat).await?;
    let page = seat.page();
    let confirmation = super::confirm::confirmation(&seat.visit, &current).await?;
    let usable = date::slashed(confirmation.old.valid.1.day());
    let notes = match current.standing.case.stage() {
        Some(Stage::Held(_) | Stage::Returned { .. }) => vec![
            page.t("renewal-done-lead-held"),
            page.t1("renewal-done-usable", "date", &usable),
        ],
        Some(Stage::Denied(_)) => vec![page.t("renewal-done-lead-denied"), page.t("renewal-case-again")],
        Some(Stage::Withdrawn) => vec![page.t("renewal-done-lead-withdrawn")],
        Some(Stage::Lapsed) => vec![page.t("renewal-done-lead-lapsed")],
        Some(Stage::Done) | None => Vec::new(),
    };
    let own = Own {
        notes,
        compared: beside::names(
            &page,
            &current.bidding,
            (confirmation.entry.as_ref(), confirmation.compared.as_ref()),
            &confirmation.new,
        ),
        correct: false,
    };
    held::show(&seat.visit, page, &current.office, &current.standing, (own, typed)).await
}
