//! ICカード更新, screen by screen: procedures 001 and 002, two policies of one flow (DOMAIN §4, §5).
//!
//! Request 1 is the ceremony: both cards are read, and sign one nonce. The confirmation page follows (電子証明書更新確認), and
//! request 2 at 更新: the new card, read again, signs exactly that page. Each page is a GET without effect; each step is a POST
//! that ends in a redirect, so that Back and Reload are harmless (G-S4).

mod bids;
mod ceremony;
pub(crate) mod confirm;
pub(crate) mod done;
mod held;
mod rows;
mod start;
mod status;
mod view;

pub(crate) use ceremony::says;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use casework::Refusal;
use casework::renewal::{Case, Opened};
use casework::time::Instant;
use std::sync::Arc;
use wire::code::Code;

use crate::desk::renewal::{Command, Renewal};
use crate::desk::{Actor, CaseId, Done, Failure, Procedure as _, Standing};
use crate::fault::Fault;
use crate::office::{Bidding, Office};
use crate::portal::bidding::seat::{self, Glance, glance};
use crate::portal::card_request::{told, told_before};
use crate::portal::page::{Page, render};
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor, hashed};
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{Portal, date};
use crate::store::{CardRequestRow, CardRequestState, CardRow};

/// Below `/{office}/renewal`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(start::page).post(start::begin))
        .route("/card", get(card).post(to_agent))
        .route("/return", get(back))
        .route("/confirm", get(confirm::page).post(confirm::ask))
        .route("/edit", get(onward).post(confirm::edit))
        .route("/back", get(onward).post(confirm::back))
        .route("/done", get(done::page))
        .route("/done/print", get(done::sheet).post(done::print))
        .route("/done/receipt.pdf", get(done::pdf))
        .route("/case", get(held::page))
        .route("/case/withdraw", get(held::sure).post(held::withdraw))
        .route("/case/answer", get(held::page).post(held::answer))
        .route("/status", get(status::page).post(status::choose))
        .route("/stay", get(onward).post(stay))
        .route("/quit", get(onward).post(quit))
}

/// The case of a session, as it stands.
pub(crate) struct Current {
    office: Arc<Office>,
    bidding: Arc<Bidding>,
    standing: Standing<Renewal>,
}

impl Current {
    fn id(&self) -> CaseId<Renewal> {
        self.standing.id
    }

    /// The text went out for signature, and can no longer be signed.
    fn lapsed(&self, now: Instant) -> bool {
        matches!(&self.standing.case, Case::Awaiting { until, .. } if now > *until)
    }

    /// What was proved when the case began. [`current`] gives no case that has none.
    fn opened(&self, visit: &Visit) -> Result<&Opened, Stop> {
        self.standing.case.opened().ok_or_else(|| stale(visit))
    }
}

/// The session's case at this office, if both cards were shown.
async fn case(visit: &Visit) -> Result<Option<Current>, Stop> {
    let (office, bidding) = visit.ordering_body()?;
    let noted = visit.session()?.noted(&office.id, CASE);
    let Some(id) = noted.and_then(|fact| fact.value.parse().ok()) else {
        return Ok(None);
    };
    let standing = visit.portal.desk().standing(id).await;
    let standing = standing.map_err(|fault| visit.fault(&fault))?;
    Ok(Some(Current {
        office,
        bidding,
        standing,
    }))
}

/// The same, where the page has nothing to say without one.
async fn current(visit: &Visit) -> Result<Current, Stop> {
    let current = case(visit).await?;
    current
        .filter(|current| current.standing.case.opened().is_some())
        .ok_or_else(|| stale(visit))
}

async fn perform(
    visit: &Visit,
    case: CaseId<Renewal>,
    command: &Command,
) -> Result<Result<Done<Renewal>, Failure>, Stop> {
    let actor = Actor::Holder {
        session: visit.session()?.row.mark,
    };
    Ok(visit.portal.desk().perform(&actor, case, command).await)
}

/// To another page of the procedure.
fn to(visit: &Visit, page: &str) -> Result<Response, Stop> {
    let office = visit.office()?;
    Ok(Redirect::to(&format!("/{}/renewal{page}", office.id)).into_response())
}

fn stale(visit: &Visit) -> Stop {
    visit.problem(StatusCode::CONFLICT, Code::Stale, &[])
}

/// The page of the step that is due. `None` where no case goes on.
fn due(current: &Current) -> Option<&'static str> {
    Some(match &current.standing.case {
        Case::New | Case::Abandoned { .. } => return None,
        Case::Confirming { .. } | Case::Awaiting { .. } => "/confirm",
        Case::Held { .. }
        | Case::Returned { .. }
        | Case::Renewed { .. }
        | Case::Denied { .. }
        | Case::Withdrawn { .. }
        | Case::Lapsed { .. } => "/done",
    })
}

/// Whoever stands elsewhere in the procedure is led to the step that is due.
fn elsewhere<T>(visit: &Visit, current: &Current) -> Result<T, Stop> {
    Err(match due(current) {
        Some(page) => to(visit, page)?.into(),
        None => stale(visit),
    })
}

