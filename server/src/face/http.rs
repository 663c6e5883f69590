//! A vendor's service that compares faces (docs/face-match.md has the contract).
//!
//! It is asked over TLS at one address that the operator wrote down, bounded in time and octets, and never elsewhere when it
//! says so. It gets both faces and the mark of the question: no name, no number, no address.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used))]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casework::evidence::Comparison;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::picture::Picture;
use super::{NotCompared, Unusable, WITHIN, thousandths};
use crate::fault::Bug;

/// A vendor, as it is asked.
pub(super) struct Vendor {
    host: String,
    port: u16,
    authority: String,
    path: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    authorization: Option<HeaderValue>,
    threshold: u16,
    /// The whole question.
    within: Duration,
}

#[derive(Serialize)]
struct Question<'a> {
    request: &'a str,
    card: &'a str,
    capture: &'a str,
}

/// Whatever else a vendor says is not looked at.
#[derive(Deserialize)]
struct Answer {
    faces: Faces,
    score: Option<f32>,
    threshold: Option<f32>,
    version: String,
}

#[derive(Deserialize)]
struct Faces {
    card: u32,
    capture: u32,
}

impl Vendor {
    pub(super) fn open(
        url: &str,
        token: Option<&Path>,
        trust: Option<&Path>,
        threshold: u16,
    ) -> Result<Self, Unusable> {
        let wrong = |why: &str| Unusable(format!("{url}: {why}"));
        let uri: Uri = url.parse().map_err(|_| wrong("it is no address"))?;
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
            return Err(wrong("it is no address"));
        };
        if authority.as_str().contains('@') {
            return Err(wrong("a secret does not stand in an address; name a file with `token`"));
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (tls, usual) = match uri.scheme_str() {
            Some("https") => {
                let name = ServerName::try_from(bare.clone()).map_err(|_| wrong("its name is none for TLS"))?;
                (Some((connector(trust)?, name)), 443)
            }
            // Faces cross no network in clear.
            Some("http") if matches!(bare.as_str(), "127.0.0.1" | "::1" | "localhost") => (None, 80),
            _ => return Err(wrong("wanted: https, or http on this machine")),
        };
        let authorization = token.map(bearer).transpose()?;
        Ok(Self {
            host: bare,
            port: uri.port_u16().unwrap_or(usual),
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            tls,
            authorization,
            threshold,
            within: WITHIN,
        })
    }

    pub(super) async fn compare(
        &self,
        card: Picture,
        capture: Picture,
        request: &str,
    ) -> Result<Comparison, NotCompared> {
        let question = question(&card, &capture, request)?;
        drop((card, capture));
        let answer = tokio::time::timeout(self.within, self.ask(question))
            .await
            .unwrap_or_else(|_| Err(down("it did not answer in time")))?;
        self.judged(&answer)
    }

