//! The first commands in an empty directory: what is written, what is left alone, and what is said.

use std::path::Path;

use serde_json::Value;

use crate::node::{free_port, run};

#[test]
fn init_writes_the_names_and_addresses_that_are_given() {
    let place = tempfile::tempdir().unwrap();
    let said = done(
        place.path(),
        &[
            "init",
            "--office",
            "toyo",
            "--name-ja",
            "東洋認証局",
            "--name-en",
            "Toyo CA",
            "--origin",
            "https://portal.ca.example",
            "--validation",
            "http://pki.ca.example",
            "--mail",
            "smtp.ca.example:587",
        ],
    );
    assert!(
        said.starts_with("wrote kagimori.toml, passphrase, office.toml\n"),
        "{said}"
    );
    let configuration = read(place.path(), "kagimori.toml");
    for line in [
        "origin = \"https://portal.ca.example\"",
        "url = \"http://pki.ca.example\"",
        "server = \"smtp.ca.example:587\"",
    ] {
        assert!(configuration.lines().any(|written| written == line), "{line}");
    }
    let office = read(place.path(), "office.toml");
    assert!(office.contains("id = \"toyo\"") && office.contains("東洋認証局") && office.contains("Toyo CA"));
    assert!(!office.contains("見本認証局") && !office.contains("Mihon Certification Authority"));
}

#[test]
fn the_commands_that_init_prints_do_what_comes_next() {
    let place = tempfile::tempdir().unwrap();
    let told: Value = serde_json::from_str(&done(place.path(), &["init", "--office", "toyo", "--json"])).unwrap();
    let next: Vec<&str> = told["next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    for command in next
        .iter()
        .filter(|command| command.starts_with("kagimori ca ") || command.contains(" load "))
    {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        done(place.path(), &words);
    }
    let offices = done(place.path(), &["office", "list"]);
    assert!(offices.starts_with("toyo "), "{offices}");
    let authorities = done(place.path(), &["ca", "list"]);
    assert!(authorities.contains("mihon-issuing"), "{authorities}");
}

#[test]
fn what_is_there_is_not_overwritten_and_a_flag_for_it_is_refused() {
    let place = tempfile::tempdir().unwrap();
    done(place.path(), &["init"]);
    let files = ["kagimori.toml", "office.toml", "passphrase"];
    let before = files.map(|name| read(place.path(), name));
    let again = done(place.path(), &["init"]);
    assert!(again.starts_with("everything is there already"), "{again}");
    for (flag, value, file) in [
        ("--origin", "https://portal.ca.example", "kagimori.toml"),
        ("--mail", "smtp.ca.example:25", "kagimori.toml"),
        ("--office", "toyo", "office.toml"),
        ("--name-en", "Toyo CA", "office.toml"),
    ] {
        let (status, said) = kagimori(place.path(), &["init", flag, value]);
        assert!(status == 64 && said.contains(flag) && said.contains(file), "{said}");
    }
    assert_eq!(files.map(|name| read(place.path(), name)), before);
}

#[test]
fn a_value_that_would_not_work_writes_nothing() {
    for wrong in [
        ["--origin", "portal.ca.example"],
        ["--mail", "not a server"],
        ["--office", "Not An Id"],
        ["--name-ja", "a \"quoted\" name"],
    ] {
        let place = tempfile::tempdir().unwrap();
        let (status, said) = kagimori(place.path(), &["init", wrong[0], wrong[1]]);
        assert_eq!(status, 64, "{wrong:?}: {said}");
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "{wrong:?}");
    }
}

#[test]
fn a_test_letter_that_nobody_takes_says_which_server_and_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let server = format!("127.0.0.1:{}", free_port());
    done(place.path(), &["init", "--mail", &server]);
    let ask = ["mail", "--office", "mihon-ca", "--to", "hanako@ca.example"];
    let (status, said) = kagimori(place.path(), &ask);
    assert!(status == 1 && said.contains("kagimori office list"), "{said}");
    done(place.path(), &["office", "load", "office.toml"]);
    let (status, said) = kagimori(place.path(), &ask);
    assert!(
        status == 1 && said.contains(&server) && said.contains("[mail]"),
        "{said}"
    );
    let (status, said) = kagimori(place.path(), &["mail", "--office", "mihon-ca", "--to", "nobody"]);
    assert!(status == 64 && said.contains("--to"), "{said}");
}

fn kagimori(place: &Path, words: &[&str]) -> (i32, String) {
    run(env!("CARGO_BIN_EXE_kagimori"), words, place)
}

fn done(place: &Path, words: &[&str]) -> String {
    let (status, said) = kagimori(place, words);
    assert_eq!(status, 0, "{words:?}: {said}");
    said
}

fn read(place: &Path, name: &str) -> String {
    std::fs::read_to_string(place.join(name)).unwrap()
}
