//! The calls of the agent, and what a card request was answered with (DESIGN, part 4).
//!
//! What the agent brings changes no case, but for the key of a terminal, whose certificate has to come with the verdict
//! ([`acquisition`](crate::portal::acquisition)). It is checked and kept; only the browser that comes back with the one-time
//! code, in the session that began, lets the desk act on it.

mod judge;
mod note;
pub(crate) mod watch;

pub(crate) use judge::{Onward, Stands, noun};

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::identity::Fingerprint;
use casework::time::Instant;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::IpAddr;
use wire::card_request::{Answer, Cancelled, CardRequest, Claim, PinRule, Step, Verdict};
use wire::code::Code;
use wire::office::{Language, Text};
use wire::problem::Problem;

use crate::catalogue::{Message, Words};
use crate::desk::card::ShownCard;
use crate::desk::evidence::{self, Shown, Signature, Unproven};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::session::hashed;
use crate::portal::visit::{Stop, Visit, address, read_body};
use crate::portal::{Portal, date};
use crate::store::{ANSWERED, CardRequestRow, CardRequestState, Claimed, Clash};

/// `POST /api/v1/card-requests/{id}/claim`
pub(crate) fn claims() -> MethodRouter<Portal> {
    post(claim)
}

/// `POST /api/v1/card-requests/{id}/steps/{n}`
pub(crate) fn steps() -> MethodRouter<Portal> {
    post(step)
}

/// `POST /api/v1/card-requests/{id}/cancel`
pub(crate) fn cancels() -> MethodRouter<Portal> {
    post(cancel)
}

/// `POST /api/v1/card-requests/{id}/watch`
pub(crate) fn watches() -> MethodRouter<Portal> {
    post(watch::report)
}

impl Portal {
    /// The card that a request was answered with: its certificates, checked anew, and its signature over the challenge.
    pub(crate) async fn answered_presence(
        &self,
        office: &Office,
        row: &CardRequestRow,
    ) -> Result<(Shown, casework::evidence::Presented), Unproven> {
        let answers = self.answers(row).await?;
        let (authentication, signature, proof) = presence(&answers)?;
        let shown = self.shown(office, authentication, signature).await?;
        let presented = self.presented(row, &shown, proof)?;
        Ok((shown, presented))
    }

    /// The same of a bidder's card.
    pub(crate) async fn answered_card(
        &self,
        office: &Office,
        row: &CardRequestRow,
    ) -> Result<(ShownCard, casework::evidence::Presented), Unproven> {
        let answers = self.answers(row).await?;
        let (authentication, signature, proof) = presence(&answers)?;
        let shown = self.shown_card(office, authentication, signature).await?;
        let presented = self.presented_card(row, &shown, proof)?;
        Ok((shown, presented))
    }

    /// Both cards of a ceremony: their certificates, checked anew, and what they signed.
    pub(crate) async fn answered_ceremony(&self, office: &Office, row: &CardRequestRow) -> Result<Ceremony, Unproven> {
        let answers = self.answers(row).await?;
        let request = read_request(row)?;
        let (
            [
                Answer::Presented {
                    authentication: old_authentication,
                    signature: old_signature,
                },
                Answer::Signed { cms: old_cms, .. },
                Answer::Swapped,
                Answer::Presented {
                    authentication: new_authentication,
                    signature: new_signature,
                },
                Answer::Signed { cms: new_cms, person },
            ],
            [
                _,
                Step::Sign {
                    text: Some(old_text), ..
                },
                _,
                _,
                Step::Sign {
                    text: Some(new_text), ..
                },
            ],
        ) = (answers.as_slice(), request.steps.as_slice())
        else {
            return Err(Unproven::Signature("the request was not answered".to_owned()));
        };
        let cards = [
            self.shown_card(office, old_authentication, old_signature).await?,
            self.shown_card(office, new_authentication, new_signature).await?,
        ];
        let texts = [old_text.clone(), new_text.clone()];
        let signatures = [decoded(old_cms)?, decoded(new_cms)?];
        let both = evidence::read_both(office, texts, signatures, self.clock().now())?;
        let signers = [both.read().from(), both.read().to()];
        if cards.each_ref().map(|shown| shown.card().card) != signers {
            return Err(Unproven::AnotherCard);
        }
        Ok(Ceremony {
            both,
            cards,
            person: person.clone(),
        })
    }

