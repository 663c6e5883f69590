//! One question over plain HTTP, bounded in time, octets, redirects and in whom it may reach.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Why;
use super::network::{Network, may_be_asked};
use crate::config;

/// How others are asked.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    /// The whole question, redirects included.
    within: Duration,
    /// Octets of a list.
    largest: usize,
    /// Networks that are asked although they are not public.
    private: Vec<Network>,
}

/// Drives a connection, and ends it when it is let go.
type Connection = JoinSet<()>;

/// What is at an address.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// This, with the tag that names it.
    Content(Bytes, Option<String>),
    /// What was there before.
    Unchanged,
}

impl Fetcher {
    pub(crate) fn new(policy: &config::Trust) -> Self {
        Self {
            within: policy.within,
            largest: policy.largest,
            private: policy.private.clone(),
        }
    }

    /// The content of an address; `known` is the tag of what is here already.
    pub(crate) async fn list(&self, url: &str, known: Option<&str>) -> Result<Fetched, Why> {
        self.bounded(async {
            let mut uri = parsed(url)?;
            for _ in 0..=REDIRECTS {
                let mut request = Request::builder()
                    .method(Method::GET)
                    .header(ACCEPT, "application/pkix-crl, */*");
                if let Some(known) = known {
                    request = request.header(IF_NONE_MATCH, known);
                }
                let (response, connection) = self.ask(&uri, request, Bytes::new()).await?;
                match response.status() {
                    StatusCode::NOT_MODIFIED if known.is_some() => return Ok(Fetched::Unchanged),
                    status if status.is_redirection() => uri = onwards(&uri, &response)?,
                    _ => {
                        let tag = response
                            .headers()
                            .get(ETAG)
                            .and_then(|tag| tag.to_str().ok())
                            .map(str::to_owned);
                        return Ok(Fetched::Content(read(response, connection, self.largest).await?, tag));
                    }
                }
            }
            Err(Why::Redirects)
        })
        .await
    }

    /// A responder's answer. It is not asked elsewhere when it says so.
    pub(crate) async fn answer(&self, url: &str, question: Vec<u8>) -> Result<Bytes, Why> {
        self.bounded(async {
            let request = Request::builder()
                .method(Method::POST)
                .header(CONTENT_TYPE, "application/ocsp-request")
                .header(ACCEPT, "application/ocsp-response");
            let (response, connection) = self.ask(&parsed(url)?, request, Bytes::from(question)).await?;
            read(response, connection, LARGEST_ANSWER).await
        })
        .await
    }

    async fn bounded<T>(&self, question: impl Future<Output = Result<T, Why>>) -> Result<T, Why> {
        tokio::time::timeout(self.within, question)
            .await
            .unwrap_or(Err(Why::Slow))
    }

    async fn ask(
        &self,
        uri: &Uri,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<(Response<Incoming>, Connection), Why> {
        let stream = self.connected(uri).await?;
        let (mut sender, driven) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(unreachable)?;
        let host = uri.authority().ok_or_else(|| Why::Address(uri.to_string()))?.as_str();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = request
            .uri(path)
            .header(HOST, host)
            .header(USER_AGENT, concat!("kagimori/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(body))
            .map_err(unreachable)?;
        let mut connection = Connection::new();
        connection.spawn(async move {
            // What it failed of is told to whoever waits for the answer.
            let _ = driven.await;
        });
        let response = sender.send_request(request).await.map_err(unreachable)?;
        Ok((response, connection))
    }

    /// Connects to an address that was looked at, and not to a name that may mean another one by then.
    async fn connected(&self, uri: &Uri) -> Result<TcpStream, Why> {
        let host = uri.host().ok_or_else(|| Why::Address(uri.to_string()))?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, uri.port_u16().unwrap_or(80)))
            .await
            .map_err(unreachable)?
            .collect();
        let allowed = found
            .iter()
            .filter(|address| may_be_asked(address.ip(), &self.private))
            .take(MOST_ADDRESSES);
        let mut last = Why::Inside(host.to_owned());
        for address in allowed {
            match tokio::time::timeout(self.within / 2, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(why)) => last = unreachable(why),
                Err(_) => last = Why::Slow,
            }
        }
        Err(last)
    }
}

fn parsed(url: &str) -> Result<Uri, Why> {
    url.parse::<Uri>()
        .ok()
        .filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
        .ok_or_else(|| Why::Address(url.to_owned()))
}

/// Where a redirect leads: another `http` address, or another path there.
fn onwards(from: &Uri, response: &Response<Incoming>) -> Result<Uri, Why> {
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .ok_or(Why::Status(response.status().as_u16()))?;
    match from.authority() {
        Some(authority) if location.starts_with('/') && !location.starts_with("//") => {
            parsed(&format!("http://{authority}{location}"))
        }
        _ => parsed(location),
    }
}

async fn read(response: Response<Incoming>, connection: Connection, most: usize) -> Result<Bytes, Why> {
    if response.status() != StatusCode::OK {
        return Err(Why::Status(response.status().as_u16()));
    }
    let announced = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(Why::TooLarge);
    }
    let body = Limited::new(response.into_body(), most).collect().await;
    drop(connection);
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(why) if why.is::<LengthLimitError>() => Err(Why::TooLarge),
        Err(why) => Err(unreachable(why)),
    }
}

fn unreachable(why: impl std::fmt::Display) -> Why {
    Why::Unreachable(why.to_string())
}

/// A mirror and a move; more is a circle.
const REDIRECTS: usize = 3;

/// A name with more addresses than these is asked at the first ones.
const MOST_ADDRESSES: usize = 4;

/// An answer with a chain of certificates has 10 kB.
const LARGEST_ANSWER: usize = 64 << 10;
