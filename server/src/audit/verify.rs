//! Verifies an export with neither the database nor trust in whoever made it: all that is believed is the key that the
//! auditor has, and the heads that the auditor kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use casework::time::Instant;

use super::erasure::{Erasures, Wrong};
use super::note::{self, Note, VerifierKey};
use super::tile::{self, CHECKPOINT, ENTRY, Full, HEADS, Row, Tiles, WIDTH};
use super::tree::Hash;
use crate::store::Content;

/// What the auditor brings along.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The keys of the log's nodes.
    pub keys: Vec<VerifierKey>,
    /// Heads that were kept elsewhere.
    pub kept: Vec<Note>,
    /// The time of whoever verifies: nothing in the log is from later.
    pub now: Option<Instant>,
}

/// What a verification came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many events the log has.
    pub events: u64,
    /// Its root, if the events lead to the one that was signed.
    pub root: Option<Hash>,
    /// How many heads of its history were checked.
    pub heads: usize,
    /// How many heads that were kept elsewhere.
    pub kept: usize,
    /// How many documents were checked against their commitments.
    pub documents: u64,
    /// How many documents were erased as the rule allows, and say so.
    pub erased: u64,
    /// The last end of anything that the erased ones were about: nothing later was erased.
    pub erased_until: Option<Instant>,
    /// What does not fit; empty if everything does.
    pub findings: Vec<Finding>,
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub file: PathBuf,
    /// What.
    pub what: String,
}

impl Verdict {
    /// Whether everything fits.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn found(&mut self, file: impl Into<PathBuf>, what: impl Into<String>) {
        // Whoever replaced a file changed it everywhere: the first places tell enough.
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding {
                file: file.into(),
                what: what.into(),
            });
        }
    }
}

/// Checks the export in `directory` and tells `progress` how many events are done, of how many.
pub fn log(directory: &Path, trust: &Trust, mut progress: impl FnMut(u64, u64)) -> Verdict {
    let mut verdict = Verdict::default();
    let Some((checkpoint, heads)) = heads(directory, trust, &mut verdict) else {
        return verdict;
    };
    let size = checkpoint.head().size;
    let mut walk = Walk {
        directory,
        seen: [PathBuf::from(CHECKPOINT), PathBuf::from(HEADS)].into(),
        documents: directory.join(DOCUMENTS).exists(),
        tiles: Tiles::default(),
        erasures: Erasures::default(),
        heads,
        verdict,
    };
    walk.compare_heads();
    for number in 0..size.div_ceil(WIDTH) {
        let width = WIDTH.min(size - number * WIDTH);
        if walk.file(number, width).is_none() {
            // Nothing that follows has its place any more.
            break;
        }
        progress(number * WIDTH + width, size);
    }
    let partial: Vec<Full> = walk.tiles.partial().collect();
    for tile in partial {
        walk.tile(tile);
    }
    walk.verdict.events = walk.tiles.frontier().size();
    let mut wrong = Vec::new();
    (walk.verdict.erased, walk.verdict.erased_until) = std::mem::take(&mut walk.erasures).end(trust.now, &mut wrong);
    walk.wrong(wrong);
    walk.late_heads();
    let root = walk.tiles.frontier().root();
    walk.verdict.root = (walk.verdict.events == size && root == checkpoint.head().root).then_some(root);
    walk.strangers();
    walk.verdict
}

/// Where a head came from, and what it says.
type Heads = BTreeMap<u64, Vec<(PathBuf, Hash)>>;

/// The checkpoint, and every head by its size. Nothing if the checkpoint proves nothing.
fn heads(directory: &Path, trust: &Trust, verdict: &mut Verdict) -> Option<(Note, Heads)> {
    let text = read_text(directory, CHECKPOINT, verdict)?;
    let checkpoint = signed(&text, trust, Path::new(CHECKPOINT), verdict)?;
    let mut heads = Heads::new();
    let mut add = |file: &Path, note: &Note| {
        let head = note.head();
        heads.entry(head.size).or_default().push((file.to_owned(), head.root));
    };
    add(Path::new(CHECKPOINT), &checkpoint);
    let text = read_text(directory, HEADS, verdict)?;
    let (notes, whole) = note::notes(&text);
    if checkpoint.head().extensions != [tile::history(notes.len(), &text)] || whole != text.len() {
        verdict.found(HEADS, "is not the history that the checkpoint was signed for");
    }
    let mut last = None;
    for (number, text) in (1..).zip(notes) {
        let Some(note) = signed(text, trust, Path::new(HEADS), verdict) else {
            continue;
        };
        let order = Some((note.head().size, note.key_id()));
        if order <= last {
            verdict.found(HEADS, format!("head {number} is not in its place"));
        }
        last = order;
        verdict.heads += 1;
        add(Path::new(HEADS), &note);
    }
    for note in &trust.kept {
        if trust.keys.iter().any(|key| key.verifies(note)) {
            verdict.kept += 1;
            add(Path::new(KEPT), note);
        } else {
            verdict.found(
                KEPT,
                format!(
                    "the head of {} events is not signed by a key of this log",
                    note.head().size
                ),
            );
        }
    }
    Some((checkpoint, heads))
}

fn signed(text: &str, trust: &Trust, file: &Path, verdict: &mut Verdict) -> Option<Note> {
    let note: Note = match text.parse() {
        Ok(note) => note,
        Err(why) => {
            verdict.found(file, format!("{why}"));
            return None;
        }
    };
    if trust.keys.iter().any(|key| key.verifies(&note)) {
        Some(note)
    } else {
        let size = note.head().size;
        verdict.found(
            file,
            format!("the head of {size} events is not signed by a key of this log"),
        );
        None
    }
}

