//! How the decisions on a reservation are put together.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{Announcement, Card, Case, Decision, Doubt, Errand, Event, Reservation, Told, Visit, Write};
use crate::identity::KioskId;
use crate::time::Instant;
use crate::{Answer, Refusal};

pub(super) fn announcement(
    kiosk: KioskId,
    told: Told,
    (challenge, host_random): ([u8; 16], [u8; 16]),
    now: Instant,
) -> Announcement {
    Announcement {
        kiosk,
        key_version: told.key_version,
        counter: told.counter,
        challenge,
        host_random,
        at: now,
    }
}

pub(super) fn announced(
    reservation: &Reservation,
    before: &[Announcement],
    announcement: Announcement,
    visit: Option<Visit>,
) -> Decision {
    let event = Event::Announced {
        kiosk: announcement.kiosk,
        counter: announcement.counter,
    };
    let mut announcements = before.to_vec();
    announcements.push(announcement);
    let next = Case::Announced {
        reservation: Box::new(reservation.clone()),
        announcements,
        visit,
    };
    quiet(next, event)
}

pub(super) fn replaced(
    card: Card,
    reservation: Option<&Reservation>,
    announcements: &[Announcement],
    now: Instant,
) -> Decision {
    let next = Case::Replaced {
        card,
        reservation: reservation.cloned().map(Box::new),
        announcements: announcements.to_vec(),
        at: now,
    };
    quiet(next, Event::Replaced).writing(Write::Release { card })
}

pub(super) fn halted(
    reservation: &Reservation,
    announcements: &[Announcement],
    kiosk: KioskId,
    told: Told,
    why: Doubt,
    now: Instant,
) -> Decision {
    let card = reservation.card;
    let next = Case::Halted {
        reservation: Box::new(reservation.clone()),
        announcements: announcements.to_vec(),
        why,
        at: now,
    };
    let event = Event::Halted {
        kiosk,
        why,
        counter: told.counter,
    };
    Decision {
        answer: Answer::Refused(Refusal::Halted),
        errands: vec![Errand::Alarm { card: card.number, why }],
        ..quiet(next, event).writing(Write::Release { card })
    }
}

pub(super) fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: Vec::new(),
        errands: Vec::new(),
        answer: Answer::Done,
    }
}

impl Decision {
    pub(super) fn writing(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }
}
