//! The desk of a card issuer in miniature: real HTTP, the exchange as the product speaks it, every signature verified, and a
//! mood for each way in which an answer can fail to come.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agent::Clock;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pki::certificate::Certificate;
use wire::api::{SignedText, ToSign};
use wire::code::Code;
use wire::office::{Language, Office, Text};
use wire::pin_reset::{
    Announce, Announced, AskReservation, Capture, CardStanding, CardTries, Conditions, Confirmed, Hours, Maintenance,
    Reading, Report, Reservation, ReservationBegun, ReservationState, SetCard, Span, Visit,
};
use wire::problem::Problem;

/// The office's desk.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Room>);

struct Room {
    address: SocketAddr,
    clock: Clock,
    book: Mutex<Book>,
}

/// Everything that the desk knows; a test writes into it.
#[derive(Default)]
pub(crate) struct Book {
    /// What was asked, in its order.
    pub(crate) heard: Vec<Heard>,
    /// Everything that came, octet by octet.
    pub(crate) octets: Vec<u8>,
    /// Says no to the next calls of these paths, or does not answer at all.
    pub(crate) moods: VecDeque<(&'static str, Mood)>,
    pub(crate) maintenance: Vec<Maintenance>,
    /// The kiosks' hours as they are told; from 6:30 to 23:00 without one.
    pub(crate) hours: Option<Hours>,
    /// So many seconds before an end it is said.
    pub(crate) warned_before: u32,
    /// The key of the kiosk that is enrolled.
    pub(crate) kiosk: Option<Vec<u8>>,
    /// The reservation that was made last.
    pub(crate) reservation: Option<Reservation>,
    certificate: Option<Certificate>,
    /// What a picture is worth, in turn; a good one where nothing is left.
    pub(crate) faces: VecDeque<Code>,
    shots: u32,
    left: u8,
    /// How far this clock is ahead of the others'.
    pub(crate) ahead: i64,
    /// The visit's answer, where it is not the usual one.
    pub(crate) visit: Option<Visit>,
    /// Until when a kiosk finds the reservation.
    pub(crate) until: Option<i64>,
    /// The card's own key, and what it announced.
    pub(crate) unblock_key: Option<[u8; 32]>,
    announced: Option<(CardStanding, [u8; 16])>,
    /// Where letters are to go.
    pub(crate) mail: Option<String>,
    /// Taken as they came.
    pub(crate) reports: Vec<Report>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Conditions,
    Asked,
    Proved,
    Compared,
    Looked,
    Cancelled,
    Set,
    Announced,
    Reported,
}

/// How the desk meets a call.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// It says no.
    No(Code),
    /// It does what is asked, and the answer is lost.
    Lost,
    /// The connection breaks before it does anything.
    Deaf,
    /// It takes so long.
    Slow(Duration),
    /// It answers what nobody can read.
    Garbled,
}

