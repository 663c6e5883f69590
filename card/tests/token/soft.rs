//! SoftHSM as a token of one test: a directory of its own, and a process of its own, since a module is initialised once in each
//! and reads from the environment where its tokens are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a test's tokens are.
pub(crate) struct Soft {
    dir: PathBuf,
    module: PathBuf,
}

/// The PIN of every token here.
pub(crate) const PIN: &str = "tok3n-PIN.8350";

/// Runs this test of this program once more, alone, with tokens of its own; `played` is what it does there.
pub(crate) fn alone(test: &str, played: impl FnOnce(&Soft)) {
    if let Some(dir) = std::env::var_os(INSIDE) {
        played(&Soft {
            dir: dir.into(),
            module: MODULE.into(),
        });
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("tokens")).unwrap();
    let settings = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = DEBUG\n",
        dir.path().join("tokens").display()
    );
    std::fs::write(dir.path().join(SETTINGS), settings).unwrap();
    let played = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("SOFTHSM2_CONF", dir.path().join(SETTINGS))
        .env(INSIDE, dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&played.stdout);
    let complained = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{told}\n{complained}");
    assert!(told.contains("1 passed"), "{test} is the name of no test: {told}");
}

impl Soft {
    /// The directory of this test, in which nothing else is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Issues a token.
    pub(crate) fn issue(&self, label: &str) {
        let made = Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", self.dir.join(SETTINGS))
            .args([
                "--init-token",
                "--free",
                "--label",
                label,
                "--pin",
                PIN,
                "--so-pin",
                "so-58310274",
            ])
            .output()
            .expect("softhsm2 is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// The module.
    pub(crate) fn module(&self) -> &Path {
        &self.module
    }
}

/// Debian's place for it.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const SETTINGS: &str = "softhsm2.conf";
/// Set where a test plays alone.
const INSIDE: &str = "KAGIMORI_TEST_TOKENS";
