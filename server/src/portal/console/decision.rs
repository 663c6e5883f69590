//! 承認, 否認, 差戻し: decided on one page, read by the applicant's eyes before, and signed by the officer's card.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::characters;
use casework::officer::Role;
use casework::paper::{Entry, Letter as Which};
use casework::refund;
use casework::review::{Reason, Verdict};
use casework::{Answer, Refusal};
use wire::code::Code;

use super::case;
use super::detail::{changed, refused};
use super::examined;
use super::held;
use super::reviewed::Reviewed;
use super::{Brought, Frame, Seat, SeatPost, Tab, Wish};
use crate::catalogue::{Message, both};
use crate::desk::paper::Paper;
use crate::desk::registration::Registration;
use crate::desk::reissue::Reissue;
use crate::desk::renewal::Renewal;
use crate::desk::{CaseId, Failure, Procedure as _, Standing};
use crate::letter::Letter;
use crate::letter::paper::{Paper as Told, Way};
use crate::office::ReasonUse;
use crate::portal::Portal;
use crate::portal::form::Choice;
use crate::portal::page::{Fact, render};
use crate::portal::purpose::Purpose;
use crate::portal::visit::Stop;

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/cases/{case}/decide", get(page).post(decide))
        .route("/cases/{case}/decide/return", get(returned))
}

#[derive(Template)]
#[template(path = "console/decide.html")]
struct Decide {
    page: Frame,
    case: String,
    version: i64,
    number: String,
    certificate: Vec<Fact>,
    entry: Vec<Fact>,
    enclosures: Vec<Fact>,
    others: Vec<case::OtherView>,
    verdicts: Vec<Choice>,
    deny: Vec<Saved>,
    give_back: Vec<Saved>,
    remark: String,
    errors: Vec<Error>,
    cancelled: bool,
    preview: Option<Preview>,
}

/// A saved reason.
pub(super) struct Saved {
    pub(super) key: String,
    pub(super) words: String,
    pub(super) chosen: bool,
}

/// What is wrong, and at which field.
pub(super) struct Error {
    pub(super) field: &'static str,
    pub(super) message: Message,
}

/// What the applicant will get.
struct Preview {
    verdict: String,
    /// `None` where no letter goes: what is given back is the office's to put right.
    letter: Option<Letter>,
    by_mail: Option<String>,
    lang: Option<&'static str>,
}

/// What was chosen and typed.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) verdict: String,
    pub(super) deny: String,
    pub(super) give_back: String,
    pub(super) remark: String,
}

/// `GET …/cases/{case}/decide`
async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let row = case::any_row(&seat, &case).await?;
    if held::is(&row) || examined::is(&row) {
        return Ok(seat.to(&format!("/cases/{}", held::id(&row))));
    }
    let standing = mine::<Paper>(&seat, &case).await?;
    show(&seat, &standing, &Typed::default(), Vec::new(), false).await
}

/// 「申込者への通知を確かめる」, then 「ICカードで署名する」; 承認, 否認 and 差戻し on the page of what is held.
async fn decide(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let row = case::any_row(&post.seat, &case).await?;
    match row.procedure.as_str() {
        Reissue::NOUN => decide_on::<Reissue>(&case, &post).await,
        Renewal::NOUN => decide_on::<Renewal>(&case, &post).await,
        Registration::NOUN => decide_on::<Registration>(&case, &post).await,
        _ => decide_on::<Paper>(&case, &post).await,
    }
}