impl Desk {
    pub(crate) async fn open(clock: Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Self(Arc::new(Room {
            address: listener.local_addr().unwrap(),
            clock,
            book: Mutex::new(Book {
                left: 5,
                warned_before: 600,
                ..Book::default()
            }),
        }));
        let at = "/api/v1/offices/mihon-shi/pin-resets";
        let calls = Router::new()
            .route(&format!("{at}/conditions"), get(conditions))
            .route(&format!("{at}/reservations"), post(ask))
            .route(&format!("{at}/reservations/{{id}}"), get(look))
            .route(&format!("{at}/reservations/{{id}}/proof"), post(prove))
            .route(&format!("{at}/reservations/{{id}}/capture"), post(compare))
            .route(&format!("{at}/reservations/{{id}}/cancel"), post(cancel))
            .route(&format!("{at}/visits"), post(set))
            .route(&format!("{at}/visits/{{id}}/announce"), post(announce))
            .route(&format!("{at}/visits/{{id}}/report"), post(report))
            .layer(axum::extract::DefaultBodyLimit::max(8 << 20))
            .with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, calls).await.unwrap() });
        desk
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}/mihon-shi", self.0.address)
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mood(&self, call: &'static str, mood: Mood) {
        self.book().moods.push_back((call, mood));
    }

    pub(crate) fn count(&self, what: &Heard) -> usize {
        self.book().heard.iter().filter(|heard| *heard == what).count()
    }

    pub(crate) fn now(&self) -> i64 {
        self.0.clock.now() + self.book().ahead
    }

    /// Notes a call, and meets it as its mood is.
    async fn met(&self, call: &'static str, heard: Heard, octets: &[u8]) -> Result<Option<Lost>, Response> {
        let mood = {
            let mut book = self.book();
            book.octets.extend_from_slice(octets);
            let at = book.moods.iter().position(|(of, _)| *of == call);
            let mood = at.and_then(|at| book.moods.remove(at)).map(|(_, mood)| mood);
            if !matches!(mood, Some(Mood::Deaf)) {
                book.heard.push(heard);
            }
            mood
        };
        match mood {
            None => Ok(None),
            Some(Mood::No(code)) => Err(problem(code)),
            Some(Mood::Deaf) => broken(),
            Some(Mood::Lost) => Ok(Some(Lost)),
            Some(Mood::Garbled) => Err("what?".into_response()),
            Some(Mood::Slow(long)) => {
                tokio::time::sleep(long).await;
                Ok(None)
            }
        }
    }

    /// RFC 9421 as the kiosk is to write it; the created time within a minute of this clock.
    fn is_signed(&self, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> bool {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let Some(spki) = self.book().kiosk.clone() else {
            return false;
        };
        let wanted = format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, body)));
        let parameters = text("signature-input")
            .strip_prefix("kagimori=")
            .unwrap_or_default()
            .to_owned();
        let created: i64 = parameters
            .split("created=")
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .and_then(|number| number.parse().ok())
            .unwrap_or_default();
        let base = format!(
            "\"@method\": POST\n\"@target-uri\": http://{}{}\n\"content-digest\": {wanted}\n\"@signature-params\": {parameters}",
            self.0.address,
            uri.path(),
        );
        let signature = text("signature")
            .strip_prefix("kagimori=:")
            .and_then(|rest| rest.strip_suffix(':'))
            .and_then(|text| STANDARD.decode(text).ok())
            .unwrap_or_default();
        text("content-digest") == wanted
            && parameters.starts_with("(\"@method\" \"@target-uri\" \"content-digest\");created=")
            && (self.now() - created).abs() <= 60
            && UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, spki)
                .verify(base.as_bytes(), &signature)
                .is_ok()
    }
}

/// The answer does not arrive.
struct Lost;

fn done<T: serde::Serialize>(lost: Option<Lost>, told: &T) -> Response {
    match lost {
        Some(Lost) => broken(),
        None => Json(told).into_response(),
    }
}

/// The connection is dropped: nobody at its other end knows what became of the call.
fn broken() -> ! {
    std::panic::resume_unwind(Box::new("hangs up"))
}

pub(crate) fn both(ja: &str, en: &str) -> Text {
    Text {
        ja: ja.into(),
        en: en.into(),
    }
}

fn problem(code: Code) -> Response {
    let problem = Problem {
        kind: "about:blank".into(),
        title: "no".into(),
        status: 409,
        code,
        detail: both(&format!("窓口の答え {code}"), &format!("The desk says {code}")),
        errors: Vec::new(),
    };
    (StatusCode::CONFLICT, Json(problem)).into_response()
}

async fn conditions(State(desk): State<Desk>) -> Response {
    let lost = match desk.met("conditions", Heard::Conditions, &[]).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let now = desk.now();
    let book = desk.book();
    let day = (now + 9 * 3_600).div_euclid(86_400) * 86_400 - 9 * 3_600;
    let second = now - day;
    let (opens, closes) = (23_400, 82_800);
    let open = (opens..closes).contains(&second);
    let until = match () {
        () if second < opens => day + opens,
        () if open => day + closes,
        () => day + 86_400 + opens,
    };
    let reading = |what: &str| Reading {
        version: both("第1版", "version 1"),
        text: both(
            &format!("# {what}\n- 一つ目\n- 二つ目\n\n終わり"),
            &format!("# {what}\n- one\n\nend"),
        ),
        digest: what.repeat(64)[..64].to_owned(),
    };
    let told = Conditions {
        office: Office {
            id: "mihon-shi".into(),
            name: both("見本市", "Mihon City"),
        },
        contact: both("見本市 市民課", "Mihon City, citizens' desk"),
        now_ms: now * 1_000,
        flow: reading("f"),
        terms: reading("t"),
        tries: CardTries {
            authentication: 3,
            signature: 5,
        },
        kiosk: book.hours.unwrap_or(Hours {
            opens: 23_400,
            closes: 82_800,
            open,
            until,
        }),
        maintenance: book.maintenance.clone(),
        reserved_for: 86_400,
        warned_before: book.warned_before,
        attempts: 5,
        places: Some("https://mihon-shi.example/kiosks".into()),
    };
    done(lost, &told)
}

