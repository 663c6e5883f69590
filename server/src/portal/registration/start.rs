//! 登録: who registers and what is needed, and the request that asks for the card.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use wire::card_request::{SamePin, Step};

use super::view;
use super::{Current, STAGES, to};
use crate::catalogue::both;
use crate::desk::Procedure as _;
use crate::desk::registration::Registration;
use crate::portal::ask::Ask;
use crate::portal::bidding::course;
use crate::portal::bidding::seat::{Glance, glance};
use crate::portal::page::render;
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor};
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::CardRequestRow;

/// The session begins here, since the card request belongs to one.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, bidder) = match glance(visit).await? {
        Glance::Seated(seat) => {
            let bidder = seat.bidder();
            (seat.visit, Some(bidder))
        }
        Glance::Nobody(visit) => (*visit, None),
    };
    let (office, _) = visit.ordering_body()?;
    let begun = match &visit.visitor {
        Visitor::Known(_) => None,
        Visitor::Stranger | Visitor::Late | Visitor::Former(_) => {
            let begun = visit.portal.begin_session(visit.now).await;
            Some(begun.map_err(|fault| visit.fault(&fault))?)
        }
    };
    let unfinished = match &begun {
        Some(_) => false,
        None => Current::noted(&visit)
            .await?
            .is_some_and(|current| current.is_unfinished()),
    };
    let csrf = match &begun {
        Some((session, _)) => session.csrf(),
        None => visit.session()?.csrf(),
    };
    let page = visit.page_with(Some(csrf)).of(bidder);
    let view = view::Start {
        stages: page.stages(STAGES, &1),
        unfinished,
        office,
        page,
    };
    let page = render(StatusCode::OK, &view);
    Ok(match begun {
        Some((_, cookie)) => ([(header::SET_COOKIE, cookie)], page).into_response(),
        None => page,
    })
}

/// 「ICカードを確認する」. Whoever begins again leaves what was begun before.
pub(super) async fn begin(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, _) = visit.ordering_body()?;
    let session = visit.session()?;
    course::leave_former::<Registration>(visit, session, &office).await?;
    ask(visit, session).await?;
    to(visit, "/card")
}

/// The request that asks for the card: the one that waits for an agent, or a fresh one. One that an agent took is its own
/// for ever, and an agent that was started again has forgotten it.
pub(super) async fn request(visit: &Visit) -> Result<CardRequestRow, Stop> {
    let (office, _) = visit.ordering_body()?;
    let session = visit.session()?;
    match course::request_of::<Registration>(visit, session, &office).await? {
        Some(row) if row.is_unclaimed() && Purpose::of(&row) == Some(Purpose::Open) => Ok(row),
        _ => ask(visit, session).await,
    }
}

async fn ask(visit: &Visit, session: &Session) -> Result<CardRequestRow, Stop> {
    let (office, bidding) = visit.ordering_body()?;
    let ask = Ask {
        office: &office,
        procedure: Registration::NOUN,
        purpose: Purpose::Open,
        case: None,
        title: both("registration-request-title"),
        language: visit.words.language(),
        same_pin: SamePin::Off,
        watch: None,
        steps: vec![
            Step::Present {
                says: both("registration-request-present"),
            },
            Step::Authenticate {
                says: both("registration-request-authenticate"),
            },
        ],
        return_to: format!("/{}/registration/return", office.id),
        until: visit.now.plus_seconds(bidding.signature_within),
    };
    let asked = visit.portal.ask_card(session, ask).await;
    asked.map_err(|fault| visit.fault(&fault))
}
