//! 職員 by program: accounts, invitations, and the card of whoever was invited.

use axum::http::{Method, StatusCode};
use casework::application::Complaint as Wrong;
use casework::characters;
use casework::identity::{Company, Digest, PersonNumber};
use casework::officer::{Account, Card, Case, Enrolment, Role, Roles};
use pki::certificate::Certificate;
use wire::api::Scope;
use wire::card_request::authentication_message;
use wire::code::Code;
use wire::office::Language;
use wire::officer::{
    Assign, Code as Shown, Enrol, EnrolChallenge, Invitation, Invite, Officer, Officers, Role as Said, State,
};
use wire::problem::Complaint;

use super::answer::{Empty, Given};
use super::call::{Call, officer_id, written};
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::{No, both};
use super::revocation::{card_request, challenge, issuer, octets};
use crate::catalogue::Words;
use crate::desk::evidence;
use crate::desk::officer::{Command, OfficerAccount, invitation_code_of, invitation_digest};
use crate::desk::{Actor, CaseId, Procedure as _};
use crate::office::Office;
use crate::portal::{fact, refusal};
use crate::store::{OfficerRow, OfficerState};

pub(super) fn operations() -> Vec<Operation> {
    let write = |operation: Operation| operation.scope(Scope::OfficerWrite);
    vec![
        Operation::new(
            (Method::GET, "/offices/{office}/officers"),
            ("listOfficers", "The accounts of the office"),
            list,
        )
        .scope(Scope::OfficerRead),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/officers"),
                ("inviteOfficer", "An invitation; its code is told this once"),
                invite,
            )
            .succeeds_with(StatusCode::CREATED),
        ),
        Operation::new(
            (Method::POST, "/offices/{office}/enrolment/challenge"),
            (
                "challengeInvited",
                "What the card of whoever holds this code is to sign; the code is the way in",
            ),
            challenge_invited,
        ),
        Operation::new(
            (Method::POST, "/offices/{office}/enrolment"),
            ("enrolOfficer", "The card has signed: the account is this card's"),
            enrol,
        ),
        write(
            Operation::new(
                (Method::PUT, "/offices/{office}/officers/{officer}/roles"),
                ("assignRoles", "Other roles"),
                assign,
            )
            .succeeds_with(StatusCode::NO_CONTENT),
        ),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/officers/{officer}/block"),
                ("blockOfficer", "Out with the next request; its tokens are dead"),
                block,
            )
            .succeeds_with(StatusCode::NO_CONTENT),
        ),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/officers/{officer}/unblock"),
                ("unblockOfficer", "In again, with the card that it had"),
                unblock,
            )
            .succeeds_with(StatusCode::NO_CONTENT),
        ),
    ]
}

async fn list(call: Call, _: Nothing) -> Result<Given<Officers>, No> {
    call.must(&[Role::Administration, Role::Audit])?;
    let rows = call.store().officers(&call.office()?.id).await?;
    Ok(Given::new(Officers {
        officers: rows.iter().map(told).collect(),
    }))
}

async fn invite(call: Call, Sent(invite): Sent<Invite>) -> Result<Given<Invitation>, No> {
    call.must(&[Role::Administration])?;
    let office = call.office()?;
    let language = invite.language;
    let account = account(&office, invite)?;
    let id: CaseId<OfficerAccount> = CaseId::from_octets(call.draw("officer"));
    let code = invitation_code_of(call.draw("invitation"));
    let command = Command::Invite {
        office: office.id.clone(),
        language,
        account: Box::new(account),
        code: invitation_digest(&code),
    };
    let actor = call.actor()?;
    call.desk().perform(&actor, id, &command).await?;
    let Case::Invited { until, .. } = call.desk().look(id).await? else {
        return Err(No::stale());
    };
    Ok(Given::new(Invitation {
        id: id.to_string(),
        code,
        until: until.0,
    }))
}

