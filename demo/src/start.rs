//! The demo's start page: what to try, the card drawer and the clock. The same two by JSON, for tests of rules that
//! depend on the hour: `GET /state`, `POST /drawer`, `POST /clock`.

use crate::cards::{Cards, Shown};
use crate::citizens::{self, Citizens, Place};
use crate::clock::{DemoClock, Refused};
use crate::customers::{self, Person};
use crate::story::Side;
use crate::terminals::{TOLD, Told};
use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use server::authority::issue::Registrar;
use std::sync::Arc;

/// What the start page shows and moves.
pub(crate) struct Start {
    /// The cards and the readers.
    pub(crate) cards: Cards,
    /// The citizens' cards, and who stands before the phone.
    pub(crate) citizens: Citizens,
    /// The clock that all parts of the demo share.
    pub(crate) clock: DemoClock,
    /// Where everything is.
    pub(crate) places: Places,
    /// Who knows what is revoked.
    pub(crate) registrar: Registrar,
}

impl Start {
    /// All cards as they are now.
    async fn shown(&self) -> Vec<Shown> {
        let mut cards = self.cards.shown();
        for card in &mut cards {
            if let Some(certificate) = &card.certificate {
                // A card of another authority, or a store that is busy: nothing is known of it.
                let known = self
                    .registrar
                    .example_is_revoked(&self.places.authority, certificate)
                    .await;
                card.revoked = known.unwrap_or(false);
            }
        }
        cards
    }
}

/// The addresses of the demo's parts.
#[derive(Clone)]
pub(crate) struct Places {
    /// The portal.
    pub(crate) portal: String,
    /// The console of the authority's officers.
    pub(crate) console: String,
    /// The ordering body that renews at once.
    pub(crate) core: String,
    /// The ordering body that reviews.
    pub(crate) review: String,
    /// The console of its clerk.
    pub(crate) clerk: String,
    /// The service centre.
    pub(crate) centre: String,
    /// The console of its examiner.
    pub(crate) examiner: String,
    /// What one of its customers has entered and not sent off.
    pub(crate) draft: String,
    /// The issuer of citizens' cards.
    pub(crate) city: String,
    /// The reservation app.
    pub(crate) app: String,
    /// The kiosk.
    pub(crate) kiosk: String,
    /// The signing app.
    pub(crate) agent: String,
    /// The mailbox.
    pub(crate) mailbox: String,
    /// OCSP and CRLs.
    pub(crate) validation: String,
    /// The authority whose cards these are.
    pub(crate) authority: String,
}

/// The pages.
pub(crate) fn router(start: Arc<Start>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/demo.css", get(crate::style))
        .route("/state", get(state))
        .route("/drawer", post(drawer))
        .route("/clock", post(clock))
        .route("/insert", post(insert))
        .route("/eject", post(eject))
        .route("/forward", post(forward))
        .route("/morning", post(morning))
        .route("/date", post(date))
        .route("/citizen", post(citizen))
        .route("/lay", post(lay))
        .route("/camera", post(camera))
        .with_state(start)
}

#[derive(Template)]
#[template(path = "start.html")]
struct Page {
    holders: Vec<Shown>,
    bidders: Vec<Shown>,
    officers: Vec<Shown>,
    now: String,
    portal: String,
    console: String,
    core: String,
    review: String,
    clerk: String,
    centre: String,
    examiner: String,
    draft: String,
    people: Vec<Person>,
    terminals: [Told; 11],
    citizens: Vec<citizens::Shown>,
    city: String,
    app: String,
    kiosk: String,
    agent: String,
    mailbox: String,
    validation: String,
    authority: String,
}

/// A step of a walk: this card into that reader.
struct Put<'a> {
    card: &'a Shown,
    reader: u8,
    /// Where on the page the walk is.
    at: &'static str,
    /// Whether it is there already.
    done: bool,
}

impl Page {
    fn put(&self, id: &str, reader: u8, at: &'static str) -> Option<Put<'_>> {
        let mut cards = [&self.holders, &self.bidders, &self.officers].into_iter().flatten();
        let card = cards.find(|card| card.id == id)?;
        Some(Put {
            card,
            reader,
            at,
            done: card.reader == Some(reader),
        })
    }
}

async fn page(State(start): State<Arc<Start>>) -> Response {
    let shown = start.shown().await;
    let of = |side| shown.iter().filter(|card| card.side == side).cloned().collect();
    let places = start.places.clone();
    let page = Page {
        holders: of(Side::Holder),
        bidders: of(Side::Bidder),
        officers: of(Side::Officer),
        now: start.clock.rfc3339().replace('T', " ").replace("+09:00", ""),
        portal: places.portal,
        console: places.console,
        core: places.core,
        review: places.review,
        clerk: places.clerk,
        centre: places.centre,
        examiner: places.examiner,
        draft: places.draft,
        people: customers::people(),
        terminals: TOLD,
        citizens: start.citizens.shown(),
        city: places.city,
        app: places.app,
        kiosk: places.kiosk,
        agent: places.agent,
        mailbox: places.mailbox,
        validation: places.validation,
        authority: places.authority,
    };
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Serialize)]
struct Seen {
    now: String,
    cards: Vec<Shown>,
    citizens: Vec<citizens::Shown>,
}

