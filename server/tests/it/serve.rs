//! Listeners: TLS, health, metrics, the way they end.

use std::sync::Arc;
use std::time::Duration;

use server::config::{Serves, Tls};
use server::serve::Roles;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::Place;
use crate::node::{Node, answer_in, get, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tls_listener_speaks_http_1_1_and_asks_browsers_to_stay_with_it() {
    let mut node = Node::start(Place::on_sqlite()).await;
    node.stop().await;
    let directory = tempfile::tempdir().unwrap();
    let made = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "tls.key",
        "-out",
        "tls.pem",
        "-days",
        "2",
        "-subj",
        "/CN=portal.test",
        "-addext",
        "subjectAltName=DNS:portal.test,IP:127.0.0.1",
    ];
    assert_eq!(run("openssl", &made, directory.path()).0, 0);
    let tls = |key: &str| Tls {
        certificate: directory.path().join("tls.pem"),
        key: directory.path().join(key),
    };
    for listen in &mut node.config.listen {
        if listen.serves(Serves::Portal) {
            listen.tls = Some(tls("other.key"));
        }
    }
    let said = node.serve(Roles::all()).await.unwrap_err().to_string();
    assert!(said.contains("other.key"), "{said}");
    assert_eq!(
        run(
            "openssl",
            &["genpkey", "-algorithm", "ed25519", "-out", "other.key"],
            directory.path()
        )
        .0,
        0
    );
    let said = node.serve(Roles::all()).await.unwrap_err().to_string();
    assert!(said.contains("does not fit"), "{said}");
    for listen in &mut node.config.listen {
        if listen.tls.is_some() {
            listen.tls = Some(tls("tls.key"));
            node.config.portal.origin = format!("https://portal.test:{}", listen.address.port());
        }
    }
    node.serve(Roles::all()).await.unwrap();
    let portal = node.running().address(Serves::Portal).unwrap();
    let url = format!("https://portal.test:{}/healthz", portal.port());
    let resolve = format!("portal.test:{}:127.0.0.1", portal.port());
    let (status, said) = run(
        "curl",
        &["-sSi", "--cacert", "tls.pem", "--resolve", &resolve, &url],
        directory.path(),
    );
    assert!(status == 0 && said.starts_with("HTTP/1.1 200"), "{said}");
    let page = format!("https://portal.test:{}/", portal.port());
    let (status, said) = run(
        "curl",
        &["-sSi", "--cacert", "tls.pem", "--resolve", &resolve, &page],
        directory.path(),
    );
    let said = said.to_ascii_lowercase();
    assert!(
        status == 0 && said.contains("strict-transport-security: max-age=") && said.contains("x-request-id: "),
        "{said}"
    );
    let (status, _) = run(
        "curl",
        &[
            "-sS",
            "--tls-max",
            "1.1",
            "--cacert",
            "tls.pem",
            "--resolve",
            &resolve,
            &url,
        ],
        directory.path(),
    );
    assert_ne!(status, 0, "nothing older than TLS 1.2");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_listener_does_not_serve_is_not_there() {
    let node = Node::start(Place::on_sqlite()).await;
    let (portal, validation) = (node.running().address(Serves::Portal).unwrap(), node.validation());
    for (address, path, status) in [
        (portal, "/healthz", 200),
        (validation, "/healthz", 200),
        (portal, "/readyz", 200),
        (validation, "/metrics", 200),
        (portal, "/metrics", 404),
        (portal, "/ca/mihon.cer", 404),
        (validation, "/ca/mihon.cer", 200),
        (validation, "/", 404),
        (portal, "/", 200),
    ] {
        assert_eq!(get(address, path).await.status, status, "{address}{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_counted_is_what_was_done() {
    let node = Node::start(Place::on_sqlite()).await;
    let serial = node.issue().await.certificate.serial();
    let path = node.get_path(&serial).await;
    for _ in 0..3 {
        get(node.validation(), &path).await;
    }
    node.ocsp(&pki::serial::Serial::from_random([9; 20])).await;
    let text = String::from_utf8(get(node.validation(), "/metrics").await.body).unwrap();
    for line in [
        "kagimori_ocsp_total{authority=\"mihon\",answer=\"good\",signed=\"presigned\"} 1",
        "kagimori_ocsp_total{authority=\"mihon\",answer=\"good\",signed=\"kept\"} 2",
        "kagimori_ocsp_total{authority=\"mihon\",answer=\"unknown\",signed=\"live\"} 1",
        "kagimori_signatures_total{authority=\"mihon\",what=\"ocsp\"} 2",
        "kagimori_requests_total{surface=\"ocsp\",status=\"200\"} 4",
        "kagimori_letters_failed 0",
        "kagimori_mornings_due 0",
        // The card's and the responder's.
        "kagimori_certificates{authority=\"mihon\"} 2",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.contains("kagimori_crl_number{authority=\"mihon\",shard=\"1\"}") && text.ends_with("# EOF\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_the_limit_newcomers_wait_and_are_served_when_somebody_leaves() {
    let node = Node::start_with(
        Place::on_sqlite(),
        "[limits]\nconnections = 4\nhead_within_seconds = 60",
    )
    .await;
    let mut idle = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(node.validation()).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
        idle.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut waiting = TcpStream::connect(node.validation()).await.unwrap();
    waiting
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut octet = [0];
    let early = tokio::time::timeout(Duration::from_millis(500), waiting.peek(&mut octet)).await;
    assert!(early.is_err(), "nobody was accepted above the limit");
    drop(idle);
    let mut received = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), waiting.read_to_end(&mut received))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(answer_in(&received).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_answers_what_was_begun() {
    let mut node = Node::start(Place::on_sqlite()).await;
    let mut stream = TcpStream::connect(node.validation()).await.unwrap();
    stream
        .write_all(b"POST /ocsp/mihon HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nAA")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let finished = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&finished);
    let rest = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.write_all(b"AA").await.unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.unwrap();
        told.notify_one();
        answer_in(&received)
    });
    let address = node.validation();
    node.stop().await;
    finished.notified().await;
    assert_eq!(rest.await.unwrap().status, 200);
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
