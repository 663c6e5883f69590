//! The demo's clock: the computer's, and so many seconds. It goes forward only, since no rule is tested by going back and
//! published lists never become younger.

use server::clock::Instant;
use server::desk::example::Day;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// One clock for server and agent.
#[derive(Clone)]
pub(crate) struct DemoClock {
    ahead: Arc<AtomicI64>,
    server: server::clock::Clock,
}

/// What has happened before the demo begins happens in it, day by day, at nine o'clock in Japan.
pub(crate) struct Past {
    clock: DemoClock,
    today: Day,
    present: i64,
}

/// Why the clock was not turned.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Not an instant in RFC 3339 with an offset.
    Form,
    /// It lies in the past of the demo.
    Backward,
    /// More than twenty years.
    Far,
}

impl DemoClock {
    /// Begins now, or at `start`.
    pub(crate) fn new(start: Option<&str>) -> Result<Self, Refused> {
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Self {
            server: server::clock::Clock::shifted(Arc::clone(&ahead)),
            ahead,
        };
        if let Some(start) = start {
            let wanted = Instant::from_rfc3339(start).ok_or(Refused::Form)?;
            clock.ahead.store(wanted.0 - clock.now(), Ordering::Relaxed);
        }
        Ok(clock)
    }

    /// The time before the demo begins, while nothing of it runs yet.
    pub(crate) fn past(&self) -> Past {
        Past {
            today: self.server.now().day(),
            present: self.ahead.load(Ordering::Relaxed),
            clock: self.clone(),
        }
    }

    /// As the server takes it.
    pub(crate) fn server(&self) -> server::clock::Clock {
        self.server.clone()
    }

    /// As the agent takes it.
    pub(crate) fn agent(&self) -> agent::Clock {
        let server = self.server.clone();
        agent::Clock::reading(move || server.now().0)
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.server.now().0
    }

    /// Goes forward.
    pub(crate) fn advance(&self, seconds: i64) -> Result<(), Refused> {
        if seconds < 0 {
            return Err(Refused::Backward);
        }
        if seconds > FARTHEST {
            return Err(Refused::Far);
        }
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
        Ok(())
    }

    /// Goes to an instant in RFC 3339.
    pub(crate) fn go_to(&self, instant: &str) -> Result<(), Refused> {
        let wanted = Instant::from_rfc3339(instant).ok_or(Refused::Form)?;
        self.advance(wanted.0 - self.now())
    }

    /// Goes to nine o'clock of the next day in Japan.
    pub(crate) fn next_morning(&self) -> Result<(), Refused> {
        let local = self.now() + JAPAN;
        let morning = (local.div_euclid(DAY) + 1) * DAY + 9 * 3_600;
        self.advance(morning - local)
    }

    /// In Japan, RFC 3339.
    pub(crate) fn rfc3339(&self) -> String {
        self.server.now().to_string()
    }
}

impl Past {
    /// The demo's first day.
    pub(crate) const fn today(&self) -> Day {
        self.today
    }

    /// It is so many days before that day.
    pub(crate) fn is(&self, days_ago: i32) {
        let then = self.today.plus(-days_ago).begins().0 + 9 * 3_600;
        self.clock.ahead.fetch_add(then - self.clock.now(), Ordering::Relaxed);
    }

    /// The present comes back.
    pub(crate) fn ends(self) {
        self.clock.ahead.store(self.present, Ordering::Relaxed);
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "write the time as 2026-12-01T09:00:00+09:00",
            Self::Backward => "the demo's clock goes forward only",
            Self::Far => "the demo's clock goes forward by at most twenty years at once",
        })
    }
}

impl std::error::Error for Refused {}

const DAY: i64 = 86_400;
const JAPAN: i64 = 9 * 3_600;
const FARTHEST: i64 = 20 * 366 * DAY;
