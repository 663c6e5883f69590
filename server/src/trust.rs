//! What became of the certificates of issuers that are not ours (DOMAIN §2.3, 5; DESIGN §3.7).
//!
//! There are three results. *Undetermined* is one of them: a list that ended, a responder that is silent and an answer that
//! a stranger signed say nothing, and nothing is stored as either (THREATS I7). An address is asked only if it stands in a
//! certificate whose issuer is pinned and whose signature was verified, or in an office's file.

mod answer;
mod fetch;
mod inquiry;
mod issuer;
mod keep;
mod list;
mod network;
mod slot;
mod why;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use casework::identity::{Authority, Fingerprint};
use casework::time::Instant;
use pki::KeyUsage;
use pki::certificate::Certificate;
use pki::validation::{Invalid, Verified};

use answer::Answers;
pub(crate) use fetch::{Fetched, Fetcher};
use inquiry::Inquiry;
pub use issuer::{NotAnIssuer, PinnedIssuer};
pub use keep::Supply;
use list::{List, ListSlot};
pub use network::{Network, NotANetwork};
pub use why::Why;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::config;
use crate::fault::Fault;
use crate::metrics::{self, Metrics};
use crate::store::Store;

/// What is known of others' certificates, and how more is found out. Cheap to clone.
#[derive(Clone)]
pub struct Trust(Arc<Inner>);

struct Inner {
    fetcher: Fetcher,
    seconds: Seconds,
    store: Store,
    clock: Clock,
    chance: Chance,
    metrics: Metrics,
    lists: Mutex<HashMap<Fingerprint, HashMap<String, Arc<ListSlot>>>>,
    answers: Mutex<Answers>,
    /// The cards of a renewal are looked at from their readers to the decision some ten times.
    verified: Verified,
    /// Responders that did not answer a moment ago.
    silent: Mutex<HashMap<String, (Instant, Why)>>,
    /// Our own authorities by their certificates, as they were at that moment.
    own: Mutex<Option<(Instant, Own)>>,
}

/// Authorities of ours by their certificates.
type Own = Arc<HashMap<Fingerprint, Authority>>;

/// The policy, in seconds of the clock.
#[derive(Clone, Copy, Debug)]
struct Seconds {
    look_again: i64,
    retry: i64,
    at_most: i64,
}

/// What a certificate is worth at this moment.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is valid, and not revoked.
    Valid {
        /// The issuer, as it is pinned.
        issuer: Certificate,
        /// Until when this may be relied upon.
        until: Instant,
    },
    /// It is not: asking again changes nothing at this moment.
    Invalid(Box<Invalid>),
    /// It could not be found out, and is neither.
    Undetermined(Why),
}

impl Trust {
    /// Knows nothing yet but what `store` has of before.
    pub fn new(policy: &config::Trust, store: Store, clock: Clock, chance: Chance, metrics: Metrics) -> Self {
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self(Arc::new(Inner {
            fetcher: Fetcher::new(policy),
            seconds: Seconds {
                look_again: seconds(policy.look_again),
                retry: seconds(policy.retry),
                at_most: seconds(policy.at_most),
            },
            store,
            clock,
            chance,
            metrics,
            lists: Mutex::default(),
            answers: Mutex::default(),
            verified: Verified::default(),
            silent: Mutex::default(),
            own: Mutex::default(),
        }))
    }

    /// What a certificate is worth at this moment, for this use of its key. Each of `pinned` is an anchor, and nothing else is.
    ///
    /// Its issuer's lists are here before anybody asks. Where none of them speaks of it they are fetched, and where none does
    /// even then its responders are asked; revoked by either is revoked.
    pub async fn check(&self, pinned: &[&PinnedIssuer], certificate: &Certificate, usage: KeyUsage) -> Verdict {
        let inquiry = Inquiry::new(self, pinned, certificate, usage);
        let (verdict, issuer) = inquiry.verdict().await;
        let said = match &verdict {
            Verdict::Valid { .. } => "valid",
            Verdict::Invalid(_) => "invalid",
            Verdict::Undetermined(_) => "undetermined",
        };
        let labels = metrics::Checked {
            issuer: issuer.map_or_else(|| "none".to_owned(), |issuer| issuer.name.clone()),
            said,
        };
        self.0.metrics.trust_checks.get_or_create_owned(&labels).inc();
        verdict
    }

