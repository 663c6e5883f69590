//! The list of applications: what waits, since when, and who has it.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;
use casework::time::Instant;
use std::fmt::Write as _;

use super::case::{self, Officers};
use super::held;
use super::subject::Brief;
use super::{Frame, Seat, Tab, export};
use crate::desk::CaseId;
use crate::desk::paper::Paper;
use crate::portal::menu::is_ours;
use crate::portal::page::Page;
use crate::portal::visit::{Stop, Visit};
use crate::portal::{Portal, date};
use crate::store::{QueueCounts, QueuePlace, QueueQuery, QueueRow, Shelf, Show};
use crate::trust::Supply;

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/queue", get(page))
        .route("/queue.csv", get(export::csv))
}

#[derive(Template)]
#[template(path = "console/queue.html")]
struct Queue {
    page: Frame,
    counts: Counts,
    tabs: Vec<TabView>,
    show: &'static str,
    search: String,
    rows: Vec<RowView>,
    /// 1 for the first one.
    number: usize,
    before: Option<String>,
    after: Option<String>,
    csv: String,
    empty: String,
    /// Whether this is an ordering body's list, which has other columns.
    bidding: bool,
    /// Whether it is a service centre's, which has others again.
    centre: bool,
    /// Issuers of whose cards nobody can say whether they are revoked.
    supplies: Vec<String>,
}

/// How much there is to do, in words.
struct Counts {
    waiting: String,
    claimed: String,
    drafts: String,
}

struct TabView {
    path: String,
    name: String,
    current: bool,
}

/// A line of the list, and a card on a narrow screen.
struct RowView {
    path: String,
    number: String,
    since: String,
    machine: String,
    name: String,
    company: String,
    reason: String,
    state: String,
    tag: &'static str,
    claim: String,
    waiting: String,
    /// 業者番号
    business: String,
    /// 差異(商号/氏名)
    differs: String,
    /// 旧カード期限, 再発行希望日
    due: String,
    /// 事業所名
    place: String,
}

/// Which part of the list is wanted, as the address says it.
pub(super) struct Wanted {
    pub(super) show: &'static str,
    pub(super) search: String,
    /// The last line of each page before this one.
    trail: Vec<QueuePlace>,
}

impl Wanted {
    pub(super) fn of(visit: &Visit) -> Self {
        let asked = asked(visit);
        let value = |name: &str| {
            asked
                .iter()
                .find_map(|(key, value)| (key == name).then_some(value.as_str()))
                .unwrap_or_default()
        };
        let show = SHOWS
            .into_iter()
            .find(|show| *show == value("show"))
            .unwrap_or("waiting");
        Self {
            show,
            search: value("search").trim().chars().take(LONGEST_SEARCH).collect(),
            trail: value("after").split('.').filter_map(read_place).collect(),
        }
    }

    pub(super) fn query(&self, seat: &Seat, limit: u32) -> QueueQuery {
        QueueQuery {
            office: seat.office.id.clone(),
            show: match self.show {
                "mine" => Show::Mine(seat.acting.officer.id),
                "drafts" => Show::Drafts,
                "done" => Show::Done,
                "all" => Show::All,
                _ => Show::Waiting,
            },
            search: (!self.search.is_empty()).then(|| self.search.clone()),
            after: self.trail.last().copied(),
            limit,
        }
    }

    /// The same list elsewhere: after these places.
    fn path(&self, base: &str, trail: &[QueuePlace]) -> String {
        let mut path = format!("{base}?show={}", self.show);
        if !self.search.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(path, "&search={}", escaped(&self.search));
        }
        if !trail.is_empty() {
            // A list of hundreds of pages is searched instead.
            let trail: Vec<String> = trail.iter().rev().take(DEEPEST).rev().map(place_text).collect();
            let _ = write!(path, "&after={}", trail.join("."));
        }
        path
    }
}

