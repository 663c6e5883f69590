//! A visit: one card request, in one browser, from its claim to the way back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card::{CardFault, TriesLeft};
use tokio::sync::watch;
use wire::card_request::{Answer, PinRule};
use wire::code::Code;
use wire::office::{Language, Text};

use crate::acquisition::{Acquiring, Done, PlaceFault};
use crate::asked::Asked;
use crate::cards::ShownCard;
use crate::kept::Session;
use crate::origin::Origin;
use crate::portal::RequestKey;

/// One card request in one browser.
pub(crate) struct Visit {
    /// Names it in the agent's own forms.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) browser: String,
    pub(crate) portal: Origin,
    pub(crate) key: RequestKey,
    state: Mutex<State>,
    /// Counts the changes, for pages that wait.
    version: watch::Sender<u64>,
}

/// What changes during a visit.
pub(crate) struct State {
    pub(crate) asked: Asked,
    pub(crate) language: Language,
    pub(crate) form: FormToken,
    pub(crate) stage: Stage,
    /// What to tell on the next page.
    pub(crate) notice: Option<Notice>,
    /// The card that was presented last.
    pub(crate) card: Option<Arc<ShownCard>>,
    /// The card that was swapped out: the next one must be another.
    pub(crate) before: Option<Arc<ShownCard>>,
    /// 担当者, as it was entered last.
    pub(crate) person: String,
    /// How the portal says that this card's PIN looks.
    pub(crate) rule: PinRule,
    /// How far an acquisition is.
    pub(crate) acquiring: Acquiring,
}

/// Where a visit stands.
pub(crate) enum Stage {
    /// The holder's turn; the step says which page.
    Holder,
    /// The card's or the portal's turn.
    Working,
    /// The card has answered, and the answer may not have arrived: it can be sent again as it is.
    Unsent(Answer),
    /// The portal said no.
    Refused {
        code: Code,
        /// What happened.
        what: Text,
        /// What to do.
        next: Text,
        again: Again,
    },
    /// It cannot go on from here.
    Over(Code),
    /// All is said; the browser belongs there.
    Back(String),
    /// A certificate is where it belongs, and the portal knows it.
    Installed(Box<Done>),
}

/// Whether another card may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Yes,
    No,
}

/// Something to tell the holder beside the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The card or the reader.
    Card(CardFault),
    /// What was typed cannot be a PIN of this card.
    PinFormat,
    /// The PIN of the card before is not this card's; so many tries are left.
    PinDiffers(TriesLeft),
    /// The card before is in the reader again, where another one is wanted (R110).
    SameCard,
    /// The 担当者 is too long, or not one line.
    Person,
    /// The form was not the current one.
    Stale,
    /// The PIN that was kept is gone.
    PinGone,
    /// The place of a key.
    Place(PlaceFault),
    /// The test of a certificate failed.
    Test(Code),
    /// No place was chosen, or one that has left.
    NoPlace,
}

/// The one-time token of a form.
pub(crate) struct FormToken {
    current: String,
    spent: Option<String>,
}

/// What a posted token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// It was the current one, and is now used up.
    Now,
    /// It was used by the submission before: a second click.
    Before,
    /// It belongs to no page that is current.
    Stale,
}

impl Visit {
    pub(crate) fn new(browser: String, portal: Origin, key: RequestKey, asked: Asked) -> Self {
        let rule = asked.pin.clone();
        Self {
            id: crate::chance::token(),
            browser,
            portal,
            key,
            state: Mutex::new(State {
                language: asked.language,
                asked,
                form: FormToken::draw(),
                stage: Stage::Holder,
                notice: None,
                card: None,
                before: None,
                person: String::new(),
                rule,
                acquiring: Acquiring::default(),
            }),
            version: watch::Sender::new(1),
        }
    }

    /// The state, to look at.
    pub(crate) fn look(&self) -> MutexGuard<'_, State> {
        // The stages are replaced whole: a panic leaves none half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells those who wait.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.look());
        self.version.send_modify(|version| *version += 1);
        outcome
    }

    pub(crate) fn version(&self) -> u64 {
        *self.version.borrow()
    }

    pub(crate) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    pub(crate) fn session(&self) -> Session {
        Session {
            portal: self.portal.clone(),
            mark: self.look().asked.session_mark.clone(),
        }
    }
}

impl FormToken {
    pub(crate) fn draw() -> Self {
        Self {
            current: crate::chance::token(),
            spent: None,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.current
    }

    /// Uses it up, if it is the current one.
    pub(crate) fn spend(&mut self, posted: &str) -> Spent {
        // Constant time is not needed: a token is guessed once, and then it is another one.
        if posted == self.current {
            self.spent = Some(std::mem::replace(&mut self.current, crate::chance::token()));
            Spent::Now
        } else if self.spent.as_deref() == Some(posted) {
            Spent::Before
        } else {
            Spent::Stale
        }
    }
}

/// The visits and browsers that the agent knows, in memory only.
#[derive(Default)]
pub(crate) struct Visits(Mutex<Vec<Arc<Visit>>>);

impl Visits {
    pub(crate) fn begin(&self, visit: Visit) -> Arc<Visit> {
        let visit = Arc::new(visit);
        let mut visits = self.lock();
        if visits.len() >= MOST {
            visits.remove(0);
        }
        visits.push(Arc::clone(&visit));
        visit
    }

    /// The visit of this browser for this request.
    pub(crate) fn of_request(&self, browser: &str, portal: &Origin, id: &str) -> Option<Arc<Visit>> {
        self.lock()
            .iter()
            .find(|visit| visit.browser == browser && visit.portal == *portal && visit.look().asked.id == id)
            .cloned()
    }

    /// The visit that a form of this browser names.
    pub(crate) fn of_form(&self, browser: &str, visit: &str) -> Option<Arc<Visit>> {
        self.lock()
            .iter()
            .find(|known| known.browser == browser && known.id == visit)
            .cloned()
    }

    /// The browser's holder chose a language.
    pub(crate) fn speak(&self, browser: &str, language: Language) {
        for visit in self.lock().iter().filter(|visit| visit.browser == browser) {
            visit.change(|state| state.language = language);
        }
    }

    /// Ends the visits whose time is over, and names their sessions; forgets them some time later.
    pub(crate) fn expire(&self, now: i64) -> Vec<Session> {
        let mut visits = self.lock();
        visits.retain(|visit| visit.look().asked.expires_at + REMEMBERED > now);
        let late: Vec<Arc<Visit>> = visits
            .iter()
            .filter(|visit| {
                let state = visit.look();
                state.asked.expires_at <= now
                    && match state.stage {
                        Stage::Holder | Stage::Refused { .. } => true,
                        // The portal may have taken the answer: sending it again tells.
                        Stage::Working | Stage::Unsent(_) | Stage::Over(_) | Stage::Back(_) | Stage::Installed(_) => {
                            false
                        }
                    }
            })
            .cloned()
            .collect();
        drop(visits);
        late.iter()
            .map(|visit| {
                visit.change(|state| state.stage = Stage::Over(Code::Timeout));
                visit.session()
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Visit>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More than any person has open at once.
const MOST: usize = 32;
/// Seconds for which an ended visit can still say that it has ended.
const REMEMBERED: i64 = 15 * 60;
