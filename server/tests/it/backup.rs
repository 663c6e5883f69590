//! Backup and restore: what comes back, what is refused, and that nothing is un-revoked (THREATS A28, A54).

use std::path::{Path, PathBuf};

use casework::officer::Role;
use server::api::token::Wanted;
use server::audit::heads;
use server::backup::{self, BackupFault, Contents, Replaced};
use server::chance::Chance;
use server::desk::officer::Command;
use server::store::{Behind, Bounds, JournalIs, OpenFault, Replayed, StoreAddress, Voided};
use wire::api::Scope;

use crate::house::{House, Place, on_both};
use crate::invariant;
use crate::node::run;
use crate::office::{HOLDER, OFFICE_COMPANY, OPERATOR, TestOfficer, account};
use crate::operator::Desk;

on_both! {
    async fn a_backup_made_while_revocations_go_on_comes_back_row_for_row(house: House) {
        let (one, other) = (house.card().await, house.card().await);
        house.revoke(&one).await;
        // Ten more are confirmed while the backup is read.
        let mut cards = Vec::new();
        for _ in 0..10 {
            cards.push(house.card().await);
        }
        let file = house.place.data.join("one.backup.age");
        let (made, ()) = tokio::join!(taken(&house, &file), async {
            for card in &cards {
                house.revoke(card).await;
            }
        });
        assert_eq!(made.certificates, 24);
        assert!((2..=22).contains(&made.revocations), "{}", made.revocations);
        assert_eq!(backup::check(&file, PASSPHRASE).await.unwrap(), made);
        let before = file_rows(&file).await;
        // Into a house that never was; and a backup of that is the same but for its moment.
        let elsewhere = another_place(&house).await;
        backup::restore(&file, PASSPHRASE, &elsewhere.address, Replaced::Never, house.now()).await.unwrap();
        let again = elsewhere.data.join("again.backup.age");
        let chance = Chance::system();
        backup::write(&elsewhere.address, &again, PASSPHRASE, (house.now(), &chance), |_| ()).await.unwrap();
        assert_eq!(file_rows(&again).await, before);
        house.revoke(&other).await;
        invariant::hold(&house).await;
    }

    async fn a_living_database_is_not_overwritten_by_accident(house: House) {
        let card = house.card().await;
        let file = house.place.data.join("one.backup.age");
        taken(&house, &file).await;
        house.revoke(&card).await;
        let stopped = house.stop().await;
        let address = stopped.address().clone();
        let again = backup::restore(&file, PASSPHRASE, &address, Replaced::Never, stopped.now()).await;
        assert!(matches!(again, Err(BackupFault::Living)), "{again:?}");
        let house = stopped.start_after(|| ()).await.unwrap();
        assert!(house.store().status(card.certificate()).await.unwrap().is_some(), "nothing was touched");
    }

    async fn a28_a_backup_older_than_the_last_revocation_is_not_served(house: House) {
        let (one, other) = (house.card().await, house.card().await);
        house.revoke(&one).await;
        let file = house.place.data.join("one.backup.age");
        taken(&house, &file).await;
        house.revoke(&other).await;
        let stopped = house.stop().await;
        backup::restore(&file, PASSPHRASE, stopped.address(), Replaced::PutAside, stopped.now()).await.unwrap();
        match stopped.start_after(|| ()).await.map(|_| ()) {
            Err(fault @ OpenFault::Behind(Behind::Database { journal: 4, database: 2, .. })) => {
                assert!(fault.to_string().contains("kagimori restore --replay"), "{fault}");
            }
            outcome => panic!("{outcome:?}"),
        }
    }

    // Incident: step-ca #606, where yesterday's backup gave back what was revoked since; here the rights of officers and
    // their programs.
    async fn incident_step_ca_606_yesterdays_backup_gives_no_right_back_that_ended_since(house: House) {
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let invited = house.invite(&account("1002", "見本 次郎", OFFICE_COMPANY, &[Role::Entry])).await;
        let wanted = |officer: &TestOfficer| Wanted {
            officer: officer.id,
            office: "mihon-ca".to_owned(),
            label: "test".to_owned(),
            scopes: vec![Scope::CaseRead],
            expires_at: house.now().plus_seconds(86_400),
        };
        for officer in [&boss, &boss, &hanako] {
            house.desk.make_token(&OPERATOR, wanted(officer)).await.unwrap();
        }
        let yesterday = house.place.data.join("yesterday.backup.age");
        taken(&house, &yesterday).await;
        // Today one is blocked, with the token, and one of another's tokens is revoked.
        house.ask_account(hanako.account(), &OPERATOR, &Command::Block).await.unwrap();
        let tokens = house.store().tokens("mihon-ca").await.unwrap();
        let token = tokens.into_iter().find(|token| token.officer == boss.id).unwrap();
        assert!(house.desk.revoke_token(&OPERATOR, token).await.unwrap());
        let today = house.place.data.join("today.backup.age");
        taken(&house, &today).await;

        // The control: a backup that has every event takes nothing from anybody.
        let (house, replayed) = restored(house, &today).await;
        assert_eq!((replayed.events_lost, replayed.voided), (0, Voided::default()));
        assert!(house.desk.acting(boss.id).await.unwrap().is_some());
        assert_eq!(live_tokens(&house).await, 1);

        let (house, replayed) = restored(house, &yesterday).await;
        assert!(replayed.events_lost > 0, "{replayed:?}");
        assert_eq!(replayed.voided, Voided { accounts: 3, tokens: 3 });
        for officer in [boss.id, hanako.id] {
            assert_eq!(house.desk.acting(officer).await.unwrap(), None);
        }
        assert_eq!(live_tokens(&house).await, 0);
        let told = house.store().events(hanako.id.0).await.unwrap();
        let told: Vec<_> = told.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(told[told.len() - 2..], ["token_revoked", "blocked"]);
        let card = house.enrolment("見本 次郎", &house.officers_card("見本 次郎").await);
        let enrolled = house.ask_account(invited, &HOLDER, &Command::Enrol(Box::new(card))).await;
        assert!(enrolled.is_err(), "a code that may have been void by then is void: {enrolled:?}");

        // What the operator does next: one administrator, who looks after the others.
        house.ask_account(boss.account(), &OPERATOR, &Command::Unblock).await.unwrap();
        house.ask_account(hanako.account(), &boss.actor(), &Command::Unblock).await.unwrap();
        assert!(house.desk.acting(hanako.id).await.unwrap().is_some());
        invariant::hold(&house).await;
    }
}

