//! Officers: the account's case as its row's document, and the register in which a card stands once.

use casework::identity::{Authority, CertificateId, Company, Digest, Fingerprint, OfficerId, PersonNumber, Serial};
use casework::officer::{Account, Card, Case, Role, Roles};
use casework::time::Instant;
use serde::{Deserialize, Serialize};

use super::case::{self, Hex, corrupt, new_is_not_stored};
use super::database::{Connection, Row, statements, values};
use super::{Clash, Store, passkey, token};
use crate::fault::Fault;

/// An account as the register has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerRow {
    /// Which account.
    pub id: OfficerId,
    /// At which office.
    pub office: String,
    /// Whose, and with which roles.
    pub account: Account,
    /// How it stands.
    pub state: OfficerState,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfficerState {
    /// 招待中
    Invited {
        /// After this the invitation is worth nothing.
        until: Instant,
    },
    /// 有効
    Active {
        /// The card that logs in and signs.
        card: Fingerprint,
        /// The last login, or the enrolment.
        seen: Instant,
    },
    /// 停止
    Blocked {
        /// The card, if one was enrolled.
        card: Option<Fingerprint>,
        /// Since when.
        at: Instant,
    },
}

/// What the register is to say from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The account.
    pub row: OfficerRow,
    /// The passkeys that it keeps; all others of it go.
    pub passkeys: Vec<Digest>,
}

impl OfficerState {
    /// The card, once one is enrolled.
    pub const fn card(self) -> Option<Fingerprint> {
        match self {
            Self::Invited { .. } => None,
            Self::Active { card, .. } => Some(card),
            Self::Blocked { card, .. } => card,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Invited { .. } => "invited",
            Self::Active { .. } => "active",
            Self::Blocked { .. } => "blocked",
        }
    }

    const fn at(self) -> Instant {
        match self {
            Self::Invited { until } => until,
            Self::Active { seen, .. } => seen,
            Self::Blocked { at, .. } => at,
        }
    }
}

impl Store {
    /// The accounts of an office, by name. An office has some dozens.
    pub async fn officers(&self, office: &str) -> Result<Vec<OfficerRow>, Fault> {
        let rows = self.reader().await?.rows(OF_OFFICE, values![office]).await?;
        rows.iter().map(read).collect()
    }

    /// The account that this signature certificate's card belongs to.
    pub async fn officer_by_card(&self, card: Fingerprint) -> Result<Option<OfficerRow>, Fault> {
        let row = self.reader().await?.row(BY_CARD, values![&card.0]).await?;
        row.as_ref().map(read).transpose()
    }
}

/// Inside the transaction, behind every other that wrote. An account that was blocked meanwhile, or has lost the role,
/// clashes: load, and decide again.
pub(crate) async fn administers(connection: &mut Connection, office: &str, by: OfficerId) -> Result<(), Clash> {
    let row = connection.row(ACTIVE, values![&by.0, office]).await?;
    let roles = row.map(|row| row.column::<String>("roles")).transpose()?;
    match roles.as_deref().map(read_roles).transpose()? {
        Some(roles) if roles.contains(Role::Administration) => Ok(()),
        Some(_) | None => Err(Clash::Moved),
    }
}

/// The register says what the case says. A card that another account has clashes: load, and decide again.
///
/// With the card go the account's tokens, for good: what was blocked for a reason does not come back with the account (R16).
pub(crate) async fn register(connection: &mut Connection, registered: &Registered, at: Instant) -> Result<(), Clash> {
    let Registered { row, passkeys } = registered;
    let card = row.state.card();
    if let Some(card) = card
        && connection.row(TAKEN, values![&card.0, &row.id.0]).await?.is_some()
    {
        return Err(Clash::Moved);
    }
    connection
        .execute(
            REGISTER,
            values![
                &row.id.0,
                &row.office,
                &row.account.person.0,
                &row.account.name,
                &row.account.company.0,
                &roles_text(row.account.roles),
                &row.account.mail,
                row.state.word(),
                row.state.at().0,
                card.as_ref().map(|card| card.0.as_slice()),
            ],
        )
        .await?;
    passkey::keep_only(connection, row.id.0, passkeys).await?;
    match row.state {
        OfficerState::Active { .. } => {}
        OfficerState::Invited { .. } | OfficerState::Blocked { .. } => {
            token::revoke_all(connection, row.id, at).await?;
        }
    }
    Ok(())
}

statements! {
    REGISTER = "INSERT INTO officer (id, office, person, name, company, roles, mail, state, at, card)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (id) DO UPDATE SET person = $3, name = $4, company = $5, roles = $6, mail = $7, state = $8,
                   at = $9, card = $10";
    TAKEN = "SELECT id FROM officer WHERE card = $1 AND id <> $2";
    ACTIVE = "SELECT roles FROM officer WHERE id = $1 AND office = $2 AND state = 'active'";
    OF_OFFICE = "SELECT id, office, person, name, company, roles, mail, state, at, card FROM officer
                 WHERE office = $1 ORDER BY name, id";
    BY_CARD = "SELECT id, office, person, name, company, roles, mail, state, at, card FROM officer WHERE card = $1";
}

