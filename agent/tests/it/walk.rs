//! Card requests from the portal's redirect to the way back.

use agent::virtual_card::{Keys, TriesLeft};
use card::piv::Slot;
use pki::certificate::Certificate;
use wire::code::Code;
use wire::office::Language;

use crate::bench::{BEGIN, Bench, Browser, PHRASE, PIN, address, card, card_of, to_pin};
use crate::portal::{Heard, Mood, Portal, authenticate, present};

const TEXT: &str = "失効申込書\n証明書 シリアル番号 1234\n利用者 髙橋 一郎\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_shown_proved_and_signs_exactly_the_shown_text() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);

    let login = portal.ask_login("one");
    let page = browser.arrive(&portal, &login, "見本　太郎").await;
    assert!(page.html.contains(&portal.origin()) && page.html.contains("見本認証局"));
    assert!(page.html.contains(PHRASE));
    let page = browser
        .submit(&page, "/request/card", &[("card", &page.choices()[0])])
        .await;
    assert!(
        page.html.contains("残り 10 回") && page.html.contains(PHRASE),
        "{}",
        page.html
    );
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert_eq!(
        back.location.unwrap(),
        format!("{}/mihon-ca/revocation/return?code=code-of-{login}", portal.origin())
    );

    // Request 2 of the same session asks consent only: the PIN is kept while the card stays.
    let signature = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &signature, "利用者 髙橋 一郎").await;
    assert!(!page.html.contains("name=\"pin\""), "{}", page.html);
    let back = browser.submit(&page, "/request/pin", &[]).await;
    assert!(back.location.unwrap().ends_with(&format!("?code=code-of-{signature}")));
    let heard = portal.heard();
    assert_eq!(
        heard[..4],
        [Heard::Claimed, Heard::Presented, Heard::Authenticated, Heard::Claimed]
    );
    assert!(
        matches!(&heard[4], Heard::Signed { text, .. } if text == TEXT),
        "{heard:?}"
    );
    assert_eq!(bench.tries_left(1), TriesLeft::Known(10));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rsa_and_p384_cards_sign_too() {
    for keys in [Keys::Rsa2048, Keys::P384] {
        let portal = Portal::open().await;
        let bench = Bench::with(&portal).await;
        let (card, fingerprint) = card_of(keys);
        bench.drawer.insert(1, card);
        let browser = Browser::new(&bench);
        let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
        let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
        assert!(back.location.is_some(), "{keys:?}: {}", back.html);
        let id = portal.ask_signature("one", &fingerprint, TEXT);
        let page = browser.arrive(&portal, &id, "id=\"go\"").await;
        let back = browser.submit(&page, "/request/pin", &[]).await;
        assert!(back.location.is_some(), "{keys:?}: {}", back.html);
        assert!(matches!(portal.heard().last(), Some(Heard::Signed { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_on_the_page_is_the_text_that_is_signed() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let text = "<b>葛\u{E0100}城 & 𠮷野</b>\n\n  \"'\n";
    let id = portal.ask_signature("one", &fingerprint, text);
    let page = browser.arrive(&portal, &id, "name=\"pin\"").await;
    let text_on_page = page.html.split("<pre").nth(1).unwrap().split("</pre>").next().unwrap();
    let shown = text_on_page.split_once(">\n").unwrap().1;
    let read = shown
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&");
    assert_eq!(read, text);
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some());
    assert!(matches!(portal.heard().last(), Some(Heard::Signed { text: signed, .. }) if signed == text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_the_portal_refuses_costs_nobody_a_pin() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    portal.mood(Mood {
        refuses: Some((Code::CertRevoked, true)),
        ..Mood::default()
    });
    let id = portal.ask_login("one");
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    let page = browser
        .submit(&page, "/request/card", &[("card", &page.choices()[0])])
        .await;
    // What happened is the heading, what to do stands below, and the code is said once.
    assert!(
        page.html.contains(
            "<h2>このカードは失効しています。</h2><p>別のカードを挿入してください。<code>（E-CERT-REVOKED）</code></p>"
        ),
        "{}",
        page.html
    );
    assert_eq!(page.html.matches("E-CERT-REVOKED").count(), 1);
    assert!(!page.html.contains("id=\"pin\""));
    assert!(portal.heard().iter().all(|heard| !matches!(heard, Heard::PinFailed(_))));
    // The card would know a VERIFY by its counter: a wrong PIN here, sent behind the page's back, is not passed on either.
    let page = browser.submit(&page, "/request/pin", &[("pin", "00000000")]).await;
    assert!(page.html.contains("E-CERT-REVOKED"), "{}", page.html);
    assert_eq!(bench.tries_left(1), TriesLeft::Known(10));

    // Another card may be tried in the same request.
    portal.mood(Mood::default());
    let (other, _) = card();
    let serial = crate::scene::serial(&other);
    bench.drawer.insert(1, other);
    browser.until("/", &serial).await;
    let page = browser.submit(&page, "/request/again", &[]).await;
    let page = if page.choices().is_empty() {
        browser.arrive(&portal, &id, "id=\"go\"").await
    } else {
        page
    };
    let page = browser
        .submit(&page, "/request/card", &[("card", &page.choices()[0])])
        .await;
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some(), "{}", back.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_goes_back_and_keeps_nothing() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    assert!(!page.html.contains("id=\"pin\""), "the PIN is kept");
    let back = browser.submit(&page, "/request/cancel", &[]).await;
    assert!(
        back.location
            .unwrap()
            .ends_with("/mihon-ca/revocation/return?code=cancelled")
    );
    assert_eq!(portal.heard().last(), Some(&Heard::Cancelled));
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    assert!(page.html.contains("id=\"pin\""), "the PIN is asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_a_second_click_and_a_stale_page_sign_nothing_twice() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    let fields = [("pin", PIN)];
    let (one, two) = tokio::join!(
        browser.submit_raw(&page, "/request/pin", &fields),
        browser.submit_raw(&page, "/request/pin", &fields)
    );
    for shown in [one, two] {
        let back = browser.settle(shown).await;
        let back = if back.location.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            browser.open(&address(&portal, &id)).await
        } else {
            back
        };
        assert!(back.location.unwrap().contains("code="));
    }
    let signed = || {
        portal
            .heard()
            .iter()
            .filter(|heard| matches!(heard, Heard::Signed { .. }))
            .count()
    };
    assert_eq!(signed(), 1);
    // A token that was never given.
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    let stale = browser.submit(&page, "/request/pin", &[("token", "another")]).await;
    assert!(stale.html.contains("E-STALE"), "{}", stale.html);
    assert_eq!(signed(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_got_lost_is_sent_again_without_card_or_pin() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    portal.mood(Mood {
        hangs_up: 1,
        ..Mood::default()
    });
    let page = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(page.html.contains("E-NET-UNKNOWN"), "{}", page.html);
    bench.drawer.eject(1);
    let back = browser.submit(&page, "/request/resend", &[]).await;
    assert!(back.location.unwrap().contains("code=code-of-"));
    let signed = portal
        .heard()
        .iter()
        .filter(|heard| matches!(heard, Heard::Signed { .. }))
        .count();
    assert_eq!(signed, 1, "the portal judged one signature");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_portal_is_bridged_by_the_working_page() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    portal.mood(Mood {
        slow: Some(std::time::Duration::from_secs(4)),
        ..Mood::default()
    });
    let working = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(working.html.contains("class=\"busy\""), "{}", working.html);
    // The page's own watch tells when it is time to go on.
    let seen = working
        .html
        .split("data-seen=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let visit = working
        .html
        .split("data-visit=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let changed = browser.open(&format!("/changes?after={seen}&visit={visit}")).await;
    assert_eq!(changed.status, 200);
    let back = browser.open(&address(&portal, &id)).await;
    assert!(back.location.unwrap().contains("code="));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_taken_says_why_and_what_to_do() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    // Too new.
    portal.mood(Mood {
        protocol: Some(wire::PROTOCOL + 1),
        ..Mood::default()
    });
    assert!(
        browser
            .open(&address(&portal, &portal.ask_login("one")))
            .await
            .html
            .contains("E-UPDATE")
    );
    // Taken by another.
    portal.mood(Mood {
        claim_problem: Some(Code::Claimed),
        ..Mood::default()
    });
    assert!(
        browser
            .open(&address(&portal, &portal.ask_login("one")))
            .await
            .html
            .contains("E-CLAIMED")
    );
    portal.mood(Mood::default());
    // Another browser of the same person.
    let id = portal.ask_login("one");
    browser.arrive(&portal, &id, "id=\"go\"").await;
    assert!(
        Browser::new(&bench)
            .open(&address(&portal, &id))
            .await
            .html
            .contains("E-CLAIMED")
    );
    // Never there.
    assert!(
        browser
            .open(&address(&portal, "nothing"))
            .await
            .html
            .contains("E-NOT-FOUND")
    );
    // Too late.
    let id = portal.ask_login("one");
    portal.tamper(&id, |request| request.expires_at = BEGIN);
    assert!(browser.open(&address(&portal, &id)).await.html.contains("E-TIMEOUT"));
    // Leads away.
    let id = portal.ask_login("one");
    portal.tamper(&id, |request| request.return_to = "//evil.example".into());
    assert!(browser.open(&address(&portal, &id)).await.html.contains("E-FAULT"));
    // Shows other than it signs.
    let id = portal.ask_signature("one", &[0; 32], "払う\u{202E}円001");
    assert!(browser.open(&address(&portal, &id)).await.html.contains("E-SIGNATURE"));
    // Not there at all.
    let nobody: agent::Origin = "http://127.0.0.1:9".parse().unwrap();
    bench.home.allow(&nobody).unwrap();
    let shown = browser.open("/request?portal=http%3A%2F%2F127.0.0.1%3A9&id=abc").await;
    assert_eq!(shown.status, 502);
    assert!(shown.html.contains("E-FAULT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_ends_with_the_requests_time() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    let id = portal.ask_login("one");
    browser.arrive(&portal, &id, "id=\"go\"").await;
    bench.pass(901);
    assert!(browser.open(&address(&portal, &id)).await.html.contains("E-TIMEOUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn english_is_spoken_to_those_who_read_it() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    let id = portal.ask("one", Language::En, vec![present(), authenticate()]);
    let page = browser.arrive(&portal, &id, "id=\"go\"").await;
    assert!(page.html.contains("<html lang=\"en\">"));
    assert!(page.html.contains("Check that this is the card you want to revoke."));
    assert!(page.html.contains(&format!("Request from {}", portal.origin())));
    let page = browser
        .submit(
            &page,
            "/language",
            &[("back", &address(&portal, &id)), ("language", "ja")],
        )
        .await;
    assert!(
        page.html.contains("<html lang=\"ja\">") && page.html.contains("失効したいICカードであることを"),
        "{}",
        page.html
    );
    // A card that is in is not asked for.
    assert!(!page.html.contains("失効させるICカード"), "{}", page.html);
    bench.drawer.eject(1);
    let page = browser.arrive(&portal, &id, "E-CARD-NONE").await;
    // The portal's word on what to insert is what to do, and it stands once.
    assert_eq!(page.html.matches("失効させるICカード").count(), 1, "{}", page.html);
    assert_eq!(page.html.matches("表面を上向き").count(), 1, "{}", page.html);
    assert!(!page.html.contains("失効したいICカードであることを"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_stands_in_the_parentheses_of_its_language() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let browser = Browser::new(&bench);
    let id = portal.ask("one", Language::En, vec![present(), authenticate()]);
    let page = browser.arrive(&portal, &id, "E-CARD-NONE").await;
    assert!(page.html.contains(" <code>(E-CARD-NONE)</code>"), "{}", page.html);
    assert!(!page.html.contains('（'), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_named_by_its_issuer_and_the_issuers_organisation() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, _) = card();
    let certificate = card.certificate(Slot::Signature).unwrap();
    let certificate = Certificate::parse(certificate.der()).unwrap();
    let issuer = certificate.issuer();
    let named = format!("{}, {}", issuer.common_name().unwrap(), issuer.organisation().unwrap());
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let page = browser.arrive(&portal, &portal.ask_login("one"), "id=\"go\"").await;
    assert!(page.html.contains(&named), "{named}: {}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_text_stands_on_the_page_that_asks_to_sign_it() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let style = browser.open("/static/agent.css").await.html;
    let rule = style.split("pre.text{").nth(1).unwrap().split('}').next().unwrap();
    assert!(!rule.contains("max-height") && !rule.contains("overflow:"), "{rule}");
    // Whoever is to read first is not led past the text to the field.
    let id = portal.ask_signature("one", &fingerprint, TEXT);
    let page = browser.arrive(&portal, &id, "name=\"pin\"").await;
    assert!(!page.html.contains("autofocus"), "{}", page.html);
    for label in ["署名して送信", "やめて戻る"] {
        assert!(page.html.contains(label), "{label}");
    }
}
