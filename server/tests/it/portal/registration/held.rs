//! A registration, or a change of one, that is held, as the company follows it (DOMAIN §5.3, §5.4).

use axum::Router;
use axum::http::StatusCode;
use casework::review::{Reason, Verdict as Ruling};
use server::desk::registration::{Command, Registration};
use server::desk::{CaseId, Done};
use wire::office::Language;

use super::{enter, reach_form, sign, with};
use crate::hall::Hall;
use crate::house::{House, TestCard};
use crate::portal::bidder::{CONTACT, Registered, SHI, agent, enlist, enlist_with, log_in, ordering, registered};
use crate::portal::browser::{Answered, Browser};
use crate::portal::made::card_of;

/// A change that is held: the representative in the register is another one by now.
async fn held_change() -> (Registered, Browser) {
    let registered = registered(SHI).await;
    enlist_with(&registered.house, SHI, "山田　太郎").await;
    let Registered { house, router, card } = &registered;
    let mut browser = Browser::new(router);
    log_in(router, &mut browser, SHI, card).await;
    browser.post(&format!("{SHI}/registration/change"), &[]).await;
    let confirm = enter(&mut browser, SHI, &with(&[("department", "工事部")])).await;
    let done = sign(router, &mut browser, house, SHI, card, &confirm).await;
    done.must_say("利用者登録の申請を受け付けました");
    (registered, browser)
}

/// A new registration that is held, and the session that applied for it.
async fn held_registration() -> (House, Router, TestCard, Browser) {
    let house = House::on_sqlite().await;
    let card = card_of(&house.authority, Some(&house.desk), "山田 太郎").await;
    let router = ordering(&house);
    let code = enlist(&house, SHI).await;
    let mut browser = Browser::new(&router);
    reach_form(&router, &mut browser, SHI, (&card, &code)).await;
    let confirm = enter(&mut browser, SHI, CONTACT).await;
    sign(&router, &mut browser, &house, SHI, &card, &confirm).await;
    (house, router, card, browser)
}

/// An officer of the office decides what is open about this card.
async fn decide(hall: &Hall, card: &TestCard, verdict: Ruling) -> Done<Registration> {
    let by = hall.officer(&hall.review, "2001", "札幌市").await;
    let open = hall.store().application_about("mihon-shi", card.subject.card).await;
    let case: CaseId<Registration> = CaseId::from_octets(open.unwrap().unwrap().0);
    hall.ask(&by.actor(), case, &Command::Claim).await.unwrap();
    let language = Language::Ja;
    let propose = Command::Propose { verdict, language };
    let proposed = hall.ask(&by.actor(), case, &propose).await.unwrap();
    let casework::registration::Case::Held { review, .. } = &proposed.case else {
        panic!("{:?}", proposed.case)
    };
    let asked = review.claim.as_ref().and_then(|claim| claim.asked.as_ref()).unwrap();
    let text = hall.store().text(case.octets(), asked.text).await.unwrap().unwrap();
    let decide = Command::Decide(by.card.sign(&text, hall.now()));
    hall.ask(&by.actor(), case, &decide).await.unwrap()
}

fn because(key: &str) -> Reason {
    Reason {
        key: key.to_owned(),
        remark: Some("代表者の変更届を先に提出してください".to_owned()),
    }
}

/// 登録 once more with this card: the page that it leads to.
async fn show_again(router: &Router, browser: &mut Browser, card: &TestCard) -> Answered {
    let base = format!("{SHI}/registration");
    browser.get(&base).await;
    browser.post(&base, &[]).await;
    let answered = browser.post(&format!("{base}/card"), &[]).await;
    let code = agent(router, &answered).present(card).await;
    let answered = browser.get(&format!("{base}/return?code={code}")).await;
    browser.follow(answered).await
}

