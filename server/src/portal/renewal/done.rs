//! 更新結果 (A5), 更新完了画面 of 002, and what became of an application that was held; with the print view.

use axum::http::StatusCode;
use axum::response::Response;
use casework::renewal::{Case, Submitted};
use wire::code::Code;

use super::confirm::written;
use super::{Current, PRINTED, STAGES, current, elsewhere, to, view};
use crate::desk::bidder::renewal_policy;
use crate::desk::renewal::{Confirmation, Item, rows};
use crate::portal::date;
use crate::portal::page::{Fact, Page, render};
use crate::portal::receipt::check_code;
use crate::portal::view as pages;
use crate::portal::visit::{Post, Stop, Visit};

/// `GET /{office}/renewal/done`. Nobody is logged in with the old card any more, so that who was is not asked for here.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let current = current(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return elsewhere(&visit, &current);
    };
    let page = visit.page();
    let facts = facts(&visit, &page, &current, submitted).await?;
    let confirmation = confirmation(&visit, &current, submitted).await?;
    let (title, lead) = said(&page, &current);
    let waits = matches!(current.standing.case, Case::Held { .. } | Case::Returned { .. });
    let view = view::Done {
        stages: page.stages(STAGES, &5),
        title,
        lead,
        state: state(&current),
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

/// 「印刷」: the first print is noted, so that the later ones can say what they are.
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

/// The print page: before and after, the text that was signed, and the receipt number (DOMAIN §2.6, §4.7).
pub(super) async fn sheet(visit: Visit) -> Result<Response, Stop> {
    let current = current(&visit).await?;
    let Some(submitted) = current.standing.case.submitted() else {
        return elsewhere(&visit, &current);
    };
    let page = visit.page();
    let told = facts(&visit, &page, &current, submitted).await?;
    let confirmation = confirmation(&visit, &current, submitted).await?;
    let policy = renewal_policy(&current.office).ok_or_else(|| super::stale(&visit))?;
    let hides = !current.bidding.show_holder_address_on_print;
    let language = page.words.language();
    let card = |face| -> Vec<Fact> {
        rows(policy.review, confirmation.entry.as_ref(), face, language)
            .into_iter()
            .map(|row| {
                let hidden = hides && row.item == Item::HolderAddress;
                let value = if hidden {
                    page.t("renewal-print-hidden")
                } else {
                    row.value
                };
                Fact {
                    label: row.label.to_owned(),
                    lang: page.tongue(&value),
                    value,
                }
            })
            .collect()
    };
    let text = written(&visit, &current, submitted.text).await?;
    let text = if hides {
        without_home(&page, &text, &confirmation)
    } else {
        text
    };
    let reprint = printed(&visit, &current)? > 1;
    let (title, lead) = said(&page, &current);
    let name = confirmation
        .entry
        .as_ref()
        .map_or(&confirmation.new.company, |entry| &entry.name);
    let view = pages::Print {
        title: page.t("renewal-print-title"),
        head: page.house(),
        head_facts: vec![
            page.fact("registration-done-number", submitted.number.to_string()),
            page.fact("registration-print-applicant", name),
            page.fact("print-at", date::minute(page.words, visit.now)),
        ],
        mark: reprint.then(|| page.t("print-reprint")),
        sections: vec![
            (title, told),
            (page.t("renewal-old"), card(&confirmation.old)),
            (page.t("renewal-new"), card(&confirmation.new)),
        ],
        notes: vec![lead],
        text_lang: page.tongue(&text),
        text,
        page: visit.page(),
    };
    Ok(render(StatusCode::OK, &view))
}

async fn confirmation(visit: &Visit, current: &Current, submitted: &Submitted) -> Result<Confirmation, Stop> {
    let desk = visit.portal.desk();
    let confirmation = desk.confirmation(&current.office, &submitted.opened).await;
    confirmation.map_err(|fault| visit.fault(&fault))
}

async fn facts(visit: &Visit, page: &Page, current: &Current, submitted: &Submitted) -> Result<Vec<Fact>, Stop> {
    let code = check_code(&visit.portal, current.id().octets()).await;
    let code = code.map_err(|fault| visit.fault(&fault))?;
    let mut facts = vec![page.fact("registration-done-at", date::second(page.words, submitted.at))];
    if let Case::Renewed { at, .. } = &current.standing.case {
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
fn said(page: &Page, current: &Current) -> (String, String) {
    let state = state(current);
    let key = match (&current.standing.case, current.bidding.reviews()) {
        (Case::Renewed { .. }, true) => "renewed-review",
        _ => state,
    };
    (
        page.t(&format!("renewal-done-title-{key}")),
        page.t(&format!("renewal-done-lead-{key}")),
    )
}

fn state(current: &Current) -> &'static str {
    match &current.standing.case {
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

fn printed(visit: &Visit, current: &Current) -> Result<u32, Stop> {
    let noted = visit.session()?.noted(&current.office.id, PRINTED);
    Ok(noted.and_then(|fact| fact.value.parse().ok()).unwrap_or_default())
}
