//! `cargo xtask bench`: the stated limits, each as a ratio to a raw limit measured in the same run.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// Builds with optimisation, runs the benches of the server and renews the table in `docs/bench.md`.
pub(crate) fn run(root: &Path) -> Result<()> {
    for build in [
        vec!["build", "--release", "--workspace"],
        vec!["bench", "--workspace", "--bench", "limits"],
    ] {
        let done = Command::new(env!("CARGO"))
            .args(&build)
            .current_dir(root)
            .status()
            .context("cannot run cargo")?;
        ensure!(done.success(), "`cargo {}` failed", build.join(" "));
    }
    Ok(())
}
