//! What was typed and not taken: kept in the session, with the application that it is of, so that nothing is lost.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Current, bug};
use crate::portal::organisation::Seat;
use crate::portal::visit::Stop;

/// Which page's.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Contact,
    Terminals,
}

impl Of {
    const fn note(self) -> &'static str {
        match self {
            Self::Contact => "reissue-contact",
            Self::Terminals => "reissue-terminals",
        }
    }
}

/// Keeps it. What was kept of another application on the same page goes.
pub(super) async fn keep<T: Serialize + Sync>(seat: &Seat, current: &Current, of: Of, typed: &T) -> Result<(), Stop> {
    let text = serde_json::to_string(&(current.id().to_string(), typed)).map_err(|why| bug(seat, &why.to_string()))?;
    let portal = &seat.visit.portal;
    let noted = portal
        .note(seat.session(), &seat.office.id, of.note(), text, seat.visit.now)
        .await;
    noted.map_err(|fault| seat.visit.fault(&fault))
}

/// What is kept of this application.
pub(super) fn kept<T: DeserializeOwned>(seat: &Seat, current: &Current, of: Of) -> Option<T> {
    let noted = seat.session().noted(&seat.office.id, of.note())?;
    // What an earlier version of this program kept is not worth an error.
    let (case, typed): (String, T) = serde_json::from_str(&noted.value).ok()?;
    (case == current.id().to_string()).then_some(typed)
}

/// It was taken.
pub(super) async fn forget(seat: &Seat, of: Of) -> Result<(), Stop> {
    let portal = &seat.visit.portal;
    let forgotten = portal.forget(seat.session(), &seat.office.id, of.note()).await;
    forgotten.map_err(|fault| seat.visit.fault(&fault))
}
