//! What became of the certificates of others: an authority made by OpenSSL, its lists and its responder over real HTTP, and
//! three results.

mod desk;
mod foreign;
mod place;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use casework::time::Instant;
use pki::KeyUsage;
use pki::certificate::Certificate;
use pki::validation::Fault;
use server::chance::Chance;
use server::clock::Clock;
use server::config;
use server::metrics::Metrics;
use server::store::Store;
use server::trust::{PinnedIssuer, Trust, Verdict, Why};

use crate::house::{House, on_both};
use foreign::{Foreign, Places, Signer};
use place::{Place, Serves};

/// An authority of somebody else's, where it publishes, and a house that relies on it.
struct Stand {
    house: House,
    foreign: Foreign,
    place: Place,
    trust: Trust,
    clock: Clock,
    ahead: Arc<AtomicI64>,
}

impl Stand {
    async fn new() -> Self {
        Self::beside(House::on_sqlite().await).await
    }

    async fn beside(house: House) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Clock::shifted(Arc::clone(&ahead));
        let trust = trust(&policy(), house.store(), &clock);
        Self {
            house,
            foreign: Foreign::new("Foreign Issuing"),
            place: Place::open().await,
            trust,
            clock,
            ahead,
        }
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A list that was made an hour ago and is good for a week.
    fn list(&self) -> Vec<u8> {
        self.foreign
            .list(self.now().plus_seconds(-3_600), self.now().plus_seconds(7 * 86_400))
    }

    fn certificate(&self, path: &str) -> Certificate {
        let url = self.place.url(path);
        self.foreign.issues(
            "Yamada",
            Places {
                crl: Some(&url),
                ocsp: None,
            },
        )
    }

    /// One whose status a responder tells.
    fn asked_for(&self, path: &str) -> Certificate {
        let url = self.place.url(path);
        self.foreign.issues(
            "Yamada",
            Places {
                crl: None,
                ocsp: Some(&url),
            },
        )
    }

    async fn of(&self, certificate: &Certificate) -> Verdict {
        check(&self.trust, &self.foreign.pinned(), certificate).await
    }
}

fn policy() -> config::Trust {
    config::Trust {
        within: Duration::from_secs(2),
        private: vec!["127.0.0.1".parse().unwrap()],
        ..config::Trust::default()
    }
}

fn trust(policy: &config::Trust, store: &Store, clock: &Clock) -> Trust {
    Trust::new(policy, store.clone(), clock.clone(), Chance::system(), Metrics::new())
}

async fn check(trust: &Trust, issuer: &PinnedIssuer, certificate: &Certificate) -> Verdict {
    trust.check(&[issuer], certificate, KeyUsage::DIGITAL_SIGNATURE).await
}

#[track_caller]
fn good(found: &Verdict) {
    assert!(matches!(found, Verdict::Valid { .. }), "{found:?}");
}

#[track_caller]
fn revoked(found: &Verdict) {
    let is_so = matches!(found, Verdict::Invalid(invalid) if matches!(invalid.fault, Fault::Revoked { .. }));
    assert!(is_so, "{found:?}");
}

