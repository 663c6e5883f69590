//! What must never happen at the portal (THREATS A17, A19, A36, A37, A45, A48, A55).

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use casework::time::Date;
use server::portal::{Limits, Site};
use std::num::NonZeroU32;
use wire::code::Code;

use super::browser::{Agent, Browser, FORM, OFFICE, ORIGIN, form_with, portal, portal_at, presented, send};
use super::made::card_of;
use crate::house::House;

/// Every page of the procedure.
const PAGES: &[&str] = &[
    "",
    "/flow",
    "/terms",
    "/card",
    "/certificate",
    "/application",
    "/example",
    "/confirm",
    "/done",
    "/done/print",
    "/done/receipt.pdf",
    "/status",
    "/ended",
];

/// Every step of the procedure.
const STEPS: &[&str] = &[
    "/agree",
    "/card",
    "/application",
    "/confirm",
    "/edit",
    "/done/print",
    "/status",
    "/stay",
    "/quit",
];

#[tokio::test]
async fn a45_a_form_from_elsewhere_does_nothing() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = portal(&house);
    let mut browser = Browser::new(&router);
    let confirm = browser.reach_confirm(&card, FORM).await;
    let version = confirm.hidden("version");
    let mut other = Browser::new(&router);
    other.get(OFFICE).await;
    let (own, foreign) = (browser.csrf().to_owned(), other.csrf().to_owned());
    assert_ne!(own, foreign);
    for step in STEPS {
        let path = format!("{OFFICE}{step}");
        for (csrf, headers, code) in [
            (own.as_str(), &[("origin", "https://evil.example")][..], Code::Origin),
            (&own, &[("origin", "null")], Code::Origin),
            (&own, &[], Code::Origin),
            (
                &own,
                &[("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
                Code::Origin,
            ),
            (
                &own,
                &[("origin", ORIGIN), ("sec-fetch-site", "same-site")],
                Code::Origin,
            ),
            (&foreign, &[("origin", ORIGIN)], Code::Stale),
            ("", &[("origin", ORIGIN)], Code::Stale),
        ] {
            let fields = [
                ("checked", "yes"),
                ("version", version.as_str()),
                ("choice", "stop"),
                ("csrf", csrf),
            ];
            let answered = browser.post_as(&path, &fields, headers).await;
            assert!(answered.status.is_client_error(), "{step} {code}: {}", answered.status);
            answered.must_say(code.id());
        }
    }
    // The control: nothing of it had an effect, and the form of the page itself has.
    browser
        .get(&format!("{OFFICE}/confirm"))
        .await
        .must_say("失効申込をする(確定)");
    browser.confirm(&confirm).await;
}

#[tokio::test]
async fn a17_a_session_sees_nothing_of_another_one() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = portal(&house);
    let mut owner = Browser::new(&router);
    let agent = owner.reach_signature(&card).await;
    let code = agent.sign(&house, &card).await;

    let mut other = Browser::new(&router);
    other.read_both().await;
    let unknown = other.get(&format!("{OFFICE}/return?code=AAAA")).await;
    let foreign = other.get(&format!("{OFFICE}/return?code={code}")).await;
    assert_eq!(
        (unknown.status, foreign.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(
        unknown.text(),
        foreign.text(),
        "a55: the same answer, whether or not it exists"
    );
    assert!(house.store().status(card.certificate()).await.unwrap().is_none());

    let answered = owner.get(&format!("{OFFICE}/return?code={code}")).await;
    let done = owner.follow(answered).await;
    let number = house
        .store()
        .status(card.certificate())
        .await
        .unwrap()
        .unwrap()
        .1
        .unwrap()
        .to_string();
    done.must_say(&number);
    let secrets = ["髙橋", "takahashi@example.jp", number.as_str(), "タカハシ"];
    for stranger in [other, Browser::new(&router)] {
        let mut stranger = stranger;
        for page in PAGES {
            let answered = stranger.get(&format!("{OFFICE}{page}")).await;
            for secret in secrets {
                assert!(!answered.says(secret), "{page} tells {secret}");
            }
        }
        for step in STEPS {
            let fields = [("checked", "yes"), ("version", "3"), ("choice", "go"), ("case", "0")];
            let answered = stranger.post(&format!("{OFFICE}{step}"), &fields).await;
            for secret in secrets {
                assert!(!answered.says(secret), "{step} tells {secret}");
            }
        }
    }
    // Who knows the id of a request and not the agent's key gets nothing either.
    let thief = Agent::new(&router, agent.id());
    assert_eq!(thief.claim().await.unwrap_err().code, Code::Stale);
    assert_eq!(thief.answer(0, &presented(&card)).await.unwrap_err().code, Code::Stale);
    let nowhere = Agent::new(&router, "AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(nowhere.claim().await.unwrap_err().code, Code::NotFound);
    owner.get(&format!("{OFFICE}/done")).await.must_say(&number);
}

#[tokio::test]
async fn a19_twenty_clicks_on_the_final_button_and_on_the_way_back_make_one_application() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let confirm = browser.reach_confirm(&card, FORM).await;
    let version = confirm.hidden("version");
    let clicks = (0..20).map(|_| {
        let (mut browser, version) = (browser.clone(), version.clone());
        tokio::spawn(async move {
            browser
                .post(
                    &format!("{OFFICE}/confirm"),
                    &[("checked", "yes"), ("version", &version)],
                )
                .await
        })
    });
    let mut led = 0;
    for click in clicks.collect::<Vec<_>>() {
        let answered = click.await.unwrap();
        // Whoever lost the race asked for the same, and is led the same way.
        assert_eq!(answered.location(), format!("{OFFICE}/card"));
        led += 1;
    }
    assert_eq!(led, 20);
    let code = browser.reach_agent().await.sign(&house, &card).await;
    let returns = (0..20).map(|_| {
        let (mut browser, code) = (browser.clone(), code.clone());
        tokio::spawn(async move { browser.get(&format!("{OFFICE}/return?code={code}")).await })
    });
    for answered in returns.collect::<Vec<_>>() {
        assert_eq!(answered.await.unwrap().location(), format!("{OFFICE}/done"));
    }
    assert_eq!(browser.get(&format!("{OFFICE}/done")).await.status, StatusCode::OK);
    let done = browser.get(&format!("{OFFICE}/done")).await;
    let number = house
        .store()
        .status(card.certificate())
        .await
        .unwrap()
        .unwrap()
        .1
        .unwrap();
    done.must_say(&number.to_string());
}

#[tokio::test]
async fn a_page_that_is_out_of_date_is_told_so() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let confirm = browser.reach_confirm(&card, FORM).await;
    let old = confirm.hidden("version");
    // Another tab changes the application that this page shows.
    browser.enter(&form_with(&[("bank", "みらい銀行")])).await;
    let answered = browser
        .post(&format!("{OFFICE}/confirm"), &[("checked", "yes"), ("version", &old)])
        .await;
    assert_eq!(answered.status, StatusCode::CONFLICT);
    answered.must_say("E-STALE");
    // The application is intact: the first way is the one back to it.
    answered.must_say("<a class=\"button\" href=\"/mihon-ca/revocation/status\">");
    let other_card = [FORM, &[("case", "00000000000000000000000000")]].concat();
    let answered = browser.post(&format!("{OFFICE}/application"), &other_card).await;
    assert_eq!(answered.status, StatusCode::CONFLICT);
    let page = Browser::new(&portal(&house)).get(&format!("{OFFICE}/confirm")).await;
    page.must_say("E-STALE");
}

#[tokio::test]
async fn a36_a37_no_field_can_write_on_a_page() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let many = NonZeroU32::new(10_000).unwrap();
    let limits = Limits {
        session: many,
        ..Limits::default()
    };
    let router = portal_at(
        &house,
        Site {
            limits,
            ..Site::at(ORIGIN)
        },
    );
    let mut browser = Browser::new(&router);
    browser.reach_certificate(&card).await;
    for evil in EVIL {
        for (field, _) in FORM {
            let page = browser.enter(&form_with(&[(field, evil)])).await;
            assert!(page.status.is_success(), "{field} {evil:?}: {}", page.status);
            assert_harmless(&page.text(), evil);
        }
        for query in ["lang", "notice", "print", "code", "accepted"] {
            let escaped = super::browser::escaped(evil);
            for path in ["", "/flow", "/return", "/ended", "/card"] {
                let page = browser.get(&format!("{OFFICE}{path}?{query}={escaped}")).await;
                assert_harmless(&page.text(), evil);
            }
        }
    }
    // A remark may hold what looks like markup: it is shown and signed as it was typed.
    let confirm = browser
        .enter(&form_with(&[("reason_detail", "<b>太字</b>&amp;'\"")]))
        .await;
    confirm.must_say("失効申込内容の確認");
    assert!(!confirm.says("<b>太字"));
    let agent = browser.confirm(&confirm).await;
    let request = agent.claim().await.unwrap();
    assert!(format!("{request:?}").contains("<b>太字</b>&amp;'"), "{request:?}");
}

