//! Which crate may use which of ours. The four leaves know nothing of each other; the server links no `card`, so no
//! type in it can hold a PIN; the agent links no `casework` and no database.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// Compares every manifest with [`ALLOWED`] and [`FORBIDDEN`].
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut ours: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    ours.sort_unstable();
    for (name, allowed) in ALLOWED {
        let manifest = root.join(name).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        let table: toml::Table = text
            .parse()
            .with_context(|| format!("cannot parse {}", manifest.display()))?;
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = table.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for used in dependencies.keys() {
                if ours.binary_search(&used.as_str()).is_ok() && !allowed.contains(&used.as_str()) {
                    findings.push(format!("{name}/Cargo.toml: {name} may not use {used} ({section})"));
                }
            }
            for (crate_name, banned, reason) in FORBIDDEN {
                if crate_name == name && dependencies.contains_key(*banned) {
                    findings.push(format!("{name}/Cargo.toml: {banned} has no place here: {reason}"));
                }
            }
        }
    }
    // What is built, not what the lock file mentions for features that nobody asks for.
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--prefix",
            "none",
            "--edges",
            "normal,build",
            "--locked",
        ])
        .current_dir(root)
        .output()
        .context("cannot run cargo tree")?;
    let tree = String::from_utf8_lossy(&tree.stdout);
    anyhow::ensure!(tree.lines().count() > 100, "cargo tree lists next to nothing");
    for (banned, reason) in NOWHERE {
        if tree.lines().any(|line| line.split(' ').next() == Some(banned)) {
            findings.push(format!("{banned} came in: {reason}"));
        }
    }
    Ok(findings)
}

const ALLOWED: &[(&str, &[&str])] = &[
    ("casework", &[]),
    ("pki", &[]),
    ("card", &[]),
    ("wire", &[]),
    ("server", &["casework", "pki", "wire"]),
    ("agent", &["pki", "wire", "card"]),
    ("demo", &["server", "agent"]),
    ("xtask", &[]),
];

const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("casework", "serde", "only wire is publicly serialisable"),
    ("casework", "tokio", "it decides and waits for nothing"),
    ("pki", "serde", "only wire is publicly serialisable"),
    ("pki", "tokio", "bytes in, bytes out"),
    ("agent", "rusqlite", "a stolen kiosk holds no database"),
    ("agent", "sqlx", "a stolen kiosk holds no database"),
];

const NOWHERE: &[(&str, &str)] = &[
    ("openssl-sys", "one crypto library in the graph"),
    ("ring", "one crypto library in the graph"),
    ("chrono", "the rules have their own days, the rest needs none"),
    (
        "pcsc-sys",
        "PC/SC is loaded at run time, so that the workspace builds without it",
    ),
];
