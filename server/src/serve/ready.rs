//! Whether this node may be given work.

use std::time::Duration;

use crate::store::Store;
use crate::validation::Validation;

/// Asks the parts that a node needs.
pub(super) struct Ready {
    /// `None` where nothing is stored.
    pub(super) store: Option<Store>,
}

impl Ready {
    /// `Err` says in one clause what is missing. `validation` is `None` where that role is played elsewhere.
    pub(super) async fn asked(&self, validation: Option<&Validation>) -> Result<(), String> {
        if let Some(store) = &self.store {
            match tokio::time::timeout(WITHIN, store.is_ready()).await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => return Err(fault.to_string()),
                Err(_) => return Err("the database does not answer".to_owned()),
            }
        }
        validation.map_or(Ok(()), Validation::is_ready)
    }
}

const WITHIN: Duration = Duration::from_secs(2);
