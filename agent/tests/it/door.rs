//! Who may speak to the agent at all (A3, A4).

use reqwest::header;

use crate::bench::{Bench, Browser, PIN, address, card, encoded, to_pin};
use crate::portal::Portal;
use agent::virtual_card::TriesLeft;

#[tokio::test(flavor = "multi_thread")]
async fn a03_a_name_that_was_pointed_at_the_loopback_is_turned_away() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let browser = Browser::new(&bench);
    for host in [
        "rebinding.example:24817".to_owned(),
        format!("rebinding.example:{}", bench.port),
        format!("localhost:{}", bench.port),
        format!("127.0.0.1:{}", bench.port ^ 1),
        "127.0.0.1".to_owned(),
    ] {
        let shown = browser.sent(browser.request("/").header(header::HOST, &host)).await;
        assert_eq!(shown.status, 421, "{host}");
        assert!(!shown.html.contains("失効申込"));
    }
    assert_eq!(browser.open("/").await.status, 200, "the control");
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_a_foreign_page_can_neither_post_nor_read_and_no_pin_is_tried() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    // With the victim's cookie and even with the right token, as no foreign page could have it.
    let body = encoded(&[
        ("visit".into(), page.hidden("visit").unwrap()),
        ("token".into(), page.hidden("token").unwrap()),
        ("pin".into(), "11111111".into()),
    ]);
    let portal_origin = portal.origin();
    for origin in [
        None,
        Some("null"),
        Some("https://evil.example"),
        Some(portal_origin.as_str()),
        Some("http://127.0.0.1"),
    ] {
        let shown = browser.post("/request/pin", &body, origin).await;
        assert_eq!(shown.status, 403, "{origin:?}");
        assert!(shown.html.contains("E-ORIGIN"));
    }
    assert_eq!(bench.tries_left(1), TriesLeft::Known(10), "VERIFY was never sent");
    for (site, mode, dest) in [
        ("cross-site", "no-cors", "image"),
        ("cross-site", "cors", "empty"),
        ("cross-site", "navigate", "iframe"),
        ("same-site", "no-cors", "script"),
    ] {
        let request = browser
            .request("/")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", dest);
        assert_eq!(browser.sent(request).await.status, 403, "{site} {mode} {dest}");
    }
    let arrives = browser
        .request("/")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    assert_eq!(
        browser.sent(arrives).await.status,
        200,
        "the control: a navigation arrives"
    );
    // The control: from the agent's own page the same body is taken, and the card counts it.
    let own = bench.address();
    assert_eq!(browser.post("/request/pin", &body, Some(&own)).await.status, 303);
    assert_eq!(bench.tries_left(1), TriesLeft::Known(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_another_browser_cannot_post_into_a_visit() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    let page = to_pin(&browser, &portal, &portal.ask_login("one")).await;
    let other = Browser::new(&bench);
    other.open("/").await;
    let shown = other.submit(&page, "/request/pin", &[("pin", "11111111")]).await;
    assert!(shown.html.contains("E-STALE"));
    assert_eq!(bench.tries_left(1), TriesLeft::Known(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_wears_the_headers_and_the_consent_leads_to_one_portal_only() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    let browser = Browser::new(&bench);
    let request = browser.arrive(&portal, &portal.ask_login("one"), "id=\"go\"").await;
    for (page, target) in [
        (&request, format!("form-action 'self' {}", portal.origin())),
        (&browser.open("/").await, "form-action 'self'".to_owned()),
        (&browser.open("/nothing").await, "form-action 'self'".to_owned()),
    ] {
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.ends_with(&target), "{policy}");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.headers[header::REFERRER_POLICY], "same-origin");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        assert!(!page.html.contains(" style=") && !page.html.contains("<style") && !page.html.contains(" on"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a04_the_agent_listens_on_the_loopback_only_and_its_port_is_its_own() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    assert!(
        agent::Listeners::bind(bench.port).await.is_err(),
        "a second agent does not share the port"
    );
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = format!(":{:04X}", bench.port);
    let listening: Vec<&str> = table
        .lines()
        .filter_map(|line| {
            let mut columns = line.split_ascii_whitespace();
            let (local, state) = (columns.nth(1)?, columns.nth(1)?);
            (state == "0A" && local.ends_with(&port)).then_some(local)
        })
        .collect();
    assert_eq!(listening, [format!("0100007F{port}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_and_strange_requests_end_in_a_plain_no() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let browser = Browser::new(&bench);
    let own = bench.address();
    let big = "a=".to_owned() + &"1".repeat(1_000_000);
    for path in ["/phrase", "/allow", "/request/pin"] {
        let shown = browser.post(path, &big, Some(&own)).await;
        assert_eq!(shown.status, 400, "{path}");
        assert!(shown.html.contains("E-SIZE"));
    }
    for path in [
        "/request",
        "/request?portal=x&id=y",
        "/request?portal=https%3A%2F%2Fa&id=..%2Fb",
    ] {
        assert!((400..500).contains(&browser.open(path).await.status), "{path}");
    }
    assert_eq!(browser.open("/").await.status, 200);
    let _ = (PIN, address(&portal, "x"));
}
