//! What the operator's page promises: every metric and every line of the log that it names, and units that systemd takes.

use std::collections::BTreeSet;
use std::path::Path;

use crate::house::Place;
use crate::node::{Node, get, run};

#[test]
fn the_metric_reference_names_every_metric_and_no_other() {
    let source = include_str!("../../src/metrics.rs");
    let (_, rest) = source.split_once("registered! {\n").unwrap();
    let (list, _) = rest.split_once("        }\n").unwrap();
    let registered: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(name, _)| format!("kagimori_{name}"))
        .collect();
    assert!(registered.len() > 15, "{registered:?}");
    assert_eq!(rows("## Metrics"), registered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_exposes_only_metrics_of_the_reference() {
    let node = Node::start(Place::on_sqlite()).await;
    let issued = node.issue().await;
    node.ocsp(&issued.certificate.serial()).await;
    let text = String::from_utf8(get(node.validation(), "/metrics").await.body).unwrap();
    let exposed: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert!(exposed.len() > 10, "{text}");
    assert!(exposed.is_subset(&rows("## Metrics")), "{exposed:?}");
}

#[test]
fn every_line_of_the_log_reference_is_one_of_the_programs() {
    let mut program = String::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                program.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let lines = rows("## The log");
    assert!(lines.len() > 10);
    for line in lines {
        assert!(program.contains(&format!("\"{line}\"")), "{line}");
    }
}

#[test]
fn the_thresholds_of_the_page_are_the_defaults_of_the_program() {
    let alarms = server::config::Config::commented();
    for (key, default) in [
        ("list_percent", "50 %"),
        ("authority_days", "90"),
        ("responder_days", "7"),
        ("outbox_minutes", "30"),
        ("disk_percent", "10 %"),
        ("clock_seconds", "5"),
        ("tls_days", "21"),
    ] {
        let number = default.trim_end_matches(" %");
        assert!(alarms.contains(&format!("# {key} = {number} ")), "{key}");
        let told =
            page().contains(&format!("`{key}` ({default})")) || page().contains(&format!("`{key}` ({default} free)"));
        assert!(told, "{key}");
    }
}

#[test]
fn systemd_takes_the_units() {
    let units = tempfile::tempdir().unwrap();
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging");
    let names = ["kagimori.service", "kagimori-backup.service", "kagimori-backup.timer"];
    for name in names {
        let text = std::fs::read_to_string(packaging.join(name)).unwrap();
        // The unit names where a package puts the program; here it is where it was built.
        let text = text.replace("/usr/bin/kagimori", env!("CARGO_BIN_EXE_kagimori"));
        std::fs::write(units.path().join(name), text).unwrap();
        let (status, said) = run("systemd-analyze", &["verify", "--man=no", name], units.path());
        assert_eq!((status, said.as_str()), (0, ""), "{name}");
    }
    let broken = units.path().join("broken.service");
    std::fs::write(&broken, "[Service]\nExecStart=/nowhere\nProtectSystm=strict\n").unwrap();
    let (_, said) = run(
        "systemd-analyze",
        &["verify", "--man=no", "broken.service"],
        units.path(),
    );
    assert!(said.contains("ProtectSystm"), "the control: {said}");
}

/// The first column of the table under a heading.
fn rows(heading: &str) -> BTreeSet<String> {
    let (_, rest) = page().split_once(&format!("{heading}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn page() -> &'static str {
    include_str!("../../../docs/operations.md")
}
