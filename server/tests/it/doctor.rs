//! What is looked at before it hurts: by `kagimori doctor`, and by a server that tells its operator.

use std::sync::{Arc, Mutex};

use casework::terminal::Division;
use server::alarm::Watch;
use server::authority::crl::Period;
use server::authority::keyring::Keyring;
use server::config::{Config, Secret};
use server::doctor::{self, Finding, State, What};
use server::errand::Errands;
use server::errand::mail::{Mail, Mailer, Sending};
use server::serve::Roles;

use crate::citizen_card;
use crate::city;
use crate::enrolment::Door;
use crate::grant::{self, terminal, terminal_of};
use crate::invariant::tamper;
use crate::node::{Node, on_both_stores, run};
use crate::operator::Desk;

on_both_stores! {
    async fn everything_that_is_watched_turns_red_before_it_hurts(place: Place) {
        let node = Node::start(place).await;
        node.issue().await;
        let looked = |advance: i64| {
            let (config, store, now) = (&node.config, node.running().desk().store(), node.now() + advance);
            async move { doctor::examine(config, store, server::clock::Instant(now)).await }
        };
        let now = looked(0).await;
        let words: std::collections::BTreeSet<_> = now.iter().map(|finding| finding.what).collect();
        let expected = [What::Journal, What::List, What::Ocsp, What::Authority, What::Responder, What::Outbox, What::Disk, What::Clock, What::Mail, What::Secrets];
        assert!(expected.iter().all(|what| words.contains(what)), "{now:#?}");
        for finding in &now {
            // Nobody takes mails in this test, and its disk is its own.
            let is_foreign = matches!(finding.what, What::Mail | What::Disk | What::Secrets);
            assert!(is_foreign || finding.state == State::Ok, "{finding:?}");
            assert_eq!(finding.next.is_empty(), finding.state == State::Ok, "{finding:?}");
        }
        // Time goes on and nobody makes a list: yellow past the half of its life, red at its end.
        let lives = i64::try_from(node.config.validation.crl_lives.as_secs()).unwrap();
        assert_eq!(worst(&looked(lives / 2 - 60).await, What::List), State::Ok);
        assert_eq!(worst(&looked(lives / 2 + 1_800).await, What::List), State::Warning);
        assert_eq!(worst(&looked(lives + 60).await, What::List), State::Failure);
        // Thirty days of a responder, and ten and twenty years of authorities.
        let day = 86_400;
        assert_eq!(worst(&looked(22 * day).await, What::Responder), State::Ok);
        assert_eq!(worst(&looked(24 * day).await, What::Responder), State::Warning);
        assert_eq!(worst(&looked(31 * day).await, What::Responder), State::Failure);
        assert_eq!(worst(&looked(31 * day).await, What::Ocsp), State::Failure, "nobody takes its answers then");
        let end = node.certificate_of("mihon").await.not_after() - node.now();
        assert_eq!(worst(&looked(end - 91 * day).await, What::Authority), State::Ok);
        assert_eq!(worst(&looked(end - 89 * day).await, What::Authority), State::Warning);
        assert_eq!(worst(&looked(end + 1).await, What::Authority), State::Failure);
        // A clock that was set back is behind what was signed.
        assert_eq!(worst(&looked(-3_600).await, What::Clock), State::Failure);
    }

    async fn without_the_key_that_seals_the_codes_of_terminals_the_doctor_says_so(place: Place) {
        let door = Door::open(place).await;
        let address = &door.node.place().address;
        let config = door.node.config.clone();
        let looked = async |config: &Config| {
            let (store, now) = (door.desk().store(), door.desk().clock().now());
            let found = doctor::examine(config, store, now).await.into_iter();
            found.filter(|finding| finding.what == What::Seal).map(|one| (one.state, one.says)).collect::<Vec<_>>()
        };
        let failed = |found: Vec<(State, String)>, why: &str| {
            assert!(matches!(&found[..], [(State::Failure, says)] if says.contains(why)), "{why}: {found:?}");
        };
        assert_eq!(looked(&config).await, [], "a house whose terminals have no codes has no key");
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        grant::open(door.desk(), &door.office, 2, terminal_of(Division::Sea, "11110B")).await;
        assert!(matches!(&looked(&config).await[..], [(State::Ok, _)]), "the control");
        let mut other = config.clone();
        let passphrase = door.dir.path().join("another-passphrase");
        other.keys.passphrase = Secret::File(passphrase.clone());
        failed(looked(&other).await, "the passphrase that opens it is not there");
        std::fs::write(&passphrase, "another one\n").unwrap();
        failed(looked(&other).await, "it does not open");
        let swapped = "UPDATE terminal SET code = (SELECT code FROM terminal WHERE name = '11110B') WHERE code IS NOT NULL";
        tamper(address, swapped).await;
        failed(looked(&config).await, "it is another key");
        tamper(address, "DELETE FROM sealing_key").await;
        failed(looked(&config).await, "it is missing");
        tamper(address, "UPDATE terminal SET code = NULL").await;
        assert_eq!(looked(&config).await, []);
    }

    async fn without_a_master_key_that_cards_need_the_doctor_says_so(place: Place) {
        let node = Node::start(place).await;
        let (desk, address) = (node.running().desk(), &node.place().address);
        let config = node.config.clone();
        let looked = async |config: &Config| {
            let found = doctor::examine(config, desk.store(), desk.clock().now()).await.into_iter();
            found.filter(|finding| finding.what == What::Unblock).map(|one| (one.state, one.says)).collect::<Vec<_>>()
        };
        let failed = |found: Vec<(State, String)>, why: &str| {
            assert!(matches!(&found[..], [(State::Failure, says)] if says.contains(why)), "{why}: {found:?}");
        };
        assert_eq!(looked(&config).await, [], "a house that issues no citizen's card has no master key");
        desk.unblock().await.unwrap();
        let card = citizen_card::card(desk.clock().now(), 1);
        desk.store().register_citizen_card(card, city::event(desk)).await.unwrap();
        assert!(matches!(&looked(&config).await[..], [(State::Ok, says)] if says.contains("version 1")), "the control");
        let mut other = config.clone();
        let directory = tempfile::tempdir().unwrap();
        let passphrase = directory.path().join("another-passphrase");
        other.keys.passphrase = Secret::File(passphrase.clone());
        failed(looked(&other).await, "is not there");
        std::fs::write(&passphrase, "another one\n").unwrap();
        failed(looked(&other).await, "version 1 does not open");
        tamper(address, "DELETE FROM unblock_key").await;
        failed(looked(&config).await, "version 1 is missing");
    }

    async fn an_alarm_is_mailed_once_when_it_begins_and_once_when_it_ends(place: Place) {
        let mut node = Node::start(place).await;
        node.issue().await;
        // A node without the role errands makes no list and runs no watch of its own.
        node.stop().await;
        node.serve("portal,validation".parse::<Roles>().unwrap()).await.unwrap();
        let config = Config {
            alarms: server::config::Alarms { mail: Some("operator@example.jp".to_owned()), ..node.config.alarms.clone() },
            ..node.config.clone()
        };
        let running = node.running();
        let mut watch = Watch::new(config, running.desk().clone(), running.metrics().clone(), "here".to_owned());
        let post = Arc::new(Post::default());
        let period = Period { lives: node.config.validation.crl_lives, every: node.config.validation.crl_every };
        let errands = Errands::new(running.registrar().clone(), period, post.clone());
        let alarm = || metric(&running.metrics().text(), "kagimori_alarm{what=\"list\"}");
        watch.round().await.unwrap();
        watch.round().await.unwrap();
        errands.run_due().await.unwrap();
        assert!(!subjects(&post).iter().any(|subject| subject.contains("/crl/mihon/")), "{:?}", subjects(&post));
        assert_eq!(alarm(), 0);
        node.advance(3 * 86_400);
        for _ in 0..5 {
            watch.round().await.unwrap();
        }
        assert_eq!(alarm(), 1);
        errands.run_due().await.unwrap();
        let begun: Vec<_> = subjects(&post).into_iter().filter(|subject| subject.contains("/crl/mihon/")).collect();
        let lists = node.config.validation.crl_shards as usize;
        assert_eq!(begun.len(), lists, "each list once: {begun:?}");
        assert!(begun.iter().all(|subject| subject.starts_with("[Kagimori] warning: list http://")));
        for name in ["root", "mihon"] {
            let authority = Keyring::new(node.config.keys.passphrase.clone()).authority(running.desk().store(), name).await.unwrap();
            for shard in 0..node.config.validation.crl_shards {
                running.registrar().publish(&authority, casework::certificate::Shard(shard), period).await.unwrap();
            }
        }
        // The node finds them within its round.
        let began = std::time::Instant::now();
        while alarm() == 1 {
            assert!(began.elapsed() < std::time::Duration::from_secs(20));
            watch.round().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        watch.round().await.unwrap();
        errands.run_due().await.unwrap();
        let all: Vec<_> = subjects(&post).into_iter().filter(|subject| subject.contains("/crl/mihon/")).collect();
        assert_eq!(all.len(), 2 * lists, "{all:?}");
        assert!(all.iter().skip(lists).all(|subject| subject.starts_with("[Kagimori] ended: list http://")), "{all:?}");
        assert!(!running.desk().store().alarms().await.unwrap().iter().any(|alarm| alarm.about.contains("/crl/mihon/")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_ends_with_1_when_something_hurts_and_with_0_when_nothing_does() {
    let desk = Desk::new();
    let mail = mail_server();
    let path = desk.place().join("kagimori.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("127.0.0.1:25\"", &format!("{mail}\""))).unwrap();
    desk.founds();
    desk.issues("card.pem");
    // Nobody serves: relying parties are told nothing.
    let (status, said) = desk.kagimori(&["doctor"]);
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("nobody answers there") && said.contains("next: "),
        "{said}"
    );
    let server = desk.serve().await;
    let told = desk.json(&["doctor"]);
    let of = |what: &str| -> Vec<serde_json::Value> {
        let all = told["findings"].as_array().unwrap().iter();
        all.filter(|finding| finding["what"] == what).cloned().collect()
    };
    assert_ne!(told["state"], "failure", "{told:#}");
    assert!(
        !of("list").is_empty() && of("list").iter().all(|finding| finding["state"] == "ok"),
        "{told:#}"
    );
    assert!(
        !of("ocsp").is_empty() && of("ocsp").iter().all(|finding| finding["state"] == "ok"),
        "{told:#}"
    );
    assert_eq!(of("mail")[0]["state"], "ok", "{told:#}");
    assert!(of("secrets").iter().all(|finding| finding["state"] == "ok"), "{told:#}");
    assert_eq!(run("chmod", &["644", "passphrase"], desk.place()).0, 0);
    let (status, said) = desk.kagimori(&["doctor"]);
    assert_eq!(status, 1);
    assert!(said.contains("everyone on this machine reads it (mode 644)"), "{said}");
    server.end();
}

/// The mails of a test.
#[derive(Default)]
struct Post(Mutex<Vec<Mail>>);

impl Mailer for Post {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        mail.message().unwrap();
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(async { Ok(()) })
    }
}

fn subjects(post: &Post) -> Vec<String> {
    post.0.lock().unwrap().iter().map(|mail| mail.subject.clone()).collect()
}

fn worst(found: &[Finding], what: What) -> State {
    found
        .iter()
        .filter(|finding| finding.what == what)
        .map(|finding| finding.state)
        .max()
        .unwrap()
}

fn metric(text: &str, name: &str) -> i64 {
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap_or_else(|| panic!("{name}: {text}"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

/// Greets and says that it is there, as often as it is asked.
fn mail_server() -> std::net::SocketAddr {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.write_all(b"220 here\r\n");
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(_)) = lines.next() {
                    if stream.write_all(b"250 here\r\n").is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}
