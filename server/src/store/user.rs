//! 利用者: an account's case as its row's document, and the list in which an ID stands once.

use casework::identity::{Digest, OrganisationId, UserId};
use casework::time::Instant;
use casework::user::{Account, Case, Link, Login, LoginId, Tries};
use serde::{Deserialize, Serialize};

use super::case::{self, Hex, corrupt, new_is_not_stored};
use super::database::{Connection, Row, statements, values};
use super::{Clash, Store, passkey};
use crate::fault::Fault;
use crate::password::Phc;

/// An account as the list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Which one.
    pub id: UserId,
    /// At which centre.
    pub office: String,
    /// Whose.
    pub account: Account,
    /// How it stands.
    pub state: UserState,
    /// Since when it is blocked, until when it is invited, or when it was seen last.
    pub at: Instant,
    /// The hash of its password, once one was chosen.
    pub password: Option<Phc>,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserState {
    /// 招待中
    Invited,
    /// 有効
    Active,
    /// 停止
    Blocked,
}

/// What the list is to say from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredUser {
    /// The account; its password is looked at where [`RegisteredUser::keeps`] is not set.
    pub row: UserRow,
    /// Whether the password stays the one that it has.
    pub keeps: bool,
    /// The passkeys that it keeps; all others of it go.
    pub passkeys: Vec<Digest>,
}

impl UserState {
    const fn word(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Invited, Self::Active, Self::Blocked]
            .into_iter()
            .find(|known| known.word() == word)
    }
}

impl Store {
    /// The accounts of an organisation, by ID.
    pub async fn users(&self, organisation: OrganisationId) -> Result<Vec<UserRow>, Fault> {
        let rows = self
            .reader()
            .await?
            .rows(OF_ORGANISATION, values![&organisation.0])
            .await?;
        rows.iter().map(read).collect()
    }

    /// The account with this ID at a centre.
    pub async fn user_of_login(&self, office: &str, login: &LoginId) -> Result<Option<UserRow>, Fault> {
        let row = self.reader().await?.row(NAMED, values![office, login.as_str()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// An account by its own id.
    pub async fn user(&self, id: UserId) -> Result<Option<UserRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&id.0]).await?;
        row.as_ref().map(read).transpose()
    }
}

/// The list says what the case says. An ID that another account has clashes: load, and decide again.
pub(crate) async fn register(connection: &mut Connection, registered: &RegisteredUser) -> Result<(), Clash> {
    let RegisteredUser { row, keeps, passkeys } = registered;
    let UserRow {
        id, office, account, ..
    } = row;
    let taken = values![office, account.login.as_str(), &id.0];
    if connection.row(TAKEN, taken).await?.is_some() {
        return Err(Clash::Moved);
    }
    connection
        .execute(
            REGISTER,
            values![
                &id.0,
                office,
                &account.organisation.0,
                account.login.as_str(),
                &account.name,
                &account.mail,
                row.state.word(),
                row.at.0,
            ],
        )
        .await?;
    if !keeps {
        let phc = row.password.as_ref().map(Phc::as_str);
        connection.execute(PASSWORD, values![&id.0, phc]).await?;
    }
    passkey::keep_only(connection, id.0, passkeys).await?;
    Ok(())
}

statements! {
    REGISTER = "INSERT INTO organisation_user (id, office, organisation, login, name, mail, state, at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (id) DO UPDATE SET organisation = $3, login = $4, name = $5, mail = $6, state = $7, at = $8";
    PASSWORD = "UPDATE organisation_user SET phc = $2 WHERE id = $1";
    TAKEN = "SELECT id FROM organisation_user WHERE office = $1 AND login = $2 AND id <> $3";
    ONE = "SELECT id, office, organisation, login, name, mail, state, at, phc FROM organisation_user WHERE id = $1";
    NAMED = "SELECT id, office, organisation, login, name, mail, state, at, phc FROM organisation_user
             WHERE office = $1 AND login = $2";
    OF_ORGANISATION = "SELECT id, office, organisation, login, name, mail, state, at, phc FROM organisation_user
                       WHERE organisation = $1 ORDER BY login";
}

