//! Opens keys at rest, each one once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use casework::identity::Authority as Name;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::enrolment::Answering;
use super::{Authority, AuthorityFault, computed};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::Secret;
use crate::fault::Fault;
use crate::seal::Seal;
use crate::store::{KeyPurpose, KeyRow, Store};
use crate::unblock::{KeyVersion, Master, Unblock};

/// The keys that this process has opened. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    passphrase: Secret,
    open: Arc<Mutex<HashMap<[u8; 16], Arc<SoftwareKey>>>>,
    seal: Arc<OnceCell<Seal>>,
    masters: Arc<Mutex<BTreeMap<KeyVersion, Master>>>,
    answering: Arc<Mutex<HashMap<Name, Answering>>>,
}

impl Keyring {
    /// Has opened nothing yet. The passphrase is read when a key is opened, and wiped after.
    pub fn new(passphrase: Secret) -> Self {
        Self {
            passphrase,
            open: Arc::default(),
            seal: Arc::default(),
            masters: Arc::default(),
            answering: Arc::default(),
        }
    }

    /// What seals 認証コード2. The key is made when it is wanted first, by whichever process is first, and opened once: a house
    /// without a service centre never has one. Where terminals have codes and the key is gone, none is made in its place.
    pub async fn seal_of_codes(&self, store: &Store, clock: &Clock, chance: &Chance) -> Result<Seal, AuthorityFault> {
        let opened = self.seal.get_or_try_init(async || {
            let kept = if let Some(kept) = store.sealing_key().await? {
                kept
            } else {
                // A passphrase that opens none of the authorities' keys is a slip, and seals nothing for ever.
                if let Some(name) = self.names(store).await?.first() {
                    self.authority(store, &name.0).await?;
                }
                let (passphrase, chance) = (self.passphrase.read()?, chance.clone());
                let fresh = computed(move || Seal::fresh(&passphrase, &chance)).await??;
                store.keep_sealing_key(fresh, clock.now()).await?;
                let missing = || Fault::Corrupt {
                    what: "the key of 認証コード2",
                    why: "it is not there, and terminals have codes that it alone opens".to_owned(),
                };
                store.sealing_key().await?.ok_or_else(missing)?
            };
            let passphrase = self.passphrase.read()?;
            let opened = computed(move || Seal::opened(&kept, &passphrase)).await?;
            opened.ok_or(AuthorityFault::Seal)
        });
        opened.await.cloned()
    }

    /// The master keys that unblock keys of cards come from, all versions. The first one is made when it is wanted first, by
    /// whichever process is first: a house that issues no citizen's card never has one. Where cards were issued under one
    /// that is gone, none is made in its place.
    pub async fn unblock(&self, store: &Store, clock: &Clock, chance: &Chance) -> Result<Unblock, AuthorityFault> {
        if store.unblock_keys().await?.is_empty() {
            self.keep_master(KeyVersion::FIRST, store, clock, chance).await?;
        }
        self.masters(store).await
    }

    /// Makes a version more, under which cards are issued from then on. Two that ask at once make one.
    pub async fn renew_unblock(
        &self,
        store: &Store,
        clock: &Clock,
        chance: &Chance,
    ) -> Result<Unblock, AuthorityFault> {
        let last = self.unblock(store, clock, chance).await?.issues();
        let next = last.and_then(KeyVersion::next).ok_or(AuthorityFault::LastMaster)?;
        self.keep_master(next, store, clock, chance).await?;
        self.masters(store).await
    }

    async fn keep_master(
        &self,
        version: KeyVersion,
        store: &Store,
        clock: &Clock,
        chance: &Chance,
    ) -> Result<(), AuthorityFault> {
        // A passphrase that opens none of the authorities' keys is a slip, and seals nothing for ever.
        if let Some(name) = self.names(store).await?.first() {
            self.authority(store, &name.0).await?;
        }
        let (passphrase, chance) = (self.passphrase.read()?, chance.clone());
        let fresh = computed(move || Master::fresh(&passphrase, &chance)).await??;
        Ok(store.keep_unblock_key(version, fresh, clock.now()).await?)
    }

    fn known_master(&self, version: KeyVersion) -> Option<Master> {
        let known = self.masters.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&version).cloned()
    }

    /// Those that are there; each is opened once.
    async fn masters(&self, store: &Store) -> Result<Unblock, AuthorityFault> {
        let kept = store.unblock_keys().await?;
        let mut masters = BTreeMap::new();
        for (version, sealed) in kept {
            let master = if let Some(master) = self.known_master(version) {
                master
            } else {
                let passphrase = self.passphrase.read()?;
                let opened = computed(move || Master::opened(&sealed, &passphrase)).await?;
                let master = opened.ok_or(AuthorityFault::Master(version))?;
                let mut known = self.masters.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(version).or_insert(master).clone()
            };
            masters.insert(version, master);
        }
        if masters.is_empty() {
            return Err(Fault::Corrupt {
                what: "the master key of unblocking",
                why: "it is not there, and cards were issued whose unblock keys come from it alone".to_owned(),
            }
            .into());
        }
        Ok(Unblock::new(masters))
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

    /// Opens every key of the store, side by side: each takes some tenth of a second of one processor. One that does not open
    /// is told to whoever wants it, and to nobody here.
    pub async fn open_all(&self, store: &Store) -> Result<(), Fault> {
        let mut opening = JoinSet::new();
        for row in store.keys().await? {
            let keyring = self.clone();
            opening.spawn(async move { drop(keyring.key(&row).await) });
        }
        opening.join_all().await;
        Ok(())
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

    /// Who answered for an authority here last.
    pub(super) fn answering(&self, authority: &Name) -> Option<Answering> {
        let known = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(authority).cloned()
    }

    pub(super) fn remember_answering(&self, answering: Answering) {
        let name = answering.authority().name().clone();
        let mut known = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name, answering);
    }

    /// Remembers a key that was made here.
    pub(crate) fn remember(&self, id: [u8; 16], key: Arc<SoftwareKey>) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id, key);
    }
}
