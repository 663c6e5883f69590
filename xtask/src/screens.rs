//! The few pictures in `docs/`, renewed from the newest browser journey.

use anyhow::{Context, Result};
use std::path::Path;

/// Copies the named screens from `target/screens` to `docs/screens`.
pub(crate) fn run(root: &Path) -> Result<()> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    for (screen, picture) in SCREENS {
        let from = target.join("screens").join(screen);
        let to = root.join("docs/screens").join(picture);
        std::fs::create_dir_all(root.join("docs/screens")).context("cannot make docs/screens")?;
        std::fs::copy(&from, &to).with_context(|| {
            format!(
                "{} is not there: run ./test first, it walks the procedure",
                from.display()
            )
        })?;
        println!("docs/screens/{picture}");
    }
    Ok(())
}

const SCREENS: &[(&str, &str)] = &[
    ("02-start.png", "start.png"),
    ("11-agent-sign.png", "sign.png"),
    ("12-done.png", "receipt.png"),
    ("console-queue.png", "queue.png"),
    ("ja-bidder-renewal-confirm.png", "renewal.png"),
];
