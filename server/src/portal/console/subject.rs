//! What an application to an ordering body is about: the company's entry, its cards, and where their names differ.

use casework::identity::RegistrationId;
use casework::names::{self, Class, Comparison, Difference, Kind, Passage};
use casework::register::{BusinessNumber, Compared, Entry};
use casework::registration::{self as registering, Contact};
use casework::renewal as renewing;
use casework::review::{Reason, Review};
use casework::time::Instant;

use super::Seat;
use crate::desk::bidder::CardFace;
use crate::desk::registration::Registration;
use crate::desk::renewal::Renewal;
use crate::desk::{CaseId, Procedure as _};
use crate::fault::Fault;
use crate::office::ReasonUse;
use crate::portal::date;
use crate::portal::marked::{Piece, marked, plain};
use crate::portal::page::{Fact, Page};
use crate::portal::visit::Stop;
use crate::store::QueueRow;

/// What an application is about.
pub(super) struct Subject {
    pub(super) version: i64,
    procedure: &'static str,
    state: &'static str,
    /// A change of a registration, and no new one.
    change: bool,
    pub(super) review: Option<Review>,
    pub(super) business: Option<BusinessNumber>,
    /// The company's entry, where it has one that counts today.
    pub(super) entry: Option<Entry>,
    /// 旧カード, of a renewal.
    pub(super) old: Option<CardFace>,
    /// 新カード, or the one that is to be registered.
    pub(super) new: CardFace,
    /// As it was compared when it was applied for.
    pub(super) compared: Option<Compared>,
    /// 受付日時
    pub(super) at: Instant,
    pub(super) reason: Option<(Reason, ReasonUse)>,
    /// Until when a 差戻し must be answered.
    pub(super) until: Option<Instant>,
    answer: Option<String>,
    person: Option<String>,
    contact: Option<Contact>,
}

/// A row of the comparison.
pub(super) struct Item {
    pub(super) label: String,
    pub(super) register: Vec<Piece>,
    pub(super) old: Vec<Piece>,
    pub(super) new: Vec<Piece>,
    /// How alike register and new card are, where that is looked at.
    pub(super) class: Option<Judged>,
    pub(super) differs: bool,
}

/// How alike two names are, in words, with what differs.
pub(super) struct Judged {
    pub(super) tag: &'static str,
    pub(super) words: String,
    pub(super) points: Vec<String>,
}

/// What the list of applications tells of one.
pub(super) struct Brief {
    pub(super) business: String,
    pub(super) differs: String,
}

impl Brief {
    /// The company's number, and which names differ from the register's.
    pub(super) async fn of(seat: &Seat, page: &Page, row: &QueueRow) -> Result<Self, Stop> {
        let read = async {
            let desk = seat.visit.portal.desk();
            Ok::<_, Fault>(if row.procedure == Renewal::NOUN {
                let case = desk.look::<Renewal>(CaseId::from_octets(row.case)).await?;
                match case.submitted() {
                    Some(submitted) => {
                        let business = business(seat, submitted.opened.registration).await?;
                        (business, submitted.compared.clone())
                    }
                    None => (None, None),
                }
            } else {
                let case = desk.look::<Registration>(CaseId::from_octets(row.case)).await?;
                match case.submitted() {
                    Some(submitted) => (Some(submitted.business.clone()), submitted.compared.clone()),
                    None => (None, None),
                }
            })
        };
        let (business, compared) = read.await.map_err(|fault| seat.fault(&fault))?;
        let say = |comparison: Option<&Comparison>| {
            judged(
                page,
                comparison.map_or(Class::NotComparable, |comparison| comparison.class),
            )
            .1
        };
        let compared = compared.as_ref();
        let company = say(compared.map(|compared| &compared.company));
        let person = say(compared.map(|compared| &compared.person));
        Ok(Self {
            business: business
                .map(|business| business.as_str().to_owned())
                .unwrap_or_default(),
            differs: format!("{company} / {person}"),
        })
    }
}

impl Subject {
    /// `None` where nothing of it is kept any more.
    pub(super) async fn of(seat: &Seat, row: &QueueRow) -> Result<Option<Self>, Stop> {
        let read = async {
            if row.procedure == Renewal::NOUN {
                Self::of_renewal(seat, CaseId::from_octets(row.case)).await
            } else {
                Self::of_registration(seat, CaseId::from_octets(row.case)).await
            }
        };
        let subject = read.await.map_err(|fault| seat.fault(&fault))?;
        let Some(mut subject) = subject else { return Ok(None) };
        if let Some(business) = &subject.business {
            let entry = seat.visit.portal.desk().entry(&seat.office.id, business).await;
            subject.entry = entry.map_err(|fault| seat.fault(&fault))?;
        }
        Ok(Some(subject))
    }