fn read(row: &Row) -> Result<OfficerRow, Fault> {
    let at = Instant(row.column("at")?);
    let card = row
        .column::<Option<Vec<u8>>>("card")?
        .map(|octets| octets.try_into().map(Fingerprint))
        .transpose()
        .map_err(|_| corrupt("an officer", "a card's fingerprint has 32 octets"))?;
    let state: String = row.column("state")?;
    Ok(OfficerRow {
        id: OfficerId(row.octets("id")?),
        office: row.column("office")?,
        account: Account {
            person: PersonNumber(row.column("person")?),
            name: row.column("name")?,
            company: Company(row.column("company")?),
            roles: read_roles(&row.column::<String>("roles")?)?,
            mail: row.column("mail")?,
        },
        state: match (state.as_str(), card) {
            ("invited", None) => OfficerState::Invited { until: at },
            ("active", Some(card)) => OfficerState::Active { card, seen: at },
            ("blocked", card) => OfficerState::Blocked { card, at },
            _ => return Err(corrupt("an officer", state)),
        },
    })
}

/// The account's state and document, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Invited { account, code, until } => Document::Invited {
            account: account_row(account),
            code: Hex::of(&code.0),
            until: until.0,
        },
        Case::Active {
            account,
            card,
            passkeys,
            seen,
        } => Document::Active {
            account: account_row(account),
            card: card_row(card),
            passkeys: passkeys.iter().map(|passkey| Hex::of(&passkey.0)).collect(),
            seen: seen.0,
        },
        Case::Blocked { account, card, at } => Document::Blocked {
            account: account_row(account),
            card: card.as_ref().map(card_row),
            at: at.0,
        },
    };
    case::Document::of(state(case), &document)
}

/// The account that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Invited { account, code, until } => Case::Invited {
            account: Box::new(account.read()?),
            code: Digest(code.octets()?),
            until: Instant(until),
        },
        Document::Active {
            account,
            card,
            passkeys,
            seen,
        } => Case::Active {
            account: Box::new(account.read()?),
            card: card.read()?,
            passkeys: passkeys
                .iter()
                .map(|passkey| passkey.octets().map(Digest))
                .collect::<Result<_, _>>()?,
            seen: Instant(seen),
        },
        Document::Blocked { account, card, at } => Case::Blocked {
            account: Box::new(account.read()?),
            card: card.map(CardRow::read).transpose()?,
            at: Instant(at),
        },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Invited { .. } => "invited",
        Case::Active { .. } => "active",
        Case::Blocked { .. } => "blocked",
    }
}

/// The keys of the roles, in the order of the screen.
pub(crate) fn roles_text(roles: Roles) -> String {
    let keys: Vec<_> = roles.iter().map(Role::key).collect();
    keys.join(" ")
}

fn read_roles(text: &str) -> Result<Roles, Fault> {
    text.split_ascii_whitespace()
        .map(|key| Role::from_key(key).ok_or_else(|| corrupt("role", key)))
        .collect()
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Invited {
        account: AccountRow,
        code: Hex,
        until: i64,
    },
    Active {
        account: AccountRow,
        card: CardRow,
        passkeys: Vec<Hex>,
        seen: i64,
    },
    Blocked {
        account: AccountRow,
        card: Option<CardRow>,
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct AccountRow {
    person: String,
    name: String,
    company: String,
    roles: String,
    mail: String,
}

#[derive(Serialize, Deserialize)]
struct CardRow {
    card: Hex,
    authority: String,
    serial: Hex,
    authentication: Hex,
}

fn account_row(account: &Account) -> AccountRow {
    AccountRow {
        person: account.person.0.clone(),
        name: account.name.clone(),
        company: account.company.0.clone(),
        roles: roles_text(account.roles),
        mail: account.mail.clone(),
    }
}

fn card_row(card: &Card) -> CardRow {
    CardRow {
        card: Hex::of(&card.card.0),
        authority: card.certificate.authority.0.clone(),
        serial: Hex::of(card.certificate.serial.octets()),
        authentication: Hex::of(card.authentication.serial.octets()),
    }
}

impl AccountRow {
    fn read(self) -> Result<Account, Fault> {
        Ok(Account {
            person: PersonNumber(self.person),
            name: self.name,
            company: Company(self.company),
            roles: read_roles(&self.roles)?,
            mail: self.mail,
        })
    }
}

impl CardRow {
    fn read(self) -> Result<Card, Fault> {
        // One card has one issuer, which the evidence of the showing has checked.
        let certificate = |serial: &Hex| {
            Ok::<_, Fault>(CertificateId {
                authority: Authority(self.authority.clone()),
                serial: Serial::from_octets(&serial.octets::<20>()?).ok_or_else(|| corrupt("serial", "zero"))?,
            })
        };
        Ok(Card {
            card: Fingerprint(self.card.octets()?),
            certificate: certificate(&self.serial)?,
            authentication: certificate(&self.authentication)?,
        })
    }
}
