//! 入札参加資格者名簿 at the desk: who changes it, and what the audit says of it. The list is data of the office and no case.

use casework::identity::{Digest, OfficerId};
use casework::register::{BusinessNumber, Entry};
use casework::time::Instant;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::{Actor, Desk};
use crate::fault::Fault;
use crate::register::Line;
use crate::store::{Clash, Imported, LetterCode, NewEvent, RegisterChange};

impl Desk {
    /// Takes a list, whole or not at all; `done` counts its lines.
    pub async fn import_register(
        &self,
        actor: &Actor<'_>,
        office: &str,
        lines: Vec<Line>,
        (replace, file): (bool, Digest),
        done: Arc<AtomicUsize>,
    ) -> Result<Imported, Fault> {
        let mut event = self.register_event(actor, "imported", vec![("office", office.to_owned())]);
        event.details.push(("file", file.to_string()));
        let tell = move |imported: &Imported| {
            let counts = [
                ("added", imported.added),
                ("changed", imported.changed),
                ("removed", imported.removed),
                ("passwords", imported.passwords),
            ];
            event
                .details
                .extend(counts.map(|(name, count)| (name, count.to_string())));
            event
        };
        let now = self.clock().now();
        self.store()
            .import_register(office, lines, replace, tell, now, done)
            .await
    }

    /// An officer changes an entry, as it was at this version. A number is never changed: it is another company's.
    pub async fn change_register(
        &self,
        (actor, by): (&Actor<'_>, OfficerId),
        office: &str,
        from: i64,
        entry: Entry,
        reason: &str,
    ) -> Result<(), Clash> {
        let details = vec![
            ("office", office.to_owned()),
            ("number", entry.number.to_string()),
            ("version", (from + 1).to_string()),
        ];
        let change = RegisterChange {
            office: office.to_owned(),
            from,
            entry,
            by,
            reason: reason.to_owned(),
            event: self.register_event(actor, "changed", details),
        };
        self.store().change_register(change, self.clock().now()).await
    }

    /// Gives a company the code of a letter: what it is, and until when it can be used. `None` where no such company is on
    /// the list.
    pub async fn give_letter_code(
        &self,
        actor: &Actor<'_>,
        office: &str,
        number: &BusinessNumber,
    ) -> Result<Option<(LetterCode, Instant)>, Fault> {
        let days = match self.office(office) {
            Some(office) => office.bidding()?.letter_code_days,
            None => return Ok(None),
        };
        let now = self.clock().now();
        let until = now.day().plus(i32::from(days)).ends();
        let code = LetterCode::from_random(self.chance().octets());
        let details = vec![("office", office.to_owned()), ("number", number.to_string())];
        let event = self.register_event(actor, "letter_code_given", details);
        let given = self
            .store()
            .give_letter_code(office, number, &code, (now, until), event)
            .await?;
        Ok(given.then_some((code, until)))
    }

    /// A line of the audit that is of an office's list.
    pub(crate) fn register_event(
        &self,
        actor: &Actor<'_>,
        name: &'static str,
        details: Vec<(&'static str, String)>,
    ) -> NewEvent {
        NewEvent {
            procedure: "register",
            name,
            actor: actor.to_string(),
            states: ("open".to_owned(), "open".to_owned()),
            refusal: None,
            details,
            salt: self.chance().octets(),
        }
    }
}
