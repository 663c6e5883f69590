//! Card requests from the portal's redirect to the way back.

use agent::virtual_card::TriesLeft;

use crate::bench::{Bench, Browser, PHRASE, PIN, card};
use crate::portal::{Heard, Portal};

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
