//! The running server: OCSP answers at saturation, revocation to the next answer, memory at rest, the demo's start.

use crate::house::{CA, HOLDER, House, Process, answers, free};
use crate::load::{self, Seen};
use crate::measure::{Bound, Ratio, cpu_of_process, resident};
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use pki::ocsp::{HashAlgorithm, IssuerId, Request, Response, Status};
use server::chance::Chance;
use server::clock::Clock;
use server::config::Config;
use server::serve::{Roles, Server};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let house = House::build()?;
    let mut rows = runtime.block_on(presigned(&house))?;
    rows.push(runtime.block_on(after_commit(&house))?);
    rows.push(demo_ready()?);
    Ok(rows)
}

/// The real binary with a cached answer, against a bare responder that says as many octets.
async fn presigned(house: &House) -> Result<Vec<Ratio>> {
    let request = get(house.validation, &house.issuer()?, &house.card()?);
    let server = house.serve()?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let at_rest = resident(server.id())?;
    let (ours, ours_rate) = saturate(&server, house.validation, &request).await?;
    drop(server);

    let address = free()?;
    let own = std::env::current_exe()?;
    let length = OCSP_OCTETS.to_string();
    let bare = Process::spawn(&own, &["bare".to_owned(), address.port().to_string(), length])?;
    answers(address)?;
    let (raw, raw_rate) = saturate(&bare, address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    let bare_at_rest = resident(bare.id())?;
    Ok(vec![
        Ratio {
            what: "OCSP pre-signed, GET over kept connections, per CPU-second of the server".into(),
            measured: format!("{ours_rate:.0} answers per CPU-second ({:.0}/s)", per_second(&ours)),
            raw: format!(
                "{raw_rate:.0} answers per CPU-second of a bare HTTP responder ({:.0}/s)",
                per_second(&raw)
            ),
            value: ours_rate / raw_rate,
            bound: Bound::AtLeast(0.45),
        },
        Ratio {
            what: "its p99 at saturation, ms".into(),
            measured: format!("{:.3} ms, {CONNECTIONS} connections", milliseconds(ours.p99)),
            raw: format!("{:.3} ms of the bare responder", milliseconds(raw.p99)),
            value: milliseconds(ours.p99),
            bound: Bound::AtMost(1.0),
        },
        Ratio {
            what: "server at rest, all roles, MB resident".into(),
            measured: format!("{:.1} MB", megabytes(at_rest)),
            raw: format!("{:.1} MB of the bare responder", megabytes(bare_at_rest)),
            value: megabytes(at_rest),
            bound: Bound::AtMost(60.0),
        },
    ])
}

async fn saturate(process: &Process, address: SocketAddr, request: &[u8]) -> Result<(Seen, f64)> {
    load::load(address, request, CONNECTIONS, Duration::from_secs(1)).await?;
    let before = cpu_of_process(process.id())?;
    let seen = load::load(address, request, CONNECTIONS, Duration::from_secs(5)).await?;
    let spent = cpu_of_process(process.id())?.saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "a rate to three digits")]
    let rate = seen.answers as f64 / spent.as_secs_f64();
    Ok((seen, rate))
}

/// Revokes a hundred certificates, each answered as good before, and asks with the next request after the commit.
async fn after_commit(house: &House) -> Result<Ratio> {
    let config = Config::read(&house.config())?;
    let running = Server::start(config, Roles::all(), Clock::system(), Chance::system()).await?;
    let (mut good_before, mut good_after) = (0, 0);
    let issuer = running.registrar().authority(CA).await?;
    let mut slowest = Duration::ZERO;
    for _ in 0..REVOKED {
        let key = SoftwareKey::generate(pki::algorithm::Algorithm::P256)?;
        let request = CertificateRequest::new("bench", &key)?;
        let other = SoftwareKey::generate(pki::algorithm::Algorithm::P256)?;
        let other = CertificateRequest::new("bench", &other)?;
        let [_, card] = running
            .registrar()
            .example_card(&issuer, [other.der(), request.der()], HOLDER)
            .await?;
        good_before += i32::from(says_good(house, issuer.certificate(), &card).await?);
        let begun = Instant::now();
        running
            .registrar()
            .example_revocation(&issuer, &card)
            .await
            .context("not revoked")?;
        good_after += i32::from(says_good(house, issuer.certificate(), &card).await?);
        slowest = slowest.max(begun.elapsed());
    }
    running.stop().await;
    ensure!(
        good_before == REVOKED,
        "only {good_before} of {REVOKED} were good before: the control fails"
    );
    Ok(Ratio {
        what: "answers that still say good after the commit of the revocation".into(),
        measured: format!(
            "{good_after} of {REVOKED}; slowest commit and answer {:.1} ms",
            milliseconds(slowest)
        ),
        raw: format!("{good_before} of {REVOKED} said good before it"),
        value: f64::from(good_after),
        bound: Bound::AtMost(0.0),
    })
}

async fn says_good(house: &House, issuer: &Certificate, card: &Certificate) -> Result<bool> {
    let request = get(house.validation, issuer, card);
    let body = load::once(house.validation, &request).await?;
    let now = Clock::system().now().0;
    let Response::Basic(basic) = Response::parse(&body)? else {
        anyhow::bail!("no answer but an error")
    };
    Ok(matches!(basic.status_of(&card.serial(), issuer, now)?, Status::Good))
}

/// From the start of the release binary to its start page and its portal.
fn demo_ready() -> Result<Ratio> {
    let demo = Path::new(env!("CARGO_BIN_EXE_kagimori")).with_file_name("demo");
    let begun = Instant::now();
    let process = Process::spawn(&demo, &[])?;
    for port in [8080, 8081, 8025, 8026, 24_817] {
        answers(SocketAddr::from(([127, 0, 0, 1], port)))?;
    }
    let took = begun.elapsed();
    drop(process);
    Ok(Ratio {
        what: "demo ready, s".into(),
        measured: format!("{:.2} s", took.as_secs_f64()),
        raw: "–".to_owned(),
        value: took.as_secs_f64(),
        bound: Bound::AtMost(2.0),
    })
}

fn get(address: SocketAddr, issuer: &Certificate, card: &Certificate) -> Vec<u8> {
    let id = IssuerId::of(issuer).cert_id(&card.serial(), HashAlgorithm::Sha1);
    let request = base64::engine::general_purpose::STANDARD.encode(Request::new(vec![id], None).to_der());
    let escaped = request.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("GET /ocsp/{CA}/{escaped} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes()
}

fn per_second(seen: &Seen) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate to three digits")]
    let answers = seen.answers as f64;
    answers / seen.took.as_secs_f64()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "megabytes to one digit")]
fn megabytes(octets: u64) -> f64 {
    octets as f64 / 1e6
}

const CONNECTIONS: usize = 8;
const REVOKED: i32 = 100;
/// About what a P-256 answer with its responder's certificate has.
const OCSP_OCTETS: usize = 800;
