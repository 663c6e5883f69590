//! The morning of the desired date (R307): what is due is done once, terminal by terminal, by any number of nodes, and told
//! once, before noon.

use std::sync::{Arc, Mutex};

use casework::reissue::{Case, Step, Trouble};
use casework::time::Instant;
use server::chance::Chance;
use server::desk::Desk;
use server::errand::mail::{Mail, Mailer, NotSent, Sending};
use server::office::TERMINALS_EXAMPLE;
use server::store::{Shelf, Store};

use crate::errand::runner;
use crate::examination::{CENTRE, Counter, day, terminal};
use crate::house::{House, on_both};
use crate::invariant;

on_both! {
    async fn r307_the_morning_opens_each_terminal_once_and_tells_it_once_before_noon(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.approved(&by, &["11110A", "11110B"]).await;
        let later = counter.applied_for(day(2026, 11, 25), &["11110C"]).await;
        counter.decide(&by, later, casework::review::Verdict::Approve).await.unwrap();
        let desk = &counter.centre.desk;
        counter.house().it_is(day(2026, 11, 24).begins().plus_seconds(6 * 3_600 - 2));
        assert_eq!(desk.keep_mornings().await.unwrap(), 0, "not before its hour");
        assert_eq!(desk.mornings_due().await.unwrap(), 0, "nor is it late");
        counter.house().it_is(day(2026, 11, 24).begins().plus_seconds(6 * 3_600));
        assert_eq!(desk.keep_mornings().await.unwrap(), 1);
        let Case::Reissued { grants, at, .. } = counter.look(case).await else { panic!("再発行完了") };
        assert!(at < day(2026, 11, 24).begins().plus_seconds(12 * 3_600), "before noon");
        let mut opened = counter.store().grants_of(&case.octets()).await.unwrap();
        opened.sort();
        let mut told = grants.clone();
        told.sort();
        assert_eq!(opened, told);
        for name in ["11110A", "11110B"] {
            let row = counter.store().terminal(&counter.centre.office.id, terminal(name)).await.unwrap().unwrap();
            assert!(row.grant.is_some() && row.code.is_some(), "a new 認証コード2");
        }
        assert_eq!(desk.keep_mornings().await.unwrap(), 0, "safe twice");
        assert_eq!(counter.letters(case).await, ["ReissueLetter(Completed)", "ReissueLetter(Received)"]);
        assert_eq!(counter.news().await[0], "reissue-done");
        assert!(matches!(counter.look(later).await, Case::Approved { .. }), "another day");
        assert!(counter.store().application_for(&counter.centre.office.id, terminal("11110A")).await.unwrap().is_none());
        counter.house().it_is(day(2026, 11, 27).begins().plus_seconds(3_600));
        assert_eq!(desk.keep_mornings().await.unwrap(), 1, "a morning that the server slept through is made up for");
        invariant::hold(counter.house()).await;
    }

    async fn r307_what_one_terminal_cannot_have_the_others_have_and_it_is_tried_again(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.approved(&by, &["11110A", "11110B"]).await;
        let other = counter.centre.contract("K-002").await;
        counter.give(other, &["11110A"]).await;
        counter.house().it_is(day(2026, 11, 24).begins().plus_seconds(7 * 3_600));
        let desk = &counter.centre.desk;
        assert_eq!(desk.mornings_due().await.unwrap(), 2, "both, until somebody has looked");
        assert_eq!(desk.keep_mornings().await.unwrap(), 1);
        assert_eq!(desk.mornings_due().await.unwrap(), 1, "the one that is in trouble");
        let Case::Approved { progress, .. } = counter.look(case).await else { panic!("審査終了") };
        assert!(matches!(progress[0].step, Step::Troubled { trouble: Trouble::Gone, .. }), "{progress:?}");
        let Step::Opened(grant) = progress[1].step else { panic!("{progress:?}") };
        let row = counter.store().queue_row(case.octets()).await.unwrap().unwrap();
        assert_eq!((row.shelf, row.state.as_str()), (Shelf::Waiting, "approved"), "officers see it");
        assert_eq!(counter.letters(case).await, ["ReissueLetter(Received)"], "the mail waits for all of them");
        let events = counter.store().events(case.octets()).await.unwrap().len();
        assert_eq!(desk.keep_mornings().await.unwrap(), 0);
        assert_eq!(counter.store().events(case.octets()).await.unwrap().len(), events, "what stays so is not told again");
        assert_eq!(desk.mornings_due().await.unwrap(), 1);
        counter.give(counter.organisation, &["11110A"]).await;
        assert_eq!(desk.keep_mornings().await.unwrap(), 1);
        assert_eq!(desk.mornings_due().await.unwrap(), 0);
        let Case::Reissued { grants, .. } = counter.look(case).await else { panic!("再発行完了") };
        assert_eq!(grants[1].1, grant, "what was opened stays");
        assert_eq!(counter.letters(case).await, ["ReissueLetter(Completed)"]);
        invariant::hold(counter.house()).await;
    }

    async fn r307_a_mail_server_that_is_down_for_a_day_gets_the_same_mail_when_it_is_back(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.approved(&by, &["11110A"]).await;
        counter.letters(case).await;
        counter.house().it_is(day(2026, 11, 24).begins().plus_seconds(7 * 3_600));
        counter.centre.desk.keep_mornings().await.unwrap();
        let post = Arc::new(Post::default());
        counter.store().load_office("mihon-center", TERMINALS_EXAMPLE, counter.now()).await.unwrap();
        let errands = runner(counter.house(), Arc::clone(&post) as Arc<dyn Mailer>).await;
        errands.run_due().await.unwrap();
        counter.house().it_is(day(2026, 11, 25).begins().plus_seconds(8 * 3_600));
        errands.run_due().await.unwrap();
        post.up.store(true, std::sync::atomic::Ordering::Relaxed);
        counter.house().it_is(day(2026, 11, 25).begins().plus_seconds(10 * 3_600));
        errands.run_due().await.unwrap();
        let tried = post.tried.lock().unwrap().clone();
        let ids: std::collections::BTreeSet<_> = tried.iter().filter(|mail| mail.subject.contains("確認完了")).map(|mail| mail.id).collect();
        assert!(tried.len() >= 3 && ids.len() == 1, "the same Message-ID: {tried:?}");
        let last = tried.last().unwrap();
        assert_eq!((last.to.as_str(), last.written_at), ("tuukan-hanako@boeki.example", tried[0].written_at));
        assert!(last.written_at < noon_of(24));
    }
}

