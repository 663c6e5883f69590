//! The list as a file for a spreadsheet: UTF-8 with a mark of its order, RFC 4180, and no cell that computes (A38).
//!
//! A cell that a spreadsheet would read as a formula begins with an apostrophe, and so does one that begins with an
//! apostrophe of its own: whoever reads the file takes one away where a cell begins with it, and has what is stored.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use casework::time::Instant;
use hyper::body::{Frame as Chunk, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

use super::case::{self, Officers};
use super::queue::{self, Wanted};
use super::subject::Brief;
use super::{Frame, Seat, Tab, held};
use crate::desk::Desk;
use crate::fault::Fault;
use crate::portal::visit::Stop;
use crate::store::{QueueQuery, QueueRow, Shelf, Store};

/// `GET …/queue.csv`: all pages of what the list shows.
pub(super) async fn csv(seat: Seat) -> Result<Response, Stop> {
    let wanted = Wanted::of(&seat.visit);
    let query = QueueQuery {
        after: None,
        ..wanted.query(&seat, ROWS)
    };
    let table = Table {
        desk: seat.visit.portal.desk().clone(),
        bidding: seat.office.bidding().is_ok(),
        centre: seat.office.terminals().is_ok(),
        page: seat.frame(Tab::Queue),
        officers: Officers::of(&seat).await?,
        now: seat.visit.now,
    };
    let (sender, receiver) = mpsc::channel(2);
    let store = seat.visit.portal.store().clone();
    tokio::spawn(write(store, query, table, sender));
    let name = format!("attachment; filename=\"{}-{}.csv\"", seat.office.id, wanted.show);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, Body::new(Rows(receiver))).into_response())
}

struct Table {
    desk: Desk,
    /// An ordering body's list has columns of its own (DOMAIN §5.6).
    bidding: bool,
    /// A service centre's has others again.
    centre: bool,
    page: Frame,
    officers: Officers,
    now: Instant,
}

/// Page after page, as fast as it is taken. Whoever hangs up ends it.
async fn write(store: Store, mut query: QueueQuery, table: Table, sender: mpsc::Sender<Result<Bytes, Fault>>) {
    let headings = match (table.bidding, table.centre) {
        (true, _) => HELD,
        (_, true) => EXAMINED,
        _ => HEADINGS,
    };
    let mut text = format!("\u{feff}{}", record(&headings.map(|key| table.page.t(key))));
    loop {
        let read = async {
            let rows = store.queue(&query).await?;
            let mut lines = String::new();
            for row in &rows {
                lines.push_str(&table.line(row).await?);
            }
            Ok::<_, Fault>((rows, lines))
        };
        let rows = match read.await {
            Ok((rows, lines)) => {
                text.push_str(&lines);
                rows
            }
            Err(fault) => {
                tracing::error!(%fault, "a list was not exported to its end");
                // The connection breaks: half a list must not look like a whole one.
                drop(sender.send(Err(fault)).await);
                return;
            }
        };
        if sender.send(Ok(Bytes::from(std::mem::take(&mut text)))).await.is_err() {
            return;
        }
        // A search for a number has one page.
        match rows.last() {
            Some(last) if rows.len() == ROWS as usize => query.after = Some(last.place()),
            _ => return,
        }
    }
}

