//! An application for a reissue, as an examiner sees it: who applies, for which terminals and which day, how far each of them
//! is, and the form of the decision on the same page (DOMAIN §6.6).

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use casework::identity::Company;
use casework::reissue::{Case, Cause, Progress, Step, Submitted, Trouble};
use casework::review::Parties;
use casework::terminal::Terminal;
use casework::time::{Day, Instant};

use super::case::{self, Officers};
use super::decision::{Error, Typed};
use super::examine::{Form, May};
use super::history::{self, Line, Signed};
use super::queue;
use super::{Frame, Seat, Tab};
use crate::catalogue::Message;
use crate::desk::reissue::{OfferedTerminal, Reissue, reissue_policy};
use crate::desk::{CaseId, Procedure as _, Standing};
use crate::fault::Fault;
use crate::office::ReasonUse;
use crate::portal::date;
use crate::portal::page::{Fact, Page, render};
use crate::portal::visit::Stop;
use crate::store::{OrganisationRow, QueueRow, Shelf};

#[derive(Template)]
#[template(path = "console/examined.html")]
struct Examined {
    page: Frame,
    number: String,
    company: String,
    state: String,
    tag: &'static str,
    lead: Vec<Fact>,
    notice: Option<String>,
    message: Option<Message>,
    errors: Vec<Error>,
    terminals: Vec<TerminalView>,
    applicant: Vec<Fact>,
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

/// A terminal of the application.
struct TerminalView {
    division: String,
    device: &'static str,
    name: String,
    code: String,
    issued: String,
    until: String,
    /// How far it is: a tag, and words.
    step: (&'static str, String),
}

/// Whether it is an application for a reissue.
pub(super) fn is(row: &QueueRow) -> bool {
    row.procedure == Reissue::NOUN
}

/// A state in words. What the morning could not do has words of its own.
pub(super) fn state(page: &Page, row: &QueueRow) -> String {
    match (row.state.as_str(), row.shelf) {
        ("approved", Shelf::Waiting) => page.t("examined-state-troubled"),
        (state, _) => page.t(&format!("examined-state-{state}")),
    }
}

/// What was just done, in words, where the case's state bears it out.
pub(super) fn notice(seat: &Seat, row: &QueueRow) -> Option<String> {
    let words = seat.visit.words;
    match seat.visit.asked("notice")? {
        word @ ("claimed" | "released" | "reassigned") => Some(words.say(&format!("examined-notice-{word}"))),
        "cancelled" => Some(words.say("notice-cancelled")),
        "decided" if ["examining", "approved", "denied", "returned"].contains(&row.state.as_str()) => {
            Some(words.say(&format!("examined-notice-{}", row.state)))
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
    let view = view(seat, row, (notice, message), Typed::default(), Vec::new()).await?;
    Ok(render(status, &view))
}

/// The page again, with what was typed and what is wrong with it.
pub(super) async fn again(seat: &Seat, row: &QueueRow, typed: Typed, errors: Vec<Error>) -> Result<Response, Stop> {
    let view = view(seat, row, (None, None), typed, errors).await?;
    Ok(render(StatusCode::UNPROCESSABLE_ENTITY, &view))
}

/// Everything that was read for the page.
struct Read {
    standing: Standing<Reissue>,
    organisation: Option<OrganisationRow>,
    offered: Vec<OfferedTerminal>,
}

async fn view(
    seat: &Seat,
    row: &QueueRow,
    (notice, message): (Option<String>, Option<Message>),
    typed: Typed,
    errors: Vec<Error>,
) -> Result<Examined, Stop> {
    let page = seat.frame(Tab::Queue);
    let read = read(seat, row).await.map_err(|fault| seat.fault(&fault))?;
    let case = &read.standing.case;
    let submitted = case.submitted().ok_or_else(|| seat.visit.not_found())?;
    let officers = Officers::of(seat).await?;
    let events = seat.visit.portal.store().events(row.case).await;
    let events = events.map_err(|fault| seat.fault(&fault))?;
    let now = seat.visit.now;
    let claim = case.review().and_then(|review| review.standing_claim(now));
    let said = claim.map(|claim| {
        let (who, until) = (officers.name(claim.by), date::minute(page.words, claim.until));
        page.words.say_with("case-claimed", &[("who", &who), ("time", &until)])
    });
    let reason = match case {
        Case::Denied { reason, .. } => Some((reason, ReasonUse::Deny)),
        Case::Returned { reason, .. } => Some((reason, ReasonUse::Return)),
        _ => None,
    };
    let policy = reissue_policy(&seat.office);
    let company = read.organisation.as_ref().map(|row| row.contract.company.clone());
    let parties = Parties {
        companies: company.into_iter().map(Company).collect(),
        ..Parties::default()
    };
    let rule = policy.as_ref().map(|policy| &policy.rule);
    let may = May::of(seat, case.review(), (&parties, rule), &officers);
    let id = read.standing.id.to_string();
    Ok(Examined {
        number: submitted.number.to_string(),
        company: format!("{}　{}", row.company, row.holder),
        state: state(&page, row),
        tag: queue::tag(row.shelf),
        lead: lead(seat, &page, row, &read, submitted),
        notice,
        message,
        errors,
        terminals: terminals(&page, &read, submitted),
        applicant: applicant(&page, submitted),
        sees: page.t(&format!("examined-sees-{}", Reissue::state(case))),
        claim: said,
        reason: reason
            .as_ref()
            .map(|(reason, used_for)| case::saved_reason(seat, &page, reason, *used_for)),
        reason_remark: reason.and_then(|(reason, _)| reason.remark.clone()),
        form: Form::of(seat, &page, "examined", (id, read.standing.version), typed),
        may,
        signatures: history::signatures(&page, &officers, &events),
        history: history::lines(&page, &officers, &events),
        back: queue::way_back(seat),
        page,
    })
}

async fn read(seat: &Seat, row: &QueueRow) -> Result<Read, Fault> {
    let desk = seat.visit.portal.desk();
    let standing: Standing<Reissue> = desk.standing(CaseId::from_octets(row.case)).await?;
    let owner = standing.case.opened().map(|opened| opened.organisation);
    let (organisation, offered) = match owner {
        Some(owner) => (
            desk.store().organisation(owner).await?,
            desk.terminals_offered(&row.office, owner, seat.visit.now).await?,
        ),
        None => (None, Vec::new()),
    };
    Ok(Read {
        standing,
        organisation,
        offered,
    })
}

fn lead(seat: &Seat, page: &Frame, row: &QueueRow, read: &Read, submitted: &Submitted) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(organisation) = &read.organisation {
        facts.push(page.fact("contract-number", organisation.contract.number.as_str()));
    }
    facts.push(page.fact("case-column-since", date::minute(page.words, submitted.at)));
    facts.push(page.fact("examined-day", date::day(page.words, submitted.wish.day)));
    facts.push(page.fact(
        "examined-cause",
        page.t(&format!("cause-{}", submitted.wish.cause.key())),
    ));
    if let Cause::Other(Some(words)) = &submitted.wish.cause {
        facts.push(page.fact("examined-cause-words", words));
    }
    if read.standing.case.review().is_some() {
        facts.push(page.fact("case-column-waiting", queue::waits(page, row.since, seat.visit.now)));
    }
    facts
}

fn terminals(page: &Page, read: &Read, submitted: &Submitted) -> Vec<TerminalView> {
    let progress: &[Progress] = match &read.standing.case {
        Case::Approved { progress, .. } => progress,
        _ => &[],
    };
    let step = |terminal: &Terminal| match &read.standing.case {
        Case::Reissued { .. } => ("ok", page.t("examined-step-opened")),
        Case::Approved { .. } => match progress
            .iter()
            .find(|one| one.terminal == *terminal)
            .map(|one| one.step)
        {
            Some(Step::Opened(_)) => ("ok", page.t("examined-step-opened")),
            Some(Step::Troubled { trouble, since }) => {
                let key = match trouble {
                    Trouble::Gone => "examined-step-gone",
                    Trouble::Failed => "examined-step-failed",
                };
                ("ng", page.t1(key, "time", &date::minute(page.words, since)))
            }
            Some(Step::Waiting) | None => ("var", page.t("examined-step-waiting")),
        },
        // 申込内容, as the applicant's confirmation page has it.
        _ => ("var", page.t("examined-step-reissue")),
    };
    let all = submitted.wish.terminals.iter();
    all.map(|terminal| {
        let known = read.offered.iter().find(|one| one.terminal == *terminal);
        let day = |day: Option<Day>| day.map(date::slashed).unwrap_or_default();
        TerminalView {
            division: page.t(&format!("division-{}", terminal.division.key())),
            device: terminal.device.label(),
            name: terminal.name.to_string(),
            code: terminal.first_code(),
            issued: day(known.and_then(|known| known.issued_on)),
            until: day(known.and_then(|known| known.valid_until).map(Instant::day)),
            step: step(terminal),
        }
    })
    .collect()
}

fn applicant(page: &Page, submitted: &Submitted) -> Vec<Fact> {
    let contact = &submitted.contact;
    let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| page.t("contract-none"));
    vec![
        page.fact("contract-name", format!("{}　{}", contact.surname, contact.given)),
        page.fact(
            "contract-kana",
            format!("{}　{}", contact.surname_kana, contact.given_kana),
        ),
        page.fact("contract-department", optional(&contact.department)),
        page.fact("contract-title", optional(&contact.title)),
        page.fact("contract-phone", &contact.phone),
        page.fact("contract-fax", optional(&contact.fax)),
        page.fact("contract-mail", &contact.mail),
    ]
}
