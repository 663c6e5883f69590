//! 入札参加資格者名簿 in the store: imports, changes, proofs of a company, and open bids; the same on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use casework::identity::{Digest, Fingerprint, OfficerId, Serial};
use casework::register::BusinessNumber;
use casework::time::Instant;
use server::desk::{Actor, Desk};
use server::office::{BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, Office};
use server::register;
use server::store::{BidRow, BidderOf, Clash, Imported, Proof, Proved, registration_password};

use crate::house::{House, on_both};

const SHI: &str = "mihon-shi";
const HEADER: &str = "登録番号,商号又は名称,フリガナ,所在地,代表者氏名,受任者氏名,委任開始日,委任終了日,法人番号,有効期間開始日,有効期間終了日,登録用パスワード";
const OPERATOR: Actor<'static> = Actor::Operator { name: "test" };

/// A desk with two ordering bodies.
fn desk(house: &House) -> Desk {
    let offices = [BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE];
    let offices = offices.map(|text| Office::from_toml(text).unwrap()).to_vec();
    let (store, clock) = (house.store().clone(), house.desk.clock().clone());
    Desk::new(store, clock, house.desk.chance().clone(), offices)
}

fn number(text: &str) -> BusinessNumber {
    BusinessNumber::parse(text).unwrap()
}

fn line(number: u32, name: &str) -> String {
    format!("100-{number},{name},カイシャ,札幌市中央区{number},黒田 一郎,,,,,2025-04-01,2027-03-31,")
}

async fn import(desk: &Desk, lines: &[String], replace: bool) -> Imported {
    let text = [&[HEADER.to_owned()], lines].concat().join("\n");
    let sheet = register::read(text.as_bytes()).unwrap();
    assert_eq!(sheet.bad, []);
    let done = Arc::new(AtomicUsize::new(0));
    let count = sheet.lines.len();
    let imported = desk
        .import_register(
            &OPERATOR,
            SHI,
            sheet.lines,
            (replace, Digest([7; 32])),
            Arc::clone(&done),
        )
        .await
        .unwrap();
    assert_eq!(done.load(Ordering::Relaxed), count);
    imported
}

