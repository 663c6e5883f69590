//! 利用者登録: companies with their cards, and the case that makes or changes one as its row's document.

mod document;

use casework::card::Binding;
use casework::identity::{Fingerprint, RegistrationId};
use casework::number::Number;
use casework::register::BusinessNumber;
use casework::registration::Contact;
use casework::time::Instant;

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::receipt::read_number;
use super::{Clash, Store};
use crate::fault::Fault;

pub(super) use document::{ApprovalsRow, ComparedRow, compared_row};
pub(crate) use document::{from_document, state, to_document};

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationRow {
    /// Which one.
    pub id: RegistrationId,
    /// At which office.
    pub office: String,
    /// 登録番号
    pub business: BusinessNumber,
    /// The card that it has now.
    pub card: Fingerprint,
    /// Whom the office writes to.
    pub contact: Contact,
    /// Since when it is registered.
    pub registered_at: Instant,
    /// When it was changed or renewed last.
    pub changed_at: Instant,
    /// The card that was asked for, or the one that it has now: since when, and until when where it is 更新済(使用不可).
    pub binding: Binding,
}

/// A card of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredCard {
    /// Which card.
    pub card: Fingerprint,
    /// Of which registration, since when, and until when.
    pub binding: Binding,
}

/// A registration to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRegistration {
    /// Which one: the case that makes it.
    pub id: RegistrationId,
    /// At which office.
    pub office: String,
    /// Of which company.
    pub business: BusinessNumber,
    /// With this card.
    pub card: Fingerprint,
    /// Whom to write to.
    pub contact: Contact,
}

/// A registration whose contact is another one from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    /// Which one.
    pub id: RegistrationId,
    /// The card that it has.
    pub card: Fingerprint,
    /// Whom to write to.
    pub contact: Contact,
}

/// A registration that has another card from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBinding {
    /// Which one.
    pub id: RegistrationId,
    /// At which office.
    pub office: String,
    /// The card that it has.
    pub from: Fingerprint,
    /// The card that it gets.
    pub to: Fingerprint,
}

/// A card that an application is about which is not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupied {
    /// At which office.
    pub office: String,
    /// Which card.
    pub card: Fingerprint,
    /// By this application.
    pub number: Number,
}

impl Store {
    /// The registration that a card has, or had, at an office; [`RegistrationRow::binding`] tells which.
    pub async fn registration_of_card(
        &self,
        office: &str,
        card: Fingerprint,
    ) -> Result<Option<RegistrationRow>, Fault> {
        let row = self.reader().await?.row(OF_CARD, values![office, &card.0]).await?;
        row.as_ref().map(read).transpose()
    }

    /// A registration, with the card that it has.
    pub async fn registration(&self, id: RegistrationId) -> Result<Option<RegistrationRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&id.0]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The registrations of a company at an office, the oldest first (R107).
    pub async fn registrations(&self, office: &str, business: &BusinessNumber) -> Result<Vec<RegistrationRow>, Fault> {
        let rows = self
            .reader()
            .await?
            .few(OF_BUSINESS, values![office, business.as_str()])
            .await?;
        rows.iter().map(read).collect()
    }

    /// Every card that a registration has had, the first one first.
    pub async fn cards_of_registration(&self, id: RegistrationId) -> Result<Vec<RegisteredCard>, Fault> {
        let rows = self.reader().await?.few(CARDS, values![&id.0]).await?;
        rows.iter().map(read_card).collect()
    }

    /// The offices that know a card, with how: what a holder sees before it is renewed or revoked.
    pub async fn offices_of_card(&self, card: Fingerprint) -> Result<Vec<(String, Binding)>, Fault> {
        let rows = self.reader().await?.few(OFFICES, values![&card.0]).await?;
        rows.iter()
            .map(|row| Ok((row.column("office")?, read_card(row)?.binding)))
            .collect()
    }

    /// The application about a card at an office that is not decided: its case and its number.
    pub async fn application_about(
        &self,
        office: &str,
        card: Fingerprint,
    ) -> Result<Option<([u8; 16], Number)>, Fault> {
        let row = self.reader().await?.row(OCCUPIED, values![office, &card.0]).await?;
        row.map(|row| Ok((row.octets("case_id")?, read_number(&row.column::<String>("number")?)?)))
            .transpose()
    }

    /// The application about a card at an office that was decided last, after it had been held: its case and procedure.
    pub async fn decided_about(&self, office: &str, card: Fingerprint) -> Result<Option<([u8; 16], String)>, Fault> {
        let row = self.reader().await?.row(DECIDED, values![office, &card.0]).await?;
        row.map(|row| Ok((row.octets("case_id")?, row.column("procedure")?)))
            .transpose()
    }
}

/// The registration with its first card. A card that the office knows clashes: load, and decide again.
pub(crate) async fn register(connection: &mut Connection, new: &NewRegistration, at: Instant) -> Result<(), Clash> {
    let NewRegistration {
        id,
        office,
        business,
        card,
        contact,
    } = new;
    bind_first(connection, office, *id, *card, at).await?;
    connection
        .execute(
            REGISTER,
            values![
                &id.0,
                office,
                business.as_str(),
                &card.0,
                &contact.department,
                &contact.name,
                &contact.phone,
                contact.fax.as_deref(),
                &contact.mail,
                at.0
            ],
        )
        .await?;
    Ok(())
}

/// Another contact. A registration whose card was exchanged meanwhile clashes.
pub(crate) async fn change(connection: &mut Connection, new: &NewContact, at: Instant) -> Result<(), Clash> {
    let NewContact { id, card, contact } = new;
    let values = values![
        &id.0,
        &card.0,
        &contact.department,
        &contact.name,
        &contact.phone,
        contact.fax.as_deref(),
        &contact.mail,
        at.0
    ];
    one(connection.execute(CHANGE, values).await?)
}

