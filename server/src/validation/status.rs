//! What every certificate of ours is worth at this moment, in memory.
//!
//! The writer tells it of a commit before it acknowledges (same process); other nodes follow the sequence of changes.
//! A pre-signed answer lives beside the status it was signed from and leaves in the moment in which that changes, so
//! that the next question after a revocation cannot meet the old answer (THREATS A34).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use casework::identity::{Authority, CertificateId, Serial};
use casework::time::Instant;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use pki::reason::ReasonCode;

use super::membership::{Key, Membership};

/// The standing of every certificate of every authority of ours. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct Status {
    registers: Arc<RwLock<BTreeMap<Authority, Arc<Register>>>>,
    answers_kept: usize,
}

/// What a certificate is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No such certificate was issued here.
    NeverIssued,
    /// Issued and not revoked.
    Good,
    /// Revoked.
    Revoked(Revoked),
}

/// Since when, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The moment of acceptance.
    pub at: Instant,
    /// `None` is *unspecified*, which is written by leaving it out.
    pub reason: Option<ReasonCode>,
}

impl Status {
    /// Knows nothing yet. `answers_kept` pre-signed answers are kept for each authority.
    pub fn new(answers_kept: usize) -> Self {
        Self {
            registers: Arc::default(),
            answers_kept,
        }
    }

    /// From here on it is good, unless it is revoked already. Telling it again changes nothing.
    pub fn issued(&self, certificate: &CertificateId) {
        self.register(&certificate.authority).issued(&certificate.serial);
    }

    /// From here on it is revoked; the first telling counts.
    pub fn revoked(&self, certificate: &CertificateId, at: Instant, reason: Option<ReasonCode>) {
        self.register(&certificate.authority)
            .revoked(&certificate.serial, Revoked { at, reason });
    }

    /// What it is worth now.
    pub fn lookup(&self, certificate: &CertificateId) -> Standing {
        let registers = self.registers.read().unwrap_or_else(PoisonError::into_inner);
        registers
            .get(&certificate.authority)
            .map_or(Standing::NeverIssued, |register| register.standing(&certificate.serial))
    }

    /// One authority's register; it begins empty.
    pub fn register(&self, authority: &Authority) -> Arc<Register> {
        if let Some(register) = self
            .registers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(authority)
        {
            return Arc::clone(register);
        }
        let mut registers = self.registers.write().unwrap_or_else(PoisonError::into_inner);
        let empty = || Arc::new(Register::new(self.answers_kept));
        Arc::clone(registers.entry(authority.clone()).or_insert_with(empty))
    }

    /// All authorities that were told of, with their registers.
    pub fn registers(&self) -> Vec<(Authority, Arc<Register>)> {
        let registers = self.registers.read().unwrap_or_else(PoisonError::into_inner);
        registers
            .iter()
            .map(|(authority, register)| (authority.clone(), Arc::clone(register)))
            .collect()
    }
}

/// One authority's certificates.
pub struct Register(RwLock<Held>);

struct Held {
    issued: Membership,
    revoked: HashMap<Key, Revoked>,
    answers: Answers,
}

impl Register {
    fn new(answers_kept: usize) -> Self {
        let answers = Answers {
            kept: HashMap::new(),
            order: VecDeque::new(),
            most: answers_kept,
        };
        Self(RwLock::new(Held {
            issued: Membership::new(),
            revoked: HashMap::new(),
            answers,
        }))
    }

    /// See [`Status::issued`].
    pub fn issued(&self, serial: &Serial) {
        let mut held = self.write();
        held.issued.insert(*serial.octets());
        held.answers.drop_all(serial.octets());
    }

    /// See [`Status::revoked`].
    pub fn revoked(&self, serial: &Serial, revoked: Revoked) {
        let mut held = self.write();
        held.revoked.entry(*serial.octets()).or_insert(revoked);
        held.answers.drop_all(serial.octets());
    }

    /// What it is worth now. A revocation counts even before the issuance was heard of.
    pub fn standing(&self, serial: &Serial) -> Standing {
        self.read().standing(serial.octets())
    }

    /// The kept answer for this serial and kind of question, if it may still be given at `now`; otherwise the
    /// standing from which to make one.
    pub fn answer(&self, serial: &Serial, kind: Kind, now: Instant) -> Result<Arc<Answer>, Standing> {
        let held = self.read();
        let key = serial.octets();
        match held.answers.kept.get(&(*key, kind)) {
            Some(answer) if answer.this_update <= now && now < answer.renew_at => Ok(Arc::clone(answer)),
            _ => Err(held.standing(key)),
        }
    }

    /// Keeps an answer that was signed from `standing`, unless the standing has changed meanwhile.
    pub fn keep(&self, serial: &Serial, kind: Kind, standing: Standing, answer: Arc<Answer>) {
        let mut held = self.write();
        if held.standing(serial.octets()) == standing {
            held.answers.keep((*serial.octets(), kind), answer);
        }
    }

    /// Forgets every kept answer: the responder has changed.
    pub fn forget_answers(&self) {
        let mut held = self.write();
        held.answers.kept = HashMap::new();
        held.answers.order = VecDeque::new();
    }

    /// How much is held, for the metrics.
    pub fn size(&self) -> Size {
        let held = self.read();
        Size {
            issued: held.issued.len(),
            revoked: held.revoked.len(),
            answers: held.answers.kept.len(),
            octets: held.issued.octets() + held.revoked.capacity() * (size_of::<(Key, Revoked)>() + 1),
        }
    }

    // A thread that panicked while it held the lock left whole values behind: every change is one insertion.
    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn standing(&self, key: &Key) -> Standing {
        match self.revoked.get(key) {
            Some(revoked) => Standing::Revoked(*revoked),
            None if self.issued.contains(key) => Standing::Good,
            None => Standing::NeverIssued,
        }
    }
}

/// A pre-signed answer (RFC 5019).
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The OCSPResponse.
    pub der: Bytes,
    /// As the header carries it.
    pub etag: HeaderValue,
    /// The same for `this_update`.
    pub last_modified: HeaderValue,
    /// `good` or `revoked`, for the metrics.
    pub said: &'static str,
    /// When what it says was true.
    pub this_update: Instant,
    /// Until when it may be believed.
    pub next_update: Instant,
    /// From then on a new one is signed (THREATS R6).
    pub renew_at: Instant,
}

/// The question's hash decides how the answer names the certificate: each has its own answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// CertID of SHA-1.
    Sha1,
    /// CertID of SHA-256.
    Sha256,
}

/// How much a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Certificates issued.
    pub issued: usize,
    /// Of these, or imported as, revoked.
    pub revoked: usize,
    /// Pre-signed answers kept.
    pub answers: usize,
    /// Octets for the certificates, answers not counted.
    pub octets: usize,
}

/// First in, first out: what is asked often is signed again at the cost of one signature.
struct Answers {
    kept: HashMap<(Key, Kind), Arc<Answer>>,
    order: VecDeque<(Key, Kind)>,
    most: usize,
}

impl Answers {
    fn keep(&mut self, key: (Key, Kind), answer: Arc<Answer>) {
        if self.kept.insert(key, answer).is_none() {
            self.order.push_back(key);
        }
        // A key that was dropped still stands in `order`, so that is what is bounded.
        while self.order.len() > self.most {
            let Some(oldest) = self.order.pop_front() else { return };
            self.kept.remove(&oldest);
        }
    }

    fn drop_all(&mut self, key: &Key) {
        for kind in [Kind::Sha1, Kind::Sha256] {
            self.kept.remove(&(*key, kind));
        }
    }
}
