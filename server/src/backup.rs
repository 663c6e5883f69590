//! Backups: the whole store as it was at one moment, encrypted, the same file for both databases.
//!
//! A backup is a logical one: rows, not pages. It is read in one transaction that blocks nobody, and nothing of it ever
//! lies on a disk in clear, as a copy of the database's file would until it is encrypted. The revocation journal and the
//! published CRLs are no part of it: they are what a restored database is measured against (THREATS A28).

pub(crate) mod record;
mod restore;
pub(crate) mod sealed;

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use casework::time::Instant;
use record::{Cell, Record, Table};
pub use restore::{Replaced, Restored, restore};
pub use sealed::{Opener, Sealer, Unopened};
use tokio::sync::mpsc;

use crate::chance::Chance;
use crate::fault::Fault;
use crate::store::{OpenFault, Snapshot, StoreAddress};

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The version of the program that made it.
    pub program: String,
    /// The moment from which it is.
    pub made_at: Instant,
    /// The numbers of the migrations that its tables have seen.
    pub schema: Vec<i64>,
    /// The last number of the revocation sequence.
    pub revocations: i64,
    /// How many certificates were issued.
    pub certificates: i64,
    /// How many events the audit had, and its last head in hexadecimal.
    pub audit: (i64, String),
    /// The last CRLNumber of each authority.
    pub lists: Vec<(String, i64)>,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over its content.
    pub digest: [u8; 32],
}

/// Why a backup was not made, or cannot be used. Each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The store does not open, or does not answer.
    #[error(transparent)]
    Store(#[from] OpenFault),
    /// The file cannot be written or read.
    #[error("the backup {}: {why}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// There is something already.
    #[error("there is a file {} already; name another one", .0.display())]
    There(PathBuf),
    /// The passphrase, or the first lines.
    #[error("the backup {} cannot be opened: {why}", file.display())]
    Unopened {
        /// Which.
        file: PathBuf,
        /// Why.
        why: Unopened,
    },
    /// It was cut, or changed, or is something else.
    #[error("the backup {} is not whole: {why}; nothing was restored, take another one", file.display())]
    NotWhole {
        /// Which.
        file: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// There is a database with content where it would be restored.
    #[error("there is a database with content already; with --replace it is put aside and the backup takes its place")]
    Living,
    /// It was made by a later version of this program.
    #[error(
        "the backup was made by version {0} of this program, which knows more tables; restore it with that version"
    )]
    Later(String),
    /// A node works on the database.
    #[error("{0} works on this database; stop it first")]
    Served(String),
}

impl From<Fault> for BackupFault {
    fn from(fault: Fault) -> Self {
        Self::Store(OpenFault::Fault(fault))
    }
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The table at hand.
    pub table: String,
    /// Rows so far, over all tables.
    pub rows: u64,
    /// All certificates: most rows belong to one of them.
    pub certificates: i64,
}

/// Writes a backup of a store that may be served meanwhile: nobody who writes there waits for it.
///
/// The file is there under its name when all of it is on the disk, readable by its owner only; what a crash leaves has
/// another name.
pub async fn write(
    address: &StoreAddress,
    to: &Path,
    passphrase: &[u8],
    (now, chance): (Instant, &Chance),
    mut told: impl FnMut(Progress),
) -> Result<Contents, BackupFault> {
    if to.exists() {
        return Err(BackupFault::There(to.to_owned()));
    }
    let mut snapshot = Snapshot::of(address).await?;
    let manifest = snapshot.manifest(now.0).await?;
    let torn = torn_name(to);
    let unwritten = |why| BackupFault::File {
        file: torn.clone(),
        why,
    };
    let file = create(&torn).map_err(unwritten)?;
    let sealer = Sealer::new(Synced::new(file), passphrase, chance).map_err(unwritten)?;
    let mut writer = record::Writer::new(sealer, &manifest).map_err(unwritten)?;
    // Encrypting and writing is a thread's own work; it is never more than some pages behind.
    let (pages, mut wanted) = mpsc::channel::<Page>(PAGES_AHEAD);
    let written = tokio::task::spawn_blocking(move || {
        while let Some(page) = wanted.blocking_recv() {
            match page {
                Page::Table(table) => writer.table(&table)?,
                Page::Rows(rows) => rows.iter().try_for_each(|row| writer.row(row))?,
                Page::End => {
                    let (rows, digest, sealer) = writer.finish()?;
                    sealer.finish()?.finish()?;
                    return Ok((rows, digest));
                }
            }
        }
        Err(io::Error::other("the database was not read to its end"))
    });
    let read = async {
        let mut rows = 0;
        for table in snapshot.tables().await? {
            pages.send(Page::Table(table.clone())).await?;
            snapshot
                .read(&table, async |page| {
                    rows += page.len() as u64;
                    told(Progress {
                        table: table.name.clone(),
                        rows,
                        certificates: manifest.certificates,
                    });
                    Ok::<_, Broken>(pages.send(Page::Rows(page)).await?)
                })
                .await?;
        }
        Ok::<_, Broken>(pages.send(Page::End).await?)
    };
    let read = read.await;
    drop(pages);
    snapshot.end().await;
    let written = written.await.unwrap_or_else(|why| Err(io::Error::other(why)));
    let done = match (read, written) {
        (Err(Broken::Fault(fault)), _) => Err(fault.into()),
        (_, Err(why)) => Err(unwritten(why)),
        (Err(Broken::Stopped), Ok(_)) => Err(unwritten(io::ErrorKind::BrokenPipe.into())),
        (Ok(()), Ok(done)) => Ok(done),
    };
    let (rows, digest) = done.inspect_err(|_| {
        // What is left of it is of no use to anybody.
        let _ = std::fs::remove_file(&torn);
    })?;
    std::fs::rename(&torn, to)
        .and_then(|()| File::open(directory_of(to))?.sync_all())
        .map_err(unwritten)?;
    Ok(contents(manifest, rows, digest))
}

