//! The walk of procedure 000, S0 to S6, as the holder goes it (DOMAIN §3.3, §13).

use axum::http::StatusCode;
use casework::time::Date;
use wire::card_request::Step;
use wire::code::Code;
use wire::office::Language;

use super::browser::{Browser, FORM, OFFICE, form_with, portal, signed};
use crate::house::House;
use server::office::{AUTHORITY_EXAMPLE, Office};

#[tokio::test]
async fn the_whole_walk_ends_with_a_revoked_certificate_and_a_receipt() {
    let house = House::on_sqlite().await;
    let card = house
        .card_until(Date {
            year: 2026,
            month: 12,
            day: 31,
        })
        .await;
    let router = portal(&house);
    let mut browser = Browser::new(&router);

    browser.get("/").await.must_say("見本認証局");
    browser.get("/mihon-ca").await.must_say("<title>メニュー – ");
    let start = browser.get(OFFICE).await;
    start.must_say("応札が無効になる");
    start.must_say("未確認");
    let flow = browser.get(&format!("{OFFICE}/flow")).await;
    flow.must_say("<p class=\"lead\">2026年4月1日版</p>");
    assert_eq!(flow.text().matches("印刷する").count(), 1, "one way to print");
    flow.must_say("<noscript><p class=\"no-print\">ブラウザの印刷機能で印刷してください。");
    let half = browser.get(OFFICE).await;
    half.must_say("✓ 済");
    half.must_say("data-gate=\"closed\"");
    browser.get(&format!("{OFFICE}/terms")).await.must_say("この版の識別値");
    let ready = browser.get(OFFICE).await;
    assert!(!ready.says("data-gate") && !ready.says("未確認"));

    let answered = browser.post(&format!("{OFFICE}/agree"), &[]).await;
    browser.follow(answered).await.must_say("署名アプリを開きます");
    let before = browser.cookie();
    let code = browser.reach_agent().await.present(&card).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    let certificate = browser.follow(answered).await;
    assert_ne!(
        browser.cookie(),
        before,
        "a45: the session has another token once a card was shown"
    );
    for words in [
        "髙橋 一郎",
        "Takahashi Ichiro",
        "株式会社テスト工務店",
        "東京都千代田区神田1-2-3",
        "7000012050002",
        &card.signature.serial().to_string(),
        "インターネット失効申込の受付期限: 2026年12月1日(火) 23:59",
    ] {
        certificate.must_say(words);
    }

    let confirm = browser.enter(FORM).await;
    for words in [
        "みずほ銀行",
        "タカハシ　イチロウ",
        "目安",
        "取り消せません",
        "利用者の使用停止",
    ] {
        confirm.must_say(words);
    }
    let agent = browser.confirm(&confirm).await;
    browser
        .get(&format!("{OFFICE}/card"))
        .await
        .must_say("ICカードはリーダーに挿入したままにしてください。");
    browser.get(&format!("{OFFICE}/confirm")).await.must_say("失効申込書");
    let code = agent.sign(&house, &card).await;
    let back = format!("{OFFICE}/return?code={code}");
    let answered = browser.get(&back).await;
    let done = browser.follow(answered).await;
    let (status, number) = house.store().status(card.certificate()).await.unwrap().unwrap();
    let number = number.unwrap().to_string();
    done.must_say(&number);
    done.must_say("最長5分遅れて");
    done.must_say("確認コードは、お問い合わせの際に");
    done.must_say("まもなく公開する次の号");

    // The way back, walked again, finds the same receipt (G-S2), and so does every page behind it.
    assert_eq!(browser.get(&back).await.location(), format!("{OFFICE}/done"));
    for page in ["certificate", "application", "confirm"] {
        assert_eq!(
            browser.get(&format!("{OFFICE}/{page}")).await.location(),
            format!("{OFFICE}/done")
        );
    }
    browser.get(&format!("{OFFICE}/status")).await.must_say(&number);
    assert_eq!(
        house.store().status(card.certificate()).await.unwrap().unwrap().0,
        status
    );

    let first = browser.get(&format!("{OFFICE}/done/print")).await;
    first.must_say("失効申込書");
    first.must_say(&number);
    for again in [false, true] {
        let answered = browser.post(&format!("{OFFICE}/done/print"), &[]).await;
        assert_eq!(browser.follow(answered).await.says("再印刷"), again);
    }
    let pdf = browser.get(&format!("{OFFICE}/done/receipt.pdf")).await;
    assert_eq!(pdf.status, StatusCode::OK);
    assert!(pdf.octets.starts_with(b"%PDF-"));

    let answered = browser.post(&format!("{OFFICE}/quit"), &[]).await;
    browser.follow(answered).await.must_say("失効申込は受付済みです");
    assert_eq!(browser.cookie(), "");
    assert_eq!(
        browser.get(&format!("{OFFICE}/done")).await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn the_walk_in_english_speaks_english() {
    let house = House::on_sqlite().await;
    let card = house
        .card_until(Date {
            year: 2027,
            month: 3,
            day: 1,
        })
        .await;
    let mut browser = Browser::in_english(&portal(&house));
    let certificate = browser.reach_certificate(&card).await;
    certificate.must_say("lang=\"en\"");
    certificate.must_say("Online applications are taken until: Saturday, 30 January 2027, 23:59 (Japan time)");
    certificate.must_say("<dd lang=\"ja\">髙橋 一郎</dd>");
    let wrong = browser.enter(&form_with(&[("bank", "")])).await;
    wrong.must_say("“Bank” is empty. Please fill it in. <span class=\"code\">(E-REQ)</span>");
    let confirm = browser.enter(FORM).await;
    let agent = browser.confirm(&confirm).await;
    let request = agent.claim().await.unwrap();
    let [
        Step::Sign {
            text: Some(text),
            language,
            ..
        },
    ] = request.steps.as_slice()
    else {
        panic!()
    };
    assert_eq!(*language, Language::En);
    assert!(text.starts_with("Application for revocation"), "{text}");
    let code = agent.sign(&house, &card).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    browser.follow(answered).await.must_say("Application accepted");
}

#[tokio::test]
async fn the_language_can_be_changed_in_the_middle_and_nothing_typed_is_lost() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_certificate(&card).await;
    let form = browser.get(&format!("{OFFICE}/application")).await;
    let case = form.hidden("case");
    let fields = [
        form_with(&[("bank", "みらい銀行")]),
        vec![("case", case.as_str()), ("language", "en")],
    ]
    .concat();
    let answered = browser.post(&format!("{OFFICE}/application"), &fields).await;
    let english = browser.follow(answered).await;
    english.must_say("lang=\"en\"");
    english.must_say("みらい銀行");
    assert!(!english.says("id=\"errors\""), "nothing was sent for checking");
    let answered = browser
        .post("/language", &[("language", "ja"), ("back", "/mihon-ca")])
        .await;
    browser.follow(answered).await.must_say("lang=\"ja\"");
    let answered = browser
        .post("/language", &[("language", "en"), ("back", "//evil.example")])
        .await;
    assert_eq!(answered.location(), "/");
}

#[tokio::test]
async fn the_first_gate_opens_after_both_texts_and_not_before() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    for opened in [&[][..], &["flow"], &["terms"]] {
        let mut browser = Browser::new(&router);
        browser.get(OFFICE).await;
        for text in opened {
            browser.get(&format!("{OFFICE}/{text}")).await;
        }
        let answered = browser.post(&format!("{OFFICE}/agree"), &[]).await;
        let page = browser.follow(answered).await;
        page.must_say("E-GATE-1");
        // Nor does the page after the gate lead on.
        let answered = browser.post(&format!("{OFFICE}/card"), &[]).await;
        assert_eq!(answered.location(), format!("{OFFICE}?notice=E-GATE-1"));
    }
    let mut browser = Browser::new(&router);
    browser.get(OFFICE).await;
    browser.get(&format!("{OFFICE}/terms")).await;
    browser.get(&format!("{OFFICE}/flow")).await;
    let answered = browser.post(&format!("{OFFICE}/agree"), &[]).await;
    assert_eq!(answered.location(), format!("{OFFICE}/card"), "the order is free");
}

