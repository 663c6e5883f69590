//! `kagimori`: every command of the operator.
//!
//! A command prints its result to standard output, as text or with `--json`; a fault is one sentence on standard error
//! that says what to do. Exit status: 0 done, 1 not done, 64 wrong usage; `verify` has its own (INTERFACES).

mod audit;
mod authority;
mod backup;
mod card;
mod doctor;
mod file;
mod holidays;
mod import;
mod init;
mod kiosk;
mod lint;
mod mail;
mod office;
mod officer;
mod restore;
mod retention;
mod serve;
mod terminals;
mod time;
mod token;
mod verify;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::Value;

use crate::audit::heads;
use crate::authority::AuthorityFault;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{Config, ConfigFault};
use crate::desk::Actor;
use crate::journal::JournalFault;
use crate::serve::{StartFault, registrar};
use crate::store::{OpenFault, Store, StoreAddress};

/// The server and its operator's commands.
#[derive(Parser)]
#[command(name = "kagimori", version, max_term_width = 110, propagate_version = true)]
struct Cli {
    /// The configuration
    #[arg(long, global = true, default_value = "kagimori.toml", value_name = "FILE")]
    config: PathBuf,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve: pages, OCSP and CRLs, errands
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Serve),
    /// Write a commented configuration, a passphrase and an example office, and create the database
    #[command(after_help = init::EXAMPLES)]
    Init(init::Init),
    /// A certification authority's day
    #[command(subcommand, after_help = authority::EXAMPLES)]
    Ca(authority::Ca),
    /// The offices
    #[command(subcommand, after_help = office::EXAMPLES)]
    Office(office::Office),
    /// Import an office's data, and holidays
    #[command(subcommand, after_help = import::EXAMPLES)]
    Import(import::Import),
    /// One company of a list of qualified bidders
    #[command(subcommand, after_help = import::COMPANY_EXAMPLES)]
    Register(import::Company),
    /// The officers
    #[command(subcommand, after_help = officer::EXAMPLES)]
    Officer(officer::Officer),
    /// Citizens' cards
    #[command(subcommand, after_help = card::EXAMPLES)]
    Card(card::Card),
    /// The kiosks: enroll, list, revoke
    #[command(subcommand, after_help = kiosk::EXAMPLES)]
    Kiosk(kiosk::Kiosk),
    /// Send a test letter at once, with the mail settings of the configuration
    #[command(after_help = mail::EXAMPLES)]
    Mail(mail::TestLetter),
    /// Tokens of programs: create, list, revoke
    #[command(subcommand, after_help = token::EXAMPLES)]
    Token(token::Token),
    /// Check a certificate against anchors, and its revocation
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::Verify),
    /// Lint certificates, CRLs and OCSP answers
    #[command(after_help = lint::EXAMPLES)]
    Lint(lint::Lint),
    /// The audit: export it, and verify what was exported
    #[command(subcommand, after_help = audit::EXAMPLES)]
    Audit(audit::Audit),
    /// Bring the database to this version of the program
    #[command(after_help = "Example:\n  kagimori migrate --config /etc/kagimori/kagimori.toml")]
    Migrate,
    /// Write an encrypted backup of the database, while the server goes on
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::Backup),
    /// What is wrong, or will be: addresses, certificates, outbox, disk, clock, mail, files
    #[command(after_help = doctor::EXAMPLES)]
    Doctor,
    /// What is past its time: plan, mark, take back, erase
    #[command(subcommand, after_help = retention::EXAMPLES)]
    Retention(retention::Retention),
    /// Make a database from a backup, and enter the revocations that it has forgotten
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::Restore),
}

