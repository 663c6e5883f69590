//! デジタル証明書の取得 onto a PKCS#11 token and into a PKCS#12 file: the real SoftHSM, the agent's own pages, and OpenSSL as
//! authority, as server and as judge.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "bench, portal and traces have more than is needed here")]

#[path = "../it/bench.rs"]
mod bench;
mod centre;
mod file;
#[path = "../it/portal.rs"]
mod portal;
#[path = "../../../card/tests/token/soft.rs"]
mod soft;
#[path = "../it/traces.rs"]
mod traces;

use std::process::Command;
use std::sync::Arc;

use agent::Home;
use wire::acquisition::{KeyKind, Place, Tested};

use bench::{Bench, Browser, PHRASE, Shown};
use centre::Centre;
use portal::{Certifies, Heard, Mood, Portal};
use soft::{PIN, Soft, alone};
use traces::{Log, faces};

/// A portal, an agent with a token, and a centre.
struct Scene {
    portal: Portal,
    bench: Bench,
    browser: Browser,
    centre: Arc<Centre>,
}

const GRANT: &str = "grant-of-terminal-11110A";

impl Scene {
    async fn set(soft: &Soft) -> Self {
        soft.issue("terminal");
        Self::again(soft).await
    }

    /// The same token, and all else anew.
    async fn again(soft: &Soft) -> Self {
        let portal = Portal::open().await;
        let place = soft
            .dir()
            .join(format!("agent-{}", soft.dir().read_dir().unwrap().count()));
        let centre = Arc::new(Centre::found(&place));
        let bench = Bench::at_home(Home::new(place)).await;
        bench.home.choose_phrase(PHRASE).unwrap();
        bench.home.allow(&portal.origin().parse().unwrap()).unwrap();
        bench.home.use_module(soft.module()).unwrap();
        bench.set(now());
        Self {
            browser: Browser::new(&bench),
            portal,
            bench,
            centre,
        }
    }

    fn certifies(&self, certifies: Certifies) {
        self.portal.mood(Mood {
            certifies: Some(certifies),
            ..Mood::default()
        });
    }

    /// From the portal's redirect to the page that asks the PIN, the only token being chosen.
    async fn to_pin(&self, id: &str) -> Shown {
        let page = self.browser.arrive(&self.portal, id, "<h1>").await;
        if page.html.contains("id=\"pin\"") {
            return page;
        }
        let chosen = page.html.split("name=\"place\" value=\"").nth(1).expect(&page.html);
        let chosen = chosen.split('"').next().unwrap().to_owned();
        self.browser
            .submit(&page, "/request/place", &[("place", &chosen)])
            .await
    }

    async fn give(&self, page: &Shown, pin: &str) -> Shown {
        self.open(page, &[("pin", pin)]).await
    }

    /// Gives what opens the place of the key, and waits for what comes of it.
    async fn open(&self, page: &Shown, typed: &[(&str, &str)]) -> Shown {
        let page = self.browser.submit(page, "/request/key", typed).await;
        if !page.html.contains("class=\"busy\"") {
            return page;
        }
        // RSA keys take their time.
        for _ in 0..400 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let here = page
                .html
                .split("<p><a href=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            let page = self.browser.open(&here.replace("&#38;", "&")).await;
            if !page.html.contains("class=\"busy\"") {
                return self.browser.settle(page).await;
            }
        }
        panic!("{}", page.html);
    }

    fn ask(&self, kind: KeyKind) -> String {
        self.portal.ask_acquisition(GRANT, kind, now() + 900)
    }

    fn requested(&self) -> Vec<Vec<u8>> {
        self.requested_of(Place::Token)
    }

    fn requested_of(&self, wanted: Place) -> Vec<Vec<u8>> {
        let heard = self.portal.heard().into_iter();
        heard
            .filter_map(|heard| match heard {
                Heard::Requested { csr, place } => {
                    assert_eq!(place, wanted);
                    Some(csr)
                }
                _ => None,
            })
            .collect()
    }

    fn installed(&self) -> Vec<(String, Tested)> {
        let heard = self.portal.heard().into_iter();
        heard
            .filter_map(|heard| match heard {
                Heard::Installed {
                    certificate, tested, ..
                } => Some((certificate, tested)),
                _ => None,
            })
            .collect()
    }
}

