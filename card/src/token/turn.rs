//! One conversation with a PIN at a time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Hands out one turn after another. Cheap to clone: clones share the turns.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<(Mutex<bool>, Condvar)>);

/// It is one's turn until this is dropped, on whichever thread that happens.
pub(super) struct Turn(Turns);

impl Turns {
    /// Waits for a turn.
    pub(super) fn take(&self) -> Turn {
        let (taken, free) = &*self.0;
        let mut taken = free
            .wait_while(lock(taken), |taken| *taken)
            .unwrap_or_else(PoisonError::into_inner);
        *taken = true;
        Turn(self.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (taken, free) = &*self.0.0;
        *lock(taken) = false;
        free.notify_one();
    }
}

fn lock(taken: &Mutex<bool>) -> MutexGuard<'_, bool> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}
