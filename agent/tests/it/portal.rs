//! A portal in miniature: real HTTP, the wire exchange as the product speaks it, and every signature verified.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::certificate::Certificate;
use wire::acquisition::{Issued, KeyKind, Place, Tested, Wanted};
use wire::card_request::{
    Answer, Cancelled, CardRequest, Claim, PinAfter, PinRule, SamePin, Step, Verdict, WatchReport,
    authentication_message,
};
use wire::code::Code;
use wire::office::{Language, Office, OfficeTiles, Offices, Text, Tile};
use wire::problem::Problem;

/// The portal of a test.
#[derive(Clone)]
pub(crate) struct Portal(Arc<Desk>);

struct Desk {
    address: SocketAddr,
    asked: Mutex<HashMap<String, Asked>>,
    mood: Mutex<Mood>,
    heard: Mutex<Vec<Heard>>,
}

struct Asked {
    request: CardRequest,
    key: Option<String>,
    authentication: Option<Certificate>,
    /// The signature certificates that were presented, in their order.
    presented: Vec<Certificate>,
    /// The verdicts that were given, so that the same answer gets the same one.
    given: HashMap<u32, (Answer, Verdict)>,
}

/// How the portal behaves.
#[derive(Clone, Default)]
pub(crate) struct Mood {
    /// Refuses every presented card.
    pub(crate) refuses: Option<(Code, bool)>,
    /// Answers so many step answers with nothing, after taking them.
    pub(crate) hangs_up: u32,
    /// Speaks another version.
    pub(crate) protocol: Option<u32>,
    /// Says this instead of giving the request.
    pub(crate) claim_problem: Option<Code>,
    /// Answers `noted` after this long.
    pub(crate) slow: Option<Duration>,
    /// The card that is registered, by its signature certificate: the first of two must be it (R111).
    pub(crate) registered: Option<[u8; 32]>,
    /// Wants to hear of no watched card any more.
    pub(crate) deaf: bool,
    /// Certifies the keys of terminals.
    pub(crate) certifies: Option<Certifies>,
}

/// What a service centre makes of a certificate request.
pub(crate) type Certifies = Arc<dyn Fn(&[u8]) -> Issued + Send + Sync>;

/// What the portal saw.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Claimed,
    Presented,
    Authenticated,
    Signed {
        text: String,
        by: String,
        person: Option<String>,
    },
    Swapped,
    PinFailed(Option<u8>),
    Cancelled,
    Watched(WatchReport),
    Requested {
        csr: Vec<u8>,
        place: Place,
    },
    Installed {
        certificate: String,
        place: Place,
        tested: Tested,
    },
}

