//! An application before officers: all of it on one page, and what may be done with it.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::Refusal;
use casework::identity::{CertificateId, Company, Digest, OfficerId};
use casework::officer::Role;
use casework::paper::{Case, Entry};
use casework::review::{Claim, OwnCompany, Review};
use casework::revocation as online;
use pki::certificate::Certificate;
use wire::code::Code;

use super::case::{self, FileView, Officers, OtherView};
use super::examined;
use super::held;
use super::history::{self, Line, Signed};
use super::reviewed::Reviewed;
use super::{Frame, Seat, SeatPost, Tab};
use crate::catalogue::Message;
use crate::desk::paper::{Command, Paper};
use crate::desk::registration::Registration;
use crate::desk::reissue::Reissue;
use crate::desk::renewal::Renewal;
use crate::desk::revocation::Revocation;
use crate::desk::{CaseId, Failure, Procedure as _, Standing};
use crate::fault::Fault;
use crate::office::ReasonUse;
use crate::portal::console::queue;
use crate::portal::page::{Fact, render};
use crate::portal::refusal;
use crate::portal::session::unhex;
use crate::portal::visit::Stop;
use crate::portal::{Portal, date, fact, receipt};
use crate::store::{OfficerState, QueueRow};

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/cases/{case}", get(page))
        .route("/cases/{case}/print", get(print))
        .route("/cases/{case}/files/{digest}", get(file))
        .route("/cases/{case}/claim", get(onward).post(claim))
        .route("/cases/{case}/release", get(onward).post(release))
        .route("/cases/{case}/reassign", get(onward).post(reassign))
        .route("/cases/{case}/withdraw", get(onward).post(withdraw))
}

#[derive(Template)]
#[template(path = "console/case.html")]
struct Detail {
    page: Frame,
    content: Content,
    notice: Option<String>,
    message: Option<Message>,
    may: May,
    letters: Vec<Link>,
    back: String,
}

#[derive(Template)]
#[template(path = "console/case-print.html")]
struct Print {
    page: Frame,
    content: Content,
    printed: String,
}

/// What stands on both pages.
struct Content {
    case: String,
    version: i64,
    number: String,
    name: String,
    state: String,
    tag: &'static str,
    since: String,
    claim: Option<String>,
    /// Why it was denied or given back.
    reason: Option<String>,
    result: Vec<Fact>,
    certificate: Vec<Fact>,
    entry: Vec<Fact>,
    enclosures: Vec<Fact>,
    files: Vec<FileView>,
    signatures: Vec<Signed>,
    history: Vec<Line>,
    others: Vec<OtherView>,
}

/// What this officer may do with it now. The desk asks again.
#[derive(Default)]
struct May {
    claim: bool,
    release: bool,
    decide: bool,
    correct: bool,
    finish: bool,
    withdraw: bool,
    reassign: Vec<(String, String)>,
    /// Why this officer is not to decide.
    not: Option<Message>,
}

/// A letter of the case that goes on paper.
struct Link {
    path: String,
    subject: String,
    posted: Option<String>,
}

/// `GET …/cases/{case}`
async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let row = case::any_row(&seat, &case).await?;
    if held::is(&row) {
        let notice = held::notice(&seat, &row);
        return held::show(&seat, &row, notice, None).await;
    }
    if examined::is(&row) {
        let notice = examined::notice(&seat, &row);
        return examined::show(&seat, &row, notice, None).await;
    }
    let notice = match seat.visit.asked("notice") {
        Some(word @ ("submitted" | "claimed" | "released" | "reassigned" | "withdrawn")) => {
            Some(seat.visit.words.say(&format!("case-notice-{word}")))
        }
        // What it became, as it stands there: the address alone says nothing.
        Some("decided") if ["revoked", "denied", "returned"].contains(&row.state.as_str()) => {
            Some(seat.visit.words.say(&format!("case-notice-{}", row.state)))
        }
        _ => None,
    };
    show(&seat, &row, notice, None).await
}

/// The same to be printed.
async fn print(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let row = case::any_row(&seat, &case).await?;
    if held::is(&row) || examined::is(&row) {
        // That page prints as it stands.
        return Ok(seat.to(&format!("/cases/{}", held::id(&row))));
    }
    let page = seat.frame(Tab::Queue);
    let (content, _) = content(&seat, &page, &row).await?;
    let view = Print {
        content,
        printed: page.words.say_with(
            "case-printed",
            &[
                ("time", &date::minute(page.words, seat.visit.now)),
                ("who", &seat.acting.name),
            ],
        ),
        page,
    };
    Ok(seat.render(&view))
}

