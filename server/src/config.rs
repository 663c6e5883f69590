//! `kagimori.toml`: read once, checked whole, typed from then on.
//!
//! An unknown key, a wrong type or a value that cannot work is refused with its line, its key and what is allowed
//! there. Secrets never stand in the file: it names a file or an environment variable that holds them.

mod file;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::trust::Network;

/// The whole configuration of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the revocation journal and the published CRLs lie.
    pub data_dir: PathBuf,
    /// `sqlite://path` (absolute by now) or `postgres://…`.
    pub store: String,
    /// The pages.
    pub portal: Portal,
    /// OCSP and CRLs.
    pub validation: Validation,
    /// Where the node listens.
    pub listen: Vec<Listen>,
    /// How private keys at rest are opened.
    pub keys: Keys,
    /// How the revocation data of other authorities are fetched.
    pub trust: Trust,
    /// Where mails are handed over.
    pub mail: Mail,
    /// What is written about the work.
    pub log: Log,
    /// What a peer may take.
    pub limits: Limits,
    /// When the operator is told that something will hurt.
    pub alarms: Alarms,
    /// How long is kept what has to be kept.
    pub retention: Retention,
}

/// The pages of the offices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    /// As browsers and agents see it: `https://portal.example.jp`, without a path. `http` on loopback only.
    pub origin: String,
    /// Where the holders' agents listen: loopback, the well-known port unless a test says otherwise.
    pub agent: String,
    /// A session ends after so long without a request (THREATS R22).
    pub idle: Duration,
    /// A session ends after so long in any case.
    pub session: Duration,
}

/// OCSP and CRLs, and the addresses that are written into every certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// `http://pki.example.jp`, without a path. It can never change for certificates that were issued.
    pub url: String,
    /// How long a pre-signed answer or a CRL may be kept by others: `max-age` (DESIGN §5).
    pub max_age: Duration,
    /// From thisUpdate to nextUpdate of a pre-signed OCSP answer; signed anew at half of it (THREATS R6).
    pub answer_lives: Duration,
    /// How many pre-signed answers are kept.
    pub answers_kept: usize,
    /// From thisUpdate to nextUpdate of a CRL, at most ten days (THREATS R4).
    pub crl_lives: Duration,
    /// New certificates are spread over so many parts of the list. It may grow; what was issued keeps its part.
    pub crl_shards: u32,
    /// A CRL is published anew after so long, changed or not.
    pub crl_every: Duration,
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// What is reached here. `/healthz` and `/readyz` are everywhere.
    pub serves: Vec<Serves>,
    /// Certificate chain and key, both PEM. Without: plain HTTP.
    pub tls: Option<Tls>,
    /// The reverse proxies before it: of them alone `X-Forwarded-For` is believed.
    pub behind: Vec<IpAddr>,
}

/// What a listener gives access to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Serves {
    /// Pages and `/api/v1`.
    Portal,
    /// `/ocsp`, `/crl` and `/ca`.
    Validation,
    /// `/.well-known/est` and `/.well-known/cmp`, where terminals get their certificates; over TLS they are asked for theirs.
    Enrolment,
    /// `/metrics`.
    Metrics,
}

/// The two files of a TLS listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// PEM: the server's certificate, then its issuers'.
    pub certificate: PathBuf,
    /// PEM: its private key, PKCS #8, SEC 1 or PKCS #1.
    pub key: PathBuf,
}

/// Keys at rest are encrypted; this opens them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Where the passphrase is.
    pub passphrase: Secret,
}

/// Where a secret is found. It is read when it is needed and wiped after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The file's content, without a final line break.
    File(PathBuf),
    /// The environment variable of this name.
    Environment(String),
}

/// How the revocation lists and OCSP answers of other authorities are fetched, and how long they are relied upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// One question must be answered within this, its redirects included.
    pub within: Duration,
    /// The largest list that is taken, in octets.
    pub largest: usize,
    /// What is kept is asked for again after so long, before it is needed.
    pub look_again: Duration,
    /// Who did not answer is left alone for so long.
    pub retry: Duration,
    /// What is kept is relied upon until its nextUpdate, and never for longer than this.
    pub at_most: Duration,
    /// Networks that are asked although they are not public.
    pub private: Vec<Network>,
}

impl Default for Trust {
    fn default() -> Self {
        Self {
            within: Duration::from_secs(5),
            largest: 64 << 20,
            look_again: Duration::from_mins(15),
            retry: Duration::from_secs(30),
            at_most: Duration::from_hours(240),
            private: Vec::new(),
        }
    }
}

