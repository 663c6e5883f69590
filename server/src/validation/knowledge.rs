//! As of when this node knows the status of every certificate.
//!
//! A node that cannot follow the store goes on knowing what it knew, and says only since when: *good* is as old as the
//! last time at which everything was read, and too old to be told at all after a while (THREATS A34).

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

/// When everything that was committed until then had been told. Measured by a clock that nobody sets.
pub(super) struct Knowledge(RwLock<Option<Instant>>);

impl Knowledge {
    /// Of a node that nobody keeps up: what it is told is all there is.
    pub(super) fn of_itself() -> Self {
        Self(RwLock::new(None))
    }

    /// Everything that was committed before `at` has been told.
    pub(super) fn reaches(&self, at: Instant) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// How old the knowledge is, in whole seconds; `None` if it is too old to answer from.
    pub(super) fn age(&self) -> Option<i64> {
        let reaches = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        let age = reaches.map_or(Duration::ZERO, |at| at.elapsed());
        (age <= OLDEST).then(|| i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
    }
}

/// What is older is not told: the others answer, or nobody.
const OLDEST: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a34_what_is_known_ages_and_after_a_minute_is_told_no_more() {
        let knowledge = Knowledge::of_itself();
        assert_eq!(knowledge.age(), Some(0), "who is told directly knows");
        for (seconds, age) in [(0, Some(0)), (5, Some(5)), (59, Some(59)), (61, None), (0, Some(0))] {
            knowledge.reaches(Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap());
            assert_eq!(knowledge.age(), age);
        }
    }
}
