//! A list of 100,000 qualified bidders imported into SQLite: the file read, every value checked, all of it in one
//! transaction; against the octets of the same lines put into one bare table.

use crate::measure::{Bound, Ratio};
use anyhow::{Context, Result, ensure};
use server::chance::Chance;
use server::clock::Clock;
use server::desk::{Actor, Desk};
use server::register;
use server::store::{Store, StoreAddress};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

/// The first import, and the same file again.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let folder = tempfile::tempdir()?;
    let address = StoreAddress::Sqlite(folder.path().join("kagimori.db"));
    let store = Store::open(&address, folder.path(), &Chance::system()).await?;
    let desk = Desk::new(store, Clock::system(), Chance::system(), Vec::new());
    let text = file();
    let (first, added) = imported(&desk, &text).await?;
    ensure!(added == LINES, "{added} added");
    let (again, added) = imported(&desk, &text).await?;
    ensure!(added == 0, "{added} added by the same file");
    let raw = raw(&folder.path().join("raw.db"), &text)?;
    Ok(vec![Ratio {
        what: "list of 100,000 bidders imported on SQLite, from the file's octets to the commit, s".into(),
        measured: format!(
            "{:.2} s, {:.1} × the raw limit; the same file again {:.2} s",
            first.as_secs_f64(),
            first.as_secs_f64() / raw.as_secs_f64(),
            again.as_secs_f64()
        ),
        raw: format!(
            "{:.2} s to put the same lines into one bare table, in one transaction",
            raw.as_secs_f64()
        ),
        value: first.as_secs_f64(),
        bound: Bound::AtMost(5.0),
    }])
}

async fn imported(desk: &Desk, text: &str) -> Result<(Duration, usize)> {
    let begun = Instant::now();
    let sheet = register::read(text.as_bytes())?;
    ensure!(sheet.bad.is_empty(), "{:?}", sheet.bad.first());
    let digest = casework::identity::Digest([0; 32]);
    let done = Arc::new(AtomicUsize::new(0));
    let actor = Actor::Operator { name: "bench" };
    let imported = desk
        .import_register(&actor, "mihon-shi", sheet.lines, (false, digest), done)
        .await?;
    Ok((begun.elapsed(), imported.added))
}

/// One text a row, as durable as the store is.
pub(crate) fn raw(path: &std::path::Path, text: &str) -> Result<Duration> {
    let mut connection = rusqlite::Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    )?;
    let begun = Instant::now();
    let transaction = connection.transaction()?;
    let mut statement = transaction.prepare("INSERT INTO line (number, text) VALUES (?1, ?2)")?;
    for (number, line) in (1_i64..).zip(text.lines()) {
        statement.execute((number, line)).context("a raw row")?;
    }
    drop(statement);
    transaction.commit()?;
    Ok(begun.elapsed())
}

fn file() -> String {
    let mut text = "登録番号,商号又は名称,フリガナ,所在地,代表者氏名,受任者氏名,委任開始日,委任終了日,法人番号,有効期間開始日,有効期間終了日\r\n".to_owned();
    for number in 1..=LINES {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "{number:06}-1,株式会社テスト工務店{number}【工事】,カブシキガイシャテストコウムテン,札幌市中央区北1条西{number}丁目,黒田 一郎,髙田 花子,2025-04-01,2027-03-31,7000012050002,2025/4/1,2027/3/31\r\n"
        );
    }
    text
}

const LINES: usize = 100_000;