#[tokio::test]
async fn a_held_change_has_its_page_after_the_login_and_can_be_withdrawn() {
    let (registered, _) = held_change().await;
    let Registered { house: _, router, card } = &registered;
    let mut browser = Browser::new(router);
    let (account, _) = log_in(router, &mut browser, SHI, card).await;
    account.must_say("利用者登録の申請（受付番号");
    account.must_say(&format!("href=\"{SHI}/registration/case\""));
    account.must_say("営業部　第３課");
    let path = format!("{SHI}/registration/case");
    let case = browser.get(&path).await;
    for words in [
        "審査を待っています",
        "登録の内容は変わりません",
        "<span class=\"tag ng\">相違</span>",
    ] {
        case.must_say(words);
    }
    assert!(!case.says("id=\"remark\""), "nobody asked anything");
    browser
        .get(&format!("{path}/withdraw"))
        .await
        .must_say("この申請を取り下げますか");
    for _ in 0..2 {
        let answered = browser.post(&format!("{path}/withdraw"), &[]).await;
        assert_eq!(
            answered.location(),
            format!("{SHI}/registration/done"),
            "a second click finds the same"
        );
    }
    let done = browser.get(&format!("{SHI}/registration/done")).await;
    done.must_say("利用者登録の申請を取り下げました");
    let account = browser.get(&format!("{SHI}/account")).await;
    account.must_say("営業部　第３課");
    assert!(!account.says("id=\"case\""), "it is over");
}

#[tokio::test]
async fn s5_4_a_returned_change_is_corrected_and_signed_anew_by_its_company() {
    let (registered, _) = held_change().await;
    let Registered { house, router, card } = registered;
    let hall = Hall::of(house);
    decide(&hall, &card, Ruling::Return(Box::new(because("register_first")))).await;
    let mut browser = Browser::new(&router);
    let (account, _) = log_in(&router, &mut browser, SHI, &card).await;
    account.must_say("差し戻されています");
    let path = format!("{SHI}/registration/case");
    let page = browser.get(&path).await;
    page.must_say("差戻しの理由");
    page.must_say("代表者の変更届を先に提出してください");
    let answered = browser.post(&format!("{path}/correct"), &[]).await;
    assert_eq!(answered.location(), format!("{SHI}/registration/form"));
    browser.follow(answered).await.must_say("value=\"工事部\"");
    let confirm = enter(&mut browser, SHI, &with(&[("department", "工事第二部")])).await;
    confirm.must_say("工事第二部");
    confirm.must_say("変更前");
    // Nothing was sent off yet: what was signed before still stands, and can be answered or left.
    browser
        .get(&format!("{SHI}/registration/status"))
        .await
        .must_say("内容の確認中です");
    browser.get(&path).await.must_say("差し戻されています");
    let done = sign(&router, &mut browser, &hall.house, SHI, &card, &confirm).await;
    done.must_say("工事第二部");
    browser.get(&path).await.must_say("審査を待っています");
    // What is approved is what was signed last.
    let by = hall.officer(&hall.review, "2002", "札幌市").await;
    let open = hall.store().application_about("mihon-shi", card.subject.card).await;
    let case: CaseId<Registration> = CaseId::from_octets(open.unwrap().unwrap().0);
    hall.ask(&by.actor(), case, &Command::Claim).await.unwrap();
    let propose = Command::Propose {
        verdict: Ruling::Approve,
        language: Language::Ja,
    };
    let proposed = hall.ask(&by.actor(), case, &propose).await.unwrap();
    let casework::registration::Case::Held { review, .. } = &proposed.case else {
        panic!("{:?}", proposed.case)
    };
    let asked = review.claim.as_ref().and_then(|claim| claim.asked.as_ref()).unwrap();
    let text = hall.store().text(case.octets(), asked.text).await.unwrap().unwrap();
    assert!(text.contains("工事第二部"), "{text}");
    let decided = Command::Decide(by.card.sign(&text, hall.now()));
    hall.ask(&by.actor(), case, &decided).await.unwrap();
    browser.get(&format!("{SHI}/account")).await.must_say("工事第二部");
}

