//! The app's page, as it is for each stage, and the forms on it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use card::{CardFault, TriesLeft};
use serde::Deserialize;
use wire::code::Code;
use wire::pin_reset::{Conditions, ReservationState};

use super::{App, Camera, Stage, forms, work};
use crate::calendar::{Moment, hours, span};
use crate::guard::{Port, guard};
use crate::pages::{message, show, statics};
use crate::pin_reset::citizen;
use crate::pin_reset::reading::{Part, parts};
use crate::pin_reset::told::{Doing, Notice, Told};
use crate::words::Words;

pub(super) type Held = State<Arc<App>>;

pub(super) fn routes(app: Arc<App>, port: u16) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/changes", get(changes))
        .route("/language", post(forms::language))
        .route("/agree", post(forms::agree))
        .route("/card", post(forms::card))
        .route("/number", post(forms::number))
        .route("/camera", get(camera))
        .route("/capture", post(forms::capture))
        .route("/look", post(forms::look))
        .route("/leave", post(forms::leave))
        .route("/kept", post(forms::kept))
        .route("/close", post(forms::close))
        .route("/cancel", post(forms::ask_cancel))
        .route("/cancel/yes", post(forms::cancel))
        .merge(statics())
        .fallback(|State(app): Held, headers: HeaderMap| async move {
            let page = crate::pages::Page::plain(app.screen.words(&headers));
            message(page, StatusCode::NOT_FOUND, Code::NotFound, None)
        })
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(Port(port), guard))
        .with_state(app)
}

/// What every stage's page has.
struct Sheet {
    words: Words,
    title: String,
    /// Whose cards they are.
    office: String,
    stage: &'static str,
    seen: String,
    token: String,
    notice: Option<Told>,
    /// Nothing can be typed here, so that a browser without script may load it again by itself.
    idle: bool,
}

#[derive(Template)]
#[template(path = "app_terms.html")]
struct TermsPage {
    sheet: Sheet,
    texts: Option<Texts>,
    /// There is a reservation that can be looked at.
    has_kept: bool,
    closed: bool,
    /// The address that was typed before.
    mail: String,
}

struct Texts {
    flow: Vec<Part>,
    flow_version: String,
    flow_digest: String,
    terms: Vec<Part>,
    terms_version: String,
    terms_digest: String,
    maintenance: Vec<(String, String)>,
    hours: String,
    contact: String,
}

#[derive(Template)]
#[template(path = "app_card.html")]
struct CardPage {
    sheet: Sheet,
    tries: Option<u8>,
    lack: Option<Told>,
    is_ready: bool,
    is_last: bool,
}

#[derive(Template)]
#[template(path = "app_number.html")]
struct NumberPage {
    sheet: Sheet,
    birth: String,
    expiry: String,
    lack: Option<Told>,
    is_ready: bool,
    /// The card would take no further wrong number.
    is_last: bool,
}

#[derive(Template)]
#[template(path = "app_face.html")]
struct FacePage {
    sheet: Sheet,
    left: u8,
    /// The camera is one in this process.
    made: bool,
    /// Until when there is a pause.
    paused: Option<String>,
}

#[derive(Template)]
#[template(path = "app_kept.html")]
struct KeptPage {
    sheet: Sheet,
    number: String,
    reserved: Option<Reserved>,
    /// What became of it, where it does not count.
    over: Option<String>,
    can_cancel: bool,
    asks_cancel: bool,
    places: Option<String>,
    hours: String,
}

struct Reserved {
    until: String,
    usable: Vec<String>,
}

#[derive(Template)]
#[template(path = "app_working.html")]
struct WorkingPage {
    sheet: Sheet,
    lead: String,
    unsure: bool,
}