    async fn of_renewal(seat: &Seat, id: CaseId<Renewal>) -> Result<Option<Self>, Fault> {
        use renewing::Case;
        let desk = seat.visit.portal.desk();
        let standing = desk.standing(id).await?;
        let Some(submitted) = standing.case.submitted() else {
            return Ok(None);
        };
        let opened = &submitted.opened;
        let Some(new) = desk.card_face(opened.to).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            version: standing.version,
            procedure: Renewal::NOUN,
            state: Renewal::state(&standing.case),
            change: false,
            review: match &standing.case {
                Case::Held { review, .. } => Some(review.clone()),
                _ => None,
            },
            business: business(seat, opened.registration).await?,
            entry: None,
            old: desk.card_face(opened.from).await?,
            new,
            compared: submitted.compared.clone(),
            at: submitted.at,
            reason: match &standing.case {
                Case::Denied { reason, .. } => Some((reason.as_ref().clone(), ReasonUse::Deny)),
                Case::Returned { reason, .. } => Some((reason.as_ref().clone(), ReasonUse::Return)),
                _ => None,
            },
            until: match &standing.case {
                Case::Returned { until, .. } => Some(*until),
                _ => None,
            },
            answer: submitted.answer.clone(),
            person: opened.person.clone(),
            contact: None,
        }))
    }

    async fn of_registration(seat: &Seat, id: CaseId<Registration>) -> Result<Option<Self>, Fault> {
        use registering::Case;
        let desk = seat.visit.portal.desk();
        let standing = desk.standing(id).await?;
        let Some(submitted) = standing.case.submitted() else {
            return Ok(None);
        };
        let Some(new) = desk.card_face(submitted.opened.card).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            version: standing.version,
            procedure: Registration::NOUN,
            state: Registration::state(&standing.case),
            change: matches!(submitted.opened.kind, registering::Kind::Change { .. }),
            review: match &standing.case {
                Case::Held { review, .. } => Some(review.clone()),
                _ => None,
            },
            business: Some(submitted.business.clone()),
            entry: None,
            old: None,
            new,
            compared: submitted.compared.clone(),
            at: submitted.at,
            reason: match &standing.case {
                Case::Denied { reason, .. } => Some((reason.as_ref().clone(), ReasonUse::Deny)),
                Case::Returned { reason, .. } => Some((reason.as_ref().clone(), ReasonUse::Return)),
                _ => None,
            },
            until: match &standing.case {
                Case::Returned { until, .. } => Some(*until),
                _ => None,
            },
            answer: submitted.answer.clone(),
            person: None,
            contact: Some(submitted.contact.as_ref().clone()),
        }))
    }

    /// The rows of the comparison: the register as it is today, beside the cards.
    pub(super) fn items(&self, page: &Page) -> Vec<Item> {
        let entry = self.entry.as_ref();
        let compared = entry.map(|entry| self.new.compared(entry));
        let side =
            |value: fn(&CardFace) -> String| (self.old.as_ref().map(value).unwrap_or_default(), value(&self.new));
        let holders = side(|card| card.holder.clone());
        let person = |name: &str| names::compare(Kind::Person, name, &self.new.holder);
        let representative = entry.map(|entry| person(&entry.representative));
        let mut items = vec![
            beside(
                page,
                "held-item-company",
                entry.map_or("", |entry| &entry.name),
                &side(|card| card.company.clone()),
                compared.as_ref().map(|compared| &compared.company),
            ),
            beside(
                page,
                "held-item-representative",
                entry.map_or("", |entry| &entry.representative),
                &holders,
                representative.as_ref(),
            ),
        ];
        // A delegation for a part of the qualification counts for nothing (R206).
        if let Some(delegate) = entry.and_then(Entry::covering_delegate) {
            let compared = person(&delegate.name);
            items.push(beside(
                page,
                "held-item-delegate",
                &delegate.name,
                &holders,
                Some(&compared),
            ));
        } else if let Some(delegate) = entry.and_then(|entry| entry.delegate.as_ref()) {
            items.push(told(page, "held-item-delegate-part", &delegate.name, &holders));
        }
        let number = entry.and_then(|entry| entry.corporate_number.as_deref());
        let address = entry.map_or("", |entry| &entry.address);
        let until = |card: &CardFace| date::slashed(card.valid.1.day());
        let ends = (self.old.as_ref().map(until).unwrap_or_default(), until(&self.new));
        items.extend([
            told(
                page,
                "held-item-corporate-number",
                number.unwrap_or_default(),
                &side(|card| card.corporate_number.clone()),
            ),
            told(
                page,
                "held-item-address",
                address,
                &side(|card| card.company_address.clone()),
            ),
            told(page, "held-item-serial", "", &side(|card| card.serial.clone())),
            told(page, "held-item-issuer", "", &side(|card| card.issuer.clone())),
            told(page, "held-item-until", "", &ends),
        ]);
        items
    }

    /// What else was told, and how it was judged when it was applied for.
    pub(super) fn more(&self, page: &Page) -> Vec<Fact> {
        let class = |comparison: Option<&Comparison>| {
            judged(
                page,
                comparison.map_or(Class::NotComparable, |comparison| comparison.class),
            )
            .1
        };
        let compared = self.compared.as_ref();
        let mut facts = vec![page.fact(
            "held-judged",
            format!(
                "{} / {}",
                class(compared.map(|compared| &compared.company)),
                class(compared.map(|compared| &compared.person))
            ),
        )];
        let mut say = |key: &str, value: Option<&String>| {
            if let Some(value) = value {
                facts.push(page.fact(key, value));
            }
        };
        say("held-person", self.person.as_ref());
        say("held-answer", self.answer.as_ref());
        if let Some(contact) = &self.contact {
            say("registration-field-department", Some(&contact.department));
            say("registration-field-name", Some(&contact.name));
            say("registration-field-phone", Some(&contact.phone));
            say("registration-field-fax", contact.fax.as_ref());
            say("registration-field-mail", Some(&contact.mail));
        }
        facts
    }

    /// What the applicant's own page says now, in the same words.
    pub(super) fn sees(&self, page: &Page, claimed: bool) -> String {
        if self.procedure == Renewal::NOUN {
            let lead = match self.state {
                "renewed" => page.t("renewal-done-lead-renewed-review"),
                state @ ("held" | "returned" | "denied" | "withdrawn" | "lapsed") => {
                    page.t(&format!("renewal-done-lead-{state}"))
                }
                _ => String::new(),
            };
            return match self.state {
                "held" if claimed => format!("{} {lead}", page.t("renewal-case-claimed")),
                "held" => format!("{} {lead}", page.t("renewal-case-held")),
                _ => lead,
            };
        }
        match (self.state, self.change) {
            ("held", false) => page.t("registration-done-lead-held"),
            ("held", true) => page.t("registration-done-lead-held-change"),
            ("registered", false) => page.t("registration-done-lead"),
            ("registered", true) => page.t("registration-done-lead-change"),
            (state, _) => page.t(&format!("held-sees-{state}")),
        }
    }
}

