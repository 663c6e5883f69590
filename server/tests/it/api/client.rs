//! The worked client of docs/api.md, run as it stands there.

use std::path::Path;
use std::process::Command;

use casework::officer::Role;
use pki::key::SoftwareKey;
use pki::ocsp::Status;
use serde_json::json;

use super::stand::{Card, OFFICE, Stand, entry, form, scan};

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.py");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");

/// Key and certificates as files, as a program has them.
fn write(card: &Card, directory: &Path, name: &str) {
    let pem = |key: &SoftwareKey, file: &str| {
        let der = directory.join(format!("{file}.der"));
        std::fs::write(&der, &*key.to_pkcs8().unwrap()).unwrap();
        let arguments = ["pkey", "-inform", "DER", "-in", der.to_str().unwrap(), "-out", file];
        assert_eq!(crate::node::run("openssl", &arguments, directory).0, 0);
    };
    pem(&card.authentication_key, &format!("{name}-authentication.key"));
    pem(&card.signature_key, &format!("{name}-signature.key"));
    let file = |kind: &str| directory.join(format!("{name}-{kind}.pem"));
    std::fs::write(file("authentication"), card.authentication.to_pem()).unwrap();
    std::fs::write(file("signature"), card.signature.to_pem()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_of_the_documents_revokes_a_card_and_walks_a_paper() {
    let stand = Stand::new().await;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let first = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let second = stand.officer(OFFICE, "1002", "見本 次郎", &[Role::Approval]).await;
    let (online, paper) = (stand.card("鍵守 太郎").await, stand.card("鍵守 太郎").await);
    for (card, name) in [(&first.card, "first"), (&second.card, "second"), (&online, "holder")] {
        write(card, place, name);
    }
    std::fs::write(place.join("form.json"), form().to_string()).unwrap();
    let mut said = entry(&paper, stand.node.now());
    said["scans"] = json!([]);
    std::fs::write(place.join("paper.json"), said.to_string()).unwrap();
    std::fs::write(place.join("scan.png"), scan()).unwrap();

    let page = std::fs::read_to_string(PAGE).unwrap();
    let blocks: Vec<&str> = page
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 3, "the page has its commands");
    let script = format!("set -eu\n{}", blocks.concat());
    let done = tokio::task::spawn_blocking({
        let (place, origin) = (place.to_owned(), stand.origin());
        let tokens = (first.program.token.clone(), second.program.token.clone());
        move || {
            Command::new("bash")
                .args(["-c", &script])
                .current_dir(place)
                .env("KAGIMORI", origin)
                .env("CLIENT", CLIENT)
                .env("KAGIMORI_TOKEN", tokens.0)
                .env("KAGIMORI_SECOND_TOKEN", tokens.1)
                .output()
                .unwrap()
        }
    })
    .await
    .unwrap();
    let printed = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&printed));
    for card in [&online, &paper] {
        assert!(matches!(
            stand.node.ocsp(&card.signature.serial()).await,
            Status::Revoked { .. }
        ));
    }
}