/// `GET /`
async fn page(State(app): Held, headers: HeaderMap) -> Response {
    let words = app.screen.words(&headers);
    let stage = name(&app.screen.look().stage);
    if matches!(stage, "kept" | "cancel") {
        work::refresh(&app).await;
    }
    let known = work::conditions(&app).await;
    let (pad, lack) = match stage {
        "card" => reader(&app).await,
        "number" => (None, citizen::only(&app.cards.seen()).err()),
        _ => (None, None),
    };
    let told = |fault: CardFault| Notice::Card(fault).told(words, Doing::Reserving);
    let mut state = app.screen.look();
    let sheet = Sheet {
        words,
        title: words.say(title(&state.stage)),
        office: known
            .as_ref()
            .map(|known| known.office.name.in_language(words.language()).to_owned())
            .unwrap_or_default(),
        stage: name(&state.stage),
        seen: app.screen.mark(&app.cards),
        token: state.form.as_str().to_owned(),
        notice: state.notice.as_ref().map(|notice| notice.told(words, Doing::Reserving)),
        idle: matches!(state.stage, Stage::Working(_)),
    };
    let shown = match &state.stage {
        Stage::Terms => {
            let closed = known.as_ref().is_ok_and(|known| is_closed(known));
            let sheet = Sheet {
                notice: sheet
                    .notice
                    .or_else(|| known.as_ref().err().map(|notice| notice.told(words, Doing::Reserving))),
                ..sheet
            };
            let page = TermsPage {
                texts: known.ok().map(|known| Texts::of(&known, words)),
                has_kept: state.kept.is_some(),
                mail: state.typed.mail.clone(),
                closed,
                sheet,
            };
            show(StatusCode::OK, &page, None)
        }
        Stage::Card(_) => show(
            StatusCode::OK,
            &CardPage {
                is_ready: lack.is_none(),
                is_last: pad == Some(1),
                tries: pad,
                lack: lack.map(told),
                sheet,
            },
            None,
        ),
        Stage::Number(_) => show(
            StatusCode::OK,
            &NumberPage {
                birth: state.typed.birth.clone(),
                expiry: state.typed.expiry.clone(),
                is_ready: lack.is_none(),
                is_last: matches!(
                    state.notice,
                    Some(Notice::Card(
                        CardFault::LastTry
                            | CardFault::PrintedNumberWrong {
                                left: TriesLeft::Known(1)
                            }
                    ))
                ),
                lack: lack.map(told),
                sheet,
            },
            None,
        ),
        Stage::Face(_) => {
            let (left, paused) = match state.going.as_ref().map(|going| &going.reservation.state) {
                Some(ReservationState::Proved { left, .. }) => (*left, None),
                Some(ReservationState::Paused { until }) => (0, Some(Moment::of(*until).full(words.language()))),
                _ => (0, None),
            };
            let made = matches!(app.camera, Camera::Made(_));
            let page = FacePage {
                sheet,
                left,
                made,
                paused,
            };
            show(StatusCode::OK, &page, None)
        }
        Stage::Kept | Stage::Cancel => {
            let asks_cancel = matches!(state.stage, Stage::Cancel);
            let page = kept_page(&state, known.ok().as_deref(), sheet, asks_cancel);
            show(StatusCode::OK, &page, None)
        }
        Stage::Unsure(_) => show(
            StatusCode::OK,
            &WorkingPage {
                lead: words.say("app-unsure"),
                unsure: true,
                sheet,
            },
            None,
        ),
        Stage::Working(lead) => show(
            StatusCode::OK,
            &WorkingPage {
                lead: words.say(lead),
                unsure: false,
                sheet,
            },
            None,
        ),
    };
    if matches!(state.stage, Stage::Kept) {
        state.notice = None;
    }
    shown
}

impl Texts {
    fn of(known: &Conditions, words: Words) -> Self {
        let language = words.language();
        let now = known.now_ms.div_euclid(1_000);
        Self {
            flow: parts(&known.flow, language),
            flow_version: known.flow.version.in_language(language).to_owned(),
            flow_digest: known.flow.digest.clone(),
            terms: parts(&known.terms, language),
            terms_version: known.terms.version.in_language(language).to_owned(),
            terms_digest: known.terms.digest.clone(),
            maintenance: known
                .maintenance
                .iter()
                .filter(|closed| closed.until > now)
                .map(|closed| {
                    (
                        span(closed.from, closed.until, language),
                        closed.says.in_language(language).to_owned(),
                    )
                })
                .collect(),
            hours: hours(known.kiosk, language),
            contact: known.contact.in_language(language).to_owned(),
        }
    }
}

