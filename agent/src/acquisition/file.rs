//! A key in a PKCS#12 file, under a password that the person chose.
//!
//! Until the certificate is there, and for as long as its acquisition is remembered, the key lies encrypted by that password
//! beside the record: whoever was interrupted goes on with the same key. The password itself lies nowhere.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pki::Signer;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::{KeyFault, SoftwareKey};
use pki::pkcs12::{Chance, Contents, Password};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use wire::acquisition::{KeyKind, Wanted};
use wire::code::Code;
use zeroize::Zeroizing;

use super::place::{Living, Place, PlaceFault};
use super::record::{Mark, Record};
use crate::chance;
use crate::home::{self, Home};

/// A key that lies in a file.
pub(super) struct InFile {
    key: SoftwareKey,
    handshake: Arc<dyn SigningKey>,
    password: Password,
    path: PathBuf,
}

/// The file of what is wanted under a mark: named after the terminal, and never two of one name.
pub(crate) fn place(home: &Home, mark: &Mark, wanted: &Wanted) -> Place {
    let name = format!("{}-{}.p12", wanted.label, mark.name());
    let path = home.dir().join(DIRECTORY).join(name);
    Place::File {
        // Whoever looks for the file is told where it is from the root on.
        path: std::path::absolute(&path).unwrap_or(path),
    }
}

/// Whether a person may choose this: typed twice, long enough, not a few characters over and over, and of characters that
/// every program that opens such files reads alike.
pub(crate) fn chosen(first: &str, second: &str) -> Result<(), Code> {
    let length = first.chars().count();
    let mut letters = Zeroizing::new(first.bytes().collect::<Vec<u8>>());
    letters.sort_unstable();
    letters.dedup();
    if !first.bytes().all(|octet| octet.is_ascii_graphic()) {
        Err(Code::PasswordChar)
    } else if length < SHORTEST {
        Err(Code::PasswordShort)
    } else if length > LONGEST {
        Err(Code::PasswordLong)
    } else if letters.len() < FEWEST_LETTERS {
        Err(Code::PasswordCommon)
    } else if first != second {
        Err(Code::PasswordDiff)
    } else {
        Ok(())
    }
}

impl InFile {
    /// The key of this record: made now, or the one that was made before. Blocks for as long as the password's derivation takes.
    pub(super) fn open(
        home: &Home,
        record: &Record,
        mark: &Mark,
        path: &Path,
        kind: KeyKind,
        password: &Zeroizing<String>,
    ) -> Result<Self, PlaceFault> {
        let key = match (found(home, mark, password)?, &record.csr) {
            (Some(Ok(key)), _) => key,
            // A certificate was asked for with that key: another one would be of no use.
            (Some(Err(wrong)), Some(_)) => return Err(wrong),
            (None, Some(_)) => return Err(PlaceFault::Gone),
            // Nobody has heard of that key, and who forgot its password begins with another one.
            (Some(Err(_)) | None, None) => made(home, mark, kind, password)?,
        };
        let plain = key.to_pkcs8().map_err(failed)?;
        let plain = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(plain.as_slice()));
        let handshake = rustls::crypto::aws_lc_rs::sign::any_supported_type(&plain)
            .map_err(|fault| PlaceFault::Failed(fault.to_string()))?;
        let password = Password::new(password).map_err(|fault| PlaceFault::Failed(fault.to_string()))?;
        Ok(Self {
            key,
            handshake,
            password,
            path: path.to_owned(),
        })
    }
}

/// The key that was made before, or that this password does not open it; `None` where there is none.
fn found(
    home: &Home,
    mark: &Mark,
    password: &Zeroizing<String>,
) -> Result<Option<Result<SoftwareKey, PlaceFault>>, PlaceFault> {
    let Some(pem) = home.kept(&mark.key_file())? else {
        return Ok(None);
    };
    match SoftwareKey::from_encrypted_pem(&pem, password.as_bytes()) {
        Ok(key) => Ok(Some(Ok(key))),
        Err(KeyFault::Passphrase) => Ok(Some(Err(PlaceFault::PasswordWrong))),
        Err(fault) => Err(failed(fault)),
    }
}

/// A new key, which is on the disk before anybody hears of it.
fn made(home: &Home, mark: &Mark, kind: KeyKind, password: &Zeroizing<String>) -> Result<SoftwareKey, PlaceFault> {
    let algorithm = match kind {
        KeyKind::P256 => Algorithm::P256,
        KeyKind::P384 => Algorithm::P384,
        KeyKind::Rsa2048 => Algorithm::Rsa2048,
    };
    let key = SoftwareKey::generate(algorithm).map_err(failed)?;
    let pem = key.to_encrypted_pem(password.as_bytes(), chance::octets());
    home.keep(&mark.key_file(), &pem.map_err(failed)?)?;
    Ok(key)
}

fn failed(fault: KeyFault) -> PlaceFault {
    PlaceFault::Failed(fault.to_string())
}

impl Living for InFile {
    fn key(&self) -> &dyn Signer {
        &self.key
    }

    fn handshake(&self) -> Arc<dyn SigningKey> {
        Arc::clone(&self.handshake)
    }

    fn install(&self, label: &str, chain: &[Certificate]) -> Result<(), PlaceFault> {
        let (certificate, above) = chain.split_first().ok_or(PlaceFault::AnotherKey)?;
        let contents = Contents {
            key: &self.key,
            certificate,
            chain: above,
            friendly_name: label,
        };
        let sealed = contents
            .seal(&self.password, Chance(chance::octets()))
            .map_err(|fault| PlaceFault::Failed(fault.to_string()))?;
        home::replace(&self.path, &sealed).map_err(|cause| {
            tracing::warn!(%cause, path = %self.path.display(), "the file with a key cannot be written");
            PlaceFault::Unwritable
        })
    }

    fn fault(&self) -> Option<PlaceFault> {
        None
    }
}

/// Within the agent's own directory.
const DIRECTORY: &str = "certificates";
/// Whoever copies the file guesses without being counted.
pub(crate) const SHORTEST: usize = 12;
pub(crate) const LONGEST: usize = 64;
/// Different characters.
const FEWEST_LETTERS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_enough_and_typed_twice() {
        assert_eq!(chosen("correct-horse", "correct-horse"), Ok(()));
        for (first, second, code) in [
            ("", "", Code::PasswordShort),
            ("elevenchars", "elevenchars", Code::PasswordShort),
            (
                "パスワードパスワードパスワード",
                "パスワードパスワードパスワード",
                Code::PasswordChar,
            ),
            ("twelve chars", "twelve chars", Code::PasswordChar),
            ("abababababab", "abababababab", Code::PasswordCommon),
            ("correct-horse", "correct-house", Code::PasswordDiff),
            ("correct-horse", "", Code::PasswordDiff),
        ] {
            assert_eq!(chosen(first, second), Err(code), "{first}");
        }
        let long = "0123456789".repeat(7);
        assert_eq!(chosen(&long, &long), Err(Code::PasswordLong));
    }
}
