//! What the holder answers to a card request: this card, this signature, once more, or not at all.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use card::{CardFault, LastTryConsent, Pin};
use wire::card_request::{PERSON_LENGTH, PinRule, Step};
use wire::code::Code;

use super::request::{here, placed};
use super::swap::Swap;
use super::{Page, Visitor, choice, message, see};
use crate::asked::misleads;
use crate::form::Form;
use crate::guard::Held;
use crate::visit::{Again, Notice, Spent, Stage, Visit};
use crate::work::{self, Consent, Spends};

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
    let swap = {
        let state = visit.look();
        state
            .asked
            .is_swap()
            .then(|| (Swap::at(&state, &seen), state.asked.step().cloned()))
    };
    if let Some((swap, step)) = swap {
        let card = match swap.chosen(&wanted, &seen) {
            Ok(card) => card,
            Err(notice) => return hand_back(&visit, notice),
        };
        let task = match step {
            Some(Step::Swap { .. }) => tokio::spawn(work::swap(local, Arc::clone(&visit), card)),
            _ => tokio::spawn(work::present(local, Arc::clone(&visit), card)),
        };
        return finish(&visit, task).await;
    }
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
    let same = form.has("same");
    let person = form.take("person").unwrap_or_default();
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
    let person = match taken(&visit, &person, typed.as_deref().map(String::as_str)) {
        Ok(person) => person,
        Err(notice) => return hand_back(&visit, notice),
    };
    let mut spends = Spends::Typed(last_try);
    let pin = match typed {
        // The holder saw that the PIN of the card before is tried, and agreed.
        _ if same => {
            spends = Spends::OneOfSeveral;
            let (session, now) = (visit.session(), local.clock.now());
            let carried = local.kept.carried(&session, &visit.id, &card, now);
            match carried.filter(|pin| may_be_of(pin, &rule)) {
                Some(carried) => carried,
                None => return hand_back(&visit, Notice::PinGone),
            }
        }
        // The form of a kept PIN has no field for one.
        None => match local.kept.pin(&visit.session(), &card, local.clock.now()) {
            Some(kept) => kept,
            None => return hand_back(&visit, Notice::PinGone),
        },
        Some(mut typed) => {
            if !fits(&typed, &rule) {
                return hand_back(&visit, Notice::PinFormat);
            }
            match Pin::parse(std::mem::take(&mut *typed), &card::PinRule::PIV) {
                Ok(pin) => Arc::new(pin),
                Err(_) => return hand_back(&visit, Notice::PinFormat),
            }
        }
    };
    let consent = Consent {
        card,
        pin,
        spends,
        person,
    };
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
    let may = |stage: &Stage| !matches!(stage, Stage::Working | Stage::Back(_) | Stage::Installed(_));
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
pub(super) async fn opened(local: &Held, headers: &HeaderMap, body: Body) -> Result<(Arc<Visit>, Form), Response> {
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
pub(super) fn begin(visit: &Visit, form: &mut Form, may: impl Fn(&Stage) -> bool) -> Option<Stage> {
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
pub(super) fn hand_back(visit: &Visit, notice: Notice) -> Response {
    visit.change(|state| {
        state.notice = Some(notice);
        state.stage = Stage::Holder;
    });
    see(&here(visit))
}

/// Waits a little for the work, so that the browser usually goes straight on; the working page bridges the rest.
pub(super) async fn finish(visit: &Visit, task: tokio::task::JoinHandle<()>) -> Response {
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
pub(super) fn onward(visit: &Visit) -> Response {
    if let Stage::Back(address) = &visit.look().stage {
        return see(address);
    }
    see(&here(visit))
}

/// 担当者 as it goes with the signature, and is shown again where the page has to be. A PIN that was typed into the wrong
/// field goes nowhere.
fn taken(visit: &Visit, typed: &str, pin: Option<&str>) -> Result<Option<String>, Notice> {
    let offered = matches!(visit.look().asked.step(), Some(Step::Sign { person: true, .. }));
    let person = typed.trim();
    if !offered || person.is_empty() {
        visit.change(|state| state.person.clear());
        return Ok(None);
    }
    let holds_pin = pin.is_some_and(|pin| !pin.is_empty() && person.contains(pin));
    if holds_pin || person.chars().count() > PERSON_LENGTH || person.chars().any(misleads) {
        visit.change(|state| state.person.clear());
        return Err(Notice::Person);
    }
    visit.change(|state| person.clone_into(&mut state.person));
    Ok(Some(person.to_owned()))
}

/// Whether a text can be a PIN at all, by the portal's word on its cards; the card's own rule comes after.
fn fits(typed: &str, rule: &PinRule) -> bool {
    (usize::from(rule.min)..=usize::from(rule.max)).contains(&typed.chars().count())
        && (!rule.digits || typed.bytes().all(|octet| octet.is_ascii_digit()))
}

/// The same of the PIN of another card: the new one may be of an issuer whose PINs look otherwise, and one that cannot be its
/// PIN costs it no try.
pub(super) fn may_be_of(pin: &Pin, rule: &PinRule) -> bool {
    pin.is_of_form(usize::from(rule.min)..=usize::from(rule.max), rule.digits)
}

const PATIENCE: Duration = Duration::from_secs(3);
const READ: Duration = Duration::from_secs(10);
