//! What an office chooses for acquisitions.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::state::Tries;
use crate::time::{Day, Instant};

/// What an office may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// So many months its codes are taken (R308).
    pub acquired_within_months: u16,
    /// For how long it is certified (R302, R310).
    pub validity: Validity,
    /// So many wrong codes in a row are taken, and again so many after each pause.
    pub tries: u32,
    /// Seconds of the first pause. Each one is twice as long as the one before, a day at the most.
    pub blocked_for: i64,
    /// What becomes of the certificate before.
    pub former: Former,
    /// So many days before its end it can be renewed by the terminal itself, both ends included (R303, A18).
    pub renewable_for_days: u16,
    /// So many days before an end its holder is reminded, the most first.
    pub reminders: Vec<u16>,
    /// From this second of the day on mails are written.
    pub reminded_from: u32,
    /// So many months after its end a certificate that was not renewed leaves the terminal suspended (R308).
    pub suspended_after_months: u16,
}

/// As DOMAIN decided it, where an office says nothing else: R302, R303, R308, A18, A19.
impl Default for Policy {
    fn default() -> Self {
        Self {
            acquired_within_months: 2,
            validity: Validity::Months(12),
            tries: 5,
            blocked_for: 30 * 60,
            former: Former::UntilInstalled,
            renewable_for_days: 28,
            reminders: vec![28, 14, 7, 1],
            reminded_from: 8 * 3_600,
            suspended_after_months: 2,
        }
    }
}

/// For how long a terminal is certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// To the end of the same day so many months later (R302, A19).
    Months(u16),
    /// To the end of this day, for all (R310).
    Until(Day),
}

/// What becomes of the certificate before, when a terminal gets another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Former {
    /// It is superseded when the terminal works with the new one.
    UntilInstalled,
    /// It is superseded when the right to a new one is opened, and by the new one where it is renewed.
    AtOnce,
    /// It is superseded so many days after the new one was acquired.
    AfterDays(u16),
}

/// The days on which a certificate with this last instant can be renewed (R303): 2026-12-31 from 2026-12-03 on.
pub fn window(until: Instant, days: u16) -> RangeInclusive<Day> {
    let last = until.day();
    last.plus(-i32::from(days))..=last
}

impl Validity {
    /// The last instant of what is acquired now.
    pub fn until(self, now: Instant) -> Instant {
        match self {
            Self::Months(months) => now.day().plus_months(months).ends(),
            Self::Until(day) => day.ends(),
        }
    }
}

impl Policy {
    /// When its holder is reminded of an end next, after having been reminded `reminded` days before it.
    pub(super) fn next_reminder(&self, until: Instant, reminded: Option<u16>) -> Option<Instant> {
        let ahead = self
            .reminders
            .iter()
            .filter(|days| reminded.is_none_or(|last| **days < last));
        ahead.max().map(|days| self.reminder(until, *days))
    }

    /// Of which reminder it is time: the last one of those that are due.
    pub(super) fn due_reminder(&self, until: Instant, reminded: Option<u16>, now: Instant) -> Option<u16> {
        let ahead = self
            .reminders
            .iter()
            .filter(|days| reminded.is_none_or(|last| **days < last));
        ahead.filter(|days| self.reminder(until, **days) <= now).min().copied()
    }

    fn reminder(&self, until: Instant, days: u16) -> Instant {
        let day = until.day().plus(-i32::from(days));
        day.begins().plus_seconds(i64::from(self.reminded_from))
    }
}

impl Tries {
    /// Once more in vain.
    pub(super) fn and_another(self, policy: &Policy, now: Instant) -> Self {
        let wrong = self.wrong.saturating_add(1);
        let pauses = wrong / policy.tries.max(1);
        let pause = policy
            .blocked_for
            .saturating_mul(1_i64 << pauses.saturating_sub(1).min(16));
        let blocked = wrong.is_multiple_of(policy.tries.max(1));
        Self {
            wrong,
            blocked_until: blocked.then(|| now.plus_seconds(pause.min(A_DAY))),
        }
    }
}

const A_DAY: i64 = 86_400;
