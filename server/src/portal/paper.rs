//! 書面による失効申込手続き, for holders: when, what to enclose, where to send it, how long it takes, and a 失効届 to print.
//!
//! Nothing of it is stored, and nothing that was typed stands in an address.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use casework::application::{Complaint, Ground};
use casework::characters;
use casework::paper::{Applicant, Document};
use std::sync::Arc;

use crate::catalogue::Message;
use crate::fault::{Bug, Fault};
use crate::office::{Block, Office};
use crate::portal::console::paper::form;
use crate::portal::form::Choice;
use crate::portal::page::{Page, render};
use crate::portal::refusal;
use crate::portal::visit::{Stop, Visit, read_form};
use crate::print::notice::{FIELDS, Notice};
use crate::print::{Sheet, printable};

#[derive(Template)]
#[template(path = "paper.html")]
struct Paper<'a> {
    page: Page,
    office: Arc<Office>,
    version: &'a str,
    blocks: Vec<Block<'a>>,
    applicants: Vec<Choice>,
    reasons: Vec<Choice>,
    /// Whether applicant and reason are.
    chosen: bool,
    /// What to enclose; empty where this applicant may not apply for this reason.
    enclosures: Vec<Enclosure>,
    fields: Vec<FieldView>,
    wrong: bool,
    months: String,
}

/// Documents of which one is enclosed.
struct Enclosure {
    names: Vec<String>,
    dated: bool,
}

struct FieldView {
    name: &'static str,
    label: String,
    value: String,
    error: Option<Message>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Printed {
    page: Page,
    office: Arc<Office>,
    sheet: Sheet,
    /// All that was sent, for the same sheet as PDF.
    hidden: Vec<(String, String)>,
}

/// `GET /{office}/paper` (R003)
pub(crate) async fn page(visit: Visit) -> Result<Response, Stop> {
    let asked = |name: &str| visit.asked(name).unwrap_or_default().to_owned();
    show(
        &visit,
        &asked("applicant"),
        &asked("reason"),
        Vec::new(),
        StatusCode::OK,
    )
}

/// `POST /{office}/paper/notice`: the form filled in, to be printed, signed and sealed.
pub(crate) async fn notice(visit: Visit, request: Request) -> Result<Response, Stop> {
    let (parts, body) = request.into_parts();
    let sent = read_form(&visit, parts, body).await?;
    let office = visit.office()?;
    let field = |name: &str| {
        sent.iter()
            .find_map(|(key, value)| (key == name).then_some(value.trim()))
            .unwrap_or_default()
    };
    let (applicant, reason) = (field("applicant"), field("reason"));
    let values: Vec<(&'static str, String)> = FIELDS.map(|name| (name, field(name).to_owned())).to_vec();
    let wrong = values.iter().any(|(_, value)| complaint(value).is_some());
    let chosen = Applicant::from_key(applicant)
        .zip(Ground::from_key(reason))
        .filter(|(applicant, ground)| applicant.may_say(*ground));
    let Some((who, ground)) = chosen.filter(|_| !wrong) else {
        return show(&visit, applicant, reason, values, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let notice = Notice {
        language: visit.words.language(),
        office: office.name.clone(),
        applicant: who,
        ground,
        values: values.clone(),
        at: visit.now,
    };
    if field("go") == "pdf" {
        return pdf(&visit, notice).await;
    }
    let fixed = [("applicant", applicant), ("reason", reason), ("go", "pdf")];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let typed = values.into_iter().map(|(name, value)| (name.to_owned(), value));
    let view = Printed {
        hidden: fixed.into_iter().chain(typed).collect(),
        sheet: notice.sheet(),
        page: visit.page(),
        office,
    };
    Ok(render(StatusCode::OK, &view))
}

async fn pdf(visit: &Visit, notice: Notice) -> Result<Response, Stop> {
    // Laying out and subsetting fonts takes tens of milliseconds: not on the thread that answers everybody.
    let printed = tokio::task::spawn_blocking(move || notice.sheet().pdf()).await;
    let bug = |why: String| visit.fault(&Fault::from(Bug(why)));
    let octets = printed
        .map_err(|why| bug(why.to_string()))?
        .map_err(|why| bug(why.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/pdf")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"shikko-todoke.pdf\""),
        ),
    ];
    Ok((headers, octets).into_response())
}

fn show(
    visit: &Visit,
    applicant: &str,
    reason: &str,
    values: Vec<(&'static str, String)>,
    status: StatusCode,
) -> Result<Response, Stop> {
    let office = visit.office()?;
    let page = visit.page();
    let words = page.words;
    let chosen = Applicant::from_key(applicant).zip(Ground::from_key(reason));
    let choice = |value: &'static str, label: String, now: &str| Choice {
        value,
        label,
        chosen: value == now,
        paper: false,
    };
    let authority = visit.authority()?;
    let paper = &authority.revocation.paper;
    let view = Paper {
        version: page.text(&paper.version),
        blocks: paper.blocks(words.language()),
        applicants: Applicant::ALL
            .into_iter()
            .map(|kind| choice(kind.key(), form::applicant(words, kind), applicant))
            .collect(),
        reasons: Ground::ALL
            .into_iter()
            .map(|ground| choice(ground.key(), form::reason(words, ground), reason))
            .collect(),
        chosen: chosen.is_some(),
        enclosures: chosen
            .filter(|(applicant, ground)| applicant.may_say(*ground))
            .into_iter()
            .flat_map(|(applicant, ground)| applicant.must_enclose(ground))
            .map(|group| Enclosure {
                names: group.iter().map(|document| form::document(words, *document)).collect(),
                dated: group.iter().any(|document: &Document| document.dated()),
            })
            .collect(),
        fields: FIELDS
            .into_iter()
            .map(|name| {
                let value = values
                    .iter()
                    .find_map(|(known, value)| (*known == name).then(|| value.clone()))
                    .unwrap_or_default();
                let label = words.say(&format!("paper-field-{name}"));
                FieldView {
                    error: complaint(&value).map(|complaint| refusal::complained(words, &label, complaint, "")),
                    name,
                    label,
                    value,
                }
            })
            .collect(),
        wrong: values.iter().any(|(_, value)| complaint(value).is_some()),
        months: authority.enclosed_within.to_string(),
        office: Arc::clone(&office),
        page: visit.page(),
    };
    Ok(render(status, &view))
}

/// What cannot be printed as it was typed is said before there is anything to print (A39).
fn complaint(value: &str) -> Option<Complaint> {
    if characters::count(value) > LONGEST {
        return Some(Complaint::TooLong { most: LONGEST });
    }
    characters::forbidden(value)
        .or_else(|| printable(value).err())
        .map(|character| Complaint::Character { character })
}

const LONGEST: usize = 200;
