//! 利用者登録, 登録 and 変更, screen by screen (DOMAIN §4.2 A0, §5.2).
//!
//! Each page is a GET without effect; each step is a POST that ends in a redirect, so that Back and Reload are harmless
//! (G-S4). The way back from the agent is the only GET that does something, once.

mod change;
mod confirm;
pub(crate) mod done;
mod entry;
mod form;
pub(crate) mod held;
mod prove;
mod start;
mod view;

pub(crate) use form::{check, contact, field};
pub(crate) use prove::unproven;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::register::Compared;
use casework::registration::{Case, Kind, Opened};

use crate::desk::bidder::{CardFace, registration_policy};
use crate::desk::registration::{Command, Registration};
use crate::desk::{Failure, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::bidding::course::{self, Course, Out, Standstill, framed, note_case};
use crate::portal::card_request::{Onward, Stands, told};
use crate::portal::page::{Page, render};
use crate::portal::purpose::Purpose;
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{Portal, date};
use crate::print::bidder::Receipt;
use crate::print::revocation::Print;
use crate::store::{CardRequestRow, CardRow};

/// Below `/{office}/registration`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(start::page).post(start::begin))
        .route("/change", get(change::page).post(change::begin))
        .route("/card", get(card).post(to_agent))
        .route("/return", get(course::back::<Registration>))
        .route("/prove", get(prove::page).post(prove::prove))
        .route("/form", get(entry::page).post(entry::enter))
        .route("/confirm", get(confirm::page).post(confirm::ask))
        .route("/edit", get(course::onward::<Registration>).post(confirm::edit))
        .route("/done", get(done::page))
        .route("/done/print", get(done::sheet).post(course::print::<Registration>))
        .route("/done/receipt.pdf", get(course::pdf::<Registration>))
        .route("/case", get(held::page))
        .route("/case/withdraw", get(held::sure).post(held::withdraw))
        .route("/case/answer", get(held::page).post(held::answer))
        .route("/case/correct", get(held::page).post(held::correct))
        .route(
            "/status",
            get(course::status::<Registration>).post(course::choose::<Registration>),
        )
        .route("/stay", get(course::onward::<Registration>).post(course::stay))
        .route(
            "/quit",
            get(course::onward::<Registration>).post(course::quit::<Registration>),
        )
}

/// The case of a session, as it stands.
type Current = course::Current<Registration>;

impl Current {
    /// Whether an application with this card is held for review.
    fn holds(&self, compared: Option<&Compared>) -> bool {
        registration_policy(&self.office).is_some_and(|policy| policy.review.holds(compared))
    }

    fn is_change(&self) -> bool {
        let opened = self.standing.case.opened();
        opened.is_some_and(|opened| opened.kind != Kind::New)
    }
}

