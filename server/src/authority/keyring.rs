//! Opens keys at rest, each one once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use casework::identity::Authority as Name;
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
        let row =
            store.keys().await?.into_iter().find(|row| {
                row.purpose == KeyPurpose::Authority && row.certificate.is_some() && row.authority.0 == name
            });
        let row = row.ok_or_else(|| AuthorityFault::Unknown(name.to_owned()))?;
        let certificate = Certificate::parse(row.certificate.as_deref().unwrap_or_default())?;
        let key = self.key(&row).await?;
        Ok(Authority {
            name: row.authority,
            certificate,
            key,
        })
    }

    /// The names of all authorities that have a certificate. Nothing is opened.
    pub async fn names(&self, store: &Store) -> Result<Vec<Name>, AuthorityFault> {
        let certified = |row: &KeyRow| row.purpose == KeyPurpose::Authority && row.certificate.is_some();
        Ok(store
            .keys()
            .await?
            .into_iter()
            .filter(certified)
            .map(|row| row.authority)
            .collect())
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
}
