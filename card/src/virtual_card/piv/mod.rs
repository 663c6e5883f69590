//! The PIV application of the virtual card (SP 800-73-4 part 2 §3).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    constant_time::verify_slices_are_equal,
    error::Unspecified,
};

mod personalisation;
mod state;

pub use personalisation::{Design, Personalisation};
use state::{State, StoredCard};

use super::{
    CardFileFault, Fault, chance,
    conversation::{Board, Halt},
    key::CardKey,
    storage::{self, HeldStorage, ReferenceData},
};
use crate::{
    apdu::{Command, KeyReference, Parsed, PinReference, StatusWord, instruction},
    certificate::{Certificate, KeyKind},
    pin::TriesLeft,
    piv::{CardIdentifier, Slot},
    tlv::{self, Tag},
};

/// A PIV card's memory, with power and without.
pub(super) struct Chip {
    state: State,
    volatile: Volatile,
}

/// What is gone after a reset.
#[derive(Default)]
struct Volatile {
    /// Whether PIV is the current application.
    selected: bool,
    /// Whether the PIN was verified.
    verified: bool,
    /// Whether the very last command verified the PIN: what 9C wants ("PIN always").
    fresh: bool,
    /// Whether the management key was proved.
    managed: bool,
    /// What the card asked of whoever claims to hold the management key.
    asked: Option<Asked>,
}

/// A chip that answers one command.
struct Turn<'a> {
    board: &'a mut Board,
    state: &'a mut State,
    volatile: &'a mut Volatile,
}

/// What the card wants to hear from whoever claims to hold the management key.
enum Asked {
    /// The plain text of an encrypted witness (mutual authentication).
    Witness([u8; AES_BLOCK]),
    /// This challenge, encrypted (external authentication).
    Challenge([u8; AES_BLOCK]),
}

/// Which counter a command works on.
#[derive(Clone, Copy)]
enum Counter {
    Pin,
    Puk,
}

impl Chip {
    fn new(state: State) -> Self {
        Self {
            state,
            volatile: Volatile::default(),
        }
    }

    /// From the text of its file.
    pub(super) fn read(text: &str) -> Result<Self, CardFileFault> {
        storage::read::<StoredCard>(text)?.into_state().map(Self::new)
    }

    pub(super) fn save(&self, storage: &HeldStorage) -> Result<(), CardFileFault> {
        storage.save(|| StoredCard::of(&self.state))
    }

    pub(super) fn identifier(&self) -> CardIdentifier {
        self.state.identifier()
    }

    pub(super) fn certificate(&self, slot: Slot) -> Option<Certificate> {
        self.state.certificate(slot)
    }

    pub(super) fn tries_left(&self) -> TriesLeft {
        self.state.pin.tries()
    }

    pub(super) fn set_tries_left(&mut self, left: u8) -> Result<(), CardFileFault> {
        self.state.pin.set_tries(left)
    }

    pub(super) fn management_key(&self) -> &[u8; 32] {
        &self.state.management_key
    }

    pub(super) fn reset(&mut self) {
        self.volatile = Volatile::default();
    }

    /// A link of a chain came, and its command is not done yet.
    pub(super) fn linked(&mut self, ins: u8) {
        if ins != instruction::GENERAL_AUTHENTICATE {
            self.volatile.fresh = false;
        }
    }

    /// Answers a command whose links are joined.
    pub(super) fn answer(&mut self, board: &mut Board, apdu: &Parsed<'_>) -> Result<Vec<u8>, Halt> {
        let command = Command::decode(apdu);
        let fresh = std::mem::take(&mut self.volatile.fresh);
        let command = command?;
        // A command that carries a PIN loses its power later, between spending the try and comparing.
        let ins = apdu.header.ins;
        if !instruction::carries_pin(ins) {
            board.power_point(Fault::RemovedDuring(ins))?;
        }
        let turn = &mut Turn {
            board,
            state: &mut self.state,
            volatile: &mut self.volatile,
        };
        turn.execute(command, fresh)
    }
}

