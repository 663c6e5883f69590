//! What is kept of one thing that others publish, and the turn of whoever asks for it: many need it at once, one asks.

use std::sync::{Arc, PoisonError, RwLock};

use casework::time::Instant;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Why;

/// One list, or the answer about one certificate.
pub(super) struct Slot<T> {
    state: RwLock<State<T>>,
    turn: Arc<Mutex<()>>,
}

struct State<T> {
    kept: Option<Arc<T>>,
    failed: Option<(Instant, Why)>,
    asked_at: Instant,
}

impl<T> Slot<T> {
    pub(super) fn new(asked_at: Instant) -> Self {
        Self {
            state: RwLock::new(State {
                kept: None,
                failed: None,
                asked_at,
            }),
            turn: Arc::default(),
        }
    }

    pub(super) fn kept(&self) -> Option<Arc<T>> {
        self.read(|state| state.kept.clone())
    }

    /// Why it failed, if that was after `since`.
    pub(super) fn failed_after(&self, since: Instant) -> Option<Why> {
        self.read(|state| state.failed.clone())
            .and_then(|(at, why)| (at > since).then_some(why))
    }

    /// When it was last needed.
    pub(super) fn asked_at(&self) -> Instant {
        self.read(|state| state.asked_at)
    }

    pub(super) fn is_needed(&self, now: Instant) {
        // Most find it so, and do not keep the others from reading.
        if self.asked_at() < now {
            self.write(|state| state.asked_at = state.asked_at.max(now));
        }
    }

    pub(super) fn keep(&self, found: Arc<T>) {
        self.write(|state| {
            state.kept = Some(found);
            state.failed = None;
        });
    }

    pub(super) fn fail(&self, at: Instant, why: Why) {
        self.write(|state| state.failed = Some((at, why)));
    }

    /// Waits until nobody asks any more.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// The same, unless somebody is asking.
    pub(super) fn turn_now(&self) -> Option<OwnedMutexGuard<()>> {
        Arc::clone(&self.turn).try_lock_owned().ok()
    }

    // Nothing is left half done under this lock.
    fn read<R>(&self, look: impl FnOnce(&State<T>) -> R) -> R {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut State<T>)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}
