//! The kills, and their controls.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use casework::revocation::Case;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::Desk;
use server::desk::revocation::Revocation;
use server::store::{Behind, OpenFault, STORAGE_FAILED, StoreAddress};

use crate::acquisition;
use crate::cluster::Cluster;
use crate::disk::{self, Disk, Outcome};
use crate::ends;
use crate::house::{House, Place, office};
use crate::invariant;
use crate::keys;
use crate::morning;
use crate::path::{Child, Waiting};
use crate::{pin_reset, renewal, wake};

/// So many confirms share the transaction that is killed.
const AT_ONCE: usize = 3;
/// So many children at a time.
const WORKERS: usize = 2;
/// Where it is set, no point of any list is passed over (`./test long`).
const ALL: &str = "KAGIMORI_KILLS_ALL";

pub(crate) fn at_every_point_on_sqlite() {
    at_every_point(&Prepared::on_sqlite(1), "SQLite", POINTS_ON_SQLITE);
    // Several share one transaction.
    at_every_point(
        &Prepared::on_sqlite(AT_ONCE),
        "SQLite, several at once",
        POINTS_OF_SEVERAL,
    );
}

pub(crate) fn of_an_acquisition_on_sqlite() {
    at_every_point(
        &Prepared::alone_on_sqlite(What::Acquisition),
        "SQLite, an acquisition",
        POINTS_OF_AN_ACQUISITION,
    );
}

pub(crate) fn of_an_acquisition_on_postgres() {
    let cluster = Cluster::new();
    let prepared = Prepared::alone_on_postgres(&cluster, What::Acquisition);
    at_every_point(
        &prepared,
        "PostgreSQL, an acquisition",
        POINTS_OF_AN_ACQUISITION_ON_POSTGRES,
    );
}

pub(crate) fn of_a_renewal_on_sqlite() {
    let prepared = Prepared::alone_on_sqlite(What::Renewal);
    at_every_point(&prepared, "SQLite, a renewal", POINTS_OF_A_RENEWAL);
}

pub(crate) fn of_a_renewal_on_postgres() {
    let cluster = Cluster::new();
    let prepared = Prepared::alone_on_postgres(&cluster, What::Renewal);
    at_every_point(&prepared, "PostgreSQL, a renewal", POINTS_OF_A_RENEWAL_ON_POSTGRES);
}

pub(crate) fn of_grants_that_wake_on_sqlite() {
    let prepared = Prepared::alone_on_sqlite(What::Wake);
    at_every_point(&prepared, "SQLite, grants that wake", POINTS_OF_A_WAKE);
}

pub(crate) fn of_grants_that_wake_on_postgres() {
    let cluster = Cluster::new();
    let prepared = Prepared::alone_on_postgres(&cluster, What::Wake);
    at_every_point(&prepared, "PostgreSQL, grants that wake", POINTS_OF_A_WAKE_ON_POSTGRES);
}

pub(crate) fn of_a_reset_on_sqlite() {
    let prepared = Prepared::alone_on_sqlite(What::Reset);
    at_every_point(&prepared, "SQLite, a reset", POINTS_OF_A_RESET);
}

pub(crate) fn of_a_reset_on_postgres() {
    let cluster = Cluster::new();
    let prepared = Prepared::alone_on_postgres(&cluster, What::Reset);
    along(&prepared, "PostgreSQL, a reset", POINTS_OF_A_RESET_ON_POSTGRES, step());
}

pub(crate) fn of_ends_of_resets_on_sqlite() {
    let prepared = Prepared::alone_on_sqlite(What::Ends);
    at_every_point(&prepared, "SQLite, ends of resets", POINTS_OF_ENDS);
}

pub(crate) fn of_ends_of_resets_on_postgres() {
    let cluster = Cluster::new();
    let prepared = Prepared::alone_on_postgres(&cluster, What::Ends);
    along(
        &prepared,
        "PostgreSQL, ends of resets",
        POINTS_OF_ENDS_ON_POSTGRES,
        step(),
    );
}