#[tokio::test]
async fn the_second_gate_wants_the_box_ticked() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let confirm = browser.reach_confirm(&card, FORM).await;
    let version = confirm.hidden("version");
    let answered = browser
        .post(&format!("{OFFICE}/confirm"), &[("version", &version)])
        .await;
    let page = browser.follow(answered).await;
    page.must_say("E-GATE-2");
    page.must_say("aria-invalid=\"true\"");
    assert!(house.store().status(card.certificate()).await.unwrap().is_none());
}

#[tokio::test]
async fn every_field_says_what_is_wrong_with_it_and_keeps_what_was_typed() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_certificate(&card).await;
    for (field, value, code, words) in [
        ("reason", "", Code::Req, "失効理由が空です。入力してください。"),
        ("reason", "lost", Code::Online, "書面による失効申込手続き"),
        ("reason", "death", Code::Online, "書面による失効申込手続き"),
        ("reason", "<b>", Code::Choice, "選び直してください"),
        ("event_date", "2026-11-21", Code::DateFuture, "本日以前"),
        ("event_date", "2020-01-01", Code::DateEarly, "2025年11月21日(金)以降"),
        ("event_date", "2026-02-30", Code::DateInvalid, "暦にある日付"),
        ("applicant_kana", "タカハシ Ichiro", Code::Kana, "全角カナで"),
        ("phone", "03-1234-5678", Code::Tel, "10～11桁"),
        ("mail", "takahashi", Code::MailFormat, "名前@ドメイン"),
        ("mail_again", "other@example.jp", Code::MailDiff, "2回入力"),
        ("bank", "Mizuho", Code::WidthZen, "全角で入力"),
        ("bank", "みずほ\u{202e}銀行", Code::Char, "U+202E"),
        ("bank", "", Code::Req, "金融機関名が空です。入力してください。"),
        (
            "branch",
            "ああああああああああああああああああああああああああああああああああああああああああ",
            Code::Len,
            "40文字以内",
        ),
        ("account_type", "", Code::Req, "預金種目が空です。入力してください。"),
        ("account_number", "123456x", Code::WidthHan, "半角数字で"),
        ("account_number", "12345678", Code::Len, "7文字以内"),
        (
            "account_holder",
            "高橋",
            Code::Kana,
            "口座名義（カナ）にカナ以外の文字があります。カナ（全角または半角）で入力してください。",
        ),
        ("new_issue", "maybe", Code::Choice, "選び直してください"),
        ("reason_detail", "絵文字\u{1f9ff}", Code::Char, "U+1F9FF"),
    ] {
        // The second address is that of the first, unless it is the one that is tried.
        let second = if field == "mail" {
            ("mail_again", value)
        } else {
            (field, value)
        };
        let page = browser.enter(&form_with(&[(field, value), second])).await;
        page.must_say("id=\"errors\"");
        page.must_say(&format!("id=\"error-{field}\""));
        page.must_say(&format!("href=\"#{field}\""));
        page.must_say(words);
        page.must_say(code.id());
        assert!(!page.says("。 <span class=\"code\">"), "no space after 「。」");
        assert_eq!(
            page.text().matches("id=\"error-").count(),
            1,
            "only {field} is wrong with {value:?}"
        );
        assert!(
            field == "reason_detail" || page.says("人事異動のため"),
            "what was typed is kept"
        );
    }
    let page = browser.enter(&[]).await;
    assert_eq!(
        page.text().matches("id=\"error-").count(),
        10,
        "ten fields must be filled in: {}",
        page.text()
    );
    let fixed = browser.enter(FORM).await;
    fixed.must_say("失効申込内容の確認");
    let again = browser.get(&format!("{OFFICE}/application")).await;
    again.must_say("タカハシ　イチロウ");
    assert!(!again.says("id=\"errors\""));
}

