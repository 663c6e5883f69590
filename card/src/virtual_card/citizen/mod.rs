//! A citizen's card: the JPKI application, the face of the card, and the unblock application (docs/formats.md).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod personalisation;
mod state;
mod unblock;

pub use personalisation::{CitizenDesign, CitizenPersonalisation, Flaw, Issue, UnblockKeys};
use state::{Issued, Locks, State};
pub(super) use state::{StoredCitizen, is_citizens};
use unblock::Right;

use super::{
    CardFileFault, Fault,
    conversation::{Board, Halt},
    key::CardKey,
    storage::{self, HeldStorage, ReferenceData},
};
use crate::{
    apdu::{Parsed, StatusWord, instruction},
    certificate::Certificate,
    jpki::{
        AUTHENTICATION_AUTHORITY, AUTHENTICATION_CERTIFICATE, AUTHENTICATION_KEY, AUTHENTICATION_PIN, CardNumber,
        Command, FileId, JPKI_APPLICATION, LABEL, LABEL_LENGTH, PRINTED_NUMBER, PRINTED_NUMBER_FILE,
        SIGNATURE_AUTHORITY, SIGNATURE_CERTIFICATE, SIGNATURE_KEY, SIGNATURE_PIN, SignaturePassword,
        UNBLOCK_APPLICATION, VISUAL_APPLICATION, VISUAL_FILE,
    },
    pin::TriesLeft,
    piv::Slot,
};

/// A citizen's card's memory, with power and without.
pub(super) struct Chip {
    state: State,
    volatile: Volatile,
    flaw: Option<Flaw>,
}

/// What is gone after a reset.
#[derive(Default)]
struct Volatile {
    application: Option<Application>,
    file: Option<FileId>,
    /// The PINs that were verified since the application was selected.
    verified: Vec<Lock>,
    /// What the card drew for whoever claims to have the right to set a password.
    challenge: Option<[u8; 16]>,
    /// The right that this command gave, for the next one.
    right: Option<Right>,
    /// The right that the command before gave, for this one.
    now: Option<Right>,
}

/// The current application.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Application {
    Jpki,
    Visual,
    Unblock,
}

/// A PIN of the card.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    Authentication,
    Signature,
    Printed,
}

/// What a file is, and what opens it.
enum File<'a> {
    Readable(&'a [u8], Option<Lock>),
    Label,
    Key(&'a CardKey, Lock),
    Pin(Lock),
}

/// A chip that answers one command.
struct Turn<'a> {
    board: &'a mut Board,
    state: &'a mut State,
    volatile: &'a mut Volatile,
    flaw: Option<Flaw>,
}

impl Chip {
    fn new(state: State, flaw: Option<Flaw>) -> Self {
        Self {
            state,
            volatile: Volatile::default(),
            flaw,
        }
    }

    /// From the text of its file.
    pub(super) fn read(text: &str) -> Result<Self, CardFileFault> {
        let state = storage::read::<StoredCitizen>(text)?.into_state()?;
        Ok(Self::new(state, None))
    }

    pub(super) fn save(&self, storage: &HeldStorage) -> Result<(), CardFileFault> {
        storage.save(|| StoredCitizen::of(&self.state))
    }

    pub(super) fn number(&self) -> CardNumber {
        self.state.number
    }

    pub(super) fn certificate(&self, slot: Slot) -> Option<Certificate> {
        let issued = self.state.issued.as_ref()?;
        Certificate::parse(match slot {
            Slot::Authentication => &issued.authentication,
            Slot::Signature => &issued.signature,
        })
        .ok()
    }

    pub(super) fn tries_left(&self, slot: Slot) -> TriesLeft {
        match slot {
            Slot::Authentication => self.state.locks.authentication.tries(),
            Slot::Signature => self.state.locks.signature.tries(),
        }
    }

    pub(super) fn set_tries_left(&mut self, slot: Slot, left: u8) -> Result<(), CardFileFault> {
        match slot {
            Slot::Authentication => self.state.locks.authentication.set_tries(left),
            Slot::Signature => self.state.locks.signature.set_tries(left),
        }
    }

    pub(super) fn reset(&mut self) {
        self.volatile = Volatile::default();
    }

    /// Bytes came. Whatever they are, the right that the command before gave counts for them and for nothing after them.
    pub(super) fn spoken_to(&mut self) {
        self.volatile.now = match self.flaw {
            Some(Flaw::KeepsItsRight) => self.volatile.right.clone(),
            _ => self.volatile.right.take(),
        };
    }

