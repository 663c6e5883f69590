//! The kiosk (STEP 2 of source document 004): one full screen, one person at a time, and nothing of them afterwards.
//!
//! The kiosk holds no key of any card and no right to set a password: it carries the card's challenge to the server and the
//! server's cryptogram to the card, and the new password from the screen to the card.

mod pages;
mod work;

use std::future::Future;
use std::sync::Arc;

use card::jpki::SignaturePassword;
use wire::api::ToSign;
use wire::code::Code;
use wire::office::Language;
use wire::pin_reset::{CardStanding, Conditions, Hours};

use crate::cards::{Cards, Shown as _};
use crate::clock::Clock;
use crate::home::{Home, HomeFault};
use crate::listen::Listeners;
use crate::local::Agent;
use crate::pin_reset::OfficeAddress;
use crate::pin_reset::citizen::{self, CitizenCard, CitizenCards};
use crate::pin_reset::desk::Desk;
use crate::pin_reset::key::KioskKey;
use crate::pin_reset::screen::{Screen, Shows, Turn};
use crate::pin_reset::told::Notice;
use crate::visit::FormToken;
use crate::{ServeFault, TICK};

/// Serves the kiosk's page until `ended` is ready.
pub async fn serve(
    agent: Agent,
    office: OfficeAddress,
    listeners: Listeners,
    ended: impl Future<Output = ()>,
) -> Result<(), ServeFault> {
    let kiosk = Arc::new(Kiosk {
        key: key(&Home::new(agent.dir)),
        desk: Desk::new(office)?,
        cards: Arc::new(Cards::watch(agent.readers)),
        screen: Screen::new(State::new(agent.clock.now())),
        clock: agent.clock,
    });
    let (end, told) = tokio::sync::watch::channel(false);
    let port = listeners.port();
    let served = listeners.serve(pages::routes(Arc::clone(&kiosk), port), told);
    let mut changes = kiosk.cards.changes();
    let watched = async {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                changed = changes.changed() => {
                    if changed.is_err() {
                        // The readers are watched no more: no card can be known to have stayed.
                        kiosk.end(Some(Notice::Own(Code::CardRemoved)));
                        std::future::pending::<()>().await;
                    }
                    kiosk.look();
                }
                _ = tick.tick() => {
                    kiosk.expire();
                    kiosk.look();
                }
            }
        }
    };
    let asking = work::keep_asking(&kiosk);
    let stop = async {
        ended.await;
        // Nobody listens any more only when serving has ended already.
        let _ = end.send(true);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = served => {}
        () = watched => {}
        () = asking => {}
        () = stop => {}
    }
    kiosk.end(None);
    Ok(())
}

/// A kiosk that was not enrolled serves its page, which says so.
fn key(home: &Home) -> Option<KioskKey> {
    let told: Result<Option<KioskKey>, HomeFault> = KioskKey::read(home);
    told.inspect_err(|fault| tracing::error!(%fault, "the kiosk's key cannot be read"))
        .ok()
        .flatten()
}

pub(crate) struct Kiosk {
    key: Option<KioskKey>,
    desk: Desk,
    cards: CitizenCards,
    clock: Clock,
    screen: Screen<State>,
}

/// What the kiosk knows.
struct State {
    language: Option<Language>,
    form: FormToken,
    stage: Stage,
    notice: Option<Notice>,
    turn: Turn,
    /// What the server said last, unless it cannot be asked.
    conditions: Option<Arc<Conditions>>,
    /// The server knows this kiosk no more; it is asked again after a while.
    refused: Option<(i64, Notice)>,
    /// When somebody last did something here.
    awake: i64,
    /// The card in use and what the server said of it.
    session: Option<Session>,
    /// Whether texts are read aloud.
    voice: bool,
}

/// Where the person is.
enum Stage {
    /// K0
    Top,
    /// K1
    Guidance,
    /// K2
    Insert,
    /// K3
    Pin,
    /// K4
    Found,
    /// K5
    Password,
    /// K6, with the first entry
    Again(Arc<SignaturePassword>),
    /// Card or server have their turn, with this to read meanwhile.
    Working(&'static str),
    /// K7
    Done(Done),
    /// It ended before that, and there is something to read.
    Ended,
    /// The card is still in the reader.
    TakeCard,
}

/// How the new password came to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// The server knows.
    Told(i64),
    /// The server is told as soon as it can be reached.
    Later,
    /// It was set before, at a kiosk that could not tell.
    Earlier(i64),
}

/// One card in one stay in the reader.
struct Session {
    card: Arc<CitizenCard>,
    /// Its reservation, once the server has told of one.
    reservation: Option<Found>,
    /// The card's signature, once the four digits were right.
    cms: Option<String>,
}

#[derive(Clone)]
struct Found {
    id: String,
    until: i64,
    to_sign: ToSign,
    /// What the card told when it was set; it is compared again before the password is changed.
    standing: CardStanding,
}

