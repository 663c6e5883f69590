//! The configuration: what is refused, where, and in which words.

use std::path::{Path, PathBuf};

use server::config::{Config, ConfigFault, Secret, Serves};

#[test]
fn the_commented_configuration_of_init_is_accepted_and_shows_the_defaults() {
    let shown = parse(Config::commented()).unwrap();
    let uncommented: String = Config::commented()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            // A commented-out key shows its default, so that taking the comment away changes nothing.
            Some(rest)
                if rest.split_once(" = ").is_some_and(|(key, _)| {
                    key.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_')
                        && !["tls", "behind", "user", "password", "mail", "from", "time_source"].contains(&key)
                }) =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(uncommented.contains("\nmax_age_seconds = 300"));
    assert_eq!(parse(&uncommented).unwrap(), shown);
    assert!(shown.listen[0].serves(Serves::Portal) && !shown.listen[0].serves(Serves::Metrics));
}

#[test]
fn relative_paths_start_at_the_directory_of_the_file() {
    let config = parse(Config::commented()).unwrap();
    assert_eq!(config.data_dir, Path::new("/etc/kagimori/data"));
    assert_eq!(config.store, "sqlite:///etc/kagimori/data/kagimori.db");
    assert_eq!(
        config.keys.passphrase,
        Secret::File(PathBuf::from("/etc/kagimori/passphrase"))
    );
}

/// (what is replaced, by what, the line it stands in, what the sentence must hold)
const BROKEN: &[(&str, &str, &str, &[&str])] = &[
    (
        "data_dir = \"data\"",
        "data_dri = \"data\"",
        "data_dri",
        &["unknown key `data_dri`", "`data_dir`"],
    ),
    (
        "data_dir = \"data\"",
        "data_dir = 7",
        "data_dir",
        &["`data_dir`", "expected"],
    ),
    (
        "serves = [\"portal\"]",
        "serves = [\"portal\", \"pages\"]",
        "serves = [\"portal\", \"pages\"]",
        &["unknown value `pages`", "`validation`"],
    ),
    (
        "address = \"127.0.0.1:8081\"",
        "address = \"127.0.0.1\"",
        "address = \"127.0.0.1\"\n",
        &["listen[1].address", "a port"],
    ),
    (
        "# max_age_seconds = 300",
        "max_age_seconds = -1",
        "max_age_seconds",
        &["validation.max_age_seconds", "between 0 and 28800"],
    ),
    (
        "# answer_hours = 24 ",
        "answer_hours = 8 ",
        "answer_hours = 8",
        &["between 16 and 240"],
    ),
    (
        "origin = \"http://127.0.0.1:8080\"",
        "origin = \"http://portal.example.jp\"",
        "origin",
        &["portal.origin", "https://"],
    ),
    (
        "url = \"http://127.0.0.1:8081\"",
        "url = \"https://pki.example.jp\"",
        "https://pki",
        &["validation.url", "never https"],
    ),
    (
        "url = \"sqlite://data/kagimori.db\"",
        "url = \"mysql://db\"",
        "mysql",
        &["store.url", "postgres://"],
    ),
    ("[keys]", "[key]", "[key]", &["unknown key `key`", "`keys`"]),
    (
        "passphrase = { file = \"passphrase\" }",
        "passphrase = \"secret\"",
        "passphrase = \"secret\"",
        &["keys.passphrase"],
    ),
    (
        "passphrase = { file = \"passphrase\" }",
        "passphrase = { value = \"secret\" }",
        "value",
        &["`value`", "`file`", "`env`"],
    ),
    (
        "server = \"127.0.0.1:25\"",
        "server = \"127.0.0.1\"",
        "server = \"127.0.0.1\"",
        &["mail.server"],
    ),
    ("# filter = \"info\"", "filter = \"==\"", "filter", &["log.filter"]),
    ("[store]", "[store", "[store\n", &["expected"]),
];

#[test]
fn every_broken_configuration_is_refused_with_its_line_and_what_is_allowed() {
    for (from, to, marker, words) in BROKEN {
        let text = Config::commented().replacen(from, to, 1);
        assert_ne!(&text, Config::commented(), "{from:?} is in the file");
        let line = text
            .lines()
            .position(|line| format!("{line}\n").contains(marker))
            .unwrap()
            + 1;
        let fault = parse(&text).expect_err(to);
        let said = fault.to_string();
        assert!(
            said.starts_with(&format!("/etc/kagimori/kagimori.toml, line {line}")),
            "{to}: line {line} in {said:?}"
        );
        assert!(!said.contains('\n'), "one sentence: {said:?}");
        for word in *words {
            assert!(said.contains(word), "{to}: {word:?} in {said:?}");
        }
    }
}

#[test]
fn a_missing_key_and_a_missing_file_are_named() {
    let text = Config::commented().replace("url = \"sqlite://data/kagimori.db\"", "");
    let said = parse(&text).unwrap_err().to_string();
    assert!(said.contains("missing key `url`"), "{said}");
    let said = Config::read(Path::new("/nowhere/kagimori.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("/nowhere/kagimori.toml") && said.contains("kagimori init"),
        "{said}"
    );
}

#[test]
fn a_secret_comes_from_its_file_without_the_line_break_and_an_empty_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("passphrase");
    std::fs::write(&path, "open sesame\r\n").unwrap();
    assert_eq!(Secret::File(path.clone()).read().unwrap().as_slice(), b"open sesame");
    std::fs::write(&path, "\n").unwrap();
    assert!(matches!(Secret::File(path).read(), Err(ConfigFault::Secret { .. })));
    let said = Secret::Environment("KAGIMORI_NOT_SET".to_owned())
        .read()
        .unwrap_err()
        .to_string();
    assert!(said.contains("KAGIMORI_NOT_SET"), "{said}");
}

fn parse(text: &str) -> Result<Config, ConfigFault> {
    Config::parse(
        text,
        Path::new("/etc/kagimori/kagimori.toml"),
        Path::new("/etc/kagimori"),
    )
}

#[test]
fn a_listener_for_terminals_without_tls_is_refused_where_a_network_lies_between() {
    let with = |address: &str| {
        let text = Config::commented().replacen(
            "address = \"127.0.0.1:8081\"\nserves = [\"validation\", \"metrics\"]",
            &format!("address = \"{address}\"\nserves = [\"enrolment\"]"),
            1,
        );
        parse(&text)
    };
    assert!(with("127.0.0.1:8443").unwrap().listen[1].serves(Serves::Enrolment));
    let said = with("0.0.0.0:8443").unwrap_err().to_string();
    assert!(said.contains("needs `tls`"), "{said}");
}
