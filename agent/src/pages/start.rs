//! The start page: readers and cards as they are now, and what can be begun.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use wire::code::Code;
use wire::office::Language;

use super::{CardLine, Live, Page, Visitor, arguments, message, show};
use crate::cards::{Seen, Slot, code};
use crate::guard::Held as Agent;
use crate::kept::Held;
use crate::local::Told;
use crate::origin::Origin;
use crate::visit::Visit;
use crate::words::{Message, Words};

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    page: Page,
    notice: Option<Message>,
    readers: Vec<ReaderShown>,
    kept: Held,
    token: String,
    offices: Vec<OfficeShown>,
    unreachable: Vec<String>,
    phrase: Option<String>,
    portals: Vec<String>,
}

struct ReaderShown {
    name: String,
    card: ReaderLine,
}

enum ReaderLine {
    Card(CardLine),
    Says(&'static str),
}

struct OfficeShown {
    name: String,
    portal: String,
    tiles: Vec<TileShown>,
}

struct TileShown {
    title: String,
    address: String,
    first: bool,
}

/// `GET /`
pub(crate) async fn page(State(local): State<Agent>, headers: HeaderMap) -> Response {
    let visitor = Visitor::of(&local, &headers);
    let words = visitor.words();
    let page = Page::plain(words);
    let (phrase, portals) = match (local.home.phrase(), local.home.portals()) {
        (Ok(phrase), Ok(portals)) => (phrase, portals),
        (Err(fault), _) | (_, Err(fault)) => {
            tracing::error!(%fault, "the state cannot be read");
            let shown = message(page, StatusCode::INTERNAL_SERVER_ERROR, Code::Fault, None);
            return visitor.greet(shown);
        }
    };
    let now = local.clock.now();
    let (offices, unreachable) = offices(local.tiles.of(&portals, &local.lines, now).await, words.language());
    let seen = local.cards.seen();
    let shown = StartPage {
        notice: notice(&seen, words),
        readers: readers(&seen, words),
        kept: local.kept.held(now),
        token: local.browsers.form(&visitor.cookie),
        offices,
        unreachable,
        phrase,
        portals: portals.iter().map(ToString::to_string).collect(),
        page: Page {
            live: Some(Live {
                seen: mark(&seen, None),
                visit: String::new(),
                idle: true,
            }),
            ..page
        },
    };
    visitor.greet(show(StatusCode::OK, &shown, None))
}

/// Whether there is anything new since `after`.
#[derive(Deserialize)]
pub(crate) struct After {
    after: String,
    #[serde(default)]
    visit: String,
}

/// `GET /changes`: answers 200 as soon as a card or a visit is no longer as in `after`, and 204 after a while.
pub(crate) async fn changes(
    State(local): State<Agent>,
    headers: HeaderMap,
    Query(After { after, visit }): Query<After>,
) -> StatusCode {
    let visitor = Visitor::of(&local, &headers);
    let visit = local.visits.of_form(&visitor.cookie, &visit);
    let mut cards = local.cards.changes();
    let mut versions = visit.as_ref().map(|visit| visit.versions());
    let changed = async {
        while mark(&local.cards.seen(), visit.as_deref()) == after {
            let next = async {
                match &mut versions {
                    Some(versions) => versions.changed().await.is_ok(),
                    None => std::future::pending().await,
                }
            };
            let more = tokio::select! {
                more = cards.changed() => more.is_ok(),
                more = next => more,
            };
            if !more {
                break;
            }
        }
    };
    match tokio::time::timeout(PATIENCE, changed).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::NO_CONTENT,
    }
}

/// What a page has seen: the readers, and the visit that it belongs to.
pub(crate) fn mark(seen: &Seen, visit: Option<&Visit>) -> String {
    format!("{}-{}", seen.number, visit.map_or(0, Visit::version))
}

fn notice(seen: &Seen, words: Words) -> Option<Message> {
    let fault = match &seen.readers {
        Err(fault) => fault.clone(),
        Ok(readers) if readers.is_empty() && seen.number > 0 => card::CardFault::NoReader,
        Ok(_) => return None,
    };
    Some(words.message(code(&fault), &arguments(words, Some(&fault), None)))
}

fn readers(seen: &Seen, words: Words) -> Vec<ReaderShown> {
    seen.readers
        .iter()
        .flatten()
        .map(|reader| ReaderShown {
            name: reader.name.clone(),
            card: match &reader.slot {
                Slot::Empty => ReaderLine::Says("card-reader-empty"),
                Slot::Mute => ReaderLine::Says("card-reader-mute"),
                Slot::Unknown(fault) => ReaderLine::Says(match code(fault) {
                    Code::CardType => "card-reader-foreign",
                    Code::CardUnreadable => "card-reader-mute",
                    _ => "card-reader-reading",
                }),
                Slot::Card(card) => ReaderLine::Card(CardLine::of(card, words)),
            },
        })
        .collect()
}

/// 失効申込 stands first wherever it is offered; the rest keeps the office's order.
fn offices(told: Vec<(Origin, Told)>, language: Language) -> (Vec<OfficeShown>, Vec<String>) {
    let mut offices = Vec::new();
    let mut unreachable = Vec::new();
    for (portal, told) in told {
        let Some(told) = told else {
            unreachable.push(portal.to_string());
            continue;
        };
        for office in Arc::unwrap_or_clone(told) {
            let mut tiles = office.procedures;
            tiles.retain(|tile| crate::asked::leads_home(&tile.path));
            tiles.sort_by_key(|tile| tile.procedure != FIRST);
            offices.push(OfficeShown {
                name: office.office.name.in_language(language).to_owned(),
                portal: portal.to_string(),
                tiles: tiles
                    .into_iter()
                    .enumerate()
                    .map(|(at, tile)| TileShown {
                        title: tile.title.in_language(language).to_owned(),
                        address: format!("{portal}{}", tile.path),
                        first: at == 0,
                    })
                    .collect(),
            });
        }
    }
    (offices, unreachable)
}

const FIRST: &str = "revocation";
const PATIENCE: Duration = Duration::from_secs(25);
