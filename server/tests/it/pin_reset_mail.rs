//! Letters about a reservation as they go, by SMTP: to whoever left an address, each once, and none before the reservation counts
//! (DOMAIN §7.5).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use casework::time::Instant;
use server::errand::Errands;
use server::office::CITIZEN_EXAMPLE;
use server::store::Errand;
use wire::office::Language;

use crate::acquisition_mail::parts;
use crate::city::{Citizen, City, Held, KIOSK, at};
use crate::errand::{PostOffice, runner};
use crate::house::{House, on_both};
use crate::invariant;

on_both! {
    async fn who_uses_a_reservation_is_written_to_when_it_is_made_and_when_it_is_done(house: House) {
        let (city, citizen, mut post) = stand(house).await;
        let held = city.reserve_for(&citizen, Language::Ja, MAIL).await;
        let told = post.told(&city).await;
        let number = city.case(held.id).await.reservation().unwrap().number.to_string();
        says(&told, &["事前予約が完了しました", &number, "2026年11月21日(土) 12:00", "11月20日(金) 12:00 ～ 2026年11月20日(金) 23:00"]);
        let (id, answer) = city.written(&citizen, KIOSK).await;
        assert_eq!(post.told(&city).await, []);
        city.report(&citizen, (KIOSK, id), Some(answer)).await.unwrap();
        city.report(&citizen, (KIOSK, id), Some(answer)).await.unwrap();
        says(&post.told(&city).await, &["署名用暗証番号の再設定が完了しました", &number, "完了日時： 2026年11月20日(金) 12:0"]);
        for later in [3_600 * 23, 3_600 * 24 + 10] {
            city.house.it_is(at(20, (12, 0, 0)).plus_seconds(later));
            assert_eq!(post.told(&city).await, [], "what is used ends without a word");
        }
        post.each_once(2);
        for letter in &post.all {
            assert!(letter.head.contains(&format!("To: {MAIL}")), "{}", letter.head);
            let card = citizen.number.to_string();
            for secret in [card.as_str(), "http", "見本 太郎", held.key.as_str()] {
                assert!(!letter.body.contains(secret) && !letter.head.contains(secret), "{secret}: {}", letter.body);
            }
        }
        invariant::hold(&city.house).await;
    }

    async fn who_uses_none_is_reminded_an_hour_before_the_end_and_told_of_the_end(house: House) {
        let (city, citizen, mut post) = stand(house).await;
        let held = city.reserve_for(&citizen, Language::En, MAIL).await;
        says(&post.told(&city).await, &["Your reservation to have your signature password set anew is complete.", "12:00"]);
        let until = until(&city, &held).await;
        city.house.it_is(until.plus_seconds(-3_660));
        assert_eq!(post.told(&city).await, [], "not yet");
        city.house.it_is(until.plus_seconds(-3_600));
        says(&post.told(&city).await, &["ends soon", "11:00", "12:00"]);
        city.house.it_is(until.plus_seconds(-60));
        assert_eq!(post.told(&city).await, [], "once");
        city.house.it_is(until.plus_seconds(1));
        says(&post.told(&city).await, &["ran out unused", "was not changed"]);
        city.house.it_is(until.plus_seconds(86_400));
        assert_eq!(post.told(&city).await, [], "once");
        post.each_once(3);
        let events = city.house.store().events(held.id.octets()).await.unwrap();
        let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["asked", "proved", "reserved", "reminded", "lapsed"]);
        assert!(events.iter().all(|event| !event.document.contains(MAIL)), "an address stands in no audit");
    }

    async fn who_cancels_or_reserves_anew_hears_no_more_of_the_first_and_who_left_no_address_hears_nothing(house: House) {
        let (city, citizen, mut post) = stand(house).await;
        let cancelled = city.reserve_for(&citizen, Language::Ja, MAIL).await;
        city.desk.cancel_pin_reset(cancelled.id, &cancelled.key).await.unwrap();
        assert_eq!(post.told(&city).await, [], "what was cancelled before it was sent is true no more");
        city.reserve_for(&citizen, Language::Ja, "first@example.jp").await;
        says(&post.told(&city).await, &["事前予約が完了しました"]);
        city.reserve_for(&citizen, Language::Ja, MAIL).await;
        let other = city.citizen("000000000000002").await;
        let silent = city.reserve(&other).await;
        says(&post.told(&city).await, &["事前予約が完了しました"]);
        let until = until(&city, &silent).await.plus_seconds(60);
        city.house.it_is(until.plus_seconds(-3_600));
        says(&post.told(&city).await, &["まもなく期限を迎えます"]);
        city.house.it_is(until);
        says(&post.told(&city).await, &["期限を過ぎました"]);
        let to: Vec<_> = post.all.iter().map(|letter| letter.head.contains("To: first@example.jp")).collect();
        assert_eq!(to, [true, false, false, false]);
        post.each_once(4);
    }

    async fn nobody_is_written_to_before_a_card_has_proved_itself_and_an_address_goes_with_what_it_was_left_for(house: House) {
        let (city, citizen, mut post) = stand(house).await;
        let begun = city.begin_for(&citizen, Language::Ja, Some("stranger@example.jp")).await.unwrap();
        let kept = async |held: &Held| {
            let row = city.house.store().pin_reset(held.id.octets()).await.unwrap().unwrap();
            row.letters.map(|letters| letters.mail)
        };
        assert_eq!(post.told(&city).await, []);
        city.prove(&citizen, &begun).await.unwrap();
        crate::pin_reset::refused(city.face(&citizen, &begun, 10).await);
        assert_eq!(post.told(&city).await, []);
        assert!(kept(&begun).await.is_some(), "the control");
        city.house.it_is(at(20, (13, 0, 0)));
        assert_eq!(post.told(&city).await, []);
        assert_eq!(kept(&begun).await, None, "the half hour for it is over");
        // A used one: a week after it was.
        let held = city.reserve_for(&citizen, Language::Ja, MAIL).await;
        let (id, answer) = city.written(&citizen, KIOSK).await;
        city.report(&citizen, (KIOSK, id), Some(answer)).await.unwrap();
        assert_eq!(post.told(&city).await.len(), 1, "完了; that it was reserved is true no more");
        city.house.it_is(at(27, (12, 59, 0)));
        post.told(&city).await;
        assert_eq!(kept(&held).await.as_deref(), Some(MAIL));
        city.house.it_is(at(27, (13, 1, 0)));
        post.told(&city).await;
        assert_eq!(kept(&held).await, None);
        let addresses = "SELECT COUNT(*) FROM pin_reset WHERE mail IS NOT NULL OR mail_until IS NOT NULL OR wakes_at IS NOT NULL";
        assert_eq!(invariant::count(&city.house.place.address, addresses).await, 0);
    }

    async fn a_letter_whose_sender_dies_or_whose_delivery_breaks_off_comes_again_under_the_same_message_id(house: House) {
        let (city, citizen, _) = stand(house).await;
        let held = city.reserve_for(&citizen, Language::Ja, MAIL).await;
        let minutes = Duration::from_mins(2);
        let dead = city.house.store().take_errand("the one that dies", city.now(), minutes).await.unwrap().unwrap();
        assert!(matches!(dead.errand, Errand::PinResetLetter(_)), "{:?}", dead.errand);
        // Two of the first four deliveries break off when the mail was taken.
        let mut post = Postman::to(PostOffice::open(4).await, &city).await;
        for _ in 0..6 {
            city.house.it_is(city.now().plus_seconds(180));
            post.told(&city).await;
        }
        let own = format!("<{:032x}@", u128::from_be_bytes(dead.id));
        assert!(post.all.len() > 1 && post.all.iter().all(|letter| letter.id.starts_with(&own)), "{:?}", post.all);
        assert_eq!(city.house.store().outbox().await.unwrap().waiting, 0);
        // A mail server that is down over the end: nobody is reminded of what is over.
        let until = until(&city, &held).await;
        let mut down = Postman::to(PostOffice::down(), &city).await;
        city.house.it_is(until.plus_seconds(-3_600));
        assert_eq!(down.told(&city).await, []);
        assert_eq!(city.house.store().outbox().await.unwrap().waiting, 1, "the control: it waits");
        city.house.it_is(until.plus_seconds(3_600));
        let mut post = Postman::to(PostOffice::open(0).await, &city).await;
        says(&post.told(&city).await, &["利用されないまま期限を過ぎました"]);
        assert_eq!(city.house.store().outbox().await.unwrap().waiting, 0);
    }

    async fn two_nodes_that_wake_at_once_write_each_letter_once(house: House) {
        let (city, citizen, mut post) = stand(house).await;
        let held = city.reserve_for(&citizen, Language::Ja, MAIL).await;
        post.told(&city).await;
        let until = until(&city, &held).await;
        let beside = city.beside().await;
        for moment in [until.plus_seconds(-3_600), until.plus_seconds(1)] {
            city.house.it_is(moment);
            let (one, other) = tokio::join!(city.desk.wake_reservations(), beside.wake_reservations());
            assert_eq!(one.unwrap() + other.unwrap(), 1, "one of them did it");
        }
        post.told(&city).await;
        let events = city.house.store().events(held.id.octets()).await.unwrap();
        let brought = events.iter().filter(|event| ["reminded", "lapsed"].contains(&event.name.as_str()));
        assert_eq!(brought.count(), 2);
        // The reminder had waited until it was true no more.
        post.each_once(2);
    }
}

