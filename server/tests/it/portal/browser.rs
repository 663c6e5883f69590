//! A browser and an agent without a screen: what they send, and nothing they would not.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt as _;
use pki::Signer as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server::portal::{Portal, Site, router};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use tower::ServiceExt as _;
use wire::card_request::{Answer, Cancelled, CardRequest, Claim, Step, Verdict, WatchReport, authentication_message};
use wire::problem::Problem;

use crate::house::{House, TestCard};

/// What the tests call the portal.
pub(crate) const ORIGIN: &str = "https://ca.example.jp";
pub(crate) const OFFICE: &str = "/mihon-ca/revocation";

/// A browser with its cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    language: &'static str,
    /// The secret of the last form that was seen.
    csrf: String,
    /// From where, if from anywhere.
    from: Option<SocketAddr>,
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) octets: Bytes,
}

/// An agent with its key for one request.
pub(crate) struct Agent {
    router: Router,
    id: String,
    key: String,
}

pub(crate) fn portal(house: &House) -> Router {
    portal_at(house, Site::at(ORIGIN))
}

pub(crate) fn portal_at(house: &House, site: Site) -> Router {
    router(Portal::new(house.desk.clone(), site).unwrap())
}

impl Browser {
    pub(crate) fn new(router: &Router) -> Self {
        Self {
            router: router.clone(),
            cookies: BTreeMap::new(),
            language: "ja",
            csrf: String::new(),
            from: None,
        }
    }

    /// The same browser at this address.
    pub(crate) fn from(self, address: [u8; 4]) -> Self {
        Self {
            from: Some(SocketAddr::from((address, 50_000))),
            ..self
        }
    }

    /// The same browser before another node of the same portal.
    pub(crate) fn at(&self, router: &Router) -> Self {
        Self {
            router: router.clone(),
            ..self.clone()
        }
    }