/// A scanned paper.
async fn file(Path((_, case, digest)): Path<(String, String, String)>, seat: Seat) -> Result<Response, Stop> {
    let row = case::any_row(&seat, &case).await?;
    let digest = unhex(&digest).map(Digest).ok_or_else(|| seat.visit.not_found())?;
    let octets = case::file(&seat, row.case, digest).await?;
    octets
        .map(|octets| case::attachment(octets, digest))
        .ok_or_else(|| seat.visit.not_found())
}

/// What is done to a case of any procedure that officers decide on.
enum Act {
    Claim,
    Release,
    Reassign(OfficerId),
}

/// 「担当する」
async fn claim(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    act(&case, &post, Act::Claim, "claimed").await
}

/// 「担当を外れる」, 「保留のまま」
async fn release(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    act(&case, &post, Act::Release, "released").await
}

/// An administrator hands it to another officer.
async fn reassign(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let to: CaseId<Paper> = post.field("to").parse().map_err(|_| post.seat.visit.not_found())?;
    let to = OfficerId(to.octets());
    act(&case, &post, Act::Reassign(to), "reassigned").await
}

/// 「取下げ」
async fn withdraw(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    act_on::<Paper>(&case, &post, Command::Withdraw, "withdrawn").await
}

/// The address of a button, opened as a page.
async fn onward(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let row = case::any_row(&seat, &case).await?;
    Ok(seat.to(&format!("/cases/{}", id(&row))))
}

async fn act(case: &str, post: &SeatPost, act: Act, word: &str) -> Result<Response, Stop> {
    let row = case::any_row(&post.seat, case).await?;
    match row.procedure.as_str() {
        Reissue::NOUN => act_on::<Reissue>(case, post, command::<Reissue>(act), word).await,
        Renewal::NOUN => act_on::<Renewal>(case, post, command::<Renewal>(act), word).await,
        Registration::NOUN => act_on::<Registration>(case, post, command::<Registration>(act), word).await,
        _ => act_on::<Paper>(case, post, command::<Paper>(act), word).await,
    }
}

fn command<P: Reviewed>(act: Act) -> P::Command {
    match act {
        Act::Claim => P::claim(),
        Act::Release => P::release(),
        Act::Reassign(to) => P::reassign(to),
    }
}

/// Does it, if the case is as the page showed it; says what another officer did meanwhile otherwise.
async fn act_on<P: Reviewed>(case: &str, post: &SeatPost, command: P::Command, word: &str) -> Result<Response, Stop> {
    let seat = &post.seat;
    let standing = case::standing::<P>(seat, case).await?;
    let row = case::any_row(seat, case).await?;
    if post.field("version") != standing.version.to_string() {
        return changed(seat, &row).await;
    }
    match seat
        .visit
        .portal
        .desk()
        .perform(&seat.actor(), standing.id, &command)
        .await
    {
        Ok(_) => Ok(seat.to(&format!("/cases/{}?notice={word}", standing.id))),
        Err(Failure::Refused(Refusal::Stale)) => changed(seat, &row).await,
        Err(Failure::Refused(refusal)) => refused(seat, &row, &refusal).await,
        Err(failure) => Err(seat.failed(&failure)),
    }
}

/// The page as it is now, with what another officer did since it was shown.
pub(super) async fn changed(seat: &Seat, row: &QueueRow) -> Result<Response, Stop> {
    let words = seat.visit.words;
    let done = history::last(seat, &seat.frame(Tab::Queue), row.case).await?;
    let message = Message {
        happened: done.unwrap_or_else(|| words.say("case-changed")),
        next: words.say("case-changed-next"),
        ..words.message(Code::Stale, &[])
    };
    show(
        seat,
        &as_it_is(seat, row).await?,
        None,
        Some((StatusCode::CONFLICT, message)),
    )
    .await
}

/// The page as it is now, with why it was not done.
pub(super) async fn refused(seat: &Seat, row: &QueueRow, no: &Refusal) -> Result<Response, Stop> {
    let said = refusal::refused(seat.visit.words, no);
    show(seat, &as_it_is(seat, row).await?, None, Some(said)).await
}

/// The row as it is now: what refused an officer may be what another one did since it was read.
async fn as_it_is(seat: &Seat, row: &QueueRow) -> Result<QueueRow, Stop> {
    let now = seat.visit.portal.store().queue_row(row.case).await;
    Ok(now.map_err(|fault| seat.fault(&fault))?.unwrap_or_else(|| row.clone()))
}

