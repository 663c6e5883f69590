//! The evidence of one case, as whoever has OpenSSL and nothing of ours gets it.

use std::path::{Path, PathBuf};
use std::process::Command;

use casework::time::Date;
use server::audit::case::{self, Evidence, VERIFY};
use server::authority::issue::Registrar;
use server::config::Config;
use server::office::AUTHORITY_EXAMPLE;

use crate::audit::files;
use crate::house::{House, PASSPHRASE, on_both};
use crate::retention::ran;

on_both! {
    async fn the_evidence_of_a_revocation_verifies_with_openssl(house: House) {
        let (bundle, evidence) = bundle(&house).await;
        assert!(evidence.events >= 4 && evidence.signed == 1 && evidence.revoked == 2, "{evidence:?}");
        let (code, said) = verify(bundle.path(), &[]);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("VERIFIED") && said.matches("revoked since").count() == 2, "{said}");
        // What is asked of evidence is there.
        let files = files(bundle.path());
        for part in [".txt", ".p7s", ".ocsp", ".crl", ".eml", ".event", ".proof", "case.json", "index.json", "authorities.pem"] {
            assert!(files.keys().any(|name| name.display().to_string().ends_with(part)), "{part}: {:?}", files.keys());
        }
        let index: serde_json::Value = serde_json::from_slice(&files[Path::new("index.json")]).unwrap();
        assert_eq!(index["events"].as_array().unwrap().len(), evidence.events);
        for name in files.keys().filter(|name| !name.starts_with("manifest") && !name.ends_with("manifest.sig")) {
            let name = name.display().to_string();
            assert!(name == "index.json" || index["files"].get(&name).is_some(), "{name}");
        }
    }
}

#[test]
fn the_script_has_at_most_fifty_lines() {
    assert!(VERIFY.lines().count() <= 50, "{}", VERIFY.lines().count());
}

/// Whoever verifies has the script, the key and the authorities; one octet of any file is another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a27_a_changed_octet_in_any_file_of_the_evidence_is_found() {
    let house = House::on_sqlite().await;
    let (bundle, _) = bundle(&house).await;
    let trusted = tempfile::tempdir().unwrap();
    let script = trusted.path().join("verify.sh");
    std::fs::write(&script, VERIFY).unwrap();
    let files = files(bundle.path());
    assert!(files.len() > 20, "{:?}", files.keys());
    assert_eq!(
        run(&script, bundle.path(), &[]).0,
        0,
        "the control: nothing was changed"
    );
    for (number, (name, content)) in files.iter().enumerate() {
        let path = bundle.path().join(name);
        for place in [number * 7_919 % content.len().max(1), content.len().saturating_sub(1)] {
            let mut changed = content.clone();
            match changed.get_mut(place) {
                Some(octet) => *octet ^= 1,
                None => changed.push(b'x'),
            }
            std::fs::write(&path, &changed).unwrap();
            let (code, said) = run(&script, bundle.path(), &[]);
            assert_ne!(code, 0, "{} at {place}: {said}", name.display());
        }
        std::fs::remove_file(&path).unwrap();
        assert_ne!(run(&script, bundle.path(), &[]).0, 0, "without {}", name.display());
        std::fs::write(&path, content).unwrap();
    }
    let stranger = bundle.path().join("signed/1-added.txt");
    std::fs::write(&stranger, "added").unwrap();
    assert_ne!(run(&script, bundle.path(), &[]).0, 0, "a file was added");
    std::fs::remove_file(stranger).unwrap();
    assert_eq!(
        run(&script, bundle.path(), &[]).0,
        0,
        "the control: everything was put back"
    );
}

