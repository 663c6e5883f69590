//! A session that ends when its card leaves the reader: the agent reports, and the last report is noted in the session
//! (DESIGN, part 4).

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use casework::time::Instant;
use wire::card_request::{Watch, WatchReport};
use wire::code::Code;

use super::{Peer, Said, own_key, read_json, read_request};
use crate::fault::Fault;
use crate::portal::Portal;
use crate::portal::session::{self, Session, hex, unhex};
use crate::store::{CardRequestRow, CardRequestState, SessionFact};

/// Where the card is with which somebody logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    /// Nobody watches it.
    Unwatched,
    /// In its reader, by the last report.
    There,
    /// It left the reader, or nothing was heard for too long.
    Left,
}

impl Session {
    /// Where the card is whose request at this office asked for a watch. A session that belongs to a card ends when it
    /// left.
    pub(crate) fn card(&self, office: &str, now: Instant) -> Card {
        self.noted(office, NAME)
            .map_or(Card::Unwatched, |fact| Card::at(fact, now))
    }

    /// Whether a card is watched for this session at this office.
    pub(crate) fn is_watched(&self, office: &str) -> bool {
        self.noted(office, NAME).is_some()
    }
}

impl Card {
    fn at(fact: &SessionFact, now: Instant) -> Self {
        match Noted::read(&fact.value) {
            // The cards are being swapped: the one that logged in may be out.
            Some(noted) if now <= noted.swap_until => Self::There,
            Some(noted) if noted.report == WatchReport::Present && !noted.is_silent(fact.at, now) => Self::There,
            // What cannot be read is not taken for a card that is there.
            _ => Self::Left,
        }
    }
}

impl Portal {
    /// From now on the agent is to report. The time until its first report counts as a silence does.
    pub(super) async fn begin_watch(&self, row: &CardRequestRow, watch: Watch) -> Result<(), Fault> {
        let noted = Noted {
            request: row.id,
            every: watch.every,
            report: WatchReport::Present,
            swap_until: Instant(0),
        };
        self.note_watch(row, &noted).await
    }

    /// Until then the watched card may leave its reader, because a request asks for another one in its place: `None` ends
    /// that. Where that request is watched too, the session is its last card's as soon as it is done.
    pub(crate) async fn bear_swap(&self, session: [u8; 32], office: &str, until: Option<Instant>) -> Result<(), Fault> {
        let name = session::fact_name(office, NAME);
        let facts = self.store().session_facts(session).await?;
        let Some(fact) = facts.into_iter().find(|fact| fact.name == name) else {
            return Ok(());
        };
        let Some(noted) = Noted::read(&fact.value) else {
            return Ok(());
        };
        let swap_until = until.unwrap_or(Instant(0));
        let value = Noted { swap_until, ..noted }.written();
        self.store().note(session, SessionFact { value, ..fact }).await
    }

    /// The session is no card's any more (ログアウト): the next report is answered with 410, and the agent stops.
    pub(crate) async fn end_watch(&self, session: &Session, office: &str) -> Result<(), Fault> {
        self.forget(session, office, NAME).await
    }

    async fn note_watch(&self, row: &CardRequestRow, noted: &Noted) -> Result<(), Fault> {
        let fact = SessionFact {
            name: fact_name(row),
            value: noted.written(),
            at: self.clock().now(),
        };
        self.store().note_of_request(row.id, fact).await
    }

    /// What is noted of the watch that this request began; `None` where it is over.
    async fn watched(&self, row: &CardRequestRow) -> Result<Option<(Noted, Instant)>, Fault> {
        let facts = self.store().session_facts(row.session).await?;
        let name = fact_name(row);
        let fact = facts.into_iter().find(|fact| fact.name == name);
        Ok(fact
            .and_then(|fact| Noted::read(&fact.value).zip(Some(fact.at)))
            .filter(|(noted, _)| noted.request == row.id && noted.report == WatchReport::Present))
    }
}

/// `POST /api/v1/card-requests/{id}/watch`: 204; 410 where nobody wants to hear it any more.
pub(super) async fn report(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Peer(address): Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Said> {
    let row = portal.named(&id, address).await?;
    own_key(&row, &headers)?;
    let report: WatchReport = read_json(body).await?;
    let over = Said::of(StatusCode::GONE, Code::Stale);
    if row.state == CardRequestState::Cancelled || read_request(&row)?.watch.is_none() {
        return Err(over);
    }
    let Some((noted, at)) = portal.watched(&row).await? else {
        return Err(over);
    };
    // Whoever was silent for too long was taken to be gone, and does not come back.
    let now = portal.clock().now();
    if noted.is_silent(at, now) && now > noted.swap_until {
        return Err(over);
    }
    portal.note_watch(&row, &Noted { report, ..noted }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is noted of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Noted {
    request: [u8; 16],
    every: u32,
    report: WatchReport,
    swap_until: Instant,
}

impl Noted {
    fn written(&self) -> String {
        let report = match self.report {
            WatchReport::Present => PRESENT,
            WatchReport::Gone => GONE,
        };
        format!("{report} {} {} {}", self.every, hex(&self.request), self.swap_until.0)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let report = match parts.next()? {
            PRESENT => WatchReport::Present,
            GONE => WatchReport::Gone,
            _ => return None,
        };
        Some(Self {
            report,
            every: parts.next()?.parse().ok()?,
            request: unhex(parts.next()?)?,
            swap_until: Instant(parts.next()?.parse().ok()?),
        })
    }

    fn is_silent(&self, since: Instant, now: Instant) -> bool {
        now.0 - since.0 > SILENCE * i64::from(self.every)
    }
}

fn fact_name(row: &CardRequestRow) -> String {
    session::fact_name(&row.office, NAME)
}

/// Reports that may be missing before a card is taken to be gone.
const SILENCE: i64 = 3;
const NAME: &str = "watch";
const PRESENT: &str = "present";
const GONE: &str = "gone";

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(report: WatchReport, swap_until: i64) -> SessionFact {
        let noted = Noted {
            request: [7; 16],
            every: 5,
            report,
            swap_until: Instant(swap_until),
        };
        assert_eq!(Noted::read(&noted.written()), Some(noted));
        SessionFact {
            name: "mihon/watch".to_owned(),
            value: noted.written(),
            at: Instant(1_000),
        }
    }

    #[test]
    fn a15_a_card_that_left_or_fell_silent_is_not_there() {
        let present = fact(WatchReport::Present, 0);
        assert_eq!(Card::at(&present, Instant(1_015)), Card::There);
        assert_eq!(
            Card::at(&present, Instant(1_016)),
            Card::Left,
            "three reports are missing"
        );
        assert_eq!(Card::at(&fact(WatchReport::Gone, 0), Instant(1_000)), Card::Left);
        let broken = SessionFact {
            value: "present".to_owned(),
            ..present
        };
        assert_eq!(Card::at(&broken, Instant(1_000)), Card::Left);
    }

    #[test]
    fn a_card_may_leave_while_it_is_swapped_and_no_longer() {
        let swapped = fact(WatchReport::Gone, 1_100);
        assert_eq!(Card::at(&swapped, Instant(1_100)), Card::There);
        assert_eq!(Card::at(&swapped, Instant(1_101)), Card::Left);
    }
}
