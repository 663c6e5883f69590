//! 登録 and 変更, screen by screen (DOMAIN §4.2 A0, §5.2, §6.4; THREATS A17, A19, A39, A45).

mod held;

use axum::Router;
use axum::http::StatusCode;
use casework::time::Date;
use wire::card_request::Verdict;
use wire::code::Code;

use super::bidder::{CONTACT, KEN, NUMBER, Registered, SHI, agent, enlist, log_in, ordering, registered};
use super::browser::{Answered, Browser, presented};
use super::made::card_of;
use crate::house::{House, TestCard, noon};

/// The whole of 登録, to its result.
pub(super) async fn register(
    router: &Router,
    browser: &mut Browser,
    house: &House,
    office: &str,
    (card, code): (&TestCard, &str),
) -> Answered {
    reach_form(router, browser, office, (card, code)).await;
    let confirm = enter(browser, office, CONTACT).await;
    sign(router, browser, house, office, card, &confirm).await
}

/// To the proof of the company, with this card.
async fn reach_prove(router: &Router, browser: &mut Browser, office: &str, card: &TestCard) -> Answered {
    let base = format!("{office}/registration");
    browser.get(&base).await.must_say("ICカードを確認する");
    let answered = browser.post(&base, &[]).await;
    browser.follow(answered).await.must_say("署名アプリを開きます");
    let answered = browser.post(&format!("{base}/card"), &[]).await;
    let code = agent(router, &answered).present(card).await;
    let answered = browser.get(&format!("{base}/return?code={code}")).await;
    assert_eq!(answered.location(), format!("{base}/prove"), "{}", answered.text());
    browser.follow(answered).await
}

async fn prove(browser: &mut Browser, office: &str, number: &str, secret: &str) -> Answered {
    let path = format!("{office}/registration/prove");
    let case = browser.get(&path).await.hidden("case");
    let answered = browser
        .post(
            &path,
            &[
                ("case", &case),
                ("number", number),
                ("kind", "code"),
                ("secret", secret),
            ],
        )
        .await;
    browser.follow(answered).await
}

async fn reach_form(router: &Router, browser: &mut Browser, office: &str, (card, code): (&TestCard, &str)) -> Answered {
    reach_prove(router, browser, office, card).await;
    let form = prove(browser, office, NUMBER, code).await;
    form.must_say("利用部署と連絡先の入力");
    form
}

async fn enter(browser: &mut Browser, office: &str, form: &[(&str, &str)]) -> Answered {
    let path = format!("{office}/registration/form");
    let case = browser.get(&path).await.hidden("case");
    let fields: Vec<(&str, &str)> = form.iter().copied().chain([("case", case.as_str())]).collect();
    let answered = browser.post(&path, &fields).await;
    browser.follow(answered).await
}

async fn sign(
    router: &Router,
    browser: &mut Browser,
    house: &House,
    office: &str,
    card: &TestCard,
    confirm: &Answered,
) -> Answered {
    let base = format!("{office}/registration");
    let version = confirm.hidden("version");
    let answered = browser.post(&format!("{base}/confirm"), &[("version", &version)]).await;
    assert_eq!(answered.location(), format!("{base}/card"), "{}", answered.text());
    browser.follow(answered).await.must_say("署名アプリで署名します");
    let answered = browser.post(&format!("{base}/card"), &[]).await;
    let code = agent(router, &answered).sign(house, card).await;
    let answered = browser.get(&format!("{base}/return?code={code}")).await;
    assert_eq!(answered.location(), format!("{base}/done"), "{}", answered.text());
    browser.follow(answered).await
}

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    CONTACT
        .iter()
        .map(|(name, value)| {
            let changed = changes.iter().find(|(changed, _)| changed == name);
            changed.copied().unwrap_or((*name, *value))
        })
        .collect()
}

