//! Cards in software: real keys, PINs with counters, memory on disk, and faults on demand.
//!
//! There are two kinds, a PIV card and a citizen's card. Either answers APDUs and knows nothing of who sends them: the [`drawer`](crate::drawer) in this process, or [`vpcd`](crate::vpcd) and with it the real pcscd.
//! It is for demonstrations and tests: whoever has its file has its keys.

mod chance;
mod citizen;
mod conversation;
mod key;
mod piv;
mod storage;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use citizen::{CitizenDesign, CitizenPersonalisation, Flaw, Issue, UnblockKeys};
use conversation::Board;
pub use piv::{Design, Personalisation};
use storage::HeldStorage;
pub use storage::Storage;

use crate::{
    certificate::Certificate,
    fault::CardFault,
    jpki::CardNumber,
    pin::TriesLeft,
    piv::{CardIdentifier, Slot},
};

/// A virtual card.
pub struct VirtualCard {
    board: Board,
    chip: Chip,
}

/// Which kind it is.
enum Chip {
    Piv(Box<piv::Chip>),
    Citizen(Box<citizen::Chip>),
}

/// How many wrong PINs a card forgives: a property of its issuer (G-P4). At most fifteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Wrong PINs in a row until it blocks.
    pub pin_tries: u8,
    /// Wrong PUKs in a row until the card cannot be unblocked any more.
    pub puk_tries: u8,
}

impl Profile {
    /// A certification authority's card for electronic bidding: ten tries, and ten for unlocking (G-P4, G-P5).
    pub const AUTHORITY: Self = Self {
        pin_tries: 10,
        puk_tries: 10,
    };
    /// What most PIV cards come with.
    pub const PIV: Self = Self {
        pin_tries: 3,
        puk_tries: 3,
    };
}

/// What comes back from a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A response APDU.
    Response(Vec<u8>),
    /// Nothing: the card is mute.
    Silence,
    /// The card was pulled in the middle of the command; whoever holds it takes it out of the reader.
    Removed,
}

/// What goes wrong next, on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power fails inside the next command with this INS: one that carries a PIN has spent its try and not yet compared; any other has done nothing yet.
    RemovedDuring(u8),
    /// The power fails when the next command with this INS is done and its answer not yet sent.
    RemovedAfter(u8),
    /// The card is silent until [`VirtualCard::heal`].
    Mute,
    /// The card does not say how many tries are left, before or after a wrong PIN, until [`VirtualCard::heal`].
    Reticent,
}

/// Why a virtual card could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CardFileFault {
    /// The file could not be read or written.
    #[error("the virtual card's file cannot be used: {0}")]
    File(#[from] io::Error),
    /// Another process, or another card of this one, has it.
    #[error(
        "the virtual card in {} is in use: end the kagimori-agent or the demonstration that holds it, then try again",
        .0.display()
    )]
    InUse(PathBuf),
    /// The file is not a virtual card's.
    #[error("the file is not a virtual card: {0}")]
    Malformed(&'static str),
    /// A file is already there, and may hold a card.
    #[error("the file is there already")]
    Exists,
    /// The card has its certificates already.
    #[error("the card has its certificates already")]
    Issued,
    /// No certificate was given for this key.
    #[error("no certificate was given for the key in {0:?}")]
    NoCertificate(Slot),
    /// A certificate for a key that is not on the card.
    #[error("certificate {0} is for a key that is not on this card")]
    ForeignCertificate(usize),
    /// Bytes that are no certificate.
    #[error("certificate {index} cannot be read: {fault}")]
    Certificate {
        /// Its place among those given, from zero.
        index: usize,
        /// Why.
        fault: CardFault,
    },
    /// The file of the card's face is not one.
    #[error("the file of the card's face cannot be used: {0}")]
    Visual(&'static str),
    /// The file of unblock keys is not one.
    #[error(
        "the unblock keys cannot be read: the first line is the key version, the next `91` and `92`, each with 64 hexadecimal digits"
    )]
    UnblockKeys,
    /// More than fifteen tries, or a last try too many.
    #[error("a card counts at most fifteen tries")]
    Tries,
    /// The random generator or the key generation failed.
    #[error("no key could be made")]
    Chance,
}

impl VirtualCard {
    /// A card with certificates, whole: its keys are made here, and `certify` makes the certificate of each slot, as an issuer would.
    pub fn new_example<E: From<CardFileFault>>(
        storage: Storage,
        design: &Design,
        mut certify: impl FnMut(&Personalisation, Slot) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let personalisation = Personalisation::begin(storage, design)?;
        let authentication = certify(&personalisation, Slot::Authentication)?;
        let signature = certify(&personalisation, Slot::Signature)?;
        Ok(personalisation.load(&[&authentication, &signature])?)
    }