/// A code that nobody waits for is told as such, whatever else was sent.
async fn challenge_invited(call: Call, Sent(shown): Sent<Shown>) -> Result<Given<EnrolChallenge>, No> {
    let office = call.office()?;
    let digest = invitation_digest(&shown.code);
    let id = invited(&call, &office, digest).await?;
    let authentication = octets("/authentication", &shown.authentication)?;
    let certificate = Certificate::parse(&authentication).map_err(|why| {
        let unproven = evidence::Unproven::Unreadable(why.to_string());
        No::unproven(&unproven, &office, "")
    })?;
    let request = card_request(&office, OfficerAccount::NOUN, id.octets(), digest.0);
    let message = authentication_message(&call.portal.site().origin, &request, &certificate.fingerprint());
    Ok(Given::new(EnrolChallenge {
        id: id.to_string(),
        challenge: challenge(&message, &digest.0),
    }))
}

/// An invitation has a hundred random bits and is taken once: it is the nonce of what its card signs.
async fn enrol(call: Call, Sent(enrol): Sent<Enrol>) -> Result<Given<Officer>, No> {
    let office = call.office()?;
    let digest = invitation_digest(&enrol.code);
    let id = invited(&call, &office, digest).await?;
    let (authentication, signature) = (
        octets("/authentication", &enrol.authentication)?,
        octets("/signature", &enrol.signature)?,
    );
    let proof = octets("/proof", &enrol.proof)?;
    let told = |no: &evidence::Unproven| No::unproven(no, &office, &issuer(&signature));
    let shown = call.desk().shown(&office, &authentication, &signature).await;
    let shown = shown.map_err(|no| told(&no))?;
    let request = card_request(&office, OfficerAccount::NOUN, id.octets(), digest.0);
    let presented = evidence::presented(&call.portal.site().origin, &request, &shown, &proof, call.now);
    let presented = presented.map_err(|no| told(&no))?;
    let subject = shown.subject();
    let enrolment = Enrolment {
        code: digest,
        presented,
        card: Card {
            card: subject.card,
            certificate: subject.certificate.clone(),
            authentication: subject.authentication.clone(),
        },
        holder: fact::applicant(shown.signature()),
    };
    // Whoever is invited is nobody yet; the account's own mark stands for the session that there is not.
    let actor = Actor::Holder { session: id.octets() };
    let command = Command::Enrol(Box::new(enrolment));
    call.desk().perform(&actor, id, &command).await?;
    let rows = call.store().officers(&office.id).await?;
    let row = rows
        .iter()
        .find(|row| row.id.0 == id.octets())
        .ok_or_else(No::not_found)?;
    Ok(Given::new(self::told(row)))
}

async fn assign(call: Call, Sent(roles): Sent<Assign>) -> Result<Empty, No> {
    let roles = some(&roles.roles)?;
    change(&call, &Command::Assign { roles }).await
}

async fn block(call: Call, _: Nothing) -> Result<Empty, No> {
    change(&call, &Command::Block).await
}

async fn unblock(call: Call, _: Nothing) -> Result<Empty, No> {
    change(&call, &Command::Unblock).await
}

/// An account of another office is not there (A17).
async fn change(call: &Call, command: &Command) -> Result<Empty, No> {
    call.must(&[Role::Administration])?;
    let id = officer_id(call.part("officer")).ok_or_else(No::not_found)?;
    let rows = call.store().officers(&call.office()?.id).await?;
    if rows.iter().all(|row| row.id != id) {
        return Err(No::not_found());
    }
    let actor = call.actor()?;
    let account: CaseId<OfficerAccount> = CaseId::from_octets(id.0);
    call.desk().perform(&actor, account, command).await?;
    Ok(Empty)
}

