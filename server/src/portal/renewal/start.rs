//! ICカード更新: what is needed and what happens, and the request that asks for both cards.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::bids::Consequences;
use super::{Current, STAGES, bids, ceremony, to, view};
use crate::catalogue::both;
use crate::desk::Procedure as _;
use crate::desk::renewal::Renewal;
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::ask::Ask;
use crate::portal::bidding::course;
use crate::portal::bidding::seat::{Glance, Seat, glance};
use crate::portal::card_request::told;
use crate::portal::date;
use crate::portal::page::{Page, render};
use crate::portal::purpose::Purpose;
use crate::portal::session::Visitor;
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::CardRequestRow;

/// Under `core` whoever comes here is logged in with the current card; under `review` nobody has to be, and the session
/// begins here.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let glance = glance(visit).await?;
    let (visit, seat) = (glance.visit(), glance.seat());
    let (office, bidding) = visit.ordering_body()?;
    if seat.is_none() && !bidding.reviews() {
        return Ok(to_login(&office));
    }
    let begun = match &visit.visitor {
        Visitor::Known(_) => None,
        Visitor::Stranger | Visitor::Late | Visitor::Former(_) => {
            let begun = visit.portal.begin_session(visit.now).await;
            Some(begun.map_err(|fault| visit.fault(&fault))?)
        }
    };
    let unfinished = match &begun {
        Some(_) => false,
        None => Current::noted(visit)
            .await?
            .is_some_and(|current| current.is_unfinished()),
    };
    let csrf = match &begun {
        Some((session, _)) => session.csrf(),
        None => visit.session()?.csrf(),
    };
    let page = visit.page_with(Some(csrf)).of(seat.map(Seat::bidder));
    let consequences = match seat {
        Some(seat) => consequences(seat, &page).await?,
        None => Consequences::default(),
    };
    let view = view::Start {
        stages: page.stages(STAGES, &1),
        unfinished,
        until: seat.map(|seat| date::slashed(seat.card.valid.1.day())),
        elsewhere: consequences.elsewhere,
        bids: consequences.bids,
        reviews: bidding.reviews(),
        office,
        page,
    };
    let page = render(StatusCode::OK, &view);
    Ok(match begun {
        Some((_, cookie)) => ([(header::SET_COOKIE, cookie)], page).into_response(),
        None => page,
    })
}

/// 「ICカード更新を始める」. Whoever begins again leaves what was begun before.
pub(super) async fn begin(post: Post) -> Result<Response, Stop> {
    let glance = glance(post.visit).await?;
    let visit = glance.visit();
    let (office, bidding) = visit.ordering_body()?;
    if glance.seat().is_none() && !bidding.reviews() {
        return Ok(to_login(&office));
    }
    let session = visit.session()?;
    course::leave_former::<Renewal>(visit, session, &office).await?;
    // The card of the login is to leave its reader now, and that must end nothing.
    let unwatched = visit.portal.end_watch(session, &office.id).await;
    unwatched.map_err(|fault| visit.fault(&fault))?;
    ask(&glance).await?;
    to(visit, "/card")
}

/// The request that asks for the cards: the one that waits for an agent, or a fresh one. One that an agent took is its own
/// for ever, and an agent that was started again has forgotten it.
pub(super) async fn request(glance: &Glance) -> Result<CardRequestRow, Stop> {
    let visit = glance.visit();
    let (office, bidding) = visit.ordering_body()?;
    if glance.seat().is_none() && !bidding.reviews() {
        return Err(to_login(&office).into());
    }
    match course::request_of::<Renewal>(visit, visit.session()?, &office).await? {
        Some(row) if row.is_unclaimed() && Purpose::of(&row) == Some(Purpose::Open) => Ok(row),
        _ => ask(glance).await,
    }
}

/// What hangs on the card that somebody is logged in with.
async fn consequences(seat: &Seat, page: &Page) -> Result<Consequences, Stop> {
    let visit = &seat.visit;
    let read = async {
        let desk = visit.portal.desk();
        match desk.store().card(seat.card.card).await? {
            Some(card) => desk.touched_by_renewal(&card, visit.now).await,
            None => Ok(Vec::new()),
        }
    };
    let touched = read.await.map_err(|fault: Fault| visit.fault(&fault))?;
    Ok(bids::of(page, &seat.office, seat.card.valid.1.day(), &touched))
}

async fn ask(glance: &Glance) -> Result<CardRequestRow, Stop> {
    let visit = glance.visit();
    let (office, bidding) = visit.ordering_body()?;
    let language = visit.words.language();
    // Who is logged in under `core` renews that card and no other: its text can be written now.
    let begun = match glance.seat().filter(|_| !bidding.reviews()) {
        Some(seat) => {
            let shown = seat.presented().await.map_err(|unproven| {
                let message = told(visit.words, &unproven, &office.name, "");
                visit.told(StatusCode::CONFLICT, message)
            })?;
            let desk = visit.portal.desk();
            let text = desk.begin_ceremony(&office, seat.registration.id, &shown.0, language);
            Some((text, seat.card.card))
        }
        None => None,
    };
    let ask = Ask {
        office: &office,
        procedure: Renewal::NOUN,
        purpose: Purpose::Open,
        case: None,
        title: both("renewal-request-title"),
        language,
        same_pin: bidding.same_pin,
        watch: None,
        steps: ceremony::steps(begun, language, visit.now),
        return_to: format!("/{}/renewal/return", office.id),
        until: visit.now.plus_seconds(bidding.signature_within),
    };
    let asked = visit.portal.ask_card(visit.session()?, ask).await;
    asked.map_err(|fault: Fault| visit.fault(&fault))
}

/// To the login with the current card, and from there back here.
fn to_login(office: &Office) -> Response {
    Redirect::to(&format!("/{0}/login?to=/{0}/renewal", office.id)).into_response()
}
