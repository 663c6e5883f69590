//! The readers of this machine and what is in them.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::{fmt, time::Duration};

use crate::{drawer::DrawerReaders, fault::CardFault, pcsc::PcscReaders, transport::Transport};

/// Where cards come from: the readers of PC/SC, or the drawer of virtual cards in this process.
///
/// Shareable between threads: one may wait for a change while others talk to cards.
#[derive(Clone)]
pub enum Readers {
    /// The machine's own readers.
    Pcsc(PcscReaders),
    /// Readers that exist in this process alone.
    Drawer(DrawerReaders),
}

impl Readers {
    /// The machine's own readers. Without the library it is [`CardFault::PcscMissing`]; a service that does not run is told by each method.
    pub fn pcsc() -> Result<Self, CardFault> {
        Ok(Self::Pcsc(PcscReaders::load()?))
    }

    /// All readers as they are now, by name. No reader is an empty list.
    pub fn list(&self) -> Result<Vec<ReaderState>, CardFault> {
        match self {
            Self::Pcsc(readers) => readers.list(),
            Self::Drawer(readers) => Ok(readers.list()),
        }
    }

    /// Waits until the readers are no longer as in `seen`, and gives them as they are then; after `timeout`, as they are.
    ///
    /// Nothing is missed between two calls, since `seen` says what the caller knows.
    pub fn wait_change(&self, seen: &[ReaderState], timeout: Duration) -> Result<Vec<ReaderState>, CardFault> {
        match self {
            Self::Pcsc(readers) => readers.wait_change(seen, timeout),
            Self::Drawer(readers) => Ok(readers.wait_change(seen, timeout)),
        }
    }

    /// Ends every wait that is under way, at once; each returns the readers as they are.
    pub fn wake(&self) {
        match self {
            Self::Pcsc(readers) => readers.wake(),
            Self::Drawer(readers) => readers.wake(),
        }
    }

    /// Connects to the card in a reader.
    pub fn open(&self, reader: &str) -> Result<Box<dyn Transport>, CardFault> {
        match self {
            Self::Pcsc(readers) => readers.open(reader),
            Self::Drawer(readers) => readers.open(reader),
        }
    }

    /// The one reader with a card in it: none is [`CardFault::NoReader`] or [`CardFault::NoCard`], several are [`CardFault::Multiple`] (A07).
    pub fn only_card(&self) -> Result<ReaderState, CardFault> {
        let readers = self.list()?;
        if readers.is_empty() {
            return Err(CardFault::NoReader);
        }
        let mut cards = readers.into_iter().filter(|reader| reader.card != CardState::Absent);
        match (cards.next(), cards.next()) {
            (None, _) => Err(CardFault::NoCard),
            (Some(_), Some(_)) => Err(CardFault::Multiple),
            (
                Some(ReaderState {
                    card: CardState::Mute, ..
                }),
                None,
            ) => Err(CardFault::Unreadable),
            (Some(reader), None) => Ok(reader),
        }
    }
}

/// A reader, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderState {
    /// The reader's name, which [`Readers::open`] takes.
    pub name: String,
    /// What is in it.
    pub card: CardState,
}

/// What is in a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardState {
    /// Nothing.
    Absent,
    /// A card that does not answer: wrong side, dirty, broken.
    Mute,
    /// A card that answered the reader.
    Present(Insertion),
}

/// One stay of one card in a reader: it ends with the card's removal, and the same card put back is another insertion.
#[derive(Clone, PartialEq, Eq)]
pub struct Insertion {
    /// Differs between any two insertions in one reader while the program runs.
    pub number: u32,
    /// Answer to reset. Says how to talk to the card, never which card it is.
    pub atr: Vec<u8>,
}

impl fmt::Debug for Insertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Insertion({})", self.number)
    }
}