fn read(row: &Row) -> Result<UserRow, Fault> {
    let (login, state): (String, String) = (row.column("login")?, row.column("state")?);
    Ok(UserRow {
        id: UserId(row.octets("id")?),
        office: row.column("office")?,
        account: Account {
            login: LoginId::typed(&login).ok_or_else(|| corrupt("a user's ID", login))?,
            organisation: OrganisationId(row.octets("organisation")?),
            name: row.column("name")?,
            mail: row.column("mail")?,
        },
        state: UserState::of(&state).ok_or_else(|| corrupt("a user", state))?,
        at: Instant(row.column("at")?),
        password: row.column::<Option<String>>("phc")?.map(Phc::kept),
    })
}

/// The account's state and document, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Invited {
            account,
            link,
            generation,
        } => Document::Invited {
            account: account_row(account),
            link: link_row(link),
            generation: *generation,
        },
        Case::Active {
            account,
            login,
            generation,
        } => Document::Active {
            account: account_row(account),
            password: Hex::of(&login.password.0),
            passkeys: login.passkeys.iter().map(|passkey| Hex::of(&passkey.0)).collect(),
            failed: login.tries.failed,
            last: login.tries.last.map(|at| at.0),
            reset: login.reset.as_ref().map(link_row),
            seen: login.seen.0,
            generation: *generation,
        },
        Case::Blocked {
            account,
            at,
            generation,
        } => Document::Blocked {
            account: account_row(account),
            at: at.0,
            generation: *generation,
        },
    };
    case::Document::of(state(case), &document)
}

/// The account that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Invited {
            account,
            link,
            generation,
        } => Case::Invited {
            account: Box::new(account.read()?),
            link: link.read()?,
            generation,
        },
        Document::Active {
            account,
            password,
            passkeys,
            failed,
            last,
            reset,
            seen,
            generation,
        } => Case::Active {
            account: Box::new(account.read()?),
            login: Box::new(Login {
                password: Digest(password.octets()?),
                passkeys: passkeys
                    .iter()
                    .map(|passkey| passkey.octets().map(Digest))
                    .collect::<Result<_, _>>()?,
                tries: Tries {
                    failed,
                    last: last.map(Instant),
                },
                reset: reset.as_ref().map(LinkRow::read).transpose()?,
                seen: Instant(seen),
            }),
            generation,
        },
        Document::Blocked {
            account,
            at,
            generation,
        } => Case::Blocked {
            account: Box::new(account.read()?),
            at: Instant(at),
            generation,
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

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Invited {
        account: AccountRow,
        link: LinkRow,
        generation: u32,
    },
    Active {
        account: AccountRow,
        password: Hex,
        passkeys: Vec<Hex>,
        failed: u32,
        last: Option<i64>,
        reset: Option<LinkRow>,
        seen: i64,
        generation: u32,
    },
    Blocked {
        account: AccountRow,
        at: i64,
        generation: u32,
    },
}

#[derive(Serialize, Deserialize)]
struct AccountRow {
    login: String,
    organisation: Hex,
    name: String,
    mail: String,
}

#[derive(Serialize, Deserialize)]
struct LinkRow {
    token: Hex,
    sent: i64,
    until: i64,
}

fn account_row(account: &Account) -> AccountRow {
    AccountRow {
        login: account.login.as_str().to_owned(),
        organisation: Hex::of(&account.organisation.0),
        name: account.name.clone(),
        mail: account.mail.clone(),
    }
}

fn link_row(link: &Link) -> LinkRow {
    LinkRow {
        token: Hex::of(&link.token.0),
        sent: link.sent.0,
        until: link.until.0,
    }
}

impl AccountRow {
    fn read(self) -> Result<Account, Fault> {
        Ok(Account {
            login: LoginId::typed(&self.login).ok_or_else(|| corrupt("a user's ID", &self.login))?,
            organisation: OrganisationId(self.organisation.octets()?),
            name: self.name,
            mail: self.mail,
        })
    }
}

impl LinkRow {
    fn read(&self) -> Result<Link, Fault> {
        Ok(Link {
            token: Digest(self.token.octets()?),
            sent: Instant(self.sent),
            until: Instant(self.until),
        })
    }
}