/// Whoever holds the node's key signs any manifest. Every check stands on its own: with the manifest made to fit again and
/// signed by the key itself, a changed event, proof, head, text, signature, certificate, answer or list is still found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a27_the_node_itself_cannot_change_what_others_signed() {
    let house = House::on_sqlite().await;
    let (bundle, _) = bundle(&house).await;
    let trusted = tempfile::tempdir().unwrap();
    let key = trusted.path().join("key.pem");
    let seed = trusted.path().join("seed.der");
    std::fs::write(&seed, pkcs8(&house)).unwrap();
    std::fs::copy(bundle.path().join("key.pem"), &key).unwrap();
    let resign = || resign(bundle.path(), &seed);
    resign();
    assert_eq!(
        verify(bundle.path(), &[&key]).0,
        0,
        "the control: signed again, and nothing changed"
    );
    let original = files(bundle.path());
    let checked = [".event", ".proof", "checkpoint", ".txt", ".p7s", ".ocsp", ".crl"];
    for (name, content) in original
        .iter()
        .filter(|(name, _)| checked.iter().any(|end| name.display().to_string().ends_with(end)))
    {
        let mut changed = content.clone();
        let middle = changed.len() / 2;
        changed[middle] = if changed[middle] == b'0' { b'1' } else { b'0' };
        std::fs::write(bundle.path().join(name), &changed).unwrap();
        resign();
        let (code, said) = verify(bundle.path(), &[&key]);
        assert_ne!(code, 0, "{}: {said}", name.display());
        std::fs::write(bundle.path().join(name), content).unwrap();
    }
    resign();
    assert_eq!(
        verify(bundle.path(), &[&key]).0,
        0,
        "the control: everything was put back"
    );
}

/// What is left of a case that was past its time: that there were events, which of the log's events tell of their erasure,
/// and no word of what they said. Whoever takes an event away and calls it erased names another event, and is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_evidence_of_an_erased_case_says_how_much_was_erased_and_until_when() {
    let house = House::on_sqlite().await;
    let card = house
        .card_until(Date {
            year: 2027,
            month: 6,
            day: 30,
        })
        .await;
    let (case, _) = house.revoke(&card).await;
    let number = house.store().receipt(case.octets()).await.unwrap().unwrap().number;
    let kept = house.store().events(case.octets()).await.unwrap();
    house.it_is(
        Date {
            year: 2037,
            month: 7,
            day: 1,
        }
        .as_day()
        .begins(),
    );
    ran(&house).await;
    house.it_is(house.now().plus_seconds(31 * 86_400));
    ran(&house).await;
    assert_eq!(
        house.store().receipt_by_number(number).await.unwrap(),
        None,
        "nobody looks it up by its check code"
    );
    let out = tempfile::tempdir().unwrap();
    let registrar = registrar(&house).await;
    let evidence = case::evidence(&registrar, &house.place.data, number, out.path())
        .await
        .unwrap();
    assert_eq!(
        (evidence.events, evidence.signed, evidence.revoked),
        (kept.len() + 1, 0, 0),
        "and the one that tells"
    );
    let key = tempfile::tempdir().unwrap();
    let trusted = key.path().join("key.pem");
    std::fs::copy(out.path().join("key.pem"), &trusted).unwrap();
    let (code, said) = verify(out.path(), &[&trusted]);
    let told = format!(
        "{} of them erased (what they were about had ended by 2027-06-30)",
        kept.len()
    );
    assert!(code == 0 && said.contains(&told), "{said}");
    let all = files(out.path());
    for event in &kept {
        let text = event.document.as_bytes();
        for (name, content) in &all {
            assert!(
                !content.windows(text.len()).any(|octets| octets == text),
                "{}",
                name.display()
            );
        }
    }

    // The node itself signs every manifest; nothing else of the log lends itself to be called erased.
    let seed = key.path().join("seed.der");
    std::fs::write(&seed, pkcs8(&house)).unwrap();
    let erased: Vec<_> = all
        .keys()
        .filter(|name| name.extension().is_some_and(|end| end == "erased"))
        .collect();
    assert_eq!(erased.len(), kept.len());
    let path = out.path().join(erased[0]);
    let text = std::fs::read_to_string(&path).unwrap();
    let (commitment, by) = text.trim_end().split_once(' ').unwrap();
    let flipped = commitment.replacen(|digit: char| digit != '0', "0", 1);
    let told = std::fs::read(out.path().join(format!("events/{by}.event"))).unwrap();
    let other = String::from_utf8_lossy(&told).contains("\"procedure\":\"retention\"");
    assert!(other, "the control: it is the event that is named");
    for (changed, found) in [
        (format!("{flipped} {by}\n"), "is not in the log"),
        (
            format!("{commitment} {:012}\n", by.parse::<u64>().unwrap() + 1),
            "was taken away",
        ),
        (format!("{commitment} ../key.pem\n"), "was taken away"),
    ] {
        std::fs::write(&path, changed).unwrap();
        resign(out.path(), &seed);
        let (code, said) = verify(out.path(), &[&trusted]);
        assert!(code != 0 && said.contains(found), "{found}: {said}");
    }
    std::fs::write(&path, &text).unwrap();
    resign(out.path(), &seed);
    assert_eq!(
        verify(out.path(), &[&trusted]).0,
        0,
        "the control: everything was put back"
    );
}