    pub(crate) fn in_english(router: &Router) -> Self {
        Self {
            language: "en",
            ..Self::new(router)
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answered {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Sends a form of the last page that was seen.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let csrf = self.csrf.clone();
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.post_as(path, &fields, &[("origin", ORIGIN), ("sec-fetch-site", "same-origin")])
            .await
    }

    /// Sends a form as it is, with these headers.
    pub(crate) async fn post_as(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answered {
        let mut request = self.request(Method::POST, path);
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(encoded(fields))).unwrap()).await
    }

    /// Sends a form of the last page that was seen, with files.
    pub(crate) async fn post_parts(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Answered {
        let csrf = self.csrf.clone();
        let fields = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        for (name, octets) in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: image/jpeg\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(octets);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = self
            .request(Method::POST, path)
            .header(
                header::CONTENT_TYPE,
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Follows a redirect on this origin.
    pub(crate) async fn follow(&mut self, answered: Answered) -> Answered {
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text());
        let location = answered.location();
        let path = location.split('#').next().unwrap();
        assert!(path.starts_with('/'), "{location} leads elsewhere");
        self.get(path).await
    }

    pub(crate) fn cookie(&self) -> String {
        self.cookies.get("__Host-kagimori").cloned().unwrap_or_default()
    }

    pub(crate) fn with_cookie(mut self, value: &str) -> Self {
        self.cookies.insert("__Host-kagimori".to_owned(), value.to_owned());
        self
    }

    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// S1 with both texts opened.
    pub(crate) async fn read_both(&mut self) {
        assert_eq!(self.get(OFFICE).await.status, StatusCode::OK);
        for text in ["flow", "terms"] {
            assert_eq!(self.get(&format!("{OFFICE}/{text}")).await.status, StatusCode::OK);
        }
        self.get(OFFICE).await;
    }

    /// From S1 to the agent.
    pub(crate) async fn reach_agent(&mut self) -> Agent {
        let answered = self.post(&format!("{OFFICE}/card"), &[]).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text());
        let location = answered.location();
        let query = location
            .strip_prefix("http://127.0.0.1:24817/request?")
            .expect("the agent's address");
        let (portal, id) = query
            .strip_prefix("portal=")
            .and_then(|rest| rest.split_once("&id="))
            .unwrap();
        assert_eq!(portal, "https%3A%2F%2Fca.example.jp");
        Agent::new(&self.router, id)
    }

    /// Both texts, agreed, and before the agent's first page.
    pub(crate) async fn begin(&mut self) -> Agent {
        self.read_both().await;
        let answered = self.post(&format!("{OFFICE}/agree"), &[]).await;
        assert_eq!(answered.location(), format!("{OFFICE}/card"));
        self.follow(answered).await;
        self.reach_agent().await
    }

    /// S3, with this card.
    pub(crate) async fn reach_certificate(&mut self, card: &TestCard) -> Answered {
        let agent = self.begin().await;
        let code = agent.present(card).await;
        let answered = self.get(&format!("{OFFICE}/return?code={code}")).await;
        assert_eq!(
            answered.location(),
            format!("{OFFICE}/certificate"),
            "{}",
            answered.text()
        );
        self.follow(answered).await
    }

    /// S5, with this form.
    pub(crate) async fn reach_confirm(&mut self, card: &TestCard, form: &[(&str, &str)]) -> Answered {
        self.reach_certificate(card).await;
        self.enter(form).await
    }

    pub(crate) async fn enter(&mut self, form: &[(&str, &str)]) -> Answered {
        let page = self.get(&format!("{OFFICE}/application")).await;
        let case = page.hidden("case");
        let fields: Vec<(&str, &str)> = form.iter().copied().chain([("case", case.as_str())]).collect();
        let answered = self.post(&format!("{OFFICE}/application"), &fields).await;
        self.follow(answered).await
    }

    /// The request for the signature, after 確定.
    pub(crate) async fn reach_signature(&mut self, card: &TestCard) -> Agent {
        let confirm = self.reach_confirm(card, FORM).await;
        self.confirm(&confirm).await
    }

    pub(crate) async fn confirm(&mut self, confirm: &Answered) -> Agent {
        let version = confirm.hidden("version");
        let answered = self
            .post(
                &format!("{OFFICE}/confirm"),
                &[("checked", "yes"), ("version", &version)],
            )
            .await;
        assert_eq!(answered.location(), format!("{OFFICE}/card"), "{}", answered.text());
        self.follow(answered).await;
        self.reach_agent().await
    }

    /// The whole of it, to S6.
    pub(crate) async fn reach_done(&mut self, house: &House, card: &TestCard) -> Answered {
        let agent = self.reach_signature(card).await;
        let code = agent.sign(house, card).await;
        let answered = self.get(&format!("{OFFICE}/return?code={code}")).await;
        assert_eq!(answered.location(), format!("{OFFICE}/done"), "{}", answered.text());
        self.follow(answered).await
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT_LANGUAGE, self.language)
            .header(header::COOKIE, cookies.join("; "))
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answered {
        if let Some(from) = self.from {
            request.extensions_mut().insert(ConnectInfo(from));
        }
        let answered = send(&self.router, request).await;
        for cookie in answered.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(csrf) = answered.find_hidden("csrf") {
            self.csrf = csrf;
        }
        answered
    }
}

impl Answered {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.octets).into_owned()
    }

    pub(crate) fn location(&self) -> String {
        let location = self
            .headers
            .get(header::LOCATION)
            .map(|value| value.to_str().unwrap().to_owned());
        location.unwrap_or_else(|| panic!("{} leads nowhere: {}", self.status, self.text()))
    }

    pub(crate) fn hidden(&self, name: &str) -> String {
        self.find_hidden(name)
            .unwrap_or_else(|| panic!("no field {name} in {}", self.text()))
    }

    pub(crate) fn find_hidden(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    /// Whether this text stands on the page, as a reader sees it.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    pub(crate) fn must_say(&self, words: &str) {
        assert!(self.says(words), "{words:?} does not stand in {}", self.text());
    }
}

