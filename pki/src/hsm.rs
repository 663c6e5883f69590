//! Keys of authorities, responders and others of the house in a hardware security module, by PKCS#11 (v2.40 and later).
//!
//! The module is a library of the HSM's maker, loaded at run time and initialised once in a process. Each worker has a thread
//! and a session of its own. A call into a module cannot be broken off: whoever waited too long is told so, and what comes
//! later is thrown away (THREATS A51). A session that broke is opened anew, once per question. A PIN that was wrong is not
//! tried again, so that the HSM does not lock it.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod conversation;
mod fault;
mod uri;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use zeroize::Zeroizing;

pub use fault::HsmFault;
pub use uri::{KeyUri, TokenName, UriFault};

use crate::algorithm::Algorithm;
use crate::key::PublicKey;
use crate::signer::{SignFault, Signer};
use conversation::{Conversation, Open};

/// CKA_ID: by this a private key and its public half belong together in an HSM. 1 to 64 octets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(Vec<u8>);

impl KeyId {
    /// `None` where there is no octet, or more than 64.
    pub fn new(octets: &[u8]) -> Option<Self> {
        (1..=64).contains(&octets.len()).then(|| Self(octets.to_vec()))
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Which token, through which module, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The module's file.
    pub module: PathBuf,
    /// The token.
    pub token: TokenName,
    /// So many questions are put side by side, each in a session of its own.
    pub sessions: u8,
    /// So long an answer is waited for. Making a key may take [`MAKING`] of them.
    pub limit: Duration,
}

/// Making a key, RSA above all, takes longer than signing: so many times the limit is waited.
pub const MAKING: u32 = 30;

/// Says the PIN each time that it is needed.
type Pin = Box<dyn Fn() -> Result<Zeroizing<String>, String> + Send + Sync>;

/// Where the PIN comes from, and whether it is known to be wrong.
#[derive(Clone)]
struct PinSource {
    pin: Arc<Pin>,
    wrong: Arc<Mutex<Option<HsmFault>>>,
}

impl PinSource {
    /// Logs in with it. One worker at a time: a PIN that is wrong is tried once, and not once by each.
    fn tried(&self, login: impl FnOnce(&str) -> Result<(), HsmFault>) -> Result<(), HsmFault> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = &*wrong {
            return Err(fault.clone());
        }
        let pin = (self.pin)().map_err(HsmFault::NoPin)?;
        let done = login(&pin);
        if let Err(fault @ (HsmFault::PinWrong | HsmFault::PinLocked)) = &done {
            *wrong = Some(fault.clone());
        }
        done
    }
}

/// A token of ours with its workers. Cheap to clone; the workers end with the last one.
#[derive(Clone)]
pub struct Hsm {
    queue: SyncSender<Job>,
    token: TokenName,
    limit: Duration,
}

type Job = Box<dyn FnOnce(&mut Conversation) + Send>;

impl Hsm {
    /// Loads the module, finds the token and logs in once, so that what is wrong is said now.
    pub fn open(
        place: &Place,
        pin: impl Fn() -> Result<Zeroizing<String>, String> + Send + Sync + 'static,
    ) -> Result<Self, HsmFault> {
        let module = module(&place.module)?;
        let pin = PinSource {
            pin: Arc::new(Box::new(pin)),
            wrong: Arc::default(),
        };
        let conversation = || Conversation::new(module.clone(), place.clone(), pin.clone());
        let token = conversation().told()?;
        let (queue, jobs) = sync_channel(WAITING);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..place.sessions.max(1) {
            let (jobs, mut conversation) = (Arc::clone(&jobs), conversation());
            std::thread::Builder::new()
                .name(format!("hsm-{number}"))
                .spawn(move || {
                    while let Some(job) = next(&jobs) {
                        job(&mut conversation);
                    }
                })
                .map_err(|cause| HsmFault::Failed(format!("no thread for it: {cause}")))?;
        }
        let hsm = Self {
            queue,
            token,
            limit: place.limit,
        };
        hsm.ask(hsm.limit, |_| Ok(()))?;
        Ok(hsm)
    }

    /// What the token tells of itself.
    pub fn token(&self) -> &TokenName {
        &self.token
    }

    /// Makes a key, or takes the one that was made under this id before: there is never a second one. A key of another kind in
    /// its place is a fault.
    pub fn make(&self, id: &KeyId, label: &str, algorithm: Algorithm) -> Result<HsmKey, HsmFault> {
        let (wanted, label) = (id.clone(), label.to_owned());
        let public = self.ask(self.limit * MAKING, move |open| match open.find(&wanted)? {
            Some(made) => Ok(made),
            None => open.make(&wanted, &label, algorithm),
        })?;
        if public.algorithm() != algorithm {
            return Err(HsmFault::AnotherKey);
        }
        Ok(self.holding(id, public))
    }

