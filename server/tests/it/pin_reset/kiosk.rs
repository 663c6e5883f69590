//! What a kiosk may carry, lose, repeat and forge.

use casework::Refusal;
use casework::pin_reset::{Case, Doubt};
use server::desk::Failure;
use server::desk::pin_reset::{Carried, Visited};

use super::refused;
use crate::city::{ANOTHER, City, KIOSK, at, reserved};
use crate::house::{House, on_both};
use crate::invariant;

on_both! {
    async fn a14_an_announcement_again_has_the_same_answer_for_a_minute(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let held = city.reserve(&citizen).await;
        reserved(city.set(&citizen, KIOSK).await);
        let challenge = citizen.challenge();
        let first = city.announce(&citizen, (KIOSK, held.id), challenge).await.unwrap();
        let again = city.announce(&citizen, (KIOSK, held.id), challenge).await.unwrap();
        assert_eq!((first.host_random, first.cryptogram), (again.host_random, again.cryptogram));
        assert_eq!(first.until, again.until);
        assert_eq!(city.case(held.id).await.announcements().len(), 1);
        city.house.it_is(first.until.plus_seconds(1));
        assert_eq!(refused(city.announce(&citizen, (KIOSK, held.id), challenge).await), Refusal::Lapsed);
        // Another challenge is another announcement, and the first answer is worth nothing for it.
        let second = city.announce(&citizen, (KIOSK, held.id), citizen.challenge()).await.unwrap();
        assert_ne!(first.cryptogram, second.cryptogram);
        assert!(citizen.resets(&first).is_none());
    }

    async fn a14_the_same_visit_again_has_the_same_text_for_a_minute(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        city.reserve(&citizen).await;
        let text = async || match city.set(&citizen, KIOSK).await.unwrap() {
            Visited::Reserved { text, .. } => text,
            Visited::Confirmed { .. } => panic!("nothing was written"),
        };
        let first = text().await;
        assert_eq!(text().await, first);
        assert!(first.contains(&citizen.number.to_string()) && first.contains("テスト店"), "{first}");
        city.house.it_is(city.now().plus_seconds(120));
        assert_ne!(text().await, first);
    }

    async fn a11_while_a_cryptogram_can_be_used_no_other_kiosk_gets_one(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let held = city.reserve(&citizen).await;
        reserved(city.set(&citizen, KIOSK).await);
        let announced = city.announce(&citizen, (KIOSK, held.id), citizen.challenge()).await.unwrap();
        assert_eq!(refused(city.set(&citizen, ANOTHER).await), Refusal::AtAnotherKiosk);
        let elsewhere = city.announce(&citizen, (ANOTHER, held.id), citizen.challenge()).await;
        assert_eq!(refused(elsewhere.map(|_| ())), Refusal::AtAnotherKiosk);
        assert_eq!(refused(city.desk.cancel_pin_reset(held.id, &held.key).await), Refusal::AtAnotherKiosk);
        // Nothing was written: after the minute any kiosk goes on.
        city.house.it_is(announced.until.plus_seconds(1));
        let (id, answer) = city.written(&citizen, ANOTHER).await;
        city.report(&citizen, (ANOTHER, id), Some(answer)).await.unwrap();
    }

    async fn r25_a_report_is_taken_late_and_from_any_kiosk_and_a_card_tells_for_itself(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        city.reserve(&citizen).await;
        // The kiosk loses its power behind the card's last word; another one carries it, at night, two days later.
        let (id, _) = city.written(&citizen, KIOSK).await;
        city.house.it_is(at(23, (3, 0, 0)));
        city.report(&citizen, (ANOTHER, id), None).await.unwrap();
        let Case::Used { told_by, by, .. } = city.case(id).await else { panic!("used") };
        assert_eq!((by.kiosk, told_by), (KIOSK, ANOTHER));
        // Or nobody tells it, and the holder sets the card somewhere: the new password holds, and it is said so.
        city.reserve(&citizen).await;
        city.house.it_is(at(23, (9, 0, 0)));
        let (id, _) = city.written(&citizen, KIOSK).await;
        city.house.it_is(at(23, (23, 30, 0)));
        assert!(matches!(city.set(&citizen, ANOTHER).await.unwrap(), Visited::Confirmed { .. }));
        assert!(matches!(city.case(id).await, Case::Used { .. }));
        assert_eq!(city.counted(&citizen).await, 2);
        invariant::hold(&city.house).await;
    }

    async fn what_was_announced_in_a_replaced_reservation_is_told_too(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        city.reserve(&citizen).await;
        let (old, _) = city.written(&citizen, KIOSK).await;
        let new = city.reserve(&citizen).await;
        assert!(matches!(city.case(old).await, Case::Replaced { .. }));
        assert!(matches!(city.set(&citizen, ANOTHER).await.unwrap(), Visited::Confirmed { .. }));
        assert!(matches!(city.case(old).await, Case::Used { .. }));
        // The later one is as good as it was.
        let (id, answer) = city.written(&citizen, ANOTHER).await;
        assert_eq!(id, new.id);
        city.report(&citizen, (ANOTHER, id), Some(answer)).await.unwrap();
        assert_eq!(city.counted(&citizen).await, 2);
    }

    async fn a13_a_card_that_went_on_since_it_was_set_is_told_first_and_not_halted(house: House) {
        let city = City::of(house).await;
        for (digits, is_replaced) in [("000000000000001", false), ("000000000000002", true)] {
            let citizen = city.citizen(digits).await;
            let mut held = city.reserve(&citizen).await;
            let first = reserved(city.set(&citizen, KIOSK).await);
            let cryptogram = city.announce(&citizen, (KIOSK, first), citizen.challenge()).await.unwrap();
            if is_replaced {
                held = city.reserve(&citizen).await;
                assert_eq!(reserved(city.set(&citizen, KIOSK).await), held.id);
            }
            // The card is written, and the kiosk asks for one more cryptogram instead of telling it.
            citizen.resets(&cryptogram).unwrap();
            let again = city.announce(&citizen, (KIOSK, held.id), citizen.challenge()).await;
            assert_eq!(refused(again), Refusal::ReservationUsed);
            assert!(matches!(city.case(first).await, Case::Used { .. }));
            assert_eq!(city.counted(&citizen).await, 1);
            if is_replaced {
                assert!(matches!(city.case(held.id).await, Case::Reserved { .. }), "the later one is as good as it was");
                city.written(&citizen, KIOSK).await;
            } else {
                assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::ReservationUsed);
            }
        }
        // The control: a receipt that is none halts, as it did.
        let citizen = city.citizen("000000000000003").await;
        city.reserve(&citizen).await;
        let (id, _) = city.written(&citizen, KIOSK).await;
        citizen.says([0; 19]);
        let again = city.announce(&citizen, (KIOSK, id), citizen.challenge()).await;
        assert_eq!(refused(again), Refusal::Halted);
        assert!(matches!(city.case(id).await, Case::Halted { why: Doubt::Counter, .. }));
        assert_eq!(city.counted(&citizen).await, 0);
        invariant::hold(&city.house).await;
    }

    async fn a13_a_wrong_answer_a_missing_receipt_and_a_counter_that_cannot_be_halt_the_reservation(house: House) {
        let city = City::of(house).await;
        for (digits, why) in [("000000000000001", Doubt::Answer), ("000000000000002", Doubt::Receipt), ("000000000000003", Doubt::Counter)] {
            let citizen = city.citizen(digits).await;
            city.reserve(&citizen).await;
            let (id, answer) = city.written(&citizen, KIOSK).await;
            let (mut told, mut carried) = (citizen.told(), Carried { receipt: citizen.receipt(), answer: Some(answer) });
            match why {
                Doubt::Answer => carried.answer = Some([0; 16]),
                Doubt::Receipt => carried.receipt = Some([0; 19]),
                Doubt::Counter => {
                    carried.receipt = None;
                    told.counter = 7;
                }
            }
            let report = async || city.desk.report_pin_reset(id, (KIOSK, told), &carried).await;
            assert_eq!(refused(report().await), Refusal::Halted, "{why:?}");
            let Case::Halted { why: kept, .. } = city.case(id).await else { panic!("halted") };
            assert_eq!(kept, why);
            assert_eq!(refused(report().await), Refusal::Halted, "told twice");
            // It is a matter for the counter: nothing goes on with it, and the register counts nothing.
            assert_eq!(refused(city.set(&citizen, ANOTHER).await), Refusal::Halted);
            assert_eq!(city.counted(&citizen).await, 0);
        }
        assert_eq!(city.house.store().halted_pin_resets(city.now().plus_seconds(-60)).await.unwrap(), 3);
        // The control: what nothing was written of goes on.
        let citizen = city.citizen("000000000000004").await;
        let held = city.reserve(&citizen).await;
        reserved(city.set(&citizen, KIOSK).await);
        city.announce(&citizen, (KIOSK, held.id), citizen.challenge()).await.unwrap();
        assert_eq!(refused(city.report(&citizen, (KIOSK, held.id), None).await), Refusal::Stale);
        assert!(matches!(city.case(held.id).await, Case::Announced { .. }));
    }

    async fn a13_a_counter_that_cannot_be_is_seen_when_the_card_is_set(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let held = city.reserve(&citizen).await;
        citizen.counts(3);
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::Halted);
        let Case::Halted { why, .. } = city.case(held.id).await else { panic!("halted") };
        assert_eq!(why, Doubt::Counter);
    }

    async fn another_card_than_the_reserved_one_goes_no_further(house: House) {
        let city = City::of(house).await;
        let (one, other) = (city.citizen("000000000000001").await, city.citizen("000000000000002").await);
        let held = city.reserve(&one).await;
        assert_eq!(refused(city.set(&other, KIOSK).await), Refusal::NoReservation);
        reserved(city.set(&one, KIOSK).await);
        // The other card's challenge under this one's reservation.
        let wrong = city.announce(&one, (KIOSK, held.id), other.challenge()).await.unwrap();
        assert!(other.resets(&wrong).is_none(), "the cryptogram is one card's");
        let carried = Carried { receipt: other.receipt(), answer: None };
        let report = city.desk.report_pin_reset(held.id, (KIOSK, other.told()), &carried).await;
        assert_eq!(refused(report), Refusal::AnotherReservedCard);
    }

    async fn a_signature_of_another_text_or_another_key_announces_nothing(house: House) {
        let city = City::of(house).await;
        let (one, other) = (city.citizen("000000000000001").await, city.citizen("000000000000002").await);
        let held = city.reserve(&one).await;
        let Visited::Reserved { text, .. } = city.set(&one, KIOSK).await.unwrap() else { panic!("reserved") };
        let digest = server::desk::evidence::sha256(text.as_bytes());
        for cms in [other.cms(&text, city.now()), one.cms(&format!("{text} "), city.now()), vec![0x30, 0]] {
            let no = city.desk.possession_of(held.id, digest, one.fingerprint(), cms).await;
            assert!(no.is_err(), "{no:?}");
        }
        // A text that was signed for the reservation is none of a kiosk.
        let events = city.house.store().events(held.id.octets()).await.unwrap();
        assert!(!events.is_empty());
        let later = city.house.now().plus_seconds(601);
        city.house.it_is(later);
        let late = city.announce(&one, (KIOSK, held.id), one.challenge()).await;
        assert!(matches!(late, Err(Failure::Refused(Refusal::Lapsed))), "a visit lasts ten minutes");
    }
}
