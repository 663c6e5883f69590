//! A renewal that is held, as the company follows it after the login (DOMAIN §5.3, §5.4).

use axum::http::StatusCode;
use casework::review::{Reason, Verdict as Ruling};
use server::desk::CaseId;
use server::desk::renewal::Renewal;
use wire::code::Code;

use super::{at_login, finish, new_card, reach_confirm};
use crate::hall::Hall;
use crate::house::TestCard;
use crate::portal::bidder::{Registered, SHI, log_in, registered};
use crate::portal::browser::Browser;
use crate::portal::made::card_of;

/// A renewal that is held at the office that reviews, and the new card of it.
async fn held() -> (Registered, TestCard) {
    let registered = registered(SHI).await;
    let house = &registered.house;
    let new = card_of(&house.authority, Some(&house.desk), "山田 太郎").await;
    let mut browser = Browser::new(&registered.router);
    let confirm = reach_confirm(&registered, &mut browser, SHI, &new).await;
    finish(&registered, &mut browser, SHI, &new, &confirm)
        .await
        .must_say("I-HELD");
    (registered, new)
}

#[tokio::test]
async fn a_held_renewal_is_found_after_the_login_and_can_be_withdrawn() {
    let (registered, new) = held().await;
    let Registered { house, router, card } = &registered;
    let mut browser = Browser::new(router);
    let (account, _) = log_in(router, &mut browser, SHI, card).await;
    account.must_say(&format!("href=\"{SHI}/renewal/case\""));
    let case = browser.get(&format!("{SHI}/renewal/case")).await;
    for words in [
        "審査を待っています",
        "<span class=\"tag ng\">相違</span>",
        "2027/12/31",
        "申請を取り下げる",
    ] {
        case.must_say(words);
    }
    // Nobody answers what was not asked.
    let version = [("version", "1"), ("remark", "代表者が交代しました")];
    let answered = browser.post(&format!("{SHI}/renewal/case/answer"), &version).await;
    assert_eq!(answered.status, StatusCode::CONFLICT);
    browser
        .get(&format!("{SHI}/renewal/case/withdraw"))
        .await
        .must_say("この申請を取り下げますか");
    // A second click finds the same.
    for _ in 0..2 {
        let answered = browser.post(&format!("{SHI}/renewal/case/withdraw"), &[]).await;
        assert_eq!(answered.location(), format!("{SHI}/renewal/done"));
    }
    let done = browser.get(&format!("{SHI}/renewal/done")).await;
    done.must_say("ICカード更新の申請を取り下げました");
    assert_eq!(at_login(router, SHI, card).await, None);
    assert_eq!(at_login(router, SHI, &new).await, Some(Code::CardNotreg));
    // And it can be applied for again.
    let better = new_card(house).await;
    let mut browser = Browser::new(router);
    let confirm = reach_confirm(&registered, &mut browser, SHI, &better).await;
    finish(&registered, &mut browser, SHI, &better, &confirm)
        .await
        .must_say("更新完了");
}

#[tokio::test]
async fn a17_a_held_renewal_is_seen_with_its_own_card_alone() {
    let (registered, _) = held().await;
    let router = &registered.router;
    let mut stranger = Browser::new(router);
    for page in ["case", "case/withdraw"] {
        let path = format!("{SHI}/renewal/{page}");
        let answered = stranger.get(&path).await;
        assert_eq!(answered.location(), format!("{SHI}/login?to={path}"));
    }
    stranger.get(&format!("{SHI}/login")).await;
    for step in ["case/withdraw", "case/answer"] {
        let answered = stranger.post(&format!("{SHI}/renewal/{step}"), &[]).await;
        assert_eq!(answered.location(), format!("{SHI}/login"));
    }
    assert_eq!(at_login(router, SHI, &registered.card).await, None);
}

#[tokio::test]
async fn s5_3_why_a_renewal_was_denied_stands_on_the_company_s_pages() {
    let (Registered { house, router, card }, new) = held().await;
    let hall = Hall::of(house);
    let by = hall.officer(&hall.review, "2001", "札幌市").await;
    let open = hall.store().application_about("mihon-shi", card.subject.card).await;
    let case: CaseId<Renewal> = CaseId::from_octets(open.unwrap().unwrap().0);
    let reason = Reason {
        key: "not_the_person".to_owned(),
        remark: Some("前代表者のカードです".to_owned()),
    };
    hall.decide(&by, case, Ruling::Deny(Box::new(reason))).await.unwrap();
    let mut browser = Browser::new(&router);
    let (account, _) = log_in(&router, &mut browser, SHI, &card).await;
    account.must_say("は否認されました");
    let page = browser.get(&format!("{SHI}/renewal/case")).await;
    for words in [
        "否認の理由",
        "前代表者のカードです",
        "現在のICカードはこれまでどおり使用できます",
    ] {
        page.must_say(words);
    }
    assert!(!page.says("id=\"withdraw\""), "there is nothing to take back");
    let answered = browser.post(&format!("{SHI}/renewal/case/withdraw"), &[]).await;
    assert_eq!(answered.status, StatusCode::CONFLICT);
    assert_eq!(at_login(&router, SHI, &new).await, Some(Code::CardNotreg));
}

#[tokio::test]
async fn s5_4_a_returned_renewal_is_answered_by_the_company_in_one_line() {
    let (Registered { house, router, card }, _) = held().await;
    let hall = Hall::of(house);
    let by = hall.officer(&hall.review, "2001", "札幌市").await;
    let open = hall.store().application_about("mihon-shi", card.subject.card).await;
    let case: CaseId<Renewal> = CaseId::from_octets(open.unwrap().unwrap().0);
    let reason = Reason {
        key: "register_first".to_owned(),
        remark: Some("代表者の変更届を先に提出してください".to_owned()),
    };
    hall.decide(&by, case, Ruling::Return(Box::new(reason))).await.unwrap();
    let mut browser = Browser::new(&router);
    log_in(&router, &mut browser, SHI, &card).await;
    let path = format!("{SHI}/renewal/case");
    let page = browser.get(&path).await;
    page.must_say("差戻しの理由");
    page.must_say("代表者の変更届を先に提出してください");
    let version = page.hidden("version");
    let answer = format!("{path}/answer");
    let long = "あ".repeat(401);
    for (remark, code) in [("", "E-REQ"), (long.as_str(), "E-LEN"), ("提出\u{202e}", "E-CHAR")] {
        let told = browser
            .post(&answer, &[("version", &version), ("remark", remark)])
            .await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        told.must_say(code);
    }
    let typed = [("version", version.as_str()), ("remark", "変更届を\r\n提出しました。")];
    let answered = browser.post(&answer, &typed).await;
    assert_eq!(answered.location(), path);
    let page = browser.follow(answered).await;
    page.must_say("審査を待っています");
    page.must_say("変更届を 提出しました。");
    let stale = browser.post(&answer, &typed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "a19: one answer to one question");
}