fn read_text(directory: &Path, name: &str, verdict: &mut Verdict) -> Option<String> {
    match std::fs::read_to_string(directory.join(name)) {
        Ok(text) => Some(text),
        Err(why) => {
            verdict.found(name, format!("cannot be read: {why}"));
            None
        }
    }
}

/// The way through the log, from its first entry to its last.
struct Walk<'a> {
    directory: &'a Path,
    seen: BTreeSet<PathBuf>,
    documents: bool,
    tiles: Tiles,
    erasures: Erasures,
    heads: Heads,
    verdict: Verdict,
}

impl Walk<'_> {
    /// One file of entries, with its documents; nothing if there are not as many as there must be.
    fn file(&mut self, number: u64, width: u64) -> Option<()> {
        let path = Row::Entries.path(number, width);
        let octets = self.read(&path)?;
        let (entries, rest) = octets.as_chunks::<ENTRY>();
        let lengths_fit = entries.iter().all(|entry| entry.starts_with(&[0, 32]));
        if entries.len() as u64 != width || !rest.is_empty() || !lengths_fit {
            self.verdict.found(path, format!("does not hold {width} entries"));
            return None;
        }
        let commitments: Vec<Hash> = entries
            .iter()
            .map(|entry| std::array::from_fn(|at| entry[at + 2]))
            .collect();
        if self.documents {
            self.documents(number, width, &commitments);
        }
        for commitment in &commitments {
            let mut full = Vec::new();
            self.tiles.push(commitment, |tile| full.push(tile));
            for tile in full {
                self.tile(tile);
            }
            self.compare_heads();
        }
        Some(())
    }

    /// The documents of a file, each against its commitment.
    fn documents(&mut self, number: u64, width: u64, commitments: &[Hash]) {
        let path = Row::Documents.path(number, width);
        let Some(octets) = self.read(&path) else { return };
        let text = String::from_utf8_lossy(&octets);
        let lines: Vec<&str> = text.split_terminator('\n').collect();
        if lines.len() != commitments.len() || !text.ends_with('\n') {
            self.verdict.found(path, format!("does not hold {width} documents"));
            return;
        }
        let mut wrong = Vec::new();
        for ((sequence, line), commitment) in (number * WIDTH + 1..).zip(lines).zip(commitments) {
            match tile::from_line(line) {
                Some(record) if record.commitment == *commitment && u64::try_from(record.sequence) == Ok(sequence) => {
                    self.verdict.documents += u64::from(matches!(record.content, Content::Kept { .. }));
                    self.erasures.next(&record, &mut wrong);
                }
                _ => self
                    .verdict
                    .found(&path, format!("event {sequence} is not the one that was committed to")),
            }
        }
        self.wrong(wrong);
    }

    /// What does not fit of what was erased, in the files of its events.
    fn wrong(&mut self, wrong: Vec<Wrong>) {
        for (sequence, what) in wrong {
            let place = u64::try_from(sequence - 1).unwrap_or(0);
            let size = self.tiles.frontier().size().max(place + 1);
            let number = place / WIDTH;
            let path = Row::Documents.path(number, WIDTH.min(size - number * WIDTH));
            self.verdict.found(path, what);
        }
    }

    /// A tile of hashes, against those computed.
    fn tile(&mut self, (level, number, hashes): Full) {
        let path = Row::Hashes(level).path(number, hashes.len() as u64);
        if let Some(octets) = self.read(&path)
            && octets != hashes.concat()
        {
            self.verdict.found(path, "does not hold the hashes of the entries");
        }
    }

    /// Every head of this size, against the tree.
    fn compare_heads(&mut self) {
        let (size, root) = (self.tiles.frontier().size(), &mut None);
        for (file, claimed) in self.heads.get(&size).into_iter().flatten() {
            if *claimed != *root.get_or_insert_with(|| self.tiles.frontier().root()) {
                let what =
                    format!("the head of {size} events has another root than they have: the log was changed or forked");
                self.verdict.found(file, what);
            }
        }
    }

    /// Heads of more events than there are.
    fn late_heads(&mut self) {
        let size = self.verdict.events;
        let late: Vec<(u64, PathBuf)> = self
            .heads
            .range(size + 1..)
            .flat_map(|(signed, heads)| heads.iter().map(|(file, _)| (*signed, file.clone())))
            .collect();
        for (signed, file) in late {
            self.verdict.found(
                file,
                format!("there is a head of {signed} events, and the log ends with {size}: it was cut"),
            );
        }
    }

    fn read(&mut self, path: &Path) -> Option<Vec<u8>> {
        self.seen.insert(path.to_owned());
        match std::fs::read(self.directory.join(path)) {
            Ok(octets) => Some(octets),
            Err(why) => {
                self.verdict.found(path, format!("cannot be read: {why}"));
                None
            }
        }
    }

    /// Files that no part of the log asks for.
    fn strangers(&mut self) {
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(self.directory.join(&folder)) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = folder.join(entry.file_name());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if !self.seen.contains(&path) {
                    self.verdict.found(path, "does not belong to this log");
                }
            }
        }
    }
}

/// What is said of a head that was kept elsewhere.
const KEPT: &str = "(kept elsewhere)";
const DOCUMENTS: &str = "documents";
const MOST_FINDINGS: usize = 100;
