//! A card request: who asks, which card, what is signed, and the PIN.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use card::{CardFault, LastTryConsent, Pin, TriesLeft};
use serde::Deserialize;
use wire::card_request::{PinRule, Step};
use wire::code::Code;
use wire::office::Text;

use super::{CardLine, Live, Page, Visitor, Who, arguments, choice, message, see, settings, show, start};
use crate::asked::{Asked, Unfit, escaped, fingerprint, is_id};
use crate::cards::{Key, Seen, ShownCard, code};
use crate::form::Form;
use crate::guard::Held;
use crate::origin::Origin;
use crate::portal::{PortalFault, RequestKey};
use crate::visit::{Again, Notice, Spent, Stage, State as VisitState, Visit};
use crate::words::{Message, Words};
use crate::work::{self, Consent};

#[derive(Template)]
#[template(path = "card.html")]
struct CardPage {
    page: Page,
    who: Who,
    title: String,
    says: String,
    notice: Option<Message>,
    cards: Vec<CardLine>,
    visit: String,
    token: String,
}

#[derive(Template)]
#[template(path = "pin.html")]
struct PinPage {
    page: Page,
    who: Who,
    title: String,
    says: String,
    text: Option<TextShown>,
    notice: Option<Message>,
    /// The PIN was kept and is gone.
    gone: bool,
    card: Option<CardLine>,
    asks: Asks,
    tries: Option<u8>,
    last_try: bool,
    go: String,
    visit: String,
    token: String,
}

struct TextShown {
    text: String,
    language: &'static str,
}

/// What the page wants beside the holder's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Pin,
    /// The PIN is still there from the request before.
    Kept,
    /// The card is locked or cannot be asked.
    Nothing,
}

impl Asks {
    fn is_nothing(self) -> bool {
        self == Self::Nothing
    }
}

#[derive(Template)]
#[template(path = "working.html")]
struct WorkingPage {
    page: Page,
    who: Who,
}

#[derive(Template)]
#[template(path = "stopped.html")]
struct StoppedPage {
    page: Page,
    who: Who,
    title: String,
    message: Message,
    onward: Option<(&'static str, String)>,
    visit: String,
    token: String,
}

/// `?portal=ORIGIN&id=ID`
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    portal: String,
    #[serde(default)]
    id: String,
}

/// `GET /request`: where the portal sends the browser, and where each form comes back to. Shows where the visit stands.
pub(crate) async fn page(State(local): State<Held>, headers: HeaderMap, Query(wanted): Query<Wanted>) -> Response {
    let visitor = Visitor::of(&local, &headers);
    let shown = shown(&local, &visitor, &wanted).await;
    visitor.greet(shown)
}

async fn shown(local: &Held, visitor: &Visitor, wanted: &Wanted) -> Response {
    let said = |status, code, back| message(Page::plain(visitor.words()), status, code, back);
    let Ok(portal) = wanted.portal.parse::<Origin>() else {
        return said(StatusCode::BAD_REQUEST, Code::Origin, None);
    };
    if !is_id(&wanted.id) {
        return said(StatusCode::NOT_FOUND, Code::NotFound, None);
    }
    let here = address(&portal, &wanted.id);
    let phrase = match local.home.phrase() {
        Ok(Some(phrase)) => phrase,
        Ok(None) => return see(&format!("/phrase?back={}", escaped(&here))),
        Err(fault) => {
            tracing::error!(%fault, "the state cannot be read");
            return said(StatusCode::INTERNAL_SERVER_ERROR, Code::Fault, None);
        }
    };
    match local.home.portals() {
        Ok(portals) if portals.contains(&portal) => {}
        Ok(_) => return settings::allow_page(local, visitor, &portal, here),
        Err(fault) => {
            tracing::error!(%fault, "the state cannot be read");
            return said(StatusCode::INTERNAL_SERVER_ERROR, Code::Fault, None);
        }
    }
    let visit = match local.visits.of_request(&visitor.cookie, &portal, &wanted.id) {
        Some(visit) => visit,
        None => match claim(local, visitor, portal, &wanted.id).await {
            Ok(visit) => visit,
            Err(response) => return *response,
        },
    };
    stage(local, &visit, here, phrase).await
}

