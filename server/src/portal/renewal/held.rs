//! A renewal that is held, for the company that is logged in with the card in use: what is waited for, 取下げ, and the answer
//! to a 差戻し (DOMAIN §5.3, §5.4).

use axum::http::StatusCode;
use axum::response::Response;
use casework::application::Complaint;
use casework::characters;
use casework::renewal::{Case, Submitted};

use super::{CASE, Current, rows, stale, to, view};
use crate::catalogue::Message;
use crate::desk::renewal::{Command, Renewal};
use crate::desk::{Actor, CaseId, Procedure as _};
use crate::fault::Fault;
use crate::office::ReasonUse;
use crate::portal::bidding::seat::{Seat, SeatPost};
use crate::portal::page::{Fact, Page, render};
use crate::portal::receipt::check_code;
use crate::portal::visit::Stop;
use crate::portal::{date, refusal};

/// `GET /{office}/renewal/case`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    shown(&seat, StatusCode::OK, "", None).await
}

/// 取下げ is asked for twice: it cannot be taken back.
pub(super) async fn sure(seat: Seat) -> Result<Response, Stop> {
    let current = current(&seat).await?;
    let submitted = submitted(&seat, &current)?;
    let page = seat.page();
    let view = view::Withdraw {
        number: submitted.number.to_string(),
        version: current.standing.version.to_string(),
        office: current.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「取り下げる」
pub(super) async fn withdraw(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = current(seat).await?;
    let withdraw = Command::Withdraw { by: seat.card.card };
    perform(seat, &current, &withdraw).await?;
    to(&seat.visit, "/done")
}

/// The answer to a 差戻し: one line; what is typed on several becomes one.
pub(super) async fn answer(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = current(seat).await?;
    // What was read is what this page showed.
    if post.field("version") != current.standing.version.to_string() {
        return Err(stale(&seat.visit));
    }
    let remark = post.field("remark").split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(complaint) = complaint(&remark) {
        let words = seat.visit.words;
        let message = refusal::complained(words, &words.say("renewal-case-answer"), complaint, "");
        return shown(seat, StatusCode::UNPROCESSABLE_ENTITY, &remark, Some(message)).await;
    }
    let by = seat.card.card;
    perform(seat, &current, &Command::Answer { by, remark }).await?;
    to(&seat.visit, "/case")
}

/// The receipt number of the renewal that is open about the seat's card, if there is one.
pub(crate) async fn open(seat: &Seat) -> Result<Option<String>, Stop> {
    let current = found(seat).await?;
    Ok(current.and_then(|current| Some(current.standing.case.submitted()?.number.to_string())))
}

async fn found(seat: &Seat) -> Result<Option<Current>, Stop> {
    let fault = |fault: Fault| seat.visit.fault(&fault);
    let store = seat.visit.portal.store();
    let Some((id, _)) = store
        .application_about(&seat.office.id, seat.card.card)
        .await
        .map_err(fault)?
    else {
        return Ok(None);
    };
    let row = store.case(id).await.map_err(fault)?;
    if row.is_none_or(|row| row.procedure != Renewal::NOUN) {
        return Ok(None);
    }
    let id: CaseId<Renewal> = CaseId::from_octets(id);
    let standing = seat.visit.portal.desk().standing(id).await.map_err(fault)?;
    let own = standing
        .case
        .opened()
        .is_some_and(|opened| opened.from == seat.card.card);
    Ok(own.then(|| Current {
        office: seat.office.clone(),
        bidding: seat.bidding.clone(),
        standing,
    }))
}

/// The same; who has none by now may have withdrawn it just before, and is led to what became of it.
async fn current(seat: &Seat) -> Result<Current, Stop> {
    if let Some(current) = found(seat).await? {
        return Ok(current);
    }
    let noted = super::case(&seat.visit).await?;
    match noted.as_ref().and_then(super::due) {
        Some("/done") => Err(to(&seat.visit, "/done")?.into()),
        _ => Err(seat.visit.not_found()),
    }
}

fn submitted<'a>(seat: &Seat, current: &'a Current) -> Result<&'a Submitted, Stop> {
    current.standing.case.submitted().ok_or_else(|| stale(&seat.visit))
}

/// The session shows from then on what became of the case.
async fn perform(seat: &Seat, current: &Current, command: &Command) -> Result<(), Stop> {
    let portal = &seat.visit.portal;
    let noted = portal
        .note(
            seat.session(),
            &current.office.id,
            CASE,
            current.id().to_string(),
            seat.visit.now,
        )
        .await;
    noted.map_err(|fault| seat.visit.fault(&fault))?;
    let actor = Actor::Holder {
        session: seat.session().row.mark,
    };
    let done = portal.desk().perform(&actor, current.id(), command).await;
    done.map(drop).map_err(|failure| seat.visit.failed(&failure))
}

async fn shown(seat: &Seat, status: StatusCode, remark: &str, error: Option<Message>) -> Result<Response, Stop> {
    let current = current(seat).await?;
    let submitted = submitted(seat, &current)?;
    let page = seat.page();
    let desk = seat.visit.portal.desk();
    let confirmation = desk.confirmation(&current.office, &submitted.opened).await;
    let confirmation = confirmation.map_err(|fault| seat.visit.fault(&fault))?;
    let state = match &current.standing.case {
        Case::Returned { .. } => "returned",
        Case::Held { review, .. } if review.claim.is_some() => "claimed",
        _ => "held",
    };
    let view = view::Held {
        state,
        says: page.t(&format!("renewal-case-{state}")),
        number: submitted.number.to_string(),
        facts: facts(seat, &page, &current, submitted).await?,
        compared: rows::compared(&page, current.bidding.reviews(), &confirmation),
        usable: date::slashed(confirmation.old.valid.1.day()),
        returned: returned(&page, &current),
        remark: remark.to_owned(),
        error,
        version: current.standing.version.to_string(),
        office: current.office.clone(),
        page,
    };
    Ok(render(status, &view))
}

async fn facts(seat: &Seat, page: &Page, current: &Current, submitted: &Submitted) -> Result<Vec<Fact>, Stop> {
    let code = check_code(&seat.visit.portal, current.id().octets()).await;
    let code = code.map_err(|fault| seat.visit.fault(&fault))?;
    let mut facts = vec![
        page.fact("registration-done-at", date::second(page.words, submitted.at)),
        page.fact("receipt-check-code", code.to_string()),
    ];
    let answered = submitted.answer.as_ref();
    facts.extend(answered.map(|answer| page.fact("renewal-case-answer", answer)));
    Ok(facts)
}

/// What the office wants to know, and until when.
fn returned(page: &Page, current: &Current) -> Option<view::Returned> {
    let Case::Returned { reason, until, .. } = &current.standing.case else {
        return None;
    };
    let saved = current.office.reason(&reason.key, ReasonUse::Return);
    Some(view::Returned {
        reason: saved.map_or_else(|| reason.key.clone(), |saved| page.text(&saved.words).to_owned()),
        remark: reason.remark.clone(),
        until: date::minute(page.words, *until),
    })
}

fn complaint(remark: &str) -> Option<Complaint> {
    if remark.is_empty() {
        return Some(Complaint::Empty);
    }
    if characters::count(remark) > LONGEST {
        return Some(Complaint::TooLong { most: LONGEST });
    }
    characters::forbidden(remark).map(|character| Complaint::Character { character })
}

/// Characters of an answer (DOMAIN §5.4).
const LONGEST: usize = 400;
