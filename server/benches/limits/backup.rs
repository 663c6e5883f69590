//! Revocations while a million certificates are backed up: nobody waits for a backup.

use anyhow::{Context, Result, ensure};
use casework::certificate::Reason;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use server::authority::holder::CardOrder;
use server::authority::issue::{CardUse, Order, Registrar, Wanted};
use server::chance::Chance;
use server::clock::Clock;
use server::config::Config;
use server::desk::certificate::{Command as Issue, Issuance};
use server::desk::{Actor, CaseId};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::house::{CA, HOLDER, House, KAGIMORI};
use crate::measure::{Bound, Ratio};

/// Fills a database with a million certificates, and revokes others while `kagimori backup` reads it.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let house = House::build()?;
    let config = Config::read(&house.config())?;
    fill(&config)?;
    let store = server::serve::open(&config, &Chance::system()).await?;
    let registrar = server::serve::registrar(&config, store.clone(), Clock::system(), Chance::system()).await?;
    let mut cards = issue(&registrar).await?;
    // The control: the same with no backup.
    let mut alone = Vec::new();
    for _ in 0..ALONE {
        alone.push(revoke(&registrar, &mut cards).await?);
        tokio::time::sleep(PAUSE).await;
    }
    let out = house.config().with_file_name("bench.backup.age");
    let begun = Instant::now();
    let mut backup = tokio::process::Command::new(KAGIMORI)
        .arg("--config")
        .arg(house.config())
        .args(["--json", "backup", "--out"])
        .arg(&out)
        .stdout(std::process::Stdio::null())
        .spawn()?;
    let mut meanwhile = Vec::new();
    let status = loop {
        if let Some(status) = backup.try_wait()? {
            break status;
        }
        meanwhile.push(revoke(&registrar, &mut cards).await?);
        tokio::time::sleep(PAUSE).await;
    };
    let took = begun.elapsed();
    ensure!(status.success(), "the backup failed");
    ensure!(
        meanwhile.len() >= 50,
        "only {} revocations fell into the backup",
        meanwhile.len()
    );
    store.close().await;
    let (median, slowest) = (
        median(&mut meanwhile),
        meanwhile.iter().max().copied().unwrap_or_default(),
    );
    let megabytes = std::fs::metadata(&out)?.len() >> 20;
    Ok(vec![Ratio {
        what: "slowest revocation while a million certificates are backed up, to the median".into(),
        measured: format!(
            "{:.1} ms of {} revocations; the backup of {megabytes} MB took {:.0} s",
            milliseconds(slowest),
            meanwhile.len(),
            took.as_secs_f64()
        ),
        raw: format!(
            "{:.1} ms median; {:.1} ms with no backup",
            milliseconds(median),
            milliseconds(self::median(&mut alone))
        ),
        value: slowest.as_secs_f64() / median.as_secs_f64(),
        bound: Bound::AtMost(10.0),
    }])
}

/// Rows as issuing makes them, but for what is signed: that no backup looks at.
fn fill(config: &Config) -> Result<()> {
    let path = config
        .store
        .strip_prefix("sqlite://")
        .context("the bench is of SQLite")?;
    a_million_of(CA, Path::new(path))
}

/// A million certificates of this authority, beside those that a database holds.
pub(crate) fn a_million_of(authority: &str, database: &Path) -> Result<()> {
    let connection = rusqlite::Connection::open(database)?;
    connection.execute_batch(&FILL.replace("'bench'", &format!("'{authority}'")))?;
    // They lie where a million certificates lie that were issued one by one, and not in one log of some gigabytes.
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
    ensure!(busy == 0, "the log was not written back");
    Ok(())
}

/// Cards of the product's own, to be revoked.
async fn issue(registrar: &Registrar) -> Result<Vec<CaseId<Issuance>>> {
    let authority = registrar.authority(CA).await?;
    let mut cards = Vec::new();
    for _ in 0..CARDS {
        let order = CardOrder::parse(HOLDER, Path::new("holder.toml"))?;
        let key = SoftwareKey::generate(Algorithm::P256)?;
        let order = Order {
            validity: order.term.validity(registrar.desk().clock().now())?,
            purchase: order.purchase,
            wanted: Wanted::Card(CardUse::Signature, Box::new(order)),
            key: key.public_key().clone(),
        };
        let certificate = registrar.issue(&Actor::System, &authority, &order).await?;
        let found = registrar
            .desk()
            .store()
            .certificate_by_fingerprint(casework::identity::Fingerprint(certificate.fingerprint()));
        let row = found.await?.context("a certificate that was issued")?;
        cards.push(CaseId::from_octets(row.case));
    }
    Ok(cards)
}

async fn revoke(registrar: &Registrar, cards: &mut Vec<CaseId<Issuance>>) -> Result<Duration> {
    let card = cards.pop().context("no card is left to be revoked")?;
    let command = Issue::Revoke {
        reason: Reason::Superseded,
    };
    let begun = Instant::now();
    registrar
        .desk()
        .perform(&Actor::System, card, &command)
        .await
        .map_err(|why| anyhow::anyhow!("{why:?}"))?;
    Ok(begun.elapsed())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

const FILL: &str = "
    BEGIN;
    CREATE TEMP TABLE first AS SELECT value AS issued FROM counter WHERE name = 'issued';
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO certificate (authority, serial, case_id, profile, shard, not_before, not_after, tbs, intended_at, price,
                             der, fingerprint, public_key, sequence, issued_at)
    SELECT 'bench', randomblob(20), randomblob(16), 'authority-card-signature', i % 4, 1780000000, 1900000000,
           randomblob(750), 1780000000, 28600, randomblob(1000), randomblob(32), randomblob(32),
           (SELECT issued FROM first) + i, 1780000000 FROM n;
    INSERT INTO office_case (id, procedure, office, language, version, state, document, opened_at, changed_at)
    SELECT case_id, 'certificate', 'bench', 'ja', 2, 'issued', '{\"state\":\"issued\",\"at\":1780000000,\"fingerprint\":\"'
        || hex(fingerprint) || '\",\"intent\":{\"authority\":\"bench\",\"serial\":\"' || hex(serial) || '\",\"tbs\":\"'
        || hex(public_key) || '\",\"profile\":\"authority-card-signature\",\"shard\":0,\"not_before\":1780000000,'
        || '\"not_after\":1900000000,\"price\":28600}}', 1780000000, 1780000000
    FROM certificate WHERE authority = 'bench' AND profile = 'authority-card-signature';
    UPDATE counter SET value = value + 1000000 WHERE name = 'issued';
    COMMIT;
";
const CARDS: usize = 3_000;
const ALONE: usize = 200;
const PAUSE: Duration = Duration::from_millis(15);
