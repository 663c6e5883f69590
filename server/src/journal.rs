//! The revocation journal: every revocation once more, beside the database and outside its backup (DESIGN, part 5).
//!
//! One line for each revocation, in the order of their numbers:
//!
//! ```text
//! sequence authority serial revoked-at reason head signature
//! ```
//!
//! `head` is SHA-256 over the previous head and the line's first five fields; `signature` is the node's Ed25519 over the
//! head. The last signature therefore vouches for every line before it. Lines are synced after the commit and before
//! the acknowledgement. A line without its end is what a crash left: nobody was told of it, and it is written again
//! from the database. Everything else that does not fit is reported, never repaired.

mod lines;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use casework::identity::{Authority, CertificateId, Serial};
use casework::time::Instant;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::fault::Fault;
pub use lines::lines;

/// One revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the revocation sequence, from 1, without gaps.
    pub sequence: i64,
    /// Which certificate.
    pub certificate: CertificateId,
    /// Since when.
    pub at: Instant,
    /// CRLReason; 0 for none.
    pub reason: u8,
}

/// Why a journal is not taken as it lies there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalFault {
    /// Somebody changed it.
    #[error("the revocation journal {path} was changed: line {line} {why}. Put back the file as this node wrote it")]
    Changed {
        /// Where it lies.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What does not fit.
        why: &'static str,
    },
    /// Another process has it.
    #[error(
        "the revocation journal {path} is in use by another process; give this node a data directory of its own, or stop the other"
    )]
    Taken {
        /// Where it lies.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("the revocation journal {path} cannot be read: {why}")]
    Unreadable {
        /// Where it lies.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

/// An open journal. One process has it; the file is locked.
#[derive(Debug)]
pub struct Journal {
    file: Arc<File>,
    path: PathBuf,
    key: Ed25519KeyPair,
    end: Chain,
    /// Lines were begun and it is not known that they are synced.
    torn: bool,
}

/// Where a journal stands after some of its lines. The same lines lead to the same head, whoever computes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    sequence: i64,
    head: [u8; 32],
}

impl Chain {
    /// The number of the last line, 0 where there is none.
    pub const fn sequence(&self) -> i64 {
        self.sequence
    }

    /// The head after the last line.
    pub const fn head(&self) -> [u8; 32] {
        self.head
    }

    /// One line further, if `entry` is the next.
    pub fn after(&self, entry: &Entry) -> Option<Self> {
        (entry.sequence == self.sequence + 1).then(|| Self {
            sequence: entry.sequence,
            head: sha256(&[b"KAGIMORI journal line 1\0", &self.head, fields(entry).as_bytes()]),
        })
    }
}

impl Journal {
    /// Opens the journal of a data directory, or begins it, and checks every line.
    pub fn open(directory: &Path, chance: &Chance) -> Result<Self, JournalFault> {
        let path = directory.join(FILE);
        let unreadable = |why: std::io::Error| JournalFault::Unreadable {
            path: path.clone(),
            why: why.to_string(),
        };
        let key = own_key(&directory.join(KEY_FILE), chance).map_err(unreadable)?;
        let fresh = !path.exists();
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(unreadable)?;
        file.try_lock().map_err(|why| match why {
            TryLockError::WouldBlock => JournalFault::Taken { path: path.clone() },
            TryLockError::Error(why) => unreadable(why),
        })?;
        if fresh {
            // A new name is durable when its directory is.
            File::open(directory)
                .and_then(|directory| directory.sync_all())
                .map_err(unreadable)?;
        }
        let mut journal = Self {
            file: Arc::new(file),
            path: path.clone(),
            key,
            end: Chain::default(),
            torn: false,
        };
        let whole = journal.read()?;
        // What a crash cut off in the middle of a line was never synced, so it was never acknowledged either.
        if journal.file.metadata().map_err(unreadable)?.len() > whole {
            journal
                .file
                .set_len(whole)
                .and_then(|()| journal.file.sync_all())
                .map_err(unreadable)?;
        }
        Ok(journal)
    }

    /// Appends and syncs; returns when the lines are on the disk. It waits for the disk on a thread that may wait: a slow
    /// one holds up nobody but those whose lines these are.
    ///
    /// One that failed, or was dropped before it returned, was the last of this journal: what is in the file then is known
    /// to whoever opens it again.
    pub async fn append(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        if entries.is_empty() {
            return Ok(());
        }
        let storage = |why: &dyn std::fmt::Display| Fault::Storage {
            why: format!("{}: {why}", self.path.display()),
        };
        if self.torn {
            return Err(storage(&"an earlier line was begun and not synced"));
        }
        let (lines, end) = self.lines(entries)?;
        let file = Arc::clone(&self.file);
        self.torn = true;
        let written = tokio::task::spawn_blocking(move || {
            (&*file).write_all(lines.as_bytes())?;
            file.sync_data()
        });
        match written.await {
            Ok(written) => written.map_err(|why| storage(&why))?,
            // Only what was not begun can be cancelled.
            Err(ending) if ending.is_cancelled() => {
                self.torn = false;
                return Err(Fault::Unreachable {
                    what: "the revocation journal",
                    why: "this process is ending".to_owned(),
                });
            }
            Err(panicked) => return Err(storage(&panicked)),
        }
        self.torn = false;
        self.end = end;
        Ok(())
    }

    /// The lines of these entries, and where the journal stands after them.
    fn lines(&self, entries: &[Entry]) -> Result<(String, Chain), Fault> {
        let (mut lines, mut end) = (String::new(), self.end);
        for entry in entries {
            end = end.after(entry).ok_or_else(|| Fault::Corrupt {
                what: "the revocation sequence",
                why: format!("{} follows {}", entry.sequence, end.sequence),
            })?;
            let signature = self.key.sign(&signed(&end.head));
            // Writing to a string does not fail.
            let _ = writeln!(
                lines,
                "{} {} {}",
                fields(entry),
                hex(&end.head),
                hex(signature.as_ref())
            );
        }
        Ok((lines, end))
    }

    /// Where it ends.
    pub const fn end(&self) -> Chain {
        self.end
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The public key of this node's journal, by which the database knows it.
    pub fn key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.iter_mut()
            .zip(self.key.public_key().as_ref())
            .for_each(|(to, from)| *to = *from);
        key
    }

    /// Reads all lines and says where the last whole one ends.
    fn read(&mut self) -> Result<u64, JournalFault> {
        let path = self.path.clone();
        let unreadable = |why: std::io::Error| JournalFault::Unreadable {
            path: path.clone(),
            why: why.to_string(),
        };
        (&*self.file).seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut reader = BufReader::new(&*self.file);
        let (mut whole, mut line, mut text) = (0, 0, Vec::new());
        let mut last_signature = Vec::new();
        loop {
            text.clear();
            // A line is far shorter; what is longer is no line.
            let read = reader
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut text)
                .map_err(unreadable)?;
            let Some((b'\n', content)) = text.split_last() else {
                break;
            };
            line += 1;
            let changed = |why| JournalFault::Changed {
                path: path.clone(),
                line,
                why,
            };
            let (entry, head, signature) = parse(content).ok_or_else(|| changed("is not a line of it"))?;
            let end = self
                .end
                .after(&entry)
                .ok_or_else(|| changed("has another number than the next"))?;
            if end.head != head {
                return Err(changed("does not follow from the lines before it"));
            }
            self.end = end;
            last_signature = signature;
            whole += read as u64;
        }
        if line > 0 {
            UnparsedPublicKey::new(&ED25519, self.key.public_key().as_ref())
                .verify(&signed(&self.end.head), &last_signature)
                .map_err(|_| JournalFault::Changed {
                    path,
                    line,
                    why: "is not signed by this node",
                })?;
        }
        Ok(whole)
    }
}

