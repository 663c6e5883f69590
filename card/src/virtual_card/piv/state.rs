//! What a PIV card remembers without power.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    apdu::KeyReference,
    certificate::Certificate,
    piv::{CardIdentifier, Slot},
    tlv::{self, Tag},
    virtual_card::{
        CardFileFault, Profile, chance,
        key::CardKey,
        storage::{ReferenceData, StoredKey, StoredReferenceData, array, bytes, text},
    },
};

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

    pub(super) fn identifier(&self) -> CardIdentifier {
        CardIdentifier::from_bytes(self.identifier)
    }

    pub(super) fn certificate(&self, slot: Slot) -> Option<Certificate> {
        let object = self.objects.get(&slot.object())?;
        Certificate::parse(tlv::find(object, 0x70).ok()?).ok()
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredCard {
    version: u32,
    identifier: String,
    pin: StoredReferenceData,
    puk: StoredReferenceData,
    management_key: String,
    keys: Vec<StoredKey>,
    objects: BTreeMap<String, String>,
}

impl StoredCard {
    pub(super) fn of(state: &State) -> Result<Self, CardFileFault> {
        let keys = state
            .keys
            .iter()
            .map(|(place, key)| StoredKey::of(place_name(*place), key))
            .collect::<Result<_, CardFileFault>>()?;
        Ok(Self {
            version: VERSION,
            identifier: text(&state.identifier),
            pin: StoredReferenceData::of(&state.pin),
            puk: StoredReferenceData::of(&state.puk),
            management_key: text(&*state.management_key),
            keys,
            objects: state
                .objects
                .iter()
                .map(|(tag, value)| (format!("{tag:X}"), text(value)))
                .collect(),
        })
    }

    pub(super) fn into_state(self) -> Result<State, CardFileFault> {
        if self.version != VERSION {
            return Err(CardFileFault::Malformed("of another version"));
        }
        let mut keys = Vec::new();
        for key in self.keys {
            let place = PLACES
                .into_iter()
                .find(|place| place_name(*place) == key.place)
                .ok_or(CardFileFault::Malformed("a key in no place"))?;
            keys.push((place, key.into_key()?));
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

fn place_name(place: KeyReference) -> &'static str {
    match place {
        KeyReference::Authentication => "9A",
        KeyReference::Management => "9B",
        KeyReference::Signature => "9C",
        KeyReference::KeyManagement => "9D",
        KeyReference::CardAuthentication => "9E",
    }
}

const PLACES: [KeyReference; 4] = [
    KeyReference::Authentication,
    KeyReference::Signature,
    KeyReference::KeyManagement,
    KeyReference::CardAuthentication,
];
const VERSION: u32 = 1;
