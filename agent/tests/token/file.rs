//! The same into a PKCS#12 file under a password that the person chooses.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use pki::csr::CertificateRequest;
use wire::acquisition::{KeyKind, Place, Tested};

use super::{GRANT, REQUIRED, Scene, now, page_of, played};
use crate::bench::{Bench, Browser, Shown};
use crate::portal::Mood;
use crate::traces::{Log, faces};

const PASSWORD: &str = "f1le-of-NAC11110A!";
const OTHER: &str = "an0ther-password?";

impl Scene {
    /// From the portal's redirect to the page that asks the password, the file being chosen.
    async fn to_password(&self, id: &str) -> Shown {
        let page = self.browser.arrive(&self.portal, id, "<h1>").await;
        if page.html.contains("id=\"password\"") {
            return page;
        }
        let line = page.html.lines().find(|line| line.contains("ファイル（PKCS#12）"));
        let chosen = line.expect(&page.html).split("name=\"place\" value=\"").nth(1).unwrap();
        let chosen = chosen.split('"').next().unwrap().to_owned();
        self.browser
            .submit(&page, "/request/place", &[("place", &chosen)])
            .await
    }

    async fn choose(&self, page: &Shown, password: &str) -> Shown {
        self.open(page, &[("password", password), ("repeat", password)]).await
    }

    /// The agent was killed, and starts anew; the browser is another one.
    async fn killed(self) -> Self {
        let home = self.bench.home.clone();
        let Self {
            portal, bench, centre, ..
        } = self;
        bench.end().await;
        let bench = Bench::at_home(home).await;
        bench.set(now());
        Self {
            browser: Browser::new(&bench),
            portal,
            bench,
            centre,
        }
    }

    /// The agent's files of this kind.
    fn kept(&self, extension: &str) -> Vec<PathBuf> {
        let home = self.bench.home.dir();
        let mut found = Vec::new();
        for dir in [home.to_owned(), home.join("certificates")] {
            let Ok(entries) = std::fs::read_dir(dir) else { continue };
            let files = entries.map(|entry| entry.unwrap().path());
            found.extend(files.filter(|path| path.extension().is_some_and(|own| own == extension)));
        }
        found
    }
}

/// What OpenSSL says of the file; `None` where the password does not open it.
fn pkcs12(file: &Path, password: &str, options: &[&str]) -> Option<String> {
    let told = Command::new("openssl")
        .args(["pkcs12", "-in", file.to_str().unwrap(), "-passin", "env:PASSWORD"])
        .args(options)
        .env("PASSWORD", password)
        .output()
        .expect("openssl is installed");
    told.status.success().then(|| String::from_utf8(told.stdout).unwrap())
}

/// What a server says to whoever comes with this key and certificate.
fn visited(port: u16, identity: &Path) -> String {
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &format!("127.0.0.1:{port}")])
        .args(["-cert", identity.to_str().unwrap(), "-key", identity.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    client
        .stdin
        .take()
        .unwrap()
        .write_all(b"GET / HTTP/1.0\r\n\r\n")
        .unwrap();
    let told = client.wait_with_output().unwrap();
    String::from_utf8_lossy(&told.stdout).into_owned()
}

#[test]
fn a_file_with_a_key_opens_with_openssl_and_serves_to_log_in_there() {
    played(
        "file::a_file_with_a_key_opens_with_openssl_and_serves_to_log_in_there",
        async |soft| {
            let scene = Scene::again(soft).await;
            let server = scene.centre.serve(&REQUIRED);
            scene.certifies(scene.centre.certifies("authority", Some(server.port), true));
            let kinds = [
                (KeyKind::P256, "prime256v1"),
                (KeyKind::P384, "secp384r1"),
                (KeyKind::Rsa2048, "2048 bit"),
            ];
            for (n, (kind, named)) in kinds.into_iter().enumerate() {
                let grant = format!("{GRANT}-{n}");
                let id = scene.portal.ask_acquisition(&grant, kind, now() + 900);
                let page = scene.to_password(&id).await;
                assert!(page.html.contains("鍵を作って取得する"), "{}", page.html);
                let file = page.html.split("<dt>ファイルの場所</dt><dd translate=\"no\">").nth(1);
                let file = PathBuf::from(file.unwrap().split('<').next().unwrap());
                assert!(file.is_absolute() && !file.exists(), "nothing before consent");
                let page = scene.choose(&page, PASSWORD).await;
                assert!(
                    page.html.contains("<h1>証明書を登録しました</h1>"),
                    "{kind:?}: {}",
                    page.html
                );
                assert!(page.html.contains("接続できることを確認しました"), "{}", page.html);
                assert!(page.html.contains(file.to_str().unwrap()), "{}", page.html);
                assert_eq!(scene.installed().last().unwrap().1, Tested::Passed);

                assert_eq!(pkcs12(&file, OTHER, &["-noout"]), None, "another password");
                let identity = pkcs12(&file, PASSWORD, &["-nodes"]).expect("OpenSSL opens the file");
                assert!(identity.contains("friendlyName: NAC11110A"), "{identity}");
                let plain = soft.dir().join(format!("identity-{n}.pem"));
                std::fs::write(&plain, &identity).unwrap();
                let key = Command::new("openssl")
                    .args(["pkey", "-noout", "-text", "-in", plain.to_str().unwrap()])
                    .output()
                    .unwrap();
                let key = String::from_utf8_lossy(&key.stdout).into_owned();
                assert!(key.contains(named), "{kind:?}: {key}");
                let said = visited(server.port, &plain);
                assert!(said.contains("HTTP/1.0 200"), "{kind:?}: {said}");
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt as _;
                    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
                    assert_eq!(mode & 0o777, 0o600);
                }
            }
            assert_eq!(
                scene.kept("p12").len(),
                3,
                "a file for each grant, and none half-written"
            );
            assert!(scene.kept("new").is_empty());
        },
    );
}

