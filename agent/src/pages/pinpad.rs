//! What the page of a signature asks beside the holder's consent: the PIN, or whether one that is there already is used.

use std::sync::Arc;

use card::{CardFault, TriesLeft};
use wire::card_request::{SAME_PIN_TRIES, SamePin, Step};

use super::consent::may_be_of;
use crate::cards::ShownCard;
use crate::guard::Held;
use crate::visit::Visit;

/// What the page wants beside the holder's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Pin,
    /// The PIN is still there from the request before.
    Kept,
    /// The PIN of the card before is tried once (DOMAIN §4.6).
    Same,
    /// The card is locked or cannot be asked.
    Nothing,
}

impl Asks {
    pub(super) fn is_nothing(self) -> bool {
        self == Self::Nothing
    }
}

/// What the card lets the page ask for.
pub(super) struct Pinpad {
    pub(super) asks: Asks,
    /// Tries left, where the card tells.
    pub(super) tries: Option<u8>,
    pub(super) objection: Option<CardFault>,
    /// The holder may say that the PIN is that of the card before.
    pub(super) offers_same: bool,
    /// A PIN of this card was kept, and went with the card or its time.
    pub(super) is_lost: bool,
}

impl Pinpad {
    pub(super) fn closed() -> Self {
        Self {
            asks: Asks::Nothing,
            tries: None,
            objection: None,
            offers_same: false,
            is_lost: false,
        }
    }

    pub(super) async fn at(local: &Held, visit: &Visit, card: Arc<ShownCard>) -> Self {
        let (session, now) = (visit.session(), local.clock.now());
        let kept = local.kept.pin(&session, &card, now).is_some();
        let is_lost = local.kept.is_lost(&session, &card, now);
        let rule = visit.look().rule.clone();
        let carried = local.kept.carried(&session, &visit.id, &card, now);
        let carried = carried.is_some_and(|pin| may_be_of(&pin, &rule));
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
        let may_try = carried && tries.is_some_and(|left| left >= SAME_PIN_TRIES);
        let same_pin = if may_try { same_pin(visit) } else { SamePin::Off };
        // The kept PIN never takes the last try, and neither does anybody unwarned (G-P3).
        let asks = if kept && tries != Some(1) {
            Asks::Kept
        } else if same_pin == SamePin::Auto {
            Asks::Same
        } else {
            Asks::Pin
        };
        Self {
            asks,
            tries,
            objection,
            offers_same: asks == Asks::Pin && same_pin == SamePin::Ask,
            is_lost,
        }
    }
}

/// Only what the signature key signs is signed with another card's PIN.
fn same_pin(visit: &Visit) -> SamePin {
    let state = visit.look();
    match state.asked.step() {
        Some(Step::Sign { .. }) => state.asked.same_pin,
        _ => SamePin::Off,
    }
}

async fn tries_left(local: &Held, card: Arc<ShownCard>) -> Result<TriesLeft, CardFault> {
    let cards = Arc::clone(&local.cards);
    tokio::task::spawn_blocking(move || cards.tries_left(&card))
        .await
        // A panic at the reader is told as a card that does not answer.
        .unwrap_or(Err(CardFault::Unreadable))
}
