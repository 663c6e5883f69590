//! 登録内容の確認: the register beside the card, what was entered, and the text that goes out for the card's signature.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::identity::Digest;
use casework::names::{Class, Comparison};
use casework::register::{Compared, Entry};
use wire::card_request::{SamePin, Step};
use wire::code::Code;

use super::{Current, STAGES, current, elsewhere, entry, form, framed, perform, request_of, stale, to, view};
use crate::catalogue::both;
use crate::desk::bidder::CardFace;
use crate::desk::registration::{Command, Registration};
use crate::desk::{Failure, Procedure as _};
use crate::fault::{Bug, Fault};
use crate::portal::ask::Ask;
use crate::portal::bidding::beside::{against, class};
use crate::portal::bidding::fact::label;
use crate::portal::card_request::told;
use crate::portal::date;
use crate::portal::marked::{Piece, marked, plain};
use crate::portal::page::{Page, render};
use crate::portal::purpose::Purpose;
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::CardRequestRow;

/// While the text is out for signature it is shown too, and cannot be asked for anew.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let current = current(&visit).await?;
    let case = &current.standing.case;
    let (Some(business), Some(contact)) = (case.business(), case.entered()) else {
        return elsewhere(&visit, &current);
    };
    let text = match case.out() {
        Some(out) => Some(written(&visit, &current, out.text).await?),
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
    let current = current(visit).await?;
    // A second click, or Back and once more: the text is out already, and stays the one that is signed.
    if current.standing.case.out().is_some() {
        return to(visit, "/card");
    }
    if current.standing.case.entered().is_none() {
        return elsewhere(visit, &current);
    }
    // What was read is what this page showed; another tab may have changed it since.
    if post.field("version") != current.standing.version.to_string() {
        return Err(stale(visit));
    }
    let language = visit.words.language();
    match perform(visit, current.id(), &Command::Ask { language }).await? {
        Ok(_) => {}
        // A double click: the other one was first, and asked for the same.
        Err(Failure::Refused(Refusal::Stale)) if is_out(visit).await? => return to(visit, "/card"),
        Err(failure) => return Err(visit.failed(&failure)),
    }
    request(visit, &super::current(visit).await?).await?;
    to(visit, "/card")
}

/// 「修正する」: what was entered can be changed again, and nothing can be signed any more.
pub(super) async fn edit(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = current(visit).await?;
    if current.standing.case.entered().is_none() {
        return elsewhere(visit, &current);
    }
    let edited = perform(visit, current.id(), &Command::Edit).await?;
    edited.map_err(|failure| visit.failed(&failure))?;
    let withdrawn = visit
        .portal
        .withdraw_card_request(visit.session()?, &current.office)
        .await;
    withdrawn.map_err(|fault| visit.fault(&fault))?;
    to(visit, "/form")
}

/// The request for the signature: the one that waits for an agent, or a fresh one over the same text.
pub(super) async fn request(visit: &Visit, current: &Current) -> Result<CardRequestRow, Stop> {
    let session = visit.session()?;
    let Some(out) = current.standing.case.out() else {
        return Err(stale(visit));
    };
    if current.lapsed(visit.now) {
        return Err(to(visit, "/confirm")?.into());
    }
    let last = request_of(visit, session, &current.office).await?;
    if let Some(row) = last.filter(|row| Purpose::of(row) == Some(Purpose::Confirm)) {
        if row.is_unclaimed() {
            return Ok(row);
        }
        // Signed, and the browser never came back with it: 「続ける／やめる」.
        if row.is_answered() {
            return Err(to(visit, "/status")?.into());
        }
    }
    let place = current.standing.place.as_ref();
    let language = place.map(|place| place.language).unwrap_or_default();
    let step = Step::Sign {
        says: both("registration-request-sign"),
        text: Some(written(visit, current, out.text).await?),
        language,
        certificate: Some(URL_SAFE_NO_PAD.encode(current.opened(visit)?.card.0)),
        at: visit.now.0,
        person: false,
    };
    let ask = Ask {
        office: &current.office,
        procedure: Registration::NOUN,
        purpose: Purpose::Confirm,
        case: Some(current.id().octets()),
        title: both("registration-request-title"),
        language,
        same_pin: SamePin::Off,
        watch: None,
        steps: vec![step],
        return_to: format!("/{}/registration/return", current.office.id),
        until: out.until,
    };
    let asked = visit.portal.ask_card(session, ask).await;
    asked.map_err(|fault| visit.fault(&fault))
}

/// The card has signed: now it is decided, with everything checked again at this moment (G-T2).
pub(super) async fn confirmed(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let current = current(visit).await?;
    if row.case != Some(current.id().octets()) {
        return Err(visit.not_found());
    }
    let signature = visit.portal.answered_signature(row).await.map_err(|unproven| {
        let message = told(visit.words, &unproven, &current.office.name, "");
        visit.told(StatusCode::CONFLICT, message)
    })?;
    // Who gave up at the agent is not registered for, and what is registered cannot be given up any more: this row decides.
    let returned = visit.portal.store().close_card_request(row.id).await;
    if !returned.map_err(|fault| visit.fault(&fault))? {
        return to(visit, "/card?notice=cancelled");
    }
    let confirmed = perform(visit, current.id(), &Command::Confirm(signature)).await?;
    confirmed.map_err(|failure| visit.failed(&failure))?;
    to(visit, "/done")
}

async fn is_out(visit: &Visit) -> Result<bool, Stop> {
    Ok(current(visit).await?.standing.case.out().is_some())
}

/// The text that the case names.
pub(super) async fn written(visit: &Visit, current: &Current, digest: Digest) -> Result<String, Stop> {
    let text = visit.portal.store().text(current.id().octets(), digest).await;
    let missing = || Fault::from(Bug(format!("the text {digest} was asked for and is not kept")));
    text.and_then(|text| text.ok_or_else(missing))
        .map_err(|fault| visit.fault(&fault))
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
