//! The journal beside the database: what it finds out at the start, and that it repairs nothing but a crash.

use std::fs;
use std::time::Duration;

use casework::revocation::Case;
use server::chance::Chance;
use server::desk::revocation::Command;
use server::fault::Fault;
use server::journal::{Entry, Journal, JournalFault};
use server::store::{Behind, OpenFault};

use crate::house::{HOLDER, House, on_both};
use crate::invariant;

on_both! {
    async fn a28_a_database_that_is_behind_the_journal_is_refused(house: House) {
        let (one, other) = (house.card().await, house.card().await);
        house.revoke(&one).await;
        let before = Copy::of(&house).await;
        house.revoke(&other).await;
        before.restore_database(&house).await;
        match house.restart().await {
            Err(OpenFault::Behind(Behind::Database { journal: 4, database: 2, .. })) => {}
            outcome => panic!("{:?}", outcome.map(|_| ())),
        }
    }

    async fn a26_a_revocation_undone_by_hand_is_refused(house: House) {
        let (one, other) = (house.card().await, house.card().await);
        house.revoke(&one).await;
        house.revoke(&other).await;
        invariant::tamper(&house.place.address, "DELETE FROM status WHERE sequence = 1").await;
        match house.restart().await {
            Err(OpenFault::Behind(Behind::Gap { after: 0 })) => {}
            outcome => panic!("{:?}", outcome.map(|_| ())),
        }
    }

    async fn a26_a_revocation_that_was_moved_is_refused(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        invariant::tamper(&house.place.address, "UPDATE status SET revoked_at = revoked_at + 86400").await;
        match house.restart().await {
            Err(OpenFault::Behind(Behind::Differs { .. })) => {}
            outcome => panic!("{:?}", outcome.map(|_| ())),
        }
    }

    async fn a_crash_between_the_commit_and_the_journal_is_made_good(house: House) {
        let (one, other) = (house.card().await, house.card().await);
        house.revoke(&one).await;
        let journal = house.place.data.join("revocations.journal");
        let before = fs::read(&journal).unwrap();
        house.revoke(&other).await;
        // The second commit did not come to note that its own line was synced: no commit followed it.
        assert!(fs::read(&journal).unwrap().len() > before.len());
        let data = house.place.data.clone();
        let house = restart_with(house, || fs::write(&journal, &before).unwrap()).await.unwrap();
        assert_eq!(fs::read_to_string(data.join("revocations.journal")).unwrap().lines().count(), 4);
        // A line that was cut in its middle was never synced either.
        let torn = fs::read(&journal).unwrap();
        let house = restart_with(house, || fs::write(&journal, &torn[..torn.len() - 9]).unwrap()).await.unwrap();
        assert_eq!(fs::read_to_string(data.join("revocations.journal")).unwrap().lines().count(), 4);
        invariant::hold(&house).await;
    }

    async fn a_journal_that_was_cut_is_refused(house: House) {
        let (one, other) = (house.card().await, house.card().await);
        let journal = house.place.data.join("revocations.journal");
        let before = fs::read(&journal).unwrap();
        house.revoke(&one).await;
        house.revoke(&other).await;
        match restart_with(house, || fs::write(&journal, &before).unwrap()).await {
            Err(OpenFault::Behind(Behind::JournalCut { journal: 0, marked: 1.., .. })) => {}
            outcome => panic!("{:?}", outcome.map(|_| ())),
        }
    }

    async fn a_journal_that_is_taken_stops_the_second_process(house: House) {
        let again = house.place.open().await;
        assert!(matches!(again, Err(OpenFault::Journal(JournalFault::Taken { .. }))), "{again:?}");
    }
}

