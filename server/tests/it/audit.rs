//! The audit as a log: appended under any load, kept beside the database, exported, and verified from outside.

use std::path::{Path, PathBuf};

use server::audit::export::{self, Documents};
use server::audit::note::{self, Note};
use server::audit::verify::{self, Trust, Verdict};
use server::audit::{heads, tile};
use server::chance::Chance;
use server::desk::{CaseId, Desk, Failure};
use server::store::{Audit, Content, EventRecord, OpenFault};

use crate::house::{House, on_both};
use crate::invariant::{self, count, tamper};

on_both! {
    async fn a27_every_commit_leaves_a_signed_head_that_its_events_have(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        let tree = house.store().audit_tree().await.unwrap();
        let Audit::Whole { events, head } = house.store().audit(None).await.unwrap() else { panic!() };
        assert_eq!((u64::try_from(events).unwrap(), head), (tree.size(), tree.root()));
        let heads = heads_of(&house.place.data);
        assert_eq!(heads.last().map(|note| (note.head().size, note.head().root)), Some((tree.size(), tree.root())));
        assert!(heads.len() > 5, "one for each commit: {}", heads.len());
        let key = export::key(&house.place.data).unwrap();
        for note in &heads {
            assert!(key.verifier().verifies(note));
            assert_eq!(house.store().audit_root(note.head().size).await.unwrap(), Some(note.head().root));
        }
    }

    async fn a27_two_nodes_append_to_one_tree_and_both_know_its_heads(house: House) {
        let other = tempfile::tempdir().unwrap();
        let chance = house.desk.chance();
        let node = server::store::Store::open_beside(&house.place.address, other.path(), chance).await.unwrap();
        let card = house.card().await;
        let beside = Desk::new(node.clone(), house.desk.clock().clone(), chance.clone(), vec![crate::house::office()]);
        let notes = (0..40).map(|number| tokio::spawn(fails(if number % 2 == 0 { &house.desk } else { &beside })));
        for note in notes.collect::<Vec<_>>() {
            note.await.unwrap().unwrap();
        }
        house.revoke(&card).await;
        invariant::hold(&house).await;
        let tree = house.store().audit_tree().await.unwrap();
        for data in [house.place.data.as_path(), other.path()] {
            let known = || heads_of(data).last().map(|note| (note.head().size, note.head().root));
            for _ in 0..100 {
                if known() == Some((tree.size(), tree.root())) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            assert_eq!(known(), Some((tree.size(), tree.root())), "{}", data.display());
        }
        node.close().await;
    }

    async fn a27_a_database_that_is_behind_its_heads_or_took_another_way_is_not_served(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        let Audit::Whole { events, .. } = house.store().audit(None).await.unwrap() else { panic!() };
        house.store().close().await;
        let (address, data) = (&house.place.address, &house.place.data);
        let kept = std::fs::read(data.join(heads::FILE)).unwrap();
        tamper(address, "CREATE TABLE kept_event AS SELECT * FROM event; CREATE TABLE kept_tree AS SELECT * FROM audit_tree").await;

        // Whoever cuts the log makes the tree fit again; nothing in the database tells.
        tamper(address, &format!("DELETE FROM event WHERE sequence > {}; DELETE FROM audit_tree", events - 2)).await;
        let refused = house.place.open().await.unwrap_err();
        assert!(matches!(refused, OpenFault::Audit(heads::HeadsFault::Behind { .. })), "{refused}");
        assert!(refused.to_string().contains("Restore a later one"), "{refused}");

        tamper(address, "DELETE FROM audit_tree; DELETE FROM event; INSERT INTO event SELECT * FROM kept_event").await;
        tamper(address, "UPDATE event SET leaf = head WHERE sequence = 2").await;
        let refused = house.place.open().await.unwrap_err();
        assert!(matches!(refused, OpenFault::Audit(heads::HeadsFault::Forked { .. })), "{refused}");

        tamper(address, "DELETE FROM audit_tree; INSERT INTO audit_tree SELECT * FROM kept_tree").await;
        tamper(address, "DELETE FROM event; INSERT INTO event SELECT * FROM kept_event").await;
        tamper(address, &format!("UPDATE event SET sequence = {} WHERE sequence = 1", events + 1)).await;
        let refused = house.place.open().await.unwrap_err();
        assert!(matches!(refused, OpenFault::Audit(heads::HeadsFault::Uneven { .. })), "{refused}");

        // A control: the same database as it was.
        tamper(address, "DELETE FROM event; INSERT INTO event SELECT * FROM kept_event").await;
        let store = house.place.open().await.unwrap();
        assert_eq!(invariant::broken(&store, address).await, Vec::<String>::new());
        store.close().await;

        // The heads themselves: changed by hand, and torn by a crash.
        let changed = String::from_utf8_lossy(&kept).replacen("\n1\n", "\n2\n", 1);
        std::fs::write(data.join(heads::FILE), changed).unwrap();
        let refused = house.place.open().await.unwrap_err();
        assert!(matches!(refused, OpenFault::Audit(heads::HeadsFault::Changed { .. })), "{refused}");
        std::fs::write(data.join(heads::FILE), &kept[..kept.len() - 7]).unwrap();
        let store = house.place.open().await.unwrap();
        let aside = heads::set_aside(data).unwrap().unwrap();
        assert!(std::fs::read_to_string(aside).unwrap().starts_with("kagimori\n"));
        store.close().await;
    }

    async fn events_from_before_there_was_a_tree_get_one(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        let before = house.store().audit(None).await.unwrap();
        let data = house.place.data.clone();
        house.store().close().await;
        tamper(&house.place.address, "DELETE FROM audit_tree; UPDATE event SET head = leaf").await;
        let house = house.stop().await.start_after(|| std::fs::remove_file(data.join(heads::FILE)).unwrap()).await.unwrap();
        assert_eq!(house.store().audit(None).await.unwrap(), before);
        let other = house.card().await;
        house.revoke(&other).await;
        invariant::hold(&house).await;
    }

    async fn a27_every_transition_and_every_refusal_leaves_exactly_one_event(house: House) {
        let events = "SELECT COUNT(*) FROM event";
        let versions = "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM office_case";
        let card = house.card().await;
        assert_eq!(count(&house.place.address, events).await, count(&house.place.address, versions).await);
        let (case, _) = house.revoke(&card).await;
        assert_eq!(count(&house.place.address, events).await, count(&house.place.address, versions).await);
        let before = count(&house.place.address, events).await;
        let refused = house.perform(case, server::desk::revocation::Command::Edit).await;
        assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        assert_eq!(count(&house.place.address, events).await, before + 1);
        assert_eq!(
            count(&house.place.address, "SELECT COUNT(*) FROM event WHERE document LIKE '%\"refusal\":%'").await,
            1
        );
    }

    async fn a27_what_is_exported_is_verified_and_goes_on_where_it_ended(house: House) {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("log");
        let mut kept = Vec::new();
        for many in [3, 300, 0, 40, 700] {
            for _ in 0..many {
                fails(&house.desk).await.unwrap();
            }
            let exported = export(&house, &out, Documents::With).await;
            let verdict = verified(&house, &out, kept.clone());
            assert!(verdict.is_sound(), "{verdict:?}");
            assert_eq!(verdict.events, exported.events);
            assert_eq!(verdict.documents, exported.events);
            assert_eq!(verdict.kept, kept.len());
            assert_eq!(verdict.root, Some(house.store().audit_tree().await.unwrap().root()));
            kept.push(std::fs::read_to_string(out.join(tile::CHECKPOINT)).unwrap().parse::<Note>().unwrap());
        }
        let whole = directory.path().join("whole");
        export(&house, &whole, Documents::With).await;
        assert_eq!(files(&whole), files(&out), "file by file what one export writes");
        let public = directory.path().join("public");
        export(&house, &public, Documents::Without).await;
        let verdict = verified(&house, &public, kept);
        assert!(verdict.is_sound() && verdict.documents == 0, "{verdict:?}");
        for name in files(&public).into_keys() {
            assert!(!name.starts_with("documents"), "{}", name.display());
        }
        assert!(export::log(house.store(), &house.place.data, &public, Documents::With, |_, _| ()).await.is_err());
    }
}

/// Ten thousand changes of an export, drawn at random, are all found, by an auditor who has the key and the head that was
/// exported. The same changes pass an auditor who does not look where they are: no finding is there by chance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a27_ten_thousand_tamperings_are_all_found_and_an_untouched_export_passes() {
    let house = House::on_sqlite().await;
    // Four events whose documents were erased as they may be; whatever else is missing was taken away.
    many(&house, 4).await;
    crate::erasure::past_its_time(&house).await;
    many(&house, 268).await;
    let directory = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let out = directory.path().join("log");
    // An earlier state of the same log, as somebody would put it back, and its fork.
    export(&house, &out, Documents::With).await;
    let earlier = files(&out);
    many(&house, 20).await;
    export(&house, &out, Documents::With).await;
    let original = files(&out);
    let kept: Note = std::fs::read_to_string(out.join(tile::CHECKPOINT))
        .unwrap()
        .parse()
        .unwrap();
    let key = export::key(&house.place.data).unwrap();
    let forked = Fork {
        key,
        original: &original,
    };

    assert!(
        verified(&house, &out, vec![kept.clone()]).is_sound(),
        "the control: nothing was changed"
    );
    let chance = Chance::seeded(27);
    assert_eq!(verified(&house, &out, Vec::new()).erased, 4);
    let (mut by_kind, mut without_kept, mut signature_only) = ([0_u32; KINDS], 0_u32, 0_u32);
    for _ in 0..10_000 {
        let number = || u64::from_be_bytes(chance.octets());
        let draw = (number(), number(), number());
        let (kind, changed) = tampered(&original, &earlier, &forked, draw);
        if changed == original {
            continue;
        }
        by_kind[kind] += 1;
        put(&out, &original, &changed);
        let verdict = verified(&house, &out, vec![kept.clone()]);
        assert!(!verdict.is_sound(), "{} by {draw:?} was not found", NAMES[kind]);
        if matches!(kind, 6 | 8) && verified(&house, &out, Vec::new()).is_sound() {
            without_kept += 1;
        }
        if signature_fits(&house, &out) {
            signature_only += 1;
        }
        put(&out, &changed, &original);
    }
    assert!(
        verified(&house, &out, vec![kept]).is_sound(),
        "the control: everything was put back"
    );
    for (name, count) in NAMES.iter().zip(by_kind) {
        assert!(count > 300, "{name}: {count}");
    }
    assert!(by_kind.iter().sum::<u32>() > 9_000, "{by_kind:?}");
    // Verifiers that leave a check out miss what it is for.
    assert!(
        without_kept > 1_500,
        "an older export and a signed fork pass without the kept head: {without_kept}"
    );
    assert!(
        signature_only > 5_000,
        "a checkpoint's signature alone says nothing of the entries: {signature_only}"
    );
}