impl Portal {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let portal = Self(Arc::new(Desk {
            address: listener.local_addr().unwrap(),
            asked: Mutex::default(),
            mood: Mutex::default(),
            heard: Mutex::default(),
        }));
        let pages = Router::new()
            .route("/api/v1/offices", get(offices))
            .route("/api/v1/card-requests/{id}/claim", post(claim))
            .route("/api/v1/card-requests/{id}/steps/{n}", post(step))
            .route("/api/v1/card-requests/{id}/cancel", post(cancel))
            .route("/api/v1/card-requests/{id}/watch", post(watch))
            .with_state(portal.clone());
        tokio::spawn(async move { axum::serve(listener, pages).await.unwrap() });
        portal
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.0.address)
    }

    pub(crate) fn mood(&self, mood: Mood) {
        *self.0.mood.lock().unwrap() = mood;
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.0.heard.lock().unwrap().clone()
    }

    /// Request 1: present, authenticate.
    pub(crate) fn ask_login(&self, mark: &str) -> String {
        self.ask(mark, Language::Ja, vec![present(), authenticate()])
    }

    /// Request 1 of a renewal: the card that is registered, then the one that takes its place; both sign.
    pub(crate) fn ask_renewal(&self, mark: &str, same_pin: SamePin) -> String {
        let id = self.ask(mark, Language::Ja, renewal());
        self.tamper(&id, |request| {
            request.procedure = "renewal".into();
            request.title = both("ICカード更新", "Renewal of the IC card");
            request.same_pin = same_pin;
        });
        id
    }

    /// Request 2: sign this text with this certificate.
    pub(crate) fn ask_signature(&self, mark: &str, certificate: &[u8; 32], text: &str) -> String {
        self.ask(mark, Language::Ja, vec![sign(certificate, text)])
    }

    /// デジタル証明書の取得 under a grant.
    #[allow(dead_code, reason = "one of the two programs that share this file needs it")]
    pub(crate) fn ask_acquisition(&self, grant: &str, kind: KeyKind, expires_at: i64) -> String {
        let wanted = Wanted {
            mark: grant.to_owned(),
            label: "NAC11110A".to_owned(),
            subject: URL_SAFE_NO_PAD.encode(SUBJECT),
            keys: vec![kind],
            places: vec![Place::Token, Place::Card, Place::File],
        };
        let says = || both("端末 11110A の証明書です。", "It is for terminal 11110A.");
        let steps = vec![
            Step::Acquire { says: says(), wanted },
            Step::Install {
                says: says(),
                issued: None,
            },
        ];
        let id = self.ask("one", Language::Ja, steps);
        self.tamper(&id, |request| {
            request.procedure = "acquisition".into();
            request.title = both("デジタル証明書の取得", "Acquisition of a digital certificate");
            request.expires_at = expires_at;
        });
        id
    }

    pub(crate) fn ask(&self, mark: &str, language: Language, steps: Vec<Step>) -> String {
        let id = URL_SAFE_NO_PAD.encode(agent::chance::octets::<16>());
        let request = CardRequest {
            protocol: wire::PROTOCOL,
            id: id.clone(),
            session_mark: mark.into(),
            office: Office {
                id: "mihon-ca".into(),
                name: both("見本認証局", "Sample CA"),
            },
            procedure: "revocation".into(),
            title: both("ICカードの失効申込", "Revocation of an IC card"),
            language,
            nonce: URL_SAFE_NO_PAD.encode(agent::chance::octets::<32>()),
            pin: PinRule {
                min: 6,
                max: 8,
                digits: true,
                tries: 10,
            },
            pin_after: PinAfter::Kept,
            same_pin: SamePin::Off,
            watch: None,
            steps,
            answered: 0,
            return_to: "/mihon-ca/revocation/return".into(),
            expires_at: crate::bench::BEGIN + 900,
        };
        self.0.asked.lock().unwrap().insert(
            id.clone(),
            Asked {
                request,
                key: None,
                authentication: None,
                presented: Vec::new(),
                given: HashMap::new(),
            },
        );
        id
    }

    /// Changes a request before it is fetched.
    pub(crate) fn tamper(&self, id: &str, change: impl FnOnce(&mut CardRequest)) {
        change(&mut self.0.asked.lock().unwrap().get_mut(id).unwrap().request);
    }

    fn hear(&self, heard: Heard) {
        self.0.heard.lock().unwrap().push(heard);
    }
}

pub(crate) fn both(ja: &str, en: &str) -> Text {
    Text {
        ja: ja.into(),
        en: en.into(),
    }
}

pub(crate) fn present() -> Step {
    Step::Present {
        says: both(
            "失効させるICカードを、表面を上向きに挿入してください。",
            "Insert the card to be revoked, face up.",
        ),
    }
}

pub(crate) fn authenticate() -> Step {
    Step::Authenticate {
        says: both("ご本人であることを確認します。", "We make sure that it is you."),
    }
}

pub(crate) fn sign(certificate: &[u8; 32], text: &str) -> Step {
    Step::Sign {
        says: both("署名すると、取り消せません。", "Once signed, it cannot be undone."),
        text: Some(text.into()),
        language: Language::Ja,
        certificate: Some(URL_SAFE_NO_PAD.encode(certificate)),
        at: crate::bench::BEGIN,
        person: false,
    }
}

/// A1 and A2 of the source document.
fn renewal() -> Vec<Step> {
    let late = |person| Step::Sign {
        says: both("更新を押すまで何も変わりません。", "Nothing changes before the update."),
        text: None,
        language: Language::Ja,
        certificate: None,
        at: crate::bench::BEGIN,
        person,
    };
    let new = || both(NEW, "Insert the new card.");
    vec![
        Step::Present {
            says: both(CURRENT, "Insert the card that you use now."),
        },
        late(false),
        Step::Swap { says: new() },
        Step::Present { says: new() },
        late(true),
    ]
}

/// CN=NAC11110A under O=見本通関, C=JP.
#[allow(dead_code, reason = "one of the two programs that share this file needs it")]
const SUBJECT: &[u8] = b"\x30\x38\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02JP\x31\x15\x30\x13\x06\x03\x55\x04\x0a\x0c\x0c\xe8\xa6\x8b\xe6\x9c\xac\xe9\x80\x9a\xe9\x96\xa2\x31\x12\x30\x10\x06\x03\x55\x04\x03\x0c\x09NAC11110A";

