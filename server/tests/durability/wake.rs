//! What only time brings to grants as it is killed, and the letters about it on their way out: what is left of both, and what
//! the next run makes of that.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casework::acquisition::Case;
use casework::review::Verdict;
use casework::time::Day;
use server::authority::crl::Period;
use server::authority::issue::Certifying;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::acquisition::Acquisition;
use server::desk::{CaseId, Desk};
use server::errand::Errands;
use server::errand::mail::{Mail, Mailer, Sending};
use server::office::{Office, TERMINALS_EXAMPLE};
use server::store::{OpenFault, Store, StoreAddress};

use crate::disk::Outcome;
use crate::examination::{CENTRE, Counter, day};
use crate::grant;
use crate::house::{House, Place, office};
use crate::invariant;
use crate::path::{Child, say};

/// The grants: one whose two months are over, and one of which the holder is reminded.
const FILE: &str = "grants";
/// What the child says when both were woken.
const WOKEN: &str = "woken";

/// Whether grants wait there.
pub(crate) fn waits(data: &Path) -> bool {
    data.join(FILE).exists()
}

/// Two applications, four weeks apart, and the day on which the second one's holder is reminded.
pub(crate) async fn prepare(house: House) -> House {
    let counter = Counter::of(house).await;
    let by = counter.officer("2001", CENTRE).await;
    let mut grants = Vec::new();
    for (on, name) in [(day(2026, 11, 24), "11110A"), (day(2026, 12, 22), "11110B")] {
        counter.house().it_is(at(on.plus(-4), 12));
        let case = counter.applied_for(on, &[name]).await;
        counter.decide(&by, case, Verdict::Approve).await.unwrap();
        counter.house().it_is(at(on, 7));
        counter.centre.desk.keep_mornings().await.unwrap();
        // They went out long ago.
        counter.letters(case).await;
        grants.push(counter.store().grants_of(&case.octets()).await.unwrap()[0].1.0);
    }
    counter.house().it_is(at(day(2027, 1, 25), 9));
    let file = counter.house().place.data.join(FILE);
    std::fs::write(file, serde_json::to_vec(&grants).unwrap()).unwrap();
    counter.centre.house
}

/// What the child does once it may.
pub(crate) fn begin(store: Store, keys: &Certifying, ahead: i64) -> impl Future<Output = ()> + Send + use<> {
    let clock = Clock::shifted(Arc::new(AtomicI64::new(ahead)));
    let desk = desk(&store, clock, Chance::seeded(1));
    let errands = errands(&desk, keys, Arc::new(Aloud));
    async move {
        match desk.wake_grants().await {
            Ok(2) => say(&format!("acknowledged {WOKEN}")),
            outcome => return say(&format!("failed {outcome:?}")),
        }
        match errands.run_due().await {
            Ok(2) => {}
            outcome => say(&format!("failed {outcome:?}")),
        }
    }
}

/// Opens what is left as any start does, wakes what was not woken, and sends what was not sent or of which that is not
/// known: each event has one letter, and each letter one Message-ID, however often it goes out.
pub(crate) async fn opened(child: &Child, outcome: &Outcome) -> Result<(Vec<String>, Vec<String>), OpenFault> {
    let address: StoreAddress = child.address.parse().unwrap();
    let store = Place::lasting(address.clone(), Path::new(&child.data)).open().await?;
    let ahead = child.ahead + i64::try_from(LEASE.as_secs()).unwrap();
    let desk = desk(
        &store,
        Clock::shifted(Arc::new(AtomicI64::new(ahead))),
        Chance::system(),
    );
    let [over, reminded] = kept(&child.data);
    let mut broken = invariant::broken(&store, &address).await;
    let before = letters(&store, [over, reminded]).await;
    let woken = desk.wake_grants().await.unwrap();
    let after = letters(&store, [over, reminded]).await;
    if woken + before.len() != 2 || after.len() != 2 || !before.is_subset(&after) {
        broken.push(format!("{before:?}, {woken} were woken, {after:?}"));
    }
    let sent = Arc::new(Kept::default());
    let errands = errands(
        &desk,
        &grant::certifying(&child.data),
        Arc::clone(&sent) as Arc<dyn Mailer>,
    );
    errands.run_due().await.unwrap();
    let again = sent.0.lock().unwrap().clone();
    let (mut missing, mut out) = (Vec::new(), again.clone());
    for told in &outcome.acknowledged {
        if told == WOKEN {
            missing.extend((before.len() != 2).then(|| told.clone()));
        } else {
            out.insert(told.clone());
        }
    }
    // A Message-ID is that of its row: whoever got a letter twice has it once.
    let named: BTreeSet<_> = out.iter().map(|id| id.get(1..33).unwrap().to_owned()).collect();
    if out.len() != 2 || named != after || desk.store().outbox().await.unwrap().waiting != 0 {
        broken.push(format!("{:?} and then {again:?} of {after:?}", outcome.acknowledged));
    }
    let states = (state(&desk, over).await, state(&desk, reminded).await);
    let told = (
        count(&store, over, "suspended").await,
        count(&store, reminded, "reminded").await,
    );
    if !matches!(states, (Case::Suspended { .. }, Case::Open { reminded: Some(28), .. })) || told != (1, 1) {
        broken.push(format!("{states:?} {told:?}"));
    }
    broken.extend(invariant::broken(&store, &address).await);
    store.close().await;
    Ok((missing, broken))
}

