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
mod view;

pub(crate) use ceremony::says;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::renewal::{Case, Opened};

use crate::desk::Standing;
use crate::desk::renewal::{Command, Renewal};
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::bidding::course::{self, Course, Out, Standstill, framed};
use crate::portal::bidding::seat::{self, glance};
use crate::portal::card_request::told;
use crate::portal::page::{Page, render};
use crate::portal::purpose::Purpose;
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{Portal, date};
use crate::print::bidder::Receipt;
use crate::print::revocation::Print;
use crate::store::{CardRequestRow, CardRow};

/// Below `/{office}/renewal`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(start::page).post(start::begin))
        .route("/card", get(card).post(to_agent))
        .route("/return", get(course::back::<Renewal>))
        .route("/confirm", get(confirm::page).post(confirm::ask))
        .route("/edit", get(course::onward::<Renewal>).post(confirm::edit))
        .route("/back", get(course::onward::<Renewal>).post(confirm::back))
        .route("/done", get(done::page))
        .route("/done/print", get(done::sheet).post(course::print::<Renewal>))
        .route("/done/receipt.pdf", get(course::pdf::<Renewal>))
        .route("/case", get(held::page))
        .route("/case/withdraw", get(held::sure).post(held::withdraw))
        .route("/case/answer", get(held::page).post(held::answer))
        .route(
            "/status",
            get(course::status::<Renewal>).post(course::choose::<Renewal>),
        )
        .route("/stay", get(course::onward::<Renewal>).post(course::stay))
        .route("/quit", get(course::onward::<Renewal>).post(course::quit::<Renewal>))
}

/// The case of a session, as it stands.
type Current = course::Current<Renewal>;

impl Course for Renewal {
    type Opened = Opened;
    const FIRST: &'static str = "/confirm";
    const PRINTED: &'static str = "renewal-printed";
    const NOTES: &'static [&'static str] = &[];
    const LEFT: &'static str = "";

    fn opened(case: &Case) -> Option<&Opened> {
        case.opened()
    }

    fn out(case: &Case) -> Option<Out> {
        let Case::Awaiting { opened, text, until } = case else {
            return None;
        };
        Some(Out {
            text: *text,
            card: opened.to,
            until: *until,
        })
    }

    fn due(case: &Case) -> Option<&'static str> {
        Some(match case {
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

    fn unfinished(case: &Case) -> Standstill {
        match (case, case.submitted()) {
            (Case::Confirming { .. }, _) => Standstill::In("confirming"),
            (_, Some(submitted)) => Standstill::Done(submitted.number),
            (_, None) => Standstill::Nowhere,
        }
    }

    fn abandon() -> Command {
        Command::Abandon
    }

    async fn begun(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
        opened(visit, row).await
    }

    async fn signed(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
        confirm::confirmed(visit, row).await
    }

    async fn receipt(
        portal: &Portal,
        page: &Page,
        office: &Office,
        standing: &Standing<Self>,
        print: Print,
    ) -> Result<Option<Receipt>, Fault> {
        done::receipt(portal, page, office, standing, print).await
    }
}

/// To another page of the procedure.
fn to(visit: &Visit, page: &str) -> Result<Response, Stop> {
    course::to::<Renewal>(visit, page)
}

/// The hand-over to the agent: the portal does not redirect into the void (DESIGN, part 4).
async fn card(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let (office, bidding) = visit.ordering_body()?;
    let purpose = course::wanted::<Renewal>(&visit).await?;
    if purpose == Purpose::Confirm && Current::of(&visit).await?.lapsed(visit.now) {
        return to(&visit, "/confirm");
    }
    let open = course::request_of::<Renewal>(&visit, visit.session()?, &office).await?;
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
    if course::wanted::<Renewal>(&post.visit).await? == Purpose::Confirm {
        let visit = &post.visit;
        let row = Current::of(visit).await?.signature_request(visit).await?;
        return Ok(visit.portal.lead_to_agent(&row));
    }
    let glance = glance(post.visit).await?;
    let row = start::request(&glance).await?;
    Ok(glance.visit().portal.lead_to_agent(&row))
}

/// Both cards were read and have signed: the case begins, and the session goes on under another token (A45).
async fn opened(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let (office, bidding) = visit.ordering_body()?;
    let session = visit.session()?;
    let fault = |fault: Fault| visit.fault(&fault);
    let case = course::case_of::<Renewal>(visit, row).await?;
    if visit.portal.desk().look(case).await.map_err(fault)? == Case::New {
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
        course::begin(visit, case, &command).await?;
    }
    course::note_case(visit, session, &office, case).await?;
    if bidding.session_ends_with_card {
        // The card that somebody logged in with has left its reader.
        seat::unseat(&visit.portal, session, &office).await.map_err(fault)?;
    }
    course::onto(visit, row, to(visit, "/confirm")?).await
}

/// The texts of the steps.
const STAGES: &str = "renewal-step";
