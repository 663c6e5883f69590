//! ICカード更新, under both policies (DOMAIN §4, §5; THREATS A17, A19, A45).

mod held;
mod told;

use axum::Router;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::time::Date;
use pki::profile::Validity;
use wire::card_request::{Answer, SamePin, Step, Verdict};
use wire::code::Code;

use super::bidder::{KEN, Registered, SHI, agent, log_in, registered};
use super::browser::{Agent, Answered, Browser, presented, signed};
use super::made::{card_of, namesake};
use crate::house::{House, TestCard, noon};

const PERSON: &str = "経理　花子";

fn date(year: i32, month: u8, day: u8) -> Date {
    Date { year, month, day }
}

/// A card that takes the registered one's place.
async fn new_card(house: &House) -> TestCard {
    house.card_until(date(2029, 12, 31)).await
}

/// A card that was issued tomorrow, as it were: its validity has not begun.
async fn of_next_year(house: &House) -> TestCard {
    let (now, then) = (house.now(), noon(2027, 1, 1));
    let validity = Validity::between(then.0, noon(2029, 1, 1).0).unwrap();
    house.it_is(then);
    let card = house.authority.card(&house.desk, validity, None).await;
    house.it_is(now);
    card
}

/// To the agent, with the request for both cards.
async fn reach_agent(router: &Router, browser: &mut Browser, office: &str) -> Agent {
    let base = format!("{office}/renewal");
    browser.get(&base).await.must_say("ICカード更新を始める");
    let answered = browser.post(&base, &[]).await;
    assert_eq!(answered.location(), format!("{base}/card"), "{}", answered.text());
    browser.follow(answered).await.must_say("新旧のICカードを確認します");
    let answered = browser.post(&format!("{base}/card"), &[]).await;
    agent(router, &answered)
}

/// To the agent; under `core` by way of the login with the current card.
async fn begin(router: &Router, browser: &mut Browser, office: &str, old: &TestCard) -> Agent {
    if office == KEN {
        log_in(router, browser, office, old).await;
    }
    reach_agent(router, browser, office).await
}

fn text_of(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Go {
            next: Some(Step::Sign { text: Some(text), .. }),
            ..
        } => text.clone(),
        verdict => panic!("{verdict:?} writes no text"),
    }
}

fn signs(house: &House, card: &TestCard, text: &str, person: Option<&str>) -> Answer {
    Answer::Signed {
        cms: URL_SAFE_NO_PAD.encode(card.cms(text, house.now())),
        person: person.map(str::to_owned),
    }
}

/// What is said to the current card.
async fn show_old(agent: &Agent, old: &TestCard) -> Verdict {
    agent.claim().await.unwrap();
    agent.answer(0, &presented(old)).await.unwrap()
}

/// What is said to the new one.
async fn show_new(agent: &Agent, house: &House, old: &TestCard, new: &TestCard) -> Verdict {
    let text = text_of(&show_old(agent, old).await);
    let verdict = agent.answer(1, &signs(house, old, &text, None)).await.unwrap();
    assert_eq!(verdict, Verdict::GO);
    assert_eq!(agent.answer(2, &Answer::Swapped).await.unwrap(), Verdict::GO);
    agent.answer(3, &presented(new)).await.unwrap()
}

/// The whole ceremony; the code for the way back.
async fn ceremony(agent: &Agent, house: &House, old: &TestCard, new: &TestCard) -> String {
    let text = text_of(&show_new(agent, house, old, new).await);
    match agent.answer(4, &signs(house, new, &text, Some(PERSON))).await.unwrap() {
        Verdict::Done { code } => code,
        verdict => panic!("{verdict:?}"),
    }
}

/// To 電子証明書更新確認.
async fn reach_confirm(registered: &Registered, browser: &mut Browser, office: &str, new: &TestCard) -> Answered {
    let Registered { house, router, card } = registered;
    let agent = begin(router, browser, office, card).await;
    let code = ceremony(&agent, house, card, new).await;
    let answered = browser.get(&format!("{office}/renewal/return?code={code}")).await;
    assert_eq!(
        answered.location(),
        format!("{office}/renewal/confirm"),
        "{}",
        answered.text()
    );
    browser.follow(answered).await
}

