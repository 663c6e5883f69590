//! 登録内容の確認: the register beside the card, what was entered, and the text that goes out for the card's signature.

use axum::http::StatusCode;
use axum::response::Response;
use casework::Refusal;
use casework::names::{Class, Comparison};
use casework::register::{Compared, Entry};
use wire::code::Code;

use super::{Current, STAGES, entry, form, to, view};
use crate::desk::Failure;
use crate::desk::bidder::CardFace;
use crate::desk::registration::Command;
use crate::fault::Fault;
use crate::portal::bidding::beside::{against, class};
use crate::portal::bidding::course::{framed, perform};
use crate::portal::bidding::fact::label;
use crate::portal::date;
use crate::portal::marked::{Piece, marked, plain};
use crate::portal::page::{Page, render};
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::CardRequestRow;

/// While the text is out for signature it is shown too, and cannot be asked for anew.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let current = Current::of(&visit).await?;
    let case = &current.standing.case;
    let (Some(business), Some(contact)) = (case.business(), case.entered()) else {
        return current.elsewhere(&visit);
    };
    let text = match case.out() {
        Some(out) => Some(current.written(&visit, out.text).await?),
        None => None,
    };
    let fault = |fault: Fault| visit.fault(&fault);
    let listed = visit
        .portal
        .desk()
        .entry(&current.office.id, business)
        .await
        .map_err(fault)?;
    let card = super::shown(&visit, &current).await?;
    let compared = listed.as_ref().map(|entry| card.compared(entry));
    let before = entry::before(&visit, &current).await?;
    let differs = compared
        .as_ref()
        .is_none_or(|compared| compared.class() != Class::Match);
    let view = view::Confirm {
        stages: page.stages(STAGES, &4),
        rows: rows(&page, &current, listed.as_ref(), &card, compared.as_ref()),
        name: differs.then(|| page.message(Code::WarnName, &[])),
        // What was given back is held again, whatever it says by now.
        held: case.submitted().is_some() || current.holds(compared.as_ref()),
        entered: form::contact(&page, contact),
        before: before.map(|before| form::contact(&page, &before)).unwrap_or_default(),
        lapsed: current.lapsed(visit.now),
        text_lang: text.as_deref().and_then(|text| page.tongue(text)),
        text,
        version: current.standing.version.to_string(),
        office: current.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「この内容で署名する」: the text goes out for signature.
pub(super) async fn ask(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = Current::of(visit).await?;
    // A second click, or Back and once more: the text is out already, and stays the one that is signed.
    if current.standing.case.out().is_some() {
        return to(visit, "/card");
    }
    if current.standing.case.entered().is_none() {
        return current.elsewhere(visit);
    }
    // What was read is what this page showed; another tab may have changed it since.
    if post.field("version") != current.standing.version.to_string() {
        return Err(visit.stale());
    }
    let language = visit.words.language();
    match perform(visit, current.id(), &Command::Ask { language }).await? {
        Ok(_) => {}
        // A double click: the other one was first, and asked for the same.
        Err(Failure::Refused(Refusal::Stale)) if Current::of(visit).await?.is_out() => return to(visit, "/card"),
        Err(failure) => return Err(visit.failed(&failure)),
    }
    Current::of(visit).await?.signature_request(visit).await?;
    to(visit, "/card")
}

/// 「修正する」: what was entered can be changed again, and nothing can be signed any more.
pub(super) async fn edit(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = Current::of(visit).await?;
    if current.standing.case.entered().is_none() {
        return current.elsewhere(visit);
    }
    let edited = perform(visit, current.id(), &Command::Edit).await?;
    edited.map_err(|failure| visit.failed(&failure))?;
    current.withdraw_request(visit).await?;
    to(visit, "/form")
}

/// The card has signed: now it is decided, with everything checked again at this moment (G-T2).
pub(super) async fn confirmed(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let current = Current::of(visit).await?;
    let signature = current.signature(visit, row).await?;
    let confirmed = perform(visit, current.id(), &Command::Confirm(signature)).await?;
    confirmed.map_err(|failure| visit.failed(&failure))?;
    to(visit, "/done")
}

/// A line of the register beside the card.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) register: Vec<Piece>,
    pub(super) card: Vec<Piece>,
    /// What came of the comparison; `None` where nothing is compared.
    pub(super) class: Option<(&'static str, String)>,
}

fn rows(
    page: &Page,
    current: &Current,
    entry: Option<&Entry>,
    card: &CardFace,
    compared: Option<&Compared>,
) -> Vec<Row> {
    let bidding = &current.bidding;
    let row = |key: &str, register: &str, carried: &str, comparison: Option<&Comparison>| {
        let differences = || comparison.into_iter().flat_map(|comparison| &comparison.differences);
        Row {
            label: page.t(&label(bidding, key)),
            register: marked(register, differences().map(|one| one.register.range())),
            card: marked(carried, differences().map(|one| one.card.range())),
            class: comparison.map(|comparison| class(page, comparison.class)),
        }
    };
    let mut rows = vec![
        row(
            "bidder-company",
            entry.map_or("", |entry| &entry.name),
            &card.company,
            compared.map(|compared| &compared.company),
        ),
        row(
            "registration-confirm-person",
            entry
                .zip(compared)
                .map_or("", |(entry, compared)| against(entry, compared)),
            &card.holder,
            compared.map(|compared| &compared.person),
        ),
        row(
            "bidder-address",
            entry.map_or("", |entry| &entry.address),
            &card.company_address,
            None,
        ),
    ];
    let number = entry.and_then(|entry| entry.corporate_number.as_deref());
    if number.is_some() || !card.corporate_number.is_empty() {
        rows.push(row(
            "bidder-corporate-number",
            number.unwrap_or_default(),
            &card.corporate_number,
            None,
        ));
    }
    for (key, carried) in [
        ("bidder-card-serial", card.serial.clone()),
        ("bidder-card-issuer", card.issuer.clone()),
        ("bidder-card-until", date::slashed(card.valid.1.day())),
    ] {
        rows.push(Row {
            label: page.t(key),
            register: Vec::new(),
            card: plain(&carried),
            class: None,
        });
    }
    rows
}