/// The first five fields of a line.
fn fields(entry: &Entry) -> String {
    let CertificateId {
        authority: Authority(authority),
        serial,
    } = &entry.certificate;
    format!(
        "{} {} {} {} {}",
        entry.sequence,
        hex(authority.as_bytes()),
        hex(serial.octets()),
        entry.at.0,
        entry.reason
    )
}

fn parse(line: &[u8]) -> Option<(Entry, [u8; 32], Vec<u8>)> {
    let mut parts = std::str::from_utf8(line).ok()?.split(' ');
    let entry = Entry {
        sequence: parts.next()?.parse().ok()?,
        certificate: CertificateId {
            authority: Authority(String::from_utf8(unhex(parts.next()?)?).ok()?),
            serial: Serial::from_octets(&unhex(parts.next()?)?)?,
        },
        at: Instant(parts.next()?.parse().ok()?),
        reason: parts.next()?.parse().ok()?,
    };
    let head = unhex(parts.next()?)?.try_into().ok()?;
    let signature = unhex(parts.next()?)?;
    parts.next().is_none().then_some((entry, head, signature))
}

fn signed(head: &[u8; 32]) -> Vec<u8> {
    [b"KAGIMORI journal head 1\0".as_slice(), head].concat()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut octets = [0; 32];
    octets.copy_from_slice(context.finish().as_ref());
    octets
}

fn own_key(path: &Path, chance: &Chance) -> std::io::Result<Ed25519KeyPair> {
    let mut seed = Zeroizing::new(Vec::new());
    match File::open(path) {
        Ok(mut file) => drop(file.read_to_end(&mut seed)?),
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {
            seed.extend_from_slice(&chance.octets::<32>());
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(&seed)?;
            file.sync_all()?;
        }
        Err(other) => return Err(other),
    }
    Ed25519KeyPair::from_seed_unchecked(&seed)
        .map_err(|_| std::io::Error::other(format!("{} is not a key of 32 octets", path.display())))
}

fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
            // Writing to a string does not fail.
            let _ = write!(text, "{octet:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    digits.len().is_multiple_of(2).then_some(())?;
    digits
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

const FILE: &str = "revocations.journal";
const KEY_FILE: &str = "journal.key";
const LONGEST_LINE: u64 = 4_096;
