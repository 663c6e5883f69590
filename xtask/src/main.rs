//! The house's own chores: `cargo xtask tidy`, `cargo xtask bench`, `cargo xtask screens`.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks on its standard streams"
)]

mod bench;
mod screens;
mod tidy;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Chores of the house.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks what the compiler cannot: crate edges, file names and lengths, paths named in documents.
    Tidy,
    /// Measures the stated limits, each beside its raw limit in the same run, and renews the table in docs/bench.md.
    Bench,
    /// Renews the few pictures in docs/ from the newest browser journey.
    Screens,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Tidy => tidy::run(&root()),
        Chore::Bench => bench::run(&root()),
        Chore::Screens => screens::run(&root()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder, the parent of this crate's.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
