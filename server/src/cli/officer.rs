//! `kagimori officer`: the first invitation, and the way out when no administrator is left.

use std::process::ExitCode;

use casework::Refusal;
use casework::characters;
use casework::identity::{Company, PersonNumber};
use casework::officer::{Account, Role};
use casework::time::Instant;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::office::Language;

use super::{CliFault, Operator, actor, operator_name};
use crate::catalogue::Words;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::desk::officer::{Command, OfficerAccount, dormant, invitation_code, invitation_digest};
use crate::desk::{CaseId, Desk, Failure, offices};
use crate::portal::date;
use crate::store::{OfficerRow, OfficerState};

#[derive(Subcommand)]
pub(super) enum Officer {
    /// Invite an officer: prints the address and the code to be handed over, once
    #[command(after_help = EXAMPLES)]
    Invite(Invite),
    /// The accounts of an office
    #[command(after_help = EXAMPLES)]
    List {
        /// Which office
        #[arg(long)]
        office: String,
    },
    /// Block an account, from its next request on
    #[command(after_help = EXAMPLES)]
    Block {
        /// The account, as `officer list` names it
        account: CaseId<OfficerAccount>,
    },
    /// Let a blocked account work again, with the card it had
    #[command(after_help = EXAMPLES)]
    Unblock {
        /// The account, as `officer list` names it
        account: CaseId<OfficerAccount>,
    },
}

#[derive(Args)]
pub(super) struct Invite {
    /// To which office
    #[arg(long)]
    office: String,
    /// The person's staff number; never a number of the state
    #[arg(long, value_name = "NUMBER")]
    person: String,
    /// The person's name, as the card has it
    #[arg(long)]
    name: String,
    /// For whom the person works: corporate number of 13 digits, or a name; that of the office's file, if not given
    #[arg(long)]
    company: Option<String>,
    /// What the account may do: entry, approval, audit or administration (repeatable)
    #[arg(long, value_name = "ROLE", required = true, value_parser = role)]
    role: Vec<Role>,
    /// Where its notices go
    #[arg(long)]
    mail: String,
    /// The language of its notices: ja or en
    #[arg(long, default_value = "ja", value_parser = language)]
    language: Language,
    /// An account that was invited before: it gets another code, and the card it had is not its own any more
    #[arg(long, value_name = "ACCOUNT")]
    again: Option<CaseId<OfficerAccount>>,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori officer invite --office mihon-ca --person 1001 --name '見本 花子' --company 7000012050002 \\
      --role administration --mail hanako@ca.example
  kagimori officer invite --office mihon-ca --person 1002 --name '見本 次郎' --company 7000012050002 \\
      --role entry --role approval --mail jiro@ca.example
  kagimori officer list --office mihon-ca --json
  kagimori officer block 0123456789abcdefghjkmnpqrs";

impl Officer {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let config = operator.configuration()?;
        let store = operator.store(&config).await?;
        let opened = offices::read(&store.offices().await?).map_err(|why| CliFault::Refused(why.to_string()))?;
        let desk = Desk::new(store, Clock::system(), Chance::system(), opened);
        let done = match self {
            Self::Invite(invite) => invite.run(operator, &desk, &config.portal.origin).await,
            Self::List { office } => list(operator, &desk, &office).await,
            Self::Block { account } => {
                perform(&desk, account, &Command::Block).await?;
                let said = "the account is blocked; open pages of it stop at their next step";
                operator.tell(said, &json!({ "account": account.to_string(), "state": "blocked" }))
            }
            Self::Unblock { account } => {
                perform(&desk, account, &Command::Unblock).await?;
                let said = "the account works again, with the card that it had; its passkeys are gone";
                operator.tell(said, &json!({ "account": account.to_string(), "state": "active" }))
            }
        };
        desk.store().close().await;
        done
    }
}

