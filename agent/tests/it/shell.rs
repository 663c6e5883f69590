//! The commands of `kagimori-agent`.

use std::process::{Command, Output, Stdio};

pub(crate) fn agent(words: &[&str], dir: &std::path::Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kagimori-agent"))
        .args(words)
        .env("KAGIMORI_AGENT_DIR", dir.join("state"))
        .env_remove("KAGIMORI_PIN")
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn with_pin(words: &[&str], dir: &std::path::Path, pin: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kagimori-agent"))
        .args(words)
        .env("KAGIMORI_PIN", pin)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn every_command_has_help_with_examples() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["--help"][..],
        &["serve", "--help"],
        &["open", "--help"],
        &["allow", "--help"],
        &["doctor", "--help"],
        &["card", "list", "--help"],
        &["card", "show", "--help"],
        &["card", "verify-pin", "--help"],
        &["card", "change-pin", "--help"],
        &["card", "sign", "--help"],
        &["virtual-card", "--help"],
        &["app", "--help"],
        &["kiosk", "--help"],
    ] {
        let output = agent(words, dir.path());
        assert!(output.status.success(), "{words:?}");
        assert!(said(&output).contains("Example"), "{words:?}: {}", said(&output));
    }
}

#[test]
fn allow_remembers_an_origin_and_says_why_another_is_none() {
    let dir = tempfile::tempdir().unwrap();
    assert!(agent(&["allow", "https://ca.example.jp"], dir.path()).status.success());
    let portals = agent::Home::new(dir.path().join("state")).portals().unwrap();
    assert_eq!(portals, ["https://ca.example.jp".parse().unwrap()]);
    for bad in ["http://ca.example.jp", "ca.example.jp", "https://ca.example.jp/path"] {
        let output = agent(&["allow", bad], dir.path());
        assert!(
            !output.status.success() && said(&output).contains("https"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_virtual_card_is_made_certified_and_loaded() {
    use pki::csr::CertificateRequest;
    let dir = tempfile::tempdir().unwrap();
    let new = [
        "virtual-card",
        "new",
        "--kind",
        "piv",
        "--state",
        "card.json",
        "--csr",
        "requests",
    ];
    let output = agent(&new, dir.path());
    assert!(
        !output.status.success() && said(&output).contains("KAGIMORI_PIN"),
        "{}",
        said(&output)
    );
    let output = with_pin(&new, dir.path(), "1234");
    assert!(
        !output.status.success() && !dir.path().join("card.json").exists(),
        "{}",
        said(&output)
    );
    let output = with_pin(&new, dir.path(), "48151623");
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("48151623"));
    for name in ["authentication", "signature"] {
        let text = std::fs::read_to_string(dir.path().join(format!("requests/{name}.csr"))).unwrap();
        CertificateRequest::from_pem(&text).unwrap();
    }
    // Nothing is overwritten, and a certificate of another card is not taken.
    assert!(!with_pin(&new, dir.path(), "48151623").status.success());
    let (other, _) = crate::bench::card();
    let foreign = other.certificate(card::piv::Slot::Signature).unwrap();
    std::fs::write(dir.path().join("foreign.cer"), foreign.der()).unwrap();
    let output = agent(
        &["virtual-card", "load", "--state", "card.json", "foreign.cer"],
        dir.path(),
    );
    assert!(
        !output.status.success() && said(&output).contains("not on this card"),
        "{}",
        said(&output)
    );
}

#[test]
fn a08_a_second_process_is_told_which_card_is_in_use_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("card.json");
    let new = agent::virtual_card::NewCard {
        storage: agent::virtual_card::Storage::File(state.clone()),
        tries: agent::virtual_card::Tries::AUTHORITY,
        keys: agent::virtual_card::Keys::P256,
        pin: "48151623",
        puk: "12345678",
    };
    let held = agent::virtual_card::example(new, 0).unwrap();
    let words = [
        "virtual-card",
        "--kind",
        "piv",
        "--state",
        "card.json",
        "--vpcd",
        "127.0.0.1:9",
    ];
    let output = with_pin(&words, dir.path(), "48151623");
    assert!(
        !output.status.success() && said(&output).contains("card.json is in use: end the kagimori-agent"),
        "{}",
        said(&output)
    );
    drop(held);
    let output = with_pin(&words, dir.path(), "48151623");
    assert!(
        said(&output).contains("start pcscd"),
        "control: it comes as far as the reader: {}",
        said(&output)
    );
}

#[test]
fn a_virtual_card_without_a_reader_says_what_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let words = [
        "virtual-card",
        "--kind",
        "piv",
        "--state",
        "card.json",
        "--vpcd",
        "127.0.0.1:9",
    ];
    let output = with_pin(&words, dir.path(), "48151623");
    assert!(
        !output.status.success() && said(&output).contains("start pcscd"),
        "{}",
        said(&output)
    );
    assert!(dir.path().join("card.json").exists(), "the example card was made");
}

#[test]
fn doctor_speaks_json_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let output = agent(&["doctor", "--json", "--port", "9"], dir.path());
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let subjects: Vec<&str> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect();
    assert!(
        subjects.contains(&"PC/SC") && subjects.contains(&"phrase") && subjects.contains(&"agent"),
        "{subjects:?}"
    );
    let ill = findings
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| finding["health"] == "ill");
    assert_eq!(output.status.success(), !ill);
}

#[test]
fn no_command_takes_a_pin_as_an_argument() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["card", "verify-pin", "123456"][..],
        &["card", "verify-pin", "--pin", "123456"],
    ] {
        assert!(!agent(words, dir.path()).status.success());
    }
}
