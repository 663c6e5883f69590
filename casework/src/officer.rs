//! 職員: invitation, card, roles and blocking of the people behind the counter.
//!
//! An account belongs to a person, and a person to a company, so that "never one's own" and "two persons" are decided by
//! who somebody is and not by how many accounts they have (A22).

mod role;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub use role::{Role, Roles};

use crate::evidence::{Asserted, Presented};
use crate::identity::{CertificateId, Company, Digest, Fingerprint, OfficerId, PersonNumber};
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
    use Command::{AddPasskey, Assign, Block, Enrol, Invite, LogIn, RemovePasskey, Unblock};
    match (case, command) {
        // A second invitation voids the first, and the card that was enrolled before it: a lost letter, or a new card.
        (New | Invited { .. } | Active { .. } | Blocked { .. }, Invite { account, code }) => {
            let next = Invited {
                account: account.clone(),
                code: *code,
                until: now.plus_seconds(policy.invitation_for),
            };
            facts.administered(case, next, Event::Invited { roles: account.roles }, Letter::Invited)
        }
        (Invited { account, code, until }, Enrol(enrolment)) => {
            if enrolment.code != *code {
                return Err(Refusal::WrongCode);
            }
            if now > *until {
                return Err(Refusal::InvitationLapsed);
            }
            if enrolment.presented.card() != enrolment.card.card {
                return Err(Refusal::AnotherCard);
            }
            if facts.taken {
                return Err(Refusal::CardTaken);
            }
            if !same_person(&enrolment.holder, &account.name) {
                return Err(Refusal::AnotherHolder);
            }
            let next = Active {
                account: account.clone(),
                card: enrolment.card.clone(),
                passkeys: Vec::new(),
                seen: now,
            };
            let card = enrolment.card.card;
            Ok(told(next, Event::Enrolled { card }, Letter::Enrolled))
        }
        (
            Active {
                account,
                card,
                passkeys,
                ..
            },
            LogIn(proof),
        ) => {
            let shown = match proof {
                Proof::Card(presented) => presented.card() == card.card,
                Proof::Passkey(asserted) => passkeys.contains(&asserted.credential()),
            };
            if !shown {
                return Err(Refusal::AnotherCard);
            }
            let next = Active {
                account: account.clone(),
                card: card.clone(),
                passkeys: passkeys.clone(),
                seen: now,
            };
            Ok(quiet(next, Event::LoggedIn { by: proof.into() }))
        }
        (
            Active {
                account,
                card,
                passkeys,
                seen,
            },
            AddPasskey { credential } | RemovePasskey { credential },
        ) => {
            facts.own()?;
            let mut passkeys: Vec<Digest> = passkeys.iter().filter(|known| *known != credential).copied().collect();
            let event = if matches!(command, AddPasskey { .. }) {
                if passkeys.len() >= policy.passkeys {
                    return Err(Refusal::TooMany { most: policy.passkeys });
                }
                passkeys.push(*credential);
                Event::PasskeyAdded {
                    credential: *credential,
                }
            } else {
                Event::PasskeyRemoved {
                    credential: *credential,
                }
            };
            let next = Active {
                account: account.clone(),
                card: card.clone(),
                passkeys,
                seen: *seen,
            };
            Ok(told(next, event, Letter::PasskeysChanged))
        }
        (Invited { .. } | Active { .. }, Assign { roles }) => {
            let mut next = case.clone();
            if let Invited { account, .. } | Active { account, .. } = &mut next {
                account.roles = *roles;
            }
            facts.administered(case, next, Event::Assigned { roles: *roles }, Letter::RolesChanged)
        }
        (Invited { account, .. }, Block) => {
            let next = Blocked {
                account: account.clone(),
                card: None,
                at: now,
            };
            facts.administered(case, next, Event::Blocked, Letter::Blocked)
        }
        (Active { account, card, .. }, Block) => {
            let next = Blocked {
                account: account.clone(),
                card: Some(card.clone()),
                at: now,
            };
            facts.administered(case, next, Event::Blocked, Letter::Blocked)
        }
        (
            Blocked {
                account,
                card: Some(card),
                ..
            },
            Unblock,
        ) => {
            let next = Active {
                account: account.clone(),
                card: card.clone(),
                passkeys: Vec::new(),
                seen: now,
            };
            facts.administered(case, next, Event::Unblocked, Letter::Unblocked)
        }
        // Whoever is blocked learns nothing else of the account.
        (Blocked { .. }, LogIn(_)) => Err(Refusal::NotAnOfficer),
        (New, Enrol(_) | LogIn(_) | AddPasskey { .. } | RemovePasskey { .. } | Assign { .. } | Block | Unblock)
        | (Invited { .. }, LogIn(_) | AddPasskey { .. } | RemovePasskey { .. } | Unblock)
        | (Active { .. }, Enrol(_) | Unblock)
        | (Blocked { .. }, Enrol(_) | AddPasskey { .. } | RemovePasskey { .. } | Assign { .. } | Block)
        | (Blocked { card: None, .. }, Unblock) => Err(Refusal::Stale),
    }
}

