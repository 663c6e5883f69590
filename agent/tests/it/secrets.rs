//! The PIN is nowhere but in the card (A9).

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::bench::{Bench, Browser, PIN, card, to_pin};
use crate::portal::Portal;

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
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// The PIN as it could stand somewhere: plain, in hex both ways, padded, as base64 and in UTF-16.
fn faces(pin: &str) -> Vec<String> {
    use base64::Engine as _;
    let hex = pin.bytes().fold(String::new(), |mut hex, octet| {
        use std::fmt::Write as _;
        write!(hex, "{octet:02x}").unwrap();
        hex
    });
    let list = pin
        .bytes()
        .map(|octet| octet.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    vec![
        pin.to_owned(),
        hex.to_uppercase(),
        hex,
        list,
        base64::engine::general_purpose::STANDARD.encode(pin),
        pin.chars().flat_map(|c| [c, '\0']).collect(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a09_no_pin_code_or_cookie_is_logged_at_any_level() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // The one test of this binary that listens; the others' lines only make the search larger.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let id = portal.ask_login("one");
    let page = to_pin(&browser, &portal, &id).await;
    let page = browser.submit(&page, "/request/pin", &[("pin", "90817263")]).await;
    let page = browser
        .submit(&page, "/request/pin", &[("pin", &format!("{PIN}abc"))])
        .await;
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some());
    let page = browser
        .arrive(&portal, &portal.ask_signature("one", &fingerprint, "文\n"), "id=\"go\"")
        .await;
    browser.submit(&page, "/request/pin", &[]).await;
    let home = bench.home.dir().to_owned();
    let text = log.text();
    assert!(
        text.contains("/request/pin") && text.len() > 1_000,
        "something was logged: {}",
        text.len()
    );
    for pin in [PIN, "90817263"] {
        for face in faces(pin) {
            assert!(!text.contains(&face), "a PIN stands in the log as {face:?}");
        }
    }
    let code = format!("code-of-{id}");
    for secret in [code.as_str(), &browser.cookie_value()] {
        assert!(!text.contains(secret), "{secret} stands in the log");
    }
    for entry in std::fs::read_dir(home).unwrap() {
        let kept = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains(PIN));
    }
    // The control: what is logged on purpose is found by the same search.
    tracing::trace!("{}", faces(PIN)[1]);
    assert!(faces(PIN).iter().any(|face| log.text().contains(face)));
}
