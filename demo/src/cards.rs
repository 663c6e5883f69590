//! The demo's cards: in the drawer, and in the two readers they go into.

use crate::story::{Side, Story};
use agent::virtual_card::{CardFileFault, Drawer, Fault, TriesLeft, VirtualCard};
use serde::Serialize;
use server::clock::Instant;
use std::sync::{Mutex, PoisonError};

/// All cards, wherever they are.
pub(crate) struct Cards {
    drawer: Drawer,
    kept: Mutex<Vec<Kept>>,
}

/// One card.
pub(crate) struct Kept {
    /// Whose it is, and what is the matter with it.
    pub(crate) story: Story,
    /// The last day of online revocation, `YYYY-MM-DD`, where it has one.
    pub(crate) last_day: Option<String>,
    /// The last instant of its validity.
    pub(crate) not_after: Option<Instant>,
    /// Its signature certificate, DER.
    pub(crate) certificate: Option<Vec<u8>>,
    /// The card, while it lies in the drawer.
    pub(crate) card: Option<VirtualCard>,
    /// The reader, while it is in one.
    pub(crate) reader: Option<u8>,
}

/// A card as the start page shows it and `GET /state` gives it.
#[derive(Clone, Serialize)]
pub(crate) struct Shown {
    /// Its name in addresses.
    pub(crate) id: &'static str,
    /// On which side of the counter.
    pub(crate) side: Side,
    /// Whose it is.
    pub(crate) holder: String,
    /// Which of its company's cards it is, in Japanese and in English.
    pub(crate) which: Option<[&'static str; 2]>,
    /// The matter with it.
    pub(crate) story_ja: &'static str,
    /// The same in English.
    pub(crate) story_en: &'static str,
    /// Its PIN.
    pub(crate) pin: &'static str,
    /// Tries left.
    pub(crate) tries: Option<u8>,
    /// In which reader it is.
    pub(crate) reader: Option<u8>,
    /// Whether it is revoked by now.
    pub(crate) revoked: bool,
    /// The signature certificate, DER.
    #[serde(skip)]
    pub(crate) certificate: Option<Vec<u8>>,
    /// The last day of online revocation.
    pub(crate) last_day: Option<String>,
    /// The last instant of its validity, RFC 3339.
    pub(crate) not_after: Option<String>,
}

impl Cards {
    /// All cards in the drawer.
    pub(crate) fn new(drawer: Drawer, kept: Vec<Kept>) -> Self {
        Self {
            drawer,
            kept: Mutex::new(kept),
        }
    }

    /// Puts a card into a reader; what was in that reader goes back into the drawer.
    pub(crate) fn insert(&self, reader: u8, id: &str) -> Result<(), &'static str> {
        known(reader)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept
            .iter()
            .position(|card| card.story.id == id)
            .ok_or("there is no such card")?;
        let before = kept.get(place).and_then(|card| card.reader);
        if before == Some(reader) {
            return Ok(());
        }
        if let Some(other) = before {
            put_away(&mut kept, &self.drawer, other);
        }
        put_away(&mut kept, &self.drawer, reader);
        if let Some(card) = kept.get_mut(place)
            && let Some(inserted) = card.card.take()
        {
            card.reader = Some(reader);
            self.drawer.insert(reader, inserted);
        }
        Ok(())
    }

    /// Takes the card out of a reader.
    pub(crate) fn eject(&self, reader: u8) -> Result<(), &'static str> {
        known(reader)?;
        put_away(
            &mut self.kept.lock().unwrap_or_else(PoisonError::into_inner),
            &self.drawer,
            reader,
        );
        Ok(())
    }

    /// All cards as they are now.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|card| card.shown(&self.drawer)).collect()
    }
}

impl Kept {
    fn shown(&self, drawer: &Drawer) -> Shown {
        let left = match self.reader {
            Some(reader) => drawer.card(reader, |card| card.tries_left()),
            None => self.card.as_ref().map(VirtualCard::tries_left),
        };
        Shown {
            id: self.story.id,
            side: self.story.side,
            holder: self.story.named(),
            which: self.story.which,
            story_ja: self.story.ja,
            story_en: self.story.en,
            pin: self.story.pin,
            tries: match left {
                Some(TriesLeft::Known(left)) => Some(left),
                Some(TriesLeft::Blocked) => Some(0),
                Some(TriesLeft::Unknown) | None => None,
            },
            reader: self.reader,
            revoked: false,
            certificate: self.certificate.clone(),
            last_day: self.last_day.clone(),
            not_after: self.not_after.map(|instant| instant.to_string()),
        }
    }
}

/// One wrong PIN locks it.
pub(crate) fn with_one_try(mut card: VirtualCard) -> Result<VirtualCard, CardFileFault> {
    card.set_tries_left(1)?;
    Ok(card)
}

/// It answers nothing.
pub(crate) fn mute(mut card: VirtualCard) -> VirtualCard {
    card.inject(Fault::Mute);
    card
}

fn put_away(kept: &mut [Kept], drawer: &Drawer, reader: u8) {
    if let Some(card) = kept.iter_mut().find(|card| card.reader == Some(reader)) {
        card.reader = None;
        card.card = drawer.eject(reader);
    }
}

fn known(reader: u8) -> Result<(), &'static str> {
    (1..=READERS)
        .contains(&reader)
        .then_some(())
        .ok_or("there are readers 1 and 2")
}

/// How many readers there are.
pub(crate) const READERS: u8 = 2;