    /// Answers a command.
    pub(super) fn answer(&mut self, board: &mut Board, apdu: &Parsed<'_>) -> Result<Vec<u8>, Halt> {
        let command = Command::decode(apdu)?;
        // A command that carries a PIN loses its power later.
        let ins = apdu.header.ins;
        if !instruction::carries_pin(ins) {
            board.power_point(Fault::RemovedDuring(ins))?;
        }
        let turn = &mut Turn {
            board,
            state: &mut self.state,
            volatile: &mut self.volatile,
            flaw: self.flaw,
        };
        turn.execute(&command)
    }
}

impl Turn<'_> {
    fn execute(&mut self, command: &Command) -> Result<Vec<u8>, Halt> {
        match command {
            Command::SelectApplication { application } => self.select(application),
            Command::SelectFile { file } => self.select_file(*file),
            Command::ReadBinary { offset, length } => self.read(*offset, *length),
            Command::TriesLeft => {
                let lock = self.pin()?;
                Err(StatusWord::TriesLeft(self.locked(lock)?.tries_left).into())
            }
            Command::Verify { secret } => self.verify(secret.bytes()),
            Command::Change { secret } => self.change(secret.bytes()),
            Command::Sign { digest_info } => self.sign(digest_info),
            Command::GetData { object } => self.unblock_object(*object),
            Command::GetChallenge => self.give_challenge(),
            Command::MutualAuthenticate { key, proof } => self.authenticate(*key, proof),
            Command::ResetRetryCounter { reference, secret } => self.set_password(*reference, secret.bytes()),
        }
    }

    /// An unknown name leaves everything as it was.
    fn select(&mut self, application: &[u8]) -> Result<Vec<u8>, Halt> {
        let is_issued = self.state.issued.is_some();
        let selected = match application {
            _ if application == JPKI_APPLICATION => Application::Jpki,
            _ if application == VISUAL_APPLICATION && is_issued => Application::Visual,
            _ if application == UNBLOCK_APPLICATION && is_issued => Application::Unblock,
            _ => return Err(StatusWord::NotFound.into()),
        };
        *self.volatile = Volatile {
            application: Some(selected),
            ..Volatile::default()
        };
        Ok(Vec::new())
    }

    fn select_file(&mut self, file: FileId) -> Result<Vec<u8>, Halt> {
        self.file(file).ok_or(StatusWord::NotFound)?;
        self.volatile.file = Some(file);
        Ok(Vec::new())
    }

    /// A file of the current application.
    fn file(&self, file: FileId) -> Option<File<'_>> {
        let locks = &self.state.locks;
        match (self.volatile.application?, file) {
            (Application::Jpki, LABEL) => Some(File::Label),
            (Application::Jpki, AUTHENTICATION_KEY) => {
                Some(File::Key(&self.state.authentication_key, Lock::Authentication))
            }
            (Application::Jpki, SIGNATURE_KEY) => Some(File::Key(&self.state.signature_key, Lock::Signature)),
            (Application::Jpki, AUTHENTICATION_PIN) => Some(File::Pin(Lock::Authentication)),
            (Application::Jpki, SIGNATURE_PIN) => Some(File::Pin(Lock::Signature)),
            (Application::Visual, PRINTED_NUMBER_FILE) => locks.printed.as_ref().map(|_| File::Pin(Lock::Printed)),
            (application, file) => {
                let issued = self.state.issued.as_ref()?;
                let (content, lock): (&[u8], _) = match (application, file) {
                    (Application::Jpki, SIGNATURE_CERTIFICATE) => (&issued.signature, Some(Lock::Signature)),
                    (Application::Jpki, SIGNATURE_AUTHORITY) => (&issued.signature_authority, None),
                    (Application::Jpki, AUTHENTICATION_CERTIFICATE) => (&issued.authentication, None),
                    (Application::Jpki, AUTHENTICATION_AUTHORITY) => (&issued.authentication_authority, None),
                    (Application::Visual, VISUAL_FILE) => (&issued.visual, Some(Lock::Printed)),
                    _ => return None,
                };
                Some(File::Readable(content, lock))
            }
        }
    }

    fn current(&self) -> Result<File<'_>, Halt> {
        let file = self.volatile.file.ok_or(StatusWord::NotAllowed)?;
        Ok(self.file(file).ok_or(StatusWord::NotAllowed)?)
    }

    fn read(&self, offset: u16, length: u16) -> Result<Vec<u8>, Halt> {
        let label;
        let content = match self.current()? {
            File::Readable(_, Some(lock)) if !self.volatile.verified.contains(&lock) => {
                return Err(StatusWord::SecurityStatusNotSatisfied.into());
            }
            File::Readable(content, _) => content,
            File::Label => {
                label = label_file();
                &label[..]
            }
            File::Key(..) | File::Pin(_) => return Err(StatusWord::NotAllowed.into()),
        };
        let from = content.get(usize::from(offset)..).filter(|rest| !rest.is_empty());
        let from = from.ok_or(StatusWord::WrongOffset)?;
        Ok(from.iter().take(usize::from(length)).copied().collect())
    }

    fn pin(&self) -> Result<Lock, Halt> {
        match self.current()? {
            File::Pin(lock) => Ok(lock),
            _ => Err(StatusWord::NotAllowed.into()),
        }
    }

    fn locked(&self, lock: Lock) -> Result<&ReferenceData, Halt> {
        Ok(self.state.locks.of(lock).ok_or(StatusWord::NotAllowed)?)
    }

    /// Spends a try, durably, before it compares: pulling the card in between wins nothing (G-P2).
    fn verify(&mut self, given: &[u8]) -> Result<Vec<u8>, Halt> {
        let lock = self.pin()?;
        if !lock.has_form(given) {
            return Err(StatusWord::WrongData.into());
        }
        self.volatile.verified.retain(|verified| *verified != lock);
        let left = self
            .locked(lock)?
            .tries_left
            .checked_sub(1)
            .ok_or(StatusWord::Blocked)?;
        self.remember(|locks| locks.of_mut(lock).map(|data| data.tries_left = left))?;
        self.board.power_point(Fault::RemovedDuring(instruction::VERIFY))?;
        if !self.locked(lock)?.is(given) {
            return Err(StatusWord::TriesLeft(left).into());
        }
        self.remember(|locks| locks.of_mut(lock).map(|data| data.tries_left = data.most_tries))?;
        self.volatile.verified.push(lock);
        Ok(Vec::new())
    }

    fn change(&mut self, new: &[u8]) -> Result<Vec<u8>, Halt> {
        let lock = self.pin()?;
        // What is printed on the card cannot be another.
        if lock == Lock::Printed {
            return Err(StatusWord::NotAllowed.into());
        }
        if !self.volatile.verified.contains(&lock) {
            return Err(StatusWord::SecurityStatusNotSatisfied.into());
        }
        if !lock.has_form(new) {
            return Err(StatusWord::WrongData.into());
        }
        self.board
            .power_point(Fault::RemovedDuring(instruction::CHANGE_REFERENCE_DATA))?;
        let new = ReferenceData::new(new, self.locked(lock)?.most_tries).map_err(|_| StatusWord::MemoryFailure)?;
        self.remember(|locks| locks.of_mut(lock).map(|data| *data = new))?;
        Ok(Vec::new())
    }

    fn sign(&self, digest_info: &[u8]) -> Result<Vec<u8>, Halt> {
        match self.current()? {
            File::Key(_, lock) if !self.volatile.verified.contains(&lock) => {
                Err(StatusWord::SecurityStatusNotSatisfied.into())
            }
            File::Key(key, _) => Ok(key.sign_digest_info(digest_info).map_err(|_| StatusWord::WrongData)?),
            _ => Err(StatusWord::NotAllowed.into()),
        }
    }

    /// Changes what the card remembers, all of it at once and durably, or nothing.
    fn remember(&mut self, change: impl FnOnce(&mut Locks) -> Option<()>) -> Result<(), Halt> {
        let before = self.state.locks.clone();
        change(&mut self.state.locks).ok_or(StatusWord::NotAllowed)?;
        let state = &*self.state;
        if self.board.storage.save(|| StoredCitizen::of(state)).is_err() {
            self.state.locks = before;
            return Err(StatusWord::MemoryFailure.into());
        }
        Ok(())
    }

    fn issued(&self) -> Result<&Issued, Halt> {
        Ok(self.state.issued.as_ref().ok_or(StatusWord::NotAllowed)?)
    }
}

impl Lock {
    /// Whether this could be such a PIN at all; what could not spends no try.
    fn has_form(self, given: &[u8]) -> bool {
        let digits = |count: usize| given.len() == count && given.iter().all(u8::is_ascii_digit);
        match self {
            Self::Authentication => digits(4),
            Self::Printed => digits(PRINTED_NUMBER),
            Self::Signature => {
                (SignaturePassword::SHORTEST..=SignaturePassword::LONGEST).contains(&given.len())
                    && given
                        .iter()
                        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                    && given.iter().any(u8::is_ascii_uppercase)
                    && given.iter().any(u8::is_ascii_digit)
            }
        }
    }
}

fn label_file() -> Vec<u8> {
    let mut label = b"JPKIAPICCTOKEN2".to_vec();
    label.resize(usize::from(LABEL_LENGTH), b' ');
    label
}

/// As OpenSC's table has it for such cards.
pub(super) const ATR: [u8; 9] = [0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];
