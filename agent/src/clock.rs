//! The agent's clock: the one place that reads the time of day.

use std::sync::Arc;

/// Where the agent takes the time from, in Unix seconds.
///
/// The demo gives its own clock, so that an hour can pass in a moment.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The computer's clock.
    pub fn system() -> Self {
        Self::reading(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "the agent reads the time here and nowhere else"
            )]
            let now = std::time::SystemTime::now();
            match now.duration_since(std::time::UNIX_EPOCH) {
                Ok(passed) => i64::try_from(passed.as_secs()).unwrap_or(i64::MAX),
                Err(_) => 0,
            }
        })
    }

    /// A clock that someone else keeps.
    pub fn reading(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Unix seconds, now.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}