/// `GET …/queue`
async fn page(seat: Seat) -> Result<Response, Stop> {
    let wanted = Wanted::of(&seat.visit);
    let page = seat.frame(Tab::Queue);
    let store = seat.visit.portal.store();
    let read = async {
        let counts = store.queue_counts(&seat.office.id, seat.visit.now).await?;
        // One more than is shown tells whether there is a next page.
        let rows = store.queue(&wanted.query(&seat, LINES + 1)).await?;
        Ok((counts, rows))
    };
    let (counts, mut rows) = read.await.map_err(|fault| seat.fault(&fault))?;
    let more = rows.len() > LINES as usize;
    rows.truncate(LINES as usize);
    let base = format!("{}/queue", page.base());
    let here = wanted.path(&base, &wanted.trail);
    let officers = Officers::of(&seat).await?;
    let after = rows.last().filter(|_| more).map(|row| {
        let mut trail = wanted.trail.clone();
        trail.push(row.place());
        wanted.path(&base, &trail)
    });
    let before = wanted.trail.split_last().map(|(_, trail)| wanted.path(&base, trail));
    let bidding = seat.office.bidding().is_ok();
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut line = line(&seat, &page, &officers, row, &here);
        if held::is(row) {
            let brief = Brief::of(seat.visit.portal.desk(), &page, row).await;
            let brief = brief.map_err(|fault| seat.fault(&fault))?;
            line.state = held::state(&page, row, !line.claim.is_empty());
            (line.business, line.differs) = (brief.business, brief.differs);
        }
        lines.push(line);
    }
    let view = Queue {
        counts: counted(&page, &counts, seat.visit.now),
        tabs: SHOWS
            .into_iter()
            .map(|show| TabView {
                path: format!("{base}?show={show}"),
                name: page.t(&format!("case-show-{show}")),
                current: show == wanted.show,
            })
            .collect(),
        rows: lines,
        bidding,
        centre: seat.office.terminals().is_ok(),
        number: wanted.trail.len() + 1,
        before,
        after,
        csv: wanted.path(&format!("{}/queue.csv", page.base()), &[]),
        empty: page.t(&if (bidding || seat.office.terminals().is_ok())
            && wanted.search.is_empty()
            && wanted.show == "waiting"
        {
            "held-empty-waiting".to_owned()
        } else if wanted.search.is_empty() {
            format!("case-empty-{}", wanted.show)
        } else {
            "case-empty-search".to_owned()
        }),
        supplies: supplies(&seat, &page),
        show: wanted.show,
        search: wanted.search,
        page,
    };
    Ok(seat.render(&view))
}

/// What officers must know of issuers whose revocation lists are not had.
fn supplies(seat: &Seat, page: &Page) -> Vec<String> {
    let supplies = seat.visit.portal.desk().trust().supplies(&seat.office);
    let missing = supplies.iter().filter(|supply| supply.failed.is_some());
    let say = |supply: &Supply| match supply.until.filter(|until| seat.visit.now <= *until) {
        Some(until) => {
            let until = date::minute(page.words, until);
            let values = [("issuer", supply.issuer.as_str()), ("until", until.as_str())];
            page.words.say_with("case-issuer-late", &values)
        }
        None => page.t1("case-issuer-missing", "issuer", &supply.issuer),
    };
    missing.map(say).collect()
}

/// The list from which a case's page was opened, so that one goes back to the same place.
pub(super) fn way_back(seat: &Seat) -> String {
    let list = format!("/console/{}/queue", seat.office.id);
    asked(&seat.visit)
        .into_iter()
        .find_map(|(key, value)| (key == "back").then_some(value))
        .filter(|path| is_ours(path) && (*path == list || path.starts_with(&format!("{list}?"))))
        .unwrap_or(list)
}

/// The look of a state.
pub(super) const fn tag(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Waiting => "var",
        Shelf::Drafts => "ng",
        Shelf::Done => "ok",
    }
}

/// How long something waits: in days and hours, since minutes change nothing.
pub(super) fn waits(page: &Page, since: Instant, now: Instant) -> String {
    let seconds = (now.0 - since.0).max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600, seconds / 60);
    let (key, count) = match (days, hours) {
        (0, 0) => ("case-waits-minutes", minutes),
        (0, 1) => ("case-waits-hour", hours),
        (0, _) => ("case-waits-hours", hours),
        (1, _) => ("case-waits-day", days),
        _ => ("case-waits-days", days),
    };
    page.t1(key, "count", &count.to_string())
}

