//! What the compiler cannot check (DESIGN, parts 2 and 3; STYLE, house rules).

mod documents;
mod edges;
mod sources;

use anyhow::{Result, bail};
use std::path::Path;

/// Runs every check and prints each finding with its place.
pub(crate) fn run(root: &Path) -> Result<()> {
    let sources = sources::read(root)?;
    let mut findings = edges::check(root)?;
    findings.extend(sources::check(&sources));
    findings.extend(documents::check(root, &sources)?);
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: {} source files, nothing to say", sources.len());
        Ok(())
    } else {
        bail!("tidy: {} findings", findings.len())
    }
}
