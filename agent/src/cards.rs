//! The readers as they are now, and what is done with the cards in them.
//!
//! One thread waits for cards to come and go and reads what a new card tells without a PIN.
//! Everything else here blocks for as long as a card takes, and is called from a blocking task.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use card::certificate::Certificate;
use card::piv::{CardIdentifier, Piv, Signature};
use card::reader::{CardState, Insertion, ReaderState, Readers};
use card::transport::Transport;
use card::{CardFault, LastTryConsent, Pin, TriesLeft};
use tokio::sync::watch;
use wire::code::Code;

/// Watches the readers until it is dropped.
pub(crate) struct Cards<C = ShownCard> {
    readers: Result<Readers, CardFault>,
    seen: watch::Receiver<Arc<Seen<C>>>,
    /// Ends the watching when it is dropped.
    _watcher: Watcher,
}

/// The readers at one moment.
#[derive(Debug)]
pub(crate) struct Seen<C = ShownCard> {
    /// Grows with every change.
    pub(crate) number: u64,
    pub(crate) readers: Result<Vec<Reader<C>>, CardFault>,
}

/// A reader and what is in it.
#[derive(Clone, Debug)]
pub(crate) struct Reader<C = ShownCard> {
    pub(crate) name: String,
    pub(crate) slot: Slot<C>,
}

/// What is in a reader, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) enum Slot<C = ShownCard> {
    Empty,
    Mute,
    /// A card is there and could not be read for this reason; another program may hold it, or it is of another kind.
    Unknown(CardFault),
    Card(Arc<C>),
}

/// A kind of card that is looked for in the readers: what it tells without a PIN.
pub(crate) trait Shown: PartialEq + Send + Sync + Sized + 'static {
    /// Reads it.
    fn look_at(transport: Box<dyn Transport>, place: Place) -> Result<Self, CardFault>;
    /// Where it is.
    fn place(&self) -> &Place;
}

/// One stay of a card in one reader; taking it out ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) reader: String,
    pub(crate) insertion: Insertion,
}

/// What a card told without a PIN.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ShownCard {
    pub(crate) place: Place,
    pub(crate) identifier: CardIdentifier,
    /// Of key 9A.
    pub(crate) authentication: Certificate,
    /// Of key 9C.
    pub(crate) signature: Certificate,
}

/// Which key of a card signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// 9A
    Authentication,
    /// 9C
    Signature,
}

impl<C: Shown> Cards<C> {
    /// Begins to watch. Without PC/SC the fault is what every look shows.
    pub(crate) fn watch(readers: Result<Readers, CardFault>) -> Self {
        let (tell, seen) = watch::channel(Arc::new(Seen {
            number: 0,
            readers: match &readers {
                Ok(_) => Ok(Vec::new()),
                Err(fault) => Err(fault.clone()),
            },
        }));
        let watcher = Watcher::start(readers.clone().ok(), tell);
        Self {
            readers,
            seen,
            _watcher: watcher,
        }
    }

    /// The readers as they were last seen.
    pub(crate) fn seen(&self) -> Arc<Seen<C>> {
        self.seen.borrow().clone()
    }

    /// Tells of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<Seen<C>>> {
        self.seen.clone()
    }

    /// Connects to the card of this stay, and to no other.
    pub(crate) fn open(&self, place: &Place) -> Result<Box<dyn Transport>, CardFault> {
        let readers = self.readers.as_ref().map_err(Clone::clone)?;
        let transport = readers.open(&place.reader).map_err(|fault| match fault {
            // It was there when it was chosen.
            CardFault::NoCard | CardFault::NoReader => CardFault::Removed,
            other => other,
        })?;
        // The transport belongs to the stay that it was opened in; now it is known which one that is.
        let now = readers.list()?;
        match now.into_iter().find(|reader| reader.name == place.reader) {
            Some(ReaderState {
                card: CardState::Present(insertion),
                ..
            }) if insertion == place.insertion => Ok(transport),
            Some(ReaderState {
                card: CardState::Present(_) | CardState::Mute,
                ..
            }) => Err(CardFault::Changed),
            _ => Err(CardFault::Removed),
        }
    }
}

impl Cards {
    /// What the PIN of this card still forgives. Spends nothing.
    pub(crate) fn tries_left(&self, card: &ShownCard) -> Result<TriesLeft, CardFault> {
        Piv::open(self.open(&card.place)?)?.tries_left()
    }

    /// Signs with a key of exactly this card, still in the same stay in its reader.
    pub(crate) fn sign(
        &self,
        card: &ShownCard,
        key: Key,
        pin: &Pin,
        consent: Option<LastTryConsent>,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        let mut piv = Piv::open(self.open(&card.place)?)?;
        // The certificate is compared again inside the transaction that sends the PIN (A05).
        match key {
            Key::Authentication => piv.authenticate(&card.authentication.fingerprint(), pin, consent, message),
            Key::Signature => piv.sign_with_signature_key(&card.signature.fingerprint(), pin, consent, message),
        }
    }

