use super::*;
use crate::face::{Choice, FaceMatch, Provider};
use image::RgbImage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const GOOD: &str = r#"{"faces":{"card":1,"capture":1},"score":0.8765,"threshold":0.6,"version":"v2.1","more":[1]}"#;

fn picture() -> Picture {
    Picture::from(RgbImage::new(80, 80))
}

/// A vendor that answers one question with these octets, and tells what it was asked. Without any it never answers.
async fn vendor(answer: Option<Vec<u8>>) -> (String, oneshot::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, asked) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let question = whole_question(&mut stream).await;
        let _ = told.send(question);
        match answer {
            Some(answer) => {
                // Whoever has read enough closes.
                let _ = stream.write_all(&answer).await;
            }
            None => std::future::pending().await,
        }
    });
    (format!("http://{address}/v1/compare"), asked)
}

async fn whole_question(stream: &mut TcpStream) -> Vec<u8> {
    let mut seen = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        let length = stream.read(&mut part).await.unwrap();
        seen.extend_from_slice(&part[..length]);
        let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(seen[..end].to_vec()).unwrap().to_ascii_lowercase();
        let announced = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        if length == 0 || seen.len() >= end + 4 + announced.parse::<usize>().unwrap() {
            return seen;
        }
    }
}

fn ok(body: &str) -> Vec<u8> {
    response("200 OK", body)
}

fn response(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn http(url: &str) -> Result<FaceMatch, Unusable> {
    FaceMatch::open(&Choice {
        threshold: 700,
        provider: Provider::Http {
            url: url.to_owned(),
            token: None,
            trust: None,
        },
    })
}

async fn answered(answer: Vec<u8>) -> Result<Comparison, NotCompared> {
    let (url, _asked) = vendor(Some(answer)).await;
    http(&url).unwrap().compare(picture(), picture(), "q1").await
}

async fn is_down(answer: Vec<u8>) -> bool {
    matches!(answered(answer).await, Err(NotCompared::Down { .. }))
}

#[tokio::test]
async fn a_vendor_is_asked_with_both_pictures_and_the_mark_of_the_question_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "s3cret\n").unwrap();
    let (url, asked) = vendor(Some(ok(GOOD))).await;
    let vendor = Vendor::open(&url, Some(&token), None, 700).unwrap();
    let compared = vendor.compare(picture(), picture(), "q1").await.unwrap();
    assert_eq!((compared.score, compared.threshold), (876, 700));
    assert_eq!(
        (compared.provider.as_str(), compared.version.as_str()),
        ("http", "v2.1")
    );
    let asked = String::from_utf8(asked.await.unwrap()).unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/compare HTTP/1.1\r\n") && head.contains("authorization: Bearer s3cret"));
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["capture", "card", "request"]);
    assert_eq!(body.get("request").unwrap(), "q1");
    let card = STANDARD.decode(body.get("card").unwrap().as_str().unwrap()).unwrap();
    assert!(card.starts_with(&[0xff, 0xd8, 0xff]));
}

#[tokio::test]
async fn a_vendor_may_ask_for_more_than_the_office_and_not_for_less() {
    for (own, wanted) in [("0.9", 900), ("0.1", 700), ("null", 700)] {
        let body = GOOD.replace("0.6", own);
        assert_eq!(answered(ok(&body)).await.unwrap().threshold, wanted, "{own}");
    }
}

#[tokio::test]
async fn what_a_vendor_says_of_faces_is_told_apart() {
    let none = r#"{"faces":{"card":1,"capture":0},"version":"1"}"#;
    assert_eq!(answered(ok(none)).await, Err(NotCompared::NoFace));
    assert_eq!(answered(ok(&none.replace(":0", ":2"))).await, Err(NotCompared::Several));
    let card = none.replace("\"card\":1", "\"card\":0");
    assert_eq!(answered(ok(&card)).await, Err(NotCompared::CardFace));
}

#[tokio::test]
async fn an_answer_that_is_none_is_the_vendors_fault_and_no_unlike_face() {
    assert!(answered(ok(GOOD)).await.is_ok(), "the control");
    for status in [
        "500 Internal Server Error",
        "503 Busy",
        "401 Unauthorized",
        "204 No Content",
        "302 Found",
    ] {
        assert!(is_down(response(status, GOOD)).await, "{status}");
    }
    for body in [
        "",
        "null",
        "[]",
        "<html>",
        r#"{"score":0.9,"version":"1"}"#,
        &GOOD.replace("0.8765", "1.01"),
        &GOOD.replace("0.8765", "-0.2"),
        &GOOD.replace("0.8765", "1e999"),
        &GOOD.replace("0.8765", "null"),
        &GOOD.replace("0.8765", "\"0.9\""),
        &GOOD.replace("0.6", "7"),
        &GOOD.replace("v2.1", ""),
        &GOOD.replace("v2.1", "a b"),
        &GOOD.replace("v2.1", &"v".repeat(101)),
        &GOOD[..40],
    ] {
        assert!(is_down(ok(body)).await, "{body}");
    }
    for octets in [
        &b""[..],
        b"\0\0\0\0garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{",
    ] {
        assert!(is_down(octets.to_vec()).await);
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let huge = format!(
        r#"{{"faces":{{"card":1,"capture":1}},"score":0.9,"version":"1","more":"{}"}}"#,
        "x".repeat(1 << 20)
    );
    assert!(is_down(ok(&huge)).await);
    let fits = huge.replace(&"x".repeat(1 << 20), &"x".repeat(60_000));
    assert!(answered(ok(&fits)).await.is_ok(), "the control");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, asked) = vendor(Some(ok(GOOD))).await;
    let redirect = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
    assert!(is_down(redirect.into_bytes()).await);
    let mut asked = asked;
    assert!(asked.try_recv().is_err(), "the other address was asked");
}

