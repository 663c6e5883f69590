//! What can hurt an authority tomorrow, looked at today: `kagimori doctor` asks once, a server again and again.

mod address;
mod calendar;
mod card;
mod clock;
mod issuer;
mod machine;
mod seal;
mod unblock;

use std::fmt;
use std::time::Duration;

use casework::time::Instant;
use pki::certificate::Certificate;

use crate::authority::{AuthorityFault, certificates};
use crate::config::Config;
use crate::errand::mail::Smtp;
use crate::fault::Fault;
use crate::store::{KeyPurpose, Store};
pub use machine::free_share;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A revocation list, where relying parties fetch it.
    List,
    /// The OCSP responder, where relying parties ask it.
    Ocsp,
    /// An authority's own certificate.
    Authority,
    /// A responder's certificate.
    Responder,
    /// The lists of issuers that are not ours.
    Issuer,
    /// Which days are holidays, and for how long that is known.
    Calendar,
    /// Mails and lists that wait.
    Outbox,
    /// Room for the database and the data directory.
    Disk,
    /// The machine's time.
    Clock,
    /// Database and journal.
    Journal,
    /// The mail server.
    Mail,
    /// A listener's TLS certificate.
    Tls,
    /// Who can read secrets.
    Secrets,
    /// The key that seals 認証コード2.
    Seal,
    /// The master keys of unblocking.
    Unblock,
    /// Citizens' cards that answered as none of ours does.
    Card,
}

impl What {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 16] = [
        Self::Journal,
        Self::List,
        Self::Ocsp,
        Self::Authority,
        Self::Responder,
        Self::Issuer,
        Self::Calendar,
        Self::Outbox,
        Self::Disk,
        Self::Clock,
        Self::Mail,
        Self::Tls,
        Self::Secrets,
        Self::Seal,
        Self::Unblock,
        Self::Card,
    ];

    /// The word in metrics, mails and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Ocsp => "ocsp",
            Self::Authority => "authority",
            Self::Responder => "responder",
            Self::Issuer => "issuer",
            Self::Calendar => "calendar",
            Self::Outbox => "outbox",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Journal => "journal",
            Self::Mail => "mail",
            Self::Tls => "tls",
            Self::Secrets => "secrets",
            Self::Seal => "seal",
            Self::Unblock => "unblock",
            Self::Card => "card",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Ok,
    /// It will hurt if nothing is done.
    Warning,
    /// It hurts.
    Failure,
}

impl State {
    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: What,
    /// Which one: an address, an authority, a file.
    pub about: String,
    /// How it is.
    pub state: State,
    /// What that means, in one sentence.
    pub says: String,
    /// What to do; empty where nothing is to be done.
    pub next: String,
    /// The number behind it, where it has one.
    pub measured: Option<(Gauge, i64)>,
}

/// A number that is worth a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// When a certificate ends, in Unix seconds.
    CertificateEnds,
    /// What part of a file system is free, in percent.
    DiskFree,
    /// By how many seconds the clock differs.
    ClockDiffers,
}

impl Finding {
    fn ok(what: What, about: impl Into<String>, says: impl Into<String>) -> Self {
        Self::of(what, about, State::Ok, says, "")
    }

    fn of(
        what: What,
        about: impl Into<String>,
        state: State,
        says: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            what,
            about: about.into(),
            state,
            says: says.into(),
            next: next.into(),
            measured: None,
        }
    }

    fn measuring(mut self, gauge: Gauge, value: i64) -> Self {
        self.measured = Some((gauge, value));
        self
    }
}

/// Whether a database that is behind its journal would be served; asked where the store does not open.
pub fn not_opened(why: &dyn fmt::Display) -> Finding {
    Finding::of(
        What::Journal,
        "store",
        State::Failure,
        format!("the store does not open: {why}"),
        "do what it says; nothing else about the database can be looked at before",
    )
}