/// The mail server that takes our mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// User and password, if it asks.
    pub login: Option<(String, Secret)>,
    /// How long one delivery may take.
    pub within: Duration,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// Not at all: for a server on this very machine.
    None,
    /// TLS after STARTTLS, required.
    StartTls,
    /// TLS from the first octet.
    Tls,
}

/// What is written about the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// One JSON object a line, or text.
    pub format: LogFormat,
    /// As `tracing` reads it: `info`, `info,server::desk=debug`…
    pub filter: String,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// What a peer may take of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, over all listeners. Further ones wait in the system's queue.
    pub connections: usize,
    /// A request's head must have come within this (slow-loris).
    pub head_within: Duration,
    /// A request must be answered within this, its body included.
    pub answer_within: Duration,
    /// The largest body of a page's request, in octets.
    pub body_octets: usize,
}

/// When the operator is told that something will hurt, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarms {
    /// Who gets a mail when an alarm begins and when it ends; `None`: nobody, metrics tell.
    pub mail: Option<String>,
    /// The sender of these mails; the same address, if not given.
    pub from: Option<String>,
    /// A published list with less than this part of its life left, in percent.
    pub list_percent: u32,
    /// So long before the end of an authority's certificate.
    pub authority: Duration,
    /// So long before the end of a responder's certificate.
    pub responder: Duration,
    /// So long before the end of a TLS certificate.
    pub tls: Duration,
    /// An errand that waits for so long.
    pub outbox: Duration,
    /// Less than so many percent of a file system free.
    pub disk_percent: u32,
    /// A clock that differs by more.
    pub clock: Duration,
    /// An NTP server with which the clock is compared: `ntp.example.jp`, with a port if it is not 123.
    pub time_source: Option<String>,
}

/// How long is kept what has to be kept (DOMAIN §2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Years after the end of a certificate's validity; ten at least.
    pub years: u32,
    /// Days between the mark and the erasure, in which it can be taken back.
    pub marked_days: u32,
}

impl Config {
    /// Reads and checks a file. Relative paths in it start at its directory.
    pub fn read(path: &Path) -> Result<Self, ConfigFault> {
        let text = std::fs::read_to_string(path).map_err(|fault| ConfigFault::Unreadable {
            file: path.to_owned(),
            reason: fault.to_string(),
        })?;
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        Self::parse(&text, path, directory)
    }

    /// Checks a text; `path` is the name its faults carry.
    pub fn parse(text: &str, path: &Path, directory: &Path) -> Result<Self, ConfigFault> {
        file::parse(text, directory).map_err(|wrong| ConfigFault::Wrong {
            file: path.to_owned(),
            line: wrong.line,
            key: wrong.key,
            reason: wrong.reason,
        })
    }

    /// The configuration of `kagimori init`, with a comment on every key.
    pub fn commented() -> &'static str {
        include_str!("config/kagimori.toml")
    }
}

impl Listen {
    /// Whether this listener gives access to that.
    pub fn serves(&self, what: Serves) -> bool {
        self.serves.contains(&what)
    }
}

impl Secret {
    /// The secret itself.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, ConfigFault> {
        let missing = |reason: String| ConfigFault::Secret {
            place: self.to_string(),
            reason,
        };
        let mut octets = match self {
            Self::File(path) => Zeroizing::new(std::fs::read(path).map_err(|fault| missing(fault.to_string()))?),
            Self::Environment(name) => {
                let value = std::env::var(name).map_err(|_| missing("it is not set".to_owned()))?;
                Zeroizing::new(value.into_bytes())
            }
        };
        while matches!(octets.last(), Some(b'\n' | b'\r')) {
            octets.pop();
        }
        if octets.is_empty() {
            return Err(missing("it is empty".to_owned()));
        }
        Ok(octets)
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// The configuration cannot be used. Each is one sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// There is no such file, or it may not be read.
    #[error("cannot read {}: {reason}; `kagimori init` writes a configuration, `--config` names another", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Something in the file is wrong.
    #[error("{}, line {line}{}: {reason}", file.display(), at(key))]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Its full name, `listen[0].address`; empty where the text is no TOML.
        key: String,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A secret is not where the configuration says.
    #[error("cannot read the secret in {place}: {reason}")]
    Secret {
        /// Where it should be.
        place: String,
        /// Why it is not.
        reason: String,
    },
}

fn at(key: &str) -> String {
    if key.is_empty() {
        String::new()
    } else {
        format!(", `{key}`")
    }
}
