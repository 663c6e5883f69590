//! Lists are fetched before anybody needs them, and it is told which are not there.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use casework::identity::Fingerprint;
use casework::time::Instant;
use tokio::task::JoinSet;

use super::list::ListSlot;
use super::{PinnedIssuer, Trust, Why};
use crate::desk::Desk;
use crate::fault::Fault;
use crate::office::Office;

/// How an issuer's revocation data stand, for those who work with its cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Whose.
    pub issuer: String,
    /// Until when its lists may be relied upon, the one that ends first; `None` where none is kept.
    pub until: Option<Instant>,
    /// Why the latest question failed, where it did.
    pub failed: Option<Why>,
}

impl Trust {
    /// Keeps the lists of all offices' issuers in stock. Ends with the node.
    pub async fn keep_in_stock(self, desk: Desk) {
        loop {
            if let Err(fault) = self.stock_up(&desk).await {
                tracing::warn!(%fault, "the lists of other authorities could not be looked at");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// One round: what another node fetched is taken over, what is due is asked for.
    pub async fn stock_up(&self, desk: &Desk) -> Result<(), Fault> {
        let offices = desk.offices();
        let issuers: HashMap<Fingerprint, &PinnedIssuer> = offices
            .iter()
            .flat_map(|office| office.issuers())
            .map(|issuer| (Fingerprint(issuer.certificate.fingerprint()), issuer))
            .collect();
        let now = self.now();
        for issuer in issuers.values() {
            // What the office names is needed before the first card comes.
            for url in &issuer.crl {
                self.list_slot(issuer, url, now).slot.is_needed(now);
            }
        }
        let forgotten = now.plus_seconds(-NEEDED_FOR);
        let rows = self.store().trusted_lists().await?;
        let long_ago = now.plus_seconds(-KEPT_FOR);
        if rows.iter().any(|row| row.asked_at < long_ago) {
            self.store().forget_trusted_lists(long_ago).await?;
        }
        for row in rows {
            let Some(issuer) = issuers.get(&row.issuer).filter(|_| row.asked_at > forgotten) else {
                continue;
            };
            let slot = self.list_slot(issuer, &row.url, row.asked_at);
            if slot.slot.kept().is_none_or(|kept| kept.fetched_at < row.fetched_at) {
                self.take_from_store(&slot).await?;
            }
        }
        let mut asking = JoinSet::new();
        for slot in self.slots(|issuer| issuers.contains_key(issuer)) {
            if slot.slot.asked_at() > forgotten {
                let trust = self.clone();
                asking.spawn(async move { trust.refresh_if_due(slot).await });
            }
            if asking.len() >= AT_ONCE {
                asking.join_next().await;
            }
        }
        while asking.join_next().await.is_some() {}
        Ok(())
    }

    /// How the lists of an office's issuers stand. Nobody is asked.
    pub fn supplies(&self, office: &Office) -> Vec<Supply> {
        let now = self.now();
        let supply = |issuer: &PinnedIssuer| {
            let own = Fingerprint(issuer.certificate.fingerprint());
            let slots = self.slots(|other| *other == own);
            let kept = slots.iter().filter_map(|slot| slot.slot.kept());
            Supply {
                issuer: issuer.name.clone(),
                until: kept.map(|list| self.list_until(&list)).min(),
                failed: slots
                    .iter()
                    .find_map(|slot| slot.slot.failed_after(now.plus_seconds(-FAILURE_TOLD))),
            }
        };
        office.issuers().iter().map(supply).collect()
    }

    /// The lists of these issuers.
    fn slots(&self, wanted: impl Fn(&Fingerprint) -> bool) -> Vec<Arc<ListSlot>> {
        let lists = self.0.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists
            .iter()
            .filter(|(issuer, _)| wanted(issuer))
            .flat_map(|(_, slots)| slots.values().cloned())
            .collect()
    }
}

/// How often it is looked whether something is due.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How many are asked at once.
const AT_ONCE: usize = 4;

/// A list in which nobody was looked up for thirty days is fetched no more until somebody is.
const NEEDED_FOR: i64 = 30 * 86_400;

/// It is kept for longer, so that none of before can take its place meanwhile.
const KEPT_FOR: i64 = 180 * 86_400;

/// For how long a failure is told, in seconds.
const FAILURE_TOLD: i64 = 3_600;