/// 「更新」; the agent that is asked to sign.
async fn renew(router: &Router, browser: &mut Browser, office: &str, confirm: &Answered) -> Agent {
    let base = format!("{office}/renewal");
    let version = confirm.hidden("version");
    let answered = browser
        .post(&format!("{base}/confirm"), &[("version", &version), ("older", "yes")])
        .await;
    assert_eq!(answered.location(), format!("{base}/card"), "{}", answered.text());
    browser.follow(answered).await.must_say("署名アプリで署名します");
    let answered = browser.post(&format!("{base}/card"), &[]).await;
    agent(router, &answered)
}

/// 更新 with the new card's signature, to the result.
async fn finish(
    registered: &Registered,
    browser: &mut Browser,
    office: &str,
    new: &TestCard,
    confirm: &Answered,
) -> Answered {
    let agent = renew(&registered.router, browser, office, confirm).await;
    let code = agent.sign(&registered.house, new).await;
    let answered = browser.get(&format!("{office}/renewal/return?code={code}")).await;
    assert_eq!(
        answered.location(),
        format!("{office}/renewal/done"),
        "{}",
        answered.text()
    );
    browser.follow(answered).await
}

/// What a card is told at the login: the code of the refusal, or nothing where it may go on.
async fn at_login(router: &Router, office: &str, card: &TestCard) -> Option<Code> {
    let mut browser = Browser::new(router);
    browser.get(&format!("{office}/login")).await;
    let answered = browser.post(&format!("{office}/login"), &[("to", "")]).await;
    let agent = agent(router, &answered);
    agent.claim().await.unwrap();
    refusal(&agent.answer(0, &presented(card)).await.unwrap())
}

fn refusal(verdict: &Verdict) -> Option<Code> {
    match verdict {
        Verdict::Refused { code, .. } => Some(*code),
        _ => None,
    }
}

