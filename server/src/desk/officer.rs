//! 職員 at the desk: accounts, and who acts at this moment.

use casework::Refusal;
use casework::identity::{Digest, OfficerId};
use casework::officer::{
    self, Account, By, Case, Enrolment, Errand as Later, Event, Facts, Officer, Proof, Role, Roles, Way, Write as Now,
};
use casework::time::Instant;
use pki::KeyUsage;
use wire::office::Language;

use super::evidence::{Unproven, sha256};
use super::{Actor, CaseId, Desk, Failure, Place, Procedure, Proposal, Standing};
use crate::chance::Chance;
use crate::fault::Fault;
use crate::store::{self, Document, Errand, OfficerRow, OfficerState, PasskeyRow, Registered, Write};

/// The procedure of officers' accounts. An account's [`OfficerId`] is its case's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficerAccount;

/// What is asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 招待
    Invite {
        /// To which office.
        office: String,
        /// The language of its letters.
        language: Language,
        /// Whose, and with which roles.
        account: Box<Account>,
        /// Of the code that is handed over: [`invitation_digest`].
        code: Digest,
    },
    /// The invited person shows the code and the card.
    Enrol(Box<Enrolment>),
    /// ログイン
    LogIn(Proof),
    /// The officer adds a passkey to the own account.
    AddPasskey(NewPasskey),
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

/// A passkey that answered its registration (WebAuthn Level 3 §7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey {
    /// Its credential id.
    pub credential: Vec<u8>,
    /// Its public key, as the COSE_Key that the authenticator gave.
    pub public_key: Vec<u8>,
    /// Its signature counter; 0 where it has none.
    pub counter: u32,
    /// What its owner calls it.
    pub label: String,
}

/// An officer who acts at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// As the rules see them.
    pub officer: Officer,
    /// At which office.
    pub office: String,
    /// In which language they are written to.
    pub language: Language,
    /// By which name.
    pub name: String,
}

impl Desk {
    /// The officer behind an account, if it is active and both certificates of its card are accepted at this moment:
    /// issued here, by an authority that the office takes, within their validity, not revoked (R16).
    pub async fn acting(&self, id: OfficerId) -> Result<Option<Acting>, Fault> {
        let standing = self.standing::<OfficerAccount>(CaseId::from_octets(id.0)).await?;
        let (Case::Active { account, card, .. }, Some(officer), Some(place)) =
            (&standing.case, standing.case.officer(id), &standing.place)
        else {
            return Ok(None);
        };
        let Some(office) = self.office(&place.office) else {
            return Ok(None);
        };
        for (certificate, usage) in [(&card.certificate, SIGNS), (&card.authentication, LOGS_IN)] {
            match self.accepted_now(&office, certificate, usage).await {
                Ok(_) => {}
                Err(Unproven::Fault(fault)) => return Err(fault),
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(Acting {
            officer,
            office: place.office.clone(),
            language: place.language,
            name: account.name.clone(),
        }))
    }

    /// The officer behind an actor, if one acts at this office at this moment.
    pub(super) async fn acting_at(&self, actor: &Actor<'_>, office: &str) -> Result<Option<Acting>, Fault> {
        match actor {
            Actor::Officer { id, .. } | Actor::Program { id, .. } => {
                Ok(self.acting(*id).await?.filter(|acting| acting.office == office))
            }
            Actor::Holder { .. }
            | Actor::User { .. }
            | Actor::Operator { .. }
            | Actor::Terminal { .. }
            | Actor::Kiosk { .. }
            | Actor::System => Ok(None),
        }
    }
}

/// A code for an invitation: twenty letters in groups of five, 100 random bits. It is told once and kept nowhere.
pub fn invitation_code(chance: &Chance) -> String {
    invitation_code_of(chance.octets())
}

/// The code that these random octets make.
pub fn invitation_code_of(random: [u8; 20]) -> String {
    let mut code = String::with_capacity(23);
    for (place, octet) in random.into_iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            code.push('-');
        }
        code.extend(LETTERS.get(usize::from(octet % 32)).copied().map(char::from));
    }
    code
}

/// What the desk keeps of a code, however it was typed.
pub fn invitation_digest(typed: &str) -> Digest {
    let letters: String = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_uppercase())
        .collect();
    sha256(letters.as_bytes())
}

