//! The stated limits, each as a ratio to a raw limit that is measured in the same run: `cargo xtask bench`.
//!
//! Nothing here is a test: a loaded machine makes a slow figure, not a failed build.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a bench talks on its standard streams, reads clocks, and promises nothing"
)]

mod acquisition;
mod audit;
mod backup;
mod bare;
mod face;
mod foreign;
mod house;
mod load;
mod login;
mod measure;
mod morning;
mod names;
mod pin_reset;
mod queue;
mod register;
mod renewal;
mod serving;
mod signing;
mod terminal;

use anyhow::{Context, Result, ensure};
use measure::Ratio;
use std::process::Command;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("bare") => return bare::serve(&arguments),
        Some("audit") => return print_rows(&audit::rows()?),
        Some("backup") => return print_rows(&backup::rows()?),
        Some("face") => return print_rows(&face::rows()?),
        Some("names") => return print_rows(&names::rows()?),
        Some("login") => return print_rows(&login::rows()?),
        Some("acquisition") => return print_rows(&acquisition::rows()?),
        Some("renewal") => return print_rows(&renewal::rows()?),
        Some("pin_reset") => return print_rows(&pin_reset::rows()?),
        Some("morning") => return print_rows(&morning::rows()?),
        Some("register") => return print_rows(&register::rows()?),
        Some("terminal") => return print_rows(&terminal::rows()?),
        Some("queue") => return print_rows(&queue::rows()?),
        Some("million") => return print_rows(&signing::million_entries()?),
        _ => {}
    }
    ensure!(
        !cfg!(debug_assertions),
        "the bench wants the release profile: `cargo xtask bench`"
    );
    let mut rows = vec![signing::live_answers()?];
    rows.extend(in_own_process("million")?);
    rows.extend(audit::rows()?);
    rows.extend(names::rows()?);
    rows.extend(face::rows()?);
    rows.extend(in_own_process("backup")?);
    rows.extend(login::rows()?);
    rows.extend(queue::rows()?);
    rows.extend(register::rows()?);
    rows.extend(terminal::rows()?);
    rows.extend(renewal::rows()?);
    rows.extend(morning::rows()?);
    rows.extend(acquisition::rows()?);
    rows.extend(pin_reset::rows()?);
    rows.extend(serving::rows()?);
    let (table, all) = measure::table(&rows);
    println!("{table}");
    renew(&table)?;
    eprintln!("{}", if all { "every limit holds" } else { "a limit was missed" });
    Ok(())
}

/// The part of the document between the two marks is ours.
fn renew(table: &str) -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bench.md");
    let text = std::fs::read_to_string(path).context("docs/bench.md cannot be read")?;
    let (before, rest) = text
        .split_once(BEGIN)
        .context("docs/bench.md has lost its first mark")?;
    let (_, after) = rest.split_once(END).context("docs/bench.md has lost its second mark")?;
    let machine = measure::machine()?;
    std::fs::write(
        path,
        format!("{before}{BEGIN}\nMachine: {machine}.\n\n{table}{END}{after}"),
    )
    .context("docs/bench.md cannot be written")
}

fn print_rows(rows: &[Ratio]) -> Result<()> {
    for row in rows {
        println!("{}", measure::encode(row)?);
    }
    Ok(())
}

fn in_own_process(part: &str) -> Result<Vec<Ratio>> {
    let own = std::env::current_exe().context("the bench does not know its own file")?;
    let done = Command::new(own)
        .arg(part)
        .output()
        .context("the bench cannot run itself")?;
    ensure!(
        done.status.success(),
        "{part}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout)?.lines().map(measure::decode).collect()
}

const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";