#[test]
fn a_crash_between_key_and_certificate_loses_neither() {
    played(
        "file::a_crash_between_key_and_certificate_loses_neither",
        async |soft| {
            let scene = Scene::again(soft).await;
            let server = scene.centre.serve(&REQUIRED);
            let certifies = scene.centre.certifies("authority", Some(server.port), true);
            // The request arrives, and the certificate does not come back.
            scene.portal.mood(Mood {
                certifies: Some(Arc::clone(&certifies)),
                hangs_up: 1,
                ..Mood::default()
            });
            let page = scene.to_password(&scene.ask(KeyKind::P256)).await;
            let page = scene.choose(&page, PASSWORD).await;
            assert!(page.html.contains("E-NET-UNKNOWN"), "{}", page.html);
            assert!(scene.kept("p12").is_empty(), "no certificate yet");
            let scene = scene.killed().await;
            let page = scene.to_password(&scene.ask(KeyKind::P256)).await;
            assert!(page.html.contains("取得の続きをします"), "{}", page.html);
            assert!(!page.html.contains("id=\"repeat\""), "it was chosen: {}", page.html);
            let page = scene.open(&page, &[("password", OTHER)]).await;
            assert!(
                page.html.contains("E-KEY-PASSWORD") && page.html.contains("error-password"),
                "{}",
                page.html
            );
            assert_eq!(scene.requested_of(Place::File).len(), 1, "no other request");
            let page = scene
                .open(&page_of(&scene, &page).await, &[("password", PASSWORD)])
                .await;
            assert!(page.html.contains("証明書を登録しました"), "{}", page.html);
            // And once more after all was done: the file is the same identity, though the file was lost.
            let [file] = scene.kept("p12").try_into().unwrap();
            let before = pkcs12(&file, PASSWORD, &["-nodes"]).unwrap();
            std::fs::remove_file(&file).unwrap();
            let scene = scene.killed().await;
            let page = scene.to_password(&scene.ask(KeyKind::P256)).await;
            let page = scene.open(&page, &[("password", PASSWORD)]).await;
            assert!(page.html.contains("証明書を登録しました"), "{}", page.html);
            assert_eq!(pkcs12(&file, PASSWORD, &["-nodes"]).unwrap(), before);
            let requested = scene.requested_of(Place::File);
            assert!(requested.windows(2).all(|two| two[0] == two[1]), "one request");
            let installed = scene.installed();
            assert!(installed.windows(2).all(|two| two[0] == two[1]), "one certificate");
        },
    );
}

#[test]
fn a_key_that_nobody_heard_of_is_kept_or_gives_way_to_a_new_password() {
    played(
        "file::a_key_that_nobody_heard_of_is_kept_or_gives_way_to_a_new_password",
        async |soft| {
            for (password, same) in [(PASSWORD, true), (OTHER, false)] {
                let scene = Scene::again(soft).await;
                scene.certifies(scene.centre.certifies("authority", None, false));
                let page = scene.to_password(&scene.ask(KeyKind::P256)).await;
                scene.choose(&page, PASSWORD).await;
                // As if it had been killed when the key was on the disk and the request was not.
                let [record] = scene.kept("json").try_into().unwrap();
                let mut text: serde_json::Value =
                    serde_json::from_str(&std::fs::read_to_string(&record).unwrap()).unwrap();
                assert!(text.as_object_mut().unwrap().remove("csr").is_some());
                std::fs::write(&record, text.to_string()).unwrap();
                let scene = scene.killed().await;
                let page = scene.to_password(&scene.ask(KeyKind::P256)).await;
                assert!(page.html.contains("id=\"repeat\""), "{}", page.html);
                let page = scene.choose(&page, password).await;
                assert!(page.html.contains("証明書を登録しました"), "{}", page.html);
                let requested = scene.requested_of(Place::File);
                let keys: Vec<_> = requested
                    .iter()
                    .map(|csr| CertificateRequest::parse(csr).unwrap().public_key().fingerprint())
                    .collect();
                assert_eq!(keys.len(), 2);
                assert_eq!(keys[0] == keys[1], same, "the same password, the same key");
                let [file] = scene.kept("p12").try_into().unwrap();
                assert!(pkcs12(&file, password, &["-noout"]).is_some());
            }
        },
    );
}

