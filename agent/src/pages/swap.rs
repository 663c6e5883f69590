//! One card takes another one's place: out with the card before, in with the new one, or the new one stands in a second
//! reader already (DOMAIN §4.2, A2).

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use card::CardFault;
use wire::office::Text;

use super::request::{Frame, told};
use super::{CardLine, Page, Who, choice, show};
use crate::cards::{Seen, ShownCard};
use crate::visit::{Notice, State, Visit};
use crate::words::Message;

#[derive(Template)]
#[template(path = "swap.html")]
struct SwapPage {
    page: Page,
    who: Who,
    title: String,
    says: String,
    /// What to do with the cards that are there now.
    now: &'static str,
    notice: Option<Message>,
    cards: Vec<CardLine>,
    visit: String,
    token: String,
}

/// The cards as a swap sees them.
pub(super) struct Swap {
    before: Option<Arc<ShownCard>>,
    /// Those that can take its place.
    others: Vec<Arc<ShownCard>>,
    /// The card before, where it is in a reader.
    same: Option<Arc<ShownCard>>,
}

impl Swap {
    pub(super) fn at(state: &State, seen: &Seen) -> Self {
        // At the swap itself the card before is still the one that was presented last.
        let before = state.card.clone().or_else(|| state.before.clone());
        let is_before = |card: &Arc<ShownCard>| before.as_ref().is_some_and(|before| before.is_same_card(card));
        let (same, others): (Vec<_>, Vec<_>) = seen.cards().cloned().partition(is_before);
        Self {
            same: same.into_iter().next(),
            before,
            others,
        }
    }

    /// The card that the holder chose, or what is in the way.
    pub(super) fn chosen(self, wanted: &str, seen: &Seen) -> Result<Arc<ShownCard>, Notice> {
        if let Some(card) = self.others.iter().find(|card| choice(card) == wanted) {
            return Ok(Arc::clone(card));
        }
        Err(match (self.others.is_empty(), self.same) {
            (true, Some(_)) => Notice::SameCard,
            (true, None) => Notice::Card(seen.lack().unwrap_or(CardFault::NoCard)),
            // None was chosen, or the chosen one has left.
            (false, _) if wanted.is_empty() => Notice::Card(CardFault::Multiple),
            (false, _) => Notice::Card(CardFault::Removed),
        })
    }

    /// What is to be told: what was just said, as long as the cards are still so that it is true.
    fn tells(&self, said: Option<Notice>, seen: &Seen) -> Option<Notice> {
        let said_same = said == Some(Notice::SameCard);
        match (self.others.len(), said) {
            (0, None | Some(Notice::SameCard | Notice::Card(_))) if self.same.is_some() => {
                (said_same || self.came_back()).then_some(Notice::SameCard)
            }
            (0, None | Some(Notice::SameCard)) => {
                seen.lack().filter(|lack| *lack != CardFault::NoCard).map(Notice::Card)
            }
            (1, None | Some(Notice::SameCard | Notice::Card(_))) => None,
            (2.., None | Some(Notice::SameCard | Notice::Card(_))) => Some(Notice::Card(CardFault::Multiple)),
            (_, said) => said,
        }
    }

    /// Whether the card before came back to a reader where another one was wanted.
    fn came_back(&self) -> bool {
        match (&self.same, &self.before) {
            (Some(same), Some(before)) => same.place != before.place,
            _ => false,
        }
    }
}

impl Frame {
    /// The other card, please.
    pub(super) fn swap(mut self, visit: &Visit, seen: &Seen, says: &Text) -> Response {
        let words = self.page.words;
        let (swap, notice, rule) = {
            let state = visit.look();
            (Swap::at(&state, seen), state.notice.clone(), state.rule.clone())
        };
        let notice = swap.tells(notice, seen);
        if swap.others.is_empty() {
            self.only_waits();
        }
        let shown = SwapPage {
            says: says.in_language(words.language()).to_owned(),
            now: match (swap.others.is_empty(), &swap.same) {
                (true, Some(_)) => "swap-take-out",
                (true, None) => "swap-insert",
                (false, _) => "swap-check",
            },
            notice: notice.and_then(|notice| told(&notice, words, Some(&rule))),
            cards: swap.others.iter().map(|card| CardLine::of(card, words)).collect(),
            page: self.page,
            who: self.who,
            title: self.title,
            visit: self.visit,
            token: self.token,
        };
        show(StatusCode::OK, &shown, Some(&self.portal))
    }
}
