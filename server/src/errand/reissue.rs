//! Letters to 申込担当者, about what a reissue's case says.

use casework::reissue::{Case, Letter};

use super::Trouble;
use super::bidder::said;
use super::mail::Mail;
use super::office::{mail, open};
use crate::desk::reissue::Reissue;
use crate::desk::{CaseId, Desk};
use crate::letter::reissue::Reissue as Told;
use crate::office::ReasonUse;
use crate::store::ErrandRow;

/// A letter about a reissue, to whom the application names.
pub(super) async fn of_reissue(desk: &Desk, errand: &ErrandRow, which: Letter) -> Result<Mail, Trouble> {
    let id: CaseId<Reissue> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(submitted), Some(place)) = (standing.case.submitted(), &standing.place) else {
        return Err(Trouble(format!("{id} holds no application any more")));
    };
    let office = open(desk, &place.office)?;
    let organisation = desk.store().organisation(submitted.opened.organisation).await?;
    let organisation = organisation.ok_or_else(|| Trouble(format!("{id} is nobody's")))?;
    let reason = match (which, &standing.case) {
        (Letter::Denied, Case::Denied { reason, .. }) => Some(said(&office, reason, ReasonUse::Deny, place.language)),
        (Letter::Returned, Case::Returned { reason, .. }) => {
            Some(said(&office, reason, ReasonUse::Return, place.language))
        }
        _ => None,
    };
    let contact = &submitted.contact;
    let letter = Told {
        language: place.language,
        office: office.name.clone(),
        contact: office.contact.clone(),
        company: organisation.contract.company,
        place: organisation.contract.office,
        name: format!("{} {}", contact.surname, contact.given),
        number: submitted.number,
        received: submitted.at,
        at: errand.queued_at,
        day: submitted.wish.day,
        terminals: submitted.wish.terminals.clone(),
        reason,
        page: desk.page_of(&office.id, ""),
    }
    .letter(which);
    Ok(mail(&office, place.language, errand, contact.mail.clone(), letter))
}
