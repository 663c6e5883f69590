//! 営業日: twelve months of an office with the days on which it is closed, and its own closed days, which an administrator adds
//! and removes with a reason.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::application::Complaint;
use casework::calendar::{Calendar, Closed, When};
use casework::characters::{self, half_width};
use casework::officer::Role;
use casework::time::{Date, Day};
use wire::code::Code;

use super::{Frame, Seat, SeatPost, Tab};
use crate::catalogue::{Message, Words};
use crate::desk::calendar::ClosedDayChange;
use crate::fault::Bug;
use crate::office::calendar::{LONGEST_NAME, MOST_DAYS, when, written};
use crate::office::edit::Edited;
use crate::office::{self, Office};
use crate::portal::month::{Month, first_of, later, month, why};
use crate::portal::page::{Fact, render};
use crate::portal::visit::Stop;
use crate::portal::{Portal, date, refusal};
use crate::store::{Clash, OfficeRow};

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/calendar", get(months))
        .route("/calendar/close", get(form).post(close))
        .route("/calendar/open", get(confirm).post(open))
}

#[derive(Template)]
#[template(path = "console/calendar.html")]
struct Months {
    page: Frame,
    saved: bool,
    facts: Vec<Fact>,
    /// Years of which nothing is known.
    unknown: Vec<String>,
    forecast: bool,
    shown: Vec<Month>,
    earlier: String,
    later: String,
    own: Vec<Own>,
}

/// A day of the office's own.
struct Own {
    on: String,
    day: String,
    name: String,
}

#[derive(Template)]
#[template(path = "console/calendar-close.html")]
struct Close {
    page: Frame,
    version: String,
    wrong: bool,
    fields: Vec<FieldView>,
}

#[derive(Template)]
#[template(path = "console/calendar-open.html")]
struct Open {
    page: Frame,
    version: String,
    own: Own,
    wrong: bool,
    reason: FieldView,
}

struct FieldView {
    name: &'static str,
    label: String,
    help: String,
    value: String,
    most: usize,
    lang: Option<&'static str>,
    error: Option<Message>,
}

/// `GET …/calendar`
async fn months(seat: Seat) -> Result<Response, Stop> {
    let today = seat.visit.now.day();
    let asked = seat.visit.asked("from").and_then(month_of);
    let first = asked.unwrap_or_else(|| first_of(today));
    let desk = seat.visit.portal.desk();
    let read = async {
        let now = desk.calendar(&seat.office, today).await?;
        Ok((now, desk.calendar(&seat.office, first).await?))
    };
    let (now, calendar) = read.await.map_err(|fault| seat.fault(&fault))?;
    let page = seat.frame(Tab::Calendar);
    let firsts: Vec<Day> = (0..12).map(|ahead| later(first, ahead)).collect();
    let months: Vec<Month> = firsts
        .iter()
        .map(|first| month(&page, &page.office, &calendar, *first, today))
        .collect();
    let mut unknown: Vec<i32> = firsts
        .iter()
        .filter_map(|first| calendar.status(*first).err())
        .map(|no_data| no_data.year)
        .collect();
    unknown.dedup();
    let path = |first: Day| {
        let date = first.date();
        format!("{}/calendar?from={:04}-{:02}", page.base(), date.year, date.month)
    };
    let view = Months {
        saved: seat.visit.asked("notice") == Some("saved"),
        facts: facts(&page, &now, today),
        unknown: unknown
            .iter()
            .map(|year| page.t1("calendar-unknown", "year", &year.to_string()))
            .collect(),
        forecast: months.iter().any(|month| month.forecast),
        shown: months,
        earlier: path(later(first, -12)),
        later: path(later(first, 12)),
        own: own_days(&page),
        page,
    };
    Ok(seat.render(&view))
}

/// `GET …/calendar/close`
async fn form(seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let row = row(&seat).await?;
    Ok(form_page(&seat, row.version, &[""; 4].map(str::to_owned), &[]))
}

