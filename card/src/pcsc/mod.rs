//! The machine's own readers, through the PC/SC library of its system.
//!
//! The library is loaded at run time, so that a machine without it builds and runs everything else, and is told what is missing when it wants a card.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod library;

use std::{
    ffi::{CStr, CString},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use library::{Card, Code, Context, Disposition, Library, Shown};

use crate::{
    apdu::{Apdu, Response},
    fault::{CardFault, ProtocolFault},
    reader::{CardState, Insertion, ReaderState},
    transport::{CardAfter, Transport, TransportFault},
};

/// The readers that PC/SC shows.
#[derive(Clone)]
pub struct PcscReaders {
    library: Arc<Library>,
    waits: Arc<Mutex<Waits>>,
}

/// The waits under way, and how often they were ended from outside.
#[derive(Default)]
struct Waits {
    contexts: Vec<Arc<Context>>,
    wakes: u64,
}

impl PcscReaders {
    pub(crate) fn load() -> Result<Self, CardFault> {
        Self::load_from(Library::NAME)
    }

    fn load_from(name: &str) -> Result<Self, CardFault> {
        let library = Library::load(name).map_err(|reason| CardFault::PcscMissing { reason })?;
        Ok(Self {
            library,
            waits: Arc::default(),
        })
    }

    pub(crate) fn list(&self) -> Result<Vec<ReaderState>, CardFault> {
        let context = Context::establish(&self.library)?;
        Ok(states(&present(&context)?))
    }

    pub(crate) fn wait_change(&self, seen: &[ReaderState], timeout: Duration) -> Result<Vec<ReaderState>, CardFault> {
        let until = Instant::now() + timeout;
        let context = Arc::new(Context::establish(&self.library)?);
        let wakes = self.waits().wakes;
        self.waits().contexts.push(Arc::clone(&context));
        let outcome = self.wait_with(&context, seen, until, wakes);
        self.waits().contexts.retain(|waiting| !Arc::ptr_eq(waiting, &context));
        outcome
    }

    fn wait_with(
        &self,
        context: &Context,
        seen: &[ReaderState],
        until: Instant,
        wakes: u64,
    ) -> Result<Vec<ReaderState>, CardFault> {
        let mut slice = LONGEST_SLICE;
        loop {
            let now = present(context)?;
            let left = until.saturating_duration_since(Instant::now());
            if states(&now) != seen || left.is_zero() || self.waits().wakes != wakes {
                return Ok(states(&now));
            }
            let mut known: Vec<(&CStr, u32)> = now.iter().map(|(name, shown)| (name.as_c_str(), shown.state)).collect();
            if slice == LONGEST_SLICE {
                // Tells of readers that come and go; its count is the number of readers (pcsc-lite).
                known.push((NEW_READERS, u32::try_from(now.len()).unwrap_or(0) << 16));
            }
            match context.wait(&known, left.min(slice)) {
                Ok(_) if present(context)? == now => {
                    // Woken for nothing: this library takes the question about new readers amiss. Look for them from time to time instead.
                    slice = SHORT_SLICE;
                }
                Ok(_) | Err(TIMEOUT | CANCELLED) => {}
                Err(UNKNOWN_READER) => slice = SHORT_SLICE,
                Err(code) => return Err(code.into()),
            }
        }
    }

    pub(crate) fn wake(&self) {
        let mut waits = self.waits();
        waits.wakes += 1;
        waits.contexts.iter().for_each(|context| context.cancel());
    }

    pub(crate) fn open(&self, reader: &str) -> Result<Box<dyn Transport>, CardFault> {
        let name = CString::new(reader).map_err(|_| CardFault::NoReader)?;
        let context = Context::establish(&self.library)?;
        let shown = shown(&context, &name)?;
        match card_state(&shown) {
            CardState::Absent => return Err(CardFault::NoCard),
            CardState::Mute => return Err(CardFault::Unreadable),
            CardState::Present(_) => {}
        }
        let insertion = count(&shown);
        // Connecting, too, waits until nobody has a transaction.
        let connected = in_turn(move || Card::connect(context, &name).map(|card| Connected { card, name, insertion }));
        let inner = Arc::new(connected.ok_or(CardFault::Busy)??);
        Ok(Box::new(PcscTransport { inner, given_up: false }))
    }

    fn waits(&self) -> std::sync::MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct PcscTransport {
    inner: Arc<Connected>,
    /// A `begin` still waits in its thread; this transport is of no more use.
    given_up: bool,
}

struct Connected {
    card: Card,
    name: CString,
    insertion: u32,
}

impl Transport for PcscTransport {
    fn transmit(&mut self, apdu: &Apdu) -> Result<Response, TransportFault> {
        if self.given_up {
            return Err(TransportFault::Busy);
        }
        match self.inner.card.transmit(apdu.bytes()) {
            // Some drivers tell of a card that left with success and an empty answer.
            Ok(bytes) => Response::parse(&bytes).ok_or_else(|| self.inner.why_silent()),
            Err(NOT_TRANSACTED | DATA_LOST | UNRESPONSIVE | UNPOWERED) => Err(self.inner.why_silent()),
            Err(code) => Err(code.into()),
        }
    }

    fn begin(&mut self) -> Result<(), TransportFault> {
        if self.given_up {
            return Err(TransportFault::Busy);
        }
        let connected = Arc::clone(&self.inner);
        let begun = in_turn(move || connected.begin().map(|()| Begun(Some(connected))));
        match begun.unwrap_or(Err(TransportFault::Busy)) {
            Ok(begun) => {
                begun.keep();
                Ok(())
            }
            Err(fault) => {
                self.given_up = fault == TransportFault::Busy;
                Err(fault)
            }
        }
    }

    fn end(&mut self, after: CardAfter) -> Result<(), TransportFault> {
        if self.given_up {
            return Ok(());
        }
        let disposition = match after {
            CardAfter::Left => Disposition::Leave,
            CardAfter::Reset => Disposition::Reset,
        };
        match self.inner.card.end(disposition) {
            // An end without a beginning.
            Err(NOT_TRANSACTED) => Ok(()),
            outcome => Ok(outcome?),
        }
    }
}

/// A transaction that nobody has taken over yet: dropped, it ends.
struct Begun(Option<Arc<Connected>>);

impl Begun {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(connected) = &self.0 {
            let _ = connected.card.end(Disposition::Leave);
        }
    }
}

/// Does what waits for its turn at a card, in a thread of its own, since the library waits for ever and cannot be told to stop.
///
/// `None` after [`LONGEST_TURN`]; what comes of it later is dropped.
fn in_turn<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (send, receive) = mpsc::sync_channel(0);
    let turn = std::thread::Builder::new().name("pcsc turn".to_owned());
    // A result that cannot be sent comes back in the error, and is dropped with it.
    turn.spawn(move || drop(send.send(f()))).ok()?;
    receive.recv_timeout(LONGEST_TURN).ok()
}