type Files = std::collections::BTreeMap<PathBuf, Vec<u8>>;

const KINDS: usize = 10;
const NAMES: [&str; KINDS] = [
    "an octet changed",
    "a file deleted",
    "two files swapped",
    "a file cut",
    "two lines or entries swapped",
    "an entry or line twice",
    "an older export put back",
    "a size changed",
    "a fork signed by the node",
    "a document taken away as if it were erased",
];

/// A log that the node itself signs a second time, with another history.
struct Fork<'a> {
    key: note::Key,
    original: &'a Files,
}

fn tampered(original: &Files, earlier: &Files, fork: &Fork<'_>, (kind, a, b): (u64, u64, u64)) -> (usize, Files) {
    let mut files = original.clone();
    let at = |number: u64, of: usize| usize::try_from(number % of.max(1) as u64).unwrap();
    let kind = at(kind, KINDS);
    let names: Vec<PathBuf> = original.keys().cloned().collect();
    let name = names[at(a, names.len())].clone();
    let content = files[&name].clone();
    let place = at(b, content.len());
    match kind {
        0 => files.get_mut(&name).unwrap()[place] ^= 1 << (a % 8),
        1 => drop(files.remove(&name)),
        2 => {
            let other = names[at(b, names.len())].clone();
            let content = files.insert(other, content).unwrap();
            files.insert(name, content);
        }
        3 => files.get_mut(&name).unwrap().truncate(place),
        4 | 5 => {
            // A unit is what its file is made of: hashes, entries, lines, heads.
            let mut units = units(&name, &content);
            let (first, second) = (at(a >> 8, units.len()), at(b, units.len()));
            if kind == 4 {
                units.swap(first, second);
            } else {
                let twice = units[first].clone();
                units.insert(second, twice);
            }
            files.insert(name, units.concat());
        }
        6 => files = earlier.clone(),
        7 => {
            let text = String::from_utf8(files[Path::new(tile::CHECKPOINT)].clone()).unwrap();
            let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
            let size: u64 = lines[1].parse().unwrap();
            lines[1] = (size.wrapping_add(b % 600).wrapping_sub(300)).to_string();
            files.insert(tile::CHECKPOINT.into(), lines.join("\n").into_bytes());
        }
        8 => files = fork.at(b),
        _ => {
            let documents: Vec<&PathBuf> = names.iter().filter(|name| name.starts_with("documents")).collect();
            let name = documents[at(a, documents.len())];
            let mut lines = units(name, &original[name]);
            let taken = at(b, lines.len());
            let line = String::from_utf8(lines[taken].clone()).unwrap();
            let record = tile::from_line(line.trim_end()).unwrap();
            if matches!(record.content, Content::Kept { .. }) {
                // By an erasure that there was, or by any number.
                let by = if b % 3 == 0 {
                    9 + i64::try_from(a % 4).unwrap()
                } else {
                    i64::try_from(a % 500).unwrap()
                };
                let erased = EventRecord {
                    content: Content::Erased { by },
                    ..record
                };
                lines[taken] = (tile::to_line(&erased) + "\n").into_bytes();
                files.insert(name.clone(), lines.concat());
            }
        }
    }
    (kind, files)
}

