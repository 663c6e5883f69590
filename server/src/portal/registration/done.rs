//! The result, 登録完了 or 保留, with its print page.

use axum::http::StatusCode;
use axum::response::Response;
use casework::registration::{Case, Kind, Submitted};
use casework::review::Stage;

use super::{Current, STAGES, form, held, view};
use crate::desk::Standing;
use crate::desk::registration::Registration;
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::bidding::course::framed;
use crate::portal::bidding::fact;
use crate::portal::bidding::held::{Application, Followed as _, because};
use crate::portal::page::{Fact, Page, render};
use crate::portal::receipt::{self, check_code, plain};
use crate::portal::visit::{Stop, Visit};
use crate::portal::{Portal, date};
use crate::print::Section;
use crate::print::bidder::Receipt;
use crate::print::revocation::Print;

/// What was applied for, as the result tells it.
struct Told {
    facts: Vec<Fact>,
    company: Vec<Fact>,
    card: Vec<Fact>,
    contact: Vec<Fact>,
    name: String,
}

/// `GET /{office}/registration/done`
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let current = Current::of(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return current.elsewhere(&visit);
    };
    let told = told(&visit.portal, &page, &current.office, &current.standing, submitted).await;
    let told = told.map_err(|fault| visit.fault(&fault))?;
    let case = &current.standing.case;
    let application = Registration::application(case).ok_or_else(|| visit.stale())?;
    let view = view::Done {
        stages: page.stages(STAGES, &5),
        title: page.t(&title(&application, is_change(case))),
        lead: page.t(&held::lead_key(&application, is_change(case))),
        word: application.word(),
        because: because(&page, &current.office, application.stage),
        follow: application.is_open(),
        number: submitted.number.to_string(),
        facts: told.facts,
        company: told.company,
        card: told.card,
        contact: told.contact,
        mail: submitted.contact.mail.clone(),
        office: current.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// The print page: what was confirmed, the text that was signed, and the receipt number (DOMAIN §2.6).
pub(super) async fn sheet(visit: Visit) -> Result<Response, Stop> {
    let current = Current::of(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return current.elsewhere(&visit);
    };
    let text = current.written(&visit, submitted.text).await?;
    let receipt = current.receipt(&visit).await?;
    Ok(render(
        StatusCode::OK,
        &receipt::on_paper(receipt.sheet(), text, visit.page()),
    ))
}

/// What is printed of a registration, in the language of the page; `None` of one that was not applied for.
pub(crate) async fn receipt(
    portal: &Portal,
    page: &Page,
    office: &Office,
    standing: &Standing<Registration>,
    print: Print,
) -> Result<Option<Receipt>, Fault> {
    let case = &standing.case;
    let (Some(submitted), Some(application)) = (case.submitted(), Registration::application(case)) else {
        return Ok(None);
    };
    let told = told(portal, page, office, standing, submitted).await?;
    let section = |key: &str, facts| Section {
        heading: page.t(key),
        facts: plain(facts),
    };
    Ok(Some(Receipt {
        language: page.words.language(),
        office: office.name.clone(),
        title: "registration-print-title",
        applicant: told.name,
        number: submitted.number,
        text: submitted.text,
        result: section(&title(&application, is_change(case)), told.facts),
        content: vec![
            section("bidder-account-company", told.company),
            section("bidder-account-card", told.card),
            section("bidder-account-contact", told.contact),
        ],
        lead: page.t(&held::lead_key(&application, is_change(case))),
        printed_at: page.now,
        print,
    }))
}

async fn told(
    portal: &Portal,
    page: &Page,
    office: &Office,
    standing: &Standing<Registration>,
    submitted: &Submitted,
) -> Result<Told, Fault> {
    let (desk, bidding) = (portal.desk(), office.bidding()?);
    let entry = desk.entry(&office.id, &submitted.business).await?;
    let card = desk.card_face(submitted.opened.card).await?;
    let card = card.ok_or_else(|| Bug(format!("the card {} is not kept", submitted.opened.card)))?;
    let code = check_code(portal, standing.id.octets()).await?;
    Ok(Told {
        facts: vec![
            page.fact("registration-done-at", date::second(page.words, submitted.at)),
            page.fact("receipt-check-code", code.to_string()),
        ],
        company: fact::company(page, bidding, &submitted.business, entry.as_ref()),
        card: fact::card(page, bidding, &card),
        contact: form::contact(page, &submitted.contact),
        name: entry.map_or(card.company, |entry| entry.name),
    })
}

fn is_change(case: &Case) -> bool {
    case.opened().is_some_and(|opened| opened.kind != Kind::New)
}

/// The key of the result's title.
fn title(application: &Application<'_>, change: bool) -> String {
    let key = match (application.stage, change) {
        (Stage::Done, true) => "-change",
        (Stage::Done, false) => "",
        (Stage::Held(_), _) => "-held",
        (Stage::Returned { .. } | Stage::Denied(_) | Stage::Withdrawn | Stage::Lapsed, _) => {
            return format!("registration-done-title-{}", application.word());
        }
    };
    format!("registration-done-title{key}")
}
