//! What is told once is told nowhere else: neither in the log at any level, nor in the database (A9, A44, A54).

use std::io::Write;
use std::sync::{Arc, Mutex};

use casework::officer::Role;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::api::stand::{OFFICE, Stand};
use crate::console::seat::{DESK, agent, enrol, invited};
use crate::house::{House, Place};
use crate::node::exchange;
use crate::portal::browser::{Browser, portal};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Of this whole process, at every level.
    fn begin() -> Self {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    }

    fn says(&self, words: &str) -> bool {
        holds(&self.0.lock().unwrap(), words)
    }
}

fn holds(octets: &[u8], words: &str) -> bool {
    octets.windows(words.len()).any(|window| window == words.as_bytes())
}

/// The database with what it has not folded in yet.
fn files(place: &Place) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(&place.data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_no_token_code_cookie_or_form_secret_is_logged_at_any_level_or_kept_as_it_is() {
    let log = Log::begin();
    let (mut told_once, mut secrets) = (Vec::new(), Vec::new());

    // An officer in a browser: invited, enrolled, logged out, logged in.
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let (_, invitation) = invited(&house, "1", &[Role::Entry]).await;
    let card = house.officers_card("髙橋 一郎").await;
    let mut browser = Browser::new(&router);
    told_once.push(
        browser.get(&format!("{DESK}/enrol")).await.headers["set-cookie"]
            .to_str()
            .unwrap()
            .to_owned(),
    );
    secrets.push(browser.csrf().to_owned());
    enrol(&mut browser, &router, &invitation, &card).await;
    told_once.push(browser.cookie());
    let mut again = Browser::new(&router);
    again.get(&format!("{DESK}/login")).await;
    told_once.push(again.cookie());
    let led = again.post(&format!("{DESK}/login"), &[]).await;
    let code = agent(&router, &led).present(&card).await;
    again.get(&format!("{DESK}/login/return?code={code}")).await;
    again
        .get(&format!("{DESK}/queue?search=%E9%AB%99%E6%A9%8B+hidden-search"))
        .await;
    told_once.extend([again.cookie(), invitation, code]);
    secrets.push(again.csrf().to_owned());
    secrets.push("hidden-search".to_owned());

    // Programs, at a listener of their own, with everything where it does not belong as well.
    let stand = Stand::at(Place::on_sqlite(), Stand::generous()).await;
    let listener = stand.node.running().address(server::config::Serves::Portal).unwrap();
    let chief = stand
        .officer(OFFICE, "1000", "見本 太郎", &[Role::Administration])
        .await;
    let person = json!({ "person": "1", "name": "見本 花子", "company": "見本認証局株式会社", "roles": ["entry"], "mail": "a@ca.example", "language": "ja" });
    let invited = chief
        .program
        .post(&format!("/offices/{OFFICE}/officers"), &person)
        .await
        .json(201);
    told_once.push(chief.program.token.clone());
    told_once.push(invited["code"].as_str().unwrap().to_owned());
    let looked = json!({ "check_code": "SENT1NEL" });
    stand.stranger().post("/receipts/12345678901", &looked).await;
    secrets.push("SENT1NEL".to_owned());
    for (count, head) in [
        "GET /mihon-ca/revocation/return?code=SECRET HTTP/1.1\r\ncookie: kagimori=SECRET\r\n",
        "GET /console/mihon-ca/enrol/return?code=SECRET HTTP/1.1\r\nreferer: http://a/?SECRET\r\n",
        "GET /api/v1/offices?token=SECRET HTTP/1.1\r\nauthorization: Bearer SECRET\r\n",
        "GET /api/v1/offices/mihon-ca/queue HTTP/1.1\r\nauthorization: Bearer SECRET\r\n",
        "POST /receipt/12345678901 HTTP/1.1\r\ncontent-length: 17\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\ncheck_code=SECRET",
    ]
    .into_iter()
    .enumerate()
    {
        let secret = format!("s3cr3t{count}");
        let head = head.replace("SECRET", &secret);
        let (first, rest) = head.split_once("\r\n").unwrap();
        let end = if rest.contains("\r\n\r\n") { "" } else { "\r\n" };
        let request = format!("{first}\r\nhost: {listener}\r\nconnection: close\r\n{rest}{end}");
        let answer = exchange(listener, request.as_bytes()).await;
        assert!(!holds(&answer.body, &secret), "{first} is told back");
        secrets.push(secret);
    }

    let kept = files(&house.place);
    let theirs = files(stand.node.place());
    for secret in &mut told_once {
        // Of a cookie the value counts.
        let value = secret.split(';').next().unwrap().rsplit('=').next().unwrap();
        *secret = value.to_owned();
    }
    for secret in told_once.iter().chain(&secrets) {
        assert!(secret.len() >= 7, "{secret:?}");
        assert!(!log.says(secret), "{secret} stands in the log");
    }
    for secret in &told_once {
        assert!(
            !holds(&kept, secret) && !holds(&theirs, secret),
            "{secret} stands in a database"
        );
    }
    // The controls: what is logged and kept on purpose is found by the same search.
    assert!(log.says("/console/mihon-ca/enrol/return") && log.says("/api/v1/offices/mihon-ca/queue"));
    tracing::trace!("{}", told_once[0]);
    assert!(log.says(&told_once[0]));
    assert!(holds(&kept, "officer-1@ca.example") && holds(&theirs, "1000@ca.example"));
}