/// Reads a backup to its end and says what it holds: after that it is known to be whole, and by whom it can be opened.
pub async fn check(file: &Path, passphrase: &[u8]) -> Result<Contents, BackupFault> {
    let (path, passphrase) = (file.to_owned(), zeroize::Zeroizing::new(passphrase.to_vec()));
    let read = tokio::task::spawn_blocking(move || {
        let mut reader = open(&path, &passphrase)?;
        let not_whole = |why: io::Error| not_whole(&path, &why);
        let Record::Manifest(manifest) = reader.next().map_err(not_whole)? else {
            return Err(not_whole(record::wrong("it begins with something else")));
        };
        loop {
            if let Record::End { rows, digest } = reader.next().map_err(not_whole)? {
                return Ok(contents(*manifest, rows, digest));
            }
        }
    });
    read.await
        .unwrap_or_else(|why| Err(unread(file, io::Error::other(why))))
}

/// The name of a backup that is given a directory only.
pub fn name_at(now: Instant) -> String {
    let second = now.second_of_day();
    format!(
        "kagimori-{}-{:02}{:02}{:02}.backup.age",
        now.day().date(),
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

enum Page {
    Table(Table),
    Rows(Vec<Vec<Cell>>),
    End,
}

enum Broken {
    Fault(Fault),
    /// The thread that writes has ended, and says itself why.
    Stopped,
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<mpsc::error::SendError<Page>> for Broken {
    fn from(_: mpsc::error::SendError<Page>) -> Self {
        Self::Stopped
    }
}

/// A file that is synced every few megabytes: a large flush at the end would make everyone wait who syncs a commit on the
/// same disk.
struct Synced {
    file: File,
    unsynced: usize,
}

impl Synced {
    const fn new(file: File) -> Self {
        Self { file, unsynced: 0 }
    }

    fn finish(self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl Write for Synced {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.file.write(octets)?;
        self.unsynced += written;
        if self.unsynced >= SYNCED_EVERY {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(file: &Path, passphrase: &[u8]) -> Result<record::Reader<Opener<BufReader<File>>>, BackupFault> {
    let opened = File::open(file).map_err(|why| unread(file, why))?;
    let opener = Opener::new(BufReader::with_capacity(BUFFER, opened), passphrase);
    let opener = opener.map_err(|why| BackupFault::Unopened {
        file: file.to_owned(),
        why,
    })?;
    record::Reader::new(opener).map_err(|why| not_whole(file, &why))
}

fn contents(manifest: record::Manifest, rows: u64, digest: [u8; 32]) -> Contents {
    Contents {
        program: manifest.program,
        made_at: Instant(manifest.made_at),
        schema: manifest.schema,
        revocations: manifest.revocations,
        certificates: manifest.certificates,
        audit: (manifest.events, manifest.head),
        lists: manifest
            .lists
            .into_iter()
            .map(|list| (list.authority, list.number))
            .collect(),
        rows,
        digest,
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

fn torn_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".torn");
    PathBuf::from(name)
}

fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn not_whole(file: &Path, why: &io::Error) -> BackupFault {
    let why = match why.kind() {
        io::ErrorKind::UnexpectedEof => "it ends early".to_owned(),
        _ => why.to_string(),
    };
    BackupFault::NotWhole {
        file: file.to_owned(),
        why,
    }
}

fn unread(file: &Path, why: io::Error) -> BackupFault {
    BackupFault::File {
        file: file.to_owned(),
        why,
    }
}

const PAGES_AHEAD: usize = 4;
const SYNCED_EVERY: usize = 4 << 20;
const BUFFER: usize = 256 * 1_024;
