//! The one file of this crate that reads the time. Everything else is told what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub use casework::time::Instant;

/// Tells the time. Cheap to clone; every clone tells the same.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The time of this machine.
    pub const fn system() -> Self {
        Self { ahead: None }
    }

    /// The time of this machine and so many seconds, which whoever holds `ahead` may change (the demo's clock).
    pub const fn shifted(ahead: Arc<AtomicI64>) -> Self {
        Self { ahead: Some(ahead) }
    }

    /// The present second.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
    pub fn now(&self) -> Instant {
        // A machine that believes to live before 1970 gets 1970: no certificate is valid then.
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let ahead = self.ahead.as_ref().map_or(0, |ahead| ahead.load(Ordering::Relaxed));
        Instant(i64::try_from(since_epoch).unwrap_or(i64::MAX)).plus_seconds(ahead)
    }
}
