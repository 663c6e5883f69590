//! A card that lies on the counter, as the clerk sees it: what it is worth, what it has reserved, what went wrong with it.

use casework::Refusal;
use casework::card::Standing;
use casework::identity::CardNumber;
use casework::pin_reset::{Case, Document, Proof};
use casework::time::Instant;
use wire::code::Code;

use crate::catalogue::Message;
use crate::desk::pin_reset::AtCounter;
use crate::office::Citizen;
use crate::portal::console::Frame;
use crate::portal::date;
use crate::portal::form::Choice;
use crate::portal::page::Fact;
use crate::portal::refusal::standing_key;

/// A card of this office.
pub(super) struct Found {
    /// Its digits, as a form sends them.
    pub(super) number: String,
    pub(super) facts: Vec<Fact>,
    /// How it answered at a kiosk, where that was no answer of a card of ours.
    pub(super) halted: Option<String>,
    /// Why nothing can be opened for it.
    pub(super) cannot: Option<Message>,
    pub(super) documents: Vec<Choice>,
    /// That no document was chosen.
    pub(super) error: Option<Message>,
}

/// A line of the list of halted cards.
pub(super) struct HaltedView {
    pub(super) card: String,
    pub(super) at: String,
    pub(super) why: String,
    pub(super) case: String,
}

impl Found {
    pub(super) fn of(
        page: &Frame,
        citizen: &Citizen,
        known: &AtCounter,
        (chosen, goes_on): (Option<Document>, bool),
        now: Instant,
    ) -> Self {
        let cannot = refusal(known, citizen, now).map(|no| super::told(page.words, &no));
        let missing = goes_on && chosen.is_none() && cannot.is_none();
        let field = page.t("counter-document");
        Self {
            number: known.known.card.number.to_string(),
            facts: facts(page, known, now),
            halted: match &known.settled {
                Some(Case::Halted { why, at, .. }) => Some(page.words.say_with(
                    "counter-was-halted",
                    &[
                        ("time", date::minute(page.words, *at).as_str()),
                        ("why", page.t(&format!("counter-doubt-{}", why.key())).as_str()),
                    ],
                )),
                _ => None,
            },
            cannot,
            documents: Document::ALL
                .into_iter()
                .map(|document| Choice {
                    value: document.key(),
                    label: page.t(&format!("counter-document-{}", document.key())),
                    chosen: chosen == Some(document),
                    paper: false,
                })
                .collect(),
            error: missing.then(|| Message {
                next: page.t("counter-document-choose"),
                ..page.words.message(Code::Req, &[("field", &field)])
            }),
        }
    }
}

/// Why no reservation can be opened for this card now; the desk asks again.
pub(super) fn refusal(known: &AtCounter, citizen: &Citizen, now: Instant) -> Option<Refusal> {
    let known = &known.known;
    let accepted = known.authentication.accepted(now).and(known.signature.accepted(now));
    let maintained = citizen.policy().maintained(now);
    accepted
        .err()
        .or(maintained.map(|until| Refusal::Maintenance { until }))
}

/// What became of a reservation.
pub(super) fn state(page: &Frame, case: &Case, now: Instant) -> String {
    let minute = |at: Instant| date::minute(page.words, at);
    let (key, at) = match case {
        Case::Reserved { reservation, .. } | Case::Announced { reservation, .. } if now > reservation.until => {
            ("expired", reservation.until)
        }
        Case::Reserved { reservation, .. } => ("reserved", reservation.until),
        Case::Announced { reservation, .. } => ("unconfirmed", reservation.until),
        Case::Used { at, .. } => ("used", *at),
        Case::Cancelled { at, .. } => ("cancelled", *at),
        Case::Replaced { at, .. } => ("replaced", *at),
        Case::Halted { at, .. } => ("halted", *at),
        Case::New | Case::Asked { .. } | Case::Proved { .. } | Case::Identifying { .. } => {
            return page.t("counter-state-none");
        }
    };
    page.t1(&format!("counter-state-{key}"), "time", &minute(at))
}

/// 「4111 1111 1111 1111」, as it is printed on the card.
pub(super) fn grouped(number: CardNumber) -> String {
    let digits = number.to_string();
    let group = |place: usize| digits.get(place..place + 4).unwrap_or_default();
    [0, 4, 8, 12].map(group).join(" ")
}

fn facts(page: &Frame, known: &AtCounter, now: Instant) -> Vec<Fact> {
    let reserved = match &known.reserved {
        Some(case) => state(page, case, now),
        None => page.t("counter-state-none"),
    };
    let mut facts = vec![
        page.fact("counter-card", grouped(known.known.card.number)),
        page.fact(
            "counter-authentication",
            standing(page, known.known.authentication, now),
        ),
        page.fact("counter-signature", standing(page, known.known.signature, now)),
        page.fact("counter-reserved", reserved),
    ];
    if let Some(reservation) = known.reserved.as_ref().and_then(Case::reservation) {
        let by = match reservation.proof {
            Proof::Face { .. } => "counter-by-face",
            Proof::Counter { .. } => "counter-by-clerk",
        };
        facts.push(page.fact("counter-by", page.t(by)));
        facts.push(page.fact("counter-number", reservation.number.to_string()));
    }
    if let Some(Case::Proved { tries, .. }) = &known.open {
        match tries.paused_until {
            Some(until) if now < until => {
                let paused = page.t1("counter-face-paused", "time", &date::minute(page.words, until));
                facts.push(page.fact("counter-face", paused));
            }
            None if tries.unlike > 0 => {
                let unlike = page.t1("counter-face-unlike", "times", &tries.unlike.to_string());
                facts.push(page.fact("counter-face", unlike));
            }
            Some(_) | None => {}
        }
    }
    facts
}

fn standing(page: &Frame, standing: Standing, now: Instant) -> String {
    match standing {
        Standing::Accepted { until } if now <= until => page.t("counter-standing-accepted"),
        _ => page.t(standing_key(standing)),
    }
}