    /// The signature that a request was answered with.
    pub(crate) async fn answered_signature(&self, row: &CardRequestRow) -> Result<Signature, Unproven> {
        match (self.answers(row).await?.as_slice(), read_request(row)?.steps.as_slice()) {
            (
                [Answer::Signed { cms, .. }],
                [
                    Step::Sign {
                        text: Some(text),
                        certificate: Some(certificate),
                        ..
                    },
                ],
            ) => self.possession(cms, text, certificate),
            _ => Err(Unproven::Signature("the request was not answered".to_owned())),
        }
    }

    /// What a request was answered with, in the order of its steps.
    pub(crate) async fn answers(&self, row: &CardRequestRow) -> Result<Vec<Answer>, Fault> {
        let documents = self.store().card_answers(row.id).await?;
        documents.iter().map(|document| read_own(document)).collect()
    }

    async fn shown(&self, office: &Office, authentication: &str, signature: &str) -> Result<Shown, Unproven> {
        self.desk()
            .shown(office, &decoded(authentication)?, &decoded(signature)?)
            .await
    }

    async fn shown_card(&self, office: &Office, authentication: &str, signature: &str) -> Result<ShownCard, Unproven> {
        self.desk()
            .card_shown(office, &decoded(authentication)?, &decoded(signature)?)
            .await
    }

    fn presented_card(
        &self,
        row: &CardRequestRow,
        shown: &ShownCard,
        proof: &str,
    ) -> Result<casework::evidence::Presented, Unproven> {
        let request = read_request(row)?;
        let now = self.clock().now();
        evidence::presented_card(&self.site().origin, &request, shown, &decoded(proof)?, now)
    }

    /// Whether a bidder's card that was presented has answered the challenge.
    fn answers_challenge(&self, row: &CardRequestRow, authentication: &str, proof: &str) -> Result<(), Unproven> {
        let request = read_request(row)?;
        let (authentication, proof) = (decoded(authentication)?, decoded(proof)?);
        evidence::answers(&self.site().origin, &request, &authentication, &proof)
    }

    fn presented(
        &self,
        row: &CardRequestRow,
        shown: &Shown,
        proof: &str,
    ) -> Result<casework::evidence::Presented, Unproven> {
        let request = read_request(row)?;
        evidence::presented(
            &self.site().origin,
            &request,
            shown,
            &decoded(proof)?,
            self.clock().now(),
        )
    }

    fn possession(&self, cms: &str, text: &str, certificate: &str) -> Result<Signature, Unproven> {
        let card = decoded(certificate)?
            .try_into()
            .map_err(|_| Bug("a fingerprint has 32 octets".to_owned()));
        let card = Fingerprint(card.map_err(Fault::from)?);
        evidence::possession(decoded(cms)?, text, card, self.clock().now())
    }
}

/// What a ceremony was answered with.
pub(crate) struct Ceremony {
    pub(crate) both: evidence::BothRead,
    /// The current card, and the new one.
    pub(crate) cards: [ShownCard; 2],
    /// 担当者
    pub(crate) person: Option<String>,
}

/// The two certificates and the proof of a request that asked for a card's presence alone.
fn presence(answers: &[Answer]) -> Result<(&str, &str, &str), Unproven> {
    match answers {
        [
            Answer::Presented {
                authentication,
                signature,
            },
            Answer::Authenticated { signature: proof },
        ] => Ok((authentication, signature, proof)),
        _ => Err(Unproven::Signature("the request was not answered".to_owned())),
    }
}

