//! Citizens' cards that answered as no card of ours does.

use casework::time::Instant;

use super::{Finding, State, What};
use crate::fault::Fault;
use crate::store::Store;

/// Nothing, where there was none of late.
pub(super) async fn examine(store: &Store, now: Instant) -> Result<Vec<Finding>, Fault> {
    let halted = store.halted_pin_resets(now.plus_seconds(-LATELY)).await?;
    if halted == 0 {
        return Ok(Vec::new());
    }
    let says = format!(
        "{halted} reservations were halted within seven days: a card, or a kiosk, answered as none of ours does"
    );
    Ok(vec![Finding::of(What::Card, ABOUT, State::Failure, says, NEXT)])
}

const ABOUT: &str = "citizens' cards";
const NEXT: &str = "look for `halted` of `pin_reset` in the audit: it names card, kiosk and what was wrong; look at the kiosk, \
                    revoke it (`kagimori kiosk revoke`) if it was tampered with, and let the card's holder come to the counter";
/// Seven days.
const LATELY: i64 = 7 * 86_400;
