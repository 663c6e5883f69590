//! Disk, files and their permissions: what is of this machine alone.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use casework::time::Instant;
use pki::certificate::Certificate;

use super::{Finding, Gauge, State, What, lasts};
use crate::config::{Config, Secret};
use crate::store::StoreAddress;

/// Room for the data directory, and for the database where it is a file.
pub(super) fn disk(config: &Config) -> Vec<Finding> {
    let mut places = vec![config.data_dir.clone()];
    if let Some(directory) = database(config).and_then(|path| path.parent().map(Path::to_owned)) {
        places.push(directory);
    }
    places.dedup();
    let look = |place: PathBuf| {
        let about = place.display().to_string();
        let Some((free, percent)) = free_share(&place) else {
            let next = "look whether the directory is there";
            return Finding::of(What::Disk, about, State::Failure, "it cannot be looked at", next);
        };
        let says = format!("{percent} % free, {} MB", free >> 20);
        let next = "make room: without it nothing is accepted any more, and the process stops";
        let finding = if free < LEAST {
            Finding::of(What::Disk, about, State::Failure, says, next)
        } else if percent < config.alarms.disk_percent {
            Finding::of(What::Disk, about, State::Warning, says, next)
        } else {
            Finding::ok(What::Disk, about, says)
        };
        finding.measuring(Gauge::DiskFree, i64::from(percent))
    };
    places.into_iter().map(look).collect()
}

/// Octets that this process may still write on the file system of a place, and what part of it that is, in percent.
pub fn free_share(place: &Path) -> Option<(u64, u32)> {
    let system = rustix::fs::statvfs(place).ok()?;
    let percent = system.f_bavail.saturating_mul(100).checked_div(system.f_blocks)?;
    Some((
        system.f_bavail.saturating_mul(system.f_frsize),
        u32::try_from(percent).unwrap_or(100),
    ))
}

/// The certificates of the listeners.
pub(super) fn tls(config: &Config, now: Instant) -> Vec<Finding> {
    let files = config.listen.iter().filter_map(|listen| listen.tls.as_ref());
    files
        .map(|files| {
            let about = files.certificate.display().to_string();
            match leaf(&files.certificate) {
                Ok(certificate) => lasts(
                    What::Tls,
                    &about,
                    (&certificate, config.alarms.tls, now),
                    "browsers refuse the portal then: renew it, and restart the server to open the new files",
                ),
                Err(why) => Finding::of(
                    What::Tls,
                    about,
                    State::Failure,
                    format!("the certificate cannot be read: {why}"),
                    "put the chain there as PEM, the server's certificate first",
                ),
            }
        })
        .collect()
}

fn leaf(path: &Path) -> Result<Certificate, String> {
    let text = std::fs::read_to_string(path).map_err(|why| why.to_string())?;
    // The first of the chain is the server's.
    let end = text.find(END).ok_or("it holds no certificate in PEM")? + END.len();
    Certificate::from_pem(text.get(..end).unwrap_or_default()).map_err(|why| why.to_string())
}

/// Who can read what nobody else may.
pub(super) fn secrets(config: &Config) -> Vec<Finding> {
    let mut files = Vec::new();
    if let Secret::File(path) = &config.keys.passphrase {
        files.push(path.clone());
    }
    if let Some((_, Secret::File(path))) = &config.mail.login {
        files.push(path.clone());
    }
    files.extend(
        config
            .listen
            .iter()
            .filter_map(|listen| listen.tls.as_ref())
            .map(|tls| tls.key.clone()),
    );
    files.extend(["journal.key", "audit.key"].map(|name| config.data_dir.join(name)));
    files.extend(database(config));
    let mut found: Vec<Finding> = files
        .iter()
        .filter_map(|path| {
            let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
            let about = path.display().to_string();
            let next = format!("chmod 600 {about}, and think about who has read it since");
            Some(match (mode & 0o070, mode & 0o007) {
                (0, 0) => Finding::ok(What::Secrets, about, "only its owner reads it"),
                (_, 0) => {
                    let says = format!("its group reads it (mode {mode:o})");
                    Finding::of(What::Secrets, about, State::Warning, says, next)
                }
                _ => {
                    let says = format!("everyone on this machine reads it (mode {mode:o})");
                    Finding::of(What::Secrets, about, State::Failure, says, next)
                }
            })
        })
        .collect();
    if found.is_empty() {
        found.push(Finding::ok(What::Secrets, "files", "no secret lies in a file"));
    }
    found
}

fn database(config: &Config) -> Option<PathBuf> {
    match config.store.parse() {
        Ok(StoreAddress::Sqlite(path)) => Some(path),
        _ => None,
    }
}

const END: &str = "-----END CERTIFICATE-----";
/// 256 MB: a few days of a busy authority.
const LEAST: u64 = 256 << 20;
