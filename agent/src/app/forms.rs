//! What a person does on the app's page.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use card::jpki::{AuthenticationPin, PrintedNumber};
use card::{CardFault, LastTryConsent};
use http_body_util::{BodyExt as _, Limited};
use wire::code::Code;
use wire::pin_reset::LONGEST_PICTURE;
use zeroize::Zeroizing;

use super::pages::Held;
use super::{Agreed, App, Stage, work};
use crate::pages::see;
use crate::pin_reset::citizen;
use crate::pin_reset::screen::bridged;
use crate::pin_reset::told::Notice;

/// `POST /language`
pub(super) async fn language(State(app): Held, body: Body) -> Response {
    app.screen.speak(body).await
}

/// `POST /agree`: both texts were read.
pub(super) async fn agree(State(app): Held, body: Body) -> Response {
    let Some(mut form) = app.screen.opened(body).await else {
        return see("/");
    };
    let mut taken = |name| form.take(name).map(|value| value.to_string()).unwrap_or_default();
    let (flow, terms, agreed) = (taken("flow"), taken("terms"), taken("agreed"));
    let mail = taken("mail").trim().to_owned();
    app.screen.change(|state| {
        if !matches!(state.stage, Stage::Terms) {
            return;
        }
        state.typed.mail.clone_from(&mail);
        if agreed.is_empty() {
            state.notice = Some(Notice::Says("app-agree-first"));
            return;
        }
        state.going = None;
        let agreed = Agreed {
            flow,
            terms,
            mail: Some(mail).filter(|mail| !mail.is_empty()),
            begun: None,
        };
        state.stand(Stage::Card(agreed), None);
    });
    see("/")
}

/// `POST /card`: 「読み取り開始」
pub(super) async fn card(State(app): Held, headers: HeaderMap, body: Body) -> Response {
    let Some(mut form) = app.screen.opened(body).await else {
        return see("/");
    };
    let words = app.screen.words(&headers);
    let mut typed = form.take("pin").unwrap_or_default();
    let consent = form.has("last_try").then(LastTryConsent::given_by_holder);
    drop(form);
    let pin = AuthenticationPin::parse(std::mem::take(&mut *typed));
    let card = citizen::only(&app.cards.seen());
    let begun = app.screen.change(|state| {
        let Stage::Card(agreed) = &state.stage else {
            return None;
        };
        match (pin, card) {
            (_, Err(fault)) => state.notice = Some(fault.into()),
            (Err(format), _) => state.notice = Some(CardFault::from(format).into()),
            (Ok(pin), Ok(card)) => {
                let agreed = agreed.clone();
                state.stand(Stage::Working("app-reading"), None);
                return Some((agreed, card, pin));
            }
        }
        None
    });
    match begun {
        Some((agreed, card, pin)) => bridged(tokio::spawn(work::prove(app, agreed, card, pin, consent, words))).await,
        None => see("/"),
    }
}