#[tokio::test]
async fn a_journal_that_was_replaced_is_refused_on_a_database_of_one_node() {
    let house = House::on_sqlite().await;
    let (one, other) = (house.card().await, house.card().await);
    house.revoke(&one).await;
    house.revoke(&other).await;
    let data = house.place.data.clone();
    let outcome = restart_with(house, || {
        fs::remove_file(data.join("revocations.journal")).unwrap();
        fs::remove_file(data.join("journal.key")).unwrap();
    })
    .await;
    assert!(
        matches!(outcome, Err(OpenFault::Behind(Behind::JournalMissing { .. }))),
        "{:?}",
        outcome.map(|_| ())
    );
}

#[tokio::test]
async fn every_changed_octet_of_a_journal_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let chance = Chance::seeded(1);
    let mut journal = Journal::open(directory.path(), &chance).unwrap();
    for sequence in 1..=3 {
        journal.append(&[entry(sequence)]).await.unwrap();
    }
    let end = journal.end();
    drop(journal);
    let path = directory.path().join("revocations.journal");
    let whole = fs::read(&path).unwrap();
    assert_eq!(Journal::open(directory.path(), &chance).unwrap().end(), end);
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        // Another digit, another letter, and for the line's end something that is none.
        changed[place] = if changed[place] == b'1' { b'2' } else { b'1' };
        fs::write(&path, &changed).unwrap();
        match Journal::open(directory.path(), &chance) {
            Err(JournalFault::Changed { .. }) => {}
            // The very last line can lose its end; it is cut off then, not believed. A signature of an earlier line
            // says nothing that the last one does not say too.
            Ok(journal) if place == whole.len() - 1 => assert_eq!(journal.end().sequence(), 2),
            Ok(journal) => assert!(
                in_earlier_signature(&whole, place) && journal.end() == end,
                "octet {place}"
            ),
            Err(other) => panic!("octet {place}: {other}"),
        }
    }
}

fn in_earlier_signature(whole: &[u8], place: usize) -> bool {
    let begins = whole[..place]
        .iter()
        .rposition(|octet| *octet == b'\n')
        .map_or(0, |end| end + 1);
    let spaces = whole[begins..place].split(|octet| *octet == b' ').count() - 1;
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|octet| *octet == b'\n')
        .unwrap();
    spaces == 6 && place < last
}

#[tokio::test]
async fn a_line_too_many_or_out_of_order_is_not_appended() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(directory.path(), &Chance::seeded(2)).unwrap();
    journal.append(&[entry(1), entry(2)]).await.unwrap();
    for wrong in [2, 4] {
        assert!(journal.append(&[entry(wrong)]).await.is_err());
        assert_eq!(journal.end().sequence(), 2);
    }
}

#[test]
fn a_slow_disk_holds_nobody_up_and_nothing_is_acknowledged_before_it() {
    one_thread_for_the_disk().block_on(async {
        let house = House::on_sqlite().await;
        let (card, other) = (house.card().await, house.card().await);
        let (waiting, text) = house.ask(&other).await;
        let (case, signed) = house.ask(&card).await;
        let confirm = Command::Confirm(card.sign(&signed, house.now()));
        let (path, desk) = (house.place.data.join("revocations.journal"), house.desk.clone());
        let disk = SlowDisk::begin().await;
        let confirmed = tokio::spawn(async move { desk.perform(&HOLDER, case, &confirm).await });
        // Everyone else is answered meanwhile, and the database has it.
        while !matches!(house.desk.look(case).await.unwrap(), Case::Revoked { .. }) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(
            house.text(waiting, &house.desk.look(waiting).await.unwrap()).await,
            text
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!confirmed.is_finished(), "acknowledged before the journal had it");
        assert_eq!(fs::read(&path).unwrap(), b"");
        // An orderly end waits for it too.
        let store = house.store().clone();
        let closed = tokio::spawn(async move { store.close().await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!closed.is_finished() && !confirmed.is_finished());
        disk.end().await;
        assert!(matches!(confirmed.await.unwrap().unwrap().case, Case::Revoked { .. }));
        closed.await.unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap().lines().count(),
            2,
            "both certificates of the card"
        );
        let house = house.restart().await.unwrap();
        invariant::hold(&house).await;
    });
}