on_both! {
    async fn the_same_list_again_changes_nothing(house: House) {
        let desk = desk(&house);
        let mut lines = vec![line(1, "株式会社A【物品】"), line(2, "株式会社B"), line(3, "株式会社C")];
        let first = import(&desk, &lines, false).await;
        assert_eq!(first, Imported { added: 3, ..Imported::default() });
        let before = desk.store().register_versions(SHI, &number("100-1")).await.unwrap();
        assert_eq!(import(&desk, &lines, true).await, Imported { same: 3, ..Imported::default() });
        assert_eq!(desk.store().register_versions(SHI, &number("100-1")).await.unwrap(), before);
        // What a later file does not have stays and is told; only `--replace` takes it off, and its history stays.
        lines.remove(2);
        lines[1] = line(2, "株式会社B改");
        let later = import(&desk, &lines, false).await;
        assert_eq!(later, Imported { changed: 1, same: 1, missing: 1, ..Imported::default() });
        assert!(desk.store().entry(SHI, &number("100-3")).await.unwrap().is_some());
        let replaced = import(&desk, &lines, true).await;
        assert_eq!(replaced, Imported { same: 2, missing: 1, removed: 1, ..Imported::default() });
        assert!(desk.store().entry(SHI, &number("100-3")).await.unwrap().is_none());
        assert_eq!(desk.store().register_versions(SHI, &number("100-3")).await.unwrap().len(), 2);
        // Another office has a list of its own.
        assert!(desk.store().entry("mihon-ken", &number("100-1")).await.unwrap().is_none());
        assert_eq!(desk.store().count_register(SHI).await.unwrap(), 2);
        let found = desk.store().search_register(SHI, "ｂ改", 10).await.unwrap();
        assert_eq!(found.len(), 1, "width and case do not matter");
        for wildcard in ["%", "_", "!"] {
            assert_eq!(desk.store().search_register(SHI, wildcard, 10).await.unwrap().len(), 0);
        }
        // Off and on again is one company with one history.
        let back = import(&desk, &[line(3, "株式会社C")], false).await;
        assert_eq!((back.added, back.missing), (1, 2));
        assert_eq!(desk.store().register_versions(SHI, &number("100-3")).await.unwrap().len(), 3);
    }

    async fn a_change_keeps_what_was_and_two_officers_at_once_make_one_change(house: House) {
        let desk = desk(&house);
        import(&desk, &[line(1, "株式会社A")], false).await;
        let row = desk.store().entry(SHI, &number("100-1")).await.unwrap().unwrap();
        let mut entry = row.entry.clone();
        "髙田 花子".clone_into(&mut entry.representative);
        let by = (&Actor::Officer { id: OfficerId([1; 16]), session: [0; 16] }, OfficerId([1; 16]));
        let changes = tokio::join!(
            desk.change_register(by, SHI, row.version, entry.clone(), "変更届"),
            desk.change_register(by, SHI, row.version, entry.clone(), "変更届"),
        );
        let moved = |changed: &Result<(), Clash>| *changed == Err(Clash::Moved);
        assert!(moved(&changes.0) != moved(&changes.1), "{changes:?}");
        let versions = desk.store().register_versions(SHI, &number("100-1")).await.unwrap();
        let [now, before] = versions.as_slice() else { panic!("{versions:?}") };
        assert_eq!((&now.row.entry, &before.row.entry), (&entry, &row.entry));
        assert_eq!((now.changed_by, now.reason.as_str()), (Some(OfficerId([1; 16])), "変更届"));
        assert_eq!(before.changed_by, None);
    }

    async fn a18_who_guesses_learns_nothing_and_waits_longer_each_time(house: House) {
        let desk = desk(&house);
        let phc = registration_password("さくら-2026", desk.chance()).unwrap();
        import(&desk, &[format!("{}\"{phc}\"", line(1, "株式会社A")), line(2, "株式会社B")], false).await;
        let now = house.now();
        let prove = async |to: &str, proof: Proof<'_>, at: Instant| {
            desk.store().prove_business(SHI, &number(to), proof, at).await.unwrap()
        };
        let right = Proof::Password("さくら-2026");
        assert!(matches!(prove("100-1", right, now).await, Proved::Yes(row) if row.entry.name == "株式会社A"));
        // A wrong password, a company without one and a number that is on no list: one answer, and one count.
        for to in ["100-1", "100-2", "999-9"] {
            for _ in 0..5 {
                assert_eq!(prove(to, Proof::Password("すみれ"), now).await, Proved::No, "{to}");
            }
            let until = now.plus_seconds(60);
            assert_eq!(prove(to, Proof::Password("すみれ"), now).await, Proved::Later { until }, "{to}");
        }
        assert!(matches!(prove("100-1", right, now.plus_seconds(59)).await, Proved::Later { .. }), "not even the right one");
        assert_eq!(prove("100-1", Proof::Password("すみれ"), now.plus_seconds(60)).await, Proved::No);
        let later = now.plus_seconds(60 + 120);
        assert!(matches!(prove("100-1", right, later.plus_seconds(-1)).await, Proved::Later { .. }));
        assert!(matches!(prove("100-1", right, later).await, Proved::Yes(_)));
        assert_eq!(prove("100-1", Proof::Password("すみれ"), later).await, Proved::No, "a success begins afresh");
    }

    async fn many_guesses_at_once_are_counted_one_by_one(house: House) {
        let desk = desk(&house);
        import(&desk, &[line(1, "株式会社A")], false).await;
        let tries = (0..40).map(|_| {
            let (store, now) = (desk.store().clone(), house.now());
            tokio::spawn(async move { store.prove_business(SHI, &number("100-1"), Proof::Code("0000"), now).await.unwrap() })
        });
        let mut looked_at = 0;
        for tried in tries.collect::<Vec<_>>() {
            looked_at += usize::from(tried.await.unwrap() == Proved::No);
        }
        assert_eq!(looked_at, 5);
    }

    async fn a_letter_code_is_good_for_its_letter_and_a_new_one_voids_it(house: House) {
        let desk = desk(&house);
        import(&desk, &[line(1, "株式会社A")], false).await;
        let (to, now) = (number("100-1"), house.now());
        assert!(desk.give_letter_code(&OPERATOR, SHI, &number("999-9")).await.unwrap().is_none());
        let (first, _) = desk.give_letter_code(&OPERATOR, SHI, &to).await.unwrap().unwrap();
        let (second, until) = desk.give_letter_code(&OPERATOR, SHI, &to).await.unwrap().unwrap();
        let prove = async |code: &str, at: Instant| {
            desk.store().prove_business(SHI, &to, Proof::Code(code), at).await.unwrap()
        };
        assert_eq!(prove(&first.written(), now).await, Proved::No);
        assert_eq!(prove(&second.written(), until.plus_seconds(1)).await, Proved::No, "a letter that lay about");
        assert!(matches!(prove(&second.written().to_lowercase(), now).await, Proved::Yes(_)));
        // A sitting that was interrupted is taken up the same day, and no later.
        assert!(matches!(prove(&second.written(), now.plus_seconds(86_400)).await, Proved::Yes(_)));
        assert_eq!(prove(&second.written(), now.plus_seconds(86_401)).await, Proved::No);
    }

    async fn bids_are_told_whole_by_each_system_and_found_by_card_serial_and_company(house: House) {
        let desk = desk(&house);
        let (card, issuer) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let serial = Serial::from_decimal("246187065731116185158328469941009070494604893753").unwrap();
        assert_eq!(serial.to_string(), "246187065731116185158328469941009070494604893753");
        let today = house.now().day();
        let bid = |id: &str, days: i32, bidder: BidderOf| BidRow {
            id: id.to_owned(),
            title: "<b>橋梁補修</b>".to_owned(),
            opens_on: today.plus(days),
            bidder,
        };
        let tell = async |office: &str, system: &str, bids: Vec<BidRow>| {
            let event = server::store::NewEvent {
                procedure: "register",
                name: "bids_told",
                actor: "test".to_owned(),
                states: ("open".to_owned(), "open".to_owned()),
                refusal: None,
                details: Vec::new(),
                salt: [0; 16],
            };
            desk.store().tell_bids(office, system, bids, event, house.now()).await.unwrap()
        };
        let ebid = vec![
            bid("A-2", 9, BidderOf::Card(card)),
            bid("A-1", 3, BidderOf::Serial { issuer, serial }),
            bid("A-3", -1, BidderOf::Card(card)),
            bid("A-4", 3, BidderOf::Number(number("100-1"))),
            bid("A-5", 3, BidderOf::Card(Fingerprint([9; 32]))),
        ];
        assert!(tell(SHI, "ebid", ebid.clone()).await);
        assert!(!tell(SHI, "ebid", ebid.clone()).await, "the same list again is no change");
        assert!(tell(SHI, "ppi", vec![bid("A-2", 9, BidderOf::Card(card))]).await);
        assert!(tell("mihon-ken", "ebid", vec![bid("B-1", 5, BidderOf::Card(card))]).await);
        let touched = desk.touched((card, issuer, serial), house.now()).await.unwrap();
        let ids: Vec<(String, Vec<String>)> = touched
            .into_iter()
            .map(|touched| (touched.office.id.clone(), touched.bids.into_iter().map(|bid| bid.id).collect()))
            .collect();
        let told = |office: &str, ids: &[&str]| (office.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(ids, [told("mihon-ken", &["B-1"]), told(SHI, &["A-1", "A-2"])]);
        // A system that tells nothing any more has no open bids.
        assert!(tell("mihon-ken", "ebid", Vec::new()).await);
        let touched = desk.touched((card, issuer, serial), house.now()).await.unwrap();
        assert_eq!(touched.len(), 1);
    }
}
