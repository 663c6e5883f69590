//! Letters about a terminal's grant, to 申込担当者 of the application that it came of.

use casework::acquisition::Letter;

use super::Trouble;
use super::mail::Mail;
use super::office::{mail, open};
use crate::desk::acquisition::Acquisition;
use crate::desk::{CaseId, Desk};
use crate::letter::acquisition::Acquisition as Written;
use crate::store::{self, ErrandRow};

/// A letter about a grant.
pub(super) async fn to_applicant(desk: &Desk, errand: &ErrandRow, which: Letter) -> Result<Mail, Trouble> {
    let id: CaseId<Acquisition> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(grant), Some(place)) = (standing.case.grant(), &standing.place) else {
        return Err(Trouble(format!("{id} is no grant")));
    };
    let office = open(desk, &place.office)?;
    let missing = || Trouble(format!("the application of {id} is not kept"));
    let application = desk.store().case(grant.application.0).await?.ok_or_else(missing)?;
    let application = store::reissue_case(&application.document.text)?;
    let applicant = &application.submitted().ok_or_else(missing)?.contact;
    let organisation = desk.store().organisation(grant.organisation).await?;
    let organisation = organisation.ok_or_else(|| Trouble(format!("{id} belongs to nobody")))?;
    let letter = Written {
        language: place.language,
        office: office.name.clone(),
        contact: office.contact.clone(),
        company: organisation.contract.company,
        place: organisation.contract.office,
        name: format!("{} {}", applicant.surname, applicant.given),
        number: grant.number,
        terminal: grant.terminal,
        until: grant.until.day(),
        page: desk.page_of(&office.id, ""),
    }
    .letter(which);
    Ok(mail(&office, place.language, errand, applicant.mail.clone(), letter))
}