impl Fork<'_> {
    /// Another event in one place, and everything after it made to fit: tiles, history and checkpoint, signed.
    fn at(&self, draw: u64) -> Files {
        let mut entries: Vec<[u8; 32]> = Vec::new();
        for (name, content) in self.original {
            if name.starts_with("tile/entries") {
                entries.extend(
                    content
                        .chunks(tile::ENTRY)
                        .map(|entry| <[u8; 32]>::try_from(&entry[2..]).unwrap()),
                );
            }
        }
        let changed = usize::try_from(draw % entries.len() as u64).unwrap();
        entries[changed][usize::try_from(draw >> 32).unwrap() % 32] ^= 1;
        let mut files = Files::new();
        let mut tiles = tile::Tiles::default();
        let mut write = |(level, number, hashes): tile::Full| {
            let path = tile::Row::Hashes(level).path(number, hashes.len() as u64);
            files.insert(path, hashes.concat());
        };
        for entry in &entries {
            tiles.push(entry, &mut write);
        }
        for tile in tiles.partial() {
            write(tile);
        }
        for (number, page) in entries.chunks(usize::try_from(tile::WIDTH).unwrap()).enumerate() {
            let octets = page
                .iter()
                .flat_map(|entry| [&[0, 32], entry.as_slice()].concat())
                .collect();
            files.insert(tile::Row::Entries.path(number as u64, page.len() as u64), octets);
        }
        let text = note::to_text(&[]);
        let checkpoint = self.key.sign(
            entries.len() as u64,
            tiles.frontier().root(),
            vec![tile::history(0, &text)],
        );
        files.insert(tile::HEADS.into(), text.into_bytes());
        files.insert(tile::CHECKPOINT.into(), checkpoint.to_string().into_bytes());
        files
    }
}

