//! Opens keys at rest, each one once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pki::certificate::Certificate;
use pki::key::SoftwareKey;

use super::{Authority, AuthorityFault, computed};
use crate::config::Secret;
use crate::store::{KeyPurpose, KeyRow, Store};

/// The keys that this process has opened. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    passphrase: Secret,
    open: Arc<Mutex<HashMap<[u8; 16], Arc<SoftwareKey>>>>,
}

impl Keyring {
    /// Has opened nothing yet. The passphrase is read when a key is opened, and wiped after.
    pub fn new(passphrase: Secret) -> Self {
        Self {
            passphrase,
            open: Arc::default(),
        }
    }

    /// The authority of this name, with its key open.
    pub async fn authority(&self, store: &Store, name: &str) -> Result<Authority, AuthorityFault> {
        self.authorities(store, |row| row.authority.0 == name)
            .await?
            .pop()
            .ok_or_else(|| AuthorityFault::Unknown(name.to_owned()))
    }

    /// All authorities that can sign.
    pub async fn all(&self, store: &Store) -> Result<Vec<Authority>, AuthorityFault> {
        self.authorities(store, |_| true).await
    }

    /// The key of a row.
    pub async fn key(&self, row: &KeyRow) -> Result<Arc<SoftwareKey>, AuthorityFault> {
        if let Some(key) = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&row.id) {
            return Ok(Arc::clone(key));
        }
        let passphrase = self.passphrase.read()?;
        let pem = row.pem.clone();
        let opened = computed(move || SoftwareKey::from_encrypted_pem(&pem, &passphrase)).await?;
        let key = Arc::new(opened.map_err(|reason| AuthorityFault::Key {
            authority: row.authority.0.clone(),
            reason,
        })?);
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(row.id, Arc::clone(&key));
        Ok(key)
    }

    /// A new key as it will lie at rest. `random` is fresh.
    pub(crate) async fn seal(&self, key: Arc<SoftwareKey>, random: [u8; 32]) -> Result<String, AuthorityFault> {
        let passphrase = self.passphrase.read()?;
        let sealed = computed(move || key.to_encrypted_pem(&passphrase, random)).await?;
        sealed.map_err(|reason| AuthorityFault::Key {
            authority: "the new authority".to_owned(),
            reason,
        })
    }

    /// Remembers a key that was made here.
    pub(crate) fn remember(&self, id: [u8; 16], key: Arc<SoftwareKey>) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id, key);
    }

    async fn authorities(
        &self,
        store: &Store,
        wanted: impl Fn(&KeyRow) -> bool,
    ) -> Result<Vec<Authority>, AuthorityFault> {
        let mut authorities = Vec::new();
        for row in store.keys().await? {
            if let (KeyPurpose::Authority, Some(der), true) = (row.purpose, &row.certificate, wanted(&row)) {
                let certificate = Certificate::parse(der)?;
                let key = self.key(&row).await?;
                authorities.push(Authority {
                    name: row.authority,
                    certificate,
                    key,
                });
            }
        }
        Ok(authorities)
    }
}