impl Table {
    async fn line(&self, row: &QueueRow) -> Result<String, Fault> {
        let page = &self.page;
        let claim = row
            .claimed_by
            .filter(|_| row.claimed_until.is_some_and(|until| self.now <= until));
        let number = row.number.map(|number| number.to_string()).unwrap_or_default();
        let since = crate::portal::date::machine(row.since);
        let claimed = claim.map(|by| self.officers.name(by)).unwrap_or_default();
        let waits = match row.shelf {
            Shelf::Done => String::new(),
            Shelf::Waiting | Shelf::Drafts => queue::waits(page, row.since, self.now),
        };
        let name = row.name.clone();
        Ok(if self.bidding {
            let brief = Brief::of(&self.desk, page, row).await?;
            let state = held::state(page, row, claim.is_some());
            let due = queue::due(row);
            record(&[
                number,
                since,
                name,
                brief.business,
                brief.differs,
                due,
                state,
                claimed,
                waits,
            ])
        } else if self.centre {
            let (company, place, due) = (row.company.clone(), row.holder.clone(), queue::due(row));
            let state = case::state(page, row);
            record(&[number, since, company, place, name, due, state, claimed, waits])
        } else {
            let (holder, company) = (row.holder.clone(), row.company.clone());
            let (reason, state) = (queue::reason(page, row), case::state(page, row));
            record(&[number, since, name, holder, company, reason, state, claimed, waits])
        })
    }
}

/// The file as it comes.
struct Rows(mpsc::Receiver<Result<Bytes, Fault>>);

impl hyper::body::Body for Rows {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Chunk<Bytes>, Fault>>> {
        self.0
            .poll_recv(context)
            .map(|octets| octets.map(|octets| octets.map(Chunk::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// A line: every cell quoted, CR LF at the end.
fn record(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(&harmless(cell))).collect();
    cells.join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// With an apostrophe before what would compute. A spreadsheet looks at the first letter after spaces, and takes full-width
/// letters for narrow ones.
fn harmless(cell: &str) -> String {
    let first = cell.chars().find(|letter| !is_blank(*letter));
    let begins = cell.chars().next();
    let computes = first.is_some_and(|letter| COMPUTES.contains(&letter));
    let is_marked = begins == Some('\'') || begins.is_some_and(|letter| matches!(letter, '\t' | '\r' | '\n'));
    if computes || is_marked {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// What a formula begins with, narrow and full-width.
const COMPUTES: [char; 10] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '−', '﹢'];
/// Lines that are read at once.
const ROWS: u32 = 200;
const HEADINGS: [&str; 9] = [
    "case-column-number",
    "case-column-since",
    "case-column-name",
    "case-column-holder",
    "case-column-company",
    "case-column-reason",
    "case-column-state",
    "case-column-claim",
    "case-column-waiting",
];
const EXAMINED: [&str; 9] = [
    "case-column-number",
    "case-column-since",
    "contract-company",
    "contract-office",
    "contract-title-contact",
    "examined-day",
    "case-column-state",
    "case-column-claim",
    "case-column-waiting",
];
const HELD: [&str; 9] = [
    "case-column-number",
    "case-column-since",
    "held-column-name",
    "held-column-business",
    "held-column-differs",
    "held-column-due",
    "case-column-state",
    "case-column-claim",
    "case-column-waiting",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation tells a reader to do.
    fn read(cell: &str) -> &str {
        cell.strip_prefix('\'').unwrap_or(cell)
    }

    #[test]
    fn a38_no_formula_survives_and_every_cell_reads_back() {
        let formulas = [
            "=cmd|' /C calc'!A0",
            "+1+1",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠A1",
            " =1",
            "　＝1",
            "\u{200b}=1",
            "\u{feff}@x",
            "−1",
        ];
        for cell in formulas {
            let written = harmless(cell);
            assert!(written.starts_with('\''), "{cell:?}");
            assert_eq!(read(&written), cell);
        }
        for cell in [
            "髙橋　一郎",
            "",
            "12345678901",
            "A=B",
            "O'Neil",
            "2026-11-20T12:00:00+09:00",
        ] {
            assert_eq!(harmless(cell), cell, "left as it is");
        }
        for cell in ["'quoted", "''twice", "'=1"] {
            assert_eq!(read(&harmless(cell)), cell, "an apostrophe of its own stays");
        }
    }

    #[test]
    fn a38_a_cell_ends_where_it_ends() {
        let cells = ["a,b", "say \"=1\"", "two\r\nlines"].map(str::to_owned);
        assert_eq!(record(&cells), "\"a,b\",\"say \"\"=1\"\"\",\"two\r\nlines\"\r\n");
    }
}