/// Runs one command; `arguments` begin with the program's name.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(fault) => {
            // Help and version are no faults and go to standard output.
            let _ = fault.print();
            return if fault.use_stderr() {
                ExitCode::from(USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let Cli { config, json, command } = cli;
    let operator = Operator { config, json };
    let done = match command {
        Command::Serve(serve) => serve.run(&operator).await,
        Command::Init(init) => init.run(&operator).await,
        Command::Ca(ca) => ca.run(&operator).await,
        Command::Office(office) => office.run(&operator).await,
        Command::Import(import) => Box::pin(import.run(&operator)).await,
        Command::Register(company) => Box::pin(company.run(&operator)).await,
        Command::Officer(officer) => Box::pin(officer.run(&operator)).await,
        Command::Card(card) => Box::pin(card.run(&operator)).await,
        Command::Kiosk(kiosk) => Box::pin(kiosk.run(&operator)).await,
        Command::Mail(mail) => Box::pin(mail.run(&operator)).await,
        Command::Token(token) => Box::pin(token.run(&operator)).await,
        Command::Verify(verify) => verify.run(&operator),
        Command::Lint(lint) => lint.run(&operator),
        Command::Audit(audit) => Box::pin(audit.run(&operator)).await,
        Command::Migrate => migrate(&operator).await,
        Command::Backup(backup) => Box::pin(backup.run(&operator)).await,
        Command::Doctor => Box::pin(doctor::run(&operator)).await,
        Command::Retention(retention) => Box::pin(retention.run(&operator)).await,
        Command::Restore(restore) => Box::pin(restore.run(&operator)).await,
    };
    match done {
        Ok(code) => code,
        Err(fault) => {
            // Nothing is left to tell it to if standard error is closed.
            let _ = writeln!(std::io::stderr(), "kagimori: {fault}");
            match fault {
                CliFault::Usage(_) => ExitCode::from(USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Who gave the command, and how the result is wanted.
struct Operator {
    config: PathBuf,
    json: bool,
}

impl Operator {
    fn configuration(&self) -> Result<Config, CliFault> {
        Ok(Config::read(&self.config)?)
    }

    /// The store, beside a running server or alone.
    async fn store(&self, config: &Config) -> Result<Store, CliFault> {
        let chance = Chance::system();
        match crate::serve::open(config, &chance).await {
            Err(StartFault::Store(OpenFault::Journal(JournalFault::Taken { .. }))) => {}
            opened => return Ok(opened?),
        }
        // A server serves from here: the command keeps a journal of its own, one command after the other.
        let address: StoreAddress = config.store.parse().map_err(StartFault::from)?;
        let beside = config.data_dir.join(BESIDE);
        std::fs::create_dir_all(&beside).map_err(|fault| CliFault::file(&beside, &fault))?;
        // It signs heads of the audit with the node's key.
        let key = beside.join(heads::KEY_FILE);
        let lent = std::os::unix::fs::symlink(Path::new("..").join(heads::KEY_FILE), &key);
        lent.or_else(|fault| if key.exists() { Ok(()) } else { Err(fault) })
            .map_err(|fault| CliFault::file(&key, &fault))?;
        let mut tries = 0;
        loop {
            match Store::open_beside(&address, &beside, &chance).await {
                Err(OpenFault::Journal(JournalFault::Taken { .. })) if tries < TRIES => tries += 1,
                opened => return Ok(opened.map_err(StartFault::from)?),
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }

    async fn registrar(&self) -> Result<(Config, crate::authority::issue::Registrar), CliFault> {
        let config = self.configuration()?;
        let store = self.store(&config).await?;
        let registrar = registrar(&config, store, Clock::system(), Chance::system()).await?;
        Ok((config, registrar))
    }

    /// Prints a result, once, in the form that was asked for.
    fn tell(&self, text: &str, value: &Value) -> Result<ExitCode, CliFault> {
        let mut out = std::io::stdout().lock();
        let told = if self.json {
            writeln!(out, "{value:#}")
        } else {
            writeln!(out, "{}", text.trim_end())
        };
        told.and_then(|()| out.flush())
            .map_err(|fault| CliFault::Output(fault.to_string()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The operator's name in the audit: that of the system's user.
fn operator_name() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The operator as the desk knows them.
fn actor(name: &str) -> Actor<'_> {
    Actor::Operator { name }
}

async fn migrate(operator: &Operator) -> Result<ExitCode, CliFault> {
    let config = operator.configuration()?;
    // Opening brings it to this version, or says why it cannot.
    operator.store(&config).await?.close().await;
    operator.tell(
        "the database fits this version; `kagimori serve` may be started",
        &serde_json::json!({ "migrated": true, "version": env!("CARGO_PKG_VERSION") }),
    )
}

/// A command was not done. Each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
enum CliFault {
    /// The arguments do not make sense together.
    #[error("{0}")]
    Usage(String),
    /// A file cannot be read or written, or holds something else.
    #[error("{}: {reason}", file.display())]
    File { file: PathBuf, reason: String },
    /// It was refused; nothing was done.
    #[error("{0}")]
    Refused(String),
    /// Nobody reads the result.
    #[error("the result cannot be written: {0}")]
    Output(String),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// The store or the node.
    #[error(transparent)]
    Start(#[from] StartFault),
    /// An authority.
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] crate::backup::BackupFault),
    /// The audit.
    #[error(transparent)]
    Audit(#[from] crate::audit::export::ExportFault),
    /// The evidence of a case.
    #[error(transparent)]
    Evidence(#[from] crate::audit::case::EvidenceFault),
    /// A citizen's card.
    #[error(transparent)]
    Citizen(#[from] crate::authority::citizen::CitizenFault),
    /// The file that says for whom a card is.
    #[error(transparent)]
    Order(#[from] crate::authority::order::OrderFault),
}

impl CliFault {
    fn file(file: &Path, reason: &dyn std::fmt::Display) -> Self {
        Self::File {
            file: file.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl From<crate::fault::Fault> for CliFault {
    fn from(fault: crate::fault::Fault) -> Self {
        Self::Authority(fault.into())
    }
}

/// `EX_USAGE` of sysexits.h.
const USAGE: u8 = 64;

/// Where a command beside a running server keeps its journal.
const BESIDE: &str = "operator";

const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);
