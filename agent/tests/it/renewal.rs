//! Two cards in one request: the current one, the swap, and the one that takes its place (DOMAIN §4).

use agent::virtual_card::{Fault, Keys, TriesLeft};
use wire::card_request::{PinAfter, SamePin};
use wire::office::Language;

use crate::bench::{PIN, address, card, card_with};
use crate::portal::{CURRENT, Heard, Mood, NEW};
use crate::scene::{INSERT, OTHER, Scene, failed, serial, serial_in, signed};

const TEXT: &str = "ICカード更新申込\n";
const VERIFY: u8 = 0x20;
const GENERAL_AUTHENTICATE: u8 = 0x87;
const TAKE_OUT: &str = "先ほど確認した古いICカードです";

#[tokio::test(flavor = "multi_thread")]
async fn one_reader_is_enough_the_current_card_signs_and_leaves_before_the_new_one_is_known() {
    let scene = Scene::new().await;
    let ((old, _), (new, _)) = (card(), card());
    let (from, to) = (serial(&old), serial(&new));
    scene.bench.drawer.insert(1, old);
    let id = scene.portal.ask_renewal("one", SamePin::Off);
    let page = scene.to_swap(&id).await;
    // It says exactly what to do, first with the card that is in, then with the empty reader.
    assert!(
        page.html.contains(TAKE_OUT) && page.choices().is_empty(),
        "{}",
        page.html
    );
    assert!(!page.html.contains("class=\"note error\""), "{}", page.html);
    assert!(page.html.contains("<noscript><meta http-equiv=\"refresh\""));
    let (_, page) = scene.swap_in(&id, new).await;
    assert!(page.html.contains(&format!("{from} → {to}")), "{}", page.html);
    for label in [
        "<h1>PIN番号を入力してください。</h1>",
        ">PIN番号</label>",
        ">担当者</label>",
        "担当者欄には何も入力する必要はありません",
    ] {
        assert!(page.html.contains(label), "{label}: {}", page.html);
    }
    let back = scene.pin(&page, PIN).await;
    assert!(back.location.unwrap().ends_with(&format!("?code=code-of-{id}")));
    let signed = signed(&scene.portal);
    assert_eq!(signed.len(), 2);
    assert!(signed[0].1 == from && !signed[0].0.contains(&to), "{signed:?}");
    assert!(signed[1].1 == to && signed[1].0.contains(&to), "{signed:?}");
    assert!(scene.portal.heard().contains(&Heard::Swapped));
    scene.bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_with_two_readers_the_other_card_is_the_new_one_and_nothing_needs_to_be_taken_out() {
    let scene = Scene::new().await;
    let ((old, _), (new, _)) = (card(), card_with(Keys::P256, OTHER));
    let (from, to) = (serial(&old), serial(&new));
    scene.bench.drawer.insert(1, old);
    scene.bench.drawer.insert(2, new);
    let id = scene.portal.ask_renewal("one", SamePin::Off);
    let mut page = scene.browser.arrive(&scene.portal, &id, "virtual reader 2").await;
    while page.choices().len() < 2 {
        page = scene.browser.open(&address(&scene.portal, &id)).await;
    }
    // Which of them is the current one is the holder's word.
    assert!(
        page.html.contains(CURRENT) && !page.html.contains(" checked"),
        "{}",
        page.html
    );
    let page = scene.ok(&page, 0).await;
    let page = scene.pin(&page, PIN).await;
    assert!(
        page.html.contains(NEW) && page.html.contains("virtual reader 2"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("virtual reader 1") && page.html.contains(" checked"));
    let page = scene.ok(&page, 0).await;
    let back = scene.pin(&page, OTHER).await;
    assert!(back.location.is_some(), "{}", back.html);
    let by: Vec<String> = signed(&scene.portal).into_iter().map(|(_, by)| by).collect();
    assert_eq!(by, [from, to]);
    assert_eq!(failed(&scene.portal), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_of_two_other_cards_the_holder_chooses() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Off);
    scene.to_swap(&id).await;
    let (one, two) = (card().0, card().0);
    let to = serial(&two);
    scene.bench.drawer.insert(1, one);
    scene.bench.drawer.insert(2, two);
    let page = scene.browser.arrive(&scene.portal, &id, "E-CARD-MULTI").await;
    assert!(
        page.choices().len() == 2 && !page.html.contains(" checked"),
        "{}",
        page.html
    );
    let again = scene.browser.submit(&page, "/request/card", &[]).await;
    assert!(again.html.contains("E-CARD-MULTI"), "{}", again.html);
    assert!(!scene.portal.heard().contains(&Heard::Swapped));
    let page = scene.ok(&again, 1).await;
    scene.pin(&page, PIN).await;
    assert_eq!(signed(&scene.portal)[1].1, to);
}

#[tokio::test(flavor = "multi_thread")]
async fn r110_the_same_card_twice_is_told_before_any_pin() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    let page = scene.to_swap(&id).await;
    // 「OK」 without a swap.
    let page = scene.browser.submit(&page, "/request/card", &[]).await;
    assert!(page.html.contains("E-CARD-SAME"), "{}", page.html);
    // Out, and in again.
    let old = scene.bench.drawer.eject(1).unwrap();
    let page = scene.browser.arrive(&scene.portal, &id, INSERT).await;
    assert!(
        !page.html.contains(TAKE_OUT) && !page.html.contains("E-CARD-SAME"),
        "{}",
        page.html
    );
    scene.bench.drawer.insert(1, old);
    let page = scene.browser.arrive(&scene.portal, &id, "E-CARD-SAME").await;
    assert!(
        page.choices().is_empty() && !page.html.contains("id=\"pin\""),
        "{}",
        page.html
    );
    assert!(!scene.portal.heard().contains(&Heard::Swapped));
    assert_eq!(signed(&scene.portal).len(), 1);
    // In the other reader it is the same card still.
    let old = scene.bench.drawer.eject(1).unwrap();
    scene.bench.drawer.insert(2, old);
    scene.browser.arrive(&scene.portal, &id, "E-CARD-SAME").await;
    // The control: another card goes on.
    scene.bench.drawer.insert(1, card().0);
    let page = scene.browser.arrive(&scene.portal, &id, "name=\"card\"").await;
    let page = scene.ok(&page, 0).await;
    assert!(
        !page.html.contains("E-CARD-SAME") && page.html.contains("→"),
        "{}",
        page.html
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r111_swapped_cards_are_told_before_any_pin() {
    let scene = Scene::new().await;
    let ((old, registered), (new, _)) = (card(), card());
    scene.portal.mood(Mood {
        registered: Some(registered),
        ..Mood::default()
    });
    scene.bench.drawer.insert(1, new);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    let page = scene.browser.arrive(&scene.portal, &id, "name=\"card\"").await;
    let page = scene.ok(&page, 0).await;
    assert!(
        page.html.contains("E-CARD-SWAPPED") && !page.html.contains("id=\"pin\""),
        "{}",
        page.html
    );
    let new = scene.bench.drawer.insert(1, old).unwrap();
    scene.browser.until("/", &serial_in(&scene, 1)).await;
    let page = scene.browser.open(&address(&scene.portal, &id)).await;
    scene.browser.submit(&page, "/request/again", &[]).await;
    scene.to_swap(&id).await;
    let (_, page) = scene.swap_in(&id, new).await;
    assert!(scene.pin(&page, PIN).await.location.is_some());
    assert_eq!(scene.left(), TriesLeft::Known(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_a_third_card_at_the_update_is_told_before_any_pin() {
    let scene = Scene::new().await;
    let (new, fingerprint) = card();
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    scene.to_swap(&id).await;
    let (old, page) = scene.swap_in(&id, new).await;
    assert!(
        scene
            .browser
            .submit(&page, "/request/pin", &[("same", "yes")])
            .await
            .location
            .is_some()
    );
    let update = scene.portal.ask_signature("one", &fingerprint, TEXT);
    scene
        .portal
        .tamper(&update, |request| request.pin_after = PinAfter::Wiped);
    // The third card, and the old one, each alone and both.
    let new = scene.bench.drawer.insert(1, card().0).unwrap();
    let page = scene.browser.arrive(&scene.portal, &update, "E-CARD-CHANGED").await;
    assert!(
        !page.html.contains("id=\"pin\"") && !page.html.contains("id=\"go\""),
        "{}",
        page.html
    );
    scene.bench.drawer.insert(2, old);
    scene.browser.arrive(&scene.portal, &update, "E-CARD-CHANGED").await;
    let posted = scene.pin(&page, PIN).await;
    assert!(!posted.html.contains("id=\"pin\""), "{}", posted.html);
    assert_eq!(scene.left(), TriesLeft::Known(10), "the third card was not asked");
    // The control: the new card goes on, and is asked anew since it left.
    scene.bench.drawer.insert(1, new);
    let page = scene.browser.arrive(&scene.portal, &update, "id=\"pin\"").await;
    assert!(
        page.html.contains("預かっていた暗証番号は"),
        "it says why: {}",
        page.html
    );
    assert!(scene.pin(&page, PIN).await.location.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_update_signs_with_the_pin_of_the_new_card_that_is_kept() {
    let scene = Scene::new().await;
    let (new, fingerprint) = card_with(Keys::P256, OTHER);
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Off);
    scene.to_swap(&id).await;
    let (_, page) = scene.swap_in(&id, new).await;
    assert!(scene.pin(&page, OTHER).await.location.is_some());
    let update = scene.portal.ask_signature("one", &fingerprint, TEXT);
    let page = scene.browser.arrive(&scene.portal, &update, "id=\"go\"").await;
    assert!(!page.html.contains("id=\"pin\""), "{}", page.html);
    let back = scene.browser.submit(&page, "/request/pin", &[]).await;
    assert!(back.location.is_some(), "{}", back.html);
    assert_eq!(scene.left(), TriesLeft::Known(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_a_card_pulled_in_either_half_is_told_and_nothing_is_signed_by_it() {
    for instruction in [VERIFY, GENERAL_AUTHENTICATE] {
        let scene = Scene::new().await;
        scene.bench.drawer.insert(1, card().0);
        let id = scene.portal.ask_renewal("one", SamePin::Off);
        let page = scene.browser.arrive(&scene.portal, &id, "name=\"card\"").await;
        let page = scene.ok(&page, 0).await;
        let pull = || {
            scene
                .bench
                .drawer
                .card(1, |card| card.inject(Fault::RemovedAfter(instruction)))
        };
        pull();
        let page = scene.pin(&page, PIN).await;
        assert!(page.html.contains("E-CARD-REMOVED"), "{instruction:02X}: {}", page.html);
        assert!(signed(&scene.portal).is_empty());
        let old = scene.bench.drawer.eject(1).unwrap();
        scene.bench.drawer.insert(1, old);
        let page = scene.browser.arrive(&scene.portal, &id, "id=\"go\"").await;
        let page = scene.pin(&page, PIN).await;
        assert!(page.html.contains(NEW), "{}", page.html);

        let (_, page) = scene.swap_in(&id, card().0).await;
        pull();
        let page = scene.pin(&page, PIN).await;
        assert!(page.html.contains("E-CARD-REMOVED"), "{instruction:02X}: {}", page.html);
        assert_eq!(signed(&scene.portal).len(), 1, "the new card has not signed");
        let new = scene.bench.drawer.eject(1).unwrap();
        scene.browser.arrive(&scene.portal, &id, "E-CARD-REMOVED").await;
        scene.bench.drawer.insert(1, new);
        let page = scene.browser.arrive(&scene.portal, &id, "id=\"go\"").await;
        assert!(scene.pin(&page, PIN).await.location.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_in_charge_arrives_with_the_signature_and_a_pin_in_that_field_goes_nowhere() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Off);
    scene.to_swap(&id).await;
    let (_, page) = scene.swap_in(&id, card().0).await;
    let long = "あ".repeat(21);
    for bad in [long.as_str(), &format!("担当 {PIN}"), "二\n行"] {
        let fields = [("pin", PIN), ("person", bad)];
        let shown = scene.browser.submit(&page, "/request/pin", &fields).await;
        let page = scene.browser.open(&address(&scene.portal, &id)).await;
        assert!(
            shown.html.contains("id=\"error-person\"") || page.html.contains("id=\"error-person\""),
            "{bad}: {}",
            shown.html
        );
        assert!(!page.html.contains(bad) && !page.html.contains(PIN), "{}", page.html);
        assert_eq!(signed(&scene.portal).len(), 1);
    }
    // What was entered stays when the PIN was wrong.
    let page = scene.browser.open(&address(&scene.portal, &id)).await;
    let fields = [("pin", OTHER), ("person", "第一営業部　𠮷野")];
    let page = scene.browser.submit(&page, "/request/pin", &fields).await;
    assert!(page.html.contains("value=\"第一営業部　𠮷野\""), "{}", page.html);
    let fields = [("pin", PIN), ("person", "第一営業部　𠮷野")];
    let back = scene.browser.submit(&page, "/request/pin", &fields).await;
    assert!(back.location.is_some(), "{}", back.html);
    let persons: Vec<Option<String>> = scene
        .portal
        .heard()
        .into_iter()
        .filter_map(|heard| match heard {
            Heard::Signed { person, .. } => Some(person),
            _ => None,
        })
        .collect();
    assert_eq!(persons, [None, Some("第一営業部　𠮷野".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_speaks_english_too() {
    let scene = Scene::new().await;
    scene.bench.drawer.insert(1, card().0);
    let id = scene.portal.ask_renewal("one", SamePin::Auto);
    scene.portal.tamper(&id, |request| request.language = Language::En);
    let page = scene.browser.arrive(&scene.portal, &id, "name=\"card\"").await;
    assert!(page.html.contains("Insert the card that you use now."), "{}", page.html);
    let page = scene.ok(&page, 0).await;
    assert!(page.html.contains("<h1>Enter the PIN number.</h1>"), "{}", page.html);
    let page = scene.pin(&page, PIN).await;
    assert!(
        page.html.contains("Insert the new card.") && page.html.contains("Take it out, and insert the new one."),
        "{}",
        page.html
    );
    scene.bench.drawer.insert(1, card().0);
    let page = scene.browser.arrive(&scene.portal, &id, "name=\"card\"").await;
    let page = scene.ok(&page, 0).await;
    assert!(page.html.contains("is tried once on this card"), "{}", page.html);
}
