//! What a card's receipt and answer say of what was announced: the card speaks, whoever carries it.

use casework::evidence::Receipted;
use casework::identity::CardNumber;
use casework::pin_reset::{Announcement, Case, Doubt, Told};

use crate::desk::evidence::receipted;
use crate::fault::Fault;
use crate::unblock::{Exchange, KeyVersion, Unblock, UnblockFault};

/// What came from the card, as a kiosk carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Its receipt of the last time, where there was one.
    pub receipt: Option<[u8; 19]>,
    /// Its answer to the cryptogram, where the kiosk still has it.
    pub answer: Option<[u8; 16]>,
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It has done what was announced.
    Done(Receipted),
    /// It has done nothing: its counter stands where it stood.
    Nothing,
    /// No card of ours says that.
    Doubt(Doubt),
}

/// Judges it against everything that was announced in a case.
pub(super) fn judge(unblock: &Unblock, case: &Case, told: Told, carried: &Carried) -> Result<Heard, Fault> {
    let announced = match case {
        Case::Used { by, .. } => std::slice::from_ref(by),
        _ => case.announcements(),
    };
    for announcement in announced {
        let Some(exchange) = exchange(told.card.number, announcement) else {
            continue;
        };
        let Some(receipt) = carried.receipt else { break };
        let Some(receipted) = known(receipted(unblock, &receipt, &exchange))?.flatten() else {
            continue;
        };
        let answers = match carried.answer {
            Some(answer) => known(unblock.confirms(&answer, &exchange))?.unwrap_or(false),
            None => true,
        };
        return Ok(if answers {
            Heard::Done(receipted)
        } else {
            Heard::Doubt(Doubt::Answer)
        });
    }
    let Some(last) = announced.last() else {
        return Ok(Heard::Nothing);
    };
    Ok(if told.counter == last.counter {
        Heard::Nothing
    } else if told.counter == last.counter.saturating_add(1) {
        Heard::Doubt(Doubt::Receipt)
    } else {
        Heard::Doubt(Doubt::Counter)
    })
}

/// What was announced, as the card's keys know it. `None` where no card has such a key.
pub(super) fn exchange(card: CardNumber, announcement: &Announcement) -> Option<Exchange> {
    Some(Exchange {
        card,
        key_version: KeyVersion::new(announcement.key_version)?,
        counter: announcement.counter,
        challenge: announcement.challenge,
        host_random: announcement.host_random,
    })
}

/// What no card can have says nothing.
fn known<T>(said: Result<T, UnblockFault>) -> Result<Option<T>, Fault> {
    match said {
        Ok(said) => Ok(Some(said)),
        Err(UnblockFault::UnknownVersion(_) | UnblockFault::Counter(_)) => Ok(None),
        Err(UnblockFault::Bug(bug)) => Err(Fault::Bug(bug)),
    }
}
