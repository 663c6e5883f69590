//! The morning of a service centre: applications of a hundred terminals whose day it is, each terminal's grant opened with a new
//! sealed 認証コード2, the applicants' mails queued, all of it durable; beside the syncs of the same disk.

use std::time::Instant as Watch;

use anyhow::{Context, Result, ensure};
use casework::identity::OrganisationId;
use casework::number::{CheckCode, Number};
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::Instant;
use serde_json::{Value, json};
use server::authority::address::Addresses;
use server::authority::issue::Certifying;
use server::authority::keyring::Keyring;
use server::chance::Chance;
use server::clock::Clock;
use server::config::Secret;
use server::desk::Desk;
use server::office::{Office, TERMINALS_EXAMPLE};
use server::store::{
    AwaitedMorning, CaseRow, Commit, Document, NewEvent, NewReceipt, NewTerminal, OccupiedTerminals, Store,
    StoreAddress, Write,
};
use wire::office::Language;

use crate::measure::{Bound, Ratio, cpu_of_process};
use crate::renewal::{Syncs, count};

/// Grants per CPU-second.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let folder = tempfile::tempdir()?;
    let passphrase = folder.path().join("passphrase");
    std::fs::write(&passphrase, "a passphrase for a bench")?;
    let address = StoreAddress::Sqlite(folder.path().join("kagimori.db"));
    let store = Store::open(&address, folder.path(), &Chance::system()).await?;
    let text = TERMINALS_EXAMPLE.replacen("morning_from_hour = 6", "morning_from_hour = 0", 1);
    let office = Office::from_toml(&text)?;
    let keyring = Keyring::new(Secret::File(passphrase));
    let desk = Desk::new(store, Clock::system(), Chance::system(), vec![office.clone()]).certifying(Certifying::new(
        keyring,
        Addresses::new("http://center.example"),
        1,
    ));
    desk.seal().await?;
    for application in 0..APPLICATIONS {
        approve(&desk, &office, application).await?;
    }
    let mut syncs = Syncs::beside(folder.path())?;
    syncs.measure()?;
    let (before, begun) = (cpu_of_process(std::process::id())?, Watch::now());
    let done = desk.keep_mornings().await?;
    let (whole, spent) = (
        begun.elapsed(),
        cpu_of_process(std::process::id())?.saturating_sub(before),
    );
    syncs.measure()?;
    ensure!(done == usize::from(APPLICATIONS), "{done} applications were done");
    ensure!(desk.keep_mornings().await? == 0, "once");
    let waiting = desk.store().outbox().await?.waiting;
    ensure!(waiting == i64::from(APPLICATIONS), "one mail each, not {waiting}");
    desk.store().close().await;
    let grants = count(usize::from(APPLICATIONS) * usize::from(TERMINALS));
    let rate = grants / spent.as_secs_f64();
    Ok(vec![Ratio {
        what: "the morning of 100 applications with 100 terminals each on SQLite, grants per CPU-second".into(),
        measured: format!(
            "{rate:.0} grants per CPU-second ({:.0}/s), mails queued",
            grants / whole.as_secs_f64()
        ),
        raw: format!(
            "{:.0} writes of 4 KiB and fdatasync per second, one after the other",
            1.0 / syncs.one()?
        ),
        value: rate,
        bound: Bound::AtLeast(5_000.0),
    }])
}

/// An application as officers have left it.
async fn approve(desk: &Desk, office: &Office, application: u8) -> Result<()> {
    let (now, chance) = (desk.clock().now(), desk.chance());
    let (id, organisation) = ([application; 16], OrganisationId([application; 16]));
    let terminals = (0..TERMINALS)
        .map(|number| {
            let name = TerminalName::parse(&format!("{application:03}{number:03}")).context("a name")?;
            Ok(Terminal {
                division: Division::Sea,
                device: Device::WebNaccs,
                name,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let listed = |terminal: &Terminal| NewTerminal {
        terminal: *terminal,
        organisation,
        code: None,
        issued_on: None,
        valid_until: None,
    };
    let event = |name| NewEvent {
        procedure: "reissue",
        name,
        actor: "operator bench".to_owned(),
        states: ("new".to_owned(), "approved".to_owned()),
        refusal: None,
        details: Vec::new(),
        salt: chance.octets(),
    };
    let list = terminals.iter().map(listed).collect();
    let imported = desk.store().import_terminals(&office.id, list, event("imported"), now);
    ensure!(imported.await?.added == terminals.len(), "added");
    let number = Number::from_random(chance.octets());
    let commit = Commit {
        case: CaseRow {
            id,
            procedure: "reissue".to_owned(),
            office: office.id.clone(),
            language: Language::Ja,
            version: 0,
            document: Document {
                state: "approved".to_owned(),
                text: document(application, &terminals, number, now).to_string(),
            },
        },
        at: now,
        event: event("accepted"),
        writes: vec![
            Write::Receipt(NewReceipt {
                number,
                check_code: CheckCode::from_random(chance.octets()),
            }),
            Write::OccupyTerminals(OccupiedTerminals {
                office: office.id.clone(),
                terminals,
                number,
            }),
            Write::AwaitMorning(AwaitedMorning {
                office: office.id.clone(),
                day: now.day(),
            }),
        ],
        errands: Vec::new(),
        evidence: Vec::new(),
    };
    Ok(desk.store().commit(vec![commit]).await?)
}

fn document(application: u8, terminals: &[Terminal], number: Number, now: Instant) -> Value {
    let hex = |octets: usize| format!("{application:02x}").repeat(octets);
    let terminals: Vec<Value> = terminals
        .iter()
        .map(|terminal| {
            json!([
                terminal.division.key(),
                terminal.device.key(),
                terminal.name.to_string()
            ])
        })
        .collect();
    let waiting = |terminal: &Value| json!({ "terminal": terminal, "step": "waiting" });
    json!({
        "state": "approved",
        "submitted": {
            "opened": { "organisation": hex(16), "at": now.0 },
            "contact": {
                "surname": "通関", "given": "花子", "surname_kana": "ツウカン", "given_kana": "ハナコ",
                "department": null, "title": null, "phone": "0312345678", "fax": null, "mail": "hanako@boeki.example",
            },
            "wish": { "day": now.day().0, "cause": "expired", "terminals": terminals },
            "content": hex(32), "number": number.to_string(), "at": now.0,
        },
        "approvals": {
            "first": null,
            "last": {
                "officer": hex(16), "person": "2001", "card": hex(32), "content": hex(32), "text": hex(32), "at": now.0,
            },
        },
        "progress": terminals.iter().map(waiting).collect::<Vec<_>>(),
    })
}

const APPLICATIONS: u8 = 100;
const TERMINALS: u8 = 100;