fn to_sign(text: &str, certificate: &Certificate, until: i64) -> ToSign {
    let hex = |octets: &[u8]| {
        octets.iter().fold(String::new(), |mut hex, octet| {
            use std::fmt::Write as _;
            write!(hex, "{octet:02x}").unwrap();
            hex
        })
    };
    ToSign {
        text: text.to_owned(),
        digest: hex(digest(&SHA256, text.as_bytes()).as_ref()),
        language: Language::Ja,
        certificate: URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate.der())),
        until,
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}

async fn ask(State(desk): State<Desk>, body: Bytes) -> Response {
    let lost = match desk.met("ask", Heard::Asked, &body).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let asked: AskReservation = read(&body);
    assert_eq!(
        (asked.flow.as_str(), asked.terms.as_str()),
        (&*"f".repeat(64), &*"t".repeat(64))
    );
    let certificate = Certificate::parse(&URL_SAFE_NO_PAD.decode(asked.certificate).unwrap()).unwrap();
    let until = desk.now() + 600;
    let begun = ReservationBegun {
        id: "case-1".into(),
        key: "key-of-case-1".into(),
        to_sign: to_sign("予約 case-1\n", &certificate, until),
    };
    let mut book = desk.book();
    book.mail = asked.mail;
    book.certificate = Some(certificate);
    book.reservation = Some(Reservation {
        id: "case-1".into(),
        office: "mihon-shi".into(),
        number: None,
        state: ReservationState::Asked { until },
    });
    drop(book);
    done(lost, &begun)
}

fn may(headers: &HeaderMap, id: &str) {
    assert_eq!(
        (id, headers[header::AUTHORIZATION].to_str().unwrap()),
        ("case-1", "Bearer key-of-case-1")
    );
}

async fn look(State(desk): State<Desk>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    may(&headers, &id);
    match desk.met("look", Heard::Looked, &[]).await {
        Ok(lost) => done(lost, &desk.book().reservation),
        Err(response) => response,
    }
}

async fn prove(State(desk): State<Desk>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    may(&headers, &id);
    let lost = match desk.met("prove", Heard::Proved, &body).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let signed: SignedText = read(&body);
    let by = pki::cms::verify(&URL_SAFE_NO_PAD.decode(signed.cms).unwrap(), "予約 case-1\n".as_bytes()).unwrap();
    let until = desk.now() + 600;
    let mut book = desk.book();
    assert_eq!(by.certificate.der(), book.certificate.as_ref().unwrap().der());
    book.stand(until);
    done(lost, &book.reservation)
}

impl Book {
    fn stand(&mut self, until: i64) {
        self.shots += 1;
        let state = ReservationState::Proved {
            shot: format!("shot-{}", self.shots),
            left: self.left,
            until,
        };
        self.reservation.as_mut().unwrap().state = state;
    }
}

async fn compare(State(desk): State<Desk>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    may(&headers, &id);
    let lost = match desk.met("compare", Heard::Compared, &[]).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let capture: Capture = read(&body);
    let now = desk.now();
    let mut book = desk.book();
    let reservation = book.reservation.as_ref().unwrap();
    assert!(
        matches!(&reservation.state, ReservationState::Proved { shot, .. } if *shot == capture.shot),
        "one picture for one shot"
    );
    assert!(!capture.visual.is_empty() && !capture.picture.is_empty());
    if let Some(code) = book.faces.pop_front() {
        book.left -= 1;
        if book.left == 0 {
            let until = now + 1_800;
            book.reservation.as_mut().unwrap().state = ReservationState::Paused { until };
        } else {
            book.stand(now + 600);
        }
        return if lost.is_some() { broken() } else { problem(code) };
    }
    let until = now + 86_400;
    let usable = vec![
        Span {
            from: now,
            until: now + 3_600,
        },
        Span {
            from: now + 7_200,
            until,
        },
    ];
    let reservation = book.reservation.as_mut().unwrap();
    reservation.number = Some("12345678901".into());
    reservation.state = ReservationState::Reserved {
        since: now,
        until,
        usable,
    };
    done(lost, &book.reservation)
}

