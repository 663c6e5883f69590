//! The links that are sent by mail (THREATS A43, A44, A55).

use axum::http::StatusCode;
use casework::user::Letter;
use server::desk::user::{Command, LinkToken};
use std::time::{Duration, Instant as Moment};

use super::{CENTRE, Stand, plain, sign_in};
use crate::centre::{PASSWORD, refused};
use crate::house::HOLDER;
use crate::office::OPERATOR;
use crate::portal::browser::{Answered, Browser};

const NEW: &str = "nkq7v-t2xw9-mfr3c";

impl Stand {
    /// A reset is asked for; the address of its link.
    async fn reset(&self) -> String {
        let token = LinkToken::new(self.centre.desk.chance());
        let ask = Command::AskReset { token: token.clone() };
        refused(self.centre.ask(&HOLDER, self.user, &ask).await).unwrap();
        format!("{CENTRE}/link?token={}", token.text(self.user))
    }
}

/// Opens a link and chooses a password.
async fn choose(browser: &mut Browser, link: &str, password: &str) -> Answered {
    let page = browser.get(link).await;
    if page.status != StatusCode::OK {
        return page;
    }
    let token = page.hidden("token");
    let fields = [("token", token.as_str()), ("password", password), ("again", password)];
    browser.post(&format!("{CENTRE}/link"), &fields).await
}

#[tokio::test]
async fn an_invited_person_is_told_the_id_chooses_a_password_and_logs_in() {
    let stand = Stand::new().await;
    let (user, token) = stand.centre.invite(stand.organisation, "tsukan02").await.unwrap();
    let link = format!("{CENTRE}/link?token={}", token.text(user));
    let mut browser = stand.browser();
    browser.get(&link).await.must_say("value=\"tsukan02\"");
    for (password, code) in [
        ("short", "E-PASSWORD-SHORT"),
        ("P@ssw0rdP@ssw0rd", "E-PASSWORD-COMMON"),
        ("tsukan02-tsukan02-tsukan02", "E-PASSWORD-COMMON"),
        ("mihon-center-2026-mihon", "E-PASSWORD-COMMON"),
    ] {
        let answered = choose(&mut browser, &link, password).await;
        assert_eq!(answered.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        answered.must_say(code);
        assert!(!answered.says(password), "{password}");
    }
    let answered = choose(&mut browser, &link, NEW).await;
    assert_eq!(answered.location(), format!("{CENTRE}/sign-in?notice=chosen"));
    browser.follow(answered).await.must_say("パスワードを設定しました");
    assert_eq!(sign_in(&mut browser, "tsukan02", NEW).await.location(), CENTRE);
}

#[tokio::test]
async fn a43_opening_a_link_changes_nothing() {
    let stand = Stand::new().await;
    let link = stand.reset().await;
    let before = stand.centre.store().audit(None).await.unwrap();
    for _ in 0..3 {
        assert_eq!(stand.browser().get(&link).await.status, StatusCode::OK);
    }
    assert_eq!(stand.centre.store().audit(None).await.unwrap(), before);
    assert!(
        choose(&mut stand.browser(), &link, NEW).await.status.is_redirection(),
        "the control"
    );
}

#[tokio::test]
async fn a44_a_link_works_once_for_a_while_and_only_the_last_one() {
    let stand = Stand::new().await;
    let first = stand.reset().await;
    stand.wait(6 * 60);
    let second = stand.reset().await;
    let spent = async |link: &str| {
        let answered = choose(&mut stand.browser(), link, NEW).await;
        assert_eq!(answered.status, StatusCode::CONFLICT, "{link}");
        answered.must_say("E-LINK");
        assert!(!answered.says("tsukan01"), "it tells nobody's ID");
        plain(&answered).replace(link.split('=').next_back().unwrap(), "")
    };
    let replaced = spent(&first).await;
    let mut browser = stand.seated().await;
    assert!(choose(&mut stand.browser(), &second, NEW).await.status.is_redirection());
    assert_eq!(
        browser.get(CENTRE).await.location(),
        format!("{CENTRE}/signed-out?why=changed")
    );
    let used = spent(&second).await;
    let third = stand.reset().await;
    stand.wait(31 * 60);
    let late = spent(&third).await;
    let nobodys = spent(&format!("{CENTRE}/link?token={}", "A".repeat(64))).await;
    assert!(
        [used, late, nobodys].iter().all(|told| *told == replaced),
        "the same for all of them"
    );
    sign_in(&mut stand.browser(), "tsukan01", PASSWORD)
        .await
        .must_say("E-LOGIN");
    assert_eq!(sign_in(&mut stand.browser(), "tsukan01", NEW).await.location(), CENTRE);
}

#[tokio::test]
async fn a55_whoever_asks_for_a_link_is_told_the_same_whether_or_not_one_was_sent() {
    let stand = Stand::new().await;
    let centre = &stand.centre;
    centre.invite(stand.organisation, "invited1").await.unwrap();
    let blocked = centre.person(stand.organisation, "blocked1").await;
    refused(centre.ask(&OPERATOR, blocked, &Command::Block).await).unwrap();
    let mut said: Option<String> = None;
    for login in [
        "nobody99",
        "tsukan01",
        "tsukan01",
        "invited1",
        "blocked1",
        "no such form of an ID",
    ] {
        let mut browser = stand.browser();
        browser.get(&format!("{CENTRE}/forgotten")).await;
        let began = Moment::now();
        let answered = browser.post(&format!("{CENTRE}/forgotten"), &[("login", login)]).await;
        assert!(began.elapsed() >= Duration::from_millis(400), "{login}");
        assert_eq!(
            answered.location(),
            format!("{CENTRE}/forgotten?notice=sent"),
            "{login}"
        );
        let told = plain(&browser.follow(answered).await);
        assert_eq!(said.get_or_insert_with(|| told.clone()), &told, "{login}");
    }
    assert_eq!(stand.letters(Letter::Reset).await, 1, "and one link in five minutes");
}
