//! The commands of `kagimori-agent`.

mod card;
mod keys;
mod pin;
mod screen;
mod serve;
mod virtual_card;

use std::path::PathBuf;
use std::process::ExitCode;

use ::card::reader::Readers;
use agent::doctor::{Health, examine};
use agent::{Home, Origin};
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use serde::Serialize;

/// Signs with IC cards for the portals that you allow.
#[derive(Parser)]
#[command(name = "kagimori-agent", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Serves the agent's pages on this computer's loopback addresses, until it is interrupted
    Serve(serve::Serve),
    /// Opens the agent's start page in the browser, and serves it first where nothing does
    Open(serve::Open),
    /// Cards from the shell
    #[command(subcommand)]
    Card(card::Card),
    /// Lets a portal ask for cards from now on
    #[command(after_help = "Example:\n  kagimori-agent allow https://ca.example.jp")]
    Allow(Allow),
    /// Where the keys of this terminal may live
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Says what is wrong with reader, card, middleware and settings, and what to do
    #[command(
        after_help = "Examples:\n  kagimori-agent doctor\n  kagimori-agent doctor --json | jq '.[] | select(.health != \"well\")'"
    )]
    Doctor(Doctor),
    /// Serves the reservation app: a page of a phone's size, where the holder of a citizen's card reserves a new password
    App(screen::App),
    /// Serves a kiosk: a full screen, where the card takes its new password
    Kiosk(screen::Kiosk),
    /// Plugs a virtual card into vpcd, so that the real pcscd and everything above it sees it
    VirtualCard(virtual_card::VirtualCard),
}

#[derive(Args)]
struct Allow {
    /// Scheme, host and port of the portal; https, or http on this computer
    origin: Origin,
    #[command(flatten)]
    state: State,
}

#[derive(Args)]
struct Doctor {
    /// Writes JSON
    #[arg(long)]
    json: bool,
    /// Where the agent should be serving
    #[arg(long, default_value_t = wire::AGENT_PORT)]
    port: u16,
    #[command(flatten)]
    state: State,
}

/// Where the agent keeps the allowed portals and the phrase.
#[derive(Args)]
pub(crate) struct State {
    /// Directory of the agent's state
    #[arg(long, env = "KAGIMORI_AGENT_DIR", value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl State {
    pub(crate) fn home(&self) -> anyhow::Result<Home> {
        let dir = match &self.dir {
            Some(dir) => dir.clone(),
            None => agent::home::usual_dir().context("there is no home directory; say --dir DIR")?,
        };
        Ok(Home::new(dir))
    }
}

impl Command {
    /// Does what was asked; the exit code is 0 only on success.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Serve(serve) => serve.run().await?,
            What::Open(open) => open.run().await?,
            What::Card(card) => card.run()?,
            What::Allow(allow) => {
                let home = allow.state.home()?;
                home.allow(&allow.origin)?;
                say(&format!("{} may ask for cards now.", allow.origin));
            }
            What::Keys(keys) => keys.run()?,
            What::Doctor(doctor) => return doctor.run().await,
            What::App(app) => app.run().await?,
            What::Kiosk(kiosk) => kiosk.run().await?,
            What::VirtualCard(card) => card.run().await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Serialize)]
struct FindingLine<'a> {
    subject: &'a str,
    health: &'static str,
    found: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    remedy: &'static str,
}

impl Doctor {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let home = self.state.home()?;
        let findings = examine(&home, self.port, Readers::pcsc()).await;
        let lines: Vec<FindingLine<'_>> = findings
            .iter()
            .map(|finding| FindingLine {
                subject: &finding.subject,
                health: match finding.health {
                    Health::Well => "well",
                    Health::Missing => "missing",
                    Health::Ill => "ill",
                },
                found: &finding.found,
                remedy: finding.remedy,
            })
            .collect();
        if self.json {
            say(&serde_json::to_string_pretty(&lines)?);
        } else {
            for line in &lines {
                let gap = if line.remedy.is_empty() { "" } else { "\n          " };
                say(&format!(
                    "{:<8}  {}: {}{gap}{}",
                    line.health, line.subject, line.found, line.remedy
                ));
            }
        }
        let ill = findings.iter().any(|finding| finding.health == Health::Ill);
        Ok(if ill { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// The answer of a command, for standard output.
#[expect(clippy::print_stdout, reason = "a command speaks here and nowhere else")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Why a command failed, or how far it is, for standard error.
#[expect(clippy::print_stderr, reason = "a command complains here and nowhere else")]
pub(crate) fn complain(text: &str) {
    eprintln!("kagimori-agent: {text}");
}

const EXAMPLES: &str = "Examples:
  kagimori-agent serve
  kagimori-agent allow https://ca.example.jp
  kagimori-agent card list
  kagimori-agent card sign application.txt
  kagimori-agent doctor";
