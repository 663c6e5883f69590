//! 更新結果 (A5), 更新完了画面 of 002, and what became of an application that was held; with the print view.

use axum::http::StatusCode;
use axum::response::Response;
use casework::renewal::{Case, Submitted};
use wire::code::Code;

use super::{Current, STAGES, view};
use crate::desk::Standing;
use crate::desk::bidder::renewal_policy;
use crate::desk::renewal::{Confirmation, Item, Renewal, rows};
use crate::fault::Fault;
use crate::office::{Bidding, Office};
use crate::portal::bidding::held::because;
use crate::portal::page::{Fact, Page, render};
use crate::portal::receipt::{self, check_code, plain};
use crate::portal::visit::{Stop, Visit};
use crate::portal::{Portal, date};
use crate::print::bidder::Receipt;
use crate::print::revocation::Print;
use crate::print::{self, Section};

/// `GET /{office}/renewal/done`. Nobody is logged in with the old card any more, so that who was is not asked for here.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let current = Current::of(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return current.elsewhere(&visit);
    };
    let page = visit.page();
    let facts = facts(&visit.portal, &page, &current.standing, submitted).await;
    let facts = facts.map_err(|fault| visit.fault(&fault))?;
    let confirmation = confirmation(&visit, &current, submitted).await?;
    let (title, lead) = said(&page, &current.bidding, &current.standing.case);
    let waits = matches!(current.standing.case, Case::Held { .. } | Case::Returned { .. });
    let view = view::Done {
        stages: page.stages(STAGES, &5),
        title,
        lead,
        state: state(&current.standing.case),
        because: current
            .standing
            .case
            .stage()
            .and_then(|stage| because(&page, &current.office, stage)),
        renewed: matches!(current.standing.case, Case::Renewed { .. }),
        held: waits.then(|| page.message(Code::InfoHeld, &[])),
        usable: waits.then(|| date::slashed(confirmation.old.valid.1.day())),
        number: submitted.number.to_string(),
        facts,
        old: short(&page, &confirmation.old.serial, confirmation.old.valid.1),
        new: short(&page, &confirmation.new.serial, confirmation.new.valid.1),
        office: current.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// The print page: before and after, the text that was signed, and the receipt number (DOMAIN §2.6, §4.7).
pub(super) async fn sheet(visit: Visit) -> Result<Response, Stop> {
    let current = Current::of(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return current.elsewhere(&visit);
    };
    let page = visit.page();
    let confirmation = confirmation(&visit, &current, submitted).await?;
    let text = current.written(&visit, submitted.text).await?;
    let text = if current.bidding.show_holder_address_on_print {
        text
    } else {
        without_home(&page, &text, &confirmation)
    };
    let receipt = current.receipt(&visit).await?;
    Ok(render(StatusCode::OK, &receipt::on_paper(receipt.sheet(), text, page)))
}

/// What is printed of a renewal, in the language of the page; `None` of one that was not applied for.
pub(crate) async fn receipt(
    portal: &Portal,
    page: &Page,
    office: &Office,
    standing: &Standing<Renewal>,
    print: Print,
) -> Result<Option<Receipt>, Fault> {
    let (Some(submitted), Some(policy)) = (standing.case.submitted(), renewal_policy(office)) else {
        return Ok(None);
    };
    let bidding = office.bidding()?;
    let confirmation = portal.desk().confirmation(office, &submitted.opened).await?;
    let card = |key: &str, face| {
        let facts = rows(policy.review, confirmation.entry.as_ref(), face, page.words.language());
        let facts = facts.into_iter().map(|row| {
            let hidden = row.item == Item::HolderAddress && !bidding.show_holder_address_on_print;
            print::Fact {
                label: row.label.to_owned(),
                value: if hidden {
                    page.t("renewal-print-hidden")
                } else {
                    row.value
                },
            }
        });
        Section {
            heading: page.t(key),
            facts: facts.collect(),
        }
    };
    let (title, lead) = said(page, bidding, &standing.case);
    let entry = confirmation.entry.as_ref();
    Ok(Some(Receipt {
        language: page.words.language(),
        office: office.name.clone(),
        title: "renewal-print-title",
        applicant: entry.map_or(&confirmation.new.company, |entry| &entry.name).clone(),
        number: submitted.number,
        text: submitted.text,
        result: Section {
            heading: title,
            facts: plain(facts(portal, page, standing, submitted).await?),
        },
        content: vec![
            card("renewal-old", &confirmation.old),
            card("renewal-new", &confirmation.new),
        ],
        lead,
        printed_at: page.now,
        print,
    }))
}

async fn confirmation(visit: &Visit, current: &Current, submitted: &Submitted) -> Result<Confirmation, Stop> {
    let desk = visit.portal.desk();
    let confirmation = desk.confirmation(&current.office, &submitted.opened).await;
    confirmation.map_err(|fault| visit.fault(&fault))
}

async fn facts(
    portal: &Portal,
    page: &Page,
    standing: &Standing<Renewal>,
    submitted: &Submitted,
) -> Result<Vec<Fact>, Fault> {
    let code = check_code(portal, standing.id.octets()).await?;
    let mut facts = vec![page.fact("registration-done-at", date::second(page.words, submitted.at))];
    if let Case::Renewed { at, .. } = &standing.case {
        facts.push(page.fact("renewal-done-at", date::second(page.words, *at)));
    }
    facts.push(page.fact("receipt-check-code", code.to_string()));
    let person = submitted.opened.person.as_ref();
    facts.extend(person.map(|person| page.fact("renewal-person", person)));
    Ok(facts)
}

/// Its number in full, and its last day.
fn short(page: &Page, serial: &str, until: casework::time::Instant) -> Vec<Fact> {
    vec![
        page.fact("bidder-card-serial", serial),
        page.fact("bidder-card-until", date::slashed(until.day())),
    ]
}

/// Title and sentence of the result. Those of 001 and 002 are their own.
fn said(page: &Page, bidding: &Bidding, case: &Case) -> (String, String) {
    let state = state(case);
    let key = match (case, bidding.reviews()) {
        (Case::Renewed { .. }, true) => "renewed-review",
        _ => state,
    };
    (
        page.t(&format!("renewal-done-title-{key}")),
        page.t(&format!("renewal-done-lead-{key}")),
    )
}

fn state(case: &Case) -> &'static str {
    match case {
        Case::Renewed { .. } => "renewed",
        Case::Returned { .. } => "returned",
        Case::Denied { .. } => "denied",
        Case::Withdrawn { .. } => "withdrawn",
        Case::Lapsed { .. } => "lapsed",
        Case::Held { .. } | Case::New | Case::Confirming { .. } | Case::Awaiting { .. } | Case::Abandoned { .. } => {
            "held"
        }
    }
}

/// The signed text without the holders' home addresses, which are personal data (DOMAIN §4.3). Each line of them begins
/// with its label, in the language in which the text was written.
fn without_home(page: &Page, text: &str, confirmation: &Confirmation) -> String {
    let hidden = page.t("renewal-print-hidden");
    let labels = [wire::office::Language::Ja, wire::office::Language::En].map(|language| {
        let none = casework::renewal::ReviewPolicy::None;
        let all = rows(none, None, &confirmation.new, language);
        all.into_iter()
            .find_map(|row| (row.item == Item::HolderAddress).then(|| format!("{} ", row.label)))
            .unwrap_or_default()
    });
    let lines = text.split_inclusive('\n').map(|line| {
        let label = labels
            .iter()
            .find(|label| !label.is_empty() && line.starts_with(*label));
        label.map_or_else(|| line.to_owned(), |label| format!("{label}{hidden}\n"))
    });
    lines.collect()
}
