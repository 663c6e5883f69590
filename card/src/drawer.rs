//! A drawer of virtual cards and the readers they go into, all in this process.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    apdu::{Apdu, Response},
    fault::CardFault,
    reader::{CardState, Insertion, ReaderState, Readers},
    transport::{CardAfter, Transport, TransportFault},
    virtual_card::{Answer, VirtualCard},
};

/// The hand that puts cards into readers and takes them out.
#[derive(Clone)]
pub struct Drawer(Arc<Shelf>);

impl Drawer {
    /// So many empty readers, named `Kagimori virtual reader 1` and on.
    pub fn new(readers: u8) -> (Self, Readers) {
        let slots = (1..=readers)
            .map(|number| Slot::new(format!("Kagimori virtual reader {number}")))
            .collect();
        let shelf = Arc::new(Shelf {
            desk: Mutex::new(Desk {
                slots,
                wakes: 0,
                tickets: 0,
            }),
            changed: Condvar::new(),
        });
        (Self(Arc::clone(&shelf)), Readers::Drawer(DrawerReaders(shelf)))
    }

    /// Puts a card into the reader (counted from one), and gives back the one that was in it.
    ///
    /// # Panics
    /// When there is no such reader.
    pub fn insert(&self, reader: u8, card: VirtualCard) -> Option<VirtualCard> {
        let mut desk = self.0.desk();
        let before = desk.slot(reader).take_out();
        desk.slot(reader).put_in(card);
        self.0.changed.notify_all();
        before
    }

    /// Takes the card out of the reader, also one that fell out by a fault.
    ///
    /// # Panics
    /// When there is no such reader.
    pub fn eject(&self, reader: u8) -> Option<VirtualCard> {
        let card = self.0.desk().slot(reader).take_out();
        self.0.changed.notify_all();
        card
    }

    /// Looks at or changes the card in the reader while it is there: tries left, faults.
    ///
    /// # Panics
    /// When there is no such reader.
    pub fn card<T>(&self, reader: u8, f: impl FnOnce(&mut VirtualCard) -> T) -> Option<T> {
        let outcome = self.0.desk().slot(reader).card.as_mut().map(f);
        // A fault may have made the card mute, which the readers show.
        self.0.changed.notify_all();
        outcome
    }
}

/// The readers of a [`Drawer`], as the program sees them.
#[derive(Clone)]
pub struct DrawerReaders(Arc<Shelf>);

impl DrawerReaders {
    pub(crate) fn list(&self) -> Vec<ReaderState> {
        self.0.desk().states()
    }

    pub(crate) fn wait_change(&self, seen: &[ReaderState], timeout: Duration) -> Vec<ReaderState> {
        let desk = self.0.desk();
        let wakes = desk.wakes;
        let (desk, _) = self
            .0
            .changed
            .wait_timeout_while(desk, timeout, |desk| desk.wakes == wakes && desk.states() == seen)
            .unwrap_or_else(PoisonError::into_inner);
        desk.states()
    }

    pub(crate) fn wake(&self) {
        self.0.desk().wakes += 1;
        self.0.changed.notify_all();
    }

    pub(crate) fn open(&self, reader: &str) -> Result<Box<dyn Transport>, CardFault> {
        let mut desk = self.0.desk();
        desk.tickets += 1;
        let ticket = desk.tickets;
        let place = desk
            .slots
            .iter()
            .position(|slot| slot.name == reader)
            .ok_or(CardFault::NoReader)?;
        let slot = desk.slots.get(place).ok_or(CardFault::NoReader)?;
        match slot.state() {
            CardState::Absent => Err(CardFault::NoCard),
            CardState::Mute => Err(CardFault::Unreadable),
            CardState::Present(insertion) => Ok(Box::new(DrawerTransport {
                shelf: Arc::clone(&self.0),
                place,
                insertion: insertion.number,
                ticket,
            })),
        }
    }
}

struct DrawerTransport {
    shelf: Arc<Shelf>,
    place: usize,
    insertion: u32,
    ticket: u64,
}