#[tokio::test]
async fn source_document_001_is_walked_whole_and_the_cards_change_places() {
    let registered = registered(KEN).await;
    let Registered { house, router, card } = &registered;
    let new = new_card(house).await;
    let mut browser = Browser::new(router);
    let base = format!("{KEN}/renewal");
    // It is entered after the login, which leads back here.
    let answered = browser.get(&base).await;
    assert_eq!(answered.location(), format!("{KEN}/login?to={base}"));
    browser.follow(answered).await;
    let answered = browser.post(&format!("{KEN}/login"), &[("to", &base)]).await;
    let code = agent(router, &answered).present(card).await;
    let answered = browser.get(&format!("{KEN}/login/return?code={code}")).await;
    assert_eq!(answered.location(), base);
    let start = browser.follow(answered).await;
    for words in [
        "旧ICカードは使用できなくなります",
        "2027/12/31",
        "紛失、閉塞、失効の場合は、この手続きは使用できません",
    ] {
        start.must_say(words);
    }
    let ceremonial = reach_agent(router, &mut browser, KEN).await;
    let request = ceremonial.claim().await.unwrap();
    assert_eq!(request.same_pin, SamePin::Auto, "R001 of §4.6: the office says so");
    match request.steps.as_slice() {
        [
            Step::Present { says },
            Step::Sign { person: false, .. },
            Step::Swap { says: swap },
            Step::Present { .. },
            Step::Sign {
                person: true,
                text: None,
                ..
            },
        ] => {
            assert!(says.ja.starts_with("現在使用している IC カードが"), "{says:?}");
            assert!(swap.ja.starts_with("新しい IC カードが"), "{swap:?}");
        }
        steps => panic!("{steps:?}"),
    }
    let code = ceremony(&ceremonial, house, card, &new).await;
    let before = browser.cookie();
    let answered = browser.get(&format!("{base}/return?code={code}")).await;
    assert_ne!(browser.cookie(), before, "a45: another token once the cards were shown");
    let confirm = browser.follow(answered).await;
    let (old_serial, new_serial) = (card.signature.serial().to_string(), new.signature.serial().to_string());
    for words in [
        "電子証明書更新確認",
        "現在の利用者登録処理",
        "現在使用しているICカード",
        "新規に使用するICカード",
        "企業名称",
        "企業住所",
        "ICカード企業名称",
        "ICカード企業住所",
        "ICカード取得者氏名",
        "ICカード取得者住所",
        "証明書シリアル番号",
        "証明書発行者",
        "証明書有効期限",
        "新規に使用するICカードの企業名称とICカード企業名称が御社の企業名称であることを確認してください。",
        "この内容でよろしければ更新ボタンを押してください",
        "W-EARLY",
        PERSON,
        ">更新</button>",
        ">戻る</button>",
    ] {
        confirm.must_say(words);
    }
    let seen = |page: &Answered, words: &str| unmarked(page).contains(words);
    assert!(
        seen(&confirm, &old_serial) && seen(&confirm, &new_serial),
        "both in full"
    );
    let home = "<dt class=\"no-print\">ICカード取得者住所";
    assert_eq!(
        confirm.text().matches(home).count(),
        2,
        "on the screen, and not on paper"
    );
    let done = finish(&registered, &mut browser, KEN, &new, &confirm).await;
    for words in [
        "これで IC カードの更新が終了しました。閉じるボタンをクリックして処理を終了させてください。",
        "更新済(使用不可)",
        "確認コード",
        ">閉じる</button>",
        "印刷",
        "すべてのブラウザを一度終了させた後に",
    ] {
        done.must_say(words);
    }
    for again in [false, true] {
        let answered = browser.post(&format!("{base}/done/print"), &[]).await;
        let print = browser.follow(answered).await;
        assert_eq!(print.says("再印刷"), again);
        print.must_say("署名した内容");
        print.must_say(&old_serial);
        assert!(!print.says("Kanda, Chiyoda-ku"), "the home address stays on the screen");
    }
    let pdf = browser.get(&format!("{base}/done/receipt.pdf")).await;
    assert_eq!(pdf.status, StatusCode::OK);
    assert!(pdf.octets.starts_with(b"%PDF-"));
    // The session is nobody's login any more (G-S6), and 閉じる ends it.
    let account = browser.get(&format!("{KEN}/account")).await;
    assert_eq!(account.location(), format!("{KEN}/login?to={KEN}/account"));
    let answered = browser.post(&format!("{base}/quit"), &[]).await;
    browser
        .follow(answered)
        .await
        .must_say("すべてのブラウザを一度終了させた後に");
    assert_eq!(browser.cookie(), "");
    // R104
    assert_eq!(at_login(router, KEN, card).await, Some(Code::CardRenewed));
    let (account, _) = log_in(router, &mut Browser::new(router), KEN, &new).await;
    account.must_say("営業部　第３課");
}

/// The page's text as it is read, without the marks of differences.
fn unmarked(page: &Answered) -> String {
    let mut text = page.text();
    for tag in ["<mark>", "</mark>", "<span>", "</span>"] {
        text = text.replace(tag, "");
    }
    text
}

#[tokio::test]
async fn source_document_002_is_walked_whole_without_a_login_where_the_names_match() {
    let registered = registered(SHI).await;
    let Registered { house, router, card } = &registered;
    let new = new_card(house).await;
    let mut browser = Browser::new(router);
    let confirm = reach_confirm(&registered, &mut browser, SHI, &new).await;
    for words in [
        "商号又は名称",
        "所在地",
        "ICカード商号又は名称",
        "ICカード取得者業者所在地",
        "新規に使用するICカードの取得者商号又は名称とICカード取得者商号又は名称が御社の商号又は名称であることを確認してください。",
        "株式会社テスト工務店【工事】",
    ] {
        confirm.must_say(words);
    }
    assert!(!confirm.says("ICカード取得者住所"), "eight rows");
    assert!(!confirm.says("保留"), "R209: a match never holds");
    let done = finish(&registered, &mut browser, SHI, &new, &confirm).await;
    done.must_say("更新完了");
    done.must_say(
        "すべてのブラウザを一度終了させた後に、再度ブラウザを起動し、電子入札システムへアクセスしてください。",
    );
    assert_eq!(at_login(router, SHI, card).await, Some(Code::CardRenewed));
    assert_eq!(at_login(router, SHI, &new).await, None);
}

