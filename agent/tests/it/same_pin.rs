//! One PIN for two cards: what is tried by itself, and what is asked for (DOMAIN §4.6).

use agent::virtual_card::{Fault, Keys, TriesLeft};
use wire::card_request::SamePin;

use crate::bench::{card, card_with};
use crate::portal::Heard;
use crate::scene::{INSERT, OTHER, Scene, failed, serial_in};

const TEXT: &str = "ICカード更新申込\n";

#[tokio::test(flavor = "multi_thread")]
async fn done_2_one_pin_for_both_cards_is_not_asked_for_twice_after_the_login() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    scene.log_in().await;
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    let page = scene.browser.arrive(&scene.portal, &id, "name=\"card\"").await;
    let page = scene.ok(&page, 0).await;
    assert!(!page.html.contains("id=\"pin\""), "kept since the login: {}", page.html);
    scene.browser.submit(&page, "/request/pin", &[]).await;
    let (mut new, _) = card();
    new.set_tries_left(3).unwrap();
    scene.bench.drawer.eject(1);
    let page = scene.browser.arrive(&scene.portal, &id, INSERT).await;
    assert!(page.choices().is_empty());
    let start = scene.browser.open("/").await;
    assert!(
        start.html.contains("ICカードを差し替える間") && start.html.contains("id=\"quit\""),
        "{}",
        start.html
    );
    scene.bench.drawer.insert(1, new);
    let page = scene.browser.arrive(&scene.portal, &id, "name=\"card\"").await;
    let page = scene.ok(&page, 0).await;
    assert!(
        !page.html.contains("id=\"pin\"") && page.html.contains("一度だけ試します"),
        "{}",
        page.html
    );
    assert_eq!(
        scene.left(),
        TriesLeft::Known(3),
        "nothing was tried before the holder agreed"
    );
    let back = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
    assert!(back.location.is_some(), "{}", back.html);
    assert_eq!(scene.left(), TriesLeft::Known(10), "the right PIN resets the counter");
    assert_eq!(failed(&scene.portal), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn done_2_with_two_tries_left_the_pin_is_asked_for_and_none_is_spent() {
    for left in [1, 2] {
        let scene = Scene::new().await;
        scene.bench.drawer.insert(1, card().0);
        let id = scene.portal.ask_renewal("one", SamePin::Auto);
        scene.to_swap(&id).await;
        let (mut new, _) = card_with(Keys::P256, OTHER);
        new.set_tries_left(left).unwrap();
        let (_, page) = scene.swap_in(&id, new).await;
        assert!(
            page.html.contains("id=\"pin\"") && !page.html.contains("name=\"same\""),
            "{}",
            page.html
        );
        assert_eq!(scene.left(), TriesLeft::Known(left));
        // Asked for behind the page's back, it is refused in the transaction that would send it.
        let page = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
        assert!(page.html.contains("id=\"pin\""), "{}", page.html);
        assert_eq!(scene.left(), TriesLeft::Known(left), "no try was spent");
        assert_eq!(failed(&scene.portal), 0);
        // The last try needs the holder's word as ever (G-P3).
        assert_eq!(page.html.contains("W-PIN-LAST"), left == 1, "{}", page.html);
        let refused = scene.pin(&page, OTHER).await;
        assert_eq!(refused.location.is_none(), left == 1, "{}", refused.html);
        if left == 1 {
            let fields = [("pin", OTHER), ("last_try", "yes")];
            let back = scene.browser.submit(&refused, "/request/pin", &fields).await;
            assert!(back.location.is_some(), "{}", back.html);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn done_2_a_pin_that_cannot_be_the_new_card_s_is_not_tried_on_it() {
    // The new card is of another issuer, whose PINs have at most seven digits; the other row is the control.
    for (most, tried) in [(7, false), (8, true)] {
        let scene = Scene::new().await;
        scene.bench.drawer.insert(1, card().0);
        let id = scene.portal.ask_renewal("one", SamePin::Auto);
        scene.to_swap(&id).await;
        scene.portal.tamper(&id, |request| request.pin.max = most);
        let (mut new, _) = card();
        new.set_tries_left(5).unwrap();
        let (_, page) = scene.swap_in(&id, new).await;
        assert_eq!(page.html.contains("一度だけ試します"), tried, "{}", page.html);
        let page = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
        assert_eq!(page.location.is_some(), tried, "{}", page.html);
        let left = if tried { 10 } else { 5 };
        assert_eq!(scene.left(), TriesLeft::Known(left), "no try was spent");
        assert_eq!(failed(&scene.portal), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn done_2_a_card_that_does_not_tell_its_tries_is_tried_by_nobody_but_its_holder() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    scene.to_swap(&id).await;
    let (mut new, _) = card_with(Keys::P256, OTHER);
    new.inject(Fault::Reticent);
    let (_, page) = scene.swap_in(&id, new).await;
    assert!(
        page.html.contains("id=\"pin\"") && !page.html.contains("name=\"same\""),
        "{}",
        page.html
    );
    let page = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
    assert!(page.html.contains("id=\"pin\""), "{}", page.html);
    assert_eq!(scene.left(), TriesLeft::Known(10), "no try was spent");
    assert!(scene.pin(&page, OTHER).await.location.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn done_2_a_pin_that_does_not_fit_is_tried_once_and_then_asked_for() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    scene.to_swap(&id).await;
    let (mut new, _) = card_with(Keys::P256, OTHER);
    new.set_tries_left(4).unwrap();
    let (old, page) = scene.swap_in(&id, new).await;
    let page = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
    assert!(
        page.html.contains("PIN番号が異なるため入力してください（残り 3 回）"),
        "{}",
        page.html
    );
    assert!(page.html.contains("aria-describedby=\"error-pin pin-help\"") && !page.html.contains("name=\"same\""));
    assert_eq!(scene.left(), TriesLeft::Known(3));
    assert_eq!(scene.portal.heard().last(), Some(&Heard::PinFailed(Some(3))));
    let page = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
    assert!(page.html.contains("id=\"pin\""));
    assert_eq!(scene.left(), TriesLeft::Known(3), "once");
    // A second ceremony with the same two cards does not try it by itself either.
    scene.browser.submit(&page, "/request/cancel", &[]).await;
    let new = scene.bench.drawer.insert(1, old).unwrap();
    scene.browser.until("/", &serial_in(&scene, 1)).await;
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    scene.to_swap(&id).await;
    let (_, page) = scene.swap_in(&id, new).await;
    assert!(
        page.html.contains("id=\"pin\"") && !page.html.contains("name=\"same\""),
        "{}",
        page.html
    );
    assert_eq!(scene.left(), TriesLeft::Known(3));
    assert!(scene.pin(&page, OTHER).await.location.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn done_2_where_the_office_says_off_each_pin_is_asked_for() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Off);
    scene.to_swap(&id).await;
    let (_, page) = scene.swap_in(&id, card().0).await;
    assert!(
        page.html.contains("id=\"pin\"") && !page.html.contains("name=\"same\""),
        "{}",
        page.html
    );
    // What was typed for another card does not explain why this one's PIN is asked for.
    assert!(!page.html.contains("預かっていた暗証番号は"), "{}", page.html);
    let page = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
    assert!(page.html.contains("id=\"pin\""), "nothing was carried: {}", page.html);
    assert_eq!(scene.left(), TriesLeft::Known(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_office_says_ask_the_holder_says_whether_it_is_the_same_pin() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Ask);
    scene.to_swap(&id).await;
    let (_, page) = scene.swap_in(&id, card().0).await;
    assert!(
        page.html.contains("id=\"pin\"") && page.html.contains("前のICカードと同じPIN番号を使う"),
        "{}",
        page.html
    );
    let fields = [("pin", ""), ("same", "yes")];
    let back = scene.browser.submit(&page, "/request/pin", &fields).await;
    assert!(back.location.is_some(), "{}", back.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_carried_over_one_swap_and_for_thirty_minutes_at_most() {
    // Given up in the middle.
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    let page = scene.to_swap(&id).await;
    scene.bench.drawer.eject(1);
    let start = scene.browser.until("/", "ICカードを差し替える間").await;
    assert!(start.html.contains("id=\"quit\""));
    scene.browser.submit(&page, "/request/cancel", &[]).await;
    assert!(!scene.browser.open("/").await.html.contains("id=\"quit\""));
    // Forgotten at the swap.
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    scene.portal.tamper(&id, |request| request.expires_at += 10_000);
    scene.to_swap(&id).await;
    scene.bench.pass(30 * 60);
    let (_, page) = scene.swap_in(&id, card().0).await;
    assert!(page.html.contains("id=\"pin\""), "{}", page.html);
    assert!(!scene.browser.open("/").await.html.contains("id=\"quit\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_is_used_again_grows_no_younger() {
    let scene = Scene::new().await;
    let (card, fingerprint) = card();
    scene.bench.drawer.insert(1, card);
    scene.log_in().await;
    let sign = async |pass: i64| {
        scene.bench.pass(pass);
        let id = scene.portal.ask_signature("one", &fingerprint, TEXT);
        scene.portal.tamper(&id, |request| request.expires_at += 10_000);
        let page = scene.browser.arrive(&scene.portal, &id, "id=\"go\"").await;
        if page.html.contains("id=\"pin\"") {
            assert!(page.html.contains("預かっていた暗証番号は"), "{}", page.html);
            return false;
        }
        let back = scene.browser.submit(&page, "/request/pin", &[]).await;
        back.location.is_some()
    };
    assert!(sign(20 * 60).await);
    assert!(!sign(10 * 60).await, "thirty minutes since it was typed");
}