#[tokio::test]
async fn a_name_on_a_card_is_shown_as_it_is_and_cannot_write_on_a_page() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    for (name, shown) in [
        ("<i>𠮷田</i> 葛\u{e0100}", "&#60;i&#62;𠮷田&#60;/i&#62; 葛\u{e0100}"),
        ("神\u{fa19} 﨑子", "神\u{fa19} 﨑子"),
    ] {
        let card = card_of(&house.authority, Some(&house.desk), name).await;
        let mut browser = Browser::new(&router);
        let page = browser.reach_certificate(&card).await;
        page.must_say(shown);
        browser.enter(FORM).await.must_say(shown);
    }
}

#[tokio::test]
async fn ten_megabytes_are_answered_with_a_clear_page() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut browser = Browser::new(&router);
    browser.get(OFFICE).await;
    let flood = "x".repeat(10 << 20);
    let answered = browser.post(&format!("{OFFICE}/agree"), &[("csrf", &flood)]).await;
    assert_eq!(answered.status, StatusCode::PAYLOAD_TOO_LARGE);
    answered.must_say("E-SIZE");
    answered.must_say("64 KiB");
    let agent = browser.begin().await;
    let request = Request::post(format!("/api/v1/card-requests/{}/claim", agent.id()));
    let answered = send(&router, request.body(Body::from(flood)).unwrap()).await;
    assert_eq!(answered.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(agent.claim().await.is_ok(), "nothing was taken of it");
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let mut browser = Browser::new(&router);
    browser.get(OFFICE).await;
    let request = Request::post(format!("{OFFICE}/agree"))
        .header(header::ORIGIN, ORIGIN)
        .header(header::COOKIE, format!("__Host-kagimori={}", browser.cookie()))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(send(&router, request).await.status, StatusCode::BAD_REQUEST);
    for step in ["agree", "edit", "quit", "stay"] {
        let answered = browser.get(&format!("{OFFICE}/{step}")).await;
        assert_eq!(answered.location(), OFFICE, "{step} is a button, no page");
    }
    for nowhere in [
        "/no-such-office",
        "/no-such-office/revocation",
        "/mihon-ca/nothing",
        "/static/nothing",
    ] {
        assert_eq!(browser.get(nowhere).await.status, StatusCode::NOT_FOUND, "{nowhere}");
    }
}