async fn decide_on<P: Reviewed>(case: &str, post: &SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let typed = Typed {
        verdict: post.field("verdict").to_owned(),
        deny: post.field("deny").to_owned(),
        give_back: post.field("return").to_owned(),
        remark: post.field("remark").replace("\r\n", "\n").trim().to_owned(),
    };
    let standing = case::standing::<P>(seat, case).await?;
    if post.field("version") != standing.version.to_string() {
        let row = case::any_row(seat, case).await?;
        return changed(seat, &row).await;
    }
    if !P::ON_THE_CASE {
        mine::<P>(seat, case).await?;
    }
    let (verdict, errors) = verdict(seat, &typed);
    let read = errors.is_empty();
    let verdict = match verdict.filter(|_| read) {
        Some(verdict) if P::ON_THE_CASE || post.field("go") == "sign" => verdict,
        _ if P::ON_THE_CASE => {
            let row = case::any_row(seat, case).await?;
            return if examined::is(&row) {
                examined::again(seat, &row, typed, errors).await
            } else {
                held::again(seat, &row, typed, errors).await
            };
        }
        _ => {
            let standing = mine::<Paper>(seat, case).await?;
            return show(seat, &standing, &typed, errors, read).await;
        }
    };
    seat.must(Role::Approval)?;
    let free = P::review(&standing.case).is_some_and(|review| review.standing_claim(seat.visit.now).is_none());
    if P::ON_THE_CASE && free {
        // Whoever decides what nobody has takes it by that.
        let taken = seat
            .visit
            .portal
            .desk()
            .perform(&seat.actor(), standing.id, &P::claim())
            .await;
        if let Err(failure) = taken {
            return lost(seat, case, failure).await;
        }
    }
    let standing = mine::<P>(seat, case).await?;
    let language = seat.visit.words.language();
    let ask = P::ask(verdict, language);
    let done = match seat.visit.portal.desk().perform(&seat.actor(), standing.id, &ask).await {
        Ok(done) => done,
        Err(failure) => return lost(seat, case, failure).await,
    };
    let claim = P::review(&done.case).and_then(|review| review.claim.as_ref());
    let asked = claim
        .and_then(|claim| claim.asked.clone())
        .ok_or_else(|| seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))?;
    let written = case::text(seat, standing.id.octets(), asked.text).await?;
    seat.ask(Wish {
        case: standing.id.octets(),
        procedure: P::NOUN,
        purpose: Purpose::Decide,
        title: both(P::TITLE),
        text: written,
        return_to: format!("/cases/{}/decide/return", standing.id),
        back: format!(
            "/console/{}/cases/{}{}",
            seat.office.id,
            standing.id,
            if P::ON_THE_CASE { "" } else { "/decide" }
        ),
        until: asked.until,
    })
    .await?;
    Ok(seat.to("/card"))
}

/// The way back from the agent: decided, with everything looked at again.
async fn returned(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Approval)?;
    let row = case::any_row(&seat, &case).await?;
    match row.procedure.as_str() {
        Reissue::NOUN => returned_to::<Reissue>(&case, &seat).await,
        Renewal::NOUN => returned_to::<Renewal>(&case, &seat).await,
        Registration::NOUN => returned_to::<Registration>(&case, &seat).await,
        _ => returned_to::<Paper>(&case, &seat).await,
    }
}

async fn returned_to<P: Reviewed>(case: &str, seat: &Seat) -> Result<Response, Stop> {
    let id: CaseId<P> = case.parse().map_err(|_| seat.visit.not_found())?;
    match seat.brought(Purpose::Decide).await? {
        Brought::GivenUp if P::ON_THE_CASE => Ok(seat.to(&format!("/cases/{id}?notice=cancelled"))),
        Brought::GivenUp => Ok(seat.to(&format!("/cases/{id}/decide?notice=cancelled"))),
        Brought::Signed {
            case: signed,
            signature,
        } if signed == id.octets() => {
            let decided = seat
                .visit
                .portal
                .desk()
                .perform(&seat.actor(), id, &P::decide(signature))
                .await;
            match decided.map(|done| done.answer) {
                Ok(Answer::Done) => Ok(seat.to(&format!("/cases/{id}?notice=decided"))),
                // Counted, and the case stays as it was: the new card will not do any more (DOMAIN §5.4).
                Ok(Answer::Refused(refusal)) => lost(seat, case, Failure::Refused(refusal)).await,
                Err(failure) => lost(seat, case, failure).await,
            }
        }
        Brought::Signed { .. } => Err(seat.visit.not_found()),
    }
}

