//! A service centre's portal for its customers: login by ID and password or by a passkey, the menu with its news, and what the contract
//! says (DOMAIN §6.3, N0).

pub(crate) mod contract;
mod crumbs;
mod link;
mod login;
mod menu;
mod news;
mod passkeys;
mod password;
pub(crate) mod seat;
mod typed;
mod view;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::sync::Arc;

pub(crate) use menu::page as menu;
pub(crate) use seat::{Seat, SeatPost};

use crate::office::{Office, Terminals};
use crate::portal::Portal;
use crate::portal::visit::{Stop, Visit};

/// Below `/{office}`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/sign-in", get(login::page).post(login::log_in))
        .route("/sign-in/passkey", post(login::by_passkey))
        .route("/sign-out", post(login::log_out))
        .route("/signed-out", get(login::out))
        .route("/forgotten", get(link::forgotten).post(link::ask))
        .route("/link", get(link::page).post(link::open))
        .route("/password", get(password::page).post(password::change))
        .route("/passkeys", get(passkeys::page).post(passkeys::add))
        .route("/passkeys/remove", post(passkeys::remove))
        .route("/contract", get(contract::page))
        .route("/news/{id}", get(news::page))
        .route("/stay", post(stay))
}

impl Visit {
    /// The service centre of the address. Another kind of office has none of these pages.
    pub(crate) fn centre(&self) -> Result<(Arc<Office>, Arc<Terminals>), Stop> {
        let office = self.office()?;
        let terminals = office.terminals().map_err(|_| self.not_found())?.clone();
        Ok((office, terminals))
    }
}

/// 「続ける」 of the idle warning: being seen was all.
async fn stay(_: SeatPost) -> Result<StatusCode, Stop> {
    Ok(StatusCode::NO_CONTENT)
}