#[tokio::test]
async fn a_vendor_that_is_not_there_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let compared = http(&url).unwrap().compare(picture(), picture(), "q1").await;
    assert!(matches!(compared, Err(NotCompared::Down { .. })));
}

#[tokio::test]
async fn a_vendor_that_does_not_answer_is_down_when_its_time_is_over() {
    let (url, asked) = vendor(None).await;
    let mut vendor = Vendor::open(&url, None, None, 700).unwrap();
    assert_eq!(vendor.within, Duration::from_secs(10));
    vendor.within = Duration::from_millis(300);
    let compared = vendor.compare(picture(), picture(), "q1").await;
    let Err(NotCompared::Down { why }) = compared else {
        panic!("{compared:?}");
    };
    assert!(why.contains("in time"), "{why}");
    assert!(asked.await.is_ok(), "it was asked");
}

#[test]
fn a_vendor_is_asked_in_clear_on_this_machine_only_and_without_secrets_in_the_address() {
    for wrong in [
        "http://faces.example/",
        "http://127.0.0.1.example/",
        "ftp://127.0.0.1/",
        "https://user:secret@faces.example/",
        "/compare",
        "",
    ] {
        assert!(http(wrong).is_err(), "{wrong}");
    }
    assert!(http("http://127.0.0.1:9/").is_ok() && http("http://[::1]:9/").is_ok());
    assert_eq!(format!("{:?}", http("http://127.0.0.1:9/").unwrap()), "FaceMatch(http)");
}

#[test]
fn a_file_that_cannot_be_read_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none");
    let empty = dir.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    for file in [&missing, &empty] {
        assert!(Vendor::open("https://faces.example/", Some(file), None, 700).is_err());
        assert!(Vendor::open("https://faces.example/", None, Some(file), 700).is_err());
    }
}

/// Authorities, and a certificate for `localhost` of the first, as an operator makes them.
fn certificates(dir: &Path) {
    let openssl = |words: &[&str]| {
        let ran = std::process::Command::new("openssl")
            .args(words)
            .current_dir(dir)
            .output();
        let ran = ran.unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    for name in ["own", "other"] {
        let files = [format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}")];
        let [key, pem, subject] = files.each_ref().map(String::as_str);
        let made = [
            "req", "-x509", "-days", "2", "-subj", subject, "-keyout", key, "-out", pem,
        ];
        openssl(&[&made[..], &curve].concat());
    }
    std::fs::write(
        dir.join("ext"),
        "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n",
    )
    .unwrap();
    let request = ["req", "-subj", "/CN=vendor", "-keyout", "tls.key", "-out", "tls.csr"];
    openssl(&[&request[..], &curve].concat());
    let issue = [
        "x509", "-req", "-in", "tls.csr", "-CA", "own.pem", "-CAkey", "own.key", "-days", "2",
    ];
    openssl(&[&issue[..], &["-extfile", "ext", "-out", "tls.pem"]].concat());
}

/// A vendor that speaks TLS, answers whoever agrees on it, and counts the questions that it heard.
async fn vendor_by_tls(dir: &Path) -> (u16, Arc<std::sync::atomic::AtomicUsize>) {
    let chain = CertificateDer::pem_file_iter(dir.join("tls.pem")).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::from_pem_file(dir.join("tls.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            // Whoever does not trust what it was shown may have gone already.
            if let Ok(length @ 1..) = stream.read(&mut vec![0; 16 << 10]).await {
                assert!(length > 0);
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = stream.write_all(&ok(GOOD)).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (port, heard)
}

#[tokio::test]
async fn a_vendor_is_asked_by_tls_under_the_operators_authority_and_under_no_other() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let (port, heard) = vendor_by_tls(dir.path()).await;
    let ask = async |host: &str, trust: Option<&str>| {
        let trust = trust.map(|name| dir.path().join(name));
        let vendor = Vendor::open(&format!("https://{host}:{port}/"), None, trust.as_deref(), 700)?;
        Ok::<_, Unusable>(vendor.compare(picture(), picture(), "q1").await)
    };
    let count = || heard.load(std::sync::atomic::Ordering::SeqCst);
    let compared = ask("localhost", Some("own.pem")).await.unwrap().unwrap();
    assert_eq!((compared.score, count()), (876, 1), "the control");
    // Another authority, another name, and the authorities of the system, if it has any.
    for (host, trust) in [
        ("localhost", Some("other.pem")),
        ("127.0.0.1", Some("own.pem")),
        ("localhost", None),
    ] {
        match ask(host, trust).await {
            Ok(Err(NotCompared::Down { why })) => assert!(why.contains("TLS was not agreed upon"), "{why}"),
            Err(Unusable(why)) if trust.is_none() => assert!(why.contains("no certificate"), "{why}"),
            other => panic!("{host}, {trust:?}: {other:?}"),
        }
    }
    assert_eq!(count(), 1, "no face was sent to whom nobody trusts");
}

#[tokio::test]
async fn a_vendor_that_takes_the_connection_and_does_not_speak_tls_is_down_in_time() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let vendor = Vendor::open(&url, None, Some(&dir.path().join("own.pem")), 700).unwrap();
    let begun = std::time::Instant::now();
    let compared = vendor.compare(picture(), picture(), "q1").await;
    let Err(NotCompared::Down { why }) = compared else {
        panic!("{compared:?}");
    };
    assert!(why.contains("in time") && begun.elapsed() < WITHIN, "{why}");
}
