//! The addresses in our certificates, asked as a relying party asks them.

use std::time::Duration;

use casework::identity::Authority as Name;
use casework::time::Instant;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use pki::certificate::Certificate;
use pki::crl::Crl;
use pki::ocsp::{self, HashAlgorithm, IssuerId, Status};
use tokio::net::TcpStream;

use super::{Finding, State, What, span};
use crate::config::Config;
use crate::fault::Fault;
use crate::store::Store;

/// The lists and the responder that the latest certificate of an authority names, and the lists of its other shards.
pub(super) async fn examine(
    config: &Config,
    store: &Store,
    (name, own): (&Name, &Certificate),
    now: Instant,
) -> Result<Vec<Finding>, Fault> {
    let latest = store.certificates(name, None).await?;
    let named = |certificate: &Certificate| !certificate.crl_urls().is_empty();
    let found = latest
        .iter()
        .filter_map(|(_, row)| Certificate::parse(row.der.as_deref()?).ok())
        .find(named);
    let Some(certificate) = found else {
        let says = "no certificate that names an address was issued yet";
        return Ok(vec![Finding::ok(What::List, name.0.clone(), says)]);
    };
    let mut findings = Vec::new();
    for url in addresses(store, name, &certificate).await? {
        findings.push(list(&url, own, config, now).await);
    }
    for url in certificate.ocsp_urls() {
        findings.push(status(url, own, &certificate, (store, name), now).await?);
    }
    Ok(findings)
}

/// The certificate's own, and the same with the number of every published shard.
async fn addresses(store: &Store, name: &Name, certificate: &Certificate) -> Result<Vec<String>, Fault> {
    let mut urls = certificate.crl_urls().to_vec();
    for (authority, shard, _) in store.published_crl_numbers().await? {
        let base = certificate.crl_urls().first().and_then(|url| url.rsplit_once('/'));
        if let Some((base, _)) = base
            && authority == *name
        {
            urls.push(format!("{base}/{}.crl", shard.0));
        }
    }
    urls.sort();
    urls.dedup();
    Ok(urls)
}

async fn list(url: &str, own: &Certificate, config: &Config, now: Instant) -> Finding {
    let fetched = match fetch(Method::GET, url, Vec::new()).await {
        Ok(octets) => Crl::parse(&octets).map_err(|why| why.to_string()),
        Err(why) => Err(why),
    };
    let list = match fetched {
        Ok(list) => list,
        Err(why) => return failed(What::List, url, &format!("no list is fetched there: {why}"), UNREACHED),
    };
    if list.verify_signed_by(own).is_err() {
        return failed(
            What::List,
            url,
            "the list there is not signed by this authority",
            FOREIGN,
        );
    }
    let end = list.next_update().unwrap_or(list.this_update());
    let (life, left) = (end - list.this_update(), end - now.0);
    if left <= 0 {
        return failed(
            What::List,
            url,
            "the list there has ended: relying parties refuse every certificate",
            LATE,
        );
    }
    let says = format!("the list is good for {} more", span(left));
    // In percent of its whole life. A list is made anew at its half: a quarter of an hour is left for that.
    if left * 100 + GRACE * 100 < life * i64::from(config.alarms.list_percent) {
        return Finding::of(What::List, url, State::Warning, says, LATE);
    }
    Finding::ok(What::List, url, says)
}

async fn status(
    url: &str,
    own: &Certificate,
    certificate: &Certificate,
    (store, name): (&Store, &Name),
    now: Instant,
) -> Result<Finding, Fault> {
    let serial = certificate.serial();
    let id = crate::authority::issue::id_of(name, serial.as_bytes());
    let is_revoked = store.status(&id).await?.is_some();
    let request = ocsp::Request::new(vec![IssuerId::of(own).cert_id(&serial, HashAlgorithm::Sha1)], None);
    let answer = match fetch(Method::POST, url, request.to_der()).await {
        Ok(octets) => octets,
        Err(why) => {
            return Ok(failed(
                What::Ocsp,
                url,
                &format!("nobody answers there: {why}"),
                UNREACHED,
            ));
        }
    };
    let said = match ocsp::Response::parse(&answer) {
        // It may be younger than `now`, which was read before it was asked for, and another machine's clock goes before.
        Ok(ocsp::Response::Basic(basic)) => basic
            .status_of(&serial, own, now.0)
            .or_else(|_| basic.status_of(&serial, own, now.0 + AHEAD))
            .map_err(|why| why.to_string()),
        Ok(ocsp::Response::Error(error)) => Err(format!("the responder says {error:?}")),
        Err(why) => Err(why.to_string()),
    };
    Ok(match said {
        Err(why) => failed(
            What::Ocsp,
            url,
            &format!("a relying party would not take the answer: {why}"),
            FOREIGN,
        ),
        Ok(Status::Good) if !is_revoked => Finding::ok(What::Ocsp, url, "the responder answers, signed and fresh"),
        Ok(Status::Revoked { .. }) if is_revoked => {
            Finding::ok(What::Ocsp, url, "the responder answers, signed and fresh")
        }
        Ok(_) => failed(
            What::Ocsp,
            url,
            &format!("the answer about certificate {serial} is not what the database says"),
            "see whether a node with the role validation follows the database, and whether a cache lies between",
        ),
    })
}

fn failed(what: What, url: &str, says: &str, next: &str) -> Finding {
    Finding::of(what, url, State::Failure, says, next)
}

/// One request over plain HTTP, as everyone asks for status; no redirect is followed.
pub(super) async fn fetch(method: Method, url: &str, body: Vec<u8>) -> Result<Vec<u8>, String> {
    tokio::time::timeout(PATIENCE, exchange(method, url, body))
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")))
}

async fn exchange(method: Method, url: &str, body: Vec<u8>) -> Result<Vec<u8>, String> {
    let told = |why: &dyn std::fmt::Display| why.to_string();
    let rest = url.strip_prefix("http://").ok_or("it is not an http address")?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let address = if host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let stream = TcpStream::connect(&address).await.map_err(|why| told(&why))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|why| told(&why))?;
    let mut request = Request::builder().method(&method).uri(path).header("host", host);
    if method == Method::POST {
        request = request.header("content-type", "application/ocsp-request");
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|why| told(&why))?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|why| told(&why))?;
        if !response.status().is_success() {
            return Err(format!("HTTP {}", response.status()));
        }
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        body.map(|body| body.to_bytes().to_vec()).map_err(|why| why.to_string())
    };
    // The connection is driven as long as the answer is waited for.
    tokio::select! {
        answer = answered => answer,
        ended = async {
            let _ = connection.await;
            std::future::pending::<()>().await;
        } => { let () = ended; Err("the connection ended".to_owned()) }
    }
}

/// Seconds that an answer may lie ahead of this machine's clock; `openssl ocsp` grants as many.
const AHEAD: i64 = 300;

const UNREACHED: &str = "relying parties cannot check any certificate: see that the validation listener runs, and that its \
                         name resolves and is let through from outside";
const FOREIGN: &str =
    "somebody else serves this address, or serves an old file: compare with `kagimori ca crl --out DIR`";
const LATE: &str =
    "see that a node with the role errands runs, and in its log why no list is made; `kagimori ca crl` makes one";
const PATIENCE: Duration = Duration::from_secs(10);
const GRACE: i64 = 900;
/// A list of a million entries has 53 MB.
const LARGEST: usize = 256 << 20;
