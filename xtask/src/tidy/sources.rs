//! Names and lengths of our source files, and the few lines that may stand in one place only.

use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// A source file.
pub(super) struct Source {
    path: String,
    pub(super) text: String,
}

impl Source {
    /// Without the ending.
    fn name(&self) -> &str {
        let stem = Path::new(&self.path).file_stem();
        stem.and_then(OsStr::to_str).unwrap_or_default()
    }

    fn is(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == ending)
    }
}

/// Every source file that git tracks, or would.
pub(super) fn read(root: &Path) -> Result<Vec<Source>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--"])
        .args(ENDINGS.map(|ending| format!("*.{ending}")))
        .current_dir(root)
        .output()
        .context("cannot ask git for the source files")?;
    let mut sources = Vec::new();
    for path in String::from_utf8(listed.stdout)
        .context("a file name is not UTF-8")?
        .lines()
    {
        // A file that was removed but not yet committed is still listed.
        if let Ok(text) = std::fs::read_to_string(root.join(path)) {
            sources.push(Source {
                path: path.to_owned(),
                text,
            });
        }
    }
    for ending in ENDINGS {
        anyhow::ensure!(
            sources.iter().any(|source| source.is(ending)),
            "git lists no .{ending} file: is this the workspace?"
        );
    }
    Ok(sources)
}

/// All checks on all files.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        length(source, &mut findings);
        name(source, &mut findings);
        if !source.is("rs") {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let place = format!("{}:{}", source.path, number + 1);
            vague_type(&place, line, &mut findings);
            unowed_promise(&place, line, &mut findings);
            for only in ONLY.iter().filter(|only| only.is_out_of_place(&source.path, line)) {
                findings.push(format!(
                    "{place}: `{}` belongs to {} only: {}",
                    only.what, only.places[0], only.why
                ));
            }
        }
        public_serde(source, &mut findings);
    }
    nouns(sources, &mut findings);
    findings
}

/// Over 600 lines a file needs a line `// Long because …`; over 1,000 nothing helps.
fn length(source: &Source, findings: &mut Vec<String>) {
    let lines = source.text.lines().count();
    let reason = source.text.lines().take(20).any(|line| line.contains("Long because"));
    if lines > 1_000 || (lines > 600 && !reason) {
        findings.push(format!("{}: {lines} lines; split it by its nouns", source.path));
    }
}

fn name(source: &Source, findings: &mut Vec<String>) {
    let vague = |part: &str| {
        VAGUE
            .iter()
            .any(|word| word.eq_ignore_ascii_case(part.trim_end_matches('s')))
    };
    if source.name().split(['_', '-']).any(vague) {
        findings.push(format!(
            "{}: a file is named after a noun of the office or the field",
            source.path
        ));
    }
}

fn vague_type(place: &str, line: &str, findings: &mut Vec<String>) {
    // An associated type has the name that its trait gave it, which may be another crate's.
    if line.starts_with(' ') && line.trim_start().starts_with("type ") && line.contains(" = ") {
        return;
    }
    let Some(rest) = ["struct ", "enum ", "trait ", "type "].iter().find_map(|keyword| {
        let start = line.find(keyword)?;
        let before = line[..start].trim();
        (before.is_empty() || before.starts_with("pub")).then(|| &line[start + keyword.len()..])
    }) else {
        return;
    };
    let identifier: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let singular = identifier.trim_end_matches('s');
    if VAGUE.iter().any(|vague| singular.ends_with(vague)) && !FIELD.iter().any(|term| identifier.ends_with(term)) {
        findings.push(format!(
            "{place}: `{identifier}` says nothing; take the field's own noun"
        ));
    }
}

fn unowed_promise(place: &str, line: &str, findings: &mut Vec<String>) {
    // Spelled apart so that this file does not find itself.
    let marker = concat!("TO", "DO");
    if line.contains(marker) && !line.contains(&format!("{marker}(#")) {
        findings.push(format!("{place}: a {marker} names its number, `{marker}(#12)`"));
    }
}

/// Only `wire` is publicly serialisable: elsewhere a type with serde is private to its crate.
fn public_serde(source: &Source, findings: &mut Vec<String>) {
    if source.path.starts_with("wire/") || source.path.contains("/tests/") || source.path.contains("/benches/") {
        return;
    }
    let mut derived = None;
    for (number, line) in source.text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("#[derive(") && (line.contains("Serialize") || line.contains("Deserialize")) {
            derived = Some(number + 1);
        } else if line.starts_with("#[") || line.starts_with("///") || line.starts_with("//") {
        } else if let Some(at) = derived.take()
            && (line.starts_with("pub struct ") || line.starts_with("pub enum "))
        {
            findings.push(format!(
                "{}:{at}: a public type outside wire derives serde",
                source.path
            ));
        }
    }
}

/// One noun, one file name: whoever searches `revocation.rs` sees one procedure, layer by layer.
fn nouns(sources: &[Source], findings: &mut Vec<String>) {
    for (noun, rooms) in NOUNS {
        for room in *rooms {
            let file = format!("{room}/{noun}.rs");
            let folder = format!("{room}/{noun}/");
            if !sources
                .iter()
                .any(|source| source.path == file || source.path.starts_with(&folder))
            {
                findings.push(format!(
                    "{file} is missing: the procedure has a file of its name in this layer"
                ));
            }
        }
    }
}

struct Only {
    what: &'static str,
    places: &'static [&'static str],
    why: &'static str,
}

impl Only {
    /// Tests and benches may read clocks and make evidence, to show that it is refused and what it costs; unsafe code they
    /// may not write either.
    fn is_out_of_place(&self, path: &str, line: &str) -> bool {
        let judges = path.contains("/tests/") || path.contains("/benches/");
        let exempt = path.starts_with("xtask/src/tidy") || (self.what != UNSAFE && judges);
        let comment = line.trim_start().starts_with("//");
        line.contains(self.what) && !exempt && !comment && !self.places.iter().any(|allowed| path.starts_with(allowed))
    }
}

const UNSAFE: &str = "unsafe {";

const ONLY: &[Only] = &[
    Only {
        what: "Possession::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "Presented::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "ReadBoth::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "FaceMatched::compared(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "Receipted::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "ProvedCompany::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "Requested::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "Authenticated::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "PasswordKnown::verified(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "PasswordChosen::judged(",
        places: &["server/src/desk/evidence.rs", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: "Informed::opened(",
        places: &["server/src/desk/evidence.rs", "server/src/store/", "casework/"],
        why: "evidence has one constructor and one caller",
    },
    Only {
        what: UNSAFE,
        places: &["card/src/pcsc", "xtask/src/tidy"],
        why: "unsafe code loads PC/SC and does nothing else",
    },
    Only {
        what: "SystemTime::now",
        places: &["server/src/clock.rs", "agent/src/clock.rs", "xtask/"],
        why: "time is an argument",
    },
];

/// What is held to length and name; the finer checks are of Rust alone.
const ENDINGS: [&str; 5] = ["rs", "css", "js", "mjs", "py"];

const VAGUE: &[&str] = &[
    "Manager", "Service", "Helper", "Util", "Common", "Handler", "Impl", "Data", "Info",
];

/// Terms of the field that end like empty words: ISO 7816-4 reference data, RFC 5652 SignerInfo; a year of which no holidays
/// are known is what DOMAIN §10.3 calls one with no data.
const FIELD: &[&str] = &["ReferenceData", "SignerInfo", "NoData"];

const NOUNS: &[(&str, &[&str])] = &[(
    "revocation",
    &[
        "casework/src",
        "server/src/desk",
        "server/src/store",
        "server/src/portal",
    ],
)];
