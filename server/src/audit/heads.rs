//! The heads that a node has signed, kept beside the database and outside its backup: a file that only grows, one signed
//! head for each group commit that told of events, written before anybody is told of the commit.
//!
//! A database that ends before a kept head, or that has another root at its size, is not the one that was served.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::note::{self, Head, Key, Note};
use super::tree::Hash;
use crate::chance::Chance;
use crate::fault::Fault;

/// An open file of heads. Whoever has the journal of this directory has it alone.
#[derive(Debug)]
pub struct Heads {
    file: Arc<File>,
    path: PathBuf,
    key: Key,
    last: Option<(u64, Hash)>,
    /// Heads were written and not synced.
    unsynced: bool,
    syncing: Option<JoinHandle<std::io::Result<()>>>,
}

/// The heads that were kept, and the database, do not tell one story. Nothing is served then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadsFault {
    /// Somebody changed the file.
    #[error("the audit heads {} were changed: head {number} {why}. Put back the file as this node wrote it", path.display())]
    Changed {
        /// Where it lies.
        path: PathBuf,
        /// Counted from 1.
        number: usize,
        /// What does not fit.
        why: &'static str,
    },
    /// File or key cannot be read or made.
    #[error("the audit heads {} cannot be kept: {why}", path.display())]
    Unreadable {
        /// Where it lies.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The database lacks events that were acknowledged.
    #[error(
        "the database ends with audit event {database}, and this node signed that there are {signed} ({}): it was restored \
         from an older copy. Restore a later one; where the later events are lost for good, `kagimori restore --replay` goes on \
         without them and keeps that file for the auditors", path.display()
    )]
    Behind {
        /// The heads' file.
        path: PathBuf,
        /// The size of the last head.
        signed: u64,
        /// The number of the database's last event.
        database: u64,
    },
    /// The database has other events.
    #[error(
        "the audit events of the database up to {signed} are not those whose head this node signed ({}): they were changed, \
         or the database took another way since. Restore the one that was served; the auditors have to be told", path.display()
    )]
    Forked {
        /// The heads' file.
        path: PathBuf,
        /// The size of the last head.
        signed: u64,
    },
    /// Two places of the database that are written together differ.
    #[error(
        "the audit events of the database end with {events}, its tree with {tree}, or with another root: events were \
         changed by hand. Restore the database that was served"
    )]
    Uneven {
        /// The number of the last event.
        events: u64,
        /// How many the tree counts.
        tree: u64,
    },
}

impl Heads {
    /// Opens the heads of a data directory, or begins them.
    pub fn open(directory: &Path, chance: &Chance) -> Result<Self, HeadsFault> {
        let path = directory.join(FILE);
        let unreadable = |why: std::io::Error| HeadsFault::Unreadable {
            path: path.clone(),
            why: why.to_string(),
        };
        let key = Key::open_or_make(&directory.join(KEY_FILE), UNNAMED, chance).map_err(unreadable)?;
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(unreadable)?;
        let mut octets = Vec::new();
        (&file).read_to_end(&mut octets).map_err(unreadable)?;
        // A head may have been cut off in the middle of a character.
        let text = octets.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let (last, whole) = last_of(&path, text, &key)?;
        // What a crash cut off: the next head says as much and more.
        if whole < octets.len() {
            file.set_len(whole as u64)
                .and_then(|()| file.sync_all())
                .map_err(unreadable)?;
        }
        // A new name is durable when its directory is.
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(unreadable)?;
        Ok(Self {
            file: Arc::new(file),
            path,
            key,
            last,
            unsynced: false,
            syncing: None,
        })
    }

    /// The last one: size and root.
    pub const fn last(&self) -> Option<(u64, Hash)> {
        self.last
    }

    /// Where they lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Signs a head and writes it down. It survives this process at once, and this machine after [`Self::sync`].
    pub fn keep(&mut self, size: u64, root: Hash) -> Result<(), Fault> {
        let note = self.key.sign(size, root, Vec::new());
        (&*self.file)
            .write_all(format!("{note}\n").as_bytes())
            .map_err(|why| self.storage(&why))?;
        self.last = Some((size, root));
        self.unsynced = true;
        Ok(())
    }

    /// Sees that what was written comes to the disk, on a thread that may wait for it, and says whether it came there the
    /// time before.
    pub async fn sync_meanwhile(&mut self) -> Result<(), Fault> {
        if self.syncing.as_ref().is_some_and(|syncing| !syncing.is_finished()) {
            return Ok(());
        }
        if let Some(syncing) = self.syncing.take() {
            // A runtime that ends syncs nothing more; the heads stand in the file.
            syncing.await.unwrap_or(Ok(())).map_err(|why| self.storage(&why))?;
        }
        if self.unsynced {
            self.unsynced = false;
            let file = Arc::clone(&self.file);
            self.syncing = Some(tokio::task::spawn_blocking(move || file.sync_data()));
        }
        Ok(())
    }