impl Turn<'_> {
    fn execute(&mut self, command: Command, fresh: bool) -> Result<Vec<u8>, Halt> {
        if let Command::Select { application } = &command {
            return self.select(application);
        }
        if !self.volatile.selected {
            return Err(StatusWord::ConditionsNotSatisfied.into());
        }
        match command {
            Command::Select { application } => self.select(&application),
            Command::GetData { object } => self.object(object),
            Command::PutData { object, content } => self.put_object(object, &content),
            Command::Verify {
                reference: PinReference::Application,
                secret,
            } => self.verify(secret.bytes()),
            Command::TriesLeft {
                reference: PinReference::Application,
            } => self.tell_tries(),
            Command::Forget {
                reference: PinReference::Application,
            } => {
                self.volatile.verified = false;
                Ok(Vec::new())
            }
            // The PUK is not there to be verified (§3.2.1).
            Command::Verify {
                reference: PinReference::Unblocking,
                ..
            }
            | Command::TriesLeft {
                reference: PinReference::Unblocking,
            }
            | Command::Forget {
                reference: PinReference::Unblocking,
            }
            | Command::ResetRetryCounter {
                reference: PinReference::Unblocking,
                ..
            } => Err(StatusWord::ReferenceNotFound.into()),
            Command::ChangeReferenceData { reference, secrets } => self.change(reference, secrets.bytes()),
            Command::ResetRetryCounter {
                reference: PinReference::Application,
                secrets,
            } => self.unblock(secrets.bytes()),
            Command::GeneralAuthenticate {
                algorithm,
                key: KeyReference::Management,
                template,
            } => self.manage(algorithm, &template),
            Command::GeneralAuthenticate {
                algorithm,
                key,
                template,
            } => self.sign(algorithm, key, &template, fresh),
            Command::GenerateKeyPair { key, template } => self.generate(key, &template),
            Command::GetResponse { .. } => Err(StatusWord::ConditionsNotSatisfied.into()),
        }
    }

    /// A name cut at the right selects too (ISO 7816-4 §12.2.2.3); an unknown one leaves everything as it was.
    fn select(&mut self, application: &[u8]) -> Result<Vec<u8>, Halt> {
        if !APPLICATION.starts_with(application) {
            return Err(StatusWord::NotFound.into());
        }
        self.volatile.selected = true;
        let mut fields = tlv::element(0x4F, PIX);
        tlv::push(&mut fields, 0x79, &tlv::element(0x4F, RID));
        tlv::push(&mut fields, 0x50, b"Kagimori virtual card");
        Ok(tlv::element(0x61, &fields))
    }

    fn object(&self, object: Tag) -> Result<Vec<u8>, Halt> {
        match object {
            DISCOVERY => Ok(discovery()),
            CHUID => Ok(tlv::element(0x53, &chuid(&self.state.identifier))),
            CAPABILITIES => Ok(tlv::element(0x53, &capabilities())),
            _ => match self.state.objects.get(&object) {
                Some(content) => Ok(tlv::element(0x53, content)),
                None => Err(StatusWord::NotFound.into()),
            },
        }
    }

    fn put_object(&mut self, object: Tag, content: &[u8]) -> Result<Vec<u8>, Halt> {
        if !self.volatile.managed {
            return Err(StatusWord::SecurityStatusNotSatisfied.into());
        }
        let writable = (0x5F_C101..=0x5F_C121).contains(&object) && object != CHUID && object != CAPABILITIES;
        if !writable {
            return Err(StatusWord::NotFound.into());
        }
        let content = match tlv::first(content) {
            Ok((element, [])) if element.tag == 0x53 => element.value,
            _ => return Err(StatusWord::WrongData.into()),
        };
        if content.is_empty() {
            self.state.objects.remove(&object);
        } else {
            self.state.objects.insert(object, content.to_vec());
        }
        self.save()?;
        Ok(Vec::new())
    }

    fn tell_tries(&self) -> Result<Vec<u8>, Halt> {
        match (self.volatile.verified, self.state.pin.tries_left) {
            (true, _) => Ok(Vec::new()),
            (false, 0) => Err(StatusWord::Blocked.into()),
            (false, _) if self.board.faults.contains(&Fault::Reticent) => Err(StatusWord::Wrong.into()),
            (false, left) => Err(StatusWord::TriesLeft(left).into()),
        }
    }

    fn verify(&mut self, block: &[u8]) -> Result<Vec<u8>, Halt> {
        if !is_pin(block) {
            return Err(StatusWord::WrongData.into());
        }
        self.volatile.verified = false;
        self.compare(Counter::Pin, block, instruction::VERIFY)?;
        self.volatile.verified = true;
        self.volatile.fresh = true;
        Ok(Vec::new())
    }

    fn change(&mut self, reference: PinReference, both: &[u8]) -> Result<Vec<u8>, Halt> {
        let (current, new) = both.split_at_checked(PIN_BLOCK).ok_or(StatusWord::WrongLength)?;
        let (counter, is_form) = match reference {
            PinReference::Application => (Counter::Pin, is_pin(current) && is_pin(new)),
            PinReference::Unblocking => (Counter::Puk, is_puk(current) && is_puk(new)),
        };
        if !is_form {
            return Err(StatusWord::WrongData.into());
        }
        self.compare(counter, current, instruction::CHANGE_REFERENCE_DATA)?;
        self.replace(counter, new)?;
        if let Counter::Pin = counter {
            self.volatile.verified = true;
        }
        Ok(Vec::new())
    }

    fn unblock(&mut self, both: &[u8]) -> Result<Vec<u8>, Halt> {
        let (puk, new) = both.split_at_checked(PIN_BLOCK).ok_or(StatusWord::WrongLength)?;
        if !is_puk(puk) || !is_pin(new) {
            return Err(StatusWord::WrongData.into());
        }
        self.compare(Counter::Puk, puk, instruction::RESET_RETRY_COUNTER)?;
        self.replace(Counter::Pin, new)?;
        self.volatile.verified = false;
        Ok(Vec::new())
    }

    /// Spends a try, durably, before it compares: pulling the card in between wins nothing (G-P2).
    fn compare(&mut self, counter: Counter, block: &[u8], ins: u8) -> Result<(), Halt> {
        let data = self.reference_data(counter);
        let Some(left) = data.tries_left.checked_sub(1) else {
            return Err(StatusWord::Blocked.into());
        };
        data.tries_left = left;
        if let Err(halt) = self.save() {
            // Nothing was compared, so nothing was spent.
            self.reference_data(counter).tries_left = left + 1;
            return Err(halt);
        }
        self.board.power_point(Fault::RemovedDuring(ins))?;
        let data = self.reference_data(counter);
        if !data.is(block) {
            if let Counter::Pin = counter {
                self.volatile.verified = false;
            }
            let is_reticent = self.board.faults.contains(&Fault::Reticent) && left > 0;
            return Err(if is_reticent {
                StatusWord::Wrong
            } else {
                StatusWord::TriesLeft(left)
            }
            .into());
        }
        data.tries_left = data.most_tries;
        self.save()
    }

    fn replace(&mut self, counter: Counter, block: &[u8]) -> Result<(), Halt> {
        let most_tries = self.reference_data(counter).most_tries;
        let new = ReferenceData::new(block, most_tries).map_err(|_| StatusWord::MemoryFailure)?;
        let old = std::mem::replace(self.reference_data(counter), new);
        self.save().inspect_err(|_| *self.reference_data(counter) = old)
    }

    fn reference_data(&mut self, counter: Counter) -> &mut ReferenceData {
        match counter {
            Counter::Pin => &mut self.state.pin,
            Counter::Puk => &mut self.state.puk,
        }
    }

    /// Signs, if the PIN was proved as this key wants it: once for 9A, by the command just before for 9C ("PIN always").
    fn sign(&mut self, algorithm: u8, reference: KeyReference, template: &[u8], fresh: bool) -> Result<Vec<u8>, Halt> {
        let key = self.state.key(reference).ok_or(StatusWord::ReferenceNotFound)?;
        if key.kind().piv_algorithm() != algorithm {
            return Err(StatusWord::WrongParameters.into());
        }
        let permitted = match reference {
            KeyReference::Signature => self.volatile.verified && fresh,
            KeyReference::CardAuthentication => true,
            KeyReference::Authentication | KeyReference::KeyManagement | KeyReference::Management => {
                self.volatile.verified
            }
        };
        if !permitted {
            return Err(StatusWord::SecurityStatusNotSatisfied.into());
        }
        let fields = tlv::find(template, 0x7C).map_err(|_| StatusWord::WrongData)?;
        let (Ok([]), Ok(challenge)) = (tlv::find(fields, 0x82), tlv::find(fields, 0x81)) else {
            return Err(StatusWord::WrongData.into());
        };
        let signature = key.sign_challenge(challenge).map_err(|_| StatusWord::WrongData)?;
        Ok(tlv::element(0x7C, &tlv::element(0x82, &signature)))
    }

    fn generate(&mut self, reference: KeyReference, template: &[u8]) -> Result<Vec<u8>, Halt> {
        if !self.volatile.managed {
            return Err(StatusWord::SecurityStatusNotSatisfied.into());
        }
        if reference == KeyReference::Management {
            return Err(StatusWord::ReferenceNotFound.into());
        }
        let algorithm = tlv::find(template, 0xAC).and_then(|control| tlv::find(control, 0x80));
        let kind = match algorithm {
            Ok([0x07]) => KeyKind::Rsa2048,
            Ok([0x11]) => KeyKind::P256,
            Ok([0x14]) => KeyKind::P384,
            _ => return Err(StatusWord::WrongData.into()),
        };
        let key = CardKey::generate(kind).map_err(|_| StatusWord::NoDiagnosis)?;
        let public = key.public_key_template();
        self.state.set_key(reference, key);
        self.save()?;
        Ok(public)
    }

    /// Mutual and external authentication with 9B (SP 800-73-4 part 2, appendix A.1 and A.2).
    fn manage(&mut self, algorithm: u8, template: &[u8]) -> Result<Vec<u8>, Halt> {
        if algorithm != AES_256_IDENTIFIER {
            return Err(StatusWord::WrongParameters.into());
        }
        let fields = tlv::find(template, 0x7C).map_err(|_| StatusWord::WrongData)?;
        let field = |tag| tlv::find(fields, tag).ok();
        let asked = self.volatile.asked.take();
        match (field(0x80), field(0x81), field(0x82), asked) {
            (Some([]), None, None, _) => {
                let witness = chance::random().map_err(|_| StatusWord::NoDiagnosis)?;
                let sent = self.encrypt(witness).map_err(|_| StatusWord::NoDiagnosis)?;
                self.volatile.asked = Some(Asked::Witness(witness));
                Ok(tlv::element(0x7C, &tlv::element(0x80, &sent)))
            }
            (Some(witness), Some(challenge), _, Some(Asked::Witness(expected))) => {
                prove(witness, &expected)?;
                let challenge = challenge.try_into().map_err(|_| StatusWord::WrongData)?;
                let answer = self.encrypt(challenge).map_err(|_| StatusWord::NoDiagnosis)?;
                self.volatile.managed = true;
                Ok(tlv::element(0x7C, &tlv::element(0x82, &answer)))
            }
            (None, Some([]), None, _) => {
                let challenge = chance::random().map_err(|_| StatusWord::NoDiagnosis)?;
                self.volatile.asked = Some(Asked::Challenge(challenge));
                Ok(tlv::element(0x7C, &tlv::element(0x81, &challenge)))
            }
            (None, None, Some(answer), Some(Asked::Challenge(challenge))) => {
                prove(answer, &self.encrypt(challenge).map_err(|_| StatusWord::NoDiagnosis)?)?;
                self.volatile.managed = true;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::WrongData.into()),
        }
    }

    fn encrypt(&self, mut block: [u8; AES_BLOCK]) -> Result<[u8; AES_BLOCK], Unspecified> {
        let key = UnboundCipherKey::new(&AES_256, &*self.state.management_key)?;
        EncryptingKey::ecb(key)?.less_safe_encrypt(&mut block, EncryptionContext::None)?;
        Ok(block)
    }

    fn save(&self) -> Result<(), Halt> {
        self.board
            .storage
            .save(|| StoredCard::of(self.state))
            .map_err(|_| StatusWord::MemoryFailure.into())
    }
}

