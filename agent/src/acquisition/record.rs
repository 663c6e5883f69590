//! What the agent remembers of an acquisition. No secret is in it.
//!
//! It stays when all is done: whoever begins the same acquisition anew is led to the same key.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::home::{Home, HomeFault};
use crate::origin::Origin;

/// Names one grant of one portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark([u8; 32]);

/// An acquisition that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) portal: String,
    pub(crate) label: String,
    /// Where the key lives: it stays there, whatever is chosen later.
    pub(crate) place: Place,
    /// The certificate request, once it was made.
    pub(crate) csr: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    portal: String,
    label: String,
    place: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    csr: Option<String>,
}

impl Mark {
    pub(crate) fn of(portal: &Origin, mark: &str) -> Self {
        let named = ["kagimori acquisition 1", portal.as_str(), mark].join("\0");
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, named.as_bytes()).as_ref());
        Self(hash)
    }

    /// The name of the key on a token.
    pub(crate) fn key_id(&self) -> [u8; 20] {
        let mut id = [0; 20];
        id.copy_from_slice(self.0.split_at(20).0);
        id
    }

    /// As part of a file's name.
    pub(crate) fn name(&self) -> String {
        use std::fmt::Write as _;
        self.0.split_at(8).0.iter().fold(String::new(), |mut hex, octet| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{octet:02x}");
            hex
        })
    }

    /// The encrypted key, where a file is its place.
    pub(crate) fn key_file(&self) -> String {
        format!("acquisition-{}.key", self.name())
    }

    fn file(&self) -> String {
        format!("acquisition-{}.json", self.name())
    }
}

impl Record {
    /// What is remembered under this mark.
    pub(crate) fn read(home: &Home, mark: &Mark) -> Result<Option<Self>, HomeFault> {
        let Some(text) = home.kept(&mark.file())? else {
            return Ok(None);
        };
        let read = serde_json::from_str::<Stored>(&text)
            .ok()
            .filter(|stored| stored.version == VERSION)
            .and_then(|stored| {
                Some(Self {
                    portal: stored.portal,
                    label: stored.label,
                    place: stored.place,
                    csr: match stored.csr {
                        Some(csr) => Some(STANDARD.decode(csr).ok()?),
                        None => None,
                    },
                })
            });
        read.map(Some).ok_or_else(|| home.unreadable(&mark.file()))
    }

    /// Remembers where the key will be, before it is made: a key that nobody remembers would be made a second time.
    pub(crate) fn begin(
        home: &Home,
        mark: &Mark,
        portal: &Origin,
        label: &str,
        place: Place,
    ) -> Result<Self, HomeFault> {
        let record = Self {
            portal: portal.to_string(),
            label: label.to_owned(),
            place,
            csr: None,
        };
        record.keep(home, mark)?;
        Ok(record)
    }

    /// Durable when it returns.
    pub(crate) fn keep(&self, home: &Home, mark: &Mark) -> Result<(), HomeFault> {
        let stored = Stored {
            version: VERSION,
            portal: self.portal.clone(),
            label: self.label.clone(),
            place: self.place.clone(),
            csr: self.csr.as_ref().map(|csr| STANDARD.encode(csr)),
        };
        // Texts, paths and numbers: every one of them can be written as JSON, but for a path that is not UTF-8.
        let text = serde_json::to_string_pretty(&stored).map_err(|_| home.unreadable(&mark.file()))?;
        home.keep(&mark.file(), &text)
    }
}

const VERSION: u32 = 1;