/// The rows of the letters about these grants, by what names them outside.
async fn letters(store: &Store, grants: [[u8; 16]; 2]) -> BTreeSet<String> {
    let mut letters = Vec::new();
    for grant in grants {
        let rows = store.errands_of(grant).await.unwrap();
        letters.extend(
            rows.into_iter()
                .map(|(row, _)| format!("{:032x}", u128::from_be_bytes(row.id))),
        );
    }
    let distinct: BTreeSet<_> = letters.iter().cloned().collect();
    assert_eq!(distinct.len(), letters.len());
    distinct
}

async fn state(desk: &Desk, grant: [u8; 16]) -> Case {
    let case: CaseId<Acquisition> = CaseId::from_octets(grant);
    desk.look(case).await.unwrap()
}

async fn count(store: &Store, grant: [u8; 16], event: &str) -> usize {
    let events = store.events(grant).await.unwrap();
    let named = |row: &&server::store::EventRow| row.name == event && row.refusal.is_none();
    events.iter().filter(named).count()
}

/// A mail server that the one who kills hears.
struct Aloud;

impl Mailer for Aloud {
    fn send<'m>(&'m self, mail: &'m Mail) -> Sending<'m> {
        say(&format!("acknowledged {}", message_id(mail)));
        Box::pin(async { Ok(()) })
    }
}

/// One that keeps the Message-ID of every mail.
#[derive(Default)]
struct Kept(Mutex<BTreeSet<String>>);

impl Mailer for Kept {
    fn send<'m>(&'m self, mail: &'m Mail) -> Sending<'m> {
        self.0.lock().unwrap().insert(message_id(mail));
        Box::pin(async { Ok(()) })
    }
}

/// As it stands in the mail's head.
fn message_id(mail: &Mail) -> String {
    let written = String::from_utf8(mail.message().unwrap().formatted()).unwrap();
    let head = written.lines().find_map(|line| line.strip_prefix("Message-ID: "));
    head.unwrap().to_owned()
}

fn errands(desk: &Desk, keys: &Certifying, mailer: Arc<dyn Mailer>) -> Errands {
    let period = Period {
        lives: Duration::from_hours(24),
        every: Duration::from_hours(1),
    };
    Errands::new(keys.registrar(desk), period, mailer)
}

fn desk(store: &Store, clock: Clock, chance: Chance) -> Desk {
    let offices = vec![office(), Office::from_toml(TERMINALS_EXAMPLE).unwrap()];
    Desk::new(store.clone(), clock, chance, offices)
}

fn kept(data: &Path) -> [[u8; 16]; 2] {
    serde_json::from_slice(&std::fs::read(data.join(FILE)).unwrap()).unwrap()
}

fn at(day: Day, hour: i64) -> casework::time::Instant {
    day.begins().plus_seconds(hour * 3_600)
}

/// Longer than the lease of an errand: what a killed process held is taken again.
const LEASE: Duration = Duration::from_mins(3);
