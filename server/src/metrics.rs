//! What is counted, for Prometheus.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// All counters of a node. Cheap to clone; every clone counts into the same.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    /// Requests, by what they asked for and how they ended.
    pub requests: Family<Request, Counter>,
    /// OCSP answers, by what they said.
    pub ocsp: Family<Ocsp, Counter>,
    /// Signatures, by whose key made them for what.
    pub signatures: Family<Signature, Counter>,
    /// Number of the CRL that is served.
    pub crl_number: Family<Crl, Gauge>,
    /// Its thisUpdate, unix seconds: alarm when `time() - x` passes the period.
    pub crl_this_update: Family<Crl, Gauge>,
    /// Its nextUpdate, unix seconds: alarm before it comes.
    pub crl_next_update: Family<Crl, Gauge>,
    /// Certificates held in memory.
    pub certificates: Family<OfAuthority, Gauge>,
    /// Octets they take.
    pub certificate_octets: Family<OfAuthority, Gauge>,
    /// Pre-signed answers kept.
    pub answers_kept: Family<OfAuthority, Gauge>,
    /// Until when the responder's certificate is valid, unix seconds.
    pub responder_not_after: Family<OfAuthority, Gauge>,
    /// Seconds for which the oldest errand that is due has waited.
    pub errand_age: Gauge,
    /// Errands that are due or wait.
    pub errands: Gauge,
    /// Letters that were given up, ever: alarm when it grows.
    pub letters_failed: Gauge,
    /// Terminals whose morning has come and that have no grant yet: alarm when it stays above zero.
    pub mornings_due: Gauge,
    /// Open connections.
    pub connections: Gauge,
    /// 1 where something will hurt or hurts.
    pub alarm: Family<Alarm, Gauge>,
    /// Until when certificates of authorities and TLS listeners are valid, unix seconds.
    pub certificate_not_after: Family<About, Gauge>,
    /// What part of a file system is free.
    pub disk_free_percent: Family<About, Gauge>,
    /// By how much the clock differs from its time source.
    pub clock_differs_seconds: Family<About, Gauge>,
    /// Certificates of other issuers that were looked at, by what was found out.
    pub trust_checks: Family<Checked, Counter>,
    /// Questions to other authorities, by how they ended.
    pub trust_asked: Family<Asked, Counter>,
    /// Until when another authority's list is relied upon, unix seconds: alarm before it comes.
    pub trust_list_until: Family<ListOfIssuer, Gauge>,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// `portal`, `ocsp`, `crl`, `ca` or `operation`.
    pub surface: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// An OCSP answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ocsp {
    /// Whose certificates.
    pub authority: String,
    /// `good`, `revoked`, `unknown`, or the name of an error.
    pub answer: &'static str,
    /// `kept` (pre-signed before), `presigned` (now) or `live`; `none` for errors.
    pub signed: &'static str,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Signature {
    /// Whose key.
    pub authority: String,
    /// `certificate`, `crl` or `ocsp`.
    pub what: &'static str,
}

/// A part of an authority's revocation list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Crl {
    /// Whose.
    pub authority: String,
    /// Which.
    pub shard: u32,
}

/// An authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfAuthority {
    /// Its name.
    pub authority: String,
}

/// Something that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Alarm {
    /// `list`, `ocsp`, `authority`, `responder`, `issuer`, `outbox`, `disk`, `clock`, `journal`, `mail`, `tls`, `secrets` or `seal`.
    pub what: &'static str,
}

/// A certificate of another issuer that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Checked {
    /// As the offices call it.
    pub issuer: String,
    /// `valid`, `invalid` or `undetermined`.
    pub said: &'static str,
}

/// A question to another authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Asked {
    /// As the offices call it.
    pub issuer: String,
    /// `list` or `ocsp`.
    pub what: &'static str,
    /// `found`, or why not in one word.
    pub ended: &'static str,
}

/// A list of another authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ListOfIssuer {
    /// As the offices call it.
    pub issuer: String,
    /// Where it is fetched.
    pub url: String,
}

/// One of several things that are watched alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct About {
    /// An authority, a file, a directory, a server.
    pub about: String,
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("kagimori");
        macro_rules! registered {
            ($($name:ident: $help:literal),+ $(,)?) => {{
                $(let $name = Default::default(); registry.register(stringify!($name), $help, Clone::clone(&$name));)+
                Self { registry: Arc::new(Mutex::new(registry)), $($name),+ }
            }};
        }
        registered! {
            requests: "Requests answered",
            ocsp: "OCSP answers given",
            signatures: "Signatures made",
            crl_number: "CRLNumber of the CRL that is served",
            crl_this_update: "thisUpdate of the CRL that is served, unix seconds",
            crl_next_update: "nextUpdate of the CRL that is served, unix seconds",
            certificates: "Certificates whose status is held in memory",
            certificate_octets: "Octets that their status takes",
            answers_kept: "Pre-signed OCSP answers kept",
            responder_not_after: "notAfter of the OCSP responder's certificate, unix seconds",
            errand_age: "Seconds for which the oldest errand that is due has waited",
            errands: "Errands that are not done",
            letters_failed: "Letters that were given up: refused for good, or taken by nobody for five days",
            mornings_due: "Terminals whose morning has come and whose new certificate cannot be acquired yet",
            connections: "Open connections",
            alarm: "1 where something will hurt or hurts: `kagimori doctor` says what and what to do",
            certificate_not_after: "notAfter of the certificates of authorities and TLS listeners, unix seconds",
            disk_free_percent: "What part of the file system of data or database is free, in percent",
            clock_differs_seconds: "By how many seconds the clock differs from its time source",
            trust_checks: "Certificates of other issuers that were looked at",
            trust_asked: "Questions to other authorities for lists and OCSP answers",
            trust_list_until: "Until when the list of another authority is relied upon, unix seconds",
        }
    }

    /// Another part of the program counts something of its own.
    pub fn register(&self, name: &str, help: &str, metric: impl prometheus_client::registry::Metric) {
        self.registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .register(name, help, metric);
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a String does not fail.
        let _ = text::encode(&mut text, &registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
