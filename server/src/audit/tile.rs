//! The layout of an export: C2SP `tlog-tiles`, with the heads' history and, for those who may see them, the documents.
//!
//! | path | holds |
//! | --- | --- |
//! | `checkpoint` | the last head; a line of it fixes the history of heads |
//! | `heads` | every head that the node signed, each followed by an empty line |
//! | `tile/<L>/<N>` | 256 hashes of level 8·L |
//! | `tile/entries/<N>` | 256 entries, each behind its length in two octets |
//! | `documents/<N>` | 256 events with their salts, one line of JSON each; of an erased one, which event erased it |
//!
//! The last one of a row that is not full has `.p/<W>` behind its number, W being how many it has.

use std::borrow::Cow;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casework::time::Instant;
use serde::{Deserialize, Serialize};

use super::entry::commitment;
use super::tree::{self, Frontier, Hash, Node};
use crate::store::{Content, EventRecord};

/// A row of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Hashes of level 8·L.
    Hashes(u32),
    /// Commitments.
    Entries,
    /// Documents with their salts.
    Documents,
}

/// Collects hashes tile by tile, while the tree grows.
#[derive(Clone, Debug, Default)]
pub struct Tiles {
    frontier: Frontier,
    /// Of each level, the hashes of the tile that is not full.
    open: Vec<Vec<Hash>>,
}

/// A tile that is full: its level and number, and its hashes.
pub type Full = (u32, u64, Vec<Hash>);

impl Row {
    /// Where the tile with this number lies. `width` is how many it has, at most [`WIDTH`].
    pub fn path(self, number: u64, width: u64) -> PathBuf {
        let mut groups = vec![format!("{:03}", number % 1_000)];
        let mut rest = number / 1_000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1_000));
            rest /= 1_000;
        }
        groups.reverse();
        let row = match self {
            Self::Hashes(level) => format!("tile/{level}"),
            Self::Entries => "tile/entries".to_owned(),
            Self::Documents => "documents".to_owned(),
        };
        let partial = if width < WIDTH {
            format!(".p/{width}")
        } else {
            String::new()
        };
        PathBuf::from(format!("{row}/{}{partial}", groups.join("/")))
    }
}

impl Tiles {
    /// Goes on with a tree of `size` leaves, of which `read` has the hashes of every tile that is not full. `None` if they
    /// are not as many as such a tree has.
    pub fn resume(size: u64, mut read: impl FnMut(u32, u64, u64) -> Option<Vec<Hash>>) -> Option<Self> {
        let (mut frontier, mut open) = (Frontier::default(), Vec::new());
        for (level, number, width) in last_tiles(size) {
            let hashes = if width == 0 {
                Vec::new()
            } else {
                read(level, number, width)?
            };
            if hashes.len() as u64 != width {
                return None;
            }
            open.push((level, hashes));
        }
        for (level, hashes) in open.iter().rev() {
            for hash in hashes {
                frontier.grow(level * HEIGHT, *hash, |_, _| ());
            }
        }
        Some(Self {
            frontier,
            open: open.into_iter().map(|(_, hashes)| hashes).collect(),
        })
    }

    /// Appends an entry and tells `full` every tile that is full with it.
    pub fn push(&mut self, entry: &Hash, mut full: impl FnMut(Full)) {
        let Self { frontier, open } = self;
        frontier.grow(0, tree::leaf(entry), |Node { level, index }, hash| {
            if level % HEIGHT != 0 {
                return;
            }
            let level = level / HEIGHT;
            let row = level as usize;
            if open.len() <= row {
                open.push(Vec::new());
            }
            let Some(hashes) = open.get_mut(row) else { return };
            hashes.push(*hash);
            if hashes.len() as u64 == WIDTH {
                full((level, index / WIDTH, std::mem::take(hashes)));
            }
        });
    }

    /// The tiles that are not full, and not empty.
    pub fn partial(&self) -> impl Iterator<Item = Full> + '_ {
        last_tiles(self.frontier.size())
            .zip(&self.open)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|((level, number, _), hashes)| (level, number, hashes.clone()))
    }

    /// The tree.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }
}

/// Of every level that a tree of this size has: the number of its first tile that is not full, and how many it has.
pub fn last_tiles(size: u64) -> impl Iterator<Item = (u32, u64, u64)> {
    (0..u64::BITS / HEIGHT)
        .map(move |level| (level, size >> (level * HEIGHT)))
        .take_while(|(_, hashes)| *hashes > 0)
        .map(|(level, hashes)| (level, hashes / WIDTH, hashes % WIDTH))
}

