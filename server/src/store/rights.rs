//! After a restore that lost events: rights that were taken away since would be there again.
//!
//! Every token, every block, every removed passkey and every void invitation has left its event. A database that has them
//! all has forgotten no right's end. One that has lost events may have: then nobody keeps a right because an old copy says
//! so (THREATS, incident step-ca #606). An administrator gives them anew, the first one by `kagimori officer unblock`.

use casework::identity::{OfficerId, UserId};
use casework::officer::Case;
use casework::time::Instant;
use casework::user;

use super::Clash;
use super::case;
use super::database::{Connection, statements, values};
use super::event::{self, NewEvent};
use super::officer::{self, OfficerRow, OfficerState, Registered};
use super::user::{self as user_row, RegisteredUser, UserRow, UserState};
use crate::chance::Chance;
use crate::desk::Procedure as _;
use crate::desk::officer::OfficerAccount;
use crate::desk::user::UserAccount;
use crate::fault::{Bug, Fault};

/// What became void.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Voided {
    /// Accounts, of officers and of organisations' people, that were invited or active, and are blocked. Their passkeys and
    /// passwords are gone.
    pub accounts: usize,
    /// Tokens of programs that were not revoked.
    pub tokens: usize,
}

/// Takes every right of officers and their programs, in the transaction that tells of the loss.
pub(super) async fn void(
    connection: &mut Connection,
    actor: &str,
    (now, chance): (Instant, &Chance),
) -> Result<Voided, Fault> {
    // A copy of SQLite's file has sessions, as a backup has not.
    for statement in [NO_SESSIONS, NO_SESSION_FACTS] {
        connection.execute(statement, values![]).await?;
    }
    let mut voided = Voided::default();
    for row in connection.rows(TOKENS, values![]).await? {
        let (id, account): ([u8; 16], [u8; 16]) = (row.octets("id")?, row.octets("officer")?);
        let state: Option<String> = row.column("state")?;
        let state = state.unwrap_or_else(|| "new".to_owned());
        connection.execute(REVOKE_TOKEN, values![&id, now.0]).await?;
        let token = ("token", format!("{:032x}", u128::from_be_bytes(id)));
        let event = told(
            OfficerAccount::NOUN,
            "token_revoked",
            actor,
            (state.clone(), state),
            vec![token],
            chance,
        );
        event::append(connection, &account, &event, now).await?;
        voided.tokens += 1;
    }
    for row in connection.rows(ACCOUNTS, values![]).await? {
        let id: [u8; 16] = row.octets("id")?;
        let document: String = row.column("document")?;
        let case = officer::from_document(&document)?;
        let before = OfficerAccount::state(&case).to_owned();
        let (account, card) = match case {
            Case::Invited { account, .. } => (account, None),
            Case::Active { account, card, .. } => (account, Some(card)),
            Case::New | Case::Blocked { .. } => continue,
        };
        let registered = Registered {
            row: OfficerRow {
                id: OfficerId(id),
                office: row.column("office")?,
                account: (*account).clone(),
                state: OfficerState::Blocked {
                    card: card.as_ref().map(|card| card.card),
                    at: now,
                },
            },
            passkeys: Vec::new(),
        };
        let next = Case::Blocked { account, card, at: now };
        let document: case::Document = OfficerAccount::write(&next)?;
        connection
            .execute(BLOCK, values![&id, &document.state, &document.text, now.0])
            .await?;
        officer::register(connection, &registered, now)
            .await
            .map_err(|clash| match clash {
                Clash::Fault(fault) => fault,
                // Each card had its one account before.
                other => Fault::Bug(Bug(format!("an account that is blocked clashes: {other:?}"))),
            })?;
        let states = (before, document.state);
        let event = told(OfficerAccount::NOUN, "blocked", actor, states, Vec::new(), chance);
        event::append(connection, &id, &event, now).await?;
        voided.accounts += 1;
    }
    for row in connection.rows(USERS, values![]).await? {
        let id: [u8; 16] = row.octets("id")?;
        let case = user_row::from_document(&row.column::<String>("document")?)?;
        let before = UserAccount::state(&case).to_owned();
        let Some(account) = case.account().cloned() else {
            continue;
        };
        let next = user::Case::Blocked {
            account: Box::new(account.clone()),
            at: now,
            generation: case.generation(),
        };
        let document: case::Document = UserAccount::write(&next)?;
        connection
            .execute(BLOCK, values![&id, &document.state, &document.text, now.0])
            .await?;
        let registered = RegisteredUser {
            row: UserRow {
                id: UserId(id),
                office: row.column("office")?,
                account,
                state: UserState::Blocked,
                at: now,
                password: None,
            },
            keeps: false,
            passkeys: Vec::new(),
        };
        let listed = user_row::register(connection, &registered).await;
        listed.map_err(|clash| match clash {
            Clash::Fault(fault) => fault,
            other => Fault::Bug(Bug(format!("an account that is blocked clashes: {other:?}"))),
        })?;
        let states = (before, document.state);
        let event = told(UserAccount::NOUN, "blocked", actor, states, Vec::new(), chance);
        event::append(connection, &id, &event, now).await?;
        voided.accounts += 1;
    }
    Ok(voided)
}

fn told(
    procedure: &'static str,
    name: &'static str,
    actor: &str,
    states: (String, String),
    mut details: Vec<(&'static str, String)>,
    chance: &Chance,
) -> NewEvent {
    details.push(("because", "restored".to_owned()));
    NewEvent {
        procedure,
        name,
        actor: actor.to_owned(),
        states,
        refusal: None,
        details,
        salt: chance.octets(),
    }
}

statements! {
    NO_SESSIONS = "DELETE FROM session";
    NO_SESSION_FACTS = "DELETE FROM session_fact";
    TOKENS = "SELECT t.id, t.officer, c.state FROM token t LEFT JOIN office_case c ON c.id = t.officer
              WHERE t.revoked_at IS NULL ORDER BY t.made_at, t.id";
    REVOKE_TOKEN = "UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    ACCOUNTS = "SELECT id, office, document FROM office_case
                WHERE procedure = 'officer' AND state IN ('invited', 'active') ORDER BY opened_at, id";
    USERS = "SELECT id, office, document FROM office_case
             WHERE procedure = 'user' AND state IN ('invited', 'active') ORDER BY opened_at, id";
    BLOCK = "UPDATE office_case SET version = version + 1, state = $2, document = $3, changed_at = $4 WHERE id = $1";
}