/// Takes the request for this browser.
async fn claim(local: &Held, visitor: &Visitor, portal: Origin, id: &str) -> Result<Arc<Visit>, Box<Response>> {
    let page = Page::plain(visitor.words());
    let home = Some(format!("{portal}/"));
    let key = RequestKey::draw();
    let request = match local.lines.claim(&portal, id, &key).await {
        Ok(request) => request,
        Err(PortalFault::Said(problem)) => {
            tracing::info!(%portal, code = %problem.code, "the portal did not give the request");
            return Err(Box::new(message(page, StatusCode::CONFLICT, problem.code, home)));
        }
        Err(fault) => {
            tracing::warn!(%portal, %fault, "the request was not fetched");
            return Err(Box::new(message(page, StatusCode::BAD_GATEWAY, Code::Fault, home)));
        }
    };
    let asked = Asked::check(request, id, local.clock.now()).map_err(|unfit| {
        tracing::warn!(%portal, ?unfit, "the request was not taken");
        let code = match unfit {
            Unfit::Protocol => Code::Update,
            Unfit::Expired => Code::Timeout,
            Unfit::Unshowable => Code::Signature,
            Unfit::Malformed(_) => Code::Fault,
        };
        Box::new(message(page, StatusCode::CONFLICT, code, home))
    })?;
    Ok(local
        .visits
        .begin(Visit::new(visitor.cookie.clone(), portal, key, asked)))
}

/// The page for where a visit stands.
async fn stage(local: &Held, visit: &Arc<Visit>, here: String, phrase: String) -> Response {
    for session in local.visits.expire(local.clock.now()) {
        local.kept.end(&session);
    }
    let seen = local.cards.seen();
    let frame = Frame::of(visit, &seen, here, phrase);
    let step = {
        let state = visit.look();
        match &state.stage {
            Stage::Holder => state.asked.step().cloned(),
            Stage::Back(address) => return see(address),
            stopped => return frame.stopped(stopped, state.rule.as_ref()),
        }
    };
    let chosen = visit.look().card.is_some();
    match step {
        Some(Step::Present { says, .. }) => frame.choose(visit, &seen, &says),
        Some(Step::Authenticate { says }) if !chosen => frame.choose(visit, &seen, &says),
        Some(Step::Authenticate { says }) => frame.ask_pin(local, visit, &seen, &says, None).await,
        Some(Step::Sign {
            says, text, language, ..
        }) => {
            let text = TextShown {
                text,
                language: language.tag(),
            };
            frame.ask_pin(local, visit, &seen, &says, Some(text)).await
        }
        // `work::send` lets no visit come here without a step.
        None => message(frame.page, StatusCode::BAD_GATEWAY, Code::Fault, None),
    }
}

/// What all pages of a visit have in common.
struct Frame {
    page: Page,
    who: Who,
    portal: Origin,
    title: String,
    visit: String,
    token: String,
}

impl Frame {
    fn of(visit: &Visit, seen: &Seen, here: String, phrase: String) -> Self {
        let mark = start::mark(seen, Some(visit));
        let state = visit.look();
        let words = Words::of(state.language);
        Self {
            page: Page {
                words,
                here,
                live: Some(Live {
                    seen: mark,
                    visit: visit.id.clone(),
                }),
            },
            who: Who {
                office: state.asked.office.name.in_language(state.language).to_owned(),
                portal: visit.portal.to_string(),
                phrase,
            },
            portal: visit.portal.clone(),
            title: state.asked.title.in_language(state.language).to_owned(),
            visit: visit.id.clone(),
            token: state.form.as_str().to_owned(),
        }
    }

