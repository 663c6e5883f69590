//! The hand-over to the agent before an officer's card signs: what is signed stands here once more, and the portal does
//! not redirect into the void (DESIGN, part 4).

use axum::http::StatusCode;
use axum::response::Response;
use wire::card_request::{CardRequest, Step};
use wire::code::Code;

use super::frame::Tab;
use super::seat::{BACK, Seat, SeatPost};
use super::view;
use crate::fault::Fault;
use crate::portal::ask::Ask;
use crate::portal::date;
use crate::portal::purpose::Purpose;
use crate::portal::visit::Stop;
use crate::store::CardRequestRow;

/// `GET /console/{office}/card`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    let (row, request) = current(&seat).await?;
    let page = seat.frame(if seat.office.offers("counter") {
        Tab::Counter
    } else {
        Tab::Queue
    });
    let back = seat.session().noted(&seat.office.id, BACK);
    let text = request.steps.iter().find_map(|step| match step {
        Step::Sign { text, .. } => text.clone(),
        Step::Present { .. }
        | Step::Authenticate { .. }
        | Step::Swap { .. }
        | Step::Acquire { .. }
        | Step::Install { .. } => None,
    });
    let view = view::Card {
        title: page.text(&request.title).to_owned(),
        text_lang: text.as_deref().and_then(|text| page.tongue(text)),
        text: text.unwrap_or_default(),
        cancelled: seat.visit.asked("notice") == Some("cancelled"),
        until: date::minute(page.words, row.expires_at),
        link: row.is_unclaimed().then(|| seat.visit.portal.agent_link(&row)),
        back: back.map_or_else(|| page.base(), |fact| fact.value.clone()),
        page,
    };
    Ok(seat.render(&view))
}

/// 「署名アプリを開く」. A request that an agent took and did not answer is made anew over the same text: an agent that
/// was started again has forgotten it.
pub(super) async fn to_agent(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let (row, request) = current(seat).await?;
    if row.is_unclaimed() {
        return Ok(seat.visit.portal.lead_to_agent(&row));
    }
    let Some((purpose, procedure)) = Purpose::of(&row).zip(crate::portal::card_request::noun(&row)) else {
        return Err(seat.visit.not_found());
    };
    let ask = Ask {
        office: &seat.office,
        procedure,
        purpose,
        case: row.case,
        title: request.title,
        language: request.language,
        same_pin: request.same_pin,
        watch: request.watch,
        steps: request.steps,
        return_to: request.return_to,
        until: row.expires_at,
    };
    let asked = seat.visit.portal.ask_card(seat.session(), ask).await;
    let row = asked.map_err(|fault| seat.fault(&fault))?;
    Ok(seat.visit.portal.lead_to_agent(&row))
}

/// The signature that this session's officer was asked for last.
async fn current(seat: &Seat) -> Result<(CardRequestRow, CardRequest), Stop> {
    let row = seat
        .visit
        .portal
        .card_request_of(seat.session(), &seat.office)
        .await
        .map_err(|fault| seat.fault(&fault))?
        .filter(|row| matches!(Purpose::of(row), Some(Purpose::Submit | Purpose::Decide)))
        .ok_or_else(|| seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))?;
    let request = crate::portal::card_request::read_request(&row).map_err(|fault: Fault| seat.fault(&fault))?;
    Ok((row, request))
}