/// What an unproven card is told, in both languages.
pub(crate) fn told(words: Words, unproven: &Unproven, office: &Text, issuer: &str) -> Message {
    let code = unproven.code();
    let date = match unproven {
        Unproven::Revoked { at } => date::minute(words, *at),
        Unproven::Chain(pki::validation::ChainFault::Expired { not_after }) => date::minute(words, Instant(*not_after)),
        Unproven::Chain(pki::validation::ChainFault::NotYetValid { not_before }) => {
            date::minute(words, Instant(*not_before))
        }
        Unproven::Chain(_)
        | Unproven::Path(_)
        | Unproven::Unreadable(_)
        | Unproven::NotOneCard
        | Unproven::NotOnRecord
        | Unproven::Signature(_)
        | Unproven::AnotherCard
        | Unproven::Undetermined(_)
        | Unproven::Fault(_) => String::new(),
    };
    let office = office.in_language(words.language());
    words.message(code, &[("date", &date), ("issuer", issuer), ("office", office)])
}

async fn claim(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Peer(address): Peer,
    body: Body,
) -> Result<Json<CardRequest>, Said> {
    let row = portal.wanted(&id, address).await?;
    let claim: Claim = read_json(body).await?;
    if claim.protocol < wire::PROTOCOL {
        return Err(Said::of(StatusCode::UPGRADE_REQUIRED, Code::Update));
    }
    let key = key_hash(&claim.key).ok_or(Said::of(StatusCode::BAD_REQUEST, Code::Stale))?;
    match portal.store().claim_card_request(row.id, key).await? {
        Claimed::Yes => {}
        Claimed::ByAnother if row.agent_key == Some(key) => {}
        Claimed::ByAnother => return Err(Said::of(StatusCode::CONFLICT, Code::Claimed)),
    }
    let mut request = read_request(&row)?;
    request.answered = row.answered;
    Ok(Json(request))
}

