//! What the agent remembers between two starts: the portals it may talk to, and the holder's phrase.
//!
//! Small text files in one directory that only its user can read, and a record of each acquisition. Never a PIN.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::origin::Origin;

/// The directory with the agent's state.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HomeFault {
    /// The file system said no.
    #[error("{path}: {cause}; check that the directory exists and belongs to you")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A line of the list of portals cannot be read.
    #[error("{path}, line {line}: {cause}")]
    Line {
        /// The list.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        cause: crate::origin::NoOrigin,
    },
    /// The phrase is empty, too long, or holds a character that cannot be shown.
    #[error("a phrase has 2 to 40 characters on one line")]
    Phrase,
}

impl Home {
    /// The state lives in `dir`, which is made when something is first written.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// Where it lives.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// The portals that may ask for a card, in the order in which they were allowed.
    ///
    /// Read anew each time, so that `kagimori-agent allow` works while the agent runs.
    pub fn portals(&self) -> Result<Vec<Origin>, HomeFault> {
        let path = self.0.join(PORTALS);
        let Some(text) = read(&path)? else {
            return Ok(Vec::new());
        };
        text.lines()
            .enumerate()
            .map(|(index, line)| (index, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(index, line)| {
                line.parse().map_err(|cause| HomeFault::Line {
                    path: path.clone(),
                    line: index + 1,
                    cause,
                })
            })
            .collect()
    }

    /// Lets a portal ask for cards from now on. Safe to repeat.
    pub fn allow(&self, portal: &Origin) -> Result<(), HomeFault> {
        let mut portals = self.portals()?;
        if portals.contains(portal) {
            return Ok(());
        }
        portals.push(portal.clone());
        let mut text = String::from("# Portals that may ask for a card, one origin a line.\n");
        for portal in &portals {
            text.push_str(portal.as_str());
            text.push('\n');
        }
        self.write(PORTALS, &text)
    }

    /// The phrase (合言葉) by which the holder knows the agent's own pages; `None` before the first start.
    pub fn phrase(&self) -> Result<Option<String>, HomeFault> {
        Ok(read(&self.0.join(PHRASE))?
            .map(|text| text.trim().to_owned())
            .filter(|phrase| !phrase.is_empty()))
    }

    /// Sets the phrase.
    pub fn choose_phrase(&self, phrase: &str) -> Result<(), HomeFault> {
        let phrase = phrase.trim();
        let shown = !phrase.chars().any(char::is_control);
        if !shown || !(2..=40).contains(&phrase.chars().count()) {
            return Err(HomeFault::Phrase);
        }
        self.write(PHRASE, phrase)
    }

    /// The PKCS#11 modules whose tokens may hold keys of this terminal. Whoever runs the terminal chooses them, and no portal
    /// can. Read anew each time.
    pub fn modules(&self) -> Result<Vec<PathBuf>, HomeFault> {
        let text = read(&self.0.join(MODULES))?.unwrap_or_default();
        Ok(text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(PathBuf::from)
            .collect())
    }

    /// Uses the tokens of a module from now on. Safe to repeat.
    pub fn use_module(&self, module: &Path) -> Result<(), HomeFault> {
        let refused = |reason| HomeFault::File {
            path: module.to_owned(),
            cause: io::Error::new(io::ErrorKind::InvalidInput, reason),
        };
        let line = module
            .to_str()
            .filter(|line| !line.contains('\n') && line.trim() == *line);
        let line = line.ok_or(refused("a module's path is UTF-8 on one line"))?;
        if !module.is_absolute() {
            // What it means would depend on where the agent was started.
            return Err(refused("a module's path begins at the root"));
        }
        let mut modules = self.modules()?;
        if modules.iter().any(|known| known == module) {
            return Ok(());
        }
        modules.push(PathBuf::from(line));
        let mut text =
            String::from("# PKCS#11 modules of tokens that may hold keys of this terminal, one path a line.\n");
        for module in &modules {
            text.push_str(&module.to_string_lossy());
            text.push('\n');
        }
        self.write(MODULES, &text)
    }

    /// A file of the agent's own, if it is there.
    pub(crate) fn kept(&self, name: &str) -> Result<Option<String>, HomeFault> {
        read(&self.0.join(name))
    }

    /// Keeps a file of the agent's own. Durable when it returns.
    pub(crate) fn keep(&self, name: &str, text: &str) -> Result<(), HomeFault> {
        self.write(name, text)
    }

    /// The fault of a file whose content makes no sense.
    pub(crate) fn unreadable(&self, name: &str) -> HomeFault {
        HomeFault::File {
            path: self.0.join(name),
            cause: io::ErrorKind::InvalidData.into(),
        }
    }

    /// Replaces a file at once or not at all.
    fn write(&self, name: &str, text: &str) -> Result<(), HomeFault> {
        let path = self.0.join(name);
        replace(&path, text.as_bytes()).map_err(|cause| HomeFault::File { path, cause })
    }
}

/// Replaces a file that only its user can read, at once or not at all. Durable when it returns.
pub(crate) fn replace(path: &Path, octets: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_private_dir(dir)?;
    let mut fresh = path.to_owned().into_os_string();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let mut file = private_file(&fresh)?;
    file.write_all(octets)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_dir(dir)
}

/// The usual place of the state, or `None` where the system names no home.
pub fn usual_dir() -> Option<PathBuf> {
    crate::platform::config_dir().map(|dir| dir.join("kagimori-agent"))
}

fn read(path: &Path) -> Result<Option<String>, HomeFault> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(HomeFault::File {
            path: path.to_owned(),
            cause,
        }),
    }
}

#[cfg(unix)]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    // The profile directory of a Windows user is private to that user already.
    fs::create_dir_all(dir)
}

/// A name is durable when its directory is.
#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_dir: &Path) -> io::Result<()> {
    // Windows has no such call; NTFS keeps names in its journal.
    Ok(())
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<fs::File> {
    fs::File::create(path)
}

const PORTALS: &str = "portals";
const PHRASE: &str = "phrase";
const MODULES: &str = "modules";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowed_portal_stays_allowed_and_stands_once() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path().join("new"));
        assert!(home.portals().unwrap().is_empty());
        let portal: Origin = "https://ca.example.jp".parse().unwrap();
        home.allow(&portal).unwrap();
        home.allow(&portal).unwrap();
        assert_eq!(home.portals().unwrap(), [portal]);
    }

    #[test]
    fn a_bad_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join(PORTALS),
            "# mine\nhttps://a.example\nhttp://b.example\n",
        )
        .unwrap();
        let told = Home::new(dir.path()).portals().unwrap_err().to_string();
        assert!(told.contains("line 3"), "{told}");
    }

    #[test]
    fn a_phrase_is_short_and_visible() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path());
        assert!(home.phrase().unwrap().is_none());
        for bad in ["", " ", "a", "two\nlines", &"あ".repeat(41)] {
            assert!(home.choose_phrase(bad).is_err(), "{bad:?}");
        }
        home.choose_phrase(" 青いやかん ").unwrap();
        assert_eq!(home.phrase().unwrap().as_deref(), Some("青いやかん"));
    }

    #[cfg(unix)]
    #[test]
    fn the_state_is_readable_by_its_user_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path().join("private"));
        home.choose_phrase("青いやかん").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(home.dir()), 0o700);
        assert_eq!(mode(&home.dir().join(PHRASE)), 0o600);
    }
}
