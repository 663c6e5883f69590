//! The one PIN that is kept for a while, so that the second request of a portal session need not ask again.
//!
//! It lives for one session of one portal, while its card stays in the reader, thirty minutes at most (DESIGN §4).
//! Each use leaves it to the card's own comparison; a wrong one is dropped at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card::Pin;
use card::reader::Insertion;

use crate::cards::{Seen, ShownCard};
use crate::origin::Origin;

/// Holds at most one PIN.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<KeptPin>>);

struct KeptPin {
    session: Session,
    reader: String,
    insertion: Insertion,
    since: i64,
    // Shared with the one card command that may be using it; wiped when the last holder lets go.
    pin: Arc<Pin>,
}

/// One session of one portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) portal: Origin,
    /// The portal's mark for it.
    pub(crate) mark: String,
}

impl Kept {
    /// Keeps a PIN that the card has just accepted, in place of any other.
    pub(crate) fn keep(&self, session: Session, card: &ShownCard, pin: Arc<Pin>, now: i64) {
        *self.lock() = Some(KeptPin {
            session,
            reader: card.reader.clone(),
            insertion: card.insertion.clone(),
            since: now,
            pin,
        });
    }

    /// The PIN, if it was kept for this session and this very stay of the card.
    ///
    /// Another session's request ends the keeping: one session at a time.
    pub(crate) fn pin(&self, session: &Session, card: &ShownCard, now: i64) -> Option<Arc<Pin>> {
        self.expire(now);
        let mut kept = self.lock();
        let held = kept.as_ref()?;
        if held.session != *session || held.reader != card.reader || held.insertion != card.insertion {
            *kept = None;
            return None;
        }
        Some(Arc::clone(&held.pin))
    }

    /// Whether one is kept.
    pub(crate) fn is_held(&self, now: i64) -> bool {
        self.expire(now);
        self.lock().is_some()
    }

    /// Wipes it.
    pub(crate) fn wipe(&self) {
        *self.lock() = None;
    }

    /// Wipes it if it is this session's.
    pub(crate) fn end(&self, session: &Session) {
        let mut kept = self.lock();
        if kept.as_ref().is_some_and(|held| held.session == *session) {
            *kept = None;
        }
    }

    /// Wipes it if its card has left the reader.
    pub(crate) fn look(&self, seen: &Seen) {
        let mut kept = self.lock();
        if kept
            .as_ref()
            .is_some_and(|held| !seen.holds(&held.reader, &held.insertion))
        {
            *kept = None;
        }
    }

    /// Wipes it when its time is over, or when the clock was set back and the time cannot be told.
    pub(crate) fn expire(&self, now: i64) {
        let mut kept = self.lock();
        if kept
            .as_ref()
            .is_some_and(|held| !(held.since..held.since + LONGEST).contains(&now))
        {
            *kept = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<KeptPin>> {
        // A panic cannot leave an Option half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds.
const LONGEST: i64 = 30 * 60;