async fn cancel(State(desk): State<Desk>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    may(&headers, &id);
    let lost = match desk.met("cancel", Heard::Cancelled, &[]).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let at = desk.now();
    let mut book = desk.book();
    book.reservation.as_mut().unwrap().state = ReservationState::Cancelled { at };
    done(lost, &book.reservation)
}

async fn set(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if !desk.is_signed(&headers, &uri, &body) {
        return problem(Code::Kiosk);
    }
    let lost = match desk.met("set", Heard::Set, &body).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let card: SetCard = read(&body);
    let certificate = Certificate::parse(&URL_SAFE_NO_PAD.decode(card.certificate).unwrap()).unwrap();
    let now = desk.now();
    let mut book = desk.book();
    let until = book.until.unwrap_or(now + 3_600);
    let visit = book.visit.clone().unwrap_or(Visit::Reserved {
        id: "visit-1".into(),
        until,
        to_sign: to_sign("来店 visit-1\n", &certificate, until),
    });
    book.certificate = Some(certificate);
    done(lost, &visit)
}

async fn announce(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if !desk.is_signed(&headers, &uri, &body) {
        return problem(Code::Kiosk);
    }
    let lost = match desk.met("announce", Heard::Announced, &body).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let announce: Announce = read(&body);
    let cms = URL_SAFE_NO_PAD.decode(&announce.cms).unwrap();
    let by = pki::cms::verify(&cms, "来店 visit-1\n".as_bytes()).unwrap();
    let until = desk.now() + 30;
    let mut book = desk.book();
    assert_eq!(by.certificate.der(), book.certificate.as_ref().unwrap().der());
    let key = book
        .unblock_key
        .expect("a test that comes this far knows the card's key");
    let challenge = URL_SAFE_NO_PAD.decode(&announce.challenge).unwrap();
    let random = [0x5A; 16];
    book.announced = Some((announce.standing.clone(), challenge.as_slice().try_into().unwrap()));
    let announced = Announced {
        host_random: URL_SAFE_NO_PAD.encode(random),
        cryptogram: URL_SAFE_NO_PAD.encode(mac(&key, 1, &context(&announce.standing, &challenge, &random))),
        until,
    };
    done(lost, &announced)
}

async fn report(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if !desk.is_signed(&headers, &uri, &body) {
        return problem(Code::Kiosk);
    }
    let lost = match desk.met("report", Heard::Reported, &body).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let told: Report = read(&body);
    let at = desk.now();
    let mut book = desk.book();
    let (before, challenge) = book.announced.clone().unwrap();
    let key = book.unblock_key.unwrap();
    let context = context(&before, &challenge, &[0x5A; 16]);
    let receipt = URL_SAFE_NO_PAD
        .decode(told.standing.receipt.as_deref().unwrap())
        .unwrap();
    assert_eq!(receipt[..3], before.counter.to_be_bytes()[1..]);
    assert_eq!(
        receipt[3..],
        mac(&key, 3, &context),
        "the receipt is this card's, of this time"
    );
    assert_eq!(told.standing.counter, before.counter + 1);
    let cryptogram = told
        .card_cryptogram
        .as_deref()
        .map(|text| URL_SAFE_NO_PAD.decode(text).unwrap());
    assert_eq!(cryptogram.unwrap(), mac(&key, 2, &context));
    book.reports.push(told);
    drop(book);
    done(lost, &Confirmed { at })
}

/// `number || reference || counter || challenge || random`, as docs/formats.md has it.
fn context(standing: &CardStanding, challenge: &[u8], random: &[u8]) -> Vec<u8> {
    let counter = standing.counter.to_be_bytes();
    [standing.number.as_bytes(), &[0x82], &counter[1..], challenge, random].concat()
}

fn mac(key: &[u8; 32], what: u8, context: &[u8]) -> [u8; 16] {
    use aws_lc_rs::cmac::{AES_256, Key, sign};
    let key = Key::new(AES_256, key).unwrap();
    let tag = sign(&key, &[&[what], context].concat()).unwrap();
    tag.as_ref().try_into().unwrap()
}
