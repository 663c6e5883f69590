//! A bidder at an ordering body: 登録, the login by card, who is logged in, and how that ends (DOMAIN §4.2, §5.2; THREATS A1,
//! A17, A19, A45, A55).

use axum::Router;
use axum::http::StatusCode;
use casework::register::{BusinessNumber, Entry};
use casework::time::Date;
use server::chance::Chance;
use server::desk::{Actor, Desk, evidence};
use server::office::{BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, Office};
use server::portal::{Portal, Site, router};
use server::register::Line;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use wire::card_request::{Verdict, WatchReport};
use wire::code::Code;

use super::browser::{Agent, Answered, Browser, ORIGIN, presented};
use super::registration::register;
use crate::house::{House, TestCard, office};

/// The ordering body without review (source document 001), and the one with it (002).
pub(super) const KEN: &str = "/mihon-ken";
pub(crate) const SHI: &str = "/mihon-shi";

/// Pages of an ordering body, those before a login and those behind it.
const PAGES: &[&str] = &[
    "",
    "/guide",
    "/login",
    "/ended",
    "/account",
    "/registration",
    "/registration/change",
    "/registration/card",
    "/registration/prove",
    "/registration/form",
    "/registration/confirm",
    "/registration/done",
    "/registration/done/print",
    "/registration/done/receipt.pdf",
    "/registration/status",
    "/registration/case",
    "/registration/case/withdraw",
    "/renewal",
    "/renewal/card",
    "/renewal/confirm",
    "/renewal/done",
    "/renewal/done/print",
    "/renewal/done/receipt.pdf",
    "/renewal/status",
    "/renewal/case",
    "/renewal/case/withdraw",
];

/// Everything that can be sent there.
const STEPS: &[&str] = &[
    "/login",
    "/logout",
    "/registration",
    "/registration/change",
    "/registration/card",
    "/registration/prove",
    "/registration/form",
    "/registration/confirm",
    "/registration/edit",
    "/registration/done/print",
    "/registration/status",
    "/registration/stay",
    "/registration/quit",
    "/registration/case/withdraw",
    "/registration/case/answer",
    "/registration/case/correct",
    "/renewal",
    "/renewal/card",
    "/renewal/confirm",
    "/renewal/edit",
    "/renewal/back",
    "/renewal/done/print",
    "/renewal/status",
    "/renewal/stay",
    "/renewal/quit",
    "/renewal/case/withdraw",
    "/renewal/case/answer",
];

/// A company of the register with a card that is registered.
pub(super) struct Registered {
    pub(super) house: House,
    pub(super) router: Router,
    pub(super) card: TestCard,
}

/// Its number in the register.
pub(super) const NUMBER: &str = "A-1001";
/// What a company enters.
pub(super) const CONTACT: &[(&str, &str)] = &[
    ("department", "営業部 第3課"),
    ("name", "髙橋 花子"),
    ("phone", "０３１２３４５６７８"),
    ("fax", ""),
    ("mail", "eigyo@example.jp"),
    ("mail_again", "eigyo@example.jp"),
];

/// A portal with both ordering bodies beside the authority.
pub(super) fn ordering(house: &House) -> Router {
    router(Portal::new(desk(house), Site::at(ORIGIN)).unwrap())
}

fn desk(house: &House) -> Desk {
    let open = |example| Office::from_toml(example).unwrap();
    let offices = vec![office(), open(BIDDING_CORE_EXAMPLE), open(BIDDING_REVIEW_EXAMPLE)];
    Desk::new(
        house.store().clone(),
        house.desk.clock().clone(),
        Chance::system(),
        offices,
    )
}

/// Puts the company of the house's cards on this office's list; its letter code.
pub(super) async fn enlist(house: &House, office: &str) -> String {
    enlist_with(house, office, "髙橋　一郎").await
}

