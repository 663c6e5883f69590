//! `kagimori mail`.

use std::process::ExitCode;

use casework::characters;
use clap::Args;
use serde_json::json;
use wire::office::Language;

use super::{CliFault, Operator};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::desk::offices;
use crate::errand::mail::{Mail, Mailer as _, NotSent, Smtp};

/// Sends one letter at once, past the outbox, so that the settings are tried before a holder waits for a letter.
#[derive(Args)]
pub(super) struct TestLetter {
    /// Whose letter it is: its sender is this office's
    #[arg(long)]
    office: String,
    /// Where it goes
    #[arg(long, value_name = "ADDRESS")]
    to: String,
}

pub(super) const EXAMPLES: &str = "Example:
  kagimori mail --office mihon-ca --to you@ca.example

Done means that the mail server of `[mail]` has taken the letter. Look whether it arrives, and that it is not marked as
spam: the letters to holders come from the same sender.";

impl TestLetter {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        if !characters::mailable(&self.to) {
            return Err(CliFault::Usage("--to wants a mail address".to_owned()));
        }
        let config = operator.configuration()?;
        let store = operator.store(&config).await?;
        let rows = store.offices().await?;
        store.close().await;
        let offices = offices::read(&rows).map_err(|why| CliFault::Refused(why.to_string()))?;
        let Some(office) = offices.into_iter().find(|office| office.id == self.office) else {
            return Err(CliFault::Refused(format!(
                "there is no office {}; `kagimori office list` shows those that are loaded",
                self.office
            )));
        };
        let name = office.sender.name.in_language(Language::Ja);
        let letter = Mail {
            id: Chance::system().octets(),
            from_name: name.to_owned(),
            from: office.sender.address.clone(),
            to: self.to.clone(),
            subject: format!("試験メール / Test letter ({name})"),
            body: format!(
                "{name}から送信した試験メールです。届いていれば、メールの設定は正しく行われています。\n\n\
                 This is a test letter of {}. That you read it means that its mail settings work.\n",
                office.sender.name.in_language(Language::En)
            ),
            written_at: Clock::system().now(),
        };
        let server = format!("{}:{}", config.mail.host, config.mail.port);
        let sent = match Smtp::new(&config.mail) {
            Ok(smtp) => smtp.send(&letter).await,
            Err(fault) => return Err(CliFault::Refused(fault.to_string())),
        };
        sent.map_err(|not_sent| CliFault::Refused(advised(&not_sent, &server)))?;
        operator.tell(
            &format!("{server} took the test letter to {}; see whether it arrives", self.to),
            &json!({ "server": server, "to": self.to, "taken": true }),
        )
    }
}

/// What happened, and what to do.
fn advised(not_sent: &NotSent, server: &str) -> String {
    let next = match not_sent {
        NotSent::Unwritten(_) => "correct the address, or [sender] in the office's file",
        NotSent::Refused(_) => "correct the recipient's address",
        NotSent::Untaken(_) => {
            "let the mail server take mails of this machine and of the office's sender, or set user and password"
        }
        NotSent::Unreachable(_) => "correct [mail] in kagimori.toml, or start the mail server",
    };
    format!("{server}: {not_sent}; {next}")
}
