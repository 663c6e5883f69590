//! Letters about a reservation, to whoever left an address for them: which, and when time brings one (DOMAIN §7.5).
//!
//! None goes out before a card has proved itself and the reservation counts, so that nobody writes to strangers through us.

use alloc::boxed::Box;

use super::{Case, Decision, Errand, Event, Facts, Letter, Letters, Policy, Reservation, Visit, Write, quiet};
use crate::Refusal;
use crate::time::Instant;

impl Decision {
    /// This letter, where somebody wants letters.
    pub(super) fn telling(mut self, letters: Letters, letter: Letter) -> Self {
        if letters != Letters::Unwanted {
            self.errands.push(Errand::Mail(letter));
        }
        self
    }

    /// 予約完了, and time brings the others.
    pub(super) fn telling_of(self, letters: Letters, reservation: &Reservation, policy: &Policy) -> Self {
        if letters == Letters::Unwanted {
            return self;
        }
        let at = Some(reservation.reminder(policy).unwrap_or(reservation.over()));
        self.telling(letters, Letter::Reserved).writing(Write::Wake { at })
    }
}

impl Reservation {
    /// An hour before a kiosk can be used for the last time. `None` where it never could for more than that hour.
    fn reminder(&self, policy: &Policy) -> Option<Instant> {
        let usable = policy.hours.usable(self.since, self.until);
        let seconds: i64 = usable.iter().map(|span| span.until.0 - span.from.0).sum();
        // The last instant of a reservation counts, and is a second of its own.
        let last = usable.last().filter(|_| seconds > AN_HOUR + 1)?;
        Some(last.until.min(self.until).plus_seconds(-AN_HOUR))
    }

    /// The first instant at which it does not count any more.
    const fn over(&self) -> Instant {
        self.until.plus_seconds(1)
    }
}

/// Time has brought the next letter to a reservation that nobody has used.
pub(super) fn woken(
    reservation: &Reservation,
    visit: Option<Visit>,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    let due = match facts.letters {
        Letters::Wanted { next: Some(at) } => at <= now,
        Letters::Wanted { next: None } | Letters::Unwanted => false,
    };
    if !due {
        return Err(Refusal::Stale);
    }
    let same = Case::Reserved {
        reservation: Box::new(reservation.clone()),
        visit,
    };
    if now > reservation.until {
        let over = quiet(same, Event::Lapsed).telling(facts.letters, Letter::Expired);
        return Ok(over.writing(Write::Wake { at: None }));
    }
    // Where this comes so late that no kiosk is left for it, nobody is sent to one.
    let reminded = if policy.hours.usable(now, reservation.until).is_empty() {
        quiet(same, Event::Unreminded)
    } else {
        quiet(same, Event::Reminded).telling(facts.letters, Letter::Ending)
    };
    let at = Some(reservation.over());
    Ok(reminded.writing(Write::Wake { at }))
}

const AN_HOUR: i64 = 3_600;