#[test]
fn a_password_that_will_not_do_is_told_at_its_field_and_makes_no_key() {
    played(
        "file::a_password_that_will_not_do_is_told_at_its_field_and_makes_no_key",
        async |soft| {
            let scene = Scene::again(soft).await;
            scene.certifies(scene.centre.certifies("authority", None, false));
            let id = scene.ask(KeyKind::P256);
            let mut page = scene.to_password(&id).await;
            for (first, second, code) in [
                ("", "", "E-PASSWORD-SHORT"),
                ("short", "short", "E-PASSWORD-SHORT"),
                (
                    "パスワードは長ければよい",
                    "パスワードは長ければよい",
                    "E-PASSWORD-CHAR",
                ),
                ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "E-PASSWORD-COMMON"),
                (PASSWORD, OTHER, "E-PASSWORD-DIFF"),
            ] {
                let told = scene.open(&page, &[("password", first), ("repeat", second)]).await;
                assert!(
                    told.html.contains(code) && told.html.contains("id=\"error-password\""),
                    "{first}: {}",
                    told.html
                );
                for typed in [first, second].into_iter().filter(|typed| !typed.is_empty()) {
                    assert!(!told.html.contains(typed), "{typed} is shown: {}", told.html);
                }
                page = page_of(&scene, &told).await;
            }
            assert!(scene.requested_of(Place::File).is_empty());
            assert!(scene.kept("key").is_empty() && scene.kept("p12").is_empty());
            // Chosen otherwise as long as nothing was made.
            let page = scene.browser.submit(&page, "/request/place", &[("again", "yes")]).await;
            assert!(page.html.contains("鍵を置く場所を選んでください"), "{}", page.html);
        },
    );
}

#[test]
fn what_is_wrong_with_a_file_s_certificate_is_said_and_tested_again() {
    played(
        "file::what_is_wrong_with_a_file_s_certificate_is_said_and_tested_again",
        async |soft| {
            let scene = Scene::again(soft).await;
            let server = scene.centre.serve(&REQUIRED);
            scene.certifies(scene.centre.certifies("stranger", Some(server.port), true));
            let page = scene.to_password(&scene.ask(KeyKind::P256)).await;
            let page = scene.choose(&page, PASSWORD).await;
            assert!(page.html.contains("E-TEST-REFUSED"), "{}", page.html);
            assert!(!page.html.contains("id=\"repeat\""), "{}", page.html);
            let page = scene.open(&page, &[("password", PASSWORD)]).await;
            assert!(page.html.contains("E-TEST-REFUSED"), "{}", page.html);
            let back = scene.browser.submit(&page, "/request/leave", &[]).await;
            assert!(back.location.is_some(), "{}", back.html);
            assert_eq!(scene.installed().last().unwrap().1, Tested::Refused);
        },
    );
}

#[test]
fn a09_the_password_of_a_file_stands_in_no_log_file_or_message() {
    played(
        "file::a09_the_password_of_a_file_stands_in_no_log_file_or_message",
        async |soft| {
            let log = Log::default();
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_ansi(false)
                .with_writer(log.clone())
                .finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            let scene = Scene::again(soft).await;
            let server = scene.centre.serve(&REQUIRED);
            scene.certifies(scene.centre.certifies("authority", Some(server.port), true));
            let page = scene.to_password(&scene.ask(KeyKind::P256)).await;
            let page = scene.open(&page, &[("password", PASSWORD), ("repeat", OTHER)]).await;
            let page = scene.choose(&page_of(&scene, &page).await, PASSWORD).await;
            assert!(page.html.contains("証明書を登録しました"), "{}", page.html);
            let text = log.text();
            assert!(
                text.contains("/request/key") && text.len() > 1_000,
                "something was logged"
            );
            let told = format!("{:?}", scene.portal.heard());
            let mut kept = Vec::new();
            for extension in ["json", "key", "p12"] {
                for file in scene.kept(extension) {
                    kept.extend(std::fs::read(file).unwrap());
                }
            }
            let kept = String::from_utf8_lossy(&kept).into_owned();
            assert!(
                kept.contains("ENCRYPTED PRIVATE KEY") && kept.contains("NAC11110A"),
                "{kept}"
            );
            for secret in [PASSWORD, OTHER] {
                for face in faces(secret) {
                    assert!(!text.contains(&face), "a password stands in the log as {face:?}");
                    assert!(!told.contains(&face), "a password was told to the portal as {face:?}");
                    assert!(!kept.contains(&face), "a password is kept as {face:?}");
                }
            }
            // The control: what is logged on purpose is found by the same search.
            tracing::trace!("{}", faces(PASSWORD)[1]);
            assert!(faces(PASSWORD).iter().any(|face| log.text().contains(face)));
        },
    );
}
