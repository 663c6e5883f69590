//! The work that comes due by time alone: lists, responders, what a crash left to be signed, and what nobody came back
//! for.
//!
//! Each piece of it fails alone: a key that does not open, a list that cannot be made, a row that does not read hold up
//! nothing but themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use casework::certificate::Shard;
use casework::identity::{Authority as Name, CertificateId};

use crate::authority::AuthorityFault;
use crate::authority::crl::Period;
use crate::authority::issue::{IMPORTED, Registrar};
use crate::config;
use crate::enrolment;
use crate::metrics::Metrics;
use crate::portal;

/// Keeps a node's authorities, its outbox and its sessions in order.
pub(super) struct Upkeep {
    registrar: Registrar,
    period: Period,
    metrics: Metrics,
    /// How long sessions live.
    sessions: config::Portal,
    /// What was intended and not bound, with how many rounds in a row it was seen so.
    unbound: BTreeMap<CertificateId, u32>,
    setbacks: Setbacks,
}

/// A piece of the work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Open(Name),
    Lists(Name),
    List(Name, Shard),
    Responder(Name),
    Sign(CertificateId),
    Authorities,
    Intents,
    Outbox,
    Sessions,
    Cases,
    /// Applications that were given back and not answered.
    Unanswered,
    /// Applications whose day has come.
    Mornings,
    /// What is left of them.
    MorningsDue,
    Texts,
    /// Grants of terminals that time has something to do with.
    Grants,
    /// Reservations that are written of.
    Reservations,
    /// Transactions of CMP that nothing can repeat any more.
    Transactions,
    Holders,
}

/// What failed lately waits: one round, then two, then four, so that what cannot succeed costs little.
#[derive(Default)]
struct Setbacks(BTreeMap<Task, Setback>);

struct Setback {
    failures: u32,
    rounds_left: u32,
}

impl Upkeep {
    pub(super) fn new(registrar: Registrar, period: Period, metrics: Metrics, sessions: config::Portal) -> Self {
        Self {
            registrar,
            period,
            metrics,
            sessions,
            unbound: BTreeMap::new(),
            setbacks: Setbacks::default(),
        }
    }

    /// The first round, before anybody is answered. `Err` if none of the authorities opens: then it is not one key that
    /// is wrong but the passphrase.
    pub(super) async fn begin(&mut self) -> Result<(), AuthorityFault> {
        let store = self.registrar.desk.store();
        let mut closed = None;
        for name in self.registrar.keyring.names(store).await? {
            match self.registrar.keyring.authority(store, &name.0).await {
                Ok(_) => {
                    closed = None;
                    break;
                }
                Err(fault) => closed = closed.or(Some(fault)),
            }
        }
        if let Some(fault) = closed {
            return Err(fault);
        }
        self.round().await;
        Ok(())
    }

    pub(super) async fn keep_up(mut self) {
        loop {
            tokio::time::sleep(BETWEEN_ROUNDS).await;
            self.round().await;
        }
    }

    async fn round(&mut self) {
        self.setbacks.begin_round();
        let registrar = self.registrar.clone();
        let store = registrar.desk.store();
        let names = registrar.keyring.names(store);
        let names = self.setbacks.attempt(Task::Authorities, names).await;
        for name in names.unwrap_or_default() {
            self.keep_authority(&registrar, name).await;
        }
        self.resume(&registrar).await;
        let outbox = self.setbacks.attempt(Task::Outbox, store.outbox()).await;
        let now = registrar.desk.clock().now();
        if let Some(outbox) = outbox {
            self.metrics.errands.set(outbox.waiting);
            self.metrics.letters_failed.set(outbox.failed);
            let age = outbox.oldest.map_or(0, |oldest| now.0 - oldest.0);
            self.metrics.errand_age.set(age);
        }
        let sweep = portal::sweep(store, self.sessions.idle, self.sessions.session, now);
        self.setbacks.attempt(Task::Sessions, sweep).await;
        let transactions = enrolment::sweep(store, now);
        self.setbacks.attempt(Task::Transactions, transactions).await;
        let cases = registrar.desk.abandon_unfinished(self.sessions.idle);
        self.setbacks.attempt(Task::Cases, cases).await;
        let unanswered = registrar.desk.lapse_unanswered();
        self.setbacks.attempt(Task::Unanswered, unanswered).await;
        let mornings = registrar.desk.keep_mornings();
        self.setbacks.attempt(Task::Mornings, mornings).await;
        let due = self.setbacks.attempt(Task::MorningsDue, registrar.desk.mornings_due());
        if let Some(due) = due.await {
            self.metrics.mornings_due.set(i64::try_from(due).unwrap_or(i64::MAX));
        }
        let grants = registrar.desk.wake_grants();
        self.setbacks.attempt(Task::Grants, grants).await;
        let reservations = registrar.desk.wake_reservations();
        self.setbacks.attempt(Task::Reservations, reservations).await;
        let texts = registrar.desk.forget_unsigned_texts(self.sessions.session);
        self.setbacks.attempt(Task::Texts, texts).await;
        // A million old certificates take some ten minutes, and whatever is written meanwhile comes between.
        for _ in 0..BATCHES {
            let more = self.setbacks.attempt(Task::Holders, store.name_holders()).await;
            if more != Some(true) {
                break;
            }
        }
    }