impl Invite {
    async fn run(self, operator: &Operator, desk: &Desk, origin: &str) -> Result<ExitCode, CliFault> {
        let office = known(desk, &self.office)?;
        let company = self
            .company
            .map(|company| company.trim().to_owned())
            .filter(|company| !company.is_empty())
            .map(Company)
            .or_else(|| office.officers.company.clone())
            .ok_or_else(|| {
                CliFault::Usage(
                    "for whom does the person work? Give --company, or [officer] company in the office's file"
                        .to_owned(),
                )
            })?;
        for (argument, value) in [
            ("--person", &self.person),
            ("--name", &self.name),
            ("--company", &company.0),
        ] {
            if value.trim().is_empty() || characters::forbidden(value).is_some() || characters::count(value) > LONGEST {
                return Err(CliFault::Usage(format!(
                    "{argument} wants 1 to {LONGEST} characters in one line"
                )));
            }
        }
        if !characters::mailable(&self.mail) {
            return Err(CliFault::Usage("--mail wants a mail address".to_owned()));
        }
        let code = invitation_code(desk.chance());
        let account = self.again.unwrap_or_else(|| desk.new_case());
        let command = Command::Invite {
            office: self.office.clone(),
            language: self.language,
            account: Box::new(Account {
                person: PersonNumber(self.person.trim().to_owned()),
                name: self.name.trim().to_owned(),
                company,
                roles: self.role.into_iter().collect(),
                mail: self.mail,
            }),
            code: invitation_digest(&code),
        };
        perform(desk, account, &command).await?;
        let address = format!("{origin}/console/{}/enrol", self.office);
        let days = office.officers.policy.invitation_for / 86_400;
        let said = format!(
            "account {account}\naddress {address}\ncode    {code}\n\
             hand both to the person, not by mail; they hold for {days} days, and the code is shown this once"
        );
        let value = json!({ "account": account.to_string(), "address": address, "code": code, "days": days });
        operator.tell(&said, &value)
    }
}

async fn list(operator: &Operator, desk: &Desk, office: &str) -> Result<ExitCode, CliFault> {
    let policy = known(desk, office)?.officers.policy;
    let rows = desk.store().officers(office).await?;
    let now = desk.clock().now();
    let asleep: Vec<_> = dormant(&rows, &policy, now).map(|row| row.id).collect();
    let words = Words::of(Language::En);
    let (mut lines, mut list) = (Vec::new(), Vec::new());
    for row in &rows {
        let (state, since) = state(row);
        let is_asleep = asleep.contains(&row.id);
        let account: CaseId<OfficerAccount> = CaseId::from_octets(row.id.0);
        let roles: Vec<_> = row.account.roles.iter().map(Role::key).collect();
        let mut line = format!(
            "{account}  {state} {}  {} {}  {}",
            date::minute(words, since),
            row.account.person.0,
            row.account.name,
            roles.join(", ")
        );
        if is_asleep {
            line.push_str("  dormant");
        }
        lines.push(line);
        list.push(json!({
            "account": account.to_string(),
            "state": state,
            "at": since.0,
            "person": row.account.person.0,
            "name": row.account.name,
            "company": row.account.company.0,
            "roles": roles,
            "mail": row.account.mail,
            "dormant": is_asleep,
        }));
    }
    if lines.is_empty() {
        lines.push("there is no account yet; invite one with `kagimori officer invite`".to_owned());
    }
    operator.tell(&lines.join("\n"), &json!({ "officers": Value::Array(list) }))
}

/// The state's word, and what it counts from or until.
const fn state(row: &OfficerRow) -> (&'static str, Instant) {
    match row.state {
        OfficerState::Invited { until } => ("invited until", until),
        OfficerState::Active { seen, .. } => ("active, seen", seen),
        OfficerState::Blocked { at, .. } => ("blocked", at),
    }
}

fn known(desk: &Desk, office: &str) -> Result<std::sync::Arc<crate::office::Office>, CliFault> {
    desk.office(office).ok_or_else(|| {
        CliFault::Refused(format!(
            "there is no office {office}; `kagimori office list` shows those that are loaded"
        ))
    })
}

async fn perform(desk: &Desk, account: CaseId<OfficerAccount>, command: &Command) -> Result<(), CliFault> {
    let name = operator_name();
    match desk.perform(&actor(&name), account, command).await {
        Ok(_) => Ok(()),
        Err(Failure::Fault(fault)) => Err(fault.into()),
        Err(Failure::Refused(Refusal::Stale)) => Err(CliFault::Refused(format!(
            "the account {account} is not there, or not in a state for that; `kagimori officer list` shows it"
        ))),
        Err(Failure::Refused(refusal)) => Err(CliFault::Refused(format!("it was refused: {refusal:?}"))),
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_key(text).ok_or_else(|| "wanted: entry, approval, audit or administration".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_tag(text).ok_or_else(|| "wanted: ja or en".to_owned())
}

/// Characters of a name or a number.
const LONGEST: usize = 60;
