//! What happened to a case, in words, from its audit.

use casework::identity::OfficerId;
use serde_json::Value as Json;

use super::case::Officers;
use super::{Frame, Seat};
use crate::office::ReasonUse;
use crate::portal::date;
use crate::portal::session::unhex;
use crate::portal::visit::Stop;
use crate::store::EventRow;

/// A line of the history.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) machine: String,
    pub(super) who: String,
    pub(super) what: String,
    pub(super) refused: bool,
}

/// A signature by which something was entered or decided.
pub(super) struct Signed {
    pub(super) what: String,
    pub(super) who: String,
    pub(super) at: String,
    /// SHA-256 of the text that was signed.
    pub(super) text: String,
}

/// All of it, oldest first.
pub(super) fn lines(page: &Frame, officers: &Officers, events: &[EventRow]) -> Vec<Line> {
    events
        .iter()
        .map(|event| Line {
            at: date::second(page.words, event.at),
            machine: date::machine(event.at),
            who: actor(page, officers, event),
            what: what(page, officers, event),
            refused: event.refusal.is_some(),
        })
        .collect()
}

/// What was signed.
pub(super) fn signatures(page: &Frame, officers: &Officers, events: &[EventRow]) -> Vec<Signed> {
    events
        .iter()
        .filter(|event| event.refusal.is_none() && SIGNED.contains(&event.name.as_str()))
        .map(|event| Signed {
            what: what(page, officers, event),
            who: actor(page, officers, event),
            at: date::second(page.words, event.at),
            // What a clerk signed, where one did.
            text: detail(event, "decision")
                .or_else(|| detail(event, "text"))
                .unwrap_or_default(),
        })
        .collect()
}

/// What was done to a case last, and by whom: for whoever looked at it before that.
pub(super) async fn last(seat: &Seat, page: &Frame, case: [u8; 16]) -> Result<Option<String>, Stop> {
    let events = seat.visit.portal.store().events(case).await;
    let events = events.map_err(|fault| seat.fault(&fault))?;
    let officers = Officers::of(seat).await?;
    Ok(events.iter().rfind(|event| event.refusal.is_none()).map(|event| {
        page.words.say_with(
            "case-meanwhile",
            &[
                ("time", &date::second(page.words, event.at)),
                ("who", &actor(page, &officers, event)),
                ("what", &what(page, &officers, event)),
            ],
        )
    }))
}

fn what(page: &Frame, officers: &Officers, event: &EventRow) -> String {
    let known = |name: &str, all: &[&str]| all.contains(&name);
    let name = event.name.as_str();
    if let Some(rule) = &event.refusal {
        let command = if known(name, &COMMANDS) {
            page.t(&format!("case-command-{name}"))
        } else {
            name.to_owned()
        };
        let why = if known(rule, &RULES) {
            page.t(&format!("case-rule-{rule}"))
        } else {
            rule.clone()
        };
        return page
            .words
            .say_with("case-refused", &[("command", &command), ("rule", &why)]);
    }
    if name == "reassigned"
        && let Some(to) = detail(event, "to")
            .or_else(|| detail(event, "officer"))
            .and_then(|to| unhex(&to))
    {
        return page.t1("case-event-reassigned-to", "who", &officers.name(OfficerId(to)));
    }
    let done = if name == "asked" && event.actor.starts_with("holder") {
        // The holder's text and the officer's bear one name, since each is the one that its procedure asks for.
        page.t("case-event-asked-holder")
    } else if name == "opened" && event.actor.starts_with("user") {
        // Nobody shows a card to a service centre.
        page.t("case-event-opened-user")
    } else if known(name, &EVENTS) {
        page.t(&format!("case-event-{name}"))
    } else {
        name.to_owned()
    };
    match because(page, event) {
        Some(reason) => page
            .words
            .say_with("case-event-because", &[("event", &done), ("reason", &reason)]),
        None => done,
    }
}

/// The saved reason of a denial or a return, as the applicant reads it.
fn because(page: &Frame, event: &EventRow) -> Option<String> {
    let used_for = match event.name.as_str() {
        "denied" => ReasonUse::Deny,
        "returned" => ReasonUse::Return,
        _ => return None,
    };
    let key = detail(event, "reason")?;
    let saved = page
        .office
        .reason(&key, used_for)
        .map(|saved| page.text(&saved.words).to_owned());
    Some(saved.unwrap_or(key))
}

/// Who it was: an officer by name, everybody else by what they are.
fn actor(page: &Frame, officers: &Officers, event: &EventRow) -> String {
    let mut words = event.actor.split(' ');
    match (words.next(), words.next()) {
        (Some(kind @ ("officer" | "program")), Some(id)) => {
            let name = unhex(id).map(|id| officers.name(OfficerId(id))).unwrap_or_default();
            if kind == "officer" {
                name
            } else {
                page.t1("case-actor-program", "who", &name)
            }
        }
        (Some("holder"), _) => page.t("case-actor-holder"),
        (Some("user"), _) => page.t("case-actor-user"),
        (Some("operator"), _) => page.t("case-actor-operator"),
        _ => page.t("case-actor-system"),
    }
}

fn detail(event: &EventRow, name: &str) -> Option<String> {
    let document: Json = serde_json::from_str(&event.document).ok()?;
    document.get(name)?.as_str().map(str::to_owned)
}

/// The events by which a card signed something.
const SIGNED: [&str; 11] = [
    "submitted",
    "approved",
    "revoked",
    "denied",
    "returned",
    "confirmed",
    "held",
    "renewed",
    "registered",
    "seconded",
    "accepted",
];

/// What has words. The catalogue's test walks these lists.
pub(crate) const EVENTS: [&str; 35] = [
    "opened",
    "entered",
    "asked",
    "edited",
    "confirmed",
    "abandoned",
    "presented",
    "submitted",
    "claimed",
    "released",
    "reassigned",
    "approved",
    "revoked",
    "denied",
    "returned",
    "withdrawn",
    "letter_failed",
    "letter_printed",
    "text_forgotten",
    "back",
    "held",
    "renewed",
    "registered",
    "proved",
    "proposed",
    "unfit",
    "answered",
    "lapsed",
    "chosen",
    "applied",
    "corrected",
    "seconded",
    "accepted",
    "progressed",
    "reissued",
];
pub(crate) const COMMANDS: [&str; 22] = [
    "open", "edit", "confirm", "abandon", "enter", "present", "submit", "claim", "release", "reassign", "ask",
    "decide", "withdraw", "propose", "answer", "prove", "back", "lapse", "choose", "apply", "correct", "grant",
];
pub(crate) const RULES: [&str; 23] = [
    "stale",
    "not_an_officer",
    "no_role",
    "own_application",
    "same_person",
    "claimed",
    "not_claimed",
    "unproven",
    "another_card",
    "another_text",
    "lapsed",
    "expired",
    "already_revoked",
    "already_applied",
    "unfit_card",
    "not_yours",
    "under_review",
    "day_gone",
    "no_terminal",
    "no_such_terminal",
    "terminal_taken",
    "too_many",
    "no_reason",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Words;
    use wire::office::Language;

    #[test]
    fn every_event_has_words_in_both_languages() {
        for words in [Language::Ja, Language::En].map(Words::of) {
            let keys = [("event", EVENTS.as_slice()), ("command", &COMMANDS), ("rule", &RULES)];
            for (kind, names) in keys {
                for name in names {
                    assert!(
                        !words.say(&format!("case-{kind}-{name}")).contains('⟦'),
                        "{kind} {name}"
                    );
                }
            }
        }
    }
}