/// The accounts that nobody has logged in to for as long as the office says, and invitations that ran out (R16).
pub fn dormant<'a>(
    officers: &'a [OfficerRow],
    policy: &officer::Policy,
    now: Instant,
) -> impl Iterator<Item = &'a OfficerRow> {
    let before = now.plus_seconds(-policy.dormant_after);
    officers.iter().filter(move |officer| match officer.state {
        OfficerState::Active { seen, .. } => seen < before,
        OfficerState::Invited { until } => until < now,
        OfficerState::Blocked { .. } => false,
    })
}

impl Procedure for OfficerAccount {
    const NOUN: &'static str = "officer";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::officer_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Invite { .. } => "invite",
            Command::Enrol(_) => "enrol",
            Command::LogIn(_) => "log_in",
            Command::AddPasskey(_) => "add_passkey",
            Command::RemovePasskey { .. } => "remove_passkey",
            Command::Assign { .. } => "assign",
            Command::Block => "block",
            Command::Unblock => "unblock",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::officer_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::officer_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            // A code is drawn for one invitation.
            (
                Case::Invited { account, code, .. },
                Command::Invite {
                    account: again,
                    code: drawn,
                    ..
                },
            ) => account == again && code == drawn,
            (Case::Active { card, .. }, Command::Enrol(enrolment)) => {
                *card == enrolment.card && enrolment.presented.card() == card.card
            }
            (Case::Active { passkeys, .. }, Command::AddPasskey(new)) => passkeys.contains(&sha256(&new.credential)),
            _ => false,
        }
    }

    /// The case is the account; its person is not named.
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
        let id = OfficerId(standing.id.octets());
        let place = standing.place(match command {
            Command::Invite { office, language, .. } => Some((office, *language)),
            _ => None,
        })?;
        let office = desk.office_of("an officer", &place)?;
        // A passkey logs in beside the card, not instead of one that is revoked; no second session is begun either.
        if let (Case::Active { .. }, Command::LogIn(_)) = (&standing.case, command)
            && desk.acting(id).await?.is_none()
        {
            return Err(Failure::Refused(Refusal::NotAnOfficer));
        }
        if let (Some(known), Command::Invite { account, .. }) = (standing.case.account(), command)
            && known.person != account.person
            && has_acted(desk, id).await?
        {
            return Err(Failure::Refused(Refusal::Stale));
        }
        let facts = facts(desk, actor, id, &place.office, command).await?;
        let asked = asked(command);
        let decision =
            officer::decide(&standing.case, &asked, &facts, &office.officers.policy, now).map_err(Failure::Refused)?;
        let mut writes = Vec::with_capacity(decision.writes.len());
        for write in &decision.writes {
            writes.push(match write {
                Now::Administers(by) => Write::Administers {
                    office: place.office.clone(),
                    by: *by,
                },
                Now::Register => register(id, &place, &decision.next)?,
            });
        }
        if let Command::AddPasskey(new) = command {
            let row = passkey(id, new, now);
            // One that somebody has already is not added: the same passkey would log in to two accounts.
            if desk.store().passkey(&row.credential).await?.is_some() {
                return Err(Failure::Refused(Refusal::CardTaken));
            }
            writes.push(Write::Passkey(row));
        }
        let (event, details) = tell(&decision.event);
        Ok(Proposal {
            place,
            next: decision.next,
            answer: decision.answer,
            event,
            details,
            writes,
            errands: decision
                .errands
                .into_iter()
                .map(|Later::Mail(letter)| Errand::OfficerLetter(letter))
                .collect(),
            evidence: Vec::new(),
        })
    }
}

/// Whether a card was ever enrolled for it. What was done with it stays its person's: under another name in the register,
/// decisions of before would be that one's (A22).
async fn has_acted(desk: &Desk, account: OfficerId) -> Result<bool, Fault> {
    let events = desk.store().events(account.0).await?;
    Ok(events
        .iter()
        .any(|event| event.name == "enrolled" && event.refusal.is_none()))
}