/// On PostgreSQL what is there goes and what comes in one transaction. Wherever a restore is cut off, the next one finds
/// the old database, whole, or the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_restore_that_is_cut_off_anywhere_leaves_the_old_database_or_the_new_one() {
    let house = House::on_postgres().await;
    let card = house.card().await;
    let file = house.place.data.join("one.backup.age");
    taken(&house, &file).await;
    house.revoke(&card).await;
    let events = "SELECT COUNT(*) FROM event";
    let stopped = house.stop().await;
    let (address, now) = (stopped.address().clone(), stopped.now());
    let old = invariant::count(&address, events).await;
    let (mut cuts, mut patience) = (0, 0);
    loop {
        let restoring = backup::restore(&file, PASSPHRASE, &address, Replaced::PutAside, now);
        let ended = tokio::time::timeout(std::time::Duration::from_millis(patience), restoring).await;
        match ended {
            Ok(Ok(_)) => break,
            // The server has not noticed yet that the one before is gone.
            Ok(Err(BackupFault::Served(_))) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            Ok(Err(other)) => panic!("after {patience} ms: {other:?}"),
            Err(_) => {
                cuts += 1;
                patience += 5 + patience / 10;
            }
        }
        let found = invariant::count(&address, events).await;
        // A cut may come after the commit, and before anybody was told of it.
        if found != old {
            break;
        }
    }
    assert!(cuts > 5, "{cuts}");
    let new = invariant::count(&address, events).await;
    assert!(
        0 < new && new < old,
        "the control: what was restored is another one: {new} of {old}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a54_a_backup_that_was_cut_or_changed_anywhere_restores_nothing() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    house.revoke(&card).await;
    let file = house.place.data.join("one.backup.age");
    taken(&house, &file).await;
    let whole = std::fs::read(&file).unwrap();
    assert!(whole.len() > 10_000, "there is something to be cut");
    for secret in ["takahashi@example.jp", "BEGIN ENCRYPTED", "1234567"] {
        assert!(
            !whole.windows(secret.len()).any(|part| part == secret.as_bytes()),
            "{secret}"
        );
    }
    assert_eq!(mode(&file), 0o600);
    let elsewhere = Place::on_sqlite();
    let torn = house.place.data.join("torn.backup.age");
    let last = whole.len() - 1;
    let damaged = (0..10).map(|part| whole.len() * part / 10).flat_map(|place| {
        let mut changed = whole.clone();
        changed[place] ^= 0x20;
        [whole[..place].to_vec(), changed]
    });
    for octets in damaged.chain([whole[..last].to_vec(), [whole.as_slice(), b"x"].concat(), Vec::new()]) {
        std::fs::write(&torn, &octets).unwrap();
        let done = backup::restore(&torn, PASSPHRASE, &elsewhere.address, Replaced::Never, house.now()).await;
        let Err(BackupFault::NotWhole { .. } | BackupFault::Unopened { .. } | BackupFault::File { .. }) = done else {
            panic!("{} octets: {done:?}", octets.len())
        };
        let StoreAddress::Sqlite(path) = &elsewhere.address else {
            panic!()
        };
        assert!(!path.exists(), "nothing was begun");
    }
    let wrong = backup::check(&file, b"another passphrase").await;
    assert!(wrong.unwrap_err().to_string().contains("passphrase does not open it"));
    assert!(backup::check(&file, PASSPHRASE).await.is_ok(), "the control");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a28_restoring_at_every_revocation_point_un_revokes_nothing() {
    restored_at_every_point(with_authority(None)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a28_restoring_at_every_revocation_point_un_revokes_nothing() {
    let place = Place::on_postgres().await;
    restored_at_every_point(with_authority(Some(&place.address))).await;
}

/// The operator's own commands, over a whole day: a backup after every revocation, and each of them restored at the end.
async fn restored_at_every_point(desk: Desk) {
    let serials: Vec<String> = (0..3).map(|number| issue(&desk, number)).collect();
    let mut points = vec![backup(&desk, "point-0")];
    desk.done(&["ca", "crl", "--ca", "mihon", "--out", "lists"]);
    for (number, serial) in serials.iter().enumerate() {
        desk.done(&[
            "ca",
            "revoke",
            "--ca",
            "mihon",
            "--serial",
            serial,
            "--reason",
            "keyCompromise",
        ]);
        points.push(backup(&desk, &format!("point-{}", number + 1)));
        // The next point lies between a list that was published and the revocations after it.
        if number == 1 {
            let server = desk.serve().await;
            server.end();
        }
    }
    let server = desk.serve().await;
    let published = numbers(&desk);
    server.end();
    let journal = desk.place().join("data/revocations.journal");
    let lines = std::fs::read_to_string(&journal).unwrap();
    assert!(lines.lines().count() >= 3);
    for (number, point) in points.iter().enumerate() {
        let restored = desk.json(&["restore", point, "--replace"]);
        let is_current = number == serials.len();
        if !is_current {
            assert_eq!(restored["may_be_served"], false, "{point}: {restored:#}");
            let (status, said) = desk.kagimori(&["serve"]);
            assert_ne!(status, 0, "{point}");
            assert!(said.contains("kagimori restore --replay"), "{point}: {said}");
        }
        let replayed = desk.json(&["restore", "--replay"]);
        assert_eq!(replayed["may_be_served"], true, "{point}: {replayed:#}");
        let server = desk.serve().await;
        for serial in &serials {
            let shown = desk.json(&["ca", "show", "--ca", "mihon", "--serial", serial]);
            assert!(
                shown["revoked_at"].is_string(),
                "{point}: {serial} was un-revoked: {shown:#}"
            );
        }
        let lists = desk.json(&["ca", "crl", "--ca", "mihon", "--out", "lists"]);
        let entries: i64 = lists["lists"]
            .as_array()
            .unwrap()
            .iter()
            .map(|list| list["entries"].as_i64().unwrap())
            .sum();
        assert_eq!(entries, 3, "{point}");
        let begun = std::time::Instant::now();
        while numbers(&desk).iter().min() <= published.iter().max() {
            assert!(
                begun.elapsed() < std::time::Duration::from_secs(10),
                "{point}: a number went back"
            );
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        server.end();
        assert!(
            std::fs::read_to_string(&journal).unwrap().starts_with(&lines),
            "{point}: the journal only grows"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a28_a_yesterday_restored_without_its_certificates_still_says_revoked() {
    let desk = with_authority(None);
    let revoke = |serial: &str| {
        desk.done(&[
            "ca",
            "revoke",
            "--ca",
            "mihon",
            "--serial",
            serial,
            "--reason",
            "superseded",
        ])
    };
    let early = issue(&desk, 0);
    revoke(&early);
    // From here on the database knows that there is a journal.
    let known = issue(&desk, 1);
    let point = backup(&desk, "before");
    let lost = issue(&desk, 2);
    revoke(&known);
    revoke(&lost);
    desk.write("mihon.pem", &desk.done(&["ca", "show", "--ca", "mihon", "--pem"]));
    desk.serve().await.end();
    let restored = desk.json(&["restore", &point, "--replace", "--replay"]);
    assert_eq!(restored["replayed"]["from_journal"], 2, "{restored:#}");
    assert_eq!(restored["replayed"]["without_certificate"][0]["serial"], lost.as_str());
    assert_eq!(restored["may_be_served"], true);
    assert_eq!(ocsp(&desk, [&early, &known, &lost]).await, ["revoked"; 3]);
    // The journal is lost with its machine: the published lists are what is left.
    let data = desk.place().join("data");
    for gone in ["revocations.journal", "journal.key"] {
        std::fs::remove_file(data.join(gone)).unwrap();
    }
    let restored = desk.json(&["restore", &point, "--replace", "--replay"]);
    assert_eq!(restored["may_be_served"], false, "{restored:#}");
    assert!(restored["why"].as_str().unwrap().contains("is missing"), "{restored:#}");
    let restored = desk.json(&["restore", &point, "--replace", "--replay", "--journal-lost"]);
    assert_eq!(restored["replayed"]["from_lists"], 2, "{restored:#}");
    assert_eq!(restored["may_be_served"], true, "{restored:#}");
    assert_eq!(ocsp(&desk, [&early, &known, &lost]).await, ["revoked"; 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_beside_a_running_server_is_refused() {
    let desk = with_authority(None);
    let point = backup(&desk, "one");
    let server = desk.serve().await;
    // A backup beside it is not.
    backup(&desk, "two");
    let (status, said) = desk.kagimori(&["restore", &point, "--replace"]);
    assert_eq!(status, 1);
    assert!(said.contains("in use by another process"), "{said}");
    server.end();
}

/// age itself opens what we wrote: the format is the public one.
#[test]
fn a54_a_backup_is_opened_by_age() {
    let desk = with_authority(None);
    let point = backup(&desk, "one");
    let passphrase = std::fs::read_to_string(desk.place().join("passphrase")).unwrap();
    // age asks for it on a terminal; script(1) is one.
    let script = format!(
        "printf '%s\\n' '{}' | script -qec 'age -d -o content {point}' /dev/null",
        passphrase.trim()
    );
    let (status, said) = run("sh", &["-c", &script], desk.place());
    assert_eq!(status, 0, "{said}");
    let content = std::fs::read(desk.place().join("content")).unwrap();
    assert!(content.starts_with(b"KAGIMORI backup 1\nM"));
}

/// Restores it over what is there, replays, and serves it again.
async fn restored(house: House, file: &Path) -> (House, Replayed) {
    let data = house.place.data.clone();
    let stopped = house.stop().await;
    let (address, now, chance) = (stopped.address().clone(), stopped.now(), Chance::system());
    backup::restore(file, PASSPHRASE, &address, Replaced::PutAside, now)
        .await
        .unwrap();
    let bounds = Bounds {
        journals: Vec::new(),
        lists: Vec::new(),
        head: heads::last(&data).unwrap(),
        journal: JournalIs::Kept,
        shards: 1,
    };
    let replayed = server::store::replay(&address, &bounds, "operator test", (now, &chance))
        .await
        .unwrap();
    if replayed.events_lost > 0 {
        heads::set_aside(&data).unwrap();
    }
    (stopped.start_after(|| ()).await.unwrap(), replayed)
}

async fn live_tokens(house: &House) -> usize {
    let tokens = house.store().tokens("mihon-ca").await.unwrap();
    tokens.iter().filter(|token| token.holds(house.now())).count()
}

async fn taken(house: &House, file: &Path) -> Contents {
    let chance = Chance::system();
    backup::write(&house.place.address, file, PASSPHRASE, (house.now(), &chance), |_| ())
        .await
        .unwrap()
}

/// The digest of a backup's rows does not depend on its moment: it is compared without its manifest.
async fn file_rows(file: &Path) -> (u64, String, i64) {
    let contents = backup::check(file, PASSPHRASE).await.unwrap();
    (contents.rows, contents.audit.1, contents.revocations)
}

async fn another_place(house: &House) -> Place {
    match house.place.address {
        StoreAddress::Sqlite(_) => Place::on_sqlite(),
        StoreAddress::Postgres(_) => Place::on_postgres().await,
    }
}

fn with_authority(store: Option<&StoreAddress>) -> Desk {
    let desk = Desk::new();
    if let Some(StoreAddress::Postgres(url)) = store {
        let path = desk.place().join("kagimori.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("sqlite://data/kagimori.db", url)).unwrap();
    }
    desk.founds();
    desk
}

fn issue(desk: &Desk, number: usize) -> String {
    let issued = desk.issues(&format!("card-{number}.pem"));
    issued["serial"].as_str().unwrap().to_owned()
}

fn backup(desk: &Desk, name: &str) -> String {
    let file = format!("{name}.backup.age");
    let told = desk.json(&["backup", "--out", &file]);
    assert!(told["rows"].as_u64().unwrap() > 5, "{told:#}");
    file
}

/// The CRLNumbers that lie published beside the database.
fn numbers(desk: &Desk) -> Vec<i64> {
    let lists = server::validation::crl::published(&desk.place().join("data")).unwrap();
    let mihon = lists.iter().filter(|list| list.name.authority.0 == "mihon");
    mihon.map(|list| list.number).collect()
}

async fn ocsp(desk: &Desk, serials: [&String; 3]) -> [String; 3] {
    let server = desk.serve().await;
    let url = format!("http://127.0.0.1:{}/ocsp/mihon", desk.validation);
    let told = serials.map(|serial| {
        let arguments = [
            "ocsp",
            "-issuer",
            "mihon.pem",
            "-serial",
            serial,
            "-url",
            &url,
            "-noverify",
        ];
        let (_, said) = run("openssl", &arguments, desk.place());
        let answer = said.lines().find_map(|line| line.strip_prefix(&format!("{serial}: ")));
        answer.unwrap_or_else(|| panic!("{said}")).to_owned()
    });
    server.end();
    told
}

fn mode(path: &PathBuf) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const PASSPHRASE: &[u8] = b"a passphrase for backups";
