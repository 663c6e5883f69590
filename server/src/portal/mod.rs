//! The pages of the offices: server-rendered, working without script, and nothing decided in them (DESIGN, parts 4, 6).
//!
//! A page reads the session and the case, and sends commands to the desk. What it says stands in the catalogues, how it
//! looks in one style sheet.

pub(crate) mod acquisition;
mod ask;
mod asset;
pub(crate) mod bidding;
pub(crate) mod card_request;
pub(crate) mod console;
pub(crate) mod date;
pub(crate) mod fact;
pub(crate) mod form;
mod headers;
mod language;
pub(crate) mod limit;
pub(crate) mod lookup;
mod marked;
pub(crate) mod menu;
pub(crate) mod month;
pub(crate) mod organisation;
pub(crate) mod page;
mod paper;
mod passkey;
pub(crate) mod pin_reset;
mod purpose;
pub(crate) mod receipt;
pub(crate) mod refusal;
pub(crate) mod registration;
pub(crate) mod reissue;
mod remainder;
pub(crate) mod renewal;
pub(crate) mod revocation;
pub(crate) mod session;
mod view;
pub(crate) mod visit;

use axum::Router;
use axum::http::HeaderValue;
use axum::routing::{get, post};
use casework::time::Instant;
use std::sync::Arc;
use std::time::Duration;
use tower_http::limit::RequestBodyLimitLayer;

use wire::acquisition::Test;

pub use limit::Limits;

use crate::api;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::desk::{Client, Desk};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::Store;

/// All routes of the portal, the agent's included.
///
/// The server that mounts it puts `ConnectInfo<SocketAddr>` into each request, for the budgets of [`Limits`].
pub fn router(portal: Portal) -> Router {
    let pages = Router::new()
        .route("/", get(menu::offices))
        .route("/language", post(menu::language))
        .route("/{office}", get(menu::office))
        .route("/{office}/paper", get(paper::page))
        .route("/{office}/paper/notice", post(paper::notice))
        .route("/receipt", get(lookup::blank).post(lookup::look))
        .route("/receipt/{number}", get(lookup::page).post(lookup::look))
        .nest("/{office}/acquisition", acquisition::routes())
        .nest("/{office}/revocation", revocation::routes())
        .nest("/{office}/registration", registration::routes())
        .nest("/{office}/renewal", renewal::routes())
        .nest("/{office}/pin-reset", pin_reset::routes())
        .nest("/{office}/reissue", reissue::routes())
        .nest("/{office}/applications", reissue::applications())
        .nest("/{office}", bidding::routes().merge(organisation::routes()));
    let most = |octets| RequestBodyLimitLayer::new(octets);
    let holders = Router::new()
        .merge(pages)
        .route("/static/{name}", get(asset::serve))
        .fallback(menu::nothing)
        .layer(most(portal.site().body_octets));
    Router::new()
        .merge(holders)
        .nest("/console", console::routes().layer(most(console::MOST_OCTETS)))
        // Each operation has a bound of its own.
        .nest("/api/v1", api::routes())
        .layer(axum::middleware::from_fn(api::problems_below))
        .layer(axum::middleware::from_fn(|request, next| {
            remainder::read(request, next, console::MOST_OCTETS)
        }))
        .layer(axum::middleware::from_fn_with_state(portal.clone(), headers::add))
        .with_state(portal)
}

/// What the pages work with. Cheap to clone.
#[derive(Clone)]
pub struct Portal(Arc<Inner>, Desk);

/// How the portal is reached, and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The portal's origin as browsers name it, for example `https://ca.example.jp`: no path, no trailing slash.
    pub origin: String,
    /// The agent's origin, `http://127.0.0.1:24817` unless a test runs it elsewhere.
    pub agent: String,
    /// Seconds without a request after which a session ends.
    pub idle: i64,
    /// Seconds after which a session ends in any case.
    pub longest: i64,
    /// Seconds for which a relying party may go on using an OCSP answer (`max-age`); the receipt says so.
    pub ocsp_max_age: u32,
    /// How often one may knock.
    pub limits: Limits,
    /// How a terminal's certificate is tested when it was brought to its key, where there is a door for that.
    pub installed: Option<Test>,
    /// The largest body of a holder's request, and of the agent's, in octets. Officers send longer ones.
    pub body_octets: usize,
}

struct Inner {
    site: Site,
    policy: HeaderValue,
    gauge: limit::Gauge,
}

impl Site {
    /// A site with the house's usual limits.
    pub fn at(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            agent: format!("http://127.0.0.1:{}", wire::AGENT_PORT),
            idle: 15 * 60,
            longest: 12 * 3_600,
            ocsp_max_age: 300,
            limits: Limits::default(),
            installed: None,
            body_octets: BODY_LIMIT,
        }
    }

    /// Whether browsers reach it by TLS. Plain HTTP is for loopback only (DESIGN, part 4).
    pub fn secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

impl Portal {
    /// The portal of a desk and its offices.
    pub fn new(desk: Desk, site: Site) -> Result<Self, Bug> {
        let policy = headers::content_security_policy(&site.agent);
        let policy = HeaderValue::from_str(&policy).map_err(|_| Bug(format!("{:?} is no origin", site.agent)))?;
        let gauge = limit::Gauge::new(site.limits);
        Ok(Self(Arc::new(Inner { site, policy, gauge }), desk))
    }

    /// The same portal, for a visitor from there: what the visit does says so in the audit.
    pub(crate) fn asked_from(&self, client: Client) -> Self {
        Self(Arc::clone(&self.0), self.1.asked_from(client))
    }

    pub(crate) fn offices(&self) -> Arc<[Arc<Office>]> {
        self.desk().offices()
    }

    pub(crate) fn office(&self, id: &str) -> Option<Arc<Office>> {
        self.desk().office(id)
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.1
    }

    pub(crate) fn store(&self) -> &Store {
        self.1.store()
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.1.clock()
    }

    pub(crate) fn chance(&self) -> &Chance {
        self.1.chance()
    }

    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    pub(crate) fn gauge(&self) -> &limit::Gauge {
        &self.0.gauge
    }

    fn content_security_policy(&self) -> HeaderValue {
        self.0.policy.clone()
    }
}

/// Removes the sessions that have ended, with everything that was typed in them, and the card requests that can no longer
/// be answered. Run now and then, on any node; running it twice does no harm.
pub async fn sweep(store: &Store, idle: Duration, longest: Duration, now: Instant) -> Result<(), Fault> {
    let before = |age: Duration| now.plus_seconds(-i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
    store.end_idle_sessions(before(idle), before(longest)).await?;
    store.forget_card_requests(before(longest)).await?;
    store.forget_drafts(before(DRAFTS)).await?;
    store.forget_requests(now.plus_seconds(-api::KEPT_FOR)).await?;
    store.forget_old_tries(before(TRIES)).await?;
    store.forget_begun(now.plus_seconds(-api::KEPT_FOR)).await?;
    Ok(())
}

/// How long an officer's unfinished copy of a paper waits: over a long weekend.
const DRAFTS: Duration = Duration::from_hours(5 * 24);
/// How long a failed proof of a company counts.
const TRIES: Duration = Duration::from_hours(24);
/// Octets that a form or an answer of the agent may have.
const BODY_LIMIT: usize = 64 << 10;
