//! N6, 申込内容の確認: the applications of a customer, and one of them with its state, what was told of it and what became of it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::reissue::{Case, Progress, Step};

use super::{Current, offered, shown, view};
use crate::desk::CaseId;
use crate::desk::reissue::Reissue;
use crate::fault::Fault;
use crate::office::ReasonUse;
use crate::portal::bidding::held::Because;
use crate::portal::date;
use crate::portal::organisation::Seat;
use crate::portal::page::{Page, render};
use crate::portal::visit::Stop;
use crate::store::EventRow;

/// `GET /{office}/applications`, the last one first; with `before` what comes behind it.
pub(super) async fn list(seat: Seat) -> Result<Response, Stop> {
    let fault = |fault: Fault| seat.visit.fault(&fault);
    let desk = seat.visit.portal.desk();
    let before = match seat.visit.asked("before") {
        Some(text) => Some(text.parse::<CaseId<Reissue>>().map_err(|_| seat.visit.not_found())?),
        None => None,
    };
    let own = seat.present.organisation.id;
    let rows = desk
        .store()
        .applications_of(own, before.map(|case| case.octets()), PAGE + 1)
        .await
        .map_err(fault)?;
    let page = seat.page();
    let mut listed = Vec::new();
    for case in rows.iter().take(PAGE) {
        let case: CaseId<Reissue> = CaseId::from_octets(*case);
        let standing = desk.look(case).await.map_err(fault)?;
        let Some(submitted) = standing.submitted() else {
            continue;
        };
        let word = word(&standing);
        listed.push(view::Listed {
            path: format!("/{}/applications/{case}", seat.office.id),
            number: submitted.number.to_string(),
            applied: date::slashed(submitted.at.day()),
            day: date::slashed(submitted.wish.day),
            terminals: submitted.wish.terminals.len().to_string(),
            word,
            state: page.t(&format!("reissue-state-{word}")),
        });
    }
    let last = rows.get(PAGE).and_then(|_| listed.last());
    let older = last.and_then(|last| last.path.rsplit('/').next());
    let view = view::Applications {
        older: older.map(|case| format!("/{}/applications?before={case}", seat.office.id)),
        listed,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// `GET /{office}/applications/{case}`. Printed later, it says that it is printed again.
pub(super) async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let current = Current::of(&seat, &case).await?;
    let Some(submitted) = current.case().submitted() else {
        // A draft is followed where it is entered.
        return Ok(current.to(&seat, "/contact"));
    };
    let fault = |fault: Fault| seat.visit.fault(&fault);
    let store = seat.visit.portal.store();
    let offered = offered(&seat).await?;
    let events = store.events(current.id().octets()).await.map_err(fault)?;
    let own = seat.present.organisation.id;
    let news = store.news_of_case(own, current.id().octets()).await.map_err(fault)?;
    let (page, word) = (seat.page(), word(current.case()));
    let number = submitted.number.to_string();
    let view = view::Application {
        notice: match seat.visit.asked("notice") {
            Some("withdrawn") if word == "withdrawn" => Some(page.t("reissue-withdrawn")),
            _ => None,
        },
        says: page.t(&format!("reissue-says-{word}")),
        because: told_because(&page, &seat, current.case()),
        facts: vec![
            page.fact("reissue-applied-at", date::second(page.words, submitted.at)),
            page.fact("reissue-state", page.t(&format!("reissue-state-{word}"))),
        ],
        open: current.case().draft().is_some(),
        unsent: matches!(
            current.case(),
            Case::Received { draft: Some(_), .. } | Case::Returned { draft: Some(_), .. }
        ),
        contact: shown::contact(&page, &submitted.contact),
        wish: shown::wish(&page, &submitted.wish),
        lines: shown::lines(&page, &submitted.wish.terminals, &offered),
        progress: progress(&page, current.case()),
        notices: news
            .iter()
            .map(|news| view::Told {
                at: date::minute(page.words, news.at),
                says: page.t1(&format!("news-{}", news.words), "number", &number),
            })
            .collect(),
        history: history(&page, &events),
        word,
        number,
        case,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 状態 in one word of the keys (DOMAIN §6.6). A claim that ran out is no examination to who waits, but what one of two
/// persons approved is.
const fn word(case: &Case) -> &'static str {
    match case {
        Case::New | Case::Drafting { .. } | Case::Abandoned { .. } => "drafting",
        Case::Received { .. } => "received",
        Case::Examining { .. } => "examining",
        Case::Returned { .. } => "returned",
        Case::Approved { .. } => "approved",
        Case::Reissued { .. } => "reissued",
        Case::Denied { .. } => "denied",
        Case::Withdrawn { .. } => "withdrawn",
    }
}

/// Why it was given back or denied, in the centre's words.
fn told_because(page: &Page, seat: &Seat, case: &Case) -> Option<Because> {
    let (reason, used_for, title) = match case {
        Case::Returned { reason, .. } => (reason, ReasonUse::Return, "reissue-because-returned"),
        Case::Denied { reason, .. } => (reason, ReasonUse::Deny, "reissue-because-denied"),
        _ => return None,
    };
    Some(Because::of(page, &seat.office, (reason, used_for), title))
}

/// How far each terminal is, while some are not done (R307).
fn progress(page: &Page, case: &Case) -> Vec<String> {
    let Case::Approved { progress, .. } = case else {
        return Vec::new();
    };
    let said = |one: &Progress| {
        let key = match one.step {
            Step::Waiting => "reissue-progress-waiting",
            Step::Troubled { .. } => "reissue-progress-troubled",
            Step::Opened(_) => "reissue-progress-opened",
        };
        let name = one.terminal.name.to_string();
        page.t1(key, "terminal", &name)
    };
    progress.iter().map(said).collect()
}

/// What became of it: what the applicant and the morning did, and what officers decided, without their names.
fn history(page: &Page, events: &[EventRow]) -> Vec<view::Told> {
    let told = |event: &EventRow| {
        let known = HISTORY.contains(&event.name.as_str()) && event.refusal.is_none();
        known.then(|| view::Told {
            at: date::minute(page.words, event.at),
            says: page.t(&format!("reissue-event-{}", event.name)),
        })
    };
    events.iter().filter_map(told).collect()
}

/// The events that are told, by their names in the audit.
const HISTORY: [&str; 8] = [
    "applied",
    "corrected",
    "returned",
    "accepted",
    "denied",
    "withdrawn",
    "progressed",
    "reissued",
];
/// Applications of a page of the list.
const PAGE: usize = 20;