fn units(name: &Path, content: &[u8]) -> Vec<Vec<u8>> {
    let by = |length: usize| content.chunks(length).map(<[u8]>::to_vec).collect();
    match name.to_str().unwrap() {
        name if name.starts_with("tile/entries") => by(tile::ENTRY),
        name if name.starts_with("tile/") => by(32),
        tile::HEADS => {
            let text = std::str::from_utf8(content).unwrap();
            note::notes(text)
                .0
                .into_iter()
                .map(|note| format!("{note}\n").into_bytes())
                .collect()
        }
        _ => content
            .split_inclusive(|octet| *octet == b'\n')
            .map(<[u8]>::to_vec)
            .collect(),
    }
}

/// Writes the files that differ.
fn put(out: &Path, from: &Files, to: &Files) {
    for name in from.keys().filter(|name| !to.contains_key(*name)) {
        std::fs::remove_file(out.join(name)).unwrap();
        for folder in name.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
            // One that still holds something stays.
            let _ = std::fs::remove_dir(out.join(folder));
        }
    }
    for (name, content) in to.iter().filter(|(name, content)| from.get(*name) != Some(content)) {
        let path = out.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// Every file below a directory.
pub(crate) fn files(out: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(out.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                found.insert(path, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

pub(crate) async fn export(house: &House, out: &Path, documents: Documents) -> export::Exported {
    export::log(house.store(), &house.place.data, out, documents, |_, _| ())
        .await
        .unwrap()
}

pub(crate) fn verified(house: &House, out: &Path, kept: Vec<Note>) -> Verdict {
    let keys = vec![export::key(&house.place.data).unwrap().verifier().clone()];
    verify::log(out, &Trust { keys, kept, now: None }, |_, _| ())
}

fn signature_fits(house: &House, out: &Path) -> bool {
    let text = std::fs::read_to_string(out.join(tile::CHECKPOINT)).unwrap_or_default();
    let note = text.parse::<Note>();
    note.is_ok_and(|note| export::key(&house.place.data).unwrap().verifier().verifies(&note))
}

fn heads_of(data: &Path) -> Vec<Note> {
    let text = std::fs::read_to_string(data.join(heads::FILE)).unwrap();
    note::notes(&text)
        .0
        .into_iter()
        .map(|note| note.parse().unwrap())
        .collect()
}

/// So many events at once: they share commits, and heads.
pub(crate) async fn many(house: &House, count: usize) {
    let tasks: Vec<_> = (0..count).map(|_| tokio::spawn(fails(&house.desk))).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

/// Something that is refused, and leaves its event.
fn fails(desk: &Desk) -> impl Future<Output = Result<(), server::fault::Fault>> + use<> {
    let desk = desk.clone();
    async move {
        let case: CaseId<server::desk::revocation::Revocation> = desk.new_case();
        match desk
            .perform(&crate::house::HOLDER, case, &server::desk::revocation::Command::Edit)
            .await
        {
            Err(Failure::Refused(_)) => Ok(()),
            Err(Failure::Fault(fault)) => Err(fault),
            Ok(done) => panic!("{done:?}"),
        }
    }
}

#[tokio::test]
async fn what_a_visitor_does_is_told_with_the_class_of_the_address_and_never_with_it() {
    use crate::portal::browser::{Browser, FORM, portal};
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let told = "SELECT COUNT(*) FROM event WHERE document LIKE '%\"client\":\"loopback\"%'";
    let all = "SELECT COUNT(*) FROM event";
    let before = count(&house.place.address, all).await;
    assert_eq!(
        count(&house.place.address, told).await,
        0,
        "nobody visited when the card was made"
    );
    let mut browser = Browser::new(&portal(&house));
    browser.reach_confirm(&card, FORM).await;
    let visit = count(&house.place.address, all).await - before;
    assert!(visit >= 2, "{visit}");
    assert_eq!(count(&house.place.address, told).await, visit);
    let address = "SELECT COUNT(*) FROM event WHERE document LIKE '%::1%' OR document LIKE '%127.0.0.1%'";
    assert_eq!(count(&house.place.address, address).await, 0);
}