    /// A card of either kind from its file, which no other process can open while this card is there.
    pub fn open(path: &Path) -> Result<Self, CardFileFault> {
        let storage = HeldStorage::of_card(path)?;
        let text = storage.text()?;
        if citizen::is_citizens(&text)? {
            Ok(Self::citizen(storage, citizen::Chip::read(&text)?))
        } else {
            Ok(Self::piv(storage, piv::Chip::read(&text)?))
        }
    }

    /// The number by which this card is told from every other; a citizen's card has its sixteen digits there.
    pub fn identifier(&self) -> CardIdentifier {
        match &self.chip {
            Chip::Piv(chip) => chip.identifier(),
            Chip::Citizen(chip) => CardIdentifier::from_bytes(*chip.number().digits()),
        }
    }

    /// The card number of a citizen's card; `None` on one of another kind.
    pub fn number(&self) -> Option<CardNumber> {
        match &self.chip {
            Chip::Piv(_) => None,
            Chip::Citizen(chip) => Some(chip.number()),
        }
    }

    /// The certificate in a slot, if there is one.
    pub fn certificate(&self, slot: Slot) -> Option<Certificate> {
        match &self.chip {
            Chip::Piv(chip) => chip.certificate(slot),
            Chip::Citizen(chip) => chip.certificate(slot),
        }
    }

    /// How many tries the PIN has left; on a citizen's card that is the four-digit one.
    pub fn tries_left(&self) -> TriesLeft {
        match &self.chip {
            Chip::Piv(chip) => chip.tries_left(),
            Chip::Citizen(chip) => chip.tries_left(Slot::Authentication),
        }
    }

    /// How many tries the PIN of a slot's key has left. A PIV card has one PIN for both.
    pub fn tries_left_of(&self, slot: Slot) -> TriesLeft {
        match &self.chip {
            Chip::Piv(chip) => chip.tries_left(),
            Chip::Citizen(chip) => chip.tries_left(slot),
        }
    }

    /// Puts the counter of the PIN where an example wants it: zero is a blocked card.
    pub fn set_tries_left(&mut self, left: u8) -> Result<(), CardFileFault> {
        self.set_tries_left_of(Slot::Authentication, left)
    }

    /// The same for the PIN of a slot's key.
    pub fn set_tries_left_of(&mut self, slot: Slot, left: u8) -> Result<(), CardFileFault> {
        match &mut self.chip {
            Chip::Piv(chip) => {
                chip.set_tries_left(left)?;
                chip.save(&self.board.storage)
            }
            Chip::Citizen(chip) => {
                chip.set_tries_left(slot, left)?;
                chip.save(&self.board.storage)
            }
        }
    }

    /// The management key (9B) of a PIV card, AES-256: with it `piv-tool` writes to the card.
    pub fn management_key(&self) -> Option<&[u8; 32]> {
        match &self.chip {
            Chip::Piv(chip) => Some(chip.management_key()),
            Chip::Citizen(_) => None,
        }
    }

    /// Answer to reset.
    pub fn atr(&self) -> &'static [u8] {
        match self.chip {
            Chip::Piv(_) => &ATR,
            Chip::Citizen(_) => &citizen::ATR,
        }
    }

    /// Arms a fault. It happens once, except [`Fault::Mute`] and [`Fault::Reticent`].
    pub fn inject(&mut self, fault: Fault) {
        self.board.faults.push(fault);
    }

    /// Takes all armed faults back.
    pub fn heal(&mut self) {
        self.board.faults.clear();
    }

    /// Whether the card is silent.
    pub fn is_mute(&self) -> bool {
        self.board.faults.contains(&Fault::Mute)
    }

    fn piv(storage: HeldStorage, chip: piv::Chip) -> Self {
        Self {
            board: Board::new(storage),
            chip: Chip::Piv(Box::new(chip)),
        }
    }

    fn citizen(storage: HeldStorage, chip: citizen::Chip) -> Self {
        Self {
            board: Board::new(storage),
            chip: Chip::Citizen(Box::new(chip)),
        }
    }
}

impl std::fmt::Debug for VirtualCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VirtualCard({}, {:?})", self.identifier(), self.tries_left())
    }
}

/// T=1, historical bytes `Kagimori`, check byte last (ISO 7816-3 §8.2).
const ATR: [u8; 13] = {
    let mut atr = [
        0x3B, 0x88, 0x80, 0x01, b'K', b'a', b'g', b'i', b'm', b'o', b'r', b'i', 0,
    ];
    let mut at = 1;
    while at < 12 {
        atr[12] ^= atr[at];
        at += 1;
    }
    atr
};
