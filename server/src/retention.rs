//! How long is kept what has to be kept, and how it goes (DOMAIN §2.5).
//!
//! In two steps: first a mark, and only days later the erasure; between them a mark can be taken back. What goes is the
//! content: applications, letters, evidence, certificates, and what the audit says of them. What stays is what others rely
//! on: revoked rows, serial numbers, receipt numbers, and of each event of the audit its commitment, so that the log can be
//! verified as before ([`crate::audit::erasure`]).

use casework::time::{Date, Instant};

use crate::config::Retention;
use crate::desk::Actor;
use crate::fault::Fault;
use crate::store::{Candidate, Gone, Store, Tombstone};

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An application, accepted or not, with everything about its applicant.
    Application,
    /// What the audit says of an application or of a certificate: the documents of its events.
    Audit,
    /// The content of a certificate.
    Certificate,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Application, Self::Audit, Self::Certificate];

    /// The word in rows, in the audit and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Audit => "audit",
            Self::Certificate => "certificate",
        }
    }

    /// The rule by which it is kept.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Application => "application: years after the end of the certificate that it is about",
            Self::Audit => "audit: years after the end of the certificate that it is about, and after its last event",
            Self::Certificate => "certificate: years after its end",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a run would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be marked.
    pub mark: Vec<Candidate>,
    /// Marked, and their days are over.
    pub erase: Vec<Tombstone>,
    /// Marked, and their days are not over.
    pub wait: Vec<Tombstone>,
    /// Taken back: they stay until they are let go.
    pub held: Vec<Tombstone>,
}

/// What a run has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// So many were marked.
    pub marked: usize,
    /// These are gone.
    pub erased: Vec<(Kind, Gone)>,
    /// Marks that were dropped, because the rule keeps the thing longer by now, or because something happened to it.
    pub unmarked: usize,
}

/// What would go now; nothing is changed.
pub async fn plan(store: &Store, rule: Retention, now: Instant) -> Result<Plan, Fault> {
    let mut plan = Plan::default();
    // A first, wider net: no year has fewer days.
    let before = now.plus_seconds(-i64::from(rule.years) * 365 * 86_400);
    for candidate in store.past_their_time(before).await? {
        let until = kept_until(candidate.expires, rule);
        if until.0 < now.0 {
            plan.mark.push(Candidate {
                kept_until: until,
                ..candidate
            });
        }
    }
    for mark in store.tombstones().await? {
        match mark.erase_at {
            None => plan.held.push(mark),
            Some(at) if at.0 <= now.0 => plan.erase.push(mark),
            Some(_) => plan.wait.push(mark),
        }
    }
    Ok(plan)
}

/// Does what is planned: erases first what was marked long enough ago, then marks.
pub async fn run(
    store: &Store,
    rule: Retention,
    actor: &Actor<'_>,
    now: Instant,
    salt: impl Fn() -> [u8; 16],
) -> Result<Done, Fault> {
    let plan = plan(store, rule, now).await?;
    let mut done = Done::default();
    for mark in plan.erase {
        // The rule may keep it longer than when it was marked; it never goes earlier than the rule of today says.
        let until = kept_until(mark.expires, rule);
        if until.0 >= now.0 {
            store.unmark(&mark, &actor.to_string(), now, salt()).await?;
            done.unmarked += 1;
        } else {
            match store.erase(&mark, &actor.to_string(), now, salt()).await? {
                Some(gone) => done.erased.push((mark.kind, gone)),
                None => done.unmarked += 1,
            }
        }
    }
    let erase_at = now.plus_seconds(i64::from(rule.marked_days) * 86_400);
    for page in plan.mark.chunks(MARKED_AT_ONCE) {
        // Each mark is an event of its own: an erasure that nobody announced is found.
        let page = page.iter().map(|candidate| (candidate.clone(), salt())).collect();
        done.marked += store.mark(page, &actor.to_string(), (now, erase_at)).await?;
    }
    Ok(done)
}

/// The last instant of the day, so many years after that of the expiry, in Japan.
pub fn kept_until(expires: Instant, rule: Retention) -> Instant {
    let date = expires.day().date();
    let year = date.year + i32::try_from(rule.years).unwrap_or(i32::MAX - date.year);
    // 29 February has no anniversary in most years: the day after the 28th is not earlier than it.
    let is_leap_day = (date.month, date.day) == (2, 29) && !is_leap(year);
    let (month, day) = if is_leap_day { (3, 1) } else { (date.month, date.day) };
    Date { year, month, day }.as_day().ends()
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const MARKED_AT_ONCE: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_shorter_than_to_the_same_day() {
        let rule = Retention {
            years: 10,
            marked_days: 30,
        };
        for (year, month, day, until) in [
            (2026, 12, 31, (2036, 12, 31)),
            (2028, 2, 29, (2038, 3, 1)),
            (2030, 2, 28, (2040, 2, 28)),
        ] {
            let last = Date { year, month, day }.as_day().ends();
            let (year, month, day) = until;
            assert_eq!(kept_until(last, rule), Date { year, month, day }.as_day().ends());
        }
    }
}