impl Connected {
    fn begin(&self) -> Result<(), TransportFault> {
        match self.card.begin() {
            // Another program, or our own last transaction, reset the card: take note, make sure that it is still the same stay, and begin again.
            Err(RESET) => {
                self.card.reconnect()?;
                let shown = shown(self.card.context(), &self.name)?;
                if count(&shown) != self.insertion {
                    return Err(TransportFault::Removed);
                }
                Ok(self.card.begin()?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// The reader got no answer: is the card gone, or silent? Readers are polled, so the answer may take a moment.
    fn why_silent(&self) -> TransportFault {
        let until = Instant::now() + LONGEST_DOUBT;
        loop {
            let now = match shown(self.card.context(), &self.name) {
                Ok(now) => now,
                Err(code) => return code.into(),
            };
            if count(&now) != self.insertion || !is(&now, PRESENT) {
                return TransportFault::Removed;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.card.context().wait(&[(&self.name, now.state)], left).is_err() {
                return TransportFault::Mute;
            }
        }
    }
}

/// All readers with what they show at this moment.
fn present(context: &Context) -> Result<Vec<(CString, Shown)>, Code> {
    let names = context.readers()?;
    let known: Vec<(&CStr, u32)> = names.iter().map(|name| (name.as_c_str(), UNAWARE)).collect();
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let shown = match context.wait(&known, Duration::ZERO) {
        // A reader left in between.
        Err(UNKNOWN_READER | TIMEOUT) => return Ok(Vec::new()),
        other => other?,
    };
    Ok(names.into_iter().zip(shown).collect())
}

fn shown(context: &Context, reader: &CStr) -> Result<Shown, Code> {
    let mut shown = context.wait(&[(reader, UNAWARE)], Duration::ZERO)?;
    shown.pop().ok_or(UNKNOWN_READER)
}

fn states(present: &[(CString, Shown)]) -> Vec<ReaderState> {
    present
        .iter()
        .map(|(name, shown)| ReaderState {
            name: name.to_string_lossy().into_owned(),
            card: card_state(shown),
        })
        .collect()
}

fn card_state(shown: &Shown) -> CardState {
    if is(shown, MUTE) {
        CardState::Mute
    } else if is(shown, PRESENT) {
        CardState::Present(Insertion {
            number: count(shown),
            atr: shown.atr.clone(),
        })
    } else {
        CardState::Absent
    }
}

fn is(shown: &Shown, bit: u32) -> bool {
    shown.state & bit != 0
}

/// Counts what happened in the reader: one more at each insertion and each removal.
fn count(shown: &Shown) -> u32 {
    shown.state >> 16
}

impl From<Code> for TransportFault {
    fn from(code: Code) -> Self {
        match code {
            REMOVED | NO_CARD => Self::Removed,
            UNRESPONSIVE | UNPOWERED | UNSUPPORTED | PROTOCOL => Self::Mute,
            SHARING => Self::Busy,
            UNKNOWN_READER | READER_UNAVAILABLE => Self::Gone,
            // A handle is invalid when the service that gave it has been started anew.
            NO_SERVICE | SERVICE_STOPPED | INVALID_HANDLE | COMMUNICATION => Self::ServiceDown,
            Code(other) => Self::Reader(other),
        }
    }
}

impl From<Code> for CardFault {
    fn from(code: Code) -> Self {
        match code {
            NO_SERVICE | SERVICE_STOPPED | INVALID_HANDLE | COMMUNICATION => Self::PcscDown,
            NO_CARD | REMOVED => Self::NoCard,
            UNKNOWN_READER | READER_UNAVAILABLE => Self::NoReader,
            SHARING => Self::Busy,
            UNRESPONSIVE | UNPOWERED | UNSUPPORTED | PROTOCOL => Self::Unreadable,
            Code(other) => ProtocolFault::Reader(other).into(),
        }
    }
}

/// A name that no reader has and that stands for the list of readers itself.
const NEW_READERS: &CStr = c"\\\\?PnP?\\Notification";

const UNAWARE: u32 = 0;
const PRESENT: u32 = 0x0020;
const MUTE: u32 = 0x0200;

/// How long another program may hold the card before it counts as busy.
const LONGEST_TURN: Duration = Duration::from_secs(10);
/// How long a reader may take to notice that a card is gone.
const LONGEST_DOUBT: Duration = Duration::from_secs(2);
/// A wait is cut into slices, so that a cancel that came a moment too early is made good.
const LONGEST_SLICE: Duration = Duration::from_secs(5);
const SHORT_SLICE: Duration = Duration::from_secs(1);

const CANCELLED: Code = Code(0x8010_0002);
const INVALID_HANDLE: Code = Code(0x8010_0003);
const UNKNOWN_READER: Code = Code(0x8010_0009);
const TIMEOUT: Code = Code(0x8010_000A);
const SHARING: Code = Code(0x8010_000B);
const NO_CARD: Code = Code(0x8010_000C);
const PROTOCOL: Code = Code(0x8010_000F);
/// Between library and service, not between reader and card.
const COMMUNICATION: Code = Code(0x8010_0013);
const NOT_TRANSACTED: Code = Code(0x8010_0016);
const READER_UNAVAILABLE: Code = Code(0x8010_0017);
const NO_SERVICE: Code = Code(0x8010_001D);
const SERVICE_STOPPED: Code = Code(0x8010_001E);
const DATA_LOST: Code = Code(0x8010_002F);
const UNSUPPORTED: Code = Code(0x8010_0065);
const UNRESPONSIVE: Code = Code(0x8010_0066);
const UNPOWERED: Code = Code(0x8010_0067);
const RESET: Code = Code(0x8010_0068);
const REMOVED: Code = Code(0x8010_0069);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_told_with_the_loaders_reason() {
        match PcscReaders::load_from("libpcsclite-of-another-world.so").err() {
            Some(CardFault::PcscMissing { reason }) => assert!(reason.contains("libpcsclite-of-another-world.so")),
            other => panic!("{other:?}"),
        }
        // A library that is no PC/SC one is missing its functions.
        assert!(
            matches!(PcscReaders::load_from("libc.so.6").err(), Some(CardFault::PcscMissing { reason }) if reason.contains("SCard"))
        );
    }

    #[test]
    fn each_code_has_its_own_fault() {
        for (code, at_transmit, at_open) in [
            (REMOVED, TransportFault::Removed, CardFault::NoCard),
            (NO_CARD, TransportFault::Removed, CardFault::NoCard),
            (UNRESPONSIVE, TransportFault::Mute, CardFault::Unreadable),
            (UNPOWERED, TransportFault::Mute, CardFault::Unreadable),
            (UNSUPPORTED, TransportFault::Mute, CardFault::Unreadable),
            (PROTOCOL, TransportFault::Mute, CardFault::Unreadable),
            (SHARING, TransportFault::Busy, CardFault::Busy),
            (NO_SERVICE, TransportFault::ServiceDown, CardFault::PcscDown),
            (SERVICE_STOPPED, TransportFault::ServiceDown, CardFault::PcscDown),
            (INVALID_HANDLE, TransportFault::ServiceDown, CardFault::PcscDown),
            (COMMUNICATION, TransportFault::ServiceDown, CardFault::PcscDown),
            (UNKNOWN_READER, TransportFault::Gone, CardFault::NoReader),
            (READER_UNAVAILABLE, TransportFault::Gone, CardFault::NoReader),
            (
                Code(0x8010_0001),
                TransportFault::Reader(0x8010_0001),
                ProtocolFault::Reader(0x8010_0001).into(),
            ),
        ] {
            assert_eq!(TransportFault::from(code), at_transmit);
            assert_eq!(CardFault::from(code), at_open);
        }
    }

    #[test]
    fn what_a_reader_shows_is_absent_mute_or_present() {
        let shown = |state| Shown {
            state,
            atr: vec![0x3B, 0x00],
        };
        assert_eq!(card_state(&shown(0x0003_0010)), CardState::Absent);
        assert_eq!(card_state(&shown(0x0000_0004)), CardState::Absent, "an unknown reader");
        assert_eq!(card_state(&shown(0x0003_0220)), CardState::Mute);
        let CardState::Present(insertion) = card_state(&shown(0x0007_0122)) else {
            panic!("a card that is in use is present");
        };
        assert_eq!((insertion.number, insertion.atr), (7, vec![0x3B, 0x00]));
    }
}
