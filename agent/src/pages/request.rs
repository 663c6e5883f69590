//! A card request: who asks, which card, what is signed, and the PIN.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use card::{CardFault, TriesLeft};
use serde::Deserialize;
use wire::card_request::{PinRule, Step};
use wire::code::Code;
use wire::office::Text;

use super::{CardLine, Live, Page, Visitor, Who, arguments, message, see, settings, show, start};
use crate::asked::{Asked, Unfit, escaped, fingerprint, is_id};
use crate::cards::{Key, Seen, ShownCard, code};
use crate::guard::Held;
use crate::origin::Origin;
use crate::portal::{PortalFault, RequestKey};
use crate::visit::{Again, Notice, Stage, State as VisitState, Visit};
use crate::words::{Message, Words};

#[derive(Template)]
#[template(path = "card.html")]
struct CardPage {
    page: Page,
    who: Who,
    title: String,
    lead: Option<String>,
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
    /// Why the PIN is asked, where it is.
    says: Option<String>,
    text: Option<TextShown>,
    notice: Option<Message>,
    /// The next wrong PIN locks the card.
    warning: Option<Message>,
    /// What is wrong with the PIN that was typed; it stands at the field.
    pin_error: Option<Message>,
    /// The PIN is the first thing to do here: no text is to be read before.
    pin_first: bool,
    /// The last try was not agreed to.
    unticked: bool,
    /// The PIN was kept and is gone.
    gone: bool,
    card: Option<CardLine>,
    asks: Asks,
    tries: Option<u8>,
    last_try: bool,
    go: String,
    cancel: String,
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
            Unfit::Answered => Code::Stale,
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
            stopped => return frame.stopped(stopped, Some(&state.rule)),
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

/// What the card lets the page ask for.
struct Pinpad {
    asks: Asks,
    /// Tries left, where the card tells.
    tries: Option<u8>,
    objection: Option<CardFault>,
}

impl Pinpad {
    fn closed() -> Self {
        Self {
            asks: Asks::Nothing,
            tries: None,
            objection: None,
        }
    }

