//! The company shows that it is the one in the register: by its number, and the secret that the office gave to it alone.
//!
//! The secret is compared by the store and goes nowhere else: no page repeats it, no note and no log holds it.

use axum::http::StatusCode;
use axum::response::Response;
use casework::register::BusinessNumber;
use casework::registration::Case;
use casework::time::Instant;
use wire::code::Code;

use super::{Current, NUMBER, STAGES, held, to, view};
use crate::catalogue::{Message, Words};
use crate::desk::evidence::CompanyProof;
use crate::desk::registration::Command;
use crate::portal::bidding::course::{framed, perform};
use crate::portal::date;
use crate::portal::page::render;
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::Proof;

/// `GET /{office}/registration/prove`. The number stands there as it was typed, the secret never does.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let current = Current::of(&visit).await?;
    let Case::Entering { business: None, .. } = &current.standing.case else {
        return current.elsewhere(&visit);
    };
    let noted = visit.session()?.noted(&current.office.id, NUMBER);
    let view = view::Prove {
        number: noted.map(|fact| fact.value.clone()).unwrap_or_default(),
        error: visit.asked("notice").and_then(|notice| complaint(page.words, notice)),
        stages: page.stages(STAGES, &2),
        denied: held::denied_before(&visit, &page, &current).await?,
        case: current.id().to_string(),
        office: current.office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「次へ」
pub(super) async fn prove(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = Current::of(visit).await?;
    let Case::Entering { business: None, .. } = &current.standing.case else {
        return current.elsewhere(visit);
    };
    if post.field("case") != current.id().to_string() {
        return Err(visit.stale());
    }
    let (typed, secret) = (post.field("number").trim(), post.field("secret").trim());
    let noted = visit
        .portal
        .note(
            visit.session()?,
            &current.office.id,
            NUMBER,
            typed.to_owned(),
            visit.now,
        )
        .await;
    noted.map_err(|fault| visit.fault(&fault))?;
    for (value, notice) in [(typed, "number"), (secret, "secret")] {
        if value.is_empty() {
            return to(visit, &format!("/prove?notice={notice}#errors"));
        }
    }
    let Some(number) = BusinessNumber::parse(typed) else {
        return to(visit, "/prove?notice=wrong#errors");
    };
    let proof = match post.field("kind") {
        "code" => Proof::Code(secret),
        _ => Proof::Password(secret),
    };
    let proved = visit.portal.desk().prove_company(&current.office, &number, proof).await;
    match proved.map_err(|fault| visit.fault(&fault))? {
        CompanyProof::Proved(company) => {
            let proved = perform(visit, current.id(), &Command::Prove(company)).await?;
            proved.map_err(|failure| visit.failed(&failure))?;
            to(visit, "/form")
        }
        CompanyProof::Unqualified => to(visit, "/prove?notice=unqualified#errors"),
        CompanyProof::No => to(visit, "/prove?notice=wrong#errors"),
        CompanyProof::Later { until } => to(visit, &format!("/prove?notice=later-{}#errors", until.0)),
    }
}

/// What is wrong, by the word that the address carries since the form was answered.
fn complaint(words: Words, notice: &str) -> Option<Message> {
    let empty = |key: &str| words.message(Code::Req, &[("field", &words.say(key))]);
    Some(match notice {
        "number" => empty("registration-prove-number"),
        "secret" => empty("registration-prove-secret"),
        "wrong" => wrong(words),
        // Told only to whom has the company's secret.
        "unqualified" => words.message(Code::Qualification, &[]),
        notice => {
            let until = notice.strip_prefix("later-")?.parse().ok()?;
            later(words, &date::minute(words, Instant(until)))
        }
    })
}

/// What is said to a proof that proves nothing.
pub(crate) fn unproven(words: Words, proof: &CompanyProof) -> Message {
    match proof {
        CompanyProof::Unqualified => words.message(Code::Qualification, &[]),
        CompanyProof::Later { until } => later(words, &date::minute(words, *until)),
        CompanyProof::Proved(_) | CompanyProof::No => wrong(words),
    }
}

/// One answer, whichever of the two does not fit (A55).
fn wrong(words: Words) -> Message {
    Message {
        code: Code::Prove,
        happened: words.say("registration-prove-wrong"),
        next: words.say("registration-prove-wrong-next"),
    }
}

fn later(words: Words, time: &str) -> Message {
    Message {
        code: Code::Limit,
        happened: words.say_with("registration-prove-late", &[("time", time)]),
        next: words.say("registration-prove-late-next"),
    }
}
