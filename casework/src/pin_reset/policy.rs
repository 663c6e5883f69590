//! What an office chooses for resets of signature passwords, and when they are possible (DOMAIN §7.2).

use alloc::vec::Vec;

use super::state::Tries;
use crate::Refusal;
use crate::time::{Day, Instant};

/// What an office may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// For so many seconds a reservation counts; the last one is included (R411).
    pub reserved_for: i64,
    /// When kiosks work (R410).
    pub hours: Hours,
    /// When nothing is reserved (R409): from the first instant to before the second.
    pub maintenance: Vec<(Instant, Instant)>,
    /// So many seconds from the first page to the end of the face match.
    pub session: i64,
    /// So many unlike faces in a row are taken.
    pub attempts: u8,
    /// Seconds of the pause after them.
    pub pause: i64,
    /// So many seconds from setting the card to the announcement.
    pub visit: i64,
    /// So many seconds a cryptogram can be used, and no other kiosk gets one.
    pub announced_for: i64,
    /// Whether a clerk at a counter can open a reservation in place of the face match.
    pub counter: bool,
}

/// When kiosks work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The first second of the day.
    pub opens: u32,
    /// The first second of the day that is not included any more.
    pub closes: u32,
    /// Days on which they do not work at all, in order.
    pub closed: Vec<Day>,
}

/// From its first instant to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
}

/// As DOMAIN decided it, where an office says nothing else: R405, R409–R411, A22, A23.
impl Default for Policy {
    fn default() -> Self {
        Self {
            reserved_for: 86_400,
            hours: Hours {
                opens: 23_400,
                closes: 82_800,
                closed: Vec::new(),
            },
            maintenance: Vec::new(),
            session: 1_800,
            attempts: 5,
            pause: 1_800,
            visit: 600,
            announced_for: 60,
            counter: false,
        }
    }
}

impl Policy {
    /// Until when nothing is reserved, if that is so now; windows that touch are one.
    pub fn maintained(&self, now: Instant) -> Option<Instant> {
        let mut until = now;
        while let Some((_, later)) = self
            .maintenance
            .iter()
            .find(|(from, end)| *from <= until && until < *end)
        {
            until = *later;
        }
        (until > now).then_some(until)
    }
}

impl Hours {
    /// Whether a kiosk works at this instant.
    pub fn open(&self, at: Instant) -> bool {
        (self.opens..self.closes).contains(&at.second_of_day()) && !self.closed.contains(&at.day())
    }

    /// When what [`Hours::open`] says changes next. `None` where it never does within a year.
    pub fn change(&self, now: Instant) -> Option<Instant> {
        let open = self.open(now);
        let edges = (0..=366).flat_map(|days| {
            let begins = now.day().plus(days).begins();
            [0, self.opens, self.closes].map(|second| begins.plus_seconds(i64::from(second)))
        });
        edges.into_iter().find(|edge| *edge > now && self.open(*edge) != open)
    }

    /// The parts of a reservation's time in which kiosks work, in order; `last` itself is included.
    pub fn usable(&self, since: Instant, last: Instant) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut day = since.day();
        while day <= last.day() {
            let at = |second: u32| day.begins().plus_seconds(i64::from(second));
            let span = Span {
                from: at(self.opens).max(since),
                until: at(self.closes).min(last.plus_seconds(1)),
            };
            if span.from < span.until && !self.closed.contains(&day) {
                match spans.last_mut() {
                    Some(before) if before.until == span.from => before.until = span.until,
                    _ => spans.push(span),
                }
            }
            day = day.plus(1);
        }
        spans
    }
}

impl Tries {
    /// As they count now: a pause that is over begins anew.
    pub(super) fn unpaused(self, now: Instant) -> Result<Self, Refusal> {
        match self.paused_until {
            Some(until) if now < until => Err(Refusal::FacePaused { until }),
            Some(_) => Ok(Self::default()),
            None => Ok(self),
        }
    }

    pub(super) fn and_another(self, policy: &Policy, now: Instant) -> Self {
        let unlike = self.unlike.saturating_add(1);
        Self {
            unlike,
            paused_until: (unlike >= policy.attempts).then(|| now.plus_seconds(policy.pause)),
        }
    }

    pub(super) fn refusal(self, policy: &Policy) -> Refusal {
        match self.paused_until {
            Some(until) => Refusal::FacePaused { until },
            None => Refusal::FaceUnlike {
                left: policy.attempts.saturating_sub(self.unlike),
            },
        }
    }
}
