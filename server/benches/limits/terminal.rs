//! A list of 10,000 terminals imported into SQLite: the file read, every code sealed, all of it in one transaction; against the
//! octets of the same lines put into one bare table.

use crate::measure::{Bound, Ratio};
use anyhow::{Result, ensure};
use casework::applicant::Applicant;
use casework::identity::Digest;
use casework::organisation::{Contract, ContractNumber};
use server::chance::Chance;
use server::clock::Clock;
use server::desk::organisation::{Command, Organisation};
use server::desk::{Actor, CaseId, Desk};
use server::office::{Office, TERMINALS_EXAMPLE};
use server::seal::Seal;
use server::store::{Store, StoreAddress};
use server::terminal;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};
use wire::office::Language;

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
    let centre = Office::from_toml(TERMINALS_EXAMPLE)?;
    let desk = Desk::new(store, Clock::system(), Chance::system(), vec![centre.clone()]);
    conclude(&desk, &centre.id).await?;
    let text = file();
    let (first, added) = imported(&desk, &centre.id, &text).await?;
    ensure!(added == LINES, "{added} added");
    let (again, added) = imported(&desk, &centre.id, &text).await?;
    ensure!(added == 0, "{added} added by the same file");
    let raw = crate::register::raw(&folder.path().join("raw.db"), &text)?;
    Ok(vec![Ratio {
        what: "list of 10,000 terminals imported on SQLite, from the file's octets to the commit, s".into(),
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
        bound: Bound::AtMost(2.0),
    }])
}

async fn conclude(desk: &Desk, office: &str) -> Result<()> {
    let case: CaseId<Organisation> = desk.new_case();
    let contract = Contract {
        number: ContractNumber::typed("K-001").ok_or_else(|| anyhow::anyhow!("a number"))?,
        company: "見本通関商事株式会社".into(),
        office: "東京事業所".into(),
        contact: Applicant {
            surname: "通関".into(),
            given: "太郎".into(),
            surname_kana: "ツウカン".into(),
            given_kana: "タロウ".into(),
            department: None,
            title: None,
            phone: "0301234567".into(),
            fax: None,
            mail: "taro.tsukan@boeki.example".into(),
        },
    };
    let conclude = Command::Conclude {
        office: office.to_owned(),
        language: Language::Ja,
        contract: Box::new(contract),
    };
    desk.perform(&Actor::Operator { name: "bench" }, case, &conclude)
        .await?;
    Ok(())
}

async fn imported(desk: &Desk, office: &str, text: &str) -> Result<(Duration, usize)> {
    let seal = Seal::new(&[7; 32])?;
    let begun = Instant::now();
    let sheet = terminal::read(text.as_bytes())?;
    ensure!(sheet.bad.is_empty(), "{:?}", sheet.bad.first());
    let assigned = desk.assigned(office, sheet.lines).await?;
    ensure!(assigned.bad.is_empty(), "{:?}", assigned.bad.first());
    let done = Arc::new(AtomicUsize::new(0));
    let actor = Actor::Operator { name: "bench" };
    let imported = desk
        .import_terminals(&actor, office, assigned.lines, (&seal, Digest([0; 32])), done)
        .await?;
    Ok((begun.elapsed(), imported.added))
}

fn file() -> String {
    let mut text =
        "契約番号,区分,利用機器区分,論理端末名,認証コード1,認証コード2,認証コード3,発行日,有効期限\r\n".to_owned();
    for number in 1..=LINES {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "K-001,海上,webNACCS,{number:05}A,NAC{number:05}A,ABCDE{number:05},NACCS,2026/4/20,2027/4/20\r\n"
        );
    }
    text
}

const LINES: usize = 10_000;
