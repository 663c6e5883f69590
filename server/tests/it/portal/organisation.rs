//! A service centre's pages for its customers: the login, what is behind it, and what must never be let through.

mod guard;
mod link;
mod others;
mod passkey;

use axum::Router;
use axum::http::StatusCode;
use casework::identity::{OrganisationId, UserId};
use casework::time::Instant;
use server::portal::{Portal, Site, router};
use wire::office::Language;

use super::browser::{Answered, Browser, ORIGIN};
use crate::centre::{Centre, PASSWORD};
use crate::house::{House, noon};

/// The pages of the centre.
const CENTRE: &str = "/mihon-center";
/// Every page behind the login.
const PAGES: [&str; 4] = ["", "/contract", "/password", "/passkeys"];
/// Every form behind the login.
const FORMS: [&str; 5] = ["/sign-out", "/password", "/passkeys", "/passkeys/remove", "/stay"];
/// Every form before it.
const DOORS: [&str; 4] = ["/sign-in", "/sign-in/passkey", "/forgotten", "/link"];

/// A centre with its portal, one contract and one person.
struct Stand {
    centre: Centre,
    router: Router,
    organisation: OrganisationId,
    user: UserId,
}

impl Stand {
    async fn new() -> Self {
        Self::at(Site::at(ORIGIN)).await
    }

    async fn at(site: Site) -> Self {
        let house = House::on_sqlite().await;
        // Far from the edge of a minute.
        house.it_is(noon(2026, 11, 24).plus_seconds(5));
        let centre = Centre::of(house);
        let router = router(Portal::new(centre.desk.clone(), site).unwrap());
        let organisation = centre.contract("K-001").await;
        let user = centre.person(organisation, "tsukan01").await;
        Self {
            centre,
            router,
            organisation,
            user,
        }
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.router)
    }

    fn now(&self) -> Instant {
        self.centre.house.now()
    }

    fn wait(&self, seconds: i64) {
        self.centre.house.it_is(self.now().plus_seconds(seconds));
    }

    /// A browser in which the person is logged in.
    async fn seated(&self) -> Browser {
        let mut browser = self.browser();
        let answered = sign_in(&mut browser, "tsukan01", PASSWORD).await;
        assert_eq!(answered.location(), CENTRE, "{}", answered.text());
        browser
    }

    /// How many events of this name the person's account has.
    async fn events(&self, name: &str) -> usize {
        let events = self.centre.store().events(self.user.0).await.unwrap();
        events.iter().filter(|event| event.name == name).count()
    }

    /// How many letters of this name were queued for the account.
    async fn letters(&self, letter: casework::user::Letter) -> usize {
        let queued = self.centre.store().errands_of(self.user.0).await.unwrap();
        let is_it = |errand: &server::store::Errand| matches!(errand, server::store::Errand::UserLetter(it) if it.letter == letter);
        queued.iter().filter(|(row, _)| is_it(&row.errand)).count()
    }
}

async fn sign_in(browser: &mut Browser, login: &str, password: &str) -> Answered {
    let page = browser.get(&format!("{CENTRE}/sign-in")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let fields = [("login", login), ("password", password)];
    browser.post(&format!("{CENTRE}/sign-in"), &fields).await
}

/// A page without what differs from one showing to the next: the clock and the secrets of its session.
fn plain(answered: &Answered) -> String {
    let mut text = answered.text();
    for (from, to) in [
        ("<time id=\"clock\"", "</time>"),
        ("name=\"csrf\" value=\"", "\""),
        ("data-challenge=\"", "\""),
    ] {
        let mut rest = text.as_str();
        let mut kept = String::new();
        while let Some((before, behind)) = rest.split_once(from) {
            kept.push_str(before);
            rest = behind.split_once(to).map_or("", |(_, behind)| behind);
        }
        kept.push_str(rest);
        text = kept;
    }
    text
}

#[tokio::test]
async fn a_person_logs_in_sees_for_whom_and_since_when_and_logs_out() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let led = browser.get(CENTRE).await;
    assert_eq!(led.location(), format!("{CENTRE}/sign-in"));
    let answered = sign_in(&mut browser, "ＴＳＵＫＡＮ０１", PASSWORD).await;
    assert_eq!(answered.location(), CENTRE);
    let menu = browser.get(CENTRE).await;
    for words in [
        "見本通関商事株式会社 東京事業所",
        "2026/11/24 12:00からログイン中",
        "ログアウト",
        "新着情報",
        "最新の10件を表示",
        "申請を行う",
        "契約内容の変更",
        "システム設定の申込",
        "通関士IDの追加",
        "契約内容の確認",
        "ユーザー情報",
        "パスワードの変更",
        "請求を参照する",
        "請求金額の参照",
        "https://www.center.example/charges/",
        "ヘルプデスク",
        "0120-000-001",
        "ブラウザの戻るボタンは使用しないでください。",
        "ホーム",
        "契約内容確認",
        "請求内容参照",
        "パスワード変更",
    ] {
        menu.must_say(words);
    }
    for page in PAGES {
        let answered = browser.get(&format!("{CENTRE}{page}")).await;
        assert_eq!(answered.status, StatusCode::OK, "{page}");
        assert_eq!(
            answered.text().matches("aria-current=\"page\"").count(),
            if page.is_empty() { 1 } else { 2 },
            "{page}: a tab, and the last of the way here"
        );
    }
    browser
        .get(&format!("{CENTRE}/contract"))
        .await
        .must_say("第一営業部営業第３課");
    let out = browser.post(&format!("{CENTRE}/sign-out"), &[]).await;
    assert_eq!(out.location(), format!("{CENTRE}/signed-out"));
    browser.follow(out).await.must_say("ログアウトしました");
    assert_eq!(browser.get(CENTRE).await.location(), format!("{CENTRE}/sign-in"));
    crate::invariant::hold(&stand.centre.house).await;
}

