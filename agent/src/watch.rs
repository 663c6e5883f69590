//! A session that ends when its card leaves the reader: the portal is told that the card is there, and at once when it is
//! gone (DESIGN §4).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use wire::card_request::WatchReport;

use crate::cards::{Cards, ShownCard};
use crate::local::Local;
use crate::origin::Origin;
use crate::portal::{Lines, ReportFault, RequestKey};
use crate::visit::Visit;

/// The watches that go on. They end with the agent, whose silence then tells the same.
#[derive(Default)]
pub(crate) struct Watches(Mutex<JoinSet<()>>);

/// One card in one stay in its reader, and who wants to know of it.
struct Watched {
    cards: Arc<Cards>,
    lines: Lines,
    portal: Origin,
    request: String,
    key: RequestKey,
    card: Arc<ShownCard>,
    every: Duration,
}

impl Local {
    /// Watches the card of a visit from now on, if its portal asked for that.
    pub(crate) fn watch(&self, visit: &Visit) {
        let state = visit.look();
        let (Some(watch), Some(card)) = (state.asked.watch, state.card.clone()) else {
            return;
        };
        let watched = Watched {
            cards: Arc::clone(&self.cards),
            lines: self.lines.clone(),
            portal: visit.portal.clone(),
            request: state.asked.id.clone(),
            key: visit.key.clone(),
            card,
            every: Duration::from_secs(u64::from(watch.every)).clamp(SHORTEST, LONGEST),
        };
        let mut watches = self.watches.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended are forgotten.
        while watches.try_join_next().is_some() {}
        watches.spawn(watched.go_on());
    }
}

impl Watched {
    async fn go_on(self) {
        let mut changes = self.cards.changes();
        loop {
            let is_there = self.is_there();
            let at = Instant::now();
            let next = if is_there {
                match self.report(WatchReport::Present).await {
                    Err(ReportFault::Over) => return,
                    // A report that did not arrive is followed by the next one.
                    Ok(()) | Err(ReportFault::Undelivered) => at + self.every,
                }
            } else {
                return self.say_gone(at).await;
            };
            loop {
                tokio::select! {
                    () = sleep_until(next) => break,
                    changed = changes.changed() => match changed {
                        Ok(()) if self.is_there() => {}
                        Ok(()) => break,
                        // Readers that nobody looks at any more hold no card that is known to be there.
                        Err(_) => return self.say_gone(at).await,
                    },
                }
            }
        }
    }

    /// Until it arrives, or the silence has told it.
    async fn say_gone(&self, since: Instant) {
        while let Err(ReportFault::Undelivered) = self.report(WatchReport::Gone).await {
            if since.elapsed() > self.every * SILENCE {
                return;
            }
            sleep_until(Instant::now() + SHORTEST).await;
        }
    }

    async fn report(&self, report: WatchReport) -> Result<(), ReportFault> {
        self.lines.report(&self.portal, &self.request, &self.key, report).await
    }

    fn is_there(&self) -> bool {
        self.cards.seen().holds(&self.card.place)
    }
}

/// A portal that wishes to hear more often does not.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(1);
/// After so many missing reports the portal takes the card to be gone.
const SILENCE: u32 = 3;