/// The same with another representative.
pub(super) async fn enlist_with(house: &House, office: &str, representative: &str) -> String {
    let desk = desk(house);
    let office = office.trim_start_matches('/');
    let number = BusinessNumber::parse(NUMBER).unwrap();
    let day = |year, month, day| Date { year, month, day }.as_day();
    let entry = Entry {
        number: number.clone(),
        name: "株式会社テスト工務店【工事】".to_owned(),
        name_kana: "テストコウムテン".to_owned(),
        address: "東京都千代田区神田1-2-3".to_owned(),
        representative: representative.to_owned(),
        delegate: None,
        corporate_number: Some("7000012050002".to_owned()),
        valid: (day(2025, 4, 1), day(2027, 3, 31)),
    };
    let line = Line { entry, password: None };
    let actor = Actor::Operator { name: "test" };
    let file = evidence::sha256(b"a list");
    let done = Arc::new(AtomicUsize::new(0));
    desk.import_register(&actor, office, vec![line], (false, file), done)
        .await
        .unwrap();
    let (code, _) = desk.give_letter_code(&actor, office, &number).await.unwrap().unwrap();
    code.written()
}

/// A company of the list with this office's registration.
pub(super) async fn registered(office: &str) -> Registered {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = ordering(&house);
    let code = enlist(&house, office).await;
    let done = register(&router, &mut Browser::new(&router), &house, office, (&card, &code)).await;
    done.must_say("利用者登録が完了しました");
    Registered { house, router, card }
}

/// The agent that an answer leads to.
pub(super) fn agent(router: &Router, answered: &Answered) -> Agent {
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text());
    let location = answered.location();
    let (_, id) = location.split_once("&id=").expect("the agent's address");
    Agent::new(router, id)
}

/// To the agent, to log in at this office.
async fn to_login(router: &Router, browser: &mut Browser, office: &str) -> Agent {
    browser
        .get(&format!("{office}/login"))
        .await
        .must_say("ICカードでログイン");
    let answered = browser.post(&format!("{office}/login"), &[("to", "")]).await;
    agent(router, &answered)
}

/// Logs in with this card; the page behind the login, and the code that led there.
pub(crate) async fn log_in(
    router: &Router,
    browser: &mut Browser,
    office: &str,
    card: &TestCard,
) -> (Answered, String) {
    let code = to_login(router, browser, office).await.present(card).await;
    let answered = browser.get(&format!("{office}/login/return?code={code}")).await;
    (browser.follow(answered).await, code)
}

