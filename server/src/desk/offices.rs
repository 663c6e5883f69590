//! The offices that are open, on every node as the store has them: an edited office is opened without a restart.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::{Desk, Place};
use crate::fault::Fault;
use crate::office::{Office, OfficeError};
use crate::store::OfficeRow;

/// All offices, in the order of their ids. Cheap to clone; every clone sees the same ones.
#[derive(Clone, Debug)]
pub(super) struct Offices(Arc<RwLock<Arc<[Arc<Office>]>>>);

/// An office's stored text that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the office {id} cannot be opened: {reason}")]
pub struct Unopened {
    /// Which.
    pub id: String,
    /// Why.
    pub reason: OfficeError,
}

impl Offices {
    pub(super) fn new(offices: Vec<Office>) -> Self {
        Self(Arc::new(RwLock::new(offices.into_iter().map(Arc::new).collect())))
    }

    fn all(&self) -> Arc<[Arc<Office>]> {
        // Nothing is left half done under this lock: one pointer is put in another's place.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, offices: Vec<Office>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = offices.into_iter().map(Arc::new).collect();
    }
}

impl Desk {
    /// All offices as they are at this moment, in the order of their ids.
    pub fn offices(&self) -> Arc<[Arc<Office>]> {
        self.offices.all()
    }

    /// An office by its id, as it is at this moment.
    pub fn office(&self, id: &str) -> Option<Arc<Office>> {
        self.offices().iter().find(|office| office.id == id).cloned()
    }

    /// The office that a case is at; `what` says what kind of case it is, with its article. A case at an office that is
    /// not here cannot be worked on.
    pub(super) fn office_of(&self, what: &'static str, place: &Place) -> Result<Arc<Office>, Fault> {
        self.office(&place.office).ok_or_else(|| Fault::Corrupt {
            what,
            why: format!("no office {:?} here", place.office),
        })
    }

    /// Opens the offices as the store has them now. One that cannot be read leaves all of them as they were.
    pub async fn reopen(&self) -> Result<Result<(), Unopened>, Fault> {
        let rows = self.store().offices().await?;
        Ok(read(&rows).map(|offices| self.offices.replace(offices)))
    }

    /// Looks once a second whether an office was changed, on whichever node, and opens it. Ends with the node.
    pub async fn follow_offices(self) {
        // What was opened before is opened once more: a change between the two is not missed.
        let mut seen = Vec::new();
        loop {
            match self.store().offices().await {
                Ok(rows) => {
                    let now: Vec<_> = rows.iter().map(|row| (row.id.clone(), row.version)).collect();
                    if now != seen {
                        match read(&rows) {
                            Ok(offices) => self.offices.replace(offices),
                            Err(why) => tracing::error!(%why, "the offices stay as they were"),
                        }
                        seen = now;
                    }
                }
                Err(fault) => tracing::warn!(%fault, "the offices could not be looked at"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// The offices of these rows.
pub fn read(rows: &[OfficeRow]) -> Result<Vec<Office>, Unopened> {
    let open = |row: &OfficeRow| {
        Office::from_toml(&row.document).map_err(|reason| Unopened {
            id: row.id.clone(),
            reason,
        })
    };
    rows.iter().map(open).collect()
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