#[tokio::test]
async fn a_whole_registration_ends_with_a_receipt_and_a_card_that_logs_in() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = ordering(&house);
    let code = enlist(&house, KEN).await;
    let mut browser = Browser::new(&router);
    let form = reach_form(&router, &mut browser, KEN, (&card, &code)).await;
    form.must_say("株式会社テスト工務店");
    let confirm = enter(&mut browser, KEN, CONTACT).await;
    for words in [
        "登録内容の確認",
        "営業部　第３課",
        "0312345678",
        "一致",
        "7000012050002",
        &card.signature.serial().to_string(),
    ] {
        confirm.must_say(words);
    }
    let done = sign(&router, &mut browser, &house, KEN, &card, &confirm).await;
    done.must_say("利用者登録が完了しました");
    done.must_say("確認コード");
    let base = format!("{KEN}/registration");
    // Every page behind it leads to the result, also the way back.
    for page in ["prove", "form", "confirm"] {
        assert_eq!(
            browser.get(&format!("{base}/{page}")).await.location(),
            format!("{base}/done")
        );
    }
    for again in [false, true] {
        let answered = browser.post(&format!("{base}/done/print"), &[]).await;
        let print = browser.follow(answered).await;
        assert_eq!(print.says("再印刷"), again);
        print.must_say("署名した内容");
    }
    let pdf = browser.get(&format!("{base}/done/receipt.pdf")).await;
    assert_eq!(pdf.status, StatusCode::OK);
    assert!(pdf.octets.starts_with(b"%PDF-"));
    let answered = browser.post(&format!("{base}/quit"), &[]).await;
    browser
        .follow(answered)
        .await
        .must_say("すべてのブラウザを一度終了させた後に");
    assert_eq!(browser.cookie(), "", "G-S6: the session is over");
    let (account, _) = log_in(&router, &mut Browser::new(&router), KEN, &card).await;
    account.must_say("営業部　第３課");
}

#[tokio::test]
async fn what_differs_from_the_register_is_held_where_the_office_reviews_and_told_where_it_does_not() {
    for (office, held) in [(SHI, true), (KEN, false)] {
        let house = House::on_sqlite().await;
        let card = card_of(&house.authority, Some(&house.desk), "山田 太郎").await;
        let router = ordering(&house);
        let code = enlist(&house, office).await;
        let mut browser = Browser::new(&router);
        reach_form(&router, &mut browser, office, (&card, &code)).await;
        let confirm = enter(&mut browser, office, CONTACT).await;
        confirm.must_say("<span class=\"tag ng\">相違</span>");
        confirm.must_say("<mark>");
        confirm.must_say(if held {
            "申請すると保留され"
        } else {
            "御社の企業名称であることを確認してください"
        });
        let done = sign(&router, &mut browser, &house, office, &card, &confirm).await;
        done.must_say(if held {
            "利用者登録の申請を受け付けました"
        } else {
            "利用者登録が完了しました"
        });
        let answered = browser.post(&format!("{office}/login"), &[("to", "")]).await;
        let agent = agent(&router, &answered);
        agent.claim().await.unwrap();
        match agent.answer(0, &presented(&card)).await.unwrap() {
            Verdict::Refused { code: said, .. } => assert!(held && said == Code::CardNotreg, "{said}"),
            verdict => assert!(!held, "{verdict:?}"),
        }
    }
}

#[tokio::test]
async fn r112_a_card_is_registered_once() {
    let Registered {
        house: _house,
        router,
        card,
    } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    let base = format!("{KEN}/registration");
    browser.get(&base).await;
    browser.post(&base, &[]).await;
    let answered = browser.post(&format!("{base}/card"), &[]).await;
    let agent = agent(&router, &answered);
    agent.claim().await.unwrap();
    match agent.answer(0, &presented(&card)).await.unwrap() {
        Verdict::Refused { code, .. } => assert_eq!(code, Code::CardRegistered),
        verdict => panic!("{verdict:?}"),
    }
}

