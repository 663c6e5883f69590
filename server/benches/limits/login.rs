//! A bidder's login: what the card shows is validated along its path, its revocation looked up in a list that is in stock,
//! and the answer to the challenge verified; against the bare verifications that this cannot do without.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result};
use pki::Signer as _;
use pki::profile::Profile;
use server::clock::Clock;
use server::desk::evidence;
use server::office::Office;
use wire::card_request::{CardRequest, PinAfter, authentication_message};
use wire::office::Language;

use crate::foreign::Foreign;
use crate::measure::{Bound, Ratio, cpu_of_this_thread};

/// The rate of logins beside a third of the rate of bare verifications: the challenge and both certificates are one each.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let clock = Clock::system();
    let now = clock.now().0;
    let issuer = Foreign::issuer(now)?;
    let (login, login_key) = issuer.half(Profile::AuthorityAuthentication, 365)?;
    let (signature, _) = issuer.half(Profile::AuthoritySignature, 365)?;

    let folder = tempfile::tempdir()?;
    let (desk, office) = issuer.desk(folder.path(), &clock).await?;
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
