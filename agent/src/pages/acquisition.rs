//! デジタル証明書の取得: what is made and for whom, where it shall live, what opens it, and what became of it.

use std::path::Path;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use card::token::{Token, TokenFault};
use card::{CardFault, LastTryConsent, Pin, TriesLeft};
use wire::acquisition::{KeyKind, Place as Kind, Tested};
use wire::card_request::{PinRule, Step};
use wire::code::Code;
use wire::office::Text;
use zeroize::Zeroizing;

use super::consent::{begin, finish, hand_back, onward, opened};
use super::request::{Frame, here, told};
use super::{Page, Who, message, see, show};
use crate::acquisition::{self, Done, Place, PlaceFault, Record, Secret, Task, file, token};
use crate::calendar::Moment;
use crate::form::Form;
use crate::guard::Held;
use crate::visit::{Notice, Stage, Visit};
use crate::words::{Message, Words};

#[derive(Template)]
#[template(path = "acquire_place.html")]
struct PlacePage {
    page: Page,
    who: Who,
    title: String,
    says: String,
    label: String,
    subject: String,
    key: &'static str,
    notice: Option<Message>,
    places: Vec<PlaceLine>,
    visit: String,
    token: String,
}

/// A place as a page names it.
struct PlaceLine {
    choice: String,
    name: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "acquire_key.html")]
struct KeyPage {
    page: Page,
    who: Who,
    title: String,
    /// What happens next.
    lead: String,
    label: String,
    subject: String,
    place: String,
    /// Where the file is, if the place is one.
    file: Option<String>,
    notice: Option<Message>,
    warning: Option<Message>,
    /// What is wrong with what was typed; it stands at the field.
    error: Option<Message>,
    asks: Asks,
    was_wrong: bool,
    last_try: bool,
    unticked: bool,
    go: String,
    may_choose: bool,
    may_leave: bool,
    visit: String,
    token: String,
}

/// What opens the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Pin,
    /// The PIN is typed on the token itself.
    OwnKeys,
    /// A new password of a file, twice.
    NewPassword,
    /// The password that was chosen before.
    Password,
    /// The place is not there, or locked.
    Nothing,
}

impl Asks {
    /// Whether there is a field that something can be wrong with.
    fn is_typed(self) -> bool {
        matches!(self, Self::Pin | Self::NewPassword | Self::Password)
    }
}

#[derive(Template)]
#[template(path = "acquired.html")]
struct AcquiredPage {
    page: Page,
    who: Who,
    label: String,
    subject: String,
    place: String,
    /// Where the file is, if the place is one.
    file: Option<String>,
    until: String,
    serial: String,
    tested: &'static str,
    back: String,
}

/// `POST /request/place`: where the key shall live.
pub(crate) async fn place(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let wanted = form.take("place").unwrap_or_default();
    let again = form.has("again");
    if begin(&visit, &mut form, |stage| matches!(stage, Stage::Holder)).is_none() {
        return onward(&visit);
    }
    let Some(task) = Task::of(&visit) else {
        return hand_back(&visit, Notice::Stale);
    };
    let mut chosen = None;
    if !again {
        let (places, _) = places(&local, &task).await;
        chosen = places.into_iter().find(|place| place.choice() == *wanted);
        if chosen.is_none() {
            return hand_back(&visit, Notice::NoPlace);
        }
    }
    visit.change(|state| {
        state.acquiring.chosen = chosen;
        state.stage = Stage::Holder;
    });
    see(&here(&visit))
}

