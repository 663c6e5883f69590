//! What goes wrong at the reader, each with its own words and no lost try.

use agent::virtual_card::{Fault, TriesLeft};
use wire::card_request::PinAfter;

use crate::bench::{Bench, Browser, PIN, address, card, to_pin};
use crate::portal::{Heard, Portal};

const TEXT: &str = "失効申込書\n";
const WRONG: &str = "11111111";
const VERIFY: u8 = 0x20;
const GENERAL_AUTHENTICATE: u8 = 0x87;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_costs_one_try_and_a_malformed_one_none() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    let mut page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    for label in [
        "<h1>PIN（暗証番号）の入力</h1>",
        ">PIN（暗証番号）</label>",
        ">OK</button>",
        ">キャンセル</button>",
        "required maxlength=\"64\" autofocus",
    ] {
        assert!(page.html.contains(label), "{label}: {}", page.html);
    }
    for malformed in ["", "12345", "123456789", "12ab56", "１２３４５６"] {
        page = browser.submit(&page, "/request/pin", &[("pin", malformed)]).await;
        assert!(page.html.contains("E-PIN-FORMAT"), "{malformed}: {}", page.html);
        assert!(page.html.contains("6桁から8桁の半角数字"));
        assert_eq!(bench.tries_left(1), TriesLeft::Known(10));
    }
    page = browser.submit(&page, "/request/pin", &[("pin", WRONG)]).await;
    assert!(
        page.html.contains("E-PIN-WRONG") && page.html.contains("残り9回間違えると"),
        "{}",
        page.html
    );
    assert!(page.html.contains("残り 9 回"));
    // It stands once, at the field, which has the focus.
    assert_eq!(page.html.matches("暗証番号が違います").count(), 1, "{}", page.html);
    assert!(
        page.html
            .contains("autofocus aria-invalid=\"true\" aria-describedby=\"error-pin pin-help\"")
    );
    assert_eq!(bench.tries_left(1), TriesLeft::Known(9));
    assert_eq!(portal.heard().last(), Some(&Heard::PinFailed(Some(9))));
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some());
    assert_eq!(bench.tries_left(1), TriesLeft::Known(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_the_last_try_needs_its_own_consent_and_then_locks() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (mut card, _) = card();
    card.set_tries_left(1).unwrap();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    assert!(page.html.contains("W-PIN-LAST") && page.html.contains("name=\"last_try\""));
    // A warning is no error yet.
    assert!(!page.html.contains("note error") && !page.html.contains("aria-invalid"));
    let page = browser.submit(&page, "/request/pin", &[("pin", WRONG)]).await;
    assert!(page.html.contains("W-PIN-LAST"));
    assert!(
        page.html.contains("続けるには、ここにチェックしてください。")
            && page
                .html
                .contains("autofocus aria-invalid=\"true\" aria-describedby=\"error-last-try\""),
        "{}",
        page.html
    );
    assert_eq!(bench.tries_left(1), TriesLeft::Known(1), "the card was not asked");
    let page = browser
        .submit(&page, "/request/pin", &[("pin", WRONG), ("last_try", "yes")])
        .await;
    assert!(
        page.html.contains("E-PIN-LOCKED-AOS") && page.html.contains("連続して10回"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("name=\"pin\"") && page.html.contains("id=\"cancel\""));
    assert!(page.html.contains("<h1>続けられません</h1>") && page.html.contains("書面による失効申込手続き"));
    // No field, so nothing is asked for.
    assert!(!page.html.contains("PIN（暗証番号）"), "{}", page.html);
    assert!(!page.html.contains("暗証番号を入力してください"), "{}", page.html);
    assert_eq!(bench.tries_left(1), TriesLeft::Blocked);
    assert_eq!(portal.heard().last(), Some(&Heard::PinFailed(Some(0))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_pin_before_the_last_one_is_told_beside_the_warning() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (mut card, _) = card();
    card.set_tries_left(2).unwrap();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    assert!(!page.html.contains("name=\"last_try\""));
    let page = browser.submit(&page, "/request/pin", &[("pin", WRONG)]).await;
    for part in ["E-PIN-WRONG", "W-PIN-LAST", "name=\"last_try\"", "error-pin"] {
        assert!(page.html.contains(part), "{part}: {}", page.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_try_with_the_right_pin_goes_on() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (mut card, _) = card();
    card.set_tries_left(1).unwrap();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    let back = browser
        .submit(&page, "/request/pin", &[("pin", PIN), ("last_try", "yes")])
        .await;
    assert!(back.location.is_some(), "{}", back.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_another_card_than_the_one_that_began_is_told_and_costs_no_try() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (first, fingerprint) = card();
    bench.drawer.insert(1, first);
    let browser = Browser::new(&bench);
    let id = portal.ask_login("one");
    let page = to_pin(&browser, &portal, &id).await;
    let first = bench.drawer.insert(1, card().0).unwrap();
    // Behind the page's back: the form of the first card, the second card in the reader.
    let shown = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(
        shown.html.contains("E-CARD-CHANGED") || shown.html.contains("E-CARD-REMOVED"),
        "{}",
        shown.html
    );
    let page = browser.arrive(&portal, &id, "E-CARD-CHANGED").await;
    assert!(!page.html.contains("id=\"go\""));
    assert_eq!(bench.tries_left(1), TriesLeft::Known(10));

    // The same for the signature, whose card the portal names.
    let sign = portal.ask_signature("one", &fingerprint, TEXT);
    browser.arrive(&portal, &sign, "E-CARD-CHANGED").await;
    bench.drawer.insert(1, first);
    let page = browser.arrive(&portal, &sign, "id=\"go\"").await;
    assert!(!page.html.contains("E-CARD-CHANGED"));
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_a_card_pulled_in_the_middle_is_told_and_goes_on_when_it_is_back() {
    for instruction in [VERIFY, GENERAL_AUTHENTICATE] {
        let portal = Portal::open().await;
        let bench = Bench::with(&portal).await;
        bench.drawer.insert(1, card().0);
        let browser = Browser::new(&bench);
        let id = portal.ask_login("one");
        let page = to_pin(&browser, &portal, &id).await;
        bench
            .drawer
            .card(1, |card| card.inject(Fault::RemovedAfter(instruction)));
        let page = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
        assert!(page.html.contains("E-CARD-REMOVED"), "{instruction:02X}: {}", page.html);
        assert!(!portal.heard().contains(&Heard::Authenticated));
        let card = bench.drawer.eject(1).unwrap();
        bench.drawer.insert(1, card);
        let page = browser.arrive(&portal, &id, "id=\"go\"").await;
        let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
        assert!(back.location.is_some(), "{instruction:02X}: {}", back.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_two_cards_are_an_explicit_choice_with_the_holder_shown() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (one, _) = card();
    let (two, fingerprint) = card();
    bench.drawer.insert(1, one);
    bench.drawer.insert(2, two);
    let browser = Browser::new(&bench);
    let id = portal.ask_login("one");
    let page = browser.arrive(&portal, &id, "virtual reader 2").await;
    let page = if page.choices().len() == 2 {
        page
    } else {
        browser.arrive(&portal, &id, "E-CARD-MULTI").await
    };
    assert_eq!(page.choices().len(), 2);
    assert!(page.html.contains("E-CARD-MULTI") && !page.html.contains(" checked"));
    assert_eq!(page.html.matches("見本　太郎").count(), 2);
    // No choice is no choice.
    let again = browser.submit(&page, "/request/card", &[]).await;
    assert!(again.html.contains("E-CARD-MULTI"));
    assert!(!portal.heard().contains(&Heard::Presented));
    let second = page.choices().remove(1);
    let page = browser.submit(&again, "/request/card", &[("card", &second)]).await;
    assert!(page.html.contains("virtual reader 2"));
    browser.submit(&page, "/request/pin", &[("pin", WRONG)]).await;
    assert_eq!(
        bench.tries_left(1),
        TriesLeft::Known(10),
        "the other card was left alone"
    );
    assert_eq!(bench.tries_left(2), TriesLeft::Known(9));
    // The signature finds the card that the portal named.
    let sign = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &sign, "id=\"go\"").await;
    assert!(page.html.contains("virtual reader 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_card_and_a_mute_card_each_have_their_words() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let browser = Browser::new(&bench);
    let id = portal.ask_login("one");
    let page = browser.arrive(&portal, &id, "E-CARD-NONE").await;
    assert!(page.html.contains("表面を上向き") && !page.html.contains("id=\"go\""));
    let (mut mute, _) = card();
    mute.inject(Fault::Mute);
    bench.drawer.insert(1, mute);
    browser.arrive(&portal, &id, "E-CARD-UNREADABLE").await;
    bench.drawer.insert(1, card().0);
    browser.arrive(&portal, &id, "id=\"go\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kept_pin_ends_with_its_session_its_card_and_its_time() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let log_in = async |mark: &str| {
        let page = to_pin(&browser, &portal, &portal.ask_login(mark)).await;
        let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
        assert!(back.location.is_some(), "{}", back.html);
    };
    let asked = async |mark: &str| {
        let id = portal.ask_signature(mark, &fingerprint, TEXT);
        portal.tamper(&id, |request| request.expires_at += 10_000);
        let page = browser.arrive(&portal, &id, "id=\"go\"").await;
        page.html.contains("id=\"pin\"")
    };
    log_in("one").await;
    assert!(!asked("one").await, "the control: it is kept");
    assert!(asked("two").await, "another session's request");
    assert!(asked("one").await, "and it ended the keeping");

    log_in("one").await;
    let card = bench.drawer.eject(1).unwrap();
    bench.drawer.insert(1, card);
    assert!(asked("one").await, "the card left the reader");

    log_in("one").await;
    bench.pass(29 * 60);
    assert!(!asked("one").await, "29 minutes");
    bench.pass(60);
    assert!(asked("one").await, "30 minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_pin_that_is_gone_is_asked_for_with_the_reason() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    assert!(!page.html.contains("id=\"pin\""));
    let start = browser.open("/").await;
    assert!(start.html.contains("id=\"quit\""), "the start page tells of it");
    browser.submit(&start, "/quit", &[]).await;
    let page = browser.submit(&page, "/request/pin", &[]).await;
    assert!(
        page.html.contains("預かっていた暗証番号は") && page.html.contains("id=\"pin\""),
        "{}",
        page.html
    );
    assert!(address(&portal, &id).contains(&id));
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_pin_is_wiped_when_the_last_request_of_a_procedure_is_done() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    let sign = async |after: PinAfter| {
        let id = portal.ask_signature("one", &fingerprint, TEXT);
        portal.tamper(&id, |request| request.pin_after = after);
        let page = browser.arrive(&portal, &id, "id=\"go\"").await;
        assert!(!page.html.contains("id=\"pin\""), "the PIN was kept for this request");
        let back = browser.submit(&page, "/request/pin", &[]).await;
        assert!(back.location.is_some(), "{}", back.html);
        let start = browser.open("/").await;
        start.html.contains("id=\"quit\"")
    };
    assert!(sign(PinAfter::Kept).await, "the control: another request may follow");
    assert!(!sign(PinAfter::Wiped).await, "nothing more will be asked");
}
