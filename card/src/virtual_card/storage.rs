//! The file in which a card remembers without power, and the pieces that files of both kinds of card are made of.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write as _},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use aws_lc_rs::pbkdf2;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{CardFileFault, chance, key::CardKey};
use crate::{certificate::KeyKind, pin::TriesLeft};

/// Where a virtual card keeps its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In this process; gone with it.
    Memory,
    /// In a file that only its owner may read: it holds private keys.
    File(PathBuf),
}

/// A PIN or PUK: its salted hash and its counter.
///
/// The hash keeps the PIN out of the file's text. It does not protect it from whoever has the file: a million PINs are tried in an hour.
#[derive(Clone)]
pub(super) struct ReferenceData {
    salt: [u8; 16],
    hash: [u8; 32],
    pub(super) tries_left: u8,
    pub(super) most_tries: u8,
}

impl ReferenceData {
    pub(super) fn new(block: &[u8], most_tries: u8) -> Result<Self, CardFileFault> {
        let salt = chance::random().map_err(|_| CardFileFault::Chance)?;
        let mut hash = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, block, &mut hash);
        Ok(Self {
            salt,
            hash,
            tries_left: most_tries,
            most_tries,
        })
    }

    pub(super) fn tries(&self) -> TriesLeft {
        match self.tries_left {
            0 => TriesLeft::Blocked,
            left => TriesLeft::Known(left),
        }
    }

    pub(super) fn set_tries(&mut self, left: u8) -> Result<(), CardFileFault> {
        if left > self.most_tries {
            return Err(CardFileFault::Tries);
        }
        self.tries_left = left;
        Ok(())
    }

    /// Compares in constant time.
    pub(super) fn is(&self, block: &[u8]) -> bool {
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &self.salt, block, &self.hash).is_ok()
    }
}

/// A storage that belongs to one card in one process until this is dropped.
///
/// The lock is on a file of its own: the card's file is another one after each write.
pub(super) struct HeldStorage {
    storage: Storage,
    _lock: Option<File>,
}

impl Storage {
    /// Takes hold of it. Two cards with one memory would each write over the other's counters.
    pub(super) fn hold(self) -> Result<HeldStorage, CardFileFault> {
        let lock = match &self {
            Self::Memory => None,
            Self::File(path) => Some(lock(path)?),
        };
        Ok(HeldStorage {
            storage: self,
            _lock: lock,
        })
    }
}

impl HeldStorage {
    /// The file of a card that is there. Where no card is, no lock is left either.
    pub(super) fn of_card(path: &Path) -> Result<Self, CardFileFault> {
        path.metadata()?;
        Storage::File(path.to_owned()).hold()
    }

    /// Durable when it returns: after a power cut the file holds this state or the one before, whole.
    pub(super) fn save<T: Serialize>(
        &self,
        stored: impl FnOnce() -> Result<T, CardFileFault>,
    ) -> Result<(), CardFileFault> {
        let Storage::File(path) = &self.storage else {
            return Ok(());
        };
        let text = Zeroizing::new(serde_json::to_string_pretty(&stored()?).map_err(io::Error::from)?);
        replace(path, text.as_bytes()).map_err(CardFileFault::from)
    }

    /// The file's text.
    pub(super) fn text(&self) -> Result<Zeroizing<String>, CardFileFault> {
        let Storage::File(path) = &self.storage else {
            return Err(CardFileFault::Malformed("a card in memory has no file"));
        };
        Ok(Zeroizing::new(std::fs::read_to_string(path)?))
    }

    /// Whether a file is there already, which is never overwritten by a new card. Asked under the lock, or two would both find none.
    pub(super) fn is_taken(&self) -> Result<bool, CardFileFault> {
        match &self.storage {
            Storage::Memory => Ok(false),
            Storage::File(path) => Ok(path.try_exists()?),
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = beside(path, ".new")?;
    let mut file = for_the_owner().truncate(true).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    // The name is durable only when its directory is (POSIX); Windows cannot open one.
    if cfg!(unix) {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

/// The lock ends with the process, however that ends. Its file stays: were it removed, one process could lock the old file and
/// another a new one.
fn lock(path: &Path) -> Result<File, CardFileFault> {
    let file = for_the_owner().open(beside(path, ".lock")?)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CardFileFault::InUse(path.to_owned())),
        Err(TryLockError::Error(fault)) => Err(fault.into()),
    }
}

/// `card.json` has `card.json.new` and `card.json.lock` beside it.
fn beside(path: &Path, ending: &str) -> io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(ending);
    Ok(path.with_file_name(name))
}

fn for_the_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file's text as what it stores.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, CardFileFault> {
    serde_json::from_str(text).map_err(|_| CardFileFault::Malformed("not a card's JSON"))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredReferenceData {
    salt: String,
    hash: String,
    tries_left: u8,
    most_tries: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredKey {
    pub(super) place: String,
    kind: String,
    pkcs8: String,
}

impl StoredReferenceData {
    pub(super) fn of(data: &ReferenceData) -> Self {
        Self {
            salt: BASE64.encode(data.salt),
            hash: BASE64.encode(data.hash),
            tries_left: data.tries_left,
            most_tries: data.most_tries,
        }
    }

    pub(super) fn into_reference_data(self) -> Result<ReferenceData, CardFileFault> {
        if self.most_tries > MOST_TRIES || self.tries_left > self.most_tries {
            return Err(CardFileFault::Malformed("a counter beyond its end"));
        }
        Ok(ReferenceData {
            salt: array(&self.salt)?,
            hash: array(&self.hash)?,
            tries_left: self.tries_left,
            most_tries: self.most_tries,
        })
    }
}

impl StoredKey {
    pub(super) fn of(place: &str, key: &CardKey) -> Result<Self, CardFileFault> {
        let pkcs8 = key.to_pkcs8().map_err(|_| CardFileFault::Chance)?;
        Ok(Self {
            place: place.to_owned(),
            kind: kind_name(key.kind()).to_owned(),
            pkcs8: BASE64.encode(&*pkcs8),
        })
    }

    pub(super) fn into_key(self) -> Result<CardKey, CardFileFault> {
        let kind = KINDS
            .into_iter()
            .find(|kind| kind_name(*kind) == self.kind)
            .ok_or(CardFileFault::Malformed("a key of no kind"))?;
        let pkcs8 = Zeroizing::new(bytes(&self.pkcs8)?);
        CardKey::from_pkcs8(kind, &pkcs8).map_err(|_| CardFileFault::Malformed("a broken key"))
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

pub(super) fn bytes(text: &str) -> Result<Vec<u8>, CardFileFault> {
    BASE64
        .decode(text)
        .map_err(|_| CardFileFault::Malformed("a value that is not base64"))
}

pub(super) fn array<const N: usize>(text: &str) -> Result<[u8; N], CardFileFault> {
    bytes(text)?
        .try_into()
        .map_err(|_| CardFileFault::Malformed("a value of another length"))
}

fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Rsa2048 => "rsa-2048",
        KeyKind::P256 => "p256",
        KeyKind::P384 => "p384",
    }
}

const KINDS: [KeyKind; 3] = [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384];

/// `63Cx` counts to fifteen.
pub(super) const MOST_TRIES: u8 = 15;

const ROUNDS: NonZeroU32 = NonZeroU32::new(10_000).expect("not zero");