#[tokio::test]
async fn every_page_carries_the_headers_and_nothing_inline() {
    let house = House::on_sqlite().await;
    let card = house
        .card_until(Date {
            year: 2027,
            month: 3,
            day: 31,
        })
        .await;
    for mut browser in [Browser::new(&portal(&house)), Browser::in_english(&portal(&house))] {
        let mut pages = vec![
            browser.get("/").await,
            browser.get("/mihon-ca").await,
            browser.get("/mihon-ca/paper").await,
            browser.get("/nowhere").await,
        ];
        let confirm = browser.reach_confirm(&card, FORM).await;
        for page in PAGES {
            pages.push(browser.get(&format!("{OFFICE}{page}")).await);
        }
        browser.confirm(&confirm).await;
        for page in ["/card", "/confirm", "/status"] {
            pages.push(browser.get(&format!("{OFFICE}{page}")).await);
        }
        for page in pages {
            let policy = page.headers[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .to_owned();
            assert!(
                policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
                "{policy}"
            );
            assert!(
                policy.contains("form-action 'self' http://127.0.0.1:24817;"),
                "{policy}"
            );
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
                "{policy}"
            );
            assert_eq!(page.headers["x-content-type-options"], "nosniff");
            assert_eq!(page.headers["cache-control"], "no-store");
            assert!(page.headers.contains_key("strict-transport-security"));
            assert!(page.headers.contains_key("permissions-policy"));
            let text = page.text();
            for inline in ["<style", "style=\"", "javascript:", " onclick", " onload", " onsubmit"] {
                assert!(!text.contains(inline), "{inline} in {text}");
            }
            for script in text.split("<script").skip(1) {
                assert!(script.starts_with(" type=\"module\" src=\"/static/"), "{script}");
            }
            assert!(!text.contains('⟦'), "a text is missing in {text}");
        }
    }
}

