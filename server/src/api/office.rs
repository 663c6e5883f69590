//! Offices: what they offer and ask to be read, and their file for whoever looks after it.

use axum::http::{Method, StatusCode};
use casework::officer::Role;
use serde_json::Value;
use wire::api::Scope;
use wire::code::Code;
use wire::office::Offices;
use wire::officer::{Document, OfficeFile, OfficeVersion, Texts};

use super::answer::Given;
use super::call::Call;
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::No;
use crate::desk::evidence::sha256;
use crate::fault::{Bug, Fault};
use crate::office;
use crate::office::edit::Edited;
use crate::portal::menu;
use crate::store::{Clash, NewEvent, OfficeChange, OfficeRow};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::GET, "/openapi.json"),
            ("describe", "This description"),
            describe,
        ),
        Operation::new(
            (Method::GET, "/offices"),
            ("listOffices", "The offices and what can be begun there"),
            list,
        ),
        Operation::new(
            (Method::GET, "/offices/{office}/texts"),
            (
                "readTexts",
                "What a holder reads before an application, with the digests of the versions in force",
            ),
            texts,
        ),
        Operation::new(
            (Method::GET, "/offices/{office}/file"),
            ("readOfficeFile", "The office's file, as it is in force"),
            read,
        )
        .scope(Scope::OfficeRead),
        Operation::new(
            (Method::PUT, "/offices/{office}/file"),
            (
                "replaceOfficeFile",
                "Another file for the office, from the next second on",
            ),
            replace,
        )
        .scope(Scope::OfficeWrite)
        .of_the_seen()
        .up_to(LONGEST_FILE),
    ]
}

async fn describe(_: Call, _: Nothing) -> Result<Given<Value>, No> {
    let text = super::description();
    // Our own document.
    Ok(Given::new(serde_json::from_str(&text).unwrap_or_default()))
}

async fn list(call: Call, _: Nothing) -> Result<Given<Offices>, No> {
    Ok(Given::new(menu::tiles(&call.portal)))
}

async fn texts(call: Call, _: Nothing) -> Result<Given<Texts>, No> {
    let office = call.office()?;
    let revocation = &office.authority()?.revocation;
    let told = |document: &office::Document| Document {
        version: document.version.clone(),
        text: document.text.clone(),
        digest: document.digest().to_string(),
    };
    Ok(Given::new(Texts {
        flow: told(&revocation.flow),
        terms: told(&revocation.terms),
    }))
}

async fn read(call: Call, _: Nothing) -> Result<Given<OfficeVersion>, No> {
    call.must(&[Role::Administration, Role::Audit])?;
    let row = row(&call).await?;
    Ok(told(row))
}

async fn replace(call: Call, Sent(file): Sent<OfficeFile>) -> Result<Given<OfficeVersion>, No> {
    call.must(&[Role::Administration])?;
    let office = call.office()?;
    let wrong = |why: String| No::malformed("/document", &why);
    let read = office::Office::from_toml(&file.document).map_err(|why| wrong(why.to_string()))?;
    if read.id != office.id {
        return Err(wrong("it is another office's".to_owned()));
    }
    // Whose cards are taken, how many persons decide and what else protects the office from its own administrators is the
    // operator's, here as in the console's form.
    let (sent, now) = (Edited::read(&file.document), Edited::read(&row(&call).await?.document));
    let Some((sent, now)) = sent.zip(now) else {
        return Err(wrong("it is no TOML".to_owned()));
    };
    if !sent.compares_faces_as(&now) {
        return Err(wrong(
            "how faces are compared was changed (`citizen.face`, `visual_signers`, `attempts`, `pause_minutes` or `counter`): no \
             officer does that, but the operator, on the server, with `kagimori office load FILE`"
                .to_owned(),
        ));
    }
    if !sent.is_within_places_of(&now) {
        return Err(wrong(
            "more was changed than the console's form has: that is the operator's, with `kagimori office load FILE`"
                .to_owned(),
        ));
    }
    if let Some(place) = sent
        .places()
        .iter()
        .find(|place| place.check(&sent.value(place)).is_err())
    {
        return Err(wrong(format!("`{}` cannot be that", place.path)));
    }
    let seen = call.seen().unwrap_or_default();
    let change = OfficeChange {
        id: office.id.clone(),
        from: seen,
        event: NewEvent {
            procedure: "office",
            name: "changed",
            actor: call.actor()?.to_string(),
            states: ("open".to_owned(), "open".to_owned()),
            refusal: None,
            details: vec![
                ("office", office.id.clone()),
                ("version", (seen + 1).to_string()),
                ("document", sha256(file.document.as_bytes()).to_string()),
            ],
            salt: call.portal.chance().octets(),
        },
        document: file.document,
        by: call.acting()?.officer.id,
        reason: String::new(),
    };
    match call.store().change_office(change, call.now).await {
        Ok(()) => {}
        Err(Clash::Fault(fault)) => return Err(fault.into()),
        Err(_) => return Err(No::of(StatusCode::PRECONDITION_FAILED, Code::Stale, &[])),
    }
    let opened = call.desk().reopen().await?;
    opened.map_err(|why| No::from(Fault::Bug(Bug(why.to_string()))))?;
    Ok(told(row(&call).await?))
}

async fn row(call: &Call) -> Result<OfficeRow, No> {
    let office = call.office()?;
    let rows = call.store().offices().await?;
    rows.into_iter()
        .find(|row| row.id == office.id)
        .ok_or_else(No::not_found)
}

fn told(row: OfficeRow) -> Given<OfficeVersion> {
    let version = row.version;
    Given::seen(
        OfficeVersion {
            document: row.document,
            version,
            changed_at: row.changed_at.0,
        },
        version,
    )
}

/// Octets of a body with an office's file.
const LONGEST_FILE: usize = 1 << 20;
