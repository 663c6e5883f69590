//! Open bids, told by a bidding system: bounded, idempotent, and nothing more than words.

use std::num::NonZeroU32;

use casework::officer::Role;
use serde_json::{Value, json};
use server::office::BIDDING_CORE_EXAMPLE;
use server::portal::Limits;
use wire::api::Scope;

use super::stand::{OFFICE, Stand};
use crate::house::Place;

const KEN: &str = "mihon-ken";

async fn stand() -> Stand {
    open(Stand::new().await).await
}

/// With an ordering body.
async fn open(stand: Stand) -> Stand {
    let text = BIDDING_CORE_EXAMPLE.replacen("[\"mihon-issuing\"]", "[\"mihon\"]", 1);
    let now = stand.desk().clock().now();
    stand.desk().store().load_office(KEN, &text, now).await.unwrap();
    stand.desk().reopen().await.unwrap().unwrap();
    stand
}

fn bid(day: &str, bidder: &Value) -> Value {
    json!({ "id": "2026-0042", "title": "<script>橋梁補修</script>", "opens_on": day, "bidder": bidder })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bidding_system_tells_its_open_bids_and_the_same_ones_again_change_nothing() {
    let stand = stand().await;
    let path = format!("/offices/{KEN}/bids");
    let officer = stand.officer(KEN, "1001", "見本 花子", &[Role::Administration]).await;
    let clerk = stand
        .officer(KEN, "1002", "見本 次郎", &[Role::Entry, Role::Approval, Role::Audit])
        .await;
    let day = stand.desk().clock().now().day().plus(9).date().to_string();
    let card = json!({ "card": "ab".repeat(32) });
    let sent = json!({ "system": "ebid", "bids": [bid(&day, &card), bid(&day, &json!({ "number": "１００-1" }))] });
    let put = async |program: &super::stand::Program, body: &Value| program.call("PUT", &path, &[], Some(body)).await;
    let told = put(&officer.program, &sent).await.json(200);
    assert_eq!(told, json!({ "bids": 2, "changed": true }));
    assert_eq!(
        put(&officer.program, &sent).await.json(200),
        json!({ "bids": 2, "changed": false })
    );
    // An account that does not look after the office tells nothing, and neither does a token for something else.
    put(&clerk.program, &sent).await.problem(403, "E-ROLE");
    let narrow = stand.program(KEN, officer.id, &[Scope::OfficeRead], 1).await;
    put(&narrow, &sent).await.problem(403, "E-SCOPE");
    // Another office is not there, and an authority has no bids.
    let elsewhere = stand
        .officer(OFFICE, "1003", "見本 三郎", &[Role::Administration])
        .await;
    put(&elsewhere.program, &sent).await.problem(404, "E-NOT-FOUND");
    let own = format!("/offices/{OFFICE}/bids");
    elsewhere
        .program
        .call("PUT", &own, &[], Some(&sent))
        .await
        .problem(404, "E-NOT-FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lying_client_is_bounded_and_named_by_the_field() {
    let stand = stand().await;
    let path = format!("/offices/{KEN}/bids");
    let officer = stand.officer(KEN, "1001", "見本 花子", &[Role::Administration]).await;
    let today = stand.desk().clock().now().day();
    let day = |days: i32| today.plus(days).date().to_string();
    let (good, card) = (day(9), json!({ "card": "ab".repeat(32) }));
    let with = |field: &str, value: Value| {
        let mut bid = bid(&good, &card);
        bid[field] = value;
        json!({ "system": "ebid", "bids": [bid] })
    };
    for (body, pointer) in [
        (json!({ "system": "../x", "bids": [] }), "/system"),
        (with("id", json!("")), "/bids/0/id"),
        (with("id", json!("a\nb")), "/bids/0/id"),
        (with("title", json!("長".repeat(201))), "/bids/0/title"),
        (with("title", json!("開札\u{202e}中止")), "/bids/0/title"),
        (with("opens_on", json!("2026-02-30")), "/bids/0/opens_on"),
        (with("opens_on", json!(day(-2))), "/bids/0/opens_on"),
        (with("opens_on", json!(day(4_000))), "/bids/0/opens_on"),
        (
            with("bidder", json!({ "card": "AB".repeat(32) })),
            "/bids/0/bidder/card",
        ),
        (with("bidder", json!({ "number": "百" })), "/bids/0/bidder/number"),
        (
            with(
                "bidder",
                json!({ "certificate": { "issuer": "ab".repeat(32), "serial": "9".repeat(50) } }),
            ),
            "/bids/0/bidder/certificate/serial",
        ),
        (
            json!({ "system": "ebid", "bids": vec![bid(&good, &card); 10_001] }),
            "/bids",
        ),
        (with("winner", json!(true)), "/bids/0/winner"),
    ] {
        let answer = officer.program.call("PUT", &path, &[], Some(&body)).await;
        let problem = answer.problem(400, "E-MALFORMED");
        let named = problem["errors"][0]["pointer"].as_str().unwrap().to_owned();
        assert!(pointer.starts_with(&named), "{pointer}: {named}");
    }
    // Nothing of them was kept.
    let empty = json!({ "system": "ebid", "bids": [] });
    let told = officer.program.call("PUT", &path, &[], Some(&empty)).await.json(200);
    assert_eq!(told, json!({ "bids": 0, "changed": false }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_tells_more_often_than_its_budget_waits_and_holds_nobody_else_up() {
    let limits = Limits {
        token: NonZeroU32::new(3).unwrap(),
        ..Stand::generous()
    };
    let stand = open(Stand::at(Place::on_sqlite(), limits).await).await;
    let path = format!("/offices/{KEN}/bids");
    let officer = stand.officer(KEN, "1001", "見本 花子", &[Role::Administration]).await;
    let other = stand.program(KEN, officer.id, &[Scope::BidWrite], 1).await;
    let empty = json!({ "system": "ebid", "bids": [] });
    let mut last = officer.program.call("PUT", &path, &[], Some(&empty)).await;
    for _ in 0..4 {
        last = officer.program.call("PUT", &path, &[], Some(&empty)).await;
    }
    last.problem(429, "E-LIMIT");
    assert!(last.header("retry-after").unwrap().parse::<u32>().unwrap() <= 60);
    other.call("PUT", &path, &[], Some(&empty)).await.json(200);
}