/// An account's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// 招待中: the code was handed over, and the card is not enrolled yet.
    Invited {
        /// Whose.
        account: Box<Account>,
        /// SHA-256 of the code; the code itself is told once and kept nowhere.
        code: Digest,
        /// After this it is worth nothing.
        until: Instant,
    },
    /// 有効
    Active {
        /// Whose.
        account: Box<Account>,
        /// The card that logs in and signs.
        card: Card,
        /// SHA-256 of the credential id of each passkey. They log in; they sign nothing.
        passkeys: Vec<Digest>,
        /// The last login, or the enrolment.
        seen: Instant,
    },
    /// 停止: from the next request on.
    Blocked {
        /// Whose.
        account: Box<Account>,
        /// The card, if one was enrolled.
        card: Option<Card>,
        /// Since when.
        at: Instant,
    },
}

/// Whose account it is, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The person's number at the organisation. One person may have several accounts.
    pub person: PersonNumber,
    /// The person's name, as the officer's card has it.
    pub name: String,
    /// For whom the person works.
    pub company: Company,
    /// What the account may do.
    pub roles: Roles,
    /// Where its notices go.
    pub mail: String,
}

/// An officer's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Fingerprint of its signature certificate.
    pub card: Fingerprint,
    /// The signature certificate.
    pub certificate: CertificateId,
    /// The authentication certificate.
    pub authentication: CertificateId,
}

/// An officer who acts: an active account at this moment, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Which account.
    pub id: OfficerId,
    /// Whose.
    pub person: PersonNumber,
    /// For whom that person works.
    pub company: Company,
    /// The card that signs.
    pub card: Fingerprint,
    /// What the account may do.
    pub roles: Roles,
}

/// What is asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 招待
    Invite {
        /// Whose.
        account: Box<Account>,
        /// SHA-256 of the code.
        code: Digest,
    },
    /// The invited person shows the code and the card.
    Enrol(Box<Enrolment>),
    /// ログイン
    LogIn(Proof),
    /// The officer adds a passkey to the own account.
    AddPasskey {
        /// SHA-256 of its credential id.
        credential: Digest,
    },
    /// The officer removes one.
    RemovePasskey {
        /// SHA-256 of its credential id.
        credential: Digest,
    },
    /// Other roles.
    Assign {
        /// From now on.
        roles: Roles,
    },
    /// 停止
    Block,
    /// 停止の解除
    Unblock,
}

/// What the invited person shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// SHA-256 of the code that was typed.
    pub code: Digest,
    /// The card answered our challenge.
    pub presented: Presented,
    /// That card.
    pub card: Card,
    /// The holder's name on it.
    pub holder: String,
}

/// How an officer logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By the officer's card.
    Card(Presented),
    /// By a passkey.
    Passkey(Asserted),
}

/// How an officer logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the officer's card.
    Card,
    /// By a passkey.
    Passkey,
}

