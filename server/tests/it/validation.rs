//! What relying parties are told: over HTTP, by our own client and by openssl.

use std::time::{Duration, Instant};

use casework::certificate::Reason;
use pki::crl::CrlNumber;
use pki::ocsp::{ErrorResponse, HashAlgorithm, IssuerId, Nonce, Request, Response, Status};
use pki::reason::ReasonCode;
use pki::serial::Serial;
use server::chance::Chance;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::node::{Answer, Node, answer_in, error_in, exchange, get, get_with, on_both_stores, post, run, status_in};

on_both_stores! {
    async fn r06_openssl_hears_good_and_after_the_commit_revoked(place: Place) {
        let node = Node::start(place).await;
        let directory = tempfile::tempdir().unwrap();
        node.write_authorities(directory.path()).await;
        let issued = node.issue().await;
        std::fs::write(directory.path().join("card.pem"), issued.certificate.to_pem()).unwrap();
        let url = format!("http://{}/ocsp/mihon", node.validation());
        let ask = |nonce: &str| {
            let arguments = ["ocsp", "-issuer", "mihon.pem", "-cert", "card.pem", "-url", &url, "-CAfile", "root.pem", "-verify_other", "mihon.pem", nonce];
            run("openssl", &arguments, directory.path()).1
        };
        for nonce in ["-nonce", "-no_nonce"] {
            let said = ask(nonce);
            assert!(said.contains("card.pem: good") && said.contains("Response verify OK"), "{said}");
        }
        node.revoke(&issued, Reason::KeyCompromise).await;
        for nonce in ["-nonce", "-no_nonce"] {
            let said = ask(nonce);
            assert!(said.contains("card.pem: revoked") && said.contains("keyCompromise") && said.contains("Response verify OK"), "{said}");
        }
    }

    async fn r04_openssl_finds_the_revoked_card_on_the_list_it_names(place: Place) {
        let node = Node::start(place).await;
        let directory = tempfile::tempdir().unwrap();
        node.write_authorities(directory.path()).await;
        let (gone, stays) = (node.issue().await, node.issue().await);
        node.revoke(&gone, Reason::Superseded).await;
        let begun = Instant::now();
        for (issued, code, word) in [(&gone, 2, "certificate revoked"), (&stays, 0, "card.pem: OK")] {
            std::fs::write(directory.path().join("card.pem"), issued.certificate.to_pem()).unwrap();
            loop {
                let (list, answer) = node.crl_of(&issued.certificate).await;
                let waits = code == 2 && list.lookup(&issued.certificate.serial()).is_none();
                if waits && begun.elapsed() < Duration::from_secs(15) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                std::fs::write(directory.path().join("list.der"), &answer.body).unwrap();
                break;
            }
            let into_pem = run("openssl", &["crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem"], directory.path());
            assert_eq!(into_pem.0, 0, "{}", into_pem.1);
            let arguments = ["verify", "-crl_check", "-x509_strict", "-CAfile", "ca.pem", "-CRLfile", "list.pem", "card.pem"];
            let (status, said) = run("openssl", &arguments, directory.path());
            assert!(status == code && said.contains(word), "{status}: {said}");
        }
    }

    async fn a34_an_answer_of_before_the_revocation_is_not_given_after_it(place: Place) {
        let node = Node::start(place).await;
        let issuer = node.certificate_of("mihon").await;
        for _ in 0..20 {
            let issued = node.issue().await;
            let serial = issued.certificate.serial();
            let path = node.get_path(&serial).await;
            let before = get(node.validation(), &path).await;
            let again = get(node.validation(), &path).await;
            assert_eq!(status_in(&before.body, &serial, &issuer, node.now()), Status::Good);
            assert_eq!(before.body, again.body, "control: the answer is kept and given again");
            node.revoke(&issued, Reason::Unspecified).await;
            let etag = format!("if-none-match: {}", before.header("etag").unwrap());
            let after = get_with(node.validation(), &path, &etag).await;
            assert_eq!(after.status, 200, "not 304: the tag is of another answer");
            let Status::Revoked { reason: None, .. } = status_in(&after.body, &serial, &issuer, node.now()) else {
                panic!("revoked without a reason");
            };
        }
    }

    async fn another_node_follows_within_a_second(place: Place) {
        let first = Node::start(place).await;
        for _ in 0..2 {
            // The store has a journal with something in it: the second node begins one of its own beside it.
            first.revoke(&first.issue().await, Reason::Unspecified).await;
        }
        let directory = tempfile::tempdir().unwrap();
        let mut config = first.config.clone();
        config.data_dir = directory.path().join("second");
        config.listen.retain(|listen| listen.serves(server::config::Serves::Validation));
        config.listen[0].address.set_port(0);
        let second = server::serve::Server::start(
            config,
            "validation".parse().unwrap(),
            server::clock::Clock::system(),
            Chance::system(),
        );
        let second = second.await.unwrap();
        let address = second.address(server::config::Serves::Validation).unwrap();
        assert!(second.address(server::config::Serves::Portal).is_none());
        let issuer = first.certificate_of("mihon").await;
        let issued = first.issue().await;
        let serial = issued.certificate.serial();
        let request = Request::new(vec![IssuerId::of(&issuer).cert_id(&serial, HashAlgorithm::Sha256)], None).to_der();
        for (change, is) in [(None, "good"), (Some(Reason::AffiliationChanged), "revoked")] {
            if let Some(reason) = change {
                first.revoke(&issued, reason).await;
            }
            let begun = Instant::now();
            loop {
                let answer = post(address, "/ocsp/mihon", &request).await;
                match (status_in(&answer.body, &serial, &issuer, first.now()), is) {
                    (Status::Good, "good")
                    | (Status::Revoked { reason: Some(ReasonCode::AffiliationChanged), .. }, "revoked") => break,
                    (status, _) => assert!(begun.elapsed() < Duration::from_secs(1), "{status:?} after a second, not {is}"),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        second.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a34_what_was_never_issued_is_never_good() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issuer = node.certificate_of("mihon").await;
    let issued = node.issue().await;
    assert_eq!(node.ocsp(&issued.certificate.serial()).await, Status::Good, "control");
    let mut neighbours: Vec<Serial> = (0..100)
        .map(|_| Serial::from_random(Chance::system().octets()))
        .collect();
    let mut octets = issued.certificate.serial().as_bytes().to_vec();
    *octets.last_mut().unwrap() ^= 1;
    neighbours.push(Serial::from_bytes(&octets).unwrap());
    // A certificate of the other authority is not one of this.
    neighbours.push(issuer.serial());
    for serial in &neighbours {
        assert_eq!(node.ocsp(serial).await, Status::Unknown);
        let by_get = get(node.validation(), &node.get_path(serial).await).await;
        assert_eq!(status_in(&by_get.body, serial, &issuer, node.now()), Status::Unknown);
        assert_eq!(
            by_get.header("cache-control"),
            Some("no-store"),
            "it may be issued the next moment"
        );
    }
    let kept: usize = node
        .running()
        .validation()
        .unwrap()
        .status()
        .registers()
        .iter()
        .map(|(_, register)| register.size().answers)
        .sum();
    assert_eq!(kept, 1, "strangers do not fill the cache");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r07_a_get_is_understood_in_every_encoding_that_clients_use() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issuer = node.certificate_of("mihon").await;
    let (mut plus, mut slash) = (false, false);
    for drawn in 0.. {
        assert!(drawn < 200, "control: both characters occur in random serial numbers");
        let serial = node.issue().await.certificate.serial();
        let path = node.get_path(&serial).await;
        let encoded = path.strip_prefix("/ocsp/mihon/").unwrap();
        plus |= encoded.contains('+');
        slash |= encoded.contains('/');
        let percent = encoded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        for text in [encoded.to_owned(), percent.clone(), percent.to_lowercase_escapes()] {
            let answer = get(node.validation(), &format!("/ocsp/mihon/{text}")).await;
            assert_eq!(
                status_in(&answer.body, &serial, &issuer, node.now()),
                Status::Good,
                "{text}"
            );
            assert_eq!(answer.header("content-type"), Some("application/ocsp-response"));
        }
        if plus && slash {
            break;
        }
    }
    for wrong in ["AAAA", "%ZZ", "%2", "MEow=x", "!", "MEow", ""] {
        let answer = get(node.validation(), &format!("/ocsp/mihon/{wrong}")).await;
        assert_eq!(
            error_in(&answer.body),
            Some(ErrorResponse::MalformedRequest),
            "{wrong:?}: {answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r07_what_may_be_kept_says_so_and_for_how_long() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    let path = node.get_path(&issued.certificate.serial()).await;
    let list = issued.certificate.crl_urls()[0]
        .strip_prefix(&node.config.validation.url)
        .unwrap();
    for (path, most) in [(path.as_str(), 300), (list, 300), ("/ca/mihon.cer", 86_400)] {
        let answer = get(node.validation(), path).await;
        assert_eq!((answer.status, answer.max_age()), (200, most), "{path}");
        assert!(answer.header("last-modified").is_some() && answer.header("expires").is_some());
        let etag = answer.header("etag").unwrap();
        let unchanged = get_with(node.validation(), path, &format!("if-none-match: \"other\", {etag}")).await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0), "{path}");
    }
    // Two minutes before its nextUpdate a list may be kept for less than these; the node that would renew it is gone.
    let (crl, _) = node.crl_of(&issued.certificate).await;
    node.advance(crl.next_update().unwrap() - 120 - node.now());
    let (late, answer) = node.crl_of(&issued.certificate).await;
    if late.number() == crl.number() {
        assert!((100..120).contains(&answer.max_age()), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r08_nonces_of_1_to_128_octets_come_back_and_others_are_malformed() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issuer = node.certificate_of("mihon").await;
    let serial = node.issue().await.certificate.serial();
    let id = IssuerId::of(&issuer).cert_id(&serial, HashAlgorithm::Sha1);
    for length in [0_usize, 1, 15, 16, 32, 128, 129] {
        let octets = vec![7; length];
        let answer = post(node.validation(), "/ocsp/mihon", &request_with_nonce(id.der(), &octets)).await;
        match Response::parse(&answer.body).unwrap() {
            Response::Basic(basic) => {
                assert!((1..=128).contains(&length));
                assert_eq!(basic.nonce(), Some(&Nonce::new(&octets).unwrap()));
                assert_eq!(basic.status_of(&serial, &issuer, node.now()), Ok(Status::Good));
                assert_eq!(answer.header("cache-control"), Some("no-store"));
            }
            Response::Error(error) => {
                assert!([0, 129].contains(&length), "{length}");
                assert_eq!(error, ErrorResponse::MalformedRequest);
            }
        }
    }
    let presigned = get(node.validation(), &node.get_path(&serial).await).await;
    let Ok(Response::Basic(basic)) = Response::parse(&presigned.body) else {
        panic!("signed")
    };
    assert_eq!(basic.nonce(), None, "pre-signed answers never carry one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r07_several_certificates_both_hashes_and_a_wrong_issuer() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let (issuer, other) = (node.certificate_of("mihon").await, node.certificate_of("root").await);
    let (good, revoked) = (node.issue().await, node.issue().await);
    node.revoke(&revoked, Reason::CessationOfOperation).await;
    let id = IssuerId::of(&issuer);
    let ids = vec![
        id.cert_id(&good.certificate.serial(), HashAlgorithm::Sha1),
        id.cert_id(&revoked.certificate.serial(), HashAlgorithm::Sha256),
        IssuerId::of(&other).cert_id(&good.certificate.serial(), HashAlgorithm::Sha1),
    ];
    let answer = post(
        node.validation(),
        "/ocsp/mihon",
        &Request::new(ids.clone(), None).to_der(),
    )
    .await;
    let Ok(Response::Basic(basic)) = Response::parse(&answer.body) else {
        panic!("signed")
    };
    let said: Vec<Status> = basic.singles().iter().map(|single| single.status).collect();
    assert!(
        matches!(said.as_slice(), [Status::Good, Status::Revoked { .. }, Status::Unknown]),
        "{said:?}"
    );
    let wrong = post(
        node.validation(),
        "/ocsp/mihon",
        &Request::new(ids[2..].to_vec(), None).to_der(),
    )
    .await;
    assert_eq!(error_in(&wrong.body), Some(ErrorResponse::Unauthorized));
    let many = vec![ids[0].clone(); Request::MOST_CERTIFICATES + 1];
    let many = post(node.validation(), "/ocsp/mihon", &Request::new(many, None).to_der()).await;
    assert_eq!(error_in(&many.body), Some(ErrorResponse::MalformedRequest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a34_ten_megabytes_are_refused_and_the_next_request_is_answered() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let serial = node.issue().await.certificate.serial();
    let large = vec![0x30; 10_000_000];
    let before = resident();
    for _ in 0..5 {
        assert_eq!(post(node.validation(), "/ocsp/mihon", &large).await.status, 413);
    }
    let mut chunked =
        b"POST /ocsp/mihon HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for part in large.chunks(65_536) {
        chunked.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        chunked.extend_from_slice(part);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(exchange(node.validation(), &chunked).await.status, 413);
    drop((large, chunked));
    assert!(resident() < before + 64_000_000, "the bodies were not kept");
    assert_eq!(node.ocsp(&serial).await, Status::Good);
    for method in ["PUT", "DELETE"] {
        let request = format!("{method} /ocsp/mihon HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        assert_eq!(exchange(node.validation(), request.as_bytes()).await.status, 405);
    }
    for path in [
        "/ocsp/nobody",
        "/crl/mihon/99.crl",
        "/crl/mihon/00.crl",
        "/crl/mihon/+1.crl",
        "/crl/../passphrase",
        "/ca/nobody.cer",
        "/mihon-ca",
    ] {
        assert_eq!(get(node.validation(), path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_sends_its_head_letter_by_letter_is_let_go() {
    let node = Node::start_with(
        crate::house::Place::on_sqlite(),
        "[limits]\nhead_within_seconds = 1\nanswer_within_seconds = 2",
    )
    .await;
    for request in [
        "GET / HT",
        "POST /ocsp/mihon HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nMEow",
    ] {
        let mut stream = TcpStream::connect(node.validation()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let begun = Instant::now();
        let mut received = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut received)).await;
        assert!(read.is_ok(), "still open after {:?}", begun.elapsed());
        assert!(received.is_empty() || [408, 503].contains(&answer_in(&received).status));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r05_lists_grow_in_number_and_an_entry_leaves_only_after_its_certificates_end() {
    let mut node = Node::start(crate::house::Place::on_sqlite()).await;
    let registrar = node.running().registrar().clone();
    let mihon = registrar.authority("mihon").await.unwrap();
    let period = server::authority::crl::Period {
        lives: Duration::from_hours(96),
        every: Duration::from_hours(24),
    };
    let mut revoked = Vec::new();
    let mut number = CrlNumber::recorded(0);
    for reason in [Reason::KeyCompromise, Reason::Superseded, Reason::Unspecified] {
        let issued = node.issue().await;
        node.revoke(&issued, reason).await;
        revoked.push(issued.certificate);
        for shard in registrar.shards_of(mihon.name()).await.unwrap() {
            registrar.publish(&mihon, shard, period).await.unwrap();
        }
        let newest = wait_for_list(&node, revoked.last().unwrap(), number).await;
        assert!(newest > number);
        number = newest;
        for certificate in &revoked {
            assert!(node.crl_of(certificate).await.0.lookup(&certificate.serial()).is_some());
        }
    }
    // Beyond the end of the certificates: one list still carries them, the one after it need not.
    let end = revoked
        .iter()
        .map(pki::certificate::Certificate::not_after)
        .max()
        .unwrap();
    node.stop().await;
    node.advance(end + 60 - node.now());
    node.serve(server::serve::Roles::all()).await.unwrap();
    for certificate in &revoked {
        let (list, _) = node.crl_of(certificate).await;
        assert!(
            list.this_update() > certificate.not_after() && list.lookup(&certificate.serial()).is_some(),
            "one beyond the end"
        );
    }
    node.stop().await;
    node.advance(2 * 86_400);
    node.serve(server::serve::Roles::all()).await.unwrap();
    for certificate in &revoked {
        assert!(
            node.crl_of(certificate).await.0.lookup(&certificate.serial()).is_none(),
            "and then it may leave"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r04_a_node_that_was_off_for_a_week_publishes_before_it_answers() {
    let mut node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    let (before, _) = node.crl_of(&issued.certificate).await;
    node.stop().await;
    node.advance(7 * 86_400);
    assert!(
        before.next_update().unwrap() < node.now(),
        "control: the old list is stale by now"
    );
    node.serve(server::serve::Roles::all()).await.unwrap();
    let (after, _) = node.crl_of(&issued.certificate).await;
    assert!(after.number() > before.number() && after.next_update().unwrap() > node.now());
    assert_eq!(get(node.validation(), "/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r06_an_answer_is_renewed_at_half_of_its_life_and_the_responder_before_its_end() {
    let mut node = Node::start(crate::house::Place::on_sqlite()).await;
    let issuer = node.certificate_of("mihon").await;
    let serial = node.issue().await.certificate.serial();
    let path = node.get_path(&serial).await;
    let first = single(&get(node.validation(), &path).await.body);
    assert_eq!(
        first.next_update.unwrap() - first.this_update,
        86_399,
        "both ends count"
    );
    node.advance(11 * 3_600);
    assert_eq!(
        single(&get(node.validation(), &path).await.body),
        first,
        "control: kept until then"
    );
    node.advance(3_700);
    assert!(single(&get(node.validation(), &path).await.body).this_update > first.this_update);
    node.stop().await;
    node.advance(20 * 86_400);
    node.serve(server::serve::Roles::all()).await.unwrap();
    let renewed = get(node.validation(), &path).await;
    assert_eq!(
        status_in(&renewed.body, &serial, &issuer, node.now()),
        Status::Good,
        "by a responder that is valid now"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_cannot_be_written_leaves_the_one_before() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    let (before, _) = node.crl_of(&issued.certificate).await;
    // No file can be made in what is no directory: as final as a full disk.
    let directory = node.config.data_dir.join("crl/mihon");
    std::fs::rename(&directory, directory.with_extension("away")).unwrap();
    std::fs::write(&directory, "").unwrap();
    node.revoke(&issued, Reason::KeyCompromise).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(node.crl_of(&issued.certificate).await.0.number(), before.number());
    assert!(
        matches!(node.ocsp(&issued.certificate.serial()).await, Status::Revoked { .. }),
        "OCSP does not wait for lists"
    );
    std::fs::remove_file(&directory).unwrap();
    std::fs::rename(directory.with_extension("away"), &directory).unwrap();
    assert!(wait_for_list(&node, &issued.certificate, before.number().unwrap()).await > before.number().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a34_a_node_that_cannot_follow_says_since_when() {
    let place = crate::house::Place::on_sqlite();
    let database = place.data.join("kagimori.db");
    let node = Node::start(place).await;
    let path = node.get_path(&node.issue().await.certificate.serial()).await;
    let directory = tempfile::tempdir().unwrap();
    let aside = [
        "-c",
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=10); c.execute(sys.argv[2]); c.commit()",
    ];
    let alter = |sql: &str| {
        let said = run(
            "python3",
            &[aside[0], aside[1], database.to_str().unwrap(), sql],
            directory.path(),
        );
        assert_eq!(said.0, 0, "{}", said.1);
    };
    alter("ALTER TABLE status RENAME TO hidden");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let age = |answer: &Answer, now: i64| now - single(&answer.body).this_update;
    let stale = get(node.validation(), &path).await;
    assert!(age(&stale, node.now()) >= 2, "as of when it was known");
    alter("ALTER TABLE hidden RENAME TO status");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let other = node.get_path(&node.issue().await.certificate.serial()).await;
    let fresh = get(node.validation(), &other).await;
    assert!(age(&fresh, node.now()) <= 1, "control: whoever follows knows now");
}

async fn wait_for_list(node: &Node, certificate: &pki::certificate::Certificate, above: CrlNumber) -> CrlNumber {
    let begun = Instant::now();
    loop {
        let number = node.crl_of(certificate).await.0.number().unwrap();
        if number > above && node.crl_of(certificate).await.0.lookup(&certificate.serial()).is_some() {
            return number;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "no newer list in ten seconds"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn single(der: &[u8]) -> pki::ocsp::SingleResponse {
    match Response::parse(der).unwrap() {
        Response::Basic(basic) => basic.singles()[0].clone(),
        Response::Error(error) => panic!("{error:?}"),
    }
}

/// A request with a nonce of any length, allowed or not.
fn request_with_nonce(id: &[u8], nonce: &[u8]) -> Vec<u8> {
    let oid = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
    let extension = tlv(0x30, &[oid.to_vec(), tlv(4, &tlv(4, nonce))].concat());
    let list = tlv(0x30, &tlv(0x30, id));
    tlv(0x30, &tlv(0x30, &[list, tlv(0xa2, &tlv(0x30, &extension))].concat()))
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut octets = vec![tag];
    match (high, low) {
        (0, 0..128) => octets.push(low),
        (0, _) => octets.extend_from_slice(&[0x81, low]),
        (_, _) => octets.extend_from_slice(&[0x82, high, low]),
    }
    octets.extend_from_slice(content);
    octets
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

trait LowercaseEscapes {
    fn to_lowercase_escapes(&self) -> String;
}

impl LowercaseEscapes for String {
    fn to_lowercase_escapes(&self) -> String {
        self.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d")
    }
}
