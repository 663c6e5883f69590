//! What a check may cost (THREATS P3, P4): counted down while it runs, the same on every machine.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::cell::Cell;

/// The most that one question may cost. Whoever gives more to check than these allow gets no answer: undetermined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Signatures that are verified, of certificates, lists and answers together. A path needs one per certificate and one
    /// per status; the rest is for those that turn out to be of another key.
    pub signatures: u32,
    /// Steps from a certificate to one that may have issued it.
    pub steps: u32,
    /// Comparisons of a name with a constraint, and nodes of the policy graph.
    pub comparisons: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            signatures: 256,
            steps: 4_096,
            comparisons: 250_000,
        }
    }
}

/// The budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// What is left of a budget.
#[derive(Debug)]
pub(super) struct Work {
    signatures: Cell<u32>,
    steps: Cell<u32>,
    comparisons: Cell<u32>,
}

impl Work {
    pub(super) fn of(budget: Budget) -> Self {
        Self {
            signatures: Cell::new(budget.signatures),
            steps: Cell::new(budget.steps),
            comparisons: Cell::new(budget.comparisons),
        }
    }

    pub(super) fn signature(&self) -> Result<(), Exhausted> {
        take(&self.signatures)
    }

    pub(super) fn step(&self) -> Result<(), Exhausted> {
        take(&self.steps)
    }

    pub(super) fn comparison(&self) -> Result<(), Exhausted> {
        take(&self.comparisons)
    }
}

fn take(left: &Cell<u32>) -> Result<(), Exhausted> {
    left.set(left.get().checked_sub(1).ok_or(Exhausted)?);
    Ok(())
}
