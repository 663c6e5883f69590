//! Problems (RFC 9457): a stable code, and in both languages what happened and what to do.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use casework::Refusal;
use wire::api::Scope;
use wire::code::Code;
use wire::office::{Language, Text};
use wire::problem::{Complaint, Problem};

use crate::catalogue::{Message, Words};
use crate::desk::Failure;
use crate::desk::evidence::Unproven;
use crate::fault::Fault;
use crate::kiosk::NotAKiosk;
use crate::office::{NotOffered, Office};
use crate::portal::card_request::told;
use crate::portal::limit::Wait;
use crate::portal::refusal;

/// Why nothing was done.
#[derive(Clone, Debug)]
pub(super) struct No {
    problem: Box<Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl No {
    pub(super) fn of(status: StatusCode, code: Code, values: &[(&str, &str)]) -> Self {
        Self::told(status, |words| words.message(code, values))
    }

    pub(super) fn not_found() -> Self {
        Self::of(StatusCode::NOT_FOUND, Code::NotFound, &[])
    }

    pub(super) fn stale() -> Self {
        Self::of(StatusCode::CONFLICT, Code::Stale, &[])
    }

    /// What was sent has not the form that is described.
    pub(super) fn malformed(pointer: &str, why: &str) -> Self {
        let place = if pointer.is_empty() { "/" } else { pointer };
        let said = format!("{place}: {why}");
        let message = |words: Words| words.message(Code::Malformed, &[("why", &said)]);
        let mut no = Self::told(StatusCode::BAD_REQUEST, message);
        no.problem.errors = vec![Complaint {
            pointer: pointer.to_owned(),
            code: Code::Malformed,
            detail: both(message),
        }];
        no
    }

    /// The fields' complaints, all of them; the first speaks for the whole.
    pub(super) fn complaints(complaints: Vec<Complaint>) -> Self {
        let mut no = match complaints.first() {
            Some(first) => Self {
                problem: Box::new(document(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    first.code,
                    first.detail.clone(),
                )),
                headers: Vec::new(),
            },
            None => Self::stale(),
        };
        no.problem.errors = complaints;
        no
    }

    pub(super) fn too_often(Wait(seconds): Wait) -> Self {
        Self::of(StatusCode::TOO_MANY_REQUESTS, Code::Limit, &[]).with(header::RETRY_AFTER, &seconds.to_string())
    }

    pub(super) fn too_large(most: usize) -> Self {
        Self::of(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::Size,
            &[("limit", &format!("{} KiB", most >> 10))],
        )
    }

    /// RFC 6750 §3.
    pub(super) fn no_token() -> Self {
        Self::of(StatusCode::UNAUTHORIZED, Code::Token, &[]).with(header::WWW_AUTHENTICATE, "Bearer realm=\"kagimori\"")
    }

    pub(super) fn dead_token() -> Self {
        Self::of(StatusCode::UNAUTHORIZED, Code::Token, &[]).with(
            header::WWW_AUTHENTICATE,
            "Bearer realm=\"kagimori\", error=\"invalid_token\"",
        )
    }

    /// No kiosk that is enrolled for this office.
    pub(super) fn no_kiosk() -> Self {
        Self::of(StatusCode::UNAUTHORIZED, Code::Kiosk, &[])
            .with(header::WWW_AUTHENTICATE, "Signature realm=\"kagimori\"")
    }

    pub(super) fn out_of_scope(scope: Scope) -> Self {
        let key = scope.key();
        Self::of(StatusCode::FORBIDDEN, Code::Scope, &[("scope", key)]).with(
            header::WWW_AUTHENTICATE,
            &format!("Bearer realm=\"kagimori\", error=\"insufficient_scope\", scope=\"{key}\""),
        )
    }

    /// A card, or an answer of it, was not taken.
    pub(super) fn unproven(unproven: &Unproven, office: &Office, issuer: &str) -> Self {
        if let Unproven::Fault(fault) = unproven {
            return fault.clone().into();
        }
        let status = StatusCode::CONFLICT;
        tracing::info!(%unproven, "a card was not taken");
        Self::told(status, |words| told(words, unproven, &office.name, issuer))
    }

    pub(super) fn told(status: StatusCode, message: impl Fn(Words) -> Message) -> Self {
        let code = message(Words::of(Language::Ja)).code;
        Self {
            problem: Box::new(document(status, code, both(message))),
            headers: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        // Digits and words of ours.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        let (status, _) = refusal::refused(Words::of(Language::Ja), &refusal);
        Self::told(status, |words| refusal::refused(words, &refusal).1)
    }
}

/// Another kind of office: nothing of it is there.
impl From<NotOffered> for No {
    fn from(_: NotOffered) -> Self {
        Self::not_found()
    }
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        let code = match fault {
            Fault::Unknown { .. } => Code::NetUnknown,
            Fault::Unreachable { .. }
            | Fault::Contended
            | Fault::Storage { .. }
            | Fault::Corrupt { .. }
            | Fault::Bug(_) => Code::Fault,
        };
        tracing::error!(%fault, "a program's request could not be done");
        Self::of(StatusCode::SERVICE_UNAVAILABLE, code, &[]).with(header::RETRY_AFTER, "5")
    }
}

/// Whoever asks is told no more than that; the log has what was wrong.
impl From<NotAKiosk> for No {
    fn from(not: NotAKiosk) -> Self {
        match not {
            NotAKiosk::Fault(fault) => fault.into(),
            not => {
                tracing::info!(%not, "a request was not taken for a kiosk's");
                Self::no_kiosk()
            }
        }
    }
}

impl From<Failure> for No {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

/// Whatever goes wrong below `/api/v1` is told as a problem, also where the framework, a limit or a page of the portal
/// speaks: no such path, no such method, too large, a panic.
pub(crate) async fn problems_below(request: Request, next: Next) -> Response {
    let ours = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !ours || !(status.is_client_error() || status.is_server_error()) || kind.is_some_and(|kind| kind == PROBLEM) {
        return response;
    }
    let no = match status {
        StatusCode::PAYLOAD_TOO_LARGE => No::of(status, Code::Size, &[("limit", "64 KiB")]),
        StatusCode::NOT_FOUND => No::not_found(),
        StatusCode::TOO_MANY_REQUESTS => No::of(status, Code::Limit, &[]),
        status if status.is_server_error() => No::of(status, Code::Fault, &[]),
        status => No::of(
            status,
            Code::Malformed,
            &[("why", status.canonical_reason().unwrap_or_default())],
        ),
    };
    let (mut parts, _) = response.into_parts();
    let (told, body) = no.into_response().into_parts();
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
    ] {
        parts.headers.remove(name);
    }
    parts.headers.extend(told.headers);
    Response::from_parts(parts, Body::new(body))
}

fn document(status: StatusCode, code: Code, detail: Text) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        code,
        detail,
        errors: Vec::new(),
    }
}

pub(super) fn both(message: impl Fn(Words) -> Message) -> Text {
    let line = |language| message(Words::of(language)).line(language);
    Text {
        ja: line(Language::Ja),
        en: line(Language::En),
    }
}

const PROBLEM: &str = "application/problem+json";
