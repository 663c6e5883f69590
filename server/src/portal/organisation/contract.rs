//! 契約内容の確認: company, office, contact, and the terminals with their certificates.

use axum::http::StatusCode;
use axum::response::Response;
use casework::organisation::{Contact, Contract};
use casework::time::{Day, Instant};

use super::crumbs::crumbs;
use super::seat::Seat;
use super::view;
use crate::portal::date;
use crate::portal::page::{Fact, Page, render};
use crate::portal::visit::Stop;
use crate::store::HeldTerminal;

/// `GET /{office}/contract`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    let held = seat.visit.portal.store();
    let held = held.held_terminals(seat.present.organisation.id).await;
    let held = held.map_err(|fault| seat.visit.fault(&fault))?;
    let page = seat.page();
    let contract = &seat.present.organisation.contract;
    let view = view::ContractPage {
        crumbs: crumbs(&page, &["user-menu-contract"]),
        company: company(&page, contract),
        contact: contact(&page, &contract.contact),
        terminals: held.iter().map(|held| line(&page, held)).collect(),
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

fn line(page: &Page, held: &HeldTerminal) -> view::TerminalLine {
    let day = |day: Option<Day>| day.map_or_else(|| "–".to_owned(), date::slashed);
    let until = held.validity.and_then(|(_, until)| until);
    let (state, tag) = match held {
        held if held.suspended => ("suspended", "tag ng"),
        held if held.waits => ("waits", "tag"),
        held if held.validity.is_none() => ("none", "tag"),
        held if held.revoked => ("revoked", "tag ng"),
        _ if until.is_some_and(|until| page.now > until) => ("expired", "tag ng"),
        _ => ("valid", "tag ok"),
    };
    view::TerminalLine {
        division: page.t(&format!("contract-division-{}", held.terminal.division.key())),
        device: held.terminal.device.label(),
        name: held.terminal.name.to_string(),
        issued: day(held.validity.map(|(issued, _)| issued)),
        until: day(until.map(Instant::day)),
        state: page.t(&format!("contract-terminal-{state}")),
        tag,
    }
}

/// What a contract says of its company.
pub(crate) fn company(page: &Page, contract: &Contract) -> Vec<Fact> {
    vec![
        page.fact("contract-number", contract.number.as_str()),
        page.fact("contract-company", contract.company.as_str()),
        page.fact("contract-office", contract.office.as_str()),
    ]
}

/// Whom the centre turns to.
pub(crate) fn contact(page: &Page, contact: &Contact) -> Vec<Fact> {
    let none = || page.t("contract-none");
    vec![
        page.fact("contract-name", format!("{} {}", contact.surname, contact.given)),
        page.fact(
            "contract-kana",
            format!("{} {}", contact.surname_kana, contact.given_kana),
        ),
        page.fact("contract-department", contact.department.clone().unwrap_or_else(none)),
        page.fact("contract-title", contact.title.clone().unwrap_or_else(none)),
        page.fact("contract-phone", contact.phone.as_str()),
        page.fact("contract-fax", contact.fax.clone().unwrap_or_else(none)),
        page.fact("contract-mail", contact.mail.as_str()),
    ]
}
