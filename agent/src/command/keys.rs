//! `keys use-module|list`: where the keys of this terminal may live.

use std::path::PathBuf;

use agent::tokens::{Tries, look};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{State, say};

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Uses the tokens of a PKCS#11 module from now on
    #[command(after_help = "Example:\n  kagimori-agent keys use-module /usr/lib/softhsm/libsofthsm2.so")]
    UseModule(UseModule),
    /// Lists the modules and their tokens; asks no PIN
    #[command(after_help = "Example:\n  kagimori-agent keys list --json")]
    List(List),
}

#[derive(Args)]
pub(crate) struct UseModule {
    /// The module's file, from the root on
    module: PathBuf,
    #[command(flatten)]
    state: State,
}

#[derive(Args)]
pub(crate) struct List {
    /// Writes JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state: State,
}

#[derive(Serialize)]
struct TokenLine {
    module: String,
    label: String,
    serial: String,
    model: String,
    pin: &'static str,
}

impl Keys {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::UseModule(asked) => {
                let home = asked.state.home()?;
                // What cannot be loaded is told now, and not when a key is to be made.
                let tokens = look(&asked.module)?;
                home.use_module(&asked.module)?;
                let count = tokens.len();
                say(&format!(
                    "{} is used now; tokens there: {count}.",
                    asked.module.display()
                ));
                Ok(())
            }
            Self::List(list) => list.run(),
        }
    }
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        for module in self.state.home()?.modules()? {
            for token in look(&module)? {
                lines.push(TokenLine {
                    module: module.display().to_string(),
                    label: token.label,
                    serial: token.serial,
                    model: token.model,
                    pin: match token.tries {
                        Tries::Some => "ready",
                        Tries::Last => "last try",
                        Tries::None => "locked",
                    },
                });
            }
        }
        if self.json {
            say(&serde_json::to_string_pretty(&lines)?);
        } else if lines.is_empty() {
            say("No token is there. Say which module to use: kagimori-agent keys use-module PATH");
        } else {
            for line in lines {
                say(&format!(
                    "{:<8}  {}  {}  {}\n          {}",
                    line.pin, line.label, line.serial, line.model, line.module
                ));
            }
        }
        Ok(())
    }
}