    async fn keep_authority(&mut self, registrar: &Registrar, name: Name) {
        let opened = registrar.keyring.authority(registrar.desk.store(), &name.0);
        let Some(authority) = self.setbacks.attempt(Task::Open(name.clone()), opened).await else {
            return;
        };
        let shards = registrar.shards_of(&name);
        let shards = self.setbacks.attempt(Task::Lists(name.clone()), shards).await;
        for shard in shards.unwrap_or_default() {
            let work = registrar.publish_if_due(&authority, shard, self.period);
            self.setbacks.attempt(Task::List(name.clone(), shard), work).await;
        }
        let renewed = registrar.renew_responder(&authority);
        if self.setbacks.attempt(Task::Responder(name.clone()), renewed).await == Some(true) {
            tracing::info!(authority = name.0, "an OCSP responder was issued");
        }
    }

    /// Who is issuing at this moment, here or in a command, is left alone: only what stayed unbound for a minute is
    /// taken for what a crash left.
    async fn resume(&mut self, registrar: &Registrar) {
        let intended = registrar.desk.store().intended_certificates();
        let Some(intended) = self.setbacks.attempt(Task::Intents, intended).await else {
            return;
        };
        let before = std::mem::take(&mut self.unbound);
        // Somebody else's signature cannot be made here: the import is finished by doing it again.
        for row in intended.into_iter().filter(|row| row.profile != IMPORTED) {
            let rounds = before
                .get(&row.certificate)
                .map_or(1, |rounds| rounds.saturating_add(1));
            if rounds >= ROUNDS_UNBOUND {
                let work = registrar.resume(&row);
                self.setbacks.attempt(Task::Sign(row.certificate.clone()), work).await;
            }
            self.unbound.insert(row.certificate, rounds);
        }
    }
}

impl Setbacks {
    fn begin_round(&mut self) {
        for setback in self.0.values_mut() {
            setback.rounds_left = setback.rounds_left.saturating_sub(1);
        }
    }

    /// Does the work, unless its last failure was too lately. A failure is told here, to the operator.
    async fn attempt<T, E: Into<AuthorityFault>>(
        &mut self,
        task: Task,
        work: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        if self.0.get(&task).is_some_and(|setback| setback.rounds_left > 0) {
            return None;
        }
        match work.await {
            Ok(done) => {
                self.0.remove(&task);
                Some(done)
            }
            Err(fault) => {
                let fault = fault.into();
                tracing::error!(?task, %fault, "this could not be kept up; all else goes on");
                let setback = self.0.entry(task).or_insert(Setback {
                    failures: 0,
                    rounds_left: 0,
                });
                setback.rounds_left = 1 << setback.failures.min(MOST_DOUBLINGS);
                setback.failures += 1;
                None
            }
        }
    }
}

/// How often it is looked whether something is due. A list is due hours before its nextUpdate.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(5);

/// How many batches of holders' names are entered in a round, while any are missing.
const BATCHES: usize = 20;

/// A minute of rounds.
const ROUNDS_UNBOUND: u32 = 12;

/// What fails for long is tried every five minutes: 64 rounds.
const MOST_DOUBLINGS: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[tokio::test]
    async fn what_fails_is_tried_ever_less_often_and_holds_up_nothing_else() {
        let mut setbacks = Setbacks::default();
        let name = Name("mihon".to_owned());
        let (mut tried, mut done) = (Vec::new(), 0);
        for round in 0..300 {
            setbacks.begin_round();
            let fails = async {
                tried.push(round);
                Err::<(), _>(Fault::Contended)
            };
            setbacks.attempt(Task::List(name.clone(), Shard(0)), fails).await;
            let works = async { Ok::<_, Fault>(()) };
            done += usize::from(
                setbacks
                    .attempt(Task::List(name.clone(), Shard(1)), works)
                    .await
                    .is_some(),
            );
        }
        assert_eq!(tried, [0, 1, 3, 7, 15, 31, 63, 127, 191, 255]);
        assert_eq!(done, 300);
    }
}
