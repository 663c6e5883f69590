//! Stands at the reader: the local agent of Kagimori (DESIGN §4).
//!
//! A portal sends the browser here with the name of a card request.
//! The agent fetches the request from that portal, shows who asks and what will be signed, asks the PIN on its own page, lets the card sign, and sends the browser back.
//! The PIN stays between the holder, this process and the card.
//!
//! [`Agent`] and [`serve`] are the whole of that; [`virtual_card`] plays a card where there is none.
//!
//! [`app`] and [`kiosk`] are two screens of their own for 署名用暗証番号の初期化・再設定: where a holder reserves it, and where the
//! new password goes into the card.

#![forbid(unsafe_code)]

mod acquisition;
pub mod app;
mod asked;
mod calendar;
mod cards;
pub mod chance;
pub mod clock;
pub mod doctor;
mod form;
mod guard;
pub mod home;
mod kept;
pub mod kiosk;
mod listen;
mod local;
pub mod origin;
mod pages;
pub mod pin_reset;
pub mod platform;
mod portal;
pub mod tokens;
pub mod virtual_card;
mod visit;
mod watch;
mod words;
mod work;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use clock::Clock;
pub use home::Home;
pub use listen::Listeners;
pub use local::Agent;
pub use origin::Origin;

use local::Local;

/// Why the agent could not begin to serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// The system's root certificates or the TLS library cannot be used.
    #[error("no TLS: {0}; check the system's root certificates")]
    Tls(#[from] reqwest::Error),
}

/// Serves the agent's pages until `ended` is ready, then lets the requests under way finish within two seconds.
pub async fn serve(agent: Agent, listeners: Listeners, ended: impl Future<Output = ()>) -> Result<(), ServeFault> {
    let local = Arc::new(Local::new(agent)?);
    let (end, told) = tokio::sync::watch::channel(false);
    let pages = pages::routes(Arc::clone(&local), listeners.port());
    let mut changes = local.cards.changes();
    let watched = async {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                changed = changes.changed() => {
                    if changed.is_err() {
                        // The readers are watched no more: no card can be known to have stayed.
                        local.kept.wipe();
                        std::future::pending::<()>().await;
                    }
                    local.kept.look(&local.cards.seen());
                }
                _ = tick.tick() => {
                    let now = local.clock.now();
                    local.kept.expire(now);
                    for session in local.visits.expire(now) {
                        local.kept.end(&session);
                    }
                }
            }
        }
    };
    let served = listeners.serve(pages, told);
    let stop = async {
        ended.await;
        // Nobody listens any more only when serving has ended already.
        let _ = end.send(true);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = served => {}
        () = watched => {}
        () = stop => {}
    }
    local.kept.wipe();
    Ok(())
}

const TICK: Duration = Duration::from_secs(1);
