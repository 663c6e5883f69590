//! 利用者: the accounts of the people who log in for an organisation, by ID and password or by passkey.
//!
//! A wrong password counts, and who typed too many waits (DESIGN, part 3.8); what is told outside is the same for an ID
//! that exists and one that does not, so the answers of this procedure are for the audit and the account's own mailbox.

mod event;
mod login;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub use event::{Errand, Event, Letter, Way, Write};
pub use login::{Link, Login, LoginId, Tries};

use crate::evidence::{Asserted, PasswordChosen, PasswordKnown};
use crate::identity::{Digest, OrganisationId};
use crate::officer::{Officer, Role};
use crate::time::Instant;
use crate::{Answer, Refusal};

/// What this procedure decides.
pub type Decision = crate::Decision<Case, Event, Write, Errand>;

/// Decides one command. Pure and total: time is `now`, and everything else it needs stands in its arguments.
pub fn decide(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    use Case::{Active, Blocked, Invited, New};
    use Command::{Accept, AddPasskey, AskReset, Block, ChangePassword, Correct, Invite, LogIn, RemovePasskey, Reset};
    match (case, command) {
        // An invitation voids what was there before: the password, the passkeys, every session and the link of a lost mail.
        (New | Invited { .. } | Active { .. } | Blocked { .. }, Invite { account, token }) => {
            // The ID and the organisation stay: what was done under them stays that person's (A22).
            let another = |known: &Account| known.login != account.login || known.organisation != account.organisation;
            if case.account().is_some_and(another) {
                return Err(Refusal::Stale);
            }
            let next = Invited {
                account: account.clone(),
                link: Link::new(*token, now, policy.invitation_for),
                generation: case.generation(),
            };
            facts.administered(next, Event::Invited, Letter::Invited)
        }
        (
            Invited {
                account,
                link,
                generation,
            },
            Accept { token, password },
        ) => {
            link.opens(token, now)?;
            facts.in_force()?;
            let next = Active {
                account: account.clone(),
                login: Box::new(Login {
                    password: password.hash(),
                    passkeys: Vec::new(),
                    tries: Tries::default(),
                    reset: None,
                    seen: now,
                }),
                generation: generation.saturating_add(1),
            };
            Ok(told(next, Event::Accepted, Letter::Accepted))
        }
        (
            Active {
                account,
                login,
                generation,
            },
            LogIn(attempt),
        ) => {
            let mut login = login.clone();
            let by = match attempt {
                Attempt::Passkey(asserted) if login.passkeys.contains(&asserted.credential()) => Way::Passkey,
                Attempt::Passkey(_) => return Err(Refusal::WrongLogin),
                Attempt::Password(typed) => {
                    if !login.knows(*typed, policy, now)? {
                        return Ok(counted(account, &login, *generation, policy, now));
                    }
                    login.tries = Tries::default();
                    Way::Password
                }
            };
            facts.in_force()?;
            login.seen = now;
            let next = Active {
                account: account.clone(),
                login,
                generation: *generation,
            };
            Ok(quiet(next, Event::LoggedIn { by }))
        }
        (
            Active {
                account,
                login,
                generation,
            },
            ChangePassword { typed, password },
        ) => {
            facts.own()?;
            if !login.knows(*typed, policy, now)? {
                return Ok(counted(account, login, *generation, policy, now));
            }
            let next = login.with_password(account, *generation, password.hash());
            Ok(told(next, Event::PasswordChanged, Letter::PasswordChanged))
        }
        (
            Active {
                account,
                login,
                generation,
            },
            AskReset { token },
        ) => {
            facts.in_force()?;
            if let Some(sent) = login.reset
                && now < sent.sent.plus_seconds(policy.reset_every)
            {
                let until = sent.sent.plus_seconds(policy.reset_every);
                return Err(Refusal::LinkSent { until });
            }
            let next = Active {
                account: account.clone(),
                login: Box::new(Login {
                    reset: Some(Link::new(*token, now, policy.reset_for)),
                    ..(**login).clone()
                }),
                generation: *generation,
            };
            Ok(told(next, Event::ResetAsked, Letter::Reset))
        }
        (
            Active {
                account,
                login,
                generation,
            },
            Reset { token, password },
        ) => {
            login.reset.ok_or(Refusal::LinkSpent)?.opens(token, now)?;
            facts.in_force()?;
            let next = login.with_password(account, *generation, password.hash());
            Ok(told(next, Event::PasswordReset, Letter::PasswordChanged))
        }
        (
            Active {
                account,
                login,
                generation,
            },
            AddPasskey { typed, credential },
        ) => {
            facts.own()?;
            // It outlasts the password: whoever finds a session that is open makes none.
            if !login.knows(*typed, policy, now)? {
                return Ok(counted(account, login, *generation, policy, now));
            }
            let mut login = login.clone();
            login.tries = Tries::default();
            login.passkeys.retain(|known| known != credential);
            if login.passkeys.len() >= policy.passkeys {
                return Err(Refusal::TooMany { most: policy.passkeys });
            }
            let credential = *credential;
            login.passkeys.push(credential);
            let next = Active {
                account: account.clone(),
                login,
                generation: *generation,
            };
            Ok(told(next, Event::PasskeyAdded { credential }, Letter::PasskeysChanged))
        }
        (
            Active {
                account,
                login,
                generation,
            },
            RemovePasskey { credential },
        ) => {
            facts.own()?;
            let mut login = login.clone();
            login.passkeys.retain(|known| known != credential);
            let credential = *credential;
            let next = Active {
                account: account.clone(),
                login,
                generation: *generation,
            };
            Ok(told(
                next,
                Event::PasskeyRemoved { credential },
                Letter::PasskeysChanged,
            ))
        }
        (Invited { .. } | Active { .. }, Correct { name, mail }) => {
            let mut next = case.clone();
            if let Invited { account, .. } | Active { account, .. } = &mut next {
                account.name.clone_from(name);
                account.mail.clone_from(mail);
            }
            facts.administered(next, Event::Corrected, Letter::Corrected)
        }
        (Invited { account, .. } | Active { account, .. }, Block) => {
            let next = Blocked {
                account: account.clone(),
                at: now,
                generation: case.generation(),
            };
            facts.administered(next, Event::Blocked, Letter::Blocked)
        }
        // Whoever is not let in learns nothing of the account.
        (New | Invited { .. } | Blocked { .. }, LogIn(_) | AskReset { .. }) => Err(Refusal::WrongLogin),
        (New | Active { .. } | Blocked { .. }, Accept { .. })
        | (New | Invited { .. } | Blocked { .. }, Reset { .. }) => Err(Refusal::LinkSpent),
        (New | Invited { .. } | Blocked { .. }, ChangePassword { .. } | AddPasskey { .. } | RemovePasskey { .. })
        | (New | Blocked { .. }, Correct { .. } | Block) => Err(Refusal::Stale),
    }
}