fn prove(given: &[u8], expected: &[u8]) -> Result<(), Halt> {
    verify_slices_are_equal(given, expected).map_err(|_| StatusWord::SecurityStatusNotSatisfied.into())
}

/// Six to eight digits, filled with `FF` to eight bytes (SP 800-73-4 part 2 §2.4.3).
fn is_pin(block: &[u8]) -> bool {
    let digits = block.iter().take_while(|byte| byte.is_ascii_digit()).count();
    block.len() == PIN_BLOCK && digits >= 6 && block.iter().skip(digits).all(|byte| *byte == 0xFF)
}

fn is_puk(block: &[u8]) -> bool {
    block.len() == PIN_BLOCK && block.iter().all(u8::is_ascii_digit)
}

/// The discovery object: PIV alone, and the application's PIN is the one (SP 800-73-4 part 1 §3.3.2).
fn discovery() -> Vec<u8> {
    let mut fields = tlv::element(0x4F, APPLICATION);
    tlv::push(&mut fields, 0x5F2F, &[0x40, 0x10]);
    tlv::element(0x7E, &fields)
}

/// CHUID with an all-nines FASC-N, for a card outside of the federal numbering (SP 800-73-4 part 1 §3.1.2).
fn chuid(identifier: &[u8; 16]) -> Vec<u8> {
    let mut object = tlv::element(0x30, &FASC_N);
    tlv::push(&mut object, 0x34, identifier);
    tlv::push(&mut object, 0x35, b"20991231");
    tlv::push(&mut object, 0x3E, &[]);
    tlv::push(&mut object, 0xFE, &[]);
    object
}

