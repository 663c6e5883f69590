//! The officers' queue: what waits, how much of it, one case, and what happened to it.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::application::Application;
use casework::identity::OfficerId;
use casework::revocation as online;
use casework::time::Instant;
use pki::certificate::Certificate;
use wire::api::Scope;
use wire::queue::Show as Wanted;
use wire::queue::{Applied, Case, Counts, Event, History, Page, Query, Row};

use super::answer::{File, Given, Scanned};
use super::call::{Call, written};
use super::input::{Asked, Nothing};
use super::operation::Operation;
use super::problem::No;
use super::revocation::card_certificate;
use crate::desk::paper::Paper;
use crate::desk::revocation::Revocation;
use crate::desk::{CaseId, Procedure as _};
use crate::fault::Fault;
use crate::store::{EvidenceKind, QueuePlace, QueueQuery, QueueRow, Show};

pub(super) fn operations() -> Vec<Operation> {
    let read = |operation: Operation| operation.scope(Scope::CaseRead);
    vec![
        read(Operation::new(
            (Method::GET, "/offices/{office}/queue"),
            ("listCases", "The office's cases, page by page"),
            list,
        )),
        read(Operation::new(
            (Method::GET, "/offices/{office}/queue/counts"),
            ("countCases", "How much there is to do"),
            count,
        )),
        read(Operation::new(
            (Method::GET, "/offices/{office}/cases/{case}"),
            (
                "readCase",
                "A case as the queue shows it, with what was applied for online",
            ),
            one,
        )),
        read(Operation::new(
            (Method::GET, "/offices/{office}/cases/{case}/history"),
            ("readHistory", "What happened to a case, from the audit"),
            history,
        )),
        read(Operation::new(
            (Method::GET, "/offices/{office}/papers/{case}/files/{digest}"),
            ("readFile", "A scanned paper, for keeping"),
            file,
        )),
    ]
}

async fn list(call: Call, Asked(query): Asked<Query>) -> Result<Given<Page>, No> {
    let own = call.acting()?.officer.id;
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(No::malformed("/limit", "1 to 200"));
    }
    if query
        .search
        .as_ref()
        .is_some_and(|search| search.chars().count() > LONGEST_SEARCH)
    {
        return Err(No::malformed("/search", "at most 100 characters"));
    }
    let after = match &query.cursor {
        Some(cursor) => Some(place(cursor).ok_or_else(|| No::malformed("/cursor", "it is none of ours"))?),
        None => None,
    };
    let wanted = QueueQuery {
        office: call.office()?.id.clone(),
        show: match query.show {
            Wanted::Waiting => Show::Waiting,
            Wanted::Mine => Show::Mine(own),
            Wanted::Drafts => Show::Drafts,
            Wanted::Done => Show::Done,
            Wanted::All => Show::All,
        },
        search: query.search,
        after,
        limit,
    };
    let rows = call.store().queue(&wanted).await?;
    let full = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    let next = rows.last().filter(|_| full).map(|row| cursor(row.place()));
    Ok(Given::new(Page {
        cases: rows.iter().map(told).collect(),
        next,
    }))
}

async fn count(call: Call, _: Nothing) -> Result<Given<Counts>, No> {
    let office = call.office()?;
    let counts = call.store().queue_counts(&office.id, call.now).await?;
    Ok(Given::new(Counts {
        waiting: counts.waiting,
        oldest: counts.oldest.map(|at| at.0),
        claimed: counts.claimed,
        drafts: counts.drafts,
    }))
}

async fn one(call: Call, _: Nothing) -> Result<Given<Case>, No> {
    let row = row(&call).await?;
    let (mut certificate, mut application) = (None, None);
    if row.procedure == Revocation::NOUN
        && let online::Case::Revoked {
            opened,
            application: form,
            ..
        } = call.desk().look::<Revocation>(CaseId::from_octets(row.case)).await?
    {
        let id = &opened.subject.certificate;
        let der = call.store().certificate(id).await?.and_then(|known| known.der);
        let known = Certificate::parse(der.as_deref().unwrap_or_default()).map_err(|why| Fault::Corrupt {
            what: "a certificate",
            why: why.to_string(),
        })?;
        certificate = Some(card_certificate(id, &known, Some(opened.subject.authentication.serial)));
        application = Some(applied(&form));
    }
    let version = row.version;
    let Row {
        id,
        procedure,
        number,
        name,
        holder,
        company,
        reason,
        state,
        since,
        entered_by,
        claimed_by,
        claimed_until,
        version: _,
    } = told(&row);
    let case = Case {
        id,
        procedure,
        number,
        name,
        holder,
        company,
        reason,
        state,
        since,
        entered_by,
        claimed_by,
        claimed_until,
        version,
        certificate,
        application,
    };
    Ok(Given::seen(case, version))
}