/// `POST /number`: what is printed on the card.
pub(super) async fn number(State(app): Held, body: Body) -> Response {
    let Some(mut form) = app.screen.opened(body).await else {
        return see("/");
    };
    let mut taken = |name| form.take(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let (birth, expiry) = (taken("birth"), taken("expiry"));
    let code = taken("code");
    let consent = form.has("last_try").then(LastTryConsent::given_by_holder);
    drop(form);
    let parsed = PrintedNumber::parse(birth.clone(), expiry.clone(), code);
    let card = citizen::only(&app.cards.seen());
    let begun = app.screen.change(|state| {
        let Stage::Number(proved) = &state.stage else {
            return None;
        };
        let proved = Arc::clone(proved);
        state.typed.birth = birth;
        state.typed.expiry = expiry;
        match (parsed, card) {
            (_, Err(fault)) => state.notice = Some(fault.into()),
            (Ok(_), Ok(card)) if card.certificate() != proved.certificate() => {
                state.notice = Some(CardFault::Changed.into());
            }
            (Err(_), _) => state.notice = Some(Notice::Own(Code::NumberFormat)),
            (Ok(number), Ok(card)) => {
                state.stand(Stage::Working("app-reading"), None);
                return Some((number, card, proved));
            }
        }
        None
    });
    match begun {
        Some((number, card, proved)) => bridged(tokio::spawn(work::read(app, card, number, consent, proved))).await,
        None => see("/"),
    }
}

/// `POST /capture`: a picture, as the page's script took it.
pub(super) async fn capture(State(app): Held, headers: HeaderMap, body: Body) -> Response {
    let picture = Limited::new(body, LONGEST_PICTURE).collect().await;
    let Ok(picture) = picture.map(|whole| Zeroizing::new(whole.to_bytes().to_vec())) else {
        app.screen
            .change(|state| state.notice = Some(Notice::Coded(Code::Size, "app-picture-large")));
        return see("/");
    };
    // Its body is the picture alone, so the form's token comes beside it.
    let token = headers.get(FORM).and_then(|token| token.to_str().ok());
    if !app.screen.spend(token.unwrap_or_default()) {
        return see("/");
    }
    let visual = app.screen.change(|state| {
        let Stage::Face(visual) = &state.stage else {
            return None;
        };
        let visual = Arc::clone(visual);
        state.stand(Stage::Working("app-comparing"), None);
        Some(visual)
    });
    match visual {
        Some(visual) => bridged(tokio::spawn(work::compare(app, visual, picture))).await,
        None => see("/"),
    }
}

/// `POST /look`: 「もう一度確認する」
pub(super) async fn look(State(app): Held, body: Body) -> Response {
    if app.screen.opened(body).await.is_none() {
        return see("/");
    }
    let unsent = app.screen.change(|state| {
        if !matches!(state.stage, Stage::Unsure(_)) {
            return None;
        }
        match std::mem::replace(&mut state.stage, Stage::Working("app-looking")) {
            Stage::Unsure(unsent) => Some(unsent),
            _ => None,
        }
    });
    match unsent {
        Some(unsent) => bridged(tokio::spawn(work::look_up(app, unsent))).await,
        None => see("/"),
    }
}

/// `POST /leave`: 「やめる」. Always harmless.
pub(super) async fn leave(State(app): Held, body: Body) -> Response {
    if app.screen.opened(body).await.is_none() {
        return see("/");
    }
    app.screen.change(|state| {
        if !matches!(state.stage, Stage::Working(_)) {
            state.let_go(None);
        }
    });
    see("/")
}

/// `POST /kept`: the reservation that was made.
pub(super) async fn kept(State(app): Held, body: Body) -> Response {
    turn(&app, body, |state| {
        if state.kept.is_some() && matches!(state.stage, Stage::Terms | Stage::Cancel) {
            state.stand(Stage::Kept, None);
        }
    })
    .await
}

/// `POST /close`: 「閉じる」
pub(super) async fn close(State(app): Held, body: Body) -> Response {
    turn(&app, body, |state| {
        if matches!(state.stage, Stage::Kept | Stage::Cancel) {
            state.let_go(None);
        }
    })
    .await
}

/// `POST /cancel`: 「予約を取り消す」, to be confirmed.
pub(super) async fn ask_cancel(State(app): Held, body: Body) -> Response {
    turn(&app, body, |state| {
        if matches!(state.stage, Stage::Kept) {
            state.stand(Stage::Cancel, None);
        }
    })
    .await
}

/// `POST /cancel/yes`
pub(super) async fn cancel(State(app): Held, body: Body) -> Response {
    if app.screen.opened(body).await.is_none() {
        return see("/");
    }
    let goes_on = app.screen.change(|state| {
        let asked = matches!(state.stage, Stage::Cancel);
        if asked {
            state.stand(Stage::Working("app-cancelling"), None);
        }
        asked
    });
    if goes_on {
        bridged(tokio::spawn(work::cancel(app))).await
    } else {
        see("/")
    }
}

async fn turn(app: &Arc<App>, body: Body, change: impl FnOnce(&mut super::State)) -> Response {
    if app.screen.opened(body).await.is_none() {
        return see("/");
    }
    app.screen.change(change);
    see("/")
}

const FORM: &str = "kagimori-form";