/// The switch: from this commit on the registration has the new card, and the one before is 更新済(使用不可). It is compared
/// with what the decision relied upon; whatever moved meanwhile clashes, and nothing is written.
pub(crate) async fn bind(connection: &mut Connection, new: &NewBinding, at: Instant) -> Result<(), Clash> {
    let NewBinding { id, office, from, to } = new;
    one(connection
        .execute(SWITCH, values![&id.0, &from.0, &to.0, at.0, office])
        .await?)?;
    one(connection
        .execute(REPLACED, values![office, &from.0, &id.0, at.0])
        .await?)?;
    bind_first(connection, office, *id, *to, at).await
}

/// One open application for each card and office; another one clashes.
pub(crate) async fn occupy(connection: &mut Connection, case: &[u8; 16], new: &Occupied) -> Result<(), Clash> {
    let number = new.number.to_string();
    one(connection
        .execute(OCCUPY, values![&new.office, &new.card.0, case, &number])
        .await?)
}

/// The case's cards are free again; that it was about them stays known until another one is.
pub(crate) async fn vacate(connection: &mut Connection, case: &[u8; 16]) -> Result<(), Clash> {
    connection.execute(KEEP, values![case]).await?;
    connection.execute(VACATE, values![case]).await?;
    Ok(())
}

async fn bind_first(
    connection: &mut Connection,
    office: &str,
    id: RegistrationId,
    card: Fingerprint,
    at: Instant,
) -> Result<(), Clash> {
    one(connection.execute(BIND, values![office, &card.0, &id.0, at.0]).await?)
}

const fn one(touched: u64) -> Result<(), Clash> {
    if touched == 1 { Ok(()) } else { Err(Clash::Moved) }
}

statements! {
    OF_CARD = "SELECT r.*, b.from_at, b.until_at FROM registered_card b JOIN registration r ON r.id = b.registration
               WHERE b.office = $1 AND b.card = $2";
    ONE = "SELECT r.*, b.from_at, b.until_at FROM registration r
           JOIN registered_card b ON b.office = r.office AND b.card = r.card WHERE r.id = $1";
    OF_BUSINESS = "SELECT r.*, b.from_at, b.until_at FROM registration r
                   JOIN registered_card b ON b.office = r.office AND b.card = r.card
                   WHERE r.office = $1 AND r.business = $2 ORDER BY r.registered_at, r.id";
    CARDS = "SELECT card, registration, from_at, until_at FROM registered_card WHERE registration = $1
             ORDER BY from_at, CASE WHEN until_at IS NULL THEN 1 ELSE 0 END, until_at";
    OFFICES = "SELECT office, card, registration, from_at, until_at FROM registered_card WHERE card = $1 ORDER BY office";
    OCCUPIED = "SELECT case_id, number FROM occupied_card WHERE office = $1 AND card = $2";
    REGISTER = "INSERT INTO registration (id, office, business, card, department, name, phone, fax, mail, registered_at,
                   changed_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
    CHANGE = "UPDATE registration SET department = $3, name = $4, phone = $5, fax = $6, mail = $7, changed_at = $8
              WHERE id = $1 AND card = $2";
    SWITCH = "UPDATE registration SET card = $3, changed_at = $4 WHERE id = $1 AND card = $2 AND office = $5";
    REPLACED = "UPDATE registered_card SET until_at = $4
                WHERE office = $1 AND card = $2 AND registration = $3 AND until_at IS NULL";
    BIND = "INSERT INTO registered_card (office, card, registration, from_at, until_at)
            VALUES ($1, $2, $3, $4, NULL) ON CONFLICT (office, card) DO NOTHING";
    OCCUPY = "INSERT INTO occupied_card (office, card, case_id, number) VALUES ($1, $2, $3, $4)
              ON CONFLICT (office, card) DO NOTHING";
    KEEP = "INSERT INTO decided_card (office, card, case_id)
            SELECT office, card, case_id FROM occupied_card WHERE case_id = $1
            ON CONFLICT (office, card) DO UPDATE SET case_id = excluded.case_id";
    DECIDED = "SELECT d.case_id, c.procedure FROM decided_card d JOIN office_case c ON c.id = d.case_id
               WHERE d.office = $1 AND d.card = $2";
    VACATE = "DELETE FROM occupied_card WHERE case_id = $1";
}

fn read(row: &Row) -> Result<RegistrationRow, Fault> {
    let id = RegistrationId(row.octets("id")?);
    Ok(RegistrationRow {
        id,
        office: row.column("office")?,
        business: read_business(&row.column::<String>("business")?)?,
        card: Fingerprint(row.octets("card")?),
        contact: Contact {
            department: row.column("department")?,
            name: row.column("name")?,
            phone: row.column("phone")?,
            fax: row.column("fax")?,
            mail: row.column("mail")?,
        },
        registered_at: Instant(row.column("registered_at")?),
        changed_at: Instant(row.column("changed_at")?),
        binding: read_binding(row, id)?,
    })
}

fn read_card(row: &Row) -> Result<RegisteredCard, Fault> {
    Ok(RegisteredCard {
        card: Fingerprint(row.octets("card")?),
        binding: read_binding(row, RegistrationId(row.octets("registration")?))?,
    })
}

fn read_binding(row: &Row, registration: RegistrationId) -> Result<Binding, Fault> {
    Ok(Binding {
        registration,
        from: Instant(row.column("from_at")?),
        until: row.column::<Option<i64>>("until_at")?.map(Instant),
    })
}

pub(super) fn read_business(text: &str) -> Result<BusinessNumber, Fault> {
    BusinessNumber::parse(text).ok_or_else(|| corrupt("a business number", text))
}
