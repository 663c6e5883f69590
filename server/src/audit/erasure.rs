//! Whether what is missing from the log was erased as the rule of retention allows, or taken away (DOMAIN §2.5, THREATS A27).
//!
//! An erased event keeps its number and its commitment; its document and its salt are gone, so nobody can guess any more
//! what it said. An event that stays tells of the erasure: which events, by which rule, by whom. Whoever can write into the
//! database can write such an event too. Therefore it is held against what cannot be written afterwards: the erasure was
//! announced by an earlier event, and the neighbours of what was erased are older than what the rule keeps.

use std::collections::BTreeMap;

use casework::time::Instant;
use serde::Deserialize;

use crate::config::Retention;
use crate::retention::{Kind, kept_until};
use crate::store::{Content, EventRecord};

/// The walk through a log, from its first event to its last.
#[derive(Debug, Default)]
pub struct Erasures {
    /// Of those that were erased: who names them, and the time of the nearest document before each.
    named: BTreeMap<i64, Vec<(i64, Option<Instant>)>>,
    /// What was announced and not taken back, by its digest: when, and from when on it may be erased.
    marks: BTreeMap<String, (Instant, Instant)>,
    /// The time of the last document.
    before: Option<Instant>,
    /// The last erasure and its time, until it is known that nothing later is earlier.
    last: Option<(i64, Instant)>,
    erased: u64,
    until: Option<Instant>,
}

/// What does not fit: the event, and why.
pub type Wrong = (i64, String);

impl Erasures {
    /// The next event; what does not fit is added to `wrong`.
    pub fn next(&mut self, record: &EventRecord, wrong: &mut Vec<Wrong>) {
        let sequence = record.sequence;
        match &record.content {
            Content::Erased { by } => {
                if *by <= sequence {
                    wrong.push((
                        sequence,
                        format!("event {sequence} has no document, and no later event erased it"),
                    ));
                    return;
                }
                self.erased += 1;
                self.named.entry(*by).or_default().push((sequence, self.before));
            }
            Content::Kept { at, document, .. } => {
                if let Some((erasure, _)) = self.last.take_if(|(_, last)| at.plus_seconds(DAY).0 < last.0) {
                    let what = format!("event {sequence} is earlier than the erasure {erasure} before it");
                    wrong.push((erasure, what));
                }
                let told = document
                    .starts_with(PROCEDURE)
                    .then(|| serde_json::from_str::<Told>(document));
                let told = told
                    .and_then(Result::ok)
                    .filter(|told| told.kind.as_deref() == Some(Kind::Audit.word()));
                let named = self.named.remove(&sequence).unwrap_or_default();
                if let Some(why) = self.told(sequence, *at, told.as_ref(), &named) {
                    wrong.push((sequence, why));
                }
                self.before = Some(*at);
            }
        }
    }

    /// The end of the log, at the time that whoever verifies has.
    pub fn end(mut self, now: Option<Instant>, wrong: &mut Vec<Wrong>) -> (u64, Option<Instant>) {
        if let Some((erasure, at)) = self.last.take()
            && now.is_some_and(|now| now.plus_seconds(DAY).0 < at.0)
        {
            wrong.push((erasure, format!("the erasure {erasure} is dated later than now")));
        }
        for (sequence, _) in self.named.into_values().flatten() {
            wrong.push((
                sequence,
                format!("event {sequence} has no document, and no event of this log erased it"),
            ));
        }
        (self.erased, self.until)
    }

    /// What an event that stays says of marks and erasures; why it may not, if it may not.
    fn told(
        &mut self,
        sequence: i64,
        at: Instant,
        told: Option<&Told>,
        named: &[(i64, Option<Instant>)],
    ) -> Option<String> {
        let name = told.map(|told| told.event.as_str());
        match (told, name) {
            (Some(told), Some("erased")) => {
                self.last = Some((sequence, at));
                let why = self.forbidden(at, told, named);
                self.marks.remove(&told.id);
                if why.is_none() {
                    self.until = self.until.max(told.expired());
                }
                why.map(|why| format!("the erasure {sequence} {why}"))
            }
            _ if !named.is_empty() => Some(format!(
                "event {sequence} erased nothing, and documents are missing by it"
            )),
            (Some(told), Some("marked")) => {
                // An announcement is worth as much as its date.
                if self.before.is_some_and(|before| at.plus_seconds(DAY).0 < before.0) {
                    return Some(format!("the announcement {sequence} is earlier than what precedes it"));
                }
                let erase_at = told.erase_at.as_deref().and_then(instant)?;
                self.marks.insert(told.id.clone(), (at, erase_at));
                None
            }
            (Some(told), Some("unmarked" | "held")) => {
                self.marks.remove(&told.id);
                None
            }
            _ => None,
        }
    }

    fn forbidden(&self, at: Instant, told: &Told, named: &[(i64, Option<Instant>)]) -> Option<&'static str> {
        let Some(expired) = told.expired() else {
            return Some("does not say what it was about");
        };
        let listed: Vec<String> = named.iter().map(|(sequence, _)| sequence.to_string()).collect();
        if told.events.as_deref() != Some(listed.join(" ").as_str()) {
            return Some("names other events than those whose documents are missing");
        }
        let announced = self.marks.get(&told.id);
        let announced = announced.is_some_and(|(marked, due)| marked.plus_seconds(DAY).0 <= at.0 && due.0 <= at.0);
        if !announced {
            return Some("was not announced by an event a day or more before it");
        }
        if kept_until(expired, SHORTEST).0 >= at.0 {
            return Some("is earlier than the rule allows");
        }
        // Nothing is erased that is younger than the end of what it was about; whoever says otherwise lies about that end.
        let younger = |before: Option<Instant>| before.is_some_and(|before| before.0 > expired.plus_seconds(DAY).0);
        named
            .iter()
            .any(|(_, before)| younger(*before))
            .then_some("erased events that are younger than it says")
    }
}

/// What the events of retention say.
#[derive(Deserialize)]
struct Told {
    event: String,
    kind: Option<String>,
    #[serde(default)]
    id: String,
    expired_at: Option<String>,
    erase_at: Option<String>,
    events: Option<String>,
}

impl Told {
    fn expired(&self) -> Option<Instant> {
        self.expired_at.as_deref().and_then(instant)
    }
}

/// A second that a certificate can name; nothing else is computed with.
fn instant(seconds: &str) -> Option<Instant> {
    let seconds = seconds.parse().ok().filter(|seconds| (0..=LAST).contains(seconds));
    seconds.map(Instant)
}

/// How a document of retention begins.
const PROCEDURE: &str = "{\"procedure\":\"retention\",";
/// The shortest that can be configured.
const SHORTEST: Retention = Retention {
    years: 10,
    marked_days: 1,
};
/// The last second of the year 9999 (RFC 5280 §4.1.2.5).
const LAST: i64 = 253_402_300_799;
/// By so much may the clocks of nodes that write one log differ. In seconds.
const DAY: i64 = 86_400;