    /// Which card?
    fn choose(self, visit: &Visit, seen: &Seen, says: &Text) -> Response {
        let words = self.page.words;
        let cards: Vec<CardLine> = seen.cards().map(|card| CardLine::of(card, words)).collect();
        let notice = visit.look().notice.clone().or_else(|| match cards.len() {
            0 => seen.lack().map(Notice::Card),
            1 => None,
            _ => Some(Notice::Card(CardFault::Multiple)),
        });
        let rule = visit.look().rule.clone();
        let shown = CardPage {
            notice: notice.and_then(|notice| told(&notice, words, rule.as_ref())),
            says: says.in_language(words.language()).to_owned(),
            cards,
            page: self.page,
            who: self.who,
            title: self.title,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }

    /// What is signed, with which card; and the PIN, unless it is kept.
    async fn ask_pin(self, local: &Held, visit: &Visit, seen: &Seen, says: &Text, text: Option<TextShown>) -> Response {
        let words = self.page.words;
        let (placed, mut notice, rule) = {
            let state = visit.look();
            (placed(&state, seen), state.notice.clone(), state.rule.clone())
        };
        let mut asks = Asks::Nothing;
        let mut tries = None;
        let mut last_try = false;
        let mut shown_card = None;
        match placed {
            Err(fault) => notice = Some(Notice::Card(fault)),
            Ok(card) => {
                shown_card = Some(CardLine::of(&card, words));
                match tries_left(local, Arc::clone(&card)).await {
                    Err(fault) => notice = Some(Notice::Card(fault)),
                    Ok(TriesLeft::Blocked) => notice = Some(Notice::Card(CardFault::PinBlocked)),
                    Ok(left) => {
                        let kept = local.kept.pin(&visit.session(), &card, local.clock.now()).is_some();
                        asks = if kept { Asks::Kept } else { Asks::Pin };
                        if let TriesLeft::Known(left) = left {
                            tries = Some(left);
                            last_try = left == 1;
                        }
                        if last_try && !matches!(notice, Some(Notice::PinFormat)) {
                            // The kept PIN never takes the last try, and neither does anybody unwarned (G-P3).
                            asks = Asks::Pin;
                            notice = Some(Notice::Card(CardFault::LastTry));
                        }
                    }
                }
            }
        }
        let (title, go) = if text.is_some() {
            (words.say("sign-title"), words.say("sign-go"))
        } else {
            (words.say("prove-title"), words.say("prove-go"))
        };
        let shown = PinPage {
            gone: matches!(notice, Some(Notice::PinGone)),
            notice: notice.and_then(|notice| told(&notice, words, rule.as_ref())),
            says: says.in_language(words.language()).to_owned(),
            card: shown_card,
            page: self.page,
            who: self.who,
            title,
            text,
            asks,
            tries,
            last_try,
            go,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }

    /// It is not the holder's turn at the card.
    fn stopped(self, stage: &Stage, rule: Option<&PinRule>) -> Response {
        let words = self.page.words;
        let (title, message, onward) = match stage {
            Stage::Holder | Stage::Back(_) | Stage::Working => {
                let shown = WorkingPage {
                    page: self.page,
                    who: self.who,
                };
                return show(StatusCode::OK, &shown, Some(&self.portal));
            }
            Stage::Unsent(_) => (
                words.say("unsent-title"),
                words.message(Code::NetUnknown, &arguments(words, None, rule)),
                Some(("/request/resend", words.say("unsent-go"))),
            ),
            Stage::Refused { code, message, again } => (
                words.say("refused-title"),
                Message {
                    code: *code,
                    what: message.in_language(words.language()).to_owned(),
                    next: String::new(),
                },
                (*again == Again::Yes).then(|| ("/request/again", words.say("refused-again"))),
            ),
            Stage::Over(code) => (
                words.say("refused-title"),
                words.message(*code, &arguments(words, None, rule)),
                None,
            ),
        };
        let shown = StoppedPage {
            page: Page {
                live: None,
                ..self.page
            },
            who: self.who,
            title,
            message,
            onward,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }
}

/// `POST /request/card`: the holder agrees to show this card to this portal.
pub(crate) async fn card(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let wanted = form.take("card").unwrap_or_default();
    if begin(&visit, &mut form, |stage| matches!(stage, Stage::Holder)).is_none() {
        return onward(&visit);
    }
    let seen = local.cards.seen();
    let Some(card) = seen.cards().find(|card| choice(card) == *wanted).cloned() else {
        // It was there when the page was made, or nothing was chosen.
        let fault = seen.lack().unwrap_or(if wanted.is_empty() {
            CardFault::Multiple
        } else {
            CardFault::Removed
        });
        return hand_back(&visit, Notice::Card(fault));
    };
    let step = visit.look().asked.step().cloned();
    if let Some(Step::Present { .. }) = step {
        let task = tokio::spawn(work::present(local, Arc::clone(&visit), card));
        return finish(&visit, task).await;
    }
    visit.change(|state| {
        state.card = Some(card);
        state.stage = Stage::Holder;
    });
    see(&here(&visit))
}

/// `POST /request/pin`: the holder agrees to this signature.
pub(crate) async fn pin(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let typed = form.take("pin");
    let last_try = form.has("last_try").then(LastTryConsent::given_by_holder);
    if begin(&visit, &mut form, |stage| matches!(stage, Stage::Holder)).is_none() {
        return onward(&visit);
    }
    drop(form);
    let (placed, rule) = {
        let state = visit.look();
        (placed(&state, &local.cards.seen()), state.rule.clone())
    };
    let card = match placed {
        Ok(card) => card,
        Err(fault) => return hand_back(&visit, Notice::Card(fault)),
    };
    let pin = match typed {
        // The form of a kept PIN has no field for one.
        None => match local.kept.pin(&visit.session(), &card, local.clock.now()) {
            Some(kept) => kept,
            None => return hand_back(&visit, Notice::PinGone),
        },
        Some(mut typed) => {
            if !fits(&typed, rule.as_ref()) {
                return hand_back(&visit, Notice::PinFormat);
            }
            match Pin::parse(std::mem::take(&mut *typed), &card::PinRule::PIV) {
                Ok(pin) => Arc::new(pin),
                Err(_) => return hand_back(&visit, Notice::PinFormat),
            }
        }
    };
    let consent = Consent { card, pin, last_try };
    let task = tokio::spawn(work::prove(local, Arc::clone(&visit), consent));
    finish(&visit, task).await
}

/// `POST /request/again`: another card, after the portal refused one.
pub(crate) async fn again(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let may = |stage: &Stage| matches!(stage, Stage::Refused { again: Again::Yes, .. });
    if begin(&visit, &mut form, may).is_none() {
        return onward(&visit);
    }
    let task = tokio::spawn(work::begin_again(local, Arc::clone(&visit)));
    finish(&visit, task).await
}

/// `POST /request/resend`: the same answer once more, after the connection broke. Neither card nor PIN is asked.
pub(crate) async fn resend(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let begun = begin(&visit, &mut form, |stage| matches!(stage, Stage::Unsent(_)));
    let Some(Stage::Unsent(answer)) = begun else {
        return onward(&visit);
    };
    let sent = Arc::clone(&visit);
    let task = tokio::spawn(async move { work::send(&local, &sent, answer).await });
    finish(&visit, task).await
}

/// `POST /request/cancel`: 「やめて戻る」. Always harmless.
pub(crate) async fn cancel(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let may = |stage: &Stage| !matches!(stage, Stage::Working | Stage::Back(_));
    if begin(&visit, &mut form, may).is_none() {
        return onward(&visit);
    }
    let task = {
        let visit = Arc::clone(&visit);
        tokio::spawn(async move { work::cancel(&local, &visit).await })
    };
    finish(&visit, task).await
}

/// Reads a form of a visit and finds the visit, which must be this browser's.
async fn opened(local: &Held, headers: &HeaderMap, body: Body) -> Result<(Arc<Visit>, Form), Response> {
    let visitor = Visitor::of(local, headers);
    let said = |status, code| message(Page::plain(visitor.words()), status, code, None);
    let read = tokio::time::timeout(READ, Form::read(body)).await;
    let mut form = match read {
        Ok(Ok(form)) => form,
        Ok(Err(code)) => return Err(said(StatusCode::BAD_REQUEST, code)),
        Err(_) => return Err(said(StatusCode::REQUEST_TIMEOUT, Code::Fault)),
    };
    let named = form.take("visit").unwrap_or_default();
    local
        .visits
        .of_form(&visitor.cookie, &named)
        .map(|visit| (visit, form))
        .ok_or_else(|| said(StatusCode::CONFLICT, Code::Stale))
}

/// Uses the form's token up and makes it the card's and the portal's turn, in one step, so that a second click finds nothing to do.
/// Gives back the stage that it was; `None` where the browser is only to see where things stand.
fn begin(visit: &Visit, form: &mut Form, may: impl Fn(&Stage) -> bool) -> Option<Stage> {
    let token = form.take("token").unwrap_or_default();
    visit.change(|state| match state.form.spend(&token) {
        Spent::Now if may(&state.stage) => {
            state.notice = None;
            Some(std::mem::replace(&mut state.stage, Stage::Working))
        }
        Spent::Now | Spent::Before => None,
        Spent::Stale => {
            state.notice = Some(Notice::Stale);
            None
        }
    })
}

/// It is the holder's turn again, with something to read first.
fn hand_back(visit: &Visit, notice: Notice) -> Response {
    visit.change(|state| {
        state.notice = Some(notice);
        state.stage = Stage::Holder;
    });
    see(&here(visit))
}

/// Waits a little for the work, so that the browser usually goes straight on; the working page bridges the rest.
async fn finish(visit: &Visit, task: tokio::task::JoinHandle<()>) -> Response {
    if let Ok(Err(_)) = tokio::time::timeout(PATIENCE, task).await {
        // It panicked, which is ours; the page must not wait for ever.
        visit.change(|state| {
            if matches!(state.stage, Stage::Working) {
                state.stage = Stage::Over(Code::Fault);
            }
        });
    }
    onward(visit)
}

/// Back to the portal when all is said, else to the page for where the visit stands.
fn onward(visit: &Visit) -> Response {
    if let Stage::Back(address) = &visit.look().stage {
        return see(address);
    }
    see(&here(visit))
}

/// The card that this step is for, if it is in a reader now.
fn placed(state: &VisitState, seen: &Seen) -> Result<Arc<ShownCard>, CardFault> {
    let (key, wanted) = match (state.asked.step(), &state.card) {
        (Some(Step::Sign { certificate, .. }), _) => (Key::Signature, fingerprint(certificate)),
        (_, Some(card)) => (Key::Authentication, Some(card.fingerprint(Key::Authentication))),
        (_, None) => return Err(seen.lack().unwrap_or(CardFault::Multiple)),
    };
    if let Some(card) = seen.cards().find(|card| Some(card.fingerprint(key)) == wanted) {
        return Ok(Arc::clone(card));
    }
    Err(match (seen.lack(), &state.card) {
        // It was there a moment ago.
        (Some(CardFault::NoCard | CardFault::NoReader), Some(_)) => CardFault::Removed,
        (Some(lack), _) => lack,
        (None, _) => CardFault::Changed,
    })
}

async fn tries_left(local: &Held, card: Arc<ShownCard>) -> Result<TriesLeft, CardFault> {
    let cards = Arc::clone(&local.cards);
    tokio::task::spawn_blocking(move || cards.tries_left(&card))
        .await
        // A panic at the reader is told as a card that does not answer.
        .unwrap_or(Err(CardFault::Unreadable))
}

fn told(notice: &Notice, words: Words, rule: Option<&PinRule>) -> Option<Message> {
    let (code, fault) = match notice {
        Notice::Card(fault) => (code(fault), Some(fault)),
        Notice::PinFormat => (Code::PinFormat, None),
        Notice::Stale => (Code::Stale, None),
        Notice::PinGone => return None,
    };
    Some(words.message(code, &arguments(words, fault, rule)))
}

/// Whether a text can be a PIN at all, by the portal's word on its cards; the card's own rule comes after.
fn fits(typed: &str, rule: Option<&PinRule>) -> bool {
    rule.is_none_or(|rule| {
        (usize::from(rule.min)..=usize::from(rule.max)).contains(&typed.chars().count())
            && (!rule.digits || typed.bytes().all(|octet| octet.is_ascii_digit()))
    })
}

fn here(visit: &Visit) -> String {
    address(&visit.portal, &visit.look().asked.id)
}

fn address(portal: &Origin, id: &str) -> String {
    format!("/request?portal={}&id={id}", escaped(portal.as_str()))
}

const PATIENCE: Duration = Duration::from_secs(3);
const READ: Duration = Duration::from_secs(10);
