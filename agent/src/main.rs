//! `kagimori-agent`: the agent, and cards from the shell.

mod command;

use std::process::ExitCode;

use clap::Parser as _;
use zeroizing_alloc::ZeroAlloc;

#[tokio::main]
async fn main() -> ExitCode {
    match command::Command::parse().run().await {
        Ok(code) => code,
        Err(fault) => {
            command::complain(&format!("{fault:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Wipes memory when it is freed, so that a PIN does not outlive its use in a buffer of the HTTP library either (A9).
#[global_allocator]
static MEMORY: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);
