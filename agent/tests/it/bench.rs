//! The bench that a test sits at: an agent with two virtual readers, a clock that the test turns, and a browser.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use agent::virtual_card::{Drawer, Keys, NewCard, Storage, Tries, VirtualCard, example};
use agent::{Agent, Clock, Home, Listeners};
use card::TriesLeft;
use card::piv::Slot;
use reqwest::header;
use tokio::sync::oneshot;

/// When the tests begin: 2026-11-24 10:00 in Japan.
pub(crate) const BEGIN: i64 = 1_795_482_000;
/// The PIN of every card here.
pub(crate) const PIN: &str = "48151623";
pub(crate) const PHRASE: &str = "青いやかん";

pub(crate) struct Bench {
    pub(crate) drawer: Drawer,
    pub(crate) home: Home,
    pub(crate) port: u16,
    now: Arc<AtomicI64>,
    end: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
    _dir: Option<tempfile::TempDir>,
}

impl Bench {
    /// An agent whose phrase is chosen and that allows `portal`.
    pub(crate) async fn with(portal: &crate::portal::Portal) -> Self {
        let bench = Self::bare().await;
        bench.home.choose_phrase(PHRASE).unwrap();
        bench.home.allow(&portal.origin().parse().unwrap()).unwrap();
        bench
    }

    /// An agent at its very first start.
    pub(crate) async fn bare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bench = Self::at_home(Home::new(dir.path().join("agent"))).await;
        Self {
            _dir: Some(dir),
            ..bench
        }
    }

    /// An agent over the state that another one left.
    pub(crate) async fn at_home(home: Home) -> Self {
        let (drawer, readers) = Drawer::new(2);
        let listeners = Listeners::bind(0).await.unwrap();
        let port = listeners.port();
        let now = Arc::new(AtomicI64::new(BEGIN));
        let clock = {
            let now = Arc::clone(&now);
            Clock::reading(move || now.load(Ordering::Relaxed))
        };
        let agent = Agent {
            dir: PathBuf::from(home.dir()),
            readers: Ok(readers),
            clock,
        };
        let (end, ended) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            agent::serve(agent, listeners, async {
                let _ = ended.await;
            })
            .await
            .unwrap();
        });
        Self {
            drawer,
            home,
            port,
            now,
            end: Some(end),
            served: Some(served),
            _dir: None,
        }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Sets the clock.
    #[allow(dead_code, reason = "one of the two programs that share this file needs it")]
    pub(crate) fn set(&self, now: i64) {
        self.now.store(now, Ordering::Relaxed);
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn tries_left(&self, reader: u8) -> TriesLeft {
        self.drawer.card(reader, |card| card.tries_left()).unwrap()
    }

    /// Ends the agent and waits until it has ended.
    pub(crate) async fn end(mut self) {
        drop(self.end.take());
        tokio::time::timeout(Duration::from_secs(5), self.served.take().unwrap())
            .await
            .expect("the agent ends within its bound")
            .unwrap();
    }
}

/// A card with ten tries and its signature certificate's fingerprint.
pub(crate) fn card() -> (VirtualCard, [u8; 32]) {
    card_of(Keys::P256)
}

pub(crate) fn card_of(keys: Keys) -> (VirtualCard, [u8; 32]) {
    card_with(keys, PIN)
}

pub(crate) fn card_with(keys: Keys, pin: &str) -> (VirtualCard, [u8; 32]) {
    let new = NewCard {
        storage: Storage::Memory,
        tries: Tries::AUTHORITY,
        keys,
        pin,
        puk: "12345678",
    };
    let card = example(new, BEGIN - 86_400).unwrap();
    let certificate = card.certificate(Slot::Signature).unwrap();
    let fingerprint = *certificate.fingerprint().bytes();
    (card, fingerprint)
}

/// From the portal's redirect to the page that asks the PIN, with the only card there is.
pub(crate) async fn to_pin(browser: &Browser, portal: &crate::portal::Portal, id: &str) -> Shown {
    let page = browser.arrive(portal, id, "name=\"card\"").await;
    let chosen = page.choices().remove(0);
    let page = browser.submit(&page, "/request/card", &[("card", &chosen)]).await;
    assert!(
        page.html.contains("id=\"pin-help\"") || page.html.contains("id=\"errors\""),
        "{}",
        page.html
    );
    page
}

/// A browser that follows nothing by itself.
pub(crate) struct Browser {
    http: reqwest::Client,
    cookie: std::sync::Mutex<Option<String>>,
    base: String,
    pub(crate) language: &'static str,
}

/// A page as it came.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) headers: header::HeaderMap,
    pub(crate) html: String,
}

