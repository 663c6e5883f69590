//! 利用者 at the desk: accounts of organisations' people, and who is logged in at this moment.

mod link;

use casework::evidence::PasswordChosen;
use casework::identity::{Digest, OrganisationId, UserId};
use casework::time::Instant;
use casework::user::{
    self, Account, Attempt, By, Case, Command as Asked, Errand as Later, Event, Facts, Typed, Way, Write as Now,
};
use wire::office::Language;

pub use link::LinkToken;

use super::evidence::sha256;
use super::officer::NewPasskey;
use super::organisation::administers;
use super::{Actor, CaseId, Desk, Failure, Place, Procedure, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::password::Phc;
use crate::store::{
    self, Document, Errand, OrganisationRow, PasskeyRow, RegisteredUser, UserLetter, UserRow, UserState, Write,
};

/// The procedure of users' accounts. An account's [`UserId`] is its case's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserAccount;

/// A password that was judged, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassword {
    /// That it was judged.
    pub(super) chosen: PasswordChosen,
    /// Its hash.
    pub(super) phc: Phc,
}

/// What is asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 招待
    Invite {
        /// To which centre.
        office: String,
        /// The language of its letters.
        language: Language,
        /// Whose.
        account: Box<Account>,
        /// Of the letter's link.
        token: LinkToken,
    },
    /// The invited person opens the link and chooses the first password.
    Accept {
        /// Of the link.
        token: LinkToken,
        /// The first password.
        password: NewPassword,
    },
    /// ログイン
    LogIn(Attempt),
    /// パスワードの変更
    ChangePassword {
        /// What was typed as the present one.
        typed: Typed,
        /// The new one.
        password: NewPassword,
    },
    /// パスワードの再設定 is asked for.
    AskReset {
        /// Of the letter's link.
        token: LinkToken,
    },
    /// The link is opened and a new password chosen.
    Reset {
        /// Of the link.
        token: LinkToken,
        /// The new password.
        password: NewPassword,
    },
    /// The person adds a passkey.
    AddPasskey {
        /// What was typed as the present password.
        typed: Typed,
        /// The passkey.
        new: NewPasskey,
    },
    /// The person removes one.
    RemovePasskey {
        /// SHA-256 of its credential id.
        credential: Digest,
    },
    /// Name or address are corrected.
    Correct {
        /// The person's name.
        name: String,
        /// Where its mail goes.
        mail: String,
    },
    /// 停止
    Block,
}

/// A person of an organisation who is logged in at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Which account.
    pub id: UserId,
    /// Whose.
    pub account: Account,
    /// For whom.
    pub organisation: OrganisationRow,
    /// In which language they are written to.
    pub language: Language,
}

impl Desk {
    /// The person behind an account, if a session that was begun under this password may go on: the account is active, its
    /// password is still that one, and the organisation's contract is in force.
    pub async fn present(&self, id: UserId, generation: u32) -> Result<Option<Present>, Fault> {
        let standing = self.standing::<UserAccount>(CaseId::from_octets(id.0)).await?;
        let (Case::Active { account, .. }, Some(place)) = (&standing.case, &standing.place) else {
            return Ok(None);
        };
        if standing.case.generation() != generation {
            return Ok(None);
        }
        let organisation = self.store().organisation(account.organisation).await?;
        Ok(organisation
            .filter(|row| row.in_force && row.office == place.office)
            .map(|organisation| Present {
                id,
                account: (**account).clone(),
                organisation,
                language: place.language,
            }))
    }
}

