//! What must be known to decide on a reservation, and what follows from it.

use super::command::Told;
use super::policy::{Hours, Policy};
use super::state::{Card, Doubt, Reservation, Tries};
use crate::Refusal;
use crate::card::Standing;
use crate::identity::Digest;
use crate::officer::{Officer, Role};
use crate::time::Instant;

/// What must be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The card at hand, where the office has issued it.
    pub card: Option<Known>,
    /// The versions of 手続きの流れ and 利用規約 that are shown now.
    pub texts: (Digest, Digest),
    /// Unlike faces of earlier cases of this card.
    pub tries: Tries,
    /// Who acts, at a counter.
    pub officer: Option<Officer>,
    /// Whether anybody is written to.
    pub letters: Letters,
}

/// Whether anybody is written to about a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// No address was left, or none is kept any more.
    Unwanted,
    /// An address is kept.
    Wanted {
        /// When time brings the next letter.
        next: Option<Instant>,
    },
}

/// A card that the office has issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which one.
    pub card: Card,
    /// What its 利用者証明用 certificate is worth now.
    pub authentication: Standing,
    /// What its 署名用 certificate is worth now (R403).
    pub signature: Standing,
    /// The version of the key that its keys come from.
    pub key_version: u8,
    /// Where its counter stands, as it was confirmed last.
    pub counter: u32,
}

impl Facts {
    /// A card of this office whose both certificates are accepted now (R403).
    pub(super) fn eligible(&self, now: Instant) -> Result<&Known, Refusal> {
        let known = self.card.as_ref().ok_or(Refusal::UnknownCard)?;
        known.authentication.accepted(now)?;
        known.signature.accepted(now)?;
        Ok(known)
    }

    pub(super) fn is_eligible(&self, card: Card, now: Instant) -> Result<&Known, Refusal> {
        let known = self.eligible(now)?;
        if known.card != card {
            return Err(Refusal::AnotherCard);
        }
        Ok(known)
    }

    /// Whoever may look at people at this office's counter.
    pub(super) fn clerk(&self, policy: &Policy) -> Result<&Officer, Refusal> {
        if !policy.counter {
            return Err(Refusal::Stale);
        }
        let officer = self.officer.as_ref().ok_or(Refusal::NotAnOfficer)?;
        officer.must(Role::Entry)?;
        Ok(officer)
    }

    /// What must hold whenever a kiosk is about to do something: hours, the reservation's time, the card and where its counter
    /// stands. A counter that cannot be is a matter of its own.
    pub(super) fn at_kiosk(
        &self,
        reservation: &Reservation,
        told: Told,
        policy: &Policy,
        now: Instant,
    ) -> Result<Option<Doubt>, Refusal> {
        let Hours { opens, closes, .. } = policy.hours;
        if !policy.hours.open(now) {
            return Err(Refusal::KioskClosed { opens, closes });
        }
        if told.card != reservation.card {
            return Err(Refusal::AnotherReservedCard);
        }
        reservation.counts(now)?;
        let known = self.is_eligible(reservation.card, now)?;
        // Every announcement was made where the counter stood as it was confirmed last.
        let as_known = told.counter == known.counter && told.key_version == known.key_version;
        Ok((!as_known).then_some(Doubt::Counter))
    }
}