    /// The authority of ours whose certificate this is. An office may list one of ours by its certificate: what became of its
    /// cards is asked of our own record then.
    pub(crate) async fn own(&self, issuer: &Certificate) -> Result<Option<Authority>, Fault> {
        let fingerprint = Fingerprint(issuer.fingerprint());
        let now = self.now();
        let known = self.0.own.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = known.filter(|(at, _)| (0..OWN_KNOWN).contains(&(now.0 - at.0)));
        if let Some((_, own)) = fresh {
            return Ok(own.get(&fingerprint).cloned());
        }
        let all = crate::authority::certificates(self.store()).await;
        let all = all.map_err(|why| Fault::Corrupt {
            what: "an authority's certificate",
            why: why.to_string(),
        })?;
        let all = all
            .into_iter()
            .map(|(name, certificate)| (Fingerprint(certificate.fingerprint()), name));
        let own: Own = Arc::new(all.collect());
        *self.0.own.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&own)));
        Ok(own.get(&fingerprint).cloned())
    }

    fn list_slot(&self, issuer: &PinnedIssuer, url: &str, now: Instant) -> Arc<ListSlot> {
        let mut lists = self.0.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let of_issuer = lists.entry(Fingerprint(issuer.certificate.fingerprint())).or_default();
        if let Some(slot) = of_issuer.get(url) {
            return Arc::clone(slot);
        }
        // Whoever is pinned may still name an address of its own in every certificate.
        if of_issuer.len() >= MOST_LISTS {
            let longest_ago = of_issuer.iter().min_by_key(|(_, slot)| slot.slot.asked_at());
            if let Some(url) = longest_ago.map(|(url, _)| url.clone()) {
                of_issuer.remove(&url);
            }
        }
        let slot = Arc::new(ListSlot::new(issuer, url, now));
        of_issuer.insert(url.to_owned(), Arc::clone(&slot));
        slot
    }

    fn known_list_slot(&self, issuer: &PinnedIssuer, url: &str) -> Option<Arc<ListSlot>> {
        let lists = self.0.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists
            .get(&Fingerprint(issuer.certificate.fingerprint()))?
            .get(url)
            .cloned()
    }

    fn fetcher(&self) -> &Fetcher {
        &self.0.fetcher
    }

    fn seconds(&self) -> Seconds {
        self.0.seconds
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn now(&self) -> Instant {
        self.0.clock.now()
    }

    fn octets<const N: usize>(&self) -> [u8; N] {
        self.0.chance.octets()
    }

    fn answers(&self) -> &Mutex<Answers> {
        &self.0.answers
    }

    fn silent(&self) -> &Mutex<HashMap<String, (Instant, Why)>> {
        &self.0.silent
    }

    fn counted(&self, issuer: &str, what: &'static str, why: Option<&Why>) {
        let labels = metrics::Asked {
            issuer: issuer.to_owned(),
            what,
            ended: why.map_or("found", Why::word),
        };
        self.0.metrics.trust_asked.get_or_create_owned(&labels).inc();
    }

    fn metrics_of(&self, slot: &ListSlot, list: &List) {
        let labels = metrics::ListOfIssuer {
            issuer: slot.name.clone(),
            url: slot.url.clone(),
        };
        self.0
            .metrics
            .trust_list_until
            .get_or_create_owned(&labels)
            .set(self.list_until(list).0);
    }
}

/// Shows how others are asked, and nothing of what they said.
impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust")
            .field("fetcher", &self.0.fetcher)
            .finish_non_exhaustive()
    }
}

/// Seconds that others' clocks may be ahead of ours; `openssl ocsp` grants as many.
const AHEAD: i64 = 300;

/// How many lists of one issuer are kept.
const MOST_LISTS: usize = 256;

/// How long it is known which authorities are ours, in seconds. A new one has issued nothing before.
const OWN_KNOWN: i64 = 60;