/// Somebody else was first, or a rule says no: the case as it is now, and why.
async fn lost(seat: &Seat, case: &str, failure: Failure) -> Result<Response, Stop> {
    let row = case::any_row(seat, case).await?;
    match failure {
        Failure::Refused(Refusal::Stale) => changed(seat, &row).await,
        Failure::Refused(refusal) => refused(seat, &row, &refusal).await,
        Failure::Fault(fault) => Err(seat.fault(&fault)),
    }
}

/// The case, while this officer has it. Everybody else is shown the case itself, which says who does.
async fn mine<P: Reviewed>(seat: &Seat, case: &str) -> Result<Standing<P>, Stop> {
    let standing = case::standing::<P>(seat, case).await?;
    seat.must(Role::Approval)?;
    let review = P::review(&standing.case);
    let claim = review.and_then(|review| review.standing_claim(seat.visit.now));
    if claim.is_some_and(|claim| claim.by == seat.acting.officer.id) {
        Ok(standing)
    } else {
        let row = case::any_row(seat, case).await?;
        let refusal = match claim {
            Some(claim) => Refusal::Claimed { until: claim.until },
            None if review.is_some() => Refusal::NotClaimed,
            None => return Err(changed(seat, &row).await?.into()),
        };
        Err(refused(seat, &row, &refusal).await?.into())
    }
}

/// What was chosen, or everything that is wrong with it.
fn verdict(seat: &Seat, typed: &Typed) -> (Option<Verdict>, Vec<Error>) {
    let words = seat.visit.words;
    let empty = |field, label: &str| Error {
        field,
        message: words.message(Code::Req, &[("field", &words.say(label))]),
    };
    let mut errors = Vec::new();
    let label = words.say("case-remark");
    if characters::count(&typed.remark) > REMARK {
        let values = [("field", label.as_str()), ("most", &REMARK.to_string())];
        errors.push(Error {
            field: "remark",
            message: words.message(Code::Len, &values),
        });
    } else if let Some(character) = characters::forbidden(&typed.remark) {
        let complaint = casework::application::Complaint::Character { character };
        errors.push(Error {
            field: "remark",
            message: crate::portal::refusal::complained(words, &label, complaint, ""),
        });
    }
    let reason = |key: &str, used_for| {
        let saved = seat.office.reason(key, used_for)?;
        Some(Box::new(Reason {
            key: saved.key.clone(),
            remark: (!typed.remark.is_empty()).then(|| typed.remark.clone()),
        }))
    };
    let verdict = match typed.verdict.as_str() {
        "approve" => Some(Verdict::Approve),
        "deny" => reason(&typed.deny, ReasonUse::Deny).map(Verdict::Deny),
        "return" => reason(&typed.give_back, ReasonUse::Return).map(Verdict::Return),
        _ => {
            errors.insert(0, empty("verdict", "case-verdict"));
            return (None, errors);
        }
    };
    match (typed.verdict.as_str(), &verdict) {
        ("deny", None) => errors.insert(0, empty("deny", "case-reason-deny")),
        ("return", None) => errors.insert(0, empty("return", "case-reason-return")),
        _ => {}
    }
    (verdict, errors)
}

