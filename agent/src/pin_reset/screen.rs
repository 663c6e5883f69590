//! One screen before one person: what it shows, and what waits for it to change.
//!
//! App and kiosk have one page each, at one address: a form changes what the screen shows and leads back to it, so that going
//! back or loading it again does no harm.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wire::office::Language;

use super::citizen::CitizenCards;
use crate::form::Form;
use crate::pages::{accepted, see};
use crate::visit::{FormToken, Spent};
use crate::words::Words;

/// What a screen shows, and who waits for its change.
pub(crate) struct Screen<S> {
    state: Mutex<S>,
    version: watch::Sender<u64>,
}

/// What every screen's state has.
pub(crate) trait Shows {
    fn form(&mut self) -> &mut FormToken;
    fn language(&mut self) -> &mut Option<Language>;
}

impl<S: Shows> Screen<S> {
    pub(crate) fn new(state: S) -> Self {
        Self {
            state: Mutex::new(state),
            version: watch::Sender::new(1),
        }
    }

    pub(crate) fn look(&self) -> MutexGuard<'_, S> {
        // Stages are replaced whole: a panic leaves none half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells those who wait.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        let outcome = change(&mut self.look());
        self.version.send_modify(|version| *version += 1);
        outcome
    }

    /// The words that were chosen, or that the browser would like.
    pub(crate) fn words(&self, headers: &HeaderMap) -> Words {
        Words::of(self.look().language().unwrap_or_else(|| accepted(headers)))
    }

    /// What a page has seen: the readers, and the screen.
    pub(crate) fn mark(&self, cards: &CitizenCards) -> String {
        format!("{}-{}", cards.seen().number, *self.version.borrow())
    }

    /// Answers 200 as soon as readers or screen are no longer as in `after`, and 204 after a while.
    pub(crate) async fn changes(&self, cards: &CitizenCards, after: &str) -> StatusCode {
        let (mut versions, mut readers) = (self.version.subscribe(), cards.changes());
        let changed = async {
            while self.mark(cards) == after {
                let more = tokio::select! {
                    more = versions.changed() => more.is_ok(),
                    more = readers.changed() => more.is_ok(),
                };
                if !more {
                    break;
                }
            }
        };
        match tokio::time::timeout(LOOK, changed).await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::NO_CONTENT,
        }
    }

    /// Reads a form and uses its token up. `None` where the browser is only to see how things stand.
    pub(crate) async fn opened(&self, body: Body) -> Option<Form> {
        let mut form = tokio::time::timeout(READ, Form::read(body)).await.ok()?.ok()?;
        let token = form.take("token").unwrap_or_default();
        self.spend(&token).then_some(form)
    }

    /// Whether a token is the one of the page that is shown; it is used up.
    pub(crate) fn spend(&self, token: &str) -> bool {
        self.change(|state| state.form().spend(token)) == Spent::Now
    }

    /// `POST /language`: changes nothing but words, so it needs no token.
    pub(crate) async fn speak(&self, body: Body) -> Response {
        if let Ok(mut form) = Form::read(body).await
            && let Some(language) = form.take("language").and_then(|tag| Language::from_tag(&tag))
        {
            self.change(|state| *state.language() = Some(language));
        }
        see("/")
    }
}

/// Waits a little for the work, so that the browser usually goes straight on; the page of the work bridges the rest.
pub(crate) async fn bridged(work: JoinHandle<()>) -> Response {
    let _ = tokio::time::timeout(PATIENCE, work).await;
    see("/")
}

/// A counter of turns: work that was begun in one has no say in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn(u64);

impl Turn {
    pub(crate) fn next(&mut self) -> Self {
        self.0 += 1;
        *self
    }
}

const LOOK: Duration = Duration::from_secs(25);
const READ: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(3);
