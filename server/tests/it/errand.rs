//! Errands: each one at least once, each letter queued once, whatever fails in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casework::certificate::Shard;
use server::authority::crl::Period;
use server::config::{Config, MailSecurity};
use server::errand::Errands;
use server::errand::mail::{Mail, Mailer, NotSent, Sending, Smtp};
use server::office::AUTHORITY_EXAMPLE;
use server::store::Errand;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::house::{House, PASSPHRASE, noon, on_both};

on_both! {
    async fn the_applicant_gets_three_letters_by_smtp(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        let post = PostOffice::open(0).await;
        let errands = runner(&house, Arc::new(post.mailer())).await;
        assert_eq!(errands.run_due().await.unwrap(), 5, "the list for each certificate of the card, and three letters");
        assert_eq!(errands.run_due().await.unwrap(), 0);
        let mails = post.mails.lock().unwrap().clone();
        let subjects: Vec<_> = mails.iter().filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID"))).collect();
        assert_eq!(subjects.len(), 3);
        for mail in &mails {
            assert!(mail.contains("To: takahashi@example.jp") && mail.contains("Auto-Submitted: auto-generated"), "{mail}");
        }
        assert_eq!(house.store().outbox().await.unwrap().waiting, 0, "nothing is left behind");
    }

    async fn a18_the_letters_link_the_page_of_their_receipt_and_never_tell_its_check_code(house: House) {
        let (case, _) = house.revoke(&house.card().await).await;
        let keeps = Arc::new(Keeping::default());
        runner(&house, Arc::clone(&keeps) as Arc<dyn Mailer>).await.run_due().await.unwrap();
        let receipt = house.store().receipt(case.octets()).await.unwrap().unwrap();
        let mails = keeps.0.lock().unwrap().clone();
        assert_eq!(mails.len(), 3);
        for mail in mails {
            let links: Vec<_> = mail.body.lines().filter(|line| line.starts_with("http")).collect();
            assert_eq!(links, [format!("http://127.0.0.1:8080/receipt/{}", receipt.number)]);
            assert!(!format!("{}{}", mail.subject, mail.body).contains(&receipt.check_code.to_string()), "{}", mail.body);
        }
    }

    async fn a_revocation_is_on_the_list_once_its_errand_is_done(house: House) {
        let (card, other) = (house.card().await, house.card().await);
        house.revoke(&card).await;
        house.revoke(&other).await;
        let post = PostOffice::open(0).await;
        let errands = runner(&house, Arc::new(post.mailer())).await;
        assert_eq!(errands.run_due().await.unwrap(), 10);
        let (row, der) = house.store().published_crl(&house.authority.name, Shard(0)).await.unwrap().unwrap();
        assert_eq!((row.number, row.entries), (1, 4), "one list serves all four errands");
        let list = pki::crl::Crl::parse(&der).unwrap();
        for card in [&card, &other] {
            assert!(list.lookup(&card.signature.serial()).is_some());
            assert!(list.lookup(&card.authentication.serial()).is_some());
        }
        crate::invariant::hold(&house).await;
    }

    async fn a_mail_server_that_fails_gets_the_same_mail_again(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        // It breaks off the first four deliveries, one of them after it took the mail.
        let post = PostOffice::open(4).await;
        let errands = runner(&house, Arc::new(post.mailer())).await;
        for _ in 0..6 {
            errands.run_due().await.unwrap();
            house.it_is(house.now().plus_seconds(3_600));
        }
        let mails = post.mails.lock().unwrap().clone();
        let mut ids: Vec<_> = mails.iter().filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID"))).collect();
        assert!(ids.len() > 3, "at least once: {}", ids.len());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 3, "and always the same three");
    }

    async fn an_errand_that_was_begun_before_a_crash_is_done_after_it(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        let taken = house.store().take_errand("the one that dies", house.now(), Duration::from_mins(2)).await.unwrap();
        let taken = taken.unwrap();
        let house = house.restart().await.unwrap();
        let mut seen = Vec::new();
        while let Some(errand) = house.store().take_errand("the next", house.now(), Duration::from_mins(2)).await.unwrap() {
            seen.push(errand.id);
        }
        assert_eq!(seen.len(), 4);
        assert!(!seen.contains(&taken.id), "its lease still holds");
        house.it_is(house.now().plus_seconds(121));
        let again = house.store().take_errand("the next", house.now(), Duration::from_mins(2)).await.unwrap().unwrap();
        assert_eq!(again.attempts, 2);
    }

    async fn a_list_goes_before_the_letters_that_have_waited_longer(house: House) {
        let letters = house.card().await;
        house.revoke(&letters).await;
        let mut taken = Vec::new();
        let take = async |house: &House| {
            house.store().take_errand("one", house.now(), Duration::from_mins(2)).await.unwrap().map(|row| row.errand)
        };
        for _ in 0..2 {
            taken.push(take(&house).await.unwrap());
        }
        assert!(taken.iter().all(|errand| matches!(errand, Errand::PublishCrl { .. })), "{taken:?}");
        // The three letters of the first card wait; a second card is revoked a minute later.
        house.it_is(house.now().plus_seconds(60));
        let card = house.card().await;
        house.revoke(&card).await;
        assert!(matches!(take(&house).await.unwrap(), Errand::PublishCrl { .. }));
        assert!(matches!(take(&house).await.unwrap(), Errand::PublishCrl { .. }));
        assert!(matches!(take(&house).await.unwrap(), Errand::RevocationLetter(_)), "and then the letters");
    }

    async fn two_runners_never_take_the_same_errand(house: House) {
        for _ in 0..5 {
            let card = house.card().await;
            house.revoke(&card).await;
        }
        let runners: Vec<_> = (0..4)
            .map(|count| {
                let (store, now) = (house.store().clone(), house.now());
                tokio::spawn(async move {
                    let mut taken = Vec::new();
                    while let Some(errand) =
                        store.take_errand(&format!("runner {count}"), now, Duration::from_mins(1)).await.unwrap()
                    {
                        taken.push(errand.id);
                    }
                    taken
                })
            })
            .collect();
        let mut taken = Vec::new();
        for runner in runners {
            taken.extend(runner.await.unwrap());
        }
        assert_eq!(taken.len(), 25);
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), 25);
    }

    async fn a_letter_that_is_refused_for_good_ends_as_failed(house: House) {
        for says in [
            ("RCPT", "550 5.1.1 <takahashi@example.jp>: nobody of this name\r\n"),
            ("RCPT", "553 takahashi@example.jp does not exist\r\n"),
            ("the mail", "554 5.6.0 takahashi@example.jp does not want this\r\n"),
        ] {
            let failed_before = house.store().outbox().await.unwrap().failed;
            let card = house.card().await;
            let (case, _) = house.revoke(&card).await;
            let post = PostOffice::saying(says).await;
            let errands = runner(&house, Arc::new(post.mailer())).await;
            assert_eq!(errands.run_due().await.unwrap(), 2, "the lists are published all the same");
            let outbox = house.store().outbox().await.unwrap();
            assert_eq!((outbox.waiting, outbox.failed - failed_before), (0, 3), "{says:?}");
            let events = house.store().events(case.octets()).await.unwrap();
            let failures: Vec<_> = events.iter().filter(|event| event.name == "letter_failed").collect();
            assert_eq!(failures.len(), 3);
            for failure in failures {
                assert_eq!(failure.actor, "system");
                assert!(failure.document.contains(&says.1[..3]), "{}", failure.document);
                assert!(!failure.document.contains("takahashi"), "no address in the audit: {}", failure.document);
            }
            let asked = post.asked();
            for _ in 0..3 {
                house.it_is(house.now().plus_seconds(86_400));
                assert_eq!(errands.run_due().await.unwrap(), 0);
            }
            assert_eq!((asked, post.asked()), (3, 3), "nobody asks that server again");
        }
        crate::invariant::hold(&house).await;
    }

    async fn what_the_operator_or_time_can_put_right_is_tried_again(house: House) {
        for says in [
            ("EHLO", "554 no service here\r\n"),
            ("MAIL", "550 5.1.8 who is that\r\n"),
            ("RCPT", "450 4.2.0 greylisted\r\n"),
            ("RCPT", "530 5.7.0 log in first\r\n"),
            ("RCPT", "554 5.7.1 relay access denied\r\n"),
            ("RCPT", "550 5.3.2 not at night\r\n"),
            ("DATA", "554 5.5.1 no valid recipients\r\n"),
            ("the mail", "451 4.3.0 disk full\r\n"),
            ("the mail", "550 5.7.23 not believed\r\n"),
        ] {
            let card = house.card().await;
            house.revoke(&card).await;
            let post = PostOffice::saying(says).await;
            runner(&house, Arc::new(post.mailer())).await.run_due().await.unwrap();
            let outbox = house.store().outbox().await.unwrap();
            assert_eq!((outbox.waiting, outbox.failed), (3, 0), "{says:?}");
            house.it_is(house.now().plus_seconds(3_600));
            let post = PostOffice::open(0).await;
            assert_eq!(runner(&house, Arc::new(post.mailer())).await.run_due().await.unwrap(), 3, "{says:?}");
            assert_eq!(post.mails.lock().unwrap().len(), 3);
        }
    }

    async fn a_letter_that_nobody_takes_is_given_up_after_five_days(house: House) {
        let card = house.card().await;
        let (case, _) = house.revoke(&card).await;
        let tries = Arc::new(AtomicUsize::new(0));
        let errands = runner(&house, Arc::new(Refusing { tries: Arc::clone(&tries) })).await;
        let queued_at = house.now();
        let outbox = async || {
            let outbox = house.store().outbox().await.unwrap();
            (outbox.waiting, outbox.failed)
        };
        for _ in 0..5 * 24 {
            errands.run_due().await.unwrap();
            house.it_is(house.now().plus_seconds(3_600));
        }
        assert_eq!(outbox().await, (3, 0));
        assert!(tries.load(Ordering::Relaxed) > 3 * 100, "and about hourly until then");
        house.it_is(queued_at.plus_seconds(5 * 86_400 + 3_601));
        errands.run_due().await.unwrap();
        assert_eq!(outbox().await, (0, 3));
        let events = house.store().events(case.octets()).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.name == "letter_failed").count(), 3);
        let tried = tries.load(Ordering::Relaxed);
        house.it_is(house.now().plus_seconds(86_400));
        assert_eq!(errands.run_due().await.unwrap(), 0);
        assert_eq!(tries.load(Ordering::Relaxed), tried);
    }

    async fn a_postponed_errand_waits_for_its_time(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        let tries = Arc::new(AtomicUsize::new(0));
        let errands = runner(&house, Arc::new(Refusing { tries: Arc::clone(&tries) })).await;
        for (pause, expected) in [(0, 3), (3, 3), (10, 6), (3, 6), (20, 9)] {
            house.it_is(house.now().plus_seconds(pause));
            errands.run_due().await.unwrap();
            assert_eq!(tries.load(Ordering::Relaxed), expected, "after {pause} seconds more");
        }
    }
}

