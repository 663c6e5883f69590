//! The description: it is what `docs/openapi.json` says, it is served, and it has every operation.

use serde_json::Value;

use super::stand::Stand;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

#[test]
fn the_description_in_the_documents_is_the_one_that_is_served() {
    let now = server::api::description();
    if std::env::var_os("KAGIMORI_REWRITE").is_some() {
        std::fs::write(KEPT, &now).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        kept == now,
        "docs/openapi.json is not what the code says; KAGIMORI_REWRITE=1 writes it anew"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_that_is_described_is_there_and_asks_for_a_token_where_it_says_so() {
    let stand = Stand::new().await;
    let described = stand.stranger().get("/openapi.json").await.json(200);
    assert_eq!(
        described,
        serde_json::from_str::<Value>(&server::api::description()).unwrap()
    );
    assert_eq!(described["openapi"], "3.1.0");
    let (mut open, mut closed) = (0, 0);
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let address = path.replace("{office}", "mihon-ca").replace(['{', '}'], "");
            let status = stand
                .stranger()
                .call(&method.to_uppercase(), &address, &[], None)
                .await
                .status;
            assert_ne!(status, 405, "{method} {path}");
            if operation["security"].is_null() {
                open += 1;
                assert_ne!(status, 401, "{method} {path}");
            } else {
                closed += 1;
                assert_eq!(status, 401, "{method} {path}");
            }
        }
    }
    assert!(open >= 8 && closed >= 25, "{open} open, {closed} with a token");
}