#[tokio::test]
async fn the_menu_leads_to_the_three_procedures_and_says_when_each_is_for() {
    let house = House::on_sqlite().await;
    let router = ordering(&house);
    let menu = Browser::new(&router).get(KEN).await;
    for words in [
        "利用者登録メニュー",
        "href=\"/mihon-ken/registration\">登録</a>",
        "href=\"/mihon-ken/registration/change\">変更</a>",
        "href=\"/mihon-ken/renewal\">ICカード更新</a>",
        ">お問い合わせ</a>",
        ">入札情報サービス</a>",
        "2026年11月20日 12時00分",
        "有効期限が過ぎた方、ICカードを紛失した方、閉塞（ロック）または失効した方も、新しいICカードで「登録」",
        "ログインしていません",
    ] {
        menu.must_say(words);
    }
    Browser::in_english(&router)
        .get(KEN)
        .await
        .must_say("User registration menu");
    let authority = Browser::new(&router).get("/mihon-ca").await;
    assert!(!authority.says("利用者登録"), "an authority has another menu");
    for page in ["/login", "/account", "/registration", "/guide", "/ended"] {
        let answered = Browser::new(&router).get(&format!("/mihon-ca{page}")).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{page}");
    }
    assert_eq!(
        Browser::new(&router).get("/mihon-ken/revocation").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_card_that_nobody_is_registered_with_is_told_so_before_its_pin() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = ordering(&house);
    let mut browser = Browser::new(&router);
    let agent = to_login(&router, &mut browser, KEN).await;
    agent.claim().await.unwrap();
    match agent.answer(0, &presented(&card)).await.unwrap() {
        Verdict::Refused { code, again, next, .. } => {
            assert_eq!((code, again), (Code::CardNotreg, true));
            assert!(next.ja.contains("「登録」"), "{next:?}");
        }
        verdict => panic!("{verdict:?}"),
    }
    // Whoever gives up then is told once more, with the way on.
    let code = agent.cancel().await.code;
    let told = browser.get(&format!("{KEN}/login/return?code={code}")).await;
    told.must_say("E-CARD-NOTREG");
}

#[tokio::test]
async fn a_registered_card_logs_in_and_every_page_says_who_and_by_which_card() {
    let Registered { house, router, card } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    let agent = to_login(&router, &mut browser, KEN).await;
    let before = browser.cookie();
    let code = agent.present(&card).await;
    let back = format!("{KEN}/login/return?code={code}");
    let answered = browser.get(&back).await;
    assert_eq!(answered.location(), format!("{KEN}/account"), "{}", answered.text());
    assert_ne!(
        browser.cookie(),
        before,
        "a45: the session has another token once a card was shown"
    );
    let serial = card.signature.serial().to_string();
    let end = &serial[serial.len() - 8..];
    for page in ["", "/account", "/registration/change", "/registration/status"] {
        let page = browser.get(&format!("{KEN}{page}")).await;
        page.must_say("株式会社テスト工務店");
        page.must_say(&format!("ICカード …{end}（2027/12/31 まで）"));
        page.must_say("ログアウト");
    }
    let account = browser.get(&format!("{KEN}/account")).await;
    for words in [
        "営業部　第３課",
        "0312345678",
        "eigyo@example.jp",
        &serial,
        "登録番号",
        "企業名称",
    ] {
        account.must_say(words);
    }
    // One answer of a card is one login, and walking the way back again leads to the same page.
    assert_eq!(browser.get(&back).await.location(), format!("{KEN}/account"));
    assert_eq!(
        browser.get(&format!("{KEN}/login")).await.location(),
        format!("{KEN}/account")
    );

    let answered = browser.post(&format!("{KEN}/logout"), &[]).await;
    assert_eq!(browser.cookie(), "");
    browser.follow(answered).await.must_say("ICカードを抜くと消去されます");
    let shut = browser.get(&format!("{KEN}/account")).await;
    assert_eq!(shut.location(), format!("{KEN}/login?to={KEN}/account"));
    house.it_is(house.now().plus_seconds(1));
}

#[tokio::test]
async fn a1_an_answered_challenge_logs_in_once_and_in_its_session_alone() {
    let Registered {
        house: _house,
        router,
        card,
    } = registered(KEN).await;
    let (mut browser, mut other) = (Browser::new(&router), Browser::new(&router));
    let code = to_login(&router, &mut browser, KEN).await.present(&card).await;
    let back = format!("{KEN}/login/return?code={code}");
    other.get(&format!("{KEN}/login")).await;
    let unknown = other.get(&format!("{KEN}/login/return?code=AAAA")).await;
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
    assert_eq!(other.get(&format!("{KEN}/account")).await.status, StatusCode::SEE_OTHER);
    // The control: its own session is let in, and after ログアウト nobody is by the same answer.
    assert_eq!(browser.get(&back).await.location(), format!("{KEN}/account"));
    browser.get(&format!("{KEN}/account")).await;
    let cookie = browser.cookie();
    browser.post(&format!("{KEN}/logout"), &[]).await;
    let mut again = Browser::new(&router).with_cookie(&cookie);
    assert!(again.get(&back).await.status.is_client_error());
    assert_eq!(again.get(&format!("{KEN}/account")).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_login_at_one_ordering_body_is_none_at_another() {
    let Registered {
        house: _house,
        router,
        card,
    } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    log_in(&router, &mut browser, KEN, &card).await;
    assert_eq!(browser.get(&format!("{KEN}/account")).await.status, StatusCode::OK);
    let elsewhere = browser.get(&format!("{SHI}/account")).await;
    assert_eq!(elsewhere.location(), format!("{SHI}/login?to={SHI}/account"));
    let menu = browser.get(SHI).await;
    menu.must_say("ログインしていません");
}

#[tokio::test]
async fn a_revoked_or_expired_card_is_out_with_the_next_click() {
    let Registered { house, router, card } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    log_in(&router, &mut browser, KEN, &card).await;
    let mut late = Browser::new(&router);
    log_in(&router, &mut late, KEN, &card).await;
    house.revoke(&card).await;
    let out = browser.get(&format!("{KEN}/account")).await;
    out.must_say("E-CERT-REVOKED");
    out.must_say("新しいICカードで「登録」から新規に利用者登録を行ってください");
    assert_eq!(browser.cookie(), "");
    let shut = browser.get(&format!("{KEN}/account")).await;
    assert_eq!(shut.status, StatusCode::SEE_OTHER, "the session is over");
    // A form is no way past it.
    let answered = late.post(&format!("{KEN}/registration/change"), &[]).await;
    answered.must_say("E-CERT-REVOKED");
    // And the card is refused at the agent from then on, before its PIN.
    let agent = to_login(&router, &mut Browser::new(&router), KEN).await;
    agent.claim().await.unwrap();
    match agent.answer(0, &presented(&card)).await.unwrap() {
        Verdict::Refused { code, next, .. } => {
            assert_eq!(code, Code::CertRevoked);
            assert!(next.ja.contains("「登録」"), "{next:?}");
        }
        verdict => panic!("{verdict:?}"),
    }
}

#[tokio::test]
async fn the_login_ends_when_the_card_leaves_and_the_page_is_told_why() {
    let Registered { house, router, card } = registered(SHI).await;
    let there = format!("{SHI}/there");
    let mut browser = Browser::new(&router);
    let agent = to_login(&router, &mut browser, SHI).await;
    let request = agent.claim().await.unwrap();
    let every = request.watch.expect("the office ends logins with the card").every;
    let code = agent.present(&card).await;
    let answered = browser.get(&format!("{SHI}/login/return?code={code}")).await;
    let page = browser.follow(answered).await;
    page.must_say("data-there=\"/mihon-shi/there\"");
    page.must_say("ICカードをリーダーから抜くと、ログアウトします。");
    assert_eq!(agent.report(WatchReport::Present).await, Ok(()));
    assert_eq!(browser.get(&there).await.status, StatusCode::NO_CONTENT, "the control");

    assert_eq!(agent.report(WatchReport::Gone).await, Ok(()));
    let told = browser.get(&there).await;
    assert_eq!((told.status, told.text().as_str()), (StatusCode::GONE, "card"));
    browser
        .get(&format!("{SHI}/ended?why=card"))
        .await
        .must_say("ICカードがリーダーから抜かれたため");
    assert_eq!(
        browser.get(&format!("{SHI}/account")).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        agent.report(WatchReport::Present).await,
        Err(410),
        "it does not come back"
    );

    // Silence is taken for the same, also by a page that nobody's script watches.
    let mut browser = Browser::new(&router);
    log_in(&router, &mut browser, SHI, &card).await;
    // The clock goes on meanwhile, so this is one report less than silence.
    house.it_is(house.now().plus_seconds(2 * i64::from(every)));
    assert_eq!(
        browser.get(&format!("{SHI}/account")).await.status,
        StatusCode::OK,
        "the control"
    );
    house.it_is(house.now().plus_seconds(i64::from(every) + 1));
    let out = browser.get(&format!("{SHI}/account")).await;
    assert_eq!(out.location(), format!("{SHI}/ended?why=card"));
    assert_eq!(browser.cookie(), "");
}

#[tokio::test]
async fn being_asked_whether_the_card_is_there_keeps_no_session_alive() {
    let Registered { house, router, card } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    log_in(&router, &mut browser, KEN, &card).await;
    let there = format!("{KEN}/there");
    for _ in 0..15 {
        assert_eq!(browser.get(&there).await.status, StatusCode::NO_CONTENT);
        house.it_is(house.now().plus_seconds(60));
    }
    house.it_is(house.now().plus_seconds(1));
    let told = browser.get(&there).await;
    assert_eq!((told.status, told.text().as_str()), (StatusCode::GONE, "late"));
    browser
        .get(&format!("{KEN}/ended?why=late"))
        .await
        .must_say("一定時間操作がなかったため");
    let stranger = Browser::new(&router).get(&there).await;
    assert_eq!((stranger.status, stranger.text().as_str()), (StatusCode::GONE, "out"));
}

#[tokio::test]
async fn a17_nobody_else_sees_what_a_bidder_sees() {
    let Registered {
        house: _house,
        router,
        card,
    } = registered(KEN).await;
    let mut owner = Browser::new(&router);
    let (account, _) = log_in(&router, &mut owner, KEN, &card).await;
    let secrets = ["髙橋", "eigyo@example.jp", "0312345678", "営業部"];
    account.must_say("eigyo@example.jp");
    let mut other = Browser::new(&router);
    other.get(&format!("{KEN}/registration")).await;
    for mut stranger in [other, Browser::new(&router)] {
        for page in PAGES {
            let answered = stranger.get(&format!("{KEN}{page}")).await;
            for secret in secrets {
                assert!(!answered.says(secret), "{page} tells {secret}");
            }
        }
        for step in STEPS {
            let answered = stranger
                .post(&format!("{KEN}{step}"), &[("choice", "go"), ("version", "1")])
                .await;
            for secret in secrets {
                assert!(!answered.says(secret), "{step} tells {secret}");
            }
        }
    }
    owner.get(&format!("{KEN}/account")).await.must_say("eigyo@example.jp");
}

#[tokio::test]
async fn a45_a_form_from_elsewhere_logs_nobody_in_or_out() {
    let Registered {
        house: _house,
        router,
        card,
    } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    log_in(&router, &mut browser, KEN, &card).await;
    let mut other = Browser::new(&router);
    other.get(&format!("{KEN}/login")).await;
    let (own, foreign) = (browser.csrf().to_owned(), other.csrf().to_owned());
    for step in STEPS {
        let path = format!("{KEN}{step}");
        for (csrf, headers, code) in [
            (own.as_str(), &[("origin", "https://evil.example")][..], Code::Origin),
            (&own, &[("origin", "null")], Code::Origin),
            (&own, &[], Code::Origin),
            (
                &own,
                &[("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
                Code::Origin,
            ),
            (&foreign, &[("origin", ORIGIN)], Code::Stale),
            ("", &[("origin", ORIGIN)], Code::Stale),
        ] {
            let answered = browser
                .post_as(&path, &[("choice", "stop"), ("csrf", csrf)], headers)
                .await;
            assert!(answered.status.is_client_error(), "{step} {code}: {}", answered.status);
            answered.must_say(code.id());
        }
    }
    // The control: nothing of it had an effect, and the form of the page itself has.
    browser
        .get(&format!("{KEN}/account"))
        .await
        .must_say("eigyo@example.jp");
    browser.post(&format!("{KEN}/logout"), &[]).await;
    assert_eq!(browser.cookie(), "");
}

#[tokio::test]
async fn a19_twenty_ways_back_at_once_are_one_login() {
    let Registered {
        house: _house,
        router,
        card,
    } = registered(KEN).await;
    let mut browser = Browser::new(&router);
    let code = to_login(&router, &mut browser, KEN).await.present(&card).await;
    let back = format!("{KEN}/login/return?code={code}");
    let walks = (0..20).map(|_| {
        let (mut browser, back) = (browser.clone(), back.clone());
        tokio::spawn(async move {
            let answered = browser.get(&back).await;
            (answered.location(), browser)
        })
    });
    for walk in walks.collect::<Vec<_>>() {
        let (location, mut browser) = walk.await.unwrap();
        assert_eq!(location, format!("{KEN}/account"));
        assert_eq!(
            browser.get(&location).await.status,
            StatusCode::OK,
            "whichever answer arrived"
        );
    }
}

#[tokio::test]
async fn r108_before_a_revocation_every_office_that_knows_the_card_is_named_also_without_bids() {
    let Registered {
        house: _house,
        router,
        card,
    } = registered(KEN).await;
    let page = Browser::new(&router).reach_certificate(&card).await;
    for words in [
        "このICカードを使用している発注機関があります",
        "見本県",
        "未開札の案件は通知されていません",
    ] {
        page.must_say(words);
    }
    assert!(!page.says("見本市"), "it is not registered there");
}
