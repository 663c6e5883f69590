//! The list of a customer's terminals, one of them, and 認証コード2 on demand.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::acquisition::Case;
use casework::time::Instant;
use zeroize::Zeroizing;

use super::{Standing, State, agent, slug, view};
use crate::desk::acquisition::Acquisition;
use crate::desk::{CaseId, Client};
use crate::fault::Fault;
use crate::portal::date;
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::page::{Fact, Page, render};
use crate::portal::visit::Stop;

/// `GET /{office}/acquisition`
pub(super) async fn all(seat: Seat) -> Result<Response, Stop> {
    let rows = seat
        .visit
        .portal
        .store()
        .terminals_of(seat.present.organisation.id)
        .await;
    let rows = rows.map_err(|fault| seat.visit.fault(&fault))?;
    let page = seat.page();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let standing = seat.standing_of(row).await?;
        lines.push(line(&seat, &page, &standing));
    }
    let view = view::Terminals {
        lines,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// `GET /{office}/acquisition/{terminal}`
pub(super) async fn one(Path((_, slug)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let standing = seat.terminal(&slug).await?;
    shown(&seat, &standing, None).await
}

/// 「認証コード2を表示する」: the one page that has it, and that nobody keeps. That it was shown stands in the audit before it is.
pub(super) async fn show_code(Path((_, slug)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let standing = seat.terminal(&slug).await?;
    let code = seen(seat, &standing).await;
    let code = code.map_err(|fault| seat.visit.fault(&fault))?;
    shown(seat, &standing, code).await
}

async fn seen(seat: &Seat, standing: &Standing) -> Result<Option<Zeroizing<String>>, Fault> {
    let portal = &seat.visit.portal;
    let code = portal
        .desk()
        .second_code(&standing.row.office, standing.row.terminal)
        .await?;
    if code.is_some() {
        // What a list brought belongs to no grant, and is told of the customer.
        let case = standing
            .row
            .grant
            .map_or(seat.present.organisation.id.0, |grant| grant.0);
        let client = Client::from(seat.visit.from);
        let details = vec![
            ("terminal", slug(standing.row.terminal)),
            ("client", client.to_string()),
        ];
        let own: CaseId<Acquisition> = CaseId::from_octets(case);
        let event = portal
            .desk()
            .event_beside(&seat.actor(), own, "code_seen", details)
            .await?;
        portal.store().record(case, event, seat.visit.now).await?;
    }
    Ok(code)
}

async fn shown(seat: &Seat, standing: &Standing, code: Option<Zeroizing<String>>) -> Result<Response, Stop> {
    let visit = &seat.visit;
    let state = standing.state(&seat.terminals.acquisition, visit.now);
    let asked = agent::asked_last(seat, standing).await?;
    let page = seat.page();
    let until = |at: Option<Instant>| at.map_or_else(String::new, |at| date::day(page.words, at.day()));
    let says_until = match state {
        State::Acquired | State::Renewable | State::Lapsed => until(standing.valid_until()),
        _ => until(standing.case.grant().map(|grant| grant.until)),
    };
    let is_open = standing.is_open(visit.now);
    let view = view::OneTerminal {
        slug: slug(standing.row.terminal),
        name: standing.row.terminal.name.to_string(),
        stages: page.stages("acquisition-step", &stage(state, is_open)),
        word: state.word(),
        tag: state.tag(),
        state: page.t(&format!("acquisition-state-{}", state.word())),
        says: page.t1(&format!("acquisition-says-{}", state.word()), "date", &says_until),
        facts: facts(&page, standing),
        first: standing.row.terminal.first_code(),
        third: standing.row.terminal.third_code(),
        has_code: standing.row.code.is_some(),
        code,
        go: is_open.then(|| {
            page.t(match state {
                State::Begun => "acquisition-go-on",
                State::Acquired | State::Renewable => "acquisition-again",
                _ => "acquisition-begin",
            })
        }),
        again: matches!(state, State::Acquired | State::Renewable),
        link: asked.waiting.as_ref().map(|row| visit.portal.agent_link(row)),
        until: asked.waiting.map(|row| date::minute(page.words, row.expires_at)),
        came: asked.came.map(|came| came.told(&page)),
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// Where the indicator stands: the first step that is not done.
const fn stage(state: State, is_open: bool) -> u8 {
    match state {
        State::Begun => 3,
        State::Acquired | State::Renewable if is_open => 4,
        State::Acquired | State::Renewable => 6,
        State::None | State::Ready | State::Lapsed | State::Suspended | State::Replaced => 1,
    }
}

fn line(seat: &Seat, page: &Page, standing: &Standing) -> view::Line {
    let state = standing.state(&seat.terminals.acquisition, seat.visit.now);
    let terminal = standing.row.terminal;
    let grant = standing
        .case
        .grant()
        .filter(|_| state == State::Ready || state == State::Begun);
    let day = |at: Option<Instant>| at.map_or_else(String::new, |at| date::slashed(at.day()));
    view::Line {
        slug: slug(terminal),
        name: terminal.name.to_string(),
        division: terminal.division.label(),
        device: terminal.device.label(),
        first: terminal.first_code(),
        third: terminal.third_code(),
        state: page.t(&format!("acquisition-state-{}", state.word())),
        tag: state.tag(),
        until: day(grant.map(|grant| grant.until)),
        valid: day(standing.valid_until()),
    }
}

fn facts(page: &Page, standing: &Standing) -> Vec<Fact> {
    let terminal = standing.row.terminal;
    let mut facts = vec![
        page.fact("acquisition-name", terminal.name.to_string()),
        page.fact("acquisition-division", terminal.division.label()),
        page.fact("acquisition-device", terminal.device.label()),
    ];
    if let Some(grant) = standing.case.grant() {
        facts.push(page.fact("acquisition-number", grant.number.to_string()));
        if matches!(standing.case, Case::Open { .. } | Case::Issuing { .. }) {
            facts.push(page.fact("acquisition-until", date::minute(page.words, grant.until)));
        }
    }
    let issued = match standing.case.held() {
        Some(held) => Some(held.validity.0.day()),
        None => standing.row.issued_on,
    };
    facts.extend(issued.map(|day| page.fact("acquisition-issued", date::slashed(day))));
    if let Some(held) = standing.case.held() {
        facts.push(page.fact("acquisition-serial", held.certificate.serial.to_string()));
    }
    facts.extend(
        standing
            .valid_until()
            .map(|until| page.fact("acquisition-valid", date::minute(page.words, until))),
    );
    facts
}
