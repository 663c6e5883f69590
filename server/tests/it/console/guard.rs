//! What the console does not let through: strangers, other offices, other ids, and forms that are not its own.

use axum::http::StatusCode;
use casework::officer::Role;

use super::seat::{DESK, seated};
use crate::house::House;
use crate::portal::browser::{Browser, ORIGIN, portal};

/// Every page behind the login, `{id}` standing for an account.
const PAGES: [&str; 14] = [
    "",
    "/own",
    "/card",
    "/own/tokens",
    "/officers",
    "/officers/invite",
    "/officers/{id}",
    "/officers/{id}/block",
    "/officers/{id}/unblock",
    "/officers/{id}/invite",
    "/office",
    "/office/edit",
    "/office/history",
    "/audit",
];
/// Every form behind the login.
const FORMS: [&str; 14] = [
    "/logout",
    "/stay",
    "/card",
    "/own/passkey",
    "/own/passkey/remove",
    "/own/tokens",
    "/own/tokens/revoke",
    "/officers/invite",
    "/officers/{id}/roles",
    "/officers/{id}/invite",
    "/officers/{id}/block",
    "/officers/{id}/unblock",
    "/office/edit",
    "/office/save",
];

#[tokio::test]
async fn a17_no_page_is_shown_and_no_form_is_taken_without_a_login() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let officer = seated(&house, &router, "1", &[Role::Administration]).await;
    for page in PAGES {
        let path = format!("{DESK}{}", page.replace("{id}", &officer.hex()));
        let answered = Browser::new(&router).get(&path).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answered.location().starts_with(&format!("{DESK}/login")), "{path}");
    }
    for form in FORMS {
        let path = format!("{DESK}{}", form.replace("{id}", &officer.hex()));
        let mut stranger = Browser::new(&router);
        stranger.get(&format!("{DESK}/login")).await;
        let answered = stranger.post(&path, &[]).await;
        assert_eq!(answered.location(), format!("{DESK}/login"), "{path}");
    }
}

#[tokio::test]
async fn a45_no_form_of_another_place_session_or_login_is_taken() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    let other = seated(&house, &router, "2", &[Role::Administration]).await;
    officer.browser.get(&format!("{DESK}/own")).await;
    let csrf = officer.browser.csrf().to_owned();
    let theirs = {
        let mut browser = other.browser.clone();
        browser.get(&format!("{DESK}/own")).await;
        browser.csrf().to_owned()
    };
    let ours = [("origin", ORIGIN), ("sec-fetch-site", "same-origin")];
    for form in FORMS {
        let path = format!("{DESK}{}", form.replace("{id}", &other.hex()));
        let post = async |fields: &[(&str, &str)], headers: &[(&str, &str)]| {
            officer.browser.clone().post_as(&path, fields, headers).await
        };
        for headers in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
        ] {
            let answered = post(&[("csrf", &csrf)], headers).await;
            assert_eq!(answered.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            answered.must_say("E-ORIGIN");
        }
        for wrong in ["", &theirs, &"0".repeat(64)] {
            let answered = post(&[("csrf", wrong)], &ours).await;
            assert_eq!(answered.status, StatusCode::CONFLICT, "{path} {wrong:?}");
            answered.must_say("E-STALE");
        }
    }
    let taken = officer.browser.post(&format!("{DESK}/stay"), &[]).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT, "the control");
}

#[tokio::test]
async fn a17_an_account_that_is_not_of_this_office_is_not_there() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    officer.browser.get(&format!("{DESK}/own")).await;
    for id in ["0".repeat(32), "zz".repeat(16), "1".to_owned(), "../own".to_owned()] {
        for page in ["", "/block", "/unblock", "/invite"] {
            let answered = officer.browser.get(&format!("{DESK}/officers/{id}{page}")).await;
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{id}{page}");
        }
        for form in ["/roles", "/invite", "/block", "/unblock"] {
            let answered = officer
                .browser
                .post(&format!("{DESK}/officers/{id}{form}"), &[("role", "entry")])
                .await;
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{id}{form}");
        }
    }
    assert_eq!(
        officer.browser.get("/console/nowhere/officers").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a17_the_code_of_a_card_request_opens_nothing_in_another_session() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let officer = seated(&house, &router, "1", &[Role::Administration]).await;
    let mut browser = Browser::new(&router);
    browser.get(&format!("{DESK}/login")).await;
    let way = super::seat::way_back(&mut browser, &router, &officer.card, "").await;
    let mut thief = Browser::new(&router);
    thief.get(&format!("{DESK}/login")).await;
    assert_eq!(thief.get(&way).await.status, StatusCode::NOT_FOUND);
    let elsewhere = way.replace("/login/return", "/enrol/return");
    assert_eq!(browser.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
    let holders = way.replace("/console/mihon-ca/login/return", "/mihon-ca/revocation/return");
    assert_eq!(browser.get(&holders).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&way).await.status, StatusCode::SEE_OTHER, "the control");
}