/// A minute late: what OpenSSL certifies is valid from the moment on at which it is certified.
fn now() -> i64 {
    agent::Clock::system().now() + 60
}

/// What OpenSC's tool sees of a kind on the token.
fn listed(soft: &Soft, kind: &str) -> String {
    let told = Command::new("pkcs11-tool")
        .args([
            "--module",
            soft.module().to_str().unwrap(),
            "--login",
            "--pin",
            PIN,
            "-O",
            "--type",
            kind,
        ])
        .output()
        .expect("opensc is installed");
    String::from_utf8_lossy(&told.stdout).into_owned()
}

fn played(test: &str, play: impl AsyncFnOnce(&Soft)) {
    alone(test, |soft| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(play(soft));
    });
}

#[test]
fn a_key_is_made_on_the_token_certified_brought_to_it_and_tested_by_openssl() {
    played(
        "a_key_is_made_on_the_token_certified_brought_to_it_and_tested_by_openssl",
        async |soft| {
            for (n, kind) in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048].into_iter().enumerate() {
                let scene = match n {
                    0 => Scene::set(soft).await,
                    // The same token and centre, another grant and another terminal's agent.
                    _ => Scene::again(soft).await,
                };
                let server = scene.centre.serve(&REQUIRED);
                scene.certifies(scene.centre.certifies("authority", Some(server.port), true));
                let id = scene.portal.ask_acquisition(&format!("{GRANT}-{n}"), kind, now() + 900);
                let page = scene
                    .browser
                    .arrive(&scene.portal, &id, "デジタル証明書を取得します")
                    .await;
                for part in ["トークン「terminal」", "NAC11110A, 見本通関", PHRASE, "見本認証局"] {
                    assert!(page.html.contains(part), "{part}: {}", page.html);
                }
                let page = scene.to_pin(&id).await;
                assert!(page.html.contains("鍵を作って取得する"), "{}", page.html);
                assert_eq!(
                    listed(soft, "privkey").matches("Private Key Object").count(),
                    n,
                    "none before consent"
                );
                let page = scene.give(&page, PIN).await;
                assert!(
                    page.html.contains("<h1>証明書を登録しました</h1>"),
                    "{kind:?}: {}",
                    page.html
                );
                assert!(page.html.contains("接続できることを確認しました"), "{}", page.html);
                let back = format!("{}/mihon-ca/revocation/return?code=code-of-{id}", scene.portal.origin());
                assert!(page.html.contains(&format!("href=\"{back}\"")), "{}", page.html);
                assert_eq!(scene.installed().len(), 1);
                assert_eq!(scene.installed()[0].1, Tested::Passed);
            }
            let keys = listed(soft, "privkey");
            assert_eq!(keys.matches("never extractable").count(), 3, "{keys}");
            assert_eq!(listed(soft, "cert").matches("Certificate Object").count(), 3);
        },
    );
}

#[test]
fn whatever_breaks_off_leaves_one_key_and_the_same_certificate() {
    played(
        "whatever_breaks_off_leaves_one_key_and_the_same_certificate",
        async |soft| {
            let scene = Scene::set(soft).await;
            let server = scene.centre.serve(&REQUIRED);
            let certifies = scene.centre.certifies("authority", Some(server.port), true);
            // The answer arrives and its verdict does not.
            scene.portal.mood(Mood {
                certifies: Some(Arc::clone(&certifies)),
                hangs_up: 1,
                ..Mood::default()
            });
            let page = scene.to_pin(&scene.ask(KeyKind::P256)).await;
            let page = scene.give(&page, PIN).await;
            assert!(page.html.contains("E-NET-UNKNOWN"), "{}", page.html);
            // The page is closed; the agent is killed; the same grant is begun anew, in another browser.
            let home = scene.bench.home.clone();
            let Scene {
                portal, bench, centre, ..
            } = scene;
            bench.end().await;
            let bench = Bench::at_home(home).await;
            bench.set(now());
            let scene = Scene {
                browser: Browser::new(&bench),
                portal,
                bench,
                centre,
            };
            let page = scene.to_pin(&scene.ask(KeyKind::P256)).await;
            assert!(page.html.contains("取得の続きをします"), "{}", page.html);
            assert!(
                !page.html.contains("id=\"again\""),
                "the key stays where it is: {}",
                page.html
            );
            let page = scene.give(&page, PIN).await;
            assert!(page.html.contains("証明書を登録しました"), "{}", page.html);
            // And once more, when all was done.
            let page = scene.to_pin(&scene.ask(KeyKind::P256)).await;
            let page = scene.give(&page, PIN).await;
            assert!(page.html.contains("証明書を登録しました"), "{}", page.html);
            let requested = scene.requested();
            assert_eq!(requested.len(), 3);
            assert!(requested.windows(2).all(|two| two[0] == two[1]), "one request");
            let installed = scene.installed();
            assert_eq!(installed.len(), 2);
            assert_eq!(installed[0], installed[1], "one certificate");
            assert_eq!(listed(soft, "privkey").matches("Private Key Object").count(), 1);
            assert_eq!(listed(soft, "cert").matches("Certificate Object").count(), 1);
        },
    );
}