async fn history(call: Call, _: Nothing) -> Result<Given<History>, No> {
    let row = row(&call).await?;
    let events = call.store().events(row.case).await?;
    let events = events.into_iter().map(|event| Event {
        sequence: event.sequence,
        at: event.at.0,
        event: event.name,
        actor: event.actor,
        refusal: event.refusal,
    });
    Ok(Given::new(History {
        events: events.collect(),
    }))
}

async fn file(call: Call, _: Nothing) -> Result<File<Scanned>, No> {
    let (row, digest) = (row(&call).await?, call.digest("digest")?);
    if row.procedure != Paper::NOUN {
        return Err(No::not_found());
    }
    let case = call.desk().look::<Paper>(CaseId::from_octets(row.case)).await?;
    let named = case
        .entry()
        .is_some_and(|entry| entry.files.iter().any(|file| file.digest == digest));
    if !named {
        return Err(No::not_found());
    }
    let octets = call.store().evidence(row.case, EvidenceKind::File, digest).await?;
    let octets = octets.ok_or_else(No::not_found)?;
    Ok(File {
        kind: Scanned(if octets.starts_with(b"\x89PNG") {
            "image/png"
        } else {
            "image/jpeg"
        }),
        name: digest.to_string(),
        octets,
    })
}

/// A case that officers of this office see. Every other one is not there (A17).
async fn row(call: &Call) -> Result<QueueRow, No> {
    let (office, case) = (call.office()?, call.id("case")?);
    let row = call.store().queue_row(case).await?;
    row.filter(|row| row.office == office.id).ok_or_else(No::not_found)
}

fn told(row: &QueueRow) -> Row {
    let named = |id: OfficerId| written(id.0);
    Row {
        id: written(row.case),
        procedure: row.procedure.clone(),
        number: row.number.map(|number| number.to_string()),
        name: row.name.clone(),
        holder: row.holder.clone(),
        company: row.company.clone(),
        reason: row.ground.clone(),
        state: row.state.clone(),
        since: row.since.0,
        entered_by: row.entered_by.map(named),
        claimed_by: row.claimed_by.map(named),
        claimed_until: row.claimed_until.map(|at| at.0),
        version: row.version,
    }
}

/// As the console's page of the case has it.
fn applied(form: &Application) -> Applied {
    Applied {
        reason: form.ground.key().to_owned(),
        reason_detail: form.detail.clone(),
        event_date: form.event_day.map(|day| day.date().to_string()),
        applicant: form.applicant.clone(),
        applicant_kana: form.kana.clone(),
        phone: form.phone.clone(),
        mail: form.mail.clone(),
        bank: form.account.bank.clone(),
        branch: form.account.branch.clone(),
        account_type: form.account.kind.key().to_owned(),
        account_number: form.account.number.clone(),
        account_holder: form.account.holder.clone(),
        new_issue: form.new_issue.map(|wish| wish.key().to_owned()),
    }
}

/// A place in a list, that nobody else needs to understand.
fn cursor(place: QueuePlace) -> String {
    let mut octets = place.due.0.to_be_bytes().to_vec();
    octets.extend_from_slice(&place.since.0.to_be_bytes());
    octets.extend_from_slice(&place.case);
    URL_SAFE_NO_PAD.encode(octets)
}

fn place(cursor: &str) -> Option<QueuePlace> {
    let octets = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (due, octets) = octets.split_first_chunk::<8>()?;
    let (since, case) = octets.split_first_chunk::<8>()?;
    Some(QueuePlace {
        due: Instant(i64::from_be_bytes(*due)),
        since: Instant(i64::from_be_bytes(*since)),
        case: case.try_into().ok()?,
    })
}

const LIMIT: u32 = 50;
const MOST: u32 = 200;
const LONGEST_SEARCH: usize = 100;
