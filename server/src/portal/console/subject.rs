//! What an application to an ordering body is about: the company's entry, its cards, and where their names differ.

use casework::card::Standing;
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
use crate::desk::{CaseId, Desk, Procedure as _};
use crate::fault::Fault;
use crate::office::ReasonUse;
use crate::portal::bidding::beside::pointed;
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
    /// What the new card is worth at this moment.
    pub(super) standing: Standing,
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
    pub(super) register: Cell,
    pub(super) old: Cell,
    pub(super) new: Cell,
    /// How alike register and new card are, where that is looked at.
    pub(super) class: Option<Judged>,
    pub(super) differs: bool,
}

/// A text of one column, with its differing characters marked, and each of those with its code point.
pub(super) struct Cell {
    pub(super) pieces: Vec<Piece>,
    /// 髙 U+9AD9
    pub(super) points: Vec<String>,
}

/// How alike two names are, in words.
pub(super) struct Judged {
    pub(super) tag: &'static str,
    pub(super) words: String,
}

/// What the list of applications tells of one.
pub(super) struct Brief {
    pub(super) business: String,
    pub(super) differs: String,
}

impl Brief {
    /// The company's number, and which names differ from the register's.
    pub(super) async fn of(desk: &Desk, page: &Page, row: &QueueRow) -> Result<Self, Fault> {
        let (business, compared) = if row.procedure == Renewal::NOUN {
            let case = desk.look::<Renewal>(CaseId::from_octets(row.case)).await?;
            match case.submitted() {
                Some(submitted) => {
                    let business = business(desk, submitted.opened.registration).await?;
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
        };
        Ok(Self {
            business: business
                .map(|business| business.as_str().to_owned())
                .unwrap_or_default(),
            differs: classes(page, compared.as_ref()),
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
        let standing = async {
            let desk = seat.visit.portal.desk();
            match desk.store().card(subject.new.card).await? {
                Some(card) => Ok(desk.card_known(&seat.office, &card).await?.standing),
                None => Ok(Standing::Undetermined),
            }
        };
        subject.standing = standing.await.map_err(|fault: Fault| seat.fault(&fault))?;
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
            business: business(desk, opened.registration).await?,
            entry: None,
            old: desk.card_face(opened.from).await?,
            new,
            compared: submitted.compared.clone(),
            standing: Standing::Undetermined,
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
            standing: Standing::Undetermined,
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
                ("held-item-company", Kind::Company),
                entry.map_or("", |entry| &entry.name),
                &side(|card| card.company.clone()),
                compared.as_ref().map(|compared| &compared.company),
            ),
            beside(
                page,
                ("held-item-representative", Kind::Person),
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
                ("held-item-delegate", Kind::Person),
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

    /// What the new card is worth now, and since when it is not accepted (DOMAIN §2.3).
    pub(super) fn standing(&self, page: &Page, now: Instant) -> (&'static str, String) {
        let minute = |at: Instant| date::minute(page.words, at);
        let (tag, key, time) = match self.standing {
            Standing::Accepted { .. } => ("ok", "accepted", minute(now)),
            Standing::NotYetValid { from } => ("ng", "not-yet-valid", minute(from)),
            Standing::Expired { at } => ("ng", "expired", minute(at)),
            Standing::Revoked { at } => ("ng", "revoked", minute(at)),
            Standing::Unaccepted => ("ng", "unaccepted", minute(now)),
            Standing::Broken => ("ng", "broken", minute(now)),
            Standing::Undetermined => ("var", "undetermined", minute(now)),
        };
        (tag, page.t1(&format!("held-standing-{key}"), "time", &time))
    }

    /// What else was told, and how it was judged when it was applied for.
    pub(super) fn more(&self, page: &Page) -> Vec<Fact> {
        let mut facts = vec![page.fact("held-judged", classes(page, self.compared.as_ref()))];
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
        let waits = match self.state {
            "held" if claimed => Some("claimed"),
            "held" | "returned" => Some(self.state),
            _ => None,
        };
        let lead = match (self.procedure, self.state) {
            (Renewal::NOUN, "renewed") => page.t("renewal-done-lead-renewed-review"),
            (Renewal::NOUN, "returned") => page.t("renewal-done-lead-held"),
            (Renewal::NOUN, state) => page.t(&format!("renewal-done-lead-{state}")),
            (_, "registered") if self.change => page.t("registration-done-lead-change"),
            (_, "registered") => page.t("registration-done-lead"),
            (_, state) if self.change => page.t(&format!("registration-done-lead-{state}-change")),
            (_, state) => page.t(&format!("registration-done-lead-{state}")),
        };
        match waits {
            Some(waits) => format!("{} {lead}", page.t(&format!("bidder-case-{waits}"))),
            None => lead,
        }
    }
}

async fn business(desk: &Desk, registration: RegistrationId) -> Result<Option<BusinessNumber>, Fault> {
    let row = desk.store().registration(registration).await?;
    Ok(row.map(|row| row.business))
}

/// How alike company and person are, in words.
fn classes(page: &Page, compared: Option<&Compared>) -> String {
    let class = |comparison: Option<&Comparison>| {
        let class = comparison.map_or(Class::NotComparable, |comparison| comparison.class);
        judged(page, class).1
    };
    format!(
        "{} / {}",
        class(compared.map(|compared| &compared.company)),
        class(compared.map(|compared| &compared.person))
    )
}

/// A row that is told and not judged.
fn told(page: &Page, label: &str, register: &str, (old, new): &(String, String)) -> Item {
    let cell = |text: &str| Cell::of(text, &[], |one| &one.card);
    Item {
        label: page.t(label),
        register: cell(register),
        old: cell(old),
        new: cell(new),
        class: None,
        differs: false,
    }
}

/// A row of names: how the register's and the new card's were compared, and where they differ; the current card's is marked
/// where it differs from the register's. They cannot be compared where the register has no entry.
fn beside(
    page: &Page,
    (label, kind): (&str, Kind),
    register: &str,
    (old, new): &(String, String),
    compared: Option<&Comparison>,
) -> Item {
    let differences = compared.map_or(&[][..], |compared| &compared.differences);
    let before = (compared.is_some() && !old.is_empty()).then(|| names::compare(kind, register, old));
    let (tag, words) = judged(page, compared.map_or(Class::NotComparable, |compared| compared.class));
    Item {
        label: page.t(label),
        register: Cell::of(register, differences, |one| &one.register),
        old: Cell::of(
            old,
            before.as_ref().map_or(&[][..], |before| &before.differences),
            |one| &one.card,
        ),
        new: Cell::of(new, differences, |one| &one.card),
        class: Some(Judged { tag, words }),
        differs: !differences.is_empty(),
    }
}

impl Cell {
    /// A dash where there is no text.
    fn of(text: &str, differences: &[Difference], side: fn(&Difference) -> &Passage) -> Self {
        if text.is_empty() {
            return Self {
                pieces: plain("–"),
                points: Vec::new(),
            };
        }
        let points = differences.iter().map(|one| pointed(&side(one).text));
        Self {
            pieces: marked(text, differences.iter().map(|one| side(one).range())),
            points: points.filter(|points| !points.is_empty()).collect(),
        }
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
