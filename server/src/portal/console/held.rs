//! What is held at an ordering body, as a clerk sees it: 名簿, 旧カード and 新カード side by side, what the applicant sees
//! meanwhile, and the form of the decision on the same page (DOMAIN §5.4, §5.6).

use super::case::{self, Officers};
use super::decision::{Error, Typed};
use super::examine::{Form, May};
use super::history::{self, Line, Signed};
use super::queue;
use super::subject::{Item, Subject};
use super::{Frame, Seat, Tab};
use crate::catalogue::Message;
use crate::desk::bidder::renewal_policy;
use crate::desk::registration::Registration;
use crate::desk::renewal::Renewal;
use crate::desk::{CaseId, Procedure as _};
use crate::portal::date;
use crate::portal::page::{Fact, render};
use crate::portal::visit::Stop;
use crate::store::QueueRow;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "console/held.html")]
struct Held {
    page: Frame,
    title: String,
    number: String,
    name: String,
    state: String,
    tag: &'static str,
    lead: Vec<Fact>,
    notice: Option<String>,
    message: Option<Message>,
    errors: Vec<Error>,
    items: Vec<Item>,
    /// What the new card is worth now: a tag, and words.
    standing: (&'static str, String),
    /// Whether the register has no entry that counts today.
    unlisted: bool,
    more: Vec<Fact>,
    /// What the applicant sees now.
    sees: String,
    claim: Option<String>,
    reason: Option<String>,
    /// What the officer wrote beside it, in the officer's language.
    reason_remark: Option<String>,
    may: May,
    form: Form,
    signatures: Vec<Signed>,
    history: Vec<Line>,
    back: String,
}

/// Whether it is an application to an ordering body.
pub(super) fn is(row: &QueueRow) -> bool {
    row.procedure == Renewal::NOUN || row.procedure == Registration::NOUN
}

pub(super) fn id(row: &QueueRow) -> CaseId<Renewal> {
    CaseId::from_octets(row.case)
}

/// What was just done, in words, where the case's state bears it out.
pub(super) fn notice(seat: &Seat, row: &QueueRow) -> Option<String> {
    let words = seat.visit.words;
    match seat.visit.asked("notice")? {
        word @ ("claimed" | "released" | "reassigned") => Some(words.say(&format!("held-notice-{word}"))),
        "cancelled" => Some(words.say("notice-cancelled")),
        "decided" if ["held", "renewed", "registered", "denied", "returned"].contains(&row.state.as_str()) => {
            Some(words.say(&format!("held-notice-{}", row.state)))
        }
        _ => None,
    }
}

/// The page.
pub(super) async fn show(
    seat: &Seat,
    row: &QueueRow,
    notice: Option<String>,
    said: Option<(StatusCode, Message)>,
) -> Result<Response, Stop> {
    let (status, message) = said.map_or((StatusCode::OK, None), |(status, message)| (status, Some(message)));
    let typed = Typed::default();
    let view = view(seat, row, (notice, message), typed, Vec::new()).await?;
    Ok(render(status, &view))
}

/// The page again, with what was typed and what is wrong with it.
pub(super) async fn again(seat: &Seat, row: &QueueRow, typed: Typed, errors: Vec<Error>) -> Result<Response, Stop> {
    let view = view(seat, row, (None, None), typed, errors).await?;
    Ok(render(StatusCode::UNPROCESSABLE_ENTITY, &view))
}

async fn view(
    seat: &Seat,
    row: &QueueRow,
    (notice, message): (Option<String>, Option<Message>),
    typed: Typed,
    errors: Vec<Error>,
) -> Result<Held, Stop> {
    let page = seat.frame(Tab::Queue);
    let subject = Subject::of(seat, row).await?.ok_or_else(|| seat.visit.not_found())?;
    let officers = Officers::of(seat).await?;
    let events = seat.visit.portal.store().events(row.case).await;
    let events = events.map_err(|fault| seat.fault(&fault))?;
    let now = seat.visit.now;
    let claim = subject.review.as_ref().and_then(|review| review.standing_claim(now));
    let said = claim.map(|claim| {
        page.words.say_with(
            "case-claimed",
            &[
                ("who", &officers.name(claim.by)),
                ("time", &date::minute(page.words, claim.until)),
            ],
        )
    });
    let may = may(seat, &subject, &officers).await?;
    Ok(Held {
        title: page.t(&format!("held-title-{}", row.procedure)),
        number: row.number.map(|number| number.to_string()).unwrap_or_default(),
        name: row.name.clone(),
        state: state(&page, row, claim.is_some()),
        tag: queue::tag(row.shelf),
        lead: lead(seat, &page, row, &subject),
        notice,
        message,
        errors,
        items: subject.items(&page),
        standing: subject.standing(&page, now),
        unlisted: subject.entry.is_none(),
        more: subject.more(&page),
        sees: subject.sees(&page, claim.is_some()),
        claim: said,
        reason: subject
            .reason
            .as_ref()
            .map(|(reason, used_for)| case::saved_reason(seat, &page, reason, *used_for)),
        reason_remark: subject.reason.as_ref().and_then(|(reason, _)| reason.remark.clone()),
        may,
        form: Form::of(seat, &page, "held", (id(row).to_string(), subject.version), typed),
        signatures: history::signatures(&page, &officers, &events),
        history: history::lines(&page, &officers, &events),
        back: queue::way_back(seat),
        page,
    })
}

/// A state in words; 審査中 while an officer has it.
pub(super) fn state(page: &Frame, row: &QueueRow, claimed: bool) -> String {
    if claimed && row.state == "held" {
        page.t("held-state-reviewing")
    } else {
        case::state(page, row)
    }
}

fn lead(seat: &Seat, page: &Frame, row: &QueueRow, subject: &Subject) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(business) = &subject.business {
        facts.push(page.fact("held-column-business", business.as_str()));
    }
    facts.push(page.fact("case-column-since", date::minute(page.words, subject.at)));
    if let Some(old) = &subject.old {
        facts.push(page.fact("held-column-due", date::slashed(old.valid.1.day())));
    }
    if subject.review.is_some() {
        facts.push(page.fact("case-column-waiting", queue::waits(page, row.since, seat.visit.now)));
    }
    if let Some(until) = subject.until {
        facts.push(page.fact("held-returned-until", date::minute(page.words, until)));
    }
    facts
}

async fn may(seat: &Seat, subject: &Subject, officers: &Officers) -> Result<May, Stop> {
    let desk = seat.visit.portal.desk();
    let cards: Vec<_> = subject.old.iter().chain([&subject.new]).cloned().collect();
    let parties = desk.parties_of(&cards, subject.entry.as_ref()).await;
    let parties = parties.map_err(|fault| seat.fault(&fault))?;
    let policy = renewal_policy(&seat.office);
    let rule = policy.as_ref().map(|policy| &policy.rule);
    Ok(May::of(seat, subject.review.as_ref(), (&parties, rule), officers))
}
