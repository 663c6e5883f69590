//! Keeps a node's answers true: every status as it is committed anywhere, new authorities and responders, newer lists.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use pki::certificate::Certificate;

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
    /// The keys that were taken up, with whether each had its certificate.
    taken_up: Vec<([u8; 16], bool)>,
}

/// Learns everything that there is, and from then on hears of every commit before it is acknowledged.
pub async fn follow(validation: Arc<Validation>, store: Store, keyring: Keyring) -> Result<Follower, AuthorityFault> {
    let status = validation.status().clone();
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
    let mut follower = Follower {
        validation,
        store,
        keyring,
        taken_up: Vec::new(),
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

    /// Takes up what is new.
    pub async fn look(&mut self) -> Result<(), AuthorityFault> {
        let keys = self.store.keys().await?;
        let seen: Vec<_> = keys.iter().map(|key| (key.id, key.certificate.is_some())).collect();
        if seen != self.taken_up {
            self.take_up(&keys).await?;
            self.taken_up = seen;
        }
        Ok(self.look_for_lists().await?)
    }

    async fn take_up(&self, keys: &[KeyRow]) -> Result<(), AuthorityFault> {
        for authority in keys.iter().filter(|key| key.purpose == KeyPurpose::Authority) {
            let Some(der) = &authority.certificate else { continue };
            let certificate = Certificate::parse(der)?;
            // The latest comes first; one that still waits for its certificate is passed over.
            let own = keys.iter().find(|key| {
                key.purpose == KeyPurpose::Responder
                    && key.authority == authority.authority
                    && key.certificate.is_some()
            });
            let responder = match own {
                Some(row) => responder::open(&self.keyring, row, &certificate).await?,
                None => None,
            };
            self.validation
                .take_up(authority.authority.clone(), certificate, responder);
        }
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
