//! A key on a PKCS#11 token.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use card::certificate::KeyKind;
use card::token::{KeyId, Module, Opened, Token, TokenFault, TokenKey};
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::PublicKey;
use pki::{SignFault, Signer};
use rustls::sign::SigningKey;

use super::place::{Living, Place, PlaceFault};
use super::record::Mark;
use super::test::{Handshake, Signs};

/// The tokens of these modules, and what is wrong with modules. Blocks.
pub(crate) fn all(modules: &[std::path::PathBuf]) -> (Vec<Token>, Vec<TokenFault>) {
    let mut tokens = Vec::new();
    let mut faults = Vec::new();
    for path in modules {
        match Module::load(path).and_then(|module| module.tokens()) {
            Ok(found) => tokens.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    (tokens, faults)
}

/// The place that a token is.
pub(crate) fn place(token: &Token) -> Place {
    Place::Token {
        module: token.module().path().to_owned(),
        label: token.label.clone(),
        serial: token.serial.clone(),
    }
}

/// The token of a place, if it is there. Blocks.
pub(crate) fn find(module: &Path, label: &str, serial: &str) -> Result<Token, PlaceFault> {
    let tokens = Module::load(module)?.tokens()?;
    let found = tokens
        .into_iter()
        .find(|token| token.label == label && token.serial == serial);
    found.ok_or(PlaceFault::Gone)
}

/// A key on a token whose user is logged in.
pub(super) struct OnToken(Arc<Inner>);

struct Inner {
    key: TokenKey,
    public: PublicKey,
    fault: Mutex<Option<TokenFault>>,
}

impl OnToken {
    pub(super) fn make(
        opened: &Opened,
        mark: &Mark,
        label: &str,
        kind: wire::acquisition::KeyKind,
    ) -> Result<Self, PlaceFault> {
        let kind = match kind {
            wire::acquisition::KeyKind::P256 => KeyKind::P256,
            wire::acquisition::KeyKind::P384 => KeyKind::P384,
            wire::acquisition::KeyKind::Rsa2048 => KeyKind::Rsa2048,
        };
        let key = opened.make(&KeyId(mark.key_id()), label, kind)?;
        let public = PublicKey::from_spki_der(key.public_key()).map_err(|_| TokenFault::AnotherKey)?;
        Ok(Self(Arc::new(Inner {
            key,
            public,
            fault: Mutex::default(),
        })))
    }
}

impl Living for OnToken {
    fn key(&self) -> &dyn Signer {
        &*self.0
    }

    fn handshake(&self) -> Arc<dyn SigningKey> {
        Arc::new(Handshake(Arc::clone(&self.0)))
    }

    fn install(&self, label: &str, chain: &[Certificate]) -> Result<(), PlaceFault> {
        // Those above are the system's to know: a token's room is small.
        let first = chain.first().ok_or(TokenFault::AnotherCertificate)?;
        Ok(self.0.key.install(label, first.der())?)
    }

    fn fault(&self) -> Option<PlaceFault> {
        let mut fault = self.0.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.take().map(PlaceFault::Token)
    }
}

impl Inner {
    fn told(&self, fault: TokenFault) -> SignFault {
        let text = fault.to_string();
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        SignFault::Failed(text)
    }
}

impl Signer for Inner {
    fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        self.key.sign(message).map_err(|fault| self.told(fault))
    }
}

impl Signs for Inner {
    fn signs_pss(&self) -> bool {
        self.key.kind() == KeyKind::Rsa2048
    }

    fn sign_pss(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        self.key.sign_pss(message).map_err(|fault| self.told(fault))
    }
}