#[tokio::test]
async fn the_cookie_is_bound_to_host_and_connection() {
    let house = House::on_sqlite().await;
    let answered = Browser::new(&portal(&house)).get(OFFICE).await;
    let cookie = answered.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-kagimori="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    let loopback = portal_at(&house, Site::at("http://127.0.0.1:8080"));
    let answered = Browser::new(&loopback).get(OFFICE).await;
    let cookie = answered.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("kagimori=") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(!answered.headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a48_who_floods_waits_and_who_has_a_session_does_not() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let few = Limits {
        strangers: NonZeroU32::new(5).unwrap(),
        ..Limits::default()
    };
    let router = portal_at(
        &house,
        Site {
            limits: few,
            ..Site::at(ORIGIN)
        },
    );
    let mut browser = Browser::new(&router);
    browser.get(OFFICE).await;
    let mut flood = Browser::new(&router);
    let mut refused = None;
    for _ in 0..10 {
        let answered = flood.get("/").await;
        if answered.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answered);
        }
    }
    let refused = refused.expect("ten are more than five");
    refused.must_say("E-LIMIT");
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    browser.reach_done(&house, &card).await;
}

#[tokio::test]
async fn a48_who_guesses_names_pays_for_it_and_who_was_met_does_not() {
    let house = House::on_sqlite().await;
    let limits = Limits {
        strangers: NonZeroU32::new(8).unwrap(),
        ..Limits::default()
    };
    let site = Site {
        limits,
        ..Site::at(ORIGIN)
    };
    let router = portal_at(&house, site);
    let mut browser = Browser::new(&router);
    let agent = browser.begin().await;
    let mut refused = 0;
    for guess in 0..10_u8 {
        let nowhere = Agent::new(&router, &format!("AAAAAAAAAAAAAAAAAAAA{guess}A"));
        refused += u8::from(nowhere.claim().await.unwrap_err().code == Code::Limit);
        let mut guessed = Browser::new(&router).with_cookie(&format!("guess{guess}"));
        refused +=
            u8::from(guessed.get(&format!("{OFFICE}/certificate")).await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 12, "only eight guesses were looked up: {refused}");
    let code = agent.present(&house.card().await).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    browser.follow(answered).await.must_say("髙橋 一郎");
}

#[tokio::test]
async fn a48_a_session_that_has_ended_floods_nobody() {
    let house = House::on_sqlite().await;
    let limits = Limits {
        strangers: NonZeroU32::new(8).unwrap(),
        ..Limits::default()
    };
    let site = Site {
        limits,
        ..Site::at(ORIGIN)
    };
    let router = portal_at(&house, site);
    let mut browser = Browser::new(&router);
    browser.begin().await;
    house.it_is(house.now().plus_seconds(16 * 60));
    let mut refused = 0;
    for _ in 0..20 {
        let late = browser.clone().get(&format!("{OFFICE}/certificate")).await;
        refused += u8::from(late.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(
        refused >= 10,
        "the store was asked for a dead session: {refused} of 20 were refused"
    );
}

#[tokio::test]
async fn a_get_changes_nothing_but_what_it_is_known_for() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_confirm(&card, FORM).await;
    let case = async || house.store().audit(None).await.unwrap();
    let before = case().await;
    for page in PAGES {
        for _ in 0..2 {
            browser.get(&format!("{OFFICE}{page}")).await;
            let request = Request::builder().method(Method::HEAD).uri(format!("{OFFICE}{page}"));
            let request = request.header(header::COOKIE, format!("__Host-kagimori={}", browser.cookie()));
            send(&portal(&house), request.body(Body::empty()).unwrap()).await;
        }
    }
    assert_eq!(case().await, before, "no page leaves a trace in the audit");
    browser
        .get(&format!("{OFFICE}/confirm"))
        .await
        .must_say("失効申込をする(確定)");
}

fn assert_harmless(page: &str, evil: &str) {
    if evil.contains('<') {
        assert!(!page.contains(evil), "{evil:?} stands as it is in {page}");
    }
    for tag in ["<script>", "<img", "<svg", "<iframe", "\" onfocus", "\"onfocus"] {
        assert!(!page.contains(tag), "{tag} in {page}");
    }
}

const EVIL: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "\"onfocus=alert(1) x=\"",
    "</textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}{% if 1 %}",
    "'; DROP TABLE session; --",
    "%' OR 1=1 --",
    "a\u{0}b",
    "a\r\nSet-Cookie: x=y",
    "\u{202e}gnp.exe",
    "=cmd|'/c calc'!A0",
    "＜script＞",
    "a\u{301}\u{301}\u{301}\u{301}",
];
