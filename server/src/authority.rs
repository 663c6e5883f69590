//! Our certification authorities: their keys at rest and in use, what they issue, and the lists they publish.
//!
//! A CA key signs certificates, responders' certificates and CRLs, each recorded before it is signed (THREATS I2, A52).

pub mod address;
pub mod citizen;
pub mod crl;
pub(crate) mod enrolment;
pub mod example;
pub mod holder;
pub mod issue;
pub mod keyring;
pub mod order;
pub mod responder;

use std::sync::Arc;

use casework::Refusal;
use casework::certificate::KeyUse;
use casework::identity::Authority as Name;
use pki::algorithm::Algorithm;
use pki::certificate::{Certificate, CertificateFault};
use pki::crl::{CrlFault, NotPublishable};
use pki::key::{KeyFault, SoftwareKey};
use pki::lint::Findings;
use pki::name::NameFault;
use pki::profile::ProfileFault;
use pki::tbs::{Issued, Linted, Tbs};
use pki::{SignFault, Signer};

use crate::config::ConfigFault;
use crate::desk;
use crate::fault::Fault;
use crate::store::{KeyPurpose, Store};
use crate::unblock::KeyVersion;

/// An authority whose key is open.
#[derive(Clone)]
pub struct Authority {
    name: Name,
    certificate: Certificate,
    key: Arc<SoftwareKey>,
}

impl Authority {
    /// Its name in addresses and commands.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs what was recorded. What computes long does so away from the threads that answer.
    pub(crate) async fn sign(&self, linted: Linted<Tbs>) -> Result<Issued, AuthorityFault> {
        let key = Arc::clone(&self.key);
        let is_quick = !matches!(
            key.public_key().algorithm(),
            Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096
        );
        Ok(if is_quick {
            linted.sign(&*key)?
        } else {
            computed(move || linted.sign(&*key)).await??
        })
    }

    /// Its key.
    pub(crate) fn signer(&self) -> &dyn Signer {
        &*self.key
    }
}

/// Shows the key's public half only.
impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("name", &self.name)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// The certificates of all our authorities; no key is opened.
pub async fn certificates(store: &Store) -> Result<Vec<(Name, Certificate)>, AuthorityFault> {
    let mut certificates = Vec::new();
    for key in store.keys().await? {
        if let (KeyPurpose::Authority, Some(der)) = (key.purpose, &key.certificate) {
            certificates.push((key.authority, Certificate::parse(der)?));
        }
    }
    Ok(certificates)
}

/// Checks a name for an authority: it stands in addresses that can never change.
pub fn checked_name(name: &str) -> Result<Name, AuthorityFault> {
    let fits = (1..=LONGEST_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-')
        && !name.starts_with('-');
    if fits {
        Ok(Name(name.to_owned()))
    } else {
        Err(AuthorityFault::Name(name.to_owned()))
    }
}

/// An authority could not do as asked. Each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityFault {
    /// Not a name.
    #[error("{0:?} is no name for an authority: use up to 32 of a-z, 0-9 and -, and begin with a letter or digit")]
    Name(String),
    /// No such authority.
    #[error("there is no authority named {0:?}; `kagimori ca list` shows those there are")]
    Unknown(String),
    /// There is one of that name.
    #[error("there is an authority named {0:?} already; choose another name")]
    Taken(String),
    /// No certificate of that number.
    #[error("{authority:?} has issued no certificate with the serial number {serial}")]
    NoCertificate {
        /// Whose.
        authority: String,
        /// Which.
        serial: String,
    },
    /// The passphrase is wrong or missing.
    #[error("the key of {authority:?} does not open: {reason}; check `passphrase` under [keys]")]
    Key {
        /// Whose.
        authority: String,
        /// Why.
        reason: KeyFault,
    },
    /// The passphrase does not open what seals the authentication codes.
    #[error("the key that seals the terminals' authentication codes does not open; check `passphrase` under [keys]")]
    Seal,
    /// The passphrase does not open a master key of unblocking.
    #[error("the master key of unblocking, version {0}, does not open; check `passphrase` under [keys]")]
    Master(KeyVersion),
    /// There is none after version 255.
    #[error("cards name the version of their master key in one octet, and version 255 is in use")]
    LastMaster,
    /// The key in a request speaks for another certificate.
    #[error("the key in the request {}", used(*.0))]
    UsedKey(KeyUse),
    /// Another certificate of that serial number is on record.
    #[error(
        "{authority:?} has another certificate with the serial number {serial} on record; nothing was taken in. Find out \
         which of the two the authority issued"
    )]
    AnotherOfThatNumber {
        /// Whose.
        authority: String,
        /// Which.
        serial: String,
    },
    /// The authority's certificate names no policy and none was given.
    #[error("the issuing authority's certificate names no policy; write `policy` into the holder's file")]
    NoPolicy,
    /// A name was refused.
    #[error(transparent)]
    Text(#[from] NameFault),
    /// It cannot be built.
    #[error("the certificate cannot be built: {0}")]
    Profile(#[from] ProfileFault),
    /// It was built and is not clean. Nothing was signed.
    #[error("the certificate was not signed, for it would not be clean: {0}")]
    Findings(#[from] Findings),
    /// An imported certificate is another's.
    #[error("the certificate was not issued by this authority: {0}")]
    NotIssuedHere(#[from] pki::certificate::NotSignedBy),
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignFault),
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    /// A list cannot be built.
    #[error("the list cannot be built: {0}")]
    Crl(#[from] CrlFault),
    /// A list must not go out in place of the one before.
    #[error("the list was not published: {0}; the one before stays")]
    NotPublishable(#[from] NotPublishable),
    /// Another process began a later list and has not published it yet.
    #[error("another process is publishing a later list; try again in a moment")]
    Overtaken,
    /// The rules say no.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The passphrase cannot be read.
    #[error(transparent)]
    Secret(#[from] ConfigFault),
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<desk::Failure> for AuthorityFault {
    fn from(failure: desk::Failure) -> Self {
        match failure {
            desk::Failure::Refused(Refusal::UsedKey { key }) => Self::UsedKey(key),
            desk::Failure::Refused(refusal) => Self::Refused(refusal),
            desk::Failure::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// What is wrong with a key, and what to do.
const fn used(key: KeyUse) -> &'static str {
    match key {
        KeyUse::Compromised => {
            "is that of a certificate that was revoked because its key was compromised; make a new key for this holder"
        }
        KeyUse::OfAnother => "is certified for another holder already; make a new key for this holder",
        KeyUse::BeingCertified => {
            "is being certified for this holder at this moment; if a crash broke that off, a running `kagimori serve` \
             finishes it"
        }
    }
}

/// Runs what computes long (a key derivation, an RSA signature) away from the threads that answer.
pub(crate) async fn computed<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|fault| Fault::Bug(crate::fault::Bug(fault.to_string())))
}

const LONGEST_NAME: usize = 32;
