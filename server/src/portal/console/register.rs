//! 入札参加資格者名簿 for officers: search, one company with everything that its entry said before, a change with its reason,
//! and the letter with which the company proves itself.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::application::Complaint;
use casework::characters;
use casework::officer::Role;
use casework::register::{BusinessNumber, Entry};
use wire::code::Code;

use super::case::Officers;
use super::queue::asked;
use super::{Frame, Seat, SeatPost, Tab};
use crate::catalogue::{Message, Words};
use crate::fault::{Bug, Fault};
use crate::portal::page::{Fact, render};
use crate::portal::visit::Stop;
use crate::portal::{Portal, date, refusal};
use crate::register::{FIELDS, Why, checked};
use crate::store::{Clash, RegisterRow, RegisterVersion};

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/register", get(list))
        .route("/register/{number}", get(one))
        .route("/register/{number}/edit", get(form).post(save))
        .route("/register/{number}/letter-code", get(confirm).post(give))
}

#[derive(Template)]
#[template(path = "console/register.html")]
struct List {
    page: Frame,
    search: String,
    count: String,
    rows: Vec<Line>,
    /// There are more than are shown.
    more: bool,
}

struct Line {
    number: String,
    name: String,
    representative: String,
    until: String,
    removed: bool,
}

#[derive(Template)]
#[template(path = "console/register-entry.html")]
struct One {
    page: Frame,
    number: String,
    name: String,
    saved: bool,
    removed: bool,
    may: bool,
    facts: Vec<Fact>,
    versions: Vec<Version>,
}

/// What was changed, when and by whom.
struct Version {
    title: String,
    changed: String,
    by: String,
    reason: String,
    changes: Vec<Change>,
}

struct Change {
    label: String,
    before: String,
    after: String,
}

#[derive(Template)]
#[template(path = "console/register-edit.html")]
struct Edit {
    page: Frame,
    number: String,
    version: String,
    wrong: bool,
    fields: Vec<FieldView>,
}

struct FieldView {
    name: &'static str,
    label: String,
    help: String,
    value: String,
    need: bool,
    most: usize,
    error: Option<Message>,
}

#[derive(Template)]
#[template(path = "console/register-letter.html")]
struct Letter {
    page: Frame,
    number: String,
    name: String,
    /// What the company's letter before can still be used for, before a new one is made.
    until: Option<String>,
    /// The letter, this once.
    given: Option<Given>,
}

struct Given {
    day: String,
    address: String,
    office: String,
    contact: String,
    code: String,
    until: String,
    portal: String,
}

/// `GET …/register`
async fn list(seat: Seat) -> Result<Response, Stop> {
    let search: String = asked(&seat.visit)
        .into_iter()
        .find_map(|(key, value)| (key == "search").then_some(value))
        .unwrap_or_default();
    let search: String = search.trim().chars().take(LONGEST_SEARCH).collect();
    let store = seat.visit.portal.store();
    let read = async {
        let count = store.count_register(&seat.office.id).await?;
        let rows = if search.is_empty() {
            Vec::new()
        } else {
            // One more than is shown tells whether there are more.
            store.search_register(&seat.office.id, &search, LINES + 1).await?
        };
        Ok((count, rows))
    };
    let (count, mut rows) = read.await.map_err(|fault: Fault| seat.fault(&fault))?;
    let more = rows.len() > LINES as usize;
    rows.truncate(LINES as usize);
    let page = seat.frame(Tab::Register);
    let view = List {
        count: page.t1("register-count", "count", &count.to_string()),
        rows: rows
            .into_iter()
            .map(|row| Line {
                until: date::day(page.words, row.entry.valid.1),
                number: row.entry.number.to_string(),
                representative: row.entry.shown_representative().to_owned(),
                name: row.entry.name,
                removed: row.removed,
            })
            .collect(),
        more,
        search,
        page,
    };
    Ok(seat.render(&view))
}

/// `GET …/register/{number}`
async fn one(Path((_, number)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let row = find(&seat, &number).await?;
    let store = seat.visit.portal.store();
    let (office, number) = (&seat.office.id, &row.entry.number);
    let read = async {
        let versions = store.register_versions(office, number).await?;
        let until = store.letter_code_until(office, number, seat.visit.now).await?;
        let password = store.has_registration_password(office, number).await?;
        Ok((versions, until, password))
    };
    let (versions, until, password) = read.await.map_err(|fault: Fault| seat.fault(&fault))?;
    let officers = Officers::of(&seat).await?;
    let page = seat.frame(Tab::Register);
    let mut facts: Vec<Fact> = FIELDS
        .iter()
        .zip(values(&row.entry))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| page.fact(&label_key(name), value))
        .collect();
    facts.insert(0, page.fact("register-number", row.entry.number.as_str()));
    let proof = match (password, until) {
        (_, Some(until)) => page.t1("register-proof-letter", "time", &date::minute(page.words, until)),
        (true, None) => page.t("register-proof-password"),
        (false, None) => page.t("register-proof-none"),
    };
    facts.push(page.fact("register-proof", proof));
    let view = One {
        number: row.entry.number.to_string(),
        name: row.entry.name.clone(),
        saved: seat.visit.asked("notice") == Some("saved"),
        removed: row.removed,
        may: seat.acting.officer.roles.contains(Role::Entry),
        facts,
        versions: told(&page, &officers, &versions),
        page,
    };
    Ok(seat.render(&view))
}

