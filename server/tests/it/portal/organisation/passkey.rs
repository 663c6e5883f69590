//! Passkeys of organisations' people: the better way to log in.

use axum::http::StatusCode;
use casework::officer::Role;
use casework::user::Letter;

use super::{CENTRE, Stand, sign_in};
use crate::centre::PASSWORD;
use crate::console::seat::{DESK, seated};
use crate::portal::authenticator::{Authenticator, challenge};
use crate::portal::browser::{Answered, Browser, ORIGIN};

async fn send(browser: &mut Browser, path: &str, fields: &[(&'static str, String)]) -> Answered {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &fields).await
}

async fn registered(browser: &mut Browser, credential: &str) -> Authenticator {
    let authenticator = Authenticator::new(credential);
    let page = browser.get(&format!("{CENTRE}/passkeys")).await;
    page.must_say("data-party=\"ca.example.jp\"");
    let mut fields = authenticator.registration(&challenge(&page));
    fields.push(("present", PASSWORD.to_owned()));
    let added = send(browser, &format!("{CENTRE}/passkeys"), &fields).await;
    assert_eq!(
        added.location(),
        format!("{CENTRE}/passkeys?notice=saved"),
        "{}",
        added.text()
    );
    authenticator
}

/// A new browser before the login page, with its challenge.
async fn at_login(stand: &Stand) -> (Browser, String) {
    let mut browser = stand.browser();
    let page = browser.get(&format!("{CENTRE}/sign-in")).await;
    let challenge = challenge(&page);
    (browser, challenge)
}

async fn log_in(stand: &Stand, authenticator: &mut Authenticator, owner: [u8; 16]) -> (Browser, Answered) {
    let (mut browser, challenge) = at_login(stand).await;
    let fields = authenticator.assertion(&challenge, ORIGIN, owner);
    let answered = send(&mut browser, &format!("{CENTRE}/sign-in/passkey"), &fields).await;
    (browser, answered)
}

#[tokio::test]
async fn r16_a_passkey_logs_in_while_guesses_hold_up_the_password_and_until_it_is_removed() {
    let stand = Stand::new().await;
    let mut browser = stand.seated().await;
    let mut authenticator = registered(&mut browser, "first").await;
    assert_eq!(stand.letters(Letter::PasskeysChanged).await, 1);
    for _ in 0..5 {
        sign_in(&mut stand.browser(), "tsukan01", "not this one at all").await;
    }
    sign_in(&mut stand.browser(), "tsukan01", PASSWORD)
        .await
        .must_say("E-LOGIN");
    let (mut other, answered) = log_in(&stand, &mut authenticator, stand.user.0).await;
    assert_eq!(answered.location(), CENTRE, "{}", answered.text());
    other.get(CENTRE).await.must_say("2026/11/24 12:00からログイン中");
    let row = stand.centre.store().passkey(b"first").await.unwrap().unwrap();
    assert_eq!((row.counter, row.used_at.is_some()), (1, true));
    let page = browser.get(&format!("{CENTRE}/passkeys")).await;
    page.must_say("執務室");
    let gone = [("passkey", row.digest.to_string())];
    send(&mut browser, &format!("{CENTRE}/passkeys/remove"), &gone).await;
    let (_, answered) = log_in(&stand, &mut authenticator, stand.user.0).await;
    assert_eq!(answered.status, StatusCode::FORBIDDEN);
    answered.must_say("E-LOGIN");
}

#[tokio::test]
async fn a01_an_assertion_counts_for_its_challenge_its_origin_its_user_and_once() {
    let stand = Stand::new().await;
    let mut authenticator = registered(&mut stand.seated().await, "first").await;
    let (mut browser, old) = at_login(&stand).await;
    let fields = authenticator.assertion(&old, ORIGIN, stand.user.0);
    let path = format!("{CENTRE}/sign-in/passkey");
    let mut again = browser.clone();
    assert_eq!(send(&mut browser, &path, &fields).await.location(), CENTRE);
    again.get(&format!("{CENTRE}/sign-in")).await;
    assert_eq!(send(&mut again, &path, &fields).await.status, StatusCode::FORBIDDEN);
    for wrong in ["origin", "user", "verified", "key", "challenge", "fields"] {
        let (mut browser, challenge) = at_login(&stand).await;
        let origin = if wrong == "origin" {
            "https://evil.example"
        } else {
            ORIGIN
        };
        let user = if wrong == "user" { [7; 16] } else { stand.user.0 };
        let challenge = if wrong == "challenge" { old.clone() } else { challenge };
        authenticator.flags = if wrong == "verified" { 1 } else { 0b101 };
        let mut fields = if wrong == "key" {
            Authenticator::new("first").assertion(&challenge, origin, user)
        } else {
            authenticator.assertion(&challenge, origin, user)
        };
        if wrong == "fields" {
            fields.pop();
        }
        let refused = send(&mut browser, &path, &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{wrong}");
        assert!(browser.get(CENTRE).await.location().contains("/sign-in"), "{wrong}");
    }
    authenticator.flags = 0b101;
    assert_eq!(
        log_in(&stand, &mut authenticator, stand.user.0).await.1.location(),
        CENTRE,
        "the control"
    );
}

#[tokio::test]
async fn r22_whoever_finds_a_browser_makes_no_passkey_of_their_own() {
    let stand = Stand::new().await;
    let mut browser = stand.seated().await;
    let page = browser.get(&format!("{CENTRE}/passkeys")).await;
    let fields = Authenticator::new("theirs").registration(&challenge(&page));
    for _ in 0..2 {
        stand.wait(8 * 60);
        browser.get(CENTRE).await;
    }
    let answered = send(&mut browser, &format!("{CENTRE}/passkeys"), &fields).await;
    assert_eq!(answered.location(), format!("{CENTRE}/passkeys"));
    let page = browser.follow(answered).await;
    page.must_say("ログインし直す");
    assert!(stand.centre.store().passkeys(stand.user.0).await.unwrap().is_empty());
    // The way on: out, in, and back to the page.
    let to = page.hidden("to");
    let out = browser.post(&format!("{CENTRE}/sign-out"), &[("to", &to)]).await;
    assert_eq!(out.location(), format!("{CENTRE}/sign-in?to={CENTRE}/passkeys"));
    assert!(browser.get(CENTRE).await.location().contains("/sign-in"));
    registered(&mut stand.seated().await, "own").await;
}

#[tokio::test]
async fn r22_a_session_alone_makes_no_passkey_and_a_password_that_is_guessed_there_counts() {
    let stand = Stand::new().await;
    let mut browser = stand.seated().await;
    for typed in [
        "",
        "not this one at all",
        "nor this one",
        "nor that one",
        "nor another one",
    ] {
        let page = browser.get(&format!("{CENTRE}/passkeys")).await;
        let mut fields = Authenticator::new("theirs").registration(&challenge(&page));
        fields.push(("present", typed.to_owned()));
        let refused = send(&mut browser, &format!("{CENTRE}/passkeys"), &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{typed}");
        refused.must_say("E-LOGIN");
    }
    assert!(stand.centre.store().passkeys(stand.user.0).await.unwrap().is_empty());
    assert_eq!(stand.letters(Letter::PasskeysChanged).await, 0);
    assert_eq!(stand.letters(Letter::LockedOut).await, 1, "as at the login");
    stand.wait(60 + 1);
    registered(&mut browser, "own").await;
    assert_eq!(stand.letters(Letter::PasskeysChanged).await, 1, "the control");
}

#[tokio::test]
async fn a17_a_passkey_of_an_officer_is_nobody_among_users_and_the_other_way_round() {
    let stand = Stand::new().await;
    let mut users = registered(&mut stand.seated().await, "user").await;
    let mut officer = seated(&stand.centre.house, &stand.router, "1", &[Role::Entry]).await;
    let page = officer.browser.get(&format!("{DESK}/own")).await;
    let mut officers = Authenticator::new("officer");
    let fields = officers.registration(&challenge(&page));
    send(&mut officer.browser, &format!("{DESK}/own/passkey"), &fields).await;
    let (_, answered) = log_in(&stand, &mut officers, officer.id.0).await;
    assert_eq!(answered.status, StatusCode::FORBIDDEN);
    answered.must_say("E-LOGIN");
    for (authenticator, owner, status) in [
        (&mut users, stand.user.0, StatusCode::FORBIDDEN),
        (&mut officers, officer.id.0, StatusCode::SEE_OTHER),
    ] {
        let mut browser = stand.browser();
        let page = browser.get(&format!("{DESK}/login")).await;
        let fields = authenticator.assertion(&challenge(&page), ORIGIN, owner);
        let answered = send(&mut browser, &format!("{DESK}/login/passkey"), &fields).await;
        assert_eq!(answered.status, status, "{}", answered.text());
    }
}
