//! S5, 失効申込内容の確認, and what the signature leads to.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::revocation::Case;
use wire::card_request::{SamePin, Step};
use wire::code::Code;

use super::{Current, shown, touched};
use crate::catalogue::both;
use crate::desk::revocation::{Command, Revocation};
use crate::desk::{Failure, Procedure as _};
use crate::fault::{Bug, Fault};
use crate::portal::ask::Ask;
use crate::portal::card_request::told;
use crate::portal::page::render;
use crate::portal::purpose::Purpose;
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{fact, view};
use crate::store::CardRequestRow;

/// S5. While the text is out for signature it is shown too, and cannot be asked for anew.
pub(crate) async fn page(visit: Visit) -> Result<Response, Stop> {
    let current = visit.current().await?;
    let (application, refund, text) = match &current.standing.case {
        Case::Reviewing {
            application, refund, ..
        } => (application, *refund, None),
        Case::Awaiting {
            application,
            refund,
            text,
            ..
        } => (application, *refund, Some(*text)),
        Case::Entering { .. } => return visit.to("/application"),
        Case::Revoked { .. } => return visit.to("/done"),
        Case::New | Case::Abandoned { .. } => return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
    };
    let text = match text {
        Some(digest) => Some(written(&visit, &current, digest).await?),
        None => None,
    };
    let shown = shown(&visit, &current).await?;
    let page = visit.page();
    let unchecked = visit.asked("notice") == Some("E-GATE-2") && text.is_none();
    let authority = visit.authority()?;
    let terms = &authority.revocation.policy.refund;
    let view = view::Confirm {
        notice: unchecked.then(|| page.message(Code::GateChecked, &[])),
        unchecked,
        lapsed: current.lapsed(visit.now),
        deadline: fact::deadline(&page, shown.last),
        certificate: fact::certificate(&page, &shown.certificate, &shown.authentication),
        application: fact::application(&page, application),
        refund: fact::refund(&page, refund, terms),
        fee: fact::grouped(terms.fee),
        text_lang: text.as_deref().and_then(|text| page.tongue(text)),
        text,
        version: current.standing.version.to_string(),
        touched: touched(&visit, &current).await?,
        office: current.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「失効申込をする(確定)」: the second gate, then the text goes out for signature.
pub(crate) async fn ask(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = visit.current().await?;
    match &current.standing.case {
        Case::Reviewing { .. } => {}
        // A second click, or Back and once more: the text is out already, and stays the one that is signed.
        Case::Awaiting { .. } => return visit.to("/card"),
        Case::Entering { .. } => return visit.to("/application"),
        Case::Revoked { .. } => return visit.to("/done"),
        Case::New | Case::Abandoned { .. } => return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
    }
    if post.field("checked") != "yes" {
        return visit.to("/confirm?notice=E-GATE-2");
    }
    // What was ticked is what this page showed; another tab may have changed it since.
    if post.field("version") != current.standing.version.to_string() {
        return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    }
    let language = visit.words.language();
    match visit.perform(current.id(), &Command::Ask { language }).await? {
        Ok(_) => {}
        // A double click: the other one was first, and asked for the same.
        Err(Failure::Refused(Refusal::Stale))
            if matches!(visit.current().await?.standing.case, Case::Awaiting { .. }) =>
        {
            return visit.to("/card");
        }
        Err(failure) => return Err(visit.failed(&failure)),
    }
    request(visit, &visit.current().await?).await?;
    visit.to("/card")
}

/// 「修正する」: what was entered can be changed again, and nothing can be signed any more.
pub(crate) async fn edit(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = visit.current().await?;
    match &current.standing.case {
        Case::Reviewing { .. } | Case::Awaiting { .. } => {}
        Case::Entering { .. } => return visit.to("/application"),
        Case::Revoked { .. } => return visit.to("/done"),
        Case::New | Case::Abandoned { .. } => return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
    }
    let edited = visit.perform(current.id(), &Command::Edit).await?;
    edited.map_err(|failure| visit.failed(&failure))?;
    let withdrawn = visit
        .portal
        .withdraw_card_request(visit.session()?, &current.office)
        .await;
    withdrawn.map_err(|fault| visit.fault(&fault))?;
    visit.to("/application")
}

/// The request for the signature: the one that waits for an agent, or a fresh one over the same text.
pub(crate) async fn request(visit: &Visit, current: &Current) -> Result<CardRequestRow, Stop> {
    let session = visit.session()?;
    let fault = |fault: Fault| visit.fault(&fault);
    let Case::Awaiting {
        opened, text, until, ..
    } = &current.standing.case
    else {
        return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    if current.lapsed(visit.now) {
        return Err(visit.to("/confirm")?.into());
    }
    let last = visit
        .portal
        .card_request_of(session, &current.office)
        .await
        .map_err(fault)?;
    if let Some(row) = last.filter(|row| Purpose::of(row) == Some(Purpose::Confirm)) {
        if row.is_unclaimed() {
            return Ok(row);
        }
        // Signed, and the browser never came back with it: 「続ける／やめる」.
        if row.is_answered() {
            return Err(visit.to("/status")?.into());
        }
    }
    let language = current
        .standing
        .place
        .as_ref()
        .map(|place| place.language)
        .unwrap_or_default();
    let step = Step::Sign {
        says: both("request-sign"),
        text: Some(written(visit, current, *text).await?),
        language,
        certificate: Some(URL_SAFE_NO_PAD.encode(opened.subject.card.0)),
        at: visit.now.0,
        person: false,
    };
    let ask = Ask {
        office: &current.office,
        procedure: Revocation::NOUN,
        purpose: Purpose::Confirm,
        case: Some(current.id().octets()),
        title: both("request-title"),
        language,
        same_pin: SamePin::Off,
        watch: None,
        steps: vec![step],
        return_to: format!("/{}/revocation/return", current.office.id),
        until: *until,
    };
    visit.portal.ask_card(session, ask).await.map_err(fault)
}

/// The card has signed: now it is decided, with everything checked again at this moment (G-T2).
pub(crate) async fn confirmed(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let current = visit.current().await?;
    if row.case != Some(current.id().octets()) {
        return Err(visit.not_found());
    }
    let signature = visit.portal.answered_signature(row).await.map_err(|unproven| {
        visit.told(
            StatusCode::CONFLICT,
            told(visit.words, &unproven, &current.office.name, ""),
        )
    })?;
    // Who gave up at the agent is not revoked for, and who is revoked for cannot give up any more: this row decides.
    let returned = visit.portal.store().close_card_request(row.id).await;
    if !returned.map_err(|fault| visit.fault(&fault))? {
        return visit.to("/card?notice=cancelled");
    }
    let confirmed = visit.perform(current.id(), &Command::Confirm(signature)).await?;
    confirmed.map_err(|failure| visit.failed(&failure))?;
    visit.to("/done")
}

/// The text that the case names.
pub(crate) async fn written(
    visit: &Visit,
    current: &Current,
    digest: casework::identity::Digest,
) -> Result<String, Stop> {
    let text = visit.portal.store().text(current.id().octets(), digest).await;
    let missing = || Fault::from(Bug(format!("the text {digest} was asked for and is not kept")));
    text.and_then(|text| text.ok_or_else(missing))
        .map_err(|fault| visit.fault(&fault))
}
