//! Accounts as their administrators look after them.

use axum::http::StatusCode;
use casework::officer::{Case, Role};
use server::desk::CaseId;
use server::desk::officer::OfficerAccount;

use super::seat::{DESK, enrol, seated};
use crate::house::House;
use crate::portal::browser::{Browser, portal};

fn form<'a>(id: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("id", id),
        ("name", name),
        ("person", "2"),
        ("company", "1000000000001"),
        ("mail", "second@ca.example"),
        ("role", "entry"),
        ("role", "approval"),
        ("language", "en"),
    ]
}

#[tokio::test]
async fn an_administrator_invites_and_the_code_is_shown_once() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let page = administrator.browser.get(&format!("{DESK}/officers/invite")).await;
    let id = page.hidden("id");
    let told = administrator
        .browser
        .post(&format!("{DESK}/officers/invite"), &form(&id, "髙橋 一郎"))
        .await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let code = told.text().split("id=\"code\" class=\"mono\">").nth(1).unwrap()[..23].to_owned();
    told.must_say("https://ca.example.jp/console/mihon-ca/enrol");
    told.must_say("data-print");
    let list = administrator.browser.get(&format!("{DESK}/officers")).await;
    list.must_say("招待中");
    let one = administrator.browser.get(&format!("{DESK}/officers/{id}")).await;
    assert!(!list.says(&code) && !one.says(&code), "the code is told once");
    // The same form again makes no second account, and its code alone counts from then on.
    let again = administrator
        .browser
        .post(&format!("{DESK}/officers/invite"), &form(&id, "髙橋 一郎"))
        .await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(house.store().officers("mihon-ca").await.unwrap().len(), 2);
    let newer = again.text().split("id=\"code\" class=\"mono\">").nth(1).unwrap()[..23].to_owned();
    let card = house.card().await;
    let mut second = Browser::new(&router);
    second.get(&format!("{DESK}/enrol")).await;
    second
        .post(&format!("{DESK}/enrol"), &[("code", &code)])
        .await
        .must_say("E-INVITE-CODE");
    assert_eq!(enrol(&mut second, &router, &newer, &card).await.location(), DESK);
    assert_eq!(
        second.get(&format!("{DESK}/officers")).await.status,
        StatusCode::FORBIDDEN,
        "who enters and approves looks after no accounts"
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_invitation_stands_at_its_field_and_nothing_typed_is_lost() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let id = administrator
        .browser
        .get(&format!("{DESK}/officers/invite"))
        .await
        .hidden("id");
    let wrong = administrator
        .browser
        .post(
            &format!("{DESK}/officers/invite"),
            &[
                ("id", &id),
                ("name", "髙橋\u{202e}一郎"),
                ("person", ""),
                ("company", "甲"),
                ("mail", "nobody"),
            ],
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "error-name",
        "error-person",
        "error-mail",
        "error-roles",
        "value=\"甲\"",
        "href=\"#mail\"",
    ] {
        wrong.must_say(words);
    }
    assert!(!wrong.says("error-company"));
    assert_eq!(house.store().officers("mihon-ca").await.unwrap().len(), 1);
}

#[tokio::test]
async fn roles_count_from_the_next_request_on() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let mut officer = seated(&house, &router, "2", &[Role::Entry]).await;
    assert_eq!(
        officer.browser.get(&format!("{DESK}/officers")).await.status,
        StatusCode::FORBIDDEN
    );
    let one = format!("{DESK}/officers/{}", officer.hex());
    administrator.browser.get(&one).await;
    let none = administrator.browser.post(&format!("{one}/roles"), &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    none.must_say("error-roles");
    let saved = administrator
        .browser
        .post(&format!("{one}/roles"), &[("role", "audit")])
        .await;
    assert_eq!(saved.location(), format!("{one}?notice=saved"));
    administrator.browser.follow(saved).await.must_say("保存しました");
    let seen = officer.browser.get(&format!("{DESK}/officers")).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(!seen.says("id=\"invite\""), "who audits changes nothing");
    for path in ["officers/invite", &format!("officers/{}/block", administrator.hex())] {
        let refused = officer.browser.get(&format!("{DESK}/{path}")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        refused.must_say("E-ROLE");
    }
}

#[tokio::test]
async fn nobody_changes_the_own_account_and_the_refusal_stands_on_its_page() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let one = format!("{DESK}/officers/{}", administrator.hex());
    let page = administrator.browser.get(&one).await;
    page.must_say("ご自身のアカウントの権限や状態は変更できません");
    assert!(!page.says("id=\"block\"") && !page.says("id=\"assign\""));
    for (path, fields) in [("block", vec![]), ("roles", vec![("role", "entry")])] {
        let refused = administrator.browser.post(&format!("{one}/{path}"), &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        refused.must_say("E-OWN-ACCOUNT");
        refused.must_say("髙橋 一郎");
    }
    let case: CaseId<OfficerAccount> = CaseId::from_octets(administrator.id.0);
    assert!(matches!(house.desk.look(case).await.unwrap(), Case::Active { .. }));
}

#[tokio::test]
async fn a_new_invitation_voids_the_card_that_was_enrolled() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let mut officer = seated(&house, &router, "2", &[Role::Entry]).await;
    let path = format!("{DESK}/officers/{}/invite", officer.hex());
    administrator
        .browser
        .get(&path)
        .await
        .must_say("新しい登録コードを発行する");
    let told = administrator.browser.post(&path, &[]).await;
    told.must_say("id=\"code\"");
    let out = officer.browser.get(&format!("{DESK}/own")).await;
    assert_ne!(out.status, StatusCode::OK);
    let code = told.text().split("id=\"code\" class=\"mono\">").nth(1).unwrap()[..23].to_owned();
    let card = house.card().await;
    let mut again = Browser::new(&router);
    assert_eq!(enrol(&mut again, &router, &code, &card).await.location(), DESK);
}

#[tokio::test]
async fn r16_an_account_that_nobody_uses_is_marked() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut administrator = seated(&house, &router, "1", &[Role::Administration]).await;
    let idle = seated(&house, &router, "2", &[Role::Entry]).await;
    let list = administrator.browser.get(&format!("{DESK}/officers")).await;
    assert!(!list.says("id=\"dormant\""), "the control");
    house.it_is(house.now().plus_seconds(91 * 86_400));
    let mut browser = Browser::new(&router);
    super::seat::log_in(&mut browser, &router, &administrator.card).await;
    let list = browser.get(&format!("{DESK}/officers")).await;
    list.must_say("id=\"dormant\"");
    assert_eq!(list.text().matches("長期未使用</span>").count(), 1, "{}", list.text());
    let row = list.text().split(&idle.hex()).nth(1).unwrap().to_owned();
    assert!(row.split("</tr>").next().unwrap().contains("長期未使用"));
}
