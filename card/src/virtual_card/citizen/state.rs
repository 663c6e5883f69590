//! What a citizen's card remembers without power.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Lock, UnblockKeys,
    unblock::{LAST_COUNTER, UNBLOCK_TRIES},
};
use crate::{
    jpki::CardNumber,
    virtual_card::{
        CardFileFault,
        key::CardKey,
        storage::{self, ReferenceData, StoredKey, StoredReferenceData, array, bytes, text},
    },
};

/// The card's memory.
pub(super) struct State {
    pub(super) number: CardNumber,
    pub(super) authentication_key: CardKey,
    pub(super) signature_key: CardKey,
    pub(super) locks: Locks,
    /// `None` on a card that waits for its certificates.
    pub(super) issued: Option<Issued>,
}

/// What changes while the card is used.
#[derive(Clone)]
pub(super) struct Locks {
    pub(super) authentication: ReferenceData,
    pub(super) signature: ReferenceData,
    pub(super) printed: Option<ReferenceData>,
    pub(super) unblock_tries: u8,
    pub(super) counter: u32,
    pub(super) receipt: Option<[u8; 19]>,
}

/// What its issuer put on the card.
pub(super) struct Issued {
    pub(super) authentication: Vec<u8>,
    pub(super) authentication_authority: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) signature_authority: Vec<u8>,
    pub(super) visual: Vec<u8>,
    pub(super) keys: UnblockKeys,
}

impl Locks {
    pub(super) fn of(&self, lock: Lock) -> Option<&ReferenceData> {
        match lock {
            Lock::Authentication => Some(&self.authentication),
            Lock::Signature => Some(&self.signature),
            Lock::Printed => self.printed.as_ref(),
        }
    }

    pub(super) fn of_mut(&mut self, lock: Lock) -> Option<&mut ReferenceData> {
        match lock {
            Lock::Authentication => Some(&mut self.authentication),
            Lock::Signature => Some(&mut self.signature),
            Lock::Printed => self.printed.as_mut(),
        }
    }
}

/// Whether the text is the file of such a card; a PIV card's names no kind.
pub(in crate::virtual_card) fn is_citizens(text: &str) -> Result<bool, CardFileFault> {
    #[derive(Deserialize)]
    struct Kind {
        kind: Option<String>,
    }
    Ok(storage::read::<Kind>(text)?.kind.as_deref() == Some(KIND))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::virtual_card) struct StoredCitizen {
    version: u32,
    kind: String,
    number: String,
    authentication_pin: StoredReferenceData,
    signature_password: StoredReferenceData,
    keys: Vec<StoredKey>,
    unblock: StoredUnblock,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<StoredIssued>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredUnblock {
    tries_left: u8,
    counter: u32,
    receipt: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIssued {
    authentication: String,
    authentication_authority: String,
    signature: String,
    signature_authority: String,
    visual: String,
    printed_number: StoredReferenceData,
    key_version: u8,
    authentication_unblock_key: String,
    signature_unblock_key: String,
}

impl StoredCitizen {
    pub(super) fn of(state: &State) -> Result<Self, CardFileFault> {
        let locks = &state.locks;
        let issued = match (&state.issued, &locks.printed) {
            (Some(issued), Some(printed)) => Some(StoredIssued {
                authentication: text(&issued.authentication),
                authentication_authority: text(&issued.authentication_authority),
                signature: text(&issued.signature),
                signature_authority: text(&issued.signature_authority),
                visual: text(&issued.visual),
                printed_number: StoredReferenceData::of(printed),
                key_version: issued.keys.version,
                authentication_unblock_key: text(&*issued.keys.authentication),
                signature_unblock_key: text(&*issued.keys.signature),
            }),
            _ => None,
        };
        Ok(Self {
            version: VERSION,
            kind: KIND.to_owned(),
            number: state.number.to_string(),
            authentication_pin: StoredReferenceData::of(&locks.authentication),
            signature_password: StoredReferenceData::of(&locks.signature),
            keys: vec![
                StoredKey::of(AUTHENTICATION, &state.authentication_key)?,
                StoredKey::of(SIGNATURE, &state.signature_key)?,
            ],
            unblock: StoredUnblock {
                tries_left: locks.unblock_tries,
                counter: locks.counter,
                receipt: locks.receipt.as_ref().map(|receipt| text(receipt)),
            },
            issued,
        })
    }

    pub(super) fn into_state(self) -> Result<State, CardFileFault> {
        if self.version != VERSION || self.kind != KIND {
            return Err(CardFileFault::Malformed("of another version"));
        }
        let [authentication_key, signature_key]: [StoredKey; 2] = self
            .keys
            .try_into()
            .map_err(|_| CardFileFault::Malformed("not two keys"))?;
        if authentication_key.place != AUTHENTICATION || signature_key.place != SIGNATURE {
            return Err(CardFileFault::Malformed("a key in no place"));
        }
        if self.unblock.tries_left > UNBLOCK_TRIES || self.unblock.counter > LAST_COUNTER {
            return Err(CardFileFault::Malformed("a counter beyond its end"));
        }
        let (issued, printed) = match self.issued {
            Some(stored) => {
                let (issued, printed) = stored.into_issued()?;
                (Some(issued), Some(printed))
            }
            None => (None, None),
        };
        Ok(State {
            number: CardNumber::parse(self.number.as_bytes())
                .ok_or(CardFileFault::Malformed("a card number that does not check"))?,
            authentication_key: authentication_key.into_key()?,
            signature_key: signature_key.into_key()?,
            locks: Locks {
                authentication: self.authentication_pin.into_reference_data()?,
                signature: self.signature_password.into_reference_data()?,
                printed,
                unblock_tries: self.unblock.tries_left,
                counter: self.unblock.counter,
                receipt: self.unblock.receipt.as_deref().map(array).transpose()?,
            },
            issued,
        })
    }
}

impl StoredIssued {
    fn into_issued(self) -> Result<(Issued, ReferenceData), CardFileFault> {
        let issued = Issued {
            authentication: bytes(&self.authentication)?,
            authentication_authority: bytes(&self.authentication_authority)?,
            signature: bytes(&self.signature)?,
            signature_authority: bytes(&self.signature_authority)?,
            visual: bytes(&self.visual)?,
            keys: UnblockKeys {
                version: self.key_version,
                authentication: Zeroizing::new(array(&self.authentication_unblock_key)?),
                signature: Zeroizing::new(array(&self.signature_unblock_key)?),
            },
        };
        Ok((issued, self.printed_number.into_reference_data()?))
    }
}

const KIND: &str = "jpki";
const AUTHENTICATION: &str = "0017";
const SIGNATURE: &str = "001A";
const VERSION: u32 = 1;
