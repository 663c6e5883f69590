//! A backup becomes a database again: beside the one that is there, whole, and only then in its place.

use std::path::{Path, PathBuf};

use casework::time::Instant;
use tokio::sync::mpsc;

use super::record::{Cell, Record, Table};
use super::{BackupFault, Contents, check, directory_of, not_whole, open, unread};
use crate::fault::Fault;
use crate::store::{Loading, OpenFault, StoreAddress, knows_migration, occupancy};

/// What becomes of a database that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// Nothing is restored then.
    Never,
    /// It makes room: on SQLite its file is kept under another name, on PostgreSQL its tables are dropped.
    PutAside,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub contents: Contents,
    /// Where the database lies that was there before.
    pub put_aside: Option<PathBuf>,
}

/// Reads the whole backup once to know that it is whole, and then into the database. Nobody may serve it meanwhile.
pub async fn restore(
    file: &Path,
    passphrase: &[u8],
    address: &StoreAddress,
    replaced: Replaced,
    now: Instant,
) -> Result<Restored, BackupFault> {
    let contents = check(file, passphrase).await?;
    // Before anything is touched.
    if !contents.schema.iter().all(|version| knows_migration(*version)) {
        return Err(BackupFault::Later(contents.program));
    }
    let found = occupancy(address).await?;
    if let Some(other) = found.served_by {
        return Err(BackupFault::Served(other));
    }
    if found.has_content && replaced == Replaced::Never {
        return Err(BackupFault::Living);
    }
    let put_aside = match address {
        StoreAddress::Sqlite(path) => {
            let beside = beside(path, ".restored");
            remove(&beside)?;
            load(file, passphrase, &StoreAddress::Sqlite(beside.clone())).await?;
            take_place(&beside, path, now)?
        }
        StoreAddress::Postgres(_) => {
            load(file, passphrase, address).await?;
            None
        }
    };
    Ok(Restored { contents, put_aside })
}

/// All of it in one transaction, and on PostgreSQL what was there goes in the same.
async fn load(file: &Path, passphrase: &[u8], address: &StoreAddress) -> Result<(), BackupFault> {
    let (path, passphrase) = (file.to_owned(), zeroize::Zeroizing::new(passphrase.to_vec()));
    let (pieces, mut read) = mpsc::channel::<Piece>(PIECES_AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        let mut reader = open(&path, &passphrase)?;
        loop {
            let piece = match reader.next().map_err(|why| not_whole(&path, &why))? {
                Record::Manifest(manifest) => Piece::Schema(manifest.schema),
                Record::Table(table) => Piece::Table(table),
                Record::Row(row) => Piece::Row(row),
                Record::End { .. } => Piece::End,
            };
            // Whoever does not take it says itself why.
            let last = matches!(piece, Piece::End);
            if pieces.blocking_send(piece).is_err() || last {
                return Ok(());
            }
        }
    });
    let torn = |why: &str| not_whole(file, &super::record::wrong(why));
    let Some(Piece::Schema(schema)) = read.recv().await else {
        return Err(torn("it begins with something else"));
    };
    let mut loading = Loading::into(address, &schema).await?;
    let mut ended = false;
    while let Some(piece) = read.recv().await {
        match piece {
            Piece::Schema(_) => return Err(torn("it has two manifests")),
            Piece::Table(table) => loading.table(table).await?,
            Piece::Row(row) => loading.row(row).await?,
            Piece::End => ended = true,
        }
    }
    reading
        .await
        .unwrap_or_else(|why| Err(unread(file, std::io::Error::other(why))))?;
    if !ended {
        return Err(torn("it ends early"));
    }
    Ok(loading.finish().await?)
}

enum Piece {
    Schema(Vec<i64>),
    Table(Table),
    Row(Vec<Cell>),
    End,
}

/// The new file takes the old one's name in one step; until then the old one has two.
fn take_place(new: &Path, path: &Path, now: Instant) -> Result<Option<PathBuf>, BackupFault> {
    let failed = |why: std::io::Error| {
        BackupFault::from(Fault::Storage {
            why: format!("{}: {why}", path.display()),
        })
    };
    let put_aside = if path.exists() {
        Some(put_aside(path, now).map_err(failed)?)
    } else {
        None
    };
    // The log of the old one was taken into it when it was looked at; what is left belongs to nothing.
    for log in ["-wal", "-shm"] {
        remove(&beside(path, log))?;
    }
    std::fs::rename(new, path)
        .and_then(|()| std::fs::File::open(directory_of(path))?.sync_all())
        .map_err(failed)?;
    Ok(put_aside)
}

/// A second name, by the second; another one of that second gets a number after it.
fn put_aside(path: &Path, now: Instant) -> std::io::Result<PathBuf> {
    let mut aside = beside(path, &format!(".before-{}", now.0));
    for number in 2_u32.. {
        match std::fs::hard_link(path, &aside) {
            Err(taken) if taken.kind() == std::io::ErrorKind::AlreadyExists => {
                aside = beside(path, &format!(".before-{}-{number}", now.0));
            }
            done => return done.map(|()| aside),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A database's file with its log.
fn remove(path: &Path) -> Result<(), BackupFault> {
    for ending in ["", "-wal", "-shm"] {
        match std::fs::remove_file(beside(path, ending)) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(OpenFault::Fault(Fault::Storage { why: why.to_string() }).into());
            }
            _ => {}
        }
    }
    Ok(())
}

const PIECES_AHEAD: usize = 4_096;
