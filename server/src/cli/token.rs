//! `kagimori token`: tokens of programs.

use std::process::ExitCode;

use casework::identity::OfficerId;
use casework::officer::Case;
use casework::time::Instant;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::api::Scope;

use super::{CliFault, Operator, actor, operator_name};
use crate::api::token::{DAYS, LONGEST_LABEL, MOST_DAYS, NotMade, Wanted, fits};
use crate::catalogue::Words;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::desk::officer::OfficerAccount;
use crate::desk::{CaseId, Desk, offices};
use crate::portal::date;
use crate::portal::session::hex;
use crate::store::TokenRow;

#[derive(Subcommand)]
pub(super) enum Token {
    /// Make a token for an officer's account: it is printed once
    #[command(after_help = EXAMPLES)]
    Create(Create),
    /// The tokens of an office
    #[command(after_help = EXAMPLES)]
    List {
        /// Which office
        #[arg(long)]
        office: String,
    },
    /// Revoke a token, from its next request on
    #[command(after_help = EXAMPLES)]
    Revoke {
        /// Which office
        #[arg(long)]
        office: String,
        /// The token, as `token list` names it
        token: String,
    },
}

#[derive(Args)]
pub(super) struct Create {
    /// The account it works for, as `officer list` names it
    #[arg(long, value_name = "ACCOUNT")]
    account: CaseId<OfficerAccount>,
    /// What it may be used for (repeatable): revocation:write, registration:write, renewal:write, case:read, case:write,
    /// officer:read, officer:write, office:read, office:write, token:read, token:write, bid:write
    #[arg(long, value_name = "SCOPE", required = true, value_parser = scope)]
    scope: Vec<Scope>,
    /// After so many days it is worth nothing
    #[arg(long, default_value_t = DAYS, value_parser = clap::value_parser!(i64).range(1..=MOST_DAYS))]
    days: i64,
    /// What to call it: the program that has it
    #[arg(long)]
    label: String,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori token create --account 4d6968... --scope case:read --scope case:write --label 'intake scanner'
  kagimori token list --office mihon-ca
  kagimori token revoke --office mihon-ca 9f86d0...

A token works for one account and never for more than that account may do at the moment: it is dead while the account is
blocked. What is decided needs the officer's card as well. Keep it as you keep a password; docs/api.md shows its use.";

impl Token {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let config = operator.configuration()?;
        let store = operator.store(&config).await?;
        let rows = store.offices().await?;
        let offices = offices::read(&rows).map_err(crate::serve::StartFault::from)?;
        let desk = Desk::new(store, Clock::system(), Chance::system(), offices);
        let done = match self {
            Self::Create(create) => create.run(operator, &desk).await,
            Self::List { office } => list(operator, &desk, &office).await,
            Self::Revoke { office, token } => revoke(operator, &desk, &office, &token).await,
        };
        desk.store().close().await;
        done
    }
}

impl Create {
    async fn run(self, operator: &Operator, desk: &Desk) -> Result<ExitCode, CliFault> {
        let label = self.label.trim();
        if fits(label).is_err() {
            return Err(CliFault::Usage(format!(
                "--label wants 1 to {LONGEST_LABEL} characters in one line"
            )));
        }
        let standing = desk.standing(self.account).await?;
        let (Case::Active { .. }, Some(place)) = (&standing.case, &standing.place) else {
            return Err(CliFault::Refused(format!(
                "the account {} is not active; `kagimori officer list` shows it",
                self.account
            )));
        };
        let name = operator_name();
        let expires_at = desk.clock().now().plus_seconds(self.days * 86_400);
        let wanted = Wanted {
            officer: OfficerId(self.account.octets()),
            office: place.office.clone(),
            label: label.to_owned(),
            scopes: self.scope,
            expires_at,
        };
        let made = desk.make_token(&actor(&name), wanted).await.map_err(|not| match not {
            NotMade::Fault(fault) => CliFault::from(fault),
            full => CliFault::Refused(format!("{full}; `kagimori token list` shows them")),
        })?;
        let (id, until) = (hex(&made.id), said(expires_at));
        let text = format!(
            "token   {}\nname    {id}\nuntil   {until}\nit is shown this once; put it where the program alone reads it",
            made.secret
        );
        operator.tell(
            &text,
            &json!({ "token": made.secret, "name": id, "until": expires_at.0 }),
        )
    }
}

async fn list(operator: &Operator, desk: &Desk, office: &str) -> Result<ExitCode, CliFault> {
    let now = desk.clock().now();
    let (mut lines, mut list) = (Vec::new(), Vec::new());
    for row in desk.store().tokens(office).await? {
        let state = match row.revoked_at {
            Some(at) => format!("revoked {}", said(at)),
            None if row.holds(now) => format!("until {}", said(row.expires_at)),
            None => format!("ran out {}", said(row.expires_at)),
        };
        let scopes: Vec<_> = row.scopes.iter().map(|scope| scope.key()).collect();
        let (id, account) = (hex(&row.id), hex(&row.officer.0));
        lines.push(format!(
            "{id}  {state}  {}  account {account}  {}",
            scopes.join(", "),
            row.label
        ));
        list.push(json!({
            "name": id,
            "account": account,
            "label": row.label,
            "scopes": scopes,
            "made_at": row.made_at.0,
            "expires_at": row.expires_at.0,
            "revoked_at": row.revoked_at.map(|at| at.0),
            "used_at": row.used_at.map(|at| at.0),
        }));
    }
    if lines.is_empty() {
        lines.push("there is no token; make one with `kagimori token create`".to_owned());
    }
    operator.tell(&lines.join("\n"), &json!({ "tokens": Value::Array(list) }))
}

async fn revoke(operator: &Operator, desk: &Desk, office: &str, token: &str) -> Result<ExitCode, CliFault> {
    let rows = desk.store().tokens(office).await?;
    let row: Option<TokenRow> = rows.into_iter().find(|row| hex(&row.id) == token);
    let row = row.ok_or_else(|| {
        CliFault::Refused(format!(
            "there is no token {token} at {office}; `kagimori token list --office {office}` shows them"
        ))
    })?;
    let name = operator_name();
    let revoked = desk.revoke_token(&actor(&name), row).await?;
    let text = if revoked {
        "the token is worth nothing from its next request on"
    } else {
        "the token was revoked before"
    };
    operator.tell(text, &json!({ "name": token, "revoked": true }))
}

fn said(at: Instant) -> String {
    date::minute(Words::of(wire::office::Language::En), at)
}

fn scope(text: &str) -> Result<Scope, String> {
    let keys: Vec<_> = Scope::ALL.iter().map(|scope| scope.key()).collect();
    Scope::from_key(text).ok_or_else(|| format!("wanted: one of {}", keys.join(", ")))
}
