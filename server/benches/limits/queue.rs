//! The officers' queue with 100,000 cases, against reading as many rows by an index and nothing else.

use crate::measure::{Bound, Ratio};
use anyhow::{Context, Result, ensure};
use casework::identity::OfficerId;
use server::chance::Chance;
use server::store::{QueueQuery, Show, Store, StoreAddress};
use std::path::Path;
use std::time::{Duration, Instant};

/// The slowest kind of page, as a part of what was asked for, and of the raw limit.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("kagimori.db");
    let address = StoreAddress::Sqlite(file.clone());
    // Made first, so that its tables are there.
    Store::open(&address, folder.path(), &Chance::system())
        .await?
        .close()
        .await;
    fill(&file)?;
    let store = Store::open(&address, folder.path(), &Chance::system()).await?;

    let mut slowest = (Duration::ZERO, "");
    for (what, query) in pages(&store).await? {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let begun = Instant::now();
            let rows = store.queue(&query).await?;
            let counts = store.queue_counts(OFFICE, casework::time::Instant(BEGIN)).await?;
            times.push(begun.elapsed());
            ensure!(counts.waiting == CASES / 2, "{counts:?}");
            ensure!(rows.is_empty() == (what == MISS), "{what}: {} rows", rows.len());
        }
        let time = percentile(times)?;
        eprintln!("queue: {what}: {:.1} ms", millis(time));
        if time > slowest.0 {
            slowest = (time, what);
        }
    }
    let raw = raw(&file)?;
    let (time, what) = slowest;
    Ok(vec![Ratio {
        what: "queue page with 100,000 cases, slowest kind, p95 in ms".into(),
        measured: format!(
            "{:.1} ms ({what}, with its counters), {:.0} × the raw limit",
            millis(time),
            time.as_secs_f64() / raw.as_secs_f64()
        ),
        raw: format!("{:.2} ms for 50 rows by an index and nothing else", millis(raw)),
        value: millis(time),
        bound: Bound::AtMost(50.0),
    }])
}

/// Every kind of page that the console asks for.
async fn pages(store: &Store) -> Result<Vec<(&'static str, QueueQuery)>> {
    let query = |show, search: Option<&str>| QueueQuery {
        office: OFFICE.to_owned(),
        show,
        search: search.map(str::to_owned),
        after: None,
        limit: PAGE,
    };
    let waiting = query(Show::Waiting, None);
    let mut deep = waiting.clone();
    for _ in 0..20 {
        let page = store
            .queue(&QueueQuery {
                limit: 200,
                ..deep.clone()
            })
            .await?;
        deep.after = page.last().map(server::store::QueueRow::place);
    }
    Ok(vec![
        ("the first page", waiting),
        ("a page 4,000 cases on", deep),
        ("what is done", query(Show::Done, None)),
        ("all of them", query(Show::All, None)),
        ("an officer's own", query(Show::Mine(OfficerId([1; 16])), None)),
        ("a name that many have", query(Show::All, Some("高橋"))),
        ("a name that one has", query(Show::All, Some("利用者99999番"))),
        (MISS, query(Show::All, Some("誰でもない"))),
    ])
}

/// As many rows, read by an index on a connection of our own.
fn raw(file: &Path) -> Result<Duration> {
    let connection = rusqlite::Connection::open(file)?;
    let sql = "SELECT * FROM queue WHERE office = 'bench' AND shelf = 'waiting' AND since > ? ORDER BY since LIMIT 50";
    let mut statement = connection.prepare(sql)?;
    let mut times = Vec::new();
    for run in 0..RUNS {
        let after = BEGIN + i64::from(run) * 100;
        let begun = Instant::now();
        let mut rows = statement.query([after])?;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            for column in 0..row.as_ref().column_count() {
                std::hint::black_box(row.get::<_, rusqlite::types::Value>(column)?);
            }
            read += 1;
        }
        times.push(begun.elapsed());
        ensure!(read == 50, "{read} rows");
    }
    percentile(times)
}

/// Half of them wait, a tenth of these with an officer; the other half is done.
fn fill(file: &Path) -> Result<()> {
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {CASES})
         INSERT INTO queue (case_id, procedure, office, shelf, since, searched, number, name, holder, company, ground, state,
            claimed_by, claimed_until, version)
         SELECT randomblob(16), 'paper', '{OFFICE}', CASE i % 2 WHEN 0 THEN 'waiting' ELSE 'done' END, {BEGIN} + i,
            CASE i % 7 WHEN 0 THEN '高橋' ELSE '見本' END || '利用者' || i || '番' || char(10) || '株式会社テスト工務店第' || (i % 100) || '支店',
            NULL, '見本　利用者' || i || '番', '見本　利用者' || i || '番', '株式会社テスト工務店', 'lost',
            CASE i % 2 WHEN 0 THEN 'waiting' ELSE 'revoked' END,
            CASE i % 20 WHEN 0 THEN x'01010101010101010101010101010101' END,
            CASE i % 20 WHEN 0 THEN {BEGIN} + i END, 4 FROM n"
    );
    rusqlite::Connection::open(file)?.execute_batch(&sql)?;
    Ok(())
}

fn percentile(mut times: Vec<Duration>) -> Result<Duration> {
    times.sort_unstable();
    times
        .get(times.len() * 95 / 100)
        .copied()
        .context("nothing was measured")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

const OFFICE: &str = "bench";
const CASES: i64 = 100_000;
const PAGE: u32 = 50;
const RUNS: u32 = 100;
const MISS: &str = "a name that nobody has";
/// 2026-06-01 00:00 in Japan.
const BEGIN: i64 = 1_780_239_600;
