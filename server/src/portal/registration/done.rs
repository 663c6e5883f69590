//! The result, 登録完了 or 保留, with its print page.

use axum::http::StatusCode;
use axum::response::Response;
use casework::registration::{Case, Submitted};

use super::{Current, PRINTED, STAGES, confirm, current, elsewhere, form, framed, to, view};
use crate::fault::Fault;
use crate::portal::bidding::fact;
use crate::portal::page::{Fact, Page, render};
use crate::portal::receipt::check_code;
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{date, view as pages};

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
    let current = current(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return elsewhere(&visit, &current);
    };
    let told = told(&visit, &page, &current, submitted).await?;
    let suffix = suffix(&current);
    let view = view::Done {
        stages: page.stages(STAGES, &5),
        title: page.t(&format!("registration-done-title{}", title(&current))),
        lead: page.t(&format!("registration-done-lead{suffix}")),
        held: is_held(&current),
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

/// 「印刷する」: the first print is noted, so that the later ones can say what they are.
pub(super) async fn print(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = current(visit).await?;
    if current.standing.case.submitted().is_none() {
        return elsewhere(visit, &current);
    }
    let session = visit.session()?;
    let times = printed(visit, &current)?.saturating_add(1);
    let noted = visit
        .portal
        .note(session, &current.office.id, PRINTED, times.to_string(), visit.now)
        .await;
    noted.map_err(|fault| visit.fault(&fault))?;
    to(visit, "/done/print")
}

/// The print page: what was confirmed, the text that was signed, and the receipt number (DOMAIN §2.6).
pub(super) async fn sheet(visit: Visit) -> Result<Response, Stop> {
    let current = current(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return elsewhere(&visit, &current);
    };
    let page = visit.page();
    let told = told(&visit, &page, &current, submitted).await?;
    let text = confirm::written(&visit, &current, submitted.text).await?;
    let reprint = printed(&visit, &current)? > 1;
    let view = pages::Print {
        title: page.t("registration-print-title"),
        head: page.house(),
        head_facts: vec![
            page.fact("registration-done-number", submitted.number.to_string()),
            page.fact("registration-print-applicant", told.name),
            page.fact("print-at", date::minute(page.words, visit.now)),
        ],
        mark: reprint.then(|| page.t("print-reprint")),
        sections: vec![
            (
                page.t(&format!("registration-done-title{}", title(&current))),
                told.facts,
            ),
            (page.t("bidder-account-company"), told.company),
            (page.t("bidder-account-card"), told.card),
            (page.t("bidder-account-contact"), told.contact),
        ],
        notes: vec![page.t(&format!("registration-done-lead{}", suffix(&current)))],
        text_lang: page.tongue(&text),
        text,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

async fn told(visit: &Visit, page: &Page, current: &Current, submitted: &Submitted) -> Result<Told, Stop> {
    let fault = |fault: Fault| visit.fault(&fault);
    let desk = visit.portal.desk();
    let entry = desk
        .entry(&current.office.id, &submitted.business)
        .await
        .map_err(fault)?;
    let card = super::shown(visit, current).await?;
    let code = check_code(&visit.portal, current.id().octets()).await.map_err(fault)?;
    Ok(Told {
        facts: vec![
            page.fact("registration-done-at", date::second(page.words, submitted.at)),
            page.fact("receipt-check-code", code.to_string()),
        ],
        company: fact::company(page, &current.bidding, &submitted.business, entry.as_ref()),
        card: fact::card(page, &current.bidding, &card),
        contact: form::contact(page, &submitted.contact),
        name: entry.map_or(card.company, |entry| entry.name),
    })
}

fn is_held(current: &Current) -> bool {
    matches!(current.standing.case, Case::Held { .. } | Case::Returned { .. })
}

fn title(current: &Current) -> &'static str {
    match (is_held(current), current.is_change()) {
        (true, _) => "-held",
        (false, true) => "-change",
        (false, false) => "",
    }
}

fn suffix(current: &Current) -> &'static str {
    match (is_held(current), current.is_change()) {
        (true, true) => "-held-change",
        (true, false) => "-held",
        (false, true) => "-change",
        (false, false) => "",
    }
}

fn printed(visit: &Visit, current: &Current) -> Result<u32, Stop> {
    let noted = visit.session()?.noted(&current.office.id, PRINTED);
    Ok(noted.and_then(|fact| fact.value.parse().ok()).unwrap_or_default())
}
