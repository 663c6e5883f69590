//! A bidder's login: what the card shows is validated along its path, its revocation looked up in a list that is in stock,
//! and the answer to the challenge verified; against the bare verifications that this cannot do without.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::crl::{CrlNumber, CrlPlan, Revoked, Scope, TbsCrl};
use pki::key::SoftwareKey;
use pki::name::{AuthorityName, Holder, Organisation};
use pki::profile::{Card, Profile, Publication, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use pki::{ObjectIdentifier, Signer as _};
use server::chance::Chance;
use server::clock::Clock;
use server::config;
use server::desk::{Desk, evidence};
use server::metrics::Metrics;
use server::office::{BIDDING_CORE_EXAMPLE, Office};
use server::store::{Store, StoreAddress};
use server::trust::Trust;
use wire::card_request::{CardRequest, PinAfter, authentication_message};
use wire::office::Language;

use crate::measure::{Bound, Ratio, cpu_of_this_thread};

/// The rate of logins beside a third of the rate of bare verifications: the challenge and both certificates are one each.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let clock = Clock::system();
    let now = clock.now().0;
    let address = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/ca.crl", address.local_addr()?);
    let (issuer, issuer_key) = issuer(now)?;
    let (login, login_key) = card(&issuer, &issuer_key, &url, Profile::AuthorityAuthentication, now)?;
    let (signature, _) = card(&issuer, &issuer_key, &url, Profile::AuthoritySignature, now)?;
    serve(address, list(&issuer, &issuer_key, &url, now)?);

    let folder = tempfile::tempdir()?;
    let (desk, office) = desk(folder.path(), &issuer, &clock).await?;
    let request = request(&office, now);
    let message = authentication_message(ORIGIN, &request, &login.fingerprint());
    let answer = login_key.sign(&message)?;
    let log_in = async || {
        let shown = desk
            .card_shown(&office, black_box(login.der()), black_box(signature.der()))
            .await;
        let shown = shown.context("the card is accepted")?;
        evidence::presented_card(ORIGIN, &request, &shown, black_box(&answer), clock.now()).context("it answered")
    };
    // The list is fetched with the first one, and never again.
    log_in().await?;
    let mut done = 0_u32;
    let begun = cpu_of_this_thread()?;
    let logins = loop {
        for _ in 0..50 {
            black_box(log_in().await?);
        }
        done += 50;
        let spent = cpu_of_this_thread()?.saturating_sub(begun);
        if spent > MEASURED {
            break f64::from(done) / spent.as_secs_f64();
        }
    };
    let key = login.public_key();
    let mut done = 0_u32;
    let begun = cpu_of_this_thread()?;
    let verifications = loop {
        for _ in 0..50 {
            key.verify(key.algorithm().signature(), black_box(&message), black_box(&answer))?;
        }
        done += 50;
        let spent = cpu_of_this_thread()?.saturating_sub(begun);
        if spent > MEASURED {
            break f64::from(done) / spent.as_secs_f64();
        }
    };
    desk.store().close().await;
    Ok(vec![Ratio {
        what:
            "login of a foreign issuer's card: path of both certificates, revocation from the list in stock, challenge"
                .into(),
        measured: format!("{logins:.0} logins per CPU-second"),
        raw: format!(
            "{:.0} × 3 bare P-256 verifications per CPU-second",
            verifications / SIGNATURES
        ),
        value: logins / (verifications / SIGNATURES),
        bound: Bound::AtLeast(0.5),
    }])
}

async fn desk(folder: &Path, issuer: &Certificate, clock: &Clock) -> Result<(Desk, Office)> {
    let text = format!(
        "{BIDDING_CORE_EXAMPLE}\n[[issuer]]\nname = \"Bench\"\ncertificate = '''\n{}'''\n",
        issuer.to_pem()
    );
    let office = Office::from_toml(&text)?;
    let address = StoreAddress::Sqlite(folder.join("kagimori.db"));
    let store = Store::open(&address, folder, &Chance::system()).await?;
    let policy = config::Trust {
        private: vec!["127.0.0.1".parse()?],
        ..config::Trust::default()
    };
    let chance = Chance::system();
    let trust = Trust::new(&policy, store.clone(), clock.clone(), chance.clone(), Metrics::new());
    let desk = Desk::new(store, clock.clone(), chance, vec![office.clone()]).trusting(trust);
    Ok((desk, office))
}