    async fn at(local: &Held, visit: &Visit, card: Arc<ShownCard>) -> Self {
        let kept = local.kept.pin(&visit.session(), &card, local.clock.now());
        let (tries, objection) = match tries_left(local, card).await {
            Err(fault) => {
                return Self {
                    objection: Some(fault),
                    ..Self::closed()
                };
            }
            Ok(TriesLeft::Blocked) => {
                return Self {
                    objection: Some(CardFault::PinBlocked),
                    ..Self::closed()
                };
            }
            Ok(TriesLeft::Known(1)) => (Some(1), Some(CardFault::LastTry)),
            Ok(TriesLeft::Known(left)) => (Some(left), None),
            Ok(TriesLeft::Unknown) => (None, None),
        };
        // The kept PIN never takes the last try, and neither does anybody unwarned (G-P3).
        let asks = if kept.is_some() && tries != Some(1) {
            Asks::Kept
        } else {
            Asks::Pin
        };
        Self { asks, tries, objection }
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
                    idle: false,
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

    /// Nothing can be typed or chosen on this page.
    fn only_waits(&mut self) {
        if let Some(live) = &mut self.page.live {
            live.idle = true;
        }
    }

    /// Which card?
    fn choose(mut self, visit: &Visit, seen: &Seen, says: &Text) -> Response {
        let words = self.page.words;
        let cards: Vec<CardLine> = seen.cards().map(|card| CardLine::of(card, words)).collect();
        let notice = visit.look().notice.clone().or_else(|| match cards.len() {
            0 => seen.lack().map(Notice::Card),
            1 => None,
            _ => Some(Notice::Card(CardFault::Multiple)),
        });
        let rule = visit.look().rule.clone();
        let says = says.in_language(words.language());
        let waits = notice == Some(Notice::Card(CardFault::NoCard));
        let lead = match cards.len() {
            0 => (!waits).then(|| says.to_owned()),
            1 if visit.look().asked.procedure == "revocation" => Some(words.say("request-check-revocation")),
            1 => Some(words.say("request-check")),
            _ => None,
        };
        if cards.is_empty() {
            self.only_waits();
        }
        let mut notice = notice.and_then(|notice| told(&notice, words, Some(&rule)));
        if let Some(message) = notice.as_mut().filter(|_| waits) {
            // The portal says which card to insert and how: that is what to do.
            says.clone_into(&mut message.next);
        }
        let shown = CardPage {
            notice,
            lead,
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
    async fn ask_pin(
        mut self,
        local: &Held,
        visit: &Visit,
        seen: &Seen,
        says: &Text,
        text: Option<TextShown>,
    ) -> Response {
        let words = self.page.words;
        let (placed, mut notice, rule) = {
            let state = visit.look();
            (placed(&state, seen), state.notice.clone(), state.rule.clone())
        };
        let mut pinpad = Pinpad::closed();
        let mut shown_card = None;
        let mut warning = None;
        // The card was spared: its last try was asked for without the holder's word.
        let mut unticked = false;
        match placed {
            Err(fault) => notice = Some(Notice::Card(fault)),
            Ok(card) => {
                if matches!(&notice, Some(Notice::Card(fault)) if is_over(fault)) {
                    notice = None;
                }
                shown_card = Some(CardLine::of(&card, words));
                pinpad = Pinpad::at(local, visit, card).await;
                if notice == Some(Notice::Card(CardFault::LastTry)) {
                    unticked = true;
                    notice = None;
                }
                match pinpad.objection.take() {
                    // What was just said stands beside the warning, not instead of it.
                    Some(CardFault::LastTry) => warning = Some(Notice::Card(CardFault::LastTry)),
                    Some(fault) => notice = Some(Notice::Card(fault)),
                    None => {}
                }
            }
        }
        let Pinpad { asks, tries, .. } = pinpad;
        let locked = notice == Some(Notice::Card(CardFault::PinBlocked));
        let text = text.filter(|_| !locked);
        let title = words.say(match (&text, locked) {
            (_, true) => "refused-title",
            (Some(_), false) => "sign-title",
            (None, false) => "prove-title",
        });
        let (go, cancel) = if text.is_some() {
            (words.say("sign-go"), words.say("request-cancel"))
        } else if locked {
            (String::new(), words.say("request-cancel"))
        } else {
            (words.say("prove-go"), words.say("prove-cancel"))
        };
        let pin_error = notice.take_if(|notice| asks == Asks::Pin && is_of_pin(notice));
        if asks.is_nothing() {
            self.only_waits();
        }
        let shown = PinPage {
            warning: warning.and_then(|warning| told(&warning, words, Some(&rule))),
            pin_first: !unticked && notice.is_none() && (text.is_none() || pin_error.is_some()),
            pin_error: pin_error.and_then(|error| told(&error, words, Some(&rule))),
            unticked,
            gone: matches!(notice, Some(Notice::PinGone)),
            notice: notice.and_then(|notice| told(&notice, words, Some(&rule))),
            says: (!asks.is_nothing()).then(|| says.in_language(words.language()).to_owned()),
            card: shown_card,
            page: self.page,
            who: self.who,
            title,
            text,
            asks,
            tries,
            last_try: tries == Some(1),
            go,
            cancel,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }

    /// It is not the holder's turn at the card.
    fn stopped(mut self, stage: &Stage, rule: Option<&PinRule>) -> Response {
        let words = self.page.words;
        let (title, message, onward) = match stage {
            Stage::Holder | Stage::Back(_) | Stage::Working => {
                self.only_waits();
                let shown = WorkingPage {
                    page: self.page,
                    who: self.who,
                };
                return show(StatusCode::OK, &shown, Some(&self.portal));
            }
            Stage::Unsent(_) => (
                words.say("unsent-title"),
                words.message(Code::NetUnknown, &arguments(words, None, rule)),
                Some(("resend", words.say("unsent-go"))),
            ),
            Stage::Refused {
                code,
                what,
                next,
                again,
            } => (
                words.say("refused-title"),
                Message {
                    code: *code,
                    what: what.in_language(words.language()).to_owned(),
                    next: next.in_language(words.language()).to_owned(),
                },
                (*again == Again::Yes).then(|| ("again", words.say("refused-again"))),
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

/// The card that this step is for, if it is in a reader now.
pub(super) fn placed(state: &VisitState, seen: &Seen) -> Result<Arc<ShownCard>, CardFault> {
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

/// Whether a notice belongs to the PIN field.
fn is_of_pin(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::PinFormat | Notice::Card(CardFault::PinWrong { .. } | CardFault::PinFormat(_))
    )
}

/// Whether the right card in the reader ends this fault; that a card was removed in the middle stays worth telling.
fn is_over(fault: &CardFault) -> bool {
    matches!(
        fault,
        CardFault::NoReader | CardFault::NoCard | CardFault::Changed | CardFault::Multiple
    )
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

pub(super) fn here(visit: &Visit) -> String {
    address(&visit.portal, &visit.look().asked.id)
}

fn address(portal: &Origin, id: &str) -> String {
    format!("/request?portal={}&id={id}", escaped(portal.as_str()))
}
