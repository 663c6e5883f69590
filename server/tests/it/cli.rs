//! The operator's commands, by the built binary.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::node::{collect, free_port, run};
use crate::operator::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sets_up_issues_serves_and_revokes() {
    let desk = Desk::new();
    desk.done(&[
        "ca",
        "create",
        "--name",
        "root",
        "--profile",
        "root",
        "--algorithm",
        "p384",
        "--common-name",
        "見本ルート認証局",
    ]);
    desk.done(&[
        "ca",
        "create",
        "--name",
        "mihon",
        "--profile",
        "issuing",
        "--parent",
        "root",
        "--algorithm",
        "rsa-2048",
    ]);
    desk.done(&["office", "load", "office.toml"]);
    assert_eq!(desk.json(&["office", "list"])["offices"][0]["version"], 1);
    assert_eq!(desk.json(&["ca", "list"]).as_array().unwrap().len(), 2);
    desk.write("taro.toml", server::authority::holder::EXAMPLE);
    let issued = desk.issues("card.pem");
    let serial = issued["serial"].as_str().unwrap().to_owned();
    assert!(serial.len() > 40, "in full: {serial}");
    desk.write(
        "ca.pem",
        &(desk.done(&["ca", "show", "--ca", "root", "--pem"]) + &desk.done(&["ca", "show", "--ca", "mihon", "--pem"])),
    );
    let (status, said) = run(
        "openssl",
        &["verify", "-x509_strict", "-CAfile", "ca.pem", "card.pem"],
        desk.place(),
    );
    assert_eq!(status, 0, "{said}");
    let server = desk.serve().await;
    let ask = || {
        let url = format!("http://127.0.0.1:{}/ocsp/mihon", desk.validation);
        desk.write("mihon.pem", &desk.done(&["ca", "show", "--ca", "mihon", "--pem"]));
        run(
            "openssl",
            &[
                "ocsp",
                "-issuer",
                "mihon.pem",
                "-cert",
                "card.pem",
                "-url",
                &url,
                "-CAfile",
                "ca.pem",
            ],
            desk.place(),
        )
        .1
    };
    assert!(ask().contains("card.pem: good"), "{}", ask());
    // While the server runs, on the same database.
    desk.done(&[
        "ca",
        "revoke",
        "--ca",
        "mihon",
        "--serial",
        &serial,
        "--reason",
        "keyCompromise",
    ]);
    let begun = Instant::now();
    while !ask().contains("card.pem: revoked") {
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{}", ask());
    }
    let lists = desk.json(&["ca", "crl", "--ca", "mihon", "--out", "lists"]);
    let entries: i64 = lists["lists"]
        .as_array()
        .unwrap()
        .iter()
        .map(|list| list["entries"].as_i64().unwrap())
        .sum();
    assert_eq!(entries, 1);
    assert!(desk.json(&["ca", "show", "--ca", "mihon", "--serial", &serial])["revoked_at"].is_string());
    let (status, said) = desk.kagimori(&[
        "ca",
        "revoke",
        "--ca",
        "mihon",
        "--serial",
        &serial,
        "--reason",
        "superseded",
    ]);
    assert_eq!(
        (status, said.lines().count()),
        (1, 1),
        "a second revocation is refused: {said}"
    );
    // A certificate that is issued beside the running server is known to it.
    desk.issues("card.pem");
    let begun = Instant::now();
    while !ask().contains("card.pem: good") {
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{}", ask());
    }
    server.end();
    let lists: Vec<_> = std::fs::read_dir(desk.place().join("lists"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let mut lint = vec!["lint", "card.pem", "mihon.pem"];
    lint.extend(lists.iter().map(|path| path.to_str().unwrap()));
    desk.done(&lint);
    for path in &lists {
        collect("crl", &std::fs::read(path).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_has_three_answers_and_an_exit_status_for_each() {
    let desk = Desk::new();
    desk.founds();
    let issued = desk.issues("card.pem");
    desk.write("root.pem", &desk.done(&["ca", "show", "--ca", "root", "--pem"]));
    desk.write("mihon.pem", &desk.done(&["ca", "show", "--ca", "mihon", "--pem"]));
    let path = ["verify", "--anchor", "root.pem", "--intermediate", "mihon.pem"];
    let verify = |more: &[&str]| {
        let (status, said) = desk.kagimori(&[&path[..], more, &["card.pem"]].concat());
        let value: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        (status, value["result"].as_str().unwrap().to_owned())
    };
    assert_eq!(verify(&[]), (0, "valid".to_owned()));
    assert_eq!(verify(&["--require-revocation"]), (2, "undetermined".to_owned()));
    assert_eq!(verify(&["--time", "2050-01-01T00:00:00Z"]), (1, "invalid".to_owned()));
    // Policies, the wanted name, and files that do not hold what they should.
    let other_policy = &["--policy", "1.2.3.4"];
    assert_eq!(
        verify(other_policy),
        (0, "valid".to_owned()),
        "it is asked for, and need not be there"
    );
    assert_eq!(
        verify(&["--policy", "1.2.3.4", "--explicit-policy"]),
        (1, "invalid".to_owned())
    );
    assert_eq!(
        verify(&["--explicit-policy", "--inhibit-policy-mapping"]),
        (0, "valid".to_owned())
    );
    assert_eq!(verify(&["--name-check", "host.example"]), (1, "invalid".to_owned()));
    desk.write("broken.pem", "no certificate and no list");
    assert_eq!(verify(&["--intermediate", "broken.pem"]), (0, "valid".to_owned()));
    assert_eq!(verify(&["--crl", "broken.pem"]), (2, "undetermined".to_owned()));
    for (wrong, status) in [
        (&["--crl", "nowhere.crl", "card.pem"][..], 64),
        (&["--anchor", "broken.pem", "card.pem"], 64),
        (&["--policy", "P1", "card.pem"], 64),
        (&["--name-check", "a b", "card.pem"], 64),
        (&["--time", "yesterday", "card.pem"], 64),
        (&["broken.pem"], 1),
    ] {
        assert_eq!(desk.kagimori(&[&path[..], wrong].concat()).0, status, "{wrong:?}");
    }
    let (status, _) = desk.kagimori(&["verify", "--anchor", "mihon.pem", "card.pem"]);
    assert_eq!(status, 0, "an issuing CA may be the anchor");
    let (status, said) = desk.kagimori(&["verify", "--anchor", "root.pem", "card.pem"]);
    assert!(
        status == 1 && said.contains("invalid"),
        "no path without what lies between: {said}"
    );
    desk.done(&["ca", "crl", "--ca", "mihon", "--out", "before"]);
    desk.done(&[
        "ca",
        "revoke",
        "--ca",
        "mihon",
        "--serial",
        issued["serial"].as_str().unwrap(),
        "--reason",
        "unspecified",
    ]);
    desk.done(&["ca", "crl", "--ca", "mihon", "--out", "after"]);
    let lists = |directory: &str| -> Vec<String> {
        (0..4)
            .flat_map(|shard| ["--crl".to_owned(), format!("{directory}/mihon-{shard}.crl")])
            .collect()
    };
    let lists_of = |directory: &str| verify(&lists(directory).iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(lists_of("before"), (0, "valid".to_owned()));
    assert_eq!(lists_of("after"), (1, "invalid".to_owned()));
    let both: Vec<String> = [lists("before"), lists("after")].concat();
    assert_eq!(
        verify(&both.iter().map(String::as_str).collect::<Vec<_>>()).0,
        1,
        "p06: the newer list counts"
    );
    assert_eq!(desk.kagimori(&["verify", "card.pem"]).0, 64, "wrong usage");
}

#[test]
fn every_mistake_is_answered_with_one_sentence_and_its_exit_status() {
    let desk = Desk::new();
    desk.done(&[
        "ca",
        "create",
        "--name",
        "root",
        "--profile",
        "root",
        "--algorithm",
        "p256",
    ]);
    desk.write("broken.toml", "data_dir = 7\n");
    desk.write("not.csr", "no request");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--config", "nowhere.toml", "serve"], 1, "kagimori init"),
        (&["--config", "broken.toml", "serve"], 1, "broken.toml, line 1"),
        (&["serve", "--role", "cook"], 64, "portal, validation and errands"),
        (
            &[
                "ca",
                "create",
                "--name",
                "root",
                "--profile",
                "root",
                "--algorithm",
                "p256",
            ],
            1,
            "already",
        ),
        (
            &[
                "ca",
                "create",
                "--name",
                "Root!",
                "--profile",
                "root",
                "--algorithm",
                "p256",
            ],
            1,
            "a-z, 0-9",
        ),
        (
            &[
                "ca",
                "create",
                "--name",
                "x",
                "--profile",
                "issuing",
                "--algorithm",
                "p256",
            ],
            64,
            "--parent",
        ),
        (
            &[
                "ca",
                "create",
                "--name",
                "x",
                "--profile",
                "issuing",
                "--parent",
                "nobody",
                "--algorithm",
                "p256",
            ],
            1,
            "ca list",
        ),
        (
            &[
                "ca",
                "create",
                "--name",
                "x",
                "--profile",
                "root",
                "--algorithm",
                "rsa-1024",
            ],
            64,
            "rsa-1024",
        ),
        (
            &[
                "ca",
                "issue",
                "--ca",
                "root",
                "--profile",
                "authority-card-signature",
                "--csr",
                "not.csr",
            ],
            1,
            "not.csr",
        ),
        (
            &[
                "ca",
                "issue",
                "--ca",
                "root",
                "--profile",
                "authority-card-signature",
                "--csr",
                "missing.csr",
            ],
            1,
            "missing.csr",
        ),
        (
            &[
                "ca",
                "revoke",
                "--ca",
                "root",
                "--serial",
                "4711",
                "--reason",
                "superseded",
            ],
            1,
            "4711",
        ),
        (
            &[
                "ca",
                "revoke",
                "--ca",
                "root",
                "--serial",
                "4711",
                "--reason",
                "certificateHold",
            ],
            64,
            "certificateHold",
        ),
        (
            &[
                "ca",
                "revoke",
                "--ca",
                "root",
                "--serial",
                "-1",
                "--reason",
                "superseded",
            ],
            64,
            "",
        ),
        (&["office", "load", "broken.toml"], 1, "line 1"),
        (&["lint", "missing.pem"], 1, "missing.pem"),
        (&["dance"], 64, "dance"),
    ];
    for (arguments, status, word) in cases {
        let (was, said) = desk.kagimori(arguments);
        assert_eq!(was, *status, "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {word:?} in {said:?}");
        assert!(
            *status == 64 || said.lines().count() == 1,
            "{arguments:?}: one sentence: {said:?}"
        );
    }
    desk.write("passphrase", "wrong\n");
    let (status, said) = desk.kagimori(&["serve"]);
    assert!(
        status == 1 && said.lines().last().unwrap().contains("passphrase"),
        "{said}"
    );
    std::fs::remove_file(desk.place().join("passphrase")).unwrap();
    let (status, said) = desk.kagimori(&["ca", "crl", "--ca", "root"]);
    assert!(status == 1 && said.contains("passphrase"), "{said}");
}

#[test]
fn every_command_shows_examples_in_its_help() {
    let desk = Desk::new();
    let commands = [
        "serve",
        "init",
        "ca",
        "ca create",
        "ca issue",
        "ca import",
        "ca revoke",
        "ca crl",
        "ca list",
        "ca show",
        "office",
        "office load",
        "office list",
        "mail",
        "verify",
        "lint",
        "migrate",
    ];
    for command in commands {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let (status, said) = desk.kagimori(&arguments);
        assert!(
            status == 0 && said.contains("Example") && said.contains("kagimori "),
            "{command}: {said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_named_and_a_second_server_on_the_same_data_is_refused() {
    let desk = Desk::new();
    desk.done(&[
        "ca",
        "create",
        "--name",
        "root",
        "--profile",
        "root",
        "--algorithm",
        "p256",
    ]);
    let server = desk.serve().await;
    let (status, said) = desk.kagimori(&["serve"]);
    assert!(
        status == 1 && said.contains(&format!("127.0.0.1:{}", desk.portal)) && said.contains("[[listen]]"),
        "{said}"
    );
    let (portal, validation) = (free_port(), free_port());
    let text = std::fs::read_to_string(desk.place().join("kagimori.toml")).unwrap();
    let moved = text
        .replace(&format!(":{}\"", desk.portal), &format!(":{portal}\""))
        .replace(&format!(":{}\"", desk.validation), &format!(":{validation}\""));
    desk.write("moved.toml", &moved);
    let (status, said) = desk.kagimori(&["--config", "moved.toml", "serve"]);
    assert!(status == 1 && said.contains("another process"), "{said}");
    server.end();
}
