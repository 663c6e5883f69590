//! How long a session lives, and what is left of it (G-S1, THREATS R22).

use axum::http::StatusCode;
use std::time::Duration;

use super::browser::{Browser, OFFICE, form_with, portal};
use crate::house::House;

#[tokio::test]
async fn the_session_ends_after_a_quarter_of_an_hour_without_a_request() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_certificate(&card).await;
    for _ in 0..3 {
        house.it_is(house.now().plus_seconds(14 * 60));
        assert_eq!(
            browser.post(&format!("{OFFICE}/stay"), &[]).await.status,
            StatusCode::NO_CONTENT
        );
    }
    house.it_is(house.now().plus_seconds(15 * 60 + 1));
    let page = browser.get(&format!("{OFFICE}/certificate")).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("E-TIMEOUT");
    assert_eq!(browser.cookie(), "");
}

#[tokio::test]
async fn a_session_ends_after_half_a_day_however_busy_it_was() {
    let house = House::on_sqlite().await;
    let mut browser = Browser::new(&portal(&house));
    browser.get(OFFICE).await;
    for _ in 0..72 {
        assert_eq!(
            browser.post(&format!("{OFFICE}/stay"), &[]).await.status,
            StatusCode::NO_CONTENT
        );
        house.it_is(house.now().plus_seconds(10 * 60 + 1));
    }
    browser.post(&format!("{OFFICE}/stay"), &[]).await.must_say("E-TIMEOUT");
}

#[tokio::test]
async fn what_was_typed_is_gone_with_the_session() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_certificate(&card).await;
    browser
        .enter(&form_with(&[("phone", "x")]))
        .await
        .must_say("みずほ銀行");
    let token = server::desk::evidence::sha256(browser.cookie().as_bytes()).0;
    let drafts = async || house.store().session_facts(token).await.unwrap().len();
    let (idle, longest) = (Duration::from_mins(15), Duration::from_hours(12));
    server::portal::sweep(house.store(), idle, longest, house.now())
        .await
        .unwrap();
    assert!(drafts().await > 2, "a session that is alive keeps what was typed");
    house.it_is(house.now().plus_seconds(15 * 60 + 1));
    server::portal::sweep(house.store(), idle, longest, house.now())
        .await
        .unwrap();
    assert_eq!(drafts().await, 0);
}

#[tokio::test]
async fn a_case_lives_as_long_as_its_session() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_certificate(&card).await;
    let (idle, longest) = (Duration::from_mins(15), Duration::from_hours(12));
    let swept = async || {
        server::portal::sweep(house.store(), idle, longest, house.now())
            .await
            .unwrap();
        house.desk.abandon_unfinished(idle).await.unwrap()
    };
    for _ in 0..3 {
        house.it_is(house.now().plus_seconds(14 * 60));
        browser.post(&format!("{OFFICE}/stay"), &[]).await;
        assert_eq!(swept().await, 0, "whoever reads for an hour has not gone");
    }
    assert_eq!(
        browser.get(&format!("{OFFICE}/certificate")).await.status,
        StatusCode::OK
    );
    house.it_is(house.now().plus_seconds(15 * 60 + 1));
    assert_eq!(swept().await, 1);
}