/// Makes the manifest fit again, and signs it with the node's key.
fn resign(bundle: &Path, seed: &Path) {
    let manifest: Vec<String> = files(bundle)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("manifest") && !name.starts_with("manifest.sig"))
        .map(|(name, content)| format!("{}  {}\n", server::desk::evidence::sha256(&content), name.display()))
        .collect();
    std::fs::write(bundle.join("manifest"), manifest.concat()).unwrap();
    let arguments = ["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey"];
    let signed = Command::new("openssl")
        .args(arguments)
        .arg(seed)
        .args(["-in", "manifest", "-out", "manifest.sig"])
        .current_dir(bundle)
        .status();
    assert!(signed.unwrap().success());
}

/// A revoked card, and its case's evidence.
async fn bundle(house: &House) -> (tempfile::TempDir, Evidence) {
    let registrar = registrar(house).await;
    let authority = registrar.authority("mihon-issuing").await.unwrap();
    registrar.renew_responder(&authority).await.unwrap();
    // Others' events lie before, between and behind those of the case.
    let other = house.card().await;
    let card = house.card().await;
    let (id, text) = house.ask(&card).await;
    house.revoke(&other).await;
    let signature = card.sign(&text, house.now());
    house
        .perform(id, server::desk::revocation::Command::Confirm(signature))
        .await
        .unwrap();
    house.card().await;
    let period = server::authority::crl::Period {
        lives: std::time::Duration::from_hours(24),
        every: std::time::Duration::from_hours(1),
    };
    registrar
        .publish(&authority, casework::certificate::Shard(0), period)
        .await
        .unwrap();
    let number = house.store().receipt(id.octets()).await.unwrap().unwrap().number;
    let out = tempfile::tempdir().unwrap();
    let evidence = case::evidence(&registrar, &house.place.data, number, out.path())
        .await
        .unwrap();
    (out, evidence)
}

async fn registrar(house: &House) -> Registrar {
    let data = &house.place.data;
    std::fs::write(data.join("passphrase"), PASSPHRASE).unwrap();
    let config = Config::parse(Config::commented(), &data.join("kagimori.toml"), data).unwrap();
    house
        .store()
        .load_office("mihon-ca", AUTHORITY_EXAMPLE, house.now())
        .await
        .unwrap();
    let (clock, chance) = (house.desk.clock().clone(), house.desk.chance().clone());
    server::serve::registrar(&config, house.store().clone(), clock, chance)
        .await
        .unwrap()
}

/// The node's key as OpenSSL reads it (RFC 8410).
fn pkcs8(house: &House) -> Vec<u8> {
    use base64::Engine as _;
    let text = std::fs::read_to_string(house.place.data.join(server::audit::heads::KEY_FILE)).unwrap();
    // PRIVATE+KEY+name+id+base64, which may hold plus signs itself.
    let secret = text.trim_end().splitn(5, '+').nth(4).unwrap();
    let seed = base64::engine::general_purpose::STANDARD.decode(secret).unwrap();
    [
        &[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20],
        &seed[1..],
    ]
    .concat()
}

/// The script of the bundle itself, with the key and authorities of whoever verifies.
fn verify(bundle: &Path, trusted: &[&PathBuf]) -> (i32, String) {
    run(&bundle.join("verify.sh"), bundle, trusted)
}

fn run(script: &Path, bundle: &Path, trusted: &[&PathBuf]) -> (i32, String) {
    let done = Command::new("bash")
        .arg(script)
        .arg(bundle)
        .args(trusted)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.code().unwrap(), said)
}
