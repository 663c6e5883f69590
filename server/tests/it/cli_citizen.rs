//! The operator's commands for citizens' cards and kiosks, by the built binary.

use std::os::unix::fs::PermissionsExt as _;

use crate::node::run;
use crate::operator::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_makes_a_citizens_card_and_lets_a_kiosk_ask() {
    let desk = Desk::new();
    desk.done(&[
        "ca",
        "create",
        "--name",
        "root",
        "--profile",
        "root",
        "--algorithm",
        "rsa-2048",
    ]);
    for (name, unit, policy) in [
        (
            "city-signature",
            "JPKI for digital signature",
            "1.2.392.200149.8.5.1.0.20",
        ),
        (
            "city-authentication",
            "JPKI for user authentication",
            "1.2.392.200149.8.5.1.3.30",
        ),
    ] {
        let made = [
            "ca",
            "create",
            "--name",
            name,
            "--profile",
            "issuing",
            "--parent",
            "root",
            "--algorithm",
            "rsa-2048",
        ];
        let named = ["--organisation", "JPKI-TEST", "--unit", unit, "--policy", policy];
        desk.done(&[&made[..], &named].concat());
    }
    let office = server::office::CITIZEN_EXAMPLE.replace(
        "authorities = [\"mihon-issuing\"]",
        "authorities = [\"city-signature\", \"city-authentication\"]",
    );
    desk.write("city.toml", &office);
    desk.done(&["office", "load", "city.toml"]);
    desk.write("taro.toml", server::authority::citizen::EXAMPLE);
    std::fs::write(desk.place().join("taro.jpg"), b"\xff\xd8\xff\xe0 a face").unwrap();
    std::fs::create_dir(desk.place().join("requests")).unwrap();
    desk.write("requests/card.json", "{ \"number\": \"1234567890123452\" }");
    for name in ["authentication", "signature"] {
        let (key, out) = (format!("{name}.pem"), format!("requests/{name}.csr"));
        let request = [
            "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=card", "-keyout", &key, "-out", &out,
        ];
        assert_eq!(run("openssl", &request, desk.place()).0, 0);
    }
    let issue = [
        "card",
        "issue",
        "--office",
        "mihon-city",
        "--csr",
        "requests",
        "--person",
        "taro.toml",
    ];
    let issue = [&issue[..], &["--face", "taro.jpg", "--out", "taro"]].concat();
    let made = desk.json(&issue);
    assert_eq!(
        (made["card"].as_str(), made["key_version"].as_u64()),
        (Some("1234567890123452"), Some(1))
    );
    let again = desk.json(&issue);
    assert_eq!(
        (&again["authentication"], &again["signature"]),
        (&made["authentication"], &made["signature"])
    );
    desk.write("root.pem", &desk.done(&["ca", "show", "--ca", "root", "--pem"]));
    for name in ["authentication", "signature"] {
        let (ca, own) = (format!("taro/{name}-ca.cer"), format!("taro/{name}.cer"));
        let verify = [
            "verify",
            "-x509_strict",
            "-policy_check",
            "-CAfile",
            "root.pem",
            "-untrusted",
            &ca,
            &own,
        ];
        let (status, said) = run("openssl", &verify, desk.place());
        assert_eq!(status, 0, "{said}");
        desk.done(&["lint", &own]);
    }
    let key = desk.place().join("taro/unblock.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(key).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        matches!(lines[..], ["1", one, other] if one.starts_with("91 ") && other.starts_with("92 ") && other.len() == 67)
    );
    assert!(!std::fs::read(desk.place().join("taro/visual.bin")).unwrap().is_empty());
    let (status, said) = desk.kagimori(&[&issue[..3], &["elsewhere"], &issue[4..]].concat());
    assert!(status == 1 && said.contains("office list"), "{said}");
    desk.write("requests/card.json", "{ \"number\": \"1234567890123453\" }");
    let (status, said) = desk.kagimori(&issue);
    assert!(status == 1 && said.contains("sixteen digits"), "{said}");
    assert_eq!(desk.json(&["card", "renew-key"])["key_version"], 2);

    let (status, _) = run(
        "openssl",
        &[
            "ecparam",
            "-name",
            "prime256v1",
            "-genkey",
            "-noout",
            "-out",
            "kiosk.pem",
        ],
        desk.place(),
    );
    assert_eq!(status, 0);
    assert_eq!(
        run(
            "openssl",
            &["ec", "-in", "kiosk.pem", "-pubout", "-out", "kiosk.pub"],
            desk.place()
        )
        .0,
        0
    );
    let enroll = [
        "kiosk",
        "enroll",
        "--office",
        "mihon-city",
        "--place",
        "見本市役所 1階ロビー",
        "kiosk.pub",
    ];
    let kiosk = desk.json(&enroll)["kiosk"].as_str().unwrap().to_owned();
    assert_eq!(desk.json(&enroll)["kiosk"], kiosk.as_str(), "the same again");
    let listed = desk.json(&["kiosk", "list", "--office", "mihon-city"]);
    assert_eq!(
        (
            listed["kiosks"][0]["kiosk"].as_str(),
            listed["kiosks"][0]["state"].as_str()
        ),
        (Some(&*kiosk), Some("enrolled"))
    );
    assert_eq!(
        desk.json(&["kiosk", "list", "--office", "mihon-ca"])["kiosks"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert_eq!(desk.json(&["kiosk", "revoke", &kiosk])["changed"], true);
    assert_eq!(desk.json(&["kiosk", "revoke", &kiosk])["changed"], false);
    let (status, said) = desk.kagimori(&enroll);
    assert!(status == 1 && said.contains("new key"), "{said}");
    let (status, said) = desk.kagimori(&[
        "kiosk",
        "enroll",
        "--office",
        "mihon-city",
        "--place",
        "here",
        "kiosk.pem",
    ]);
    assert!(status == 1 && said.contains("no public key of a kiosk"), "{said}");
    assert_eq!(desk.kagimori(&["kiosk", "revoke", "x"]).0, 64);
}