#[tokio::test]
async fn a_mismatch_is_held_and_nothing_changes_while_it_is() {
    let registered = registered(SHI).await;
    let Registered { house, router, card } = &registered;
    let new = card_of(&house.authority, Some(&house.desk), "山田 太郎").await;
    let mut browser = Browser::new(router);
    let confirm = reach_confirm(&registered, &mut browser, SHI, &new).await;
    confirm.must_say("更新は保留され");
    confirm.must_say("<span class=\"tag ng\">相違</span>");
    confirm.must_say("U+5C71");
    let done = finish(&registered, &mut browser, SHI, &new, &confirm).await;
    for words in [
        "I-HELD",
        "審査中",
        "2027/12/31",
        "確認コード",
        "まだ何も変わっていません",
    ] {
        done.must_say(words);
    }
    assert!(!done.says("更新済(使用不可)"));
    assert_eq!(at_login(router, SHI, card).await, None, "the current card goes on");
    assert_eq!(at_login(router, SHI, &new).await, Some(Code::CardNotreg));
    // One open application for a card (G-S3), told before its PIN.
    let agent = begin(router, &mut Browser::new(router), SHI, card).await;
    assert_eq!(refusal(&show_old(&agent, card).await), Some(Code::Dup));
}

#[tokio::test]
async fn a_name_in_another_glyph_is_told_with_its_code_points_and_accepted_where_the_office_says_so() {
    for office in [KEN, SHI] {
        let registered = registered(office).await;
        let house = &registered.house;
        let new = card_of(&house.authority, Some(&house.desk), "高橋 一郎").await;
        let mut browser = Browser::new(&registered.router);
        let confirm = reach_confirm(&registered, &mut browser, office, &new).await;
        confirm.must_say("U+9AD9");
        confirm.must_say("U+9AD8");
        assert!(!confirm.says("保留"));
        let done = finish(&registered, &mut browser, office, &new, &confirm).await;
        done.must_say("id=\"renewed\"");
    }
}

#[tokio::test]
async fn r110_to_r114_cards_that_will_not_do_are_refused_at_the_reader_and_nothing_is_written() {
    for office in [KEN, SHI] {
        let registered = registered(office).await;
        let Registered { house, router, card } = &registered;
        let revoked = new_card(house).await;
        house.revoke(&revoked).await;
        let cases = [
            ("R110", card, Code::CardSame),
            ("R113", &card_of(&namesake(), None, "髙橋 一郎").await, Code::CertIssuer),
            ("R114", &house.card_until(date(2026, 6, 30)).await, Code::CertExpired),
            ("R114", &of_next_year(house).await, Code::CertNotyet),
            ("R114", &revoked, Code::CertRevoked),
        ];
        for (rule, bad, code) in cases {
            let mut browser = Browser::new(router);
            let agent = begin(router, &mut browser, office, card).await;
            let verdict = show_new(&agent, house, card, bad).await;
            assert_eq!(refusal(&verdict), Some(code), "{rule}: {verdict:?}");
            // Whoever gives up then is told once more, and nothing was begun.
            let code = agent.cancel().await.code;
            let told = browser.get(&format!("{office}/renewal/return?code={code}")).await;
            told.must_say(refusal(&verdict).unwrap().id());
            let status = browser.get(&format!("{office}/renewal/status")).await;
            status.must_say("この画面で行っている手続きはありません");
        }
        // R111: the new card where the current one belongs.
        let new = new_card(house).await;
        let mut browser = Browser::new(router);
        let agent = begin(router, &mut browser, office, card).await;
        assert_eq!(refusal(&show_old(&agent, &new).await), Some(Code::CardSwapped));
        // The same request goes on with the right card: the control.
        let code = ceremony(&agent, house, card, &new).await;
        let answered = browser.get(&format!("{office}/renewal/return?code={code}")).await;
        let confirm = browser.follow(answered).await;
        finish(&registered, &mut browser, office, &new, &confirm).await;
        // R112: it is registered now, and the old one was. R102: nor can the old one be renewed again.
        let next = new_card(house).await;
        let renewed = Registered {
            house: registered.house,
            router: registered.router,
            card: new,
        };
        let agent = begin(
            &renewed.router,
            &mut Browser::new(&renewed.router),
            office,
            &renewed.card,
        )
        .await;
        let verdict = show_new(&agent, &renewed.house, &renewed.card, &registered.card).await;
        assert_eq!(refusal(&verdict), Some(Code::CardRegistered));
        if office == SHI {
            let agent = begin(&renewed.router, &mut Browser::new(&renewed.router), office, &next).await;
            let verdict = show_old(&agent, &registered.card).await;
            assert_eq!(refusal(&verdict), Some(Code::CardRenewed));
        }
    }
}

