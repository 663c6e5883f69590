//! The console: the pages of the officers, below `/console` (DESIGN, part 6).
//!
//! Whoever is behind a page is asked of the desk at every request ([`seat::Seat`]): a blocked account or a revoked card
//! is out with the next click.

mod calendar;
mod card;
mod case;
mod contract_form;
mod counter;
mod decision;
mod detail;
mod difference;
mod enrol;
mod examine;
mod examined;
mod export;
mod frame;
mod held;
mod history;
mod invite;
mod letters;
mod login;
mod office;
mod officers;
mod organisations;
mod own;
pub(crate) mod paper;
mod queue;
mod register;
mod reviewed;
mod seat;
mod subject;
mod tokens;
mod view;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;
use wire::code::Code;

pub(crate) use frame::{Frame, Tab};
pub(crate) use reviewed::Reviewed;
pub(crate) use seat::{Brought, Knock, Seat, SeatPost, Wish};

use crate::catalogue::Message;
use crate::office::Office;
use crate::portal::Portal;
use crate::portal::page::{Page, render};
use crate::portal::visit::{Stop, Visit};

/// Below `/console`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new().route("/", get(offices)).nest("/{office}", desk())
}

fn desk() -> Router<Portal> {
    Router::new()
        .route("/", get(home))
        .route("/login", get(login::page).post(login::ask))
        .route("/login/return", get(login::returned))
        .route("/login/passkey", post(login::by_passkey))
        .route("/logout", post(login::log_out))
        .route("/ended", get(login::ended))
        .route("/enrol", get(enrol::page).post(enrol::ask))
        .route("/enrol/return", get(enrol::returned))
        .route("/card", get(card::page).post(card::to_agent))
        .route("/stay", post(stay))
        .route("/own", get(own::page))
        .route("/own/passkey", post(own::add))
        .route("/own/passkey/remove", post(own::remove))
        .route("/officers", get(officers::list))
        .route("/officers/invite", get(officers::invitation).post(officers::invite))
        .route("/officers/{id}", get(officers::one))
        .route("/officers/{id}/roles", post(officers::assign))
        .route(
            "/officers/{id}/invite",
            get(officers::confirm_invite).post(officers::invite_again),
        )
        .route(
            "/officers/{id}/block",
            get(officers::confirm_block).post(officers::block),
        )
        .route(
            "/officers/{id}/unblock",
            get(officers::confirm_unblock).post(officers::unblock),
        )
        .route("/office", get(office::page))
        .route("/office/edit", get(office::form).post(office::preview))
        .route("/office/save", post(office::save))
        .route("/office/history", get(office::history))
        .route("/office/history/{version}", get(office::version))
        .route("/audit", get(office::audit))
        .merge(queue::routes())
        .merge(detail::routes())
        .merge(decision::routes())
        .merge(paper::routes())
        .merge(counter::routes())
        .merge(letters::routes())
        .merge(register::routes())
        .merge(calendar::routes())
        .merge(organisations::routes())
        .merge(tokens::routes())
}

/// A page of the console that says what happened and what to do.
pub(crate) fn problem(status: StatusCode, page: Page, office: &Arc<Office>, message: Message) -> Response {
    let frame = Frame::open(page, office);
    // What a holder is told of their own pages helps no officer.
    let message = match message.code {
        Code::Stale => Message {
            next: frame.t("desk-stale-next"),
            ..message
        },
        Code::Timeout => Message {
            next: frame.t("desk-timeout-next"),
            ..message
        },
        _ => message,
    };
    render(status, &view::Problem { page: frame, message })
}

/// `GET /console`
async fn offices(visit: Visit) -> Response {
    let offices = visit.portal.offices();
    let page = visit.page();
    render(StatusCode::OK, &view::Offices { page, offices })
}

/// `GET /console/{office}`: what the officer is there for.
async fn home(seat: Seat) -> Response {
    seat.to(seat.frame(Tab::Own).first())
}

/// 「続ける」 of the idle warning: being seen was all.
async fn stay(_: SeatPost) -> Result<StatusCode, Stop> {
    Ok(StatusCode::NO_CONTENT)
}

/// The largest body that the console looks at, in octets: scanned papers, which have bounds of their own below it, so that
/// what is too large is said beside what was typed. What a form may have is less.
pub(crate) const MOST_OCTETS: usize = paper::upload::LONGEST;