impl State {
    fn new(now: i64) -> Self {
        Self {
            language: None,
            form: FormToken::draw(),
            stage: Stage::Top,
            notice: None,
            turn: Turn::default(),
            conditions: None,
            refused: None,
            awake: now,
            session: None,
            voice: false,
        }
    }

    /// It is the person's turn again, at this stage.
    fn stand(&mut self, stage: Stage, notice: Option<Notice>) {
        self.stage = stage;
        self.notice = notice;
    }

    /// Nothing of the person is left; what is under way for them has no say here any more.
    fn end(&mut self, stage: Stage, notice: Option<Notice>) {
        self.turn.next();
        self.session = None;
        self.form = FormToken::draw();
        if matches!(stage, Stage::Top) {
            // The next person's language is their own.
            self.language = None;
            self.voice = false;
        }
        self.stand(stage, notice);
    }
}

impl Shows for State {
    fn form(&mut self) -> &mut FormToken {
        &mut self.form
    }

    fn language(&mut self) -> &mut Option<Language> {
        &mut self.language
    }
}

impl Stage {
    /// Whether the kiosk does something for somebody, which ends with the hours.
    fn is_work(&self) -> bool {
        matches!(
            self,
            Self::Guidance | Self::Insert | Self::Pin | Self::Found | Self::Password | Self::Again(_)
        )
    }
}

/// What the readers make of the session.
enum Next {
    Nothing,
    Forget,
    Removed(Option<Notice>),
    Set(Arc<CitizenCard>),
}

impl Kiosk {
    /// Seconds until the kiosks close, by the server's clock; `None` while they are closed or nothing was heard.
    fn closes_in(&self, conditions: Option<&Conditions>) -> Option<i64> {
        let hours = &conditions?.kiosk;
        let left = hours.until - self.desk.now()?;
        (hours.open && left > 0).then_some(left)
    }

    /// Whether a card is in a reader.
    fn holds_card(&self) -> bool {
        self.cards.seen().cards().next().is_some()
    }

    /// The person has gone, or has been sent: the card is still to be taken.
    fn end(&self, notice: Option<Notice>) {
        let stage = match (&notice, self.holds_card()) {
            (Some(_), _) => Stage::Ended,
            (None, true) => Stage::TakeCard,
            (None, false) => Stage::Top,
        };
        self.screen.change(|state| state.end(stage, notice));
    }

    /// Looks at the readers: a card that left ends its session at once, and one that was set begins it.
    fn look(self: &Arc<Self>) {
        let seen = self.cards.seen();
        let next = {
            let state = self.screen.look();
            let gone = state
                .session
                .as_ref()
                .is_some_and(|session| !seen.holds(session.card.place()));
            match &state.stage {
                Stage::Done(_) if gone => Next::Forget,
                Stage::TakeCard if seen.cards().next().is_none() => Next::Removed(None),
                Stage::Working("kiosk-setting") if gone => {
                    Next::Removed(Some(Notice::Coded(Code::CardRemoved, "kiosk-removed-setting")))
                }
                _ if gone => Next::Removed(Some(Notice::Coded(Code::CardRemoved, "kiosk-removed"))),
                Stage::Insert => citizen::only(&seen).map_or(Next::Nothing, Next::Set),
                _ => Next::Nothing,
            }
        };
        match next {
            Next::Nothing => {}
            // What the page says names nobody, and may be read to its end.
            Next::Forget => self.screen.change(|state| state.session = None),
            Next::Removed(notice) => self.end(notice),
            Next::Set(card) => {
                let turn = self.screen.change(|state| {
                    state.session = Some(Session {
                        card: Arc::clone(&card),
                        reservation: None,
                        cms: None,
                    });
                    state.stand(Stage::Working("kiosk-looking"), None);
                    state.turn.next()
                });
                tokio::spawn(work::set(Arc::clone(self), turn, card));
            }
        }
    }

    /// Nobody is there any more, or the kiosks close.
    fn expire(&self) {
        let (now, closed) = (self.clock.now(), {
            let state = self.screen.look();
            let known = state.conditions.as_deref();
            known
                .filter(|_| self.closes_in(known).is_none())
                .map(|known| known.kiosk)
        });
        let idle = {
            let state = self.screen.look();
            let waits = match state.stage {
                Stage::Top | Stage::TakeCard | Stage::Working(_) => false,
                _ => now >= state.awake.saturating_add(IDLE),
            };
            waits.then(|| state.stage.is_work())
        };
        let is_work = self.screen.look().stage.is_work();
        if let Some(Hours { opens, closes, .. }) = closed.filter(|_| is_work) {
            self.end(Some(Notice::Closed { opens, closes }));
        } else if let Some(is_work) = idle {
            self.end(is_work.then_some(Notice::Says("kiosk-idle")));
        }
    }

    /// Somebody is there.
    fn wake(&self) {
        self.screen.look().awake = self.clock.now();
    }
}

/// After so many seconds without anybody the session ends (G-S1).
const IDLE: i64 = 60;
/// So many seconds before that a person is asked.
const WARNING: i64 = 15;
/// Where it listens unless told otherwise (loopback only).
pub const PORT: u16 = 24819;
