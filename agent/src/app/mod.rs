//! The reservation app (STEP 1 of source document 004): one page of a phone's size, and what it knows between two looks at it.
//!
//! It is the reference of the reservation's interface: whatever it does, a phone app does with the same calls.

mod forms;
mod pages;
mod work;

use std::future::Future;
use std::sync::Arc;

use wire::office::Language;
use wire::pin_reset::{Conditions, Reservation, ReservationBegun, ReservationState};
use zeroize::Zeroizing;

use crate::calendar;
use crate::cards::Cards;
use crate::clock::Clock;
use crate::listen::Listeners;
use crate::local::Agent;
use crate::pin_reset::OfficeAddress;
use crate::pin_reset::citizen::{CitizenCard, CitizenCards};
use crate::pin_reset::desk::{Desk, ReservationKey};
use crate::pin_reset::screen::{Screen, Shows};
use crate::pin_reset::told::Notice;
use crate::visit::FormToken;
use crate::{ServeFault, TICK};

/// Where the picture of the person comes from.
#[derive(Clone)]
pub enum Camera {
    /// The browser's own camera.
    Browser,
    /// A camera in this process, as a drawer is a reader in this process: what it sees at this moment, JPEG.
    Made(Arc<dyn Fn() -> Vec<u8> + Send + Sync>),
}

/// Serves the app's page until `ended` is ready.
pub async fn serve(
    agent: Agent,
    office: OfficeAddress,
    camera: Camera,
    listeners: Listeners,
    ended: impl Future<Output = ()>,
) -> Result<(), ServeFault> {
    let app = Arc::new(App {
        desk: Desk::new(office)?,
        cards: Arc::new(Cards::watch(agent.readers)),
        clock: agent.clock,
        camera,
        screen: Screen::new(State::default()),
    });
    let (end, told) = tokio::sync::watch::channel(false);
    let served = listeners.port();
    let served = listeners.serve(pages::routes(Arc::clone(&app), served), told);
    let ticking = async {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tick.tick().await;
            app.expire();
        }
    };
    let stop = async {
        ended.await;
        // Nobody listens any more only when serving has ended already.
        let _ = end.send(true);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = served => {}
        () = ticking => {}
        () = stop => {}
    }
    Ok(())
}

pub(crate) struct App {
    desk: Desk,
    cards: CitizenCards,
    clock: Clock,
    camera: Camera,
    screen: Screen<State>,
}

/// What the app knows. It ends with the process.
struct State {
    language: Option<Language>,
    form: FormToken,
    stage: Stage,
    notice: Option<Notice>,
    conditions: Option<(i64, Arc<Conditions>)>,
    /// The reservation that is being made.
    going: Option<Held>,
    /// The one that was made last.
    kept: Option<Held>,
    typed: Typed,
}

/// Where the person is.
enum Stage {
    /// P0
    Terms,
    /// P1: the card, and its four digits.
    Card(Agreed),
    /// P1: what is printed on the card that has proved itself.
    Number(Arc<CitizenCard>),
    /// P2
    Face(Visual),
    /// An answer was lost: it is looked up, or said again.
    Unsure(Unsent),
    /// P3
    Kept,
    /// Whether the reservation is really to be cancelled.
    Cancel,
    /// Card or server have their turn, with this to read meanwhile.
    Working(&'static str),
}

/// The texts that were agreed to, and the reservation that was begun with them.
#[derive(Clone)]
struct Agreed {
    flow: String,
    terms: String,
    /// Where letters go, if any are wanted.
    mail: Option<String>,
    begun: Option<(Arc<CitizenCard>, Arc<ReservationBegun>)>,
}

/// The card's visual file, in memory until the face was compared.
type Visual = Arc<Zeroizing<Vec<u8>>>;

/// What was sent without an answer.
enum Unsent {
    Proof { card: Arc<CitizenCard>, cms: String },
    Capture(Visual),
    Cancel,
}

/// A reservation, and the key with which it is looked at.
#[derive(Clone)]
struct Held {
    key: Arc<ReservationKey>,
    reservation: Reservation,
    /// When it was looked at last.
    at: i64,
}

/// What was typed and is no secret.
#[derive(Default)]
struct Typed {
    mail: String,
    birth: String,
    expiry: String,
}

impl Default for State {
    fn default() -> Self {
        Self {
            language: None,
            form: FormToken::draw(),
            stage: Stage::Terms,
            notice: None,
            conditions: None,
            going: None,
            kept: None,
            typed: Typed::default(),
        }
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

impl State {
    /// It is the person's turn again, at this stage.
    fn stand(&mut self, stage: Stage, notice: Option<Notice>) {
        self.stage = stage;
        self.notice = notice;
    }

    /// Nothing of a reservation that is being made is left.
    fn let_go(&mut self, notice: Option<Notice>) {
        self.going = None;
        self.typed = Typed::default();
        self.stand(Stage::Terms, notice);
    }
}

impl App {
    /// The server's clock, or this computer's while nothing was heard.
    fn now(&self) -> i64 {
        self.desk.now().unwrap_or_else(|| self.clock.now())
    }

    /// What was read from a card is not kept longer than its reservation can be made.
    fn expire(&self) {
        let now = self.now();
        let is_over = {
            let state = self.screen.look();
            let until = state.going.as_ref().and_then(|going| match going.reservation.state {
                ReservationState::Asked { until }
                | ReservationState::Proved { until, .. }
                | ReservationState::Paused { until } => Some(until),
                _ => None,
            });
            let waits = !matches!(state.stage, Stage::Working(_) | Stage::Kept | Stage::Cancel);
            waits && until.is_some_and(|until| now > until.saturating_add(GRACE))
        };
        if is_over {
            self.screen
                .change(|state| state.let_go(Some(Notice::Says("app-lapsed"))));
        }
    }
}

impl Held {
    /// The last instant and the hours of a reservation that counts.
    fn usable(&self, language: Language) -> Option<(String, Vec<String>)> {
        let (ReservationState::Reserved { until, usable, .. } | ReservationState::Unconfirmed { until, usable }) =
            &self.reservation.state
        else {
            return None;
        };
        let hours = usable
            .iter()
            .map(|span| calendar::span(span.from, span.until, language))
            .collect();
        Some((calendar::Moment::of(*until).full(language), hours))
    }
}

/// A pause ends, and then there is still time for another picture.
const GRACE: i64 = 15 * 60;
/// Where it listens unless told otherwise (loopback only).
pub const PORT: u16 = 24818;
