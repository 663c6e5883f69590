//! Revocation lists: fetched ahead, kept until they end, and replaced by later ones only.

use std::sync::Arc;

use casework::identity::Fingerprint;
use casework::time::Instant;
use hyper::body::Bytes;
use pki::certificate::Certificate;
use pki::validation::RevocationList;
use tokio::sync::{OnceCell, OwnedMutexGuard};

use super::fetch::Fetched;
use super::slot::Slot;
use super::{AHEAD, PinnedIssuer, Trust, Why};
use crate::authority::computed;
use crate::store::TrustedListRow;

/// A list of an issuer, verified as its own.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) crl: RevocationList,
    pub(super) fetched_at: Instant,
    /// As the server there names it.
    tag: Option<String>,
}

/// The list at one address of one issuer.
pub(super) struct ListSlot {
    pub(super) issuer: Certificate,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) slot: Slot<List>,
    /// Whether what another process or an earlier one has fetched was looked at.
    taken_up: OnceCell<()>,
}

impl ListSlot {
    pub(super) fn new(issuer: &PinnedIssuer, url: &str, asked_at: Instant) -> Self {
        Self {
            issuer: issuer.certificate.clone(),
            name: issuer.name.clone(),
            url: url.to_owned(),
            slot: Slot::new(asked_at),
            taken_up: OnceCell::new(),
        }
    }
}

impl Trust {
    /// The list there as it may be relied upon now. Where one is kept nobody waits for a network.
    pub(super) async fn list(&self, issuer: &PinnedIssuer, url: &str, now: Instant) -> Result<Arc<List>, Why> {
        let slot = self.list_slot(issuer, url, now);
        slot.slot.is_needed(now);
        self.take_up(&slot).await;
        if let Some(list) = self.current(&slot, now) {
            return Ok(list);
        }
        let turn = slot.slot.turn().await;
        // Whoever waited takes what the one before found.
        if let Some(list) = self.current(&slot, self.now()) {
            return Ok(list);
        }
        if let Some(why) = self.failed_lately(&slot, self.now()) {
            return Err(why);
        }
        // A task of its own: a visitor who goes cancels nothing that others wait for.
        tokio::spawn(self.clone().refresh(slot, turn))
            .await
            .unwrap_or_else(|fault| Err(Why::Failed(fault.to_string())))
    }

    /// A list that was of use: it is kept in stock from now on, and fetched again behind whoever asks.
    pub(super) fn was_needed(&self, issuer: &PinnedIssuer, url: &str, now: Instant) {
        let slot = self.list_slot(issuer, url, now);
        slot.slot.is_needed(now);
        let is_due = slot.slot.kept().is_some_and(|list| self.is_due(&list, now));
        if is_due
            && self.may_ask(&slot, now)
            && let Some(turn) = slot.slot.turn_now()
        {
            tokio::spawn(self.clone().refresh(slot, turn));
        }
    }

    /// The list that is kept, current or not, unless it is so old that the policy does not rely on it. Nobody is asked.
    pub(super) fn kept_list(&self, issuer: &PinnedIssuer, url: &str, now: Instant) -> Option<RevocationList> {
        let slot = self.known_list_slot(issuer, url)?;
        let list = slot.slot.kept()?;
        let at_most = Instant(list.crl.this_update()).plus_seconds(self.seconds().at_most);
        (now <= at_most).then(|| list.crl.clone())
    }

    /// Asks for the list again, if that is due and nobody does so already.
    pub(super) async fn refresh_if_due(&self, slot: Arc<ListSlot>) {
        self.take_up(&slot).await;
        let now = self.now();
        let is_due = slot.slot.kept().is_none_or(|list| self.is_due(&list, now));
        if is_due
            && self.may_ask(&slot, now)
            && let Some(turn) = slot.slot.turn_now()
        {
            // What it failed of is kept, counted and told.
            let _ = self.clone().refresh(slot, turn).await;
        }
    }

    /// What was fetched before by this process, an earlier one or another node.
    async fn take_up(&self, slot: &Arc<ListSlot>) {
        let taken = slot.taken_up.get_or_try_init(|| self.take_from_store(slot)).await;
        if let Err(fault) = taken {
            tracing::warn!(issuer = slot.name, url = slot.url, %fault, "a list that was fetched before could not be read");
        }
    }

    /// The list of the store, if it is not older than the one at hand.
    pub(super) async fn take_from_store(&self, slot: &Arc<ListSlot>) -> Result<(), crate::fault::Fault> {
        let issuer = Fingerprint(slot.issuer.fingerprint());
        if let Some(row) = self.store().trusted_list(issuer, &slot.url).await? {
            let (fetched_at, tag) = (row.fetched_at, row.tag);
            let found = self.examined(slot, Bytes::from(row.der), tag, fetched_at).await;
            if let Ok(list) = found
                && slot.slot.kept().is_none_or(|kept| kept.fetched_at < fetched_at)
            {
                slot.slot.keep(Arc::new(list));
            }
        }
        Ok(())
    }

