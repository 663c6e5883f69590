//! What the holder decides about the agent itself: the phrase, the portals, the language, the end of the kept PIN.

use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use wire::code::Code;
use wire::office::Language;

use super::{Page, Visitor, message, own_path, see, show};
use crate::form::Form;
use crate::guard::Held;
use crate::home::HomeFault;
use crate::origin::Origin;
use crate::visit::Spent;
use crate::words::Message;

#[derive(Template)]
#[template(path = "phrase.html")]
struct PhrasePage {
    page: Page,
    token: String,
    back: String,
    typed: String,
    bad: bool,
}

#[derive(Template)]
#[template(path = "allow.html")]
struct AllowPage {
    page: Page,
    token: String,
    portal: String,
    command: String,
}

#[derive(Template)]
#[template(path = "message.html")]
struct NotAllowedPage {
    page: Page,
    title: String,
    message: Option<Message>,
    text: Option<String>,
    back: Option<String>,
}

/// Where to go on after the phrase.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// `GET /phrase`
pub(crate) async fn phrase_page(
    State(local): State<Held>,
    headers: HeaderMap,
    Query(Back { back }): Query<Back>,
) -> Response {
    let visitor = Visitor::of(&local, &headers);
    let shown = PhrasePage {
        page: Page {
            here: "/phrase".into(),
            ..Page::plain(visitor.words())
        },
        token: local.browsers.form(&visitor.cookie),
        back: own_path(&back).to_owned(),
        typed: String::new(),
        bad: false,
    };
    visitor.greet(show(StatusCode::OK, &shown, None))
}

/// `POST /phrase`
pub(crate) async fn phrase(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let visitor = Visitor::of(&local, &headers);
    let mut form = match opened(&local, &visitor, body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let typed = taken(&mut form, "phrase");
    let back = taken(&mut form, "back");
    match local.home.choose_phrase(&typed) {
        Ok(()) => see(own_path(&back)),
        Err(HomeFault::Phrase) => {
            let shown = PhrasePage {
                page: Page {
                    here: "/phrase".into(),
                    ..Page::plain(visitor.words())
                },
                token: local.browsers.form(&visitor.cookie),
                back,
                typed,
                bad: true,
            };
            show(StatusCode::UNPROCESSABLE_ENTITY, &shown, None)
        }
        Err(fault) => unwritten(&visitor, &fault),
    }
}

/// The page on which a portal is allowed: never by a link alone (A3).
pub(crate) fn allow_page(local: &Held, visitor: &Visitor, portal: &Origin, here: String) -> Response {
    let shown = AllowPage {
        page: Page {
            here,
            ..Page::plain(visitor.words())
        },
        token: local.browsers.form(&visitor.cookie),
        portal: portal.to_string(),
        command: format!("kagimori-agent allow {portal}"),
    };
    show(StatusCode::FORBIDDEN, &shown, None)
}

/// `POST /allow`
pub(crate) async fn allow(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let visitor = Visitor::of(&local, &headers);
    let mut form = match opened(&local, &visitor, body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    if taken(&mut form, "answer") != "yes" {
        let words = visitor.words();
        let shown = NotAllowedPage {
            page: Page::plain(words),
            title: words.say("allow-refused-title"),
            message: None,
            text: Some(words.say("allow-refused")),
            back: None,
        };
        return show(StatusCode::OK, &shown, None);
    }
    let Ok(portal) = taken(&mut form, "portal").parse::<Origin>() else {
        let page = Page::plain(visitor.words());
        return message(page, StatusCode::BAD_REQUEST, Code::Origin, None);
    };
    match local.home.allow(&portal) {
        Ok(()) => {
            tracing::info!(%portal, "a portal was allowed");
            see(own_path(&taken(&mut form, "back")))
        }
        Err(fault) => unwritten(&visitor, &fault),
    }
}

/// `POST /language`: changes nothing but words, so it needs no token.
pub(crate) async fn language(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let visitor = Visitor::of(&local, &headers);
    let Ok(mut form) = Form::read(body).await else {
        return visitor.greet(see("/"));
    };
    if let Some(language) = Language::from_tag(&taken(&mut form, "language")) {
        local.browsers.speak(&visitor.cookie, language);
        local.visits.speak(&visitor.cookie, language);
    }
    visitor.greet(see(own_path(&taken(&mut form, "back"))))
}

/// `POST /quit`: 終了.
pub(crate) async fn quit(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    // Wiping is right whoever asked for it on this page; a stale token does not keep a PIN alive.
    local.kept.wipe();
    let visitor = Visitor::of(&local, &headers);
    match opened(&local, &visitor, body).await {
        Ok(_) => see("/"),
        Err(refused) => refused,
    }
}

/// Reads a form of the agent's own pages and uses up its token.
async fn opened(local: &Held, visitor: &Visitor, body: Body) -> Result<Form, Response> {
    let refused = |status, code| message(Page::plain(visitor.words()), status, code, None);
    let mut form = Form::read(body)
        .await
        .map_err(|code| refused(StatusCode::BAD_REQUEST, code))?;
    let token = taken(&mut form, "token");
    match local.browsers.spend(&visitor.cookie, &token) {
        Spent::Now => Ok(form),
        Spent::Before => Err(see("/")),
        Spent::Stale => Err(refused(StatusCode::CONFLICT, Code::Stale)),
    }
}

fn taken(form: &mut Form, name: &str) -> String {
    form.take(name).map(|value| value.to_string()).unwrap_or_default()
}

fn unwritten(visitor: &Visitor, fault: &HomeFault) -> Response {
    tracing::error!(%fault, "the state cannot be written");
    let page = Page::plain(visitor.words());
    message(page, StatusCode::INTERNAL_SERVER_ERROR, Code::Fault, None)
}
