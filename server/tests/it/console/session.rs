//! How long a seat lasts, and what ends it at once (THREATS A45, R16).

use axum::http::StatusCode;
use casework::officer::Role;
use casework::time::Instant;

use super::seat::{DESK, log_in, seated, way_back};
use crate::house::House;
use crate::portal::browser::{Browser, portal};

#[tokio::test]
async fn a45_the_session_goes_on_under_another_token_after_the_login() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let mut browser = Browser::new(&router);
    browser.get(&format!("{DESK}/login")).await;
    let (fixed, form) = (browser.cookie(), browser.csrf().to_owned());
    assert_eq!(log_in(&mut browser, &router, &officer.card).await.location(), DESK);
    assert_ne!(browser.cookie(), fixed);
    assert_eq!(browser.get(&format!("{DESK}/own")).await.status, StatusCode::OK);
    assert_ne!(browser.csrf(), form, "the forms' secret changes with it");
    // Whoever fixed the token before has nothing by it.
    let mut attacker = Browser::new(&router).with_cookie(&fixed);
    let answered = attacker.get(&format!("{DESK}/own")).await;
    assert_eq!(answered.location(), format!("{DESK}/login?to={DESK}/own"));
}

#[tokio::test]
async fn a45_a_lost_answer_of_the_login_is_found_again_by_the_code_alone() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let mut browser = Browser::new(&router);
    browser.get(&format!("{DESK}/login")).await;
    let way = way_back(&mut browser, &router, &officer.card, "").await;
    let mut again = browser.clone();
    assert_eq!(browser.get(&way).await.location(), DESK);
    // The first answer never arrived; the browser asks once more with what it has.
    assert_eq!(again.get(&way).await.location(), DESK);
    assert_eq!(again.cookie(), browser.cookie());
    assert_eq!(
        again.get(&way).await.location(),
        DESK,
        "and once more, with the new cookie"
    );
    assert_eq!(
        Browser::new(&router).get(&way).await.status,
        StatusCode::CONFLICT,
        "without the session the code opens nothing"
    );
}

#[tokio::test]
async fn r16_a_blocked_officer_is_out_at_the_next_request_and_is_told_why() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let mut officer = seated(&house, &router, "2", &[Role::Entry]).await;
    let kept = officer.browser.clone();
    assert_eq!(officer.browser.get(&format!("{DESK}/own")).await.status, StatusCode::OK);
    let path = format!("{DESK}/officers/{}/block", officer.hex());
    administrator.browser.get(&path).await.must_say("利用を停止する");
    administrator.browser.post(&path, &[]).await;
    let out = officer.browser.get(&format!("{DESK}/own")).await;
    assert_eq!(out.status, StatusCode::FORBIDDEN);
    out.must_say("管理者により利用が停止されました");
    assert_eq!(officer.browser.cookie(), "");
    // The session is gone, not only its cookie; and unblocking brings back no session from before.
    let unblock = format!("{DESK}/officers/{}/unblock", officer.hex());
    administrator.browser.get(&unblock).await;
    assert_eq!(
        administrator.browser.post(&unblock, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let again = kept.clone().get(&format!("{DESK}/own")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    let mut browser = Browser::new(&router);
    assert_eq!(
        log_in(&mut browser, &router, &officer.card).await.location(),
        DESK,
        "the control"
    );
}

#[tokio::test]
async fn r16_unblocking_brings_back_no_session_that_slept_through_the_block() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let mut officer = seated(&house, &router, "2", &[Role::Entry]).await;
    for act in ["block", "unblock"] {
        let path = format!("{DESK}/officers/{}/{act}", officer.hex());
        administrator.browser.get(&path).await;
        assert_eq!(
            administrator.browser.post(&path, &[]).await.status,
            StatusCode::SEE_OTHER
        );
    }
    let asleep = officer.browser.get(&format!("{DESK}/own")).await;
    assert_eq!(asleep.location(), format!("{DESK}/login?to={DESK}/own"));
}

#[tokio::test]
async fn r16_an_officer_whose_card_is_revoked_is_out_at_the_next_request() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    assert_eq!(officer.browser.get(&format!("{DESK}/own")).await.status, StatusCode::OK);
    house.revoke(&officer.card).await;
    let out = officer.browser.get(&format!("{DESK}/own")).await;
    assert_eq!(out.status, StatusCode::FORBIDDEN);
    out.must_say("職員カードの電子証明書が、失効または期限切れ");
    assert_eq!(officer.browser.cookie(), "");
}

#[tokio::test]
async fn r16_a_seat_is_left_after_a_quarter_of_an_hour_without_a_request() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let page = officer.browser.get(&format!("{DESK}/own")).await;
    page.must_say("data-idle=\"900\"");
    page.must_say("あと少しでログアウトします");
    for _ in 0..3 {
        house.it_is(house.now().plus_seconds(14 * 60));
        assert_eq!(
            officer.browser.post(&format!("{DESK}/stay"), &[]).await.status,
            StatusCode::NO_CONTENT
        );
    }
    house.it_is(house.now().plus_seconds(15 * 60 + 1));
    let late = officer.browser.get(&format!("{DESK}/own")).await;
    assert_eq!(late.location(), format!("{DESK}/login?to={DESK}/own"));
    officer
        .browser
        .follow(late)
        .await
        .must_say("一定時間操作がなかったため");
}

#[tokio::test]
async fn r16_the_card_is_shown_again_after_half_a_day_however_busy_it_was() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    officer.browser.get(&format!("{DESK}/own")).await;
    let begun = house.now();
    let mut last = Instant(0);
    while officer.browser.post(&format!("{DESK}/stay"), &[]).await.status == StatusCode::NO_CONTENT {
        last = house.now();
        house.it_is(house.now().plus_seconds(10 * 60));
        assert!(last.0 - begun.0 < 24 * 3_600, "the seat never ends");
    }
    assert!(
        (11 * 3_600..=12 * 3_600).contains(&(last.0 - begun.0)),
        "{}",
        last.0 - begun.0
    );
    let page = officer.browser.get(&format!("{DESK}/own")).await;
    assert_eq!(page.location(), format!("{DESK}/login?to={DESK}/own"));
}