    /// Fetches it, in one's turn.
    async fn refresh(self, slot: Arc<ListSlot>, turn: OwnedMutexGuard<()>) -> Result<Arc<List>, Why> {
        let kept = slot.slot.kept();
        let tag = kept.as_ref().and_then(|list| list.tag.as_deref());
        let fetched = self.fetcher().list(&slot.url, tag).await;
        let now = self.now();
        let found = match (fetched, &kept) {
            (Ok(Fetched::Unchanged), Some(kept)) => Ok(List {
                fetched_at: now,
                ..List::clone(kept)
            }),
            (Ok(Fetched::Unchanged), None) => Err(Why::Status(304)),
            (Ok(Fetched::Content(octets, tag)), _) => self.examined(&slot, octets, tag, now).await,
            (Err(why), _) => Err(why),
        };
        let found = found.map(Arc::new).inspect(|list| slot.slot.keep(Arc::clone(list)));
        // What ended before it came is kept, since nothing older may take its place, and says nothing.
        let found = found.and_then(|list| {
            if self.is_current(&list, now) {
                Ok(list)
            } else {
                Err(Why::Stale)
            }
        });
        if let Err(why) = &found {
            tracing::warn!(issuer = slot.name, url = slot.url, %why, "the issuer's revocation list was not had");
            slot.slot.fail(now, why.clone());
        }
        self.counted(&slot.name, "list", found.as_ref().err());
        if let Some(list) = slot.slot.kept() {
            self.metrics_of(&slot, &list);
            if list.fetched_at == now {
                self.keep_in_store(&slot, &list, kept.as_deref()).await;
            }
        }
        drop(turn);
        found
    }

    /// Whether these octets are a list of the issuer, not older than any that was seen (the incidents of THREATS: another
    /// authority's list at the address, a list of yesterday).
    async fn examined(
        &self,
        slot: &Arc<ListSlot>,
        octets: Bytes,
        tag: Option<String>,
        fetched_at: Instant,
    ) -> Result<List, Why> {
        let kept = slot.slot.kept();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.crl.der() == octets) {
            let crl = kept.crl.clone();
            return Ok(List { crl, fetched_at, tag });
        }
        let (issuer, now) = (slot.issuer.clone(), self.now());
        computed(move || {
            let crl = RevocationList::parse(&octets).map_err(|why| Why::Unreadable(why.to_string()))?;
            if !crl.is_signed_by(&issuer) {
                return Err(Why::Foreign("another key signed it, or in another name".to_owned()));
            }
            if crl.this_update() > now.0 + AHEAD || crl.next_update().is_none() {
                return Err(Why::Stale);
            }
            if kept.is_some_and(|kept| crl.is_older_than(&kept.crl)) {
                return Err(Why::Older);
            }
            Ok(List { crl, fetched_at, tag })
        })
        .await
        .unwrap_or_else(|fault| Err(Why::Failed(fault.to_string())))
    }

    async fn keep_in_store(&self, slot: &ListSlot, list: &List, before: Option<&List>) {
        let (issuer, url) = (Fingerprint(slot.issuer.fingerprint()), slot.url.clone());
        let times = (list.fetched_at, slot.slot.asked_at());
        let is_same = before.is_some_and(|before| before.crl.der() == list.crl.der());
        let kept = if is_same {
            self.store().saw_trusted_list(issuer, url, times).await
        } else {
            let row = TrustedListRow {
                issuer,
                url,
                this_update: Instant(list.crl.this_update()),
                fetched_at: times.0,
                asked_at: times.1,
                tag: list.tag.clone(),
                der: list.crl.der().to_vec(),
            };
            self.store().keep_trusted_list(row).await
        };
        if let Err(fault) = kept {
            tracing::warn!(issuer = slot.name, url = slot.url, %fault, "the list is kept in memory alone");
        }
    }

    fn current(&self, slot: &ListSlot, now: Instant) -> Option<Arc<List>> {
        slot.slot.kept().filter(|list| self.is_current(list, now))
    }

    fn is_current(&self, list: &List, now: Instant) -> bool {
        list.crl.this_update() <= now.0 + AHEAD && now <= self.list_until(list)
    }

    /// Until when a list is relied upon.
    pub(super) fn list_until(&self, list: &List) -> Instant {
        self.relied_until(&list.crl)
    }

    /// The same of the list itself.
    pub(super) fn relied_until(&self, list: &RevocationList) -> Instant {
        let at_most = Instant(list.this_update()).plus_seconds(self.seconds().at_most);
        at_most.min(Instant(list.next_update().unwrap_or(list.this_update())))
    }

    /// Whether it is time to ask for its successor: regularly, and more often when the end is near.
    fn is_due(&self, list: &List, now: Instant) -> bool {
        let every = self.seconds().look_again;
        let near = self.list_until(list).0 - now.0 < every;
        now.0 - list.fetched_at.0 >= if near { every.min(NEAR_THE_END) } else { every }
    }

    fn may_ask(&self, slot: &ListSlot, now: Instant) -> bool {
        self.failed_lately(slot, now).is_none()
    }

    fn failed_lately(&self, slot: &ListSlot, now: Instant) -> Option<Why> {
        slot.slot.failed_after(now.plus_seconds(-self.seconds().retry))
    }
}

/// How often a successor is asked for that should be there, in seconds.
const NEAR_THE_END: i64 = 60;
