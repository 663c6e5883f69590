//! Passkeys: registered by an officer who is logged in, and a second way to log in.

use axum::http::StatusCode;
use casework::officer::Role;

use server::chance::Chance;
use server::desk::Desk;
use server::office::{AUTHORITY_EXAMPLE, Office};

use super::seat::{DESK, Seated, seated};
use crate::house::{House, office};
use crate::portal::authenticator::{Authenticator, PRESENT_AND_VERIFIED, challenge};
use crate::portal::browser::{Answered, Browser, ORIGIN, portal};

async fn send(browser: &mut Browser, path: &str, fields: &[(&'static str, String)]) -> Answered {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(&format!("{DESK}{path}"), &fields).await
}

async fn registered(officer: &mut Seated, credential: &str) -> Authenticator {
    let authenticator = Authenticator::new(credential);
    let page = officer.browser.get(&format!("{DESK}/own")).await;
    page.must_say("data-party=\"ca.example.jp\"");
    let added = send(
        &mut officer.browser,
        "/own/passkey",
        &authenticator.registration(&challenge(&page)),
    )
    .await;
    assert_eq!(added.location(), format!("{DESK}/own?notice=saved"), "{}", added.text());
    authenticator
}

/// The login page's challenge in a new browser.
async fn at_login(router: &axum::Router) -> (Browser, String) {
    let mut browser = Browser::new(router);
    let page = browser.get(&format!("{DESK}/login")).await;
    let challenge = challenge(&page);
    (browser, challenge)
}

#[tokio::test]
async fn a_passkey_logs_in_and_the_session_has_another_token_then() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let mut authenticator = registered(&mut officer, "first").await;
    officer.browser.get(&format!("{DESK}/own")).await.must_say("執務室");
    let (mut browser, challenge) = at_login(&router).await;
    let before = browser.cookie();
    let mut fields = authenticator.assertion(&challenge, ORIGIN, officer.id.0);
    fields.push(("to", format!("{DESK}/own?notice=saved")));
    let answered = send(&mut browser, "/login/passkey", &fields).await;
    assert_eq!(
        answered.location(),
        format!("{DESK}/own?notice=saved"),
        "{}",
        answered.text()
    );
    assert_ne!(browser.cookie(), before);
    assert_eq!(browser.get(&format!("{DESK}/own")).await.status, StatusCode::OK);
    let row = house.store().passkey(b"first").await.unwrap().unwrap();
    assert_eq!((row.counter, row.used_at.is_some()), (1, true));
}

#[tokio::test]
async fn an_assertion_counts_for_its_challenge_its_origin_its_user_and_once() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let mut authenticator = registered(&mut officer, "first").await;
    let (mut browser, old) = at_login(&router).await;
    let fields = authenticator.assertion(&old, ORIGIN, officer.id.0);
    assert_eq!(send(&mut browser, "/login/passkey", &fields).await.location(), DESK);
    // Once more, in that session and in another one.
    for mut browser in [browser.clone(), at_login(&router).await.0] {
        browser.get(&format!("{DESK}/login")).await;
        let again = send(&mut browser, "/login/passkey", &fields).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
        again.must_say("E-OFFICER");
    }
    for wrong in ["origin", "user", "verified", "key"] {
        let (mut browser, challenge) = at_login(&router).await;
        let origin = if wrong == "origin" {
            "https://evil.example"
        } else {
            ORIGIN
        };
        let user = if wrong == "user" { [7; 16] } else { officer.id.0 };
        authenticator.flags = if wrong == "verified" { 1 } else { PRESENT_AND_VERIFIED };
        let fields = if wrong == "key" {
            Authenticator::new("first").assertion(&challenge, origin, user)
        } else {
            authenticator.assertion(&challenge, origin, user)
        };
        let refused = send(&mut browser, "/login/passkey", &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{wrong}");
        assert!(
            browser.get(&format!("{DESK}/own")).await.location().contains("/login"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn r16_a_passkey_opens_nothing_once_the_card_is_revoked_or_the_passkey_removed() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let mut first = registered(&mut officer, "first").await;
    let mut second = registered(&mut officer, "second").await;
    let removed = server::desk::evidence::sha256(b"first").to_string();
    officer.browser.get(&format!("{DESK}/own")).await;
    let gone = officer
        .browser
        .post(&format!("{DESK}/own/passkey/remove"), &[("passkey", &removed)])
        .await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    let (mut browser, challenge) = at_login(&router).await;
    let fields = first.assertion(&challenge, ORIGIN, officer.id.0);
    assert_eq!(
        send(&mut browser, "/login/passkey", &fields).await.status,
        StatusCode::FORBIDDEN
    );
    house.revoke(&officer.card).await;
    let (mut browser, challenge) = at_login(&router).await;
    let fields = second.assertion(&challenge, ORIGIN, officer.id.0);
    assert_eq!(
        send(&mut browser, "/login/passkey", &fields).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a17_a_passkey_of_another_office_logs_in_nowhere_and_leaves_no_login() {
    let mut house = House::on_sqlite().await;
    let two = Office::from_toml(&AUTHORITY_EXAMPLE.replacen("mihon-ca", "other-ca", 1)).unwrap();
    let desk = &house.desk;
    let (store, clock) = (desk.store().clone(), desk.clock().clone());
    house.desk = Desk::new(store, clock, Chance::system(), vec![office(), two]);
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let mut authenticator = registered(&mut officer, "first").await;
    let seen = async || {
        let rows = house.store().officers("mihon-ca").await.unwrap();
        let events = house.store().events(officer.id.0).await.unwrap();
        (
            rows[0].state,
            events.into_iter().filter(|event| event.name == "logged_in").count(),
        )
    };
    let before = seen().await;
    house.it_is(house.now().plus_seconds(60));
    let mut browser = Browser::new(&router);
    let page = browser.get("/console/other-ca/login").await;
    let fields = authenticator.assertion(&challenge(&page), ORIGIN, officer.id.0);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = browser.post("/console/other-ca/login/passkey", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.must_say("E-OFFICER");
    assert_eq!(seen().await, before, "the account was not used");
    let (mut browser, challenge) = at_login(&router).await;
    let fields = authenticator.assertion(&challenge, ORIGIN, officer.id.0);
    assert_eq!(send(&mut browser, "/login/passkey", &fields).await.location(), DESK);
    assert_ne!(seen().await, before, "the control");
}

#[tokio::test]
async fn a_passkey_that_was_made_for_something_else_is_not_registered() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    for wrong in ["challenge", "unverified", "broken"] {
        let page = officer.browser.get(&format!("{DESK}/own")).await;
        let mut authenticator = Authenticator::new("first");
        let mut challenge = challenge(&page);
        match wrong {
            "challenge" => challenge = "A".repeat(43),
            "unverified" => authenticator.flags = 1,
            _ => {}
        }
        let mut fields = authenticator.registration(&challenge);
        if wrong == "broken" {
            fields.last_mut().unwrap().1.truncate(40);
        }
        let refused = send(&mut officer.browser, "/own/passkey", &fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{wrong}");
        refused.must_say("パスキーを確認できませんでした");
    }
    assert!(house.store().passkeys(officer.id.0).await.unwrap().is_empty());
    registered(&mut officer, "first").await;
    assert_eq!(
        house.store().passkeys(officer.id.0).await.unwrap().len(),
        1,
        "the control"
    );
}