impl Agent {
    pub(crate) fn new(router: &Router, id: &str) -> Self {
        let key = server::chance::Chance::system().octets::<32>();
        Self {
            router: router.clone(),
            id: id.to_owned(),
            key: URL_SAFE_NO_PAD.encode(key),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) async fn claim(&self) -> Result<CardRequest, Problem> {
        self.call(
            "claim",
            Some(&Claim {
                protocol: wire::PROTOCOL,
                key: self.key.clone(),
            }),
        )
        .await
    }

    pub(crate) async fn answer(&self, step: usize, answer: &Answer) -> Result<Verdict, Problem> {
        self.call(&format!("steps/{step}"), Some(answer)).await
    }

    pub(crate) async fn cancel(&self) -> Cancelled {
        self.try_cancel().await.unwrap()
    }

    pub(crate) async fn try_cancel(&self) -> Result<Cancelled, Problem> {
        self.call::<Answer, _>("cancel", None).await
    }

    /// Tells where the watched card is; the status where it is not wanted to be known.
    pub(crate) async fn report(&self, report: WatchReport) -> Result<(), u16> {
        let answered = self
            .sent("watch", Body::from(serde_json::to_vec(&report).unwrap()))
            .await;
        match answered.status {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(status.as_u16()),
        }
    }

    /// Answers request 1 with a card; the code for the way back.
    pub(crate) async fn present(&self, card: &TestCard) -> String {
        let request = self.claim().await.unwrap();
        assert_eq!(self.answer(0, &presented(card)).await.unwrap(), Verdict::GO);
        match self.answer(1, &authenticated(&request, card)).await.unwrap() {
            Verdict::Done { code } => code,
            verdict => panic!("{verdict:?}"),
        }
    }

    /// Answers request 2 with a card.
    pub(crate) async fn sign(&self, house: &House, card: &TestCard) -> String {
        let request = self.claim().await.unwrap();
        match self.answer(0, &signed(house, &request, card)).await.unwrap() {
            Verdict::Done { code } => code,
            verdict => panic!("{verdict:?}"),
        }
    }

    async fn call<Sent: Serialize, Got: DeserializeOwned>(
        &self,
        path: &str,
        sent: Option<&Sent>,
    ) -> Result<Got, Problem> {
        let body = sent.map_or_else(Body::empty, |sent| Body::from(serde_json::to_vec(sent).unwrap()));
        let answered = self.sent(path, body).await;
        if answered.status.is_success() {
            Ok(serde_json::from_slice(&answered.octets).unwrap())
        } else {
            assert_eq!(answered.headers[header::CONTENT_TYPE], "application/problem+json");
            Err(serde_json::from_slice(&answered.octets).unwrap())
        }
    }
}

impl Agent {
    async fn sent(&self, path: &str, body: Body) -> Answered {
        let request = Request::post(format!("/api/v1/card-requests/{}/{path}", self.id))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap();
        send(&self.router, request).await
    }
}

pub(crate) fn presented(card: &TestCard) -> Answer {
    Answer::Presented {
        authentication: URL_SAFE_NO_PAD.encode(card.authentication.der()),
        signature: URL_SAFE_NO_PAD.encode(card.signature.der()),
    }
}

pub(crate) fn authenticated(request: &CardRequest, card: &TestCard) -> Answer {
    let message = authentication_message(ORIGIN, request, &card.authentication.fingerprint());
    let signature = card.authentication_key.sign(&message).unwrap();
    Answer::Authenticated {
        signature: URL_SAFE_NO_PAD.encode(signature),
    }
}

pub(crate) fn signed(house: &House, request: &CardRequest, card: &TestCard) -> Answer {
    let [Step::Sign { text: Some(text), .. }] = request.steps.as_slice() else {
        panic!("{request:?} asks for no signature")
    };
    Answer::Signed {
        cms: URL_SAFE_NO_PAD.encode(card.cms(text, house.now())),
        person: None,
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answered {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answered {
        status: parts.status,
        headers: parts.headers,
        octets: body.collect().await.unwrap().to_bytes(),
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| [escaped(name), escaped(value)].join("=");
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// A text as it stands in a query or a form.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() {
            escaped.push(char::from(octet));
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "%{octet:02X}");
        }
    }
    escaped
}

const BOUNDARY: &str = "----KagimoriTestBoundary7f3a";

/// A form without a fault.
pub(crate) const FORM: &[(&str, &str)] = &[
    ("reason", "use_stopped"),
    ("reason_detail", "人事異動のため"),
    ("event_date", ""),
    ("applicant_kana", "タカハシ　イチロウ"),
    ("phone", "0312345678"),
    ("mail", "takahashi@example.jp"),
    ("mail_again", "takahashi@example.jp"),
    ("bank", "みずほ銀行"),
    ("branch", "本店"),
    ("account_type", "ordinary"),
    ("account_number", "1234567"),
    ("account_holder", "タカハシイチロウ"),
    ("new_issue", "no"),
];

/// The form with some fields changed.
pub(crate) fn form_with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    FORM.iter()
        .map(|(name, value)| {
            let changed = changes.iter().find(|(changed, _)| changed == name);
            changed.copied().unwrap_or((*name, *value))
        })
        .collect()
}
