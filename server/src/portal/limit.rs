//! How often one may knock (A48).
//!
//! Two budgets that never touch: one for each address, which only visitors without a session spend, and one for each
//! session. Whoever has shown a card is therefore never held up by a neighbour, and everybody over a budget gets the
//! same answer, whatever was asked.

use governor::clock::{Clock as _, DefaultClock, QuantaInstant, Reference as _};
use governor::nanos::Nanos;
use governor::{DefaultKeyedRateLimiter, Quota};
use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What one may spend in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests without a session, from one address (one /64 of IPv6).
    pub strangers: NonZeroU32,
    /// Requests of one session.
    pub session: NonZeroU32,
    /// Calls of the agent for one card request.
    pub card_request: NonZeroU32,
    /// Calls with one token.
    pub token: NonZeroU32,
    /// Receipts that are looked up, from one address and of one number; and in a budget of their own logins by password,
    /// from one address and with one ID.
    pub look_up: NonZeroU32,
}

/// The budgets as they stand.
pub(crate) struct Gauge {
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    sessions: DefaultKeyedRateLimiter<[u8; 16]>,
    card_requests: DefaultKeyedRateLimiter<[u8; 16]>,
    tokens: DefaultKeyedRateLimiter<[u8; 16]>,
    askers: DefaultKeyedRateLimiter<IpAddr>,
    numbers: DefaultKeyedRateLimiter<u64>,
    comers: DefaultKeyedRateLimiter<IpAddr>,
    names: DefaultKeyedRateLimiter<[u8; 32]>,
    met: Mutex<Met>,
    swept: Mutex<QuantaInstant>,
    clock: DefaultClock,
}

/// Hashes of cookies and card requests that were found here: their next visit needs no stranger's budget. What is not
/// met for long is forgotten, at the price of one visit from that budget.
#[derive(Default)]
struct Met {
    young: HashSet<[u8; 32]>,
    old: HashSet<[u8; 32]>,
}

/// Over the budget, for so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u64);

impl Default for Limits {
    fn default() -> Self {
        Self {
            strangers: PER_ADDRESS,
            session: PER_SESSION,
            card_request: PER_CARD_REQUEST,
            token: PER_TOKEN,
            look_up: PER_LOOK_UP,
        }
    }
}