#[test]
fn a_journal_whose_last_line_is_not_known_to_be_synced_takes_no_other() {
    one_thread_for_the_disk().block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(directory.path(), &Chance::seeded(3)).unwrap();
        journal.append(&[entry(1)]).await.unwrap();
        let disk = SlowDisk::begin().await;
        let given_up = tokio::time::timeout(Duration::from_millis(50), journal.append(&[entry(2)])).await;
        assert!(given_up.is_err(), "it waits for the disk");
        disk.end().await;
        let again = journal.append(&[entry(2)]).await;
        assert!(matches!(again, Err(Fault::Storage { .. })), "{again:?}");
        assert_eq!(journal.end().sequence(), 1);
        // The next line, on the same thread, comes after what was begun.
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        drop(journal);
        let journal = Journal::open(directory.path(), &Chance::seeded(3)).unwrap();
        assert_eq!(
            journal.end().sequence(),
            2,
            "what was begun is known to who opens it again"
        );
    });
}

/// One thread for everything, and one for what waits for the disk.
fn one_thread_for_the_disk() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// The thread that waits for the disk is waiting for it.
struct SlowDisk {
    end: std::sync::mpsc::Sender<()>,
    waits: tokio::task::JoinHandle<()>,
}

impl SlowDisk {
    async fn begin() -> Self {
        let (end, ended) = std::sync::mpsc::channel();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let waits = tokio::task::spawn_blocking(move || {
            begin.send(()).unwrap();
            ended.recv().unwrap();
        });
        begun.await.unwrap();
        Self { end, waits }
    }

    async fn end(self) {
        self.end.send(()).unwrap();
        self.waits.await.unwrap();
    }
}

fn entry(sequence: i64) -> Entry {
    Entry {
        sequence,
        certificate: casework::identity::CertificateId {
            authority: casework::identity::Authority("見本".to_owned()),
            serial: casework::identity::Serial::from_octets(&[7; 20]).unwrap(),
        },
        at: casework::time::Instant(1_800_000_000 + sequence),
        reason: 5,
    }
}

async fn restart_with(house: House, change: impl FnOnce()) -> Result<House, OpenFault> {
    house.stop().await.start_after(change).await
}

/// A copy of the database as it is now.
struct Copy {
    tables: Vec<(String, Vec<u8>)>,
}

impl Copy {
    async fn of(house: &House) -> Self {
        match &house.place.address {
            server::store::StoreAddress::Sqlite(path) => {
                // Into a file of its own, so that the log is in it.
                let copy = path.with_extension("copy");
                let sql = format!("VACUUM INTO '{}'", copy.display());
                invariant::tamper(&house.place.address, &sql).await;
                Self {
                    tables: vec![("whole".to_owned(), fs::read(&copy).unwrap())],
                }
            }
            server::store::StoreAddress::Postgres(_) => {
                for table in RESTORED {
                    let sql = format!("CREATE TABLE copy_{table} AS TABLE {table}");
                    invariant::tamper(&house.place.address, &sql).await;
                }
                Self { tables: Vec::new() }
            }
        }
    }

    async fn restore_database(&self, house: &House) {
        match &house.place.address {
            server::store::StoreAddress::Sqlite(path) => {
                house.store().close().await;
                for (_, octets) in &self.tables {
                    fs::write(path, octets).unwrap();
                }
                for log in ["db-wal", "db-shm"] {
                    let _ = fs::remove_file(path.with_extension(log));
                }
            }
            server::store::StoreAddress::Postgres(_) => {
                for table in RESTORED {
                    let sql = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM copy_{table}");
                    invariant::tamper(&house.place.address, &sql).await;
                }
            }
        }
    }
}

const RESTORED: &[&str] = &[
    "status",
    "counter",
    "office_case",
    "receipt",
    "errand",
    "event",
    "evidence",
    "journal",
];
