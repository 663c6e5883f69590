//! The start page, the first start, and allowing a portal.

use crate::bench::{Bench, Browser, PHRASE, address, card};
use crate::portal::Portal;

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_shows_readers_cards_and_the_revocation_first() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.home.allow(&"http://127.0.0.1:9".parse().unwrap()).unwrap();
    let browser = Browser::new(&bench);
    let page = browser.until("/", "カードが入っていません").await;
    let (revocation, reissue) = (page.html.find("失効申込").unwrap(), page.html.find("再発行").unwrap());
    assert!(revocation < reissue, "失効申込 stands first");
    assert!(
        page.html
            .contains(&format!("href=\"{}/mihon-ca/revocation\"", portal.origin()))
    );
    assert!(
        page.html.contains("http://127.0.0.1:9 に接続できません"),
        "an office out of reach is told"
    );
    let seen = page
        .html
        .split("data-seen=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    // The page's own watch answers when the card comes.
    let watch = format!("/changes?after={seen}");
    let (_, changed) = tokio::join!(async { bench.drawer.insert(1, card().0) }, browser.open(&watch));
    assert_eq!(changed.status, 200);
    let page = browser.until("/", "見本　太郎").await;
    assert!(page.html.contains("Example Root CA"));
    bench.drawer.eject(1);
    browser.until("/", "data-seen=\"3-0\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_first_start_the_holder_chooses_a_phrase_before_any_request() {
    let portal = Portal::open().await;
    let bench = Bench::bare().await;
    bench.home.allow(&portal.origin().parse().unwrap()).unwrap();
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    let page = browser.open("/").await;
    assert!(page.html.contains("合言葉を決めて"));
    let id = portal.ask_login("one");
    let page = browser.settle(browser.open(&address(&portal, &id)).await).await;
    assert!(page.html.contains("name=\"phrase\""), "{}", page.html);
    assert!(portal.heard().is_empty(), "nothing is fetched before");
    let page = browser.submit(&page, "/phrase", &[("phrase", "x")]).await;
    assert_eq!(page.status, 422);
    assert!(page.html.contains("error-phrase"));
    let page = browser.submit(&page, "/phrase", &[("phrase", PHRASE)]).await;
    assert!(
        page.html.contains("見本認証局") && page.html.contains(PHRASE),
        "it goes on to the request: {}",
        page.html
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_a_portal_is_allowed_by_a_consent_on_our_own_page_and_never_by_a_link() {
    let portal = Portal::open().await;
    let bench = Bench::bare().await;
    bench.home.choose_phrase(PHRASE).unwrap();
    let browser = Browser::new(&bench);
    let id = portal.ask_login("one");
    let page = browser.open(&address(&portal, &id)).await;
    assert_eq!(page.status, 403);
    assert!(page.html.contains(&portal.origin()) && page.html.contains("kagimori-agent allow"));
    assert!(portal.heard().is_empty() && bench.home.portals().unwrap().is_empty());
    // A link, and a form without a token of this page.
    assert_eq!(
        browser.open(&format!("/allow?portal={}", portal.origin())).await.status,
        405
    );
    let forged = browser
        .submit(&page, "/allow", &[("token", "forged"), ("answer", "yes")])
        .await;
    assert!(forged.html.contains("E-STALE"));
    let no = browser.submit(&page, "/allow", &[("answer", "no")]).await;
    assert!(no.html.contains("許可しませんでした"));
    assert!(bench.home.portals().unwrap().is_empty());
    let page = browser.open(&address(&portal, &id)).await;
    let page = browser.submit(&page, "/allow", &[("answer", "yes")]).await;
    assert!(page.html.contains("見本認証局"), "{}", page.html);
    assert_eq!(bench.home.portals().unwrap().len(), 1);
}
