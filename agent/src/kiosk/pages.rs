//! The kiosk's page, as it is for each stage, and the buttons on it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use card::jpki::{AuthenticationPin, PasswordFormat, SignaturePassword};
use card::{CardFault, LastTryConsent, TriesLeft};
use serde::Deserialize;
use wire::code::Code;
use wire::pin_reset::Conditions;

use super::{Done, IDLE, Kiosk, Stage, WARNING, work};
use crate::calendar::{Moment, hours};
use crate::guard::{Port, guard};
use crate::pages::{message, see, show, statics};
use crate::pin_reset::citizen;
use crate::pin_reset::screen::bridged;
use crate::pin_reset::told::{Doing, Notice, Told};
use crate::words::Words;

type Held = State<Arc<Kiosk>>;

pub(super) fn routes(kiosk: Arc<Kiosk>, port: u16) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/changes", get(changes))
        .route("/language", post(language))
        .route("/voice", post(voice))
        .route("/awake", post(awake))
        .route("/menu", post(menu))
        .route("/next", post(next))
        .route("/quit", post(quit))
        .route("/pin", post(pin))
        .route("/password", post(password))
        .route("/again", post(again))
        .merge(statics())
        .fallback(|State(kiosk): Held, headers: HeaderMap| async move {
            let page = crate::pages::Page::plain(kiosk.screen.words(&headers));
            message(page, StatusCode::NOT_FOUND, Code::NotFound, None)
        })
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(Port(port), guard))
        .with_state(kiosk)
}

/// What every stage's page has.
struct Sheet {
    words: Words,
    title: String,
    /// What is read aloud where that is wanted.
    says: String,
    stage: &'static str,
    seen: String,
    token: String,
    notice: Option<Told>,
    /// Nothing can be typed here, so that a browser without script may load it again by itself.
    idle: bool,
    voice: bool,
    /// Seconds until the kiosks close, and how many of them are counted down.
    closes_in: Option<(i64, u32)>,
    /// Seconds after which the page asks whether somebody is there, and so many until it ends.
    patience: Option<(i64, i64)>,
    /// The card is in the reader and is to be taken.
    card_left: bool,
}

#[derive(Template)]
#[template(path = "kiosk_top.html")]
struct TopPage {
    sheet: Sheet,
    office: String,
    hours: String,
    now: String,
    out_of_order: Option<Told>,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "kiosk_guidance.html")]
struct GuidancePage {
    sheet: Sheet,
    contact: String,
}

#[derive(Template)]
#[template(path = "kiosk_insert.html")]
struct InsertPage {
    sheet: Sheet,
    lack: Option<Told>,
}

#[derive(Template)]
#[template(path = "kiosk_pin.html")]
struct PinPage {
    sheet: Sheet,
    tries: Option<u8>,
    is_last: bool,
    digits: [u8; 10],
}

#[derive(Template)]
#[template(path = "kiosk_found.html")]
struct FoundPage {
    sheet: Sheet,
    until: String,
    /// The reservation ends within so many minutes.
    soon: Option<u8>,
}

#[derive(Template)]
#[template(path = "kiosk_password.html")]
struct PasswordPage {
    sheet: Sheet,
    again: bool,
    keys: Vec<char>,
}

#[derive(Template)]
#[template(path = "kiosk_done.html")]
struct DonePage {
    sheet: Sheet,
    at: Option<String>,
    lead: String,
}

#[derive(Template)]
#[template(path = "kiosk_end.html")]
struct EndPage {
    sheet: Sheet,
    working: bool,
}