pub(crate) fn of_a_morning_on_sqlite() {
    let prepared = Prepared::alone_on_sqlite(What::Morning);
    at_every_point(&prepared, "SQLite, a morning", POINTS_OF_A_MORNING);
}

pub(crate) fn of_a_morning_on_postgres() {
    let cluster = Cluster::new();
    let prepared = Prepared::alone_on_postgres(&cluster, What::Morning);
    at_every_point(&prepared, "PostgreSQL, a morning", POINTS_OF_A_MORNING_ON_POSTGRES);
}

pub(crate) fn control_of_a_morning() {
    let prepared = Prepared::alone_on_sqlite(What::Morning);
    let child = prepared.child("lied to");
    let outcome = disk::run(&child, Disk::Lies, || ());
    assert_eq!(outcome.acknowledged.len(), 1);
    disk::lose_what_was_not_synced(&child.data);
    let (missing, _) = opened(&child, &outcome).unwrap();
    assert_eq!(missing.len(), 1, "a disk that lies must lose what this test looks for");
}

pub(crate) fn at_every_point_on_postgres() {
    let cluster = Cluster::new();
    at_every_point(&Prepared::on_postgres(&cluster, 1), "PostgreSQL", POINTS_ON_POSTGRES);
}

fn at_every_point(prepared: &Prepared<'_>, database: &str, expected: RangeInclusive<usize>) {
    along(prepared, database, expected, 1);
}

/// So many points of a long list lie between one kill and the next. A question to PostgreSQL has three of them, which does not
/// divide the step: each kind comes up.
fn step() -> usize {
    if std::env::var_os(ALL).is_some() { 1 } else { 7 }
}

/// Kills at the first point, and at each that is so many after the one before.
fn along(prepared: &Prepared<'_>, database: &str, expected: RangeInclusive<usize>, step: usize) {
    let calls = prepared.list();
    assert!(
        expected.contains(&calls.len()),
        "{} points instead of {expected:?}; the write path has changed: look at the list, then at these bounds",
        calls.len()
    );
    let (acknowledged, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let _rest = Rest(&next, calls.len());
                while let Some((call, name)) = calls
                    .get(next.fetch_add(step, Relaxed))
                    .and_then(|name| name.split_once(' '))
                {
                    let (child, outcome) = killed_at(prepared, &calls, (call, name));
                    killed.fetch_add(1, Relaxed);
                    acknowledged.fetch_add(outcome.acknowledged.len(), Relaxed);
                    disk::lose_what_was_not_synced(&child.data);
                    let (missing, broken) = opened(&child, &outcome).unwrap();
                    assert!(
                        missing.is_empty() && broken.is_empty(),
                        "killed before {call} {name}: {missing:?}, {broken:?}"
                    );
                    prepared.forget(&child);
                }
            });
        }
    });
    let (acknowledged, killed) = (acknowledged.into_inner(), killed.into_inner());
    println!(
        "{killed} kills on {database} at {} points, {acknowledged} acknowledged, none lost",
        calls.len()
    );
    assert_eq!(
        killed,
        calls.len().div_ceil(step),
        "every point that was meant was reached, and killed there"
    );
    assert!(
        acknowledged >= prepared.acknowledgements,
        "the last kills come after acknowledgements"
    );
}

/// What is left of a list when something was found: nothing, for nobody.
struct Rest<'a>(&'a AtomicUsize, usize);

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(self.1, Relaxed);
        }
    }
}

/// A child that was killed before this call of the list, on the listed way to it.
fn killed_at(prepared: &Prepared<'_>, calls: &[String], (call, name): (&str, &str)) -> (Child, Outcome) {
    let child = prepared.child(&format!("killed_{call}"));
    let outcome = disk::run(&child, Disk::KillsBefore(call.parse().unwrap()), || ());
    assert!(
        outcome.was_killed() && outcome.calls.len().to_string() == call && calls.starts_with(&outcome.calls),
        "{call} {name} was not reached on the listed way: {:?} after {:#?}",
        outcome.status,
        outcome.calls
    );
    (child, outcome)
}

