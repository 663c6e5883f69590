//! The disk that keeps only what was synced, and the child on it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use crate::path::Child;

/// How the disk behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Disk {
    /// As a good one.
    Sound,
    /// The process is killed before its n-th call.
    KillsBefore(usize),
    /// From the n-th call on every write and sync fails.
    FailsFrom(usize),
    /// Syncs succeed and keep nothing.
    Lies,
}

/// What became of a child.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    /// The cases that it acknowledged.
    pub(crate) acknowledged: Vec<String>,
    /// The calls that it made, in order.
    pub(crate) calls: Vec<String>,
}

impl Outcome {
    pub(crate) fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }
}

/// Runs a child to its end; `meanwhile` is done between its `begin` and its first step.
pub(crate) fn run(child: &Child, disk: Disk, meanwhile: impl FnOnce()) -> Outcome {
    let log = child.data.join("calls");
    let snapshots = snapshots(&child.data);
    let _ = std::fs::remove_file(&log);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .envs(child.environment())
        .env("LD_PRELOAD", library())
        .env("DISK_DIR", &child.data)
        .env("DISK_SNAPSHOTS", &snapshots)
        .env("DISK_LOG", &log)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    match disk {
        Disk::Sound => {}
        Disk::KillsBefore(call) => drop(command.env("DISK_KILL", call.to_string())),
        Disk::FailsFrom(call) => drop(command.env("DISK_FAIL", call.to_string())),
        Disk::Lies => drop(command.env("DISK_LIES", "1")),
    }
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "begin");
    meanwhile();
    process.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let acknowledged = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned))
        .collect();
    let status = process.wait().unwrap();
    let calls = std::fs::read_to_string(&log)
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect();
    Outcome {
        status,
        acknowledged,
        calls,
    }
}

/// The power went: of the files that a child writes there is what it synced last, or what was there before it began.
pub(crate) fn lose_what_was_not_synced(data: &Path) {
    let snapshots = snapshots(data);
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("kagimori.db") || name == "revocations.journal" || name == "audit.heads" {
            std::fs::remove_file(&path).unwrap();
        }
    }
    for entry in std::fs::read_dir(&snapshots).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // A copy that the kill interrupted was not complete when the sync returned: it never did.
        if !name.starts_with('.') {
            std::fs::copy(&path, data.join(name)).unwrap();
        }
    }
}

/// A copy of a prepared data directory, of which everything counts as synced.
pub(crate) fn copy(prepared: &Path, data: &Path) {
    let snapshots = snapshots(data);
    for directory in [data, &snapshots] {
        let _ = std::fs::remove_dir_all(directory);
        std::fs::create_dir_all(directory).unwrap();
    }
    for entry in std::fs::read_dir(prepared).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        std::fs::copy(&path, data.join(&name)).unwrap();
        if name.starts_with("kagimori.db") || name == "revocations.journal" || name == "audit.heads" {
            std::fs::copy(&path, snapshots.join(&name)).unwrap();
        }
    }
}

fn snapshots(data: &Path) -> PathBuf {
    data.with_extension("synced")
}

/// `disk.c` and `postgres.c`, compiled once.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = std::env::temp_dir().join(format!("kagimori-disk-{}.so", std::process::id()));
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durability");
        let made = Command::new("cc")
            .args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .args([sources.join("disk.c"), sources.join("postgres.c")])
            .arg("-ldl")
            .status()
            .unwrap();
        assert!(made.success(), "disk.c and postgres.c do not compile");
        library
    })
}
