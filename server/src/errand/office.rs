//! Letters of officers' accounts and of the paper route. What has no mail address, or what nobody took, is kept to be
//! printed.

use casework::officer::{Case as Account, Letter as OfficerLetter};
use casework::paper::{Case, Letter as PaperLetter};
use casework::refund::{self, Refund};
use casework::time::Instant;
use pki::certificate::Certificate;
use wire::office::Language;

use super::Trouble;
use super::mail::Mail;
use crate::desk::officer::OfficerAccount;
use crate::desk::paper::Paper;
use crate::desk::{CaseId, Desk};
use crate::fault::Fault;
use crate::letter;
use crate::letter::paper::{LookUp, Way};
use crate::office::{Office, ReasonUse};
use crate::store::{ErrandRow, LetterRow};

/// A letter of the paper route as it goes.
pub(super) enum Post {
    /// By mail.
    Mail(Mail),
    /// On paper: an officer prints it.
    Paper(LetterRow),
}

/// A letter to an officer, about the account as it stands now.
pub(super) async fn to_officer(desk: &Desk, errand: &ErrandRow, which: OfficerLetter) -> Result<Mail, Trouble> {
    let id: CaseId<OfficerAccount> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(account), Some(place)) = (standing.case.account(), &standing.place) else {
        return Err(Trouble(format!("{id} is no account")));
    };
    let office = open(desk, &place.office)?;
    let until = match &standing.case {
        Account::Invited { until, .. } => Some(*until),
        Account::New | Account::Active { .. } | Account::Blocked { .. } => None,
    };
    let letter = letter::officer::Officer {
        language: place.language,
        office: office.name.clone(),
        contact: office.contact.clone(),
        name: account.name.clone(),
        roles: account.roles,
        until,
        at: errand.queued_at,
    }
    .letter(which);
    Ok(mail(&office, place.language, errand, account.mail.clone(), letter))
}

/// A letter of the paper route, by mail where the applicant has an address.
pub(super) async fn to_applicant(desk: &Desk, errand: &ErrandRow, which: PaperLetter) -> Result<Post, Trouble> {
    let written = applied(desk, errand).await?;
    Ok(match written.mail.clone() {
        Some(to) => Post::Mail(mail(
            &written.office,
            written.letter.language,
            errand,
            to,
            written.letter.letter(which),
        )),
        None => Post::Paper(on_paper(errand, written, which)),
    })
}

/// The same letter on paper, for a mail that nobody took.
pub(super) async fn to_be_printed(desk: &Desk, errand: &ErrandRow, which: PaperLetter) -> Result<LetterRow, Trouble> {
    let written = applied(desk, errand).await?;
    Ok(on_paper(errand, written, which))
}

/// An application as its letters tell of it.
struct Applied {
    office: std::sync::Arc<Office>,
    mail: Option<String>,
    postal_code: String,
    address: String,
    letter: letter::paper::Paper,
}

async fn applied(desk: &Desk, errand: &ErrandRow) -> Result<Applied, Trouble> {
    let id: CaseId<Paper> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(entry), Some(number), Some(place)) = (standing.case.entry(), standing.case.number(), &standing.place)
    else {
        return Err(Trouble(format!("{id} holds no application any more")));
    };
    let office = open(desk, &place.office)?;
    let row = desk.store().certificate(&entry.certificate).await?;
    let row = row.ok_or_else(|| Trouble(format!("{:?} is not on record", entry.certificate)))?;
    let certificate =
        Certificate::parse(row.der.as_deref().unwrap_or_default()).map_err(|why| Trouble(why.to_string()))?;
    let halves = desk.other_halves(&entry.certificate).await?;
    let (at, reason) = match &standing.case {
        Case::Revoked { at, .. } => (*at, None),
        Case::Denied { reason, by, .. } => {
            let saved = office.reason(&reason.key, ReasonUse::Deny);
            let words = saved.map_or_else(
                || reason.key.clone(),
                |saved| saved.words.in_language(place.language).to_owned(),
            );
            (by.at, Some((words, reason.remark.clone())))
        }
        Case::New | Case::Drafting { .. } | Case::Waiting { .. } | Case::Returned { .. } | Case::Withdrawn { .. } => {
            (received(errand), None)
        }
    };
    let validity = Some((row.not_before, row.not_after));
    let terms = &office.authority().map_err(Fault::from)?.revocation.policy.refund;
    let refund: Option<Refund> = entry
        .account
        .as_ref()
        .map(|_| refund::preview(row.purchase.as_ref(), validity, terms, at));
    let look_up = desk.store().receipt(errand.case).await?.map(|receipt| LookUp {
        check_code: receipt.check_code,
        page: desk.receipt_page(number),
    });
    Ok(Applied {
        mail: entry.mail.clone(),
        postal_code: entry.postal_code.clone(),
        address: entry.address.clone(),
        letter: letter::paper::Paper {
            language: place.language,
            office: office.name.clone(),
            contact: office.contact.clone(),
            applicant: entry.name.clone(),
            number,
            at,
            ground: entry.ground,
            issuer: certificate.issuer().readable(),
            serial: entry.certificate.serial,
            authentication: halves.first().map(|half| half.serial),
            refund,
            reason,
            look_up,
            way: Way::Mail,
        },
        office,
    })
}

fn on_paper(errand: &ErrandRow, written: Applied, which: PaperLetter) -> LetterRow {
    let Applied {
        office,
        postal_code,
        address,
        letter,
        ..
    } = written;
    let letter = letter::paper::Paper {
        way: Way::Post,
        ..letter
    };
    let text = letter.letter(which);
    LetterRow {
        id: errand.id,
        case: errand.case,
        office: office.id.clone(),
        language: letter.language,
        postal_code,
        address,
        name: letter.applicant,
        subject: text.subject,
        body: text.body,
        made_at: errand.queued_at,
        printed: None,
    }
}

/// It was queued when it was received.
const fn received(errand: &ErrandRow) -> Instant {
    errand.queued_at
}

pub(super) fn open(desk: &Desk, office: &str) -> Result<std::sync::Arc<Office>, Trouble> {
    desk.office(office)
        .ok_or_else(|| Trouble(format!("no office {office:?} here")))
}

pub(super) fn mail(
    office: &Office,
    language: Language,
    errand: &ErrandRow,
    to: String,
    letter: letter::Letter,
) -> Mail {
    Mail {
        id: errand.id,
        from_name: office.sender.name.in_language(language).to_owned(),
        from: office.sender.address.clone(),
        to,
        subject: letter.subject,
        body: letter.body,
        written_at: errand.queued_at,
    }
}