/// `POST /request/key`: the person agrees, with what opens the place.
pub(crate) async fn key(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let typed = Typed::of(&mut form);
    if begin(&visit, &mut form, |stage| matches!(stage, Stage::Holder)).is_none() {
        return onward(&visit);
    }
    drop(form);
    let place = match settled(&local, &visit) {
        Ok(Some(place)) => place,
        Ok(None) => return hand_back(&visit, Notice::NoPlace),
        Err(fault) => return hand_back(&visit, Notice::Place(fault)),
    };
    let secret = match &place {
        Place::Token { module, label, serial } => typed.pin(module, label, serial).await,
        Place::File { .. } => typed.password(is_requested(&local, &visit)),
    };
    let secret = match secret {
        Ok(secret) => secret,
        Err(fault) => return hand_back(&visit, Notice::Place(fault)),
    };
    let task = tokio::spawn(acquisition::go_on(local, Arc::clone(&visit), place, secret));
    finish(&visit, task).await
}

/// What was typed, whatever the place asks.
struct Typed {
    pin: Option<Zeroizing<String>>,
    password: Option<Zeroizing<String>>,
    repeat: Option<Zeroizing<String>>,
    last_try: Option<LastTryConsent>,
}

impl Typed {
    fn of(form: &mut Form) -> Self {
        Self {
            pin: form.take("pin"),
            password: form.take("password"),
            repeat: form.take("repeat"),
            last_try: form.has("last_try").then(LastTryConsent::given_by_holder),
        }
    }

    /// The PIN of a token, in its form.
    async fn pin(self, module: &Path, label: &str, serial: &str) -> Result<Secret, PlaceFault> {
        let token = at(module, label, serial).await?;
        if token.own_keys {
            return Ok(Secret::Pin(None, self.last_try));
        }
        let typed = self
            .pin
            .map(|mut typed| std::mem::take(&mut *typed))
            .unwrap_or_default();
        let pin = Pin::parse(typed, &token.pin_rule).map_err(TokenFault::PinFormat)?;
        Ok(Secret::Pin(Some(pin), self.last_try))
    }

    /// The password of a file: as it was chosen once, or a new one.
    fn password(self, is_chosen: bool) -> Result<Secret, PlaceFault> {
        let password = self.password.unwrap_or_default();
        if !is_chosen {
            let repeat = self.repeat.unwrap_or_default();
            file::chosen(&password, &repeat).map_err(PlaceFault::PasswordUnfit)?;
        }
        Ok(Secret::Password(password))
    }
}

