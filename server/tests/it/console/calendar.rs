//! 営業日 in the console: what is closed and why, and days of the office's own with their reason.

use axum::http::StatusCode;
use casework::officer::Role;
use casework::time::{Date, Day};
use server::office::AUTHORITY_EXAMPLE;

use super::seat::{DESK, seated};
use crate::house::House;
use crate::portal::browser::portal;

async fn house() -> House {
    let house = House::on_sqlite().await;
    let store = house.store();
    store
        .load_office("mihon-ca", AUTHORITY_EXAMPLE, house.now())
        .await
        .unwrap();
    house
}

fn day(iso: &str) -> Day {
    Date::from_iso(iso).unwrap().as_day()
}

const SUMMER: [(&str, &str); 5] = [
    ("version", "1"),
    ("on", "２０２７-08-13"),
    ("name_ja", "夏季休業"),
    ("name_en", "Summer closure"),
    ("reason", "庁舎の停電作業のため"),
];

#[tokio::test]
async fn twelve_months_show_what_is_closed_with_its_name_and_what_is_a_forecast() {
    let house = house().await;
    let router = portal(&house);
    let mut clerk = seated(&house, &router, "1", &[Role::Entry]).await;
    let page = clerk.browser.get(&format!("{DESK}/calendar?from=2026-09")).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "2026年9月",
        "2027年8月",
        "2026年9月22日(火) 国民の休日",
        "2027年3月22日(月) 振替休日",
        "2026年12月29日(火) 年末年始",
        "2027年1月1日(金) 元日",
        "翌営業日",
    ] {
        page.must_say(words);
    }
    assert!(!page.says("2027年9月") && !page.says("id=\"forecast\"") && !page.says("id=\"close\""));
    let page = clerk.browser.get(&format!("{DESK}/calendar?from=2028-01")).await;
    page.must_say("id=\"forecast\"");
    page.must_say("見込み");
    let page = clerk.browser.get(&format!("{DESK}/calendar?from=2031-01")).await;
    page.must_say("2031年の祝日は登録されていません");
    page.must_say("class=\"unknown\"");
    for wrong in ["2026-13", "9999-01", "", "%0d%0a"] {
        let page = clerk.browser.get(&format!("{DESK}/calendar?from={wrong}")).await;
        assert_eq!(page.status, StatusCode::OK, "{wrong}: what is no month is this one");
    }
}

#[tokio::test]
async fn an_administrator_closes_and_opens_a_day_with_a_reason_that_stays() {
    let house = house().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    officer.browser.get(&format!("{DESK}/calendar/close")).await;
    let saved = officer.browser.post(&format!("{DESK}/calendar/close"), &SUMMER).await;
    assert_eq!(
        saved.location(),
        format!("{DESK}/calendar?notice=saved"),
        "{}",
        saved.text()
    );
    officer.browser.follow(saved).await.must_say("id=\"saved\"");
    let page = officer.browser.get(&format!("{DESK}/calendar?from=2027-08")).await;
    page.must_say("2027年8月13日(金) 夏季休業");
    let office = house.desk.office("mihon-ca").unwrap();
    let calendar = house.desk.calendar(&office, day("2027-08-12")).await.unwrap();
    assert_eq!(calendar.next_business_day(day("2027-08-12")), Ok(day("2027-08-16")));
    officer
        .browser
        .get(&format!("{DESK}/office/history"))
        .await
        .must_say("庁舎の停電作業のため");
    // The page of before is not the last one any more.
    let late = officer.browser.post(&format!("{DESK}/calendar/close"), &SUMMER).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let again: Vec<_> = SUMMER
        .into_iter()
        .map(|(name, value)| (name, if name == "version" { "2" } else { value }))
        .collect();
    let twice = officer.browser.post(&format!("{DESK}/calendar/close"), &again).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    twice.must_say("すでに休業日です");
    let confirm = officer
        .browser
        .get(&format!("{DESK}/calendar/open?day=2027-08-13"))
        .await;
    confirm.must_say("夏季休業");
    let open = |reason| [("version", "2"), ("day", "2027-08-13"), ("reason", reason)];
    let silent = officer.browser.post(&format!("{DESK}/calendar/open"), &open("")).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    silent.must_say("E-REQ");
    let opened = officer
        .browser
        .post(&format!("{DESK}/calendar/open"), &open("作業の中止"))
        .await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text());
    assert_eq!(house.desk.office("mihon-ca").unwrap().calendar.closed, []);
    let gone = officer
        .browser
        .get(&format!("{DESK}/calendar/open?day=2027-08-13"))
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let case = server::store::OfficeChange::case("mihon-ca");
    let events = house.store().events(case).await.unwrap();
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["closed_day_added", "closed_day_removed"]);
    assert!(events[0].actor.starts_with("officer ") && events[0].document.contains("2027-08-13"));
    assert!(
        !events[0].document.contains("停電"),
        "what a person wrote stands in the office's history alone"
    );
}

#[tokio::test]
async fn what_cannot_be_stands_at_its_field_and_nothing_is_saved() {
    let house = house().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    officer.browser.get(&format!("{DESK}/calendar/close")).await;
    let wrong = [
        ("version", "1"),
        ("on", "2027-02-29"),
        ("name_ja", "甲\u{202e}"),
        ("name_en", ""),
        ("reason", "書いたまま"),
    ];
    let answered = officer.browser.post(&format!("{DESK}/calendar/close"), &wrong).await;
    assert_eq!(answered.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "error-on",
        "実在する日付",
        "error-name_ja",
        "E-CHAR",
        "error-name_en",
        "書いたまま",
    ] {
        answered.must_say(words);
    }
    assert!(!answered.says("error-reason"));
    assert_eq!(house.store().offices().await.unwrap()[0].version, 1);
}
