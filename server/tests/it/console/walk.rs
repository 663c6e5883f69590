//! Enrolment and login by card, as a browser and an agent walk them.

use axum::http::StatusCode;
use casework::officer::Role;
use std::time::{Duration, Instant as Stopwatch};
use wire::card_request::PinAfter;

use super::seat::{DESK, agent, enrol, invited, log_in, seated, way_back};
use crate::house::House;
use crate::portal::browser::{Browser, portal};

#[tokio::test]
async fn who_was_invited_enrols_the_card_and_is_logged_in() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    let page = officer.browser.get(&format!("{DESK}/officers")).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["髙橋 一郎", "有効", "管理", "ログアウト"] {
        page.must_say(words);
    }
}

#[tokio::test]
async fn a_code_is_worth_nothing_twice_or_late_or_mistyped() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let (_, code) = invited(&house, "1", &[Role::Entry]).await;
    let mut browser = Browser::new(&router);
    browser.get(&format!("{DESK}/enrol")).await;
    let wrong = browser
        .post(&format!("{DESK}/enrol"), &[("code", "22222-22222-22222-22222")])
        .await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    wrong.must_say("E-INVITE-CODE");
    assert!(!wrong.says("22222-22222"), "what was typed is not shown again");
    // However it is typed: small letters, and no hyphens.
    let typed = code.replace('-', " ").to_lowercase();
    let card = house.card().await;
    assert_eq!(enrol(&mut browser, &router, &typed, &card).await.location(), DESK);
    let mut other = Browser::new(&router);
    other.get(&format!("{DESK}/enrol")).await;
    other
        .post(&format!("{DESK}/enrol"), &[("code", &code)])
        .await
        .must_say("E-INVITE-CODE");
    let (_, late) = invited(&house, "2", &[Role::Entry]).await;
    house.it_is(house.now().plus_seconds(400 * 86_400));
    let mut later = Browser::new(&router);
    later.get(&format!("{DESK}/enrol")).await;
    later
        .post(&format!("{DESK}/enrol"), &[("code", &late)])
        .await
        .must_say("E-INVITE-LAPSED");
}

#[tokio::test]
async fn a_card_that_another_account_has_is_not_enrolled() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let first = seated(&house, &router, "1", &[Role::Entry]).await;
    let (_, code) = invited(&house, "2", &[Role::Entry]).await;
    let refused = enrol(&mut Browser::new(&router), &router, &code, &first.card).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.must_say("E-CARD-TAKEN");
}

#[tokio::test]
async fn the_login_leads_to_the_page_that_was_asked_for_and_nowhere_else() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let officer = seated(&house, &router, "1", &[Role::Administration]).await;
    let mut browser = Browser::new(&router);
    let asked = format!("{DESK}/officers/{}?notice=saved", officer.hex());
    let to_login = browser.get(&asked).await;
    assert_eq!(to_login.location(), format!("{DESK}/login?to={asked}"));
    let login = browser.follow(to_login).await;
    assert_eq!(login.hidden("to"), asked);
    let way = way_back(&mut browser, &router, &officer.card, &asked).await;
    assert_eq!(browser.get(&way).await.location(), asked);
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/console/mihon-ca/",
        "/console/other/officers",
        "/mihon-ca/revocation",
        "/console/mihon-ca/../../x",
        "/console/mihon-ca/\r\nSet-Cookie: a=b",
    ] {
        let mut browser = Browser::new(&router);
        browser.get(&format!("{DESK}/login")).await;
        let way = way_back(&mut browser, &router, &officer.card, elsewhere).await;
        assert_eq!(browser.get(&way).await.location(), DESK, "{elsewhere:?}");
    }
}

#[tokio::test]
async fn the_pin_of_an_officer_is_wiped_after_each_request() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut browser = Browser::new(&router);
    browser.get(&format!("{DESK}/login")).await;
    let answered = browser.post(&format!("{DESK}/login"), &[]).await;
    let request = agent(&router, &answered).claim().await.unwrap();
    assert_eq!(request.pin_after, PinAfter::Wiped);
    assert_eq!(request.procedure, "officer");
    assert_eq!(request.return_to, format!("{DESK}/login/return"));
}

#[tokio::test]
async fn a55_an_unknown_card_and_a_blocked_account_get_the_same_answer_and_no_sooner() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let blocked = seated(&house, &router, "2", &[Role::Entry]).await;
    let path = format!("{DESK}/officers/{}/block", blocked.hex());
    administrator.browser.get(&path).await;
    assert_eq!(
        administrator.browser.post(&path, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let stranger = house.card().await;
    let mut answers = Vec::new();
    for card in [&stranger, &blocked.card] {
        let mut browser = Browser::new(&router);
        browser.get(&format!("{DESK}/login")).await;
        let way = way_back(&mut browser, &router, card, "").await;
        let begun = Stopwatch::now();
        let answered = browser.get(&way).await;
        assert!(begun.elapsed() >= Duration::from_millis(250), "{:?}", begun.elapsed());
        assert_eq!(answered.status, StatusCode::FORBIDDEN);
        answered.must_say("E-OFFICER");
        answers.push(answered.text());
    }
    // The clock in between may show the next second.
    let head = |text: &str| text.split("id=\"clock\"").next().unwrap().to_owned();
    assert_eq!(head(&answers[0]), head(&answers[1]));
    let said = |text: &str| text.split("id=\"problem\"").nth(1).unwrap().to_owned();
    assert_eq!(said(&answers[0]), said(&answers[1]));
}

#[tokio::test]
async fn a_login_that_was_given_up_leaves_the_login_as_it_was() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let mut browser = Browser::new(&router);
    browser.get(&format!("{DESK}/login")).await;
    let answered = browser.post(&format!("{DESK}/login"), &[]).await;
    let agent = agent(&router, &answered);
    agent.claim().await.unwrap();
    let code = agent.cancel().await.code;
    let back = browser.get(&format!("{DESK}/login/return?code={code}")).await;
    assert_eq!(back.location(), format!("{DESK}/login?notice=cancelled"));
    browser.follow(back).await.must_say("id=\"notice\"");
    assert_eq!(log_in(&mut browser, &router, &officer.card).await.location(), DESK);
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    officer.browser.get(&format!("{DESK}/own")).await;
    let kept = officer.browser.cookie();
    let over = officer.browser.post(&format!("{DESK}/logout"), &[]).await;
    assert_eq!(over.location(), format!("{DESK}/ended"));
    assert_eq!(officer.browser.cookie(), "");
    let again = officer.browser.with_cookie(&kept).get(&format!("{DESK}/own")).await;
    assert_eq!(again.location(), format!("{DESK}/login?to={DESK}/own"));
}