impl Course for Registration {
    type Opened = Opened;
    const FIRST: &'static str = "/prove";
    const PRINTED: &'static str = "registration-printed";
    const NOTES: &'static [&'static str] = &[DRAFT, NUMBER];
    const LEFT: &'static str = "/account";

    fn opened(case: &Case) -> Option<&Opened> {
        case.opened()
    }

    fn out(case: &Case) -> Option<Out> {
        let (out, opened) = (case.out()?, case.opened()?);
        Some(Out {
            text: out.text,
            card: opened.card,
            until: out.until,
        })
    }

    fn due(case: &Case) -> Option<&'static str> {
        Some(match case {
            Case::New | Case::Abandoned { .. } => return None,
            Case::Entering { business: None, .. } => "/prove",
            Case::Entering { .. } => "/form",
            Case::Reviewing { .. }
            | Case::Awaiting { .. }
            | Case::Returned {
                correction: Some(_), ..
            } => "/confirm",
            Case::Held { .. }
            | Case::Returned { .. }
            | Case::Registered { .. }
            | Case::Denied { .. }
            | Case::Withdrawn { .. }
            | Case::Lapsed { .. } => "/done",
        })
    }

    fn unfinished(case: &Case) -> Standstill {
        match case {
            Case::Entering { business: None, .. } => Standstill::In("proving"),
            Case::Entering { .. } => Standstill::In("entering"),
            case if case.entered().is_some() => Standstill::In("reviewing"),
            case => match case.submitted() {
                Some(submitted) => Standstill::Done(submitted.number),
                None => Standstill::Nowhere,
            },
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
    course::to::<Registration>(visit, page)
}

/// The card of the case, as its certificate says.
async fn shown(visit: &Visit, current: &Current) -> Result<CardFace, Stop> {
    let card = current.opened(visit)?.card;
    let carried = visit.portal.desk().card_face(card).await;
    let carried = carried.and_then(|carried| carried.ok_or_else(|| Bug(format!("the card {card} is not kept")).into()));
    carried.map_err(|fault| visit.fault(&fault))
}

/// What is said to a card before its PIN is asked for: one that the office knows already cannot be registered again (R112).
pub(crate) async fn says(stands: Stands<'_>) -> Result<Onward, Fault> {
    let Some(shown) = stands.shown.and_then(|shown| shown.bidder()) else {
        return Ok(Onward::GO);
    };
    let desk = stands.portal.desk();
    match desk.registrable_card(stands.office, shown, Kind::New).await {
        Ok(()) => Ok(Onward::GO),
        Err(Failure::Refused(no)) => Ok(Onward::no(&no, true)),
        Err(Failure::Fault(fault)) => Err(fault),
    }
}

/// The hand-over to the agent: the portal does not redirect into the void (DESIGN, part 4).
async fn card(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let (office, bidding) = visit.ordering_body()?;
    let purpose = course::wanted::<Registration>(&visit).await?;
    if purpose == Purpose::Confirm && Current::of(&visit).await?.lapsed(visit.now) {
        return to(&visit, "/confirm");
    }
    let open = course::request_of::<Registration>(&visit, visit.session()?, &office).await?;
    let open = open.filter(|row| row.is_unclaimed() && Purpose::of(row) == Some(purpose));
    let until = open
        .as_ref()
        .map_or(visit.now.plus_seconds(bidding.signature_within), |row| row.expires_at);
    let base = format!("/{}/registration", office.id);
    let (stage, suffix, says, back, back_label) = if purpose == Purpose::Confirm {
        (4, "-sign", "card-keep", format!("{base}/confirm"), "card-back-sign")
    } else {
        (1, "", "bidder-login-insert", base.clone(), "card-back")
    };
    let view = crate::portal::view::Card {
        stages: page.stages(STAGES, &stage),
        title: page.t(&format!("registration-card{suffix}-title")),
        lead: page.t(&format!("registration-card{suffix}-lead")),
        says: page.t(says),
        action: format!("{base}/card"),
        cancelled: visit.asked("notice") == Some("cancelled"),
        back,
        back_label: page.t(back_label),
        until: date::minute(page.words, until),
        link: open.as_ref().map(|row| visit.portal.agent_link(row)),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「署名アプリを開く」: the browser is led to the agent. A request that ran out or was given up is made anew.
async fn to_agent(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let row = if course::wanted::<Registration>(visit).await? == Purpose::Confirm {
        Current::of(visit).await?.signature_request(visit).await?
    } else {
        start::request(visit).await?
    };
    Ok(visit.portal.lead_to_agent(&row))
}

/// The card has proved itself: the case begins, and the session goes on under another token (A45).
async fn opened(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let (office, _) = visit.ordering_body()?;
    let session = visit.session()?;
    let fault = |fault: Fault| visit.fault(&fault);
    let case = course::case_of::<Registration>(visit, row).await?;
    if visit.portal.desk().look(case).await.map_err(fault)? == Case::New {
        let (card, presented) = visit
            .portal
            .answered_card(&office, row)
            .await
            .map_err(|unproven| visit.told(StatusCode::CONFLICT, told(visit.words, &unproven, &office.name, "")))?;
        // What is open about this card already is followed, and not applied for once more.
        if let Some(open) = held::open_about(visit, &office, presented.card()).await? {
            note_case(visit, session, &office, open.id).await?;
            return course::onto(visit, row, to(visit, "/case")?).await;
        }
        let command = Command::Open {
            office: office.id.clone(),
            language: visit.words.language(),
            kind: Kind::New,
            presented,
            card: Box::new(CardRow::from(&card)),
        };
        course::begin(visit, case, &command).await?;
    }
    note_case(visit, session, &office, case).await?;
    course::onto(visit, row, to(visit, "/prove")?).await
}

/// The note that holds what was typed.
const DRAFT: &str = "registration-draft";
/// The note that holds the number that was typed for the proof of the company.
const NUMBER: &str = "registration-number";
/// The texts of the steps.
const STAGES: &str = "registration-step";
