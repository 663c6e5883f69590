//! What the rule of retention erases from the audit, and what somebody only says that it did (DOMAIN §2.5, A27).

use casework::time::Date;
use server::audit::export::Documents;
use server::audit::verify::Verdict;
use server::retention::Kind;
use server::store::{Audit, Candidate, Content, StoreAddress, Tombstone};

use crate::audit::{export, files, many, verified};
use crate::house::{House, on_both};
use crate::invariant::{count, tamper};
use crate::retention::ran;

on_both! {
    async fn an_event_past_its_time_keeps_its_place_and_every_verifier_says_that_it_was_erased(house: House) {
        let last = Date { year: 2027, month: 6, day: 30 };
        let card = house.card_until(last).await;
        let (case, _) = house.revoke(&card).await;
        many(&house, 300).await;
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("log");
        let exported = export(&house, &out, Documents::With).await;
        let told: Vec<_> = house.store().records_of(case.octets()).await.unwrap();
        assert!(told.len() >= 4, "{told:?}");
        let salts: Vec<[u8; 16]> = told
            .iter()
            .map(|record| match record.content {
                Content::Kept { salt, .. } => salt,
                Content::Erased { .. } => panic!("{record:?}"),
            })
            .collect();
        let (house, here) = everywhere(house, &out, &salts).await;
        assert!(here, "the control: before, whoever looks finds the salts");

        house.it_is(Date { year: 2037, month: 7, day: 1 }.as_day().begins());
        assert_eq!(ran(&house).await.marked, 6);
        house.it_is(house.now().plus_seconds(31 * 86_400));
        assert_eq!(ran(&house).await.erased.len(), 6);
        for (record, before) in house.store().records_of(case.octets()).await.unwrap().iter().zip(&told) {
            assert!(matches!(record.content, Content::Erased { by } if by > record.sequence), "{record:?}");
            assert_eq!(record.commitment, before.commitment, "its leaf stays");
        }
        assert!(matches!(house.store().audit(None).await.unwrap(), Audit::Whole { .. }));

        // The export of before goes on, and forgets as well.
        export(&house, &out, Documents::With).await;
        let whole = directory.path().join("whole");
        let after = export(&house, &whole, Documents::With).await;
        assert_eq!(files(&whole), files(&out), "file by file what one export writes");
        assert!(after.events > exported.events);
        let verdict = verified(&house, &out, Vec::new());
        assert!(verdict.is_sound(), "{verdict:?}");
        let erased = u64::try_from(count(&house.place.address, "SELECT COUNT(*) FROM event WHERE erased_by IS NOT NULL").await);
        assert_eq!((verdict.erased, verdict.documents), (erased.unwrap(), verdict.events - verdict.erased));
        assert!(verdict.erased > told.len() as u64, "{verdict:?}");
        assert_eq!(verdict.erased_until, Some(last.as_day().ends()));
        let (house, here) = everywhere(house, &out, &salts).await;
        assert!(!here, "nowhere, so that a leaf cannot be compared with what somebody guesses");
        assert_eq!(house.restart().await.unwrap().store().audit_tree().await.unwrap().size(), after.events);
    }

    async fn a27_a_document_that_is_missing_without_an_erasure_is_found(house: House) {
        many(&house, 20).await;
        past_its_time(&house).await;
        many(&house, 20).await;
        let address = house.place.address.clone();
        sound(&house).await;
        tamper(&address, "CREATE TABLE kept_event AS SELECT * FROM event").await;
        let young = "sequence = 70";
        for (by, found) in [
            // An erasure that there was, of other events.
            ("41", "no later event erased it"),
            ("60", "no later event erased it"),
            // An event that erased nothing; none at all; nothing is said.
            ("75", "event 75 erased nothing"),
            ("9999", "no event of this log erased it"),
            ("NULL", "is not the one that was committed to"),
        ] {
            tamper(&address, &format!("UPDATE event SET document = '', erased_by = {by} WHERE {young}")).await;
            lies(&house, found, by != "NULL").await;
            tamper(&address, "DELETE FROM event; INSERT INTO event SELECT * FROM kept_event").await;
            sound(&house).await;
        }
        // One more beside those that an erasure names.
        tamper(&address, "UPDATE event SET document = '', erased_by = 60 WHERE sequence = 59").await;
        lies(&house, "names other events", true).await;
    }
}

