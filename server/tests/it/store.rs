//! The store: the same on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use casework::application::Application;
use casework::certificate::{Reason, Shard};
use casework::officer::Role;
use casework::review::Verdict;
use casework::revocation::Case;
use server::desk::certificate::{Command as Issue, Issuance};
use server::desk::revocation::Command;
use server::desk::{Actor, CaseId, evidence};
use server::fault::Fault;
use server::store::{
    Audit, CardRequestRow, CardRequestState, Claimed, Clash, Committed, CrlRow, SessionFact, SessionRow,
};

use crate::house::{House, application, noon, on_both};
use crate::invariant::{self, AUDIT};

on_both! {
    async fn every_statement_is_understood(house: House) {
        assert!(house.store().prepare_all().await.unwrap() > 60);
    }

    async fn concurrent_commits_share_transactions(house: House) {
        let notes = 1_000;
        let token = house.desk.chance().octets();
        house.store().begin_session(session(&house, token)).await.unwrap();
        let before = transactions(&house).await;
        let tasks: Vec<_> = (0..notes)
            .map(|count| {
                let (store, at) = (house.store().clone(), house.now());
                let fact = SessionFact { name: format!("fact {count}"), value: count.to_string(), at };
                tokio::spawn(async move { store.note(token, fact).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(house.store().session_facts(token).await.unwrap().len(), notes);
        if let (Some(before), Some(after)) = (before, transactions(&house).await) {
            let made = after - before;
            assert!((1..=500).contains(&made), "{made} transactions for {notes} commits");
        }
    }

    async fn a_piece_that_fails_takes_nothing_with_it(house: House) {
        let cards = [house.card().await, house.card().await, house.card().await];
        // Three cases of the first card and one of each other; all five are confirmed at once, in one batch or two.
        let mut asked = Vec::new();
        for card in [&cards[0], &cards[0], &cards[0], &cards[1], &cards[2]] {
            let (case, text) = house.ask(card).await;
            asked.push((case, Command::Confirm(card.sign(&text, house.now()))));
        }
        let confirms: Vec<_> = asked
            .into_iter()
            .map(|(case, confirm)| {
                let desk = house.desk.clone();
                tokio::spawn(async move { desk.perform(&crate::house::HOLDER, case, &confirm).await.is_ok() })
            })
            .collect();
        let mut accepted = 0;
        for confirm in confirms {
            accepted += usize::from(confirm.await.unwrap());
        }
        assert_eq!(accepted, 3, "one of each card");
        invariant::hold(&house).await;
    }

    async fn a_database_that_falls_behind_a_running_node_stops_it(house: House) {
        if std::env::var_os(FALLS_BEHIND).is_none() {
            let name = std::thread::current().name().unwrap().to_owned();
            let status = tokio::process::Command::new(std::env::current_exe().unwrap())
                .args([name.as_str(), "--exact", "--nocapture"])
                .env(FALLS_BEHIND, "yes")
                .status();
            assert_eq!(status.await.unwrap().code(), Some(server::store::STORAGE_FAILED));
            return;
        }
        let (lost, card) = (house.card().await, house.card().await);
        house.revoke(&lost).await;
        // A standby takes over that has not got the last two: the card's both certificates.
        for forgotten in ["DELETE FROM status", "UPDATE counter SET value = 0 WHERE name = 'revoked'"] {
            invariant::tamper(&house.place.address, forgotten).await;
        }
        house.revoke(&card).await;
    }

    async fn everything_survives_a_restart(house: House) {
        let card = house.card().await;
        let (case, done) = house.revoke(&card).await;
        let head = house.store().audit(None).await.unwrap();
        let house = house.restart().await.unwrap();
        assert_eq!(house.desk.look(case).await.unwrap(), done.case);
        assert_eq!(house.store().audit(None).await.unwrap(), head);
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        house.store().follow(move |_| { count.fetch_add(1, Ordering::Relaxed); }).await.unwrap();
        assert_eq!(told.load(Ordering::Relaxed), 4, "two issued, and both revoked");
        invariant::hold(&house).await;
    }

    async fn what_another_node_commits_is_told_within_a_second(house: House) {
        let card = house.card().await;
        let other = tempfile::tempdir().unwrap();
        let node = server::store::Store::open_beside(&house.place.address, other.path(), house.desk.chance()).await.unwrap();
        let revoked_at = Arc::new(AtomicI64::new(0));
        let heard = Arc::clone(&revoked_at);
        node.follow(move |committed| {
            if let Committed::Revoked { at, .. } = committed {
                heard.store(at.0, Ordering::Relaxed);
            }
        })
        .await
        .unwrap();
        let (_, done) = house.revoke(&card).await;
        let Case::Revoked { at, .. } = done.case else { panic!() };
        let begun = std::time::Instant::now();
        while revoked_at.load(Ordering::Relaxed) != at.0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "not told");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }

    async fn a36_text_comes_back_as_it_was_entered(house: House) {
        for entered in CORPUS {
            let card = house.card().await;
            let case = house.open(&card).await;
            let entered = (*entered).to_owned();
            let typed = Application {
                detail: Some(entered.clone()),
                applicant: entered.clone(),
                kana: entered.clone(),
                mail: entered.clone(),
                ..application()
            };
            house.perform(case, Command::Enter(Box::new(typed.clone()))).await.unwrap();
            let Case::Reviewing { application, .. } = house.desk.look(case).await.unwrap() else { panic!() };
            assert_eq!(*application, typed, "{entered:?}");
            let token: [u8; 32] = house.desk.chance().octets();
            house.store().begin_session(session(&house, token)).await.unwrap();
            if !entered.contains('\0') {
                let fact = SessionFact { name: entered.clone(), value: entered.clone(), at: house.now() };
                house.store().note(token, fact.clone()).await.unwrap();
                assert_eq!(house.store().session_facts(token).await.unwrap(), [fact]);
            }
        }
        invariant::hold(&house).await;
    }

    async fn issuing_takes_up_after_a_crash_what_was_intended(house: House) {
        let key = pki::key::SoftwareKey::generate(pki::algorithm::Algorithm::P256).unwrap();
        let validity = pki::profile::Validity::of_days(noon(2026, 1, 1).0, 365).unwrap();
        let profile = pki::profile::Profile::AuthoritySignature(crate::house::card_content());
        let (id, linted) = house.authority.draft(&profile, &key, validity);
        let case: CaseId<Issuance> = house.desk.new_case();
        let intend = house.authority.intend(&id, &linted, validity, None);
        house.desk.perform(&Actor::System, case, &intend).await.unwrap();
        assert!(house.store().certificate(&id).await.unwrap().unwrap().der.is_none(), "nothing is released yet");
        // The process dies here.
        let octets = linted.to_be_signed().to_vec();
        drop(linted);
        let house = house.restart().await.unwrap();
        let [intended] = &house.store().intended_certificates().await.unwrap()[..] else { panic!() };
        assert_eq!(intended.tbs, octets);
        let issuer = pki::tbs::Issuer::Authority(&house.authority.certificate);
        let linted = pki::tbs::Linted::<pki::tbs::Tbs>::resume(&intended.tbs, issuer).unwrap();
        let issued = linted.sign(&house.authority.key).unwrap();
        let bind = Issue::Bind { signed: evidence::signed(&issued), der: issued.certificate().der().to_vec() };
        let case: CaseId<Issuance> = CaseId::from_octets(intended.case);
        house.desk.perform(&Actor::System, case, &bind).await.unwrap();
        assert_eq!(house.store().intended_certificates().await.unwrap(), []);
        let row = house.store().certificate(&id).await.unwrap().unwrap();
        assert_eq!(row.der.as_deref(), Some(issued.certificate().der()));
        invariant::hold(&house).await;
    }

    async fn another_certificate_than_the_intended_is_not_bound(house: House) {
        let key = pki::key::SoftwareKey::generate(pki::algorithm::Algorithm::P256).unwrap();
        let validity = pki::profile::Validity::of_days(noon(2026, 1, 1).0, 365).unwrap();
        let profile = pki::profile::Profile::AuthoritySignature(crate::house::card_content());
        let (id, linted) = house.authority.draft(&profile, &key, validity);
        let (_, another) = house.authority.draft(&profile, &key, validity);
        let case: CaseId<Issuance> = house.desk.new_case();
        let intend = house.authority.intend(&id, &linted, validity, None);
        house.desk.perform(&Actor::System, case, &intend).await.unwrap();
        let issued = another.sign(&house.authority.key).unwrap();
        let bind = Issue::Bind { signed: evidence::signed(&issued), der: issued.certificate().der().to_vec() };
        assert!(house.desk.perform(&Actor::System, case, &bind).await.is_err());
        assert!(house.store().certificate(&id).await.unwrap().unwrap().der.is_none());
        invariant::hold(&house).await;
    }

    async fn the_operator_revokes_by_the_same_row(house: House) {
        let card = house.card().await;
        let row = house.store().certificate(card.certificate()).await.unwrap().unwrap();
        let case: CaseId<Issuance> = CaseId::from_octets(row.case);
        let revoke = Issue::Revoke { reason: Reason::KeyCompromise };
        house.desk.perform(&Actor::Operator { name: "ca" }, case, &revoke).await.unwrap();
        let (status, by) = house.store().status(card.certificate()).await.unwrap().unwrap();
        assert_eq!((status.reason, by), (Some(pki::reason::ReasonCode::KeyCompromise), None));
        assert!(house.desk.perform(&Actor::Operator { name: "ca" }, case, &revoke).await.is_err());
        assert!(house.perform(house.desk.new_case(), house.opening(&card)).await.is_err());
        invariant::hold(&house).await;
    }

    async fn a_list_is_never_numbered_back(house: House) {
        let authority = house.authority.name.clone();
        let list = |sequence, this_update| CrlRow {
            authority: authority.clone(),
            shard: Shard(3),
            number: 0,
            sequence,
            this_update: noon(2026, 11, this_update),
            next_update: noon(2026, 12, this_update),
            entries: 0,
            digest: None,
        };
        let first = house.store().begin_crl(list(0, 20)).await.unwrap();
        let second = house.store().begin_crl(list(0, 21)).await.unwrap();
        assert_eq!((first.number, second.number), (1, 2));
        assert_eq!(house.store().begin_crl(list(0, 20)).await, Err(Clash::Older));
        let (one, two) = tokio::join!(house.store().begin_crl(list(0, 22)), house.store().begin_crl(list(0, 22)));
        let mut numbers = [one.unwrap().number, two.unwrap().number];
        numbers.sort_unstable();
        assert_eq!(numbers, [3, 4]);
        assert!(house.store().knows_crl(&authority, 4).await.unwrap());
        assert!(!house.store().knows_crl(&authority, 5).await.unwrap(), "a copy of a later list proves an older database");
        invariant::hold(&house).await;
    }

    async fn a_card_request_is_taken_by_one_agent_and_ended_once(house: House) {
        let (session, id) = (house.desk.chance().octets(), house.desk.chance().octets());
        let request = CardRequestRow {
            id,
            session,
            office: "mihon-ca".to_owned(),
            procedure: "revocation".to_owned(),
            purpose: "open".to_owned(),
            case: None,
            nonce: house.desk.chance().octets(),
            document: "{}".to_owned(),
            agent_key: None,
            answered: 0,
            state: CardRequestState::Open,
            outcome: None,
            made_at: house.now(),
            expires_at: house.now().plus_seconds(600),
        };
        let store = house.store();
        store.make_card_request(request.clone()).await.unwrap();
        assert_eq!(store.card_request(id).await.unwrap(), Some(request.clone()));
        assert_eq!(store.claim_card_request(id, [1; 32]).await.unwrap(), Claimed::Yes);
        assert_eq!(store.claim_card_request(id, [1; 32]).await.unwrap(), Claimed::Yes, "a reloaded page");
        assert_eq!(store.claim_card_request(id, [2; 32]).await.unwrap(), Claimed::ByAnother);
        let rewritten = Some("{\"late\":true}".to_owned());
        store.answer_card_request(id, 0, "one".to_owned(), rewritten.clone(), house.now()).await.unwrap();
        let row = store.card_request(id).await.unwrap().unwrap();
        assert_eq!((row.answered, Some(row.document)), (1, rewritten), "what is asked next was written with the answer");
        let again = store.answer_card_request(id, 0, "another".to_owned(), None, house.now()).await;
        assert_eq!(again, Err(Clash::Moved), "a step is answered once");
        let fact = SessionFact { name: "watch".to_owned(), value: "gone".to_owned(), at: house.now() };
        store.note_of_request(id, fact.clone()).await.unwrap();
        assert!(store.session_facts(session).await.unwrap().is_empty(), "there is no such session");
        let row = SessionRow { token: session, mark: [1; 16], csrf: [2; 32], began_at: house.now(), seen_at: house.now() };
        store.begin_session(row).await.unwrap();
        store.note_of_request(id, fact.clone()).await.unwrap();
        store.note_of_request(id, fact.clone()).await.unwrap();
        assert_eq!(store.session_facts(session).await.unwrap(), [fact]);
        let late = store.answer_card_request(id, 1, "late".to_owned(), None, house.now().plus_seconds(601)).await;
        assert_eq!(late, Err(Clash::Moved));
        assert!(store.end_card_request(id, CardRequestState::Done, [3; 32], "ok".to_owned()).await.unwrap());
        assert!(!store.end_card_request(id, CardRequestState::Cancelled, [4; 32], "no".to_owned()).await.unwrap());
        assert_eq!(store.return_card_request([9; 32], [3; 32]).await.unwrap(), None, "a17 another session's code");
        let back = store.return_card_request(session, [3; 32]).await.unwrap().unwrap();
        assert_eq!((back.state, back.outcome.as_deref()), (CardRequestState::Done, Some("ok")));
        assert_eq!(store.card_answers(id).await.unwrap(), ["one"]);
    }

    async fn a_session_ends_with_everything_noted_in_it(house: House) {
        let token = house.desk.chance().octets();
        let store = house.store();
        store.begin_session(session(&house, token)).await.unwrap();
        let fact = SessionFact { name: "flow".to_owned(), value: "v1".to_owned(), at: house.now() };
        store.note(token, fact.clone()).await.unwrap();
        let rotated = house.desk.chance().octets();
        let until = house.now().plus_seconds(60);
        let seat = SessionFact { name: "seat".to_owned(), ..fact.clone() };
        assert!(store.rotate_session(token, rotated, [5; 32], until, Some(seat.clone())).await.unwrap());
        let slower = SessionFact { name: "slower".to_owned(), ..fact.clone() };
        assert!(!store.rotate_session(token, [6; 32], [6; 32], until, Some(slower)).await.unwrap(), "somebody was faster");
        assert_eq!(store.session(token).await.unwrap(), None);
        assert_eq!(store.session_formerly(token, until).await.unwrap().unwrap().token, rotated);
        assert_eq!(store.session_formerly(token, until.plus_seconds(1)).await.unwrap(), None);
        assert_eq!(store.session(rotated).await.unwrap().unwrap().csrf, [5; 32]);
        assert_eq!(store.session_facts(rotated).await.unwrap(), [fact, seat]);
        assert_eq!(store.end_idle_sessions(house.now().plus_seconds(-10), house.now().plus_seconds(-10)).await.unwrap(), 0);
        assert_eq!(store.end_idle_sessions(house.now().plus_seconds(10), house.now().plus_seconds(-10)).await.unwrap(), 1);
        assert_eq!(store.session_facts(rotated).await.unwrap(), []);
    }

    async fn a27_an_audit_that_was_changed_is_found(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        let Audit::Whole { events, head } = house.store().audit(None).await.unwrap() else { panic!() };
        for (mutation, undo) in [
            ("UPDATE event SET document = '{}' || document WHERE sequence = 3", "UPDATE event SET document = substr(document, 3) WHERE sequence = 3"),
            ("UPDATE event SET at = at + 1 WHERE sequence = 2", "UPDATE event SET at = at - 1 WHERE sequence = 2"),
            ("UPDATE event SET sequence = 1000 WHERE sequence = 4", "UPDATE event SET sequence = 4 WHERE sequence = 1000"),
        ] {
            invariant::tamper(&house.place.address, mutation).await;
            assert!(invariant::broken(house.store(), &house.place.address).await.contains(&AUDIT.to_owned()), "{mutation}");
            invariant::tamper(&house.place.address, undo).await;
        }
        invariant::hold(&house).await;
        let last = format!("DELETE FROM event WHERE sequence = {events}");
        invariant::tamper(&house.place.address, &last).await;
        assert_eq!(
            house.store().audit(Some((events, head))).await.unwrap(),
            Audit::Broken { at: events },
            "a head that was kept elsewhere shows the missing tail"
        );
    }

    async fn every_invariant_notices_its_violation(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        for (mutation, sentence) in [
            ("DELETE FROM status", "I1 every accepted application has its revoked row"),
            ("UPDATE counter SET value = 7 WHERE name = 'revoked'", "I1 the revocation sequence has no gap"),
            ("UPDATE receipt SET case_id = '0123456789abcdef'", "I1 every receipt is of a revocation, or of what an office took"),
            ("UPDATE queue SET state = 'waiting'", "I4 the queue says what the cases say"),
            ("UPDATE office_case SET state = 'reviewing' WHERE state = 'revoked'", "I2 every revoked row was authorised by a case"),
            ("DELETE FROM office_case WHERE state = 'issued'", "I2 every bound certificate was intended by a case, and no unbound one has a signature"),
            ("DELETE FROM evidence", "I4 every accepted application has its signature, its text and its receipt"),
            ("DELETE FROM errand WHERE name = 'accepted'", "I4 every accepted application queued each of its letters once"),
            ("UPDATE certificate SET tbs = der", invariant::SIGNED),
        ] {
            let house = House::at(beside(&house).await).await;
            let card = house.card().await;
            house.revoke(&card).await;
            invariant::hold(&house).await;
            invariant::tamper(&house.place.address, mutation).await;
            let broken = invariant::broken(house.store(), &house.place.address).await;
            assert!(broken.contains(&sentence.to_owned()), "{mutation}: {broken:?}");
        }
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let jiro = house.officer("1002", "見本 次郎", &[Role::Approval]).await;
        let case = house.submit(&hanako, &house.card().await).await;
        house.decide(&jiro, case, Verdict::Approve).await.unwrap();
        invariant::hold(&house).await;
        invariant::tamper(&house.place.address, "DELETE FROM evidence WHERE kind = 'content'").await;
        let sentence = "I4 what was revoked on paper has its content, its files and the signatures of two";
        assert_eq!(invariant::broken(house.store(), &house.place.address).await, [sentence]);
    }
}

/// A new place on the same kind of database.
async fn beside(house: &House) -> crate::house::Place {
    match house.place.address {
        server::store::StoreAddress::Sqlite(_) => crate::house::Place::on_sqlite(),
        server::store::StoreAddress::Postgres(_) => crate::house::Place::on_postgres().await,
    }
}

/// How many transactions wrote, where the database counts them.
async fn transactions(house: &House) -> Option<i64> {
    match house.place.address {
        // Every transaction that writes takes the baton once.
        server::store::StoreAddress::Postgres(_) => {
            Some(invariant::count(&house.place.address, "SELECT value FROM counter WHERE name = 'baton'").await)
        }
        server::store::StoreAddress::Sqlite(_) => None,
    }
}

fn session(house: &House, token: [u8; 32]) -> SessionRow {
    SessionRow {
        token,
        mark: house.desk.chance().octets(),
        csrf: house.desk.chance().octets(),
        began_at: house.now(),
        seen_at: house.now(),
    }
}

/// Names and remarks that have broken somebody's program.
const CORPUS: &[&str] = &[
    "'; DROP TABLE status; --",
    "\" OR 1=1 --",
    "%_\\%",
    "$1 ? :name @x",
    "𠮷野家 髙橋 﨑",
    "辻\u{e0100} 葛\u{e0101}城",
    "は\u{3099}と ハ゜",
    "ﾊﾝｶｸ ｶﾅ",
    "a\u{202e}b\u{200b}c\u{feff}",
    "👨‍👩‍👧‍👦 🇯🇵",
    "line\r\nline\ttab",
    "nul\0inside",
    "\u{1}\u{7f}\u{85}\u{2028}",
    "{\"state\":\"revoked\"}",
    "</script><b>",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_lock_that_is_held_is_not_waited_for_without_end() {
    let house = House::on_postgres().await;
    let address = house.place.address.clone();
    // For longer than anyone waits: the baton, held by a node that stands still.
    let holder = tokio::spawn(async move {
        let baton = "BEGIN; UPDATE counter SET value = value WHERE name = 'baton'; SELECT pg_sleep(40)";
        invariant::tamper(&address, baton).await;
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ready = tokio::time::timeout(Duration::from_secs(20), house.store().is_ready()).await;
    assert_eq!(ready.expect("it waits without end"), Err(Fault::Contended));
    holder.abort();
}

/// Says to the program of these tests that it is the one to be stopped.
const FALLS_BEHIND: &str = "KAGIMORI_TEST_FALLS_BEHIND";