impl Browser {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self::at(bench.address())
    }

    /// Before the pages at this address.
    pub(crate) fn at(base: String) -> Self {
        // The agent's own lines install the provider; a browser may come first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Self {
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
            cookie: std::sync::Mutex::default(),
            base,
            language: "ja",
        }
    }

    /// A top-level navigation.
    pub(crate) async fn open(&self, path: &str) -> Shown {
        self.sent(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Follows the agent's own redirects until a page or a foreign address.
    pub(crate) async fn settle(&self, mut shown: Shown) -> Shown {
        for _ in 0..5 {
            match shown.location.as_deref() {
                Some(path) if path.starts_with('/') => {
                    let path = path.to_owned();
                    shown = self.open(&path).await;
                }
                _ => return shown,
            }
        }
        panic!("redirects without end");
    }

    /// Submits the page's form to `action`, with its hidden fields and these.
    pub(crate) async fn submit(&self, page: &Shown, action: &str, fields: &[(&str, &str)]) -> Shown {
        let shown = self.submit_raw(page, action, fields).await;
        self.settle(shown).await
    }

    pub(crate) async fn submit_raw(&self, page: &Shown, action: &str, fields: &[(&str, &str)]) -> Shown {
        let mut all: Vec<(String, String)> = ["visit", "token", "back", "portal", "flow", "terms"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), page.hidden(name)?)))
            .collect();
        for (name, value) in fields {
            all.retain(|(known, _)| known != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post(action, &encoded(&all), Some(&self.base)).await
    }

    pub(crate) async fn post(&self, action: &str, body: &str, origin: Option<&str>) -> Shown {
        let mut request = self
            .http
            .post(format!("{}{action}", self.base))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.to_owned());
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        self.sent(request).await
    }

    /// Posts a picture, as the script of a page does.
    pub(crate) async fn picture(&self, action: &str, token: &str, picture: &[u8]) -> Shown {
        self.sent(self.sending(action, token, picture)).await
    }

    /// The same where nobody waits for its end: the way there may break before all of it was sent.
    pub(crate) async fn picture_begun(&self, action: &str, token: &str, picture: &[u8]) {
        let _ = self.dressed(self.sending(action, token, picture)).send().await;
    }

    fn sending(&self, action: &str, token: &str, picture: &[u8]) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}{action}", self.base))
            .header(header::CONTENT_TYPE, "image/jpeg")
            .header(header::ORIGIN, &self.base)
            .header("kagimori-form", token)
            .body(picture.to_vec())
    }

    /// Where the pages are.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn request(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    fn dressed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = request.header(header::ACCEPT_LANGUAGE, self.language);
        match self.cookie.lock().unwrap().clone() {
            Some(cookie) => request.header(header::COOKIE, format!("other=1; {cookie}")),
            None => request,
        }
    }

    pub(crate) async fn sent(&self, request: reqwest::RequestBuilder) -> Shown {
        let response = self.dressed(request).send().await.unwrap();
        if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
            *self.cookie.lock().unwrap() = Some(cookie.split(';').next().unwrap().to_owned());
        }
        Shown {
            status: response.status().as_u16(),
            location: response
                .headers()
                .get(header::LOCATION)
                .map(|value| value.to_str().unwrap().to_owned()),
            headers: response.headers().clone(),
            html: response.text().await.unwrap(),
        }
    }

    /// Opens a card request as a portal's redirect does, and waits until a page shows `wanted`.
    pub(crate) async fn arrive(&self, portal: &crate::portal::Portal, id: &str, wanted: &str) -> Shown {
        self.until(&address(portal, id), wanted).await
    }

    /// Loads a page until it shows `wanted`: cards are seen a moment after they are inserted.
    pub(crate) async fn until(&self, path: &str, wanted: &str) -> Shown {
        let mut shown = self.open(path).await;
        for _ in 0..200 {
            shown = self.settle(shown).await;
            if shown.html.contains(wanted) {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
            shown = self.open(path).await;
        }
        panic!("no page shows {wanted:?}, but: {}", shown.html);
    }
}

pub(crate) fn address(portal: &crate::portal::Portal, id: &str) -> String {
    format!(
        "/request?portal={}&id={id}",
        portal.origin().replace(':', "%3A").replace('/', "%2F")
    )
}

pub(crate) fn encoded(fields: &[(String, String)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut written, octet| {
            use std::fmt::Write as _;
            write!(written, "%{octet:02X}").unwrap();
            written
        })
    };
    fields
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect::<Vec<_>>()
        .join("&")
}

impl Shown {
    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> Option<String> {
        let at = self.html.rfind(&format!("type=\"hidden\" name=\"{name}\" value=\""))?;
        Some(
            self.html[at..]
                .split("value=\"")
                .nth(1)?
                .split('"')
                .next()?
                .replace("&#38;", "&"),
        )
    }

    /// The values of the cards that can be chosen.
    pub(crate) fn choices(&self) -> Vec<String> {
        self.html
            .split("name=\"card\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    }
}

impl Browser {
    /// The value of the agent's cookie.
    pub(crate) fn cookie_value(&self) -> String {
        let cookie = self.cookie.lock().unwrap().clone().unwrap();
        cookie.split_once('=').unwrap().1.to_owned()
    }
}
