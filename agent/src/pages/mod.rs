//! The agent's pages.

mod acquisition;
pub(crate) mod consent;
mod pinpad;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod start;
mod swap;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use card::CardFault;
use card::certificate::Certificate as CardCertificate;
use fluent_bundle::FluentArgs;
use wire::card_request::PinRule;
use wire::code::Code;
use wire::office::Language;

use crate::calendar::Moment;
use crate::cards::ShownCard;
use crate::guard::{Held, LeadsTo, Port, TurnedAway, guard};
use crate::local::Local;
use crate::origin::Origin;
use crate::words::{Message, Words};

/// All pages, guarded.
pub(crate) fn routes(local: Arc<Local>, port: u16) -> Router {
    Router::new()
        .route("/", get(start::page))
        .route("/changes", get(start::changes))
        .route("/quit", post(settings::quit))
        .route("/phrase", get(settings::phrase_page).post(settings::phrase))
        .route("/allow", post(settings::allow))
        .route("/language", post(settings::language))
        .route("/request", get(request::page))
        .route("/request/card", post(consent::card))
        .route("/request/pin", post(consent::pin))
        .route("/request/place", post(acquisition::place))
        .route("/request/key", post(acquisition::key))
        .route("/request/leave", post(acquisition::leave))
        .route("/request/again", post(consent::again))
        .route("/request/resend", post(consent::resend))
        .route("/request/cancel", post(consent::cancel))
        .merge(statics())
        .fallback(|headers: HeaderMap| async move {
            let page = Page::plain(Words::of(accepted(&headers)));
            message(page, StatusCode::NOT_FOUND, Code::NotFound, None)
        })
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(Port(port), guard))
        .with_state(local)
}

/// Style, scripts and pictures of every page.
pub(crate) fn statics<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/static/agent.css", get(|| async { file("text/css", STYLE) }))
        .route("/static/screen.css", get(|| async { file("text/css", SCREEN) }))
        .route("/static/live.js", get(|| async { file("text/javascript", LIVE) }))
        .route("/static/app.js", get(|| async { file("text/javascript", APP) }))
        .route("/static/kiosk.js", get(|| async { file("text/javascript", KIOSK) }))
        .route("/static/icon.svg", get(|| async { file("image/svg+xml", ICON) }))
        .route("/static/printed.svg", get(|| async { file("image/svg+xml", PRINTED) }))
}

/// What every page has.
pub(crate) struct Page {
    pub(crate) words: Words,
    /// The page's own address, to which the language switch returns.
    pub(crate) here: String,
    /// Present where the page renews itself.
    pub(crate) live: Option<Live>,
}

/// What a page that renews itself has seen.
pub(crate) struct Live {
    pub(crate) seen: String,
    pub(crate) visit: String,
    /// Nothing can be typed or chosen here, so that a browser without script may reload the page by itself.
    pub(crate) idle: bool,
}

/// Who asks, on every page of a card request, and the phrase by which the holder knows the page.
pub(crate) struct Who {
    pub(crate) office: String,
    pub(crate) portal: String,
    pub(crate) phrase: String,
}

/// A card as a page names it.
pub(crate) struct CardLine {
    /// The value of its radio button.
    pub(crate) choice: String,
    pub(crate) reader: String,
    pub(crate) holder: String,
    pub(crate) issuer: String,
    pub(crate) until: String,
    pub(crate) serial: String,
}

impl Page {
    pub(crate) fn plain(words: Words) -> Self {
        Self {
            words,
            here: "/".into(),
            live: None,
        }
    }
}

impl CardLine {
    /// What the signature certificate says: it is the one that the holder knows the card by.
    pub(crate) fn of(card: &ShownCard, words: Words) -> Self {
        let mut line = Self {
            choice: choice(card),
            reader: card.place.reader.clone(),
            holder: words.say("card-unreadable-certificate"),
            issuer: String::new(),
            until: String::new(),
            serial: String::new(),
        };
        if let Ok(certificate) = read(&card.signature) {
            let content = certificate.holder();
            let (person, organisation) = match (content, words.language()) {
                (Some(held), Language::Ja) => (
                    held.name.or(held.name_romaji),
                    held.organisation.or(held.organisation_romaji),
                ),
                (Some(held), Language::En) => (
                    held.name_romaji.or(held.name),
                    held.organisation_romaji.or(held.organisation),
                ),
                (None, _) => (None, None),
            };
            let person = person.unwrap_or_else(|| certificate.subject().readable());
            line.holder = match (organisation, words.language()) {
                (Some(organisation), Language::Ja) => format!("{person}（{organisation}）"),
                (Some(organisation), Language::En) => format!("{person} ({organisation})"),
                (None, _) => person,
            };
            let issuer = certificate.issuer();
            let named: Vec<&str> = issuer.common_name().into_iter().chain(issuer.organisation()).collect();
            line.issuer = if named.is_empty() {
                issuer.readable()
            } else {
                named.join(", ")
            };
            line.until = Moment::of(certificate.not_after()).short();
            line.serial = certificate.serial().to_string();
        }
        line
    }
}

