//! Every path that a document names exists.

use super::sources::Source;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Reads the documents and looks for what they name: paths, and tests called after a row of rules or threats.
pub(super) fn check(root: &Path, sources: &[Source]) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut named = 0;
    for document in documents(root)? {
        let text = std::fs::read_to_string(&document).with_context(|| format!("cannot read {}", document.display()))?;
        let shown = document.strip_prefix(root).unwrap_or(&document).display().to_string();
        let mut fenced = false;
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            if fenced {
                continue;
            }
            for test in line.split('`').skip(1).step_by(2).filter(|span| is_test(span)) {
                named += 1;
                if !sources
                    .iter()
                    .any(|source| source.text.contains(&format!("fn {test}(")))
                {
                    findings.push(format!("{shown}:{}: there is no test `{test}`", number + 1));
                }
            }
            for path in paths(line) {
                named += 1;
                let from_here = document.parent().unwrap_or(root).join(path);
                if !root.join(path).exists() && !from_here.exists() {
                    findings.push(format!("{shown}:{}: `{path}` does not exist", number + 1));
                }
            }
        }
    }
    // A parser that finds nothing would make every document true.
    anyhow::ensure!(
        named > 10,
        "the documents name only {named} paths: is the parser broken?"
    );
    Ok(findings)
}

/// `a05_…`, `r12_…`: a letter, a number, and a sentence.
fn is_test(span: &str) -> bool {
    let mut characters = span.chars();
    characters.next().is_some_and(|first| first.is_ascii_lowercase())
        && characters.next().is_some_and(|second| second.is_ascii_digit())
        && span.matches('_').count() > 2
        && span
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn documents(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [root.to_path_buf(), root.join("docs")] {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Paths in code spans and link targets that begin with a folder of ours or lead to a document.
fn paths(line: &str) -> Vec<&str> {
    let spans = line.split('`').skip(1).step_by(2);
    let links = line.match_indices("](").filter_map(|(at, _)| {
        let rest = line.get(at + 2..)?;
        rest.split([')', '#', ' ']).next()
    });
    spans
        .filter(|span| ours(span))
        .chain(links.filter(|link| !link.is_empty() && !link.contains("://")))
        .collect()
}

fn ours(span: &str) -> bool {
    let first = span.split('/').next().unwrap_or_default();
    span.contains('/') && ROOMS.contains(&first) && !span.contains(['*', '<', '{', ' ', '…', '('])
}

const ROOMS: &[&str] = &[
    "casework", "pki", "card", "wire", "server", "agent", "demo", "xtask", "docs", "tests", ".ci", ".cargo",
];
