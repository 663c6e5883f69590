//! `/api/v1`: everything that a page can do, a program can do, for holders and for officers.
//!
//! One table of operations makes the router and the description (OpenAPI 3.1), so that no route is undocumented and
//! nothing is described that is not there. What an operation does is done by the desk, with the token's account behind it;
//! a decision needs that officer's card as everywhere: a token alone decides nothing (A24).

mod answer;
mod bid;
mod bidder;
mod call;
mod held;
mod idempotency;
mod input;
mod office;
mod officer;
mod openapi;
mod operation;
mod paper;
mod pin_reset;
mod problem;
mod queue;
mod receipt;
mod registration;
mod renewal;
mod revocation;
pub mod token;

use axum::Router;
use std::sync::Arc;

pub(crate) use idempotency::KEPT_FOR;
pub(crate) use problem::problems_below;

use crate::portal::Portal;
use operation::Operation;

/// Below `/api/v1`.
pub(crate) fn routes() -> Router<Portal> {
    operations().into_iter().fold(Router::new(), |router, operation| {
        let operation = Arc::new(operation);
        router.route(operation.path, call::route(operation))
    })
}

/// The description of all of it, as `docs/openapi.json` has it.
pub fn description() -> String {
    openapi::text(&operations())
}

/// Every operation.
fn operations() -> Vec<Operation> {
    [
        office::operations(),
        revocation::operations(),
        receipt::operations(),
        registration::operations(),
        renewal::operations(),
        held::operations(),
        queue::operations(),
        paper::operations(),
        pin_reset::operations(),
        officer::operations(),
        token::operations(),
        bid::operations(),
        operation::of_the_agent(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