/// Whoever holds the database and runs our own program against it: the announcement may be missing, or say another end of
/// the certificate than it had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a27_a_deletion_that_calls_itself_an_erasure_is_found() {
    let day = 86_400;
    let old = Date {
        year: 2010,
        month: 1,
        day: 1,
    }
    .as_day()
    .begins();
    for (announced, found) in [(false, "was not announced"), (true, "are younger than it says")] {
        let house = House::on_sqlite().await;
        let (address, begun) = (house.place.address.clone(), house.now());
        let card = house.card().await;
        many(&house, 5).await;
        let (case, _) = house.revoke(&card).await;
        let id = case.octets().to_vec();
        if announced {
            let candidate = Candidate {
                kind: Kind::Audit,
                id: id.clone(),
                expires: old,
                kept_until: old,
            };
            house
                .store()
                .mark(vec![(candidate, [1; 16])], "thief", (begun, begun.plus_seconds(day)))
                .await
                .unwrap();
        } else {
            let id = format!("{:032x}", u128::from_be_bytes(case.octets()));
            let row = format!("'audit', x'{id}', '', {0}, {0}, {0}, {0}", old.0);
            let sql = "INSERT INTO tombstone (kind, id, rule, expires, kept_until, marked_at, erase_at) VALUES";
            tamper(&address, &format!("{sql} ({row})")).await;
        }
        house.it_is(begun.plus_seconds(31 * day));
        let mark = Tombstone {
            kind: Kind::Audit,
            id: id.clone(),
            expires: old,
            marked_at: begun,
            erase_at: Some(begun),
        };
        // The program itself asks the times of the events.
        tamper(&address, "CREATE TABLE kept_event AS SELECT sequence, at FROM event").await;
        tamper(&address, &format!("UPDATE event SET at = {} WHERE sequence IN (SELECT sequence FROM event WHERE document LIKE '%\"revo%')", old.0)).await;
        let gone = house
            .store()
            .erase(&mark, "thief", house.now(), [2; 16])
            .await
            .unwrap()
            .unwrap();
        assert!(gone.documents > 0);
        tamper(&address, "UPDATE event SET at = (SELECT at FROM kept_event k WHERE k.sequence = event.sequence) WHERE sequence IN (SELECT sequence FROM kept_event)").await;
        lies(&house, found, true).await;
    }
}

/// Lets sixteen years go by, in which nobody does anything, and erases as the rule says.
pub(crate) async fn past_its_time(house: &House) {
    house.it_is(house.now().plus_seconds(16 * 366 * 86_400));
    let marked = ran(house).await.marked;
    assert!(marked > 0);
    house.it_is(house.now().plus_seconds(31 * 86_400));
    assert_eq!(ran(house).await.erased.len(), marked);
}

async fn exported(house: &House) -> Verdict {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("log");
    export(house, &out, Documents::With).await;
    verified(house, &out, Vec::new())
}

async fn sound(house: &House) {
    let verdict = exported(house).await;
    assert!(verdict.is_sound() && verdict.erased == 20, "{verdict:?}");
    assert!(matches!(house.store().audit(None).await.unwrap(), Audit::Whole { .. }));
}

/// Both verifiers find it; the one from outside says this.
async fn lies(house: &House, what: &str, readable: bool) {
    assert!(!readable || matches!(house.store().audit(None).await.unwrap(), Audit::Broken { .. }));
    let verdict = exported(house).await;
    assert!(
        verdict.findings.iter().any(|finding| finding.what.contains(what)),
        "{what}: {verdict:?}"
    );
}

/// Whether any of the salts is anywhere: in the files of an export, or of SQLite's database.
async fn everywhere(house: House, out: &std::path::Path, salts: &[[u8; 16]]) -> (House, bool) {
    let hex = |salt: &[u8; 16]| format!("{:032x}", u128::from_be_bytes(*salt)).into_bytes();
    let wanted: Vec<Vec<u8>> = salts.iter().flat_map(|salt| [salt.to_vec(), hex(salt)]).collect();
    let mut contents: Vec<Vec<u8>> = files(out).into_values().collect();
    let address = house.place.address.clone();
    // Closing writes the log of SQLite back.
    let house = house.restart().await.unwrap();
    if let StoreAddress::Sqlite(path) = &address {
        let wal = format!("{}-wal", path.display()).into();
        contents.extend([path.clone(), wal].iter().filter_map(|path| std::fs::read(path).ok()));
    }
    let is_here = |content: &[u8], salt: &[u8]| content.windows(salt.len()).any(|octets| octets == salt);
    let here = contents
        .iter()
        .any(|content| wanted.iter().any(|salt| is_here(content, salt)));
    (house, here)
}