    /// The same, and waits for it.
    pub async fn sync(&mut self) -> Result<(), Fault> {
        while self.unsynced || self.syncing.is_some() {
            self.sync_meanwhile().await?;
            if let Some(syncing) = self.syncing.take() {
                syncing.await.unwrap_or(Ok(())).map_err(|why| self.storage(&why))?;
            }
        }
        Ok(())
    }

    fn storage(&self, why: &dyn std::fmt::Display) -> Fault {
        Fault::Storage {
            why: format!("{}: {why}", self.path.display()),
        }
    }
}

/// The last head in a data directory, size and root, as it lies there: nothing is checked but its form.
pub fn last(directory: &Path) -> std::io::Result<Option<(u64, Hash)>> {
    let octets = match std::fs::read(directory.join(FILE)) {
        Ok(octets) => octets,
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why),
    };
    let text = octets.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let note = note::notes(text).0.last().and_then(|note| note.parse::<Note>().ok());
    Ok(note.map(|note| (note.head().size, note.head().root)))
}

/// The newest head in a data directory, if this node signed it. Only the end of the file is read, however long it is.
pub fn newest(directory: &Path) -> std::io::Result<Option<Head>> {
    let mut file = match File::open(directory.join(FILE)) {
        Ok(file) => file,
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why),
    };
    let length = file.metadata()?.len();
    let begin = length.saturating_sub(END);
    file.seek(SeekFrom::Start(begin))?;
    let mut octets = Vec::new();
    file.read_to_end(&mut octets)?;
    let text = String::from_utf8_lossy(&octets);
    // A note that was cut at its beginning ends with the first signature.
    let whole = if begin == 0 {
        &*text
    } else {
        let signature = text.find("\n\u{2014} ").unwrap_or(text.len());
        let rest = text.get(signature..).unwrap_or_default();
        rest.find("\n\n")
            .and_then(|end| rest.get(end + 2..))
            .unwrap_or_default()
    };
    let Some(note) = note::notes(whole).0.last().map(|note| note.parse::<Note>()) else {
        return Ok(None);
    };
    let note = note.map_err(std::io::Error::other)?;
    if Key::open(&directory.join(KEY_FILE))?.verifier().verifies(&note) {
        Ok(Some(note.head().clone()))
    } else {
        Err(std::io::Error::other("the newest head is not signed by this node"))
    }
}

/// Moves the heads of a data directory aside, for a database that was restored from an older copy and lost events for
/// good. Says where they lie then: auditors need them to know what was lost. `None` if there are none.
pub fn set_aside(directory: &Path) -> std::io::Result<Option<PathBuf>> {
    let path = directory.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let free = (1_u32..=u32::MAX)
        .map(|number| directory.join(format!("{FILE}.{number}")))
        .find(|aside| !aside.exists());
    if let Some(aside) = &free {
        std::fs::rename(&path, aside)?;
        File::open(directory)?.sync_all()?;
    }
    Ok(free)
}

/// Checks that the heads only grow and that the last one is this node's; the others follow from it.
fn last_of(path: &Path, text: &str, key: &Key) -> Result<(Option<(u64, Hash)>, usize), HeadsFault> {
    let (notes, whole) = note::notes(text);
    let mut last: Option<Note> = None;
    let mut number = 0;
    let changed = |number, why| HeadsFault::Changed {
        path: path.to_owned(),
        number,
        why,
    };
    for text in notes {
        number += 1;
        let note: Note = text.parse().map_err(|_| changed(number, "is not written as one"))?;
        if last.is_some_and(|last| last.head().size >= note.head().size) {
            return Err(changed(number, "is not larger than the one before"));
        }
        last = Some(note);
    }
    match last {
        Some(note) if !key.verifier().verifies(&note) => Err(changed(number, "is not signed by this node")),
        last => Ok((last.map(|note| (note.head().size, note.head().root)), whole)),
    }
}

/// The heads' file in a data directory.
pub const FILE: &str = "audit.heads";
/// The file of the key that signs them.
pub const KEY_FILE: &str = "audit.key";
/// Longer than three heads.
const END: u64 = 4_096;
/// The name of a log that nobody named: a store outside any site.
const UNNAMED: &str = "kagimori";
