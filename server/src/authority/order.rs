//! The file in which an operator writes for whom a card is made: TOML, and where it is wrong, one sentence that says where.

use std::path::{Path, PathBuf};

use pki::name::NameFault;
use serde::de::DeserializeOwned;

/// Such a file is wrong. One sentence that says where.
#[derive(Debug, thiserror::Error)]
pub enum OrderFault {
    /// It cannot be read.
    #[error("cannot read {}: {reason}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A key or a value is wrong.
    #[error("{}, line {line}: {reason}", file.display())]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A name cannot stand in a certificate.
    #[error("{}: {reason}", file.display())]
    Name {
        /// Which file.
        file: PathBuf,
        /// Which and why.
        reason: NameFault,
    },
}

/// What is written in such a file, under the name that its faults carry.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    text: &'a str,
    file: &'a Path,
}

/// The text of such a file.
pub(super) fn text(file: &Path) -> Result<String, OrderFault> {
    std::fs::read_to_string(file).map_err(|fault| OrderFault::Unreadable {
        file: file.to_owned(),
        reason: fault.to_string(),
    })
}

impl<'a> Written<'a> {
    pub(super) const fn new(text: &'a str, file: &'a Path) -> Self {
        Self { text, file }
    }

    /// Its keys and values.
    pub(super) fn row<T: DeserializeOwned>(self) -> Result<T, OrderFault> {
        toml::from_str(self.text).map_err(|fault| {
            let before = fault.span().map_or(0, |span| span.start);
            OrderFault::Wrong {
                file: self.file.to_owned(),
                line: self.text.bytes().take(before).filter(|octet| *octet == b'\n').count() + 1,
                reason: fault
                    .message()
                    .replace("unknown field", "unknown key")
                    .replace("missing field", "missing key"),
            }
        })
    }

    /// The value of this key is wrong.
    pub(super) fn wrong(self, key: &str, reason: &str) -> OrderFault {
        let line = self.text.lines().position(|line| line.trim_start().starts_with(key));
        OrderFault::Wrong {
            file: self.file.to_owned(),
            line: line.map_or(1, |line| line + 1),
            reason: reason.to_owned(),
        }
    }

    /// One of its names cannot stand in a certificate.
    pub(super) fn name(self, reason: NameFault) -> OrderFault {
        OrderFault::Name {
            file: self.file.to_owned(),
            reason,
        }
    }
}