    /// Signs with the signature key of exactly this card, with a PIN that nobody typed for it: only where the card says that
    /// at least so many tries are left.
    pub(crate) fn sign_sparing(
        &self,
        card: &ShownCard,
        pin: &Pin,
        at_least: u8,
        message: &[u8],
    ) -> Result<Signature, CardFault> {
        Piv::open(self.open(&card.place)?)?.sign_sparing(&card.signature.fingerprint(), pin, at_least, message)
    }
}

impl<C: Shown> Seen<C> {
    /// The cards that can be used.
    pub(crate) fn cards(&self) -> impl Iterator<Item = &Arc<C>> {
        self.readers.iter().flatten().filter_map(|reader| match &reader.slot {
            Slot::Card(card) => Some(card),
            Slot::Empty | Slot::Mute | Slot::Unknown(_) => None,
        })
    }

    /// Whether this very stay of a card in its reader still lasts.
    pub(crate) fn holds(&self, place: &Place) -> bool {
        self.cards().any(|card| card.place() == place)
    }

    /// Why there is no card to use; `None` when there is at least one.
    pub(crate) fn lack(&self) -> Option<CardFault> {
        let readers = match &self.readers {
            Ok(readers) => readers,
            Err(fault) => return Some(fault.clone()),
        };
        if self.cards().next().is_some() {
            return None;
        }
        let told = readers.iter().find_map(|reader| match &reader.slot {
            Slot::Mute => Some(CardFault::Unreadable),
            Slot::Unknown(fault) => Some(fault.clone()),
            Slot::Empty | Slot::Card(_) => None,
        });
        Some(told.unwrap_or(if readers.is_empty() {
            CardFault::NoReader
        } else {
            CardFault::NoCard
        }))
    }
}

impl Shown for ShownCard {
    fn look_at(transport: Box<dyn Transport>, place: Place) -> Result<Self, CardFault> {
        let told = Piv::open(transport)?.summary()?;
        Ok(Self {
            place,
            identifier: told.identifier,
            authentication: told.authentication,
            signature: told.signature,
        })
    }

    fn place(&self) -> &Place {
        &self.place
    }
}

impl ShownCard {
    /// The SHA-256 of a certificate.
    pub(crate) fn fingerprint(&self, key: Key) -> [u8; 32] {
        match key {
            Key::Authentication => *self.authentication.fingerprint().bytes(),
            Key::Signature => *self.signature.fingerprint().bytes(),
        }
    }
}

impl ShownCard {
    /// Whether it is this very card, in whichever reader and stay (R110).
    pub(crate) fn is_same_card(&self, other: &Self) -> bool {
        self.authentication == other.authentication || self.signature == other.signature
    }
}

impl std::fmt::Debug for ShownCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShownCard({} in {})", self.identifier, self.place.reader)
    }
}

/// The code under which a person meets a fault of card or reader.
pub(crate) fn code(fault: &CardFault) -> Code {
    match fault {
        CardFault::NoReader => Code::ReaderNone,
        CardFault::NoCard => Code::CardNone,
        CardFault::Unreadable | CardFault::Protocol(_) => Code::CardUnreadable,
        CardFault::WrongType | CardFault::NoCertificate | CardFault::UnknownKey | CardFault::NoUnblock => {
            Code::CardType
        }
        CardFault::Removed | CardFault::RightLost => Code::CardRemoved,
        CardFault::Changed => Code::CardChanged,
        CardFault::Multiple => Code::CardMulti,
        CardFault::PcscMissing { .. } | CardFault::PcscDown => Code::PcscMissing,
        CardFault::Busy => Code::CardBusy,
        CardFault::PinWrong { .. } => Code::PinWrong,
        CardFault::PinBlocked => Code::PinLockedAos,
        // Nothing was sent, and the PIN is asked for as usual.
        CardFault::LastTry | CardFault::FewTries => Code::WarnPinLast,
        CardFault::PinFormat(_) => Code::PinFormat,
        CardFault::AuthenticationPinBlocked => Code::PinLockedJpki4,
        CardFault::SignaturePasswordBlocked => Code::PinLocked,
        CardFault::PrintedNumberWrong { .. } => Code::NumberWrong,
        CardFault::PrintedNumberBlocked => Code::NumberLocked,
        CardFault::RightRefused { .. } | CardFault::UnblockKeyBlocked => Code::RsvHalted,
        CardFault::PasswordRefused => Code::PwChar,
    }
}

/// The thread that waits at the readers.
struct Watcher {
    readers: Option<Readers>,
    ended: Arc<AtomicBool>,
    /// Dropping it ends a pause at once.
    _pause: mpsc::Sender<()>,
}