impl Gauge {
    pub(crate) fn new(limits: Limits) -> Self {
        let clock = DefaultClock::default();
        Self {
            strangers: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.strangers)),
            sessions: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.session)),
            card_requests: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.card_request)),
            tokens: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.token)),
            askers: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.look_up)),
            numbers: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.look_up)),
            comers: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.look_up)),
            names: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limits.look_up)),
            met: Mutex::default(),
            swept: Mutex::new(clock.now()),
            clock,
        }
    }

    /// A request without a session.
    pub(crate) fn stranger(&self, address: IpAddr) -> Result<(), Wait> {
        self.sweep();
        self.strangers
            .check_key(&network(address))
            .map_err(|until| self.wait(until))
    }

    /// Whoever names something that was not met here pays as a stranger before the store is asked for it, so that guessing
    /// names costs the guesser and not the store.
    pub(crate) fn named(&self, name: [u8; 32], address: IpAddr) -> Result<(), Wait> {
        if lock(&self.met).knows(name) {
            Ok(())
        } else {
            self.stranger(address)
        }
    }

    /// This name was found.
    pub(crate) fn meet(&self, name: [u8; 32]) {
        lock(&self.met).add(name);
    }

    /// What was met under this name is no more: whoever goes on asking for it guesses.
    pub(crate) fn part(&self, name: [u8; 32]) {
        lock(&self.met).forget(name);
    }

    /// A request of a session, by the mark that it keeps.
    pub(crate) fn session(&self, mark: [u8; 16]) -> Result<(), Wait> {
        self.sessions.check_key(&mark).map_err(|until| self.wait(until))
    }

    /// A call of the agent.
    pub(crate) fn card_request(&self, id: [u8; 16]) -> Result<(), Wait> {
        self.card_requests.check_key(&id).map_err(|until| self.wait(until))
    }

    /// A call with a token, by the mark that it keeps.
    pub(crate) fn token(&self, mark: [u8; 16]) -> Result<(), Wait> {
        self.tokens.check_key(&mark).map_err(|until| self.wait(until))
    }

    /// A receipt that is looked up: neither one address nor many of them guess their way to it (A18). A word that is no
    /// number costs the same.
    pub(crate) fn look_up(&self, address: IpAddr, number: u64) -> Result<(), Wait> {
        self.sweep();
        let asker = self.askers.check_key(&network(address));
        asker.map_err(|until| self.wait(until))?;
        self.numbers.check_key(&number).map_err(|until| self.wait(until))
    }

    /// A login by password, or a link that is asked for or opened: neither one address nor many of them guess their way into
    /// one account, whether or not it exists (A48).
    pub(crate) fn log_in(&self, address: IpAddr, name: [u8; 32]) -> Result<(), Wait> {
        self.sweep();
        let comer = self.comers.check_key(&network(address));
        comer.map_err(|until| self.wait(until))?;
        self.names.check_key(&name).map_err(|until| self.wait(until))
    }

    /// Forgets whoever has a full budget again, so that the tables stay as small as the traffic of a minute. By time: a
    /// flood must not pay for it with every request.
    fn sweep(&self) {
        let now = self.clock.now();
        {
            let mut swept = lock(&self.swept);
            if now.duration_since(*swept) < SWEEP_EVERY {
                return;
            }
            *swept = now;
        }
        self.strangers.retain_recent();
        self.sessions.retain_recent();
        self.card_requests.retain_recent();
        self.tokens.retain_recent();
        self.askers.retain_recent();
        self.numbers.retain_recent();
        self.comers.retain_recent();
        self.names.retain_recent();
    }

    fn wait(&self, until: governor::NotUntil<QuantaInstant>) -> Wait {
        Wait(until.wait_time_from(self.clock.now()).as_secs() + 1)
    }
}

impl Met {
    fn knows(&self, name: [u8; 32]) -> bool {
        self.young.contains(&name) || self.old.contains(&name)
    }

    fn forget(&mut self, name: [u8; 32]) {
        self.young.remove(&name);
        self.old.remove(&name);
    }

    fn add(&mut self, name: [u8; 32]) {
        if self.young.insert(name) && self.young.len() > MOST_REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

/// Nothing is left half done under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One household or office has one /64, and may use any of its addresses.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
    }
}

const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(600).unwrap();
const PER_SESSION: NonZeroU32 = NonZeroU32::new(240).unwrap();
const PER_TOKEN: NonZeroU32 = NonZeroU32::new(600).unwrap();
const PER_LOOK_UP: NonZeroU32 = NonZeroU32::new(20).unwrap();
const PER_CARD_REQUEST: NonZeroU32 = NonZeroU32::new(60).unwrap();
const MOST_REMEMBERED: usize = 50_000;
const SWEEP_EVERY: Nanos = Nanos::new(10_000_000_000);

#[cfg(test)]
mod tests {
    use super::*;

    fn few() -> Gauge {
        let two = NonZeroU32::new(2).unwrap();
        Gauge::new(Limits {
            strangers: two,
            session: two,
            card_request: two,
            token: two,
            look_up: two,
        })
    }

    #[test]
    fn a48_a_neighbour_who_floods_holds_up_no_session() {
        let gauge = few();
        let flood: IpAddr = "192.0.2.1".parse().unwrap();
        assert!((0..2).all(|_| gauge.stranger(flood).is_ok()));
        assert!(gauge.stranger(flood).is_err());
        assert!(gauge.session([1; 16]).is_ok());
        assert!(gauge.stranger("192.0.2.2".parse().unwrap()).is_ok());
    }

    #[test]
    fn one_network_of_ipv6_has_one_budget() {
        let gauge = few();
        for last in 1..=2 {
            assert!(gauge.stranger(format!("2001:db8::{last}").parse().unwrap()).is_ok());
        }
        assert!(gauge.stranger("2001:db8::3".parse().unwrap()).is_err());
        assert!(gauge.stranger("2001:db8:0:1::3".parse().unwrap()).is_ok());
    }
}