#[test]
fn what_is_wrong_when_the_test_fails_is_said_in_words_and_tested_again() {
    played(
        "what_is_wrong_when_the_test_fails_is_said_in_words_and_tested_again",
        async |soft| {
            let scene = Scene::set(soft).await;
            let required = scene.centre.serve(&REQUIRED);
            let indifferent = scene.centre.serve(&[]);
            let nobody = std::net::TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let own = |port, anchored| scene.centre.certifies("authority", Some(port), anchored);
            let foreign = scene.centre.certifies("stranger", Some(required.port), true);
            let failures: [(Certifies, i64, Tested, &str); 7] = [
                (own(nobody, true), 0, Tested::NoConnection, "E-TEST-CONNECT"),
                (own(required.port, false), 0, Tested::ServerUntrusted, "E-TEST-TRUST"),
                (own(required.port, true), -86_400, Tested::Clock, "E-TEST-CLOCK"),
                (own(required.port, true), 20 * 86_400, Tested::Expired, "E-TEST-EXPIRED"),
                (own(indifferent.port, true), 0, Tested::Server, "E-TEST-SERVER"),
                (foreign, 0, Tested::Refused, "E-TEST-REFUSED"),
                (own(required.port, true), 0, Tested::Passed, ""),
            ];
            for (n, (certifies, hours, tested, code)) in failures.into_iter().enumerate() {
                scene.certifies(certifies);
                scene.bench.set(now() + hours);
                let expires = now() + hours + 900;
                let id = scene
                    .portal
                    .ask_acquisition(&format!("{GRANT}-{n}"), KeyKind::P256, expires);
                let page = scene.to_pin(&id).await;
                let page = scene.give(&page, PIN).await;
                if tested == Tested::Passed {
                    assert!(page.html.contains("証明書を登録しました"), "the control: {}", page.html);
                    continue;
                }
                assert!(page.html.contains(code), "{tested:?}: {}", page.html);
                assert!(
                    page.html.contains("証明書を登録しましたが、確認できませんでした"),
                    "{}",
                    page.html
                );
                // The same again is the same; then the person goes back with what there is.
                let page = scene.give(&page, PIN).await;
                assert!(page.html.contains(code), "{tested:?}: {}", page.html);
                assert_eq!(scene.installed().len(), n, "nothing is told before the person goes");
                let back = scene.browser.submit(&page, "/request/leave", &[]).await;
                assert!(back.location.is_some(), "{}", back.html);
                assert_eq!(scene.installed().last().unwrap().1, tested);
            }
        },
    );
}