async fn show(
    seat: &Seat,
    standing: &Standing<Paper>,
    typed: &Typed,
    errors: Vec<Error>,
    read: bool,
) -> Result<Response, Stop> {
    let (Some(entry), Some(number)) = (standing.case.entry(), standing.case.number()) else {
        return Err(seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    let page = seat.frame(Tab::Queue);
    let known = case::certificate(seat, &entry.certificate).await?;
    let preview = if read {
        Some(preview(seat, &page, standing, entry, typed).await?)
    } else {
        None
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = Decide {
        case: standing.id.to_string(),
        version: standing.version,
        number: number.to_string(),
        certificate: case::certificate_facts(seat, &page, &entry.certificate, &known).await?,
        entry: case::entry_facts(&page, entry),
        enclosures: case::enclosure_facts(&page, entry),
        others: case::others(seat, &page, &entry.certificate, standing.id.octets()).await?,
        verdicts: ["approve", "return", "deny"]
            .into_iter()
            .map(|value| Choice {
                value,
                label: page.t(&format!("case-verdict-{value}")),
                chosen: typed.verdict == value,
                paper: false,
            })
            .collect(),
        deny: saved(seat, &page, ReasonUse::Deny, &typed.deny),
        give_back: saved(seat, &page, ReasonUse::Return, &typed.give_back),
        remark: typed.remark.clone(),
        errors,
        cancelled: seat.visit.asked("notice") == Some("cancelled"),
        preview,
        page,
    };
    Ok(render(status, &view))
}

/// The office's saved reasons for this.
pub(super) fn saved(seat: &Seat, page: &Frame, used_for: ReasonUse, chosen: &str) -> Vec<Saved> {
    let reasons = seat.office.review.reasons.iter();
    reasons
        .filter(|reason| reason.used_for == used_for)
        .map(|reason| Saved {
            key: reason.key.clone(),
            words: page.text(&reason.words).to_owned(),
            chosen: reason.key == chosen,
        })
        .collect()
}

/// The letter as it would go now.
async fn preview(
    seat: &Seat,
    page: &Frame,
    standing: &Standing<Paper>,
    entry: &Entry,
    typed: &Typed,
) -> Result<Preview, Stop> {
    let language = standing.place.as_ref().map(|place| place.language).unwrap_or_default();
    let (which, reason) = match typed.verdict.as_str() {
        "approve" => (Some(Which::Revoked), None),
        "deny" => {
            let saved = seat.office.reason(&typed.deny, ReasonUse::Deny);
            let words = saved.map_or("", |saved| saved.words.in_language(language)).to_owned();
            let remark = (!typed.remark.is_empty()).then(|| typed.remark.clone());
            (Some(Which::Denied), Some((words, remark)))
        }
        _ => (None, None),
    };
    let known = case::certificate(seat, &entry.certificate).await?;
    let row = seat.visit.portal.store().certificate(&entry.certificate).await;
    let row = row.map_err(|fault| seat.fault(&fault))?;
    let halves = seat.visit.portal.desk().other_halves(&entry.certificate).await;
    let halves = halves.map_err(|fault| seat.fault(&fault))?;
    let Some(number) = standing.case.number() else {
        return Err(seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    };
    let now = seat.visit.now;
    let authority = seat.visit.authority()?;
    let terms = &authority.revocation.policy.refund;
    let estimate = entry.account.as_ref().zip(row.as_ref()).map(|(_, row)| {
        let validity = Some((row.not_before, row.not_after));
        refund::preview(row.purchase.as_ref(), validity, terms, now)
    });
    let told = Told {
        language,
        office: seat.office.name.clone(),
        contact: seat.office.contact.clone(),
        applicant: entry.name.clone(),
        number,
        at: now,
        ground: entry.ground,
        issuer: known.issuer().readable(),
        serial: entry.certificate.serial,
        authentication: halves.first().map(|half| half.serial),
        refund: estimate,
        reason,
        look_up: None,
        way: if entry.mail.is_some() { Way::Mail } else { Way::Post },
    };
    let letter = which.map(|which| told.letter(which));
    Ok(Preview {
        verdict: page.t(&format!("case-verdict-{}", typed.verdict)),
        lang: letter.as_ref().and_then(|letter| page.tongue(&letter.body)),
        letter,
        by_mail: entry.mail.clone(),
    })
}

/// Characters of a remark (DOMAIN §5.4).
const REMARK: usize = 400;
