//! The kiosk with a card in it: the four digits, the new password, and whatever goes wrong before, in and after the reset.

use std::time::{Duration, Instant};

use agent::virtual_card::Fault;
use card::TriesLeft;
use card::piv::Slot;
use wire::code::Code;
use wire::pin_reset::Visit;

use crate::bench::Shown;
use crate::desk::{Heard, Mood};
use crate::kiosk::to_insert;
use crate::screens::{FOUR, NEW, Stand, citizens_card, is_at};

const RESET_RETRY_COUNTER: u8 = 0x2C;

async fn to_pin(stand: &Stand) -> Shown {
    to_insert(stand).await;
    stand.drawer.insert(1, citizens_card());
    stand.at("pin").await
}

async fn to_password(stand: &Stand) -> Shown {
    let page = to_pin(stand).await;
    let page = stand.does(&page, "/pin", &[("pin", FOUR)]).await;
    assert!(is_at(&page, "found"), "{}", page.html);
    stand.browser.submit(&page, "/next", &[]).await
}

async fn to_again(stand: &Stand) -> Shown {
    let page = to_password(stand).await;
    let page = stand.browser.submit(&page, "/password", &[("password", NEW)]).await;
    assert!(is_at(&page, "again"), "{}", page.html);
    page
}

/// How many words of this password's kind the card still forgives once it was tried: all where it is right.
fn holds(stand: &Stand, password: &str) -> bool {
    use card::jpki::{Jpki, SignaturePassword};
    let readers = stand.readers();
    let reader = readers.only_card().unwrap().name;
    let mut jpki = Jpki::open(readers.open(&reader).unwrap()).unwrap();
    let fingerprint = jpki.summary().unwrap().authentication.fingerprint();
    let password = SignaturePassword::parse(password.into()).unwrap();
    jpki.signature_certificate(&fingerprint, &password, None).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn r406_a_locked_password_is_set_anew_and_the_old_one_is_gone() {
    let stand = Stand::kiosk().await;
    let page = to_pin(&stand).await;
    assert!(page.html.contains("残り 3 回"), "{}", page.html);
    stand
        .drawer
        .card(1, |card| card.set_tries_left_of(Slot::Signature, 0).unwrap());
    let page = stand.does(&page, "/pin", &[("pin", FOUR)]).await;
    assert!(
        page.html.contains("2026年11月24日（火） 11:00") && !page.html.contains("id=\"soon\""),
        "{}",
        page.html
    );
    let page = stand.browser.submit(&page, "/next", &[]).await;
    let page = stand.browser.submit(&page, "/password", &[("password", NEW)]).await;
    let page = stand.does(&page, "/again", &[("password", NEW)]).await;
    assert!(
        is_at(&page, "done") && page.html.contains("暗証番号の再設定完了"),
        "{}",
        page.html
    );
    assert!(
        page.html.contains("2026年11月24日（火） 10:00") && page.html.contains("W-CARD-LEFT"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("見本　花子"), "nobody is named");
    assert_eq!(stand.desk.book().reports.len(), 1);
    assert!(holds(&stand, NEW) && !holds(&stand, crate::screens::OLD));
    stand.drawer.eject(1);
    let page = stand.browser.open("/").await;
    let page = stand.browser.submit(&page, "/quit", &[]).await;
    assert!(is_at(&page, "top"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_a_password_are_told_one_by_one() {
    let stand = Stand::kiosk().await;
    let page = to_password(&stand).await;
    for (bad, code) in [
        ("AB123", "E-PW-SHORT"),
        ("ABCDEFGH123456789", "E-PW-LONG"),
        ("ABCDEF", "E-PW-DIGIT"),
        ("123456", "E-PW-ALPHA"),
        ("ABC-123", "E-PW-CHAR"),
        ("ABC12３", "E-PW-WIDTH"),
        ("", "E-PW-SHORT"),
    ] {
        let now = stand.browser.open("/").await;
        let shown = stand.browser.submit(&now, "/password", &[("password", bad)]).await;
        assert!(
            is_at(&shown, "password") && shown.html.contains(code),
            "{bad}: {}",
            shown.html
        );
    }
    // The keyboard has what such a password may have, and nothing else.
    let keys: String = page
        .html
        .split("data-key=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(keys, "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    // Two that differ begin again; a small letter is a capital one.
    let now = stand.browser.open("/").await;
    let page = stand.browser.submit(&now, "/password", &[("password", NEW)]).await;
    let page = stand.does(&page, "/again", &[("password", "KAGI2026MORE")]).await;
    assert!(
        is_at(&page, "password") && page.html.contains("E-PW-DIFF"),
        "{}",
        page.html
    );
    let page = stand
        .browser
        .submit(&page, "/password", &[("password", &NEW.to_lowercase())])
        .await;
    assert!(is_at(&stand.does(&page, "/again", &[("password", NEW)]).await, "done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_digits_count_on_the_card_and_the_last_ones_lock_it() {
    let stand = Stand::kiosk().await;
    let mut page = to_pin(&stand).await;
    page = stand.does(&page, "/pin", &[("pin", "12")]).await;
    assert!(page.html.contains("E-PIN-FORMAT") && stand.tries(Slot::Authentication) == TriesLeft::Known(3));
    for _ in 0..2 {
        page = stand.does(&page, "/pin", &[("pin", "1111")]).await;
        assert!(page.html.contains("E-PIN-WRONG"), "{}", page.html);
    }
    page = stand.does(&page, "/pin", &[("pin", "1111")]).await;
    assert!(
        page.html.contains("W-PIN-LAST") && page.html.contains("name=\"last_try\""),
        "{}",
        page.html
    );
    page = stand.does(&page, "/pin", &[("pin", "1111"), ("last_try", "yes")]).await;
    assert!(
        is_at(&page, "ended") && page.html.contains("E-PIN-LOCKED-JPKI4"),
        "{}",
        page.html
    );
    // Set once more, it is told before anything is asked.
    stand.browser.submit(&page, "/quit", &[]).await;
    let card = stand.drawer.eject(1).unwrap();
    stand.at("top").await;
    to_insert(&stand).await;
    stand.drawer.insert(1, card);
    assert!(stand.at("ended").await.html.contains("E-PIN-LOCKED-JPKI4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn g_p2_two_wrong_entries_and_then_the_right_one_give_every_try_back() {
    let stand = Stand::kiosk().await;
    let mut page = to_pin(&stand).await;
    for left in [2, 1] {
        page = stand.does(&page, "/pin", &[("pin", "1111")]).await;
        assert!(page.html.contains("E-PIN-WRONG"), "{}", page.html);
        assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(left));
    }
    let page = stand.does(&page, "/pin", &[("pin", FOUR), ("last_try", "yes")]).await;
    assert!(is_at(&page, "found"), "{}", page.html);
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn r405_every_password_of_the_form_is_taken_and_small_letters_are_capital_ones() {
    let stand = Stand::kiosk().await;
    to_password(&stand).await;
    for good in ["ABC123", "abc123", "ABCDEFGH12345678"] {
        let now = stand.browser.open("/").await;
        let page = stand.browser.submit(&now, "/password", &[("password", good)]).await;
        assert!(is_at(&page, "again"), "{good}: {}", page.html);
        // Another one the second time: both are asked for anew.
        let page = stand.does(&page, "/again", &[("password", "ZZZ999")]).await;
        assert!(is_at(&page, "password") && page.html.contains("E-PW-DIFF"), "{good}");
    }
    assert_eq!(stand.desk.count(&Heard::Announced), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_a_card_that_is_taken_ends_its_session_within_a_second_at_every_step() {
    for step in ["pin", "found", "password", "again"] {
        let stand = Stand::kiosk().await;
        let page = to_pin(&stand).await;
        if step != "pin" {
            let page = stand.does(&page, "/pin", &[("pin", FOUR)]).await;
            if step != "found" {
                let page = stand.browser.submit(&page, "/next", &[]).await;
                if step == "again" {
                    stand.browser.submit(&page, "/password", &[("password", NEW)]).await;
                }
            }
        }
        let page = stand.at(step).await;
        let waits = stand.browser.request(&format!("/changes?after={}", seen(&page))).send();
        let gone = Instant::now();
        let taken = stand.drawer.eject(1).unwrap();
        while !is_at(&stand.browser.open("/").await, "ended") {
            assert!(gone.elapsed() < Duration::from_secs(1), "{step}");
            tokio::task::yield_now().await;
        }
        assert_eq!(waits.await.unwrap().status(), 200, "and the page is told");
        // Another card, or the same, is another session: it begins at the top.
        stand.drawer.insert(1, taken);
        let action = if step == "found" { "next" } else { step };
        let page = stand
            .does(&page, &format!("/{action}"), &[("pin", FOUR), ("password", NEW)])
            .await;
        assert!(
            is_at(&page, "ended") && page.html.contains("E-CARD-REMOVED"),
            "{step}: {}",
            page.html
        );
        assert_eq!(stand.desk.count(&Heard::Announced), 0);
    }
}

fn seen(page: &Shown) -> String {
    page.html
        .split("data-seen=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_or_unreachable_announcement_writes_nothing() {
    let stand = Stand::kiosk().await;
    let page = to_again(&stand).await;
    for _ in 0..3 {
        stand.desk.mood("announce", Mood::Deaf);
    }
    let page = stand.does(&page, "/again", &[("password", NEW)]).await;
    assert!(
        is_at(&page, "again") && page.html.contains("通信が途切れたため、設定していません"),
        "{}",
        page.html
    );
    assert!(!holds(&stand, NEW) && holds(&stand, crate::screens::OLD));
    stand.desk.mood("announce", Mood::No(Code::RsvExpired));
    let page = stand.does(&page, "/again", &[("password", NEW)]).await;
    assert!(
        is_at(&page, "ended") && page.html.contains("E-RSV-EXPIRED"),
        "{}",
        page.html
    );
    assert!(!holds(&stand, NEW));
    // The control: with an answer that was lost once, and repeated, it is written.
    let stand = Stand::kiosk().await;
    let page = to_again(&stand).await;
    stand.desk.mood("announce", Mood::Lost);
    assert!(is_at(&stand.does(&page, "/again", &[("password", NEW)]).await, "done"));
    assert!(holds(&stand, NEW) && stand.desk.count(&Heard::Announced) == 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a13_a_report_that_is_lost_is_told_again_and_the_new_password_holds() {
    let stand = Stand::kiosk().await;
    let page = to_again(&stand).await;
    stand.desk.mood("report", Mood::Slow(Duration::from_secs(7)));
    stand.desk.mood("report", Mood::Deaf);
    let page = stand.does(&page, "/again", &[("password", NEW)]).await;
    assert!(
        is_at(&page, "done") && page.html.contains("通信が回復しだい"),
        "{}",
        page.html
    );
    assert!(holds(&stand, NEW));
    for _ in 0..400 {
        if !stand.desk.book().reports.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!stand.desk.book().reports.is_empty(), "it is told in the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a13_a_card_that_leaves_in_the_middle_is_to_be_set_again_and_then_says_it_itself() {
    for fault in [
        Fault::RemovedDuring(RESET_RETRY_COUNTER),
        Fault::RemovedAfter(RESET_RETRY_COUNTER),
    ] {
        let stand = Stand::kiosk().await;
        let page = to_again(&stand).await;
        let after = matches!(fault, Fault::RemovedAfter(_));
        stand.drawer.card(1, |card| card.inject(fault));
        let page = stand.does(&page, "/again", &[("password", NEW)]).await;
        assert!(
            is_at(&page, "ended") && page.html.contains("E-CARD-REMOVED"),
            "{}",
            page.html
        );
        assert!(page.html.contains("もう一度はじめからカードをセット"), "{}", page.html);
        let card = stand.drawer.eject(1).unwrap();
        stand.browser.submit(&page, "/quit", &[]).await;
        stand.at("top").await;
        to_insert(&stand).await;
        if after {
            // The server has read the card's receipt.
            let at = stand.desk.now();
            stand.desk.book().visit = Some(Visit::Confirmed { at });
        }
        stand.drawer.insert(1, card);
        if after {
            let page = stand.at("done").await;
            assert!(page.html.contains("前回の手続きで"), "{}", page.html);
        } else {
            stand.at("pin").await;
        }
        assert_eq!(holds(&stand, NEW), after);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_ends_within_the_offices_minutes_is_said_to() {
    for (left, soon) in [(1_199, true), (1_260, false)] {
        let stand = Stand::kiosk().await;
        stand.desk.book().warned_before = 1_200;
        let until = stand.desk.now() + left;
        stand.desk.book().until = Some(until);
        let page = to_pin(&stand).await;
        let page = stand.does(&page, "/pin", &[("pin", FOUR)]).await;
        assert!(is_at(&page, "found"), "{}", page.html);
        assert_eq!(page.html.contains("id=\"soon\""), soon, "{}", page.html);
        assert_eq!(page.html.contains("期限まで20分を切っています"), soon, "{}", page.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_without_the_application_for_it_and_a_wrong_cryptogram_are_told_apart() {
    let stand = Stand::kiosk().await;
    to_insert(&stand).await;
    stand.drawer.insert(1, crate::bench::card().0);
    stand.browser.until("/", "E-CARD-TYPE").await;
    stand.drawer.eject(1);
    stand.desk.book().unblock_key = Some([0; 32]);
    stand.drawer.insert(1, citizens_card());
    let page = stand.at("pin").await;
    let page = stand.does(&page, "/pin", &[("pin", FOUR)]).await;
    let page = stand.browser.submit(&page, "/next", &[]).await;
    let page = stand.browser.submit(&page, "/password", &[("password", NEW)]).await;
    let page = stand.does(&page, "/again", &[("password", NEW)]).await;
    assert!(
        is_at(&page, "ended") && page.html.contains("カードが再設定を受け付けませんでした"),
        "{}",
        page.html
    );
    assert!(!holds(&stand, NEW));
}