impl Transport for DrawerTransport {
    fn transmit(&mut self, apdu: &Apdu) -> Result<Response, TransportFault> {
        let mut desk = self.turn()?;
        let slot = self.slot(&mut desk)?;
        let card = slot.card.as_mut().ok_or(TransportFault::Removed)?;
        match card.respond(apdu.bytes()) {
            Answer::Response(bytes) => Response::parse(&bytes).ok_or(TransportFault::Mute),
            Answer::Silence => Err(TransportFault::Mute),
            Answer::Removed => {
                slot.fall_out();
                self.shelf.changed.notify_all();
                Err(TransportFault::Removed)
            }
        }
    }

    fn begin(&mut self) -> Result<(), TransportFault> {
        let mut desk = self.turn()?;
        self.slot(&mut desk)?.holder = Some(self.ticket);
        Ok(())
    }

    fn end(&mut self, after: CardAfter) -> Result<(), TransportFault> {
        let mut desk = self.shelf.desk();
        let slot = self.slot(&mut desk)?;
        if slot.holder != Some(self.ticket) {
            return Ok(());
        }
        slot.holder = None;
        if let (CardAfter::Reset, Some(card)) = (after, slot.card.as_mut()) {
            card.reset();
        }
        self.shelf.changed.notify_all();
        Ok(())
    }
}

impl DrawerTransport {
    /// Waits until nobody else holds the card.
    fn turn(&self) -> Result<MutexGuard<'_, Desk>, TransportFault> {
        let until = Instant::now() + LONGEST_WAIT;
        let mut desk = self.shelf.desk();
        loop {
            let slot = self.slot(&mut desk)?;
            if slot.holder.is_none_or(|holder| holder == self.ticket) {
                return Ok(desk);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TransportFault::Busy);
            }
            let waited = self.shelf.changed.wait_timeout(desk, left);
            desk = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn slot<'d>(&self, desk: &'d mut Desk) -> Result<&'d mut Slot, TransportFault> {
        let slot = desk.slots.get_mut(self.place).ok_or(TransportFault::Gone)?;
        if !slot.is_in || slot.insertion != self.insertion {
            return Err(TransportFault::Removed);
        }
        Ok(slot)
    }
}

impl Drop for DrawerTransport {
    fn drop(&mut self) {
        // Whoever goes without ending must not hold the card for ever; if the card went first, nothing is held.
        let _ = self.end(CardAfter::Reset);
    }
}

struct Shelf {
    desk: Mutex<Desk>,
    changed: Condvar,
}

impl Shelf {
    /// A thread that panicked left a card at worst in the middle of a command, which is what a removal does too.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Desk {
    slots: Vec<Slot>,
    wakes: u64,
    tickets: u64,
}

impl Desk {
    fn slot(&mut self, reader: u8) -> &mut Slot {
        usize::from(reader)
            .checked_sub(1)
            .and_then(|place| self.slots.get_mut(place))
            .expect("readers are counted from one to the number the drawer was made with")
    }

    fn states(&self) -> Vec<ReaderState> {
        self.slots
            .iter()
            .map(|slot| ReaderState {
                name: slot.name.clone(),
                card: slot.state(),
            })
            .collect()
    }
}

struct Slot {
    name: String,
    card: Option<VirtualCard>,
    /// Whether the card is in the reader; one that fell out lies before it.
    is_in: bool,
    insertion: u32,
    holder: Option<u64>,
}

impl Slot {
    fn new(name: String) -> Self {
        Self {
            name,
            card: None,
            is_in: false,
            insertion: 0,
            holder: None,
        }
    }

    fn state(&self) -> CardState {
        match &self.card {
            Some(card) if self.is_in && card.is_mute() => CardState::Mute,
            Some(card) if self.is_in => CardState::Present(Insertion {
                number: self.insertion,
                atr: card.atr().to_vec(),
            }),
            _ => CardState::Absent,
        }
    }

    fn put_in(&mut self, card: VirtualCard) {
        self.card = Some(card);
        self.is_in = true;
        self.insertion += 1;
    }

    fn take_out(&mut self) -> Option<VirtualCard> {
        self.fall_out();
        self.card.take()
    }

    fn fall_out(&mut self) {
        self.is_in = false;
        self.holder = None;
        if let Some(card) = &mut self.card {
            card.reset();
        }
    }
}

/// How long a conversation of another thread may last before the card counts as busy.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
