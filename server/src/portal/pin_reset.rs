//! What an issuer of citizens' cards tells everybody: how a forgotten password is set anew, when, and where (source document
//! 004). Nothing is done on these pages: the app and the kiosk do it.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

use crate::office::{Block, Citizen, Document, Office};
use crate::portal::Portal;
use crate::portal::date;
use crate::portal::page::{Fact, Page, render};
use crate::portal::visit::{Stop, Visit};

/// Below `/{office}/pin-reset`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new().route("/flow", get(flow)).route("/terms", get(terms))
}

#[derive(Template)]
#[template(path = "pin-reset/menu.html")]
struct Menu {
    page: Page,
    office: Arc<Office>,
    citizen: Arc<Citizen>,
    maintenance: Vec<Announced>,
    hours: String,
    facts: Vec<Fact>,
    places: Option<String>,
}

/// A maintenance that is to come, or is.
struct Announced {
    span: String,
    says: String,
}

#[derive(Template)]
#[template(path = "pin-reset/document.html")]
struct Read<'a> {
    page: Page,
    office: Arc<Office>,
    title: String,
    version: &'a str,
    blocks: Vec<Block<'a>>,
    hash: String,
}

impl Visit {
    /// The issuer of citizens' cards of the address. Another kind of office has none of these pages.
    fn issuer(&self) -> Result<(Arc<Office>, Arc<Citizen>), Stop> {
        let office = self.office()?;
        let citizen = office.citizen().map_err(|_| self.not_found())?.clone();
        Ok((office, citizen))
    }
}

/// `GET /{office}` of an issuer of citizens' cards.
pub(crate) fn menu(visit: Visit) -> Result<Response, Stop> {
    let (office, citizen) = visit.issuer()?;
    let page = visit.page();
    let announced = |time: &crate::office::Maintenance| Announced {
        span: page.words.say_with(
            "pin-reset-span",
            &[
                ("from", date::minute(page.words, time.from).as_str()),
                ("until", date::minute(page.words, time.until).as_str()),
            ],
        ),
        says: page.text(&time.says).to_owned(),
    };
    let maintenance = citizen.maintenance.iter().filter(|time| visit.now < time.until);
    let span = [
        ("opens", date::of_day(citizen.kiosk.opens)),
        ("closes", date::of_day(citizen.kiosk.closes)),
    ];
    let span = span.each_ref().map(|(name, time)| (*name, time.as_str()));
    let mut facts = vec![page.fact("pin-reset-hours", page.words.say_with("pin-reset-hours-text", &span))];
    let closed: Vec<_> = citizen
        .kiosk
        .closed
        .iter()
        .filter(|day| **day >= visit.now.day())
        .map(|day| date::day(page.words, *day))
        .collect();
    if !closed.is_empty() {
        facts.push(page.fact("pin-reset-closed", closed.join(&page.t("pin-reset-and"))));
    }
    facts.push(page.fact("pin-reset-online", page.t("pin-reset-online-text")));
    facts.push(page.fact("pin-reset-fee", page.t("pin-reset-fee-text")));
    let view = Menu {
        maintenance: maintenance.map(announced).collect(),
        hours: (citizen.reserved_for / 3_600).to_string(),
        facts,
        places: citizen.places.clone(),
        page: visit.page(),
        office,
        citizen,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 手続きの流れ
async fn flow(visit: Visit) -> Result<Response, Stop> {
    let (office, citizen) = visit.issuer()?;
    Ok(read(&visit, office, &citizen.flow, "document-flow"))
}

/// 利用規約
async fn terms(visit: Visit) -> Result<Response, Stop> {
    let (office, citizen) = visit.issuer()?;
    Ok(read(&visit, office, &citizen.terms, "document-terms"))
}

fn read(visit: &Visit, office: Arc<Office>, document: &Document, title: &str) -> Response {
    let page = visit.page();
    let view = Read {
        title: page.t(title),
        version: document.version.in_language(page.words.language()),
        blocks: document.blocks(page.words.language()),
        hash: document.digest().to_string(),
        office,
        page: visit.page(),
    };
    render(StatusCode::OK, &view)
}