async fn state(State(start): State<Arc<Start>>) -> Response {
    Json(Seen {
        now: start.clock.rfc3339(),
        cards: start.shown().await,
        citizens: start.citizens.shown(),
    })
    .into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    reader: u8,
    card: Option<String>,
}

async fn drawer(State(start): State<Arc<Start>>, Json(order): Json<Move>) -> Response {
    let moved = match &order.card {
        Some(card) => start.cards.insert(order.reader, card),
        None => start.cards.eject(order.reader),
    };
    match moved {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Turn {
    Advance { advance_seconds: i64 },
    To { to: String },
}

async fn clock(State(start): State<Arc<Start>>, Json(turn): Json<Turn>) -> Response {
    let turned = match turn {
        Turn::Advance { advance_seconds } => start.clock.advance(advance_seconds),
        Turn::To { to } => start.clock.go_to(&to),
    };
    told(turned, || StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
struct Insert {
    reader: u8,
    card: String,
    #[serde(default)]
    at: String,
}

async fn insert(State(start): State<Arc<Start>>, Form(order): Form<Insert>) -> Response {
    back(start.cards.insert(order.reader, &order.card), &order.at)
}

/// A citizen's card is laid somewhere, or the citizen steps before the camera: by a program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Citizen {
    Lay { card: String, place: Option<Place> },
    Camera { person: String },
}

async fn citizen(State(start): State<Arc<Start>>, Json(order): Json<Citizen>) -> Response {
    let done = match &order {
        Citizen::Lay { card, place } => start.citizens.lay(card, *place),
        Citizen::Camera { person } => start.citizens.steps_before(person),
    };
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    }
}

#[derive(Deserialize)]
struct Lay {
    card: String,
    place: String,
}

async fn lay(State(start): State<Arc<Start>>, Form(order): Form<Lay>) -> Response {
    let place = match order.place.as_str() {
        "phone" => Some(Place::Phone),
        "kiosk" => Some(Place::Kiosk),
        _ => None,
    };
    back(start.citizens.lay(&order.card, place), CITIZENS)
}

#[derive(Deserialize)]
struct Camera {
    person: String,
}

async fn camera(State(start): State<Arc<Start>>, Form(order): Form<Camera>) -> Response {
    back(start.citizens.steps_before(&order.person), CITIZENS)
}

#[derive(Deserialize)]
struct Eject {
    reader: u8,
    #[serde(default)]
    at: String,
}

async fn eject(State(start): State<Arc<Start>>, Form(order): Form<Eject>) -> Response {
    back(start.cards.eject(order.reader), &order.at)
}

#[derive(Deserialize)]
struct Forward {
    seconds: i64,
}

async fn forward(State(start): State<Arc<Start>>, Form(order): Form<Forward>) -> Response {
    told(start.clock.advance(order.seconds), home)
}

async fn morning(State(start): State<Arc<Start>>) -> Response {
    told(start.clock.next_morning(), home)
}

#[derive(Deserialize)]
struct ToDate {
    date: String,
}

async fn date(State(start): State<Arc<Start>>, Form(order): Form<ToDate>) -> Response {
    told(start.clock.go_to(&format!("{}T09:00:00+09:00", order.date)), home)
}

/// To where on the page the button was pressed: a walk is long, and its next step stands below the button.
fn back(moved: Result<(), &'static str>, at: &str) -> Response {
    let is_name = at.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-');
    match moved {
        Ok(()) if is_name => Redirect::to(&format!("/#{at}")).into_response(),
        Ok(()) => home(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    }
}

fn told(turned: Result<(), Refused>, done: impl FnOnce() -> Response) -> Response {
    match turned {
        Ok(()) => done(),
        Err(refused) => (StatusCode::UNPROCESSABLE_ENTITY, refused.to_string()).into_response(),
    }
}

/// Where on the page the citizens are.
const CITIZENS: &str = "citizens";

fn home() -> Response {
    Redirect::to("/").into_response()
}
