//! A clerk at a counter in the place of the face match: who may, what is signed, and what a reservation from there is worth.

use casework::Refusal;
use casework::identity::CardNumber;
use casework::officer::Role;
use casework::pin_reset::{Case, Document, Doubt, Proof};
use casework::time::Instant;
use server::desk::officer::Command as Account;
use server::desk::pin_reset::Identified;
use server::desk::{Actor, Failure};
use server::office::CITIZEN_EXAMPLE;
use server::store::EvidenceKind;
use wire::office::Language;

use super::refused;
use crate::city::{City, KIOSK, at, counter_open, reserved};
use crate::house::{House, on_both};
use crate::invariant;
use crate::office::OPERATOR;

const ENTRY: &[Role] = &[Role::Entry];

fn no(outcome: Result<Identified, Failure>) -> Refusal {
    refused(outcome.map(|identified| identified.id))
}

on_both! {
    async fn what_a_clerk_opens_a_kiosk_uses_and_the_audit_names_clerk_and_kind_of_document(house: House) {
        let city = City::with_counter(house).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::NoReservation, "the control: nothing is reserved");
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::NoReservation, "nothing is, until it is signed");
        for said in ["髙橋 一郎", "職員番号 1", &citizen.number.to_string(), "運転免許証", "見本市"] {
            assert!(identified.text.contains(said), "{said}: {}", identified.text);
        }
        let case = city.admit(&clerk, &identified).await.unwrap();
        let reservation = case.reservation().unwrap();
        assert_eq!(reservation.until, reservation.since.plus_seconds(86_400), "R411");
        let Proof::Counter { identification, text } = reservation.proof else { panic!("{case:?}") };
        assert_eq!((identification.officer, identification.document), (clerk.id, Document::DrivingLicence));
        // The text and what the clerk's card made of it are kept, and openable by whoever judges it later.
        let id = identified.id.octets();
        assert_eq!(city.house.store().text(id, text).await.unwrap().unwrap(), identified.text);
        let cms = city.house.store().evidence(id, EvidenceKind::Signature, text).await.unwrap().unwrap();
        let by = pki::cms::verify(&cms, identified.text.as_bytes()).unwrap();
        assert_eq!(by.certificate.fingerprint(), clerk.card.signature.fingerprint());
        // STEP 2 as after a face.
        let (set, answer) = city.written(&citizen, KIOSK).await;
        assert_eq!(set, identified.id);
        city.report(&citizen, (KIOSK, set), Some(answer)).await.unwrap();
        assert!(matches!(city.case(set).await, Case::Used { .. }));
        assert_eq!(city.counted(&citizen).await, 1);
        let events = city.house.store().events(id).await.unwrap();
        let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["identifying", "reserved", "visited", "announced", "used"]);
        let officer = format!("{:032x}", u128::from_be_bytes(clerk.id.0));
        assert!(events[..2].iter().all(|event| event.document.contains(&officer)), "{events:?}");
        assert!(events[0].document.contains("\"driving_licence\""), "{}", events[0].document);
        invariant::hold(&city.house).await;
    }

    async fn g_s2_the_same_signature_again_is_the_same_reservation(house: House) {
        let city = City::with_counter(house).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        let first = city.admit(&clerk, &identified).await.unwrap();
        assert_eq!(city.admit(&clerk, &identified).await.unwrap(), first);
        reserved(city.set(&citizen, KIOSK).await);
        let again = city.admit(&clerk, &identified).await.unwrap();
        assert_eq!(again.reservation(), first.reservation(), "and a visit does not change that");
        let events = city.house.store().events(identified.id.octets()).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.name == "reserved").count(), 1);
        // The control: another look is another reservation, and the first one's signature opens nothing any more.
        let second = city.identify(&clerk, &citizen).await.unwrap();
        assert_ne!(second.text, identified.text, "a mark of its own");
        city.admit(&clerk, &second).await.unwrap();
        assert!(matches!(city.case(identified.id).await, Case::Replaced { .. }), "G-S3");
        assert_eq!(refused(city.admit(&clerk, &identified).await), Refusal::Stale);
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), second.id);
    }

    async fn a_counter_that_the_office_has_not_opened_opens_nothing(house: House) {
        let city = City::with(house, CITIZEN_EXAMPLE).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        assert_eq!(no(city.identify(&clerk, &citizen).await), Refusal::Stale);
        // The control: the same desk where it has.
        let open = City::with(city.house, &counter_open()).await;
        open.identify(&clerk, &citizen).await.unwrap();
    }

    async fn only_an_officer_of_this_office_who_enters_applications_identifies_anybody(house: House) {
        let city = City::with_counter(house).await;
        let citizen = city.citizen("000000000000001").await;
        let clerk = city.clerk("1", ENTRY).await;
        let others = [Role::Approval, Role::Audit, Role::Administration];
        let approver = city.clerk("2", &others).await;
        assert_eq!(no(city.identify(&approver, &citizen).await), Refusal::NoRole { role: Role::Entry });
        // One of another office of this house, with that role there.
        let elsewhere = city.house.officer("3", "髙橋 一郎", ENTRY).await;
        assert_eq!(no(city.identify(&elsewhere, &citizen).await), Refusal::NotAnOfficer);
        for nobody in [OPERATOR, Actor::System, Actor::Holder { session: [1; 16] }] {
            let asked = city.desk.identify_holder(
                (&city.office, Language::Ja), &nobody, (citizen.number, Document::Passport),
            ).await;
            assert_eq!(no(asked), Refusal::NotAnOfficer, "{nobody:?}");
        }
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        // Blocked between the look and the signature: the signature is worth nothing.
        city.desk.perform(&OPERATOR, clerk.account(), &Account::Block).await.unwrap();
        assert_eq!(refused(city.admit(&clerk, &identified).await), Refusal::NotAnOfficer);
        assert_eq!(no(city.identify(&clerk, &citizen).await), Refusal::NotAnOfficer);
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::NoReservation);
        let rows = invariant::count(&city.house.place.address, "SELECT COUNT(*) FROM reserved_card").await;
        assert_eq!(rows, 0);
        city.desk.perform(&OPERATOR, clerk.account(), &Account::Unblock).await.unwrap();
        city.admit(&clerk, &identified).await.unwrap();
        reserved(city.set(&citizen, KIOSK).await);
    }

    async fn a24_another_signature_than_the_clerks_over_this_text_opens_nothing_and_takes_nobodys_place(house: House) {
        let city = City::with_counter(house).await;
        let (citizen, other) = (city.citizen("000000000000001").await, city.citizen("000000000000002").await);
        let (clerk, colleague) = (city.clerk("1", ENTRY).await, city.clerk("2", ENTRY).await);
        let held = city.reserve(&citizen).await;
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        let elsewhere = city.identify(&clerk, &other).await.unwrap();
        let now = city.now();
        let sign = |by: &crate::office::TestOfficer, text: &str| by.card.sign(text, now);
        let admit = async |by: &crate::office::TestOfficer, signature| {
            refused(city.desk.admit_holder(&by.actor(), identified.id, signature).await)
        };
        assert_eq!(admit(&colleague, sign(&colleague, &identified.text)).await, Refusal::AnotherCard, "a colleague");
        assert_eq!(admit(&clerk, sign(&colleague, &identified.text)).await, Refusal::AnotherCard, "a colleague's card");
        assert_eq!(admit(&clerk, sign(&clerk, &elsewhere.text)).await, Refusal::AnotherText, "of another citizen");
        // The citizen's own card is no officer's.
        let own = citizen.card.sign(&identified.text, now);
        assert_eq!(admit(&clerk, own).await, Refusal::AnotherCard);
        city.house.it_is(identified.until.plus_seconds(1));
        assert_eq!(admit(&clerk, sign(&clerk, &identified.text)).await, Refusal::Lapsed, "half an hour later");
        assert!(matches!(city.case(held.id).await, Case::Reserved { .. }), "what the card had reserved stands");
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), held.id);
        // The control.
        let again = city.identify(&clerk, &citizen).await.unwrap();
        city.admit(&clerk, &again).await.unwrap();
        assert!(matches!(city.case(held.id).await, Case::Replaced { .. }));
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), again.id);
    }

    async fn g_s3_a_face_takes_the_place_of_what_a_clerk_opened_and_the_other_way_round(house: House) {
        let city = City::with_counter(house).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        city.admit(&clerk, &identified).await.unwrap();
        let held = city.reserve(&citizen).await;
        assert!(matches!(city.case(identified.id).await, Case::Replaced { .. }));
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), held.id);
        let places = invariant::count(&city.house.place.address, "SELECT COUNT(*) FROM reserved_card").await;
        assert_eq!(places, 1, "one card, one reservation");
    }

    async fn five_unlike_faces_close_the_app_for_a_while_and_not_the_counter(house: House) {
        let city = City::with_counter(house).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        let held = city.begin(&citizen).await.unwrap();
        city.prove(&citizen, &held).await.unwrap();
        for _ in 0..5 {
            refused(city.face(&citizen, &held, 100).await);
        }
        let seen = city.desk.at_counter(&city.office, citizen.number).await.unwrap().unwrap();
        assert!(matches!(seen.open, Some(Case::Proved { tries, .. }) if tries.paused_until.is_some()), "{seen:?}");
        assert!(seen.reserved.is_none() && seen.settled.is_none());
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        city.admit(&clerk, &identified).await.unwrap();
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), identified.id);
        let begun = city.begin(&citizen).await;
        assert!(matches!(refused(begun.map(|held| held.id)), Refusal::FacePaused { .. }), "a clerk ends no pause");
    }

    async fn a20_r403_r409_the_counter_is_bound_to_what_the_app_is_bound_to(house: House) {
        let window = "[[citizen.maintenance]]\nfrom = \"2026-11-21T10:00:00+09:00\"\nuntil = \"2026-11-21T11:00:00+09:00\"\n\
                      says = { ja = \"更新\", en = \"update\" }\n[citizen.flow]\n";
        let text = counter_open().replacen("[citizen.flow]\n", window, 1);
        let city = City::with(house, &text).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        // Maintenance, before the look and between look and signature.
        city.house.it_is(at(21, (9, 59, 0)));
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        city.house.it_is(at(21, (10, 0, 0)));
        let maintained = Refusal::Maintenance { until: at(21, (11, 0, 0)) };
        assert_eq!(no(city.identify(&clerk, &citizen).await), maintained);
        assert_eq!(refused(city.admit(&clerk, &identified).await), maintained);
        city.house.it_is(at(21, (11, 0, 0)));
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        // Revoked between look and signature.
        city.house.revoke(&citizen.card).await;
        assert!(matches!(refused(city.admit(&clerk, &identified).await), Refusal::AlreadyRevoked { .. }));
        assert!(matches!(no(city.identify(&clerk, &citizen).await), Refusal::AlreadyRevoked { .. }));
        // A number that fits and belongs to no card of this office.
        let stranger = CardNumber::parse("4111111111111111").unwrap();
        assert!(city.desk.at_counter(&city.office, stranger).await.unwrap().is_none());
        let asked = city.desk.identify_holder(
            (&city.office, Language::En), &clerk.actor(), (stranger, Document::Passport),
        ).await;
        assert_eq!(no(asked), Refusal::UnknownCard);
        let other = city.citizen("000000000000002").await;
        city.identify(&clerk, &other).await.unwrap();
        city.house.it_is(Instant(other.card.signature.not_after()).plus_seconds(1));
        assert!(no(city.identify(&clerk, &other).await) != Refusal::UnknownCard, "and an expired one not");
    }

    async fn a_halted_card_is_shown_to_the_clerks_of_its_office_with_why(house: House) {
        let city = City::with_counter(house).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        let listed = async || city.house.store().halted_cards(&city.office.id).await.unwrap();
        assert!(listed().await.is_empty(), "the control: an honest card is in no such list");
        let held = city.reserve(&citizen).await;
        citizen.counts(7);
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::Halted);
        let [halted] = listed().await.try_into().unwrap();
        assert_eq!((halted.case, halted.card), (held.id.octets(), citizen.number));
        assert!(city.house.store().halted_cards("mihon-ca").await.unwrap().is_empty(), "and at no other office");
        let seen = city.desk.at_counter(&city.office, citizen.number).await.unwrap().unwrap();
        assert!(matches!(seen.settled, Some(Case::Halted { why: Doubt::Counter, .. })), "{seen:?}");
        // A clerk may open another one: a card that answers right goes on, and one that does not is halted once more.
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        city.admit(&clerk, &identified).await.unwrap();
        assert_eq!(refused(city.set(&citizen, KIOSK).await), Refusal::Halted);
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        city.admit(&clerk, &identified).await.unwrap();
        citizen.counts(0);
        assert_eq!(reserved(city.set(&citizen, KIOSK).await), identified.id);
    }

    async fn a17_what_a_clerk_opened_is_no_apps_whatever_key_it_has(house: House) {
        let city = City::with_counter(house).await;
        let (citizen, clerk) = (city.citizen("000000000000001").await, city.clerk("1", ENTRY).await);
        let identified = city.identify(&clerk, &citizen).await.unwrap();
        city.admit(&clerk, &identified).await.unwrap();
        let row = city.house.store().pin_reset(identified.id.octets()).await.unwrap().unwrap();
        assert_eq!(row.key, None);
        let held = city.reserve(&city.citizen("000000000000002").await).await;
        let row = city.house.store().pin_reset(held.id.octets()).await.unwrap().unwrap();
        assert!(row.key.is_some(), "the control");
    }
}
