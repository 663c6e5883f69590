//! An operation: its address, what it takes and gives, who may use it, and what does it.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use schemars::{Schema, SchemaGenerator};
use std::pin::Pin;
use wire::api::Scope;
use wire::card_request::{Answer, Cancelled, CardRequest, Claim, Verdict, WatchReport};

use super::answer::{Empty, Given, Output};
use super::call::Call;
use super::input::{Input, Nothing, Part, Sent};
use super::problem::No;
use crate::portal::{Portal, card_request};

/// An operation.
pub(super) struct Operation {
    pub(super) method: Method,
    /// Below `/api/v1`.
    pub(super) path: &'static str,
    /// Its name in the description.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// Whose it is.
    pub(super) door: Door,
    /// The status where it succeeds.
    pub(super) success: StatusCode,
    /// Whether it relies on what was seen: If-Match is needed.
    pub(super) seen: bool,
    /// Octets of its body.
    pub(super) most: usize,
    pub(super) takes: Part,
    pub(super) taken: fn(&mut SchemaGenerator) -> Option<Schema>,
    pub(super) kind: &'static str,
    pub(super) given: fn(&mut SchemaGenerator) -> Option<Schema>,
    pub(super) work: Work,
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Everybody.
    Open,
    /// Whoever has a token for this.
    Token(Scope),
    /// An enrolled kiosk of the office, by its signature (RFC 9421).
    Kiosk,
    /// Whoever has the key of the case that the address names.
    CaseKey,
}

/// What does it.
pub(super) enum Work {
    /// The API's own way: token, form, repetition, work.
    Call(Box<dyn Fn(Call, Vec<u8>) -> Done + Send + Sync>),
    /// A route of the portal with its own way in: the agent's.
    Route(Box<MethodRouter<Portal>>),
}

/// What will have been done.
pub(super) type Done = Pin<Box<dyn Future<Output = Result<Response, No>> + Send>>;

impl Operation {
    /// An operation that is open to everybody, answers with 200 and relies on nothing.
    pub(super) fn new<I: Input, O: Output, F>(
        (method, path): (Method, &'static str),
        (id, summary): (&'static str, &'static str),
        work: fn(Call, I) -> F,
    ) -> Self
    where
        F: Future<Output = Result<O, No>> + Send + 'static,
    {
        let done = move |call: Call, octets: Vec<u8>| -> Done {
            let status = call.success();
            match I::read(&call, &octets) {
                Ok(input) => {
                    let work = work(call, input);
                    Box::pin(async move { work.await.map(|output| output.response(status)) })
                }
                Err(no) => Box::pin(async move { Err(no) }),
            }
        };
        Self {
            method,
            path,
            id,
            summary,
            door: Door::Open,
            success: StatusCode::OK,
            seen: false,
            most: SMALL,
            takes: I::PART,
            taken: I::schema,
            kind: O::KIND,
            given: O::schema,
            work: Work::Call(Box::new(done)),
        }
    }

    pub(super) fn scope(self, scope: Scope) -> Self {
        Self {
            door: Door::Token(scope),
            ..self
        }
    }

    /// It is for whoever has the key of its case.
    pub(super) fn by_case_key(self) -> Self {
        Self {
            door: Door::CaseKey,
            ..self
        }
    }

    /// It is for enrolled kiosks of the office.
    pub(super) fn kiosk(self) -> Self {
        Self {
            door: Door::Kiosk,
            ..self
        }
    }

    pub(super) fn succeeds_with(self, success: StatusCode) -> Self {
        Self { success, ..self }
    }

    /// It relies on what was seen.
    pub(super) fn of_the_seen(self) -> Self {
        Self { seen: true, ..self }
    }

    pub(super) fn up_to(self, most: usize) -> Self {
        Self { most, ..self }
    }

    pub(super) fn filter(&self) -> MethodFilter {
        // The table has the methods of this match alone; a test walks it.
        match self.method {
            Method::PUT => MethodFilter::PUT,
            Method::POST => MethodFilter::POST,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        }
    }

    /// Whether doing it twice is not what doing it once is.
    pub(super) fn writes(&self) -> bool {
        self.method != Method::GET
    }

    fn routed(self, route: MethodRouter<Portal>) -> Self {
        Self {
            work: Work::Route(Box::new(route)),
            ..self
        }
    }
}

/// The calls of the agent, which carry their own proof (`wire::card_request`).
pub(super) fn of_the_agent() -> Vec<Operation> {
    async fn claim(_: Call, _: Sent<Claim>) -> Result<Given<CardRequest>, No> {
        Err(No::not_found())
    }
    async fn step(_: Call, _: Sent<Answer>) -> Result<Given<Verdict>, No> {
        Err(No::not_found())
    }
    async fn cancel(_: Call, _: Nothing) -> Result<Given<Cancelled>, No> {
        Err(No::not_found())
    }
    async fn watch(_: Call, _: Sent<WatchReport>) -> Result<Empty, No> {
        Err(No::not_found())
    }
    vec![
        Operation::new(
            (Method::POST, "/card-requests/{id}/claim"),
            ("claimCardRequest", "An agent takes a card request for itself"),
            claim,
        )
        .routed(card_request::claims()),
        Operation::new(
            (Method::POST, "/card-requests/{id}/steps/{n}"),
            (
                "answerCardRequest",
                "The agent answers a step; its key stands in Authorization",
            ),
            step,
        )
        .routed(card_request::steps()),
        Operation::new(
            (Method::POST, "/card-requests/{id}/cancel"),
            (
                "cancelCardRequest",
                "The agent gives up; its key stands in Authorization",
            ),
            cancel,
        )
        .routed(card_request::cancels()),
        Operation::new(
            (Method::POST, "/card-requests/{id}/watch"),
            (
                "watchCard",
                "The agent reports whether the card of a request that asked for it is still in its reader; its key stands \
                 in Authorization, and 404 or 410 end the watch",
            ),
            watch,
        )
        .succeeds_with(StatusCode::NO_CONTENT)
        .routed(card_request::watches()),
    ]
}

/// An answer that is made from nothing but its status.
pub(super) fn bare(status: StatusCode) -> Response {
    status.into_response()
}

/// Octets of an ordinary body.
const SMALL: usize = 64 << 10;
