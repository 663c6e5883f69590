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

use super::pinpad::{Asks, Pinpad};
use super::{CardLine, Live, Page, Visitor, Who, arguments, message, see, settings, show, start};
use crate::asked::{Asked, escaped, fingerprint, is_id};
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
    go: String,
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
    /// What the PIN is called in this procedure.
    pin_label: String,
    tries: Option<u8>,
    last_try: bool,
    /// The holder may say that it is the PIN of the card before.
    offers_same: bool,
    /// 担当者, where it is offered.
    person: Option<PersonField>,
    go: String,
    cancel: String,
    visit: String,
    token: String,
}

struct TextShown {
    text: String,
    language: &'static str,
    /// Whether 担当者 is offered.
    person: bool,
}

/// 担当者 (DOMAIN §4.3): nothing needs to be entered.
struct PersonField {
    typed: String,
    is_bad: bool,
}

#[derive(Template)]
#[template(path = "working.html")]
struct WorkingPage {
    lead: String,
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
    let asked = Asked::check(request, id, &portal, local.clock.now()).map_err(|unfit| {
        tracing::warn!(%portal, ?unfit, "the request was not taken");
        Box::new(message(page, StatusCode::CONFLICT, unfit.code(), home))
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
    let (step, is_swap) = {
        let state = visit.look();
        match &state.stage {
            Stage::Holder => (state.asked.step().cloned(), state.asked.is_swap()),
            Stage::Back(address) => return see(address),
            Stage::Installed(done) => {
                let done = done.clone();
                drop(state);
                return frame.acquired(visit, &done);
            }
            stopped => {
                let lead = match state.asked.step() {
                    Some(Step::Acquire { .. } | Step::Install { .. }) => "acquire-working",
                    _ => "working-lead",
                };
                return frame.stopped(stopped, Some(&state.rule), lead);
            }
        }
    };
    let chosen = visit.look().card.is_some();
    match step {
        Some(Step::Present { says } | Step::Swap { says }) if is_swap => frame.swap(visit, &seen, &says),
        Some(Step::Present { says } | Step::Swap { says }) => frame.choose(visit, &seen, &says),
        Some(Step::Authenticate { says }) if !chosen => frame.choose(visit, &seen, &says),
        Some(Step::Authenticate { says }) => frame.ask_pin(local, visit, &seen, &says, None).await,
        Some(Step::Sign {
            says,
            text: Some(text),
            language,
            person,
            ..
        }) => {
            let text = TextShown {
                text,
                language: language.tag(),
                person,
            };
            frame.ask_pin(local, visit, &seen, &says, Some(text)).await
        }
        Some(Step::Acquire { says, .. } | Step::Install { says, .. }) => frame.acquire(local, visit, &says).await,
        // `Asked` lets no visit come here without a step, or to a text that was never written.
        Some(Step::Sign { text: None, .. }) | None => message(frame.page, StatusCode::BAD_GATEWAY, Code::Fault, None),
    }
}

/// What all pages of a visit have in common.
pub(super) struct Frame {
    pub(super) page: Page,
    pub(super) who: Who,
    pub(super) portal: Origin,
    pub(super) title: String,
    pub(super) visit: String,
    pub(super) token: String,
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
    pub(super) fn only_waits(&mut self) {
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
        let (rule, leads_through) = {
            let state = visit.look();
            (state.rule.clone(), state.asked.is_of_two_cards())
        };
        let says = says.in_language(words.language());
        let waits = notice == Some(Notice::Card(CardFault::NoCard));
        let lead = match cards.len() {
            0 => (!waits).then(|| says.to_owned()),
            // Which of the two cards it is about is the portal's word.
            _ if leads_through => Some(says.to_owned()),
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
            go: words.say(if leads_through { "prove-go" } else { "request-go-card" }),
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
        let (placed, mut notice, rule, typed, calls) = {
            let state = visit.look();
            (
                placed(&state, seen),
                state.notice.clone(),
                state.rule.clone(),
                state.person.clone(),
                Calls::of(&state),
            )
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
        let Pinpad {
            asks,
            tries,
            offers_same,
            is_lost,
            ..
        } = pinpad;
        let locked = notice == Some(Notice::Card(CardFault::PinBlocked));
        let text = text.filter(|_| !locked);
        let title = words.say(match (&text, locked) {
            (_, true) => "refused-title",
            (_, false) if calls == Calls::PinNumber && asks == Asks::Pin => "pin-number-title",
            (Some(_), false) => "sign-title",
            (None, false) => "prove-title",
        });
        let (go, cancel) = if calls == Calls::PinNumber && asks == Asks::Pin && !locked {
            (words.say("prove-go"), words.say("prove-cancel"))
        } else if text.is_some() {
            (words.say("sign-go"), words.say("request-cancel"))
        } else if locked {
            (String::new(), words.say("request-cancel"))
        } else {
            (words.say("prove-go"), words.say("prove-cancel"))
        };
        let pin_error = notice.take_if(|notice| asks == Asks::Pin && is_of_pin(notice));
        let is_bad = notice.take_if(|notice| *notice == Notice::Person).is_some();
        let person = text.as_ref().filter(|text| text.person && !asks.is_nothing());
        let person = person.map(|_| PersonField { typed, is_bad });
        if asks.is_nothing() {
            self.only_waits();
        }
        // Whoever is told of a wrong PIN need not be told why it is asked for.
        let pin_free = pin_error.is_none();
        let shown = PinPage {
            warning: warning.and_then(|warning| told(&warning, words, Some(&rule))),
            pin_first: !unticked && !is_bad && notice.is_none() && (text.is_none() || pin_error.is_some()),
            pin_error: pin_error.and_then(|error| told(&error, words, Some(&rule))),
            unticked,
            gone: matches!(notice, Some(Notice::PinGone)) || (is_lost && asks == Asks::Pin && pin_free),
            notice: notice.and_then(|notice| told(&notice, words, Some(&rule))),
            says: (!asks.is_nothing()).then(|| says.in_language(words.language()).to_owned()),
            card: shown_card,
            page: self.page,
            who: self.who,
            title,
            text,
            asks,
            pin_label: words.say(calls.pin()),
            tries,
            last_try: tries == Some(1),
            offers_same,
            person,
            go,
            cancel,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }

    /// It is not the holder's turn at the card.
    fn stopped(mut self, stage: &Stage, rule: Option<&PinRule>, lead: &str) -> Response {
        let words = self.page.words;
        let (title, message, onward) = match stage {
            Stage::Holder | Stage::Back(_) | Stage::Installed(_) | Stage::Working => {
                self.only_waits();
                let shown = WorkingPage {
                    lead: words.say(lead),
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
        (
            Some(Step::Sign {
                certificate: Some(certificate),
                ..
            }),
            _,
        ) => (Key::Signature, fingerprint(certificate)),
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
        Notice::PinFormat | Notice::PinDiffers(_) | Notice::Card(CardFault::PinWrong { .. } | CardFault::PinFormat(_))
    )
}

/// Whether the right card in the reader ends this fault; that a card was removed in the middle stays worth telling.
fn is_over(fault: &CardFault) -> bool {
    matches!(
        fault,
        CardFault::NoReader | CardFault::NoCard | CardFault::Changed | CardFault::Multiple
    )
}

/// What the PIN is called: the bidding systems and their manuals say PIN番号, the authority's say 暗証番号.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Calls {
    Pin,
    PinNumber,
}

impl Calls {
    fn of(state: &VisitState) -> Self {
        if BIDDING.contains(&state.asked.procedure.as_str()) {
            Self::PinNumber
        } else {
            Self::Pin
        }
    }

    fn pin(self) -> &'static str {
        match self {
            Self::Pin => "pin-label",
            Self::PinNumber => "pin-number-label",
        }
    }
}

/// The procedures of a bidding system.
const BIDDING: [&str; 3] = ["login", "registration", "renewal"];

pub(super) fn told(notice: &Notice, words: Words, rule: Option<&PinRule>) -> Option<Message> {
    let (code, fault) = match notice {
        Notice::Card(fault) => (code(fault), Some(fault)),
        Notice::PinFormat => (Code::PinFormat, None),
        Notice::Stale => (Code::Stale, None),
        Notice::SameCard => (Code::CardSame, None),
        Notice::Test(code) => (*code, None),
        Notice::NoPlace => (Code::KeyGone, None),
        Notice::Place(place) => {
            let card = place.as_card();
            return Some(words.message(place.code(), &arguments(words, card.as_ref(), rule)));
        }
        Notice::PinDiffers(left) => {
            let what = match left {
                TriesLeft::Known(left) => words.count("pin-differs", *left),
                TriesLeft::Blocked | TriesLeft::Unknown => words.say("pin-differs-unknown"),
            };
            let (code, next) = (Code::PinWrong, String::new());
            return Some(Message { code, what, next });
        }
        // Told at its field, or beside the form.
        Notice::PinGone | Notice::Person => return None,
    };
    Some(words.message(code, &arguments(words, fault, rule)))
}

pub(super) fn here(visit: &Visit) -> String {
    address(&visit.portal, &visit.look().asked.id)
}

fn address(portal: &Origin, id: &str) -> String {
    format!("/request?portal={}&id={id}", escaped(portal.as_str()))
}
