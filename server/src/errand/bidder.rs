//! Letters to bidders, about what their cases say.

use casework::identity::Fingerprint;
use casework::names::Class;
use casework::register::{BusinessNumber, Compared};
use casework::renewal::{ReviewPolicy, Variant};
use casework::review::Reason;
use casework::time::Instant;
use casework::{registration, renewal};
use wire::office::Language;

use super::Trouble;
use super::mail::Mail;
use super::office::{mail, open};
use crate::desk::bidder::{CardFace, renewal_policy};
use crate::desk::registration::Registration;
use crate::desk::renewal::Renewal;
use crate::desk::{CaseId, Desk};
use crate::letter::bidder::{Alike, Bidder, Differs};
use crate::office::{Office, ReasonUse};
use crate::store::ErrandRow;

/// A letter about a renewal, to the contact of its registration.
pub(super) async fn of_renewal(desk: &Desk, errand: &ErrandRow, which: renewal::Letter) -> Result<Mail, Trouble> {
    use renewal::Case;
    let id: CaseId<Renewal> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(submitted), Some(place)) = (standing.case.submitted(), &standing.place) else {
        return Err(Trouble(format!("{id} holds no application any more")));
    };
    let office = open(desk, &place.office)?;
    let row = desk.store().registration(submitted.opened.registration).await?;
    let row = row.ok_or_else(|| Trouble(format!("{id} has no registration")))?;
    let (reason, answer_until) = match &standing.case {
        Case::Denied { reason, .. } => (Some(said(&office, reason, ReasonUse::Deny, place.language)), None),
        Case::Returned { reason, until, .. } => (
            Some(said(&office, reason, ReasonUse::Return, place.language)),
            Some(*until),
        ),
        _ => (None, None),
    };
    let old = face(desk, submitted.opened.from).await?;
    let new = face(desk, submitted.opened.to).await?;
    let letter = Bidder {
        company: company(desk, &office, &row.business, &new).await?,
        number: submitted.number,
        page: desk.receipt_page(submitted.number),
        old_until: Some(old.valid.1),
        variants: variants(submitted.variants()),
        ..about(&office, place.language, errand, submitted.compared.as_ref(), &new)
    };
    let letter = Bidder {
        reason,
        answer_until,
        ..letter
    };
    Ok(mail(
        &office,
        place.language,
        errand,
        row.contact.mail,
        letter.renewal(which),
    ))
}

/// A letter about a registration, to the contact that was entered.
pub(super) async fn of_registration(
    desk: &Desk,
    errand: &ErrandRow,
    which: registration::Letter,
) -> Result<Mail, Trouble> {
    use registration::Case;
    let id: CaseId<Registration> = CaseId::from_octets(errand.case);
    let standing = desk.standing(id).await?;
    let (Some(submitted), Some(place)) = (standing.case.submitted(), &standing.place) else {
        return Err(Trouble(format!("{id} holds no application any more")));
    };
    let office = open(desk, &place.office)?;
    let (reason, answer_until) = match &standing.case {
        Case::Denied { reason, .. } => (Some(said(&office, reason, ReasonUse::Deny, place.language)), None),
        Case::Returned { reason, until, .. } => (
            Some(said(&office, reason, ReasonUse::Return, place.language)),
            Some(*until),
        ),
        _ => (None, None),
    };
    let card = face(desk, submitted.opened.card).await?;
    let letter = Bidder {
        company: company(desk, &office, &submitted.business, &card).await?,
        number: submitted.number,
        page: desk.receipt_page(submitted.number),
        reason,
        answer_until,
        ..about(&office, place.language, errand, submitted.compared.as_ref(), &card)
    };
    let to = submitted.contact.mail.clone();
    Ok(mail(&office, place.language, errand, to, letter.registration(which)))
}

/// What both tell of a card beside its company's entry; it was queued the moment it was so.
fn about(
    office: &Office,
    language: Language,
    errand: &ErrandRow,
    compared: Option<&Compared>,
    card: &CardFace,
) -> Bidder {
    let review = renewal_policy(office).map_or(ReviewPolicy::None, |policy| policy.review);
    Bidder {
        language,
        office: office.name.clone(),
        contact: office.contact.clone(),
        company: String::new(),
        number: casework::number::Number::from_random([0; 8]),
        at: Instant(errand.queued_at.0),
        review,
        differs: differs(compared, review),
        variants: Vec::new(),
        old_until: None,
        serial_end: last_eight(&card.serial),
        new_until: card.valid.1,
        reason: None,
        answer_until: None,
        page: None,
    }
}

/// Which names did not pass, by the office's own rule.
fn differs(compared: Option<&Compared>, review: ReviewPolicy) -> Differs {
    let alike = |class: Class| match (class, review) {
        (Class::Match, _)
        | (
            Class::Variant,
            ReviewPolicy::None
            | ReviewPolicy::OnMismatch {
                variant: Variant::Accept,
            },
        ) => Alike::Same,
        (Class::Variant | Class::Mismatch | Class::NotComparable, _) => Alike::Other,
    };
    compared.map_or(
        Differs {
            company: Alike::Other,
            person: Alike::Other,
        },
        |compared| Differs {
            company: alike(compared.company.class),
            person: alike(compared.person.class),
        },
    )
}

fn variants(differences: Vec<casework::names::Difference>) -> Vec<(String, String)> {
    differences
        .into_iter()
        .map(|pair| {
            let glyph = |passage: &casework::names::Passage| format!("{} {}", passage.text, passage.code_points());
            (glyph(&pair.register), glyph(&pair.card))
        })
        .collect()
}

/// The register's name of the company; the card's, where there is no entry any more.
async fn company(desk: &Desk, office: &Office, business: &BusinessNumber, card: &CardFace) -> Result<String, Trouble> {
    let entry = desk.entry(&office.id, business).await?;
    Ok(entry.map_or_else(|| card.company.clone(), |entry| entry.name))
}

async fn face(desk: &Desk, card: Fingerprint) -> Result<CardFace, Trouble> {
    let face = desk.card_face(card).await?;
    face.ok_or_else(|| Trouble(format!("card {card} is not kept")))
}

pub(super) fn said(
    office: &Office,
    reason: &Reason,
    used_for: ReasonUse,
    language: Language,
) -> (String, Option<String>) {
    let saved = office.reason(&reason.key, used_for);
    let words = saved.map_or_else(
        || reason.key.clone(),
        |saved| saved.words.in_language(language).to_owned(),
    );
    (words, reason.remark.clone())
}

/// The last eight digits (DOMAIN §5.5).
fn last_eight(serial: &str) -> String {
    let from = serial.len().saturating_sub(8);
    serial.get(from..).unwrap_or(serial).to_owned()
}
