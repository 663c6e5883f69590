//! `/receipt/{number}`: what became of an application, for whoever holds its number and check code (DESIGN, part 7).
//!
//! Both stand on the receipt. The code never stands in an address; the answer to a wrong one is the same, and takes the
//! same time, as for a number that nobody has (A18, A55). Nobody's name is told.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use casework::identity::CertificateId;
use casework::number::{CheckCode, Number};
use casework::time::Instant;
use casework::{paper, registration, reissue, renewal, revocation};
use std::net::IpAddr;
use std::time::Duration;
use wire::code::Code;
use wire::queue::Standing;

use crate::catalogue::both;
use crate::desk::paper::Paper;
use crate::desk::pin_reset::PinReset;
use crate::desk::registration::Registration;
use crate::desk::reissue::Reissue;
use crate::desk::renewal::Renewal;
use crate::desk::revocation::Revocation;
use crate::desk::{CaseId, Procedure};
use crate::fault::{Bug, Fault};
use crate::office::ReasonUse;
use crate::portal::limit::Wait;
use crate::portal::page::{Fact, Page, render};
use crate::portal::visit::{Stop, Visit, address, read_form};
use crate::portal::{Portal, date, receipt, view};
use crate::store::ReceiptRow;

/// Why nothing is told.
#[derive(Debug)]
pub(crate) enum Unfound {
    /// Too often.
    Often(Wait),
    /// There is no such number, or it has another code.
    Nothing,
    /// The world failed.
    Fault(Fault),
}