async fn show(
    seat: &Seat,
    row: &QueueRow,
    notice: Option<String>,
    said: Option<(StatusCode, Message)>,
) -> Result<Response, Stop> {
    if held::is(row) {
        return held::show(seat, row, notice, said).await;
    }
    if examined::is(row) {
        return examined::show(seat, row, notice, said).await;
    }
    let page = seat.frame(Tab::Queue);
    let (content, may) = content(seat, &page, row).await?;
    let letters = letters(seat, &page, row).await?;
    let (status, message) = said.map_or((StatusCode::OK, None), |(status, message)| (status, Some(message)));
    let view = Detail {
        content,
        notice,
        message,
        may,
        letters,
        back: queue::way_back(seat),
        page,
    };
    Ok(render(status, &view))
}

async fn content(seat: &Seat, page: &Frame, row: &QueueRow) -> Result<(Content, May), Stop> {
    let fault = |fault: Fault| seat.fault(&fault);
    let officers = Officers::of(seat).await?;
    let events = seat.visit.portal.store().events(row.case).await.map_err(fault)?;
    let claim = row
        .claimed_by
        .zip(row.claimed_until)
        .filter(|(_, until)| seat.visit.now <= *until)
        .map(|(by, until)| {
            page.words.say_with(
                "case-claimed",
                &[("who", &officers.name(by)), ("time", &date::minute(page.words, until))],
            )
        });
    let mut content = Content {
        case: id(row).to_string(),
        version: row.version,
        number: row
            .number
            .map_or_else(|| page.t("case-no-number"), |number| number.to_string()),
        name: row.name.clone(),
        state: case::state(page, row),
        tag: queue::tag(row.shelf),
        since: date::minute(page.words, row.since),
        claim,
        reason: None,
        result: Vec::new(),
        certificate: Vec::new(),
        entry: Vec::new(),
        enclosures: Vec::new(),
        files: Vec::new(),
        signatures: history::signatures(page, &officers, &events),
        history: history::lines(page, &officers, &events),
        others: Vec::new(),
    };
    let mut may = May::default();
    if row.procedure == Paper::NOUN {
        let standing = seat.visit.portal.desk().standing(CaseId::from_octets(row.case)).await;
        let standing = standing.map_err(fault)?;
        content.version = standing.version;
        on_paper(seat, page, &standing, &mut content).await?;
        may = self::may(seat, &standing, &officers).await?;
    } else if row.procedure == Revocation::NOUN {
        let looked = seat
            .visit
            .portal
            .desk()
            .look::<Revocation>(CaseId::from_octets(row.case))
            .await;
        on_line(seat, page, &looked.map_err(fault)?, &mut content).await?;
    }
    if let Some(certificate) = &row.certificate {
        content.others = case::others(seat, page, certificate, row.case).await?;
    }
    Ok((content, may))
}

async fn on_paper(seat: &Seat, page: &Frame, standing: &Standing<Paper>, content: &mut Content) -> Result<(), Stop> {
    let Some(entry) = standing.case.entry() else {
        return Ok(());
    };
    let known = case::certificate(seat, &entry.certificate).await?;
    content.certificate = case::certificate_facts(seat, page, &entry.certificate, &known).await?;
    content.entry = case::entry_facts(page, entry);
    content.enclosures = case::enclosure_facts(page, entry);
    content.files = case::files(page, standing.id.octets(), entry);
    match &standing.case {
        Case::Denied { reason, .. } => content.reason = Some(case::reason(seat, page, reason, ReasonUse::Deny)),
        Case::Returned { reason, .. } => content.reason = Some(case::reason(seat, page, reason, ReasonUse::Return)),
        Case::Revoked { refund, .. } => {
            content.result = visible(seat, page, entry).await?;
            // Where the paper asks for no refund, the letters tell of none.
            if entry.account.is_some() {
                let authority = seat.visit.authority()?;
                let terms = &authority.revocation.policy.refund;
                let refund = fact::refund(page, *refund, terms);
                content.result.push(page.fact("confirm-refund", refund));
            }
        }
        Case::New | Case::Drafting { .. } | Case::Waiting { .. } | Case::Withdrawn { .. } => {}
    }
    Ok(())
}

/// What the holder applied for with the card: nothing is to be decided.
async fn on_line(seat: &Seat, page: &Frame, looked: &online::Case, content: &mut Content) -> Result<(), Stop> {
    if let online::Case::Revoked {
        opened, application, ..
    } = looked
    {
        let id = &opened.subject.certificate;
        let known = case::certificate(seat, id).await?;
        content.certificate = case::certificate_facts(seat, page, id, &known).await?;
        content.entry = fact::application(page, application);
    }
    Ok(())
}

