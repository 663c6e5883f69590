//! Letters about a terminal's certificate as they go, by SMTP: each once, under one Message-ID whatever breaks off, and no
//! more of them once there is nothing left to be reminded of (R303, R308).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use casework::evidence::Authenticated;
use casework::identity::Fingerprint;
use casework::time::Day;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use server::desk::acquisition::{Codes, Request};
use server::errand::Errands;
use server::office::TERMINALS_EXAMPLE;
use server::store::Errand;

use crate::errand::{PostOffice, runner};
use crate::examination::{CENTRE, Counter, day, terminal};
use crate::grant::key;
use crate::house::{HOLDER, House, on_both};
use crate::invariant;

on_both! {
    async fn r308_who_has_not_acquired_is_written_to_at_28_14_7_and_1_days_and_who_has_is_not_any_more(house: House) {
        let counter = opened(house).await;
        let post = Postman::to(PostOffice::open(0).await, &counter).await;
        let mut told = Vec::new();
        // The codes are taken until 2027-01-24; the first terminal uses its own on the 12th.
        for date in days((2026, 12, 20), 40) {
            morning(&counter, date);
            if date == day(2027, 1, 12) {
                acquired(&counter, "11110A", &key()).await;
            }
            told.extend(written(&counter, &post).await);
        }
        let reminder = |name: &str, days: &str| ("取得のお願い".to_owned(), name.to_owned(), days.to_owned());
        let mut expected: Vec<_> = ["28", "14"].map(|days| reminder("11110A", days)).into();
        expected.extend(["28", "14", "7", "1"].map(|days| reminder("11110B", days)));
        expected.push(("停止のお知らせ".to_owned(), "11110B".to_owned(), String::new()));
        told.sort_by_key(|letter: &Letter| letter.about.1.clone());
        assert_eq!(told.iter().map(|letter| letter.about.clone()).collect::<Vec<_>>(), expected);
        each_once(&told);
        invariant::hold(counter.house()).await;
    }

    async fn r303_the_end_of_a_certificate_is_written_of_at_28_14_7_and_1_days_and_no_more_once_it_is_renewed(house: House) {
        let counter = opened(house).await;
        let post = Postman::to(PostOffice::open(0).await, &counter).await;
        let first = acquired(&counter, "11110A", &key()).await;
        acquired(&counter, "11110B", &key()).await;
        let mut told = Vec::new();
        // Both end with 2027-11-24; the first terminal renews on the 12th.
        for date in days((2027, 10, 20), 40) {
            morning(&counter, date);
            if date == day(2027, 11, 12) {
                let request = Request::Pkcs10(Box::new(csr("11110A", &key())));
                let by = Authenticated::verified(Fingerprint(first.fingerprint()), counter.now());
                counter.centre.desk.renew_terminal(by, Ok(&request)).await.unwrap();
            }
            told.extend(written(&counter, &post).await);
        }
        told.retain(|letter| letter.about.0 == "有効期限のお知らせ");
        told.sort_by_key(|letter: &Letter| letter.about.1.clone());
        let about = |name: &str, days: &str| ("有効期限のお知らせ".to_owned(), name.to_owned(), days.to_owned());
        let mut expected: Vec<_> = ["28", "14"].map(|days| about("11110A", days)).into();
        expected.extend(["28", "14", "7", "1"].map(|days| about("11110B", days)));
        assert_eq!(told.iter().map(|letter| letter.about.clone()).collect::<Vec<_>>(), expected);
        each_once(&told);
        invariant::hold(counter.house()).await;
    }

    async fn r308_a_letter_that_breaks_off_or_whose_sender_dies_comes_again_under_the_same_message_id(house: House) {
        let counter = opened(house).await;
        morning(&counter, day(2026, 12, 27));
        counter.centre.desk.wake_grants().await.unwrap();
        // Whoever takes the first of the two letters dies with it.
        let minutes = Duration::from_mins(2);
        let dead = counter.store().take_errand("the one that dies", counter.now(), minutes).await.unwrap().unwrap();
        assert!(matches!(dead.errand, Errand::AcquisitionLetter(_)), "{:?}", dead.errand);
        // Two of the first four deliveries break off when the mail was taken.
        let post = Postman::to(PostOffice::open(4).await, &counter).await;
        let mut told = Vec::new();
        for _ in 0..6 {
            told.extend(post.sent().await);
            counter.house().it_is(counter.now().plus_seconds(3_600));
        }
        let ids: BTreeSet<_> = told.iter().map(|letter| letter.id.clone()).collect();
        assert!(told.len() > 2, "at least once: {told:?}");
        assert_eq!(ids.len(), 2, "and always the same two: {told:?}");
        let own = format!("<{:032x}@", u128::from_be_bytes(dead.id));
        assert!(ids.iter().any(|id| id.starts_with(&own)), "{own}: {ids:?}");
        let terminals: BTreeSet<_> = told.iter().map(|letter| (letter.id.clone(), letter.about.1.clone())).collect();
        assert_eq!(terminals.len(), 2, "one terminal each");
        assert_eq!(counter.store().outbox().await.unwrap().waiting, 0);
    }

    async fn r308_a_mail_server_that_is_down_for_a_day_gets_each_letter_once_when_it_is_back(house: House) {
        let counter = opened(house).await;
        let today = day(2026, 12, 27);
        morning(&counter, today);
        let down = Postman::to(PostOffice::down(), &counter).await;
        for _ in 0..26 {
            assert_eq!(written(&counter, &down).await, []);
            counter.house().it_is(counter.now().plus_seconds(3_600));
        }
        let outbox = counter.store().outbox().await.unwrap();
        assert_eq!((outbox.waiting, outbox.failed), (2, 0), "each terminal's letter waits, and none was added");
        let post = Postman::to(PostOffice::open(0).await, &counter).await;
        let mut told = written(&counter, &post).await;
        told.extend(written(&counter, &post).await);
        let names: Vec<_> = told.iter().map(|letter| letter.about.1.as_str()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 2, "{told:?}");
        each_once(&told);
        for letter in &told {
            assert!(letter.head.contains("To: tuukan-hanako@boeki.example"), "{}", letter.head);
            assert!(letter.head.contains("Date: Sun, 27 Dec 2026"), "of when it was written: {}", letter.head);
        }
    }
}