async fn facts(desk: &Desk, actor: &Actor<'_>, id: OfficerId, office: &str, command: &Command) -> Result<Facts, Fault> {
    let by = match actor {
        Actor::Operator { .. } => By::Operator,
        Actor::Officer { id: own, .. } if *own == id => match desk.acting(id).await? {
            Some(_) => By::Own,
            None => By::Nobody,
        },
        // A token neither adds a way to log in nor looks after its own account.
        Actor::Program { id: own, .. } if *own == id => By::Nobody,
        actor => match desk.acting_at(actor, office).await? {
            Some(acting) => By::Officer(acting.officer),
            None => By::Nobody,
        },
    };
    let taken = match command {
        Command::Enrol(enrolment) => desk
            .store()
            .officer_by_card(enrolment.card.card)
            .await?
            .is_some_and(|row| row.id != id),
        _ => false,
    };
    let officers = desk.store().officers(office).await?;
    let administers = |row: &&OfficerRow| {
        row.id != id
            && matches!(row.state, OfficerState::Active { .. })
            && row.account.roles.contains(Role::Administration)
    };
    Ok(Facts {
        by,
        taken,
        other_administrators: officers.iter().filter(administers).count(),
    })
}

fn asked(command: &Command) -> officer::Command {
    match command {
        Command::Invite { account, code, .. } => officer::Command::Invite {
            account: account.clone(),
            code: *code,
        },
        Command::Enrol(enrolment) => officer::Command::Enrol(enrolment.clone()),
        Command::LogIn(proof) => officer::Command::LogIn(proof.clone()),
        Command::AddPasskey(new) => officer::Command::AddPasskey {
            credential: sha256(&new.credential),
        },
        Command::RemovePasskey { credential } => officer::Command::RemovePasskey {
            credential: *credential,
        },
        Command::Assign { roles } => officer::Command::Assign { roles: *roles },
        Command::Block => officer::Command::Block,
        Command::Unblock => officer::Command::Unblock,
    }
}

/// What the register says once the case is this one.
fn register(id: OfficerId, place: &Place, case: &Case) -> Result<Write, Fault> {
    let (account, state, passkeys) = match case {
        Case::New => {
            return Err(Fault::Bug(crate::fault::Bug(
                "an account that nothing was decided about is not registered".to_owned(),
            )));
        }
        Case::Invited { account, until, .. } => (account, OfficerState::Invited { until: *until }, Vec::new()),
        Case::Active {
            account,
            card,
            passkeys,
            seen,
        } => {
            let state = OfficerState::Active {
                card: card.card,
                seen: *seen,
            };
            (account, state, passkeys.clone())
        }
        Case::Blocked { account, card, at } => {
            let card = card.as_ref().map(|card| card.card);
            (account, OfficerState::Blocked { card, at: *at }, Vec::new())
        }
    };
    Ok(Write::Register(Registered {
        row: OfficerRow {
            id,
            office: place.office.clone(),
            account: (**account).clone(),
            state,
        },
        passkeys,
    }))
}

fn passkey(officer: OfficerId, new: &NewPasskey, now: Instant) -> PasskeyRow {
    PasskeyRow {
        credential: new.credential.clone(),
        digest: sha256(&new.credential),
        owner: officer.0,
        public_key: new.public_key.clone(),
        counter: new.counter,
        label: new.label.clone(),
        added_at: now,
        used_at: None,
    }
}

fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Invited { roles } => ("invited", vec![("roles", store::roles_text(*roles))]),
        Event::Enrolled { card } => ("enrolled", vec![("card", card.to_string())]),
        Event::LoggedIn { by } => {
            let way = match by {
                Way::Card => "card",
                Way::Passkey => "passkey",
            };
            ("logged_in", vec![("by", way.to_owned())])
        }
        Event::PasskeyAdded { credential } => ("passkey_added", vec![("passkey", credential.to_string())]),
        Event::PasskeyRemoved { credential } => ("passkey_removed", vec![("passkey", credential.to_string())]),
        Event::Assigned { roles } => ("assigned", vec![("roles", store::roles_text(*roles))]),
        Event::Blocked => ("blocked", Vec::new()),
        Event::Unblocked => ("unblocked", Vec::new()),
    }
}

/// A signature certificate's use, and an authentication certificate's.
pub(super) const SIGNS: KeyUsage = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION);
pub(super) const LOGS_IN: KeyUsage = KeyUsage::DIGITAL_SIGNATURE;

/// Without look-alikes.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