impl Watcher {
    fn start<C: Shown>(readers: Option<Readers>, tell: watch::Sender<Arc<Seen<C>>>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (pause, paused) = mpsc::channel();
        if let Some(readers) = readers.clone() {
            let ended = Arc::clone(&ended);
            let _ = std::thread::Builder::new()
                .name("readers".into())
                .spawn(move || look_on(&readers, &tell, &ended, &paused))
                // Without this thread no card is ever seen, which every page then says.
                .inspect_err(|cause| tracing::error!(%cause, "the readers cannot be watched"));
        }
        Self {
            readers,
            ended,
            _pause: pause,
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(readers) = &self.readers {
            readers.wake();
        }
    }
}

fn look_on<C: Shown>(
    readers: &Readers,
    tell: &watch::Sender<Arc<Seen<C>>>,
    ended: &AtomicBool,
    paused: &mpsc::Receiver<()>,
) {
    let mut states: Option<Vec<ReaderState>> = None;
    let mut known: HashMap<(String, u32), Arc<C>> = HashMap::new();
    while !ended.load(Ordering::Relaxed) && !tell.is_closed() {
        let found = match &states {
            None => readers.list(),
            Some(seen) => readers.wait_change(seen, LOOK),
        };
        let unread = tell
            .borrow()
            .readers
            .iter()
            .flatten()
            .any(|reader| matches!(&reader.slot, Slot::Unknown(fault) if is_passing(fault)));
        if found.is_ok() && found.as_ref().ok() == states.as_ref() && !unread {
            continue;
        }
        let shown = match &found {
            Ok(now) => Ok(read(readers, now, &mut known)),
            Err(fault) => Err(fault.clone()),
        };
        tell.send_if_modified(|seen| {
            if same(&seen.readers, &shown) && seen.number > 0 {
                return false;
            }
            *seen = Arc::new(Seen {
                number: seen.number + 1,
                readers: shown,
            });
            true
        });
        if found.is_err() {
            // The service is down: ask again after a pause, which the end of the agent cuts short.
            let _ = paused.recv_timeout(PAUSE);
        }
        states = found.ok();
    }
}

/// Reads the cards that are new; what is known of the others stays.
fn read<C: Shown>(
    readers: &Readers,
    now: &[ReaderState],
    known: &mut HashMap<(String, u32), Arc<C>>,
) -> Vec<Reader<C>> {
    let shown: Vec<Reader<C>> = now
        .iter()
        .map(|state| Reader {
            name: state.name.clone(),
            slot: match &state.card {
                CardState::Absent => Slot::Empty,
                CardState::Mute => Slot::Mute,
                CardState::Present(insertion) => {
                    let place = (state.name.clone(), insertion.number);
                    match known.get(&place) {
                        Some(card) => Slot::Card(Arc::clone(card)),
                        None => match look_at(readers, &state.name, insertion) {
                            Ok(card) => {
                                let card = Arc::new(card);
                                known.insert(place, Arc::clone(&card));
                                Slot::Card(card)
                            }
                            Err(fault) => Slot::Unknown(fault),
                        },
                    }
                }
            },
        })
        .collect();
    known.retain(|(name, number), _| {
        shown.iter().any(|reader| {
            matches!(&reader.slot, Slot::Card(card)
                if card.place().reader == *name && card.place().insertion.number == *number)
        })
    });
    shown
}

fn look_at<C: Shown>(readers: &Readers, name: &str, insertion: &Insertion) -> Result<C, CardFault> {
    let place = Place {
        reader: name.to_owned(),
        insertion: insertion.clone(),
    };
    C::look_at(readers.open(name)?, place)
}

/// Whether looking again may help.
fn is_passing(fault: &CardFault) -> bool {
    matches!(
        fault,
        CardFault::Busy | CardFault::Removed | CardFault::NoCard | CardFault::NoReader
    )
}

fn same<C: PartialEq>(before: &Result<Vec<Reader<C>>, CardFault>, now: &Result<Vec<Reader<C>>, CardFault>) -> bool {
    match (before, now) {
        (Err(before), Err(now)) => before == now,
        (Ok(before), Ok(now)) => {
            before.len() == now.len()
                && before.iter().zip(now).all(|(before, now)| {
                    before.name == now.name
                        && match (&before.slot, &now.slot) {
                            (Slot::Empty, Slot::Empty) | (Slot::Mute, Slot::Mute) => true,
                            (Slot::Unknown(before), Slot::Unknown(now)) => before == now,
                            (Slot::Card(before), Slot::Card(now)) => before == now,
                            _ => false,
                        }
                })
        }
        _ => false,
    }
}

/// A change is told at once; this bounds the wait for a card that was busy.
const LOOK: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_secs(2);