#[tokio::test]
async fn what_is_corrected_is_confirmed_anew_and_the_old_text_cannot_be_signed() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.reach_signature(&card).await;
    let request = agent.claim().await.unwrap();
    // Entering again is refused while the text is out for signature: the page leads to where it stands.
    assert_eq!(
        browser.get(&format!("{OFFICE}/application")).await.location(),
        format!("{OFFICE}/confirm")
    );
    let answered = browser.post(&format!("{OFFICE}/edit"), &[]).await;
    let form = browser.follow(answered).await;
    form.must_say("みずほ銀行");
    let late = agent.answer(0, &signed(&house, &request, &card)).await.unwrap_err();
    assert_eq!(late.code, Code::Stale);

    let confirm = browser.enter(&form_with(&[("bank", "みらい銀行")])).await;
    let agent = browser.confirm(&confirm).await;
    let request = agent.claim().await.unwrap();
    let [Step::Sign { text: Some(text), .. }] = request.steps.as_slice() else {
        panic!()
    };
    assert!(text.contains("みらい銀行") && !text.contains("みずほ銀行"));
    let code = agent.sign(&house, &card).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    browser.follow(answered).await.must_say("受付完了");
}

#[tokio::test]
async fn the_last_day_that_passes_during_the_walk_is_noticed_at_the_confirm() {
    let house = House::on_sqlite().await;
    let card = house
        .card_until(Date {
            year: 2026,
            month: 12,
            day: 31,
        })
        .await;
    house.it_is(
        Date {
            year: 2026,
            month: 12,
            day: 1,
        }
        .as_day()
        .ends()
        .plus_seconds(-90),
    );
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.reach_signature(&card).await;
    let code = agent.sign(&house, &card).await;
    house.it_is(
        Date {
            year: 2026,
            month: 12,
            day: 2,
        }
        .as_day()
        .begins()
        .plus_seconds(60),
    );
    let page = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("E-REV-LATE");
    page.must_say("2026年12月1日(火) 23:59");
    page.must_say("/mihon-ca/paper");
    assert!(house.store().status(card.certificate()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_signed_and_never_came_back_changes_nothing_until_it_is_continued() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.reach_signature(&card).await;
    let request = agent.claim().await.unwrap();
    let answer = signed(&house, &request, &card);
    let code = agent.answer(0, &answer).await.unwrap();
    assert_eq!(
        agent.answer(0, &answer).await.unwrap(),
        code,
        "a lost verdict can be asked for again"
    );
    assert!(house.store().status(card.certificate()).await.unwrap().is_none());

    let status = browser.get(&format!("{OFFICE}/status")).await;
    status.must_say("署名済み・未申込");
    assert_eq!(
        browser.post(&format!("{OFFICE}/card"), &[]).await.location(),
        format!("{OFFICE}/status")
    );
    let mut stopped = browser.clone();
    let answered = browser.post(&format!("{OFFICE}/status"), &[("choice", "go")]).await;
    browser.follow(answered).await.must_say("受付完了");
    let (_, number) = house.store().status(card.certificate()).await.unwrap().unwrap();
    // The other tab pressed 「やめる」 too late: it is accepted, and stays so.
    let answered = stopped.post(&format!("{OFFICE}/status"), &[("choice", "stop")]).await;
    stopped.follow(answered).await.must_say("受付済み");
    assert_eq!(
        house.store().status(card.certificate()).await.unwrap().unwrap().1,
        number
    );
}

#[tokio::test]
async fn what_was_signed_lapses_after_thirty_minutes() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.reach_signature(&card).await;
    let code = agent.sign(&house, &card).await;
    for _ in 0..3 {
        house.it_is(house.now().plus_seconds(10 * 60 + 1));
        assert_eq!(browser.get("/mihon-ca").await.status, StatusCode::OK);
    }
    assert!(!browser.get(&format!("{OFFICE}/status")).await.says("署名済み"));
    let late = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    late.must_say("E-STALE");
    assert!(house.store().status(card.certificate()).await.unwrap().is_none());
}

#[tokio::test]
async fn stopping_leaves_nothing_behind() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.reach_signature(&card).await;
    agent.sign(&house, &card).await;
    let answered = browser.post(&format!("{OFFICE}/status"), &[("choice", "stop")]).await;
    browser.follow(answered).await.must_say("申込は行われていません");
    assert!(house.store().status(card.certificate()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_changed_text_must_be_read_again() {
    let house = House::on_sqlite().await;
    let mut browser = Browser::new(&portal(&house));
    browser.read_both().await;
    let document = AUTHORITY_EXAMPLE.replacen("# 第1条（適用）", "# 第1条（適用）追記", 1);
    let office = Office::from_toml(&document).unwrap();
    assert_ne!(office, crate::house::office());
    let desk = server::desk::Desk::new(
        house.store().clone(),
        house.desk.clock().clone(),
        server::chance::Chance::system(),
        vec![office],
    );
    let site = server::portal::Site::at(super::browser::ORIGIN);
    let renewed = server::portal::router(server::portal::Portal::new(desk, site).unwrap());
    let mut later = Browser::new(&renewed).with_cookie(&browser.cookie());
    later.get(OFFICE).await.must_say("未確認");
    let answered = later.post(&format!("{OFFICE}/agree"), &[]).await;
    later.follow(answered).await.must_say("E-GATE-1");
}
