//! `/receipt/{number}`: for whoever holds number and check code, and for nobody else.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use server::portal::{Portal, Site, router};
use tower::ServiceExt as _;

use crate::house::House;

const ORIGIN: &str = "https://ca.example.jp";

async fn ask(router: &Router, path: &str, code: &str, kind: &str) -> (StatusCode, String, Duration) {
    let body = if kind == "application/json" {
        format!("{{\"check_code\":\"{code}\"}}")
    } else {
        format!("check_code={code}")
    };
    let request = Request::post(path)
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, kind)
        .header(header::ACCEPT_LANGUAGE, "en")
        .body(Body::from(body));
    let begun = Instant::now();
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    let (status, took) = (response.status(), begun.elapsed());
    let octets = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(octets.to_vec()).unwrap(), took)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a18_an_unknown_number_and_a_wrong_code_are_told_alike_and_after_the_same_time() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let (case, _) = house.revoke(&card).await;
    let receipt = house.store().receipt(case.octets()).await.unwrap().unwrap();
    let router = router(Portal::new(house.desk.clone(), Site::at(ORIGIN)).unwrap());
    let (number, code) = (receipt.number.to_string(), receipt.check_code.to_string());
    let unknown = casework::number::Number::from_random([3; 8]).to_string();
    let wrong = if code.starts_with('2') { "33333333" } else { "22222222" };
    for (path, kind) in [
        ("/receipt", "application/x-www-form-urlencoded"),
        ("/api/v1/receipts", "application/json"),
    ] {
        let (status, page, _) = ask(&router, &format!("{path}/{number}"), &code, kind).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(
            page.contains("revoked") && page.contains(&number) && !page.contains("髙橋"),
            "nobody is named: {page}"
        );
        let (bad, said, late) = ask(&router, &format!("{path}/{number}"), wrong, kind).await;
        let (none, also, also_late) = ask(&router, &format!("{path}/{unknown}"), &code, kind).await;
        assert_eq!((bad, none), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert!(said.contains("E-CHECK"), "{said}");
        // The clock of the page goes on.
        let main = |text: &str| text.split_once("<main").map_or(text, |(_, main)| main).to_owned();
        assert_eq!(main(&said).replace(&number, ""), main(&also).replace(&unknown, ""));
        for took in [late, also_late] {
            assert!(took >= Duration::from_millis(240), "{took:?}");
        }
    }
    // A43: opening it changes nothing and tells nothing.
    for number in [&number, &unknown] {
        let request = Request::get(format!("/receipt/{number}")).body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    }
    // A form of a foreign page is not taken.
    let foreign = Request::post(format!("/receipt/{number}"))
        .header(header::ORIGIN, "https://evil.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("check_code={code}")));
    let refused = router.clone().oneshot(foreign.unwrap()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_address_types_number_and_code_in_any_width_and_a_wrong_number_stays_typed() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let (case, _) = house.revoke(&card).await;
    let receipt = house.store().receipt(case.octets()).await.unwrap().unwrap();
    let router = router(Portal::new(house.desk.clone(), Site::at(ORIGIN)).unwrap());
    let (number, code) = (receipt.number.to_string(), receipt.check_code.to_string());
    let form = "application/x-www-form-urlencoded";
    // １ is U+FF11, in UTF-8 EF BC 91.
    let digits: Vec<String> = number
        .bytes()
        .map(|octet| format!("%EF%BC%{:02X}", octet + 0x60))
        .collect();
    let digits = digits.concat();
    let (status, page, _) = ask(&router, "/receipt", &format!("{code}&number={digits}"), form).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("revoked") && page.contains(&number), "{page}");
    let (status, page, _) = ask(&router, "/receipt", &format!("{code}&number=12345"), form).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(page.contains("E-CHECK") && page.contains("value=\"12345\""), "{page}");
    let (status, page, _) = ask(&router, "/receipt", &code, form).await;
    assert_eq!(
        status,
        StatusCode::NOT_FOUND,
        "control: without a number there is nothing: {page}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a18_ten_thousand_guesses_of_a_receipt_s_code_find_nothing_and_hold_up_no_session() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let (case, _) = house.revoke(&card).await;
    let receipt = house.store().receipt(case.octets()).await.unwrap().unwrap();
    let router = router(Portal::new(house.desk.clone(), Site::at(ORIGIN)).unwrap());
    let path = format!("/api/v1/receipts/{}", receipt.number);
    let (mut refused, mut asked) = (0, 0);
    for guess in 0..10_000_u32 {
        let code = format!("{guess:08}").replace('0', "A").replace('1', "B");
        let (status, said, _) = ask(&router, &path, &code, "application/json").await;
        match status {
            StatusCode::NOT_FOUND => asked += 1,
            StatusCode::TOO_MANY_REQUESTS => refused += 1,
            other => panic!("{code}: {other} {said}"),
        }
    }
    assert!(asked <= 40, "so many guesses were looked at: {asked}");
    assert_eq!(asked + refused, 10_000);
    let (status, ..) = ask(&router, &path, &receipt.check_code.to_string(), "application/json").await;
    assert_eq!(
        status,
        StatusCode::TOO_MANY_REQUESTS,
        "control: the right one is held up as well"
    );
}