#[track_caller]
fn undetermined(found: &Verdict) -> &'static str {
    match found {
        Verdict::Undetermined(why) => why.word(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_good_until_its_issuers_list_has_it() {
    let stand = Stand::new().await;
    let (kept, gone) = (stand.certificate("/ca.crl"), stand.certificate("/ca.crl"));
    stand.foreign.revokes(&gone);
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    let Verdict::Valid { until, .. } = stand.of(&kept).await else {
        panic!("it is on no list");
    };
    assert!(
        (0..=60).contains(&(until.0 - stand.now().plus_seconds(7 * 86_400).0 + 60)),
        "{until:?}"
    );
    revoked(&stand.of(&gone).await);
    assert_eq!(stand.place.asked("/ca.crl"), 1, "one list for both");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_good_until_its_issuers_responder_says_otherwise() {
    let stand = Stand::new().await;
    let certificate = stand.asked_for("/ocsp");
    let foreign = Arc::new(stand.foreign);
    let responder = Arc::clone(&foreign);
    let says = move |request: &[u8]| responder.answers(request, Signer::Itself, true, "-ndays 1");
    stand.place.puts("/ocsp", Serves::Responder(Arc::new(says)));
    let issuer = foreign.pinned();
    good(&check(&stand.trust, &issuer, &certificate).await);
    good(&check(&stand.trust, &issuer, &certificate).await);
    assert_eq!(stand.place.asked("/ocsp"), 1, "it is kept for a while");
    foreign.revokes(&certificate);
    stand.ahead.fetch_add(16 * 60, Ordering::Relaxed);
    revoked(&check(&stand.trust, &issuer, &certificate).await);
    assert_eq!(stand.place.asked("/ocsp"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i7_a_list_that_has_ended_says_nothing() {
    let stand = Stand::new().await;
    let certificate = stand.certificate("/ca.crl");
    let (hour, now) = (3_600, stand.now());
    let ended = stand
        .foreign
        .list(now.plus_seconds(-48 * hour), now.plus_seconds(-24 * hour));
    stand.place.puts("/ca.crl", Serves::Content(ended));
    assert_eq!(undetermined(&stand.of(&certificate).await), "stale");
    // The control: a list of today.
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    stand.advance(31);
    good(&stand.of(&certificate).await);
    // The same list, once its time is over and nobody has another.
    stand.place.puts("/ca.crl", Serves::Status(503));
    stand.advance(7 * 86_400);
    assert_eq!(undetermined(&stand.of(&certificate).await), "status");
    // A list that is good for a year is relied upon for ten days.
    let now = stand.now();
    stand.place.puts(
        "/ca.crl",
        Serves::Content(stand.foreign.list(now, now.plus_seconds(365 * 86_400))),
    );
    stand.advance(60);
    good(&stand.of(&certificate).await);
    stand.place.puts("/ca.crl", Serves::Status(503));
    stand.advance(11 * 86_400);
    assert_eq!(undetermined(&stand.of(&certificate).await), "status");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i7_an_issuer_that_is_not_reached_leaves_its_cards_undetermined_and_is_left_alone_for_a_while() {
    let stand = Stand::new().await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let url = format!("http://{nobody}/ca.crl");
    let certificate = stand.foreign.issues(
        "Yamada",
        Places {
            crl: Some(&url),
            ocsp: None,
        },
    );
    assert_eq!(undetermined(&stand.of(&certificate).await), "unreachable");
    let place = Place::open_at(&nobody.to_string()).await;
    place.puts("/ca.crl", Serves::Content(stand.list()));
    assert_eq!(undetermined(&stand.of(&certificate).await), "unreachable");
    assert_eq!(place.asked("/ca.crl"), 0, "it is left alone");
    // The control: after a while it is asked again.
    stand.advance(31);
    good(&stand.of(&certificate).await);
    // One that names no place at all.
    let silent = stand.foreign.issues("Suzuki", Places::default());
    assert_eq!(undetermined(&stand.of(&silent).await), "no_address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_issuer_holds_nobody_up_for_longer_than_the_policy_says() {
    let stand = Stand::new().await;
    let slow = |seconds| Serves::After(Duration::from_secs(seconds), stand.list());
    stand.place.puts("/slow.crl", slow(30));
    stand.place.puts("/ca.crl", slow(0));
    let certificate = stand.certificate("/slow.crl");
    let began = std::time::Instant::now();
    assert_eq!(undetermined(&stand.of(&certificate).await), "slow");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    // Who comes next does not wait at all.
    let began = std::time::Instant::now();
    assert_eq!(undetermined(&stand.of(&certificate).await), "slow");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    // The control.
    good(&stand.of(&stand.certificate("/ca.crl")).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_larger_than_is_taken_is_refused_before_it_is_read() {
    let stand = Stand::new().await;
    let list = stand.list();
    let small = config::Trust {
        largest: list.len() - 1,
        ..policy()
    };
    stand.place.puts("/ca.crl", Serves::Content(list));
    stand.place.puts("/endless.crl", Serves::Endless);
    let strict = trust(&small, stand.house.store(), &stand.clock);
    let issuer = stand.foreign.pinned();
    for path in ["/ca.crl", "/endless.crl"] {
        let found = check(&strict, &issuer, &stand.certificate(path)).await;
        assert_eq!(undetermined(&found), "too_large", "{path}");
    }
    // The control: one octet more.
    good(&stand.of(&stand.certificate("/ca.crl")).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incident_kamu_sm_another_authoritys_list_at_the_address_replaces_nothing() {
    let stand = Stand::new().await;
    let (kept, gone) = (stand.certificate("/ca.crl"), stand.certificate("/ca.crl"));
    stand.foreign.revokes(&gone);
    // Of the same name, with another key, and without the entry.
    let other = Foreign::new("Foreign Issuing");
    let others = other.list(stand.now().plus_seconds(-60), stand.now().plus_seconds(86_400));
    stand.place.puts("/ca.crl", Serves::Content(others.clone()));
    assert_eq!(undetermined(&stand.of(&kept).await), "foreign");
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    stand.advance(31);
    good(&stand.of(&kept).await);
    revoked(&stand.of(&gone).await);
    // It comes again, and the own one stays.
    stand.place.puts("/ca.crl", Serves::Content(others));
    stand.advance(16 * 60);
    revoked(&stand.of(&gone).await);
    until(|| stand.place.asked("/ca.crl") == 3).await;
    revoked(&stand.of(&gone).await);
    good(&stand.of(&kept).await);
}

on_both! {
    async fn a35_an_older_list_never_takes_the_place_of_a_later_one(house: House) {
        let stand = Stand::beside(house).await;
        let certificate = stand.certificate("/ca.crl");
        let older = stand.list();
        stand.foreign.revokes(&certificate);
        let later = stand.list();
        stand.place.puts("/ca.crl", Serves::Content(later));
        revoked(&stand.of(&certificate).await);
        stand.place.puts("/ca.crl", Serves::Content(older));
        stand.advance(16 * 60);
        revoked(&stand.of(&certificate).await);
        until(|| stand.place.asked("/ca.crl") == 2).await;
        revoked(&stand.of(&certificate).await);
        // A process that starts now has seen it too: the store remembers.
        let next = trust(&policy(), stand.house.store(), &stand.clock);
        revoked(&check(&next, &stand.foreign.pinned(), &certificate).await);
        // The control: a house that has never seen the later one takes it.
        let fresh = House::on_sqlite().await;
        let fresh = trust(&policy(), fresh.store(), &stand.clock);
        good(&check(&fresh, &stand.foreign.pinned(), &certificate).await);
    }

    async fn a_list_that_was_fetched_is_there_for_the_next_process_and_the_other_nodes(house: House) {
        let stand = Stand::beside(house).await;
        let certificate = stand.certificate("/ca.crl");
        stand.place.puts("/ca.crl", Serves::Content(stand.list()));
        good(&stand.of(&certificate).await);
        stand.place.puts("/ca.crl", Serves::Status(503));
        let next = trust(&policy(), stand.house.store(), &stand.clock);
        good(&check(&next, &stand.foreign.pinned(), &certificate).await);
        assert_eq!(stand.place.asked("/ca.crl"), 1);
        // The control: without the store there is nothing.
        let empty = House::on_sqlite().await;
        let empty = trust(&policy(), empty.store(), &stand.clock);
        assert_eq!(undetermined(&check(&empty, &stand.foreign.pinned(), &certificate).await), "status");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a34_a_responder_that_does_not_know_the_certificate_says_nothing() {
    let stand = Stand::new().await;
    let certificate = stand.asked_for("/ocsp");
    let foreign = Arc::new(stand.foreign);
    let issuer = foreign.pinned();
    for (knows, expected) in [(false, Some("unknown")), (true, None)] {
        let responder = Arc::clone(&foreign);
        let says = move |request: &[u8]| responder.answers(request, Signer::Itself, knows, "-ndays 1");
        stand.place.puts("/ocsp", Serves::Responder(Arc::new(says)));
        let trust = trust(&policy(), stand.house.store(), &stand.clock);
        let found = check(&trust, &issuer, &certificate).await;
        match expected {
            Some(word) => assert_eq!(undetermined(&found), word),
            None => good(&found),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p10_an_answer_counts_only_from_the_issuer_or_a_delegate_that_needs_no_check() {
    let stand = Stand::new().await;
    let certificate = stand.asked_for("/ocsp");
    let foreign = Arc::new(stand.foreign);
    let issuer = foreign.pinned();
    for (signer, more, expected) in [
        (Signer::Stranger, "-ndays 1", Some("foreign")),
        (Signer::Unmarked, "-ndays 1", Some("foreign")),
        (Signer::Itself, "-ndays 1 -badsig", Some("foreign")),
        (Signer::Delegate, "-ndays 1", None),
        (Signer::Itself, "-ndays 1", None),
        // No nextUpdate: good for one look.
        (Signer::Itself, "", None),
    ] {
        let responder = Arc::clone(&foreign);
        let says = move |request: &[u8]| responder.answers(request, signer, true, more);
        stand.place.puts("/ocsp", Serves::Responder(Arc::new(says)));
        let trust = trust(&policy(), stand.house.store(), &stand.clock);
        let found = check(&trust, &issuer, &certificate).await;
        match expected {
            Some(word) => assert_eq!(undetermined(&found), word, "{more}"),
            None => good(&found),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_of_another_question_and_an_answer_of_before_are_not_taken() {
    let stand = Stand::new().await;
    let certificate = stand.asked_for("/ocsp");
    let foreign = Arc::new(stand.foreign);
    let issuer = foreign.pinned();
    let kept: Arc<std::sync::Mutex<Option<Vec<u8>>>> = Arc::default();
    let (responder, first) = (Arc::clone(&foreign), Arc::clone(&kept));
    // Says the same to everybody.
    let says = move |request: &[u8]| {
        let mut first = first.lock().unwrap();
        first
            .get_or_insert_with(|| responder.answers(request, Signer::Itself, true, "-ndays 1"))
            .clone()
    };
    stand.place.puts("/ocsp", Serves::Responder(Arc::new(says)));
    good(&check(&stand.trust, &issuer, &certificate).await);
    let other = trust(&policy(), stand.house.store(), &stand.clock);
    assert_eq!(undetermined(&check(&other, &issuer, &certificate).await), "foreign");
    // A responder that refuses.
    stand.place.puts("/ocsp", Serves::Content(vec![0x30, 3, 0x0a, 1, 6]));
    let other = trust(&policy(), stand.house.store(), &stand.clock);
    assert_eq!(undetermined(&check(&other, &issuer, &certificate).await), "refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_leads_no_request_into_a_private_network() {
    let stand = Stand::new().await;
    let inside = Place::open_at("127.0.0.2:0").await;
    inside.puts("/ca.crl", Serves::Content(stand.list()));
    stand.place.puts("/moved.crl", Serves::Leads(inside.url("/ca.crl")));
    let direct = inside.url("/ca.crl");
    let direct = stand.foreign.issues(
        "Yamada",
        Places {
            crl: Some(&direct),
            ocsp: None,
        },
    );
    let moved = stand.certificate("/moved.crl");
    for certificate in [&direct, &moved] {
        assert_eq!(undetermined(&stand.of(certificate).await), "inside");
    }
    // Nothing is private that was not named: the default asks nobody on this machine.
    let default = trust(&config::Trust::default(), stand.house.store(), &stand.clock);
    let named = stand.place.url("/ca.crl").replace("127.0.0.1", "localhost");
    let named = stand.foreign.issues(
        "Yamada",
        Places {
            crl: Some(&named),
            ocsp: None,
        },
    );
    for certificate in [&moved, &named] {
        let found = check(&default, &stand.foreign.pinned(), certificate).await;
        assert_eq!(undetermined(&found), "inside");
    }
    assert_eq!(stand.place.asked("/ca.crl"), 0);
    assert_eq!(inside.asked("/ca.crl"), 0);
    // The control: the operator names it.
    let named = config::Trust {
        private: vec!["127.0.0.0/8".parse().unwrap()],
        ..policy()
    };
    let named = trust(&named, stand.house.store(), &stand.clock);
    for certificate in [&direct, &moved] {
        good(&check(&named, &stand.foreign.pinned(), certificate).await);
    }
    assert_eq!(inside.asked("/ca.crl"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_end_somewhere() {
    let stand = Stand::new().await;
    stand.place.puts("/circle.crl", Serves::Leads("/circle.crl".to_owned()));
    stand
        .place
        .puts("/away.crl", Serves::Leads("https://example.jp/ca.crl".to_owned()));
    stand.place.puts("/moved.crl", Serves::Leads("/ca.crl".to_owned()));
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    assert_eq!(
        undetermined(&stand.of(&stand.certificate("/circle.crl")).await),
        "redirects"
    );
    assert_eq!(stand.place.asked("/circle.crl"), 4);
    assert_eq!(
        undetermined(&stand.of(&stand.certificate("/away.crl")).await),
        "no_address"
    );
    good(&stand.of(&stand.certificate("/moved.crl")).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_logins_ask_once() {
    let stand = Stand::new().await;
    stand
        .place
        .puts("/ca.crl", Serves::After(Duration::from_millis(300), stand.list()));
    stand
        .place
        .puts("/other.crl", Serves::After(Duration::from_millis(300), stand.list()));
    let (one, other) = (stand.certificate("/ca.crl"), stand.certificate("/other.crl"));
    let ask = |certificate: &Certificate| {
        let (trust, issuer) = (stand.trust.clone(), stand.foreign.pinned());
        let certificate = certificate.clone();
        async move { check(&trust, &issuer, &certificate).await }
    };
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..64 {
        logins.spawn(ask(&one));
    }
    for found in logins.join_all().await {
        good(&found);
    }
    assert_eq!(stand.place.asked("/ca.crl"), 1);
    // The control: another list is another question.
    good(&ask(&other).await);
    assert_eq!(stand.place.asked("/other.crl"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_another_part_says_nothing_about_this_certificate() {
    let stand = Stand::new().await;
    let certificate = stand.certificate("/part/1.crl");
    let (from, to) = (stand.now().plus_seconds(-60), stand.now().plus_seconds(86_400));
    let part = |path: &str| Serves::Content(stand.foreign.list_of(from, to, &stand.place.url(path)));
    stand.place.puts("/part/1.crl", part("/part/2.crl"));
    assert_eq!(undetermined(&stand.of(&certificate).await), "silent");
    // The control: its own part.
    stand.place.puts("/part/1.crl", part("/part/1.crl"));
    stand.advance(16 * 60);
    let fresh = trust(&policy(), House::on_sqlite().await.store(), &stand.clock);
    good(&check(&fresh, &stand.foreign.pinned(), &certificate).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_office_names_is_asked_instead_of_what_the_certificate_names() {
    let stand = Stand::new().await;
    let certificate = stand.certificate("/gone.crl");
    stand.place.puts("/mirror.crl", Serves::Tagged(stand.list(), "\"1\""));
    let issuer = PinnedIssuer {
        crl: vec![stand.place.url("/mirror.crl")],
        ..stand.foreign.pinned()
    };
    good(&check(&stand.trust, &issuer, &certificate).await);
    assert_eq!(
        (stand.place.asked("/gone.crl"), stand.place.asked("/mirror.crl")),
        (0, 1)
    );
    // What is there unchanged is not sent again.
    stand.advance(16 * 60);
    good(&check(&stand.trust, &issuer, &certificate).await);
    until(|| stand.place.asked("/mirror.crl") == 2).await;
    assert_eq!(stand.place.sent(), 1);
    // The control: what the certificate names has nothing.
    assert_eq!(undetermined(&stand.of(&certificate).await), "status");
}

#[test]
fn every_reason_has_a_word_and_a_sentence() {
    for why in [Why::Slow, Why::Older, Why::Stale, Why::Silent, Why::Unknown] {
        assert!(!why.word().is_empty() && why.to_string().len() > 10);
    }
}

/// Waits for something that another task does, at most ten seconds.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            // What was asked for is taken up a moment later.
            tokio::time::sleep(Duration::from_millis(100)).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come");
}
