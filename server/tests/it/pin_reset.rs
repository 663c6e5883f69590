//! 署名用暗証番号の再設定 at the desk, as DOMAIN §13 and THREATS A11 to A19 want it.

mod api;
mod counter;
mod face;
mod kiosk;

use casework::Refusal;
use casework::pin_reset::{Case, Tries};
use server::desk::Failure;
use server::office::CITIZEN_EXAMPLE;

use crate::city::{ANOTHER, City, KIOSK, at, reserved};
use crate::house::{House, on_both};
use crate::invariant;

/// What the rules say no to.
pub(super) fn refused<T>(outcome: Result<T, Failure>) -> Refusal {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal,
        Err(fault) => panic!("{fault}"),
        Ok(_) => panic!("it was done"),
    }
}

on_both! {
    async fn the_whole_way_from_the_sofa_to_the_new_password(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let held = city.reserve(&citizen).await;
        let (id, answer) = city.written(&citizen, KIOSK).await;
        assert_eq!(id, held.id);
        let when = city.report(&citizen, (KIOSK, id), Some(answer)).await.unwrap();
        assert_eq!(city.report(&citizen, (KIOSK, id), Some(answer)).await.unwrap(), when, "told twice, done once");
        assert!(matches!(city.case(id).await, Case::Used { .. }));
        assert_eq!(city.counted(&citizen).await, 1);
        // R411: used once. A second use is none, and says so.
        assert_eq!(refused(city.set(&citizen, ANOTHER).await), Refusal::ReservationUsed);
        let events = city.house.store().events(id.octets()).await.unwrap();
        let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["asked", "proved", "reserved", "visited", "announced", "used", "visit"]);
        assert!(events.iter().any(|event| event.document.contains("\"provider\"")), "score and provider stay");
        // Another reservation of the same card begins where the card stands now.
        city.reserve(&citizen).await;
        let (id, answer) = city.written(&citizen, KIOSK).await;
        city.report(&citizen, (KIOSK, id), Some(answer)).await.unwrap();
        assert_eq!(city.counted(&citizen).await, 2);
        invariant::hold(&city.house).await;
    }

    async fn r410_a_reservation_of_half_past_eleven_at_night_waits_for_the_morning(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        city.house.it_is(at(20, (23, 30, 0)));
        let held = city.reserve(&citizen).await;
        for closed in [at(20, (23, 30, 0)), at(21, (6, 29, 59)), at(21, (23, 0, 0)), at(21, (23, 30, 0))] {
            city.house.it_is(closed);
            assert_eq!(refused(city.set(&citizen, KIOSK).await), CLOSED, "{closed:?}");
        }
        // The clock of the test goes back: the rules know this moment alone.
        city.house.it_is(at(21, (6, 30, 0)));
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), held.id);
        city.house.it_is(at(21, (22, 59, 58)));
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), held.id);
        // Set in time, and 「設定する」 at eleven: nothing is written.
        let challenge = citizen.challenge();
        city.house.it_is(at(21, (23, 0, 0)));
        assert_eq!(refused(city.announce(&citizen, (KIOSK, held.id), challenge).await), CLOSED);
        assert!(matches!(city.case(held.id).await, Case::Reserved { .. }));
        city.house.it_is(at(21, (22, 59, 59)));
        city.announce(&citizen, (KIOSK, held.id), challenge).await.unwrap();
    }

    async fn r411_the_last_second_of_the_day_counts_and_the_one_after_it_does_not(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let begins = city.now();
        let held = city.reserve(&citizen).await;
        let Case::Reserved { reservation, .. } = city.case(held.id).await else { panic!("reserved") };
        let ends = reservation.since.plus_seconds(86_400);
        assert_eq!(reservation.until, ends);
        assert!(reservation.since >= begins);
        for before in [-1, 0] {
            city.house.it_is(ends.plus_seconds(before));
            assert_eq!(reserved(city.set(&citizen, KIOSK).await), held.id, "{before}");
        }
        let challenge = citizen.challenge();
        city.house.it_is(ends.plus_seconds(1));
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::ReservationExpired { at: ends });
        let late = city.announce(&citizen, (KIOSK, held.id), challenge).await;
        assert_eq!(refused(late), Refusal::ReservationExpired { at: ends }, "and again at 「設定する」");
        // What was announced in the last second is told whenever the card tells it.
        city.house.it_is(ends);
        let cryptogram = city.announce(&citizen, (KIOSK, held.id), challenge).await.unwrap();
        let answer = citizen.resets(&cryptogram).unwrap();
        city.house.it_is(ends.plus_seconds(7_200));
        city.report(&citizen, (KIOSK, held.id), Some(answer)).await.unwrap();
    }

    async fn g_s3_a_card_has_one_reservation_and_a_new_one_takes_its_place(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let first = city.reserve(&citizen).await;
        let second = city.begin(&citizen).await.unwrap();
        city.prove(&citizen, &second).await.unwrap();
        assert!(matches!(city.case(first.id).await, Case::Reserved { .. }), "it counts until another one does");
        refused(city.face(&citizen, &second, 100).await);
        assert!(matches!(city.case(first.id).await, Case::Reserved { .. }), "an unlike face takes nobody's place");
        city.face(&citizen, &second, 900).await.unwrap();
        assert!(matches!(city.case(first.id).await, Case::Replaced { .. }));
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), second.id);
        assert_eq!(refused(city.desk.cancel_pin_reset(first.id, &first.key).await), Refusal::Stale);
        // Given up, it is nobody's; twice is once.
        for _ in 0..2 {
            city.desk.cancel_pin_reset(second.id, &second.key).await.unwrap();
        }
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::NoReservation);
        let slots = invariant::count(&city.house.place.address, "SELECT COUNT(*) FROM reserved_card").await;
        assert_eq!(slots, 0);
    }

    async fn a_face_is_compared_five_times_and_then_there_is_a_pause_that_no_new_case_ends(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let held = city.begin(&citizen).await.unwrap();
        city.prove(&citizen, &held).await.unwrap();
        for left in (1..5).rev() {
            assert_eq!(refused(city.face(&citizen, &held, 599).await), Refusal::FaceUnlike { left });
        }
        let until = city.now().plus_seconds(1_800);
        let Refusal::FacePaused { until: paused } = refused(city.face(&citizen, &held, 599).await) else { panic!("five") };
        assert!((paused.0 - until.0).abs() <= 2);
        assert_eq!(refused(city.face(&citizen, &held, 1_000).await), Refusal::FacePaused { until: paused });
        assert_eq!(refused(city.begin(&citizen).await.map(|held| held.id)), Refusal::FacePaused { until: paused });
        city.house.it_is(paused);
        let again = city.begin(&citizen).await.unwrap();
        city.prove(&citizen, &again).await.unwrap();
        let Case::Proved { tries, .. } = city.case(again.id).await else { panic!("proved") };
        assert_eq!(tries, Tries::default(), "after it everybody begins anew");
        city.face(&citizen, &again, 600).await.unwrap();
    }

    async fn a14_the_same_picture_again_has_the_same_answer_and_is_counted_once(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let held = city.begin(&citizen).await.unwrap();
        let Case::Proved { shot, .. } = city.prove(&citizen, &held).await.unwrap() else { panic!("proved") };
        for _ in 0..3 {
            assert_eq!(refused(city.shot(&citizen, &held, shot, 10).await), Refusal::FaceUnlike { left: 4 });
        }
        let Case::Proved { tries, shot: next, .. } = city.case(held.id).await else { panic!("proved") };
        assert_eq!(tries.unlike, 1);
        let first = city.shot(&citizen, &held, next, 900).await.unwrap();
        assert_eq!(city.shot(&citizen, &held, next, 900).await.unwrap(), first);
        assert_eq!(refused(city.shot(&citizen, &held, shot, 900).await), Refusal::Stale, "an earlier one is none");
    }

    async fn r403_a_certificate_that_is_revoked_or_over_reserves_nothing(house: House) {
        let city = City::of(house).await;
        let citizen = city.citizen("000000000000001").await;
        let held = city.reserve(&citizen).await;
        city.house.revoke(&citizen.card).await;
        assert!(matches!(refused(city.set(&citizen, KIOSK).await), Refusal::AlreadyRevoked { .. }));
        assert!(matches!(refused(city.begin(&citizen).await.map(|held| held.id)), Refusal::AlreadyRevoked { .. }));
        assert!(matches!(city.case(held.id).await, Case::Reserved { .. }), "it is the certificate that does not count");
        let other = city.citizen("000000000000002").await;
        city.house.it_is(casework::time::Instant(other.card.signature.not_after()).plus_seconds(1));
        assert!(matches!(refused(city.begin(&other).await.map(|held| held.id)), Refusal::Expired { .. }));
        // A card that nobody issued here.
        let stranger = city.house.card().await;
        let stranger = casework::identity::Fingerprint(stranger.authentication.fingerprint());
        let texts = city.office.citizen().unwrap();
        let read = server::desk::evidence::informed(texts.flow.digest(), texts.terms.digest(), city.now());
        let begun = city.desk.begin_pin_reset(&city.office, wire::office::Language::En, read, (stranger, "key", None));
        assert_eq!(refused(begun.await.map(|begun| begun.id)), Refusal::UnknownCard);
    }

    async fn r409_nothing_is_reserved_during_maintenance_and_what_is_reserved_counts(house: House) {
        let window = "[[citizen.maintenance]]\nfrom = \"2026-11-21T10:00:00+09:00\"\nuntil = \"2026-11-21T11:00:00+09:00\"\n\
                      says = { ja = \"更新\", en = \"update\" }\n[citizen.flow]\n";
        let city = City::with(house, &CITIZEN_EXAMPLE.replacen("[citizen.flow]\n", window, 1)).await;
        let citizen = city.citizen("000000000000001").await;
        city.house.it_is(at(21, (9, 59, 58)));
        let held = city.reserve(&citizen).await;
        city.house.it_is(at(21, (10, 0, 0)));
        let refusal = refused(city.begin(&citizen).await.map(|held| held.id));
        assert_eq!(refusal, Refusal::Maintenance { until: at(21, (11, 0, 0)) });
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), held.id);
        city.house.it_is(at(21, (11, 0, 0)));
        city.begin(&citizen).await.unwrap();
    }
}

/// As the example's office has its hours.
const CLOSED: Refusal = Refusal::KioskClosed {
    opens: 23_400,
    closes: 82_800,
};