/// What the audit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// 招待
    Invited {
        /// With these roles.
        roles: Roles,
    },
    /// A card was enrolled.
    Enrolled {
        /// Which.
        card: Fingerprint,
    },
    /// ログイン
    LoggedIn {
        /// By card or passkey.
        by: Way,
    },
    /// A passkey more.
    PasskeyAdded {
        /// Which.
        credential: Digest,
    },
    /// A passkey less.
    PasskeyRemoved {
        /// Which.
        credential: Digest,
    },
    /// Other roles.
    Assigned {
        /// Which.
        roles: Roles,
    },
    /// 停止
    Blocked,
    /// 停止の解除
    Unblocked,
}

/// Must be true the moment the decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Whoever asked is an administrator still, or the transaction fails and it is decided again: of two who block each
    /// other in one instant one wins, and the office keeps an administrator (A21).
    Administers(OfficerId),
    /// The register of officers says what the case says. A card stands there once; a taken one fails the transaction.
    Register,
}

/// May be a little late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// To the account's address.
    Mail(Letter),
}

/// The letters to officers. None of them carries the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// 職員登録のご案内
    Invited,
    /// カード登録完了のお知らせ
    Enrolled,
    /// パスキー変更のお知らせ
    PasskeysChanged,
    /// 権限変更のお知らせ
    RolesChanged,
    /// 利用停止のお知らせ
    Blocked,
    /// 利用再開のお知らせ
    Unblocked,
}

/// What the store knows at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who asks.
    pub by: By,
    /// Whether the card belongs to another account. Guarded by the register's unique index.
    pub taken: bool,
    /// How many other accounts with [`Role::Administration`] are active at this office.
    pub other_administrators: usize,
}

/// Who asks for something about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever operates the server: the first invitation, and the way out when no administrator is left.
    Operator,
    /// An officer, on another account than the own one.
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
    /// How many passkeys an account may have.
    pub passkeys: usize,
    /// Seconds without a login after which an account is reported as dormant (R16).
    pub dormant_after: i64,
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

    /// The officer as one who acts, while the account is active.
    pub fn officer(&self, id: OfficerId) -> Option<Officer> {
        match self {
            Self::Active { account, card, .. } => Some(Officer {
                id,
                person: account.person.clone(),
                company: account.company.clone(),
                card: card.card,
                roles: account.roles,
            }),
            Self::New | Self::Invited { .. } | Self::Blocked { .. } => None,
        }
    }

    fn administers(&self) -> bool {
        matches!(self, Self::Active { account, .. } if account.roles.contains(Role::Administration))
    }
}

impl Officer {
    /// Whether the account has this role.
    pub fn must(&self, role: Role) -> Result<(), Refusal> {
        self.roles.contains(role).then_some(()).ok_or(Refusal::NoRole { role })
    }
}

impl From<&Proof> for Way {
    fn from(proof: &Proof) -> Self {
        match proof {
            Proof::Card(_) => Self::Card,
            Proof::Passkey(_) => Self::Passkey,
        }
    }
}

impl Facts {
    /// Accounts are looked after by an administrator, and nobody looks after the own one. The last administrator stays, or
    /// nobody could let anybody in. The operator may do it all the same.
    fn administered(&self, case: &Case, next: Case, event: Event, letter: Letter) -> Result<Decision, Refusal> {
        let ends = case.administers() && !next.administers();
        let mut decision = told(next, event, letter);
        match &self.by {
            By::Operator => {}
            By::Officer(officer) => {
                officer.must(Role::Administration)?;
                if ends && self.other_administrators == 0 {
                    return Err(Refusal::LastAdministrator);
                }
                decision.writes.push(Write::Administers(officer.id));
            }
            By::Own => return Err(Refusal::OwnAccount),
            By::Nobody => return Err(Refusal::NotAnOfficer),
        }
        Ok(decision)
    }

    fn own(&self) -> Result<(), Refusal> {
        matches!(self.by, By::Own).then_some(()).ok_or(Refusal::NotAnOfficer)
    }
}

/// Names on cards are written with and without a space between; nothing else is forgiven here.
fn same_person(holder: &str, name: &str) -> bool {
    let written = |text: &'_ str| -> String { text.chars().filter(|character| !character.is_whitespace()).collect() };
    let (holder, name) = (written(holder), written(name));
    !name.is_empty() && holder == name
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