#[tokio::test]
async fn a_held_registration_is_found_again_by_its_card_and_a_returned_one_is_answered() {
    let (house, router, card, mut own) = held_registration().await;
    // The session that applied sees it at once.
    own.get(&format!("{SHI}/registration/case"))
        .await
        .must_say("審査を待っています");
    let hall = Hall::of(house);
    decide(&hall, &card, Ruling::Return(Box::new(because("register_first")))).await;
    // Nobody can log in with the card; who shows it at 登録 is led to the application.
    let mut browser = Browser::new(&router);
    let page = show_again(&router, &mut browser, &card).await;
    page.must_say("差戻しの理由");
    page.must_say("代表者の変更届を先に提出してください");
    let path = format!("{SHI}/registration/case");
    let version = page.hidden("version");
    let told = browser
        .post(&format!("{path}/answer"), &[("version", &version), ("remark", "")])
        .await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    told.must_say("E-REQ");
    let typed = [("version", version.as_str()), ("remark", "変更届を\r\n提出しました。")];
    let answered = browser.post(&format!("{path}/answer"), &typed).await;
    assert_eq!(answered.location(), path);
    let page = browser.follow(answered).await;
    page.must_say("審査を待っています");
    page.must_say("変更届を 提出しました。");
    let stale = browser.post(&format!("{path}/answer"), &typed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "a19: one answer to one question");
    // A17: another card's session is shown nothing of it.
    let other = card_of(&hall.house.authority, Some(&hall.house.desk), "山田 太郎").await;
    let mut stranger = Browser::new(&router);
    show_again(&router, &mut stranger, &other).await.must_say("会社の確認");
    let answered = stranger.get(&path).await;
    assert_eq!(answered.location(), format!("{SHI}/login?to={path}"));
}

#[tokio::test]
async fn why_an_application_was_denied_stands_on_its_holder_s_pages() {
    let (house, router, card, mut own) = held_registration().await;
    let hall = Hall::of(house);
    decide(&hall, &card, Ruling::Deny(Box::new(because("not_the_person")))).await;
    for page in ["done", "case"] {
        let page = own.get(&format!("{SHI}/registration/{page}")).await;
        for words in ["否認", "否認の理由", "代表者の変更届を先に提出してください"] {
            page.must_say(words);
        }
        assert!(!page.says("完了しました"));
    }
    // Whoever applies with the card again reads it first, and may go on.
    let page = show_again(&router, &mut Browser::new(&router), &card).await;
    page.must_say("会社の確認");
    page.must_say("代表者の変更届を先に提出してください");
}

#[tokio::test]
async fn why_a_change_was_denied_is_told_after_the_login_until_the_next_change() {
    let (registered, _) = held_change().await;
    let Registered { house, router, card } = registered;
    let hall = Hall::of(house);
    decide(&hall, &card, Ruling::Deny(Box::new(because("not_the_person")))).await;
    let mut browser = Browser::new(&router);
    let (account, _) = log_in(&router, &mut browser, SHI, &card).await;
    account.must_say("は否認されました");
    let page = browser.get(&format!("{SHI}/registration/case")).await;
    page.must_say("代表者の変更届を先に提出してください");
    page.must_say("登録の内容は変わっていません");
    // The register is mended, and the change is made: the denial is past.
    enlist(&hall.house, SHI).await;
    hall.house.it_is(hall.now().plus_seconds(60));
    let mut browser = Browser::new(&router);
    log_in(&router, &mut browser, SHI, &card).await;
    browser.post(&format!("{SHI}/registration/change"), &[]).await;
    let confirm = enter(&mut browser, SHI, &with(&[("department", "工事部")])).await;
    sign(&router, &mut browser, &hall.house, SHI, &card, &confirm)
        .await
        .must_say("利用者登録を変更しました");
    let account = browser.get(&format!("{SHI}/account")).await;
    assert!(!account.says("id=\"case\""));
}
