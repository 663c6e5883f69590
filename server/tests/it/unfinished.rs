//! What nobody came back for: given up and forgotten in its time, and nothing else.

use std::time::Duration;

use casework::revocation::Case;
use server::desk::CaseId;
use server::desk::revocation::{Command, Revocation};
use server::fault::Fault;
use server::store::{EventRow, EvidenceKind};
use wire::office::Language;

use crate::house::{House, application, digest, on_both};
use crate::invariant;

const IDLE: Duration = Duration::from_mins(15);
const LONGEST: Duration = Duration::from_hours(12);

on_both! {
    async fn a_case_that_nobody_came_back_for_is_given_up(house: House) {
        let card = house.card().await;
        let entering = house.open(&card).await;
        let reviewing = house.open(&card).await;
        house.perform(reviewing, Command::Enter(Box::new(application()))).await.unwrap();
        let (awaiting, _) = house.ask(&card).await;
        let (revoked, _) = house.revoke(&house.card().await).await;
        let given_up = async |minutes: i64| {
            house.it_is(house.now().plus_seconds(minutes * 60));
            house.desk.abandon_unfinished(IDLE).await.unwrap()
        };
        let typed = || async { invariant::count(&house.place.address, TYPED).await };
        assert_eq!(given_up(14).await, 0, "whoever has the page open may go on");
        assert_eq!(typed().await, 3, "the control: there is something to be forgotten");
        assert_eq!(given_up(2).await, 2);
        assert!(matches!(house.desk.look(entering).await.unwrap(), Case::Abandoned { .. }));
        assert!(matches!(house.desk.look(reviewing).await.unwrap(), Case::Abandoned { .. }));
        assert!(matches!(house.desk.look(awaiting).await.unwrap(), Case::Awaiting { .. }), "its text has its time");
        assert_eq!(given_up(13).await, 0, "half an hour, and one minute is left");
        assert_eq!(given_up(2).await, 1);
        assert!(matches!(house.desk.look(awaiting).await.unwrap(), Case::Abandoned { .. }));
        assert_eq!(given_up(7 * 24 * 60).await, 0, "what was accepted is never given up");
        assert!(matches!(house.desk.look(revoked).await.unwrap(), Case::Revoked { .. }));
        assert_eq!(typed().await, 1, "and what was typed is kept of that alone");
        let events = events(&house, awaiting).await;
        let last = events.last().unwrap();
        assert_eq!((last.name.as_str(), last.actor.as_str()), ("abandoned", "system"));
        assert!(last.document.contains(r#""before":"awaiting","after":"abandoned""#), "{}", last.document);
        invariant::hold(&house).await;
    }

    async fn several_nodes_give_up_each_case_once(house: House) {
        let card = house.card().await;
        let mut cases = Vec::new();
        for _ in 0..150 {
            cases.push(house.open(&card).await);
        }
        house.it_is(house.now().plus_seconds(16 * 60));
        let nodes: Vec<_> = (0..3)
            .map(|_| {
                let desk = house.desk.clone();
                tokio::spawn(async move { desk.abandon_unfinished(IDLE).await.unwrap() })
            })
            .collect();
        for node in nodes {
            node.await.unwrap();
        }
        for case in cases {
            let events = events(&house, case).await;
            let told: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.refusal.as_deref())).collect();
            assert_eq!(told, [("opened", None), ("abandoned", None)]);
        }
        assert_eq!(house.desk.abandon_unfinished(IDLE).await.unwrap(), 0);
    }

    async fn a_case_that_does_not_read_holds_up_no_other(house: House) {
        let card = house.card().await;
        let broken = house.open(&card).await;
        let sql = format!("UPDATE office_case SET document = '{{}}', changed_at = changed_at - 60 WHERE id = {}", hex(&house, broken));
        invariant::tamper(&house.place.address, &sql).await;
        let whole = house.open(&card).await;
        house.it_is(house.now().plus_seconds(16 * 60));
        let outcome = house.desk.abandon_unfinished(IDLE).await;
        assert!(matches!(outcome, Err(Fault::Corrupt { .. })), "{outcome:?}");
        assert!(matches!(house.desk.look(whole).await.unwrap(), Case::Abandoned { .. }));
    }

    async fn a_text_that_was_never_signed_is_deleted_in_its_time_and_a_signed_one_never(house: House) {
        let card = house.card().await;
        let (case, first) = house.ask(&card).await;
        house.perform(case, Command::Edit).await.unwrap();
        house.perform(case, Command::Enter(Box::new(application()))).await.unwrap();
        let asked = house.perform(case, Command::Ask { language: Language::Ja }).await.unwrap();
        let signed = house.text(case, &asked.case).await;
        house.perform(case, Command::Confirm(card.sign(&signed, house.now()))).await.unwrap();
        let (waiting, open) = house.ask(&house.card().await).await;
        let forgotten = async || house.desk.forget_unsigned_texts(LONGEST).await.unwrap();
        let kept = async |case: CaseId<Revocation>, text: &str| {
            house.store().text(case.octets(), digest(text)).await.unwrap().is_some()
        };
        assert_eq!(forgotten().await, 0, "not before its time");
        house.it_is(house.now().plus_seconds(12 * 3_600 + 1));
        assert_eq!(forgotten().await, 1);
        assert!(!kept(case, &first).await, "nobody signed the first one");
        assert!(kept(case, &signed).await);
        let signature = house.store().evidence(case.octets(), EvidenceKind::Signature, digest(&signed)).await.unwrap();
        assert!(signature.is_some());
        assert!(kept(waiting, &open).await, "its case waits for it");
        house.desk.abandon_unfinished(IDLE).await.unwrap();
        assert_eq!((forgotten().await, kept(waiting, &open).await), (1, false));
        assert_eq!(forgotten().await, 0);
        let left = "SELECT COUNT(*) FROM evidence WHERE unsettled_since IS NOT NULL";
        assert_eq!(invariant::count(&house.place.address, left).await, 0, "and nobody looks at the signed one again");
        for (case, text, state) in [(case, first, "revoked"), (waiting, open, "abandoned")] {
            let events = events(&house, case).await;
            let told: Vec<_> = events.iter().filter(|event| event.name == "text_forgotten").collect();
            let [told] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!(told.actor, "system");
            for word in [digest(&text).to_string(), format!(r#""before":"{state}","after":"{state}""#)] {
                assert!(told.document.contains(&word), "{}", told.document);
            }
        }
        invariant::hold(&house).await;
    }
}

/// What was typed stands in so many cases.
const TYPED: &str = "SELECT COUNT(*) FROM office_case WHERE document LIKE '%takahashi@example.jp%'";

async fn events(house: &House, case: CaseId<Revocation>) -> Vec<EventRow> {
    house.store().events(case.octets()).await.unwrap()
}

/// An id as the database's own language writes it.
fn hex(house: &House, case: CaseId<Revocation>) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(case.octets()));
    match house.place.address {
        server::store::StoreAddress::Sqlite(_) => format!("x'{digits}'"),
        server::store::StoreAddress::Postgres(_) => format!("'\\x{digits}'"),
    }
}
