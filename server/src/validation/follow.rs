//! Keeps a node's answers true: every status as it is committed anywhere, new authorities and responders, newer lists.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use casework::identity::Authority;
use hyper::body::Bytes;
use pki::certificate::Certificate;
use tokio::time::Instant;

use super::Validation;
use super::crl::{List, Name};
use crate::authority::keyring::Keyring;
use crate::authority::{AuthorityFault, computed, responder};
use crate::fault::Fault;
use crate::store::{Committed, KeyPurpose, KeyRow, Store};

/// Follows a store until it is dropped.
pub struct Follower {
    validation: Arc<Validation>,
    store: Store,
    keyring: Keyring,
    /// The keys of each authority that were taken up, with whether each had its certificate.
    taken_up: BTreeMap<Authority, Keys>,
    /// The keys of each that could not be.
    failed: BTreeMap<Authority, Keys>,
    /// Looks so far.
    looks: u32,
}

type Keys = Vec<([u8; 16], bool)>;

/// Learns everything that there is, and from then on hears of every commit before it is acknowledged.
pub async fn follow(validation: Arc<Validation>, store: Store, keyring: Keyring) -> Result<Follower, AuthorityFault> {
    let status = validation.status().clone();
    let mut follows = store.follows();
    let begun = Instant::now();
    store
        .follow(move |committed| match committed {
            Committed::Issued { certificate, .. } => status.issued(certificate),
            Committed::Revoked {
                certificate,
                at,
                reason,
            } => status.revoked(certificate, *at, *reason),
        })
        .await?;
    validation.knowledge.reaches(begun);
    let known = Arc::clone(&validation);
    tokio::spawn(async move {
        // What has ended now began after the one before had ended: it read everything that was committed until then.
        // It ends with the store's writer.
        let mut before = begun;
        while follows.changed().await.is_ok() {
            known.knowledge.reaches(before);
            before = Instant::now();
        }
    });
    let mut follower = Follower {
        validation,
        store,
        keyring,
        taken_up: BTreeMap::new(),
        failed: BTreeMap::new(),
        looks: 0,
    };
    follower.look().await?;
    Ok(follower)
}

impl Follower {
    /// Looks again and again; a fault is told and the next look may heal it.
    pub async fn keep_looking(mut self) {
        loop {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            if let Err(fault) = self.look().await {
                tracing::warn!(%fault, "authorities and lists could not be looked after");
            }
        }
    }

    /// Takes up what is new. An authority that cannot be taken up holds up no other.
    pub async fn look(&mut self) -> Result<(), AuthorityFault> {
        let keys = self.store.keys().await?;
        let again = self.looks.is_multiple_of(LOOKS_BETWEEN_TRIES);
        self.looks = self.looks.wrapping_add(1);
        for authority in keys.iter().filter(|key| key.purpose == KeyPurpose::Authority) {
            let name = &authority.authority;
            let own = keys.iter().filter(|key| key.authority == *name);
            let seen: Keys = own.map(|key| (key.id, key.certificate.is_some())).collect();
            match self.taken_up.get(name) {
                Some(taken_up) if *taken_up == seen => continue,
                _ if !again && self.failed.get(name) == Some(&seen) => continue,
                _ => {}
            }
            match self.take_up(authority, &keys).await {
                Ok(()) => {
                    self.failed.remove(name);
                    self.taken_up.insert(name.clone(), seen);
                }
                Err(fault) => {
                    tracing::error!(%fault, authority = name.0, "an authority cannot be taken up");
                    self.failed.insert(name.clone(), seen);
                }
            }
        }
        Ok(self.look_for_lists().await?)
    }

    async fn take_up(&self, authority: &KeyRow, keys: &[KeyRow]) -> Result<(), AuthorityFault> {
        let Some(der) = &authority.certificate else {
            return Ok(());
        };
        let certificate = Certificate::parse(der)?;
        // The latest comes first; one that still waits for its certificate is passed over.
        let own = keys.iter().find(|key| {
            key.purpose == KeyPurpose::Responder && key.authority == authority.authority && key.certificate.is_some()
        });
        let responder = match own {
            Some(row) => responder::open(&self.keyring, row, &certificate).await?,
            None => None,
        };
        self.validation
            .take_up(authority.authority.clone(), certificate, responder);
        Ok(())
    }

    async fn look_for_lists(&self) -> Result<(), Fault> {
        for (authority, shard, number) in self.store.published_crl_numbers().await? {
            let name = Name { authority, shard };
            if self
                .validation
                .lists
                .list(&name)
                .is_some_and(|served| served.number >= number)
            {
                continue;
            }
            if let Some((row, der)) = self.store.published_crl(&name.authority, shard).await?
                && let Some(digest) = row.digest
            {
                let list = List::new(
                    Bytes::from(der),
                    row.number,
                    row.this_update,
                    row.next_update,
                    &digest.0,
                );
                let validation = Arc::clone(&self.validation);
                let put = computed(move || validation.lists.put(name, list)).await?;
                put.map_err(|fault| Fault::Storage {
                    why: format!("a list cannot be published: {fault}"),
                })?;
            }
        }
        Ok(())
    }
}

/// Below the second within which every node answers (DESIGN §5).
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// What could not be taken up is tried again every ten seconds.
const LOOKS_BETWEEN_TRIES: u32 = 20;