async fn business(seat: &Seat, registration: RegistrationId) -> Result<Option<BusinessNumber>, Fault> {
    let row = seat.visit.portal.store().registration(registration).await?;
    Ok(row.map(|row| row.business))
}

/// A row that is told and not judged.
fn told(page: &Page, label: &str, register: &str, (old, new): &(String, String)) -> Item {
    Item {
        label: page.t(label),
        register: in_pieces(register, &[], |one| &one.register),
        old: in_pieces(old, &[], |one| &one.card),
        new: in_pieces(new, &[], |one| &one.card),
        class: None,
        differs: false,
    }
}

/// A row of names: how the register's and the new card's were compared, and where they differ. They cannot be where the
/// register has no entry.
fn beside(
    page: &Page,
    label: &str,
    register: &str,
    (old, new): &(String, String),
    compared: Option<&Comparison>,
) -> Item {
    let differences = compared.map_or(&[][..], |compared| &compared.differences);
    let (tag, words) = judged(page, compared.map_or(Class::NotComparable, |compared| compared.class));
    let points = differences.iter().map(|one| {
        let (register, card) = (pointed(&one.register.text), pointed(&one.card.text));
        format!("{register} ↔ {card}")
    });
    Item {
        label: page.t(label),
        register: in_pieces(register, differences, |one| &one.register),
        old: in_pieces(old, &[], |one| &one.card),
        new: in_pieces(new, differences, |one| &one.card),
        class: Some(Judged {
            tag,
            words,
            points: points.collect(),
        }),
        differs: !differences.is_empty(),
    }
}

/// A text with its differing passages marked; a dash where there is none.
fn in_pieces(text: &str, differences: &[Difference], side: fn(&Difference) -> &Passage) -> Vec<Piece> {
    if text.is_empty() {
        plain("–")
    } else {
        marked(text, differences.iter().map(|one| side(one).range()))
    }
}

fn judged(page: &Page, class: Class) -> (&'static str, String) {
    let (tag, key) = match class {
        Class::Match => ("ok", "match"),
        Class::Variant => ("var", "variant"),
        Class::NotComparable => ("ng", "not-comparable"),
        Class::Mismatch => ("ng", "mismatch"),
    };
    (tag, page.t(&format!("held-class-{key}")))
}

/// Each character with its code point: 髙 U+9AD9.
fn pointed(text: &str) -> String {
    let points: Vec<String> = text
        .chars()
        .map(|character| format!("{character} U+{:04X}", u32::from(character)))
        .collect();
    if points.is_empty() {
        "—".to_owned()
    } else {
        points.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_told_with_its_code_point_and_nothing_with_a_dash() {
        assert_eq!(pointed("髙次"), "髙 U+9AD9 次 U+6B21");
        assert_eq!(pointed(""), "—");
    }
}