pub(crate) fn control_on_sqlite() {
    let prepared = Prepared::on_sqlite(AT_ONCE);
    let child = prepared.child("lied to");
    let outcome = disk::run(&child, Disk::Lies, || ());
    assert_eq!(outcome.acknowledged.len(), AT_ONCE);
    disk::lose_what_was_not_synced(&child.data);
    let (missing, _) = opened(&child, &outcome).unwrap();
    assert_eq!(
        missing.len(),
        AT_ONCE,
        "a disk that lies must lose what this test looks for"
    );
}

pub(crate) fn a_failing_disk_stops_the_process() {
    let prepared = Prepared::on_sqlite(1);
    let calls = prepared.list();
    let mut stopped = 0;
    for (call, name) in calls.iter().enumerate().filter(|(_, name)| !name.ends_with("stdout")) {
        let child = prepared.child("failing");
        let outcome = disk::run(&child, Disk::FailsFrom(call + 1), || ());
        assert_eq!(outcome.status.code(), Some(STORAGE_FAILED), "{name} failed");
        disk::lose_what_was_not_synced(&child.data);
        let (missing, broken) = opened(&child, &outcome).unwrap();
        assert!(
            missing.is_empty() && broken.is_empty(),
            "{name} failed: lost {missing:?}, {broken:?}"
        );
        assert_eq!(outcome.acknowledged, Vec::<String>::new(), "{name} failed");
        stopped += 1;
    }
    println!("{stopped} failures of the disk, {stopped} stops");
    assert!(stopped >= 20, "the log is written, synced, and the journal after it");
}

pub(crate) fn of_postgres_itself() {
    let mut cluster = Cluster::new();
    let prepared = Prepared::on_postgres(&cluster, AT_ONCE);
    let child = prepared.child("power_cut");
    let outcome = disk::run(&child, Disk::Sound, || ());
    cluster.kill();
    cluster.start();
    assert_eq!(outcome.acknowledged.len(), AT_ONCE);
    let (missing, broken) = opened(&child, &outcome).unwrap();
    assert!(missing.is_empty() && broken.is_empty(), "lost {missing:?}, {broken:?}");
}

pub(crate) fn control_on_postgres() {
    let mut cluster = Cluster::new();
    let prepared = Prepared::on_postgres(&cluster, AT_ONCE);
    let child = prepared.child("not_synced");
    // The product refuses to start on a server that does not sync; this one stops to when it runs already.
    let outcome = disk::run(&child, Disk::Sound, || {
        cluster.sql("postgres", "ALTER SYSTEM SET synchronous_commit = off");
        cluster.sql("postgres", "SELECT pg_reload_conf()");
        std::thread::park_timeout(std::time::Duration::from_millis(500));
    });
    cluster.kill();
    assert_eq!(outcome.acknowledged.len(), AT_ONCE);
    cluster.start();
    match opened(&child, &outcome) {
        Err(OpenFault::NotDurable {
            setting: "synchronous_commit",
        }) => {}
        opened => panic!("{:?}", opened.map(|_| ())),
    }
    cluster.sql("postgres", "ALTER SYSTEM RESET synchronous_commit");
    cluster.sql("postgres", "SELECT pg_reload_conf()");
    std::thread::park_timeout(std::time::Duration::from_millis(500));
    // The database lost what was acknowledged; the journal beside it knows, and nothing is served.
    match opened(&child, &outcome) {
        Err(OpenFault::Behind(Behind::Database { journal, database, .. })) => assert!(database < journal),
        opened => panic!(
            "a server that does not sync must lose what this test looks for: {:?}",
            opened.map(|_| ())
        ),
    }
}

