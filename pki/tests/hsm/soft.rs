//! SoftHSM as the HSM of one test: a directory of its own, and a process of its own, since a module is initialised once in each
//! and reads from the environment where its tokens are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pki::hsm::{Hsm, HsmFault, Place, TokenName};

/// Where a test's tokens are.
pub(crate) struct Soft {
    dir: PathBuf,
}

/// The PIN of every token here.
pub(crate) const PIN: &str = "hsm-PIN.61803";
/// The token that is there.
pub(crate) const TOKEN: &str = "鍵守 CA";

/// Runs this test of this program once more, alone, with a token of its own; `played` is what it does there.
pub(crate) fn alone(test: &str, played: impl FnOnce(&Soft)) {
    if let Some(dir) = std::env::var_os(INSIDE) {
        played(&Soft { dir: dir.into() });
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("tokens")).unwrap();
    let settings = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = DEBUG\n",
        dir.path().join("tokens").display()
    );
    std::fs::write(dir.path().join(SETTINGS), settings).unwrap();
    let soft = Soft {
        dir: dir.path().to_owned(),
    };
    soft.issue(TOKEN);
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

    /// Initialises a token.
    pub(crate) fn issue(&self, label: &str) {
        let made = Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", self.dir.join(SETTINGS))
            .args(["--init-token", "--free", "--label", label])
            .args(["--pin", PIN, "--so-pin", "so-27182818"])
            .output()
            .expect("softhsm2 is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// The token, through SoftHSM itself.
    #[expect(clippy::unused_self, reason = "where there is no token there is no place")]
    pub(crate) fn place(&self) -> Place {
        Place {
            module: MODULE.into(),
            token: TokenName {
                label: Some(TOKEN.to_owned()),
                ..TokenName::default()
            },
            sessions: 2,
            limit: Duration::from_secs(20),
        }
    }

    /// The token, through the module that can be contrary.
    pub(crate) fn contrary(&self) -> Place {
        let module = self.dir.join("contrary.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hsm/contrary.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"])
            .arg(&module)
            .args([source, "-ldl"])
            .output()
            .expect("a C compiler");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        self.mood("honest");
        Place { module, ..self.place() }
    }

    /// What the contrary module does from now on.
    pub(crate) fn mood(&self, mood: &str) {
        std::fs::write(self.dir.join("mood"), mood).unwrap();
    }
}

/// The HSM, opened with the right PIN.
pub(crate) fn open(place: &Place) -> Result<Hsm, HsmFault> {
    Hsm::open(place, || Ok(PIN.to_owned().into()))
}

/// Debian's place for it.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const SETTINGS: &str = "softhsm2.conf";
/// Set where a test plays alone; `contrary.c` reads it too.
const INSIDE: &str = "KAGIMORI_TEST_HSM";
