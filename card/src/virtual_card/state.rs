//! What the card remembers without power, and the file it remembers it in.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write as _},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use aws_lc_rs::pbkdf2;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{CardFileFault, Profile, chance, key::CardKey};
use crate::{apdu::KeyReference, certificate::KeyKind, tlv::Tag};

/// Where a virtual card keeps its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In this process; gone with it.
    Memory,
    /// In a file that only its owner may read: it holds private keys.
    File(PathBuf),
}

/// The card's memory.
pub(super) struct State {
    pub(super) identifier: [u8; 16],
    pub(super) pin: ReferenceData,
    pub(super) puk: ReferenceData,
    pub(super) management_key: Zeroizing<[u8; 32]>,
    pub(super) keys: Vec<(KeyReference, CardKey)>,
    /// Content of each object, inside its `53`.
    pub(super) objects: BTreeMap<Tag, Vec<u8>>,
}

/// A PIN or PUK: its salted hash and its counter.
///
/// The hash keeps the PIN out of the file's text. It does not protect it from whoever has the file: a million PINs are tried in an hour.
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

    /// Compares in constant time.
    pub(super) fn is(&self, block: &[u8]) -> bool {
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &self.salt, block, &self.hash).is_ok()
    }
}

impl State {
    pub(super) fn new(profile: Profile, pin: &[u8], puk: &[u8]) -> Result<Self, CardFileFault> {
        Ok(Self {
            identifier: chance::random().map_err(|_| CardFileFault::Chance)?,
            pin: ReferenceData::new(pin, profile.pin_tries)?,
            puk: ReferenceData::new(puk, profile.puk_tries)?,
            management_key: Zeroizing::new(chance::random().map_err(|_| CardFileFault::Chance)?),
            keys: Vec::new(),
            objects: BTreeMap::new(),
        })
    }

    pub(super) fn key(&self, reference: KeyReference) -> Option<&CardKey> {
        self.keys
            .iter()
            .find(|(place, _)| *place == reference)
            .map(|(_, key)| key)
    }

    pub(super) fn set_key(&mut self, reference: KeyReference, key: CardKey) {
        self.keys.retain(|(place, _)| *place != reference);
        self.keys.push((reference, key));
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
    /// Durable when it returns: after a power cut the file holds this state or the one before, whole.
    pub(super) fn save(&self, state: &State) -> Result<(), CardFileFault> {
        let Storage::File(path) = &self.storage else {
            return Ok(());
        };
        let text = Zeroizing::new(serde_json::to_string_pretty(&StoredCard::of(state)?).map_err(io::Error::from)?);
        replace(path, text.as_bytes()).map_err(CardFileFault::from)
    }

    pub(super) fn load(&self) -> Result<State, CardFileFault> {
        let Storage::File(path) = &self.storage else {
            return Err(CardFileFault::Malformed("a card in memory has no file"));
        };
        let text = Zeroizing::new(std::fs::read_to_string(path)?);
        let stored: StoredCard =
            serde_json::from_str(&text).map_err(|_| CardFileFault::Malformed("not a card's JSON"))?;
        stored.into_state()
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCard {
    version: u32,
    identifier: String,
    pin: StoredReferenceData,
    puk: StoredReferenceData,
    management_key: String,
    keys: Vec<StoredKey>,
    objects: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredReferenceData {
    salt: String,
    hash: String,
    tries_left: u8,
    most_tries: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    place: String,
    kind: String,
    pkcs8: String,
}

impl StoredCard {
    fn of(state: &State) -> Result<Self, CardFileFault> {
        let keys = state
            .keys
            .iter()
            .map(|(place, key)| {
                let pkcs8 = key.to_pkcs8().map_err(|_| CardFileFault::Chance)?;
                Ok(StoredKey {
                    place: place_name(*place).to_owned(),
                    kind: kind_name(key.kind()).to_owned(),
                    pkcs8: BASE64.encode(&*pkcs8),
                })
            })
            .collect::<Result<_, CardFileFault>>()?;
        Ok(Self {
            version: VERSION,
            identifier: BASE64.encode(state.identifier),
            pin: StoredReferenceData::of(&state.pin),
            puk: StoredReferenceData::of(&state.puk),
            management_key: BASE64.encode(*state.management_key),
            keys,
            objects: state
                .objects
                .iter()
                .map(|(tag, value)| (format!("{tag:X}"), BASE64.encode(value)))
                .collect(),
        })
    }

    fn into_state(self) -> Result<State, CardFileFault> {
        if self.version != VERSION {
            return Err(CardFileFault::Malformed("of another version"));
        }
        let mut keys = Vec::new();
        for key in self.keys {
            let place = PLACES
                .into_iter()
                .find(|place| place_name(*place) == key.place)
                .ok_or(CardFileFault::Malformed("a key in no place"))?;
            let kind = KINDS
                .into_iter()
                .find(|kind| kind_name(*kind) == key.kind)
                .ok_or(CardFileFault::Malformed("a key of no kind"))?;
            let pkcs8 = Zeroizing::new(bytes(&key.pkcs8)?);
            let key = CardKey::from_pkcs8(kind, &pkcs8).map_err(|_| CardFileFault::Malformed("a broken key"))?;
            keys.push((place, key));
        }
        let mut objects = BTreeMap::new();
        for (tag, value) in &self.objects {
            let tag = Tag::from_str_radix(tag, 16).map_err(|_| CardFileFault::Malformed("an object without tag"))?;
            objects.insert(tag, bytes(value)?);
        }
        Ok(State {
            identifier: array(&self.identifier)?,
            pin: self.pin.into_reference_data()?,
            puk: self.puk.into_reference_data()?,
            management_key: Zeroizing::new(array(&self.management_key)?),
            keys,
            objects,
        })
    }
}

impl StoredReferenceData {
    fn of(data: &ReferenceData) -> Self {
        Self {
            salt: BASE64.encode(data.salt),
            hash: BASE64.encode(data.hash),
            tries_left: data.tries_left,
            most_tries: data.most_tries,
        }
    }

    fn into_reference_data(self) -> Result<ReferenceData, CardFileFault> {
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

fn bytes(text: &str) -> Result<Vec<u8>, CardFileFault> {
    BASE64
        .decode(text)
        .map_err(|_| CardFileFault::Malformed("a value that is not base64"))
}

fn array<const N: usize>(text: &str) -> Result<[u8; N], CardFileFault> {
    bytes(text)?
        .try_into()
        .map_err(|_| CardFileFault::Malformed("a value of another length"))
}

fn place_name(place: KeyReference) -> &'static str {
    match place {
        KeyReference::Authentication => "9A",
        KeyReference::Management => "9B",
        KeyReference::Signature => "9C",
        KeyReference::KeyManagement => "9D",
        KeyReference::CardAuthentication => "9E",
    }
}

fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Rsa2048 => "rsa-2048",
        KeyKind::P256 => "p256",
        KeyKind::P384 => "p384",
    }
}

const PLACES: [KeyReference; 4] = [
    KeyReference::Authentication,
    KeyReference::Signature,
    KeyReference::KeyManagement,
    KeyReference::CardAuthentication,
];
const KINDS: [KeyKind; 3] = [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384];

/// `63Cx` counts to fifteen.
pub(super) const MOST_TRIES: u8 = 15;

const VERSION: u32 = 1;

const ROUNDS: NonZeroU32 = NonZeroU32::new(10_000).expect("not zero");