impl Procedure for UserAccount {
    const NOUN: &'static str = "user";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::user_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Invite { .. } => "invite",
            Command::Accept { .. } => "accept",
            Command::LogIn(_) => "log_in",
            Command::ChangePassword { .. } => "change_password",
            Command::AskReset { .. } => "ask_reset",
            Command::Reset { .. } => "reset",
            Command::AddPasskey { .. } => "add_passkey",
            Command::RemovePasskey { .. } => "remove_passkey",
            Command::Correct { .. } => "correct",
            Command::Block => "block",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::user_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::user_document(case)
    }

    /// Each hash has a salt of its own and each link a token, so that the same one is the same submit.
    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            (Case::Invited { link, .. }, Command::Invite { token, .. }) => link.token == token.digest(),
            (
                Case::Active { login, .. },
                Command::Accept { password, .. }
                | Command::ChangePassword { password, .. }
                | Command::Reset { password, .. },
            ) => login.password == password.chosen.hash(),
            (Case::Active { login, .. }, Command::AddPasskey { new, .. }) => {
                login.passkeys.contains(&sha256(&new.credential))
            }
            (Case::Blocked { .. }, Command::Block) => true,
            _ => false,
        }
    }

    /// The case is the account; neither its ID nor its person is named.
    fn about(_: &Case, _: &Command) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    async fn propose(
        desk: &Desk,
        actor: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        let id = UserId(standing.id.octets());
        // A case that never began has no office whose rule it would be; what is refused is refused as everywhere.
        let place = match (&standing.place, command) {
            (None, Command::LogIn(_) | Command::AskReset { .. }) => {
                return Err(Failure::Refused(casework::Refusal::WrongLogin));
            }
            (None, Command::Accept { .. } | Command::Reset { .. }) => {
                return Err(Failure::Refused(casework::Refusal::LinkSpent));
            }
            (_, Command::Invite { office, language, .. }) => standing.place(Some((office, *language)))?,
            _ => standing.place(None)?,
        };
        let office = desk.office_of("a user", &place)?;
        let policy = office.terminals().map_err(Fault::from)?.users;
        let facts = facts(desk, actor, id, standing, &place, command).await?;
        let decision = user::decide(&standing.case, &asked(command), &facts, &policy, now).map_err(Failure::Refused)?;
        let mut writes = Vec::with_capacity(decision.writes.len());
        for write in &decision.writes {
            writes.push(match write {
                Now::Administers(by) => administers(&place, *by),
                Now::Register => register(id, &place, &decision.next, command)?,
            });
        }
        if let (Command::AddPasskey { new, .. }, Event::PasskeyAdded { .. }) = (command, &decision.event) {
            // One that somebody has already is not added: the same passkey would log in to two accounts.
            if desk.store().passkey(&new.credential).await?.is_some() {
                return Err(Failure::Refused(casework::Refusal::CardTaken));
            }
            writes.push(Write::Passkey(PasskeyRow {
                credential: new.credential.clone(),
                digest: sha256(&new.credential),
                owner: id.0,
                public_key: new.public_key.clone(),
                counter: new.counter,
                label: new.label.clone(),
                added_at: now,
                used_at: None,
            }));
        }
        let (event, details) = tell(decision.event);
        let letter = |letter: user::Letter| {
            let token = match command {
                Command::Invite { token, .. } | Command::AskReset { token } if letter.has_link() => {
                    Some(token.text(id))
                }
                _ => None,
            };
            Errand::UserLetter(UserLetter { letter, token })
        };
        Ok(Proposal {
            place,
            next: decision.next,
            answer: decision.answer,
            event,
            details,
            writes,
            errands: decision
                .errands
                .iter()
                .map(|Later::Mail(which)| letter(*which))
                .collect(),
            evidence: Vec::new(),
        })
    }
}

/// Whether nobody has logged in to an account for as long as the centre says, or its invitation ran out (R16).
pub fn is_dormant(row: &UserRow, policy: &user::Policy, now: Instant) -> bool {
    match row.state {
        UserState::Active => row.at < now.plus_seconds(-policy.dormant_after),
        UserState::Invited => row.at < now,
        UserState::Blocked => false,
    }
}

async fn facts(
    desk: &Desk,
    actor: &Actor<'_>,
    id: UserId,
    standing: &Standing<UserAccount>,
    place: &Place,
    command: &Command,
) -> Result<Facts, Fault> {
    let by = match actor {
        Actor::Operator { .. } => By::Operator,
        Actor::User { id: own, .. } if *own == id => By::Own,
        actor => match desk.acting_at(actor, &place.office).await? {
            Some(acting) => By::Officer(acting.officer),
            None => By::Nobody,
        },
    };
    let (taken, organisation): (bool, Option<OrganisationId>) = match command {
        Command::Invite { account, .. } => {
            let known = desk.store().user_of_login(&place.office, &account.login).await?;
            (known.is_some_and(|row| row.id != id), Some(account.organisation))
        }
        _ => (false, standing.case.account().map(|account| account.organisation)),
    };
    let organisation = match organisation {
        Some(organisation) => desk.store().organisation(organisation).await?,
        None => None,
    };
    Ok(Facts {
        by,
        taken,
        in_force: organisation.is_some_and(|row| row.in_force && row.office == place.office),
    })
}