/// A1
pub(crate) const CURRENT: &str = "現在使用している IC カードが IC カードリーダーに正しく挿入されていることを確認して「OK」ボタンをクリックしてください。";
/// A2
pub(crate) const NEW: &str =
    "新しい IC カードが IC カードリーダーに正しく挿入されていることを確認して「OK」ボタンをクリックしてください。";

async fn offices(State(portal): State<Portal>) -> Json<Offices> {
    let _ = portal;
    let tile = |procedure: &str, title| Tile {
        procedure: procedure.into(),
        title,
        path: format!("/mihon-ca/{procedure}"),
    };
    Json(Offices {
        offices: vec![OfficeTiles {
            office: Office {
                id: "mihon-ca".into(),
                name: both("見本認証局", "Sample CA"),
            },
            procedures: vec![
                tile("reissue", both("再発行", "Reissue")),
                tile("revocation", both("失効申込", "Revocation")),
            ],
        }],
    })
}

async fn claim(State(portal): State<Portal>, Path(id): Path<String>, Json(claim): Json<Claim>) -> Response {
    let mood = portal.0.mood.lock().unwrap().clone();
    if let Some(code) = mood.claim_problem {
        return problem(code);
    }
    let mut asked = portal.0.asked.lock().unwrap();
    let Some(asked) = asked.get_mut(&id) else {
        return problem(Code::NotFound);
    };
    match &asked.key {
        Some(key) if *key != claim.key => return problem(Code::Claimed),
        _ => asked.key = Some(claim.key),
    }
    portal.hear(Heard::Claimed);
    let mut request = asked.request.clone();
    if let Some(protocol) = mood.protocol {
        request.protocol = protocol;
    }
    Json(request).into_response()
}

async fn step(
    State(portal): State<Portal>,
    Path((id, n)): Path<(String, u32)>,
    headers: HeaderMap,
    Json(answer): Json<Answer>,
) -> Response {
    let mood = portal.0.mood.lock().unwrap().clone();
    if let Some(slow) = mood.slow {
        tokio::time::sleep(slow).await;
    }
    let verdict = {
        let mut asked = portal.0.asked.lock().unwrap();
        let asked = asked.get_mut(&id).unwrap();
        if !authorised(asked, &headers) {
            return problem(Code::Claimed);
        }
        match asked.given.get(&n) {
            Some((given, verdict)) if *given == answer => verdict.clone(),
            _ => {
                assert_eq!(n, asked.request.answered, "the step that is due");
                let verdict = portal.judge(asked, &answer, &mood);
                if !matches!(verdict, Verdict::Noted) {
                    asked.given.insert(n, (answer, verdict.clone()));
                }
                if matches!(verdict, Verdict::Go { .. } | Verdict::Done { .. }) {
                    asked.request.answered += 1;
                }
                verdict
            }
        }
    };
    if mood.hangs_up > 0 {
        portal.0.mood.lock().unwrap().hangs_up -= 1;
        // The connection is dropped: the agent cannot know what became of its answer.
        std::panic::resume_unwind(Box::new("hangs up"));
    }
    Json(verdict).into_response()
}

