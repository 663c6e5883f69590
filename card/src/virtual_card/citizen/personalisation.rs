//! How a citizen's card comes into being: number and keys of its own first, then what its issuer makes for them.

use std::path::Path;

use zeroize::Zeroizing;

use super::{Chip, Issued, Locks, State, StoredCitizen, unblock::UNBLOCK_TRIES};
use crate::{
    certificate::{Certificate, KeyKind},
    jpki::{AuthenticationPin, CardNumber, SignaturePassword},
    piv::{Signature, Slot},
    tlv::{self, Tag},
    virtual_card::{
        CardFileFault, VirtualCard, chance,
        key::CardKey,
        storage::{self, HeldStorage, ReferenceData, Storage},
    },
};

/// What a new citizen's card shall be.
pub struct CitizenDesign {
    /// Its first four-digit PIN.
    pub authentication: AuthenticationPin,
    /// Its first signature password.
    pub signature: SignaturePassword,
    /// What it does wrong, for the control of a test: it is not written down, and gone when the card is opened again.
    pub flaw: Option<Flaw>,
}

/// What a card does wrong on purpose: whoever tests cards must find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Any sixteen octets give the right to set the password.
    AcceptsAnyCryptogram,
    /// The right stays, whatever command comes next, also after it was used.
    KeepsItsRight,
}

/// A citizen's card that has its keys and not yet its certificates. Only now does it sign without a PIN: certificate requests.
pub struct CitizenPersonalisation {
    storage: HeldStorage,
    state: State,
    flaw: Option<Flaw>,
}

/// What an issuer makes for one card.
pub struct Issue<'a> {
    /// 利用者証明用電子証明書, DER.
    pub authentication: &'a [u8],
    /// The certificate of its authority, DER.
    pub authentication_authority: &'a [u8],
    /// 署名用電子証明書, DER.
    pub signature: &'a [u8],
    /// The certificate of its authority, DER.
    pub signature_authority: &'a [u8],
    /// The file of the card's face; the printed number comes from it.
    pub visual: &'a [u8],
    /// The keys that let its PINs be set.
    pub unblock: UnblockKeys,
}

/// The keys that let a card's PINs be set, wiped when dropped. Only the one of the signature password does anything (R405).
pub struct UnblockKeys {
    /// The version of the master key that they come from.
    pub version: u8,
    /// `91`, of the authentication PIN.
    pub authentication: Zeroizing<[u8; 32]>,
    /// `92`, of the signature password.
    pub signature: Zeroizing<[u8; 32]>,
}

impl UnblockKeys {
    /// From a file: the key version in decimal digits, then a line `91 ` and one `92 `, each with 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, CardFileFault> {
        let mut lines = text.lines();
        let version = lines
            .next()
            .and_then(|line| line.parse().ok())
            .filter(|version| *version > 0);
        let mut key = |reference: &str| {
            let digits = lines.next()?.strip_prefix(reference)?.strip_prefix(' ')?;
            octets(digits)
        };
        match (version, key("91"), key("92"), lines.next()) {
            (Some(version), Some(authentication), Some(signature), None) => Ok(Self {
                version,
                authentication,
                signature,
            }),
            _ => Err(CardFileFault::UnblockKeys),
        }
    }

    /// Keys that no issuer knows, for a card that stands alone.
    pub fn random() -> Result<Self, CardFileFault> {
        let key = || chance::random().map(Zeroizing::new).map_err(|_| CardFileFault::Chance);
        Ok(Self {
            version: 1,
            authentication: key()?,
            signature: key()?,
        })
    }
}