/// `GET …/register/{number}/edit`
async fn form(Path((_, number)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Entry)?;
    let row = find(&seat, &number).await?;
    let values: Vec<String> = values(&row.entry);
    Ok(form_page(&seat, &row.entry.number, row.version, &values, "", &[]))
}

/// A changed entry, with its reason.
async fn save(Path((_, number)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Entry)?;
    let row = find(seat, &number).await?;
    let words = seat.visit.words;
    let stale = || seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[]);
    if post.field("version") != row.version.to_string() {
        return Err(stale());
    }
    let values: Vec<String> = FIELDS.iter().map(|name| post.field(name).trim().to_owned()).collect();
    let reason = post.field("reason").trim();
    let mut errors: Vec<(&'static str, Message)> = Vec::new();
    if let Some(complaint) = wrong_reason(reason) {
        let label = words.say("register-reason");
        errors.push(("reason", refusal::complained(words, &label, complaint, "")));
    }
    let entry = match checked(&row.entry.number, &values) {
        Ok(entry) => Some(entry),
        Err(bad) => {
            errors.extend(bad.into_iter().map(|(name, why)| (name, said(words, name, &why))));
            None
        }
    };
    let Some(entry) = entry.filter(|_| errors.is_empty()) else {
        return Ok(form_page(
            seat,
            &row.entry.number,
            row.version,
            &values,
            reason,
            &errors,
        ));
    };
    let back = seat.to(&format!("/register/{number}?notice=saved"));
    if entry == row.entry && !row.removed {
        return Ok(back);
    }
    let (actor, desk) = (seat.actor(), seat.visit.portal.desk());
    let by = seat.acting.officer.id;
    match desk
        .change_register((&actor, by), &seat.office.id, row.version, entry, reason)
        .await
    {
        Ok(()) => Ok(back),
        Err(Clash::Moved) => Err(stale()),
        Err(Clash::Fault(fault)) => Err(seat.fault(&fault)),
        Err(clash) => Err(seat.fault(&Bug(format!("a change of the register clashed: {clash:?}")).into())),
    }
}

/// `GET …/register/{number}/letter-code`
async fn confirm(Path((_, number)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Entry)?;
    let row = find(&seat, &number).await?;
    let store = seat.visit.portal.store();
    let until = store.letter_code_until(&seat.office.id, &row.entry.number, seat.visit.now);
    let until = until.await.map_err(|fault| seat.fault(&fault))?;
    let page = seat.frame(Tab::Register);
    let view = Letter {
        number: row.entry.number.to_string(),
        name: row.entry.name,
        until: until.map(|until| page.t1("register-letter-before", "time", &date::minute(page.words, until))),
        given: None,
        page,
    };
    Ok(seat.render(&view))
}

/// The letter, this once: the store has the code's hash alone.
async fn give(Path((_, number)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Entry)?;
    let row = find(seat, &number).await?;
    let desk = seat.visit.portal.desk();
    let given = desk
        .give_letter_code(&seat.actor(), &seat.office.id, &row.entry.number)
        .await
        .map_err(|fault| seat.fault(&fault))?;
    let Some((code, until)) = given else {
        return Err(seat.visit.not_found());
    };
    // A letter to a company in Japan, whoever prints it.
    let (page, words) = (seat.frame(Tab::Register), Words::of(wire::office::Language::Ja));
    let view = Letter {
        number: row.entry.number.to_string(),
        name: row.entry.name,
        until: None,
        given: Some(Given {
            day: date::day(words, seat.visit.now.day()),
            address: row.entry.address,
            office: seat.office.name.ja.clone(),
            contact: seat.office.contact.ja.clone(),
            code: code.written(),
            until: date::minute(words, until),
            portal: format!("{}/{}", seat.visit.portal.site().origin, seat.office.id),
        }),
        page,
    };
    Ok(seat.render(&view))
}

async fn find(seat: &Seat, number: &str) -> Result<RegisterRow, Stop> {
    let number = BusinessNumber::parse(number).filter(|parsed| parsed.as_str() == number);
    let number = number.ok_or_else(|| seat.visit.not_found())?;
    let row = seat.visit.portal.store().register_row(&seat.office.id, &number).await;
    row.map_err(|fault| seat.fault(&fault))?
        .ok_or_else(|| seat.visit.not_found())
}