async fn step(
    State(portal): State<Portal>,
    Path((id, n)): Path<(String, u32)>,
    Peer(address): Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Verdict>, Said> {
    let row = portal.wanted(&id, address).await?;
    let key = own_key(&row, &headers)?;
    let answer: Answer = read_json(body).await?;
    let mut request = read_request(&row)?;
    let asked = usize::try_from(n).ok().and_then(|n| request.steps.get(n)).cloned();
    let asked = asked.ok_or(Said::of(StatusCode::NOT_FOUND, Code::NotFound))?;
    if let Answer::PinFailed { left } = answer {
        portal.note_failed_pin(&row, left, address.into()).await?;
        return Ok(Json(Verdict::Noted));
    }
    if n < row.answered {
        // The answer arrived and its verdict did not: the same answer gets the same verdict.
        let kept = portal.answers(&row).await?;
        let again = usize::try_from(n).ok().and_then(|n| kept.get(n)) == Some(&answer);
        if !again {
            return Err(Said::of(StatusCode::CONFLICT, Code::Stale));
        }
    } else if n > row.answered || row.state != CardRequestState::Open {
        return Err(Said::of(StatusCode::CONFLICT, Code::Stale));
    } else {
        let becomes = match portal.judge(&row, &request, &asked, &answer).await? {
            Onward::No(refused) => {
                portal.keep_refusal(&row, &refused).await?;
                portal
                    .note_refused_card(&row, &answer, &refused, address.into())
                    .await?;
                return Ok(Json(refused));
            }
            Onward::Go { next, pin } => go_on(&mut request, n, next, pin),
        };
        let document = written(&answer)?;
        let rewritten = becomes.then(|| written(&request)).transpose()?;
        match portal
            .store()
            .answer_card_request(row.id, n, document, rewritten, portal.clock().now())
            .await
        {
            Ok(()) => {}
            Err(Clash::Fault(fault)) => return Err(fault.into()),
            Err(_) => return Err(Said::of(StatusCode::CONFLICT, Code::Stale)),
        }
    }
    if let Some(following) = following(&request, n) {
        return Ok(Json(go(&request, following)));
    }
    if let Some(watch) = request.watch.filter(|_| row.state == CardRequestState::Open) {
        portal.begin_watch(&row, watch).await?;
    }
    let code = return_code(&row, &key);
    let hash = hashed(code.as_bytes());
    portal
        .store()
        .end_card_request(row.id, CardRequestState::Done, hash, ANSWERED.to_owned())
        .await?;
    Ok(Json(Verdict::Done { code }))
}

/// The step after this one.
fn following(request: &CardRequest, n: u32) -> Option<&Step> {
    request.steps.get(usize::try_from(n).ok()? + 1)
}

/// What the procedure puts in the following step's place, and how the PIN looks from here on. Says whether anything is
/// otherwise than it was.
fn go_on(request: &mut CardRequest, n: u32, next: Option<Step>, pin: Option<PinRule>) -> bool {
    let changed = next.is_some() || pin.is_some();
    let at = usize::try_from(n).ok().map(|n| n + 1);
    if let (Some(next), Some(place)) = (next, at.and_then(|at| request.steps.get_mut(at))) {
        *place = next;
    }
    if let Some(pin) = pin {
        request.pin = pin;
    }
    changed
}

/// An answer that is sent again gets the same verdict, so it is made of what is kept: a text may have been written since
/// the agent fetched the request.
fn go(request: &CardRequest, following: &Step) -> Verdict {
    match following {
        Step::Sign { .. } | Step::Install { .. } => Verdict::Go {
            next: Some(following.clone()),
            pin: Some(request.pin.clone()),
        },
        Step::Present { .. } | Step::Authenticate { .. } | Step::Swap { .. } | Step::Acquire { .. } => Verdict::GO,
    }
}

async fn cancel(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Peer(address): Peer,
    headers: HeaderMap,
) -> Result<Json<Cancelled>, Said> {
    let row = portal.wanted(&id, address).await?;
    let key = own_key(&row, &headers)?;
    let code = return_code(&row, &key);
    let hash = hashed(code.as_bytes());
    if portal.store().cancel_card_request(row.id, hash).await? {
        portal.bear_swap(row.session, &row.office, None).await?;
        Ok(Json(Cancelled { code }))
    } else {
        // The browser was faster.
        Err(Said::of(StatusCode::GONE, Code::Stale))
    }
}

impl Portal {
    /// The request with this id, while it may be worked on.
    async fn wanted(&self, id: &str, address: IpAddr) -> Result<CardRequestRow, Said> {
        let row = self.named(id, address).await?;
        if self.clock().now() > row.expires_at || row.state == CardRequestState::Returned {
            return Err(Said::of(StatusCode::GONE, Code::Stale));
        }
        Ok(row)
    }

    /// The request with this id, whatever became of it.
    async fn named(&self, id: &str, address: IpAddr) -> Result<CardRequestRow, Said> {
        let octets = URL_SAFE_NO_PAD
            .decode(id)
            .ok()
            .and_then(|octets| octets.try_into().ok());
        let octets: [u8; 16] = octets.ok_or(Said::of(StatusCode::NOT_FOUND, Code::NotFound))?;
        if self.gauge().named(hashed(&octets), address).is_err() {
            return Err(Said::of(StatusCode::TOO_MANY_REQUESTS, Code::Limit));
        }
        let row = self.store().card_request(octets).await?;
        let row = row.ok_or(Said::of(StatusCode::NOT_FOUND, Code::NotFound))?;
        self.gauge().meet(hashed(&row.id));
        if self.gauge().card_request(row.id).is_err() {
            return Err(Said::of(StatusCode::TOO_MANY_REQUESTS, Code::Limit));
        }
        Ok(row)
    }

    /// Whoever gives up after this comes back to the portal, and is told there once more, with the ways on.
    async fn keep_refusal(&self, row: &CardRequestRow, refused: &Verdict) -> Result<(), Fault> {
        self.store().note_card_request(row.id, written(refused)?).await
    }
}

/// From which address a call comes.
struct Peer(IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(address(parts)))
    }
}

/// A problem document.
pub(crate) struct Said(StatusCode, Code);

impl Said {
    const fn of(status: StatusCode, code: Code) -> Self {
        Self(status, code)
    }
}