fn octets(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, octet) in key.iter_mut().enumerate() {
        *octet = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

impl CitizenPersonalisation {
    /// Makes a card with a number and keys, and keeps it in `storage`. An existing file is never overwritten.
    pub fn begin(storage: Storage, design: &CitizenDesign) -> Result<Self, CardFileFault> {
        let storage = storage.hold()?;
        if storage.is_taken()? {
            return Err(CardFileFault::Exists);
        }
        let key = || CardKey::generate(KeyKind::Rsa2048).map_err(|_| CardFileFault::Chance);
        let state = State {
            number: CardNumber::beginning(chance::random().map_err(|_| CardFileFault::Chance)?),
            authentication_key: key()?,
            signature_key: key()?,
            locks: Locks {
                authentication: ReferenceData::new(design.authentication.secret().bytes(), AUTHENTICATION_TRIES)?,
                signature: ReferenceData::new(design.signature.secret().bytes(), SIGNATURE_TRIES)?,
                printed: None,
                unblock_tries: UNBLOCK_TRIES,
                counter: 0,
                receipt: None,
            },
            issued: None,
        };
        storage.save(|| StoredCitizen::of(&state))?;
        Ok(Self {
            storage,
            state,
            flaw: design.flaw,
        })
    }

    /// Takes up a card that [`CitizenPersonalisation::begin`] left in a file. One with certificates is [`CardFileFault::Issued`].
    pub fn reopen(path: &Path) -> Result<Self, CardFileFault> {
        let storage = HeldStorage::of_card(path)?;
        let state = storage::read::<StoredCitizen>(&storage.text()?)?.into_state()?;
        if state.issued.is_some() {
            return Err(CardFileFault::Issued);
        }
        Ok(Self {
            storage,
            state,
            flaw: None,
        })
    }

    /// The card's number.
    pub fn number(&self) -> CardNumber {
        self.state.number
    }

    /// The SubjectPublicKeyInfo of a slot's key, DER.
    pub fn public_key(&self, slot: Slot) -> Result<Vec<u8>, CardFileFault> {
        self.key(slot).public_key().map_err(|_| CardFileFault::Chance)
    }

    /// Signs with a slot's key, as a certificate request wants it.
    pub fn sign(&self, slot: Slot, message: &[u8]) -> Result<Signature, CardFileFault> {
        let key = self.key(slot);
        Ok(Signature {
            algorithm: key.kind().signature_algorithm(),
            bytes: key.sign_message(message).map_err(|_| CardFileFault::Chance)?,
        })
    }

    /// Takes what the issuer made. Both certificates must be of this card's keys, and the face must have this card's number.
    pub fn load(mut self, issue: Issue<'_>) -> Result<VirtualCard, CardFileFault> {
        let given = [
            (issue.authentication, Some(Slot::Authentication)),
            (issue.signature, Some(Slot::Signature)),
            (issue.authentication_authority, None),
            (issue.signature_authority, None),
        ];
        for (index, (der, slot)) in given.into_iter().enumerate() {
            let certificate = Certificate::parse(der).map_err(|fault| CardFileFault::Certificate { index, fault })?;
            if let Some(slot) = slot
                && certificate.public_key() != self.public_key(slot)?
            {
                return Err(CardFileFault::ForeignCertificate(index));
            }
        }
        let printed = printed_number(issue.visual, self.state.number)?;
        self.state.locks.printed = Some(ReferenceData::new(&printed, PRINTED_TRIES)?);
        self.state.issued = Some(Issued {
            authentication: issue.authentication.to_vec(),
            authentication_authority: issue.authentication_authority.to_vec(),
            signature: issue.signature.to_vec(),
            signature_authority: issue.signature_authority.to_vec(),
            visual: issue.visual.to_vec(),
            keys: issue.unblock,
        });
        self.storage.save(|| StoredCitizen::of(&self.state))?;
        Ok(VirtualCard::citizen(self.storage, Chip::new(self.state, self.flaw)))
    }

    fn key(&self, slot: Slot) -> &CardKey {
        match slot {
            Slot::Authentication => &self.state.authentication_key,
            Slot::Signature => &self.state.signature_key,
        }
    }
}

/// 照合番号B by what stands on the face of the card, whose number it must have.
fn printed_number(visual: &[u8], card: CardNumber) -> Result<Zeroizing<Vec<u8>>, CardFileFault> {
    if visual.len() > LONGEST_VISUAL {
        return Err(CardFileFault::Visual("it is longer than a card can give out"));
    }
    let fields = match tlv::first(visual) {
        Ok((face, [])) if face.tag == VISUAL => face.value,
        _ => return Err(CardFileFault::Visual("it is not one TLV FF20")),
    };
    let field = |tag| tlv::find(fields, tag).map_err(|_| CardFileFault::Visual("a field is missing"));
    if field(HEADER)? != card.digits() {
        return Err(CardFileFault::Visual("it is another card's"));
    }
    let digits = |tag, from, count| {
        let digits = field(tag)?.get(from..from + count).unwrap_or_default();
        if digits.len() == count && digits.iter().all(u8::is_ascii_digit) {
            Ok(digits)
        } else {
            Err(CardFileFault::Visual("a date or the security code has not its digits"))
        }
    };
    // YYMMDD of YYYYMMDD, then YYYY of YYYYMMDD.
    let parts = [digits(BIRTH, 2, 6)?, digits(EXPIRY, 0, 4)?, digits(CODE, 0, 4)?];
    Ok(Zeroizing::new(parts.concat()))
}

const AUTHENTICATION_TRIES: u8 = 3;
const SIGNATURE_TRIES: u8 = 5;
const PRINTED_TRIES: u8 = 10;

/// READ BINARY has fifteen bits of offset.
const LONGEST_VISUAL: usize = (1 << 15) - 1;

const VISUAL: Tag = 0xFF20;
const HEADER: Tag = 0xDF21;
const BIRTH: Tag = 0xDF22;
const EXPIRY: Tag = 0xDF29;
const CODE: Tag = 0xDF2A;