#[tokio::test]
async fn narrow_and_wide_are_converted_and_what_cannot_be_taken_is_said_at_its_field() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = ordering(&house);
    let code = enlist(&house, KEN).await;
    let mut browser = Browser::new(&router);
    reach_form(&router, &mut browser, KEN, (&card, &code)).await;
    for (field, value, code) in [
        ("department", "", "E-REQ"),
        ("department", &"あ".repeat(41), "E-LEN"),
        ("name", "花子\u{202e}", "E-CHAR"),
        ("phone", "03-1234-5678", "E-TEL"),
        ("phone", "1312345678", "E-TEL"),
        ("fax", "123", "E-TEL"),
        ("mail", "eigyo", "E-MAIL-FORMAT"),
        ("mail_again", "other@example.jp", "E-MAIL-DIFF"),
    ] {
        let page = enter(&mut browser, KEN, &with(&[(field, value)])).await;
        page.must_say(code);
        page.must_say(&format!("<a href=\"#{field}\">"));
        page.must_say(&format!("id=\"error-{field}\""));
        // Nothing that was typed is lost.
        let kept = if field == "department" {
            "value=\"髙橋 花子\""
        } else {
            "value=\"営業部 第3課\""
        };
        page.must_say(kept);
    }
    let confirm = enter(&mut browser, KEN, &with(&[("fax", "０３９８７６５４３２")])).await;
    for words in ["営業部　第３課", "髙橋　花子", "0312345678", "0398765432"] {
        confirm.must_say(words);
    }
    // 「修正する」 shows it as it was taken.
    let answered = browser.post(&format!("{KEN}/registration/edit"), &[]).await;
    browser.follow(answered).await.must_say("value=\"営業部　第３課\"");
}

#[tokio::test]
async fn the_company_s_secret_stands_on_no_page_and_wrong_ones_are_one_answer() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = ordering(&house);
    let code = enlist(&house, KEN).await;
    let mut browser = Browser::new(&router);
    reach_prove(&router, &mut browser, KEN, &card)
        .await
        .must_say("type=\"password\"");
    let secret = "himitsu-no-aikotoba";
    let wrong = prove(&mut browser, KEN, NUMBER, secret).await;
    wrong.must_say("組み合わせを確認できません");
    wrong.must_say(&format!("value=\"{NUMBER}\""));
    assert!(!wrong.says(secret));
    let unknown = prove(&mut browser, KEN, "Z-9999", secret).await;
    let strip = |page: &Answered, number: &str| page.text().replace(number, "");
    assert_eq!(
        strip(&wrong, NUMBER),
        strip(&unknown, "Z-9999"),
        "a55: unknown and wrong are one answer"
    );
    for (number, secret, label) in [
        ("", secret, "登録番号"),
        (NUMBER, "", "登録用パスワードまたは確認コード"),
    ] {
        let page = prove(&mut browser, KEN, number, secret).await;
        page.must_say("E-REQ");
        page.must_say(label);
    }
    // No page lets anybody past it.
    for page in ["form", "confirm", "done"] {
        let answered = browser.get(&format!("{KEN}/registration/{page}")).await;
        assert_eq!(answered.location(), format!("{KEN}/registration/prove"));
    }
    prove(&mut browser, KEN, "ａ－１００１", &code)
        .await
        .must_say("利用部署と連絡先の入力");
}

#[tokio::test]
async fn a_company_whose_qualification_has_ended_is_not_registered_and_is_told_why() {
    let house = House::on_sqlite().await;
    let card = house
        .card_until(Date {
            year: 2028,
            month: 1,
            day: 31,
        })
        .await;
    let router = ordering(&house);
    let mut browser = Browser::new(&router);
    // The last day of the list's own entry, and the day after it.
    house.it_is(noon(2027, 3, 31));
    let code = enlist(&house, KEN).await;
    reach_form(&router, &mut browser, KEN, (&card, &code)).await;
    house.it_is(noon(2027, 4, 1));
    let mut browser = Browser::new(&router);
    reach_prove(&router, &mut browser, KEN, &card).await;
    let code = enlist(&house, KEN).await;
    let told = prove(&mut browser, KEN, NUMBER, &code).await;
    told.must_say("入札参加資格の登録有効期間の外のため");
    let answered = browser.get(&format!("{KEN}/registration/form")).await;
    assert_eq!(answered.location(), format!("{KEN}/registration/prove"));
}