/// The line of a checkpoint that fixes the history of heads.
pub fn history(count: usize, heads: &str) -> String {
    format!("heads {count} {}", STANDARD.encode(tree::sha256(&[heads.as_bytes()])))
}

/// An event in a file of documents.
pub fn to_line(record: &EventRecord) -> String {
    let sequence = record.sequence;
    let line = match &record.content {
        Content::Kept {
            at,
            case,
            salt,
            document,
        } => serde_json::to_string(&Kept {
            sequence,
            at: at.0,
            case: hex(case).into(),
            salt: hex(salt).into(),
            document: document.as_str().into(),
        }),
        Content::Erased { by } => serde_json::to_string(&Missing {
            sequence,
            erased_by: *by,
            commitment: STANDARD.encode(record.commitment),
        }),
    };
    // Numbers and texts are always JSON.
    line.unwrap_or_default()
}

/// The event of a line, if it is written exactly as [`to_line`] does. Its commitment is computed, unless it was erased.
pub fn from_line(text: &str) -> Option<EventRecord> {
    let record = if let Ok(line) = serde_json::from_str::<Kept<'_>>(text) {
        let (sequence, at) = (line.sequence, Instant(line.at));
        let (case, salt) = (unhex(&line.case)?, unhex(&line.salt)?);
        EventRecord {
            sequence,
            commitment: commitment(&salt, sequence, at, &case, &line.document),
            content: Content::Kept {
                at,
                case,
                salt,
                document: line.document.into_owned(),
            },
        }
    } else {
        let line: Missing = serde_json::from_str(text).ok()?;
        EventRecord {
            sequence: line.sequence,
            commitment: STANDARD.decode(line.commitment).ok()?.try_into().ok()?,
            content: Content::Erased { by: line.erased_by },
        }
    };
    (to_line(&record) == text).then_some(record)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<'a> {
    sequence: i64,
    at: i64,
    #[serde(borrow)]
    case: Cow<'a, str>,
    #[serde(borrow)]
    salt: Cow<'a, str>,
    #[serde(borrow)]
    document: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Missing {
    sequence: i64,
    erased_by: i64,
    commitment: String,
}

fn hex(octets: &[u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(*octets))
}

/// Exactly as [`hex`] writes them.
fn unhex(text: &str) -> Option<[u8; 16]> {
    let digits = text.len() == 32 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let number = u128::from_str_radix(text, 16).ok()?;
    digits.then(|| number.to_be_bytes())
}

/// The last head of an export.
pub const CHECKPOINT: &str = "checkpoint";
/// All heads of an export.
pub const HEADS: &str = "heads";
/// How many hashes, entries or documents a file has.
pub const WIDTH: u64 = 1 << HEIGHT;
/// The octets of an entry in its file: length and commitment.
pub const ENTRY: usize = 34;
const HEIGHT: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn tiles_lie_where_the_specification_says() {
        let paths = [
            (Row::Hashes(0).path(1_234_067, 256), "tile/0/x001/x234/067"),
            (Row::Hashes(3).path(5, 112), "tile/3/005.p/112"),
            (Row::Entries.path(1_000, 256), "tile/entries/x001/000"),
        ];
        for (path, expected) in paths {
            assert_eq!(path, PathBuf::from(expected));
        }
        assert_eq!(
            last_tiles(70_000).collect::<Vec<_>>(),
            [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
        );
    }

    #[test]
    fn a_row_of_tiles_goes_on_where_it_was_left_at_any_size() {
        let entry = |number: u64| tree::sha256(&[&number.to_be_bytes()]);
        let mut whole = Tiles::default();
        let mut full = BTreeMap::new();
        for number in 0..1_300 {
            if number % 97 == 0 || number % WIDTH < 2 {
                let mut resumed = Tiles::resume(number, |level, at, _| {
                    whole
                        .partial()
                        .find(|(l, n, _)| (*l, *n) == (level, at))
                        .map(|(_, _, hashes)| hashes)
                })
                .unwrap();
                let rows = whole.open.len();
                resumed.open.resize(rows, Vec::new());
                assert_eq!(
                    (&resumed.frontier, &resumed.open),
                    (&whole.frontier, &whole.open),
                    "{number}"
                );
            }
            whole.push(&entry(number), |(level, at, hashes)| {
                assert_eq!(full.insert((level, at), hashes), None);
            });
        }
        assert_eq!(
            full.keys().copied().collect::<Vec<_>>(),
            [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]
        );
        assert_eq!(
            whole
                .partial()
                .map(|(level, at, hashes)| (level, at, hashes.len()))
                .collect::<Vec<_>>(),
            [(0, 5, 20), (1, 0, 5)]
        );
    }
}