fn asked(command: &Command) -> Asked {
    match command {
        Command::Invite { account, token, .. } => Asked::Invite {
            account: account.clone(),
            token: token.digest(),
        },
        Command::Accept { token, password } => Asked::Accept {
            token: token.digest(),
            password: password.chosen,
        },
        Command::LogIn(attempt) => Asked::LogIn(*attempt),
        Command::ChangePassword { typed, password } => Asked::ChangePassword {
            typed: *typed,
            password: password.chosen,
        },
        Command::AskReset { token } => Asked::AskReset { token: token.digest() },
        Command::Reset { token, password } => Asked::Reset {
            token: token.digest(),
            password: password.chosen,
        },
        Command::AddPasskey { typed, new } => Asked::AddPasskey {
            typed: *typed,
            credential: sha256(&new.credential),
        },
        Command::RemovePasskey { credential } => Asked::RemovePasskey {
            credential: *credential,
        },
        Command::Correct { name, mail } => Asked::Correct {
            name: name.clone(),
            mail: mail.clone(),
        },
        Command::Block => Asked::Block,
    }
}

/// What the list says once the case is this one.
fn register(id: UserId, place: &Place, case: &Case, command: &Command) -> Result<Write, Fault> {
    let password = match command {
        Command::Accept { password, .. }
        | Command::ChangePassword { password, .. }
        | Command::Reset { password, .. } => Some(password.phc.clone()),
        _ => None,
    };
    // A wrong present password changes nothing but its count.
    let is_new = |login: &user::Login| {
        password
            .as_ref()
            .is_some_and(|phc| login.password == sha256(phc.as_str().as_bytes()))
    };
    let (account, state, at, keeps, passkeys) = match case {
        Case::New => {
            return Err(Bug("an account that nothing was decided about is not listed".to_owned()).into());
        }
        Case::Invited { account, link, .. } => {
            // Corrected while it waits, it has no password that it could keep.
            (account, UserState::Invited, link.until, false, Vec::new())
        }
        Case::Active { account, login, .. } => {
            let passkeys = login.passkeys.clone();
            (account, UserState::Active, login.seen, !is_new(login), passkeys)
        }
        Case::Blocked { account, at, .. } => (account, UserState::Blocked, *at, false, Vec::new()),
    };
    let password = password.filter(|_| matches!(case, Case::Active { .. }));
    Ok(Write::User(Box::new(RegisteredUser {
        row: UserRow {
            id,
            office: place.office.clone(),
            account: (**account).clone(),
            state,
            at,
            password,
        },
        keeps,
        passkeys,
    })))
}

fn tell(event: Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Invited => ("invited", Vec::new()),
        Event::Accepted => ("accepted", Vec::new()),
        Event::LoggedIn { by } => {
            let way = match by {
                Way::Password => "password",
                Way::Passkey => "passkey",
            };
            ("logged_in", vec![("by", way.to_owned())])
        }
        Event::WrongPassword { failed } => ("wrong_password", vec![("failed", failed.to_string())]),
        Event::PasswordChanged => ("password_changed", Vec::new()),
        Event::ResetAsked => ("reset_asked", Vec::new()),
        Event::PasswordReset => ("password_reset", Vec::new()),
        Event::PasskeyAdded { credential } => ("passkey_added", vec![("passkey", credential.to_string())]),
        Event::PasskeyRemoved { credential } => ("passkey_removed", vec![("passkey", credential.to_string())]),
        Event::Corrected => ("corrected", Vec::new()),
        Event::Blocked => ("blocked", Vec::new()),
    }
}