#[tokio::test]
async fn a_change_begins_at_the_login_and_is_in_force_when_it_is_signed() {
    let Registered { house, router, card } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    let change = format!("{KEN}/registration/change");
    let answered = browser.get(&change).await;
    assert_eq!(answered.location(), format!("{KEN}/login?to={change}"));
    browser.follow(answered).await.must_say("この画面を使うには");
    let answered = browser.post(&format!("{KEN}/login"), &[("to", &change)]).await;
    let code = agent(&router, &answered).present(&card).await;
    let answered = browser.get(&format!("{KEN}/login/return?code={code}")).await;
    assert_eq!(
        answered.location(),
        change,
        "the login leads to the page that was asked for"
    );
    browser.follow(answered).await.must_say("eigyo@example.jp");
    let answered = browser.post(&change, &[]).await;
    assert_eq!(
        answered.location(),
        format!("{KEN}/registration/form"),
        "{}",
        answered.text()
    );
    browser.follow(answered).await.must_say("value=\"営業部　第３課\"");
    let confirm = enter(&mut browser, KEN, &with(&[("department", "工事部")])).await;
    confirm.must_say("変更前");
    confirm.must_say("工事部");
    let done = sign(&router, &mut browser, &house, KEN, &card, &confirm).await;
    done.must_say("利用者登録を変更しました");
    browser.get(&format!("{KEN}/account")).await.must_say("工事部");
}

#[tokio::test]
async fn what_was_left_half_way_is_continued_or_given_up() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = ordering(&house);
    let code = enlist(&house, KEN).await;
    let mut browser = Browser::new(&router);
    let status = format!("{KEN}/registration/status");
    reach_form(&router, &mut browser, KEN, (&card, &code)).await;
    let page = browser.get(&status).await;
    page.must_say("入力中です");
    page.must_say(&format!("href=\"{KEN}/registration/form\">続ける"));
    browser
        .get(&format!("{KEN}/registration"))
        .await
        .must_say("途中の手続きはやめる");
    // Signed, and the browser never came back.
    let confirm = enter(&mut browser, KEN, CONTACT).await;
    let version = confirm.hidden("version");
    browser
        .post(&format!("{KEN}/registration/confirm"), &[("version", &version)])
        .await;
    let answered = browser.post(&format!("{KEN}/registration/card"), &[]).await;
    agent(&router, &answered).sign(&house, &card).await;
    browser.get(&status).await.must_say("署名済み・未申込");
    let mut other = browser.clone();
    let answered = browser.post(&status, &[("choice", "go")]).await;
    browser.follow(answered).await.must_say("利用者登録が完了しました");
    // 「やめる」 after that changes nothing.
    other.post(&status, &[("choice", "stop")]).await;
    log_in(&router, &mut Browser::new(&router), KEN, &card)
        .await
        .0
        .must_say("利用者情報");
}

#[tokio::test]
async fn a19_a_page_out_of_date_signs_nothing_and_a_second_click_nothing_more() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = ordering(&house);
    let code = enlist(&house, KEN).await;
    let mut browser = Browser::new(&router);
    reach_form(&router, &mut browser, KEN, (&card, &code)).await;
    let confirm = enter(&mut browser, KEN, CONTACT).await;
    let old = confirm.hidden("version");
    enter(&mut browser, KEN, &with(&[("department", "工事部")])).await;
    let stale = browser
        .post(&format!("{KEN}/registration/confirm"), &[("version", &old)])
        .await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    stale.must_say("E-STALE");
    let version = browser
        .get(&format!("{KEN}/registration/confirm"))
        .await
        .hidden("version");
    for _ in 0..3 {
        let answered = browser
            .post(&format!("{KEN}/registration/confirm"), &[("version", &version)])
            .await;
        assert_eq!(answered.location(), format!("{KEN}/registration/card"));
    }
    browser.get(&format!("{KEN}/registration/card")).await;
    let answered = browser.post(&format!("{KEN}/registration/card"), &[]).await;
    let code = agent(&router, &answered).sign(&house, &card).await;
    let back = format!("{KEN}/registration/return?code={code}");
    let first = browser.get(&back).await;
    let done = browser.follow(first).await;
    let number = done.text().split("id=\"number\">").nth(1).unwrap()[..11].to_owned();
    let again = browser.get(&back).await;
    browser.follow(again).await.must_say(&number);
}