/// Card Capability Container: a PIV data model (`10`), and nothing registered beyond it (SP 800-73-4 part 1, table 8).
fn capabilities() -> Vec<u8> {
    let fields: [(Tag, &[u8]); 13] = [
        (0xF0, &[]),
        (0xF1, &[0x21]),
        (0xF2, &[0x21]),
        (0xF3, &[]),
        (0xF4, &[0x00]),
        (0xF5, &[0x10]),
        (0xF6, &[]),
        (0xF7, &[]),
        (0xFA, &[]),
        (0xFB, &[]),
        (0xFC, &[]),
        (0xFD, &[]),
        (0xFE, &[]),
    ];
    let mut object = Vec::new();
    for (tag, value) in fields {
        tlv::push(&mut object, tag, value);
    }
    object
}

const APPLICATION: &[u8] = &[0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];
const RID: &[u8] = &[0xA0, 0x00, 0x00, 0x03, 0x08];
const PIX: &[u8] = &[0x00, 0x00, 0x10, 0x00, 0x01, 0x00];

const DISCOVERY: Tag = 0x7E;
const CHUID: Tag = 0x5F_C102;
const CAPABILITIES: Tag = 0x5F_C107;

const PIN_BLOCK: usize = 8;
const AES_BLOCK: usize = 16;
const AES_256_IDENTIFIER: u8 = 0x0C;

/// Agency 9999 and on, in the BCD-with-parity of the FASC-N (TIG SCEPACS §6).
const FASC_N: [u8; 25] = [
    0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE, 0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10, 0x84,
    0x21, 0xC8, 0x42, 0x10, 0xC3, 0xEB,
];
