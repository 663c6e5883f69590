//! An officer's own API tokens.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::officer::Role;

use super::seat::{DESK, seated};
use crate::house::House;
use crate::portal::browser::{portal, send};

/// Whether the API takes it.
async fn asks(router: &Router, token: &str) -> StatusCode {
    let request =
        Request::get("/api/v1/offices/mihon-ca/queue").header(header::AUTHORIZATION, format!("Bearer {token}"));
    send(router, request.body(Body::empty()).unwrap()).await.status
}

#[tokio::test]
async fn an_officer_makes_a_token_that_is_shown_once_and_revokes_it() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let path = format!("{DESK}/own/tokens");
    officer.browser.get(&format!("{DESK}/own")).await.must_say(&path);
    let page = officer.browser.get(&path).await;
    page.must_say("APIトークンはありません。");
    let id = page.hidden("id");
    let form = [
        ("id", id.as_str()),
        ("label", "夜間の取り込み"),
        ("scope", "case:read"),
        ("scope", "case:write"),
        ("days", "30"),
    ];
    let made = officer.browser.post(&path, &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let token = made
        .text()
        .split("id=\"token\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert!(token.starts_with("kagimori_"), "{token}");
    assert_eq!(asks(&router, &token).await, StatusCode::OK);
    assert_eq!(
        asks(&router, &format!("{token}x")).await,
        StatusCode::UNAUTHORIZED,
        "control"
    );
    // A24: a token of two scopes, of whoever enters, opens nothing else.
    let request =
        Request::get("/api/v1/offices/mihon-ca/officers").header(header::AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(
        send(&router, request.body(Body::empty()).unwrap()).await.status,
        StatusCode::FORBIDDEN
    );

    let again = officer.browser.post(&path, &form).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "the same form makes no second one");
    let list = officer.browser.get(&path).await;
    list.must_say("夜間の取り込み");
    list.must_say("書面の申込と保留中の申請の入力、担当、決定");
    assert!(!list.says(&token), "the token is shown once");
    assert_eq!(house.store().tokens("mihon-ca").await.unwrap().len(), 1);
    let mark = list.hidden("token");

    // A17: a colleague neither sees it nor ends it.
    let mut colleague = seated(&house, &router, "2", &[Role::Administration]).await;
    assert!(!colleague.browser.get(&path).await.says("夜間の取り込み"));
    let refused = colleague
        .browser
        .post(&format!("{path}/revoke"), &[("token", &mark)])
        .await;
    assert_eq!(
        (refused.status, asks(&router, &token).await),
        (StatusCode::NOT_FOUND, StatusCode::OK)
    );

    let revoked = officer
        .browser
        .post(&format!("{path}/revoke"), &[("token", &mark)])
        .await;
    assert_eq!(revoked.location(), format!("{path}?notice=gone"));
    let list = officer.browser.follow(revoked).await;
    list.must_say("失効させました");
    assert!(list.find_hidden("token").is_none(), "there is nothing left to revoke");
    assert_eq!(asks(&router, &token).await, StatusCode::UNAUTHORIZED);
    let events = house.store().events(officer.id.0).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| event.name.as_str())
        .filter(|name| name.starts_with("token"))
        .collect();
    assert_eq!(told, ["token_made", "token_revoked"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_stands_at_its_field_and_nothing_typed_is_lost() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Entry]).await;
    let path = format!("{DESK}/own/tokens");
    let id = officer.browser.get(&path).await.hidden("id");
    let wrong = [("id", id.as_str()), ("label", "受付\u{202e}"), ("days", "367")];
    let told = officer.browser.post(&path, &wrong).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "error-label",
        "error-scopes",
        "error-days",
        "href=\"#days\"",
        "value=\"367\"",
    ] {
        told.must_say(words);
    }
    let wrong = [
        ("id", id.as_str()),
        ("label", "受付"),
        ("scope", "office:read"),
        ("days", "x"),
    ];
    let told = officer.browser.post(&path, &wrong).await;
    for words in ["error-days", "value=\"受付\"", "value=\"office:read\" checked"] {
        told.must_say(words);
    }
    assert!(!told.says("error-label") && !told.says("error-scopes"));
    assert!(house.store().tokens("mihon-ca").await.unwrap().is_empty());
}