impl Portal {
    fn judge(&self, asked: &mut Asked, answer: &Answer, mood: &Mood) -> Verdict {
        let step = &asked.request.steps[asked.request.answered as usize];
        let last = asked.request.answered as usize + 1 == asked.request.steps.len();
        let good = if last {
            Verdict::Done {
                code: format!("code-of-{}", asked.request.id),
            }
        } else {
            Verdict::GO
        };
        match (step, answer) {
            (_, Answer::PinFailed { left }) => {
                self.hear(Heard::PinFailed(*left));
                Verdict::Noted
            }
            (
                Step::Present { .. },
                Answer::Presented {
                    authentication,
                    signature,
                },
            ) => {
                self.hear(Heard::Presented);
                if let Some((code, again)) = mood.refuses {
                    return Verdict::Refused {
                        code,
                        message: both("このカードは失効しています。", "This card has been revoked."),
                        next: both("別のカードを挿入してください。", "Insert another card."),
                        again,
                    };
                }
                let read = |text: &str| Certificate::parse(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
                assert_ne!(read(authentication), read(signature));
                let signature = read(signature);
                let is_first = asked.presented.is_empty() && asked.request.steps.len() > 2;
                if is_first && mood.registered.is_some_and(|card| card != signature.fingerprint()) {
                    return Verdict::Refused {
                        code: Code::CardSwapped,
                        message: both(
                            "登録されているカードではありません。",
                            "This is not the registered card.",
                        ),
                        next: both("新旧を確認してください。", "Check which is which."),
                        again: true,
                    };
                }
                asked.authentication = Some(read(authentication));
                asked.presented.push(signature);
                written_late(asked).unwrap_or(good)
            }
            (Step::Authenticate { .. }, Answer::Authenticated { signature }) => {
                let certificate = asked.authentication.as_ref().unwrap();
                let mut request = asked.request.clone();
                request.answered = 0;
                let message = authentication_message(&self.origin(), &request, &certificate.fingerprint());
                let key = certificate.public_key();
                let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
                key.verify(key.algorithm().signature(), &message, &signature)
                    .expect("the authentication key signed for this portal");
                self.hear(Heard::Authenticated);
                good
            }
            (
                Step::Sign {
                    text: Some(text),
                    certificate: Some(certificate),
                    at,
                    ..
                },
                Answer::Signed { cms, person },
            ) => {
                let cms = URL_SAFE_NO_PAD.decode(cms).unwrap();
                let signed = pki::cms::verify(&cms, text.as_bytes()).expect("the text was signed");
                assert_eq!(URL_SAFE_NO_PAD.encode(signed.certificate.fingerprint()), *certificate);
                assert_eq!(signed.signing_time, *at);
                self.hear(Heard::Signed {
                    text: text.clone(),
                    by: signed.certificate.serial().to_string(),
                    person: person.clone(),
                });
                good
            }
            (Step::Swap { .. }, Answer::Swapped) => {
                self.hear(Heard::Swapped);
                good
            }
            (Step::Acquire { .. }, Answer::Requested { csr, place }) => {
                let csr = URL_SAFE_NO_PAD.decode(csr).unwrap();
                self.hear(Heard::Requested {
                    csr: csr.clone(),
                    place: *place,
                });
                let issued = mood.certifies.as_ref().unwrap()(&csr);
                let next = &mut asked.request.steps[asked.request.answered as usize + 1];
                if let Step::Install { issued: place, .. } = next {
                    *place = Some(issued);
                }
                Verdict::Go {
                    next: Some(next.clone()),
                    pin: None,
                }
            }
            (
                Step::Install { .. },
                Answer::Installed {
                    certificate,
                    place,
                    tested,
                },
            ) => {
                self.hear(Heard::Installed {
                    certificate: certificate.clone(),
                    place: *place,
                    tested: *tested,
                });
                good
            }
            (step, answer) => panic!("{answer:?} is no answer to {step:?}"),
        }
    }
}

/// The text that can only be written once its card was presented.
fn written_late(asked: &mut Asked) -> Option<Verdict> {
    let next = asked.request.steps.get_mut(asked.request.answered as usize + 1)?;
    let Step::Sign {
        text: text @ None,
        certificate,
        ..
    } = next
    else {
        return None;
    };
    let cards: Vec<String> = asked.presented.iter().map(|card| card.serial().to_string()).collect();
    *text = Some(format!("登録 R-1 のICカード更新\n{}\n", cards.join(" → ")));
    *certificate = Some(URL_SAFE_NO_PAD.encode(asked.presented.last()?.fingerprint()));
    Some(Verdict::Go {
        next: Some(next.clone()),
        pin: Some(asked.request.pin.clone()),
    })
}

async fn cancel(State(portal): State<Portal>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let asked = portal.0.asked.lock().unwrap();
    if !authorised(&asked[&id], &headers) {
        return problem(Code::Claimed);
    }
    portal.hear(Heard::Cancelled);
    Json(Cancelled {
        code: "cancelled".into(),
    })
    .into_response()
}

async fn watch(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(report): Json<WatchReport>,
) -> Response {
    if portal.0.mood.lock().unwrap().deaf {
        return StatusCode::GONE.into_response();
    }
    let asked = portal.0.asked.lock().unwrap();
    if !authorised(&asked[&id], &headers) {
        return problem(Code::Claimed);
    }
    portal.hear(Heard::Watched(report));
    StatusCode::NO_CONTENT.into_response()
}

fn authorised(asked: &Asked, headers: &HeaderMap) -> bool {
    let key = asked.key.as_deref().unwrap_or_default();
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|given| given == &format!("Bearer {key}"))
}

fn problem(code: Code) -> Response {
    let problem = Problem {
        kind: "about:blank".into(),
        title: "Conflict".into(),
        status: 409,
        code,
        detail: both("できません。", "This is not possible."),
        errors: Vec::new(),
    };
    (
        StatusCode::CONFLICT,
        [(header::CONTENT_TYPE, "application/problem+json")],
        serde_json::to_string(&problem).unwrap(),
    )
        .into_response()
}