/// `GET /`
async fn page(State(kiosk): Held, headers: HeaderMap) -> Response {
    let words = kiosk.screen.words(&headers);
    let tries = tries(&kiosk).await;
    let state = kiosk.screen.look();
    let conditions = state.conditions.clone();
    let closes_in = kiosk.closes_in(conditions.as_deref());
    let warned_before = conditions.as_ref().map(|known| known.warned_before);
    let title = words.say(title(&state.stage));
    let notice = state.notice.as_ref().map(|notice| notice.told(words, Doing::Resetting));
    let says = match &notice {
        Some(notice) => format!(
            "{}{}{}{}{title}",
            notice.what,
            words.between(),
            notice.next,
            words.between()
        ),
        None => title.clone(),
    };
    let sheet = Sheet {
        words,
        says,
        title,
        stage: name(&state.stage),
        seen: kiosk.screen.mark(&kiosk.cards),
        token: state.form.as_str().to_owned(),
        notice,
        idle: matches!(
            state.stage,
            Stage::Top | Stage::Insert | Stage::Working(_) | Stage::TakeCard
        ),
        voice: state.voice,
        closes_in: closes_in.filter(|_| state.stage.is_work()).zip(warned_before),
        patience: (!matches!(state.stage, Stage::Top | Stage::TakeCard | Stage::Working(_)))
            .then_some((IDLE - WARNING, WARNING)),
        card_left: matches!(state.stage, Stage::Done(_) | Stage::Ended | Stage::TakeCard) && kiosk.holds_card(),
    };
    match &state.stage {
        Stage::Top => show(
            StatusCode::OK,
            &top(&kiosk, &state, conditions.as_deref(), sheet, closes_in.is_some()),
            None,
        ),
        Stage::Guidance => {
            let contact = conditions.map(|known| known.contact.in_language(words.language()).to_owned());
            let page = GuidancePage {
                contact: contact.unwrap_or_default(),
                sheet,
            };
            show(StatusCode::OK, &page, None)
        }
        Stage::Insert => {
            // No card yet is no fault here.
            let lack = citizen::only(&kiosk.cards.seen())
                .err()
                .filter(|fault| *fault != CardFault::NoCard);
            let lack = lack.map(|fault| Notice::Card(fault).told(words, Doing::Resetting));
            show(StatusCode::OK, &InsertPage { sheet, lack }, None)
        }
        Stage::Pin => {
            let page = PinPage {
                tries,
                is_last: tries == Some(1),
                digits: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0],
                sheet,
            };
            show(StatusCode::OK, &page, None)
        }
        Stage::Found => {
            let found = state.session.as_ref().and_then(|session| session.reservation.as_ref());
            let until = found.map_or(0, |found| found.until);
            let now = kiosk.desk.now().unwrap_or_else(|| kiosk.clock.now());
            let page = FoundPage {
                until: Moment::of(until).full(words.language()),
                soon: warned_before
                    .filter(|before| until - now < i64::from(*before))
                    .map(|before| u8::try_from(before.div_ceil(60)).unwrap_or(u8::MAX)),
                sheet,
            };
            show(StatusCode::OK, &page, None)
        }
        Stage::Password | Stage::Again(_) => {
            let page = PasswordPage {
                again: matches!(state.stage, Stage::Again(_)),
                keys: ('0'..='9').cycle().skip(1).take(10).chain('A'..='Z').collect(),
                sheet,
            };
            show(StatusCode::OK, &page, None)
        }
        Stage::Done(done) => {
            let (at, lead) = match done {
                Done::Told(at) => (Some(*at), "kiosk-done"),
                Done::Later => (None, "kiosk-done-later"),
                Done::Earlier(at) => (Some(*at), "kiosk-done-earlier"),
            };
            let page = DonePage {
                at: at.map(|at| Moment::of(at).full(words.language())),
                lead: words.say(lead),
                sheet,
            };
            show(StatusCode::OK, &page, None)
        }
        Stage::Ended | Stage::TakeCard => show(StatusCode::OK, &EndPage { sheet, working: false }, None),
        Stage::Working(lead) => {
            let sheet = Sheet {
                says: words.say(lead),
                title: words.say(lead),
                ..sheet
            };
            show(StatusCode::OK, &EndPage { sheet, working: true }, None)
        }
    }
}

