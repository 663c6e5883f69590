//! The PINs that are kept for a while, so that the second request of a portal session need not ask again.
//!
//! They live for one session of one portal, each while its card stays in the reader, thirty minutes at most (DESIGN §4).
//! One of them may outlast its card: that of the card that is swapped out in a renewal, to be tried once on the card that
//! takes its place (DOMAIN §4.6). Each use leaves it to the card's own comparison; a wrong one is dropped at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card::Pin;

use crate::cards::{Key, Seen, ShownCard};
use crate::origin::Origin;

/// Holds one PIN for each card in a reader, all of one session.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Holding>);

#[derive(Default)]
struct Holding {
    pins: Vec<KeptPin>,
    /// That of the card that is swapped out.
    carried: Option<Carried>,
    /// Whose PIN was kept and went with its card or its time.
    lost: Option<(Session, [u8; 32])>,
    /// The cards that refused a PIN that nobody had typed for them: it is not tried again by itself.
    shy: VecDeque<[u8; 32]>,
}

struct KeptPin {
    session: Session,
    card: Arc<ShownCard>,
    since: i64,
    // Shared with the one card command that may be using it; wiped when the last holder lets go.
    pin: Arc<Pin>,
}

struct Carried {
    session: Session,
    /// The visit in which the cards are swapped; it is of no use in another.
    visit: String,
    since: i64,
    pin: Arc<Pin>,
}

/// One session of one portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) portal: Origin,
    /// The portal's mark for it.
    pub(crate) mark: String,
}

/// Whether something is kept, for the page that tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    /// It goes when the card goes.
    WhileTheCardStays,
    /// It stays while the cards are swapped.
    ForTheSwap,
}

impl Kept {
    /// Keeps a PIN that the card has just accepted, in place of any other of this card or of another session. A PIN that
    /// was kept already grows no younger by its use.
    pub(crate) fn keep(&self, session: Session, card: &Arc<ShownCard>, pin: Arc<Pin>, now: i64) {
        let mut holding = self.lock();
        let since = holding
            .pins
            .iter()
            .map(|held| (held.since, &held.pin))
            .chain(holding.carried.iter().map(|held| (held.since, &held.pin)))
            .find(|(_, held)| Arc::ptr_eq(held, &pin))
            .map_or(now, |(since, _)| since);
        holding.only(&session);
        holding.pins.retain(|held| held.card.place.reader != card.place.reader);
        holding.pins.push(KeptPin {
            session,
            card: Arc::clone(card),
            since,
            pin,
        });
        holding.lost = None;
    }

    /// The PIN, if it was kept for this session and this very stay of the card.
    ///
    /// Another session's request ends the keeping: one session at a time.
    pub(crate) fn pin(&self, session: &Session, card: &ShownCard, now: i64) -> Option<Arc<Pin>> {
        self.expire(now);
        let mut holding = self.lock();
        holding.only(session);
        let held = holding.pins.iter().find(|held| held.is_of(card))?;
        Some(Arc::clone(&held.pin))
    }

    /// Whether a PIN of this card was kept for this session and went with the card or with its time.
    pub(crate) fn is_lost(&self, session: &Session, card: &ShownCard, now: i64) -> bool {
        self.expire(now);
        self.lock().lost.as_ref() == Some(&(session.clone(), mark(card)))
    }

    /// The PIN of this card is carried over the swap of this visit.
    pub(crate) fn carry(&self, session: &Session, visit: &str, card: &ShownCard, now: i64) {
        self.expire(now);
        let mut holding = self.lock();
        holding.only(session);
        holding.carried = holding.pins.iter().find(|held| held.is_of(card)).map(|held| Carried {
            session: session.clone(),
            visit: visit.to_owned(),
            since: held.since,
            pin: Arc::clone(&held.pin),
        });
    }

    /// The PIN that was carried over the swap of this visit, for a card that has not refused one by itself before.
    pub(crate) fn carried(&self, session: &Session, visit: &str, card: &ShownCard, now: i64) -> Option<Arc<Pin>> {
        self.expire(now);
        let holding = self.lock();
        let carried = holding.carried.as_ref()?;
        let fits = carried.session == *session && carried.visit == visit && !holding.shy.contains(&mark(card));
        fits.then(|| Arc::clone(&carried.pin))
    }

    /// The card refused the carried PIN: neither this one nor another is tried on it by itself again.
    pub(crate) fn was_refused(&self, card: &ShownCard) {
        let mut holding = self.lock();
        holding.carried = None;
        if holding.shy.len() >= MOST_SHY {
            holding.shy.pop_front();
        }
        holding.shy.push_back(mark(card));
    }

    /// The swap is over, one way or the other.
    pub(crate) fn put_down(&self, visit: &str) {
        let mut holding = self.lock();
        if holding.carried.as_ref().is_some_and(|carried| carried.visit == visit) {
            holding.carried = None;
        }
    }

    /// Whether one is kept.
    pub(crate) fn held(&self, now: i64) -> Held {
        self.expire(now);
        let holding = self.lock();
        if holding.carried.is_some() {
            Held::ForTheSwap
        } else if holding.pins.is_empty() {
            Held::Nothing
        } else {
            Held::WhileTheCardStays
        }
    }

    /// Wipes all.
    pub(crate) fn wipe(&self) {
        let mut holding = self.lock();
        holding.pins.clear();
        holding.carried = None;
        holding.lost = None;
    }

    /// Wipes this session's.
    pub(crate) fn end(&self, session: &Session) {
        let mut holding = self.lock();
        holding.pins.retain(|held| held.session != *session);
        holding.carried.take_if(|carried| carried.session == *session);
        holding.lost.take_if(|(lost, _)| lost == session);
    }

    /// Wipes those whose cards have left the reader.
    pub(crate) fn look(&self, seen: &Seen) {
        self.lock().lose(|held| !seen.holds(&held.card.place));
    }

    /// Wipes those whose time is over, or all when the clock was set back and the time cannot be told.
    pub(crate) fn expire(&self, now: i64) {
        let is_over = |since: i64| !(since..since + LONGEST).contains(&now);
        let mut holding = self.lock();
        holding.lose(|held| is_over(held.since));
        holding.carried.take_if(|carried| is_over(carried.since));
    }

    fn lock(&self) -> MutexGuard<'_, Holding> {
        // Each change is of one field: a panic leaves none half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holding {
    /// One session at a time.
    fn only(&mut self, session: &Session) {
        self.pins.retain(|held| held.session == *session);
        self.carried.take_if(|carried| carried.session != *session);
        self.lost.take_if(|(lost, _)| lost != session);
    }

    fn lose(&mut self, is_lost: impl Fn(&KeptPin) -> bool) {
        if let Some(held) = self.pins.iter().rev().find(|held| is_lost(held)) {
            self.lost = Some((held.session.clone(), mark(&held.card)));
        }
        self.pins.retain(|held| !is_lost(held));
    }
}

impl KeptPin {
    fn is_of(&self, card: &ShownCard) -> bool {
        self.card.place == card.place
    }
}

/// By what a card is known again after it left.
fn mark(card: &ShownCard) -> [u8; 32] {
    card.fingerprint(Key::Authentication)
}

/// Seconds.
const LONGEST: i64 = 30 * 60;
/// More cards than anybody swaps in vain.
const MOST_SHY: usize = 64;
