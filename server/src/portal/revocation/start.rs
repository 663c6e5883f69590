//! S1 with its two texts, and the first gate.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::evidence::Informed;
use casework::identity::Digest;
use wire::card_request::SamePin;
use wire::code::Code;

use super::{CASE, give_up, steps_to_open};
use crate::catalogue::both;
use crate::desk::revocation::Revocation;
use crate::desk::{Procedure as _, evidence};
use crate::fault::Fault;
use crate::office::{Document, Office};
use crate::portal::ask::Ask;
use crate::portal::page::render;
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor, hex};
use crate::portal::view;
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::CardRequestRow;

/// S1. The session begins here, since both texts are opened in windows of their own and this page must know of them.
pub(crate) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (office, authority) = (visit.office()?, visit.authority()?);
    let (begun, cookie) = match &visit.visitor {
        Visitor::Known(_) => (None, None),
        Visitor::Stranger | Visitor::Late | Visitor::Former(_) => {
            let begun = visit.portal.begin_session(visit.now).await;
            let (session, cookie) = begun.map_err(|fault| visit.fault(&fault))?;
            (Some(session), Some(cookie))
        }
    };
    let session = match &begun {
        Some(session) => session,
        None => visit.session()?,
    };
    let page = visit.page_with(Some(session.csrf()));
    let revocation = &authority.revocation;
    let must = |document: &Document, path: &'static str| view::Must {
        title: page.t(&format!("start-{path}")),
        version: page.text(&document.version).to_owned(),
        open: page.t(&format!("start-{path}-open")),
        read: has_read(session, &office, path, document),
        path,
    };
    let musts = [must(&revocation.flow, FLOW), must(&revocation.terms, TERMS)];
    let ready = musts.iter().all(|must| must.read);
    let notice = (visit.asked("notice") == Some("E-GATE-1") && !ready).then(|| page.message(Code::GateTexts, &[]));
    let view = view::Start {
        notice,
        days: revocation.policy.last_day_before_expiry.to_string(),
        musts,
        ready,
        page,
        office: office.clone(),
    };
    let page = render(StatusCode::OK, &view);
    Ok(match cookie {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], page).into_response(),
        None => page,
    })
}

/// W1
pub(crate) async fn flow(visit: Visit) -> Result<Response, Stop> {
    let office = visit.office()?;
    document(&visit, &office, &visit.authority()?.revocation.flow, FLOW).await
}

/// W2
pub(crate) async fn terms(visit: Visit) -> Result<Response, Stop> {
    let office = visit.office()?;
    document(&visit, &office, &visit.authority()?.revocation.terms, TERMS).await
}

/// 「同意して次へ」: both texts, in the versions that are shown now.
pub(crate) async fn agree(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, session) = (visit.office()?, visit.session()?);
    if informed(session, &office).is_none() {
        return visit.to("?notice=E-GATE-1");
    }
    // Whoever begins again leaves what was begun before.
    if let Some(current) = visit.case().await? {
        give_up(visit, &current).await?;
        let forget = async |name| visit.portal.forget(session, &office.id, name).await;
        let forgotten = async {
            forget(CASE).await?;
            forget(super::application::DRAFT).await?;
            forget(crate::portal::receipt::PRINTED).await
        };
        forgotten.await.map_err(|fault: Fault| visit.fault(&fault))?;
    }
    ask(visit, session, &office).await?;
    visit.to("/card")
}

/// The request that asks for the card: the one that waits for an agent, or a fresh one. One that an agent took is its
/// own for ever, and an agent that was started again has forgotten it.
pub(crate) async fn request(visit: &Visit) -> Result<CardRequestRow, Stop> {
    let (office, session) = (visit.office()?, visit.session()?);
    let open = visit
        .portal
        .card_request_of(session, &office)
        .await
        .map_err(|fault| visit.fault(&fault))?;
    match open {
        Some(row) if row.is_unclaimed() && Purpose::of(&row) == Some(Purpose::Open) => Ok(row),
        _ if informed(session, &office).is_none() => Err(visit.to("?notice=E-GATE-1")?.into()),
        _ => ask(visit, session, &office).await,
    }
}

/// Both texts were opened in the versions that are in force.
pub(crate) fn informed(session: &Session, office: &Office) -> Option<Informed> {
    let (flow, terms) = (session.read(&office.id, FLOW)?, session.read(&office.id, TERMS)?);
    let revocation = &office.authority().ok()?.revocation;
    let in_force = flow.version == revocation.flow.digest() && terms.version == revocation.terms.digest();
    in_force.then(|| evidence::informed(flow.version, terms.version, flow.at.max(terms.at)))
}

async fn ask(visit: &Visit, session: &Session, office: &Office) -> Result<CardRequestRow, Stop> {
    let ask = Ask {
        office,
        procedure: Revocation::NOUN,
        purpose: Purpose::Open,
        case: None,
        title: both("request-title"),
        language: visit.words.language(),
        same_pin: SamePin::Off,
        watch: None,
        steps: steps_to_open(),
        return_to: format!("/{}/revocation/return", office.id),
        until: visit
            .now
            .plus_seconds(visit.authority()?.revocation.policy.signature_within),
    };
    visit
        .portal
        .ask_card(session, ask)
        .await
        .map_err(|fault| visit.fault(&fault))
}

/// A text in a window of its own. Opening counts as read (DOMAIN §12, A2); asking for the print view is noted too.
async fn document(visit: &Visit, office: &Office, document: &Document, path: &'static str) -> Result<Response, Stop> {
    let digest = document.digest();
    let print = visit.asked("print") == Some("1");
    if let Visitor::Known(session) = &visit.visitor {
        let note = async |name: &str, digest: &Digest| {
            visit
                .portal
                .note(session, &office.id, name, hex(&digest.0), visit.now)
                .await
        };
        let noted = async {
            if !has_read(session, office, path, document) {
                note(path, &digest).await?;
            }
            if print {
                note(&format!("{path}-printed"), &digest).await?;
            }
            Ok(())
        };
        noted.await.map_err(|fault: Fault| visit.fault(&fault))?;
    }
    let page = visit.page();
    let view = view::Document {
        title: page.t(&format!("document-{path}")),
        path,
        version: page.text(&document.version),
        blocks: document.blocks(page.words.language()),
        hash: hex(&digest.0),
        keep: path == TERMS,
        print,
        page: visit.page(),
    };
    Ok(render(StatusCode::OK, &view))
}

fn has_read(session: &Session, office: &Office, path: &str, document: &Document) -> bool {
    session
        .read(&office.id, path)
        .is_some_and(|read| read.version == document.digest())
}

const FLOW: &str = "flow";
const TERMS: &str = "terms";
