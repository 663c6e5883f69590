//! OCSP answers and CRLs against the raw limits of signing and hashing.

use crate::measure::{Ratio, cpu_of_this_thread, peak_memory};
use anyhow::{Context, Result};
use pki::Signer;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::crl::{CrlNumber, CrlPlan, Revoked, Scope};
use pki::key::{PublicKey, SoftwareKey};
use pki::name::AuthorityName;
use pki::ocsp::{HashAlgorithm, Nonce, Request, Responder, Status, Times};
use pki::profile::{Profile, Validity};
use pki::reason::ReasonCode;
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use std::hint::black_box;
use std::time::Duration;

/// Request bytes in, response bytes out, each with its own nonce, against the bare signature of the same key.
pub(crate) fn live_answers() -> Result<Ratio> {
    let (root, root_key) = root(Algorithm::P256)?;
    let responder = responder(&root, &root_key)?;
    let raw_key = SoftwareKey::generate(Algorithm::P256)?;
    let id = responder.issuer().cert_id(&serial(7), HashAlgorithm::Sha1);
    let request = Request::new(vec![id], Some(Nonce::new(&[5; 32])?)).to_der();
    let times = Times {
        produced_at: NOW,
        this_update: NOW,
        next_update: NOW + 86_400,
    };
    let answer = || {
        let request = Request::parse(black_box(&request)).expect("our own request");
        responder
            .answer(&request, times, |_| Status::Good)
            .expect("a software key signs")
    };
    let length = answer().len();
    let message = vec![0x5a; 600];
    let raw = per_cpu_second(|| {
        black_box(raw_key.sign(black_box(&message)).expect("a software key signs"));
    });
    let live = per_cpu_second(|| {
        black_box(answer());
    });
    Ok(Ratio {
        what: "OCSP signed live with P-256, request bytes in, response bytes out".into(),
        measured: format!("{live:.0} answers of {length} octets per CPU-second"),
        raw: format!("{raw:.0} bare P-256 signatures per CPU-second"),
        value: live / raw,
        bound: crate::measure::Bound::AtLeast(0.65),
    })
}

/// A list of a million entries, streamed to a sink, against hashing as many octets and signing once. Runs in a process of
/// its own, so that the peak of memory is its own too.
pub(crate) fn million_entries() -> Result<Vec<Ratio>> {
    let (root, root_key) = root(Algorithm::P256)?;
    let plan = CrlPlan {
        issuer: &root,
        number: CrlNumber::after(CrlNumber::recorded(1)),
        this_update: NOW,
        next_update: NOW + 7 * 86_400,
        distribution_point: Some("http://pki.example.jp/crl/bench/0.crl"),
        scope: Scope::Users,
    };
    let before = cpu_of_this_thread()?;
    let mut entries = plan.begin(ENTRIES as usize)?;
    for count in 0..ENTRIES {
        entries.push(&Revoked {
            serial: serial(count),
            at: NOW - 3_600,
            reason: Some(ReasonCode::KeyCompromise),
            invalidity_date: None,
        })?;
    }
    let list = entries
        .finish()
        .lint()
        .map_err(|findings| anyhow::anyhow!("{findings:?}"))?
        .sign(&root_key)?;
    let mut sink = Counting::default();
    list.write_to(&mut sink)?;
    let built = cpu_of_this_thread()?.saturating_sub(before);
    let peak = peak_memory()?;

    let octets = list.der();
    let before = cpu_of_this_thread()?;
    black_box(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, black_box(octets)));
    black_box(root_key.sign(&[1; 64])?);
    let raw = cpu_of_this_thread()?.saturating_sub(before);
    Ok(vec![
        Ratio {
            what: "CRL of a million entries, built, linted, signed and written".into(),
            measured: format!("{:.3} s of CPU for {} octets", built.as_secs_f64(), sink.octets),
            raw: format!("{:.3} s of CPU to hash its octets and sign once", raw.as_secs_f64()),
            value: built.as_secs_f64() / raw.as_secs_f64(),
            bound: crate::measure::Bound::AtMost(5.0),
        },
        Ratio {
            what: "memory for it, in MB at the peak of a process of its own".into(),
            measured: format!("{:.1} MB", megabytes(peak)),
            raw: format!("{:.1} MB of list", megabytes(sink.octets)),
            value: megabytes(peak),
            bound: crate::measure::Bound::AtMost(100.0),
        },
    ])
}

fn root(algorithm: Algorithm) -> Result<(Certificate, SoftwareKey)> {
    let key = SoftwareKey::generate(algorithm)?;
    let profile = Profile::Root {
        name: AuthorityName::new("Example", "Bench Root")?,
    };
    let tbs = Tbs::new(
        &profile,
        serial(1),
        Issuer::Itself,
        key.public_key(),
        Validity::of_days(NOW - 86_400, 3_650)?,
    )?;
    let issued = tbs
        .lint()
        .map_err(|findings| anyhow::anyhow!("{findings:?}"))?
        .sign(&key)?;
    Ok((issued.into_certificate(), key))
}

fn responder(issuer: &Certificate, issuer_key: &SoftwareKey) -> Result<Responder<SoftwareKey>> {
    let key = SoftwareKey::generate(Algorithm::P256)?;
    let public: PublicKey = key.public_key().clone();
    let profile = Profile::OcspResponder {
        name: AuthorityName::new("Example", "Bench Responder")?,
    };
    let tbs = Tbs::new(
        &profile,
        serial(2),
        Issuer::Authority(issuer),
        &public,
        Validity::of_days(NOW - 86_400, 30)?,
    )?;
    let issued = tbs
        .lint()
        .map_err(|findings| anyhow::anyhow!("{findings:?}"))?
        .sign(issuer_key)?;
    Responder::new(issuer, issued.into_certificate(), key).context("the responder does not take office")
}

/// Twenty octets, ascending with `count`.
fn serial(count: u32) -> Serial {
    let mut octets = [0x40; 20];
    octets[1..5].copy_from_slice(&count.to_be_bytes());
    Serial::from_random(octets)
}

pub(crate) fn per_cpu_second(mut work: impl FnMut()) -> f64 {
    for _ in 0..200 {
        work();
    }
    let before = cpu_of_this_thread().expect("/proc is mounted");
    let mut done = 0_u32;
    loop {
        for _ in 0..100 {
            work();
        }
        done += 100;
        let spent = cpu_of_this_thread().expect("/proc is mounted").saturating_sub(before);
        if spent > Duration::from_secs(2) {
            return f64::from(done) / spent.as_secs_f64();
        }
    }
}

#[derive(Default)]
struct Counting {
    octets: u64,
}

impl std::io::Write for Counting {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.octets += octets.len() as u64;
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "megabytes to one digit")]
fn megabytes(octets: u64) -> f64 {
    octets as f64 / 1e6
}

const ENTRIES: u32 = 1_000_000;
/// 2026-11-01T00:00:00Z
const NOW: i64 = 1_793_491_200;