#[test]
fn a40_nothing_in_a_mail_reaches_its_head() {
    let mail = Mail {
        id: [1; 16],
        from_name: "見本認証局".to_owned(),
        from: "no-reply@ca.example.jp".to_owned(),
        to: "holder@example.jp".to_owned(),
        subject: "失効申込受付のお知らせ（受付番号 54930324824）".to_owned(),
        body: "本文\n.\nBcc: z@example.jp\n".to_owned(),
        written_at: noon(2026, 11, 20),
    };
    let written = String::from_utf8(mail.message().unwrap().formatted()).unwrap();
    let (head, _) = written.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_ascii_lowercase().contains("bcc"), "{head}");
    assert!(head.contains("Date: Fri, 20 Nov 2026 03:00:00 +0000"), "{head}");
    assert_eq!(mail.message().unwrap().envelope().to().len(), 1);
    for forged in [
        "1\r\nBcc: x@example.jp",
        "1\nBcc: x@example.jp",
        "1\u{85}Bcc: x@example.jp",
        "1\0",
    ] {
        for mail in [
            Mail {
                subject: forged.to_owned(),
                ..mail.clone()
            },
            Mail {
                from_name: forged.to_owned(),
                ..mail.clone()
            },
        ] {
            assert!(matches!(mail.message(), Err(NotSent::Unwritten(_))), "{forged:?}");
        }
    }
    for wrong in [
        "a@example.jp, b@example.jp",
        "a@example.jp\r\nRCPT TO:<b@example.jp>",
        "",
        "nobody",
    ] {
        assert!(
            matches!(
                Mail {
                    to: wrong.to_owned(),
                    ..mail.clone()
                }
                .message(),
                Err(NotSent::Unwritten(_))
            ),
            "{wrong:?}"
        );
    }
}