/// An account's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// 招待中: the link was sent, and no password is chosen yet.
    Invited {
        /// Whose.
        account: Box<Account>,
        /// What opens it.
        link: Link,
        /// As in [`Case::Active`].
        generation: u32,
    },
    /// 有効, or locked out for a while: [`Login::locked_out`].
    Active {
        /// Whose.
        account: Box<Account>,
        /// How its person logs in.
        login: Box<Login>,
        /// Grows with each password. A session knows under which it was begun, and ends with it.
        generation: u32,
    },
    /// 停止: from the next request on. An invitation opens it again.
    Blocked {
        /// Whose.
        account: Box<Account>,
        /// Since when.
        at: Instant,
        /// As in [`Case::Active`].
        generation: u32,
    },
}

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// By which its person logs in.
    pub login: LoginId,
    /// For whom.
    pub organisation: OrganisationId,
    /// The person's name.
    pub name: String,
    /// Where its mail goes.
    pub mail: String,
}

/// What is asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 招待
    Invite {
        /// Whose.
        account: Box<Account>,
        /// SHA-256 of the link's token.
        token: Digest,
    },
    /// The invited person opens the link and chooses the first password.
    Accept {
        /// SHA-256 of the link's token.
        token: Digest,
        /// The first password.
        password: PasswordChosen,
    },
    /// ログイン
    LogIn(Attempt),
    /// パスワードの変更
    ChangePassword {
        /// What was typed as the present one.
        typed: Typed,
        /// The new one.
        password: PasswordChosen,
    },
    /// パスワードの再設定 is asked for, by whoever knows the ID.
    AskReset {
        /// SHA-256 of the link's token.
        token: Digest,
    },
    /// The link is opened and a new password chosen.
    Reset {
        /// SHA-256 of the link's token.
        token: Digest,
        /// The new password.
        password: PasswordChosen,
    },
    /// The person adds a passkey.
    AddPasskey {
        /// What was typed as the present password.
        typed: Typed,
        /// SHA-256 of its credential id.
        credential: Digest,
    },
    /// The person removes one.
    RemovePasskey {
        /// SHA-256 of its credential id.
        credential: Digest,
    },
    /// An administrator corrects whose account it is.
    Correct {
        /// The person's name.
        name: String,
        /// Where its mail goes.
        mail: String,
    },
    /// 停止
    Block,
}

/// How somebody tries to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// By ID and password.
    Password(Typed),
    /// By a passkey, which nobody can guess.
    Passkey(Asserted),
}