impl From<Fault> for Said {
    fn from(fault: Fault) -> Self {
        tracing::error!(%fault, "a card request could not be worked on");
        Self(StatusCode::SERVICE_UNAVAILABLE, Code::Fault)
    }
}

impl IntoResponse for Said {
    fn into_response(self) -> Response {
        let Self(status, code) = self;
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code,
            detail: text(|words| words.message(code, &[("limit", "64 KiB")])),
            errors: Vec::new(),
        };
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, kind, Json(problem)).into_response()
    }
}

/// What was said against the card of a request that was then given up, as the portal's own page.
pub(crate) fn told_before(visit: &Visit, row: &CardRequestRow) -> Option<Stop> {
    let message = said_before(visit.words, row)?;
    Some(visit.told_as_it_is(StatusCode::CONFLICT, message))
}

/// The same as a message, where a page of its own has more to say.
pub(crate) fn said_before(words: Words, row: &CardRequestRow) -> Option<Message> {
    let kept: Verdict = serde_json::from_str(row.outcome.as_deref()?).ok()?;
    let Verdict::Refused {
        code, message, next, ..
    } = kept
    else {
        return None;
    };
    let language = words.language();
    Some(Message {
        code,
        happened: message.in_language(language).to_owned(),
        next: next.in_language(language).to_owned(),
    })
}

fn refused(message: impl Fn(Words) -> Message, again: bool) -> Verdict {
    let ja = message(Words::of(Language::Ja));
    let en = message(Words::of(Language::En));
    Verdict::Refused {
        code: ja.code,
        message: Text {
            ja: ja.happened,
            en: en.happened,
        },
        next: Text {
            ja: ja.next,
            en: en.next,
        },
        again,
    }
}

fn text(message: impl Fn(Words) -> Message) -> Text {
    let line = |language| message(Words::of(language)).line(language);
    Text {
        ja: line(Language::Ja),
        en: line(Language::En),
    }
}

/// The agent's key, if it is that of the agent that claimed.
fn own_key(row: &CardRequestRow, headers: &HeaderMap) -> Result<String, Said> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = value
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    match (key_hash(key), row.agent_key) {
        // Hashes of 256 random bits: comparing them tells nothing about the key.
        (Some(hash), Some(own)) if hash == own => Ok(key.to_owned()),
        _ => Err(Said::of(StatusCode::CONFLICT, Code::Claimed)),
    }
}

fn key_hash(key: &str) -> Option<[u8; 32]> {
    let octets = URL_SAFE_NO_PAD.decode(key).ok()?;
    (octets.len() == 32).then(|| hashed(&octets))
}

/// The one-time code of a request. It follows from the agent's key, which only the agent has, so that a lost verdict can
/// be asked for again and the store need not hold it.
fn return_code(row: &CardRequestRow, key: &str) -> String {
    let mut octets = Vec::from(*b"KAGIMORI return code 1\0");
    octets.extend_from_slice(&row.id);
    octets.extend_from_slice(&row.nonce);
    octets.extend_from_slice(key.as_bytes());
    URL_SAFE_NO_PAD.encode(hashed(&octets))
}

pub(crate) fn read_request(row: &CardRequestRow) -> Result<CardRequest, Fault> {
    read_own(&row.document)
}

fn read_own<T: DeserializeOwned>(document: &str) -> Result<T, Fault> {
    serde_json::from_str(document).map_err(|why| Fault::Corrupt {
        what: "a card request",
        why: why.to_string(),
    })
}

fn decoded(text: &str) -> Result<Vec<u8>, Unproven> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|why| Unproven::Unreadable(why.to_string()))
}

fn written(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|why| Bug(why.to_string()).into())
}

async fn read_json<T: DeserializeOwned>(body: Body) -> Result<T, Said> {
    let octets = read_body(body)
        .await
        .ok_or(Said::of(StatusCode::PAYLOAD_TOO_LARGE, Code::Size))?;
    serde_json::from_slice(&octets).map_err(|_| Said::of(StatusCode::BAD_REQUEST, Code::Stale))
}