pub(crate) async fn runner(house: &House, mailer: Arc<dyn Mailer>) -> Errands {
    let data = &house.place.data;
    std::fs::write(data.join("passphrase"), PASSPHRASE).unwrap();
    let config = Config::parse(Config::commented(), &data.join("kagimori.toml"), data).unwrap();
    house
        .store()
        .load_office("mihon-ca", AUTHORITY_EXAMPLE, house.now())
        .await
        .unwrap();
    let (clock, chance) = (house.desk.clock().clone(), house.desk.chance().clone());
    let registrar = server::serve::registrar(&config, house.store().clone(), clock, chance)
        .await
        .unwrap();
    let period = Period {
        lives: Duration::from_hours(24),
        every: Duration::from_hours(1),
    };
    Errands::new(registrar, period, mailer)
}

/// Keeps every mail as it was written.
#[derive(Default)]
struct Keeping(Mutex<Vec<Mail>>);

impl Mailer for Keeping {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(async { Ok(()) })
    }
}

/// Takes no mail.
struct Refusing {
    tries: Arc<AtomicUsize>,
}

impl Mailer for Refusing {
    fn send<'a>(&'a self, _: &'a Mail) -> Sending<'a> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(NotSent::Unreachable("not today".to_owned())) })
    }
}

/// A receiver of mail on loopback.
pub(crate) struct PostOffice {
    port: u16,
    pub(crate) mails: Arc<Mutex<Vec<String>>>,
    asked: Arc<AtomicUsize>,
    // Held for its end: a port at which nobody listens, and nobody else does either.
    _held: Option<TcpSocket>,
}