/// What waits to be done.
#[derive(Clone, Copy)]
enum What {
    /// So many applications, for their signatures.
    Confirms(usize),
    /// A grant, for its codes.
    Acquisition,
    /// A reissue, for the morning of its day.
    Morning,
    /// A terminal's certificate, for its renewal and for the word that the next one works.
    Renewal,
    /// Two grants, for what time brings, and its two letters.
    Wake,
    /// A citizen's card, for a reset from the consent to the receipt.
    Reset,
    /// Four citizens' cards, each for an end of its reservation.
    Ends,
}

/// A place where applications wait, to be copied for each run.
struct Prepared<'a> {
    place: tempfile::TempDir,
    cluster: Option<&'a Cluster>,
    acknowledgements: usize,
    ahead: i64,
}

impl<'a> Prepared<'a> {
    fn on_sqlite(applications: usize) -> Self {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("prepared");
        Self::at(
            place,
            StoreAddress::Sqlite(data.join("kagimori.db")),
            What::Confirms(applications),
            None,
        )
    }

    fn on_postgres(cluster: &'a Cluster, applications: usize) -> Self {
        cluster.sql("postgres", "CREATE DATABASE prepared");
        let address = StoreAddress::Postgres(cluster.url("prepared"));
        Self::at(
            tempfile::tempdir().unwrap(),
            address,
            What::Confirms(applications),
            Some(cluster),
        )
    }

    /// One thing that is done alone.
    fn alone_on_sqlite(what: What) -> Self {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("prepared");
        Self::at(place, StoreAddress::Sqlite(data.join("kagimori.db")), what, None)
    }

    fn alone_on_postgres(cluster: &'a Cluster, what: What) -> Self {
        cluster.sql("postgres", "CREATE DATABASE prepared");
        let address = StoreAddress::Postgres(cluster.url("prepared"));
        Self::at(tempfile::tempdir().unwrap(), address, what, Some(cluster))
    }

    fn at(place: tempfile::TempDir, address: StoreAddress, what: What, cluster: Option<&'a Cluster>) -> Self {
        let data = place.path().join("prepared");
        std::fs::create_dir(&data).unwrap();
        let ahead = block_on(async {
            let house = House::at(Place::lasting(address, &data)).await;
            keys::open_at_once(&house).await;
            let house = match what {
                What::Confirms(count) => {
                    Waiting::prepare(&house, count).await;
                    house
                }
                What::Acquisition => {
                    acquisition::prepare(&house).await;
                    house
                }
                What::Morning => morning::prepare(house).await,
                What::Renewal => {
                    renewal::prepare(&house).await;
                    house
                }
                What::Wake => wake::prepare(house).await,
                What::Reset => pin_reset::prepare(house).await,
                What::Ends => ends::prepare(house).await,
            };
            let ahead = house.ahead();
            house.stop().await;
            ahead
        });
        Self {
            place,
            cluster,
            acknowledgements: match what {
                What::Confirms(count) => count,
                What::Acquisition | What::Morning => 1,
                What::Renewal => 2,
                What::Wake => 3,
                What::Ends => 4,
                What::Reset => 6,
            },
            ahead,
        }
    }

    /// A fresh copy, on which a child may run.
    fn child(&self, name: &str) -> Child {
        let data: PathBuf = self.place.path().join(name);
        disk::copy(&self.place.path().join("prepared"), &data);
        let address = match self.cluster {
            None => format!("sqlite://{}", data.join("kagimori.db").display()),
            Some(cluster) => {
                cluster.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE prepared"));
                cluster.url(name)
            }
        };
        Child {
            address,
            data,
            ahead: self.ahead,
        }
    }

    /// Makes room for the next copies.
    fn forget(&self, child: &Child) {
        std::fs::remove_dir_all(&child.data).unwrap();
        if let (Some(cluster), Some((_, database))) = (self.cluster, child.data.to_str().unwrap().rsplit_once('/')) {
            // The connections of a killed child may not have noticed yet.
            cluster.sql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"));
        }
    }