#[test]
fn a_wrong_pin_makes_no_key_and_a_certificate_for_another_key_is_not_taken() {
    played(
        "a_wrong_pin_makes_no_key_and_a_certificate_for_another_key_is_not_taken",
        async |soft| {
            let scene = Scene::set(soft).await;
            scene.certifies(scene.centre.certifies("authority", None, false));
            let page = scene.to_pin(&scene.ask(KeyKind::P256)).await;
            for (typed, code) in [
                ("tok3n-PIN.0000", "E-PIN-WRONG"),
                ("1", "E-PIN-FORMAT"),
                ("", "E-PIN-FORMAT"),
            ] {
                let page = scene.give(&page_of(&scene, &page).await, typed).await;
                assert!(
                    page.html.contains(code) && page.html.contains("error-pin"),
                    "{typed}: {}",
                    page.html
                );
                assert!(!listed(soft, "privkey").contains("Private Key Object"));
            }
            assert!(scene.requested().is_empty());
            // The portal sends what it made for another request.
            let other = scene.centre.certifies("authority", None, false);
            let first = std::sync::Mutex::new(None);
            scene.certifies(Arc::new(move |csr: &[u8]| {
                let issued = other(csr);
                first.lock().unwrap().get_or_insert(issued).clone()
            }));
            let page = scene.give(&page_of(&scene, &page).await, PIN).await;
            assert!(page.html.contains("証明書を登録しました"), "the control: {}", page.html);
            assert!(
                page.html.contains("鍵と証明書が一致することを確認しました"),
                "{}",
                page.html
            );
            let id = scene
                .portal
                .ask_acquisition(&format!("{GRANT}-2"), KeyKind::P256, now() + 900);
            let page = scene.to_pin(&id).await;
            let page = scene.give(&page, PIN).await;
            assert!(page.html.contains("E-KEY-DIFFERS"), "{}", page.html);
            assert_eq!(listed(soft, "cert").matches("Certificate Object").count(), 1);
            // An address that is not the portal's own is fetched by nobody.
            let id = scene
                .portal
                .ask_acquisition(&format!("{GRANT}-3"), KeyKind::P256, now() + 900);
            let elsewhere = scene.centre.certifies("authority", Some(443), true);
            scene.certifies(Arc::new(move |csr: &[u8]| {
                let mut issued = elsewhere(csr);
                issued.test.as_mut().unwrap().address = "https://127.0.0.2/".to_owned();
                issued
            }));
            let page = scene.to_pin(&id).await;
            let page = scene.give(&page, PIN).await;
            assert!(page.html.contains("E-FAULT"), "{}", page.html);
        },
    );
}

/// The page as it is now: each answer leaves another one-time token.
async fn page_of(scene: &Scene, page: &Shown) -> Shown {
    let back = page.hidden("back").unwrap();
    scene.browser.open(&back).await
}

#[test]
fn a09_the_pin_of_a_token_stands_in_no_log_and_in_no_file() {
    played("a09_the_pin_of_a_token_stands_in_no_log_and_in_no_file", async |soft| {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        let scene = Scene::set(soft).await;
        let server = scene.centre.serve(&REQUIRED);
        scene.certifies(scene.centre.certifies("authority", Some(server.port), true));
        let page = scene.to_pin(&scene.ask(KeyKind::P256)).await;
        let page = scene.give(&page, "tok3n-PIN.9999").await;
        let page = scene.give(&page, PIN).await;
        assert!(page.html.contains("証明書を登録しました"), "{}", page.html);
        let text = log.text();
        assert!(
            text.contains("/request/key") && text.len() > 1_000,
            "something was logged"
        );
        let told = format!("{:?}", scene.portal.heard());
        let mut kept = String::new();
        for entry in std::fs::read_dir(scene.bench.home.dir()).unwrap() {
            kept.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
        }
        assert!(kept.contains("NAC11110A"), "the record is there: {kept}");
        for secret in [PIN, "tok3n-PIN.9999"] {
            for face in faces(secret) {
                assert!(!text.contains(&face), "a PIN stands in the log as {face:?}");
                assert!(!told.contains(&face), "a PIN was told to the portal as {face:?}");
                assert!(!kept.contains(&face), "a PIN is kept as {face:?}");
            }
        }
        // The control: what is logged on purpose is found by the same search.
        tracing::trace!("{}", faces(PIN)[1]);
        assert!(faces(PIN).iter().any(|face| log.text().contains(face)));
    });
}

/// A server that wants a certificate of its authority, and ends the handshake without one.
const REQUIRED: [&str; 5] = ["-Verify", "3", "-verify_return_error", "-CAfile", "authority.pem"];