/// A letter as the mail server took it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Letter {
    id: String,
    head: String,
    body: String,
}

/// Who brings the letters to a mail server.
struct Postman {
    post: PostOffice,
    errands: Errands,
    all: Vec<Letter>,
}

/// A Friday at noon.
async fn stand(house: House) -> (City, Citizen, Postman) {
    let city = City::of(house).await;
    let citizen = city.citizen("000000000000001").await;
    city.house.it_is(at(20, (12, 0, 0)));
    let loaded = city
        .house
        .store()
        .load_office(&city.office.id, CITIZEN_EXAMPLE, city.now());
    loaded.await.unwrap();
    let post = Postman::to(PostOffice::open(0).await, &city).await;
    (city, citizen, post)
}

async fn until(city: &City, held: &Held) -> Instant {
    city.case(held.id).await.reservation().unwrap().until
}

/// One letter, and all of this in it.
fn says(told: &[Letter], wanted: &[&str]) {
    let [letter] = told else { panic!("one letter: {told:?}") };
    for wanted in wanted {
        assert!(letter.body.contains(wanted), "{wanted}: {}", letter.body);
    }
}

impl Postman {
    async fn to(post: PostOffice, city: &City) -> Self {
        let errands = runner(&city.house, Arc::new(post.mailer())).await;
        Self {
            post,
            errands,
            all: Vec::new(),
        }
    }

    /// What time brings, and what is sent of it, twice: what was done is done. What the mail server took.
    async fn told(&mut self, city: &City) -> Vec<Letter> {
        for _ in 0..2 {
            city.desk.wake_reservations().await.unwrap();
            self.errands.run_due().await.unwrap();
        }
        let mails = std::mem::take(&mut *self.post.mails.lock().unwrap());
        let new: Vec<Letter> = mails.iter().map(|mail| read(mail)).collect();
        self.all.extend(new.clone());
        new
    }

    fn each_once(&self, count: usize) {
        let ids: BTreeSet<_> = self.all.iter().map(|letter| &letter.id).collect();
        assert_eq!((ids.len(), self.all.len()), (count, count), "{:?}", self.all);
    }
}

fn read(mail: &str) -> Letter {
    let (head, body) = parts(mail);
    let id = head.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    Letter {
        id: id.to_owned(),
        head: head.to_owned(),
        body,
    }
}

const MAIL: &str = "taro@example.jp";
