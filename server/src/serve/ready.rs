//! Whether this node may be given work.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::store::Store;
use crate::validation::Validation;

/// Asks the parts that a node needs, once a second at most: whoever asks oftener hears what the one before heard, so
/// that nobody keeps the database busy by asking.
pub(super) struct Ready {
    /// `None` where nothing is stored.
    store: Option<Store>,
    /// The last verdict, and when it was given. Who asks while it is being found waits for it.
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl Ready {
    pub(super) fn new(store: Option<Store>) -> Self {
        Self {
            store,
            last: Mutex::new(None),
        }
    }

    /// `Err` says in one clause what is missing. `validation` is `None` where that role is played elsewhere.
    pub(super) async fn asked(&self, validation: Option<&Validation>) -> Result<(), String> {
        let mut last = self.last.lock().await;
        match &*last {
            Some((given, verdict)) if given.elapsed() < HOLDS => verdict.clone(),
            _ => {
                let verdict = self.found(validation).await;
                *last = Some((Instant::now(), verdict.clone()));
                verdict
            }
        }
    }

    async fn found(&self, validation: Option<&Validation>) -> Result<(), String> {
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
/// How long a verdict is repeated.
const HOLDS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::store::StoreAddress;

    #[tokio::test]
    async fn a48_readiness_is_found_once_a_second_however_often_it_is_asked() {
        let data = tempfile::tempdir().unwrap();
        let address = StoreAddress::Sqlite(data.path().join("kagimori.db"));
        let store = Store::open(&address, data.path(), &Chance::system()).await.unwrap();
        let ready = Ready::new(Some(store.clone()));
        assert_eq!(ready.asked(None).await, Ok(()));
        store.close().await;
        assert_eq!(ready.asked(None).await, Ok(()), "as the one before heard");
        tokio::time::sleep(HOLDS).await;
        assert!(ready.asked(None).await.is_err());
    }
}
