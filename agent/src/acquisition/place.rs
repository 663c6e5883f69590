//! Where a key lives: the seam between what is done with it and how that is done there.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::token::TokenFault;
use card::{CardFault, LastTryConsent, Pin};
use pki::Signer;
use pki::certificate::Certificate;
use rustls::sign::SigningKey;
use serde::{Deserialize, Serialize};
use wire::acquisition::{KeyKind, Wanted};
use wire::code::Code;
use zeroize::Zeroizing;

use super::record::{Mark, Record};
use super::{file, token};
use crate::home::HomeFault;
use crate::local::Local;

/// A key where it lives, open for one piece of work. Whatever it was opened with is wiped when it is dropped.
///
/// Every method blocks for as long as a token or a card takes, and may be called from any thread.
pub(crate) trait Living: Send + Sync {
    /// Signs certificate requests.
    fn key(&self) -> &dyn Signer;

    /// Signs handshakes; the private key stays where it is.
    fn handshake(&self) -> Arc<dyn SigningKey>;

    /// Writes the certificate, and those above it where the place has room for them, to the key. Durable when it returns;
    /// the same ones again change nothing.
    fn install(&self, label: &str, chain: &[Certificate]) -> Result<(), PlaceFault>;

    /// Why the key did not sign when it was asked last, where that is known better than the signer's caller knows it.
    fn fault(&self) -> Option<PlaceFault>;
}

/// Where a key lives, as it is remembered. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Place {
    /// On a PKCS#11 token.
    Token {
        module: PathBuf,
        label: String,
        serial: String,
    },
    /// In a PKCS#12 file.
    File { path: PathBuf },
}

/// What opens a key.
pub(crate) enum Secret {
    /// Of a token or a card. None where it is typed on the token's own keys.
    Pin(Option<Pin>, Option<LastTryConsent>),
    /// Of a file.
    Password(Zeroizing<String>),
}

/// Why something was not done where the key lives.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlaceFault {
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// The token, card or file that the record names is not there.
    #[error("the place with the key is not there")]
    Gone,
    /// The key was begun in another place meanwhile, and something else opens it.
    #[error("the key is in another place")]
    Elsewhere,
    /// What was typed cannot be a file's password.
    #[error("no password of a file: {0}")]
    PasswordUnfit(Code),
    /// It is not the password that the file's key was encrypted with.
    #[error("the password does not open the key")]
    PasswordWrong,
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Unwritable,
    /// The certificate is for another key.
    #[error("the certificate is for another key")]
    AnotherKey,
    /// The disk, or something that a portal sent.
    #[error("{0}")]
    Failed(String),
}

impl PlaceFault {
    /// What the person is told.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Token(fault) => token_code(fault),
            Self::Gone => Code::KeyGone,
            Self::Elsewhere => Code::Stale,
            Self::PasswordUnfit(code) => *code,
            Self::PasswordWrong => Code::KeyPassword,
            Self::Unwritable => Code::KeyPlace,
            Self::AnotherKey => Code::KeyDiffers,
            Self::Failed(_) => Code::Fault,
        }
    }

    /// The card's words for the same, where its texts carry a number of tries.
    pub(crate) fn as_card(&self) -> Option<CardFault> {
        match self {
            Self::Token(TokenFault::PinWrong { left }) => Some(CardFault::PinWrong { left: *left }),
            _ => None,
        }
    }

    /// Whether it belongs to the field of PIN or password.
    pub(crate) fn is_of_secret(&self) -> bool {
        matches!(
            self,
            Self::Token(TokenFault::PinWrong { .. } | TokenFault::PinFormat(_))
                | Self::PasswordUnfit(_)
                | Self::PasswordWrong
        )
    }
}

fn token_code(fault: &TokenFault) -> Code {
    match fault {
        TokenFault::Module { .. } => Code::KeyModule,
        TokenFault::Gone => Code::KeyGone,
        TokenFault::PinWrong { .. } => Code::PinWrong,
        TokenFault::PinBlocked => Code::PinLocked,
        TokenFault::LastTry => Code::WarnPinLast,
        TokenFault::PinFormat(_) => Code::PinFormat,
        TokenFault::AnotherKey => Code::KeyTaken,
        TokenFault::AnotherCertificate => Code::KeyDiffers,
        TokenFault::NoPin | TokenFault::NotAllowed(_) | TokenFault::Signature | TokenFault::Failed(_) => Code::KeyPlace,
    }
}

impl From<HomeFault> for PlaceFault {
    fn from(fault: HomeFault) -> Self {
        tracing::error!(%fault, "the record of an acquisition cannot be kept");
        Self::Failed(fault.to_string())
    }
}

impl Place {
    /// As the portal is told it.
    pub(crate) fn kind(&self) -> wire::acquisition::Place {
        match self {
            Self::Token { .. } => wire::acquisition::Place::Token,
            Self::File { .. } => wire::acquisition::Place::File,
        }
    }

    /// The value of its radio button.
    pub(crate) fn choice(&self) -> String {
        let named = match self {
            Self::Token { module, label, serial } => ["token", &module.to_string_lossy(), label, serial].join("\0"),
            Self::File { path } => ["file", &path.to_string_lossy()].join("\0"),
        };
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, named.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_ref()).chars().take(16).collect()
    }
}

/// The key of this record: made now, or found where it was made. Blocks.
pub(super) fn open(
    local: &Local,
    record: &Record,
    mark: &Mark,
    wanted: &Wanted,
    secret: Secret,
) -> Result<Arc<dyn Living>, PlaceFault> {
    // What the portal certifies best.
    let kind = wanted.keys.first().copied().unwrap_or(KeyKind::P256);
    match (&record.place, secret) {
        (Place::Token { module, label, serial }, Secret::Pin(pin, consent)) => {
            let token = token::find(module, label, serial)?;
            let opened = token.open(pin.as_ref(), consent)?;
            drop(pin);
            Ok(Arc::new(token::OnToken::make(&opened, mark, &wanted.label, kind)?))
        }
        (Place::File { path }, Secret::Password(password)) => {
            let opened = file::InFile::open(&local.home, record, mark, path, kind, &password)?;
            Ok(Arc::new(opened))
        }
        (Place::Token { .. }, Secret::Password(_)) | (Place::File { .. }, Secret::Pin(..)) => {
            Err(PlaceFault::Elsewhere)
        }
    }
}