impl PostOffice {
    /// The first `breaks` connections are broken off, every other one of them after the mail was taken.
    pub(crate) async fn open(breaks: usize) -> Self {
        Self::of(move |count| match count {
            count if count >= breaks => Manner::Takes,
            count if count % 2 == 0 => Manner::HangsUp,
            _ => Manner::TakesAndHangsUp,
        })
        .await
    }

    /// Nobody listens there.
    pub(crate) fn down() -> Self {
        let port = TcpSocket::new_v4().unwrap();
        port.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            port: port.local_addr().unwrap().port(),
            mails: Arc::default(),
            asked: Arc::default(),
            _held: Some(port),
        }
    }

    /// Answers one command, or `the mail`, always with the same words.
    async fn saying((command, words): (&'static str, &'static str)) -> Self {
        Self::of(move |_| Manner::Says(command, words)).await
    }

    async fn of(manner: impl Fn(usize) -> Manner + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mails, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (kept, counted) = (Arc::clone(&mails), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manner = manner(counted.fetch_add(1, Ordering::Relaxed));
                tokio::spawn(converse(stream, Arc::clone(&kept), manner));
            }
        });
        Self {
            port,
            mails,
            asked,
            _held: None,
        }
    }

    /// How many connections it was asked for.
    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn mailer(&self) -> Smtp {
        Smtp::new(&server::config::Mail {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: MailSecurity::None,
            login: None,
            within: Duration::from_secs(5),
        })
        .unwrap()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Takes,
    HangsUp,
    TakesAndHangsUp,
    Says(&'static str, &'static str),
}

async fn converse(stream: TcpStream, mails: Arc<Mutex<Vec<String>>>, manner: Manner) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.ok()?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let answer: &[u8] = match line.get(..4)?.to_ascii_uppercase().as_str() {
            command if matches!(manner, Manner::Says(says, _) if says == command) => said(manner),
            "EHLO" => b"250-test\r\n250 8BITMIME\r\n",
            "MAIL" if manner == Manner::HangsUp => return None,
            "DATA" => {
                stream.write_all(b"354 go\r\n").await.ok()?;
                let mut mail = Vec::new();
                while !mail.ends_with(b"\r\n.\r\n") {
                    let mut octet = [0];
                    stream.read_exact(&mut octet).await.ok()?;
                    mail.push(octet[0]);
                }
                mails.lock().unwrap().push(String::from_utf8_lossy(&mail).into_owned());
                match manner {
                    Manner::TakesAndHangsUp => return None,
                    Manner::Says("the mail", _) => said(manner),
                    _ => b"250 taken\r\n",
                }
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await.ok()?;
    }
}

fn said(manner: Manner) -> &'static [u8] {
    match manner {
        Manner::Says(_, words) => words.as_bytes(),
        _ => b"",
    }
}