#[tokio::test]
async fn r117_a_third_card_signs_nothing_at_the_end() {
    let registered = registered(SHI).await;
    let Registered { house, router, card } = &registered;
    let (new, third) = (new_card(house).await, new_card(house).await);
    let mut browser = Browser::new(router);
    let confirm = reach_confirm(&registered, &mut browser, SHI, &new).await;
    let agent = renew(router, &mut browser, SHI, &confirm).await;
    let request = agent.claim().await.unwrap();
    match agent.answer(0, &signed(house, &request, &third)).await.unwrap() {
        Verdict::Refused { code, .. } => assert_eq!(code, Code::CardChanged),
        verdict => panic!("{verdict:?}"),
    }
    assert_eq!(at_login(router, SHI, card).await, None, "nothing has changed");
    // The control: the card of the ceremony does.
    let code = agent.sign(house, &new).await;
    let answered = browser.get(&format!("{SHI}/renewal/return?code={code}")).await;
    browser.follow(answered).await.must_say("更新完了");
}

#[tokio::test]
async fn r115_a_card_that_ends_earlier_wants_a_tick() {
    let registered = registered(KEN).await;
    let new = registered.house.card_until(date(2027, 6, 30)).await;
    let mut browser = Browser::new(&registered.router);
    let confirm = reach_confirm(&registered, &mut browser, KEN, &new).await;
    confirm.must_say("W-OLDER");
    confirm.must_say("2027/06/30");
    let version = confirm.hidden("version");
    let path = format!("{KEN}/renewal/confirm");
    let answered = browser.post(&path, &[("version", &version)]).await;
    let told = browser.follow(answered).await;
    told.must_say("確認にチェックを入れてから");
    finish(&registered, &mut browser, KEN, &new, &told)
        .await
        .must_say("これで IC カードの更新が終了しました");
}

#[tokio::test]
async fn back_leads_to_the_screen_before_or_to_the_menu_and_changes_nothing() {
    for (office, leads) in [(KEN, format!("{KEN}/renewal")), (SHI, SHI.to_owned())] {
        let registered = registered(office).await;
        let Registered { house, router, card } = &registered;
        let new = new_card(house).await;
        let mut browser = Browser::new(router);
        let confirm = reach_confirm(&registered, &mut browser, office, &new).await;
        // From the hand-over back to the page, and 更新 once more: nothing is lost.
        let agent = renew(router, &mut browser, office, &confirm).await;
        let page = browser.get(&format!("{office}/renewal/confirm")).await;
        page.must_say("この内容は署名を待っています");
        let answered = browser.post(&format!("{office}/renewal/edit"), &[]).await;
        browser.follow(answered).await.must_say("この内容でよろしければ");
        assert!(agent.claim().await.is_err(), "nobody can sign that any more");
        let answered = browser.post(&format!("{office}/renewal/back"), &[]).await;
        assert_eq!(answered.location(), leads);
        browser.follow(answered).await;
        // The page that was left is out of date.
        let version = page.find_hidden("version").unwrap_or_default();
        let stale = browser
            .post(&format!("{office}/renewal/confirm"), &[("version", &version)])
            .await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        stale.must_say("E-STALE");
        assert_eq!(at_login(router, office, card).await, None);
        // And it can be begun anew, with the same cards.
        let confirm = reach_confirm(&registered, &mut Browser::new(router), office, &new).await;
        confirm.must_say("電子証明書更新確認");
    }
}

