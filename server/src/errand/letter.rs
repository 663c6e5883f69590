//! Writing the letter that an errand stands for.

use casework::revocation::{Case, Letter};
use pki::certificate::Certificate;

use super::Trouble;
use super::mail::Mail;
use crate::desk::revocation::Revocation;
use crate::desk::{CaseId, Desk};
use crate::fault::Fault;
use crate::letter;
use crate::store::{ErrandRow, OperatorMail};

/// A mail to the operator, as it was written.
pub(super) fn to_operator(errand: &ErrandRow, mail: &OperatorMail) -> Mail {
    Mail {
        id: errand.id,
        from_name: "Kagimori".to_owned(),
        from: mail.from.clone(),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        body: mail.body.clone(),
        written_at: errand.queued_at,
    }
}

/// A letter of procedure 000, to the applicant, in the language of the application.
pub(super) async fn of_revocation(desk: &Desk, errand: &ErrandRow, which: Letter) -> Result<Mail, Trouble> {
    let id: CaseId<Revocation> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (
        Case::Revoked {
            opened,
            application,
            refund,
            number,
            at,
            ..
        },
        Some(place),
    ) = (standing.case, standing.place)
    else {
        return Err(Trouble(format!("{id} was not accepted")));
    };
    let office = desk
        .office(&place.office)
        .ok_or_else(|| Trouble(format!("no office {:?} here", place.office)))?;
    let certificate = &opened.subject.certificate;
    let row = desk.store().certificate(certificate).await?;
    let row = row.ok_or_else(|| Trouble(format!("{certificate:?} is not on record")))?;
    let parsed = Certificate::parse(row.der.as_deref().unwrap_or_default()).map_err(|why| Trouble(why.to_string()))?;
    let letter = letter::Revocation {
        language: place.language,
        office: office.name.clone(),
        contact: office.contact.clone(),
        applicant: application.applicant.clone(),
        page: desk.receipt_page(number),
        number,
        accepted_at: at,
        ground: application.ground,
        issuer: parsed.issuer().readable(),
        serial: certificate.serial,
        authentication: desk.authentication(&opened.subject, at).await?,
        purchase: row.purchase,
        refund,
        terms: office.authority().map_err(Fault::from)?.revocation.policy.refund,
        new_issue: application.new_issue,
    }
    .letter(which);
    Ok(Mail {
        id: errand.id,
        from_name: office.sender.name.in_language(place.language).to_owned(),
        from: office.sender.address.clone(),
        to: application.mail.clone(),
        subject: letter.subject,
        body: letter.body,
        written_at: errand.queued_at,
    })
}