/// A letter as the mail server took it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Letter {
    id: String,
    head: String,
    /// What it says, of which terminal, with how many days left.
    about: (String, String, String),
}

/// Who brings the letters to a mail server.
struct Postman {
    post: PostOffice,
    errands: Errands,
}

/// Two terminals whose morning was 2026-11-24, at seven, and nothing left to be sent.
async fn opened(house: House) -> Counter {
    let counter = Counter::of(house).await;
    let by = counter.officer("2001", CENTRE).await;
    let case = counter.approved(&by, &["11110A", "11110B"]).await;
    counter
        .store()
        .load_office("mihon-center", TERMINALS_EXAMPLE, counter.now())
        .await
        .unwrap();
    morning(&counter, day(2026, 11, 24));
    counter.centre.desk.keep_mornings().await.unwrap();
    counter.letters(case).await;
    counter
}

fn morning(counter: &Counter, date: Day) {
    counter.house().it_is(date.begins().plus_seconds(9 * 3_600));
}

fn days((year, month, first): (i32, u8, u8), count: i32) -> impl Iterator<Item = Day> {
    (0..count).map(move |more| day(year, month, first).plus(more))
}

async fn acquired(counter: &Counter, name: &str, key: &SoftwareKey) -> Certificate {
    let (desk, office, terminal) = (&counter.centre.desk, &counter.centre.office, terminal(name));
    let second = desk.second_code(&office.id, terminal).await.unwrap().unwrap();
    let codes = Codes::typed(&terminal.first_code(), &second, terminal.third_code());
    let request = csr(name, key);
    desk.acquire(&HOLDER, office, terminal, &codes, request.der())
        .await
        .unwrap()
}

fn csr(name: &str, key: &SoftwareKey) -> CertificateRequest {
    CertificateRequest::new(&terminal(name).first_code(), key).unwrap()
}

/// What time brings, and what is sent of it, twice: what was done is done.
async fn written(counter: &Counter, by: &Postman) -> Vec<Letter> {
    let mut told = Vec::new();
    for _ in 0..2 {
        counter.centre.desk.wake_grants().await.unwrap();
        told.extend(by.sent().await);
    }
    told
}

impl Postman {
    async fn to(post: PostOffice, counter: &Counter) -> Self {
        let errands = runner(counter.house(), Arc::new(post.mailer())).await;
        Self { post, errands }
    }

    /// Sends what is due; gives what the mail server took.
    async fn sent(&self) -> Vec<Letter> {
        self.errands.run_due().await.unwrap();
        let mails = std::mem::take(&mut *self.post.mails.lock().unwrap());
        mails.iter().map(|mail| read(mail)).collect()
    }
}

fn each_once(told: &[Letter]) {
    let ids: BTreeSet<_> = told.iter().map(|letter| &letter.id).collect();
    assert_eq!(ids.len(), told.len(), "each letter once: {told:?}");
}

fn read(mail: &str) -> Letter {
    let (head, body) = parts(mail);
    let id = head.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    let after = |what: &str| {
        body.lines()
            .find_map(|line| line.strip_prefix(what))
            .unwrap_or_default()
    };
    let subjects = [
        ("取得のお願い", "まだ取得されていません"),
        ("有効期限のお知らせ", "有効期限が近づいています"),
        ("停止のお知らせ", "を停止しました"),
    ];
    let subject = subjects.iter().find(|(_, says)| body.contains(says));
    let name = after("論理端末： ").rsplit(' ').next().unwrap();
    let days = after("残り日数： ").trim_end_matches('日');
    Letter {
        id: id.to_owned(),
        head: head.to_owned(),
        about: (
            subject.unwrap_or_else(|| panic!("{body}")).0.to_owned(),
            name.to_owned(),
            days.to_owned(),
        ),
    }
}

/// Head and text of a mail.
pub(crate) fn parts(mail: &str) -> (&str, String) {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let body = if head.contains("base64") {
        let lines: String = body.trim_end_matches("\r\n.\r\n").split("\r\n").collect();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(lines).unwrap()).unwrap()
    } else {
        unquoted(body)
    };
    (head, body)
}

/// Quoted-printable (RFC 2045 §6.7), which leaves eight bits as they are.
fn unquoted(body: &str) -> String {
    let text = body.replace("=\r\n", "");
    let mut octets = Vec::new();
    let mut parts = text.split('=');
    octets.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let (code, rest) = part.split_at(2);
        octets.push(u8::from_str_radix(code, 16).unwrap());
        octets.extend(rest.bytes());
    }
    String::from_utf8(octets).unwrap()
}