#[tokio::test]
async fn a19_a_second_click_and_a_second_way_back_find_the_same_receipt() {
    let registered = registered(KEN).await;
    let Registered { house, router, .. } = &registered;
    let new = new_card(house).await;
    let mut browser = Browser::new(router);
    let confirm = reach_confirm(&registered, &mut browser, KEN, &new).await;
    let version = confirm.hidden("version");
    for _ in 0..3 {
        let answered = browser
            .post(&format!("{KEN}/renewal/confirm"), &[("version", &version)])
            .await;
        assert_eq!(answered.location(), format!("{KEN}/renewal/card"));
    }
    browser.get(&format!("{KEN}/renewal/card")).await;
    let answered = browser.post(&format!("{KEN}/renewal/card"), &[]).await;
    let code = agent(router, &answered).sign(house, &new).await;
    let back = format!("{KEN}/renewal/return?code={code}");
    let number = async |answered: Answered, browser: &mut Browser| {
        let done = browser.follow(answered).await;
        done.text().split("id=\"number\">").nth(1).unwrap()[..11].to_owned()
    };
    let answered = browser.get(&back).await;
    let first = number(answered, &mut browser).await;
    let answered = browser.get(&back).await;
    assert_eq!(number(answered, &mut browser).await, first);
    // Whoever holds number and code can see it without a login.
    let done = browser.get(&format!("{KEN}/renewal/done")).await;
    let code = done.text().split("確認コード</dt>").nth(1).unwrap().to_owned();
    let code = code.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned();
    let mut other = Browser::new(router);
    other.get("/receipt").await;
    let origin = [("origin", super::browser::ORIGIN)];
    let looked = other
        .post_as(&format!("/receipt/{first}"), &[("check_code", &code)], &origin)
        .await;
    looked.must_say(&first);
}

#[tokio::test]
async fn a17_the_way_back_of_another_session_is_nobody_s() {
    let registered = registered(SHI).await;
    let Registered { house, router, card } = &registered;
    let new = new_card(house).await;
    let mut browser = Browser::new(router);
    let agent = begin(router, &mut browser, SHI, card).await;
    let code = ceremony(&agent, house, card, &new).await;
    let back = format!("{SHI}/renewal/return?code={code}");
    let mut other = Browser::new(router);
    other.get(&format!("{SHI}/renewal")).await;
    let unknown = other.get(&format!("{SHI}/renewal/return?code=AAAA")).await;
    let foreign = other.get(&back).await;
    assert_eq!(
        (unknown.status, foreign.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(
        unknown.text(),
        foreign.text(),
        "a55: the same answer, whether or not it exists"
    );
    for page in ["confirm", "done", "done/print"] {
        let answered = other.get(&format!("{SHI}/renewal/{page}")).await;
        assert_eq!(answered.status, StatusCode::CONFLICT, "{page}");
        assert!(!answered.says("髙橋"));
    }
    // The control: its own session goes on.
    let answered = browser.get(&back).await;
    browser.follow(answered).await.must_say("電子証明書更新確認");
}

#[tokio::test]
async fn what_was_signed_and_never_came_back_is_continued_or_given_up() {
    for go_on in [true, false] {
        let registered = registered(SHI).await;
        let Registered { house, router, card } = &registered;
        let new = new_card(house).await;
        let mut browser = Browser::new(router);
        let confirm = reach_confirm(&registered, &mut browser, SHI, &new).await;
        let status = format!("{SHI}/renewal/status");
        browser.get(&status).await.must_say("内容の確認中です");
        let agent = renew(router, &mut browser, SHI, &confirm).await;
        agent.sign(house, &new).await;
        assert_eq!(
            at_login(router, SHI, card).await,
            None,
            "a signature that never returned changes nothing"
        );
        browser.get(&status).await.must_say("署名済み・未申込");
        let answered = browser
            .post(&status, &[("choice", if go_on { "go" } else { "stop" })])
            .await;
        let page = browser.follow(answered).await;
        assert_eq!(page.says("更新完了"), go_on);
        let old = at_login(router, SHI, card).await;
        assert_eq!(old, go_on.then_some(Code::CardRenewed));
    }
}