mod at_a_node {
    use std::time::{Duration, Instant};

    use crate::enrolment::Door;
    use crate::grant;
    use crate::invariant::tamper;
    use crate::node::on_both_stores;

    on_both_stores! {
        async fn r307_a_node_counts_the_terminals_whose_morning_is_in_trouble_until_they_are_done(place: Place) {
            let door = Door::open(place).await;
            let address = &door.node.place().address;
            let due = || {
                let text = door.node.running().metrics().text();
                let line = text.lines().find_map(|line| line.strip_prefix("kagimori_mornings_due ").map(str::to_owned));
                line.unwrap()
            };
            let until = async |expected: &str| {
                let begun = Instant::now();
                while due() != expected {
                    assert!(begun.elapsed() < Duration::from_mins(1), "{} and not {expected}", due());
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            assert_eq!(due(), "0", "the control");
            // One of its two terminals is nobody's by its morning.
            tamper(address, "DELETE FROM terminal WHERE name = '11110B'").await;
            let by = format!(r#"{{"officer":"{0}{0}","person":"1","card":"{1}","content":"{1}","text":"{1}","at":0}}"#, "00".repeat(8), "00".repeat(32));
            let waits = |name: &str| format!(r#"{{"terminal":["sea","webnaccs","{name}"],"step":"waiting"}}"#);
            let beside = format!(
                r#""approvals":{{"first":null,"last":{by}}},"progress":[{},{}]"#,
                waits("11110A"),
                waits("11110B")
            );
            grant::apply_as(door.desk(), &door.office, 1, ("approved", &beside)).await;
            let awaits = "INSERT INTO awaited_morning (case_id, office, day) SELECT id, office, 20000 FROM office_case
                          WHERE procedure = 'reissue' AND state = 'approved'";
            tamper(address, awaits).await;
            until("1").await;
            assert_eq!(door.desk().store().grants_of(&[1; 16]).await.unwrap().len(), 1, "the other one is done");
            grant::import(door.desk(), &door.office).await;
            until("0").await;
            assert_eq!(door.desk().store().grants_of(&[1; 16]).await.unwrap().len(), 2);
        }
    }
}

mod on_postgres_alone {
    use super::*;

    /// Two nodes, each with a store of its own, at the same mornings.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres_a21_two_nodes_at_one_morning_open_each_terminal_once() {
        let counter = Counter::of(House::on_postgres().await).await;
        let by = counter.officer("2001", CENTRE).await;
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(&counter.house().place.address, data.path(), &Chance::system())
            .await
            .unwrap();
        let beside: Desk = counter.beside(store.clone());
        let mut both = 0;
        for round in 0..ROUNDS {
            // Tuesdays and Thursdays, none of them closed.
            let today = day(2026, 11, 24).plus(round / 2 * 7 + round % 2 * 2);
            counter.house().it_is(today.plus(-4).begins().plus_seconds(12 * 3_600));
            let case = counter.applied_for(today, &["11110A", "11110B", "11110C"]).await;
            counter
                .decide(&by, case, casework::review::Verdict::Approve)
                .await
                .unwrap();
            counter.house().it_is(today.begins().plus_seconds(7 * 3_600));
            let (one, other) = tokio::join!(counter.centre.desk.keep_mornings(), beside.keep_mornings());
            both += usize::from(one.unwrap() + other.unwrap() > 1);
            let Case::Reissued { grants, .. } = counter.look(case).await else {
                panic!("再発行完了")
            };
            assert_eq!(grants.len(), 3);
            assert_eq!(
                counter.store().grants_of(&case.octets()).await.unwrap().len(),
                3,
                "one grant each"
            );
            assert_eq!(
                counter.letters(case).await,
                ["ReissueLetter(Completed)", "ReissueLetter(Received)"]
            );
            let done = counter.store().events(case.octets()).await.unwrap();
            let done = done
                .iter()
                .filter(|event| event.name == "reissued" && event.refusal.is_none())
                .count();
            assert_eq!(done, 1, "round {round}: both were told so {both} times");
        }
        store.close().await;
        invariant::hold(counter.house()).await;
    }

    /// The control: whoever asks for nothing that was opened before opens a second one.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres_without_the_index_over_application_and_terminal_a_terminal_is_opened_twice() {
        let counter = Counter::of(House::on_postgres().await).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.approved(&by, &["11110A"]).await;
        counter
            .house()
            .it_is(day(2026, 11, 24).begins().plus_seconds(7 * 3_600));
        counter.centre.desk.keep_mornings().await.unwrap();
        let place = &counter.house().place.address;
        let twice = "INSERT INTO terminal_grant (id, office, division, device, name, application, until_at, opened_at, wakes_at)
                     SELECT decode(md5('another'), 'hex'), office, division, device, name, application, until_at, opened_at, NULL
                     FROM terminal_grant";
        invariant::tamper(place, "DROP INDEX terminal_grant_once").await;
        invariant::tamper(place, twice).await;
        assert_eq!(
            counter.store().grants_of(&case.octets()).await.unwrap().len(),
            2,
            "the look of the race finds it"
        );
    }

    const ROUNDS: i32 = 10;
}

/// A mail server that is down until it is up.
#[derive(Default)]
struct Post {
    tried: Mutex<Vec<Mail>>,
    up: std::sync::atomic::AtomicBool,
}

impl Mailer for Post {
    fn send<'m>(&'m self, mail: &'m Mail) -> Sending<'m> {
        self.tried.lock().unwrap().push(mail.clone());
        let up = self.up.load(std::sync::atomic::Ordering::Relaxed);
        Box::pin(async move {
            if up {
                Ok(())
            } else {
                Err(NotSent::Unreachable("down".to_owned()))
            }
        })
    }
}

fn noon_of(on: u8) -> Instant {
    day(2026, 11, on).begins().plus_seconds(12 * 3_600)
}
