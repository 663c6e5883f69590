//! Letters about a reservation, to the address that its holder left for them.

use casework::pin_reset::{Case, Letter};

use super::Trouble;
use super::mail::Mail;
use super::office::{mail, open};
use crate::desk::pin_reset::PinReset;
use crate::desk::{CaseId, Desk};
use crate::fault::Fault;
use crate::letter::pin_reset::PinReset as Written;
use crate::store::ErrandRow;

/// A letter about a reservation. `None` where it has become untrue while it waited for the mail server.
pub(super) async fn to_holder(desk: &Desk, errand: &ErrandRow, which: Letter) -> Result<Option<Mail>, Trouble> {
    let id: CaseId<PinReset> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(reservation), Some(place)) = (standing.case.reservation(), &standing.place) else {
        return Err(Trouble(format!("{id} is no reservation")));
    };
    let counts = desk.clock().now() <= reservation.until;
    let is_true = match which {
        Letter::Reserved => counts && matches!(standing.case, Case::Reserved { .. } | Case::Announced { .. }),
        Letter::Ending => counts && matches!(standing.case, Case::Reserved { .. }),
        Letter::Completed | Letter::Expired => true,
    };
    if !is_true {
        return Ok(None);
    }
    let row = desk.store().pin_reset(errand.case).await?;
    // Whoever wanted letters is written to for a week, which is longer than a letter is tried.
    let Some(letters) = row.and_then(|row| row.letters) else {
        return Ok(None);
    };
    let office = open(desk, &place.office)?;
    let hours = &office.citizen().map_err(Fault::from)?.kiosk;
    let at = match &standing.case {
        Case::Used { at, .. } => *at,
        _ => errand.queued_at,
    };
    let letter = Written {
        language: place.language,
        office: office.name.clone(),
        contact: office.contact.clone(),
        number: reservation.number,
        until: reservation.until,
        usable: hours.usable(errand.queued_at.max(reservation.since), reservation.until),
        at,
    }
    .letter(which);
    Ok(Some(mail(&office, place.language, errand, letters.mail, letter)))
}
