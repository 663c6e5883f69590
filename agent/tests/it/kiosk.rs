//! The kiosk without a card: who may use it, when, and for how long.

use wire::code::Code;
use wire::pin_reset::Hours;

use crate::bench::{BEGIN, Shown};
use crate::desk::{Heard, Mood};
use crate::screens::{Stand, citizens_card, is_at};

/// From the top to where the card is to be set.
pub(crate) async fn to_insert(stand: &Stand) -> Shown {
    let page = stand.browser.until("/", "id=\"menu\">").await;
    let page = stand.browser.submit(&page, "/menu", &[]).await;
    assert!(is_at(&page, "guidance"), "{}", page.html);
    stand.browser.submit(&page, "/next", &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a16_a_kiosk_that_is_not_enrolled_is_out_of_service() {
    let stand = Stand::kiosk_unenrolled().await;
    let page = stand.browser.until("/", "この端末は登録されていません").await;
    assert!(
        page.html.contains("E-KIOSK") && page.html.contains("id=\"menu\" disabled"),
        "{}",
        page.html
    );
    let page = stand.browser.submit(&page, "/menu", &[]).await;
    assert!(is_at(&page, "top"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a16_a_kiosk_whose_key_was_revoked_says_so_and_touches_no_card() {
    let stand = Stand::kiosk().await;
    stand.desk.book().kiosk = None;
    to_insert(&stand).await;
    stand.drawer.insert(1, citizens_card());
    let page = stand.at("ended").await;
    assert!(page.html.contains("窓口の答え E-KIOSK"), "{}", page.html);
    stand.drawer.eject(1);
    let page = stand.browser.submit(&page, "/quit", &[]).await;
    let page = if is_at(&page, "top") {
        page
    } else {
        stand.at("top").await
    };
    assert!(page.html.contains("id=\"menu\" disabled"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn r410_the_hours_are_the_servers_and_end_what_is_under_way() {
    let stand = Stand::kiosk().await;
    // 20:00 comes in two seconds, by the server's clock alone.
    let hours = |open, until| Hours {
        opens: 25_200,
        closes: 72_000,
        open,
        until,
    };
    stand.desk.book().warned_before = 300;
    stand.desk.book().hours = Some(hours(true, BEGIN + 2));
    let page = stand.browser.until("/", "id=\"menu\">").await;
    let page = stand.browser.submit(&page, "/menu", &[]).await;
    assert!(
        page.html.contains("data-closes=\"") && page.html.contains("data-closing=\"300\""),
        "the countdown knows: {}",
        page.html
    );
    let page = stand.at("ended").await;
    assert!(
        page.html.contains("E-KIOSK-CLOSED") && page.html.contains("お手続きできる時間は7:00～20:00です"),
        "{}",
        page.html
    );
    stand.desk.book().hours = Some(hours(false, BEGIN + 30_000));
    let page = stand.browser.submit(&page, "/quit", &[]).await;
    assert!(is_at(&page, "top"));
    let page = stand.browser.until("/", "id=\"menu\" disabled").await;
    assert!(page.html.contains("7:00～20:00"), "{}", page.html);
    assert_eq!(stand.desk.count(&Heard::Set), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a12_a_kiosk_whose_own_clock_is_wrong_signs_with_the_servers_time() {
    let stand = Stand::kiosk().await;
    stand.desk.book().ahead = -3_600;
    stand.desk.book().hours = Some(Hours {
        opens: 23_400,
        closes: 82_800,
        open: true,
        until: BEGIN + 30_000,
    });
    to_insert(&stand).await;
    stand.drawer.insert(1, citizens_card());
    stand.at("pin").await;
    // The server's clock is set while the kiosk runs: what is refused for its time is signed anew.
    let stand = Stand::kiosk().await;
    to_insert(&stand).await;
    stand.desk.book().ahead = 600;
    stand.drawer.insert(1, citizens_card());
    stand.at("pin").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g_s1_sixty_seconds_without_anybody_end_the_session() {
    let stand = Stand::kiosk().await;
    to_insert(&stand).await;
    stand.pass(59);
    assert!(is_at(&stand.browser.open("/").await, "insert"));
    // Somebody types: the page tells so.
    let origin = stand.browser.base().to_owned();
    stand.browser.post("/awake", "", Some(&origin)).await;
    stand.pass(59);
    assert!(is_at(&stand.browser.open("/").await, "insert"));
    stand.pass(1);
    let page = stand.at("ended").await;
    assert!(page.html.contains("操作がなかったため"), "{}", page.html);
    stand.pass(60);
    stand.at("top").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_is_said_to_and_loses_nobody() {
    let stand = Stand::kiosk().await;
    to_insert(&stand).await;
    for _ in 0..3 {
        stand.desk.mood("set", Mood::Deaf);
    }
    stand.drawer.insert(1, citizens_card());
    let page = stand.at("ended").await;
    assert!(
        page.html.contains("通信が途切れました") && page.html.contains("カードをお取りください"),
        "{}",
        page.html
    );
    // One that breaks once is asked again.
    stand.drawer.eject(1);
    stand.browser.submit(&page, "/quit", &[]).await;
    to_insert(&stand).await;
    stand.desk.mood("set", Mood::Deaf);
    stand.drawer.insert(1, citizens_card());
    stand.at("pin").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_can_read_is_told_as_a_matter_of_the_reset() {
    let stand = Stand::kiosk().await;
    to_insert(&stand).await;
    stand.desk.mood("set", Mood::Garbled);
    stand.drawer.insert(1, citizens_card());
    let page = stand.at("ended").await;
    for told in [
        "E-FAULT",
        "もう一度カードをセットすると分かります",
        "はじめからやり直してください",
    ] {
        assert!(page.html.contains(told), "{told}: {}", page.html);
    }
    assert!(!page.html.contains("申込"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a04_a_page_of_another_site_changes_nothing() {
    let stand = Stand::kiosk().await;
    let page = stand.browser.until("/", "id=\"menu\">").await;
    let body = format!("token={}", page.hidden("token").unwrap().replace('=', "%3D"));
    for origin in [None, Some("https://evil.example")] {
        let shown = stand.browser.post("/menu", &body, origin).await;
        assert_eq!(shown.status, 403, "{}", shown.html);
    }
    assert!(is_at(&stand.browser.open("/").await, "top"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"),
        "{policy}"
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    // The control: the page's own form does.
    assert!(is_at(&stand.browser.submit(&page, "/menu", &[]).await, "guidance"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_said_before_any_digit_is_asked() {
    for code in [Code::RsvNone, Code::RsvExpired, Code::RsvUsed, Code::RsvOther] {
        let stand = Stand::kiosk().await;
        to_insert(&stand).await;
        stand.desk.mood("set", Mood::No(code));
        stand.drawer.insert(1, citizens_card());
        let page = stand.at("ended").await;
        assert!(page.html.contains(&format!("窓口の答え {code}")), "{}", page.html);
        // Taking the card leads back to the top, where nothing of it is left.
        let page = stand.browser.submit(&page, "/quit", &[]).await;
        assert!(
            is_at(&page, "take") && page.html.contains("W-CARD-LEFT"),
            "{}",
            page.html
        );
        stand.drawer.eject(1);
        stand.at("top").await;
    }
}