/// A password as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The one behind this hash.
    Right(PasswordKnown),
    /// Another one.
    Wrong,
}

/// What the store knows at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who asks.
    pub by: By,
    /// Whether another account of the centre has the ID. Guarded by the list's unique index.
    pub taken: bool,
    /// Whether the organisation's contract is in force.
    pub in_force: bool,
}

/// Who asks for something about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever operates the server.
    Operator,
    /// An officer of the centre.
    Officer(Officer),
    /// The account itself.
    Own,
    /// Nobody who is known.
    Nobody,
}

/// What an office may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Seconds for which an invitation holds.
    pub invitation_for: i64,
    /// Seconds for which the link of a reset holds.
    pub reset_for: i64,
    /// Seconds after which the next one is sent.
    pub reset_every: i64,
    /// So many wrong passwords cost nothing but themselves.
    pub free_tries: u32,
    /// Seconds of waiting after the next one; doubled with each further one.
    pub first_wait: i64,
    /// The longest waiting.
    pub longest_wait: i64,
    /// After so many in a row the password is worth nothing, until it is reset (R22: 100 at most).
    pub most_tries: u32,
    /// How many passkeys an account may have.
    pub passkeys: usize,
    /// Seconds without a login after which an account is reported as dormant (R16).
    pub dormant_after: i64,
}

impl Policy {
    /// Seconds to wait after so many wrong passwords.
    pub fn wait(&self, failed: u32) -> i64 {
        match failed.checked_sub(self.free_tries) {
            None => 0,
            Some(over) => self
                .first_wait
                .saturating_mul(1_i64.checked_shl(over.min(40)).unwrap_or(i64::MAX))
                .min(self.longest_wait),
        }
    }
}

impl Case {
    /// The account, once there is one.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::New => None,
            Self::Invited { account, .. } | Self::Active { account, .. } | Self::Blocked { account, .. } => {
                Some(account)
            }
        }
    }

    /// Whether the link with this token opens the account at this moment, to choose a password with.
    pub fn is_opened_by(&self, token: &Digest, now: Instant) -> bool {
        let link = match self {
            Self::Invited { link, .. } => Some(link),
            Self::Active { login, .. } => login.reset.as_ref(),
            Self::New | Self::Blocked { .. } => None,
        };
        link.is_some_and(|link| link.opens(token, now).is_ok())
    }

    /// Under which password its sessions are.
    pub const fn generation(&self) -> u32 {
        match self {
            Self::New => 0,
            Self::Invited { generation, .. } | Self::Active { generation, .. } | Self::Blocked { generation, .. } => {
                *generation
            }
        }
    }
}

impl Facts {
    /// Accounts are looked after by the centre's administrators, never by an organisation itself.
    fn administered(&self, next: Case, event: Event, letter: Letter) -> Result<Decision, Refusal> {
        let by = match &self.by {
            By::Operator => None,
            By::Officer(officer) => {
                officer.must(Role::Administration)?;
                Some(officer.id)
            }
            By::Own | By::Nobody => return Err(Refusal::NotAnOfficer),
        };
        if self.taken {
            return Err(Refusal::LoginTaken);
        }
        if matches!(event, Event::Invited) {
            self.in_force()?;
        }
        let mut decision = told(next, event, letter);
        decision.writes.extend(by.map(Write::Administers));
        Ok(decision)
    }

    fn own(&self) -> Result<(), Refusal> {
        matches!(self.by, By::Own).then_some(()).ok_or(Refusal::WrongLogin)
    }

    fn in_force(&self) -> Result<(), Refusal> {
        self.in_force.then_some(()).ok_or(Refusal::ContractEnded)
    }
}

/// A wrong password, which counts. The one that begins a waiting is told to the account's person, who may know nothing of
/// it; those behind it only repeat it.
fn counted(account: &Account, login: &Login, generation: u32, policy: &Policy, now: Instant) -> Decision {
    let failed = login.tries.failed.saturating_add(1);
    let mut login = login.clone();
    login.tries = Tries {
        failed,
        last: Some(now),
    };
    let told = failed == policy.free_tries || failed == policy.most_tries;
    Decision {
        next: Case::Active {
            account: Box::new(account.clone()),
            login: Box::new(login),
            generation,
        },
        event: Event::WrongPassword { failed },
        writes: vec![Write::Register],
        errands: if told {
            vec![Errand::Mail(Letter::LockedOut)]
        } else {
            Vec::new()
        },
        answer: Answer::Refused(Refusal::WrongLogin),
    }
}

fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: vec![Write::Register],
        errands: Vec::new(),
        answer: Answer::Done,
    }
}

fn told(next: Case, event: Event, letter: Letter) -> Decision {
    Decision {
        errands: vec![Errand::Mail(letter)],
        ..quiet(next, event)
    }
}