impl From<Fault> for Unfound {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// `GET /receipt`: the form for whoever has the paper before them and no address.
pub(crate) async fn blank(visit: Visit) -> Response {
    form(&visit, "", StatusCode::OK, None)
}

/// `GET /receipt/{number}`: the form. It has no effect, and tells nobody whether there is such a number.
pub(crate) async fn page(visit: Visit, Path(number): Path<String>) -> Response {
    form(&visit, &number, StatusCode::OK, None)
}

/// The form with the code, and with the number where the address has none.
pub(crate) async fn look(State(portal): State<Portal>, request: Request) -> Result<Response, Stop> {
    let (mut parts, body) = request.into_parts();
    let from = address(&parts);
    let visit = Visit::from_request_parts(&mut parts, &portal).await?;
    let path = Option::<Path<String>>::from_request_parts(&mut parts, &portal).await;
    let path = path.map_err(|_| visit.not_found())?;
    let fields = read_form(&visit, parts, body).await?;
    let field = |asked: &str| {
        fields
            .iter()
            .find_map(|(name, value)| (name == asked).then_some(value.as_str()))
    };
    let typed = path.map_or_else(|| field("number").unwrap_or_default().to_owned(), |Path(number)| number);
    let code = field("check_code").and_then(CheckCode::parse);
    match look_up(&portal, from, Number::parse(&typed), code).await {
        Ok(standing) => {
            let page = visit.page();
            let facts = facts(&page, &standing);
            let view = view::LookedUp {
                revoked: standing.revoked_at.is_some(),
                says: page.text(&standing.says).to_owned(),
                number: standing.number,
                facts,
                page,
            };
            Ok(render(StatusCode::OK, &view))
        }
        Err(Unfound::Nothing) => Ok(form(&visit, &typed, StatusCode::NOT_FOUND, Some(Code::CheckCode))),
        Err(Unfound::Often(wait)) => Err(visit.too_often(wait)),
        Err(Unfound::Fault(fault)) => Err(visit.fault(&fault)),
    }
}

/// The problem that says so.
pub(crate) fn nothing<T>(problem: impl FnOnce(StatusCode, Code, &[(&str, &str)]) -> T) -> T {
    problem(StatusCode::NOT_FOUND, Code::CheckCode, &[])
}

/// What became of it. Every answer but a refusal for frequency comes at the end of a fixed time.
pub(crate) async fn look_up(
    portal: &Portal,
    from: IpAddr,
    number: Option<Number>,
    code: Option<CheckCode>,
) -> Result<Standing, Unfound> {
    let key = number.map_or(0, |number| number.to_string().parse().unwrap_or(0));
    portal.gauge().look_up(from, key).map_err(Unfound::Often)?;
    let end = tokio::time::Instant::now() + ANSWER_AFTER;
    let found = found(portal, number, code).await;
    tokio::time::sleep_until(end).await;
    found
}

async fn found(portal: &Portal, number: Option<Number>, code: Option<CheckCode>) -> Result<Standing, Unfound> {
    let row = match number {
        Some(number) => portal.store().receipt_by_number(number).await?,
        None => None,
    };
    let (Some(row), Some(code)) = (row, code) else {
        return Err(Unfound::Nothing);
    };
    verify_slices_are_equal(row.check_code.as_bytes(), code.as_bytes()).map_err(|_| Unfound::Nothing)?;
    Ok(standing(portal, &row).await?)
}

async fn standing(portal: &Portal, row: &ReceiptRow) -> Result<Standing, Fault> {
    let case = portal.store().case(row.case).await?;
    let case = case.ok_or_else(|| Bug("a receipt has its case".to_owned()))?;
    let office = portal.office(&case.office).ok_or_else(|| Fault::Corrupt {
        what: "a case",
        why: format!("no office {:?} here", case.office),
    })?;
    // The saved words alone: what an officer added may name somebody, and went by letter.
    let mut reason = None;
    let (state, revoked): (&str, Option<(CertificateId, Instant)>) = if case.procedure == Paper::NOUN {
        let case = portal.desk().look::<Paper>(CaseId::from_octets(row.case)).await?;
        let revoked = match &case {
            paper::Case::Revoked { entry, at, .. } => Some((entry.certificate.clone(), *at)),
            _ => None,
        };
        (Paper::state(&case), revoked)
    } else if case.procedure == Renewal::NOUN {
        let case = portal.desk().look::<Renewal>(CaseId::from_octets(row.case)).await?;
        reason = match &case {
            renewal::Case::Denied { reason, .. } => Some(office.reason_in_words(reason, ReasonUse::Deny)),
            renewal::Case::Returned { reason, .. } => Some(office.reason_in_words(reason, ReasonUse::Return)),
            _ => None,
        };
        (Renewal::state(&case), None)
    } else if case.procedure == Reissue::NOUN {
        let case = portal.desk().look::<Reissue>(CaseId::from_octets(row.case)).await?;
        reason = match &case {
            reissue::Case::Denied { reason, .. } => Some(office.reason_in_words(reason, ReasonUse::Deny)),
            reissue::Case::Returned { reason, .. } => Some(office.reason_in_words(reason, ReasonUse::Return)),
            _ => None,
        };
        (Reissue::state(&case), None)
    } else if case.procedure == PinReset::NOUN {
        let case = portal.desk().look::<PinReset>(CaseId::from_octets(row.case)).await?;
        (PinReset::state(&case), None)
    } else if case.procedure == Registration::NOUN {
        let case = portal
            .desk()
            .look::<Registration>(CaseId::from_octets(row.case))
            .await?;
        reason = match &case {
            registration::Case::Denied { reason, .. } => Some(office.reason_in_words(reason, ReasonUse::Deny)),
            registration::Case::Returned { reason, .. } => Some(office.reason_in_words(reason, ReasonUse::Return)),
            _ => None,
        };
        (Registration::state(&case), None)
    } else {
        let case = portal.desk().look::<Revocation>(CaseId::from_octets(row.case)).await?;
        let revoked = match &case {
            revocation::Case::Revoked { opened, at, .. } => Some((opened.subject.certificate.clone(), *at)),
            _ => None,
        };
        (Revocation::state(&case), revoked)
    };
    let listed = match &revoked {
        Some((certificate, _)) => receipt::first_list(portal, certificate, portal.clock().now()).await?,
        None => None,
    };
    Ok(Standing {
        number: row.number.to_string(),
        procedure: case.procedure.clone(),
        office: office.name.clone(),
        state: state.to_owned(),
        says: both(&format!("lookup-{state}")),
        reason,
        accepted_at: row.given_at.0,
        revoked_at: revoked.map(|(_, at)| at.0),
        listed_at: listed.map(|list| list.this_update.0),
    })
}

fn facts(page: &Page, standing: &Standing) -> Vec<Fact> {
    let time = |at: i64| date::second(page.words, Instant(at));
    let mut facts = vec![
        page.fact("lookup-office", page.text(&standing.office)),
        page.fact("lookup-accepted", time(standing.accepted_at)),
    ];
    if let Some(reason) = &standing.reason {
        facts.push(page.fact("lookup-reason", page.text(reason)));
    }
    if let Some(at) = standing.revoked_at {
        facts.push(page.fact("lookup-revoked-at", time(at)));
        let listed = standing.listed_at.map_or_else(|| page.t("done-crl-waiting"), time);
        facts.push(page.fact("lookup-listed", listed));
    }
    facts
}

fn form(visit: &Visit, number: &str, status: StatusCode, code: Option<Code>) -> Response {
    let page = visit.page();
    let view = view::LookUp {
        error: code.map(|code| page.message(code, &[])),
        // What has not the form of a number is not shown again.
        number: Number::parse(number)
            .map(|number| number.to_string())
            .unwrap_or_default(),
        asked: number.to_owned(),
        page,
    };
    render(status, &view)
}

/// Longer than any of the ways to an answer takes.
const ANSWER_AFTER: Duration = Duration::from_millis(250);