    async fn ask(&self, question: Bytes) -> Result<Bytes, NotCompared> {
        let mut connection = JoinSet::new();
        let connecting = async {
            let stream = TcpStream::connect((self.host.as_str(), self.port))
                .await
                .map_err(|why| down(&format!("it cannot be reached: {}", why.kind())))?;
            match &self.tls {
                None => sender(stream, &mut connection).await,
                Some((connector, name)) => {
                    let stream = connector
                        .connect(name.clone(), stream)
                        .await
                        .map_err(|_| down("TLS was not agreed upon"))?;
                    sender(stream, &mut connection).await
                }
            }
        };
        let mut sender = tokio::time::timeout(CONNECTED_WITHIN, connecting)
            .await
            .unwrap_or_else(|_| Err(down("it cannot be reached in time")))?;
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("kagimori/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(question)).map_err(|why| Bug(why.to_string()))?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|_| down("the connection broke"))?;
        // A redirect is no answer either: faces go to the address that the operator wrote down.
        if response.status() != StatusCode::OK {
            return Err(down(&format!("it answered {}", response.status().as_u16())));
        }
        let body = Limited::new(response.into_body(), LARGEST_ANSWER)
            .collect()
            .await
            .map_err(|_| down("its answer is too long, or broke off"))?;
        Ok(body.to_bytes())
    }

    fn judged(&self, answer: &[u8]) -> Result<Comparison, NotCompared> {
        // What was wrong with it is not told with its own words: they may quote what was asked.
        let answer: Answer = serde_json::from_slice(answer).map_err(|_| down("its answer cannot be understood"))?;
        let version = answer.version;
        if version.is_empty()
            || version.len() > LONGEST_VERSION
            || !version.bytes().all(|octet| octet.is_ascii_graphic())
        {
            return Err(down("its answer names no version"));
        }
        match (answer.faces.card, answer.faces.capture) {
            (0, _) => return Err(NotCompared::CardFace),
            (_, 0) => return Err(NotCompared::NoFace),
            (_, 2..) => return Err(NotCompared::Several),
            (_, 1) => {}
        }
        let share = |number: f32| (0.0..=1.0).contains(&number).then(|| thousandths(number));
        let score = answer
            .score
            .and_then(share)
            .ok_or_else(|| down("its answer has no score"))?;
        // A vendor may ask for more than the office does, and never for less.
        let threshold = match answer.threshold.map(share) {
            None => self.threshold,
            Some(Some(own)) => self.threshold.max(own),
            Some(None) => return Err(down("its threshold is none")),
        };
        Ok(Comparison {
            score,
            threshold,
            provider: "http".to_owned(),
            version,
        })
    }
}

/// The whole question. The text that holds both pictures is handed on as it is, and overwritten by nobody: it lives for the
/// question, in the memory of the connection.
fn question(card: &Picture, capture: &Picture, request: &str) -> Result<Bytes, NotCompared> {
    let card = Zeroizing::new(STANDARD.encode(card.jpeg()?));
    let capture = Zeroizing::new(STANDARD.encode(capture.jpeg()?));
    let question = Question {
        request,
        card: &card,
        capture: &capture,
    };
    let text = serde_json::to_vec(&question).map_err(|why| Bug(why.to_string()))?;
    Ok(Bytes::from(text))
}

async fn sender<S>(stream: S, connection: &mut JoinSet<()>) -> Result<SendRequest<Full<Bytes>>, NotCompared>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, driven) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| down("the connection broke"))?;
    connection.spawn(async move {
        // What it failed of is told to whoever waits for the answer.
        let _ = driven.await;
    });
    Ok(sender)
}

/// TLS under the certificates of a file, or those that the system trusts.
fn connector(trust: Option<&Path>) -> Result<TlsConnector, Unusable> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = trust {
        let wrong = |why: String| Unusable(format!("{}: {why}", file.display()));
        for certificate in CertificateDer::pem_file_iter(file).map_err(|why| wrong(why.to_string()))? {
            let certificate = certificate.map_err(|why| wrong(why.to_string()))?;
            roots.add(certificate).map_err(|why| wrong(why.to_string()))?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(Unusable(
            "there is no certificate under which TLS could be trusted".to_owned(),
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| Unusable(why.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn bearer(file: &Path) -> Result<HeaderValue, Unusable> {
    let wrong = |why: &str| Unusable(format!("{}: {why}", file.display()));
    let text = Zeroizing::new(std::fs::read_to_string(file).map_err(|why| wrong(&why.to_string()))?);
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(wrong("wanted: one line of printable ASCII"));
    }
    let whole = Zeroizing::new(format!("Bearer {token}"));
    let mut value = HeaderValue::from_str(&whole).map_err(|_| wrong("wanted: one line of printable ASCII"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn down(why: &str) -> NotCompared {
    NotCompared::Down {
        why: format!("the service for faces: {why}"),
    }
}

/// Name, connection and TLS.
const CONNECTED_WITHIN: Duration = Duration::from_secs(2);
/// Octets of an answer; one has some hundred.
const LARGEST_ANSWER: usize = 64 << 10;
/// Octets of a version.
const LONGEST_VERSION: usize = 100;

#[cfg(test)]
#[path = "http_test.rs"]
mod tests;
