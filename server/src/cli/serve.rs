//! `kagimori serve`.

use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{CliFault, Operator};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::log;
use crate::serve::{NotARole, Roles, Server};

#[derive(Args)]
pub(super) struct Serve {
    /// What this node does: portal, validation, errands, separated by commas
    #[arg(long, default_value = "portal,validation,errands", value_parser = roles)]
    role: Roles,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori serve
  kagimori serve --config /etc/kagimori/kagimori.toml --role validation

Stop it with SIGTERM or Ctrl-C: requests that were begun are answered first.";

impl Serve {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let config = operator.configuration()?;
        log::start(&config.log);
        let unavailable = |fault: std::io::Error| CliFault::Output(fault.to_string());
        // From here on a signal ends it in order, also one that comes while it starts or has just said that it listens.
        let mut terminate = signal(SignalKind::terminate()).map_err(unavailable)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(unavailable)?;
        let running = tokio::select! {
            running = Server::start(config, self.role, Clock::system(), Chance::system()) => running?,
            _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
            _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        running.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

fn roles(text: &str) -> Result<Roles, NotARole> {
    text.parse()
}