fn top(kiosk: &Kiosk, state: &super::State, known: Option<&Conditions>, sheet: Sheet, is_open: bool) -> TopPage {
    let words = sheet.words;
    let refused = state
        .refused
        .as_ref()
        .filter(|(at, _)| kiosk.clock.now() < at + REFUSED);
    let out_of_order = if kiosk.key.is_none() {
        Some(work::NOT_ENROLLED)
    } else if let Some((_, notice)) = refused {
        Some(notice.clone())
    } else if known.is_none() {
        Some(Notice::Says("server-unreachable"))
    } else {
        None
    };
    TopPage {
        office: known
            .map(|known| known.office.name.in_language(words.language()).to_owned())
            .unwrap_or_default(),
        hours: known
            .map(|known| hours(known.kiosk, words.language()))
            .unwrap_or_default(),
        now: kiosk
            .desk
            .now()
            .map(|now| Moment::of(now).full(words.language()))
            .unwrap_or_default(),
        out_of_order: out_of_order.map(|notice| notice.told(words, Doing::Resetting)),
        is_open,
        sheet,
    }
}

/// What the four digits of the card in use forgive.
async fn tries(kiosk: &Arc<Kiosk>) -> Option<u8> {
    let card = {
        let state = kiosk.screen.look();
        let asked = matches!(state.stage, Stage::Pin);
        state
            .session
            .as_ref()
            .filter(|_| asked)
            .map(|session| Arc::clone(&session.card))
    }?;
    match citizen::tries_left(&kiosk.cards, &card).await {
        Ok(TriesLeft::Known(left)) => Some(left),
        _ => None,
    }
}

fn name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Top => "top",
        Stage::Guidance => "guidance",
        Stage::Insert => "insert",
        Stage::Pin => "pin",
        Stage::Found => "found",
        Stage::Password => "password",
        Stage::Again(_) => "again",
        Stage::Working(_) => "working",
        Stage::Done(_) => "done",
        Stage::Ended => "ended",
        Stage::TakeCard => "take",
    }
}

fn title(stage: &Stage) -> &'static str {
    match stage {
        Stage::Top => "kiosk-top-title",
        Stage::Guidance => "kiosk-guidance-title",
        Stage::Insert => "kiosk-insert-title",
        Stage::Pin => "kiosk-pin-title",
        Stage::Found => "kiosk-found-title",
        Stage::Password => "kiosk-password-title",
        Stage::Again(_) => "kiosk-again-title",
        Stage::Working(_) => "working-title",
        Stage::Done(_) => "kiosk-done-title",
        Stage::Ended => "kiosk-ended-title",
        Stage::TakeCard => "kiosk-take-title",
    }
}

#[derive(Deserialize)]
struct After {
    after: String,
}

/// `GET /changes`
async fn changes(State(kiosk): Held, Query(After { after }): Query<After>) -> StatusCode {
    kiosk.screen.changes(&kiosk.cards, &after).await
}

/// `POST /language`
async fn language(State(kiosk): Held, body: Body) -> Response {
    kiosk.wake();
    kiosk.screen.speak(body).await
}

/// `POST /voice`: changes nothing but whether the page is read aloud, so it needs no token.
async fn voice(State(kiosk): Held) -> Response {
    kiosk.wake();
    kiosk.screen.change(|state| state.voice = !state.voice);
    see("/")
}

/// `POST /awake`: somebody types.
async fn awake(State(kiosk): Held) -> StatusCode {
    kiosk.wake();
    StatusCode::NO_CONTENT
}

/// `POST /menu`: 「行政サービスメニュー」
async fn menu(State(kiosk): Held, body: Body) -> Response {
    let is_open = {
        let conditions = kiosk.screen.look().conditions.clone();
        kiosk.key.is_some() && kiosk.closes_in(conditions.as_deref()).is_some()
    };
    turn(&kiosk, body, |state| {
        if matches!(state.stage, Stage::Top) && is_open {
            state.stand(Stage::Guidance, None);
        }
    })
    .await
}

/// `POST /next`: 「次へ」 where nothing is typed.
async fn next(State(kiosk): Held, body: Body) -> Response {
    let answer = turn(&kiosk, body, |state| match state.stage {
        Stage::Guidance => state.stand(Stage::Insert, None),
        Stage::Found => state.stand(Stage::Password, None),
        _ => {}
    })
    .await;
    // The card may be there already.
    kiosk.look();
    answer
}