/// The frame of a page, which tells who is logged in.
async fn framed(visit: Visit) -> Result<(Visit, Page), Stop> {
    Ok(match glance(visit).await? {
        Glance::Seated(seat) => {
            let page = seat.page();
            (seat.visit, page)
        }
        Glance::Nobody(visit) => {
            let page = visit.page();
            (*visit, page)
        }
    })
}

/// The hand-over to the agent: the portal does not redirect into the void (DESIGN, part 4).
async fn card(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let (office, bidding) = visit.ordering_body()?;
    let purpose = wanted(&visit).await?;
    if purpose == Purpose::Confirm && current(&visit).await?.lapsed(visit.now) {
        return to(&visit, "/confirm");
    }
    let open = request_of(&visit, visit.session()?, &office).await?;
    let open = open.filter(|row| row.is_unclaimed() && Purpose::of(row) == Some(purpose));
    let until = open
        .as_ref()
        .map_or(visit.now.plus_seconds(bidding.signature_within), |row| row.expires_at);
    let base = format!("/{}/renewal", office.id);
    let (stage, suffix, says, back) = if purpose == Purpose::Confirm {
        (4, "-sign", "renewal-card-sign-says", format!("{base}/confirm"))
    } else if bidding.reviews() {
        (2, "", "renewal-card-says-review", base.clone())
    } else {
        (2, "", "renewal-card-says", base.clone())
    };
    let view = crate::portal::view::Card {
        stages: page.stages(STAGES, &stage),
        title: page.t(&format!("renewal-card{suffix}-title")),
        lead: page.t(&format!("renewal-card{suffix}-lead")),
        says: page.t(says),
        action: format!("{base}/card"),
        cancelled: visit.asked("notice") == Some("cancelled"),
        back,
        back_label: page.t(&format!("renewal-card{suffix}-back")),
        until: date::minute(page.words, until),
        link: open.as_ref().map(|row| visit.portal.agent_link(row)),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「署名アプリを開く」: the browser is led to the agent. A request that ran out or was given up is made anew.
async fn to_agent(post: Post) -> Result<Response, Stop> {
    if wanted(&post.visit).await? == Purpose::Confirm {
        let visit = &post.visit;
        let row = confirm::request(visit, &current(visit).await?).await?;
        return Ok(visit.portal.lead_to_agent(&row));
    }
    let glance = glance(post.visit).await?;
    let row = start::request(&glance).await?;
    Ok(glance.visit().portal.lead_to_agent(&row))
}

/// The way back from the agent, for both requests. It needs the session that began, and may be walked again: also by a
/// browser that was on its way twice, or that never saw the first answer.
async fn back(visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.ordering_body()?;
    let session = visit.session_or_former()?;
    let code = visit.asked("code").unwrap_or_default();
    let row = visit
        .portal
        .store()
        .return_card_request(session.row.token, hashed(code.as_bytes()))
        .await
        .map_err(|fault| visit.fault(&fault))?
        .filter(|row| row.office == office.id && row.procedure == Renewal::NOUN)
        .ok_or_else(|| visit.not_found())?;
    if let Visitor::Former(session) = &visit.visitor {
        // The token changes with request 1 alone: it was brought back, and what was to follow did not arrive.
        let cookie = visit.portal.rotated(session);
        return match Purpose::of(&row) {
            Some(Purpose::Open) if row.is_answered() => {
                Ok(([(header::SET_COOKIE, cookie)], to(&visit, "/confirm")?).into_response())
            }
            _ => Err(visit.not_found()),
        };
    }
    match (row.state, Purpose::of(&row)) {
        (CardRequestState::Cancelled, Some(_)) => match told_before(&visit, &row) {
            Some(problem) => Err(problem),
            None => to(&visit, "/card?notice=cancelled"),
        },
        (CardRequestState::Done | CardRequestState::Returned, Some(Purpose::Open)) => opened(&visit, &row).await,
        (CardRequestState::Done | CardRequestState::Returned, Some(Purpose::Confirm)) => {
            confirm::confirmed(&visit, &row).await
        }
        _ => Err(visit.not_found()),
    }
}

/// Both cards were read and have signed: the case begins, and the session goes on under another token (A45).
async fn opened(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let (office, bidding) = visit.ordering_body()?;
    let session = visit.session()?;
    let fault = |fault: Fault| visit.fault(&fault);
    let (store, desk) = (visit.portal.store(), visit.portal.desk());
    let case: CaseId<Renewal> = if let Some(case) = row.case {
        CaseId::from_octets(case)
    } else {
        let case = desk.new_case::<Renewal>();
        let case = store.set_card_request_case(row.id, case.octets()).await;
        CaseId::from_octets(case.map_err(fault)?)
    };
    if desk.look(case).await.map_err(fault)? == Case::New {
        let answered = visit.portal.answered_ceremony(&office, row).await;
        let answered = answered
            .map_err(|unproven| visit.told(StatusCode::CONFLICT, told(visit.words, &unproven, &office.name, "")))?;
        let command = Command::Open {
            office: office.id.clone(),
            language: visit.words.language(),
            both: Box::new(answered.both),
            cards: Box::new(answered.cards.each_ref().map(CardRow::from)),
            person: answered.person,
        };
        begin(visit, case, &command).await?;
    }
    let noted = visit
        .portal
        .note(session, &office.id, CASE, case.to_string(), visit.now)
        .await;
    noted.map_err(fault)?;
    if bidding.session_ends_with_card {
        // The card that somebody logged in with has left its reader.
        seat::unseat(&visit.portal, session, &office).await.map_err(fault)?;
    }
    let page = to(visit, "/confirm")?;
    if row.state == CardRequestState::Returned {
        return Ok(page);
    }
    let cookie = visit.portal.rotate(session, visit.now).await.map_err(fault)?;
    store.close_card_request(row.id).await.map_err(fault)?;
    Ok(([(header::SET_COOKIE, cookie)], page).into_response())
}

/// Begins a case; where two began it at once, the other one did.
async fn begin(visit: &Visit, case: CaseId<Renewal>, command: &Command) -> Result<(), Stop> {
    match perform(visit, case, command).await? {
        Ok(_) => Ok(()),
        Err(Failure::Refused(Refusal::Stale)) => {
            let began = visit.portal.desk().look(case).await;
            match began.map_err(|fault| visit.fault(&fault))? {
                Case::New => Err(stale(visit)),
                _ => Ok(()),
            }
        }
        Err(failure) => Err(visit.failed(&failure)),
    }
}

/// Whoever begins again leaves what was begun before, with everything noted of it.
async fn leave_former(visit: &Visit, session: &Session, office: &Office) -> Result<(), Stop> {
    let Some(former) = case(visit).await? else {
        return Ok(());
    };
    give_up(visit, &former).await?;
    for name in [CASE, PRINTED] {
        let forgotten = visit.portal.forget(session, &office.id, name).await;
        forgotten.map_err(|fault| visit.fault(&fault))?;
    }
    Ok(())
}

/// 「続ける」 of the idle warning: being seen was all.
async fn stay(_: Post) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// 「閉じる」 and 「やめる」. After 更新 the session ends, and the page says what to do before the next login (G-S6); who stops
/// before goes on being logged in.
async fn quit(post: Post) -> Result<Response, Stop> {
    leave(&post.visit).await
}

async fn leave(visit: &Visit) -> Result<Response, Stop> {
    let (office, _) = visit.ordering_body()?;
    let session = visit.session()?;
    let withdrawn = visit.portal.withdraw_card_request(session, &office).await;
    withdrawn.map_err(|fault| visit.fault(&fault))?;
    let current = case(visit).await?;
    let done = current.as_ref().is_some_and(|current| due(current) == Some("/done"));
    if !done {
        leave_former(visit, session, &office).await?;
        if seat::logged_in(session, &office).is_some() {
            return Ok(Redirect::to(&format!("/{}", office.id)).into_response());
        }
    }
    let over = visit.portal.store().end_session(session.row.token).await;
    over.map_err(|fault| visit.fault(&fault))?;
    let why = if done { seat::DONE } else { seat::QUIT };
    let page = Redirect::to(&format!("/{}/ended?why={why}", office.id));
    Ok(([(header::SET_COOKIE, visit.portal.cookie().clear())], page).into_response())
}

/// The address of a button, opened as a page (its answer was reloaded, or the language switched): the step that is due.
async fn onward(visit: Visit) -> Result<Response, Stop> {
    if visit.session().is_err() {
        return to(&visit, "");
    }
    match case(&visit).await?.as_ref().and_then(due) {
        Some(page) => to(&visit, page),
        None => to(&visit, ""),
    }
}

/// A case that goes no further. Where it had ended already, that is just as well.
async fn give_up(visit: &Visit, current: &Current) -> Result<(), Stop> {
    match perform(visit, current.id(), &Command::Abandon).await? {
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Fault(fault)) => Err(visit.fault(&fault)),
    }
}

/// Which of the two requests the session stands before.
async fn wanted(visit: &Visit) -> Result<Purpose, Stop> {
    let case = case(visit).await?;
    Ok(match case.as_ref().map(|current| &current.standing.case) {
        Some(Case::Awaiting { .. }) => Purpose::Confirm,
        Some(Case::New | Case::Abandoned { .. }) | None => Purpose::Open,
        Some(_) => return Err(to(visit, "/status")?.into()),
    })
}

/// The session's last request of this procedure.
async fn request_of(visit: &Visit, session: &Session, office: &Office) -> Result<Option<CardRequestRow>, Stop> {
    let row = visit.portal.card_request_of(session, office).await;
    let row = row.map_err(|fault| visit.fault(&fault))?;
    Ok(row.filter(|row| row.procedure == Renewal::NOUN))
}

/// The note that holds the session's case.
const CASE: &str = "renewal";
/// The note that counts prints.
const PRINTED: &str = "renewal-printed";
/// The texts of the steps.
const STAGES: &str = "renewal-step";