/// Since when others can see it: OCSP at once, each list when it is made.
async fn visible(seat: &Seat, page: &Frame, entry: &Entry) -> Result<Vec<Fact>, Stop> {
    let mut facts = Vec::new();
    let halves = seat.visit.portal.desk().other_halves(&entry.certificate).await;
    let halves = halves.map_err(|fault| seat.fault(&fault))?;
    let both = [("signature", &entry.certificate)]
        .into_iter()
        .chain(halves.iter().map(|half| ("authentication", half)));
    for (kind, id) in both {
        let id: &CertificateId = id;
        let status = seat.visit.portal.store().status(id).await;
        let Some((status, _)) = status.map_err(|fault| seat.fault(&fault))? else {
            continue;
        };
        let minutes = seat.visit.portal.site().ocsp_max_age.div_ceil(60).to_string();
        let time = date::second(page.words, status.revoked_at);
        let ocsp = page
            .words
            .say_with("done-ocsp-text", &[("time", &time), ("minutes", &minutes)]);
        facts.push(page.fact(&format!("certificate-serial-{kind}"), id.serial.to_string()));
        facts.push(page.fact("done-revoked", time));
        facts.push(page.fact("done-ocsp", ocsp));
        let listed = receipt::listed(&seat.visit.portal, page, id).await;
        let listed = listed.map_err(|fault| seat.fault(&fault))?;
        facts.push(page.fact(&format!("done-crl-{kind}"), listed));
    }
    Ok(facts)
}

async fn may(seat: &Seat, standing: &Standing<Paper>, officers: &Officers) -> Result<May, Stop> {
    let officer = &seat.acting.officer;
    let has = |role| officer.roles.contains(role);
    let (enters, decides) = (has(Role::Entry), has(Role::Approval));
    let mut may = May::default();
    match &standing.case {
        Case::Waiting { entry, review, .. } => {
            let claim = review.standing_claim(seat.visit.now);
            let mine = claim.is_some_and(|claim| claim.by == officer.id);
            let known = case::certificate(seat, &entry.certificate).await?;
            if decides {
                may.not = why_not(seat, review, &known);
            }
            let open = decides && may.not.is_none();
            may.claim = open && !mine && claim.is_none();
            may.release = mine;
            may.decide = open && mine;
            may.correct = enters && claim.is_none();
            may.withdraw = enters && claim.is_none();
            if has(Role::Administration) {
                may.reassign = others_to_decide(officers, claim);
            }
        }
        Case::Drafting { .. } => {
            may.finish = enters;
            may.correct = enters;
            may.withdraw = enters;
        }
        Case::Returned { .. } => {
            may.correct = enters;
            may.withdraw = enters;
        }
        Case::New | Case::Revoked { .. } | Case::Denied { .. } | Case::Withdrawn { .. } => {}
    }
    Ok(may)
}

/// To whom an administrator may hand a case: those who approve, but for the one who has it.
pub(super) fn others_to_decide(officers: &Officers, claim: Option<&Claim>) -> Vec<(String, String)> {
    let all = officers.all();
    all.filter(|row| row.account.roles.contains(Role::Approval) && matches!(row.state, OfficerState::Active { .. }))
        .filter(|row| claim.is_none_or(|claim| claim.by != row.id))
        .map(|row| {
            (
                CaseId::<Paper>::from_octets(row.id.0).to_string(),
                row.account.name.clone(),
            )
        })
        .collect()
}

/// The rule that keeps this officer from deciding, said before anything is tried: the first person again, or one's own
/// company (A22).
fn why_not(seat: &Seat, review: &Review, certificate: &Certificate) -> Option<Message> {
    let officer = &seat.acting.officer;
    let again = review
        .first
        .as_ref()
        .is_some_and(|first| first.person == officer.person || first.card == officer.card);
    let own = match seat.office.review.rule.own_company {
        OwnCompany::Taken => false,
        OwnCompany::Refused => certificate.holder().is_some_and(|holder| {
            let names = [holder.corporate_number, holder.organisation];
            names.into_iter().flatten().any(|name| Company(name) == officer.company)
        }),
    };
    let no = if own {
        Refusal::OwnApplication
    } else if again {
        Refusal::SamePerson
    } else {
        return None;
    };
    Some(refusal::refused(seat.visit.words, &no).1)
}

async fn letters(seat: &Seat, page: &Frame, row: &QueueRow) -> Result<Vec<Link>, Stop> {
    let letters = seat.visit.portal.store().letters_of(row.case).await;
    let letters = letters.map_err(|fault| seat.fault(&fault))?;
    Ok(letters
        .into_iter()
        .map(|letter| Link {
            path: format!("{}/letters/{}", page.base(), CaseId::<Paper>::from_octets(letter.id)),
            subject: letter.subject,
            posted: letter
                .printed
                .map(|(at, _)| page.t1("case-letter-posted", "time", &date::minute(page.words, at))),
        })
        .collect())
}

fn id(row: &QueueRow) -> CaseId<Paper> {
    CaseId::from_octets(row.case)
}
