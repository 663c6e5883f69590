//! The file as it is written. These structs know TOML; nobody outside sees them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::{
    Alarms, Config, Keys, Limits, Listen, Log, LogFormat, Mail, MailSecurity, Portal, Retention, Secret, Serves, Tls,
    Trust, Validation,
};
use crate::trust::Network;

/// What is wrong, and where.
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) reason: String,
}

pub(super) fn parse(text: &str, directory: &Path) -> Result<Config, Wrong> {
    let read = || {
        let document = toml::Deserializer::parse(text).map_err(|fault| (String::new(), fault))?;
        serde_path_to_error::deserialize::<_, File>(document).map_err(|fault| {
            let key = fault.path().to_string();
            (if key == "." { String::new() } else { key }, fault.into_inner())
        })
    };
    let file = read().map_err(|(key, fault)| Wrong {
        line: line_of(text, fault.span().map_or(0, |span| span.start)),
        key,
        reason: in_our_words(fault.message()),
    })?;
    Ok(file.into_config(directory))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: PathBuf,
    store: StoreTable,
    portal: PortalTable,
    validation: ValidationTable,
    #[serde(deserialize_with = "listeners")]
    listen: Vec<ListenTable>,
    keys: KeysTable,
    #[serde(default)]
    trust: TrustTable,
    mail: MailTable,
    #[serde(default)]
    log: LogTable,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    alarms: AlarmsTable,
    #[serde(default)]
    retention: RetentionTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreTable {
    #[serde(deserialize_with = "store_url")]
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PortalTable {
    #[serde(deserialize_with = "origin")]
    origin: String,
    #[serde(default = "agent", deserialize_with = "loopback_origin")]
    agent: String,
    #[serde(default = "fifteen")]
    idle_minutes: Whole<1, 60>,
    #[serde(default = "eight_hours")]
    session_minutes: Whole<1, 720>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidationTable {
    #[serde(deserialize_with = "validation_url")]
    url: String,
    #[serde(default = "five_minutes")]
    max_age_seconds: Whole<0, 28_800>,
    #[serde(default = "a_day")]
    answer_hours: Whole<16, 240>,
    #[serde(default = "hundred_thousand")]
    answers_kept: Whole<0, 100_000_000>,
    #[serde(default = "four_days")]
    crl_hours: Whole<2, 240>,
    #[serde(default = "four")]
    crl_shards: Whole<1, 4_096>,
    #[serde(default = "one_day")]
    crl_every_hours: Whole<1, 168>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenTable {
    #[serde(deserialize_with = "address")]
    address: SocketAddr,
    serves: Vec<ServesName>,
    tls: Option<TlsTable>,
    #[serde(default)]
    behind: Vec<IpAddr>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ServesName {
    Portal,
    Validation,
    Enrolment,
    Metrics,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsTable {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysTable {
    passphrase: SecretTable,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum SecretTable {
    File(PathBuf),
    Env(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TrustTable {
    within_seconds: Whole<1, 60>,
    largest_megabytes: Whole<1, 1_024>,
    look_again_minutes: Whole<1, 1_440>,
    retry_seconds: Whole<1, 3_600>,
    at_most_days: Whole<1, 366>,
    #[serde(deserialize_with = "networks")]
    private: Vec<Network>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailTable {
    #[serde(deserialize_with = "host_and_port")]
    server: (String, u16),
    #[serde(default)]
    security: SecurityName,
    user: Option<String>,
    password: Option<SecretTable>,
    #[serde(default = "half_a_minute")]
    within_seconds: Whole<1, 600>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SecurityName {
    #[default]
    None,
    StartTls,
    Tls,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogTable {
    format: FormatName,
    #[serde(deserialize_with = "filter")]
    filter: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FormatName {
    #[default]
    Text,
    Json,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsTable {
    connections: Whole<1, 1_000_000>,
    head_within_seconds: Whole<1, 120>,
    answer_within_seconds: Whole<1, 600>,
    body_octets: Whole<1_024, 16_777_216>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AlarmsTable {
    mail: Option<String>,
    from: Option<String>,
    list_percent: Whole<1, 90>,
    authority_days: Whole<1, 3_650>,
    responder_days: Whole<1, 11>,
    tls_days: Whole<1, 365>,
    outbox_minutes: Whole<1, 10_080>,
    disk_percent: Whole<1, 90>,
    clock_seconds: Whole<1, 3_600>,
    time_source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RetentionTable {
    years: Whole<10, 100>,
    marked_days: Whole<1, 365>,
}

impl Default for TrustTable {
    fn default() -> Self {
        Self {
            within_seconds: Whole(5),
            largest_megabytes: Whole(64),
            look_again_minutes: Whole(15),
            retry_seconds: Whole(30),
            at_most_days: Whole(10),
            private: Vec::new(),
        }
    }
}

impl Default for AlarmsTable {
    fn default() -> Self {
        Self {
            mail: None,
            from: None,
            list_percent: Whole(50),
            authority_days: Whole(90),
            responder_days: Whole(7),
            tls_days: Whole(21),
            outbox_minutes: Whole(30),
            disk_percent: Whole(10),
            clock_seconds: Whole(5),
            time_source: None,
        }
    }
}

impl Default for RetentionTable {
    fn default() -> Self {
        Self {
            years: Whole(10),
            marked_days: Whole(30),
        }
    }
}

impl Default for LogTable {
    fn default() -> Self {
        Self {
            format: FormatName::default(),
            filter: "info".to_owned(),
        }
    }
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self {
            connections: Whole(10_000),
            head_within_seconds: Whole(10),
            answer_within_seconds: Whole(30),
            body_octets: Whole(65_536),
        }
    }
}

impl File {
    fn into_config(self, directory: &Path) -> Config {
        let place = |path: PathBuf| directory.join(path);
        let secret = |table: SecretTable| match table {
            SecretTable::File(path) => Secret::File(place(path)),
            SecretTable::Env(name) => Secret::Environment(name),
        };
        let store = match self.store.url.strip_prefix(SQLITE) {
            Some(path) => format!("{SQLITE}{}", place(PathBuf::from(path)).display()),
            None => self.store.url,
        };
        let listen = self.listen.into_iter().map(|table| Listen {
            address: table.address,
            serves: table.serves.into_iter().map(ServesName::meaning).collect(),
            tls: table.tls.map(|tls| Tls {
                certificate: place(tls.certificate),
                key: place(tls.key),
            }),
            behind: table.behind,
        });
        let (host, port) = self.mail.server;
        Config {
            store,
            portal: Portal {
                origin: self.portal.origin,
                agent: self.portal.agent,
                idle: self.portal.idle_minutes.times(60),
                session: self.portal.session_minutes.times(60),
            },
            validation: Validation {
                url: self.validation.url,
                max_age: self.validation.max_age_seconds.times(1),
                answer_lives: self.validation.answer_hours.times(3_600),
                answers_kept: self.validation.answers_kept.count(),
                crl_lives: self.validation.crl_hours.times(3_600),
                crl_shards: self.validation.crl_shards.0,
                crl_every: self.validation.crl_every_hours.times(3_600),
            },
            listen: listen.collect(),
            keys: Keys {
                passphrase: secret(self.keys.passphrase),
            },
            trust: Trust {
                within: self.trust.within_seconds.times(1),
                largest: self.trust.largest_megabytes.count() << 20,
                look_again: self.trust.look_again_minutes.times(60),
                retry: self.trust.retry_seconds.times(1),
                at_most: self.trust.at_most_days.times(86_400),
                private: self.trust.private,
            },
            mail: Mail {
                host,
                port,
                security: match self.mail.security {
                    SecurityName::None => MailSecurity::None,
                    SecurityName::StartTls => MailSecurity::StartTls,
                    SecurityName::Tls => MailSecurity::Tls,
                },
                login: self.mail.user.zip(self.mail.password.map(secret)),
                within: self.mail.within_seconds.times(1),
            },
            log: Log {
                format: match self.log.format {
                    FormatName::Text => LogFormat::Text,
                    FormatName::Json => LogFormat::Json,
                },
                filter: self.log.filter,
            },
            limits: Limits {
                connections: self.limits.connections.count(),
                head_within: self.limits.head_within_seconds.times(1),
                answer_within: self.limits.answer_within_seconds.times(1),
                body_octets: self.limits.body_octets.count(),
            },
            alarms: Alarms {
                mail: self.alarms.mail,
                from: self.alarms.from,
                list_percent: self.alarms.list_percent.0,
                authority: self.alarms.authority_days.times(86_400),
                responder: self.alarms.responder_days.times(86_400),
                tls: self.alarms.tls_days.times(86_400),
                outbox: self.alarms.outbox_minutes.times(60),
                disk_percent: self.alarms.disk_percent.0,
                clock: self.alarms.clock_seconds.times(1),
                time_source: self.alarms.time_source,
            },
            retention: Retention {
                years: self.retention.years.0,
                marked_days: self.retention.marked_days.0,
            },
            data_dir: place(self.data_dir),
        }
    }
}

impl ServesName {
    fn meaning(self) -> Serves {
        match self {
            Self::Portal => Serves::Portal,
            Self::Validation => Serves::Validation,
            Self::Enrolment => Serves::Enrolment,
            Self::Metrics => Serves::Metrics,
        }
    }
}

/// A whole number between two bounds, both allowed.
#[derive(Clone, Copy)]
struct Whole<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> Whole<LEAST, MOST> {
    fn times(self, seconds: u64) -> Duration {
        Duration::from_secs(u64::from(self.0) * seconds)
    }

    fn count(self) -> usize {
        self.0 as usize
    }
}

impl<'de, const LEAST: u32, const MOST: u32> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let allowed: RangeInclusive<i64> = i64::from(LEAST)..=i64::from(MOST);
        let number = i64::deserialize(deserializer)?;
        u32::try_from(number)
            .ok()
            .filter(|_| allowed.contains(&number))
            .map(Self)
            .ok_or_else(|| D::Error::custom(format_args!("{number} is not between {LEAST} and {MOST}")))
    }
}

fn listeners<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ListenTable>, D::Error> {
    let listeners = Vec::<ListenTable>::deserialize(deserializer)?;
    if listeners.is_empty() {
        return Err(D::Error::custom("at least one [[listen]] is needed"));
    }
    // Codes are told there, and certificates shown.
    let in_clear = |table: &ListenTable| {
        let enrols = table.serves.iter().any(|name| matches!(name, ServesName::Enrolment));
        enrols && table.tls.is_none() && !table.address.ip().is_loopback()
    };
    if listeners.iter().any(in_clear) {
        return Err(D::Error::custom(
            "a listener that serves \"enrolment\" needs `tls`; without it on loopback only",
        ));
    }
    Ok(listeners)
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    checked(
        deserializer,
        "an address and a port, as \"127.0.0.1:8080\" or \"[::]:443\"",
        |text| text.parse().ok(),
    )
}

fn store_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(
        deserializer,
        "\"sqlite://\" and a path, or \"postgres://user@host/database\"",
        |text| {
            let known = [SQLITE, "postgres://", "postgresql://"]
                .iter()
                .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
            known.then(|| text.to_owned())
        },
    )
}

/// `https` anywhere; `http` only where no network lies between (DESIGN §4).
fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let wanted = "\"https://\" and a name without a path; \"http://\" for 127.0.0.1, [::1] or localhost only";
    checked(deserializer, wanted, |text| {
        let authority = text
            .strip_prefix("https://")
            .filter(|authority| is_authority(authority));
        authority.or_else(|| loopback(text)).map(|_| text.to_owned())
    })
}

fn loopback_origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let wanted = "\"http://\" and 127.0.0.1, [::1] or localhost, with a port and without a path";
    checked(deserializer, wanted, |text| loopback(text).map(|_| text.to_owned()))
}

/// The authority of a plain `http` origin on this machine.
fn loopback(text: &str) -> Option<&str> {
    let authority = text
        .strip_prefix("http://")
        .filter(|authority| is_authority(authority))?;
    let host = authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|octet| octet.is_ascii_digit()));
    let host = host.map_or(authority, |(host, _)| host);
    ["127.0.0.1", "[::1]", "localhost"].contains(&host).then_some(authority)
}

fn validation_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(
        deserializer,
        "\"http://\" and a name without a path (RFC 5280 §8: never https)",
        |text| is_authority(text.strip_prefix("http://")?).then(|| text.to_owned()),
    )
}

fn host_and_port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(String, u16), D::Error> {
    checked(deserializer, "a name and a port, as \"mail.example.jp:587\"", |text| {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then_some((host.to_owned(), port.parse().ok()?))
    })
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| {
        text.parse()
            .map_err(|why| D::Error::custom(format_args!("{text:?} cannot be used; {why}")))
    };
    texts.iter().map(read).collect()
}

fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(deserializer, "a filter, as \"info\" or \"warn,server=debug\"", |text| {
        text.parse::<tracing_subscriber::EnvFilter>()
            .ok()
            .map(|_| text.to_owned())
    })
}

/// Reads a text that `meaning` must understand; otherwise says what is `wanted`.
fn checked<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    wanted: &str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    meaning(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} cannot be used; write {wanted}")))
}

fn is_authority(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b".-:[]".contains(&octet))
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|octet| *octet == b'\n').count() + 1
}

/// serde speaks of fields and variants; the file has keys and values.
fn in_our_words(message: &str) -> String {
    message
        .replace("unknown field", "unknown key")
        .replace("missing field", "missing key")
        .replace("unknown variant", "unknown value")
        .replace("expected one of", "allowed are")
        .trim_end()
        .replace('\n', "; ")
}

impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.key, self.reason)
    }
}

const SQLITE: &str = "sqlite://";

fn agent() -> String {
    "http://127.0.0.1:24817".to_owned()
}

const fn fifteen() -> Whole<1, 60> {
    Whole(15)
}

const fn eight_hours() -> Whole<1, 720> {
    Whole(480)
}

const fn five_minutes() -> Whole<0, 28_800> {
    Whole(300)
}

const fn a_day() -> Whole<16, 240> {
    Whole(24)
}

const fn hundred_thousand() -> Whole<0, 100_000_000> {
    Whole(100_000)
}

const fn four_days() -> Whole<2, 240> {
    Whole(96)
}

const fn four() -> Whole<1, 4_096> {
    Whole(4)
}

const fn one_day() -> Whole<1, 168> {
    Whole(24)
}

const fn half_a_minute() -> Whole<1, 600> {
    Whole(30)
}
