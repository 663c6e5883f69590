//! Letters to organisations' people, about the account as it stands now.

use casework::user::Case;

use super::Trouble;
use super::mail::Mail;
use super::office::{mail, open};
use crate::desk::user::UserAccount;
use crate::desk::{CaseId, Desk};
use crate::letter::user::User;
use crate::store::{ErrandRow, UserLetter};

/// A letter to a user.
pub(super) async fn to_user(desk: &Desk, errand: &ErrandRow, which: &UserLetter) -> Result<Mail, Trouble> {
    let id: CaseId<UserAccount> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(account), Some(place)) = (standing.case.account(), &standing.place) else {
        return Err(Trouble(format!("{id} is no account")));
    };
    let office = open(desk, &place.office)?;
    let organisation = desk.store().organisation(account.organisation).await?;
    let organisation = organisation.ok_or_else(|| Trouble(format!("{id} belongs to nobody")))?;
    let policy = office.terminals().map_err(crate::fault::Fault::from)?.users;
    // By now the link may be void; until when it would have held is told as it was decided.
    let holds = match &standing.case {
        Case::Invited { .. } => policy.invitation_for,
        Case::New | Case::Active { .. } | Case::Blocked { .. } => policy.reset_for,
    };
    let link = match &which.token {
        Some(token) => {
            let page = desk.page_of(&office.id, &format!("/link?token={token}"));
            let page = page.ok_or_else(|| Trouble("the portal's origin is not known here".to_owned()))?;
            Some((page, errand.queued_at.plus_seconds(holds)))
        }
        None => None,
    };
    let letter = User {
        language: place.language,
        office: office.name.clone(),
        contact: office.contact.clone(),
        company: organisation.contract.company,
        place: organisation.contract.office,
        name: account.name.clone(),
        link,
        at: errand.queued_at,
    }
    .letter(which.letter);
    Ok(mail(&office, place.language, errand, account.mail.clone(), letter))
}
