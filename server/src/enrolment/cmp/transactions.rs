//! Which transactions were met, and which wait for their confirmation.

use casework::identity::{CertificateId, GrantId};
use pki::cmp::{Awaiting, TransactionId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What this node remembers of transactions.
#[derive(Default)]
pub(crate) struct Transactions(Mutex<HashMap<TransactionId, Met>>);

/// A certificate that was handed out and is not confirmed yet.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) awaiting: Awaiting,
    pub(super) grant: GrantId,
    pub(super) certificate: CertificateId,
}

struct Met {
    at: i64,
    waiting: Option<Box<Waiting>>,
}

impl Transactions {
    /// Whether its identifier was met before.
    pub(super) fn knows(&self, id: &TransactionId, now: i64) -> bool {
        self.lock().get(id).is_some_and(|met| met.counts(now))
    }

    /// What waits for its confirmation under this identifier.
    pub(super) fn waiting(&self, id: &TransactionId, now: i64) -> Option<Waiting> {
        let all = self.lock();
        let met = all.get(id).filter(|met| met.counts(now))?;
        met.waiting.as_deref().cloned()
    }

    /// It begins; says whether it is the first of its name.
    pub(super) fn begin(&self, id: &TransactionId, now: i64) -> bool {
        let mut all = self.lock();
        if all.get(id).is_some_and(|met| met.counts(now)) {
            return false;
        }
        if all.len() >= MOST {
            all.retain(|_, met| met.counts(now));
        }
        // Full of what still counts, the oldest goes: whoever asks again gets the same certificate again.
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, met)| met.at).map(|(id, _)| id.clone())
        {
            all.remove(&oldest);
        }
        all.insert(id.clone(), Met { at: now, waiting: None });
        true
    }

    pub(super) fn wait(&self, id: &TransactionId, waiting: Waiting, now: i64) {
        let met = Met {
            at: now,
            waiting: Some(Box::new(waiting)),
        };
        self.lock().insert(id.clone(), met);
    }

    /// It is confirmed, or refused: nothing waits any more, and its identifier stays known.
    pub(super) fn end(&self, id: &TransactionId) {
        if let Some(met) = self.lock().get_mut(id) {
            met.waiting = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TransactionId, Met>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Met {
    fn counts(&self, now: i64) -> bool {
        now - self.at <= REMEMBERED
    }
}

/// Twice as long, in seconds, as a clock may be wrong: a message that is older is refused for its time.
const REMEMBERED: i64 = 900;

/// So many are remembered at most: some 3 kB each.
const MOST: usize = 10_000;
