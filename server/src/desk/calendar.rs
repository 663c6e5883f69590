//! 営業日 at the desk: the days of an office, and who changes what is known of holidays. Both are data and no case.

use casework::calendar::{Calendar, DesiredDay, NoData};
use casework::identity::{Digest, OfficerId};
use casework::time::Day;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::{Actor, Desk};
use crate::fault::Fault;
use crate::office::Office;
use crate::store::{Clash, HolidaysImported, NewEvent, OfficeChange};

/// What a date picker offers to somebody who applies today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The days, in order. The first one is the next business day.
    pub days: Vec<DesiredDay>,
    /// The last day that the office's policy would take, open or not.
    pub last: Day,
    /// The year of that period of which nobody knows the holidays: its days cannot be chosen yet.
    pub unknown: Option<NoData>,
}

/// A change of an office's own closed days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedDayChange<'a> {
    /// The version of the office's file that was changed.
    pub from: i64,
    /// The file from now on.
    pub document: String,
    /// Which day, as the file writes it.
    pub day: String,
    /// `closed_day_added` or `closed_day_removed`.
    pub name: &'static str,
    /// Why.
    pub reason: &'a str,
}

impl Desk {
    /// The days of an office around one, as they are known at this moment on every node: from the year before it to two years
    /// after it.
    pub async fn calendar(&self, office: &Office, around: Day) -> Result<Calendar, Fault> {
        let year = around.date().year;
        let holidays = self.store().holidays(year - 1..=year + 2).await?;
        Ok(Calendar::new(Arc::new(holidays), office.calendar.closures()))
    }

    /// The days that can be wished for by somebody who applies on that day (R305), for a date picker.
    pub async fn desired_days(&self, office: &Office, applied_on: Day) -> Result<Choice, Fault> {
        let calendar = self.calendar(office, applied_on).await?;
        let last = applied_on.plus(i32::from(office.calendar.days_ahead));
        Ok(Choice {
            days: calendar.desired_days(applied_on).collect(),
            last,
            unknown: [applied_on, last]
                .into_iter()
                .find_map(|day| calendar.status(day).err()),
        })
    }

    /// Takes a file of holidays, whole or not at all; `done` counts its days. The audit has the file's digest and in how many
    /// days it differs from the rules of the law.
    pub async fn import_holidays(
        &self,
        actor: &Actor<'_>,
        rows: Vec<casework::calendar::Listed>,
        (file, differences): (Digest, usize),
        done: Arc<AtomicUsize>,
    ) -> Result<HolidaysImported, Fault> {
        let mut event = self.calendar_event(actor, "holidays_imported", vec![("file", file.to_string())]);
        let tell = move |imported: &HolidaysImported| {
            let counts = [
                ("years", imported.years),
                ("changed", imported.changed),
                ("added", imported.added),
                ("removed", imported.removed),
                ("altered", imported.altered),
                ("differences", differences),
            ];
            event
                .details
                .extend(counts.map(|(name, count)| (name, count.to_string())));
            event
        };
        self.store().import_holidays(rows, tell, self.clock().now(), done).await
    }

    /// An officer closes or opens an office on a day of its own: another version of its file, on every node within a second
    /// or so.
    pub async fn change_closed_days(
        &self,
        (actor, by): (&Actor<'_>, OfficerId),
        office: &str,
        change: ClosedDayChange<'_>,
    ) -> Result<(), Clash> {
        let digest = super::evidence::sha256(change.document.as_bytes());
        let details = vec![
            ("office", office.to_owned()),
            ("version", (change.from + 1).to_string()),
            ("document", digest.to_string()),
            ("day", change.day),
        ];
        let change = OfficeChange {
            id: office.to_owned(),
            from: change.from,
            document: change.document,
            by,
            reason: change.reason.to_owned(),
            event: self.calendar_event(actor, change.name, details),
        };
        self.store().change_office(change, self.clock().now()).await
    }

    fn calendar_event(&self, actor: &Actor<'_>, name: &'static str, details: Vec<(&'static str, String)>) -> NewEvent {
        NewEvent {
            procedure: "calendar",
            name,
            actor: actor.to_string(),
            states: ("open".to_owned(), "open".to_owned()),
            refusal: None,
            details,
            salt: self.chance().octets(),
        }
    }
}
