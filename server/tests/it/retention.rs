//! What is past its time goes in two steps, and never before its rule (DOMAIN §2.5).

use casework::time::{Date, Instant};
use server::config::Retention;
use server::desk::Actor;
use server::retention::{self, Done, Kind};
use server::store::{Audit, EvidenceKind};

use crate::house::{House, on_both};
use crate::invariant::count;

on_both! {
    async fn what_is_past_its_time_is_marked_first_and_erased_later(house: House) {
        let card = house.card_until(Date { year: 2027, month: 6, day: 30 }).await;
        let (case, done) = house.revoke(&card).await;
        let casework::revocation::Case::Revoked { text, .. } = done.case else { panic!() };
        // On the last day of its ten years nothing is touched.
        house.it_is(Date { year: 2037, month: 6, day: 30 }.as_day().ends());
        assert_eq!(ran(&house).await, Done::default());
        house.it_is(Date { year: 2037, month: 7, day: 1 }.as_day().begins());
        let plan = retention::plan(house.store(), RULE, house.now()).await.unwrap();
        let mut kinds: Vec<Kind> = plan.mark.iter().map(|new| new.kind).collect();
        kinds.sort();
        let (audit, certificate) = (Kind::Audit, Kind::Certificate);
        assert_eq!(kinds, [Kind::Application, audit, audit, audit, certificate, certificate]);
        assert_eq!(retention::plan(house.store(), RULE, house.now()).await.unwrap(), plan, "a plan changes nothing");
        assert_eq!(ran(&house).await.marked, 6);
        let kept = || async { house.store().evidence(case.octets(), EvidenceKind::Text, text).await.unwrap() };
        assert!(kept().await.is_some(), "a mark erases nothing");
        house.it_is(house.now().plus_seconds(30 * 86_400 - 60));
        assert_eq!(ran(&house).await, Done::default(), "a minute before its days are over");
        assert!(kept().await.is_some());
        house.it_is(house.now().plus_seconds(120));
        let done = ran(&house).await;
        assert_eq!(done.erased.len(), 6, "{done:?}");
        assert!(kept().await.is_none());
        for (sql, left) in [
            ("SELECT COUNT(*) FROM office_case WHERE document LIKE '%takahashi@example.jp%'", 0),
            ("SELECT COUNT(*) FROM evidence", 0),
            ("SELECT COUNT(*) FROM errand WHERE case_id IN (SELECT case_id FROM receipt)", 0),
            ("SELECT COUNT(*) FROM certificate_holder", 0),
            ("SELECT COUNT(*) FROM event WHERE document LIKE '%\"serial\"%' OR document LIKE '%\"card\"%'", 0),
            ("SELECT COUNT(*) FROM certificate WHERE length(der) > 0 OR length(tbs) > 0", 0),
            // What others rely on stays.
            ("SELECT COUNT(*) FROM status", 2),
            ("SELECT COUNT(*) FROM certificate", 2),
            ("SELECT COUNT(*) FROM receipt", 1),
        ] {
            assert_eq!(count(&house.place.address, sql).await, left, "{sql}");
        }
        assert_eq!(ran(&house).await, Done::default(), "and that was all");
        let events = count(&house.place.address, "SELECT COUNT(*) FROM event").await;
        assert!(matches!(house.store().audit(None).await.unwrap(), Audit::Whole { events: whole, .. } if whole == events));
        // Journal and database still agree.
        let house = house.restart().await.unwrap();
        assert!(house.store().status(card.certificate()).await.unwrap().is_some());
    }

    async fn a_mark_is_taken_back_and_what_the_rule_keeps_longer_by_then_stays(house: House) {
        let last = Date { year: 2027, month: 6, day: 30 };
        for _ in 0..2 {
            house.card_until(last).await;
        }
        house.it_is(Date { year: 2037, month: 8, day: 1 }.as_day().begins());
        assert_eq!(ran(&house).await.marked, 8, "four certificates, and what the audit says of each");
        let marks = house.store().tombstones().await.unwrap();
        let held = marks.iter().find(|mark| mark.kind == Kind::Certificate).unwrap();
        assert!(house.store().hold(held, "operator", house.now(), [1; 16]).await.unwrap());
        house.it_is(house.now().plus_seconds(40 * 86_400));
        // The rule became longer in between: seven marks go, nothing is erased.
        let longer = Retention { years: 12, ..RULE };
        let done = retention::run(house.store(), longer, &Actor::System, house.now(), || [2; 16]).await.unwrap();
        assert_eq!((done.marked, done.erased.len(), done.unmarked), (0, 0, 7));
        assert_eq!(ran(&house).await.marked, 7, "the one that was taken back is not marked again");
        house.it_is(house.now().plus_seconds(40 * 86_400));
        assert_eq!(ran(&house).await.erased.len(), 7);
        assert_eq!(count(&house.place.address, "SELECT COUNT(*) FROM certificate WHERE length(der) > 0").await, 1);
        let plan = retention::plan(house.store(), RULE, house.now()).await.unwrap();
        assert_eq!((plan.mark.len(), plan.held.len()), (0, 1));
        assert!(house.store().unmark(&plan.held[0], "operator", house.now(), [3; 16]).await.unwrap());
        assert_eq!(ran(&house).await.marked, 1, "let go, it is marked anew");
    }

    async fn an_audit_that_was_told_something_since_its_mark_is_kept_as_long_again(house: House) {
        let card = house.card_until(Date { year: 2027, month: 6, day: 30 }).await;
        let (case, _) = house.revoke(&card).await;
        house.it_is(Date { year: 2037, month: 7, day: 1 }.as_day().begins());
        assert_eq!(ran(&house).await.marked, 6);
        let refused = house.perform(case, server::desk::revocation::Command::Edit).await;
        assert!(refused.is_err(), "{refused:?}");
        house.it_is(house.now().plus_seconds(31 * 86_400));
        let done = ran(&house).await;
        assert_eq!((done.marked, done.erased.len(), done.unmarked), (0, 5, 1), "{done:?}");
        assert!(!house.store().events(case.octets()).await.unwrap().is_empty());
        assert_eq!(ran(&house).await, Done::default());
        house.it_is(Date { year: 2047, month: 7, day: 3 }.as_day().begins());
        assert_eq!(ran(&house).await.marked, 1);
        house.it_is(house.now().plus_seconds(31 * 86_400));
        assert_eq!(ran(&house).await.erased.len(), 1);
        assert_eq!(house.store().events(case.octets()).await.unwrap(), []);
        // A case that never was is asked for again, after what was told of it was erased: that has its own years.
        let never = house.desk.new_case();
        for _ in 0..2 {
            assert!(house.perform(never, server::desk::revocation::Command::Edit).await.is_err());
            assert_eq!(house.store().events(never.octets()).await.unwrap().len(), 1);
            crate::erasure::past_its_time(&house).await;
            assert_eq!(house.store().events(never.octets()).await.unwrap(), []);
        }
        assert!(matches!(house.store().audit(None).await.unwrap(), Audit::Whole { .. }));
    }

    async fn what_lives_or_ended_lately_is_never_planned(house: House) {
        let card = house.card().await;
        house.revoke(&card).await;
        house.open(&house.card().await).await;
        for year in [2027, 2030, 2036] {
            house.it_is(Date { year, month: 12, day: 1 }.as_day().begins());
            assert_eq!(retention::plan(house.store(), RULE, house.now()).await.unwrap().mark, []);
        }
        house.it_is(Date { year: 2038, month: 1, day: 1 }.as_day().begins());
        assert!(!retention::plan(house.store(), RULE, house.now()).await.unwrap().mark.is_empty(), "the control");
    }
}

pub(crate) async fn ran(house: &House) -> Done {
    let salt = || house.desk.chance().octets();
    let now: Instant = house.now();
    retention::run(house.store(), RULE, &Actor::System, now, salt)
        .await
        .unwrap()
}

const RULE: Retention = Retention {
    years: 10,
    marked_days: 30,
};
