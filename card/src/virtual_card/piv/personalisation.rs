//! How a card comes into being: keys of its own first, then the certificates that an authority issues for them.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::path::Path;

use super::{Chip, State, StoredCard};
use crate::{
    certificate::{Certificate, KeyKind},
    pin::{Pin, PinRule},
    piv::{Signature, Slot},
    tlv,
    virtual_card::{
        CardFileFault, Profile, VirtualCard,
        key::CardKey,
        storage::{self, HeldStorage, MOST_TRIES, Storage},
    },
};

/// What a new card shall be.
pub struct Design {
    /// How many tries it forgives.
    pub profile: Profile,
    /// The key for authentication, 9A.
    pub authentication: KeyKind,
    /// The key for signatures, 9C.
    pub signature: KeyKind,
    /// Its first PIN.
    pub pin: Pin,
    /// Its PUK, parsed by [`PinRule::PIV_PUK`].
    pub puk: Pin,
}

/// A card that has its keys and not yet its certificates. Only now does it sign without a PIN: certificate requests.
pub struct Personalisation {
    storage: HeldStorage,
    state: State,
}

impl Personalisation {
    /// Makes a card with keys, and keeps it in `storage`. An existing file is never overwritten.
    pub fn begin(storage: Storage, design: &Design) -> Result<Self, CardFileFault> {
        let storage = storage.hold()?;
        if storage.is_taken()? {
            return Err(CardFileFault::Exists);
        }
        if design.profile.pin_tries > MOST_TRIES || design.profile.puk_tries > MOST_TRIES {
            return Err(CardFileFault::Tries);
        }
        let pin = design.pin.block(PinRule::PIV);
        let puk = design.puk.block(PinRule::PIV_PUK);
        let mut state = State::new(design.profile, pin.bytes(), puk.bytes())?;
        for (slot, kind) in [
            (Slot::Authentication, design.authentication),
            (Slot::Signature, design.signature),
        ] {
            let key = CardKey::generate(kind).map_err(|_| CardFileFault::Chance)?;
            state.set_key(slot.key(), key);
        }
        storage.save(|| StoredCard::of(&state))?;
        Ok(Self { storage, state })
    }

    /// Takes up a card that [`Personalisation::begin`] left in a file. One with certificates is [`CardFileFault::Issued`].
    pub fn reopen(path: &Path) -> Result<Self, CardFileFault> {
        let storage = HeldStorage::of_card(path)?;
        let state = storage::read::<StoredCard>(&storage.text()?)?.into_state()?;
        if SLOTS.into_iter().any(|slot| state.certificate(slot).is_some()) {
            return Err(CardFileFault::Issued);
        }
        Ok(Self { storage, state })
    }

    /// The card's own number.
    pub fn identifier(&self) -> crate::piv::CardIdentifier {
        self.state.identifier()
    }

    /// The SubjectPublicKeyInfo of a slot's key, DER.
    pub fn public_key(&self, slot: Slot) -> Result<Vec<u8>, CardFileFault> {
        self.key(slot)?.public_key().map_err(|_| CardFileFault::Chance)
    }

    /// Signs with a slot's key, as a certificate request wants it.
    pub fn sign(&self, slot: Slot, message: &[u8]) -> Result<Signature, CardFileFault> {
        let key = self.key(slot)?;
        Ok(Signature {
            algorithm: key.kind().signature_algorithm(),
            bytes: key.sign_message(message).map_err(|_| CardFileFault::Chance)?,
        })
    }

    /// Takes the certificates, DER, in any order: each goes to the slot whose key it certifies. Both slots must get one.
    pub fn load(mut self, certificates: &[&[u8]]) -> Result<VirtualCard, CardFileFault> {
        let keys = SLOTS.map(|slot| self.public_key(slot).map(|key| (slot, key)));
        for (index, der) in certificates.iter().enumerate() {
            let certificate = Certificate::parse(der).map_err(|fault| CardFileFault::Certificate { index, fault })?;
            let slot = keys
                .iter()
                .flatten()
                .find(|(_, key)| key == certificate.public_key())
                .map(|(slot, _)| *slot)
                .ok_or(CardFileFault::ForeignCertificate(index))?;
            self.state
                .objects
                .insert(slot.object(), certificate_object(certificate.der()));
        }
        for slot in SLOTS {
            if !self.state.objects.contains_key(&slot.object()) {
                return Err(CardFileFault::NoCertificate(slot));
            }
        }
        self.storage.save(|| StoredCard::of(&self.state))?;
        Ok(VirtualCard::piv(self.storage, Chip::new(self.state)))
    }

    fn key(&self, slot: Slot) -> Result<&CardKey, CardFileFault> {
        self.state
            .key(slot.key())
            .ok_or(CardFileFault::Malformed("a card without its key"))
    }
}

/// `70 certificate, 71 not compressed, FE` (SP 800-73-4 part 1, table 10).
fn certificate_object(der: &[u8]) -> Vec<u8> {
    let mut object = tlv::element(0x70, der);
    tlv::push(&mut object, 0x71, &[0x00]);
    tlv::push(&mut object, 0xFE, &[]);
    object
}

const SLOTS: [Slot; 2] = [Slot::Authentication, Slot::Signature];
