//! A node: its roles, its listeners, and its orderly end.

mod listener;
mod patient;
mod ready;
mod site;
mod tls;
mod upkeep;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use wire::acquisition::Test;

use crate::alarm::{self, Watch};
use crate::audit::{heads, note};
use crate::authority::AuthorityFault;
use crate::authority::address::Addresses;
use crate::authority::crl::Period;
use crate::authority::issue::{Certifying, Registrar};
use crate::authority::keyring::Keyring;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{Config, Limits, Listen, Serves};
use crate::desk::Desk;
use crate::desk::offices::{self, Unopened};
use crate::enrolment::{Enrolment, INSTALLED};
use crate::errand::Errands;
use crate::errand::mail::{Smtp, SmtpFault};
use crate::fault::{Bug, Fault};
use crate::metrics::Metrics;
use crate::portal::{self, Portal};
use crate::store::{OpenFault, Store, StoreAddress};
use crate::trust::Trust;
use crate::validation::{self, Validation};
use listener::Listener;
use ready::Ready;
pub use site::RequestId;
use site::{RequestIds, Site};
use upkeep::Upkeep;

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Pages and API.
    Portal,
    /// OCSP and CRLs.
    Validation,
    /// Mails, and the lists that come due.
    Errands,
}

/// The roles of a node; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// All of them.
    pub fn all() -> Self {
        Self([Role::Portal, Role::Validation, Role::Errands].into())
    }

    /// Whether the node plays this one.
    pub fn plays(&self, role: Role) -> bool {
        self.0.contains(&role)
    }
}

/// Not a list of roles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role; the roles are portal, validation and errands, separated by commas")]
pub struct NotARole(String);

impl FromStr for Roles {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        let role = |word: &str| match word.trim() {
            "portal" => Ok(Role::Portal),
            "validation" => Ok(Role::Validation),
            "errands" => Ok(Role::Errands),
            other => Err(NotARole(other.to_owned())),
        };
        text.split(',').map(role).collect::<Result<_, _>>().map(Self)
    }
}