/// The reason in words, where there is one.
pub(super) fn reason(page: &Page, row: &QueueRow) -> String {
    row.ground
        .as_ref()
        .map_or_else(String::new, |ground| page.t(&format!("reason-{ground}")))
}

fn line(seat: &Seat, page: &Frame, officers: &Officers, row: &QueueRow, here: &str) -> RowView {
    let now = seat.visit.now;
    let claim = row
        .claimed_by
        .filter(|_| row.claimed_until.is_some_and(|until| now <= until));
    let id = CaseId::<Paper>::from_octets(row.case);
    RowView {
        path: format!("{}/cases/{id}?back={}", page.base(), escaped(here)),
        number: row
            .number
            .map_or_else(|| page.t("case-no-number"), |number| number.to_string()),
        since: date::minute(page.words, row.since),
        machine: date::machine(row.since),
        name: row.name.clone(),
        company: row.company.clone(),
        reason: reason(page, row),
        state: case::state(page, row),
        tag: tag(row.shelf),
        claim: claim.map(|by| officers.name(by)).unwrap_or_default(),
        waiting: match row.shelf {
            Shelf::Done => String::new(),
            Shelf::Waiting | Shelf::Drafts => waits(page, row.since, now),
        },
        business: String::new(),
        differs: String::new(),
        due: due(row),
        place: row.holder.clone(),
    }
}

/// 旧カード期限, 再発行希望日. A registration replaces no card: it stands behind all that have an end.
pub(super) fn due(row: &QueueRow) -> String {
    match row.due {
        Instant(0 | i64::MAX) => String::new(),
        end => date::slashed(end.day()),
    }
}

fn counted(page: &Page, counts: &QueueCounts, now: Instant) -> Counts {
    let say = |key: &str, count: i64| page.t1(key, "count", &count.to_string());
    Counts {
        waiting: match counts.oldest {
            None => page.t("case-count-none"),
            Some(oldest) => page.words.say_with(
                "case-count-waiting",
                &[
                    ("count", &counts.waiting.to_string()),
                    ("age", &waits(page, oldest, now)),
                ],
            ),
        },
        claimed: say("case-count-claimed", counts.claimed),
        drafts: say("case-count-drafts", counts.drafts),
    }
}

/// What the address asks, decoded. What does not decode was not asked.
pub(super) fn asked(visit: &Visit) -> Vec<(String, String)> {
    let uri = format!("/?{}", visit.query.as_deref().unwrap_or_default());
    uri.parse::<Uri>()
        .ok()
        .and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok())
        .map(|Query(pairs)| pairs)
        .unwrap_or_default()
}

/// As a value of a query.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "%{octet:02X}");
        }
    }
    escaped
}

fn place_text(place: &QueuePlace) -> String {
    let case = CaseId::<Paper>::from_octets(place.case);
    format!("{}~{}-{case}", place.due.0, place.since.0)
}

fn read_place(text: &str) -> Option<QueuePlace> {
    let (place, case) = text.rsplit_once('-')?;
    let (due, since) = place.split_once('~')?;
    let case: CaseId<Paper> = case.parse().ok()?;
    Some(QueuePlace {
        due: Instant(due.parse().ok()?),
        since: Instant(since.parse().ok()?),
        case: case.octets(),
    })
}

const SHOWS: [&str; 5] = ["waiting", "mine", "drafts", "done", "all"];
/// Lines of a page.
const LINES: u32 = 50;
/// Pages that an address remembers.
const DEEPEST: usize = 40;
const LONGEST_SEARCH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_it_is_written() {
        let place = QueuePlace {
            due: Instant(1_795_000_000),
            since: Instant(1_795_132_800),
            case: [7; 16],
        };
        assert_eq!(read_place(&place_text(&place)), Some(place));
        for text in [
            "",
            "-",
            "0~1795132800",
            "x~1-00000000000000000000000000",
            "0~1-../../etc",
        ] {
            assert_eq!(read_place(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_searched_stands_whole_in_an_address() {
        assert_eq!(escaped("髙 &=#"), "%E9%AB%99%20%26%3D%23");
    }
}