/// `POST /request/leave`: back to the portal, though the test failed.
pub(crate) async fn leave(State(local): State<Held>, headers: HeaderMap, body: Body) -> Response {
    let (visit, mut form) = match opened(&local, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let may = |stage: &Stage| matches!(stage, Stage::Holder);
    if visit.look().acquiring.failed.is_none() || begin(&visit, &mut form, may).is_none() {
        return onward(&visit);
    }
    let task = tokio::spawn(acquisition::leave(local, Arc::clone(&visit)));
    finish(&visit, task).await
}

impl Frame {
    /// The page for one of the two steps of an acquisition.
    pub(super) async fn acquire(self, local: &Held, visit: &Visit, says: &Text) -> Response {
        let Some(task) = Task::of(visit) else {
            return message(self.page, StatusCode::BAD_GATEWAY, Code::Fault, None);
        };
        match settled(local, visit) {
            Ok(Some(place)) => self.open(local, visit, task, place, says).await,
            Ok(None) => self.choose_place(local, visit, task, says).await,
            Err(fault) => message(self.page, StatusCode::INTERNAL_SERVER_ERROR, fault.code(), None),
        }
    }

    /// Where shall the key live?
    async fn choose_place(self, local: &Held, visit: &Visit, task: Task, says: &Text) -> Response {
        let words = self.page.words;
        let (places, faults) = places(local, &task).await;
        let said = visit.look().notice.clone();
        let lack = faults.into_iter().next().map(|fault| Notice::Place(fault.into()));
        let lack = lack.or((places.is_empty()).then_some(Notice::NoPlace));
        let notice = said.or(lack);
        let shown = PlacePage {
            title: words.say("acquire-title"),
            says: says.in_language(words.language()).to_owned(),
            subject: subject(&task),
            label: task.wanted.label,
            key: match task.wanted.keys.first() {
                Some(KeyKind::Rsa2048) => "RSA 2048",
                Some(KeyKind::P384) => "ECDSA P-384",
                Some(KeyKind::P256) | None => "ECDSA P-256",
            },
            notice: notice.and_then(|notice| told(&notice, words, None)),
            places: places.iter().map(|place| line(place, words)).collect(),
            page: self.page,
            who: self.who,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }

    /// What opens the key, and what is done with it.
    async fn open(self, local: &Held, visit: &Visit, task: Task, place: Place, says: &Text) -> Response {
        let words = self.page.words;
        let (mut notice, failed) = {
            let state = visit.look();
            (state.notice.clone(), state.acquiring.failed)
        };
        let begun = matches!(Record::read(&local.home, &task.mark), Ok(Some(_)));
        let mut asks = Asks::Nothing;
        let (mut rule, mut last_try, mut was_wrong, mut warning) = (None, false, false, None);
        let token = match &place {
            Place::Token { module, label, serial } => Some(at(module, label, serial).await),
            Place::File { .. } => None,
        };
        match token {
            None if is_requested(local, visit) => asks = Asks::Password,
            None => asks = Asks::NewPassword,
            Some(Err(fault)) => notice = Some(Notice::Place(fault)),
            Some(Ok(token)) => {
                // It is there again.
                notice.take_if(|notice| matches!(notice, Notice::Place(PlaceFault::Gone)));
                rule = Some(rule_of(&token));
                was_wrong = token.was_wrong;
                asks = if token.own_keys { Asks::OwnKeys } else { Asks::Pin };
                match token.tries_left {
                    TriesLeft::Blocked => {
                        asks = Asks::Nothing;
                        notice = Some(Notice::Place(PlaceFault::Token(TokenFault::PinBlocked)));
                    }
                    TriesLeft::Known(1) => {
                        last_try = true;
                        warning = Some(Notice::Card(CardFault::LastTry));
                    }
                    TriesLeft::Known(_) | TriesLeft::Unknown => {}
                }
            }
        }
        let unticked = notice
            .take_if(|notice| *notice == Notice::Place(PlaceFault::Token(TokenFault::LastTry)))
            .is_some();
        let error =
            notice.take_if(|notice| asks.is_typed() && matches!(notice, Notice::Place(fault) if fault.is_of_secret()));
        if notice.is_none() && error.is_none() {
            notice = failed.map(|failed| Notice::Test(code(failed)));
        }
        let (title, go) = match (failed.is_some(), task.issued.is_some() || begun) {
            (true, _) => ("acquire-test-title", "acquire-test-go"),
            (false, true) => ("acquire-go-on-title", "acquire-go-on-go"),
            (false, false) => ("acquire-make-title", "acquire-make-go"),
        };
        let rule = rule.as_ref();
        let shown = KeyPage {
            title: words.say(title),
            lead: says.in_language(words.language()).to_owned(),
            subject: subject(&task),
            label: task.wanted.label,
            file: path(&place),
            place: line(&place, words).name,
            notice: notice.and_then(|notice| told(&notice, words, rule)),
            warning: warning.and_then(|warning| told(&warning, words, rule)),
            error: error.and_then(|error| told(&error, words, rule)),
            asks,
            was_wrong,
            last_try,
            unticked,
            go: words.say(go),
            may_choose: !begun,
            may_leave: failed.is_some(),
            page: self.page,
            who: self.who,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }

    /// What was installed, where, and until when it is valid.
    pub(super) fn acquired(self, visit: &Visit, done: &Done) -> Response {
        let words = self.page.words;
        let label = wanted_label(visit);
        let shown = AcquiredPage {
            label,
            subject: done.certificate.subject().readable(),
            file: path(&done.place),
            place: line(&done.place, words).name,
            until: Moment::of(done.certificate.not_after()).short(),
            serial: done.certificate.serial().to_string(),
            tested: match done.tested {
                Tested::Untested => "acquired-untested",
                _ => "acquired-passed",
            },
            back: done.back.clone(),
            page: Page {
                live: None,
                ..self.page
            },
            who: self.who,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }
}

/// Where the key is, or was chosen to be.
fn settled(local: &Held, visit: &Visit) -> Result<Option<Place>, PlaceFault> {
    let Some(task) = Task::of(visit) else {
        return Ok(None);
    };
    let record = Record::read(&local.home, &task.mark)?;
    let chosen = || visit.look().acquiring.chosen.clone();
    Ok(record.map(|record| record.place).or_else(chosen))
}

/// The places of this terminal that the portal takes, and what is wrong with others.
async fn places(local: &Held, task: &Task) -> (Vec<Place>, Vec<TokenFault>) {
    let modules = local.home.modules().unwrap_or_else(|fault| {
        tracing::error!(%fault, "the list of modules cannot be read");
        Vec::new()
    });
    let (mut places, mut faults) = (Vec::new(), Vec::new());
    // The best place first, as the portal says.
    for kind in &task.wanted.places {
        match kind {
            Kind::Token => {
                let modules = modules.clone();
                let found = tokio::task::spawn_blocking(move || token::all(&modules)).await;
                let (tokens, of_modules) = found.unwrap_or_default();
                places.extend(tokens.iter().map(token::place));
                faults.extend(of_modules);
            }
            Kind::File => places.push(file::place(&local.home, &task.mark, &task.wanted)),
            // No agent writes to cards yet.
            Kind::Card => {}
        }
    }
    (places, faults)
}

async fn at(module: &Path, label: &str, serial: &str) -> Result<Token, PlaceFault> {
    let (module, label, serial) = (module.to_owned(), label.to_owned(), serial.to_owned());
    tokio::task::spawn_blocking(move || token::find(&module, &label, &serial))
        .await
        // It panicked, which is told as a place that is not there.
        .unwrap_or(Err(PlaceFault::Gone))
}

fn line(place: &Place, words: Words) -> PlaceLine {
    let (name, detail) = match place {
        Place::Token { module, label, serial } => {
            let module = module.file_name().map(|name| name.to_string_lossy().into_owned());
            let detail = format!("{serial}・{}", module.unwrap_or_default());
            (words.about("acquire-place-token", label), detail)
        }
        Place::File { path } => (words.say("acquire-place-file"), path.display().to_string()),
    };
    PlaceLine {
        choice: place.choice(),
        name,
        detail,
    }
}

fn path(place: &Place) -> Option<String> {
    match place {
        Place::Token { .. } => None,
        Place::File { path } => Some(path.display().to_string()),
    }
}

/// Whether a certificate was asked for: from then on it is that key, and the password that was chosen for it.
fn is_requested(local: &Held, visit: &Visit) -> bool {
    let record = Task::of(visit).and_then(|task| Record::read(&local.home, &task.mark).ok().flatten());
    record.is_some_and(|record| record.csr.is_some())
}

fn rule_of(token: &Token) -> PinRule {
    PinRule {
        min: token.pin_rule.shortest,
        max: token.pin_rule.longest,
        digits: false,
        tries: 0,
    }
}

fn subject(task: &Task) -> String {
    acquisition::subject(&task.wanted).map_or_else(String::new, |subject| subject.readable())
}

fn wanted_label(visit: &Visit) -> String {
    let state = visit.look();
    let found = state.asked.steps.iter().find_map(|step| match step {
        Step::Acquire { wanted, .. } => Some(wanted.label.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}

/// What a failed test is called.
fn code(failed: Tested) -> Code {
    match failed {
        Tested::NoConnection => Code::TestConnect,
        Tested::ServerUntrusted => Code::TestTrust,
        Tested::Clock => Code::TestClock,
        Tested::Expired => Code::TestExpired,
        Tested::Refused => Code::TestRefused,
        Tested::Server | Tested::Passed | Tested::Untested => Code::TestServer,
        Tested::Key => Code::TestKey,
    }
}