/// Looks at everything. A thing that cannot be looked at is a finding too.
pub async fn examine(config: &Config, store: &Store, now: Instant) -> Vec<Finding> {
    let mut found = vec![Finding::ok(
        What::Journal,
        "store",
        "the database agrees with the revocation journal, the audit heads and the published lists",
    )];
    let authorities = authorities(config, store, now).await;
    found.extend(authorities.unwrap_or_else(|fault| vec![not_opened(&fault)]));
    for look in [
        issuer::examine(config, store, now).await,
        calendar::examine(store, now).await,
        outbox(config, store, now).await,
        clock::examine(config, store, now).await,
        seal::examine(config, store).await,
        unblock::examine(config, store).await,
        card::examine(store, now).await,
    ] {
        found.extend(look.unwrap_or_else(|fault| vec![not_opened(&fault)]));
    }
    found.push(mail(config).await);
    found.extend(machine::disk(config));
    found.extend(machine::tls(config, now));
    found.extend(machine::secrets(config));
    found.sort_by_key(|finding| What::ALL.iter().position(|what| *what == finding.what));
    found
}

async fn authorities(config: &Config, store: &Store, now: Instant) -> Result<Vec<Finding>, AuthorityFault> {
    let mut found = Vec::new();
    for (name, own) in certificates(store).await? {
        found.push(lasts(
            What::Authority,
            &name.0,
            (&own, config.alarms.authority, now),
            "it can sign nothing then, no list either: create its successor now and issue from that one",
        ));
        // The responder that answers is the one that lasts longest.
        let keys = store.keys().await?;
        let responders = keys
            .iter()
            .filter(|key| key.purpose == KeyPurpose::Responder && key.authority == name)
            .filter_map(|key| Certificate::parse(key.certificate.as_deref()?).ok());
        found.push(match responders.max_by_key(Certificate::not_after) {
            Some(responder) => lasts(
                What::Responder,
                &name.0,
                (&responder, config.alarms.responder.min(end_in(&own, now)), now),
                "a node with the role errands renews it eleven days before its end: see its log for why it did not",
            ),
            None => Finding::of(
                What::Responder,
                &name.0,
                State::Failure,
                "it has no OCSP responder",
                "start a node with the role errands: it makes one",
            ),
        });
        found.extend(address::examine(config, store, (&name, &own), now).await?);
    }
    if found.is_empty() {
        let next = "create one with `kagimori ca create`";
        found.push(Finding::of(
            What::Authority,
            "none",
            State::Warning,
            "there is no authority yet",
            next,
        ));
    }
    Ok(found)
}

/// Until the certificate's own end; where that is near, nothing that hangs on it can last longer.
fn end_in(own: &Certificate, now: Instant) -> Duration {
    Duration::from_secs(u64::try_from(own.not_after() - now.0).unwrap_or(0))
}

fn lasts(what: What, about: &str, (certificate, early, now): (&Certificate, Duration, Instant), next: &str) -> Finding {
    let left = certificate.not_after() - now.0;
    let says = format!("its certificate ends in {}", span(left));
    let finding = if left < 0 {
        Finding::of(what, about, State::Failure, "its certificate has ended", next)
    } else if left < seconds(early) {
        Finding::of(what, about, State::Warning, says, next)
    } else {
        Finding::ok(what, about, says)
    };
    match what {
        // That one has its own.
        What::Responder => finding,
        _ => finding.measuring(Gauge::CertificateEnds, certificate.not_after()),
    }
}

async fn outbox(config: &Config, store: &Store, now: Instant) -> Result<Vec<Finding>, Fault> {
    let outbox = store.outbox().await?;
    let age = outbox.oldest.map_or(0, |oldest| now.0 - oldest.0);
    let says = format!("{} errands wait, the oldest for {}", outbox.waiting, span(age));
    Ok(vec![if age < seconds(config.alarms.outbox) {
        Finding::ok(What::Outbox, "outbox", says)
    } else {
        let next = "see that a node with the role errands runs, and in its log what it cannot do: mails, lists and letters \
                    are late until then";
        Finding::of(What::Outbox, "outbox", State::Warning, says, next)
    }])
}

async fn mail(config: &Config) -> Finding {
    let about = format!("{}:{}", config.mail.host, config.mail.port);
    let reached = match Smtp::new(&config.mail) {
        Ok(smtp) => smtp.reach().await.map_err(|why| why.to_string()),
        Err(why) => Err(why.to_string()),
    };
    match reached {
        Ok(()) => Finding::ok(What::Mail, about, "the mail server answers (no mail was sent)"),
        Err(why) => Finding::of(
            What::Mail,
            about,
            State::Failure,
            format!("the mail server is not reached: {why}"),
            "mails wait in the outbox until it is: look at it, and at [mail] in the configuration",
        ),
    }
}

/// A time span for people.
fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
