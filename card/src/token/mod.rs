//! Keys on a PKCS#11 token: made there, sensitive and not extractable, used there, with the certificate written beside them.
//!
//! The module is a library of the token's maker, loaded at run time; whoever runs the terminal says which.
//! A process initialises a module once and never ends it: several implementations, SoftHSM among them, break when that is done
//! in parallel.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod fault;
mod key;
mod turn;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    session::UserType,
    slot::{Slot, TokenInfo},
    types::AuthPin,
};

pub use fault::TokenFault;
pub use key::{KeyId, Opened, TokenKey};

use crate::pin::{Characters, LastTryConsent, Padding, Pin, PinFormat, PinRule, TriesLeft};
use turn::Turns;

/// A PKCS#11 module, loaded and initialised. Cheap to clone.
#[derive(Clone)]
pub struct Module(Arc<Loaded>);

struct Loaded {
    path: PathBuf,
    pkcs11: Pkcs11,
    /// A login is of the whole process and token, so one conversation with a PIN at a time.
    turns: Turns,
}

impl Module {
    /// The module in this file. The same one again where it was loaded before.
    pub fn load(path: &Path) -> Result<Self, TokenFault> {
        static MODULES: OnceLock<Mutex<HashMap<PathBuf, Module>>> = OnceLock::new();
        let failed = |reason: String| TokenFault::Module {
            path: path.to_owned(),
            reason,
        };
        // Two names of one file are one library, and one initialisation of it.
        let file = path.canonicalize().map_err(|cause| failed(cause.to_string()))?;
        let mut modules = MODULES
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = modules.get(&file) {
            return Ok(known.clone());
        }
        let pkcs11 = Pkcs11::new(&file).map_err(|cause| failed(cause.to_string()))?;
        match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another part of the process was first; its initialisation serves us too.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(cause) => return Err(failed(cause.to_string())),
        }
        let module = Self(Arc::new(Loaded {
            path: path.to_owned(),
            pkcs11,
            turns: Turns::default(),
        }));
        modules.insert(file, module.clone());
        Ok(module)
    }

    /// Where it was loaded from.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The tokens that are there now and were initialised by their issuer.
    pub fn tokens(&self) -> Result<Vec<Token>, TokenFault> {
        let slots = self.0.pkcs11.get_slots_with_token()?;
        let mut tokens = Vec::with_capacity(slots.len());
        for slot in slots {
            match self.0.pkcs11.get_token_info(slot) {
                Ok(told) if told.token_initialized() => tokens.push(Token::of(self.clone(), slot, &told)),
                // It left between the two questions, or is another one's to begin with.
                Ok(_) | Err(Error::Pkcs11(RvError::TokenNotPresent | RvError::DeviceRemoved, _)) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
        Ok(tokens)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Module({})", self.0.path.display())
    }
}

/// A token as it told of itself, without a PIN.
#[derive(Clone, Debug)]
pub struct Token {
    module: Module,
    slot: Slot,
    /// What its issuer calls it.
    pub label: String,
    /// By this it is told from others of its maker.
    pub serial: String,
    /// Who made it, and which model it is.
    pub model: String,
    /// How its PIN looks.
    pub pin_rule: PinRule,
    /// What its PIN forgives, as far as its flags tell: the last try and the end, and nothing between.
    pub tries_left: TriesLeft,
    /// Whether a wrong PIN was given since the last right one.
    pub was_wrong: bool,
    /// Whether it takes its PIN on keys of its own.
    pub own_keys: bool,
}

impl Token {
    fn of(module: Module, slot: Slot, told: &TokenInfo) -> Self {
        let length = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
        Self {
            label: told.label().trim_end().to_owned(),
            serial: told.serial_number().trim_end().to_owned(),
            model: [told.manufacturer_id().trim_end(), told.model().trim_end()]
                .join(" ")
                .trim()
                .to_owned(),
            pin_rule: PinRule {
                shortest: length(told.min_pin_length()).max(1),
                longest: length(told.max_pin_length()).max(1),
                characters: Characters::Printable,
                padding: Padding::None,
            },
            tries_left: tries(told),
            was_wrong: told.user_pin_count_low(),
            own_keys: told.protected_authentication_path(),
            module,
            slot,
        }
    }

    /// The module through which it was found.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Logs in, for as long as what comes back lives. A wrong PIN spends a try; the last one is spent with the holder's consent
    /// alone (G-P3). A token with keys of its own takes its PIN there.
    ///
    /// Waits until another conversation with this module's tokens has ended.
    pub fn open(&self, pin: Option<&Pin>, consent: Option<LastTryConsent>) -> Result<Opened, TokenFault> {
        let given = match (self.own_keys, pin) {
            (true, _) => None,
            (false, Some(pin)) => Some(AuthPin::from(pin.text())),
            (false, None) => return Err(PinFormat::Empty.into()),
        };
        let turn = self.module.0.turns.take();
        let told = self.info()?;
        if !told.user_pin_initialized() {
            return Err(TokenFault::NoPin);
        }
        match (tries(&told), consent) {
            (TriesLeft::Blocked, _) => return Err(TokenFault::PinBlocked),
            (TriesLeft::Known(1), None) => return Err(TokenFault::LastTry),
            (TriesLeft::Known(_) | TriesLeft::Unknown, _) => {}
        }
        let session = self.module.0.pkcs11.open_rw_session(self.slot)?;
        match session.login(UserType::User, given.as_ref()) {
            Ok(()) => {}
            // Left over from a conversation of another part of the process: what this PIN is worth is not known.
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                session.logout()?;
                session
                    .login(UserType::User, given.as_ref())
                    .map_err(|cause| self.refused(cause))?;
            }
            Err(cause) => return Err(self.refused(cause)),
        }
        Ok(Opened::new(session, turn))
    }

    /// What it tells of its PIN now.
    pub fn tries_left_now(&self) -> Result<TriesLeft, TokenFault> {
        Ok(tries(&self.info()?))
    }

    /// The token in the slot, if it is still the one that was found there.
    fn info(&self) -> Result<TokenInfo, TokenFault> {
        let told = self.module.0.pkcs11.get_token_info(self.slot)?;
        let same = told.serial_number().trim_end() == self.serial && told.label().trim_end() == self.label;
        if same { Ok(told) } else { Err(TokenFault::Gone) }
    }

    fn refused(&self, cause: Error) -> TokenFault {
        match TokenFault::from(cause) {
            TokenFault::PinWrong { .. } => match self.tries_left_now() {
                Ok(TriesLeft::Blocked) => TokenFault::PinBlocked,
                Ok(left) => TokenFault::PinWrong { left },
                Err(_) => TokenFault::PinWrong {
                    left: TriesLeft::Unknown,
                },
            },
            other => other,
        }
    }
}

fn tries(told: &TokenInfo) -> TriesLeft {
    if told.user_pin_locked() {
        TriesLeft::Blocked
    } else if told.user_pin_final_try() {
        TriesLeft::Known(1)
    } else {
        TriesLeft::Unknown
    }
}