    /// The key with this id, if the token holds it.
    pub fn find(&self, id: &KeyId) -> Result<Option<HsmKey>, HsmFault> {
        let wanted = id.clone();
        let found = self.ask(self.limit, move |open| open.find(&wanted))?;
        Ok(found.map(|public| self.holding(id, public)))
    }

    /// The ids of the keys with this label.
    pub fn labelled(&self, label: &str) -> Result<Vec<KeyId>, HsmFault> {
        let label = label.to_owned();
        self.ask(self.limit, move |open| open.labelled(&label))
    }

    /// The key with this id, which must be the known one. The token is not asked before something is signed.
    pub fn holding(&self, id: &KeyId, known: PublicKey) -> HsmKey {
        HsmKey {
            hsm: self.clone(),
            id: id.clone(),
            public: known,
        }
    }

    /// Destroys a key. It is no fault if it is gone.
    pub fn destroy(&self, id: &KeyId) -> Result<(), HsmFault> {
        let id = id.clone();
        self.ask(self.limit, move |open| open.destroy(&id))
    }

    fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Fn(&mut Open) -> Result<T, HsmFault> + Send + 'static,
    ) -> Result<T, HsmFault> {
        let (reply, answer) = sync_channel(1);
        let waited_for = Arc::new(AtomicBool::new(true));
        let still = Arc::clone(&waited_for);
        let job: Job = Box::new(move |conversation| {
            // Nobody signs for somebody who has gone.
            if still.load(Ordering::Acquire) {
                drop(reply.send(conversation.attempt(&work)));
            }
        });
        self.queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => HsmFault::Busy,
            TrySendError::Disconnected(_) => HsmFault::Failed("its workers have ended".to_owned()),
        })?;
        answer.recv_timeout(limit).unwrap_or_else(|_| {
            waited_for.store(false, Ordering::Release);
            Err(HsmFault::Late(limit))
        })
    }
}

impl fmt::Debug for Hsm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hsm({})", self.token)
    }
}

/// A private key that never leaves its HSM.
#[derive(Clone, Debug)]
pub struct HsmKey {
    hsm: Hsm,
    id: KeyId,
    public: PublicKey,
}

impl HsmKey {
    /// Its address, by which it is found again.
    pub fn uri(&self) -> KeyUri {
        KeyUri {
            token: self.hsm.token.clone(),
            id: Some(self.id.clone()),
            object: None,
        }
    }

    /// Whether the token says of it that it was made there and can never be taken out.
    pub fn is_confined(&self) -> Result<bool, HsmFault> {
        let (id, public) = (self.id.clone(), self.public.clone());
        self.hsm.ask(self.hsm.limit, move |open| open.is_confined(&id, &public))
    }

    fn signed(&self, input: &[u8]) -> Result<Vec<u8>, SignFault> {
        let (id, public, input) = (self.id.clone(), self.public.clone(), input.to_vec());
        let signed = self
            .hsm
            .ask(self.hsm.limit, move |open| open.sign(&id, &public, &input));
        signed.map_err(SignFault::from)
    }
}

impl Signer for HsmKey {
    fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        match self.algorithm().signature().hash(message) {
            Some(hash) => self.signed(hash.as_ref()),
            None => self.signed(message),
        }
    }

    fn sign_hash(&self, hash: &[u8]) -> Option<Result<Vec<u8>, SignFault>> {
        let wanted = self.algorithm().signature().hash_algorithm()?;
        if hash.len() != wanted.output_len() {
            return Some(Err(SignFault::Failed("the hash has another length".to_owned())));
        }
        Some(self.signed(hash))
    }
}

/// The next piece of work; `None` when nobody can give any more.
fn next(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// The module in this file. The same one again where it was loaded before.
fn module(path: &Path) -> Result<Pkcs11, HsmFault> {
    static MODULES: OnceLock<Mutex<HashMap<PathBuf, Pkcs11>>> = OnceLock::new();
    let failed = |reason: String| HsmFault::Module {
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
    let module = Pkcs11::new(&file).map_err(|cause| failed(cause.to_string()))?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Another part of the process was first; its initialisation serves us too.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(cause) => return Err(failed(cause.to_string())),
    }
    modules.insert(file, module.clone());
    Ok(module)
}

/// So much may wait for the workers.
const WAITING: usize = 1024;