/// One more closed day, with its reason.
async fn close(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = row(seat).await?;
    must_be_last(&post, &row)?;
    let values = FIELDS.map(|(name, _)| post.field(name).trim().to_owned());
    let [on, ja, en, reason] = &values;
    let (words, mut edited) = (seat.visit.words, edited(seat, &row)?);
    let mut errors: Vec<(&'static str, Message)> = Vec::new();
    let typed: String = on.chars().map(half_width).collect();
    let day = when(&typed);
    let stands = day.is_some_and(|day| seat.office.calendar.name_of(day).is_some());
    if on.is_empty() {
        errors.push(("on", complained(words, "on", Complaint::Empty)));
    } else if day.is_none() || stands || seat.office.calendar.closed.len() >= MOST_DAYS {
        let why = if day.is_none() {
            "calendar-wrong-day"
        } else if stands {
            "calendar-wrong-twice"
        } else {
            "calendar-wrong-many"
        };
        errors.push((
            "on",
            Message {
                code: Code::Choice,
                happened: words.say_with("desk-office-number", &[("field", &words.say("calendar-on"))]),
                next: words.say(why),
            },
        ));
    }
    for (name, value, most) in [
        ("name_ja", ja, LONGEST_NAME),
        ("name_en", en, LONGEST_NAME),
        ("reason", reason, LONGEST_REASON),
    ] {
        if let Some(complaint) = wrong(value, most) {
            errors.push((name, complained(words, name, complaint)));
        }
    }
    let Some(day) = day.filter(|_| errors.is_empty()) else {
        return Ok(form_page(seat, row.version, &values, &errors));
    };
    edited.close(day, (ja, en));
    change(seat, &row, &edited, (day, "closed_day_added", reason)).await
}

/// `GET …/calendar/open?day=…`
async fn confirm(seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let row = row(&seat).await?;
    let asked = seat.visit.asked("day").and_then(when);
    let day = asked.filter(|day| seat.office.calendar.name_of(*day).is_some());
    let day = day.ok_or_else(|| seat.visit.not_found())?;
    Ok(confirm_page(&seat, row.version, day, "", None))
}

/// A closed day less, with its reason.
async fn open(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = row(seat).await?;
    must_be_last(&post, &row)?;
    let day = when(post.field("day")).filter(|day| seat.office.calendar.name_of(*day).is_some());
    let day = day.ok_or_else(|| seat.visit.not_found())?;
    let reason = post.field("reason").trim();
    if let Some(complaint) = wrong(reason, LONGEST_REASON) {
        let error = complained(seat.visit.words, "reason", complaint);
        return Ok(confirm_page(seat, row.version, day, reason, Some(error)));
    }
    let mut edited = edited(seat, &row)?;
    edited.reopen(day);
    change(seat, &row, &edited, (day, "closed_day_removed", reason)).await
}

/// Another version of the office's file, open here at once.
async fn change(
    seat: &Seat,
    row: &OfficeRow,
    edited: &Edited,
    (day, name, reason): (When, &'static str, &str),
) -> Result<Response, Stop> {
    let document = edited.document();
    // The day and its name were checked; what is refused all the same is a rule that this page does not know.
    if let Err(why) = Office::from_toml(&document) {
        return Err(seat.fault(&Bug(format!("an edited office: {why}")).into()));
    }
    let (desk, actor) = (seat.visit.portal.desk(), seat.actor());
    let change = ClosedDayChange {
        from: row.version,
        document,
        day: written(day),
        name,
        reason,
    };
    let by = seat.acting.officer.id;
    match desk.change_closed_days((&actor, by), &seat.office.id, change).await {
        Ok(()) => {}
        Err(Clash::Moved) => return Err(stale(seat)),
        Err(Clash::Fault(fault)) => return Err(seat.fault(&fault)),
        Err(clash) => return Err(seat.fault(&Bug(format!("a change of an office clashed: {clash:?}")).into())),
    }
    let opened = desk.reopen().await.map_err(|fault| seat.fault(&fault))?;
    opened.map_err(|why| seat.fault(&Bug(why.to_string()).into()))?;
    Ok(seat.to("/calendar?notice=saved"))
}

fn facts(page: &Frame, calendar: &Calendar, today: Day) -> Vec<Fact> {
    let office::Calendar {
        year_end, days_ahead, ..
    } = page.office.calendar;
    let next = calendar.next_business_day(today);
    let next = next.map_or_else(|_| page.t("calendar-next-unknown"), |day| date::day(page.words, day));
    let until = calendar.holidays().ends(today).plus(-1);
    let known = if until < today {
        page.t("calendar-known-none")
    } else {
        page.t1("calendar-known-until", "date", &date::day(page.words, until))
    };
    let year_end = page.t(if year_end {
        "calendar-year-end-closed"
    } else {
        "calendar-year-end-open"
    });
    vec![
        page.fact("calendar-next", next),
        page.fact("calendar-year-end", year_end),
        page.fact(
            "calendar-ahead",
            page.t1("calendar-ahead-days", "days", &days_ahead.to_string()),
        ),
        page.fact("calendar-known", known),
    ]
}

fn own_days(page: &Frame) -> Vec<Own> {
    let mut days: Vec<&office::calendar::ClosedDay> = page.office.calendar.closed.iter().collect();
    days.sort_by_key(|closed| closed.on);
    days.into_iter().map(|closed| own(page, closed.on)).collect()
}

fn own(page: &Frame, on: When) -> Own {
    let day = match on {
        When::Once(day) => date::day(page.words, day),
        When::Yearly { month, day } => {
            let month = page.t(&format!("month-{month}"));
            page.words
                .say_with("calendar-yearly", &[("month", &month), ("day", &day.to_string())])
        }
    };
    Own {
        on: written(on),
        day,
        name: why(page, &page.office, &Closed::Own(on)),
    }
}

fn form_page(seat: &Seat, version: i64, values: &[String; 4], errors: &[(&'static str, Message)]) -> Response {
    let page = seat.frame(Tab::Calendar);
    let fields = FIELDS
        .iter()
        .zip(values)
        .map(|((name, most), value)| {
            let error = errors.iter().find(|(about, _)| about == name);
            field(
                page.words,
                name,
                value,
                *most,
                error.map(|(_, message)| message.clone()),
            )
        })
        .collect();
    let view = Close {
        version: version.to_string(),
        wrong: !errors.is_empty(),
        fields,
        page,
    };
    render(status(!errors.is_empty()), &view)
}

fn confirm_page(seat: &Seat, version: i64, day: When, reason: &str, error: Option<Message>) -> Response {
    let page = seat.frame(Tab::Calendar);
    let wrong = error.is_some();
    let view = Open {
        version: version.to_string(),
        own: own(&page, day),
        wrong,
        reason: field(page.words, "reason", reason, LONGEST_REASON, error),
        page,
    };
    render(status(wrong), &view)
}

fn field(words: Words, name: &'static str, value: &str, most: usize, error: Option<Message>) -> FieldView {
    let key = name.replace('_', "-");
    FieldView {
        name,
        label: words.say(&format!("calendar-{key}")),
        help: words.say(&format!("calendar-help-{key}")),
        value: value.to_owned(),
        most,
        lang: match name {
            "name_ja" => Some("ja"),
            "name_en" => Some("en"),
            _ => None,
        },
        error,
    }
}

fn complained(words: Words, name: &str, complaint: Complaint) -> Message {
    let label = words.say(&format!("calendar-{}", name.replace('_', "-")));
    refusal::complained(words, &label, complaint, "")
}

fn wrong(text: &str, most: usize) -> Option<Complaint> {
    if text.is_empty() {
        Some(Complaint::Empty)
    } else if let Some(character) = characters::forbidden(text) {
        Some(Complaint::Character { character })
    } else {
        (characters::count(text) > most).then_some(Complaint::TooLong { most })
    }
}

const fn status(wrong: bool) -> StatusCode {
    if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    }
}

async fn row(seat: &Seat) -> Result<OfficeRow, Stop> {
    let rows = seat.visit.portal.store().offices().await;
    let rows = rows.map_err(|fault| seat.fault(&fault))?;
    let row = rows.into_iter().find(|row| row.id == seat.office.id);
    row.ok_or_else(|| seat.visit.not_found())
}

fn edited(seat: &Seat, row: &OfficeRow) -> Result<Edited, Stop> {
    Edited::read(&row.document).ok_or_else(|| seat.fault(&Bug("an office is no TOML".to_owned()).into()))
}

/// The version that the page was made from is still the last one.
fn must_be_last(post: &SeatPost, row: &OfficeRow) -> Result<(), Stop> {
    (post.field("version") == row.version.to_string())
        .then_some(())
        .ok_or_else(|| stale(&post.seat))
}

fn stale(seat: &Seat) -> Stop {
    seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[])
}

/// The first day of the month of an address, `2027-01`.
fn month_of(text: &str) -> Option<Day> {
    let first = Date::from_iso(&format!("{text}-01"))?;
    (1948..=2199).contains(&first.year).then(|| first.as_day())
}

/// The fields of a closed day, and how long they may be.
const FIELDS: [(&str, usize); 4] = [
    ("on", 10),
    ("name_ja", LONGEST_NAME),
    ("name_en", LONGEST_NAME),
    ("reason", LONGEST_REASON),
];
const LONGEST_REASON: usize = 200;
