//! Everything the agent holds while it runs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use card::CardFault;
use card::reader::Readers;
use wire::office::{Language, OfficeTiles};

use crate::cards::Cards;
use crate::clock::Clock;
use crate::home::Home;
use crate::kept::Kept;
use crate::origin::Origin;
use crate::portal::Lines;
use crate::visit::{FormToken, Spent, Visits};
use crate::watch::Watches;

/// An agent, ready to be served.
pub struct Agent {
    /// Where its state lives: the allowed portals and the phrase.
    pub dir: PathBuf,
    /// Where the cards are; without PC/SC the pages say so.
    pub readers: Result<Readers, CardFault>,
    /// Where it takes the time from.
    pub clock: Clock,
}

/// What the pages and the work behind them share.
pub(crate) struct Local {
    pub(crate) home: Home,
    pub(crate) clock: Clock,
    pub(crate) cards: Arc<Cards>,
    pub(crate) lines: Lines,
    pub(crate) kept: Kept,
    pub(crate) visits: Visits,
    pub(crate) watches: Watches,
    pub(crate) browsers: Browsers,
    pub(crate) tiles: Tiles,
}

impl Local {
    pub(crate) fn new(agent: Agent) -> Result<Self, reqwest::Error> {
        Ok(Self {
            home: Home::new(agent.dir),
            clock: agent.clock,
            cards: Arc::new(Cards::watch(agent.readers)),
            lines: Lines::new()?,
            kept: Kept::default(),
            visits: Visits::default(),
            watches: Watches::default(),
            browsers: Browsers::default(),
            tiles: Tiles::default(),
        })
    }
}

/// The browsers that have shown themselves, by their cookie.
#[derive(Default)]
pub(crate) struct Browsers(Mutex<Vec<Browser>>);

struct Browser {
    cookie: String,
    form: FormToken,
    language: Option<Language>,
}

impl Browsers {
    /// Knows this browser again, or meets it for the first time under a new cookie.
    pub(crate) fn greet(&self, cookie: Option<&str>) -> String {
        self.with(|browsers| {
            if let Some(known) = browsers.iter().find(|known| Some(known.cookie.as_str()) == cookie) {
                return known.cookie.clone();
            }
            if browsers.len() >= MOST {
                browsers.remove(0);
            }
            let cookie = crate::chance::token();
            browsers.push(Browser {
                cookie: cookie.clone(),
                form: FormToken::draw(),
                language: None,
            });
            cookie
        })
    }

    /// The token for the forms outside a card request.
    pub(crate) fn form(&self, cookie: &str) -> String {
        self.of(cookie, |browser| browser.form.as_str().to_owned())
            .unwrap_or_default()
    }

    /// Uses a token up.
    pub(crate) fn spend(&self, cookie: &str, token: &str) -> Spent {
        self.of(cookie, |browser| browser.form.spend(token))
            .unwrap_or(Spent::Stale)
    }

    /// The language that was chosen in this browser.
    pub(crate) fn language(&self, cookie: &str) -> Option<Language> {
        self.of(cookie, |browser| browser.language).flatten()
    }

    /// Chooses a language.
    pub(crate) fn speak(&self, cookie: &str, language: Language) {
        self.of(cookie, |browser| browser.language = Some(language));
    }

    fn of<T>(&self, cookie: &str, look: impl FnOnce(&mut Browser) -> T) -> Option<T> {
        self.with(|browsers| browsers.iter_mut().find(|known| known.cookie == cookie).map(look))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<Browser>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the allowed portals offer, remembered for a moment, since the start page renews itself.
#[derive(Default)]
pub(crate) struct Tiles(Mutex<HashMap<Origin, (i64, Told)>>);

/// What a portal told of its offices, or that it could not be reached.
pub(crate) type Told = Option<Arc<Vec<OfficeTiles>>>;

impl Tiles {
    /// All portals' offers, in their order.
    pub(crate) async fn of(&self, portals: &[Origin], lines: &Lines, now: i64) -> Vec<(Origin, Told)> {
        let mut asked = tokio::task::JoinSet::new();
        let mut told: Vec<Option<Told>> = Vec::with_capacity(portals.len());
        for (at, portal) in portals.iter().enumerate() {
            let remembered = self.remembered(portal, now);
            if remembered.is_none() {
                let (lines, portal) = (lines.clone(), portal.clone());
                asked.spawn(async move { (at, lines.offices(&portal).await) });
            }
            told.push(remembered);
        }
        while let Some(answer) = asked.join_next().await {
            let Ok((at, answer)) = answer else { continue };
            let answer = answer
                .inspect_err(|fault| tracing::info!(%fault, "a portal's offices are not known"))
                .ok()
                .map(|offices| Arc::new(offices.offices));
            if let (Some(portal), Some(place)) = (portals.get(at), told.get_mut(at)) {
                self.lock().insert(portal.clone(), (now, answer.clone()));
                *place = Some(answer);
            }
        }
        portals
            .iter()
            .cloned()
            .zip(told.into_iter().map(Option::flatten))
            .collect()
    }

    fn remembered(&self, portal: &Origin, now: i64) -> Option<Told> {
        let known = self.lock();
        let (at, told) = known.get(portal)?;
        let fresh = if told.is_some() { FRESH } else { RETRY };
        (*at..*at + fresh).contains(&now).then(|| told.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Origin, (i64, Told)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More browsers than one person uses.
const MOST: usize = 64;
/// Seconds.
const FRESH: i64 = 60;
/// Seconds until a portal that was not reached is asked again.
const RETRY: i64 = 3;