/// `POST /quit`: 「やめる」 and 「終了」. Always harmless.
async fn quit(State(kiosk): Held, body: Body) -> Response {
    kiosk.wake();
    if kiosk.screen.opened(body).await.is_some() {
        let is_busy = matches!(kiosk.screen.look().stage, Stage::Working("kiosk-setting"));
        if !is_busy {
            kiosk.end(None);
        }
    }
    see("/")
}

/// `POST /pin`: the four digits.
async fn pin(State(kiosk): Held, body: Body) -> Response {
    kiosk.wake();
    let Some(mut form) = kiosk.screen.opened(body).await else {
        return see("/");
    };
    let mut typed = form.take("pin").unwrap_or_default();
    let consent = form.has("last_try").then(LastTryConsent::given_by_holder);
    drop(form);
    let parsed = AuthenticationPin::parse(std::mem::take(&mut *typed));
    let begun = kiosk.screen.change(|state| {
        if !matches!(state.stage, Stage::Pin) {
            return None;
        }
        match parsed {
            Ok(pin) => {
                state.stand(Stage::Working("kiosk-checking"), None);
                Some((state.turn.next(), pin))
            }
            Err(format) => {
                state.notice = Some(CardFault::from(format).into());
                None
            }
        }
    });
    match begun {
        Some((turn, pin)) => bridged(tokio::spawn(work::prove(kiosk, turn, pin, consent))).await,
        None => see("/"),
    }
}

/// `POST /password`: the first entry, which stays in this process alone.
async fn password(State(kiosk): Held, body: Body) -> Response {
    let entered = entered(&kiosk, body).await;
    kiosk.screen.change(|state| {
        if !matches!(state.stage, Stage::Password) {
            return;
        }
        match entered {
            Some(Ok(first)) => state.stand(Stage::Again(Arc::new(first)), None),
            Some(Err(format)) => state.notice = Some(Notice::Own(code(format))),
            None => {}
        }
    });
    see("/")
}

/// `POST /again`: 「設定する」
async fn again(State(kiosk): Held, body: Body) -> Response {
    let entered = entered(&kiosk, body).await;
    let begun = kiosk.screen.change(|state| {
        let Stage::Again(first) = &state.stage else {
            return None;
        };
        match entered? {
            Ok(second) if first.is(&second) => {
                let first = Arc::clone(first);
                state.stand(Stage::Working("kiosk-setting"), None);
                Some((state.turn.next(), first))
            }
            // It may be the first one that was mistyped.
            Ok(_) | Err(_) => {
                state.stand(Stage::Password, Some(Notice::Own(Code::PwDiff)));
                None
            }
        }
    });
    match begun {
        Some((turn, password)) => bridged(tokio::spawn(work::reset(kiosk, turn, password))).await,
        None => see("/"),
    }
}

/// What was typed; `None` where the form is no more.
async fn entered(kiosk: &Kiosk, body: Body) -> Option<Result<SignaturePassword, PasswordFormat>> {
    kiosk.wake();
    let mut form = kiosk.screen.opened(body).await?;
    let mut typed = form.take("password").unwrap_or_default();
    Some(SignaturePassword::parse(std::mem::take(&mut *typed)))
}

fn code(format: PasswordFormat) -> Code {
    match format {
        PasswordFormat::Empty | PasswordFormat::TooShort => Code::PwShort,
        PasswordFormat::TooLong => Code::PwLong,
        PasswordFormat::Width => Code::PwWidth,
        PasswordFormat::Characters => Code::PwChar,
        PasswordFormat::NoLetter => Code::PwAlpha,
        PasswordFormat::NoDigit => Code::PwDigit,
    }
}

async fn turn(kiosk: &Kiosk, body: Body, change: impl FnOnce(&mut super::State)) -> Response {
    kiosk.wake();
    if kiosk.screen.opened(body).await.is_some() {
        kiosk.screen.change(change);
    }
    see("/")
}

/// Seconds after which a server that knew this kiosk no more is asked again.
const REFUSED: i64 = 60;
