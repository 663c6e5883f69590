//! APIトークン: an officer's own, each shown once. What a program does with one, `/api/v1` says.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use wire::api::Scope;
use wire::code::Code;

use super::seat::{Seat, SeatPost};
use super::{Frame, Tab};
use crate::api::token::{DAYS, FULL, MOST_DAYS, NotMade, Wanted, fits};
use crate::catalogue::{Message, Words};
use crate::portal::page::{Fact, render};
use crate::portal::session::{hex, unhex};
use crate::portal::visit::Stop;
use crate::portal::{Portal, date, refusal};
use crate::store::TokenRow;

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/own/tokens", get(page).post(make))
        .route("/own/tokens/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "console/tokens.html")]
struct Tokens {
    page: Frame,
    gone: bool,
    /// Why nothing was made, where no field is wrong.
    refused: Option<Message>,
    rows: Vec<Line>,
    /// Of the token that the form makes, so that a form that is sent twice makes one.
    id: String,
    label: String,
    scopes: Vec<Tick>,
    days: String,
    most: String,
    errors: Vec<(&'static str, Message)>,
}

/// A token in the list.
struct Line {
    id: String,
    label: String,
    scopes: Vec<String>,
    state: String,
    used: String,
    holds: bool,
}

/// A scope to be ticked.
struct Tick {
    key: &'static str,
    label: String,
    ticked: bool,
}

/// The token, this once.
#[derive(Template)]
#[template(path = "console/token.html")]
struct Shown {
    page: Frame,
    token: String,
    facts: Vec<Fact>,
}

impl Tokens {
    fn error(&self, field: &str) -> Option<&Message> {
        self.errors
            .iter()
            .find_map(|(about, message)| (*about == field).then_some(message))
    }
}

/// What was typed.
struct Form {
    label: String,
    scopes: Vec<Scope>,
    days: String,
}

impl Form {
    fn empty() -> Self {
        Self {
            label: String::new(),
            scopes: Vec::new(),
            days: DAYS.to_string(),
        }
    }

    fn of(post: &SeatPost) -> Self {
        Self {
            label: post.field("label").trim().to_owned(),
            scopes: post.all("scope").filter_map(Scope::from_key).collect(),
            days: post.field("days").trim().to_owned(),
        }
    }

    /// For how many days, or what is wrong with which field.
    fn checked(&self, words: Words) -> Result<i64, Vec<(&'static str, Message)>> {
        let mut errors = Vec::new();
        if let Err(wrong) = fits(&self.label) {
            let label = words.say("desk-token-label");
            errors.push(("label", refusal::complained(words, &label, wrong, "")));
        }
        if self.scopes.is_empty() {
            let label = words.say("desk-token-scopes");
            errors.push(("scopes", words.message(Code::Req, &[("field", &label)])));
        }
        let days = self.days.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
        match days {
            Some(days) if errors.is_empty() => Ok(days),
            Some(_) => Err(errors),
            None => {
                let message = Message {
                    code: Code::Choice,
                    happened: words.say_with("desk-token-days-wrong", &[("most", &MOST_DAYS.to_string())]),
                    next: words.say("desk-token-days-again"),
                };
                errors.push(("days", message));
                Err(errors)
            }
        }
    }
}

/// `GET /console/{office}/own/tokens`
async fn page(seat: Seat) -> Result<Response, Stop> {
    shown(&seat, StatusCode::OK, Form::empty(), Vec::new(), None).await
}

/// The token is made, and shown this once.
async fn make(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let visit = &seat.visit;
    let form = Form::of(&post);
    let Some(id) = unhex::<16>(post.field("id")) else {
        return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    let days = match form.checked(visit.words) {
        Ok(days) => days,
        Err(errors) => return shown(seat, StatusCode::UNPROCESSABLE_ENTITY, form, errors, None).await,
    };
    let expires_at = visit.now.plus_seconds(days * 86_400);
    let wanted = Wanted {
        officer: seat.acting.officer.id,
        office: seat.office.id.clone(),
        label: form.label.clone(),
        scopes: form.scopes.clone(),
        expires_at,
    };
    let desk = visit.portal.desk();
    match desk
        .make_token_of(&seat.actor(), wanted, id, desk.chance().octets())
        .await
    {
        Ok(made) => {
            let page = seat.frame(Tab::Own);
            let mut facts = vec![page.fact("desk-token-label", &form.label)];
            facts.extend(
                form.scopes
                    .iter()
                    .map(|scope| page.fact("desk-token-scopes", said(page.words, *scope))),
            );
            facts.push(page.fact("desk-token-expires", date::minute(page.words, expires_at)));
            let token = made.secret;
            Ok(seat.render(&Shown { page, token, facts }))
        }
        Err(NotMade::Full) => {
            let (status, message) = refusal::refused(visit.words, &FULL);
            shown(seat, status, form, Vec::new(), Some(message)).await
        }
        Err(NotMade::Before) => Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
        Err(NotMade::Fault(fault)) => Err(seat.fault(&fault)),
    }
}

/// 失効. A colleague's token is not there (A17).
async fn revoke(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let desk = seat.visit.portal.desk();
    let id = unhex::<16>(post.field("token"));
    let rows = desk.tokens_of(&seat.office.id, seat.acting.officer.id).await;
    let rows = rows.map_err(|fault| seat.fault(&fault))?;
    let row = rows.into_iter().find(|row| Some(row.id) == id);
    let row = row.ok_or_else(|| seat.visit.not_found())?;
    let revoked = desk.revoke_token(&seat.actor(), row).await;
    revoked.map_err(|fault| seat.fault(&fault))?;
    Ok(seat.to("/own/tokens?notice=gone"))
}

async fn shown(
    seat: &Seat,
    status: StatusCode,
    form: Form,
    errors: Vec<(&'static str, Message)>,
    refused: Option<Message>,
) -> Result<Response, Stop> {
    let visit = &seat.visit;
    let desk = visit.portal.desk();
    let rows = desk.tokens_of(&seat.office.id, seat.acting.officer.id).await;
    let rows = rows.map_err(|fault| seat.fault(&fault))?;
    let page = seat.frame(Tab::Own);
    let view = Tokens {
        gone: visit.asked("notice") == Some("gone"),
        refused,
        rows: rows.iter().map(|row| line(seat, row)).collect(),
        id: hex(&desk.chance().octets::<16>()),
        label: form.label,
        scopes: Scope::ALL
            .into_iter()
            .map(|scope| Tick {
                key: scope.key(),
                label: said(page.words, scope),
                ticked: form.scopes.contains(&scope),
            })
            .collect(),
        days: form.days,
        most: MOST_DAYS.to_string(),
        errors,
        page,
    };
    Ok(render(status, &view))
}

fn line(seat: &Seat, row: &TokenRow) -> Line {
    let words = seat.visit.words;
    let holds = row.holds(seat.visit.now);
    let (key, at) = match row.revoked_at {
        Some(at) => ("desk-token-revoked", at),
        None if holds => ("desk-token-until", row.expires_at),
        None => ("desk-token-ended", row.expires_at),
    };
    Line {
        id: hex(&row.id),
        label: row.label.clone(),
        scopes: row.scopes.iter().map(|scope| said(words, *scope)).collect(),
        state: words.say_with(key, &[("time", &date::minute(words, at))]),
        used: row
            .used_at
            .map_or_else(|| words.say("desk-token-unused"), |at| date::minute(words, at)),
        holds,
    }
}

/// A scope in words.
fn said(words: Words, scope: Scope) -> String {
    words.say(&format!("token-scope-{}", scope.key().replace(':', "-")))
}