fn form_page(
    seat: &Seat,
    number: &BusinessNumber,
    version: i64,
    values: &[String],
    reason: &str,
    errors: &[(&'static str, Message)],
) -> Response {
    let page = seat.frame(Tab::Register);
    let error = |name: &str| {
        errors
            .iter()
            .find_map(|(about, message)| (*about == name).then(|| message.clone()))
    };
    let mut fields: Vec<FieldView> = FIELDS
        .iter()
        .zip(values)
        .map(|(name, value)| FieldView {
            label: page.t(&label_key(name)),
            help: page.t(&format!("register-help-{}", name.replace('_', "-"))),
            value: value.clone(),
            need: NEEDED.contains(name),
            most: 200,
            error: error(name),
            name,
        })
        .collect();
    fields.push(FieldView {
        name: "reason",
        label: page.t("register-reason"),
        help: page.t("register-help-reason"),
        value: reason.to_owned(),
        need: true,
        most: LONGEST_REASON,
        error: error("reason"),
    });
    let wrong = !errors.is_empty();
    let view = Edit {
        number: number.to_string(),
        version: version.to_string(),
        wrong,
        fields,
        page,
    };
    let status = if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render(status, &view)
}

/// What each version changed, the last one first.
fn told(page: &Frame, officers: &Officers, versions: &[RegisterVersion]) -> Vec<Version> {
    let before = versions.iter().skip(1).map(Some).chain([None]);
    versions
        .iter()
        .zip(before)
        .map(|(version, before)| {
            let old = before.map(|before| values(&before.row.entry));
            let mut changes: Vec<Change> = FIELDS
                .iter()
                .zip(values(&version.row.entry))
                .enumerate()
                .filter_map(|(place, (name, after))| {
                    let before = old.as_ref()?.get(place).cloned().unwrap_or_default();
                    (before != after).then(|| Change {
                        label: page.t(&label_key(name)),
                        before,
                        after,
                    })
                })
                .collect();
            let on_list = |removed: bool| page.t(if removed { "register-off" } else { "register-on" });
            if let Some(before) = before
                && before.row.removed != version.row.removed
            {
                changes.push(Change {
                    label: page.t("register-listed"),
                    before: on_list(before.row.removed),
                    after: on_list(version.row.removed),
                });
            }
            Version {
                title: page.t1("desk-office-version", "version", &version.row.version.to_string()),
                changed: date::minute(page.words, version.row.changed_at),
                by: version
                    .changed_by
                    .map_or_else(|| page.t("register-by-file"), |by| officers.name(by)),
                reason: version.reason.clone(),
                changes,
            }
        })
        .collect()
}

/// The values in the order of [`FIELDS`], as a form shows them.
fn values(entry: &Entry) -> Vec<String> {
    let delegate = entry.delegate.as_ref();
    vec![
        entry.name.clone(),
        entry.name_kana.clone(),
        entry.address.clone(),
        entry.representative.clone(),
        delegate.map_or_else(String::new, |delegate| delegate.name.clone()),
        delegate.map_or_else(String::new, |delegate| delegate.from.date().to_string()),
        delegate.map_or_else(String::new, |delegate| delegate.until.date().to_string()),
        entry.corporate_number.clone().unwrap_or_default(),
        entry.valid.0.date().to_string(),
        entry.valid.1.date().to_string(),
    ]
}

fn wrong_reason(reason: &str) -> Option<Complaint> {
    if reason.is_empty() {
        Some(Complaint::Empty)
    } else if let Some(character) = characters::forbidden(reason) {
        Some(Complaint::Character { character })
    } else if characters::count(reason) > LONGEST_REASON {
        Some(Complaint::TooLong { most: LONGEST_REASON })
    } else {
        None
    }
}

/// What is wrong with a field, in the language of the page.
fn said(words: Words, name: &str, why: &Why) -> Message {
    let label = words.say(&label_key(name));
    let complained = |complaint| refusal::complained(words, &label, complaint, "");
    let key = match why {
        Why::Empty => return complained(Complaint::Empty),
        Why::TooLong(most) => return complained(Complaint::TooLong { most: *most }),
        Why::Private(character) | Why::Character(character) => {
            return complained(Complaint::Character { character: *character });
        }
        Why::Formula(_) => "formula",
        Why::Kana => "kana",
        Why::Day => "day",
        Why::Order => "order",
        Why::Delegate => "delegate",
        Why::CorporateNumber => "corporate-number",
        Why::Number | Why::Twice(_) | Why::Password | Why::Width { .. } | Why::Octets(_) | Why::Quotes => "value",
    };
    Message {
        code: Code::Choice,
        happened: words.say_with("desk-office-number", &[("field", &label)]),
        next: words.say(&format!("register-wrong-{key}")),
    }
}

fn label_key(name: &str) -> String {
    format!("register-{}", name.replace('_', "-"))
}

const NEEDED: [&str; 4] = ["name", "representative", "valid_from", "valid_until"];
/// Lines of a page.
const LINES: u32 = 50;
const LONGEST_SEARCH: usize = 100;
const LONGEST_REASON: usize = 200;
