//! Writes the whole log to a directory, or what is new of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::heads;
use super::note::{self, Key, Note};
use super::tile::{self, CHECKPOINT, ENTRY, Full, HEADS, Row, Tiles, WIDTH};
use super::tree::Hash;
use crate::fault::Fault;
use crate::store::{EventRecord, Store};

/// Whether the documents go with the log. They hold no name, but they tell who did what when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Documents {
    /// The log alone, which tells nothing: it may be given to anybody.
    Without,
    /// With documents and salts, for those who may see them.
    With,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many events the log has.
    pub events: u64,
    /// How many of them the directory had before.
    pub before: u64,
    /// How many heads.
    pub heads: usize,
    /// The root.
    pub root: Hash,
}

/// Nothing useful was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// A file cannot be read or written.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The directory holds something else.
    #[error("{} {why}; export to an empty directory", path.display())]
    Elsewhere {
        /// Which.
        path: PathBuf,
        /// What it holds.
        why: &'static str,
    },
    /// The rule of retention erased events while they were written.
    #[error("events were erased while they were written; export again to {}", .0.display())]
    Erased(PathBuf),
    /// The database contradicts itself.
    #[error("the audit in the database is broken: {0}. Keep the database as it is, and call whoever audits")]
    Broken(&'static str),
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Writes the log of `store` to `out`, signed by the key in `data`, and tells `progress` how many events are done, of how
/// many. What an earlier export wrote there stays; files that were not full are replaced.
pub async fn log(
    store: &Store,
    data: &Path,
    out: &Path,
    documents: Documents,
    mut progress: impl FnMut(u64, u64),
) -> Result<Exported, ExportFault> {
    let key = key(data)?;
    let tree = store.audit_tree().await?;
    let (size, root) = (tree.size(), tree.root());
    let folder = Folder(out);
    let before = folder.size_before(&key, store, documents).await?;
    if before > size {
        return Err(ExportFault::Broken("it ends before what was exported"));
    }
    let begun = before - before % WIDTH;
    let changed = || folder.elsewhere("holds tiles that were changed");
    let mut tiles =
        Tiles::resume(begun, |level, number, width| folder.tile(level, number, width, before)).ok_or_else(changed)?;
    let mut file = Files::default();
    let mut sequence = begun;
    while sequence < size {
        let records = page(store, sequence, documents).await?;
        if records.is_empty() {
            return Err(ExportFault::Broken("events are missing at its end"));
        }
        for (number, commitment, line) in records {
            if sequence == size {
                break;
            }
            sequence += 1;
            if u64::try_from(number) != Ok(sequence) {
                return Err(ExportFault::Broken("an event is missing"));
            }
            let mut full = Vec::new();
            tiles.push(&commitment, |tile| full.push(tile));
            for tile in full {
                folder.write_tile(tile)?;
            }
            file.push(&commitment, line.as_deref());
            if sequence.is_multiple_of(WIDTH) {
                folder.write_files(&std::mem::take(&mut file), sequence / WIDTH - 1, WIDTH)?;
                progress(sequence, size);
            }
        }
    }
    if tiles.frontier().root() != root {
        return Err(if before == 0 {
            ExportFault::Broken("its root is not that of its events")
        } else {
            changed()
        });
    }
    for tile in tiles.partial() {
        folder.write_tile(tile)?;
    }
    if !size.is_multiple_of(WIDTH) {
        folder.write_files(&file, size / WIDTH, size % WIDTH)?;
    }
    folder.remove_outgrown(before, size)?;
    if documents == Documents::With {
        for number in store.erased_since(before, WIDTH).await? {
            folder.write_again(store, number, before).await?;
        }
        // What names an event that is not there at all is written as it is: whoever verifies finds it.
        let last = u64::try_from(store.last_erasure(size).await?).unwrap_or(0);
        if last > size && last <= store.audit_tree().await?.size() {
            return Err(ExportFault::Erased(out.to_owned()));
        }
    }
    let heads = history(data, size)?;
    let text = note::to_text(&heads);
    let checkpoint = key.sign(size, root, vec![tile::history(heads.len(), &text)]);
    folder.write(HEADS, text.as_bytes())?;
    folder.write(CHECKPOINT, checkpoint.to_string().as_bytes())?;
    progress(size, size);
    Ok(Exported {
        events: size,
        before,
        heads: heads.len(),
        root,
    })
}

/// The node's key, which its server has made.
pub fn key(data: &Path) -> Result<Key, ExportFault> {
    let path = data.join(heads::KEY_FILE);
    Key::open(&path).map_err(|why| file_fault(&path, &why))
}

/// Every head up to `size` that this node and its operator's commands have signed, in the order of their sizes.
pub fn history(data: &Path, size: u64) -> Result<Vec<Note>, ExportFault> {
    let mut heads: Vec<Note> = Vec::new();
    for directory in [data.to_owned(), data.join(OPERATOR)] {
        let path = directory.join(heads::FILE);
        let octets = match std::fs::read(&path) {
            Ok(octets) => octets,
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => continue,
            Err(why) => return Err(file_fault(&path, &why)),
        };
        // What is being written at this moment is not whole yet.
        let text = octets.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        for text in note::notes(text).0 {
            heads.push(text.parse().map_err(|why| file_fault(&path, &why))?);
        }
    }
    heads.retain(|note| note.head().size <= size);
    heads.sort_by_key(|note| (note.head().size, note.key_id()));
    heads.dedup();
    Ok(heads)
}

/// A number, a commitment, and the document's line if it is wanted.
type Page = Vec<(i64, Hash, Option<String>)>;

async fn page(store: &Store, sequence: u64, documents: Documents) -> Result<Page, Fault> {
    let after = i64::try_from(sequence).unwrap_or(i64::MAX);
    Ok(match documents {
        Documents::Without => {
            let page = store.commitments_after(after).await?;
            page.into_iter()
                .map(|(number, commitment)| (number, commitment, None))
                .collect()
        }
        Documents::With => {
            let page = store.events_after(after).await?;
            let line = |record: EventRecord| (record.sequence, record.commitment, Some(tile::to_line(&record)));
            page.into_iter().map(line).collect()
        }
    })
}

/// Entries and documents of one number.
#[derive(Default)]
struct Files {
    entries: Vec<u8>,
    documents: Option<String>,
}

impl Files {
    fn push(&mut self, commitment: &Hash, line: Option<&str>) {
        self.entries.extend_from_slice(&32_u16.to_be_bytes());
        self.entries.extend_from_slice(commitment);
        debug_assert_eq!(self.entries.len() % ENTRY, 0, "every entry has one length");
        if let Some(line) = line {
            let documents = self.documents.get_or_insert_default();
            documents.push_str(line);
            documents.push('\n');
        }
    }
}

/// The directory of an export.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    /// How many events an earlier export wrote here. It must be one of this log, and of the same kind.
    async fn size_before(&self, key: &Key, store: &Store, documents: Documents) -> Result<u64, ExportFault> {
        let path = self.0.join(CHECKPOINT);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {
                return match std::fs::read_dir(self.0).map(|mut entries| entries.next().is_some()) {
                    Ok(true) => Err(self.elsewhere("holds other files")),
                    _ => Ok(0),
                };
            }
            Err(why) => return Err(file_fault(&path, &why)),
        };
        let note: Note = text
            .parse()
            .map_err(|_| self.elsewhere("holds no export of this log"))?;
        let head = note.head();
        if !key.verifier().verifies(&note) || store.audit_root(head.size).await? != Some(head.root) {
            return Err(self.elsewhere("holds an export of another log, or of a fork of this one"));
        }
        let has = if self.0.join(DOCUMENTS).exists() {
            Documents::With
        } else {
            Documents::Without
        };
        if head.size > 0 && has != documents {
            return Err(self.elsewhere(match has {
                Documents::With => "holds an export with documents",
                Documents::Without => "holds an export without documents",
            }));
        }
        Ok(head.size)
    }

    /// The first `width` hashes of a tile that an export of `size` events wrote.
    fn tile(&self, level: u32, number: u64, width: u64, size: u64) -> Option<Vec<Hash>> {
        let (_, full, rest) = tile::last_tiles(size).find(|(at, ..)| *at == level)?;
        let has = if number < full { WIDTH } else { rest };
        let octets = std::fs::read(self.0.join(Row::Hashes(level).path(number, has))).ok()?;
        let (hashes, _) = octets.as_chunks::<32>();
        Some(hashes.get(..usize::try_from(width).ok()?)?.to_vec())
    }

    fn write_tile(&self, (level, number, hashes): Full) -> Result<(), ExportFault> {
        let path = Row::Hashes(level).path(number, hashes.len() as u64);
        self.write(path, &hashes.concat())
    }

    fn write_files(&self, files: &Files, number: u64, width: u64) -> Result<(), ExportFault> {
        self.write(Row::Entries.path(number, width), &files.entries)?;
        match &files.documents {
            Some(documents) => self.write(Row::Documents.path(number, width), documents.as_bytes()),
            None => Ok(()),
        }
    }

    /// The documents of a file that was full in an export of `before` events, without what was erased since.
    async fn write_again(&self, store: &Store, number: u64, before: u64) -> Result<(), ExportFault> {
        if before < (number + 1) * WIDTH {
            return Ok(());
        }
        let (mut file, end) = (Files::default(), (number + 1) * WIDTH);
        for (sequence, commitment, line) in page(store, number * WIDTH, Documents::With).await? {
            if u64::try_from(sequence).is_ok_and(|sequence| sequence <= end) {
                file.push(&commitment, line.as_deref());
            }
        }
        self.write_files(&file, number, WIDTH)
    }

    /// What was not full before, and is fuller now.
    fn remove_outgrown(&self, before: u64, size: u64) -> Result<(), ExportFault> {
        let rows = tile::last_tiles(before).map(|(level, number, width)| (Row::Hashes(level), number, width));
        let (number, width) = (before / WIDTH, before % WIDTH);
        let files = [(Row::Entries, number, width), (Row::Documents, number, width)];
        for (row, number, width) in rows.chain(files).filter(|(.., width)| *width > 0) {
            let now = match row {
                Row::Hashes(level) => tile::last_tiles(size)
                    .find(|(at, ..)| *at == level)
                    .map(|(_, number, width)| (number, width)),
                Row::Entries | Row::Documents => Some((size / WIDTH, size % WIDTH)),
            };
            let path = self.0.join(row.path(number, width));
            if now == Some((number, width)) || !path.exists() {
                continue;
            }
            std::fs::remove_file(&path).map_err(|why| file_fault(&path, &why))?;
            if let Some(folder) = path.parent() {
                // It goes when nothing else is in it.
                let _ = std::fs::remove_dir(folder);
            }
        }
        Ok(())
    }

    /// Whole or not at all.
    fn write(&self, name: impl AsRef<Path>, octets: &[u8]) -> Result<(), ExportFault> {
        let path = self.0.join(name);
        let beside = path.with_extension("new");
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::File::create(&beside))
            .and_then(|mut file| file.write_all(octets))
            .and_then(|()| std::fs::rename(&beside, &path));
        written.map_err(|why| file_fault(&path, &why))
    }

    fn elsewhere(&self, why: &'static str) -> ExportFault {
        ExportFault::Elsewhere {
            path: self.0.to_owned(),
            why,
        }
    }
}

pub(super) fn file_fault(path: &Path, why: &dyn std::fmt::Display) -> ExportFault {
    ExportFault::File {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

const DOCUMENTS: &str = "documents";
/// Where the operator's commands beside a running server keep their heads.
const OPERATOR: &str = "operator";