/// Names one card in one stay in its reader.
pub(crate) fn choice(card: &ShownCard) -> String {
    format!("{}.{}", card.place.insertion.number, card.identifier)
}

fn read(certificate: &CardCertificate) -> Result<pki::certificate::Certificate, pki::certificate::CertificateFault> {
    pki::certificate::Certificate::parse(certificate.der())
}

/// Shows a template; the portal is where its forms may lead beside the agent.
pub(crate) fn show(status: StatusCode, page: &impl Template, leads_to: Option<&Origin>) -> Response {
    let mut response = match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(cause) => {
            tracing::error!(%cause, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    if let Some(portal) = leads_to {
        response.extensions_mut().insert(LeadsTo(portal.clone()));
    }
    response
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    page: Page,
    title: String,
    message: Option<Message>,
    text: Option<String>,
    back: Option<String>,
}

/// A page that says one thing.
pub(crate) fn message(page: Page, status: StatusCode, code: Code, back: Option<String>) -> Response {
    let words = page.words;
    let shown = MessagePage {
        title: words.say("message-title"),
        message: Some(words.message(code, &arguments(words, None, None))),
        text: None,
        back,
        page,
    };
    show(status, &shown, None)
}

/// The page for a request that the guard did not let in.
pub(crate) fn turned_away(why: TurnedAway, headers: &HeaderMap) -> Response {
    let status = match why {
        TurnedAway::Host => StatusCode::MISDIRECTED_REQUEST,
        TurnedAway::Foreign => StatusCode::FORBIDDEN,
        TurnedAway::Method => StatusCode::METHOD_NOT_ALLOWED,
    };
    let page = Page::plain(Words::of(accepted(headers)));
    message(page, status, why.code(), None)
}

/// What the words of a fault want to know: tries, the most tries, and how a PIN looks.
pub(crate) fn arguments(words: Words, fault: Option<&CardFault>, rule: Option<&PinRule>) -> FluentArgs<'static> {
    let left = match fault {
        Some(
            CardFault::PinWrong {
                left: card::TriesLeft::Known(left),
            }
            | CardFault::PrintedNumberWrong {
                left: card::TriesLeft::Known(left),
            },
        ) => *left,
        _ => 0,
    };
    let mut arguments = FluentArgs::new();
    arguments.set("n", f64::from(left));
    arguments.set("max", rule.map_or(0.0, |rule| f64::from(rule.tries)));
    arguments.set("rule", words.rule(rule));
    arguments
}

/// A browser as it came: its cookie, and what it would like to read.
pub(crate) struct Visitor {
    pub(crate) cookie: String,
    /// Whether the cookie must be given with the answer.
    fresh: bool,
    language: Language,
}

impl Visitor {
    pub(crate) fn of(local: &Held, headers: &HeaderMap) -> Self {
        let brought = cookie(headers);
        let cookie = local.browsers.greet(brought.as_deref());
        Self {
            fresh: brought.as_deref() != Some(&cookie),
            language: local.browsers.language(&cookie).unwrap_or_else(|| accepted(headers)),
            cookie,
        }
    }

    pub(crate) fn words(&self) -> Words {
        Words::of(self.language)
    }

    /// Gives the cookie with the answer. A session cookie, sent along on top-level navigation only.
    pub(crate) fn greet(&self, mut response: Response) -> Response {
        if self.fresh {
            let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", self.cookie);
            if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
                cookie.set_sensitive(true);
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        response
    }
}

/// A 303 that a POST ends with.
pub(crate) fn see(address: &str) -> Response {
    Redirect::to(address).into_response()
}

/// An address on the agent itself, or its start.
pub(crate) fn own_path(path: &str) -> &str {
    let own = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'\\');
    if own { path } else { "/" }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}

/// The first language of `Accept-Language` that the house speaks.
pub(crate) fn accepted(headers: &HeaderMap) -> Language {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .and_then(|tags| {
            tags.split(',')
                .filter_map(|tag| tag.split(';').next())
                .find_map(|tag| Language::from_tag(tag.trim()))
        })
        .unwrap_or_default()
}

fn file(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], content).into_response()
}

const COOKIE: &str = "kagimori-agent";
const STYLE: &str = include_str!("../../static/agent.css");
const LIVE: &str = include_str!("../../static/live.js");
const SCREEN: &str = include_str!("../../static/screen.css");
const APP: &str = include_str!("../../static/app.js");
const KIOSK: &str = include_str!("../../static/kiosk.js");
const PRINTED: &str = include_str!("../../static/printed.svg");
const ICON: &str = include_str!("../../static/icon.svg");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_stays_on_the_agent() {
        assert_eq!(
            own_path("/request?portal=https%3A%2F%2Fa&id=b"),
            "/request?portal=https%3A%2F%2Fa&id=b"
        );
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a b"] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn the_first_language_that_is_spoken_is_taken() {
        let mut headers = HeaderMap::new();
        assert_eq!(accepted(&headers), Language::Ja);
        headers.insert(
            header::ACCEPT_LANGUAGE,
            HeaderValue::from_static("fr, en-GB;q=0.8, ja;q=0.5"),
        );
        assert_eq!(accepted(&headers), Language::En);
    }
}