fn issuer(now: i64) -> Result<(Certificate, SoftwareKey)> {
    let key = SoftwareKey::generate(Algorithm::P256)?;
    let name = AuthorityName::new("Example", "Bench Issuing")?;
    let tbs = Tbs::new(
        &Profile::Root { name },
        Serial::from_random([0x41; 20]),
        Issuer::Itself,
        key.public_key(),
        Validity::of_days(now - 86_400, 3_650)?,
    )?;
    let linted = tbs.lint().map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    Ok((linted.sign(&key)?.into_certificate(), key))
}

fn card(
    issuer: &Certificate,
    issuer_key: &SoftwareKey,
    url: &str,
    profile: impl FnOnce(Card) -> Profile,
    now: i64,
) -> Result<(Certificate, SoftwareKey)> {
    let key = SoftwareKey::generate(Algorithm::P256)?;
    let content = Card::new(
        Holder::new("髙橋 一郎", "Takahashi Ichiro", None)?,
        Organisation::new(
            "株式会社テスト工務店",
            "Test Komuten Co., Ltd.",
            "東京都千代田区神田1-2-3",
            None,
        )?,
        Publication::new(url, None, None)?,
        ObjectIdentifier::new_unwrap("1.2.392.200000.1"),
    );
    let tbs = Tbs::new(
        &profile(content),
        Serial::from_random(Chance::system().octets()),
        Issuer::Authority(issuer),
        key.public_key(),
        Validity::of_days(now - 86_400, 365)?,
    )?;
    let linted = tbs.lint().map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    Ok((linted.sign(issuer_key)?.into_certificate(), key))
}

/// Of as many entries as a busy authority has.
fn list(issuer: &Certificate, issuer_key: &SoftwareKey, url: &str, now: i64) -> Result<Vec<u8>> {
    let plan = CrlPlan {
        issuer,
        number: CrlNumber::FIRST,
        this_update: now - 60,
        next_update: now + 86_400,
        distribution_point: Some(url),
        scope: Scope::Users,
    };
    let entries = (0..ENTRIES).map(|count| {
        let mut octets = [0x40; 20];
        octets[1..5].copy_from_slice(&count.to_be_bytes());
        Revoked {
            serial: Serial::from_random(octets),
            at: now - 3_600,
            reason: None,
            invalidity_date: None,
        }
    });
    let linted = TbsCrl::new(&plan, entries)?
        .lint()
        .map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    Ok(linted.sign(issuer_key)?.der().to_vec())
}

/// Gives the list to whoever asks, until the bench ends.
fn serve(listener: TcpListener, list: Vec<u8>) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 4_096];
            // Whoever asks sends less than that; who asks in vain is measured as a failure.
            let _ = stream.read(&mut head);
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                list.len()
            );
            let _ = stream
                .write_all(answer.as_bytes())
                .and_then(|()| stream.write_all(&list));
        }
    });
}

fn request(office: &Office, now: i64) -> CardRequest {
    CardRequest {
        protocol: wire::PROTOCOL,
        id: "00112233445566778899aabbccddeeff".to_owned(),
        session_mark: "bench".to_owned(),
        office: office.wire(),
        procedure: "login".to_owned(),
        title: office.name.clone(),
        language: Language::default(),
        nonce: "0".repeat(64),
        pin: office.card.pin.clone(),
        pin_after: PinAfter::Wiped,
        same_pin: wire::card_request::SamePin::Off,
        watch: None,
        steps: Vec::new(),
        answered: 0,
        return_to: "/".to_owned(),
        expires_at: now + 600,
    }
}

const ORIGIN: &str = "https://portal.example.jp";
const MEASURED: Duration = Duration::from_secs(3);
const SIGNATURES: f64 = 3.0;
const ENTRIES: u32 = 100_000;