    /// Every call that leaves the process between the request and its acknowledgement.
    fn list(&self) -> Vec<String> {
        let outcome = disk::run(&self.child("listed"), Disk::Sound, || ());
        assert_eq!(outcome.acknowledged.len(), self.acknowledgements);
        println!("the points of the write path, {} of them:", outcome.calls.len());
        for call in &outcome.calls {
            println!("  {call}");
        }
        assert!(
            outcome.calls.last().unwrap().ends_with("stdout"),
            "the last one is the last word"
        );
        outcome.calls
    }
}

/// Opens what is left as any start does, and says which acknowledged revocations are missing and which invariants broken.
fn opened(child: &Child, outcome: &Outcome) -> Result<(Vec<String>, Vec<String>), OpenFault> {
    block_on(async {
        if acquisition::waits(&child.data) {
            return acquisition::opened(child, outcome).await;
        }
        if morning::waits(&child.data) {
            return morning::opened(child, outcome).await;
        }
        if renewal::waits(&child.data) {
            return renewal::opened(child, outcome).await;
        }
        if wake::waits(&child.data) {
            return wake::opened(child, outcome).await;
        }
        if pin_reset::waits(&child.data) {
            return pin_reset::opened(child, outcome).await;
        }
        if ends::waits(&child.data) {
            return ends::opened(child, outcome).await;
        }
        let address: StoreAddress = child.address.parse().unwrap();
        let store = Place::lasting(address.clone(), Path::new(&child.data)).open().await?;
        let desk = Desk::new(store.clone(), Clock::system(), Chance::system(), vec![office()]);
        let mut missing = Vec::new();
        for case in &outcome.acknowledged {
            let Case::Revoked { opened, .. } = desk.look::<Revocation>(case.parse().unwrap()).await.unwrap() else {
                missing.push(case.clone());
                continue;
            };
            if store.status(&opened.subject.certificate).await.unwrap().is_none() {
                missing.push(case.clone());
            }
        }
        let broken = invariant::broken(&store, &address).await;
        store.close().await;
        Ok((missing, broken))
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

// How many pages a transaction touches varies a little with the serial numbers of the prepared cards; three confirms that
// share one touch fewer than three times as many.
const POINTS_ON_SQLITE: RangeInclusive<usize> = 30..=70;
const POINTS_OF_SEVERAL: RangeInclusive<usize> = 45..=80;
const POINTS_ON_POSTGRES: RangeInclusive<usize> = 194..=194;
// Two transactions.
const POINTS_OF_AN_ACQUISITION: RangeInclusive<usize> = 50..=140;
const POINTS_OF_AN_ACQUISITION_ON_POSTGRES: RangeInclusive<usize> = 400..=400;
// One transaction of the grants, one of the application.
const POINTS_OF_A_MORNING: RangeInclusive<usize> = 50..=160;
const POINTS_OF_A_MORNING_ON_POSTGRES: RangeInclusive<usize> = 200..=600;
// Two transactions, and one that supersedes.
const POINTS_OF_A_RENEWAL: RangeInclusive<usize> = 80..=220;
const POINTS_OF_A_RENEWAL_ON_POSTGRES: RangeInclusive<usize> = 400..=900;
// One transaction of each grant, and the outbox.
const POINTS_OF_A_WAKE: RangeInclusive<usize> = 50..=140;
const POINTS_OF_A_WAKE_ON_POSTGRES: RangeInclusive<usize> = 300..=900;
// Six transactions.
const POINTS_OF_A_RESET: RangeInclusive<usize> = 110..=220;
const POINTS_OF_A_RESET_ON_POSTGRES: RangeInclusive<usize> = 1_200..=1_500;
// Four of them, each with what is asked again.
const POINTS_OF_ENDS: RangeInclusive<usize> = 60..=140;
const POINTS_OF_ENDS_ON_POSTGRES: RangeInclusive<usize> = 400..=2_000;