/// The account that waits for this code here. An office has some dozens of accounts, and few that wait.
async fn invited(call: &Call, office: &Office, digest: Digest) -> Result<CaseId<OfficerAccount>, No> {
    for row in call.store().officers(&office.id).await? {
        if !matches!(row.state, OfficerState::Invited { .. }) {
            continue;
        }
        let account = CaseId::from_octets(row.id.0);
        if let Case::Invited { code, .. } = call.desk().look::<OfficerAccount>(account).await?
            && code == digest
        {
            return Ok(account);
        }
    }
    Err(casework::Refusal::WrongCode.into())
}

fn account(office: &Office, invite: Invite) -> Result<Account, No> {
    let company = invite
        .company
        .or_else(|| office.officers.company.as_ref().map(|company| company.0.clone()))
        .unwrap_or_default();
    // As the console takes them.
    let trimmed = |text: String| text.trim().to_owned();
    let invite = Invite {
        name: trimmed(invite.name),
        person: trimmed(invite.person),
        mail: trimmed(invite.mail),
        company: None,
        ..invite
    };
    let company = trimmed(company);
    let fields = [
        ("name", &invite.name, 60),
        ("person", &invite.person, 20),
        ("company", &company, 60),
        ("mail", &invite.mail, 254),
    ];
    let wrong = |(name, value, most): (&str, &String, usize)| Some(complaint(name, unfit(name, value, most)?));
    let complaints: Vec<_> = fields.into_iter().filter_map(wrong).collect();
    if !complaints.is_empty() {
        return Err(No::complaints(complaints));
    }
    Ok(Account {
        person: PersonNumber(invite.person),
        name: invite.name,
        company: Company(company),
        roles: some(&invite.roles)?,
        mail: invite.mail,
    })
}

/// As the console's form has it.
fn unfit(name: &str, value: &str, most: usize) -> Option<Wrong> {
    if value.trim().is_empty() {
        Some(Wrong::Empty)
    } else if let Some(character) = characters::forbidden(value) {
        Some(Wrong::Character { character })
    } else if characters::count(value) > most {
        Some(Wrong::TooLong { most })
    } else if name == "mail" && !characters::mailable(value) {
        Some(Wrong::MailForm)
    } else {
        None
    }
}

fn complaint(name: &str, wrong: Wrong) -> Complaint {
    let message = |words: Words| refusal::complained(words, &words.say(&format!("desk-officer-{name}")), wrong, "");
    Complaint {
        pointer: format!("/{name}"),
        code: message(Words::of(Language::En)).code,
        detail: both(message),
    }
}

/// An account without a role could do nothing.
fn some(roles: &[Said]) -> Result<Roles, No> {
    let role = |said: &Said| match said {
        Said::Entry => Role::Entry,
        Said::Approval => Role::Approval,
        Said::Audit => Role::Audit,
        Said::Administration => Role::Administration,
    };
    if roles.is_empty() {
        let message = |words: Words| words.message(Code::Req, &[("field", &words.say("desk-officer-roles"))]);
        return Err(No::complaints(vec![Complaint {
            pointer: "/roles".to_owned(),
            code: Code::Req,
            detail: both(message),
        }]));
    }
    Ok(roles.iter().map(role).collect())
}

fn told(row: &OfficerRow) -> Officer {
    let (state, at) = match row.state {
        OfficerState::Invited { until } => (State::Invited, until),
        OfficerState::Active { seen, .. } => (State::Active, seen),
        OfficerState::Blocked { at, .. } => (State::Blocked, at),
    };
    let role = |role: Role| match role {
        Role::Entry => Said::Entry,
        Role::Approval => Said::Approval,
        Role::Audit => Said::Audit,
        Role::Administration => Said::Administration,
    };
    Officer {
        id: written(row.id.0),
        person: row.account.person.0.clone(),
        name: row.account.name.clone(),
        company: row.account.company.0.clone(),
        roles: row.account.roles.iter().map(role).collect(),
        mail: row.account.mail.clone(),
        state,
        at: at.0,
    }
}