/// Why a node does not start. Each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The port is taken, or may not be used.
    #[error("cannot listen on {address}: {reason}; change `address` under [[listen]] or stop what listens there")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The system's words.
        reason: String,
    },
    /// A TLS file is wrong.
    #[error("the TLS file {} cannot be used: {reason}", file.display())]
    Tls {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The data directory cannot be made.
    #[error("the data directory {} cannot be used: {reason}", place.display())]
    DataDir {
        /// Which.
        place: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The address of the store.
    #[error("`store.url`: {0}")]
    Address(#[from] crate::store::NotAStore),
    /// The store does not open, or must not be served.
    #[error(transparent)]
    Store(#[from] OpenFault),
    /// The database has forgotten a list that lies published beside it (THREATS A28).
    #[error(
        "the database is older than the list {number} of {authority} that this node has published; restore a later backup, \
         or enter what is missing with `kagimori restore --replay` ({})", place.display()
    )]
    OlderThanPublished {
        /// Whose list.
        authority: String,
        /// Its number.
        number: i64,
        /// The file that remembers.
        place: PathBuf,
    },
    /// An office's stored text is wrong.
    #[error("{0}; load it again with `kagimori office load`")]
    Office(#[from] Unopened),
    /// An office has chosen to compare faces by what cannot be used.
    #[error("the office {office}: {why}; mend it, or load the office again with `kagimori office load`")]
    Faces {
        /// Which.
        office: String,
        /// Why.
        why: crate::face::Unusable,
    },
    /// An authority cannot work.
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    /// There is no way to send mails.
    #[error(transparent)]
    Mail(#[from] SmtpFault),
    /// The pages cannot be put together.
    #[error(transparent)]
    Bug(#[from] Bug),
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A node that serves. Dropping it ends nothing: call [`Running::stop`].
pub struct Running {
    listening: Listening,
    validation: Option<Arc<Validation>>,
    registrar: Registrar,
    metrics: Metrics,
    /// Aborted at the end: each of them may be killed at any moment.
    work: JoinSet<()>,
}

/// Starts nodes.
pub struct Server;

impl Server {
    /// Opens everything, in the order in which it protects: the store beside its journal, what a crash left, the lists
    /// that are overdue, and only then the listeners.
    pub async fn start(config: Config, roles: Roles, clock: Clock, chance: Chance) -> Result<Running, StartFault> {
        let keyring = Keyring::new(config.keys.passphrase.clone());
        Self::start_with(keyring, config, roles, clock, chance).await
    }

    /// The same with a keyring that this process has used already: what is open in it is not opened again.
    pub async fn start_with(
        keyring: Keyring,
        config: Config,
        roles: Roles,
        clock: Clock,
        chance: Chance,
    ) -> Result<Running, StartFault> {
        // A taken port is found before anything else is touched; nobody is accepted before the end of this function.
        let mut sockets = Vec::new();
        for listen in config.listen.iter().filter(|listen| is_of_use(listen, &roles)) {
            sockets.push((
                bind(listen).await?,
                listen.clone(),
                listen
                    .tls
                    .as_ref()
                    .map(|files| tls::acceptor(files, listen.serves(Serves::Enrolment)))
                    .transpose()?,
            ));
        }
        let writes = roles.plays(Role::Portal) || roles.plays(Role::Errands);
        let store = if writes {
            open(&config, &chance).await?
        } else {
            open_beside(&config, &chance).await?
        };
        let metrics = Metrics::new();
        let mut registrar = registrar_with(keyring, &config, store.clone(), clock.clone(), chance.clone()).await?;
        let trust = Trust::new(
            &config.trust,
            store.clone(),
            clock.clone(),
            chance.clone(),
            metrics.clone(),
        );
        registrar.desk = registrar.desk.trusting(trust.clone());
        let mut work = JoinSet::new();
        work.spawn(registrar.desk.clone().follow_offices());
        if writes {
            work.spawn(trust.keep_in_stock(registrar.desk.clone()));
        }
        if roles.plays(Role::Errands) || roles.plays(Role::Validation) {
            registrar.keyring.open_all(&store).await?;
        }
        if roles.plays(Role::Errands) {
            let period = Period {
                lives: config.validation.crl_lives,
                every: config.validation.crl_every,
            };
            let mut upkeep = Upkeep::new(registrar.clone(), period, metrics.clone(), config.portal.clone());
            Box::pin(upkeep.begin()).await?;
            work.spawn(upkeep.keep_up());
            let errands = Errands::new(registrar.clone(), period, Arc::new(Smtp::new(&config.mail)?));
            work.spawn(errands.keep_running());
            let watch = Watch::new(
                config.clone(),
                registrar.desk.clone(),
                metrics.clone(),
                alarm::node_name(),
            );
            work.spawn(watch.keep_watching());
        }
        let validation = if roles.plays(Role::Validation) {
            let validation = Arc::new(Validation::new(
                config.validation.clone(),
                &config.data_dir,
                clock.clone(),
                metrics.clone(),
            ));
            let follower = Box::pin(validation::follow(
                Arc::clone(&validation),
                store.clone(),
                registrar.keyring.clone(),
            ))
            .await?;
            work.spawn(follower.keep_looking());
            Some(validation)
        } else {
            None
        };
        if roles.plays(Role::Portal)
            && let Some((office, why)) = registrar.desk.unusable_faces().await?
        {
            return Err(StartFault::Faces { office, why });
        }
        let portal = roles
            .plays(Role::Portal)
            .then(|| portal(&config, &registrar))
            .transpose()?;
        let enrolment = roles
            .plays(Role::Portal)
            .then(|| Enrolment::new(registrar.desk.clone()));
        let site = Arc::new(Site {
            portal,
            enrolment,
            validation: validation.clone(),
            metrics: metrics.clone(),
            ready: Ready::new(Some(store)),
            ids: RequestIds::new(chance.octets()),
        });
        let listening = listen(sockets, site, &config.limits);
        Ok(Running {
            listening,
            validation,
            registrar,
            metrics,
            work,
        })
    }

    /// Serves relying parties alone, with no store behind it: what a bench measures. Whoever calls it tells `validation`
    /// of authorities and certificates.
    pub async fn answer_only(
        listen_at: Listen,
        limits: Limits,
        validation: Arc<Validation>,
        chance: Chance,
    ) -> Result<Listening, StartFault> {
        let socket = bind(&listen_at).await?;
        let site = Site {
            portal: None,
            enrolment: None,
            metrics: validation.metrics.clone(),
            validation: Some(validation),
            ready: Ready::new(None),
            ids: RequestIds::new(chance.octets()),
        };
        Ok(listen(vec![(socket, listen_at, None)], Arc::new(site), &limits))
    }
}

/// Listeners at work.
pub struct Listening {
    bound: Vec<(SocketAddr, Listen)>,
    stopping: watch::Sender<bool>,
    slots: Arc<Semaphore>,
    connections: u32,
    listeners: JoinSet<()>,
}

impl Listening {
    /// The first address where this is served.
    pub fn address(&self, serves: Serves) -> Option<SocketAddr> {
        self.bound
            .iter()
            .find(|(_, listen)| listen.serves(serves))
            .map(|(address, _)| *address)
    }

    /// Accepts nobody any more and lets requests come to their end for a while.
    pub async fn stop(mut self) {
        // Nobody listens any more only if every listener has ended by itself.
        let _ = self.stopping.send(true);
        while self.listeners.join_next().await.is_some() {}
        let ended = tokio::time::timeout(LAST_WORDS, self.slots.acquire_many(self.connections)).await;
        if ended.is_err() {
            tracing::warn!("some connections did not end in time and were cut");
        }
    }
}

fn listen(sockets: Vec<(TcpListener, Listen, Option<TlsAcceptor>)>, site: Arc<Site>, limits: &Limits) -> Listening {
    let (stopping, stop) = watch::channel(false);
    let connections = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (mut bound, mut listeners) = (Vec::new(), JoinSet::new());
    for (socket, listen, tls) in sockets {
        let address = socket.local_addr().unwrap_or(listen.address);
        tracing::info!(%address, tls = tls.is_some(), "listening");
        bound.push((address, listen.clone()));
        let listener = Listener {
            listen,
            tls,
            site: Arc::clone(&site),
            limits: limits.clone(),
            slots: Arc::clone(&slots),
            stopping: stop.clone(),
        };
        listeners.spawn(listener.serve(socket));
    }
    Listening {
        bound,
        stopping,
        slots,
        connections,
        listeners,
    }
}

impl Running {
    /// The first address where this is served.
    pub fn address(&self, serves: Serves) -> Option<SocketAddr> {
        self.listening.address(serves)
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.registrar.desk
    }

    /// Who issues.
    pub fn registrar(&self) -> &Registrar {
        &self.registrar
    }

    /// What is answered to relying parties, if this node does.
    pub fn validation(&self) -> Option<&Arc<Validation>> {
        self.validation.as_ref()
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Accepts nobody any more, lets requests come to their end for a while, and closes the store.
    pub async fn stop(mut self) {
        self.listening.stop().await;
        self.work.shutdown().await;
        self.registrar.desk.store().close().await;
    }
}

/// Opens the store of a configuration and makes the data directory if it is not there.
pub async fn open(config: &Config, chance: &Chance) -> Result<Store, StartFault> {
    let address = prepared(config, chance)?;
    checked(Store::open(&address, &config.data_dir, chance).await?, config).await
}

/// The same beside a node that works on the same store: for a node that only answers relying parties.
pub async fn open_beside(config: &Config, chance: &Chance) -> Result<Store, StartFault> {
    let address = prepared(config, chance)?;
    checked(Store::open_beside(&address, &config.data_dir, chance).await?, config).await
}

fn prepared(config: &Config, chance: &Chance) -> Result<StoreAddress, StartFault> {
    std::fs::create_dir_all(&config.data_dir).map_err(|fault| unusable(config, &fault))?;
    // The log of the audit is named after the site. A key that is there already keeps its name.
    let origin = config.portal.origin.as_str();
    let name = origin.split_once("://").map_or(origin, |(_, name)| name);
    note::Key::open_or_make(&config.data_dir.join(heads::KEY_FILE), name, chance)
        .map_err(|fault| unusable(config, &fault))?;
    Ok(config.store.parse()?)
}

/// Refuses a database that has forgotten what this node has told the world.
async fn checked(store: Store, config: &Config) -> Result<Store, StartFault> {
    let published = validation::crl::published(&config.data_dir).map_err(|fault| unusable(config, &fault))?;
    for validation::crl::Published { name, number, place } in published {
        if !store.knows_crl(&name.authority, number).await? {
            return Err(StartFault::OlderThanPublished {
                authority: name.authority.0,
                number,
                place,
            });
        }
    }
    Ok(store)
}

fn unusable(config: &Config, fault: &std::io::Error) -> StartFault {
    StartFault::DataDir {
        place: config.data_dir.clone(),
        reason: fault.to_string(),
    }
}

/// Who issues for the authorities of a configuration.
pub async fn registrar(config: &Config, store: Store, clock: Clock, chance: Chance) -> Result<Registrar, StartFault> {
    let keyring = Keyring::new(config.keys.passphrase.clone());
    registrar_with(keyring, config, store, clock, chance).await
}

async fn registrar_with(
    keyring: Keyring,
    config: &Config,
    store: Store,
    clock: Clock,
    chance: Chance,
) -> Result<Registrar, StartFault> {
    let offices = offices::read(&store.offices().await?)?;
    let certifying = Certifying::new(
        keyring,
        Addresses::new(&config.validation.url),
        config.validation.crl_shards,
    );
    let desk = Desk::new(store, clock, chance, offices)
        .reached_at(&config.portal.origin)
        .certifying(certifying.clone());
    Ok(certifying.registrar(&desk))
}

/// The pages, with what protects every one of them: a panic is one visitor's 500.
fn portal(config: &Config, registrar: &Registrar) -> Result<axum::Router, Bug> {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let site = portal::Site {
        origin: config.portal.origin.clone(),
        agent: config.portal.agent.clone(),
        idle: seconds(config.portal.idle),
        longest: seconds(config.portal.session),
        ocsp_max_age: u32::try_from(config.validation.max_age.as_secs()).unwrap_or(u32::MAX),
        limits: portal::Limits::default(),
        installed: installed(config),
        body_octets: config.limits.body_octets,
    };
    Ok(portal::router(Portal::new(registrar.desk.clone(), site)?)
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(axum::middleware::from_fn(crate::api::problems_below)))
}

/// How a terminal's certificate is tested: at the portal's own host, where the first door over TLS listens. Nothing else of
/// that connection is to be trusted beside what computers trust but what the door itself brings above its certificate.
fn installed(config: &Config) -> Option<Test> {
    let is_door = |listen: &&Listen| listen.serves(Serves::Enrolment) && listen.address.port() != 0;
    let (listen, files) = config
        .listen
        .iter()
        .filter(is_door)
        .find_map(|listen| Some((listen, listen.tls.as_ref()?)))?;
    let origin: axum::http::Uri = config.portal.origin.parse().ok()?;
    Some(Test {
        address: format!("https://{}:{}{INSTALLED}", origin.host()?, listen.address.port()),
        anchors: tls::above(files)
            .iter()
            .map(|above| URL_SAFE_NO_PAD.encode(above))
            .collect(),
    })
}

fn is_of_use(listen: &Listen, roles: &Roles) -> bool {
    listen.serves.iter().any(|serves| match serves {
        Serves::Portal | Serves::Enrolment => roles.plays(Role::Portal),
        Serves::Validation => roles.plays(Role::Validation),
        Serves::Metrics => true,
    })
}

async fn bind(listen: &Listen) -> Result<TcpListener, StartFault> {
    TcpListener::bind(listen.address)
        .await
        .map_err(|fault| StartFault::Listen {
            address: listen.address,
            reason: fault.to_string(),
        })
}

/// How long requests may take to end when the node stops.
const LAST_WORDS: Duration = Duration::from_secs(10);