#[tokio::test]
async fn every_page_says_all_it_says_in_both_languages() {
    let stand = Stand::new().await;
    for language in [Language::Ja, Language::En] {
        let new = || match language {
            Language::Ja => Browser::new(&stand.router),
            Language::En => Browser::in_english(&stand.router),
        };
        let (mut browser, mut stranger) = (new(), new());
        sign_in(&mut browser, "tsukan01", PASSWORD).await;
        let mut pages = Vec::new();
        for page in PAGES {
            pages.push(browser.get(&format!("{CENTRE}{page}")).await);
        }
        for page in [
            "/sign-in",
            "/sign-in?notice=chosen",
            "/forgotten",
            "/forgotten?notice=sent",
            "/signed-out",
            "/signed-out?why=changed",
        ] {
            pages.push(stranger.get(&format!("{CENTRE}{page}")).await);
        }
        for page in pages {
            assert_eq!(page.status, StatusCode::OK);
            assert!(!page.says("⟦"), "a text is missing: {}", page.text());
            page.must_say(&format!("<html lang=\"{}\">", language.tag()));
        }
    }
}

#[tokio::test]
async fn whoever_is_led_to_the_login_comes_to_the_page_that_was_asked_for_and_to_no_other_place() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let led = browser.get(&format!("{CENTRE}/contract")).await;
    assert_eq!(led.location(), format!("{CENTRE}/sign-in?to={CENTRE}/contract"));
    let page = browser.follow(led).await;
    let to = page.hidden("to");
    let fields = [("login", "tsukan01"), ("password", PASSWORD), ("to", to.as_str())];
    let answered = browser.post(&format!("{CENTRE}/sign-in"), &fields).await;
    assert_eq!(answered.location(), format!("{CENTRE}/contract"));
    for wrong in [
        "https://evil.example/",
        "//evil.example/",
        "/console/mihon-ca",
        "/mihon-center/../receipt",
        "/mihon-center/sign-out",
    ] {
        let mut browser = stand.browser();
        browser.get(&format!("{CENTRE}/sign-in?to={wrong}")).await;
        let fields = [("login", "tsukan01"), ("password", PASSWORD), ("to", wrong)];
        let answered = browser.post(&format!("{CENTRE}/sign-in"), &fields).await;
        assert_eq!(answered.location(), CENTRE, "{wrong}");
    }
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it_and_ends_every_other_session() {
    let stand = Stand::new().await;
    let (mut browser, mut other) = (stand.seated().await, stand.seated().await);
    let new = "nkq7v-t2xw9-mfr3c";
    for (present, password, again, status, code) in [
        ("not this one at all", new, new, 403, "E-LOGIN"),
        (PASSWORD, new, "another", 422, "E-PASSWORD-DIFF"),
        (PASSWORD, PASSWORD, PASSWORD, 422, "E-PASSWORD-SAME"),
        (PASSWORD, "short", "short", 422, "E-PASSWORD-SHORT"),
        (
            PASSWORD,
            "P@ssw0rdP@ssw0rd",
            "P@ssw0rdP@ssw0rd",
            422,
            "E-PASSWORD-COMMON",
        ),
        (
            PASSWORD,
            "tsukan01-tsukan01-1",
            "tsukan01-tsukan01-1",
            422,
            "E-PASSWORD-COMMON",
        ),
    ] {
        browser.get(&format!("{CENTRE}/password")).await;
        let fields = [("present", present), ("password", password), ("again", again)];
        let answered = browser.post(&format!("{CENTRE}/password"), &fields).await;
        assert_eq!(answered.status.as_u16(), status, "{code}: {}", answered.text());
        answered.must_say(code);
        assert!(
            !answered.says(password) && !answered.says(present),
            "a page never tells what was typed"
        );
    }
    assert_eq!(
        stand.events("wrong_password").await,
        1,
        "a wrong present password counts"
    );
    let before = browser.cookie();
    browser.get(&format!("{CENTRE}/password")).await;
    let fields = [("present", PASSWORD), ("password", new), ("again", new)];
    let answered = browser.post(&format!("{CENTRE}/password"), &fields).await;
    assert_eq!(answered.location(), format!("{CENTRE}/password?notice=saved"));
    assert_ne!(browser.cookie(), before);
    browser.follow(answered).await.must_say("パスワードを変更しました。");
    assert_eq!(
        other.get(CENTRE).await.location(),
        format!("{CENTRE}/signed-out?why=changed")
    );
    assert_eq!(stand.letters(casework::user::Letter::PasswordChanged).await, 1);
    sign_in(&mut stand.browser(), "tsukan01", PASSWORD)
        .await
        .must_say("E-LOGIN");
    assert_eq!(sign_in(&mut stand.browser(), "tsukan01", new).await.location(), CENTRE);
}
