//! Speaks with a portal over its own origin: claim, answers, cancel, and the tiles of its offices.

use std::sync::Once;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::card_request::{Answer, Cancelled, CardRequest, Claim, Verdict, WatchReport};
use wire::office::Offices;
use wire::problem::Problem;

use crate::origin::{Origin, Reach};

/// The lines to the portals: one for this computer, one for the network.
#[derive(Clone)]
pub(crate) struct Lines {
    loopback: reqwest::Client,
    network: reqwest::Client,
}

/// Why a portal gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortalFault {
    /// No connection came about, so nothing was sent.
    #[error("no connection to the portal")]
    Unreachable,
    /// The connection broke after something was sent; the portal may have taken it.
    #[error("the connection to the portal broke")]
    Broken,
    /// What came back is longer than any answer may be.
    #[error("the portal's answer is too long")]
    TooLong,
    /// What came back is not an answer of the exchange.
    #[error("the portal's answer cannot be read")]
    Unintelligible,
    /// The portal says no, in words.
    #[error("the portal answered {}", .0.code)]
    Said(Box<Problem>),
}

/// Why a report of a watched card was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportFault {
    /// Nobody wants to hear it any more.
    Over,
    /// It may be said again.
    Undelivered,
}

/// An agent's key for one request; never logged.
#[derive(Clone)]
pub(crate) struct RequestKey(String);

impl RequestKey {
    pub(crate) fn draw() -> Self {
        Self(crate::chance::token())
    }
}

impl Lines {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        PROVIDER.call_once(|| {
            // Another part of the process may have chosen the same provider before us.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        });
        let common = || {
            reqwest::Client::builder()
                .user_agent(concat!("kagimori-agent/", env!("CARGO_PKG_VERSION")))
                // The way back and every answer belong to one origin: nothing is followed elsewhere.
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT)
                .timeout(WHOLE)
        };
        Ok(Self {
            // A proxy has no way to a loopback that is ours.
            loopback: common().no_proxy().build()?,
            network: common().https_only(true).build()?,
        })
    }

    /// Takes a request for this agent. The same key may claim again.
    pub(crate) async fn claim(&self, portal: &Origin, id: &str, key: &RequestKey) -> Result<CardRequest, PortalFault> {
        let claim = Claim {
            protocol: wire::PROTOCOL,
            key: key.0.clone(),
        };
        self.post(portal, &format!("{id}/claim"), key, Some(&claim)).await
    }

    /// Answers a step. The same octets may be sent again when the connection broke.
    pub(crate) async fn answer(
        &self,
        portal: &Origin,
        id: &str,
        key: &RequestKey,
        step: u32,
        answer: &Answer,
    ) -> Result<Verdict, PortalFault> {
        self.post(portal, &format!("{id}/steps/{step}"), key, Some(answer))
            .await
    }

    /// Gives the request up.
    pub(crate) async fn cancel(&self, portal: &Origin, id: &str, key: &RequestKey) -> Result<Cancelled, PortalFault> {
        self.post::<(), _>(portal, &format!("{id}/cancel"), key, None).await
    }

    /// Tells where a watched card is.
    pub(crate) async fn report(
        &self,
        portal: &Origin,
        id: &str,
        key: &RequestKey,
        report: WatchReport,
    ) -> Result<(), ReportFault> {
        let request = self
            .to(portal)
            .post(format!("{portal}/api/v1/card-requests/{id}/watch"))
            .bearer_auth(&key.0)
            .timeout(REPORT)
            .json(&report);
        let answered = request.send().await.map_err(|_| ReportFault::Undelivered)?;
        match answered.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(ReportFault::Over),
            _ => Err(ReportFault::Undelivered),
        }
    }

    /// What the portal's offices offer.
    pub(crate) async fn offices(&self, portal: &Origin) -> Result<Offices, PortalFault> {
        let request = self.to(portal).get(format!("{portal}/api/v1/offices")).timeout(TILES);
        read(request).await
    }

    async fn post<Sent: Serialize, Got: DeserializeOwned>(
        &self,
        portal: &Origin,
        path: &str,
        key: &RequestKey,
        sent: Option<&Sent>,
    ) -> Result<Got, PortalFault> {
        let mut request = self
            .to(portal)
            .post(format!("{portal}/api/v1/card-requests/{path}"))
            .bearer_auth(&key.0);
        if let Some(sent) = sent {
            request = request.json(sent);
        }
        read(request).await
    }

    /// The line to a portal.
    pub(crate) fn to(&self, portal: &Origin) -> &reqwest::Client {
        match portal.reach() {
            Reach::Loopback => &self.loopback,
            Reach::Network => &self.network,
        }
    }
}

/// Sends a request and reads the answer, which is short.
pub(crate) async fn read<Got: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<Got, PortalFault> {
    let mut response = request.send().await.map_err(|cause| {
        if cause.is_connect() {
            PortalFault::Unreachable
        } else {
            PortalFault::Broken
        }
    })?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| PortalFault::Broken)? {
        if body.len() + chunk.len() > LONGEST {
            return Err(PortalFault::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    if response.status().is_success() {
        serde_json::from_slice(&body).map_err(|_| PortalFault::Unintelligible)
    } else {
        let problem = serde_json::from_slice(&body).map_err(|_| PortalFault::Unintelligible)?;
        Err(PortalFault::Said(Box::new(problem)))
    }
}

static PROVIDER: Once = Once::new();

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(20);
/// The start page does not wait longer for tiles.
const TILES: Duration = Duration::from_secs(3);
/// The next report is due soon.
const REPORT: Duration = Duration::from_secs(3);
/// A signed text is far shorter.
const LONGEST: usize = 256 * 1024;