fn kept_page(state: &super::State, known: Option<&Conditions>, sheet: Sheet, asks_cancel: bool) -> KeptPage {
    let words = sheet.words;
    let at = |key: &str, at: i64| words.about(key, &Moment::of(at).full(words.language()));
    let kept = state.kept.as_ref();
    let over = match kept.map(|kept| &kept.reservation.state) {
        Some(ReservationState::Used { at: when }) => Some(at("app-used", *when)),
        Some(ReservationState::Expired { at: when }) => Some(at("app-expired", *when)),
        Some(ReservationState::Cancelled { at: when }) => Some(at("app-cancelled", *when)),
        Some(ReservationState::Replaced { at: when }) => Some(at("app-replaced", *when)),
        Some(ReservationState::Halted { at: when }) => Some(at("app-halted", *when)),
        Some(ReservationState::Unconfirmed { .. }) => Some(words.say("app-unconfirmed")),
        _ => None,
    };
    KeptPage {
        number: kept
            .and_then(|kept| kept.reservation.number.clone())
            .unwrap_or_default(),
        reserved: kept
            .and_then(|kept| kept.usable(words.language()))
            .map(|(until, usable)| Reserved { until, usable }),
        can_cancel: kept.is_some_and(|kept| matches!(kept.reservation.state, ReservationState::Reserved { .. })),
        over,
        asks_cancel,
        places: known.and_then(|known| known.places.clone()),
        hours: known
            .map(|known| hours(known.kiosk, words.language()))
            .unwrap_or_default(),
        sheet,
    }
}

/// The card that is there and its tries, or why there is none to read.
async fn reader(app: &Arc<App>) -> (Option<u8>, Option<CardFault>) {
    let card = match citizen::only(&app.cards.seen()) {
        Ok(card) => card,
        Err(fault) => return (None, Some(fault)),
    };
    match citizen::tries_left(&app.cards, &card).await {
        Ok(TriesLeft::Known(left)) => (Some(left), None),
        Ok(TriesLeft::Unknown) => (None, None),
        Ok(TriesLeft::Blocked) => (None, Some(CardFault::AuthenticationPinBlocked)),
        Err(fault) => (None, Some(fault)),
    }
}

fn is_closed(known: &Conditions) -> bool {
    let now = known.now_ms.div_euclid(1_000);
    known
        .maintenance
        .iter()
        .any(|closed| (closed.from..closed.until).contains(&now))
}

fn name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Terms => "terms",
        Stage::Card(_) => "card",
        Stage::Number(_) => "number",
        Stage::Face(_) => "face",
        Stage::Unsure(_) => "unsure",
        Stage::Kept => "kept",
        Stage::Cancel => "cancel",
        Stage::Working(_) => "working",
    }
}

fn title(stage: &Stage) -> &'static str {
    match stage {
        Stage::Terms => "app-terms-title",
        Stage::Card(_) => "app-card-title",
        Stage::Number(_) => "app-number-title",
        Stage::Face(_) => "app-face-title",
        Stage::Unsure(_) => "unsent-title",
        Stage::Kept => "app-kept-title",
        Stage::Cancel => "app-cancel-title",
        Stage::Working(_) => "working-title",
    }
}

/// `GET /camera`: what the camera in this process sees.
async fn camera(State(app): Held) -> Response {
    match &app.camera {
        Camera::Browser => StatusCode::NOT_FOUND.into_response(),
        Camera::Made(sees) => ([(header::CONTENT_TYPE, "image/jpeg")], sees()).into_response(),
    }
}

#[derive(Deserialize)]
struct After {
    after: String,
}

/// `GET /changes`
async fn changes(State(app): Held, Query(After { after }): Query<After>) -> StatusCode {
    app.screen.changes(&app.cards, &after).await
}
